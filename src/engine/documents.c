/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries stand in an array by number. A batch's changes are whole new entries beside it, found
 * first by the writer; commit swaps their pointers in under the lock, so it needs no memory.
 * Deleted documents stay as entries without a body: the checkpoint has to store the trace, and
 * their number is not given again.
 */
#include "engine/documents.h"

#include <pthread.h>

#include "base/map.h"
#include "base/vec.h"

typedef struct entry {
    px_document doc; /* slices point behind this struct */
    uint64_t hash;
    bool deleted;
} entry;

typedef struct change {
    entry *fresh;
} change;

struct px_documents {
    pthread_rwlock_t lock;   /* entries, index, counts: readers against commit */
    PX_VEC(entry *) entries; /* by number - 1; NULL where a number was never published */
    px_map index;            /* hash of (tenant, kind, id) -> number */
    PX_VEC(change) changes;  /* of this batch, the writer's */
    px_map changed;          /* hash -> index in changes; the newest counts */
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
    PX_VEC_EACH (&documents->entries, e)
        px_free(*e);
    PX_VEC_RELEASE(&documents->entries);
    PX_VEC_RELEASE(&documents->changes);
    px_map_release(&documents->index);
    px_map_release(&documents->changed);
    pthread_rwlock_destroy(&documents->lock);
    px_free(documents);
}

static uint64_t key_hash(uint32_t tenant, px_str kind, px_str id)
{
    return px_str_hash(id) * 31 + px_str_hash(kind) * 7 + tenant;
}

static bool is_key(const entry *e, uint32_t tenant, px_str kind, px_str id)
{
    return e->doc.tenant == tenant && px_str_eq(e->doc.id, id) && px_str_eq(e->doc.kind, kind);
}

static entry *find_published(const px_documents *documents, uint64_t hash, uint32_t tenant,
                             px_str kind, px_str id)
{
    const px_map *index = &documents->index;

    for (size_t at = px_map_first(index, hash); at != PX_MAP_END;
         at = px_map_next(index, hash, at)) {
        entry *e = documents->entries.ptr[index->values[at] - 1];

        if (is_key(e, tenant, kind, id))
            return e;
    }
    return NULL;
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

        if (is_key(e, tenant, kind, id) && (!newest || i > newest_index)) {
            newest = e;
            newest_index = i;
        }
    }
    return newest ? newest : find_published(documents, hash, tenant, kind, id);
}

const px_document *px_documents_pending(const px_documents *documents, uint32_t tenant, px_str kind,
                                        px_str id)
{
    const entry *e = find_pending(documents, key_hash(tenant, kind, id), tenant, kind, id);

    return e && !e->deleted ? &e->doc : NULL;
}

const px_document *px_documents_by_number(const px_documents *documents, uint32_t no)
{
    const entry *e =
        no >= 1 && no <= documents->entries.len ? documents->entries.ptr[no - 1] : NULL;

    return e && !e->deleted ? &e->doc : NULL;
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
    e->hash = key_hash(doc->tenant, doc->kind, doc->id);
    e->deleted = deleted;
    return e;
}

/* All that commit will need: a place in the array, one in the index. */
static bool reserve(px_documents *documents, uint32_t no)
{
    return PX_VEC_RESERVE(&documents->changes, documents->changes.len + 1) &&
           px_map_reserve(&documents->changed, 1) &&
           px_map_reserve(&documents->index, documents->changes.len + 1) &&
           PX_VEC_RESERVE(&documents->entries, no);
}

static px_status add_change(px_documents *documents, const px_document *doc, bool deleted,
                            px_err *ret_err)
{
    entry *fresh = make_entry(doc, deleted);
    bool reserved;

    if (!fresh)
        return px_no_memory(ret_err);
    pthread_rwlock_wrlock(&documents->lock); /* growing moves what readers walk */
    reserved = reserve(documents, doc->no);
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
    const entry *old = find_pending(documents, key_hash(doc.tenant, doc.kind, doc.id), doc.tenant,
                                    doc.kind, doc.id);

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

static void publish(px_documents *documents, entry *fresh)
{
    uint32_t no = fresh->doc.no;
    entry *old;

    while (documents->entries.len < no)
        documents->entries.ptr[documents->entries.len++] = NULL;
    old = documents->entries.ptr[no - 1];
    if (old)
        px_map_remove(&documents->index, old->hash, no);
    px_free(old);
    if (fresh->deleted) {
        px_free(fresh);
        fresh = NULL;
    } else {
        px_map_add(&documents->index, fresh->hash, no);
    }
    documents->entries.ptr[no - 1] = fresh;
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
        publish(documents, c->fresh);
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
    e = find_published(documents, key_hash(tenant, kind, id), tenant, kind, id);
    if (!e || e->deleted)
        status =
            px_fail(ret_err, PX_NOT_FOUND, "there is no %.*s '%.*s'", PX_FMT(kind), PX_FMT(id));
    else if (!copy_document(e, arena, ret_document))
        status = px_arena_fail(arena, ret_err);
    pthread_rwlock_unlock(&documents->lock);
    return status;
}

px_status px_documents_list(px_documents *documents, uint32_t tenant, px_str kind, uint32_t *cursor,
                            size_t max, px_arena *arena, px_document *ret_items, size_t *ret_count,
                            px_err *ret_err)
{
    px_status status = PX_OK;
    size_t count = 0;

    pthread_rwlock_rdlock(&documents->lock);
    while (count < max && *cursor < documents->entries.len) {
        const entry *e = documents->entries.ptr[(*cursor)++];

        if (!e || e->deleted || e->doc.tenant != tenant || !px_str_eq(e->doc.kind, kind))
            continue;
        if (!copy_document(e, arena, &ret_items[count++])) {
            status = px_arena_fail(arena, ret_err);
            break;
        }
    }
    if (*cursor >= documents->entries.len)
        *cursor = 0;
    pthread_rwlock_unlock(&documents->lock);
    *ret_count = count;
    return status;
}

size_t px_documents_count(px_documents *documents, uint32_t tenant, px_str kind)
{
    size_t count = 0;

    pthread_rwlock_rdlock(&documents->lock);
    PX_VEC_EACH (&documents->entries, e)
        count +=
            *e && !(*e)->deleted && (*e)->doc.tenant == tenant && px_str_eq((*e)->doc.kind, kind);
    pthread_rwlock_unlock(&documents->lock);
    return count;
}
