/* SPDX-License-Identifier: Apache-2.0 */
/** The naive model that a store is compared with: arrays, and bodies remade from a seed. */
#ifndef PX_STORE_MODEL_H
#define PX_STORE_MODEL_H

#include "journal/journal.h"
#include "px_test.h"

enum { MODEL_ROWS = 256, MODEL_KEYS = 24, MODEL_BODY_BYTES = 24000 };

typedef struct model_body {
    uint32_t seed, len;
} model_body;

typedef struct model_row {
    uint64_t seq_first, seq_last;
    px_time time;
    model_body body;
} model_row;

typedef struct model_fold {
    bool there;
    uint64_t seq;
    model_body body;
} model_fold;

typedef struct model {
    model_row rows[MODEL_ROWS]; /* from `oldest` to `count` are kept */
    uint32_t oldest, count;
    model_fold folds[PX_TABLE_END][MODEL_KEYS];
} model;

px_key model_key(uint32_t number);
/* Bytes of a body, in `room` of MODEL_BODY_BYTES: half noise, half runs. */
px_str model_bytes(model_body body, char *room);

/* What one commit does to it. */
void model_add_row(model *m, const model_row *row);
void model_apply(model *m, const px_op *op, model_body body);

/* The whole content of the store against one or two models (the second may be NULL): 0 or 1 for the
 * one that it equals, -1 for none. A read that fails, fails the test. */
int model_match(px_store *store, const model *first, const model *second);
/* The same for a store that may be damaged: a read that fails is given back. */
px_status model_try_match(px_store *store, const model *first, const model *second, int *ret_match,
                          px_err *ret_err);

#endif
