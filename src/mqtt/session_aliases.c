/* SPDX-License-Identifier: Apache-2.0 */
/* Topic aliases (section 3.3.2.3.4), each way its own; they live as long as the connection. */
#include "mqtt/session_inner.h"

enum {
    SHORTEST_BYTES = 4, /* a topic below is no longer than the property that stands for it */
    ROOM_BYTES = 16,    /* more than alias, expiry and lengths add to a packet */
};

static bool learn(px_str *at, px_str topic)
{
    char *copy = px_realloc((void *)(uintptr_t)at->ptr, topic.len);

    if (!copy)
        return false;
    memcpy(copy, topic.ptr, topic.len);
    *at = px_str_of(copy, topic.len);
    return true;
}

/* A topic beside an alias (re)defines it. */
px_mqtt_reason pxi_mqtt_alias_in(px_mqtt_session *s, px_mqtt_publish *p)
{
    size_t at = (size_t)p->props->topic_alias - 1;

    if (at >= PX_MQTT_TOPIC_ALIASES_MAX)
        return PX_MQTT_TOPIC_ALIAS_INVALID;
    if (!s->aliases)
        s->aliases = px_zalloc(PX_MQTT_TOPIC_ALIASES_MAX, sizeof(*s->aliases));
    if (!s->aliases)
        return PX_MQTT_QUOTA_EXCEEDED;
    if (p->topic.len == 0) {
        p->topic = s->aliases[at];
        return p->topic.len ? PX_MQTT_SUCCESS : PX_MQTT_TOPIC_ALIAS_INVALID;
    }
    if (px_str_eq(p->topic, s->aliases[at]) || learn(&s->aliases[at], p->topic))
        return PX_MQTT_SUCCESS;
    return PX_MQTT_QUOTA_EXCEEDED;
}

/* The first topics get the aliases and keep them: nobody has to guess which will come again. */
uint16_t pxi_mqtt_alias_out(px_mqtt_session *s, px_mqtt_publish *p)
{
    for (uint16_t i = 0; i < s->alias_out_count; i++) {
        if (!px_str_eq(p->topic, s->aliases_out[i]))
            continue;
        p->topic = (px_str){ NULL, 0 };
        return (uint16_t)(i + 1);
    }
    if (s->alias_out_count == s->alias_out_max || p->topic.len < SHORTEST_BYTES ||
        px_mqtt_publish_bytes(s->version, p) + ROOM_BYTES > s->client_packet_bytes_max)
        return 0;
    if (!s->aliases_out)
        s->aliases_out = px_zalloc(s->alias_out_max, sizeof(*s->aliases_out));
    if (!s->aliases_out || !learn(&s->aliases_out[s->alias_out_count], p->topic))
        return 0; /* the topic stands whole, then */
    return ++s->alias_out_count;
}

static void release_table(px_str **table, size_t count)
{
    for (size_t i = 0; *table && i < count; i++)
        px_free((void *)(uintptr_t)(*table)[i].ptr);
    px_free(*table);
    *table = NULL;
}

void pxi_mqtt_aliases_release(px_mqtt_session *s)
{
    release_table(&s->aliases, PX_MQTT_TOPIC_ALIASES_MAX);
    release_table(&s->aliases_out, s->alias_out_count);
    s->alias_out_count = s->alias_out_max = 0;
}
