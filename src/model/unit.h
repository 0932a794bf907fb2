/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Semantic types and units: which kind of quantity a value is, and in what it is counted.
 *
 * Terms only; conversion factors are another table of another room. Threads: any.
 * Source: DTDL v2 "Semantic types"; QuantitativeTypes 1 and 2.
 */
#ifndef PX_MODEL_UNIT_H
#define PX_MODEL_UNIT_H

#include "base/str.h"

/* Which vocabulary an element may use. */
typedef enum px_unit_context {
    PX_UNITS_V2,
    PX_UNITS_QUANTITATIVE_1,
    PX_UNITS_QUANTITATIVE_2
} px_unit_context;

/* The unit type of a semantic type ("Temperature" gives "TemperatureUnit"); empty: no such type. */
px_str px_semantic_unit_type(px_unit_context context, px_str semantic_type);
/* True when `unit` belongs to the unit type. */
bool px_unit_belongs(px_unit_context context, px_str unit_type, px_str unit);
/* The unit type that holds `unit`; empty: no such unit. */
px_str px_unit_type_of(px_unit_context context, px_str unit);

/* Nearest term for "did you mean"; empty when none is near. */
px_str px_semantic_nearest(px_unit_context context, px_str word);
px_str px_unit_nearest(px_unit_context context, px_str unit_type, px_str word);

#endif
