/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass of the pull reader. Duplicate names are found here, among the few fields of a sample,
 * and not by the reader: comparing field numbers costs less than keeping keys.
 *
 *     message = sample | "[" { sample } "]" ;   sample = "{" { name ":" value | "$ts" ":" time }
 * "}" ;
 */
#include "sync/decode.h"

enum { FIELDS_FIRST = 16 };

typedef struct decoder {
    const px_layout *layout;
    const px_decode_opts *opts;
    px_arena *arena;
    px_field_value *fields; /* of the present sample */
    size_t field_count, field_cap;
    uint32_t guess; /* the field that may come next */
    uint32_t guess_first, guess_end;
    px_time source_time;
    bool has_time;
    px_decoded out;
    size_t sample_cap;
    px_err *err;
    px_json_reader reader; /* large: to clear it here as well would cost as much as a field */
} decoder;

static px_status broken(decoder *d)
{
    return px_json_error(&d->reader, d->err);
}

static void reject(decoder *d, px_str name, const px_err *why)
{
    d->out.rejected++;
    if (!d->out.rejects)
        d->out.rejects = PX_ARENA_ARRAY(d->arena, px_reject, PX_REJECTS_KEPT_MAX);
    if (!d->out.rejects || d->out.reject_count == PX_REJECTS_KEPT_MAX)
        return;
    px_reject *r = &d->out.rejects[d->out.reject_count++];
    r->name = name;
    r->id = why->id;
    px_err_copy(why, r->text, sizeof(r->text));
}

static px_status unknown_name(decoder *d, px_str name, px_err *why)
{
    px_str near = px_layout_nearest(d->layout, d->opts->component, name);

    if (near.len)
        return px_fail_id(why, PX_INVALID, "sync.unknown",
                          "the model has no '%.*s'; did you mean '%.*s'?", PX_FMT(name),
                          PX_FMT(near));
    return px_fail_id(why, PX_INVALID, "sync.unknown", "the model has no '%.*s'", PX_FMT(name));
}

static bool grow_fields(decoder *d)
{
    size_t cap = d->field_cap ? d->field_cap * 2 : FIELDS_FIRST;
    px_field_value *fields = px_arena_alloc(d->arena, cap * sizeof(*fields));

    if (!fields)
        return false;
    if (d->field_count)
        memcpy(fields, d->fields, d->field_count * sizeof(*fields));
    d->fields = fields;
    d->field_cap = cap;
    return true;
}

static px_status read_compound(decoder *d, const px_field *field, px_value *ret_value,
                               bool *ret_good, px_err *why)
{
    px_json_opts opts = px_json_opts_door();
    px_json *node;
    px_str raw;
    px_status status;

    if (!px_json_skip(&d->reader, &raw))
        return broken(d);
    PX_TRY(px_json_parse(raw, &opts, d->arena, &node, d->err));
    status = px_schema_check(field->schema, node, d->arena, ret_value, why);
    if (status == PX_NO_MEMORY)
        return px_no_memory(d->err); /* which says nothing of the value: it is to come again */
    *ret_good = status == PX_OK;
    return PX_OK;
}

/* The value behind a known name. The message lives or dies by the returned status, the field by
 * `*ret_good`. */
static px_status read_value(decoder *d, const px_field *field, px_value *ret_value, bool *ret_good,
                            px_err *why)
{
    px_json_type type = px_json_next(&d->reader);

    switch (type) {
    case PX_JSON_NUMBER:
        *ret_good = px_schema_check_num(field->schema, d->reader.num, ret_value, why) == PX_OK;
        return PX_OK;
    case PX_JSON_STRING:
        *ret_good = px_schema_check_text(field->schema, d->reader.text, ret_value, why) == PX_OK;
        return PX_OK;
    case PX_JSON_TRUE:
    case PX_JSON_FALSE:
        *ret_good =
            px_schema_check_bool(field->schema, type == PX_JSON_TRUE, ret_value, why) == PX_OK;
        return PX_OK;
    case PX_JSON_OBJECT:
    case PX_JSON_ARRAY:
        return read_compound(d, field, ret_value, ret_good, why);
    case PX_JSON_NULL:
        *ret_good = false;
        px_fail_id(why, PX_INVALID, "sync.null", "null is no value; leave the member out");
        return PX_OK;
    default:
        return broken(d);
    }
}

static px_status skip_value(decoder *d)
{
    px_str raw;
    px_json_type type = px_json_next(&d->reader);

    if (type == PX_JSON_BAD)
        return broken(d);
    if ((type == PX_JSON_OBJECT || type == PX_JSON_ARRAY) && !px_json_skip(&d->reader, &raw))
        return broken(d);
    return PX_OK;
}

static px_status read_time(decoder *d)
{
    px_err why;

    if (px_json_next(&d->reader) != PX_JSON_STRING)
        return d->reader.error
                   ? broken(d)
                   : px_fail_id(d->err, PX_INVALID, "sync.time",
                                "$ts must be a string such as \"2026-11-01T12:00:00.5Z\"");
    if (d->has_time)
        return px_fail_id(d->err, PX_INVALID, "sync.duplicate", "$ts stands twice in one sample");
    d->has_time = true;
    if (px_time_parse(d->reader.text, &d->source_time, &why) != PX_OK)
        return px_fail_id(d->err, PX_INVALID, "sync.time", "$ts: %s", why.text);
    return PX_OK;
}

/* The value behind a name of the model, read into its place: a large struct that is made aside and
 * copied costs more than the reading. */
static px_status read_field(decoder *d, const px_field *field)
{
    px_str name = d->reader.text;
    px_field_value *place;
    bool good = false;
    px_err why;

    for (size_t i = 0; i < d->field_count; i++)
        if (d->fields[i].field == field->index)
            return px_fail_id(d->err, PX_INVALID, "sync.duplicate",
                              "'%.*s' stands twice in one sample", PX_FMT(name));
    if (d->field_count == d->field_cap && !grow_fields(d))
        return px_arena_fail(d->arena, d->err);
    place = &d->fields[d->field_count];
    PX_TRY(read_value(d, field, &place->value, &good, &why));
    if (good && d->opts->properties_only && field->kind != PX_FIELD_PROPERTY) {
        good = false;
        px_fail_id(&why, PX_INVALID, "sync.telemetry",
                   "'%.*s' is telemetry; publish it to telemetry", PX_FMT(name));
    }
    if (!good) {
        reject(d, name, &why);
        return PX_OK;
    }
    place->field = field->index;
    place->flags = 0;
    place->source_time = PX_TIME_NONE;
    d->field_count++;
    d->guess = field->index + 1;
    return PX_OK;
}

static px_status read_member(decoder *d)
{
    px_str name = d->reader.text;
    const px_field *field;
    px_err why;

    if (name.len == 3 && memcmp(name.ptr, "$ts", 3) == 0)
        return read_time(d);
    field = px_layout_find(d->layout, d->opts->component, name);
    if (field)
        return read_field(d, field);
    unknown_name(d, name, &why);
    reject(d, name, &why);
    return skip_value(d);
}

/* Devices send their fields in one order, often that of the model: is the next name that of the
 * field behind the last one? Then it is read already; NULL: it is not, or not known. */
static const px_field *guess_field(decoder *d)
{
    const px_field *field;

    if (d->guess >= d->guess_end)
        return NULL;
    field = px_layout_field(d->layout, d->guess);
    if (field->component != d->opts->component || !px_json_try_key(&d->reader, field->name))
        return NULL;
    return field;
}

static px_status keep_sample(decoder *d)
{
    px_decoded *out = &d->out;

    out->accepted += d->field_count;
    if (d->field_count == 0)
        return PX_OK;
    if (out->sample_count == d->sample_cap) {
        size_t cap = d->sample_cap ? d->sample_cap * 2 : 1;
        px_sample *samples = px_arena_alloc(d->arena, cap * sizeof(*samples));

        if (!samples)
            return px_arena_fail(d->arena, d->err);
        if (out->sample_count)
            memcpy(samples, out->samples, out->sample_count * sizeof(*samples));
        out->samples = samples;
        d->sample_cap = cap;
    }
    out->samples[out->sample_count++] = (px_sample){ d->source_time, d->fields, d->field_count };
    d->fields = NULL;
    d->field_cap = 0;
    return PX_OK;
}

/* Behind the opening brace. */
static px_status read_sample(decoder *d)
{
    d->field_count = 0;
    d->source_time = PX_TIME_NONE;
    d->has_time = false;
    d->guess = d->guess_first;
    for (;;) {
        const px_field *field = guess_field(d);

        if (field) {
            PX_TRY(read_field(d, field));
            continue;
        }
        switch (px_json_next(&d->reader)) {
        case PX_JSON_KEY:
            PX_TRY(read_member(d));
            break;
        case PX_JSON_OBJECT_END:
            return keep_sample(d);
        default:
            return broken(d);
        }
    }
}

static px_status read_backlog(decoder *d)
{
    for (size_t count = 0;; count++) {
        px_json_type type = px_json_next(&d->reader);

        if (type == PX_JSON_ARRAY_END)
            return PX_OK;
        if (type == PX_JSON_BAD)
            return broken(d);
        if (type != PX_JSON_OBJECT)
            return px_fail_id(d->err, PX_INVALID, "sync.form",
                              "item %zu of the backlog is no object", count);
        if (count == PX_MESSAGE_SAMPLES_MAX)
            return px_fail_id(
                d->err, PX_TOO_LARGE, "sync.samples",
                "a backlog holds at most %d samples; send the rest in another message",
                PX_MESSAGE_SAMPLES_MAX);
        PX_TRY(read_sample(d));
    }
}

static px_status read_message(decoder *d)
{
    switch (px_json_next(&d->reader)) {
    case PX_JSON_OBJECT:
        PX_TRY(read_sample(d));
        break;
    case PX_JSON_ARRAY:
        PX_TRY(read_backlog(d));
        break;
    case PX_JSON_BAD:
        return broken(d);
    default:
        return px_fail_id(
            d->err, PX_INVALID, "sync.form",
            "a message is an object of names and values, or an array of such objects");
    }
    return px_json_next(&d->reader) == PX_JSON_DONE ? PX_OK : broken(d);
}

px_status px_decode_message(const px_layout *layout, const px_decode_opts *opts, px_str payload,
                            px_arena *arena, px_decoded *ret_decoded, px_err *ret_err)
{
    px_json_opts json_opts = px_json_opts_door();
    decoder d;

    d.layout = layout;
    d.opts = opts;
    d.arena = arena;
    d.err = ret_err;
    d.fields = NULL;
    d.field_cap = d.sample_cap = 0;
    d.out = (px_decoded){ 0 };
    d.guess_end = px_layout_field_count(layout);
    d.guess_first = opts->component == PX_NO_COMPONENT
                        ? 0
                        : px_layout_components(layout, NULL)[opts->component].field_first;
    json_opts.refuse_duplicates = false;
    px_json_reader_init(&d.reader, payload, &json_opts, arena);
    PX_TRY(read_message(&d));
    *ret_decoded = d.out;
    return PX_OK;
}
