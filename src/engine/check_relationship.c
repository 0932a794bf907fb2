/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_patch.h"
#include "engine/state.h"

/* The declared relationship of the source's model; its properties are checked by their schemas. */
static px_status read_properties(px_engine_state *state, const px_relationship *declared,
                                 const px_json *body, px_buf *ret_text, px_err *ret_err)
{
    px_json_writer w = px_json_writer_of(ret_text);

    px_json_begin_object(&w);
    for (const px_json *m = body->first; m; m = m->next) {
        const px_field *property;
        px_value value;

        if (m->key.len && m->key.ptr[0] == '$')
            continue;
        property = px_relationship_property_find(declared, m->key);
        if (!property)
            return px_json_fail(m, ret_err, PX_INVALID, "relationship.unknown",
                                "relationship '%.*s' declares no property '%.*s'",
                                PX_FMT(declared->name), PX_FMT(m->key));
        PX_TRY(px_schema_check(property->schema, m, &state->arena, &value, ret_err));
        px_json_key(&w, m->key);
        px_json_value(&w, value);
    }
    px_json_end_object(&w);
    return px_buf_status(ret_text, ret_err);
}

static px_status find_target(px_engine_state *state, const px_request *request, px_str target_id,
                             const px_relationship *declared, const px_twin **ret_target,
                             px_err *ret_err)
{
    const px_twin *target = NULL;
    const px_model *model;

    if (target_id.ptr)
        target = px_view_find(px_txn_view(state->txn), request->principal.tenant, target_id);
    if (!target)
        return px_fail_id(ret_err, PX_NOT_FOUND, "relationship.target",
                          "The target digital twin is invalid or does not exist: '%.*s'",
                          PX_FMT(target_id));
    model = px_state_ruling(state, request->principal.tenant, px_twin_model(target));
    if (!model)
        return px_fail_id(ret_err, PX_INVALID, "twin.model_gone",
                          "the model of twin '%.*s' was deleted; upload it again first",
                          PX_FMT(target_id));
    if (declared->target.len && !px_model_is_a(model, declared->target))
        return px_fail_id(ret_err, PX_INVALID, "relationship.invalid",
                          "relationship '%.*s' goes to twins of %.*s; '%.*s' is a %.*s",
                          PX_FMT(declared->name), PX_FMT(declared->target), PX_FMT(target_id),
                          PX_FMT(px_model_id(model)));
    *ret_target = target;
    return PX_OK;
}

static px_status check_multiplicity(px_engine_state *state, uint32_t source_no,
                                    const px_relationship *declared, const px_rel *old,
                                    px_err *ret_err)
{
    bool is_new = !old || !px_str_eq(px_rel_name(old), declared->name);
    uint32_t most = declared->max_multiplicity;

    if (most == 0 || !is_new ||
        px_view_edge_count(px_txn_view(state->txn), source_no, declared->name, most) < most)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "relationship.multiplicity",
                      "the model allows %u relationship(s) '%.*s' at one twin", most,
                      PX_FMT(declared->name));
}

/* Counted by walking, which a limit of the public service is worth: without it nobody walks. */
static px_status check_edges(px_engine_state *state, px_edges edges, px_str id, px_err *ret_err)
{
    uint32_t count = 0;

    while (count < state->edges_max && px_edges_next(&edges))
        count++;
    if (state->edges_max == 0 || count < state->edges_max)
        return PX_OK;
    return px_fail_id(ret_err, PX_LIMIT, "quota.edges",
                      "a twin has at most %u relationships in and as many out; '%.*s' has them",
                      state->edges_max, PX_FMT(id));
}

static px_status emit_put(px_engine_state *state, px_request *request,
                          const px_relationship *declared, uint32_t source_no, uint32_t target_no,
                          const px_rel *old, const px_json *properties, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_RELATIONSHIP_PUT,
                       .tenant = request->principal.tenant,
                       .twin_no = source_no,
                       .target_no = target_no,
                       .id = request->relationship_id,
                       .name = declared->name,
                       .cause = request->principal.id,
                       .flag = old != NULL };
    px_buf text;
    px_status status;

    px_buf_init(&text, PX_TWIN_BYTES_MAX);
    status = read_properties(state, declared, properties, &text, ret_err);
    event.relationship_no = old ? px_rel_number(old) : px_graph_numbers(state->graph).rel_no + 1;
    event.body = px_buf_str(&text);
    event.before = old ? px_rel_properties(old) : (px_str){ 0 };
    if (old && px_rel_target(old) != target_no)
        event.was_target_no = px_rel_target(old);
    if (old && !px_str_eq(px_rel_name(old), declared->name))
        event.was_name = px_rel_name(old);
    if (status == PX_OK)
        status = px_state_emit(state, &event, NULL, ret_err);
    px_buf_release(&text);
    request->result.number = event.relationship_no;
    return status;
}

px_status px_check_relationship_put(px_engine_state *state, px_request *request, px_err *ret_err)
{
    const px_view *view = px_txn_view(state->txn);
    const px_relationship *declared;
    const px_twin *source, *target;
    const px_model *model;
    const px_rel *old;
    px_str name, target_id;

    PX_TRY(px_state_find_twin(state, request, &source, &model, ret_err));
    PX_TRY(px_check_id(request->relationship_id, PX_STR("relationship"), PX_TWIN_ID_BYTES_MAX,
                       "relationship.id", ret_err));
    old = px_view_rel_find(view, px_twin_number(source), request->relationship_id);
    if (old && request->if_none_match)
        return px_fail_id(ret_err, PX_STALE, "relationship.exists",
                          "If-None-Match: * header was specified but a relationship with the id "
                          "%.*s was found",
                          PX_FMT(request->relationship_id));
    PX_TRY(px_state_match(request, old ? px_rel_seq(old) : 0, ret_err));
    PX_TRY(px_state_body(request, ret_err));
    if (!px_json_is(request->json, PX_JSON_OBJECT))
        return px_fail_id(ret_err, PX_INVALID, "relationship.form", "the body must be an object");
    name = px_json_get_text(request->json, PX_STR("$relationshipName"));
    target_id = px_json_get_text(request->json, PX_STR("$targetId"));
    declared = name.ptr ? px_layout_relationship_find(px_model_layout(model), name) : NULL;
    if (!declared)
        return px_fail_id(ret_err, PX_INVALID, "relationship.invalid",
                          "the model of twin '%.*s' declares no relationship '%.*s'",
                          PX_FMT(request->id), PX_FMT(name));
    if (px_str_eq(target_id, request->id))
        return px_fail_id(ret_err, PX_INVALID, "relationship.self",
                          "a relationship cannot begin and end at the same twin");
    PX_TRY(find_target(state, request, target_id, declared, &target, ret_err));
    PX_TRY(check_multiplicity(state, px_twin_number(source), declared, old, ret_err));
    if (!old) {
        PX_TRY(px_quota_check(&state->quotas, request->principal.tenant, PX_QUOTA_RELATIONSHIPS, 1,
                              ret_err));
        PX_TRY(check_edges(state, px_edges_out(view, px_twin_number(source), (px_str){ 0 }),
                           request->id, ret_err));
        PX_TRY(check_edges(state, px_edges_in(view, px_twin_number(target), (px_str){ 0 }),
                           target_id, ret_err));
    }
    request->result.created = !old;
    return emit_put(state, request, declared, px_twin_number(source), px_twin_number(target), old,
                    request->json, ret_err);
}

static px_status find_relationship(px_engine_state *state, const px_request *request,
                                   const px_twin **ret_source, const px_rel **ret_rel,
                                   px_err *ret_err)
{
    PX_TRY(px_state_find_twin(state, request, ret_source, NULL, ret_err));
    *ret_rel = px_view_rel_find(px_txn_view(state->txn), px_twin_number(*ret_source),
                                request->relationship_id);
    if (!*ret_rel)
        return px_fail_id(ret_err, PX_NOT_FOUND, "relationship.not_found",
                          "Relationship %.*s not found on twin %.*s",
                          PX_FMT(request->relationship_id), PX_FMT(request->id));
    return px_state_match(request, px_rel_seq(*ret_rel), ret_err);
}

static px_status refuse_system_member(void *data, const px_json_pointer *path, const px_json *op,
                                      px_err *ret_err)
{
    (void)data;
    if (path->count && path->steps[0].len && path->steps[0].ptr[0] != '$')
        return PX_OK;
    return px_json_fail(op, ret_err, PX_INVALID, "patch.path",
                        "Could not resolve path; only properties of a relationship can be patched");
}

px_status px_check_relationship_patch(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_json_patch_opts opts = { .verbs = PX_JSON_PATCH_ADD | PX_JSON_PATCH_REPLACE |
                                         PX_JSON_PATCH_REMOVE,
                                .whole_arrays = true,
                                .before = refuse_system_member };
    const px_relationship *declared;
    const px_model *model;
    const px_twin *source;
    const px_rel *rel;
    px_str text;
    px_json *doc;

    PX_TRY(find_relationship(state, request, &source, &rel, ret_err));
    PX_TRY(px_state_body(request, ret_err));
    PX_TRY(px_state_find_twin(state, request, &source, &model, ret_err));
    declared = px_layout_relationship_find(px_model_layout(model), px_rel_name(rel));
    if (!declared)
        return px_fail_id(ret_err, PX_INVALID, "relationship.invalid",
                          "the model does not declare relationship '%.*s' any more",
                          PX_FMT(px_rel_name(rel)));
    if (px_json_is(request->json, PX_JSON_ARRAY) && request->json->count == 0) {
        request->result.number = px_rel_number(rel);
        request->result.seq = px_rel_seq(rel); /* nothing was asked: no event, the ETag stays */
        return PX_OK;
    }
    text = px_rel_properties(rel);
    text = px_arena_str(&state->arena, text.len ? text : PX_STR("{}"));
    if (!text.ptr)
        return px_arena_fail(&state->arena, ret_err);
    PX_TRY(px_json_parse(text, NULL, &state->arena, &doc, ret_err));
    PX_TRY(px_json_patch(doc, request->json, &opts, &state->arena, &doc, ret_err));
    return emit_put(state, request, declared, px_rel_source(rel), px_rel_target(rel), rel, doc,
                    ret_err);
}

px_status px_check_relationship_delete(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_RELATIONSHIP_DELETE,
                       .tenant = request->principal.tenant,
                       .cause = request->principal.id };
    const px_twin *source;
    const px_rel *rel;

    PX_TRY(find_relationship(state, request, &source, &rel, ret_err));
    event.twin_no = px_twin_number(source);
    event.relationship_no = px_rel_number(rel);
    event.target_no = px_rel_target(rel);
    event.id = px_rel_id(rel);
    event.name = px_rel_name(rel);
    event.body = px_rel_properties(rel);
    return px_state_emit(state, &event, NULL, ret_err);
}
