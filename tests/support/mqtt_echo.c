/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small server around the MQTT door, for tests with real clients: what is published is handed to
 * an "engine" thread in batches, acknowledged there, and delivered to whoever subscribed, with its
 * properties and the identifiers of the subscriptions. User "bad" is refused; messages below
 * "refuse/" are judged 0x87, those for the twin "odd" 0x99.
 *
 *   mqtt_echo [--threads N] [--cert FILE --key FILE] [--late yes] [--response-info TEXT]
 *
 * With --late, everything that may be answered later is answered by the engine, and the messages
 * that it delivers have packet ids of its own.
 *
 * Prints `port N tls M`, then obeys lines on stdin: hold, release (the engine), full, room (the
 * disk: 0x97 for all), busy, free (the doors), stats (one line of name=value), stop MS; the end of
 * stdin stops as well.
 */
#include "mqtt_echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- the engine ---- */

/* What a subscriber gets beside the message's own properties. */
static void put_props(px_buf *props, const command *c, const px_mqtt_hits *hits,
                      const px_mqtt_hit *hit)
{
    px_buf_clear(props);
    px_put(props, c->props);
    for (uint32_t i = 0; i < hit->id_count; i++)
        px_mqtt_put_prop_u32(props, PX_MQTT_PROP_SUBSCRIPTION_ID, hits->ids.ptr[hit->id_at + i]);
}

static void deliver(echo *e, const command *c)
{
    px_mqtt_hits hits = { 0 };
    px_mqtt_publish m = { .topic = c->topic,
                          .payload = c->payload,
                          .expires_at_ns = c->expires_at_ns };
    px_buf props = { 0 };

    pthread_mutex_lock(&e->lock);
    px_assert(px_mqtt_subs_match(e->subs, c->topic, c->conn.v, &hits, NULL) == PX_OK);
    pthread_mutex_unlock(&e->lock);
    PX_VEC_EACH (&hits.list, hit) {
        px_mqtt_conn conn = { hit->owner };

        m.qos = hit->qos < c->qos ? hit->qos : c->qos;
        if (e->is_late && m.qos > 0)
            m.packet_id = e->last_packet_id = (uint16_t)(e->last_packet_id % 0x7FFF + 1);
        put_props(&props, c, &hits, hit);
        m.encoded_props = px_buf_str(&props);
        px_assert(px_mqtt_door_deliver(e->door, &conn, 1, &m) != PX_INVALID); /* PX_LIMIT may be */
    }
    px_buf_release(&props);
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

static void commit_publish(echo *e, command *c)
{
    px_mqtt_reason reason = judge(e, c->topic);

    if (reason == PX_MQTT_SUCCESS)
        deliver(e, c);
    if (c->token != PX_MQTT_TOKEN_NONE)
        px_mqtt_door_ack(e->door, c->conn, c->token, reason);
    px_free((void *)(uintptr_t)c->topic.ptr);
}

static void commit_one(echo *e, command *c)
{
    switch (c->kind) {
    case PUBLISH:
        commit_publish(e, c);
        break;
    case ADMIT:
        px_mqtt_door_admit(e->door, c->conn, &(px_mqtt_admission){ 0 });
        break;
    case ANSWER:
        px_mqtt_door_answer(e->door, c->conn, c->type, c->packet_id, c->reasons, c->count);
        break;
    case RELEASED:
        px_mqtt_door_released(e->door, c->conn, c->packet_id);
        break;
    case RELEASE:
        px_mqtt_door_release(e->door, c->conn, c->packet_id);
        break;
    }
}

static void commit(echo *e, command_vec *batch)
{
    PX_VEC_EACH (batch, c)
        commit_one(e, c);
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
    unsigned batches, batch_max, answers;
    int principals;

    px_mqtt_door_read_stats(e->door, &s);
    pthread_mutex_lock(&e->lock);
    batches = e->batches;
    batch_max = e->batch_max;
    answers = e->answers;
    principals = e->principals;
    pthread_mutex_unlock(&e->lock);
    printf("connections=%llu unauthenticated=%llu accepted=%llu taken_over=%llu stalls=%llu "
           "publish_in=%llu puback_out=%llu qos0_dropped=%llu tls_failed=%llu refused_full=%llu "
           "ended_malformed=%llu lost=%llu principals=%d batches=%u batch_max=%u "
           "answers=%u pubrec_out=%llu pubcomp_out=%llu repeats=%llu expired_dropped=%llu "
           "subscribes=%llu",
           (unsigned long long)s.connections, (unsigned long long)s.unauthenticated,
           (unsigned long long)s.accepted, (unsigned long long)s.taken_over,
           (unsigned long long)s.stalls, (unsigned long long)s.packets_in[PX_MQTT_PUBLISH],
           (unsigned long long)s.packets_out[PX_MQTT_PUBACK], (unsigned long long)s.qos0_dropped,
           (unsigned long long)s.tls_failed, (unsigned long long)s.refused_full,
           (unsigned long long)s.ended[PX_MQTT_MALFORMED], (unsigned long long)s.lost, principals,
           batches, batch_max, answers, (unsigned long long)s.packets_out[PX_MQTT_PUBREC],
           (unsigned long long)s.packets_out[PX_MQTT_PUBCOMP], (unsigned long long)s.repeats,
           (unsigned long long)s.expired_dropped,
           (unsigned long long)s.packets_in[PX_MQTT_SUBSCRIBE]);
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

static void read_options(int argc, char **argv, px_mqtt_door_opts *opts, bool *ret_is_late)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            opts->threads = (unsigned)strtoul(argv[i + 1], NULL, 10) % (THREADS_MAX + 1);
        else if (strcmp(argv[i], "--cert") == 0)
            opts->tls_cert = argv[i + 1];
        else if (strcmp(argv[i], "--key") == 0)
            opts->tls_key = argv[i + 1];
        else if (strcmp(argv[i], "--late") == 0)
            *ret_is_late = true;
        else if (strcmp(argv[i], "--response-info") == 0)
            opts->session.response_info = argv[i + 1];
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
    px_mqtt_door_app app = echo_app(&e);
    pthread_t engine;
    int64_t drain_ms = 1000;
    char line[128];
    px_err err;

    read_options(argc, argv, &opts, &e.is_late);
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
