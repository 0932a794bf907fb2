/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Compiled schemas, and the check of a value against one.
 *
 * Schemas are plain, immutable and borrowed from the model that holds them. Threads: any.
 * Source: DTDL v2 to v4, "Schema"; the forms of values: `reference/dtdl-and-api.md` section 7.
 */
#ifndef PX_MODEL_SCHEMA_H
#define PX_MODEL_SCHEMA_H

#include "base/json.h"
#include "model/lang.h"

/* kind, term in DTDL, kind of the px_value, first version of DTDL, family. Numbers of kinds are
 * stored nowhere. */
#define PX_SCHEMA_MAP(X)                                                                           \
    X(BOOLEAN, "boolean", BOOL, 2, OTHER)                                                          \
    X(DATE, "date", TEXT, 2, OTHER)                                                                \
    X(DATETIME, "dateTime", TEXT, 2, OTHER)                                                        \
    X(DOUBLE, "double", NUM, 2, NUMERIC)                                                           \
    X(DURATION, "duration", TEXT, 2, OTHER)                                                        \
    X(FLOAT, "float", NUM, 2, NUMERIC)                                                             \
    X(INTEGER, "integer", NUM, 2, NUMERIC)                                                         \
    X(LONG, "long", NUM, 2, NUMERIC)                                                               \
    X(STRING, "string", TEXT, 2, OTHER)                                                            \
    X(TIME, "time", TEXT, 2, OTHER)                                                                \
    X(BYTE, "byte", NUM, 4, NUMERIC)                                                               \
    X(SHORT, "short", NUM, 4, NUMERIC)                                                             \
    X(UNSIGNED_BYTE, "unsignedByte", NUM, 4, NUMERIC)                                              \
    X(UNSIGNED_SHORT, "unsignedShort", NUM, 4, NUMERIC)                                            \
    X(UNSIGNED_INTEGER, "unsignedInteger", NUM, 4, NUMERIC)                                        \
    X(UNSIGNED_LONG, "unsignedLong", NUM, 4, NUMERIC)                                              \
    X(BYTES, "bytes", TEXT, 4, OTHER)                                                              \
    X(DECIMAL, "decimal", TEXT, 4, NUMERIC)                                                        \
    X(UUID, "uuid", TEXT, 4, OTHER)                                                                \
    X(SCALED_DECIMAL, "scaledDecimal", JSON, 4, STANDARD)                                          \
    X(POINT, "point", JSON, 2, GEOMETRY)                                                           \
    X(MULTI_POINT, "multiPoint", JSON, 2, GEOMETRY)                                                \
    X(LINE_STRING, "lineString", JSON, 2, GEOMETRY)                                                \
    X(MULTI_LINE_STRING, "multiLineString", JSON, 2, GEOMETRY)                                     \
    X(POLYGON, "polygon", JSON, 2, GEOMETRY)                                                       \
    X(MULTI_POLYGON, "multiPolygon", JSON, 2, GEOMETRY)                                            \
    X(ARRAY, "Array", JSON, 2, COMPLEX)                                                            \
    X(ENUM, "Enum", NONE, 2, COMPLEX) /* TEXT or NUM, by its valueSchema */                        \
    X(MAP, "Map", JSON, 2, COMPLEX)                                                                \
    X(OBJECT, "Object", JSON, 2, COMPLEX)

/* What a kind of schema is, for the rules that speak of many. */
typedef enum px_schema_family {
    PX_SCHEMA_FAMILY_NUMERIC, /* takes a semantic type with its unit */
    PX_SCHEMA_FAMILY_OTHER,   /* the other primitive ones */
    PX_SCHEMA_FAMILY_STANDARD,
    PX_SCHEMA_FAMILY_GEOMETRY,
    PX_SCHEMA_FAMILY_COMPLEX, /* defined by the model */
} px_schema_family;

typedef enum px_schema_kind {
#define X(name, term, value, since, family) PX_SCHEMA_##name,
    PX_SCHEMA_MAP(X)
#undef X
        PX_SCHEMA_KIND_COUNT
} px_schema_kind;

typedef struct px_schema px_schema;

typedef struct px_enum_value {
    px_str name;
    px_value value; /* TEXT or NUM */
    px_lang_map display_names;
} px_enum_value;

typedef struct px_schema_field {
    px_str name;
    const px_schema *schema;
    px_str semantic_type, unit; /* terms; empty when there is none */
    px_lang_map display_names;
    bool required; /* no Object without it */
} px_schema_field;

struct px_schema {
    px_schema_kind kind;
    px_str id; /* the DTMI that the model gives it; empty when it gives none */
    px_lang_map display_names;

    const px_schema *element;    /* ARRAY: of its elements; MAP: of its values */
    px_str key_name, value_name; /* MAP */

    const px_schema_field *fields; /* OBJECT, in the order of the definition */
    uint32_t field_count;

    px_str unit_type;       /* ENUM of the units of a quantity: "TemperatureUnit"; else empty */
    px_schema_kind enum_of; /* ENUM: STRING or INTEGER */
    const px_enum_value *enum_values;
    uint32_t enum_value_count;

    const uint32_t *sorted; /* OBJECT, ENUM: indexes by name or value, for the search */
};

const char *px_schema_term(px_schema_kind kind); /* "dateTime", "Object" */
px_schema_family px_schema_family_of(px_schema_kind kind);
uint32_t px_schema_since(px_schema_kind kind); /* the version of DTDL that brought it */
/* Which kind the values of this schema have. */
px_value_kind px_schema_value_kind(const px_schema *schema);
/* The shared schema of a kind that the language defines, not the model: static. */
const px_schema *px_schema_plain(px_schema_kind kind);
/* The field of an Object, or NULL. */
const px_schema_field *px_schema_field_find(const px_schema *schema, px_str name);
/* The entry of an Enum with this value, or NULL; the value is of the Enum's kind, TEXT or NUM. */
const px_enum_value *px_schema_enum_find(const px_schema *schema, const px_value *value);

/**
 * Checks a JSON value and gives the typed one.
 *
 * Texts in `ret_value` borrow from the document where they can, else from `arena`; a compound is
 * compact text in `arena`. An integral 5.0 is an integer and keeps its digits. Errors: PX_INVALID
 * with the place of the offending part, what would be right, and the nearest name where one was
 * meant; PX_TOO_LARGE (PX_VALUE_STRING_BYTES_MAX), PX_LIMIT (arena), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_schema_check(const px_schema *schema, const px_json *node,
                                       px_arena *arena, px_value *ret_value, px_err *ret_err);

/* The same for scalars that come from the pull reader: no allocation, the text is borrowed. */
PX_NODISCARD px_status px_schema_check_num(const px_schema *schema, px_num num, px_value *ret_value,
                                           px_err *ret_err);
PX_NODISCARD px_status px_schema_check_bool(const px_schema *schema, bool boolean,
                                            px_value *ret_value, px_err *ret_err);
PX_NODISCARD px_status px_schema_check_text(const px_schema *schema, px_str text,
                                            px_value *ret_value, px_err *ret_err);

#endif
