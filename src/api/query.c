/* SPDX-License-Identifier: Apache-2.0 */
/* POST /query of the data plane: one page of rows, on the API's own workers, cancelled when the
 * server ends. */
#include "query/query.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/inner.h"
#include "api/workers.h"

px_handler px_on_post_query;

static void put_page(px_api_call *call, const px_buf *rows, const px_query_result *result)
{
    px_json_writer w = px_json_writer_of(&call->out);
    char charge[32];
    px_buf raw = { 0 };

    px_put_char(&raw, '[');
    px_put(&raw, px_buf_str(rows));
    px_put_char(&raw, ']');
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("value"));
    px_json_put_raw(&w, px_buf_str(&raw));
    px_json_key(&w, PX_STR("continuationToken"));
    if (result->continuation.len)
        px_json_string(&w, px_buf_str(&result->continuation));
    else
        px_json_null(&w);
    px_json_end_object(&w);
    if (raw.status != PX_OK)
        call->out.status = raw.status;
    px_buf_release(&raw);
    snprintf(charge, sizeof(charge), "%.2f", result->charge);
    px_api_header(call, "query-charge", px_str_c(charge));
}

static void run(px_api_call *call)
{
    px_engine *engine = call->api->opts.engine;
    px_query_opts opts = { .graph = px_engine_graph(engine),
                           .registry = px_engine_registry(engine),
                           .env = call->api->env,
                           .log = call->api->opts.log,
                           .server = call->api->server_number };
    px_str wanted = call->header(call, "max-items-per-page");
    px_str token = px_json_get_text(call->request.json, PX_STR("continuationToken"));
    px_query_result result = { 0 };
    px_buf rows = { 0 };
    px_err err;
    px_status status = px_query_run(
        &opts, &call->principal, px_json_get_text(call->request.json, PX_STR("query")), token,
        wanted.len && wanted.len < 9 ? (uint32_t)strtoul(wanted.ptr, NULL, 10) : 0,
        &call->api->stopping, &rows, &result, &err);

    if (status == PX_OK)
        put_page(call, &rows, &result);
    px_buf_release(&rows);
    if (status == PX_OK)
        px_buf_release(&result.continuation);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else
        px_api_json(call, 200);
}

void px_on_post_query(px_api_call *call)
{
    px_err err;

    if (px_json_is(call->request.json, PX_JSON_OBJECT)) {
        px_workers_run(call, run);
        return;
    }
    px_fail_id(&err, PX_INVALID, "query.form",
               "the body is {\"query\":\"SELECT …\"} or {\"continuationToken\":\"…\"}");
    px_api_fail(call, PX_INVALID, &err);
}
