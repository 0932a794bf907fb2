/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/history. A read may wait for the fold and for the disk, so it runs on the API's own
 * workers (workers.h). */
#include <stdio.h>

#include "api/inner.h"
#include "api/workers.h"

enum { PROPERTIES_MAX = 256, LIMIT_DEFAULT = 1000 };

px_handler px_v1_get_history, px_v1_get_history_last, px_v1_get_history_count;

typedef struct read {
    px_api_call *call;
    px_json_writer w;
    px_str *columns; /* paths, in the order of the answer */
    size_t column_count;
    px_map places;                 /* hash of a path to its column */
    const px_history_cell **cells; /* of the row at hand, by column */
    uint64_t buckets;              /* 0: rows */
    bool all_stats;                /* of a bucket; else its mean */
    bool full_rows;                /* values with arrival time and quality */
    px_history_query query;
    px_str properties[PROPERTIES_MAX];
} read_;

bool px_api_param_time(px_api_call *call, const char *name, px_time *ret_time)
{
    px_str text = px_api_param(call, name);
    px_err err, why;

    *ret_time = PX_TIME_NONE;
    if (!text.ptr || px_time_parse(text, ret_time, &why) == PX_OK)
        return true;
    px_fail_id(&err, PX_INVALID, "http.parameter", "%s: %s", name, why.text);
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

static bool refuse(px_api_call *call, const char *id, const char *sentence)
{
    px_err err;

    px_fail_id(&err, PX_INVALID, id, "%s", sentence);
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

/* Parameters into a query; false: answered. */
static bool begin(px_api_call *call, read_ **ret_read)
{
    read_ *r = PX_ARENA_NEW(&call->arena, read_);
    px_str names = px_api_param(call, "property"), cursor = px_api_param(call, "cursor");
    px_str stats = px_api_param(call, "stats"), values = px_api_param(call, "values");
    uint64_t limit, buckets;
    px_err err;

    if (!r || !call->api->opts.history) {
        px_api_fail(call, PX_BUSY, (px_fail(&err, PX_BUSY, "history is not there"), &err));
        return false;
    }
    if (!px_api_param_number(call, "limit", LIMIT_DEFAULT, 1, PX_HISTORY_POINTS_MAX, &limit) ||
        !px_api_param_number(call, "buckets", 0, 1, PX_HISTORY_BUCKETS_MAX, &buckets) ||
        !px_api_param_time(call, "from", &r->query.from) ||
        !px_api_param_time(call, "to", &r->query.to))
        return false;
    r->buckets = buckets;
    r->all_stats = px_str_eq(stats, PX_STR("all"));
    if (stats.len && !r->all_stats && !px_str_eq(stats, PX_STR("mean")))
        return refuse(call, "history.stats", "`stats` is `mean` or `all`");
    r->full_rows = px_str_eq(values, PX_STR("full"));
    if (values.len && !r->full_rows && !px_str_eq(values, PX_STR("plain")))
        return refuse(call, "history.values", "`values` is `plain` or `full`");
    if (buckets && (r->query.from == PX_TIME_NONE || r->query.to == PX_TIME_NONE))
        return refuse(call, "history.range", "buckets need both `from` and `to`");
    r->call = call;
    r->query.twin_id = call->args[0];
    r->query.limit = (uint32_t)limit;
    if (cursor.ptr)
        r->query.cursor = cursor;
    while (names.len && r->query.property_count < PROPERTIES_MAX)
        r->properties[r->query.property_count++] = px_str_cut(&names, ',');
    if (names.len)
        return refuse(call, "history.property", "at most 256 properties can be named");
    r->query.properties = r->properties;
    r->w = px_json_writer_of(&call->out);
    call->own = r;
    *ret_read = r;
    return true;
}

static void end(px_api_call *call, px_status status, const px_err *err)
{
    if (status != PX_OK)
        px_api_fail(call, status, err);
    else
        px_api_json(call, 200);
}

/* What is decided of freshness comes behind what was written: both are waited for, one after the
 * other. False: it was answered. */
static bool is_complete(const read_ *r)
{
    for (size_t i = 0; i < r->query.property_count; i++)
        if (px_str_eq(r->properties[i], PX_STR("$freshness")))
            return px_api_wait_for_freshness(r->call);
    return true;
}

/* ---- range ---- */

/* Without named properties all of the twin's model are columns. */
static bool choose_columns(read_ *r)
{
    px_api_call *call = r->call;
    const px_layout *layout;
    const px_model *model;
    const px_twin *twin;

    if (r->query.property_count) {
        r->columns = r->properties;
        r->column_count = r->query.property_count;
        return true;
    }
    if (!px_api_read_twin(call, call->args[0], PX_ACTION_READ_HISTORY, &twin, &model))
        return false;
    layout = px_model_layout(model);
    r->column_count = px_layout_field_count(layout);
    r->columns = PX_ARENA_ARRAY(&call->arena, px_str, r->column_count);
    for (uint32_t i = 0; r->columns && i < r->column_count; i++)
        r->columns[i] = px_layout_field(layout, i)->path;
    return true;
}

/* Where each path stands in a row. False: answered. */
static bool place_columns(read_ *r)
{
    px_api_call *call = r->call;
    bool good;
    px_err err;

    if (!choose_columns(r))
        return false;
    r->cells = PX_ARENA_ARRAY(&call->arena, const px_history_cell *, r->column_count + 1);
    good = r->columns && r->cells && px_map_reserve(&r->places, r->column_count);
    for (uint32_t i = 0; good && i < r->column_count; i++)
        px_map_add(&r->places, px_str_hash(r->columns[i]), i);
    if (good && r->buckets && r->column_count > PROPERTIES_MAX) {
        px_map_release(&r->places);
        return refuse(call, "history.property",
                      "this model has more than 256 properties: name those to put into buckets");
    }
    if (!good) {
        px_map_release(&r->places);
        px_api_fail(call, px_no_memory(&err), &err);
    }
    return good;
}

static size_t column_of(const read_ *r, px_str path)
{
    uint64_t hash = px_str_hash(path);

    for (size_t at = px_map_first(&r->places, hash); at != PX_MAP_END;
         at = px_map_next(&r->places, hash, at))
        if (px_str_eq(r->columns[r->places.values[at]], path))
            return r->places.values[at];
    return SIZE_MAX;
}

/* When the value came, and whether its source clock ran ahead and was not believed. */
static void put_arrival(px_json_writer *w, const px_history_cell *cell)
{
    px_json_key(w, PX_STR("arrivalTime"));
    px_json_time(w, cell->arrival_time);
    px_json_key(w, PX_STR("ahead"));
    px_json_bool(w, cell->flags & PX_FIELD_AHEAD);
    if (cell->flags & PX_FIELD_AHEAD && cell->source_time != PX_TIME_NONE) {
        px_json_key(w, PX_STR("sourceTime"));
        px_json_time(w, cell->source_time);
    }
    px_json_key(w, PX_STR("quality"));
    px_json_string(w, cell->flags & PX_FIELD_AHEAD ? PX_STR("uncertain") : PX_STR("good"));
}

static void put_cell(read_ *r, const px_history_cell *cell)
{
    if (!cell || !r->full_rows) {
        px_json_value(&r->w, cell ? cell->value : (px_value){ 0 });
        return;
    }
    px_json_begin_object(&r->w);
    px_json_key(&r->w, PX_STR("value"));
    px_json_value(&r->w, cell->value);
    put_arrival(&r->w, cell);
    px_json_end_object(&r->w);
}

static px_status put_row(void *data, const px_history_row *row, px_err *ret_err)
{
    read_ *r = data;

    for (size_t i = 0; i < row->cell_count; i++) {
        size_t column = column_of(r, row->cells[i].path);

        if (column != SIZE_MAX)
            r->cells[column] = &row->cells[i];
    }
    px_json_begin_array(&r->w);
    px_json_time(&r->w, row->time);
    for (size_t c = 0; c < r->column_count; c++) {
        put_cell(r, r->cells[c]);
        r->cells[c] = NULL;
    }
    px_json_end_array(&r->w);
    return px_buf_status(&r->call->out, ret_err);
}

static void begin_rows(read_ *r)
{
    px_json_begin_object(&r->w);
    px_json_key(&r->w, PX_STR("twin"));
    px_json_string(&r->w, r->call->args[0]);
    px_json_key(&r->w, PX_STR("properties"));
    px_json_begin_array(&r->w);
    for (size_t c = 0; c < r->column_count; c++)
        px_json_string(&r->w, r->columns[c]);
    px_json_end_array(&r->w);
    px_json_key(&r->w, PX_STR("rows"));
    px_json_begin_array(&r->w);
}

static void end_rows(read_ *r, const char *next)
{
    px_json_end_array(&r->w);
    px_json_key(&r->w, PX_STR("cursor"));
    if (next[0])
        px_json_string(&r->w, px_str_c(next));
    else
        px_json_null(&r->w);
    px_json_end_object(&r->w);
}

/* ---- buckets: one row each, by time; a column is its mean, or with `stats=all` what is known ----
 */

typedef struct bucket_row {
    px_time time;
    bool open;
    bool has[PROPERTIES_MAX];
    px_history_summary of[PROPERTIES_MAX]; /* paths are not looked at */
} bucket_row;

typedef struct buckets {
    read_ *r;
    bucket_row row;
} buckets;

static void put_summary(px_json_writer *w, const px_history_summary *s)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("count"));
    px_json_uint(w, s->count);
    if (s->numbers) {
        px_json_key(w, PX_STR("mean"));
        px_json_number(w, px_num_double(s->mean));
        px_json_key(w, PX_STR("sum"));
        px_json_number(w, px_num_double(s->sum));
        px_json_key(w, PX_STR("min"));
        px_json_number(w, s->min);
        px_json_key(w, PX_STR("max"));
        px_json_number(w, s->max);
        px_json_key(w, PX_STR("first"));
        px_json_number(w, s->first);
        px_json_key(w, PX_STR("last"));
        px_json_number(w, s->last);
    }
    px_json_end_object(w);
}

static void put_bucket_cell(const buckets *b, size_t column)
{
    px_json_writer *w = &b->r->w;
    const px_history_summary *s = &b->row.of[column];

    if (b->row.has[column] && b->r->all_stats)
        put_summary(w, s);
    else if (b->row.has[column] && s->numbers)
        px_json_number(w, px_num_double(s->mean));
    else
        px_json_null(w);
}

static void close_bucket(buckets *b)
{
    px_json_writer *w = &b->r->w;

    if (!b->row.open)
        return;
    px_json_begin_array(w);
    px_json_time(w, b->row.time);
    for (size_t c = 0; c < b->r->column_count && c < PROPERTIES_MAX; c++)
        put_bucket_cell(b, c);
    px_json_end_array(w);
    memset(b->row.has, 0, sizeof(b->row.has));
    b->row.open = false;
}

static px_status put_bucket(void *data, const px_history_summary *summary, px_err *ret_err)
{
    buckets *b = data;
    size_t c;

    if (b->row.open && b->row.time != summary->bucket)
        close_bucket(b);
    b->row.open = true;
    b->row.time = summary->bucket;
    c = column_of(b->r, summary->path);
    if (c < PROPERTIES_MAX) {
        b->row.has[c] = true;
        b->row.of[c] = *summary;
    }
    return px_buf_status(&b->r->call->out, ret_err);
}

static void run_range(px_api_call *call)
{
    read_ *r = call->own;
    px_history *history = call->api->opts.history;
    px_history_page page = { 0 };
    px_status status;
    px_err err;

    if (!is_complete(r) || !place_columns(r))
        return;
    begin_rows(r);
    if (r->buckets) {
        buckets b = { .r = r };
        int64_t width = (r->query.to - r->query.from) / (int64_t)r->buckets;

        status = px_history_buckets(history, &call->principal, &r->query, width > 0 ? width : 1,
                                    put_bucket, &b, &err);
        close_bucket(&b);
    } else {
        status = px_history_range(history, &call->principal, &r->query, put_row, r, &page, &err);
    }
    end_rows(r, page.next);
    px_map_release(&r->places);
    end(call, status, &err);
}

void px_v1_get_history(px_api_call *call)
{
    read_ *r;

    if (begin(call, &r))
        px_workers_run(call, run_range);
}

/* ---- last ---- */

static px_status put_last(void *data, const px_history_cell *cell, px_err *ret_err)
{
    read_ *r = data;

    px_json_key(&r->w, cell->path);
    px_json_begin_object(&r->w);
    px_json_key(&r->w, PX_STR("value"));
    px_json_value(&r->w, cell->value);
    px_json_key(&r->w, PX_STR("time"));
    px_json_time(&r->w, cell->time);
    put_arrival(&r->w, cell);
    px_json_end_object(&r->w);
    return px_buf_status(&r->call->out, ret_err);
}

static void run_last(px_api_call *call)
{
    read_ *r = call->own;
    px_status status;
    px_err err;

    if (!is_complete(r))
        return;
    px_json_begin_object(&r->w);
    px_json_key(&r->w, PX_STR("twin"));
    px_json_string(&r->w, call->args[0]);
    px_json_key(&r->w, PX_STR("values"));
    px_json_begin_object(&r->w);
    status =
        px_history_last(call->api->opts.history, &call->principal, &r->query, put_last, r, &err);
    px_json_end_object(&r->w);
    px_json_end_object(&r->w);
    end(call, status, &err);
}

void px_v1_get_history_last(px_api_call *call)
{
    read_ *r;

    if (begin(call, &r))
        px_workers_run(call, run_last);
}

/* ---- count ---- */

typedef struct counts {
    read_ *r;
    uint64_t total;
} counts;

static px_status put_count(void *data, const px_history_summary *summary, px_err *ret_err)
{
    counts *c = data;

    c->total += summary->count;
    px_json_key(&c->r->w, summary->path);
    px_json_uint(&c->r->w, summary->count);
    return px_buf_status(&c->r->call->out, ret_err);
}

static void run_count(px_api_call *call)
{
    read_ *r = call->own;
    counts c = { .r = r };
    px_status status;
    px_err err;

    if (!is_complete(r))
        return;
    px_json_begin_object(&r->w);
    px_json_key(&r->w, PX_STR("twin"));
    px_json_string(&r->w, call->args[0]);
    px_json_key(&r->w, PX_STR("counts"));
    px_json_begin_object(&r->w);
    status =
        px_history_count(call->api->opts.history, &call->principal, &r->query, put_count, &c, &err);
    px_json_end_object(&r->w);
    px_json_key(&r->w, PX_STR("count"));
    px_json_uint(&r->w, c.total);
    px_json_end_object(&r->w);
    end(call, status, &err);
}

void px_v1_get_history_count(px_api_call *call)
{
    read_ *r;

    if (begin(call, &r))
        px_workers_run(call, run_count);
}
