/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

/* Reversed polynomial 0x82F63B78; the table and the loop serve machines without the instruction. */
static uint32_t crc_bytes(uint32_t crc, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1)));
    }
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const uint8_t *p,
                                                            size_t len)
{
    uint64_t wide = crc;

    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;

        memcpy(&word, p, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len > 0; p++, len--)
        crc = __builtin_ia32_crc32qi(crc, *p);
    return crc;
}
#endif

uint32_t px_crc32c(uint32_t crc, px_str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.ptr;

#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc_sse42(~crc, p, bytes.len);
#endif
    return ~crc_bytes(~crc, p, bytes.len);
}
