/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes and goes. CONNECT is judged by the credential that it brings; what proved it is looked
 * at again with every message, and for all clients four times a second, because a key may be
 * replaced, a device unbound or a token withdrawn while its connection is open.
 */
#include <stdio.h>

#include "server/topics_impl.h"
#include "sync/device.h"

static void forget(px_topics_client *client)
{
    px_arena_release(&client->arena);
    px_free(client);
}

/* What is read of the documents is many times what is kept of it. */
static bool keep_principal(px_topics_client *client, const px_principal *from)
{
    px_str *twins = PX_ARENA_ARRAY(&client->arena, px_str, from->twin_count + 1);
    bool kept = twins != NULL;

    client->principal = *from;
    client->principal.id = px_arena_str(&client->arena, from->id);
    client->principal.twins = twins;
    for (size_t i = 0; kept && i < from->twin_count; i++) {
        twins[i] = px_arena_str(&client->arena, from->twins[i]);
        kept = twins[i].ptr != NULL;
    }
    return kept && client->principal.id.ptr;
}

/* A device has to say who it is, so that a key that was mixed up is noticed; one with a certificate
 * need not. */
static px_status log_in(px_twin_topics *topics, const px_mqtt_peer *peer,
                        const px_mqtt_connect *connect, px_topics_client *client, px_err *ret_err)
{
    px_evidence evidence = { .text = connect->password, .certificate = peer->certificate };
    px_engine *engine = topics->opts.engine;
    px_principal principal;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_CREDENTIAL_ARENA_BYTES_MAX);
    PX_TRY(px_credential_prove(px_engine_env(engine), px_engine_documents(engine), &evidence,
                               &arena, &principal, &client->proof, ret_err));
    if (principal.role == PX_ROLE_DEVICE && !px_str_eq(connect->user, principal.id) &&
        (connect->user.len || connect->password.len))
        return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.credential",
                          "this key is another device's");
    client->seen_proof = client->proof;
    return keep_principal(client, &principal) ? PX_OK : px_arena_fail(&client->arena, ret_err);
}

static px_topics_client **bucket_of(px_twin_topics *topics, px_mqtt_conn conn)
{
    return &topics->by_conn[(conn.v ^ conn.v >> 32) % PX_TOPICS_BUCKETS];
}

px_topics_client *px_topics_client_of(px_twin_topics *topics, px_mqtt_conn conn)
{
    px_topics_client *client = *bucket_of(topics, conn);

    while (client && client->conn.v != conn.v)
        client = client->next_alike;
    return client;
}

static void add_client(px_twin_topics *topics, px_topics_client *client)
{
    px_topics_client **bucket = bucket_of(topics, client->conn);

    pthread_mutex_lock(&topics->clients_lock);
    client->next_alike = *bucket;
    *bucket = client;
    client->next = topics->clients;
    if (client->next)
        client->next->prev = client;
    topics->clients = client;
    pthread_mutex_unlock(&topics->clients_lock);
}

static void remove_client(px_twin_topics *topics, px_topics_client *client)
{
    px_topics_client **at = bucket_of(topics, client->conn);

    pthread_mutex_lock(&topics->clients_lock);
    while (*at != client)
        at = &(*at)->next_alike;
    *at = client->next_alike;
    if (client->prev)
        client->prev->next = client->next;
    else
        topics->clients = client->next;
    if (client->next)
        client->next->prev = client->prev;
    pthread_mutex_unlock(&topics->clients_lock);
}

/* Client ids are the tenant's; but those of a device are its own, or any device could end the
 * connection of any other. Documents' numbers are never given out twice. */
static uint64_t scope_of(const px_principal *principal)
{
    return (uint64_t)principal->tenant << 32 | principal->document_no;
}

/* ---- what a device's log says ---- */

static px_presence_peer seen_at(px_twin_topics *topics, const char *address, uint8_t version,
                                const char *reason)
{
    px_env *env = px_engine_env(topics->opts.engine);

    return (px_presence_peer){ env->now(env), address, reason, version };
}

static void note_connected(px_twin_topics *topics, px_topics_client *client,
                           const px_mqtt_peer *peer, const px_mqtt_connect *connect)
{
    px_presence_peer seen = seen_at(topics, client->address, (uint8_t)connect->version, "");

    if (!topics->opts.presence || client->principal.role != PX_ROLE_DEVICE)
        return;
    snprintf(client->address, sizeof(client->address), "%.47s", peer->address);
    client->version = (uint8_t)connect->version;
    client->presence = px_presence_connected(topics->opts.presence, client->principal.tenant,
                                             client->principal.document_no, &seen);
}

static void note_refused(px_twin_topics *topics, const px_topics_client *client,
                         const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                         const char *reason)
{
    px_presence_peer seen = seen_at(topics, peer->address, (uint8_t)connect->version, reason);

    if (topics->opts.presence && client->proof.device_no)
        px_presence_refused(topics->opts.presence, client->proof.device_tenant,
                            client->proof.device_no, &seen);
}

static void note_ended(px_twin_topics *topics, px_topics_client *client, px_mqtt_reason reason)
{
    const char *name = reason == PX_MQTT_SUCCESS ? "disconnected" : px_mqtt_reason_name(reason);
    px_presence_peer seen = seen_at(topics, client->address, client->version, name);

    if (client->presence)
        px_presence_ended(topics->opts.presence, client->presence, &seen);
}

px_mqtt_reason px_topics_take_publish(void *ctx, unsigned thread, px_mqtt_conn conn,
                                      void *principal, const px_mqtt_publish *publish,
                                      uint32_t token)
{
    px_topics_client *client = principal;
    px_mqtt_reason reason = px_topics_publish(ctx, thread, conn, principal, publish, token);

    if (client->has_kept)
        reason = px_topics_when_kept(ctx, thread, conn, token, reason);
    client->has_kept = false;
    if (reason != PX_MQTT_BUSY) /* which comes again */
        px_presence_message(client->presence, publish->payload.len);
    return reason;
}

/* ---- logins that fail ---- */

/* What a login is kept account of by: the public id of its credential, which nobody guesses and
 * nobody can lock out who does not know it; what is no credential goes by the user's name. */
static uint64_t row_of_id(const px_mqtt_connect *connect)
{
    char room[PX_CREDENTIAL_ID_BYTES_MAX];
    px_str id = px_credential_account(connect->password, room);

    return id.len ? px_backoff_row('i', id) : px_backoff_row('u', connect->user);
}

static uint64_t row_of_address(const px_mqtt_peer *peer)
{
    return px_backoff_row('a', px_str_of((const char *)&peer->network, sizeof(peer->network)));
}

static void log_failure(px_twin_topics *topics, const px_mqtt_peer *peer,
                        const px_mqtt_connect *connect, const char *why, int64_t now_ns)
{
    int64_t at_ns = atomic_load(&topics->login_log_at_ns);

    if (now_ns < at_ns ||
        !atomic_compare_exchange_strong(&topics->login_log_at_ns, &at_ns, now_ns + PX_SECOND)) {
        atomic_fetch_add(&topics->login_log_left_out, 1);
        return;
    }
    px_log_warn(topics->opts.log, "mqtt.login", "peer=%s user='%.*s' left_out=%llu refused: %s",
                peer->address, PX_FMT(connect->user),
                (unsigned long long)atomic_exchange(&topics->login_log_left_out, 0), why);
}

/* Refuses; 0x9F tells a client that tries again and again to slow down. */
static px_mqtt_reason refuse_login(px_twin_topics *topics, const px_mqtt_peer *peer,
                                   const px_mqtt_connect *connect, const char *why, bool is_waiting,
                                   int64_t now_ns)
{
    atomic_fetch_add_explicit(&topics->logins_failed, 1, memory_order_relaxed);
    log_failure(topics, peer, connect, why, now_ns);
    return is_waiting ? PX_MQTT_CONNECTION_RATE : PX_MQTT_BAD_USER_OR_PASSWORD;
}

/* A credential that failed too often is not looked at while it has to wait. An address that did is
 * told so as well, but a right credential passes from there: behind one address there may be a
 * whole plant, and one forgotten device must not keep it out. */
static px_mqtt_reason judge(px_twin_topics *topics, const px_mqtt_peer *peer,
                            const px_mqtt_connect *connect, px_topics_client *client)
{
    px_env *env = px_engine_env(topics->opts.engine);
    px_backoff *backoff = topics->opts.backoff;
    int64_t now_ns = env->monotonic_ns(env);
    uint64_t id = row_of_id(connect), address = row_of_address(peer);
    px_status status;
    bool is_waiting;
    px_err err;

    if (backoff && px_backoff_wait_ns(backoff, id, now_ns) > 0)
        return refuse_login(topics, peer, connect, "it failed too often", true, now_ns);
    status = log_in(topics, peer, connect, client, &err);
    if (status == PX_OK && backoff)
        px_backoff_forgive(backoff, id);
    if (status == PX_OK)
        return PX_MQTT_SUCCESS;
    note_refused(topics, client, peer, connect, err.id);
    if (status == PX_DENIED) { /* the credential is right, the device is not to come */
        (void)refuse_login(topics, peer, connect, err.text, false, now_ns);
        return PX_MQTT_NOT_AUTHORIZED;
    }
    if (status != PX_UNAUTHORIZED) {
        px_log_warn(topics->opts.log, "mqtt.login", "peer=%s %s", peer->address, err.text);
        return PX_MQTT_SERVER_UNAVAILABLE;
    }
    is_waiting = backoff && px_backoff_wait_ns(backoff, address, now_ns) > 0;
    if (backoff) {
        px_backoff_failed(backoff, id, now_ns);
        px_backoff_failed(backoff, address, now_ns);
    }
    return refuse_login(topics, peer, connect, err.text, is_waiting, now_ns);
}

px_mqtt_reason px_topics_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client;
    px_mqtt_reason reason;

    px_topics_flush(topics, thread); /* of an older connection too: it comes before this one */
    client = px_zalloc(1, sizeof(*client));
    if (!client)
        return PX_MQTT_SERVER_UNAVAILABLE;
    px_arena_init(&client->arena, PX_CREDENTIAL_ARENA_BYTES_MAX);
    client->conn = conn;
    reason = judge(topics, peer, connect, client);
    if (reason != PX_MQTT_SUCCESS) {
        forget(client);
        return reason;
    }
    client->session = (px_broker_client){ .who = client->principal,
                                          .credential = px_credential_holder_name(
                                              &client->proof, &client->principal, &client->arena),
                                          .conn = conn.v };
    reason = px_broker_connect(topics->broker, &client->session, connect, client_id,
                               px_topics_may_subscribe);
    if (reason != PX_MQTT_SUCCESS && reason != PX_MQTT_LATER) {
        forget(client);
        return reason;
    }
    if (client->proof.awaits_activation)
        px_device_activate(topics->opts.engine, &client->principal, client->proof.device_revision);
    note_connected(topics, client, peer, connect);
    add_client(topics, client);
    *ret_grant = (px_mqtt_grant){ client, scope_of(&client->principal) };
    return reason;
}

void px_topics_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      const px_mqtt_end *end)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = principal;

    (void)conn;
    px_topics_flush(topics, thread); /* its end comes behind what it said */
    remove_client(topics, client);
    note_ended(topics, client, end->reason);
    px_broker_closed(topics->broker, &client->session, end);
    forget(client);
}

/* ---- open connections ---- */

/* Each thread has a proof of its own, so that none waits for another. */
static bool still_may(px_twin_topics *topics, px_topics_client *client, px_credential_proof *proof)
{
    px_documents *documents = px_engine_documents(topics->opts.engine);
    px_env *env = px_engine_env(topics->opts.engine);

    if (atomic_load_explicit(&client->is_revoked, memory_order_relaxed))
        return false;
    if (px_credential_stands(env, documents, &client->principal, proof) ||
        px_credential_renew(env, documents, &client->principal, proof, NULL) == PX_OK)
        return true;
    if (atomic_exchange(&client->is_revoked, true))
        return false;
    atomic_fetch_add_explicit(&topics->revoked, 1, memory_order_relaxed);
    px_log_info(topics->opts.log, "mqtt.revoked", "tenant=%u id='%.*s'",
                (unsigned)client->principal.tenant, PX_FMT(client->principal.id));
    px_broker_forget(topics->broker, &client->session);
    px_mqtt_door_end(topics->door, client->conn, PX_MQTT_ADMINISTRATIVE);
    return false;
}

bool px_topics_still_may(px_twin_topics *topics, px_topics_client *client)
{
    return still_may(topics, client, &client->proof);
}

void px_topics_recheck(px_twin_topics *topics)
{
    px_env *env = px_engine_env(topics->opts.engine);
    px_time now = env->now(env);

    pthread_mutex_lock(&topics->clients_lock);
    for (px_topics_client *client = topics->clients; client; client = client->next) {
        if (client->presence)
            px_presence_tick(topics->opts.presence, client->presence, now);
        if (still_may(topics, client, &client->seen_proof) && client->seen_proof.awaits_activation)
            px_device_activate(topics->opts.engine, &client->principal,
                               client->seen_proof.device_revision); /* it was another meanwhile */
    }
    pthread_mutex_unlock(&topics->clients_lock);
}
