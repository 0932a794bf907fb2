/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spine under everything that can go wrong, from one seed: the real engine and the real SQLite
 * on a disk that loses, reorders and tears what was not synced, with failing writes, syncs and
 * allocations, full disks, slow syncs and clocks that jump. Beside it runs a reference without
 * faults. After every kill and power cut the contracts are checked:
 *
 *   - everything acknowledged is there (the reference, which got exactly the acknowledged requests,
 * has the same state);
 *   - of what was not acknowledged each batch is there whole or not at all, and nothing is applied
 * twice (the position says how far it came; the reference follows to exactly there, or the seed
 * fails);
 *   - refusals are the same: both say the same status to the same request;
 *   - state from checkpoint and tail equals state folded from the whole journal.
 *
 *     spine_sim [--part K N] [--seed S] [--seeds COUNT]     (also PX_SEED, PX_SEEDS)
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/state.h"
#include "spine_ops.h"

enum { ROUNDS = 8, CHAINS = 6, CHAIN_MAX = 6, STEPS_MAX = 40, UNKNOWN_MAX = CHAINS * CHAIN_MAX };

typedef struct flying {
    spine_op op;
    px_request request;
    bool answered;
} flying;

typedef struct sim {
    px_gen gen;
    px_world real, reference;
    px_arena arena;
    uint64_t step;
    flying *unknown[UNKNOWN_MAX]; /* in order: neither acknowledged nor surely refused */
    size_t unknown_count;
    uint64_t crashes, refusals, faults;
} sim;

static void answer(px_request *request)
{
    ((flying *)request->data)->answered = true;
}

static bool is_refusal_of_content(px_status status)
{
    return status == PX_INVALID || status == PX_NOT_FOUND || status == PX_CONFLICT ||
           status == PX_STALE || status == PX_DENIED;
}

static px_status do_in_reference(sim *s, const spine_op *op)
{
    px_request request;
    px_arena arena;
    px_status status;

    px_arena_init(&arena, 1 << 20);
    spine_op_request(&s->reference, op, &arena, &request);
    status = px_world_do(&s->reference, &request).status;
    px_arena_release(&arena);
    return status;
}

/* An acknowledgement, or a refusal that speaks of the state: the reference must say the same. What
 * is still unknown before it was not applied: requests of one engine are answered in order. */
static void settle_answer(sim *s, flying *f)
{
    px_status got = f->request.result.status, wanted;

    if (getenv("PX_TRACE"))
        fprintf(stderr, "%s %s: %s %s, position %llu\n", spine_op_name(&f->op), f->op.id,
                px_status_code(got), f->request.result.err.text,
                (unsigned long long)px_engine_position(s->real.engine));

    if (got != PX_OK && !is_refusal_of_content(got)) {
        s->refusals++;
        if (got != PX_FULL && got != PX_NO_MEMORY && got != PX_BUSY && got != PX_LIMIT)
            s->unknown[s->unknown_count++] = f; /* the commit failed: perhaps it is on the disk */
        return;
    }
    wanted = do_in_reference(s, &f->op);
    if (got != wanted) {
        fprintf(stderr, "%s %s: got %s (%s), wanted %s\n", spine_op_name(&f->op), f->op.id,
                px_status_code(got), f->request.result.err.text, px_status_code(wanted));
        exit(1);
    }
}

/* ---- faults ---- */

static void plan_fault(sim *s)
{
    px_fakedisk *disk = s->real.disk;
    uint64_t nth = px_gen_below(&s->gen, 40) + 1;

    s->faults++;
    switch (px_gen_below(&s->gen, 9)) {
    case 0:
    case 1:
    case 2:
        px_fakedisk_crash_at(disk, px_fakedisk_ops(disk) + px_gen_below(&s->gen, 120));
        break;
    case 3:
        px_fakedisk_fail(disk, PX_FAKE_WRITE, nth, px_gen_below(&s->gen, 2) ? PX_IO : PX_FULL,
                         px_gen_below(&s->gen, 2));
        break;
    case 4:
        px_fakedisk_fail(disk, PX_FAKE_SYNC, px_gen_below(&s->gen, 8) + 1, PX_IO, false);
        break;
    case 5:
        px_fakedisk_capacity(disk, px_fakedisk_used(disk) + (int64_t)px_gen_below(&s->gen, 65536));
        break;
    case 6:
        px_fakedisk_jump(disk, ((int64_t)px_gen_below(&s->gen, 7200) - 3600) * PX_SECOND);
        break;
    case 7:
        px_fakedisk_sync_ns(disk, 5 * PX_SECOND);
        break;
    default:
        s->faults--;
    }
}

static void take_faults_back(sim *s)
{
    px_fakedisk *disk = s->real.disk;

    px_fakedisk_fail(disk, PX_FAKE_WRITE, 0, PX_OK, false);
    px_fakedisk_fail(disk, PX_FAKE_SYNC, 0, PX_OK, false);
    px_fakedisk_capacity(disk, INT64_MAX);
    px_fakedisk_sync_ns(disk, 0);
}

/* ---- one chain of requests ---- */

static void run_chain(sim *s, bool fail_memory)
{
    size_t count = px_gen_below(&s->gen, CHAIN_MAX) + 1;
    flying *chain = PX_ARENA_ARRAY(&s->arena, flying, count);
    size_t answered = 0;

    CHECK(chain != NULL);
    for (size_t i = 0; i < count; i++) {
        spine_op_make(&s->gen, ++s->step, &chain[i].op);
        spine_op_request(&s->real, &chain[i].op, &s->arena, &chain[i].request);
        chain[i].request.done = answer;
        chain[i].request.data = &chain[i];
        if (i > 0)
            chain[i - 1].request.next = &chain[i].request;
    }
    if (px_engine_submit(s->real.engine, &chain[0].request, &chain[count - 1].request) != PX_OK)
        return; /* refused as a whole: nothing was taken */
    if (fail_memory)
        px_mem_fail_nth(px_gen_below(&s->gen, 300) + 1);
    for (int steps = 0; steps < STEPS_MAX && answered < count; steps++) {
        px_engine_step(s->real.engine);
        answered = 0;
        for (size_t i = 0; i < count; i++)
            answered += chain[i].answered;
    }
    px_mem_fail_nth(0);
    CHECK_EQ(answered, count);
    for (size_t i = 0; i < count; i++)
        settle_answer(s, &chain[i]);
}

static void idle(sim *s)
{
    px_fakedisk_advance(s->real.disk, (int64_t)px_gen_below(&s->gen, 5) * PX_SECOND);
    for (uint64_t n = px_gen_below(&s->gen, 4); n > 0; n--) {
        px_engine_step(s->real.engine);
        if (px_store_checkpoint_step(s->real.store, NULL) != PX_OK)
            break;
    }
}

/* ---- checks ---- */

static void compare(const sim *s, const px_buf *got, const px_buf *wanted, const char *what)
{
    if (px_str_eq(px_buf_str(got), px_buf_str(wanted)))
        return;
    fprintf(stderr, "step %llu, %s:\n--- got\n%s--- wanted\n%s", (unsigned long long)s->step, what,
            got->ptr ? got->ptr : "", wanted->ptr ? wanted->ptr : "");
    exit(1);
}

/* Events that requests made: ticks come by the clock, which the reference does not share. */
static px_status count_events(void *data, const px_row *row, px_err *ret_err)
{
    px_cut cut = px_cut_of(row->body);
    px_event event;
    px_arena arena;

    px_arena_init(&arena, 16 << 20);
    while (px_cut_left(&cut) > 0) {
        PX_TRY(px_get_event(&cut, &arena, &event, ret_err));
        *(uint64_t *)data += event.type != PX_EVENT_TICK;
    }
    px_arena_release(&arena);
    return PX_OK;
}

static uint64_t events_of(px_world *world)
{
    px_journal *journal;
    uint64_t count = 0;
    px_err err;

    CHECK_OK(px_journal_open(world->store, &journal, &err), &err);
    CHECK_OK(px_journal_read(journal, 0, 1, count_events, &count, &err), &err);
    px_journal_close(journal);
    return count;
}

/* What may have reached the disk without an answer: the reference follows to exactly as many events
 * as were found. */
static void follow(sim *s)
{
    uint64_t found = events_of(&s->real), reached = events_of(&s->reference);

    for (size_t i = 0; i < s->unknown_count && reached < found; i++) {
        do_in_reference(s, &s->unknown[i]->op);
        reached = events_of(&s->reference);
    }
    s->unknown_count = 0;
    if (reached != found) {
        fprintf(stderr, "step %llu: %llu events on the disk, the reference has %llu\n",
                (unsigned long long)s->step, (unsigned long long)found,
                (unsigned long long)reached);
        exit(1);
    }
}

static void check_same_state(sim *s)
{
    px_buf got = { 0 }, wanted = { 0 };

    s->real.dump_without_times = s->reference.dump_without_times = true;
    px_world_dump(&s->real, &got);
    px_world_dump(&s->reference, &wanted);
    compare(s, &got, &wanted, "real against reference");
    px_buf_release(&got);
    px_buf_release(&wanted);
}

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

static void check_refold(sim *s)
{
    px_buf got = { 0 }, wanted = { 0 };
    refold r = { 0 };
    px_journal *journal;
    px_err err;

    px_arena_init(&r.arena, 16 << 20);
    CHECK_OK(px_state_init(&r.state, px_fakedisk_env(s->real.disk), NULL, NULL, &err), &err);
    r.state.replaying = true; /* writes no rows */
    CHECK_OK(px_journal_open(s->real.store, &journal, &err), &err);
    CHECK_OK(px_journal_read(journal, 0, 1, refold_row, &r, &err), &err);
    px_journal_close(journal);
    s->real.dump_without_times = false;
    px_world_dump(&s->real, &wanted);
    px_world_dump_graph(r.state.graph, r.state.documents, false, &got);
    compare(s, &got, &wanted, "folded from the whole journal against checkpoint and tail");
    px_state_release(&r.state);
    px_arena_release(&r.arena);
    px_buf_release(&got);
    px_buf_release(&wanted);
}

/* ---- one seed ---- */

static void end_round(sim *s)
{
    bool down = s->real.died || px_fakedisk_crashed(s->real.disk);

    if (down || px_gen_below(&s->gen, 3) == 0) {
        bool power = px_fakedisk_crashed(s->real.disk) || px_gen_below(&s->gen, 2);

        take_faults_back(s);
        px_world_kill(&s->real, power);
        s->crashes++;
        follow(s);
    }
    take_faults_back(s);
    px_fakedisk_crash_at(s->real.disk, UINT64_MAX);
    check_same_state(s);
    px_arena_reset(&s->arena);
}

static void run_seed(uint64_t seed, sim *s)
{
    *s = (sim){ .gen = { seed } };
    px_arena_init(&s->arena, 64 << 20);
    px_world_init(&s->real, seed);
    px_world_init(&s->reference, seed + 1);
    s->real.checkpoint_ns = (int64_t)px_gen_below(&s->gen, 10) * PX_SECOND + 1;
    px_world_kill(&s->real, false); /* opened again with that pace */
    spine_setup(&s->real);
    spine_setup(&s->reference);
    for (int round = 0; round < ROUNDS; round++) {
        bool fail_memory = px_gen_below(&s->gen, 6) == 0;

        plan_fault(s);
        for (int chain = 0; chain < CHAINS && !s->real.died; chain++) {
            run_chain(s, fail_memory);
            idle(s);
        }
        end_round(s);
    }
    check_refold(s);
    px_world_release(&s->real);
    px_world_release(&s->reference);
    px_arena_release(&s->arena);
}

int main(int argc, char **argv)
{
    const char *env_seed = getenv("PX_SEED"), *env_seeds = getenv("PX_SEEDS");
    uint64_t first = env_seed ? strtoull(env_seed, NULL, 0) : 1;
    uint64_t count = env_seed ? 1 : env_seeds ? strtoull(env_seeds, NULL, 0) : 400;
    uint64_t part = 1, parts = 1, crashes = 0, refusals = 0, faults = 0, ran = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--part") == 0 && i + 2 < argc) {
            part = strtoull(argv[++i], NULL, 0);
            parts = strtoull(argv[++i], NULL, 0);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            first = strtoull(argv[++i], NULL, 0);
            count = 1;
        } else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            count = strtoull(argv[++i], NULL, 0);
        }
    }
    for (uint64_t seed = first; seed < first + count; seed++) {
        static sim s;

        if (seed % parts != part % parts)
            continue;
        /* said first: a crash leaves it on the screen */
        fprintf(stderr, "\rseed %llu ", (unsigned long long)seed);
        run_seed(seed, &s);
        crashes += s.crashes;
        refusals += s.refusals;
        faults += s.faults;
        ran++;
    }
    printf("%llu seeds: %llu faults, %llu crashes survived, %llu requests refused by faults\n",
           (unsigned long long)ran, (unsigned long long)faults, (unsigned long long)crashes,
           (unsigned long long)refusals);
    return 0;
}
