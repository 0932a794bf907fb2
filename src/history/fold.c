/* SPDX-License-Identifier: Apache-2.0 */
/* One journal row after the other into raw rows of series. An event is folded whole or, without
 * memory, not at all, and the next call goes on with it. */
#include "base/mem.h"
#include "history/internal.h"

static bool has_fields(uint64_t type)
{
    return type == PX_EVENT_DEVICE_MESSAGE || type == PX_EVENT_TWIN_PATCH ||
           type == PX_EVENT_TWIN_PUT || type == PX_EVENT_TELEMETRY;
}

/* Events name their model; one that does not (an older writer) means the twin's present one. */
static uint32_t model_of(px_history *h, const px_event *event)
{
    const px_twin *twin;

    if (event->model_no != 0 || !h->opts.graph)
        return event->model_no;
    if (px_graph_read_no(h->opts.graph, event->tenant, event->twin_no, &h->scratch, &twin, NULL) !=
        PX_OK)
        return 0;
    return px_twin_model(twin);
}

static void make_dirty(px_history *h, px_series *s, const px_event *event)
{
    if (!s->dirty) {
        pxi_epoch_enter(h, s, event->seq);
        pxi_series_move(s, &h->cold);
    }
    s->events++;
    if (s->list == &h->cold && s->events == 2)
        pxi_series_move(s, &h->warm);
    if (s->list != &h->full && (s->image_rows + s->raw_rows >= PX_BLOCK_ROWS_MAX ||
                                s->image_bytes + s->raw_len >= PX_BLOCK_RAW_BYTES))
        pxi_series_move(s, &h->full);
}

static void count_fields(px_history *h, const px_event *event, uint32_t rows)
{
    uint64_t ahead = 0;

    for (size_t i = 0; i < event->field_count; i++)
        ahead += event->fields[i].flags & PX_FIELD_AHEAD;
    pxi_history_add(h, PX_COUNT_ROWS, rows);
    pxi_history_add(h, PX_COUNT_CELLS, event->field_count);
    if (ahead > 0)
        pxi_history_add(h, PX_COUNT_AHEAD, ahead);
}

static px_status fold_fields(px_history *h, const px_event *event, px_err *ret_err)
{
    uint8_t *raw = px_arena_alloc(&h->arena, px_raw_bound(event));
    px_series *s = pxi_series_get(h, event->tenant, event->twin_no);
    px_shard *shard;
    px_raw_written w;
    px_raw_base base;

    if (!s || !raw)
        return px_no_memory(ret_err);
    if (event->seq <= s->stored_seq) /* folded before a restart, and written */
        return PX_OK;
    base = s->raw_last;
    w = px_raw_write(event, model_of(h, event), &base, raw);
    if (!pxi_series_reserve(h, s, w.bytes))
        return px_no_memory(ret_err);
    shard = pxi_shard_of_series(h, s);
    pthread_mutex_lock(&shard->lock);
    memcpy(s->raw + s->raw_len, raw, w.bytes);
    if (s->raw_len == 0 || w.time_min < s->raw_time_min)
        s->raw_time_min = w.time_min;
    s->raw_len += (uint32_t)w.bytes;
    s->raw_rows += w.rows;
    pthread_mutex_unlock(&shard->lock);
    s->raw_last = base;
    if (w.time_min < s->time_max)
        pxi_history_add(h, PX_COUNT_LATE, 1);
    s->time_max = w.time_max > s->time_max ? w.time_max : s->time_max;
    count_fields(h, event, w.rows);
    make_dirty(h, s, event);
    return PX_OK;
}

/* The twin's state as a value of its own series; of several events that tell the same beginning the
 * first counts. */
static px_status fold_freshness(px_history *h, px_event *event, px_err *ret_err)
{
    px_field_value state = { .field = PX_HISTORY_FRESHNESS, .source_time = event->source_time };

    if (!event->flag)
        state.value = px_value_text(px_str_c(px_freshness_name((px_freshness)event->code)));
    event->fields = &state;
    event->field_count = 1;
    return fold_fields(h, event, ret_err);
}

/* A twin that was just made has nothing in the store: saves a look there for each of a bulk load.
 */
static px_status fold_made(px_history *h, const px_event *event, px_err *ret_err)
{
    px_series *s;
    px_shard *shard;

    if (event->type != PX_EVENT_TWIN_PUT || event->flag || event->seq <= h->refold_until)
        return PX_OK;
    s = pxi_series_get(h, event->tenant, event->twin_no);
    if (!s)
        return px_no_memory(ret_err);
    shard = pxi_shard_of_series(h, s);
    pthread_mutex_lock(&shard->lock);
    s->loaded = true;
    pthread_mutex_unlock(&shard->lock);
    return PX_OK;
}

static px_status fold_event(px_history *h, px_err *ret_err)
{
    px_cut peek = h->cut;
    uint64_t type = px_get_varint(&peek);
    px_event event;

    if (!has_fields(type) && type != PX_EVENT_FRESHNESS) {
        px_get_varint(&peek);
        px_get_block(&peek);
        if (peek.bad)
            return px_fail_id(ret_err, PX_CORRUPT, "journal.event", "an event is cut short");
        h->cut = peek;
        return PX_OK;
    }
    peek = h->cut;
    px_arena_reset(&h->arena);
    PX_TRY(px_get_event(&peek, &h->arena, &event, ret_err));
    event.seq = h->seq;
    event.time = h->batch->time;
    if (event.type == PX_EVENT_FRESHNESS) {
        PX_TRY(fold_freshness(h, &event, ret_err));
    } else if (event.field_count > 0) {
        PX_TRY(fold_made(h, &event, ret_err));
        PX_TRY(fold_fields(h, &event, ret_err));
    }
    h->cut = peek;
    return PX_OK;
}

px_status pxi_fold_batch(px_history *h, px_err *ret_err)
{
    while (px_cut_left(&h->cut) > 0) {
        if (h->seq > h->batch->seq_last)
            return px_fail_id(ret_err, PX_CORRUPT, "journal.events",
                              "the row of positions %llu to %llu holds more events than that",
                              (unsigned long long)h->batch->seq_first,
                              (unsigned long long)h->batch->seq_last);
        PX_TRY(fold_event(h, ret_err));
        h->seq++;
    }
    return PX_OK;
}
