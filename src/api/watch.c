/* SPDX-License-Identifier: Apache-2.0 */
#include "api/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "sync/change.h"

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024, WAIT_NS = 50 * 1000 * 1000, TWINS_MAX = 1000 };

static const int64_t heartbeat_ns = INT64_C(5) * 1000000000;

typedef struct stream {
    px_api_stream face; /* first: the door's handle */
    struct stream *next;
    px_watch *watch;
    uint32_t tenant;
    px_arena arena;
    px_str *twins; /* ids wanted; none: all */
    size_t twin_count;
    uint64_t after; /* position behind which it begins; caught up by the thread */
    bool joined, ended;
    bool busy,
        closing; /* the thread is catching it up; the door let go meanwhile: the thread frees it */
    px_buf queue;
    size_t sent;  /* of the queue */
    px_map dirty; /* conflated: numbers of twins whose newest state is due */
    PX_VEC(uint32_t) dirty_nos;
} stream;

typedef struct waiter {
    struct waiter *next;
    px_api_call *call;
    px_str command_id;
} waiter;

struct px_watch {
    px_api *api;
    pthread_t thread;
    bool running;
    _Atomic bool stopping;
    px_feed *feed;

    pthread_mutex_t lock; /* guards streams, waiters and counters */
    stream *streams;
    waiter *waiters;
    px_watch_stats stats;
};

/* ---- streams ---- */

static bool wants(const stream *s, px_str twin_id)
{
    if (s->twin_count == 0)
        return true;
    for (size_t i = 0; i < s->twin_count; i++)
        if (px_str_eq(s->twins[i], twin_id))
            return true;
    return false;
}

static void wake(stream *s)
{
    if (s->face.wake)
        s->face.wake(s->face.door_data);
}

static void put_frame(px_buf *queue, uint64_t seq, const char *event, px_str data)
{
    px_putf(queue, "id: %llu\nevent: %s\ndata: ", (unsigned long long)seq, event);
    px_put(queue, data);
    px_put_c(queue, "\n\n");
}

/* Remembers that the twin's newest state is due. */
static void conflate(stream *s, uint32_t twin_no)
{
    s->watch->stats.conflated++;
    if (px_map_first(&s->dirty, twin_no) != PX_MAP_END)
        return;
    if (!px_map_add(&s->dirty, twin_no, twin_no) || !PX_VEC_PUSH(&s->dirty_nos, twin_no))
        s->ended = true; /* no memory: the client comes again with its last id */
}

/* The caller holds the lock. */
static void send_change(stream *s, const px_event *event, px_str data)
{
    size_t waiting = s->queue.len - s->sent;

    if (s->dirty_nos.len > 0 || waiting + data.len + 128 > PX_STREAM_QUEUE_BYTES_MAX)
        conflate(s, event->twin_no);
    else
        put_frame(&s->queue, event->seq, "change", data);
    if (s->queue.status != PX_OK)
        s->ended = true;
    s->watch->stats.events++;
    wake(s);
}

/* Newest states of the twins that were conflated, as far as there is room. The caller holds the
 * lock. */
static void send_conflated(stream *s)
{
    px_engine *engine = s->watch->api->opts.engine;
    px_buf scratch = { 0 }, data = { 0 };

    while (s->dirty_nos.len > 0 && s->queue.len - s->sent < PX_STREAM_QUEUE_BYTES_MAX / 2) {
        uint32_t no = s->dirty_nos.ptr[--s->dirty_nos.len];
        px_field_value *fields;
        const px_twin *twin;
        px_event event = { .type = PX_EVENT_TWIN_PATCH,
                           .tenant = s->tenant,
                           .twin_no = no,
                           .source_time = PX_TIME_NONE };
        px_str id;

        px_map_remove(&s->dirty, no, no);
        if (px_graph_read_no(px_engine_graph(engine), s->tenant, no, &scratch, &twin, NULL) !=
            PX_OK)
            continue;
        fields = px_zalloc(px_twin_slot_count(twin) + 1, sizeof(*fields));
        if (!fields)
            break;
        for (uint32_t i = 0; i < px_twin_slot_from(twin, PX_DESIRED); i++) {
            px_slot slot = px_twin_slot_at(twin, i);

            fields[event.field_count++] = (px_field_value){ .field = slot.key,
                                                            .source_time = slot.source_time,
                                                            .value = slot.value };
        }
        event.model_no = px_twin_model(twin);
        event.seq = px_twin_seq(twin);
        event.time = px_twin_time(twin);
        event.fields = fields;
        px_buf_clear(&data);
        {
            px_buf record = { 0 };

            if (px_put_change(&data, px_engine_graph(engine), px_engine_registry(engine), &event,
                              &record, &id))
                put_frame(&s->queue, event.seq, "change", px_buf_str(&data));
            px_buf_release(&record);
        }
        px_free(fields);
    }
    px_buf_release(&scratch);
    px_buf_release(&data);
}

static ptrdiff_t read_stream(px_api_stream *face, char *ret_bytes, size_t size)
{
    stream *s = (stream *)face;
    px_watch *watch = s->watch;
    ptrdiff_t given;
    size_t left;

    pthread_mutex_lock(&watch->lock);
    if (s->sent == s->queue.len && !s->ended) {
        px_buf_clear(&s->queue);
        s->sent = 0;
        send_conflated(s);
    }
    left = s->queue.len - s->sent;
    left = left < size ? left : size;
    if (left)
        memcpy(ret_bytes, s->queue.ptr + s->sent, left);
    s->sent += left;
    given = left ? (ptrdiff_t)left : s->ended ? -1 : 0;
    pthread_mutex_unlock(&watch->lock);
    return given;
}

static void free_stream(stream *s)
{
    px_buf_release(&s->queue);
    px_map_release(&s->dirty);
    PX_VEC_RELEASE(&s->dirty_nos);
    px_arena_release(&s->arena);
    px_free(s);
}

static void close_stream(px_api_stream *face)
{
    stream *s = (stream *)face;
    px_watch *watch = s->watch;
    bool closing;

    pthread_mutex_lock(&watch->lock);
    for (stream **at = &watch->streams; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            watch->stats.streams--;
            break;
        }
    }
    closing = s->closing = s->busy;
    s->face.wake = NULL;
    pthread_mutex_unlock(&watch->lock);
    if (!closing)
        free_stream(s);
}

static bool split_twins(stream *s, px_str twins)
{
    twins = px_arena_str(&s->arena, twins);
    s->twins = PX_ARENA_ARRAY(&s->arena, px_str, TWINS_MAX);
    while (s->twins && twins.len && s->twin_count < TWINS_MAX)
        s->twins[s->twin_count++] = px_str_cut(&twins, ',');
    return s->twins && twins.len == 0;
}

void px_watch_stream(px_watch *watch, px_api_call *call, px_str twins, uint64_t after)
{
    stream *s = px_zalloc(1, sizeof(*s));
    px_err err;

    if (!s) {
        px_api_fail(call, px_no_memory(&err), &err);
        return;
    }
    s->face.read = read_stream;
    s->face.close = close_stream;
    s->watch = watch;
    s->tenant = call->principal.tenant;
    s->after = after;
    px_arena_init(&s->arena, 1024 * 1024);
    px_buf_init(&s->queue, 4 * (size_t)PX_STREAM_QUEUE_BYTES_MAX);
    px_put_c(&s->queue, ": pollux\n\n");
    if (!split_twins(s, twins)) {
        free_stream(s);
        px_fail_id(&err, PX_INVALID, "stream.twins", "at most %d twins can be named", TWINS_MAX);
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    pthread_mutex_lock(&watch->lock);
    if (watch->stats.streams >= PX_STREAMS_MAX || watch->stopping) {
        pthread_mutex_unlock(&watch->lock);
        free_stream(s);
        px_fail_id(&err, PX_LIMIT, "stream.count", "there are %d streams already", PX_STREAMS_MAX);
        px_api_fail(call, PX_LIMIT, &err);
        return;
    }
    watch->stats.streams++;
    s->next = watch->streams;
    watch->streams = s;
    pthread_mutex_unlock(&watch->lock);
    px_api_header(call, "Cache-Control", PX_STR("no-store"));
    call->content_type = "text/event-stream";
    call->stream = &s->face;
    px_api_finish(call, 200);
}

/* ---- commands ---- */

void px_watch_command(px_watch *watch, px_api_call *call, px_str command_id)
{
    waiter *w = PX_ARENA_NEW(&call->arena, waiter);
    px_err err;

    if (!w) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    *w = (waiter){ .call = call, .command_id = command_id };
    pthread_mutex_lock(&watch->lock);
    w->next = watch->waiters;
    watch->waiters = w;
    pthread_mutex_unlock(&watch->lock);
}

static void answer_command(waiter *w, const px_event *event)
{
    px_api_call *call = w->call;
    px_json_writer json = px_json_writer_of(&call->out);

    px_json_begin_object(&json);
    px_json_key(&json, PX_STR("id"));
    px_json_string(&json, w->command_id);
    px_json_key(&json, PX_STR("status"));
    px_json_string(&json, px_str_c(px_command_status_name((px_command_status)event->code)));
    px_json_key(&json, PX_STR("response"));
    if (event->body.len)
        px_json_put_raw(&json, event->body);
    else
        px_json_null(&json);
    px_json_end_object(&json);
    px_api_json(call, 200);
}

static void end_commands(px_watch *watch, const px_event *event)
{
    waiter *found = NULL;

    pthread_mutex_lock(&watch->lock);
    for (waiter **at = &watch->waiters; *at; at = &(*at)->next) {
        if ((*at)->call->principal.tenant == event->tenant &&
            px_str_eq((*at)->command_id, event->id)) {
            found = *at;
            *at = found->next;
            break;
        }
    }
    pthread_mutex_unlock(&watch->lock);
    if (found)
        answer_command(found, event);
}

/* ---- the thread ---- */

typedef struct reader {
    px_watch *watch;
    px_arena arena;
    px_buf data, scratch;
} reader;

/* The caller holds the lock. */
static void offer(reader *r, const px_event *event, stream *only)
{
    px_engine *engine = r->watch->api->opts.engine;
    bool encoded = false;
    px_str id = { 0 };

    for (stream *s = only ? only : r->watch->streams; s; s = only ? NULL : s->next) {
        if (s->tenant != event->tenant || s->ended || (!only && !s->joined))
            continue;
        if (!encoded) {
            px_buf_clear(&r->data);
            if (!px_put_change(&r->data, px_engine_graph(engine), px_engine_registry(engine), event,
                               &r->scratch, &id))
                return;
            encoded = true;
        }
        if (wants(s, id) && event->seq > s->after)
            send_change(s, event, px_buf_str(&r->data));
    }
}

/* Reading events costs as much as making them: without streams and open commands none is read. A
 * stream that joins later reads the batch when it catches up, and who waits for a command's
 * response waits before the response is written. */
static bool has_audience(px_watch *watch)
{
    bool any;

    pthread_mutex_lock(&watch->lock);
    any = watch->waiters != NULL;
    for (const stream *s = watch->streams; s && !any; s = s->next)
        any = s->joined;
    pthread_mutex_unlock(&watch->lock);
    return any;
}

static void read_batch(reader *r, const px_batch *batch, stream *only)
{
    px_cut cut = px_cut_of(batch->body);
    px_event event;

    if (!only && !has_audience(r->watch))
        return;
    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        px_arena_reset(&r->arena);
        if (px_get_event(&cut, &r->arena, &event, NULL) != PX_OK)
            return;
        event.seq = seq;
        event.time = batch->time;
        if (px_event_is_change(&event)) {
            pthread_mutex_lock(&r->watch->lock);
            offer(r, &event, only);
            pthread_mutex_unlock(&r->watch->lock);
        } else if (!only && event.type == PX_EVENT_COMMAND_RESPONSE) {
            end_commands(r->watch, &event);
        }
    }
}

static void put_gap(stream *s, uint64_t position)
{
    s->watch->stats.gaps++;
    put_frame(&s->queue, position, "gap", PX_STR("{\"reason\":\"older than the journal\"}"));
    wake(s);
}

/* From where the client left off up to where the thread is. */
static void catch_up(reader *r, stream *s, uint64_t position)
{
    px_feed *feed;
    px_batch *batch;
    px_err err;
    px_status status = px_feed_open_at(r->watch->api->opts.engine, s->after, &feed, &err);

    if (status != PX_OK)
        return;
    while (px_feed_position(feed) < position) {
        status = px_feed_next(feed, 0, &batch, &err);
        if (status != PX_OK)
            break;
        read_batch(r, batch, s);
        px_batch_unref(batch);
    }
    px_feed_close(feed);
    if (status == PX_STALE) {
        pthread_mutex_lock(&r->watch->lock);
        put_gap(s, position);
        pthread_mutex_unlock(&r->watch->lock);
    }
}

/* New streams join between two batches. */
static stream *next_newcomer(px_watch *watch)
{
    for (stream *s = watch->streams; s; s = s->next)
        if (!s->joined)
            return s;
    return NULL;
}

static void join_newcomers(reader *r)
{
    uint64_t position = px_feed_position(r->watch->feed);

    for (;;) {
        stream *s;
        bool behind;

        pthread_mutex_lock(&r->watch->lock);
        s = next_newcomer(r->watch);
        behind = s && s->after < position;
        if (s && !behind)
            s->joined = true;
        if (s && s->after == UINT64_MAX)
            s->after = 0;
        if (s)
            s->busy = behind;
        pthread_mutex_unlock(&r->watch->lock);
        if (!s)
            return;
        if (!behind)
            continue;
        catch_up(r, s, position);
        pthread_mutex_lock(&r->watch->lock);
        s->joined = true;
        s->busy = false;
        behind = s->closing;
        pthread_mutex_unlock(&r->watch->lock);
        if (behind)
            free_stream(s);
    }
}

static void beat(px_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    for (stream *s = watch->streams; s; s = s->next) {
        if (s->queue.len == s->sent)
            px_put_c(&s->queue, ": beat\n\n");
        wake(s);
    }
    pthread_mutex_unlock(&watch->lock);
}

static void *run(void *data)
{
    px_watch *watch = data;
    px_env *env = watch->api->env;
    int64_t beat_at = env->monotonic_ns(env) + heartbeat_ns;
    reader r = { .watch = watch };
    px_batch *batch;
    px_err err;

    px_arena_init(&r.arena, ARENA_BYTES_MAX);
    while (!atomic_load(&watch->stopping)) {
        px_status status = px_feed_next(watch->feed, WAIT_NS, &batch, &err);

        if (status == PX_OK) {
            read_batch(&r, batch, NULL);
            px_batch_unref(batch);
        } else if (status != PX_TIMEOUT) {
            px_log_warn(watch->api->opts.log, "api.watch", "%s", err.text);
            break;
        }
        join_newcomers(&r);
        if (env->monotonic_ns(env) >= beat_at) {
            beat(watch);
            beat_at += heartbeat_ns;
        }
    }
    px_arena_release(&r.arena);
    px_buf_release(&r.data);
    px_buf_release(&r.scratch);
    return NULL;
}

px_status px_watch_new(px_api *api, px_watch **ret_watch, px_err *ret_err)
{
    px_watch *watch = px_zalloc(1, sizeof(*watch));
    px_status status;

    if (!watch)
        return px_no_memory(ret_err);
    watch->api = api;
    pthread_mutex_init(&watch->lock, NULL);
    status = px_feed_open_at(api->opts.engine, px_engine_position(api->opts.engine), &watch->feed,
                             ret_err);
    if (status == PX_OK && pthread_create(&watch->thread, NULL, run, watch) != 0)
        status = px_fail(ret_err, PX_BUSY, "the watching thread cannot be started");
    watch->running = status == PX_OK;
    if (status != PX_OK)
        px_watch_free(watch);
    else
        *ret_watch = watch;
    return status;
}

void px_watch_stop(px_watch *watch)
{
    waiter *waiting;
    px_err err;

    atomic_store(&watch->stopping, true);
    if (watch->running)
        pthread_join(watch->thread, NULL);
    watch->running = false;
    pthread_mutex_lock(&watch->lock);
    waiting = watch->waiters;
    watch->waiters = NULL;
    for (stream *s = watch->streams; s; s = s->next) {
        s->ended = true;
        wake(s);
    }
    pthread_mutex_unlock(&watch->lock);
    while (waiting) {
        waiter *next = waiting->next;

        px_fail_id(&err, PX_BUSY, "server.ending",
                   "the server is ending; the command waits for its device until its time is out");
        px_api_fail(waiting->call, PX_BUSY, &err);
        waiting = next;
    }
}

void px_watch_free(px_watch *watch)
{
    if (!watch)
        return;
    if (watch->running)
        px_watch_stop(watch);
    px_feed_close(watch->feed);
    pthread_mutex_destroy(&watch->lock);
    px_free(watch);
}

px_watch_stats px_watch_stat(px_watch *watch)
{
    px_watch_stats stats;

    pthread_mutex_lock(&watch->lock);
    stats = watch->stats;
    pthread_mutex_unlock(&watch->lock);
    return stats;
}
