/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/property_inner.h"

enum {
    SWEEP_BLOCKS = 1024, /* freed for ended snapshots in one step */
    GRACE_CHUNKS = 1024, /* lists of what point readers may still see, in one step */
    PRUNES_PER_TXN = 64,
};

/* ---- life ---- */

px_status pxi_graph_new(const px_graph_opts *opts, const px_snapshot *base, px_graph **ret_graph,
                        px_err *ret_err)
{
    static const px_graph_opts defaults = { 0 };
    px_graph *graph = px_zalloc(1, sizeof(*graph));

    if (!graph)
        return px_no_memory(ret_err);
    graph->names = base ? pxi_edge_names_hold(base->graph->names) : pxi_edge_names_new();
    if (!graph->names) {
        px_free(graph);
        return px_no_memory(ret_err);
    }
    opts = opts ? opts : &defaults;
    pxi_slab_init(&graph->slab, opts->chunk_bytes);
    pxi_readers_init(&graph->readers);
    pthread_mutex_init(&graph->lock, NULL);
    pthread_cond_init(&graph->granted, NULL);
    graph->snapshot_bytes_max =
        opts->snapshot_bytes_max ? opts->snapshot_bytes_max : PX_SNAPSHOT_BYTES_MAX;
    graph->property_bytes_max =
        opts->property_bytes_max ? opts->property_bytes_max : PX_PROPERTY_BYTES_MAX;
    if (base) {
        graph->is_branch = true;
        graph->gen = graph->base = base->gen;
        graph->roots = base->roots;
        atomic_store(&graph->twins, graph->roots.twins);
        atomic_store(&graph->ids, graph->roots.ids);
    }
    *ret_graph = graph;
    return PX_OK;
}

px_status px_graph_new(const px_graph_opts *opts, px_graph **ret_graph, px_err *ret_err)
{
    return pxi_graph_new(opts, NULL, ret_graph, ret_err);
}

void px_graph_free(px_graph *graph)
{
    if (!graph)
        return;
    px_assert(!graph->busy);
    while (graph->oldest) {
        px_snapshot *snapshot = graph->oldest;

        px_assert(snapshot->refs == 0);
        graph->oldest = snapshot->newer;
        pxi_snapshot_free(snapshot);
    }
    pxi_touches_release(&graph->txn.twins);
    pxi_touches_release(&graph->txn.rels);
    PX_VEC_RELEASE(&graph->tombs);
    PX_VEC_RELEASE(&graph->prunes);
    pxi_property_release(graph);
    pthread_cond_destroy(&graph->granted);
    pthread_mutex_destroy(&graph->lock);
    pxi_edge_names_release(graph->names);
    pxi_slab_release(&graph->slab);
    px_free(graph);
}

/* ---- what was replaced ---- */

static bool sweep_grace(px_graph *graph)
{
    uint64_t oldest = graph->grace.head ? pxi_readers_oldest(&graph->readers) : 0;

    for (uint32_t step = 0; step < GRACE_CHUNKS; step++) {
        pxi_dead *dead = graph->grace.head;

        if (!dead || dead->epoch >= oldest)
            break;
        for (uint64_t i = 0; i < dead->count; i++)
            pxi_slab_free(&graph->slab, dead->block[i]);
        graph->grace.head = dead->next;
        if (!dead->next)
            graph->grace.tail = NULL;
        pxi_slab_free(&graph->slab, dead);
    }
    return graph->grace.head != NULL;
}

bool px_graph_sweep(px_graph *graph)
{
    bool more;

    px_assert(!graph->busy);
    more = sweep_grace(graph);
    return pxi_snapshots_drain(graph, SWEEP_BLOCKS) || more;
}

/* Leaves that deletions have emptied; what does not work out is tried again. */
static void prune(px_txn *txn)
{
    px_graph *graph = txn->graph;

    while (txn->pruned < graph->prunes.len && txn->pruned < PRUNES_PER_TXN) {
        pxi_prune at = graph->prunes.ptr[txn->pruned];

        if (!pxi_radix_prune(&txn->cow, at.is_rel ? &txn->roots.rels : &txn->roots.twins, at.no))
            return;
        txn->pruned++;
    }
}

/* ---- transactions ---- */

px_status px_graph_begin(px_graph *graph, px_txn **ret_txn, px_err *ret_err)
{
    px_txn *txn = &graph->txn;

    (void)ret_err;
    px_assert(!graph->busy);
    (void)px_graph_sweep(graph);
    txn->graph = graph;
    txn->roots = graph->roots;
    txn->view = (px_view){ .roots = &txn->roots, .txn = txn };
    txn->cow = (pxi_cow){ .slab = &graph->slab, .base = graph->base };
    txn->seq = txn->roots.seq;
    txn->time = 0;
    txn->clean = txn->broken = txn->settled = false;
    txn->tomb_count = txn->prune_count = txn->pruned = 0;
    pxi_snapshots_begin(txn);
    if (graph->prunes.len)
        prune(txn);
    *ret_txn = txn;
    return PX_OK;
}

void px_txn_at(px_txn *txn, uint64_t seq, px_time time)
{
    px_assert(!txn->settled);
    txn->seq = seq;
    txn->time = time;
    if (seq > txn->roots.seq)
        txn->roots.seq = seq;
}

const px_view *px_txn_view(const px_txn *txn)
{
    return &txn->view;
}

px_status pxi_txn_broken(px_txn *txn, px_err *ret_err)
{
    txn->broken = true;
    return px_no_memory(ret_err);
}

void *pxi_txn_record(px_txn *txn, bool is_rel, uint32_t no)
{
    pxi_touch *touch = pxi_touches_find(is_rel ? &txn->rels : &txn->twins, no);

    return touch ? touch->fresh : pxi_radix_get(is_rel ? txn->roots.rels : txn->roots.twins, no);
}

void px_graph_prefetch(const px_graph *graph, const uint32_t *twin_nos, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const pxi_radix *leaf = pxi_radix_leaf(graph->roots.twins, twin_nos[i]);

        if (leaf) {
            __builtin_prefetch(&leaf->head, 1);
            __builtin_prefetch(&leaf->child[twin_nos[i] & 63], 1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const char *record = pxi_radix_get(graph->roots.twins, twin_nos[i]);

        /* The lines of a record of eight values; where it is shorter nothing is lost. */
        for (size_t line = 0; record && line < 256; line += 64)
            __builtin_prefetch(record + line);
    }
}

bool pxi_txn_swap(px_txn *txn, bool is_rel, uint32_t no, void *fresh)
{
    pxi_touches *touches = is_rel ? &txn->rels : &txn->twins;
    pxi_radix **root = is_rel ? &txn->roots.rels : &txn->roots.twins;
    pxi_touch *touch = pxi_touches_find(touches, no);
    pxi_radix *leaf;
    void *old;

    if (touch) {
        if (touch->fresh && touch->fresh != fresh)
            pxi_slab_free(&txn->graph->slab, touch->fresh);
        touch->fresh = fresh;
        touch->clean = txn->clean;
        return true;
    }
    leaf = pxi_touches_reserve(touches) ? pxi_radix_prepare(&txn->cow, root, no) : NULL;
    old = leaf ? pxi_radix_child(leaf, no & 63) : NULL;
    if (!leaf || (old && !pxi_cow_retire(&txn->cow, old, pxi_record_birth(old)))) {
        if (fresh)
            pxi_slab_free(&txn->graph->slab, fresh);
        return false;
    }
    pxi_touches_add(
        touches,
        (pxi_touch){ .no = no, .clean = txn->clean, .leaf = leaf, .old = old, .fresh = fresh });
    return true;
}

bool pxi_txn_tomb(px_txn *txn, pxi_tomb tomb)
{
    px_graph *graph = txn->graph;
    pxi_prune note = { .is_rel = tomb.is_rel, .no = tomb.no };
    size_t prunes = graph->prunes.len + txn->prune_count;
    pxi_prune *last;

    if (!PX_VEC_RESERVE(&graph->tombs, graph->tombs.len + txn->tomb_count + 1) ||
        !PX_VEC_RESERVE(&graph->prunes, prunes + 1))
        return false;
    if (!graph->is_branch && !txn->clean)
        graph->tombs.ptr[graph->tombs.len + txn->tomb_count++] = tomb;
    last = prunes ? &graph->prunes.ptr[prunes - 1] : NULL;
    if (!last || prunes == txn->pruned || last->is_rel != note.is_rel ||
        last->no >> 6 != note.no >> 6)
        graph->prunes.ptr[graph->prunes.len + txn->prune_count++] = note;
    return true;
}

/* ---- commit ---- */

static void store(px_graph *graph, pxi_touches *touches)
{
    PX_VEC_EACH (&touches->list, touch) {
        uint32_t index = touch->no & 63;
        uint64_t bit = UINT64_C(1) << index;

        atomic_store_explicit(&touch->leaf->child[index], touch->fresh, memory_order_release);
        if (touch->clean || !touch->fresh || graph->is_branch)
            touch->leaf->dirty &= ~bit;
        else
            touch->leaf->dirty |= bit;
    }
}

static void to_grace(px_graph *graph, pxi_dead_list *dead)
{
    uint64_t epoch = pxi_readers_advance(&graph->readers);

    for (pxi_dead *at = dead->head; at; at = at->next)
        at->epoch = epoch;
    pxi_dead_splice(&graph->grace, dead);
}

void px_graph_commit(px_txn *txn)
{
    px_graph *graph = txn->graph;
    px_snapshot *early;

    px_assert(graph->busy && !txn->broken);
    px_assert(txn->settled || !txn->twins.list.len || !pxi_property_is_live(txn));
    early = pxi_snapshots_close(txn);
    atomic_fetch_add(&graph->version, 1);
    store(graph, early ? &early->over_twins : &txn->twins);
    store(graph, early ? &early->over_rels : &txn->rels);
    atomic_store_explicit(&graph->twins, txn->roots.twins, memory_order_release);
    atomic_store_explicit(&graph->ids, txn->roots.ids, memory_order_release);
    atomic_fetch_add(&graph->version, 1);

    if (!early)
        to_grace(graph, &txn->cow.now);
    graph->tombs.len += txn->tomb_count;
    graph->prunes.len += txn->prune_count;
    if (txn->pruned) {
        graph->prunes.len -= txn->pruned;
        memmove(graph->prunes.ptr, graph->prunes.ptr + txn->pruned,
                graph->prunes.len * sizeof(*graph->prunes.ptr));
    }
    pxi_touches_clear(&txn->twins);
    pxi_touches_clear(&txn->rels);
    pxi_snapshots_end(txn, true);
}

/* ---- rollback ---- */

static void forget(px_graph *graph, pxi_touches *touches)
{
    PX_VEC_EACH (&touches->list, touch)
        if (touch->fresh)
            pxi_slab_free(&graph->slab, touch->fresh);
    pxi_touches_clear(touches);
}

void px_graph_rollback(px_txn *txn)
{
    px_graph *graph = txn->graph;
    pxi_cow *cow = &txn->cow;

    px_assert(graph->busy);
    forget(graph, &txn->twins);
    forget(graph, &txn->rels);
    pxi_radix_undo(cow, txn->roots.twins);
    pxi_radix_undo(cow, txn->roots.rels);
    pxi_trie_undo(cow, txn->roots.ids);
    pxi_trie_undo(cow, txn->roots.rel_ids);
    pxi_index_undo(cow, txn->roots.sets);
    pxi_index_undo(cow, txn->roots.out);
    pxi_index_undo(cow, txn->roots.in);
    pxi_property_undo(txn);
    pxi_dead_drop(&graph->slab, &cow->now);
    pxi_dead_drop(&graph->slab, &cow->held);
    pxi_snapshots_end(txn, false);
}

/* ---- figures ---- */

px_numbers px_graph_numbers(const px_graph *graph)
{
    return graph->busy ? graph->txn.roots.numbers : graph->roots.numbers;
}

static void raise_to(px_numbers *numbers, px_numbers highest)
{
    if (numbers->twin_no < highest.twin_no)
        numbers->twin_no = highest.twin_no;
    if (numbers->rel_no < highest.rel_no)
        numbers->rel_no = highest.rel_no;
}

void px_graph_numbers_set(px_graph *graph, px_numbers highest)
{
    pthread_mutex_lock(&graph->lock);
    raise_to(&graph->roots.numbers, highest);
    pthread_mutex_unlock(&graph->lock);
    if (graph->busy)
        raise_to(&graph->txn.roots.numbers, highest);
}

px_graph_stats px_graph_stat(px_graph *graph)
{
    px_graph_stats stats = {
        .bytes_used = atomic_load_explicit(&graph->slab.used, memory_order_relaxed),
        .bytes_reserved = atomic_load_explicit(&graph->slab.reserved, memory_order_relaxed),
    };

    pthread_mutex_lock(&graph->lock);
    stats.twins = graph->roots.twin_count;
    stats.relationships = graph->roots.rel_count;
    stats.seq = graph->roots.seq;
    for (const px_snapshot *at = graph->oldest; at; at = at->newer)
        stats.snapshots += at->refs > 0;
    stats.snapshot_bytes = graph->snapshot_bytes;
    stats.snapshots_ended = graph->snapshots_ended;
    pxi_property_stat(graph->roots.properties, &stats);
    pthread_mutex_unlock(&graph->lock);
    return stats;
}
