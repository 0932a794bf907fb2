/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distances over the ground, in metres.
 *
 * The earth is a sphere of 6,371,008.8 m, its mean radius: the way along it is right to about half
 * a percent everywhere. A point is GeoJSON's,
 * `{"type":"Point","coordinates":[longitude,latitude]}`; a height is not looked at.
 */
#include "expr/program.h"

#include <math.h>

#include "base/json.h"

#define EARTH_METRES 6371008.8
#define RADIANS (3.14159265358979323846 / 180)

typedef struct point {
    double latitude, longitude;
} point;

static bool is_on_earth(const point *p)
{
    return p->latitude >= -90 && p->latitude <= 90 && p->longitude >= -360 && p->longitude <= 360;
}

/* The two numbers behind "coordinates". */
static bool read_pair(px_json_reader *reader, point *ret_point)
{
    double numbers[2];

    if (px_json_next(reader) != PX_JSON_ARRAY)
        return false;
    for (int i = 0; i < 2; i++) {
        if (px_json_next(reader) != PX_JSON_NUMBER)
            return false;
        numbers[i] = px_num_to_double(reader->num);
    }
    *ret_point = (point){ .latitude = numbers[1], .longitude = numbers[0] };
    return is_on_earth(ret_point);
}

static bool read_point(px_expr_side *side, const px_value *value, point *ret_point)
{
    px_json_reader reader;
    px_json_type type;
    px_str raw;

    if (value->kind != PX_VALUE_JSON)
        return false;
    px_json_reader_init(&reader, value->text, NULL, &side->scratch);
    if (px_json_next(&reader) != PX_JSON_OBJECT)
        return false;
    while ((type = px_json_next(&reader)) == PX_JSON_KEY) {
        if (px_str_eq(reader.text, PX_STR("coordinates")))
            return read_pair(&reader, ret_point);
        type = px_json_next(&reader);
        if ((type == PX_JSON_OBJECT || type == PX_JSON_ARRAY) && !px_json_skip(&reader, &raw))
            type = PX_JSON_BAD;
        if (type == PX_JSON_BAD)
            break;
    }
    side->is_full |= type == PX_JSON_BAD;
    return false;
}

/* The haversine form keeps its digits for near points. */
static double way_between(const point *a, const point *b)
{
    double north = sin((b->latitude - a->latitude) * RADIANS / 2);
    double east = sin((b->longitude - a->longitude) * RADIANS / 2);
    double h =
        north * north + cos(a->latitude * RADIANS) * cos(b->latitude * RADIANS) * east * east;

    return 2 * EARTH_METRES * asin(sqrt(h < 1 ? h : 1));
}

static bool read_number(px_expr_machine *machine, const void *row, uint32_t operand,
                        double *ret_number)
{
    px_value space;
    const px_value *value = pxi_operand(machine, row, operand, 1, &space);

    if (value->kind != PX_VALUE_NUM)
        return false;
    *ret_number = px_num_to_double(value->num);
    return true;
}

static bool read_end(px_expr_machine *machine, const void *row, uint32_t operand, point *ret_point)
{
    px_value space;
    const px_value *value = pxi_operand(machine, row, operand, 1, &space);

    return read_point(&machine->sides[1], value, ret_point);
}

px_value pxi_measure(px_expr_machine *machine, const void *row, const pxi_distance *distance)
{
    const uint32_t *operands = distance->operands;
    point from, to;

    if (!read_end(machine, row, operands[0], &from))
        return (px_value){ 0 };
    if (distance->count == 2 && !read_end(machine, row, operands[1], &to))
        return (px_value){ 0 };
    if (distance->count == 3 &&
        (!read_number(machine, row, operands[1], &to.latitude) ||
         !read_number(machine, row, operands[2], &to.longitude) || !is_on_earth(&to)))
        return (px_value){ 0 };
    return px_value_num(px_num_double(way_between(&from, &to)));
}
