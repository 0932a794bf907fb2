/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which twins of one model of the server would break, were they twins of another as they are.
 *
 * All of its twins are read, and the relationships that begin or end at them; a twin at the other
 * end that has the same model is judged as if it had moved as well. Nothing is kept but which twins
 * were told. Threads: one.
 */
#ifndef PX_CLI_COMPAT_H
#define PX_CLI_COMPAT_H

#include "base/map.h"
#include "cli/cli.h"
#include "model/fit.h"

/* One thing that would be wrong. Borrowed by `each` until it returns. */
typedef struct px_broken {
    px_str twin;
    px_str source, relationship; /* of a relationship: where it begins and its id; else empty */
    const px_misfit *misfit;
} px_broken;

typedef px_status px_broken_each(void *data, const px_broken *broken, px_err *ret_err);

typedef struct px_compat {
    px_cli *cli;
    const px_model *from, *to;
    const px_model_set *known; /* models of the server */
    px_broken_each *each;
    void *data;

    uint64_t twins, broken; /* looked at; of them those that would break */
    uint64_t misfits;
} px_compat;

/* Fills the figures. Errors: those of queries, and of `each`. */
PX_NODISCARD px_status px_compat_run(px_compat *compat, px_err *ret_err);

#endif
