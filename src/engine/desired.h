/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What became of each desired value: a document of kind `desired`, TWIN/PROPERTY, beside the value.
 *
 *     wish ─► pending ─► delivered ─► applied     reported says the same, or the device confirms
 *                                  ─► rejected    the device says so
 *                                  ─► timed out   by the journal's time, when the wish had one
 *
 * It is written by the batch that wishes and by each that changes what it says, so it survives a
 * restart and stands in the order of everything else. A value that only reported made `applied` is
 * open again once reported says something else; one that the device confirmed is not. A value
 * without such a document (an older release wished it) is applied when reported says the same, and
 * else pending.
 *
 * Threads: the writer, but for what only reads a body.
 */
#ifndef PX_ENGINE_DESIRED_H
#define PX_ENGINE_DESIRED_H

#include "engine/documents.h"
#include "journal/event.h"
#include "model/layout.h"
#include "twin/twin.h"

struct px_engine_state;
struct px_request;

typedef enum px_desired_status {
    PX_DESIRED_PENDING,
    PX_DESIRED_DELIVERED,
    PX_DESIRED_APPLIED,
    PX_DESIRED_REJECTED,
    PX_DESIRED_TIMED_OUT,
    PX_DESIRED_STATUS_COUNT
} px_desired_status;

const char *px_desired_status_name(px_desired_status status); /* "timed out" */

typedef struct px_desired {
    px_str twin, property; /* its path: `speed`, `motor.speed` */
    px_desired_status status;
    bool is_confirmed; /* applied, because the device said so */
    uint64_t version;  /* position of the wish */
    uint64_t reported; /* of the device's word that settled it; 0: of none */
    px_time since;     /* of the status */
    px_time deadline;  /* PX_TIME_NONE: the wish has none */
    px_str by, reason; /* who wished; why it was rejected, may be empty */
} px_desired;

/* Reads the body of such a document; slices borrow from it and from `arena`. */
PX_NODISCARD px_status px_desired_read(px_str body, px_arena *arena, px_desired *ret_desired,
                                       px_err *ret_err);
/* The published one of a property, in `arena`. Errors: PX_NOT_FOUND, PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_desired_get(px_documents *documents, uint32_t tenant, px_str twin_id,
                                      px_str property, px_arena *arena, px_desired *ret_desired,
                                      px_err *ret_err);
/* The same as this batch leaves it. On the writer's thread, also when the batch has ended. */
PX_NODISCARD px_status px_desired_get_own(const px_documents *documents, uint32_t tenant,
                                          px_str twin_id, px_str property, px_arena *arena,
                                          px_desired *ret_desired, px_err *ret_err);
/* Whether the device is still to hear of it. */
bool px_desired_is_open(px_desired_status status);
/* Of a value that has no document: by what the twin reports. */
px_desired_status px_desired_derived(const px_twin *twin, const px_slot *desired);

/* ---- the writer's ---- */

/* Behind the event that wished for `fields` (NONE: for nothing any more) at version state->seq,
 * which stays the result's position. */
PX_NODISCARD px_status px_desired_wish(struct px_engine_state *state, struct px_request *request,
                                       const px_layout *layout, const px_field_value *fields,
                                       size_t count, px_err *ret_err);

/* What the device said of one, or that it was handed over: emits it where it is news. */
PX_NODISCARD px_status px_desired_settle(struct px_engine_state *state,
                                         const struct px_request *request, px_desired *desired,
                                         px_desired_status status, px_str reason, px_err *ret_err);

/* What a twin's desired values were like before a request. In the arena of the batch. */
typedef struct px_desired_watch {
    struct px_desired_seen *seen;
    size_t count;
} px_desired_watch;

/* Before what changes a twin's reported values, its model or that it is there at all. Cheap for a
 * twin that nothing is wished of. */
PX_NODISCARD px_status px_desired_watch_begin(struct px_engine_state *state,
                                              const struct px_request *request,
                                              px_desired_watch *ret_watch, px_err *ret_err);
/* Behind it: says of what changed that it is applied, or no longer. The result's position stays
 * that of the twin's own event. A failure breaks the batch. */
PX_NODISCARD px_status px_desired_watch_end(struct px_engine_state *state,
                                            struct px_request *request,
                                            const px_desired_watch *watch, px_err *ret_err);

/* The end of its time: `document` is what armed the timer. */
PX_NODISCARD px_status px_desired_time_out(struct px_engine_state *state,
                                           const px_document *document, px_arena *arena,
                                           px_err *ret_err);

#endif
