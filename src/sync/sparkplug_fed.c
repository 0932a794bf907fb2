/* SPDX-License-Identifier: Apache-2.0 */
/* Which fields of which twins bindings fill with what an owner says: they end with it. */
#include "sync/sparkplug_inner.h"

/* ---- what is remembered of one owner ---- */

void pxi_spark_forget_fed(pxi_spark_tenant *tenant, pxi_spark_node *node, pxi_spark_owner *owner)
{
    PX_VEC_EACH (&owner->fed, fed) {
        node->fed -= fed->fields.len;
        if (tenant)
            tenant->fed -= fed->fields.len;
        PX_VEC_RELEASE(&fed->fields);
        px_free((void *)(uintptr_t)fed->twin.ptr);
    }
    PX_VEC_RELEASE(&owner->fed);
    px_map_release(&owner->fed_by_twin);
}

static px_spark_fed *find_fed(pxi_spark_owner *owner, px_str twin)
{
    uint64_t hash = px_str_hash(twin);

    for (size_t at = px_map_first(&owner->fed_by_twin, hash); at != PX_MAP_END;
         at = px_map_next(&owner->fed_by_twin, hash, at)) {
        px_spark_fed *fed = &owner->fed.ptr[owner->fed_by_twin.values[at]];

        if (px_str_eq(fed->twin, twin))
            return fed;
    }
    return NULL;
}

/* NULL: no memory. */
static px_spark_fed *add_fed(pxi_spark_owner *owner, px_str twin)
{
    px_spark_fed fed = { 0 };
    char *text;

    if (!PX_VEC_RESERVE(&owner->fed, owner->fed.len + 1) || !px_map_reserve(&owner->fed_by_twin, 1))
        return NULL;
    text = px_alloc(twin.len + 1);
    if (!text)
        return NULL;
    memcpy(text, twin.ptr, twin.len);
    fed.twin = px_str_of(text, twin.len);
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

static void tell(px_spark_fed_field *known, px_time told)
{
    if (told == PX_TIME_NONE || known->told == PX_TIME_NONE || told > known->told)
        known->told = told;
}

static bool is_full(const feeding *f)
{
    return f->node->fed >= PX_SPARK_FED_MAX || f->tenant->fed >= f->fed_max;
}

static void add_field(feeding *f, px_spark_fed *fed, uint32_t field, px_time told)
{
    size_t at = place_of(fed, field);

    if (at < fed->fields.len && fed->fields.ptr[at].field == field) {
        tell(&fed->fields.ptr[at], told);
        return;
    }
    if (is_full(f) || !PX_VEC_RESERVE(&fed->fields, fed->fields.len + 1)) {
        f->left_out++;
        return;
    }
    memmove(fed->fields.ptr + at + 1, fed->fields.ptr + at,
            (fed->fields.len - at) * sizeof(*fed->fields.ptr));
    fed->fields.ptr[at] = (px_spark_fed_field){ field, told };
    fed->fields.len++;
    f->node->fed++;
    f->tenant->fed++;
}

/* What it filled of another model is nothing to this one. */
static void begin_model(feeding *f, px_spark_fed *fed, uint32_t model_no)
{
    if (fed->model_no == model_no)
        return;
    f->node->fed -= fed->fields.len;
    f->tenant->fed -= fed->fields.len;
    fed->fields.len = 0;
    fed->model_no = model_no;
}

static size_t count_fields(const px_request *item)
{
    size_t count = 0;

    for (size_t i = 0; i < item->sample_count; i++)
        count += item->samples[i].field_count;
    return count;
}

static void feed(feeding *f, const px_request *item)
{
    px_spark_fed *fed = find_fed(f->owner, item->id);
    size_t count = count_fields(item);

    if (!fed && count > 0 && !is_full(f))
        fed = add_fed(f->owner, item->id);
    if (!fed) {
        f->left_out += count;
        return;
    }
    begin_model(f, fed, item->model_no);
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
                       const px_request *items, size_t count)
{
    feeding f = { .fed_max = s->fed_max };

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
