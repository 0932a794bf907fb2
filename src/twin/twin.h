/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One twin as the graph keeps it: a compact record that never changes once it can be seen.
 *
 * A px_twin is borrowed: from a snapshot until its release, from a transaction until the next
 * mutation of that twin, from a point read until the caller's buffer is used again. Only fields
 * that were ever set have a slot; slots stand in ascending order of their key. The key of a
 * reported property or of a telemetry's last value is its property number in the twin's model; the
 * key of a desired value is that number with PX_DESIRED. Threads: any.
 */
#ifndef PX_TWIN_TWIN_H
#define PX_TWIN_TWIN_H

#include "base/limits.h"
#include "base/time.h"
#include "base/value.h"

typedef struct px_twin px_twin;

/* Set in the key of a desired value; property numbers stay below it (PX_FIELDS_MAX). */
#define PX_DESIRED 0x8000u

typedef enum px_origin_kind {
    PX_ORIGIN_DEVICE = 0,  /* ordered by source time */
    PX_ORIGIN_COMMAND = 1, /* a command or PATCH: always wins and resets the ordering */
} px_origin_kind;

/* Where a value comes from, and when. */
typedef struct px_origin {
    px_origin_kind kind;
    px_quality quality;
    bool ahead;  /* its source clock was not believed: kept, uncertain, ordered by arrival */
    bool beside; /* a last value beside the twin: px_twin_revision stays */
    px_time source_time;  /* PX_TIME_NONE: the source did not say */
    px_time arrival_time; /* kept in whole milliseconds, 1970 to 2109 */
} px_origin;

/* What one write did to the live value. */
typedef enum px_applied {
    PX_APPLIED = 0,   /* the value moved, or its times did */
    PX_LATE = 1,      /* older than the live value: belongs into history only */
    PX_DUPLICATE = 2, /* same source time, same value: counts once, nothing changed */
    PX_CORRECTED = 3, /* same source time, other value: took its place */
} px_applied;

typedef struct px_slot {
    uint32_t key; /* property number, with PX_DESIRED for a desired value */
    px_value value;
    px_time source_time;  /* PX_TIME_NONE when there is none */
    px_time arrival_time; /* whole milliseconds */
    px_quality quality;
    bool by_arrival; /* its source clock ran ahead: ordered by arrival */
    bool by_command; /* set by a command or PATCH */
} px_slot;

px_str px_twin_id(const px_twin *twin);
uint32_t px_twin_number(const px_twin *twin);
uint32_t px_twin_tenant(const px_twin *twin);
uint32_t px_twin_model(const px_twin *twin);
uint64_t px_twin_seq(const px_twin *twin); /* position of the last write */
px_time px_twin_time(const px_twin *twin); /* commit time of the last write */
/* Of the last write that was no last value beside it (px_origin.beside): the ETag, and its time. */
uint64_t px_twin_revision(const px_twin *twin);
px_time px_twin_revised(const px_twin *twin);
uint64_t px_twin_desired_version(const px_twin *twin); /* 0: nothing was ever desired */
/* How fresh the twin is, by the number of px_freshness (journal/event.h), and since when (may be
 * NULL); false where nothing is declared of it. Cost: O(1). */
bool px_twin_freshness(const px_twin *twin, uint8_t *ret_state, px_time *ret_since);

/* What of PX_TWIN_BYTES_MAX the twin uses: its head and id, PX_TWIN_VALUE_BYTES for each value that
 * it has, reported, desired or telemetry, and the texts among them. A last value that came beside
 * the twin adds one more, once: the revision. Declared freshness adds its own and, once, the
 * revision. Cost: O(1). */
#define PX_TWIN_HEAD_BYTES 40
#define PX_TWIN_VALUE_BYTES 26
size_t px_twin_weight(const px_twin *twin);
bool px_twin_keeps_revision(const px_twin *twin); /* it weighs that one more already */
/* A px_twin is its bytes: this many, to copy it. */
size_t px_twin_bytes(const px_twin *twin);

uint32_t px_twin_slot_count(const px_twin *twin);
px_slot px_twin_slot_at(const px_twin *twin, uint32_t index); /* index < count */
/* Index of the first slot whose key is not below `key`; the count when there is none. */
uint32_t px_twin_slot_from(const px_twin *twin, uint32_t key);
/* False when the field was never set, or was removed. */
bool px_twin_slot(const px_twin *twin, uint32_t key, px_slot *ret_slot);

/* One relationship, borrowed in the same way. */
typedef struct px_rel px_rel;

px_str px_rel_id(const px_rel *rel);
px_str px_rel_name(const px_rel *rel);
px_str px_rel_properties(const px_rel *rel); /* compact JSON object, or empty when there are none */
uint32_t px_rel_number(const px_rel *rel);
uint32_t px_rel_tenant(const px_rel *rel);
uint32_t px_rel_source(const px_rel *rel); /* twin numbers */
uint32_t px_rel_target(const px_rel *rel);
uint64_t px_rel_seq(const px_rel *rel);

#endif
