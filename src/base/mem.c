/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t fail_at; /* 0: never; else the request that fails, counted down */
static _Atomic uint64_t requests;

/* One test of a word that is 0 outside fault tests. */
static bool must_fail(void)
{
    if (atomic_load_explicit(&fail_at, memory_order_relaxed) == 0)
        return false;
    atomic_fetch_add(&requests, 1);
    return atomic_fetch_sub(&fail_at, 1) == 1;
}

void *px_alloc(size_t size)
{
    return must_fail() ? NULL : malloc(size ? size : 1);
}

void *px_zalloc(size_t count, size_t size)
{
    return must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *px_realloc(void *ptr, size_t size)
{
    return must_fail() ? NULL : realloc(ptr, size ? size : 1);
}

void px_free(void *ptr)
{
    free(ptr);
}

px_status px_no_memory(px_err *ret_err)
{
    return px_fail(ret_err, PX_NO_MEMORY, "out of memory");
}

void px_mem_fail_nth(uint64_t n)
{
    atomic_store(&requests, 0);
    atomic_store(&fail_at, n);
}

uint64_t px_mem_requests(void)
{
    return atomic_exchange(&requests, 0);
}

__attribute__((noinline, noclone)) void px_clear(void *ptr, size_t bytes)
{
    memset(ptr, 0, bytes);
}

void px_mem_return(void)
{
    malloc_trim(0);
}
