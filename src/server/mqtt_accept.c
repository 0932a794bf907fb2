/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepts on the first worker's thread and deals the connections out in turn; likewise those that
 * the HTTP door hands on, on its own threads.
 *
 * Limits are on connections in all, on those not yet authenticated, and on those of one network (a
 * hashed counter with a secret seed: two networks in one bucket share the limit, and nobody can
 * choose to). Without file descriptors accepting pauses until the next tick.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/mqtt_inner.h"

enum { ACCEPTS_PER_ROUND = 64 };

static _Atomic uint32_t *bucket_of(px_mqtt_door *door, uint64_t network)
{
    uint64_t key[2] = { network, door->address_seed };

    return &door->addresses[px_str_hash(px_str_of((const char *)key, sizeof(key))) %
                            PX_MQTT_ADDRESS_BUCKETS];
}

void px_mqtt_accept_forget(px_mqtt_door *door, uint64_t network, bool is_loopback,
                           bool is_authenticated)
{
    atomic_fetch_sub(&door->connections, 1);
    if (!is_authenticated)
        atomic_fetch_sub(&door->unauthenticated, 1);
    if (!is_loopback)
        atomic_fetch_sub(bucket_of(door, network), 1);
}

static bool has_room(px_mqtt_door *door, const px_listen_address *address)
{
    if (atomic_load(&door->connections) >= door->opts.connections_max ||
        atomic_load(&door->unauthenticated) >= door->opts.unauthenticated_max)
        return false;
    return address->is_loopback ||
           atomic_load(bucket_of(door, address->network)) < door->opts.connections_per_address_max;
}

/* `w`: the calling thread, NULL when it is none of the door's. */
static void deal_out(px_mqtt_door *door, px_mqtt_worker *w, const px_mqtt_arrival *arrival)
{
    px_mqtt_worker *to =
        &door->workers[atomic_fetch_add(&door->next_worker, 1) % door->worker_count];

    atomic_fetch_add(&door->accepted, 1);
    atomic_fetch_add(&door->connections, 1);
    atomic_fetch_add(&door->unauthenticated, 1);
    if (!arrival->address.is_loopback)
        atomic_fetch_add(bucket_of(door, arrival->address.network), 1);
    if (to == w) {
        px_mqtt_link_open(w, arrival);
    } else if (px_mqtt_post_arrival_put(&to->post, *arrival)) {
        (void)px_mqtt_post_wake(&to->post);
    } else {
        px_mqtt_arrival_drop(arrival);
        px_mqtt_accept_forget(door, arrival->address.network, arrival->address.is_loopback, false);
    }
}

/* ---- connections that the HTTP door hands on ---- */

bool px_mqtt_door_has_room(px_mqtt_door *door, const px_listen_address *address)
{
    return has_room(door, address);
}

static bool copy_early(px_mqtt_arrival *arrival, px_str early)
{
    arrival->early_size = early.len;
    if (early.len == 0)
        return true;
    arrival->early = px_alloc(early.len);
    if (arrival->early)
        memcpy(arrival->early, early.ptr, early.len);
    return arrival->early != NULL;
}

void px_mqtt_door_adopt(px_mqtt_door *door, const px_ws_socket *socket)
{
    px_mqtt_arrival arrival = {
        .fd = socket->fd, .is_tls = socket->is_tls, .is_ws = true, .address = socket->peer
    };

    if (has_room(door, &socket->peer) && copy_early(&arrival, socket->early)) {
        deal_out(door, NULL, &arrival);
        return;
    }
    atomic_fetch_add(&door->refused_full, 1);
    px_mqtt_arrival_drop(&arrival);
}

/* ---- connections of our own listeners ---- */

static void pause_accepting(px_mqtt_worker *w, int error)
{
    atomic_fetch_add(&w->door->accept_pauses, 1);
    px_log_warn(w->door->log, "mqtt.accept_paused", "errno=%d", error);
    px_mqtt_accept_unwatch(w);
    w->accept_paused = true;
}

void px_mqtt_accept(px_mqtt_worker *w, px_mqtt_listener *listener, bool is_tls)
{
    for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
        struct sockaddr_storage from;
        socklen_t size = sizeof(from);
        px_mqtt_arrival arrival = { .is_tls = is_tls };

        arrival.fd =
            accept4(listener->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (arrival.fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(w, errno);
            return; /* nothing more, or a client that went away: epoll tells again */
        }
        px_listen_name(&from, &arrival.address);
        if (has_room(w->door, &arrival.address)) {
            px_listen_tune(arrival.fd);
            deal_out(w->door, w, &arrival);
            continue;
        }
        atomic_fetch_add(&w->door->refused_full, 1);
        close(arrival.fd);
    }
}

static bool watch(px_mqtt_worker *w, const px_mqtt_listener *listener, uint64_t mark)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = mark };

    return listener->fd < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, listener->fd, &event) == 0;
}

bool px_mqtt_accept_watch(px_mqtt_worker *w)
{
    w->accept_paused = false;
    return watch(w, &w->door->plain, PX_MQTT_EVENT_LISTEN) &&
           watch(w, &w->door->secure, PX_MQTT_EVENT_LISTEN_TLS);
}

void px_mqtt_accept_unwatch(px_mqtt_worker *w)
{
    if (w->door->plain.fd >= 0)
        (void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, w->door->plain.fd, NULL);
    if (w->door->secure.fd >= 0)
        (void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, w->door->secure.fd, NULL);
}
