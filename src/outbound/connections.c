/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: it compares the documents with the links that run, ends those whose document is
 * another or gone, and begins new ones. A link is freed by it alone, so whoever holds the lock may
 * look at all of them.
 */
#include "outbound/connections.h"

#include <errno.h>
#include <mosquitto.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/thread.h"
#include "outbound/link_inner.h"

enum { PAGE = 16, ARENA_BYTES_MAX = 64 * 1024 * 1024 };

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

/* ---- links ---- */

static pxi_link *find_link(px_connections *o, uint32_t tenant, uint32_t no)
{
    PX_VEC_EACH (&o->links, at)
        if ((*at)->config.tenant == tenant && (*at)->config.no == no)
            return *at;
    return NULL;
}

/* Takes it out and waits for its thread: nobody looks at it any more. */
static void end_link(px_connections *o, size_t index)
{
    pxi_link *l;

    pthread_mutex_lock(&o->lock);
    l = o->links.ptr[index];
    o->links.ptr[index] = o->links.ptr[--o->links.len];
    pthread_mutex_unlock(&o->lock);
    pxi_link_free(l);
}

/* They were told already, all at once, since each takes its time. */
static void end_unseen(px_connections *o)
{
    for (size_t i = o->links.len; i-- > 0;)
        if (!o->links.ptr[i]->seen)
            end_link(o, i);
}

static size_t count_running(const px_connections *o)
{
    size_t count = 0;

    PX_VEC_EACH (&o->links, at)
        count += (*at)->runs;
    return count;
}

static px_status begin_link(px_connections *o, const px_document *document, px_err *ret_err)
{
    pxi_link *l = pxi_link_new(o, document);
    bool is_kept;

    if (!l)
        return px_no_memory(ret_err);
    l->seen = true;
    pxi_link_start(l, count_running(o) < PX_CONNECTION_THREADS_MAX);
    pthread_mutex_lock(&o->lock);
    is_kept = PX_VEC_PUSH(&o->links, l);
    pthread_mutex_unlock(&o->lock);
    if (is_kept)
        return PX_OK;
    pxi_link_free(l);
    return px_no_memory(ret_err);
}

/* ---- documents ---- */

typedef PX_VEC(px_document) document_vec;

static px_status read_tenant(px_connections *o, uint32_t tenant, px_arena *arena,
                             document_vec *found, px_err *ret_err)
{
    px_documents *documents = px_engine_documents(o->opts.engine);
    px_document items[PAGE];
    uint32_t cursor = 0;
    size_t count;

    do {
        PX_TRY(px_documents_list(documents, tenant, PX_STR("connection"), &cursor, PAGE, arena,
                                 items, &count, ret_err));
        for (size_t i = 0; i < count; i++)
            if (!PX_VEC_PUSH(found, items[i]))
                return px_no_memory(ret_err);
    } while (cursor);
    return PX_OK;
}

/* The first tenant has no document; the others' numbers are their documents' and one more. */
static px_status read_all(px_connections *o, px_arena *arena, document_vec *found, px_err *ret_err)
{
    px_documents *documents = px_engine_documents(o->opts.engine);
    px_document tenants[PAGE];
    uint32_t cursor = 0;
    size_t count;

    PX_TRY(read_tenant(o, PX_FIRST_TENANT, arena, found, ret_err));
    do {
        PX_TRY(px_documents_list(documents, 0, PX_STR("tenant"), &cursor, PAGE, arena, tenants,
                                 &count, ret_err));
        for (size_t i = 0; i < count; i++)
            PX_TRY(read_tenant(o, tenants[i].no + 1, arena, found, ret_err));
    } while (cursor);
    return PX_OK;
}

static const px_document *find_document(const document_vec *found, const pxi_link *l)
{
    PX_VEC_EACH (found, document)
        if (document->tenant == l->config.tenant && document->no == l->config.no)
            return document;
    return NULL;
}

/* What stands as it was stays; what is another or gone ends before anything new begins, so that two
 * clients never have one clientId. */
static px_status compare(px_connections *o, const document_vec *found, px_err *ret_err)
{
    PX_VEC_EACH (&o->links, at) {
        const px_document *document = find_document(found, *at);

        (*at)->seen = document && (*at)->config.revision == document->revision;
        if (!(*at)->seen)
            pxi_link_replace(*at, document);
    }
    end_unseen(o);
    PX_VEC_EACH (found, document)
        if (!find_link(o, document->tenant, document->no))
            PX_TRY(begin_link(o, document, ret_err));
    return PX_OK;
}

static px_status look(px_connections *o, px_err *ret_err)
{
    document_vec found = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES_MAX);
    status = read_all(o, &arena, &found, ret_err);
    if (status == PX_OK)
        status = compare(o, &found, ret_err);
    PX_VEC_RELEASE(&found);
    return status;
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
        if (look(o, &err) != PX_OK) {
            px_log_warn(o->opts.log, "connections.look", "%s", err.text);
            look_later(o);
        }
    PX_VEC_EACH (&o->links, at) {
        (*at)->seen = false;
        pxi_link_tell_stop(*at);
    }
    end_unseen(o);
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
