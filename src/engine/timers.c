/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers are state and fire by the journal's time: a batch whose commit time has reached a deadline
 * carries the event that ends it. While one is armed and nothing else happens, the engine writes a
 * tick a second, so time goes on.
 */
#include "base/json.h"
#include "engine/state.h"

px_status px_timers_arm(px_engine_state *state, const px_document *document, px_err *ret_err)
{
    px_timer timer = { .document_no = document->no };
    px_json *body;
    px_str text;

    if (!px_str_eq(document->kind, PX_STR("command")))
        return PX_OK;
    PX_TRY(px_json_parse(document->body, NULL, &state->arena, &body, ret_err));
    text = px_json_get_text(body, PX_STR("deadline"));
    if (!text.ptr || px_time_parse(text, &timer.deadline, NULL) != PX_OK)
        return px_fail(ret_err, PX_CORRUPT, "command document %u has no deadline", document->no);
    if (!PX_VEC_PUSH(&state->timers, timer))
        return px_no_memory(ret_err);
    if (state->timer_next == PX_TIME_NONE || timer.deadline < state->timer_next)
        state->timer_next = timer.deadline;
    return PX_OK;
}

px_status px_timers_tick(px_engine_state *state, px_err *ret_err)
{
    px_event tick = { .type = PX_EVENT_TICK, .source_time = PX_TIME_NONE };

    return px_state_emit(state, &tick, NULL, ret_err);
}

bool px_timers_want_tick(const px_engine_state *state, px_time now, px_time last)
{
    return state->timer_next != PX_TIME_NONE && now - last >= PX_SECOND;
}

static px_status time_out(px_engine_state *state, const px_document *pending, px_err *ret_err)
{
    px_event response = { .type = PX_EVENT_COMMAND_RESPONSE,
                          .tenant = pending->tenant,
                          .code = PX_COMMAND_TIMED_OUT,
                          .cause = PX_STR("engine.timer") };
    px_event gone = { .type = PX_EVENT_DOCUMENT_DELETE,
                      .tenant = pending->tenant,
                      .document_no = pending->no,
                      .name = pending->kind,
                      .id = pending->id,
                      .revision = pending->revision,
                      .cause = PX_STR("engine.timer") };
    px_json *body;
    int64_t twin_no = 0;

    PX_TRY(px_json_parse(pending->body, NULL, &state->arena, &body, ret_err));
    if (px_json_get(body, PX_STR("twinNumber")))
        px_num_to_int(px_json_get(body, PX_STR("twinNumber"))->num, &twin_no);
    response.twin_no = (uint32_t)twin_no;
    response.id = px_json_get_text(body, PX_STR("id"));
    PX_TRY(px_state_emit(state, &response, NULL, ret_err));
    return px_state_emit(state, &gone, NULL, ret_err);
}

/* Timers of commands that were answered meanwhile are dropped here, too. */
px_status px_timers_fire(px_engine_state *state, px_err *ret_err)
{
    size_t kept = 0;

    if (state->timer_next == PX_TIME_NONE || state->now < state->timer_next)
        return PX_OK;
    state->timer_next = PX_TIME_NONE;
    for (size_t i = 0; i < state->timers.len; i++) {
        px_timer timer = state->timers.ptr[i];
        const px_document *pending = px_documents_by_number(state->documents, timer.document_no);

        if (!pending)
            continue;
        if (timer.deadline <= state->now)
            PX_TRY(time_out(state, pending, ret_err));
        /* kept until the document is gone: this batch may still be dropped */
        state->timers.ptr[kept++] = timer;
        if (state->timer_next == PX_TIME_NONE || timer.deadline < state->timer_next)
            state->timer_next = timer.deadline;
    }
    state->timers.len = kept;
    return PX_OK;
}
