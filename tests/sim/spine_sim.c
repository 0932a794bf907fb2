/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spine under everything that can go wrong, from one seed: the real engine, history and SQLite
 * on a disk that loses, reorders and tears what was not synced, with failing reads, writes, syncs
 * and allocations, full disks, slow syncs and clocks that jump. Beside it runs a reference without
 * faults. After every kill and power cut the contracts are checked:
 *
 *   - everything acknowledged is there: the reference, which got exactly the acknowledged requests,
 *     journals the same facts and has the same state;
 *   - of what was not acknowledged each batch is there whole or not at all, and nothing is applied
 *     twice: the journal says how far it came, and the reference follows to exactly there;
 *   - a request that comes again with its Idempotency-Key is done once, before a crash or behind
 * it;
 *   - refusals are the same: both say the same status to the same request;
 *   - every request is answered within a few steps, and a server that nobody asks comes to rest;
 *   - a document goes by its own deadline or deletion, and by nothing else;
 *   - history holds every accepted sample once, and says nothing else;
 *   - of two tenants with the same names neither sees the other;
 *   - a backup is the server at the moment of its end, and none is half there;
 *   - snapshots and branches see their own moment, and give their memory back;
 *   - state from checkpoint and tail equals state folded from the whole journal.
 *
 *     spine_sim [--part K N] [--seed S] [--seeds COUNT]     (also PX_SEED, PX_SEEDS; PX_TRACE)
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "seeds.h"
#include "spine.h"
#include "twin/inner.h"

enum { ROUNDS = 8, STEPS_MAX = 40, SEEDS = 160 };

static void answer(px_request *request)
{
    spine_flying *f = request->data;

    f->answered = true;
    f->replayed = request->result.status == PX_OK && request->result.kept.ptr;
    f->position = px_engine_position(f->s->real.engine);
}

/* ---- one chain of requests ---- */

static spine_flying *make_chain(spine *s, size_t count)
{
    spine_flying *chain = PX_ARENA_ARRAY(&s->arena, spine_flying, count);
    px_time now = px_engine_now(s->real.engine); /* as doors reckon a deadline */

    CHECK(chain != NULL);
    now = now > s->real_tail.time ? now : s->real_tail.time;
    if (s->slow) /* no command is due before all of the chain is answered: else who fires first? */
        now += 60 * PX_SECOND;
    for (size_t i = 0; i < count; i++) {
        chain[i] = (spine_flying){ .s = s };
        spine_op_make(&s->gen, ++s->step, &s->real, now, &chain[i].op);
        spine_op_key(&s->gen, s->sent, &chain[i].op);
        if (s->slow) /* nor is one sent again */
            chain[i].op.is_tracked = false;
        spine_op_request(&s->real, &chain[i].op, &s->arena, &chain[i].request);
        chain[i].request.done = answer;
        chain[i].request.data = &chain[i];
        if (i > 0)
            chain[i - 1].request.next = &chain[i].request;
    }
    return chain;
}

static void step(spine *s)
{
    px_engine_step(s->real.engine);
    spine_look_at_backup(s);
    if (px_gen_below(&s->gen, 4) == 0)
        px_world_history_step(&s->real);
}

/* True when a fault refused some of it. */
static bool run_chain(spine *s, bool fail_memory)
{
    size_t count = px_gen_below(&s->gen, SPINE_CHAIN_MAX) + 1, answered = 0;
    spine_flying *chain = make_chain(s, count);
    bool refused = false;

    if (px_engine_submit(s->real.engine, &chain[0].request, &chain[count - 1].request) != PX_OK)
        return true; /* refused as a whole: nothing was taken */
    if (fail_memory)
        px_mem_fail_nth(px_gen_below(&s->gen, 300) + 1);
    for (int steps = 0; steps < STEPS_MAX && answered < count; steps++) {
        step(s);
        answered = 0;
        for (size_t i = 0; i < count; i++)
            answered += chain[i].answered;
    }
    px_mem_fail_nth(0);
    if (answered < count)
        spine_fail(s, "%zu of %zu requests have no answer after %d steps", count - answered, count,
                   STEPS_MAX);
    spine_tail_read(&s->real_tail);
    for (size_t i = 0; i < count; i++)
        refused |= spine_settle(s, &chain[i]);
    return refused;
}

static void idle(spine *s)
{
    px_fakedisk_advance(s->real.disk, (int64_t)px_gen_below(&s->gen, 5) * PX_SECOND);
    if (px_gen_below(&s->gen, 6) == 0)
        spine_hold_snapshot(s);
    if (px_gen_below(&s->gen, 8) == 0)
        spine_try_branch(s);
    if (s->may_back_up)
        spine_begin_backup(s);
    for (uint64_t n = px_gen_below(&s->gen, 4); n > 0; n--) {
        step(s);
        if (px_store_checkpoint_step(s->real.store, NULL) != PX_OK)
            break;
    }
    if (px_gen_below(&s->gen, 6) == 0)
        px_history_flush(s->real.history);
    spine_check_snapshots(s);
}

/* ---- one round ---- */

/* Snapshots of some seeds may hold back little. */
static void limit_snapshots(spine *s)
{
    if (s->seed % 4 == 0)
        px_engine_graph(s->real.engine)->snapshot_bytes_max = 2048;
}

static void restart(spine *s)
{
    bool power = px_fakedisk_crashed(s->real.disk) || px_gen_below(&s->gen, 2);

    spine_drop_snapshots(s);
    spine_tail_pause(&s->real_tail);
    px_world_kill(&s->real, power);
    spine_check_lost_backup(s);
    spine_tail_resume(&s->real_tail);
    limit_snapshots(s);
    if (px_engine_position(s->real.engine) < s->real_tail.seq)
        spine_fail(s, "acknowledged up to %llu, found up to %llu",
                   (unsigned long long)s->real_tail.seq,
                   (unsigned long long)px_engine_position(s->real.engine));
    spine_tail_read(&s->real_tail);
    s->crashes++;
}

static void end_round(spine *s)
{
    bool down = s->real.died || px_fakedisk_crashed(s->real.disk);

    spine_take_faults_back(s);
    if (down || px_gen_below(&s->gen, 3) == 0)
        restart(s);
    px_fakedisk_crash_at(s->real.disk, UINT64_MAX);
    px_fakedisk_crash_is_kill(s->real.disk, false);
    spine_follow(s);
    spine_check_rest(s);
    if (run_chain(s, false))
        spine_fail(s, "refused without a fault");
    spine_catch_up(s);
    spine_check_state(s);
    spine_check_history(s);
    spine_check_journal(s);
    spine_tail_forget(&s->real_tail);
    spine_tail_forget(&s->reference_tail);
    px_arena_reset(&s->arena);
}

static void run_round(spine *s)
{
    bool fail_memory = px_gen_below(&s->gen, 6) == 0;

    s->may_back_up = !fail_memory;
    if (!fail_memory) /* what memory refused in a batch that is then lost is told as lost */
        spine_plan_fault(s);
    for (int chain = 0; chain < SPINE_CHAINS && !s->real.died; chain++) {
        run_chain(s, fail_memory);
        if (!s->real.died)
            idle(s);
        spine_catch_up(s);
    }
    end_round(s);
}

/* ---- one seed ---- */

static void begin(spine *s, uint64_t seed)
{
    *s = (spine){ .seed = seed, .gen = { seed }, .backup_gen = { ~seed } };
    px_arena_init(&s->arena, 256 << 20);
    px_world_init(&s->real, seed);
    px_world_init(&s->reference, seed + 1);
    s->real.checkpoint_ns = (int64_t)px_gen_below(&s->gen, 10) * PX_SECOND + 1;
    s->real.flush_ns = (int64_t)(px_gen_below(&s->gen, 8) + 1) * PX_SECOND;
    s->real.with_history = true;
    s->real.journal_keep_ns =
        INT64_C(3650 * 24 * 3600) * PX_SECOND; /* only bytes trim it: checked */
    if (px_gen_below(&s->gen, 2))
        s->real.journal_keep_bytes = 1 + (int64_t)px_gen_below(&s->gen, 8192);
    px_world_kill(&s->real, false); /* opened again with all that */
    limit_snapshots(s);
    spine_past_init(&s->past);
    spine_tail_init(&s->real_tail, &s->real);
    spine_tail_init(&s->reference_tail, &s->reference);
    spine_setup(&s->real);
    spine_setup(&s->reference);
    spine_tail_read(&s->real_tail);
    spine_tail_read(&s->reference_tail);
    s->real_tail.at = s->real_tail.facts.len;
    s->reference_tail.at = s->reference_tail.facts.len;
}

static void end(spine *s)
{
    s->samples = s->past.cells;
    spine_drop_snapshots(s);
    spine_tail_release(&s->real_tail);
    spine_tail_release(&s->reference_tail);
    spine_past_release(&s->past);
    px_world_release(&s->real);
    px_world_release(&s->reference);
    px_arena_release(&s->arena);
}

/* name in the report, member: what the seeds did is told at the end, so that a simulation that has
 * stopped doing something is seen. */
#define COUNT_MAP(X)                                                                               \
    X("requests settled", requests)                                                                \
    X("faults", faults)                                                                            \
    X("restarts", crashes)                                                                         \
    X("refused by faults", refusals)                                                               \
    X("timers fired", timers)                                                                      \
    X("samples in history", samples)                                                               \
    X("backups", backups)                                                                          \
    X("branches", branches)                                                                        \
    X("snapshots too old", stale)                                                                  \
    X("looks at a trimmed journal", trimmed)                                                       \
    X("requests that were done before", replayed)

static spine sum;

static void run_seed(uint64_t seed)
{
    static spine s;

    begin(&s, seed);
    for (int round = 0; round < ROUNDS; round++)
        run_round(&s);
    end(&s);
#define X(name, member) sum.member += s.member;
    COUNT_MAP(X)
#undef X
}

static void report(void)
{
#define X(name, member) printf("%10llu %s\n", (unsigned long long)sum.member, name);
    COUNT_MAP(X)
#undef X
}

int main(int argc, char **argv)
{
    const sim_play play = { "spine", SEEDS, run_seed, report };

    return sim_play_seeds(argc, argv, &play);
}
