/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A whole server without threads and sockets, on the fake disk: store, engine, history when asked
 * for, one admin, requests answered at once.
 *
 * For tests of the engine and for the simulation. Every call that can fail without being asked to
 * fails the test, unless it gives a status.
 */
#ifndef PX_WORLD_H
#define PX_WORLD_H

#include "engine/engine.h"
#include "history/history.h"
#include "px_fakedisk.h"
#include "store/store.h"

typedef struct px_world {
    px_fakedisk *disk;
    px_store *store;
    px_engine *engine;
    px_principal admin; /* whoever asks, where a request does not say */
    int64_t checkpoint_ns, batch_age_ns, journal_keep_bytes, journal_keep_ns;
    bool with_history;   /* the next open attaches the consumer; it moves by the two calls below */
    px_history *history; /* NULL without */
    int64_t flush_ns;    /* of it; 0: its default */
    bool dump_without_seqs;
    bool died; /* the engine said so, or history did */
    px_err death;
} px_world;

/* Where the database lies on the fake disk. */
#define PX_WORLD_DATABASE "d/pollux.db"

void px_world_init(px_world *world, uint64_t seed);
/* Opens a server, with history, on a database that was written elsewhere. */
void px_world_init_from(px_world *world, px_str database);
void px_world_release(px_world *world);
/* Opens store and engine on the disk as it is. */
PX_NODISCARD px_status px_world_open(px_world *world, px_err *ret_err);
void px_world_close(px_world *world);
/* As kill -9, or with `power` as a power cut, then opened again. */
void px_world_kill(px_world *world, bool power);

/* One step of history: up to one journal row, and what is to be written. False when there was
 * nothing to do, or it is dead. Want of memory is no failure: the next step goes on. */
bool px_world_history_step(px_world *world);
/* Steps history and engine until everything published is folded. */
void px_world_fold(px_world *world);

/* Submits, steps until answered, gives the result. */
px_result px_world_do(px_world *world, px_request *request);

/* Short forms; JSON as text. */
px_result px_world_model(px_world *world, const char *json);
px_result px_world_put(px_world *world, const char *twin, const char *json);
px_result px_world_patch(px_world *world, const char *twin, const char *json);
px_result px_world_delete(px_world *world, const char *twin);
px_result px_world_relate(px_world *world, const char *twin, const char *id, const char *json);
/* A device message of one numeric field, decoded already. */
px_result px_world_report(px_world *world, const char *twin, const char *property, int64_t mantissa,
                          int8_t exponent, px_time source_time);
px_result px_world_report_value(px_world *world, const char *twin, const char *property,
                                px_value value, px_time source_time);

/* The value of a property as JSON text, "" when it has none, in static memory. */
const char *px_world_value(px_world *world, const char *twin, const char *property);
/* The state of tenants 0 to 2 as text, for comparing: twins with model, slots and relationships,
 * documents, models. Without seqs, two servers of different ticks can be compared. */
void px_world_dump(px_world *world, px_buf *buf);
void px_world_dump_state(px_graph *graph, px_registry *registry, px_documents *documents,
                         bool without_seqs, px_buf *buf);
/* The body of a document of kind `desired` without the positions that it names; others as they are.
 */
void px_world_put_body(px_buf *buf, px_str kind, px_str body);
/* The body of a document of kind `desired` without the positions that it names; others as they are.
 */
void px_world_put_body(px_buf *buf, px_str kind, px_str body);
/* The twins of one tenant only. */
void px_world_dump_view(const px_view *view, uint32_t tenant, bool without_seqs, px_buf *buf);

#endif
