/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux twin branch`: changes tried beside the live twins. */
#include "cli/cmds.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/twin_call.h"

static px_status try_branch(px_cli *cli, const px_args *args, px_arena *arena, px_err *ret_err)
{
    const char *name = px_args_operand(args, 1), *twin = px_args_operand(args, 2);
    px_buf body = { 0 }, path = { 0 };
    px_assigns *list = NULL;
    px_err err;
    px_status status;

    if (!name || !twin || !px_args_operand(args, 3))
        return px_fail_id(ret_err, PX_INVALID, "cli.operand",
                          "something is missing: branch try "
                          "NAME TWIN NAME=VALUE…");
    PX_TRY(px_assigns_read(args, NULL, 3, arena, &list, ret_err));
    px_assert(list != NULL);
    status = px_twin_call(cli, (px_http_call){ .method = "PUT", .body = PX_STR("{}") },
                          "/api/v1/branches/", name, "", arena, NULL, &err);
    if (status != PX_OK && status != PX_CONFLICT) { /* a conflict: it is there already */
        if (ret_err)
            *ret_err = err;
        return status;
    }
    cli->cure[0] = 0;
    px_put_json_patch(&body, list->items, list->count);
    px_put_c(&path, "/api/v1/branches/");
    px_put_url_part(&path, px_str_c(name));
    px_put_c(&path, "/twins/");
    status = px_twin_call(cli,
                          (px_http_call){ .method = "PATCH",
                                          .body = px_buf_str(&body),
                                          .content_type = "application/json-patch+json" },
                          path.ptr, twin, "", arena, NULL, ret_err);
    px_buf_release(&body);
    px_buf_release(&path);
    status = px_no_such_value(cli, twin, PX_MEMBER_VALUE, list, status, ret_err);
    PX_TRY(px_no_such(cli, PX_THING_TWIN, twin, status, ret_err));
    return px_out_done(cli, NULL, ret_err, "tried on branch %s; see: pollux twin branch diff %s",
                       name, name);
}

static px_status diff_branch(px_cli *cli, const char *name, px_arena *arena, px_err *ret_err)
{
    static const char *const heads[] = { "twin", "property", "base", "branch" };
    px_json *root = NULL, *changes;
    px_table table;
    px_status status = px_twin_call(cli, (px_http_call){ .method = "GET" }, "/api/v1/branches/",
                                    name, "/diff", arena, &root, ret_err);

    PX_TRY(px_no_such(cli, PX_THING_BRANCH, name, status, ret_err));
    if (cli->json)
        return px_out_json(cli, root, ret_err);
    changes = px_json_get(root, PX_STR("changes"));
    PX_TRY(px_table_init(&table, arena, heads, 4, ret_err));
    for (const px_json *c = changes ? changes->first : NULL; c; c = c->next)
        for (size_t i = 0; i < 4; i++) {
            px_buf cell = { 0 };

            px_put_plain(&cell, px_out_find(c, i == 1 ? "path" : heads[i]));
            status = px_table_add(&table, px_buf_str(&cell), ret_err);
            px_buf_release(&cell);
            if (status != PX_OK) {
                px_table_release(&table);
                return status;
            }
        }
    return px_out_table(cli, &table, ret_err);
}

static px_status drop_branch(px_cli *cli, const char *name, px_arena *arena, px_err *ret_err)
{
    px_status status = px_twin_call(cli, (px_http_call){ .method = "DELETE" }, "/api/v1/branches/",
                                    name, "", arena, NULL, ret_err);

    PX_TRY(px_no_such(cli, PX_THING_BRANCH, name, status, ret_err));
    return px_out_done(cli, NULL, ret_err, "dropped branch %s", name);
}

px_status px_cmd_branch_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = {
        { "name", "name", false }, { "base", "base", true }, { "ended", "ended", false }, { 0 }
    };
    const px_str actions[] = { PX_STR("list"), PX_STR("try"), PX_STR("diff"), PX_STR("drop") };
    const char *action = px_args_operand(args, 0), *name = px_args_operand(args, 1);
    px_str nearest;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    if (strcmp(action, "list") == 0)
        return px_out_list(cli, "/api/v1/branches", columns, ret_err);
    if (strcmp(action, "try") == 0)
        return try_branch(cli, args, &arena, ret_err);
    if (strcmp(action, "diff") == 0 && name)
        return diff_branch(cli, name, &arena, ret_err);
    if (strcmp(action, "drop") == 0 && name)
        return drop_branch(cli, name, &arena, ret_err);
    nearest = px_str_nearest(px_str_c(action), actions, sizeof(actions) / sizeof(actions[0]));
    px_cli_cure(cli, "pollux twin branch list | try NAME TWIN NAME=VALUE… | diff NAME | drop NAME");
    if (nearest.len && !px_str_eq(nearest, px_str_c(action)))
        return px_fail_id(ret_err, PX_INVALID, "cli.word",
                          "'%s' is nothing a branch does; did you mean '%.*s'?", action,
                          PX_FMT(nearest));
    return px_fail_id(ret_err, PX_INVALID, "cli.word", "'%s'%s is nothing a branch does", action,
                      name ? "" : " without a name");
}
