/* SPDX-License-Identifier: Apache-2.0 */
#include "server/mqtt_door.h"

#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/time.h"
#include "server/mqtt_inner.h"

/* ---- opening ---- */

static unsigned default_threads(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN) < 4 ? 1 : 2;
}

static void set_defaults(px_mqtt_door_opts *o)
{
    o->threads = o->threads ? o->threads : default_threads();
    o->threads = o->threads < PX_MQTT_THREADS_MAX ? o->threads : PX_MQTT_THREADS_MAX;
    o->connections_max = o->connections_max ? o->connections_max : PX_MQTT_CONNECTIONS_MAX;
    o->connections_per_address_max = o->connections_per_address_max
                                         ? o->connections_per_address_max
                                         : PX_MQTT_CONNECTIONS_PER_ADDRESS_MAX;
    o->unauthenticated_max =
        o->unauthenticated_max ? o->unauthenticated_max : PX_MQTT_UNAUTHENTICATED_MAX;
}

static px_status init_worker(px_mqtt_door *door, unsigned index, px_err *ret_err)
{
    px_mqtt_worker *w = &door->workers[index];
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = PX_MQTT_EVENT_WAKE };

    w->door = door;
    w->index = index;
    w->free_slot = UINT32_MAX;
    w->now_ns = door->env->monotonic_ns(door->env);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    PX_TRY(px_mqtt_post_init(&w->post, ret_err));
    w->read_buffer = px_alloc(PX_MQTT_READ_BYTES);
    if (!w->read_buffer)
        return px_no_memory(ret_err);
    if (w->epoll < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->post.wake_fd, &event) != 0)
        return px_fail(ret_err, PX_IO, "no epoll set can be had for a door thread");
    return PX_OK;
}

static px_status init_workers(px_mqtt_door *door, px_err *ret_err)
{
    door->workers = px_zalloc(door->opts.threads, sizeof(*door->workers));
    if (!door->workers)
        return px_no_memory(ret_err);
    while (door->worker_count < door->opts.threads) {
        unsigned index = door->worker_count++; /* counted first, so that it is released */

        PX_TRY(init_worker(door, index, ret_err));
    }
    return PX_OK;
}

static px_status listen_all(px_mqtt_door *door, px_err *ret_err)
{
    const px_mqtt_door_opts *o = &door->opts;

    if (o->host)
        PX_TRY(px_listen(o->host, o->port, &door->plain.fd, &door->plain.port, ret_err));
    if (!o->tls_host)
        return PX_OK;
    if (!o->tls_cert || !o->tls_key)
        return px_fail_id(ret_err, PX_INVALID, "mqtt.tls",
                          "MQTT over TLS needs a certificate and its key");
    PX_TRY(px_tls_new(o->tls_cert, o->tls_key, o->tls_ca, &door->tls, ret_err));
    return px_listen(o->tls_host, o->tls_port, &door->secure.fd, &door->secure.port, ret_err);
}

/* Signals are for the thread that waits for them, not for these. */
static px_status start_threads(px_mqtt_door *door, px_err *ret_err)
{
    sigset_t all, before;
    unsigned started = 0;

    if (!px_mqtt_accept_watch(&door->workers[0]))
        return px_fail(ret_err, PX_IO, "the MQTT listener cannot be watched");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; started < door->worker_count; started++) {
        px_mqtt_worker *w = &door->workers[started];

        w->has_thread = px_thread_start(&w->thread, "mqtt", px_mqtt_worker_main, w);
        if (!w->has_thread)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started < door->worker_count)
        return px_fail(ret_err, PX_IO, "no thread can be had for the MQTT door");
    return PX_OK;
}

static px_status begin(px_mqtt_door *door, px_err *ret_err)
{
    door->names = px_mqtt_names_new();
    if (!door->names)
        return px_no_memory(ret_err);
    door->env->random(door->env, &door->address_seed, sizeof(door->address_seed));
    PX_TRY(init_workers(door, ret_err));
    PX_TRY(listen_all(door, ret_err));
    if (door->app.opened)
        door->app.opened(door->app.ctx, door);
    return start_threads(door, ret_err);
}

px_status px_mqtt_door_open(const px_mqtt_door_opts *opts, const px_mqtt_door_app *app,
                            px_mqtt_door **ret_door, px_err *ret_err)
{
    px_mqtt_door *door = px_zalloc(1, sizeof(*door));
    px_status status;

    if (!door)
        return px_no_memory(ret_err);
    door->opts = *opts;
    set_defaults(&door->opts);
    door->app = *app;
    door->env = opts->env ? opts->env : px_env_posix();
    door->log = opts->log;
    door->plain.fd = door->secure.fd = -1;
    status = begin(door, ret_err);
    /* the caller's strings were for the start only */
    door->opts.host = door->opts.tls_host = door->opts.tls_cert = door->opts.tls_key =
        door->opts.tls_ca = NULL;
    if (status != PX_OK) {
        px_mqtt_door_free(door);
        return status;
    }
    *ret_door = door;
    return PX_OK;
}

uint16_t px_mqtt_door_port(const px_mqtt_door *door)
{
    return door->plain.port;
}

uint16_t px_mqtt_door_tls_port(const px_mqtt_door *door)
{
    return door->secure.port;
}

unsigned px_mqtt_door_threads(const px_mqtt_door *door)
{
    return door->worker_count;
}

/* ---- closing ---- */

static void wake_hard(px_mqtt_worker *w)
{
    uint64_t one = 1;
    ssize_t put = write(w->post.wake_fd, &one, sizeof(one));

    (void)put; /* a full eventfd is awake already */
}

void px_mqtt_door_stop(px_mqtt_door *door, int64_t drain_ms)
{
    if (door->is_stopped)
        return;
    door->is_stopped = true;
    atomic_store(&door->drain_until_ns,
                 door->env->monotonic_ns(door->env) + drain_ms * PX_MILLISECOND);
    atomic_store(&door->is_stopping, true);
    for (unsigned i = 0; i < door->worker_count; i++)
        wake_hard(&door->workers[i]);
    for (unsigned i = 0; i < door->worker_count; i++)
        if (door->workers[i].has_thread)
            pthread_join(door->workers[i].thread, NULL);
    for (unsigned i = 0; i < door->worker_count; i++)
        px_mqtt_post_close(&door->workers[i].post);
}

static void release_worker(px_mqtt_worker *w)
{
    px_mqtt_post_release(&w->post);
    PX_VEC_RELEASE(&w->slots);
    PX_VEC_RELEASE(&w->dirty);
    PX_VEC_RELEASE(&w->waiting);
    px_free(w->read_buffer);
    if (w->epoll >= 0)
        close(w->epoll);
}

void px_mqtt_door_free(px_mqtt_door *door)
{
    if (!door)
        return;
    px_mqtt_door_stop(door, 0);
    for (unsigned i = 0; i < door->worker_count; i++)
        release_worker(&door->workers[i]);
    if (door->plain.fd >= 0)
        close(door->plain.fd);
    if (door->secure.fd >= 0)
        close(door->secure.fd);
    px_mqtt_names_free(door->names);
    px_tls_free(door->tls);
    px_free(door->workers);
    px_free(door);
}

/* ---- any thread ---- */

static px_mqtt_worker *worker_of(px_mqtt_door *door, px_mqtt_conn conn)
{
    unsigned thread = px_mqtt_conn_thread(conn);

    return conn.v != 0 && thread < door->worker_count ? &door->workers[thread] : NULL;
}

void px_mqtt_door_explain(px_mqtt_door *door, unsigned thread, px_mqtt_conn conn, uint32_t token,
                          px_str text)
{
    px_mqtt_link *link = px_mqtt_link_find(&door->workers[thread], conn);

    if (link)
        px_mqtt_session_explain(link->session, token, text);
}

void px_mqtt_door_ack(px_mqtt_door *door, px_mqtt_conn conn, uint32_t token, px_mqtt_reason reason)
{
    px_mqtt_worker *w = worker_of(door, conn);

    if (w)
        px_mqtt_post_answer_put(&w->post, (px_mqtt_post_answer){ conn, token, reason });
}

static void reply(px_mqtt_door *door, const px_mqtt_reply *r)
{
    px_mqtt_worker *w = worker_of(door, r->conn);

    if (w && !px_mqtt_post_reply_put(&w->post, r))
        px_log_error(door->log, "mqtt.answer_lost", "out of memory kind=%d", (int)r->kind);
}

void px_mqtt_door_refuse(px_mqtt_door *door, px_mqtt_conn conn, uint32_t token,
                         px_mqtt_reason reason, px_str text)
{
    px_mqtt_worker *w = worker_of(door, conn);
    px_mqtt_reply why = { .conn = conn,
                          .kind = PX_MQTT_REPLY_EXPLAIN,
                          .token = token,
                          .reasons = (const uint8_t *)text.ptr,
                          .count = text.len };

    if (w && !px_mqtt_post_reply_put(&w->post, &why)) /* its usual sentence, then */
        px_log_info(door->log, "mqtt.why_lost", "reason=%d %.*s", (int)reason, PX_FMT(text));
    px_mqtt_door_ack(door, conn, token, reason);
}

void px_mqtt_door_admit(px_mqtt_door *door, px_mqtt_conn conn, const px_mqtt_admission *admission)
{
    reply(door,
          &(px_mqtt_reply){ .conn = conn, .kind = PX_MQTT_REPLY_ADMIT, .admission = *admission });
}

void px_mqtt_door_answer(px_mqtt_door *door, px_mqtt_conn conn, px_mqtt_type type,
                         uint16_t packet_id, const uint8_t *reasons, size_t count)
{
    reply(door, &(px_mqtt_reply){ .conn = conn,
                                  .kind = PX_MQTT_REPLY_ANSWER,
                                  .type = type,
                                  .packet_id = packet_id,
                                  .reasons = reasons,
                                  .count = count });
}

void px_mqtt_door_released(px_mqtt_door *door, px_mqtt_conn conn, uint16_t packet_id)
{
    reply(door,
          &(px_mqtt_reply){ .conn = conn, .kind = PX_MQTT_REPLY_RELEASED, .packet_id = packet_id });
}

void px_mqtt_door_release(px_mqtt_door *door, px_mqtt_conn conn, uint16_t packet_id)
{
    reply(door,
          &(px_mqtt_reply){ .conn = conn, .kind = PX_MQTT_REPLY_RELEASE, .packet_id = packet_id });
}

int64_t px_mqtt_door_now_ns(const px_mqtt_door *door)
{
    return door->env->monotonic_ns(door->env);
}

px_status px_mqtt_door_deliver(px_mqtt_door *door, const px_mqtt_conn *conns, size_t count,
                               const px_mqtt_publish *message)
{
    px_status worst = PX_OK;

    for (unsigned i = 0; i < door->worker_count; i++) {
        px_status status =
            px_mqtt_post_letter_put(&door->workers[i].post, i, conns, count, message);

        if (status == PX_OK)
            continue;
        atomic_fetch_add(&door->deliveries_refused, 1);
        worst = status;
    }
    return worst;
}

void px_mqtt_door_wake(px_mqtt_door *door)
{
    for (unsigned i = 0; i < door->worker_count; i++)
        if (px_mqtt_post_wake(&door->workers[i].post))
            atomic_fetch_add_explicit(&door->wakes, 1, memory_order_relaxed);
}

static void give_order(px_mqtt_door *door, px_mqtt_post_order order)
{
    px_mqtt_worker *w = worker_of(door, order.conn);

    if (!w)
        return;
    if (!px_mqtt_post_order_put(&w->post, order))
        px_log_error(door->log, "mqtt.order_lost", "out of memory order=%d", (int)order.order);
    if (px_mqtt_post_wake(&w->post))
        atomic_fetch_add_explicit(&door->wakes, 1, memory_order_relaxed);
}

void px_mqtt_door_end(px_mqtt_door *door, px_mqtt_conn conn, px_mqtt_reason reason)
{
    give_order(door, (px_mqtt_post_order){ conn, PX_MQTT_ORDER_END, reason });
}

void px_mqtt_door_pause(px_mqtt_door *door, px_mqtt_conn conn)
{
    give_order(door, (px_mqtt_post_order){ conn, PX_MQTT_ORDER_PAUSE, PX_MQTT_SUCCESS });
}

void px_mqtt_door_unpause(px_mqtt_door *door, px_mqtt_conn conn)
{
    give_order(door, (px_mqtt_post_order){ conn, PX_MQTT_ORDER_UNPAUSE, PX_MQTT_SUCCESS });
}

void px_mqtt_door_resume(px_mqtt_door *door)
{
    atomic_fetch_add_explicit(&door->room, 1, memory_order_release);
    for (unsigned i = 0; i < door->worker_count; i++)
        if (atomic_load_explicit(&door->workers[i].waiting_count, memory_order_acquire) > 0)
            wake_hard(&door->workers[i]);
}

/* ---- numbers ---- */

static void add_counters(px_mqtt_door_stats *sum, const px_mqtt_counters *c)
{
    for (size_t i = 0; i < PX_MQTT_TYPE_COUNT; i++) {
        sum->packets_in[i] += px_mqtt_count_of(&c->packets_in[i]);
        sum->packets_out[i] += px_mqtt_count_of(&c->packets_out[i]);
    }
    for (size_t i = 0; i < 256; i++) {
        sum->refused[i] += px_mqtt_count_of(&c->refused[i]);
        sum->ended[i] += px_mqtt_count_of(&c->ended[i]);
    }
    sum->bytes_in += px_mqtt_count_of(&c->bytes_in);
    sum->bytes_out += px_mqtt_count_of(&c->bytes_out);
    sum->lost += px_mqtt_count_of(&c->lost);
    sum->qos0_dropped += px_mqtt_count_of(&c->qos0_dropped);
    sum->oversized_dropped += px_mqtt_count_of(&c->oversized_dropped);
    sum->expired_dropped += px_mqtt_count_of(&c->expired_dropped);
    sum->repeats += px_mqtt_count_of(&c->repeats);
    sum->stalls += px_mqtt_count_of(&c->stalls);
    sum->acks_unasked += px_mqtt_count_of(&c->acks_unasked);
}

void px_mqtt_door_read_stats(const px_mqtt_door *door, px_mqtt_door_stats *ret_stats)
{
    *ret_stats = (px_mqtt_door_stats){
        .connections = atomic_load(&door->connections),
        .unauthenticated = atomic_load(&door->unauthenticated),
        .accepted = atomic_load(&door->accepted),
        .refused_full = atomic_load(&door->refused_full),
        .accept_pauses = atomic_load(&door->accept_pauses),
        .tls_failed = atomic_load(&door->tls_failed),
        .taken_over = atomic_load(&door->taken_over),
        .deliveries_refused = atomic_load(&door->deliveries_refused),
        .wakes = atomic_load(&door->wakes),
        .websockets = atomic_load(&door->websockets),
        .websockets_accepted = atomic_load(&door->websockets_accepted),
        .websockets_broken = atomic_load(&door->websockets_broken),
    };
    for (unsigned i = 0; i < door->worker_count; i++)
        add_counters(ret_stats, &door->workers[i].counters);
}
