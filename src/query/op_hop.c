/* SPDX-License-Identifier: Apache-2.0 */
/* From a twin over relationships to others: a single one (join), or as many as a range allows
 * (match), depth first and with a stack of its own. */
#include "query/op.h"

/* ---- fans ---- */

/* The twin's relationships of one name, one way. */
static void open_edges(pxi_fan *fan, const px_view *view)
{
    px_str name = fan->hop->name_count ? fan->hop->names[fan->name] : (px_str){ 0 };

    fan->at = fan->incoming ? px_edges_in(view, fan->twin_no, name)
                            : px_edges_out(view, fan->twin_no, name);
}

void pxi_fan_open(pxi_fan *fan, const pxi_run *run, const px_plan_step *step, uint32_t twin_no)
{
    px_query_way way = step->hop->way;

    *fan = (pxi_fan){ .hop = step->hop, .twin_no = twin_no, .is_open = true };
    fan->incoming = way != PX_QUERY_EITHER && (way == PX_QUERY_IN) != step->is_back;
    fan->is_last_way = way != PX_QUERY_EITHER;
    open_edges(fan, run->view);
}

/* The same name twice in a list is one name. */
static bool is_repeated(const px_query_hop *hop, uint32_t name)
{
    for (uint32_t i = 0; i < name; i++)
        if (px_str_eq(hop->names[i], hop->names[name]))
            return true;
    return false;
}

/* All names outwards, then, where both ways are allowed, all names inwards. */
static bool open_next(pxi_fan *fan)
{
    do {
        if (++fan->name < fan->hop->name_count)
            continue;
        if (fan->is_last_way)
            return false;
        fan->name = 0;
        fan->incoming = fan->is_last_way = true;
    } while (is_repeated(fan->hop, fan->name));
    open_edges(fan, fan->at.view);
    return true;
}

bool pxi_fan_next(pxi_fan *fan, uint32_t *ret_rel_no, uint32_t *ret_other_no)
{
    while (fan->is_open) {
        bool either = fan->hop->way == PX_QUERY_EITHER;

        while (px_edges_step(&fan->at, ret_rel_no, ret_other_no))
            if (!either || !fan->incoming || *ret_other_no != fan->twin_no) /* a loop, once */
                return true;
        fan->is_open = open_next(fan);
    }
    return false;
}

/* ---- join ---- */

typedef struct join {
    pxi_op op;
    const px_plan_step *step;
    uint32_t near, far; /* sources */
    pxi_fan fan;
    bool has_pushed; /* its relationship stands at the end of the path */
} join;

/* The relationship leads to what is known already, or to something that is there. */
static bool take_end(pxi_run *run, const px_plan_step *step, uint32_t far, uint32_t other_no)
{
    return step->is_closed ? run->no[far] == other_no : pxi_take_twin(run, far, other_no);
}

static px_status take_edge(join *j, uint32_t rel_no, uint32_t other_no, bool *ret_row,
                           px_err *ret_err)
{
    pxi_run *run = j->op.run;
    uint32_t edge = j->step->hop->edge;

    *ret_row = !(run->query.is_match && pxi_is_walked(run, rel_no)) &&
               take_end(run, j->step, j->far, other_no);
    if (*ret_row && edge != PX_QUERY_NO_SOURCE && run->read >> edge & 1) {
        run->row[edge] = px_view_rel(run->view, run->tenant, rel_no);
        *ret_row = run->row[edge] != NULL;
    }
    if (!*ret_row || !run->query.is_match)
        return PX_OK;
    j->has_pushed = true;
    return PX_VEC_PUSH(&run->path, rel_no) ? PX_OK : px_no_memory(ret_err);
}

static px_status join_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    join *j = (join *)op;
    pxi_run *run = op->run;
    uint32_t rel_no, other_no;

    if (j->has_pushed)
        run->path.len--;
    j->has_pushed = false;
    for (;;) {
        while (pxi_fan_next(&j->fan, &rel_no, &other_no)) {
            PX_TRY(pxi_touch(&run->budget, ret_err));
            PX_TRY(take_edge(j, rel_no, other_no, ret_row, ret_err));
            if (*ret_row)
                return PX_OK;
        }
        PX_TRY(pxi_pull(op->input, ret_row, ret_err));
        if (!*ret_row)
            return PX_OK;
        pxi_fan_open(&j->fan, run, j->step, run->no[j->near]);
    }
}

px_status pxi_join_new(pxi_run *run, const px_plan_step *step, pxi_op *input, pxi_op **ret_op,
                       px_err *ret_err)
{
    join *j = pxi_op_new(run, sizeof(*j), input, join_next);

    if (!j)
        return px_arena_fail(run->arena, ret_err);
    j->step = step;
    j->near = step->is_back ? step->hop->to : step->hop->from;
    j->far = step->is_back ? step->hop->from : step->hop->to;
    *ret_op = &j->op;
    return PX_OK;
}

/* ---- match ---- */

typedef struct match {
    pxi_op op;
    const px_plan_step *step;
    uint32_t near, far;
    PX_VEC(pxi_fan) fans; /* one for each twin of the way that is walked on from */
    size_t path_begin;    /* the relationships of this hop stand behind it */
} match;

/* Looking whether it was walked is work, too: of a long way it counts. */
static px_status touch_path(pxi_run *run, px_err *ret_err)
{
    for (size_t n = 0; n <= run->path.len / 256; n++)
        PX_TRY(pxi_touch(&run->budget, ret_err));
    return PX_OK;
}

/* One more relationship of the way, and what leads on from its end. */
static px_status walk_on(match *m, uint32_t rel_no, uint32_t other_no, px_err *ret_err)
{
    pxi_run *run = m->op.run;
    size_t walked;

    if (!PX_VEC_PUSH(&run->path, rel_no) || !PX_VEC_PUSH(&m->fans, (pxi_fan){ 0 }))
        return px_no_memory(ret_err);
    walked = run->path.len - m->path_begin;
    if (walked < m->step->hop->most)
        pxi_fan_open(&m->fans.ptr[m->fans.len - 1], run, m->step, other_no);
    return PX_OK;
}

static void step_back(match *m)
{
    m->fans.len--;
    if (m->fans.len)
        m->op.run->path.len--;
}

static px_status begin_way(match *m, bool *ret_row, px_err *ret_err)
{
    pxi_run *run = m->op.run;

    PX_TRY(pxi_pull(m->op.input, ret_row, ret_err));
    if (!*ret_row)
        return PX_OK;
    m->path_begin = run->path.len;
    if (!PX_VEC_PUSH(&m->fans, (pxi_fan){ 0 }))
        return px_no_memory(ret_err);
    pxi_fan_open(&m->fans.ptr[0], run, m->step, run->no[m->near]);
    return PX_OK;
}

static px_status match_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    match *m = (match *)op;
    pxi_run *run = op->run;
    uint32_t rel_no, other_no;

    for (;;) {
        if (!m->fans.len) {
            PX_TRY(begin_way(m, ret_row, ret_err));
            if (!*ret_row)
                return PX_OK;
        }
        if (!m->fans.ptr[m->fans.len - 1].is_open ||
            !pxi_fan_next(&m->fans.ptr[m->fans.len - 1], &rel_no, &other_no)) {
            step_back(m);
            continue;
        }
        PX_TRY(touch_path(run, ret_err));
        if (pxi_is_walked(run, rel_no))
            continue;
        PX_TRY(walk_on(m, rel_no, other_no, ret_err));
        if (run->path.len - m->path_begin < m->step->hop->least)
            continue;
        *ret_row =
            m->step->is_closed ? run->no[m->far] == other_no : pxi_take_twin(run, m->far, other_no);
        if (*ret_row)
            return PX_OK;
    }
}

static void match_release(pxi_op *op)
{
    PX_VEC_RELEASE(&((match *)op)->fans);
}

px_status pxi_match_new(pxi_run *run, const px_plan_step *step, pxi_op *input, pxi_op **ret_op,
                        px_err *ret_err)
{
    match *m = pxi_op_new(run, sizeof(*m), input, match_next);

    if (!m)
        return px_arena_fail(run->arena, ret_err);
    m->op.release = match_release;
    m->step = step;
    m->near = step->is_back ? step->hop->to : step->hop->from;
    m->far = step->is_back ? step->hop->from : step->hop->to;
    *ret_op = &m->op;
    return PX_OK;
}
