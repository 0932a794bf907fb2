/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes, and commands among them, that stand or fall together: each is judged by what those
 * before it leave, by the same checks as if it came alone. When one is refused, those behind it are
 * judged as if it had not been there, so that all that is wrong is told at once; what was folded of
 * the others makes px_state_handle break the batch, the engine drops it, and nothing of it has
 * happened.
 */
#include <stdio.h>

#include "engine/state.h"

/* The error's path becomes one into the whole request. What has a place of its own there keeps its
 * line; a path into the twin that a patch left has none. */
static void place(const px_request *item, px_err *err)
{
    char path[2 * sizeof(err->path)];

    if (px_str_starts(px_str_c(err->path), item->place))
        return;
    snprintf(path, sizeof(path), "%.*s%s", PX_FMT(item->place), err->path);
    err->line = err->column = 0;
    err->path[0] = '\0';
    px_err_at(err, 0, 0, px_str_c(path));
}

static px_status check_item(px_engine_state *state, const px_request *request, px_request *item,
                            px_err *err)
{
    uint64_t seq_before = state->seq;

    memset(&item->result, 0, offsetof(px_result, err));
    item->principal = request->principal;
    PX_TRY(px_state_check(state, item, err));
    if (state->seq > seq_before) {
        if (item->result.seq == 0)
            item->result.seq = state->seq;
        item->result.time = state->now;
    }
    return PX_OK;
}

static bool is_change(px_request_kind kind)
{
    return (kind >= PX_REQUEST_TWIN_PUT && kind <= PX_REQUEST_RELATIONSHIP_DELETE) ||
           kind == PX_REQUEST_COMMAND;
}

static px_status check_room(const px_engine_state *state, size_t bytes_before, px_err *ret_err)
{
    if (state->body->len - bytes_before <= PX_REQUEST_EVENTS_BYTES_MAX)
        return PX_OK;
    return px_fail_id(ret_err, PX_TOO_LARGE, "request.size",
                      "changes of at most %d MiB go together; do it in parts",
                      PX_REQUEST_EVENTS_BYTES_MAX >> 20);
}

/* All of them, but for what looking on tells nothing new about. `refusals` has room for
 * PX_FINDINGS_MAX; the first is the request's own error. */
static px_status judge(px_engine_state *state, px_request *request, px_refusal *refusals,
                       px_err *ret_err)
{
    size_t bytes_before = state->body->len, *count = &request->result.refusal_count;

    for (size_t i = 0; i < request->item_count && *count < PX_FINDINGS_MAX; i++) {
        px_request *item = &request->items[i];
        px_err err = { 0 };
        px_status status;

        px_assert(is_change(item->kind));
        status = check_item(state, request, item, &err);
        if (status == PX_OK)
            status = check_room(state, bytes_before, &err);
        if (status == PX_OK)
            continue;
        place(item, &err);
        refusals[(*count)++].err = err;
        if (state->broken || status == PX_TOO_LARGE)
            break;
    }
    if (*count == 0)
        return PX_OK;
    if (ret_err)
        *ret_err = refusals[0].err;
    return refusals[0].err.status;
}

px_status px_check_changes(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_refusal *refusals = PX_ARENA_ARRAY(&state->arena, px_refusal, PX_FINDINGS_MAX);

    if (!refusals)
        return px_arena_fail(&state->arena, ret_err);
    if (request->item_count > PX_CHANGES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "changes.count",
                          "at most %d changes go together; these are %zu", PX_CHANGES_MAX,
                          request->item_count);
    request->result.refusals = refusals;
    PX_TRY(judge(state, request, refusals, ret_err));
    if (request->flag)
        return px_fail_id(ret_err, PX_INTERRUPTED, PX_CHANGES_JUDGED, "all of it could be done");
    return PX_OK;
}
