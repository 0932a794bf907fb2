/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices on the disk: rows that are read at the start, and put again when something of them
 * changed. Whoever was forgotten is deleted first, for it may have come again.
 */
#include <stdlib.h>

#include "sync/presence_inner.h"
#include "sync/saving.h"

/* ---- reading ---- */

uint32_t px_presence_row_device(px_key key)
{
    return key.c > 0 && key.c <= UINT32_MAX ? (uint32_t)key.c : 0;
}

static px_status load_facts(px_presence *presence, const px_fold *fold, px_err *ret_err)
{
    px_presence_facts facts;
    px_presence_row *row;

    PX_TRY(px_get_presence_facts(fold->body, &facts, ret_err));
    row = pxi_presence_add_row(presence, (uint32_t)fold->key.a, px_presence_row_device(fold->key));
    if (!row)
        return px_no_memory(ret_err);
    row->since = facts.since;
    row->seen = facts.seen;
    row->connects = facts.connects;
    row->refusals = facts.refusals;
    row->rejects = facts.rejects;
    row->messages_seen = facts.messages;
    atomic_init(&row->messages, facts.messages);
    atomic_init(&row->bytes, facts.bytes);
    row->is_stored = true;
    return PX_OK;
}

static bool is_since(px_key key)
{
    return key.a == 0 && key.b == 0 && key.c == 0;
}

px_status px_presence_load(px_presence *presence, const px_fold *row, bool is_there,
                           px_err *ret_err)
{
    px_key key = row->key;

    if (is_since(key)) {
        presence->is_since_dirty = false;
        return px_get_presence_since(row->body, &presence->since, ret_err);
    }
    if (key.a <= 0 || key.a > UINT32_MAX || key.b != PX_PRESENCE_FACTS ||
        !px_presence_row_device(key))
        return px_fail_id(ret_err, PX_CORRUPT, "device.row",
                          "row (%lld, %lld, %lld) of table device is no device's", (long long)key.a,
                          (long long)key.b, (long long)key.c);
    if (is_there && presence->rows.len < presence->rows_max)
        return load_facts(presence, row, ret_err);
    return PX_VEC_PUSH(&presence->gone, key) ? PX_OK : px_no_memory(ret_err);
}

static int by_last_touch(const void *a, const void *b)
{
    const px_presence_row *const *x = a, *const *y = b;

    return ((*x)->seen > (*y)->seen) - ((*x)->seen < (*y)->seen);
}

/* They were read in the order of their numbers. */
px_status px_presence_loaded(px_presence *presence, px_err *ret_err)
{
    size_t count = presence->rows.len;
    px_presence_row **sorted = px_zalloc(count + 1, sizeof(px_presence_row *));

    if (!sorted)
        return px_no_memory(ret_err);
    for (size_t i = 0; i < count; i++)
        sorted[i] = presence->rows.ptr[i];
    qsort(sorted, count, sizeof(px_presence_row *), by_last_touch);
    presence->oldest = presence->newest = NULL;
    for (size_t i = 0; i < count; i++)
        pxi_presence_join_idle(presence, sorted[i]);
    px_free(sorted);
    return PX_OK;
}

/* ---- writing ---- */

void px_presence_begin_round(px_presence *presence)
{
    pthread_mutex_lock(&presence->lock);
    presence->at = 0;
    pthread_mutex_unlock(&presence->lock);
}

static bool pull_since(px_presence *presence, px_saving *saving)
{
    size_t from = saving->bodies.len;

    if (!presence->is_since_dirty)
        return true;
    px_put_presence_since(&saving->bodies, presence->since);
    if (!px_saving_put(saving, PX_TABLE_DEVICE, (px_key){ 0, 0, 0 }, from))
        return false;
    presence->is_since_dirty = false;
    presence->was_since_pulled = true;
    return true;
}

/* Before what is put: a device that was forgotten may have come again. */
static bool pull_gone(px_presence *presence, px_saving *saving)
{
    for (; presence->gone_pulled < presence->gone.len; presence->gone_pulled++)
        if (px_saving_is_full(saving) ||
            !px_saving_delete(saving, PX_TABLE_DEVICE, presence->gone.ptr[presence->gone_pulled]))
            return false;
    return true;
}

static bool pull_row(px_presence *presence, px_presence_row *row, px_saving *saving)
{
    size_t from = saving->bodies.len;
    px_presence_facts facts;

    if (!PX_VEC_RESERVE(&presence->pulled, presence->pulled.len + 1))
        return false;
    pxi_presence_counters(row, &facts);
    px_put_presence_facts(&saving->bodies, &facts);
    if (!px_saving_put(saving, PX_TABLE_DEVICE, pxi_presence_key(row, PX_PRESENCE_FACTS), from))
        return false;
    presence->pulled.ptr[presence->pulled.len++] = row->device_no;
    row->is_dirty = false;
    row->is_stored = true;
    return true;
}

/* False: no room, or no memory. */
static bool pull_rows(px_presence *presence, px_saving *saving)
{
    for (; presence->at < presence->rows.len; presence->at++) {
        px_presence_row *row = presence->rows.ptr[presence->at];

        if (row->is_dirty && (px_saving_is_full(saving) || !pull_row(presence, row, saving)))
            return false;
    }
    return true;
}

bool px_presence_pull(px_presence *presence, px_saving *saving)
{
    bool is_all;

    pthread_mutex_lock(&presence->lock);
    is_all =
        pull_since(presence, saving) && pull_gone(presence, saving) && pull_rows(presence, saving);
    pthread_mutex_unlock(&presence->lock);
    return !is_all;
}

static void drop_gone(px_presence *presence)
{
    size_t left = presence->gone.len - presence->gone_pulled;

    if (left)
        memmove(presence->gone.ptr, presence->gone.ptr + presence->gone_pulled,
                left * sizeof(*presence->gone.ptr));
    presence->gone.len = left;
}

void px_presence_settle(px_presence *presence, bool is_saved)
{
    px_presence_row *row;

    pthread_mutex_lock(&presence->lock);
    if (is_saved)
        drop_gone(presence);
    else
        presence->is_since_dirty |= presence->was_since_pulled;
    for (size_t i = 0; i < presence->pulled.len && !is_saved; i++)
        if ((row = pxi_presence_find(presence, presence->pulled.ptr[i])) != NULL)
            row->is_dirty = true;
    presence->pulled.len = presence->gone_pulled = 0;
    presence->was_since_pulled = false;
    pthread_mutex_unlock(&presence->lock);
}
