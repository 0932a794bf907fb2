/* SPDX-License-Identifier: Apache-2.0 */
#include "api/stream.h"

#include <stdio.h>

#include "sync/change.h"

enum {
    TWINS_MAX = 1000,
    ARENA_BYTES_MAX = 1024 * 1024,
    CONFLATED_BYTES = 64 * 1024, /* written at a time: the lock is held meanwhile */
    COMPACT_BYTES = 128 * 1024,  /* sent bytes at the queue's beginning that are worth a move */
    QUEUE_FACTOR = 4,            /* the buffer's own limit, times the queue's: never reached */
};

/* ---- making ---- */

/* Ids may hold commas: they are decoded after the list was split. */
static px_status read_twins(px_stream *s, px_str raw, px_err *ret_err)
{
    if (raw.len == 0)
        return PX_OK;
    s->twins = PX_ARENA_ARRAY(&s->arena, px_str, TWINS_MAX);
    if (!s->twins || !px_map_reserve(&s->wanted, TWINS_MAX))
        return px_no_memory(ret_err);
    while (raw.len && s->twin_count < TWINS_MAX) {
        px_str *id = &s->twins[s->twin_count];

        if (!px_api_decode(&s->arena, px_str_cut(&raw, ','), true, id))
            return px_fail_id(ret_err, PX_INVALID, "stream.twins", "an id of `twins` is malformed");
        px_map_add(&s->wanted, px_str_hash(*id), (uint32_t)s->twin_count++);
    }
    if (raw.len)
        return px_fail_id(ret_err, PX_INVALID, "stream.twins", "at most %d twins can be named",
                          TWINS_MAX);
    return PX_OK;
}

px_stream *px_stream_new(px_api_call *call, px_str twins, uint64_t after)
{
    px_stream *s = px_zalloc(1, sizeof(*s));
    px_status status;
    px_err err;

    if (!s) {
        px_api_fail(call, px_no_memory(&err), &err);
        return NULL;
    }
    s->api = call->api;
    s->tenant = call->principal.tenant;
    s->after = s->safe_seq = s->seen_seq = after;
    px_assert(call->credential.len < sizeof(s->credential));
    memcpy(s->credential, call->credential.ptr, call->credential.len);
    px_assert(call->session.len < sizeof(s->session));
    if (call->session.len)
        memcpy(s->session, call->session.ptr, call->session.len);
    px_arena_init(&s->arena, ARENA_BYTES_MAX);
    px_buf_init(&s->queue, QUEUE_FACTOR * (size_t)PX_STREAM_QUEUE_BYTES_MAX);
    px_buf_init(&s->deletions, PX_STREAM_QUEUE_BYTES_MAX);
    px_put_c(&s->queue, ": pollux\n\n");
    status = read_twins(s, twins, &err);
    if (status == PX_OK)
        return s;
    px_stream_free(s);
    px_api_fail(call, status, &err);
    return NULL;
}

void px_stream_free(px_stream *s)
{
    px_feed_close(s->feed);
    px_buf_release(&s->queue);
    px_buf_release(&s->deletions);
    px_map_release(&s->wanted);
    px_map_release(&s->dirty);
    px_map_release(&s->ahead);
    PX_VEC_RELEASE(&s->dirty_nos);
    PX_VEC_RELEASE(&s->ahead_seqs);
    px_arena_release(&s->arena);
    px_free(s);
}

/* ---- into the queue ---- */

bool px_stream_wants(const px_stream *s, px_str twin_id)
{
    uint64_t hash;

    if (s->twin_count == 0)
        return true;
    hash = px_str_hash(twin_id);
    for (size_t at = px_map_first(&s->wanted, hash); at != PX_MAP_END;
         at = px_map_next(&s->wanted, hash, at))
        if (px_str_eq(s->twins[s->wanted.values[at]], twin_id))
            return true;
    return false;
}

static void wake(px_stream *s)
{
    if (s->face.wake)
        s->face.wake(s->face.door_data);
}

size_t px_stream_waiting(const px_stream *s)
{
    return s->queue.len - s->sent;
}

static void put_frame(px_stream *s, uint64_t id, const char *event, px_str data)
{
    px_putf(&s->queue, "id: %llu\nevent: %s\ndata: ", (unsigned long long)id, event);
    px_put(&s->queue, data);
    px_put_c(&s->queue, "\n\n");
    if (s->queue.status != PX_OK)
        s->ended = true; /* no memory: the client comes again with its last id */
}

static void conflate(px_stream *s, uint32_t twin_no)
{
    s->stats->conflated++;
    if (px_map_first(&s->dirty, twin_no) != PX_MAP_END)
        return;
    if (!px_map_add(&s->dirty, twin_no, twin_no) || !PX_VEC_PUSH(&s->dirty_nos, twin_no))
        s->ended = true;
}

/* A deleted twin cannot be asked for its state any more: what the event said is kept. */
static void conflate_deletion(px_stream *s, px_str data)
{
    uint32_t len = (uint32_t)data.len;

    s->stats->conflated++;
    px_put(&s->deletions, px_str_of((const char *)&len, sizeof(len)));
    px_put(&s->deletions, data);
    if (s->deletions.status != PX_OK)
        s->ended = true; /* the client comes again with its last id */
}

static bool has_conflated(const px_stream *s)
{
    return s->dirty_nos.len > 0 || s->deletions.len > s->deletions_sent || s->lost;
}

/* A conflated state was read from the graph, which runs ahead of the thread: what it holds already
 * does not come again, or the watcher would see the value go back. */
static bool was_sent(px_stream *s, const px_event *event)
{
    size_t at;

    if (s->ahead_max == 0)
        return false;
    if (event->seq > s->ahead_max) {
        px_map_clear(&s->ahead);
        s->ahead_seqs.len = 0;
        s->ahead_max = 0;
        return false;
    }
    at = px_map_first(&s->ahead, event->twin_no);
    return at != PX_MAP_END && event->seq <= s->ahead_seqs.ptr[s->ahead.values[at]];
}

void px_stream_offer(px_stream *s, const px_event *event, px_str data)
{
    s->seen_seq = event->seq;
    if (px_event_is_state(event) && was_sent(s, event))
        return;
    s->stats->events++;
    if (has_conflated(s) || px_stream_waiting(s) + data.len + 128 > PX_STREAM_QUEUE_BYTES_MAX) {
        if (event->type == PX_EVENT_TWIN_DELETE)
            conflate_deletion(s, data);
        else if (px_event_is_state(event))
            conflate(s, event->twin_no);
        else
            s->lost = true;
    } else {
        put_frame(s, event->seq, "change", data);
        s->safe_seq = event->seq;
    }
    wake(s);
}

void px_stream_gap(px_stream *s, uint64_t position, px_gap why)
{
    static const char *const reasons[] = {
        [PX_GAP_TRIMMED] = "older than the journal", [PX_GAP_FUTURE] = "newer than the journal"
    };
    char data[64];

    s->stats->gaps++;
    s->after = s->safe_seq = s->seen_seq = position;
    snprintf(data, sizeof(data), "{\"reason\":\"%s\"}", reasons[why]);
    put_frame(s, position, "gap", px_str_c(data));
    wake(s);
}

void px_stream_beat(px_stream *s, uint64_t position)
{
    if (px_stream_waiting(s) == 0) {
        if (s->state == PX_STREAM_LIVE && !has_conflated(s) && position > s->safe_seq)
            s->safe_seq = s->seen_seq = position;
        px_putf(&s->queue, ": beat\nid: %llu\n\n", (unsigned long long)s->safe_seq);
    }
    wake(s);
}

void px_stream_end(px_stream *s)
{
    s->ended = true;
    wake(s);
}

/* ---- conflated states ---- */

static void remember_ahead(px_stream *s, uint32_t twin_no, uint64_t seq)
{
    size_t at = px_map_first(&s->ahead, twin_no);

    if (seq <= s->seen_seq)
        return;
    if (at != PX_MAP_END)
        s->ahead_seqs.ptr[s->ahead.values[at]] = seq;
    else if (!PX_VEC_PUSH(&s->ahead_seqs, seq) ||
             !px_map_add(&s->ahead, twin_no, (uint32_t)s->ahead_seqs.len - 1))
        s->ended = true;
    s->ahead_max = seq > s->ahead_max ? seq : s->ahead_max;
}

/* All reported values of a twin as one change. False: the twin is gone, or there is no memory. */
static bool put_state(px_stream *s, const px_twin *twin, px_buf *data, px_buf *scratch)
{
    px_engine *engine = s->api->opts.engine;
    uint32_t count = px_twin_slot_from(twin, PX_DESIRED);
    px_field_value *fields = px_zalloc(count + 1, sizeof(*fields));
    px_event event = { .type = PX_EVENT_TWIN_PATCH,
                       .tenant = s->tenant,
                       .twin_no = px_twin_number(twin),
                       .model_no = px_twin_model(twin),
                       .time = px_twin_time(twin),
                       .source_time = PX_TIME_NONE,
                       .fields = fields,
                       .field_count = count };
    px_str id;
    bool done;

    for (uint32_t i = 0; fields && i < count; i++) {
        px_slot slot = px_twin_slot_at(twin, i);

        fields[i] = (px_field_value){ .field = slot.key,
                                      .source_time = slot.source_time,
                                      .value = slot.value };
    }
    done = fields && px_put_change(data, px_engine_graph(engine), px_engine_registry(engine),
                                   &event, scratch, &id);
    px_free(fields);
    return done;
}

/* Before the states: a twin may have been made again under the id of a deleted one. */
static void send_deletions(px_stream *s)
{
    while (s->deletions.len > s->deletions_sent && px_stream_waiting(s) < CONFLATED_BYTES &&
           !s->ended) {
        const char *at = s->deletions.ptr + s->deletions_sent;
        uint32_t len;

        memcpy(&len, at, sizeof(len));
        s->deletions_sent += sizeof(len) + len;
        if (s->deletions.len == s->deletions_sent && s->dirty_nos.len == 0 && !s->lost)
            s->safe_seq = s->seen_seq;
        put_frame(s, s->safe_seq, "change", px_str_of(at + sizeof(len), len));
    }
    if (s->deletions.len == s->deletions_sent) {
        px_buf_clear(&s->deletions);
        s->deletions_sent = 0;
    }
}

/* Only the last of them carries the position up to which nothing is due any more: the gap, when
 * something was lost, or who is cut off before it would resume behind what it was not told. */
static void send_conflated(px_stream *s)
{
    px_graph *graph = px_engine_graph(s->api->opts.engine);
    px_buf record = { 0 }, scratch = { 0 }, data = { 0 };

    send_deletions(s);
    while (s->dirty_nos.len > 0 && px_stream_waiting(s) < CONFLATED_BYTES && !s->ended) {
        uint32_t no = s->dirty_nos.ptr[--s->dirty_nos.len];
        const px_twin *twin;

        px_map_remove(&s->dirty, no, no);
        if (s->dirty_nos.len == 0 && !s->lost)
            s->safe_seq = s->seen_seq;
        px_buf_clear(&data);
        if (px_graph_read_no(graph, s->tenant, no, &record, &twin, NULL) != PX_OK ||
            !put_state(s, twin, &data, &scratch))
            continue;
        put_frame(s, s->safe_seq, "change", px_buf_str(&data));
        remember_ahead(s, no, px_twin_seq(twin));
    }
    if (s->lost && s->dirty_nos.len == 0 && s->deletions.len == s->deletions_sent) {
        s->lost = false;
        s->stats->gaps++;
        s->safe_seq = s->seen_seq;
        put_frame(s, s->safe_seq, "gap", PX_STR("{\"reason\":\"the watcher was too slow\"}"));
    }
    px_buf_release(&record);
    px_buf_release(&scratch);
    px_buf_release(&data);
}

/* ---- out of the queue ---- */

static void compact(px_stream *s)
{
    if (s->sent == s->queue.len) {
        px_buf_clear(&s->queue);
        s->sent = 0;
    } else if (s->sent > COMPACT_BYTES && s->sent > s->queue.len / 2) {
        s->queue.len -= s->sent;
        memmove(s->queue.ptr, s->queue.ptr + s->sent, s->queue.len);
        s->sent = 0;
    }
}

ptrdiff_t px_stream_take(px_stream *s, char *ret_bytes, size_t size)
{
    size_t left;

    compact(s);
    if (s->queue.len == 0 && !s->ended)
        send_conflated(s);
    left = px_stream_waiting(s);
    if (left == 0)
        return s->ended ? -1 : 0;
    left = left < size ? left : size;
    memcpy(ret_bytes, s->queue.ptr + s->sent, left);
    s->sent += left;
    return (ptrdiff_t)left;
}
