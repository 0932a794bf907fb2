/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the JSON reader share with each other and with nobody else. */
#ifndef PX_BASE_JSON_INNER_H
#define PX_BASE_JSON_INNER_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/json.h"

enum { STATE_VALUE, STATE_FIRST, STATE_AFTER, STATE_DONE, STATE_BAD };

/* What can be wrong: id, and the sentence around what was found; a limit follows it. */
#define PXI_JSON_ERRORS(X)                                                                         \
    X(NONE, "", "", "")                                                                            \
    X(VALUE, "json.value", "found ", " where a value must begin")                                  \
    X(KEY, "json.key", "found ", " where a key in double quotes must begin")                       \
    X(KEY_OR_END, "json.key", "found ", " where a key in double quotes or '}' belongs")            \
    X(COLON, "json.colon", "found ", " behind a key, where ':' belongs")                           \
    X(OBJECT_COMMA, "json.comma", "found ", " in an object, where ',' or '}' belongs")             \
    X(ARRAY_COMMA, "json.comma", "found ", " in an array, where ',' or ']' belongs")               \
    X(TRAILING, "json.trailing", "found ", " behind the end of the document")                      \
    X(LITERAL, "json.literal", "found ", ", which is not true, false or null")                     \
    X(NUMBER, "json.number", "found ", " in a number, where a digit belongs")                      \
    X(NUMBER_ZERO, "json.number", "found ", " behind a leading 0, where no digit may follow")      \
    X(NUMBER_RANGE, "json.number_range", "the number that begins with ",                           \
      " is beyond the range of a double")                                                          \
    X(STRING_END, "json.string", "the string that begins with ", " here has no closing quote")     \
    X(CONTROL, "json.control", "found ", " in a string, where it must be escaped, as in \\u0009")  \
    X(ESCAPE, "json.escape", "found ", " behind a backslash, where one of \"\\/bfnrtu belongs")    \
    X(HEX, "json.escape", "found ", " behind \\u, where four hexadecimal digits belong")           \
    X(SURROGATE, "json.surrogate", "", " begins one half of a surrogate pair without the other")   \
    X(UTF8, "json.utf8", "found ", ", which is no UTF-8 here")                                     \
    X(NUL, "json.nul", "", " begins \\u0000, which is not taken here")                             \
    X(BOM, "json.bom", "found ", ", a byte order mark or UTF-16, where plain UTF-8 belongs")       \
    X(NUMBER_BYTES, "json.number_bytes", "the number that begins with ",                           \
      " has more bytes than the limit of ")                                                        \
    X(STRING_BYTES, "json.string_bytes", "the string that begins with ",                           \
      " has more bytes than the limit of ")                                                        \
    X(DEPTH, "json.depth", "", " opens a level deeper than the limit of ")                         \
    X(KEYS, "json.keys", "", " begins one key more in an object than the limit of ")               \
    X(DUPLICATE, "json.duplicate", "", "")                                                         \
    X(SIZE, "json.size", "", " begins a document of more than 2 GiB")                              \
    X(MEMORY, "", "", "")

enum {
#define X(name, id, before, after) BAD_##name,
    PXI_JSON_ERRORS(X)
#undef X
};

/* Unescapes [p, end), which ends no escape early, into `out`: never more bytes than there are. On
 * an error `*ret_bad` is its place. */
unsigned pxi_json_unescape(const px_json_opts *opts, const char *p, const char *end, char *out,
                           size_t *ret_len, const char **ret_bad);

/* Ends the reading: `at` is the place, `error` one of BAD_*. */
__attribute__((cold)) px_json_type pxi_json_bad(px_json_reader *r, const char *at, unsigned error);

/* A string that holds more than plain ASCII, or does not end: `s` is behind the opening quote. */
const char *pxi_json_read_hard_string(px_json_reader *r, const char *s, const char *p);

/* Line and column (from 1, in bytes) of `at` in the text that begins at `begin`. */
void pxi_json_line(const char *begin, const char *at, uint32_t *ret_line, uint32_t *ret_column);

/* A JSON pointer of up to 95 bytes: steps that do not fit any more are left out, whole. */
typedef struct pxi_json_path {
    char text[sizeof(((px_err *)0)->path)];
    size_t len;
    bool full;
} pxi_json_path;
void pxi_json_path_step(pxi_json_path *path, px_str step);
void pxi_json_path_index(pxi_json_path *path, uint32_t index);

static inline bool pxi_json_is_special(char c)
{
    return c == '"' || c == '\\' || (signed char)c < 0x20; /* control, or not ASCII */
}

/* Bit i: byte i of these 16 ends or complicates a string. */
static inline uint32_t pxi_json_special_of_16(const char *p)
{
#ifdef __SSE2__
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                   _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));

    special = _mm_or_si128(special, _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
    return (uint32_t)_mm_movemask_epi8(special);
#else
    uint32_t mask = 0;

    for (unsigned i = 0; i < 16; i++)
        mask |= (uint32_t)pxi_json_is_special(p[i]) << i;
    return mask;
#endif
}

/* The first special byte at or behind `p`, or the end. The last 15 bytes of the input are looked at
 * through its last 16, so that nothing behind the end is touched. */
static inline const char *pxi_json_find_special(const px_json_reader *r, const char *p)
{
    for (; r->end - p >= 16; p += 16) {
        uint32_t mask = pxi_json_special_of_16(p);

        if (mask)
            return p + __builtin_ctz(mask);
    }
    if (r->end - r->begin >= 16) {
        unsigned before = 16 - (unsigned)(r->end - p);
        uint32_t mask = pxi_json_special_of_16(r->end - 16) >> before;

        return mask ? p + __builtin_ctz(mask) : r->end;
    }
    while (p < r->end && !pxi_json_is_special(*p))
        p++;
    return p;
}

/* Sets the place of an error that is there already, whatever place it had. */
void pxi_json_set_place(px_err *err, uint32_t line, uint32_t column, const pxi_json_path *path);

#endif
