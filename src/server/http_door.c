/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_door.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/thread.h"
#include "server/http_inner.h"
#include "server/tls.h"

enum {
    PEM_BYTES_MAX = 1024 * 1024,
    OPTIONS_MAX = 20,
    BACKLOG = 1024,
    POLL_NS = 2 * 1000 * 1000,
    CARRIED_MS = 1000
};

static void or_default(uint32_t *value, uint32_t fallback)
{
    if (*value == 0)
        *value = fallback;
}

static void fill_defaults(px_http_door_opts *opts)
{
    or_default(&opts->connections_max, PX_HTTP_CONNECTIONS_MAX);
    or_default(&opts->connections_per_address_max, PX_HTTP_CONNECTIONS_PER_ADDRESS_MAX);
    or_default(&opts->idle_ms, PX_HTTP_IDLE_SECONDS_MAX * 1000);
    or_default(&opts->header_ms, PX_HTTP_HEADER_SECONDS_MAX * 1000);
    if (opts->threads == 0)
        opts->threads = sysconf(_SC_NPROCESSORS_ONLN) < 4 ? 1 : 2;
    if (opts->threads > PX_HTTP_THREADS_MAX)
        opts->threads = PX_HTTP_THREADS_MAX;
}

static px_status read_pem(const char *path, px_buf *out, px_err *ret_err)
{
    FILE *file = fopen(path, "rb");
    size_t count = 1;

    if (!file)
        return px_fail_id(ret_err, PX_INVALID, "tls.file", "cannot read %s: %s", path,
                          strerror(errno));
    px_buf_init(out, PEM_BYTES_MAX);
    while (count > 0 && px_buf_reserve(out, 4096)) {
        count = fread(out->ptr + out->len, 1, 4096, file);
        out->len += count;
        out->ptr[out->len] = '\0';
    }
    fclose(file);
    return px_buf_status(out, ret_err);
}

/* The files are tried first as our own TLS reads them, which says what is wrong with them. */
static px_status read_tls(px_http_door *door, px_err *ret_err)
{
    px_tls *tls = NULL;

    if (!door->opts.tls_cert)
        return PX_OK;
    if (!door->opts.tls_key)
        return px_fail_id(
            ret_err, PX_INVALID, "tls.key",
            "a certificate needs its key, and a key its certificate: --tls-cert and --tls-key");
    PX_TRY(px_tls_new(door->opts.tls_cert, door->opts.tls_key, NULL, &tls, ret_err));
    px_tls_free(tls);
    PX_TRY(read_pem(door->opts.tls_cert, &door->cert, ret_err));
    return read_pem(door->opts.tls_key, &door->key, ret_err);
}

static void log_line(void *ctx, const char *format, va_list args)
{
    px_http_door *door = ctx;
    char text[256];
    size_t len;

    if (!door->opts.log || door->opts.log->level_min > PX_LOG_DEBUG)
        return;
    vsnprintf(text, sizeof(text), format, args);
    len = strlen(text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    px_log_debug(door->opts.log, "http.library", "%s", text);
}

/* What is decoded is decoded by the application, once. */
static size_t leave_escaped(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx, (void)mhd;
    return strlen(text);
}

static px_status start_daemon(px_http_loop *loop, px_err *ret_err)
{
    px_http_door *door = loop->door;
    unsigned flags =
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem options[OPTIONS_MAX];
    size_t count = 0;

#define OPTION(...) options[count++] = (struct MHD_OptionItem){ __VA_ARGS__ }
    OPTION(MHD_OPTION_CONNECTION_TIMEOUT, ((intptr_t)door->opts.idle_ms + 999) / 1000, NULL);
    OPTION(MHD_OPTION_CONNECTION_MEMORY_LIMIT, PX_HTTP_POOL_BYTES, NULL);
    OPTION(MHD_OPTION_CONNECTION_LIMIT, (intptr_t)door->opts.connections_max + 64, NULL);
    OPTION(MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)px_http_link_notify, loop);
    OPTION(MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)px_http_request_ended, door);
    OPTION(MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)px_http_request_line, door);
    OPTION(MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, door);
    OPTION(MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL);
    OPTION(MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL);
    if (door->opts.tls_cert) {
        flags |= MHD_USE_TLS;
        OPTION(MHD_OPTION_HTTPS_MEM_CERT, 0, door->cert.ptr);
        OPTION(MHD_OPTION_HTTPS_MEM_KEY, 0, door->key.ptr);
        OPTION(MHD_OPTION_HTTPS_PRIORITIES, 0,
               (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
    }
    OPTION(MHD_OPTION_END, 0, NULL);
#undef OPTION
    /* The logger is given first: options that fail are told to it. */
    loop->mhd =
        MHD_start_daemon(flags, 0, px_http_link_admit, door, px_http_request_step, door,
                         MHD_OPTION_EXTERNAL_LOGGER, log_line, door, MHD_OPTION_LISTEN_SOCKET,
                         door->listen_fd, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (!loop->mhd)
        return px_fail_id(ret_err, PX_IO, "http.start", "the HTTP door does not start: %s",
                          strerror(errno));
    return PX_OK;
}

static px_status start_keeper(px_http_door *door, px_err *ret_err)
{
    pthread_mutex_init(&door->lock, NULL);
    px_cond_init(&door->tick);
    atomic_store(&door->now_ms, px_http_now_ms());
    if (!px_thread_start(&door->keeper, "http-keeper", px_http_keeper_run, door))
        return px_fail(ret_err, PX_BUSY, "a thread of the HTTP door cannot be started");
    door->has_keeper = true;
    return PX_OK;
}

static px_status start(px_http_door *door, px_err *ret_err)
{
    PX_TRY(start_keeper(door, ret_err));
    PX_TRY(read_tls(door, ret_err));
    PX_TRY(px_listen(door->opts.host, door->opts.port, &door->listen_fd, &door->port, ret_err));
    while (door->loop_count < door->opts.threads) {
        px_http_loop *loop = &door->loops[door->loop_count];

        PX_TRY(px_http_loop_init(loop, door, ret_err));
        door->loop_count++;
        PX_TRY(start_daemon(loop, ret_err));
        PX_TRY(px_http_loop_start(loop, ret_err));
    }
    return PX_OK;
}

px_status px_http_door_open(const px_http_door_opts *opts, px_http_door **ret_door, px_err *ret_err)
{
    px_http_door *door = px_zalloc(1, sizeof(*door));
    px_status status;

    if (!door)
        return px_no_memory(ret_err);
    door->opts = *opts;
    door->listen_fd = -1;
    fill_defaults(&door->opts);
    status = start(door, ret_err);
    if (status != PX_OK) {
        px_http_door_close(door);
        return status;
    }
    *ret_door = door;
    return PX_OK;
}

uint16_t px_http_door_port(const px_http_door *door)
{
    return door->port;
}

/* ---- the end ---- */

static void wake_streams(px_http_door *door)
{
    pthread_mutex_lock(&door->lock);
    for (px_http_link *link = door->links; link; link = link->next)
        if (atomic_load(&link->phase) == PX_HTTP_STREAM)
            px_http_wake(link->exchange);
    pthread_mutex_unlock(&door->lock);
}

static void abandon_calls(px_http_door *door)
{
    pthread_mutex_lock(&door->lock);
    for (px_http_link *link = door->links; link; link = link->next) {
        px_http_exchange *exchange = link->exchange;
        int turn = PX_HTTP_TURN_ASLEEP;

        if (exchange &&
            atomic_compare_exchange_strong(&exchange->turn, &turn, PX_HTTP_TURN_ABANDONED))
            px_http_resume(exchange);
    }
    pthread_mutex_unlock(&door->lock);
}

static void drain(px_http_door *door, int64_t drain_ms)
{
    int64_t until_ms = px_http_now_ms() + drain_ms;

    while (atomic_load(&door->active) > 0 && px_http_now_ms() < until_ms) {
        wake_streams(door);
        px_pause_ns(POLL_NS);
    }
    /* No connection may be asleep when the daemon stops. */
    while (atomic_load(&door->asked) > 0) {
        abandon_calls(door);
        px_pause_ns(POLL_NS);
    }
    wake_streams(door);
}

static void stop_keeper(px_http_door *door)
{
    if (!door->has_keeper)
        return;
    pthread_mutex_lock(&door->lock);
    door->ending = true;
    pthread_cond_signal(&door->tick);
    pthread_mutex_unlock(&door->lock);
    pthread_join(door->keeper, NULL);
    door->has_keeper = false;
}

static void end_loops(px_http_door *door)
{
    px_http_loops_end(door);
    if (door->listen_fd >= 0)
        close(door->listen_fd);
    door->listen_fd = -1;
}

void px_http_door_stop(px_http_door *door, int64_t drain_ms)
{
    if (door->stopped)
        return;
    door->stopped = true;
    atomic_store(&door->stopping, true);
    px_http_loops_wake(door); /* they accept no more */
    drain(door, drain_ms);
    stop_keeper(door);
    if (atomic_load(&door->carried) == 0)
        end_loops(door);
}

/* They were let go; what they had still to send goes out, if the client takes it. */
static void await_carried(px_http_door *door)
{
    int64_t until_ms = px_http_now_ms() + CARRIED_MS;

    while (atomic_load(&door->carried) > 0 && px_http_now_ms() < until_ms)
        px_pause_ns(POLL_NS);
}

void px_http_door_close(px_http_door *door)
{
    if (!door)
        return;
    px_http_door_stop(door, 0);
    await_carried(door);
    end_loops(door);
    while (atomic_load(&door->held) > 0)
        px_pause_ns(POLL_NS);
    px_buf_release(&door->cert);
    px_buf_release(&door->key);
    pthread_cond_destroy(&door->tick);
    pthread_mutex_destroy(&door->lock);
    px_free(door);
}

void px_http_door_read_stats(const px_http_door *door, px_http_door_stats *ret_stats)
{
    px_http_door_stats stats = { .connections = atomic_load(&door->connections),
                                 .accepted = atomic_load(&door->accepted),
                                 .refused_full = atomic_load(&door->refused_full),
                                 .requests = atomic_load(&door->requests),
                                 .refused = atomic_load(&door->refused),
                                 .broken = atomic_load(&door->broken),
                                 .slow = atomic_load(&door->slow),
                                 .abandoned = atomic_load(&door->abandoned),
                                 .streams = atomic_load(&door->streams),
                                 .streams_gone = atomic_load(&door->streams_gone),
                                 .bytes_in = atomic_load(&door->bytes_in),
                                 .bytes_out = atomic_load(&door->bytes_out),
                                 .upgraded = atomic_load(&door->upgraded),
                                 .carried = atomic_load(&door->carried) };

    for (size_t i = 0; i < 6; i++)
        stats.answers[i] = atomic_load(&door->answers[i]);
    *ret_stats = stats;
}
