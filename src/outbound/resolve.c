/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to addresses. The machine's resolver waits for its servers, 20 s and more when they are
 * away, and cannot be told to stop: it runs on a thread of its own that nobody joins, and a link
 * that is to end, or has waited long enough, leaves it alone. Whoever lets go of a lookup last
 * frees it.
 */
#include <netdb.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/thread.h"
#include "outbound/link_inner.h"

static const int64_t look_ns = 50 * PX_MILLISECOND;

typedef struct lookup {
    pthread_mutex_t lock; /* guards all below but the names */
    pthread_cond_t changed;
    int users;
    bool is_done;
    int code;
    struct addrinfo *list;
    char name[PX_CONNECTION_HOST_BYTES_MAX + 1], service[8];
} lookup;

static void let_go(lookup *l)
{
    bool is_last;

    pthread_mutex_lock(&l->lock);
    is_last = --l->users == 0;
    pthread_mutex_unlock(&l->lock);
    if (!is_last)
        return;
    if (l->list)
        freeaddrinfo(l->list);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    px_free(l);
}

static int ask(const lookup *l, int flags, struct addrinfo **ret_list)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = flags };

    return getaddrinfo(l->name, l->service, &hints, ret_list);
}

static void *run_lookup(void *data)
{
    lookup *l = data;
    struct addrinfo *list = NULL;
    int code = ask(l, 0, &list);

    pthread_mutex_lock(&l->lock);
    l->code = code;
    l->list = list;
    l->is_done = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
    let_go(l);
    return NULL;
}

static lookup *lookup_new(px_str host, uint16_t port)
{
    lookup *l = px_zalloc(1, sizeof(*l));

    if (!l)
        return NULL;
    pthread_mutex_init(&l->lock, NULL);
    px_cond_init(&l->changed);
    l->users = 1;
    snprintf(l->name, sizeof(l->name), "%.*s", PX_FMT(host));
    snprintf(l->service, sizeof(l->service), "%u", (unsigned)port);
    return l;
}

static px_status begin(lookup *l, px_err *ret_err)
{
    pthread_t thread;

    if (ask(l, AI_NUMERICHOST, &l->list) == 0) { /* an address: nobody is asked */
        l->is_done = true;
        return PX_OK;
    }
    l->users++;
    if (px_thread_start(&thread, "name", run_lookup, l)) {
        pthread_detach(thread);
        return PX_OK;
    }
    l->users--;
    return px_no_memory(ret_err);
}

static px_status wait(pxi_link *link, lookup *l, px_err *ret_err)
{
    px_env *env = link->owner->env;
    int64_t until = env->monotonic_ns(env) + PX_CONNECTION_CONNECT_NS_MAX;
    bool is_done;

    pthread_mutex_lock(&l->lock);
    while (!l->is_done && !atomic_load(&link->stopping) && env->monotonic_ns(env) < until) {
        struct timespec look = px_deadline_in(look_ns);

        pthread_cond_timedwait(&l->changed, &l->lock, &look);
    }
    is_done = l->is_done;
    pthread_mutex_unlock(&l->lock);
    if (is_done)
        return PX_OK;
    if (atomic_load(&link->stopping))
        return px_fail(ret_err, PX_INTERRUPTED, "the connection ends");
    return px_fail_id(ret_err, PX_UNREACHABLE, "connection.name",
                      "the name '%s' was not resolved within 10 seconds", l->name);
}

static bool add(const px_reach *reach, const struct addrinfo *info, pxi_address *ret_address,
                px_err *ret_err)
{
    pxi_address address = { .len = info->ai_addrlen };
    char service[8];

    if (info->ai_addrlen > sizeof(address.bytes) ||
        px_target_check_address(reach, info->ai_addr, ret_err) != PX_OK)
        return false;
    memcpy(&address.bytes, info->ai_addr, info->ai_addrlen);
    if (getnameinfo(info->ai_addr, info->ai_addrlen, address.text, sizeof(address.text), service,
                    sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    *ret_address = address;
    return true;
}

/* Those of what was found that may be connected to. */
static px_status judge(const px_reach *reach, const lookup *l,
                       pxi_address ret_list[PXI_ADDRESSES_MAX], size_t *ret_count, px_err *ret_err)
{
    px_err err;

    if (l->code != 0)
        return px_fail_id(ret_err, PX_UNREACHABLE, "connection.name",
                          "the name '%s' leads to no address: %s", l->name, gai_strerror(l->code));
    *ret_count = 0;
    px_fail_id(&err, PX_UNREACHABLE, "connection.name", "the name '%s' leads to no address",
               l->name);
    for (const struct addrinfo *i = l->list; i && *ret_count < PXI_ADDRESSES_MAX; i = i->ai_next)
        *ret_count += add(reach, i, &ret_list[*ret_count], &err);
    if (*ret_count > 0)
        return PX_OK;
    if (ret_err)
        *ret_err = err;
    return err.status;
}

px_status pxi_resolve(pxi_link *link, pxi_address ret_list[PXI_ADDRESSES_MAX], size_t *ret_count,
                      px_err *ret_err)
{
    const px_reach *reach = &link->owner->opts.reach;
    px_status status;
    lookup *l;

    PX_TRY(px_target_check_host(reach, link->config.host, ret_err));
    l = lookup_new(link->config.host, link->config.port);
    if (!l)
        return px_no_memory(ret_err);
    status = begin(l, ret_err);
    if (status == PX_OK)
        status = wait(link, l, ret_err);
    if (status == PX_OK)
        status = judge(reach, l, ret_list, ret_count, ret_err);
    let_go(l);
    return status;
}
