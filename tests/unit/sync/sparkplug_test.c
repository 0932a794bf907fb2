/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "model/model.h"
#include "px_spark.h"
#include "px_test.h"
#include "sync/sparkplug_inner.h"
#include "sync/sparkplug_payload.h"

#define NODE "edge"
#define DEVICE "edge/press"
#define AT UINT64_C(1767225600000) /* ms */

static const char models_text[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"rpm\",\"schema\":\"integer\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"Main_Motor\",\"schema\":\"dtmi:test:Motor;1\"},"
    "{\"@type\":\"Property\",\"name\":\"Oil_level\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"}]}]";

typedef struct world {
    px_sparkplug *s;
    px_model_set set;
    px_arena arena;
    px_buf payload, metric;
    px_spark_heard heard;
    px_time now;
    bool no_twin;
    uint32_t model_no;
    const char *taken; /* metrics that begin so are a binding's; NULL: there is none */
    uint64_t fails_at; /* the allocation of the next message that fails; 0: none */
    px_err err;
} world;

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

static void open_world(world *w)
{
    *w = (world){ .now = 1000 * PX_SECOND, .model_no = 1 };
    CHECK_OK(px_models_parse(px_str_c(models_text), NULL, &w->set, &w->err), &w->err);
    w->s = px_sparkplug_new();
    CHECK(w->s != NULL);
    px_arena_init(&w->arena, 64 << 20);
    px_buf_init(&w->payload, 64 << 20);
    px_buf_init(&w->metric, 1 << 20);
}

static void close_world(world *w)
{
    px_sparkplug_free(w->s);
    px_arena_release(&w->arena);
    px_buf_release(&w->payload);
    px_buf_release(&w->metric);
    px_model_set_release(&w->set);
}

/* ---- making payloads ---- */

static void add_double(world *w, const char *name, uint64_t alias, double value)
{
    px_spark_put_head(&w->metric, (px_spark_made){ name, alias, 0, PX_SPARK_Double });
    px_spark_put_double(&w->metric, 13, value);
    px_spark_put_metric(&w->payload, &w->metric);
}

static void add_int(world *w, const char *name, uint64_t alias, uint64_t at, uint64_t value)
{
    px_spark_put_head(&w->metric, (px_spark_made){ name, alias, at, PX_SPARK_Int32 });
    px_spark_put_whole(&w->metric, 10, value);
    px_spark_put_metric(&w->payload, &w->metric);
}

static void add_bd_seq(world *w, uint64_t value)
{
    px_spark_put_head(&w->metric, (px_spark_made){ "bdSeq", 0, 0, PX_SPARK_Int64 });
    px_spark_put_whole(&w->metric, 11, value);
    px_spark_put_metric(&w->payload, &w->metric);
}

enum { NO_SEQ = -1 };

static px_status hear_at(world *w, const char *topic, int seq)
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

static void hear(world *w, const char *of, const char *type, int seq)
{
    char topic[64];

    snprintf(topic, sizeof(topic), "spBv1.0/plant/%s/%s", type, of);
    CHECK_OK(hear_at(w, topic, seq), &w->err);
}

static void node_is_born(world *w, uint64_t bd_seq)
{
    add_bd_seq(w, bd_seq);
    add_double(w, "temperature", 1, 20.5);
    add_int(w, "Main Motor/rpm", 2, 0, 1450);
    hear(w, NODE, "NBIRTH", 0);
    CHECK(w->heard.is_birth);
}

static void device_is_born(world *w, int seq)
{
    add_double(w, "temperature", 7, 1);
    hear(w, DEVICE, "DBIRTH", seq);
    CHECK(w->heard.is_birth && w->heard.went_online);
}

static const px_field_value *field_of(world *w, size_t sample, const char *path)
{
    const px_field *field = px_layout_find_path(px_model_layout(w->set.models[1]), px_str_c(path));

    CHECK(field && sample < w->heard.decoded.sample_count);
    for (size_t i = 0; i < w->heard.decoded.samples[sample].field_count; i++)
        if (w->heard.decoded.samples[sample].fields[i].field == field->index)
            return &w->heard.decoded.samples[sample].fields[i];
    fail_msg("%s is missing", path);
    return NULL;
}

static int64_t whole_of(world *w, size_t sample, const char *path)
{
    int64_t value;

    CHECK(px_num_to_int(field_of(w, sample, path)->value.num, &value));
    return value;
}

/* ---- births and data ---- */

PX_TEST(a_birth_defines_and_data_follow_by_alias)
{
    world w;

    open_world(&w);
    node_is_born(&w, 3);
    CHECK(w.heard.went_online && w.heard.has_twin && !w.heard.asks_rebirth);
    CHECK_EQ(w.heard.decoded.accepted, 2);
    CHECK_EQ(w.heard.model_no, 1);
    CHECK_EQ(whole_of(&w, 0, "Main_Motor.rpm"), 1450);
    CHECK_EQ(w.heard.decoded.samples[0].source_time, (px_time)AT * PX_MILLISECOND);

    add_int(&w, NULL, 2, AT + 5, 1500);
    hear(&w, NODE, "NDATA", 1);
    CHECK_EQ(w.heard.decoded.accepted, 1);
    CHECK_EQ(whole_of(&w, 0, "Main_Motor.rpm"), 1500);
    CHECK_EQ(field_of(&w, 0, "Main_Motor.rpm")->source_time, (px_time)(AT + 5) * PX_MILLISECOND);
    CHECK(!w.heard.asks_rebirth && !w.heard.went_online && !w.heard.is_birth);

    add_double(&w, "temperature", 0, 21); /* by name is right as well */
    hear(&w, NODE, "NDATA", 2);
    CHECK_EQ(w.heard.decoded.accepted, 1);
    close_world(&w);
}

PX_TEST(a_metric_that_comes_again_begins_another_sample)
{
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    for (unsigned i = 0; i < 3; i++) {
        add_int(&w, NULL, 2, AT + i, 100 + i);
        add_double(&w, NULL, 1, 20 + i);
    }
    hear(&w, NODE, "NDATA", 1);
    CHECK_EQ(w.heard.decoded.sample_count, 3);
    CHECK_EQ(w.heard.decoded.accepted, 6);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(whole_of(&w, i, "Main_Motor.rpm"), 100 + i);
    close_world(&w);
}

PX_TEST(names_find_their_fields)
{
    world w;

    open_world(&w);
    add_double(&w, "Oil level", 1, 0.5);          /* `Oil_level` */
    add_int(&w, "Main/Motor/rpm", 2, 0, 7);       /* component `Main_Motor` */
    add_int(&w, "Main Motor/rpm", 3, 0, 8);       /* the same field: it is taken */
    add_double(&w, "Oil/level", 4, 0.7);          /* likewise */
    add_double(&w, "temprature", 5, 1);           /* nothing near enough to take, but to tell */
    add_double(&w, "Node Control/Rebirth", 0, 0); /* the protocol's own: not told */
    hear(&w, NODE, "NBIRTH", 0);
    CHECK_EQ(w.heard.decoded.accepted, 2);
    CHECK_EQ(whole_of(&w, 0, "Main_Motor.rpm"), 7);
    CHECK_EQ(w.heard.decoded.rejected, 3);
    CHECK_SLICE(w.heard.decoded.rejects[2].name, "temprature");
    CHECK_STR(w.heard.decoded.rejects[2].text,
              "the model has no place for metric 'temprature'; did you mean 'temperature'?");
    CHECK_EQ(px_sparkplug_stat(w.s).unknown, 3);
    add_double(&w, NULL, 5, 1); /* counted again, and not told again */
    hear(&w, NODE, "NDATA", 1);
    CHECK_EQ(w.heard.decoded.rejected, 0);
    CHECK_EQ(px_sparkplug_stat(w.s).unknown, 4);
    close_world(&w);
}

PX_TEST(null_and_bad_quality_are_no_values)
{
    px_buf properties = { 0 }, quality = { 0 };
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    px_spark_put_head(&w.metric, (px_spark_made){ .alias = 1 });
    px_spark_put_whole(&w.metric, 7, 1);
    px_spark_put_metric(&w.payload, &w.metric);
    px_spark_put_whole(&quality, 3, 500);
    px_spark_put_bytes(&properties, 1, PX_STR("Quality"));
    px_spark_put_bytes(&properties, 2, px_buf_str(&quality));
    px_spark_put_head(&w.metric, (px_spark_made){ .alias = 2 });
    px_spark_put_bytes(&w.metric, 9, px_buf_str(&properties));
    px_spark_put_whole(&w.metric, 10, 1450);
    px_spark_put_metric(&w.payload, &w.metric);
    hear(&w, NODE, "NDATA", 1);
    CHECK_EQ(w.heard.decoded.accepted, 0);
    CHECK_EQ(w.heard.decoded.rejected, 1);
    CHECK_STR(w.heard.decoded.rejects[0].id, "sparkplug.quality");
    CHECK_EQ(px_sparkplug_stat(w.s).empty, 2);
    px_buf_release(&properties);
    px_buf_release(&quality);
    close_world(&w);
}

PX_TEST(a_value_of_another_type_than_its_birth_is_told)
{
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    add_double(&w, NULL, 2, 1450);
    add_double(&w, NULL, 1, 21);
    hear(&w, NODE, "NDATA", 1);
    CHECK_EQ(w.heard.decoded.accepted, 1);
    CHECK_STR(w.heard.decoded.rejects[0].text,
              "'Main Motor/rpm' was born as Int32 and comes as Double");
    close_world(&w);
}

/* A message is refused then; a value that is rejected is lost. Once it goes to the twin, once to a
 * binding. */
PX_TEST(want_of_memory_rejects_no_value)
{
    for (int taken = 0; taken < 2; taken++) {
        px_status status = PX_NO_MEMORY;
        world w;

        for (uint64_t n = 1; status != PX_OK; n++) {
            open_world(&w);
            w.taken = taken ? "photo" : NULL;
            px_spark_put_head(&w.metric,
                              (px_spark_made){ taken ? "photo" : "state", 1, 0, PX_SPARK_Bytes });
            px_spark_put_bytes(&w.metric, 16, PX_STR("some bytes"));
            px_spark_put_metric(&w.payload, &w.metric);
            w.fails_at = n;
            status = hear_at(&w, "spBv1.0/plant/NBIRTH/edge", 0);
            if (status == PX_OK) {
                CHECK_EQ(w.heard.decoded.rejected, 0);
                CHECK_EQ(taken ? w.heard.rows.len > 0 : w.heard.decoded.accepted, 1);
            } else {
                CHECK_EQ(status, PX_NO_MEMORY);
            }
            close_world(&w);
        }
    }
}

PX_TEST(a_twin_that_comes_later_or_gets_another_model_is_found)
{
    world w;

    open_world(&w);
    w.no_twin = true;
    node_is_born(&w, 0);
    CHECK(!w.heard.has_twin);
    CHECK_EQ(w.heard.decoded.accepted, 0);
    w.no_twin = false;
    w.model_no = 7;
    add_int(&w, NULL, 2, 0, 1);
    hear(&w, NODE, "NDATA", 1);
    CHECK(w.heard.has_twin);
    CHECK_EQ(w.heard.model_no, 7);
    CHECK_EQ(whole_of(&w, 0, "Main_Motor.rpm"), 1);
    close_world(&w);
}

/* ---- what asks for a birth ---- */

PX_TEST(data_before_a_birth_ask_for_it)
{
    world w;

    open_world(&w);
    add_double(&w, NULL, 1, 1);
    hear(&w, NODE, "NDATA", 4);
    CHECK(w.heard.asks_rebirth && w.heard.is_unborn);
    CHECK_STR(w.heard.why, "it was not born");
    add_double(&w, NULL, 1, 1);
    hear(&w, DEVICE, "DDATA", 5);
    CHECK(w.heard.is_unborn && !w.heard.asks_rebirth); /* it was asked a moment ago */
    w.now += PX_SPARK_REBIRTH_SECONDS_MIN * PX_SECOND - 1;
    hear(&w, DEVICE, "DDEATH", 6);
    CHECK(w.heard.is_unborn && !w.heard.asks_rebirth);
    w.now += 1;
    hear(&w, DEVICE, "DBIRTH", 7);
    CHECK(w.heard.asks_rebirth);
    CHECK_EQ(px_sparkplug_stat(w.s).unborn, 4);
    CHECK_EQ(px_sparkplug_stat(w.s).rebirths, 2);
    node_is_born(&w, 0);
    add_double(&w, NULL, 1, 1);
    hear(&w, NODE, "NDATA", 1);
    CHECK(!w.heard.is_unborn && !w.heard.asks_rebirth);
    close_world(&w);
}

PX_TEST(a_gap_in_seq_asks_and_takes_the_values)
{
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    add_int(&w, NULL, 2, 0, 5);
    hear(&w, NODE, "NDATA", 3);
    CHECK(w.heard.asks_rebirth && !w.heard.is_unborn);
    CHECK_EQ(w.heard.decoded.accepted, 1);
    hear(&w, NODE, "NDATA", 4); /* goes on from there */
    CHECK(w.heard.why == NULL);
    w.now += 10 * PX_SECOND;
    hear(&w, NODE, "NDATA", NO_SEQ);
    CHECK(w.heard.asks_rebirth);
    CHECK_EQ(px_sparkplug_stat(w.s).gaps, 2);
    close_world(&w);
}

PX_TEST(seq_goes_round)
{
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    for (int i = 1; i < 600; i++)
        hear(&w, NODE, "NDATA", i % 256);
    CHECK_EQ(px_sparkplug_stat(w.s).gaps, 0);
    CHECK_EQ(hear_at(&w, "spBv1.0/plant/NDATA/edge", 256), PX_INVALID);
    CHECK_STR(w.err.id, "sparkplug.seq");
    close_world(&w);
}

PX_TEST(an_alias_that_was_not_born_asks_and_the_rest_is_taken)
{
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    add_int(&w, NULL, 99, 0, 5);
    add_int(&w, NULL, 2, 0, 6);
    hear(&w, NODE, "NDATA", 1);
    CHECK(w.heard.asks_rebirth);
    CHECK_STR(w.heard.why, "data came of a metric that was not born");
    CHECK_EQ(w.heard.decoded.accepted, 1);
    close_world(&w);
}

/* ---- devices ---- */

PX_TEST(a_device_has_metrics_of_its_own_and_the_seq_of_its_node)
{
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    add_double(&w, NULL, 7, 2);
    hear(&w, DEVICE, "DDATA", 1);
    CHECK(w.heard.is_unborn && w.heard.asks_rebirth);
    device_is_born(&w, 2);
    add_double(&w, NULL, 7, 3);
    hear(&w, DEVICE, "DDATA", 3);
    CHECK_EQ(w.heard.decoded.accepted, 1);
    hear(&w, DEVICE, "DDEATH", 4);
    CHECK(w.heard.went_offline);
    add_double(&w, NULL, 7, 3);
    hear(&w, DEVICE, "DDATA", 5);
    CHECK(w.heard.is_unborn);
    hear(&w, DEVICE, "DDEATH", 6);
    CHECK(!w.heard.went_offline);
    CHECK_EQ(px_sparkplug_stat(w.s).deaths_ignored, 1);
    CHECK_EQ(px_sparkplug_stat(w.s).gaps, 0);
    close_world(&w);
}

PX_TEST(a_nodes_birth_ends_its_devices_until_theirs)
{
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    device_is_born(&w, 1);
    node_is_born(&w, 1);
    CHECK(!w.heard.went_online); /* it was */
    add_double(&w, NULL, 7, 3);
    hear(&w, DEVICE, "DDATA", 1);
    CHECK(w.heard.is_unborn);
    device_is_born(&w, 2);
    close_world(&w);
}

/* ---- deaths ---- */

PX_TEST(a_death_ends_the_birth_of_its_bd_seq_and_no_other)
{
    world w;

    open_world(&w);
    node_is_born(&w, 3);
    device_is_born(&w, 1);
    add_bd_seq(&w, 2); /* the will of the connection before */
    hear(&w, NODE, "NDEATH", NO_SEQ);
    CHECK(!w.heard.went_offline);
    hear(&w, NODE, "NDEATH", NO_SEQ); /* without a bdSeq */
    CHECK(!w.heard.went_offline);
    add_double(&w, NULL, 1, 1);
    hear(&w, NODE, "NDATA", 2);
    CHECK(!w.heard.asks_rebirth);
    w.now += PX_SECOND;
    add_bd_seq(&w, 3);
    hear(&w, NODE, "NDEATH", NO_SEQ);
    CHECK(w.heard.went_offline);
    CHECK_EQ(px_sparkplug_stat(w.s).online, 0);
    CHECK_EQ(px_sparkplug_stat(w.s).deaths_ignored, 2);
    add_double(&w, NULL, 7, 1);
    hear(&w, DEVICE, "DDATA", 3);
    CHECK(w.heard.is_unborn && w.heard.asks_rebirth);
    close_world(&w);
}

/* ---- births that cannot be taken ---- */

static void birth_is_refused(world *w, const char *id)
{
    CHECK_EQ(hear_at(w, "spBv1.0/plant/NBIRTH/edge", 0), PX_INVALID);
    CHECK_STR(w->err.id, id);
}

static void count_ended(void *ctx, const px_spark_status *status)
{
    CHECK_SLICE(status->node, "edge");
    ++*(int *)ctx;
}

/* How many end by it. */
static int ended(world *w, const px_spark_ending *ending)
{
    int count = 0;

    px_sparkplug_each_ended(w->s, ending, count_ended, &count);
    return count;
}

static void node_dies(world *w, uint64_t bd_seq)
{
    add_bd_seq(w, bd_seq);
    hear(w, NODE, "NDEATH", NO_SEQ);
    w->heard.ending.group = PX_STR("plant"); /* the topic is gone */
    w->heard.ending.node = PX_STR("edge");
}

PX_TEST(a_death_that_was_not_written_is_owed_until_it_is_or_a_birth_comes)
{
    px_spark_ending owed;
    world w;

    open_world(&w);
    node_is_born(&w, 3);
    device_is_born(&w, 1);
    CHECK(!px_sparkplug_take_owed(w.s, &w.arena, &owed));
    node_dies(&w, 3);
    CHECK(w.heard.went_offline);
    CHECK_EQ(ended(&w, &w.heard.ending), 2);
    CHECK(!px_sparkplug_take_owed(w.s, &w.arena, &owed)); /* it is on its way */
    px_sparkplug_ended(w.s, &w.heard.ending, false);
    CHECK(px_sparkplug_take_owed(w.s, &w.arena, &owed));
    CHECK_EQ(owed.tenant, 1);
    CHECK_SLICE(owed.group, "plant");
    CHECK_SLICE(owed.node, "edge");
    CHECK_EQ(ended(&w, &owed), 2);
    CHECK(!px_sparkplug_take_owed(w.s, &w.arena, &owed));
    px_sparkplug_ended(w.s, &owed, false);
    node_dies(&w, 3); /* it says it again itself */
    CHECK(!w.heard.went_offline);
    CHECK_EQ(ended(&w, &w.heard.ending), 2);
    px_sparkplug_ended(w.s, &w.heard.ending, false);
    node_is_born(&w, 4);
    CHECK(px_sparkplug_take_owed(w.s, &w.arena, &owed));
    CHECK_EQ(ended(&w, &owed), 1); /* its device */
    device_is_born(&w, 1);
    CHECK_EQ(ended(&w, &owed), 0);
    px_sparkplug_ended(w.s, &owed, false);
    CHECK(!px_sparkplug_take_owed(w.s, &w.arena, &owed));
    node_dies(&w, 4);
    px_sparkplug_ended(w.s, &w.heard.ending, true);
    CHECK(!px_sparkplug_take_owed(w.s, &w.arena, &owed));
    node_dies(&w, 4);
    CHECK_EQ(w.heard.ending.number, 0);
    close_world(&w);
}

/* Each node has its turn, whatever comes of those before it. */
PX_TEST(what_is_owed_goes_round_among_nodes)
{
    static const char *const nodes[] = { "edge1", "edge2", "edge3" };
    px_spark_ending owed;
    world w;

    open_world(&w);
    for (size_t i = 0; i < 3; i++) {
        add_bd_seq(&w, 1);
        hear(&w, nodes[i], "NBIRTH", 0);
        add_bd_seq(&w, 1);
        hear(&w, nodes[i], "NDEATH", NO_SEQ);
        w.heard.ending.group = PX_STR("plant");
        w.heard.ending.node = px_str_c(nodes[i]);
        px_sparkplug_ended(w.s, &w.heard.ending, false);
    }
    for (size_t i = 0; i < 6; i++) {
        CHECK(px_sparkplug_take_owed(w.s, &w.arena, &owed));
        CHECK_SLICE(owed.node, nodes[i % 3]);
        px_sparkplug_ended(w.s, &owed, false);
    }
    close_world(&w);
}

PX_TEST(a_birth_that_contradicts_itself_is_refused_and_its_node_offline)
{
    world w;

    open_world(&w);
    add_double(&w, NULL, 1, 1);
    birth_is_refused(&w, "sparkplug.birth");
    px_spark_put_head(&w.metric, (px_spark_made){ .name = "a" });
    px_spark_put_metric(&w.payload, &w.metric);
    birth_is_refused(&w, "sparkplug.birth");
    add_double(&w, "a", 1, 1);
    add_double(&w, "a", 2, 1);
    birth_is_refused(&w, "sparkplug.birth");
    node_is_born(&w, 0);
    add_double(&w, "a", 1, 1);
    add_double(&w, "b", 1, 1);
    birth_is_refused(&w, "sparkplug.alias");
    CHECK(w.heard.went_offline);
    add_double(&w, NULL, 1, 1);
    hear(&w, NODE, "NDATA", 1);
    CHECK(w.heard.asks_rebirth);
    CHECK_EQ(hear_at(&w, "spBv1.0/plant/NBIRTH/edge", NO_SEQ), PX_INVALID);
    close_world(&w);
}

/* ---- host applications ---- */

static px_status say_state(world *w, const char *text)
{
    px_put_c(&w->payload, text);
    return hear_at(w, "spBv1.0/STATE/scada", NO_SEQ);
}

static void see_host(void *ctx, const px_spark_status *status)
{
    world *w = ctx;

    CHECK_SLICE(status->node, "scada");
    w->model_no = status->is_online;
}

PX_TEST(a_host_application_is_known_by_its_newest_state)
{
    world w;

    open_world(&w);
    CHECK_OK(say_state(&w, "{\"online\":true,\"timestamp\":2000}"), &w.err);
    CHECK(w.heard.went_online);
    CHECK_OK(say_state(&w, "{\"online\":false,\"timestamp\":1000}"), &w.err); /* an older will */
    CHECK(!w.heard.went_offline);
    CHECK_OK(say_state(&w, "{\"online\":false,\"timestamp\":2000}"), &w.err);
    CHECK(w.heard.went_offline);
    CHECK_EQ(say_state(&w, "ONLINE"), PX_INVALID);
    CHECK_EQ(say_state(&w, "{\"online\":1,\"timestamp\":2000}"), PX_INVALID);
    CHECK_EQ(say_state(&w, "{\"online\":true}"), PX_INVALID);
    px_sparkplug_each_host(w.s, 2, see_host, &w);
    CHECK_EQ(w.model_no, 1); /* not seen */
    px_sparkplug_each_host(w.s, 1, see_host, &w);
    CHECK_EQ(w.model_no, 0);
    close_world(&w);
}

/* ---- lists and limits ---- */

typedef struct seen {
    int nodes, devices, online;
} seen;

static void see(void *ctx, const px_spark_status *status)
{
    seen *list = ctx;

    list->nodes += status->device.len == 0;
    list->devices += status->device.len > 0;
    list->online += status->is_online;
}

PX_TEST(nodes_and_devices_are_listed_page_by_page)
{
    seen list = { 0 };
    size_t at = 0;
    char topic[64];
    world w;

    open_world(&w);
    for (int i = 0; i < 5; i++) {
        snprintf(topic, sizeof(topic), "spBv1.0/plant/NBIRTH/edge%d", i);
        CHECK_OK(hear_at(&w, topic, 0), &w.err);
        snprintf(topic, sizeof(topic), "spBv1.0/plant/DBIRTH/edge%d/d", i);
        CHECK_OK(hear_at(&w, topic, 1), &w.err);
    }
    CHECK(px_sparkplug_each(w.s, 1, &at, 3, see, &list));
    CHECK_EQ(list.nodes, 3);
    CHECK(!px_sparkplug_each(w.s, 1, &at, 3, see, &list));
    CHECK_EQ(list.nodes, 5);
    CHECK_EQ(list.devices, 5);
    CHECK_EQ(list.online, 10);
    at = 0;
    CHECK(!px_sparkplug_each(w.s, 2, &at, 3, see, &list));
    CHECK_EQ(list.nodes, 5);
    close_world(&w);
}

PX_TEST(devices_and_hosts_hold_at_the_limit_and_not_past_it)
{
    char topic[64];
    world w;

    open_world(&w);
    node_is_born(&w, 0);
    for (int i = 0; i <= PX_SPARK_DEVICES_MAX; i++) {
        snprintf(topic, sizeof(topic), "spBv1.0/plant/DBIRTH/edge/d%d", i);
        CHECK_EQ(hear_at(&w, topic, (i + 1) % 256), i < PX_SPARK_DEVICES_MAX ? PX_OK : PX_LIMIT);
    }
    for (int i = 0; i <= PX_SPARK_HOSTS_MAX; i++) {
        snprintf(topic, sizeof(topic), "spBv1.0/STATE/h%d", i);
        px_put_c(&w.payload, "{\"online\":true,\"timestamp\":1}");
        CHECK_EQ(hear_at(&w, topic, NO_SEQ), i < PX_SPARK_HOSTS_MAX ? PX_OK : PX_LIMIT);
    }
    close_world(&w);
}

/* Two of the node, one of its device; whoever gives birth anew has what it defined before back. */
PX_TEST(births_of_a_tenant_define_as_many_metrics_as_the_limit_and_no_more)
{
    world w;

    open_world(&w);
    w.s->born_max = 3;
    for (int i = 0; i < 2; i++) {
        add_bd_seq(&w, 1);
        add_double(&w, "temperature", 1, 1);
        hear(&w, NODE, "NBIRTH", 0);
        CHECK(w.heard.is_birth);
        device_is_born(&w, 1);
    }
    add_double(&w, "a", 1, 1);
    CHECK_EQ(hear_at(&w, "spBv1.0/plant/DBIRTH/edge/other", 2), PX_LIMIT);
    CHECK_STR(w.err.id, "sparkplug.born");
    add_double(&w, "a", 1, 1);
    add_double(&w, "b", 2, 1);
    CHECK_EQ(hear_at(&w, "spBv1.0/plant/DBIRTH/edge/press", 3), PX_LIMIT);
    CHECK(w.heard.went_offline);
    add_bd_seq(&w, 1);
    hear(&w, NODE, "NBIRTH", 0); /* one less */
    add_double(&w, "a", 1, 1);
    CHECK_OK(hear_at(&w, "spBv1.0/plant/DBIRTH/edge/other", 1), &w.err);
    close_world(&w);
}

PX_TEST(nodes_hold_at_the_limit_and_not_past_it)
{
    char topic[64];
    world w;

    open_world(&w);
    for (int i = 0; i <= PX_SPARK_NODES_MAX; i++) {
        snprintf(topic, sizeof(topic), "spBv1.0/plant/NDATA/edge%d", i);
        CHECK_EQ(hear_at(&w, topic, 0), i < PX_SPARK_NODES_MAX ? PX_OK : PX_LIMIT);
        px_arena_reset(&w.arena);
    }
    close_world(&w);
}

/* ---- rows for bindings ---- */

PX_TEST(metrics_are_rows_for_bindings_one_for_each_time)
{
    world w;

    open_world(&w);
    w.taken = "Main Motor";
    add_bd_seq(&w, 0);
    add_double(&w, "temperature", 1, 20.1);
    add_int(&w, "Main Motor/rpm", 2, 0, 1450);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK_SLICE(w.heard.rows,
                "{\"$ts\":\"2026-01-01T00:00:00Z\",\"temperature\":20.1,\"Main Motor/rpm\":1450}");
    CHECK_EQ(w.heard.decoded.accepted, 2); /* and to the twin of the same name, as ever */

    add_int(&w, NULL, 2, AT + 1000, 1);
    add_double(&w, NULL, 1, 21);
    add_int(&w, NULL, 2, AT - 1000, 2);
    add_int(&w, NULL, 2, AT + 1000, 3); /* the same time once more: a row of its own */
    hear(&w, NODE, "NDATA", 1);
    CHECK_SLICE(w.heard.rows, "[{\"$ts\":\"2025-12-31T23:59:59Z\",\"Main Motor/rpm\":2},"
                              "{\"$ts\":\"2026-01-01T00:00:00Z\",\"temperature\":21},"
                              "{\"$ts\":\"2026-01-01T00:00:01Z\",\"Main Motor/rpm\":1},"
                              "{\"$ts\":\"2026-01-01T00:00:01Z\",\"Main Motor/rpm\":3}]");

    hear(&w, NODE, "NDATA", 2); /* without a metric: no row */
    CHECK_EQ(w.heard.rows.len, 0);
    w.taken = NULL;
    add_int(&w, NULL, 2, 0, 1);
    hear(&w, NODE, "NDATA", 3); /* without a binding: none either */
    CHECK_EQ(w.heard.rows.len, 0);
    close_world(&w);
}

PX_TEST(what_a_binding_takes_is_not_unknown_and_what_no_row_holds_is_told)
{
    world w;

    open_world(&w);
    w.taken = "x/";
    add_double(&w, "x/y", 1, 1);
    add_double(&w, "z", 2, 1);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK_EQ(w.heard.decoded.rejected, 1);
    CHECK_SLICE(w.heard.decoded.rejects[0].name, "z");
    CHECK_EQ(px_sparkplug_stat(w.s).unknown, 1);
    add_int(&w, NULL, 1, 0, 7); /* of another type than at birth */
    hear(&w, NODE, "NDATA", 1);
    CHECK_EQ(w.heard.rows.len, 0);
    CHECK_EQ(w.heard.decoded.rejected, 1);
    CHECK_STR(w.heard.decoded.rejects[0].text, "'x/y' was born as Double and comes as Int32");
    px_spark_put_head(&w.metric, (px_spark_made){ .alias = 1 });
    px_spark_put_whole(&w.metric, 7, 1); /* null */
    px_spark_put_metric(&w.payload, &w.metric);
    hear(&w, NODE, "NDATA", 2);
    CHECK_EQ(w.heard.rows.len + w.heard.decoded.rejected, 0);

    w.no_twin = true;
    add_double(&w, "x/y", 1, 1);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(!w.heard.has_twin && !w.heard.has_homeless);
    CHECK_SLICE(w.heard.rows, "{\"$ts\":\"2026-01-01T00:00:00Z\",\"x/y\":1}");
    add_double(&w, "z", 1, 1);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(w.heard.has_homeless);
    close_world(&w);
}

PX_TEST(a_row_has_so_many_members_as_a_row_of_any_form)
{
    char name[16];
    world w;

    open_world(&w);
    w.taken = "m";
    for (int i = 0; i < PX_CSV_COLUMNS_MAX; i++) { /* and their time */
        snprintf(name, sizeof(name), "m%d", i);
        add_double(&w, name, 0, 1);
    }
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(px_str_starts(w.heard.rows, PX_STR("[{")));
    CHECK(px_str_ends(w.heard.rows, PX_STR("},{\"$ts\":\"2026-01-01T00:00:00Z\",\"m4095\":1}]")));
    for (int i = 1; i < PX_CSV_COLUMNS_MAX; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        add_double(&w, name, 0, 1);
    }
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(px_str_starts(w.heard.rows, PX_STR("{")));
    close_world(&w);
}

PX_TEST_MAIN()
