/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log on the disk: a row for each place, so that it is as bounded there as it is in
 * memory, and a row for each payload that is kept whole. Between two saves a place may be filled
 * many times; only the last of it is written.
 */
#include "base/thread.h"
#include "sync/rejects_inner.h"

/* ---- reading ---- */

static px_status refuse_key(px_key key, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_CORRUPT, "reject.row",
                      "row (%lld, %lld, %lld) of table reject is none of a reject",
                      (long long)key.a, (long long)key.b, (long long)key.c);
}

/* It has no place any more. */
static px_status load_gone(px_rejects *rejects, px_key key, px_err *ret_err)
{
    return px_dead_rows_add(&rejects->gone, key) ? PX_OK : px_no_memory(ret_err);
}

/* Of two in one place, which no save leaves, the newer one is it. */
static px_status load_entry(px_rejects *rejects, const px_fold *row, px_err *ret_err)
{
    size_t place = (size_t)row->key.c;
    px_reject_head *head = &rejects->heads[place];
    px_rejected rejected;
    uint64_t whole_no;

    PX_TRY(px_get_reject(row->body, &rejected, &whole_no, ret_err));
    if (head->number > rejected.number)
        return load_gone(rejects, row->key, ret_err);
    if (head->number)
        PX_TRY(load_gone(rejects, (px_key){ head->tenant, PX_REJECT_ENTRY, row->key.c }, ret_err));
    pxi_rejects_leave(rejects, place);
    pxi_rejects_join(rejects, place, (uint32_t)row->key.a, rejected.number);
    head->stored_tenant = head->tenant;
    pxi_reject_fill(&rejects->entries[place], &rejected);
    rejects->entries[place].whole_no = whole_no;
    if (rejects->count < head->number)
        rejects->count = head->number;
    return PX_OK;
}

/* Entries come before payloads. One that is nobody's, or one too many, goes. */
static px_status load_payload(px_rejects *rejects, const px_fold *row, px_err *ret_err)
{
    px_reject_whole *whole = NULL;
    px_str payload;

    PX_TRY(px_get_reject_payload(row->body, &payload, ret_err));
    for (size_t i = 0; i < PX_REJECTS_MAX; i++) {
        const px_reject_head *head = &rejects->heads[i];

        if (!head->number || head->tenant != row->key.a ||
            rejects->entries[i].whole_no != (uint64_t)row->key.c ||
            rejects->bytes + payload.len > PX_REJECTS_BYTES_MAX)
            continue;
        if (!whole)
            whole = pxi_rejects_new_whole(payload, head->tenant, (uint64_t)row->key.c);
        if (!whole)
            return px_no_memory(ret_err);
        pxi_rejects_give_whole(rejects, i, whole);
        whole->is_stored = true;
    }
    if (!whole)
        return load_gone(rejects, row->key, ret_err);
    rejects->bytes += payload.len;
    return PX_OK;
}

static px_status load_number(px_rejects *rejects, const px_fold *row, px_err *ret_err)
{
    uint64_t number;

    PX_TRY(px_get_reject_number(row->body, &number, ret_err));
    if (rejects->count < number)
        rejects->count = number;
    return PX_OK;
}

px_status px_rejects_load(px_rejects *rejects, const px_fold *row, px_err *ret_err)
{
    px_key key = row->key;

    if (key.a == 0 && key.b == PX_REJECT_NUMBER && key.c == 0)
        return load_number(rejects, row, ret_err);
    if (key.a <= 0 || key.a > UINT32_MAX || key.c < 0)
        return refuse_key(key, ret_err);
    if (key.b == PX_REJECT_ENTRY && key.c < PX_REJECTS_MAX)
        return load_entry(rejects, row, ret_err);
    if (key.b == PX_REJECT_PAYLOAD && key.c > 0)
        return load_payload(rejects, row, ret_err);
    return refuse_key(key, ret_err);
}

void px_rejects_loaded(px_rejects *rejects, void (*wanted)(void *data), void *data)
{
    rejects->wanted = wanted;
    rejects->wanted_data = data;
    rejects->is_kept = true;
}

/* ---- writing ---- */

void px_rejects_begin_round(px_rejects *rejects)
{
    pthread_mutex_lock(&rejects->lock);
    rejects->at = 0;
    rejects->round = rejects->changes;
    pthread_mutex_unlock(&rejects->lock);
}

static bool put_payload(px_saving *saving, const px_reject_whole *whole)
{
    size_t from = saving->bodies.len;

    px_put_reject_payload(&saving->bodies, px_str_of(whole->bytes, whole->len));
    return px_saving_put(saving, PX_TABLE_REJECT,
                         (px_key){ whole->tenant, PX_REJECT_PAYLOAD, (int64_t)whole->number },
                         from);
}

static bool put_entry(px_saving *saving, const px_rejects *rejects, uint32_t place)
{
    const px_reject_head *head = &rejects->heads[place];
    px_rejected rejected = pxi_reject_at(rejects, place);
    size_t from = saving->bodies.len;

    px_put_reject(&saving->bodies, &rejected, head->whole ? head->whole->number : 0);
    return px_saving_put(saving, PX_TABLE_REJECT, (px_key){ head->tenant, PX_REJECT_ENTRY, place },
                         from);
}

/* Another tenant's row of this place goes, and this one's where nothing is left. */
static bool put_place(px_saving *saving, const px_rejects *rejects, uint32_t place)
{
    const px_reject_head *head = &rejects->heads[place];
    px_key stored = { head->stored_tenant, PX_REJECT_ENTRY, place };

    if (head->stored_tenant && (!head->number || head->stored_tenant != head->tenant) &&
        !px_saving_delete(saving, PX_TABLE_REJECT, stored))
        return false;
    if (!head->number)
        return true;
    return (!head->whole || head->whole->is_stored || put_payload(saving, head->whole)) &&
           put_entry(saving, rejects, place);
}

/* All of it, or nothing. */
static bool pull_place(px_rejects *rejects, uint32_t place, px_saving *saving)
{
    px_saving_mark mark = px_saving_mark_of(saving);
    px_reject_head *head = &rejects->heads[place];
    px_reject_pulled pulled = { place, head->stored_tenant };

    if (!PX_VEC_RESERVE(&rejects->pulled, rejects->pulled.len + 1))
        return false;
    if (!put_place(saving, rejects, place)) {
        px_saving_back(saving, mark);
        return false;
    }
    rejects->pulled.ptr[rejects->pulled.len++] = pulled;
    head->stored_tenant = head->number ? head->tenant : 0;
    rejects->is_dirty[place] = false;
    if (head->whole)
        head->whole->is_stored = true;
    return true;
}

static bool pull_places(px_rejects *rejects, px_saving *saving)
{
    for (; rejects->at < PX_REJECTS_MAX; rejects->at++)
        if (rejects->is_dirty[rejects->at] &&
            (px_saving_is_full(saving) || !pull_place(rejects, (uint32_t)rejects->at, saving)))
            return false;
    return true;
}

/* So that no number is given out twice. */
static bool pull_number(const px_rejects *rejects, px_saving *saving)
{
    size_t from = saving->bodies.len;

    if (saving->ops.len == 0)
        return true;
    px_put_reject_number(&saving->bodies, rejects->count);
    return px_saving_put(saving, PX_TABLE_REJECT, (px_key){ 0, PX_REJECT_NUMBER, 0 }, from);
}

bool px_rejects_pull(px_rejects *rejects, px_saving *saving)
{
    pthread_mutex_lock(&rejects->lock);
    rejects->is_last =
        px_dead_rows_pull(&rejects->gone, PX_TABLE_REJECT, saving) && pull_places(rejects, saving);
    if (!pull_number(rejects, saving))
        rejects->is_last = false; /* it comes with the next part */
    pthread_mutex_unlock(&rejects->lock);
    return !rejects->is_last;
}

/* Nothing of what was pulled is on the disk. A payload may be there of an earlier save; it is
 * written once more. */
static void take_back(px_rejects *rejects)
{
    PX_VEC_EACH (&rejects->pulled, pulled) {
        px_reject_head *head = &rejects->heads[pulled->place];

        head->stored_tenant = pulled->stored_tenant;
        rejects->is_dirty[pulled->place] = true;
        if (head->whole)
            head->whole->is_stored = false;
    }
}

/* Those that need wait no more, out of the list; with the lock. */
static px_rejects_wait *take_waits(px_rejects *rejects, bool all)
{
    px_rejects_wait *first = NULL, **end = &first, **at = &rejects->waits;

    while (*at) {
        px_rejects_wait *wait = *at;

        if (!all && wait->change > rejects->saved) {
            at = &wait->next;
            continue;
        }
        *at = wait->next;
        wait->next = NULL;
        *end = wait;
        end = &wait->next;
    }
    rejects->waits_end = at;
    return first;
}

static void end_waits(px_rejects_wait *wait, px_status status)
{
    while (wait) {
        px_rejects_wait *next = wait->next; /* it may be gone behind the call */

        wait->done(wait, status);
        wait = next;
    }
}

void px_rejects_settle(px_rejects *rejects, bool is_saved)
{
    px_rejects_wait *ended = NULL;

    pthread_mutex_lock(&rejects->lock);
    px_dead_rows_settle(&rejects->gone, is_saved);
    if (!is_saved)
        take_back(rejects);
    rejects->pulled.len = 0;
    if (is_saved && rejects->is_last) {
        rejects->saved = rejects->round;
        ended = take_waits(rejects, false);
    }
    pthread_mutex_unlock(&rejects->lock);
    end_waits(ended, PX_OK);
}

/* ---- waiting ---- */

static bool are_saved(const px_rejects *rejects)
{
    return !rejects->is_kept || rejects->saved == rejects->changes;
}

bool px_rejects_are_saved(px_rejects *rejects)
{
    bool saved;

    pthread_mutex_lock(&rejects->lock);
    saved = are_saved(rejects);
    pthread_mutex_unlock(&rejects->lock);
    return saved;
}

bool px_rejects_are_awaited(px_rejects *rejects)
{
    bool any;

    pthread_mutex_lock(&rejects->lock);
    any = rejects->waits != NULL;
    pthread_mutex_unlock(&rejects->lock);
    return any;
}

void px_rejects_await(px_rejects *rejects, px_rejects_wait *wait)
{
    bool saved;

    pthread_mutex_lock(&rejects->lock);
    saved = are_saved(rejects);
    if (!saved) {
        wait->change = rejects->changes;
        wait->next = NULL;
        *rejects->waits_end = wait;
        rejects->waits_end = &wait->next;
    }
    pthread_mutex_unlock(&rejects->lock);
    if (saved)
        wait->done(wait, PX_OK);
    else
        rejects->wanted(rejects->wanted_data);
}

void px_rejects_give_up(px_rejects *rejects, px_status status)
{
    px_rejects_wait *ended;

    pthread_mutex_lock(&rejects->lock);
    ended = take_waits(rejects, true);
    pthread_mutex_unlock(&rejects->lock);
    end_waits(ended, status);
}

void px_rejects_unkept(px_rejects *rejects)
{
    pthread_mutex_lock(&rejects->lock);
    rejects->is_kept = false;
    pthread_mutex_unlock(&rejects->lock);
    px_rejects_give_up(rejects, PX_INTERRUPTED);
}

typedef struct sleeper {
    px_rejects_wait wait;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool is_over;
    px_status status;
} sleeper;

static void wake(px_rejects_wait *wait, px_status status)
{
    sleeper *s = wait->data;

    pthread_mutex_lock(&s->lock);
    s->status = status;
    s->is_over = true;
    pthread_cond_signal(&s->woken);
    pthread_mutex_unlock(&s->lock);
}

px_status px_rejects_unsaved(px_status status, px_err *ret_err)
{
    return px_fail_id(ret_err, status, "reject.unsaved", "what was refused cannot be kept now: %s",
                      px_status_meaning(status));
}

px_status px_rejects_settled(px_rejects *rejects, px_err *ret_err)
{
    sleeper s = { .wait = { .done = wake, .data = &s } };

    if (px_rejects_are_saved(rejects))
        return PX_OK;
    pthread_mutex_init(&s.lock, NULL);
    px_cond_init(&s.woken);
    px_rejects_await(rejects, &s.wait);
    pthread_mutex_lock(&s.lock);
    while (!s.is_over)
        pthread_cond_wait(&s.woken, &s.lock);
    pthread_mutex_unlock(&s.lock);
    pthread_cond_destroy(&s.woken);
    pthread_mutex_destroy(&s.lock);
    return s.status == PX_OK ? PX_OK : px_rejects_unsaved(s.status, ret_err);
}
