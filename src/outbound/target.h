/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where the server may connect to on a tenant's word.
 *
 * The address of a webhook, a broker or a device is a tenant's choice and the server's connection:
 * left alone, it would reach whatever the server reaches. So loopback, link-local, private and
 * special addresses are refused unless the operator named their network, and the address that is
 * judged is the one that is connected to, never the name. With names in the operator's list, only
 * those names pass, and addresses in place of names only from its networks.
 *
 * Pure. Threads: any, once read. Source: reference/reliability-and-scale.md, section 4.
 */
#ifndef PX_OUTBOUND_TARGET_H
#define PX_OUTBOUND_TARGET_H

#include "base/err.h"

struct sockaddr;

/* The operator's list. A zeroed one allows all public addresses and nothing else. */
enum { PX_REACH_ENTRIES_MAX = 64, PX_REACH_NAME_BYTES_MAX = 256 };

typedef struct px_network {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t bits;
} px_network;

typedef struct px_reach {
    px_network networks[PX_REACH_ENTRIES_MAX]; /* allowed though they are not public */
    size_t network_count;
    char names[PX_REACH_ENTRIES_MAX]
              [PX_REACH_NAME_BYTES_MAX]; /* lower case; `.suffix` for *.suffix */
    size_t name_count;                   /* 0: any name */
} px_reach;

/* `10.1.0.0/16, fd00::/8, 127.0.0.1, hooks.example, *.acme.example`. Errors: PX_INVALID with the
 * entry, PX_LIMIT. */
PX_NODISCARD px_status px_reach_parse(px_str text, px_reach *ret_reach, px_err *ret_err);

/**
 * What a webhook's URL must be: http or https, a host, no user, no fragment, no blanks.
 *
 * @param ret_host  without brackets; borrowed from `url`; may be NULL
 * Errors: PX_INVALID (endpoint.url) with what would be right; PX_DENIED (endpoint.host) when the
 * name is not in the list, or the host is an address that is refused.
 */
PX_NODISCARD px_status px_target_check(const px_reach *reach, px_str url, px_str *ret_host,
                                       px_err *ret_err);

/* Scheme, host and port of a URL that was found right, as they stand in it: who else has these
 * sends to the same server. */
px_str px_target_origin(px_str url);

/* The same of a host alone, a name or an address without brackets. Errors: PX_DENIED
 * (endpoint.host, endpoint.address), PX_INVALID (too long). */
PX_NODISCARD px_status px_target_check_host(const px_reach *reach, px_str host, px_err *ret_err);

/* The address that a connection is about to be made to. Errors: PX_DENIED (endpoint.address). */
PX_NODISCARD px_status px_target_check_address(const px_reach *reach,
                                               const struct sockaddr *address, px_err *ret_err);

#endif
