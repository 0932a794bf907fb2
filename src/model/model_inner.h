/* SPDX-License-Identifier: Apache-2.0 */
/** What a model and a layout are made of. Inside the room only. */
#ifndef PX_MODEL_MODEL_INNER_H
#define PX_MODEL_MODEL_INNER_H

#include <stdatomic.h>

#include "model/model.h"

/* One place of a table; `name` is NULL in an empty one. */
typedef struct px_layout_place {
    const char *name;
    uint64_t hash;
    uint32_t len, index;
} px_layout_place;

/* Names to indexes, open addressing, filled at most by half. The salt tells fields of one Component
 * from those of another. */
typedef struct px_layout_table {
    px_layout_place *places;
    uint64_t mask; /* count of places - 1 */
} px_layout_table;

px_status px_layout_table_init(px_layout_table *table, px_arena *arena, uint32_t count,
                               px_err *ret_err);
void px_layout_table_add(px_layout_table *table, uint32_t salt, px_str name, uint32_t index);
/* UINT32_MAX when it is not there. */
uint32_t px_layout_table_find(const px_layout_table *table, uint32_t salt, px_str name);

/* Each list begins with what the bases give; fields end with those of Components. */
struct px_layout {
    px_field *fields;
    px_component *components;
    px_relationship *relationships;
    px_command *commands;
    uint32_t field_count, component_count, relationship_count, command_count;
    /* where the Interface's own begin; its own fields end where those of Components begin */
    uint32_t field_own, field_components, component_own, relationship_own, command_own;
    px_layout_table field_table, component_table, relationship_table, command_table;
};

/* Fills the tables once the lists stand. */
px_status px_layout_index(px_layout *layout, px_arena *arena, px_err *ret_err);

struct px_model {
    atomic_uint refs;
    px_model *next_dead; /* while it is released */
    px_arena arena;      /* holds all below */
    px_str id, text;
    uint32_t dtdl_version, version_major, version_minor;
    px_lang_map display_names, descriptions;
    const px_model **extends, **lineage, **dependencies;
    uint32_t extends_count, lineage_count, dependency_count;
    const px_model **held; /* one reference on each: bases and Components' models */
    uint32_t held_count;
    const px_schema **schemas;
    uint32_t schema_count;
    uint32_t extends_depth; /* steps of the longest chain above it */
    uint32_t element_count; /* its own, below contents */
    px_layout layout;
};

/* A model with one reference and nothing in it but its arena; NULL without memory. */
px_model *px_model_new(void);

#endif
