/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An owned, growing run of bytes with a limit: what every writer in the tree fills.
 *
 * Errors stick: after the first failure the px_put_* calls do nothing, so a long chain of writes is
 * checked once, with px_buf_status. The bytes are always followed by a NUL that `len` does not
 * count. Threads: one at a time.
 */
#ifndef PX_BASE_BUF_H
#define PX_BASE_BUF_H

#include "base/err.h"

typedef struct px_buf {
    char *ptr;
    size_t len, cap;
    size_t limit; /* `len` never exceeds this */
    px_status status;
} px_buf;

/* A zeroed px_buf is usable too: it has no limit but memory. */
void px_buf_init(px_buf *buf, size_t limit);
void px_buf_release(px_buf *buf);
void px_buf_clear(px_buf *buf); /* forgets bytes and error, keeps the memory */

/* Room for `extra` more bytes at ptr + len; false and a sticky error when it cannot be had. */
bool px_buf_reserve(px_buf *buf, size_t extra);

void px_put(px_buf *buf, px_str bytes);
void px_put_c(px_buf *buf, const char *c_string);
void px_put_char(px_buf *buf, char c);
void px_putf(px_buf *buf, const char *format, ...) PX_PRINTF(2, 3);

/* Fixed-width integers, little-endian: the byte order of everything Pollux writes to disk. */
void px_put_u8(px_buf *buf, uint8_t v);
void px_put_u16(px_buf *buf, uint16_t v);
void px_put_u32(px_buf *buf, uint32_t v);
void px_put_u64(px_buf *buf, uint64_t v);
/* LEB128, 1 to PX_VARINT_BYTES_MOST bytes; signed values zigzag first. */
enum { PX_VARINT_BYTES_MOST = 10 };
void px_put_varint(px_buf *buf, uint64_t v);
void px_put_zigzag(px_buf *buf, int64_t v);
/* varint length, then the bytes */
void px_put_block(px_buf *buf, px_str bytes);

/* For writers that reserve once for many small parts: writes into memory that is there, and gives
 * its end. */
static inline uint8_t *px_varint_write(uint8_t *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *out++ = (uint8_t)(v | 0x80);
    *out++ = (uint8_t)v;
    return out;
}
static inline uint8_t *px_zigzag_write(uint8_t *out, int64_t v)
{
    return px_varint_write(out, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
/* The end of what was reserved at ptr + len: counts it, and puts the NUL behind it. */
static inline void px_buf_end(px_buf *buf, const uint8_t *end)
{
    buf->len = (size_t)((const char *)end - buf->ptr);
    buf->ptr[buf->len] = '\0';
}

static inline px_str px_buf_str(const px_buf *buf)
{
    return (px_str){ buf->ptr, buf->len };
}

/* PX_OK, PX_NO_MEMORY or PX_LIMIT, with a sentence. */
PX_NODISCARD px_status px_buf_status(const px_buf *buf, px_err *ret_err);

/**
 * A reader over borrowed bytes, the mirror of px_put_*. Errors stick here as well: after a read
 * past the end `bad` is set and every further read gives 0, so a decoder checks once at its end.
 */
typedef struct px_cut {
    const uint8_t *ptr, *end;
    bool bad;
} px_cut;

static inline px_cut px_cut_of(px_str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    return (px_cut){ p, p ? p + bytes.len : p, false };
}

static inline size_t px_cut_left(const px_cut *cut)
{
    return (size_t)(cut->end - cut->ptr);
}

/* One byte at a time is how events are read: no call for a byte, nor for a small varint. */
static inline uint8_t px_get_u8(px_cut *cut)
{
    if (cut->bad || cut->ptr == cut->end) {
        cut->bad = true;
        return 0;
    }
    return *cut->ptr++;
}

uint16_t px_get_u16(px_cut *cut);
uint32_t px_get_u32(px_cut *cut);
uint64_t px_get_u64(px_cut *cut);
uint64_t px_get_long_varint(px_cut *cut);
static inline uint64_t px_get_varint(px_cut *cut)
{
    const uint8_t *p = cut->ptr;

    if (!cut->bad && cut->end - p >= 2) {
        if (p[0] < 0x80) {
            cut->ptr = p + 1;
            return p[0];
        }
        if (p[1] < 0x80) {
            cut->ptr = p + 2;
            return (uint64_t)(p[0] & 0x7F) | (uint64_t)p[1] << 7;
        }
    }
    return px_get_long_varint(cut);
}
/* One that has to fit 32 bits: the cut is bad where it does not. */
static inline uint32_t px_get_varint32(px_cut *cut)
{
    uint64_t v = px_get_varint(cut);

    cut->bad = cut->bad || v > UINT32_MAX;
    return (uint32_t)v;
}

static inline int64_t px_get_zigzag(px_cut *cut)
{
    uint64_t v = px_get_varint(cut);

    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
px_str px_get_bytes(px_cut *cut, size_t len);
px_str px_get_block(px_cut *cut);

#endif
