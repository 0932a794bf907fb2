/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>

#include "server/http_inner.h"

px_http_exchange *px_http_exchange_new(px_http_link *link, px_http_loop *loop)
{
    px_http_exchange *exchange = px_zalloc(1, sizeof(*exchange));

    if (!exchange)
        return NULL;
    px_arena_init(&exchange->call.arena, PX_HTTP_WORK_BYTES_MAX);
    px_buf_init(&exchange->call.out, PX_HTTP_REPLY_BYTES_MAX);
    px_buf_init(&exchange->body, PX_HTTP_BODY_BYTES_MAX);
    exchange->link = link;
    exchange->door = link->door;
    exchange->loop = loop;
    exchange->call.is_tls = link->door->cert.len > 0;
    return exchange;
}

void px_http_exchange_free(px_http_exchange *exchange)
{
    if (!exchange)
        return;
    px_arena_release(&exchange->call.arena);
    px_buf_release(&exchange->call.out);
    px_buf_release(&exchange->body);
    px_free(exchange);
}

void px_http_link_enter(px_http_link *link, px_http_phase phase)
{
    int64_t now = atomic_load_explicit(&link->door->now_ms, memory_order_relaxed);

    atomic_store_explicit(&link->since_ms, now, memory_order_relaxed);
    atomic_store_explicit(&link->phase, (int)phase, memory_order_release);
}

static px_listen_address name_of(const struct sockaddr *address, socklen_t size)
{
    struct sockaddr_storage copy = { 0 };
    px_listen_address name;

    memcpy(&copy, address, size < sizeof(copy) ? size : sizeof(copy));
    px_listen_name(&copy, &name);
    return name;
}

static uint32_t *bucket_of(px_http_door *door, const px_listen_address *peer)
{
    uint64_t hash = px_str_hash(px_str_of((const char *)&peer->network, sizeof(peer->network)));

    return &door->addresses[hash % PX_HTTP_ADDRESS_BUCKETS];
}

/* Counting is by bucket: two addresses in one bucket share a limit that is far above what either
 * honestly needs. */
enum MHD_Result px_http_link_admit(void *ctx, const struct sockaddr *address, socklen_t size)
{
    px_http_door *door = ctx;
    px_listen_address peer = name_of(address, size);
    bool fits = atomic_load(&door->connections) < door->opts.connections_max;

    if (fits && !peer.is_loopback) {
        pthread_mutex_lock(&door->lock);
        fits = *bucket_of(door, &peer) < door->opts.connections_per_address_max;
        pthread_mutex_unlock(&door->lock);
    }
    if (fits)
        return MHD_YES;
    PX_HTTP_COUNT(door->refused_full);
    return MHD_NO;
}

static void list_add(px_http_door *door, px_http_link *link)
{
    pthread_mutex_lock(&door->lock);
    link->next = door->links;
    if (link->next)
        link->next->prev = link;
    door->links = link;
    if (!link->peer.is_loopback)
        ++*bucket_of(door, &link->peer);
    pthread_mutex_unlock(&door->lock);
}

static void list_remove(px_http_door *door, px_http_link *link)
{
    pthread_mutex_lock(&door->lock);
    if (door->next_seen == link)
        door->next_seen = link->next;
    if (link->prev)
        link->prev->next = link->next;
    else
        door->links = link->next;
    if (link->next)
        link->next->prev = link->prev;
    if (!link->peer.is_loopback)
        --*bucket_of(door, &link->peer);
    pthread_mutex_unlock(&door->lock);
}

/* NULL when there is no memory: the connection then ends at its first request. */
static px_http_link *link_new(px_http_loop *loop, struct MHD_Connection *mhd)
{
    px_http_door *door = loop->door;
    const union MHD_ConnectionInfo *info;
    px_http_link *link = px_zalloc(1, sizeof(*link));

    if (!link)
        return NULL;
    link->door = door;
    link->exchange = px_http_exchange_new(link, loop);
    if (!link->exchange) {
        px_free(link);
        return NULL;
    }
    link->mhd = link->exchange->mhd = mhd;
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    link->fd = info->connect_fd;
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    link->peer = name_of(info->client_addr, info->client_addr->sa_family == AF_INET6
                                                ? sizeof(struct sockaddr_in6)
                                                : sizeof(struct sockaddr_in));
    px_listen_tune(link->fd);
    px_http_link_enter(link, PX_HTTP_FRESH);
    list_add(door, link);
    return link;
}

void px_http_link_notify(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                         enum MHD_ConnectionNotificationCode code)
{
    px_http_loop *loop = ctx;
    px_http_door *door = loop->door;
    px_http_link *link = *socket_context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        PX_HTTP_COUNT(door->accepted);
        atomic_fetch_add(&door->connections, 1);
        *socket_context = link_new(loop, mhd);
        return;
    }
    atomic_fetch_sub(&door->connections, 1);
    if (!link)
        return;
    px_http_upgrade_forget(link);
    list_remove(door, link); /* before the socket is closed: the keeper uses its number */
    px_http_exchange_free(link->exchange);
    px_free(link);
    *socket_context = NULL;
}
