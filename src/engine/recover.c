/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start: the checkpoint's position and numbers, the state rows, then the journal's tail folded over
 * them. Relationships are loaded in a second pass, because their twins must stand first.
 * Transactions are cut into portions: their private copies are the only memory that recovery needs
 * beyond the state itself.
 */
#include "engine/internal.h"
#include "engine/read_ahead.h"

enum { ROWS_PER_PORTION = 16384, EVENT_ARENA_BYTES_MAX = 64 * 1024 * 1024, GROUP_EVENTS = 32 };

typedef struct recovery {
    px_engine *engine;
    px_engine_state *state;
    uint32_t portion; /* rows in the open transaction */
    bool relationships, saw_relationships;
    px_arena arena;
    px_time time_last;
} recovery;

static px_status begin_portion(recovery *r, px_err *ret_err)
{
    PX_TRY(px_state_begin(r->state, 0, NULL, ret_err));
    r->portion = 0;
    return PX_OK;
}

static px_status load_row(void *data, const px_fold *row, px_err *ret_err)
{
    recovery *r = data;
    bool is_relationship = row->key.b == PX_STATE_RELATIONSHIP;

    if (is_relationship != r->relationships) {
        r->saw_relationships |= is_relationship;
        return PX_OK;
    }
    if (r->portion == 0)
        px_txn_clean(r->state->txn, true);
    if (row->body.len == 0)
        px_graves_note(&r->engine->graves, row->key, row->seq);
    PX_TRY(px_state_load_row(r->state, row, ret_err));
    r->engine->stats.loaded_rows++;
    if (++r->portion < ROWS_PER_PORTION)
        return PX_OK;
    px_state_commit(r->state);
    return begin_portion(r, ret_err);
}

static px_status load_pass(recovery *r, px_store_reader *reader, px_err *ret_err)
{
    px_status status;

    PX_TRY(begin_portion(r, ret_err));
    status = px_read_ahead_scan(reader, PX_TABLE_STATE, r->engine->opts.threadless, load_row, r,
                                ret_err);
    if (!r->state->txn)
        return status;
    if (status == PX_OK)
        px_state_commit(r->state);
    else
        px_state_rollback(r->state, r->state->seq);
    return status;
}

static px_status load_end(recovery *r, px_err *ret_err)
{
    px_status status;

    PX_TRY(begin_portion(r, ret_err));
    status = px_graph_load_end(r->state->txn, ret_err);
    if (status == PX_OK)
        px_state_commit(r->state);
    else
        px_state_rollback(r->state, r->state->seq);
    return status;
}

static px_status load_state(recovery *r, px_store_reader *reader, px_err *ret_err)
{
    px_graph_load_begin(r->state->graph);
    PX_TRY(load_pass(r, reader, ret_err));
    PX_TRY(load_end(r, ret_err));
    px_answers_settle_start(&r->state->answers);
    r->relationships = true;
    return r->saw_relationships ? load_pass(r, reader, ret_err) : PX_OK;
}

/* Some events of a row, whose twins are asked for before the first of them is folded: a tail speaks
 * of any twin at any place, and without that each event waits for memory. */
typedef struct group {
    px_event_head head[GROUP_EVENTS];
    uint32_t twin_no[GROUP_EVENTS];
    size_t count, twin_count;
} group;

static px_status read_group(px_cut *cut, group *g, px_err *ret_err)
{
    g->count = g->twin_count = 0;
    while (g->count < GROUP_EVENTS && px_cut_left(cut) > 0) {
        px_event_head *head = &g->head[g->count++];

        PX_TRY(px_get_event_head(cut, head, ret_err));
        if (head->type == PX_EVENT_DEVICE_MESSAGE || head->type == PX_EVENT_TELEMETRY ||
            head->type == PX_EVENT_TWIN_PATCH)
            g->twin_no[g->twin_count++] = head->no;
    }
    return PX_OK;
}

static px_status fold_event(recovery *r, const px_event_head *head, uint64_t seq, px_time time,
                            px_err *ret_err)
{
    px_event event;

    if (seq <= r->engine->checkpoint.done_seq || px_state_has(r->state, head, seq))
        return PX_OK;
    px_arena_reset(&r->arena);
    PX_TRY(px_get_event_body(head, &r->arena, &event, ret_err));
    event.seq = seq;
    event.time = time;
    return px_state_fold(r->state, &event, NULL, ret_err);
}

static px_status fold_events(recovery *r, const px_row *row, px_err *ret_err)
{
    px_cut cut = px_cut_of(row->body);
    uint64_t seq = row->seq_first;
    group g;

    while (px_cut_left(&cut) > 0) {
        PX_TRY(read_group(&cut, &g, ret_err));
        px_graph_prefetch(r->state->graph, g.twin_no, g.twin_count);
        for (size_t i = 0; i < g.count; i++)
            PX_TRY(fold_event(r, &g.head[i], seq++, row->time, ret_err));
        r->engine->stats.replayed_events += g.count;
    }
    if (seq != row->seq_last + 1)
        return px_fail(ret_err, PX_CORRUPT, "the row holds %llu events and says %llu",
                       (unsigned long long)(seq - row->seq_first),
                       (unsigned long long)(row->seq_last + 1 - row->seq_first));
    return PX_OK;
}

static px_status replay_row(void *data, const px_row *row, px_err *ret_err)
{
    recovery *r = data;
    px_err err;
    px_status status;

    PX_TRY(px_state_begin(r->state, row->time, NULL, ret_err));
    status = fold_events(r, row, &err);
    if (status != PX_OK) {
        px_state_rollback(r->state, r->state->seq);
        return px_fail_id(ret_err, status, err.id, "journal row %llu to %llu: %s",
                          (unsigned long long)row->seq_first, (unsigned long long)row->seq_last,
                          err.text);
    }
    px_state_commit(r->state);
    r->state->seq = row->seq_last;
    r->time_last = row->time;
    r->engine->stats.replayed_rows++;
    return PX_OK;
}

static px_status replay_tail(recovery *r, px_err *ret_err)
{
    px_engine *engine = r->engine;
    px_journal_bounds bounds;
    uint64_t from = engine->checkpoint.done_seq + 1;

    PX_TRY(px_journal_bounds_get(engine->journal, PX_SPINE, &bounds, ret_err));
    r->state->seq = engine->checkpoint.done_seq;
    px_graves_settle_start(&engine->graves);
    if (bounds.empty)
        return PX_OK;
    r->state->seq = bounds.seq_last;
    r->time_last = bounds.time_last;
    if (from < bounds.seq_first && engine->checkpoint.done_seq != 0)
        return px_fail(ret_err, PX_CORRUPT,
                       "the journal begins at %llu and the checkpoint ends at %llu: rows between "
                       "them are missing",
                       (unsigned long long)bounds.seq_first,
                       (unsigned long long)engine->checkpoint.done_seq);
    if (from > bounds.seq_last)
        return PX_OK;
    return px_read_ahead_journal(engine->journal, PX_SPINE, from, engine->opts.threadless,
                                 replay_row, r, ret_err);
}

static px_status load_meta(recovery *r, px_store_reader *reader, px_err *ret_err)
{
    px_engine *engine = r->engine;
    px_buf body = { 0 };
    px_status status = px_store_get(reader, PX_TABLE_META, (px_key){ PX_META_CHECKPOINT, 0, 0 },
                                    &body, NULL, ret_err);

    if (status == PX_OK)
        status = px_checkpoint_load(&engine->checkpoint, px_buf_str(&body), ret_err);
    else if (status == PX_NOT_FOUND)
        status = PX_OK; /* no round has ended yet */
    for (int64_t id = 1; status == PX_OK && id < PX_CONSUMERS_MAX; id++) {
        uint64_t cursor = 0;

        status =
            px_store_get(reader, PX_TABLE_CURSOR, (px_key){ id, 0, 0 }, &body, &cursor, ret_err);
        engine->cursors[id] = cursor;
        if (status == PX_NOT_FOUND)
            status = PX_OK;
    }
    px_buf_release(&body);
    return status;
}

px_status px_engine_recover(px_engine *engine, px_err *ret_err)
{
    recovery r = { .engine = engine, .state = &engine->state };
    px_store_reader *reader = NULL;
    px_status status;

    px_arena_init(&r.arena, EVENT_ARENA_BYTES_MAX);
    status = px_store_reader_open(engine->opts.store, &reader, ret_err);
    if (status == PX_OK)
        status = px_journal_open(engine->opts.store, &engine->journal, ret_err);
    engine->state.replaying = true;
    if (status == PX_OK)
        status = load_meta(&r, reader, ret_err);
    if (status == PX_OK)
        status = load_state(&r, reader, ret_err);
    if (status == PX_OK)
        status = replay_tail(&r, ret_err);
    engine->state.replaying = false;
    px_map_release(&engine->state.known);
    PX_VEC_RELEASE(&engine->state.known_seqs);
    px_store_reader_close(reader);
    px_arena_release(&r.arena);
    engine->time_taken_ns = engine->opts.env->monotonic_ns(engine->opts.env);
    px_engine_set_time(engine, r.time_last);
    engine->ring.seq_last = engine->state.seq;
    return status;
}
