/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Kept answers: who sends a request again with the same Idempotency-Key is told what it was told
 * before, and nothing is changed a second time.
 *
 * An answer is a document of kind `answer`, written by the batch that holds what its request
 * changed: after a crash both are there or neither. It counts for PX_ANSWER_KEEP_NS of journal time
 * and then goes by an event of its own. What was refused has changed nothing and is not kept.
 * Folded and counted like every document; room-internal but for what requests and the API need.
 * Threads: the writer.
 */
#ifndef PX_ENGINE_ANSWERS_H
#define PX_ENGINE_ANSWERS_H

#include "base/json.h"
#include "base/vec.h"
#include "engine/documents.h"
#include "journal/event.h"

struct px_engine_state;
struct px_request;

/* What is told again. */
typedef struct px_answer {
    uint32_t status;   /* HTTP */
    uint64_t revision; /* of the ETag; 0: none */
    px_str body;       /* JSON, byte for byte; empty: none */
    px_str waits;      /* not empty: the command of this id has no response yet, and so no answer */
} px_answer;

/* The same with what it was kept for. */
typedef struct px_kept_answer {
    px_answer answer;
    px_str print; /* of the request */
} px_kept_answer;

/* What a request with a key brings along (px_request.once). */
typedef struct px_once {
    px_str id;    /* of the document: made of who asks and the key */
    px_str print; /* of the request: the same for the same one only */
    /* What the request, which was done, will be told; borrowed until its `done`. On the engine's
     * thread, before the commit: nothing may be acted on yet. */
    px_status (*answer)(struct px_request *request, px_answer *ret_answer, px_err *ret_err);
} px_once;

/* Reads the body of such a document; slices borrow from it and from `arena`. */
PX_NODISCARD px_status px_answer_read(px_str body, px_arena *arena, px_kept_answer *ret_kept,
                                      px_err *ret_err);

/* Whether it still counts: what is past its time may stand a little longer. */
bool px_answer_counts(const px_document *document, px_time now);
/* Errors: PX_CONFLICT (idempotency.other): the key was used with another request. */
PX_NODISCARD px_status px_answer_is_of(const px_kept_answer *kept, const px_once *once,
                                       px_err *ret_err);

/* What whoever waited for a command is told, by the door or later by its kept answer. */
void px_put_command_answer(px_buf *buf, px_str command_id, px_command_status status,
                           px_str payload);

/* ---- when they go ---- */

typedef struct px_answer_due {
    px_time deadline;
    uint64_t revision; /* of the document when it was written: a later one has a later deadline */
    uint32_t document_no;
} px_answer_due;

/* In the order of their deadlines, which is that of their writing. */
typedef struct px_answers {
    PX_VEC(px_answer_due) due;
    size_t head;      /* those before it are gone */
    size_t committed; /* those behind were written by the open batch */
} px_answers;

/* A document was written, live or loaded, or is about to go or to be replaced: counts what it
 * takes. NULL and what is no answer is ignored. */
PX_NODISCARD px_status px_answers_add(struct px_engine_state *state, const px_document *document,
                                      px_err *ret_err);
PX_NODISCARD px_status px_answers_take(struct px_engine_state *state, const px_document *document,
                                       px_err *ret_err);
/* After the state rows, which come by tenant, before the journal's tail. */
void px_answers_settle_start(px_answers *answers);
void px_answers_commit(px_answers *answers);
void px_answers_rollback(px_answers *answers);
/* Emits the deletion of those that are due, before anything else of the batch. */
PX_NODISCARD px_status px_answers_expire(struct px_engine_state *state, px_err *ret_err);

/* ---- the writer's checks ---- */

/**
 * Whether the request, which has a key, was done already: then result.kept is what it was told.
 *
 * Errors: those of px_answer_is_of; PX_LIMIT (idempotency.limit: the tenant keeps too many).
 */
PX_NODISCARD px_status px_answers_look(struct px_engine_state *state, struct px_request *request,
                                       bool *ret_done, px_err *ret_err);
/* Emits the answer behind what the request changed. A failure breaks the batch. */
PX_NODISCARD px_status px_answers_keep(struct px_engine_state *state, struct px_request *request,
                                       px_err *ret_err);
/* The response of a command that came with a key, or the end of its time: its answer is this now.
 * `pending`: the command's document as it still is. */
PX_NODISCARD px_status px_answers_respond(struct px_engine_state *state, const px_json *pending,
                                          const px_event *response, px_err *ret_err);

#endif
