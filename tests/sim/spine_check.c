/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/state.h"
#include "spine.h"

void spine_same_text(const spine *s, const px_buf *got, const px_buf *wanted, const char *what)
{
    if (!px_str_eq(px_buf_str(got), px_buf_str(wanted)))
        spine_fail(s, "%s:\n--- got\n%.*s--- wanted\n%.*s", what, PX_FMT(px_buf_str(got)),
                   PX_FMT(px_buf_str(wanted)));
}

void spine_check_state(spine *s)
{
    px_buf got = { 0 }, wanted = { 0 };

    s->real.dump_without_seqs = s->reference.dump_without_seqs = true;
    px_world_dump(&s->real, &got);
    px_world_dump(&s->reference, &wanted);
    spine_same_text(s, &got, &wanted, "real against reference");
    s->real.dump_without_seqs = false;
    spine_check_indexes_of(s, px_engine_graph(s->real.engine));
    px_buf_release(&got);
    px_buf_release(&wanted);
}

/* What is not folded yet is not read: the reader is told how far history is behind. */
static void check_lag(spine *s)
{
    uint64_t position = px_engine_position(s->real.engine);
    px_err err;

    if (px_history_position(s->real.history) < position)
        CHECK_EQ(px_history_wait(s->real.history, position, 0, &err), PX_BUSY);
}

void spine_check_history(spine *s)
{
    check_lag(s);
    px_world_fold(&s->real);
    if (s->real.died)
        spine_fail(s, "history or the engine died without a fault: %s", s->real.death.text);
    spine_catch_up(s); /* a tick may have come */
    px_world_fold(&s->real);
    spine_past_check(&s->past, &s->real, &s->gen);
}

void spine_check_rest(spine *s)
{
    enum { STEPS = 60, QUIET = 20 };
    uint64_t position = 0;

    for (int step = 0; step < STEPS; step++) {
        if (step == STEPS - QUIET)
            position = px_engine_position(s->real.engine);
        px_engine_step(s->real.engine);
        spine_look_at_backup(s);
        if (s->real.died)
            spine_fail(s, "the engine died without a fault: %s", s->real.death.text);
    }
    if (px_engine_position(s->real.engine) != position)
        spine_fail(s, "the server journals on and on while nothing happens");
    if (s->backup_runs)
        spine_fail(s, "a backup does not come to its end");
    spine_catch_up(s);
}

/* ---- the journal ---- */

typedef struct refold {
    px_engine_state state;
    px_arena arena;
} refold;

static px_status refold_row(void *data, const px_row *row, px_err *ret_err)
{
    refold *r = data;
    px_cut cut = px_cut_of(row->body);
    px_event event;

    PX_TRY(px_state_begin(&r->state, row->time, NULL, ret_err));
    for (uint64_t seq = row->seq_first; px_cut_left(&cut) > 0; seq++) {
        px_arena_reset(&r->arena);
        PX_TRY(px_get_event(&cut, &r->arena, &event, ret_err));
        event.seq = seq;
        event.time = row->time;
        PX_TRY(px_state_fold(&r->state, &event, NULL, ret_err));
    }
    px_state_commit(&r->state);
    return PX_OK;
}

static void check_refold(spine *s, px_journal *journal)
{
    px_buf got = { 0 }, wanted = { 0 };
    refold r = { 0 };
    px_err err;

    px_arena_init(&r.arena, 16 << 20);
    CHECK_OK(px_state_init(&r.state, px_fakedisk_env(s->real.disk), NULL, NULL, &err), &err);
    r.state.replaying = true; /* writes no rows */
    CHECK_OK(px_journal_read(journal, 0, 1, refold_row, &r, &err), &err);
    px_world_dump(&s->real, &wanted);
    px_world_dump_state(r.state.graph, r.state.registry, r.state.documents, false, &got);
    spine_same_text(s, &got, &wanted, "folded from the whole journal against checkpoint and tail");
    px_state_release(&r.state);
    px_arena_release(&r.arena);
    px_buf_release(&got);
    px_buf_release(&wanted);
}

void spine_check_journal(spine *s)
{
    enum { FRAME_BYTES = 64 };
    int64_t keep = s->real.journal_keep_bytes;
    int64_t slack = (int64_t)s->real_tail.row_bytes_max + FRAME_BYTES;
    px_journal_bounds bounds;
    px_journal *journal;
    px_err err;

    CHECK_OK(px_journal_open(s->real.store, &journal, &err), &err);
    CHECK_OK(px_journal_bounds_get(journal, 0, &bounds, &err), &err);
    CHECK_EQ(bounds.seq_last, px_engine_position(s->real.engine));
    if (bounds.seq_first == 1)
        check_refold(s, journal);
    else if (bounds.bytes + slack < keep) /* the row that passes the limit goes */
        spine_fail(s, "the journal was trimmed to %lld bytes, %lld must stay",
                   (long long)bounds.bytes, (long long)keep);
    s->trimmed += bounds.seq_first > 1;
    px_journal_close(journal);
}
