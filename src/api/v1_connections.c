/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/connections: brokers and devices that values are taken from, and how the connections to
 * them are.
 * Of their secrets, `password` and `key`, see secret.h.
 */
#include "api/secret.h"
#include "api/workers.h"
#include "outbound/connections.h"

enum {
    PAGE_MAX = 200,
    TREE_BYTES_MAX = 64 * 1024 * 1024,
    USERS_MAX = 16,  /* bindings named by what the deletion of their connection answers */
    TRIES_MAX = 100, /* each lost to another write that was not lost */
};

px_handler px_v1_list_connections, px_v1_get_connection, px_v1_put_connection,
    px_v1_delete_connection, px_v1_get_connection_status;

static const px_str kind = { "connection", 10 };
static const px_api_missing missing = { "connection.not_found", "there is no connection" };

enum { PASSWORD, KEY, SECRETS };
static const px_api_secret secrets[SECRETS] = {
    [PASSWORD] = { { "password", 8 }, "connection.secret", "'host', 'port', 'tls' and 'user' do" },
    [KEY] = { { "key", 3 }, "connection.secret", "'host', 'port' and 'tls' do" },
};
static const char *const has_secret[SECRETS] = { [PASSWORD] = "hasPassword", [KEY] = "hasKey" };

static bool is_secret(px_str name)
{
    for (size_t i = 0; i < SECRETS; i++)
        if (px_str_eq(name, secrets[i].name))
            return true;
    return false;
}

/* ---- reading ---- */

static void put_stats(px_json_writer *w, const px_connection_stats *stats)
{
#define X(name, meaning)                                                                           \
    px_json_key(w, PX_STR(#name));                                                                 \
    px_json_uint(w, stats->name);
    PX_CONNECTION_STATS_MAP(X)
#undef X
}

static void put_error(px_json_writer *w, const px_connection_status *status)
{
    px_json_key(w, PX_STR("error"));
    if (status->error_at == PX_TIME_NONE) {
        px_json_null(w);
        return;
    }
    px_json_begin_object(w);
    px_json_key(w, PX_STR("time"));
    px_json_time(w, status->error_at);
    px_json_key(w, PX_STR("current"));
    px_json_bool(w, status->is_error_current);
    px_json_member_text(w, "code", px_str_c(status->error_id));
    px_json_member_text(w, "text", px_str_c(status->error));
    px_json_member_text(w, "cure", px_str_c(status->cure));
    px_json_end_object(w);
}

/* One that was written just now has no link yet, or that of what it was before. `body` NULL: it
 * cannot be read. */
static void put_status(px_api_call *call, px_json_writer *w, const px_document *document,
                       const px_json *body)
{
    px_connections *connections = call->api->opts.connections;
    px_connection_status status = { .state = PX_CONNECTION_OFF,
                                    .since = document->updated,
                                    .retry_at = PX_TIME_NONE,
                                    .error_at = PX_TIME_NONE };

    if (connections &&
        !px_connections_status(connections, document->tenant, document->no, document->revision,
                               &status) &&
        body && !px_json_is(px_json_get(body, PX_STR("enabled")), PX_JSON_FALSE))
        status.state = PX_CONNECTION_CONNECTING;
    px_json_begin_object(w);
    px_json_member_text(w, "state", px_str_c(px_connection_state_name(status.state)));
    px_json_key(w, PX_STR("since"));
    px_json_time(w, status.since);
    px_json_key(w, PX_STR("retryAt"));
    if (status.retry_at == PX_TIME_NONE)
        px_json_null(w);
    else
        px_json_time(w, status.retry_at);
    put_error(w, &status);
    px_json_key(w, PX_STR("unboundTopic"));
    if (status.unbound_topic[0])
        px_json_string(w, px_str_c(status.unbound_topic));
    else
        px_json_null(w);
    put_stats(w, &status.stats);
    px_json_end_object(w);
}

static void put_document(px_json_writer *w, const px_json *body)
{
    px_json_begin_object(w);
    for (const px_json *m = body->first; m; m = m->next) {
        if (is_secret(m->key))
            continue;
        px_json_key(w, m->key);
        px_json_node(w, m);
    }
    px_json_end_object(w);
}

/* In an arena of its own: all trees of a list together would fill the call's. NULL: it cannot be
 * read. */
static px_json *read_body(px_api_call *call, const px_document *document, px_arena *arena)
{
    px_json *body = NULL;
    px_status status;

    px_arena_init(arena, TREE_BYTES_MAX);
    status = px_json_parse(document->body, NULL, arena, &body, NULL);
    if (status == PX_NO_MEMORY || status == PX_LIMIT)
        call->out.status = status; /* nothing is told rather than less */
    return status == PX_OK ? body : NULL;
}

static void put_connection(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_json *body;
    PX_AUTO_ARENA arena = { 0 };

    body = read_body(call, document, &arena);
    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, document->id);
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, document->updated);
    if (body) {
        for (size_t i = 0; i < SECRETS; i++) {
            px_json_key(w, px_str_c(has_secret[i]));
            px_json_bool(w, px_json_get(body, secrets[i].name) != NULL);
        }
        px_json_key(w, PX_STR("connection"));
        put_document(w, body);
    }
    px_json_key(w, PX_STR("status"));
    put_status(call, w, document, body);
    px_json_end_object(w);
}

void px_v1_list_connections(px_api_call *call)
{
    px_api_document_items(call, PX_ACTION_READ_DOCUMENT, call->principal.tenant, kind, 100,
                          PAGE_MAX, put_connection);
}

static void answer(px_api_call *call)
{
    px_api_document_answer(call, kind, &missing, put_connection);
}

void px_v1_get_connection(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_READ_DOCUMENT))
        answer(call);
}

void px_v1_get_connection_status(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;
    PX_AUTO_ARENA arena = { 0 };

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, kind, &missing, &document))
        return;
    put_status(call, &w, &document, read_body(call, &document, &arena));
    px_api_json(call, 200);
}

/* ---- writing ---- */

static px_status check(px_api_call *call, const px_connection *connection, px_err *ret_err)
{
    static const px_reach public_only;
    px_connections *connections = call->api->opts.connections;

    return px_target_check_host(connections ? px_connections_reach(connections) : &public_only,
                                connection->host, ret_err);
}

/* ---- what two connections cannot share ---- */

static const px_modbus_register *find_writer(const px_connection *c, const px_modbus_register *r)
{
    for (size_t i = 0; i < c->register_count; i++)
        if (px_str_eq(c->registers[i].twin, r->twin) &&
            px_str_eq(c->registers[i].property, r->property))
            return &c->registers[i];
    return NULL;
}

static px_status check_writers(const px_connection *c, const px_connection *other, px_err *ret_err)
{
    for (size_t i = 0; i < c->register_count; i++) {
        const px_modbus_register *r = &c->registers[i];
        const px_modbus_register *writer = r->twin.len ? find_writer(other, r) : NULL;

        if (writer)
            return px_fail_id(ret_err, PX_CONFLICT, "connection.written",
                              "'%.*s' of twin '%.*s' writes register '%.*s' of connection '%.*s' "
                              "already, and what is wished of it is told once",
                              PX_FMT(r->property), PX_FMT(r->twin), PX_FMT(writer->name),
                              PX_FMT(other->name));
    }
    return PX_OK;
}

static px_status check_client(const px_connection *c, const px_connection *other, px_err *ret_err)
{
    if (c->port != other->port || !px_str_eq(c->host, other->host) ||
        !px_str_eq(c->client_id, other->client_id))
        return PX_OK;
    return px_fail_id(ret_err, PX_CONFLICT, "connection.taken",
                      "connection '%.*s' is client '%.*s' of this broker already, which would end "
                      "one of the two for the other: give each its own 'clientId'",
                      PX_FMT(other->name), PX_FMT(c->client_id));
}

/* No property is written by two connections that are enabled, and no two are one client. */
static px_status check_others(px_api_call *call, const px_connection *c, px_err *ret_err)
{
    uint32_t cursor = 0;
    px_status status = PX_OK;

    do {
        px_document document;
        px_connection other;
        size_t count = 0;
        PX_AUTO_ARENA arena = { 0 };

        px_arena_init(&arena, TREE_BYTES_MAX);
        PX_TRY(px_documents_list(px_api_documents(call), call->principal.tenant, kind, &cursor, 1,
                                 &arena, &document, &count, ret_err));
        if (count && !px_str_eq(document.id, call->args[0]) &&
            px_connection_read(&document, &arena, &other, NULL) == PX_OK && other.enabled &&
            other.type == c->type)
            status = c->type == PX_CONNECTION_MODBUS ? check_writers(c, &other, ret_err)
                                                     : check_client(c, &other, ret_err);
    } while (cursor && status == PX_OK);
    return status;
}

/* ---- secrets ---- */

/* What a secret is of: without it there is nothing to keep. */
static bool has_owner(const px_json *body, int secret)
{
    if (secret == PASSWORD)
        return px_json_get(body, PX_STR("user")) != NULL;
    body = px_json_get(body, PX_STR("tls"));
    return px_json_is(body, PX_JSON_OBJECT) && px_json_get(body, PX_STR("certificate"));
}

/* Whether a secret goes where it went, and is as safe on its way. */
static bool has_same_place(const px_connection *was, const px_connection *now, int secret)
{
    return was->type == now->type && was->port == now->port && was->tls == now->tls &&
           px_str_eq(was->host, now->host) && px_str_eq(was->ca, now->ca) &&
           (secret == PASSWORD ? px_str_eq(was->user, now->user)
                               : px_str_eq(was->certificate, now->certificate));
}

/* What stays of the secrets; each NULL: nothing. */
static px_status keep_secrets(px_api_call *call, const px_connection *now,
                              const px_json *ret_kept[SECRETS], px_err *ret_err)
{
    px_connection was = { 0 };
    px_api_before before;
    bool is_known;

    PX_TRY(px_api_read_before(call, kind, &before, ret_err));
    is_known =
        before.body && px_connection_read(&before.document, &call->arena, &was, NULL) == PX_OK;
    for (int i = 0; i < SECRETS; i++) {
        ret_kept[i] = NULL;
        if (has_owner(call->request.json, i))
            PX_TRY(px_api_keep_secret(call, &secrets[i], &before,
                                      is_known && has_same_place(&was, now, i), &ret_kept[i],
                                      ret_err));
    }
    return PX_OK;
}

static px_status body_of(px_api_call *call, const px_connection *now, px_str *ret_body,
                         px_err *ret_err)
{
    const px_json *kept[SECRETS];
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);

    PX_TRY(keep_secrets(call, now, kept, ret_err));
    px_json_begin_object(&w);
    for (const px_json *m = call->request.json->first; m; m = m->next) {
        if (px_json_is(m, PX_JSON_NULL))
            continue;
        px_json_key(&w, m->key);
        px_json_node(&w, m);
    }
    for (int i = 0; i < SECRETS; i++) {
        if (!kept[i])
            continue;
        px_json_key(&w, secrets[i].name);
        px_json_node(&w, kept[i]);
    }
    px_json_end_object(&w);
    *ret_body = px_api_keep(call, &buf);
    return PX_OK;
}

static void written(px_api_call *call)
{
    if (call->api->opts.connections)
        px_connections_changed(call->api->opts.connections);
    answer(call);
}

/* A write that is compared with the others. */
typedef struct compared {
    px_connection connection;
    px_str body;
    unsigned tries;
} compared;

static void compare(px_api_call *call);

/* Another one was written between the look and the commit: all are looked at again, and not on the
 * engine's thread. */
static void settled(px_api_call *call)
{
    const px_result *result = &call->request.result;
    const compared *own = call->own;

    if (result->status == PX_STALE && result->err.id &&
        strcmp(result->err.id, PX_DOCUMENT_OVERTAKEN) == 0 && own->tries < TRIES_MAX)
        px_workers_run(call, compare);
    else if (result->status != PX_OK)
        px_api_fail(call, result->status, &result->err);
    else
        written(call);
}

static void compare(px_api_call *call)
{
    compared *own = call->own;
    uint64_t position = px_engine_position(call->api->opts.engine); /* before the look */
    px_err err;
    px_status status = check_others(call, &own->connection, &err);

    own->tries++;
    if (status == PX_OK)
        px_api_document_write_compared(call, kind, own->body, position, settled);
    else
        px_api_fail(call, status, &err);
}

static void write_connection(px_api_call *call, const px_connection *connection, px_str body)
{
    compared *own;
    px_err err;

    if (!connection->enabled) {
        px_api_document_write(call, kind, body, written);
        return;
    }
    own = PX_ARENA_NEW(&call->arena, compared);
    if (!own) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    *own = (compared){ .connection = *connection, .body = body };
    call->own = own;
    compare(call);
}

void px_v1_put_connection(px_api_call *call)
{
    px_document asked = { .tenant = call->principal.tenant, .id = call->args[0] };
    px_connection connection;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) || !px_api_conditions(call, true, false))
        return;
    asked.body = call->body; /* places of errors are in what came */
    status = px_connection_read(&asked, &call->arena, &connection, &err);
    if (status == PX_OK)
        status = body_of(call, &connection, &asked.body, &err);
    if (status == PX_OK)
        status = px_connection_read(&asked, &call->arena, &connection, &err);
    if (status == PX_OK)
        status = check(call, &connection, &err);
    if (status == PX_OK)
        write_connection(call, &connection, asked.body);
    else
        px_api_fail(call, status, &err);
}

/* ---- deleting ---- */

/* Bindings that take what the connection brings; they stay. */
typedef struct users {
    px_str names[USERS_MAX];
    size_t count; /* of all of them */
} users;

static void put_notes(px_api_call *call, px_json_writer *w, const users *u)
{
    px_buf text = { 0 };

    px_json_key(w, PX_STR("notes"));
    px_json_begin_array(w);
    for (size_t i = 0; i < u->count && i < USERS_MAX; i++) {
        px_buf_clear(&text);
        px_putf(&text,
                "binding '%.*s' takes what it brought: nothing comes until there is a connection "
                "'%.*s' again",
                PX_FMT(u->names[i]), PX_FMT(call->args[0]));
        px_json_string(w, px_buf_str(&text));
    }
    if (u->count > USERS_MAX) {
        px_buf_clear(&text);
        px_putf(&text, "and so do %zu more bindings", u->count - USERS_MAX);
        px_json_string(w, px_buf_str(&text));
    }
    px_json_end_array(w);
    px_buf_release(&text);
}

static void gone(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    const users *u = call->own;

    if (call->api->opts.connections)
        px_connections_changed(call->api->opts.connections);
    if (u->count == 0) {
        px_api_finish(call, 204);
        return;
    }
    px_json_begin_object(&w);
    put_notes(call, &w, u);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static px_status find_users(px_api_call *call, px_err *ret_err)
{
    px_bindings *bindings = call->api->opts.bindings;
    users *u = PX_ARENA_NEW(&call->arena, users);

    if (!u)
        return px_arena_fail(&call->arena, ret_err);
    *u = (users){ 0 };
    call->own = u;
    if (!bindings)
        return PX_OK;
    return px_bindings_name_by_connection(bindings, call->principal.tenant, call->args[0],
                                          &call->arena, u->names, USERS_MAX, &u->count, ret_err);
}

void px_v1_delete_connection(px_api_call *call)
{
    px_err err;
    px_status status = find_users(call, &err);

    if (status == PX_OK)
        px_api_document_delete(call, kind, &missing, gone);
    else
        px_api_fail(call, status, &err);
}
