/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Who is in the middle of a point read, so that what was replaced is not freed under them.
 *
 * A reader writes the present epoch into a free place, reads, and clears it: two atomic exchanges.
 * The writer frees a block retired in epoch E once no place holds E or less. That no reader is
 * missed: a reader whose place the writer does not see has loaded `epoch` after the writer raised
 * it, and so sees everything that was published before. Threads: as named.
 */
#ifndef PX_TWIN_READERS_H
#define PX_TWIN_READERS_H

#include <stdatomic.h>

#include "base/mem.h"

enum { PXI_READERS_MAX = 64 }; /* at one moment; more wait for a place */

typedef struct pxi_readers {
    _Atomic uint64_t epoch; /* from 1 */
    char pad[56];
    struct {
        _Atomic uint64_t epoch; /* 0: free */
        char pad[56];
    } place[PXI_READERS_MAX];
} pxi_readers;

void pxi_readers_init(pxi_readers *readers);
uint32_t pxi_readers_enter(pxi_readers *readers); /* any thread; gives the place */
void pxi_readers_leave(pxi_readers *readers, uint32_t place);
/* Writer: a new epoch begins; gives the one that ended. */
uint64_t pxi_readers_advance(pxi_readers *readers);
/* Writer: the oldest epoch that a reader is in; UINT64_MAX when there is none. */
uint64_t pxi_readers_oldest(const pxi_readers *readers);

#endif
