/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch's changes are whole new entries beside the index, found first by the writer; commit
 * stores them in it under the lock, with memory that was reserved before. A deleted document leaves
 * nothing here: its number is not given again, because the highest one is kept.
 */
#include "engine/documents.h"

#include <pthread.h>
#include <stdatomic.h>

#include "access/access.h"
#include "engine/document_index.h"

typedef px_document_entry entry;

typedef struct change {
    entry *fresh;
} change;

struct px_documents {
    pthread_rwlock_t lock; /* the index: readers against commit */
    px_document_index index;
    PX_VEC(change) changes;      /* of this batch, the writer's */
    _Atomic uint64_t generation; /* how many commits changed documents */
    px_map changed;              /* hash -> index in changes; the newest counts */
    uint32_t next_no, next_no_published;
};

px_status px_documents_new(px_documents **ret_documents, px_err *ret_err)
{
    px_documents *documents = px_zalloc(1, sizeof(*documents));

    if (!documents)
        return px_no_memory(ret_err);
    pthread_rwlock_init(&documents->lock, NULL);
    documents->next_no = documents->next_no_published = 1;
    *ret_documents = documents;
    return PX_OK;
}

void px_documents_free(px_documents *documents)
{
    if (!documents)
        return;
    px_documents_rollback(documents);
    px_document_index_release(&documents->index);
    PX_VEC_RELEASE(&documents->changes);
    px_map_release(&documents->changed);
    pthread_rwlock_destroy(&documents->lock);
    px_free(documents);
}

static entry *find_published(const px_documents *documents, uint64_t hash, uint32_t tenant,
                             px_str kind, px_str id)
{
    return px_document_index_find(&documents->index, hash, tenant, kind, id);
}

static entry *find_pending(const px_documents *documents, uint64_t hash, uint32_t tenant,
                           px_str kind, px_str id)
{
    const px_map *changed = &documents->changed;
    entry *newest = NULL;
    uint32_t newest_index = 0;

    for (size_t at = px_map_first(changed, hash); at != PX_MAP_END;
         at = px_map_next(changed, hash, at)) {
        uint32_t i = changed->values[at];
        entry *e = documents->changes.ptr[i].fresh;

        if (px_document_is(e, tenant, kind, id) && (!newest || i > newest_index)) {
            newest = e;
            newest_index = i;
        }
    }
    return newest ? newest : find_published(documents, hash, tenant, kind, id);
}

const px_document *px_documents_pending(const px_documents *documents, uint32_t tenant, px_str kind,
                                        px_str id)
{
    const entry *e = find_pending(documents, px_document_hash(tenant, kind, id), tenant, kind, id);

    return e && !e->deleted ? &e->doc : NULL;
}

size_t px_documents_pending_count(px_documents *documents, uint32_t tenant, px_str kind)
{
    size_t count = px_documents_count(documents, tenant, kind);

    PX_VEC_EACH (&documents->changes, c) {
        const entry *e = c->fresh;

        if (e->doc.tenant != tenant || !px_str_eq(e->doc.kind, kind) ||
            find_pending(documents, e->hash, tenant, kind, e->doc.id) != e)
            continue; /* another kind, or changed once more behind it */
        count += !e->deleted;
        count -= find_published(documents, e->hash, tenant, kind, e->doc.id) != NULL;
    }
    return count;
}

bool px_documents_pending_is_newer(const px_documents *documents, uint32_t tenant, px_str kind,
                                   uint64_t position)
{
    const px_document_list *list = px_document_index_list(&documents->index, tenant, kind);

    PX_VEC_EACH (&documents->changes, c) {
        const entry *e = c->fresh;

        if (!e->deleted && e->doc.revision > position && e->doc.tenant == tenant &&
            px_str_eq(e->doc.kind, kind))
            return true;
    }
    for (size_t i = 0; list && i < list->places.len; i++)
        if (list->places.ptr[i].entry && list->places.ptr[i].entry->doc.revision > position)
            return true;
    return false;
}

const px_document *px_documents_by_number(const px_documents *documents, uint32_t no)
{
    const entry *e = px_document_index_number(&documents->index, no);

    return e ? &e->doc : NULL;
}

static px_str append(char **at, px_str text)
{
    px_str copy = { *at, text.len };

    if (text.len)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

static entry *make_entry(const px_document *doc, bool deleted)
{
    px_str body = deleted ? PX_STR("") : doc->body;
    entry *e = px_zalloc(1, sizeof(*e) + doc->kind.len + doc->id.len + body.len);
    char *at;

    if (!e)
        return NULL;
    at = (char *)(e + 1);
    e->doc = *doc;
    e->doc.kind = append(&at, doc->kind);
    e->doc.id = append(&at, doc->id);
    e->doc.body = append(&at, body);
    e->hash = px_document_hash(doc->tenant, doc->kind, doc->id);
    e->deleted = deleted;
    return e;
}

/* All that commit will need. */
static bool reserve(px_documents *documents, entry *fresh)
{
    return PX_VEC_RESERVE(&documents->changes, documents->changes.len + 1) &&
           px_map_reserve(&documents->changed, 1) &&
           px_document_index_reserve(&documents->index, fresh, documents->changes.len);
}

static px_status add_change(px_documents *documents, const px_document *doc, bool deleted,
                            px_err *ret_err)
{
    entry *fresh = make_entry(doc, deleted);
    bool reserved;

    if (!fresh)
        return px_no_memory(ret_err);
    pthread_rwlock_wrlock(&documents->lock); /* growing moves what readers walk */
    reserved = reserve(documents, fresh);
    pthread_rwlock_unlock(&documents->lock);
    if (!reserved) {
        px_free(fresh);
        return px_no_memory(ret_err);
    }
    px_map_add(&documents->changed, fresh->hash, (uint32_t)documents->changes.len);
    documents->changes.ptr[documents->changes.len++] = (change){ fresh };
    return PX_OK;
}

px_status px_documents_put(px_documents *documents, const px_document *document, uint32_t *ret_no,
                           px_err *ret_err)
{
    px_document doc = *document;
    const entry *old = find_pending(documents, px_document_hash(doc.tenant, doc.kind, doc.id),
                                    doc.tenant, doc.kind, doc.id);

    if (old && !old->deleted)
        doc.no = old->doc.no;
    else if (doc.no == 0)
        doc.no = documents->next_no;
    PX_TRY(add_change(documents, &doc, false, ret_err));
    if (doc.no >= documents->next_no)
        documents->next_no = doc.no + 1;
    if (ret_no)
        *ret_no = doc.no;
    return PX_OK;
}

px_status px_documents_delete(px_documents *documents, uint32_t tenant, px_str kind, px_str id,
                              uint64_t revision, px_err *ret_err)
{
    const px_document *old = px_documents_pending(documents, tenant, kind, id);
    px_document doc;

    if (!old)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no %.*s '%.*s'", PX_FMT(kind), PX_FMT(id));
    doc = *old;
    doc.revision = revision;
    return add_change(documents, &doc, true, ret_err);
}

static void forget_changes(px_documents *documents)
{
    documents->changes.len = 0;
    px_map_clear(&documents->changed);
}

void px_documents_commit(px_documents *documents)
{
    documents->next_no_published = documents->next_no;
    if (documents->changes.len == 0)
        return;
    pthread_rwlock_wrlock(&documents->lock);
    PX_VEC_EACH (&documents->changes, c)
        px_document_index_store(&documents->index, c->fresh);
    atomic_fetch_add_explicit(&documents->generation, 1, memory_order_release);
    pthread_rwlock_unlock(&documents->lock);
    forget_changes(documents);
}

void px_documents_rollback(px_documents *documents)
{
    PX_VEC_EACH (&documents->changes, c)
        px_free(c->fresh);
    documents->next_no = documents->next_no_published;
    forget_changes(documents);
}

uint32_t px_documents_number(const px_documents *documents)
{
    return documents->next_no - 1;
}

void px_documents_number_set(px_documents *documents, uint32_t highest)
{
    if (highest >= documents->next_no)
        documents->next_no = documents->next_no_published = highest + 1;
}

static bool copy_document(const entry *e, px_arena *arena, px_document *ret_document)
{
    *ret_document = e->doc;
    ret_document->kind = px_arena_str(arena, e->doc.kind);
    ret_document->id = px_arena_str(arena, e->doc.id);
    ret_document->body = px_arena_str(arena, e->doc.body);
    return ret_document->kind.ptr && ret_document->id.ptr && ret_document->body.ptr;
}

px_status px_documents_get(px_documents *documents, uint32_t tenant, px_str kind, px_str id,
                           px_arena *arena, px_document *ret_document, px_err *ret_err)
{
    px_status status = PX_OK;
    const entry *e;

    pthread_rwlock_rdlock(&documents->lock);
    e = find_published(documents, px_document_hash(tenant, kind, id), tenant, kind, id);
    if (!e || e->deleted)
        status =
            px_fail(ret_err, PX_NOT_FOUND, "there is no %.*s '%.*s'", PX_FMT(kind), PX_FMT(id));
    else if (!copy_document(e, arena, ret_document))
        status = px_arena_fail(arena, ret_err);
    pthread_rwlock_unlock(&documents->lock);
    return status;
}

px_status px_documents_get_number(px_documents *documents, uint32_t no, px_arena *arena,
                                  px_document *ret_document, px_err *ret_err)
{
    px_status status = PX_OK;
    const entry *e;

    pthread_rwlock_rdlock(&documents->lock);
    e = px_document_index_number(&documents->index, no);
    if (!e)
        status = px_fail(ret_err, PX_NOT_FOUND, "there is no document %u", (unsigned)no);
    else if (!copy_document(e, arena, ret_document))
        status = px_arena_fail(arena, ret_err);
    pthread_rwlock_unlock(&documents->lock);
    return status;
}

uint64_t px_documents_generation(const px_documents *documents)
{
    return 1 + atomic_load_explicit(&documents->generation, memory_order_acquire);
}

uint64_t px_documents_revision(px_documents *documents, uint32_t tenant, px_str kind, px_str id)
{
    uint64_t revision = 0;
    const entry *e;

    pthread_rwlock_rdlock(&documents->lock);
    e = find_published(documents, px_document_hash(tenant, kind, id), tenant, kind, id);
    if (e && !e->deleted)
        revision = e->doc.revision;
    pthread_rwlock_unlock(&documents->lock);
    return revision;
}

px_status px_documents_list(px_documents *documents, uint32_t tenant, px_str kind, uint32_t *cursor,
                            size_t max, px_arena *arena, px_document *ret_items, size_t *ret_count,
                            px_err *ret_err)
{
    const px_document_list *list;
    px_status status = PX_OK;
    size_t count = 0, at;

    pthread_rwlock_rdlock(&documents->lock);
    list = px_document_index_list(&documents->index, tenant, kind);
    at = list ? px_document_list_after(list, *cursor) : 0;
    *cursor = 0;
    for (; list && at < list->places.len && status == PX_OK; at++) {
        const px_document_place *place = &list->places.ptr[at];

        if (!place->entry)
            continue;
        if (count == max) {
            *cursor = ret_items[max - 1].no; /* there is one more */
            break;
        }
        if (!copy_document(place->entry, arena, &ret_items[count++]))
            status = px_arena_fail(arena, ret_err);
    }
    pthread_rwlock_unlock(&documents->lock);
    *ret_count = count;
    return status;
}

size_t px_documents_list_heads(px_documents *documents, uint32_t tenant, px_str kind,
                               uint32_t *cursor, size_t max, px_document_head *ret_heads)
{
    const px_document_list *list;
    size_t count = 0, at;

    pthread_rwlock_rdlock(&documents->lock);
    list = px_document_index_list(&documents->index, tenant, kind);
    at = list ? px_document_list_after(list, *cursor) : 0;
    *cursor = 0;
    for (; list && at < list->places.len; at++) {
        const entry *e = list->places.ptr[at].entry;

        if (!e)
            continue;
        if (count == max) {
            *cursor = ret_heads[max - 1].no;
            break;
        }
        ret_heads[count++] = (px_document_head){ e->doc.no, e->doc.tenant, e->doc.revision };
    }
    pthread_rwlock_unlock(&documents->lock);
    return count;
}

/* The first tenant has no document; the others' numbers are their documents' and one more. */
size_t px_documents_tenants(px_documents *documents, uint32_t *cursor,
                            uint32_t ret_tenants[PX_TENANTS_AT_ONCE])
{
    px_document_head heads[PX_TENANTS_AT_ONCE];
    bool has_first = *cursor == 0;
    uint32_t after = has_first ? 0 : *cursor - 1;
    size_t count;

    if (has_first)
        ret_tenants[0] = PX_FIRST_TENANT;
    count = px_documents_list_heads(documents, 0, PX_STR("tenant"), &after,
                                    (size_t)PX_TENANTS_AT_ONCE - has_first, heads);
    for (size_t i = 0; i < count; i++)
        ret_tenants[i + has_first] = heads[i].no + 1;
    *cursor = after ? after + 1 : 0;
    return count + has_first;
}

/* Keeps the `max` lowest numbers; true when one had no place. */
static bool keep_lowest(const entry **best, size_t max, size_t *count, const entry *e)
{
    size_t at = *count;
    bool full = *count == max;

    while (at > 0 && best[at - 1]->doc.no > e->doc.no)
        at--;
    if (at == max)
        return true;
    memmove(best + at + 1, best + at, (*count - full - at) * sizeof(*best));
    best[at] = e;
    *count += !full;
    return full;
}

/* Locked. */
static bool find_under(const px_documents *documents, uint32_t tenant, px_str kind, px_str prefix,
                       uint32_t after, const entry **best, size_t max, size_t *ret_count)
{
    const entry *e = px_document_index_beginning(&documents->index, tenant, kind, prefix);
    bool more = false;

    *ret_count = 0;
    for (; e; e = e->next)
        if (e->doc.tenant == tenant && e->doc.no > after && px_str_eq(e->doc.kind, kind) &&
            px_str_starts(e->doc.id, prefix))
            more |= keep_lowest(best, max, ret_count, e);
    return more;
}

px_status px_documents_list_under(px_documents *documents, uint32_t tenant, px_str kind,
                                  px_str prefix, uint32_t *cursor, size_t max, px_arena *arena,
                                  px_document *ret_items, size_t *ret_count, px_err *ret_err)
{
    const entry **best = px_arena_alloc(arena, max * sizeof(*best));
    px_status status = PX_OK;
    bool more;

    if (!best)
        return px_arena_fail(arena, ret_err);
    pthread_rwlock_rdlock(&documents->lock);
    more = find_under(documents, tenant, kind, prefix, *cursor, best, max, ret_count);
    for (size_t i = 0; i < *ret_count && status == PX_OK; i++)
        if (!copy_document(best[i], arena, &ret_items[i]))
            status = px_arena_fail(arena, ret_err);
    *cursor = more ? best[max - 1]->doc.no : 0;
    pthread_rwlock_unlock(&documents->lock);
    return status;
}

size_t px_documents_count(px_documents *documents, uint32_t tenant, px_str kind)
{
    const px_document_list *list;
    size_t count;

    pthread_rwlock_rdlock(&documents->lock);
    list = px_document_index_list(&documents->index, tenant, kind);
    count = list ? list->live : 0;
    pthread_rwlock_unlock(&documents->lock);
    return count;
}
