/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"

#include <string.h>

enum { BYTE_DOUBLE = 5, BYTE_FALSE = 6, BYTE_UINT = 7 };

bool px_value_same(px_value a, px_value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case PX_VALUE_NONE:
        return true;
    case PX_VALUE_BOOL:
        return a.boolean == b.boolean;
    case PX_VALUE_NUM:
        return px_num_same(a.num, b.num);
    case PX_VALUE_TEXT:
    case PX_VALUE_JSON:
        return px_str_eq(a.text, b.text);
    }
    return false;
}

static uint8_t *write_u64(uint8_t *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        *out++ = (uint8_t)(v >> (8 * i));
    return out;
}

uint8_t *px_value_write(uint8_t *out, const px_value *value)
{
    switch (value->kind) {
    case PX_VALUE_NONE:
        break;
    case PX_VALUE_BOOL:
        *out++ = value->boolean ? PX_VALUE_BOOL : BYTE_FALSE;
        return out;
    case PX_VALUE_NUM:
        if (px_num_is_whole(value->num)) {
            uint64_t whole = 0;

            (void)px_num_to_uint(value->num, &whole);
            *out++ = BYTE_UINT;
            return write_u64(out, whole);
        }
        if (value->num.is_double) {
            *out++ = BYTE_DOUBLE;
            return write_u64(out, (uint64_t)value->num.mantissa);
        }
        *out++ = PX_VALUE_NUM;
        out = px_zigzag_write(out, value->num.mantissa);
        *out++ = (uint8_t)value->num.exponent;
        return out;
    case PX_VALUE_TEXT:
    case PX_VALUE_JSON:
        *out++ = (uint8_t)value->kind;
        out = px_varint_write(out, value->text.len);
        if (value->text.len)
            memcpy(out, value->text.ptr, value->text.len);
        return out + value->text.len;
    }
    *out++ = PX_VALUE_NONE;
    return out;
}

void px_put_value(px_buf *buf, px_value value)
{
    if (px_buf_reserve(buf, PX_VALUE_BYTES_MOST + value.text.len))
        px_buf_end(buf, px_value_write((uint8_t *)buf->ptr + buf->len, &value));
}

px_value px_get_any_value(px_cut *cut)
{
    px_value value = { 0 };

    switch (px_get_u8(cut)) {
    case PX_VALUE_NONE:
        break;
    case PX_VALUE_BOOL:
        return px_value_bool(true);
    case BYTE_FALSE:
        return px_value_bool(false);
    case PX_VALUE_NUM:
        value.kind = PX_VALUE_NUM;
        value.num.mantissa = px_get_zigzag(cut);
        value.num.exponent = (int8_t)px_get_u8(cut);
        break;
    case BYTE_DOUBLE:
        value.kind = PX_VALUE_NUM;
        value.num.mantissa = (int64_t)px_get_u64(cut);
        value.num.is_double = true;
        break;
    case BYTE_UINT:
        value = px_value_num(px_num_uint(px_get_u64(cut)));
        cut->bad = cut->bad || !px_num_is_whole(value.num);
        break;
    case PX_VALUE_TEXT:
        value = px_value_text(px_get_block(cut));
        break;
    case PX_VALUE_JSON:
        value = px_value_json(px_get_block(cut));
        break;
    default:
        cut->bad = true;
    }
    return cut->bad ? (px_value){ 0 } : value;
}
