/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Frames on their way into the log. SQLite writes each in two parts, and a commit in dozens of
 * writes; put together they go out in one, before the sync that makes them count. Room-internal.
 */
#ifndef PX_STORE_GATHER_H
#define PX_STORE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pxi_gather {
    uint8_t *bytes; /* room for PXI_GATHER_BYTES, made with the first; {0} is empty */
    size_t len;
    int64_t offset; /* in the file, of the first */
} pxi_gather;

enum { PXI_GATHER_BYTES = 256 * 1024 };

/* Takes bytes that go behind those that wait. false: they do not, or there is no room or memory for
 * them: nothing was taken. */
bool pxi_gather_add(pxi_gather *gather, const void *bytes, size_t size, int64_t offset);
void pxi_gather_release(pxi_gather *gather);

#endif
