/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A graph written down naively: plain arrays, copied as a whole, and the same random mutations for
 * both. What the tests of this room compare against.
 */
#ifndef PX_TEST_WORLD_H
#define PX_TEST_WORLD_H

#include "px_test.h"
#include "twin/graph.h"

enum {
    WORLD_TENANTS = 2,
    WORLD_IDS = 90, /* of a tenant: enough for more than one leaf of numbers */
    WORLD_TWINS = WORLD_TENANTS * WORLD_IDS,
    WORLD_KEYS = 6,
    WORLD_RELS = 3, /* of a twin */
    WORLD_MODELS = 3,
};

typedef struct world_slot {
    bool set, by_command;
    px_time source; /* PX_TIME_NONE: none */
    px_time arrival;
    uint32_t value; /* which of world_value */
} world_slot;

typedef struct world_rel {
    bool live;
    uint32_t no, target, name;
    uint64_t seq;
} world_rel;

typedef struct world_twin {
    bool live;
    uint32_t no, model;
    uint64_t seq, revision, version;
    world_slot slot[WORLD_KEYS], desired[WORLD_KEYS];
    world_rel rel[WORLD_RELS];
} world_twin;

typedef struct world {
    world_twin twin[WORLD_TWINS]; /* of tenant 1 + i % WORLD_TENANTS */
    uint32_t twin_no, rel_no;     /* highest given out */
    uint64_t seq;
} world;

px_value world_value(uint32_t which);

/* One random mutation of both; PX_NO_MEMORY is handed on, all else is checked. */
px_status world_mutate(world *w, px_txn *txn, px_gen *gen);
/* The view shows exactly this world. */
void world_check(const world *w, const px_view *view);
/* Deletes everything, in a transaction that the caller has begun. */
void world_clear(world *w, px_txn *txn);

#endif
