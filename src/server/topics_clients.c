/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes and goes: CONNECT is judged by the credential that it brings. */
#include "server/topics_impl.h"
#include "sync/credential.h"

enum { CLIENT_ARENA_BYTES_MAX = 1024 * 1024 };

px_mqtt_reason px_topics_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant)
{
    px_twin_topics *topics = ctx;
    px_topics_client *client = px_zalloc(1, sizeof(*client));
    px_status status;
    px_err err;

    (void)thread, (void)conn, (void)client_id;
    if (!client)
        return PX_MQTT_SERVER_UNAVAILABLE;
    px_arena_init(&client->arena, CLIENT_ARENA_BYTES_MAX);
    status = px_credential_check(px_engine_documents(topics->opts.engine), connect->password,
                                 &client->arena, &client->principal, &err);
    if (status == PX_OK && client->principal.role == PX_ROLE_DEVICE &&
        !px_str_eq(connect->user, client->principal.id))
        status = PX_UNAUTHORIZED;
    if (status != PX_OK) {
        px_log_warn(topics->opts.log, "mqtt.login", "peer=%s user='%.*s' refused", peer->address,
                    PX_FMT(connect->user));
        px_arena_release(&client->arena);
        px_free(client);
        return status == PX_UNAUTHORIZED ? PX_MQTT_BAD_USER_OR_PASSWORD
                                         : PX_MQTT_SERVER_UNAVAILABLE;
    }
    *ret_grant = (px_mqtt_grant){ client, client->principal.tenant };
    return PX_MQTT_SUCCESS;
}

void px_topics_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      px_mqtt_reason reason)
{
    px_topics_client *client = principal;

    (void)thread, (void)reason;
    px_topics_drop_subs(ctx, client->principal.tenant, conn);
    px_arena_release(&client->arena);
    px_free(client);
}
