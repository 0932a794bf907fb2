/* SPDX-License-Identifier: Apache-2.0 */
/* Which fields of which twins bindings fill with what an owner says: they end with it. */
#include "sync/sparkplug_inner.h"

/* ---- what is remembered of one owner ---- */

static void release_fed(pxi_spark_tenant *tenant, pxi_spark_node *node, px_spark_fed *fed)
{
    node->fed -= fed->fields.len;
    if (tenant)
        tenant->fed -= fed->fields.len;
    PX_VEC_RELEASE(&fed->fields);
    pxi_spark_free_text(fed->twin);
}

void pxi_spark_forget_fed(pxi_spark_tenant *tenant, pxi_spark_node *node, pxi_spark_owner *owner)
{
    PX_VEC_EACH (&owner->fed, fed)
        release_fed(tenant, node, fed);
    PX_VEC_RELEASE(&owner->fed);
    px_map_release(&owner->fed_by_twin);
}

/* Of each model that the twin had meanwhile one: who moved it took its values along. */
static px_spark_fed *find_fed(pxi_spark_owner *owner, px_str twin, uint32_t model_no)
{
    uint64_t hash = px_str_hash(twin);

    for (size_t at = px_map_first(&owner->fed_by_twin, hash); at != PX_MAP_END;
         at = px_map_next(&owner->fed_by_twin, hash, at)) {
        px_spark_fed *fed = &owner->fed.ptr[owner->fed_by_twin.values[at]];

        if (fed->model_no == model_no && px_str_eq(fed->twin, twin))
            return fed;
    }
    return NULL;
}

/* NULL: no memory. */
static px_spark_fed *add_fed(pxi_spark_owner *owner, px_str twin, uint32_t model_no)
{
    px_spark_fed fed = { .model_no = model_no };

    if (!PX_VEC_RESERVE(&owner->fed, owner->fed.len + 1) ||
        !px_map_reserve(&owner->fed_by_twin, 1) || !pxi_spark_copy_text(&fed.twin, twin))
        return NULL;
    (void)px_map_add(&owner->fed_by_twin, px_str_hash(twin), (uint32_t)owner->fed.len);
    owner->fed.ptr[owner->fed.len] = fed;
    return &owner->fed.ptr[owner->fed.len++];
}

/* ---- one call ---- */

typedef struct feeding {
    pxi_spark_tenant *tenant;
    pxi_spark_node *node;
    pxi_spark_owner *owner;
    size_t fed_max; /* of the tenant */
    bool is_written;
    uint64_t left_out;
} feeding;

/* Where it is, or belongs. */
static size_t place_of(const px_spark_fed *fed, uint32_t field)
{
    size_t low = 0, high = fed->fields.len;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (fed->fields.ptr[middle].field < field)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void tell(const feeding *f, px_spark_fed_field *known, px_time told)
{
    if (!f->is_written) {
        known->sent = told;
        return;
    }
    known->last = told;
    if (known->newest == PX_TIME_NONE || (told != PX_TIME_NONE && told > known->newest))
        known->newest = told;
}

static bool is_full(const feeding *f)
{
    return f->node->fed >= PX_SPARK_FED_MAX || f->tenant->fed >= f->fed_max;
}

static void add_field(feeding *f, px_spark_fed *fed, uint32_t field, px_time told)
{
    size_t at = place_of(fed, field);

    if (at < fed->fields.len && fed->fields.ptr[at].field == field) {
        tell(f, &fed->fields.ptr[at], told);
        return;
    }
    if (f->is_written) /* it was counted when it was sent, or has ended since */
        return;
    if (is_full(f) || !PX_VEC_RESERVE(&fed->fields, fed->fields.len + 1)) {
        f->left_out++;
        return;
    }
    memmove(fed->fields.ptr + at + 1, fed->fields.ptr + at,
            (fed->fields.len - at) * sizeof(*fed->fields.ptr));
    fed->fields.ptr[at] = (px_spark_fed_field){ field, told, told, told };
    fed->fields.len++;
    f->node->fed++;
    f->tenant->fed++;
}

static size_t count_fields(const px_request *item)
{
    size_t count = 0;

    for (size_t i = 0; i < item->sample_count; i++)
        count += item->samples[i].field_count;
    return count;
}

/* What was not filled since the last birth makes room, once for each. */
static void sweep(feeding *f)
{
    pxi_spark_owner *owner = f->owner;
    size_t kept = 0;

    if (owner->swept == owner->births)
        return;
    owner->swept = owner->births;
    px_map_clear(&owner->fed_by_twin);
    PX_VEC_EACH (&owner->fed, fed) {
        if (fed->births != owner->births) {
            release_fed(f->tenant, f->node, fed);
            continue;
        }
        (void)px_map_add(&owner->fed_by_twin, px_str_hash(fed->twin), (uint32_t)kept);
        owner->fed.ptr[kept++] = *fed;
    }
    owner->fed.len = kept;
}

static px_spark_fed *fed_of(feeding *f, const px_request *item, size_t count)
{
    px_spark_fed *fed = find_fed(f->owner, item->id, item->model_no);

    if (fed || f->is_written || count == 0)
        return fed;
    if (is_full(f))
        sweep(f);
    return is_full(f) ? NULL : add_fed(f->owner, item->id, item->model_no);
}

static void feed(feeding *f, const px_request *item)
{
    size_t count = count_fields(item);
    px_spark_fed *fed = fed_of(f, item, count);

    if (!fed) {
        f->left_out += f->is_written ? 0 : count;
        return;
    }
    fed->births = f->owner->births;
    for (size_t i = 0; i < item->sample_count; i++) {
        const px_sample *sample = &item->samples[i];

        for (size_t j = 0; j < sample->field_count; j++)
            add_field(f, fed, sample->fields[j].field,
                      sample->fields[j].source_time != PX_TIME_NONE ? sample->fields[j].source_time
                                                                    : sample->source_time);
    }
}

static pxi_spark_owner *owner_of(pxi_spark_node *node, px_str device)
{
    return device.len ? pxi_spark_find_device(node, device) : &node->self;
}

void px_sparkplug_feed(px_sparkplug *s, uint32_t tenant, const px_spark_topic *topic,
                       bool is_written, const px_request *items, size_t count)
{
    feeding f = { .fed_max = s->fed_max, .is_written = is_written };

    pthread_mutex_lock(&s->lock);
    f.tenant = pxi_spark_tenant_of(s, tenant);
    f.node = pxi_spark_find_named(s, tenant, topic->group, topic->node);
    f.owner = f.node ? owner_of(f.node, topic->device) : NULL;
    for (size_t i = 0; f.tenant && f.owner && i < count; i++)
        if (items[i].kind == PX_REQUEST_DEVICE_MESSAGE)
            feed(&f, &items[i]);
    s->stats.left_out += f.left_out;
    pthread_mutex_unlock(&s->lock);
}
