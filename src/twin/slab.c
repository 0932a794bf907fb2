/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/slab.h"

#include <sys/mman.h>

/* Blocks that are not given out are poisoned, so that ASan sees a stale pointer. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(ptr, size) __asan_poison_memory_region((ptr), (size))
#define UNPOISON(ptr, size) __asan_unpoison_memory_region((ptr), (size))
#else
#define POISON(ptr, size) ((void)(ptr), (void)(size))
#define UNPOISON(ptr, size) ((void)(ptr), (void)(size))
#endif

enum {
    FINE_BYTES_MAX = 1024,
    FINE_STEP = 8,
    REGION_CHUNKS = 16,
    LARGE = 0,
    LARGE_PAGE_BYTES = 2 << 20
};

typedef struct pxi_free {
    struct pxi_free *next;
} pxi_free;

struct pxi_chunk {
    uint32_t class_no;              /* LARGE: one block */
    uint32_t live, fresh, capacity; /* given out; never yet given out begin here; in all */
    pxi_free *free;
    pxi_chunk *prev, *next; /* in `partial`, `spare` or `large` */
    size_t block_bytes;
    size_t raw_bytes; /* LARGE: of what was asked from px_alloc */
    void *raw;
};

struct pxi_region {
    pxi_region *next;
    void *raw;
};

/* ---- size classes ---- */

static uint32_t class_of(size_t size, size_t *ret_bytes)
{
    uint32_t log2, part;
    size_t step;

    if (size <= FINE_BYTES_MAX) {
        uint32_t class_no = size <= FINE_STEP ? 1 : (uint32_t)((size + FINE_STEP - 1) / FINE_STEP);

        *ret_bytes = (size_t)class_no * FINE_STEP;
        return class_no;
    }
    log2 = 63 - (uint32_t)__builtin_clzll(size - 1);
    step = (size_t)1 << (log2 - 3);
    part = (uint32_t)((size - ((size_t)1 << log2) + step - 1) / step);
    *ret_bytes = ((size_t)1 << log2) + part * step;
    return FINE_BYTES_MAX / FINE_STEP + (log2 - 10) * 8 + part;
}

/* ---- chunks ---- */

/* Where in its chunk the header stands: another line for each of its neighbours. */
static size_t header_offset(const pxi_slab *slab, uintptr_t base)
{
    return (base / slab->chunk_bytes) % (slab->chunk_bytes / 8192 + 1) * 64;
}

/* Blocks follow the header. */
static char *blocks_of(pxi_chunk *chunk)
{
    return (char *)(chunk + 1);
}

static pxi_chunk *chunk_of(const pxi_slab *slab, const void *block)
{
    uintptr_t base = (uintptr_t)block & ~(uintptr_t)(slab->chunk_bytes - 1);

    return (pxi_chunk *)(base + header_offset(slab, base));
}

static void link_in(pxi_chunk **head, pxi_chunk *chunk)
{
    chunk->prev = NULL;
    chunk->next = *head;
    if (*head)
        (*head)->prev = chunk;
    *head = chunk;
}

static void link_out(pxi_chunk **head, pxi_chunk *chunk)
{
    if (chunk->prev)
        chunk->prev->next = chunk->next;
    else
        *head = chunk->next;
    if (chunk->next)
        chunk->next->prev = chunk->prev;
}

static void count(_Atomic uint64_t *figure, uint64_t change)
{
    atomic_store_explicit(figure, atomic_load_explicit(figure, memory_order_relaxed) + change,
                          memory_order_relaxed);
}

static uintptr_t aligned_up(size_t alignment, void *raw)
{
    return ((uintptr_t)raw + alignment - 1) & ~(uintptr_t)(alignment - 1);
}

/* One more region, cut into spare chunks. Its bookkeeping is a block of its own, outside. */
static bool region_add(pxi_slab *slab)
{
    size_t chunks = slab->chunk_bytes >= 65536 ? REGION_CHUNKS : 1;
    size_t bytes = chunks * slab->chunk_bytes;
    size_t alignment = bytes >= LARGE_PAGE_BYTES ? LARGE_PAGE_BYTES : slab->chunk_bytes;
    pxi_region *region = px_alloc(sizeof(*region));
    void *raw = region ? px_alloc(bytes + alignment) : NULL;
    uintptr_t base;

    if (!raw) {
        px_free(region);
        return false;
    }
    *region = (pxi_region){ slab->regions, raw };
    slab->regions = region;
    count(&slab->reserved, bytes);
    base = aligned_up(alignment, raw);
    /* Records are met at random: with pages of 2 MiB a miss costs half. A wish, not a need. What
     * lies around the aligned part is only addresses: nobody touches it. */
    if (chunks > 1)
        (void)madvise((void *)base, bytes, MADV_HUGEPAGE);
    for (size_t i = chunks; i-- > 0;)
        link_in(&slab->spare, chunk_of(slab, (void *)(base + i * slab->chunk_bytes)));
    return true;
}

static pxi_chunk *chunk_for(pxi_slab *slab, uint32_t class_no, size_t block_bytes)
{
    pxi_chunk *chunk;
    uintptr_t base;
    size_t room;

    if (!slab->spare && !region_add(slab))
        return NULL;
    chunk = slab->spare;
    link_out(&slab->spare, chunk);
    base = (uintptr_t)chunk & ~(uintptr_t)(slab->chunk_bytes - 1);
    room = slab->chunk_bytes - (size_t)((uintptr_t)(chunk + 1) - base);
    *chunk = (pxi_chunk){ .class_no = class_no,
                          .capacity = (uint32_t)(room / block_bytes),
                          .block_bytes = block_bytes };
    POISON(blocks_of(chunk), room);
    link_in(&slab->partial[class_no], chunk);
    return chunk;
}

static void *large_alloc(pxi_slab *slab, size_t size)
{
    size_t bytes;
    void *raw;
    pxi_chunk *chunk;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + 4095) & ~(size_t)4095;
    bytes = size + slab->chunk_bytes + slab->chunk_bytes / 8192 * 64 + sizeof(*chunk);
    raw = px_alloc(bytes);
    if (!raw)
        return NULL;
    chunk = chunk_of(slab, (void *)aligned_up(slab->chunk_bytes, raw));
    *chunk = (pxi_chunk){
        .class_no = LARGE, .live = 1, .block_bytes = size, .raw_bytes = bytes, .raw = raw
    };
    link_in(&slab->large, chunk);
    count(&slab->reserved, bytes);
    count(&slab->used, size);
    return blocks_of(chunk);
}

static void large_free(pxi_slab *slab, pxi_chunk *chunk)
{
    link_out(&slab->large, chunk);
    count(&slab->reserved, -(uint64_t)chunk->raw_bytes);
    count(&slab->used, -(uint64_t)chunk->block_bytes);
    px_free(chunk->raw);
}

/* ---- blocks ---- */

void pxi_slab_init(pxi_slab *slab, size_t chunk_bytes)
{
    memset(slab, 0, sizeof(*slab));
    slab->chunk_bytes = chunk_bytes ? chunk_bytes : PXI_SLAB_CHUNK_BYTES;
    px_assert(slab->chunk_bytes >= 4096 && (slab->chunk_bytes & (slab->chunk_bytes - 1)) == 0);
    slab->block_bytes_max = slab->chunk_bytes / 4 < 32768 ? slab->chunk_bytes / 4 : 32768;
}

void pxi_slab_release(pxi_slab *slab)
{
    while (slab->large)
        large_free(slab, slab->large);
    while (slab->regions) {
        pxi_region *region = slab->regions;

        slab->regions = region->next;
        UNPOISON(region->raw,
                 (slab->chunk_bytes >= 65536 ? REGION_CHUNKS + 1 : 2u) * slab->chunk_bytes);
        px_free(region->raw);
        px_free(region);
    }
    pxi_slab_init(slab, slab->chunk_bytes);
}

void *pxi_slab_alloc(pxi_slab *slab, size_t size)
{
    size_t block_bytes;
    uint32_t class_no;
    pxi_chunk *chunk;
    void *block;

    if (size > slab->block_bytes_max)
        return large_alloc(slab, size);
    class_no = class_of(size, &block_bytes);
    chunk = slab->partial[class_no];
    if (!chunk && !(chunk = chunk_for(slab, class_no, block_bytes)))
        return NULL;

    if (chunk->free) {
        block = chunk->free;
        UNPOISON(block, block_bytes);
        chunk->free = chunk->free->next;
    } else {
        block = blocks_of(chunk) + (size_t)chunk->fresh++ * block_bytes;
        UNPOISON(block, block_bytes);
    }
    if (++chunk->live == chunk->capacity)
        link_out(&slab->partial[class_no], chunk);
    count(&slab->used, block_bytes);
    return block;
}

/* An empty chunk goes back to the spare ones, unless it is the only one of its class with room. */
static void chunk_emptied(pxi_slab *slab, pxi_chunk *chunk)
{
    pxi_chunk **head = &slab->partial[chunk->class_no];

    if (*head == chunk && !chunk->next)
        return;
    link_out(head, chunk);
    UNPOISON(blocks_of(chunk), chunk->capacity * chunk->block_bytes);
    link_in(&slab->spare, chunk);
}

void pxi_slab_free(pxi_slab *slab, void *block)
{
    pxi_chunk *chunk = chunk_of(slab, block);
    pxi_free *entry = block;

    if (chunk->class_no == LARGE) {
        large_free(slab, chunk);
        return;
    }
    entry->next = chunk->free;
    chunk->free = entry;
    POISON(block, chunk->block_bytes);
    count(&slab->used, -(uint64_t)chunk->block_bytes);
    if (chunk->live-- == chunk->capacity)
        link_in(&slab->partial[chunk->class_no], chunk);
    if (chunk->live == 0)
        chunk_emptied(slab, chunk);
}

size_t pxi_slab_size(const pxi_slab *slab, const void *block)
{
    return chunk_of(slab, block)->block_bytes;
}
