/* SPDX-License-Identifier: Apache-2.0 */
/* What readers see, whatever the order in which samples came, and from wherever it started again.
 */
#include "base/mem.h"
#include "bench.h"

static void tell_hours(bench *b, uint32_t twin, int rows)
{
    for (int i = 0; i < rows; i++) {
        b->now += PX_SECOND;
        bench_number(b, twin, b->now - 300000000, 2000 + i % 37, -2);
    }
}

PX_TEST(a_sample_is_read_from_memory_at_once)
{
    bench b;

    bench_init(&b, 0);
    bench_number(&b, 1, BENCH_EPOCH, 2140, -2);
    bench_fold(&b, false);
    bench_check(&b);
    CHECK_EQ(px_history_stat(b.history).open_written, 0);
    bench_release(&b);
}

PX_TEST(a_sample_is_read_from_the_store_when_memory_let_it_go)
{
    bench b;

    bench_init(&b, 0);
    bench_number(&b, 1, BENCH_EPOCH, 2140, -2);
    bench_flush(&b);
    CHECK_EQ(px_history_stat(b.history).series_in_memory, 0);
    CHECK_EQ(px_history_stat(b.history).memory_bytes, 0);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(sealed_blocks_and_open_rows_are_one_series)
{
    bench b;

    bench_init(&b, 0);
    tell_hours(&b, 2, 5000);
    bench_fold(&b, true);
    CHECK(px_history_stat(b.history).blocks_sealed >= 4);
    bench_check(&b);
    bench_flush(&b);
    bench_check(&b);
    bench_crash(&b);
    bench_fold(&b, true);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(a_late_sample_goes_to_its_place)
{
    bench b;

    bench_init(&b, 0);
    tell_hours(&b, 1, 3000);
    bench_flush(&b);
    bench_number(&b, 1, BENCH_EPOCH + 100 * PX_SECOND + 1, 99999, -2);
    bench_number(&b, 1, BENCH_EPOCH - 86400 * PX_SECOND, -1, 0);
    bench_fold(&b, false);
    bench_check(&b);
    CHECK_EQ(px_history_stat(b.history).late_rows, 1);
    bench_flush(&b);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(the_same_value_at_the_same_time_counts_once)
{
    bench b;

    bench_init(&b, 0);
    tell_hours(&b, 1, 1500);
    b.now += PX_SECOND;
    for (int again = 0; again < 3; again++) {
        bench_number(&b, 1, BENCH_EPOCH + 700 * PX_SECOND + 700000000, 2700 + again * 0, -2);
        bench_flush(&b);
    }
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(the_later_position_corrects_wherever_the_earlier_lies)
{
    bench b;
    px_time time = BENCH_EPOCH + 10 * PX_SECOND;

    bench_init(&b, 0);
    bench_number(&b, 1, time, 1, 0);
    tell_hours(&b, 1, 1100); /* the first is sealed */
    bench_flush(&b);
    bench_number(&b, 1, time, 2, 0); /* in the open row */
    bench_flush(&b);
    bench_number(&b, 1, time, 3, 0); /* in memory */
    bench_fold(&b, false);
    bench_check(&b);
    bench_number(&b, 1, time, 1, 0); /* back to the first */
    bench_flush(&b);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(values_that_arrive_in_one_millisecond_are_all_kept)
{
    bench b;

    bench_init(&b, 0);
    for (int i = 0; i < 1500; i++) { /* more than a block */
        bench_number(&b, 1, PX_TIME_NONE, i % 7, 0);
        if (i % 400 == 0)
            bench_flush(&b);
    }
    bench_number(&b, 1, b.now, 99, 0); /* its source says this very time: one of them */
    b.now += PX_MILLISECOND;
    bench_number(&b, 1, b.now - PX_MILLISECOND, 100,
                 0); /* corrects what its source said, none of them */
    bench_fold(&b, false);
    bench_check(&b);
    bench_flush(&b);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(a_clock_that_runs_ahead_is_kept_and_not_believed)
{
    bench b;
    px_field_value field = { .flags = PX_FIELD_AHEAD,
                             .source_time = BENCH_EPOCH + 86400 * PX_SECOND,
                             .value = px_value_bool(true) };

    bench_init(&b, 0);
    bench_tell(&b, PX_EVENT_DEVICE_MESSAGE, 1, PX_TIME_NONE, &field, 1);
    bench_fold(&b, false);
    bench_check(&b);
    bench_flush(&b);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(each_field_may_have_a_time_of_its_own)
{
    px_field_value fields[BENCH_FIELDS];
    bench b;

    bench_init(&b, 0);
    for (uint32_t i = 0; i < BENCH_FIELDS; i++)
        fields[i] = (px_field_value){ .field = i,
                                      .source_time = BENCH_EPOCH + i % 3,
                                      .value = px_value_num(px_num_int(i)) };
    bench_tell(&b, PX_EVENT_DEVICE_MESSAGE, 1, PX_TIME_NONE, fields, BENCH_FIELDS);
    bench_fold(&b, false);
    bench_check(&b);
    bench_flush(&b);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(a_write_of_a_person_stands_at_its_commit_time)
{
    px_field_value field = { .source_time = PX_TIME_NONE, .value = px_value_text(PX_STR("on")) };
    bench b;

    bench_init(&b, 0);
    bench_tell(&b, PX_EVENT_TWIN_PATCH, 3, 0, &field, 1);
    b.now += 5;
    field.value = (px_value){ 0 }; /* removed */
    bench_tell(&b, PX_EVENT_TWIN_PATCH, 3, 0, &field, 1);
    bench_fold(&b, false);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(slow_series_cost_no_memory_once_they_are_written)
{
    bench b;

    bench_init(&b, 0);
    for (uint32_t twin = 10; twin < 30010; twin++) {
        px_field_value field = { .source_time = PX_TIME_NONE,
                                 .value = px_value_num(px_num_int(twin)) };
        px_event event = { .type = PX_EVENT_TWIN_PUT,
                           .tenant = BENCH_TENANT,
                           .twin_no = twin,
                           .model_no = 1,
                           .source_time = PX_TIME_NONE,
                           .fields = &field,
                           .field_count = 1 };

        fake_engine_append(b.engine, b.now, &event, 1);
    }
    bench_fold(&b, true);
    CHECK(px_history_stat(b.history).memory_bytes <= PX_HISTORY_COLD_BYTES_MAX);
    bench_flush(&b);
    CHECK_EQ(px_history_stat(b.history).memory_bytes, 0);
    CHECK_EQ(px_history_stat(b.history).open_written, 30000);
    bench_release(&b);
}

PX_TEST(open_blocks_go_out_when_their_time_has_come)
{
    bench b;

    bench_init(&b, 0);
    bench_number(&b, 1, b.now, 1, 0);
    bench_fold(&b, true);
    CHECK_EQ(px_history_stat(b.history).open_written, 0);
    b.now += PX_HISTORY_FLUSH_NS;
    bench_number(&b, 2, b.now, 1, 0);
    bench_fold(&b, true);
    CHECK_EQ(px_history_stat(b.history).open_written, 1);
    CHECK_EQ(px_history_stat(b.history).cursor, 1);
    bench_release(&b);
}

PX_TEST(an_idle_journal_is_not_held)
{
    px_event tick = { .type = PX_EVENT_TICK, .tenant = BENCH_TENANT };
    bench b;

    bench_init(&b, 0);
    for (int i = 0; i < 15; i++) {
        b.now += PX_SECOND;
        fake_engine_append(b.engine, b.now, &tick, 1);
        bench_fold(&b, true);
    }
    CHECK(px_history_stat(b.history).cursor > 5);
    bench_release(&b);
}

PX_TEST(what_is_not_yours_is_not_there)
{
    bench b;
    px_history_query query;
    px_principal other;
    px_err err;

    bench_init(&b, 0);
    query = bench_query(&b, 1);
    bench_number(&b, 1, b.now, 1, 0);
    bench_fold(&b, false);
    other = b.admin;
    other.tenant = 8;
    CHECK_EQ(px_history_range(b.history, &other, &query, NULL, NULL, NULL, &err), PX_NOT_FOUND);
    CHECK_STR(err.text, "there is no twin 't1'");
    other.role = PX_ROLE_NONE;
    CHECK_EQ(px_history_range(b.history, &other, &query, NULL, NULL, NULL, &err), PX_UNAUTHORIZED);
    other = (px_principal){ .tenant = BENCH_TENANT, .role = PX_ROLE_DEVICE, .id = PX_STR("d") };
    CHECK_EQ(px_history_range(b.history, &other, &query, NULL, NULL, NULL, &err), PX_DENIED);
    query.twin_id = (px_str){ 0 };
    query.twin_no = 1;
    CHECK_EQ(px_history_range(b.history, &other, &query, NULL, NULL, NULL, &err), PX_DENIED);
    bench_release(&b);
}

static px_status count_rows(void *data, const px_history_row *row, px_err *ret_err)
{
    (void)ret_err;
    *(size_t *)data += row->cell_count;
    return PX_OK;
}

PX_TEST(a_deleted_incarnation_is_read_by_its_number)
{
    px_history_query query = { .twin_no = 77, .from = PX_TIME_NONE, .to = PX_TIME_NONE };
    size_t cells = 0;
    bench b;
    px_err err;

    bench_init(&b, 0);
    bench_number(&b, 77, b.now, 1, 0);
    bench_flush(&b);
    CHECK_OK(px_history_range(b.history, &b.admin, &query, count_rows, &cells, NULL, &err), &err);
    CHECK_EQ(cells, 1);
    bench_release(&b);
}

PX_TEST(a_read_before_the_fold_says_the_lag)
{
    bench b;
    px_history_query query;
    px_err err;

    bench_init(&b, 0);
    query = bench_query(&b, 1);
    bench_number(&b, 1, b.now, 1, 0);
    bench_number(&b, 1, b.now + 1, 2, 0);
    CHECK_EQ(px_history_range(b.history, &b.admin, &query, NULL, NULL, NULL, &err), PX_BUSY);
    CHECK_STR(err.text, "history is 2 events behind; try again");
    bench_release(&b);
}

PX_TEST(the_last_of_a_long_text_is_read_where_it_stands)
{
    static char text[200000];
    px_field_value fields[2] = { { .field = 2, .source_time = PX_TIME_NONE },
                                 { .field = 3, .source_time = PX_TIME_NONE } };
    bench b;

    bench_init(&b, 0);
    memset(text, 'x', sizeof(text));
    fields[0].value = px_value_json(px_str_of(text, sizeof(text)));
    fields[1].value = px_value_text(PX_STR("short"));
    bench_tell(&b, PX_EVENT_DEVICE_MESSAGE, 1, b.now, fields, 2);
    tell_hours(&b, 1, 1500);
    bench_flush(&b);
    bench_check(&b);
    CHECK(px_history_stat(b.history).open_bytes < sizeof(text));
    bench_release(&b);
}

/* A device that lies about its clock: every block overlaps every other. */
PX_TEST(a_short_range_of_a_shuffled_series_is_read)
{
    bench b;

    bench_init(&b, 0);
    for (int64_t i = 0; i < 20000; i++) {
        b.now += PX_MILLISECOND;
        bench_number(&b, 1, BENCH_EPOCH - i * 7919 % 20000 * 3600 * PX_SECOND, i, -1);
    }
    bench_flush(&b);
    CHECK(px_history_stat(b.history).blocks_sealed >= 19);
    bench_check_range(&b, 1, BENCH_EPOCH - 86400 * PX_SECOND, BENCH_EPOCH, 0);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(pages_are_bounded_and_go_on_where_they_ended)
{
    bench b;

    bench_init(&b, 0);
    tell_hours(&b, 1, 2500);
    bench_flush(&b);
    bench_check_range(&b, 1, PX_TIME_NONE, PX_TIME_NONE, 1);
    bench_check_range(&b, 1, PX_TIME_NONE, PX_TIME_NONE, 999);
    bench_check_range(&b, 1, BENCH_EPOCH + 500 * PX_SECOND, BENCH_EPOCH + 1500 * PX_SECOND, 100);
    bench_check_range(&b, 1, BENCH_EPOCH + 500 * PX_SECOND, BENCH_EPOCH + 500 * PX_SECOND, 0);
    bench_release(&b);
}

PX_TEST(a_cursor_that_is_none_is_refused)
{
    bench b;
    px_history_query query;
    px_err err;

    bench_init(&b, 0);
    query = bench_query(&b, 1);
    query.cursor = PX_STR("12x");
    CHECK_EQ(px_history_range(b.history, &b.admin, &query, NULL, NULL, NULL, &err), PX_INVALID);
    CHECK_STR(err.id, "history.cursor");
    bench_release(&b);
}

PX_TEST(buckets_say_what_their_values_say)
{
    bench b;

    bench_init(&b, 0);
    tell_hours(&b, 1, 4000);
    bench_number(&b, 1, BENCH_EPOCH + 20 * PX_SECOND, -5, 0);
    bench_flush(&b);
    bench_check_buckets(&b, 1, BENCH_EPOCH, b.now, 60 * PX_SECOND);
    bench_check_buckets(&b, 1, BENCH_EPOCH, b.now, 86400 * PX_SECOND);
    bench_check_buckets(&b, 1, BENCH_EPOCH + 7, b.now - 11, 7 * PX_SECOND);
    bench_release(&b);
}

PX_TEST(as_many_buckets_as_the_limit_and_no_more)
{
    bench b;
    px_history_query query;
    px_err err;

    bench_init(&b, 0);
    query = bench_query(&b, 1);
    query.from = BENCH_EPOCH;
    query.to = BENCH_EPOCH + (int64_t)PX_HISTORY_BUCKETS_MAX * PX_SECOND;
    CHECK_OK(px_history_buckets(b.history, &b.admin, &query, PX_SECOND, NULL, NULL, &err), &err);
    query.to += PX_SECOND;
    CHECK_EQ(px_history_buckets(b.history, &b.admin, &query, PX_SECOND, NULL, NULL, &err),
             PX_INVALID);
    CHECK_STR(err.id, "history.bucket");
    bench_release(&b);
}

/* ---- real machines ---- */

enum { LINES_MAX = 1500, COLUMNS_MAX = 64 };

/* A recorded file: its cells as texts, without the head line. */
typedef struct recording {
    px_str file, cells[LINES_MAX][COLUMNS_MAX];
    size_t lines, columns;
    size_t heard;
} recording;

static void record(recording *r, px_str file, char separator)
{
    px_str text = file;

    r->file = file;
    px_str_cut(&text, '\n');
    while (text.len > 0) {
        px_str line = px_str_cut(&text, '\n');

        CHECK(r->lines < LINES_MAX);
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        for (r->columns = 0; line.len > 0; r->columns++)
            r->cells[r->lines][r->columns] = px_str_cut(&line, separator);
        r->lines++;
    }
}

static px_value value_of(px_str cell)
{
    px_num num;

    return px_num_parse(cell, &num, NULL) == PX_OK ? px_value_num(num) : px_value_text(cell);
}

static void replay(bench *b, const recording *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        px_field_value fields[COLUMNS_MAX];
        px_event event = { .type = PX_EVENT_DEVICE_MESSAGE,
                           .tenant = BENCH_TENANT,
                           .model_no = 1,
                           .twin_no = 1,
                           .source_time = BENCH_EPOCH + (int64_t)i * 100 * PX_MILLISECOND,
                           .fields = fields,
                           .field_count = r->columns };

        for (uint32_t c = 0; c < r->columns; c++)
            fields[c] = (px_field_value){ .field = c,
                                          .source_time = PX_TIME_NONE,
                                          .value = value_of(r->cells[i][c]) };
        b->now = event.source_time + 3 * PX_MILLISECOND;
        fake_engine_append(b->engine, b->now, &event, 1);
    }
}

static px_status equals_line(void *data, const px_history_row *row, px_err *ret_err)
{
    recording *r = data;

    (void)ret_err;
    CHECK(r->heard < r->lines);
    CHECK_EQ(row->time, BENCH_EPOCH + (int64_t)r->heard * 100 * PX_MILLISECOND);
    CHECK_EQ(row->cell_count, r->columns);
    for (size_t c = 0; c < row->cell_count; c++)
        CHECK(
            px_value_same(row->cells[c].value, value_of(r->cells[r->heard][row->cells[c].field])));
    r->heard++;
    return PX_OK;
}

static void live_through(const char *name, char separator)
{
    px_str file = px_test_read_file(px_test_shared(name)); /* where it is not there this ends */
    recording *r = px_zalloc(1, sizeof(*r));
    px_history_query query;
    px_err err;
    bench b;

    record(r, file, separator);
    bench_init(&b, 0);
    query = bench_query(&b, 1);
    replay(&b, r, 0, r->lines / 2);
    bench_fold(&b, true);
    replay(&b, r, r->lines / 2, r->lines);
    bench_fold(&b, false);
    bench_crash(&b);                               /* what was not committed is folded again */
    replay(&b, r, r->lines / 3, r->lines * 2 / 3); /* and the sender says some of it twice */
    bench_fold(&b, true);
    CHECK(px_history_stat(b.history).blocks_sealed > 0);
    CHECK_OK(px_history_range(b.history, &b.admin, &query, equals_line, r, NULL, &err), &err);
    CHECK_EQ(r->heard, r->lines);
    bench_release(&b);
    px_free((void *)(uintptr_t)r->file.ptr);
    px_free(r);
}

PX_TEST(a_run_of_the_pump_loop_is_its_file_row_by_row)
{
    live_through("series/manufacturing/skab/valve1/0.csv", ';');
}

PX_TEST(a_run_of_the_milling_machine_is_its_file_row_by_row)
{
    live_through("series/manufacturing/cnc_mill/experiment_01.csv", ',');
}

/* ---- any order, any kinds, any crash ---- */

static px_value any_value(px_gen *gen, char *text, size_t size)
{
    static const char *const states[] = { "running", "starved", "down" };
    size_t len;

    switch (px_gen_below(gen, 12)) {
    case 0:
        return (px_value){ 0 };
    case 1:
        return px_value_bool(px_gen_below(gen, 2));
    case 2:
        return px_value_text(px_str_c(states[px_gen_below(gen, 3)]));
    case 3:
        return px_value_num(px_num_double((double)px_gen_below(gen, 1000) / 7));
    case 4:
        len = px_gen_below(gen, 20) ? px_gen_below(gen, 20) : px_gen_below(gen, size);
        memset(text, 'a' + (int)px_gen_below(gen, 26), len);
        return px_value_json(px_str_of(text, len));
    default:
        return px_value_num((px_num){ .mantissa = (int64_t)px_gen_below(gen, 500),
                                      .exponent = (int8_t)-px_gen_below(gen, 3) });
    }
}

static px_time any_time(px_gen *gen, const bench *b)
{
    switch (px_gen_below(gen, 10)) {
    case 0:
        return PX_TIME_NONE;
    case 1: /* late, often where something is */
        return b->now - (int64_t)px_gen_below(gen, 3000) * PX_SECOND;
    case 2: /* very late */
        return b->now - (int64_t)px_gen_below(gen, UINT64_C(1) << 56);
    default:
        return b->now;
    }
}

static void tell_any(px_gen *gen, bench *b)
{
    static char text[BENCH_FIELDS][3000];
    px_field_value fields[BENCH_FIELDS];
    size_t count = 1 + px_gen_below(gen, BENCH_FIELDS);
    bool own_times = px_gen_below(gen, 20) == 0;
    px_event_type type = px_gen_below(gen, 20) ? PX_EVENT_DEVICE_MESSAGE : PX_EVENT_TWIN_PATCH;

    for (size_t i = 0; i < count; i++)
        fields[i] = (px_field_value){ .field = (uint32_t)px_gen_below(gen, BENCH_FIELDS),
                                      .flags = px_gen_below(gen, 200) ? 0 : PX_FIELD_AHEAD,
                                      .source_time = own_times ? any_time(gen, b) : PX_TIME_NONE,
                                      .value = any_value(gen, text[i], sizeof(text[i])) };
    bench_tell(b, type, 1 + (uint32_t)px_gen_below(gen, BENCH_TWINS - 1), any_time(gen, b), fields,
               count);
    b->now += (int64_t)px_gen_below(gen, 3) * PX_SECOND;
}

PX_PROP(any_story_is_told_again_from_any_crash, 8)
{
    bench b;
    int events = 200 + (int)px_gen_below(gen, 6000);

    bench_init(&b, (int64_t)(1 + px_gen_below(gen, 300)) * PX_SECOND);
    if (px_gen_below(gen, 3) == 0) {
        b.memory_bytes_max = 20000 + px_gen_below(gen, 200000);
        bench_crash(&b);
    }
    for (int i = 0; i < events; i++) {
        tell_any(gen, &b);
        switch (px_gen_below(gen, 400)) {
        case 0:
            bench_fold(&b, true);
            break;
        case 1:
            bench_fold(&b, false);
            break;
        case 2:
            bench_flush(&b);
            break;
        case 3:
            bench_fold(&b, false);
            fake_engine_commit(b.engine, NULL);
            bench_crash(&b);
            break;
        case 4:
            bench_fold(&b, false);
            bench_check_range(&b, 1 + (uint32_t)px_gen_below(gen, 3),
                              b.now - (int64_t)px_gen_below(gen, 5000) * PX_SECOND, b.now,
                              (uint32_t)px_gen_below(gen, 50));
            break;
        default:
            break;
        }
    }
    bench_fold(&b, px_gen_below(gen, 2));
    bench_check(&b);
    bench_check_buckets(&b, 1, BENCH_EPOCH, b.now + 1, 100 * PX_SECOND);
    bench_flush(&b);
    bench_check(&b);
    bench_crash(&b);
    bench_fold(&b, true);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST(every_failed_allocation_loses_nothing)
{
    px_gen gen = { 3 };
    bench b;

    bench_init(&b, PX_SECOND);
    for (uint64_t n = 1; n < 400; n++) {
        bool idle = false;
        px_status status;
        px_err err;

        for (int i = 0; i < 20; i++)
            tell_any(&gen, &b);
        px_mem_fail_nth(n);
        do
            status = px_history_step(b.history, 0, &idle, &err);
        while (status == PX_OK && !idle && fake_engine_waiting(b.engine) == 0);
        px_mem_fail_nth(0);
        if (status != PX_OK)
            CHECK_EQ(status, PX_NO_MEMORY);
        while (fake_engine_commit(b.engine, NULL))
            ;
    }
    bench_fold(&b, true);
    bench_check(&b);
    bench_flush(&b);
    bench_check(&b);
    bench_release(&b);
}

PX_TEST_MAIN()
