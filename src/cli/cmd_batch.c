/* SPDX-License-Identifier: Apache-2.0 */
/* A file of changes, made all together or not at all. */
#include "base/limits.h"
#include "cli/cmds.h"
#include "cli/file.h"
#include "cli/out.h"

enum { ARENA_BYTES = 128 << 20 };

typedef struct batch {
    const char *path;
    px_str text;
    px_json *changes;
} batch;

static px_status read_batch(px_cli *cli, batch *b, px_arena *arena, px_err *ret_err)
{
    px_json *root = NULL;
    px_err err;
    px_status status;

    PX_TRY(px_file_read(px_str_c(b->path), PX_HTTP_BODY_BYTES_MAX, arena, &b->text, ret_err));
    status = px_json_parse(b->text, NULL, arena, &root, &err);
    if (status == PX_OK) {
        b->changes = px_json_is(root, PX_JSON_ARRAY) ? root : px_json_get(root, PX_STR("changes"));
        if (px_json_is(b->changes, PX_JSON_ARRAY))
            return PX_OK;
        status = px_json_fail(root, &err, PX_INVALID, "batch.form",
                              "a batch is an array of changes, or an object with `changes`");
    }
    px_cli_place(cli, b->path, b->text, err.line, err.column);
    if (ret_err)
        *ret_err = err;
    return status;
}

/* The server names the change by a pointer; the file has its line. What a patch left of a twin is
 * not in the file: then the nearest part that is. NULL: it is not about a change. */
static const px_json *find_place(const batch *b, px_arena *arena, px_str path)
{
    px_json_pointer pointer;
    px_json *node = b->changes;

    if (px_json_pointer_parse(path, arena, &pointer, NULL) != PX_OK || pointer.count < 2)
        return NULL;
    for (size_t i = 1; i < pointer.count; i++) {
        px_json_pointer step = { .steps = &pointer.steps[i], .count = 1 };
        px_json *next = px_json_pointer_find(node, &step);

        if (!next)
            break;
        node = next;
    }
    return node;
}

/* The first is the error that is told last, with its line drawn. */
static void tell_others(px_cli *cli, const batch *b, px_arena *arena, const px_json *problem)
{
    const px_json *errors = px_json_get(problem, PX_STR("errors"));

    for (const px_json *e = px_json_item(errors, 1); e; e = e->next) {
        const px_json *place = find_place(b, arena, px_json_get_text(e, PX_STR("pointer")));
        px_buf detail = { 0 };

        px_put_text(&detail, px_json_get_text(e, PX_STR("detail")), 0);
        px_cli_note(cli, "%s:%u:%u: %s", b->path, place ? place->line : 1,
                    place ? place->column : 1, detail.ptr ? detail.ptr : "");
        px_buf_release(&detail);
    }
}

static void place_error(px_cli *cli, const batch *b, px_arena *arena, const px_err *err)
{
    const px_json *place = find_place(b, arena, px_str_c(err->path));

    if (place)
        px_cli_place(cli, b->path, b->text, place->line, place->column);
}

static px_status run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/api/v1/batch" };
    batch b = { .path = px_args_operand(args, 0) };
    bool dry = px_args_has(args, "dry-run");
    px_json *root = NULL;
    px_buf body = { 0 }, key = { 0 };
    px_err err = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(read_batch(cli, &b, &arena, ret_err));
    px_putf(&body, "{\"dryRun\":%s,\"changes\":", dry ? "true" : "false");
    px_put(&body, b.changes->raw);
    px_put_char(&body, '}');
    status = px_buf_status(&body, &err);
    call.body = px_buf_str(&body);
    if (px_args_has(args, "key")) {
        px_putf(&key, "Idempotency-Key: %s", px_args_get(args, "key"));
        call.header = key.ptr;
    }
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, &root, &err);
    px_buf_release(&body);
    px_buf_release(&key);
    if (status != PX_OK) {
        tell_others(cli, &b, &arena, root);
        place_error(cli, &b, &arena, &err);
        if (ret_err)
            *ret_err = err;
        return status;
    }
    return px_out_done(cli, root, ret_err,
                       dry ? "all %u changes could be made; nothing was"
                           : "made %u changes, all together",
                       b.changes->count);
}

static const px_opt options[] = {
    { "dry-run", 0, NULL, "only judge them: nothing is changed" },
    { "key", 0, "TEXT", "with the same key again they are made once, for a day" },
    { 0 },
};

const px_cmd px_cmd_batch[] = {
    { .noun = "batch",
      .summary = "make many changes of twins and relationships, all or none",
      .operands = "FILE|-",
      .examples = "pollux batch changes.json\n"
                  "pollux batch --dry-run changes.json\n"
                  "pollux batch --key order-17 changes.json",
      .notes =
          "The file is an array of changes: {\"op\": \"put\", \"twin\": \"p-1\", \"value\": "
          "{…}},\n\"patch\" with a JSON Patch as value, \"delete\", \"desired\" with wished "
          "values; with\n\"relationship\" it is one of that twin's. \"component\", "
          "\"ifMatch\" and \"ifNoneMatch\": \"*\"\nare understood as over HTTP. When one "
          "change is refused none is made; all that is\nwrong is told with its lines. A script "
          "that got no answer runs it again with the same\n--key: it is made once.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run },
    { 0 },
};
