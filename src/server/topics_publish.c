/* SPDX-License-Identifier: Apache-2.0 */
/* What a client publishes: by its topic a message of a device, or a plain one. */
#include "server/topic_names.h"
#include "server/topics_binding.h"
#include "server/topics_impl.h"
#include "server/topics_sparkplug.h"
#include "sync/decode.h"

enum { TOPIC_SHOWN_MAX = 96 }; /* so that the cure is not cut off */

/* One message on its way in; all borrowed for the call. */
typedef struct incoming {
    px_twin_topics *topics;
    unsigned thread;
    px_mqtt_conn conn;
    px_topics_client *client;
    const px_mqtt_publish *publish;
    const px_topic_name *name;
    uint32_t token;
    const px_broker_will *will; /* NULL: a client says it */
} incoming;

static void keep_rejects(px_twin_topics *topics, px_topics_client *client, px_str twin,
                         const px_decoded *decoded, px_str payload)
{
    atomic_fetch_add_explicit(&topics->fields_rejected, decoded->rejected, memory_order_relaxed);
    for (size_t i = 0; i < decoded->reject_count; i++)
        px_topics_keep_reject(topics, client, twin, decoded->rejects[i].name,
                              decoded->rejects[i].id, decoded->rejects[i].text, payload);
}

static px_status find_layout(px_twin_topics *topics, uint32_t tenant, px_str twin, px_str component,
                             px_request *request, px_decode_opts *opts,
                             const px_layout **ret_layout, px_err *ret_err)
{
    const px_model *model = NULL;
    uint32_t twin_no;

    if (px_graph_lookup(px_engine_graph(topics->opts.engine), tenant, twin, &twin_no,
                        &request->model_no) == PX_OK)
        model = px_registry_model(px_engine_registry(topics->opts.engine), request->model_no);
    if (!model)
        return px_fail_id(ret_err, PX_NOT_FOUND, "twin.not_found", "there is no twin '%.*s'",
                          PX_FMT(twin));
    *ret_layout = px_model_layout(model);
    opts->component = PX_NO_COMPONENT;
    if (component.len == 0)
        return PX_OK;
    opts->component = px_layout_component_find(*ret_layout, component);
    if (opts->component == PX_NO_COMPONENT)
        return px_fail_id(ret_err, PX_NOT_FOUND, "component.not_found",
                          "twin '%.*s' does not have component '%.*s'", PX_FMT(twin),
                          PX_FMT(component));
    return PX_OK;
}

/* Told to the sender, not only kept. */
static void explain(const incoming *in, const char *sentence)
{
    if (in->will)
        return; /* its sender is gone */
    px_mqtt_door_explain(in->topics->door, in->thread, in->conn, in->token, px_str_c(sentence));
}

static px_mqtt_reason refuse(const incoming *in, px_status status, const px_err *err)
{
    explain(in, err->text);
    return px_topics_refuse(in->topics, in->client, in->name->twin, status, err,
                            in->publish->payload);
}

/* What rides along: that a will is out, or that a message of QoS 2 came. False: no memory. */
static bool add_rider(const incoming *in, px_topics_message *m)
{
    if (in->will) {
        m->write = *in->will->write;
        m->write.body = px_arena_str(&m->arena, m->write.body);
        m->will_of = m->write.session;
    } else if (!px_broker_receipt(in->topics->broker, &in->client->session, in->publish, &m->arena,
                                  &m->write)) {
        return true;
    } else if (!m->gate) { /* what the rider asks of it */
        m->gate = px_broker_gate_enter(&in->client->session);
    }
    m->request.session_count = 1;
    return m->write.body.ptr && (m->gate || in->will);
}

/* A message for the engine, with what all kinds of them carry; NULL: no memory. */
static px_topics_message *begin(const incoming *in, px_request_kind kind)
{
    px_topics_message *m = px_topics_take(in->topics, in->thread);
    px_request *request;

    if (!m)
        return NULL;
    px_topics_begin(m, kind, in->conn, in->token);
    request = &m->request;
    request->text = px_arena_str(&m->arena, in->publish->payload);
    request->id = px_arena_str(&m->arena, in->name->twin);
    request->name = px_arena_str(&m->arena, in->name->command);
    request->command_id = px_arena_str(&m->arena, in->name->command_id);
    if (request->text.ptr && request->id.ptr && request->name.ptr && request->command_id.ptr &&
        px_topics_copy_principal(m, &in->client->principal) && add_rider(in, m))
        return m;
    px_topics_give_back(m);
    return NULL;
}

/* ---- telemetry and reported properties, of a twin or of a component ---- */

static px_status decode(const incoming *in, px_topics_message *m, px_decoded *ret_decoded,
                        px_err *ret_err)
{
    px_decode_opts opts = { .properties_only = in->name->kind == PX_TOPIC_REPORTED };
    const px_layout *layout;

    PX_TRY(find_layout(in->topics, in->client->principal.tenant, in->name->twin,
                       in->name->component, &m->request, &opts, &layout, ret_err));
    return px_decode_message(layout, &opts, m->request.text, &m->arena, ret_decoded, ret_err);
}

/* Not one field was good. */
static void explain_rejects(const incoming *in, const px_decoded *decoded)
{
    px_err err;

    if (decoded->reject_count == 0)
        return;
    if (decoded->rejected > 1)
        px_fail(&err, PX_INVALID, "%s; so were %zu more, see GET /api/v1/rejects",
                decoded->rejects[0].text, (size_t)decoded->rejected - 1);
    else
        px_fail(&err, PX_INVALID, "%s", decoded->rejects[0].text);
    explain(in, err.text);
}

static px_mqtt_reason publish_sample(const incoming *in)
{
    px_twin_topics *topics = in->topics;
    px_topics_message *m = begin(in, PX_REQUEST_DEVICE_MESSAGE);
    px_decoded decoded;
    px_status status;
    px_err err;

    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    status = decode(in, m, &decoded, &err);
    if (status != PX_OK) {
        px_topics_give_back(m);
        return refuse(in, status, &err);
    }
    if (decoded.rejected)
        keep_rejects(topics, in->client, in->name->twin, &decoded, in->publish->payload);
    if (decoded.accepted == 0) {
        if (decoded.rejected)
            explain_rejects(in, &decoded);
        px_topics_give_back(m);
        return decoded.rejected ? PX_MQTT_PAYLOAD_FORMAT_INVALID : PX_MQTT_SUCCESS;
    }
    m->is_partial = decoded.rejected > 0;
    m->request.samples = decoded.samples;
    m->request.sample_count = decoded.sample_count;
    atomic_fetch_add_explicit(&topics->messages, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&topics->fields, decoded.accepted, memory_order_relaxed);
    return px_topics_send(topics, in->thread, m);
}

/* ---- responses to commands ---- */

static bool is_word(const px_json *json, const char *word)
{
    return px_json_is(json, PX_JSON_STRING) && px_str_eq(json->text, px_str_c(word));
}

/* `{"status":"applied"|"rejected","payload":…}` and nothing else: the payload alone is the
 * response. Whatever more a device says is kept whole. Another status is a slip, which must not end
 * the command: it is refused, and the command waits on. Without a status all of it is the payload
 * of an applied command. */
static px_status read_response(px_topics_message *m, px_err *ret_err)
{
    const px_json *status = px_json_get(m->request.json, PX_STR("status"));
    const px_json *payload = px_json_get(m->request.json, PX_STR("payload"));

    m->request.code = is_word(status, "rejected") ? PX_COMMAND_REJECTED : PX_COMMAND_APPLIED;
    if (!status)
        return PX_OK;
    if (m->request.code == PX_COMMAND_APPLIED && !is_word(status, "applied"))
        return px_json_fail(status, ret_err, PX_INVALID, "command.status",
                            "the status of an answer is \"applied\" or \"rejected\", not %.*s; a "
                            "payload that has a status of its own goes into \"payload\"",
                            PX_FMT(px_str_head(status->raw, 32)));
    if (m->request.json->count == (payload ? 2 : 1))
        m->request.json = payload;
    return PX_OK;
}

/* To a command, or to desired values: the engine knows what it has to look like. */
static px_mqtt_reason publish_response(const incoming *in)
{
    px_json_opts opts = px_json_opts_door();
    bool is_command = in->name->kind == PX_TOPIC_RESPONSE;
    px_topics_message *m =
        begin(in, is_command ? PX_REQUEST_COMMAND_RESPONSE : PX_REQUEST_DESIRED_STATUS);
    px_json *json = NULL;
    px_status status = PX_OK;
    px_err err;

    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    if (m->request.text.len)
        status = px_json_parse(m->request.text, &opts, &m->arena, &json, &err);
    m->request.json = json;
    m->request.version = 0;
    if (status == PX_OK && is_command)
        status = read_response(m, &err);
    if (status != PX_OK) {
        px_topics_give_back(m);
        return refuse(in, status, &err);
    }
    return px_topics_send(in->topics, in->thread, m);
}

/* ---- everything else ---- */

/* Through the journal: its event, and that a will is out behind it. */
static px_mqtt_reason journal(const incoming *in, px_topics_message *m,
                              const px_session_write *write)
{
    px_broker_client *session = &in->client->session;
    px_session_write *writes = PX_ARENA_ARRAY(&m->arena, px_session_write, 2);
    bool is_whole;

    is_whole = writes && add_rider(in, m);
    if (is_whole && !m->gate)
        m->gate = px_broker_gate_enter(session);
    if (!is_whole || !m->gate) {
        px_topics_give_back(m);
        return PX_MQTT_QUOTA_EXCEEDED;
    }
    writes[0] = *write;
    writes[1] = m->write;
    m->request.sessions = writes;
    m->request.session_count = in->will ? 2 : 1; /* the event itself says that a message came */
    return px_topics_send(in->topics, in->thread, m);
}

/* What carries a plain message to the engine, if it has to go there; NULL: no memory. */
static px_topics_message *begin_plain(const incoming *in)
{
    px_topics_message *m = px_topics_take(in->topics, in->thread);

    if (!m)
        return NULL;
    px_topics_begin(m, PX_REQUEST_SESSIONS, in->conn, in->token);
    m->request.id = m->request.text = PX_STR("");
    if (px_topics_copy_principal(m, &in->client->principal))
        return m;
    px_topics_give_back(m);
    return NULL;
}

/* Subscribers have it already, or nobody wants it: values that were made of it still go. */
static px_mqtt_reason send_values(const incoming *in, px_topics_message *m)
{
    if (add_rider(in, m))
        return px_topics_send(in->topics, in->thread, m);
    px_topics_give_back(m);
    return PX_MQTT_QUOTA_EXCEEDED;
}

static void count_plain(const incoming *in, px_mqtt_reason reason)
{
    in->topics->threads[in->thread].has_sent |= reason < 0x80;
    if (reason == PX_MQTT_LATER || reason < 0x80)
        atomic_fetch_add_explicit(&in->topics->plain, 1, memory_order_relaxed);
}

static bool is_refusal(px_mqtt_reason bound)
{
    return bound >= 0x80 && bound != PX_MQTT_LATER;
}

static bool may_publish(const incoming *in)
{
    px_err err;

    if (px_authorize(&in->client->principal, PX_ACTION_PUBLISH, PX_STR(""), &err) == PX_OK)
        return true;
    explain(in, "a reader publishes nothing; use a device's key or an admin's token");
    return false;
}

/* As it came: payload, and the properties that a server has to hand on; beside that what bindings
 * make of it, in the same commit as what is journalled of it. */
static px_mqtt_reason publish_plain(const incoming *in)
{
    px_broker_client *session = &in->client->session;
    px_mqtt_reason reason, bound = PX_MQTT_SUCCESS;
    px_session_write write;
    px_topics_message *m = NULL;

    if (!may_publish(in))
        return PX_MQTT_NOT_AUTHORIZED;
    if (in->name->kind == PX_TOPIC_PLAIN) /* and not one of Sparkplug, which says what it means */
        bound = px_topics_bind(in->topics, in->thread, in->conn, in->client, in->publish, in->token,
                               &m);
    if (bound == PX_MQTT_BUSY || bound == PX_MQTT_QUOTA_EXCEEDED)
        return bound; /* it comes again: nobody may have it yet */
    if (bound != PX_MQTT_LATER)
        m = begin_plain(in);
    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    m->is_partial = m->is_partial || is_refusal(bound);
    reason = px_broker_publish(in->topics->broker, session, in->publish, &m->arena, &write);
    if (reason == PX_MQTT_LATER && !px_engine_has_room(in->topics->opts.engine)) {
        px_topics_give_back(m);
        return PX_MQTT_BUSY;
    }
    if (reason == PX_MQTT_LATER)
        reason = journal(in, m, &write);
    else if (bound == PX_MQTT_LATER && reason < 0x80)
        reason = send_values(in, m);
    else
        px_topics_give_back(m);
    count_plain(in, reason);
    if (!is_refusal(bound) || reason >= 0x80)
        return reason; /* LATER among them */
    return reason == PX_MQTT_NO_MATCHING_SUBSCRIBERS ? bound : PX_MQTT_PARTLY;
}

/* What Sparkplug made of it, and the message itself, in one request. Should the message be refused,
 * its values go alone: they are facts, and their place in the sequence is taken. */
static px_mqtt_reason publish_with(const incoming *in, px_topics_message *values)
{
    px_session_write write;
    px_mqtt_reason reason;

    if (!may_publish(in)) {
        px_topics_give_back(values);
        return PX_MQTT_NOT_AUTHORIZED;
    }
    reason = px_broker_publish(in->topics->broker, &in->client->session, in->publish,
                               &values->arena, &write);
    count_plain(in, reason);
    if (reason == PX_MQTT_LATER)
        return journal(in, values, &write);
    if (reason < 0x80)
        return send_values(in, values);
    values->token = PX_MQTT_TOKEN_NONE;
    (void)px_topics_send(in->topics, in->thread, values);
    return reason;
}

static px_mqtt_reason send_on(void *in, px_topics_message *values)
{
    return values ? publish_with(in, values) : publish_plain(in);
}

static px_mqtt_reason publish_sparkplug(incoming *in)
{
    px_topics_spark spark = { .topics = in->topics,
                              .thread = in->thread,
                              .conn = in->conn,
                              .client = in->client,
                              .publish = in->publish,
                              .token = in->token,
                              .is_will = in->will != NULL,
                              .plain = send_on,
                              .ctx = in };

    return px_topics_sparkplug(&spark);
}

static px_mqtt_reason refuse_topic(const incoming *in)
{
    px_str topic = px_str_head(in->publish->topic, TOPIC_SHOWN_MAX);
    px_status status;
    px_err err;

    if (in->name->kind == PX_TOPIC_RESERVED)
        status = px_fail_id(&err, PX_DENIED, "topic.reserved",
                            "only the server itself publishes to '%.*s'", PX_FMT(topic));
    else
        status = px_fail_id(&err, PX_NOT_FOUND, "topic.unknown",
                            "topic '%.*s' has no meaning; a device publishes to twins/T/telemetry, "
                            "twins/T/reported, twins/T/desired/response and "
                            "twins/T/commands/NAME/ID/response",
                            PX_FMT(topic));
    return refuse(in, status, &err);
}

/* What may be done with a twin's topic; a twin that is not the device's own is not told from one
 * that is not there. */
static px_status authorize(const incoming *in, px_err *ret_err)
{
    bool answers = in->name->kind == PX_TOPIC_RESPONSE || in->name->kind == PX_TOPIC_DESIRED;
    px_action action = answers ? PX_ACTION_ANSWER : PX_ACTION_REPORT;

    if (in->name->twin.len == 0)
        return PX_OK;
    return px_authorize(&in->client->principal, action, in->name->twin, ret_err);
}

static px_mqtt_reason publish(incoming *in)
{
    px_topic_name name;
    px_status status;
    px_err err;

    in->name = &name;
    px_topic_name_read(in->publish->topic, &name);
    if (name.kind == PX_TOPIC_PLAIN)
        return publish_plain(in);
    if (name.kind == PX_TOPIC_SPARKPLUG)
        return publish_sparkplug(in);
    if (name.kind == PX_TOPIC_RESERVED)
        return refuse_topic(in);
    status = authorize(in, &err);
    if (status != PX_OK)
        return refuse(in, status, &err);
    if (name.kind == PX_TOPIC_NONE)
        return refuse_topic(in);
    if (!px_engine_has_room(in->topics->opts.engine))
        return PX_MQTT_BUSY; /* the door reads on when there is room: nobody loses a connection */
    return name.kind == PX_TOPIC_RESPONSE || name.kind == PX_TOPIC_DESIRED ? publish_response(in)
                                                                           : publish_sample(in);
}

px_mqtt_reason px_topics_publish(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 const px_mqtt_publish *message, uint32_t token)
{
    incoming in = { .topics = ctx,
                    .thread = thread,
                    .conn = conn,
                    .client = principal,
                    .publish = message,
                    .token = token };

    if (!px_topics_still_may(ctx, principal))
        return PX_MQTT_NOT_AUTHORIZED;
    return publish(&in);
}

/* ---- wills ---- */

/* Nothing came of the message: what is left to say is that it is done with. */
static bool send_alone(const incoming *in)
{
    px_topics_message *m = px_topics_take(in->topics, in->thread);

    if (!m)
        return false;
    px_topics_begin(m, PX_REQUEST_SESSIONS, in->conn, in->token);
    m->request.id = m->request.text = PX_STR("");
    if (!px_topics_copy_principal(m, &in->client->principal) || !add_rider(in, m)) {
        px_topics_give_back(m);
        return false;
    }
    (void)px_topics_send(in->topics, in->thread, m);
    return true;
}

static bool find_holder(px_twin_topics *topics, const px_broker_will *will, px_arena *arena,
                        px_topics_client *client)
{
    px_err err;

    if (px_credential_holder(px_engine_documents(topics->opts.engine), will->credential, arena,
                             &client->principal, &err) == PX_OK &&
        client->principal.tenant == will->tenant) {
        client->session.who = client->principal;
        return true;
    }
    px_log_info(topics->opts.log, "mqtt.will",
                "topic='%.*s' is not sent: its sender's credential "
                "is gone",
                PX_FMT(will->message->topic));
    return false;
}

bool px_topics_will(void *ctx, const px_broker_will *will)
{
    px_twin_topics *topics = ctx;
    px_topics_client client = { 0 };
    incoming in = { .topics = topics,
                    .thread = PX_TOPICS_BROKER_THREAD,
                    .client = &client,
                    .publish = will->message,
                    .token = PX_MQTT_TOKEN_NONE,
                    .will = will };
    PX_AUTO_ARENA arena = { 0 };
    px_mqtt_reason reason;
    bool is_taken = true;

    if (!atomic_load(&topics->is_open))
        return false;
    px_arena_init(&arena, PX_CREDENTIAL_ARENA_BYTES_MAX);
    if (!find_holder(topics, will, &arena, &client)) {
        px_broker_will_ended(topics->broker, will->write->session, PX_DENIED);
        return true;
    }
    reason = publish(&in);
    if (reason == PX_MQTT_BUSY)
        return false;
    if (reason != PX_MQTT_LATER)
        is_taken = send_alone(&in);
    px_broker_gate_drop(&client.session);
    px_topics_flush(topics, PX_TOPICS_BROKER_THREAD);
    return is_taken;
}
