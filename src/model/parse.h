/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From JSON text to checked elements: what the files of the parser share. Inside the room only.
 *
 * The path: parse.c reads the document and the Interfaces in it; element.c reads elements by the
 * tables of metamodel.c, with context.c, types.c and literal.c for their parts; resolve.c finds
 * what is referred to; compile.c checks each Interface, dependencies first, and fills its px_model.
 * A broken rule is reported and reading goes on, so that one answer tells all that is wrong; a
 * px_status other than PX_OK means that reading cannot go on.
 */
#ifndef PX_MODEL_PARSE_H
#define PX_MODEL_PARSE_H

#include "base/map.h"
#include "base/vec.h"
#include "model/dtmi.h"
#include "model/extension.h"
#include "model/model_inner.h"
#include "model/rule.h"

typedef struct px_el px_el;

/* What @context says at some place of the document. */
typedef struct px_context {
    uint32_t version; /* 2 to 4; 0 while unknown */
    const px_dtdl_limits *limits;
    bool unknown;    /* an extension that is not known, and tolerated */
    bool unresolved; /* one that is not known, and refused */
    bool has_units;  /* semantic types and units may be used */
    px_unit_context units;
    px_extension_set extensions;
} px_context;

/* A reference to an element, or its definition in place. */
typedef struct px_ref {
    const px_json *node;
    px_el *el;              /* defined in place, or found; NULL before and for the two below */
    const px_model *model;  /* a stored Interface */
    const px_schema *plain; /* a predefined schema, or NULL */
    px_str unit_type;       /* its units are the schema */
    px_str dtmi;            /* to be found; empty for a definition */
} px_ref;

typedef struct px_set {
    px_ref *items;
    uint32_t count;
} px_set;

enum { PX_EL_SETS = 3 };

typedef enum px_compile_state { PX_NEW, PX_VISITING, PX_DONE, PX_FAILED } px_compile_state;

/* One element of a model, as it was read. */
struct px_el {
    const px_json *node;
    px_class class;
    px_context context;
    px_el *owner; /* the Interface that it is defined in; itself for an Interface */
    px_str id;    /* empty when it has none */
    px_str name;
    px_member_set given;
    px_lang_map display_names, descriptions;
    px_str abstract; /* a class in @type that no element has */
    px_str semantic_type, unit_type, unit;
    px_cotype_set cotypes;
    uint32_t supplements; /* bit 1 << px_supplement: given */
    px_str annotates, overrides;
    px_freshness_rule freshness;
    int64_t index;
    const px_json *guard_list; /* of a Command: the list, and what it says */
    px_guard *guards;
    uint32_t guard_count;
    px_command_plan plan;
    bool tolerant;       /* has a co-type that is not known: unknown members are ignored */
    bool below_contents; /* it counts among the elements of its Interface */
    px_set sets[PX_EL_SETS];

    bool writable, nullable;
    uint32_t max_multiplicity;
    px_str target;
    px_schema_kind value_schema; /* of an Enum */
    px_value enum_value;

    /* of a complex schema, while compiling */
    px_compile_state state;
    px_schema *schema;
    uint32_t schema_depth;
    bool has_array;

    /* of an Interface */
    uint32_t source; /* index of its text */
    uint32_t number; /* in px_parse.interfaces */
    px_model *model; /* being filled */
    uint32_t element_count;
    uint32_t contexts_missed; /* bit 1 << px_extension: told that @context does not name it */
    uint32_t waits_for;       /* Interfaces of the request that must be compiled first */
};

/* A reference that waits to be found. */
typedef struct px_pending {
    px_el *el;
    px_member member;
    px_ref *ref;
} px_pending;

typedef struct px_parse {
    px_arena *arena; /* for the call: document and elements */
    const px_models_opts *opts;
    const px_model_file *texts;
    size_t text_count;
    uint32_t source; /* index of the text that is being read */
    PX_VEC(px_el *) interfaces;
    PX_VEC(px_el *) named; /* elements that have an id */
    PX_VEC(px_pending) pending;
    px_map by_id;      /* hash of the id to index in `named` */
    uint64_t contents; /* of all layouts so far: a few words may ask for gigabytes of them */
    px_model_report report;
} px_parse;

/* Reports a broken rule at a node: "Telemetry 'x' of dtmi:a;1: MESSAGE; RULE'S SENTENCE; did you
 * mean 'y'?". `el` may be NULL, `nearest` empty. Never fails: what does not fit is counted. */
void px_parse_report(px_parse *parse, px_rule rule, const px_el *el, const px_json *node,
                     px_str nearest, const char *format, ...) PX_PRINTF(6, 7);
/* What is wrong with the text that is being read, before there is any element. */
void px_parse_report_err(px_parse *parse, const px_err *err);
/* True when enough has been reported: loops end early. */
bool px_parse_is_full(const px_parse *parse);

/* The most Interfaces of the call. */
uint32_t px_parse_models_max(const px_parse *parse);

/* Text that lives as long as the model of `el`: a slice of the model's own copy of the definition
 * where that is possible, else a copy. */
px_status px_keep(const px_el *el, px_str text, px_str *ret_kept, px_err *ret_err);
#define PX_MODEL_ARENA(el) (&(el)->owner->model->arena)

/* context.c: false when no version can be told, so that the element cannot be read. */
bool px_context_read(px_parse *parse, const px_el *el, const px_json *object,
                     const px_context *outer, px_context *ret_context);

/* Where an element stands. */
typedef struct px_place {
    px_el *parent; /* NULL at the top level */
    px_member member;
} px_place;

/* types.c: class, semantic type and co-types from @type. `allowed` are the classes that the place
 * takes; the class is PX_CLASS_NONE when it is none of them (reported). */
void px_types_read(px_parse *parse, px_el *el, px_class_set allowed, px_place place);

/* cotype.c: adjunct types. */
/* What the element itself and the one around it must be. */
void px_cotypes_check(px_parse *parse, px_el *el, const px_el *parent);
/* A member that an extension brings. */
px_status px_supplement_read(px_parse *parse, px_el *el, px_supplement supplement,
                             const px_json *node, px_err *ret_err);
void px_supplements_check(px_parse *parse, px_el *el);
/* Among the values of the element's members, once these are read. */
px_status px_siblings_check(px_parse *parse, const px_el *el, px_err *ret_err);
/* What the co-types and the semantic type ask of the schema of an element; NULL: nothing. */
void px_check_value(px_parse *parse, const px_el *el, const px_ref *ref, const px_schema *schema);
/* command_plan.c: guards of a Command, and how it is sent. */
px_status px_guards_read(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err);
void px_term_read(px_parse *parse, px_el *el, px_supplement supplement, const px_json *node);
/* What the guards of an Interface's own Commands speak of, once its layout stands. */
void px_guards_check(px_parse *parse, const px_el *el, const px_layout *layout);
/* annotation.c: ValueAnnotations and Overrides in a list of fields, by name. */
void px_annotations_check(px_parse *parse, const px_el *el, const px_field *fields, uint32_t count,
                          const px_layout_table *names);
/* The same among all contents of an Interface. */
px_status px_annotations_check_layout(px_parse *parse, const px_el *el, const px_layout *layout,
                                      px_err *ret_err);

/* literal.c: false when the value is not what it should be (reported) or is absent ([]). */
bool px_literal_text(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                     px_str *ret_text);
bool px_literal_integer(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                        int64_t *ret_value);
bool px_literal_boolean(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                        bool *ret_value);
/* A string or an integer. */
bool px_literal_enum_value(px_parse *parse, const px_el *el, const px_json *node,
                           px_value *ret_value);
px_status px_literal_lang(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                          uint32_t length_max, px_lang_map *ret_map, px_err *ret_err);
uint32_t px_utf16_length(px_str text);

/* identifier.c: reads @id and enters the element into the index. */
px_status px_identifier_read(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err);
/* Whether `text` has the form of a reference; false when reported, as `rule`. */
bool px_identifier_check(px_parse *parse, const px_el *el, const px_json *node, px_str text,
                         px_rule rule);
/* The element of the request that has this id, or NULL. */
px_el *px_identifier_find(const px_parse *parse, px_str id);

/* element.c: `ret_el` is NULL when the element cannot be read (reported). */
px_status px_element_read(px_parse *parse, const px_json *node, px_place place, px_el **ret_el,
                          px_err *ret_err);
/* reference.c: the value of a member that holds elements. */
px_status px_references_read(px_parse *parse, px_el *el, px_member member, const px_json *node,
                             px_err *ret_err);
/* reference.c: members that hold an identifier, a term of the language, a unit. */
px_status px_target_read(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err);
void px_command_type_read(px_parse *parse, px_el *el, const px_json *node);
void px_value_schema_read(px_parse *parse, px_el *el, const px_json *node);
void px_unit_read(px_parse *parse, px_el *el, const px_json *node);

/* resolve.c */
void px_resolve(px_parse *parse);

/* compile.c: all Interfaces, dependencies first. */
px_status px_compile(px_parse *parse, px_err *ret_err);
/* contents.c: the layout of one Interface, whose bases and Components' models stand. */
px_status px_compile_contents(px_parse *parse, px_el *el, px_err *ret_err);
/* schema_compile.c: gives NULL when the schema was refused (reported, now or before). */
px_status px_compile_schema(px_parse *parse, const px_el *user, const px_ref *ref,
                            const px_schema **ret_schema, px_err *ret_err);
/* Whether values of this reference may hold an Array (geospatial ones do). */
bool px_compiled_has_array(const px_ref *ref);
/* The model behind a reference to an Interface. */
const px_model *px_ref_model(const px_ref *ref);

#endif
