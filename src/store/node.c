/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the connections of one database file share inside this process: the five lock levels of the
 * rollback protocol, and the log's index with its eight slots. No other process has the directory,
 * so counters under one mutex do what lock bytes and mapped files do elsewhere.
 */
#include "store/vfs.h"

#include <stdio.h>

#include "base/mem.h"

struct pxi_node {
    pxi_node *next;
    int refs;
    int shared;              /* connections at SQLITE_LOCK_SHARED or above */
    const pxi_file *writer;  /* at RESERVED or above, or NULL */
    const pxi_file *pending; /* lets no new reader in, or NULL */
    int shm_refs;
    void **regions;
    size_t region_count;
    int slot_shared[SQLITE_SHM_NLOCK];
    const pxi_file *slot_exclusive[SQLITE_SHM_NLOCK];
    char path[];
};

static pxi_file *file_of(sqlite3_file *file)
{
    return (pxi_file *)file;
}

static pxi_node *find_node(pxi_vfs *vfs, const char *path)
{
    for (pxi_node *n = vfs->nodes; n; n = n->next)
        if (strcmp(n->path, path) == 0)
            return n;
    return NULL;
}

int pxi_node_attach(pxi_file *f)
{
    pxi_vfs *vfs = f->vfs;
    size_t len = strlen(f->path) + 1;
    pxi_node *n;

    pthread_mutex_lock(&vfs->lock);
    n = find_node(vfs, f->path);
    if (!n && (n = px_zalloc(1, sizeof(*n) + len)) != NULL) {
        memcpy(n->path, f->path, len);
        n->next = vfs->nodes;
        vfs->nodes = n;
    }
    if (n)
        n->refs++;
    pthread_mutex_unlock(&vfs->lock);
    f->node = n;
    return n ? SQLITE_OK : SQLITE_IOERR_NOMEM;
}

void pxi_node_detach(pxi_file *f)
{
    pxi_node *n = f->node;

    pxi_node_unlock(&f->sqlite, SQLITE_LOCK_NONE);
    pxi_shm_unmap(&f->sqlite, 0);
    pthread_mutex_lock(&f->vfs->lock);
    if (--n->refs == 0) {
        pxi_node **at = &f->vfs->nodes;

        while (*at != n)
            at = &(*at)->next;
        *at = n->next;
        px_free(n);
    }
    pthread_mutex_unlock(&f->vfs->lock);
    f->node = NULL;
}

/* --- levels of the rollback protocol ---------------------------------------------------------- */

static int raise_level(pxi_file *f, int level)
{
    pxi_node *n = f->node;

    if (f->level == SQLITE_LOCK_NONE) {
        if (n->pending)
            return SQLITE_BUSY;
        n->shared++;
        f->level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED)
        return SQLITE_OK;
    if (n->writer && n->writer != f)
        return SQLITE_BUSY;
    n->writer = f;
    if (level == SQLITE_LOCK_RESERVED) {
        f->level = level;
        return SQLITE_OK;
    }
    n->pending = f;
    f->level = SQLITE_LOCK_PENDING;
    if (n->shared > 1)
        return SQLITE_BUSY;
    f->level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

int pxi_node_lock(sqlite3_file *file, int level)
{
    pxi_file *f = file_of(file);
    int code;

    if (!f->node || f->level >= level)
        return SQLITE_OK;
    pthread_mutex_lock(&f->vfs->lock);
    code = raise_level(f, level);
    pthread_mutex_unlock(&f->vfs->lock);
    return code;
}

int pxi_node_unlock(sqlite3_file *file, int level)
{
    pxi_file *f = file_of(file);
    pxi_node *n = f->node;

    if (!n || f->level <= level)
        return SQLITE_OK;
    pthread_mutex_lock(&f->vfs->lock);
    if (n->writer == f)
        n->writer = NULL;
    if (n->pending == f)
        n->pending = NULL;
    if (level == SQLITE_LOCK_NONE)
        n->shared--;
    f->level = level;
    pthread_mutex_unlock(&f->vfs->lock);
    return SQLITE_OK;
}

int pxi_node_is_reserved(sqlite3_file *file, int *ret_reserved)
{
    pxi_file *f = file_of(file);

    *ret_reserved = 0;
    if (!f->node)
        return SQLITE_OK;
    pthread_mutex_lock(&f->vfs->lock);
    *ret_reserved = f->node->writer != NULL;
    pthread_mutex_unlock(&f->vfs->lock);
    return SQLITE_OK;
}

/* --- the log's index -------------------------------------------------------------------------- */

static int grow(pxi_node *n, size_t count, size_t size)
{
    void **regions = px_realloc(n->regions, count * sizeof(*regions));

    if (!regions)
        return SQLITE_IOERR_NOMEM;
    n->regions = regions;
    while (n->region_count < count) {
        regions[n->region_count] = px_zalloc(1, size);
        if (!regions[n->region_count])
            return SQLITE_IOERR_NOMEM;
        n->region_count++;
    }
    return SQLITE_OK;
}

int pxi_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_memory)
{
    pxi_file *f = file_of(file);
    pxi_node *n = f->node;
    size_t index = (size_t)region;
    int code = SQLITE_OK;

    pthread_mutex_lock(&f->vfs->lock);
    if (!f->shm_open) {
        f->shm_open = true;
        n->shm_refs++;
    }
    if (index >= n->region_count && extend)
        code = grow(n, index + 1, (size_t)size);
    *ret_memory = index < n->region_count ? n->regions[index] : NULL;
    pthread_mutex_unlock(&f->vfs->lock);
    return code;
}

static void unlock_slots(pxi_file *f, uint16_t mask)
{
    for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
        uint16_t bit = (uint16_t)(1u << i);

        if (!(mask & bit))
            continue;
        if (f->shm_shared & bit)
            f->node->slot_shared[i]--;
        if (f->shm_exclusive & bit)
            f->node->slot_exclusive[i] = NULL;
    }
    f->shm_shared = (uint16_t)(f->shm_shared & ~mask);
    f->shm_exclusive = (uint16_t)(f->shm_exclusive & ~mask);
}

static bool slot_is_free(const pxi_file *f, int slot, bool exclusive)
{
    const pxi_node *n = f->node;
    bool mine = f->shm_shared & (1u << slot);

    if (n->slot_exclusive[slot])
        return n->slot_exclusive[slot] == f;
    return !exclusive || n->slot_shared[slot] == (mine ? 1 : 0);
}

static int lock_slots(pxi_file *f, int offset, int count, bool exclusive)
{
    for (int i = offset; i < offset + count; i++)
        if (!slot_is_free(f, i, exclusive))
            return SQLITE_BUSY;
    for (int i = offset; i < offset + count; i++) {
        uint16_t bit = (uint16_t)(1u << i);

        if (exclusive) {
            f->node->slot_exclusive[i] = f;
            f->shm_exclusive |= bit;
        } else if (!(f->shm_shared & bit)) {
            f->node->slot_shared[i]++;
            f->shm_shared |= bit;
        }
    }
    return SQLITE_OK;
}

int pxi_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    pxi_file *f = file_of(file);
    int code = SQLITE_OK;

    pthread_mutex_lock(&f->vfs->lock);
    if (flags & SQLITE_SHM_UNLOCK)
        unlock_slots(f, (uint16_t)(((1u << count) - 1) << offset));
    else
        code = lock_slots(f, offset, count, flags & SQLITE_SHM_EXCLUSIVE);
    pthread_mutex_unlock(&f->vfs->lock);
    return code;
}

void pxi_shm_barrier(sqlite3_file *file)
{
    pxi_file *f = file_of(file);

    atomic_thread_fence(memory_order_seq_cst);
    pthread_mutex_lock(&f->vfs->lock); /* SQLite asks for a lock to pass here as well */
    pthread_mutex_unlock(&f->vfs->lock);
}

int pxi_shm_unmap(sqlite3_file *file, int remove)
{
    pxi_file *f = file_of(file);
    pxi_node *n = f->node;

    (void)remove;
    pthread_mutex_lock(&f->vfs->lock);
    unlock_slots(f, UINT16_MAX);
    if (f->shm_open && --n->shm_refs == 0) {
        for (size_t i = 0; i < n->region_count; i++)
            px_free(n->regions[i]);
        px_free(n->regions);
        n->regions = NULL;
        n->region_count = 0;
    }
    f->shm_open = false;
    pthread_mutex_unlock(&f->vfs->lock);
    return SQLITE_OK;
}
