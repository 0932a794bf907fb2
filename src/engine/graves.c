/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/graves.h"

enum { ROWS_PER_COMMIT = 64, SLICE_US = 200 };

void px_graves_release(px_graves *graves)
{
    PX_VEC_RELEASE(&graves->list);
}

void px_graves_note(px_graves *graves, px_key key, uint64_t seq)
{
    px_grave grave = { key, seq };

    (void)PX_VEC_PUSH(&graves->list, grave);
}

void px_graves_settle_start(px_graves *graves, uint64_t seq_first)
{
    size_t kept = 0;

    for (size_t i = 0; i < graves->list.len; i++)
        if (graves->list.ptr[i].seq < seq_first)
            graves->list.ptr[kept++] = graves->list.ptr[i];
    graves->list.len = kept;
}

static bool next(void *data, uint32_t rows_before, px_op *ret_op)
{
    px_graves *graves = data;

    (void)rows_before;
    if (graves->pulled == graves->list.len)
        return false;
    *ret_op = (px_op){ .kind = PX_OP_DELETE,
                       .table = PX_TABLE_STATE,
                       .key = graves->list.ptr[graves->list.len - 1 - graves->pulled].key };
    graves->pulled++;
    return true;
}

bool px_graves_prepare(px_graves *graves, px_slice *ret_slice)
{
    graves->pulled = 0;
    if (graves->list.len == 0)
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
        graves->list.len -= graves->pulled;
    graves->pulled = 0;
}
