/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"

#include "px_test.h"

typedef struct item {
    uint32_t rank, no;
} item;

static bool is_before(const void *a, const void *b)
{
    const item *x = a, *y = b;

    return x->rank < y->rank || (x->rank == y->rank && x->no < y->no);
}

static item pop(item *items, size_t *count)
{
    item first = items[0];

    items[0] = items[--*count];
    px_heap_down(items, *count, sizeof(*items), is_before);
    return first;
}

PX_PROP(what_is_pushed_comes_out_in_order_and_each_once, 50)
{
    enum { MOST = 300 };
    item items[MOST], before = { 0, 0 };
    bool seen[MOST] = { false };
    size_t count = 0, made = 0, rest = 1 + px_gen_below(gen, MOST);

    while (made < rest) { /* some go while others come: the first is never behind one that stays */
        items[count++] = (item){ (uint32_t)px_gen_below(gen, 40), (uint32_t)made++ };
        px_heap_up(items, count, sizeof(*items), is_before);
        if (px_gen_below(gen, 3) == 0) {
            item first = pop(items, &count);

            CHECK(!seen[first.no]);
            seen[first.no] = true;
            for (size_t i = 0; i < count; i++)
                CHECK(is_before(&first, &items[i]));
        }
    }
    while (count > 0) {
        item first = pop(items, &count);

        CHECK(!seen[first.no]);
        seen[first.no] = true;
        CHECK(!is_before(&first, &before));
        before = first;
    }
    for (size_t i = 0; i < made; i++)
        CHECK(seen[i]);
}

PX_TEST_MAIN()
