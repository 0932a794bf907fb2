/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokenizer: RFC 8259 as a small state machine over borrowed bytes.
 *
 * value  = object / array / string / number / "true" / "false" / "null"
 * object = "{" [ string ":" value *( "," string ":" value ) ] "}"
 * array  = "[" [ value *( "," value ) ] "]"
 *
 * A call gives one token; commas and colons are consumed with the token behind or before them. The
 * happy path touches each byte once and stores nothing but the token: strings are looked through 16
 * bytes at a time for what ends or complicates them, and only then treated with more care; lines,
 * columns and paths are found by reading the input again, when there is an error to place.
 */
#include <stdlib.h>

#include "base/json_inner.h"

struct px_json_seen {
    px_str key;
    uint32_t hash, offset; /* of the opening quote in the input */
};

px_json_opts px_json_opts_door(void)
{
    return (px_json_opts){
        .depth_max = PX_JSON_DEPTH_MAX,
        .keys_max = PX_JSON_KEYS_MAX,
        .number_bytes_max = PX_JSON_NUMBER_DIGITS_MAX,
        .string_bytes_max = PX_JSON_STRING_BYTES_MAX,
        .refuse_duplicates = true,
        .refuse_bad_text = true,
        .refuse_nul = true,
    };
}

const char *px_json_type_name(px_json_type type)
{
    static const char *const names[] = {
        "nothing valid",
        "the end",
        "a key",
        "the end of an object",
        "the end of an array",
        "an object",
        "an array",
        "a string",
        "a number",
        "true",
        "false",
        "null",
    };

    return names[type];
}

static uint32_t or_most(uint32_t limit)
{
    return limit ? limit : UINT32_MAX;
}

void px_json_reader_init(px_json_reader *r, px_str text, const px_json_opts *opts, px_arena *arena)
{
    r->begin = r->at = r->token = text.ptr;
    r->end = text.len ? text.ptr + text.len : text.ptr;
    r->text = (px_str){ 0 };
    r->num = (px_num){ 0 };
    r->state = STATE_VALUE;
    r->error = BAD_NONE;
    r->in_object = false;
    r->depth = r->count = 0;
    r->opts = opts ? *opts : (px_json_opts){ 0 };
    if (r->opts.depth_max == 0 || r->opts.depth_max > PX_JSON_READER_DEPTH_MAX)
        r->opts.depth_max = PX_JSON_READER_DEPTH_MAX;
    r->opts.keys_max = or_most(r->opts.keys_max);
    r->opts.number_bytes_max = or_most(r->opts.number_bytes_max);
    r->opts.string_bytes_max = or_most(r->opts.string_bytes_max);
    r->arena = arena;
    r->seen = NULL;
    r->seen_count = r->seen_cap = 0;
    if (text.len > INT32_MAX)
        pxi_json_bad(r, text.ptr, BAD_SIZE);
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* ---- strings ---- */

/* One store of 16 bytes, as in num.c: the caller copies the slice at once. */
static inline void store_text(px_str *ret_text, const char *ptr, size_t len)
{
#if __SIZEOF_POINTER__ == 8
    typedef uint64_t pair __attribute__((vector_size(16)));
    pair both = { (uint64_t)(uintptr_t)ptr, len };

    memcpy(ret_text, &both, sizeof(both));
#else
    *ret_text = px_str_of(ptr, len);
#endif
}

/* `p` is behind the opening quote. Gives the byte behind the closing one; NULL when it is bad. */
static inline const char *read_string(px_json_reader *r, const char *p)
{
    const char *special = pxi_json_find_special(r, p);

    if (special == r->end || *special != '"' || (size_t)(special - p) > r->opts.string_bytes_max)
        return pxi_json_read_hard_string(r, p, special);
    store_text(&r->text, p, (size_t)(special - p));
    return special + 1;
}

/* ---- keys of one object, each once ---- */

static bool remember_key(px_json_reader *r)
{
    if (r->seen_count == r->seen_cap) {
        uint32_t cap = r->seen_cap ? r->seen_cap * 2 : 32;
        px_json_seen *seen = PX_ARENA_ARRAY(r->arena, px_json_seen, cap);

        if (!seen)
            return false;
        if (r->seen_count)
            memcpy(seen, r->seen, r->seen_count * sizeof(*seen));
        r->seen = seen;
        r->seen_cap = cap;
    }
    r->seen[r->seen_count++] = (px_json_seen){ .key = r->text,
                                               .hash = (uint32_t)px_str_hash(r->text),
                                               .offset = (uint32_t)(r->token - r->begin) };
    return true;
}

static int cmp_seen(const void *left, const void *right)
{
    const px_json_seen *a = left, *b = right;
    int order;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    order = px_str_cmp(a->key, b->key);
    return order != 0 ? order : a->offset < b->offset ? -1 : 1;
}

/* The second of two same keys, NULL when all differ. Few are compared in pairs, many are sorted. */
static const px_json_seen *find_duplicate(px_json_seen *keys, uint32_t count)
{
    if (count > 16) {
        qsort(keys, count, sizeof(*keys), cmp_seen);
        for (uint32_t i = 1; i < count; i++)
            if (keys[i].hash == keys[i - 1].hash && px_str_eq(keys[i].key, keys[i - 1].key))
                return &keys[i];
        return NULL;
    }
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (keys[i].hash == keys[k].hash && px_str_eq(keys[i].key, keys[k].key))
                return &keys[i];
    return NULL;
}

/* At the end of an object: judges its keys and forgets them. */
static bool check_keys(px_json_reader *r)
{
    const px_json_seen *duplicate;

    if (!r->opts.refuse_duplicates || r->count == 0)
        return true;
    r->seen_count -= r->count;
    duplicate = find_duplicate(r->seen + r->seen_count, r->count);
    if (!duplicate)
        return true;
    r->text = duplicate->key;
    pxi_json_bad(r, r->begin + duplicate->offset, BAD_DUPLICATE);
    return false;
}

/* ---- tokens ---- */

static inline px_json_type read_key(px_json_reader *r, const char *p, unsigned error)
{
    if (p == r->end || *p != '"')
        return pxi_json_bad(r, p, error);
    r->token = p;
    p = read_string(r, p + 1);
    if (!p)
        return PX_JSON_BAD;
    if (++r->count > r->opts.keys_max)
        return pxi_json_bad(r, r->token, BAD_KEYS);
    if (r->opts.refuse_duplicates && !remember_key(r))
        return pxi_json_bad(r, r->token, BAD_MEMORY);
    p = skip_space(p, r->end);
    if (p == r->end || *p != ':')
        return pxi_json_bad(r, p, BAD_COLON);
    r->at = p + 1;
    r->state = STATE_VALUE;
    return PX_JSON_KEY;
}

static inline px_json_type read_open(px_json_reader *r, const char *p, bool object)
{
    if (r->depth >= r->opts.depth_max)
        return pxi_json_bad(r, p, BAD_DEPTH);
    r->stack[r->depth++] = r->count << 1 | r->in_object;
    r->count = 0;
    r->in_object = object;
    r->at = p + 1;
    r->state = STATE_FIRST;
    return object ? PX_JSON_OBJECT : PX_JSON_ARRAY;
}

static inline px_json_type read_close(px_json_reader *r, const char *p)
{
    bool object = r->in_object;

    r->token = p;
    if (object && !check_keys(r))
        return PX_JSON_BAD;
    r->depth--;
    r->count = r->stack[r->depth] >> 1;
    r->in_object = r->stack[r->depth] & 1;
    r->at = p + 1;
    r->state = STATE_AFTER;
    return object ? PX_JSON_OBJECT_END : PX_JSON_ARRAY_END;
}

static px_json_type read_literal(px_json_reader *r, const char *p, px_str word, px_json_type type)
{
    if ((size_t)(r->end - p) < word.len || memcmp(p, word.ptr, word.len) != 0)
        return pxi_json_bad(r, p, BAD_LITERAL);
    r->at = p + word.len;
    r->state = STATE_AFTER;
    return type;
}

static inline px_json_type read_number(px_json_reader *r, const char *p)
{
    const char *at = p;
    px_num_scan_result result = px_num_scan(&at, r->end, &r->num);

    if (result == PX_NUM_SYNTAX)
        return pxi_json_bad(r, at,
                            at > p && at[-1] == '0' && at < r->end && *at >= '0' && *at <= '9'
                                ? BAD_NUMBER_ZERO
                                : BAD_NUMBER);
    if ((size_t)(at - p) > r->opts.number_bytes_max)
        return pxi_json_bad(r, p, BAD_NUMBER_BYTES);
    if (result == PX_NUM_RANGE)
        return pxi_json_bad(r, p, BAD_NUMBER_RANGE);
    r->at = at;
    r->state = STATE_AFTER;
    return PX_JSON_NUMBER;
}

static px_json_type bad_value(px_json_reader *r, const char *p)
{
    bool marked =
        p == r->begin && p < r->end && ((uint8_t)*p == 0xEF || (uint8_t)*p >= 0xFE || *p == '\0');

    if (p < r->end && *p >= 'A' && (*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
        return pxi_json_bad(r, p, BAD_LITERAL);
    return pxi_json_bad(r, p, marked ? BAD_BOM : BAD_VALUE);
}

static inline px_json_type read_value(px_json_reader *r, const char *p)
{
    if (p == r->end)
        return pxi_json_bad(r, p, BAD_VALUE);
    r->token = p;
    switch (*p) {
    case '"':
        p = read_string(r, p + 1);
        if (!p)
            return PX_JSON_BAD;
        r->at = p;
        r->state = STATE_AFTER;
        return PX_JSON_STRING;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(r, p);
    case '{':
        return read_open(r, p, true);
    case '[':
        return read_open(r, p, false);
    case 't':
        return read_literal(r, p, PX_STR("true"), PX_JSON_TRUE);
    case 'f':
        return read_literal(r, p, PX_STR("false"), PX_JSON_FALSE);
    case 'n':
        return read_literal(r, p, PX_STR("null"), PX_JSON_NULL);
    default:
        return bad_value(r, p);
    }
}

/* Behind a complete value. */
static inline px_json_type read_after(px_json_reader *r, const char *p)
{
    if (r->depth == 0) {
        if (p < r->end)
            return pxi_json_bad(r, p, BAD_TRAILING);
        r->token = r->at = p;
        r->state = STATE_DONE;
        return PX_JSON_DONE;
    }
    if (p < r->end && *p == ',') {
        p = skip_space(p + 1, r->end);
        return r->in_object ? read_key(r, p, BAD_KEY) : read_value(r, p);
    }
    if (p < r->end && *p == (r->in_object ? '}' : ']'))
        return read_close(r, p);
    return pxi_json_bad(r, p, r->in_object ? BAD_OBJECT_COMMA : BAD_ARRAY_COMMA);
}

px_json_type px_json_next(px_json_reader *r)
{
    const char *p = skip_space(r->at, r->end);

    switch (r->state) {
    case STATE_AFTER:
        return read_after(r, p);
    case STATE_VALUE:
        return read_value(r, p);
    case STATE_FIRST:
        if (p < r->end && *p == (r->in_object ? '}' : ']'))
            return read_close(r, p);
        return r->in_object ? read_key(r, p, BAD_KEY_OR_END) : read_value(r, p);
    case STATE_DONE:
        return PX_JSON_DONE;
    default:
        return PX_JSON_BAD;
    }
}

/* A wrong guess costs a comparison. A right one spares the search for the closing quote, and more:
 * the place of the next token no longer waits for bytes to be looked at, the processor runs ahead.
 */
bool px_json_try_key(px_json_reader *r, px_str name)
{
    const char *p = r->at;

    if (!r->in_object || p == r->end || r->count >= r->opts.keys_max ||
        name.len > r->opts.string_bytes_max)
        return false;
    if (r->state == STATE_AFTER && *p == ',')
        p++;
    else if (r->state != STATE_FIRST)
        return false;
    if ((size_t)(r->end - p) < name.len + 3 || p[0] != '"' || p[name.len + 1] != '"' ||
        p[name.len + 2] != ':' || memcmp(p + 1, name.ptr, name.len) != 0)
        return false;
    r->token = p;
    store_text(&r->text, p + 1, name.len);
    if (r->opts.refuse_duplicates && !remember_key(r))
        return false; /* px_json_next fails in the same way */
    r->count++;
    r->at = p + name.len + 3;
    r->state = STATE_VALUE;
    return true;
}

bool px_json_skip(px_json_reader *r, px_str *ret_raw)
{
    const char *begin = r->token;

    if (r->state == STATE_FIRST) {
        uint32_t outside = r->depth - 1;

        while (r->depth > outside)
            if (px_json_next(r) == PX_JSON_BAD)
                return false;
    }
    if (r->state == STATE_BAD)
        return false;
    *ret_raw = px_str_of(begin, (size_t)(r->at - begin));
    return true;
}

px_str px_json_raw(const px_json_reader *r)
{
    return px_str_of(r->token, (size_t)(r->at - r->token));
}
