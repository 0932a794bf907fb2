/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/edge_names.h"

#include <stdio.h>

#include "base/limits.h"
#include "px_test.h"
#include "twin/branch.h"
#include "twin/graph.h"
#include "twin/record.h"

/* Two names whose 32 bits are the same; found by trying. */
#define ONE PX_STR("n91119")
#define OTHER PX_STR("n112395")

PX_TEST(a_name_is_sure_as_long_as_it_is_alone_with_its_hash)
{
    pxi_edge_names *names = pxi_edge_names_new();

    CHECK(!pxi_edge_names_is_sure(names, 7, PX_STR("feeds"))); /* nobody has placed one */
    CHECK(pxi_edge_names_note(names, 7, PX_STR("feeds")));
    CHECK(pxi_edge_names_note(names, 7, PX_STR("feeds")));
    CHECK(pxi_edge_names_is_sure(names, 7, PX_STR("feeds")));
    CHECK(!pxi_edge_names_is_sure(names, 7, PX_STR("feed")));
    CHECK(pxi_edge_names_note(names, 7, PX_STR("other")));
    CHECK(!pxi_edge_names_is_sure(names, 7, PX_STR("feeds")));
    CHECK(!pxi_edge_names_is_sure(names, 7, PX_STR("other")));
    pxi_edge_names_release(names);
}

PX_TEST(names_beyond_the_limit_are_never_sure)
{
    pxi_edge_names *names = pxi_edge_names_new();
    px_str last = PX_STR("last"), beyond = PX_STR("beyond");

    for (uint32_t i = 1; i < PX_RELATIONSHIP_NAMES_MAX; i++) {
        char name[16];

        snprintf(name, sizeof(name), "r%u", i);
        CHECK(pxi_edge_names_note(names, i, px_str_c(name)));
    }
    CHECK(pxi_edge_names_note(names, PX_RELATIONSHIP_NAMES_MAX, last));
    CHECK(pxi_edge_names_is_sure(names, PX_RELATIONSHIP_NAMES_MAX, last));
    CHECK(pxi_edge_names_note(names, PX_RELATIONSHIP_NAMES_MAX + 1, beyond));
    CHECK(!pxi_edge_names_is_sure(names, PX_RELATIONSHIP_NAMES_MAX + 1, beyond));
    CHECK(pxi_edge_names_note(names, 1, beyond)); /* of a hash that is known */
    CHECK(!pxi_edge_names_is_sure(names, 1, PX_STR("r1")));
    pxi_edge_names_release(names);
}

static void begin(px_graph *graph, px_txn **txn, uint64_t seq)
{
    px_err err;

    CHECK_EQ(px_graph_begin(graph, txn, &err), PX_OK);
    px_txn_at(*txn, seq, PX_SECOND);
}

static void relate(px_txn *txn, const char *id, px_str name, uint32_t target)
{
    px_err err;

    CHECK_EQ(px_graph_rel_put(txn, 1, px_str_c(id), name, target, PX_STR(""), 0, NULL, &err),
             PX_OK);
}

static void check_step(const px_view *view, px_str name, bool sure, uint32_t target)
{
    px_edge_name asked = px_view_edge_name(view, name);
    px_edges at = px_edges_of(view, 1, &asked, false);
    uint32_t rel_no, other_no = 0;

    CHECK_EQ(asked.is_sure, sure);
    CHECK_EQ(px_edges_step(&at, &rel_no, &other_no), target != 0);
    CHECK_EQ(other_no, target);
    CHECK(target == 0 || !px_edges_step(&at, &rel_no, &other_no));
}

static void check_snapshot(px_graph *graph, px_str name, bool sure, uint32_t target)
{
    px_snapshot *snapshot;
    px_err err;

    CHECK_EQ(px_graph_snapshot(graph, &snapshot, &err), PX_OK);
    check_step(px_snapshot_view(snapshot), name, sure, target);
    px_snapshot_release(snapshot);
}

/* Also where the second of them is only in a branch: the base's names are known there. */
PX_TEST(two_names_of_one_hash_are_told_apart)
{
    px_graph *graph;
    px_branch *branch;
    px_txn *txn;
    px_err err;

    CHECK_EQ(pxi_name_hash(ONE), pxi_name_hash(OTHER));
    CHECK_EQ(px_graph_new(NULL, &graph, &err), PX_OK);
    begin(graph, &txn, 1);
    for (int i = 1; i <= 3; i++) {
        char id[4];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(px_graph_twin_put(txn, 1, px_str_c(id), 1, 0, NULL, &err), PX_OK);
    }
    relate(txn, "a", ONE, 2);
    px_graph_commit(txn);
    check_snapshot(graph, ONE, true, 2);
    check_snapshot(graph, OTHER, false, 0);

    CHECK_EQ(px_graph_branch(graph, &branch, &err), PX_OK);
    begin(px_branch_graph(branch), &txn, 2);
    relate(txn, "b", OTHER, 3);
    px_graph_commit(txn);
    check_snapshot(px_branch_graph(branch), ONE, false, 2);
    check_snapshot(px_branch_graph(branch), OTHER, false, 3);
    check_snapshot(graph, ONE, false, 2); /* only a look more */
    px_branch_free(branch);
    px_graph_free(graph);
}

PX_TEST_MAIN()
