/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Events: what the journal holds, and all that ever changes anything.
 *
 * An event holds a decision (typed values, numbers given out), not a request, so neither a mended
 * decoder nor a new model compiler changes the past. Its place in the one order is its sequence
 * number; its time is the commit time of its row. The families are one table: later work adds rows
 * here, not a format.
 *
 * Bytes: varint type, varint tenant, varint body length, body (docs/formats/journal.md has the
 * bodies). A reader that meets an unknown type refuses the row: a newer release wrote it.
 *
 * Ownership: a px_event borrows all its text and arrays; px_event_get borrows from the row's body
 * and takes arrays from the arena. Threads: any, values only.
 */
#ifndef PX_JOURNAL_EVENT_H
#define PX_JOURNAL_EVENT_H

#include "base/arena.h"
#include "base/time.h"
#include "base/value.h"

/* number (on disk, never reused), name, family, what happened */
#define PX_EVENT_MAP(X)                                                                            \
    X(1, TICK, "tick", "time went on, and something waited for it")                                \
    X(10, MODEL_PUT, "graph", "a model was uploaded and got its number")                           \
    X(11, MODEL_DECOMMISSION, "graph", "a model was closed for new twins, or opened again")        \
    X(12, MODEL_DELETE, "graph", "a model was deleted")                                            \
    X(20, TWIN_PUT, "graph", "a twin was created or replaced")                                     \
    X(21, TWIN_PATCH, "graph", "properties of a twin were set or removed")                         \
    X(22, TWIN_DELETE, "graph", "a twin was deleted")                                              \
    X(23, TWIN_DESIRED, "graph", "desired properties of a twin were set or removed")               \
    X(25, RELATIONSHIP_PUT, "graph", "a relationship was created or replaced")                     \
    X(26, RELATIONSHIP_DELETE, "graph", "a relationship was deleted")                              \
    X(30, DEVICE_MESSAGE, "graph", "a device reported properties or telemetry")                    \
    X(31, TELEMETRY, "graph", "telemetry of a twin came by HTTP; no state, history only")          \
    X(40, DOCUMENT_PUT, "document", "a document was written")                                      \
    X(41, DOCUMENT_DELETE, "document", "a document was deleted")                                   \
    X(50, COMMAND_REQUEST, "command", "a command was given to a twin")                             \
    X(51, COMMAND_RESPONSE, "command", "the device answered a command, or its time ran out")       \
    X(52, COMMAND_DELIVERY, "command", "a device has a command, or it is sent to it again")        \
    X(60, SESSION_OPEN, "session", "an MQTT session began, or was taken up again")                 \
    X(61, SESSION_CLOSE, "session", "the connection of an MQTT session ended")                     \
    X(62, SESSION_END, "session", "an MQTT session ended, and what was kept for it")               \
    X(63, SESSION_SUBSCRIBE, "session", "an MQTT session subscribed to topics")                    \
    X(64, SESSION_UNSUBSCRIBE, "session", "an MQTT session gave subscriptions up")                 \
    X(65, SESSION_RECEIPT, "session", "a message of QoS 2 came, or was released")                  \
    X(66, SESSION_ACK, "session", "receivers have what was kept for them")                         \
    X(67, SESSION_MESSAGE, "session", "a plain message that is retained or kept for sessions")     \
    X(70, FRESHNESS, "freshness",                                                                  \
      "what is declared of a twin's values became fresh, late or stale")                           \
    X(71, SOURCE_ENDED, "freshness", "the source of a twin's values is known to be gone")

typedef enum px_event_type {
#define X(number, name, family, meaning) PX_EVENT_##name = number,
    PX_EVENT_MAP(X)
#undef X
} px_event_type;

const char *px_event_name(px_event_type type);   /* "DEVICE_MESSAGE"; NULL for an unknown number */
const char *px_event_family(px_event_type type); /* "graph" */

/* One property or telemetry field of a twin's model. */
typedef struct px_field_value {
    uint32_t field;      /* property number in the twin's model */
    uint8_t flags;       /* PX_FIELD_* */
    px_time source_time; /* PX_TIME_NONE: none, or the message's own */
    px_value value;      /* NONE: removed */
} px_field_value;

enum {
    PX_FIELD_AHEAD = 1, /* its source clock was not believed: kept, flagged, ordered by arrival */
};

typedef struct px_event {
    px_event_type type;
    uint32_t tenant;
    uint64_t seq; /* set by the reader from its row; not in the bytes */
    px_time time; /* commit time of the row; not in the bytes */

    uint32_t model_no; /* MODEL_*, TWIN_PUT, and every event with fields: their numbers are of this
                          model */
    uint32_t was_model_no; /* TWIN_PUT that replaces: the model before, when it was another */
    uint32_t twin_no; /* TWIN_*, DEVICE_MESSAGE, TELEMETRY, COMMAND_*, FRESHNESS, SOURCE_ENDED; the
                         source of a relationship */
    uint32_t target_no;       /* RELATIONSHIP_* */
    uint32_t relationship_no; /* RELATIONSHIP_* */
    uint32_t document_no;     /* DOCUMENT_*; the device of a DEVICE_MESSAGE */
    uint64_t
        revision; /* DOCUMENT_*; version of TWIN_DESIRED; deadline (px_time) of COMMAND_REQUEST;
                     attempt of COMMAND_DELIVERY;
                     SESSION_*: the session's number, which is the position of its first OPEN */
    bool flag;    /* MODEL_DECOMMISSION: closed; TWIN_PUT, RELATIONSHIP_PUT: replaces what was
                     there; FRESHNESS: nothing is declared of the twin any more */

    px_str id;   /* twin id, relationship id, document id, command id; model's DTMI; client id of
                    SESSION_OPEN, topic of SESSION_MESSAGE */
    px_str name; /* relationship name, document kind, command name; component of TELEMETRY */
    px_str body; /* model or document or payload as JSON; relationship properties (of a deleted one,
                    its last); response payload; SESSION_*: a record of the room broker */
    px_str before;          /* RELATIONSHIP_PUT that replaces: the properties that were there */
    px_str was_name;        /* the same: its name before, when it was another */
    uint32_t was_target_no; /* the same: its target before, when it was another */
    px_str cause; /* who or what: the principal's id, for audit; message id of TELEMETRY */
    uint8_t code; /* COMMAND_RESPONSE, COMMAND_DELIVERY: px_command_status; FRESHNESS: px_freshness
                     of the twin */

    px_time source_time;    /* DEVICE_MESSAGE, TELEMETRY: shared by the fields without their own;
                               FRESHNESS: since when */
    px_field_value *fields; /* TWIN_DELETE: the properties that the twin had; FRESHNESS: those that
                               changed, their values the numbers of px_freshness; SOURCE_ENDED:
                               those that it told, without values, each with its newest time;
                               none: all */
    size_t field_count;
    px_str *paths; /* MODEL_PUT: path of each property number, in order */
    size_t path_count;
} px_event;

typedef enum px_command_status {
    PX_COMMAND_PENDING = 0,
    PX_COMMAND_APPLIED = 1,
    PX_COMMAND_REJECTED = 2,
    PX_COMMAND_TIMED_OUT = 3,
    PX_COMMAND_EXPIRED = 4,   /* no device had it while it was good */
    PX_COMMAND_DELIVERED = 5, /* a device has it, and has not answered yet */
    PX_COMMAND_STATUS_COUNT,
} px_command_status;

const char *px_command_status_name(px_command_status status); /* "timed out" */

/* How fresh what is declared of a twin is. Numbers stand in the journal and in state rows. */
typedef enum px_freshness {
    PX_FRESHNESS_UNKNOWN = 0, /* no sample came yet */
    PX_FRESHNESS_FRESH = 1,
    PX_FRESHNESS_LATE = 2,
    PX_FRESHNESS_STALE = 3,
} px_freshness;
enum { PX_FRESHNESS_COUNT = 4 };

const char *px_freshness_name(px_freshness state);               /* "stale" */
bool px_freshness_of_name(px_str name, px_freshness *ret_state); /* false: it is none */

/* Appends the event's bytes; errors stick in `buf`. */
void px_put_event(px_buf *buf, const px_event *event);

/* What stands before an event's body, and the first number in it: enough to pass one over. */
typedef struct px_event_head {
    px_event_type type;
    uint32_t tenant;
    uint32_t no; /* of the thing that it changes: MODEL_* a model's, TWIN_*, DEVICE_MESSAGE,
                    TELEMETRY, FRESHNESS, SOURCE_ENDED and COMMAND_* a twin's, RELATIONSHIP_* and
                    DOCUMENT_* their own; SESSION_*: nothing to rely on, their numbers are longer */
    px_str body;
} px_event_head;

/* Reads as far as the head and moves the cut behind the whole event. Errors: as px_get_event. */
PX_NODISCARD px_status px_get_event_head(px_cut *cut, px_event_head *ret_head, px_err *ret_err);

/* Reads the rest. Errors: as px_get_event. */
PX_NODISCARD px_status px_get_event_body(const px_event_head *head, px_arena *arena,
                                         px_event *ret_event, px_err *ret_err);

/**
 * Reads the next event of a row's body.
 *
 * @param cut      moved behind the event
 * @param arena    gives the arrays
 * Errors: PX_CORRUPT (malformed), PX_UNSUPPORTED (a type that this release does not know),
 * PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_get_event(px_cut *cut, px_arena *arena, px_event *ret_event,
                                    px_err *ret_err);

#endif
