/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_patch.h"
#include "engine/state.h"
#include "engine/twin_body.h"

static px_status find_model(px_engine_state *state, const px_request *request, px_str dtmi,
                            px_model_info *ret_info, px_err *ret_err)
{
    if (!dtmi.ptr)
        return px_fail_id(ret_err, PX_INVALID, "twin.model",
                          "Invalid twin specified: $metadata.$model is missing");
    if (!px_state_find_model(state, request->principal.tenant, dtmi, ret_info))
        return px_fail_id(ret_err, PX_INVALID, "twin.model",
                          "Invalid twin specified: there is no model %.*s; upload it first",
                          PX_FMT(dtmi));
    return PX_OK;
}

/* What the twin has and the replacement does not give: told with it, so that whoever follows the
 * journal sees it end. With another model the numbers are other ones, and the old one's event goes
 * before; its memory is taken here, before the first emit. */
static px_status drop_rest(px_engine_state *state, const px_twin *old, const px_model_info *info,
                           px_fields *fields, px_fields *ret_before, px_err *ret_err)
{
    const px_model *old_model = px_state_model(state, px_twin_model(old));
    px_fields dropped = { 0 };

    if (!old_model)
        return PX_OK;
    PX_TRY(px_twin_body_dropped(px_model_layout(old_model), old, px_model_layout(info->model),
                                fields, state->now, &state->arena, &dropped, ret_err));
    if (px_twin_model(old) != info->model_no) {
        *ret_before = dropped;
        return PX_OK;
    }
    for (size_t i = 0; i < dropped.count; i++)
        PX_TRY(px_fields_add(fields, &state->arena, dropped.ptr[i], ret_err));
    return PX_OK;
}

static px_status emit_before(px_engine_state *state, const px_request *request, const px_twin *old,
                             const px_fields *before, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_TWIN_PATCH,
                       .tenant = request->principal.tenant,
                       .model_no = px_twin_model(old),
                       .twin_no = px_twin_number(old),
                       .cause = request->principal.id,
                       .source_time = PX_TIME_NONE,
                       .fields = before->ptr,
                       .field_count = before->count };

    return before->count ? px_state_emit(state, &event, NULL, ret_err) : PX_OK;
}

/* `old`: the twin that is replaced, or NULL. */
static px_status emit_put(px_engine_state *state, px_request *request, const px_twin *old,
                          const px_model_info *info, px_fields *fields, px_err *ret_err)
{
    px_growth growth = { .state = state, .id = request->id };
    px_sample values = { .fields = fields->ptr, .field_count = fields->count };
    px_fields before = { 0 };
    px_event event = { .type = PX_EVENT_TWIN_PUT,
                       .tenant = request->principal.tenant,
                       .model_no = info->model_no,
                       .flag = old != NULL,
                       .id = request->id,
                       .cause = request->principal.id,
                       .source_time = PX_TIME_NONE };

    PX_TRY(px_check_growth(&growth, &values, 1, ret_err));
    px_state_flag_ahead(state, PX_TIME_NONE, fields->ptr, fields->count);
    event.twin_no = old ? px_twin_number(old) : px_graph_numbers(state->graph).twin_no + 1;
    if (old) {
        event.was_model_no = px_twin_model(old) != info->model_no ? px_twin_model(old) : 0;
        PX_TRY(drop_rest(state, old, info, fields, &before, ret_err));
        PX_TRY(emit_before(state, request, old, &before, ret_err));
    }
    event.fields = fields->ptr;
    event.field_count = fields->count;
    PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    request->result.number = event.twin_no;
    return px_state_keep_twin(state, request, ret_err);
}

/* The data plane's clients look for these words, whatever is wrong with the twin. */
static px_status invalid_twin(px_status status, px_err *err)
{
    static const char words[] = "Invalid twin specified";
    px_err told;

    if (status != PX_INVALID || !err || px_str_starts(px_str_c(err->text), PX_STR("Invalid twin")))
        return status;
    told = *err;
    px_fail_id(err, status, told.id, "%s: %s", words, told.text);
    px_err_at(err, told.line, told.column, px_str_c(told.path));
    return status;
}

px_status px_check_twin_put(px_engine_state *state, px_request *request, px_err *ret_err)
{
    const px_twin *old;
    px_model_info info;
    px_fields fields = { 0 };

    PX_TRY(px_check_id(request->id, PX_STR("twin"), PX_TWIN_ID_BYTES_MAX, "twin.id", ret_err));
    old = px_view_find(px_txn_view(state->txn), request->principal.tenant, request->id);
    if (old && request->if_none_match)
        return px_fail_id(ret_err, PX_STALE, "twin.exists",
                          "If-None-Match: * header was specified but a twin with the id %.*s was "
                          "found. Please specify a different twin id",
                          PX_FMT(request->id));
    PX_TRY(px_state_match(request, old ? px_twin_revision(old) : 0, ret_err));
    PX_TRY(px_state_body(request, ret_err));
    if (!px_json_is(request->json, PX_JSON_OBJECT))
        return px_fail_id(ret_err, PX_INVALID, "twin.invalid",
                          "Invalid twin specified: the body must be an object");
    if (request->json->raw.len > PX_TWIN_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "twin.size", "a twin has at most %d bytes",
                          PX_TWIN_BYTES_MAX);
    PX_TRY(find_model(
        state, request,
        px_json_get_text(px_json_get(request->json, PX_STR("$metadata")), PX_STR("$model")), &info,
        ret_err));
    if (info.decommissioned && !old)
        return px_fail_id(ret_err, PX_INVALID, "model.decommissioned",
                          "model %.*s is decommissioned: no new twins of it",
                          PX_FMT(px_model_id(info.model)));
    if (!old)
        PX_TRY(
            px_quota_check(&state->quotas, request->principal.tenant, PX_QUOTA_TWINS, 1, ret_err));
    PX_TRY(invalid_twin(px_twin_body_read(px_model_layout(info.model), request->json, &state->arena,
                                          &fields, ret_err),
                        ret_err));
    request->result.created = !old;
    return emit_put(state, request, old, &info, &fields, ret_err);
}

/* What the twin was, for those who are told that it ended: its properties. */
static px_status read_last(px_engine_state *state, const px_twin *twin, const px_model *model,
                           px_event *event, px_err *ret_err)
{
    const px_layout *layout = px_model_layout(model);
    px_fields fields = { 0 };

    for (uint32_t i = 0; i < px_twin_slot_count(twin); i++) {
        px_slot slot = px_twin_slot_at(twin, i);

        if (slot.key >= px_layout_field_count(layout)) /* desired values stand behind */
            break;
        if (px_layout_field(layout, slot.key)->kind == PX_FIELD_PROPERTY)
            PX_TRY(px_fields_add(&fields, &state->arena,
                                 (px_field_value){ .field = slot.key,
                                                   .flags = slot.by_arrival ? PX_FIELD_AHEAD : 0,
                                                   .source_time = slot.source_time,
                                                   .value = slot.value },
                                 ret_err));
    }
    event->model_no = px_twin_model(twin);
    event->fields = fields.ptr;
    event->field_count = fields.count;
    return PX_OK;
}

px_status px_check_twin_delete(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_TWIN_DELETE,
                       .tenant = request->principal.tenant,
                       .id = request->id,
                       .cause = request->principal.id,
                       .source_time = PX_TIME_NONE };
    const px_model *model;
    const px_twin *twin;

    PX_TRY(px_state_find_twin(state, request, &twin, NULL, ret_err));
    PX_TRY(px_state_match(request, px_twin_revision(twin), ret_err));
    if (px_view_has_edges(px_txn_view(state->txn), px_twin_number(twin)))
        return px_fail_id(ret_err, PX_INVALID, "twin.has_relationships",
                          "Twin %.*s has active relationships; delete them first",
                          PX_FMT(request->id));
    event.twin_no = px_twin_number(twin);
    model = px_state_model(state, px_twin_model(twin));
    if (model)
        PX_TRY(read_last(state, twin, model, &event, ret_err));
    return px_state_emit(state, &event, NULL, ret_err);
}

/* ---- patch ---- */

/* What a patch writes of a property: flags of `touched` until it is read back. */
enum { WRITES_VALUE = 64, WRITES_TIME = 128 };

typedef struct patch {
    px_engine_state *state;
    const px_model *model;
    const px_layout *layout;
    px_json *doc;
    uint32_t component; /* of the request's path, or PX_NO_COMPONENT */
    bool changes_model;
    px_fields touched; /* value NONE until read back */
} patch;

static px_status touch(patch *p, const px_field *field, unsigned what, px_err *ret_err)
{
    for (size_t i = 0; i < p->touched.count; i++)
        if (p->touched.ptr[i].field == field->index) {
            p->touched.ptr[i].flags |= (uint8_t)what;
            return PX_OK;
        }
    return px_fields_add(&p->touched, &p->state->arena,
                         (px_field_value){ .field = field->index,
                                           .source_time = PX_TIME_NONE,
                                           .flags = (uint8_t)what },
                         ret_err);
}

/* `name` is the step that names nothing, of the twin or of one component. */
static px_status unresolved(const patch *p, uint32_t component, px_str name, const px_json *op,
                            px_err *ret_err)
{
    px_str path = px_json_get_text(op, PX_STR("path"));
    px_str near = px_layout_nearest(p->layout, component, name);
    int shown = path.len > 64 ? 64 : (int)path.len;

    if (near.len)
        return px_json_fail(op, ret_err, PX_INVALID, "patch.path",
                            "Could not resolve path %.*s; it names no property of the model; did "
                            "you mean '%.*s'?",
                            shown, path.ptr, PX_FMT(near));
    return px_json_fail(op, ret_err, PX_INVALID, "patch.path",
                        "Could not resolve path %.*s; it names no property of the model", shown,
                        path.ptr);
}

/* Clients set a first value and its sourceTime in one patch, in either order: the parent of the
 * time stands before the value does. */
static px_status make_metadata(patch *p, px_json *home, px_str name, px_err *ret_err)
{
    px_json *metadata = px_json_get(home, PX_STR("$metadata")), *entry;

    if (!px_json_is(metadata, PX_JSON_OBJECT) || px_json_get(metadata, name))
        return PX_OK;
    entry = PX_ARENA_NEW(&p->state->arena, px_json);
    if (!entry)
        return px_arena_fail(&p->state->arena, ret_err);
    *entry = (px_json){
        .type = PX_JSON_OBJECT, .parent = metadata, .key = name, .index = metadata->count++
    };
    if (metadata->last)
        metadata->last->next = entry;
    else
        metadata->first = entry;
    metadata->last = entry;
    return PX_OK;
}

/* Where a component's members stand in the document that is patched. */
static px_json *home_of(const patch *p, uint32_t component)
{
    if (component == PX_NO_COMPONENT || p->component != PX_NO_COMPONENT)
        return p->doc;
    return px_json_get(p->doc, px_layout_components(p->layout, NULL)[component].name);
}

/* `/$metadata/$model`, `/$metadata/<property>/sourceTime`; all else there is the server's. */
static px_status before_metadata(patch *p, uint32_t component, const px_str *steps, size_t count,
                                 const px_json *op, px_err *ret_err)
{
    const px_field *field = count == 3 ? px_layout_find(p->layout, component, steps[1]) : NULL;

    if (count == 2 && component == PX_NO_COMPONENT && px_str_eq(steps[1], PX_STR("$model")))
        return PX_OK;
    if (count != 3 || !px_str_eq(steps[2], PX_STR("sourceTime")) || (!field && !p->changes_model))
        return px_json_fail(op, ret_err, PX_INVALID, "patch.path",
                            "Could not resolve path; of $metadata only $model and "
                            "<property>/sourceTime can be patched");
    PX_TRY(make_metadata(p, home_of(p, component), steps[1], ret_err));
    return field ? touch(p, field, WRITES_TIME, ret_err) : PX_OK;
}

static px_status before_op(void *data, const px_json_pointer *path, const px_json *op,
                           px_err *ret_err)
{
    patch *p = data;
    const px_str *steps = path->steps;
    size_t count = path->count;
    uint32_t component = p->component;
    const px_field *field;

    if (count && component == PX_NO_COMPONENT) {
        uint32_t index = px_layout_component_find(p->layout, steps[0]);

        if (index != PX_NO_COMPONENT) {
            if (count == 1 && p->changes_model)
                return PX_OK; /* the new model may not have it */
            component = index;
            steps++;
            count--;
        }
    }
    if (count == 0)
        return unresolved(p, component, PX_STR(""), op, ret_err);
    if (px_str_eq(steps[0], PX_STR("$metadata")))
        return before_metadata(p, component, steps, count, op, ret_err);
    if (px_str_starts(steps[0], PX_STR("$")))
        return unresolved(p, component, steps[0], op, ret_err); /* the server's */
    field = px_layout_find(p->layout, component, steps[0]);
    if (!field)
        return p->changes_model ? PX_OK /* the new model may have it */
                                : unresolved(p, component, steps[0], op, ret_err);
    return touch(p, field, WRITES_VALUE, ret_err);
}

/* Whether the twin goes to another model: its own operation may come behind those that make the
 * twin fit. */
static bool changes_model(const patch *p, const px_json *ops)
{
    for (const px_json *op = px_json_is(ops, PX_JSON_ARRAY) ? ops->first : NULL; op; op = op->next)
        if (p->component == PX_NO_COMPONENT &&
            px_str_eq(px_json_get_text(op, PX_STR("path")), PX_STR("/$metadata/$model")))
            return true;
    return false;
}

/* Reads back what the patch left of one property. A value that came without a time has none. */
static px_status read_back(const patch *p, px_field_value *f, px_err *ret_err)
{
    const px_field *field = px_layout_field(p->layout, f->field);
    const px_json *home = home_of(p, field->component), *value = px_json_get(home, field->name);
    unsigned written = f->flags;

    f->flags = 0;
    if (!value && written & WRITES_TIME)
        return px_fail_id(ret_err, PX_INVALID, "patch.path",
                          "Could not resolve path; '%.*s' has no value that a sourceTime could "
                          "belong to",
                          PX_FMT(field->path));
    if (!value)
        return PX_OK;
    return px_twin_body_field(field, value,
                              written & WRITES_TIME ? px_json_get(home, PX_STR("$metadata")) : NULL,
                              &p->state->arena, f, ret_err);
}

static px_status read_touched(patch *p, px_err *ret_err)
{
    for (size_t i = 0; i < p->touched.count; i++)
        PX_TRY(read_back(p, &p->touched.ptr[i], ret_err));
    px_state_flag_ahead(p->state, PX_TIME_NONE, p->touched.ptr, p->touched.count);
    return PX_OK;
}

static px_status present_document(patch *p, const px_twin *twin, px_err *ret_err)
{
    px_buf text = { 0 };
    px_status status;
    px_str copy = { 0 };

    px_twin_body_write(&text, p->model, twin);
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK) {
        copy = px_arena_str(&p->state->arena, px_buf_str(&text));
        status = copy.ptr ? PX_OK : px_arena_fail(&p->state->arena, ret_err);
    }
    px_buf_release(&text);
    PX_TRY(status);
    PX_TRY(px_json_parse(copy, NULL, &p->state->arena, &p->doc, ret_err));
    if (p->component != PX_NO_COMPONENT)
        p->doc = px_json_get(p->doc, px_layout_components(p->layout, NULL)[p->component].name);
    return PX_OK;
}

/* Migration: the whole document must fit the new model. The twin keeps its number, its
 * relationships and what of its desired values fits. */
static px_status put_as_other_model(patch *p, px_request *request, const px_twin *twin,
                                    px_err *ret_err)
{
    px_str dtmi = px_json_get_text(px_json_get(p->doc, PX_STR("$metadata")), PX_STR("$model"));
    uint32_t twin_no = px_twin_number(twin); /* its record is another one behind the put */
    px_fields fields = { 0 }, desired = { 0 };
    px_model_info info;

    PX_TRY(find_model(p->state, request, dtmi, &info, ret_err));
    PX_TRY(
        px_twin_body_read(px_model_layout(info.model), p->doc, &p->state->arena, &fields, ret_err));
    PX_TRY(px_desired_kept(p->state, twin, px_model_layout(info.model), &desired, ret_err));
    PX_TRY(px_desired_check_size(p->state, request->id, &fields, &desired, ret_err));
    PX_TRY(emit_put(p->state, request, twin, &info, &fields, ret_err));
    return px_desired_emit(p->state, request, twin_no, info.model_no, &desired, ret_err);
}

static px_status find_component(patch *p, const px_request *request, px_err *ret_err)
{
    p->component = PX_NO_COMPONENT;
    if (!request->component.ptr)
        return PX_OK;
    p->component = px_layout_component_find(p->layout, request->component);
    if (p->component == PX_NO_COMPONENT)
        return px_fail_id(ret_err, PX_INVALID, "patch.path",
                          "Could not resolve path: %.*s does not have component %.*s",
                          PX_FMT(request->id), PX_FMT(request->component));
    return PX_OK;
}

/* Nothing was asked: no event, and the ETag stays. */
static px_status unchanged(px_request *request, uint32_t twin_no, uint64_t revision)
{
    request->result.number = twin_no;
    request->result.seq = revision;
    return PX_OK;
}

px_status px_check_twin_patch(px_engine_state *state, px_request *request, px_err *ret_err)
{
    patch p = { .state = state };
    px_json_patch_opts opts = { .verbs = PX_JSON_PATCH_ADD | PX_JSON_PATCH_REPLACE |
                                         PX_JSON_PATCH_REMOVE,
                                .whole_arrays = true,
                                .before = before_op,
                                .data = &p };
    const px_model *model;
    const px_twin *twin;
    px_growth growth;
    px_sample values;
    px_event event = { .type = PX_EVENT_TWIN_PATCH,
                       .tenant = request->principal.tenant,
                       .cause = request->principal.id,
                       .source_time = PX_TIME_NONE };

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    PX_TRY(px_state_match(request, px_twin_revision(twin), ret_err));
    PX_TRY(px_state_body(request, ret_err));
    p.model = px_state_model(state, px_twin_model(twin));
    p.layout = px_model_layout(p.model);
    PX_TRY(find_component(&p, request, ret_err));
    if (p.component != PX_NO_COMPONENT)
        PX_TRY(px_state_check_own(state, twin, model, ret_err));
    if (model == p.model && px_json_is(request->json, PX_JSON_ARRAY) && request->json->count == 0)
        return unchanged(request, px_twin_number(twin), px_twin_revision(twin));
    p.changes_model = model != p.model || changes_model(&p, request->json);
    PX_TRY(present_document(&p, twin, ret_err));
    PX_TRY(px_json_patch(p.doc, request->json, &opts, &state->arena, &p.doc, ret_err));
    if (p.changes_model)
        return put_as_other_model(&p, request, twin, ret_err);
    PX_TRY(read_touched(&p, ret_err));
    values = (px_sample){ .fields = p.touched.ptr, .field_count = p.touched.count };
    growth = (px_growth){ .state = state, .twin = twin, .id = request->id };
    PX_TRY(px_check_growth(&growth, &values, 1, ret_err));
    event.twin_no = request->result.number = px_twin_number(twin);
    event.model_no = px_twin_model(twin);
    event.fields = p.touched.ptr;
    event.field_count = p.touched.count;
    return px_state_emit(state, &event, NULL, ret_err);
}
