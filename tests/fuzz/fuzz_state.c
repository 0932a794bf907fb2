/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State rows from bytes that somebody else wrote: the first byte chooses twin or relationship. What
 * reads as a twin must give the same row again once it is written, and load into a graph.
 */
#include "base/mem.h"
#include "twin/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_twin(px_str row)
{
    px_buf first = { 0 }, second = { 0 }, bytes = { 0 }, again = { 0 };
    const px_twin *twin, *back;
    px_err err = { 0 };

    if (px_twin_decode(row, &first, &twin, &err) == PX_OK) {
        px_put_twin(&bytes, twin);
        px_assert(px_twin_decode(px_buf_str(&bytes), &second, &back, &err) == PX_OK);
        px_put_twin(&again, back);
        px_assert(px_str_eq(px_buf_str(&bytes), px_buf_str(&again)));
    } else {
        px_assert(err.text[0] != '\0');
    }
    px_buf_release(&first);
    px_buf_release(&second);
    px_buf_release(&bytes);
    px_buf_release(&again);
}

/* Reads the tenant as the row says it, so that loading goes on behind it. */
static uint32_t tenant_of(px_str row)
{
    px_cut cut = px_cut_of(row);

    (void)px_get_u8(&cut);
    return (uint32_t)px_get_varint(&cut);
}

static void check_load(px_str row, bool is_rel)
{
    px_graph_opts opts = { .chunk_bytes = 4096 };
    px_graph *graph;
    px_txn *txn;
    px_status status;

    if (px_graph_new(&opts, &graph, NULL) != PX_OK)
        return;
    if (px_graph_begin(graph, &txn, NULL) == PX_OK) {
        status = is_rel ? px_graph_rel_load(txn, tenant_of(row), row, NULL)
                        : px_graph_twin_load(txn, tenant_of(row), row, NULL);
        px_graph_rollback(txn);
        px_assert(status == PX_OK || px_graph_stat(graph).bytes_used == 0);
    }
    px_graph_free(graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str row;

    if (size == 0)
        return 0;
    row = px_str_of((const char *)data + 1, size - 1);
    if (!(data[0] & 1))
        check_twin(row);
    check_load(row, data[0] & 1);
    return 0;
}
