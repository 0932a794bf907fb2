/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Desired values on their way to the device. What was handed to an open connection of a device that
 * speaks for the twin counts as delivered, and the engine is told so; that the device has them it
 * says itself. When the engine does not hear of it they stay pending and are told again.
 */
#include "base/json.h"
#include "engine/desired.h"
#include "server/topics_impl.h"

enum { ARENA_BYTES_MAX = 1024 * 1024 };

/* Whether the device is still to hear of it: what it rejected, what it confirmed and what is too
 * late is not said again. Without memory it is said once too often rather than not. */
static bool is_open(px_twin_topics *topics, const px_twin *twin, px_str property)
{
    PX_AUTO_ARENA arena = { 0 };
    px_desired desired;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    return px_desired_get(px_engine_documents(topics->opts.engine), px_twin_tenant(twin),
                          px_twin_id(twin), property, &arena, &desired, NULL) != PX_OK ||
           px_desired_is_open(desired.status);
}

bool px_topics_put_desired(px_twin_topics *topics, px_buf *buf, const px_twin *twin)
{
    const px_model *model =
        px_registry_model(px_engine_registry(topics->opts.engine), px_twin_model(twin));
    px_json_writer w = px_json_writer_of(buf);
    bool any = false;

    if (!model)
        return false;
    px_json_begin_object(&w);
    for (uint32_t i = px_twin_slot_from(twin, PX_DESIRED); i < px_twin_slot_count(twin); i++) {
        px_slot desired = px_twin_slot_at(twin, i);
        px_str path = px_layout_field(px_model_layout(model), desired.key & ~PX_DESIRED)->path;

        if (px_desired_derived(twin, &desired) == PX_DESIRED_APPLIED ||
            !is_open(topics, twin, path))
            continue;
        px_json_key(&w, path);
        px_json_value(&w, desired.value);
        any = true;
    }
    px_json_key(&w, PX_STR("$version"));
    px_json_uint(&w, px_twin_desired_version(twin));
    px_json_end_object(&w);
    return any;
}

/* On the engine's thread. */
static void told(px_request *request)
{
    px_topics_message *m = request->data;

    if (request->result.status != PX_OK)
        px_log_info(m->topics->opts.log, "mqtt.desired", "twin='%.*s' stays pending: %s",
                    PX_FMT(request->id), request->result.err.text);
    px_topics_give_back(m);
}

/* The first of them that is a device of this twin. The caller holds the lock. */
static px_topics_client *device_of(px_twin_topics *topics, px_str twin_id,
                                   const px_mqtt_conn *conns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        px_topics_client *client = px_topics_client_of(topics, conns[i]);

        if (client && client->principal.role == PX_ROLE_DEVICE &&
            px_authorize(&client->principal, PX_ACTION_ANSWER, twin_id, NULL) == PX_OK)
            return client;
    }
    return NULL;
}

static bool speak_for(px_topics_message *m, const px_mqtt_conn *conns, size_t count)
{
    px_topics_client *client;
    bool speaks;

    pthread_mutex_lock(&m->topics->clients_lock);
    client = device_of(m->topics, m->request.id, conns, count);
    speaks = client && px_topics_copy_principal(m, &client->principal);
    pthread_mutex_unlock(&m->topics->clients_lock);
    return speaks;
}

void px_topics_desired_handed(px_twin_topics *topics, px_str twin_id, uint64_t version,
                              const px_mqtt_conn *conns, size_t count)
{
    px_topics_message *m = count ? px_topics_take(topics, PX_TOPICS_DELIVERY_THREAD) : NULL;

    if (!m)
        return;
    px_topics_begin(m, PX_REQUEST_DESIRED_STATUS, (px_mqtt_conn){ 0 }, PX_MQTT_TOKEN_NONE);
    m->request.done = told;
    m->request.version = version;
    m->request.text = PX_STR("");
    m->request.id = px_arena_str(&m->arena, twin_id);
    if (m->request.id.ptr && speak_for(m, conns, count))
        (void)px_topics_send(topics, PX_TOPICS_DELIVERY_THREAD, m);
    else
        px_topics_give_back(m);
}
