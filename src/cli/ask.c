/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"

#include <stdarg.h>

#include "cli/interrupt.h"

enum { QUERY_BYTES_MAX = 4096 };

/* {"query":…} for the first page, then {"query":…,"continuationToken":…} */
px_status px_ask_page(px_cli *cli, const char *query, px_str parameters, px_buf *token,
                      px_arena *arena, px_json **ret_rows, px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/query?" PX_AZURE_VERSION };
    px_buf body = { 0 };
    px_json *root = NULL;
    px_status status;

    px_put_c(&body, "{\"query\":");
    px_put_json_string(&body, px_str_c(query));
    if (token->len) {
        px_put_c(&body, ",\"continuationToken\":");
        px_put_json_string(&body, px_buf_str(token));
    }
    px_put(&body, parameters);
    px_put_char(&body, '}');
    call.body = px_buf_str(&body);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, &root, ret_err);
    px_buf_release(&body);
    PX_TRY(status);
    *ret_rows = px_json_get(root, PX_STR("value"));
    if (!px_json_is(*ret_rows, PX_JSON_ARRAY))
        return px_fail(ret_err, PX_CORRUPT, "the server's answer to the query has no rows");
    px_buf_clear(token);
    px_put(token, px_json_get_text(root, PX_STR("continuationToken")));
    return px_buf_status(token, ret_err);
}

static px_status ask(px_cli *cli, const char *query, px_api_each *each, void *data, px_err *ret_err)
{
    px_buf token = { 0 };
    px_status status;
    px_arena arena;

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    do {
        px_json *rows = NULL;

        status = px_ask_page(cli, query, (px_str){ 0 }, &token, &arena, &rows, ret_err);
        for (const px_json *r = rows ? rows->first : NULL; r && status == PX_OK; r = r->next)
            status = each(cli, r, data, ret_err);
        px_arena_reset(&arena);
        if (status == PX_OK && px_interrupted())
            status = px_interrupt_fail(ret_err);
    } while (status == PX_OK && token.len);
    px_buf_release(&token);
    px_arena_release(&arena);
    return status;
}

px_status px_ask(px_cli *cli, px_api_each *each, void *data, px_err *ret_err, const char *format,
                 ...)
{
    char query[QUERY_BYTES_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(query, sizeof(query), format, args);
    va_end(args);
    return ask(cli, query, each, data, ret_err);
}

static px_status take_count(px_cli *cli, const px_json *row, void *data, px_err *ret_err)
{
    const px_json *count = px_json_get(row, PX_STR("COUNT"));
    int64_t number;

    (void)cli;
    if (!px_json_is(count, PX_JSON_NUMBER) || !px_num_to_int(count->num, &number) || number < 0)
        return px_fail(ret_err, PX_CORRUPT, "the server's answer is no count");
    *(uint64_t *)data = (uint64_t)number;
    return PX_OK;
}

px_status px_ask_count(px_cli *cli, uint64_t *ret_count, px_err *ret_err, const char *format, ...)
{
    char query[QUERY_BYTES_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(query, sizeof(query), format, args);
    va_end(args);
    *ret_count = 0;
    return ask(cli, query, take_count, ret_count, ret_err);
}
