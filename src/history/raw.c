/* SPDX-License-Identifier: Apache-2.0 */
#include "history/raw.h"

enum { VARINT_MOST = 10, CELL_MOST = 5 + 1 + VARINT_MOST + 1 };

static inline uint8_t *put_varint(uint8_t *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *out++ = (uint8_t)(v | 0x80);
    *out++ = (uint8_t)v;
    return out;
}

/* As px_put_value, into memory that is there. */
static uint8_t *put_value(uint8_t *out, const px_value *v)
{
    int64_t mantissa = v->num.mantissa;

    switch (v->kind) {
    case PX_VALUE_NUM:
        if (v->num.is_double) {
            *out++ = 5;
            memcpy(out, &mantissa, sizeof(mantissa));
            return out + sizeof(mantissa);
        }
        *out++ = PX_VALUE_NUM;
        out = put_varint(out, (uint64_t)mantissa << 1 ^ (uint64_t)(mantissa >> 63));
        *out++ = (uint8_t)v->num.exponent;
        return out;
    case PX_VALUE_BOOL:
        *out++ = v->boolean ? PX_VALUE_BOOL : 6;
        return out;
    case PX_VALUE_TEXT:
    case PX_VALUE_JSON:
        *out++ = (uint8_t)v->kind;
        out = put_varint(out, v->text.len);
        if (v->text.len)
            memcpy(out, v->text.ptr, v->text.len);
        return out + v->text.len;
    case PX_VALUE_NONE:
        break;
    }
    *out++ = PX_VALUE_NONE;
    return out;
}

size_t px_raw_bound(const px_event *event)
{
    size_t bytes = 0;

    for (size_t i = 0; i < event->field_count; i++)
        bytes += sizeof(px_raw_head) + CELL_MOST + event->fields[i].value.text.len;
    return bytes;
}

/* Where a field stands in time, and whether its own clock was believed. */
static px_raw_head head_of(const px_event *event, const px_field_value *f, uint32_t model_no)
{
    bool ahead = f->flags & PX_FIELD_AHEAD;
    bool timed = f->source_time != PX_TIME_NONE;
    px_time time = timed && !ahead ? f->source_time : event->time;

    return (px_raw_head){ .time = time,
                          .seq = (int64_t)event->seq,
                          .arrival = event->time,
                          .source = ahead && timed ? f->source_time : time,
                          .model_no = model_no,
                          .flags = ahead ? PX_FIELD_AHEAD : 0 };
}

size_t px_raw_write(const px_event *event, uint32_t model_no, uint8_t *out, uint32_t *ret_rows,
                    px_time *ret_time_min, px_time *ret_time_max)
{
    uint8_t *start = out;
    px_time min = INT64_MAX, max = INT64_MIN;
    uint32_t rows = 0;

    for (size_t i = 0; i < event->field_count;) {
        px_raw_head head = head_of(event, &event->fields[i], model_no);
        uint8_t *row = out;

        out += sizeof(head);
        /* fields that stand at one time, one after the other, are one row */
        for (; i < event->field_count && head.cells < UINT16_MAX; i++) {
            const px_field_value *f = &event->fields[i];

            if (head.cells > 0) {
                px_raw_head other = head_of(event, f, model_no);

                if (other.time != head.time || other.flags != head.flags ||
                    other.source != head.source)
                    break;
            }
            out = put_varint(out, f->field);
            out = put_value(out, &f->value);
            head.cells++;
        }
        head.bytes = (uint32_t)(out - row);
        memcpy(row, &head, sizeof(head));
        min = head.time < min ? head.time : min;
        max = head.time > max ? head.time : max;
        rows++;
    }
    *ret_rows = rows;
    *ret_time_min = min;
    *ret_time_max = max;
    return (size_t)(out - start);
}

px_raw_head px_raw_next(px_cut *cut)
{
    px_str bytes = px_get_bytes(cut, sizeof(px_raw_head));
    px_raw_head head = { 0 };

    if (!cut->bad)
        memcpy(&head, bytes.ptr, sizeof(head));
    return head;
}
