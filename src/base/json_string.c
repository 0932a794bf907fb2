/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings that hold more than plain ASCII: escapes and UTF-8. The plain ones never come here.
 *
 * string  = %x22 *( unescaped / "\\" escaped ) %x22           ; RFC 8259 section 7
 * escaped = %x22 / "\\" / "/" / "b" / "f" / "n" / "r" / "t" / "u" 4HEXDIG
 */
#include "base/json_inner.h"

static int hex4(const char *p, const char *end)
{
    int v = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = p[i] | 0x20;

        if (p[i] >= '0' && p[i] <= '9')
            v = v * 16 + p[i] - '0';
        else if (c >= 'a' && c <= 'f')
            v = v * 16 + c - 'a' + 10;
        else
            return -1;
    }
    return v;
}

static char *put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* "u" 4HEXDIG [ "\u" 4HEXDIG ]; `*at` is behind the u. Gives 0 or the error. */
static unsigned unescape_unicode(const px_json_opts *opts, const char **at, const char *end,
                                 char **out)
{
    int code = hex4(*at, end), low;

    if (code < 0)
        return BAD_HEX;
    if (code == 0 && opts->refuse_nul)
        return BAD_NUL;
    *at += 4;
    if (code < 0xD800 || code > 0xDFFF) {
        *out = put_utf8(*out, (uint32_t)code);
        return 0;
    }
    low = code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u'
              ? hex4(*at + 2, end)
              : -1;
    if (low >= 0xDC00 && low <= 0xDFFF) {
        *at += 6;
        *out = put_utf8(*out, 0x10000 + ((uint32_t)(code - 0xD800) << 10) + (uint32_t)low - 0xDC00);
        return 0;
    }
    if (opts->refuse_bad_text)
        return BAD_SURROGATE;
    *out = put_utf8(*out, 0xFFFD);
    return 0;
}

unsigned pxi_json_unescape(const px_json_opts *opts, const char *p, const char *end, char *out,
                           size_t *ret_len, const char **ret_bad)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char *start = out;

    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p)), *found;
        size_t run = (size_t)((backslash ? backslash : end) - p);
        unsigned error = 0;

        memcpy(out, p, run);
        out += run;
        p += run;
        if (!backslash)
            break;
        found = memchr(plain, p[1], sizeof(plain) - 1);
        p += 2;
        if (found)
            *out++ = meant[found - plain];
        else if (p[-1] == 'u')
            error = unescape_unicode(opts, &p, end, &out);
        else
            error = BAD_ESCAPE;
        if (error) {
            *ret_bad = error == BAD_ESCAPE      ? p - 1
                       : error == BAD_SURROGATE ? backslash
                       : error == BAD_NUL       ? backslash
                                                : p;
            return error;
        }
    }
    *ret_len = (size_t)(out - start);
    return 0;
}

static const char *unescape_text(px_json_reader *r, const char *s, const char *end)
{
    char *out = px_arena_alloc(r->arena, (size_t)(end - s));
    const char *at = s;
    size_t len = 0;
    unsigned error = out ? pxi_json_unescape(&r->opts, s, end, out, &len, &at) : BAD_MEMORY;

    if (error) {
        pxi_json_bad(r, at, error);
        return NULL;
    }
    r->text = px_str_of(out, len);
    return end + 1;
}

const char *pxi_json_read_hard_string(px_json_reader *r, const char *s, const char *p)
{
    bool escaped = false, wide = false;
    size_t offset;

    for (; p < r->end && *p != '"'; p = pxi_json_find_special(r, p)) {
        if (*p == '\\') {
            escaped = true;
            p += r->end - p >= 2 ? 2 : 1;
        } else if ((signed char)*p < 0) {
            wide = true;
            while (p < r->end && (signed char)*p < 0)
                p++;
        } else {
            pxi_json_bad(r, p, BAD_CONTROL);
            return NULL;
        }
    }
    if (p == r->end || (size_t)(p - s) > r->opts.string_bytes_max) {
        pxi_json_bad(r, s - 1, p == r->end ? BAD_STRING_END : BAD_STRING_BYTES);
        return NULL;
    }
    r->text = px_str_of(s, (size_t)(p - s));
    if (wide && r->opts.refuse_bad_text && !px_str_is_utf8(r->text, &offset)) {
        pxi_json_bad(r, s + offset, BAD_UTF8);
        return NULL;
    }
    return escaped ? unescape_text(r, s, p) : p + 1;
}
