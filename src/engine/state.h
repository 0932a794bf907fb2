/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The state that requests are checked against and events fold into: graph, models, documents.
 *
 * Room-internal. During a batch everything is private (an open transaction of each part);
 * px_state_commit publishes all of it and cannot fail, px_state_rollback forgets it. Folding an
 * event is one function for the live path and for replay, so a restart cannot come to another
 * answer. Threads: the writer.
 */
#ifndef PX_ENGINE_STATE_H
#define PX_ENGINE_STATE_H

#include "base/env.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "engine/answers.h"
#include "engine/documents.h"
#include "engine/quota.h"
#include "engine/request.h"
#include "engine/seen.h"
#include "journal/journal.h"
#include "twin/dirty.h"
#include "twin/graph.h"
#include "twin/registry.h"
#include "twin/state.h"

/* Kinds of state rows: key.b of PX_TABLE_STATE. On disk. */
typedef enum px_state_kind {
    PX_STATE_DOCUMENT = 1, /* slot 0 */
    PX_STATE_MODEL = 2,    /* slot 0 */
    PX_STATE_TWIN = 3,
    PX_STATE_RELATIONSHIP = 4,
} px_state_kind;

/* A deadline in journal time, and the pending command or desired value that waits for it. */
typedef struct px_timer {
    px_time deadline;
    uint64_t revision; /* of the document when it armed this */
    uint32_t document_no;
} px_timer;

struct px_engine_state {
    px_env *env;
    px_log *log;
    px_graph *graph;
    px_registry *registry;
    px_documents *documents;
    px_quotas quotas;
    px_seen seen;

    int64_t source_ahead_ns; /* a source clock further ahead is not believed */
    uint32_t edges_max;      /* of one twin, in and out each; 0: no limit */

    /* the open batch */
    px_txn *txn;
    uint64_t seq;   /* of the newest event: given so far, or replayed */
    px_time now;    /* commit time of the batch, in whole milliseconds */
    px_buf *body;   /* its encoded events */
    px_arena arena; /* lives as long as the batch */
    PX_VEC(px_op)
    ops; /* state rows of models and documents, written with their events; bodies in the arena */
    uint64_t samples_late, samples_duplicate, messages_repeated; /* of the batch */
    uint64_t commands_ended[PX_COMMAND_STATUS_COUNT];            /* likewise */
    bool broken; /* an event could not be folded: the batch must be dropped */
    px_err broken_err;

    /* armed: commands that wait for their response, wishes that have an end (timers.c) */
    PX_VEC(px_timer) timers;       /* a heap, the earliest first: of the batches before this one */
    PX_VEC(px_timer) timers_armed; /* by the open batch */
    PX_VEC(px_timer) timers_fired; /* by it, and out of the heap until its end */
    size_t timers_sweep_at; /* when there are so many, those that wait for nothing any more go */

    px_answers answers; /* kept under an Idempotency-Key */

    bool rehearsing; /* in a branch, on another thread than the writer: nothing is written */

    /* replay */
    bool replaying;
    px_map known; /* hash of (kind, number) -> index in known_seqs, for rows of deleted things */
    PX_VEC(uint64_t) known_seqs;
};

PX_NODISCARD px_status px_state_init(px_engine_state *state, px_env *env, px_log *log,
                                     const px_graph_opts *graph_opts, px_err *ret_err);
void px_state_release(px_engine_state *state);

/* Opens the batch that commits at `now`; `body` gets the events. */
PX_NODISCARD px_status px_state_begin(px_engine_state *state, px_time now, px_buf *body,
                                      px_err *ret_err);
void px_state_commit(px_engine_state *state);
void px_state_rollback(px_engine_state *state, uint64_t seq);

/**
 * Numbers, encodes and folds one event: the only way in which anything changes.
 *
 * @param event  type, tenant and its members; seq and time are set here
 * @param model  MODEL_PUT: the compiled model, or NULL to compile it from the text
 *
 * On failure the whole batch is broken (`state->broken`): only memory can be missing here, all else
 * was checked before.
 */
PX_NODISCARD px_status px_state_emit(px_engine_state *state, px_event *event, px_model *model,
                                     px_err *ret_err);
/* Nothing of the batch may count: something of it could not be carried through. */
void px_state_break(px_engine_state *state, px_status status, const px_err *err);

/* Writes or deletes one document; checks nothing. */
PX_NODISCARD px_status px_state_emit_document(px_engine_state *state, uint32_t tenant,
                                              const px_document_write *write, px_str cause,
                                              px_err *ret_err);

/* Folds one event into the open transaction, without encoding. */
PX_NODISCARD px_status px_state_fold(px_engine_state *state, const px_event *event, px_model *model,
                                     px_err *ret_err);

/* In replay: whether the thing that the event of this position changes has it already, from its row
 * or because its row is gone. Then the event is passed over. */
bool px_state_has(const px_engine_state *state, const px_event_head *head, uint64_t seq);

/* Key and body of a document's or model's state row, and the way back. */
px_key px_state_key(uint32_t tenant, uint32_t slot, px_state_kind kind, uint32_t no);
PX_NODISCARD px_status px_state_load_row(px_engine_state *state, const px_fold *row,
                                         px_err *ret_err);
/* Position up to which the thing is known from its row alone; 0 when no row was read. */
uint64_t px_state_known(const px_engine_state *state, px_state_kind kind, uint32_t no);
/* Of a twin, also from what was folded since. */
uint64_t px_state_twin_known(const px_engine_state *state, uint32_t tenant, uint32_t no);
PX_NODISCARD px_status px_state_remember(px_engine_state *state, px_state_kind kind, uint32_t no,
                                         uint64_t seq, px_err *ret_err);

/* ---- timers: state that fires by the journal's time ---- */

/* Arms one for a document of kind `command`, or `desired` where it is open and has a deadline;
 * others are ignored. */
PX_NODISCARD px_status px_timers_arm(px_engine_state *state, const px_document *document,
                                     px_err *ret_err);
/* The end of the batch: those that it armed stay, or are forgotten with it. */
void px_timers_commit(px_engine_state *state);
void px_timers_rollback(px_engine_state *state);
/* True when one is due and the newest row is a second old: px_timers_tick then writes one. */
bool px_timers_want_tick(px_engine_state *state, px_time now, px_time last);
PX_NODISCARD px_status px_timers_tick(px_engine_state *state, px_err *ret_err);
/* Emits what is due at the batch's time, each once; the first thing of a batch but for its tick. */
PX_NODISCARD px_status px_timers_fire(px_engine_state *state, px_err *ret_err);

/* ---- checks: one per kind of request, request.h; they emit what they decide ---- */

typedef px_status px_check(px_engine_state *state, px_request *request, px_err *ret_err);

px_check px_check_models_put, px_check_model_decommission, px_check_model_delete;
px_check px_check_twin_put, px_check_twin_patch, px_check_twin_delete, px_check_desired_patch;
px_check px_check_relationship_put, px_check_relationship_patch, px_check_relationship_delete;
px_check px_check_changes;
px_check px_check_telemetry, px_check_device_message, px_check_messages;
/* What px_check_device_message would refuse, of a twin that is there; changes nothing. */
PX_NODISCARD px_status px_judge_device_message(px_engine_state *state, const px_request *request,
                                               const px_twin **ret_twin, px_err *ret_err);
px_check px_check_command, px_check_command_delivered, px_check_command_response,
    px_check_desired_status;
px_check px_check_documents, px_check_tenant_put, px_check_sessions, px_check_freshness;
px_check px_check_sources_ended;

/* Whether the request may write this document; emits nothing. */
PX_NODISCARD px_status px_check_document_write(px_engine_state *state, const px_request *request,
                                               uint32_t tenant, const px_document_write *write,
                                               px_err *ret_err);

/* The same, and the events of sessions that the request brings along behind what it emits. */
PX_NODISCARD px_status px_check_with_sessions(px_engine_state *state, px_request *request,
                                              px_check *check, px_err *ret_err);

/* Authorises, then hands to the check of its kind. */
px_check px_state_check;
/* The same, and fills request->result. */
void px_state_handle(px_engine_state *state, px_request *request);

/* Flags the fields whose source clock, or that of their message (PX_TIME_NONE: none), runs ahead by
 * more than is believed: such a value counts by its arrival. By whatever door it comes. */
void px_state_flag_ahead(const px_engine_state *state, px_time source_time, px_field_value *fields,
                         size_t count);

/* What most checks begin with: the twin of the principal's tenant in the batch's own state, and the
 * model that it has to obey (NULL: it is not asked for). That is its own, or where that was deleted
 * the one that has its identifier now; PX_INVALID, twin.model_gone, when there is none. */
PX_NODISCARD px_status px_state_find_twin(px_engine_state *state, const px_request *request,
                                          const px_twin **ret_twin, const px_model **ret_model,
                                          px_err *ret_err);
/* Properties are numbered by the model that the twin has. PX_INVALID, twin.model_replaced, when
 * that is not the one that it has to obey. */
PX_NODISCARD px_status px_state_check_own(const px_engine_state *state, const px_twin *twin,
                                          const px_model *model, px_err *ret_err);
/* The model that twins of this number have to obey; NULL when there is none. */
const px_model *px_state_ruling(px_engine_state *state, uint32_t tenant, uint32_t model_no);
/* The model of this number in the batch's own state, also of a deleted one; NULL when there is
 * none. */
const px_model *px_state_model(const px_engine_state *state, uint32_t model_no);
/* The tenant's model as this batch leaves it; a rehearsal sees the published ones. */
bool px_state_find_model(px_engine_state *state, uint32_t tenant, px_str dtmi,
                         px_model_info *ret_info);
/* An id that people give: 1 to `most` bytes of UTF-8 without control characters. `of` is what it
 * names; `error_id` is PX_INVALID's. */
PX_NODISCARD px_status px_check_id(px_str id, px_str of, size_t most, const char *error_id,
                                   px_err *ret_err);

/* Keeps the twin as the request leaves it for its answer (result.twin), after its event. Without
 * memory the batch is broken, as in px_state_emit. */
PX_NODISCARD px_status px_state_keep_twin(px_engine_state *state, px_request *request,
                                          px_err *ret_err);

/* ---- PX_TWIN_BYTES_MAX: check_size.c ---- */

typedef struct px_growth {
    px_engine_state *state;
    const px_twin *twin; /* NULL: it is new, or made anew */
    px_str id;
    bool desired; /* the values are desired ones */
    bool beside;  /* they are last values beside the twin */
    bool
        may_be_late; /* a value may stay: the larger counts, the one that is there or the new one */
} px_growth;
/* PX_TOO_LARGE when the twin would weigh more than PX_TWIN_BYTES_MAX with these values, and more
 * than it does now. Cost: O(values), without a look at the twin while there is room for all. */
PX_NODISCARD px_status px_check_growth(const px_growth *growth, const px_sample *samples,
                                       size_t sample_count, px_err *ret_err);

/* Fails with what was wrong with the body as JSON. The data plane tells a bad body last: a twin
 * that is missing, or was changed meanwhile, says more. */
PX_NODISCARD px_status px_state_body(const px_request *request, px_err *ret_err);

/* PX_STALE when the request demands another revision than `seq`. */
PX_NODISCARD px_status px_state_match(const px_request *request, uint64_t seq, px_err *ret_err);

#endif
