/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"
#include "px_test.h"

static const char *const heads[] = { "id", "value" };

static px_buf print(const char *const *cells, size_t count, unsigned columns)
{
    px_term term = { .columns = columns };
    px_buf out = { 0 };
    px_table table;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_table_init(&table, &arena, heads, 2, &err), &err);
    table.right[1] = true;
    for (size_t i = 0; i < count; i++)
        CHECK_OK(px_table_add(&table, px_str_c(cells[i]), &err), &err);
    px_put_table(&out, &table, &term);
    px_table_release(&table);
    px_arena_release(&arena);
    return out;
}

PX_TEST(columns_are_as_wide_as_their_widest_cell)
{
    const char *const cells[] = { "pump-1", "21.40", "p", "7" };
    px_buf out = print(cells, 4, 0);

    CHECK_STR(out.ptr, "id      value\n"
                       "pump-1  21.40\n"
                       "p           7\n");
    px_buf_release(&out);
}

PX_TEST(on_a_narrow_terminal_the_widest_column_gives_way)
{
    const char *const cells[] = { "a-very-long-identifier", "1" };
    px_buf out = print(cells, 2, 17);

    CHECK_STR(out.ptr, "id          value\n"
                       "a-very-lo\xE2\x80\xA6      1\n");
    px_buf_release(&out);
}

PX_TEST(what_cannot_be_cut_is_left_out_and_counted)
{
    static const char *const many[] = { "time", "a", "b", "c" };
    static const char *const cells[] = { "2026-11-01T12:00:00Z", "0.0265878", "0.0401113", "1" };
    px_term term = { .columns = 36 };
    px_buf out = { 0 };
    px_table table;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_table_init(&table, &arena, many, 4, &err), &err);
    for (size_t i = 0; i < 4; i++) {
        table.whole[i] = true;
        CHECK_OK(px_table_add(&table, px_str_c(cells[i]), &err), &err);
    }
    px_put_table(&out, &table, &term);
    CHECK_STR(out.ptr, "time                  a\n"
                       "2026-11-01T12:00:00Z  0.0265878\n"
                       "2 more columns do not fit; --json has all\n");
    px_buf_clear(&out);
    term.columns = 10; /* two stay, whatever the width */
    px_put_table(&out, &table, &term);
    CHECK(strstr(out.ptr, "2026-11-01T12:00:00Z  0.0265878\n") != NULL);
    px_buf_release(&out);
    px_table_release(&table);
    px_arena_release(&arena);
}

PX_TEST(a_column_without_values_can_be_left_out)
{
    static const char *const three[] = { "id", "unit", "value" };
    static const char *const cells[] = { "a", "", "1", "b", "", "2" };
    px_term term = { 0 };
    px_buf out = { 0 };
    px_table table;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_table_init(&table, &arena, three, 3, &err), &err);
    table.hide_empty = true;
    for (size_t i = 0; i < 6; i++)
        CHECK_OK(px_table_add(&table, px_str_c(cells[i]), &err), &err);
    px_put_table(&out, &table, &term);
    CHECK_STR(out.ptr, "id  value\n"
                       "a   1\n"
                       "b   2\n");
    px_buf_release(&out);
    px_table_release(&table);
    px_arena_release(&arena);
}

PX_TEST(wide_characters_take_two_columns)
{
    const char *const cells[] = { "\xE6\xB8\xA9\xE5\xBA\xA6", "1", "abcd", "2" };
    px_buf out = print(cells, 4, 0);

    CHECK_EQ(px_text_columns(PX_STR("\xE6\xB8\xA9\xE5\xBA\xA6")), 4);
    CHECK_STR(out.ptr, "id    value\n"
                       "\xE6\xB8\xA9\xE5\xBA\xA6      1\n"
                       "abcd      2\n");
    px_buf_release(&out);
}

PX_TEST(escape_sequences_of_others_never_reach_the_terminal)
{
    px_buf out = { 0 };

    px_put_text(&out, PX_STR("a\033[31mb\x9bz\xff"), 0);
    CHECK(strchr(out.ptr, '\033') == NULL);
    CHECK_STR(out.ptr, "a\xEF\xBF\xBD[31mb\xEF\xBF\xBDz\xEF\xBF\xBD");
    px_buf_release(&out);
}

PX_TEST_MAIN()
