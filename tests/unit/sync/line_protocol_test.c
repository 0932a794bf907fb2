/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/line_protocol.h"

#include <stdio.h>

#include "base/limits.h"
#include "px_test.h"

static px_err err;

static const char *read_line(const char *line)
{
    static char told[1024];
    px_buf buf;

    px_buf_init(&buf, 1 << 20);
    if (px_line_put_json(&buf, px_str_c(line), 1, &err) == PX_OK)
        snprintf(told, sizeof(told), "%s", buf.ptr);
    else
        snprintf(told, sizeof(told), "%u: %s", err.column, err.text);
    px_buf_release(&buf);
    return told;
}

PX_TEST(lines_are_read_with_tags_fields_and_time)
{
    CHECK_STR(read_line("weather,city=Bern,dry=t temp=21.40,n=7i,u=8u,on=T,off=false,"
                        "s=\"a \\\"b\\\" c\" 1465839830100400200"),
              "{\"measurement\":\"weather\",\"tags\":{\"city\":\"Bern\",\"dry\":\"t\"},\"fields\":{"
              "\"temp\":21.40,\"n\":7,\"u\":8,\"on\":true,\"off\":false,\"s\":\"a \\\"b\\\" c\"},"
              "\"time\":\"2016-06-13T17:43:50.1004002Z\"}");
    CHECK_STR(read_line("m f=1"), "{\"measurement\":\"m\",\"tags\":{},\"fields\":{\"f\":1}}");
    CHECK_STR(read_line("my\\ m\\,1,t\\=g=v\\ w f\\,x=-1e3"),
              "{\"measurement\":\"my m,1\",\"tags\":{\"t=g\":\"v w\"},\"fields\":{\"f,x\":-1e3}}");
    CHECK_STR(read_line("m f=\"a\nb=c d\""),
              "{\"measurement\":\"m\",\"tags\":{},\"fields\":{\"f\":\"a\\nb=c d\"}}");
}

PX_TEST(what_is_wrong_is_told_with_its_column)
{
    static const char *const cases[][2] = {
        { "", "1: there is no measurement" },
        { "m", "2: there are no fields" },
        { "m,t f=1", "4: a tag has no value" },
        { "m,=v f=1", "3: a tag has no name" },
        { "m f", "4: a field has no value" },
        { "m f=", "5: a value is neither" },
        { "m f=abc", "5: a value is neither" },
        { "m f=1x", "5: a value is neither" },
        { "m f=1.5i", "5: a value is neither" },
        { "m f=1e999", "5: a value is neither" },
        { "m f=\"x", "7: a text has no end" },
        { "m f=\"x\"y", "8: something stands" },
        { "m f=1 now", "6: the time is no" },
        { "m f=1 -5", "6: the time is no" },
        { "m f=1 99999999999999999999", "6: the time is no" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *told = read_line(cases[i][0]);

        if (strncmp(told, cases[i][1], strlen(cases[i][1])) != 0)
            fail_msg("'%s': %s", cases[i][0], told);
    }
}

PX_TEST(lines_are_numbered_and_comments_passed_over)
{
    px_lines lines = { .rest = PX_STR(
                           "# head\n\na f=1\r\nb f=\"x\ny\"\nc f=\"open\nd f=2\ne \\\"\nf") };
    px_str line;

    CHECK(px_line_next(&lines, &line));
    CHECK_SLICE(line, "a f=1");
    CHECK_EQ(lines.number, 3);
    CHECK(px_line_next(&lines, &line));
    CHECK_SLICE(line, "b f=\"x\ny\"");
    CHECK(px_line_next(&lines, &line));
    CHECK_SLICE(line, "c f=\"open");
    CHECK(px_line_next(&lines, &line));
    CHECK_SLICE(line, "d f=2");
    CHECK(px_line_next(&lines, &line));
    CHECK_SLICE(line, "e \\\"");
    CHECK(px_line_next(&lines, &line));
    CHECK_SLICE(line, "f");
    CHECK(!px_line_next(&lines, &line));
}

static const char *with_fields(int count)
{
    static char text[PX_JSON_KEYS_MAX * 8 + 64];
    static char told[128];
    size_t len = (size_t)snprintf(text, sizeof(text), "m ");

    for (int i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sf%d=1", i ? "," : "", i);
    snprintf(told, sizeof(told), "%.28s", read_line(text));
    return told;
}

PX_TEST(a_line_has_as_many_fields_as_the_limit)
{
    CHECK_STR(with_fields(PX_JSON_KEYS_MAX), "{\"measurement\":\"m\",\"tags\":{}");
    CHECK(strstr(with_fields(PX_JSON_KEYS_MAX + 1), "there are too many") != NULL);
}

PX_TEST_MAIN()
