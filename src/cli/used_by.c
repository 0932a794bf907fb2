/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/used_by.h"

const char *px_use_kind_name(px_use_kind kind)
{
    static const char *const names[] = { "extends", "Component", "Relationship" };

    return names[kind];
}

static bool extends(const px_model *model, px_str id)
{
    uint32_t count;
    const px_model *const *bases = px_model_extends(model, &count);

    for (uint32_t i = 0; i < count; i++)
        if (px_str_eq(px_model_id(bases[i]), id))
            return true;
    return false;
}

/* What a model inherits is its base's use. */
static bool visit(const px_model *model, px_str id, px_use_each *each, void *data)
{
    const px_layout *layout = px_model_layout(model);
    px_str own = px_model_id(model);
    const px_component *components;
    const px_relationship *relationships;
    uint32_t count;

    if (extends(model, id) && !each(data, &(px_use){ model, PX_USE_EXTENDS, { 0 } }))
        return false;
    components = px_layout_components(layout, &count);
    for (uint32_t i = 0; i < count; i++)
        if (px_str_eq(components[i].owner, own) &&
            px_str_eq(px_model_id(components[i].model), id) &&
            !each(data, &(px_use){ model, PX_USE_COMPONENT, components[i].name }))
            return false;
    relationships = px_layout_relationships(layout, &count);
    for (uint32_t i = 0; i < count; i++)
        if (px_str_eq(relationships[i].owner, own) && px_str_eq(relationships[i].target, id) &&
            !each(data, &(px_use){ model, PX_USE_TARGET, relationships[i].name }))
            return false;
    return true;
}

void px_used_by(const px_model_set *set, px_str id, px_use_each *each, void *data)
{
    for (size_t i = 0; i < set->count; i++)
        if (!visit(set->models[i], id, each, data))
            return;
}
