/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot is a copy of the roots and a generation: it sees what was born in that generation or
 * before. What is replaced while it lives goes onto the list of the newest one. When a snapshot
 * ends, the writer walks its list in steps: what the next older one sees as well moves there, the
 * rest is freed.
 */
#include "twin/inner.h"

/* ---- asking ---- */

static px_snapshot *snapshot_new(px_graph *graph)
{
    px_snapshot *snapshot = px_zalloc(1, sizeof(*snapshot));

    if (!snapshot)
        return NULL;
    snapshot->graph = graph;
    snapshot->refs = 1;
    snapshot->view.roots = &snapshot->roots;
    snapshot->view.ended = &snapshot->ended;
    return snapshot;
}

/* Locked, no transaction open. */
static void grant(px_graph *graph, px_snapshot *snapshot)
{
    snapshot->roots = graph->roots;
    snapshot->gen = graph->gen;
    snapshot->granted = true;
    snapshot->older = graph->newest;
    if (graph->newest)
        graph->newest->newer = snapshot;
    else
        graph->oldest = snapshot;
    graph->newest = snapshot;
    graph->current = snapshot;
}

/* Locked. The one that is given; `fresh` is left over when another could be shared. */
static px_snapshot *ask(px_graph *graph, px_snapshot *fresh)
{
    px_snapshot *shared = graph->current;

    if (shared && !atomic_load_explicit(&shared->ended, memory_order_relaxed)) {
        shared->refs++;
        return shared;
    }
    if (!graph->busy) {
        grant(graph, fresh);
        return fresh;
    }
    if (graph->pending) {
        shared = graph->pending;
        shared->refs++;
    } else {
        shared = graph->pending = fresh;
    }
    while (!shared->granted)
        pthread_cond_wait(&graph->granted, &graph->lock);
    return shared;
}

px_status px_graph_snapshot(px_graph *graph, px_snapshot **ret_snapshot, px_err *ret_err)
{
    px_snapshot *fresh = snapshot_new(graph), *given;

    if (!fresh)
        return px_no_memory(ret_err);
    pthread_mutex_lock(&graph->lock);
    given = ask(graph, fresh);
    pthread_mutex_unlock(&graph->lock);
    if (given != fresh)
        px_free(fresh);
    *ret_snapshot = given;
    return PX_OK;
}

void px_snapshot_release(px_snapshot *snapshot)
{
    px_graph *graph = snapshot ? snapshot->graph : NULL;

    if (!snapshot)
        return;
    pthread_mutex_lock(&graph->lock);
    if (--snapshot->refs == 0 && graph->current == snapshot)
        graph->current = NULL;
    pthread_mutex_unlock(&graph->lock);
}

const px_view *px_snapshot_view(const px_snapshot *snapshot)
{
    return &snapshot->view;
}

uint64_t px_snapshot_seq(const px_snapshot *snapshot)
{
    return snapshot->roots.seq;
}

px_status px_snapshot_status(const px_snapshot *snapshot, px_err *ret_err)
{
    if (!atomic_load_explicit(&snapshot->ended, memory_order_relaxed))
        return PX_OK;
    return px_fail_id(ret_err, PX_STALE, "snapshot.too_old",
                      "snapshot too old: what it held back passed the limit of bytes; ask again");
}

/* ---- the writer's side ---- */

void pxi_snapshots_begin(px_txn *txn)
{
    px_graph *graph = txn->graph;

    pthread_mutex_lock(&graph->lock);
    graph->busy = true;
    txn->holder = graph->newest;
    while (txn->holder && txn->holder->refs == 0)
        txn->holder = txn->holder->older;
    txn->cow.shared = txn->holder ? txn->holder->gen : 0;
    if (txn->cow.shared < graph->base)
        txn->cow.shared = graph->base;
    pthread_mutex_unlock(&graph->lock);
}

/* Locked. The oldest end until what the others hold is within the limit. */
static void enforce_limit(px_graph *graph)
{
    uint64_t live = 0;

    if (graph->snapshot_bytes <= graph->snapshot_bytes_max)
        return;
    for (px_snapshot *at = graph->oldest; at; at = at->newer)
        if (at->refs && !atomic_load_explicit(&at->ended, memory_order_relaxed))
            live += at->dead_bytes;
    for (px_snapshot *at = graph->oldest; at && live > graph->snapshot_bytes_max; at = at->newer) {
        if (!at->refs || atomic_load_explicit(&at->ended, memory_order_relaxed))
            continue;
        atomic_store_explicit(&at->ended, true, memory_order_relaxed);
        graph->snapshots_ended++;
        live -= at->dead_bytes;
        if (graph->current == at)
            graph->current = NULL;
    }
}

void pxi_snapshots_end(px_txn *txn, bool commit)
{
    px_graph *graph = txn->graph;

    pthread_mutex_lock(&graph->lock);
    if (commit) {
        graph->roots = txn->roots;
        graph->current = NULL;
        if (txn->holder) {
            pxi_dead_splice(&txn->holder->dead, &txn->cow.held);
            txn->holder->dead_bytes += txn->cow.held_bytes;
            graph->snapshot_bytes += txn->cow.held_bytes;
            enforce_limit(graph);
        }
    }
    graph->busy = false;
    if (graph->pending) {
        grant(graph, graph->pending);
        graph->pending = NULL;
        pthread_cond_broadcast(&graph->granted);
    }
    pthread_mutex_unlock(&graph->lock);
}

/* ---- after the end ---- */

/* The oldest that nobody holds any more; all older ones are held. */
static px_snapshot *find_ended(px_graph *graph)
{
    px_snapshot *at;

    pthread_mutex_lock(&graph->lock);
    for (at = graph->oldest; at && at->refs; at = at->newer)
        ;
    pthread_mutex_unlock(&graph->lock);
    return at;
}

static void unlink_and_free(px_graph *graph, px_snapshot *snapshot)
{
    pthread_mutex_lock(&graph->lock);
    if (snapshot->older)
        snapshot->older->newer = snapshot->newer;
    else
        graph->oldest = snapshot->newer;
    if (snapshot->newer)
        snapshot->newer->older = snapshot->older;
    else
        graph->newest = snapshot->older;
    pthread_mutex_unlock(&graph->lock);
    px_free(snapshot);
}

/* One list block: what `heir` sees stays in it and moves there, the rest is freed. */
static void drain_one(px_graph *graph, px_snapshot *snapshot, px_snapshot *heir)
{
    pxi_dead *dead = snapshot->dead.head;
    pxi_dead_list one = { dead, dead };
    uint64_t kept = 0, moved = 0, freed = 0;

    for (uint64_t i = 0; i < dead->count; i++) {
        void *block = dead->block[i];
        uint64_t size = pxi_slab_size(&graph->slab, block);

        if (heir && pxi_record_birth(block) <= heir->gen) {
            dead->block[kept++] = block;
            moved += size;
        } else {
            pxi_slab_free(&graph->slab, block);
            freed += size;
        }
    }
    snapshot->dead.head = dead->next;
    if (!dead->next)
        snapshot->dead.tail = NULL;
    dead->next = NULL;
    dead->count = kept;

    pthread_mutex_lock(&graph->lock);
    snapshot->dead_bytes -= moved + freed;
    graph->snapshot_bytes -= freed;
    if (kept) {
        heir->dead_bytes += moved;
        pxi_dead_splice(&heir->dead, &one);
    }
    pthread_mutex_unlock(&graph->lock);
    if (!kept)
        pxi_slab_free(&graph->slab, dead);
}

bool pxi_snapshots_drain(px_graph *graph, uint32_t blocks_max)
{
    for (uint32_t blocks = 0; blocks < blocks_max;) {
        px_snapshot *snapshot = find_ended(graph);

        if (!snapshot)
            return false;
        if (!snapshot->dead.head) {
            unlink_and_free(graph, snapshot);
            blocks++;
            continue;
        }
        /* Point reads that began while it lived may be looking at what it holds. */
        if (snapshot->epoch == 0)
            snapshot->epoch = pxi_readers_advance(&graph->readers);
        if (pxi_readers_oldest(&graph->readers) <= snapshot->epoch)
            return true;
        blocks += (uint32_t)snapshot->dead.head->count;
        drain_one(graph, snapshot, snapshot->older);
    }
    return find_ended(graph) != NULL;
}
