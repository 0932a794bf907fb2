/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices on the disk: rows that are read at the start, and put again when something of them
 * changed. Whoever was forgotten is deleted first, for it may have come again.
 */
#include <stdlib.h>

#include "sync/presence_inner.h"

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

/* One of these words, for as long as the presence lives; of more than so many none is kept. */
static const char *intern(px_presence *presence, px_str word)
{
    char *own;

    PX_VEC_EACH (&presence->reasons, reason)
        if (px_str_eq(px_str_c(*reason), word))
            return *reason;
    if (word.len == 0)
        return "";
    if (presence->reasons.len >= PX_DEVICE_REASONS_MAX)
        return "other";
    own = px_zalloc(1, word.len + 1);
    if (!own || !PX_VEC_PUSH(&presence->reasons, own)) {
        px_free(own);
        return NULL;
    }
    memcpy(own, word.ptr, word.len);
    return own;
}

/* Facts come before logs: one without them is nobody's. */
static px_status load_log(px_presence *presence, const px_fold *fold, px_err *ret_err)
{
    px_presence_row *row = pxi_presence_find(presence, px_presence_row_device(fold->key));
    px_str reasons[PX_DEVICE_LOG_MAX];
    px_presence_facts log;
    bool is_connected;

    PX_TRY(px_get_presence_log(fold->body, &log, reasons, &is_connected, ret_err));
    if (!row || row->tenant != fold->key.a || row->log.len)
        return px_dead_rows_add(&presence->gone, fold->key) ? PX_OK : px_no_memory(ret_err);
    for (size_t i = log.log_count; i-- > 0;) {
        log.log[i].reason = intern(presence, reasons[i]);
        if (!log.log[i].reason || !PX_VEC_PUSH(&row->log, log.log[i]))
            return px_no_memory(ret_err);
        row->newest = row->log.len - 1;
    }
    row->was_connected = is_connected;
    return PX_OK;
}

static px_time last_touch(const px_presence_row *row)
{
    px_time noted = row->log.len ? row->log.ptr[row->newest].time : PX_TIME_NONE;

    return noted > row->seen ? noted : row->seen;
}

/* Of the connection that was let in last; NULL: its entry made room. */
static const px_presence_entry *last_connected(const px_presence_row *row)
{
    for (size_t i = 0; i < row->log.len; i++) {
        size_t at = (row->newest + row->log.len - i) % row->log.len;

        if (row->log.ptr[at].event == PX_PRESENCE_CONNECTED)
            return &row->log.ptr[at];
    }
    return NULL;
}

/* Nobody told its end. */
static void end_killed(px_presence_row *row)
{
    const px_presence_entry *entry = last_connected(row);
    px_presence_entry connected = entry ? *entry : (px_presence_entry){ 0 };
    px_presence_peer peer = { last_touch(row), connected.address, PX_PRESENCE_KILLED,
                              connected.version };

    if (row->was_connected)
        pxi_presence_note(row, PX_PRESENCE_ENDED, &peer);
    row->was_connected = false;
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
    if (key.a <= 0 || key.a > UINT32_MAX || key.b < PX_PRESENCE_FACTS || key.b > PX_PRESENCE_LOG ||
        !px_presence_row_device(key))
        return px_fail_id(ret_err, PX_CORRUPT, "device.row",
                          "row (%lld, %lld, %lld) of table device is no device's", (long long)key.a,
                          (long long)key.b, (long long)key.c);
    if (key.b == PX_PRESENCE_LOG)
        return load_log(presence, row, ret_err);
    if (is_there && presence->rows.len < presence->rows_max)
        return load_facts(presence, row, ret_err);
    return px_dead_rows_add(&presence->gone, key) ? PX_OK : px_no_memory(ret_err);
}

static int by_last_touch(const void *a, const void *b)
{
    const px_presence_row *const *x = a, *const *y = b;

    return (last_touch(*x) > last_touch(*y)) - (last_touch(*x) < last_touch(*y));
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
    for (size_t i = 0; i < count; i++) {
        pxi_presence_join_idle(presence, sorted[i]);
        end_killed(sorted[i]);
    }
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

static bool pull_facts(px_presence *presence, px_presence_row *row, px_saving *saving)
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

static bool pull_log(px_presence *presence, px_presence_row *row, px_saving *saving)
{
    size_t from = saving->bodies.len;
    px_presence_facts facts;

    if (!PX_VEC_RESERVE(&presence->pulled_logs, presence->pulled_logs.len + 1))
        return false;
    pxi_presence_copy(row, &facts);
    px_put_presence_log(&saving->bodies, &facts);
    if (!px_saving_put(saving, PX_TABLE_DEVICE, pxi_presence_key(row, PX_PRESENCE_LOG), from))
        return false;
    presence->pulled_logs.ptr[presence->pulled_logs.len++] = row->device_no;
    row->is_log_dirty = false;
    return true;
}

/* A log goes with facts, or behind them. */
static bool pull_row(px_presence *presence, px_presence_row *row, px_saving *saving)
{
    row->is_dirty |= row->is_log_dirty && !row->is_stored;
    if (row->is_dirty && (px_saving_is_full(saving) || !pull_facts(presence, row, saving)))
        return false;
    return !row->is_log_dirty || (!px_saving_is_full(saving) && pull_log(presence, row, saving));
}

/* False: no room, or no memory. */
static bool pull_rows(px_presence *presence, px_saving *saving)
{
    for (; presence->at < presence->rows.len; presence->at++)
        if (!pull_row(presence, presence->rows.ptr[presence->at], saving))
            return false;
    return true;
}

bool px_presence_pull(px_presence *presence, px_saving *saving)
{
    bool is_all;

    pthread_mutex_lock(&presence->lock);
    /* deleted before anything is put: a device that was forgotten may have come again */
    is_all = pull_since(presence, saving) &&
             px_dead_rows_pull(&presence->gone, PX_TABLE_DEVICE, saving) &&
             pull_rows(presence, saving);
    pthread_mutex_unlock(&presence->lock);
    return !is_all;
}

/* Of what was forgotten meanwhile nothing is left to be written. */
static void take_back(px_presence *presence)
{
    px_presence_row *row;

    presence->is_since_dirty |= presence->was_since_pulled;
    PX_VEC_EACH (&presence->pulled, device_no)
        if ((row = pxi_presence_find(presence, *device_no)) != NULL)
            row->is_dirty = true;
    PX_VEC_EACH (&presence->pulled_logs, device_no)
        if ((row = pxi_presence_find(presence, *device_no)) != NULL)
            row->is_log_dirty = true;
}

void px_presence_settle(px_presence *presence, bool is_saved)
{
    pthread_mutex_lock(&presence->lock);
    px_dead_rows_settle(&presence->gone, is_saved);
    if (!is_saved)
        take_back(presence);
    presence->pulled.len = presence->pulled_logs.len = 0;
    presence->was_since_pulled = false;
    pthread_mutex_unlock(&presence->lock);
}
