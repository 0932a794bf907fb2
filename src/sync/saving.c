/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/saving.h"

void px_saving_clear(px_saving *saving)
{
    saving->ops.len = 0;
    px_buf_clear(&saving->bodies);
}

void px_saving_release(px_saving *saving)
{
    PX_VEC_RELEASE(&saving->ops);
    px_buf_release(&saving->bodies);
}

bool px_saving_is_full(const px_saving *saving)
{
    return saving->ops.len >= PX_SAVING_ROWS_MAX || saving->bodies.len >= PX_SAVING_BYTES_MAX;
}

bool px_saving_put(px_saving *saving, px_table table, px_key key, size_t from)
{
    px_op op = { .kind = PX_OP_PUT, .table = table, .key = key, .seq = saving->seq };

    if (saving->bodies.status == PX_OK) {
        op.body.len = saving->bodies.len - from; /* it lies there when all are written */
        if (PX_VEC_PUSH(&saving->ops, op))
            return true;
    }
    saving->bodies.len = from;
    saving->bodies.status = PX_OK;
    return false;
}

bool px_saving_delete(px_saving *saving, px_table table, px_key key)
{
    px_op op = { .kind = PX_OP_DELETE, .table = table, .key = key };

    return PX_VEC_PUSH(&saving->ops, op);
}

px_saving_mark px_saving_mark_of(const px_saving *saving)
{
    return (px_saving_mark){ saving->ops.len, saving->bodies.len };
}

void px_saving_back(px_saving *saving, px_saving_mark mark)
{
    saving->ops.len = mark.ops;
    saving->bodies.len = mark.bytes;
}

void px_saving_finish(px_saving *saving)
{
    const char *at = saving->bodies.ptr;

    PX_VEC_EACH (&saving->ops, op) {
        if (op->kind != PX_OP_PUT)
            continue;
        op->body.ptr = at;
        at += op->body.len;
    }
}

bool px_dead_rows_add(px_dead_rows *gone, px_key key)
{
    return PX_VEC_PUSH(&gone->keys, key);
}

bool px_dead_rows_pull(px_dead_rows *gone, px_table table, px_saving *saving)
{
    for (; gone->pulled < gone->keys.len; gone->pulled++)
        if (px_saving_is_full(saving) ||
            !px_saving_delete(saving, table, gone->keys.ptr[gone->pulled]))
            return false;
    return true;
}

void px_dead_rows_settle(px_dead_rows *gone, bool is_saved)
{
    size_t left = gone->keys.len - gone->pulled;

    if (is_saved && gone->pulled > 0) {
        memmove(gone->keys.ptr, gone->keys.ptr + gone->pulled, left * sizeof(*gone->keys.ptr));
        gone->keys.len = left;
    }
    gone->pulled = 0;
}

void px_dead_rows_release(px_dead_rows *gone)
{
    PX_VEC_RELEASE(&gone->keys);
}
