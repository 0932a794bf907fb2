/* SPDX-License-Identifier: Apache-2.0 */
#include "api/watch.h"

#include <pthread.h>
#include <stdatomic.h>

#include "api/branches.h"
#include "api/stream.h"
#include "base/thread.h"
#include "sync/change.h"

enum {
    ARENA_BYTES_MAX = 64 * 1024 * 1024,
    WAIT_NS = 50 * 1000 * 1000,
    SLICE_ROWS = 64, /* of one stream that catches up, between two looks at live rows */
};

static const int64_t beat_ns = INT64_C(5) * PX_SECOND;
static const int64_t check_ns = PX_SECOND;

typedef struct waiter {
    struct waiter *next;
    px_api_call *call;
    uint32_t twin_no; /* an id is the twin's own; 0: it is gone */
    px_str command_id;
} waiter;

struct px_watch {
    px_api *api;
    pthread_t thread;
    bool running;
    _Atomic bool stopping;
    px_feed *feed; /* the thread's */

    pthread_mutex_t lock; /* guards all below, and what is in the streams */
    px_stream *streams;
    waiter *waiters;
    bool ended; /* takes no one any more */
    px_watch_stats stats;
};

/* ---- streams: the door's side ---- */

/* The first read is when the door has set `wake`: only then can the thread be told of the stream.
 */
static ptrdiff_t read_stream(px_api_stream *face, char *ret_bytes, size_t size)
{
    px_stream *s = (px_stream *)face;
    px_watch *watch = s->watch;
    ptrdiff_t given;

    pthread_mutex_lock(&watch->lock);
    if (s->state == PX_STREAM_NEW) {
        s->state = PX_STREAM_CATCHING;
        s->ended = watch->ended;
        s->next = watch->streams;
        watch->streams = s;
        px_feed_hurry(watch->feed);
    }
    given = px_stream_take(s, ret_bytes, size);
    pthread_mutex_unlock(&watch->lock);
    return given;
}

static void close_stream(px_api_stream *face)
{
    px_stream *s = (px_stream *)face;
    px_watch *watch = s->watch;
    bool free_now;

    pthread_mutex_lock(&watch->lock);
    for (px_stream **at = &watch->streams; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    watch->stats.streams--;
    s->face.wake = NULL;
    s->gone = true;
    free_now = !s->busy;
    pthread_mutex_unlock(&watch->lock);
    if (free_now)
        px_stream_free(s);
}

/* Counts it in; false: answered. */
static bool admit(px_watch *watch, px_api_call *call)
{
    uint32_t most = watch->api->opts.streams_max ? watch->api->opts.streams_max : PX_STREAMS_MAX;
    bool ended, full;
    px_err err;

    pthread_mutex_lock(&watch->lock);
    ended = watch->ended;
    full = watch->stats.streams >= most;
    if (!ended && !full)
        watch->stats.streams++;
    pthread_mutex_unlock(&watch->lock);
    if (ended)
        px_api_fail(call, PX_BUSY,
                    (px_fail_id(&err, PX_BUSY, "server.ending", "the server is ending"), &err));
    else if (full)
        px_api_fail(
            call, PX_LIMIT,
            (px_fail_id(&err, PX_LIMIT, "stream.count", "there are %u streams already", most),
             &err));
    return !ended && !full;
}

void px_watch_stream(px_watch *watch, px_api_call *call, px_str twins, uint64_t after)
{
    uint64_t position = px_engine_position(call->api->opts.engine);
    px_stream *s = px_stream_new(call, twins, after < position ? after : position);

    if (!s)
        return;
    if (!admit(watch, call)) {
        px_stream_free(s);
        return;
    }
    s->watch = watch;
    s->stats = &watch->stats;
    s->face.read = read_stream;
    s->face.close = close_stream;
    if (after != UINT64_MAX && after > position) { /* of another life of this data */
        pthread_mutex_lock(&watch->lock);
        px_stream_gap(s, position, PX_GAP_FUTURE);
        pthread_mutex_unlock(&watch->lock);
    }
    px_api_header(call, "Cache-Control", PX_STR("no-store"));
    call->content_type = "text/event-stream";
    call->stream = &s->face;
    px_api_finish(call, 200);
}

void px_watch_end_session(px_watch *watch, px_str session)
{
    pthread_mutex_lock(&watch->lock);
    for (px_stream *s = watch->streams; s; s = s->next)
        if (session.len && px_str_eq(px_str_c(s->session), session))
            px_stream_end(s);
    pthread_mutex_unlock(&watch->lock);
}

/* ---- commands ---- */

static void refuse_waiter(px_api_call *call)
{
    px_err err;

    px_fail_id(&err, PX_BUSY, "server.ending",
               "the server is ending; the command waits for its device until its time is out");
    px_api_fail(call, PX_BUSY, &err);
}

void px_watch_command(px_watch *watch, px_api_call *call, px_str command_id)
{
    waiter *w = PX_ARENA_NEW(&call->arena, waiter);
    uint32_t model_no;
    bool ended;
    px_err err;

    if (!w) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    *w = (waiter){ .call = call, .command_id = command_id };
    if (px_graph_lookup(px_engine_graph(call->api->opts.engine), call->principal.tenant,
                        call->request.id, &w->twin_no, &model_no) != PX_OK)
        w->twin_no = 0;
    pthread_mutex_lock(&watch->lock);
    ended = watch->ended;
    if (!ended) {
        w->next = watch->waiters;
        watch->waiters = w;
        px_feed_hurry(watch->feed);
    }
    pthread_mutex_unlock(&watch->lock);
    if (ended)
        refuse_waiter(call);
}

static void answer_command(waiter *w, const px_event *event)
{
    px_api_call *call = w->call;

    px_put_command_answer(&call->out, w->command_id, (px_command_status)event->code, event->body);
    px_api_json(call, 200);
}

static bool waits_for(const waiter *w, const px_event *event)
{
    return w->call->principal.tenant == event->tenant &&
           (w->twin_no == 0 || w->twin_no == event->twin_no) && px_str_eq(w->command_id, event->id);
}

/* One who waits for it. */
static waiter *take_waiter(px_watch *watch, const px_event *event)
{
    waiter *found = NULL;

    pthread_mutex_lock(&watch->lock);
    for (waiter **at = &watch->waiters; *at; at = &(*at)->next) {
        if (waits_for(*at, event)) {
            found = *at;
            *at = found->next;
            break;
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return found;
}

/* Who sent it again with its key waits beside the first. */
static void end_command(px_watch *watch, const px_event *event)
{
    for (waiter *w; (w = take_waiter(watch, event));)
        answer_command(w, event);
}

/* One whose time to wait is over. */
static waiter *take_late(px_watch *watch, int64_t now_ns)
{
    waiter *found = NULL;

    pthread_mutex_lock(&watch->lock);
    for (waiter **at = &watch->waiters; *at && !found;) {
        int64_t until_ns = (*at)->call->wait_until_ns;

        if (until_ns == 0 || until_ns > now_ns) {
            at = &(*at)->next;
            continue;
        }
        found = *at;
        *at = found->next;
    }
    pthread_mutex_unlock(&watch->lock);
    return found;
}

static void let_late_go(px_watch *watch)
{
    int64_t now_ns = watch->api->env->monotonic_ns(watch->api->env);

    for (waiter *w; (w = take_late(watch, now_ns));)
        px_v1_command_waits(w->call);
}

/* ---- the thread: rows ---- */

typedef struct reader {
    px_watch *watch;
    px_arena arena;
    px_buf data, scratch;
    uint64_t round; /* of slices */
    int64_t beat_at, check_at;
} reader;

/* To one stream, or to all live ones. The change is encoded once, for the first who may want it.
 * The caller holds the lock. */
static void offer(reader *r, const px_event *event, px_stream *only)
{
    px_engine *engine = r->watch->api->opts.engine;
    px_str id = { 0 };

    for (px_stream *s = only ? only : r->watch->streams; s; s = only ? NULL : s->next) {
        if (s->tenant != event->tenant || s->ended || event->seq <= s->after ||
            (!only && s->state != PX_STREAM_LIVE))
            continue;
        if (!id.ptr) {
            px_buf_clear(&r->data);
            if (!px_put_change(&r->data, px_engine_graph(engine), px_engine_registry(engine), event,
                               &r->scratch, &id) ||
                r->data.status != PX_OK)
                return;
        }
        if (px_stream_wants(s, id))
            px_stream_offer(s, event, px_buf_str(&r->data));
    }
}

/* Reading events costs as much as making them. A stream that comes later reads the row when it
 * catches up, and who waits for a response waits before the response is written. */
static bool is_watched(px_watch *watch)
{
    bool watched;

    pthread_mutex_lock(&watch->lock);
    watched = watch->streams || watch->waiters;
    pthread_mutex_unlock(&watch->lock);
    return watched;
}

/* All events of a row; with `only` to that stream, which catches up. */
static void read_row(reader *r, const px_batch *batch, px_stream *only)
{
    px_cut cut = px_cut_of(batch->body);
    px_event event;

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
        }
        if (!only && event.type == PX_EVENT_COMMAND_RESPONSE)
            end_command(r->watch, &event);
    }
}

/* ---- the thread: those who begin in the past ---- */

/* Some rows for one stream. True when there may be more at once. */
static bool catch_up(reader *r, px_stream *s)
{
    uint64_t position = px_feed_position(r->watch->feed);
    px_status status = PX_OK;
    px_batch *batch;
    px_err err;

    if (!s->feed && s->after < position)
        status = px_feed_open_at(r->watch->api->opts.engine, s->after, &s->feed, &err);
    for (int rows = 0; status == PX_OK && s->feed && px_feed_position(s->feed) < position; rows++) {
        if (rows == SLICE_ROWS)
            return true;
        status = px_feed_next(s->feed, 0, &batch, &err);
        if (status != PX_OK)
            break;
        read_row(r, batch, s);
        px_batch_unref(batch);
    }
    if (status == PX_TIMEOUT)
        return true;
    px_feed_close(s->feed);
    s->feed = NULL;
    pthread_mutex_lock(&r->watch->lock);
    s->state = PX_STREAM_LIVE;
    if (status != PX_OK)
        px_stream_gap(s, position, PX_GAP_TRIMMED);
    pthread_mutex_unlock(&r->watch->lock);
    return true;
}

/* One that catches up, has room, and had no slice in this round; marked busy, so that it stays
 * while the lock is let go. */
static px_stream *next_behind(reader *r)
{
    px_stream *found = NULL;

    pthread_mutex_lock(&r->watch->lock);
    for (px_stream *s = r->watch->streams; s && !found; s = s->next)
        if (s->state == PX_STREAM_CATCHING && !s->ended && s->round != r->round &&
            px_stream_waiting(s) < PX_STREAM_QUEUE_BYTES_MAX / 2)
            found = s;
    if (found) {
        found->busy = true;
        found->round = r->round;
    }
    pthread_mutex_unlock(&r->watch->lock);
    return found;
}

/* One slice for each. True when there is more to do at once. */
static bool catch_up_all(reader *r)
{
    bool more = false;

    r->round++;
    for (px_stream *s; (s = next_behind(r));) {
        bool gone;

        more |= catch_up(r, s);
        pthread_mutex_lock(&r->watch->lock);
        s->busy = false;
        gone = s->gone;
        pthread_mutex_unlock(&r->watch->lock);
        if (gone)
            px_stream_free(s);
    }
    return more;
}

/* ---- the thread: time ---- */

/* A session ends by its time, or for a newer one, without a word to its streams. */
static bool still_may(px_api *api, const px_stream *s)
{
    px_str session = px_str_c(s->session);
    px_principal principal;
    PX_AUTO_ARENA arena = { 0 };

    if (session.len && !px_sessions_has(api->sessions, session))
        return false;
    px_arena_init(&arena, PX_LOGIN_ARENA_BYTES_MAX);
    return px_login(api, px_str_c(s->credential), &arena, &principal, NULL) == PX_OK &&
           px_authorize(&principal, PX_ACTION_WATCH, (px_str){ 0 }, NULL) == PX_OK;
}

static void look_at_clock(reader *r)
{
    px_watch *watch = r->watch;
    int64_t now_ns = watch->api->env->monotonic_ns(watch->api->env);
    bool beats = now_ns >= r->beat_at, checks = now_ns >= r->check_at;

    if (!beats && !checks)
        return;
    r->beat_at = beats ? now_ns + beat_ns : r->beat_at;
    r->check_at = now_ns + check_ns;
    pthread_mutex_lock(&watch->lock);
    for (px_stream *s = watch->streams; s; s = s->next) {
        if (!still_may(watch->api, s))
            px_stream_end(s);
        if (beats)
            px_stream_beat(s, px_feed_position(watch->feed));
    }
    pthread_mutex_unlock(&watch->lock);
    px_branches_sweep(watch->api->branches);
}

/* The thread itself fell out of the journal: everybody reads again. */
static px_status reopen(px_watch *watch, px_err *ret_err)
{
    uint64_t position = px_engine_position(watch->api->opts.engine);
    px_feed *fresh;

    PX_TRY(px_feed_open_at(watch->api->opts.engine, position, &fresh, ret_err));
    pthread_mutex_lock(&watch->lock);
    px_feed_close(watch->feed);
    watch->feed = fresh;
    for (px_stream *s = watch->streams; s; s = s->next)
        if (s->state == PX_STREAM_LIVE)
            px_stream_gap(s, position, PX_GAP_TRIMMED);
    pthread_mutex_unlock(&watch->lock);
    return PX_OK;
}

static void *run(void *data)
{
    px_watch *watch = data;
    reader r = { .watch = watch };
    bool hurry = false;
    px_batch *batch;
    px_err err;

    px_arena_init(&r.arena, ARENA_BYTES_MAX);
    while (!atomic_load(&watch->stopping)) {
        px_status status;

        px_feed_rest(watch->feed, is_watched(watch) ? 0 : PX_FEED_REST_NS);
        status = px_feed_next(watch->feed, hurry ? 0 : WAIT_NS, &batch, &err);
        if (status == PX_OK) {
            if (is_watched(watch))
                read_row(&r, batch, NULL);
            px_batch_unref(batch);
        } else if (status == PX_STALE) {
            status = reopen(watch, &err);
        }
        if (status != PX_OK && status != PX_TIMEOUT) {
            px_log_warn(watch->api->opts.log, "api.watch", "%s", err.text);
            break;
        }
        let_late_go(watch);
        hurry = catch_up_all(&r);
        look_at_clock(&r);
    }
    px_arena_release(&r.arena);
    px_buf_release(&r.data);
    px_buf_release(&r.scratch);
    return NULL;
}

/* ---- life ---- */

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
    if (status == PX_OK && !px_thread_start(&watch->thread, "watch", run, watch))
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

    atomic_store(&watch->stopping, true);
    if (watch->running)
        pthread_join(watch->thread, NULL);
    watch->running = false;
    pthread_mutex_lock(&watch->lock);
    watch->ended = true;
    waiting = watch->waiters;
    watch->waiters = NULL;
    for (px_stream *s = watch->streams; s; s = s->next)
        px_stream_end(s);
    pthread_mutex_unlock(&watch->lock);
    while (waiting) {
        waiter *next = waiting->next;

        refuse_waiter(waiting->call);
        waiting = next;
    }
}

void px_watch_free(px_watch *watch)
{
    if (!watch)
        return;
    px_watch_stop(watch);
    px_assert(!watch->streams); /* the door has closed them */
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
