/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/sets.h"

enum { BLOCK = 32 }; /* numbers of an entry */

bool pxi_set_change(px_txn *txn, uint32_t tenant, uint32_t model, uint32_t no, bool member)
{
    pxi_entry entry = { tenant, model, no / BLOCK, 0 };
    uint32_t bit = UINT32_C(1) << no % BLOCK;

    (void)pxi_index_get(txn->roots.sets, entry, &entry.value);
    entry.value = member ? entry.value | bit : entry.value & ~bit;
    return entry.value ? pxi_index_put(&txn->cow, &txn->roots.sets, entry)
                       : pxi_index_remove(&txn->cow, &txn->roots.sets, entry);
}

/* The entries of one block, before they go into the index: at most two for each of its twins. */
typedef struct block {
    pxi_entry entry[2 * BLOCK];
    uint32_t count;
} block;

static void block_add(block *b, uint32_t tenant, uint32_t model, uint32_t no)
{
    uint32_t i = 0;

    while (i < b->count && (b->entry[i].a != tenant || b->entry[i].b != model))
        i++;
    if (i == b->count)
        b->entry[b->count++] = (pxi_entry){ tenant, model, no / BLOCK, 0 };
    b->entry[i].value |= UINT32_C(1) << no % BLOCK;
}

static bool block_put(px_txn *txn, block *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        if (!pxi_index_put(&txn->cow, &txn->roots.sets, b->entry[i]))
            return false;
    b->count = 0;
    return true;
}

static bool fill_leaf(px_txn *txn, const pxi_radix *leaf)
{
    block b = { .count = 0 };

    for (uint32_t i = 0; i < PXI_RADIX_WAYS; i++)
        if (pxi_radix_child(leaf, i))
            __builtin_prefetch(pxi_radix_child(leaf, i));
    for (uint32_t i = 0; i < PXI_RADIX_WAYS; i++) {
        const px_twin *twin = pxi_radix_child(leaf, i);

        if (i % BLOCK == 0 && !block_put(txn, &b))
            return false;
        if (!twin)
            continue;
        block_add(&b, twin->tenant, 0, twin->no);
        block_add(&b, twin->tenant, twin->model, twin->no);
    }
    return block_put(txn, &b);
}

bool pxi_sets_fill(px_txn *txn)
{
    const pxi_radix *leaf;
    uint32_t first;

    px_assert(!txn->roots.sets && !txn->twins.list.len);
    for (uint64_t next = 0; (leaf = pxi_radix_leaf_from(txn->roots.twins, next, &first));
         next = (uint64_t)first + PXI_RADIX_WAYS)
        if (!fill_leaf(txn, leaf))
            return false;
    return true;
}
