/* SPDX-License-Identifier: Apache-2.0 */
#include "server/address.h"

#include <stdio.h>
#include <stdlib.h>

static px_status bad(const char *text, const char *what, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "server.address",
                      "%s '%s' is no address; give HOST:PORT, such as 127.0.0.1:7780", what, text);
}

px_status px_address_parse(const char *text, const char *what, px_address *ret_address,
                           px_err *ret_err)
{
    const char *colon = strrchr(text, ':');
    px_str host = { text, colon ? (size_t)(colon - text) : 0 };
    px_address address = { 0 };
    unsigned long port;
    char *end;

    if (!colon || colon[1] < '0' || colon[1] > '9')
        return bad(text, what, ret_err);
    port = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || port > UINT16_MAX)
        return bad(text, what, ret_err);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = px_str_of(host.ptr + 1, host.len - 2);
    else if (memchr(host.ptr, ':', host.len))
        return bad(text, what, ret_err);
    if (host.len == 0 || host.len >= sizeof(address.host))
        return bad(text, what, ret_err);
    snprintf(address.host, sizeof(address.host), "%.*s", PX_FMT(host));
    address.port = (uint16_t)port;
    address.is_loopback = px_str_starts(host, PX_STR("127.")) || px_str_eq(host, PX_STR("::1")) ||
                          px_str_eq(host, PX_STR("localhost"));
    *ret_address = address;
    return PX_OK;
}
