/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The models of the server as those that others may refer to: each is asked for when it is needed.
 *
 * Threads: one.
 */
#ifndef PX_CLI_STORED_H
#define PX_CLI_STORED_H

#include "base/map.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "model/model.h"

/* What the server said of an id. */
typedef struct px_stored_entry {
    px_str id;             /* in the arena */
    const px_model *model; /* NULL: it has none */
} px_stored_entry;

typedef struct px_stored {
    px_cli *cli;
    px_arena arena;
    PX_VEC(px_model_set) sets; /* hold the models */
    PX_VEC(px_stored_entry) entries;
    px_map by_id;
    px_status status; /* sticks: what went wrong while asking; then nothing more is found */
    px_err err;
} px_stored;

void px_stored_init(px_stored *stored, px_cli *cli);
void px_stored_release(px_stored *stored);

/* Borrows `stored`. A model that could not be asked for is not found, and `status` says why: look
 * at it after the parse. */
px_model_source px_stored_source(px_stored *stored);

/* `status`, or why the server could not be asked. */
PX_NODISCARD px_status px_stored_status(const px_stored *stored, px_status status, px_err *ret_err);

#endif
