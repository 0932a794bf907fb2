/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux twin command`: what the device answers is printed; what was not done is a failure. */
#include <stdio.h>

#include "base/env.h"
#include "base/limits.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/twin_call.h"
#include "cli/when.h"

enum { ID_BYTES = 8 };

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
static px_status put_seconds(px_buf *after, const px_args *args, const char *name, uint64_t max_s,
                             px_err *ret_err)
{
    const char *value = px_args_get(args, name);
    char option[16], text[24];
    uint64_t seconds;

    if (!value)
        return PX_OK;
    snprintf(option, sizeof(option), "--%s", name);
    PX_TRY(px_seconds_parse(option, value, max_s, &seconds, ret_err));
    snprintf(text, sizeof(text), "%llu", (unsigned long long)seconds);
    put_param(after, name, text);
    return PX_OK;
}

static px_status put_terms(px_buf *after, const px_args *args, const char *command_id,
                           px_err *ret_err)
{
    put_param(after, "id", command_id);
    put_param(after, "retry", px_args_get(args, "retry"));
    put_param(after, "wait", px_args_has(args, "no-wait") ? "0" : NULL);
    put_param(after, "dryRun", px_args_has(args, "dry-run") ? "true" : NULL);
    PX_TRY(put_seconds(after, args, "timeout", PX_COMMAND_TIMEOUT_S_MAX, ret_err));
    PX_TRY(put_seconds(after, args, "expiry", PX_COMMAND_EXPIRY_S_MAX, ret_err));
    return put_seconds(after, args, "interval", PX_COMMAND_INTERVAL_S_MAX, ret_err);
}

/* The caller's, or one of our own: who loses the server while he waits can ask for it. */
static const char *choose_id(const px_args *args, char text[2 * ID_BYTES + 1])
{
    const char *id = px_args_get(args, "id");
    px_env *env = px_env_posix();
    uint8_t bytes[ID_BYTES];

    if (id)
        return id;
    env->random(env, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

static px_status read_payload(px_cli *cli, const char *payload, px_arena *arena, px_err *ret_err)
{
    px_json *root;
    px_status status = px_json_parse(px_str_c(payload), NULL, arena, &root, ret_err);

    if (status != PX_OK)
        px_cli_cure(cli, "the payload is JSON, such as 40, '\"forty\"' or '{\"speed\":20}'");
    return status;
}

/* Who is wrong, and what became of the call. */
static px_status explain(px_cli *cli, const px_args *args, const char *command_id, px_status status,
                         px_err *ret_err)
{
    const char *id = px_args_operand(args, 0), *name = px_args_operand(args, 1);

    if (status == PX_UNREACHABLE && !px_args_has(args, "dry-run"))
        px_cli_cure(cli,
                    "if it was given, it goes on; once the server is there again, `pollux command "
                    "show %s %s` tells",
                    id, command_id);
    if (status == PX_INVALID && !px_args_operand(args, 2))
        px_cli_cure(cli,
                    "a payload stands behind the command's name: pollux twin command %s %s "
                    "JSON; `pollux model show` tells which",
                    id, name);
    if (status == PX_NOT_FOUND)
        status = px_no_such_member(cli, id, PX_MEMBER_COMMAND, px_str_c(name), status, ret_err);
    return px_no_such(cli, PX_THING_TWIN, id, status, ret_err);
}

px_status px_twin_command(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0), *name = px_args_operand(args, 1);
    const char *payload = px_args_operand(args, 2), *command_id;
    px_http_call call = { .method = "POST", .body = PX_STR("{}") };
    char own_id[2 * ID_BYTES + 1];
    px_buf after = { 0 };
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    if (payload) {
        PX_TRY(read_payload(cli, payload, &arena, ret_err));
        call.body = px_str_c(payload);
    }
    px_put_c(&after, "/commands/");
    px_put_url_part(&after, px_str_c(name));
    command_id = choose_id(args, own_id);
    status = put_terms(&after, args, command_id, ret_err);
    px_put_char(&after, '\0');
    if (status == PX_OK)
        status = px_buf_status(&after, ret_err);
    if (status == PX_OK) {
        status = px_twin_call(cli, call, "/api/v1/twins/", id, after.ptr, &arena, &root, ret_err);
        status = explain(cli, args, command_id, status, ret_err);
    }
    px_buf_release(&after);
    PX_TRY(status);
    PX_TRY(px_out_facts(cli, root, ret_err));
    return judge_answer(cli, id, name, root, ret_err);
}
