/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/state.h"
#include "expr/guard.h"

static px_status refuse_known(px_engine_state *state, uint32_t tenant, const px_model_set *set,
                              px_err *ret_err)
{
    px_registry_scope scope = { state->registry, tenant };

    for (size_t i = 0; i < set->count; i++) {
        px_str id = px_model_id(set->models[i]);

        if (px_registry_source_find(&scope, id))
            return px_fail_id(ret_err, PX_CONFLICT, "model.exists",
                              "Some of the model ids already exist: %.*s. Use a new version, or "
                              "delete the model first",
                              PX_FMT(id));
    }
    return PX_OK;
}

static bool depends_on_pending(const px_model_set *set, const bool *done, size_t index)
{
    uint32_t count;
    const px_model *const *needed = px_model_dependencies(set->models[index], &count);

    for (uint32_t d = 0; d < count; d++)
        for (size_t i = 0; i < set->count; i++)
            if (!done[i] && i != index && set->models[i] == needed[d])
                return true;
    return false;
}

/* What the events of the set need, a little more rather than less. */
static size_t events_bytes(const px_model_set *set)
{
    enum { PATH_LENGTH_BYTES = 3, OTHER_BYTES = 1024 };
    size_t bytes = 0;

    for (size_t i = 0; i < set->count; i++) {
        const px_layout *layout = px_model_layout(set->models[i]);

        bytes += px_model_text(set->models[i]).len + OTHER_BYTES;
        for (uint32_t f = 0; f < px_layout_field_count(layout); f++)
            bytes += px_layout_field(layout, f)->path.len + PATH_LENGTH_BYTES;
    }
    return bytes;
}

static px_status check_room(px_engine_state *state, uint32_t tenant, const px_model_set *set,
                            px_err *ret_err)
{
    if (events_bytes(set) > PX_REQUEST_EVENTS_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "model.call_size",
                          "the models of one call, the fields that they inherit or have by "
                          "components written out, are more than %d MiB; upload them in several "
                          "calls, or make them smaller",
                          PX_REQUEST_EVENTS_BYTES_MAX >> 20);
    if (!px_registry_has_numbers(state->registry, set->count))
        return px_fail_id(ret_err, PX_LIMIT, "model.numbers",
                          "the server has given out all its model numbers");
    return px_quota_check(&state->quotas, tenant, PX_QUOTA_MODELS, (uint32_t)set->count, ret_err);
}

/* `paths` has room for those of any model of the set. */
static px_status emit_model(px_engine_state *state, const px_request *request, px_model *model,
                            uint32_t model_no, px_str *paths, px_err *ret_err)
{
    const px_layout *layout = px_model_layout(model);
    px_event event = { .type = PX_EVENT_MODEL_PUT,
                       .tenant = request->principal.tenant,
                       .model_no = model_no,
                       .id = px_model_id(model),
                       .body = px_model_text(model),
                       .cause = request->principal.id,
                       .paths = paths,
                       .path_count = px_layout_field_count(layout) };

    for (uint32_t i = 0; i < event.path_count; i++)
        paths[i] = px_layout_field(layout, i)->path;
    return px_state_emit(state, &event, model, ret_err);
}

static uint32_t most_fields(const px_model_set *set)
{
    uint32_t most = 0;

    for (size_t i = 0; i < set->count; i++) {
        uint32_t count = px_layout_field_count(px_model_layout(set->models[i]));

        most = count > most ? count : most;
    }
    return most;
}

/* A model that comes back unchanged has its old number, and the twins that have it live on. */
static uint32_t number_for(px_engine_state *state, uint32_t tenant, const px_model *model,
                           uint32_t *last_no)
{
    uint32_t model_no;

    return px_registry_is_revival(state->registry, tenant, model, &model_no) ? model_no
                                                                             : ++*last_no;
}

/* Dependencies first, so that replay can compile one after the other. All memory comes first: once
 * a model is emitted, the rest must be. */
static px_status emit_models(px_engine_state *state, px_request *request, const px_model_set *set,
                             px_err *ret_err)
{
    uint32_t last_no = px_registry_number(state->registry), tenant = request->principal.tenant;
    bool *done = PX_ARENA_ARRAY(&state->arena, bool, set->count);
    px_str *paths = PX_ARENA_ARRAY(&state->arena, px_str, most_fields(set) + 1);

    if (!done || !paths)
        return px_arena_fail(&state->arena, ret_err);
    for (size_t left = set->count; left > 0;) {
        size_t before = left;

        for (size_t i = 0; i < set->count; i++) {
            if (done[i] || depends_on_pending(set, done, i))
                continue;
            PX_TRY(emit_model(state, request, set->models[i],
                              number_for(state, tenant, set->models[i], &last_no), paths, ret_err));
            done[i] = true;
            left--;
        }
        px_assert(left < before); /* the parser refuses cycles */
    }
    return PX_OK;
}

/* The data plane's words before ours; the place stays. */
static px_status none_created(px_status status, px_err *err)
{
    px_err told;

    if (!err || (status != PX_INVALID && status != PX_UNSUPPORTED))
        return status;
    told = *err;
    px_fail_id(err, status, told.id,
               "None of the models in this request could be created due to a problem with one or "
               "more models: %s",
               told.text);
    px_err_at(err, told.line, told.column, px_str_c(told.path));
    return status;
}

px_status px_check_models_put(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_registry_scope scope = { state->registry, request->principal.tenant };
    px_models_opts opts = { .stored = { px_registry_source_find, &scope },
                            .check_guard = px_guard_check };
    px_model_set set;
    px_status status;

    PX_TRY(none_created(px_models_parse_all(request->text, &opts, &set, NULL, ret_err), ret_err));
    status = set.count == 0
                 ? px_fail_id(ret_err, PX_INVALID, "model.empty",
                              "models provided was empty or of a type that is not supported")
                 : refuse_known(state, request->principal.tenant, &set, ret_err);
    if (status == PX_OK)
        status = check_room(state, request->principal.tenant, &set, ret_err);
    if (status == PX_OK)
        status = emit_models(state, request, &set, ret_err);
    request->result.created = status == PX_OK;
    px_model_set_release(&set);
    return status;
}

/* The batch's own state is what counts: a model uploaded a moment ago is found. */
static px_status find_model(px_engine_state *state, const px_request *request,
                            px_model_info *ret_info, px_err *ret_err)
{
    if (px_registry_find_own(state->registry, request->principal.tenant, request->id, ret_info))
        return PX_OK;
    return px_fail_id(ret_err, PX_NOT_FOUND, "model.not_found",
                      "There is no Model(s) available that matches the provided id(s): %.*s",
                      PX_FMT(request->id));
}

px_status px_check_model_decommission(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_MODEL_DECOMMISSION,
                       .tenant = request->principal.tenant,
                       .flag = request->flag,
                       .id = request->id,
                       .cause = request->principal.id };
    px_model_info info;

    PX_TRY(find_model(state, request, &info, ret_err));
    if (info.decommissioned == request->flag)
        return PX_OK;
    if (request->flag)
        PX_TRY(px_registry_closable(state->registry, info.model_no, ret_err));
    event.model_no = info.model_no;
    return px_state_emit(state, &event, NULL, ret_err);
}

px_status px_check_model_delete(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_MODEL_DELETE,
                       .tenant = request->principal.tenant,
                       .id = request->id,
                       .cause = request->principal.id };
    px_model_info info;

    PX_TRY(find_model(state, request, &info, ret_err));
    PX_TRY(px_registry_deletable(state->registry, info.model_no, ret_err));
    event.model_no = info.model_no;
    return px_state_emit(state, &event, NULL, ret_err);
}
