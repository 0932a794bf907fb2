/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Semantic types and units: which kind of quantity a value is, and in what it is counted.
 *
 * Terms only; conversion factors are another table of another room. What is given lies in static
 * memory. Threads: any. Source: DTDL v2 "Semantic types"; QuantitativeTypes 1 to 3.
 */
#ifndef PX_MODEL_UNIT_H
#define PX_MODEL_UNIT_H

#include "base/str.h"

/* Which vocabulary an element may use. */
typedef enum px_unit_context {
    PX_UNITS_V2,
    PX_UNITS_QUANTITATIVE_1,
    PX_UNITS_QUANTITATIVE_2,
    PX_UNITS_QUANTITATIVE_3,
} px_unit_context;

/* The unit type of a semantic type ("Temperature" gives "TemperatureUnit"); empty: no such type. */
px_str px_semantic_unit_type(px_unit_context context, px_str semantic_type);
/* The same word from the table itself; empty: no such semantic type. */
px_str px_semantic_term(px_unit_context context, px_str word);
/* `word` from the table when it is a unit of this type; else empty. */
px_str px_unit_term(px_unit_context context, px_str unit_type, px_str word);
/* The unit type that holds `unit`; empty: no such unit. */
px_str px_unit_type_of(px_unit_context context, px_str unit);
/* The units of a type, at most `cap`; gives how many. */
size_t px_unit_list(px_unit_context context, px_str unit_type, px_str *words, size_t cap);
bool px_is_unit_type(px_unit_context context, px_str name);

/* Nearest term for "did you mean"; empty when none is near. */
px_str px_semantic_nearest(px_unit_context context, px_str word);
px_str px_unit_nearest(px_unit_context context, px_str unit_type, px_str word);

#endif
