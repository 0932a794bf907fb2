/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resolver whose servers do not answer: names take a minute, addresses do not. Preloaded into the
 * server by the stories of tests/integration.
 *
 *     cc -shared -fPIC -o slow_names.so slow_names.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <time.h>

typedef int resolve_function(const char *name, const char *service, const struct addrinfo *hints,
                             struct addrinfo **list);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    resolve_function *real;
    struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST }, *found;

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name && real(name, NULL, &numeric, &found) == 0)
        freeaddrinfo(found);
    else if (!hints || !(hints->ai_flags & AI_NUMERICHOST))
        nanosleep(&(struct timespec){ .tv_sec = 60 }, NULL);
    return real(name, service, hints, list);
}
