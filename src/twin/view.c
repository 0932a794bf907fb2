/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/inner.h"

/* ---- one twin, one relationship ---- */

/* The tree is asked first: who sees a record there that the commit has stored sees the overlay. */
static void *snapshot_record(const px_snapshot *snapshot, bool is_rel, uint32_t no)
{
    pxi_radix *root = is_rel ? snapshot->roots.rels : snapshot->roots.twins;
    void *record = pxi_radix_get(root, no);
    const pxi_touch *over;

    if (!atomic_load_explicit(&snapshot->overlaid, memory_order_acquire))
        return record;
    over = pxi_touches_peek(is_rel ? &snapshot->over_rels : &snapshot->over_twins, no);
    return over ? over->old : record;
}

const px_twin *pxi_view_twin(const px_view *view, uint32_t twin_no)
{
    return view->txn ? pxi_txn_record(view->txn, false, twin_no)
                     : snapshot_record(view->snapshot, false, twin_no);
}

const px_rel *pxi_view_rel(const px_view *view, uint32_t rel_no)
{
    return view->txn ? pxi_txn_record(view->txn, true, rel_no)
                     : snapshot_record(view->snapshot, true, rel_no);
}

bool pxi_twin_matches(const void *wanted, uint32_t no)
{
    const pxi_wanted *what = wanted;
    const px_twin *twin =
        what->view ? pxi_view_twin(what->view, no) : pxi_radix_get(what->twins, no);

    return twin && twin->tenant == what->owner && px_str_eq(px_twin_id(twin), what->id);
}

bool pxi_rel_matches(const void *wanted, uint32_t no)
{
    const pxi_wanted *what = wanted;
    const px_rel *rel = pxi_view_rel(what->view, no);

    return rel && rel->source == what->owner && px_str_eq(px_rel_id(rel), what->id);
}

const px_twin *px_view_twin(const px_view *view, uint32_t tenant, uint32_t twin_no)
{
    const px_twin *twin = pxi_view_twin(view, twin_no);

    return twin && twin->tenant == tenant ? twin : NULL;
}

const px_twin *px_view_find(const px_view *view, uint32_t tenant, px_str twin_id)
{
    pxi_wanted what = { .view = view, .owner = tenant, .id = twin_id };
    uint32_t no;

    if (twin_id.len > PX_TWIN_ID_BYTES_MAX)
        return NULL;
    no = pxi_trie_find(view->roots->ids, pxi_key_hash(tenant, twin_id), pxi_twin_matches, &what);
    return no ? pxi_view_twin(view, no) : NULL;
}

const px_rel *px_view_rel(const px_view *view, uint32_t tenant, uint32_t rel_no)
{
    const px_rel *rel = pxi_view_rel(view, rel_no);

    return rel && rel->tenant == tenant ? rel : NULL;
}

const px_rel *px_view_rel_find(const px_view *view, uint32_t source_no, px_str rel_id)
{
    pxi_wanted what = { .view = view, .owner = source_no, .id = rel_id };
    uint32_t no;

    if (rel_id.len > PX_TWIN_ID_BYTES_MAX)
        return NULL;
    no = pxi_trie_find(view->roots->rel_ids, pxi_key_hash(source_no, rel_id), pxi_rel_matches,
                       &what);
    return no ? pxi_view_rel(view, no) : NULL;
}

void px_view_fetch_places(const px_view *view, const uint32_t *twin_nos, uint32_t count)
{
    pxi_radix *root = view->roots->twins, *leaf;

    for (uint32_t i = 0; i < count; i++)
        if ((leaf = pxi_radix_leaf(root, twin_nos[i])))
            __builtin_prefetch((const char *)leaf + offsetof(pxi_radix, child) +
                               (twin_nos[i] & 63) * sizeof(leaf->child[0]));
}

void px_view_fetch(const px_view *view, const uint32_t *twin_nos, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *record = pxi_radix_get(view->roots->twins, twin_nos[i]);

        if (record) {
            __builtin_prefetch(record);
            __builtin_prefetch(record + 64);
        }
    }
}

static bool is_ended(const px_view *view)
{
    return view->snapshot && atomic_load_explicit(&view->snapshot->ended, memory_order_relaxed);
}

/* ---- twins of a tenant, of models ---- */

enum { MERGE_MAX = 8 }; /* with more models the tenant's set is filtered */

px_twins px_twins_of(const px_view *view, uint32_t tenant, const uint32_t *model_nos,
                     uint32_t model_count)
{
    px_twins at = { .view = view, .tenant = tenant };

    if (model_nos) {
        at.models = model_nos;
        at.model_count = model_count;
        at.done = model_count == 0;
    }
    return at;
}

/* The first block of a set from `block` on; a lower one found so far is kept, an equal one joined.
 */
static void join_block(const px_twins *at, uint32_t model, uint32_t block, pxi_entry *best,
                       bool *found)
{
    pxi_entry entry;

    if (!pxi_index_from(at->view->roots->sets, (pxi_entry){ at->tenant, model, block, 0 },
                        &entry) ||
        entry.a != at->tenant || entry.b != model)
        return;
    if (!*found || entry.c < best->c)
        *best = entry;
    else if (entry.c == best->c)
        best->value |= entry.value;
    *found = true;
}

static bool block_from(px_twins *at, uint32_t block)
{
    pxi_entry best = { 0 };
    bool found = false;

    if (at->models && at->model_count <= MERGE_MAX)
        for (uint32_t i = 0; i < at->model_count; i++)
            join_block(at, at->models[i], block, &best, &found);
    else
        join_block(at, 0, block, &best, &found);
    at->block = best.c;
    at->mask = best.value;
    at->started = true;
    at->done = !found;
    return found;
}

static bool is_wanted(const px_twins *at, const px_twin *twin)
{
    uint32_t low = 0, high = at->model_count;

    if (!at->models || at->model_count <= MERGE_MAX)
        return true;
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (at->models[middle] == twin->model)
            return true;
        if (at->models[middle] < twin->model)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

const px_twin *px_twins_next(px_twins *at)
{
    while (!at->done && !is_ended(at->view)) {
        const px_twin *twin;

        if (at->mask == 0) {
            block_from(at, at->started ? at->block + 1 : 0);
            continue;
        }
        twin = pxi_view_twin(at->view, at->block << 5 | (uint32_t)__builtin_ctz(at->mask));
        at->mask &= at->mask - 1;
        if (twin && is_wanted(at, twin))
            return twin;
    }
    return NULL;
}

void px_twins_seek(px_twins *at, uint32_t after_no)
{
    if (at->done)
        return;
    if (block_from(at, after_no >> 5) && at->block == after_no >> 5)
        at->mask &= (uint32_t)-2 << (after_no & 31);
}

uint64_t px_view_model_count(const px_view *view, uint32_t tenant, uint32_t model_no)
{
    pxi_entry from = { tenant, model_no, 0, 0 };
    const pxi_entry *run;
    uint64_t count = 0;
    uint32_t left;

    while ((run = pxi_index_run(view->roots->sets, from, &left))) {
        for (; left && run->a == tenant && run->b == model_no; left--, run++)
            count += (uint32_t)__builtin_popcount(run->value);
        if (left || run[-1].c == UINT32_MAX)
            break;
        from.c = run[-1].c + 1;
    }
    return count;
}

/* ---- relationships of a twin ---- */

px_edge_name px_view_edge_name(const px_view *view, px_str name)
{
    const px_graph *graph = view->txn ? view->txn->graph : view->snapshot->graph;
    px_edge_name asked = { .name = name };

    if (!name.ptr)
        return asked;
    asked.hash = pxi_name_hash(name);
    asked.is_sure = pxi_edge_names_is_sure(graph->names, asked.hash, name);
    return asked;
}

px_edges px_edges_of(const px_view *view, uint32_t twin_no, const px_edge_name *name, bool incoming)
{
    return (px_edges){ .view = view,
                       .name = name->name,
                       .twin_no = twin_no,
                       .name_hash = name->hash,
                       .is_sure = name->is_sure,
                       .incoming = incoming };
}

static px_edges edges_named(const px_view *view, uint32_t twin_no, px_str name, bool incoming)
{
    px_edge_name asked = { .name = name, .hash = name.ptr ? pxi_name_hash(name) : 0 };

    return px_edges_of(view, twin_no, &asked, incoming);
}

px_edges px_edges_out(const px_view *view, uint32_t twin_no, px_str name)
{
    return edges_named(view, twin_no, name, false);
}

px_edges px_edges_in(const px_view *view, uint32_t twin_no, px_str name)
{
    return edges_named(view, twin_no, name, true);
}

void px_edges_seek(px_edges *at, px_str after_name, uint32_t after_rel_no)
{
    at->name_hash = pxi_name_hash(after_name);
    at->rel_no = after_rel_no;
    at->started = true;
}

/* A snapshot's leaves stay as they are: what lies behind an entry needs no new way down. */
static const pxi_entry *edge_from(px_edges *at)
{
    const void *root = at->incoming ? at->view->roots->in : at->view->roots->out;
    pxi_entry from = { at->twin_no, at->name_hash, at->started ? at->rel_no + 1 : 0, 0 };
    const pxi_entry *edge;

    if (at->run_left) {
        edge = at->run;
        at->run_left--;
    } else {
        edge = pxi_index_run(root, from, &at->run_left);
        at->run_left = edge && at->view->snapshot ? at->run_left - 1 : 0;
    }
    at->run = edge ? edge + 1 : NULL;
    return edge;
}

uint32_t px_edges_peek(px_edges *at, uint32_t *ret_other_nos, uint32_t most)
{
    const pxi_entry *edge;
    uint32_t count = 0;

    if (!at->view->snapshot || is_ended(at->view))
        return 0;
    if (!at->run_left) {
        at->run = edge_from(at);
        at->run_left += at->run != NULL;
    }
    edge = at->run;
    for (; count < most && count < at->run_left && edge[count].a == at->twin_no; count++) {
        if (at->name.ptr && edge[count].b != at->name_hash)
            break;
        ret_other_nos[count] = edge[count].value;
    }
    return count;
}

void px_edges_find(const px_view *view, const px_edge_name *name, bool incoming,
                   px_edges_place *places, uint32_t count)
{
    pxi_index_seek seeks[PX_EDGES_PLACES_MAX];

    px_assert(count <= PX_EDGES_PLACES_MAX);
    for (uint32_t i = 0; i < count; i++)
        seeks[i] = (pxi_index_seek){ .root = incoming ? view->roots->in : view->roots->out,
                                     .from = { places[i].twin_no, name->hash, 0, 0 } };
    if (view->snapshot)
        pxi_index_runs(seeks, count);
    for (uint32_t i = 0; i < count; i++) {
        places[i].run = seeks[i].run;
        places[i].run_left = seeks[i].count;
    }
}

void px_edges_begin(px_edges *fresh, const px_edges_place *place)
{
    px_assert(fresh->twin_no == place->twin_no);
    fresh->run = place->run;
    fresh->run_left = place->run_left;
}

static bool edge_next(px_edges *at, pxi_entry *ret_edge)
{
    const pxi_entry *edge = is_ended(at->view) ? NULL : edge_from(at);

    if (!edge || edge->a != at->twin_no) {
        at->run_left = 0;
        return false;
    }
    *ret_edge = *edge;
    if (at->name.ptr && ret_edge->b != at->name_hash)
        return false;
    at->name_hash = ret_edge->b;
    at->rel_no = ret_edge->c;
    at->started = true;
    return true;
}

const px_rel *px_edges_next(px_edges *at)
{
    pxi_entry edge;

    while (edge_next(at, &edge)) {
        const px_rel *rel = pxi_view_rel(at->view, edge.c);

        if (rel && (!at->name.ptr || px_str_eq(px_rel_name(rel), at->name)))
            return rel;
    }
    return NULL;
}

bool px_edges_step(px_edges *at, uint32_t *ret_rel_no, uint32_t *ret_other_no)
{
    pxi_entry edge;

    bool is_asked = at->name.ptr && !at->is_sure;

    while (edge_next(at, &edge)) {
        const px_rel *rel = is_asked ? pxi_view_rel(at->view, edge.c) : NULL;

        if (is_asked && (!rel || !px_str_eq(px_rel_name(rel), at->name)))
            continue;
        *ret_rel_no = edge.c;
        *ret_other_no = edge.value;
        return true;
    }
    return false;
}

uint32_t px_view_edge_count(const px_view *view, uint32_t twin_no, px_str name, uint32_t most)
{
    px_edges at = px_edges_out(view, twin_no, name);
    uint32_t count = 0;

    while (count < most && px_edges_next(&at))
        count++;
    return count;
}

bool px_view_has_edges(const px_view *view, uint32_t twin_no)
{
    pxi_entry from = { .a = twin_no }, edge;

    return (pxi_index_from(view->roots->out, from, &edge) && edge.a == twin_no) ||
           (pxi_index_from(view->roots->in, from, &edge) && edge.a == twin_no);
}
