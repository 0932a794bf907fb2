/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/state.h"

/* A source clock far ahead is not believed: kept, flagged, ordered by arrival. */
static bool is_ahead(const px_engine_state *state, px_time source_time)
{
    return source_time != PX_TIME_NONE && source_time > state->now + state->source_ahead_ns;
}

void px_state_flag_ahead(const px_engine_state *state, px_time source_time, px_field_value *fields,
                         size_t count)
{
    bool ahead = is_ahead(state, source_time);

    for (size_t i = 0; i < count; i++)
        fields[i].flags = ahead || is_ahead(state, fields[i].source_time) ? PX_FIELD_AHEAD : 0;
}

px_status px_judge_device_message(px_engine_state *state, const px_request *request,
                                  const px_twin **ret_twin, px_err *ret_err)
{
    const px_model *model;
    const px_twin *twin;
    px_growth growth;

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    PX_TRY(px_state_check_own(state, twin, model, ret_err));
    if (px_twin_model(twin) != request->model_no)
        return px_fail_id(
            ret_err, PX_STALE, "sync.model_changed",
            "the model of twin '%.*s' changed while the message was read; send it again",
            PX_FMT(request->id));
    growth = (px_growth){ .state = state, .twin = twin, .id = request->id, .may_be_late = true };
    *ret_twin = twin;
    return px_check_growth(&growth, request->samples, request->sample_count, ret_err);
}

px_status px_check_device_message(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_DEVICE_MESSAGE,
                       .tenant = request->principal.tenant,
                       .document_no = request->principal.document_no };
    const px_twin *twin;

    PX_TRY(px_judge_device_message(state, request, &twin, ret_err));
    event.twin_no = request->result.number = px_twin_number(twin);
    event.model_no = request->model_no;
    for (size_t i = 0; i < request->sample_count; i++) {
        const px_sample *sample = &request->samples[i];

        px_state_flag_ahead(state, sample->source_time, sample->fields, sample->field_count);
        event.source_time = sample->source_time;
        event.fields = sample->fields;
        event.field_count = sample->field_count;
        PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    }
    return PX_OK;
}

/* ---- telemetry by HTTP ---- */

typedef struct telemetry {
    px_engine_state *state;
    const px_layout *layout;
    uint32_t component; /* or PX_NO_COMPONENT */
    px_field_value *fields;
    px_refusal *refusals;
    size_t field_count, refusal_count;
} telemetry;

static px_status read_field(const telemetry *t, const px_json *m, px_field_value *f, px_err *err)
{
    const px_field *field = px_layout_find(t->layout, t->component, m->key);

    if (!field)
        return px_fail_id(err, PX_INVALID, "telemetry.unknown", "the model has no telemetry '%.*s'",
                          PX_FMT(m->key));
    if (field->kind != PX_FIELD_TELEMETRY)
        return px_fail_id(err, PX_INVALID, "telemetry.property",
                          "'%.*s' is a property: change it by PATCH, or send it to /api/v1/ingest",
                          PX_FMT(m->key));
    f->field = field->index;
    f->source_time = PX_TIME_NONE;
    return px_schema_check(field->schema, m, &t->state->arena, &f->value, err);
}

/* Good fields count, others are listed for who keeps them. */
static px_status read_fields(telemetry *t, const px_json *body, bool ahead, px_err *ret_err)
{
    t->fields = PX_ARENA_ARRAY(&t->state->arena, px_field_value, body->count + 1);
    t->refusals = PX_ARENA_ARRAY(&t->state->arena, px_refusal, PX_MESSAGE_REFUSALS_MAX);
    if (!t->fields || !t->refusals)
        return px_arena_fail(&t->state->arena, ret_err);
    for (const px_json *m = body->first; m; m = m->next) {
        px_field_value *f = &t->fields[t->field_count];
        px_err err = { 0 };

        if (read_field(t, m, f, &err) == PX_OK) {
            f->flags = ahead ? PX_FIELD_AHEAD : 0;
            t->field_count++;
        } else if (t->refusal_count < PX_MESSAGE_REFUSALS_MAX) {
            t->refusals[t->refusal_count++] =
                (px_refusal){ .name = m->key, .value = m->raw, .err = err };
        }
    }
    return PX_OK;
}

/* Known telemetry names become a sample: history, and the last values beside the twin. A body of
 * any form passes, as the data plane's clients expect. A Message-Id counts once within its twin. */
px_status px_check_telemetry(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_event event = { .type = PX_EVENT_TELEMETRY,
                       .tenant = request->principal.tenant,
                       .id = request->message_id,
                       .name = request->component,
                       .source_time = request->source_time,
                       .cause = request->principal.id };
    telemetry t = { .state = state, .component = PX_NO_COMPONENT };
    px_growth growth = { .state = state, .id = request->id, .may_be_late = true, .beside = true };
    px_sample sample = { .source_time = request->source_time };
    const px_model *model;
    const px_twin *twin;

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    PX_TRY(px_state_check_own(state, twin, model, ret_err));
    t.layout = px_model_layout(model);
    if (request->component.ptr) {
        t.component = px_layout_component_find(t.layout, request->component);
        if (t.component == PX_NO_COMPONENT)
            return px_fail_id(ret_err, PX_NOT_FOUND, "component.not_found",
                              "%.*s does not have component %.*s", PX_FMT(request->id),
                              PX_FMT(request->component));
    }
    PX_TRY(px_state_body(request, ret_err));
    event.twin_no = request->result.number = px_twin_number(twin);
    if (event.id.len && px_seen_has(&state->seen, event.twin_no, event.id)) {
        state->messages_repeated++;
        return PX_OK;
    }
    if (px_json_is(request->json, PX_JSON_OBJECT))
        PX_TRY(read_fields(&t, request->json, is_ahead(state, request->source_time), ret_err));
    sample.fields = event.fields = t.fields;
    sample.field_count = event.field_count = t.field_count;
    growth.twin = twin;
    if (t.field_count)
        PX_TRY(px_check_growth(&growth, &sample, 1, ret_err));
    if (request->json)
        event.body = request->json->raw;
    event.model_no = px_twin_model(twin);
    PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    request->result.refusals = t.refusals;
    request->result.refusal_count = t.refusal_count;
    return PX_OK;
}
