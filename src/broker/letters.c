/* SPDX-License-Identifier: Apache-2.0 */
/* Kept messages, and which of them are retained. */
#include <xxhash.h>

#include "broker/internal.h"

static uint64_t hash_of(uint64_t seq)
{
    return XXH3_64bits(&seq, sizeof(seq));
}

px_letter *pxi_letter_find(px_broker *b, uint64_t seq)
{
    uint64_t hash = hash_of(seq);

    for (size_t at = px_map_first(&b->letters_by_seq, hash); at != PX_MAP_END;
         at = px_map_next(&b->letters_by_seq, hash, at)) {
        px_letter *letter = b->letters.ptr[b->letters_by_seq.values[at]];

        if (letter->seq == seq)
            return letter;
    }
    return NULL;
}

static px_letter *copy_of(uint32_t tenant, uint64_t seq, px_time time,
                          const px_letter_record *record)
{
    px_letter *letter = px_zalloc(1, sizeof(*letter) + px_letter_record_bytes(record));

    if (!letter)
        return NULL;
    letter->tenant = tenant;
    letter->seq = seq;
    letter->time = time;
    letter->record = px_letter_record_copy(record, letter->bytes);
    return letter;
}

size_t pxi_letter_bytes(const px_letter *letter)
{
    return sizeof(*letter) + px_letter_record_bytes(&letter->record);
}

/* A free slot, and room to give every one back. */
static bool take_slot(px_broker *b, uint32_t *ret_slot)
{
    if (b->free_letters.len > 0) {
        *ret_slot = b->free_letters.ptr[--b->free_letters.len];
        return true;
    }
    if (!PX_VEC_RESERVE(&b->free_letters, b->letters.len + 1) || !PX_VEC_PUSH(&b->letters, NULL))
        return false;
    *ret_slot = (uint32_t)(b->letters.len - 1);
    return true;
}

px_letter *pxi_letter_keep(px_broker *b, uint32_t tenant, uint64_t seq, px_time time,
                           const px_letter_record *record)
{
    px_letter *letter = pxi_letter_find(b, seq);
    px_broker_tenant *t = letter ? NULL : pxi_tenant(b, tenant, true);

    if (letter)
        return letter;
    letter = t ? copy_of(tenant, seq, time, record) : NULL;
    if (!letter)
        return NULL;
    if (!px_map_reserve(&b->letters_by_seq, 1) || !take_slot(b, &letter->slot)) {
        px_free(letter);
        return NULL;
    }
    px_map_add(&b->letters_by_seq, hash_of(seq), letter->slot);
    b->letters.ptr[letter->slot] = letter;
    t->kept_bytes += pxi_letter_bytes(letter);
    atomic_fetch_add_explicit(&b->message_bytes, pxi_letter_bytes(letter), memory_order_relaxed);
    pxi_letter_touch(b, letter);
    return letter;
}

void pxi_letter_touch(px_broker *b, px_letter *letter)
{
    b->dirty_letters += !letter->is_dirty;
    letter->is_dirty = true;
}

void pxi_letter_ref(px_letter *letter)
{
    letter->refs++;
}

void pxi_letter_unref(px_broker *b, px_letter *letter)
{
    if (letter->refs > 0 && --letter->refs > 0)
        return;
    if (letter->is_stored)
        (void)pxi_grave_add(b, PX_TABLE_MESSAGE, letter->tenant, letter->seq);
    b->dirty_letters -= letter->is_dirty;
    px_map_remove(&b->letters_by_seq, hash_of(letter->seq), letter->slot);
    b->letters.ptr[letter->slot] = NULL;
    b->free_letters.ptr[b->free_letters.len++] = letter->slot;
    pxi_tenant(b, letter->tenant, false)->kept_bytes -= pxi_letter_bytes(letter);
    atomic_fetch_sub_explicit(&b->message_bytes, pxi_letter_bytes(letter), memory_order_relaxed);
    px_free(letter);
}

bool pxi_letter_is_over(const px_letter *letter, px_time now)
{
    return letter->record.expires != PX_TIME_NONE && letter->record.expires <= now;
}

void pxi_letters_release(px_broker *b)
{
    PX_VEC_EACH (&b->letters, letter)
        px_free(*letter);
    PX_VEC_RELEASE(&b->letters);
    PX_VEC_RELEASE(&b->free_letters);
    px_map_release(&b->letters_by_seq);
}

/* ---- retained ---- */

static void let_go(px_broker *b, px_broker_tenant *t, uint32_t slot)
{
    px_letter *was = b->letters.ptr[slot];

    t->retained_bytes -= pxi_letter_bytes(was);
    was->is_retained = false;
    pxi_letter_touch(b, was);
    pxi_letter_unref(b, was);
}

px_status pxi_retain(px_broker *b, uint32_t tenant, px_str topic, px_letter *letter,
                     px_err *ret_err)
{
    px_broker_tenant *t = pxi_tenant(b, tenant, letter != NULL);
    uint32_t was;

    if (!t)
        return letter ? px_no_memory(ret_err) : PX_OK;
    if (!letter) {
        was = px_retained_remove(t->retained, topic);
    } else {
        PX_TRY(px_retained_put(t->retained, letter->record.topic, letter->slot, &was, ret_err));
        if (was == letter->slot)
            return PX_OK;
        letter->is_retained = true;
        t->retained_bytes += pxi_letter_bytes(letter);
        pxi_letter_ref(letter);
        pxi_letter_touch(b, letter);
    }
    if (was != UINT32_MAX)
        let_go(b, t, was);
    return PX_OK;
}

/* Its interval counts on by the clock that timeouts go by. */
px_mqtt_publish pxi_letter_publish(const px_broker *b, const px_letter_record *record)
{
    px_mqtt_publish message = { .topic = record->topic,
                                .payload = record->payload,
                                .encoded_props = record->props,
                                .qos = record->qos,
                                .retain = record->retain };

    if (record->expires != PX_TIME_NONE) {
        int64_t left_ns = record->expires - px_engine_now(b->opts.engine);

        message.expires_at_ns = b->env->monotonic_ns(b->env) + (left_ns > 0 ? left_ns : 1);
    }
    return message;
}
