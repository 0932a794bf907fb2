/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Values of every kind in one order of 96 bits: what a property index is sorted by.
 *
 *     3 bits   kind: boolean, number, text before the digits, text that begins with a digit, text
 *              behind them, what cannot be told
 *     number   the double nearest to it, its bits turned so that they sort
 *     text     its first 61 bits, then 32 bits of its hash; one that begins with a digit, as times
 *              do, by 22 characters of an alphabet of 18, which is a time to the second
 *
 * The order of values is kept, but values that lie near may share a key, and where characters fall
 * together the hash stands for what is lost. So a range of keys holds at least what the range of
 * values holds, and its ends have to be looked at. Threads: values only.
 */
#ifndef PX_TWIN_PROPERTY_KEY_H
#define PX_TWIN_PROPERTY_KEY_H

#include "base/value.h"

typedef struct px_property_key {
    uint64_t high; /* sorted */
    uint32_t low;  /* sorted below it; kept beside the entry */
} px_property_key;

/* Keys from `from` to `to`, both included, may be meant; those whose high part lies between `above`
 * and `below`, both left out, are. */
typedef struct px_property_range {
    px_property_key from, to;
    uint64_t above, below;
} px_property_range;

typedef enum px_property_way {
    PX_PROPERTY_EQUAL,
    PX_PROPERTY_LESS,    /* or equal: the ends are looked at anyway */
    PX_PROPERTY_GREATER, /* or equal */
    PX_PROPERTY_PREFIX,  /* text that begins so */
} px_property_way;

/* False: a value that compares with nothing (none, a compound). */
bool px_property_key_of(px_value value, px_property_key *ret_key);
/* The key of a twin of which the index cannot tell what it has: looked at by everybody. */
px_property_key px_property_key_open(void);

/* False where an index cannot help: compounds, orders of booleans, the empty prefix. */
bool px_property_range_of(px_property_way way, px_value value, px_property_range *ret_range);
px_property_range px_property_range_open(void);
/* What lies in both; nothing, where their kinds differ. */
void px_property_range_meet(px_property_range *range, const px_property_range *with);

static inline int px_property_key_cmp(px_property_key a, px_property_key b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

#endif
