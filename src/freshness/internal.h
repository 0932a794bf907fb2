/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the files of this room share. Only the fold changes anything of it, so it reads without the
 * lock, and holds it while it changes what readers copy: twins, counts, changes and figures.
 */
#ifndef PX_FRESHNESS_INTERNAL_H
#define PX_FRESHNESS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "freshness/record.h"

#define PX_NO_FIELD UINT32_MAX

/* A twin of which anything is declared. */
typedef struct px_fresh_twin {
    uint32_t tenant, no, model_no; /* no 0: the place is free */
    px_freshness state;
    px_time since;
    uint64_t seq;  /* events up to here are in it */
    px_time armed; /* of its entry among the alarms; PX_TIME_NONE */
    bool is_dirty; /* its row is not what it is */
    bool is_read;  /* from its row, and not yet found to be declared still */
    PX_VEC(px_fresh_tracked)
    items; /* ascending by field; may be empty: a twin that only rolls up */
    PX_VEC(px_fresh_source) sources;
} px_fresh_twin;

/* A twin's next limit. Entries that are not its `armed` any more are passed over. Of those that are
 * due at one moment the lower number goes first, so that a restart comes to the same order. */
typedef struct px_fresh_alarm {
    px_time due;
    uint32_t place, twin_no;
} px_fresh_alarm;

typedef enum px_fresh_cause {
    PX_CAUSE_SAMPLE,
    PX_CAUSE_AGE,
    PX_CAUSE_DECLARED,
    PX_CAUSE_ENDED,
    PX_CAUSE_COUNT
} px_fresh_cause;

/* What waits to be told. */
typedef struct px_fresh_change {
    uint32_t tenant, twin_no, model_no;
    uint64_t seq;   /* the last event of the row that it was decided by */
    uint32_t field; /* PX_NO_FIELD: the twin alone */
    px_freshness item_state, state;
    px_time item_since, since;
    px_fresh_cause cause;
    bool is_gone;
    bool has_left; /* it waits no more */
} px_fresh_change;

typedef struct px_fresh_tally {
    uint32_t tenant;
    uint64_t counts[PX_FRESHNESS_COUNT];
} px_fresh_tally;

/* The request under way: the first `count` of the changes that wait. */
typedef struct px_fresh_flight {
    px_request request;
    px_freshness_write writes[PX_FRESHNESS_WRITES_MAX];
    px_field_value fields[PX_FRESHNESS_WRITES_MAX];
    size_t count;
    bool is_flying;
    _Atomic bool has_landed;
    int64_t again_ns; /* monotonic: it was refused, and is tried again then */
} px_fresh_flight;

/* Rows on their way: all that were dirty when the round began, in parts, the last with the cursor.
 */
typedef struct px_fresh_flush {
    PX_VEC(uint32_t) places; /* of the round */
    size_t at;               /* of them are written, or on their way */
    bool is_active;
    uint64_t cursor, cursor_sent;
    int64_t due_ns;      /* monotonic */
    PX_VEC(px_key) gone; /* rows to delete */
    PX_VEC(px_op) ops;
    px_buf bodies;
    px_writeback writeback;
    bool is_flying, has_failed;
    _Atomic bool has_landed;
    px_status landed;
} px_fresh_flush;

struct px_fresh {
    px_engine *engine;
    px_env *env;
    px_log *log;
    px_feed *feed;
    px_arena arena;     /* of one event */
    px_arena scratch;   /* of a document */
    size_t changes_max; /* that wait before the journal waits for them */

    pthread_mutex_t lock; /* guards the following */
    PX_VEC(px_fresh_twin) twins;
    PX_VEC(uint32_t) unused;       /* places */
    px_map by_no;                  /* twin number to place */
    PX_VEC(px_fresh_alarm) alarms; /* a heap, the earliest first */
    PX_VEC(px_fresh_tally) tallies;
    PX_VEC(px_fresh_change) changes; /* changes.c has the following */
    size_t first_change;             /* that waits */
    size_t changes_left;             /* behind it, that wait no more */
    size_t next_told;                /* behind the one that was found in the journal last */
    px_fresh_stats stats;
    px_time now;            /* commit time of the newest row folded, */
    uint64_t seq;           /* and its last event */
    uint64_t declared;      /* the TWIN_PUT that declared a twin last; the fold's */
    uint64_t refold_until;  /* what was in the journal at the start: nothing is told before that */
    bool is_taking_up;      /* rows and records, before anything is folded */
    uint64_t rows_from;     /* least position of a row that was read; 0: there is none */
    bool is_first;          /* it never ran, or not until all rows were written */
    bool refolds;           /* the journal goes on behind the rows, */
    bool has_all_rows;      /* and every twin that was declared before has one */
    bool models_declared;   /* some model declares something */
    PX_VEC(uint8_t) models; /* what is known of that, by number; the fold's */

    px_fresh_rules rules; /* of one twin, being made; the fold's */
    px_buf record;        /* of one twin, as the graph gives it; the fold's */
    px_fresh_flight flight;
    px_fresh_flush flush;

    pthread_mutex_t wait_lock; /* with `moved` and `landed`; guards `err` */
    pthread_cond_t moved;
    _Atomic uint64_t cursor;   /* and written up to here */
    _Atomic uint64_t position; /* folded up to here */
    _Atomic uint64_t settled;  /* and all that it decided committed */
    _Atomic uint32_t waiters;
    _Atomic bool stop, running, dead;
    px_err err; /* what it died of */
    pthread_t thread;
};

/* ---- twins.c: what is tracked, and what time does to it ---- */

px_fresh_twin *pxi_fresh_find(px_fresh *f, uint32_t twin_no); /* NULL: nothing is declared of it */
void pxi_fresh_free_twins(px_fresh *f);

uint64_t pxi_fresh_hash(const px_value *value); /* the same for values that are the same */

/* What is declared of the twin, anew: makes, changes or ends its tracking, and lets be known what
 * that changed. Takes the lock. `record`: what the graph has of it (values that are there are taken
 * up), or NULL: it was made just now. `body`: of its document, or empty. */
typedef struct px_fresh_subject {
    uint32_t tenant, no, model_no;
    uint64_t seq;
    const px_twin *record;
    px_str body;
    bool is_anew; /* whatever was there of it is gone */
} px_fresh_subject;
PX_NODISCARD px_status pxi_fresh_declare(px_fresh *f, const px_fresh_subject *subject,
                                         px_err *ret_err);
/* The twin is gone, and its record with it. */
void pxi_fresh_forget(px_fresh *f, px_fresh_twin *twin);

/* Time goes on to f->now for all that is due, or for some of it: there is more. */
PX_NODISCARD px_status pxi_fresh_advance(px_fresh *f, bool *ret_more, px_err *ret_err);
/* The next limit of all; PX_TIME_NONE. */
px_time pxi_fresh_next(px_fresh *f);
/* What an event that the twin has not seen says of it comes between these two; the first fails, or
 * all of it is done. */
PX_NODISCARD px_status pxi_fresh_begin_event(px_fresh *f, px_fresh_twin *twin, uint64_t seq,
                                             px_err *ret_err);
void pxi_fresh_end_event(px_fresh *f, px_fresh_twin *twin);
/* A sample of one field of the twin. `kind` becomes that of the sample where it says more: moved
 * before late before the others; PX_FRESH_KINDS: nothing is declared of the field. */
void pxi_fresh_sample(px_fresh *f, px_fresh_twin *twin, uint32_t field,
                      const px_fresh_sample *sample, px_fresh_kind *kind);
/* A change that is in the journal already, of a time that is folded again: it is not told again,
 * and what was not decided by the journal alone is taken as it was. `twin` NULL: nothing is
 * declared of it any more. */
PX_NODISCARD px_status pxi_fresh_was_told(px_fresh *f, px_fresh_twin *twin, const px_event *event,
                                          px_err *ret_err);
/* A twin of a row, whose lists it takes. */
PX_NODISCARD px_status pxi_fresh_restore(px_fresh *f, const px_fold *fold, px_fresh_row *row,
                                         px_err *ret_err);
/* Twins of rows that nobody declares any more. */
void pxi_fresh_drop_undeclared(px_fresh *f);
/* A message of that device of the twin: measured once, whatever fields it has. */
void pxi_fresh_message(px_fresh *f, px_fresh_twin *twin, uint32_t document_no,
                       const px_fresh_sample *sample, px_fresh_kind kind);
/* By which its sources are measured; period 0: nothing is declared. */
px_freshness_rule pxi_fresh_pace(const px_fresh_twin *twin);
/* All of it is stale from f->now on: its source is gone. */
void pxi_fresh_end(px_fresh *f, px_fresh_twin *twin);
/* One value, if it is the one that was told last at this time (PX_TIME_NONE: without one). */
void pxi_fresh_end_field(px_fresh *f, px_fresh_twin *twin, uint32_t field, px_time told);

/* ---- changes.c: those that wait to be told ---- */

size_t pxi_fresh_waiting(const px_fresh *f);
const px_fresh_change *pxi_fresh_first(const px_fresh *f); /* NULL: none waits */
/* Moves those that wait together, to the front of `changes`. With the lock, nothing in flight. */
void pxi_fresh_close_gaps(px_fresh *f);
/* The first, that many, are committed; no gap is among those that wait. */
void pxi_fresh_drop_first(px_fresh *f, size_t count);
/* True when one that waits says what the event does; it waits no more. */
bool pxi_fresh_take_told(px_fresh *f, const px_event *event);

/* ---- fold.c: events ---- */

/* Takes up what the graph holds. */
PX_NODISCARD px_status pxi_fresh_take_up(px_fresh *f, px_err *ret_err);
PX_NODISCARD px_status pxi_fresh_fold(px_fresh *f, const px_batch *batch, px_err *ret_err);

/* ---- rows.c ---- */

PX_NODISCARD px_status pxi_fresh_load(px_fresh *f, px_err *ret_err);
/* Lands and sends what is due, or with `all` whatever is dirty. True when it did something. */
bool pxi_fresh_flush(px_fresh *f, bool all);
/* A round waits for the changes of what it writes. */
bool pxi_fresh_flush_waits(const px_fresh *f);
void pxi_fresh_flush_release(px_fresh *f);

/* ---- tell.c: changes to the engine ---- */

/* Lands and sends. True when it did something. */
bool pxi_fresh_tell(px_fresh *f);

#endif
