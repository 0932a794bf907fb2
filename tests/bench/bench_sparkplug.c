/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sparkplug B: messages of 100 metrics by alias, from the bytes to typed fields of a twin, by
 * px_sparkplug_hear, the function that the MQTT door calls. CPU time of the process; the median of
 * the rounds counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "model/model.h"
#include "px_spark.h"
#include "sync/sparkplug.h"
#include "sync/sparkplug_payload.h"

enum { METRICS = 100, MESSAGES = 256, ROUNDS = 9, TURNS = 40 };

typedef struct bench {
    px_model_set set;
    px_sparkplug *s;
    px_arena arena;
    px_buf messages[MESSAGES];
} bench;

static const px_layout *find_layout(void *ctx, px_str twin, uint32_t *ret_model_no)
{
    (void)twin;
    *ret_model_no = 1;
    return px_model_layout(((bench *)ctx)->set.models[0]);
}

static void load_model(bench *b)
{
    px_buf text = { 0 };
    px_err err;

    px_put_c(&text, "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Node;1\",\"@type\":"
                    "\"Interface\",\"contents\":[");
    for (int i = 0; i < METRICS; i++)
        px_putf(&text, "%s{\"@type\":\"Property\",\"name\":\"m%d\",\"schema\":\"%s\"}",
                i ? "," : "", i, i % 4 == 3 ? "integer" : "double");
    px_put_c(&text, "]}");
    if (px_models_parse(px_buf_str(&text), NULL, &b->set, &err) != PX_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    px_buf_release(&text);
}

/* Three doubles, then a whole number, and again; as many as there are. */
static void put_message(px_buf *out, bool is_birth, uint64_t seq)
{
    px_buf metric = { 0 };
    char name[16];

    px_spark_put_whole(out, 1, UINT64_C(1767225600000) + seq);
    for (unsigned i = 0; i < METRICS; i++) {
        bool is_whole = i % 4 == 3;

        snprintf(name, sizeof(name), "m%u", i);
        px_spark_put_head(&metric,
                          (px_spark_made){ .name = is_birth ? name : NULL,
                                           .alias = i + 1,
                                           .timestamp = UINT64_C(1767225600000) + i,
                                           .type = is_whole ? PX_SPARK_Int32 : PX_SPARK_Double });
        if (is_whole)
            px_spark_put_whole(&metric, 10, (seq * 31 + i) % 5000);
        else
            px_spark_put_double(&metric, 13, 20.5 + (double)(seq * 7 + i) / 8);
        px_spark_put_metric(out, &metric);
    }
    px_spark_put_whole(out, 3, seq % 256);
    px_buf_release(&metric);
}

static void hear(bench *b, const char *topic, px_str payload)
{
    px_spark_message m = { .tenant = 1,
                           .topic = px_spark_topic_read(px_str_c(topic)),
                           .twin = PX_STR("g.n"),
                           .payload = payload,
                           .now = PX_SECOND,
                           .layout = find_layout,
                           .ctx = b };
    px_spark_heard heard;
    px_err err;

    px_arena_reset(&b->arena);
    px_assert(px_sparkplug_hear(b->s, &m, &b->arena, &heard, &err) == PX_OK);
    px_assert(heard.decoded.accepted == METRICS && !heard.asks_rebirth);
}

static double now_s(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double one_round(bench *b)
{
    double began = now_s();

    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < MESSAGES; i++)
            hear(b, "spBv1.0/g/NDATA/n", px_buf_str(&b->messages[i]));
    return (double)TURNS * MESSAGES * METRICS / (now_s() - began) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(void)
{
    static bench b;
    px_buf birth = { 0 };
    double rounds[ROUNDS];

    load_model(&b);
    b.s = px_sparkplug_new();
    px_arena_init(&b.arena, 16 << 20);
    put_message(&birth, true, 255);
    for (unsigned i = 0; i < MESSAGES; i++)
        put_message(&b.messages[i], false, i);
    hear(&b, "spBv1.0/g/NBIRTH/n", px_buf_str(&birth));
    for (int i = 0; i < ROUNDS; i++)
        rounds[i] = one_round(&b);
    qsort(rounds, ROUNDS, sizeof(*rounds), by_value);
    printf("sparkplug: %.2f M metrics/s (%.2f to %.2f), %d to a message of %zu bytes\n",
           rounds[ROUNDS / 2], rounds[0], rounds[ROUNDS - 1], METRICS, b.messages[0].len);
    px_sparkplug_free(b.s);
    px_arena_release(&b.arena);
    px_buf_release(&birth);
    for (int i = 0; i < MESSAGES; i++)
        px_buf_release(&b.messages[i]);
    px_model_set_release(&b.set);
    return 0;
}
