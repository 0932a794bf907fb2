/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One typed value, as it lives in twins, events and history.
 *
 * What a schema says in many ways is here one of five kinds: a boolean, a number (exact decimal or
 * double), a text (string, date, dateTime, time, duration, enum of strings, uuid, bytes …), or a
 * compound (Object, Map, Array, geometry) as compact JSON text. Compounds are canonical: no white
 * space, members in the order that came, numbers as px_put_num writes them. A px_value borrows its
 * text. Threads: any.
 */
#ifndef PX_BASE_VALUE_H
#define PX_BASE_VALUE_H

#include "base/num.h"

typedef enum px_value_kind {
    PX_VALUE_NONE = 0, /* never set, or removed */
    PX_VALUE_BOOL = 1,
    PX_VALUE_NUM = 2,
    PX_VALUE_TEXT = 3,
    PX_VALUE_JSON = 4,
} px_value_kind;

typedef struct px_value {
    px_value_kind kind;
    bool boolean; /* BOOL */
    px_num num;   /* NUM */
    px_str text;  /* TEXT: unescaped UTF-8; JSON: compact JSON */
} px_value;

/* How far a value can be trusted, as told by its source or found by the server. */
typedef enum px_quality {
    PX_QUALITY_GOOD = 0,
    PX_QUALITY_UNCERTAIN = 1,
    PX_QUALITY_BAD = 2
} px_quality;

static inline px_value px_value_bool(bool v)
{
    return (px_value){ .kind = PX_VALUE_BOOL, .boolean = v };
}

static inline px_value px_value_num(px_num v)
{
    return (px_value){ .kind = PX_VALUE_NUM, .num = v };
}

static inline px_value px_value_text(px_str v)
{
    return (px_value){ .kind = PX_VALUE_TEXT, .text = v };
}

static inline px_value px_value_json(px_str v)
{
    return (px_value){ .kind = PX_VALUE_JSON, .text = v };
}

/* The same kind and the same digits or bytes: 2.5 and 2.50 differ here (px_num_cmp says they are
 * equal). */
bool px_value_same(px_value a, px_value b);

/* The binary form in events, state rows and blocks: a kind byte, then for NUM zigzag mantissa and
 * signed exponent byte (or 8 bytes of a double, kind byte 5, or of a whole number from 2^63, kind
 * byte 7), for TEXT and JSON varint length and bytes; BOOL is kind 1 (true) or 6 (false).
 * docs/formats/value.md. */
void px_put_value(px_buf *buf, px_value value);
/* The same into memory that is there: at most PX_VALUE_BYTES_MOST and the text. Gives the end. */
enum { PX_VALUE_BYTES_MOST = 1 + PX_VARINT_BYTES_MOST + 1 };
uint8_t *px_value_write(uint8_t *out, const px_value *value);
/* Borrows from the cut's bytes; sets `cut->bad` on an unknown kind. */
px_value px_get_any_value(px_cut *cut);
static inline px_value px_get_value(px_cut *cut)
{
    px_value value = { .kind = PX_VALUE_NUM };

    /* a decimal, which most values are, without a call */
    if (cut->bad || cut->ptr == cut->end || *cut->ptr != PX_VALUE_NUM)
        return px_get_any_value(cut);
    cut->ptr++;
    value.num.mantissa = px_get_zigzag(cut);
    value.num.exponent = (int8_t)px_get_u8(cut);
    return cut->bad ? (px_value){ 0 } : value;
}

#endif
