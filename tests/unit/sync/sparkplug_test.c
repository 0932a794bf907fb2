/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug.h"

#include <stdio.h>

#include "base/limits.h"
#include "spark_world.h"
#include "sync/sparkplug_inner.h"

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

/* What came too soon behind another request for a birth is asked for when that may be. */
PX_TEST(a_gap_behind_a_birth_that_was_asked_for_is_asked_for_later)
{
    world w;

    open_world(&w);
    add_double(&w, NULL, 1, 1);
    hear(&w, NODE, "NDATA", 4);
    CHECK(w.heard.asks_rebirth);
    node_is_born(&w, 0);
    add_double(&w, NULL, 99, 1); /* a gap, and of a metric that was not born */
    hear(&w, NODE, "NDATA", 3);
    CHECK(!w.heard.asks_rebirth);
    w.now += PX_SPARK_REBIRTH_SECONDS_MIN * PX_SECOND - 1;
    hear(&w, NODE, "NDATA", 4);
    CHECK(!w.heard.asks_rebirth);
    w.now += 1;
    hear(&w, NODE, "NDATA", 5); /* nothing is wrong with this one */
    CHECK(w.heard.asks_rebirth && !w.heard.is_unborn);
    CHECK_STR(w.heard.why, "data came of a metric that was not born");
    w.now += PX_SPARK_REBIRTH_SECONDS_MIN * PX_SECOND;
    hear(&w, NODE, "NDATA", 6);
    CHECK(!w.heard.asks_rebirth); /* once */
    hear(&w, NODE, "NDATA", 9);
    CHECK(w.heard.asks_rebirth);
    hear(&w, NODE, "NDATA", 12);
    node_is_born(&w, 0); /* it came by itself */
    w.now += PX_SPARK_REBIRTH_SECONDS_MIN * PX_SECOND;
    hear(&w, NODE, "NDATA", 1);
    CHECK(!w.heard.asks_rebirth);
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

/* ---- births that cannot be taken ---- */

static void birth_is_refused(world *w, const char *id)
{
    CHECK_EQ(hear_at(w, "spBv1.0/plant/NBIRTH/edge", 0), PX_INVALID);
    CHECK_STR(w->err.id, id);
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

static void see_first(void *ctx, const px_spark_status *status)
{
    px_spark_status *first = ctx;

    if (!first->node.len)
        *first = *status;
}

PX_TEST(this_server_is_a_host_by_a_name_that_is_one_level_of_a_topic)
{
    static const char *const bad[] = { "", "a/b", "/a", "a/", "+", "a#", "\xff" };
    px_spark_status first = { 0 };
    px_time since;
    world w;

    open_world(&w);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQ(px_sparkplug_be_host(w.s, px_str_c(bad[i]), 5, &w.err), PX_INVALID);
        CHECK_STR(w.err.id, "sparkplug.host");
    }
    CHECK_EQ(px_sparkplug_own_host(w.s, &since).len, 0);
    CHECK_OK(px_sparkplug_be_host(w.s, PX_STR("plant 1"), 5, &w.err), &w.err);
    CHECK_SLICE(px_sparkplug_own_host(w.s, &since), "plant 1");
    CHECK_EQ(since, 5);
    px_sparkplug_each_host(w.s, 7, see_first, &first);
    CHECK_SLICE(first.node, "plant 1");
    CHECK(first.is_online);
    CHECK_EQ(first.since, 5);
    close_world(&w);
}

PX_TEST_MAIN()
