/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/presence_inner.h"

#include <stdio.h>

_Static_assert(PX_DEVICES_SEEN_MAX > PX_MQTT_CONNECTIONS_MAX, "one row is always idle");

const char *px_presence_event_name(px_presence_event event)
{
    static const char *const names[] = { "connected", "refused", "ended" };

    return names[event];
}

px_presence *px_presence_new(uint32_t rows_max, px_time now)
{
    px_presence *presence = px_zalloc(1, sizeof(*presence));

    if (!presence)
        return NULL;
    pthread_mutex_init(&presence->lock, NULL);
    presence->since = now;
    presence->is_since_dirty = true;
    presence->rows_max = rows_max ? rows_max : PX_DEVICES_SEEN_MAX;
    return presence;
}

static void free_row(px_presence_row *row)
{
    PX_VEC_RELEASE(&row->log);
    px_free(row);
}

void px_presence_free(px_presence *presence)
{
    if (!presence)
        return;
    PX_VEC_EACH (&presence->rows, row)
        free_row(*row);
    PX_VEC_RELEASE(&presence->rows);
    px_dead_rows_release(&presence->gone);
    PX_VEC_RELEASE(&presence->pulled);
    PX_VEC_RELEASE(&presence->pulled_logs);
    PX_VEC_EACH (&presence->reasons, reason)
        px_free(*reason);
    PX_VEC_RELEASE(&presence->reasons);
    px_map_release(&presence->by_device);
    pthread_mutex_destroy(&presence->lock);
    px_free(presence);
}

px_time px_presence_since(px_presence *presence)
{
    px_time since;

    pthread_mutex_lock(&presence->lock);
    since = presence->since;
    pthread_mutex_unlock(&presence->lock);
    return since;
}

/* ---- rows ---- */

px_presence_row *pxi_presence_find(px_presence *presence, uint32_t device_no)
{
    const px_map *map = &presence->by_device;

    for (size_t at = px_map_first(map, device_no); at != PX_MAP_END;
         at = px_map_next(map, device_no, at))
        if (presence->rows.ptr[map->values[at]]->device_no == device_no)
            return presence->rows.ptr[map->values[at]];
    return NULL;
}

static void leave_idle(px_presence *presence, px_presence_row *row)
{
    if (row->older)
        row->older->newer = row->newer;
    else
        presence->oldest = row->newer;
    if (row->newer)
        row->newer->older = row->older;
    else
        presence->newest = row->older;
    row->older = row->newer = NULL;
}

void pxi_presence_join_idle(px_presence *presence, px_presence_row *row)
{
    row->older = presence->newest;
    if (row->older)
        row->older->newer = row;
    else
        presence->oldest = row;
    presence->newest = row;
}

px_key pxi_presence_key(const px_presence_row *row, px_presence_kind kind)
{
    return (px_key){ row->tenant, kind, row->device_no };
}

/* Without memory its row stays on the disk until the next start finds that it is one too many. */
static void delete_stored(px_presence *presence, px_key key)
{
    (void)px_dead_rows_add(&presence->gone, key);
}

/* The last row of the table takes the place of the one that goes. Whoever has no row is counted
 * from now on: it might be this one. */
static void forget(px_presence *presence, px_presence_row *row, px_time now)
{
    px_presence_row *last = presence->rows.ptr[--presence->rows.len];

    leave_idle(presence, row);
    if (row->is_stored)
        delete_stored(presence, pxi_presence_key(row, PX_PRESENCE_FACTS));
    if (row->is_stored && row->log.len)
        delete_stored(presence, pxi_presence_key(row, PX_PRESENCE_LOG));
    if (now > presence->since)
        presence->since = now;
    presence->is_since_dirty = true;
    px_map_remove(&presence->by_device, row->device_no, row->place);
    if (last != row) {
        px_map_remove(&presence->by_device, last->device_no, last->place);
        last->place = row->place;
        presence->rows.ptr[last->place] = last;
        px_map_add(&presence->by_device, last->device_no, last->place); /* in the room of both */
    }
    presence->forgotten++;
    free_row(row);
}

px_presence_row *pxi_presence_add_row(px_presence *presence, uint32_t tenant, uint32_t device_no)
{
    px_presence_row *row;

    row = px_zalloc(1, sizeof(*row));
    if (!row || !px_map_reserve(&presence->by_device, 1) ||
        !PX_VEC_RESERVE(&presence->rows, presence->rows.len + 1)) {
        px_free(row);
        return NULL;
    }
    row->tenant = tenant;
    row->device_no = device_no;
    row->place = (uint32_t)presence->rows.len;
    row->since = presence->since;
    row->seen = PX_TIME_NONE;
    presence->rows.ptr[presence->rows.len++] = row;
    px_map_add(&presence->by_device, device_no, row->place);
    pxi_presence_join_idle(presence, row);
    return row;
}

/* A new one; the one that is idle longest makes room. */
static px_presence_row *add(px_presence *presence, uint32_t tenant, uint32_t device_no, px_time now)
{
    if (presence->rows.len >= presence->rows_max && !presence->oldest)
        return NULL; /* all are held: there are more rows than connections, so this is no limit */
    if (presence->rows.len >= presence->rows_max)
        forget(presence, presence->oldest, now);
    return pxi_presence_add_row(presence, tenant, device_no);
}

/* Of one that is idle: it was touched now. Something of it changes. */
static px_presence_row *touch(px_presence *presence, uint32_t tenant, uint32_t device_no,
                              px_time now)
{
    px_presence_row *row = pxi_presence_find(presence, device_no);

    if (!row) {
        row = add(presence, tenant, device_no, now);
    } else if (row->connections == 0) {
        leave_idle(presence, row);
        pxi_presence_join_idle(presence, row);
    }
    if (row)
        row->is_dirty = true;
    return row;
}

/* ---- the log ---- */

static bool says_the_same(const px_presence_entry *a, const px_presence_entry *b)
{
    size_t a_host = strcspn(a->address, "]"), b_host = strcspn(b->address, "]");

    if (a->address[0] != '[') { /* not IPv6: the host ends with the first colon */
        a_host = strcspn(a->address, ":");
        b_host = strcspn(b->address, ":");
    }
    return a->event == PX_PRESENCE_REFUSED && b->event == PX_PRESENCE_REFUSED &&
           a->version == b->version && strcmp(a->reason, b->reason) == 0 && a_host == b_host &&
           memcmp(a->address, b->address, a_host) == 0;
}

/* Without memory the entry is lost, the counters are not. */
void pxi_presence_note(px_presence_row *row, px_presence_event event, const px_presence_peer *peer)
{
    px_presence_entry entry = { .time = peer->now,
                                .reason = peer->reason ? peer->reason : "",
                                .count = 1,
                                .event = event,
                                .version = peer->version };

    snprintf(entry.address, sizeof(entry.address), "%s", peer->address ? peer->address : "");
    row->is_log_dirty = true;
    if (row->log.len && says_the_same(&row->log.ptr[row->newest], &entry)) {
        entry.count += row->log.ptr[row->newest].count;
        row->log.ptr[row->newest] = entry;
        return;
    }
    if (row->log.len == PX_DEVICE_LOG_MAX) {
        row->newest = (row->newest + 1) % PX_DEVICE_LOG_MAX;
        row->log.ptr[row->newest] = entry;
    } else if (PX_VEC_PUSH(&row->log, entry)) {
        row->newest = row->log.len - 1;
    }
}

/* ---- what happens ---- */

px_presence_row *px_presence_connected(px_presence *presence, uint32_t tenant, uint32_t device_no,
                                       const px_presence_peer *peer)
{
    px_presence_row *row;

    pthread_mutex_lock(&presence->lock);
    row = touch(presence, tenant, device_no, peer->now);
    if (row) {
        if (row->connections++ == 0) {
            leave_idle(presence, row);
            presence->connected++;
        }
        row->connects++;
        row->seen = peer->now;
        pxi_presence_note(row, PX_PRESENCE_CONNECTED, peer);
    }
    pthread_mutex_unlock(&presence->lock);
    return row;
}

void px_presence_ended(px_presence *presence, px_presence_row *row, const px_presence_peer *peer)
{
    if (!row)
        return;
    px_presence_tick(presence, row, peer->now);
    pthread_mutex_lock(&presence->lock);
    pxi_presence_note(row, PX_PRESENCE_ENDED, peer);
    if (--row->connections == 0) {
        pxi_presence_join_idle(presence, row);
        presence->connected--;
    }
    pthread_mutex_unlock(&presence->lock);
}

void px_presence_refused(px_presence *presence, uint32_t tenant, uint32_t device_no,
                         const px_presence_peer *peer)
{
    px_presence_row *row;

    pthread_mutex_lock(&presence->lock);
    row = touch(presence, tenant, device_no, peer->now);
    if (row) {
        row->refusals++;
        pxi_presence_note(row, PX_PRESENCE_REFUSED, peer);
    }
    pthread_mutex_unlock(&presence->lock);
}

void px_presence_seen(px_presence *presence, uint32_t tenant, uint32_t device_no, px_time now)
{
    px_presence_row *row;

    pthread_mutex_lock(&presence->lock);
    row = touch(presence, tenant, device_no, now);
    if (row)
        row->seen = now;
    pthread_mutex_unlock(&presence->lock);
}

void px_presence_rejected(px_presence *presence, uint32_t tenant, uint32_t device_no, px_time now)
{
    px_presence_row *row;

    pthread_mutex_lock(&presence->lock);
    row = touch(presence, tenant, device_no, now);
    if (row)
        row->rejects++;
    pthread_mutex_unlock(&presence->lock);
}

void px_presence_message(px_presence_row *row, size_t bytes)
{
    if (!row)
        return;
    atomic_fetch_add_explicit(&row->messages, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&row->bytes, bytes, memory_order_relaxed);
}

void px_presence_tick(px_presence *presence, px_presence_row *row, px_time now)
{
    uint64_t messages;

    if (!row)
        return;
    messages = atomic_load_explicit(&row->messages, memory_order_relaxed);
    pthread_mutex_lock(&presence->lock);
    if (messages != row->messages_seen) {
        row->seen = now;
        row->is_dirty = true;
    }
    row->messages_seen = messages;
    pthread_mutex_unlock(&presence->lock);
}

/* ---- reading ---- */

void pxi_presence_counters(const px_presence_row *row, px_presence_facts *facts)
{
    facts->since = row->since;
    facts->seen = row->seen;
    facts->connections = row->connections;
    facts->connects = row->connects;
    facts->refusals = row->refusals;
    facts->rejects = row->rejects;
    facts->messages = atomic_load_explicit(&row->messages, memory_order_relaxed);
    facts->bytes = atomic_load_explicit(&row->bytes, memory_order_relaxed);
}

void pxi_presence_copy(const px_presence_row *row, px_presence_facts *facts)
{
    pxi_presence_counters(row, facts);
    facts->log_count = row->log.len;
    for (size_t i = 0; i < row->log.len; i++)
        facts->log[i] = row->log.ptr[(row->newest + row->log.len - i) % row->log.len];
}

bool px_presence_read(px_presence *presence, uint32_t device_no, px_presence_facts *ret_facts)
{
    const px_presence_row *row;

    pthread_mutex_lock(&presence->lock);
    row = pxi_presence_find(presence, device_no);
    if (row)
        pxi_presence_copy(row, ret_facts);
    pthread_mutex_unlock(&presence->lock);
    return row != NULL;
}

px_presence_stats px_presence_stat(px_presence *presence)
{
    px_presence_stats stats;

    pthread_mutex_lock(&presence->lock);
    stats = (px_presence_stats){ .rows = presence->rows.len,
                                 .connected = presence->connected,
                                 .forgotten = presence->forgotten,
                                 .unsaved = presence->pulled.len + presence->pulled_logs.len };
    PX_VEC_EACH (&presence->rows, row)
        stats.unsaved += (*row)->is_dirty || (*row)->is_log_dirty;
    pthread_mutex_unlock(&presence->lock);
    return stats;
}
