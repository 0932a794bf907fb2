/* SPDX-License-Identifier: Apache-2.0 */
/** Random requests for the simulation: small worlds, so that they meet. */
#ifndef SPINE_OPS_H
#define SPINE_OPS_H

#include "px_test.h"
#include "px_world.h"

/* Both tenants have the same models, and twins, devices and relationships of the same ids. */
enum { SPINE_TENANTS = 2 };

/* Idempotency-Keys: few, so that they come again, with the same request and with others. */
enum { SPINE_KEYS = 4 };

/* kind, request, weight (reports are what most servers get most) */
#define SPINE_OP_MAP(X)                                                                            \
    X(PUT, TWIN_PUT, 3)                                                                            \
    X(PATCH, TWIN_PATCH, 2)                                                                        \
    X(MIGRATE, TWIN_PATCH, 1)                                                                      \
    X(DELETE, TWIN_DELETE, 1)                                                                      \
    X(DESIRE, DESIRED_PATCH, 1)                                                                    \
    X(RELATE, RELATIONSHIP_PUT, 2)                                                                 \
    X(RETUNE, RELATIONSHIP_PATCH, 1)                                                               \
    X(UNRELATE, RELATIONSHIP_DELETE, 1)                                                            \
    X(CHANGES, CHANGES, 2)                                                                         \
    X(REPORT, DEVICE_MESSAGE, 8)                                                                   \
    X(BACKLOG, DEVICE_MESSAGE, 1)                                                                  \
    X(TELL, TELEMETRY, 2)                                                                          \
    X(JUDGE, FRESHNESS, 2)                                                                         \
    X(END, SOURCES_ENDED, 1)                                                                       \
    X(COMMAND, COMMAND, 3)                                                                         \
    X(DELIVER, COMMAND_DELIVERED, 1)                                                               \
    X(RESPOND, COMMAND_RESPONSE, 1)                                                                \
    X(DOCUMENT, DOCUMENTS, 1)                                                                      \
    X(UNDOCUMENT, DOCUMENTS, 1)                                                                    \
    X(MODEL, MODELS_PUT, 1)                                                                        \
    X(CLOSE, MODEL_DECOMMISSION, 1)                                                                \
    X(UNMODEL, MODEL_DELETE, 1)                                                                    \
    X(TENANT, TENANT_PUT, 1)

typedef enum spine_kind {
#define X(kind, request, weight) SPINE_##kind,
    SPINE_OP_MAP(X)
#undef X
        SPINE_KINDS
} spine_kind;

typedef struct spine_op {
    spine_kind kind;
    uint32_t tenant, twin_no, model_no; /* as a device message, or freshness, was decided by */
    uint64_t step;
    size_t samples;
    bool flag;
    bool is_tracked; /* a command whose delivery is asked for */
    px_time time, deadline;
    char id[24], other_id[8], name[16];
    char key[8]; /* "": it comes without one */
    char text[320];
} spine_op;

const char *spine_op_name(const spine_op *op);
px_principal spine_principal(const px_world *world, uint32_t tenant);

/* The models that everything is of, and the property indexes. */
void spine_setup(px_world *world);
/* spine_property.c */
void spine_ask_for_indexes(px_world *world, uint32_t tenant);
/* `now`: the newest time of the journal or the clock; deadlines are soon behind it. */
void spine_op_make(px_gen *gen, uint64_t step, px_world *world, px_time now, spine_op *ret_op);
/* Gives some a key. `sent`: what was sent with each key last; some of the time it is sent again. */
void spine_op_key(px_gen *gen, spine_op sent[SPINE_KEYS], spine_op *op);
/* Fills a request that borrows from `op` and `arena`. */
void spine_op_request(px_world *world, const spine_op *op, px_arena *arena,
                      px_request *ret_request);

#endif
