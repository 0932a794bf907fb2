/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The check that stands over every page of the file: the last 8 of its 4,096 bytes, which SQLite is
 * told to leave alone (byte 20 of the file header).
 *
 * SQLite's structure checks find much, not all: a flipped bit in a cell count or a child pointer
 * can make rows vanish without a word. So pages are sealed when they are written to the file and
 * checked when they are read back. Threads: any.
 */
#ifndef PX_STORE_PAGE_H
#define PX_STORE_PAGE_H

#include "base/str.h"

enum { PXI_PAGE_BYTES = 4096, PXI_PAGE_RESERVED = 8 };

/* Fills the last 8 bytes: CRC-32C over the page's number (little-endian, from 1) and its first
 * 4,088 bytes, then four zero bytes. */
void pxi_page_seal(uint8_t *page, uint32_t number);

/* True for a page as pxi_page_seal left it, and for one of zeros (never written: a hole). */
bool pxi_page_is_whole(const uint8_t *page, uint32_t number);

#endif
