/* SPDX-License-Identifier: Apache-2.0 */
/* POST /query of the data plane: one page of rows, on the API's own workers, cancelled when the
 * server ends or the client goes. */
#include "query/query.h"

#include <stdio.h>

#include "api/inner.h"
#include "api/workers.h"

px_handler px_on_post_query;

static void end_page(px_api_call *call, px_query_result *result)
{
    char charge[32];

    px_put_c(&call->out, "],\"continuationToken\":");
    if (result->continuation.len)
        px_put_json_string(&call->out, px_buf_str(&result->continuation));
    else
        px_put_c(&call->out, "null");
    px_put_char(&call->out, '}');
    px_buf_release(&result->continuation);
    snprintf(charge, sizeof(charge), "%.2f", result->charge);
    px_api_header(call, "query-charge", px_str_c(charge));
    px_api_json(call, 200);
}

static bool names_freshness(px_str text)
{
    static const char name[] = "$freshness";

    return text.len && memmem(text.ptr, text.len, name, sizeof(name) - 1);
}

static void run(px_api_call *call)
{
    px_engine *engine = call->api->opts.engine;
    px_query_opts opts = { .graph = px_engine_graph(engine),
                           .registry = px_engine_registry(engine),
                           .env = call->api->env,
                           .log = call->api->opts.log,
                           .server = call->api->server_number,
                           .gone = call->gone };
    const px_json *parameters = px_json_get(call->request.json, PX_STR("parameters"));
    px_str text = px_json_get_text(call->request.json, PX_STR("query"));
    px_str token = px_json_get_text(call->request.json, PX_STR("continuationToken"));
    px_query_result result = { 0 };
    px_status status;
    uint32_t page;
    px_err err;

    if (!px_api_page_size(call, PX_QUERY_ROWS_PER_PAGE_MAX, &page) ||
        (names_freshness(text) && !px_api_wait_for_freshness(call)))
        return;
    if (parameters)
        opts.parameters = parameters->raw;
    px_put_c(&call->out, "{\"value\":[");
    status = px_query_run(&opts, &call->principal, text, token, page, &call->api->stopping,
                          &call->out, &result, &err);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else
        end_page(call, &result);
}

void px_on_post_query(px_api_call *call)
{
    px_err err;

    if (!px_api_body(call))
        return;
    if (px_json_is(call->request.json, PX_JSON_OBJECT)) {
        px_workers_run_on(call->api->query_workers, call, run);
        return;
    }
    px_fail_id(&err, PX_INVALID, "query.form",
               "the body is {\"query\":\"SELECT …\"} or {\"continuationToken\":\"…\"}");
    px_api_fail(call, PX_INVALID, &err);
}
