/* SPDX-License-Identifier: Apache-2.0 */
/* Property indexes against a look at every twin of the same state. */
#include "spine.h"
#include "twin/property.h"

static const char *const wishes[] = { "{\"property\":\"rate\"}",
                                      "{\"property\":\"note\",\"model\":\"dtmi:sim:Unit;1\"}" };

void spine_ask_for_indexes(px_world *world, uint32_t tenant)
{
    for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
        px_document_write write = { .kind = PX_STR("property-index"),
                                    .id = i ? PX_STR("note") : PX_STR("rate"),
                                    .body = px_str_c(wishes[i]) };
        px_request request = { .kind = PX_REQUEST_DOCUMENTS,
                               .principal = spine_principal(world, tenant),
                               .documents = &write,
                               .document_count = 1 };
        px_result result = px_world_do(world, &request);

        CHECK_OK(result.status, &result.err);
    }
}

/* What the index has to have of the twin. */
static bool value_of(const spine *s, const px_twin *twin, const px_property_info *info,
                     px_value *ret_value)
{
    const px_model *model =
        px_registry_model(px_engine_registry(s->real.engine), px_twin_model(twin));
    const px_field *field = model ? px_layout_find_path(px_model_layout(model), info->path) : NULL;
    px_slot slot;

    if (!field || (info->model.len && !px_model_is_a(model, info->model)) ||
        !px_twin_slot(twin, field->index, &slot))
        return false;
    *ret_value = slot.value;
    return true;
}

static bool is_found(const px_view *view, const px_property_index *index, const px_twin *twin,
                     px_value value)
{
    px_property_range range;
    px_property_walk at;

    CHECK(px_property_range_of(PX_PROPERTY_EQUAL, value, &range));
    at = px_property_walk_of(view, index, &range);
    for (px_property_hit hit; px_property_next(&at, &hit);)
        if (hit.no == px_twin_number(twin))
            return true;
    return false;
}

static void check(const spine *s, const px_view *view, uint32_t tenant,
                  const px_property_index *index)
{
    px_property_info info = px_property_tell(index);
    px_twins all = px_twins_of(view, tenant, NULL, 0);
    uint64_t entries = 0;

    if (info.state != PX_PROPERTY_READY)
        return;
    for (const px_twin *twin; (twin = px_twins_next(&all));) {
        px_value value;

        if (!value_of(s, twin, &info, &value))
            continue;
        entries++;
        if (!is_found(view, index, twin, value))
            spine_fail(s, "the index of %.*s does not have twin %.*s", PX_FMT(info.path),
                       PX_FMT(px_twin_id(twin)));
    }
    if (entries != info.entries)
        spine_fail(s, "the index of %.*s has %llu twins, and there are %llu", PX_FMT(info.path),
                   (unsigned long long)info.entries, (unsigned long long)entries);
}

void spine_check_indexes(const spine *s, const px_view *view)
{
    const px_property_index *index;

    for (uint32_t tenant = 1; tenant <= SPINE_TENANTS; tenant++)
        for (uint32_t at = 0; (index = px_view_property(view, tenant, at)); at++)
            check(s, view, tenant, index);
}

void spine_check_indexes_of(const spine *s, px_graph *graph)
{
    px_snapshot *snapshot;
    px_err err;

    CHECK_OK(px_graph_snapshot(graph, &snapshot, &err), &err);
    spine_check_indexes(s, px_snapshot_view(snapshot));
    px_snapshot_release(snapshot);
}
