/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd calls `handle` several times for one request: first with the headers alone, then
 * with each piece of the body, then once more when it is complete, and again after a resume.
 * Nothing may be answered in the first call (the library would close the connection), so all
 * decisions are taken in the later ones:
 *
 *     FRESH ──headers──► BODY ──complete──► API ──complete()──► DONE ──response queued
 */
#include "server/http_door.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"

enum {
    CALL_ARENA_BYTES_MAX = 64 * 1024 * 1024,
    OUT_BYTES_MAX = 64 * 1024 * 1024,
    IDLE_SECONDS = 75,
    STREAM_BLOCK_BYTES = 16 * 1024,
    HEADERS_MAX = 100,
    CONNECTIONS_DEFAULT = 10000,
    MEMORY_PER_CONNECTION = PX_HTTP_HEADER_BYTES_MAX + 8 * 1024,
    KEPT_OUT_BYTES_MAX = 256 * 1024,
};

typedef enum call_state { FRESH, BODY, WITH_API, DONE } call_state;

/* Of one connection. */
typedef struct conn {
    px_api_call call; /* first: the API gives it back */
    px_http_door *door;
    struct MHD_Connection *mhd;
    call_state state;
    bool too_large, smuggled, too_many_headers;
    bool oversized_uri;
    px_buf body;
    unsigned header_count, host_count, length_count;
    bool has_transfer_encoding;
} conn;

struct px_http_door {
    px_http_door_opts opts;
    struct MHD_Daemon *daemon;
    char *cert, *key;
    uint16_t port;
    _Atomic uint64_t connections, requests, refused, under_way;
};

/* ---- the API's side ---- */

static px_str header(const px_api_call *call, const char *name)
{
    const conn *c = call->door_data;

    return px_str_c(MHD_lookup_connection_value(c->mhd, MHD_HEADER_KIND, name));
}

static void complete(px_api_call *call)
{
    conn *c = call->door_data;

    c->state = DONE;
    MHD_resume_connection(c->mhd);
}

/* ---- streams ---- */

typedef struct pull {
    px_api_stream *stream;
    struct MHD_Connection *mhd;
    pthread_mutex_t lock; /* guards the next two */
    bool asleep, woken;
} pull;

static void wake(void *door_data)
{
    pull *p = door_data;
    bool resume;

    pthread_mutex_lock(&p->lock);
    resume = p->asleep;
    p->asleep = false;
    p->woken = !resume;
    pthread_mutex_unlock(&p->lock);
    if (resume)
        MHD_resume_connection(p->mhd);
}

static ssize_t pull_read(void *data, uint64_t position, char *ret_bytes, size_t size)
{
    pull *p = data;

    (void)position;
    for (;;) {
        ptrdiff_t got = p->stream->read(p->stream, ret_bytes, size);

        if (got < 0)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (got > 0)
            return got;
        pthread_mutex_lock(&p->lock);
        if (!p->woken) {
            p->asleep = true;
            MHD_suspend_connection(p->mhd);
            pthread_mutex_unlock(&p->lock);
            return 0;
        }
        p->woken = false;
        pthread_mutex_unlock(&p->lock);
    }
}

static void pull_free(void *data)
{
    pull *p = data;

    p->stream->close(p->stream);
    pthread_mutex_destroy(&p->lock);
    px_free(p);
}

static struct MHD_Response *stream_response(conn *c)
{
    pull *p = px_zalloc(1, sizeof(*p));
    struct MHD_Response *response;

    if (!p) {
        c->call.stream->close(c->call.stream);
        return NULL;
    }
    p->stream = c->call.stream;
    p->mhd = c->mhd;
    pthread_mutex_init(&p->lock, NULL);
    p->stream->door_data = p;
    p->stream->wake = wake;
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, pull_read, p,
                                                 pull_free);
    if (!response)
        pull_free(p);
    return response;
}

/* ---- answering ---- */

static struct MHD_Response *make_response(conn *c)
{
    px_api_call *call = &c->call;
    struct MHD_Response *response;
    px_str body = px_buf_str(&call->out);
    union {
        const char *borrowed;
        void *untyped; /* the library's signature; it does not write through it */
    } bytes;

    if (call->stream)
        response = stream_response(c);
    else {
        if (call->static_body.ptr)
            body = call->static_body;
        /* the buffer lives until the connection's next request: MHD has sent the response by then
         */
        bytes.borrowed = body.ptr;
        response = MHD_create_response_from_buffer(body.len, bytes.untyped, MHD_RESPMEM_PERSISTENT);
    }
    if (!response)
        return NULL;
    if (call->content_type)
        MHD_add_response_header(response, "Content-Type", call->content_type);
    for (size_t i = 0; i < call->header_count; i++)
        MHD_add_response_header(response, call->headers[i].name, call->headers[i].value.ptr);
    return response;
}

static enum MHD_Result answer(conn *c)
{
    struct MHD_Response *response = make_response(c);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    result = MHD_queue_response(c->mhd, (unsigned)c->call.status, response);
    MHD_destroy_response(response);
    return result;
}

/* A refusal by the door itself, in the form of RFC 9457; the connection closes after a doubtful
 * request. */
static enum MHD_Result refuse(conn *c, unsigned status, const char *code, const char *detail,
                              bool close)
{
    px_api_call *call = &c->call;

    atomic_fetch_add(&c->door->refused, 1);
    px_buf_clear(&call->out);
    px_putf(&call->out,
            "{\"type\":\"about:blank\",\"title\":\"refused\",\"status\":%u,\"detail\":\"%s\","
            "\"code\":\"%s\"}",
            status, detail, code);
    call->status = (int)status;
    call->content_type = "application/problem+json";
    call->header_count = 0;
    call->stream = NULL;
    call->static_body = (px_str){ 0 };
    if (close) {
        call->headers[0].name = "Connection";
        call->headers[call->header_count++].value = PX_STR("close");
    }
    c->state = DONE;
    return answer(c);
}

/* ---- requests ---- */

/* What an attacker sends to make two servers see two requests (RFC 9112, section 11.2). */
static enum MHD_Result look_at_header(void *data, enum MHD_ValueKind kind, const char *key,
                                      const char *value)
{
    conn *c = data;

    (void)kind;
    c->header_count++;
    if (strcasecmp(key, "Host") == 0)
        c->host_count++;
    if (strcasecmp(key, "Transfer-Encoding") == 0)
        c->has_transfer_encoding = true;
    if (strcasecmp(key, "Content-Length") == 0) {
        c->length_count++;
        if (!value || !*value || strspn(value, "0123456789") != strlen(value))
            c->smuggled = true;
    }
    if (strchr(key, ' ') || strchr(key, '\t'))
        c->smuggled = true;
    return MHD_YES;
}

static void begin(conn *c, const char *method, const char *url)
{
    px_api_call *call = &c->call;

    if (call->out.cap > KEPT_OUT_BYTES_MAX)
        px_buf_release(&call->out);
    px_buf_clear(&call->out);
    if (c->body.cap > KEPT_OUT_BYTES_MAX)
        px_buf_release(&c->body);
    px_buf_clear(&c->body);
    c->too_large = c->smuggled = false;
    c->header_count = c->host_count = c->length_count = 0;
    c->has_transfer_encoding = false;
    MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, look_at_header, c);
    c->smuggled = c->smuggled || c->host_count > 1 || c->length_count > 1 ||
                  (c->length_count > 0 && c->has_transfer_encoding);
    c->too_many_headers = c->header_count > HEADERS_MAX;
    call->method = px_str_c(method);
    if (!call->path.ptr)
        call->path = px_str_c(url);
    atomic_fetch_add(&c->door->requests, 1);
    c->state = BODY;
}

static enum MHD_Result take_body(conn *c, const char *bytes, size_t size)
{
    if (c->too_large || c->body.len + size > PX_HTTP_BODY_BYTES_MAX)
        c->too_large = true;
    else
        px_put(&c->body, px_str_of(bytes, size));
    return MHD_YES;
}

static enum MHD_Result to_api(conn *c)
{
    px_api_call *call = &c->call;

    if (c->smuggled)
        return refuse(c, 400, "http.framing", "the request's length can be read in two ways", true);
    if (c->oversized_uri)
        return refuse(c, 414, "http.uri", "the request line is longer than 8192 bytes", true);
    if (c->too_many_headers)
        return refuse(c, 431, "http.headers", "there are more than 100 headers", true);
    if (c->too_large)
        return refuse(c, 413, "http.body", "the body is larger than 1048576 bytes", false);
    if (c->body.status != PX_OK)
        return refuse(c, 503, "no_memory", "out of memory", false);
    call->body = px_buf_str(&c->body);
    c->state = WITH_API;
    MHD_suspend_connection(c->mhd);
    px_api_handle(c->door->opts.api, call);
    return MHD_YES;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *mhd, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request_context)
{
    conn *c = *request_context;

    (void)data, (void)version;
    if (!c)
        return MHD_NO; /* no memory for the connection */
    c->mhd = mhd;
    if (c->state == FRESH) {
        begin(c, method, url);
        return MHD_YES;
    }
    if (c->state == BODY && *upload_size > 0) {
        size_t size = *upload_size;

        *upload_size = 0;
        return take_body(c, upload, size);
    }
    if (c->state == BODY)
        return to_api(c);
    if (c->state == DONE)
        return answer(c);
    return MHD_YES;
}

/* ---- connections ---- */

/* The request line as it came: only here is it whole and undecoded. Gives the request its context.
 */
static void *on_uri(void *data, const char *uri, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    conn *c = info ? info->socket_context : NULL;
    px_str rest;

    (void)data;
    if (!c)
        return NULL;
    c->state = FRESH;
    c->mhd = mhd;
    px_arena_reset(&c->call.arena);
    rest = px_arena_str(&c->call.arena, px_str_c(uri));
    c->oversized_uri = rest.len > 8192;
    px_buf_clear(&c->body);
    c->call.path = px_str_cut(&rest, '?');
    c->call.query = rest;
    atomic_fetch_add(&c->door->under_way, 1);
    return c;
}

static void on_completed(void *data, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode why)
{
    conn *c = *request_context;

    (void)data, (void)mhd, (void)why;
    if (c) {
        c->state = FRESH;
        atomic_fetch_sub(&c->door->under_way, 1);
    }
}

static void open_conn(px_http_door *door, struct MHD_Connection *mhd, void **socket_context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    conn *c = px_zalloc(1, sizeof(*c));
    int on = 1;

    if (!c)
        return;
    if (info)
        setsockopt(info->connect_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->door = door;
    c->mhd = mhd;
    px_arena_init(&c->call.arena, CALL_ARENA_BYTES_MAX);
    px_buf_init(&c->call.out, OUT_BYTES_MAX);
    px_buf_init(&c->body, PX_HTTP_BODY_BYTES_MAX + 1);
    c->call.door_data = c;
    c->call.header = header;
    c->call.complete = complete;
    c->call.is_tls = door->cert != NULL;
    atomic_fetch_add(&door->connections, 1);
    *socket_context = c;
}

static void close_conn(px_http_door *door, void **socket_context)
{
    conn *c = *socket_context;

    if (!c)
        return;
    px_arena_release(&c->call.arena);
    px_buf_release(&c->call.out);
    px_buf_release(&c->body);
    px_free(c);
    *socket_context = NULL;
    atomic_fetch_sub(&door->connections, 1);
}

static void on_connection(void *data, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    px_http_door *door = data;

    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        open_conn(door, mhd, socket_context);
    else
        close_conn(door, socket_context);
}

/* Paths are decoded by the API, segment by segment: the library must not touch them. */
static size_t keep_escapes(void *data, struct MHD_Connection *mhd, char *text)
{
    (void)data, (void)mhd;
    return strlen(text);
}

/* ---- opening and closing ---- */

static px_status read_pem(const char *path, char **ret_text, px_err *ret_err)
{
    FILE *file = fopen(path, "re");
    px_buf text = { .limit = 1024 * 1024 };
    char block[4096];
    size_t got;

    if (!file)
        return px_fail(ret_err, PX_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    while ((got = fread(block, 1, sizeof(block), file)) > 0)
        px_put(&text, px_str_of(block, got));
    fclose(file);
    if (text.len == 0)
        return px_fail(ret_err, PX_INVALID, "%s is empty", path);
    *ret_text = text.ptr;
    return px_buf_status(&text, ret_err);
}

static px_status resolve(const px_http_door_opts *opts, struct addrinfo **ret_info, px_err *ret_err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    char port[8];
    int code;

    snprintf(port, sizeof(port), "%u", (unsigned)opts->port);
    code = getaddrinfo(opts->host, port, &hints, ret_info);
    if (code != 0)
        return px_fail(ret_err, PX_INVALID, "cannot listen at %s: %s", opts->host,
                       gai_strerror(code));
    return PX_OK;
}

static px_status start(px_http_door *door, const struct addrinfo *at, px_err *ret_err)
{
    const px_http_door_opts *o = &door->opts;
    unsigned threads = o->threads ? o->threads : get_nprocs() < 4 ? 1 : 2;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     (at->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0) |
                     (door->cert ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, door->cert },
                                    { MHD_OPTION_HTTPS_MEM_KEY, 0, door->key },
                                    { MHD_OPTION_END, 0, NULL } };
    struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
    const union MHD_DaemonInfo *info;

    door->daemon = MHD_start_daemon(
        flags, o->port, NULL, NULL, handle, door, MHD_OPTION_SOCK_ADDR, at->ai_addr,
        MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, MHD_OPTION_CONNECTION_LIMIT,
        o->connections_max ? o->connections_max : (unsigned)CONNECTIONS_DEFAULT,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, door, MHD_OPTION_NOTIFY_COMPLETED, on_completed, door,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_ARRAY, door->cert ? tls : none, MHD_OPTION_END);
    if (!door->daemon)
        return px_fail(ret_err, PX_BUSY, "cannot listen at %s:%u: %s", o->host, (unsigned)o->port,
                       errno ? strerror(errno) : "the library refuses");
    info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_BIND_PORT);
    door->port = info ? info->port : o->port;
    return PX_OK;
}

px_status px_http_door_open(const px_http_door_opts *opts, px_http_door **ret_door, px_err *ret_err)
{
    px_http_door *door = px_zalloc(1, sizeof(*door));
    struct addrinfo *at = NULL;
    px_status status = PX_OK;

    if (!door)
        return px_no_memory(ret_err);
    door->opts = *opts;
    if (opts->tls_cert) {
        status = opts->tls_key ? read_pem(opts->tls_cert, &door->cert, ret_err)
                               : px_fail(ret_err, PX_INVALID, "--tls-cert needs --tls-key");
        if (status == PX_OK)
            status = read_pem(opts->tls_key, &door->key, ret_err);
    }
    if (status == PX_OK)
        status = resolve(opts, &at, ret_err);
    if (status == PX_OK)
        status = start(door, at, ret_err);
    if (at)
        freeaddrinfo(at);
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

void px_http_door_stop(px_http_door *door, int64_t drain_ms)
{
    MHD_socket listening;

    if (!door || !door->daemon)
        return;
    listening = MHD_quiesce_daemon(door->daemon);
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
    for (int64_t waited = 0; waited < drain_ms && atomic_load(&door->under_way) > 0; waited += 5)
        usleep(5000);
}

void px_http_door_close(px_http_door *door)
{
    if (!door)
        return;
    if (door->daemon)
        MHD_stop_daemon(door->daemon);
    px_free(door->cert);
    px_free(door->key);
    px_free(door);
}

px_http_door_stats px_http_door_stat(const px_http_door *door)
{
    return (px_http_door_stats){ .connections = atomic_load(&door->connections),
                                 .requests = atomic_load(&door->requests),
                                 .refused = atomic_load(&door->refused) };
}
