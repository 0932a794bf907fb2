/* SPDX-License-Identifier: Apache-2.0 */
#include "model/metamodel.h"

#define M(name) PX_MEMBER_BIT(name)
#define C(name) PX_CLASS_BIT(name)

enum {
    /* what every element may have, and every named one */
    ANY = M(COMMENT) | M(DESCRIPTION) | M(DISPLAY_NAME),
    NAMED = ANY | M(NAME),
    COMPLEX_SCHEMAS = C(ARRAY) | C(ENUM) | C(MAP) | C(OBJECT),
    CONTENTS = C(TELEMETRY) | C(PROPERTY) | C(COMMAND) | C(RELATIONSHIP) | C(COMPONENT),
    V2 = 1,
    LATER = 2 | 4, /* v3 and v4 */
    ALL = V2 | LATER,
};

static uint32_t version_bit(uint32_t version)
{
    return UINT32_C(1) << (version - PX_DTDL_FIRST);
}

typedef struct class_row {
    const char *term;
    uint32_t versions;
    px_member_set members, required[2]; /* required in v2, and later */
    bool type_optional;
    uint32_t semantic; /* versions in which it takes a semantic type */
} class_row;

static const class_row classes[PX_CLASS_COUNT] = {
    [PX_CLASS_INTERFACE] = { "Interface",
                             ALL,
                             ANY | M(CONTENTS) | M(EXTENDS) | M(SCHEMAS),
                             { 0, 0 },
                             false,
                             0 },
    [PX_CLASS_TELEMETRY] = { "Telemetry",
                             ALL,
                             NAMED | M(SCHEMA),
                             { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                             false,
                             ALL },
    [PX_CLASS_PROPERTY] = { "Property",
                            ALL,
                            NAMED | M(SCHEMA) | M(WRITABLE),
                            { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                            false,
                            ALL },
    [PX_CLASS_COMMAND] = { "Command",
                           ALL,
                           NAMED | M(REQUEST) | M(RESPONSE) | M(COMMAND_TYPE),
                           { M(NAME), M(NAME) },
                           false,
                           0 },
    [PX_CLASS_RELATIONSHIP] = { "Relationship",
                                ALL,
                                NAMED | M(TARGET) | M(PROPERTIES) | M(MIN_MULTIPLICITY) |
                                    M(MAX_MULTIPLICITY) | M(WRITABLE),
                                { M(NAME), M(NAME) },
                                false,
                                0 },
    [PX_CLASS_COMPONENT] = { "Component",
                             ALL,
                             NAMED | M(SCHEMA),
                             { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                             false,
                             0 },
    [PX_CLASS_ARRAY] = { "Array",
                         ALL,
                         ANY | M(ELEMENT_SCHEMA),
                         { M(ELEMENT_SCHEMA), M(ELEMENT_SCHEMA) },
                         false,
                         0 },
    [PX_CLASS_ENUM] = { "Enum",
                        ALL,
                        ANY | M(VALUE_SCHEMA) | M(ENUM_VALUES),
                        { M(VALUE_SCHEMA) | M(ENUM_VALUES), M(VALUE_SCHEMA) },
                        false,
                        0 },
    [PX_CLASS_MAP] = { "Map",
                       ALL,
                       ANY | M(MAP_KEY) | M(MAP_VALUE),
                       { M(MAP_KEY) | M(MAP_VALUE), M(MAP_KEY) | M(MAP_VALUE) },
                       false,
                       0 },
    [PX_CLASS_OBJECT] = { "Object", ALL, ANY | M(FIELDS), { M(FIELDS), 0 }, false, 0 },
    [PX_CLASS_ENUM_VALUE] = { "EnumValue",
                              ALL,
                              NAMED | M(ENUM_VALUE),
                              { M(NAME) | M(ENUM_VALUE), M(NAME) | M(ENUM_VALUE) },
                              true,
                              0 },
    [PX_CLASS_FIELD] = { "Field",
                         ALL,
                         NAMED | M(SCHEMA),
                         { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                         true,
                         LATER },
    [PX_CLASS_MAP_KEY] = { "MapKey",
                           ALL,
                           NAMED | M(SCHEMA),
                           { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                           true,
                           0 },
    [PX_CLASS_MAP_VALUE] = { "MapValue",
                             ALL,
                             NAMED | M(SCHEMA),
                             { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                             true,
                             LATER },
    [PX_CLASS_COMMAND_PAYLOAD] = { "CommandPayload",
                                   ALL,
                                   NAMED | M(SCHEMA) | M(NULLABLE),
                                   { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                                   true,
                                   0 },
    [PX_CLASS_COMMAND_REQUEST] = { "CommandRequest",
                                   LATER,
                                   NAMED | M(SCHEMA) | M(NULLABLE),
                                   { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                                   true,
                                   LATER },
    [PX_CLASS_COMMAND_RESPONSE] = { "CommandResponse",
                                    LATER,
                                    NAMED | M(SCHEMA) | M(NULLABLE),
                                    { M(NAME) | M(SCHEMA), M(NAME) | M(SCHEMA) },
                                    true,
                                    LATER },
};

static const struct {
    const char *term;
    px_member_kind kind;
    uint32_t slot, since;
} members[PX_MEMBER_COUNT] = {
#define X(name, term, kind, slot, since)                                                           \
    [PX_MEMBER_AT_##name] = { term, PX_MEMBER_##kind, slot, since },
    PX_MEMBER_MAP(X)
#undef X
};

static const px_dtdl_limits limits[] = {
    { .name = 64,
      .display_name = 64,
      .description = 512,
      .comment = 512,
      .id = 2048,
      .interface_id = 128,
      .contents = 300,
      .extends_depth = 10,
      .schema_depth = 5,
      .max_multiplicity = 500 },
    { .name = 512,
      .display_name = 512,
      .description = 512,
      .comment = 512,
      .id = 2048,
      .interface_id = 128,
      .extends_depth = 10,
      .schema_depth = 5 },
    { .name = 512,
      .display_name = 512,
      .description = 512,
      .comment = 512,
      .id = 2048,
      .interface_id = 128,
      .extends_depth = 12,
      .schema_depth = 8 },
};

/* What stands after `#limitless`. */
static const struct {
    const char *context;
    uint32_t version;
    px_dtdl_limits limits;
} named_limits[] = {
    { "dtmi:dtdl:limits:onvif",
      1,
      { .name = 512,
        .display_name = 512,
        .description = 4096,
        .comment = 512,
        .id = 512,
        .interface_id = 512,
        .extends_depth = 12,
        .schema_depth = 24 } },
    { "dtmi:dtdl:limits:aio",
      1,
      { .name = 512,
        .display_name = 512,
        .description = 2048,
        .comment = 512,
        .id = 512,
        .interface_id = 512,
        .extends_depth = 12,
        .schema_depth = 12 } },
};

/* Words of the core that name neither a class of ours, nor a member, nor a plain schema: abstract
 * classes, classes of literals, values. */
static const char *const other_terms[] = {
    "Entity",        "NamedEntity",    "Content",      "Schema", "ComplexSchema", "PrimitiveSchema",
    "NumericSchema", "TemporalSchema", "Boolean",      "Date",   "DateTime",      "Double",
    "Duration",      "Float",          "Integer",      "Long",   "String",        "Time",
    "CommandType",   "synchronous",    "asynchronous",
};
/* Only DTDL v2 has these in its core. */
static const char *const other_terms_v2[] = { "Unit",         "UnitAttribute", "SemanticType",
                                              "SemanticUnit", "symbol",        "topUnit",
                                              "baseUnit",     "bottomUnit",    "exponent",
                                              "prefix" };

const char *px_class_term(px_class class)
{
    return class < PX_CLASS_COUNT ? classes[class].term : "element";
}

px_class px_class_of_term(uint32_t version, px_str term)
{
    for (uint32_t i = 0; i < PX_CLASS_COUNT; i++)
        if ((classes[i].versions & version_bit(version)) &&
            px_str_eq(px_str_c(classes[i].term), term))
            return (px_class)i;
    return PX_CLASS_NONE;
}

bool px_class_type_optional(px_class class)
{
    return classes[class].type_optional;
}

bool px_class_takes_semantic(uint32_t version, px_class class)
{
    return (classes[class].semantic & version_bit(version)) != 0;
}

const char *px_member_term(px_member member)
{
    return members[member].term;
}

px_member_kind px_member_kind_of(px_member member)
{
    return members[member].kind;
}

uint32_t px_member_slot(px_member member)
{
    return members[member].slot;
}

px_member px_member_of_term(px_str term)
{
    for (uint32_t i = 0; i < PX_MEMBER_COUNT; i++)
        if (px_str_eq(px_str_c(members[i].term), term))
            return (px_member)i;
    return PX_MEMBER_NONE;
}

px_member_set px_class_members(uint32_t version, px_class class)
{
    px_member_set set = classes[class].members;

    if (version < members[PX_MEMBER_AT_NULLABLE].since)
        set &= ~(px_member_set)M(NULLABLE);
    return set;
}

px_member_set px_class_required(uint32_t version, px_class class)
{
    return classes[class].required[version == 2 ? 0 : 1];
}

px_class_set px_member_classes(uint32_t version, px_class class, px_member member)
{
    switch (member) {
    case PX_MEMBER_AT_CONTENTS:
        return CONTENTS;
    case PX_MEMBER_AT_EXTENDS:
        return C(INTERFACE);
    case PX_MEMBER_AT_SCHEMAS:
    case PX_MEMBER_AT_ELEMENT_SCHEMA:
        return COMPLEX_SCHEMAS;
    case PX_MEMBER_AT_SCHEMA:
        return class == PX_CLASS_COMPONENT ? C(INTERFACE)
               : class == PX_CLASS_MAP_KEY ? 0
                                           : COMPLEX_SCHEMAS;
    case PX_MEMBER_AT_REQUEST:
        return version == 2 ? C(COMMAND_PAYLOAD) : C(COMMAND_REQUEST);
    case PX_MEMBER_AT_RESPONSE:
        return version == 2 ? C(COMMAND_PAYLOAD) : C(COMMAND_RESPONSE);
    case PX_MEMBER_AT_PROPERTIES:
        return C(PROPERTY);
    case PX_MEMBER_AT_ENUM_VALUES:
        return C(ENUM_VALUE);
    case PX_MEMBER_AT_MAP_KEY:
        return C(MAP_KEY);
    case PX_MEMBER_AT_MAP_VALUE:
        return C(MAP_VALUE);
    case PX_MEMBER_AT_FIELDS:
        return C(FIELD);
    default:
        return 0;
    }
}

bool px_member_takes_older(px_class class, px_member member)
{
    return member == PX_MEMBER_AT_EXTENDS || member == PX_MEMBER_AT_CONTENTS ||
           member == PX_MEMBER_AT_PROPERTIES || member == PX_MEMBER_AT_ELEMENT_SCHEMA ||
           (member == PX_MEMBER_AT_SCHEMA && class != PX_CLASS_MAP_KEY);
}

uint32_t px_member_count_max(uint32_t version, px_member member)
{
    if (version != 2)
        return 0;
    switch (member) {
    case PX_MEMBER_AT_EXTENDS:
        return 2;
    case PX_MEMBER_AT_PROPERTIES:
        return 300;
    case PX_MEMBER_AT_ENUM_VALUES:
        return 100;
    case PX_MEMBER_AT_FIELDS:
        return 30;
    default:
        return 0;
    }
}

uint32_t px_member_count_min(uint32_t version, px_member member)
{
    return version == 2 && (member == PX_MEMBER_AT_ENUM_VALUES || member == PX_MEMBER_AT_FIELDS);
}

const px_dtdl_limits *px_dtdl_limits_of(uint32_t version)
{
    return &limits[version - PX_DTDL_FIRST];
}

const px_dtdl_limits *px_dtdl_limits_named(px_str context, uint32_t version)
{
    for (size_t i = 0; i < sizeof(named_limits) / sizeof(named_limits[0]); i++)
        if (named_limits[i].version == version &&
            px_str_eq(px_str_c(named_limits[i].context), context))
            return &named_limits[i].limits;
    return NULL;
}

bool px_cut_dtmi_term(px_str dtmi, px_str prefix, uint32_t version, px_str *ret_term)
{
    px_str rest;
    char suffix[3] = { ';', (char)('0' + version), '\0' };

    if (!px_str_starts(dtmi, prefix))
        return false;
    rest = px_str_skip(dtmi, prefix.len);
    if (!px_str_ends(rest, px_str_c(suffix)))
        return false;
    *ret_term = px_str_of(rest.ptr, rest.len - 2);
    return true;
}

/* Predefined elements are known under the numbers of all versions since the one that brought them.
 */
static bool cut_instance(px_str dtmi, px_str prefix, uint32_t since, uint32_t version,
                         px_str *ret_term)
{
    for (uint32_t v = since; v <= version; v++)
        if (px_cut_dtmi_term(dtmi, prefix, v, ret_term))
            return true;
    return false;
}

/* The prefix of the DTMIs of predefined schemas. */
static px_str schema_prefix(px_schema_family family)
{
    return family == PX_SCHEMA_FAMILY_GEOMETRY   ? PX_STR("dtmi:standard:schema:geospatial:")
           : family == PX_SCHEMA_FAMILY_STANDARD ? PX_STR("dtmi:standard:schema:")
                                                 : PX_STR("dtmi:dtdl:instance:Schema:");
}

px_schema_kind px_plain_schema_of(uint32_t version, px_str text)
{
    bool is_dtmi = px_str_starts(text, PX_STR("dtmi:"));

    for (uint32_t i = 0; i < PX_SCHEMA_ARRAY; i++) {
        px_schema_kind kind = (px_schema_kind)i;
        px_str term = text;

        if (px_schema_since(kind) > version ||
            (is_dtmi && !cut_instance(text, schema_prefix(px_schema_family_of(kind)),
                                      px_schema_since(kind), version, &term)))
            continue;
        if (px_str_eq(px_str_c(px_schema_term(kind)), term))
            return kind;
    }
    return PX_SCHEMA_KIND_COUNT;
}

bool px_is_command_type(uint32_t version, px_str text)
{
    px_str term = text;

    cut_instance(text, PX_STR("dtmi:dtdl:instance:CommandType:"), PX_DTDL_FIRST, version, &term);
    return px_str_eq(term, PX_STR("synchronous")) || px_str_eq(term, PX_STR("asynchronous"));
}

static bool is_among(const char *const *words, size_t count, px_str word)
{
    for (size_t i = 0; i < count; i++)
        if (px_str_eq(px_str_c(words[i]), word))
            return true;
    return false;
}

bool px_is_abstract_class(uint32_t version, px_str term)
{
    if (term.len == 0 || term.ptr[0] < 'A' || term.ptr[0] > 'Z')
        return false;
    return is_among(other_terms, sizeof(other_terms) / sizeof(other_terms[0]), term) ||
           (version == 2 &&
            (is_among(other_terms_v2, sizeof(other_terms_v2) / sizeof(other_terms_v2[0]), term) ||
             px_is_unit_type(PX_UNITS_V2, term)));
}

bool px_is_known_term(uint32_t version, px_str term)
{
    if (px_class_of_term(version, term) != PX_CLASS_NONE ||
        px_member_of_term(term) != PX_MEMBER_NONE ||
        px_plain_schema_of(version, term) != PX_SCHEMA_KIND_COUNT ||
        is_among(other_terms, sizeof(other_terms) / sizeof(other_terms[0]), term))
        return true;
    return version == 2 &&
           (is_among(other_terms_v2, sizeof(other_terms_v2) / sizeof(other_terms_v2[0]), term) ||
            px_is_unit_type(PX_UNITS_V2, term) || px_unit_type_of(PX_UNITS_V2, term).len > 0);
}
