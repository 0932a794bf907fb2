/* SPDX-License-Identifier: Apache-2.0 */
#include "pumps.h"

#include <stdio.h>

PX_TEST(a_snapshot_does_not_move)
{
    px_snapshot *snapshot;
    uint64_t before;
    uint32_t no;

    open_graph();
    begin(1);
    no = put("pump");
    (void)report(no, 214, 100);
    px_graph_commit(txn);
    before = swept();

    CHECK_OK(px_graph_snapshot(graph, &snapshot, &err), &err);
    for (int i = 1; i < 50; i++) {
        begin((uint64_t)i + 1);
        (void)report(no, 214 + i, 100 + i);
        if (i == 10)
            (void)put("valve");
        px_graph_commit(txn);
        CHECK_EQ(temperature(px_snapshot_view(snapshot), no), 214);
    }
    CHECK(!px_view_find(px_snapshot_view(snapshot), TENANT, PX_STR("valve")));
    CHECK_EQ(px_snapshot_seq(snapshot), 1);
    CHECK(px_graph_stat(graph).snapshot_bytes > 0);
    px_snapshot_release(snapshot);
    begin(60);
    CHECK_OK(
        px_graph_twin_delete(
            txn, px_twin_number(px_view_find(px_txn_view(txn), TENANT, PX_STR("valve"))), &err),
        &err);
    px_graph_commit(txn);
    CHECK_EQ(swept(), before);
    CHECK_EQ(px_graph_stat(graph).snapshot_bytes, 0);
    px_graph_free(graph);
}

PX_TEST(all_who_ask_between_two_commits_share_one)
{
    px_snapshot *a, *b, *c;

    open_graph();
    begin(1);
    (void)put("pump");
    px_graph_commit(txn);
    CHECK_OK(px_graph_snapshot(graph, &a, &err), &err);
    CHECK_OK(px_graph_snapshot(graph, &b, &err), &err);
    CHECK(a == b);
    begin(2);
    (void)put("valve");
    px_graph_commit(txn);
    CHECK_OK(px_graph_snapshot(graph, &c, &err), &err);
    CHECK(a != c);
    CHECK_EQ(px_graph_stat(graph).snapshots, 2);
    px_snapshot_release(a);
    px_snapshot_release(b);
    px_snapshot_release(c);
    CHECK_EQ(px_graph_stat(graph).snapshots, 0);
    px_graph_free(graph);
}

PX_TEST(snapshots_that_hold_too_much_end_with_a_sentence)
{
    enum { TWINS = 300 };
    px_graph_opts opts = { .chunk_bytes = 4096, .snapshot_bytes_max = 20000 };
    px_snapshot *old, *young;
    px_twins at;
    uint32_t no[TWINS], count = 0;

    CHECK_OK(px_graph_new(&opts, &graph, &err), &err);
    begin(1);
    for (int i = 0; i < TWINS; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        no[i] = put(id);
        (void)report(no[i], 1, 1);
    }
    px_graph_commit(txn);
    CHECK_OK(px_graph_snapshot(graph, &old, &err), &err);
    begin(2);
    (void)report(no[0], 2, 2);
    px_graph_commit(txn);
    CHECK_OK(px_graph_snapshot(graph, &young, &err), &err);
    CHECK_OK(px_snapshot_status(old, &err), &err);
    begin(3);
    for (int i = 0; i < TWINS; i++)
        (void)report(no[i], 3, 3);
    px_graph_commit(txn);

    CHECK_EQ(px_snapshot_status(old, &err), PX_STALE);
    CHECK(strstr(err.text, "too old"));
    CHECK_EQ(px_snapshot_status(young, &err), PX_STALE);
    CHECK_EQ(px_graph_stat(graph).snapshots_ended, 2);
    at = px_twins_of(px_snapshot_view(old), TENANT, NULL, 0);
    while (px_twins_next(&at))
        count++;
    CHECK_EQ(count, 0);
    px_snapshot_release(old);
    px_snapshot_release(young);
    (void)swept();
    CHECK_EQ(px_graph_stat(graph).snapshot_bytes, 0);
    px_graph_free(graph);
}

PX_TEST_MAIN()
