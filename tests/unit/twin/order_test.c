/* SPDX-License-Identifier: Apache-2.0 */
/* Two clocks: what a value that comes does to the live one. */
#include "pumps.h"

PX_TEST(late_sample_does_not_move_the_clock_back)
{
    uint32_t no;

    open_graph();
    begin(1);
    no = put("pump");
    CHECK_EQ(report(no, 214, 100), PX_APPLIED);
    px_graph_commit(txn);
    begin(2);
    CHECK_EQ(report(no, 999, 99), PX_LATE);
    CHECK_EQ(temperature(px_txn_view(txn), no), 214);
    CHECK_EQ(px_twin_seq(px_view_twin(px_txn_view(txn), TENANT, no)), 1);
    CHECK_EQ(report(no, 215, 101), PX_APPLIED);
    CHECK_EQ(report(no, 216, 100), PX_LATE);
    px_graph_commit(txn);
    px_graph_free(graph);
}

PX_TEST(same_sample_counts_once_and_another_value_corrects)
{
    uint32_t no;

    open_graph();
    begin(1);
    no = put("pump");
    CHECK_EQ(report(no, 214, 100), PX_APPLIED);
    CHECK_EQ(report(no, 214, 100), PX_DUPLICATE);
    CHECK_EQ(report(no, 215, 100), PX_CORRECTED);
    CHECK_EQ(temperature(px_txn_view(txn), no), 215);
    px_graph_commit(txn);
    px_graph_free(graph);
}

PX_TEST(a_command_wins_and_resets_the_order)
{
    px_origin command = { .kind = PX_ORIGIN_COMMAND,
                          .source_time = PX_TIME_NONE,
                          .arrival_time = 50 * PX_SECOND };
    px_applied applied;
    uint32_t no;

    open_graph();
    begin(1);
    no = put("pump");
    CHECK_EQ(report(no, 214, 100), PX_APPLIED);
    CHECK_OK(px_graph_set(txn, no, TEMPERATURE, number(1), &command, &applied, &err), &err);
    CHECK_EQ(applied, PX_APPLIED);
    CHECK(slot_of(px_view_twin(px_txn_view(txn), TENANT, no), TEMPERATURE).by_command);
    CHECK_EQ(report(no, 213, 20), PX_APPLIED);
    CHECK_EQ(report(no, 212, 19), PX_LATE);
    px_graph_commit(txn);
    px_graph_free(graph);
}

PX_TEST(a_clock_that_runs_ahead_is_kept_and_ordered_by_arrival)
{
    px_origin ahead = { .ahead = true,
                        .source_time = 9000 * PX_SECOND,
                        .arrival_time = 200 * PX_SECOND };
    px_applied applied;
    px_slot slot;
    uint32_t no;

    open_graph();
    begin(1);
    no = put("pump");
    CHECK_EQ(report(no, 214, 100), PX_APPLIED);
    CHECK_OK(px_graph_set(txn, no, TEMPERATURE, number(500), &ahead, &applied, &err), &err);
    CHECK_EQ(applied, PX_APPLIED);
    slot = slot_of(px_view_twin(px_txn_view(txn), TENANT, no), TEMPERATURE);
    CHECK_EQ(slot.source_time, 9000 * PX_SECOND);
    CHECK_EQ(slot.quality, PX_QUALITY_UNCERTAIN);
    CHECK(slot.by_arrival);
    CHECK_OK(px_graph_set(txn, no, TEMPERATURE, number(500), &ahead, &applied, &err), &err);
    CHECK_EQ(applied, PX_DUPLICATE);
    CHECK_EQ(report(no, 215, 199), PX_LATE);
    CHECK_EQ(report(no, 215, 201), PX_APPLIED);
    px_graph_commit(txn);
    px_graph_free(graph);
}

PX_TEST(without_a_source_time_arrival_orders)
{
    px_origin origin = { .source_time = PX_TIME_NONE, .arrival_time = 100 * PX_SECOND + 7 };
    px_applied applied;
    uint32_t no;

    open_graph();
    begin(1);
    no = put("pump");
    for (int round = 0; round < 2; round++) {
        CHECK_OK(px_graph_set(txn, no, TEMPERATURE, number(1), &origin, &applied, &err), &err);
        CHECK_EQ(applied, round ? PX_DUPLICATE : PX_APPLIED);
    }
    origin.arrival_time++;
    CHECK_OK(px_graph_set(txn, no, TEMPERATURE, number(1), &origin, &applied, &err), &err);
    CHECK_EQ(applied, PX_APPLIED);
    CHECK_EQ(report(no, 2, 99), PX_LATE);
    CHECK_EQ(slot_of(px_view_twin(px_txn_view(txn), TENANT, no), TEMPERATURE).source_time,
             PX_TIME_NONE);
    px_graph_commit(txn);
    px_graph_free(graph);
}

PX_TEST_MAIN()
