/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/link.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <time.h>

#include "base/env.h"
#include "base/limits.h"
#include "base/mem.h"

enum {
    KEEPALIVE_S = 15,
    IN_FLIGHT_MAX = 64,
    CONNACK_MS_MAX = 10000,
    BACKOFF_MS_MIN = 200,
    BACKOFF_MS_MAX = 5000,
};

struct px_link {
    px_link_opts opts;
    struct mosquitto *client;
    bool started, open, lost, ever_open;
    int connack; /* the refusal in CONNACK; 0: none */
    int64_t begin_ms, connect_ms, retry_ms, backoff_ms;
    px_link_counts counts;
    char host[256];
};

static int64_t now_ms(void)
{
    px_env *env = px_env_posix();

    return env->monotonic_ns(env) / PX_MILLISECOND;
}

/* ---- what the library tells ---- */

static void on_connect(struct mosquitto *client, void *data, int reason, int flags,
                       const mosquitto_property *properties)
{
    px_link *link = data;

    (void)flags, (void)properties;
    if (reason) {
        link->connack = reason;
        return;
    }
    for (const char *const *f = link->opts.filters; f && *f; f++)
        mosquitto_subscribe(client, NULL, *f, 1);
    link->counts.connections++;
    link->open = link->ever_open = true;
    link->backoff_ms = BACKOFF_MS_MIN;
    link->opts.opened(link->opts.data);
}

static void on_disconnect(struct mosquitto *client, void *data, int reason,
                          const mosquitto_property *properties)
{
    px_link *link = data;

    (void)client, (void)reason, (void)properties;
    link->lost = true;
}

static void tell_refused(px_link *link, int reason)
{
    char text[160];

    snprintf(text, sizeof(text),
             "the server does not take all that the plant says: %s; GET /api/v1/rejects says why",
             mosquitto_reason_string(reason));
    link->opts.note(link->opts.data, text);
}

static void on_publish(struct mosquitto *client, void *data, int mid, int reason,
                       const mosquitto_property *properties)
{
    px_link *link = data;

    (void)client, (void)mid, (void)properties;
    if (reason < 0x80)
        link->counts.acknowledged++;
    else if (link->counts.refused++ == 0) /* once: the reason is that of all the others */
        tell_refused(link, reason);
}

static void on_message(struct mosquitto *client, void *data,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    px_link *link = data;

    (void)client, (void)properties;
    link->opts.got(link->opts.data, px_str_c(message->topic),
                   px_str_of(message->payload, (size_t)message->payloadlen));
}

/* ---- connection ---- */

static px_status refused_at_door(px_link *link, px_err *ret_err)
{
    int reason = link->connack;

    link->connack = 0;
    if (reason == MQTT_RC_BAD_USERNAME_OR_PASSWORD)
        return px_fail(ret_err, PX_UNAUTHORIZED,
                       "the server does not know the device '%s' with this key", link->opts.user);
    if (reason == MQTT_RC_NOT_AUTHORIZED || reason == MQTT_RC_BANNED)
        return px_fail(ret_err, PX_DENIED, "the device '%s' may not connect", link->opts.user);
    link->lost = true;
    return PX_OK;
}

static px_status lose(px_link *link, px_err *ret_err)
{
    int64_t now = now_ms();

    if (link->open)
        link->opts.note(link->opts.data, "the server is gone; trying again until it is back");
    link->open = link->lost = link->started = false;
    link->retry_ms = now + link->backoff_ms;
    link->backoff_ms =
        link->backoff_ms * 2 < BACKOFF_MS_MAX ? link->backoff_ms * 2 : BACKOFF_MS_MAX;
    if (!link->ever_open && link->opts.first_connect_ms > 0 &&
        now - link->begin_ms > link->opts.first_connect_ms)
        return px_fail(ret_err, PX_UNREACHABLE, "no MQTT server answers at %s:%d", link->host,
                       link->opts.port);
    return PX_OK;
}

/* Who waits for the first connection wants to know. */
static void tell_first(px_link *link, int error)
{
    char text[400], why[128];

    snprintf(text, sizeof(text), "no MQTT server answers at %s:%d%s%s; trying for %lld seconds",
             link->host, link->opts.port, error ? ": " : "",
             error ? strerror_r(error, why, sizeof(why)) : "",
             (long long)(link->opts.first_connect_ms / 1000));
    link->opts.note(link->opts.data, text);
}

static px_status start(px_link *link, px_err *ret_err)
{
    bool again = link->connect_ms != 0;
    int rc;

    link->connect_ms = now_ms();
    rc = again ? mosquitto_reconnect(link->client)
               : mosquitto_connect(link->client, link->host, link->opts.port, KEEPALIVE_S);
    if (rc == MOSQ_ERR_EAI && !link->ever_open)
        return px_fail(ret_err, PX_UNREACHABLE, "there is no host '%s' that a name server knows",
                       link->host);
    if (rc && !link->ever_open && !again)
        tell_first(link, rc == MOSQ_ERR_ERRNO ? errno : 0);
    if (rc)
        return lose(link, ret_err);
    link->started = true;
    return PX_OK;
}

static void sleep_ms(int64_t milliseconds)
{
    struct timespec pause = { .tv_sec = milliseconds / 1000,
                              .tv_nsec = milliseconds % 1000 * PX_MILLISECOND };

    nanosleep(&pause, NULL); /* a signal ends it early, as it should */
}

px_status px_link_turn(px_link *link, int timeout_ms, px_err *ret_err)
{
    int64_t now = now_ms();
    int rc;

    if (!link->started) {
        if (now < link->retry_ms) {
            sleep_ms(link->retry_ms - now < timeout_ms ? link->retry_ms - now : timeout_ms);
            return PX_OK;
        }
        return start(link, ret_err);
    }
    rc = mosquitto_loop(link->client, timeout_ms, IN_FLIGHT_MAX);
    if (rc == MOSQ_ERR_NOMEM)
        return px_no_memory(ret_err);
    if (link->connack)
        PX_TRY(refused_at_door(link, ret_err));
    if (rc || link->lost || (!link->open && now - link->connect_ms > CONNACK_MS_MAX))
        return lose(link, ret_err);
    return PX_OK;
}

void px_link_say(px_link *link, const char *topic, px_str payload, bool keep)
{
    int rc;

    if (!keep && px_link_owed(link) >= PX_PLANT_OWED_MAX) {
        link->counts.dropped++;
        return;
    }
    rc = mosquitto_publish(link->client, NULL, topic, (int)payload.len, payload.ptr, 1, false);
    if (rc == MOSQ_ERR_SUCCESS || rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST)
        link->counts.said++; /* without a connection the library keeps it */
    else
        link->counts.dropped++;
}

/* ---- life ---- */

static bool configure(px_link *link)
{
    struct mosquitto *client = link->client;

    mosquitto_connect_v5_callback_set(client, on_connect);
    mosquitto_disconnect_v5_callback_set(client, on_disconnect);
    mosquitto_publish_v5_callback_set(client, on_publish);
    mosquitto_message_v5_callback_set(client, on_message);
    return mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) == 0 &&
           mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1) == 0 &&
           mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT_MAX) == 0 &&
           (!link->opts.user ||
            mosquitto_username_pw_set(client, link->opts.user, link->opts.key) == 0);
}

px_status px_link_new(px_link **ret_link, const px_link_opts *opts, px_err *ret_err)
{
    px_link *link = px_zalloc(1, sizeof(*link));
    char client_id[64];
    uint64_t random;

    if (!link)
        return px_no_memory(ret_err);
    link->opts = *opts;
    link->backoff_ms = BACKOFF_MS_MIN;
    link->begin_ms = now_ms();
    snprintf(link->host, sizeof(link->host), "%s", opts->host);
    px_env_posix()->random(px_env_posix(), &random, sizeof(random));
    snprintf(client_id, sizeof(client_id), "plant-%016llx", (unsigned long long)random);
    mosquitto_lib_init();
    link->client = mosquitto_new(client_id, true, link);
    if (!link->client || !configure(link)) {
        px_link_free(link);
        return px_no_memory(ret_err);
    }
    *ret_link = link;
    return PX_OK;
}

void px_link_free(px_link *link)
{
    if (!link)
        return;
    if (link->client && link->open) {
        mosquitto_disconnect(link->client);
        mosquitto_loop(link->client, 0, 1);
    }
    if (link->client)
        mosquitto_destroy(link->client);
    mosquitto_lib_cleanup();
    px_free(link);
}

bool px_link_is_open(const px_link *link)
{
    return link->open;
}

uint64_t px_link_owed(const px_link *link)
{
    px_link_counts c = link->counts;

    return c.said - c.acknowledged - c.refused;
}

px_link_counts px_link_count(const px_link *link)
{
    return link->counts;
}
