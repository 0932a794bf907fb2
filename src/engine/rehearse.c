/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/rehearse.h"

#include "engine/state.h"
#include "twin/property.h"

static bool changes_graph(px_request_kind kind)
{
    switch (kind) {
    case PX_REQUEST_TWIN_PUT:
    case PX_REQUEST_TWIN_PATCH:
    case PX_REQUEST_TWIN_DELETE:
    case PX_REQUEST_DESIRED_PATCH:
    case PX_REQUEST_RELATIONSHIP_PUT:
    case PX_REQUEST_RELATIONSHIP_PATCH:
    case PX_REQUEST_RELATIONSHIP_DELETE:
    case PX_REQUEST_CHANGES:
        return true;
    default:
        return false;
    }
}

px_status px_rehearse(px_branch *branch, px_registry *registry, px_env *env, px_request *request,
                      px_err *ret_err)
{
    enum { ARENA_BYTES_MAX = 64 * 1024 * 1024 };
    px_engine_state state = { .env = env,
                              .graph = px_branch_graph(branch),
                              .registry = registry,
                              .rehearsing = true,
                              .source_ahead_ns = PX_SOURCE_AHEAD_NS_MAX };
    px_buf body = { 0 };
    px_status status;

    if (!changes_graph(request->kind))
        return px_fail(ret_err, PX_UNSUPPORTED, "a branch changes twins and relationships only");
    PX_TRY(px_branch_status(branch, ret_err));
    PX_TRY(px_branch_room(branch, ret_err));
    px_arena_init(&state.arena, ARENA_BYTES_MAX);
    px_quotas_init(&state.quotas);
    status = px_graph_begin(state.graph, &state.txn, ret_err);
    if (status == PX_OK) {
        state.seq = px_graph_stat(state.graph).seq;
        state.now = env->now(env);
        state.now -= state.now % PX_MILLISECOND;
        state.body = &body;
        px_state_handle(&state, request);
        status = request->result.status;
        if (status == PX_OK)
            status = px_txn_settle(state.txn, registry, &request->result.err);
        if (status == PX_OK)
            px_graph_commit(state.txn);
        else
            px_graph_rollback(state.txn);
        if (status != PX_OK && ret_err)
            *ret_err = request->result.err;
    }
    request->result.twin = NULL; /* it lay in the arena; the branch has it */
    request->result.refusals = NULL;
    request->result.refusal_count = 0;
    px_quotas_release(&state.quotas);
    px_arena_release(&state.arena);
    px_buf_release(&body);
    return status;
}
