/* SPDX-License-Identifier: Apache-2.0 */
#include "store/page.h"

#include "base/crc32c.h"

enum { SEALED_BYTES = PXI_PAGE_BYTES - PXI_PAGE_RESERVED };

static uint32_t page_crc32c(const uint8_t *page, uint32_t number)
{
    const uint8_t head[4] = { (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                              (uint8_t)(number >> 24) };
    uint32_t crc = px_crc32c(0, px_str_of((const char *)head, sizeof(head)));

    return px_crc32c(crc, px_str_of((const char *)page, SEALED_BYTES));
}

void pxi_page_seal(uint8_t *page, uint32_t number)
{
    uint32_t crc = page_crc32c(page, number);

    for (int i = 0; i < 4; i++)
        page[SEALED_BYTES + i] = (uint8_t)(crc >> (8 * i));
    memset(page + SEALED_BYTES + 4, 0, 4);
}

bool pxi_page_is_whole(const uint8_t *page, uint32_t number)
{
    static const uint8_t zeros[PXI_PAGE_BYTES];
    uint32_t crc = page_crc32c(page, number), stored = 0;

    for (int i = 0; i < 4; i++)
        stored |= (uint32_t)page[SEALED_BYTES + i] << (8 * i);
    if (stored == crc && memcmp(page + SEALED_BYTES + 4, zeros, 4) == 0)
        return true;
    return page[0] == 0 && memcmp(page, zeros, PXI_PAGE_BYTES) == 0;
}
