/* SPDX-License-Identifier: Apache-2.0 */
/* Kept sessions: found by number, by client id, by connection. */
#include <xxhash.h>

#include "broker/internal.h"

static uint64_t hash_no(uint64_t no)
{
    return XXH3_64bits(&no, sizeof(no));
}

static uint64_t hash_id(uint32_t tenant, uint32_t scope, px_str client_id)
{
    return px_str_hash(client_id) ^ hash_no((uint64_t)tenant << 32 | scope);
}

static uint64_t hash_peer(px_peer peer)
{
    return XXH3_64bits(&peer, sizeof(peer));
}

px_session *pxi_session_by_no(px_broker *b, uint64_t no)
{
    uint64_t hash = hash_no(no);

    for (size_t at = px_map_first(&b->sessions_by_no, hash); at != PX_MAP_END;
         at = px_map_next(&b->sessions_by_no, hash, at)) {
        px_session *s = b->sessions.ptr[b->sessions_by_no.values[at]];

        if (s->no == no)
            return s;
    }
    return NULL;
}

px_session *pxi_session_before(px_broker *b, uint32_t tenant, uint32_t scope, px_str client_id,
                               uint64_t no)
{
    uint64_t hash = hash_id(tenant, scope, client_id);
    px_session *found = NULL;

    for (size_t at = px_map_first(&b->sessions_by_id, hash); at != PX_MAP_END;
         at = px_map_next(&b->sessions_by_id, hash, at)) {
        px_session *s = b->sessions.ptr[b->sessions_by_id.values[at]];

        if (s->tenant == tenant && s->scope == scope && s->no < no &&
            px_str_eq(s->client_id, client_id) && (!found || s->no > found->no))
            found = s;
    }
    return found;
}

px_session *pxi_session_by_id(px_broker *b, uint32_t tenant, uint32_t scope, px_str client_id)
{
    return pxi_session_before(b, tenant, scope, client_id, UINT64_MAX);
}

px_session *pxi_session_by_peer(px_broker *b, px_peer peer)
{
    uint64_t hash = hash_peer(peer);

    for (size_t at = px_map_first(&b->sessions_by_peer, hash); at != PX_MAP_END;
         at = px_map_next(&b->sessions_by_peer, hash, at)) {
        px_session *s = b->sessions.ptr[b->sessions_by_peer.values[at]];

        if (s->peer.boot == peer.boot && s->peer.conn == peer.conn)
            return s;
    }
    return NULL;
}

px_session *pxi_session_by_conn(px_broker *b, uint64_t conn)
{
    px_session *s = pxi_session_by_peer(b, (px_peer){ b->boot, conn });

    return s && s->is_online ? s : NULL;
}

/* ---- making ---- */

bool pxi_text_copy(px_str *ret_copy, px_str text)
{
    char *copy = px_alloc(text.len + 1);

    if (!copy)
        return false;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    *ret_copy = px_str_of(copy, text.len);
    return true;
}

void pxi_text_free(px_str text)
{
    px_free((void *)(uintptr_t)text.ptr);
}

static bool take_slot(px_broker *b, px_session *s)
{
    if (b->free_sessions.len > 0) {
        s->slot = b->free_sessions.ptr[--b->free_sessions.len];
    } else {
        if (!PX_VEC_RESERVE(&b->free_sessions, b->sessions.len + 1) ||
            !PX_VEC_PUSH(&b->sessions, NULL))
            return false;
        s->slot = (uint32_t)(b->sessions.len - 1);
    }
    b->sessions.ptr[s->slot] = s;
    return true;
}

/* `client_id` with a NULL pointer: a ghost that nobody finds by one. */
px_session *pxi_session_make(px_broker *b, uint32_t tenant, uint64_t no, uint32_t scope,
                             px_str client_id)
{
    px_session *s = px_zalloc(1, sizeof(*s));
    px_broker_tenant *t = pxi_tenant(b, tenant, true);

    if (!s || !t || !pxi_text_copy(&s->client_id, client_id) ||
        !px_map_reserve(&b->sessions_by_no, 1) || !px_map_reserve(&b->sessions_by_id, 1) ||
        !take_slot(b, s)) {
        if (s)
            pxi_text_free(s->client_id);
        px_free(s);
        return NULL;
    }
    s->tenant = tenant;
    s->no = no;
    s->scope = scope;
    s->closed_at = s->will_at = PX_TIME_NONE;
    s->is_ghost = client_id.ptr == NULL;
    px_map_add(&b->sessions_by_no, hash_no(no), s->slot);
    if (!s->is_ghost) {
        px_map_add(&b->sessions_by_id, hash_id(tenant, scope, client_id), s->slot);
        t->session_count++;
    }
    return s;
}

bool pxi_session_set_peer(px_broker *b, px_session *s, px_peer peer)
{
    if (!px_map_reserve(&b->sessions_by_peer, 1))
        return false;
    if (s->peer.boot)
        px_map_remove(&b->sessions_by_peer, hash_peer(s->peer), s->slot);
    s->peer = peer;
    if (peer.boot)
        px_map_add(&b->sessions_by_peer, hash_peer(peer), s->slot);
    return true;
}

bool pxi_session_set_will(px_session *s, const px_will_record *will)
{
    char *bytes;

    if (!will) {
        px_free(s->will_bytes);
        s->will_bytes = NULL;
        s->has_will = false;
        s->will_at = PX_TIME_NONE;
        s->will_is_asked = false;
        return true;
    }
    bytes = px_alloc(px_letter_record_bytes(&will->letter) + 1);
    if (!bytes)
        return false;
    px_free(s->will_bytes);
    s->will_bytes = bytes;
    s->will = *will;
    s->will.letter = px_letter_record_copy(&will->letter, bytes);
    s->has_will = true;
    s->will_at = PX_TIME_NONE;
    s->will_is_asked = false;
    return true;
}

px_session *pxi_session_passing(px_broker *b, uint32_t tenant, uint64_t conn)
{
    px_session *s = pxi_session_by_conn(b, conn);

    if (s)
        return s;
    /* numbers of this kind meet no position of an event */
    s = pxi_session_make(b, tenant, PXI_PASSING_NO | conn, 0, (px_str){ NULL, 0 });
    if (!s)
        return NULL;
    s->is_passing = s->is_online = true;
    if (pxi_session_set_peer(b, s, (px_peer){ b->boot, conn }))
        return s;
    pxi_session_drop(b, s);
    return NULL;
}

/* ---- what it received ---- */

px_status pxi_session_receive(px_session *s, uint16_t packet_id, px_err *ret_err)
{
    PX_VEC_EACH (&s->received, id)
        if (*id == packet_id)
            return PX_OK;
    if (s->received.len == PX_MQTT_INFLIGHT_MAX)
        return PX_OK; /* the connection has ended for that */
    return PX_VEC_PUSH(&s->received, packet_id) ? PX_OK : px_no_memory(ret_err);
}

/* ---- ending ---- */

void pxi_session_hide(px_broker *b, px_session *s)
{
    px_broker_tenant *t = pxi_tenant(b, s->tenant, false);

    if (s->is_ghost)
        return;
    px_map_remove(&b->sessions_by_id, hash_id(s->tenant, s->scope, s->client_id), s->slot);
    s->is_ghost = true;
    if (t)
        t->session_count--;
}

void pxi_session_empty(px_broker *b, px_session *s)
{
    pxi_filters_drop(b, s->tenant, pxi_session_owner(s));
    PX_VEC_EACH (&s->filters, f) {
        pxi_text_free(f->text);
        pxi_text_free(f->share);
    }
    PX_VEC_EACH (&s->queue, entry)
        pxi_entry_free(b, entry);
    PX_VEC_RELEASE(&s->filters);
    PX_VEC_RELEASE(&s->queue);
    PX_VEC_RELEASE(&s->received);
    PX_VEC_RELEASE(&s->acks);
    s->queue_bytes = s->outstanding_bytes = 0;
    s->outstanding = 0;
}

static void free_session(px_session *s)
{
    pxi_text_free(s->client_id);
    pxi_text_free(s->credential);
    px_free(s->will_bytes);
    px_free(s);
}

void pxi_session_drop(px_broker *b, px_session *s)
{
    pxi_session_hide(b, s);
    pxi_session_empty(b, s);
    if (s->is_stored)
        (void)pxi_grave_add(b, PX_TABLE_SESSION, s->tenant, s->no);
    b->dirty_sessions -= s->is_dirty;
    (void)pxi_session_set_peer(b, s, (px_peer){ 0 });
    px_map_remove(&b->sessions_by_no, hash_no(s->no), s->slot);
    b->sessions.ptr[s->slot] = NULL;
    b->free_sessions.ptr[b->free_sessions.len++] = s->slot;
    free_session(s);
}

void pxi_session_touch(px_broker *b, px_session *s, uint64_t seq)
{
    if (s->is_passing)
        return; /* it has no row */
    b->dirty_sessions += !s->is_dirty;
    s->is_dirty = true;
    if (seq > s->seq)
        s->seq = seq;
}

void pxi_sessions_release(px_broker *b)
{
    PX_VEC_EACH (&b->sessions, s)
        if (*s) {
            pxi_session_empty(b, *s);
            free_session(*s);
        }
    PX_VEC_RELEASE(&b->sessions);
    PX_VEC_RELEASE(&b->free_sessions);
    px_map_release(&b->sessions_by_no);
    px_map_release(&b->sessions_by_id);
    px_map_release(&b->sessions_by_peer);
}
