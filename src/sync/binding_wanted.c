/* SPDX-License-Identifier: Apache-2.0 */
/* Which values a mapping is to give: all of them, or those that were missed before; and what it
 * missed itself. */
#include "sync/binding_inner.h"

/* What is calculated from a field that could not be read had no value, either. */
static bool depends_on(const px_binding *b, uint32_t index, px_str name)
{
    const px_expr_path *paths;
    uint32_t count;

    if (!b->fields[index].has_formula)
        return false;
    paths = px_expr_paths(b->fields[index].formula.expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = paths[i].count ? pxi_field_find(b, paths[i].steps[0]) : UINT32_MAX;

        if (other != UINT32_MAX && other != index &&
            (px_str_eq(b->fields[other].name, name) ||
             (other < index && depends_on(b, other, name))))
            return true;
    }
    return false;
}

static bool is_name_wanted(const pxi_mapping *m, px_str name)
{
    const px_bind_input *in = m->input;
    uint32_t index;

    if (!in->only_name.len || !name.len || px_str_eq(in->only_name, name))
        return true;
    index = in->only_slot ? UINT32_MAX : pxi_field_find(m->b, name);
    return index != UINT32_MAX && depends_on(m->b, index, in->only_name);
}

bool pxi_is_wanted(const pxi_mapping *m, uint32_t row, uint32_t slot, px_str name)
{
    const px_bind_input *in = m->input;

    return (!in->only_row || in->only_row == row) &&
           (!in->only_slot || !slot || in->only_slot == slot) && is_name_wanted(m, name);
}

void pxi_miss(pxi_mapping *m, const px_bind_miss *what, const px_err *why)
{
    px_bind_miss *miss;

    if (!pxi_is_wanted(m, what->row, what->slot, what->name))
        return;
    m->out.missed++;
    if (!m->out.misses) /* without memory they are only counted */
        m->out.misses = PX_ARENA_ARRAY(m->arena, px_bind_miss, m->misses_max);
    if (!m->out.misses || m->out.miss_count == m->misses_max)
        return;
    miss = &m->out.misses[m->out.miss_count++];
    *miss = *what;
    miss->id = why->id;
    px_err_copy(why, miss->text, sizeof(miss->text));
}
