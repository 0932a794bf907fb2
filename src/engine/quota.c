/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/quota.h"

#include "base/limits.h"

void px_quotas_init(px_quotas *quotas)
{
    *quotas = (px_quotas){ .max = { [PX_QUOTA_TWINS] = PX_TWINS_MAX,
                                    [PX_QUOTA_RELATIONSHIPS] = PX_RELATIONSHIPS_MAX,
                                    [PX_QUOTA_DOCUMENTS] = PX_DEVICES_MAX,
                                    [PX_QUOTA_MODELS] = PX_MODELS_MAX,
                                    [PX_QUOTA_ANSWERS] = PX_ANSWERS_MAX,
                                    [PX_QUOTA_ANSWER_BYTES] = PX_ANSWERS_BYTES_MAX } };
}

void px_quotas_limit(px_quotas *quotas, uint32_t twins, uint32_t relationships, uint32_t models)
{
    const uint32_t max[PX_QUOTA_KINDS] = { [PX_QUOTA_TWINS] = twins,
                                           [PX_QUOTA_RELATIONSHIPS] = relationships,
                                           [PX_QUOTA_MODELS] = models };

    for (int kind = 0; kind < PX_QUOTA_KINDS; kind++)
        if (max[kind])
            quotas->max[kind] = max[kind];
}

void px_quotas_release(px_quotas *quotas)
{
    PX_VEC_RELEASE(&quotas->tenants);
}

static px_quota *find(const px_quotas *quotas, uint32_t tenant)
{
    for (size_t i = 0; i < quotas->tenants.len; i++)
        if (quotas->tenants.ptr[i].tenant == tenant)
            return &quotas->tenants.ptr[i];
    return NULL;
}

px_status px_quota_check(const px_quotas *quotas, uint32_t tenant, px_quota_kind kind,
                         uint32_t more, px_err *ret_err)
{
    static const struct {
        const char *id, *words, *cure;
    } names[PX_QUOTA_KINDS] = {
        [PX_QUOTA_TWINS] = { "twin.limit", "twins", "delete some" },
        [PX_QUOTA_RELATIONSHIPS] = { "quota.relationships", "relationships", "delete some" },
        [PX_QUOTA_DOCUMENTS] = { "quota.documents", "devices and other documents", "delete some" },
        [PX_QUOTA_MODELS] = { "quota.models", "models", "delete some" },
        [PX_QUOTA_ANSWERS] = { "idempotency.limit", "answers kept under an Idempotency-Key",
                               "each is kept for a day; send this without a key" },
        [PX_QUOTA_ANSWER_BYTES] = { "idempotency.limit",
                                    "bytes of answers kept under an Idempotency-Key",
                                    "each is kept for a day; send this without a key" },
    };
    const px_quota *quota = find(quotas, tenant);
    int64_t used = quota ? (int64_t)quota->used[kind] + quota->change[kind] : 0;

    if (used + more <= quotas->max[kind])
        return PX_OK;
    return px_fail_id(ret_err, PX_LIMIT, names[kind].id,
                      "a tenant has at most %u %s, and has %lld; %s", quotas->max[kind],
                      names[kind].words, (long long)used, names[kind].cure);
}

px_status px_quota_count(px_quotas *quotas, uint32_t tenant, px_quota_kind kind, int change,
                         px_err *ret_err)
{
    px_quota *quota = find(quotas, tenant);

    if (!quota) {
        if (!PX_VEC_PUSH(&quotas->tenants, ((px_quota){ .tenant = tenant })))
            return px_no_memory(ret_err);
        quota = &quotas->tenants.ptr[quotas->tenants.len - 1];
    }
    quota->change[kind] += change;
    return PX_OK;
}

void px_quotas_commit(px_quotas *quotas)
{
    PX_VEC_EACH (&quotas->tenants, quota)
        for (int kind = 0; kind < PX_QUOTA_KINDS; kind++) {
            quota->used[kind] = (uint32_t)((int64_t)quota->used[kind] + quota->change[kind]);
            quota->change[kind] = 0;
        }
}

void px_quotas_rollback(px_quotas *quotas)
{
    PX_VEC_EACH (&quotas->tenants, quota)
        memset(quota->change, 0, sizeof(quota->change));
}
