/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How often one credential may ask: a bucket of tokens that fills steadily and holds those of one
 * second. Off unless a rate is set.
 *
 * A bucket is one number: the time at which it is full again. Credentials share PX_RATE_BUCKETS of
 * them by their hash, so that memory is bounded whoever asks; two that meet in one share its rate.
 * No locks. Threads: any.
 */
#ifndef PX_API_RATE_H
#define PX_API_RATE_H

#include <stdatomic.h>

#include "api/api.h"

enum { PX_RATE_BUCKETS = 4096, PX_RATE_PER_SECOND_MAX = 1000000 };

typedef struct px_rate_state {
    uint32_t limit, remaining; /* tokens */
    uint32_t reset_s;          /* until the bucket is full, rounded up */
} px_rate_state;

/* Takes one token of the bucket `full_at_ns`, which begins as 0; false when there is none. */
bool px_rate_take(_Atomic int64_t *full_at_ns, int64_t now_ns, uint32_t per_second,
                  px_rate_state *ret_state);

typedef struct px_rates px_rates;

/* NULL when `per_second` is 0, or memory ended (ret_err is then written, PX_NO_MEMORY given). */
PX_NODISCARD px_status px_rates_new(uint32_t per_second, px_rates **ret_rates, px_err *ret_err);
void px_rates_free(px_rates *rates);

/* After the login of `call`: takes a token of its credential and tells the state of its bucket in
 * headers. `rates` may be NULL. Errors: PX_LIMIT. */
PX_NODISCARD px_status px_rates_admit(px_rates *rates, px_api_call *call, px_err *ret_err);

#endif
