/* SPDX-License-Identifier: Apache-2.0 */
#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static px_status bad(const char *text, const char *what, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "server.address",
                      "%s '%s' is no address; give HOST:PORT, such as 127.0.0.1:7780", what, text);
}

/* A name is whatever a name server says, but for the one that the standard reserves (RFC 6761). */
static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
    return strcmp(host, "localhost") == 0;
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
    address.is_loopback = is_loopback(address.host);
    *ret_address = address;
    return PX_OK;
}
