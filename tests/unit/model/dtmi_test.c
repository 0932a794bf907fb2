/* SPDX-License-Identifier: Apache-2.0 */
#include "model/dtmi.h"

#include "base/limits.h"
#include "base/mem.h"

#include "px_test.h"

#include <stdio.h>

static px_status parse(const char *text, px_dtmi *ret_id, px_err *ret_err)
{
    return px_dtmi_parse(px_str_c(text), ret_id, ret_err);
}

PX_TEST(reads_path_version_and_fragment)
{
    px_dtmi id;
    px_err err;

    CHECK_OK(parse("dtmi:com:acme:Pump_2;17.4#part", &id, &err), &err);
    CHECK_SLICE(id.path, "com:acme:Pump_2");
    CHECK_SLICE(id.fragment, "part");
    CHECK_EQ(id.major, 17);
    CHECK_EQ(id.minor, 4);
    CHECK_EQ(id.label_count, 3);
    CHECK(!id.is_system);
}

PX_TEST(a_version_may_be_absent)
{
    px_dtmi id;
    px_err err;

    CHECK_OK(parse("dtmi:a", &id, &err), &err);
    CHECK_EQ(id.major, 0);
    CHECK_SLICE(id.path, "a");
}

PX_TEST(a_leading_underscore_marks_a_system_identifier)
{
    px_dtmi id;
    px_err err;

    CHECK_OK(parse("dtmi:com:_contents:__x;1", &id, &err), &err);
    CHECK(id.is_system);
}

PX_TEST(names_the_missing_scheme)
{
    px_dtmi id;
    px_err err;

    CHECK_EQ(parse("urn:pump", &id, &err), PX_INVALID);
    CHECK_STR(err.text, "'urn:pump' has 'u' at character 1 where 'dtmi:' should be");
    CHECK_STR(err.id, "dtdl.invalidId");
}

PX_TEST(tells_the_column_of_the_first_bad_byte)
{
    static const struct {
        const char *text;
        uint32_t column;
    } cases[] = {
        { "dtmi:", 6 },           { "dtmi:a:;1", 8 },   { "dtmi:a_;1", 7 },
        { "dtmi:1a;1", 6 },       { "dtmi:a-b;1", 7 },  { "dtmi:a;0", 8 },
        { "dtmi:a;", 8 },         { "dtmi:a;1.0", 10 }, { "dtmi:a;1234567890", 17 },
        { "dtmi:a;1 ", 9 },       { "dtmi:a;1#", 10 },  { "dtmi:a;1.1234567", 16 },
        { "dtmi:\xc3\xa4;1", 6 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        px_dtmi id;
        px_err err;

        CHECK_EQ(parse(cases[i].text, &id, &err), PX_INVALID);
        CHECK_EQ(err.column, cases[i].column);
    }
}

PX_TEST(takes_the_longest_and_refuses_one_byte_more)
{
    static char text[PX_DTMI_BYTES_MAX + 1] = "dtmi:";
    px_dtmi id;
    px_err err;

    memset(text + 5, 'a', sizeof(text) - 5);
    CHECK_OK(px_dtmi_parse(px_str_of(text, PX_DTMI_BYTES_MAX), &id, &err), &err);
    CHECK_EQ(px_dtmi_parse(px_str_of(text, PX_DTMI_BYTES_MAX + 1), &id, &err), PX_TOO_LARGE);
}

PX_TEST(knows_the_reserved_prefixes)
{
    CHECK(px_dtmi_is_reserved(PX_STR("dtmi:dtdl:class:Interface;2")));
    CHECK(px_dtmi_is_reserved(PX_STR("dtmi:standard:x;1")));
    CHECK(!px_dtmi_is_reserved(PX_STR("dtmi:dtdlx:a;1")));
}

/* The reference parser's own identifier cases; the lines are flat enough to be read by hand. */
PX_TEST(agrees_with_every_case_of_the_reference_parser)
{
    px_str file = px_test_read_file(px_test_shared("dtdl/parser-cases/dtmi.ndjson"));
    px_str rest = file;
    size_t seen = 0;

    while (rest.len > 0) {
        px_str line = px_str_cut(&rest, '\n');
        const char *text, *valid;
        px_dtmi id;
        bool accepted;

        if (line.len == 0)
            continue;
        text = memmem(line.ptr, line.len, "\"text\": \"", 9);
        valid = memmem(line.ptr, line.len, "\"valid\": ", 9);
        CHECK(text && valid);
        text += 9;
        accepted = px_dtmi_parse(
                       px_str_of(text, (size_t)((const char *)memchr(text, '"', line.len) - text)),
                       &id, NULL) == PX_OK;
        if (accepted != (valid[9] == 't'))
            fprintf(stderr, "%.*s\n", PX_FMT(line));
        CHECK_EQ(accepted, valid[9] == 't');
        seen++;
    }
    CHECK_EQ(seen, 18);
    px_free((void *)(uintptr_t)file.ptr);
}

PX_TEST_MAIN()
