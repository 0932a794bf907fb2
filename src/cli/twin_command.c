/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux twin command`: what the device answers is printed; what was not done is a failure. */
#include <stdio.h>

#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/twin_call.h"
#include "cli/when.h"

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

/* Of a dry run: the first guard that does not hold. */
static px_status fail_guarded(const px_json *guards, px_err *ret_err)
{
    return px_fail(ret_err, PX_CONFLICT, "%.*s",
                   PX_FMT(px_json_get_text(guards->first, PX_STR("detail"))));
}

/* What was not done is a failure, whoever would not do it. */
static px_status judge_answer(px_cli *cli, const char *id, const char *name, const px_json *root,
                              px_err *ret_err)
{
    px_str status = px_json_get_text(root, PX_STR("status"));
    const px_json *guards = px_json_get(root, PX_STR("guards"));

    if (guards && guards->first)
        return fail_guarded(guards, ret_err);
    if (px_str_eq(status, PX_STR("rejected")))
        return fail_rejected(id, name, px_json_get(root, PX_STR("response")), ret_err);
    if (px_str_eq(status, PX_STR("expired"))) {
        px_cli_cure(cli, "pollux device list shows which device speaks for the twin");
        return px_fail(ret_err, PX_TIMEOUT, "no device of twin '%s' came while '%s' was good", id,
                       name);
    }
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

/* `90` and `1h` are lengths of time; the server counts seconds. */
static void put_seconds(px_buf *after, const char *name, const char *value)
{
    char text[24];
    int64_t ns;

    if (value && px_duration_parse(px_str_c(value), &ns, NULL) == PX_OK) {
        snprintf(text, sizeof(text), "%lld", (long long)((ns + PX_SECOND - 1) / PX_SECOND));
        value = text;
    }
    put_param(after, name, value);
}

static void put_terms(px_buf *after, const px_args *args)
{
    put_param(after, "id", px_args_get(args, "id"));
    put_seconds(after, "timeout", px_args_get(args, "timeout"));
    put_seconds(after, "expiry", px_args_get(args, "expiry"));
    put_param(after, "retry", px_args_get(args, "retry"));
    put_seconds(after, "interval", px_args_get(args, "interval"));
    put_param(after, "wait", px_args_has(args, "no-wait") ? "0" : NULL);
    put_param(after, "dryRun", px_args_has(args, "dry-run") ? "true" : NULL);
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
    put_terms(&after, args);
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
