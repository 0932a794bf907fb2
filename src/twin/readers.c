/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/readers.h"

void pxi_readers_init(pxi_readers *readers)
{
    memset(readers, 0, sizeof(*readers));
    atomic_store(&readers->epoch, 1);
}

/* Threads begin their search at different places: the address of a local differs between them. */
static uint32_t first_place(void)
{
    char here;
    uintptr_t address = (uintptr_t)&here;

    return (uint32_t)((address >> 16) * 0x9e3779b1u >> 7) % PXI_READERS_MAX;
}

uint32_t pxi_readers_enter(pxi_readers *readers)
{
    for (uint32_t at = first_place();; at = (at + 1) % PXI_READERS_MAX) {
        uint64_t free = 0, epoch = atomic_load(&readers->epoch);

        if (atomic_load_explicit(&readers->place[at].epoch, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&readers->place[at].epoch, &free, epoch)) {
            (void)atomic_load(&readers->epoch);
            return at;
        }
    }
}

void pxi_readers_leave(pxi_readers *readers, uint32_t place)
{
    atomic_store_explicit(&readers->place[place].epoch, 0, memory_order_release);
}

uint64_t pxi_readers_advance(pxi_readers *readers)
{
    return atomic_fetch_add(&readers->epoch, 1);
}

uint64_t pxi_readers_oldest(const pxi_readers *readers)
{
    uint64_t oldest = UINT64_MAX;

    for (uint32_t i = 0; i < PXI_READERS_MAX; i++) {
        uint64_t epoch = atomic_load(&readers->place[i].epoch);

        if (epoch && epoch < oldest)
            oldest = epoch;
    }
    return oldest;
}
