/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one twin without a snapshot. The reader's place in `readers` keeps what it sees from
 * being freed; records never change once they are published, so a copy is consistent by itself.
 * Only an answer "not found" that met a commit is looked for again: the id may have stood in the
 * index already, or still, under a number whose record was not.
 */
#include "twin/inner.h"

static const px_twin *find_once(px_graph *graph, uint32_t tenant, px_str twin_id, uint64_t hash)
{
    pxi_wanted what = { .owner = tenant, .id = twin_id };
    const void *ids = atomic_load_explicit(&graph->ids, memory_order_acquire);
    uint32_t no;

    what.twins = atomic_load_explicit(&graph->twins, memory_order_acquire);
    no = pxi_trie_find(ids, hash, pxi_twin_matches, &what);
    return no ? pxi_radix_get(what.twins, no) : NULL;
}

static const px_twin *find(px_graph *graph, uint32_t tenant, px_str twin_id)
{
    uint64_t hash;

    if (twin_id.len > PX_TWIN_ID_BYTES_MAX)
        return NULL;
    hash = pxi_key_hash(tenant, twin_id);
    for (;;) {
        uint64_t version = atomic_load_explicit(&graph->version, memory_order_acquire);
        const px_twin *twin = find_once(graph, tenant, twin_id, hash);

        if (twin)
            return twin;
        if (!(version & 1) &&
            atomic_load_explicit(&graph->version, memory_order_acquire) == version)
            return NULL;
    }
}

static px_status not_found(px_str twin_id, px_err *ret_err)
{
    return px_fail(ret_err, PX_NOT_FOUND, "there is no twin '%.*s'", PX_FMT(twin_id));
}

static px_status copy_out(const px_twin *twin, px_buf *buf, const px_twin **ret_twin,
                          px_err *ret_err)
{
    px_buf_clear(buf);
    px_put(buf, px_str_of((const char *)twin, pxi_twin_bytes(twin)));
    PX_TRY(px_buf_status(buf, ret_err));
    *ret_twin = (const px_twin *)(const void *)buf->ptr;
    return PX_OK;
}

px_status px_graph_read(px_graph *graph, uint32_t tenant, px_str twin_id, px_buf *buf,
                        const px_twin **ret_twin, px_err *ret_err)
{
    uint32_t place = pxi_readers_enter(&graph->readers);
    const px_twin *twin = find(graph, tenant, twin_id);
    px_status status = twin ? copy_out(twin, buf, ret_twin, ret_err) : not_found(twin_id, ret_err);

    pxi_readers_leave(&graph->readers, place);
    return status;
}

px_status px_graph_read_no(px_graph *graph, uint32_t tenant, uint32_t twin_no, px_buf *buf,
                           const px_twin **ret_twin, px_err *ret_err)
{
    uint32_t place = pxi_readers_enter(&graph->readers);
    const px_twin *twin =
        pxi_radix_get(atomic_load_explicit(&graph->twins, memory_order_acquire), twin_no);
    px_status status;

    if (twin && twin->tenant == tenant)
        status = copy_out(twin, buf, ret_twin, ret_err);
    else
        status = px_fail(ret_err, PX_NOT_FOUND, "there is no twin with number %u", twin_no);
    pxi_readers_leave(&graph->readers, place);
    return status;
}

px_status px_graph_lookup(px_graph *graph, uint32_t tenant, px_str twin_id, uint32_t *ret_twin_no,
                          uint32_t *ret_model_no)
{
    uint32_t place = pxi_readers_enter(&graph->readers);
    const px_twin *twin = find(graph, tenant, twin_id);

    if (twin) {
        *ret_twin_no = twin->no;
        *ret_model_no = twin->model;
    }
    pxi_readers_leave(&graph->readers, place);
    return twin ? PX_OK : PX_NOT_FOUND;
}
