/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is due goes out in flights: small writebacks, at most PX_FLIGHTS_MAX of them under way. A
 * series in a flight is not touched again until it has landed, so its open row can be lent to the
 * engine. The cursor of a flight is the position up to which nothing is left in memory alone.
 */
#include "base/mem.h"
#include "history/internal.h"

enum { SKIPS_MAX = 64, CLEAN_FLUSHES = 3 };

/* ---- flights ---- */

static px_str engine_status_text(px_status status)
{
    return px_str_c(px_status_meaning(status));
}

/* On the engine's thread. */
static void landed(px_writeback *writeback, px_status status)
{
    px_flight *flight = writeback->data;
    px_history *h = flight->history;

    flight->status = status;
    pthread_mutex_lock(&h->landed_lock);
    flight->next = h->landed;
    h->landed = flight;
    pthread_mutex_unlock(&h->landed_lock);
}

static px_status flight_ready(px_history *h, px_err *ret_err)
{
    if (h->flight)
        return PX_OK;
    h->flight = px_zalloc(1, sizeof(*h->flight));
    if (!h->flight)
        return px_no_memory(ret_err);
    h->flight->history = h;
    return PX_OK;
}

static void send(px_history *h)
{
    px_flight *flight = h->flight;

    flight->position = pxi_epoch_cursor(h);
    flight->writeback = (px_writeback){
        .consumer = PX_CONSUMER_HISTORY,
        .cursor = flight->position,
        .effect = { .name = "history", .ops = flight->ops.ptr, .count = flight->ops.len },
        .done = landed,
        .data = flight
    };
    h->flight = NULL;
    h->flying++;
    h->cursor_sent = flight->position;
    h->cursor_since = h->now;
    px_engine_writeback(h->opts.engine, &flight->writeback);
}

static void free_flight(px_flight *flight)
{
    PX_VEC_RELEASE(&flight->ops);
    PX_VEC_RELEASE(&flight->series);
    px_free(flight);
}

/* A series that came down: written, and free to change again. */
static void settle_series(px_history *h, px_series *s)
{
    px_shard *shard = pxi_shard_of_series(h, s);
    px_sealed *sealed;

    pthread_mutex_lock(&shard->lock);
    sealed = s->sealed;
    s->sealed = NULL;
    pthread_mutex_unlock(&shard->lock);
    while (sealed) {
        px_sealed *next = sealed->next;

        px_free(sealed);
        sealed = next;
    }
    s->in_flight = false;
    if (s->dirty)
        return;
    if (s->events <= 1)
        pxi_series_evict(h, s);
    else
        pxi_series_move(s, &h->clean);
}

static px_status land(px_history *h, px_flight *flight, px_err *ret_err)
{
    px_status status = flight->status;

    h->flying--;
    if (status == PX_OK) {
        for (size_t i = 0; i < flight->series.len; i++)
            settle_series(h, flight->series.ptr[i]);
        if (flight->position > atomic_load_explicit(&h->cursor, memory_order_relaxed))
            atomic_store_explicit(&h->cursor, flight->position, memory_order_release);
    }
    free_flight(flight);
    if (status == PX_OK)
        return PX_OK;
    return px_fail(ret_err, status, "history was not written: %.*s",
                   PX_FMT(engine_status_text(status)));
}

px_status pxi_flush_land(px_history *h, px_err *ret_err)
{
    px_status status = PX_OK;
    px_flight *flights;

    pthread_mutex_lock(&h->landed_lock);
    flights = h->landed;
    h->landed = NULL;
    pthread_mutex_unlock(&h->landed_lock);
    while (flights) {
        px_flight *next = flights->next;
        px_status one = land(h, flights, status == PX_OK ? ret_err : NULL);

        status = status == PX_OK ? one : status;
        flights = next;
    }
    return status;
}

void pxi_flush_abandon(px_history *h)
{
    px_err err;

    if (pxi_flush_land(h, &err) != PX_OK)
        px_log_warn(h->opts.log, "history.unwritten", "%s", err.text);
}

/* ---- what is due ---- */

/* After its rows were taken: clean, or still dirty with those that did not go. */
static void sort_in(px_history *h, px_series *s)
{
    if (s->raw_len > 0) {
        pxi_series_move(s, s->list);
        return;
    }
    pxi_epoch_leave(h, s);
    if (s->in_flight)
        pxi_series_move(s, NULL);
    else if (s->events <= 1)
        pxi_series_evict(h, s);
    else
        pxi_series_move(s, &h->clean);
}

/* The first of the list that is not in a flight; those that are go to the end of it. */
static px_series *first_free(px_series_list *list)
{
    for (int skips = 0; list->head && skips < SKIPS_MAX; skips++) {
        px_series *s = list->head;

        if (!s->in_flight)
            return s;
        pxi_series_move(s, list);
    }
    return NULL;
}

/* Flushes the list's first. `ret_waits`: no flight is free, or all that it has are in one. */
static px_status flush_first(px_history *h, px_series_list *list, bool *ret_waits, px_err *ret_err)
{
    px_series *s = first_free(list);

    *ret_waits = !s || (!h->flight && h->flying >= PX_FLIGHTS_MAX);
    if (*ret_waits)
        return PX_OK;
    PX_TRY(flight_ready(h, ret_err));
    PX_TRY(pxi_seal_series(h, s, h->flight, ret_err));
    sort_in(h, s);
    if (h->flight->ops.len >= PX_FLIGHT_OPS || h->flight->bytes >= PX_FLIGHT_BYTES)
        send(h);
    return PX_OK;
}

static bool is_old(const px_history *h, const px_series_list *list)
{
    return list->head && h->now - list->head->dirty_since >= h->opts.flush_ns;
}

static bool is_wanted(px_history *h)
{
    uint64_t wanted = atomic_load_explicit(&h->flush_wanted, memory_order_acquire);

    return wanted > 0 && pxi_epoch_cursor(h) < wanted;
}

/* The list whose first should go out now; NULL when none must. */
static px_series_list *most_due(px_history *h, bool *easing)
{
    if (h->full.head)
        return &h->full;
    if (h->cold.bytes > PX_HISTORY_COLD_BYTES_MAX)
        *easing = true;
    *easing = *easing && h->cold.bytes > PX_HISTORY_COLD_BYTES_MAX / 2;
    if (*easing || is_old(h, &h->cold))
        return &h->cold;
    if (is_old(h, &h->warm))
        return &h->warm;
    if (atomic_load_explicit(&h->memory, memory_order_relaxed) > h->opts.memory_bytes_max ||
        is_wanted(h))
        return h->warm.head ? &h->warm : h->cold.head ? &h->cold : NULL;
    return NULL;
}

static void evict_clean(px_history *h)
{
    while (h->clean.head &&
           (atomic_load_explicit(&h->memory, memory_order_relaxed) > h->opts.memory_bytes_max ||
            h->now - h->clean.head->dirty_since > CLEAN_FLUSHES * h->opts.flush_ns))
        pxi_series_evict(h, h->clean.head);
}

/* Nothing to write may still be news: the journal waits for the cursor. */
static bool cursor_is_due(px_history *h)
{
    uint64_t cursor = pxi_epoch_cursor(h);
    uint64_t wanted = atomic_load_explicit(&h->flush_wanted, memory_order_acquire);

    return cursor > h->cursor_sent && h->flying < PX_FLIGHTS_MAX &&
           (h->now - h->cursor_since >= h->opts.flush_ns ||
            (wanted > h->cursor_sent && cursor >= wanted));
}

px_status pxi_flush_due(px_history *h, bool *ret_more, px_err *ret_err)
{
    px_series_list *list;
    bool easing = false, waits = false;

    evict_clean(h);
    while (!waits && (list = most_due(h, &easing)) != NULL)
        PX_TRY(flush_first(h, list, &waits, ret_err));
    *ret_more = waits;
    if (h->flight && h->flight->ops.len > 0)
        send(h);
    if (!cursor_is_due(h))
        return PX_OK;
    PX_TRY(flight_ready(h, ret_err));
    send(h);
    return PX_OK;
}
