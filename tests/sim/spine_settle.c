/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference is a second server without faults whose clock stands wherever the first one's
 * commit times say. It gets each request that the first one accepted or refused for its content,
 * must answer the same, and must journal the same facts; timers fire in it by themselves, so one
 * that fires in the real server without being due has no counterpart.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/rehearse.h"
#include "spine.h"

void spine_fail(const spine *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "\nseed %llu, step %llu: ", (unsigned long long)s->seed,
            (unsigned long long)s->step);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nPX_SEED=%llu spine_sim plays it again\n", (unsigned long long)s->seed);
    exit(1);
}

static bool is_refusal_of_content(px_status status)
{
    return status == PX_INVALID || status == PX_NOT_FOUND || status == PX_CONFLICT ||
           status == PX_STALE || status == PX_DENIED;
}

static void set_clock(px_world *world, px_time time)
{
    px_env *env = px_fakedisk_env(world->disk);
    px_time now = env->now(env);

    if (time > now)
        px_fakedisk_jump(world->disk, time - now);
}

/* Timers that are due together may fire in another order after a restart. */
static void bring_timer_forward(spine_tail *tail, const spine_fact *wanted)
{
    spine_fact *next = spine_tail_next(tail);

    for (size_t i = tail->at; i < tail->facts.len; i++) {
        spine_fact *at = &tail->facts.ptr[i];

        if (!spine_fact_is_timer(at) || at->event.time != next->event.time)
            return;
        if (px_str_eq(at->line, wanted->line)) {
            spine_fact kept = *next;

            *next = *at;
            *at = kept;
            return;
        }
    }
}

/* Every new fact of the reference is the next one of the real server. Gives the properties that
 * they remove. */
static unsigned match_facts(spine *s)
{
    const spine_fact *wanted, *got;
    unsigned removed = 0;

    spine_tail_read(&s->reference_tail);
    while ((wanted = spine_tail_next(&s->reference_tail))) {
        if (spine_fact_is_timer(wanted) && spine_tail_next(&s->real_tail))
            bring_timer_forward(&s->real_tail, wanted);
        got = spine_tail_next(&s->real_tail);
        if (!got || !px_str_eq(got->line, wanted->line))
            spine_fail(s, "journalled\n  %.*s\nwanted\n  %.*s",
                       PX_FMT(got ? got->line : PX_STR("nothing")), PX_FMT(wanted->line));
        removed |= spine_past_add(&s->past, &s->reference, &got->event);
        spine_tail_take(&s->real_tail);
        spine_tail_take(&s->reference_tail);
    }
    return removed;
}

static void mirror_timers(spine *s, uint64_t until_seq)
{
    const spine_fact *fact;

    while ((fact = spine_tail_next(&s->real_tail)) && spine_fact_is_timer(fact) &&
           fact->event.seq <= until_seq) {
        px_request nobody = { .kind = PX_REQUEST_TWIN_DELETE, .id = PX_STR("nobody") };

        set_clock(&s->reference, fact->event.time);
        CHECK_EQ(px_world_do(&s->reference, &nobody).status, PX_NOT_FOUND);
        match_facts(s);
        if (spine_tail_next(&s->real_tail) == fact)
            spine_fail(s, "a timer fired that is not due: %.*s", PX_FMT(fact->line));
        s->timers++;
    }
}

/* `ret_replayed`: it was done before, under its key. */
static px_status do_in_reference(spine *s, const spine_op *op, bool *ret_replayed)
{
    px_request request;
    px_arena arena;
    px_result result;

    px_arena_init(&arena, 16 << 20);
    spine_op_request(&s->reference, op, &arena, &request);
    result = px_world_do(&s->reference, &request);
    *ret_replayed = result.status == PX_OK && result.kept.ptr;
    px_arena_release(&arena);
    return result.status;
}

/* ---- the same on a branch beforehand ---- */

static void dump_graph(px_graph *graph, px_buf *buf)
{
    px_snapshot *snapshot;
    px_err err;

    CHECK_OK(px_graph_snapshot(graph, &snapshot, &err), &err);
    for (uint32_t tenant = 1; tenant <= SPINE_TENANTS; tenant++)
        px_world_dump_view(px_snapshot_view(snapshot), tenant, true, buf);
    px_snapshot_release(snapshot);
}

/* What a branch answers, and comes to, is what the server then answers and comes to. */
static px_status do_with_rehearsal(spine *s, const spine_op *op, bool *ret_replayed)
{
    px_world *world = &s->reference;
    px_buf tried = { 0 }, done = { 0 };
    px_branch *branch;
    px_request request;
    px_status status, rehearsed;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 16 << 20);
    spine_op_request(world, op, &arena, &request);
    CHECK_OK(px_graph_branch(px_engine_graph(world->engine), &branch, &err), &err);
    rehearsed = px_rehearse(branch, px_engine_registry(world->engine), px_fakedisk_env(world->disk),
                            &request, &err);
    status = do_in_reference(s, op, ret_replayed);
    if (rehearsed != status && rehearsed != PX_UNSUPPORTED)
        spine_fail(s, "%s %s: rehearsed %s, done %s", spine_op_name(op), op->id,
                   px_status_code(rehearsed), px_status_code(status));
    dump_graph(px_branch_graph(branch), &tried);
    dump_graph(px_engine_graph(world->engine), &done);
    if (rehearsed != PX_UNSUPPORTED)
        spine_same_text(s, &tried, &done, "a branch against what was then done");
    px_branch_free(branch);
    px_buf_release(&tried);
    px_buf_release(&done);
    px_arena_release(&arena);
    s->branches++;
    return status;
}

/* Numbers of models that a dropped batch gave out are not given again before a restart. */
static void skip_model_numbers(spine *s, const px_event *next)
{
    if (next->type == PX_EVENT_MODEL_PUT)
        px_registry_number_set(px_engine_registry(s->reference.engine), next->model_no - 1);
}

/* The clock stands where the next fact says: the request was handled in that batch or before it. */
static px_status apply(spine *s, const spine_op *op, bool *ret_replayed)
{
    const spine_fact *next = spine_tail_next(&s->real_tail);
    unsigned before = spine_paths_of(&s->reference, op->tenant, px_str_c(op->id));
    unsigned removed, lost;
    px_status status;

    if (next && !spine_fact_is_timer(next)) {
        set_clock(&s->reference, next->event.time);
        skip_model_numbers(s, &next->event);
    }
    /* a branch knows of no keys */
    status = op->step % 8 == 0 && !op->key[0] ? do_with_rehearsal(s, op, ret_replayed)
                                              : do_in_reference(s, op, ret_replayed);
    removed = match_facts(s);
    lost = before & ~spine_paths_of(&s->reference, op->tenant, px_str_c(op->id)) & ~removed;
    if (lost && op->kind != SPINE_DELETE)
        spine_fail(s, "%s %s takes properties away and does not say so", spine_op_name(op), op->id);
    return status;
}

/* ---- answers ---- */

static void trace(const spine *s, const spine_flying *f)
{
    if (getenv("PX_TRACE"))
        fprintf(stderr, "%llu %s %u/%s %s: %s %s, position %llu\n", (unsigned long long)f->op.step,
                spine_op_name(&f->op), f->op.tenant, f->op.id, f->op.name,
                px_status_code(f->request.result.status), f->request.result.err.text,
                (unsigned long long)f->position);
    (void)s;
}

bool spine_settle(spine *s, spine_flying *f)
{
    px_status got = f->request.result.status, wanted;
    bool replayed;

    trace(s, f);
    if (got != PX_OK && !is_refusal_of_content(got)) {
        s->refusals++;
        if (got != PX_FULL && got != PX_NO_MEMORY && got != PX_BUSY && got != PX_LIMIT) {
            CHECK(s->unknown_count < SPINE_UNKNOWN_MAX);
            s->unknown[s->unknown_count++] = f; /* the commit failed: perhaps it is on the disk */
        }
        return true;
    }
    mirror_timers(s, f->position);
    wanted = apply(s, &f->op, &replayed);
    if (replayed != f->replayed)
        spine_fail(s, "%s %s with key %s: %s", spine_op_name(&f->op), f->op.id, f->op.key,
                   replayed ? "done a second time" : "told to be done, and is not");
    s->replayed += replayed;
    if (got != wanted)
        spine_fail(s, "%s %s: got %s (%s), wanted %s", spine_op_name(&f->op), f->op.id,
                   px_status_code(got), f->request.result.err.text, px_status_code(wanted));
    s->requests++;
    return false;
}

void spine_follow(spine *s)
{
    for (size_t i = 0; i < s->unknown_count; i++) {
        bool replayed;

        mirror_timers(s, UINT64_MAX);
        if (!spine_tail_next(&s->real_tail))
            break;
        apply(s, &s->unknown[i]->op, &replayed);
    }
    s->unknown_count = 0;
    spine_catch_up(s);
}

void spine_catch_up(spine *s)
{
    const spine_fact *left;

    spine_tail_read(&s->real_tail);
    mirror_timers(s, UINT64_MAX);
    left = spine_tail_next(&s->real_tail);
    if (left && s->unknown_count == 0)
        spine_fail(s, "journalled what nobody asked for: %.*s", PX_FMT(left->line));
}
