/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The records that a transaction has its own version of, by number. Threads: the writer.
 */
#ifndef PX_TWIN_TOUCH_H
#define PX_TWIN_TOUCH_H

#include "base/vec.h"
#include "twin/radix.h"

typedef struct pxi_touch {
    uint32_t no;
    bool clean;        /* came from a stored row and was not changed since */
    pxi_radix *leaf;   /* where the commit stores `fresh` */
    void *old, *fresh; /* published and private version; NULL: none */
} pxi_touch;

typedef struct pxi_touches {
    PX_VEC(pxi_touch) list;
    uint32_t *place; /* open addressing: index in the list + 1 */
    uint32_t place_bits;
    uint32_t last; /* the one found last */
} pxi_touches;

void pxi_touches_release(pxi_touches *touches);
void pxi_touches_clear(pxi_touches *touches);   /* keeps some of the memory */
bool pxi_touches_reserve(pxi_touches *touches); /* room for one more */
/* After reserve; cannot fail. */
pxi_touch *pxi_touches_add(pxi_touches *touches, pxi_touch touch);
pxi_touch *pxi_touches_search(pxi_touches *touches, uint32_t no);
/* The same without a trace, for readers of a list that does not change any more. */
const pxi_touch *pxi_touches_peek(const pxi_touches *touches, uint32_t no);

/* NULL when the record was not touched. */
static inline pxi_touch *pxi_touches_find(pxi_touches *touches, uint32_t no)
{
    if (touches->list.len == 0)
        return NULL;
    if (touches->list.ptr[touches->last].no == no)
        return &touches->list.ptr[touches->last];
    return pxi_touches_search(touches, no);
}

#endif
