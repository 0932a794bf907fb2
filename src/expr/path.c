/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/path.h"

bool px_expr_path_eq(const px_expr_path *a, const px_expr_path *b)
{
    if (a->source != b->source || a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!px_str_eq(a->steps[i], b->steps[i]))
            return false;
    return true;
}

static bool is_step(const px_expr_path *path, uint32_t at, const char *name)
{
    return at < path->count && px_str_eq(path->steps[at], px_str_c(name));
}

static px_expr_binding missing(void)
{
    return (px_expr_binding){ .what = PX_EXPR_MISSING };
}

static const px_field *find_field(const px_layout *layout, uint32_t component, px_str name,
                                  bool with_telemetry)
{
    const px_field *field = px_layout_find(layout, component, name);

    return field && (field->kind == PX_FIELD_PROPERTY || with_telemetry) ? field : NULL;
}

/* Behind `$metadata` of the twin or of one component. */
static px_expr_binding bind_metadata(const px_layout *layout, const px_expr_path *path, uint32_t at,
                                     uint32_t component)
{
    px_expr_binding b = { .what = PX_EXPR_METADATA, .component = component, .rest = path->count };
    uint32_t left = path->count - at;
    const px_field *field;

    if (left == 0)
        return b;
    if (is_step(path, at, "$model") && component == PX_NO_COMPONENT)
        b.what = PX_EXPR_MODEL_ID;
    if (is_step(path, at, "$lastUpdateTime"))
        b.what = PX_EXPR_TIME;
    if (b.what != PX_EXPR_METADATA)
        return left == 1 ? b : missing();

    field = find_field(layout, component, path->steps[at], false);
    if (!field || left > 2)
        return missing();
    b.field = field->index;
    b.what = PX_EXPR_FIELD_METADATA;
    if (left == 2)
        b.what = is_step(path, at + 1, "lastUpdateTime") ? PX_EXPR_FIELD_TIME
                 : is_step(path, at + 1, "sourceTime")   ? PX_EXPR_FIELD_SOURCE_TIME
                                                         : PX_EXPR_MISSING;
    return b;
}

/* Properties of the twin or of one component. */
static px_expr_binding bind_member(const px_layout *layout, const px_expr_path *path, uint32_t at,
                                   uint32_t component, bool with_telemetry)
{
    const px_field *field;

    if (is_step(path, at, "$metadata"))
        return bind_metadata(layout, path, at + 1, component);
    field = find_field(layout, component, path->steps[at], with_telemetry);
    if (!field)
        return missing();
    return (px_expr_binding){ .what = PX_EXPR_FIELD, .field = field->index, .rest = at + 1 };
}

px_expr_binding px_expr_bind(const px_layout *layout, const px_expr_path *path, bool with_telemetry)
{
    px_expr_binding b = { .component = PX_NO_COMPONENT, .rest = path->count };
    uint32_t component;

    if (path->count == 0)
        b.what = PX_EXPR_ROW;
    else if (is_step(path, 0, "$dtId"))
        b.what = path->count == 1 ? PX_EXPR_ID : PX_EXPR_MISSING;
    else if (is_step(path, 0, "$etag"))
        b.what = path->count == 1 ? PX_EXPR_ETAG : PX_EXPR_MISSING;
    else if (is_step(path, 0, "$freshness"))
        b.what = path->count == 1 ? PX_EXPR_FRESHNESS : PX_EXPR_MISSING;
    if (b.what != PX_EXPR_MISSING ||
        (path->steps[0].ptr[0] == '$' && !is_step(path, 0, "$metadata")))
        return b;

    component = px_layout_component_find(layout, path->steps[0]);
    if (component == PX_NO_COMPONENT)
        return bind_member(layout, path, 0, PX_NO_COMPONENT, with_telemetry);
    if (path->count > 1)
        return bind_member(layout, path, 1, component, with_telemetry);
    b.what = PX_EXPR_COMPONENT;
    b.component = component;
    return b;
}

px_expr_binding px_expr_bind_edge(const px_expr_path *path)
{
    static const struct {
        const char *name;
        px_expr_what what;
    } own[] = { { "$relationshipId", PX_EXPR_EDGE_ID },
                { "$relationshipName", PX_EXPR_EDGE_NAME },
                { "$sourceId", PX_EXPR_EDGE_SOURCE },
                { "$targetId", PX_EXPR_EDGE_TARGET },
                { "$etag", PX_EXPR_ETAG } };
    px_expr_binding b = { .what = PX_EXPR_EDGE_PROPERTY, .component = PX_NO_COMPONENT };

    if (path->count == 0)
        b.what = PX_EXPR_EDGE;
    else if (path->steps[0].ptr[0] == '$')
        b.what = PX_EXPR_MISSING;
    for (size_t i = 0; path->count == 1 && i < sizeof(own) / sizeof(own[0]); i++)
        if (is_step(path, 0, own[i].name))
            b.what = own[i].what;
    return b;
}
