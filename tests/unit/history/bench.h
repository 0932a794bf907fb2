/* SPDX-License-Identifier: Apache-2.0 */
/** A history on a fake engine and a real store, beside a naive model that knows what it must say.
 */
#ifndef PX_HISTORY_BENCH_H
#define PX_HISTORY_BENCH_H

#include "fake_engine.h"
#include "history/history.h"
#include "px_fakedisk.h"
#include "px_test.h"
#include "store/store.h"

#define BENCH_EPOCH INT64_C(1767225600000000000) /* 2026-01-01 */

enum { BENCH_TENANT = 7, BENCH_TWINS = 4, BENCH_FIELDS = 6 };

/* One value that was ever told, in the order of telling. */
typedef struct bench_cell {
    uint32_t twin, field;
    px_time time, arrival, source;
    uint64_t seq;
    uint64_t moment; /* its position where it stands at its arrival, else 0 */
    px_value value;  /* text lives in the bench's arena */
    uint8_t flags;
    size_t order;
    bool again; /* not the first of its time and field */
} bench_cell;

typedef struct bench {
    px_fakedisk *disk;
    px_store *store;
    px_graph *graph;
    px_engine *engine;
    px_history *history;
    px_principal admin;
    int64_t flush_ns;
    size_t memory_bytes_max;
    px_time now;
    px_arena arena;
    struct {
        bench_cell *ptr;
        size_t len, cap;
    } told;
} bench;

/* Twins "t1" to "t4" with the numbers 1 to 4; flush_ns 0: the default. */
void bench_init(bench *b, int64_t flush_ns);
void bench_release(bench *b);

/* One event of one twin, as one journal row; the naive model hears it too. */
void bench_tell(bench *b, px_event_type type, uint32_t twin, px_time source_time,
                px_field_value *fields, size_t count);
/* A device message of one number in field 0. */
void bench_number(bench *b, uint32_t twin, px_time time, int64_t mantissa, int8_t exponent);

/* The history folds all there is; writebacks commit when `commit`. */
void bench_fold(bench *b, bool commit);
/* Everything into the store. */
void bench_flush(bench *b);
/* kill -9: memory and uncommitted writebacks are gone, the history opens again. */
void bench_crash(bench *b);

px_history_query bench_query(const bench *b, uint32_t twin);
/* Range, last and count of every twin equal the naive model's. */
void bench_check(bench *b);
void bench_check_range(bench *b, uint32_t twin, px_time from, px_time to, uint32_t limit);
void bench_check_buckets(bench *b, uint32_t twin, px_time from, px_time to, int64_t bucket_ns);

#endif
