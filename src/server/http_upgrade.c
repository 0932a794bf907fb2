/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection becomes a WebSocket (RFC 6455, section 4.2): the request is judged, 101 is sent, and
 * the socket goes to whoever takes it.
 *
 *   plain   a duplicate of the socket is handed on, and libmicrohttpd lets its own go at once: from
 *           then on the connection is none of the HTTP door's, and costs it nothing
 *   TLS     one end of a pair of sockets is handed on, and the door carries the bytes between the
 *           other end and TLS (http_carry.c)
 */
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <sodium.h>

#include "server/http_inner.h"

enum { KEY_CHARS = 24, KEY_BYTES = 16, SHA1_BYTES = 20, ACCEPT_CHARS = 28 };

static const char rfc6455_guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* ---- what was asked for ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_word(px_str a, px_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

/* The lines of one header: a list of words, over several lines too. */
typedef struct header {
    px_str name, word;
    px_str value; /* of the last such line */
    unsigned count;
    bool has_word;
} header;

static enum MHD_Result see_line(void *ctx, enum MHD_ValueKind kind, const char *name,
                                size_t name_len, const char *value, size_t value_len)
{
    header *h = ctx;
    px_str rest = px_str_of(value, value ? value_len : 0);

    (void)kind;
    if (!same_word(px_str_of(name, name_len), h->name))
        return MHD_YES;
    h->count++;
    h->value = rest;
    while (rest.len > 0 && !h->has_word)
        h->has_word = same_word(px_str_trim(px_str_cut(&rest, ',')), h->word);
    return MHD_YES;
}

static header find_header(const px_http_link *link, px_str name, px_str word)
{
    header h = { .name = name, .word = word };

    MHD_get_connection_values_n(link->mhd, MHD_HEADER_KIND, see_line, &h);
    return h;
}

static bool has_word(const px_http_link *link, px_str name, px_str word)
{
    return find_header(link, name, word).has_word;
}

static bool is_key(const header *h)
{
    unsigned char bytes[KEY_BYTES];
    size_t size;

    return h->count == 1 && h->value.len == KEY_CHARS &&
           sodium_base642bin(bytes, sizeof(bytes), h->value.ptr, h->value.len, NULL, &size, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           size == KEY_BYTES;
}

/* Browsers say what page asks: its server must be this one, as the client calls it. The scheme is
 * not compared: what ends TLS before us may be somebody else. */
static bool is_own_origin(const px_http_link *link)
{
    header origin = find_header(link, PX_STR("origin"), PX_STR(""));
    header host = find_header(link, PX_STR("host"), PX_STR(""));

    if (origin.count == 0)
        return true;
    if (px_str_starts(origin.value, PX_STR("http://")))
        origin.value = px_str_skip(origin.value, 7);
    else if (px_str_starts(origin.value, PX_STR("https://")))
        origin.value = px_str_skip(origin.value, 8);
    return origin.count == 1 && same_word(origin.value, host.value);
}

static px_http_refusal judge(const px_http_link *link, const header *key)
{
    const px_api_call *call = &link->exchange->call;
    const px_http_sockets *sockets = &link->door->opts.sockets;

    if (!px_str_eq(call->method, PX_STR("GET")) ||
        !has_word(link, PX_STR("upgrade"), PX_STR("websocket")) ||
        !has_word(link, PX_STR("connection"), PX_STR("upgrade")) ||
        !has_word(link, PX_STR("sec-websocket-version"), PX_STR("13")))
        return PX_HTTP_NO_SOCKET;
    if (!is_key(key) || !link->is_1_1 || link->body_bytes > 0)
        return PX_HTTP_BAD_SOCKET;
    if (!is_own_origin(link))
        return PX_HTTP_OTHER_ORIGIN;
    if (!has_word(link, PX_STR("sec-websocket-protocol"), PX_STR("mqtt")))
        return PX_HTTP_NO_MQTT;
    return sockets->has_room(sockets->ctx, &link->peer) ? PX_HTTP_FINE : PX_HTTP_SOCKETS_FULL;
}

bool px_http_upgrade_is_asked(const px_http_link *link)
{
    return link->door->opts.sockets.take &&
           px_str_eq(link->exchange->call.path, PX_STR(PX_HTTP_SOCKET_PATH));
}

/* ---- handing it on ---- */

/* It takes the library up to three turns to put the connection away, and it does not say that it
 * wants them: the loop's count lets it have them. */
void px_http_upgrade_end(px_http_link *link, struct MHD_UpgradeResponseHandle *handle)
{
    MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
    if (!link->is_ending)
        link->exchange->loop->ending++;
    link->is_ending = true;
}

void px_http_upgrade_forget(px_http_link *link)
{
    if (link->is_ending)
        link->exchange->loop->ending--;
    link->is_ending = false;
    px_http_carry_end(link);
}

/* libmicrohttpd closes what is its own; a duplicate lives on. */
static int take_plain(px_http_link *link, int fd, struct MHD_UpgradeResponseHandle *handle)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    px_http_upgrade_end(link, handle);
    return copy;
}

static void upgraded(void *ctx, struct MHD_Connection *mhd, void *request, const char *early,
                     size_t early_size, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
    px_http_link *link = ctx;
    px_http_door *door = link->door;
    px_ws_socket socket = { .is_tls = door->cert.len > 0,
                            .peer = link->peer,
                            .early = px_str_of(early, early_size) };

    (void)mhd, (void)request;
    PX_HTTP_COUNT(door->upgraded);
    atomic_fetch_sub(&door->active, 1); /* it may stay for days: stopping does not wait for it */
    link->counted = false;
    px_arena_release(&link->exchange->call.arena); /* no request comes here any more */
    px_buf_release(&link->exchange->call.out);
    px_buf_release(&link->exchange->body);
    px_listen_tune(link->fd); /* libmicrohttpd has just let it delay */
    socket.fd = socket.is_tls ? px_http_carry_begin(link, handle) : take_plain(link, fd, handle);
    if (socket.fd >= 0)
        door->opts.sockets.take(door->opts.sockets.ctx, &socket);
    else
        px_log_warn(door->opts.log, "http.upgrade_lost", "peer=%s no descriptor", link->peer.text);
}

/* ---- the answer ---- */

static bool put_accept(struct MHD_Response *response, px_str key)
{
    char text[KEY_CHARS + sizeof(rfc6455_guid)];
    unsigned char sum[SHA1_BYTES];
    char accept[ACCEPT_CHARS + 1];

    memcpy(text, key.ptr, KEY_CHARS);
    memcpy(text + KEY_CHARS, rfc6455_guid, sizeof(rfc6455_guid));
    if (gnutls_hash_fast(GNUTLS_DIG_SHA1, text, sizeof(text) - 1, sum) != 0)
        return false;
    sodium_bin2base64(accept, sizeof(accept), sum, sizeof(sum), sodium_base64_VARIANT_ORIGINAL);
    return MHD_add_response_header(response, "Sec-WebSocket-Accept", accept) == MHD_YES;
}

enum MHD_Result px_http_upgrade(px_http_link *link)
{
    header key = find_header(link, PX_STR("sec-websocket-key"), PX_STR(""));
    px_http_refusal refusal = judge(link, &key);
    struct MHD_Response *response;

    if (refusal != PX_HTTP_FINE)
        return px_http_refuse(link, refusal, true);
    response = MHD_create_response_for_upgrade(upgraded, link);
    if (!response)
        return px_http_refuse(link, PX_HTTP_NO_ROOM, true);
    if (!put_accept(response, key.value) ||
        MHD_add_response_header(response, "Upgrade", "websocket") != MHD_YES ||
        MHD_add_response_header(response, "Sec-WebSocket-Protocol", "mqtt") != MHD_YES) {
        MHD_destroy_response(response);
        return px_http_refuse(link, PX_HTTP_NO_ROOM, true);
    }
    return px_http_queue(link, 101, response);
}
