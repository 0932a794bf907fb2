/* SPDX-License-Identifier: Apache-2.0 */
#include "base/level.h"
#include <stdio.h>

#include "px_test.h"

static const char *level_of(px_str id)
{
    static char text[64];
    px_buf buf = { 0 };

    px_put_level(&buf, id);
    snprintf(text, sizeof(text), "%.*s", PX_FMT(px_buf_str(&buf)));
    px_buf_release(&buf);
    return text;
}

static bool reads(const char *level, const char *wanted)
{
    char room[16];
    px_str id;

    return px_level_read(px_str_c(level), room, sizeof(room), &id) &&
           px_str_eq(id, px_str_c(wanted));
}

PX_TEST(what_topics_give_a_meaning_to_is_escaped)
{
    CHECK_STR(level_of(PX_STR("press-1")), "press-1");
    CHECK_STR(level_of(PX_STR("a/b")), "a%2Fb");
    CHECK_STR(level_of(PX_STR("+")), "%2B");
    CHECK_STR(level_of(PX_STR("#")), "%23");
    CHECK_STR(level_of(PX_STR("50%")), "50%25");
    CHECK_STR(level_of(PX_STR("$SYS")), "%24SYS");
    CHECK_STR(level_of(PX_STR("a\0b")), "a%00b");
    CHECK_STR(level_of(PX_STR("é")), "é");
}

PX_TEST(a_level_has_one_spelling)
{
    CHECK(reads("press-1", "press-1"));
    CHECK(reads("a%2Fb", "a/b"));
    CHECK(reads("%2B", "+"));
    CHECK(!reads("a%2fb", "a/b")); /* lower case */
    CHECK(!reads("%61", "a"));     /* needs none */
    CHECK(!reads("50%", "50%"));
    CHECK(!reads("50%2", "50%2"));
    CHECK(!reads("+", "+"));
    CHECK(!reads("#", "#"));
    CHECK(!reads("$a", "$a"));
    CHECK(!reads("", ""));
}

PX_TEST(a_level_is_read_up_to_the_room_that_there_is)
{
    CHECK(reads("1234567890123%2F56", "1234567890123/56"));
    CHECK(!reads("1234567890123%2F567", "1234567890123/567"));
}

PX_PROP(every_id_comes_back, 2000)
{
    px_buf id = { 0 }, level = { 0 };
    char room[64];
    px_str back;

    for (size_t i = px_gen_below(gen, 40) + 1; i > 0; i--)
        px_put_char(&id, (char)px_gen_below(gen, 256));
    px_put_level(&level, px_buf_str(&id));
    CHECK(!memchr(level.ptr, '/', level.len) && !memchr(level.ptr, '+', level.len) &&
          !memchr(level.ptr, '#', level.len));
    CHECK(px_level_read(px_buf_str(&level), room, sizeof(room), &back));
    CHECK(px_str_eq(back, px_buf_str(&id)));
    px_buf_release(&id);
    px_buf_release(&level);
}

PX_TEST_MAIN()
