/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/directory.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "expr/event.h"

enum {
    ARENA_BYTES_MAX = 256 * 1024 * 1024,
    FILTER_ARENA_BYTES_MAX = 8 * 1024 * 1024,
    PAGE = 64,
};

static const px_str kind_names[PX_ENDPOINT_KIND_COUNT] = {
    [PX_ENDPOINT_WEBHOOK] = { "webhook", 7 },
    [PX_ENDPOINT_MQTT] = { "mqtt", 4 },
};

const char *px_endpoint_kind_name(px_endpoint_kind kind)
{
    return kind_names[kind].ptr;
}

/* ---- endpoints ---- */

static bool is_token(px_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!px_is_letter(name.ptr[i]) && !px_is_digit(name.ptr[i]) && name.ptr[i] != '-' &&
            name.ptr[i] != '_')
            return false;
    return name.len > 0;
}

static bool is_line(px_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7F)
            return false;
    return true;
}

/* What the server says itself. */
static bool is_own_header(px_str name)
{
    static const char *const own[] = { "content-type", "content-length",
                                       "host",         "transfer-encoding",
                                       "connection",   "x-pollux-signature",
                                       "expect",       "te",
                                       "upgrade" };
    char lower[32];

    if (name.len >= sizeof(lower))
        return false;
    for (size_t i = 0; i < name.len; i++)
        lower[i] =
            (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32 : name.ptr[i]);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (px_str_eq(px_str_of(lower, name.len), px_str_c(own[i])))
            return true;
    return false;
}

static px_status read_headers(const px_json *headers, px_endpoint *endpoint, px_err *ret_err)
{
    if (!headers)
        return PX_OK;
    if (headers->type != PX_JSON_OBJECT || headers->count > PX_ENDPOINT_HEADERS_MAX)
        return px_json_fail(headers, ret_err, PX_INVALID, "endpoint.header",
                            "'headers' is an object of at most %d names and texts",
                            PX_ENDPOINT_HEADERS_MAX);
    for (const px_json *m = headers->first; m; m = m->next) {
        if (m->type != PX_JSON_STRING || !is_token(m->key) || !is_line(m->text) ||
            m->key.len + m->text.len > PX_ENDPOINT_HEADER_BYTES_MAX || is_own_header(m->key))
            return px_json_fail(m, ret_err, PX_INVALID, "endpoint.header",
                                "'%.*s' is no header that an endpoint may set: a name of letters, "
                                "digits and '-' that is not the server's own, and one line of text",
                                m->key.len > 40 ? 40 : (int)m->key.len, m->key.ptr);
        endpoint->headers[endpoint->header_count++] = (px_sending_header){ m->key, m->text };
    }
    return PX_OK;
}

static px_status read_kind(const px_json *body, px_endpoint *endpoint, px_err *ret_err)
{
    px_str kind = px_json_get_text(body, PX_STR("kind"));
    bool webhook = px_str_eq(kind, kind_names[PX_ENDPOINT_WEBHOOK]);
    px_str near = px_str_nearest(kind, kind_names, PX_ENDPOINT_KIND_COUNT);
    const char *has = webhook ? "url" : "topic", *not = webhook ? "topic" : "url";

    if (!webhook && !px_str_eq(kind, kind_names[PX_ENDPOINT_MQTT]))
        return px_fail_id(ret_err, PX_INVALID, "endpoint.kind",
                          "'kind' of an endpoint is webhook or mqtt%s%.*s%s",
                          near.len ? "; did you mean " : "", PX_FMT(near), near.len ? "?" : "");
    endpoint->kind = webhook ? PX_ENDPOINT_WEBHOOK : PX_ENDPOINT_MQTT;
    endpoint->to = px_json_get_text(body, px_str_c(has));
    if (endpoint->to.len == 0 || px_json_get(body, px_str_c(not )))
        return px_fail_id(ret_err, PX_INVALID, "endpoint.form",
                          "a %s endpoint has '%s' and no '%s'",
                          px_endpoint_kind_name(endpoint->kind), has, not );
    if (!webhook && (px_json_get(body, PX_STR("headers")) || px_json_get(body, PX_STR("secret"))))
        return px_fail_id(ret_err, PX_INVALID, "endpoint.form",
                          "'headers' and 'secret' belong to webhooks");
    return PX_OK;
}

px_status px_endpoint_read(const px_document *document, px_arena *arena, px_endpoint *ret_endpoint,
                           px_err *ret_err)
{
    px_endpoint endpoint = { .tenant = document->tenant,
                             .no = document->no,
                             .revision = document->revision,
                             .name = document->id };
    px_json *body;

    PX_TRY(px_json_parse(document->body, NULL, arena, &body, ret_err));
    PX_TRY(read_kind(body, &endpoint, ret_err));
    PX_TRY(read_headers(px_json_get(body, PX_STR("headers")), &endpoint, ret_err));
    endpoint.secret = px_json_get_text(body, PX_STR("secret"));
    *ret_endpoint = endpoint;
    return PX_OK;
}

/* ---- filters ---- */

/* What a route's machine looks at; the body's text is JSON already. */
static void read_attribute(void *data, const void *row, px_str name, px_value *ret_value)
{
    const px_cloud_event *event = row;
    px_buf *time = data;
    px_str text = { 0 };

    switch (px_event_attribute_find(name)) {
    case PX_ATTRIBUTE_TYPE:
        text = event->type;
        break;
    case PX_ATTRIBUTE_SOURCE:
        text = event->source;
        break;
    case PX_ATTRIBUTE_SUBJECT:
        text = event->subject;
        break;
    case PX_ATTRIBUTE_DATASCHEMA:
        text = event->dataschema;
        break;
    case PX_ATTRIBUTE_DATACONTENTTYPE:
        text = PX_STR("application/json");
        break;
    case PX_ATTRIBUTE_SPECVERSION:
        text = PX_STR("1.0");
        break;
    case PX_ATTRIBUTE_ID:
        text = event->id;
        break;
    case PX_ATTRIBUTE_TIME:
        px_buf_clear(time);
        px_put_time(time, event->time);
        text = px_buf_str(time);
        break;
    case PX_ATTRIBUTE_BODY:
        *ret_value = px_value_json(event->data);
        return;
    case PX_ATTRIBUTE_COUNT:
        return;
    }
    if (text.len)
        *ret_value = px_value_text(text);
}

static px_status compile_filter(px_event_route *route, px_str filter, px_arena *arena,
                                px_err *ret_err)
{
    px_expr_source source = { 0 };
    px_expr_rows rows = { .attribute = read_attribute };
    px_expr *expr;

    PX_TRY(px_event_filter_parse(filter, arena, &source.condition, &route->is_all, ret_err));
    if (!source.condition)
        return PX_OK;
    PX_TRY(px_expr_compile(&source, arena, &expr, ret_err));
    px_expr_machine_init(&route->machine, expr, &rows);
    return PX_OK;
}

px_status px_route_passes(px_event_route *route, const px_cloud_event *event, bool *ret_passes,
                          px_err *ret_err)
{
    px_buf time = { 0 };
    px_status status;

    *ret_passes = route->is_all;
    if (!route->machine.expr)
        return PX_OK;
    route->machine.rows.data = &time;
    status = px_expr_test(&route->machine, event, ret_passes, ret_err);
    px_buf_release(&time);
    return status;
}

px_status px_route_filter_check(px_str filter, px_err *ret_err)
{
    px_event_route route = { 0 };
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, FILTER_ARENA_BYTES_MAX);
    status = compile_filter(&route, filter, &arena, ret_err);
    if (route.machine.expr)
        px_expr_machine_release(&route.machine);
    return status;
}

/* ---- loading ---- */

void px_directory_release(px_directory *directory)
{
    PX_VEC_EACH (&directory->routes, route)
        if (route->machine.expr)
            px_expr_machine_release(&route->machine);
    PX_VEC_RELEASE(&directory->routes);
    PX_VEC_RELEASE(&directory->endpoints);
    px_arena_release(&directory->arena);
}

static uint32_t endpoint_named(px_directory *directory, uint32_t tenant, px_str name)
{
    PX_VEC_EACH (&directory->endpoints, endpoint)
        if (endpoint->tenant == tenant && px_str_eq(endpoint->name, name))
            return endpoint->no;
    return 0;
}

static px_status add_endpoint(px_directory *directory, const px_document *document, px_err *ret_err)
{
    px_endpoint endpoint;

    PX_TRY(px_endpoint_read(document, &directory->arena, &endpoint, ret_err));
    return PX_VEC_PUSH(&directory->endpoints, endpoint) ? PX_OK : px_no_memory(ret_err);
}

static px_status add_route(px_directory *directory, const px_document *document, px_err *ret_err)
{
    px_event_route route = { .tenant = document->tenant, .name = document->id };
    px_json *body;
    px_str endpoint;

    PX_TRY(px_json_parse(document->body, NULL, &directory->arena, &body, ret_err));
    endpoint = px_json_get_text(body, PX_STR("endpointName"));
    route.endpoint_no = endpoint_named(directory, document->tenant, endpoint);
    if (route.endpoint_no == 0)
        return px_fail_id(ret_err, PX_INVALID, "route.endpoint", "there is no endpoint '%.*s'",
                          PX_FMT(endpoint));
    PX_TRY(compile_filter(&route, px_json_get_text(body, PX_STR("filter")), &directory->arena,
                          ret_err));
    if (PX_VEC_PUSH(&directory->routes, route))
        return PX_OK;
    if (route.machine.expr)
        px_expr_machine_release(&route.machine);
    return px_no_memory(ret_err);
}

typedef px_status add_fn(px_directory *directory, const px_document *document, px_err *ret_err);

static px_status add_all(px_directory *directory, px_documents *documents, uint32_t tenant,
                         px_str kind, add_fn *add, px_log *log, px_err *ret_err)
{
    px_document items[PAGE];
    uint32_t cursor = 0;
    size_t count;

    do {
        PX_TRY(px_documents_list(documents, tenant, kind, &cursor, PAGE, &directory->arena, items,
                                 &count, ret_err));
        for (size_t i = 0; i < count; i++) {
            px_err err;
            px_status status = add(directory, &items[i], &err);

            if (status == PX_NO_MEMORY)
                return px_no_memory(ret_err);
            if (status != PX_OK)
                px_log_warn(log, "outbound.document", "tenant=%u %.*s='%.*s' %s", tenant,
                            PX_FMT(kind), PX_FMT(items[i].id), err.text);
        }
    } while (cursor);
    return PX_OK;
}

static px_status add_tenant(px_directory *directory, px_documents *documents, uint32_t tenant,
                            px_log *log, px_err *ret_err)
{
    PX_TRY(add_all(directory, documents, tenant, PX_STR("endpoint"), add_endpoint, log, ret_err));
    return add_all(directory, documents, tenant, PX_STR("route"), add_route, log, ret_err);
}

static px_status load(px_directory *directory, px_documents *documents, px_log *log,
                      px_err *ret_err)
{
    uint32_t tenants[PX_TENANTS_AT_ONCE], cursor = 0;

    do {
        size_t count = px_documents_tenants(documents, &cursor, tenants);

        for (size_t i = 0; i < count; i++)
            PX_TRY(add_tenant(directory, documents, tenants[i], log, ret_err));
    } while (cursor);
    return PX_OK;
}

px_status px_directory_load(px_directory *directory, px_documents *documents, px_log *log,
                            px_err *ret_err)
{
    px_status status;

    px_directory_release(directory);
    px_arena_init(&directory->arena, ARENA_BYTES_MAX);
    status = load(directory, documents, log, ret_err);
    if (status != PX_OK)
        px_directory_release(directory);
    return status;
}

const px_endpoint *px_directory_endpoint(px_directory *directory, uint32_t tenant, uint32_t no)
{
    PX_VEC_EACH (&directory->endpoints, endpoint)
        if (endpoint->tenant == tenant && endpoint->no == no)
            return endpoint;
    return NULL;
}
