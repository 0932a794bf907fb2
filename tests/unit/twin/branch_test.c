/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/branch.h"

#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"

enum { TENANT = 1, TWINS = 3000, CHANGES = 10000 };

static px_graph *graph;
static px_txn *txn;

static void open_plant(void)
{
    char id[16];
    uint32_t no;

    CHECK_EQ(px_graph_new(NULL, &graph, NULL), PX_OK);
    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint32_t i = 0; i < TWINS; i++) {
        px_str name = px_str_of(id, (size_t)snprintf(id, sizeof(id), "twin-%u", i));

        CHECK_EQ(px_graph_twin_put(txn, TENANT, name, 1, 0, &no, NULL), PX_OK);
    }
    px_graph_commit(txn);
}

static void set(px_txn *in, uint32_t no, int64_t value)
{
    px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };

    CHECK_EQ(px_graph_set(in, no, 0, px_value_num(px_num_int(value)), &origin, NULL, NULL), PX_OK);
}

static uint64_t bytes(void)
{
    while (px_graph_sweep(graph))
        ;
    return px_graph_stat(graph).bytes_used;
}

PX_TEST(ten_thousand_changes_and_the_memory_back_to_the_byte)
{
    px_branch *branch;
    px_txn *what_if;
    uint64_t before;

    open_plant();
    before = bytes();
    CHECK_EQ(px_graph_branch(graph, &branch, NULL), PX_OK);
    CHECK_EQ(px_graph_begin(px_branch_graph(branch), &what_if, NULL), PX_OK);
    for (uint32_t i = 0; i < CHANGES; i++)
        set(what_if, 1 + i * 7 % TWINS, i);
    px_graph_commit(what_if);
    CHECK(px_graph_stat(px_branch_graph(branch)).bytes_used > 0);
    CHECK_EQ(px_graph_stat(graph).bytes_used, before);
    px_branch_free(branch);
    CHECK_EQ(bytes(), before);
    CHECK_EQ(px_graph_stat(graph).snapshots, 0);
    px_graph_free(graph);
}

PX_TEST(the_live_graph_goes_on_beside_it)
{
    px_branch *branch;
    px_txn *what_if;
    px_buf buf = { 0 };
    const px_twin *twin;
    px_slot slot;

    open_plant();
    CHECK_EQ(px_graph_branch(graph, &branch, NULL), PX_OK);
    for (int64_t round = 1; round < 20; round++) {
        CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
        CHECK_EQ(px_graph_begin(px_branch_graph(branch), &what_if, NULL), PX_OK);
        set(txn, 5, round);
        set(what_if, 5, -round);
        if (round == 10)
            CHECK_EQ(px_graph_twin_delete(txn, 6, NULL), PX_OK);
        px_graph_commit(txn);
        px_graph_commit(what_if);
    }
    CHECK_EQ(px_graph_read_no(graph, TENANT, 5, &buf, &twin, NULL), PX_OK);
    CHECK(px_twin_slot(twin, 0, &slot));
    CHECK_EQ(slot.value.num.mantissa, 19);
    CHECK_EQ(px_graph_read_no(px_branch_graph(branch), TENANT, 5, &buf, &twin, NULL), PX_OK);
    CHECK(px_twin_slot(twin, 0, &slot));
    CHECK_EQ(slot.value.num.mantissa, -19);
    CHECK_EQ(px_graph_read_no(px_branch_graph(branch), TENANT, 6, &buf, &twin, NULL), PX_OK);
    CHECK_EQ(px_graph_read_no(graph, TENANT, 6, &buf, &twin, NULL), PX_NOT_FOUND);
    CHECK_EQ(px_branch_status(branch, NULL), PX_OK);
    px_branch_free(branch);
    px_buf_release(&buf);
    px_graph_free(graph);
}

typedef struct tally {
    uint32_t created, deleted, changed, rels;
} tally;

static px_status count(void *data, const px_difference *difference)
{
    tally *t = data;

    t->created += !difference->twin_before && difference->twin_after;
    t->deleted += difference->twin_before && !difference->twin_after;
    t->changed += difference->twin_before && difference->twin_after;
    t->rels += difference->rel_before || difference->rel_after;
    return PX_OK;
}

PX_TEST(diff_names_what_was_created_changed_and_deleted)
{
    px_branch *branch;
    px_txn *what_if;
    tally t = { 0 };
    uint32_t no;

    open_plant();
    CHECK_EQ(px_graph_branch(graph, &branch, NULL), PX_OK);
    CHECK_EQ(px_branch_diff(branch, count, &t), PX_OK);
    CHECK_EQ(t.created + t.deleted + t.changed + t.rels, 0);

    CHECK_EQ(px_graph_begin(px_branch_graph(branch), &what_if, NULL), PX_OK);
    set(what_if, 17, 1);
    set(what_if, 2900, 1);
    set(what_if, 17, 2);
    CHECK_EQ(px_graph_twin_delete(what_if, 3, NULL), PX_OK);
    CHECK_EQ(px_graph_twin_put(what_if, TENANT, PX_STR("new"), 1, 0, &no, NULL), PX_OK);
    /* far away: the tree of the branch is one level higher than its base */
    CHECK_EQ(px_graph_twin_put(what_if, TENANT, PX_STR("far"), 1, 5000000, &no, NULL), PX_OK);
    CHECK_EQ(
        px_graph_rel_put(what_if, 17, PX_STR("r"), PX_STR("near"), 18, PX_STR(""), 0, &no, NULL),
        PX_OK);
    px_graph_commit(what_if);

    CHECK_EQ(px_branch_diff(branch, count, &t), PX_OK);
    CHECK_EQ(t.created, 2);
    CHECK_EQ(t.deleted, 1);
    CHECK_EQ(t.changed, 2);
    CHECK_EQ(t.rels, 1);
    px_branch_free(branch);
    px_graph_free(graph);
}

PX_TEST(memory_that_fails_while_branching_leaves_nothing_behind)
{
    px_status status = PX_NO_MEMORY;
    uint64_t before, failed = 0;

    open_plant();
    before = bytes();
    for (uint64_t nth = 1; status == PX_NO_MEMORY; nth++) {
        px_branch *branch = NULL;
        px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };
        px_txn *what_if = NULL;

        px_mem_fail_nth(nth);
        status = px_graph_branch(graph, &branch, NULL);
        if (status == PX_OK)
            status = px_graph_begin(px_branch_graph(branch), &what_if, NULL);
        for (uint32_t no = 1; no <= TWINS && status == PX_OK; no++)
            status = px_graph_set(what_if, no, 0, px_value_bool(true), &origin, NULL, NULL);
        px_mem_fail_nth(0);
        failed += status == PX_NO_MEMORY;
        if (what_if)
            px_graph_rollback(what_if);
        px_branch_free(branch);
        CHECK_EQ(bytes(), before);
        CHECK_EQ(px_graph_stat(graph).snapshots, 0);
    }
    CHECK_EQ(status, PX_OK);
    CHECK(failed > 10);
    px_graph_free(graph);
}

PX_TEST(a_branch_of_a_branch_stands_on_both)
{
    px_branch *outer, *inner;
    px_txn *in_outer, *in_inner;
    px_buf buf = { 0 };
    const px_twin *twin;
    px_slot slot;

    open_plant();
    CHECK_EQ(px_graph_branch(graph, &outer, NULL), PX_OK);
    CHECK_EQ(px_graph_begin(px_branch_graph(outer), &in_outer, NULL), PX_OK);
    set(in_outer, 1, 11);
    px_graph_commit(in_outer);
    CHECK_EQ(px_graph_branch(px_branch_graph(outer), &inner, NULL), PX_OK);
    CHECK_EQ(px_graph_begin(px_branch_graph(inner), &in_inner, NULL), PX_OK);
    set(in_inner, 2, 22);
    px_graph_commit(in_inner);
    CHECK_EQ(px_graph_read_no(px_branch_graph(inner), TENANT, 1, &buf, &twin, NULL), PX_OK);
    CHECK(px_twin_slot(twin, 0, &slot));
    CHECK_EQ(slot.value.num.mantissa, 11);
    px_branch_free(inner);
    px_branch_free(outer);
    px_buf_release(&buf);
    px_graph_free(graph);
}

PX_TEST_MAIN()
