/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small server around the MQTT door, for tests with real clients: what is published is handed to
 * an "engine" thread in batches, acknowledged there, and delivered to whoever subscribed. User
 * "bad" is refused; messages below "refuse/" are judged 0x87, those for the twin "odd" 0x99.
 *
 *   mqtt_echo [--threads N] [--cert FILE --key FILE]
 *
 * Prints `port N tls M`, then obeys lines on stdin: hold, release (the engine), full, room (the
 * disk: 0x97 for all), busy, free (the doors), stats (one line of name=value), stop MS; the end of
 * stdin stops as well.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "mqtt/subs.h"
#include "server/mqtt_door.h"

typedef struct command {
    px_mqtt_conn conn;
    uint32_t token;
    uint8_t qos;
    px_str topic, payload; /* owned, one piece of memory at topic.ptr */
} command;

typedef PX_VEC(command) command_vec;

enum { THREADS_MAX = 8 };

typedef struct echo {
    px_mqtt_door *door;
    command_vec collected[THREADS_MAX]; /* each of one door thread */
    pthread_mutex_t lock;               /* guards what follows */
    pthread_cond_t changed;
    command_vec queue;
    px_mqtt_subs *subs;
    bool is_held, is_over;
    unsigned batches, batch_max;
    int principals; /* given out and not yet back */
    _Atomic bool is_busy, is_full;
} echo;

static px_mqtt_reason on_connect(void *ctx, unsigned thread, px_mqtt_conn conn,
                                 const px_mqtt_peer *peer, const px_mqtt_connect *connect,
                                 px_str client_id, px_mqtt_grant *ret_grant)
{
    echo *e = ctx;

    (void)thread, (void)peer, (void)client_id;
    if (px_str_eq(connect->user, PX_STR("bad")))
        return PX_MQTT_BAD_USER_OR_PASSWORD;
    ret_grant->principal = px_alloc(sizeof(conn));
    if (!ret_grant->principal)
        return PX_MQTT_SERVER_UNAVAILABLE;
    memcpy(ret_grant->principal, &conn, sizeof(conn));
    ret_grant->scope = px_str_eq(connect->user, PX_STR("other")) ? 2 : 1;
    pthread_mutex_lock(&e->lock);
    e->principals++;
    pthread_mutex_unlock(&e->lock);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason on_publish(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                 const px_mqtt_publish *p, uint32_t token)
{
    echo *e = ctx;
    command c = { .conn = conn, .token = token, .qos = p->qos };
    char *copy;

    px_assert(memcmp(principal, &conn, sizeof(conn)) == 0);
    if (atomic_load(&e->is_busy))
        return PX_MQTT_BUSY;
    copy = px_alloc(p->topic.len + p->payload.len);
    if (!copy)
        return PX_MQTT_QUOTA_EXCEEDED;
    memcpy(copy, p->topic.ptr, p->topic.len);
    if (p->payload.len)
        memcpy(copy + p->topic.len, p->payload.ptr, p->payload.len);
    c.topic = px_str_of(copy, p->topic.len);
    c.payload = px_str_of(copy + p->topic.len, p->payload.len);
    px_assert(PX_VEC_PUSH(&e->collected[thread], c));
    return PX_MQTT_LATER;
}

static px_mqtt_reason subscribe_one(echo *e, px_mqtt_conn conn, const px_mqtt_filter *filter)
{
    px_mqtt_sub sub = { .owner = conn.v, .qos = filter->qos };
    px_status status;
    bool is_new;

    if (filter->share.len > 0)
        return PX_MQTT_SHARED_NOT_SUPPORTED;
    if (px_str_starts(filter->text, PX_STR("refuse/")))
        return PX_MQTT_NOT_AUTHORIZED;
    pthread_mutex_lock(&e->lock);
    status = px_mqtt_subs_add(e->subs, filter->text, sub, &is_new, NULL);
    pthread_mutex_unlock(&e->lock);
    return status == PX_OK ? (px_mqtt_reason)filter->qos : PX_MQTT_QUOTA_EXCEEDED;
}

static px_mqtt_reason on_subscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                   px_mqtt_sub_request *request)
{
    (void)thread, (void)principal;
    for (size_t i = 0; i < request->count; i++)
        if (request->reasons[i] == 0)
            request->reasons[i] = (uint8_t)subscribe_one(ctx, conn, &request->filters[i]);
    return PX_MQTT_SUCCESS;
}

static px_mqtt_reason on_unsubscribe(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                                     px_mqtt_sub_request *request)
{
    echo *e = ctx;

    (void)thread, (void)principal;
    pthread_mutex_lock(&e->lock);
    for (size_t i = 0; i < request->count; i++)
        if (request->reasons[i] == 0 &&
            !px_mqtt_subs_remove(e->subs, request->filters[i].text, conn.v))
            request->reasons[i] = PX_MQTT_NO_SUBSCRIPTION_EXISTED;
    pthread_mutex_unlock(&e->lock);
    return PX_MQTT_SUCCESS;
}

static void on_closed(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal,
                      const px_mqtt_end *end)
{
    echo *e = ctx;

    (void)thread, (void)end;
    pthread_mutex_lock(&e->lock);
    px_mqtt_subs_drop(e->subs, conn.v);
    e->principals--;
    pthread_mutex_unlock(&e->lock);
    px_free(principal);
}

static void on_flush(void *ctx, unsigned thread)
{
    echo *e = ctx;
    command_vec *collected = &e->collected[thread];

    if (collected->len == 0)
        return;
    pthread_mutex_lock(&e->lock);
    PX_VEC_EACH (collected, c) {
        px_assert(PX_VEC_PUSH(&e->queue, *c));
    }
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
    collected->len = 0;
}

/* ---- the engine ---- */

static void deliver(echo *e, const command *c)
{
    px_mqtt_hits hits = { 0 };
    px_mqtt_publish m = { .topic = c->topic, .payload = c->payload };

    pthread_mutex_lock(&e->lock);
    px_assert(px_mqtt_subs_match(e->subs, c->topic, 0, &hits, NULL) == PX_OK);
    pthread_mutex_unlock(&e->lock);
    PX_VEC_EACH (&hits.list, hit) {
        px_mqtt_conn conn = { hit->owner };

        m.qos = hit->qos < c->qos ? hit->qos : c->qos;
        px_assert(px_mqtt_door_deliver(e->door, &conn, 1, &m) != PX_INVALID); /* PX_LIMIT may be */
    }
    px_mqtt_hits_release(&hits);
}

static px_mqtt_reason judge(echo *e, px_str topic)
{
    if (atomic_load(&e->is_full))
        return PX_MQTT_DISK_FULL;
    if (px_str_starts(topic, PX_STR("twins/odd/")))
        return PX_MQTT_PAYLOAD_FORMAT_INVALID;
    return px_str_starts(topic, PX_STR("refuse/")) ? PX_MQTT_NOT_AUTHORIZED : PX_MQTT_SUCCESS;
}

static void commit(echo *e, command_vec *batch)
{
    PX_VEC_EACH (batch, c) {
        px_mqtt_reason reason = judge(e, c->topic);

        if (reason == PX_MQTT_SUCCESS)
            deliver(e, c);
        if (c->token != PX_MQTT_TOKEN_NONE)
            px_mqtt_door_ack(e->door, c->conn, c->token, reason);
        px_free((void *)(uintptr_t)c->topic.ptr);
    }
    batch->len = 0;
    px_mqtt_door_wake(e->door);
}

static void *engine_main(void *ctx)
{
    echo *e = ctx;
    command_vec batch = { 0 };

    pthread_mutex_lock(&e->lock);
    while (!e->is_over || e->queue.len > 0) {
        command_vec swapped = batch;

        if (e->queue.len == 0 || (e->is_held && !e->is_over)) {
            pthread_cond_wait(&e->changed, &e->lock);
            continue;
        }
        batch = e->queue;
        e->queue = swapped;
        e->batches++;
        e->batch_max = batch.len > e->batch_max ? (unsigned)batch.len : e->batch_max;
        pthread_mutex_unlock(&e->lock);
        commit(e, &batch);
        pthread_mutex_lock(&e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    PX_VEC_RELEASE(&batch);
    return NULL;
}

/* ---- the command line ---- */

static void set_flag(echo *e, bool *flag, bool value)
{
    pthread_mutex_lock(&e->lock);
    *flag = value;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

static void print_stats(echo *e)
{
    px_mqtt_door_stats s;
    unsigned batches, batch_max;
    int principals;

    px_mqtt_door_read_stats(e->door, &s);
    pthread_mutex_lock(&e->lock);
    batches = e->batches;
    batch_max = e->batch_max;
    principals = e->principals;
    pthread_mutex_unlock(&e->lock);
    printf("connections=%llu unauthenticated=%llu accepted=%llu taken_over=%llu stalls=%llu "
           "publish_in=%llu puback_out=%llu qos0_dropped=%llu tls_failed=%llu refused_full=%llu "
           "ended_malformed=%llu lost=%llu principals=%d batches=%u batch_max=%u",
           (unsigned long long)s.connections, (unsigned long long)s.unauthenticated,
           (unsigned long long)s.accepted, (unsigned long long)s.taken_over,
           (unsigned long long)s.stalls, (unsigned long long)s.packets_in[PX_MQTT_PUBLISH],
           (unsigned long long)s.packets_out[PX_MQTT_PUBACK], (unsigned long long)s.qos0_dropped,
           (unsigned long long)s.tls_failed, (unsigned long long)s.refused_full,
           (unsigned long long)s.ended[PX_MQTT_MALFORMED], (unsigned long long)s.lost, principals,
           batches, batch_max);
    for (unsigned i = 0; i < 256; i++)
        if (s.ended[i] > 0)
            printf(" %s=%llu", px_mqtt_reason_name(i), (unsigned long long)s.ended[i]);
    printf("\n");
}

/* False for `stop`, whose time goes to `ret_drain_ms`. */
static bool obey(echo *e, const char *line, int64_t *ret_drain_ms)
{
    if (strncmp(line, "stop", 4) == 0) {
        *ret_drain_ms = line[4] == ' ' ? strtoll(line + 5, NULL, 10) : 1000;
        return false;
    }
    if (strncmp(line, "hold", 4) == 0)
        set_flag(e, &e->is_held, true);
    else if (strncmp(line, "release", 7) == 0)
        set_flag(e, &e->is_held, false);
    else if (strncmp(line, "busy", 4) == 0)
        atomic_store(&e->is_busy, true);
    else if (strncmp(line, "free", 4) == 0) {
        atomic_store(&e->is_busy, false);
        px_mqtt_door_resume(e->door);
    } else if (strncmp(line, "full", 4) == 0)
        atomic_store(&e->is_full, true);
    else if (strncmp(line, "room", 4) == 0)
        atomic_store(&e->is_full, false);
    else if (strncmp(line, "stats", 5) == 0)
        print_stats(e);
    fflush(stdout);
    return true;
}

static void read_options(int argc, char **argv, px_mqtt_door_opts *opts)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            opts->threads = (unsigned)strtoul(argv[i + 1], NULL, 10) % (THREADS_MAX + 1);
        else if (strcmp(argv[i], "--cert") == 0)
            opts->tls_cert = argv[i + 1];
        else if (strcmp(argv[i], "--key") == 0)
            opts->tls_key = argv[i + 1];
        else if (strcmp(argv[i], "--connections") == 0)
            opts->connections_max = (uint32_t)strtoul(argv[i + 1], NULL, 10);
    }
    opts->host = "127.0.0.1";
    opts->tls_host = opts->tls_cert ? "127.0.0.1" : NULL;
}

static void log_to_stderr(px_log *log, px_log_level level, const char *event, const char *text)
{
    (void)log, (void)level;
    fprintf(stderr, "%s %s\n", event, text);
}

int main(int argc, char **argv)
{
    px_log log = { .sink = log_to_stderr, .level_min = PX_LOG_DEBUG };
    px_mqtt_door_opts opts = { .log = &log };
    echo e = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    px_mqtt_door_app app = { .ctx = &e,
                             .connect = on_connect,
                             .publish = on_publish,
                             .subscribe = on_subscribe,
                             .unsubscribe = on_unsubscribe,
                             .closed = on_closed,
                             .flush = on_flush };
    pthread_t engine;
    int64_t drain_ms = 1000;
    char line[128];
    px_err err;

    read_options(argc, argv, &opts);
    e.subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    if (!e.subs || px_mqtt_door_open(&opts, &app, &e.door, &err) != PX_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    px_assert(pthread_create(&engine, NULL, engine_main, &e) == 0);
    printf("port %u tls %u\n", (unsigned)px_mqtt_door_port(e.door),
           (unsigned)px_mqtt_door_tls_port(e.door));
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) && obey(&e, line, &drain_ms))
        continue;
    px_mqtt_door_stop(e.door, drain_ms);
    set_flag(&e, &e.is_over, true);
    pthread_join(engine, NULL);
    print_stats(&e);
    px_mqtt_door_free(e.door);
    px_mqtt_subs_free(e.subs);
    PX_VEC_RELEASE(&e.queue);
    for (size_t i = 0; i < THREADS_MAX; i++)
        PX_VEC_RELEASE(&e.collected[i]);
    return e.principals == 0 ? 0 : 1;
}
