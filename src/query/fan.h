/* SPDX-License-Identifier: Apache-2.0 */
/** The relationships of one twin that a hop allows: all names outwards, then inwards.
 * Room-internal. */
#ifndef PX_QUERY_FAN_H
#define PX_QUERY_FAN_H

#include "query/op.h"

/* One direction with one name. */
typedef struct pxi_way {
    px_edge_name name;
    bool incoming;
} pxi_way;

/* All that a hop allows. */
typedef struct pxi_ways {
    const px_view *view;
    const pxi_way *ways;
    uint32_t count;
    bool is_either;
} pxi_ways;

/* Ask after the view is there. Errors: PX_LIMIT (arena). */
PX_NODISCARD px_status pxi_ways_init(pxi_ways *ways, pxi_run *run, const px_plan_step *step,
                                     px_err *ret_err);

/* Where the first ways of a twin begin, found ahead of the walk (ahead.h); zeroed: not found. */
enum { PXI_FAN_PLACES = 2 };
typedef struct pxi_places {
    px_edges_place way[PXI_FAN_PLACES];
} pxi_places;

typedef struct pxi_fan {
    px_edges at;
    pxi_places places;
    uint32_t way;
    bool is_open;
} pxi_fan;

/* `places`: of this twin, or NULL. */
void pxi_fan_open(pxi_fan *fan, const pxi_ways *ways, uint32_t twin_no, const pxi_places *places);
bool pxi_fan_next(pxi_fan *fan, const pxi_ways *ways, uint32_t *ret_rel_no, uint32_t *ret_other_no);
/* The twins that the next calls probably lead to, some of them or none. */
uint32_t pxi_fan_peek(pxi_fan *fan, const pxi_ways *ways, uint32_t *ret_other_nos, uint32_t most);

#endif
