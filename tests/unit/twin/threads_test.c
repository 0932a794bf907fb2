/* SPDX-License-Identifier: Apache-2.0 */
/* One writer, readers by id and by snapshot on other threads. Built with the tsan preset this finds
 * races; in any build the readers check that what they see was published together. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "px_test.h"
#include "twin/branch.h"

enum { TENANT = 1, TWINS = 200, BATCHES = 400, READERS = 3, FIELDS = 4 };

typedef struct scene {
    px_graph *graph;
    _Atomic bool done;
    _Atomic uint64_t reads, scans, wrong;
} scene;

static px_str id_of(uint32_t i, char buf[16])
{
    return px_str_of(buf, (size_t)snprintf(buf, 16, "twin-%u", i));
}

/* All fields of a twin are written with one value in one transaction. */
static bool is_whole(const px_twin *twin)
{
    px_slot first, slot;

    if (!px_twin_slot(twin, 0, &first))
        return px_twin_slot_count(twin) == 0;
    for (uint32_t key = 1; key < FIELDS; key++)
        if (!px_twin_slot(twin, key, &slot) || !px_value_same(first.value, slot.value))
            return false;
    return true;
}

static void *read_by_id(void *arg)
{
    scene *s = arg;
    px_buf buf = { 0 };
    uint64_t reads = 0, wrong = 0;
    char id[16];

    for (uint32_t i = 0; !atomic_load(&s->done); i = (i + 7) % TWINS, reads++) {
        const px_twin *twin;
        uint32_t no, model;

        if (px_graph_read(s->graph, TENANT, id_of(i, id), &buf, &twin, NULL) == PX_OK)
            wrong += !is_whole(twin) || !px_str_eq(px_twin_id(twin), id_of(i, id));
        else
            wrong += i % 10 != 0; /* only every tenth is ever deleted */
        if (px_graph_lookup(s->graph, TENANT, id_of(i, id), &no, &model) == PX_OK)
            wrong += model != 1;
    }
    px_buf_release(&buf);
    atomic_fetch_add(&s->reads, reads);
    atomic_fetch_add(&s->wrong, wrong);
    return NULL;
}

static void *read_by_snapshot(void *arg)
{
    scene *s = arg;
    uint64_t scans = 0, wrong = 0;

    for (; !atomic_load(&s->done); scans++) {
        px_snapshot *snapshot;
        px_twins at;
        uint64_t seq = 0;

        if (px_graph_snapshot(s->graph, &snapshot, NULL) != PX_OK)
            break;
        at = px_twins_of(px_snapshot_view(snapshot), TENANT, NULL, 0);
        for (const px_twin *twin; (twin = px_twins_next(&at));) {
            wrong += !is_whole(twin);
            seq = px_twin_seq(twin) > seq ? px_twin_seq(twin) : seq;
        }
        wrong += seq > px_snapshot_seq(snapshot);
        px_snapshot_release(snapshot);
        (void)px_graph_stat(s->graph);
    }
    atomic_fetch_add(&s->scans, scans);
    atomic_fetch_add(&s->wrong, wrong);
    return NULL;
}

static px_status count_change(void *data, const px_difference *difference)
{
    *(uint64_t *)data += difference->twin_before && difference->twin_after;
    return PX_OK;
}

/* Branches, changes, compares and drops, again and again. */
static void *try_out(void *arg)
{
    scene *s = arg;
    uint64_t wrong = 0;

    while (!atomic_load(&s->done)) {
        px_branch *branch;
        px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };
        uint64_t changed = 0, wanted = 0;
        px_txn *txn;

        if (px_graph_branch(s->graph, &branch, NULL) != PX_OK)
            break;
        wrong += px_graph_begin(px_branch_graph(branch), &txn, NULL) != PX_OK;
        for (uint32_t i = 1; i < 50; i++)
            if (px_view_twin(px_txn_view(txn), TENANT, i)) {
                wrong += px_graph_set(txn, i, 0, px_value_bool(true), &origin, NULL, NULL) != PX_OK;
                wanted++;
            }
        px_graph_commit(txn);
        wrong += px_branch_diff(branch, count_change, &changed) != PX_OK || changed != wanted;
        px_branch_free(branch);
    }
    atomic_fetch_add(&s->wrong, wrong);
    return NULL;
}

static void write_batch(px_graph *graph, px_gen *gen, uint64_t batch)
{
    px_txn *txn;
    char id[16];

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    px_txn_at(txn, batch, (px_time)batch * PX_MILLISECOND);
    for (int i = 0; i < 20; i++) {
        uint32_t which = (uint32_t)px_gen_below(gen, TWINS);
        const px_twin *twin = px_view_find(px_txn_view(txn), TENANT, id_of(which, id));
        px_origin origin = { .source_time = (px_time)(batch * 100 + (uint64_t)i),
                             .arrival_time = (px_time)batch };
        uint32_t no = twin ? px_twin_number(twin) : 0;

        if (twin && which % 10 == 0 && px_gen_below(gen, 2)) {
            CHECK_EQ(px_graph_twin_delete(txn, no, NULL), PX_OK);
            continue;
        }
        if (!twin)
            CHECK_EQ(px_graph_twin_put(txn, TENANT, id_of(which, id), 1, 0, &no, NULL), PX_OK);
        for (uint32_t key = 0; key < FIELDS; key++)
            CHECK_EQ(px_graph_set(txn, no, key, px_value_num(px_num_int((int64_t)batch)), &origin,
                                  NULL, NULL),
                     PX_OK);
    }
    if (px_gen_below(gen, 10))
        px_graph_commit(txn);
    else
        px_graph_rollback(txn);
}

static void create_all(px_graph *graph)
{
    px_txn *txn;
    char id[16];
    uint32_t no;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint32_t i = 0; i < TWINS; i++)
        CHECK_EQ(px_graph_twin_put(txn, TENANT, id_of(i, id), 1, 0, &no, NULL), PX_OK);
    px_graph_commit(txn);
}

PX_PROP(readers_see_whole_twins_while_one_writes, 1)
{
    px_graph_opts opts = { .chunk_bytes = 4096 };
    pthread_t reader[READERS], scanner, brancher;
    scene s = { 0 };

    CHECK_EQ(px_graph_new(&opts, &s.graph, NULL), PX_OK);
    create_all(s.graph);
    for (int i = 0; i < READERS; i++)
        CHECK_EQ(pthread_create(&reader[i], NULL, read_by_id, &s), 0);
    CHECK_EQ(pthread_create(&scanner, NULL, read_by_snapshot, &s), 0);
    CHECK_EQ(pthread_create(&brancher, NULL, try_out, &s), 0);
    for (uint64_t batch = 1; batch <= BATCHES; batch++)
        write_batch(s.graph, gen, batch);
    atomic_store(&s.done, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(reader[i], NULL);
    pthread_join(scanner, NULL);
    pthread_join(brancher, NULL);
    CHECK_EQ(s.wrong, 0);
    CHECK(s.reads > 0);
    while (px_graph_sweep(s.graph))
        ;
    CHECK_EQ(px_graph_stat(s.graph).snapshot_bytes, 0);
    px_graph_free(s.graph);
}

typedef struct asker {
    px_graph *graph;
    px_branch *branch;
    pthread_t thread;
} asker;

static void *ask(void *arg)
{
    asker *a = arg;

    if (px_graph_branch(a->graph, &a->branch, NULL) != PX_OK)
        a->branch = NULL;
    return NULL;
}

PX_TEST(a_snapshot_asked_during_a_transaction_is_of_the_state_before_it)
{
    px_snapshot *during, *again, *after;
    px_graph *graph;
    px_txn *txn;

    CHECK_EQ(px_graph_new(NULL, &graph, NULL), PX_OK);
    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    CHECK_EQ(px_graph_twin_put(txn, TENANT, PX_STR("pump"), 1, 0, NULL, NULL), PX_OK);
    CHECK_EQ(px_graph_snapshot(graph, &during, NULL), PX_OK);
    CHECK_EQ(px_graph_snapshot(graph, &again, NULL), PX_OK);
    CHECK(during == again);
    px_graph_commit(txn);
    CHECK(!px_view_find(px_snapshot_view(during), TENANT, PX_STR("pump")));
    CHECK(!px_view_twin(px_snapshot_view(during), TENANT, 1));
    CHECK_EQ(px_graph_snapshot(graph, &after, NULL), PX_OK);
    CHECK(px_view_find(px_snapshot_view(after), TENANT, PX_STR("pump")));
    px_snapshot_release(during);
    px_snapshot_release(again);
    px_snapshot_release(after);
    px_graph_free(graph);
}

PX_TEST(who_branches_during_a_transaction_waits_for_its_end)
{
    asker a = { 0 };
    px_txn *txn;
    px_snapshot *early;

    CHECK_EQ(px_graph_new(NULL, &a.graph, NULL), PX_OK);
    CHECK_EQ(px_graph_begin(a.graph, &txn, NULL), PX_OK);
    CHECK_EQ(px_graph_twin_put(txn, TENANT, PX_STR("pump"), 1, 0, NULL, NULL), PX_OK);
    CHECK_EQ(px_graph_snapshot(a.graph, &early, NULL), PX_OK);
    CHECK_EQ(pthread_create(&a.thread, NULL, ask, &a), 0);
    px_graph_commit(txn);
    pthread_join(a.thread, NULL);
    CHECK(px_view_find(px_snapshot_view(px_branch_base(a.branch)), TENANT, PX_STR("pump")));
    CHECK(!px_view_find(px_snapshot_view(early), TENANT, PX_STR("pump")));
    px_branch_free(a.branch);
    px_snapshot_release(early);
    px_graph_free(a.graph);
}

PX_TEST_MAIN()
