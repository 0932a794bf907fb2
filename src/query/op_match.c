/* SPDX-License-Identifier: Apache-2.0 */
/* From a twin over as many relationships as a range allows: depth first and with a stack of its
 * own. */
#include "query/ahead.h"

typedef struct match {
    pxi_op op;
    const px_plan_step *step;
    uint32_t near, far;
    pxi_ways ways;
    pxi_ahead ahead;
    PX_VEC(pxi_level) levels; /* one for each twin of the way, closed where it ends */
    size_t path_begin;        /* the relationships of this hop stand behind it */
} match;

/* Looking whether it was walked is work, too: of a long way it counts. */
static px_status touch_path(pxi_run *run, px_err *ret_err)
{
    for (size_t n = 0; n <= run->path.len / 256; n++)
        PX_TRY(pxi_touch(&run->budget, ret_err));
    return PX_OK;
}

/* One more twin of the way, and what leads on from it. */
static px_status enter(match *m, uint32_t twin_no, px_err *ret_err)
{
    uint32_t length = (uint32_t)m->levels.len;
    pxi_level *level;

    if (!PX_VEC_RESERVE(&m->levels, m->levels.len + 1))
        return px_no_memory(ret_err);
    level = &m->levels.ptr[m->levels.len++];
    if (length < m->step->hop->most)
        pxi_level_open(&m->ahead, level, length ? level - 1 : NULL, twin_no, length);
    else
        level->fan.is_open = false;
    return PX_OK;
}

static px_status walk_on(match *m, uint32_t rel_no, uint32_t other_no, px_err *ret_err)
{
    if (!PX_VEC_PUSH(&m->op.run->path, rel_no))
        return px_no_memory(ret_err);
    return enter(m, other_no, ret_err);
}

static void step_back(match *m)
{
    if (--m->levels.len)
        m->op.run->path.len--;
}

static px_status begin_way(match *m, bool *ret_row, px_err *ret_err)
{
    pxi_run *run = m->op.run;

    PX_TRY(pxi_pull(m->op.input, ret_row, ret_err));
    if (!*ret_row)
        return PX_OK;
    m->path_begin = run->path.len;
    return enter(m, run->no[m->near], ret_err);
}

/* The next relationship that leads on from the end of the way. */
static bool step(match *m, uint32_t *ret_rel_no, uint32_t *ret_other_no)
{
    pxi_level *last = &m->levels.ptr[m->levels.len - 1];

    if (!last->fan.is_open)
        return false;
    pxi_level_look(&m->ahead, last, (uint32_t)m->levels.len - 1);
    if (pxi_fan_next(&last->fan, &m->ways, ret_rel_no, ret_other_no))
        return true;
    pxi_level_close(&m->ahead, last);
    return false;
}

static px_status match_next(pxi_op *op, bool *ret_row, px_err *ret_err)
{
    match *m = (match *)op;
    pxi_run *run = op->run;
    uint32_t rel_no, other_no;

    for (;;) {
        if (!m->levels.len) {
            PX_TRY(begin_way(m, ret_row, ret_err));
            if (!*ret_row)
                return PX_OK;
        }
        if (!step(m, &rel_no, &other_no)) {
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
    PX_VEC_RELEASE(&((match *)op)->levels);
    PX_VEC_RELEASE(&((match *)op)->ahead.twins);
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
    PX_TRY(pxi_ways_init(&m->ways, run, step, ret_err));
    m->ahead = (pxi_ahead){ .run = run,
                            .ways = &m->ways,
                            .far = m->far,
                            .least = step->is_closed ? UINT32_MAX : step->hop->least,
                            .most = step->hop->most };
    *ret_op = &m->op;
    return PX_OK;
}
