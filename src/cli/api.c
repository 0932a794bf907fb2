/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cli/file.h"

enum { TOKEN_BYTES_MAX = 8192 };

static const char *env(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

bool px_api_has_token(const px_cli *cli)
{
    return px_args_has(cli->args, "token") || env("POLLUX_TOKEN") || px_args_has(cli->args, "data");
}

/* First that is there: --token, --data DIR, POLLUX_TOKEN. NULL: none. */
static px_status find_token(const px_cli *cli, px_arena *arena, const char **ret_token,
                            px_err *ret_err)
{
    const char *dir = px_args_get(cli->args, "data");
    px_buf path = { 0 };
    px_str text;
    px_status status;

    *ret_token = px_args_get(cli->args, "token");
    if (*ret_token)
        return PX_OK;
    *ret_token = env("POLLUX_TOKEN");
    if (!dir)
        return PX_OK;
    px_putf(&path, "%s/admin.token", dir);
    status = px_file_read(px_buf_str(&path), TOKEN_BYTES_MAX, arena, &text, ret_err);
    px_buf_release(&path);
    PX_TRY(status);
    *ret_token = text.ptr;
    return PX_OK;
}

/* The first word of the file or option: no blank and no line end gets into a header. */
static const char *first_word(px_arena *arena, const char *token)
{
    return token ? px_arena_str(arena, px_str_of(token, strcspn(token, " \t\r\n"))).ptr : NULL;
}

px_status px_api_token(px_cli *cli, px_arena *arena, const char **ret_token, px_err *ret_err)
{
    const char *token;

    PX_TRY(find_token(cli, arena, &token, ret_err));
    *ret_token = first_word(arena, token);
    if (*ret_token)
        return PX_OK;
    px_api_suggest(cli, PX_UNAUTHORIZED, NULL);
    return px_fail(ret_err, PX_UNAUTHORIZED, "no token was given");
}

/* The bad address stands where it was written. */
static void suggest_server(px_cli *cli)
{
    px_cli_cure(cli, "%s http://HOST:PORT or https://HOST:PORT, such as " PX_CLI_SERVER_DEFAULT,
                px_args_get(cli->args, "server") ? "give --server" : "set POLLUX_URL to");
}

px_status px_api_http(px_cli *cli, px_http **ret_http, px_err *ret_err)
{
    px_http_opts opts = { .url = px_args_get(cli->args, "server"),
                          .ca = px_args_get(cli->args, "ca") };
    const char *token;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    if (!cli->http) {
        if (!opts.url)
            opts.url = env("POLLUX_URL");
        if (!opts.url)
            opts.url = PX_CLI_SERVER_DEFAULT;
        PX_TRY(find_token(cli, &arena, &token, ret_err));
        opts.token = first_word(&arena, token);
        status = px_http_open(&cli->http, &opts, ret_err);
        if (status == PX_INVALID)
            suggest_server(cli);
        PX_TRY(status);
    }
    *ret_http = cli->http;
    return PX_OK;
}

const char *px_api_part(px_arena *arena, const char *text)
{
    px_buf part = { 0 };
    px_str copy;

    px_put_url_part(&part, px_str_c(text));
    copy = px_arena_str(arena, px_buf_str(&part));
    px_buf_release(&part);
    return copy.ptr ? copy.ptr : "";
}

void px_api_suggest(px_cli *cli, px_status status, const px_err *err)
{
    if (cli->cure[0])
        return;
    if (err && err->id && strcmp(err->id, "http.certificate") == 0)
        px_cli_cure(cli, "give --ca FILE, with the server's certificate or its authority's in it");
    else if (status == PX_UNREACHABLE)
        px_cli_cure(cli,
                    "start one with `pollux serve --data ./data`, or name it with --server URL");
    if (status == PX_UNAUTHORIZED && px_api_has_token(cli))
        px_cli_cure(cli,
                    "the server's first token is in its data, DIR/admin.token: give --data DIR");
    else if (status == PX_UNAUTHORIZED)
        px_cli_cure(cli, "give --token T, --data DIR or POLLUX_TOKEN");
}

/* For who wants to know more of a refusal than its first sentence. */
static void keep_problem(px_buf *body, px_arena *arena, px_json **ret_root)
{
    px_str text = ret_root && body->len ? px_arena_str(arena, px_buf_str(body)) : (px_str){ 0 };

    if (text.ptr && px_json_parse(text, NULL, arena, ret_root, NULL) != PX_OK)
        *ret_root = NULL;
    px_buf_release(body);
}

px_status px_api_call(px_cli *cli, const px_http_call *call, px_arena *arena, px_json **ret_root,
                      px_err *ret_err)
{
    px_http *http;
    px_http_reply reply;
    px_str text;
    px_status status;

    if (ret_root)
        *ret_root = NULL;
    PX_TRY(px_api_http(cli, &http, ret_err));
    status = px_http_send(http, call, &reply, ret_err);
    if (status != PX_OK) {
        keep_problem(&reply.body, arena, ret_root);
        px_api_suggest(cli, status, ret_err);
        if (status == PX_UNAUTHORIZED && !px_api_has_token(cli))
            status = px_fail(ret_err, status, "no token was given");
        return status;
    }
    if (ret_root && reply.body.len) {
        text = px_arena_str(arena, px_buf_str(&reply.body));
        status = text.ptr ? px_json_parse(text, NULL, arena, ret_root, ret_err)
                          : px_arena_fail(arena, ret_err);
        if (status == PX_INVALID)
            status = px_fail(ret_err, PX_CORRUPT, "the server's answer to %s %s is no JSON",
                             call->method, call->path);
    }
    px_buf_release(&reply.body);
    return status;
}

px_status px_api_get(px_cli *cli, px_arena *arena, px_json **ret_root, px_err *ret_err,
                     const char *format, ...)
{
    px_http_call call = { .method = "GET" };
    px_buf path = { 0 };
    px_status status;
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    px_put_c(&path, text);
    call.path = path.ptr ? path.ptr : "";
    status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&path);
    return status;
}

/* The path of the page after this one; empty when this is the last. */
static void next_page(px_buf *next, const char *path, const px_json *root)
{
    px_str cursor = px_json_get_text(root, PX_STR("cursor"));
    px_str link = px_json_get_text(root, PX_STR("nextLink"));

    px_buf_clear(next);
    if (cursor.len) {
        px_putf(next, "%s%ccursor=", path, strchr(path, '?') ? '&' : '?');
        px_put_url_part(next, cursor);
    }
    if (link.len && link.ptr[0] != '/') { /* absolute: drop scheme and host */
        while (link.len && !px_str_starts(link, PX_STR("://")))
            link = px_str_skip(link, 1);
        link = px_str_skip(link, link.len < 3 ? link.len : 3);
        while (link.len && link.ptr[0] != '/')
            link = px_str_skip(link, 1);
    }
    px_put(next, link);
}

px_status px_api_list(px_cli *cli, const char *path, px_api_each *each, void *data, px_err *ret_err)
{
    px_buf next = { 0 };
    px_status status;
    px_arena arena;

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    px_put_c(&next, path);
    do {
        px_http_call call = { .method = "GET", .path = next.ptr };
        const px_json *items;
        px_json *root;

        status = px_buf_status(&next, ret_err);
        if (status == PX_OK)
            status = px_api_call(cli, &call, &arena, &root, ret_err);
        if (status != PX_OK)
            break;
        items = px_json_get(root, PX_STR("items"));
        if (!items)
            items = px_json_get(root, PX_STR("value"));
        if (!px_json_is(items, PX_JSON_ARRAY))
            status = px_fail(ret_err, PX_CORRUPT, "the server's answer to %s is no list", path);
        for (const px_json *i = items ? items->first : NULL; i && status == PX_OK; i = i->next)
            status = each(cli, i, data, ret_err);
        next_page(&next, path, root);
        px_arena_reset(&arena);
    } while (status == PX_OK && next.len);
    px_buf_release(&next);
    px_arena_release(&arena);
    return status;
}
