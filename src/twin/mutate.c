/* SPDX-License-Identifier: Apache-2.0 */
/* Twins and their values. A record is made privately, then takes the place of the one before. */
#include "twin/inner.h"
#include "twin/sets.h"

static px_status unknown_twin(uint32_t twin_no, px_err *ret_err)
{
    return px_fail(ret_err, PX_NOT_FOUND, "there is no twin with number %u", twin_no);
}

static px_status check_open(const px_txn *txn, px_err *ret_err)
{
    return txn->broken ? px_no_memory(ret_err) : PX_OK;
}

/* ---- creating and deleting ---- */

static uint64_t twin_rehash(const void *txn, uint32_t no)
{
    const px_twin *twin = pxi_view_twin(px_txn_view(txn), no);

    return pxi_key_hash(twin->tenant, px_twin_id(twin));
}

/* Settles the number of a record to place: given, of the present twin with this id, or new. */
static px_status settle_number(px_txn *txn, px_twin *fresh, uint32_t present, px_err *ret_err)
{
    const px_twin *before;

    if (fresh->no == 0)
        fresh->no = present;
    if (fresh->no == 0)
        fresh->no = txn->roots.numbers.twin_no + 1;
    if (fresh->no == 0 || fresh->no == UINT32_MAX)
        return px_fail(ret_err, PX_LIMIT, "all 4,294,967,294 twin numbers are used up");
    before = pxi_view_twin(&txn->view, fresh->no);
    if (before &&
        (before->tenant != fresh->tenant || !px_str_eq(px_twin_id(before), px_twin_id(fresh))))
        return px_fail(ret_err, PX_CONFLICT, "twin number %u belongs to '%.*s'", fresh->no,
                       PX_FMT(px_twin_id(before)));
    return PX_OK;
}

static bool enter_sets(px_txn *txn, const px_twin *twin)
{
    txn->roots.twin_count++;
    return txn->graph->loading || (pxi_set_change(txn, twin->tenant, 0, twin->no, true) &&
                                   pxi_set_change(txn, twin->tenant, twin->model, twin->no, true));
}

static bool change_model(px_txn *txn, const px_twin *twin, uint32_t before)
{
    return before == twin->model || txn->graph->loading ||
           (pxi_set_change(txn, twin->tenant, before, twin->no, false) &&
            pxi_set_change(txn, twin->tenant, twin->model, twin->no, true));
}

/* While a journal is replayed an id may stand under two numbers: a row told of the later
 * incarnation before the deletion of the earlier one was met. The later one has the id. */
static px_status enter_ids(px_txn *txn, const px_twin *twin, uint32_t present)
{
    uint64_t hash = pxi_key_hash(twin->tenant, px_twin_id(twin));

    if (present >= twin->no)
        return PX_OK;
    if (present && !pxi_trie_remove(&txn->cow, &txn->roots.ids, hash, present))
        return PX_NO_MEMORY;
    return pxi_trie_add(&txn->cow, &txn->roots.ids, hash, twin->no, twin_rehash, txn);
}

px_status pxi_twin_place(px_txn *txn, px_twin *fresh, px_err *ret_err)
{
    px_str id = px_twin_id(fresh);
    pxi_wanted what = { .view = &txn->view, .owner = fresh->tenant, .id = id };
    uint32_t present =
        pxi_trie_find(txn->roots.ids, pxi_key_hash(fresh->tenant, id), pxi_twin_matches, &what);
    px_status status = settle_number(txn, fresh, present, ret_err);
    const px_twin *before = status == PX_OK ? pxi_view_twin(&txn->view, fresh->no) : NULL;
    uint32_t model_before = before ? before->model : 0;
    bool entered;

    if (status != PX_OK) {
        pxi_slab_free(&txn->graph->slab, fresh);
        return status;
    }
    if (!pxi_txn_swap(txn, false, fresh->no, fresh))
        return px_no_memory(ret_err);
    if (txn->roots.numbers.twin_no < fresh->no)
        txn->roots.numbers.twin_no = fresh->no;

    entered = before ? change_model(txn, fresh, model_before) : enter_sets(txn, fresh);
    if (entered)
        status = enter_ids(txn, fresh, present);
    if (status == PX_LIMIT) {
        txn->broken = true;
        return px_fail(ret_err, status, "too many twin ids share one hash");
    }
    return entered && status == PX_OK ? PX_OK : pxi_txn_broken(txn, ret_err);
}

px_status px_graph_twin_put(px_txn *txn, uint32_t tenant, px_str twin_id, uint32_t model_no,
                            uint32_t twin_no, uint32_t *ret_no, px_err *ret_err)
{
    pxi_twin_form form = { .birth = txn->cow.gen,
                           .seq = txn->seq,
                           .time = txn->time,
                           .no = twin_no,
                           .tenant = tenant,
                           .model = model_no,
                           .id = twin_id };
    px_twin *fresh;

    PX_TRY(check_open(txn, ret_err));
    if (twin_id.len == 0 || twin_id.len > PX_TWIN_ID_BYTES_MAX)
        return px_fail(ret_err, PX_INVALID, "a twin id has 1 to %d bytes, this one has %zu",
                       PX_TWIN_ID_BYTES_MAX, twin_id.len);
    fresh = pxi_slab_alloc(&txn->graph->slab, pxi_form_bytes(&form));
    if (!fresh)
        return px_no_memory(ret_err);
    pxi_twin_init(fresh, &form);
    PX_TRY(pxi_twin_place(txn, fresh, ret_err));
    if (ret_no)
        *ret_no = fresh->no;
    return PX_OK;
}

px_status px_graph_twin_delete(px_txn *txn, uint32_t twin_no, px_err *ret_err)
{
    const px_twin *twin = pxi_view_twin(&txn->view, twin_no);
    pxi_tomb tomb = { .no = twin_no, .seq = txn->seq };
    uint32_t model;
    uint64_t hash;

    px_assert(!txn->graph->loading);
    PX_TRY(check_open(txn, ret_err));
    if (!twin)
        return unknown_twin(twin_no, ret_err);
    if (px_view_has_edges(&txn->view, twin_no))
        return px_fail(ret_err, PX_CONFLICT,
                       "relationships begin or end at twin '%.*s'; delete them first",
                       PX_FMT(px_twin_id(twin)));
    tomb.tenant = twin->tenant;
    tomb.slot = px_graph_id_slot(twin->tenant, px_twin_id(twin));
    hash = pxi_key_hash(twin->tenant, px_twin_id(twin));
    model = twin->model;
    if (!pxi_txn_tomb(txn, tomb) || !pxi_trie_forget(&txn->cow, &txn->roots.ids, hash, twin_no) ||
        !pxi_set_change(txn, tomb.tenant, 0, twin_no, false) ||
        !pxi_set_change(txn, tomb.tenant, model, twin_no, false) ||
        !pxi_txn_swap(txn, false, twin_no, NULL))
        return pxi_txn_broken(txn, ret_err);
    txn->roots.twin_count--;
    return PX_OK;
}

/* ---- values ---- */

static void stamp(const px_txn *txn, px_twin *fresh)
{
    fresh->seq = txn->seq;
    fresh->time = txn->time;
    if (pxi_twin_keeps_revision(fresh))
        pxi_twin_revise(fresh, txn->seq, txn->time);
}

/* Puts a made record in place, with the present position and time. */
static px_status place(px_txn *txn, px_twin *fresh, px_err *ret_err)
{
    stamp(txn, fresh);
    return pxi_txn_swap(txn, false, fresh->no, fresh) ? PX_OK : px_no_memory(ret_err);
}

static px_status rebuild(px_txn *txn, const px_twin *twin, const pxi_slot *set, uint32_t remove,
                         px_err *ret_err)
{
    px_twin *fresh;
    px_status status = pxi_twin_with(&txn->graph->slab, txn->cow.gen, twin, set, remove, &fresh);

    if (status == PX_TOO_LARGE)
        return px_fail(ret_err, status, "the texts of twin '%.*s' would pass %u bytes",
                       PX_FMT(px_twin_id(twin)), PXI_TWIN_TAIL_MAX);
    return status == PX_OK ? place(txn, fresh, ret_err) : px_no_memory(ret_err);
}

/* The transaction's own record of the twin, for changing in place; NULL without memory. */
static px_twin *own(px_txn *txn, uint32_t twin_no)
{
    pxi_touch *touch = pxi_touches_find(&txn->twins, twin_no);
    px_twin *fresh;

    if (touch) {
        touch->clean = txn->clean;
        return touch->fresh;
    }
    fresh =
        pxi_twin_copy(&txn->graph->slab, txn->cow.gen, pxi_radix_get(txn->roots.twins, twin_no));
    return fresh && pxi_txn_swap(txn, false, twin_no, fresh) ? fresh : NULL;
}

/* `index` is where the key's slot is, when `present`. */
static px_status write_slot(px_txn *txn, const px_twin *twin, const pxi_slot *slot, bool present,
                            uint32_t index, px_err *ret_err)
{
    px_twin *fresh;

    if (!present)
        return rebuild(txn, twin, slot, PXI_REMOVE_NONE, ret_err);
    fresh = own(txn, twin->no);
    if (!fresh)
        return px_no_memory(ret_err);
    if (!pxi_twin_set(fresh, index, slot))
        return rebuild(txn, fresh, slot, PXI_REMOVE_NONE, ret_err);
    stamp(txn, fresh);
    return PX_OK;
}

/* Takes back what a write just now did to the revision. */
static px_status keep_revision(px_txn *txn, uint32_t twin_no, uint64_t revision, px_time revised,
                               px_err *ret_err)
{
    pxi_slot told = pxi_slot_revision(revision, revised);
    px_twin *twin = own(txn, twin_no);

    px_assert(twin); /* it was written just now */
    if (!pxi_twin_keeps_revision(twin) &&
        rebuild(txn, twin, &told, PXI_REMOVE_NONE, ret_err) != PX_OK)
        return pxi_txn_broken(txn, ret_err);
    pxi_twin_revise(own(txn, twin_no), revision, revised);
    return PX_OK;
}

static px_status write_beside(px_txn *txn, const px_twin *before, const pxi_slot *slot,
                              bool present, uint32_t index, px_err *ret_err)
{
    uint64_t revision = px_twin_revision(before);
    px_time revised = px_twin_revised(before);
    uint32_t twin_no = before->no;

    PX_TRY(write_slot(txn, before, slot, present, index, ret_err));
    return keep_revision(txn, twin_no, revision, revised, ret_err);
}

static bool find_slot(const px_twin *twin, uint32_t key, uint32_t *ret_index)
{
    *ret_index = pxi_twin_lower(twin, key);
    return *ret_index < pxi_twin_count(twin) && pxi_twin_keys(twin)[*ret_index] == key;
}

static px_applied judge(const px_twin *twin, uint32_t index, const pxi_slot *fresh)
{
    px_applied applied = pxi_judge_times(pxi_twin_words(twin)[index], pxi_twin_sources(twin)[index],
                                         fresh->word, fresh->source);
    pxi_slot live;

    if (applied != PX_DUPLICATE)
        return applied;
    live = pxi_twin_at(twin, index);
    return pxi_judge(&live, fresh);
}

px_status px_graph_set(px_txn *txn, uint32_t twin_no, uint32_t key, px_value value,
                       const px_origin *origin, px_applied *ret_applied, px_err *ret_err)
{
    const px_twin *twin = pxi_view_twin(&txn->view, twin_no);
    pxi_slot fresh = pxi_slot_make(key, value, origin);
    px_applied applied;
    uint32_t index;
    bool present;

    if (!twin)
        return unknown_twin(twin_no, ret_err);
    if (key >= PX_FIELDS_MAX || value.kind == PX_VALUE_NONE)
        return px_fail(ret_err, PX_INVALID, "%u is no property number, or there is no value", key);
    PX_TRY(check_open(txn, ret_err));
    present = find_slot(twin, key, &index);
    applied = present ? judge(twin, index, &fresh) : PX_APPLIED;
    if (ret_applied)
        *ret_applied = applied;
    if (applied == PX_LATE || applied == PX_DUPLICATE)
        return PX_OK;
    if (origin->beside)
        return write_beside(txn, twin, &fresh, present, index, ret_err);
    return write_slot(txn, twin, &fresh, present, index, ret_err);
}

px_status px_graph_unset(px_txn *txn, uint32_t twin_no, uint32_t key, px_err *ret_err)
{
    const px_twin *twin = pxi_view_twin(&txn->view, twin_no);
    pxi_slot live;

    PX_TRY(check_open(txn, ret_err));
    if (!twin)
        return unknown_twin(twin_no, ret_err);
    if (!pxi_twin_get(twin, key, &live) || key >= PXI_KEY_KEPT_FIRST)
        return PX_OK;
    return rebuild(txn, twin, NULL, key, ret_err);
}

px_status px_graph_freshness_set(px_txn *txn, uint32_t twin_no, uint8_t state, px_time since,
                                 px_err *ret_err)
{
    const px_twin *twin = pxi_view_twin(&txn->view, twin_no);
    pxi_slot slot = pxi_slot_freshness(state, since);
    uint32_t index;
    bool present;

    PX_TRY(check_open(txn, ret_err));
    if (!twin)
        return unknown_twin(twin_no, ret_err);
    present = find_slot(twin, slot.key, &index);
    return write_beside(txn, twin, &slot, present, index, ret_err);
}

px_status px_graph_freshness_unset(px_txn *txn, uint32_t twin_no, px_err *ret_err)
{
    const px_twin *twin = pxi_view_twin(&txn->view, twin_no);
    uint64_t revision;
    px_time revised;
    uint8_t state;

    PX_TRY(check_open(txn, ret_err));
    if (!twin)
        return unknown_twin(twin_no, ret_err);
    if (!px_twin_freshness(twin, &state, NULL))
        return PX_OK;
    revision = px_twin_revision(twin);
    revised = px_twin_revised(twin);
    PX_TRY(rebuild(txn, twin, NULL, PXI_KEY_FRESHNESS, ret_err));
    return keep_revision(txn, twin_no, revision, revised, ret_err);
}

px_status px_graph_desire(px_txn *txn, uint32_t twin_no, uint32_t key, px_value value,
                          const px_origin *origin, uint64_t version, px_err *ret_err)
{
    static const px_origin none = { .source_time = PX_TIME_NONE };
    px_num number = { .mantissa = (int64_t)version };
    pxi_slot slot = pxi_slot_make(key | PX_DESIRED, value, origin);
    pxi_slot told = pxi_slot_make(PXI_KEY_DESIRED_VERSION, px_value_num(number), &none);
    const px_twin *twin = pxi_view_twin(&txn->view, twin_no);
    uint32_t index;
    bool present;

    PX_TRY(check_open(txn, ret_err));
    if (!twin)
        return unknown_twin(twin_no, ret_err);
    if (key >= PX_FIELDS_MAX)
        return px_fail(ret_err, PX_INVALID, "%u is no property number", key);
    present = find_slot(twin, slot.key, &index);
    if (value.kind != PX_VALUE_NONE)
        PX_TRY(write_slot(txn, twin, &slot, present, index, ret_err));
    else if (present)
        PX_TRY(rebuild(txn, twin, NULL, slot.key, ret_err));

    twin = pxi_view_twin(&txn->view, twin_no);
    present = find_slot(twin, told.key, &index);
    if (write_slot(txn, twin, &told, present, index, ret_err) != PX_OK)
        return pxi_txn_broken(txn, ret_err);
    return PX_OK;
}

px_status px_graph_touch(px_txn *txn, uint32_t twin_no, px_err *ret_err)
{
    px_twin *fresh;

    PX_TRY(check_open(txn, ret_err));
    if (!pxi_view_twin(&txn->view, twin_no))
        return unknown_twin(twin_no, ret_err);
    fresh = own(txn, twin_no);
    if (!fresh)
        return px_no_memory(ret_err);
    stamp(txn, fresh);
    return PX_OK;
}
