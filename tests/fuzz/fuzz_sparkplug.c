/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node that sends what it likes: a birth, then data, both from the input, whose first two bytes
 * say how long the birth is. No value that comes out may point anywhere but into the payload or the
 * arena, which the sanitizers watch, and what is taken twice is the same twice.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/model.h"
#include "sync/sparkplug.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char model_text[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:N;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"a\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"b\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"c\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
    "\"double\"}},{\"@type\":\"Telemetry\",\"name\":\"d\",\"schema\":\"boolean\"}]}";

static px_model_set models;

static const px_layout *find_layout(void *ctx, px_str twin, uint32_t *ret_model_no)
{
    (void)ctx, (void)twin;
    *ret_model_no = 1;
    return px_model_layout(models.models[0]);
}

static bool takes(void *ctx, px_str metric)
{
    (void)ctx;
    return metric.len % 2;
}

/* Whatever came, rows for bindings are JSON. */
static size_t look_at_rows(px_str rows, px_arena *arena)
{
    px_json *json;

    if (rows.len && px_json_parse(rows, NULL, arena, &json, NULL) == PX_INVALID)
        abort();
    return rows.len;
}

static size_t hear(px_sparkplug *s, const char *topic, px_str payload)
{
    px_spark_message m = { .tenant = 1,
                           .topic = px_spark_topic_read(px_str_c(topic)),
                           .twin = PX_STR("g.n"),
                           .payload = payload,
                           .now = PX_SECOND,
                           .layout = find_layout,
                           .takes = takes };
    px_spark_heard heard;
    px_arena arena;
    px_err err;
    size_t sum = 0;

    px_arena_init(&arena, 16 << 20);
    if (px_sparkplug_hear(s, &m, &arena, &heard, &err) == PX_OK) {
        for (size_t i = 0; i < heard.decoded.sample_count; i++)
            for (size_t f = 0; f < heard.decoded.samples[i].field_count; f++) {
                px_str text = heard.decoded.samples[i].fields[f].value.text;

                sum += heard.decoded.samples[i].fields[f].field + 1;
                for (size_t b = 0; b < text.len; b++)
                    sum += (uint8_t)text.ptr[b];
            }
        if (heard.decoded.accepted < heard.decoded.sample_count)
            abort();
        sum += look_at_rows(heard.rows, &arena);
    }
    px_arena_release(&arena);
    return sum;
}

static size_t play(px_str birth, px_str data)
{
    px_sparkplug *s = px_sparkplug_new();
    size_t sum = hear(s, "spBv1.0/g/NBIRTH/n", birth);

    sum = sum * 31 + hear(s, "spBv1.0/g/NDATA/n", data);
    sum = sum * 31 + hear(s, "spBv1.0/g/DBIRTH/n/d", birth);
    sum = sum * 31 + hear(s, "spBv1.0/g/DDATA/n/d", data);
    sum = sum * 31 + hear(s, "spBv1.0/g/NDEATH/n", data);
    sum = sum * 31 + hear(s, "spBv1.0/STATE/h", data);
    px_sparkplug_free(s);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str birth, rest;
    px_err err;
    size_t cut;

    if (size < 2)
        return 0;
    if (!models.models && px_models_parse(px_str_c(model_text), NULL, &models, &err) != PX_OK)
        abort();
    cut = (size_t)(data[0] << 8 | data[1]) % (size - 1);
    birth = px_str_of((const char *)data + 2, cut);
    rest = px_str_of((const char *)data + 2 + cut, size - 2 - cut);
    if (play(birth, rest) != play(birth, rest))
        abort();
    return 0;
}
