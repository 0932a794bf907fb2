/* SPDX-License-Identifier: Apache-2.0 */
#include "api/inner.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool px_api_decode(px_arena *arena, px_str raw, bool plus_is_blank, px_str *ret_text)
{
    char *out = px_arena_alloc(arena, raw.len + 1);
    size_t len = 0;

    if (!out)
        return false;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];

        if (c == '%') {
            if (i + 2 >= raw.len || hex(raw.ptr[i + 1]) < 0 || hex(raw.ptr[i + 2]) < 0)
                return false;
            c = (char)(hex(raw.ptr[i + 1]) << 4 | hex(raw.ptr[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0')
            return false;
        out[len++] = c;
    }
    out[len] = '\0';
    *ret_text = px_str_of(out, len);
    return px_str_is_utf8(*ret_text, NULL);
}

/* Names are plain in all but hostile requests. */
static bool is_name(px_api_call *call, px_str key, px_str name)
{
    px_str decoded;

    if (!memchr(key.ptr ? key.ptr : "", '%', key.len))
        return px_str_eq(key, name);
    return px_api_decode(&call->arena, key, true, &decoded) && px_str_eq(decoded, name);
}

px_str px_api_param_raw(px_api_call *call, const char *name)
{
    px_str rest = call->query;

    while (rest.len) {
        px_str pair = px_str_cut(&rest, '&'), key = px_str_cut(&pair, '=');

        if (is_name(call, key, px_str_c(name)))
            return pair;
    }
    return (px_str){ 0 };
}

px_str px_api_param(px_api_call *call, const char *name)
{
    px_str rest = call->query, value = { 0 };

    while (rest.len) {
        px_str pair = px_str_cut(&rest, '&'), key = px_str_cut(&pair, '=');

        if (is_name(call, key, px_str_c(name)) && px_api_decode(&call->arena, pair, true, &value))
            return value;
    }
    return (px_str){ 0 };
}

static bool read_number(px_api_call *call, px_str text, const char *name, uint64_t least,
                        uint64_t most, uint64_t *ret_number)
{
    uint64_t number = 0;
    bool good = text.len > 0 && text.len < 19;
    px_err err;

    for (size_t i = 0; good && i < text.len; i++) {
        good = px_is_digit(text.ptr[i]);
        number = number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (good && number >= least && number <= most) {
        *ret_number = number;
        return true;
    }
    px_fail_id(&err, PX_INVALID, "http.parameter",
               "%s is a whole number from %llu to %llu, not '%.*s'", name,
               (unsigned long long)least, (unsigned long long)most, PX_FMT(text));
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

bool px_api_param_number(px_api_call *call, const char *name, uint64_t otherwise, uint64_t least,
                         uint64_t most, uint64_t *ret_number)
{
    px_str text = px_api_param(call, name);

    *ret_number = otherwise;
    return !text.ptr || read_number(call, text, name, least, most, ret_number);
}

bool px_api_page_size(px_api_call *call, uint32_t most, uint32_t *ret_size)
{
    px_str text = call->header(call, "max-items-per-page");
    uint64_t size = most;

    if (text.len && !read_number(call, text, "max-items-per-page", 1, INT32_MAX, &size))
        return false;
    *ret_size = size < most ? (uint32_t)size : most;
    return true;
}
