/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From one unit to another of the same quantity, by the names that DTDL gives them.
 *
 * A unit is (value + offset) * factor / divisor of the base unit of its quantity, all three exact
 * decimals: 212 degreeFahrenheit are exactly 100 degreeCelsius, 1 inch is 25.4 millimetre. Where
 * the quotient does not end, or a unit is no decimal of its base (radian, electronvolt), the answer
 * is the nearest double. A year is 365.25 days, a month is none. Threads: any.
 * Source: SI brochure 9; NIST SP 811, appendix B.
 */
#ifndef PX_BASE_UNIT_CONVERT_H
#define PX_BASE_UNIT_CONVERT_H

#include "base/num.h"

typedef struct px_unit_factor px_unit_factor;

const px_unit_factor *px_unit_factor_find(px_str unit); /* NULL: there is none of this name */
px_str px_unit_factor_name(const px_unit_factor *factor);
px_str px_unit_factor_quantity(const px_unit_factor *factor); /* "temperature" */
/* The unit at this place of the table; NULL behind its end. */
const px_unit_factor *px_unit_factor_at(size_t index);

/* False when they are of different quantities, or the result is beyond the range of numbers. */
PX_NODISCARD bool px_unit_convert(const px_unit_factor *from, const px_unit_factor *to, px_num num,
                                  px_num *ret_num);

#endif
