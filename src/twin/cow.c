/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/cow.h"

bool pxi_dead_push(pxi_slab *slab, pxi_dead_list *list, void *block)
{
    if (!list->tail || list->tail->count == PXI_DEAD_COUNT) {
        pxi_dead *dead = pxi_slab_alloc(slab, sizeof(*dead));

        if (!dead)
            return false;
        dead->next = NULL;
        dead->epoch = dead->count = 0;
        if (list->tail)
            list->tail->next = dead;
        else
            list->head = dead;
        list->tail = dead;
    }
    list->tail->block[list->tail->count++] = block;
    return true;
}

void pxi_dead_splice(pxi_dead_list *to, pxi_dead_list *from)
{
    if (!from->head)
        return;
    if (to->tail)
        to->tail->next = from->head;
    else
        to->head = from->head;
    to->tail = from->tail;
    *from = (pxi_dead_list){ 0 };
}

void pxi_dead_drop(pxi_slab *slab, pxi_dead_list *list)
{
    while (list->head) {
        pxi_dead *dead = list->head;

        list->head = dead->next;
        pxi_slab_free(slab, dead);
    }
    list->tail = NULL;
}

bool pxi_cow_retire(pxi_cow *cow, void *block, uint64_t birth)
{
    if (birth <= cow->base)
        return true;
    if (birth > cow->shared)
        return pxi_dead_push(cow->slab, &cow->now, block);
    if (!pxi_dead_push(cow->slab, &cow->held, block))
        return false;
    cow->held_bytes += pxi_slab_size(cow->slab, block);
    return true;
}
