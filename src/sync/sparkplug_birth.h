/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the birth of an edge node, or of a device below it, defined: names, aliases, types, and to
 * which field of the twin's model each metric belongs.
 *
 * A name like `Motor/Speed` is looked up as: the field of that very name; the field `Speed` of the
 * component `Motor`; the field `Motor_Speed`. Of more folders all but the last name the component,
 * joined by `_`; what may not stand in a name of DTDL counts as `_`. Two metrics never share a
 * field: the first one has it. Threads: one at a time.
 */
#ifndef PX_SYNC_SPARKPLUG_BIRTH_H
#define PX_SYNC_SPARKPLUG_BIRTH_H

#include "base/map.h"
#include "model/layout.h"
#include "sync/sparkplug_payload.h"

#define PX_SPARK_NO_FIELD UINT32_MAX

typedef struct px_spark_def {
    px_str name;
    uint64_t alias; /* when it has one */
    uint64_t stamp; /* the sample that has a value of it, for who makes samples */
    uint32_t field; /* of the model that was last resolved; PX_SPARK_NO_FIELD: it has none */
    uint32_t type;
    bool is_control; /* the protocol's own: bdSeq, Node Control/…, Device Control/… */
} px_spark_def;

typedef struct px_spark_birth {
    px_arena arena;
    px_spark_def *defs;
    size_t count;
    px_map by_name, by_alias;
    uint32_t model_no; /* that the fields are of */
    bool is_resolved;
} px_spark_birth;

void px_spark_birth_init(px_spark_birth *birth);
void px_spark_birth_release(px_spark_birth *birth);

/* Replaces what was defined. Errors: PX_INVALID (a metric without a name or a type, a name or an
 * alias twice), PX_LIMIT, PX_NO_MEMORY; nothing is defined then. */
PX_NODISCARD px_status px_spark_birth_define(px_spark_birth *birth, const px_spark_payload *payload,
                                             px_err *ret_err);

/* By name if it has one, else by alias; NULL: the birth did not say. */
px_spark_def *px_spark_birth_find(const px_spark_birth *birth, const px_spark_metric *metric);

/* Looks every metric up in the model, unless it was this one already. False: no memory. */
bool px_spark_birth_resolve(px_spark_birth *birth, const px_layout *layout, uint32_t model_no);

#endif
