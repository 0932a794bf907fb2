/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Exact numbers of binary ones: the fewest digits that give the same float, or double, back. The
 * float 21.4 is (214, -1), and not the 21.399999618530273 that its bits are. Threads: any.
 */
#ifndef PX_BASE_NUM_REAL_H
#define PX_BASE_NUM_REAL_H

#include "base/num.h"

/* Finite. Minus zero is the double -0. Cost: two or three divisions for what has six digits and is
 * neither very large nor very small. */
px_num px_num_of_float(float value);

/* Finite. A decimal where 15 digits mean it; else it stays the double, which px_put_num writes with
 * its fewest digits, too. Cost: one division. */
px_num px_num_of_double(double value);

#endif
