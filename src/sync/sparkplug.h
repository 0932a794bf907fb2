/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Sparkplug B of all tenants: which edge nodes and devices there are, what their births defined,
 * whether they are online, and what their messages say to which twin.
 *
 *            NBIRTH                          NDATA, DBIRTH, DDATA, DDEATH: seq is the next of
 * 0..255 unknown ───────► online ◄──────────────┐ │  ▲                 │ NDEATH, bdSeq   ▼  │
 * NBIRTH          │ a gap in seq, a metric or a device that was not born: of the birth   offline └
 * the node is asked for its birth (at most every 5 s)
 *
 * A message behind a gap is taken: its values are facts. Data of a node or a device without a birth
 * are not, since nobody knows what they mean. A death with another bdSeq than the birth's is of an
 * older connection and changes nothing. A death that the caller cannot write down now (the disk is
 * full) is owed, a mark on its node and devices. In memory only: after a restart every node is
 * asked for its birth with its first message.
 *
 * Where bindings take what it says (docs/bindings.md) the metrics are rows for them besides; those
 * that a binding reads are never told as unknown. What they fill is remembered, so that it ends
 * with who said it.
 *
 * A node's values go to the twin `GROUP.NODE`, a device's to `GROUP.NODE.DEVICE`, when it is there.
 * Metrics of unknown names, of the wrong type, without a value (null), or of a quality that is not
 * good are left out; they are counted, and the caller is told of them: of unknown names with a
 * birth only, or every message would tell the same again.
 *
 * Locks: one, inside. Threads: any.
 */
#ifndef PX_SYNC_SPARKPLUG_H
#define PX_SYNC_SPARKPLUG_H

#include "engine/request.h"
#include "sync/decode.h"
#include "sync/sparkplug_topic.h"

typedef struct px_sparkplug px_sparkplug;

/* The member of a row for bindings that holds its time. */
#define PX_SPARK_ROW_TIME PX_STR("$ts")

/* One message. `layout` looks a twin up: its model's layout, or NULL when it is not there; called
 * with the lock. `takes` says whether a binding reads the metric of this name; NULL: there are none
 * for this node or device. All is borrowed for the call. */
typedef struct px_spark_message {
    uint32_t tenant;
    px_spark_topic topic;
    px_str twin; /* px_put_spark_twin */
    px_str payload;
    px_time now;
    const px_layout *(*layout)(void *ctx, px_str twin, uint32_t *ret_model_no);
    bool (*takes)(void *ctx, px_str metric);
    void *ctx;
} px_spark_message;

/* A death on its way to the journal: who of a node has ended. Names are borrowed. */
typedef struct px_spark_ending {
    uint32_t tenant;
    px_str group, node;
    uint64_t number; /* 0: nobody has */
} px_spark_ending;

/* What became of it. */
typedef struct px_spark_heard {
    px_decoded decoded; /* values for the twin; borrow from payload and arena */
    bool has_twin;      /* the twin is there */
    bool has_homeless;  /* it is not, and no binding takes some of the metrics */
    px_str rows;        /* for bindings, JSON in the arena; empty: there are none */
    uint32_t model_no;  /* of it */
    bool is_birth;      /* NBIRTH or DBIRTH, taken */
    bool went_online, went_offline;
    px_spark_ending ending; /* to be written, see px_sparkplug_ended; names are the topic's */
    bool is_unborn;         /* nothing was taken: what it speaks of was not born */
    bool asks_rebirth;      /* send the command now */
    const char *why;        /* of the two before; else NULL */
} px_spark_heard;

px_sparkplug *px_sparkplug_new(void); /* NULL: no memory */
void px_sparkplug_free(px_sparkplug *s);

/**
 * Births, data, deaths and STATE; commands change nothing.
 *
 * Limits: PX_SPARK_NODES_MAX and PX_SPARK_BORN_MAX of a tenant, PX_SPARK_DEVICES_MAX of a node,
 * PX_SPARK_HOSTS_MAX.
 * Errors: PX_INVALID (the payload; a birth that contradicts itself: its node or device is offline
 * then), PX_LIMIT, PX_TOO_LARGE, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_sparkplug_hear(px_sparkplug *s, const px_spark_message *message,
                                         px_arena *arena, px_spark_heard *ret_heard,
                                         px_err *ret_err);

/* ---- what is known ---- */

typedef struct px_spark_status {
    px_str group, node, device; /* device: empty for the node itself */
    bool is_online;
    px_time since; /* of that */
    size_t metrics;
    uint64_t bd_seq; /* of a node's birth */
} px_spark_status;

/* Calls `see` for each node of a tenant from place `*at` on, right behind each for its devices,
 * until `max` nodes were seen; moves `*at` behind them. With the lock: copy, and be quick. True
 * when there are more. */
bool px_sparkplug_each(px_sparkplug *s, uint32_t tenant, size_t *at, size_t max,
                       void (*see)(void *ctx, const px_spark_status *status), void *ctx);

/* Host applications by their last STATE, and before them this server, where it is one. */
void px_sparkplug_each_host(px_sparkplug *s, uint32_t tenant,
                            void (*see)(void *ctx, const px_spark_status *status), void *ctx);

/* ---- this server as a host application ---- */

/* Errors: PX_INVALID (the name is no level of a topic). */
PX_NODISCARD px_status px_sparkplug_check_host(px_str name, px_err *ret_err);
/* For all tenants, from `now` on; at most once, before anybody else knows `s`. Errors: the same,
 * PX_NO_MEMORY. */
PX_NODISCARD px_status px_sparkplug_be_host(px_sparkplug *s, px_str name, px_time now,
                                            px_err *ret_err);
/* Its name, as long as `s` lives; empty: it is none. */
px_str px_sparkplug_own_host(const px_sparkplug *s, px_time *ret_since);

/* ---- deaths ---- */

/* A field that bindings filled, and the times of values that may be the live one: who else filled
 * it since told another. PX_TIME_NONE: it came without. */
typedef struct px_spark_fed_field {
    uint32_t field;
    px_time sent;         /* with the last that is on its way, or was */
    px_time last, newest; /* with the last that is written; the newest of all those */
} px_spark_fed_field;

/* What bindings filled of a twin with what somebody said until it ended, in the order of fields. */
typedef struct px_spark_fed {
    px_str twin;
    uint32_t model_no; /* that the fields are of */
    uint64_t births;   /* of its owner, when it was filled last */
    PX_VEC(px_spark_fed_field) fields;
} px_spark_fed;

/* Remembers what the items of kind DEVICE_MESSAGE fill with what the topic's node or device says:
 * before they are sent, in the order of its messages, and once more when they are written. Beyond
 * PX_SPARK_FED_MAX and PX_SPARK_FED_TENANT_MAX they are counted only, unless what nobody said since
 * its owner's last birth makes room: they will not end with it. */
void px_sparkplug_feed(px_sparkplug *s, uint32_t tenant, const px_spark_topic *topic,
                       bool is_written, const px_request *items, size_t count);

typedef struct px_spark_ended {
    px_spark_status status;
    const px_spark_fed *fed;
    size_t fed_count;
} px_spark_ended;

/* Whoever ends by this ending: the node, a device, or all of them. With the lock: copy, and be
 * quick. Who is born again meanwhile does not. */
void px_sparkplug_each_ended(px_sparkplug *s, const px_spark_ending *ending,
                             void (*see)(void *ctx, const px_spark_ended *ended), void *ctx);
/* What became of it. Not written: it is owed, until it is taken below or the node says it again; a
 * birth ends that. */
void px_sparkplug_ended(px_sparkplug *s, const px_spark_ending *ending, bool is_written);
/* The next node of which something is owed, as an ending of its own, with its names in the arena.
 * False: nothing is, or there is no memory. Cost: without anything owed one look. */
bool px_sparkplug_take_owed(px_sparkplug *s, px_arena *arena, px_spark_ending *ret_ending);

typedef struct px_sparkplug_stats {
    uint64_t nodes, online;  /* now */
    uint64_t messages;       /* births, data, deaths, STATE that made sense */
    uint64_t metrics;        /* in them */
    uint64_t unknown, empty; /* without a field of a twin; null, or not good */
    uint64_t births, deaths; /* of nodes and devices */
    uint64_t deaths_ignored; /* of another bdSeq, or of what was not online */
    uint64_t gaps, unborn;   /* messages with a gap before them; not understood without a birth */
    uint64_t rebirths;       /* asked for */
    uint64_t left_out;       /* values by bindings whose fields were too many to be remembered */
} px_sparkplug_stats;
px_sparkplug_stats px_sparkplug_stat(px_sparkplug *s);

#endif
