/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/state.h"

/* A source clock far ahead is not believed: kept, flagged, ordered by arrival. */
static bool is_ahead(const px_engine_state *state, px_time source_time)
{
    return source_time != PX_TIME_NONE && source_time > state->now + state->source_ahead_ns;
}

static void flag_ahead(const px_engine_state *state, const px_sample *sample)
{
    bool ahead = is_ahead(state, sample->source_time);

    for (size_t i = 0; i < sample->field_count; i++) {
        px_field_value *f = &sample->fields[i];

        f->flags = ahead || is_ahead(state, f->source_time) ? PX_FIELD_AHEAD : 0;
    }
}

px_status px_check_device_message(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_DEVICE_MESSAGE,
                       .tenant = request->principal.tenant,
                       .document_no = request->principal.document_no };
    const px_twin *twin;
    px_growth growth;

    PX_TRY(px_state_find_twin(state, request, &twin, NULL, ret_err));
    if (px_twin_model(twin) != request->model_no)
        return px_fail_id(
            ret_err, PX_STALE, "sync.model_changed",
            "the model of twin '%.*s' changed while the message was read; send it again",
            PX_FMT(request->id));
    growth = (px_growth){ .state = state, .twin = twin, .id = request->id, .may_be_late = true };
    PX_TRY(px_check_growth(&growth, request->samples, request->sample_count, ret_err));
    event.twin_no = request->result.number = px_twin_number(twin);
    event.model_no = request->model_no;
    for (size_t i = 0; i < request->sample_count; i++) {
        const px_sample *sample = &request->samples[i];

        flag_ahead(state, sample);
        event.source_time = sample->source_time;
        event.fields = sample->fields;
        event.field_count = sample->field_count;
        PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    }
    return PX_OK;
}

/* By HTTP: history and routes only. Known telemetry names become samples; a body of any form
 * passes, as the data plane's clients expect. */
px_status px_check_telemetry(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_TELEMETRY,
                       .tenant = request->principal.tenant,
                       .id = request->message_id,
                       .source_time = request->source_time,
                       .cause = request->principal.id };
    uint32_t component = PX_NO_COMPONENT;
    const px_model *model;
    const px_twin *twin;
    const px_layout *layout;

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    layout = px_model_layout(model);
    if (request->component.len) {
        component = px_layout_component_find(layout, request->component);
        if (component == PX_NO_COMPONENT)
            return px_fail_id(ret_err, PX_NOT_FOUND, "component.not_found",
                              "%.*s does not have component %.*s", PX_FMT(request->id),
                              PX_FMT(request->component));
    }
    if (px_json_is(request->json, PX_JSON_OBJECT)) {
        event.fields = PX_ARENA_ARRAY(&state->arena, px_field_value, request->json->count);
        if (!event.fields)
            return px_arena_fail(&state->arena, ret_err);
        for (const px_json *m = request->json->first; m; m = m->next) {
            const px_field *field = px_layout_find(layout, component, m->key);
            px_field_value *f = &event.fields[event.field_count];

            if (!field || field->kind != PX_FIELD_TELEMETRY ||
                px_schema_check(field->schema, m, &state->arena, &f->value, NULL) != PX_OK)
                continue;
            f->field = field->index;
            f->source_time = PX_TIME_NONE;
            f->flags = is_ahead(state, request->source_time) ? PX_FIELD_AHEAD : 0;
            event.field_count++;
        }
    }
    if (request->json)
        event.body = request->json->raw;
    event.twin_no = request->result.number = px_twin_number(twin);
    event.model_no = px_twin_model(twin);
    return px_state_emit(state, &event, NULL, ret_err);
}
