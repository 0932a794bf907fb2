/* SPDX-License-Identifier: Apache-2.0 */
/* The reads: each asks who may, waits for the fold, and walks the series with a sink of its own. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "history/internal.h"

enum { READERS_KEPT = 8 };

/* ---- before and after every read ---- */

static px_status take_reader(px_history *h, px_store_reader **ret, px_err *ret_err)
{
    *ret = NULL;
    pthread_mutex_lock(&h->readers_lock);
    if (h->readers.len > 0)
        *ret = h->readers.ptr[--h->readers.len];
    pthread_mutex_unlock(&h->readers_lock);
    return *ret ? PX_OK : px_store_reader_open(h->opts.store, ret, ret_err);
}

static void give_reader(px_history *h, px_store_reader *reader)
{
    bool kept;

    pthread_mutex_lock(&h->readers_lock);
    kept = h->readers.len < READERS_KEPT && PX_VEC_PUSH(&h->readers, reader);
    pthread_mutex_unlock(&h->readers_lock);
    if (!kept)
        px_store_reader_close(reader);
}

static px_status check_properties(px_history *h, const px_history_query *q, uint32_t model_no,
                                  px_err *ret_err)
{
    const px_model *model = h->opts.registry ? px_registry_model(h->opts.registry, model_no) : NULL;

    for (size_t i = 0; model && i < q->property_count; i++) {
        const px_layout *layout = px_model_layout(model);
        px_str near;

        if (px_layout_find_path(layout, q->properties[i]) ||
            px_str_eq(q->properties[i], PX_HISTORY_FRESHNESS_PATH))
            continue;
        near = px_layout_nearest(layout, PX_NO_COMPONENT, q->properties[i]);
        return px_fail_id(ret_err, PX_INVALID, "history.property",
                          "the model has no property or telemetry '%.*s'%s%.*s%s",
                          PX_FMT(q->properties[i]), near.len ? "; did you mean '" : "",
                          PX_FMT(near), near.len ? "'?" : "");
    }
    return PX_OK;
}

static px_status find_twin(px_history *h, const px_principal *who, const px_history_query *q,
                           uint32_t *ret_no, px_err *ret_err)
{
    uint32_t model_no;

    *ret_no = q->twin_no;
    if (q->twin_id.len == 0)
        return PX_OK; /* any incarnation: only the numbers of its own tenant hold anything */
    if (px_graph_lookup(h->opts.graph, who->tenant, q->twin_id, ret_no, &model_no) != PX_OK)
        return px_fail_id(ret_err, PX_NOT_FOUND, "history.twin", "there is no twin '%.*s'",
                          PX_FMT(q->twin_id));
    return check_properties(h, q, model_no, ret_err);
}

px_status pxi_read_begin(px_history *h, const px_principal *who, const px_history_query *q,
                         px_walk *walk, px_err *ret_err)
{
    uint32_t twin_no;

    PX_TRY(px_authorize(who, PX_ACTION_READ_HISTORY, q->twin_id, ret_err));
    PX_TRY(find_twin(h, who, q, &twin_no, ret_err));
    if (q->from != PX_TIME_NONE && q->to != PX_TIME_NONE && q->from > q->to)
        return px_fail_id(ret_err, PX_INVALID, "history.range", "the range ends before it begins");
    PX_TRY(px_history_wait(h, px_engine_position(h->opts.engine), PX_HISTORY_WAIT_NS, ret_err));
    pxi_history_add(h, PX_COUNT_READS, 1);
    *walk = (px_walk){ .gather = { .h = h,
                                   .tenant = who->tenant,
                                   .twin_no = twin_no,
                                   .from = q->from,
                                   .to = q->to },
                       .names = { .registry = h->opts.registry,
                                  .wanted = q->properties,
                                  .wanted_count = q->property_count } };
    return take_reader(h, &walk->gather.reader, ret_err);
}

px_status pxi_read_end(px_walk *walk, px_status status)
{
    give_reader(walk->gather.h, walk->gather.reader);
    pxi_walk_release(walk);
    return status;
}

/* ---- range ---- */

typedef struct range {
    px_history_row_each each;
    void *data;
    px_history_page page;
    uint32_t limit;
    px_time from;    /* of the cursor: what stands there before its moment was on the page before */
    uint64_t moment; /* of the cursor */
} range;

static px_status range_row(void *data, px_walk *walk, px_time time, px_err *ret_err)
{
    range *r = data;
    px_history_row row = { time, walk->cells.ptr, walk->cells.len };

    if (time == r->from && walk->moment < r->moment)
        return PX_OK;
    if (r->page.rows == r->limit ||
        (r->page.rows > 0 && r->page.points + row.cell_count > PX_HISTORY_POINTS_MAX)) {
        snprintf(r->page.next, sizeof(r->page.next), "%lld.%llu", (long long)time,
                 (unsigned long long)walk->moment);
        return PX_INTERRUPTED;
    }
    r->page.rows++;
    r->page.points += row.cell_count;
    return r->each(r->data, &row, ret_err);
}

/* The cursor is the time and the moment with which the next page begins. */
static px_status go_on(px_history_query *q, range *r, px_err *ret_err)
{
    char text[PX_HISTORY_CURSOR_BYTES], *end;
    long long from;

    if (q->cursor.len == 0)
        return PX_OK;
    if (q->cursor.len < sizeof(text)) {
        memcpy(text, q->cursor.ptr, q->cursor.len);
        text[q->cursor.len] = '\0';
        from = strtoll(text, &end, 10);
        if (*end == '.' && end != text && (q->from == PX_TIME_NONE || from >= q->from)) {
            q->from = r->from = from;
            r->moment = strtoull(end + 1, &end, 10);
            if (*end == '\0' && end[-1] != '.')
                return PX_OK;
        }
    }
    return px_fail_id(ret_err, PX_INVALID, "history.cursor", "'%.*s' is not the cursor of a page",
                      PX_FMT(q->cursor));
}

px_status px_history_range(px_history *history, const px_principal *principal,
                           const px_history_query *query, px_history_row_each each, void *data,
                           px_history_page *ret_page, px_err *ret_err)
{
    px_history_query q = *query;
    range r = { .each = each,
                .data = data,
                .limit = query->limit ? query->limit : UINT32_MAX,
                .from = PX_TIME_NONE };
    px_status status;
    px_walk walk;

    PX_TRY(go_on(&q, &r, ret_err));
    r.page.position = px_engine_position(history->opts.engine);
    PX_TRY(pxi_read_begin(history, principal, &q, &walk, ret_err));
    walk.row = range_row;
    walk.data = &r;
    status = pxi_read_end(&walk, pxi_walk(&walk, ret_err));
    if (status == PX_OK && ret_page)
        *ret_page = r.page;
    return status;
}

/* ---- last ---- */

typedef struct lasts {
    PX_VEC(px_history_cell) cells; /* by path index */
} lasts;

/* Times come in ascending order: the later cell takes the place of the earlier one. */
static px_status last_row(void *data, px_walk *walk, px_time time, px_err *ret_err)
{
    lasts *l = data;

    (void)time;
    for (size_t i = 0; i < walk->cells.len; i++) {
        uint32_t path = walk->cell_paths.ptr[i];

        while (l->cells.len <= path)
            if (!PX_VEC_PUSH(&l->cells, ((px_history_cell){ 0 })))
                return px_no_memory(ret_err);
        l->cells.ptr[path] = walk->cells.ptr[i];
    }
    return PX_OK;
}

/* A long text is not among the newest cells: it is read where it stands. */
typedef struct elsewhere {
    px_history_cell_each each;
    void *data;
} elsewhere;

static px_status found_elsewhere(void *data, px_walk *walk, px_time time, px_err *ret_err)
{
    const elsewhere *e = data;

    (void)time;
    return walk->cells.len > 0 ? e->each(e->data, &walk->cells.ptr[0], ret_err) : PX_OK;
}

static px_status read_elsewhere(const px_walk *walk, const px_history_cell *cell,
                                px_history_cell_each each, void *data, px_err *ret_err)
{
    elsewhere e = { each, data };
    px_status status;
    px_walk there = {
        .gather = { .h = walk->gather.h,
                    .reader = walk->gather.reader,
                    .tenant = walk->gather.tenant,
                    .twin_no = walk->gather.twin_no,
                    .from = cell->time,
                    .to = cell->time + 1 },
        .names = { .registry = walk->names.registry, .wanted = &cell->path, .wanted_count = 1 },
        .row = found_elsewhere,
        .data = &e
    };

    status = pxi_walk(&there, ret_err);
    pxi_walk_release(&there);
    return status;
}

static int cmp_cells(const void *a, const void *b)
{
    return px_str_cmp(((const px_history_cell *)a)->path, ((const px_history_cell *)b)->path);
}

px_status px_history_last(px_history *history, const px_principal *principal,
                          const px_history_query *query, px_history_cell_each each, void *data,
                          px_err *ret_err)
{
    px_history_query q = *query;
    px_status status;
    lasts l = { 0 };
    px_walk walk;

    q.from = q.to = PX_TIME_NONE;
    PX_TRY(pxi_read_begin(history, principal, &q, &walk, ret_err));
    walk.row = last_row;
    walk.data = &l;
    status = pxi_walk_latest(&walk, ret_err);
    if (l.cells.len > 0)
        qsort(l.cells.ptr, l.cells.len, sizeof(*l.cells.ptr), cmp_cells);
    for (size_t i = 0; i < l.cells.len && status == PX_OK; i++) {
        const px_history_cell *cell = &l.cells.ptr[i];

        if (cell->path.len == 0)
            continue;
        status = cell->flags & PX_BUILD_ELSEWHERE ? read_elsewhere(&walk, cell, each, data, ret_err)
                                                  : each(data, cell, ret_err);
    }
    PX_VEC_RELEASE(&l.cells);
    return pxi_read_end(&walk, status);
}
