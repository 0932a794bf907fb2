/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of somebody else's broker, by libmosquitto, one client of the library for each try.
 *
 *     resolve ─► judge ─► connect ─► TLS ─► CONNECT … CONNACK ─► SUBSCRIBE … SUBACK ─► messages
 *
 * It is said to be connected with the last SUBACK: what is published from then on comes.
 *
 * The library is told that it runs among threads, so that it queues what it wants to send and never
 * sends by itself. PUBACKs go out in mosquitto_loop_write, and that is called only when the engine
 * has committed all messages that were read: what the broker believes delivered is on the disk.
 * When that fails the connection is given up without them, and the broker sends the messages again.
 * QoS 2 is not asked for: the library forgets, at a crash, what it has said PUBREC to.
 *
 * The library is given the address that was judged, never the name; with TLS the certificate is
 * compared with the name by a context of ours (tls_client.h).
 */
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdio.h>

#include "base/limits.h"
#include "mqtt/topic.h"
#include "outbound/link_inner.h"
#include "outbound/tls_client.h"

enum {
    KEEPALIVE_S = 30,
    TURN_MS = 1000,
    NAME_BYTES = PX_CONNECTION_HOST_BYTES_MAX + 1,
    SESSION_PRESENT = 1, /* of CONNACK */
};

/* One try. */
typedef struct session {
    pxi_link *link;
    struct mosquitto *client;
    char host[NAME_BYTES]; /* as the document says it */
    bool is_reached;       /* the socket is connected */
    bool is_up;            /* CONNACK said yes */
    bool is_ready;         /* and the broker knows all topics */
    int connack;           /* the refusal in CONNACK; 0: none */
    bool is_lost;          /* the library says so */
    int lost_reason;       /* of DISCONNECT; 0: none came */
    px_err taken;          /* why messages could not be taken; status PX_OK: they were */
    size_t heard;          /* messages that were read for the next commit */
    bool has_more;         /* reading was cut short: the library may hold what came already */
    int mids[PX_CONNECTION_TOPICS_MAX];    /* of each topic's SUBSCRIBE; 0: it is answered */
    int answers[PX_CONNECTION_TOPICS_MAX]; /* the QoS that was granted, or why none was */
    size_t awaited;                        /* answers to come */
    char log[160];                         /* the library's last complaint */
    int64_t begun_ns;
} session;

/* ---- what the library tells ---- */

static void on_log(struct mosquitto *client, void *data, int level, const char *text)
{
    session *s = data;

    (void)client;
    if (level == MOSQ_LOG_ERR)
        snprintf(s->log, sizeof(s->log), "%s", text);
}

static void say_ready(session *s)
{
    s->is_ready = true;
    pxi_link_up(s->link);
}

static void subscribe(session *s)
{
    const px_connection *c = &s->link->config;
    int options = c->version == 5 ? MQTT_SUB_OPT_SEND_RETAIN_NEW : 0;
    char filter[PX_TOPIC_BYTES_MAX + 1];

    s->awaited = c->topic_count;
    for (size_t i = 0; i < c->topic_count; i++) {
        snprintf(filter, sizeof(filter), "%.*s", PX_FMT(c->topics[i].filter));
        if (mosquitto_subscribe_v5(s->client, &s->mids[i], filter, c->topics[i].qos, options,
                                   NULL) != MOSQ_ERR_SUCCESS)
            s->is_lost = true;
    }
}

static void on_connect(struct mosquitto *client, void *data, int reason, int flags,
                       const mosquitto_property *properties)
{
    session *s = data;

    (void)client, (void)properties;
    s->connack = reason;
    if (reason)
        return;
    s->is_up = true;
    if ((flags & SESSION_PRESENT) && s->link->has_subscribed)
        say_ready(s);
    else
        subscribe(s);
}

/* Of a topic that was not granted as it was asked for. */
static void note_topic(session *s, px_str filter, int granted)
{
    px_err err;

    if (granted >= 0x80)
        px_fail_id(&err, PX_DENIED, "connection.topic", "the broker refuses the topic '%.*s': %s",
                   PX_FMT(filter),
                   s->link->config.version == 5 ? mosquitto_reason_string(granted) : "0x80");
    else
        px_fail_id(&err, PX_DENIED, "connection.qos",
                   "the broker grants QoS %d for '%.*s': what comes during an outage is lost",
                   granted, PX_FMT(filter));
    pxi_link_note(s->link, &err, true);
}

/* What is wrong with topics is said behind that it is connected: what was said before is over. */
static void settle_topics(session *s)
{
    const px_connection *c = &s->link->config;
    size_t granted = 0;

    say_ready(s);
    for (size_t i = 0; i < c->topic_count; i++)
        if (s->answers[i] == c->topics[i].qos)
            granted++;
        else
            note_topic(s, c->topics[i].filter, s->answers[i]);
    s->link->has_subscribed = granted == c->topic_count;
}

static void on_subscribe(struct mosquitto *client, void *data, int mid, int count,
                         const int *granted)
{
    session *s = data;

    (void)client;
    for (size_t i = 0; i < s->link->config.topic_count && count > 0; i++) {
        if (s->mids[i] != mid)
            continue;
        s->mids[i] = 0;
        s->answers[i] = granted[0];
        if (--s->awaited == 0)
            settle_topics(s);
    }
}

static bool is_asked_for(const px_connection *c, px_str topic)
{
    for (size_t i = 0; i < c->topic_count; i++)
        if (px_mqtt_filter_matches(c->topics[i].plain, topic))
            return true;
    return false;
}

/* What the broker still remembers of another document is not this connection's. */
static void take(session *s, px_str topic, px_str payload)
{
    bool is_topic = px_mqtt_topic_check(topic) == PX_MQTT_SUCCESS;
    px_status status;

    if (!is_topic || !is_asked_for(&s->link->config, topic)) {
        PXI_COUNT(s->link, messages, 1);
        pxi_link_unbound(s->link, is_topic ? topic : (px_str){ 0 });
        return;
    }
    status = pxi_take_message(s->link, topic, payload, PX_TIME_NONE, &s->taken);
    if (status != PX_OK)
        s->taken.status = status;
}

/* The library would go on for as long as TLS has something for it. It looks at `errno` when this
 * returns: with EAGAIN it gives up reading, and with 0 it does not. */
static void on_message(struct mosquitto *client, void *data, const struct mosquitto_message *m,
                       const mosquitto_property *properties)
{
    session *s = data;

    (void)client, (void)properties;
    if (s->taken.status == PX_OK)
        take(s, px_str_c(m->topic), px_str_of(m->payload, (size_t)m->payloadlen));
    s->has_more = ++s->heard >= PX_CONNECTION_IN_FLIGHT_MAX ||
                  s->link->taken_bytes >= PX_CONNECTION_TAKEN_BYTES_MAX;
    errno = s->has_more || s->taken.status != PX_OK ? EAGAIN : 0;
}

static void on_disconnect(struct mosquitto *client, void *data, int reason,
                          const mosquitto_property *properties)
{
    session *s = data;

    (void)client, (void)properties;
    s->is_lost = true;
    s->lost_reason = reason >= 0x80 ? reason : 0;
}

/* ---- making the client ---- */

static px_status wrong_tls(const session *s, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "connection.tls", "TLS cannot begin: %s",
                      s->log[0] ? s->log : "the other side does not agree");
}

/* Whether TLS says why it cannot begin. That the other side went away says nothing, and as a reset
 * of the connection the library does not even log it. */
static bool is_word_of_tls(const session *s, int code)
{
    if (!s->link->config.tls || s->is_up)
        return false;
    return s->log[0] ? !strstr(s->log, "unexpected eof") : code == MOSQ_ERR_TLS;
}

/* It ended before CONNACK: also in the call that began it, when the other side is that fast. */
static px_status ended_early(const session *s, int code, px_err *ret_err)
{
    if (is_word_of_tls(s, code))
        return wrong_tls(s, ret_err);
    return px_fail_id(ret_err, PX_UNREACHABLE, "connection.silent",
                      "the other side ended the connection before it said yes");
}

static px_status set_tls(session *s, px_err *ret_err)
{
    SSL_CTX *context = NULL;
    int code;

    PX_TRY(pxi_tls_client(&s->link->config, s->host, &context, ret_err));
    code = mosquitto_int_option(s->client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    if (code == MOSQ_ERR_SUCCESS)
        code = mosquitto_void_option(s->client, MOSQ_OPT_SSL_CTX, context);
    SSL_CTX_free(context); /* the client has its own hold of it */
    return code == MOSQ_ERR_SUCCESS ? PX_OK : wrong_tls(s, ret_err);
}

static px_status make_client(session *s, px_err *ret_err)
{
    const px_connection *c = &s->link->config;
    char text[PX_CONNECTION_PASSWORD_BYTES_MAX + 1], user[PX_MQTT_USER_BYTES_MAX + 1];

    snprintf(text, sizeof(text), "%.*s", PX_FMT(c->client_id));
    s->client = mosquitto_new(text, false, s); /* the broker keeps its session */
    if (!s->client)
        return px_no_memory(ret_err);
    mosquitto_log_callback_set(s->client, on_log);
    mosquitto_connect_v5_callback_set(s->client, on_connect);
    mosquitto_disconnect_v5_callback_set(s->client, on_disconnect);
    mosquitto_subscribe_callback_set(s->client, on_subscribe);
    mosquitto_message_v5_callback_set(s->client, on_message);
    mosquitto_threaded_set(s->client, true); /* nothing is sent but by mosquitto_loop_write */
    mosquitto_int_option(s->client, MOSQ_OPT_PROTOCOL_VERSION,
                         c->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    mosquitto_int_option(s->client, MOSQ_OPT_RECEIVE_MAXIMUM, PX_CONNECTION_IN_FLIGHT_MAX);
    snprintf(user, sizeof(user), "%.*s", PX_FMT(c->user));
    snprintf(text, sizeof(text), "%.*s", PX_FMT(c->password));
    if (c->user.len && mosquitto_username_pw_set(s->client, user, c->password.len ? text : NULL) !=
                           MOSQ_ERR_SUCCESS)
        return px_fail_id(ret_err, PX_INVALID, "connection.login",
                          "user and password are not UTF-8");
    return c->tls ? set_tls(s, ret_err) : PX_OK;
}

static void end(session *s)
{
    if (s->client)
        mosquitto_destroy(s->client);
}

/* ---- connecting ---- */

static px_status connect_failed(const session *s, int code, px_err *ret_err)
{
    if (code == MOSQ_ERR_TLS) /* a reset is no word of TLS */
        return ended_early(s, errno == ECONNRESET ? MOSQ_ERR_CONN_LOST : code, ret_err);
    if (code == MOSQ_ERR_ERRNO)
        return pxi_link_unreachable(s->link, errno, ret_err);
    return px_fail_id(ret_err, PX_UNREACHABLE, "connection.lost", "%s", mosquitto_strerror(code));
}

/* The library keeps CONNECT's properties only in a call that waits for the connection; given no
 * port it keeps them and connects nowhere. */
static px_status keep_properties(session *s, const char *host, px_err *ret_err)
{
    const px_connection *c = &s->link->config;
    mosquitto_property *properties = NULL;
    int code;

    if (c->version != 5)
        return PX_OK;
    code = mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                        c->session_expiry_s);
    if (code == MOSQ_ERR_SUCCESS)
        code = mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE,
                                            PX_CONNECTION_PACKET_BYTES_MAX);
    if (code == MOSQ_ERR_SUCCESS)
        code = mosquitto_connect_bind_v5(s->client, host, -1, KEEPALIVE_S, NULL, properties);
    mosquitto_property_free_all(&properties);
    return code == MOSQ_ERR_INVAL ? PX_OK : connect_failed(s, code, ret_err);
}

static px_status begin_connect(session *s, px_err *ret_err)
{
    const px_connection *c = &s->link->config;
    pxi_address addresses[PXI_ADDRESSES_MAX];
    size_t count = 0;
    const char *address;
    int code;

    PX_TRY(pxi_resolve(s->link, addresses, &count, ret_err));
    PX_TRY(make_client(s, ret_err));
    address = addresses[s->link->address_at++ % count].text;
    PX_TRY(keep_properties(s, address, ret_err));
    errno = 0;
    code = mosquitto_connect_bind_async(s->client, address, c->port, KEEPALIVE_S, NULL);
    if (code > MOSQ_ERR_SUCCESS || mosquitto_socket(s->client) < 0)
        return connect_failed(s, code, ret_err);
    return PX_OK;
}

/* ---- the end of it ---- */

static px_status connack_refused(const session *s, px_err *ret_err)
{
    static const struct {
        int v4, v5;
        const char *id, *text;
    } known[] = {
        { 1, MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION, "connection.version",
          "the broker does not speak this version of MQTT" },
        { 2, MQTT_RC_CLIENTID_NOT_VALID, "connection.client", "the broker refuses the clientId" },
        { 4, MQTT_RC_BAD_USERNAME_OR_PASSWORD, "connection.login",
          "the broker does not know this user and password" },
        { 5, MQTT_RC_NOT_AUTHORIZED, "connection.login", "the broker does not let this user in" },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (s->connack == known[i].v4 || s->connack == known[i].v5)
            return px_fail_id(ret_err, PX_DENIED, known[i].id, "%s", known[i].text);
    return px_fail_id(ret_err, PX_DENIED, "connection.refused", "the broker says no: %s",
                      s->connack >= 0x80 ? mosquitto_reason_string(s->connack)
                                         : mosquitto_connack_string(s->connack));
}

/* Why the library gave the connection up. */
static px_status lost(const session *s, int code, px_err *ret_err)
{
    if (s->connack)
        return connack_refused(s, ret_err);
    if (s->lost_reason == MQTT_RC_SESSION_TAKEN_OVER)
        return px_fail_id(ret_err, PX_CONFLICT, "connection.taken",
                          "the broker ended the connection: another client came with the same "
                          "clientId");
    if (s->lost_reason)
        return px_fail_id(ret_err, PX_UNREACHABLE, "connection.lost",
                          "the broker ended the connection: %s",
                          mosquitto_reason_string(s->lost_reason));
    if (!s->is_up)
        return ended_early(s, code, ret_err);
    if (code == MOSQ_ERR_KEEPALIVE)
        return px_fail_id(ret_err, PX_UNREACHABLE, "connection.lost",
                          "the broker did not answer for %d seconds", KEEPALIVE_S);
    return px_fail_id(ret_err, PX_UNREACHABLE, "connection.lost",
                      "the connection to the broker was lost");
}

/* Whether the socket is connected, and before anything of MQTT is sent. */
static px_status check_reached(session *s, px_err *ret_err)
{
    socklen_t len = sizeof(int);
    int error = 0;

    if (getsockopt(mosquitto_socket(s->client), SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
        error == ECONNRESET)
        return lost(s, MOSQ_ERR_CONN_LOST, ret_err); /* it was connected */
    if (error != 0)
        return pxi_link_unreachable(s->link, error, ret_err);
    s->is_reached = true;
    return PX_OK;
}

/* ---- turns ---- */

static bool is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

/* Reads what there is, at most as many messages as may wait for one commit, whatever becomes of
 * them, and lets all of them be committed. */
static px_status read_messages(session *s, px_err *ret_err)
{
    int code = MOSQ_ERR_SUCCESS;

    s->heard = 0;
    s->has_more = false;
    do {
        code = mosquitto_loop_read(s->client, 1);
    } while (code == MOSQ_ERR_SUCCESS && !s->is_lost && !s->connack && s->taken.status == PX_OK &&
             s->is_up && !s->has_more && is_readable(mosquitto_socket(s->client)));
    PX_TRY(pxi_take_settle(s->link, ret_err));
    PX_TRY(pxi_take_saved(s->link, ret_err));
    if (s->taken.status != PX_OK) {
        *ret_err = s->taken;
        return s->taken.status;
    }
    return code || s->is_lost || s->connack ? lost(s, code, ret_err) : PX_OK;
}

static px_status write_all(session *s, px_err *ret_err)
{
    int code = mosquitto_loop_write(s->client, 1);

    if (code == MOSQ_ERR_SUCCESS)
        code = mosquitto_loop_misc(s->client);
    return code || s->is_lost ? lost(s, code, ret_err) : PX_OK;
}

static px_status check_time(const session *s, px_err *ret_err)
{
    px_env *env = s->link->owner->env;

    if (s->is_ready || env->monotonic_ns(env) - s->begun_ns < PX_CONNECTION_CONNECT_NS_MAX)
        return PX_OK;
    return px_fail_id(
        ret_err, PX_UNREACHABLE, s->is_reached ? "connection.silent" : "connection.timeout",
        "the other side did not %s within 10 seconds", s->is_reached ? "say yes" : "answer");
}

/* Waits for the socket or a call to stop, and does what is due. */
static px_status turn(session *s, px_err *ret_err)
{
    int fd = mosquitto_socket(s->client);
    bool wants_write = !s->is_reached || mosquitto_want_write(s->client);
    struct pollfd polls[2] = {
        { .fd = s->link->wake_fd, .events = POLLIN },
        { .fd = fd, .events = (short)(POLLIN | POLLRDHUP | (wants_write ? POLLOUT : 0)) },
    };
    short got;

    PX_TRY(check_time(s, ret_err));
    if (poll(polls, 2, s->has_more ? 0 : TURN_MS) < 0 && errno != EINTR)
        return px_fail(ret_err, PX_IO, "poll: %s", strerror(errno));
    got = polls[1].revents;
    if (!s->is_reached) {
        if (!(got & (POLLOUT | POLLERR | POLLHUP)))
            return PX_OK;
        PX_TRY(check_reached(s, ret_err));
        got |= POLLIN; /* begins the handshake of TLS */
    }
    if ((got & POLLIN) || s->has_more)
        PX_TRY(read_messages(s, ret_err));
    if (!s->is_up && (got & (POLLRDHUP | POLLHUP | POLLERR)))
        return lost(s, MOSQ_ERR_CONN_LOST, ret_err);
    if (mosquitto_socket(s->client) < 0)
        return lost(s, MOSQ_ERR_CONN_LOST, ret_err);
    return write_all(s, ret_err);
}

/* The session at the broker goes on under another document. */
static bool keeps_session(const pxi_link *l)
{
    const px_connection *c = &l->config, *next = &l->next;

    return !l->is_replaced ||
           (next->name.len && next->type == c->type && px_str_eq(next->host, c->host) &&
            next->port == c->port && px_str_eq(next->client_id, c->client_id));
}

static bool is_kept(const pxi_link *l, px_str filter)
{
    if (!l->is_replaced)
        return true;
    for (size_t i = 0; keeps_session(l) && i < l->next.topic_count; i++)
        if (px_str_eq(l->next.topics[i].filter, filter))
            return true;
    return false;
}

/* What the document does not say any more the broker need not keep for us. */
static void unsubscribe(session *s)
{
    const px_connection *c = &s->link->config;
    char filter[PX_TOPIC_BYTES_MAX + 1];

    for (size_t i = 0; i < c->topic_count; i++) {
        if (is_kept(s->link, c->topics[i].filter))
            continue;
        snprintf(filter, sizeof(filter), "%.*s", PX_FMT(c->topics[i].filter));
        (void)mosquitto_unsubscribe(s->client, NULL, filter);
    }
}

static void say_goodbye(session *s)
{
    mosquitto_property *properties = NULL;

    if (!s->is_up || s->is_lost)
        return;
    unsubscribe(s);
    if (s->link->config.version == 5 && !keeps_session(s->link))
        (void)mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 0);
    (void)mosquitto_disconnect_v5(s->client, 0, properties);
    (void)mosquitto_loop_write(s->client, 1);
    mosquitto_property_free_all(&properties);
}

px_status pxi_link_mqtt(pxi_link *link, px_err *ret_err)
{
    session s = { .link = link };
    px_status status;

    snprintf(s.host, sizeof(s.host), "%.*s", PX_FMT(link->config.host));
    s.begun_ns = link->owner->env->monotonic_ns(link->owner->env);
    status = begin_connect(&s, ret_err);
    while (status == PX_OK && !atomic_load(&link->stopping))
        status = turn(&s, ret_err);
    if (status == PX_OK)
        say_goodbye(&s);
    end(&s);
    return status == PX_OK ? PX_INTERRUPTED : status;
}
