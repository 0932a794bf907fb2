/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux device bind`: twins more for a device. Two who bind at once both count: a device that
 * changed meanwhile is asked again. */
#include "cli/cmds.h"
#include "cli/device_call.h"
#include "cli/no_such.h"

enum { ARENA_BYTES = 16 << 20, TRIES = 5 };

/* What it speaks for now, and its revision. */
static px_status ask_twins(px_cli *cli, const char *id, px_arena *arena, const px_json **ret_twins,
                           px_str *ret_etag, px_err *ret_err)
{
    px_http_call call = { .method = "GET" };
    px_http_reply reply = { 0 };
    px_buf path = { 0 };
    px_json *root = NULL;
    px_http *http;
    px_status status = px_api_http(cli, &http, ret_err);

    px_put_thing_path(&path, PX_THING_DEVICE, id);
    if (status == PX_OK)
        status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_http_send(http, &call, &reply, ret_err);
    if (status == PX_OK)
        status = px_json_parse(px_arena_str(arena, px_buf_str(&reply.body)), NULL, arena, &root,
                               ret_err);
    px_buf_release(&reply.body);
    px_buf_release(&path);
    *ret_twins = px_json_get(root, PX_STR("twins"));
    *ret_etag = px_arena_str(arena, px_str_c(reply.etag));
    if (status == PX_OK && !ret_etag->ptr)
        status = px_arena_fail(arena, ret_err);
    if (status != PX_OK && status != PX_NOT_FOUND)
        px_api_suggest(cli, status, ret_err);
    return px_no_such(cli, PX_THING_DEVICE, id, status, ret_err);
}

static bool is_among(const px_json *twins, px_str twin)
{
    for (const px_json *t = twins ? twins->first : NULL; t; t = t->next)
        if (px_str_eq(t->text, twin))
            return true;
    return false;
}

static void put_twins(px_buf *body, const px_args *args, const px_json *twins, size_t *ret_count)
{
    px_json_writer w = px_json_writer_of(body);
    const char *twin;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twins"));
    px_json_begin_array(&w);
    for (const px_json *t = twins ? twins->first : NULL; t; t = t->next, (*ret_count)++)
        px_json_string(&w, t->text);
    for (size_t at = 0; (twin = px_args_next(args, "twin", &at)) != NULL;)
        if (!is_among(twins, px_str_c(twin))) {
            px_json_string(&w, px_str_c(twin));
            (*ret_count)++;
        }
    px_json_end_array(&w);
    px_json_end_object(&w);
}

static px_status bind_once(px_cli *cli, const px_args *args, size_t *ret_count, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_http_call call = { .method = "PUT" };
    px_buf path = { 0 }, body = { 0 }, header = { 0 };
    const px_json *twins;
    px_str etag;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(ask_twins(cli, id, &arena, &twins, &etag, ret_err));
    *ret_count = 0;
    put_twins(&body, args, twins, ret_count);
    px_put_thing_path(&path, PX_THING_DEVICE, id);
    px_putf(&header, "If-Match: %.*s", PX_FMT(etag));
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_buf_status(&header, ret_err);
    call.path = path.ptr;
    call.header = header.ptr;
    call.body = px_buf_str(&body);
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, NULL, ret_err);
    px_buf_release(&body);
    px_buf_release(&path);
    px_buf_release(&header);
    return status;
}

px_status px_device_bind_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_status status = PX_STALE;
    size_t count = 0;

    if (!px_args_has(args, "twin"))
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "say which twin the device speaks for, too: --twin T");
    for (int i = 0; i < TRIES && status == PX_STALE; i++)
        status = bind_once(cli, args, &count, ret_err);
    PX_TRY(status);
    px_device_note_missing_twins(cli, args);
    return px_out_done(cli, NULL, ret_err, "%s speaks for %zu twin%s", id, count,
                       count == 1 ? "" : "s");
}

const px_opt px_device_bind_options[] = {
    { "twin", 't', "T", "one twin more; may be repeated" },
    { 0 },
};
