/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A heap over an array of the caller's: the first of many is at its beginning, whoever comes and
 * goes.
 *
 *     push   put it behind the last one, count it, px_heap_up
 *     pop    take the first, put the last one into its place, count it no more, px_heap_down
 *
 * Cost: O(log count). Threads: values only.
 */
#ifndef PX_BASE_HEAP_H
#define PX_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#define PX_HEAP_ITEM_BYTES_MAX 64

/* Whether `a` goes before `b`: a strict order. */
typedef bool (*px_heap_before)(const void *a, const void *b);

/* The last item finds its place among the others, which have theirs. */
void px_heap_up(void *items, size_t count, size_t item_bytes, px_heap_before before);
/* The first one does. */
void px_heap_down(void *items, size_t count, size_t item_bytes, px_heap_before before);

#endif
