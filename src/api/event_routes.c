/* SPDX-License-Identifier: Apache-2.0 */
/* /eventroutes of the data plane: documents of kind `route`. What the outbound room does with them
 * is its affair; here they are checked, written and told. */
#include "api/document_call.h"
#include "outbound/outbound.h"

enum { PAGE_MAX = 500 };

px_handler px_on_list_event_routes, px_on_get_event_route, px_on_put_event_route,
    px_on_delete_event_route;

static const px_str kind = { "route", 5 };
static const px_api_missing missing = {
    "route.not_found", "There is no route available that matches the provided input"
};

static void put_route(px_json_writer *w, const px_document *document, px_arena *arena)
{
    px_json *body = NULL;

    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, document->id);
    if (px_json_parse(document->body, NULL, arena, &body, NULL) == PX_OK) {
        px_json_key(w, PX_STR("endpointName"));
        px_json_string(w, px_json_get_text(body, PX_STR("endpointName")));
        px_json_key(w, PX_STR("filter"));
        px_json_string(w, px_json_get_text(body, PX_STR("filter")));
    }
    px_json_end_object(w);
}

/* ---- reading ---- */

void px_on_list_event_routes(px_api_call *call)
{
    px_document *items;
    px_json_writer w = px_json_writer_of(&call->out);
    uint64_t after;
    uint32_t cursor, size = PAGE_MAX;
    size_t count;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) || !px_api_page_size(call, PAGE_MAX, &size) ||
        !px_api_param_number(call, "continuationToken", 0, 0, UINT32_MAX, &after))
        return;
    cursor = (uint32_t)after;
    if (!px_api_document_page(call, call->principal.tenant, kind, size, &cursor, &items, &count))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("value"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        put_route(&w, &items[i], &call->arena);
    px_json_end_array(&w);
    px_api_put_next(call, &w, "/eventroutes", cursor);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

void px_on_get_event_route(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, kind, &missing, &document))
        return;
    put_route(&w, &document, &call->arena);
    px_api_json(call, 200);
}

/* ---- writing ---- */

static px_status check_id(px_str id, px_err *ret_err)
{
    bool good = id.len > 0 && id.len <= PX_DOC_ID_BYTES_MAX;

    for (size_t i = 0; i < id.len && good; i++)
        good = px_is_letter(id.ptr[i]) || px_is_digit(id.ptr[i]) || strchr("-_.", id.ptr[i]);
    if (good)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "route.id",
                      "an event route's id has 1 to %d letters, digits, '-', '_' and '.'",
                      PX_DOC_ID_BYTES_MAX);
}

static px_status check_body(px_api_call *call, px_str endpoint, px_str filter, px_err *ret_err)
{
    px_documents *documents = px_api_documents(call);
    uint32_t tenant = call->principal.tenant;
    px_err err;

    if (!px_json_is(call->request.json, PX_JSON_OBJECT) || !endpoint.ptr || !filter.ptr)
        return px_fail_id(ret_err, PX_INVALID, "route.body",
                          "an event route is {\"endpointName\":…,\"filter\":…}, both texts");
    if (px_documents_revision(documents, tenant, PX_STR("endpoint"), endpoint) == 0)
        return px_fail_id(ret_err, PX_INVALID, "route.endpoint",
                          "The endpoint provided does not exist or is not active: '%.*s'; make it "
                          "first: PUT /api/v1/endpoints/NAME",
                          PX_FMT(endpoint));
    if (filter.len == 0 || filter.len > PX_ROUTE_FILTER_BYTES_MAX)
        return px_fail_id(ret_err, PX_INVALID, "route.filter",
                          "a filter has 1 to %d bytes; 'true' passes everything",
                          PX_ROUTE_FILTER_BYTES_MAX);
    if (px_route_filter_check(filter, &err) != PX_OK)
        return px_fail_id(ret_err, PX_INVALID, "route.filter", "%s", err.text);
    return PX_OK;
}

static void route_written(px_api_call *call)
{
    if (call->api->opts.outbound)
        px_outbound_changed(call->api->opts.outbound);
    px_api_finish(call, 204);
}

void px_on_put_event_route(px_api_call *call)
{
    px_str endpoint = px_json_get_text(call->request.json, PX_STR("endpointName"));
    px_str filter = px_json_get_text(call->request.json, PX_STR("filter"));
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) || !px_api_body(call))
        return;
    status = check_id(call->args[0], &err);
    if (status == PX_OK)
        status = check_body(call, endpoint, filter, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("endpointName"));
    px_json_string(&w, endpoint);
    px_json_key(&w, PX_STR("filter"));
    px_json_string(&w, filter);
    px_json_end_object(&w);
    px_api_document_write(call, kind, px_api_keep(call, &buf), route_written);
}

void px_on_delete_event_route(px_api_call *call)
{
    px_document document;

    if (px_api_may(call, PX_ACTION_WRITE_DOCUMENT) &&
        px_api_document(call, kind, &missing, &document)) /* the data plane has no ETag for it */
        px_api_document_write(call, kind, (px_str){ 0 }, route_written);
}
