/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may not come in a request's head (RFC 9110, 9112): everything that two readers could read in
 * two ways, and a proxy before us might.
 *
 * libmicrohttpd 0.9 is lenient: it takes folded lines, lines that end with LF alone, white space
 * around names, and the first of two Content-Length. But it parses in place: each line lies in its
 * read buffer right behind the one before, with the CR LF overwritten by two NULs. So where a name
 * does not begin exactly two bytes behind the value before it, somebody folded a line, ended it
 * oddly, or put a NUL in.
 *
 *   GET␀/twins/a?b␀HTTP/1.1␀␀Host␀ example␀␀Accept␀ x␀␀␀␀
 *   ↑method ↑url    ↑version  ↑name  ↑value             ↑ head ends
 */
#include "server/http_inner.h"

enum { VERSION_BYTES = 8, LENGTH_DIGITS_MAX = 19 };

typedef struct scan {
    px_http_head *head;
    px_http_refusal refusal;
    const char *next; /* where the next line must begin */
    size_t count;
    unsigned hosts, lengths, codings;
} scan;

/* tchar of RFC 9110, by bits */
static bool is_token(const char *bytes, size_t len)
{
    static const uint64_t set[2] = { UINT64_C(0x03ff6cfa00000000), UINT64_C(0x57ffffffc7fffffe) };

    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)bytes[i];

        if (c >= 128 || !(set[c >> 6] >> (c & 63) & 1))
            return false;
    }
    return len > 0;
}

static bool same_word(const char *a, size_t len, px_str lower)
{
    if (len != lower.len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((a[i] >= 'A' && a[i] <= 'Z' ? a[i] + 32 : a[i]) != lower.ptr[i])
            return false;
    return true;
}

static px_http_refusal read_length(scan *s, const char *value, size_t len)
{
    uint64_t length = 0;

    if (len == 0 || len > LENGTH_DIGITS_MAX)
        return PX_HTTP_BAD_LENGTH;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return PX_HTTP_BAD_LENGTH;
        length = length * 10 + (uint64_t)(value[i] - '0');
    }
    s->head->length = length;
    return ++s->lengths == 1 ? PX_HTTP_FINE : PX_HTTP_BAD_LENGTH;
}

static px_http_refusal read_coding(scan *s, const char *value, size_t len)
{
    s->head->chunked = true;
    if (++s->codings > 1 || !same_word(value, len, PX_STR("chunked")))
        return PX_HTTP_BAD_CODING;
    return PX_HTTP_FINE;
}

static px_http_refusal read_host(scan *s, const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)value[i] <= ' ' || strchr(",/@?#\\", value[i]))
            return PX_HTTP_BAD_HOST;
    return ++s->hosts == 1 ? PX_HTTP_FINE : PX_HTTP_BAD_HOST;
}

static px_http_refusal check_line(scan *s, const char *name, size_t name_len, const char *value,
                                  size_t value_len)
{
    if (name != s->next || !is_token(name, name_len) || memchr(value, '\r', value_len))
        return PX_HTTP_BAD_REQUEST;
    s->next = value + value_len + 2;
    if (++s->count > PX_HTTP_HEADERS_MAX)
        return PX_HTTP_HEAD_TOO_LARGE;
    switch (name_len) {
    case 4:
        return same_word(name, 4, PX_STR("host")) ? read_host(s, value, value_len) : PX_HTTP_FINE;
    case 14:
        return same_word(name, 14, PX_STR("content-length")) ? read_length(s, value, value_len)
                                                             : PX_HTTP_FINE;
    case 17:
        return same_word(name, 17, PX_STR("transfer-encoding")) ? read_coding(s, value, value_len)
                                                                : PX_HTTP_FINE;
    default:
        return PX_HTTP_FINE;
    }
}

static enum MHD_Result see_line(void *ctx, enum MHD_ValueKind kind, const char *name,
                                size_t name_len, const char *value, size_t value_len)
{
    scan *s = ctx;

    (void)kind;
    if (!value) /* "Name:" and nothing behind it */
        value = name + name_len + 1, value_len = 0;
    s->refusal = check_line(s, name, name_len, value, value_len);
    return s->refusal == PX_HTTP_FINE ? MHD_YES : MHD_NO;
}

/* "METHOD target HTTP/1.x", one space each. */
static px_http_refusal check_first_line(const px_http_head *head)
{
    size_t method_len = strlen(head->method);

    if (!is_token(head->method, method_len) || head->url != head->method + method_len + 1 ||
        head->version != head->url + head->target_bytes + 1)
        return PX_HTTP_BAD_REQUEST;
    if (strcmp(head->version, "HTTP/1.1") != 0 && strcmp(head->version, "HTTP/1.0") != 0)
        return PX_HTTP_BAD_REQUEST;
    return PX_HTTP_FINE;
}

static px_http_refusal check_sums(const scan *s, size_t head_bytes)
{
    const px_http_head *head = s->head;
    bool is_1_1 = head->version[VERSION_BYTES - 1] == '1';
    size_t line_bytes = (size_t)(head->version - head->method) + VERSION_BYTES;

    if (head->method + head_bytes != s->next + 2)
        return PX_HTTP_BAD_REQUEST;
    if (line_bytes > PX_HTTP_LINE_BYTES_MAX)
        return PX_HTTP_LINE_TOO_LONG;
    if (head_bytes - line_bytes - 4 > PX_HTTP_HEADER_BYTES_MAX)
        return PX_HTTP_HEAD_TOO_LARGE;
    if (s->codings && (s->lengths || !is_1_1))
        return PX_HTTP_BAD_CODING;
    if (s->hosts == 0 && is_1_1)
        return PX_HTTP_BAD_HOST;
    return PX_HTTP_FINE;
}

px_http_refusal px_http_head_check(px_http_head *head)
{
    scan s = { .head = head, .next = head->version + VERSION_BYTES + 2 };
    const union MHD_ConnectionInfo *info;

    head->length = 0;
    head->chunked = false;
    s.refusal = check_first_line(head);
    if (s.refusal == PX_HTTP_FINE)
        MHD_get_connection_values_n(head->mhd, MHD_HEADER_KIND, see_line, &s);
    if (s.refusal != PX_HTTP_FINE)
        return s.refusal;
    info = MHD_get_connection_info(head->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return check_sums(&s, info->header_size);
}

/* Drops scheme and authority of the absolute form; what a proxy sends. */
static px_str origin_of(px_str target)
{
    const char *slash;

    if (px_str_starts(target, PX_STR("http://")))
        target = px_str_skip(target, 7);
    else if (px_str_starts(target, PX_STR("https://")))
        target = px_str_skip(target, 8);
    else
        return target;
    slash = memchr(target.ptr, '/', target.len);
    return slash ? px_str_skip(target, (size_t)(slash - target.ptr)) : PX_STR("/");
}

px_http_refusal px_http_head_target(px_str target, px_str *ret_path, px_str *ret_query)
{
    for (size_t i = 0; i < target.len; i++)
        if ((uint8_t)target.ptr[i] <= ' ' || target.ptr[i] == 0x7f || target.ptr[i] == '#')
            return PX_HTTP_BAD_TARGET;
    target = origin_of(target);
    if (target.len == 0 || (target.ptr[0] != '/' && !px_str_eq(target, PX_STR("*"))))
        return PX_HTTP_BAD_TARGET;
    *ret_path = px_str_cut(&target, '?');
    *ret_query = target;
    return PX_HTTP_FINE;
}
