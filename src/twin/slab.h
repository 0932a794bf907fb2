/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Blocks of many sizes without a header each, counted to the byte.
 *
 * Regions from px_alloc are cut into aligned chunks, a chunk serves blocks of one size class (every
 * 8 bytes up to 1 KiB, then eight to a doubling), and a block's chunk is found by masking its
 * address. The chunk's own header stands at an offset that differs from chunk to chunk, for headers
 * at equal offsets would fight for the same lines of the cache. An empty chunk can serve another
 * class. Larger blocks have a chunk of their own. Threads: one; the two figures from any.
 */
#ifndef PX_TWIN_SLAB_H
#define PX_TWIN_SLAB_H

#include <stdatomic.h>

#include "base/mem.h"

#define PXI_SLAB_CLASSES 192
#define PXI_SLAB_CHUNK_BYTES ((size_t)256 * 1024)

typedef struct pxi_chunk pxi_chunk;
typedef struct pxi_region pxi_region;

typedef struct pxi_slab {
    size_t chunk_bytes, block_bytes_max;
    pxi_chunk *partial[PXI_SLAB_CLASSES]; /* chunks that have room */
    pxi_chunk *spare;                     /* chunks of no class */
    pxi_chunk *large;
    pxi_region *regions;
    _Atomic uint64_t used, reserved; /* bytes of blocks given out; bytes asked from the system */
} pxi_slab;

/* `chunk_bytes`: a power of two from 4096; 0: PXI_SLAB_CHUNK_BYTES. */
void pxi_slab_init(pxi_slab *slab, size_t chunk_bytes);
void pxi_slab_release(pxi_slab *slab); /* all blocks are gone */

void *pxi_slab_alloc(pxi_slab *slab, size_t size); /* NULL when there is no memory */
void pxi_slab_free(pxi_slab *slab, void *block);
size_t pxi_slab_size(const pxi_slab *slab, const void *block); /* what the block counts for */

#endif
