/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value against a schema. Scalars take the short way that the decoder of telemetry takes, too;
 * for compounds every part is checked in place, and the whole is then written once as canonical
 * text.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "model/value_form.h"

/* The largest magnitude of a 32-bit float, as a double. */
#define FLOAT_MAX 3.4028234663852886e38

static const char *wanted_of(const px_schema *schema)
{
    switch (schema->kind) {
    case PX_SCHEMA_BOOLEAN:
        return "true or false";
    case PX_SCHEMA_DATE:
        return "a date such as \"2026-11-01\"";
    case PX_SCHEMA_DATETIME:
        return "a dateTime such as \"2026-11-01T12:00:00Z\"";
    case PX_SCHEMA_TIME:
        return "a time such as \"12:00:00Z\"";
    case PX_SCHEMA_DURATION:
        return "a duration such as \"PT1H30M\"";
    case PX_SCHEMA_DOUBLE:
    case PX_SCHEMA_FLOAT:
        return "a number";
    case PX_SCHEMA_INTEGER:
    case PX_SCHEMA_LONG:
    case PX_SCHEMA_BYTE:
    case PX_SCHEMA_SHORT:
        return "a whole number";
    case PX_SCHEMA_UNSIGNED_BYTE:
    case PX_SCHEMA_UNSIGNED_SHORT:
    case PX_SCHEMA_UNSIGNED_INTEGER:
    case PX_SCHEMA_UNSIGNED_LONG:
        return "a whole number without a sign";
    case PX_SCHEMA_BYTES:
        return "base64 such as \"aGVsbG8=\"";
    case PX_SCHEMA_DECIMAL:
        return "a decimal in a string, such as \"-12.50\"";
    case PX_SCHEMA_UUID:
        return "a uuid such as \"123e4567-e89b-12d3-a456-426614174000\"";
    case PX_SCHEMA_STRING:
        return "a string";
    case PX_SCHEMA_ENUM:
        return schema->enum_of == PX_SCHEMA_STRING ? "one of the Enum's strings"
                                                   : "one of the Enum's numbers";
    case PX_SCHEMA_ARRAY:
        return "an array";
    default:
        return "an object";
    }
}

static px_status fail_type(const px_schema *schema, const char *got, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "value.type", "%s stands where %s should be", got,
                      wanted_of(schema));
}

static px_status fail_enum(const px_schema *schema, const px_value *value, px_err *ret_err)
{
    enum { CANDIDATES_MAX = 128 };
    px_str candidates[CANDIDATES_MAX], nearest;
    uint32_t count = 0;

    if (value->kind == PX_VALUE_NUM)
        return px_fail_id(ret_err, PX_INVALID, "value.enum",
                          "%.17g is none of the Enum's %u values", px_num_to_double(value->num),
                          schema->enum_value_count);
    for (uint32_t i = 0; i < schema->enum_value_count && count < CANDIDATES_MAX; i++)
        candidates[count++] = schema->enum_values[i].value.text;
    nearest = px_str_nearest(value->text, candidates, count);
    if (nearest.len > 0)
        return px_fail_id(ret_err, PX_INVALID, "value.enum",
                          "'%.*s' is none of the Enum's values; did you mean '%.*s'?",
                          value->text.len > 64 ? 64 : (int)value->text.len, value->text.ptr,
                          nearest.len > 64 ? 64 : (int)nearest.len, nearest.ptr);
    return px_fail_id(ret_err, PX_INVALID, "value.enum", "'%.*s' is none of the Enum's %u values",
                      value->text.len > 64 ? 64 : (int)value->text.len,
                      value->text.ptr ? value->text.ptr : "", schema->enum_value_count);
}

/* Member by member: a whole px_value, put together and then copied, waits for its own stores. */
static void give_num(px_value *value, px_num num)
{
    value->kind = PX_VALUE_NUM;
    value->boolean = false;
    value->num.mantissa = num.mantissa;
    value->num.exponent = num.exponent;
    value->num.is_double = num.is_double;
    value->text.ptr = NULL;
    value->text.len = 0;
}

static void give_text(px_value *value, px_str text)
{
    value->kind = PX_VALUE_TEXT;
    value->boolean = false;
    value->num.mantissa = 0;
    value->num.exponent = 0;
    value->num.is_double = false;
    value->text.ptr = text.ptr;
    value->text.len = text.len;
}

/* Bits and range of the whole numbers. */
typedef struct whole_range {
    int64_t min;
    uint64_t max;
    int bits;
    bool digits_only; /* in a document written without a point: DTDL v4 says so of its own */
} whole_range;
static const whole_range whole_ranges[PX_SCHEMA_KIND_COUNT] = {
    [PX_SCHEMA_BYTE] = { INT8_MIN, INT8_MAX, 8, true },
    [PX_SCHEMA_SHORT] = { INT16_MIN, INT16_MAX, 16, true },
    [PX_SCHEMA_INTEGER] = { INT32_MIN, INT32_MAX, 32, false },
    [PX_SCHEMA_LONG] = { INT64_MIN, INT64_MAX, 64, false },
    [PX_SCHEMA_UNSIGNED_BYTE] = { 0, UINT8_MAX, 8, true },
    [PX_SCHEMA_UNSIGNED_SHORT] = { 0, UINT16_MAX, 16, true },
    [PX_SCHEMA_UNSIGNED_INTEGER] = { 0, UINT32_MAX, 32, true },
    [PX_SCHEMA_UNSIGNED_LONG] = { 0, UINT64_MAX, 64, true },
};

static px_status fail_range(const px_schema *schema, px_num num, px_err *ret_err)
{
    const whole_range *range = &whole_ranges[schema->kind];

    return px_fail_id(ret_err, PX_INVALID, "value.range", "%.17g does not fit the %d bits of %s",
                      px_num_to_double(num), range->bits, px_schema_term(schema->kind));
}

static px_status check_whole(const px_schema *schema, px_num num, px_err *ret_err)
{
    const whole_range *range = &whole_ranges[schema->kind];
    double near = px_num_to_double(num);
    uint64_t unsigned_whole;
    int64_t whole;

    if (px_num_to_int(num, &whole))
        return whole < range->min || (whole > 0 && (uint64_t)whole > range->max)
                   ? fail_range(schema, num, ret_err)
                   : PX_OK;
    if (px_num_to_uint(num, &unsigned_whole) && unsigned_whole <= range->max)
        return PX_OK;
    if (near > -1e18 && near < 1e18)
        return px_fail_id(ret_err, PX_INVALID, "value.whole",
                          "%.17g stands where a whole number should be", near);
    return fail_range(schema, num, ret_err);
}

/* -0 is read as a double, the only one that keeps its sign; a whole number has no such zero. */
static px_status give_whole(const px_schema *schema, px_num num, px_value *ret_value,
                            px_err *ret_err)
{
    PX_TRY(check_whole(schema, num, ret_err));
    if (num.is_double && !px_num_is_whole(num) && px_num_to_double(num) == 0) {
        if (whole_ranges[schema->kind].min == 0)
            return px_fail_id(ret_err, PX_INVALID, "value.range",
                              "-0 stands where %s should be, which has no sign",
                              px_schema_term(schema->kind));
        num = px_num_int(0);
    }
    give_num(ret_value, num);
    return PX_OK;
}

px_status px_schema_check_num(const px_schema *schema, px_num num, px_value *ret_value,
                              px_err *ret_err)
{
    double magnitude;
    px_value value;

    switch (schema->kind) {
    case PX_SCHEMA_DOUBLE:
        break;
    case PX_SCHEMA_FLOAT:
        magnitude = px_num_to_double(num);
        if (magnitude > FLOAT_MAX || magnitude < -FLOAT_MAX)
            return px_fail_id(ret_err, PX_INVALID, "value.range",
                              "%.17g is beyond the range of a float", magnitude);
        break;
    case PX_SCHEMA_ENUM:
        if (schema->enum_of == PX_SCHEMA_STRING)
            return fail_type(schema, "a number", ret_err);
        value = px_value_num(num);
        if (!px_schema_enum_find(schema, &value))
            return fail_enum(schema, &value, ret_err);
        break;
    default:
        if (whole_ranges[schema->kind].bits > 0)
            return give_whole(schema, num, ret_value, ret_err);
        return fail_type(schema, "a number", ret_err);
    }
    give_num(ret_value, num);
    return PX_OK;
}

px_status px_schema_check_bool(const px_schema *schema, bool boolean, px_value *ret_value,
                               px_err *ret_err)
{
    if (schema->kind != PX_SCHEMA_BOOLEAN)
        return fail_type(schema, boolean ? "true" : "false", ret_err);
    *ret_value = px_value_bool(boolean);
    return PX_OK;
}

static px_status fail_form(const px_schema *schema, px_str text, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "value.form", "'%.*s' stands where %s should be",
                      text.len > 64 ? 64 : (int)text.len, text.ptr ? text.ptr : "",
                      wanted_of(schema));
}

px_status px_schema_check_text(const px_schema *schema, px_str text, px_value *ret_value,
                               px_err *ret_err)
{
    px_value value;
    bool right;

    if (text.len > PX_VALUE_STRING_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "value.string_bytes",
                          "a string of %zu bytes, the most is %d", text.len,
                          PX_VALUE_STRING_BYTES_MAX);
    switch (schema->kind) {
    case PX_SCHEMA_STRING:
        right = true;
        break;
    case PX_SCHEMA_DATE:
        right = px_form_is_date(text);
        break;
    case PX_SCHEMA_DATETIME:
        right = px_form_is_datetime(text);
        break;
    case PX_SCHEMA_TIME:
        right = px_form_is_time(text);
        break;
    case PX_SCHEMA_DURATION:
        right = px_form_is_duration(text);
        break;
    case PX_SCHEMA_BYTES:
        right = px_form_is_base64(text);
        break;
    case PX_SCHEMA_DECIMAL:
        right = px_form_is_decimal(text);
        break;
    case PX_SCHEMA_UUID:
        right = px_form_is_uuid(text);
        break;
    case PX_SCHEMA_ENUM:
        if (schema->enum_of != PX_SCHEMA_STRING)
            return fail_type(schema, "a string", ret_err);
        value = px_value_text(text);
        if (!px_schema_enum_find(schema, &value))
            return fail_enum(schema, &value, ret_err);
        right = true;
        break;
    default:
        return fail_type(schema, "a string", ret_err);
    }
    if (!right)
        return fail_form(schema, text, ret_err);
    give_text(ret_value, text);
    return PX_OK;
}

/* ---- documents ---- */

static px_status check_node(const px_schema *schema, const px_json *node, px_value *ret_scalar,
                            px_err *ret_err);

static px_status fail_node(const px_schema *schema, const px_json *node, px_err *ret_err)
{
    return px_json_fail(node, ret_err, PX_INVALID, "value.type", "%s stands where %s should be",
                        px_json_type_name(node->type), wanted_of(schema));
}

static px_status check_array(const px_schema *schema, const px_json *node, px_err *ret_err)
{
    px_value ignored;

    if (!px_json_is(node, PX_JSON_ARRAY))
        return fail_node(schema, node, ret_err);
    for (const px_json *item = node->first; item; item = item->next)
        PX_TRY(check_node(schema->element, item, &ignored, ret_err));
    return PX_OK;
}

static px_status fail_field(const px_schema *schema, const px_json *node, px_err *ret_err)
{
    enum { CANDIDATES_MAX = 128 };
    px_str candidates[CANDIDATES_MAX], nearest;
    uint32_t count = 0;

    for (uint32_t i = 0; i < schema->field_count && count < CANDIDATES_MAX; i++)
        candidates[count++] = schema->fields[i].name;
    nearest = px_str_nearest(node->key, candidates, count);
    if (nearest.len > 0)
        return px_json_fail(node, ret_err, PX_INVALID, "value.field",
                            "the Object has no field '%.*s'; did you mean '%.*s'?",
                            node->key.len > 64 ? 64 : (int)node->key.len, node->key.ptr,
                            nearest.len > 64 ? 64 : (int)nearest.len, nearest.ptr);
    return px_json_fail(node, ret_err, PX_INVALID, "value.field", "the Object has no field '%.*s'",
                        node->key.len > 64 ? 64 : (int)node->key.len,
                        node->key.ptr ? node->key.ptr : "");
}

/* Fields may be missing, but for those that the model calls Required. */
static px_status check_required(const px_schema *schema, const px_json *node, px_err *ret_err)
{
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].required && !px_json_get(node, schema->fields[i].name))
            return px_json_fail(node, ret_err, PX_INVALID, "value.required",
                                "the Object has no '%.*s', which its model requires",
                                PX_FMT(schema->fields[i].name));
    return PX_OK;
}

static px_status check_object(const px_schema *schema, const px_json *node, px_err *ret_err)
{
    px_value ignored;

    if (!px_json_is(node, PX_JSON_OBJECT))
        return fail_node(schema, node, ret_err);
    for (const px_json *member = node->first; member; member = member->next) {
        const px_schema_field *field = px_schema_field_find(schema, member->key);

        if (!field)
            return fail_field(schema, member, ret_err);
        PX_TRY(check_node(field->schema, member, &ignored, ret_err));
    }
    return check_required(schema, node, ret_err);
}

/* Keys stand in paths and beside $metadata, so they must not look like either. */
static bool is_map_key(px_str key)
{
    if (key.len == 0 || key.len > PX_NAME_BYTES_MAX || key.ptr[0] == '$')
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] == '.' || (unsigned char)key.ptr[i] <= ' ')
            return false;
    return true;
}

static px_status check_map(const px_schema *schema, const px_json *node, px_err *ret_err)
{
    px_value ignored;

    if (!px_json_is(node, PX_JSON_OBJECT))
        return fail_node(schema, node, ret_err);
    for (const px_json *member = node->first; member; member = member->next) {
        if (!is_map_key(member->key))
            return px_json_fail(
                member, ret_err, PX_INVALID, "value.key",
                "'%.*s' is no key of a Map; keys do not begin with '$' and have no '.' or blank",
                member->key.len > 64 ? 64 : (int)member->key.len,
                member->key.ptr ? member->key.ptr : "");
        PX_TRY(check_node(schema->element, member, &ignored, ret_err));
    }
    return PX_OK;
}

/* Devices are not held to that. */
static px_status fail_fraction(const px_json *node, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "value.whole",
                      "%.*s stands where a whole number, without a point, should be",
                      node->raw.len > 40 ? 40 : (int)node->raw.len, node->raw.ptr);
}

static px_status check_scalar(const px_schema *schema, const px_json *node, px_value *ret_scalar,
                              px_err *ret_err)
{
    switch (node->type) {
    case PX_JSON_NUMBER:
        if (whole_ranges[schema->kind].digits_only && memchr(node->raw.ptr, '.', node->raw.len))
            return fail_fraction(node, ret_err);
        return px_schema_check_num(schema, node->num, ret_scalar, ret_err);
    case PX_JSON_STRING:
        return px_schema_check_text(schema, node->text, ret_scalar, ret_err);
    case PX_JSON_TRUE:
    case PX_JSON_FALSE:
        return px_schema_check_bool(schema, node->type == PX_JSON_TRUE, ret_scalar, ret_err);
    default:
        return fail_type(schema, px_json_type_name(node->type), ret_err);
    }
}

/* Recursion is as deep as schemas nest, and never deeper than the document. */
static px_status check_node(const px_schema *schema, const px_json *node, px_value *ret_scalar,
                            px_err *ret_err)
{
    px_err err;
    px_status status;

    switch (schema->kind) {
    case PX_SCHEMA_ARRAY:
        return check_array(schema, node, ret_err);
    case PX_SCHEMA_OBJECT:
        return check_object(schema, node, ret_err);
    case PX_SCHEMA_MAP:
        return check_map(schema, node, ret_err);
    default:
        break;
    }
    if (px_schema_family_of(schema->kind) == PX_SCHEMA_FAMILY_GEOMETRY)
        return px_form_geometry(schema->kind, node, ret_err);
    status = check_scalar(schema, node, ret_scalar, &err);
    if (status == PX_OK)
        return PX_OK;
    return px_json_fail(node, ret_err, status, err.id, "%s", err.text);
}

/* The whole compound as canonical text. */
static px_status write_compound(const px_json *node, px_arena *arena, px_value *ret_value,
                                px_err *ret_err)
{
    px_status status;
    px_str text;
    px_buf buf;

    px_buf_init(&buf, PX_TWIN_BYTES_MAX);
    px_put_json_node(&buf, node);
    status = px_buf_status(&buf, NULL);
    if (status == PX_LIMIT) {
        px_buf_release(&buf);
        return px_json_fail(node, ret_err, PX_TOO_LARGE, "value.bytes",
                            "the value is larger than %d bytes", PX_TWIN_BYTES_MAX);
    }
    if (status != PX_OK) {
        px_buf_release(&buf);
        return px_no_memory(ret_err);
    }
    text = px_arena_str(arena, px_buf_str(&buf));
    px_buf_release(&buf);
    if (!text.ptr)
        return px_arena_fail(arena, ret_err);
    *ret_value = px_value_json(text);
    return PX_OK;
}

px_status px_schema_check(const px_schema *schema, const px_json *node, px_arena *arena,
                          px_value *ret_value, px_err *ret_err)
{
    px_value scalar = { 0 };

    PX_TRY(check_node(schema, node, &scalar, ret_err));
    if (px_schema_value_kind(schema) == PX_VALUE_JSON)
        return write_compound(node, arena, ret_value, ret_err);
    *ret_value = scalar;
    return PX_OK;
}
