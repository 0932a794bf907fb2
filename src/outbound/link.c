/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection at work: a thread that tries, holds, loses and tries again, and what it tells of
 * itself. Pauses grow from a second to what the document says, half of them by chance, so that a
 * thousand clients of a broker that comes back do not come back at once.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/thread.h"
#include "outbound/link_inner.h"

enum { ARENA_BYTES_MAX = 8 * 1024 * 1024 }; /* two documents, and what is made of them */

static pxi_link_run *const runs[PX_CONNECTION_TYPE_COUNT] = {
    [PX_CONNECTION_MQTT] = pxi_link_mqtt,
    [PX_CONNECTION_MODBUS] = pxi_link_modbus,
};

/* What helps against which error. */
static const struct {
    const char *id, *cure;
} cures[] = {
    { "connection.name", "see that 'host' is right, and that this machine can resolve it" },
    { "connection.refused", "see that the other side runs and listens at this host and port" },
    { "connection.timeout",
      "see that 'host' and 'port' are right and that no firewall is between" },
    { "connection.silent",
      "see that 'port' is that of the protocol, 'tls' what it speaks, and that "
      "the broker gets the 'certificate' that it may want" },
    { "connection.login", "see that 'user' and 'password' are those that the broker knows" },
    { "connection.client", "see that the broker allows this 'clientId'" },
    { "connection.version", "set 'version' to 4, which is MQTT 3.1.1" },
    { "connection.tls",
      "see that 'tls' has the 'ca' that signed the broker's certificate, that 'host' "
      "is a name in it, and the 'certificate' that the broker may want of us" },
    { "connection.taken", "another client uses the same 'clientId': give each its own" },
    { "connection.topic", "let the broker allow this user to read the topic" },
    { "connection.threads", "disable another connection of this tenant; it begins by itself once "
                            "there is room" },
    { "modbus.exception",
      "see that 'unit', 'table' and 'address' are those of the device's manual; 'address' counts "
      "from 0: what a manual calls 40001 is address 0 of the holding registers" },
    { "modbus.silent", "see that 'unit' is right; raise 'timeout' for a slow device" },
    { "modbus.protocol", "see that the port is that of Modbus TCP" },
    { "modbus.unit", "a gateway mixes up its devices, or two clients use one connection" },
    { "modbus.nan", "the device has no value for it: see its manual, 'type' and 'order'" },
    { "modbus.property", "let 'write' name a twin, and a writable property of its model" },
    { "modbus.text", "see 'order' and 'length', or read the registers as numbers" },
    { "store.full", "make room on the disk of the server; it goes on by itself then" },
    { "reject.unsaved", "make room on the disk of the server; it goes on by itself then" },
    { "endpoint.address", "start the server with --outbound-allow and the network of the host" },
    { "endpoint.host", "start the server with --outbound-allow and the name of the host" },
};

static const char *cure_of(const char *id)
{
    for (size_t i = 0; id && i < sizeof(cures) / sizeof(cures[0]); i++)
        if (strcmp(cures[i].id, id) == 0)
            return cures[i].cure;
    return "";
}

const char *px_connection_state_name(px_connection_state state)
{
    static const char *const names[PX_CONNECTION_STATE_COUNT] = {
#define X(id, name, meaning) [PX_CONNECTION_##id] = name,
        PX_CONNECTION_STATE_MAP(X)
#undef X
    };

    return names[state];
}

/* ---- status ---- */

static void put_error(px_connection_status *status, px_time now, const px_err *err)
{
    snprintf(status->error_id, sizeof(status->error_id), "%s", err->id ? err->id : "");
    snprintf(status->error, sizeof(status->error), "%s", err->text);
    snprintf(status->cure, sizeof(status->cure), "%s", cure_of(err->id));
    status->error_at = now;
    status->is_error_current = true;
}

/* The same to whoever asks since when: it is not connected. */
static bool is_trying(px_connection_state state)
{
    return state == PX_CONNECTION_CONNECTING || state == PX_CONNECTION_WAITING;
}

static void say(pxi_link *l, px_connection_state state, const px_err *err, px_time retry_at)
{
    px_time now = px_engine_now(l->owner->opts.engine);
    bool is_news = false;

    pthread_mutex_lock(&l->lock);
    if (err)
        is_news = l->was_up || strcmp(l->status.error, err->text) != 0;
    l->was_up = state == PX_CONNECTION_CONNECTED || (l->was_up && !err);
    if (l->status.state != state && !(is_trying(l->status.state) && is_trying(state)))
        l->status.since = now;
    l->status.state = state;
    l->status.retry_at = retry_at;
    if (err)
        put_error(&l->status, now, err);
    else if (state == PX_CONNECTION_CONNECTED)
        l->status.is_error_current = false;
    pthread_mutex_unlock(&l->lock);
    if (is_news)
        px_log_warn(l->owner->opts.log, "connection.lost", "tenant=%u connection='%.*s' %s",
                    l->config.tenant, PX_FMT(l->config.name), err->text);
}

void pxi_link_note(pxi_link *l, const px_err *err, bool is_news)
{
    px_time now = px_engine_now(l->owner->opts.engine);

    pthread_mutex_lock(&l->lock);
    put_error(&l->status, now, err);
    pthread_mutex_unlock(&l->lock);
    if (is_news)
        px_log_warn(l->owner->opts.log, "connection.note", "tenant=%u connection='%.*s' %s",
                    l->config.tenant, PX_FMT(l->config.name), err->text);
}

void pxi_link_all_good(pxi_link *l)
{
    pthread_mutex_lock(&l->lock);
    l->status.is_error_current = false;
    pthread_mutex_unlock(&l->lock);
}

px_status pxi_link_unreachable(const pxi_link *l, int error, px_err *ret_err)
{
    bool is_late = error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH;

    return px_fail_id(ret_err, PX_UNREACHABLE,
                      is_late ? "connection.timeout" : "connection.refused",
                      "%.*s:%u cannot be reached: %s", PX_FMT(l->config.host),
                      (unsigned)l->config.port, strerror(error));
}

void pxi_link_unbound(pxi_link *l, px_str topic)
{
    PXI_COUNT(l, unbound, 1);
    px_assert(topic.len <= PX_TOPIC_BYTES_MAX);
    if (topic.len == 0)
        return;
    pthread_mutex_lock(&l->lock);
    memcpy(l->status.unbound_topic, topic.ptr, topic.len);
    l->status.unbound_topic[topic.len] = '\0';
    pthread_mutex_unlock(&l->lock);
}

void pxi_link_up(pxi_link *l)
{
    if (l->was_connected)
        PXI_COUNT(l, reconnects, 1);
    l->was_connected = true;
    l->connected_ns = l->owner->env->monotonic_ns(l->owner->env);
    say(l, PX_CONNECTION_CONNECTED, NULL, PX_TIME_NONE);
    px_log_info(l->owner->opts.log, "connection.up", "tenant=%u connection='%.*s'",
                l->config.tenant, PX_FMT(l->config.name));
}

/* ---- the thread ---- */

bool pxi_link_pause(pxi_link *l, int64_t duration_ns)
{
    struct pollfd wake = { .fd = l->wake_fd, .events = POLLIN };
    int64_t until = l->owner->env->monotonic_ns(l->owner->env) + duration_ns;

    while (!atomic_load(&l->stopping)) {
        int64_t left = until - l->owner->env->monotonic_ns(l->owner->env);

        if (left <= 0)
            return true;
        if (left > PX_SECOND)
            left = PX_SECOND;
        (void)poll(&wake, 1, (int)((left + PX_MILLISECOND - 1) / PX_MILLISECOND));
    }
    return false;
}

static int64_t pause_of(pxi_link *l, uint32_t tries)
{
    int64_t pause = PX_CONNECTION_RETRY_NS_MIN;
    uint32_t random;

    for (uint32_t i = 1; i < tries && pause < l->config.retry_ns_max; i++)
        pause *= 2;
    if (pause > l->config.retry_ns_max)
        pause = l->config.retry_ns_max;
    l->owner->env->random(l->owner->env, &random, sizeof(random));
    return pause / 2 + (int64_t)((double)pause / 2 * random / UINT32_MAX);
}

/* A connection that held for a while begins with short pauses again; one that is ended as soon as
 * it is made does not. */
static bool has_held(const pxi_link *l)
{
    px_env *env = l->owner->env;

    return l->connected_ns && env->monotonic_ns(env) - l->connected_ns > PXI_SETTLED_S * PX_SECOND;
}

static void *run_link(void *data)
{
    pxi_link *l = data;
    uint32_t tries = 0;

    while (!atomic_load(&l->stopping)) {
        px_err err = { 0 };
        int64_t pause;
        px_status status;

        say(l, PX_CONNECTION_CONNECTING, NULL, PX_TIME_NONE);
        l->connected_ns = 0;
        status = runs[l->config.type](l, &err);
        if (status == PX_INTERRUPTED || atomic_load(&l->stopping))
            break;
        PXI_COUNT(l, failures, 1);
        tries = has_held(l) ? 1 : tries + 1;
        pause = pause_of(l, tries);
        say(l, PX_CONNECTION_WAITING, &err, px_engine_now(l->owner->opts.engine) + pause);
        if (!pxi_link_pause(l, pause))
            break;
    }
    say(l, PX_CONNECTION_OFF, NULL, PX_TIME_NONE);
    return NULL;
}

/* ---- life ---- */

/* Of one that will not run nothing is kept but what it is known by. */
static bool forget_document(pxi_link *l, const px_document *document)
{
    px_arena_release(&l->arena);
    px_arena_init(&l->arena, ARENA_BYTES_MAX);
    l->config = (px_connection){ .tenant = document->tenant,
                                 .no = document->no,
                                 .revision = document->revision,
                                 .name = px_arena_str(&l->arena, document->id) };
    return l->config.name.ptr != NULL;
}

static bool copy_document(pxi_link *l, const px_document *document)
{
    px_document copy = *document;
    px_err err;
    px_status status;

    copy.id = px_arena_str(&l->arena, document->id);
    copy.body = px_arena_str(&l->arena, document->body);
    if (!copy.id.ptr || !copy.body.ptr)
        return false;
    status = px_connection_read(&copy, &l->arena, &l->config, &err);
    if (status == PX_NO_MEMORY)
        return false;
    if (status != PX_OK) { /* of another release */
        l->status.state = PX_CONNECTION_FAILED;
        put_error(&l->status, l->status.since, &err);
    }
    return (status == PX_OK && l->config.enabled) || forget_document(l, document);
}

pxi_link *pxi_link_new(px_connections *owner, const px_document *document)
{
    pxi_link *l = px_zalloc(1, sizeof(*l));

    if (!l)
        return NULL;
    l->owner = owner;
    l->last = &l->first;
    l->wake_fd = -1;
    px_arena_init(&l->arena, ARENA_BYTES_MAX);
    pthread_mutex_init(&l->lock, NULL);
    px_cond_init(&l->settled);
    l->status = (px_connection_status){ .state = PX_CONNECTION_OFF,
                                        .since = px_engine_now(owner->opts.engine),
                                        .retry_at = PX_TIME_NONE,
                                        .error_at = PX_TIME_NONE };
    if (!copy_document(l, document)) {
        pxi_link_free(l);
        return NULL;
    }
    l->principal =
        (px_principal){ .tenant = l->config.tenant, .role = PX_ROLE_ADMIN, .id = l->config.name };
    return l;
}

bool pxi_link_start(pxi_link *l)
{
    say(l, PX_CONNECTION_CONNECTING, NULL, PX_TIME_NONE);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->runs = l->wake_fd >= 0 && px_thread_start(&l->thread, "link", run_link, l);
    if (!l->runs)
        pxi_link_halt(l);
    return l->runs;
}

void pxi_link_tell_stop(pxi_link *l)
{
    uint64_t one = 1;

    atomic_store(&l->stopping, true);
    if (write(l->wake_fd, &one, sizeof(one)) < 0) /* it is full: readable already */
        return;
}

void pxi_link_halt(pxi_link *l)
{
    if (l->runs) {
        pxi_link_tell_stop(l);
        pthread_join(l->thread, NULL);
    }
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    l->wake_fd = -1;
    l->runs = l->was_connected = false;
    atomic_store(&l->stopping, false);
}

void pxi_link_deny(pxi_link *l)
{
    px_err err;

    px_fail_id(&err, PX_LIMIT, "connection.threads",
               "the server runs %d connections at most, and this tenant's others come first",
               PX_CONNECTION_THREADS_MAX);
    say(l, PX_CONNECTION_FAILED, &err, PX_TIME_NONE);
}

void pxi_link_replace(pxi_link *l, const px_document *document)
{
    px_document copy;

    if (!l->runs)
        return;
    l->is_replaced = true;
    if (document) {
        copy = *document;
        copy.id = px_arena_str(&l->arena, document->id);
        copy.body = px_arena_str(&l->arena, document->body);
        if (!copy.id.ptr || !copy.body.ptr ||
            px_connection_read(&copy, &l->arena, &l->next, NULL) != PX_OK)
            l->is_replaced = false; /* not known: nothing is taken leave of */
    }
    pxi_link_tell_stop(l);
}

void pxi_link_free(pxi_link *l)
{
    if (!l)
        return;
    pxi_link_halt(l);
    pthread_cond_destroy(&l->settled);
    pthread_mutex_destroy(&l->lock);
    px_arena_release(&l->arena);
    px_free(l);
}
