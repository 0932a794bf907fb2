/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A chunk of a bulk file on its way into the engine: models, twins or relationships, each for
 * itself.
 *
 * Lines are added until the chunk is full, then it runs: all are submitted, their ends awaited, and
 * each says what became of it. What is there already is written over, so the same chunk may run
 * again after a stop. Room-internal. Threads: one at a time, not the engine's.
 */
#ifndef PX_API_LOAD_H
#define PX_API_LOAD_H

#include "api/await.h"
#include "api/inner.h"
#include "bulk/reader.h"

typedef struct px_load_item {
    uint64_t number; /* of its line */
    px_str text;     /* in the arena */
    px_request request;
    bool is_bad; /* request.result has its error before it ran */
} px_load_item;

typedef struct px_load {
    px_engine *engine;
    px_principal principal;
    px_bulk_section section;
    px_load_item *items; /* PX_BULK_LINES_MAX of them */
    size_t count, bytes; /* of texts */
    px_arena arena;
    px_await await;
} px_load;

PX_NODISCARD px_status px_load_init(px_load *load, px_engine *engine, const px_principal *principal,
                                    px_err *ret_err);
void px_load_release(px_load *load);
/* Forgets its lines; `section` is that of those to come. */
void px_load_begin(px_load *load, px_bulk_section section);

/* Copies the line. A line that cannot be read is kept as a bad one. Not when it is full. Errors:
 * PX_NO_MEMORY. */
PX_NODISCARD px_status px_load_add(px_load *load, uint64_t number, px_str text, px_err *ret_err);
bool px_load_is_full(const px_load *load);

/**
 * Runs it. Then px_load_refused tells of each line.
 *
 * Errors: PX_BUSY, PX_FULL, PX_IO, PX_NO_MEMORY: the server could not, and no line is to blame;
 * some of them may be done.
 */
PX_NODISCARD px_status px_load_run(px_load *load, px_err *ret_err);
/* NULL when the line is done. */
const px_err *px_load_refused(const px_load *load, size_t index);

#endif
