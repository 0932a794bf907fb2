/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of a binding share. Room-internal. */
#ifndef PX_SYNC_BINDING_INNER_H
#define PX_SYNC_BINDING_INNER_H

#include <stdatomic.h>

#include "base/map.h"
#include "base/unit_convert.h"
#include "expr/formula.h"
#include "sync/binding.h"

/* Where a value stands in a row: a pointer, or the name of a member as it is. */
typedef struct pxi_place {
    px_json_pointer pointer;
    px_str key; /* as written; without a slash it is only a member's name */
    bool is_key;
} pxi_place;

/* ---- templates ---- */

typedef enum pxi_piece_kind {
    PXI_PIECE_TEXT,
    PXI_PIECE_LEVEL, /* of the topic, by index */
    PXI_PIECE_FIELD, /* by index */
    PXI_PIECE_PLACE, /* in the row, or where it has none in the message */
    PXI_PIECE_KEY,   /* the name under which the row stands */
} pxi_piece_kind;

typedef struct pxi_piece {
    pxi_piece_kind kind;
    px_str text; /* TEXT; as written of the others */
    uint32_t index;
    pxi_place place;
} pxi_piece;

/* "press-{machine}" */
typedef struct pxi_template {
    const pxi_piece *pieces;
    uint32_t count;
} pxi_template;

/* ---- fields ---- */

typedef enum pxi_type { PXI_AS_IT_IS, PXI_NUMBER, PXI_INTEGER, PXI_BOOLEAN, PXI_STRING } pxi_type;

typedef struct pxi_field {
    px_str name; /* for formulas, templates and reports */
    bool has_formula, required, has_scale, has_offset;
    pxi_place from;
    px_formula formula;
    px_str to;                 /* property path; empty: only for formulas and templates */
    const pxi_template *twins; /* of its own; NULL: the binding's */
    uint32_t twin_count;
    const px_unit_factor *unit; /* NULL: none was said */
    px_num scale, offset;
    pxi_type type;
    const px_json *values; /* texts to values; NULL: none */
} pxi_field;

typedef enum pxi_time_form {
    PXI_TIME_ANY, /* RFC 3339, or a number whose size tells its unit */
    PXI_TIME_RFC3339,
    PXI_TIME_UTC, /* date and time without a zone */
    PXI_TIME_S,
    PXI_TIME_MS,
    PXI_TIME_US,
    PXI_TIME_NS,
} pxi_time_form;

typedef struct pxi_create {
    px_str model;
    const px_json *properties; /* texts in it are templates; NULL: none */
    bool has_parent;
    pxi_template parent, relationship_id;
    px_str relationship;
} pxi_create;

typedef struct pxi_binding_figures {
    _Atomic uint64_t messages, values, missed, refused;
} pxi_binding_figures;

struct px_binding {
    _Atomic uint32_t refs; /* bindings.c: the set that has it, and who works with it */
    pxi_binding_figures own, *all;
    _Atomic int64_t
        nothing_at; /* when a row that became nothing was kept the last time; 0: never */
    px_arena arena; /* of all below */
    px_str name;
    bool enabled, writes_itself, takes_http, has_mqtt, is_sparkplug;
    px_str connection; /* empty: it takes from none */
    px_str filter; /* of MQTT, the connection or Sparkplug, its names replaced by +; may be empty */
    const px_str *levels; /* names of topic levels; empty where there is none */
    uint32_t level_count;
    px_binding_format format;
    const px_str *columns; /* of CSV without a head line */
    uint32_t column_count;
    char separator; /* of CSV; 0: found out */
    bool has_rows, has_time, has_quality, has_when, has_rest, has_create;
    px_json_pointer rows;
    pxi_place time, quality, rest;
    pxi_time_form time_form;
    const px_json *good; /* qualities that are taken */
    px_formula when;
    const pxi_template *twins;
    uint32_t twin_count;
    pxi_field *fields;
    uint32_t field_count;
    pxi_create create;
};

/* A row of CSV or of the line protocol that is none; the others are what they are. */
typedef struct pxi_fault pxi_fault;
struct pxi_fault {
    const pxi_fault *next;
    uint32_t row; /* from 1; in the tree it is null */
    const char *id;
    px_str text; /* with the line */
};

/* A message as a JSON tree, whatever its format. */
typedef struct pxi_payload {
    px_json *root;
    const pxi_fault *faults; /* by row; NULL: there are none */
    const px_str *columns;   /* of CSV */
    size_t column_count;
} pxi_payload;

/* One row under way: what formulas and templates look at. */
typedef struct pxi_row {
    const px_binding *binding;
    const px_bind_input *input;
    px_arena *arena;
    px_str levels[PX_TOPIC_LEVELS_MAX];
    pxi_payload payload;
    px_json *node;
    uint32_t number;       /* from 1 */
    px_value *values;      /* of the fields, by index; NONE: missing */
    const px_json **found; /* where each stands; NULL: nowhere */
    const px_json **nodes; /* the same, of those that were not changed since */
} pxi_row;

/* A message under way. */
typedef struct pxi_mapping pxi_mapping;
struct pxi_mapping {
    const px_binding *b;
    const px_bind_input *input;
    const px_bind_world *world;
    px_arena *arena;
    px_map by_id; /* hash of a twin's id to its index */
    px_bound out;
    uint32_t misses_max, cap;
    px_err *ret_err;
};

/* ---- binding_text.c ---- */
PX_NODISCARD px_status pxi_place_read(px_binding *b, const px_json *json, pxi_place *ret_place,
                                      px_err *ret_err);
/* The row's value there, or the message's. NULL: there is none, or it is null. */
px_json *pxi_place_find(const pxi_row *row, const pxi_place *place);
bool pxi_place_is_null(const pxi_row *row, const pxi_place *place);
PX_NODISCARD px_status pxi_template_read(const px_binding *b, px_arena *arena, const px_json *json,
                                         px_str text, pxi_template *ret_template, px_err *ret_err);
/* Errors: PX_INVALID (binding.template) when a part is missing or empty; PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status pxi_template_fill(const pxi_row *row, const pxi_template *t,
                                         px_str *ret_text, px_err *ret_err);
/* The same of a text that is no name: a value of the message may be empty in it. */
PX_NODISCARD px_status pxi_template_fill_text(const pxi_row *row, const pxi_template *t,
                                              px_str *ret_text, px_err *ret_err);
uint32_t pxi_level_find(const px_binding *b, px_str name); /* UINT32_MAX: none */
uint32_t pxi_field_find(const px_binding *b, px_str name); /* the same */

/* ---- binding_source.c ---- */
PX_NODISCARD px_status pxi_source_read(px_binding *b, const px_json *json, px_err *ret_err);
void pxi_levels_cut(const px_binding *b, px_str topic, px_str ret_levels[PX_TOPIC_LEVELS_MAX]);

/* ---- binding_field.c ---- */
PX_NODISCARD px_status pxi_fields_read(px_binding *b, const px_json *json, px_err *ret_err);
PX_NODISCARD px_status pxi_twins_read(px_binding *b, const px_json *json,
                                      const pxi_template **ret_twins, uint32_t *ret_count,
                                      px_err *ret_err);
/* A formula whose names are all of this binding; those of fields stand before `before`. */
PX_NODISCARD px_status pxi_formula_read(px_binding *b, const px_json *json, uint32_t before,
                                        px_formula *ret_formula, px_err *ret_err);
/* A text of 1 to PX_BINDING_TEXT_BYTES_MAX bytes. */
PX_NODISCARD px_status pxi_text_check(const px_json *json, px_err *ret_err);

/* ---- binding_read.c ---- */
PX_NODISCARD px_status pxi_payload_read(const px_binding *b, const px_bind_input *input,
                                        px_arena *arena, pxi_payload *ret_payload, px_err *ret_err);

/* ---- binding_value.c ---- */
/* Reads all fields of the row; what is wrong with one is told by its miss. */
PX_NODISCARD px_status pxi_values_read(pxi_mapping *m, pxi_row *row, px_err *ret_err);
PX_NODISCARD px_status pxi_time_of(const pxi_row *row, px_time *ret_time, px_err *ret_err);
bool pxi_quality_is_good(const pxi_row *row);
/* The value as the model's field takes it; PX_INVALID and its kin are the field's, not the
 * message's. `node` NULL: only `value` counts. */
PX_NODISCARD px_status pxi_value_settle(const pxi_row *row, const px_unit_factor *unit,
                                        const px_json *node, px_value value, const px_field *field,
                                        px_value *ret_value, px_err *ret_err);
px_value pxi_value_of(const px_json *json); /* compounds as their text */
void pxi_attribute(void *data, const void *row, px_str name, px_value *ret_value);

/* ---- binding_wanted.c ---- */
bool pxi_is_wanted(const pxi_mapping *m, uint32_t row, uint32_t slot, px_str name);
void pxi_miss(pxi_mapping *m, const px_bind_miss *what, const px_err *why);

/* ---- binding_nothing.c ---- */
/* Nothing of the row was taken, and nothing missed. */
void pxi_note_nothing(pxi_mapping *m, const pxi_row *row);

/* ---- binding_map.c ---- */
bool pxi_is_fatal(px_status status); /* of the whole message */

/* ---- binding_create.c ---- */
PX_NODISCARD px_status pxi_create_read(px_binding *b, const px_json *json, px_err *ret_err);
PX_NODISCARD px_status pxi_create_twin(const pxi_row *row, px_bound_twin *twin, px_err *ret_err);

#endif
