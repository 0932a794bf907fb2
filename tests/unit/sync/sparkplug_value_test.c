/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug_value.h"

#include <math.h>

#include "base/mem.h"
#include "model/model.h"
#include "px_test.h"

static const char model_text[] =
    "{\"@context\":\"dtmi:dtdl:context;4\",\"@id\":\"dtmi:test:All;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"i\",\"schema\":\"integer\"},"
    "{\"@type\":\"Property\",\"name\":\"l\",\"schema\":\"long\"},"
    "{\"@type\":\"Property\",\"name\":\"u\",\"schema\":\"unsignedLong\"},"
    "{\"@type\":\"Property\",\"name\":\"d\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"b\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Property\",\"name\":\"s\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"t\",\"schema\":\"dateTime\"},"
    "{\"@type\":\"Property\",\"name\":\"y\",\"schema\":\"bytes\"},"
    "{\"@type\":\"Property\",\"name\":\"ad\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
    "\"double\"}},"
    "{\"@type\":\"Property\",\"name\":\"as\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
    "\"string\"}},"
    "{\"@type\":\"Property\",\"name\":\"ab\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
    "\"boolean\"}}]}";

typedef struct desk {
    px_model_set set;
    px_arena arena;
    px_value value;
    px_err err;
} desk;

static void open_desk(desk *d)
{
    *d = (desk){ 0 };
    CHECK_OK(px_models_parse(px_str_c(model_text), NULL, &d->set, &d->err), &d->err);
    px_arena_init(&d->arena, 1 << 20);
}

static void close_desk(desk *d)
{
    px_arena_release(&d->arena);
    px_model_set_release(&d->set);
}

static px_status check(desk *d, const char *name, uint32_t type, px_spark_metric m)
{
    const px_field *field =
        px_layout_find(px_model_layout(d->set.models[0]), PX_NO_COMPONENT, px_str_c(name));

    CHECK(field != NULL);
    return px_spark_value(&m, type, field->schema, &d->arena, &d->value, &d->err);
}

/* The value as it would be written. */
static void gives(desk *d, const char *name, uint32_t type, px_spark_metric m, const char *wanted)
{
    px_buf text = { 0 };

    CHECK_OK(check(d, name, type, m), &d->err);
    if (d->value.kind == PX_VALUE_NUM)
        px_put_num(&text, d->value.num);
    else if (d->value.kind == PX_VALUE_BOOL)
        px_put_c(&text, d->value.boolean ? "true" : "false");
    else
        px_put(&text, d->value.text);
    CHECK_SLICE(px_buf_str(&text), wanted);
    px_buf_release(&text);
}

static void refuses(desk *d, const char *name, uint32_t type, px_spark_metric m, const char *id)
{
    CHECK_EQ(check(d, name, type, m), PX_INVALID);
    CHECK_STR(d->err.id, id);
}

#define INT(v) ((px_spark_metric){ .form = PX_SPARK_FORM_INT, .whole = (v) })
#define LONG(v) ((px_spark_metric){ .form = PX_SPARK_FORM_LONG, .whole = (v) })
#define FLOAT(v) ((px_spark_metric){ .form = PX_SPARK_FORM_FLOAT, .real = (double)(v) })
#define DOUBLE(v) ((px_spark_metric){ .form = PX_SPARK_FORM_DOUBLE, .real = (v) })
#define BOOL(v) ((px_spark_metric){ .form = PX_SPARK_FORM_BOOL, .whole = (v) })
#define TEXT(v) ((px_spark_metric){ .form = PX_SPARK_FORM_STRING, .bytes = PX_STR(v) })
#define BYTES(v) ((px_spark_metric){ .form = PX_SPARK_FORM_BYTES, .bytes = PX_STR(v) })

PX_TEST(whole_numbers_have_their_signs_and_ranges)
{
    desk d;

    open_desk(&d);
    gives(&d, "i", PX_SPARK_Int8, INT(UINT32_C(0xFFFFFF80)), "-128");
    refuses(&d, "i", PX_SPARK_Int8, INT(UINT32_C(0xFFFFFF7F)), "sparkplug.range");
    gives(&d, "i", PX_SPARK_Int8, INT(127), "127");
    refuses(&d, "i", PX_SPARK_Int8, INT(128), "sparkplug.range");
    gives(&d, "i", PX_SPARK_Int16, INT(UINT32_C(0xFFFF8000)), "-32768");
    refuses(&d, "i", PX_SPARK_Int16, INT(32768), "sparkplug.range");
    gives(&d, "i", PX_SPARK_Int32, INT(UINT32_C(0x80000000)), "-2147483648");
    gives(&d, "i", PX_SPARK_Int32, LONG((uint64_t)INT64_C(-5)), "-5");
    refuses(&d, "i", PX_SPARK_Int32, LONG(UINT64_C(0x80000000)), "sparkplug.range");
    gives(&d, "l", PX_SPARK_Int64, LONG(UINT64_C(1) << 63), "-9223372036854775808");
    gives(&d, "i", PX_SPARK_UInt8, INT(255), "255");
    refuses(&d, "i", PX_SPARK_UInt8, INT(256), "sparkplug.range");
    refuses(&d, "i", PX_SPARK_UInt16, INT(65536), "sparkplug.range");
    gives(&d, "l", PX_SPARK_UInt32, INT(UINT32_MAX), "4294967295");
    gives(&d, "l", PX_SPARK_UInt32, LONG(UINT32_MAX), "4294967295");
    refuses(&d, "l", PX_SPARK_UInt32, LONG(UINT64_C(1) << 32), "sparkplug.range");
    gives(&d, "u", PX_SPARK_UInt64, LONG(UINT64_MAX), "18446744073709551615");
    close_desk(&d);
}

PX_TEST(floats_have_the_fewest_decimals)
{
    desk d;

    open_desk(&d);
    gives(&d, "d", PX_SPARK_Float, FLOAT(20.1f), "20.1");
    gives(&d, "d", PX_SPARK_Float, FLOAT(-0.3f), "-0.3");
    gives(&d, "d", PX_SPARK_Float, FLOAT(5.0f), "5");
    gives(&d, "d", PX_SPARK_Float, FLOAT(16777216.0f), "16777216");
    gives(&d, "d", PX_SPARK_Float, FLOAT(0.0f), "0");
    gives(&d, "d", PX_SPARK_Float, FLOAT(21.4f), "21.4");
    gives(&d, "d", PX_SPARK_Float, FLOAT(0.001234567f), "0.001234567");
    gives(&d, "d", PX_SPARK_Float, FLOAT(-1e-10f), "-0.0000000001");
    gives(&d, "d", PX_SPARK_Float, FLOAT(3.4028235e38f), "3.4028235e38");
    gives(&d, "d", PX_SPARK_Float, FLOAT(1e20f), "1e20");
    gives(&d, "d", PX_SPARK_Double, DOUBLE(21.4), "21.4");
    gives(&d, "d", PX_SPARK_Double, DOUBLE(1e300), "1e300");
    refuses(&d, "d", PX_SPARK_Double, DOUBLE((double)NAN), "sparkplug.range");
    refuses(&d, "d", PX_SPARK_Float, FLOAT((float)INFINITY), "sparkplug.range");
    close_desk(&d);
}

/* Whatever the decimals, the same float comes back. */
PX_TEST(every_float_comes_back_as_itself)
{
    desk d;

    open_desk(&d);
    for (uint32_t bits = 1; bits < UINT32_C(0x7F800000); bits += 65521 * 13) {
        float value, back;

        memcpy(&value, &bits, sizeof(value));
        CHECK_OK(check(&d, "d", PX_SPARK_Float, FLOAT(value)), &d.err);
        back = (float)px_num_to_double(d.value.num);
        CHECK_EQ(memcmp(&back, &value, sizeof(value)), 0);
    }
    close_desk(&d);
}

PX_TEST(texts_times_and_bytes)
{
    desk d;

    open_desk(&d);
    gives(&d, "b", PX_SPARK_Boolean, BOOL(1), "true");
    gives(&d, "s", PX_SPARK_String, TEXT("läuft"), "läuft");
    gives(&d, "s", PX_SPARK_Text, TEXT("text"), "text");
    gives(&d, "s", PX_SPARK_UUID, TEXT("e1"), "e1");
    gives(&d, "t", PX_SPARK_DateTime, LONG(UINT64_C(1767225600123)), "2026-01-01T00:00:00.123Z");
    gives(&d, "l", PX_SPARK_DateTime, LONG(UINT64_C(1767225600123)), "1767225600123");
    gives(&d, "y", PX_SPARK_Bytes, BYTES("a\0b"), "YQBi");
    gives(&d, "y", PX_SPARK_File, BYTES(""), "");
    close_desk(&d);
}

PX_TEST(arrays_are_arrays)
{
    desk d;

    open_desk(&d);
    gives(&d, "ad", PX_SPARK_Int8Array, BYTES("\xff\x01"), "[-1,1]");
    gives(&d, "ad", PX_SPARK_Int16Array, BYTES("\xfe\xff\x00\x01"), "[-2,256]");
    gives(&d, "ad", PX_SPARK_Int32Array, BYTES("\xfd\xff\xff\xff"), "[-3]");
    gives(&d, "ad", PX_SPARK_Int64Array, BYTES("\xfc\xff\xff\xff\xff\xff\xff\xff"), "[-4]");
    gives(&d, "ad", PX_SPARK_UInt8Array, BYTES("\xff\x01"), "[255,1]");
    gives(&d, "ad", PX_SPARK_UInt16Array, BYTES("\xfe\xff"), "[65534]");
    gives(&d, "ad", PX_SPARK_UInt32Array, BYTES("\xff\xff\xff\xff"), "[4294967295]");
    gives(&d, "ad", PX_SPARK_UInt64Array, BYTES("\1\0\0\0\0\0\0\0"), "[1]");
    gives(&d, "ad", PX_SPARK_FloatArray, BYTES("\xcd\xcc\xa0\x41"), "[20.1]");
    gives(&d, "ad", PX_SPARK_DoubleArray, BYTES("\0\0\0\0\0\0\xf8\x3f"), "[1.5]");
    gives(&d, "ad", PX_SPARK_DoubleArray, BYTES(""), "[]");
    gives(&d, "ab", PX_SPARK_BooleanArray, BYTES("\x09\0\0\0\xa0\x80"),
          "[true,false,true,false,false,false,false,false,true]");
    gives(&d, "as", PX_SPARK_StringArray, BYTES("ab\0\0c\"\0"), "[\"ab\",\"\",\"c\\\"\"]");
    gives(&d, "as", PX_SPARK_DateTimeArray, BYTES("\0\0\0\0\0\0\0\0"),
          "[\"1970-01-01T00:00:00Z\"]");
    refuses(&d, "ad", PX_SPARK_Int16Array, BYTES("\1"), "sparkplug.type");
    refuses(&d, "ab", PX_SPARK_BooleanArray, BYTES("\x09\0\0\0\xa0"), "sparkplug.type");
    refuses(&d, "ab", PX_SPARK_BooleanArray, BYTES("\x01\0"), "sparkplug.type");
    refuses(&d, "as", PX_SPARK_StringArray, BYTES("ab"), "sparkplug.type");
    refuses(&d, "as", PX_SPARK_StringArray, BYTES("\xff\0"), "sparkplug.type");
    refuses(&d, "as", PX_SPARK_DateTimeArray, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
            "sparkplug.type");
    close_desk(&d);
}

PX_TEST(a_value_in_another_form_than_its_type_is_refused)
{
    desk d;

    open_desk(&d);
    refuses(&d, "i", PX_SPARK_Int32, DOUBLE(1), "sparkplug.type");
    refuses(&d, "d", PX_SPARK_Float, DOUBLE(1), "sparkplug.type");
    refuses(&d, "d", PX_SPARK_Double, INT(1), "sparkplug.type");
    refuses(&d, "b", PX_SPARK_Boolean, INT(1), "sparkplug.type");
    refuses(&d, "s", PX_SPARK_String, BYTES("x"), "sparkplug.type");
    refuses(&d, "t", PX_SPARK_DateTime, TEXT("now"), "sparkplug.type");
    refuses(&d, "y", PX_SPARK_Bytes, TEXT("x"), "sparkplug.type");
    refuses(&d, "ad", PX_SPARK_DoubleArray, TEXT("x"), "sparkplug.type");
    for (uint32_t type = 0; type < 2; type++) {
        refuses(&d, "s", type ? PX_SPARK_DataSet : PX_SPARK_Template, BYTES(""), "sparkplug.type");
        refuses(&d, "s", type ? PX_SPARK_PropertySet : UINT32_MAX, BYTES(""), "sparkplug.type");
    }
    close_desk(&d);
}

/* The model has the last word. */
PX_TEST(a_value_that_the_model_does_not_take_is_refused_by_it)
{
    desk d;

    open_desk(&d);
    CHECK_EQ(check(&d, "s", PX_SPARK_Int32, INT(1)), PX_INVALID);
    CHECK_EQ(check(&d, "i", PX_SPARK_Double, DOUBLE(1.5)), PX_INVALID);
    CHECK_EQ(check(&d, "b", PX_SPARK_String, TEXT("true")), PX_INVALID);
    CHECK_EQ(check(&d, "i", PX_SPARK_UInt32, INT(UINT32_MAX)), PX_INVALID);
    close_desk(&d);
}

PX_TEST_MAIN()
