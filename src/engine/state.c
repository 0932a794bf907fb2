/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/state.h"
#include "engine/desired.h"

#include <stddef.h>
#include <string.h>

enum { BATCH_ARENA_BYTES_MAX = 64 * 1024 * 1024 };

px_status px_state_init(px_engine_state *state, px_env *env, px_log *log,
                        const px_graph_opts *graph_opts, px_err *ret_err)
{
    px_status status;

    *state = (px_engine_state){ .env = env, .log = log, .source_ahead_ns = PX_SOURCE_AHEAD_NS_MAX };
    px_quotas_init(&state->quotas);
    px_seen_init(&state->seen, env);
    px_arena_init(&state->arena, BATCH_ARENA_BYTES_MAX);
    status = px_graph_new(graph_opts, &state->graph, ret_err);
    if (status == PX_OK)
        status = px_registry_new(&state->registry, ret_err);
    if (status == PX_OK)
        status = px_documents_new(&state->documents, ret_err);
    if (status != PX_OK)
        px_state_release(state);
    return status;
}

void px_state_release(px_engine_state *state)
{
    px_graph_free(state->graph);
    px_registry_free(state->registry);
    px_documents_free(state->documents);
    px_quotas_release(&state->quotas);
    px_seen_release(&state->seen);
    px_arena_release(&state->arena);
    PX_VEC_RELEASE(&state->ops);
    PX_VEC_RELEASE(&state->timers);
    PX_VEC_RELEASE(&state->timers_armed);
    PX_VEC_RELEASE(&state->timers_fired);
    PX_VEC_RELEASE(&state->answers.due);
    PX_VEC_RELEASE(&state->known_seqs);
    px_map_release(&state->known);
    *state = (px_engine_state){ 0 };
}

px_status px_state_begin(px_engine_state *state, px_time now, px_buf *body, px_err *ret_err)
{
    px_assert(!state->txn);
    PX_TRY(px_graph_begin(state->graph, &state->txn, ret_err));
    state->now = now;
    state->body = body;
    state->broken = false;
    state->samples_late = state->samples_duplicate = state->messages_repeated = 0;
    memset(state->commands_ended, 0, sizeof(state->commands_ended));
    state->ops.len = 0;
    px_arena_reset(&state->arena);
    return PX_OK;
}

void px_state_commit(px_engine_state *state)
{
    px_registry_commit(state->registry); /* first: no reader sees a twin without its model */
    px_graph_commit(state->txn);
    px_documents_commit(state->documents);
    px_quotas_commit(&state->quotas);
    px_timers_commit(state);
    px_answers_commit(&state->answers);
    px_seen_commit(&state->seen);
    state->txn = NULL;
}

void px_state_rollback(px_engine_state *state, uint64_t seq)
{
    px_graph_rollback(state->txn);
    px_registry_rollback(state->registry);
    px_documents_rollback(state->documents);
    px_quotas_rollback(&state->quotas);
    px_timers_rollback(state);
    px_answers_rollback(&state->answers);
    px_seen_rollback(&state->seen);
    state->txn = NULL;
    state->seq = seq;
}

void px_state_break(px_engine_state *state, px_status status, const px_err *err)
{
    state->broken = true;
    state->broken_err = *err;
    state->broken_err.status = status;
}

px_status px_state_emit(px_engine_state *state, px_event *event, px_model *model, px_err *ret_err)
{
    px_err err = { 0 };
    px_status status;

    event->seq = state->seq + 1;
    event->time = state->now;
    px_put_event(state->body, event);
    status = px_buf_status(state->body, &err);
    if (status == PX_OK)
        status = px_state_fold(state, event, model, &err);
    if (status != PX_OK) {
        px_state_break(state, status, &err);
        if (ret_err)
            *ret_err = err;
        return status;
    }
    state->seq = event->seq;
    return PX_OK;
}

const px_model *px_state_model(const px_engine_state *state, uint32_t model_no)
{
    return state->rehearsing ? px_registry_model(state->registry, model_no)
                             : px_registry_model_own(state->registry, model_no);
}

const px_model *px_state_ruling(px_engine_state *state, uint32_t tenant, uint32_t model_no)
{
    const px_model *model = px_state_model(state, model_no);
    px_model_info info;
    bool open = state->rehearsing ? px_registry_info(state->registry, model_no, &info)
                                  : px_registry_info_own(state->registry, model_no, &info);

    if (open || !model)
        return model;
    return px_state_find_model(state, tenant, px_model_id(model), &info) ? info.model : NULL;
}

px_status px_state_check_own(const px_engine_state *state, const px_twin *twin,
                             const px_model *model, px_err *ret_err)
{
    if (px_state_model(state, px_twin_model(twin)) == model)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "twin.model_replaced",
                      "the model of twin '%.*s' was deleted and uploaded again, changed; let the "
                      "twin follow it with a PATCH first, an empty one if its values fit",
                      PX_FMT(px_twin_id(twin)));
}

px_status px_state_find_twin(px_engine_state *state, const px_request *request,
                             const px_twin **ret_twin, const px_model **ret_model, px_err *ret_err)
{
    const px_twin *twin =
        px_view_find(px_txn_view(state->txn), request->principal.tenant, request->id);

    if (!twin)
        return px_fail_id(
            ret_err, PX_NOT_FOUND, "twin.not_found",
            "There is no digital twin instance that exists with the ID %.*s. Please "
            "verify that the twin id is valid and ensure that the twin is not deleted",
            PX_FMT(request->id));
    *ret_twin = twin;
    if (ret_model) {
        *ret_model = px_state_ruling(state, request->principal.tenant, px_twin_model(twin));
        if (!*ret_model)
            return px_fail_id(ret_err, PX_INVALID, "twin.model_gone",
                              "the model of twin '%.*s' was deleted; upload it again first",
                              PX_FMT(request->id));
    }
    return PX_OK;
}

bool px_state_find_model(px_engine_state *state, uint32_t tenant, px_str dtmi,
                         px_model_info *ret_info)
{
    return state->rehearsing ? px_registry_find(state->registry, tenant, dtmi, ret_info)
                             : px_registry_find_own(state->registry, tenant, dtmi, ret_info);
}

px_status px_state_match(const px_request *request, uint64_t seq, px_err *ret_err)
{
    if (request->if_match == 0 || request->if_match == (seq ? seq : PX_REVISION_NONE))
        return PX_OK;
    if (request->if_match_text.len == 0)
        return px_fail_id(ret_err, PX_STALE, "etag.stale",
                          "it changed since it was read; read it again and repeat the change");
    return px_fail_id(ret_err, PX_STALE, "etag.stale",
                      "The provided etag %.*s doesn't match the current etag for the resource; "
                      "read it again and repeat the change",
                      (int)(request->if_match_text.len < 64 ? request->if_match_text.len : 64),
                      request->if_match_text.ptr);
}

px_status px_state_body(const px_request *request, px_err *ret_err)
{
    if (!request->body_err)
        return PX_OK;
    if (ret_err)
        *ret_err = *request->body_err;
    return request->body_err->status;
}

px_status px_check_id(px_str id, px_str of, size_t most, const char *error_id, px_err *ret_err)
{
    bool clean = id.len > 0 && id.len <= most && px_str_is_utf8(id, NULL);

    for (size_t i = 0; i < id.len && clean; i++)
        clean = (unsigned char)id.ptr[i] >= 0x20 && id.ptr[i] != 0x7F;
    if (clean)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, error_id,
                      "a %.*s id has 1 to %zu bytes of UTF-8 without control characters",
                      PX_FMT(of), most);
}

px_status px_state_keep_twin(px_engine_state *state, px_request *request, px_err *ret_err)
{
    const px_twin *twin =
        px_view_find(px_txn_view(state->txn), request->principal.tenant, request->id);
    px_str copy = px_arena_str(&state->arena, px_str_of((const char *)twin, px_twin_bytes(twin)));

    if (!copy.ptr) { /* after its event: nothing of the batch may count */
        state->broken = true;
        state->broken_err.status = px_arena_fail(&state->arena, &state->broken_err);
        if (ret_err)
            *ret_err = state->broken_err;
        return state->broken_err.status;
    }
    request->result.twin = (const px_twin *)(const void *)copy.ptr;
    return PX_OK;
}

static const struct {
    px_action action;
    px_check *check;
} handlers[PX_REQUEST_KIND_COUNT] = {
    [PX_REQUEST_MODELS_PUT] = { PX_ACTION_WRITE_MODEL, px_check_models_put },
    [PX_REQUEST_MODEL_DECOMMISSION] = { PX_ACTION_WRITE_MODEL, px_check_model_decommission },
    [PX_REQUEST_MODEL_DELETE] = { PX_ACTION_WRITE_MODEL, px_check_model_delete },
    [PX_REQUEST_TWIN_PUT] = { PX_ACTION_WRITE_TWIN, px_check_twin_put },
    [PX_REQUEST_TWIN_PATCH] = { PX_ACTION_WRITE_TWIN, px_check_twin_patch },
    [PX_REQUEST_TWIN_DELETE] = { PX_ACTION_WRITE_TWIN, px_check_twin_delete },
    [PX_REQUEST_DESIRED_PATCH] = { PX_ACTION_WRITE_TWIN, px_check_desired_patch },
    [PX_REQUEST_DESIRED_STATUS] = { PX_ACTION_ANSWER, px_check_desired_status },
    [PX_REQUEST_RELATIONSHIP_PUT] = { PX_ACTION_WRITE_TWIN, px_check_relationship_put },
    [PX_REQUEST_RELATIONSHIP_PATCH] = { PX_ACTION_WRITE_TWIN, px_check_relationship_patch },
    [PX_REQUEST_RELATIONSHIP_DELETE] = { PX_ACTION_WRITE_TWIN, px_check_relationship_delete },
    [PX_REQUEST_CHANGES] = { PX_ACTION_WRITE_TWIN, px_check_changes },
    [PX_REQUEST_TELEMETRY] = { PX_ACTION_REPORT, px_check_telemetry },
    [PX_REQUEST_DEVICE_MESSAGE] = { PX_ACTION_REPORT, px_check_device_message },
    [PX_REQUEST_MESSAGES] = { PX_ACTION_REPORT, px_check_messages },
    [PX_REQUEST_COMMAND] = { PX_ACTION_COMMAND, px_check_command },
    [PX_REQUEST_COMMAND_DELIVERED] = { PX_ACTION_ANSWER, px_check_command_delivered },
    [PX_REQUEST_COMMAND_RESPONSE] = { PX_ACTION_ANSWER, px_check_command_response },
    [PX_REQUEST_DOCUMENTS] = { PX_ACTION_WRITE_DOCUMENT, px_check_documents },
    [PX_REQUEST_TENANT_PUT] = { PX_ACTION_WRITE_TENANT, px_check_tenant_put },
    [PX_REQUEST_SESSIONS] = { PX_ACTION_CONNECT, px_check_sessions },
    [PX_REQUEST_FRESHNESS] = { PX_ACTION_WRITE_TWIN, px_check_freshness },
    [PX_REQUEST_SOURCES_ENDED] = { PX_ACTION_REPORT, px_check_sources_ended },
};

/* What changes a twin may change what became of the values that it is wished. */
static bool may_settle(px_request_kind kind)
{
    return kind == PX_REQUEST_TWIN_PUT || kind == PX_REQUEST_TWIN_PATCH ||
           kind == PX_REQUEST_TWIN_DELETE || kind == PX_REQUEST_DEVICE_MESSAGE;
}

static px_status check_and_settle(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_desired_watch watch;

    PX_TRY(px_desired_watch_begin(state, request, &watch, ret_err));
    PX_TRY(handlers[request->kind].check(state, request, ret_err));
    return px_desired_watch_end(state, request, &watch, ret_err);
}

/* Every check decides before it emits, and within the bound of one request. One that does not would
 * leave half of what it says: then nothing of the batch counts. */
static void guard(px_engine_state *state, px_result *result, uint64_t seq_before,
                  size_t bytes_before)
{
    if (!state->broken && state->body->len - bytes_before > PX_REQUEST_EVENTS_BYTES_MAX)
        result->status = px_fail_id(&result->err, PX_TOO_LARGE, "request.size",
                                    "one request may change at most %d MiB at once; do it in parts",
                                    PX_REQUEST_EVENTS_BYTES_MAX >> 20);
    if (state->broken || result->status == PX_OK || state->seq == seq_before)
        return;
    px_state_break(state, result->status, &result->err);
}

px_status px_state_check(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_check *check = may_settle(request->kind) ? check_and_settle : handlers[request->kind].check;

    if (request->kind != PX_REQUEST_MESSAGES) /* each of its items is somebody's */
        PX_TRY(px_authorize(&request->principal, handlers[request->kind].action, request->id,
                            ret_err));
    if (request->session_count > 0)
        return px_check_with_sessions(state, request, check, ret_err);
    return check(state, request, ret_err);
}

/* Position and time of what it changed; a check that adds more behind that has said which it is. */
static void date(const px_engine_state *state, px_result *result, uint64_t seq_before)
{
    if (state->seq > seq_before) {
        if (result->seq == 0)
            result->seq = state->seq;
        result->time = state->now;
    }
}

/* Once for each key; its answer goes into the same batch, behind what it changed. */
static px_status check_once(px_engine_state *state, px_request *request, px_err *ret_err)
{
    uint64_t seq_before = state->seq;
    bool done;

    PX_TRY(px_answers_look(state, request, &done, ret_err));
    if (done)
        return PX_OK;
    PX_TRY(px_state_check(state, request, ret_err));
    date(state, &request->result, seq_before);
    return px_answers_keep(state, request, ret_err);
}

void px_state_handle(px_engine_state *state, px_request *request)
{
    px_result *result = &request->result;
    uint64_t seq_before = state->seq;
    size_t bytes_before = state->body->len;

    memset(result, 0, offsetof(px_result, err));
    if (request->once) {
        result->status = check_once(state, request, &result->err);
        guard(state, result, seq_before, bytes_before);
        return;
    }
    result->status = px_state_check(state, request, &result->err);
    guard(state, result, seq_before, bytes_before);
    if (result->status == PX_OK)
        date(state, result, seq_before);
}
