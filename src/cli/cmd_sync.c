/* SPDX-License-Identifier: Apache-2.0 */
/* What was refused on its way in, and another try. */
#include "cli/cmds.h"
#include "cli/no_such.h"
#include "cli/out.h"

enum { ANSWER_BYTES = 1 << 20 };

/* `?sender=…&reason=…`, by the options that were given. */
static void put_filter(px_buf *path, const px_args *args, bool is_list)
{
    static const char *const names[] = { "sender", "reason", "binding", "since", "number" };
    char mark = '?';

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = px_args_get(args, names[i]);

        if (!value)
            continue;
        px_putf(path, "%c%s=", mark, names[i]);
        px_put_url_part(path, px_str_c(value));
        mark = '&';
    }
    if (is_list && px_args_has(args, "payload"))
        px_putf(path, "%cpayload=whole", mark);
}

/* There are none of a binding that is not there. It may have been deleted since, so this is no
 * failure; most often it is a slip, though. */
static void note_missing(px_cli *cli, const px_args *args)
{
    const char *binding = px_args_get(args, "binding");
    px_err err = { 0 };

    if (binding && px_no_such(cli, PX_THING_BINDING, binding, PX_NOT_FOUND, &err) == PX_NOT_FOUND &&
        err.text[0])
        px_cli_note(cli, "%s", err.text);
}

static px_status run_rejects(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "number", "number", true },
                                             { "time", "time", false },
                                             { "sender", "sender", false },
                                             { "binding", "binding", false },
                                             { "source", "source", false },
                                             { "twin", "twin", false },
                                             { "name", "name", false },
                                             { "code", "code", false },
                                             { "reason", "reason", false },
                                             { "payload", "payload", false },
                                             { 0 } };
    px_buf path = { 0 };
    size_t count = 0;
    px_status status;

    px_put_c(&path, "/api/v1/rejects");
    put_filter(&path, args, true);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_out_list_counted(cli, path.ptr, columns, &count, ret_err);
    px_buf_release(&path);
    if (status == PX_OK && count == 0)
        note_missing(cli, args);
    return status;
}

static px_status run_replay(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_http_call call = { .method = "POST" };
    px_buf path = { 0 };
    px_json *root = NULL;
    uint64_t unbound;
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    px_put_c(&path, "/api/v1/rejects/replay");
    put_filter(&path, args, false);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, &root, ret_err);
    px_buf_release(&path);
    PX_TRY(status);
    if (px_json_get_uint(root, PX_STR("offered")) == 0)
        note_missing(cli, args);
    unbound = px_json_get_uint(root, PX_STR("unbound"));
    if (unbound > 0)
        px_cli_note(cli, "%llu %s not made by a binding, and cannot be replayed: send %s again",
                    (unsigned long long)unbound, unbound == 1 ? "was" : "were",
                    unbound == 1 ? "it" : "them");
    if (px_json_get_uint(root, PX_STR("left")) > 0)
        px_cli_note(cli, "what is left stays as it was: `pollux sync rejects` says why");
    return px_out_done(cli, root, ret_err, "offered %llu, taken %llu with %llu values, left %llu",
                       (unsigned long long)px_json_get_uint(root, PX_STR("offered")),
                       (unsigned long long)px_json_get_uint(root, PX_STR("taken")),
                       (unsigned long long)px_json_get_uint(root, PX_STR("values")),
                       (unsigned long long)px_json_get_uint(root, PX_STR("left")));
}

#define FILTERS                                                                                    \
    { "sender", 's', "ID", "only what this device or token sent" },                                \
        { "reason", 'r', "CODE", "only what was refused for this reason, such as sync.unknown" },  \
        { "binding", 'b', "B", "only what this binding could not map" },                           \
        { "since", 0, "TIME", "only what came since then" },                                       \
    {                                                                                              \
        "number", 'n', "N", "only this one"                                                        \
    }

static const px_opt reject_options[] = {
    FILTERS,
    { "payload", 0, NULL, "whole payloads, where they were kept" },
    { 0 },
};

static const px_opt replay_options[] = { FILTERS, { 0 } };

const px_cmd px_cmd_sync[] = {
    { .noun = "sync",
      .summary = "what was refused on its way in, and another try",
      .examples = "pollux sync rejects --binding presses\n"
                  "pollux sync replay --binding presses" },
    { .noun = "sync",
      .verb = "rejects",
      .summary = "list what was refused, with reason and payload",
      .examples = "pollux sync rejects\n"
                  "pollux sync rejects --reason sync.unknown --since 2026-11-01T12:00:00Z\n"
                  "pollux sync rejects --binding presses --payload --json",
      .notes =
          "The newest first. The server keeps the newest 1024, also over restarts, and of what a\n"
          "binding could not map the whole payload, up to 32 MiB together.",
      .opts = reject_options,
      .run = run_rejects },
    { .noun = "sync",
      .verb = "replay",
      .summary = "offer what bindings could not map to them again, once they are mended",
      .examples = "pollux binding put presses mended.json\n"
                  "pollux sync replay --binding presses",
      .notes =
          "Of each message only that part is offered which was missed then, with the time of\n"
          "its arrival when it says none itself: nothing is written twice. What is taken leaves\n"
          "the list; the rest stays. Where a binding counts the rights of the sender, they are\n"
          "counted again, as they are now. Without a filter all of every binding is offered.",
      .opts = replay_options,
      .run = run_replay },
    { 0 },
};
