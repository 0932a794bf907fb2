/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned positive_env(const char *name)
{
    const char *text = getenv(name);
    unsigned long value = text ? strtoul(text, NULL, 10) : 0;

    return value < 10000 ? (unsigned)value : 0;
}

px_term px_term_of(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    px_term term = { 0 };
    struct winsize size = { 0 };

    /* On a dumb one nothing can be drawn over, so it gets what a pipe gets. */
    term.is_terminal = isatty(fileno(stream)) == 1 && !(kind && strcmp(kind, "dumb") == 0);
    if (!term.is_terminal)
        return term;
    term.colour = !(no_colour && *no_colour);
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0) {
        term.columns = size.ws_col;
        term.rows = size.ws_row;
    }
    if (!term.columns)
        term.columns = positive_env("COLUMNS");
    if (!term.columns)
        term.columns = 80;
    if (!term.rows)
        term.rows = 24;
    return term;
}

unsigned px_term_help_columns(FILE *stream)
{
    unsigned columns = positive_env("COLUMNS");

    return columns ? columns : px_term_of(stream).columns;
}

const char *px_term_begin(const px_term *term, px_colour colour)
{
    static const char *const sequences[] = {
        [PX_BOLD] = "\033[1m",    [PX_DIM] = "\033[2m",    [PX_RED] = "\033[31m",
        [PX_YELLOW] = "\033[33m", [PX_GREEN] = "\033[32m", [PX_CYAN] = "\033[36m",
    };

    return term->colour ? sequences[colour] : "";
}

const char *px_term_end(const px_term *term)
{
    return term->colour ? "\033[0m" : "";
}

/* One code point from the front; U+FFFD and one byte where it is not UTF-8. Gives its length. */
static size_t decode(px_str s, uint32_t *ret_code)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t code = len == 1 ? p[0] : p[0] & (0x7Fu >> len);

    if (len > s.len || !px_str_is_utf8(px_str_of(s.ptr, len), NULL)) {
        *ret_code = 0xFFFD;
        return 1;
    }
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3Fu);
    *ret_code = code;
    return len;
}

/* Unicode's East Asian Width W and F, by blocks; and the combining blocks that matter. */
static unsigned code_columns(uint32_t c)
{
    static const uint32_t wide[][2] = {
        { 0x1100, 0x115F },   { 0x2E80, 0x303E },   { 0x3041, 0xA4CF },   { 0xAC00, 0xD7A3 },
        { 0xF900, 0xFAFF },   { 0xFE30, 0xFE4F },   { 0xFF00, 0xFF60 },   { 0xFFE0, 0xFFE6 },
        { 0x1F300, 0x1F64F }, { 0x1F900, 0x1F9FF }, { 0x20000, 0x3FFFD },
    };

    if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F))
        return 0;
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (c >= wide[i][0] && c <= wide[i][1])
            return 2;
    return 1;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

unsigned px_text_columns(px_str utf8)
{
    unsigned columns = 0;

    while (utf8.len) {
        uint32_t code;

        utf8 = px_str_skip(utf8, decode(utf8, &code));
        columns += is_control(code) ? 1 : code_columns(code);
    }
    return columns;
}

void px_put_text(px_buf *buf, px_str utf8, unsigned columns)
{
    bool cut = columns && px_text_columns(utf8) > columns;
    unsigned room = cut ? columns - 1 : UINT32_MAX;

    while (utf8.len) {
        uint32_t code;
        size_t len = decode(utf8, &code);
        unsigned width = is_control(code) ? 1 : code_columns(code);

        if (width > room)
            break;
        room -= width;
        if (is_control(code) || code == 0xFFFD)
            px_put_c(buf, "\xEF\xBF\xBD");
        else
            px_put(buf, px_str_of(utf8.ptr, len));
        utf8 = px_str_skip(utf8, len);
    }
    if (cut)
        px_put_c(buf, "\xE2\x80\xA6");
}
