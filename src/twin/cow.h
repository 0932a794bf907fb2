/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Copy on write: births, and the lists of what was replaced.
 *
 * Each transaction has a generation; what it makes is born in it and is private until the commit. A
 * block that is replaced is retired: at the commit it goes to the readers' queue (freed when no
 * point read that could see it is running), or, when a live snapshot can see it, onto that
 * snapshot's list. A block that a branch's base owns is left alone. Lists are made of slab blocks
 * and are grown while that may still fail. Threads: the writer.
 */
#ifndef PX_TWIN_COW_H
#define PX_TWIN_COW_H

#include "twin/slab.h"

enum { PXI_DEAD_COUNT = 60 };

typedef struct pxi_dead {
    struct pxi_dead *next;
    uint64_t epoch; /* readers' queue: readers of this epoch or before may see the blocks */
    uint64_t count;
    void *block[PXI_DEAD_COUNT];
} pxi_dead;

typedef struct pxi_dead_list {
    pxi_dead *head, *tail; /* the tail fills up */
} pxi_dead_list;

typedef struct pxi_cow {
    pxi_slab *slab;
    uint64_t gen;            /* what is made now is born in it */
    uint64_t shared;         /* a live snapshot sees what was born in it or before */
    uint64_t base;           /* what was born in it or before is not ours */
    pxi_dead_list now, held; /* retired: for the readers' queue; for the newest snapshot */
    uint64_t held_bytes;
    int64_t node_bytes; /* of the nodes that trees of index.h got and lost */
} pxi_cow;

/* Room in the lists for one more; false when there is no memory. */
bool pxi_dead_push(pxi_slab *slab, pxi_dead_list *list, void *block);
void pxi_dead_splice(pxi_dead_list *to, pxi_dead_list *from); /* `from` becomes empty */
void pxi_dead_drop(pxi_slab *slab, pxi_dead_list *list);      /* the list only, not the blocks */

/* Retires a published block; false when there is no memory, and nothing changed. */
bool pxi_cow_retire(pxi_cow *cow, void *block, uint64_t birth);

#endif
