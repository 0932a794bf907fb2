/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is declared of a twin's freshness: by its model, and by the document `freshness` of its id.
 *
 * The document, which wins property by property:
 *
 *     {"properties":{"temperature":{"period":"PT1S","tolerance":"PT0.5S","stale":"PT5S"},
 *                    "motor.speed":{"period":60},
 *                    "label":null},
 *      "rollUp":["contains"]}
 *
 * A duration is ISO 8601 text of one length, or a number of seconds; null takes away what the model
 * declares. `rollUp` names the relationships whose targets the twin answers for as well, in place
 * of those that the model marks. A path that the model does not have is passed over, for the model
 * may be another one tomorrow; who writes it is told. Threads: any, values only.
 */
#ifndef PX_FRESHNESS_RULES_H
#define PX_FRESHNESS_RULES_H

#include "base/arena.h"
#include "base/json.h"
#include "base/vec.h"
#include "model/layout.h"

typedef struct px_fresh_line {
    px_str path;
    px_freshness_rule rule; /* period 0: not declared */
    const px_json *node;    /* for complaints */
} px_fresh_line;

/* A document taken apart, in the arena. */
typedef struct px_fresh_document {
    px_fresh_line *lines;
    size_t line_count;
    px_str *roll_ups;
    size_t roll_up_count;
    bool has_roll_ups;
    const px_json *roll_up_nodes; /* for complaints: the first, with its next ones */
} px_fresh_document;

/* One property of one twin. */
typedef struct px_fresh_rule {
    uint32_t field; /* property number */
    bool from_twin; /* the document's; else the model's */
    px_freshness_rule rule;
} px_fresh_rule;

typedef PX_VEC(px_fresh_rule) px_fresh_rules; /* ascending by field */

/* Limits: PX_FRESHNESS_PROPERTIES_MAX, PX_FRESHNESS_ROLL_UPS_MAX. Errors: PX_INVALID, ids
 * freshness.form, freshness.duration and freshness.limit, with the place; PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_fresh_document_read(px_str body, px_arena *arena,
                                              px_fresh_document *ret_document, px_err *ret_err);
/* Whether the model has all of it: PX_INVALID, freshness.path (a property) or
 * freshness.relationship, with a "did you mean". */
PX_NODISCARD px_status px_fresh_document_fits(const px_fresh_document *document,
                                              const px_layout *layout, px_err *ret_err);

/* What both declare together (`document` NULL: the model alone), into `rules` (cleared first). More
 * than PX_FRESHNESS_PROPERTIES_MAX are cut off: `ret_cut`, may be NULL. Errors: PX_NO_MEMORY. */
PX_NODISCARD px_status px_fresh_rules_make(const px_layout *layout,
                                           const px_fresh_document *document, px_fresh_rules *rules,
                                           bool *ret_cut, px_err *ret_err);
/* Whether the model declares anything: of its properties, or of a relationship. */
bool px_fresh_is_declared(const px_layout *layout);

#endif
