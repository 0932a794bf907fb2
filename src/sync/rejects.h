/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What was refused, kept for inspection: the newest PX_REJECTS_MAX, and a count of all. Where there
 * is no room the tenant that has most gives its oldest.
 *
 * In memory; a px_keeper (sync/keeper.h) reads it from rows at the start and writes what changed. A
 * door that is to acknowledge a message of which something is kept here waits until that is on the
 * disk (px_rejects_await): where nobody saves, it is at once. Threads: any.
 */
#ifndef PX_SYNC_REJECTS_H
#define PX_SYNC_REJECTS_H

#include "access/access.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/time.h"
#include "journal/row.h"

#define PX_REJECTS_MAX 1024
#define PX_REJECT_PAYLOAD_BYTES_MAX 256
/* Of what a binding could not map the whole payload is kept, to be offered again: of all together
 * at most so many bytes; the oldest of the tenant that has most go back to their beginning. */
#define PX_REJECTS_BYTES_MAX (32 * 1024 * 1024)
/* One that is longer is cut: it would be no row. */
#define PX_REJECT_WHOLE_BYTES_MAX (PX_FOLD_BYTES_MAX - 1)

typedef struct px_saving px_saving; /* sync/saving.h */

typedef struct px_rejects px_rejects;

typedef struct px_rejected {
    uint64_t number; /* counts from 1 */
    uint32_t tenant;
    px_time time;
    px_str sender, twin, name, reason_id, reason, payload;
    bool is_whole;  /* the payload is all of it: else it is cut at PX_REJECT_PAYLOAD_BYTES_MAX */
    px_str binding; /* that could not map it; empty: none was asked */
    px_str source;  /* topic that it came by */
    uint32_t row;   /* of the message, from 1; 0: all of it */
    uint32_t slot;  /* px_bind_miss's */
    /* What the sender was, for a binding to judge it by once more: */
    px_role role;
    uint32_t document_no; /* px_principal's */
} px_rejected;

/* Which ones; what is zero asks for nothing. */
typedef struct px_rejects_filter {
    uint32_t tenant;
    px_str sender, reason_id, binding;
    px_time since;     /* 0: any */
    uint64_t before;   /* of smaller numbers only */
    uint64_t number;   /* this one only */
    bool want_payload; /* whole, where it was kept */
} px_rejects_filter;

px_rejects *px_rejects_new(void); /* NULL: no memory */
void px_rejects_free(px_rejects *rejects);
/* Copies. Cannot fail; long texts are cut. */
void px_rejects_add(px_rejects *rejects, const px_rejected *rejected);
/* The newest first, at most `max`, copied into the arena. */
PX_NODISCARD px_status px_rejects_list(px_rejects *rejects, const px_rejects_filter *filter,
                                       size_t max, px_arena *arena, px_rejected *ret_items,
                                       size_t *ret_count, px_err *ret_err);
/* It was taken after all: leaves the log. False when it is not there any more. */
bool px_rejects_remove(px_rejects *rejects, uint32_t tenant, uint64_t number);
uint64_t px_rejects_bytes(px_rejects *rejects); /* of whole payloads, now */
uint64_t px_rejects_count(px_rejects *rejects); /* of all tenants: the newest number given out */

/* How many there were of each reason since the start. Reasons are ids of errors, so few; what comes
 * behind PX_REJECT_REASONS_MAX counts as `other`. */
#define PX_REJECT_REASONS_MAX 64
typedef struct px_reject_reason {
    char id[48];
    uint64_t count;
} px_reject_reason;
size_t px_rejects_by_reason(px_rejects *rejects,
                            px_reject_reason ret_reasons[PX_REJECT_REASONS_MAX]);

/* ---- until it is on the disk ---- */

typedef struct px_rejects_wait px_rejects_wait;
struct px_rejects_wait {
    /* What was kept and taken back before the wait began is on the disk; or, with another status
     * than PX_OK, is not: PX_FULL (no space), PX_INTERRUPTED (the server ends), and then it stands
     * in memory alone. On the keeper's thread. */
    void (*done)(px_rejects_wait *wait, px_status status);
    void *data;
    uint64_t change; /* the log's, as `next` */
    px_rejects_wait *next;
};

bool px_rejects_are_saved(px_rejects *rejects); /* all of them: nobody need wait */
/* Taken until its `done`, which comes exactly once: where all is saved at once, on this thread. */
void px_rejects_await(px_rejects *rejects, px_rejects_wait *wait);
/* What `done` was told, but for PX_OK, as an error: reject.unsaved. */
px_status px_rejects_unsaved(px_status status, px_err *ret_err);
/* The same, and waits for it. */
PX_NODISCARD px_status px_rejects_settled(px_rejects *rejects, px_err *ret_err);

/* ---- rows (table `reject`), for the keeper ---- */

/* Takes up a row, before anything else is asked; px_rejects_loaded comes behind the last. Errors:
 * PX_CORRUPT, PX_UNSUPPORTED, PX_NO_MEMORY. */
PX_NODISCARD px_status px_rejects_load(px_rejects *rejects, const px_fold *row, px_err *ret_err);
/* From now on somebody saves, and is told by `wanted` (on any thread) when anybody waits for it. */
void px_rejects_loaded(px_rejects *rejects, void (*wanted)(void *data), void *data);
bool px_rejects_are_awaited(px_rejects *rejects);
/* Whoever waits does so in vain; what changed is saved all the same, should there be a way. */
void px_rejects_give_up(px_rejects *rejects, px_status status);
/* Nobody saves any more. Whoever waits is told PX_INTERRUPTED. */
void px_rejects_unkept(px_rejects *rejects);

/* As those of px_presence. */
void px_rejects_begin_round(px_rejects *rejects);
bool px_rejects_pull(px_rejects *rejects, px_saving *saving);
void px_rejects_settle(px_rejects *rejects, bool is_saved);

#endif
