/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics of one message as rows, which bindings map as they map any JSON:
 *
 *     {"$ts":"2026-01-01T00:00:01Z","Motor/Speed":900,"Oil":20.1}
 *
 * Metrics of one time are one row, in the order of times; where a metric comes again for the same
 * time another row begins. A message of one row is that row, one of more is their array.
 */
#include <stdlib.h>

#include "base/time.h"
#include "sync/sparkplug_inner.h"
#include "sync/sparkplug_value.h"

typedef struct entry {
    const px_spark_metric *metric;
    px_spark_def *def;
    px_time time;
    size_t order;
} entry;

typedef struct rower {
    px_sparkplug *s;
    const pxi_spark_model *model;
    px_arena *arena;
    px_buf out, item;
    px_json_writer w;
    size_t rows, members; /* members: of the row under way; 0: none is */
    px_time time;         /* of it */
    uint64_t stamp;       /* the same, in the definitions of its metrics */
    px_decoded *told;
} rower;

static int by_time(const void *a, const void *b)
{
    const entry *left = a, *right = b;

    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

static void end_row(rower *r)
{
    if (r->members)
        px_json_end_object(&r->w);
    r->members = 0;
}

static void begin_row(rower *r, px_time time)
{
    end_row(r);
    px_json_begin_object(&r->w);
    r->rows++;
    r->time = time;
    r->stamp = ++r->s->stamp;
    if (time == PX_TIME_NONE)
        return;
    px_json_key(&r->w, PX_SPARK_ROW_TIME);
    px_json_time(&r->w, time);
    r->members = 1;
}

/* Told where the twin of the same name has no field that tells it itself. */
static void refuse(rower *r, const px_spark_def *def, const px_err *why)
{
    bool has_field = r->model->layout && def->field != PX_SPARK_NO_FIELD;

    if (!has_field && pxi_spark_is_taken(r->model, def->name))
        pxi_spark_reject(r->told, r->arena, def->name, why);
}

static px_status put(rower *r, const entry *e, px_err *ret_err)
{
    px_json_writer w = px_json_writer_of(&r->item);
    px_status status;
    px_err why;

    px_buf_clear(&r->item);
    status = pxi_spark_check(e->metric, e->def, &why);
    if (status == PX_NOT_FOUND)
        return PX_OK;
    if (status == PX_OK)
        status = px_put_spark_value(&w, e->metric, e->def->type, &why);
    if (status == PX_NO_MEMORY)
        return px_no_memory(ret_err);
    if (status != PX_OK) {
        refuse(r, e->def, &why);
        return PX_OK;
    }
    if (!r->members || e->time != r->time || e->def->stamp == r->stamp ||
        r->members == PX_CSV_COLUMNS_MAX)
        begin_row(r, e->time);
    e->def->stamp = r->stamp;
    px_json_key(&r->w, e->def->name);
    px_json_put_raw(&r->w, px_buf_str(&r->item));
    r->members++;
    return px_buf_status(&r->item, ret_err);
}

static px_status gather(const pxi_spark_owner *owner, const px_spark_payload *payload,
                        px_arena *arena, entry **ret_entries, size_t *ret_count, px_err *ret_err)
{
    entry *entries = PX_ARENA_ARRAY(arena, entry, payload->metric_count + 1);
    size_t count = 0;

    if (!entries)
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; i < payload->metric_count; i++) {
        const px_spark_metric *m = &payload->metrics[i];
        px_spark_def *def = px_spark_birth_find(&owner->birth, m);

        if (!def || def->is_control || px_str_eq(def->name, PX_SPARK_ROW_TIME))
            continue;
        entries[count] = (entry){ m, def, pxi_spark_time(m->has_timestamp, m->timestamp_ms), i };
        if (!m->has_timestamp)
            entries[count].time = pxi_spark_time(payload->has_timestamp, payload->timestamp_ms);
        count++;
    }
    qsort(entries, count, sizeof(*entries), by_time);
    *ret_entries = entries;
    *ret_count = count;
    return PX_OK;
}

static px_status put_all(rower *r, const entry *entries, size_t count, px_err *ret_err)
{
    px_json_begin_array(&r->w);
    for (size_t i = 0; i < count; i++)
        PX_TRY(put(r, &entries[i], ret_err));
    end_row(r);
    px_json_end_array(&r->w);
    return px_buf_status(&r->out, ret_err);
}

px_status pxi_spark_rows(px_sparkplug *s, const pxi_spark_owner *owner,
                         const px_spark_payload *payload, const pxi_spark_model *model,
                         px_arena *arena, px_decoded *told, px_str *ret_rows, px_err *ret_err)
{
    rower r = { .s = s, .model = model, .arena = arena, .told = told };
    entry *entries;
    size_t count;
    px_status status;
    px_str rows;

    PX_TRY(gather(owner, payload, arena, &entries, &count, ret_err));
    px_buf_init(&r.out, PX_MAPPING_BYTES_MAX / 2);
    px_buf_init(&r.item, PX_MAPPING_BYTES_MAX / 2);
    r.w = px_json_writer_of(&r.out);
    status = put_all(&r, entries, count, ret_err);
    if (status == PX_OK && r.rows) {
        rows = px_buf_str(&r.out);
        *ret_rows = px_arena_str(arena, r.rows == 1 ? px_str_of(rows.ptr + 1, rows.len - 2) : rows);
        if (!ret_rows->ptr)
            status = px_arena_fail(arena, ret_err);
    }
    px_buf_release(&r.out);
    px_buf_release(&r.item);
    return status;
}
