/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A command that waits: a document of kind `command`, TWIN/ID, from its call to its end.
 *
 *     called ─► pending ─► delivered ─► applied, rejected   the device says so
 *                 │ ▲          │
 *                 │ └──────────┤ not answered in time, and an attempt is left: it is sent again
 *                 │            └──► timed out               none is left
 *                 └──► expired                              no device had it while it was good
 *
 * Without `expiry` the time of the first attempt runs from the call; with it from the moment in
 * which a device of the twin has acknowledged the command, so that it may wait for one that is away
 * now. Of a command with neither expiry nor a second attempt nobody asks whether it was delivered:
 * nothing would hang on it. Every move is an event and a document of the same batch, so it holds
 * through a restart and follows the journal's time.
 *
 * Threads: the writer, but for reading bodies.
 */
#ifndef PX_ENGINE_WAITING_H
#define PX_ENGINE_WAITING_H

#include "engine/documents.h"
#include "engine/request.h"

/* What a body says; slices borrow from it and the arena. */
typedef struct px_waiting {
    const px_json *json;
    px_str twin, id, name;
    uint32_t twin_no;
    px_time expires;        /* PX_TIME_NONE: it waits for nobody */
    px_command_terms terms; /* `attempts` 0: nobody asks for its delivery */
    uint32_t attempt;       /* the one under way, from 1 */
    bool was_delivered;     /* in any attempt, */
    bool is_delivered;      /* in this one */
    px_command_status status;
} px_waiting;

PX_NODISCARD px_status px_waiting_read(px_str body, px_arena *arena, px_waiting *ret_waiting,
                                       px_err *ret_err);

/* When a command that is called now changes by itself: at the end of its time, or of its waiting.
 */
px_time px_waiting_deadline(const px_command_terms *terms, px_time now);
/* Appends the body of a command that is called now. */
void px_put_waiting(px_buf *buf, px_time now, const px_request *request,
                    const px_command_terms *terms, uint32_t twin_no, uint64_t print,
                    px_time deadline);

/* A device has it: emits that, where it is news. `document` is what `waiting` was read of. */
PX_NODISCARD px_status px_waiting_deliver(px_engine_state *state, const px_document *document,
                                          const px_waiting *waiting, px_str device,
                                          px_err *ret_err);
/* It ends without an answer: expired where no device ever had one that waited for it, else timed
 * out. */
PX_NODISCARD px_status px_waiting_end(px_engine_state *state, const px_document *document,
                                      const px_waiting *waiting, px_err *ret_err);
/* Its deadline has come: it is sent again, or ends. */
PX_NODISCARD px_status px_waiting_due(px_engine_state *state, const px_document *document,
                                      px_arena *arena, px_err *ret_err);

#endif
