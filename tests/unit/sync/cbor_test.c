/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of RFC 8949, appendix A, and what is none. */
#include "sync/cbor.h"

#include <stdio.h>

#include "base/limits.h"
#include "px_test.h"

static const char *read_bytes(px_str bytes)
{
    static char told[512];
    px_buf buf;
    px_err err;

    px_buf_init(&buf, 1 << 20);
    if (px_cbor_put_json(&buf, bytes, &err) == PX_OK)
        snprintf(told, sizeof(told), "%s", buf.ptr ? buf.ptr : "");
    else
        snprintf(told, sizeof(told), "%s", err.id);
    px_buf_release(&buf);
    return told;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static const char *read_hex(const char *hex)
{
    char bytes[256];
    size_t len = 0;

    for (; *hex; hex += 2)
        bytes[len++] = (char)(digit(hex[0]) * 16 + digit(hex[1]));
    return read_bytes(px_str_of(bytes, len));
}

PX_TEST(the_examples_of_the_standard_are_read)
{
    static const char *const cases[][2] = {
        { "00", "0" },
        { "17", "23" },
        { "1818", "24" },
        { "1903e8", "1000" },
        { "1a000f4240", "1000000" },
        { "1b000000e8d4a51000", "1000000000000" },
        { "1bffffffffffffffff", "18446744073709551615" },
        { "20", "-1" },
        { "3903e7", "-1000" },
        { "f90000", "0" },
        { "f93c00", "1" },
        { "f93e00", "1.5" },
        { "f97bff", "65504" },
        { "f90001", "0.000000059604645" },
        { "fa47c35000", "100000" },
        { "fa41ab3333", "21.4" },
        { "fb3ff199999999999a", "1.1" },
        { "f97c00", "null" },
        { "f97e00", "null" },
        { "f4", "false" },
        { "f5", "true" },
        { "f6", "null" },
        { "f7", "null" },
        { "4401020304", "\"AQIDBA\"" },
        { "6161", "\"a\"" },
        { "62225c", "\"\\\"\\\\\"" },
        { "62c3bc", "\"ü\"" },
        { "80", "[]" },
        { "83010203", "[1,2,3]" },
        { "8301820203820405", "[1,[2,3],[4,5]]" },
        { "a0", "{}" },
        { "a201020304", "{\"1\":2,\"3\":4}" },
        { "a26161016162820203", "{\"a\":1,\"b\":[2,3]}" },
        { "5f42010243030405ff", "\"AQIDBAU\"" },
        { "7f657374726561646d696e67ff", "\"streaming\"" },
        { "9fff", "[]" },
        { "9f018202039f0405ffff", "[1,[2,3],[4,5]]" },
        { "bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}" },
        { "c11a514b67b0", "1363896240" },
        { "c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\"" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_STR(read_hex(cases[i][0]), cases[i][1]);
}

PX_TEST(what_is_cut_off_or_makes_no_sense_is_refused)
{
    static const char *const cases[] = { "",
                                         "18",
                                         "62",
                                         "6261",
                                         "83",
                                         "8301",
                                         "a1",
                                         "a161",
                                         "ff",
                                         "1c",
                                         "0000",
                                         "a1f4",
                                         "61ff",
                                         "7f4101ff",
                                         "9f01",
                                         "1fff",
                                         "c1",
                                         "7f7f6161ffff",
                                         "9b8000000000000000" };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_STR(read_hex(cases[i]), "cbor.form");
}

PX_TEST(arrays_go_as_deep_as_the_limit)
{
    char bytes[PX_JSON_DEPTH_MAX + 2];

    memset(bytes, 0x81, sizeof(bytes));
    bytes[PX_JSON_DEPTH_MAX] = 1;
    CHECK(read_bytes(px_str_of(bytes, PX_JSON_DEPTH_MAX + 1))[0] == '[');
    bytes[PX_JSON_DEPTH_MAX] = (char)0x81;
    bytes[PX_JSON_DEPTH_MAX + 1] = 1;
    CHECK_STR(read_bytes(px_str_of(bytes, PX_JSON_DEPTH_MAX + 2)), "cbor.depth");
}

PX_TEST_MAIN()
