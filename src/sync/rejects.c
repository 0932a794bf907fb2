/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "sync/rejects_inner.h"

px_rejects *px_rejects_new(void)
{
    px_rejects *rejects = px_zalloc(1, sizeof(*rejects));

    if (!rejects)
        return NULL;
    pthread_mutex_init(&rejects->lock, NULL);
    rejects->waits_end = &rejects->waits;
    return rejects;
}

/* Without memory its row stays on the disk until the next start finds that it is nobody's. */
static void delete_stored(px_rejects *rejects, const px_reject_whole *whole)
{
    px_key key = { whole->tenant, PX_REJECT_PAYLOAD, (int64_t)whole->number };

    if (rejects->is_kept && whole->is_stored)
        (void)PX_VEC_PUSH(&rejects->gone, key);
}

void pxi_rejects_drop_whole(px_rejects *rejects, px_reject_entry *e)
{
    px_reject_whole *whole = e->whole;

    e->whole = NULL;
    if (!whole || --whole->refs > 0)
        return;
    delete_stored(rejects, whole);
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
        px_reject_entry *e = &rejects->entries[rejects->oldest_whole % PX_REJECTS_MAX];

        if (e->number == rejects->oldest_whole + 1)
            pxi_rejects_drop_whole(rejects, e);
    }
}

px_reject_whole *pxi_rejects_new_whole(px_str bytes, uint32_t tenant, uint64_t number)
{
    px_reject_whole *whole = px_alloc(sizeof(*whole) + bytes.len);

    if (!whole)
        return NULL;
    *whole = (px_reject_whole){ .len = bytes.len, .tenant = tenant, .number = number };
    if (bytes.len)
        memcpy(whole->bytes, bytes.ptr, bytes.len);
    return whole;
}

/* Whether the last one is of the same message. */
static bool is_newest(const px_rejects *rejects, const px_reject_entry *e, px_str payload)
{
    const px_reject_whole *newest = rejects->newest;

    return newest && newest->tenant == e->tenant && newest->len == payload.len &&
           (payload.len == 0 || memcmp(newest->bytes, payload.ptr, payload.len) == 0);
}

/* Without memory only the beginning is kept. */
static void keep_whole(px_rejects *rejects, px_reject_entry *e, px_str payload)
{
    px_reject_whole *whole = rejects->newest;

    if (!is_newest(rejects, e, payload)) {
        if (payload.len > PX_REJECT_WHOLE_BYTES_MAX)
            return;
        make_room(rejects, payload.len);
        whole = pxi_rejects_new_whole(payload, e->tenant, e->number);
        if (!whole)
            return;
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
    rejects->is_kept = false; /* what is freed here stays on the disk */
    for (size_t i = 0; i < PX_REJECTS_MAX; i++)
        pxi_rejects_drop_whole(rejects, &rejects->entries[i]);
    PX_VEC_RELEASE(&rejects->pulled);
    PX_VEC_RELEASE(&rejects->gone);
    pthread_mutex_destroy(&rejects->lock);
    px_free(rejects);
}

void pxi_reject_keep(px_reject_text *to, px_str from)
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
    px_reject_entry *e;
    size_t place;

    pthread_mutex_lock(&rejects->lock);
    place = rejects->count++ % PX_REJECTS_MAX;
    e = &rejects->entries[place];
    pxi_rejects_drop_whole(rejects, e);
    rejects->is_dirty[place] = true;
    rejects->changes++;
    e->number = rejects->count;
    e->tenant = rejected->tenant;
    e->row = rejected->row;
    e->slot = rejected->slot;
    e->role = rejected->role;
    e->document_no = rejected->document_no;
    e->time = rejected->time;
    pxi_reject_keep(&e->sender, rejected->sender);
    pxi_reject_keep(&e->twin, rejected->twin);
    pxi_reject_keep(&e->name, rejected->name);
    pxi_reject_keep(&e->reason_id, rejected->reason_id);
    pxi_reject_keep(&e->reason, rejected->reason);
    pxi_reject_keep(&e->payload, rejected->payload);
    pxi_reject_keep(&e->binding, rejected->binding);
    pxi_reject_keep(&e->source, rejected->source);
    if (rejected->is_whole)
        keep_whole(rejects, e, rejected->payload);
    count_reason(rejects, rejected->reason_id);
    pthread_mutex_unlock(&rejects->lock);
}

px_str pxi_reject_str(const px_reject_text *from)
{
    return px_str_of(from->bytes, from->len);
}

static px_str copy(px_arena *arena, const px_reject_text *from)
{
    return px_arena_str(arena, pxi_reject_str(from));
}

static bool copy_entry(const px_reject_entry *e, bool want_payload, px_arena *arena,
                       px_rejected *ret)
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

static bool is_asked(const px_reject_text *of, px_str wanted)
{
    return !wanted.ptr || px_str_eq(pxi_reject_str(of), wanted);
}

static bool fits(const px_reject_entry *e, const px_rejects_filter *filter)
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
        const px_reject_entry *e = &rejects->entries[(rejects->count - 1 - back) % PX_REJECTS_MAX];

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
    size_t place = (number - 1) % PX_REJECTS_MAX;
    px_reject_entry *e = &rejects->entries[place];
    bool found;

    pthread_mutex_lock(&rejects->lock);
    found = number && e->number == number && e->tenant == tenant;
    if (found) {
        pxi_rejects_drop_whole(rejects, e);
        e->number = 0;
        rejects->is_dirty[place] = true;
        rejects->changes++;
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
