/* SPDX-License-Identifier: Apache-2.0 */
/**
 * TCP sockets as every door wants them. Threads: any.
 */
#ifndef PX_SERVER_LISTEN_H
#define PX_SERVER_LISTEN_H

#include <sys/socket.h>

#include "base/err.h"

/* Listens, non-blocking, on the first address of `host` that can be bound. `port` 0 takes a free
 * one. Gives the socket and the port it has. Errors: PX_INVALID (no such host), PX_BUSY (the port
 * is taken), PX_DENIED, PX_IO. */
PX_NODISCARD px_status px_listen(const char *host, uint16_t port, int *ret_fd, uint16_t *ret_port,
                                 px_err *ret_err);

/* Whether px_listen would find the address free, before anything is made for it. Nothing listens
 * meanwhile, so nobody takes the look for a server. `option`, such as "--http", stands in the
 * sentence: it is the cure. Errors: those of px_listen. */
PX_NODISCARD px_status px_listen_check(const char *host, uint16_t port, const char *option,
                                       px_err *ret_err);

/* No delay, keepalive, and an end after 30 s without acknowledged progress. Failures are harmless.
 */
void px_listen_tune(int fd);

typedef struct px_listen_address {
    char text[64]; /* "127.0.0.1:51234", "[::1]:51234" */
    bool is_loopback;
    uint64_t network; /* IPv4 address, or the first 64 bits of an IPv6 address: one customer each */
} px_listen_address;

void px_listen_name(const struct sockaddr_storage *address, px_listen_address *ret_address);

#endif
