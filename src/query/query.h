/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Queries: `SELECT * FROM DIGITALTWINS T WHERE T.speed > 20`, over one consistent state.
 *
 * The language: query/parse.h, expr/expr.h (what conditions mean), query/plan.h (how it is walked).
 * The tenant comes from the principal and from nowhere else.
 *
 * Each page sees the state of its own moment. Rows come in the order of the numbers of the twins
 * they begin at, so over all pages the row of a twin that is there all the time comes exactly once.
 * Where one twin gives more rows than a page holds, and with ORDER BY, GROUP BY and OFFSET, the
 * next page leaves out as many rows as were given: exact while nothing changes in between.
 *
 * Threads: any; each call by itself.
 */
#ifndef PX_QUERY_QUERY_H
#define PX_QUERY_QUERY_H

#include <stdatomic.h>

#include "access/access.h"
#include "base/env.h"
#include "base/log.h"
#include "twin/graph.h"
#include "twin/registry.h"

typedef struct px_query_opts {
    px_graph *graph;       /* required */
    px_registry *registry; /* required */
    px_env *env;           /* required: the clock */
    px_log *log;           /* may be NULL */
    uint64_t server;       /* a number of this server's own: other servers' tokens are refused */
    bool with_telemetry; /* conditions and columns find telemetries' last values, too; `*` never */
    const _Atomic bool *gone; /* a second `cancel`: whoever asked went away; may be NULL */
    px_str parameters;        /* of this run: a JSON object with what @names stand for, or empty */

    /* For a stricter server and for tests; 0 is the limit of limits.h. */
    uint64_t cost_max;     /* PX_QUERY_COST_MAX */
    int64_t run_ns_max;    /* PX_QUERY_SECONDS_MAX */
    size_t page_bytes_max; /* PX_QUERY_PAGE_BYTES_MAX */
} px_query_opts;

typedef struct px_query_result {
    uint64_t row_count;
    uint64_t cost;       /* twins and relationships looked at */
    double charge;       /* for the header `query-charge`: 1 and one more for each 1,000 twins */
    px_buf continuation; /* the caller's to release; empty: this was the last page */
} px_query_result;

/**
 * Runs one page of a query.
 *
 * @param text          the query; ignored when `continuation` is not empty, which has it and its
 *                      parameters
 * @param continuation  of the page before, or empty
 * @param max_items     rows of the page at most; 0 and above PX_QUERY_ROWS_PER_PAGE_MAX: that
 * @param cancel        may be NULL; looked at every some hundred things
 * @param rows          rows are appended, as JSON, commas between them and no brackets
 * @param ret_result    written only on PX_OK
 *
 * Errors:  PX_INVALID (query.parse with line and column, query.token, query.parameters),
 * PX_TOO_LARGE (query.bytes), PX_UNAUTHORIZED, PX_DENIED, PX_LIMIT
 * (query.cost, expr.paths, expr.scratch; query.memory: of one run, or of `rows`), PX_TIMEOUT
 * (query.time), PX_INTERRUPTED (query.cancelled), PX_BUSY (query.stale: twins changed faster than
 * they could be read, twice), PX_NO_MEMORY. After an error `rows` is as it was.
 */
PX_NODISCARD px_status px_query_run(const px_query_opts *opts, const px_principal *principal,
                                    px_str text, px_str continuation, uint32_t max_items,
                                    const _Atomic bool *cancel, px_buf *rows,
                                    px_query_result *ret_result, px_err *ret_err);

#endif
