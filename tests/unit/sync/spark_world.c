/* SPDX-License-Identifier: Apache-2.0 */
#include "spark_world.h"

#include <stdio.h>

#include "base/mem.h"

static const char models_text[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"rpm\",\"schema\":\"integer\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"Main_Motor\",\"schema\":\"dtmi:test:Motor;1\"},"
    "{\"@type\":\"Property\",\"name\":\"Oil_level\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"}]}]";

static bool takes(void *ctx, px_str metric)
{
    const world *w = ctx;

    return px_str_starts(metric, px_str_c(w->taken));
}

static const px_layout *find_layout(void *ctx, px_str twin, uint32_t *ret_model_no)
{
    world *w = ctx;

    CHECK(px_str_starts(twin, PX_STR("plant.edge")));
    *ret_model_no = w->model_no;
    return w->no_twin ? NULL : px_model_layout(w->set.models[1]);
}

void open_world(world *w)
{
    *w = (world){ .now = 1000 * PX_SECOND, .model_no = 1 };
    CHECK_OK(px_models_parse(px_str_c(models_text), NULL, &w->set, &w->err), &w->err);
    w->s = px_sparkplug_new();
    CHECK(w->s != NULL);
    px_arena_init(&w->arena, 64 << 20);
    px_buf_init(&w->payload, 64 << 20);
    px_buf_init(&w->metric, 1 << 20);
}

void close_world(world *w)
{
    px_sparkplug_free(w->s);
    px_arena_release(&w->arena);
    px_buf_release(&w->payload);
    px_buf_release(&w->metric);
    px_model_set_release(&w->set);
}

/* ---- making payloads ---- */

void add_double(world *w, const char *name, uint64_t alias, double value)
{
    px_spark_put_head(&w->metric, (px_spark_made){ name, alias, 0, PX_SPARK_Double });
    px_spark_put_double(&w->metric, 13, value);
    px_spark_put_metric(&w->payload, &w->metric);
}

void add_int(world *w, const char *name, uint64_t alias, uint64_t at, uint64_t value)
{
    px_spark_put_head(&w->metric, (px_spark_made){ name, alias, at, PX_SPARK_Int32 });
    px_spark_put_whole(&w->metric, 10, value);
    px_spark_put_metric(&w->payload, &w->metric);
}

void add_bd_seq(world *w, uint64_t value)
{
    px_spark_put_head(&w->metric, (px_spark_made){ "bdSeq", 0, 0, PX_SPARK_Int64 });
    px_spark_put_whole(&w->metric, 11, value);
    px_spark_put_metric(&w->payload, &w->metric);
}

px_status hear_at(world *w, const char *topic, int seq)
{
    px_spark_message m = { .tenant = 1,
                           .topic = px_spark_topic_read(px_str_c(topic)),
                           .now = w->now,
                           .layout = find_layout,
                           .takes = w->taken ? takes : NULL,
                           .ctx = w };
    px_buf twin = { 0 };
    px_status status;

    CHECK(m.topic.kind != PX_SPARK_NONE);
    if (m.topic.kind != PX_SPARK_STATE) {
        px_spark_put_whole(&w->payload, 1, AT);
        if (seq != NO_SEQ)
            px_spark_put_whole(&w->payload, 3, (uint64_t)seq);
        px_put_spark_twin(&twin, &m.topic);
    }
    m.twin = px_buf_str(&twin);
    m.payload = px_arena_str(&w->arena, px_buf_str(&w->payload));
    px_mem_fail_nth(w->fails_at);
    status = px_sparkplug_hear(w->s, &m, &w->arena, &w->heard, &w->err);
    px_mem_fail_nth(0);
    px_buf_release(&twin);
    px_buf_clear(&w->payload);
    return status;
}

void hear(world *w, const char *of, const char *type, int seq)
{
    char topic[64];

    snprintf(topic, sizeof(topic), "spBv1.0/plant/%s/%s", type, of);
    CHECK_OK(hear_at(w, topic, seq), &w->err);
}

void node_is_born(world *w, uint64_t bd_seq)
{
    add_bd_seq(w, bd_seq);
    add_double(w, "temperature", 1, 20.5);
    add_int(w, "Main Motor/rpm", 2, 0, 1450);
    hear(w, NODE, "NBIRTH", 0);
    CHECK(w->heard.is_birth);
}

void device_is_born(world *w, int seq)
{
    add_double(w, "temperature", 7, 1);
    hear(w, DEVICE, "DBIRTH", seq);
    CHECK(w->heard.is_birth && w->heard.went_online);
}

const px_field_value *field_of(world *w, size_t sample, const char *path)
{
    const px_field *field = px_layout_find_path(px_model_layout(w->set.models[1]), px_str_c(path));

    CHECK(field && sample < w->heard.decoded.sample_count);
    for (size_t i = 0; i < w->heard.decoded.samples[sample].field_count; i++)
        if (w->heard.decoded.samples[sample].fields[i].field == field->index)
            return &w->heard.decoded.samples[sample].fields[i];
    fail_msg("%s is missing", path);
    return NULL;
}

int64_t whole_of(world *w, size_t sample, const char *path)
{
    int64_t value;

    CHECK(px_num_to_int(field_of(w, sample, path)->value.num, &value));
    return value;
}
