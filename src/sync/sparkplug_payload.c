/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers below are those of the specification's schema:
 *
 *     Payload      1 timestamp, 2 { Metric }, 3 seq, 4 uuid, 5 body
 *     Metric       1 name, 2 alias, 3 timestamp, 4 datatype, 5 is_historical, 6 is_transient,
 *                  7 is_null, 8 metadata, 9 PropertySet, and one of: 10 int, 11 long, 12 float,
 *                  13 double, 14 boolean, 15 string, 16 bytes, 17 DataSet, 18 Template,
 *                  19 extension
 *     PropertySet  1 { key }, 2 { PropertyValue }: the n-th key has the n-th value
 *     PropertyValue  1 type, 2 is_null, and one of: 3 int, 4 long, 5 float, 6 double, 7 boolean,
 *                  8 string, 9 PropertySet, 10 PropertySetList, 11 extension
 *
 * A field with a number that is not there is passed over, one of another type than its number has
 * is refused.
 */
#include "sync/sparkplug_payload.h"

#include <string.h>

#include "base/buf.h"
#include "sync/sparkplug_wire.h"

const char *px_spark_type_name(uint32_t type)
{
    static const char *const names[] = {
#define X(number, name) [number] = #name,
        PX_SPARK_TYPE_MAP(X)
#undef X
    };

    return type < PX_SPARK_TYPE_COUNT ? names[type] : "no type";
}

/* The type of each field of a metric, by its number. */
static const uint8_t metric_types[] = {
    [1] = PX_PB_BYTES,  [2] = PX_PB_VARINT,  [3] = PX_PB_VARINT,  [4] = PX_PB_VARINT,
    [5] = PX_PB_VARINT, [6] = PX_PB_VARINT,  [7] = PX_PB_VARINT,  [8] = PX_PB_BYTES,
    [9] = PX_PB_BYTES,  [10] = PX_PB_VARINT, [11] = PX_PB_VARINT, [12] = PX_PB_32,
    [13] = PX_PB_64,    [14] = PX_PB_VARINT, [15] = PX_PB_BYTES,  [16] = PX_PB_BYTES,
    [17] = PX_PB_BYTES, [18] = PX_PB_BYTES,  [19] = PX_PB_BYTES,
};

enum { METRIC_FIELDS = sizeof(metric_types) / sizeof(metric_types[0]) };

static px_status bad_encoding(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "sparkplug.encoding",
                      "this is no Sparkplug B payload: the encoding makes no sense or is cut off");
}

static px_status check_text(px_str text, px_err *ret_err)
{
    size_t at;

    if (px_str_is_utf8(text, &at))
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "sparkplug.text", "byte %zu of a text is no UTF-8",
                      at + 1);
}

/* ---- properties ---- */

/* An integer value, of either width. */
static px_status read_property(px_str bytes, bool *ret_is_whole, uint64_t *ret_value,
                               px_err *ret_err)
{
    px_pb pb = px_pb_of(bytes);
    px_pb_field field;

    *ret_is_whole = false;
    while (px_pb_next(&pb, &field)) {
        if ((field.number != 3 && field.number != 4) || field.type != PX_PB_VARINT)
            continue;
        *ret_is_whole = true;
        *ret_value = field.value;
    }
    return pb.is_bad ? bad_encoding(ret_err) : PX_OK;
}

static px_status read_properties(px_str bytes, px_spark_metric *m, px_err *ret_err)
{
    px_pb pb = px_pb_of(bytes);
    px_pb_field field;
    size_t keys = 0, values = 0, quality_at = SIZE_MAX;

    /* keys stand before values, or between them: the place of a value is its own count */
    while (px_pb_next(&pb, &field)) {
        bool is_whole = false;
        uint64_t value = 0;

        if (field.number > 2)
            continue;
        if (field.type != PX_PB_BYTES)
            return bad_encoding(ret_err);
        if (field.number == 1) {
            if (px_str_eq(field.bytes, PX_STR("Quality")) && quality_at == SIZE_MAX)
                quality_at = keys;
            keys++;
        } else {
            PX_TRY(read_property(field.bytes, &is_whole, &value, ret_err));
            if (values == quality_at && is_whole)
                m->quality = (uint32_t)value;
            values++;
        }
        if (keys > PX_SPARK_PROPERTIES_MAX || values > PX_SPARK_PROPERTIES_MAX)
            return px_fail_id(ret_err, PX_TOO_LARGE, "sparkplug.properties",
                              "a metric has at most %d properties", PX_SPARK_PROPERTIES_MAX);
    }
    return pb.is_bad ? bad_encoding(ret_err) : PX_OK;
}

/* ---- a metric ---- */

static void set_bytes(px_spark_metric *m, px_spark_form form, px_str bytes)
{
    m->form = (uint8_t)form;
    m->bytes = bytes;
}

static void set_whole(px_spark_metric *m, px_spark_form form, uint64_t whole)
{
    m->form = (uint8_t)form;
    m->whole = whole;
}

static void set_float(px_spark_metric *m, uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    m->form = PX_SPARK_FORM_FLOAT;
    m->real = (double)value;
}

static void set_double(px_spark_metric *m, uint64_t bits)
{
    m->form = PX_SPARK_FORM_DOUBLE;
    memcpy(&m->real, &bits, sizeof(m->real));
}

static px_status set_name(px_spark_metric *m, px_str name, px_err *ret_err)
{
    if (name.len > PX_SPARK_NAME_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "sparkplug.name",
                          "the name of a metric has at most %d bytes", PX_SPARK_NAME_BYTES_MAX);
    m->name = name;
    return check_text(name, ret_err);
}

static px_status take_field(px_spark_metric *m, const px_pb_field *f, px_err *ret_err)
{
    switch (f->number) {
    case 1:
        return set_name(m, f->bytes, ret_err);
    case 2:
        m->has_alias = true;
        m->alias = f->value;
        break;
    case 3:
        m->has_timestamp = true;
        m->timestamp_ms = f->value;
        break;
    case 4:
        m->type = f->value < PX_SPARK_TYPE_COUNT ? (uint32_t)f->value : UINT32_MAX;
        break;
    case 7:
        m->is_null = f->value != 0;
        break;
    case 9:
        return read_properties(f->bytes, m, ret_err);
    case 10:
        set_whole(m, PX_SPARK_FORM_INT, f->value & UINT32_MAX);
        break;
    case 11:
        set_whole(m, PX_SPARK_FORM_LONG, f->value);
        break;
    case 12:
        set_float(m, (uint32_t)f->value);
        break;
    case 13:
        set_double(m, f->value);
        break;
    case 14:
        set_whole(m, PX_SPARK_FORM_BOOL, f->value != 0);
        break;
    case 15:
        set_bytes(m, PX_SPARK_FORM_STRING, f->bytes);
        return check_text(f->bytes, ret_err);
    case 16:
        set_bytes(m, PX_SPARK_FORM_BYTES, f->bytes);
        break;
    case 17:
        set_bytes(m, PX_SPARK_FORM_DATASET, f->bytes);
        break;
    case 18:
        set_bytes(m, PX_SPARK_FORM_TEMPLATE, f->bytes);
        break;
    case 19:
        set_bytes(m, PX_SPARK_FORM_EXTENSION, f->bytes);
        break;
    default:
        break;
    }
    return PX_OK;
}

static px_status check_time(uint64_t timestamp_ms, px_err *ret_err)
{
    if (timestamp_ms <= (uint64_t)INT64_MAX / 1000000)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "sparkplug.time",
                      "a timestamp is milliseconds since 1970, and before 2262");
}

static px_status read_metric(px_str bytes, px_spark_metric *m, px_err *ret_err)
{
    px_pb pb = px_pb_of(bytes);
    px_pb_field field;

    *m = (px_spark_metric){ .quality = PX_SPARK_QUALITY_GOOD };
    while (px_pb_next(&pb, &field)) {
        if (field.number >= METRIC_FIELDS)
            continue;
        if (field.type != (px_pb_type)metric_types[field.number])
            return bad_encoding(ret_err);
        PX_TRY(take_field(m, &field, ret_err));
    }
    if (pb.is_bad)
        return bad_encoding(ret_err);
    return m->has_timestamp ? check_time(m->timestamp_ms, ret_err) : PX_OK;
}

/* ---- the payload ---- */

static px_status take_head(px_spark_payload *p, const px_pb_field *f, px_err *ret_err)
{
    if (f->number != 1 && f->number != 3)
        return PX_OK;
    if (f->type != PX_PB_VARINT)
        return bad_encoding(ret_err);
    if (f->number == 3) {
        p->has_seq = true;
        p->seq = f->value;
        return PX_OK;
    }
    p->has_timestamp = true;
    p->timestamp_ms = f->value;
    return check_time(p->timestamp_ms, ret_err);
}

static px_status count_metrics(px_str bytes, px_spark_payload *p, px_err *ret_err)
{
    px_pb pb = px_pb_of(bytes);
    px_pb_field field;

    while (px_pb_next(&pb, &field)) {
        if (field.number != 2) {
            PX_TRY(take_head(p, &field, ret_err));
            continue;
        }
        if (field.type != PX_PB_BYTES)
            return bad_encoding(ret_err);
        p->metric_count++;
    }
    if (p->metric_count > PX_SPARK_METRICS_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "sparkplug.metrics",
                          "a payload has at most %d metrics", PX_SPARK_METRICS_MAX);
    return pb.is_bad ? bad_encoding(ret_err) : PX_OK;
}

px_status px_spark_payload_read(px_str bytes, px_arena *arena, px_spark_payload *ret_payload,
                                px_err *ret_err)
{
    px_spark_payload p = { 0 };
    px_pb pb = px_pb_of(bytes);
    px_pb_field field;

    PX_TRY(count_metrics(bytes, &p, ret_err));
    p.metrics = px_arena_alloc(arena, (p.metric_count + 1) * sizeof(*p.metrics));
    if (!p.metrics)
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; px_pb_next(&pb, &field);) {
        px_status status;

        if (field.number != 2)
            continue;
        status = read_metric(field.bytes, &p.metrics[i++], ret_err);
        if (status != PX_OK) {
            px_err_at(ret_err, 0, (uint32_t)i, PX_STR(""));
            return status;
        }
    }
    *ret_payload = p;
    return PX_OK;
}

/* ---- the one that we write ---- */

static void put_varint(px_buf *buf, uint64_t value)
{
    while (value >= 0x80) {
        px_put_char(buf, (char)(value | 0x80));
        value >>= 7;
    }
    px_put_char(buf, (char)value);
}

void px_put_spark_rebirth(px_buf *buf, uint64_t timestamp_ms)
{
    static const char name[] = "Node Control/Rebirth";
    px_buf metric = { 0 };

    px_put_char(&metric, 1 << 3 | PX_PB_BYTES);
    put_varint(&metric, sizeof(name) - 1);
    px_put_c(&metric, name);
    px_put_char(&metric, 3 << 3 | PX_PB_VARINT);
    put_varint(&metric, timestamp_ms);
    px_put_char(&metric, 4 << 3 | PX_PB_VARINT);
    put_varint(&metric, PX_SPARK_Boolean);
    px_put_char(&metric, 14 << 3 | PX_PB_VARINT);
    put_varint(&metric, 1);

    px_put_char(buf, 1 << 3 | PX_PB_VARINT);
    put_varint(buf, timestamp_ms);
    px_put_char(buf, 2 << 3 | PX_PB_BYTES);
    put_varint(buf, metric.len);
    px_put(buf, px_buf_str(&metric));
    if (metric.status != PX_OK)
        buf->status = metric.status;
    px_buf_release(&metric);
}
