/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Edge node `edge` of group `plant`, its device `press`, and the twin that their metrics go to:
 * payloads are put together with add_..., and heard.
 */
#ifndef SPARK_WORLD_H
#define SPARK_WORLD_H

#include "model/model.h"
#include "px_spark.h"
#include "px_test.h"
#include "sync/sparkplug.h"
#include "sync/sparkplug_payload.h"

#define NODE "edge"
#define DEVICE "edge/press"
#define AT UINT64_C(1767225600000) /* ms */

enum { NO_SEQ = -1 };

typedef struct world {
    px_sparkplug *s;
    px_model_set set;
    px_arena arena;
    px_buf payload, metric;
    px_spark_heard heard;
    px_time now;
    bool no_twin;
    uint32_t model_no;
    const char *taken; /* metrics that begin so are a binding's; NULL: there is none */
    uint64_t fails_at; /* the allocation of the next message that fails; 0: none */
    px_err err;
} world;

void open_world(world *w);
void close_world(world *w);

/* One metric of the next payload. */
void add_double(world *w, const char *name, uint64_t alias, double value);
void add_int(world *w, const char *name, uint64_t alias, uint64_t at, uint64_t value);
void add_bd_seq(world *w, uint64_t value);

px_status hear_at(world *w, const char *topic, int seq);
void hear(world *w, const char *of, const char *type, int seq); /* and it is taken */
void node_is_born(world *w, uint64_t bd_seq);
void device_is_born(world *w, int seq);

/* What was heard for a path of the twin's model. */
const px_field_value *field_of(world *w, size_t sample, const char *path);
int64_t whole_of(world *w, size_t sample, const char *path);

#endif
