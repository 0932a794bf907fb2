/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a journal row: whatever is read as events must be written back as events that read
 * the same. */
#include <stdlib.h>

#include "journal/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_cut cut = px_cut_of(px_str_of((const char *)data, size));
    px_buf once = { 0 }, twice = { 0 };
    px_arena arena;
    px_event event;

    px_arena_init(&arena, 8 << 20);
    while (px_cut_left(&cut) > 0 && px_get_event(&cut, &arena, &event, NULL) == PX_OK) {
        px_cut back;

        px_buf_clear(&once);
        px_buf_clear(&twice);
        px_put_event(&once, &event);
        back = px_cut_of(px_buf_str(&once));
        if (once.status != PX_OK || px_get_event(&back, &arena, &event, NULL) != PX_OK ||
            px_cut_left(&back) != 0)
            abort();
        px_put_event(&twice, &event);
        if (!px_str_eq(px_buf_str(&once), px_buf_str(&twice)))
            abort();
    }
    px_buf_release(&once);
    px_buf_release(&twice);
    px_arena_release(&arena);
    return 0;
}
