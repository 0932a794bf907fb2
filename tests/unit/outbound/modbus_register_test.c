/* SPDX-License-Identifier: Apache-2.0 */
/* Registers: what documents may say, how few requests read them, and each type in each order. */
#include "outbound/modbus_register.h"

#include <stdio.h>

#include "base/limits.h"
#include "px_test.h"

static px_arena arena;
static const px_modbus_register *list;
static size_t count;
static px_err err;

static px_status read(const char *text)
{
    px_json *json;

    px_arena_release(&arena);
    px_arena_init(&arena, 16 * 1024 * 1024);
    CHECK_OK(px_json_parse(px_str_c(text), NULL, &arena, &json, &err), &err);
    return px_modbus_registers_read(json, &arena, &list, &count, &err);
}

static void refuses(const char *text, const char *path, const char *part)
{
    CHECK_EQ(read(text), PX_INVALID);
    CHECK_STR(err.path, path);
    if (!strstr(err.text, part))
        CHECK_STR(err.text, part);
}

PX_TEST(what_makes_no_sense_is_refused_with_its_place)
{
    refuses("[]", "", "1 to 1000 registers");
    refuses("[{\"name\":\"a\"}]", "/0", "has an 'address'");
    refuses("[{\"address\":1}]", "/0", "has a 'name'");
    refuses("[{\"name\":\"a\",\"address\":65536}]", "/0/address", "from 0 to 65535");
    refuses("[{\"name\":\"a\",\"address\":65535,\"type\":\"int32\"}]", "/0",
            "behind address 65535");
    refuses("[{\"name\":\"a\",\"address\":1,\"table\":\"holdings\"}]", "/0/table",
            "coil, discrete");
    refuses("[{\"name\":\"a\",\"address\":1,\"type\":\"word\"}]", "/0/type", "bool, int16");
    refuses("[{\"name\":\"a\",\"address\":1,\"order\":\"ACBD\"}]", "/0/order", "ABCD, CDAB");
    refuses("[{\"name\":\"a\",\"address\":1,\"table\":\"coil\",\"type\":\"int16\"}]", "/0",
            "of type bool");
    refuses("[{\"name\":\"a\",\"address\":1,\"bit\":3}]", "/0", "'bit' is of a bool");
    refuses("[{\"name\":\"a\",\"address\":1,\"type\":\"string\"}]", "/0", "has a 'length'");
    refuses("[{\"name\":\"a\",\"address\":1,\"type\":\"bool\",\"scale\":2}]", "/0", "of numbers");
    refuses("[{\"name\":\"a\",\"address\":1,\"scale\":0}]", "/0", "'scale' is not 0");
    refuses("[{\"name\":\"a\",\"address\":1,\"scal\":2}]", "/0/scal",
            "a register has no 'scal'; did you mean 'scale'?");
    refuses("[{\"name\":\"a\",\"address\":1},{\"name\":\"a\",\"address\":2}]", "/1",
            "two registers are called 'a'");
    refuses("[{\"name\":\"a\",\"address\":1,\"write\":{\"twin\":\"t\",\"property\":\"p\"}},{"
            "\"name\":\"b\","
            "\"address\":2,\"write\":{\"twin\":\"t\",\"property\":\"p\"}}]",
            "/1", "register 'a' is written by the same property");
    refuses(
        "[{\"name\":\"a\",\"address\":1,\"type\":\"string\",\"length\":5,\"write\":{\"twin\":\"t\","
        "\"property\":\"p\"}}]",
        "/0/write", "half a register cannot be written");
    refuses("[{\"name\":\"a\",\"address\":1,\"table\":\"input\",\"write\":{\"twin\":\"t\","
            "\"property\":\"p\"}}]",
            "/0/write", "only coils and holding");
    refuses("[{\"name\":\"a\",\"address\":1,\"write\":{\"twin\":\"t\"}}]", "/0/write",
            "{\"twin\":T,\"property\":P}");
    px_arena_release(&arena);
}

PX_TEST(a_connection_has_as_many_registers_as_the_limit)
{
    for (int more = 0; more < 2; more++) {
        px_buf text = { 0 };

        for (int i = 0; i < PX_MODBUS_REGISTERS_MAX + more; i++)
            px_putf(&text, "%s{\"name\":\"r%d\",\"address\":%d}", i ? "," : "[", i, i);
        px_put_c(&text, "]");
        px_put_char(&text, '\0');
        CHECK_EQ(read(text.ptr), more ? PX_INVALID : PX_OK);
        px_buf_release(&text);
    }
    px_arena_release(&arena);
}

/* ---- blocks ---- */

static const char *blocks_of(const char *text, uint16_t gap)
{
    static char told[512];
    const px_modbus_register **sorted;
    px_modbus_block *blocks;
    size_t block_count, len = 0;

    CHECK_OK(read(text), &err);
    CHECK_OK(px_modbus_blocks_make(list, count, gap, &arena, &sorted, &blocks, &block_count, &err),
             &err);
    told[0] = '\0';
    for (size_t i = 0; i < block_count; i++)
        len += (size_t)snprintf(told + len, sizeof(told) - len, "%s%s %u+%u:%zu", i ? ", " : "",
                                px_modbus_table_name(blocks[i].table), (unsigned)blocks[i].address,
                                (unsigned)blocks[i].count, blocks[i].registers);
    return told;
}

#define R(name, address, more) "{\"name\":\"" name "\",\"address\":" #address more "}"

PX_TEST(neighbours_are_read_by_one_request)
{
#define INT32 ",\"type\":\"int32\""
    CHECK_STR(blocks_of("[" R("b", 12, INT32) "," R("a", 10, INT32) "," R("c", 14, "") "]", 0),
              "holding 10+5:3");
    CHECK_STR(blocks_of("[" R("a", 10, "") "," R("b", 12, "") "]", 0),
              "holding 10+1:1, holding 12+1:1");
    CHECK_STR(blocks_of("[" R("a", 10, "") "," R("b", 12, "") "]", 1), "holding 10+3:2");
    CHECK_STR(blocks_of("[" R("a", 10, "") "," R("b", 13, "") "]", 1),
              "holding 10+1:1, holding 13+1:1");
    /* two names for one register, and one inside another */
    CHECK_STR(blocks_of("[" R("a", 10, INT32) "," R("b", 10, "") "," R("c", 11, "") "]", 0),
              "holding 10+2:3");
    /* tables are apart */
    CHECK_STR(blocks_of("[" R("a", 1, ",\"table\":\"input\"") "," R("b", 2, "") "," R(
                            "c", 3, ",\"table\":\"coil\"") "]",
                        9),
              "coil 3+1:1, holding 2+1:1, input 1+1:1");
    px_arena_release(&arena);
}

PX_TEST(a_request_reads_as_much_as_the_limit_and_no_more)
{
    CHECK_STR(blocks_of("[" R("a", 0, "") "," R("b", 124, "") "]", 125), "holding 0+125:2");
    CHECK_STR(blocks_of("[" R("a", 0, "") "," R("b", 125, "") "]", 125),
              "holding 0+1:1, holding 125+1:1");
    CHECK_STR(blocks_of("[" R("a", 0, "") "," R("b", 124, INT32) "]", 125),
              "holding 0+1:1, holding 124+2:1");
#define BIT ",\"table\":\"discrete\""
    CHECK_STR(blocks_of("[" R("a", 0, BIT) "," R("b", 1999, BIT) "]", 2000), "discrete 0+2000:2");
    CHECK_STR(blocks_of("[" R("a", 0, BIT) "," R("b", 2000, BIT) "]", 2000),
              "discrete 0+1:1, discrete 2000+1:1");
    px_arena_release(&arena);
}

/* ---- values ---- */

/* The value in the bytes, as JSON, or the id of what is wrong. */
static const char *value_of(const char *form, const void *bytes)
{
    static char told[64];
    char text[256];
    px_value value;
    px_buf buf = { 0 };

    snprintf(text, sizeof(text), "[{\"name\":\"r\",\"address\":40%s%s}]", form[0] ? "," : "", form);
    CHECK_OK(read(text), &err);
    if (px_modbus_value_get(&list[0], bytes, 40, &arena, &value, &err) != PX_OK)
        return err.id;
    px_put_json_value(&buf, value);
    snprintf(told, sizeof(told), "%.*s", PX_FMT(px_buf_str(&buf)));
    px_buf_release(&buf);
    return told;
}

PX_TEST(each_type_is_read_in_each_order)
{
    static const struct {
        const char *type, *value;
        const char *bytes[PX_MODBUS_ORDER_COUNT];
    } cases[] = {
        { "int16", "-2", { "\xff\xfe", "\xff\xfe", "\xfe\xff", "\xfe\xff" } },
        { "uint16", "65534", { "\xff\xfe", "\xff\xfe", "\xfe\xff", "\xfe\xff" } },
        { "int32",
          "-16909061",
          { "\xfe\xfd\xfc\xfb", "\xfc\xfb\xfe\xfd", "\xfd\xfe\xfb\xfc", "\xfb\xfc\xfd\xfe" } },
        { "uint32",
          "4278058235",
          { "\xfe\xfd\xfc\xfb", "\xfc\xfb\xfe\xfd", "\xfd\xfe\xfb\xfc", "\xfb\xfc\xfd\xfe" } },
        { "float32",
          "21.4",
          { "\x41\xab\x33\x33", "\x33\x33\x41\xab", "\xab\x41\x33\x33", "\x33\x33\xab\x41" } },
        { "int64",
          "-72623859790382856",
          { "\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf8", "\xf8\xf8\xfa\xf9\xfc\xfb\xfe\xfd",
            "\xfd\xfe\xfb\xfc\xf9\xfa\xf8\xf8", "\xf8\xf8\xf9\xfa\xfb\xfc\xfd\xfe" } },
        { "uint64",
          "18374120213919168760",
          { "\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf8", "\xf8\xf8\xfa\xf9\xfc\xfb\xfe\xfd",
            "\xfd\xfe\xfb\xfc\xf9\xfa\xf8\xf8", "\xf8\xf8\xf9\xfa\xfb\xfc\xfd\xfe" } },
        { "float64",
          "-0.1",
          { "\xbf\xb9\x99\x99\x99\x99\x99\x9a", "\x99\x9a\x99\x99\x99\x99\xbf\xb9",
            "\xb9\xbf\x99\x99\x99\x99\x9a\x99", "\x9a\x99\x99\x99\x99\x99\xb9\xbf" } },
        { "bool", "true", { "\x00\x01", "\x00\x01", "\x01\x00", "\x01\x00" } },
    };
    static const char *const orders[] = { "ABCD", "CDAB", "BADC", "DCBA" };
    char form[64];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t k = 0; k < PX_MODBUS_ORDER_COUNT; k++) {
            snprintf(form, sizeof(form), "\"type\":\"%s\",\"order\":\"%s\"", cases[i].type,
                     orders[k]);
            CHECK_STR(value_of(form, cases[i].bytes[k]), cases[i].value);
        }
    px_arena_release(&arena);
}

PX_TEST(values_are_exact)
{
    CHECK_STR(value_of("\"type\":\"int16\",\"scale\":0.1,\"offset\":-40", "\x00\xd6"), "-18.6");
    CHECK_STR(value_of("\"type\":\"uint64\",\"scale\":0.001", "\x00\x00\x00\x00\x00\x00\x04\xd2"),
              "1.234");
    CHECK_STR(value_of("\"type\":\"float32\"", "\x3d\xcc\xcc\xcd"), "0.1");
    CHECK_STR(value_of("\"type\":\"float32\"", "\x00\x00\x00\x01"), "1e-45");
    CHECK_STR(value_of("\"type\":\"float32\"", "\x7f\x7f\xff\xff"), "3.4028235e38");
    CHECK_STR(value_of("\"type\":\"float64\",\"scale\":0.1", "\x40\x35\x66\x66\x66\x66\x66\x66"),
              "2.14");
    CHECK_STR(value_of("\"type\":\"bool\",\"bit\":15", "\x80\x00"), "true");
    CHECK_STR(value_of("\"type\":\"bool\",\"bit\":0", "\x80\x00"), "false");
    px_arena_release(&arena);
}

PX_TEST(what_is_no_value_is_told)
{
    CHECK_STR(value_of("\"type\":\"float32\"", "\x7f\xc0\x00\x00"), "modbus.nan");
    CHECK_STR(value_of("\"type\":\"float32\"", "\xff\x80\x00\x00"), "modbus.nan");
    CHECK_STR(value_of("\"type\":\"float64\"", "\x7f\xf0\x00\x00\x00\x00\x00\x00"), "modbus.nan");
    CHECK_STR(value_of("\"type\":\"string\",\"length\":4", "\xff\xfe\x41\x41"), "modbus.text");
    px_arena_release(&arena);
}

PX_TEST(texts_end_at_a_nul_or_with_blanks)
{
    CHECK_STR(value_of("\"type\":\"string\",\"length\":4", "ab\0c"), "\"ab\"");
    CHECK_STR(value_of("\"type\":\"string\",\"length\":4", "ab  "), "\"ab\"");
    CHECK_STR(value_of("\"type\":\"string\",\"length\":4,\"order\":\"BADC\"", "badc"), "\"abcd\"");
    CHECK_STR(value_of("\"type\":\"string\",\"length\":4", "\0\0\0\0"), "\"\"");
    CHECK_STR(value_of("\"type\":\"string\",\"length\":3", "abcX"), "\"abc\"");
    CHECK_STR(value_of("\"type\":\"string\",\"length\":3,\"order\":\"BADC\"", "baXc"), "\"abc\"");
    px_arena_release(&arena);
}

PX_TEST(bits_are_found_in_their_bytes)
{
    px_value value;

    CHECK_OK(read("[{\"name\":\"a\",\"address\":50,\"table\":\"coil\"}]"), &err);
    CHECK_OK(px_modbus_value_get(&list[0], (const uint8_t *)"\x00\x04", 40, &arena, &value, &err),
             &err);
    CHECK(value.kind == PX_VALUE_BOOL && value.boolean);
    CHECK_OK(px_modbus_value_get(&list[0], (const uint8_t *)"\xff\xfb", 40, &arena, &value, &err),
             &err);
    CHECK(!value.boolean);
    px_arena_release(&arena);
}

/* ---- writing ---- */

static const char *put(const char *form, const char *json)
{
    static char told[64];
    uint8_t bytes[250];
    char text[256];
    px_json *node;
    px_value value;

    snprintf(text, sizeof(text), "[{\"name\":\"r\",\"address\":4,%s}]", form);
    CHECK_OK(read(text), &err);
    CHECK_OK(px_json_parse(px_str_c(json), NULL, &arena, &node, &err), &err);
    value = node->type == PX_JSON_NUMBER   ? px_value_num(node->num)
            : node->type == PX_JSON_STRING ? px_value_text(node->text)
                                           : px_value_bool(node->type == PX_JSON_TRUE);
    if (px_modbus_value_put(&list[0], value, bytes, &err) != PX_OK)
        return err.id;
    for (size_t i = 0; i < (size_t)list[0].count * 2; i++)
        snprintf(told + 2 * i, sizeof(told) - 2 * i, "%02x", (unsigned)bytes[i]);
    return told;
}

PX_TEST(what_is_written_is_what_would_be_read)
{
    CHECK_STR(put("\"type\":\"int16\",\"scale\":0.1,\"offset\":-40", "-18.6"), "00d6");
    CHECK_STR(put("\"type\":\"int16\",\"scale\":0.1,\"offset\":-40", "-18.60"), "00d6");
    CHECK_STR(put("\"type\":\"int32\",\"order\":\"DCBA\"", "-16909061"), "fbfcfdfe");
    CHECK_STR(put("\"type\":\"float32\",\"order\":\"CDAB\"", "21.4"), "333341ab");
    CHECK_STR(put("\"type\":\"float64\",\"order\":\"BADC\"", "-0.1"), "b9bf999999999a99");
    CHECK_STR(put("\"type\":\"uint64\"", "18374120213919168760"), "fefdfcfbfaf9f8f8");
    CHECK_STR(put("\"type\":\"bool\"", "true"), "0001");
    CHECK_STR(put("\"type\":\"string\",\"length\":4", "\"ab\""), "61620000");
    px_arena_release(&arena);
}

PX_TEST(a_register_takes_its_whole_range_and_no_more)
{
    CHECK_STR(put("\"type\":\"int16\"", "-32768"), "8000");
    CHECK_STR(put("\"type\":\"int16\"", "-32769"), "modbus.range");
    CHECK_STR(put("\"type\":\"int16\"", "32767"), "7fff");
    CHECK_STR(put("\"type\":\"int16\"", "32768"), "modbus.range");
    CHECK_STR(put("\"type\":\"uint16\"", "65535"), "ffff");
    CHECK_STR(put("\"type\":\"uint16\"", "65536"), "modbus.range");
    CHECK_STR(put("\"type\":\"uint16\"", "-1"), "modbus.range");
    CHECK_STR(put("\"type\":\"int32\"", "2147483648"), "modbus.range");
    CHECK_STR(put("\"type\":\"uint32\"", "4294967296"), "modbus.range");
    CHECK_STR(put("\"type\":\"int64\"", "9223372036854775807"), "7fffffffffffffff");
    CHECK_STR(put("\"type\":\"int64\"", "9223372036854775808"), "modbus.range");
    CHECK_STR(put("\"type\":\"uint64\"", "18446744073709551615"), "ffffffffffffffff");
    CHECK_STR(put("\"type\":\"float32\"", "1e39"), "modbus.range");
    CHECK_STR(put("\"type\":\"int16\"", "1.5"), "modbus.step");
    CHECK_STR(put("\"type\":\"int16\",\"scale\":0.1", "0.25"), "modbus.step");
    CHECK_STR(put("\"type\":\"int16\"", "\"1\""), "modbus.type");
    CHECK_STR(put("\"type\":\"bool\"", "1"), "modbus.type");
    CHECK_STR(put("\"type\":\"string\",\"length\":2", "\"abc\""), "modbus.range");
    px_arena_release(&arena);
}

PX_TEST(a_write_is_as_long_as_the_limit_and_no_longer)
{
#define WRITE ",\"write\":{\"twin\":\"t\",\"property\":\"p\"}}]"
    CHECK_EQ(read("[{\"name\":\"a\",\"address\":1,\"type\":\"string\",\"length\":246" WRITE),
             PX_OK);
    CHECK_EQ(list[0].count, PX_MODBUS_WRITE_REGISTERS_MAX);
    refuses("[{\"name\":\"a\",\"address\":1,\"type\":\"string\",\"length\":247" WRITE, "/0/write",
            "246 bytes");
    px_arena_release(&arena);
}

PX_TEST_MAIN()
