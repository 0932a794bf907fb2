/* SPDX-License-Identifier: Apache-2.0 */
/*
 * column   = classes [decimals] [doubles] [texts]      each part only when some cell needs it
 * classes  = one byte: the class of all, or MIXED and stream(count: classes)
 * decimals = see decimals.c
 * doubles  = see doubles.c
 * texts    = TEXT and JSON cells together, in order:
 *            bits (1: codes follow, 2: zstd) varint(entries) stream(entries: lengths)
 *            varint(bytes in all) bytes | varint(compressed) zstd frame
 *            [stream(texts: codes)]                    without codes every text is an entry
 */
#include "history/column.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"
#include "history/decimals.h"
#include "history/ints.h"

enum { NONE, FALSE, TRUE, DECIMAL, DOUBLE, TEXT, JSON, MIXED };
enum { HAS_CODES = 1, IS_ZSTD = 2, ZSTD_WORTH_BYTES = 256, TEXT_PLACES = 4 * PX_BLOCK_ROWS_MAX };

static int64_t class_of(const px_value *v)
{
    switch (v->kind) {
    case PX_VALUE_NONE:
        return NONE;
    case PX_VALUE_BOOL:
        return v->boolean ? TRUE : FALSE;
    case PX_VALUE_NUM:
        return v->num.is_double ? DOUBLE : DECIMAL;
    case PX_VALUE_TEXT:
        return TEXT;
    case PX_VALUE_JSON:
        return JSON;
    }
    return NONE;
}

/* ---- texts ---- */

/* Distinct texts in order of their first coming; gives how many. */
static uint32_t dictionary(const px_str *texts, uint32_t count, px_str *ret_entries,
                           int64_t *ret_codes)
{
    uint16_t places[TEXT_PLACES] = { 0 }; /* entry + 1; at most a quarter full */
    uint32_t entries = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)px_str_hash(texts[i]) % TEXT_PLACES;

        while (places[at] && !px_str_eq(ret_entries[places[at] - 1], texts[i]))
            at = (at + 1) % TEXT_PLACES;
        if (!places[at]) {
            ret_entries[entries] = texts[i];
            places[at] = (uint16_t)++entries;
        }
        ret_codes[i] = places[at] - 1;
    }
    return entries;
}

static void put_texts(px_buf *buf, const px_str *texts, uint32_t count)
{
    px_str entries[PX_BLOCK_ROWS_MAX];
    int64_t codes[PX_BLOCK_ROWS_MAX], lengths[PX_BLOCK_ROWS_MAX];
    uint32_t n = dictionary(texts, count, entries, codes);
    px_buf raw = { 0 }, packed = { 0 };
    uint8_t how = n < count ? HAS_CODES : 0;

    for (uint32_t i = 0; i < n; i++) {
        lengths[i] = (int64_t)entries[i].len;
        px_put(&raw, entries[i]);
    }
    if (raw.len >= ZSTD_WORTH_BYTES && px_buf_reserve(&packed, ZSTD_compressBound(raw.len))) {
        size_t size = ZSTD_compress(packed.ptr, packed.cap, raw.ptr, raw.len, 1);

        packed.len = ZSTD_isError(size) || size >= raw.len - raw.len / 8 ? 0 : size;
    }
    how |= packed.len > 0 ? IS_ZSTD : 0;
    px_put_u8(buf, how);
    px_put_varint(buf, n);
    px_put_ints(buf, lengths, n, PX_INTS_RUNS);
    px_put_varint(buf, raw.len);
    if (how & IS_ZSTD)
        px_put_block(buf, px_buf_str(&packed));
    else
        px_put(buf, px_buf_str(&raw));
    if (how & HAS_CODES)
        px_put_ints(buf, codes, count, PX_INTS_RUNS);
    if (raw.status != PX_OK && buf->status == PX_OK)
        buf->status = raw.status;
    px_buf_release(&raw);
    px_buf_release(&packed);
}

static px_status inflate(px_str packed, uint64_t size, px_arena *arena, px_str *ret_raw,
                         px_cut *cut, px_err *ret_err)
{
    char *raw;
    size_t got;

    if (size > PX_BLOCK_BYTES_MAX * 8) {
        cut->bad = true;
        return PX_OK;
    }
    raw = px_arena_alloc(arena, (size_t)size + 1);
    if (!raw)
        return px_arena_fail(arena, ret_err);
    got = ZSTD_decompress(raw, (size_t)size, packed.ptr, packed.len);
    if (ZSTD_isError(got) && ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation)
        return px_no_memory(ret_err);
    cut->bad = cut->bad || got != size;
    *ret_raw = px_str_of(raw, (size_t)size);
    return PX_OK;
}

static px_status get_texts(px_cut *cut, px_arena *arena, px_str *ret_texts, uint32_t count,
                           px_err *ret_err)
{
    int64_t numbers[PX_BLOCK_ROWS_MAX];
    px_str entries[PX_BLOCK_ROWS_MAX], raw = { 0 };
    uint8_t how = px_get_u8(cut);
    uint64_t n = px_get_varint(cut), size;
    px_cut at;

    if (cut->bad || n == 0 || n > count || (!(how & HAS_CODES) && n != count)) {
        cut->bad = true;
        return PX_OK;
    }
    px_get_ints(cut, numbers, (uint32_t)n);
    size = px_get_varint(cut);
    if (how & IS_ZSTD)
        PX_TRY(inflate(px_get_block(cut), size, arena, &raw, cut, ret_err));
    else
        raw = px_get_bytes(cut, (size_t)size);
    if (cut->bad)
        return PX_OK;
    at = px_cut_of(raw);
    for (uint32_t i = 0; i < n; i++) {
        cut->bad = cut->bad || numbers[i] < 0;
        entries[i] = px_get_bytes(&at, cut->bad ? 0 : (size_t)numbers[i]);
    }
    cut->bad = cut->bad || at.bad || px_cut_left(&at) != 0;
    if (how & HAS_CODES)
        px_get_ints(cut, numbers, count);
    for (uint32_t i = 0; i < count && !cut->bad; i++) {
        int64_t code = how & HAS_CODES ? numbers[i] : i;

        if (code < 0 || (uint64_t)code >= n)
            cut->bad = true;
        else
            ret_texts[i] = entries[code];
    }
    return PX_OK;
}

/* ---- columns ---- */

void px_put_column(px_buf *buf, const px_value *values, uint32_t count)
{
    int64_t classes[PX_BLOCK_ROWS_MAX];
    px_num decimals[PX_BLOCK_ROWS_MAX];
    uint64_t doubles[PX_BLOCK_ROWS_MAX];
    px_str texts[PX_BLOCK_ROWS_MAX];
    uint32_t decimal_count = 0, double_count = 0, text_count = 0;
    bool mixed = false;

    for (uint32_t i = 0; i < count; i++) {
        const px_value *v = &values[i];

        classes[i] = class_of(v);
        mixed = mixed || classes[i] != classes[0];
        if (classes[i] == DECIMAL)
            decimals[decimal_count++] = v->num;
        else if (classes[i] == DOUBLE)
            doubles[double_count++] = (uint64_t)v->num.mantissa;
        else if (classes[i] >= TEXT)
            texts[text_count++] = v->text;
    }
    px_put_u8(buf, (uint8_t)(mixed ? MIXED : classes[0]));
    if (mixed)
        px_put_ints(buf, classes, count, PX_INTS_RUNS);
    if (decimal_count > 0)
        px_put_decimals(buf, decimals, decimal_count);
    if (double_count > 0)
        px_put_doubles(buf, doubles, double_count);
    if (text_count > 0)
        put_texts(buf, texts, text_count);
}

/* How many cells each part has. */
typedef struct tally {
    uint32_t decimals, doubles, texts;
} tally;

static tally get_classes(px_cut *cut, int64_t *classes, uint32_t count)
{
    uint8_t of_all = px_get_u8(cut);
    tally t = { 0 };

    if (of_all == MIXED)
        px_get_ints(cut, classes, count);
    for (uint32_t i = 0; i < count; i++) {
        if (of_all != MIXED)
            classes[i] = of_all;
        cut->bad = cut->bad || classes[i] < NONE || classes[i] > JSON;
        t.decimals += classes[i] == DECIMAL;
        t.doubles += classes[i] == DOUBLE;
        t.texts += classes[i] == TEXT || classes[i] == JSON;
    }
    return t;
}

px_status px_get_column(px_cut *cut, px_arena *arena, px_value *ret_values, uint32_t count,
                        px_err *ret_err)
{
    int64_t classes[PX_BLOCK_ROWS_MAX];
    px_num decimals[PX_BLOCK_ROWS_MAX];
    uint64_t doubles[PX_BLOCK_ROWS_MAX];
    px_str texts[PX_BLOCK_ROWS_MAX];
    tally t = get_classes(cut, classes, count), at = { 0 };

    if (!cut->bad && t.decimals > 0)
        px_get_decimals(cut, decimals, t.decimals);
    if (!cut->bad && t.doubles > 0)
        px_get_doubles(cut, doubles, t.doubles);
    if (!cut->bad && t.texts > 0)
        PX_TRY(get_texts(cut, arena, texts, t.texts, ret_err));
    if (cut->bad)
        return px_fail_id(ret_err, PX_CORRUPT, "block.body", "a column is malformed");
    for (uint32_t i = 0; i < count; i++) {
        px_value *v = &ret_values[i];

        switch (classes[i]) {
        case NONE:
            *v = (px_value){ 0 };
            break;
        case FALSE:
        case TRUE:
            *v = px_value_bool(classes[i] == TRUE);
            break;
        case DECIMAL:
            *v = px_value_num(decimals[at.decimals++]);
            break;
        case DOUBLE:
            *v = px_value_num(
                (px_num){ .mantissa = (int64_t)doubles[at.doubles++], .is_double = true });
            break;
        case TEXT:
            *v = px_value_text(texts[at.texts++]);
            break;
        default:
            *v = px_value_json(texts[at.texts++]);
        }
    }
    return PX_OK;
}
