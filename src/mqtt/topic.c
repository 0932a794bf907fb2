/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/topic.h"

/*
 * Topics are nearly always short ASCII: one loop over bytes looks for what is forbidden, counts
 * levels and notes whether anything beyond ASCII came; only then the UTF-8 check runs.
 */
typedef struct scan {
    size_t slashes;
    bool nul, wild, high;
} scan;

static scan scan_bytes(px_str text)
{
    scan s = { 0 };
    unsigned high = 0, nul = 0, wild = 0, slashes = 0;

    for (size_t i = 0; i < text.len; i++) { /* no branches: compilers make it wide */
        unsigned char c = (unsigned char)text.ptr[i];

        high |= c;
        nul |= c == 0;
        wild |= (c == '+') | (c == '#');
        slashes += c == '/';
    }
    s.slashes = slashes;
    s.nul = nul != 0;
    s.wild = wild != 0;
    s.high = (high & 0x80) != 0;
    return s;
}

bool px_mqtt_utf8(px_str text)
{
    scan s = scan_bytes(text);

    return !s.nul && (!s.high || px_str_is_utf8(text, NULL));
}

px_mqtt_reason px_mqtt_topic_check(px_str topic)
{
    scan s = scan_bytes(topic);

    if (s.nul || (s.high && !px_str_is_utf8(topic, NULL)))
        return PX_MQTT_MALFORMED;
    if (topic.len == 0 || topic.len > PX_TOPIC_BYTES_MAX || s.wild ||
        s.slashes >= PX_TOPIC_LEVELS_MAX)
        return PX_MQTT_TOPIC_NAME_INVALID;
    return PX_MQTT_SUCCESS;
}

/* filter = level *("/" level); level = "+" / "#" / text without wildcards; "#" only as the last */
static bool wildcards_stand_alone(px_str filter)
{
    for (size_t i = 0; i < filter.len; i++) {
        char c = filter.ptr[i];

        if (c != '+' && c != '#')
            continue;
        if (i > 0 && filter.ptr[i - 1] != '/')
            return false;
        if (i + 1 < filter.len && (c == '#' || filter.ptr[i + 1] != '/'))
            return false;
    }
    return true;
}

px_mqtt_reason px_mqtt_filter_check(px_str filter)
{
    scan s = scan_bytes(filter);

    if (s.nul || (s.high && !px_str_is_utf8(filter, NULL)))
        return PX_MQTT_MALFORMED;
    if (filter.len == 0 || filter.len > PX_TOPIC_BYTES_MAX || s.slashes >= PX_TOPIC_LEVELS_MAX ||
        (s.wild && !wildcards_stand_alone(filter)))
        return PX_MQTT_TOPIC_FILTER_INVALID;
    if (px_str_starts(filter, PX_STR("$share/")) || px_str_eq(filter, PX_STR("$share")))
        return PX_MQTT_TOPIC_FILTER_INVALID;
    return PX_MQTT_SUCCESS;
}

px_mqtt_reason px_mqtt_filter_settle(px_str *filter, px_str *ret_share)
{
    px_str rest = *filter, share;

    *ret_share = (px_str){ NULL, 0 };
    if (!px_str_starts(rest, PX_STR("$share/")))
        return px_mqtt_filter_check(rest);
    if (rest.len > PX_TOPIC_BYTES_MAX)
        return PX_MQTT_TOPIC_FILTER_INVALID;
    rest = px_str_skip(rest, 7);
    share = px_str_cut(&rest, '/');
    if (!px_mqtt_utf8(share))
        return PX_MQTT_MALFORMED;
    if (share.len == 0 || scan_bytes(share).wild)
        return PX_MQTT_TOPIC_FILTER_INVALID;
    *filter = rest;
    *ret_share = share;
    return px_mqtt_filter_check(rest);
}

/* Like px_str_cut, but tells "a" from "a/": `*more` stays true while a level follows. */
static px_str next_level(px_str *rest, bool *more)
{
    const char *slash = rest->len ? memchr(rest->ptr, '/', rest->len) : NULL;
    px_str level = *rest;

    *more = slash != NULL;
    if (!slash) {
        *rest = (px_str){ NULL, 0 };
        return level;
    }
    level.len = (size_t)(slash - rest->ptr);
    *rest = px_str_skip(*rest, level.len + 1);
    return level;
}

bool px_mqtt_filter_matches(px_str filter, px_str topic)
{
    bool more_filter = true, more_topic = true;

    if (topic.len > 0 && topic.ptr[0] == '$' && filter.len > 0 &&
        (filter.ptr[0] == '+' || filter.ptr[0] == '#'))
        return false;
    while (more_filter) {
        px_str want = next_level(&filter, &more_filter), have;

        if (px_str_eq(want, PX_STR("#")))
            return true; /* also of the level above: "a/#" selects "a" */
        if (!more_topic)
            return false;
        have = next_level(&topic, &more_topic);
        if (!px_str_eq(want, PX_STR("+")) && !px_str_eq(want, have))
            return false;
    }
    return !more_topic;
}

static bool hides_dollar(px_str filter, px_str other)
{
    return filter.len > 0 && (filter.ptr[0] == '+' || filter.ptr[0] == '#') && other.len > 0 &&
           other.ptr[0] == '$';
}

bool px_mqtt_filters_meet(px_str a, px_str b)
{
    static const px_str all = { "#", 1 }, one = { "+", 1 };
    bool more_a = true, more_b = true;

    if (hides_dollar(a, b) || hides_dollar(b, a))
        return false;
    while (more_a && more_b) {
        px_str left = next_level(&a, &more_a), right = next_level(&b, &more_b);

        if (px_str_eq(left, all) || px_str_eq(right, all))
            return true;
        if (!px_str_eq(left, one) && !px_str_eq(right, one) && !px_str_eq(left, right))
            return false;
    }
    return more_a == more_b || px_str_eq(more_a ? a : b, all); /* "a/#" selects "a" */
}
