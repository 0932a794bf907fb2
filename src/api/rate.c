/* SPDX-License-Identifier: Apache-2.0 */
#include "api/rate.h"

#include <stdio.h>

#include "api/inner.h"

struct px_rates {
    uint32_t per_second;
    _Atomic int64_t full_at_ns[PX_RATE_BUCKETS];
};

bool px_rate_take(_Atomic int64_t *full_at_ns, int64_t now_ns, uint32_t per_second,
                  px_rate_state *ret_state)
{
    int64_t token_ns = PX_SECOND / per_second, full_ns = token_ns * per_second;
    int64_t seen = atomic_load_explicit(full_at_ns, memory_order_relaxed), fresh;
    bool taken;

    do {
        fresh = (seen > now_ns ? seen : now_ns) + token_ns;
        taken = fresh - now_ns <= full_ns;
        if (!taken)
            fresh = seen;
    } while (taken && !atomic_compare_exchange_weak(full_at_ns, &seen, fresh));
    ret_state->limit = per_second;
    ret_state->remaining = (uint32_t)((full_ns - (fresh - now_ns)) / token_ns);
    ret_state->reset_s = (uint32_t)((fresh - now_ns + PX_SECOND - 1) / PX_SECOND);
    return taken;
}

px_status px_rates_new(uint32_t per_second, px_rates **ret_rates, px_err *ret_err)
{
    *ret_rates = NULL;
    if (per_second == 0)
        return PX_OK;
    *ret_rates = px_zalloc(1, sizeof(**ret_rates));
    if (!*ret_rates)
        return px_no_memory(ret_err);
    (*ret_rates)->per_second =
        per_second < PX_RATE_PER_SECOND_MAX ? per_second : PX_RATE_PER_SECOND_MAX;
    return PX_OK;
}

void px_rates_free(px_rates *rates)
{
    px_free(rates);
}

static void tell(px_api_call *call, const char *name, uint32_t number)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", (unsigned)number);
    px_api_header(call, name, px_str_c(text));
}

px_status px_rates_admit(px_rates *rates, px_api_call *call, px_err *ret_err)
{
    px_rate_state state;
    int64_t now_ns;
    size_t place;
    bool taken;

    if (!rates)
        return PX_OK;
    now_ns = call->api->env->monotonic_ns(call->api->env);
    place = px_str_hash(call->credential) % PX_RATE_BUCKETS;
    taken = px_rate_take(&rates->full_at_ns[place], now_ns, rates->per_second, &state);
    tell(call, "RateLimit-Limit", state.limit);
    tell(call, "RateLimit-Remaining", state.remaining);
    tell(call, "RateLimit-Reset", state.reset_s);
    if (taken)
        return PX_OK;
    return px_fail_id(ret_err, PX_LIMIT, "http.rate",
                      "this token has asked more than %u times a second; wait a second",
                      (unsigned)rates->per_second);
}
