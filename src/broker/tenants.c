/* SPDX-License-Identifier: Apache-2.0 */
/* What each tenant has of its own: the tree of filters, and that of topics with a retained message.
 */
#include "broker/internal.h"

px_broker_tenant *pxi_tenant(px_broker *b, uint32_t tenant, bool make)
{
    px_broker_tenant fresh = { .tenant = tenant };

    PX_VEC_EACH (&b->tenants, t)
        if (t->tenant == tenant)
            return t;
    if (!make || !PX_VEC_RESERVE(&b->tenants, b->tenants.len + 1))
        return NULL;
    /* the limits that count are kept by filters.c, and a group is one of nobody's */
    fresh.subs =
        px_mqtt_subs_new((px_mqtt_subs_opts){ .in_all_max = 2 * PX_MQTT_TENANT_SUBSCRIPTIONS_MAX });
    fresh.retained = px_retained_new();
    if (!fresh.subs || !fresh.retained) {
        px_mqtt_subs_free(fresh.subs);
        px_retained_free(fresh.retained);
        return NULL;
    }
    PX_VEC_PUSH(&b->tenants, fresh);
    return &b->tenants.ptr[b->tenants.len - 1];
}

void pxi_tenants_release(px_broker *b)
{
    PX_VEC_EACH (&b->tenants, t) {
        px_mqtt_subs_free(t->subs);
        px_retained_free(t->retained);
    }
    PX_VEC_RELEASE(&b->tenants);
}
