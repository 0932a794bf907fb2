/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cursor is the place where a page ended, in hexadecimal, and 16 digits that seal it: a hash of
 * the place, the list and the tenant. It is no secret and gives no right; the seal tells what was
 * altered, or is of another list, from what this server gave out, before a restart or after it.
 */
#include "api/inner.h"

enum { SEAL_DIGITS = 16 };

static uint64_t seal_of(const px_api_call *call, px_str at)
{
    uint64_t list = px_str_hash_seeded(px_str_c(call->route->pattern), call->principal.tenant);

    return px_str_hash_seeded(at, list);
}

static void put_sealed(const px_api_call *call, px_buf *buf, px_str at)
{
    for (size_t i = 0; i < at.len; i++)
        px_putf(buf, "%02x", (unsigned char)at.ptr[i]);
    px_putf(buf, "%016llx", (unsigned long long)seal_of(call, at));
}

void px_api_put_cursor(px_api_call *call, px_json_writer *w, px_str at)
{
    px_buf text = { 0 };

    px_json_key(w, PX_STR("cursor"));
    if (at.ptr) {
        put_sealed(call, &text, at);
        px_json_string(w, px_buf_str(&text));
    } else {
        px_json_null(w);
    }
    px_buf_release(&text);
}

void px_api_put_cursor_number(px_api_call *call, px_json_writer *w, uint64_t at)
{
    px_buf text = { 0 };

    px_putf(&text, "%llu", (unsigned long long)at);
    px_api_put_cursor(call, w, at ? px_buf_str(&text) : (px_str){ 0 });
    px_buf_release(&text);
}

static int digit(char c)
{
    if (px_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(px_str hex, char *ret_bytes)
{
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        int high = digit(hex.ptr[i]), low = digit(hex.ptr[i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret_bytes[i / 2] = (char)(high << 4 | low);
    }
    return hex.len % 2 == 0;
}

/* Written anew it must be the same. */
static bool open_sealed(px_api_call *call, px_str cursor, px_str *ret_at)
{
    size_t digits = cursor.len < SEAL_DIGITS ? 0 : cursor.len - SEAL_DIGITS;
    char *bytes = px_arena_alloc(&call->arena, digits / 2 + 1);
    px_buf again = { 0 };
    bool good = digits > 0 && bytes && read_hex(px_str_of(cursor.ptr, digits), bytes);

    if (good) {
        *ret_at = px_str_of(bytes, digits / 2);
        put_sealed(call, &again, *ret_at);
        good = px_str_eq(px_buf_str(&again), cursor);
    }
    px_buf_release(&again);
    return good;
}

bool px_api_cursor(px_api_call *call, px_str *ret_at)
{
    px_str cursor = px_api_param(call, "cursor");
    px_err err;

    *ret_at = (px_str){ 0 };
    if (!cursor.ptr || open_sealed(call, cursor, ret_at))
        return true;
    px_fail_id(&err, PX_INVALID, "http.cursor",
               "this is no cursor of this list; give one back as it came, or begin without");
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

uint64_t px_api_cut_digits(px_str *rest)
{
    uint64_t number = 0;

    for (; rest->len && px_is_digit(rest->ptr[0]); *rest = px_str_skip(*rest, 1))
        number = number * 10 + (uint64_t)(rest->ptr[0] - '0');
    return number;
}

bool px_api_cursor_number(px_api_call *call, uint64_t *ret_at)
{
    px_str at;

    if (!px_api_cursor(call, &at))
        return false;
    *ret_at = px_api_cut_digits(&at);
    return true;
}
