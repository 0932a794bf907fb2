/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GeoJSON (RFC 7946): `{ "type": "Point", "coordinates": [ longitude, latitude ] }`.
 *
 * Coordinates nest as deep as the kind says: a position, a list of positions, a list of rings.
 * Other members, such as bbox, pass.
 */
#include "model/value_form.h"

typedef struct geometry_form {
    const char *type;
    int depth;          /* lists around a position */
    uint32_t positions; /* fewest in the innermost list */
    bool closed;        /* that list ends where it begins */
} geometry_form;

static const geometry_form geometries[] = {
    [PX_SCHEMA_POINT - PX_SCHEMA_POINT] = { "Point", 0, 1, false },
    [PX_SCHEMA_MULTI_POINT - PX_SCHEMA_POINT] = { "MultiPoint", 1, 0, false },
    [PX_SCHEMA_LINE_STRING - PX_SCHEMA_POINT] = { "LineString", 1, 2, false },
    [PX_SCHEMA_MULTI_LINE_STRING - PX_SCHEMA_POINT] = { "MultiLineString", 2, 2, false },
    [PX_SCHEMA_POLYGON - PX_SCHEMA_POINT] = { "Polygon", 2, 4, true },
    [PX_SCHEMA_MULTI_POLYGON - PX_SCHEMA_POINT] = { "MultiPolygon", 3, 4, true },
};

static px_status check_position(const px_json *node, px_err *ret_err)
{
    bool numbers = px_json_is(node, PX_JSON_ARRAY) && node->count >= 2 && node->count <= 4;

    for (const px_json *n = numbers ? node->first : NULL; n; n = n->next)
        numbers = numbers && px_json_is(n, PX_JSON_NUMBER);
    if (numbers)
        return PX_OK;
    return px_json_fail(node, ret_err, PX_INVALID, "value.geometry",
                        "a position is an array of two to four numbers, longitude first");
}

static bool same_position(const px_json *a, const px_json *b)
{
    const px_json *x = a->first, *y = b->first;

    for (; x && y; x = x->next, y = y->next)
        if (px_num_cmp(x->num, y->num) != 0)
            return false;
    return !x && !y;
}

static px_status check_line(const geometry_form *geometry, const px_json *node, px_err *ret_err)
{
    if (node->count < geometry->positions)
        return px_json_fail(node, ret_err, PX_INVALID, "value.geometry",
                            "%u positions; a %s has at least %u here", node->count, geometry->type,
                            geometry->positions);
    if (geometry->closed && !same_position(node->first, node->last))
        return px_json_fail(node->last, ret_err, PX_INVALID, "value.geometry",
                            "a ring ends with the position that it begins with");
    return PX_OK;
}

/* Depth is at most 3. */
static px_status check_level(const geometry_form *geometry, const px_json *node, int depth,
                             px_err *ret_err)
{
    if (depth == 0)
        return check_position(node, ret_err);
    if (!px_json_is(node, PX_JSON_ARRAY))
        return px_json_fail(node, ret_err, PX_INVALID, "value.geometry",
                            "%s stands where a %s has an array", px_json_type_name(node->type),
                            geometry->type);
    for (const px_json *n = node->first; n; n = n->next)
        PX_TRY(check_level(geometry, n, depth - 1, ret_err));
    return depth == 1 ? check_line(geometry, node, ret_err) : PX_OK;
}

px_status px_form_geometry(px_schema_kind kind, const px_json *node, px_err *ret_err)
{
    const geometry_form *geometry = &geometries[kind - PX_SCHEMA_POINT];
    const px_json *type = px_json_get(node, PX_STR("type"));
    const px_json *coordinates = px_json_get(node, PX_STR("coordinates"));

    if (!px_json_is(type, PX_JSON_STRING) || !px_str_eq(type->text, px_str_c(geometry->type)))
        return px_json_fail(type ? type : node, ret_err, PX_INVALID, "value.geometry",
                            "a %s is an object with \"type\": \"%s\"", px_schema_term(kind),
                            geometry->type);
    if (!coordinates)
        return px_json_fail(node, ret_err, PX_INVALID, "value.geometry",
                            "a geometry has 'coordinates'");
    return check_level(geometry, coordinates, geometry->depth, ret_err);
}
