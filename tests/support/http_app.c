/* SPDX-License-Identifier: Apache-2.0 */
#include "http_app.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "px_test.h"

static ptrdiff_t read_ticker(px_api_stream *face, char *ret_bytes, size_t size)
{
    ticker *t = (ticker *)face;

    CHECK(size >= 16);
    if (atomic_load(&t->ticks) == 0)
        return atomic_load(&t->last) ? -1 : 0;
    return snprintf(ret_bytes, size, "data: %d\n\n", atomic_fetch_sub(&t->ticks, 1));
}

static void close_ticker(px_api_stream *face)
{
    atomic_fetch_add(&((ticker *)face)->app->closed, 1);
}

static void *complete_soon(void *data)
{
    px_api_call *call = data;
    app *a = call->own;

    nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    px_put_c(&call->out, "later");
    call->status = 200;
    call->complete(call);
    atomic_fetch_sub(&a->helpers, 1);
    return NULL;
}

static void answer_later(app *a, px_api_call *call)
{
    pthread_t thread;

    call->own = a;
    atomic_fetch_add(&a->helpers, 1);
    CHECK_EQ(pthread_create(&thread, NULL, complete_soon, call), 0);
    pthread_detach(thread);
}

static void answer_stream(app *a, px_api_call *call)
{
    a->ticker.face = (px_api_stream){ .read = read_ticker, .close = close_ticker };
    a->ticker.app = a;
    call->stream = &a->ticker.face;
    call->content_type = "text/event-stream";
    call->status = 200;
    call->complete(call);
}

/* "METHOD path?query name=value" of two headers, then the body. */
static void answer_echo(px_api_call *call)
{
    px_str wanted = call->header(call, "x-wanted"), absent = call->header(call, "x-absent");

    CHECK_EQ(absent.len, 0);
    px_putf(&call->out, "%.*s %.*s?%.*s [%.*s] ", PX_FMT(call->method), PX_FMT(call->path),
            PX_FMT(call->query), PX_FMT(wanted));
    px_put(&call->out, call->body);
    call->content_type = "text/plain";
    call->headers[0].name = "ETag";
    call->headers[0].value = px_arena_str(&call->arena, PX_STR("\"7\""));
    call->header_count = 1;
    call->status = call->headers[0].value.ptr ? 200 : 503;
    if (call->status == 503)
        call->header_count = 0;
    call->complete(call);
}

void handle(void *ctx, px_api_call *call)
{
    app *a = ctx;

    atomic_fetch_add(&a->handled, 1);
    if (px_str_eq(call->path, PX_STR("/later"))) {
        answer_later(a, call);
    } else if (px_str_eq(call->path, PX_STR("/hold"))) {
        int place = atomic_fetch_add(&a->next_place, 1);

        atomic_store(&a->held[place % HELD_MAX], call);
        atomic_fetch_add(&a->held_count, 1);
    } else if (px_str_eq(call->path, PX_STR("/stream"))) {
        answer_stream(a, call);
    } else if (px_str_eq(call->path, PX_STR("/size"))) {
        px_putf(&call->out, "%zu", call->body.len);
        call->status = 200;
        call->complete(call);
    } else if (px_str_eq(call->path, PX_STR("/none"))) {
        call->status = 204;
        call->complete(call);
    } else if (px_str_eq(call->path, PX_STR("/broken"))) {
        call->complete(call); /* without a status: a bug of the application */
    } else {
        answer_echo(call);
    }
}

void open_app(app *a, px_http_door_opts opts)
{
    px_err err;

    memset(a, 0, sizeof(*a));
    opts.host = "127.0.0.1";
    opts.handle = handle;
    opts.ctx = a;
    CHECK_OK(px_http_door_open(&opts, &a->door, &err), &err);
    CHECK(px_http_door_port(a->door) > 0);
}

void close_app(app *a)
{
    px_http_door_close(a->door);
    while (atomic_load(&a->helpers) > 0)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

px_http_door_stats stats_of(app *a)
{
    px_http_door_stats stats;

    px_http_door_read_stats(a->door, &stats);
    return stats;
}

void release(app *a, int place)
{
    px_api_call *call = atomic_load(&a->held[place]);

    px_put_c(&call->out, "released");
    call->status = 200;
    call->complete(call);
}

void wait_for(_Atomic int *value, int wanted)
{
    for (int i = 0; i < 5000 && atomic_load(value) != wanted; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    CHECK_EQ(atomic_load(value), wanted);
}

void wait_ms(int duration_ms)
{
    nanosleep(&(struct timespec){ .tv_sec = duration_ms / 1000,
                                  .tv_nsec = duration_ms % 1000 * 1000000L },
              NULL);
}

/* ---- the client ---- */

client client_of(app *a)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(px_http_door_port(a->door)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 20 };
    client c = { .fd = socket(AF_INET, SOCK_STREAM, 0), .bytes = px_alloc(REPLY_BYTES_MAX) };

    CHECK(c.bytes != NULL);
    CHECK_EQ(connect(c.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return c;
}

void close_client(client *c)
{
    if (c->tls)
        gnutls_deinit(c->tls);
    close(c->fd);
    px_free(c->bytes);
}

static ssize_t send_some(client *c, px_str bytes)
{
    if (c->tls)
        return gnutls_record_send(c->tls, bytes.ptr, bytes.len);
    return send(c->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
}

static ssize_t receive_some(client *c)
{
    size_t room = REPLY_BYTES_MAX - c->len;

    if (c->tls)
        return gnutls_record_recv(c->tls, c->bytes + c->len, room);
    return recv(c->fd, c->bytes + c->len, room, 0);
}

void say(client *c, px_str bytes)
{
    while (bytes.len) {
        ssize_t sent = send_some(c, bytes);

        CHECK(sent > 0);
        bytes = px_str_skip(bytes, (size_t)sent);
    }
}

bool more(client *c)
{
    ssize_t got = receive_some(c);

    if (got <= 0)
        return false;
    c->len += (size_t)got;
    return true;
}

const char *find(const char *bytes, size_t len, const char *what)
{
    return memmem(bytes, len, what, strlen(what));
}

void drop_used(client *c)
{
    memmove(c->bytes, c->bytes + c->used, c->len - c->used);
    c->len -= c->used;
    c->used = 0;
}

int hear(client *c)
{
    const char *end;
    const char *length;
    size_t head, body = 0;

    drop_used(c);
    while (!(end = find(c->bytes, c->len, "\r\n\r\n")))
        if (!more(c))
            return 0;
    head = (size_t)(end - c->bytes) + 4;
    CHECK(head < sizeof(c->head));
    memcpy(c->head, c->bytes, head);
    c->head[head] = '\0';
    length = strcasestr(c->head, "\nContent-Length: ");
    if (length)
        body = strtoul(length + 17, NULL, 10);
    while (c->len < head + body)
        if (!more(c))
            return 0;
    c->used = head + body;
    c->body = px_str_of(c->bytes + head, body);
    CHECK_EQ(sscanf(c->head, "HTTP/1.1 %d", &c->status), 1);
    return c->status;
}

int ask(client *c, const char *request)
{
    say(c, px_str_c(request));
    return hear(c);
}

bool ended(client *c)
{
    drop_used(c);
    while (more(c))
        ;
    return true;
}

int ask_alone(app *a, px_str request)
{
    client c = client_of(a);
    int status;

    say(&c, request);
    status = hear(&c);
    close_client(&c);
    return status;
}

void hear_until(client *c, const char *what)
{
    while (!find(c->bytes, c->len, what))
        CHECK(more(c));
}

/* ---- TLS ---- */

static void write_pem(const char *path, const gnutls_datum_t *pem)
{
    FILE *file = fopen(path, "wb");

    CHECK(file != NULL);
    CHECK_EQ(fwrite(pem->data, 1, pem->size, file), pem->size);
    CHECK_EQ(fclose(file), 0);
}

/* A certificate of its own for this run. */
static void make_certificate(const char *cert_path, const char *key_path)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
    gnutls_datum_t pem;
    unsigned char serial = 1;

    CHECK_EQ(gnutls_x509_privkey_init(&key), 0);
    CHECK_EQ(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
             0);
    CHECK_EQ(gnutls_x509_crt_init(&cert), 0);
    CHECK_EQ(gnutls_x509_crt_set_version(cert, 3), 0);
    CHECK_EQ(gnutls_x509_crt_set_serial(cert, &serial, 1), 0);
    CHECK_EQ(gnutls_x509_crt_set_activation_time(cert, time(NULL) - 60), 0);
    CHECK_EQ(gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 3600), 0);
    CHECK_EQ(gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, "localhost", 9),
             0);
    CHECK_EQ(gnutls_x509_crt_set_key(cert, key), 0);
    CHECK_EQ(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
    CHECK_EQ(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_pem(cert_path, &pem);
    gnutls_free(pem.data);
    CHECK_EQ(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
    write_pem(key_path, &pem);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(cert);
    gnutls_x509_privkey_deinit(key);
}

void make_tls(own_tls *tls)
{
    *tls = (own_tls){ .dir = "/tmp/px_http_XXXXXX" };
    CHECK(mkdtemp(tls->dir) != NULL);
    snprintf(tls->cert, sizeof(tls->cert), "%s/cert.pem", tls->dir);
    snprintf(tls->key, sizeof(tls->key), "%s/key.pem", tls->dir);
    make_certificate(tls->cert, tls->key);
    CHECK_EQ(gnutls_certificate_allocate_credentials(&tls->trust), 0);
}

void drop_tls(own_tls *tls)
{
    gnutls_certificate_free_credentials(tls->trust);
    unlink(tls->cert);
    unlink(tls->key);
    rmdir(tls->dir);
}

int start_tls(client *c, const own_tls *tls, const char *priorities)
{
    int result;

    CHECK_EQ(gnutls_init(&c->tls, GNUTLS_CLIENT), 0);
    CHECK_EQ(gnutls_priority_set_direct(c->tls, priorities, NULL), 0);
    CHECK_EQ(gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, tls->trust), 0);
    gnutls_transport_set_int(c->tls, c->fd);
    do
        result = gnutls_handshake(c->tls);
    while (result < 0 && !gnutls_error_is_fatal(result));
    return result;
}
