/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board.h"
#include "px_test.h"

#define SECOND INT64_C(1000000000)

static void put(px_board *board, const char *twin, const char *path, const char *value, int64_t now)
{
    px_err err;

    CHECK_OK(px_board_put(board, px_str_c(twin), px_str_c(path), px_str_c(value), now, &err), &err);
}

PX_TEST(rows_stand_in_order_and_keep_the_newest_value)
{
    px_term term = { .is_terminal = true, .columns = 60, .rows = 24 };
    px_board board = { 0 };
    px_buf out = { 0 };

    put(&board, "pump-2", "speed", "1", 0);
    put(&board, "pump-1", "speed", "20", 0);
    put(&board, "pump-1", "speed", "21.40", 5 * SECOND);
    put(&board, "pump-1", "flow", "7", 5 * SECOND);
    px_put_board(&out, &board, &term, 8 * SECOND, "Ctrl-C ends");
    CHECK_STR(out.ptr, "twin    property  value                            changed\033[K\n"
                       "pump-1  flow      7                                3 s\033[K\n"
                       "pump-1  speed     21.40                            3 s\033[K\n"
                       "pump-2  speed     1                                -\033[K\n"
                       "Ctrl-C ends\033[K\n\033[J");
    CHECK_EQ(board.drawn, 5);
    px_buf_release(&out);
    px_board_release(&board);
}

PX_TEST(a_unit_stands_behind_its_value_and_stays_when_the_value_changes)
{
    px_term term = { .is_terminal = true, .columns = 60, .rows = 24 };
    px_board board = { 0 };
    px_buf out = { 0 };
    px_err err;

    put(&board, "pump-1", "speed", "20", 0);
    CHECK_OK(px_board_unit(&board, PX_STR("pump-1"), PX_STR("speed"), PX_STR("second"), &err),
             &err);
    put(&board, "pump-1", "speed", "21.40", 5 * SECOND);
    px_put_board(&out, &board, &term, 8 * SECOND, "Ctrl-C ends");
    CHECK_STR(out.ptr, "twin    property  value                            changed\033[K\n"
                       "pump-1  speed     21.40 second                     3 s\033[K\n"
                       "Ctrl-C ends\033[K\n\033[J");
    px_buf_release(&out);
    px_board_release(&board);
}

PX_TEST(what_does_not_fit_the_height_is_counted)
{
    px_term term = { .is_terminal = true, .columns = 80, .rows = 6 };
    px_board board = { 0 };
    px_buf out = { 0 };

    for (char name[2] = "a"; name[0] < 'k'; name[0]++)
        put(&board, "t", name, "1", 0);
    px_put_board(&out, &board, &term, SECOND, "Ctrl-C ends");
    CHECK_EQ(board.drawn, 5);
    CHECK(strstr(out.ptr, "Ctrl-C ends; 7 more properties do not fit") != NULL);
    px_buf_clear(&out);
    px_put_board(&out, &board, &term, SECOND, "Ctrl-C ends");
    CHECK(px_str_starts(px_buf_str(&out), PX_STR("\033[5A")));
    px_buf_clear(&out);
    term.columns = 50; /* the line below stays one line */
    px_put_board(&out, &board, &term, SECOND, "Ctrl-C ends");
    CHECK(strstr(out.ptr, "Ctrl-C ends; 7 more properties do not fit: name \xE2\x80\xA6\033[K") !=
          NULL);
    px_buf_release(&out);
    px_board_release(&board);
}

PX_TEST_MAIN()
