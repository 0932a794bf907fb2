/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What keeps a twin or a relationship, as the data plane writes them, from being one of a model.
 *
 * The engine refuses at the first thing; this tells all of it, for a report or before a migration.
 * It is stricter in one point: a Property that the model requires must be there. Threads: any.
 */
#ifndef PX_MODEL_FIT_H
#define PX_MODEL_FIT_H

#include "model/model.h"

typedef struct px_misfit {
    px_str path;          /* "speed", "motor.speed", "motor"; of a relationship its name first */
    const px_json *value; /* what does not fit; NULL: it is missing */
    const char *rule;     /* stable: "twin.unknown", "schema.integer" … */
    const char *sentence; /* what would be right, without a full stop */
} px_misfit;

/* Borrows the misfit until it returns; false ends the walk. */
typedef bool px_misfit_each(void *data, const px_misfit *misfit);

/**
 * Looks at every member of a twin's document: its properties, components and what is missing.
 *
 * @param arena  takes paths and what the check of values needs; the caller resets it between twins
 */
void px_twin_fit(const px_model *model, const px_json *twin, px_arena *arena, px_misfit_each *each,
                 void *data);

/**
 * The same for a relationship of a twin of `model`.
 *
 * @param target  the model of the twin that it leads to; NULL: not looked at
 * How many there are of its name is for the caller to count.
 */
void px_relationship_fit(const px_model *model, const px_json *relationship, const px_model *target,
                         px_arena *arena, px_misfit_each *each, void *data);

/* PX_OK when the JSON is a value of that property; else the rule and sentence in `ret_err`. */
PX_NODISCARD px_status px_field_fit(const px_field *field, const px_json *value, px_arena *arena,
                                    px_err *ret_err);

#endif
