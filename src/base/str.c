/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <xxhash.h>

int px_str_cmp(px_str a, px_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

px_str px_str_trim(px_str s)
{
    while (s.len && is_blank(s.ptr[0]))
        s = px_str_skip(s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

px_str px_str_cut(px_str *rest, char separator)
{
    const char *found = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    px_str part = *rest;

    if (!found) {
        *rest = px_str_skip(*rest, rest->len);
        return part;
    }
    part.len = (size_t)(found - rest->ptr);
    *rest = px_str_skip(*rest, part.len + 1);
    return part;
}

/* RFC 3629, table of section 4: lead byte, then the range of the second byte, then 80..BF. 0 when
 * malformed. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t len;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    len = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (left < len)
        return 0;
    if (s[0] == 0xE0)
        low = 0xA0;
    if (s[0] == 0xED)
        high = 0x9F;
    if (s[0] == 0xF0)
        low = 0x90;
    if (s[0] == 0xF4)
        high = 0x8F;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

bool px_str_is_utf8(px_str s, size_t *ret_bad)
{
    const unsigned char *bytes = (const unsigned char *)s.ptr;

    for (size_t at = 0; at < s.len;) {
        uint64_t eight;
        size_t len;

        if (s.len - at >= sizeof(eight)) { /* plain letters, most of the time */
            memcpy(&eight, bytes + at, sizeof(eight));
            if (!(eight & UINT64_C(0x8080808080808080))) {
                at += sizeof(eight);
                continue;
            }
        }
        len = utf8_length(bytes + at, s.len - at);
        if (len == 0) {
            if (ret_bad)
                *ret_bad = at;
            return false;
        }
        at += len;
    }
    return true;
}

uint64_t px_str_hash(px_str s)
{
    return XXH3_64bits(s.ptr, s.len);
}

uint64_t px_str_hash_seeded(px_str s, uint64_t seed)
{
    return XXH3_64bits_withSeed(s.ptr, s.len, seed);
}

enum { NEAREST_BYTES_MAX = 64 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Levenshtein distance with one row; case counts nothing. */
static size_t edit_distance(px_str a, px_str b)
{
    size_t row[NEAREST_BYTES_MAX + 1];

    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            size_t best = diagonal + (lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]));

            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b.len];
}

px_str px_str_nearest(px_str word, const px_str *candidates, size_t count)
{
    px_str best = PX_STR("");
    size_t best_distance = word.len / 3 + 2; /* farther is no help */

    if (word.len > NEAREST_BYTES_MAX)
        return best;
    for (size_t i = 0; i < count; i++) {
        size_t distance;

        if (candidates[i].len > NEAREST_BYTES_MAX)
            continue;
        distance = edit_distance(word, candidates[i]);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}

px_str px_str_head(px_str s, size_t most)
{
    if (s.len <= most)
        return s;
    while (most > 0 && ((unsigned char)s.ptr[most] & 0xC0) == 0x80)
        most--;
    return px_str_of(s.ptr, most);
}
