/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug_birth.h"

#include <string.h>

enum { BIRTH_BYTES_MAX = 4 * 1024 * 1024 };

void px_spark_birth_init(px_spark_birth *birth)
{
    *birth = (px_spark_birth){ 0 };
    px_arena_init(&birth->arena, BIRTH_BYTES_MAX);
}

void px_spark_birth_release(px_spark_birth *birth)
{
    px_arena_release(&birth->arena);
    px_map_release(&birth->by_name);
    px_map_release(&birth->by_alias);
    birth->defs = NULL;
    birth->count = 0;
    birth->is_resolved = false;
}

static uint64_t hash_of_alias(uint64_t alias)
{
    uint64_t hash = alias * UINT64_C(0x9E3779B97F4A7C15);

    return hash ^ hash >> 32; /* places are told by the low bits */
}

static px_spark_def *find_name(const px_spark_birth *birth, px_str name)
{
    uint64_t hash = px_str_hash(name);

    for (size_t at = px_map_first(&birth->by_name, hash); at != PX_MAP_END;
         at = px_map_next(&birth->by_name, hash, at)) {
        px_spark_def *def = &birth->defs[birth->by_name.values[at]];

        if (px_str_eq(def->name, name))
            return def;
    }
    return NULL;
}

static px_spark_def *find_alias(const px_spark_birth *birth, uint64_t alias)
{
    uint64_t hash = hash_of_alias(alias);

    for (size_t at = px_map_first(&birth->by_alias, hash); at != PX_MAP_END;
         at = px_map_next(&birth->by_alias, hash, at)) {
        px_spark_def *def = &birth->defs[birth->by_alias.values[at]];

        if (def->alias == alias)
            return def;
    }
    return NULL;
}

px_spark_def *px_spark_birth_find(const px_spark_birth *birth, const px_spark_metric *metric)
{
    if (metric->name.len > 0)
        return find_name(birth, metric->name);
    return metric->has_alias ? find_alias(birth, metric->alias) : NULL;
}

/* ---- defining ---- */

static bool is_control(px_str name)
{
    return px_str_eq(name, PX_STR("bdSeq")) || px_str_starts(name, PX_STR("Node Control/")) ||
           px_str_starts(name, PX_STR("Device Control/"));
}

static px_status define_alias(px_spark_birth *birth, const px_spark_metric *m, uint32_t index,
                              px_err *ret_err)
{
    if (!m->has_alias)
        return PX_OK;
    if (find_alias(birth, m->alias))
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.alias",
                          "alias %llu stands for '%.*s' and for another metric of this birth",
                          (unsigned long long)m->alias, PX_FMT(m->name));
    birth->defs[index].alias = m->alias;
    if (!px_map_add(&birth->by_alias, hash_of_alias(m->alias), index))
        return px_no_memory(ret_err);
    return PX_OK;
}

static px_status define(px_spark_birth *birth, const px_spark_metric *m, px_err *ret_err)
{
    px_spark_def *def = &birth->defs[birth->count];

    if (m->name.len == 0)
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.birth",
                          "metric %zu of this birth has no name", birth->count + 1);
    if (m->type == PX_SPARK_Unknown || m->type >= PX_SPARK_TYPE_COUNT)
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.birth",
                          "metric '%.*s' of this birth has no type", PX_FMT(m->name));
    if (find_name(birth, m->name))
        return px_fail_id(ret_err, PX_INVALID, "sparkplug.birth",
                          "metric '%.*s' stands twice in this birth", PX_FMT(m->name));
    *def = (px_spark_def){ .name = px_arena_str(&birth->arena, m->name),
                           .type = m->type,
                           .is_control = is_control(m->name) };
    if (!def->name.ptr)
        return px_arena_fail(&birth->arena, ret_err);
    PX_TRY(define_alias(birth, m, (uint32_t)birth->count, ret_err));
    if (!px_map_add(&birth->by_name, px_str_hash(m->name), (uint32_t)birth->count))
        return px_no_memory(ret_err);
    birth->count++;
    return PX_OK;
}

static void forget(px_spark_birth *birth)
{
    px_arena_reset(&birth->arena);
    px_map_clear(&birth->by_name);
    px_map_clear(&birth->by_alias);
    birth->defs = NULL;
    birth->count = 0;
    birth->is_resolved = false;
}

px_status px_spark_birth_define(px_spark_birth *birth, const px_spark_payload *payload,
                                px_err *ret_err)
{
    px_status status = PX_OK;

    forget(birth);
    birth->defs = px_arena_alloc(&birth->arena, (payload->metric_count + 1) * sizeof(px_spark_def));
    if (!birth->defs)
        return px_arena_fail(&birth->arena, ret_err);
    for (size_t i = 0; i < payload->metric_count && status == PX_OK; i++)
        status = define(birth, &payload->metrics[i], ret_err);
    if (status != PX_OK)
        forget(birth);
    return status;
}

/* ---- fields ---- */

/* As a name of DTDL has them: letters, digits and `_`. */
static px_str dtdl_name(px_str name, char *room)
{
    for (size_t i = 0; i < name.len; i++)
        room[i] = px_is_letter(name.ptr[i]) || px_is_digit(name.ptr[i]) ? name.ptr[i] : '_';
    return px_str_of(room, name.len);
}

static const px_field *find_field(const px_layout *layout, px_str name)
{
    char room[PX_SPARK_NAME_BYTES_MAX];
    const px_field *field = px_layout_find(layout, PX_NO_COMPONENT, name);
    const char *slash = memrchr(name.ptr, '/', name.len);
    px_str folder;
    uint32_t component;

    if (field)
        return field;
    if (slash) {
        folder = dtdl_name(px_str_of(name.ptr, (size_t)(slash - name.ptr)), room);
        component = px_layout_component_find(layout, folder);
        if (component != PX_NO_COMPONENT)
            field = px_layout_find(layout, component,
                                   dtdl_name(px_str_skip(name, folder.len + 1), room));
    }
    return field ? field : px_layout_find(layout, PX_NO_COMPONENT, dtdl_name(name, room));
}

bool px_spark_birth_resolve(px_spark_birth *birth, const px_layout *layout, uint32_t model_no)
{
    px_map taken = { 0 };
    bool good = true;

    if (birth->is_resolved && birth->model_no == model_no)
        return true;
    for (size_t i = 0; i < birth->count && good; i++) {
        px_spark_def *def = &birth->defs[i];
        const px_field *field = def->is_control ? NULL : find_field(layout, def->name);

        def->stamp = 0;
        if (field && px_map_first(&taken, field->index) != PX_MAP_END)
            field = NULL;
        def->field = field ? field->index : PX_SPARK_NO_FIELD;
        good = !field || px_map_add(&taken, field->index, (uint32_t)i);
    }
    px_map_release(&taken);
    birth->is_resolved = good;
    birth->model_no = model_no;
    return good;
}
