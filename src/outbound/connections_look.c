/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links follow their documents. All of them are compared by number and revision; a body is read
 * only of what is new, so that a look costs what changed, however large the rest is.
 *
 * There are PX_CONNECTION_THREADS_MAX threads for all tenants. Each tenant's oldest connection
 * comes before any tenant's second, and so on: nobody gets less because another has many, and a
 * restart changes nothing of it. Whatever has no thread gets one as soon as there is room.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "outbound/link_inner.h"

enum { PAGE = 64, DOCUMENT_BYTES_MAX = 1024 * 1024 };

typedef PX_VEC(px_document_head) head_vec;
typedef PX_VEC(pxi_link *) link_vec;

/* ---- documents ---- */

static px_status read_tenant(px_connections *o, uint32_t tenant, head_vec *found, px_err *ret_err)
{
    px_documents *documents = px_engine_documents(o->opts.engine);
    px_document_head heads[PAGE];
    uint32_t cursor = 0;

    do {
        size_t count =
            px_documents_list_heads(documents, tenant, PX_STR("connection"), &cursor, PAGE, heads);

        for (size_t i = 0; i < count; i++)
            if (!PX_VEC_PUSH(found, heads[i]))
                return px_no_memory(ret_err);
    } while (cursor);
    return PX_OK;
}

static px_status read_all(px_connections *o, head_vec *found, px_err *ret_err)
{
    uint32_t tenants[PX_TENANTS_AT_ONCE], cursor = 0;

    do {
        size_t count = px_documents_tenants(px_engine_documents(o->opts.engine), &cursor, tenants);

        for (size_t i = 0; i < count; i++)
            PX_TRY(read_tenant(o, tenants[i], found, ret_err));
    } while (cursor);
    return PX_OK;
}

/* Of one that went meanwhile PX_NOT_FOUND. */
static px_status read_document(px_connections *o, uint32_t no, px_arena *arena,
                               px_document *ret_document, px_err *ret_err)
{
    px_arena_init(arena, DOCUMENT_BYTES_MAX);
    return px_documents_get_number(px_engine_documents(o->opts.engine), no, arena, ret_document,
                                   ret_err);
}

/* ---- beginnings and ends ---- */

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

void pxi_connections_end_all(px_connections *o)
{
    PX_VEC_EACH (&o->links, at) {
        (*at)->seen = false;
        if ((*at)->runs)
            pxi_link_tell_stop(*at);
    }
    end_unseen(o);
}

static px_status begin_link(px_connections *o, uint32_t no, px_err *ret_err)
{
    px_document document;
    px_status status;
    pxi_link *l;
    bool is_kept;
    PX_AUTO_ARENA arena = { 0 };

    status = read_document(o, no, &arena, &document, ret_err);
    if (status != PX_OK)
        return status == PX_NOT_FOUND ? PX_OK : status;
    l = pxi_link_new(o, &document);
    if (!l)
        return px_no_memory(ret_err);
    l->seen = true;
    pthread_mutex_lock(&o->lock);
    is_kept = PX_VEC_PUSH(&o->links, l);
    pthread_mutex_unlock(&o->lock);
    if (is_kept)
        return PX_OK;
    pxi_link_free(l);
    return px_no_memory(ret_err);
}

/* Its document is another, or gone. */
static void replace_link(px_connections *o, pxi_link *l, bool is_gone)
{
    px_document document;
    PX_AUTO_ARENA arena = { 0 };

    if (!is_gone && read_document(o, l->config.no, &arena, &document, NULL) == PX_OK)
        pxi_link_replace(l, &document);
    else if (is_gone)
        pxi_link_replace(l, NULL);
    else if (l->runs)
        pxi_link_tell_stop(l); /* it is not known what is wanted: nothing is taken leave of */
}

/* ---- comparing ---- */

static uint32_t find(const px_map *map, uint32_t no)
{
    size_t at = px_map_first(map, no);

    return at == PX_MAP_END ? PX_MAP_NONE : map->values[at];
}

/* What stands as it was stays; what is another or gone ends before anything new begins, so that two
 * clients never have one clientId. */
static px_status end_old(px_connections *o, const head_vec *found, px_err *ret_err)
{
    px_map heads = { 0 };

    if (!px_map_reserve(&heads, found->len))
        return px_no_memory(ret_err);
    for (uint32_t i = 0; i < found->len; i++)
        (void)px_map_add(&heads, found->ptr[i].no, i);
    PX_VEC_EACH (&o->links, at) {
        uint32_t i = find(&heads, (*at)->config.no);

        (*at)->seen = i != PX_MAP_NONE && found->ptr[i].revision == (*at)->config.revision;
        if (!(*at)->seen)
            replace_link(o, *at, i == PX_MAP_NONE);
    }
    px_map_release(&heads);
    end_unseen(o);
    return PX_OK;
}

static px_status begin_new(px_connections *o, const head_vec *found, px_err *ret_err)
{
    px_map links = { 0 };
    px_status status = PX_OK;

    if (!px_map_reserve(&links, o->links.len))
        return px_no_memory(ret_err);
    for (uint32_t i = 0; i < o->links.len; i++)
        (void)px_map_add(&links, o->links.ptr[i]->config.no, i);
    PX_VEC_EACH (found, head) {
        px_status own = PX_OK;

        if (find(&links, head->no) == PX_MAP_NONE)
            own = begin_link(o, head->no, status == PX_OK ? ret_err : NULL);
        if (status == PX_OK)
            status = own;
    }
    px_map_release(&links);
    return status;
}

/* ---- threads ---- */

static int by_tenant(const void *a, const void *b)
{
    const pxi_link *x = *(pxi_link *const *)a, *y = *(pxi_link *const *)b;

    if (x->config.tenant != y->config.tenant)
        return x->config.tenant < y->config.tenant ? -1 : 1;
    return x->config.no < y->config.no ? -1 : x->config.no > y->config.no;
}

static int by_rank(const void *a, const void *b)
{
    const pxi_link *x = *(pxi_link *const *)a, *y = *(pxi_link *const *)b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->config.no < y->config.no ? -1 : x->config.no > y->config.no;
}

/* All that want to run, those first that come first. */
static px_status line_up(px_connections *o, link_vec *line, px_err *ret_err)
{
    PX_VEC_EACH (&o->links, at)
        if ((*at)->config.enabled && !PX_VEC_PUSH(line, *at))
            return px_no_memory(ret_err);
    if (line->len == 0)
        return PX_OK;
    qsort(line->ptr, line->len, sizeof(*line->ptr), by_tenant);
    for (size_t i = 0; i < line->len; i++) {
        pxi_link *l = line->ptr[i], *before = i ? line->ptr[i - 1] : NULL;

        l->rank = before && before->config.tenant == l->config.tenant ? before->rank + 1 : 0;
    }
    qsort(line->ptr, line->len, sizeof(*line->ptr), by_rank);
    return PX_OK;
}

/* Those that others come before end first, all told at once: their threads are needed. */
static void make_room(const link_vec *line)
{
    for (size_t i = 0; i < line->len; i++) {
        line->ptr[i]->has_place = i < PX_CONNECTION_THREADS_MAX;
        if (!line->ptr[i]->has_place && line->ptr[i]->runs)
            pxi_link_tell_stop(line->ptr[i]);
    }
    PX_VEC_EACH (line, at)
        if (!(*at)->has_place)
            pxi_link_halt(*at);
}

static px_status allot(px_connections *o, px_err *ret_err)
{
    link_vec line = { 0 };
    px_status status = line_up(o, &line, ret_err);

    if (status == PX_OK)
        make_room(&line);
    for (size_t i = 0; status == PX_OK && i < line.len; i++) {
        pxi_link *l = line.ptr[i];

        if (l->runs || (l->has_place && pxi_link_start(l)))
            continue;
        pxi_link_deny(l);
        if (l->has_place) /* the machine has no more threads now */
            status = px_no_memory(ret_err);
    }
    PX_VEC_RELEASE(&line);
    return status;
}

px_status pxi_connections_look(px_connections *o, px_err *ret_err)
{
    head_vec found = { 0 };
    px_status status = read_all(o, &found, ret_err), own;

    if (status == PX_OK)
        status = end_old(o, &found, ret_err);
    if (status == PX_OK) {
        status = begin_new(o, &found, ret_err);
        own = allot(o, status == PX_OK ? ret_err : NULL);
        if (status == PX_OK)
            status = own;
    }
    PX_VEC_RELEASE(&found);
    return status;
}
