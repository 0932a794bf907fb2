/* SPDX-License-Identifier: Apache-2.0 */
/* Desired values: what is wished for, and what of it stays when the twin goes to another model. */
#include "engine/desired.h"
#include "engine/state.h"
#include "engine/twin_body.h"

static px_status read_desired(px_engine_state *state, const px_layout *layout, uint32_t component,
                              const px_json *body, px_fields *fields, px_err *ret_err)
{
    for (const px_json *m = body->first; m; m = m->next) {
        const px_field *field = px_layout_find(layout, component, m->key);
        uint32_t index = component == PX_NO_COMPONENT ? px_layout_component_find(layout, m->key)
                                                      : PX_NO_COMPONENT;
        px_field_value value = { .source_time = PX_TIME_NONE };

        if (!field && index != PX_NO_COMPONENT && m->type == PX_JSON_OBJECT) {
            PX_TRY(read_desired(state, layout, index, m, fields, ret_err));
            continue;
        }
        if (!field || !field->writable)
            return px_json_fail(m, ret_err, PX_INVALID, "desired.writable",
                                "'%.*s' is no writable property of the model", PX_FMT(m->key));
        if (m->type == PX_JSON_NULL)
            value.field = field->index;
        else
            PX_TRY(px_twin_body_field(field, m, NULL, &state->arena, &value, ret_err));
        PX_TRY(px_fields_add(fields, &state->arena, value, ret_err));
    }
    return PX_OK;
}

px_status px_desired_emit(px_engine_state *state, const px_request *request, uint32_t twin_no,
                          uint32_t model_no, const px_fields *fields, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_TWIN_DESIRED,
                       .tenant = request->principal.tenant,
                       .twin_no = twin_no,
                       .model_no = model_no,
                       .revision = state->seq + 1,
                       .cause = request->principal.id,
                       .source_time = PX_TIME_NONE,
                       .fields = fields->ptr,
                       .field_count = fields->count };

    return fields->count ? px_state_emit(state, &event, NULL, ret_err) : PX_OK;
}

/* Each has a document of its status. */
static px_status check_room(const px_engine_state *state, const px_request *request, size_t count,
                            px_err *ret_err)
{
    if (state->rehearsing)
        return PX_OK;
    return px_quota_check(&state->quotas, request->principal.tenant, PX_QUOTA_DOCUMENTS,
                          (uint32_t)count, ret_err);
}

px_status px_check_desired_patch(px_engine_state *state, px_request *request, px_err *ret_err)
{
    const px_model *model;
    const px_twin *twin;
    px_fields fields = { 0 };
    px_growth growth = { .state = state, .id = request->id, .desired = true };
    px_sample values;

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    PX_TRY(px_state_check_own(state, twin, model, ret_err));
    PX_TRY(px_state_match(request, px_twin_desired_version(twin), ret_err));
    if (!px_json_is(request->json, PX_JSON_OBJECT))
        return px_fail_id(ret_err, PX_INVALID, "desired.form",
                          "desired properties are an object of names and values; null removes one");
    PX_TRY(read_desired(state, px_model_layout(model), PX_NO_COMPONENT, request->json, &fields,
                        ret_err));
    request->result.number = px_twin_number(twin);
    if (fields.count == 0)
        return px_state_keep_twin(state, request, ret_err);
    growth.twin = twin;
    values = (px_sample){ .fields = fields.ptr, .field_count = fields.count };
    PX_TRY(px_check_growth(&growth, &values, 1, ret_err));
    PX_TRY(check_room(state, request, fields.count, ret_err));
    PX_TRY(px_desired_emit(state, request, px_twin_number(twin), px_twin_model(twin), &fields,
                           ret_err));
    PX_TRY(
        px_desired_wish(state, request, px_model_layout(model), fields.ptr, fields.count, ret_err));
    return px_state_keep_twin(state, request, ret_err);
}

/* ---- another model ---- */

/* The value by the new property, checked as if it was wished for now. */
static px_status read_kept(px_engine_state *state, const px_field *field, px_value value,
                           px_field_value *ret_value, px_err *ret_err)
{
    px_buf text = { 0 };
    px_json *json;
    px_str copy;
    px_status status;

    px_put_json_value(&text, value);
    status = px_buf_status(&text, ret_err);
    copy = px_arena_str(&state->arena, px_buf_str(&text));
    px_buf_release(&text);
    PX_TRY(status);
    if (!copy.ptr)
        return px_arena_fail(&state->arena, ret_err);
    PX_TRY(px_json_parse(copy, NULL, &state->arena, &json, ret_err));
    return px_twin_body_field(field, json, NULL, &state->arena, ret_value, ret_err);
}

px_status px_desired_kept(px_engine_state *state, const px_twin *twin, const px_layout *layout,
                          px_fields *ret_fields, px_err *ret_err)
{
    const px_model *old_model = px_state_model(state, px_twin_model(twin));
    const px_layout *old = old_model ? px_model_layout(old_model) : NULL;

    for (uint32_t i = 0; old && i < px_twin_slot_count(twin); i++) {
        px_slot slot = px_twin_slot_at(twin, i);
        uint32_t index = slot.key & ~PX_DESIRED;
        px_field_value kept = { 0 };
        const px_field *field;
        px_status status;
        px_err err = { 0 };

        if (!(slot.key & PX_DESIRED) || index >= px_layout_field_count(old))
            continue;
        field = px_layout_find_path(layout, px_layout_field(old, index)->path);
        if (!field || !field->writable)
            continue;
        status = read_kept(state, field, slot.value, &kept, &err);
        if (status == PX_OK)
            status = px_fields_add(ret_fields, &state->arena, kept, &err);
        if (status == PX_OK || status == PX_INVALID || status == PX_TOO_LARGE)
            continue;
        *ret_err = err;
        return status;
    }
    return PX_OK;
}

px_status px_desired_check_size(px_engine_state *state, px_str id, const px_fields *fields,
                                const px_fields *desired, px_err *ret_err)
{
    px_growth growth = { .state = state, .id = id, .desired = true };
    px_fields beside = { 0 }; /* under the keys that they are kept by */
    px_sample samples[] = { { .fields = fields->ptr, .field_count = fields->count }, { 0 } };

    for (size_t i = 0; i < desired->count; i++) {
        px_field_value value = desired->ptr[i];

        value.field |= PX_DESIRED;
        PX_TRY(px_fields_add(&beside, &state->arena, value, ret_err));
    }
    samples[1] = (px_sample){ .fields = beside.ptr, .field_count = beside.count };
    return desired->count ? px_check_growth(&growth, samples, 2, ret_err) : PX_OK;
}
