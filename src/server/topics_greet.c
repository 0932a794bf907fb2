/* SPDX-License-Identifier: Apache-2.0 */
/* The present answer to a fresh subscription. */
#include "server/topic_names.h"
#include "server/topics_impl.h"

#include "base/json.h"

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024, COMMANDS_LISTED = 64 };

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
        px_slot desired = px_twin_slot_at(twin, i), reported;
        uint32_t field = desired.key & ~PX_DESIRED;

        if (px_twin_slot(twin, field, &reported) && px_value_same(desired.value, reported.value))
            continue;
        px_json_key(&w, px_layout_field(px_model_layout(model), field)->path);
        px_json_value(&w, desired.value);
        any = true;
    }
    px_json_key(&w, PX_STR("$version"));
    px_json_uint(&w, px_twin_desired_version(twin));
    px_json_end_object(&w);
    return any;
}

static void greet_desired(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn conn,
                          px_str twin_id)
{
    px_buf scratch = { 0 }, topic = { 0 }, payload = { 0 };
    const px_twin *twin;

    if (px_graph_read(px_engine_graph(topics->opts.engine), tenant, twin_id, &scratch, &twin,
                      NULL) == PX_OK &&
        px_topics_put_desired(topics, &payload, twin)) {
        px_mqtt_publish message = { .qos = 1 };

        px_put_twin_topic(&topic, twin_id);
        px_put_c(&topic, "desired");
        message.topic = px_buf_str(&topic);
        message.payload = px_buf_str(&payload);
        if (px_mqtt_door_deliver(topics->door, &conn, 1, &message) == PX_OK)
            px_mqtt_door_wake(topics->door);
    }
    px_buf_release(&scratch);
    px_buf_release(&topic);
    px_buf_release(&payload);
}

static void send_pending(px_twin_topics *topics, px_mqtt_conn conn, px_str twin_id, px_arena *arena,
                         const px_document *document)
{
    px_buf topic = { 0 }, payload = { 0 };
    px_mqtt_publish message = { .qos = 1 };
    const px_json *request;
    px_json *body;

    if (px_json_parse(document->body, NULL, arena, &body, NULL) != PX_OK ||
        !px_str_eq(px_json_get_text(body, PX_STR("twin")), twin_id))
        return;
    request = px_json_get(body, PX_STR("payload"));
    px_put_command_topic(&topic, twin_id, px_json_get_text(body, PX_STR("name")),
                         px_json_get_text(body, PX_STR("id")));
    if (request)
        px_put_json_node(&payload, request);
    else
        px_put_c(&payload, "null");
    message.topic = px_buf_str(&topic);
    message.payload = px_buf_str(&payload);
    if (px_mqtt_door_deliver(topics->door, &conn, 1, &message) == PX_OK)
        px_mqtt_door_wake(topics->door);
    px_buf_release(&topic);
    px_buf_release(&payload);
}

static void greet_commands(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn conn,
                           px_str twin_id)
{
    px_document documents[COMMANDS_LISTED];
    PX_AUTO_ARENA arena;
    uint32_t cursor = 0;
    size_t count;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    do {
        if (px_documents_list(px_engine_documents(topics->opts.engine), tenant, PX_STR("command"),
                              &cursor, COMMANDS_LISTED, &arena, documents, &count, NULL) != PX_OK)
            return;
        for (size_t i = 0; i < count; i++)
            send_pending(topics, conn, twin_id, &arena, &documents[i]);
    } while (cursor != 0);
}

void px_topics_greet(px_twin_topics *topics, const px_topics_client *client, px_mqtt_conn conn,
                     px_str filter)
{
    char room[PX_TWIN_ID_BYTES_MAX];
    px_str rest = filter, twin_id, kind;

    if (!px_topic_filter_twin(filter, room, &twin_id))
        return; /* watchers of all twins follow; devices name their own */
    (void)px_str_cut(&rest, '/');
    (void)px_str_cut(&rest, '/');
    kind = px_str_cut(&rest, '/');
    if (px_str_eq(kind, PX_STR("desired")) || px_str_eq(kind, PX_STR("#")))
        greet_desired(topics, client->principal.tenant, conn, twin_id);
    if (px_str_eq(kind, PX_STR("commands")) || px_str_eq(kind, PX_STR("#")))
        greet_commands(topics, client->principal.tenant, conn, twin_id);
}
