/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A slice of bytes: what every reader in the tree takes.
 *
 * A px_str borrows. It is not NUL-terminated, `len` counts bytes and not code points, and `ptr` may
 * be NULL only when `len` is 0. Nothing here allocates. Threads: any.
 */
#ifndef PX_BASE_STR_H
#define PX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PX_NODISCARD __attribute__((warn_unused_result))
#define PX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

typedef struct px_str {
    const char *ptr; /* borrowed */
    size_t len;      /* bytes */
} px_str;

/* A slice of a string literal. */
#define PX_STR(lit) ((px_str){ "" lit, sizeof(lit) - 1 })
/* The two arguments of "%.*s". */
#define PX_FMT(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline px_str px_str_of(const char *ptr, size_t len)
{
    return (px_str){ ptr, len };
}

/* For strings that come from other libraries; NULL gives the empty slice. */
static inline px_str px_str_c(const char *c_string)
{
    return (px_str){ c_string, c_string ? strlen(c_string) : 0 };
}

static inline bool px_str_eq(px_str a, px_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool px_str_starts(px_str s, px_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool px_str_ends(px_str s, px_str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* Drops the first `count` bytes; `count` must not exceed `s.len`. */
static inline px_str px_str_skip(px_str s, size_t count)
{
    return (px_str){ s.ptr + count, s.len - count };
}

/* ASCII only: what the C library calls a letter depends on the locale. */
static inline bool px_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool px_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Without the blanks (space, tab, CR, LF) at both of its ends. */
px_str px_str_trim(px_str s);

/* Bytewise order, which for UTF-8 is the order of code points. Negative, 0 or positive. */
int px_str_cmp(px_str a, px_str b);

/* Splits `*rest` at the first `separator`: gives the part before it and moves `*rest` behind it.
 * Without a separator the whole rest is given and `*rest` becomes empty. */
px_str px_str_cut(px_str *rest, char separator);

/* True for well-formed UTF-8 without surrogates (RFC 3629); `ret_bad` (may be NULL) gets the index
 * of the first offending byte. */
bool px_str_is_utf8(px_str s, size_t *ret_bad);
/* At most `most` bytes of its beginning, and no part of a letter of UTF-8 at the end. */
px_str px_str_head(px_str s, size_t most);

/* XXH3, 64 bit. Stable across releases: it is part of keys on disk. */
uint64_t px_str_hash(px_str s);
/* The same under a secret seed, for what strangers choose: not stable, never on disk. */
uint64_t px_str_hash_seeded(px_str s, uint64_t seed);

/* The candidate nearest to `word` by edit distance, for "did you mean"; empty when none is near.
 * `count` is small (names a person could have meant): the cost is count x len². */
px_str px_str_nearest(px_str word, const px_str *candidates, size_t count);

#endif
