/* SPDX-License-Identifier: Apache-2.0 */
/* What the files sparkplug*.c share; nobody else includes this. */
#ifndef PX_SYNC_SPARKPLUG_INNER_H
#define PX_SYNC_SPARKPLUG_INNER_H

#include <pthread.h>

#include "base/vec.h"
#include "sync/sparkplug.h"
#include "sync/sparkplug_birth.h"

/* A node or a device: who has metrics and a twin. */
typedef struct pxi_spark_owner {
    px_str name; /* owned; of the device; of a node its id */
    px_spark_birth birth;
    bool is_online, owes_end; /* owes_end: its death could not be written */
    uint64_t ending;          /* by which its death is being written; 0: by none */
    px_time since;
    PX_VEC(px_spark_fed) fed; /* until it ended */
    px_map fed_by_twin;       /* places in `fed` */
    uint64_t births, swept;   /* so many; at which of them `fed` was swept last */
} pxi_spark_owner;

typedef struct pxi_spark_node {
    uint32_t tenant;
    px_str group; /* owned */
    pxi_spark_owner self;
    PX_VEC(pxi_spark_owner *) devices;
    uint64_t bd_seq;
    bool has_bd_seq;
    size_t fed;           /* fields that bindings fill, of itself and its devices */
    uint8_t seq;          /* of the last message */
    px_time asked_at;     /* for its birth; PX_TIME_NONE: not since it came */
    const char *owed_why; /* it is to be asked again, and was too lately; NULL: it is not */
} pxi_spark_node;

typedef struct pxi_spark_host {
    uint32_t tenant;
    px_str name; /* owned */
    bool is_online;
    px_time since;
    int64_t timestamp_ms;
} pxi_spark_host;

/* What of a tenant is limited. */
typedef struct pxi_spark_tenant {
    uint32_t tenant;
    size_t nodes, born; /* born: metrics that births define */
    size_t fed;         /* fields that bindings fill */
} pxi_spark_tenant;

struct px_sparkplug {
    pthread_mutex_t lock; /* guards all */
    PX_VEC(pxi_spark_node *) nodes;
    px_map by_name; /* places in `nodes`, by tenant, group and node */
    PX_VEC(pxi_spark_host) hosts;
    px_str own_host; /* owned; empty: this server is none */
    px_time own_since;
    PX_VEC(pxi_spark_tenant) tenants;
    px_map by_tenant;         /* places in `tenants` */
    size_t born_max, fed_max; /* of each tenant; a test sets less */
    uint64_t stamp;           /* of the last sample made */
    uint64_t endings;         /* so many were made */
    bool may_owe;             /* some owner may owe its end, */
    size_t owed_at;           /* and those of nodes from here on are asked next */
    px_sparkplug_stats stats;
};

/* ---- sparkplug_books.c; with the lock ---- */
bool pxi_spark_copy_text(px_str *to, px_str from); /* false: no memory */
void pxi_spark_free_text(px_str text);
/* Good until the next one is made; NULL: no memory. */
pxi_spark_tenant *pxi_spark_tenant_of(px_sparkplug *s, uint32_t tenant);
pxi_spark_node *pxi_spark_find_named(px_sparkplug *s, uint32_t tenant, px_str group, px_str node);
pxi_spark_node *pxi_spark_find_node(px_sparkplug *s, const px_spark_message *m);
PX_NODISCARD px_status pxi_spark_add_node(px_sparkplug *s, const px_spark_message *m,
                                          pxi_spark_node **ret_node, px_err *ret_err);
pxi_spark_owner *pxi_spark_find_device(pxi_spark_node *node, px_str name);
PX_NODISCARD px_status pxi_spark_add_device(pxi_spark_node *node, px_str name, px_time now,
                                            pxi_spark_owner **ret_device, px_err *ret_err);
pxi_spark_host *pxi_spark_find_host(px_sparkplug *s, uint32_t tenant, px_str name);
PX_NODISCARD px_status pxi_spark_add_host(px_sparkplug *s, const px_spark_message *m,
                                          pxi_spark_host **ret_host, px_err *ret_err);

/* ---- sparkplug_fed.c; with the lock ---- */
/* `tenant`: NULL where nobody counts any more. */
void pxi_spark_forget_fed(pxi_spark_tenant *tenant, pxi_spark_node *node, pxi_spark_owner *owner);

/* ---- sparkplug_sample.c ---- */
typedef struct pxi_spark_model {
    const px_layout *layout; /* NULL: the twin is not there */
    uint32_t number;
    const px_spark_message *message; /* whose bindings take metrics, too */
} pxi_spark_model;

px_time pxi_spark_time(bool has, uint64_t timestamp_ms);
/* PX_NOT_FOUND: it has no value; PX_INVALID: none of its birth's type, or of another quality. */
PX_NODISCARD px_status pxi_spark_check(const px_spark_metric *m, const px_spark_def *def,
                                       px_err *ret_err);
/* A binding reads the metric of this name. */
bool pxi_spark_is_taken(const pxi_spark_model *model, px_str name);
void pxi_spark_reject(px_decoded *decoded, px_arena *arena, px_str name, const px_err *why);

/* Metrics as samples of the owner's twin. */
PX_NODISCARD px_status pxi_spark_decode(px_sparkplug *s, pxi_spark_owner *owner,
                                        const px_spark_payload *payload, bool is_birth,
                                        const pxi_spark_model *model, px_arena *arena,
                                        px_decoded *ret_decoded, px_err *ret_err);

/* ---- sparkplug_row.c ---- */
/* Metrics as rows for bindings, behind pxi_spark_decode, which has resolved them. Not written when
 * there are none. What has no value that could stand in a row is told in `told`. */
PX_NODISCARD px_status pxi_spark_rows(px_sparkplug *s, const pxi_spark_owner *owner,
                                      const px_spark_payload *payload, const pxi_spark_model *model,
                                      px_arena *arena, px_decoded *told, px_str *ret_rows,
                                      px_err *ret_err);

#endif
