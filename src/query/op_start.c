/* SPDX-License-Identifier: Apache-2.0 */
/* Where rows begin: all twins, those of models, those with ids or of a property index, and
 * relationships by their twins.
 * Always in the order of the twins' numbers, so that a page goes on where the last one ended. */
#include "query/op.h"

#include <stdlib.h>

/* Relationships are found by twins that nobody asked for. */
static inline void begin_at(pxi_run *run, const px_twin *twin)
{
    run->no[run->plan.start] = px_twin_number(twin);
    run->row[run->plan.start] = twin;
}

/* ---- scan ---- */

typedef struct scan {
    pxi_op op;
    px_twins at;
} scan;

static px_status scan_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    pxi_run *run = op->run;
    const px_twin *twin = px_twins_next(&((scan *)op)->at);

    *ret_row = twin && pxi_seed(run, px_twin_number(twin));
    if (!*ret_row)
        return PX_OK;
    begin_at(run, twin);
    return pxi_touch(&run->budget, ret_err);
}

px_status pxi_scan_new(pxi_run *run, pxi_op **ret_op, px_err *ret_err)
{
    scan *s = pxi_op_new(run, sizeof(*s), NULL, scan_next);
    const uint32_t *model_nos = NULL;
    uint32_t model_count = 0;

    if (!s)
        return px_arena_fail(run->arena, ret_err);
    if (run->plan.kind == PX_PLAN_MODELS)
        PX_TRY(px_plan_models(&run->plan, run->opts->registry, run->arena, &model_nos, &model_count,
                              ret_err));
    s->at = px_twins_of(run->view, run->tenant, model_nos, model_count);
    if (run->begin_no > 1)
        px_twins_seek(&s->at, run->begin_no - 1);
    *ret_op = &s->op;
    return PX_OK;
}

/* ---- seek ---- */

typedef struct seek {
    pxi_op op;
    uint32_t *numbers, count, at;
} seek;

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static px_status seek_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    seek *s = (seek *)op;
    pxi_run *run = op->run;
    const px_twin *twin = NULL;

    while (s->at < s->count && !twin) {
        uint32_t no = s->numbers[s->at++];
        bool again = s->at > 1 && s->numbers[s->at - 2] == no; /* the same twin twice */

        if (no >= run->begin_no && !again)
            twin = px_view_twin(run->view, run->tenant, no);
    }
    *ret_row = twin && pxi_seed(run, px_twin_number(twin));
    if (!*ret_row)
        return PX_OK;
    begin_at(run, twin);
    return pxi_touch(&run->budget, ret_err);
}

static px_status find_ids(pxi_run *run, seek *s, px_err *ret_err)
{
    s->numbers = PX_ARENA_ARRAY(run->arena, uint32_t, run->plan.id_count + 1);
    if (!s->numbers)
        return px_arena_fail(run->arena, ret_err);
    for (uint32_t i = 0; i < run->plan.id_count; i++) {
        const px_twin *twin = px_view_find(run->view, run->tenant, run->plan.ids[i]);

        if (twin)
            s->numbers[s->count++] = px_twin_number(twin);
    }
    return PX_OK;
}

px_status pxi_seek_new(pxi_run *run, pxi_op **ret_op, px_err *ret_err)
{
    seek *s = pxi_op_new(run, sizeof(*s), NULL, seek_next);

    if (!s)
        return px_arena_fail(run->arena, ret_err);
    if (run->plan.kind == PX_PLAN_PROPERTY)
        PX_TRY(pxi_property_numbers(run, &s->numbers, &s->count, ret_err));
    else
        PX_TRY(find_ids(run, s, ret_err));
    qsort(s->numbers, s->count, sizeof(*s->numbers), by_number);
    *ret_op = &s->op;
    return PX_OK;
}

/* ---- point: one id needs no snapshot and waits for nobody ---- */

typedef struct point {
    pxi_op op;
    px_buf record;
    bool is_done;
} point;

static px_status point_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    point *p = (point *)op;
    pxi_run *run = op->run;
    const px_twin *twin;
    px_status status;

    *ret_row = false;
    if (p->is_done)
        return PX_OK;
    p->is_done = true;
    status =
        px_graph_read(run->opts->graph, run->tenant, run->plan.ids[0], &p->record, &twin, ret_err);
    if (status == PX_NOT_FOUND)
        return PX_OK;
    PX_TRY(status);
    *ret_row = px_twin_number(twin) >= run->begin_no && pxi_seed(run, px_twin_number(twin));
    if (!*ret_row)
        return PX_OK;
    begin_at(run, twin);
    return pxi_touch(&run->budget, ret_err);
}

static void point_release(pxi_op *op)
{
    px_buf_release(&((point *)op)->record);
}

px_status pxi_point_new(pxi_run *run, pxi_op **ret_op, px_err *ret_err)
{
    point *p = pxi_op_new(run, sizeof(*p), NULL, point_next);

    if (!p)
        return px_arena_fail(run->arena, ret_err);
    p->op.release = point_release;
    *ret_op = &p->op;
    return PX_OK;
}

/* ---- edges ---- */

typedef struct edges {
    pxi_op op;
    px_edges at;
    bool is_open;
} edges;

static px_status edges_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    edges *e = (edges *)op;
    pxi_run *run = op->run;
    const px_rel *rel;

    for (;;) {
        rel = e->is_open ? px_edges_next(&e->at) : NULL;
        if (rel)
            break;
        PX_TRY(pxi_pull(op->input, ret_row, ret_err));
        if (!*ret_row)
            return PX_OK;
        e->at = run->plan.kind == PX_PLAN_EDGES_TO
                    ? px_edges_in(run->view, run->seed_no, (px_str){ 0 })
                    : px_edges_out(run->view, run->seed_no, (px_str){ 0 });
        e->is_open = true;
    }
    run->row[0] = rel;
    *ret_row = true;
    return pxi_touch(&run->budget, ret_err);
}

px_status pxi_edges_new(pxi_run *run, pxi_op *input, pxi_op **ret_op, px_err *ret_err)
{
    edges *e = pxi_op_new(run, sizeof(*e), input, edges_next);

    if (!e)
        return px_arena_fail(run->arena, ret_err);
    *ret_op = &e->op;
    return PX_OK;
}
