/* SPDX-License-Identifier: Apache-2.0 */
#include "model/walk.h"

enum { DEPTH_MAX = 64 }; /* more than any limits context takes */

typedef struct walk {
    px_model_visit *visit;
    void *data;
    uint32_t items;
    const px_schema *around[DEPTH_MAX]; /* the schemas that the present one stands in */
} walk;

const char *px_item_word(px_item_kind kind)
{
    static const char *const words[] = {
#define X(name, word) [PX_ITEM_##name] = word,
        PX_ITEM_MAP(X)
#undef X
    };

    return words[kind];
}

static bool visit_schema(walk *w, const px_schema *schema, uint32_t depth);

static bool stands_around(const walk *w, const px_schema *schema, uint32_t depth)
{
    for (uint32_t i = 0; i < depth; i++)
        if (w->around[i] == schema)
            return true;
    return depth >= DEPTH_MAX;
}

/* The item, and what its schema holds. */
static bool visit_item(walk *w, px_model_item item)
{
    if (++w->items > PX_MODEL_WALK_ITEMS_MAX)
        return false;
    item.repeated = item.schema && stands_around(w, item.schema, item.depth);
    if (!w->visit(w->data, &item))
        return false;
    return !item.schema || item.repeated || visit_schema(w, item.schema, item.depth);
}

static bool visit_fields(walk *w, const px_schema *schema, uint32_t depth)
{
    for (uint32_t i = 0; i < schema->field_count; i++) {
        const px_schema_field *field = &schema->fields[i];

        if (!visit_item(w, (px_model_item){ .kind = PX_ITEM_FIELD,
                                            .depth = depth,
                                            .name = field->name,
                                            .unit = field->unit,
                                            .display_names = field->display_names,
                                            .schema = field->schema }))
            return false;
    }
    return true;
}

static bool visit_values(walk *w, const px_schema *schema, uint32_t depth)
{
    for (uint32_t i = 0; i < schema->enum_value_count; i++) {
        const px_enum_value *value = &schema->enum_values[i];

        if (!visit_item(w, (px_model_item){ .kind = PX_ITEM_ENUM_VALUE,
                                            .depth = depth,
                                            .name = value->name,
                                            .display_names = value->display_names,
                                            .enum_value = value }))
            return false;
    }
    return true;
}

/* What stands inside a schema; plain ones have nothing in them. */
static bool visit_schema(walk *w, const px_schema *schema, uint32_t depth)
{
    w->around[depth] = schema;
    switch (schema->kind) {
    case PX_SCHEMA_OBJECT:
        return visit_fields(w, schema, depth + 1);
    case PX_SCHEMA_ENUM:
        return visit_values(w, schema, depth + 1);
    case PX_SCHEMA_ARRAY:
        return visit_item(w, (px_model_item){ .kind = PX_ITEM_ELEMENT,
                                              .depth = depth + 1,
                                              .schema = schema->element });
    case PX_SCHEMA_MAP:
        return visit_item(w, (px_model_item){ .kind = PX_ITEM_MAP_VALUE,
                                              .depth = depth + 1,
                                              .name = schema->value_name,
                                              .schema = schema->element });
    default:
        return true;
    }
}

static bool visit_field(walk *w, const px_field *field, uint32_t depth)
{
    return visit_item(w,
                      (px_model_item){ .kind = field->kind == PX_FIELD_PROPERTY ? PX_ITEM_PROPERTY
                                                                                : PX_ITEM_TELEMETRY,
                                       .depth = depth,
                                       .name = field->name,
                                       .owner = field->owner,
                                       .unit = field->unit,
                                       .display_names = field->display_names,
                                       .schema = field->schema });
}

static bool visit_components(walk *w, const px_layout *layout)
{
    uint32_t count;
    const px_component *list = px_layout_components(layout, &count);

    for (uint32_t i = 0; i < count; i++)
        if (!visit_item(w, (px_model_item){ .kind = PX_ITEM_COMPONENT,
                                            .name = list[i].name,
                                            .owner = list[i].owner,
                                            .display_names = list[i].display_names,
                                            .component = &list[i] }))
            return false;
    return true;
}

static bool visit_relationships(walk *w, const px_layout *layout)
{
    uint32_t count;
    const px_relationship *list = px_layout_relationships(layout, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (!visit_item(w, (px_model_item){ .kind = PX_ITEM_RELATIONSHIP,
                                            .name = list[i].name,
                                            .owner = list[i].owner,
                                            .display_names = list[i].display_names,
                                            .relationship = &list[i] }))
            return false;
        w->around[0] = NULL;
        for (uint32_t p = 0; p < list[i].property_count; p++)
            if (!visit_field(w, &list[i].properties[p], 1))
                return false;
    }
    return true;
}

static bool visit_payload(walk *w, px_item_kind kind, const px_payload *payload)
{
    return !payload->schema ||
           visit_item(w, (px_model_item){ .kind = kind,
                                          .depth = 1,
                                          .name = payload->name,
                                          .unit = payload->unit,
                                          .display_names = payload->display_names,
                                          .schema = payload->schema });
}

static bool visit_commands(walk *w, const px_layout *layout)
{
    uint32_t count;
    const px_command *list = px_layout_commands(layout, &count);

    for (uint32_t i = 0; i < count; i++) {
        w->around[0] = NULL;
        if (!visit_item(w, (px_model_item){ .kind = PX_ITEM_COMMAND,
                                            .name = list[i].name,
                                            .owner = list[i].owner,
                                            .display_names = list[i].display_names }) ||
            !visit_payload(w, PX_ITEM_REQUEST, &list[i].request) ||
            !visit_payload(w, PX_ITEM_RESPONSE, &list[i].response))
            return false;
    }
    return true;
}

bool px_model_walk(const px_model *model, px_model_visit *visit, void *data)
{
    const px_layout *layout = px_model_layout(model);
    walk w = { .visit = visit, .data = data };

    for (uint32_t i = 0; i < px_layout_field_count(layout); i++) {
        const px_field *field = px_layout_field(layout, i);

        if (field->component == PX_NO_COMPONENT && !visit_field(&w, field, 0))
            return false;
    }
    return visit_components(&w, layout) && visit_relationships(&w, layout) &&
           visit_commands(&w, layout);
}
