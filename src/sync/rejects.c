/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/rejects.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/mem.h"

typedef struct text {
    uint16_t len;
    char bytes[PX_REJECT_PAYLOAD_BYTES_MAX];
} text;

typedef struct entry {
    uint64_t number;
    uint32_t tenant;
    px_time time;
    text sender, twin, name, reason_id, reason, payload;
} entry;

struct px_rejects {
    pthread_mutex_t lock; /* guards all below */
    uint64_t count;
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

void px_rejects_free(px_rejects *rejects)
{
    if (!rejects)
        return;
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
    e->number = rejects->count;
    e->tenant = rejected->tenant;
    e->time = rejected->time;
    keep(&e->sender, rejected->sender);
    keep(&e->twin, rejected->twin);
    keep(&e->name, rejected->name);
    keep(&e->reason_id, rejected->reason_id);
    keep(&e->reason, rejected->reason);
    keep(&e->payload, rejected->payload);
    count_reason(rejects, rejected->reason_id);
    pthread_mutex_unlock(&rejects->lock);
}

static px_str copy(px_arena *arena, const text *from)
{
    return px_arena_str(arena, px_str_of(from->bytes, from->len));
}

static bool copy_entry(const entry *e, px_arena *arena, px_rejected *ret)
{
    *ret = (px_rejected){ .number = e->number,
                          .tenant = e->tenant,
                          .time = e->time,
                          .sender = copy(arena, &e->sender),
                          .twin = copy(arena, &e->twin),
                          .name = copy(arena, &e->name),
                          .reason_id = copy(arena, &e->reason_id),
                          .reason = copy(arena, &e->reason),
                          .payload = copy(arena, &e->payload) };
    return ret->sender.ptr && ret->twin.ptr && ret->name.ptr && ret->reason_id.ptr &&
           ret->reason.ptr && ret->payload.ptr;
}

static bool is_of(const entry *e, uint32_t tenant, px_str sender)
{
    return e->tenant == tenant &&
           (!sender.ptr || px_str_eq(px_str_of(e->sender.bytes, e->sender.len), sender));
}

px_status px_rejects_list(px_rejects *rejects, uint32_t tenant, px_str sender, uint64_t before,
                          size_t max, px_arena *arena, px_rejected *ret_items, size_t *ret_count,
                          px_err *ret_err)
{
    px_status status = PX_OK;
    uint64_t kept;

    *ret_count = 0;
    pthread_mutex_lock(&rejects->lock);
    kept = rejects->count < PX_REJECTS_MAX ? rejects->count : PX_REJECTS_MAX;
    for (uint64_t back = 0; back < kept && *ret_count < max; back++) {
        const entry *e = &rejects->entries[(rejects->count - 1 - back) % PX_REJECTS_MAX];

        if (!is_of(e, tenant, sender) || (before && e->number >= before))
            continue;
        if (!copy_entry(e, arena, &ret_items[(*ret_count)++])) {
            status = px_arena_fail(arena, ret_err);
            break;
        }
    }
    pthread_mutex_unlock(&rejects->lock);
    return status;
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
