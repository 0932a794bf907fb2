/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "px_test.h"

PX_TEST(every_status_has_a_code_a_meaning_and_its_numbers)
{
    for (int s = 0; s < PX_STATUS_COUNT; s++) {
        px_status status = (px_status)s;

        CHECK(*px_status_code(status) && *px_status_meaning(status));
        CHECK(status == PX_OK ? px_status_http(status) == 200 : px_status_http(status) >= 400);
        CHECK_EQ(px_status_exit(status) == 0, status == PX_OK);
        for (int other = 0; other < s; other++)
            CHECK(strcmp(px_status_code(status), px_status_code((px_status)other)) != 0);
    }
    CHECK_EQ(px_status_exit(PX_CORRUPT), 9);
    CHECK_EQ(px_status_http(PX_CORRUPT), 500);
}

PX_TEST(a_copy_that_keeps_less_ends_with_a_whole_letter)
{
    char text[4];
    px_err err;

    px_fail(&err, PX_INVALID, "ab");
    px_err_copy(&err, text, sizeof(text));
    CHECK_STR(text, "ab");
    px_fail(&err, PX_INVALID, "ab\xc3\xa9");
    px_err_copy(&err, text, sizeof(text));
    CHECK_STR(text, "ab");
    px_fail(&err, PX_INVALID, "a\xc3\xa9z");
    px_err_copy(&err, text, sizeof(text));
    CHECK_STR(text, "a\xc3\xa9");
}

PX_TEST(a_failure_gives_its_status_and_clears_the_place)
{
    px_err err = { .line = 7, .column = 9, .path = "/old", .id = "old" };

    CHECK_EQ(px_fail(&err, PX_LIMIT, "at most %d", 3), PX_LIMIT);
    CHECK_STR(err.text, "at most 3");
    CHECK_STR(err.id, "");
    CHECK(err.status == PX_LIMIT && err.line == 0 && err.column == 0 && err.path[0] == '\0');
    CHECK_EQ(px_fail_id(&err, PX_INVALID, "dtmi.scheme", "no"), PX_INVALID);
    CHECK_STR(err.id, "dtmi.scheme");
    CHECK_EQ(px_fail(NULL, PX_IO, "nobody listens"), PX_IO);
}

PX_TEST(a_sentence_may_quote_the_one_it_replaces)
{
    px_err err;

    px_fail(&err, PX_IO, "the disk is gone");
    px_fail(&err, PX_IO, "cannot save: %s", err.text);
    CHECK_STR(err.text, "cannot save: the disk is gone");
}

PX_TEST(a_sentence_that_is_too_long_is_cut_behind_a_word)
{
    px_err err;
    char text[256];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    text[9] = text[240] = ' ';
    px_fail(&err, PX_INVALID, "%s", text);
    CHECK_STR(err.text, text); /* fits */
    px_fail(&err, PX_INVALID, "%s.", text);
    CHECK_EQ(strlen(err.text), 240 + sizeof("…") - 1);
    CHECK_STR(err.text + 240, "…");
    text[240] = 'x';
    text[252] = ' '; /* behind the last one that has room before the ellipsis */
    px_fail(&err, PX_INVALID, "%s.", text);
    CHECK_STR(err.text + 252, "…");
    text[252] = 'x'; /* the word is long: cut inside it */
    px_fail(&err, PX_INVALID, "%s.", text);
    CHECK_STR(err.text + 251, "x…");
}

PX_TEST(a_sentence_that_is_too_long_is_cut_at_a_letter)
{
    px_err err;
    char text[400];

    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', sizeof(text));
        for (size_t i = shift; i + 3 < sizeof(text); i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 3); /* the euro sign */
        text[sizeof(text) - 1] = '\0';
        px_fail(&err, PX_INVALID, "%s", text);
        CHECK(strlen(err.text) >= sizeof(err.text) - 4);
        CHECK(px_str_is_utf8(px_str_c(err.text), NULL));
    }
}

PX_TEST(the_deepest_place_is_kept)
{
    px_err err;

    px_fail(&err, PX_INVALID, "no");
    px_err_at(&err, 3, 4, PX_STR("/inner"));
    px_err_at(&err, 1, 1, PX_STR("/outer"));
    CHECK(err.line == 3 && err.column == 4);
    CHECK_STR(err.path, "/inner");
    px_err_at(NULL, 1, 1, PX_STR(""));
}

static px_status hands_on(px_status inner)
{
    PX_TRY(inner);
    return PX_OK;
}

PX_TEST(try_hands_on_all_but_success)
{
    CHECK_EQ(hands_on(PX_OK), PX_OK);
    CHECK_EQ(hands_on(PX_BUSY), PX_BUSY);
}

PX_TEST_MAIN()
