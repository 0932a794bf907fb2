/* SPDX-License-Identifier: Apache-2.0 */
/** What presence.c and presence_save.c share. Room-internal. */
#ifndef PX_SYNC_PRESENCE_INNER_H
#define PX_SYNC_PRESENCE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/vec.h"
#include "sync/presence_row.h"
#include "sync/saving.h"

struct px_presence_row {
    uint32_t tenant, device_no, place; /* of the row in the table */
    uint32_t connections;              /* that hold it; 0: it stands in the list of idle ones */
    bool is_dirty;                     /* it is not what the disk has of it, */
    bool is_log_dirty;                 /* nor is its log, */
    bool is_stored;                    /* and that is something, or on its way there */
    bool was_connected;                /* when it was read: nobody said that this ended */
    px_time since, seen;
    uint64_t connects, refusals, rejects, messages_seen;
    _Atomic uint64_t messages, bytes;
    PX_VEC(px_presence_entry) log;         /* a ring once it is full */
    size_t newest;                         /* in the log */
    struct px_presence_row *older, *newer; /* of the idle ones */
};

struct px_presence {
    pthread_mutex_t lock; /* guards all but what is atomic in rows */
    px_time since;
    bool is_since_dirty, was_since_pulled;
    uint32_t rows_max;
    uint64_t forgotten, connected;
    PX_VEC(px_presence_row *) rows;
    px_map by_device;
    px_presence_row *oldest, *newest; /* idle rows */

    px_dead_rows gone;            /* to be deleted on the disk */
    size_t at;                    /* place of the round */
    PX_VEC(uint32_t) pulled;      /* devices whose rows are on their way, */
    PX_VEC(uint32_t) pulled_logs; /* and those whose logs are */
    PX_VEC(char *) reasons;       /* of entries that were read */
};

/* With the lock. */
px_presence_row *pxi_presence_find(px_presence *presence, uint32_t device_no); /* or NULL */
/* Idle, and touched now; NULL: no memory. There is room for it. */
px_presence_row *pxi_presence_add_row(px_presence *presence, uint32_t tenant, uint32_t device_no);
void pxi_presence_join_idle(px_presence *presence, px_presence_row *row);
void pxi_presence_note(px_presence_row *row, px_presence_event event, const px_presence_peer *peer);
/* All but the log. */
void pxi_presence_counters(const px_presence_row *row, px_presence_facts *facts);
void pxi_presence_copy(const px_presence_row *row, px_presence_facts *facts);
px_key pxi_presence_key(const px_presence_row *row, px_presence_kind kind);

#endif
