/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

enum { BACKLOG = 1024, USER_TIMEOUT_MS = 30000 };

static void set_int(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

void px_listen_tune(int fd)
{
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* A socket on one address, or -1 with errno. */
static int socket_on(const struct addrinfo *at, bool listens)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), saved;

    if (fd < 0)
        return -1;
    set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && (!listens || listen(fd, BACKLOG) == 0))
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static px_status listen_failed(const char *host, uint16_t port, const char *option, int error,
                               px_err *ret_err)
{
    char why[128];
    const char *words = strerror_r(error, why, sizeof(why));

    if (error == EADDRINUSE)
        return px_fail_id(ret_err, PX_BUSY, "listen.taken",
                          "port %u of %s is taken by another program; %s HOST:PORT chooses another",
                          (unsigned)port, host, option);
    return px_fail_id(ret_err, error == EACCES ? PX_DENIED : PX_IO, "listen.failed",
                      "cannot listen on %s port %u: %s; %s HOST:PORT chooses another", host,
                      (unsigned)port, words, option);
}

static px_status open_socket(const char *host, uint16_t port, const char *option, bool listens,
                             int *ret_fd, px_err *ret_err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list = NULL;
    char service[8];
    int fd = -1, error;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    error = getaddrinfo(host, service, &hints, &list);
    if (error != 0)
        return px_fail_id(
            ret_err, PX_INVALID, "listen.host",
            "'%s' is not an address to listen on: %s; %s takes HOST:PORT of this machine", host,
            gai_strerror(error), option);
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = socket_on(at, listens);
    error = errno;
    freeaddrinfo(list);
    if (fd < 0)
        return listen_failed(host, port, option, error, ret_err);
    *ret_fd = fd;
    return PX_OK;
}

px_status px_listen(const char *host, uint16_t port, int *ret_fd, uint16_t *ret_port,
                    px_err *ret_err)
{
    PX_TRY(open_socket(host, port, "--http, --mqtt or --mqtts", true, ret_fd, ret_err));
    *ret_port = port_of(*ret_fd);
    return PX_OK;
}

px_status px_listen_check(const char *host, uint16_t port, const char *option, px_err *ret_err)
{
    int fd;

    PX_TRY(open_socket(host, port, option, false, &fd, ret_err));
    close(fd);
    return PX_OK;
}

static void name_v4(const uint8_t bytes[4], unsigned port, px_listen_address *ret)
{
    snprintf(ret->text, sizeof(ret->text), "%u.%u.%u.%u:%u", bytes[0], bytes[1], bytes[2], bytes[3],
             port);
    ret->is_loopback = bytes[0] == 127;
    memcpy(&ret->network, bytes, 4);
}

void px_listen_name(const struct sockaddr_storage *address, px_listen_address *ret_address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    char text[INET6_ADDRSTRLEN] = "";

    *ret_address = (px_listen_address){ 0 };
    if (address->ss_family == AF_INET) {
        name_v4((const uint8_t *)&v4->sin_addr, ntohs(v4->sin_port), ret_address);
    } else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        name_v4(v6->sin6_addr.s6_addr + 12, ntohs(v6->sin6_port), ret_address);
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
        snprintf(ret_address->text, sizeof(ret_address->text), "[%s]:%u", text,
                 (unsigned)ntohs(v6->sin6_port));
        ret_address->is_loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
        memcpy(&ret_address->network, v6->sin6_addr.s6_addr, sizeof(ret_address->network));
    }
}
