/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of messages in the order they were put. Each is WAITING (to be sent), SENT (on this
 * connection, with its packet id) or DONE. The ring's head moves over DONE messages. When the
 * connection goes, SENT becomes WAITING and the library's client is thrown away with all it knew,
 * so that this ring is the only memory of what is still owed.
 */
#include "cli/sender.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/env.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/progress.h"

enum {
    KEEPALIVE_S = 15,
    CONNACK_MS_MAX = 10000,
    BACKOFF_MS_MIN = 100,
    BACKOFF_MS_MAX = 2000,
    COMPLAINTS_MAX = 3, /* connections in a row that the server ended with a reason */
};

#define WAIT_TOLD_NS (3 * PX_SECOND)

typedef enum slot_state { WAITING, SENT, DONE } slot_state;

typedef struct slot {
    slot_state state;
    int mid;
    bool was_sent;
    uint64_t row;
    px_buf payload;
} slot;

struct px_sender {
    px_sender_opts opts;
    struct mosquitto *client; /* NULL between connections */
    bool up, ever_up, lost, told_first, told_wait;
    int protocol;
    int connack; /* the refusal in CONNACK; 0: none */
    int complaint, complaints;
    unsigned window, in_flight, backoff_ms;
    int64_t begin_ns, connect_ns, retry_ns, hold_ns;
    int64_t wait_ns; /* since then every message was sent back; 0: none */
    slot slots[PX_MQTT_INFLIGHT_MAX];
    unsigned head, count; /* of the ring */
    px_sender_counts counts;
    char host[256], topic[PX_TOPIC_BYTES_MAX + 1], user[PX_MQTT_USER_BYTES_MAX + 1], client_id[64];
    char key[512], ca[512];
};

/* ---- ring ---- */

static slot *at(px_sender *sender, unsigned index)
{
    return &sender->slots[(sender->head + index) % PX_MQTT_INFLIGHT_MAX];
}

bool px_sender_has_room(const px_sender *sender)
{
    return sender->count < PX_MQTT_INFLIGHT_MAX;
}

bool px_sender_is_idle(const px_sender *sender)
{
    return sender->count == 0;
}

px_sender_counts px_sender_count(const px_sender *sender)
{
    return sender->counts;
}

px_status px_sender_put(px_sender *sender, px_str payload, uint64_t row, px_err *ret_err)
{
    slot *s = at(sender, sender->count);

    px_assert(px_sender_has_room(sender));
    px_buf_clear(&s->payload);
    px_put(&s->payload, payload);
    PX_TRY(px_buf_status(&s->payload, ret_err));
    s->state = WAITING;
    s->was_sent = false;
    s->row = row;
    sender->count++;
    return PX_OK;
}

static void settle(px_sender *sender, slot *s)
{
    s->state = DONE;
    while (sender->count && at(sender, 0)->state == DONE) {
        sender->head = (sender->head + 1) % PX_MQTT_INFLIGHT_MAX;
        sender->count--;
    }
}

/* ---- what the library tells ---- */

static void on_connect(struct mosquitto *client, void *data, int reason, int flags,
                       const mosquitto_property *properties)
{
    px_sender *sender = data;
    uint16_t receive_max = PX_MQTT_INFLIGHT_MAX;

    (void)client, (void)flags;
    if (reason) {
        sender->connack = reason;
        return;
    }
    mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &receive_max, false);
    sender->window =
        receive_max && receive_max < PX_MQTT_INFLIGHT_MAX ? receive_max : PX_MQTT_INFLIGHT_MAX;
    sender->counts.reconnects += sender->ever_up;
    sender->up = sender->ever_up = true;
    sender->backoff_ms = BACKOFF_MS_MIN;
}

static void on_disconnect(struct mosquitto *client, void *data, int reason,
                          const mosquitto_property *properties)
{
    px_sender *sender = data;

    (void)client, (void)properties;
    sender->lost = true;
    sender->complaint = reason >= 0x80 ? reason : 0;
}

static void note(px_sender *sender, const char *text)
{
    sender->opts.note(sender->opts.data, text);
}

static bool may_try_again(int reason)
{
    return reason == MQTT_RC_QUOTA_EXCEEDED || reason == MQTT_RC_SERVER_BUSY;
}

/* Not long after the first message was sent back, a person wants to know why nothing moves. */
static void note_wait(px_sender *sender, const char *reason)
{
    char text[400];
    int64_t now_ns = px_monotonic_ns();

    if (!sender->wait_ns)
        sender->wait_ns = now_ns;
    if (sender->told_wait || now_ns - sender->wait_ns < WAIT_TOLD_NS)
        return;
    sender->told_wait = true;
    snprintf(text, sizeof(text), "waiting, since the server takes nothing now: %s", reason);
    note(sender, text);
}

static void end_wait(px_sender *sender)
{
    if (sender->told_wait)
        note(sender, "the server takes messages again");
    sender->told_wait = false;
    sender->wait_ns = 0;
}

static void refuse(px_sender *sender, slot *s, const char *reason)
{
    sender->counts.refused++;
    sender->opts.refused(sender->opts.data, s->row, false, reason);
    settle(sender, s);
}

static void acknowledge(px_sender *sender, slot *s, int reason, const char *text)
{
    if (may_try_again(reason)) {
        s->state = WAITING;
        sender->hold_ns = px_monotonic_ns() + 500 * PX_MILLISECOND;
        note_wait(sender, text ? text : mosquitto_reason_string(reason));
        return;
    }
    end_wait(sender);
    if (reason >= 0x80) {
        refuse(sender, s, text ? text : mosquitto_reason_string(reason));
        return;
    }
    sender->complaints = 0;
    sender->counts.acknowledged++;
    if (text) {
        sender->counts.partly++;
        sender->opts.refused(sender->opts.data, s->row, true, text);
    }
    settle(sender, s);
}

static void on_publish(struct mosquitto *client, void *data, int mid, int reason,
                       const mosquitto_property *properties)
{
    px_sender *sender = data;
    char *text = NULL;

    (void)client;
    mosquitto_property_read_string(properties, MQTT_PROP_REASON_STRING, &text, false);
    for (unsigned i = 0; i < sender->count; i++) {
        slot *s = at(sender, i);

        if (s->state != SENT || s->mid != mid)
            continue;
        sender->in_flight--;
        acknowledge(sender, s, reason, text);
        break;
    }
    free(text); /* the library gives it with malloc */
}

/* ---- connection ---- */

static void disconnect(px_sender *sender)
{
    if (sender->client)
        mosquitto_destroy(sender->client);
    sender->client = NULL;
    sender->up = sender->lost = false;
    sender->in_flight = 0;
    for (unsigned i = 0; i < sender->count; i++)
        if (at(sender, i)->state == SENT)
            at(sender, i)->state = WAITING;
}

static px_status lose(px_sender *sender, px_err *ret_err)
{
    int64_t now_ns = px_monotonic_ns();
    bool was_up = sender->up;
    int complaint = sender->complaint;

    disconnect(sender);
    sender->retry_ns = now_ns + sender->backoff_ms * PX_MILLISECOND;
    sender->backoff_ms =
        sender->backoff_ms * 2 < BACKOFF_MS_MAX ? sender->backoff_ms * 2 : BACKOFF_MS_MAX;
    sender->complaints = complaint ? sender->complaints + 1 : 0;
    if (sender->complaints >= COMPLAINTS_MAX)
        return px_fail(ret_err, PX_INVALID, "the server ends every connection: %s",
                       mosquitto_reason_string(complaint));
    if (was_up)
        note(sender, "the server is gone; trying again until it is back");
    if (!sender->ever_up && now_ns - sender->begin_ns > sender->opts.first_connect_ns)
        return px_fail(ret_err, PX_UNREACHABLE, "no MQTT server answers at %s:%d", sender->host,
                       sender->opts.port);
    return PX_OK;
}

/* What a refusal in CONNACK means: another protocol, another time, or never. */
static px_status refused_at_door(px_sender *sender, px_err *ret_err)
{
    int reason = sender->connack;

    sender->connack = 0;
    if (sender->protocol == MQTT_PROTOCOL_V5 && (reason == 1 || reason == 0x84)) {
        sender->protocol = MQTT_PROTOCOL_V311;
        disconnect(sender);
        return PX_OK;
    }
    if (reason == 4 || reason == 5 || reason == MQTT_RC_BAD_USERNAME_OR_PASSWORD)
        return px_fail(ret_err, PX_UNAUTHORIZED,
                       "the server does not know the device '%s' with this key", sender->user);
    if (reason == MQTT_RC_NOT_AUTHORIZED || reason == MQTT_RC_BANNED)
        return px_fail(ret_err, PX_DENIED, "the device '%s' may not connect", sender->user);
    if (reason == 3 || reason == MQTT_RC_SERVER_UNAVAILABLE || may_try_again(reason) ||
        reason == MQTT_RC_CONNECTION_RATE_EXCEEDED)
        return lose(sender, ret_err);
    return px_fail(ret_err, PX_INVALID, "the server refuses the connection: %s",
                   mosquitto_reason_string(reason));
}

static bool configure(px_sender *sender)
{
    struct mosquitto *client = sender->client;
    const char *ca = sender->opts.ca ? sender->ca : NULL;

    if (mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, sender->protocol) ||
        mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1) ||
        mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, PX_MQTT_INFLIGHT_MAX) ||
        mosquitto_username_pw_set(client, sender->user, sender->key))
        return false;
    if (sender->opts.tls &&
        mosquitto_tls_set(client, ca, ca ? NULL : "/etc/ssl/certs", NULL, NULL, NULL))
        return false;
    mosquitto_connect_v5_callback_set(client, on_connect);
    mosquitto_disconnect_v5_callback_set(client, on_disconnect);
    mosquitto_publish_v5_callback_set(client, on_publish);
    return true;
}

/* Once: who waits for the first connection wants to know. */
static void note_first(px_sender *sender, int error)
{
    char text[400], why[128];

    if (sender->told_first)
        return;
    sender->told_first = true;
    snprintf(text, sizeof(text), "no MQTT server answers at %s:%d%s%s; trying for %lld seconds",
             sender->host, sender->opts.port, error ? ": " : "",
             error ? strerror_r(error, why, sizeof(why)) : "",
             (long long)(sender->opts.first_connect_ns / PX_SECOND));
    note(sender, text);
}

static px_status connect_again(px_sender *sender, px_err *ret_err)
{
    int rc;

    sender->client = mosquitto_new(sender->client_id, true, sender);
    if (!sender->client)
        return px_no_memory(ret_err);
    if (!configure(sender))
        return px_fail(ret_err, PX_INVALID, "the MQTT library refuses these settings");
    sender->connect_ns = px_monotonic_ns();
    rc = mosquitto_connect(sender->client, sender->host, sender->opts.port, KEEPALIVE_S);
    if (rc == MOSQ_ERR_EAI && !sender->ever_up)
        return px_fail(ret_err, PX_UNREACHABLE, "there is no host '%s' that a name server knows",
                       sender->host);
    if (rc && !sender->ever_up)
        note_first(sender, rc == MOSQ_ERR_ERRNO ? errno : 0);
    return rc ? lose(sender, ret_err) : PX_OK;
}

/* ---- sending ---- */

static px_status send_waiting(px_sender *sender, px_err *ret_err)
{
    if (px_monotonic_ns() < sender->hold_ns)
        return PX_OK;
    for (unsigned i = 0; i < sender->count && sender->in_flight < sender->window;) {
        slot *s = at(sender, i++);
        unsigned count = sender->count;
        int rc;

        if (s->state != WAITING)
            continue;
        rc = mosquitto_publish(sender->client, &s->mid, sender->topic, (int)s->payload.len,
                               s->payload.ptr, 1, false);
        if (rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_ERRNO)
            return lose(sender, ret_err);
        if (rc == MOSQ_ERR_NOMEM)
            return px_no_memory(ret_err);
        if (rc) {
            refuse(sender, s, mosquitto_strerror(rc));
            i -= count - sender->count < i ? count - sender->count : i;
            continue;
        }
        sender->counts.sent += !s->was_sent;
        sender->counts.resent += s->was_sent;
        s->was_sent = true;
        s->state = SENT;
        sender->in_flight++;
    }
    return PX_OK;
}

static void wait_ms(int64_t milliseconds)
{
    if (milliseconds > 0)
        usleep((useconds_t)(milliseconds * 1000)); /* woken early by a signal, as it should be */
}

px_status px_sender_turn(px_sender *sender, int timeout_ms, px_err *ret_err)
{
    int64_t now_ns = px_monotonic_ns();
    int rc;

    if (!sender->client) {
        int64_t wait = (sender->retry_ns - now_ns + PX_MILLISECOND - 1) / PX_MILLISECOND;

        if (wait > 0) {
            wait_ms(wait < timeout_ms ? wait : timeout_ms);
            return PX_OK;
        }
        return connect_again(sender, ret_err);
    }
    if (sender->up)
        PX_TRY(send_waiting(sender, ret_err));
    if (!sender->client)
        return PX_OK;
    rc = mosquitto_loop(sender->client, timeout_ms, 1);
    if (sender->connack)
        return refused_at_door(sender, ret_err);
    if ((rc || sender->lost) && !px_sender_is_idle(sender))
        return lose(sender, ret_err);
    if (rc || sender->lost) {
        disconnect(sender);
        return PX_OK;
    }
    if (!sender->up && now_ns - sender->connect_ns > CONNACK_MS_MAX * PX_MILLISECOND)
        return lose(sender, ret_err);
    return PX_OK;
}

/* ---- life ---- */

static bool copy(char *to, size_t size, const char *from)
{
    int len = snprintf(to, size, "%s", from ? from : "");

    return len >= 0 && (size_t)len < size;
}

px_status px_sender_new(px_sender **ret_sender, const px_sender_opts *opts, px_err *ret_err)
{
    px_sender *sender = px_zalloc(1, sizeof(*sender));
    uint64_t random;

    if (!sender)
        return px_no_memory(ret_err);
    sender->opts = *opts;
    sender->protocol = MQTT_PROTOCOL_V5;
    sender->backoff_ms = BACKOFF_MS_MIN;
    sender->begin_ns = px_monotonic_ns();
    if (!sender->opts.first_connect_ns)
        sender->opts.first_connect_ns = 30 * PX_SECOND;
    px_env_posix()->random(px_env_posix(), &random, sizeof(random));
    snprintf(sender->client_id, sizeof(sender->client_id), "replay-%016llx",
             (unsigned long long)random);
    if (!copy(sender->host, sizeof(sender->host), opts->host) ||
        !copy(sender->topic, sizeof(sender->topic), opts->topic) ||
        !copy(sender->user, sizeof(sender->user), opts->user) ||
        !copy(sender->key, sizeof(sender->key), opts->key) ||
        !copy(sender->ca, sizeof(sender->ca), opts->ca)) {
        px_free(sender);
        return px_fail(ret_err, PX_TOO_LARGE,
                       "a host, device, key, file name or topic is too long");
    }
    mosquitto_lib_init();
    *ret_sender = sender;
    return PX_OK;
}

void px_sender_free(px_sender *sender)
{
    if (!sender)
        return;
    if (sender->client && sender->up) {
        mosquitto_disconnect(sender->client);
        mosquitto_loop(sender->client, 0, 1);
    }
    disconnect(sender);
    mosquitto_lib_cleanup();
    for (unsigned i = 0; i < PX_MQTT_INFLIGHT_MAX; i++)
        px_buf_release(&sender->slots[i].payload);
    px_free(sender);
}
