/* SPDX-License-Identifier: Apache-2.0 */
/* The list is in the order of deletion, nearly: one that stands before its turn makes the next ones
 * wait with it, no more. */
#include "engine/graves.h"

#include <stdlib.h>

enum { ROWS_PER_COMMIT = 64, SLICE_US = 200, GRAVES_MAX = 1 << 20 };

void px_graves_release(px_graves *graves)
{
    PX_VEC_RELEASE(&graves->list);
}

void px_graves_note(px_graves *graves, px_key key, uint64_t seq)
{
    px_grave grave = { key, seq };

    if (graves->list.len - graves->head < GRAVES_MAX)
        (void)PX_VEC_PUSH(&graves->list, grave);
}

static int by_position(const void *a, const void *b)
{
    uint64_t x = ((const px_grave *)a)->seq, y = ((const px_grave *)b)->seq;

    return (x > y) - (x < y);
}

void px_graves_settle_start(px_graves *graves)
{
    if (graves->list.len)
        qsort(graves->list.ptr, graves->list.len, sizeof(px_grave), by_position);
}

static bool is_passed(const px_graves *graves, size_t index)
{
    return index < graves->list.len && graves->list.ptr[index].seq < graves->journal_first;
}

static bool next(void *data, uint32_t rows_before, px_op *ret_op)
{
    px_graves *graves = data;

    (void)rows_before;
    if (!is_passed(graves, graves->head + graves->pulled))
        return false;
    *ret_op = (px_op){ .kind = PX_OP_DELETE,
                       .table = PX_TABLE_STATE,
                       .key = graves->list.ptr[graves->head + graves->pulled].key };
    graves->pulled++;
    return true;
}

bool px_graves_prepare(px_graves *graves, px_slice *ret_slice)
{
    graves->pulled = 0;
    if (!is_passed(graves, graves->head))
        return false;
    *ret_slice = (px_slice){ .name = "graves",
                             .next = next,
                             .data = graves,
                             .rows_max = ROWS_PER_COMMIT,
                             .us_max = SLICE_US };
    return true;
}

void px_graves_settle(px_graves *graves, bool committed)
{
    if (committed)
        graves->head += graves->pulled;
    graves->pulled = 0;
    if (graves->head < ROWS_PER_COMMIT || graves->head < graves->list.len / 2)
        return;
    graves->list.len -= graves->head;
    memmove(graves->list.ptr, graves->list.ptr + graves->head, graves->list.len * sizeof(px_grave));
    graves->head = 0;
}
