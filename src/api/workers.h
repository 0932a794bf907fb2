/* SPDX-License-Identifier: Apache-2.0 */
/** Threads for reads that wait on the disk or on a fold, or take long. Bounded queue. Queries have
 * a pool of their own, so that no number of long ones keeps history waiting, and one tenant has all
 * but one thread of it at most, so that none keeps the others waiting. Room-internal. */
#ifndef PX_API_WORKERS_H
#define PX_API_WORKERS_H

#include "api/inner.h"

typedef struct px_workers px_workers;

enum { PX_WORKERS_MAX = 8 };

/* `tenant_max` of the `threads` work for one tenant at once. */
PX_NODISCARD px_status px_workers_new(unsigned threads, unsigned tenant_max,
                                      px_workers **ret_workers, px_err *ret_err);
/* Runs what is queued, then ends. */
void px_workers_stop(px_workers *workers);
void px_workers_free(px_workers *workers);

/* Calls `work` on a worker; answers 503 when too many wait. */
void px_workers_run(px_api_call *call, void (*work)(px_api_call *call));
void px_workers_run_on(px_workers *workers, px_api_call *call, void (*work)(px_api_call *call));

#endif
