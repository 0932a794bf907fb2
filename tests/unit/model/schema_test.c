/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "model_support.h"

/* Checks a JSON text against a schema; the value's texts live in `arena`. */
static px_status check(const px_schema *schema, const char *json, px_arena *arena,
                       px_value *ret_value, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_json *node;

    CHECK_OK(px_json_parse(px_str_c(json), &opts, arena, &node, ret_err), ret_err);
    return px_schema_check(schema, node, arena, ret_value, ret_err);
}

/* The id of the refusal, or "" when the value is taken. */
static const char *refusal(const px_schema *schema, const char *json)
{
    px_arena arena;
    px_value value;
    px_err err = { .id = "" };

    px_arena_init(&arena, 64 << 20);
    if (check(schema, json, &arena, &value, &err) == PX_OK)
        err.id = "";
    px_arena_release(&arena);
    return err.id;
}

#define PLAIN(kind) px_schema_plain(PX_SCHEMA_##kind)
#define TAKES(kind, json) CHECK_STR(refusal(PLAIN(kind), json), "")
#define REFUSES(kind, json, id) CHECK_STR(refusal(PLAIN(kind), json), id)

PX_TEST(integers_have_32_bits_and_longs_64)
{
    TAKES(INTEGER, "2147483647");
    TAKES(INTEGER, "-2147483648");
    REFUSES(INTEGER, "2147483648", "value.range");
    REFUSES(INTEGER, "-2147483649", "value.range");
    TAKES(LONG, "9223372036854775807");
    TAKES(LONG, "-9223372036854775808");
    REFUSES(LONG, "9223372036854775808", "value.range");
    REFUSES(INTEGER, "1.5", "value.whole");
    REFUSES(LONG, "1e-3", "value.whole");
    TAKES(INTEGER, "1e3");
}

PX_TEST(five_point_zero_is_no_byte_in_a_document)
{
    REFUSES(BYTE, "0.0", "value.whole");
    REFUSES(UNSIGNED_LONG, "5.0", "value.whole");
}

PX_TEST(an_integral_five_point_zero_is_an_integer_and_keeps_its_digits)
{
    px_arena arena;
    px_value value;
    px_buf text = { 0 };
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(check(PLAIN(INTEGER), "5.0", &arena, &value, &err), &err);
    px_arena_release(&arena);
    px_put_num(&text, value.num);
    CHECK_SLICE(px_buf_str(&text), "5.0");
    px_buf_release(&text);
}

PX_TEST(whole_numbers_of_v4_have_8_to_64_bits_with_and_without_a_sign)
{
    TAKES(BYTE, "-128");
    TAKES(BYTE, "127");
    REFUSES(BYTE, "128", "value.range");
    TAKES(BYTE, "-0");
    TAKES(SHORT, "-32768");
    REFUSES(SHORT, "32768", "value.range");
    TAKES(UNSIGNED_BYTE, "255");
    REFUSES(UNSIGNED_BYTE, "256", "value.range");
    REFUSES(UNSIGNED_BYTE, "-1", "value.range");
    REFUSES(UNSIGNED_BYTE, "-0", "value.range");
    TAKES(UNSIGNED_SHORT, "65535");
    REFUSES(UNSIGNED_SHORT, "65536", "value.range");
    TAKES(UNSIGNED_INTEGER, "4294967295");
    REFUSES(UNSIGNED_INTEGER, "4294967296", "value.range");
    TAKES(UNSIGNED_LONG, "18446744073709551615");
    REFUSES(UNSIGNED_LONG, "18446744073709551616", "value.range");
    REFUSES(UNSIGNED_LONG, "\"1\"", "value.type");
}

PX_TEST(the_largest_unsigned_long_keeps_every_digit)
{
    px_arena arena;
    px_value value;
    px_buf text = { 0 };
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(check(PLAIN(UNSIGNED_LONG), "18446744073709551615", &arena, &value, &err), &err);
    px_put_num(&text, value.num);
    CHECK_SLICE(px_buf_str(&text), "18446744073709551615");
    px_buf_release(&text);
    px_arena_release(&arena);
}

PX_TEST(decimals_bytes_and_uuids_are_texts_of_a_form)
{
    TAKES(DECIMAL, "\"0\"");
    TAKES(DECIMAL, "\"+3.140\"");
    TAKES(DECIMAL, "\"-123456789012345678901234567890.5\"");
    REFUSES(DECIMAL, "\"03\"", "value.form");
    REFUSES(DECIMAL, "\".5\"", "value.form");
    REFUSES(DECIMAL, "\"5.\"", "value.form");
    REFUSES(DECIMAL, "3.14", "value.type");
    TAKES(BYTES, "\"\"");
    TAKES(BYTES, "\"aGVsbG8=\"");
    TAKES(BYTES, "\"aA==\"");
    REFUSES(BYTES, "\"aGVsbG8\"", "value.form");
    REFUSES(BYTES, "\"a===\"", "value.form");
    REFUSES(BYTES, "\"aG-_\"", "value.form");
    TAKES(UUID, "\"123e4567-E89B-12d3-a456-426614174000\"");
    REFUSES(UUID, "\"123e4567e89b-12d3-a456-426614174000\"", "value.form");
    REFUSES(UUID, "\"g23e4567-e89b-12d3-a456-426614174000\"", "value.form");
}

PX_TEST(a_scaled_decimal_is_an_object_of_scale_and_value)
{
    TAKES(SCALED_DECIMAL, "{\"scale\":2,\"value\":\"3.14\"}");
    TAKES(SCALED_DECIMAL, "{\"value\":\"3.14\"}");
    REFUSES(SCALED_DECIMAL, "{\"value\":3.14}", "value.type");
    REFUSES(SCALED_DECIMAL, "{\"scale\":40000}", "value.range");
    REFUSES(SCALED_DECIMAL, "{\"precision\":1}", "value.field");
}

PX_TEST(floats_and_doubles_take_any_number_in_their_range)
{
    TAKES(DOUBLE, "21.40");
    TAKES(DOUBLE, "-7");
    TAKES(DOUBLE, "1e308");
    TAKES(FLOAT, "3.4028234e38");
    REFUSES(FLOAT, "3.5e38", "value.range");
    REFUSES(DOUBLE, "\"21.4\"", "value.type");
    REFUSES(DOUBLE, "true", "value.type");
}

PX_TEST(null_is_no_value_of_any_schema)
{
    for (uint32_t kind = 0; kind <= PX_SCHEMA_TIME; kind++)
        CHECK_STR(refusal(px_schema_plain((px_schema_kind)kind), "null"), "value.type");
}

PX_TEST(times_and_days_are_real_ones)
{
    TAKES(DATE, "\"2024-02-29\"");
    REFUSES(DATE, "\"2023-02-29\"", "value.form");
    REFUSES(DATE, "\"1900-02-29\"", "value.form");
    TAKES(DATE, "\"2000-02-29\"");
    REFUSES(DATE, "\"2024-2-9\"", "value.form");
    TAKES(TIME, "\"23:59:59.999Z\"");
    TAKES(TIME, "\"06:00:00+05:30\"");
    REFUSES(TIME, "\"06:00:00\"", "value.form");
    REFUSES(TIME, "\"24:00:00Z\"", "value.form");
    REFUSES(TIME, "\"06:00:00.Z\"", "value.form");
    TAKES(DATETIME, "\"2026-11-01T12:00:00Z\"");
    REFUSES(DATETIME, "\"2026-11-01 12:00:00Z\"", "value.form");
    REFUSES(DATETIME, "\"2026-11-01T12:00:00\"", "value.form");
    REFUSES(DATETIME, "\"2026-11-01T12:00:00+24:00\"", "value.form");
}

PX_TEST(durations_have_their_parts_in_order)
{
    TAKES(DURATION, "\"P1Y2M3DT4H5M6.7S\"");
    TAKES(DURATION, "\"P2W\"");
    TAKES(DURATION, "\"PT36H\"");
    REFUSES(DURATION, "\"P\"", "value.form");
    REFUSES(DURATION, "\"P1DT\"", "value.form");
    REFUSES(DURATION, "\"PT1S2M\"", "value.form");
    REFUSES(DURATION, "\"P1.5Y2M\"", "value.form");
    REFUSES(DURATION, "\"-P1D\"", "value.form");
    REFUSES(DURATION, "\"P1.5DT1H\"", "value.form");
}

PX_TEST(a_string_has_four_kibibytes_and_no_more)
{
    static char text[PX_VALUE_STRING_BYTES_MAX + 1];
    px_value value;
    px_err err;

    memset(text, 'x', sizeof(text));
    CHECK_OK(px_schema_check_text(PLAIN(STRING), px_str_of(text, sizeof(text) - 1), &value, &err),
             &err);
    CHECK_EQ(px_schema_check_text(PLAIN(STRING), px_str_of(text, sizeof(text)), &value, &err),
             PX_TOO_LARGE);
}

PX_TEST(geometries_have_the_shape_of_their_kind)
{
    TAKES(POINT, "{\"type\":\"Point\",\"coordinates\":[8.5,47.4]}");
    TAKES(POINT, "{\"type\":\"Point\",\"coordinates\":[8.5,47.4,408],\"bbox\":[1,2,3,4]}");
    REFUSES(POINT, "{\"type\":\"Point\",\"coordinates\":[8.5]}", "value.geometry");
    REFUSES(POINT, "{\"type\":\"Point\",\"coordinates\":[8.5,\"47\"]}", "value.geometry");
    REFUSES(POINT, "{\"type\":\"LineString\",\"coordinates\":[8.5,47.4]}", "value.geometry");
    REFUSES(POINT, "{\"type\":\"Point\"}", "value.geometry");
    REFUSES(POINT, "[8.5,47.4]", "value.geometry");
    TAKES(LINE_STRING, "{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1]]}");
    REFUSES(LINE_STRING, "{\"type\":\"LineString\",\"coordinates\":[[0,0]]}", "value.geometry");
    TAKES(MULTI_POINT, "{\"type\":\"MultiPoint\",\"coordinates\":[]}");
    TAKES(POLYGON, "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,0.0]]]}");
    REFUSES(POLYGON, "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,1]]]}",
            "value.geometry");
    REFUSES(POLYGON, "{\"type\":\"Polygon\",\"coordinates\":[[0,0],[1,0],[1,1],[0,0]]}",
            "value.geometry");
    TAKES(MULTI_POLYGON,
          "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,1],[0,0]]]]}");
    TAKES(MULTI_LINE_STRING, "{\"type\":\"MultiLineString\",\"coordinates\":[[[0,0],[1,0]]]}");
}

/* clang-format off */
static const char shapes[] = INTERFACE_V3("dtmi:ex:S;1") ",\"schemas\":["
    "{\"@id\":\"dtmi:ex:mode;1\",\"@type\":\"Enum\",\"valueSchema\":\"string\",\"enumValues\":["
    "{\"name\":\"on\",\"enumValue\":\"RUNNING\"},{\"name\":\"off\",\"enumValue\":\"STOPPED\"},{\"name\":\"idle\",\"enumValue\":\"IDLE\"}]},"
    "{\"@id\":\"dtmi:ex:code;1\",\"@type\":\"Enum\",\"valueSchema\":\"integer\",\"enumValues\":["
    "{\"name\":\"a\",\"enumValue\":30},{\"name\":\"b\",\"enumValue\":-1},{\"name\":\"c\",\"enumValue\":7}]},"
    "{\"@id\":\"dtmi:ex:place;1\",\"@type\":\"Object\",\"fields\":["
    "{\"name\":\"row\",\"schema\":\"integer\"},{\"name\":\"mode\",\"schema\":\"dtmi:ex:mode;1\"}]},"
    "{\"@id\":\"dtmi:ex:map;1\",\"@type\":\"Map\",\"mapKey\":{\"name\":\"k\",\"schema\":\"string\"},"
    "\"mapValue\":{\"name\":\"v\",\"schema\":\"dtmi:ex:place;1\"}},"
    "{\"@id\":\"dtmi:ex:list;1\",\"@type\":\"Array\",\"elementSchema\":\"double\"}]}";
/* clang-format on */

static void check_shape(const char *id, const char *json, const char *wanted)
{
    px_model_set set = parse_models(shapes);
    const px_schema *schema = px_model_schema(set.models[0], px_str_c(id));

    CHECK(schema);
    CHECK_STR(refusal(schema, json), wanted);
    px_model_set_release(&set);
}

PX_TEST(an_enum_takes_its_values_and_not_their_names)
{
    check_shape("dtmi:ex:mode;1", "\"RUNNING\"", "");
    check_shape("dtmi:ex:mode;1", "\"IDLE\"", "");
    check_shape("dtmi:ex:mode;1", "\"on\"", "value.enum");
    check_shape("dtmi:ex:mode;1", "1", "value.type");
    check_shape("dtmi:ex:code;1", "-1", "");
    check_shape("dtmi:ex:code;1", "7.0", "");
    check_shape("dtmi:ex:code;1", "30", "");
    check_shape("dtmi:ex:code;1", "8", "value.enum");
    check_shape("dtmi:ex:code;1", "\"7\"", "value.type");
}

PX_TEST(compounds_are_checked_in_every_part)
{
    check_shape("dtmi:ex:place;1", "{\"row\":1,\"mode\":\"IDLE\"}", "");
    check_shape("dtmi:ex:place;1", "{}", "");
    check_shape("dtmi:ex:place;1", "{\"row\":1.5}", "value.whole");
    check_shape("dtmi:ex:place;1", "{\"rwo\":1}", "value.field");
    check_shape("dtmi:ex:place;1", "[]", "value.type");
    check_shape("dtmi:ex:map;1", "{\"a\":{\"row\":1},\"b\":{}}", "");
    check_shape("dtmi:ex:map;1", "{\"a\":{\"row\":\"1\"}}", "value.type");
    check_shape("dtmi:ex:map;1", "{\"$a\":{}}", "value.key");
    check_shape("dtmi:ex:map;1", "{\"a.b\":{}}", "value.key");
    check_shape("dtmi:ex:map;1", "{\"a b\":{}}", "value.key");
    check_shape("dtmi:ex:list;1", "[1,2.5,-3]", "");
    check_shape("dtmi:ex:list;1", "[1,null]", "value.type");
    check_shape("dtmi:ex:list;1", "1", "value.type");
}

PX_TEST(a_refusal_names_the_part_and_what_was_meant)
{
    px_model_set set = parse_models(shapes);
    const px_schema *schema = px_model_schema(set.models[0], PX_STR("dtmi:ex:map;1"));
    px_arena arena;
    px_value value;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(check(schema, "{\"a\":\n {\"mode\":\"STOPED\"}}", &arena, &value, &err), PX_INVALID);
    CHECK_STR(err.text, "'STOPED' is none of the Enum's values; did you mean 'STOPPED'?");
    CHECK_STR(err.path, "/a/mode");
    CHECK_EQ(err.line, 2);
    CHECK_EQ(check(schema, "{\"a\":{\"rwo\":1}}", &arena, &value, &err), PX_INVALID);
    CHECK_STR(err.text, "the Object has no field 'rwo'; did you mean 'row'?");
    px_arena_release(&arena);
    px_model_set_release(&set);
}

PX_TEST(a_compound_becomes_canonical_text)
{
    px_model_set set = parse_models(shapes);
    const px_schema *schema = px_model_schema(set.models[0], PX_STR("dtmi:ex:list;1"));
    px_arena arena;
    px_value value;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(check(schema, " [ 1.50 ,\n2 ] ", &arena, &value, &err), &err);
    CHECK_EQ(value.kind, PX_VALUE_JSON);
    CHECK_SLICE(value.text, "[1.50,2]");
    px_arena_release(&arena);
    px_model_set_release(&set);
}

PX_TEST(a_compound_has_a_largest_size)
{
    px_model_set set = parse_models(shapes);
    const px_schema *schema = px_model_schema(set.models[0], PX_STR("dtmi:ex:list;1"));
    px_buf json = { 0 };

    px_put_char(&json, '[');
    while (json.len < PX_TWIN_BYTES_MAX - 2)
        px_put_c(&json, "1,");
    px_put_c(&json, "1]");
    CHECK_EQ(json.len, PX_TWIN_BYTES_MAX + 1);
    CHECK_STR(refusal(schema, json.ptr), "value.bytes");
    json.ptr[json.len - 3] = ' '; /* one comma and one digit less */
    json.ptr[json.len - 2] = ' ';
    CHECK_STR(refusal(schema, json.ptr), "");
    px_buf_release(&json);
    px_model_set_release(&set);
}

PX_TEST(scalars_are_checked_without_a_document)
{
    px_value value;
    px_err err;

    CHECK_OK(px_schema_check_bool(PLAIN(BOOLEAN), true, &value, &err), &err);
    CHECK(value.kind == PX_VALUE_BOOL && value.boolean);
    CHECK_EQ(px_schema_check_bool(PLAIN(STRING), true, &value, &err), PX_INVALID);
    CHECK_STR(err.text, "true stands where a string should be");
    CHECK_OK(px_schema_check_num(PLAIN(LONG), px_num_int(INT64_MIN), &value, &err), &err);
    CHECK_EQ(px_schema_check_num(PLAIN(BOOLEAN), px_num_int(1), &value, &err), PX_INVALID);
    CHECK_EQ(px_schema_check_text(PLAIN(POINT), PX_STR("x"), &value, &err), PX_INVALID);
}

PX_TEST_MAIN()
