/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The language as tables: classes, their members, what each member takes. Inside the room only.
 *
 * A new version of DTDL adds rows and a column, not code. Threads: any.
 */
#ifndef PX_MODEL_METAMODEL_H
#define PX_MODEL_METAMODEL_H

#include "model/schema.h"
#include "model/unit.h"

typedef enum px_class {
    PX_CLASS_INTERFACE,
    PX_CLASS_TELEMETRY,
    PX_CLASS_PROPERTY,
    PX_CLASS_COMMAND,
    PX_CLASS_RELATIONSHIP,
    PX_CLASS_COMPONENT,
    PX_CLASS_ARRAY,
    PX_CLASS_ENUM,
    PX_CLASS_MAP,
    PX_CLASS_OBJECT,
    PX_CLASS_ENUM_VALUE,
    PX_CLASS_FIELD,
    PX_CLASS_MAP_KEY,
    PX_CLASS_MAP_VALUE,
    PX_CLASS_COMMAND_PAYLOAD,
    PX_CLASS_COMMAND_REQUEST,
    PX_CLASS_COMMAND_RESPONSE,
    PX_CLASS_COUNT
} px_class;
#define PX_CLASS_NONE PX_CLASS_COUNT

/* What a member holds. */
typedef enum px_member_kind {
    PX_MEMBER_STRING,
    PX_MEMBER_LANG, /* localized text */
    PX_MEMBER_BOOLEAN,
    PX_MEMBER_INTEGER,
    PX_MEMBER_ENUM_VALUE, /* a string or an integer */
    PX_MEMBER_ONE,        /* one element */
    PX_MEMBER_SET,        /* elements */
    PX_MEMBER_IDENTIFIER, /* a DTMI that need not exist */
    PX_MEMBER_TERM,       /* a term of the language, or its DTMI */
    PX_MEMBER_UNIT,       /* only with a semantic type */
} px_member_kind;

/* member, term, kind, slot among an element's sets, first version of DTDL */
#define PX_MEMBER_MAP(X)                                                                           \
    X(COMMENT, "comment", STRING, 0, 2)                                                            \
    X(DESCRIPTION, "description", LANG, 0, 2)                                                      \
    X(DISPLAY_NAME, "displayName", LANG, 0, 2)                                                     \
    X(NAME, "name", STRING, 0, 2)                                                                  \
    X(CONTENTS, "contents", SET, 0, 2)                                                             \
    X(EXTENDS, "extends", SET, 1, 2)                                                               \
    X(SCHEMAS, "schemas", SET, 2, 2)                                                               \
    X(SCHEMA, "schema", ONE, 0, 2)                                                                 \
    X(WRITABLE, "writable", BOOLEAN, 0, 2)                                                         \
    X(REQUEST, "request", ONE, 0, 2)                                                               \
    X(RESPONSE, "response", ONE, 1, 2)                                                             \
    X(COMMAND_TYPE, "commandType", TERM, 0, 2)                                                     \
    X(TARGET, "target", IDENTIFIER, 0, 2)                                                          \
    X(PROPERTIES, "properties", SET, 0, 2)                                                         \
    X(MIN_MULTIPLICITY, "minMultiplicity", INTEGER, 0, 2)                                          \
    X(MAX_MULTIPLICITY, "maxMultiplicity", INTEGER, 0, 2)                                          \
    X(ELEMENT_SCHEMA, "elementSchema", ONE, 0, 2)                                                  \
    X(VALUE_SCHEMA, "valueSchema", TERM, 0, 2)                                                     \
    X(ENUM_VALUES, "enumValues", SET, 0, 2)                                                        \
    X(ENUM_VALUE, "enumValue", ENUM_VALUE, 0, 2)                                                   \
    X(MAP_KEY, "mapKey", ONE, 0, 2)                                                                \
    X(MAP_VALUE, "mapValue", ONE, 1, 2)                                                            \
    X(FIELDS, "fields", SET, 0, 2)                                                                 \
    X(NULLABLE, "nullable", BOOLEAN, 0, 4)                                                         \
    X(UNIT, "unit", UNIT, 0, 2)

typedef enum px_member {
#define X(name, term, kind, slot, since) PX_MEMBER_AT_##name,
    PX_MEMBER_MAP(X)
#undef X
        PX_MEMBER_COUNT
} px_member;
#define PX_MEMBER_NONE PX_MEMBER_COUNT

typedef uint32_t px_class_set;  /* bit 1 << px_class */
typedef uint32_t px_member_set; /* bit 1 << px_member */
#define PX_CLASS_BIT(name) (UINT32_C(1) << PX_CLASS_##name)
#define PX_MEMBER_BIT(name) (UINT32_C(1) << PX_MEMBER_AT_##name)

/* The versions that are known. */
#define PX_DTDL_FIRST 2u
#define PX_DTDL_LAST 4u
#define PX_DTDL_LIMITLESS 4u /* since then a context may bring its own limits */
#define PX_DTDL_RECURSIVE 4u /* since then a schema may contain itself */

const char *px_class_term(px_class class);
px_class px_class_of_term(uint32_t version, px_str term); /* PX_CLASS_NONE */
bool px_class_type_optional(px_class class);              /* @type may be left out */
bool px_class_takes_semantic(uint32_t version, px_class class);

const char *px_member_term(px_member member);
px_member_kind px_member_kind_of(px_member member);
uint32_t px_member_slot(px_member member);
px_member px_member_of_term(px_str term); /* PX_MEMBER_NONE */
px_member_set px_class_members(uint32_t version, px_class class);
px_member_set px_class_required(uint32_t version, px_class class);

/* What elements a member of a class takes; 0 for a MapKey's schema, which is only `string`. */
px_class_set px_member_classes(uint32_t version, px_class class, px_member member);
/* True when elements of earlier versions of DTDL may stand there. */
bool px_member_takes_older(px_class class, px_member member);
/* Most elements of a set in that version; 0: no own limit. */
uint32_t px_member_count_max(uint32_t version, px_member member);
uint32_t px_member_count_min(uint32_t version, px_member member);

/* Limits that differ by version; 0: none. Lengths in UTF-16 units, as the reference counts. */
typedef struct px_dtdl_limits {
    uint32_t name, display_name, description, comment;
    uint32_t id, interface_id; /* bytes */
    uint32_t contents, extends_depth, schema_depth, max_multiplicity;
} px_dtdl_limits;
const px_dtdl_limits *px_dtdl_limits_of(uint32_t version);
/* Those of a limits context, such as `dtmi:dtdl:limits:onvif` and 1; NULL when it is not known. */
const px_dtdl_limits *px_dtdl_limits_named(px_str context, uint32_t version);

/* `integer`, `dtmi:dtdl:instance:Schema:integer;2`, `dtmi:standard:schema:geospatial:point;2`:
 * PX_SCHEMA_KIND_COUNT when it is none. */
px_schema_kind px_plain_schema_of(uint32_t version, px_str term_or_dtmi);
/* `synchronous`, `asynchronous` and their DTMIs. */
bool px_is_command_type(uint32_t version, px_str term_or_dtmi);

/* True for a class that no element has: an abstract one, or one of predefined elements. */
bool px_is_abstract_class(uint32_t version, px_str term);
/* True for every word that the core of that version defines, whatever it names. */
bool px_is_known_term(uint32_t version, px_str term);
/* Cuts `dtmi:dtdl:class:Interface;3` to `Interface` when the rest is as given; else false. */
bool px_cut_dtmi_term(px_str dtmi, px_str prefix, uint32_t version, px_str *ret_term);

#endif
