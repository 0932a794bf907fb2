/* SPDX-License-Identifier: Apache-2.0 */
/* A source of rows that are told by their number, read by another thread and taken here. */
#include "engine/read_ahead.h"

#include <pthread.h>

#include "base/buf.h"
#include "px_test.h"

typedef struct source {
    px_store_reader reader; /* first */
    px_journal journal;
    int64_t rows;   /* so many, */
    bool fails;     /* and then an error */
    int64_t given;  /* so far */
    size_t longest; /* body */
    pthread_t thread;
} source;

/* Some are empty, some are longer than a chunk. */
static size_t length_of(const source *s, int64_t i)
{
    return i % 7 == 0 ? 0 : (size_t)i * 7919 % s->longest;
}

static char letter_of(int64_t i)
{
    return (char)('a' + i % 26);
}

static px_str body_of(const source *s, int64_t i, px_buf *buf)
{
    px_buf_clear(buf);
    for (size_t n = length_of(s, i); n > 0; n--)
        px_put_u8(buf, (uint8_t)letter_of(i));
    CHECK_EQ(px_buf_status(buf, NULL), PX_OK);
    return px_buf_str(buf);
}

static px_status end_of(const source *s, px_status status, px_err *ret_err)
{
    if (status == PX_OK && s->fails)
        return px_fail(ret_err, PX_CORRUPT, "row %lld is damaged", (long long)s->rows);
    return status;
}

static px_status scan(px_store_reader *reader, px_table table, px_key from, px_key to,
                      px_fold_each each, void *data, px_err *ret_err)
{
    source *s = (source *)(void *)reader;
    px_buf buf = { 0 };
    px_status status = PX_OK;

    CHECK(table == PX_TABLE_STATE && px_key_cmp(from, to) < 0);
    s->thread = pthread_self();
    for (; s->given < s->rows && status == PX_OK; s->given++) {
        px_fold fold = { .table = table, .key = { s->given, 1, 2 }, .seq = (uint64_t)s->given };

        fold.body = body_of(s, s->given, &buf);
        status = each(data, &fold, ret_err);
    }
    px_buf_release(&buf);
    return end_of(s, status, ret_err);
}

static px_status read_rows(px_journal *journal, uint32_t spine, uint64_t seq_from, px_row_each each,
                           void *data, px_err *ret_err)
{
    source *s = (source *)(void *)((char *)journal - offsetof(source, journal));
    px_buf buf = { 0 };
    px_status status = PX_OK;

    CHECK(spine == 3 && seq_from == 17);
    for (; s->given < s->rows && status == PX_OK; s->given++) {
        px_row row = { .spine = spine, .seq_first = (uint64_t)s->given };

        row.body = body_of(s, s->given, &buf);
        status = each(data, &row, ret_err);
    }
    px_buf_release(&buf);
    return end_of(s, status, ret_err);
}

static source a_source(int64_t rows)
{
    static const px_store_reader_ops reader_ops = { .scan = scan };
    static const px_journal_ops journal_ops = { .read = read_rows };

    return (source){
        .reader = { &reader_ops }, .journal = { &journal_ops }, .rows = rows, .longest = 5000
    };
}

typedef struct taker {
    source *s;
    int64_t taken, refuses; /* refuses that one; -1: none */
    pthread_t thread;
} taker;

static void check_body(const taker *t, px_str body)
{
    CHECK_EQ(body.len, length_of(t->s, t->taken));
    for (size_t i = 0; i < body.len; i++)
        CHECK(body.ptr[i] == letter_of(t->taken));
}

static px_status take(taker *t, px_str body, px_err *ret_err)
{
    CHECK(pthread_equal(pthread_self(), t->thread));
    check_body(t, body);
    if (t->taken == t->refuses)
        return px_fail(ret_err, PX_UNSUPPORTED, "row %lld is of a newer release",
                       (long long)t->taken);
    t->taken++;
    return PX_OK;
}

static px_status take_fold(void *data, const px_fold *fold, px_err *ret_err)
{
    taker *t = data;

    CHECK(fold->table == PX_TABLE_STATE && fold->key.a == t->taken && fold->key.c == 2);
    return take(t, fold->body, ret_err);
}

static px_status take_row(void *data, const px_row *row, px_err *ret_err)
{
    taker *t = data;

    CHECK(row->spine == 3 && row->seq_first == (uint64_t)t->taken);
    return take(t, row->body, ret_err);
}

static taker a_taker(source *s)
{
    return (taker){ .s = s, .refuses = -1, .thread = pthread_self() };
}

PX_TEST(rows_come_whole_and_in_order_from_another_thread)
{
    source s = a_source(20000);
    taker t = a_taker(&s);
    px_err err;

    CHECK_OK(px_read_ahead_scan(&s.reader, PX_TABLE_STATE, false, take_fold, &t, &err), &err);
    CHECK_EQ(t.taken, s.rows);
    CHECK(!pthread_equal(s.thread, t.thread));
}

PX_TEST(rows_of_the_journal_as_well)
{
    source s = a_source(3000);
    taker t = a_taker(&s);
    px_err err;

    CHECK_OK(px_read_ahead_journal(&s.journal, 3, 17, false, take_row, &t, &err), &err);
    CHECK_EQ(t.taken, s.rows);
}

PX_TEST(a_row_may_be_longer_than_all_that_is_read_ahead)
{
    source s = a_source(12);
    taker t = a_taker(&s);
    px_err err;

    s.longest = 9u << 20;
    CHECK_OK(px_read_ahead_scan(&s.reader, PX_TABLE_STATE, false, take_fold, &t, &err), &err);
    CHECK_EQ(t.taken, s.rows);
}

PX_TEST(no_rows_are_no_error)
{
    source s = a_source(0);
    taker t = a_taker(&s);
    px_err err;

    CHECK_OK(px_read_ahead_scan(&s.reader, PX_TABLE_STATE, false, take_fold, &t, &err), &err);
    CHECK_EQ(t.taken, 0);
}

PX_TEST(without_threads_it_is_the_same_on_this_one)
{
    source s = a_source(3000);
    taker t = a_taker(&s);
    px_err err;

    CHECK_OK(px_read_ahead_scan(&s.reader, PX_TABLE_STATE, true, take_fold, &t, &err), &err);
    CHECK_EQ(t.taken, s.rows);
    CHECK(pthread_equal(s.thread, t.thread));
}

PX_TEST(an_error_of_the_reading_comes_behind_the_rows_before_it)
{
    for (int64_t rows = 0; rows < 5000; rows += 1250) {
        source s = a_source(rows);
        taker t = a_taker(&s);
        px_err err = { 0 };

        s.fails = true;
        CHECK_EQ(px_read_ahead_scan(&s.reader, PX_TABLE_STATE, false, take_fold, &t, &err),
                 PX_CORRUPT);
        CHECK_EQ(t.taken, rows);
        CHECK(strstr(err.text, "is damaged") != NULL);
    }
}

PX_TEST(who_refuses_a_row_gets_no_more_and_the_reading_ends)
{
    source s = a_source(1000000);
    taker t = a_taker(&s);
    px_err err = { 0 };

    t.refuses = 2345;
    CHECK_EQ(px_read_ahead_scan(&s.reader, PX_TABLE_STATE, false, take_fold, &t, &err),
             PX_UNSUPPORTED);
    CHECK_EQ(t.taken, 2345);
    CHECK(strstr(err.text, "row 2345 is of a newer release") != NULL);
    CHECK(s.given < s.rows);
}

PX_TEST_MAIN()
