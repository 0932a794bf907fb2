/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/property_key.h"

#include <string.h>

#include "twin/record.h"

__extension__ typedef unsigned __int128 u128;

enum { KIND_SHIFT = 61, SYMBOLS = 22, ALPHABET = 18 };

typedef enum key_kind {
    KIND_BOOL = 1,
    KIND_NUMBER,
    KIND_TEXT_BEFORE, /* the digits */
    KIND_TEXT_DIGIT,
    KIND_TEXT_BEHIND,
    KIND_OPEN,
} key_kind;

/* What stands for what a key has no room for: the least and the most that there may be, for the
 * ends of ranges, or what tells values apart. */
typedef enum key_fill { FILL_LEAST, FILL_MOST, FILL_HASH } key_fill;

static uint64_t begin_of(key_kind kind)
{
    return (uint64_t)kind << KIND_SHIFT;
}

/* ---- numbers ---- */

/* The rounding to a double keeps the order, too. */
static px_property_key key_of_number(px_num num)
{
    double value = px_num_to_double(num) + 0.0; /* -0 is 0 */
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    return (px_property_key){ begin_of(KIND_NUMBER) | bits >> 3, (uint32_t)(bits & 7) << 29 };
}

/* ---- texts ---- */

/* 0 is the end of a text. Ranks of several characters are `lossy`: nothing behind them counts. */
static uint32_t rank_of(unsigned char c, bool *ret_lossy)
{
    *ret_lossy = false;
    if (c >= '0' && c <= '9')
        return 4 + c - (uint32_t)'0';
    if (c == '-')
        return 2;
    if (c == ':')
        return 14;
    if (c == 'T')
        return 16;
    *ret_lossy = true;
    return c < '-' ? 1 : c < '0' ? 3 : c < 'T' ? 15 : 17;
}

/* `more`: how many values the symbols that are left can have. */
static u128 filling(px_str text, key_fill fill, u128 more)
{
    uint32_t hash;

    if (fill == FILL_LEAST)
        return 0;
    if (fill == FILL_MOST)
        return more - 1;
    hash = pxi_name_hash(text);
    return ((u128)hash << 64 | (uint64_t)hash * UINT64_C(0x9E3779B97F4A7C15)) % more;
}

/* A prefix may go on where it ends; a text does not. */
static px_property_key key_of_digits(px_str text, key_fill fill, bool is_prefix)
{
    bool lossy = is_prefix && text.len < SYMBOLS;
    u128 bits = 0, more = 1;
    uint32_t at = 0;

    for (bool last = false; at < SYMBOLS && at < text.len && !last; at++) {
        bits = bits * ALPHABET + rank_of((unsigned char)text.ptr[at], &last);
        lossy |= last;
    }
    for (; at < SYMBOLS; at++)
        more *= ALPHABET;
    bits = bits * more + (lossy ? filling(text, fill, more) : 0);
    return (px_property_key){ begin_of(KIND_TEXT_DIGIT) | (uint64_t)(bits >> 32), (uint32_t)bits };
}

static px_property_key key_of_bytes(px_str text, key_kind kind, key_fill fill, bool is_prefix)
{
    uint64_t bits = 0;
    uint32_t low = fill == FILL_HASH ? pxi_name_hash(text) : fill == FILL_MOST ? UINT32_MAX : 0;
    unsigned char behind = is_prefix && fill == FILL_MOST ? 0xff : 0;

    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | (i < text.len ? (unsigned char)text.ptr[i] : behind);
    return (px_property_key){ begin_of(kind) | bits >> 3, low };
}

static px_property_key key_of_text(px_str text, key_fill fill, bool is_prefix)
{
    char first = text.len ? text.ptr[0] : '\0';

    if (first >= '0' && first <= '9')
        return key_of_digits(text, fill, is_prefix);
    return key_of_bytes(
        text, (unsigned char)first < (unsigned char)'0' ? KIND_TEXT_BEFORE : KIND_TEXT_BEHIND, fill,
        is_prefix);
}

/* ---- values ---- */

static bool key_of(px_value value, key_fill fill, bool is_prefix, px_property_key *ret_key)
{
    switch (value.kind) {
    case PX_VALUE_BOOL:
        *ret_key = (px_property_key){ begin_of(KIND_BOOL) | value.boolean, 0 };
        return true;
    case PX_VALUE_NUM:
        *ret_key = key_of_number(value.num);
        return true;
    case PX_VALUE_TEXT:
        *ret_key = key_of_text(value.text, fill, is_prefix);
        return true;
    case PX_VALUE_NONE:
    case PX_VALUE_JSON:
        break;
    }
    return false;
}

bool px_property_key_of(px_value value, px_property_key *ret_key)
{
    return key_of(value, FILL_HASH, false, ret_key);
}

px_property_key px_property_key_open(void)
{
    return (px_property_key){ begin_of(KIND_OPEN), 0 };
}

/* ---- ranges ---- */

px_property_range px_property_range_open(void)
{
    px_property_key open = px_property_key_open();

    return (px_property_range){ .from = open, .to = open, .above = UINT64_MAX };
}

bool px_property_range_of(px_property_way way, px_value value, px_property_range *ret_range)
{
    bool is_text = value.kind == PX_VALUE_TEXT, is_prefix = way == PX_PROPERTY_PREFIX;
    uint64_t begin = begin_of(is_text ? KIND_TEXT_BEFORE : KIND_NUMBER);
    uint64_t end = begin_of(is_text ? KIND_OPEN : KIND_TEXT_BEFORE);
    px_property_range range = { .above = UINT64_MAX };
    px_property_key least, most;

    if (!key_of(value, FILL_LEAST, is_prefix, &least) ||
        !key_of(value, FILL_MOST, is_prefix, &most) ||
        (value.kind == PX_VALUE_BOOL && way != PX_PROPERTY_EQUAL) ||
        (is_prefix && (!is_text || value.text.len == 0)))
        return false;
    range.from = least;
    range.to = most;
    if (way == PX_PROPERTY_EQUAL) {
        px_property_key_of(value, &range.from);
        range.to = range.from;
    } else if (way == PX_PROPERTY_LESS) {
        range = (px_property_range){ { begin, 0 }, most, begin - 1, least.high };
    } else if (way == PX_PROPERTY_GREATER) {
        range = (px_property_range){ least, { end - 1, UINT32_MAX }, most.high, end };
    }
    *ret_range = range;
    return true;
}

void px_property_range_meet(px_property_range *range, const px_property_range *with)
{
    if (px_property_key_cmp(range->from, with->from) < 0)
        range->from = with->from;
    if (px_property_key_cmp(range->to, with->to) > 0)
        range->to = with->to;
    if (range->above < with->above)
        range->above = with->above;
    if (range->below > with->below)
        range->below = with->below;
}
