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

static px_status check_ends(px_txn *txn, uint32_t source_no, uint32_t target_no,
                            const px_twin **ret_source, px_err *ret_err)
{
    const px_twin *source = pxi_view_twin(&txn->view, source_no);
    const px_twin *target = pxi_view_twin(&txn->view, target_no);

    if (!source || !target)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no twin with number %u",
                       source ? target_no : source_no);
    *ret_source = source;
    if (source->tenant != target->tenant)
        return px_fail(ret_err, PX_CONFLICT, "source and target are of different tenants");
    return PX_OK;
}

static px_status settle_number(px_txn *txn, px_rel *fresh, uint32_t present, px_err *ret_err)
{
    const px_rel *before;

    if (fresh->no == 0)
        fresh->no = present;
    if (fresh->no == 0)
        fresh->no = txn->roots.numbers.rel_no + 1;
    if (fresh->no == 0 || fresh->no == UINT32_MAX)
        return px_fail(ret_err, PX_LIMIT, "all 4,294,967,294 relationship numbers are used up");
    before = pxi_view_rel(&txn->view, fresh->no);
    if (before &&
        (before->source != fresh->source || !px_str_eq(px_rel_id(before), px_rel_id(fresh))))
        return px_fail(ret_err, PX_CONFLICT, "relationship number %u belongs to '%.*s'", fresh->no,
                       PX_FMT(px_rel_id(before)));
    return PX_OK;
}

static px_status note_name(px_txn *txn, const px_rel *fresh, px_err *ret_err)
{
    px_str name = px_rel_name(fresh);

    return pxi_edge_names_note(txn->graph->names, pxi_name_hash(name), name)
               ? PX_OK
               : px_no_memory(ret_err);
}

/* As with twins the later number has the id. */
static px_status enter_ids(px_txn *txn, const px_rel *rel, uint32_t present)
{
    uint64_t hash = pxi_key_hash(rel->source, px_rel_id(rel));

    if (present >= rel->no)
        return PX_OK;
    if (present && !pxi_trie_remove(&txn->cow, &txn->roots.rel_ids, hash, present))
        return PX_NO_MEMORY;
    return pxi_trie_add(&txn->cow, &txn->roots.rel_ids, hash, rel->no, rel_rehash, txn);
}

px_status pxi_rel_place(px_txn *txn, px_rel *fresh, px_err *ret_err)
{
    px_str id = px_rel_id(fresh);
    pxi_wanted what = { .view = &txn->view, .owner = fresh->source, .id = id };
    uint32_t present =
        pxi_trie_find(txn->roots.rel_ids, pxi_key_hash(fresh->source, id), pxi_rel_matches, &what);
    px_status status = note_name(txn, fresh, ret_err);
    const px_rel *before;

    if (status == PX_OK)
        status = settle_number(txn, fresh, present, ret_err);
    before = status == PX_OK ? pxi_view_rel(&txn->view, fresh->no) : NULL;

    if (status != PX_OK || (before && !edges_remove(txn, before))) {
        pxi_slab_free(&txn->graph->slab, fresh);
        return status == PX_OK ? pxi_txn_broken(txn, ret_err) : status;
    }
    txn->roots.rel_count += !before;
    if (!pxi_txn_swap(txn, true, fresh->no, fresh) || !edges_add(txn, fresh))
        return pxi_txn_broken(txn, ret_err);
    if (txn->roots.numbers.rel_no < fresh->no)
        txn->roots.numbers.rel_no = fresh->no;

    status = enter_ids(txn, fresh, present);
    if (status == PX_LIMIT) {
        txn->broken = true;
        return px_fail(ret_err, status, "too many relationship ids share one hash");
    }
    return status == PX_OK ? PX_OK : pxi_txn_broken(txn, ret_err);
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
    const px_twin *source;
    px_rel *fresh;

    if (txn->broken)
        return px_no_memory(ret_err);
    PX_TRY(check_sizes(rel_id, name, properties, ret_err));
    PX_TRY(check_ends(txn, source_no, target_no, &source, ret_err));
    fresh =
        pxi_slab_alloc(&txn->graph->slab, sizeof(*fresh) + rel_id.len + name.len + properties.len);
    if (!fresh)
        return px_no_memory(ret_err);
    *fresh = (px_rel){ .head = txn->cow.gen << 16 | name.len,
                       .seq = txn->seq,
                       .time = txn->time,
                       .no = rel_no,
                       .tenant = source->tenant,
                       .source = source_no,
                       .target = target_no,
                       .properties_len = (uint32_t)properties.len,
                       .id_len = (uint16_t)rel_id.len,
                       .slot = (uint16_t)px_graph_id_slot(source->tenant, px_twin_id(source)) };
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
    pxi_tomb tomb = { .is_rel = true, .no = rel_no, .seq = txn->seq };

    if (txn->broken)
        return px_no_memory(ret_err);
    if (!rel)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no relationship with number %u", rel_no);
    tomb.tenant = rel->tenant;
    tomb.slot = rel->slot;
    if (!pxi_txn_tomb(txn, tomb) ||
        !pxi_trie_forget(&txn->cow, &txn->roots.rel_ids, pxi_key_hash(rel->source, px_rel_id(rel)),
                         rel_no) ||
        !edges_remove(txn, rel) || !pxi_txn_swap(txn, true, rel_no, NULL))
        return pxi_txn_broken(txn, ret_err);
    txn->roots.rel_count--;
    return PX_OK;
}
