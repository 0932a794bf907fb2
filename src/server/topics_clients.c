/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes and goes. CONNECT is judged by the credential that it brings; what proved it is looked
 * at again with every message, and for all clients four times a second, because a key may be
 * replaced, a device unbound or a token withdrawn while its connection is open.
 */
#include "server/topics_impl.h"

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

/* A device has to say who it is, so that a key that was mixed up is noticed. */
static px_status log_in(px_twin_topics *topics, const px_mqtt_connect *connect,
                        px_topics_client *client, px_err *ret_err)
{
    px_principal principal;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, PX_CREDENTIAL_ARENA_BYTES_MAX);
    PX_TRY(px_credential_prove(px_engine_documents(topics->opts.engine), connect->password, &arena,
                               &principal, &client->proof, ret_err));
    if (principal.role == PX_ROLE_DEVICE && !px_str_eq(connect->user, principal.id))
        return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.credential",
                          "this key is another device's");
    client->seen_proof = client->proof;
    return keep_principal(client, &principal) ? PX_OK : px_arena_fail(&client->arena, ret_err);
}

static void add_client(px_twin_topics *topics, px_topics_client *client)
{
    pthread_mutex_lock(&topics->clients_lock);
    client->next = topics->clients;
    if (client->next)
        client->next->prev = client;
    topics->clients = client;
    pthread_mutex_unlock(&topics->clients_lock);
}

static void remove_client(px_twin_topics *topics, px_topics_client *client)
{
    pthread_mutex_lock(&topics->clients_lock);
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

px_mqtt_reason px_topics_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client;
    px_status status;
    px_err err;

    (void)thread, (void)client_id;
    if (!atomic_load_explicit(&topics->is_started, memory_order_acquire))
        return PX_MQTT_SERVER_UNAVAILABLE;
    client = px_zalloc(1, sizeof(*client));
    if (!client)
        return PX_MQTT_SERVER_UNAVAILABLE;
    px_arena_init(&client->arena, PX_CREDENTIAL_ARENA_BYTES_MAX);
    client->conn = conn;
    status = log_in(topics, connect, client, &err);
    if (status != PX_OK) {
        px_log_warn(topics->opts.log, "mqtt.login", "peer=%s user='%.*s' refused: %s",
                    peer->address, PX_FMT(connect->user), err.text);
        forget(client);
        return status == PX_UNAUTHORIZED ? PX_MQTT_BAD_USER_OR_PASSWORD
                                         : PX_MQTT_SERVER_UNAVAILABLE;
    }
    add_client(topics, client);
    *ret_grant = (px_mqtt_grant){ client, scope_of(&client->principal) };
    return PX_MQTT_SUCCESS;
}

void px_topics_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      px_mqtt_reason reason)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = principal;

    (void)thread, (void)reason;
    remove_client(topics, client);
    px_topics_drop_subs(topics, client->principal.tenant, conn);
    forget(client);
}

/* ---- open connections ---- */

/* Each thread has a proof of its own, so that none waits for another. */
static bool still_may(px_twin_topics *topics, px_topics_client *client, px_credential_proof *proof)
{
    px_documents *documents = px_engine_documents(topics->opts.engine);

    if (atomic_load_explicit(&client->is_revoked, memory_order_relaxed))
        return false;
    if (px_credential_stands(documents, &client->principal, proof) ||
        px_credential_renew(documents, &client->principal, proof, NULL) == PX_OK)
        return true;
    if (atomic_exchange(&client->is_revoked, true))
        return false;
    atomic_fetch_add_explicit(&topics->revoked, 1, memory_order_relaxed);
    px_log_info(topics->opts.log, "mqtt.revoked", "tenant=%u id='%.*s'",
                (unsigned)client->principal.tenant, PX_FMT(client->principal.id));
    px_topics_drop_subs(topics, client->principal.tenant, client->conn);
    px_mqtt_door_end(topics->door, client->conn, PX_MQTT_ADMINISTRATIVE);
    return false;
}

bool px_topics_still_may(px_twin_topics *topics, px_topics_client *client)
{
    return still_may(topics, client, &client->proof);
}

void px_topics_recheck(px_twin_topics *topics)
{
    pthread_mutex_lock(&topics->clients_lock);
    for (px_topics_client *client = topics->clients; client; client = client->next)
        (void)still_may(topics, client, &client->seen_proof);
    pthread_mutex_unlock(&topics->clients_lock);
}
