/* SPDX-License-Identifier: Apache-2.0 */
/* The graph against a naive one: transactions, rollbacks, snapshots, branches, failing memory. */
#include "world.h"

#include "base/mem.h"
#include "twin/branch.h"

enum { SNAPSHOTS = 4, BRANCHES = 2 };

typedef struct stage {
    px_graph *graph;
    world now;
    px_snapshot *snapshot[SNAPSHOTS];
    world then[SNAPSHOTS];
    px_branch *branch[BRANCHES];
    world elsewhere[BRANCHES];
} stage;

static px_graph *graph_new(void)
{
    px_graph_opts opts = { .chunk_bytes = 4096 };
    px_graph *graph;

    CHECK_OK(px_graph_new(&opts, &graph, NULL), NULL);
    return graph;
}

/* Some mutations, kept or undone. */
static void transact(px_graph *graph, world *w, px_gen *gen)
{
    static world before;
    px_txn *txn;
    uint64_t steps = px_gen_below(gen, 40);
    bool keep = px_gen_below(gen, 4) > 0;

    before = *w;
    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint64_t i = 0; i < steps; i++)
        CHECK_EQ(world_mutate(w, txn, gen), PX_OK);
    if (px_gen_below(gen, 4) == 0)
        world_check(w, px_txn_view(txn));
    if (keep) {
        px_graph_commit(txn);
        return;
    }
    px_graph_rollback(txn);
    *w = before;
}

/* Snapshots asked in the middle of a transaction show the state before it, for as long as held. */
static void transact_under_snapshots(stage *s, px_gen *gen)
{
    size_t i = px_gen_below(gen, SNAPSHOTS);
    static world before;
    px_snapshot *second;
    px_txn *txn;

    before = s->now;
    CHECK_EQ(px_graph_begin(s->graph, &txn, NULL), PX_OK);
    for (int step = 0; step < 30; step++) {
        CHECK_EQ(world_mutate(&s->now, txn, gen), PX_OK);
        if (step != 15)
            continue;
        px_snapshot_release(s->snapshot[i]);
        CHECK_EQ(px_graph_snapshot(s->graph, &s->snapshot[i], NULL), PX_OK);
        s->then[i] = before;
        if (px_gen_below(gen, 4) == 0) { /* let go of and asked again */
            px_snapshot_release(s->snapshot[i]);
            CHECK_EQ(px_graph_snapshot(s->graph, &s->snapshot[i], NULL), PX_OK);
        }
        CHECK_EQ(px_graph_snapshot(s->graph, &second, NULL), PX_OK);
        CHECK(second == s->snapshot[i]);
        px_snapshot_release(second);
        world_check(&before, px_snapshot_view(s->snapshot[i]));
    }
    if (px_gen_below(gen, 4)) {
        px_graph_commit(txn);
    } else {
        px_graph_rollback(txn);
        s->now = before;
    }
    world_check(&before, px_snapshot_view(s->snapshot[i]));
}

static void shuffle_snapshot(stage *s, px_gen *gen)
{
    size_t i = px_gen_below(gen, SNAPSHOTS);

    if (s->snapshot[i]) {
        world_check(&s->then[i], px_snapshot_view(s->snapshot[i]));
        px_snapshot_release(s->snapshot[i]);
        s->snapshot[i] = NULL;
    } else {
        CHECK_EQ(px_graph_snapshot(s->graph, &s->snapshot[i], NULL), PX_OK);
        s->then[i] = s->now;
    }
}

static void check_branch(stage *s, size_t i)
{
    px_snapshot *snapshot;

    CHECK_EQ(px_graph_snapshot(px_branch_graph(s->branch[i]), &snapshot, NULL), PX_OK);
    world_check(&s->elsewhere[i], px_snapshot_view(snapshot));
    px_snapshot_release(snapshot);
}

static void shuffle_branch(stage *s, px_gen *gen)
{
    size_t i = px_gen_below(gen, BRANCHES);

    if (!s->branch[i]) {
        CHECK_EQ(px_graph_branch(s->graph, &s->branch[i], NULL), PX_OK);
        s->elsewhere[i] = s->now;
    } else if (px_gen_below(gen, 6)) {
        transact(px_branch_graph(s->branch[i]), &s->elsewhere[i], gen);
    } else {
        check_branch(s, i);
        px_branch_free(s->branch[i]);
        s->branch[i] = NULL;
    }
}

static void end(stage *s)
{
    px_txn *txn;

    for (size_t i = 0; i < SNAPSHOTS; i++)
        px_snapshot_release(s->snapshot[i]);
    for (size_t i = 0; i < BRANCHES; i++)
        px_branch_free(s->branch[i]);
    CHECK_EQ(px_graph_begin(s->graph, &txn, NULL), PX_OK);
    world_clear(&s->now, txn);
    px_graph_commit(txn);
    for (int i = 0; i < 20; i++) { /* emptied leaves go in later transactions */
        CHECK_EQ(px_graph_begin(s->graph, &txn, NULL), PX_OK);
        px_graph_commit(txn);
    }
    while (px_graph_sweep(s->graph))
        ;
    CHECK_EQ(px_graph_stat(s->graph).bytes_used, 0);
    CHECK_EQ(px_graph_stat(s->graph).snapshot_bytes, 0);
    CHECK_EQ(px_graph_stat(s->graph).twins, 0);
    px_graph_free(s->graph);
}

PX_PROP(agrees_with_a_naive_graph, 12)
{
    static stage s;

    memset(&s, 0, sizeof(s));
    s.graph = graph_new();
    for (int step = 0; step < 150; step++) {
        transact(s.graph, &s.now, gen);
        if (px_gen_below(gen, 3) == 0)
            shuffle_snapshot(&s, gen);
        if (px_gen_below(gen, 4) == 0)
            transact_under_snapshots(&s, gen);
        if (px_gen_below(gen, 3) == 0)
            shuffle_branch(&s, gen);
        if (step % 30 == 29)
            for (size_t i = 0; i < SNAPSHOTS; i++)
                if (s.snapshot[i])
                    world_check(&s.then[i], px_snapshot_view(s.snapshot[i]));
    }
    end(&s);
}

PX_PROP(a_rollback_is_exact_to_the_byte, 10)
{
    static world w, before;
    px_graph *graph = graph_new();
    px_snapshot *snapshot = NULL;
    px_txn *txn;

    memset(&w, 0, sizeof(w));
    for (int round = 0; round < 40; round++) {
        uint64_t bytes;

        transact(graph, &w, gen);
        if (round % 5 == 0) {
            px_snapshot_release(snapshot);
            CHECK_EQ(px_graph_snapshot(graph, &snapshot, NULL), PX_OK);
        }
        while (px_graph_sweep(graph))
            ;
        before = w;
        bytes = px_graph_stat(graph).bytes_used;
        CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
        for (int i = 0; i < 50; i++)
            CHECK_EQ(world_mutate(&w, txn, gen), PX_OK);
        px_graph_rollback(txn);
        w = before;
        CHECK_EQ(px_graph_stat(graph).bytes_used, bytes);
    }
    px_snapshot_release(snapshot);
    px_graph_free(graph);
}

/* Each request for memory fails once; the transaction is rolled back and done again. */
PX_PROP(memory_that_fails_anywhere_does_no_harm, 3)
{
    static world w, before;
    px_graph *graph = graph_new();
    px_snapshot *snapshot;
    uint32_t failed = 0;

    memset(&w, 0, sizeof(w));
    CHECK_EQ(px_graph_snapshot(graph, &snapshot, NULL), PX_OK);
    for (int round = 0; round < 30; round++) {
        uint64_t state = gen->state;
        px_status status = PX_NO_MEMORY;

        before = w;
        for (uint64_t nth = 1; status == PX_NO_MEMORY; nth++) {
            px_txn *txn;
            uint64_t bytes;

            while (px_graph_sweep(graph))
                ;
            bytes = px_graph_stat(graph).bytes_used;
            gen->state = state;
            w = before;
            px_mem_fail_nth(nth);
            status = px_graph_begin(graph, &txn, NULL);
            for (int i = 0; i < 60 && status == PX_OK; i++)
                status = world_mutate(&w, txn, gen);
            px_mem_fail_nth(0);
            if (status == PX_OK) {
                px_graph_commit(txn);
                continue;
            }
            CHECK_EQ(status, PX_NO_MEMORY);
            px_graph_rollback(txn);
            CHECK_EQ(px_graph_stat(graph).bytes_used, bytes);
            failed++;
        }
        px_snapshot_release(snapshot);
        CHECK_EQ(px_graph_snapshot(graph, &snapshot, NULL), PX_OK);
        if (round % 10 == 9)
            world_check(&w, px_snapshot_view(snapshot));
    }
    CHECK(failed > 30);
    px_snapshot_release(snapshot);
    px_graph_free(graph);
}

PX_TEST_MAIN()
