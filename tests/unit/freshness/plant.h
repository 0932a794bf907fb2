/* SPDX-License-Identifier: Apache-2.0 */
/** Presses of which a freshness is declared: the consumer beside an engine without threads. */
#ifndef PX_FRESHNESS_PLANT_H
#define PX_FRESHNESS_PLANT_H

#include "freshness/internal.h"
#include "px_world.h"

/* Bodies of twins: of one a rate is expected each second, stale after three; of the other nothing.
 */
extern const char plant_press[], plant_plain[];

typedef struct plant {
    px_world world;
    px_fresh *fresh;
} plant;

/* One press "p", of which no value came yet. */
void plant_begin(plant *p);
void plant_end(plant *p);
/* Opens the consumer. */
void plant_watch(plant *p);
/* Consumer and engine, until neither has anything to do. */
void plant_settle(plant *p);
/* A power cut, and a start. */
void plant_restart(plant *p);

void plant_rest(plant *p, int64_t ms);
void plant_report(plant *p, const char *twin, int64_t value);
void plant_end_source(plant *p, const char *twin);
/* The source of some fields, of this model. */
void plant_end_fields(plant *p, const char *twin, uint32_t model_no, px_field_value *fields,
                      size_t count);
/* The document of the twin, or with NULL its end; write settles, too. */
px_status plant_put_rules(plant *p, const char *twin, const char *body);
px_status plant_write_rules(plant *p, const char *twin, const char *body);

/* As the graph has it: "none" where nothing is declared. */
const char *plant_state_of(plant *p, const char *twin);
px_time plant_since_of(plant *p, const char *twin);
uint64_t plant_revision_of(plant *p, const char *twin);
uint32_t plant_number_of(plant *p, const char *twin);
/* As the consumer has it; the arena is the caller's to release. */
px_fresh_report plant_read(plant *p, const char *twin, px_arena *arena);
/* What is told, one event a line. */
void plant_tell_all(plant *p, px_buf *out);
/* Lines that end so. */
int plant_count_lines(const char *text, const char *tail);

#endif
