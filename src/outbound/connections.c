/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's thread, and what others ask it. It looks at the documents (connections_look.c)
 * when it is told, or when any document changed. A link is freed by it alone, so whoever holds the
 * lock may look at all of them.
 */
#include "outbound/connections.h"

#include <errno.h>
#include <mosquitto.h>

#include "base/mem.h"
#include "base/thread.h"
#include "outbound/link_inner.h"

/* ---- life ---- */

px_status px_connections_open(const px_connections_opts *opts, px_connections **ret_connections,
                              px_err *ret_err)
{
    px_connections *o = px_zalloc(1, sizeof(*o));

    if (!o)
        return px_no_memory(ret_err);
    if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
        px_free(o);
        return px_no_memory(ret_err);
    }
    o->opts = *opts;
    o->env = opts->env ? opts->env : px_env_posix();
    pthread_mutex_init(&o->lock, NULL);
    px_cond_init(&o->changed);
    *ret_connections = o;
    return PX_OK;
}

void px_connections_close(px_connections *o)
{
    if (!o)
        return;
    px_assert(!o->runs);
    PX_VEC_RELEASE(&o->links);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->lock);
    mosquitto_lib_cleanup();
    px_free(o);
}

/* ---- the thread ---- */

/* False: it is to stop. Documents change all the time; unless somebody says that it was one of
 * these, they are looked at once a second. */
static bool wait_for_change(px_connections *o)
{
    px_documents *documents = px_engine_documents(o->opts.engine);
    struct timespec until = px_deadline_in(PX_SECOND);
    bool is_over = false, goes_on;

    pthread_mutex_lock(&o->lock);
    while (!o->stopping && !o->is_stale &&
           !(is_over && o->generation != px_documents_generation(documents))) {
        is_over = pthread_cond_timedwait(&o->changed, &o->lock, &until) == ETIMEDOUT;
        if (is_over && o->generation == px_documents_generation(documents))
            until = px_deadline_in(PX_SECOND);
    }
    o->is_stale = false;
    o->generation = px_documents_generation(documents);
    goes_on = !o->stopping;
    pthread_mutex_unlock(&o->lock);
    return goes_on;
}

static void look_later(px_connections *o)
{
    pthread_mutex_lock(&o->lock);
    o->generation = 0; /* which is none */
    pthread_mutex_unlock(&o->lock);
}

static void *run_supervisor(void *data)
{
    px_connections *o = data;
    px_err err;

    while (wait_for_change(o))
        if (pxi_connections_look(o, &err) != PX_OK) {
            px_log_warn(o->opts.log, "connections.look", "%s", err.text);
            look_later(o);
        }
    pxi_connections_end_all(o);
    return NULL;
}

px_status px_connections_start(px_connections *o, px_err *ret_err)
{
    o->stopping = false;
    o->is_stale = true;
    o->runs = px_thread_start(&o->thread, "connections", run_supervisor, o);
    return o->runs ? PX_OK : px_no_memory(ret_err);
}

void px_connections_stop(px_connections *o)
{
    if (!o || !o->runs)
        return;
    pthread_mutex_lock(&o->lock);
    o->stopping = true;
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->lock);
    pthread_join(o->thread, NULL);
    o->runs = false;
}

void px_connections_changed(px_connections *o)
{
    pthread_mutex_lock(&o->lock);
    o->is_stale = true;
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

const px_reach *px_connections_reach(const px_connections *o)
{
    return &o->opts.reach;
}

/* ---- how they are ---- */

static px_connection_stats read_counters(const pxi_counters *counters)
{
    px_connection_stats stats;

#define X(name, meaning) stats.name = atomic_load(&counters->name);
    PX_CONNECTION_STATS_MAP(X)
#undef X
    return stats;
}

static pxi_link *find_link(px_connections *o, uint32_t tenant, uint32_t no)
{
    PX_VEC_EACH (&o->links, at)
        if ((*at)->config.tenant == tenant && (*at)->config.no == no)
            return *at;
    return NULL;
}

bool px_connections_status(px_connections *o, uint32_t tenant, uint32_t no, uint64_t revision,
                           px_connection_status *ret_status)
{
    pxi_link *l;

    pthread_mutex_lock(&o->lock);
    l = find_link(o, tenant, no);
    if (l && l->config.revision != revision)
        l = NULL;
    if (l) {
        pthread_mutex_lock(&l->lock);
        *ret_status = l->status;
        pthread_mutex_unlock(&l->lock);
        ret_status->stats = read_counters(&l->counters);
    }
    pthread_mutex_unlock(&o->lock);
    return l != NULL;
}

px_connection_stats px_connections_stat(px_connections *o,
                                        uint32_t ret_states[PX_CONNECTION_STATE_COUNT])
{
    memset(ret_states, 0, PX_CONNECTION_STATE_COUNT * sizeof(ret_states[0]));
    pthread_mutex_lock(&o->lock);
    PX_VEC_EACH (&o->links, at) {
        pthread_mutex_lock(&(*at)->lock);
        ret_states[(*at)->status.state]++;
        pthread_mutex_unlock(&(*at)->lock);
    }
    pthread_mutex_unlock(&o->lock);
    return read_counters(&o->totals);
}
