/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/endpoints: where events may be sent. */
#include "api/secret.h"
#include "base/level.h"
#include "outbound/outbound.h"

enum { PAGE_MAX = 500 };

px_handler px_v1_list_endpoints, px_v1_get_endpoint, px_v1_put_endpoint, px_v1_delete_endpoint;

static const px_str kind = { "endpoint", 8 };
static const px_api_missing missing = { "endpoint.not_found", "there is no endpoint" };
static const px_api_secret secret = { { "secret", 6 },
                                      "endpoint.secret",
                                      "scheme, host and port of 'url' do" };

/* ---- reading ---- */

/* Values of headers may be keys, and so may what stands behind the question mark of a URL: only who
 * may write them reads them. */
static void put_headers(px_json_writer *w, const px_endpoint *endpoint)
{
    px_json_key(w, PX_STR("headers"));
    px_json_begin_object(w);
    for (size_t i = 0; i < endpoint->header_count; i++) {
        px_json_key(w, endpoint->headers[i].name);
        px_json_string(w, endpoint->headers[i].value);
    }
    px_json_end_object(w);
}

/* As a document it has its secret, as an answer whether it has one, and what waits for it. */
static void put_endpoint(px_json_writer *w, const px_endpoint *endpoint, bool with_secrets)
{
    bool webhook = endpoint->kind == PX_ENDPOINT_WEBHOOK;
    px_str to = endpoint->to;

    px_json_key(w, PX_STR("kind"));
    px_json_string(w, px_str_c(px_endpoint_kind_name(endpoint->kind)));
    px_json_key(w, webhook ? PX_STR("url") : PX_STR("topic"));
    px_json_string(w, webhook && !with_secrets ? px_str_cut(&to, '?') : to);
    if (webhook && with_secrets)
        put_headers(w, endpoint);
}

static void put_counts(px_api_call *call, px_json_writer *w, const px_document *document)
{
    uint64_t waiting = 0, dead = 0;

    if (call->api->opts.outbound)
        px_outbound_count(call->api->opts.outbound, document->tenant, document->no, &waiting,
                          &dead);
    px_json_key(w, PX_STR("waiting"));
    px_json_uint(w, waiting);
    px_json_key(w, PX_STR("deadLetters"));
    px_json_uint(w, dead);
}

/* A document without a number was written just now: what waits for it is not told. */
static void put_answer(px_api_call *call, px_json_writer *w, const px_document *document)
{
    bool may_write =
        px_authorize(&call->principal, PX_ACTION_WRITE_DOCUMENT, (px_str){ 0 }, NULL) == PX_OK;
    px_endpoint endpoint;

    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, document->id);
    if (px_endpoint_read(document, &call->arena, &endpoint, NULL) == PX_OK) {
        put_endpoint(w, &endpoint, may_write && !call->drafting);
        if (endpoint.kind == PX_ENDPOINT_WEBHOOK) {
            px_json_key(w, PX_STR("hasSecret"));
            px_json_bool(w, endpoint.secret.len > 0);
        }
    }
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, document->updated);
    if (document->no)
        put_counts(call, w, document);
    px_json_end_object(w);
}

void px_v1_list_endpoints(px_api_call *call)
{
    px_api_document_items(call, PX_ACTION_READ_DOCUMENT, call->principal.tenant, kind, 100,
                          PAGE_MAX, put_answer);
}

void px_v1_get_endpoint(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_READ_DOCUMENT))
        px_api_document_answer(call, kind, &missing, put_answer);
}

/* ---- writing ---- */

/* A topic of the tenant's own: what begins like the server's own topics would be taken for them. */
static px_status check_topic(px_str topic, px_err *ret_err)
{
    px_str rest = topic, first = px_str_cut(&rest, '/');
    bool good = topic.len > 0 && topic.len <= PX_TOPIC_BYTES_MAX && !px_level_is_reserved(first);
    size_t levels = 1;

    for (size_t i = 0; i < topic.len; i++) {
        good = good && topic.ptr[i] != '+' && topic.ptr[i] != '#' && topic.ptr[i] != '\0';
        levels += topic.ptr[i] == '/';
    }
    if (good && levels <= PX_TOPIC_LEVELS_MAX)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "endpoint.topic",
                      "'topic' is one of the tenant's own, such as plant/changes: without + and #, "
                      "and not below twins, events, spBv1.0 or $");
}

static px_status check_endpoint(px_api_call *call, const px_endpoint *endpoint, px_err *ret_err)
{
    static const px_reach public_only;
    px_outbound *outbound = call->api->opts.outbound;

    if (endpoint->kind == PX_ENDPOINT_MQTT)
        return check_topic(endpoint->to, ret_err);
    return px_target_check(outbound ? px_outbound_reach(outbound) : &public_only, endpoint->to,
                           NULL, ret_err);
}

/* Whether webhooks are sent to the same server. */
static bool has_same_place(px_api_call *call, const px_api_before *before, const px_endpoint *now)
{
    px_endpoint was;

    return before->body && px_endpoint_read(&before->document, &call->arena, &was, NULL) == PX_OK &&
           px_str_eq(px_target_origin(was.to), px_target_origin(now->to));
}

/* The secret that the endpoint will have: the body's, or the one that it had. */
static px_status secret_of(px_api_call *call, const px_endpoint *endpoint, px_str *ret_secret,
                           px_err *ret_err)
{
    const px_json *kept;
    px_api_before before;

    *ret_secret = (px_str){ 0 };
    if (endpoint->kind != PX_ENDPOINT_WEBHOOK)
        return PX_OK;
    PX_TRY(px_api_read_before(call, kind, &before, ret_err));
    PX_TRY(px_api_keep_secret(call, &secret, &before, has_same_place(call, &before, endpoint),
                              &kept, ret_err));
    *ret_secret = kept ? kept->text : endpoint->secret;
    return PX_OK;
}

static px_status body_of(px_api_call *call, const px_endpoint *endpoint, px_str *ret_body,
                         px_err *ret_err)
{
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);
    px_str text;

    PX_TRY(secret_of(call, endpoint, &text, ret_err));
    px_json_begin_object(&w);
    put_endpoint(&w, endpoint, true);
    if (text.len) {
        px_json_key(&w, secret.name);
        px_json_string(&w, text);
    }
    px_json_end_object(&w);
    *ret_body = px_api_keep(call, &buf);
    return PX_OK;
}

static void endpoint_written(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document = { .tenant = call->principal.tenant,
                             .updated = call->request.result.time,
                             .id = call->args[0],
                             .body = call->request.documents[0].body };

    if (call->api->opts.outbound)
        px_outbound_changed(call->api->opts.outbound);
    put_answer(call, &w, &document);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, 200);
}

static void endpoint_gone(px_api_call *call)
{
    if (call->api->opts.outbound)
        px_outbound_changed(call->api->opts.outbound);
    px_api_finish(call, 204);
}

void px_v1_put_endpoint(px_api_call *call)
{
    px_document asked = { .tenant = call->principal.tenant,
                          .id = call->args[0],
                          .body = call->body };
    px_endpoint endpoint;
    px_status status;
    px_str body = { 0 };
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) || !px_api_conditions(call, true, false))
        return;
    status = px_endpoint_read(&asked, &call->arena, &endpoint, &err);
    if (status == PX_OK)
        status = check_endpoint(call, &endpoint, &err);
    if (status == PX_OK)
        status = body_of(call, &endpoint, &body, &err);
    if (status == PX_OK)
        px_api_document_write(call, kind, body, endpoint_written);
    else
        px_api_fail(call, status, &err);
}

/* The first route that leads to this endpoint; empty when there is none. */
static px_str route_to(px_api_call *call, px_str endpoint)
{
    px_document *items = PX_ARENA_ARRAY(&call->arena, px_document, PAGE_MAX);
    uint32_t cursor = 0;
    size_t count = 0;
    px_json *body;

    if (!items || px_documents_list(px_api_documents(call), call->principal.tenant, PX_STR("route"),
                                    &cursor, PAGE_MAX, &call->arena, items, &count, NULL) != PX_OK)
        return (px_str){ 0 };
    for (size_t i = 0; i < count; i++)
        if (px_json_parse(items[i].body, NULL, &call->arena, &body, NULL) == PX_OK &&
            px_str_eq(px_json_get_text(body, PX_STR("endpointName")), endpoint))
            return items[i].id;
    return (px_str){ 0 };
}

void px_v1_delete_endpoint(px_api_call *call)
{
    px_document document;
    px_str route;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) ||
        !px_api_document(call, kind, &missing, &document) || !px_api_conditions(call, true, false))
        return;
    route = route_to(call, call->args[0]);
    if (route.len) {
        px_fail_id(&err, PX_CONFLICT, "endpoint.used",
                   "event route '%.*s' leads to endpoint '%.*s'; delete it first", PX_FMT(route),
                   PX_FMT(call->args[0]));
        px_api_fail(call, PX_CONFLICT, &err);
        return;
    }
    px_api_document_write(call, kind, (px_str){ 0 }, endpoint_gone);
}
