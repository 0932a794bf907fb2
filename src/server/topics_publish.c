/* SPDX-License-Identifier: Apache-2.0 */
/* What a client publishes: by its topic a message of a device, or a plain one. */
#include "server/topics_impl.h"
#include "sync/decode.h"

enum { RESULTS_LEVELS = 8 };

static void keep_rejects(px_twin_topics *topics, const px_topics_client *client, px_str twin,
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

/* twins/T/telemetry, twins/T/reported and their components' */
static px_mqtt_reason publish_sample(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                                     const px_topics_client *client, px_str twin, px_str component,
                                     bool properties_only, px_str payload, uint32_t token)
{
    px_decode_opts opts = { .properties_only = properties_only };
    const px_layout *layout;
    px_topics_message *m;
    px_decoded decoded;
    px_status status;
    px_err err;

    status = px_authorize(&client->principal, PX_ACTION_REPORT, twin, &err);
    if (status != PX_OK)
        return px_topics_refuse(topics, client, twin, status, &err, payload);
    m = px_topics_take(topics, thread);
    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    px_topics_begin(m, PX_REQUEST_DEVICE_MESSAGE, conn, token);
    m->request.text = px_arena_str(&m->arena, payload);
    m->request.id = px_arena_str(&m->arena, twin);
    status =
        m->request.text.ptr && m->request.id.ptr && px_topics_copy_principal(m, &client->principal)
            ? find_layout(topics, client->principal.tenant, twin, component, &m->request, &opts,
                          &layout, &err)
            : px_arena_fail(&m->arena, &err);
    if (status == PX_OK)
        status = px_decode_message(layout, &opts, m->request.text, &m->arena, &decoded, &err);
    if (status != PX_OK) {
        px_topics_give_back(m);
        return px_topics_refuse(topics, client, twin, status, &err, payload);
    }
    if (decoded.rejected)
        keep_rejects(topics, client, twin, &decoded, payload);
    if (decoded.accepted == 0) {
        bool empty = decoded.rejected == 0;

        px_topics_give_back(m);
        return empty ? PX_MQTT_SUCCESS : PX_MQTT_PAYLOAD_FORMAT_INVALID;
    }
    m->request.samples = decoded.samples;
    m->request.sample_count = decoded.sample_count;
    atomic_fetch_add_explicit(&topics->messages, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&topics->fields, decoded.accepted, memory_order_relaxed);
    return px_topics_send(topics, thread, m);
}

/* `{"status":"applied"|"rejected","payload":…}`; anything else is the payload of an applied
 * command. */
static void read_response(px_topics_message *m)
{
    const px_json *status = px_json_get(m->request.json, PX_STR("status"));

    m->request.code = PX_COMMAND_APPLIED;
    if (!px_json_is(status, PX_JSON_STRING))
        return;
    if (px_str_eq(status->text, PX_STR("rejected")))
        m->request.code = PX_COMMAND_REJECTED;
    m->request.json = px_json_get(m->request.json, PX_STR("payload"));
}

/* twins/T/commands/NAME/ID/response */
static px_mqtt_reason publish_response(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                                       const px_topics_client *client, px_str twin, px_str name,
                                       px_str command_id, px_str payload, uint32_t token)
{
    px_json_opts opts = px_json_opts_door();
    px_topics_message *m = px_topics_take(topics, thread);
    px_json *json = NULL;
    px_status status;
    px_err err;

    if (!m)
        return PX_MQTT_QUOTA_EXCEEDED;
    px_topics_begin(m, PX_REQUEST_COMMAND_RESPONSE, conn, token);
    m->request.text = px_arena_str(&m->arena, payload);
    m->request.id = px_arena_str(&m->arena, twin);
    m->request.name = px_arena_str(&m->arena, name);
    m->request.command_id = px_arena_str(&m->arena, command_id);
    status = m->request.command_id.ptr && px_topics_copy_principal(m, &client->principal)
                 ? PX_OK
                 : px_arena_fail(&m->arena, &err);
    if (status == PX_OK && payload.len)
        status = px_json_parse(m->request.text, &opts, &m->arena, &json, &err);
    if (status != PX_OK) {
        px_topics_give_back(m);
        return px_topics_refuse(topics, client, twin, status, &err, payload);
    }
    m->request.json = json;
    read_response(m);
    return px_topics_send(topics, thread, m);
}

static px_mqtt_reason publish_plain(px_twin_topics *topics, const px_topics_client *client,
                                    const px_mqtt_publish *publish)
{
    px_mqtt_sub_vec hits = { 0 };

    if (client->principal.role == PX_ROLE_READER)
        return PX_MQTT_NOT_AUTHORIZED;
    atomic_fetch_add_explicit(&topics->plain, 1, memory_order_relaxed);
    px_topics_deliver(topics, client->principal.tenant, publish->topic, publish->payload,
                      publish->qos, &hits);
    px_mqtt_door_wake(topics->door);
    PX_VEC_RELEASE(&hits);
    return PX_MQTT_SUCCESS;
}

static size_t split_topic(px_str topic, px_str levels[RESULTS_LEVELS])
{
    size_t count = 0;

    while (count < RESULTS_LEVELS - 1 && topic.len)
        levels[count++] = px_str_cut(&topic, '/');
    if (topic.len)
        levels[count++] = topic;
    return count;
}

px_mqtt_reason px_topics_publish(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 const px_mqtt_publish *publish, uint32_t token)
{
    px_twin_topics *topics = ctx;
    const px_topics_client *client = principal;
    px_str level[RESULTS_LEVELS], none = { 0 };
    size_t count;

    if (!px_str_starts(publish->topic, PX_STR("twins/")))
        return publish_plain(topics, client, publish);
    if (!px_engine_has_room(topics->opts.engine))
        return PX_MQTT_BUSY; /* the door reads on when there is room: nobody loses a connection */
    count = split_topic(publish->topic, level);
    if (count == 3 && px_str_eq(level[2], PX_STR("telemetry")))
        return publish_sample(topics, thread, conn, client, level[1], none, false, publish->payload,
                              token);
    if (count == 3 && px_str_eq(level[2], PX_STR("reported")))
        return publish_sample(topics, thread, conn, client, level[1], none, true, publish->payload,
                              token);
    if (count == 5 && px_str_eq(level[2], PX_STR("components")) &&
        (px_str_eq(level[4], PX_STR("telemetry")) || px_str_eq(level[4], PX_STR("reported"))))
        return publish_sample(topics, thread, conn, client, level[1], level[3],
                              px_str_eq(level[4], PX_STR("reported")), publish->payload, token);
    if (count == 6 && px_str_eq(level[2], PX_STR("commands")) &&
        px_str_eq(level[5], PX_STR("response")))
        return publish_response(topics, thread, conn, client, level[1], level[3], level[4],
                                publish->payload, token);
    return PX_MQTT_TOPIC_NAME_INVALID;
}
