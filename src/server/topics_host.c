/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This server as a host application of Sparkplug B: what an edge node that waits for its primary
 * host hears of it.
 *
 *     spBv1.0/STATE/HOST {"online":true,"timestamp":MILLISECONDS}
 *
 * Said to whoever subscribes, as if it were retained, and when the server ends. Nothing is kept:
 * who can ask has a server that is there.
 */
#include "base/json.h"
#include "server/topics_impl.h"

typedef struct statement {
    px_buf topic, payload;
} statement;

/* False: no memory. */
static bool state(statement *s, px_str host, bool is_online, px_time time)
{
    px_json_writer w = px_json_writer_of(&s->payload);

    px_put_spark_state_topic(&s->topic, host);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("online"));
    px_json_bool(&w, is_online);
    px_json_key(&w, PX_STR("timestamp"));
    px_json_int(&w, time / PX_MILLISECOND);
    px_json_end_object(&w);
    return s->topic.status == PX_OK && s->payload.status == PX_OK;
}

static void release(statement *s)
{
    px_buf_release(&s->topic);
    px_buf_release(&s->payload);
}

bool px_topics_is_own_host(px_twin_topics *topics, px_str host)
{
    px_time since;
    px_str own = px_sparkplug_own_host(topics->sparkplug, &since);

    return own.len > 0 && px_str_eq(own, host);
}

void px_topics_host_greet(px_twin_topics *topics, px_mqtt_conn conn, px_str filter, uint8_t qos)
{
    px_time since;
    px_str host = px_sparkplug_own_host(topics->sparkplug, &since);
    px_mqtt_publish message = { .qos = qos ? 1 : 0, .retain = true };
    statement s = { { 0 }, { 0 } };

    if (host.len == 0)
        return;
    if (state(&s, host, true, since)) {
        message.topic = px_buf_str(&s.topic);
        message.payload = px_buf_str(&s.payload);
        if (px_mqtt_filter_matches(filter, message.topic) &&
            px_mqtt_door_deliver(topics->door, &conn, 1, &message) == PX_OK)
            px_mqtt_door_wake(topics->door);
    }
    release(&s);
}

void px_twin_topics_bye(px_twin_topics *topics)
{
    px_env *env = px_engine_env(topics->opts.engine);
    px_time since;
    px_str host = px_sparkplug_own_host(topics->sparkplug, &since);
    uint32_t tenants[PX_TENANTS_AT_ONCE], cursor = 0;
    statement s = { { 0 }, { 0 } };
    bool is_written;

    if (host.len == 0)
        return;
    is_written = state(&s, host, false, env->now(env));
    do {
        size_t count =
            px_documents_tenants(px_engine_documents(topics->opts.engine), &cursor, tenants);

        for (size_t i = 0; is_written && i < count; i++)
            (void)px_twin_topics_tell(topics, tenants[i], px_buf_str(&s.topic),
                                      px_buf_str(&s.payload));
    } while (is_written && cursor);
    release(&s);
}
