/* SPDX-License-Identifier: Apache-2.0 */
/* Relationships: a record each, found by (source, id), and an entry in the index of either end. */
#include "twin/inner.h"

static uint64_t rel_rehash(const void *txn, uint32_t no)
{
    const px_rel *rel = pxi_view_rel(px_txn_view(txn), no);

    return pxi_key_hash(rel->source, px_rel_id(rel));
}

static bool edges_add(px_txn *txn, const px_rel *rel)
{
    uint32_t name = pxi_name_hash(px_rel_name(rel));

    return pxi_index_put(&txn->cow, &txn->roots.out,
                         (pxi_entry){ rel->source, name, rel->no, rel->target }) &&
           pxi_index_put(&txn->cow, &txn->roots.in,
                         (pxi_entry){ rel->target, name, rel->no, rel->source });
}

static bool edges_remove(px_txn *txn, const px_rel *rel)
{
    uint32_t name = pxi_name_hash(px_rel_name(rel));

    return pxi_index_remove(&txn->cow, &txn->roots.out,
                            (pxi_entry){ rel->source, name, rel->no, 0 }) &&
           pxi_index_remove(&txn->cow, &txn->roots.in,
                            (pxi_entry){ rel->target, name, rel->no, 0 });
}

static px_status check_ends(px_txn *txn, const px_rel *rel, px_err *ret_err)
{
    const px_twin *source = pxi_view_twin(&txn->view, rel->source);
    const px_twin *target = pxi_view_twin(&txn->view, rel->target);

    if (!source || !target)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no twin with number %u",
                       source ? rel->target : rel->source);
    if (source->tenant != target->tenant || source->tenant != rel->tenant)
        return px_fail(ret_err, PX_CONFLICT, "source and target are of different tenants");
    return PX_OK;
}

static px_status settle_number(px_txn *txn, px_rel *fresh, uint32_t present, px_err *ret_err)
{
    if (fresh->no == 0)
        fresh->no = present;
    if (fresh->no == 0) {
        if (txn->roots.numbers.rel_no >= UINT32_MAX - 1)
            return px_fail(ret_err, PX_LIMIT, "all 4,294,967,294 relationship numbers are used up");
        fresh->no = txn->roots.numbers.rel_no + 1;
    }
    if (fresh->no != present && (present || pxi_txn_record(txn, true, fresh->no)))
        return px_fail(ret_err, PX_CONFLICT, "relationship number %u belongs to another",
                       fresh->no);
    return PX_OK;
}

static px_status check_place(px_txn *txn, px_rel *fresh, uint32_t present, px_err *ret_err)
{
    PX_TRY(check_ends(txn, fresh, ret_err));
    return settle_number(txn, fresh, present, ret_err);
}

px_status pxi_rel_place(px_txn *txn, px_rel *fresh, px_err *ret_err)
{
    px_str id = px_rel_id(fresh);
    uint64_t hash = pxi_key_hash(fresh->source, id);
    pxi_wanted what = { .view = &txn->view, .owner = fresh->source, .id = id };
    uint32_t present = pxi_trie_find(txn->roots.rel_ids, hash, pxi_rel_matches, &what);
    px_status status = check_place(txn, fresh, present, ret_err);

    if (status != PX_OK) {
        pxi_slab_free(&txn->graph->slab, fresh);
        return status;
    }
    if (present && !edges_remove(txn, pxi_view_rel(&txn->view, present))) {
        pxi_slab_free(&txn->graph->slab, fresh);
        return pxi_txn_broken(txn, ret_err);
    }
    if (!pxi_txn_swap(txn, true, fresh->no, fresh) || !edges_add(txn, fresh))
        return pxi_txn_broken(txn, ret_err);
    if (txn->roots.numbers.rel_no < fresh->no)
        txn->roots.numbers.rel_no = fresh->no;
    if (present)
        return PX_OK;

    txn->roots.rel_count++;
    status = pxi_trie_add(&txn->cow, &txn->roots.rel_ids, hash, fresh->no, rel_rehash, txn);
    if (status == PX_OK)
        return PX_OK;
    txn->broken = true;
    return status == PX_LIMIT
               ? px_fail(ret_err, PX_LIMIT, "too many relationship ids share one hash")
               : px_no_memory(ret_err);
}

static px_status check_sizes(px_str rel_id, px_str name, px_str properties, px_err *ret_err)
{
    if (rel_id.len == 0 || rel_id.len > PX_TWIN_ID_BYTES_MAX)
        return px_fail(ret_err, PX_INVALID, "a relationship id has 1 to %d bytes, this one has %zu",
                       PX_TWIN_ID_BYTES_MAX, rel_id.len);
    if (name.len == 0 || name.len > PX_NAME_BYTES_MAX)
        return px_fail(ret_err, PX_INVALID,
                       "a relationship name has 1 to %d bytes, this one has %zu", PX_NAME_BYTES_MAX,
                       name.len);
    if (properties.len > PX_TWIN_BYTES_MAX)
        return px_fail(ret_err, PX_TOO_LARGE,
                       "properties of a relationship have at most %d bytes, these have %zu",
                       PX_TWIN_BYTES_MAX, properties.len);
    return PX_OK;
}

static void append(px_rel *rel, size_t at, px_str bytes)
{
    if (bytes.len)
        memcpy(rel->bytes + at, bytes.ptr, bytes.len);
}

px_status px_graph_rel_put(px_txn *txn, uint32_t source_no, px_str rel_id, px_str name,
                           uint32_t target_no, px_str properties, uint32_t rel_no, uint32_t *ret_no,
                           px_err *ret_err)
{
    const px_twin *source = pxi_view_twin(&txn->view, source_no);
    px_rel *fresh;

    if (txn->broken)
        return px_no_memory(ret_err);
    PX_TRY(check_sizes(rel_id, name, properties, ret_err));
    fresh =
        pxi_slab_alloc(&txn->graph->slab, sizeof(*fresh) + rel_id.len + name.len + properties.len);
    if (!fresh)
        return px_no_memory(ret_err);
    *fresh = (px_rel){ .head = txn->cow.gen << 16 | name.len,
                       .seq = txn->seq,
                       .time = txn->time,
                       .no = rel_no,
                       .tenant = source ? source->tenant : 0,
                       .source = source_no,
                       .target = target_no,
                       .properties_len = (uint32_t)properties.len,
                       .id_len = (uint32_t)rel_id.len };
    append(fresh, 0, rel_id);
    append(fresh, rel_id.len, name);
    append(fresh, rel_id.len + name.len, properties);
    PX_TRY(pxi_rel_place(txn, fresh, ret_err));
    if (ret_no)
        *ret_no = fresh->no;
    return PX_OK;
}

px_status px_graph_rel_delete(px_txn *txn, uint32_t rel_no, px_err *ret_err)
{
    const px_rel *rel = pxi_view_rel(&txn->view, rel_no);
    const px_twin *source = rel ? pxi_view_twin(&txn->view, rel->source) : NULL;
    pxi_tomb tomb = { .is_rel = true, .no = rel_no, .seq = txn->seq };

    if (txn->broken)
        return px_no_memory(ret_err);
    if (!rel)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no relationship with number %u", rel_no);
    tomb.tenant = rel->tenant;
    tomb.slot = source ? px_graph_id_slot(source->tenant, px_twin_id(source)) : 0;
    if (!pxi_txn_tomb(txn, tomb) ||
        !pxi_trie_remove(&txn->cow, &txn->roots.rel_ids, pxi_key_hash(rel->source, px_rel_id(rel)),
                         rel_no) ||
        !edges_remove(txn, rel) || !pxi_txn_swap(txn, true, rel_no, NULL))
        return pxi_txn_broken(txn, ret_err);
    txn->roots.rel_count--;
    return PX_OK;
}
