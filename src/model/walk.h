/* SPDX-License-Identifier: Apache-2.0 */
/**
 * All that a resolved Interface is made of, one thing after the other: for trees, graphs, lists.
 *
 * Contents come in the order of the layout: Properties and Telemetries, Components, Relationships,
 * Commands, those of the bases first. Below each comes what it holds. Threads: any.
 */
#ifndef PX_MODEL_WALK_H
#define PX_MODEL_WALK_H

#include "model/model.h"

/* kind, its word */
#define PX_ITEM_MAP(X)                                                                             \
    X(PROPERTY, "Property")                                                                        \
    X(TELEMETRY, "Telemetry")                                                                      \
    X(COMPONENT, "Component")                                                                      \
    X(RELATIONSHIP, "Relationship")                                                                \
    X(COMMAND, "Command")                                                                          \
    X(REQUEST, "request")                                                                          \
    X(RESPONSE, "response")                                                                        \
    X(FIELD, "field")                                                                              \
    X(ENUM_VALUE, "value")                                                                         \
    X(ELEMENT, "element") /* of an Array */                                                        \
    X(MAP_VALUE, "value of the map")

typedef enum px_item_kind {
#define X(name, word) PX_ITEM_##name,
    PX_ITEM_MAP(X)
#undef X
} px_item_kind;

/* Borrowed from the model. */
typedef struct px_model_item {
    px_item_kind kind;
    uint32_t depth; /* 0: a content of the Interface */
    px_str name;    /* empty for an element of an Array */
    px_str owner;   /* of a content: the DTMI of the Interface that declares it */
    px_str unit;
    px_lang_map display_names;
    const px_schema *schema;             /* NULL: it has none */
    bool repeated;                       /* its schema stands around it: not walked again */
    const px_component *component;       /* of a Component */
    const px_relationship *relationship; /* of a Relationship */
    const px_enum_value *enum_value;     /* of a value of an Enum */
} px_model_item;

/* False ends the walk. */
typedef bool px_model_visit(void *data, const px_model_item *item);

#define PX_MODEL_WALK_ITEMS_MAX 100000

/* True when all was visited: the visitor did not end it, and there were no more than
 * PX_MODEL_WALK_ITEMS_MAX (a schema that stands in many places is visited in each). Contents of a
 * Component's Interface are not visited: walk that. */
bool px_model_walk(const px_model *model, px_model_visit *visit, void *data);

const char *px_item_word(px_item_kind kind);

#endif
