/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of this server in answers. They are absolute and name the host that the client asked,
 * as it wrote it: it may know us by another name than we do. A proxy that ends TLS says so in
 * X-Forwarded-Proto; without that a client would be sent to plain HTTP, and an SDK refuses to take
 * its token there. The only one whom a wrong header misleads is its sender.
 */
#include "api/inner.h"

enum { HOST_BYTES_MAX = 255 + sizeof(":65535") };

/* A name or an address, perhaps with a port; whatever else stands there is no host. */
static bool is_host(px_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!px_is_digit(c) && !px_is_letter(c) && (c == '\0' || !strchr(".-_:[]", c)))
            return false;
    }
    return text.len > 0 && text.len <= HOST_BYTES_MAX;
}

bool px_api_is_https(px_api_call *call)
{
    return call->is_tls || px_str_eq(call->header(call, "X-Forwarded-Proto"), PX_STR("https"));
}

void px_api_put_origin(px_api_call *call, px_buf *buf)
{
    px_str host = call->header(call, "Host");

    if (!is_host(host))
        return;
    px_put_c(buf, px_api_is_https(call) ? "https://" : "http://");
    px_put(buf, host);
}

void px_api_put_part(px_buf *buf, px_str text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (px_is_digit((char)c) || px_is_letter((char)c) || (c && strchr("-._~", c))) {
            px_put_char(buf, (char)c);
        } else {
            px_put_char(buf, '%');
            px_put_char(buf, hex[c >> 4]);
            px_put_char(buf, hex[c & 15]);
        }
    }
}

void px_api_put_version(px_api_call *call, px_buf *buf)
{
    px_put_c(buf, "api-version=");
    px_api_put_part(buf, px_api_param(call, "api-version"));
}

void px_api_put_next(px_api_call *call, px_json_writer *w, const char *path, uint32_t cursor)
{
    px_buf link = { 0 };

    px_json_key(w, PX_STR("nextLink"));
    if (cursor == 0) {
        px_json_null(w);
        return;
    }
    px_api_put_origin(call, &link);
    px_putf(&link, "%s?continuationToken=%u&", path, cursor);
    px_api_put_version(call, &link);
    px_json_string(w, px_buf_str(&link));
    px_buf_release(&link);
}
