/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics of one message as samples of a twin. A sample has a field once: where a metric comes
 * again, as historical values do, the next sample begins.
 */
#include "base/time.h"
#include "sync/sparkplug_inner.h"
#include "sync/sparkplug_value.h"

typedef struct sampler {
    px_sparkplug *s;
    px_arena *arena;
    const px_layout *layout;
    const pxi_spark_model *model;
    px_time source_time;
    px_field_value *fields; /* of the sample under way; room for all that may still come */
    size_t field_count;
    size_t sample_cap;
    uint64_t stamp;
    px_decoded out;
} sampler;

px_time pxi_spark_time(bool has, uint64_t timestamp_ms)
{
    return has ? (px_time)timestamp_ms * PX_MILLISECOND : PX_TIME_NONE;
}

void pxi_spark_reject(px_decoded *decoded, px_arena *arena, px_str name, const px_err *why)
{
    px_reject *place;

    decoded->rejected++;
    if (!decoded->rejects)
        decoded->rejects = PX_ARENA_ARRAY(arena, px_reject, PX_REJECTS_KEPT_MAX);
    if (!decoded->rejects || decoded->reject_count == PX_REJECTS_KEPT_MAX)
        return;
    place = &decoded->rejects[decoded->reject_count++];
    place->name = name;
    place->id = why->id;
    px_err_copy(why, place->text, sizeof(place->text));
}

bool pxi_spark_is_taken(const pxi_spark_model *model, px_str name)
{
    const px_spark_message *m = model->message;

    return m->takes && m->takes(m->ctx, name);
}

static void reject(sampler *r, px_str name, const px_err *why)
{
    pxi_spark_reject(&r->out, r->arena, name, why);
}

static bool end_sample(sampler *r)
{
    px_decoded *out = &r->out;

    if (r->field_count == 0)
        return true;
    if (out->sample_count == r->sample_cap) {
        size_t cap = r->sample_cap ? r->sample_cap * 2 : 1;
        px_sample *samples = px_arena_alloc(r->arena, cap * sizeof(*samples));

        if (!samples)
            return false;
        if (out->sample_count)
            memcpy(samples, out->samples, out->sample_count * sizeof(*samples));
        out->samples = samples;
        r->sample_cap = cap;
    }
    out->samples[out->sample_count++] = (px_sample){ r->source_time, r->fields, r->field_count };
    out->accepted += r->field_count;
    r->fields += r->field_count;
    r->field_count = 0;
    return true;
}

px_status pxi_spark_check(const px_spark_metric *m, const px_spark_def *def, px_err *ret_err)
{
    if (m->type && m->type != def->type)
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.type",
                          "'%.*s' was born as %s and comes as %s", PX_FMT(def->name),
                          px_spark_type_name(def->type), px_spark_type_name(m->type));
    if (m->quality != PX_SPARK_QUALITY_GOOD)
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.quality",
                          "'%.*s' has quality %u, and values of quality %d are taken",
                          PX_FMT(def->name), (unsigned)m->quality, PX_SPARK_QUALITY_GOOD);
    return m->is_null || m->form == PX_SPARK_FORM_NONE ? PX_NOT_FOUND : PX_OK;
}

static void refuse_unknown(sampler *r, const px_spark_def *def, bool is_birth)
{
    px_err why;
    px_str near;

    if (pxi_spark_is_taken(r->model, def->name))
        return;
    r->s->stats.unknown++;
    if (!is_birth)
        return;
    near = px_layout_nearest(r->layout, PX_NO_COMPONENT, def->name);
    px_fail_id(&why, PX_INVALID, "sparkplug.unknown",
               "the model has no place for metric '%.*s'%s%.*s%s", PX_FMT(def->name),
               near.len ? "; did you mean '" : "", PX_FMT(near), near.len ? "'?" : "");
    reject(r, def->name, &why);
}

static px_status take_metric(sampler *r, const px_spark_metric *m, px_spark_def *def,
                             px_err *ret_err)
{
    px_field_value *place;
    px_status status;
    px_err why;

    if (def->stamp == r->stamp) {
        if (!end_sample(r))
            return px_arena_fail(r->arena, ret_err);
        r->stamp = ++r->s->stamp;
    }
    place = &r->fields[r->field_count];
    status = px_spark_value(m, m->type ? m->type : def->type,
                            px_layout_field(r->layout, def->field)->schema, r->arena, &place->value,
                            &why);
    if (status == PX_NO_MEMORY)
        return px_no_memory(ret_err); /* which says nothing of the value */
    if (status != PX_OK) {
        reject(r, def->name, &why);
        return PX_OK;
    }
    place->field = def->field;
    place->flags = 0;
    place->source_time = pxi_spark_time(m->has_timestamp, m->timestamp_ms);
    def->stamp = r->stamp;
    r->field_count++;
    return PX_OK;
}

/* A metric that has a field. */
static px_status take(sampler *r, const px_spark_metric *m, px_spark_def *def, px_err *ret_err)
{
    bool is_of_type = !m->type || m->type == def->type;
    px_err why;
    px_status status = pxi_spark_check(m, def, &why);

    if (status == PX_OK)
        return take_metric(r, m, def, ret_err);
    r->s->stats.empty += is_of_type;
    if (status != PX_NOT_FOUND)
        reject(r, def->name, &why);
    return PX_OK;
}

px_status pxi_spark_decode(px_sparkplug *s, pxi_spark_owner *owner, const px_spark_payload *payload,
                           bool is_birth, const pxi_spark_model *model, px_arena *arena,
                           px_decoded *ret_decoded, px_err *ret_err)
{
    sampler r = {
        .s = s, .arena = arena, .layout = model->layout, .model = model, .stamp = ++s->stamp
    };

    r.source_time = pxi_spark_time(payload->has_timestamp, payload->timestamp_ms);
    r.fields = px_arena_alloc(arena, (payload->metric_count + 1) * sizeof(*r.fields));
    if (!r.fields)
        return px_arena_fail(arena, ret_err);
    if (!px_spark_birth_resolve(&owner->birth, model->layout, model->number))
        return px_no_memory(ret_err);
    for (size_t i = 0; i < payload->metric_count; i++) {
        const px_spark_metric *m = &payload->metrics[i];
        px_spark_def *def = px_spark_birth_find(&owner->birth, m);

        if (!def || def->is_control)
            continue; /* what was not born asked for a rebirth before */
        if (def->field == PX_SPARK_NO_FIELD)
            refuse_unknown(&r, def, is_birth);
        else
            PX_TRY(take(&r, m, def, ret_err));
    }
    if (!end_sample(&r))
        return px_arena_fail(arena, ret_err);
    *ret_decoded = r.out;
    return PX_OK;
}
