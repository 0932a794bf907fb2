/* SPDX-License-Identifier: Apache-2.0 */
/* Events of sessions: decided by the room broker, judged here by right and size only. */
#include <stdatomic.h>

#include "engine/state.h"

static px_status check_write(const px_request *request, const px_session_write *write,
                             px_err *ret_err)
{
    bool publishes = write->type == PX_EVENT_SESSION_MESSAGE;

    px_assert(write->type >= PX_EVENT_SESSION_OPEN && write->type <= PX_EVENT_SESSION_MESSAGE);
    PX_TRY(px_authorize(&request->principal, publishes ? PX_ACTION_PUBLISH : PX_ACTION_CONNECT,
                        PX_STR(""), ret_err));
    if (write->body.len > PX_SESSION_RECORD_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "session.size",
                          "what a session writes at once has at most %d bytes",
                          PX_SESSION_RECORD_BYTES_MAX);
    return PX_OK;
}

px_status px_check_sessions(px_engine_state *state, px_request *request, px_err *ret_err)
{
    (void)state, (void)request, (void)ret_err;
    return PX_OK; /* px_check_with_sessions asks what there is to ask */
}

px_status px_check_with_sessions(px_engine_state *state, px_request *request, px_check *check,
                                 px_err *ret_err)
{
    for (size_t i = 0; i < request->session_count; i++) {
        const _Atomic bool *unless = request->sessions[i].unless;

        PX_TRY(check_write(request, &request->sessions[i], ret_err));
        if (unless && atomic_load(unless))
            return px_fail_id(ret_err, PX_INTERRUPTED, PX_SESSION_SUPERSEDED,
                              "another connection has taken its session over");
    }
    PX_TRY(check(state, request, ret_err));
    for (size_t i = 0; i < request->session_count; i++) {
        const px_session_write *write = &request->sessions[i];
        px_event event = { .type = write->type,
                           .tenant = request->principal.tenant,
                           .revision = write->session,
                           .id = write->id,
                           .body = write->body,
                           .cause = request->principal.id };

        PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    }
    return PX_OK;
}
