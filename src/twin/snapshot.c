/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot is a copy of the roots and a generation: it sees what was born in that generation or
 * before. What is replaced while it lives goes onto the list of the newest one. When a snapshot
 * ends, the writer walks its list in steps: what the next older one sees as well moves there, the
 * rest is freed.
 *
 * Nobody waits for the journal: a snapshot asked while a transaction is open is given at once, of
 * the state before it. That transaction may have prepared to change leaves in place which the
 * snapshot sees. So its commit hands its list of touched records over to the snapshot, which looks
 * there for the record before; and all that the transaction replaces goes onto this snapshot's
 * list.
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
    snapshot->view.snapshot = snapshot;
    return snapshot;
}

void pxi_snapshot_free(px_snapshot *snapshot)
{
    pxi_touches_release(&snapshot->over_twins);
    pxi_touches_release(&snapshot->over_rels);
    px_free(snapshot);
}

/* Locked, and no commit is storing. */
static void grant(px_graph *graph, px_snapshot *snapshot)
{
    snapshot->roots = graph->roots;
    snapshot->gen = graph->busy ? graph->gen - 1 : graph->gen;
    snapshot->granted = true;
    if (graph->busy) {
        snapshot->early = true;
        graph->early = snapshot;
    }
    snapshot->older = graph->newest;
    if (graph->newest)
        graph->newest->newer = snapshot;
    else
        graph->oldest = snapshot;
    graph->newest = snapshot;
    graph->current = snapshot;
}

/* Locked. One that exists already and will do; NULL when there is none. */
static px_snapshot *find_present(px_graph *graph, bool settled)
{
    px_snapshot *present = graph->current;

    if (!present && graph->early && !graph->closing)
        present = graph->early; /* let go of, but its transaction is open still */
    if (!present || (settled && present->early) ||
        atomic_load_explicit(&present->ended, memory_order_relaxed))
        return NULL;
    graph->current = present;
    return present;
}

/* Locked. Waits for the end of the transaction with all who do. */
static px_snapshot *wait_for_end(px_graph *graph, px_snapshot *fresh)
{
    px_snapshot *shared = graph->pending;

    if (shared)
        shared->refs++;
    else
        shared = graph->pending = fresh;
    while (!shared->granted)
        pthread_cond_wait(&graph->granted, &graph->lock);
    return shared;
}

/* Locked. The one that is given; `fresh` is left over when another could be shared. */
static px_snapshot *ask(px_graph *graph, px_snapshot *fresh, bool settled)
{
    px_snapshot *present = find_present(graph, settled);

    if (present) {
        present->refs++;
        return present;
    }
    if (graph->busy && (settled || graph->closing || graph->early))
        return wait_for_end(graph, fresh);
    grant(graph, fresh);
    return fresh;
}

static px_status snapshot_ask(px_graph *graph, bool settled, px_snapshot **ret_snapshot,
                              px_err *ret_err)
{
    px_snapshot *fresh = snapshot_new(graph), *given;

    if (!fresh)
        return px_no_memory(ret_err);
    pthread_mutex_lock(&graph->lock);
    given = ask(graph, fresh, settled);
    pthread_mutex_unlock(&graph->lock);
    if (given != fresh)
        px_free(fresh);
    *ret_snapshot = given;
    return PX_OK;
}

px_status px_graph_snapshot(px_graph *graph, px_snapshot **ret_snapshot, px_err *ret_err)
{
    return snapshot_ask(graph, false, ret_snapshot, ret_err);
}

px_status pxi_snapshot_settled(px_graph *graph, px_snapshot **ret_snapshot, px_err *ret_err)
{
    return snapshot_ask(graph, true, ret_snapshot, ret_err);
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
    txn->cow.gen = ++graph->gen;
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

px_snapshot *pxi_snapshots_close(px_txn *txn)
{
    px_graph *graph = txn->graph;
    px_snapshot *early;

    pthread_mutex_lock(&graph->lock);
    graph->closing = true;
    early = graph->early;
    pthread_mutex_unlock(&graph->lock);
    if (!early)
        return NULL;
    early->over_twins = txn->twins;
    early->over_rels = txn->rels;
    txn->twins = txn->rels = (pxi_touches){ 0 };
    atomic_store_explicit(&early->overlaid, true, memory_order_release);
    return early;
}

static uint64_t bytes_of(const px_graph *graph, const pxi_dead_list *list)
{
    uint64_t bytes = 0;

    for (const pxi_dead *dead = list->head; dead; dead = dead->next)
        for (uint64_t i = 0; i < dead->count; i++)
            bytes += pxi_slab_size(&graph->slab, dead->block[i]);
    return bytes;
}

/* Locked. What the transaction replaced and a snapshot sees. */
static void hold(px_graph *graph, px_txn *txn)
{
    px_snapshot *holder = graph->early ? graph->early : txn->holder;
    uint64_t bytes = txn->cow.held_bytes;

    if (graph->early) {
        bytes += bytes_of(graph, &txn->cow.now);
        pxi_dead_splice(&holder->dead, &txn->cow.now);
    }
    if (!holder)
        return;
    pxi_dead_splice(&holder->dead, &txn->cow.held);
    holder->dead_bytes += bytes;
    graph->snapshot_bytes += bytes;
    enforce_limit(graph);
}

void pxi_snapshots_end(px_txn *txn, bool commit)
{
    px_graph *graph = txn->graph;

    pthread_mutex_lock(&graph->lock);
    if (commit) {
        graph->roots = txn->roots;
        graph->current = NULL;
        hold(graph, txn);
    } else if (graph->early) {
        graph->early->early = false; /* nothing came of what it had to be told */
    }
    graph->early = NULL;
    graph->busy = graph->closing = false;
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
    pxi_snapshot_free(snapshot);
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
