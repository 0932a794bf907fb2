/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The names that relationships have, by the 32 bits of their hash that the indexes keep.
 *
 * As long as only one name has a hash, an index's entry says the name and no record need be read. A
 * name is noted before the first relationship of it is placed, and never forgotten; so what a
 * snapshot sees was noted before it was given. Beyond PX_RELATIONSHIP_NAMES_MAX names no more are
 * kept: those cost a look at the record, as names of one hash do. A graph and its branches share
 * one table. Threads: any.
 */
#ifndef PX_TWIN_EDGE_NAMES_H
#define PX_TWIN_EDGE_NAMES_H

#include <pthread.h>

#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pxi_edge_name {
    char *bytes; /* owned */
    uint32_t len;
    bool is_shared; /* its hash is also another name's */
} pxi_edge_name;

typedef struct pxi_edge_names {
    pthread_mutex_t lock; /* guards all below */
    px_map by_hash;
    PX_VEC(pxi_edge_name) all;
    uint32_t refs;
} pxi_edge_names;

pxi_edge_names *pxi_edge_names_new(void); /* held once; NULL: no memory */
pxi_edge_names *pxi_edge_names_hold(pxi_edge_names *names);
void pxi_edge_names_release(pxi_edge_names *names); /* NULL is fine */

/* A relationship of this name is about to be placed. False: no memory. */
bool pxi_edge_names_note(pxi_edge_names *names, uint32_t hash, px_str name);
/* All relationships with this hash that were placed so far have this name. */
bool pxi_edge_names_is_sure(pxi_edge_names *names, uint32_t hash, px_str name);

#endif
