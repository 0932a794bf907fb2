/* SPDX-License-Identifier: Apache-2.0 */
/* State rows and what is left to store: a second graph that is fed with rows must equal the first.
 */
#include "twin/state.h"

#include <stdio.h>

#include "base/mem.h"
#include "twin/dirty.h"
#include "world.h"

static px_graph *graph_new(void)
{
    px_graph_opts opts = { .chunk_bytes = 4096 };
    px_graph *graph;

    CHECK_EQ(px_graph_new(&opts, &graph, NULL), PX_OK);
    return graph;
}

static void transact(px_graph *graph, world *w, px_gen *gen, int steps)
{
    px_txn *txn;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (int i = 0; i < steps; i++)
        CHECK_EQ(world_mutate(w, txn, gen), PX_OK);
    px_graph_commit(txn);
}

/* The "disk": the last row of each number. */
enum { NUMBERS = 4000 };
typedef struct disk {
    px_buf twin[NUMBERS], rel[NUMBERS];
} disk;

static void write_row(disk *d, const px_dirty *dirty)
{
    px_buf *row = dirty->is_rel ? &d->rel[dirty->no] : &d->twin[dirty->no];

    px_buf_clear(row);
    if (dirty->deleted)
        return;
    if (dirty->is_rel)
        px_put_rel(row, dirty->rel);
    else
        px_put_twin(row, dirty->twin);
    CHECK_EQ(px_buf_status(row, NULL), PX_OK);
}

/* One whole round of the cursor; some rows are only said to be stored after the next transaction.
 */
static void checkpoint(px_graph *graph, disk *d)
{
    px_dirty_cursor cursor = { 0 };
    px_dirty dirty;
    px_dirty_step step;

    while ((step = px_graph_dirty_next(graph, &cursor, &dirty)) != PX_DIRTY_END)
        if (step == PX_DIRTY_ROW) {
            write_row(d, &dirty);
            px_graph_dirty_stored(graph, &dirty);
        }
    px_dirty_release(&cursor);
}

static uint32_t tenant_of_row(px_str row)
{
    px_cut cut = px_cut_of(px_str_skip(row, 1));

    return (uint32_t)px_get_varint(&cut);
}

static px_graph *restart(const disk *d)
{
    px_graph *graph = graph_new();
    px_txn *txn;
    px_err err;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (int no = 0; no < NUMBERS; no++)
        if (d->twin[no].len)
            CHECK_OK(px_graph_twin_load(txn, tenant_of_row(px_buf_str(&d->twin[no])),
                                        px_buf_str(&d->twin[no]), &err),
                     &err);
    for (int no = 0; no < NUMBERS; no++)
        if (d->rel[no].len)
            CHECK_OK(px_graph_rel_load(txn, tenant_of_row(px_buf_str(&d->rel[no])),
                                       px_buf_str(&d->rel[no]), &err),
                     &err);
    px_graph_commit(txn);
    return graph;
}

static void check(px_graph *graph, const world *w)
{
    px_snapshot *snapshot;

    CHECK_EQ(px_graph_snapshot(graph, &snapshot, NULL), PX_OK);
    world_check(w, px_snapshot_view(snapshot));
    px_snapshot_release(snapshot);
}

PX_PROP(a_graph_made_of_its_rows_equals_it, 8)
{
    static world w;
    static disk d;
    px_graph *graph = graph_new(), *again;
    px_dirty_cursor cursor = { 0 };
    px_dirty dirty;

    memset(&w, 0, sizeof(w));
    for (int round = 0; round < 12; round++) {
        transact(graph, &w, gen, 100);
        if (px_gen_below(gen, 2))
            checkpoint(graph, &d);
    }
    checkpoint(graph, &d);
    CHECK_EQ(px_graph_dirty_next(graph, &cursor, &dirty), PX_DIRTY_END);
    again = restart(&d);
    check(again, &w);
    CHECK_EQ(px_graph_dirty_next(again, &cursor, &dirty), PX_DIRTY_END);
    px_dirty_release(&cursor);
    px_graph_free(again);
    px_graph_free(graph);
    for (int no = 0; no < NUMBERS; no++) {
        px_buf_release(&d.twin[no]);
        px_buf_release(&d.rel[no]);
    }
}

/* Between taking a row and its being durable the twin may change. */
PX_TEST(what_changed_after_its_row_was_taken_stays_dirty)
{
    px_graph *graph = graph_new();
    px_dirty_cursor cursor = { 0 };
    px_origin origin = { .source_time = 1 };
    px_dirty taken, again;
    px_txn *txn;
    uint32_t no;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    px_txn_at(txn, 1, 1);
    CHECK_EQ(px_graph_twin_put(txn, 1, PX_STR("pump"), 1, 0, &no, NULL), PX_OK);
    px_graph_commit(txn);
    CHECK_EQ(px_graph_dirty_next(graph, &cursor, &taken), PX_DIRTY_ROW);
    CHECK_EQ(taken.slot, px_graph_id_slot(1, PX_STR("pump")));

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    px_txn_at(txn, 2, 2);
    CHECK_EQ(px_graph_set(txn, no, 0, px_value_bool(true), &origin, NULL, NULL), PX_OK);
    px_graph_commit(txn);
    px_graph_dirty_stored(graph, &taken);
    px_dirty_restart(&cursor);
    CHECK_EQ(px_graph_dirty_next(graph, &cursor, &again), PX_DIRTY_ROW);
    CHECK_EQ(again.seq, 2);
    px_graph_dirty_stored(graph, &again);
    px_dirty_restart(&cursor);
    CHECK_EQ(px_graph_dirty_next(graph, &cursor, &again), PX_DIRTY_END);
    px_dirty_release(&cursor);
    px_graph_free(graph);
}

PX_TEST(a_deletion_is_told_until_it_is_stored)
{
    enum { TWINS = 1000 };
    px_graph *graph = graph_new();
    px_dirty_cursor cursor = { 0 };
    px_dirty dirty;
    px_txn *txn;
    uint32_t no, told = 0;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint32_t i = 0; i < TWINS; i++) {
        char id[8] = { (char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676) };

        CHECK_EQ(px_graph_twin_put(txn, 1, px_str_c(id), 1, 0, &no, NULL), PX_OK);
    }
    px_graph_commit(txn);
    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint32_t i = 1; i <= TWINS; i++)
        CHECK_EQ(px_graph_twin_delete(txn, i, NULL), PX_OK);
    px_graph_commit(txn);
    for (int round = 0; round < 2; round++) {
        px_dirty_step step;

        told = 0;
        while ((step = px_graph_dirty_next(graph, &cursor, &dirty)) != PX_DIRTY_END)
            if (step == PX_DIRTY_ROW) {
                CHECK(dirty.deleted && !dirty.is_rel && dirty.no == ++told);
                if (round)
                    px_graph_dirty_stored(graph, &dirty);
            }
        CHECK_EQ(told, TWINS);
    }
    CHECK_EQ(px_graph_dirty_next(graph, &cursor, &dirty), PX_DIRTY_END);
    px_dirty_release(&cursor);
    px_graph_free(graph);
}

/* Neighbours on disk come one after the other, as far as one batch of the cursor reaches; with more
 * than that each is told all the same, and once. */
PX_TEST(rows_come_in_the_order_of_their_keys)
{
    enum { TWINS = 70000, BATCH = 65535 };
    px_graph *graph = graph_new();
    px_dirty_cursor cursor = { 0 };
    px_dirty dirty, before = { 0 };
    px_dirty_step step;
    px_txn *txn;
    uint32_t told = 0;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint32_t i = 0; i < TWINS; i++) {
        char id[8];

        snprintf(id, sizeof(id), "t%u", i);
        CHECK_EQ(px_graph_twin_put(txn, 1, px_str_c(id), 1, 0, NULL, NULL), PX_OK);
    }
    px_graph_commit(txn);
    while ((step = px_graph_dirty_next(graph, &cursor, &dirty)) != PX_DIRTY_END) {
        if (step == PX_DIRTY_PAUSE)
            continue;
        CHECK_EQ(dirty.slot, px_graph_id_slot(1, px_twin_id(dirty.twin)));
        if (told % BATCH)
            CHECK(dirty.slot > before.slot || (dirty.slot == before.slot && dirty.no > before.no));
        CHECK_EQ(dirty.no > BATCH, told >= BATCH);
        before = dirty;
        told++;
        px_graph_dirty_stored(graph, &dirty);
    }
    CHECK_EQ(told, TWINS);
    while ((step = px_graph_dirty_next(graph, &cursor, &dirty)) != PX_DIRTY_END)
        CHECK_EQ(step, PX_DIRTY_PAUSE);
    px_dirty_release(&cursor);
    px_graph_free(graph);
}

/* Between collecting and giving, a twin may go: then its deletion is told before the round ends, or
 * the journal behind the round would speak of a twin that no row knows. */
PX_TEST(of_a_twin_that_went_after_it_was_collected_the_deletion_is_told)
{
    px_graph *graph = graph_new();
    px_dirty_cursor cursor = { 0 };
    px_dirty dirty;
    px_txn *txn;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint32_t i = 0; i < 3; i++)
        CHECK_EQ(px_graph_twin_put(txn, 1, px_str_of("abc" + i, 1), 1, 0, NULL, NULL), PX_OK);
    px_graph_commit(txn);
    CHECK_EQ(px_graph_dirty_next(graph, &cursor, &dirty), PX_DIRTY_ROW);
    px_graph_dirty_stored(graph, &dirty);
    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    for (uint32_t no = 1; no <= 3; no++)
        if (no != dirty.no)
            CHECK_EQ(px_graph_twin_delete(txn, no, NULL), PX_OK);
    px_graph_commit(txn);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(px_graph_dirty_next(graph, &cursor, &dirty), PX_DIRTY_ROW);
        CHECK(dirty.deleted);
        px_graph_dirty_stored(graph, &dirty);
    }
    CHECK_EQ(px_graph_dirty_next(graph, &cursor, &dirty), PX_DIRTY_END);
    px_dirty_release(&cursor);
    px_graph_free(graph);
}

/* Its twins' events come with the tail of the journal. */
PX_TEST(a_relationship_is_loaded_before_its_twins)
{
    px_graph *graph = graph_new(), *again = graph_new();
    px_buf row = { 0 };
    px_txn *txn;
    px_err err;
    px_edges at;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    CHECK_EQ(px_graph_twin_put(txn, 1, PX_STR("a"), 1, 5, NULL, NULL), PX_OK);
    CHECK_EQ(px_graph_twin_put(txn, 1, PX_STR("b"), 1, 6, NULL, NULL), PX_OK);
    CHECK_EQ(px_graph_rel_put(txn, 5, PX_STR("r"), PX_STR("near"), 6, PX_STR(""), 9, NULL, NULL),
             PX_OK);
    px_put_rel(&row, px_view_rel(px_txn_view(txn), 1, 9));
    px_graph_rollback(txn);

    CHECK_EQ(px_graph_begin(again, &txn, NULL), PX_OK);
    CHECK_OK(px_graph_rel_load(txn, 1, px_buf_str(&row), &err), &err);
    CHECK_EQ(px_graph_twin_put(txn, 1, PX_STR("b"), 1, 6, NULL, NULL), PX_OK);
    at = px_edges_in(px_txn_view(txn), 6, PX_STR("near"));
    CHECK_EQ(px_rel_number(px_edges_next(&at)), 9);
    CHECK_EQ(px_graph_rel_delete(txn, 9, NULL), PX_OK);
    CHECK_EQ(px_graph_twin_delete(txn, 6, NULL), PX_OK);
    px_graph_commit(txn);
    px_buf_release(&row);
    px_graph_free(graph);
    px_graph_free(again);
}

/* ---- hostile bytes ---- */

/* `beside`: its last write was a value beside the twin. */
static px_str a_row(px_graph *graph, bool beside, px_buf *row)
{
    px_origin origin = { .source_time = 77, .arrival_time = 99 * PX_SECOND };
    px_txn *txn;
    uint32_t no;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    px_txn_at(txn, 12, 100 * PX_SECOND + 7);
    CHECK_EQ(px_graph_twin_put(txn, 1, PX_STR("pump"), 3, 0, &no, NULL), PX_OK);
    for (uint32_t key = 0; key < 12; key++)
        CHECK_EQ(px_graph_set(txn, no, key, world_value(key + 9), &origin, NULL, NULL), PX_OK);
    CHECK_EQ(px_graph_desire(txn, no, 2, px_value_bool(true), &origin, 8, NULL), PX_OK);
    px_txn_at(txn, 14, 105 * PX_SECOND);
    origin.beside = true;
    if (beside)
        CHECK_EQ(px_graph_set(txn, no, 12, world_value(1), &origin, NULL, NULL), PX_OK);
    px_put_twin(row, px_view_twin(px_txn_view(txn), 1, no));
    px_graph_rollback(txn);
    return px_buf_str(row);
}

/* The store's sum finds damage; here it only must not be believed further than it reads. */
static void damage(bool beside)
{
    px_graph *graph = graph_new();
    px_buf row = { 0 }, memory = { 0 }, again = { 0 };
    px_str bytes = a_row(graph, beside, &row);
    const px_twin *twin;
    px_err err;

    CHECK_OK(px_twin_decode(bytes, &memory, &twin, &err), &err);
    CHECK_EQ(px_twin_slot_count(twin), 13 + beside);
    CHECK_EQ(px_twin_desired_version(twin), 8);
    CHECK_EQ(px_twin_seq(twin), beside ? 14 : 12);
    CHECK_EQ(px_twin_revision(twin), 12);
    CHECK_EQ(px_twin_revised(twin), beside ? 100 * PX_SECOND : 100 * PX_SECOND + 7);
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        row.ptr[bit / 8] ^= (char)(1 << bit % 8);
        if (px_twin_decode(bytes, &memory, &twin, &err) == PX_OK) {
            px_buf_clear(&again);
            px_put_twin(&again, twin);
            CHECK_OK(px_twin_decode(px_buf_str(&again), &memory, &twin, &err), &err);
        } else {
            CHECK(err.status == PX_CORRUPT || err.status == PX_UNSUPPORTED);
        }
        row.ptr[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < bytes.len; len++)
        CHECK_EQ(px_twin_decode(px_str_of(bytes.ptr, len), &memory, &twin, &err), PX_CORRUPT);
    px_buf_release(&row);
    px_buf_release(&memory);
    px_buf_release(&again);
    px_graph_free(graph);
}

PX_TEST(a_damaged_row_is_refused_or_reads_as_another_row)
{
    damage(false);
    damage(true);
}

/* A twin of which a freshness is declared; `written`: a value was set behind that. */
static px_str a_fresh_row(px_graph *graph, bool written, px_buf *row)
{
    px_origin origin = { .source_time = 77, .arrival_time = 99 * PX_SECOND };
    px_txn *txn;
    uint32_t no;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    px_txn_at(txn, 12, 100 * PX_SECOND);
    CHECK_EQ(px_graph_twin_put(txn, 1, PX_STR("pump"), 3, 0, &no, NULL), PX_OK);
    CHECK_EQ(px_graph_set(txn, no, 4, world_value(9), &origin, NULL, NULL), PX_OK);
    CHECK_EQ(px_graph_desire(txn, no, 2, px_value_bool(true), &origin, 8, NULL), PX_OK);
    px_txn_at(txn, 14, 105 * PX_SECOND);
    CHECK_EQ(px_graph_freshness_set(txn, no, 3, 104 * PX_SECOND + 5, NULL), PX_OK);
    px_txn_at(txn, 15, 106 * PX_SECOND);
    if (written)
        CHECK_EQ(px_graph_set(txn, no, 5, world_value(1), &origin, NULL, NULL), PX_OK);
    px_put_twin(row, px_view_twin(px_txn_view(txn), 1, no));
    px_graph_rollback(txn);
    return px_buf_str(row);
}

static void keeps_freshness(bool written)
{
    px_graph *graph = graph_new();
    px_buf row = { 0 }, memory = { 0 };
    px_str bytes = a_fresh_row(graph, written, &row);
    const px_twin *twin;
    px_time since;
    uint8_t state;
    px_err err;

    CHECK_EQ(bytes.ptr[0], 3); /* the format */
    CHECK_OK(px_twin_decode(bytes, &memory, &twin, &err), &err);
    CHECK(px_twin_freshness(twin, &state, &since));
    CHECK_EQ(state, 3);
    CHECK_EQ(since, 104 * PX_SECOND + 5);
    CHECK_EQ(px_twin_slot_count(twin), written ? 3 : 2); /* of values and desired ones alone */
    CHECK_EQ(px_twin_desired_version(twin), 8);
    CHECK_EQ(px_twin_seq(twin), written ? 15 : 14);
    CHECK_EQ(px_twin_revision(twin), written ? 15 : 12);
    for (size_t len = 0; len < bytes.len; len++)
        CHECK_EQ(px_twin_decode(px_str_of(bytes.ptr, len), &memory, &twin, &err), PX_CORRUPT);
    px_buf_release(&row);
    px_buf_release(&memory);
    px_graph_free(graph);
}

PX_TEST(a_row_keeps_how_fresh_its_twin_is)
{
    keeps_freshness(false);
    keeps_freshness(true);
}

PX_TEST(freshness_comes_and_goes_beside_the_revision)
{
    px_origin origin = { .source_time = 77, .arrival_time = 99 * PX_SECOND };
    px_graph *graph = graph_new();
    const px_twin *twin;
    px_txn *txn;
    uint8_t how;
    uint32_t no;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    px_txn_at(txn, 12, 100 * PX_SECOND);
    CHECK_EQ(px_graph_twin_put(txn, 1, PX_STR("pump"), 3, 0, &no, NULL), PX_OK);
    CHECK_EQ(px_graph_set(txn, no, 4, world_value(9), &origin, NULL, NULL), PX_OK);
    px_txn_at(txn, 13, 101 * PX_SECOND);
    CHECK_EQ(px_graph_freshness_unset(txn, no, NULL), PX_OK); /* nothing is there */
    CHECK_EQ(px_twin_seq(px_view_twin(px_txn_view(txn), 1, no)), 12);
    for (uint8_t to = 0; to < 4; to++)
        CHECK_EQ(px_graph_freshness_set(txn, no, to, to, NULL), PX_OK);
    twin = px_view_twin(px_txn_view(txn), 1, no);
    CHECK(px_twin_freshness(twin, &how, NULL));
    CHECK_EQ(how, 3);
    CHECK_EQ(px_twin_seq(twin), 13);
    CHECK_EQ(px_twin_revision(twin), 12);
    CHECK(!px_twin_slot(twin, 0xfffd, &(px_slot){ 0 })); /* it is no value */
    CHECK_EQ(px_graph_unset(txn, no, 0xfffd, NULL), PX_OK);
    CHECK(px_twin_freshness(px_view_twin(px_txn_view(txn), 1, no), &how, NULL));
    px_txn_at(txn, 14, 102 * PX_SECOND);
    CHECK_EQ(px_graph_freshness_unset(txn, no, NULL), PX_OK);
    twin = px_view_twin(px_txn_view(txn), 1, no);
    CHECK(!px_twin_freshness(twin, &how, NULL));
    CHECK_EQ(px_twin_seq(twin), 14);
    CHECK_EQ(px_twin_revision(twin), 12);
    CHECK_EQ(px_graph_freshness_set(txn, 77, 1, 1, NULL), PX_NOT_FOUND);
    px_graph_commit(txn);
    px_graph_free(graph);
}

PX_TEST(a_row_of_another_tenant_is_refused)
{
    px_graph *graph = graph_new();
    px_buf row = { 0 };
    px_str bytes = a_row(graph, false, &row);
    px_txn *txn;
    px_err err;

    CHECK_EQ(px_graph_begin(graph, &txn, NULL), PX_OK);
    CHECK_EQ(px_graph_twin_load(txn, 2, bytes, &err), PX_CORRUPT);
    CHECK_EQ(px_graph_rel_load(txn, 1, bytes, &err), PX_CORRUPT);
    CHECK_OK(px_graph_twin_load(txn, 1, bytes, &err), &err);
    px_graph_commit(txn);
    CHECK_EQ(px_graph_stat(graph).seq, 12);
    px_buf_release(&row);
    px_graph_free(graph);
}

PX_TEST_MAIN()
