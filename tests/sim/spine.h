/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the simulation share: one seed's two servers, and what is known of them. */
#ifndef SPINE_H
#define SPINE_H

#include "spine_ops.h"
#include "spine_past.h"
#include "spine_tail.h"

enum { SPINE_CHAINS = 6, SPINE_CHAIN_MAX = 6, SPINE_UNKNOWN_MAX = SPINE_CHAINS * SPINE_CHAIN_MAX };
enum { SPINE_SNAPSHOTS = 3 };

typedef struct spine {
    uint64_t seed, step;
    px_gen gen;
    px_world real, reference;
    spine_tail real_tail, reference_tail;
    spine_past past;
    px_arena arena; /* of one round */
    spine_op sent[SPINE_KEYS];
    bool slow; /* each sync takes seconds */

    struct spine_flying *unknown[SPINE_UNKNOWN_MAX]; /* in order: neither acknowledged nor surely
                                                        refused */
    size_t unknown_count;

    px_gen backup_gen;
    uint64_t backup_number; /* of the newest */
    bool backup_runs, backup_kept, may_back_up;

    px_snapshot *snapshots[SPINE_SNAPSHOTS];
    px_buf snapshot_texts[SPINE_SNAPSHOTS];

    uint64_t requests, crashes, refusals, faults, timers, samples, branches, stale, trimmed,
        backups, replayed;
} spine;

/* One request on its way through the real server. */
typedef struct spine_flying {
    spine *s;
    spine_op op;
    px_request request;
    bool answered, replayed;
    uint64_t position; /* published when the answer came */
} spine_flying;

/* Says why, and the seed, and ends the process. */
__attribute__((format(printf, 2, 3), noreturn)) void spine_fail(const spine *s, const char *format,
                                                                ...);
void spine_same_text(const spine *s, const px_buf *got, const px_buf *wanted, const char *what);

/* ---- spine_settle.c: the reference goes the same way ---- */

/* Of an answered request; in the order of the answers. True when a fault refused it. */
bool spine_settle(spine *s, spine_flying *flying);
/* After a restart: what reached the disk without an answer, to exactly as far as it came. */
void spine_follow(spine *s);
/* Timers that fired since; then nothing may be left that nobody asked for. */
void spine_catch_up(spine *s);

/* ---- spine_faults.c ---- */

void spine_plan_fault(spine *s);
void spine_take_faults_back(spine *s);

/* ---- spine_side.c: readers that look at another moment ---- */

void spine_hold_snapshot(spine *s);
/* Each says what it said when it was taken, or that it is too old. */
void spine_check_snapshots(spine *s);
void spine_drop_snapshots(spine *s);
/* Tries requests on a branch of the real server: it changes, the server does not, memory comes
 * back. */
void spine_try_branch(spine *s);

/* ---- spine_backup.c ---- */

/* Now and then. */
void spine_begin_backup(spine *s);
/* After each step of the engine. */
void spine_look_at_backup(spine *s);
/* After a crash. */
void spine_check_lost_backup(spine *s);

/* ---- spine_property.c: indexes have what a look at every twin finds ---- */

void spine_check_indexes(const spine *s, const px_view *view);
void spine_check_indexes_of(const spine *s, px_graph *graph);

/* ---- spine_check.c ---- */

void spine_check_state(spine *s);
void spine_check_history(spine *s);
/* The journal keeps what it must; folded from its beginning it gives the same state. */
void spine_check_journal(spine *s);
/* With a clock that stands still the server comes to rest. */
void spine_check_rest(spine *s);

#endif
