/* SPDX-License-Identifier: Apache-2.0 */
#include "history/raw.h"

#include "history/block.h"

enum {
    HEAD_MOST = 6 * PX_VARINT_BYTES_MOST,
    CELL_MOST = 5 + PX_VALUE_BYTES_MOST,
    BYTE_DOUBLE = 5, /* as px_put_value */
    BYTE_FALSE = 6,
    BYTE_UINT = 7,
};

size_t px_raw_bound(const px_event *event)
{
    size_t bytes = 0;

    for (size_t i = 0; i < event->field_count; i++)
        bytes += HEAD_MOST + CELL_MOST + event->fields[i].value.text.len;
    return bytes;
}

/* Where a field stands in time, and whether its own clock was believed. */
static inline px_raw_head head_of(const px_event *event, const px_field_value *f)
{
    bool ahead = f->flags & PX_FIELD_AHEAD;
    bool timed = f->source_time != PX_TIME_NONE;
    bool arrived = !timed || ahead;
    px_time time = arrived ? event->time : f->source_time;

    return (px_raw_head){ .time = time,
                          .source = ahead && timed ? f->source_time : time,
                          .flags = (uint8_t)((ahead ? PX_FIELD_AHEAD : 0) |
                                             (arrived ? PX_ROW_ARRIVED : 0)) };
}

/* How many fields from the first stand at its time: they are one row. */
static size_t row_fields(const px_event *event, size_t first, const px_raw_head *head)
{
    size_t end = first + 1;

    for (; end < event->field_count; end++) {
        const px_field_value *f = &event->fields[end];
        px_raw_head other;

        if (f->source_time == event->fields[first].source_time &&
            f->flags == event->fields[first].flags)
            continue;
        other = head_of(event, f);
        if (other.time != head->time || other.flags != head->flags || other.source != head->source)
            break;
    }
    return end - first;
}

static uint8_t *put_head(uint8_t *out, const px_event *event, const px_raw_head *head,
                         uint64_t cells, uint32_t model_no, px_raw_base *base)
{
    out = px_varint_write(out, cells << 3 | (uint64_t)(model_no != base->model_no) << 2 |
                                   (head->flags & (PX_FIELD_AHEAD | PX_ROW_ARRIVED)));
    out = px_zigzag_write(out, (int64_t)((uint64_t)head->time - (uint64_t)event->time));
    out = px_varint_write(out, (uint64_t)event->time - (uint64_t)base->arrival);
    out = px_varint_write(out, event->seq - (uint64_t)base->seq);
    if (model_no != base->model_no)
        out = px_varint_write(out, model_no);
    if (head->flags & PX_FIELD_AHEAD)
        out = px_zigzag_write(out, (int64_t)((uint64_t)head->source - (uint64_t)head->time));
    *base = (px_raw_base){ event->time, (int64_t)event->seq, model_no };
    return out;
}

px_raw_written px_raw_write(const px_event *event, uint32_t model_no, px_raw_base *base,
                            uint8_t *out)
{
    px_raw_written w = { .time_min = INT64_MAX, .time_max = INT64_MIN };
    uint8_t *start = out;

    for (size_t i = 0; i < event->field_count;) {
        px_raw_head head = head_of(event, &event->fields[i]);
        size_t end = i + row_fields(event, i, &head);

        out = put_head(out, event, &head, end - i, model_no, base);
        for (; i < end; i++) {
            out = px_varint_write(out, event->fields[i].field);
            out = px_value_write(out, &event->fields[i].value);
        }
        w.time_min = head.time < w.time_min ? head.time : w.time_min;
        w.time_max = head.time > w.time_max ? head.time : w.time_max;
        w.rows++;
    }
    w.bytes = (size_t)(out - start);
    return w;
}

static inline const uint8_t *get_varint(const uint8_t *at, uint64_t *ret)
{
    uint64_t v = *at & 0x7F;

    for (unsigned shift = 7; *at++ & 0x80; shift += 7)
        v |= (uint64_t)(*at & 0x7F) << shift;
    *ret = v;
    return at;
}

static inline const uint8_t *get_zigzag(const uint8_t *at, uint64_t *ret)
{
    at = get_varint(at, ret);
    *ret = *ret >> 1 ^ (0 - (*ret & 1));
    return at;
}

const uint8_t *px_raw_head_read(const uint8_t *at, px_raw_base *base, px_raw_head *ret_head)
{
    uint64_t bits, v;

    at = get_varint(at, &bits);
    at = get_zigzag(at, &v);
    ret_head->time = (px_time)v;
    at = get_varint(at, &v);
    base->arrival = (px_time)((uint64_t)base->arrival + v);
    at = get_varint(at, &v);
    base->seq = (int64_t)((uint64_t)base->seq + v);
    if (bits & 4) {
        at = get_varint(at, &v);
        base->model_no = (uint32_t)v;
    }
    ret_head->cells = (uint32_t)(bits >> 3);
    ret_head->arrival = base->arrival;
    ret_head->seq = base->seq;
    ret_head->model_no = base->model_no;
    ret_head->time = (px_time)((uint64_t)ret_head->time + (uint64_t)base->arrival);
    ret_head->source = ret_head->time;
    ret_head->flags = bits & (PX_FIELD_AHEAD | PX_ROW_ARRIVED);
    if (bits & PX_FIELD_AHEAD) {
        at = get_zigzag(at, &v);
        ret_head->source = (px_time)((uint64_t)ret_head->time + v);
    }
    return at;
}

const uint8_t *px_raw_cell_read(const uint8_t *at, uint32_t *ret_field, px_value *ret_value)
{
    uint64_t v;
    uint8_t kind;

    at = get_varint(at, &v);
    *ret_field = (uint32_t)v;
    *ret_value = (px_value){ 0 };
    kind = *at++;
    switch (kind) {
    case PX_VALUE_NUM:
        at = get_varint(at, &v);
        ret_value->kind = PX_VALUE_NUM;
        ret_value->num.mantissa = (int64_t)(v >> 1 ^ (0 - (v & 1)));
        ret_value->num.exponent = (int8_t)*at++;
        break;
    case BYTE_DOUBLE:
        ret_value->kind = PX_VALUE_NUM;
        memcpy(&ret_value->num.mantissa, at, sizeof(ret_value->num.mantissa));
        ret_value->num.is_double = true;
        at += sizeof(ret_value->num.mantissa);
        break;
    case BYTE_UINT:
        memcpy(&v, at, sizeof(v));
        *ret_value = px_value_num(px_num_uint(v));
        at += sizeof(v);
        break;
    case PX_VALUE_BOOL:
    case BYTE_FALSE:
        *ret_value = px_value_bool(kind == PX_VALUE_BOOL);
        break;
    case PX_VALUE_TEXT:
    case PX_VALUE_JSON:
        at = get_varint(at, &v);
        ret_value->kind = (px_value_kind)kind;
        ret_value->text = px_str_of((const char *)at, (size_t)v);
        at += v;
        break;
    default:
        break;
    }
    return at;
}
