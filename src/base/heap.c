/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"

#include <string.h>

#include "base/err.h"

void px_heap_up(void *items, size_t count, size_t item_bytes, px_heap_before before)
{
    _Alignas(max_align_t) char item[PX_HEAP_ITEM_BYTES_MAX];
    char *at = items;
    size_t place = count - 1;

    px_assert(count > 0 && item_bytes <= sizeof(item));
    memcpy(item, at + place * item_bytes, item_bytes);
    while (place > 0 && before(item, at + (place - 1) / 2 * item_bytes)) {
        memcpy(at + place * item_bytes, at + (place - 1) / 2 * item_bytes, item_bytes);
        place = (place - 1) / 2;
    }
    memcpy(at + place * item_bytes, item, item_bytes);
}

void px_heap_down(void *items, size_t count, size_t item_bytes, px_heap_before before)
{
    _Alignas(max_align_t) char item[PX_HEAP_ITEM_BYTES_MAX];
    char *at = items;
    size_t place = 0, child;

    px_assert(item_bytes <= sizeof(item));
    if (count == 0)
        return;
    memcpy(item, at, item_bytes);
    while ((child = 2 * place + 1) < count) {
        if (child + 1 < count && before(at + (child + 1) * item_bytes, at + child * item_bytes))
            child++;
        if (!before(at + child * item_bytes, item))
            break;
        memcpy(at + place * item_bytes, at + child * item_bytes, item_bytes);
        place = child;
    }
    memcpy(at + place * item_bytes, item, item_bytes);
}
