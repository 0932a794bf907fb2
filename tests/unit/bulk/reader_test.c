/* SPDX-License-Identifier: Apache-2.0 */
#include "bulk/reader.h"

#include <stdio.h>

#include "base/limits.h"
#include "bulk/writer.h"
#include "px_test.h"

#define HEADER "{\"Section\":\"Header\"}\n{\"fileVersion\":\"1.0.0\",\"author\":\"a\"}\n"

/* What a reader tells of a text fed in pieces of `step` bytes, a line for each event. */
static const char *told(px_str text, size_t step)
{
    static const char *const kinds[] = { "more", "section", "line", "bad", "end" };
    static char out[4096];
    px_bulk_reader r;
    px_bulk_line line;
    px_err err = { 0 };
    px_status status = PX_OK;
    size_t len = 0;

    out[0] = '\0';
    px_bulk_reader_init(&r);
    for (size_t at = 0; status == PX_OK; at += step) {
        size_t size = at + step < text.len ? step : text.len - at;

        status = px_bulk_feed(&r, px_str_of(text.ptr + at, size), at + step >= text.len, &err);
        while (status == PX_OK && (status = px_bulk_next(&r, &line, &err)) == PX_OK &&
               line.kind != PX_BULK_MORE && line.kind != PX_BULK_END)
            len += (size_t)snprintf(out + len, sizeof(out) - len, "%s %llu %s %s\n",
                                    kinds[line.kind], (unsigned long long)line.number,
                                    px_bulk_section_name(line.section),
                                    line.kind == PX_BULK_BAD ? err.id : "");
        if (status != PX_OK)
            snprintf(out + len, sizeof(out) - len, "refused %s\n", err.id);
        else if (line.kind == PX_BULK_END)
            break;
    }
    px_bulk_reader_release(&r);
    return out;
}

#define CHECK_TOLD(text, wanted)                                                                   \
    do {                                                                                           \
        CHECK_STR(told(px_str_c(text), 1 << 20), wanted);                                          \
        CHECK_STR(told(px_str_c(text), 1), wanted);                                                \
        CHECK_STR(told(px_str_c(text), 7), wanted);                                                \
    } while (0)

PX_TEST(sections_are_told_and_their_lines_numbered_however_the_bytes_come)
{
    CHECK_TOLD(HEADER "{\"Section\":\"Models\"}\n{\"@id\":\"m\"}\n\n"
                      "{\"Section\": \"Twins\"}\r\n{\"$dtId\":\"a\"}\r\n{\"$dtId\":\"b\"}\n"
                      "{\"Section\":\"Relationships\"}\n{\"$dtId\":\"a\"}",
               "section 1 Header \nsection 3 Models \nline 4 Models \nsection 6 Twins \n"
               "line 7 Twins \nline 8 Twins \nsection 9 Relationships \nline 10 Relationships \n");
}

PX_TEST(sections_may_be_left_out_and_the_header_may_be_only_its_name)
{
    CHECK_TOLD("{\"Section\":\"Header\"}\n{\"Section\":\"Twins\"}\n{\"$dtId\":\"a\"}\n",
               "section 1 Header \nsection 2 Twins \nline 3 Twins \n");
    CHECK_TOLD("\xEF\xBB\xBF{\"Section\":\"Header\"}\n", "section 1 Header \n");
}

PX_TEST(a_file_that_is_none_is_refused)
{
    CHECK_TOLD("{\"Section\":\"Twins\"}\n", "refused bulk.header\n");
    CHECK_TOLD("a,b,c\n", "refused bulk.header\n");
    CHECK_TOLD("", "refused bulk.header\n");
    CHECK_TOLD("\n\n", "refused bulk.header\n");
    CHECK_TOLD("{\"Section\":\"Header\"}\n{\"fileVersion\":\"2.0.0\"}\n",
               "section 1 Header \nrefused bulk.version\n");
}

PX_TEST(a_section_that_is_unknown_or_late_or_comes_twice_is_told_once_and_passed_over)
{
    CHECK_TOLD(HEADER "{\"Section\":\"Twins\"}\n{\"$dtId\":\"a\"}\n{\"Section\":\"Models\"}\n"
                      "{\"@id\":\"m\"}\n{\"Section\":\"Twins\"}\n{\"$dtId\":\"b\"}\n"
                      "{\"Section\":\"Things\"}\n{}\n{\"Section\":7}\n"
                      "{\"Section\":\"Relationships\"}\n{\"$dtId\":\"a\"}\n",
               "section 1 Header \nsection 3 Twins \nline 4 Twins \nbad 5  bulk.order\n"
               "bad 7  bulk.order\nbad 9  bulk.section\nbad 11  bulk.section\n"
               "section 12 Relationships \nline 13 Relationships \n");
}

PX_TEST(a_line_that_is_too_long_is_passed_over_and_the_next_is_read)
{
    px_buf text = { 0 };

    px_put_c(&text, HEADER "{\"Section\":\"Twins\"}\n");
    for (int i = 0; i <= PX_BULK_LINE_BYTES_MAX; i++)
        px_put_char(&text, 'x');
    px_put_c(&text, "\n{\"$dtId\":\"a\"}\n");
    CHECK_STR(told(px_buf_str(&text), 100000),
              "section 1 Header \nsection 3 Twins \nbad 4 Twins bulk.line_bytes\nline 5 Twins \n");
    CHECK_STR(told(px_buf_str(&text), text.len),
              "section 1 Header \nsection 3 Twins \nbad 4 Twins bulk.line_bytes\nline 5 Twins \n");
    px_buf_release(&text);
}

PX_TEST(another_reader_goes_on_behind_a_line)
{
    static const char text[] = HEADER "{\"Section\":\"Twins\"}\n{\"$dtId\":\"a\"}\n"
                                      "{\"$dtId\":\"b\"}\n{\"Section\":\"Relationships\"}\n{}\n";
    px_bulk_reader r;
    px_bulk_line line;
    px_err err;

    px_bulk_reader_init(&r);
    CHECK_OK(px_bulk_feed(&r, px_str_c(text), true, &err), &err);
    do
        CHECK_OK(px_bulk_next(&r, &line, &err), &err);
    while (line.number < 4);
    px_bulk_reader_release(&r);

    px_bulk_reader_resume(&r, line.section, line.number, line.end);
    CHECK_OK(px_bulk_feed(&r, px_str_c(text + line.end), true, &err), &err);
    CHECK_OK(px_bulk_next(&r, &line, &err), &err);
    CHECK_EQ(line.number, 5);
    CHECK_EQ(line.section, PX_BULK_TWINS);
    CHECK(px_str_eq(line.text, PX_STR("{\"$dtId\":\"b\"}")));
    CHECK_OK(px_bulk_next(&r, &line, &err), &err);
    CHECK_EQ(line.section, PX_BULK_RELATIONSHIPS);
    CHECK_OK(px_bulk_next(&r, &line, &err), &err);
    CHECK_EQ(line.end, sizeof(text) - 1);
    px_bulk_reader_release(&r);
}

PX_TEST(what_identifies_a_thing_must_be_there)
{
    static const struct {
        px_bulk_section section;
        const char *text, *id;
    } bad[] = {
        { PX_BULK_TWINS, "{\"$dtId\":1}", "bulk.form" },
        { PX_BULK_TWINS, "[]", "bulk.form" },
        { PX_BULK_TWINS, "{\"$dtId\":\"a\\u0000\"}", "json.nul" },
        { PX_BULK_TWINS, "{\"$dtId\":\"\xFF\"}", "json.utf8" },
        { PX_BULK_TWINS, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "json.depth" },
        { PX_BULK_MODELS, "{\"$dtId\":\"a\"}", "bulk.form" },
        { PX_BULK_RELATIONSHIPS, "{\"$dtId\":\"a\"}", "bulk.form" },
    };
    px_bulk_thing thing;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQ(px_bulk_thing_read(bad[i].section, px_str_c(bad[i].text), &arena, &thing, &err),
                 PX_INVALID);
        CHECK_STR(err.id, bad[i].id);
    }
    CHECK_OK(px_bulk_thing_read(PX_BULK_RELATIONSHIPS,
                                PX_STR("{\"$dtId\":\"a\",\"$relationshipId\":\"r\"}"), &arena,
                                &thing, &err),
             &err);
    CHECK(px_str_eq(thing.id, PX_STR("a")) && px_str_eq(thing.relationship_id, PX_STR("r")));
    px_arena_release(&arena);
}

/* With a limits context of DTDL v4 schemas stand 24 deep, which is more than other documents may.
 */
PX_TEST(a_model_may_nest_as_deep_as_in_an_upload)
{
    enum { DEPTH = 100 };
    px_bulk_thing thing;
    px_buf text = { 0 };
    px_arena arena;
    px_err err;

    px_put_c(&text, "{\"@id\":\"dtmi:ex:A;1\",\"contents\":");
    for (int i = 0; i < DEPTH; i++)
        px_put_char(&text, '[');
    for (int i = 0; i < DEPTH; i++)
        px_put_char(&text, ']');
    px_put_char(&text, '}');
    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_bulk_thing_read(PX_BULK_MODELS, px_buf_str(&text), &arena, &thing, &err), &err);
    CHECK_EQ(px_bulk_thing_read(PX_BULK_TWINS, px_buf_str(&text), &arena, &thing, &err),
             PX_INVALID);
    px_arena_release(&arena);
    px_buf_release(&text);
}

PX_TEST(what_is_written_is_read)
{
    px_buf text = { 0 };

    px_put_bulk_header(&text, PX_STR("the \"author\""));
    px_put_bulk_section(&text, PX_BULK_TWINS);
    CHECK_STR(told(px_buf_str(&text), 11), "section 1 Header \nsection 3 Twins \n");
    px_buf_release(&text);
}

PX_TEST_MAIN()
