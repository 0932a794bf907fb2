/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resolver that gives broker.example two addresses: 127.0.0.2 first, and 127.0.0.1. Preloaded
 * into the server by the stories of tests/integration.
 *
 *     cc -shared -fPIC -o two_addresses.so two_addresses.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

typedef int resolve_function(const char *name, const char *service, const struct addrinfo *hints,
                             struct addrinfo **list);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    resolve_function *real;
    int code;

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!name || strcmp(name, "broker.example") != 0 ||
        (hints && (hints->ai_flags & AI_NUMERICHOST)))
        return real(name, service, hints, list);
    code = real("127.0.0.2", service, hints, list);
    return code == 0 ? real("127.0.0.1", service, hints, &(*list)->ai_next) : code;
}
