/* SPDX-License-Identifier: Apache-2.0 */
/* What one run may use: things looked at, time, and whether anybody still waits. */
#include "query/op.h"

#include "base/limits.h"

/* Things between two looks at the clock, of a query without a condition, and never more; the work
 * of a condition that halves it. */
enum { LOOK_EVERY = 256, LOOK_WORK = 16 };

static int64_t run_ns_max(const px_query_opts *opts)
{
    return opts->run_ns_max ? opts->run_ns_max : PX_QUERY_SECONDS_MAX * PX_SECOND;
}

void pxi_budget_init(pxi_budget *budget, const px_query_opts *opts, const _Atomic bool *cancel)
{
    *budget = (pxi_budget){ .opts = opts, .cancel = cancel };
    budget->cost_max = opts->cost_max ? opts->cost_max : PX_QUERY_COST_MAX;
    budget->deadline = opts->env->monotonic_ns(opts->env) + run_ns_max(opts);
    budget->look_every = LOOK_EVERY;
}

void pxi_budget_work(pxi_budget *budget, uint64_t work)
{
    budget->look_every = (uint32_t)(LOOK_EVERY * LOOK_WORK / (LOOK_WORK + work));
    if (!budget->look_every)
        budget->look_every = 1;
}

px_status pxi_budget_refuse(const pxi_budget *budget, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_LIMIT, "query.cost",
                      "the query looked at %llu twins and relationships, which is the limit; ask "
                      "for less, or fix $dtId or a model",
                      (unsigned long long)budget->cost);
}

static bool is_set(const _Atomic bool *flag)
{
    return flag && atomic_load_explicit(flag, memory_order_relaxed);
}

px_status pxi_budget_look(pxi_budget *budget, px_err *ret_err)
{
    px_env *env = budget->opts->env;

    budget->until_look = budget->look_every - 1;
    if (is_set(budget->opts->gone))
        px_log_info(budget->opts->log, "query.gone", "cost=%llu", (unsigned long long)budget->cost);
    if (is_set(budget->cancel) || is_set(budget->opts->gone))
        return px_fail_id(ret_err, PX_INTERRUPTED, "query.cancelled", "the query was cancelled");
    if (env->monotonic_ns(env) > budget->deadline)
        return px_fail_id(ret_err, PX_TIMEOUT, "query.time",
                          "the query did not end in %lld ms; ask for less, or fix $dtId or a model",
                          (long long)(run_ns_max(budget->opts) / PX_MILLISECOND));
    return PX_OK;
}
