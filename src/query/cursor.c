/* SPDX-License-Identifier: Apache-2.0 */
#include "query/cursor.h"

#include "base/limits.h"

enum { FORMAT = 2, CHECK_BYTES = 8, OTHER_BYTES_MAX = 64 };

static uint64_t check_of(px_str bytes, uint32_t tenant, uint64_t server)
{
    uint64_t parts[3] = { px_str_hash(bytes), tenant, server };

    return px_str_hash(px_str_of((const char *)parts, sizeof(parts)));
}

void px_put_cursor(px_buf *buf, const px_cursor *cursor, uint32_t tenant, uint64_t server)
{
    static const char digits[] = "0123456789abcdef";
    px_buf bytes = { 0 };

    px_put_u8(&bytes, FORMAT);
    px_put_varint(&bytes, cursor->at_no);
    px_put_varint(&bytes, cursor->skip);
    px_put_varint(&bytes, cursor->given);
    px_put_varint(&bytes, cursor->seq);
    px_put_block(&bytes, cursor->text);
    px_put_block(&bytes, cursor->parameters);
    px_put_u64(&bytes, check_of(px_buf_str(&bytes), tenant, server));
    if (bytes.status != PX_OK)
        buf->status = bytes.status;
    for (size_t i = 0; i < bytes.len; i++) {
        px_put_char(buf, digits[(unsigned char)bytes.ptr[i] >> 4]);
        px_put_char(buf, digits[(unsigned char)bytes.ptr[i] & 15]);
    }
    px_buf_release(&bytes);
}

px_status px_cursor_refuse(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "query.token",
                      "the continuation token is damaged or another server's; ask the query again "
                      "from its beginning");
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(px_str token, char *ret_bytes)
{
    for (size_t i = 0; i < token.len; i += 2) {
        int high = digit_of(token.ptr[i]), low = digit_of(token.ptr[i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret_bytes[i / 2] = (char)(high << 4 | low);
    }
    return true;
}

px_status px_cursor_read(px_str token, uint32_t tenant, uint64_t server, px_arena *arena,
                         px_cursor *ret_cursor, px_err *ret_err)
{
    px_str bytes = { NULL, token.len / 2 };
    px_cursor cursor = { 0 };
    uint64_t at_no;
    char *space;
    px_cut cut;

    if (token.len % 2 || bytes.len <= CHECK_BYTES ||
        bytes.len > 2 * PX_QUERY_BYTES_MAX + OTHER_BYTES_MAX)
        return px_cursor_refuse(ret_err);
    bytes.ptr = space = px_arena_alloc(arena, bytes.len);
    if (!space)
        return px_arena_fail(arena, ret_err);
    if (!read_hex(token, space))
        return px_cursor_refuse(ret_err);

    bytes.len -= CHECK_BYTES;
    cut = px_cut_of(px_str_skip(px_str_of(bytes.ptr, bytes.len + CHECK_BYTES), bytes.len));
    if (px_get_u64(&cut) != check_of(bytes, tenant, server))
        return px_cursor_refuse(ret_err);
    cut = px_cut_of(bytes);
    if (px_get_u8(&cut) != FORMAT)
        return px_cursor_refuse(ret_err);
    at_no = px_get_varint(&cut);
    cursor.skip = px_get_varint(&cut);
    cursor.given = px_get_varint(&cut);
    cursor.seq = px_get_varint(&cut);
    cursor.text = px_get_block(&cut);
    cursor.parameters = px_get_block(&cut);
    cursor.at_no = (uint32_t)at_no;
    if (cut.bad || px_cut_left(&cut) || at_no > UINT32_MAX)
        return px_cursor_refuse(ret_err);
    *ret_cursor = cursor;
    return PX_OK;
}
