/* SPDX-License-Identifier: Apache-2.0 */
/* An ETag is a UUID in shape (version 8, RFC 9562: free for all) made of the position of the last
 * write. */
#include "engine/engine.h"

static const char tag_form[] = "00000000-0000-8000-8000-000000000000";

void px_put_etag(px_buf *buf, uint64_t revision)
{
    px_putf(buf, "W/\"%08x-%04x-8000-8000-%012llx\"", (unsigned)(revision >> 48) & 0xFFFFu, 0u,
            (unsigned long long)(revision & UINT64_C(0xFFFFFFFFFFFF)));
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool px_etag_parse(px_str text, uint64_t *ret_revision)
{
    uint64_t high = 0, low = 0;

    if (px_str_starts(text, PX_STR("W/")))
        text = px_str_skip(text, 2);
    if (text.len != sizeof(tag_form) - 1 + 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"')
        return false;
    text = px_str_of(text.ptr + 1, text.len - 2);
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex(text.ptr[i]);

        if (tag_form[i] == '-' ? text.ptr[i] != '-' : digit < 0)
            return false;
        if (i < 8)
            high = high << 4 | (uint64_t)digit;
        if (i >= 24)
            low = low << 4 | (uint64_t)digit;
    }
    *ret_revision = high << 48 | low;
    return true;
}
