/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The one place that asks for heap memory, so that a test can make the n-th request fail.
 *
 * All rooms allocate through these; libraries that take an allocator get them too. Threads: any.
 */
#ifndef PX_BASE_MEM_H
#define PX_BASE_MEM_H

#include "base/err.h"

void *px_alloc(size_t size);                /* NULL when there is none */
void *px_zalloc(size_t count, size_t size); /* cleared; NULL on overflow of the product as well */
void *px_realloc(void *ptr, size_t size);   /* NULL leaves `ptr` as it was */
void px_free(void *ptr);

/* Gives what was freed back to the system. It holds up who allocates meanwhile, for a while that
 * grows with the heap: for moments in which nobody is waited for. */
void px_mem_return(void);

/* Clears some hundred bytes on a path that counts nanoseconds: where gcc knows the size it makes
 * `rep stos` of it, whose beginning alone costs more than the C library's whole memset. */
void px_clear(void *ptr, size_t bytes);

/* Asks for memory that will be read soon; any address will do. */
static inline void px_prefetch(const void *ptr, size_t bytes)
{
    enum { LINE = 64 };

    for (size_t at = 0; at < bytes; at += LINE)
        __builtin_prefetch((const char *)ptr + at);
}

px_status px_no_memory(px_err *ret_err); /* `return px_no_memory(ret_err);` */

/* Tests only: the n-th request from now on fails, once; 0 switches it off. Requests since the last
 * call are counted in px_mem_requests. */
void px_mem_fail_nth(uint64_t n);
uint64_t px_mem_requests(void);

#endif
