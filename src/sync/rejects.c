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
        (void)px_dead_rows_add(&rejects->gone, key);
}

static void drop_whole(px_rejects *rejects, size_t place)
{
    px_reject_head *head = &rejects->heads[place];
    px_reject_whole *whole = head->whole;

    head->whole = NULL;
    if (!whole)
        return;
    rejects->shares[head->share].bytes -= whole->len + 1;
    if (--whole->refs > 0)
        return;
    delete_stored(rejects, whole);
    rejects->bytes -= whole->len;
    if (rejects->newest == whole)
        rejects->newest = NULL;
    px_free(whole);
}

void pxi_rejects_give_whole(px_rejects *rejects, size_t place, px_reject_whole *whole)
{
    px_reject_head *head = &rejects->heads[place];

    head->whole = whole;
    whole->refs++;
    rejects->shares[head->share].bytes += whole->len + 1; /* an empty one is one, too */
}

/* ---- what each tenant has ---- */

enum { NONE = PX_REJECTS_MAX };

/* NULL: it has none. */
static px_reject_share *find_share(px_rejects *rejects, uint32_t tenant)
{
    for (size_t i = 0; i < rejects->share_count; i++)
        if (rejects->shares[i].count && rejects->shares[i].tenant == tenant)
            return &rejects->shares[i];
    return NULL;
}

/* There are as many shares as places, so one is free. */
static px_reject_share *share_of(px_rejects *rejects, uint32_t tenant)
{
    px_reject_share *share = find_share(rejects, tenant);
    size_t at = 0;

    if (share)
        return share;
    while (at < rejects->share_count && rejects->shares[at].count)
        at++;
    rejects->share_count += at == rejects->share_count;
    share = &rejects->shares[at];
    *share = (px_reject_share){ .tenant = tenant, .oldest = NONE, .newest = NONE };
    return share;
}

/* A new one is the newest; rows are read in another order. */
void pxi_rejects_join(px_rejects *rejects, size_t place, uint32_t tenant, uint64_t number)
{
    px_reject_share *share = share_of(rejects, tenant);
    px_reject_head *heads = rejects->heads, *head = &heads[place];
    uint16_t older = share->newest, newer = NONE;

    while (older != NONE && heads[older].number > number) {
        newer = older;
        older = heads[older].older;
    }
    *(older == NONE ? &share->oldest : &heads[older].newer) = (uint16_t)place;
    *(newer == NONE ? &share->newest : &heads[newer].older) = (uint16_t)place;
    head->older = older;
    head->newer = newer;
    head->number = number;
    head->tenant = tenant;
    head->share = (uint16_t)(share - rejects->shares);
    share->count++;
    rejects->used++;
}

void pxi_rejects_leave(px_rejects *rejects, size_t place)
{
    px_reject_head *heads = rejects->heads, *head = &heads[place];
    px_reject_share *share = &rejects->shares[head->share];

    if (head->number == 0)
        return;
    drop_whole(rejects, place);
    *(head->older == NONE ? &share->oldest : &heads[head->older].newer) = head->newer;
    *(head->newer == NONE ? &share->newest : &heads[head->newer].older) = head->older;
    head->number = 0;
    share->count--;
    rejects->used--;
}

/* ---- room: whoever has most gives of it, the oldest first, so that nobody who is refused again
 * and again washes away what others keep here ---- */

/* There is one. */
static px_reject_share *most_places(px_rejects *rejects)
{
    px_reject_share *most = &rejects->shares[0];

    for (size_t i = 1; i < rejects->share_count; i++)
        if (rejects->shares[i].count > most->count)
            most = &rejects->shares[i];
    return most;
}

/* A free share has no bytes. */
static px_reject_share *most_bytes(px_rejects *rejects)
{
    px_reject_share *most = &rejects->shares[0];

    for (size_t i = 1; i < rejects->share_count; i++)
        if (rejects->shares[i].bytes > most->bytes)
            most = &rejects->shares[i];
    return most;
}

/* Places are filled in turn, and again in turn while there is one tenant. */
static size_t find_place(px_rejects *rejects)
{
    size_t place = rejects->count % PX_REJECTS_MAX;

    if (rejects->used == PX_REJECTS_MAX)
        return most_places(rejects)->oldest;
    while (rejects->heads[place].number)
        place = (place + 1) % PX_REJECTS_MAX;
    return place;
}

static void make_room(px_rejects *rejects, size_t len)
{
    while (rejects->bytes + len > PX_REJECTS_BYTES_MAX && rejects->bytes > 0) {
        size_t place = most_bytes(rejects)->oldest;

        while (!rejects->heads[place].whole)
            place = rejects->heads[place].newer;
        drop_whole(rejects, place);
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
static bool is_newest(const px_rejects *rejects, uint32_t tenant, px_str payload)
{
    const px_reject_whole *newest = rejects->newest;

    return newest && newest->tenant == tenant && newest->len == payload.len &&
           (payload.len == 0 || memcmp(newest->bytes, payload.ptr, payload.len) == 0);
}

/* Without memory only the beginning is kept. */
static void keep_whole(px_rejects *rejects, size_t place, px_str payload)
{
    const px_reject_head *head = &rejects->heads[place];
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
    pxi_rejects_give_whole(rejects, place, whole);
}

void px_rejects_free(px_rejects *rejects)
{
    if (!rejects)
        return;
    rejects->is_kept = false; /* what is freed here stays on the disk */
    for (size_t i = 0; i < PX_REJECTS_MAX; i++)
        drop_whole(rejects, i);
    PX_VEC_RELEASE(&rejects->pulled);
    px_dead_rows_release(&rejects->gone);
    pthread_mutex_destroy(&rejects->lock);
    px_free(rejects);
}

static void keep(px_reject_text *to, px_str from)
{
    px_str head = px_str_head(from, sizeof(to->bytes));

    if (head.len)
        memcpy(to->bytes, head.ptr, head.len);
    to->len = (uint16_t)head.len;
}

void pxi_reject_fill(px_reject_entry *e, const px_rejected *rejected)
{
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
    place = find_place(rejects);
    e = &rejects->entries[place];
    pxi_rejects_leave(rejects, place);
    pxi_rejects_join(rejects, place, rejected->tenant, ++rejects->count);
    rejects->is_dirty[place] = true;
    rejects->changes++;
    pxi_reject_fill(e, rejected);
    if (rejected->is_whole)
        keep_whole(rejects, place, rejected->payload);
    count_reason(rejects, rejected->reason_id);
    pthread_mutex_unlock(&rejects->lock);
}

static px_str text_of(const px_reject_text *from)
{
    return px_str_of(from->bytes, from->len);
}

px_rejected pxi_reject_at(const px_rejects *rejects, size_t place)
{
    const px_reject_head *head = &rejects->heads[place];
    const px_reject_entry *e = &rejects->entries[place];

    return (px_rejected){ .number = head->number,
                          .tenant = head->tenant,
                          .row = e->row,
                          .slot = e->slot,
                          .role = e->role,
                          .document_no = e->document_no,
                          .time = e->time,
                          .is_whole = head->whole != NULL,
                          .sender = text_of(&e->sender),
                          .twin = text_of(&e->twin),
                          .name = text_of(&e->name),
                          .reason_id = text_of(&e->reason_id),
                          .reason = text_of(&e->reason),
                          .binding = text_of(&e->binding),
                          .source = text_of(&e->source),
                          .payload = text_of(&e->payload) };
}

static bool copy_entry(const px_rejects *rejects, size_t place, bool want_payload, px_arena *arena,
                       px_rejected *ret)
{
    const px_reject_whole *whole = rejects->heads[place].whole;
    px_str *texts[] = { &ret->sender, &ret->twin,    &ret->name,   &ret->reason_id,
                        &ret->reason, &ret->binding, &ret->source, &ret->payload };

    *ret = pxi_reject_at(rejects, place);
    if (want_payload && whole)
        ret->payload = px_str_of(whole->bytes, whole->len);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = px_arena_str(arena, *texts[i]);
        if (!texts[i]->ptr)
            return false;
    }
    return true;
}

static bool is_asked(const px_reject_text *of, px_str wanted)
{
    return !wanted.ptr || px_str_eq(text_of(of), wanted);
}

static bool fits(const px_reject_head *head, const px_reject_entry *e,
                 const px_rejects_filter *filter)
{
    return (!filter->number || head->number == filter->number) &&
           (!filter->before || head->number < filter->before) &&
           is_asked(&e->sender, filter->sender) && is_asked(&e->reason_id, filter->reason_id) &&
           is_asked(&e->binding, filter->binding) && e->time >= filter->since;
}

static size_t newest_of(px_rejects *rejects, uint32_t tenant)
{
    const px_reject_share *share = find_share(rejects, tenant);

    return share ? share->newest : NONE;
}

px_status px_rejects_list(px_rejects *rejects, const px_rejects_filter *filter, size_t max,
                          px_arena *arena, px_rejected *ret_items, size_t *ret_count,
                          px_err *ret_err)
{
    px_status status = PX_OK;

    *ret_count = 0;
    pthread_mutex_lock(&rejects->lock);
    for (size_t place = newest_of(rejects, filter->tenant);
         place != NONE && *ret_count < max && status == PX_OK; place = rejects->heads[place].older)
        if (fits(&rejects->heads[place], &rejects->entries[place], filter) &&
            !copy_entry(rejects, place, filter->want_payload, arena, &ret_items[(*ret_count)++]))
            status = px_arena_fail(arena, ret_err);
    pthread_mutex_unlock(&rejects->lock);
    return status;
}

bool px_rejects_remove(px_rejects *rejects, uint32_t tenant, uint64_t number)
{
    size_t place;

    pthread_mutex_lock(&rejects->lock);
    place = newest_of(rejects, tenant);
    while (place != NONE && rejects->heads[place].number != number)
        place = rejects->heads[place].older;
    if (place != NONE) {
        pxi_rejects_leave(rejects, place);
        rejects->is_dirty[place] = true;
        rejects->changes++;
    }
    pthread_mutex_unlock(&rejects->lock);
    return place != NONE;
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
