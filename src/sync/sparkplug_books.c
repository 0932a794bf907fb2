/* SPDX-License-Identifier: Apache-2.0 */
/* The edge nodes, devices and host applications that were heard of. None is forgotten but by a
 * restart; limits keep their number. */
#include "mqtt/topic.h"
#include "sync/sparkplug_inner.h"

px_sparkplug *px_sparkplug_new(void)
{
    px_sparkplug *s = px_zalloc(1, sizeof(*s));

    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->born_max = PX_SPARK_BORN_MAX;
    s->fed_max = PX_SPARK_FED_TENANT_MAX;
    return s;
}

bool pxi_spark_copy_text(px_str *to, px_str from)
{
    char *text = px_alloc(from.len + 1);

    if (!text)
        return false;
    memcpy(text, from.ptr, from.len);
    *to = px_str_of(text, from.len);
    return true;
}

void pxi_spark_free_text(px_str text)
{
    px_free((void *)(uintptr_t)text.ptr);
}

static bool owner_init(pxi_spark_owner *owner, px_str name, px_time now)
{
    px_spark_birth_init(&owner->birth);
    owner->since = now;
    return pxi_spark_copy_text(&owner->name, name);
}

static void owner_release(pxi_spark_node *node, pxi_spark_owner *owner)
{
    pxi_spark_forget_fed(NULL, node, owner);
    px_spark_birth_release(&owner->birth);
    pxi_spark_free_text(owner->name);
}

static void device_free(pxi_spark_node *node, pxi_spark_owner *device)
{
    owner_release(node, device);
    px_free(device);
}

static void node_free(pxi_spark_node *node)
{
    owner_release(node, &node->self);
    PX_VEC_EACH (&node->devices, device)
        device_free(node, *device);
    PX_VEC_RELEASE(&node->devices);
    pxi_spark_free_text(node->group);
    px_free(node);
}

void px_sparkplug_free(px_sparkplug *s)
{
    if (!s)
        return;
    PX_VEC_EACH (&s->nodes, node)
        node_free(*node);
    PX_VEC_EACH (&s->hosts, host)
        pxi_spark_free_text(host->name);
    pxi_spark_free_text(s->own_host);
    PX_VEC_RELEASE(&s->nodes);
    PX_VEC_RELEASE(&s->hosts);
    PX_VEC_RELEASE(&s->tenants);
    px_map_release(&s->by_name);
    px_map_release(&s->by_tenant);
    pthread_mutex_destroy(&s->lock);
    px_free(s);
}

pxi_spark_tenant *pxi_spark_tenant_of(px_sparkplug *s, uint32_t tenant)
{
    size_t at = px_map_first(&s->by_tenant, tenant); /* a number finds only itself */
    pxi_spark_tenant fresh = { .tenant = tenant };

    if (at != PX_MAP_END)
        return &s->tenants.ptr[s->by_tenant.values[at]];
    if (!px_map_reserve(&s->by_tenant, 1) || !PX_VEC_PUSH(&s->tenants, fresh))
        return NULL;
    (void)px_map_add(&s->by_tenant, tenant, (uint32_t)s->tenants.len - 1);
    return &s->tenants.ptr[s->tenants.len - 1];
}

static uint64_t hash_of(uint32_t tenant, px_str group, px_str node)
{
    return px_str_hash_seeded(node, px_str_hash_seeded(group, tenant));
}

pxi_spark_node *pxi_spark_find_named(px_sparkplug *s, uint32_t tenant, px_str group, px_str name)
{
    uint64_t hash = hash_of(tenant, group, name);

    for (size_t at = px_map_first(&s->by_name, hash); at != PX_MAP_END;
         at = px_map_next(&s->by_name, hash, at)) {
        pxi_spark_node *node = s->nodes.ptr[s->by_name.values[at]];

        if (node->tenant == tenant && px_str_eq(node->group, group) &&
            px_str_eq(node->self.name, name))
            return node;
    }
    return NULL;
}

pxi_spark_node *pxi_spark_find_node(px_sparkplug *s, const px_spark_message *m)
{
    return pxi_spark_find_named(s, m->tenant, m->topic.group, m->topic.node);
}

px_status pxi_spark_add_node(px_sparkplug *s, const px_spark_message *m, pxi_spark_node **ret_node,
                             px_err *ret_err)
{
    uint64_t hash = hash_of(m->tenant, m->topic.group, m->topic.node);
    pxi_spark_tenant *tenant = pxi_spark_tenant_of(s, m->tenant);
    pxi_spark_node *node;

    if (!tenant)
        return px_no_memory(ret_err);
    if (tenant->nodes >= PX_SPARK_NODES_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "sparkplug.nodes",
                          "there are %d edge nodes of Sparkplug already", PX_SPARK_NODES_MAX);
    node = px_zalloc(1, sizeof(*node));
    if (!node)
        return px_no_memory(ret_err);
    node->tenant = m->tenant;
    node->asked_at = PX_TIME_NONE;
    if (!owner_init(&node->self, m->topic.node, m->now) ||
        !pxi_spark_copy_text(&node->group, m->topic.group) ||
        !PX_VEC_RESERVE(&s->nodes, s->nodes.len + 1) ||
        !px_map_add(&s->by_name, hash, (uint32_t)s->nodes.len)) {
        node_free(node);
        return px_no_memory(ret_err);
    }
    s->nodes.ptr[s->nodes.len++] = node;
    tenant->nodes++;
    *ret_node = node;
    return PX_OK;
}

pxi_spark_owner *pxi_spark_find_device(pxi_spark_node *node, px_str name)
{
    PX_VEC_EACH (&node->devices, device) {
        if (px_str_eq((*device)->name, name))
            return *device;
    }
    return NULL;
}

px_status pxi_spark_add_device(pxi_spark_node *node, px_str name, px_time now,
                               pxi_spark_owner **ret_device, px_err *ret_err)
{
    pxi_spark_owner *device;

    if (node->devices.len >= PX_SPARK_DEVICES_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "sparkplug.devices",
                          "the edge node has %d devices already", PX_SPARK_DEVICES_MAX);
    device = px_zalloc(1, sizeof(*device));
    if (!device)
        return px_no_memory(ret_err);
    if (!owner_init(device, name, now) || !PX_VEC_PUSH(&node->devices, device)) {
        device_free(node, device);
        return px_no_memory(ret_err);
    }
    *ret_device = device;
    return PX_OK;
}

/* ---- host applications ---- */

pxi_spark_host *pxi_spark_find_host(px_sparkplug *s, uint32_t tenant, px_str name)
{
    PX_VEC_EACH (&s->hosts, host) {
        if (host->tenant == tenant && px_str_eq(host->name, name))
            return host;
    }
    return NULL;
}

px_status pxi_spark_add_host(px_sparkplug *s, const px_spark_message *m, pxi_spark_host **ret_host,
                             px_err *ret_err)
{
    pxi_spark_host host = { .tenant = m->tenant, .since = m->now };
    size_t count = 0;

    PX_VEC_EACH (&s->hosts, other)
        count += other->tenant == m->tenant;
    if (count >= PX_SPARK_HOSTS_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "sparkplug.hosts",
                          "there are %d host applications already", PX_SPARK_HOSTS_MAX);
    if (!pxi_spark_copy_text(&host.name, m->topic.host))
        return px_no_memory(ret_err);
    if (!PX_VEC_PUSH(&s->hosts, host)) {
        pxi_spark_free_text(host.name);
        return px_no_memory(ret_err);
    }
    *ret_host = &s->hosts.ptr[s->hosts.len - 1];
    return PX_OK;
}

px_status px_sparkplug_check_host(px_str name, px_err *ret_err)
{
    px_str rest = name;

    if (px_str_cut(&rest, '/').len != name.len || px_mqtt_topic_check(name) != PX_MQTT_SUCCESS)
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.host",
                          "'%.*s' is no id of a host application: one level of a topic, without "
                          "'/', '+' and '#'",
                          PX_FMT(name));
    return PX_OK;
}

px_status px_sparkplug_be_host(px_sparkplug *s, px_str name, px_time now, px_err *ret_err)
{
    PX_TRY(px_sparkplug_check_host(name, ret_err));
    if (!pxi_spark_copy_text(&s->own_host, name))
        return px_no_memory(ret_err);
    s->own_since = now;
    return PX_OK;
}

px_str px_sparkplug_own_host(const px_sparkplug *s, px_time *ret_since)
{
    *ret_since = s->own_since;
    return s->own_host;
}

/* ---- what is known ---- */

static px_spark_status status_of(const pxi_spark_node *node, const pxi_spark_owner *owner)
{
    px_spark_status status = { .group = node->group,
                               .node = node->self.name,
                               .is_online = owner->is_online,
                               .since = owner->since,
                               .metrics = owner->birth.count,
                               .bd_seq = node->bd_seq };

    if (owner != &node->self)
        status.device = owner->name;
    return status;
}

bool px_sparkplug_each(px_sparkplug *s, uint32_t tenant, size_t *at, size_t max,
                       void (*see)(void *ctx, const px_spark_status *status), void *ctx)
{
    bool has_more = false;

    pthread_mutex_lock(&s->lock);
    for (; *at < s->nodes.len; ++*at) {
        pxi_spark_node *node = s->nodes.ptr[*at];
        px_spark_status status = status_of(node, &node->self);

        if (node->tenant != tenant)
            continue;
        has_more = max == 0;
        if (has_more)
            break;
        max--;
        see(ctx, &status);
        PX_VEC_EACH (&node->devices, device) {
            status = status_of(node, *device);
            see(ctx, &status);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return has_more;
}

void px_sparkplug_each_host(px_sparkplug *s, uint32_t tenant,
                            void (*see)(void *ctx, const px_spark_status *status), void *ctx)
{
    px_spark_status own = { .node = s->own_host, .is_online = true, .since = s->own_since };

    if (s->own_host.len)
        see(ctx, &own);
    pthread_mutex_lock(&s->lock);
    PX_VEC_EACH (&s->hosts, host) {
        px_spark_status status = { .node = host->name,
                                   .is_online = host->is_online,
                                   .since = host->since };

        if (host->tenant == tenant)
            see(ctx, &status);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- deaths ---- */

/* The node itself, then its devices; NULL behind the last. */
static pxi_spark_owner *owner_at(pxi_spark_node *node, size_t index)
{
    if (index == 0)
        return &node->self;
    return index <= node->devices.len ? node->devices.ptr[index - 1] : NULL;
}

void px_sparkplug_each_ended(px_sparkplug *s, const px_spark_ending *ending,
                             void (*see)(void *ctx, const px_spark_ended *ended), void *ctx)
{
    pxi_spark_owner *owner;
    pxi_spark_node *node;

    pthread_mutex_lock(&s->lock);
    node = pxi_spark_find_named(s, ending->tenant, ending->group, ending->node);
    for (size_t i = 0; node && (owner = owner_at(node, i)); i++) {
        px_spark_ended ended = { .fed = owner->fed.ptr, .fed_count = owner->fed.len };

        if (owner->ending != ending->number)
            continue;
        ended.status = status_of(node, owner);
        see(ctx, &ended);
    }
    pthread_mutex_unlock(&s->lock);
}

void px_sparkplug_ended(px_sparkplug *s, const px_spark_ending *ending, bool is_written)
{
    pxi_spark_owner *owner;
    pxi_spark_node *node;

    pthread_mutex_lock(&s->lock);
    node = pxi_spark_find_named(s, ending->tenant, ending->group, ending->node);
    for (size_t i = 0; node && (owner = owner_at(node, i)); i++) {
        if (owner->ending != ending->number)
            continue;
        owner->ending = 0;
        owner->owes_end = !is_written;
        s->may_owe = s->may_owe || !is_written;
        if (is_written)
            pxi_spark_forget_fed(pxi_spark_tenant_of(s, ending->tenant), node, owner);
    }
    pthread_mutex_unlock(&s->lock);
}

static bool owes_ends(pxi_spark_node *node)
{
    pxi_spark_owner *owner;

    for (size_t i = 0; (owner = owner_at(node, i)); i++)
        if (owner->owes_end)
            return true;
    return false;
}

/* What it owes becomes an ending; false: no memory. */
static bool take_owed(px_sparkplug *s, pxi_spark_node *node, px_arena *arena,
                      px_spark_ending *ret_ending)
{
    px_str group = px_arena_str(arena, node->group), name = px_arena_str(arena, node->self.name);
    pxi_spark_owner *owner;

    if (!group.ptr || !name.ptr)
        return false;
    *ret_ending = (px_spark_ending){ node->tenant, group, name, ++s->endings };
    for (size_t i = 0; (owner = owner_at(node, i)); i++) {
        if (!owner->owes_end)
            continue;
        owner->owes_end = false;
        owner->ending = ret_ending->number;
    }
    return true;
}

bool px_sparkplug_take_owed(px_sparkplug *s, px_arena *arena, px_spark_ending *ret_ending)
{
    bool is_taken = false, is_found = false;

    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; s->may_owe && !is_found && i < s->nodes.len; i++) {
        pxi_spark_node *node = s->nodes.ptr[s->owed_at++ % s->nodes.len];

        is_found = owes_ends(node);
        if (is_found)
            is_taken = take_owed(s, node, arena, ret_ending);
    }
    s->may_owe = is_found;
    pthread_mutex_unlock(&s->lock);
    return is_taken;
}

px_sparkplug_stats px_sparkplug_stat(px_sparkplug *s)
{
    px_sparkplug_stats stats;

    pthread_mutex_lock(&s->lock);
    stats = s->stats;
    stats.nodes = s->nodes.len;
    PX_VEC_EACH (&s->nodes, node)
        stats.online += (*node)->self.is_online;
    pthread_mutex_unlock(&s->lock);
    return stats;
}
