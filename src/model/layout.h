/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A layout: what a twin of one model may hold, flat, for the hot path.
 *
 * Fields are all Properties and Telemetries of the Interface: those of its bases first (in the
 * order of `extends`, depth first, each base once), then its own in document order, then those of
 * its Components in order. The index of a field is its property number: it never changes for a
 * model. Everything here is immutable and borrowed from the px_model. Threads: any.
 */
#ifndef PX_MODEL_LAYOUT_H
#define PX_MODEL_LAYOUT_H

#include "model/schema.h"

typedef struct px_model px_model;
typedef struct px_layout px_layout;

#define PX_NO_COMPONENT UINT32_MAX

typedef enum px_field_kind { PX_FIELD_PROPERTY, PX_FIELD_TELEMETRY } px_field_kind;

/* When a value is expected again, in ns: each sample `period` after the one before; it is late
 * `tolerance` after that, and stale when the value is older than `stale`. */
typedef struct px_freshness_rule {
    int64_t period, tolerance, stale; /* period 0: nothing is declared */
} px_freshness_rule;

/* An ISO 8601 duration that has one length: W, D, H, M, S, and no years or months. False also where
 * it is longer than a century. Fractions of a nanosecond are dropped. */
bool px_span_parse(px_str text, int64_t *ret_ns);

/**
 * What is wrong with a rule, and what it is where only the period is given: a tolerance below 0
 * becomes half a period, `stale` below 0 three periods, or what the tolerance asks where that is
 * more; neither more than the limit leaves.
 *
 * Limits: PX_FRESHNESS_NS_MIN to PX_FRESHNESS_NS_MAX, `stale` at least period and tolerance.
 * Gives NULL when it is right, else what is wrong with it.
 */
const char *px_freshness_rule_settle(px_freshness_rule *rule);

typedef struct px_field {
    px_str path; /* "temperature", or "motor.temperature" in a Component */
    px_str name;
    uint32_t index;     /* property number, below PX_FIELDS_MAX */
    uint32_t component; /* index, or PX_NO_COMPONENT */
    px_field_kind kind;
    bool writable; /* Property only */
    const px_schema *schema;
    px_str semantic_type, unit; /* terms: "Temperature", "degreeCelsius"; empty when none */
    px_lang_map display_names, descriptions;
    px_str owner; /* DTMI of the Interface that declares it */
    /* of extensions; empty, or false, when there is none */
    px_str unit_type;            /* of its semantic type: "TemperatureUnit" */
    px_str annotates, overrides; /* name of a sibling; member of it */
    bool historized, required;
    px_freshness_rule freshness; /* period 0: none */
    uint64_t cotypes;            /* for the room itself: bits of model/extension.h */
} px_field;

typedef struct px_component {
    px_str name;
    const px_model *model;
    uint32_t field_first, field_count; /* its fields are contiguous */
    px_lang_map display_names, descriptions;
    px_str owner; /* DTMI of the Interface that declares it */
} px_component;

typedef struct px_relationship {
    px_str name;
    px_str target;             /* DTMI; empty: any twin */
    uint32_t max_multiplicity; /* 0: no maximum */
    bool writable;
    bool rolls_up;              /* how fresh the targets are is asked of the source, too */
    const px_field *properties; /* own little list: index counts from 0 in here */
    uint32_t property_count;
    px_lang_map display_names, descriptions;
    px_str owner;
} px_relationship;

typedef struct px_payload {
    px_str name;
    const px_schema *schema; /* NULL: the command has none */
    px_str semantic_type, unit;
    px_lang_map display_names;
    bool nullable;
} px_payload;

typedef enum px_guard_of {
    PX_GUARD_OF_TWIN,
    PX_GUARD_OF_EVERY, /* neighbour that a relationship of the twin leads to */
    PX_GUARD_OF_ANY,
} px_guard_of;

/* What has to hold before a command is given: a condition of the one expression language, which is
 * read by a room above. */
typedef struct px_guard {
    px_str expression;
    px_guard_of of;
    px_str relationship; /* of EVERY and ANY */
    px_lang_map messages;
} px_guard;

/* How a command is sent whose call does not say it; 0: the model says nothing either. */
typedef struct px_command_plan {
    uint32_t timeout_s, expiry_s;
    uint32_t attempts; /* one more than it is sent again */
    uint32_t interval_s;
} px_command_plan;

typedef struct px_command {
    px_str name;
    px_payload request, response;
    const px_guard *guards;
    uint32_t guard_count;
    px_command_plan plan;
    px_lang_map display_names, descriptions;
    px_str owner;
} px_command;

uint32_t px_layout_field_count(const px_layout *layout);
const px_field *px_layout_field(const px_layout *layout, uint32_t index); /* index < count */

/* O(1), no allocation: one probe of a table of precomputed hashes. NULL when there is none. */
const px_field *px_layout_find(const px_layout *layout, uint32_t component, px_str name);
/* "temperature" or "motor.temperature". */
const px_field *px_layout_find_path(const px_layout *layout, px_str path);
/* What to offer as "did you mean" for an unknown name; empty when nothing is near. */
px_str px_layout_nearest(const px_layout *layout, uint32_t component, px_str name);

/* Lists of Components, Relationships and Commands of the Interface and its bases (not those inside
 * a Component: see its model). `ret_count` may be NULL. */
const px_component *px_layout_components(const px_layout *layout, uint32_t *ret_count);
const px_relationship *px_layout_relationships(const px_layout *layout, uint32_t *ret_count);
const px_command *px_layout_commands(const px_layout *layout, uint32_t *ret_count);

/* By name: the index of a Component or PX_NO_COMPONENT; the others NULL when there is none. */
uint32_t px_layout_component_find(const px_layout *layout, px_str name);
const px_relationship *px_layout_relationship_find(const px_layout *layout, px_str name);
/* The name of a declared relationship near to this one, for "did you mean"; empty when none is. */
px_str px_layout_nearest_relationship(const px_layout *layout, px_str name);
const px_command *px_layout_command_find(const px_layout *layout, px_str name);
const px_field *px_relationship_property_find(const px_relationship *relationship, px_str name);

/* PX_OK when `paths` is the list of this layout's field paths, in order: proves at replay that the
 * journalled property numbers still mean what they meant. PX_CORRUPT names the first difference. */
PX_NODISCARD px_status px_layout_matches(const px_layout *layout, const px_str *paths, size_t count,
                                         px_err *ret_err);

#endif
