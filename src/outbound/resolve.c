/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>
#include <stdio.h>

#include "base/limits.h"
#include "outbound/link_inner.h"

static bool add(const px_reach *reach, const struct addrinfo *info, pxi_address *ret_address,
                px_err *ret_err)
{
    pxi_address address = { .len = info->ai_addrlen };
    char service[8];

    if (info->ai_addrlen > sizeof(address.bytes) ||
        px_target_check_address(reach, info->ai_addr, ret_err) != PX_OK)
        return false;
    memcpy(&address.bytes, info->ai_addr, info->ai_addrlen);
    if (getnameinfo(info->ai_addr, info->ai_addrlen, address.text, sizeof(address.text), service,
                    sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    *ret_address = address;
    return true;
}

px_status pxi_resolve(const px_reach *reach, px_str host, uint16_t port,
                      pxi_address ret_list[PXI_ADDRESSES_MAX], size_t *ret_count, px_err *ret_err)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char name[PX_CONNECTION_HOST_BYTES_MAX + 1], service[8];
    px_err err;
    int code;

    PX_TRY(px_target_check_host(reach, host, ret_err));
    snprintf(name, sizeof(name), "%.*s", PX_FMT(host));
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    code = getaddrinfo(name, service, &hints, &list);
    if (code != 0)
        return px_fail_id(ret_err, PX_UNREACHABLE, "connection.name",
                          "the name '%s' leads to no address: %s", name, gai_strerror(code));
    *ret_count = 0;
    px_fail_id(&err, PX_UNREACHABLE, "connection.name", "the name '%s' leads to no address", name);
    for (const struct addrinfo *i = list; i && *ret_count < PXI_ADDRESSES_MAX; i = i->ai_next)
        *ret_count += add(reach, i, &ret_list[*ret_count], &err);
    freeaddrinfo(list);
    if (*ret_count > 0)
        return PX_OK;
    if (ret_err)
        *ret_err = err;
    return err.status;
}
