/* SPDX-License-Identifier: Apache-2.0 */
/** Random requests for the simulation: small worlds, so that they meet. */
#ifndef SPINE_OPS_H
#define SPINE_OPS_H

#include "px_test.h"
#include "px_world.h"

typedef struct spine_op {
    unsigned kind;
    unsigned twin, other;
    int64_t value;
    px_time time;
    char id[8], other_id[8], name[16];
    char text[256];
} spine_op;

void spine_setup(px_world *world);
void spine_op_make(px_gen *gen, uint64_t step, spine_op *ret_op);
/* Fills a request that borrows from `op` and `arena`. */
void spine_op_request(px_world *world, const spine_op *op, px_arena *arena,
                      px_request *ret_request);
const char *spine_op_name(const spine_op *op);

#endif
