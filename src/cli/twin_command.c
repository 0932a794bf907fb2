/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux twin command`: what the device answers is printed; what was not done is a failure. */
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/twin_call.h"

static px_status fail_rejected(const char *id, const char *name, const px_json *response,
                               px_err *ret_err)
{
    px_buf words = { 0 };
    px_status status;

    px_put_plain(&words, response);
    status = px_fail(ret_err, PX_INVALID, "the device of twin '%s' rejected '%s'%s%.*s", id, name,
                     words.len ? ": " : "", PX_FMT(px_buf_str(&words)));
    px_buf_release(&words);
    return status;
}

/* What was not done is a failure, whoever would not do it. */
static px_status judge_answer(px_cli *cli, const char *id, const char *name, const px_json *root,
                              px_err *ret_err)
{
    px_str status = px_json_get_text(root, PX_STR("status"));

    if (px_str_eq(status, PX_STR("rejected")))
        return fail_rejected(id, name, px_json_get(root, PX_STR("response")), ret_err);
    if (!px_str_eq(status, PX_STR("timed out")))
        return PX_OK;
    px_cli_cure(cli, "pollux device list shows which device speaks for the twin; is it connected?");
    return px_fail(ret_err, PX_TIMEOUT, "no device of twin '%s' answered in time", id);
}

static void put_param(px_buf *after, const char *name, const char *value)
{
    if (!value)
        return;
    px_putf(after, "%c%s=", memchr(after->ptr, '?', after->len) ? '&' : '?', name);
    px_put_url_part(after, px_str_c(value));
}

px_status px_twin_command(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0), *name = px_args_operand(args, 1);
    const char *payload = px_args_operand(args, 2);
    px_http_call call = { .method = "POST", .body = PX_STR("{}") };
    px_buf after = { 0 };
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    if (payload) {
        PX_TRY(px_json_parse(px_str_c(payload), NULL, &arena, &root, ret_err));
        call.body = px_str_c(payload);
    }
    px_put_c(&after, "/commands/");
    px_put_url_part(&after, px_str_c(name));
    put_param(&after, "timeout", px_args_get(args, "timeout"));
    put_param(&after, "id", px_args_get(args, "id"));
    px_put_char(&after, '\0');
    PX_TRY(px_buf_status(&after, ret_err));
    status = px_twin_call(cli, call, "/api/v1/twins/", id, after.ptr, &arena, &root, ret_err);
    px_buf_release(&after);
    if (status == PX_NOT_FOUND)
        status = px_no_such_member(cli, id, PX_MEMBER_COMMAND, px_str_c(name), status, ret_err);
    PX_TRY(px_no_such(cli, PX_THING_TWIN, id, status, ret_err));
    PX_TRY(px_out_facts(cli, root, ret_err));
    return judge_answer(cli, id, name, root, ret_err);
}
