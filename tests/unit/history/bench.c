/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include "history/block.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/vec.h"

enum { MEMORY = 1 << 28 };

static void open_history(bench *b)
{
    px_history_opts opts = { .env = px_fakedisk_env(b->disk),
                             .engine = b->engine,
                             .store = b->store,
                             .graph = b->graph,
                             .flush_ns = b->flush_ns,
                             .memory_bytes_max = b->memory_bytes_max };
    px_err err;

    CHECK_OK(px_history_open(&opts, &b->history, &err), &err);
}

static void open_store(bench *b)
{
    px_store_opts opts = {
        .env = px_fakedisk_env(b->disk), .dir = "data", .threadless = true, .reserve_bytes = -1
    };
    px_err err;

    CHECK_OK(px_store_open(&opts, &b->store, &err), &err);
}

static void make_twins(bench *b)
{
    px_txn *txn;
    px_err err;

    CHECK_OK(px_graph_new(NULL, &b->graph, &err), &err);
    CHECK_OK(px_graph_begin(b->graph, &txn, &err), &err);
    px_txn_at(txn, 1, BENCH_EPOCH);
    for (uint32_t i = 1; i <= BENCH_TWINS; i++) {
        char id[8];
        uint32_t no;

        snprintf(id, sizeof(id), "t%u", i);
        CHECK_OK(px_graph_twin_put(txn, BENCH_TENANT, px_str_c(id), 1, 0, &no, &err), &err);
        CHECK_EQ(no, i);
    }
    px_graph_commit(txn);
}

void bench_init(bench *b, int64_t flush_ns)
{
    *b = (bench){ .flush_ns = flush_ns, .now = BENCH_EPOCH };
    b->admin = (px_principal){ .tenant = BENCH_TENANT, .role = PX_ROLE_ADMIN, .id = PX_STR("me") };
    px_arena_init(&b->arena, MEMORY);
    b->disk = px_fakedisk_new(1);
    make_twins(b);
    open_store(b);
    b->engine = fake_engine_new(b->store, 0);
    open_history(b);
}

void bench_release(bench *b)
{
    fake_engine_drop(b->engine);
    px_history_close(b->history);
    fake_engine_free(b->engine);
    px_store_close(b->store);
    px_graph_free(b->graph);
    px_fakedisk_free(b->disk);
    px_arena_release(&b->arena);
    px_free(b->told.ptr);
}

static void hear(bench *b, const px_event *event)
{
    for (size_t i = 0; i < event->field_count; i++) {
        const px_field_value *f = &event->fields[i];
        px_time source = f->source_time == PX_TIME_NONE ? event->source_time : f->source_time;
        bool ahead = f->flags & PX_FIELD_AHEAD;
        bench_cell cell = { .twin = event->twin_no,
                            .field = f->field,
                            .time = source == PX_TIME_NONE || ahead ? event->time : source,
                            .arrival = event->time,
                            .seq = event->seq,
                            .value = f->value,
                            .order = b->told.len };

        if (source == PX_TIME_NONE || ahead) {
            cell.flags = (uint8_t)(PX_ROW_ARRIVED | (ahead ? PX_FIELD_AHEAD : 0));
            cell.moment = cell.seq;
        }
        cell.source = ahead && source != PX_TIME_NONE ? source : cell.time;
        if (cell.value.text.len > 0)
            cell.value.text = px_arena_str(&b->arena, cell.value.text);
        px_assert(PX_VEC_PUSH(&b->told, cell));
    }
}

void bench_tell(bench *b, px_event_type type, uint32_t twin, px_time source_time,
                px_field_value *fields, size_t count)
{
    px_event event = { .type = type,
                       .tenant = BENCH_TENANT,
                       .model_no = 1,
                       .twin_no = twin,
                       .source_time = source_time,
                       .fields = fields,
                       .field_count = count };

    if (type == PX_EVENT_TWIN_PATCH || type == PX_EVENT_TWIN_PUT)
        event.source_time = PX_TIME_NONE;
    event.flag = true; /* replaces: nothing is known of the store */
    fake_engine_append(b->engine, b->now, &event, 1);
    hear(b, &event);
}

void bench_number(bench *b, uint32_t twin, px_time time, int64_t mantissa, int8_t exponent)
{
    px_field_value field = { .source_time = PX_TIME_NONE,
                             .value = px_value_num(
                                 (px_num){ .mantissa = mantissa, .exponent = exponent }) };

    bench_tell(b, PX_EVENT_DEVICE_MESSAGE, twin, time, &field, 1);
}

void bench_fold(bench *b, bool commit)
{
    bool idle = false;
    px_err err;

    for (int steps = 0; !idle; steps++) {
        CHECK_OK(px_history_step(b->history, 1000000, &idle, &err), &err);
        if (!commit && px_history_position(b->history) == px_engine_position(b->engine))
            break;
        while (commit && fake_engine_commit(b->engine, NULL))
            ;
        CHECK(steps < 1000000);
    }
}

void bench_flush(bench *b)
{
    bench_fold(b, true);
    px_history_flush(b->history);
    for (int steps = 0; !px_history_flushed(b->history); steps++) {
        bool idle;
        px_err err;

        CHECK_OK(px_history_step(b->history, 0, &idle, &err), &err);
        while (fake_engine_commit(b->engine, NULL))
            ;
        CHECK(steps < 100000);
    }
}

void bench_crash(bench *b)
{
    uint64_t cursor = fake_engine_cursor(b->engine);

    fake_engine_drop(b->engine);
    px_history_close(b->history);
    px_fakedisk_crash(b->disk);
    px_store_close(b->store);
    px_fakedisk_restart(b->disk);
    open_store(b);
    fake_engine_restart(b->engine, b->store, cursor);
    open_history(b);
}

/* ---- what it must say ---- */

static int cmp_told(const void *a, const void *b)
{
    const bench_cell *x = a, *y = b;

    if (x->twin != y->twin)
        return x->twin < y->twin ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->moment != y->moment)
        return x->moment < y->moment ? -1 : 1;
    if (x->field != y->field)
        return x->field < y->field ? -1 : 1;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static bool is_same_cell(const bench_cell *a, const bench_cell *b)
{
    return a->time == b->time && a->moment == b->moment && a->field == b->field;
}

/* The cells of a twin that hold, by time, moment and field. */
static bench_cell *winners(const bench *b, uint32_t twin, px_time from, px_time to,
                           size_t *ret_count)
{
    bench_cell *all = px_alloc((b->told.len + 1) * sizeof(*all));
    size_t n = 0, kept = 0;

    px_assert(all);
    for (size_t i = 0; i < b->told.len; i++) {
        const bench_cell *c = &b->told.ptr[i];

        if (c->twin == twin && (from == PX_TIME_NONE || c->time >= from) &&
            (to == PX_TIME_NONE || c->time < to))
            all[n++] = *c;
    }
    qsort(all, n, sizeof(*all), cmp_told);
    for (size_t i = 1; i < n; i++)
        all[i].again = is_same_cell(&all[i], &all[i - 1]);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !is_same_cell(&all[i], &all[i + 1]))
            all[kept++] = all[i];
    *ret_count = kept;
    return all;
}

typedef struct expected {
    const bench_cell *cells;
    size_t count, at;
    size_t rows;
} expected;

static int cmp_field(const void *a, const void *b)
{
    const px_history_cell *x = a, *y = b;

    return x->field < y->field ? -1 : x->field > y->field;
}

static px_status expect_row(void *data, const px_history_row *row, px_err *ret_err)
{
    expected *e = data;
    px_history_cell cells[64];

    (void)ret_err;
    CHECK(row->cell_count <= 64);
    memcpy(cells, row->cells, row->cell_count * sizeof(*cells));
    qsort(cells, row->cell_count, sizeof(*cells), cmp_field);
    for (size_t i = 0; i < row->cell_count; i++) {
        const bench_cell *w;
        char path[16];

        CHECK(e->at < e->count);
        w = &e->cells[e->at++];
        snprintf(path, sizeof(path), "#%u", w->field);
        CHECK_EQ(row->time, w->time);
        CHECK_EQ(cells[i].time, w->time);
        CHECK_SLICE(cells[i].path, path);
        CHECK(px_value_same(cells[i].value, w->value));
        CHECK(cells[i].seq <= w->seq); /* said again with the same value: the first telling */
        if (!w->again) {
            CHECK_EQ(cells[i].seq, w->seq);
            CHECK_EQ(cells[i].arrival_time, w->arrival);
            CHECK_EQ(cells[i].source_time, w->source);
            CHECK_EQ(cells[i].flags, w->flags);
        }
    }
    CHECK(e->at == e->count || e->cells[e->at].time > row->time ||
          e->cells[e->at].moment > e->cells[e->at - 1].moment);
    e->rows++;
    return PX_OK;
}

px_history_query bench_query(const bench *b, uint32_t twin)
{
    static const char *const ids[] = { "", "t1", "t2", "t3", "t4" };

    (void)b;
    return (px_history_query){ .twin_id = px_str_c(ids[twin]),
                               .from = PX_TIME_NONE,
                               .to = PX_TIME_NONE };
}

void bench_check_range(bench *b, uint32_t twin, px_time from, px_time to, uint32_t limit)
{
    px_history_query query = bench_query(b, twin);
    px_history_page page = { 0 };
    expected e = { 0 };
    bench_cell *all = winners(b, twin, from, to, &e.count);
    px_err err;

    e.cells = all;
    query.from = from;
    query.to = to;
    query.limit = limit;
    do {
        char cursor[PX_HISTORY_CURSOR_BYTES];

        memcpy(cursor, page.next, sizeof(cursor));
        query.cursor = px_str_c(cursor);
        CHECK_OK(px_history_range(b->history, &b->admin, &query, expect_row, &e, &page, &err),
                 &err);
        CHECK(limit == 0 || page.rows <= limit);
    } while (page.next[0] != '\0');
    CHECK_EQ(e.at, e.count);
    px_free(all);
}

static px_status expect_last(void *data, const px_history_cell *cell, px_err *ret_err)
{
    expected *e = data;
    const bench_cell *newest = NULL;

    (void)ret_err;
    for (size_t i = 0; i < e->count; i++) /* by time: the last of the field */
        newest = e->cells[i].field == cell->field ? &e->cells[i] : newest;
    CHECK(newest != NULL);
    CHECK_EQ(cell->time, newest->time);
    CHECK(px_value_same(cell->value, newest->value));
    e->rows++;
    return PX_OK;
}

static void check_last(bench *b, uint32_t twin)
{
    px_history_query query = bench_query(b, twin);
    bool seen[BENCH_FIELDS] = { false };
    expected e = { 0 };
    bench_cell *all = winners(b, twin, PX_TIME_NONE, PX_TIME_NONE, &e.count);
    size_t fields = 0;
    px_err err;

    e.cells = all;
    for (size_t i = 0; i < e.count; i++) {
        fields += !seen[all[i].field];
        seen[all[i].field] = true;
    }
    CHECK_OK(px_history_last(b->history, &b->admin, &query, expect_last, &e, &err), &err);
    CHECK_EQ(e.rows, fields);
    px_free(all);
}

static px_status expect_count(void *data, const px_history_summary *summary, px_err *ret_err)
{
    expected *e = data;
    uint64_t count = 0;
    char path[16];

    (void)ret_err;
    for (size_t i = 0; i < e->count; i++) {
        snprintf(path, sizeof(path), "#%u", e->cells[i].field);
        count +=
            px_str_eq(summary->path, px_str_c(path)) && e->cells[i].value.kind != PX_VALUE_NONE;
    }
    CHECK_EQ(summary->count, count);
    e->rows += summary->count;
    return PX_OK;
}

static void check_count(bench *b, uint32_t twin)
{
    px_history_query query = bench_query(b, twin);
    expected e = { 0 };
    bench_cell *all = winners(b, twin, PX_TIME_NONE, PX_TIME_NONE, &e.count);
    size_t values = 0;
    px_err err;

    e.cells = all;
    for (size_t i = 0; i < e.count; i++)
        values += all[i].value.kind != PX_VALUE_NONE;
    CHECK_OK(px_history_count(b->history, &b->admin, &query, expect_count, &e, &err), &err);
    CHECK_EQ(e.rows, values);
    px_free(all);
}

void bench_check(bench *b)
{
    for (uint32_t twin = 1; twin <= BENCH_TWINS; twin++) {
        bench_check_range(b, twin, PX_TIME_NONE, PX_TIME_NONE, 0);
        check_last(b, twin);
        check_count(b, twin);
    }
}

/* ---- buckets ---- */

typedef struct bucketed {
    expected e;
    int64_t bucket_ns;
    uint64_t values;
} bucketed;

static px_status expect_bucket(void *data, const px_history_summary *s, px_err *ret_err)
{
    bucketed *k = data;
    uint64_t count = 0, numbers = 0;
    px_num min = { 0 }, max = { 0 }, first = { 0 }, last = { 0 };
    double sum = 0;

    (void)ret_err;
    for (size_t i = 0; i < k->e.count; i++) {
        const bench_cell *c = &k->e.cells[i];
        char path[16];

        snprintf(path, sizeof(path), "#%u", c->field);
        if (c->time < s->bucket || c->time >= s->bucket + k->bucket_ns ||
            !px_str_eq(s->path, px_str_c(path)) || c->value.kind == PX_VALUE_NONE)
            continue;
        count++;
        if (c->value.kind != PX_VALUE_NUM)
            continue;
        if (numbers++ == 0)
            min = max = first = c->value.num;
        last = c->value.num;
        min = px_num_cmp(last, min) < 0 ? last : min;
        max = px_num_cmp(last, max) > 0 ? last : max;
        sum += px_num_to_double(last);
    }
    CHECK_EQ(s->count, count);
    CHECK_EQ(s->numbers, numbers);
    k->values += count;
    if (numbers == 0)
        return PX_OK;
    CHECK(px_num_cmp(s->min, min) == 0 && px_num_cmp(s->max, max) == 0);
    CHECK(px_num_same(s->first, first) && px_num_same(s->last, last));
    sum /= (double)numbers;
    CHECK(s->mean - sum < 1e-9 + sum * 1e-9 && sum - s->mean < 1e-9 + sum * 1e-9);
    return PX_OK;
}

void bench_check_buckets(bench *b, uint32_t twin, px_time from, px_time to, int64_t bucket_ns)
{
    px_history_query query = bench_query(b, twin);
    bucketed k = { .bucket_ns = bucket_ns };
    bench_cell *all = winners(b, twin, from, to, &k.e.count);
    uint64_t values = 0;
    px_err err;

    k.e.cells = all;
    for (size_t i = 0; i < k.e.count; i++)
        values += all[i].value.kind != PX_VALUE_NONE;
    query.from = from;
    query.to = to;
    CHECK_OK(px_history_buckets(b->history, &b->admin, &query, bucket_ns, expect_bucket, &k, &err),
             &err);
    CHECK_EQ(k.values, values);
    px_free(all);
}
