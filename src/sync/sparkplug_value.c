/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug_value.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/num_real.h"
#include "base/time.h"

static px_status wrong_form(uint32_t type, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "sparkplug.type",
                      "the value is not in the form of its type %s", px_spark_type_name(type));
}

static px_status out_of_range(uint32_t type, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "sparkplug.range",
                      "the value is out of the range of its type %s", px_spark_type_name(type));
}

/* ---- numbers ---- */

/* Two's complement, in the 32 bits of the one form or in the 64 of the other. */
static px_status read_signed(uint64_t whole, bool is_long, uint32_t type, px_num *ret_num,
                             px_err *ret_err)
{
    static const unsigned bits[] = {
        [PX_SPARK_Int8] = 8, [PX_SPARK_Int16] = 16, [PX_SPARK_Int32] = 32, [PX_SPARK_Int64] = 64
    };
    int64_t value = is_long ? (int64_t)whole : (int32_t)(uint32_t)whole;
    int64_t most = (int64_t)(UINT64_MAX >> (65 - bits[type]));

    if (value > most || value < -most - 1)
        return out_of_range(type, ret_err);
    *ret_num = px_num_int(value);
    return PX_OK;
}

static px_status read_unsigned(uint64_t whole, uint32_t type, px_num *ret_num, px_err *ret_err)
{
    static const unsigned bits[] = {
        [PX_SPARK_UInt8] = 8, [PX_SPARK_UInt16] = 16, [PX_SPARK_UInt32] = 32, [PX_SPARK_UInt64] = 64
    };

    if (whole > UINT64_MAX >> (64 - bits[type]))
        return out_of_range(type, ret_err);
    *ret_num = px_num_uint(whole);
    return PX_OK;
}

static px_status read_real(double real, bool is_float, px_num *ret_num, px_err *ret_err)
{
    if (!isfinite(real))
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.range",
                          "a value that is no number, or infinite, has no place in a twin");
    *ret_num = is_float ? px_num_of_float((float)real) : px_num_of_double(real);
    return PX_OK;
}

static px_status read_num(const px_spark_metric *m, uint32_t type, px_num *ret_num, px_err *ret_err)
{
    bool is_long = m->form == PX_SPARK_FORM_LONG;
    bool is_whole = is_long || m->form == PX_SPARK_FORM_INT;

    if (type >= PX_SPARK_Int8 && type <= PX_SPARK_Int64 && is_whole)
        return read_signed(m->whole, is_long, type, ret_num, ret_err);
    if (type >= PX_SPARK_UInt8 && type <= PX_SPARK_UInt64 && is_whole)
        return read_unsigned(m->whole, type, ret_num, ret_err);
    if (type == PX_SPARK_Float && m->form == PX_SPARK_FORM_FLOAT)
        return read_real(m->real, true, ret_num, ret_err);
    if (type == PX_SPARK_Double && m->form == PX_SPARK_FORM_DOUBLE)
        return read_real(m->real, false, ret_num, ret_err);
    return wrong_form(type, ret_err);
}

/* ---- texts ---- */

static px_status check_time(const px_spark_metric *m, const px_schema *schema, px_arena *arena,
                            px_value *ret_value, px_err *ret_err)
{
    px_buf text = { 0 };
    px_str copy;

    if (m->form != PX_SPARK_FORM_LONG || m->whole > (uint64_t)INT64_MAX / 1000000)
        return wrong_form(PX_SPARK_DateTime, ret_err);
    if (px_schema_check_num(schema, px_num_uint(m->whole), ret_value, ret_err) == PX_OK)
        return PX_OK;
    px_put_time(&text, (px_time)m->whole * PX_MILLISECOND);
    copy = px_arena_str(arena, px_buf_str(&text));
    px_buf_release(&text);
    if (!copy.ptr)
        return px_arena_fail(arena, ret_err);
    return px_schema_check_text(schema, copy, ret_value, ret_err);
}

static px_status check_bytes(const px_spark_metric *m, uint32_t type, const px_schema *schema,
                             px_arena *arena, px_value *ret_value, px_err *ret_err)
{
    size_t size = sodium_base64_encoded_len(m->bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text;

    if (m->form != PX_SPARK_FORM_BYTES)
        return wrong_form(type, ret_err);
    text = px_arena_alloc(arena, size);
    if (!text)
        return px_arena_fail(arena, ret_err);
    sodium_bin2base64(text, size, (const unsigned char *)m->bytes.ptr, m->bytes.len,
                      sodium_base64_VARIANT_ORIGINAL);
    return px_schema_check_text(schema, px_str_c(text), ret_value, ret_err);
}

static px_status check_text(const px_spark_metric *m, uint32_t type, const px_schema *schema,
                            px_value *ret_value, px_err *ret_err)
{
    if (m->form != PX_SPARK_FORM_STRING)
        return wrong_form(type, ret_err);
    return px_schema_check_text(schema, m->bytes, ret_value, ret_err);
}

/* ---- arrays: values one after the other, little-endian ---- */

static uint64_t read_little(const char *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    return value;
}

static px_status put_item(px_json_writer *w, uint32_t type, uint64_t raw, px_err *ret_err)
{
    px_spark_metric item = { .whole = raw, .form = PX_SPARK_FORM_LONG };
    uint32_t type_of_item = type - PX_SPARK_Int8Array + PX_SPARK_Int8;
    px_num num;

    if (type == PX_SPARK_Int8Array)
        item.whole = (uint64_t)(int8_t)raw;
    else if (type == PX_SPARK_Int16Array)
        item.whole = (uint64_t)(int16_t)raw;
    else if (type == PX_SPARK_Int32Array)
        item.whole = (uint64_t)(int32_t)raw;
    if (type == PX_SPARK_FloatArray) {
        uint32_t bits = (uint32_t)raw;
        float value;

        memcpy(&value, &bits, sizeof(value));
        item = (px_spark_metric){ .real = (double)value, .form = PX_SPARK_FORM_FLOAT };
    } else if (type == PX_SPARK_DoubleArray) {
        item.form = PX_SPARK_FORM_DOUBLE;
        memcpy(&item.real, &raw, sizeof(item.real));
    }
    PX_TRY(read_num(&item, type_of_item, &num, ret_err));
    px_json_number(w, num);
    return PX_OK;
}

static px_status put_numbers(px_json_writer *w, px_str bytes, uint32_t type, px_err *ret_err)
{
    static const unsigned sizes[] = { 1, 2, 4, 8, 1, 2, 4, 8, 4, 8 };
    unsigned size = sizes[type - PX_SPARK_Int8Array];

    if (bytes.len % size != 0)
        return wrong_form(type, ret_err);
    for (size_t i = 0; i < bytes.len; i += size)
        PX_TRY(put_item(w, type, read_little(bytes.ptr + i, size), ret_err));
    return PX_OK;
}

/* A count of 32 bits, then a bit for each, the highest of a byte first. */
static px_status put_booleans(px_json_writer *w, px_str bytes, px_err *ret_err)
{
    uint64_t count;

    if (bytes.len < 4)
        return wrong_form(PX_SPARK_BooleanArray, ret_err);
    count = read_little(bytes.ptr, 4);
    bytes = px_str_skip(bytes, 4);
    if (count > bytes.len * 8 || (count + 7) / 8 != bytes.len)
        return wrong_form(PX_SPARK_BooleanArray, ret_err);
    for (uint64_t i = 0; i < count; i++)
        px_json_bool(w, (uint8_t)bytes.ptr[i / 8] >> (7 - i % 8) & 1);
    return PX_OK;
}

/* Each ends with a NUL. */
static px_status put_strings(px_json_writer *w, px_str bytes, px_err *ret_err)
{
    while (bytes.len > 0) {
        const char *nul = memchr(bytes.ptr, '\0', bytes.len);
        px_str text;
        size_t at;

        if (!nul)
            return wrong_form(PX_SPARK_StringArray, ret_err);
        text = px_str_of(bytes.ptr, (size_t)(nul - bytes.ptr));
        if (!px_str_is_utf8(text, &at))
            return wrong_form(PX_SPARK_StringArray, ret_err);
        px_json_string(w, text);
        bytes = px_str_skip(bytes, text.len + 1);
    }
    return PX_OK;
}

static px_status put_times(px_json_writer *w, px_str bytes, px_err *ret_err)
{
    if (bytes.len % 8 != 0)
        return wrong_form(PX_SPARK_DateTimeArray, ret_err);
    for (size_t i = 0; i < bytes.len; i += 8) {
        uint64_t ms = read_little(bytes.ptr + i, 8);

        if (ms > (uint64_t)INT64_MAX / 1000000)
            return wrong_form(PX_SPARK_DateTimeArray, ret_err);
        px_json_time(w, (px_time)ms * PX_MILLISECOND);
    }
    return PX_OK;
}

static px_status put_items(px_json_writer *w, px_str bytes, uint32_t type, px_err *ret_err)
{
    switch (type) {
    case PX_SPARK_BooleanArray:
        return put_booleans(w, bytes, ret_err);
    case PX_SPARK_StringArray:
        return put_strings(w, bytes, ret_err);
    case PX_SPARK_DateTimeArray:
        return put_times(w, bytes, ret_err);
    default:
        return put_numbers(w, bytes, type, ret_err);
    }
}

static px_status check_array(const px_spark_metric *m, uint32_t type, const px_schema *schema,
                             px_arena *arena, px_value *ret_value, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_buf text = { 0 };
    px_json_writer w = px_json_writer_of(&text);
    px_json *node;
    px_status status;
    px_str copy;

    if (m->form != PX_SPARK_FORM_BYTES)
        return wrong_form(type, ret_err);
    px_json_begin_array(&w);
    status = put_items(&w, m->bytes, type, ret_err);
    px_json_end_array(&w);
    if (status == PX_OK)
        status = px_buf_status(&text, ret_err);
    copy = px_arena_str(arena, px_buf_str(&text));
    px_buf_release(&text);
    if (status != PX_OK)
        return status;
    if (!copy.ptr)
        return px_arena_fail(arena, ret_err);
    PX_TRY(px_json_parse(copy, &opts, arena, &node, ret_err));
    return px_schema_check(schema, node, arena, ret_value, ret_err);
}

/* ---- all ---- */

static px_status check_num(const px_spark_metric *m, uint32_t type, const px_schema *schema,
                           px_value *ret_value, px_err *ret_err)
{
    px_num num;

    PX_TRY(read_num(m, type, &num, ret_err));
    return px_schema_check_num(schema, num, ret_value, ret_err);
}

px_status px_spark_value(const px_spark_metric *m, uint32_t type, const px_schema *schema,
                         px_arena *arena, px_value *ret_value, px_err *ret_err)
{
    if (type >= PX_SPARK_Int8 && type <= PX_SPARK_Double)
        return check_num(m, type, schema, ret_value, ret_err);
    if (type >= PX_SPARK_Int8Array && type <= PX_SPARK_DateTimeArray)
        return check_array(m, type, schema, arena, ret_value, ret_err);
    switch (type) {
    case PX_SPARK_Boolean:
        if (m->form != PX_SPARK_FORM_BOOL)
            return wrong_form(type, ret_err);
        return px_schema_check_bool(schema, m->whole != 0, ret_value, ret_err);
    case PX_SPARK_String:
    case PX_SPARK_Text:
    case PX_SPARK_UUID:
        return check_text(m, type, schema, ret_value, ret_err);
    case PX_SPARK_DateTime:
        return check_time(m, schema, arena, ret_value, ret_err);
    case PX_SPARK_Bytes:
    case PX_SPARK_File:
        return check_bytes(m, type, schema, arena, ret_value, ret_err);
    default:
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.type",
                          "a value of %s has no place in a twin", px_spark_type_name(type));
    }
}

/* ---- without a schema ---- */

static px_status put_base64(px_json_writer *w, const px_spark_metric *m, px_err *ret_err)
{
    size_t size = sodium_base64_encoded_len(m->bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = px_alloc(size);

    if (!text)
        return px_no_memory(ret_err);
    sodium_bin2base64(text, size, (const unsigned char *)m->bytes.ptr, m->bytes.len,
                      sodium_base64_VARIANT_ORIGINAL);
    px_json_string(w, px_str_c(text));
    px_free(text);
    return PX_OK;
}

static px_status put_number(px_json_writer *w, const px_spark_metric *m, uint32_t type,
                            px_err *ret_err)
{
    px_num num;

    PX_TRY(read_num(m, type, &num, ret_err));
    px_json_number(w, num);
    return PX_OK;
}

static px_status put_array(px_json_writer *w, const px_spark_metric *m, uint32_t type,
                           px_err *ret_err)
{
    if (m->form != PX_SPARK_FORM_BYTES)
        return wrong_form(type, ret_err);
    px_json_begin_array(w);
    PX_TRY(put_items(w, m->bytes, type, ret_err));
    px_json_end_array(w);
    return PX_OK;
}

px_status px_put_spark_value(px_json_writer *w, const px_spark_metric *m, uint32_t type,
                             px_err *ret_err)
{
    if (type >= PX_SPARK_Int8 && type <= PX_SPARK_Double)
        return put_number(w, m, type, ret_err);
    if (type >= PX_SPARK_Int8Array && type <= PX_SPARK_DateTimeArray)
        return put_array(w, m, type, ret_err);
    switch (type) {
    case PX_SPARK_Boolean:
        if (m->form != PX_SPARK_FORM_BOOL)
            return wrong_form(type, ret_err);
        px_json_bool(w, m->whole != 0);
        return PX_OK;
    case PX_SPARK_String:
    case PX_SPARK_Text:
    case PX_SPARK_UUID:
        if (m->form != PX_SPARK_FORM_STRING)
            return wrong_form(type, ret_err);
        px_json_string(w, m->bytes);
        return PX_OK;
    case PX_SPARK_DateTime:
        if (m->form != PX_SPARK_FORM_LONG || m->whole > (uint64_t)INT64_MAX / 1000000)
            return wrong_form(type, ret_err);
        px_json_time(w, (px_time)m->whole * PX_MILLISECOND);
        return PX_OK;
    case PX_SPARK_Bytes:
    case PX_SPARK_File:
        return m->form == PX_SPARK_FORM_BYTES ? put_base64(w, m, ret_err)
                                              : wrong_form(type, ret_err);
    default:
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.type",
                          "a value of %s has no place in a twin", px_spark_type_name(type));
    }
}
