/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug_topic.h"

static px_spark_kind kind_of(px_str word)
{
    static const struct {
        const char *word;
        px_spark_kind kind;
    } rows[] = {
        { "NBIRTH", PX_SPARK_NBIRTH }, { "NDATA", PX_SPARK_NDATA },   { "NCMD", PX_SPARK_NCMD },
        { "NDEATH", PX_SPARK_NDEATH }, { "DBIRTH", PX_SPARK_DBIRTH }, { "DDATA", PX_SPARK_DDATA },
        { "DCMD", PX_SPARK_DCMD },     { "DDEATH", PX_SPARK_DDEATH },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (px_str_eq(word, px_str_c(rows[i].word)))
            return rows[i].kind;
    return PX_SPARK_NONE;
}

/* False when there is no level any more, or it is empty. */
static bool cut_level(px_str *rest, px_str *ret_level)
{
    *ret_level = px_str_cut(rest, '/');
    return ret_level->len > 0;
}

px_spark_topic px_spark_topic_read(px_str topic)
{
    static const px_spark_topic none = { 0 };
    px_spark_topic t = { 0 };
    px_str rest = topic, first, word;
    bool has_device;

    if (topic.len == 0 || topic.ptr[topic.len - 1] == '/' || !cut_level(&rest, &first) ||
        !px_str_eq(first, PX_STR("spBv1.0")) || !cut_level(&rest, &t.group) ||
        !cut_level(&rest, &word))
        return none;
    if (px_str_eq(t.group, PX_STR("STATE"))) {
        t = (px_spark_topic){ .kind = rest.len == 0 ? PX_SPARK_STATE : PX_SPARK_NONE,
                              .host = word };
        return t;
    }
    t.kind = kind_of(word);
    if (t.kind == PX_SPARK_NONE || !cut_level(&rest, &t.node))
        return none;
    has_device = cut_level(&rest, &t.device);
    if (has_device != (t.kind >= PX_SPARK_DBIRTH) || rest.len > 0)
        return none;
    return t;
}

void px_put_spark_state_topic(px_buf *buf, px_str host)
{
    px_putf(buf, "spBv1.0/STATE/%.*s", PX_FMT(host));
}

void px_put_spark_command_topic(px_buf *buf, px_str group, px_str node)
{
    px_putf(buf, "spBv1.0/%.*s/NCMD/%.*s", PX_FMT(group), PX_FMT(node));
}

void px_put_spark_twin(px_buf *buf, const px_spark_topic *topic)
{
    px_putf(buf, "%.*s.%.*s", PX_FMT(topic->group), PX_FMT(topic->node));
    if (topic->device.len > 0)
        px_putf(buf, ".%.*s", PX_FMT(topic->device));
}
