/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers are state and fire by the journal's time: a batch whose commit time has reached a deadline
 * carries the event that ends it. Where nothing else happens when one is due the engine writes a
 * tick, one a second at most; until then a quiet server writes nothing, though a command may wait
 * for a month.
 */
#include "base/heap.h"
#include "base/json.h"
#include "engine/desired.h"
#include "engine/state.h"
#include "engine/waiting.h"

enum { DOCUMENT_ARENA_BYTES_MAX = 16 * 1024 * 1024, SWEEP_FROM = 1024 };

static bool is_command(px_str kind)
{
    return px_str_eq(kind, PX_STR("command"));
}

static bool is_desired(px_str kind)
{
    return px_str_eq(kind, PX_STR("desired"));
}

/* What ends gets a document of its own, whose number comes by this order: it is the same one after
 * a restart, which arms by the order of rows. */
static bool is_before(const void *a, const void *b)
{
    const px_timer *x = a, *y = b;

    return x->deadline < y->deadline ||
           (x->deadline == y->deadline && x->document_no < y->document_no);
}

/* There is room. */
static void push(px_engine_state *state, const px_timer *timer)
{
    px_assert(state->timers.len < state->timers.cap);
    state->timers.ptr[state->timers.len++] = *timer;
    px_heap_up(state->timers.ptr, state->timers.len, sizeof(*timer), is_before);
}

static px_timer pop(px_engine_state *state)
{
    px_timer first = state->timers.ptr[0];

    state->timers.ptr[0] = state->timers.ptr[--state->timers.len];
    px_heap_down(state->timers.ptr, state->timers.len, sizeof(first), is_before);
    return first;
}

/* PX_TIME_NONE: it waits for nothing. */
static px_status deadline_of(const px_document *document, px_time *ret_deadline, px_err *ret_err)
{
    PX_AUTO_ARENA arena = { 0 };
    px_desired desired;
    px_json *body;

    px_arena_init(&arena, DOCUMENT_ARENA_BYTES_MAX);
    if (is_desired(document->kind)) {
        PX_TRY(px_desired_read(document->body, &arena, &desired, ret_err));
        *ret_deadline = px_desired_is_open(desired.status) ? desired.deadline : PX_TIME_NONE;
        return PX_OK;
    }
    PX_TRY(px_json_parse(document->body, NULL, &arena, &body, ret_err));
    *ret_deadline = px_json_get_time(body, PX_STR("deadline"));
    if (*ret_deadline == PX_TIME_NONE)
        return px_fail(ret_err, PX_CORRUPT, "command document %u has no deadline", document->no);
    return PX_OK;
}

px_status px_timers_arm(px_engine_state *state, const px_document *document, px_err *ret_err)
{
    px_timer timer = { .revision = document->revision, .document_no = document->no };

    if (!is_command(document->kind) && !is_desired(document->kind))
        return PX_OK;
    PX_TRY(deadline_of(document, &timer.deadline, ret_err));
    if (timer.deadline == PX_TIME_NONE)
        return PX_OK;
    if (!PX_VEC_RESERVE(&state->timers, state->timers.len + state->timers_fired.len +
                                            state->timers_armed.len + 1) ||
        !PX_VEC_PUSH(&state->timers_armed, timer))
        return px_no_memory(ret_err);
    return PX_OK;
}

void px_timers_commit(px_engine_state *state)
{
    PX_VEC_EACH (&state->timers_armed, timer)
        push(state, timer);
    state->timers_armed.len = state->timers_fired.len = 0;
}

void px_timers_rollback(px_engine_state *state)
{
    PX_VEC_EACH (&state->timers_fired, timer)
        push(state, timer);
    state->timers_armed.len = state->timers_fired.len = 0;
}

px_status px_timers_tick(px_engine_state *state, px_err *ret_err)
{
    px_event tick = { .type = PX_EVENT_TICK, .source_time = PX_TIME_NONE };

    return px_state_emit(state, &tick, NULL, ret_err);
}

/* `arena` is reset: nothing of one document is needed for the next. */
static px_status time_out(px_engine_state *state, const px_document *waiting, px_arena *arena,
                          px_err *ret_err)
{
    px_arena_reset(arena);
    return is_command(waiting->kind) ? px_waiting_due(state, waiting, arena, ret_err)
                                     : px_desired_time_out(state, waiting, arena, ret_err);
}

/* What armed it, if that still waits: a number says nothing without its revision. */
static const px_document *document_of(const px_engine_state *state, const px_timer *timer)
{
    const px_document *d = px_documents_by_number(state->documents, timer->document_no);

    return d && d->revision == timer->revision && (is_command(d->kind) || is_desired(d->kind))
               ? d
               : NULL;
}

/* What waits for the first one that is due, which is at the beginning then; NULL: none is. Those
 * that nobody waits for any more go for good: what they waited for went with an earlier batch. */
static const px_document *first_due(px_engine_state *state, px_time now)
{
    while (state->timers.len && state->timers.ptr[0].deadline <= now) {
        const px_document *waiting = document_of(state, &state->timers.ptr[0]);

        if (waiting)
            return waiting;
        (void)pop(state);
    }
    return NULL;
}

/* Wishes far ahead that are wished anew each second leave those that nobody waits for. */
static void sweep(px_engine_state *state)
{
    size_t count = state->timers.len;

    if (count < SWEEP_FROM + state->timers_sweep_at)
        return;
    state->timers.len = 0;
    for (size_t i = 0; i < count; i++) {
        px_timer timer = state->timers.ptr[i];

        if (document_of(state, &timer))
            push(state, &timer); /* never past what was looked at */
    }
    state->timers_sweep_at = 2 * state->timers.len;
}

bool px_timers_want_tick(px_engine_state *state, px_time now, px_time last)
{
    return first_due(state, now) && now - last >= PX_SECOND;
}

/* What has fired is back when this batch is dropped. What it has no place for fires in the next
 * one. */
static px_status fire_due(px_engine_state *state, px_arena *arena, px_err *ret_err)
{
    const px_document *waiting;

    while (state->body->len < PX_BATCH_BYTES_MAX && (waiting = first_due(state, state->now))) {
        if (!PX_VEC_RESERVE(&state->timers_fired, state->timers_fired.len + 1))
            return px_no_memory(ret_err);
        state->timers_fired.ptr[state->timers_fired.len++] = pop(state);
        PX_TRY(time_out(state, waiting, arena, ret_err));
    }
    return PX_OK;
}

px_status px_timers_fire(px_engine_state *state, px_err *ret_err)
{
    px_arena arena;
    px_status status;

    sweep(state);
    if (!first_due(state, state->now))
        return PX_OK;
    px_arena_init(&arena, DOCUMENT_ARENA_BYTES_MAX);
    status = fire_due(state, &arena, ret_err);
    px_arena_release(&arena);
    return status;
}
