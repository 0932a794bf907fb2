/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

void px_buf_init(px_buf *buf, size_t limit)
{
    *buf = (px_buf){ .limit = limit };
}

void px_buf_release(px_buf *buf)
{
    px_free(buf->ptr);
    *buf = (px_buf){ .limit = buf->limit };
}

void px_buf_clear(px_buf *buf)
{
    buf->len = 0;
    buf->status = PX_OK;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

bool px_buf_reserve(px_buf *buf, size_t extra)
{
    size_t needed = buf->len + extra, cap;
    char *ptr;

    if (buf->status != PX_OK)
        return false;
    if (needed < buf->len || (buf->limit != 0 && needed > buf->limit)) {
        buf->status = PX_LIMIT;
        return false;
    }
    if (needed < buf->cap)
        return true;
    cap = buf->cap ? buf->cap : 64;
    while (cap < needed + 1)
        cap = cap * 2 > cap ? cap * 2 : needed + 1;
    ptr = px_realloc(buf->ptr, cap);
    if (!ptr) {
        buf->status = PX_NO_MEMORY;
        return false;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

void px_put(px_buf *buf, px_str bytes)
{
    if (bytes.len == 0 || !px_buf_reserve(buf, bytes.len))
        return;
    memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
    buf->len += bytes.len;
    buf->ptr[buf->len] = '\0';
}

void px_put_c(px_buf *buf, const char *c_string)
{
    px_put(buf, px_str_c(c_string));
}

void px_put_char(px_buf *buf, char c)
{
    px_put(buf, px_str_of(&c, 1));
}

void px_putf(px_buf *buf, const char *format, ...)
{
    va_list args;
    int wanted;

    va_start(args, format);
    wanted = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (wanted < 0 || !px_buf_reserve(buf, (size_t)wanted))
        return;
    va_start(args, format);
    vsnprintf(buf->ptr + buf->len, (size_t)wanted + 1, format, args);
    va_end(args);
    buf->len += (size_t)wanted;
}

static void put_little_endian(px_buf *buf, uint64_t v, size_t size)
{
    char bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(v >> (8 * i));
    px_put(buf, px_str_of(bytes, size));
}

void px_put_u8(px_buf *buf, uint8_t v)
{
    if (!px_buf_reserve(buf, 1))
        return;
    buf->ptr[buf->len++] = (char)v;
    buf->ptr[buf->len] = '\0';
}

void px_put_u16(px_buf *buf, uint16_t v)
{
    put_little_endian(buf, v, 2);
}

void px_put_u32(px_buf *buf, uint32_t v)
{
    put_little_endian(buf, v, 4);
}

void px_put_u64(px_buf *buf, uint64_t v)
{
    put_little_endian(buf, v, 8);
}

void px_put_varint(px_buf *buf, uint64_t v)
{
    uint8_t bytes[PX_VARINT_BYTES_MOST];

    px_put(buf, px_str_of((const char *)bytes, (size_t)(px_varint_write(bytes, v) - bytes)));
}

void px_put_zigzag(px_buf *buf, int64_t v)
{
    px_put_varint(buf, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

void px_put_block(px_buf *buf, px_str bytes)
{
    px_put_varint(buf, bytes.len);
    px_put(buf, bytes);
}

px_status px_buf_status(const px_buf *buf, px_err *ret_err)
{
    if (buf->status == PX_LIMIT)
        return px_fail(ret_err, PX_LIMIT, "the output is larger than %zu bytes", buf->limit);
    return buf->status == PX_OK ? PX_OK : px_no_memory(ret_err);
}

px_str px_get_bytes(px_cut *cut, size_t len)
{
    px_str bytes;

    if (cut->bad || px_cut_left(cut) < len) {
        cut->bad = true;
        return (px_str){ 0 };
    }
    bytes = px_str_of((const char *)cut->ptr, len);
    cut->ptr += len;
    return bytes;
}

static uint64_t get_little_endian(px_cut *cut, size_t size)
{
    px_str bytes = px_get_bytes(cut, size);
    uint64_t v = 0;

    for (size_t i = 0; i < bytes.len; i++)
        v |= (uint64_t)(uint8_t)bytes.ptr[i] << (8 * i);
    return v;
}

uint16_t px_get_u16(px_cut *cut)
{
    return (uint16_t)get_little_endian(cut, 2);
}

uint32_t px_get_u32(px_cut *cut)
{
    return (uint32_t)get_little_endian(cut, 4);
}

uint64_t px_get_u64(px_cut *cut)
{
    return get_little_endian(cut, 8);
}

uint64_t px_get_long_varint(px_cut *cut)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = px_get_u8(cut);

        if (shift == 63 && byte > 1)
            break; /* more than 64 bits */
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return cut->bad ? 0 : v;
    }
    cut->bad = true;
    return 0;
}

px_str px_get_block(px_cut *cut)
{
    uint64_t len = px_get_varint(cut);

    if (len > px_cut_left(cut)) {
        cut->bad = true;
        return (px_str){ 0 };
    }
    return px_get_bytes(cut, (size_t)len);
}
