/* SPDX-License-Identifier: Apache-2.0 */
/* Where messages come from: `{"mqtt": "factory/{line}/{machine}/data"}`, `{"http": true}`, both,
 * `{"connection": "plant-broker", "topic": "factory/{line}/{machine}/data"}`, or
 * `{"sparkplug": "plant/{node}/{device}"}`. */
#include "base/level.h"
#include "mqtt/topic.h"
#include "sync/binding_inner.h"
#include "sync/sparkplug.h"

/* `{name}` as a whole level. */
static px_str name_of(px_str level)
{
    if (level.len > 2 && level.ptr[0] == '{' && level.ptr[level.len - 1] == '}')
        return px_str_of(level.ptr + 1, level.len - 2);
    return (px_str){ 0 };
}

static px_status read_levels(px_binding *b, const px_json *json, px_buf *filter, px_str *levels,
                             px_err *ret_err)
{
    px_str rest = json->text;
    bool more = true;

    while (more) {
        const char *slash = memchr(rest.ptr, '/', rest.len);
        px_str level = px_str_of(rest.ptr, slash ? (size_t)(slash - rest.ptr) : rest.len), name;

        if (b->level_count == PX_TOPIC_LEVELS_MAX)
            return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                                "a topic has at most %d levels", PX_TOPIC_LEVELS_MAX);
        name = name_of(level);
        if (!name.ptr && level.len &&
            (memchr(level.ptr, '{', level.len) || memchr(level.ptr, '}', level.len)))
            return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                                "'%.*s' is no level: a name in braces is a whole one, as "
                                "a/{line}/data",
                                PX_FMT(level));
        if (name.ptr && pxi_level_find(b, name) != UINT32_MAX)
            return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                                "the level '{%.*s}' is named twice", PX_FMT(name));
        if (b->level_count)
            px_put_char(filter, '/');
        px_put(filter, name.ptr ? PX_STR("+") : level);
        levels[b->level_count++] = name;
        more = slash != NULL;
        rest = px_str_skip(rest, level.len + more);
    }
    return PX_OK;
}

static px_status read_topic(px_binding *b, const px_json *json, px_err *ret_err)
{
    px_str *levels = PX_ARENA_ARRAY(&b->arena, px_str, PX_TOPIC_LEVELS_MAX);
    px_buf filter = { 0 };
    px_status status;

    if (!levels)
        return px_arena_fail(&b->arena, ret_err);
    b->levels = levels;
    if (json->type != PX_JSON_STRING || json->text.len == 0 || json->text.len > PX_TOPIC_BYTES_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'%.*s' is a topic such as factory/{line}/data", PX_FMT(json->key));
    status = read_levels(b, json, &filter, levels, ret_err);
    if (status == PX_OK)
        status = px_buf_status(&filter, ret_err);
    if (status == PX_OK) {
        b->filter = px_arena_str(&b->arena, px_buf_str(&filter));
        if (!b->filter.ptr)
            status = px_arena_fail(&b->arena, ret_err);
    }
    px_buf_release(&filter);
    PX_TRY(status);
    if (px_mqtt_filter_check(b->filter) != PX_MQTT_SUCCESS)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'%.*s' is no topic; + and {name} are whole levels, # is the last",
                            PX_FMT(json->text));
    return PX_OK;
}

/* Of clients of this server. */
static px_status read_mqtt(px_binding *b, const px_json *json, px_err *ret_err)
{
    px_str rest;

    PX_TRY(read_topic(b, json, ret_err));
    rest = b->filter;
    if (px_level_is_reserved(px_str_cut(&rest, '/')))
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'%.*s' is no plain topic: below twins, events, spBv1.0 and $ the "
                            "server itself says what messages mean",
                            PX_FMT(json->text));
    b->has_mqtt = true;
    return PX_OK;
}

/* A connection of ours to somebody else's broker, or to a device that has no topics. */
static px_status read_connection(px_binding *b, const px_json *source, const px_json *json,
                                 px_err *ret_err)
{
    const px_json *topic = px_json_get(source, PX_STR("topic"));

    if (json->type != PX_JSON_STRING || json->text.len == 0 || json->text.len > PX_DOC_ID_BYTES_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'connection' is the name of a connection");
    b->connection = json->text;
    return topic ? read_topic(b, topic, ret_err) : PX_OK;
}

/* The metrics of edge nodes, GROUP/NODE, or of devices, GROUP/NODE/DEVICE: rows that Pollux itself
 * makes (sparkplug_row.c), with their time. */
static px_status read_sparkplug(px_binding *b, const px_json *json, px_err *ret_err)
{
    PX_TRY(read_topic(b, json, ret_err));
    if (b->level_count < 2 || b->level_count > 3 || memchr(b->filter.ptr, '#', b->filter.len))
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'%.*s' is neither GROUP/NODE, an edge node, nor GROUP/NODE/DEVICE; + "
                            "and {name} are whole levels",
                            PX_FMT(json->text));
    b->is_sparkplug = true;
    b->time = (pxi_place){ .key = PX_SPARK_ROW_TIME, .is_key = true };
    b->time_form = PXI_TIME_RFC3339;
    b->has_time = true;
    return PX_OK;
}

static px_status check_alone(const px_json *source, px_err *ret_err)
{
    if (source->count == 1)
        return PX_OK;
    return px_json_fail(source, ret_err, PX_INVALID, "binding.form",
                        "a source with 'sparkplug' has nothing beside it; make a binding for each");
}

static px_status check_one(const px_json *source, px_err *ret_err)
{
    const px_json *topic = px_json_get(source, PX_STR("topic"));
    bool has_connection = px_json_get(source, PX_STR("connection")) != NULL;

    if (has_connection && px_json_get(source, PX_STR("mqtt")))
        return px_json_fail(source, ret_err, PX_INVALID, "binding.form",
                            "a source is clients of this server, 'mqtt', or a 'connection'; make a "
                            "binding for each");
    if (topic && !has_connection)
        return px_json_fail(
            topic, ret_err, PX_INVALID, "binding.form",
            "'topic' is of a 'connection'; that of clients of this server stands in "
            "'mqtt'");
    return PX_OK;
}

px_status pxi_source_read(px_binding *b, const px_json *json, px_err *ret_err)
{
    static const char *const members[] = {
        "mqtt", "http", "connection", "topic", "sparkplug", NULL
    };
    const px_json *mqtt = px_json_get(json, PX_STR("mqtt"));
    const px_json *http = px_json_get(json, PX_STR("http"));
    const px_json *connection = px_json_get(json, PX_STR("connection"));
    const px_json *sparkplug = px_json_get(json, PX_STR("sparkplug"));

    PX_TRY(px_json_members(json, "a source", "binding.form", members, ret_err));
    if (sparkplug) {
        PX_TRY(check_alone(json, ret_err));
        return read_sparkplug(b, sparkplug, ret_err);
    }
    if (!mqtt && !http && !connection)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "a source is {\"mqtt\":\"factory/{line}/data\"}, {\"http\":true}, "
                            "{\"connection\":NAME} or {\"sparkplug\":\"GROUP/NODE/DEVICE\"}");
    PX_TRY(check_one(json, ret_err));
    if (http && !px_json_is_bool(http))
        return px_json_fail(http, ret_err, PX_INVALID, "binding.form", "'http' is true or false");
    b->takes_http = px_json_is(http, PX_JSON_TRUE);
    if (connection)
        return read_connection(b, json, connection, ret_err);
    return mqtt ? read_mqtt(b, mqtt, ret_err) : PX_OK;
}

void pxi_levels_cut(const px_binding *b, px_str topic, px_str ret_levels[PX_TOPIC_LEVELS_MAX])
{
    px_str rest = topic;

    for (uint32_t i = 0; i < PX_TOPIC_LEVELS_MAX; i++)
        ret_levels[i] = i < b->level_count && rest.len ? px_str_cut(&rest, '/') : PX_STR("");
}

bool px_binding_takes_topic(const px_binding *binding, px_str topic)
{
    return binding->has_mqtt && px_mqtt_filter_matches(binding->filter, topic);
}

bool px_binding_filter_meets(const px_binding *binding, px_str filter)
{
    return px_mqtt_filters_meet(binding->filter, filter);
}

bool px_binding_takes_connection(const px_binding *binding, px_str connection, px_str topic)
{
    return binding->connection.len && px_str_eq(binding->connection, connection) &&
           (!binding->filter.len || (topic.len && px_mqtt_filter_matches(binding->filter, topic)));
}

bool px_binding_takes_sparkplug(const px_binding *binding, px_str source)
{
    return binding->is_sparkplug && px_mqtt_filter_matches(binding->filter, source);
}

static bool has_names(const px_binding *b)
{
    for (uint32_t i = 0; i < b->level_count; i++)
        if (b->levels[i].len)
            return true;
    return false;
}

px_status px_binding_fits_topic(const px_binding *b, px_str topic, px_err *ret_err)
{
    if (!b->filter.len)
        return PX_OK;
    if (!topic.len && (b->takes_http || !has_names(b)))
        return PX_OK;
    if (!topic.len)
        return px_fail_id(ret_err, PX_INVALID, "binding.topic",
                          "the message says no topic, and the binding reads names from it, '%.*s'",
                          PX_FMT(b->filter));
    if (px_mqtt_filter_matches(b->filter, topic))
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "binding.topic",
                      "the binding takes '%.*s', and the message is of '%.*s'", PX_FMT(b->filter),
                      PX_FMT(topic));
}

bool px_binding_takes_http(const px_binding *binding)
{
    return binding->takes_http;
}
