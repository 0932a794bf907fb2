/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One server, built from the bottom up and taken down from the top: store, engine, history, MQTT,
 * HTTP. Everything it owns is in one struct on the caller's stack. Ends on SIGTERM and SIGINT: the
 * doors drain, history flushes, the engine writes what is dirty, the store closes.
 */
#include "server/serve.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "freshness/freshness.h"
#include "history/history.h"
#include "server/address.h"
#include "server/admin_token.h"
#include "server/http_side.h"
#include "server/listen.h"
#include "server/log_stderr.h"
#include "server/outbound_side.h"
#include "server/settings.h"
#include "server/tls.h"
#include "server/twin_topics.h"
#include "store/store.h"
#include "sync/keeper.h"

enum { DRAIN_MS = 2000, URL_BYTES = 320 };

typedef struct server {
    const px_serve_opts *opts;
    px_settings settings;
    px_address http_at, mqtt_at, mqtts_at;
    px_log log;
    px_store *store;
    px_engine *engine;
    px_history *history;
    px_fresh *freshness;
    px_rejects *rejects;
    px_bindings *bindings;
    px_files *files;
    px_backups *backups;
    px_backoff *backoff; /* failed logins, at all doors */
    px_presence *presence;
    px_keeper *keeper;
    _Atomic(px_twin_topics *) topics; /* the engine answers before there are any */
    px_mqtt_door *mqtt;
    px_outbound_side *outbound;
    px_http_side *http;
    char token[128];
    bool token_is_new;
    char http_url[URL_BYTES], mqtt_address[URL_BYTES];
} server;

/* ---- callbacks of the engine ---- */

static void on_answered(void *data)
{
    server *s = data;

    px_twin_topics_answered(s->topics);
}

/* A failed commit or sync: nothing may be acknowledged any more. A restart replays the journal. */
static void on_fatal(void *data, const px_err *err)
{
    (void)data;
    fprintf(stderr,
            "pollux: the data directory can no longer be written: %s\n"
            "pollux: ending now; everything acknowledged is on the disk, and the next start "
            "replays it\n",
            err->text);
    _exit(px_status_exit(PX_IO));
}

/* ---- bottom up ---- */

static px_status make_data_dir(const char *path, px_err *ret_err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return PX_OK;
    return px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_DENIED,
                   "cannot make the data directory %s: %s", path, strerror(errno));
}

/* Of one instance of the public service; what one request may hold is in api/azure.h. */
static const px_counts_max azure_counts = {
    .twins = 2000000, .relationships = 20000000, .models = 10000, .edges = 50000
};

/* In the data directory, unless they are to lie elsewhere. */
static px_status open_backups(server *s, px_err *ret_err)
{
    px_buf folder = { 0 };
    px_status status;

    if (s->settings.backup_folder[0])
        px_put_c(&folder, s->settings.backup_folder);
    else
        px_putf(&folder, "%s/backups", s->opts->data_dir);
    status = px_buf_status(&folder, ret_err);
    if (status == PX_OK)
        status = px_backups_new(folder.ptr, &s->backups, ret_err);
    px_buf_release(&folder);
    return status;
}

/* The log passes its limit by what is written while it is moved. */
static int64_t wal_room(const px_settings *settings)
{
    int64_t limit = settings->wal_bytes_max ? settings->wal_bytes_max : PX_WAL_BYTES_MAX;

    return limit + limit / 4 < PX_WAL_ROOM_BYTES_MAX ? limit + limit / 4 : PX_WAL_ROOM_BYTES_MAX;
}

static px_status open_keeper(server *s, px_err *ret_err)
{
    px_keeper_opts opts = {
        .engine = s->engine, .presence = s->presence, .rejects = s->rejects, .log = &s->log
    };

    return px_keeper_open(&opts, &s->keeper, ret_err);
}

static px_status open_core(server *s, px_err *ret_err)
{
    px_store_opts store_opts = { .env = px_env_posix(),
                                 .log = &s->log,
                                 .dir = s->opts->data_dir,
                                 .wal_bytes_max = s->settings.wal_bytes_max,
                                 .wal_room_bytes = wal_room(&s->settings) };
    px_engine_opts engine_opts = { .env = px_env_posix(),
                                   .log = &s->log,
                                   .batch_age_ns = s->settings.batch_age_ns,
                                   .checkpoint_ns = s->settings.checkpoint_ns,
                                   .journal_keep_bytes = s->settings.journal_keep_bytes,
                                   .journal_keep_ns = s->settings.journal_keep_ns,
                                   .snapshot_bytes_max = (uint64_t)s->settings.snapshot_bytes_max,
                                   .source_ahead_ns = s->settings.source_ahead_ns,
                                   .answered = on_answered,
                                   .fatal = on_fatal,
                                   .data = s };
    px_history_opts history_opts = { .log = &s->log };

    if (s->opts->azure_limits)
        engine_opts.counts_max = azure_counts;
    PX_TRY(px_store_open(&store_opts, &s->store, ret_err));
    engine_opts.store = s->store;
    PX_TRY(px_engine_open(&engine_opts, &s->engine, ret_err));
    history_opts.engine = s->engine;
    history_opts.store = s->store;
    history_opts.graph = px_engine_graph(s->engine);
    history_opts.registry = px_engine_registry(s->engine);
    PX_TRY(px_history_open(&history_opts, &s->history, ret_err));
    PX_TRY(px_fresh_open(s->engine, &s->log, &s->freshness, ret_err));
    PX_TRY(px_bindings_new(px_engine_documents(s->engine), &s->log, &s->bindings, ret_err));
    s->rejects = px_rejects_new();
    s->backoff = px_backoff_new(0);
    s->presence = px_presence_new(0, engine_opts.env->now(engine_opts.env));
    PX_TRY(px_files_new(s->opts->data_dir,
                        s->settings.import_folder[0] ? s->settings.import_folder : NULL, &s->files,
                        ret_err));
    PX_TRY(open_backups(s, ret_err));
    if (!s->rejects || !s->backoff || !s->presence)
        return px_no_memory(ret_err);
    return open_keeper(s, ret_err);
}

static px_status check_exposure(const server *s, const px_address *address, const char *what,
                                bool encrypted, px_err *ret_err)
{
    if (address->is_loopback || encrypted || s->opts->allow_plain)
        return PX_OK;
    return px_fail_id(
        ret_err, PX_DENIED, "server.plain",
        "%s %s is reachable from outside without encryption; use --tls-cert and --mqtts, "
        "or say --allow-plain",
        what, address->host);
}

/* The doors read the files again; this says what is wrong with them before there is any data. */
static px_status check_certificate(const px_serve_opts *o, px_err *ret_err)
{
    px_tls *tls;

    if (!o->tls_cert && !o->tls_key)
        return PX_OK;
    if (!o->tls_cert || !o->tls_key)
        return px_fail_id(ret_err, PX_INVALID, "server.tls", "%s needs %s",
                          o->tls_cert ? "--tls-cert" : "--tls-key",
                          o->tls_cert ? "--tls-key" : "--tls-cert");
    PX_TRY(px_tls_new(o->tls_cert, o->tls_key, o->mqtts_ca, &tls, ret_err));
    px_tls_free(tls);
    return PX_OK;
}

/* Where the doors will be, judged before anything is opened or made. */
static px_status read_addresses(server *s, px_err *ret_err)
{
    const px_serve_opts *o = s->opts;

    PX_TRY(px_address_parse(o->mqtt ? o->mqtt : "127.0.0.1:1883", "--mqtt", &s->mqtt_at, ret_err));
    PX_TRY(check_exposure(s, &s->mqtt_at, "--mqtt", false, ret_err));
    PX_TRY(px_address_parse(o->http ? o->http : "127.0.0.1:7780", "--http", &s->http_at, ret_err));
    PX_TRY(check_exposure(s, &s->http_at, "--http", o->tls_cert != NULL, ret_err));
    if (o->mqtts_ca && !o->mqtts)
        return px_fail_id(ret_err, PX_INVALID, "server.tls", "--mqtts-ca needs --mqtts");
    PX_TRY(check_certificate(o, ret_err));
    if (!o->mqtts)
        return PX_OK;
    if (!o->tls_cert)
        return px_fail_id(ret_err, PX_INVALID, "server.tls",
                          "--mqtts needs --tls-cert and --tls-key");
    return px_address_parse(o->mqtts, "--mqtts", &s->mqtts_at, ret_err);
}

/* Two doors at one place: the second would find it taken by the first. */
static px_status check_apart(const px_address *a, const px_address *b, px_err *ret_err)
{
    if (a->port == 0 || a->port != b->port || strcmp(a->host, b->host) != 0)
        return PX_OK;
    return px_fail_id(
        ret_err, PX_INVALID, "server.address",
        "two doors cannot share %s port %u; give --http, --mqtt and --mqtts a port each", a->host,
        (unsigned)a->port);
}

/* A port that is taken leaves no data directory behind. Whoever takes it between this look and the
 * door is told of by the door. */
static px_status check_ports(const server *s, px_err *ret_err)
{
    PX_TRY(check_apart(&s->mqtt_at, &s->http_at, ret_err));
    PX_TRY(px_listen_check(s->mqtt_at.host, s->mqtt_at.port, "--mqtt", ret_err));
    PX_TRY(px_listen_check(s->http_at.host, s->http_at.port, "--http", ret_err));
    if (!s->opts->mqtts)
        return PX_OK;
    PX_TRY(check_apart(&s->mqtts_at, &s->http_at, ret_err));
    PX_TRY(check_apart(&s->mqtts_at, &s->mqtt_at, ret_err));
    return px_listen_check(s->mqtts_at.host, s->mqtts_at.port, "--mqtts", ret_err);
}

static px_status open_mqtt(server *s, px_err *ret_err)
{
    px_twin_topics_opts topics_opts = { .engine = s->engine,
                                        .rejects = s->rejects,
                                        .bindings = s->bindings,
                                        .log = &s->log,
                                        .backoff = s->backoff,
                                        .presence = s->presence,
                                        .spark_host = s->settings.sparkplug_host };
    px_mqtt_door_opts opts = { .env = px_env_posix(),
                               .log = &s->log,
                               .host = s->mqtt_at.host,
                               .port = s->mqtt_at.port,
                               .tls_host = s->opts->mqtts ? s->mqtts_at.host : NULL,
                               .tls_port = s->mqtts_at.port,
                               .tls_cert = s->opts->tls_cert,
                               .tls_key = s->opts->tls_key,
                               .tls_ca = s->opts->mqtts_ca,
                               .threads = s->settings.mqtt_threads,
                               .session = { .retain_available = true } };
    px_twin_topics *topics;
    px_mqtt_door_app app;

    PX_TRY(px_twin_topics_new(&topics_opts, &topics, ret_err));
    atomic_store(&s->topics, topics);
    app = px_twin_topics_app(topics);
    PX_TRY(px_mqtt_door_open(&opts, &app, &s->mqtt, ret_err));
    snprintf(s->mqtt_address, sizeof(s->mqtt_address), "%s:%u", s->mqtt_at.host,
             (unsigned)px_mqtt_door_port(s->mqtt));
    return px_twin_topics_start(s->topics, ret_err);
}

static px_status open_outbound(server *s, px_err *ret_err)
{
    px_outbound_side_opts opts = { .engine = s->engine,
                                   .store = s->store,
                                   .log = &s->log,
                                   .bindings = s->bindings,
                                   .rejects = s->rejects,
                                   .topics = s->topics,
                                   .allow = s->opts->outbound_allow };

    return px_outbound_side_open(&opts, &s->outbound, ret_err);
}

static px_status open_http(server *s, px_err *ret_err)
{
    px_http_side_opts opts = { .engine = s->engine,
                               .azure_limits = s->opts->azure_limits,
                               .history = s->history,
                               .freshness = s->freshness,
                               .outbound = px_outbound_side_room(s->outbound),
                               .connections = px_outbound_side_connections(s->outbound),
                               .rejects = s->rejects,
                               .bindings = s->bindings,
                               .backoff = s->backoff,
                               .presence = s->presence,
                               .files = s->files,
                               .backups = s->backups,
                               .mqtt = s->mqtt,
                               .topics = s->topics,
                               .log = &s->log,
                               .host = s->http_at.host,
                               .port = s->http_at.port,
                               .tls_cert = s->opts->tls_cert,
                               .tls_key = s->opts->tls_key,
                               .threads = s->settings.http_threads,
                               .rate_per_second = s->settings.http_rate };
    bool is_v6 = strchr(s->http_at.host, ':') != NULL;

    PX_TRY(px_http_side_open(&opts, &s->http, ret_err));
    snprintf(s->http_url, sizeof(s->http_url), "%s://%s%s%s:%u", opts.tls_cert ? "https" : "http",
             is_v6 ? "[" : "", s->http_at.host, is_v6 ? "]" : "",
             (unsigned)px_http_side_port(s->http));
    return PX_OK;
}

static px_status open_all(server *s, px_err *ret_err)
{
    PX_TRY(px_settings_read(s->opts, &s->settings, ret_err));
    PX_TRY(read_addresses(s, ret_err));
    PX_TRY(px_outbound_side_check(s->opts->outbound_allow, ret_err));
    if (s->settings.sparkplug_host[0])
        PX_TRY(px_sparkplug_check_host(px_str_c(s->settings.sparkplug_host), ret_err));
    PX_TRY(check_ports(s, ret_err));
    PX_TRY(make_data_dir(s->opts->data_dir, ret_err));
    PX_TRY(open_core(s, ret_err));
    PX_TRY(px_engine_start(s->engine, ret_err));
    PX_TRY(px_history_start(s->history, ret_err));
    PX_TRY(px_fresh_start(s->freshness, ret_err));
    PX_TRY(px_keeper_start(s->keeper, ret_err));
    PX_TRY(px_admin_token(s->engine, s->opts->data_dir, s->token, sizeof(s->token),
                          &s->token_is_new, ret_err));
    PX_TRY(open_mqtt(s, ret_err));
    PX_TRY(open_outbound(s, ret_err));
    return open_http(s, ret_err);
}

/* ---- top down ---- */

static void close_all(server *s)
{
    if (s->engine)
        px_engine_prepare_stop(s->engine);
    px_http_side_stop(s->http, DRAIN_MS);
    px_outbound_side_stop(s->outbound);
    if (s->mqtt) {
        px_twin_topics_bye(s->topics);
        px_mqtt_door_stop(s->mqtt, DRAIN_MS);
    }
    px_fresh_stop(s->freshness);
    if (s->history)
        px_history_stop(s->history, true);
    px_twin_topics_stop(s->topics);
    px_keeper_stop(s->keeper); /* nobody comes, says or asks anything any more */
    px_http_side_close(s->http);
    px_outbound_side_close(s->outbound);
    px_fresh_close(s->freshness);
    if (s->history)
        px_history_close(s->history);
    px_keeper_close(s->keeper);
    px_engine_close(s->engine);
    px_mqtt_door_free(s->mqtt);
    px_twin_topics_free(s->topics);
    px_bindings_free(s->bindings);
    px_rejects_free(s->rejects);
    px_files_free(s->files);
    px_backups_free(s->backups);
    px_backoff_free(s->backoff);
    px_presence_free(s->presence);
    if (s->store)
        px_store_close(s->store);
}

static px_status announce(server *s, px_err *ret_err)
{
    if (s->opts->ready)
        return s->opts->ready(s->opts->ready_data, s->http_url, s->mqtt_address, s->token, ret_err);
    printf("pollux serves %s\n  console  %s/\n  mqtt     %s\n", s->opts->data_dir, s->http_url,
           s->mqtt_address);
    /* the first start tells it to whoever began; later ones write to a log, whose readers are not
     * all admins */
    if (s->token[0] && (s->token_is_new || isatty(STDOUT_FILENO)))
        printf("token: %s\n", s->token);
    else if (s->token[0])
        printf("token: in %s/admin.token\n", s->opts->data_dir);
    fflush(stdout);
    return PX_OK;
}

static void wait_for_end(const sigset_t *signals, server *s)
{
    int which = 0;

    sigwait(signals, &which);
    px_log_info(&s->log, "server.end", "signal=%d draining", which);
}

/* What one batch frees the next one wants again: asking the kernel each time costs more than a few
 * megabytes. */
static void keep_freed_memory(void)
{
    enum { KEPT_BYTES = 16 * 1024 * 1024, STEP_BYTES = 1024 * 1024 };

    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TOP_PAD, STEP_BYTES);
}

int px_serve_main(const px_serve_opts *opts)
{
    server s = { .opts = opts, .log = px_log_stderr(PX_LOG_INFO) };
    sigset_t signals;
    px_err err = { 0 };
    px_status status;

    keep_freed_memory();
    /* before any thread is made: all of them inherit the mask, and sigwait alone gets the signals
     */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        fprintf(stderr, "pollux: the cryptographic library does not start\n");
        return px_status_exit(PX_IO);
    }
    status = open_all(&s, &err);
    if (status == PX_OK)
        status = announce(&s, &err);
    if (status == PX_OK)
        wait_for_end(&signals, &s);
    else
        fprintf(stderr, "pollux: %s\n", err.text);
    close_all(&s);
    return px_status_exit(status);
}
