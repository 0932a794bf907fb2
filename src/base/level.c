/* SPDX-License-Identifier: Apache-2.0 */
#include "base/level.h"

static bool is_escaped(unsigned char c)
{
    return c < 0x20 || c == 0x7F || (c != 0 && strchr("%/+#$", c));
}

bool px_level_is_reserved(px_str first)
{
    return px_str_eq(first, PX_STR("twins")) || px_str_eq(first, PX_STR("events")) ||
           px_str_eq(first, PX_STR("spBv1.0")) || px_str_starts(first, PX_STR("$"));
}

void px_put_level(px_buf *buf, px_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];

        if (is_escaped(c))
            px_putf(buf, "%%%02X", c);
        else
            px_put_char(buf, (char)c);
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* `%XX` of a character that has to be escaped; -1 otherwise. */
static int read_escape(px_str at)
{
    int high = at.len >= 3 ? hex_digit(at.ptr[1]) : -1;
    int low = at.len >= 3 ? hex_digit(at.ptr[2]) : -1;
    int c = high < 0 || low < 0 ? -1 : high << 4 | low;

    return c >= 0 && is_escaped((unsigned char)c) ? c : -1;
}

bool px_level_read(px_str level, char *room, size_t room_bytes, px_str *ret_id)
{
    size_t len = 0;
    bool is_plain = true;

    for (size_t i = 0; i < level.len; len++) {
        bool escape = level.ptr[i] == '%';
        int c = escape ? read_escape(px_str_skip(level, i)) : (unsigned char)level.ptr[i];

        if (c < 0 || (!escape && is_escaped((unsigned char)c)) || len == room_bytes)
            return false;
        room[len] = (char)c;
        is_plain = is_plain && !escape;
        i += escape ? 3 : 1;
    }
    *ret_id = is_plain ? level : px_str_of(room, len);
    return len > 0;
}
