/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How much each tenant has, against what it may have. Part of the state: counted where events are
 * folded, so a restart comes to the same figures. Room-internal. Threads: the writer.
 */
#ifndef PX_ENGINE_QUOTA_H
#define PX_ENGINE_QUOTA_H

#include "base/vec.h"

typedef enum px_quota_kind {
    PX_QUOTA_TWINS,
    PX_QUOTA_RELATIONSHIPS,
    PX_QUOTA_DOCUMENTS, /* devices above all */
    PX_QUOTA_MODELS,
    PX_QUOTA_ANSWERS, /* kept under an Idempotency-Key: how many, and their bodies together */
    PX_QUOTA_ANSWER_BYTES,
    PX_QUOTA_KINDS
} px_quota_kind;

typedef struct px_quota {
    uint32_t tenant;
    uint32_t used[PX_QUOTA_KINDS];
    int32_t change[PX_QUOTA_KINDS]; /* of the open batch */
} px_quota;

typedef struct px_quotas {
    PX_VEC(px_quota) tenants;
    uint32_t max[PX_QUOTA_KINDS]; /* of each tenant */
} px_quotas;

void px_quotas_init(px_quotas *quotas); /* the limits of limits.h */
/* Other limits, of a stricter server and of tests; 0 keeps one. What is there already stays. */
void px_quotas_limit(px_quotas *quotas, uint32_t twins, uint32_t relationships, uint32_t models);
void px_quotas_release(px_quotas *quotas);

/* PX_LIMIT (quota.twins …) when the tenant may not have `more` of them, the open batch included. */
PX_NODISCARD px_status px_quota_check(const px_quotas *quotas, uint32_t tenant, px_quota_kind kind,
                                      uint32_t more, px_err *ret_err);
/* One more (1) or one less (-1) in the open batch. */
PX_NODISCARD px_status px_quota_count(px_quotas *quotas, uint32_t tenant, px_quota_kind kind,
                                      int change, px_err *ret_err);
void px_quotas_commit(px_quotas *quotas);
void px_quotas_rollback(px_quotas *quotas);

#endif
