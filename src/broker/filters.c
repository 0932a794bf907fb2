/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subscriptions of any owner. A shared one stands in the tree once, as a group that is its own
 * owner; whose turn it is is asked when a message comes.
 */
#include "broker/internal.h"

/* ---- groups ---- */

static uint64_t hash_group(uint32_t tenant, px_str share, px_str filter)
{
    return px_str_hash(share) * 31 ^ px_str_hash(filter) ^ tenant;
}

static px_group *find_group(px_broker *b, uint32_t tenant, px_str share, px_str filter,
                            uint32_t *ret_slot)
{
    uint64_t hash = hash_group(tenant, share, filter);

    for (size_t at = px_map_first(&b->groups_by_name, hash); at != PX_MAP_END;
         at = px_map_next(&b->groups_by_name, hash, at)) {
        px_group *g = b->groups.ptr[b->groups_by_name.values[at]];

        *ret_slot = b->groups_by_name.values[at];
        if (g->tenant == tenant && px_str_eq(g->share, share) && px_str_eq(g->filter, filter))
            return g;
    }
    return NULL;
}

/* Where the groups of an owner are found by. */
static uint64_t hash_owner(uint64_t owner)
{
    return px_str_hash(px_str_of((const char *)&owner, sizeof(owner)));
}

static void free_group(px_group *g)
{
    pxi_text_free(g->share);
    pxi_text_free(g->filter);
    PX_VEC_RELEASE(&g->members);
    px_free(g);
}

static px_group *make_group(px_broker *b, uint32_t tenant, px_str share, px_str filter,
                            uint32_t *ret_slot)
{
    px_group *g = px_zalloc(1, sizeof(*g));

    if (!g || !pxi_text_copy(&g->share, share) || !pxi_text_copy(&g->filter, filter) ||
        !px_map_reserve(&b->groups_by_name, 1) ||
        !PX_VEC_RESERVE(&b->free_groups, b->groups.len + 1) ||
        (b->free_groups.len == 0 && !PX_VEC_PUSH(&b->groups, NULL))) {
        if (g)
            free_group(g);
        return NULL;
    }
    *ret_slot = b->free_groups.len ? b->free_groups.ptr[--b->free_groups.len]
                                   : (uint32_t)(b->groups.len - 1);
    g->tenant = tenant;
    b->groups.ptr[*ret_slot] = g;
    px_map_add(&b->groups_by_name, hash_group(tenant, share, filter), *ret_slot);
    return g;
}

static void drop_group(px_broker *b, uint32_t slot)
{
    px_group *g = b->groups.ptr[slot];
    px_broker_tenant *t = pxi_tenant(b, g->tenant, false);

    if (t)
        px_mqtt_subs_remove(t->subs, g->filter, PXI_OWNER_GROUP | slot);
    px_map_remove(&b->groups_by_name, hash_group(g->tenant, g->share, g->filter), slot);
    b->groups.ptr[slot] = NULL;
    b->free_groups.ptr[b->free_groups.len++] = slot;
    free_group(g);
}

static uint32_t *count_of(px_broker_tenant *t, uint64_t owner)
{
    return &t->filter_count[(owner & PXI_OWNER_SESSION) != 0];
}

static px_member *find_member(px_group *g, uint64_t owner)
{
    PX_VEC_EACH (&g->members, m)
        if (m->owner == owner)
            return m;
    return NULL;
}

/* Sessions are counted for themselves, and connections for themselves: a session's place in a group
 * has to be the same when the journal is folded again, with nobody connected. */
static bool is_full(const px_group *g, uint64_t owner)
{
    size_t count = 0;

    PX_VEC_EACH (&g->members, m)
        count += ((m->owner ^ owner) & PXI_OWNER_SESSION) == 0;
    return count >= PX_MQTT_SHARE_MEMBERS_MAX;
}

static px_status join(px_broker *b, px_broker_tenant *t, uint64_t owner, const px_filter_record *f,
                      bool *ret_is_new, px_err *ret_err)
{
    px_member member = { owner, f->id, f->qos, f->retain_as_published };
    uint32_t slot;
    px_group *g = find_group(b, t->tenant, f->share, f->text, &slot);
    px_member *old = g ? find_member(g, owner) : NULL;
    px_mqtt_sub sub = { .qos = 2, .retain_as_published = true };
    bool is_new;
    px_status status = PX_OK;

    *ret_is_new = !old;
    if (old) {
        *old = member;
        return PX_OK;
    }
    if (g && is_full(g, owner))
        return px_fail_id(ret_err, PX_LIMIT, "mqtt.share", "a share has at most %d members",
                          PX_MQTT_SHARE_MEMBERS_MAX);
    if (!g) {
        g = make_group(b, t->tenant, f->share, f->text, &slot);
        if (!g)
            return px_no_memory(ret_err);
        sub.owner = PXI_OWNER_GROUP | slot;
        status = px_mqtt_subs_add(t->subs, f->text, sub, &is_new, ret_err);
    }
    if (status == PX_OK &&
        (!px_map_reserve(&b->groups_by_member, 1) || !PX_VEC_PUSH(&g->members, member)))
        status = px_no_memory(ret_err);
    if (status == PX_OK)
        px_map_add(&b->groups_by_member, hash_owner(owner), slot);
    if (g->members.len == 0)
        drop_group(b, slot);
    return status;
}

static bool leave(px_broker *b, uint32_t slot, uint64_t owner)
{
    px_group *g = b->groups.ptr[slot];
    px_member *m = find_member(g, owner);

    if (!m)
        return false;
    *m = g->members.ptr[--g->members.len];
    px_map_remove(&b->groups_by_member, hash_owner(owner), slot);
    --*count_of(pxi_tenant(b, g->tenant, false), owner);
    if (g->members.len == 0)
        drop_group(b, slot);
    return true;
}

static bool is_here(px_broker *b, const px_member *m)
{
    return !(m->owner & PXI_OWNER_SESSION) || b->sessions.ptr[m->owner & UINT32_MAX]->is_online;
}

bool pxi_group_pick(px_broker *b, uint64_t owner, px_member *ret_member)
{
    px_group *g = b->groups.ptr[owner & UINT32_MAX];
    size_t turn;

    if (!g || g->members.len == 0)
        return false;
    turn = atomic_fetch_add_explicit(&g->turn, 1, memory_order_relaxed);
    *ret_member = g->members.ptr[turn % g->members.len];
    for (size_t i = 0; i < g->members.len; i++) {
        const px_member *m = &g->members.ptr[(turn + i) % g->members.len];

        if (!is_here(b, m))
            continue;
        *ret_member = *m;
        break;
    }
    return true;
}

void pxi_groups_release(px_broker *b)
{
    PX_VEC_EACH (&b->groups, g)
        if (*g)
            free_group(*g);
    PX_VEC_RELEASE(&b->groups);
    PX_VEC_RELEASE(&b->free_groups);
    px_map_release(&b->groups_by_name);
    px_map_release(&b->groups_by_member);
}

/* ---- any subscription ---- */

px_status pxi_filter_add(px_broker *b, uint32_t tenant, uint64_t owner, const px_filter_record *f,
                         bool *ret_is_new, px_err *ret_err)
{
    px_broker_tenant *t = pxi_tenant(b, tenant, true);
    px_mqtt_sub sub = { .owner = owner,
                        .id = f->id,
                        .qos = f->qos,
                        .no_local = f->no_local,
                        .retain_as_published = f->retain_as_published };

    if (!t)
        return px_no_memory(ret_err);
    if (f->share.len)
        PX_TRY(join(b, t, owner, f, ret_is_new, ret_err));
    else
        PX_TRY(px_mqtt_subs_add(t->subs, f->text, sub, ret_is_new, ret_err));
    *count_of(t, owner) += *ret_is_new;
    if (*count_of(t, owner) <= PX_MQTT_TENANT_SUBSCRIPTIONS_MAX)
        return PX_OK;
    (void)pxi_filter_remove(b, tenant, owner, f->text, f->share);
    return px_fail_id(ret_err, PX_LIMIT, "mqtt.tenant_subscriptions",
                      "a tenant has at most %d subscriptions", PX_MQTT_TENANT_SUBSCRIPTIONS_MAX);
}

bool pxi_filter_remove(px_broker *b, uint32_t tenant, uint64_t owner, px_str text, px_str share)
{
    px_broker_tenant *t = pxi_tenant(b, tenant, false);
    uint32_t slot;

    if (!t)
        return false;
    if (share.len == 0) {
        bool had = px_mqtt_subs_remove(t->subs, text, owner);

        *count_of(t, owner) -= had;
        return had;
    }
    return find_group(b, tenant, share, text, &slot) && leave(b, slot, owner);
}

void pxi_filters_drop(px_broker *b, uint32_t tenant, uint64_t owner)
{
    px_broker_tenant *t = pxi_tenant(b, tenant, false);
    uint64_t hash = hash_owner(owner);

    if (!t)
        return;
    *count_of(t, owner) -= (uint32_t)px_mqtt_subs_drop(t->subs, owner);
    for (size_t at = px_map_first(&b->groups_by_member, hash); at != PX_MAP_END;
         at = px_map_next(&b->groups_by_member, hash, at)) /* leaving moves no other place */
        (void)leave(b, b->groups_by_member.values[at], owner);
}

/* ---- what a session remembers ---- */

static px_filter_record *find_filter(px_session *s, px_str text, px_str share)
{
    PX_VEC_EACH (&s->filters, f)
        if (px_str_eq(f->text, text) && px_str_eq(f->share, share))
            return f;
    return NULL;
}

bool pxi_session_has_place(px_session *s, const px_filter_record *f)
{
    return s->filters.len < PX_MQTT_SUBSCRIPTIONS_MAX || find_filter(s, f->text, f->share);
}

bool pxi_session_keep_filter(px_session *s, const px_filter_record *f)
{
    px_filter_record *old = find_filter(s, f->text, f->share), copy = *f;

    if (old) {
        copy.text = old->text;
        copy.share = old->share;
        *old = copy;
        return true;
    }
    if (!pxi_text_copy(&copy.text, f->text))
        return false;
    if (!pxi_text_copy(&copy.share, f->share)) {
        pxi_text_free(copy.text);
        return false;
    }
    if (PX_VEC_PUSH(&s->filters, copy))
        return true;
    pxi_text_free(copy.text);
    pxi_text_free(copy.share);
    return false;
}

bool pxi_session_lose_filter(px_session *s, px_str text, px_str share)
{
    px_filter_record *f = find_filter(s, text, share);

    if (!f)
        return false;
    pxi_text_free(f->text);
    pxi_text_free(f->share);
    *f = s->filters.ptr[--s->filters.len];
    return true;
}
