/* SPDX-License-Identifier: Apache-2.0 */
#include "freshness/record.h"

#include "base/limits.h"
#include "base/mem.h"

enum {
    FORMAT = 1,
    HAS_LIVE = 1, /* of an item */
    LIVE_AHEAD = 2,
    LIVE_COMMAND = 4,
    LIVE_SOURCE = 8,
    HAS_BACK = 16,
    ITEM_FLAGS = 31,
    HAS_LAST = 1, /* of figures */
    HAS_PERIOD = 2,
    HAS_BUCKET = 4,
    HAS_OFFSET = 8,
    HAS_DELAY = 16,
    WAS_BELIEVED = 32,
    FIGURE_FLAGS = 63,
};

void px_fresh_row_release(px_fresh_row *row)
{
    PX_VEC_EACH (&row->items, tracked)
        px_fresh_release(&tracked->item);
    PX_VEC_EACH (&row->sources, source)
        px_measure_release(&source->measure);
    PX_VEC_RELEASE(&row->items);
    PX_VEC_RELEASE(&row->sources);
}

/* ---- writing ---- */

static void put_clock(px_buf *buf, const px_clock *c)
{
    px_put_zigzag(buf, c->offset);
    px_put_zigzag(buf, c->base);
    px_put_zigzag(buf, c->least);
    px_put_zigzag(buf, c->last);
    px_put_u8(buf, c->run);
}

static void put_measure(px_buf *buf, const px_measure *m)
{
    px_put_u8(buf,
              (uint8_t)((m->has_last ? HAS_LAST : 0) | (m->has_period ? HAS_PERIOD : 0) |
                        (m->has_bucket ? HAS_BUCKET : 0) | (m->clock.has_offset ? HAS_OFFSET : 0) |
                        (m->clock.has_last ? HAS_DELAY : 0) |
                        (m->clock.was_believed ? WAS_BELIEVED : 0)));
    px_put_varint(buf, m->samples);
    px_put_varint(buf, m->late);
    px_put_varint(buf, m->duplicates);
    px_put_zigzag(buf, m->last_arrival);
    px_put_zigzag(buf, m->last_own);
    px_put_zigzag(buf, m->period);
    px_put_zigzag(buf, m->jitter);
    px_put_zigzag(buf, m->bucket);
    px_put_zigzag(buf, m->bucket_first);
    for (int i = 0; i < PX_MEASURE_BUCKETS; i++)
        px_put_varint(buf, m->counts[i]);
    put_clock(buf, &m->clock);
    px_put_varint(buf, m->seen_count);
    px_put_varint(buf, m->seen_at);
    for (uint32_t i = 0; i < m->seen_count; i++)
        px_put_u32(buf, m->seen[i]);
}

static void put_item(px_buf *buf, const px_fresh_tracked *tracked)
{
    const px_fresh_item *item = &tracked->item;
    bool has_source = item->has_live && item->live.source_time != PX_TIME_NONE;
    bool has_back = item->back_at != PX_TIME_NONE;

    px_put_varint(buf, tracked->rule.field);
    px_put_varint(buf, (uint64_t)tracked->rule.rule.period);
    px_put_u8(buf, (uint8_t)item->state);
    px_put_zigzag(buf, item->since);
    px_put_u8(buf,
              (uint8_t)((item->has_live ? HAS_LIVE : 0) | (item->live.is_ahead ? LIVE_AHEAD : 0) |
                        (item->live.is_command ? LIVE_COMMAND : 0) |
                        (has_source ? LIVE_SOURCE : 0) | (has_back ? HAS_BACK : 0)));
    if (item->has_live) {
        px_put_zigzag(buf, item->live.arrival);
        px_put_u64(buf, item->live.value);
        px_put_zigzag(buf, item->good_at);
    }
    if (has_source)
        px_put_zigzag(buf, item->live.source_time);
    px_put_u8(buf, item->good_count);
    if (has_back)
        px_put_zigzag(buf, item->back_at);
    put_measure(buf, &item->measure);
}

void px_put_fresh_row(px_buf *buf, const px_fresh_row *row)
{
    px_put_u8(buf, FORMAT);
    px_put_varint(buf, row->model_no);
    px_put_u8(buf, (uint8_t)row->state);
    px_put_zigzag(buf, row->since);
    px_put_varint(buf, row->items.len);
    PX_VEC_EACH (&row->items, tracked)
        put_item(buf, tracked);
    px_put_varint(buf, row->sources.len);
    PX_VEC_EACH (&row->sources, source) {
        px_put_varint(buf, source->document_no);
        put_measure(buf, &source->measure);
    }
}

/* ---- reading ---- */

static void get_clock(px_cut *cut, px_clock *c)
{
    c->offset = px_get_zigzag(cut);
    c->base = px_get_zigzag(cut);
    c->least = px_get_zigzag(cut);
    c->last = px_get_zigzag(cut);
    c->run = px_get_u8(cut);
    cut->bad |= c->run >= PX_FRESH_RUN;
}

static px_status get_seen(px_cut *cut, px_measure *m, px_err *ret_err)
{
    uint32_t count = px_get_varint32(cut), at = px_get_varint32(cut);

    cut->bad |= count > PX_FRESHNESS_LATE_MAX || at >= PX_FRESHNESS_LATE_MAX ||
                px_cut_left(cut) / 4 < count;
    if (cut->bad || count == 0)
        return PX_OK;
    m->seen = px_zalloc(PX_FRESHNESS_LATE_MAX, sizeof(*m->seen));
    if (!m->seen)
        return px_no_memory(ret_err);
    m->seen_count = (uint16_t)count;
    m->seen_at = (uint16_t)at;
    for (uint32_t i = 0; i < count; i++)
        m->seen[i] = px_get_u32(cut);
    return PX_OK;
}

static px_status get_measure(px_cut *cut, px_measure *m, px_err *ret_err)
{
    uint8_t flags = px_get_u8(cut);

    cut->bad |= (flags & ~FIGURE_FLAGS) != 0;
    m->has_last = flags & HAS_LAST;
    m->has_period = flags & HAS_PERIOD;
    m->has_bucket = flags & HAS_BUCKET;
    m->samples = px_get_varint(cut);
    m->late = px_get_varint(cut);
    m->duplicates = px_get_varint(cut);
    m->last_arrival = px_get_zigzag(cut);
    m->last_own = px_get_zigzag(cut);
    m->period = px_get_zigzag(cut);
    m->jitter = px_get_zigzag(cut);
    m->bucket = px_get_zigzag(cut);
    m->bucket_first = px_get_zigzag(cut);
    for (int i = 0; i < PX_MEASURE_BUCKETS; i++) {
        uint32_t count = px_get_varint32(cut);

        cut->bad |= count > UINT16_MAX;
        m->counts[i] = (uint16_t)count;
    }
    get_clock(cut, &m->clock);
    m->clock.has_offset = flags & HAS_OFFSET;
    m->clock.has_last = flags & HAS_DELAY;
    m->clock.was_believed = flags & WAS_BELIEVED;
    return get_seen(cut, m, ret_err);
}

static px_freshness get_state(px_cut *cut)
{
    uint8_t state = px_get_u8(cut);

    cut->bad |= state >= PX_FRESHNESS_COUNT;
    return cut->bad ? PX_FRESHNESS_UNKNOWN : (px_freshness)state;
}

static px_status get_item(px_cut *cut, px_fresh_tracked *tracked, px_err *ret_err)
{
    px_fresh_item *item = &tracked->item;
    uint64_t period;
    uint8_t flags;

    tracked->rule.field = px_get_varint32(cut);
    period = px_get_varint(cut);
    cut->bad |= tracked->rule.field >= PX_FIELDS_MAX || period > PX_FRESHNESS_NS_MAX;
    tracked->rule.rule.period = (int64_t)period;
    item->state = get_state(cut);
    item->since = px_get_zigzag(cut);
    flags = px_get_u8(cut);
    item->has_live = flags & HAS_LIVE;
    item->live.is_ahead = flags & LIVE_AHEAD;
    item->live.is_command = flags & LIVE_COMMAND;
    item->live.source_time = item->good_at = item->back_at = PX_TIME_NONE;
    cut->bad |= (flags & ~ITEM_FLAGS) != 0 || (!item->has_live && (flags & LIVE_SOURCE)) ||
                (item->has_live != (item->state != PX_FRESHNESS_UNKNOWN));
    if (item->has_live) {
        item->live.arrival = px_get_zigzag(cut);
        item->live.value = px_get_u64(cut);
        item->good_at = px_get_zigzag(cut);
    }
    if (flags & LIVE_SOURCE)
        item->live.source_time = px_get_zigzag(cut);
    item->good_count = px_get_u8(cut);
    if (flags & HAS_BACK)
        item->back_at = px_get_zigzag(cut);
    return get_measure(cut, &item->measure, ret_err);
}

static px_status get_items(px_cut *cut, px_fresh_row *row, px_err *ret_err)
{
    uint32_t count = px_get_varint32(cut);
    int64_t before = -1;

    cut->bad |= count > PX_FRESHNESS_PROPERTIES_MAX;
    for (uint32_t i = 0; i < count && !cut->bad; i++) {
        if (!PX_VEC_PUSH(&row->items, (px_fresh_tracked){ 0 }))
            return px_no_memory(ret_err);
        PX_TRY(get_item(cut, &row->items.ptr[i], ret_err));
        cut->bad |= row->items.ptr[i].rule.field <= before;
        before = row->items.ptr[i].rule.field;
    }
    return PX_OK;
}

static px_status get_sources(px_cut *cut, px_fresh_row *row, px_err *ret_err)
{
    uint32_t count = px_get_varint32(cut);

    cut->bad |= count > PX_FRESHNESS_SOURCES_MAX;
    for (uint32_t i = 0; i < count && !cut->bad; i++) {
        px_fresh_source source = { .document_no = px_get_varint32(cut) };

        if (!PX_VEC_PUSH(&row->sources, source))
            return px_no_memory(ret_err);
        PX_TRY(get_measure(cut, &row->sources.ptr[i].measure, ret_err));
    }
    return PX_OK;
}

static px_status get_row(px_cut *cut, px_fresh_row *row, px_err *ret_err)
{
    row->model_no = px_get_varint32(cut);
    row->state = get_state(cut);
    row->since = px_get_zigzag(cut);
    PX_TRY(get_items(cut, row, ret_err));
    if (!cut->bad)
        PX_TRY(get_sources(cut, row, ret_err));
    if (cut->bad || px_cut_left(cut))
        return px_fail_id(ret_err, PX_CORRUPT, "freshness.row",
                          "a row of a twin's freshness does not read");
    return PX_OK;
}

px_status px_fresh_row_read(px_str bytes, px_fresh_row *ret_row, px_err *ret_err)
{
    px_cut cut = px_cut_of(bytes);
    uint8_t format = px_get_u8(&cut);
    px_fresh_row row = { 0 };
    px_status status;

    if (!cut.bad && format != FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "freshness.format",
                          "a row of a twin's freshness has format %u, this release reads %d",
                          format, FORMAT);
    status = get_row(&cut, &row, ret_err);
    if (status == PX_OK)
        *ret_row = row;
    else
        px_fresh_row_release(&row);
    return status;
}
