/* SPDX-License-Identifier: Apache-2.0 */
/* Deaths: which birth they end, and what is owed of those that were not written. */
#include <stdio.h>

#include "base/limits.h"
#include "spark_world.h"
#include "sync/sparkplug_inner.h"

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

static void count_ended(void *ctx, const px_spark_ended *ended)
{
    CHECK_SLICE(ended->status.node, "edge");
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

/* ---- what bindings fill ---- */

enum { FIELDS_MAX = 1000 };

/* As bindings fill fields of a twin with what `edge`, or its press, says of a time. */
static void feed_as(world *w, const char *device, const char *twin, uint32_t model_no,
                    const uint32_t *fields, size_t count, px_time told, bool is_written)
{
    px_spark_topic topic = { .group = PX_STR("plant"),
                             .node = PX_STR("edge"),
                             .device = px_str_c(device) };
    px_field_value values[FIELDS_MAX];
    px_sample sample = { .source_time = told, .fields = values, .field_count = count };
    px_request items[] = { { .kind = PX_REQUEST_TWIN_PUT, .id = PX_STR("made first") },
                           { .kind = PX_REQUEST_DEVICE_MESSAGE,
                             .id = px_str_c(twin),
                             .model_no = model_no,
                             .samples = &sample,
                             .sample_count = 1 } };

    CHECK(count <= FIELDS_MAX);
    for (size_t i = 0; i < count; i++)
        values[i] = (px_field_value){ .field = fields[i], .source_time = PX_TIME_NONE };
    px_sparkplug_feed(w->s, 1, &topic, is_written, items, 2);
}

/* Sent, and written. */
static void feed_at(world *w, const char *device, const char *twin, uint32_t model_no,
                    const uint32_t *fields, size_t count, px_time told)
{
    feed_as(w, device, twin, model_no, fields, count, told, false);
    feed_as(w, device, twin, model_no, fields, count, told, true);
}

static void feed(world *w, const char *device, const char *twin, uint32_t model_no,
                 const uint32_t *fields, size_t count)
{
    feed_at(w, device, twin, model_no, fields, count, PX_TIME_NONE);
}

/* `press: a@1 2 3=SENT/LAST/NEWEST; ` for each who ends. */
static void write_ended(void *ctx, const px_spark_ended *ended)
{
    px_buf *out = ctx;

    px_putf(out, "%.*s:", PX_FMT(ended->status.device));
    for (size_t i = 0; i < ended->fed_count; i++) {
        px_putf(out, " %.*s@%u", PX_FMT(ended->fed[i].twin), ended->fed[i].model_no);
        PX_VEC_EACH (&ended->fed[i].fields, f) {
            px_putf(out, " %u", f->field);
            if (f->sent != PX_TIME_NONE || f->newest != PX_TIME_NONE)
                px_putf(out, "=%lld/%lld/%lld", (long long)f->sent, (long long)f->last,
                        (long long)f->newest);
        }
    }
    px_put(out, PX_STR("; "));
}

static void check_ended(world *w, const px_spark_ending *ending, const char *wanted)
{
    px_buf out = { 0 };

    px_sparkplug_each_ended(w->s, ending, write_ended, &out);
    CHECK_SLICE(px_buf_str(&out), wanted);
    px_buf_release(&out);
}

PX_TEST(what_bindings_filled_ends_with_who_said_it)
{
    static const uint32_t some[] = { 7, 3, 7 }, more[] = { 5, 3 };
    world w;

    open_world(&w);
    node_is_born(&w, 3);
    device_is_born(&w, 1);
    feed(&w, "", "a", 1, some, 3);
    feed(&w, "", "a", 1, more, 2);
    feed(&w, "press", "a", 1, more, 1);
    feed(&w, "press", "b", 2, some, 1);
    feed(&w, "press", "b", 4, more, 2); /* it has another model now */
    feed(&w, "nobody", "c", 1, some, 1);
    node_dies(&w, 3);
    check_ended(&w, &w.heard.ending, ": a@1 3 5 7; press: a@1 5 b@2 7 b@4 3 5; ");
    px_sparkplug_ended(w.s, &w.heard.ending, false);
    node_dies(&w, 3); /* it was not written: all of it still is to end */
    check_ended(&w, &w.heard.ending, ": a@1 3 5 7; press: a@1 5 b@2 7 b@4 3 5; ");
    px_sparkplug_ended(w.s, &w.heard.ending, true);
    node_is_born(&w, 4);
    device_is_born(&w, 1);
    node_dies(&w, 4); /* others may have filled it meanwhile */
    check_ended(&w, &w.heard.ending, ":; press:; ");
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 0);
    close_world(&w);
}

/* A metric that is null in it has no other value than before. */
PX_TEST(a_birth_keeps_what_bindings_filled)
{
    static const uint32_t field[] = { 1 };
    world w;

    open_world(&w);
    node_is_born(&w, 3);
    device_is_born(&w, 1);
    feed(&w, "", "a", 1, field, 1);
    feed(&w, "press", "b", 1, field, 1);
    node_is_born(&w, 3);
    feed(&w, "", "c", 1, field, 1);
    node_dies(&w, 3);
    check_ended(&w, &w.heard.ending, ": a@1 1 c@1 1; press: b@1 1; ");
    close_world(&w);
}

/* Told or remembered, whichever allocation fails. */
PX_TEST(without_memory_what_bindings_fill_is_counted)
{
    static const uint32_t fields[] = { 1, 2 };

    for (uint64_t n = 1; n <= 6; n++) {
        px_buf out = { 0 };
        size_t kept = 0;
        world w;

        open_world(&w);
        node_is_born(&w, 3);
        px_mem_fail_nth(n);
        feed_as(&w, "", "a", 1, fields, 2, PX_TIME_NONE, false);
        px_mem_fail_nth(0);
        node_dies(&w, 3);
        px_sparkplug_each_ended(w.s, &w.heard.ending, write_ended, &out);
        for (size_t i = 0; i < out.len; i++)
            kept += out.ptr[i] == ' ' && i + 1 < out.len &&
                    (out.ptr[i + 1] == '1' || out.ptr[i + 1] == '2');
        CHECK_EQ(kept + px_sparkplug_stat(w.s).left_out, 2);
        CHECK(n > 1 || kept == 0); /* the first one is of the place itself */
        px_buf_release(&out);
        close_world(&w);
    }
}

PX_TEST(the_times_that_may_be_of_the_live_value_are_known)
{
    static const uint32_t field[] = { 1 };
    world w;

    open_world(&w);
    node_is_born(&w, 3);
    feed_at(&w, "", "a", 1, field, 1, 50);
    feed_at(&w, "", "a", 1, field, 1, 40);        /* late: live is still that of before */
    feed_as(&w, "", "a", 1, field, 1, 60, false); /* on its way, or refused */
    feed_at(&w, "", "b", 1, field, 1, 90);        /* by a clock that is put right then */
    feed_at(&w, "", "b", 1, field, 1, 30);
    feed_at(&w, "", "c", 1, field, 1, 30);
    feed_at(&w, "", "d", 1, field, 0, 30); /* of nothing nothing ends */
    node_dies(&w, 3);
    check_ended(&w, &w.heard.ending, ": a@1 1=60/40/50 b@1 1=30/30/90 c@1 1=30/30/30; ");
    close_world(&w);
}

PX_TEST(what_was_not_filled_since_the_last_birth_makes_room)
{
    static const uint32_t fields[] = { 1, 2, 3 };
    world w;

    open_world(&w);
    w.s->fed_max = 4;
    node_is_born(&w, 3);
    feed(&w, "", "old", 1, fields, 2);
    feed(&w, "", "both", 1, fields, 1);
    node_is_born(&w, 3);
    feed(&w, "", "both", 1, fields, 2);
    feed(&w, "", "new", 1, fields, 2);
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 0);
    feed(&w, "", "beyond", 1, fields, 1);
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 1);
    feed(&w, "", "new", 1, fields, 2);
    node_dies(&w, 3);
    check_ended(&w, &w.heard.ending, ": both@1 1 2 new@1 1 2; ");
    close_world(&w);
}

PX_TEST(all_nodes_of_a_tenant_have_one_limit)
{
    static const uint32_t fields[] = { 1, 2, 3 };
    world w;

    open_world(&w);
    w.s->fed_max = 4;
    node_is_born(&w, 3);
    device_is_born(&w, 1);
    feed(&w, "", "a", 1, fields, 3);
    feed(&w, "press", "b", 1, fields, 1);
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 0);
    feed(&w, "press", "b", 1, fields, 2);
    feed(&w, "press", "c", 1, fields, 3);
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 4);
    node_dies(&w, 3);
    check_ended(&w, &w.heard.ending, ": a@1 1 2 3; press: b@1 1; ");
    px_sparkplug_ended(w.s, &w.heard.ending, true);
    node_is_born(&w, 4);
    feed(&w, "", "d", 1, fields, 3); /* there is room again, */
    feed(&w, "", "e", 1, fields, 1); /* for all four */
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 4);
    close_world(&w);
}

PX_TEST(as_many_fields_are_remembered_as_the_limit_and_no_more)
{
    uint32_t fields[FIELDS_MAX];
    size_t sent = 0;
    char twin[16];
    world w;

    open_world(&w);
    node_is_born(&w, 3);
    for (uint32_t i = 0; i < FIELDS_MAX; i++)
        fields[i] = i;
    for (int i = 0; sent < PX_SPARK_FED_MAX; i++) {
        size_t count = PX_SPARK_FED_MAX - sent;

        count = count < FIELDS_MAX ? count : FIELDS_MAX;
        snprintf(twin, sizeof(twin), "t%d", i);
        feed(&w, "", twin, 1, fields, count);
        sent += count;
    }
    feed(&w, "", "t0", 1, fields, FIELDS_MAX); /* known all along */
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 0);
    feed(&w, "", "t0", 1, (uint32_t[]){ FIELDS_MAX }, 1);
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 1);
    feed(&w, "", "beyond", 1, fields, 2);
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 3);
    node_dies(&w, 3); /* which makes room */
    px_sparkplug_ended(w.s, &w.heard.ending, true);
    node_is_born(&w, 4);
    feed(&w, "", "beyond", 1, fields, 2);
    CHECK_EQ(px_sparkplug_stat(w.s).left_out, 3);
    node_dies(&w, 4);
    check_ended(&w, &w.heard.ending, ": beyond@1 0 1; ");
    close_world(&w);
}

PX_TEST_MAIN()
