/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A call of /api/v1/ingest under way: its lines, each of which counts or is refused by itself, and
 * the answer when all of them are done. Room-internal.
 */
#ifndef PX_API_INGEST_H
#define PX_API_INGEST_H

#include <stdatomic.h>

#include "api/inner.h"
#include "sync/binding_desk.h"
#include "sync/bindings.h"

typedef struct px_ingest px_ingest;

/* One line, or one item of an array, or the whole body. */
typedef struct px_ingest_line {
    px_request request;
    px_ingest *in;
    px_str text;
    uint32_t number; /* from 1 */
    const px_binding *binding;
    bool is_held; /* the binding is to be let go */
    px_bound bound;
    px_err err; /* the whole line was refused */
    px_status status;
} px_ingest_line;

struct px_ingest {
    px_api_call *call;
    px_arena arena; /* of all lines, until the answer */
    px_time time;   /* of its arrival */
    px_str body, topic;
    const px_binding *binding; /* of all lines; NULL: each by its kind */
    bool is_held, are_lines;
    int64_t unit_ns;
    px_ingest_line *lines;
    uint32_t count;
    _Atomic uint32_t left; /* requests that are not back yet */
};

/* What is understood without a binding of the tenant. */
PX_NODISCARD px_status px_ingest_init(px_api *api, px_err *ret_err);
void px_ingest_release(px_api *api);

/* Answers the call by what became of its lines, and lets go what it held; the ingest is gone then.
 */
void px_ingest_answer(px_ingest *in);
/* The same for what is wrong with the whole call. */
void px_ingest_fail(px_ingest *in, px_status status, const px_err *err);

#endif
