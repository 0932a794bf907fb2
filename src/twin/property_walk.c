/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a property index. Leaves of a view stay as they are, so a run is walked in its leaf. */
#include "twin/property_inner.h"

/* ---- which there are ---- */

static uint32_t first_of(const px_view *view, uint32_t tenant)
{
    return pxi_property_lower(view->roots->properties, tenant, 0);
}

uint32_t px_view_property_count(const px_view *view, uint32_t tenant)
{
    const pxi_property_list *list = view->roots->properties;
    uint32_t at = first_of(view, tenant), count = 0;

    while (list && at + count < list->count && list->of[at + count].tenant == tenant)
        count++;
    return count;
}

uint32_t px_view_property_count_all(const px_view *view)
{
    return view->roots->properties ? view->roots->properties->count : 0;
}

const px_property_index *px_view_property(const px_view *view, uint32_t tenant, uint32_t at)
{
    const pxi_property_list *list = view->roots->properties;

    at += first_of(view, tenant);
    return list && at < list->count && list->of[at].tenant == tenant ? list->of[at].index : NULL;
}

px_property_info px_property_tell(const px_property_index *index)
{
    return (px_property_info){ .no = index->no,
                               .state = index->state,
                               .path = pxi_property_path(index),
                               .model = pxi_property_base(index),
                               .entries = index->entries,
                               .bytes = index->bytes };
}

/* ---- walking ---- */

static void begin_at(px_property_walk *at, const px_property_range *range)
{
    at->range = *range;
    at->high = (uint32_t)(range->from.high >> 32);
    at->middle = (uint32_t)range->from.high;
    at->no = 0;
    at->run_left = 0;
}

px_property_walk px_property_walk_of(const px_view *view, const px_property_index *index,
                                     const px_property_range *range)
{
    px_property_walk at = { .view = view, .root = index->root };

    begin_at(&at, range);
    return at;
}

static uint64_t high_of(const pxi_entry *entry)
{
    return (uint64_t)entry->a << 32 | entry->b;
}

/* The entries from where it goes on to the end of their leaf; NULL at the end of the tree. */
static const pxi_entry *run_of(px_property_walk *at)
{
    const pxi_entry *run = at->run;

    if (at->run_left)
        return run;
    run = pxi_index_run(at->root, (pxi_entry){ at->high, at->middle, at->no, 0 }, &at->run_left);
    at->run = run;
    return run;
}

/* Behind `count` entries of the run. Numbers of twins stay below the highest, so one more is one.
 */
static void pass(px_property_walk *at, const pxi_entry *run, uint32_t count)
{
    at->high = run[count - 1].a;
    at->middle = run[count - 1].b;
    at->no = run[count - 1].c + 1;
    at->run = run + count;
    at->run_left -= count;
}

/* After the range come the twins of which nothing can be told. */
static void end_range(px_property_walk *at)
{
    px_property_range open = px_property_range_open();

    at->done = at->is_open;
    at->is_open = true;
    begin_at(at, &open);
}

static bool is_sure(const px_property_walk *at, const pxi_entry *entry)
{
    return high_of(entry) > at->range.above && high_of(entry) < at->range.below;
}

static bool is_ended(const px_view *view)
{
    return view->snapshot && atomic_load_explicit(&view->snapshot->ended, memory_order_relaxed);
}

bool px_property_next(px_property_walk *at, px_property_hit *ret_hit)
{
    while (!at->done && !is_ended(at->view)) {
        const pxi_entry *run = run_of(at);
        uint32_t left = at->run_left;
        px_property_key key;

        if (!run || high_of(run) > at->range.to.high) {
            end_range(at);
            continue;
        }
        if (at->counts_sure && is_sure(at, run) && is_sure(at, run + left - 1)) {
            *ret_hit = (px_property_hit){ .sure = left };
            pass(at, run, left);
            return true;
        }
        key = (px_property_key){ high_of(run), run->value };
        *ret_hit = (px_property_hit){ .no = run->c, .sure = is_sure(at, run) };
        pass(at, run, 1);
        if (px_property_key_cmp(key, at->range.from) >= 0 &&
            px_property_key_cmp(key, at->range.to) <= 0)
            return true;
    }
    return false;
}

uint64_t px_property_count(const px_view *view, const px_property_index *index,
                           const px_property_range *range, uint64_t most)
{
    px_property_walk at = px_property_walk_of(view, index, range);
    uint64_t count = 0;

    at.counts_sure = true;
    for (px_property_hit hit; count <= most && px_property_next(&at, &hit);)
        count += hit.no ? 1 : hit.sure;
    return count;
}
