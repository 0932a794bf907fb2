/* SPDX-License-Identifier: Apache-2.0 */
/* Between the bytes of registers and values. */
#include <float.h>
#include <math.h>

#include "base/limits.h"
#include "base/num_calc.h"
#include "base/num_real.h"
#include "outbound/modbus_register.h"

/* The bytes of a value from those of the wire, highest first, or the other way round: each order is
 * its own inverse. */
static void turn(const px_modbus_register *r, const uint8_t *from, uint8_t *to)
{
    bool words_back = r->order == PX_MODBUS_CDAB || r->order == PX_MODBUS_DCBA;
    bool bytes_back = r->order == PX_MODBUS_BADC || r->order == PX_MODBUS_DCBA;

    if (r->type == PX_MODBUS_STRING)
        words_back = false;
    for (uint16_t i = 0; i < r->count; i++) {
        const uint8_t *word = from + 2 * (words_back ? r->count - 1 - i : i);

        to[2 * i] = word[bytes_back];
        to[2 * i + 1] = word[!bytes_back];
    }
}

/* ---- reading ---- */

static uint64_t whole_of(const uint8_t *bytes, size_t size)
{
    uint64_t whole = 0;

    for (size_t i = 0; i < size; i++)
        whole = whole << 8 | bytes[i];
    return whole;
}

static int64_t signed_of(uint64_t whole, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);

    return (int64_t)((whole ^ sign) - sign);
}

static px_status not_a_number(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "modbus.nan",
                      "the device has no number there: NaN or infinity");
}

static px_status float_of(uint32_t bits, px_num *ret_num, px_err *ret_err)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    if (!isfinite(value))
        return not_a_number(ret_err);
    *ret_num = px_num_of_float(value);
    return PX_OK;
}

static px_status double_of(uint64_t bits, px_num *ret_num, px_err *ret_err)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    if (!isfinite(value))
        return not_a_number(ret_err);
    *ret_num = px_num_of_double(value);
    return PX_OK;
}

static px_status number_of(const px_modbus_register *r, const uint8_t *bytes, px_num *ret_num,
                           px_err *ret_err)
{
    uint64_t whole = whole_of(bytes, (size_t)r->count * 2);

    switch (r->type) {
    case PX_MODBUS_INT16:
        *ret_num = px_num_int(signed_of(whole, 16));
        return PX_OK;
    case PX_MODBUS_INT32:
        *ret_num = px_num_int(signed_of(whole, 32));
        return PX_OK;
    case PX_MODBUS_INT64:
        *ret_num = px_num_int(signed_of(whole, 64));
        return PX_OK;
    case PX_MODBUS_FLOAT32:
        return float_of((uint32_t)whole, ret_num, ret_err);
    case PX_MODBUS_FLOAT64:
        return double_of(whole, ret_num, ret_err);
    default:
        *ret_num = px_num_uint(whole);
        return PX_OK;
    }
}

static px_status scaled(const px_modbus_register *r, const uint8_t *bytes, px_value *ret_value,
                        px_err *ret_err)
{
    px_num num;

    PX_TRY(number_of(r, bytes, &num, ret_err));
    if ((r->has_scale && !px_num_calc(PX_NUM_MUL, num, r->scale, &num)) ||
        (r->has_offset && !px_num_calc(PX_NUM_ADD, num, r->offset, &num)))
        return px_fail_id(ret_err, PX_INVALID, "modbus.range",
                          "the value is beyond the range of numbers");
    *ret_value = px_value_num(num);
    return PX_OK;
}

/* Up to the first NUL, without blanks at its end. */
static px_status text_of(const px_modbus_register *r, const uint8_t *bytes, px_arena *arena,
                         px_value *ret_value, px_err *ret_err)
{
    size_t len = 0, size = r->length;
    px_str text;

    while (len < size && bytes[len])
        len++;
    while (len > 0 && bytes[len - 1] == ' ')
        len--;
    text = px_str_of((const char *)bytes, len);
    if (!px_str_is_utf8(text, NULL))
        return px_fail_id(ret_err, PX_INVALID, "modbus.text", "the device has no text of UTF-8");
    text = px_arena_str(arena, text);
    if (len && !text.ptr)
        return px_arena_fail(arena, ret_err);
    *ret_value = px_value_text(text);
    return PX_OK;
}

static bool truth_of(const px_modbus_register *r, const uint8_t *bytes)
{
    uint64_t word = whole_of(bytes, 2);

    return r->bit == PX_MODBUS_NO_BIT ? word != 0 : word >> r->bit & 1;
}

px_status px_modbus_value_get(const px_modbus_register *r, const uint8_t *data, uint16_t first,
                              px_arena *arena, px_value *ret_value, px_err *ret_err)
{
    size_t at = (size_t)(r->address - first);
    uint8_t bytes[2 * PX_MODBUS_READ_REGISTERS_MAX];

    px_assert(r->address >= first);
    if (px_modbus_table_has_bits(r->table)) {
        *ret_value = px_value_bool(data[at / 8] >> (at % 8) & 1);
        return PX_OK;
    }
    turn(r, data + 2 * at, bytes);
    if (r->type == PX_MODBUS_BOOL) {
        *ret_value = px_value_bool(truth_of(r, bytes));
        return PX_OK;
    }
    if (r->type == PX_MODBUS_STRING)
        return text_of(r, bytes, arena, ret_value, ret_err);
    return scaled(r, bytes, ret_value, ret_err);
}

/* ---- writing ---- */

static px_status wrong_type(const px_modbus_register *r, const char *wanted, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "modbus.type", "register '%.*s' takes %s",
                      PX_FMT(r->name), wanted);
}

static px_status out_of_range(const px_modbus_register *r, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "modbus.range",
                      "the value does not fit register '%.*s' of type %s", PX_FMT(r->name),
                      px_modbus_type_name(r->type));
}

static void put_whole(uint64_t whole, size_t size, uint8_t *bytes)
{
    for (size_t i = size; i-- > 0; whole >>= 8)
        bytes[i] = (uint8_t)whole;
}

static px_status put_integer(const px_modbus_register *r, px_num num, uint8_t *bytes,
                             px_err *ret_err)
{
    bool has_sign =
        r->type == PX_MODBUS_INT16 || r->type == PX_MODBUS_INT32 || r->type == PX_MODBUS_INT64;
    unsigned bits = r->count * 16u;
    px_num rounded;
    uint64_t u = 0;
    int64_t i = 0;

    if (has_sign ? !px_num_to_int(num, &i) : !px_num_to_uint(num, &u)) {
        if (px_num_round(num, &rounded) && px_num_cmp(num, rounded) != 0)
            return px_fail_id(ret_err, PX_INVALID, "modbus.step",
                              "register '%.*s' takes steps of its scale, and the value is between "
                              "two of them",
                              PX_FMT(r->name));
        return out_of_range(r, ret_err);
    }
    if (has_sign && bits < 64 && (i < -(INT64_C(1) << (bits - 1)) || i >= INT64_C(1) << (bits - 1)))
        return out_of_range(r, ret_err);
    if (!has_sign && bits < 64 && u >> bits)
        return out_of_range(r, ret_err);
    put_whole(has_sign ? (uint64_t)i : u, (size_t)r->count * 2, bytes);
    return PX_OK;
}

static px_status put_float(const px_modbus_register *r, px_num num, uint8_t *bytes, px_err *ret_err)
{
    double value = px_num_to_double(num);
    uint64_t wide;
    uint32_t narrow;
    float single;

    if (r->type == PX_MODBUS_FLOAT64) {
        memcpy(&wide, &value, sizeof(wide));
        put_whole(wide, 8, bytes);
        return PX_OK;
    }
    if (fabs(value) > (double)FLT_MAX)
        return out_of_range(r, ret_err);
    single = (float)value;
    memcpy(&narrow, &single, sizeof(narrow));
    put_whole(narrow, 4, bytes);
    return PX_OK;
}

static px_status put_number(const px_modbus_register *r, px_value value, uint8_t *bytes,
                            px_err *ret_err)
{
    px_num num = value.num;

    if (value.kind != PX_VALUE_NUM)
        return wrong_type(r, "a number", ret_err);
    if ((r->has_offset && !px_num_calc(PX_NUM_SUB, num, r->offset, &num)) ||
        (r->has_scale && !px_num_calc(PX_NUM_DIV, num, r->scale, &num)))
        return out_of_range(r, ret_err);
    return r->type == PX_MODBUS_FLOAT32 || r->type == PX_MODBUS_FLOAT64
               ? put_float(r, num, bytes, ret_err)
               : put_integer(r, num, bytes, ret_err);
}

static px_status put_text(const px_modbus_register *r, px_value value, uint8_t *bytes,
                          px_err *ret_err)
{
    if (value.kind != PX_VALUE_TEXT)
        return wrong_type(r, "a text", ret_err);
    if (value.text.len > r->length)
        return out_of_range(r, ret_err);
    memset(bytes, 0, (size_t)r->count * 2);
    if (value.text.len)
        memcpy(bytes, value.text.ptr, value.text.len);
    return PX_OK;
}

px_status px_modbus_value_put(const px_modbus_register *r, px_value value,
                              uint8_t ret_data[2 * 125], px_err *ret_err)
{
    uint8_t bytes[2 * PX_MODBUS_READ_REGISTERS_MAX];

    if (r->type == PX_MODBUS_BOOL) {
        if (value.kind != PX_VALUE_BOOL)
            return wrong_type(r, "true or false", ret_err);
        put_whole(value.boolean, 2, bytes);
    } else if (r->type == PX_MODBUS_STRING) {
        PX_TRY(put_text(r, value, bytes, ret_err));
    } else {
        PX_TRY(put_number(r, value, bytes, ret_err));
    }
    if (px_modbus_table_has_bits(r->table))
        ret_data[0] = value.boolean;
    else
        turn(r, bytes, ret_data);
    return PX_OK;
}
