/* SPDX-License-Identifier: Apache-2.0 */
/** A sum of numbers, exact while its digits fit: 0.1 and 0.2 make 0.3. Threads: values only. */
#ifndef PX_QUERY_SUM_H
#define PX_QUERY_SUM_H

#include "base/num.h"

typedef struct pxi_sum {
    px_num exact;   /* until it is rounded */
    double rounded; /* then this */
    bool is_rounded;
} pxi_sum;

void pxi_sum_add(pxi_sum *sum, px_num num);
px_num pxi_sum_num(const pxi_sum *sum);
px_num pxi_sum_mean(const pxi_sum *sum, uint64_t count); /* a double */

#endif
