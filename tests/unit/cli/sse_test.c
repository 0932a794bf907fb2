/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sse.h"
#include "px_test.h"

static px_status keep(void *user, px_str event, px_str data, px_err *err)
{
    (void)err;
    px_putf(user, "[%.*s:%.*s]", PX_FMT(event), PX_FMT(data));
    return PX_OK;
}

static void check(const char *text, const char *wanted, const char *id)
{
    for (size_t piece = 1; piece < 20; piece += 3) {
        px_buf out = { 0 };
        px_sse sse;
        px_err err;

        px_sse_init(&sse, keep, &out);
        for (px_str rest = px_str_c(text); rest.len;) {
            px_str part = px_str_of(rest.ptr, rest.len < piece ? rest.len : piece);

            CHECK_OK(px_sse_feed(&sse, part, &err), &err);
            rest = px_str_skip(rest, part.len);
        }
        CHECK_STR(out.ptr ? out.ptr : "", wanted);
        CHECK_STR(sse.id.len ? sse.id.ptr : "", id);
        px_sse_release(&sse);
        px_buf_release(&out);
    }
}

PX_TEST(events_end_with_an_empty_line)
{
    check("id: 7\nevent: change\ndata: {\"a\":1}\n\n: still here\n\ndata:x\n\n",
          "[change:{\"a\":1}][message:x]", "7");
    check("event: change\r\ndata: 1\r\n\r\ndata: 2\r\rdata: unfinished\n", "[change:1][message:2]",
          "");
}

PX_TEST(data_may_take_several_lines)
{
    check("data: a\ndata:  b\ndata\n\n", "[message:a\n b\n]", "");
}

PX_TEST(an_event_without_data_is_none)
{
    check("event: change\n\ndata: 1\n\n", "[message:1]", "");
}

PX_TEST(an_event_is_as_long_as_the_limit_and_no_longer)
{
    px_buf out = { 0 }, line = { 0 };
    px_err err;

    for (size_t more = 0; more < 2; more++) {
        px_sse sse;

        px_sse_init(&sse, keep, &out);
        px_buf_clear(&line);
        px_put_c(&line, "data:");
        while (line.len < PX_SSE_EVENT_BYTES_MAX + more)
            px_put_char(&line, 'x');
        CHECK_EQ(px_sse_feed(&sse, px_buf_str(&line), &err), more ? PX_TOO_LARGE : PX_OK);
        px_sse_release(&sse);
    }
    px_buf_release(&line);
    px_buf_release(&out);
}

PX_TEST_MAIN()
