/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/rejects.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/mem.h"

typedef struct text {
    uint16_t len;
    char bytes[PX_REJECT_PAYLOAD_BYTES_MAX];
} text;

/* A whole payload; what one message was refused for shares it. */
typedef struct blob {
    size_t len;
    uint32_t refs;
    char bytes[];
} blob;

typedef struct entry {
    uint64_t number; /* 0: free, or taken since */
    uint32_t tenant, row, slot, document_no;
    px_role role;
    px_time time;
    text sender, twin, name, reason_id, reason, payload, binding, source;
    blob *whole; /* NULL: only the beginning is kept */
} entry;

struct px_rejects {
    pthread_mutex_t lock; /* guards all below */
    uint64_t count;
    size_t bytes;          /* of blobs */
    uint64_t oldest_whole; /* no entry of a smaller number has a blob */
    blob *newest;
    entry entries[PX_REJECTS_MAX];
    px_reject_reason reasons[PX_REJECT_REASONS_MAX];
    size_t reason_count;
};

px_rejects *px_rejects_new(void)
{
    px_rejects *rejects = px_zalloc(1, sizeof(*rejects));

    if (rejects)
        pthread_mutex_init(&rejects->lock, NULL);
    return rejects;
}

static void drop_whole(px_rejects *rejects, entry *e)
{
    blob *whole = e->whole;

    e->whole = NULL;
    if (!whole || --whole->refs > 0)
        return;
    rejects->bytes -= whole->len;
    if (rejects->newest == whole)
        rejects->newest = NULL;
    px_free(whole);
}

/* Room by the whole payloads of the oldest. */
static void make_room(px_rejects *rejects, size_t len)
{
    for (; rejects->bytes + len > PX_REJECTS_BYTES_MAX && rejects->oldest_whole < rejects->count;
         rejects->oldest_whole++) {
        entry *e = &rejects->entries[rejects->oldest_whole % PX_REJECTS_MAX];

        if (e->number == rejects->oldest_whole + 1)
            drop_whole(rejects, e);
    }
}

/* Without memory only the beginning is kept. */
static void keep_whole(px_rejects *rejects, entry *e, px_str payload)
{
    blob *whole = rejects->newest;

    if (!whole || whole->len != payload.len ||
        (payload.len && memcmp(whole->bytes, payload.ptr, payload.len) != 0)) {
        if (payload.len > PX_REJECTS_BYTES_MAX)
            return;
        make_room(rejects, payload.len);
        whole = px_alloc(sizeof(*whole) + payload.len);
        if (!whole)
            return;
        *whole = (blob){ .len = payload.len };
        if (payload.len)
            memcpy(whole->bytes, payload.ptr, payload.len);
        rejects->bytes += payload.len;
        rejects->newest = whole;
    }
    whole->refs++;
    e->whole = whole;
}

void px_rejects_free(px_rejects *rejects)
{
    if (!rejects)
        return;
    for (size_t i = 0; i < PX_REJECTS_MAX; i++)
        drop_whole(rejects, &rejects->entries[i]);
    pthread_mutex_destroy(&rejects->lock);
    px_free(rejects);
}

static void keep(text *to, px_str from)
{
    px_str head = px_str_head(from, sizeof(to->bytes));

    if (head.len)
        memcpy(to->bytes, head.ptr, head.len);
    to->len = (uint16_t)head.len;
}

/* The last place is for all that have none of their own. */
static void count_reason(px_rejects *rejects, px_str id)
{
    px_reject_reason *at = rejects->reasons;
    px_reject_reason *last = at + PX_REJECT_REASONS_MAX - 1;

    for (; at < rejects->reasons + rejects->reason_count; at++)
        if (px_str_eq(px_str_c(at->id), id))
            break;
    if (at == last || id.len == 0 || id.len >= sizeof(at->id)) {
        at = last;
        id = PX_STR("other");
    }
    if (at->count++ == 0) {
        memcpy(at->id, id.ptr, id.len);
        rejects->reason_count += at != last;
    }
}

void px_rejects_add(px_rejects *rejects, const px_rejected *rejected)
{
    entry *e;

    pthread_mutex_lock(&rejects->lock);
    e = &rejects->entries[rejects->count++ % PX_REJECTS_MAX];
    drop_whole(rejects, e);
    e->number = rejects->count;
    e->tenant = rejected->tenant;
    e->row = rejected->row;
    e->slot = rejected->slot;
    e->role = rejected->role;
    e->document_no = rejected->document_no;
    e->time = rejected->time;
    keep(&e->sender, rejected->sender);
    keep(&e->twin, rejected->twin);
    keep(&e->name, rejected->name);
    keep(&e->reason_id, rejected->reason_id);
    keep(&e->reason, rejected->reason);
    keep(&e->payload, rejected->payload);
    keep(&e->binding, rejected->binding);
    keep(&e->source, rejected->source);
    if (rejected->is_whole)
        keep_whole(rejects, e, rejected->payload);
    count_reason(rejects, rejected->reason_id);
    pthread_mutex_unlock(&rejects->lock);
}

static px_str str_of(const text *from)
{
    return px_str_of(from->bytes, from->len);
}

static px_str copy(px_arena *arena, const text *from)
{
    return px_arena_str(arena, str_of(from));
}

static bool copy_entry(const entry *e, bool want_payload, px_arena *arena, px_rejected *ret)
{
    bool whole = e->whole && want_payload;

    *ret = (px_rejected){ .number = e->number,
                          .tenant = e->tenant,
                          .row = e->row,
                          .slot = e->slot,
                          .role = e->role,
                          .document_no = e->document_no,
                          .time = e->time,
                          .is_whole = e->whole != NULL,
                          .sender = copy(arena, &e->sender),
                          .twin = copy(arena, &e->twin),
                          .name = copy(arena, &e->name),
                          .reason_id = copy(arena, &e->reason_id),
                          .reason = copy(arena, &e->reason),
                          .binding = copy(arena, &e->binding),
                          .source = copy(arena, &e->source),
                          .payload =
                              whole ? px_arena_str(arena, px_str_of(e->whole->bytes, e->whole->len))
                                    : copy(arena, &e->payload) };
    return ret->sender.ptr && ret->twin.ptr && ret->name.ptr && ret->reason_id.ptr &&
           ret->reason.ptr && ret->binding.ptr && ret->source.ptr && ret->payload.ptr;
}

static bool is_asked(const text *of, px_str wanted)
{
    return !wanted.ptr || px_str_eq(str_of(of), wanted);
}

static bool fits(const entry *e, const px_rejects_filter *filter)
{
    return e->number && e->tenant == filter->tenant && is_asked(&e->sender, filter->sender) &&
           is_asked(&e->reason_id, filter->reason_id) && is_asked(&e->binding, filter->binding) &&
           e->time >= filter->since && (!filter->number || e->number == filter->number) &&
           (!filter->before || e->number < filter->before);
}

px_status px_rejects_list(px_rejects *rejects, const px_rejects_filter *filter, size_t max,
                          px_arena *arena, px_rejected *ret_items, size_t *ret_count,
                          px_err *ret_err)
{
    px_status status = PX_OK;
    uint64_t kept;

    *ret_count = 0;
    pthread_mutex_lock(&rejects->lock);
    kept = rejects->count < PX_REJECTS_MAX ? rejects->count : PX_REJECTS_MAX;
    for (uint64_t back = 0; back < kept && *ret_count < max; back++) {
        const entry *e = &rejects->entries[(rejects->count - 1 - back) % PX_REJECTS_MAX];

        if (!fits(e, filter))
            continue;
        if (!copy_entry(e, filter->want_payload, arena, &ret_items[(*ret_count)++])) {
            status = px_arena_fail(arena, ret_err);
            break;
        }
    }
    pthread_mutex_unlock(&rejects->lock);
    return status;
}

bool px_rejects_remove(px_rejects *rejects, uint32_t tenant, uint64_t number)
{
    entry *e = &rejects->entries[(number - 1) % PX_REJECTS_MAX];
    bool found;

    pthread_mutex_lock(&rejects->lock);
    found = number && e->number == number && e->tenant == tenant;
    if (found) {
        drop_whole(rejects, e);
        e->number = 0;
    }
    pthread_mutex_unlock(&rejects->lock);
    return found;
}

uint64_t px_rejects_bytes(px_rejects *rejects)
{
    uint64_t bytes;

    pthread_mutex_lock(&rejects->lock);
    bytes = rejects->bytes;
    pthread_mutex_unlock(&rejects->lock);
    return bytes;
}

uint64_t px_rejects_count(px_rejects *rejects)
{
    uint64_t count;

    pthread_mutex_lock(&rejects->lock);
    count = rejects->count;
    pthread_mutex_unlock(&rejects->lock);
    return count;
}

size_t px_rejects_by_reason(px_rejects *rejects,
                            px_reject_reason ret_reasons[PX_REJECT_REASONS_MAX])
{
    const px_reject_reason *last = &rejects->reasons[PX_REJECT_REASONS_MAX - 1];
    size_t count;

    pthread_mutex_lock(&rejects->lock);
    count = rejects->reason_count;
    memcpy(ret_reasons, rejects->reasons, count * sizeof(*ret_reasons));
    if (last->count)
        ret_reasons[count++] = *last;
    pthread_mutex_unlock(&rejects->lock);
    return count;
}
