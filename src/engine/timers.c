/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers are state and fire by the journal's time: a batch whose commit time has reached a deadline
 * carries the event that ends it. Where nothing else happens when one is due the engine writes a
 * tick, one a second at most; until then a quiet server writes nothing, though a command may wait
 * for a month.
 */
#include <stdlib.h>

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

static void look_ahead(px_engine_state *state, px_time deadline)
{
    if (state->timer_next == PX_TIME_NONE || deadline < state->timer_next)
        state->timer_next = deadline;
}

static void look_again(px_engine_state *state)
{
    state->timer_next = PX_TIME_NONE;
    PX_VEC_EACH (&state->timers, timer)
        look_ahead(state, timer->deadline);
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
    if (!PX_VEC_PUSH(&state->timers, timer))
        return px_no_memory(ret_err);
    look_ahead(state, timer.deadline);
    return PX_OK;
}

void px_timers_commit(px_engine_state *state)
{
    state->timers_committed = state->timers.len;
}

void px_timers_rollback(px_engine_state *state)
{
    state->timers.len = state->timers_committed;
    look_again(state);
}

px_status px_timers_tick(px_engine_state *state, px_err *ret_err)
{
    px_event tick = { .type = PX_EVENT_TICK, .source_time = PX_TIME_NONE };

    return px_state_emit(state, &tick, NULL, ret_err);
}

bool px_timers_want_tick(const px_engine_state *state, px_time now, px_time last)
{
    return state->timer_next != PX_TIME_NONE && now >= state->timer_next && now - last >= PX_SECOND;
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

/* Before anything of the batch is folded, so that what goes here went with an earlier one. */
static void drop_answered(px_engine_state *state)
{
    size_t kept = 0;

    for (size_t i = 0; i < state->timers.len; i++)
        if (document_of(state, &state->timers.ptr[i]))
            state->timers.ptr[kept++] = state->timers.ptr[i];
    state->timers.len = state->timers_committed = kept;
    state->timers_sweep_at = 2 * kept;
    look_again(state);
}

static int by_deadline(const void *a, const void *b)
{
    const px_timer *x = a, *y = b;

    if (x->deadline != y->deadline)
        return x->deadline > y->deadline ? 1 : -1;
    return (x->document_no > y->document_no) - (x->document_no < y->document_no);
}

/* What ends gets a document of its own, whose number comes by the order: it is the same one after a
 * restart, which arms by the order of rows. */
static void put_in_order(px_engine_state *state)
{
    if (state->timers.len)
        qsort(state->timers.ptr, state->timers.len, sizeof(px_timer), by_deadline);
}

/* Those that fire stay armed until their documents are gone or say something else: this batch may
 * still be dropped. What a batch has no place for fires in the next one. */
static px_status fire_due(px_engine_state *state, px_arena *arena, px_err *ret_err)
{
    for (size_t i = 0; i < state->timers_committed && state->body->len < PX_BATCH_BYTES_MAX; i++) {
        px_timer timer = state->timers.ptr[i]; /* more may be armed meanwhile */

        if (timer.deadline <= state->now)
            PX_TRY(time_out(state, document_of(state, &timer), arena, ret_err));
    }
    return PX_OK;
}

static bool is_due(const px_engine_state *state)
{
    return state->timer_next != PX_TIME_NONE && state->now >= state->timer_next;
}

px_status px_timers_fire(px_engine_state *state, px_err *ret_err)
{
    px_arena arena;
    px_status status;

    /* Wishes far ahead that are wished anew each second leave those that nobody waits for. */
    if (is_due(state) || state->timers.len >= SWEEP_FROM + state->timers_sweep_at)
        drop_answered(state);
    if (!is_due(state))
        return PX_OK;
    put_in_order(state);
    px_arena_init(&arena, DOCUMENT_ARENA_BYTES_MAX);
    status = fire_due(state, &arena, ret_err);
    px_arena_release(&arena);
    return status;
}
