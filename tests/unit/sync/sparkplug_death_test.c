/* SPDX-License-Identifier: Apache-2.0 */
/* Deaths: which birth they end, and what is owed of those that were not written. */
#include "spark_world.h"

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

PX_TEST_MAIN()
