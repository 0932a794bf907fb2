/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item = head [ bytes | items ] ;  head = major (3 bits) info (5 bits) [ argument of 1, 2, 4 or 8
 * bytes ]
 */
#include "sync/cbor.h"

#include <math.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/num_real.h"

enum { UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { INFO_INDEFINITE = 31, BREAK = 0xFF, SIMPLE_FALSE = 20, SIMPLE_TRUE = 21 };

typedef struct reader {
    px_cut cut;
    const uint8_t *begin;
    px_buf *buf;
    px_err *ret_err;
    uint32_t depth;
} reader;

typedef struct head {
    uint8_t major, info;
    uint64_t argument;
} head;

static px_status broken(const reader *r, const char *what)
{
    return px_fail_id(r->ret_err, PX_INVALID, "cbor.form", "at byte %zu the CBOR %s",
                      (size_t)(r->cut.ptr - r->begin) + 1, what);
}

static uint64_t big_endian(reader *r, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value = value << 8 | px_get_u8(&r->cut);
    return value;
}

static px_status read_head(reader *r, head *ret_head)
{
    uint8_t first = px_get_u8(&r->cut);

    ret_head->major = first >> 5;
    ret_head->info = first & 31;
    ret_head->argument = ret_head->info;
    if (ret_head->info >= 24 && ret_head->info <= 27)
        ret_head->argument = big_endian(r, 1 << (ret_head->info - 24));
    else if (ret_head->info > 27 && ret_head->info < INFO_INDEFINITE)
        return broken(r, "has a length of no known form");
    return r->cut.bad ? broken(r, "is cut off") : PX_OK;
}

static bool at_break(reader *r)
{
    if (px_cut_left(&r->cut) == 0 || *r->cut.ptr != BREAK)
        return false;
    r->cut.ptr++;
    return true;
}

/* ---- strings ---- */

static void put_base64(px_buf *buf, px_str bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    int count = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        bits = bits << 8 | (uint8_t)bytes.ptr[i];
        for (count += 8; count >= 6; count -= 6)
            px_put_char(buf, letters[bits >> (count - 6) & 63]);
    }
    if (count > 0)
        px_put_char(buf, letters[bits << (6 - count) & 63]);
}

/* One piece after the other; of a definite string there is one. */
static px_status read_string(reader *r, const head *h, px_buf *whole)
{
    head piece = *h;

    if (h->info != INFO_INDEFINITE) {
        if (h->argument > px_cut_left(&r->cut))
            return broken(r, "is cut off");
        px_put(whole, px_get_bytes(&r->cut, (size_t)h->argument));
        return px_buf_status(whole, r->ret_err);
    }
    while (!at_break(r)) {
        PX_TRY(read_head(r, &piece));
        if (piece.major != h->major || piece.info == INFO_INDEFINITE)
            return broken(r, "has a string of other pieces");
        PX_TRY(read_string(r, &piece, whole));
    }
    return PX_OK;
}

static px_status put_string(reader *r, const head *h)
{
    px_buf whole = { .limit = PX_JSON_STRING_BYTES_MAX };
    px_status status = read_string(r, h, &whole);

    if (status == PX_OK && h->major == TEXT && !px_str_is_utf8(px_buf_str(&whole), NULL))
        status = broken(r, "has a text that is no UTF-8");
    if (status == PX_OK && h->major == TEXT) {
        px_put_json_string(r->buf, px_buf_str(&whole));
    } else if (status == PX_OK) {
        px_put_char(r->buf, '"');
        put_base64(r->buf, px_buf_str(&whole));
        px_put_char(r->buf, '"');
    }
    px_buf_release(&whole);
    return status;
}

/* ---- numbers ---- */

static void put_double(px_buf *buf, double value)
{
    if (isfinite(value))
        px_put_num(buf, px_num_double(value));
    else
        px_put_c(buf, "null");
}

static void put_float(px_buf *buf, float value)
{
    if (isfinite(value))
        px_put_num(buf, px_num_of_float(value));
    else
        px_put_c(buf, "null");
}

static float half_of(uint16_t bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value = exponent == 0    ? ldexp(mantissa, -24)
                   : exponent != 31 ? ldexp(mantissa + 1024, exponent - 25)
                   : mantissa == 0  ? (double)INFINITY
                                    : (double)NAN;

    return (float)(bits & 0x8000 ? -value : value);
}

static void put_simple(reader *r, const head *h)
{
    uint32_t word = (uint32_t)h->argument;
    double number;
    float single;

    switch (h->info) {
    case SIMPLE_FALSE:
    case SIMPLE_TRUE:
        px_put_json_bool(r->buf, h->info == SIMPLE_TRUE);
        break;
    case 25:
        put_float(r->buf, half_of((uint16_t)word));
        break;
    case 26:
        memcpy(&single, &word, sizeof(single));
        put_float(r->buf, single);
        break;
    case 27:
        memcpy(&number, &h->argument, sizeof(number));
        put_double(r->buf, number);
        break;
    default:
        px_put_c(r->buf, "null");
    }
}

static void put_negative(px_buf *buf, uint64_t argument)
{
    if (argument <= INT64_MAX)
        px_put_num(buf, px_num_int(-1 - (int64_t)argument));
    else
        px_put_num(buf, px_num_double(-1.0 - (double)argument));
}

/* ---- containers ---- */

static px_status put_item(reader *r);

/* A text, or a whole number as text. */
static px_status put_key(reader *r)
{
    head h;

    PX_TRY(read_head(r, &h));
    if (h.major == TEXT)
        return put_string(r, &h);
    if (h.major > NINT || h.info == INFO_INDEFINITE)
        return broken(r, "has a key that is neither a text nor a whole number");
    px_put_char(r->buf, '"');
    if (h.major == UINT)
        px_put_num(r->buf, px_num_uint(h.argument));
    else
        put_negative(r->buf, h.argument);
    px_put_char(r->buf, '"');
    return PX_OK;
}

static px_status put_items(reader *r, const head *h)
{
    bool is_map = h->major == MAP, indefinite = h->info == INFO_INDEFINITE;

    if (!indefinite && h->argument > px_cut_left(&r->cut)) /* an item has a byte at least */
        return broken(r, "is cut off");
    px_put_char(r->buf, is_map ? '{' : '[');
    for (uint64_t i = 0; indefinite ? !at_break(r) : i < h->argument; i++) {
        if (i)
            px_put_char(r->buf, ',');
        if (is_map) {
            PX_TRY(put_key(r));
            px_put_char(r->buf, ':');
        }
        PX_TRY(put_item(r));
    }
    px_put_char(r->buf, is_map ? '}' : ']');
    return PX_OK;
}

static px_status put_inside(reader *r, const head *h)
{
    px_status status;

    if (r->depth == PX_JSON_DEPTH_MAX)
        return px_fail_id(r->ret_err, PX_INVALID, "cbor.depth",
                          "arrays, maps and tags go at most %d deep", PX_JSON_DEPTH_MAX);
    r->depth++;
    status = h->major == TAG ? put_item(r) : put_items(r, h);
    r->depth--;
    return status;
}

static px_status put_item(reader *r)
{
    head h;

    PX_TRY(read_head(r, &h));
    if (h.info == INFO_INDEFINITE && (h.major < BYTES || h.major > MAP))
        return broken(r, "has an end without its beginning");
    switch (h.major) {
    case UINT:
        px_put_num(r->buf, px_num_uint(h.argument));
        break;
    case NINT:
        put_negative(r->buf, h.argument);
        break;
    case BYTES:
    case TEXT:
        PX_TRY(put_string(r, &h));
        break;
    case SIMPLE:
        put_simple(r, &h);
        break;
    default:
        PX_TRY(put_inside(r, &h));
    }
    return px_buf_status(r->buf, r->ret_err);
}

px_status px_cbor_put_json(px_buf *buf, px_str bytes, px_err *ret_err)
{
    reader r = { .cut = px_cut_of(bytes), .buf = buf, .ret_err = ret_err };

    r.begin = r.cut.ptr;
    PX_TRY(put_item(&r));
    return px_cut_left(&r.cut) ? broken(&r, "has something behind its end") : PX_OK;
}
