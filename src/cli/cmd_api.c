/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmds.h"
#include "cli/out.h"

/* One row an operation: method, path, what it does. */
static px_status put_rows(px_table *table, const px_json *paths, px_err *ret_err)
{
    for (const px_json *path = paths ? paths->first : NULL; path; path = path->next)
        for (const px_json *op = path->first; op; op = op->next) {
            char method[16] = "";

            for (size_t i = 0; i < op->key.len && i < sizeof(method) - 1; i++)
                method[i] = (char)(op->key.ptr[i] & ~0x20);
            PX_TRY(px_table_add(table, px_str_c(method), ret_err));
            PX_TRY(px_table_add(table, path->key, ret_err));
            PX_TRY(px_table_add(table, px_json_get_text(op, PX_STR("summary")), ret_err));
        }
    return PX_OK;
}

static px_status print_table(px_cli *cli, const px_json *paths, px_arena *arena, px_err *ret_err)
{
    static const char *const heads[] = { "METHOD", "PATH", "WHAT IT DOES" };
    px_table table;
    px_status status;

    PX_TRY(px_table_init(&table, arena, heads, 3, ret_err));
    status = put_rows(&table, paths, ret_err);
    if (status == PX_OK)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    return status;
}

static px_status run_api(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *path = px_args_operand(args, 0);
    const px_json *paths, *one;
    PX_AUTO_ARENA arena = { 0 };
    px_json *root = NULL;

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    PX_TRY(px_api_get(cli, &arena, &root, ret_err, "/api/openapi.json"));
    paths = px_json_get(root, PX_STR("paths"));
    if (!path && cli->json)
        return px_out_json(cli, root, ret_err);
    if (!path)
        return print_table(cli, paths, &arena, ret_err);
    one = px_json_get(paths, px_str_c(path));
    if (!one)
        return px_fail(ret_err, PX_NOT_FOUND,
                       "there is no path '%s'; `pollux api` lists them, with names in braces",
                       path);
    return px_out_json(cli, one, ret_err);
}

const px_cmd px_cmd_api[] = {
    { .noun = "api",
      .summary = "what the server offers by HTTP",
      .operands = "[PATH]",
      .examples = "pollux api\n"
                  "pollux api /api/v1/twins/{id}\n"
                  "pollux api --json > openapi.json",
      .notes =
          "With PATH the description of that path, as JSON; with --json alone the whole OpenAPI "
          "3.1 document.",
      .operands_max = 1,
      .run = run_api },
    { 0 },
};
