/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

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

void pxi_rejects_drop_whole(px_rejects *rejects, size_t place)
{
    px_reject_whole *whole = rejects->heads[place].whole;

    rejects->heads[place].whole = NULL;
    if (!whole || --whole->refs > 0)
        return;
    delete_stored(rejects, whole);
    rejects->bytes -= whole->len;
    if (rejects->newest == whole)
        rejects->newest = NULL;
    px_free(whole);
}

/* ---- room: whoever has most gives of it, the oldest first, so that nobody who is refused again
 * and again washes away what others keep here ---- */

static size_t one(const px_reject_head *head)
{
    return head->number != 0;
}

static size_t whole_bytes(const px_reject_head *head)
{
    return head->number && head->whole ? head->whole->len + 1 : 0; /* an empty one is one, too */
}

/* The tenant that has most; of several the one that has the oldest place. 0: nobody has any. */
static uint32_t largest(px_rejects *rejects, size_t (*weight)(const px_reject_head *head))
{
    px_reject_share *shares = rejects->shares, *most = NULL;
    size_t count = 0;

    for (size_t i = 0; i < PX_REJECTS_MAX; i++) {
        size_t more = weight(&rejects->heads[i]), at = 0;

        if (more == 0)
            continue;
        while (at < count && shares[at].tenant != rejects->heads[i].tenant)
            at++;
        if (at == count)
            shares[count++] = (px_reject_share){ .tenant = rejects->heads[i].tenant };
        shares[at].weight += more;
    }
    for (size_t i = 0; i < count; i++)
        if (!most || shares[i].weight > most->weight)
            most = &shares[i];
    return most ? most->tenant : 0;
}

/* Of this tenant, among those that weigh anything; there is one. */
static size_t oldest(const px_rejects *rejects, uint32_t tenant,
                     size_t (*weight)(const px_reject_head *head))
{
    size_t place = PX_REJECTS_MAX;

    for (size_t i = 0; i < PX_REJECTS_MAX; i++)
        if (rejects->heads[i].tenant == tenant && weight(&rejects->heads[i]) &&
            (place == PX_REJECTS_MAX || rejects->heads[i].number < rejects->heads[place].number))
            place = i;
    px_assert(place < PX_REJECTS_MAX);
    return place;
}

/* Places are filled in turn, and again in turn while there is one tenant. */
static size_t find_place(px_rejects *rejects)
{
    for (size_t i = 0; i < PX_REJECTS_MAX; i++) {
        size_t place = (rejects->count + i) % PX_REJECTS_MAX;

        if (rejects->heads[place].number == 0)
            return place;
    }
    return oldest(rejects, largest(rejects, one), one);
}

static void make_room(px_rejects *rejects, size_t len)
{
    uint32_t tenant;

    while (rejects->bytes + len > PX_REJECTS_BYTES_MAX &&
           (tenant = largest(rejects, whole_bytes)) != 0)
        pxi_rejects_drop_whole(rejects, oldest(rejects, tenant, whole_bytes));
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
static bool is_newest(const px_rejects *rejects, uint32_t tenant, px_str payload)
{
    const px_reject_whole *newest = rejects->newest;

    return newest && newest->tenant == tenant && newest->len == payload.len &&
           (payload.len == 0 || memcmp(newest->bytes, payload.ptr, payload.len) == 0);
}

/* Without memory only the beginning is kept. */
static void keep_whole(px_rejects *rejects, px_reject_head *head, px_str payload)
{
    px_reject_whole *whole = rejects->newest;

    if (!is_newest(rejects, head->tenant, payload)) {
        if (payload.len > PX_REJECT_WHOLE_BYTES_MAX)
            return;
        make_room(rejects, payload.len);
        whole = pxi_rejects_new_whole(payload, head->tenant, head->number);
        if (!whole)
            return;
        rejects->bytes += payload.len;
        rejects->newest = whole;
    }
    whole->refs++;
    head->whole = whole;
}

void px_rejects_free(px_rejects *rejects)
{
    if (!rejects)
        return;
    rejects->is_kept = false; /* what is freed here stays on the disk */
    for (size_t i = 0; i < PX_REJECTS_MAX; i++)
        pxi_rejects_drop_whole(rejects, i);
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
    px_reject_head *head;
    px_reject_entry *e;
    size_t place;

    pthread_mutex_lock(&rejects->lock);
    place = find_place(rejects);
    head = &rejects->heads[place];
    e = &rejects->entries[place];
    pxi_rejects_drop_whole(rejects, place);
    rejects->is_dirty[place] = true;
    rejects->changes++;
    head->number = ++rejects->count;
    head->tenant = rejected->tenant;
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
        keep_whole(rejects, head, rejected->payload);
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

static bool copy_entry(const px_rejects *rejects, size_t place, bool want_payload, px_arena *arena,
                       px_rejected *ret)
{
    const px_reject_head *head = &rejects->heads[place];
    const px_reject_entry *e = &rejects->entries[place];
    const px_reject_whole *whole = want_payload ? head->whole : NULL;

    *ret =
        (px_rejected){ .number = head->number,
                       .tenant = head->tenant,
                       .row = e->row,
                       .slot = e->slot,
                       .role = e->role,
                       .document_no = e->document_no,
                       .time = e->time,
                       .is_whole = head->whole != NULL,
                       .sender = copy(arena, &e->sender),
                       .twin = copy(arena, &e->twin),
                       .name = copy(arena, &e->name),
                       .reason_id = copy(arena, &e->reason_id),
                       .reason = copy(arena, &e->reason),
                       .binding = copy(arena, &e->binding),
                       .source = copy(arena, &e->source),
                       .payload = whole ? px_arena_str(arena, px_str_of(whole->bytes, whole->len))
                                        : copy(arena, &e->payload) };
    return ret->sender.ptr && ret->twin.ptr && ret->name.ptr && ret->reason_id.ptr &&
           ret->reason.ptr && ret->binding.ptr && ret->source.ptr && ret->payload.ptr;
}

static bool is_asked(const px_reject_text *of, px_str wanted)
{
    return !wanted.ptr || px_str_eq(pxi_reject_str(of), wanted);
}

static bool head_fits(const px_reject_head *head, const px_rejects_filter *filter)
{
    return head->number && head->tenant == filter->tenant &&
           (!filter->number || head->number == filter->number) &&
           (!filter->before || head->number < filter->before);
}

static bool fits(const px_reject_entry *e, const px_rejects_filter *filter)
{
    return is_asked(&e->sender, filter->sender) && is_asked(&e->reason_id, filter->reason_id) &&
           is_asked(&e->binding, filter->binding) && e->time >= filter->since;
}

typedef struct found {
    uint64_t number;
    size_t place;
} found;

static int newest_first(const void *a, const void *b)
{
    const found *x = a, *y = b;

    return (x->number < y->number) - (x->number > y->number);
}

px_status px_rejects_list(px_rejects *rejects, const px_rejects_filter *filter, size_t max,
                          px_arena *arena, px_rejected *ret_items, size_t *ret_count,
                          px_err *ret_err)
{
    found all[PX_REJECTS_MAX];
    px_status status = PX_OK;
    size_t count = 0;

    *ret_count = 0;
    pthread_mutex_lock(&rejects->lock);
    for (size_t place = 0; place < PX_REJECTS_MAX; place++)
        if (head_fits(&rejects->heads[place], filter))
            all[count++] = (found){ rejects->heads[place].number, place };
    qsort(all, count, sizeof(*all), newest_first);
    for (size_t i = 0; i < count && *ret_count < max && status == PX_OK; i++)
        if (fits(&rejects->entries[all[i].place], filter) &&
            !copy_entry(rejects, all[i].place, filter->want_payload, arena,
                        &ret_items[(*ret_count)++]))
            status = px_arena_fail(arena, ret_err);
    pthread_mutex_unlock(&rejects->lock);
    return status;
}

bool px_rejects_remove(px_rejects *rejects, uint32_t tenant, uint64_t number)
{
    const px_rejects_filter filter = { .tenant = tenant, .number = number };
    size_t place = 0;

    if (number == 0)
        return false;
    pthread_mutex_lock(&rejects->lock);
    while (place < PX_REJECTS_MAX && !head_fits(&rejects->heads[place], &filter))
        place++;
    if (place < PX_REJECTS_MAX) {
        pxi_rejects_drop_whole(rejects, place);
        rejects->heads[place].number = 0;
        rejects->is_dirty[place] = true;
        rejects->changes++;
    }
    pthread_mutex_unlock(&rejects->lock);
    return place < PX_REJECTS_MAX;
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
