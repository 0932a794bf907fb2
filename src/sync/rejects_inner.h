/* SPDX-License-Identifier: Apache-2.0 */
/** What rejects.c and rejects_save.c share. Room-internal. */
#ifndef PX_SYNC_REJECTS_INNER_H
#define PX_SYNC_REJECTS_INNER_H

#include <pthread.h>

#include "base/vec.h"
#include "sync/rejects.h"
#include "sync/rejects_row.h"
#include "sync/saving.h"

typedef struct px_reject_text {
    uint16_t len;
    char bytes[PX_REJECT_PAYLOAD_BYTES_MAX];
} px_reject_text;

/* A whole payload; what one message was refused for shares it. */
typedef struct px_reject_whole {
    size_t len;
    uint32_t tenant, refs;
    uint64_t number; /* of the first that had it */
    bool is_stored;  /* its row is on the disk, or on its way there */
    char bytes[];
} px_reject_whole;

/* Of each place what is looked for; entries are large and lie far apart. */
typedef struct px_reject_head {
    uint64_t number;        /* 0: free, or taken since */
    px_reject_whole *whole; /* NULL: only the beginning is kept */
    uint32_t tenant;
    uint32_t stored_tenant; /* whose row the disk has of this place; 0: none */
    uint16_t share;         /* its tenant's, */
    uint16_t older, newer;  /* and the places beside it there; PX_REJECTS_MAX: there is none */
} px_reject_head;

typedef struct px_reject_entry {
    uint32_t row, slot, document_no;
    px_role role;
    px_time time;
    px_reject_text sender, twin, name, reason_id, reason, payload, binding, source;
    uint64_t whole_no; /* while rows are read: of the payload that belongs to it */
} px_reject_entry;

/* What of the log one tenant has, by age: kept as it changes, for a new one asks for it. */
typedef struct px_reject_share {
    uint32_t tenant, count;  /* of its places; 0: the share is free */
    uint16_t oldest, newest; /* PX_REJECTS_MAX: none */
    size_t bytes; /* of whole payloads, once for each place that has it, and one for each place */
} px_reject_share;

/* A place whose row is on its way, and what the disk had of it before. */
typedef struct px_reject_pulled {
    uint32_t place, stored_tenant;
} px_reject_pulled;

struct px_rejects {
    pthread_mutex_t lock; /* guards all below */
    uint64_t count;
    size_t bytes; /* of whole payloads */
    px_reject_whole *newest;
    px_reject_head heads[PX_REJECTS_MAX];
    px_reject_entry entries[PX_REJECTS_MAX];
    px_reject_share shares[PX_REJECTS_MAX];
    size_t share_count, used;      /* shares that were ever taken; places that are not free */
    bool is_dirty[PX_REJECTS_MAX]; /* the place is not as the disk has it */
    px_reject_reason reasons[PX_REJECT_REASONS_MAX];
    size_t reason_count;

    bool is_kept;          /* somebody saves: */
    uint64_t changes;      /* of what the disk has to have; */
    uint64_t round, saved; /* those before the round began; those that are on the disk */
    size_t at;             /* place of the round */
    bool is_last;          /* what was pulled is the round's last part */
    PX_VEC(px_reject_pulled) pulled;
    px_dead_rows gone; /* rows to be deleted */
    px_rejects_wait *waits, **waits_end;
    void (*wanted)(void *data);
    void *wanted_data;
};

/* With the lock. */
void pxi_rejects_join(px_rejects *rejects, size_t place, uint32_t tenant, uint64_t number);
void pxi_rejects_leave(px_rejects *rejects, size_t place); /* a free one stays so */
void pxi_rejects_give_whole(px_rejects *rejects, size_t place, px_reject_whole *whole);
/* A new one that nobody has yet, of so many bytes; NULL: no memory. */
px_reject_whole *pxi_rejects_new_whole(px_str bytes, uint32_t tenant, uint64_t number);
/* Texts are cut to what an entry holds, */
void pxi_reject_fill(px_reject_entry *e, const px_rejected *rejected);
/* and borrowed from it. The payload is its head. */
px_rejected pxi_reject_at(const px_rejects *rejects, size_t place);

#endif
