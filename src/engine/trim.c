/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's beginning goes when nobody needs it: state rows hold it, every consumer has passed
 * it, and it is older or larger than must be kept. Each row is judged by its own age, and by the
 * size of what is left. A few go with each commit.
 */
#include "engine/internal.h"

static bool next_trim(void *data, uint32_t rows_before, px_op *ret_op)
{
    enum { ROWS_AT_ONCE = 32, ROWS_PER_COMMIT = 256 };
    px_trim *trim = data;

    if (trim->done > 0 && rows_before < ROWS_AT_ONCE)
        trim->wanted = false;
    if (!trim->wanted || trim->done >= ROWS_PER_COMMIT)
        return false;
    trim->done += ROWS_AT_ONCE;
    *ret_op = (px_op){ .kind = PX_OP_TRIM_JOURNAL,
                       .key = { PX_SPINE, (int64_t)trim->below, 0 },
                       .key_to = { trim->keep_bytes, trim->oldest_kept, 0 },
                       .limit = ROWS_AT_ONCE };
    return true;
}

/* The smallest position that somebody still needs. */
static uint64_t trim_below(px_engine *engine)
{
    uint64_t below = engine->checkpoint.done_seq;

    pthread_mutex_lock(&engine->side_lock);
    for (int id = 1; id < PX_CONSUMERS_MAX; id++)
        if (engine->holds[id] && engine->cursors[id] < below)
            below = engine->cursors[id];
    pthread_mutex_unlock(&engine->side_lock);
    return below + 1;
}

/* Looks once a second whether the journal is longer than it must be. */
static void plan_trim(px_engine *engine, int64_t now_ns)
{
    px_journal_bounds bounds;
    px_trim *trim = &engine->trim;

    if (now_ns - engine->bounds_ns < PX_SECOND)
        return;
    engine->bounds_ns = now_ns;
    if (px_journal_bounds_get(engine->journal, PX_SPINE, &bounds, NULL) != PX_OK || bounds.empty)
        return;
    engine->graves.journal_first = bounds.seq_first;
    trim->keep_bytes = engine->opts.journal_keep_bytes;
    trim->oldest_kept = engine->time_last - engine->opts.journal_keep_ns;
    trim->below = trim_below(engine);
    trim->wanted = trim->below > bounds.seq_first &&
                   (bounds.bytes > trim->keep_bytes || bounds.time_first < trim->oldest_kept);
}

bool px_trim_prepare(px_engine *engine, int64_t now_ns, px_slice *ret_slice)
{
    plan_trim(engine, now_ns);
    if (!engine->trim.wanted)
        return false;
    engine->trim.done = 0;
    *ret_slice = (px_slice){
        .name = "trim", .next = next_trim, .data = &engine->trim, .rows_max = 256, .us_max = 400
    };
    return true;
}
