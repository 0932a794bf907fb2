/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The live graph: twins, their values, relationships, indexes, snapshots.
 *
 * One writer changes it, one transaction at a time: everything is prepared privately (all memory
 * included), then px_graph_commit makes it readable and cannot fail. Readers on any thread read a
 * twin by id (px_graph_read), or hold a snapshot. Pure: no clock, no disk; positions and times are
 * arguments. Trees are copy-on-write; docs/internals/twin.md explains them.
 *
 *     px_txn *txn;
 *     PX_TRY(px_graph_begin(graph, &txn, err));
 *     px_txn_at(txn, seq, commit_time);                      // for each event
 *     PX_TRY(px_graph_twin_put(txn, tenant, id, model_no, 0, &no, err));
 *     PX_TRY(px_graph_set(txn, no, field, value, &origin, &applied, err));
 *     ... the journal's commit ...
 *     px_graph_commit(txn);                                  // or px_graph_rollback(txn)
 *
 * A mutation that is refused changes nothing. When memory ends (PX_NO_MEMORY) in the middle of one,
 * the transaction can only be rolled back: all further mutations answer the same.
 *
 * Numbers: twins and relationships get numbers from 1, never given out twice while the graph lives
 * (px_graph_numbers makes that hold across restarts). 0 is no number.
 */
#ifndef PX_TWIN_GRAPH_H
#define PX_TWIN_GRAPH_H

#include "twin/view.h"

typedef struct px_graph px_graph;
typedef struct px_txn px_txn;
typedef struct px_snapshot px_snapshot;

typedef struct px_graph_opts {
    uint64_t snapshot_bytes_max; /* what snapshots may hold back; 0: PX_SNAPSHOT_BYTES_MAX */
    uint64_t property_bytes_max; /* of one tenant's property indexes; 0: PX_PROPERTY_BYTES_MAX */
    size_t chunk_bytes; /* slab granularity, a power of two from 4096; 0: 65,536. Tests make it
                           small so that memory can be made to fail more often */
} px_graph_opts;

/* `opts` may be NULL. */
PX_NODISCARD px_status px_graph_new(const px_graph_opts *opts, px_graph **ret_graph,
                                    px_err *ret_err);
/* No transaction, snapshot or branch may be open; NULL is fine. */
void px_graph_free(px_graph *graph);

/* The slot of a twin's key on disk and of a spine: xxh3(tenant, twin id) mod 1024, for ever. */
#define PX_ID_SLOTS 1024u
uint32_t px_graph_id_slot(uint32_t tenant, px_str twin_id);

/* ---- transactions: the writer's thread only, one at a time ---- */

PX_NODISCARD px_status px_graph_begin(px_graph *graph, px_txn **ret_txn, px_err *ret_err);
/* Makes all of it readable. Cannot fail, allocates nothing. Grants the snapshots asked meanwhile.
 */
void px_graph_commit(px_txn *txn);
/* As if nothing had been: every byte is given back. */
void px_graph_rollback(px_txn *txn);

/* Position and commit time that the following mutations carry into the records they change. */
void px_txn_at(px_txn *txn, uint64_t seq, px_time time);
/* Reads through this see the transaction's own writes. Valid until commit or rollback. */
const px_view *px_txn_view(const px_txn *txn);

/**
 * Creates a twin, or replaces the one with this id: its number stays and all values are dropped,
 * desired ones too. Migration to another model is a replacement, too: number and relationships
 * stay.
 *
 * @param twin_id  copied
 * @param twin_no  0: the number that the id has, or a new one; else (replay) this one: when the
 *                 id stands under another, the higher number is found by id (see state.h)
 * @param ret_no   may be NULL
 *
 * Limits:  1 to PX_TWIN_ID_BYTES_MAX bytes.
 * Errors:  PX_INVALID (length), PX_CONFLICT (the number is another id's), PX_LIMIT (numbers
 * used up), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_graph_twin_put(px_txn *txn, uint32_t tenant, px_str twin_id,
                                         uint32_t model_no, uint32_t twin_no, uint32_t *ret_no,
                                         px_err *ret_err);

/* Errors: PX_NOT_FOUND, PX_CONFLICT (relationships begin or end at it), PX_NO_MEMORY. */
PX_NODISCARD px_status px_graph_twin_delete(px_txn *txn, uint32_t twin_no, px_err *ret_err);

/**
 * Sets the live value of a property, or a telemetry's last value, by the rules of ordering:
 *
 *   a COMMAND always applies and resets the ordering: the next device value applies, whatever its
 *   source time; DEVICE data older than the live value's time is PX_LATE and changes nothing; the
 *   same time with the same value (kind, digits) is PX_DUPLICATE and changes nothing; the same time
 *   with another value is PX_CORRECTED. Without a source time, or with one that is `ahead`, the
 *   arrival time orders, and quality becomes at least uncertain when ahead.
 *
 * @param key     property number in the twin's model (PX_FIELDS_MAX exclusive)
 * @param value   text is copied; not NONE (px_graph_unset removes)
 * @param ret_applied  may be NULL
 *
 * Cost:    one copy of the record per twin and transaction. Late and duplicate ones copy nothing.
 * Errors:  PX_NOT_FOUND (twin), PX_INVALID (key, NONE), PX_TOO_LARGE (the record would pass 16
 * MiB), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_graph_set(px_txn *txn, uint32_t twin_no, uint32_t key, px_value value,
                                    const px_origin *origin, px_applied *ret_applied,
                                    px_err *ret_err);

/* Removes a value. PX_OK also when it was not there. */
PX_NODISCARD px_status px_graph_unset(px_txn *txn, uint32_t twin_no, uint32_t key, px_err *ret_err);

/* Sets (or with NONE removes) a desired value; `version` becomes the desired version of the twin.
 * Its slot's arrival time is `origin->arrival_time`. Errors as px_graph_set. */
PX_NODISCARD px_status px_graph_desire(px_txn *txn, uint32_t twin_no, uint32_t key, px_value value,
                                       const px_origin *origin, uint64_t version, px_err *ret_err);

/* Sets how fresh the twin is (px_twin_freshness), or takes that away; its revision stays. Errors:
 * PX_NOT_FOUND, PX_NO_MEMORY. */
PX_NODISCARD px_status px_graph_freshness_set(px_txn *txn, uint32_t twin_no, uint8_t state,
                                              px_time since, px_err *ret_err);
PX_NODISCARD px_status px_graph_freshness_unset(px_txn *txn, uint32_t twin_no, px_err *ret_err);

/* Asks the processor for records that mutations to come will need, all at once: a batch that does
 * so for its next 32 messages waits for memory a third as long. The writer only. */
void px_graph_prefetch(const px_graph *graph, const uint32_t *twin_nos, size_t count);

/* Only stamps the twin with the current position and time (an empty patch still counts as a write).
 */
PX_NODISCARD px_status px_graph_touch(px_txn *txn, uint32_t twin_no, px_err *ret_err);

/**
 * Creates a relationship, or replaces the one with this id at this source (its number stays).
 *
 * @param rel_id, name, properties  copied; properties: compact JSON object, or empty
 * @param rel_no  0: the id's, or a new one; else (replay) this one
 * @param ret_no  may be NULL
 *
 * Limits:  rel_id 1 to PX_TWIN_ID_BYTES_MAX, name 1 to PX_NAME_BYTES_MAX, properties
 * PX_TWIN_BYTES_MAX. Cost: O(log n), at a hub of a million edges as well.
 * Errors:  PX_NOT_FOUND (source or target), PX_INVALID, PX_TOO_LARGE, PX_CONFLICT (number belongs
 * to another, or source and target are of different tenants), PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_graph_rel_put(px_txn *txn, uint32_t source_no, px_str rel_id, px_str name,
                                        uint32_t target_no, px_str properties, uint32_t rel_no,
                                        uint32_t *ret_no, px_err *ret_err);
PX_NODISCARD px_status px_graph_rel_delete(px_txn *txn, uint32_t rel_no, px_err *ret_err);

/* The highest numbers given out so far; kept with the checkpoint. Setting takes the larger. */
typedef struct px_numbers {
    uint32_t twin_no, rel_no;
} px_numbers;
px_numbers px_graph_numbers(const px_graph *graph);             /* writer only */
void px_graph_numbers_set(px_graph *graph, px_numbers highest); /* writer only */

/* ---- point reads: any thread, no snapshot, never waits for the writer ---- */

/**
 * Copies the published record of a twin into `buf` (cleared first).
 *
 * @param ret_twin  points into `buf`
 * Errors:  PX_NOT_FOUND, PX_LIMIT (the buffer's limit), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_graph_read(px_graph *graph, uint32_t tenant, px_str twin_id, px_buf *buf,
                                     const px_twin **ret_twin, px_err *ret_err);
PX_NODISCARD px_status px_graph_read_no(px_graph *graph, uint32_t tenant, uint32_t twin_no,
                                        px_buf *buf, const px_twin **ret_twin, px_err *ret_err);
/* Number and model only: what a device message needs before it can be decoded. No copy. */
PX_NODISCARD px_status px_graph_lookup(px_graph *graph, uint32_t tenant, px_str twin_id,
                                       uint32_t *ret_twin_no, uint32_t *ret_model_no);

/* ---- snapshots: any thread ---- */

/**
 * The state as of the last commit, at once: also while a transaction is open and waits for the
 * journal. All who ask between two commits share one.
 *
 * Errors: PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_graph_snapshot(px_graph *graph, px_snapshot **ret_snapshot,
                                         px_err *ret_err);
void px_snapshot_release(px_snapshot *snapshot); /* any thread; NULL is fine */
const px_view *px_snapshot_view(const px_snapshot *snapshot);
/* Position of the last write that the snapshot holds. */
uint64_t px_snapshot_seq(const px_snapshot *snapshot);
/* PX_OK; PX_STALE when the limit of bytes ended it: its answers are not to be used. */
PX_NODISCARD px_status px_snapshot_status(const px_snapshot *snapshot, px_err *ret_err);

/* ---- figures: any thread, each by itself exact ---- */

typedef struct px_graph_stats {
    uint64_t twins, relationships;
    uint64_t bytes_used;      /* of live blocks: records, nodes, lists */
    uint64_t bytes_reserved;  /* asked from the system */
    uint64_t snapshots;       /* live ones */
    uint64_t snapshot_bytes;  /* held back for them */
    uint64_t snapshots_ended; /* by the limit, so far */
    uint64_t seq;             /* of the last write published */
    /* of all tenants, property.h */
    uint32_t property_indexes, property_indexes_full;
    uint64_t property_bytes;
} px_graph_stats;
px_graph_stats px_graph_stat(px_graph *graph);

/* Frees a step of what ended snapshots and replaced records left; commit does the same. The writer
 * calls it when idle. True while more is left. */
bool px_graph_sweep(px_graph *graph);

#endif
