/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topics of Sparkplug B: what an edge node says goes to its twins, and as a plain message to who
 * subscribed to it.
 *
 *     publish ─► may it? ─► px_sparkplug_hear ─┬─► NCMD, when a birth is missing
 *                                              ├─► values, or a death ─┬─► plain message ─► PUBACK
 *                                              └─► rows ─► bindings ───┘
 *
 * What is journalled of the plain message rides in the request with the values or the death: a
 * crash or a full disk takes both of them, or none. A death goes the way of the values, so that it
 * stands in the journal behind those that the same connection said before (topics_ended.c).
 */
#include "server/topics_sparkplug.h"

#include "server/topics_binding.h"
#include "sync/sparkplug_payload.h"

static px_status authorize(const px_topics_spark *in, const px_spark_topic *topic, px_str twin,
                           px_err *ret_err)
{
    const px_principal *who = &in->client->principal;

    if (topic->kind == PX_SPARK_STATE && px_topics_is_own_host(in->topics, topic->host))
        return px_fail_id(ret_err, PX_DENIED, "sparkplug.host",
                          "this server is the host application '%.*s' itself (setting "
                          "sparkplug_host); give yours another id",
                          PX_FMT(topic->host));
    if (topic->kind == PX_SPARK_STATE)
        return px_authorize(who, PX_ACTION_COMMAND, (px_str){ 0 }, ret_err);
    if (topic->kind == PX_SPARK_NCMD || topic->kind == PX_SPARK_DCMD)
        return px_authorize(who, PX_ACTION_COMMAND, twin, ret_err);
    return px_authorize(who, PX_ACTION_REPORT, twin, ret_err);
}

/* What the callbacks of a message look at. */
typedef struct listener {
    const px_topics_spark *in;
    const px_topics_message *m;
} listener;

static const px_layout *find_layout(void *ctx, px_str twin, uint32_t *ret_model_no)
{
    const px_topics_spark *in = ((const listener *)ctx)->in;
    px_engine *engine = in->topics->opts.engine;
    const px_model *model = NULL;
    uint32_t twin_no;

    if (px_graph_lookup(px_engine_graph(engine), in->client->principal.tenant, twin, &twin_no,
                        ret_model_no) == PX_OK)
        model = px_registry_model(px_engine_registry(engine), *ret_model_no);
    return model ? px_model_layout(model) : NULL;
}

static void explain(const px_topics_spark *in, const char *sentence)
{
    if (!in->is_will)
        px_mqtt_door_explain(in->topics->door, in->thread, in->conn, in->token, px_str_c(sentence));
}

static px_mqtt_reason refuse(const px_topics_spark *in, px_str twin, px_status status,
                             const px_err *err)
{
    explain(in, err->text);
    return px_topics_refuse(in->topics, in->client, twin, status, err, in->publish->payload);
}

/* ---- what is told about it ---- */

static void ask_for_birth(const px_topics_spark *in, const px_spark_topic *topic, px_time now)
{
    px_mqtt_publish message = { .qos = 0 };
    px_buf name = { 0 }, payload = { 0 };
    px_mqtt_hits hits = { 0 };

    px_put_spark_command_topic(&name, topic->group, topic->node);
    px_put_spark_rebirth(&payload, (uint64_t)(now / PX_MILLISECOND));
    message.topic = px_buf_str(&name);
    message.payload = px_buf_str(&payload);
    if (name.status == PX_OK && payload.status == PX_OK)
        px_broker_tell(in->topics->broker, in->client->principal.tenant, &message, &hits);
    px_mqtt_door_wake(in->topics->door);
    px_mqtt_hits_release(&hits);
    px_buf_release(&name);
    px_buf_release(&payload);
}

static void tell_rejects(const px_topics_spark *in, px_str twin, const px_spark_heard *heard)
{
    const px_decoded *decoded = &heard->decoded;

    atomic_fetch_add_explicit(&in->topics->fields_rejected, decoded->rejected,
                              memory_order_relaxed);
    for (size_t i = 0; i < decoded->reject_count; i++)
        px_topics_keep_reject(in->topics, in->client, twin, decoded->rejects[i].name,
                              decoded->rejects[i].id, decoded->rejects[i].text,
                              (px_str){ 0 } /* its bytes say nothing to people */);
    if (heard->is_birth && heard->has_homeless)
        px_topics_keep_reject(in->topics, in->client, twin, PX_STR(""), "sparkplug.no_twin",
                              "there is no twin of this id for the metrics; once it is there they "
                              "are taken",
                              (px_str){ 0 });
    if (heard->asks_rebirth && heard->is_unborn)
        px_topics_keep_reject(in->topics, in->client, twin, PX_STR(""), "sparkplug.unborn",
                              heard->why, (px_str){ 0 });
}

static void tell(const px_topics_spark *in, const px_spark_topic *topic, px_str twin,
                 const px_spark_heard *heard, px_time now)
{
    px_log *log = in->topics->opts.log;

    tell_rejects(in, twin, heard);
    if (topic->kind == PX_SPARK_STATE && (heard->went_online || heard->went_offline))
        px_log_info(log, "sparkplug.host", "host='%.*s' online=%d", PX_FMT(topic->host),
                    heard->went_online);
    else if (heard->went_online || heard->went_offline)
        px_log_info(log, heard->went_online ? "sparkplug.online" : "sparkplug.offline",
                    "twin='%.*s'", PX_FMT(twin));
    if (!heard->asks_rebirth)
        return;
    px_log_info(log, "sparkplug.rebirth", "group='%.*s' node='%.*s' reason='%s'",
                PX_FMT(topic->group), PX_FMT(topic->node), heard->why);
    ask_for_birth(in, topic, now);
}

/* ---- the message ---- */

/* What bindings fill ends with who said it. */
static void remember(const px_topics_spark *in, const px_spark_topic *topic,
                     const px_topics_message *m)
{
    size_t count;
    const px_request *items = px_topics_bound_items(m, &count);

    px_sparkplug_feed(in->topics->sparkplug, in->client->principal.tenant, topic, false, items,
                      count);
}

/* Whatever is to be written goes as one request, and the message with it. */
static px_mqtt_reason send_values(const px_topics_spark *in, const px_spark_topic *topic,
                                  px_topics_message *m, const px_spark_heard *heard)
{
    px_mqtt_reason bound = heard->decoded.accepted ? PX_MQTT_LATER : PX_MQTT_SUCCESS;

    m->is_partial = heard->decoded.rejected > 0;
    m->request.model_no = heard->model_no;
    m->request.samples = heard->decoded.samples;
    m->request.sample_count = heard->decoded.sample_count;
    if (heard->rows.len)
        bound = px_topics_bind_rows(m, in->client, heard->rows);
    if (bound != PX_MQTT_LATER) {
        px_topics_give_back(m);
        return bound == PX_MQTT_SUCCESS ? in->plain(in->ctx, NULL) : bound;
    }
    if (heard->rows.len)
        remember(in, topic, m);
    atomic_fetch_add_explicit(&in->topics->messages, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&in->topics->fields, heard->decoded.accepted, memory_order_relaxed);
    return in->plain(in->ctx, m);
}

static px_topics_message *begin(const px_topics_spark *in, px_str twin)
{
    px_topics_message *m = px_topics_take(in->topics, in->thread);

    if (!m)
        return NULL;
    px_topics_begin(m, PX_REQUEST_DEVICE_MESSAGE, in->conn, in->token);
    m->request.text = px_arena_str(&m->arena, in->publish->payload);
    m->request.id = px_arena_str(&m->arena, twin);
    if (m->request.text.ptr && m->request.id.ptr &&
        px_topics_copy_principal(m, &in->client->principal))
        return m;
    px_topics_give_back(m);
    return NULL;
}

static bool takes(void *ctx, px_str metric)
{
    const listener *l = ctx;

    return px_topics_bound_reads(l->m, metric);
}

/* GROUP/NODE, or GROUP/NODE/DEVICE, for bindings. */
static bool find_bindings(const px_topics_spark *in, const px_spark_topic *topic,
                          px_topics_message *m)
{
    px_buf source = { 0 };
    bool good;

    if (topic->kind == PX_SPARK_STATE)
        return true;
    px_putf(&source, "%.*s/%.*s%s%.*s", PX_FMT(topic->group), PX_FMT(topic->node),
            topic->device.len ? "/" : "", PX_FMT(topic->device));
    good = source.status == PX_OK && px_topics_bind_sparkplug(m, in->client, px_buf_str(&source));
    px_buf_release(&source);
    return good;
}

/* A birth that cannot be taken is refused, and its owner offline all the same. */
static px_mqtt_reason send_end(const px_topics_spark *in, px_str twin, px_topics_message *m,
                               const px_spark_ending *ending, px_status status, const px_err *err)
{
    if (!px_topics_spark_end(ending, m)) {
        px_topics_give_back(m);
        return PX_MQTT_QUOTA_EXCEEDED;
    }
    if (status == PX_OK)
        return in->plain(in->ctx, m);
    m->token = PX_MQTT_TOKEN_NONE;
    (void)px_topics_send(in->topics, in->thread, m);
    return refuse(in, twin, status, err);
}

static px_mqtt_reason hear(const px_topics_spark *in, const px_spark_topic *topic, px_str twin)
{
    px_env *env = px_engine_env(in->topics->opts.engine);
    px_topics_message *m = begin(in, twin);
    listener ears = { in, m };
    px_spark_message message = { .tenant = in->client->principal.tenant,
                                 .topic = *topic,
                                 .twin = twin,
                                 .now = env->now(env),
                                 .layout = find_layout,
                                 .ctx = &ears };
    px_spark_heard heard;
    px_status status;
    px_err err;

    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    if (!find_bindings(in, topic, m)) {
        px_topics_give_back(m);
        return PX_MQTT_QUOTA_EXCEEDED;
    }
    message.payload = m->request.text;
    message.takes = m->bound ? takes : NULL;
    status = px_sparkplug_hear(in->topics->sparkplug, &message, &m->arena, &heard, &err);
    if (status == PX_OK || heard.went_offline)
        tell(in, topic, twin, &heard, message.now);
    if (status == PX_OK && (heard.decoded.accepted > 0 || heard.rows.len))
        return send_values(in, topic, m, &heard);
    if (heard.ending.number)
        return send_end(in, twin, m, &heard.ending, status, &err);
    px_topics_give_back(m);
    return status == PX_OK ? in->plain(in->ctx, NULL) : refuse(in, twin, status, &err);
}

px_mqtt_reason px_topics_sparkplug(const px_topics_spark *in)
{
    px_spark_topic topic = px_spark_topic_read(in->publish->topic);
    px_buf twin = { 0 };
    px_mqtt_reason reason;
    px_status status;
    px_err err;

    if (topic.kind == PX_SPARK_NONE) {
        status = px_fail_id(&err, PX_NOT_FOUND, "topic.unknown",
                            "this is no topic of Sparkplug B: spBv1.0/GROUP/TYPE/NODE[/DEVICE] or "
                            "spBv1.0/STATE/HOST");
        return refuse(in, (px_str){ 0 }, status, &err);
    }
    if (topic.kind != PX_SPARK_STATE)
        px_put_spark_twin(&twin, &topic);
    status = px_buf_status(&twin, &err);
    if (status == PX_OK)
        status = authorize(in, &topic, px_buf_str(&twin), &err);
    if (status != PX_OK)
        reason = refuse(in, px_buf_str(&twin), status, &err);
    else if (!px_engine_has_room(in->topics->opts.engine))
        reason = PX_MQTT_BUSY; /* before the message takes its place in the sequence */
    else
        reason = hear(in, &topic, px_buf_str(&twin));
    px_buf_release(&twin);
    return reason;
}

/* Behind spBv1.0/. */
bool px_topics_spark_may_hear(const px_principal *principal, px_str rest)
{
    px_str group = px_str_cut(&rest, '/'), type = px_str_cut(&rest, '/'), node;
    px_buf twin = { 0 };
    bool may;

    if (px_str_eq(group, PX_STR("STATE")))
        return true;
    node = px_str_cut(&rest, '/');
    px_putf(&twin, "%.*s.%.*s", PX_FMT(group), PX_FMT(node));
    may = (px_str_eq(type, PX_STR("NCMD")) || px_str_eq(type, PX_STR("DCMD"))) &&
          twin.status == PX_OK &&
          px_authorize(principal, PX_ACTION_RECEIVE, px_buf_str(&twin), NULL) == PX_OK;
    px_buf_release(&twin);
    return may;
}
