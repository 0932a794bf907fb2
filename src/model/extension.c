/* SPDX-License-Identifier: Apache-2.0 */
#include "model/extension.h"

#define C(name) PX_CLASS_BIT(name)
#define T(name) PX_COTYPE_BIT(name)

enum {
    D2 = 1,
    D3 = 2,
    D4 = 4, /* versions of DTDL */
    VALUES = C(PROPERTY) | C(TELEMETRY),
};

/* Context, prefix that it reserves, versions 1 to 4 of it and for which DTDL each is. A later
 * version of an extension may be used with an earlier DTDL, never the other way round. */
static const struct {
    const char *context, *prefix;
    uint32_t dtdl[5]; /* by version; 0: no such version */
    bool partner;
} extensions[PX_EXTENSION_COUNT] = {
    [PX_EXTENSION_QUANTITATIVE] = { "dtmi:dtdl:extension:quantitativeTypes",
                                    "dtmi:dtdl:extension:quantitativeTypes:v",
                                    { 0, D3, D3 | D4, D3 | D4 },
                                    false },
    [PX_EXTENSION_ANNOTATION] = { "dtmi:dtdl:extension:annotation",
                                  "dtmi:dtdl:extension:annotation:v",
                                  { 0, D3, D3 | D4 },
                                  false },
    [PX_EXTENSION_HISTORIZATION] = { "dtmi:dtdl:extension:historization",
                                     "dtmi:dtdl:extension:historization:v",
                                     { 0, D3, D3 | D4 },
                                     false },
    [PX_EXTENSION_OVERRIDING] = { "dtmi:dtdl:extension:overriding",
                                  "dtmi:dtdl:extension:overriding:v",
                                  { 0, D3, D3 | D4 },
                                  false },
    [PX_EXTENSION_REQUIREMENT] = { "dtmi:dtdl:extension:requirement",
                                   "dtmi:dtdl:extension:requirement:v",
                                   { 0, D3 | D4, D3 | D4 },
                                   false },
    [PX_EXTENSION_MQTT] = { "dtmi:dtdl:extension:mqtt",
                            "dtmi:dtdl:extension:mqtt:v",
                            { 0, D3, D3 | D4, D3 | D4, D3 | D4 },
                            false },
    [PX_EXTENSION_IOT_CENTRAL] = { "dtmi:iotcentral:context",
                                   "dtmi:iotcentral:",
                                   { 0, 0, D2 },
                                   true },
    [PX_EXTENSION_COMMANDS] = { "dtmi:pollux:extension:commands",
                                "dtmi:pollux:extension:commands:v",
                                { 0, D3 | D4 },
                                false },
    [PX_EXTENSION_FRESHNESS] = { "dtmi:pollux:extension:freshness",
                                 "dtmi:pollux:extension:freshness:v",
                                 { 0, D3 | D4 },
                                 false },
};
enum { VERSION_LAST = 4 };

static const struct {
    const char *term;
    px_extension extension;
    uint32_t since;
} cotypes[PX_COTYPE_COUNT] = {
#define X(name, term, extension, since)                                                            \
    [PX_COTYPE_##name] = { term, PX_EXTENSION_##extension, since },
    PX_COTYPE_MAP(X)
#undef X
};

static const px_cotype_rules rules[PX_COTYPE_COUNT] = {
    [PX_COTYPE_VALUE_ANNOTATION] = { .classes = VALUES },
    [PX_COTYPE_HISTORIZED] = { .classes = VALUES },
    [PX_COTYPE_OVERRIDE] = { .classes = C(PROPERTY), .with = T(VALUE_ANNOTATION) },
    [PX_COTYPE_REQUIRED] = { .classes = C(FIELD), .classes_later = C(PROPERTY), .later = 2 },
    [PX_COTYPE_MQTT] = { .classes = C(INTERFACE) },
    [PX_COTYPE_IDEMPOTENT] = { .classes = C(COMMAND) },
    [PX_COTYPE_CACHEABLE] = { .classes = C(COMMAND), .with = T(IDEMPOTENT) },
    [PX_COTYPE_INDEXED] = { .classes = C(ENUM_VALUE) | C(FIELD) | C(TELEMETRY),
                            .classes_later = C(PROPERTY),
                            .later = 4 },
    [PX_COTYPE_TRANSPARENT] = { .classes = C(COMMAND_REQUEST) | C(COMMAND_RESPONSE),
                                .value = PX_VALUE_OBJECT },
    [PX_COTYPE_RESULT] = { .classes = C(OBJECT),
                           .children =
                               T(NORMAL_RESULT) | T(ERROR_RESULT) | T(ERROR_CODE) | T(ERROR_INFO) },
    [PX_COTYPE_NORMAL_RESULT] = { .classes = C(FIELD),
                                  .never_with = T(REQUIRED),
                                  .parent = T(RESULT),
                                  .alone = true },
    [PX_COTYPE_ERROR_RESULT] = { .classes = C(FIELD),
                                 .never_with = T(REQUIRED),
                                 .parent = T(RESULT),
                                 .alone = true,
                                 .value = PX_VALUE_ERROR },
    [PX_COTYPE_ERROR] = { .classes = C(OBJECT) },
    [PX_COTYPE_ERROR_MESSAGE] = { .classes = C(FIELD),
                                  .parent = T(ERROR),
                                  .alone = true,
                                  .value = PX_VALUE_STRING },
    [PX_COTYPE_ERROR_CODE] = { .classes = C(FIELD),
                               .parent = T(ERROR) | T(RESULT),
                               .alone = true,
                               .value = PX_VALUE_ENUM },
    [PX_COTYPE_ERROR_INFO] = { .classes = C(FIELD),
                               .parent = T(ERROR) | T(RESULT),
                               .sibling = T(ERROR_CODE),
                               .alone = true,
                               .value = PX_VALUE_OBJECT },
    [PX_COTYPE_INDIRECT] = { .classes = C(FIELD), .never_with = T(REQUIRED) },
    [PX_COTYPE_PROPERTY_RESULT] = { .classes = C(OBJECT),
                                    .children =
                                        T(PROPERTY_VALUE) | T(READ_ERROR) | T(WRITE_ERROR) },
    [PX_COTYPE_PROPERTY_VALUE] = { .classes = C(FIELD),
                                   .never_with = T(REQUIRED),
                                   .parent = T(PROPERTY_RESULT),
                                   .alone = true },
    [PX_COTYPE_READ_ERROR] = { .classes = C(FIELD),
                               .never_with = T(REQUIRED),
                               .parent = T(PROPERTY_RESULT),
                               .alone = true,
                               .value = PX_VALUE_ERROR },
    [PX_COTYPE_WRITE_ERROR] = { .classes = C(FIELD),
                                .never_with = T(REQUIRED),
                                .parent = T(PROPERTY_RESULT),
                                .alone = true,
                                .value = PX_VALUE_ERROR },
    [PX_COTYPE_FRAGMENTED] = { .classes = C(PROPERTY) | C(FIELD),
                               .field_with = T(PROPERTY_VALUE),
                               .value = PX_VALUE_MAP },
    [PX_COTYPE_STATE] = { .classes = VALUES, .value = PX_VALUE_ENUM },
    [PX_COTYPE_EVENT] = { .classes = VALUES, .value = PX_VALUE_PLAIN },
    [PX_COTYPE_LOCATION] = { .classes = VALUES, .value = PX_VALUE_PLACE },
    [PX_COTYPE_FRESHNESS] = { .classes = VALUES },
    [PX_COTYPE_FRESHNESS_ROLL_UP] = { .classes = C(RELATIONSHIP) },
    [PX_COTYPE_VELOCITY_VECTOR] = { .classes = VALUES,
                                    .value = PX_VALUE_VECTOR,
                                    .unit_type = "VelocityUnit" },
    [PX_COTYPE_ACCELERATION_VECTOR] = { .classes = VALUES,
                                        .value = PX_VALUE_VECTOR,
                                        .unit_type = "AccelerationUnit" },
    [PX_COTYPE_GUARDED] = { .classes = C(COMMAND) },
    [PX_COTYPE_TIMED] = { .classes = C(COMMAND) },
};

static const px_supplement_rules supplements[PX_SUPPLEMENT_COUNT] = {
#define X(name, term, cotype, kind, required, since)                                               \
    [PX_SUPPLEMENT_##name] = { term, PX_COTYPE_##cotype, PX_SUPPLEMENT_OF_##kind, required, since },
    PX_SUPPLEMENT_MAP(X)
#undef X
};

px_extension px_extension_of_context(px_str context)
{
    for (uint32_t i = 0; i < PX_EXTENSION_COUNT; i++)
        if (px_str_eq(px_str_c(extensions[i].context), context))
            return (px_extension)i;
    return PX_EXTENSION_COUNT;
}

const char *px_extension_context(px_extension extension)
{
    return extensions[extension].context;
}

bool px_extension_has_version(px_extension extension, uint32_t version)
{
    return version <= VERSION_LAST && extensions[extension].dtdl[version] != 0;
}

bool px_extension_is_for(px_extension extension, uint32_t version, uint32_t dtdl)
{
    return (extensions[extension].dtdl[version] & UINT32_C(1) << (dtdl - PX_DTDL_FIRST)) != 0;
}

uint32_t px_extension_first_for(px_extension extension, uint32_t least, uint32_t dtdl)
{
    for (uint32_t version = least; version <= VERSION_LAST; version++)
        if (px_extension_is_for(extension, version, dtdl))
            return version;
    return 0;
}

bool px_extension_is_partner(px_extension extension)
{
    return extensions[extension].partner;
}

bool px_extension_reserves(const px_extension_set *set, px_str id)
{
    for (uint32_t i = 0; i < PX_EXTENSION_COUNT; i++)
        if (set->version[i] && px_str_starts(id, px_str_c(extensions[i].prefix)))
            return true;
    return false;
}

px_str px_extension_nearest(px_str context)
{
    px_str contexts[PX_EXTENSION_COUNT];

    for (uint32_t i = 0; i < PX_EXTENSION_COUNT; i++)
        contexts[i] = px_str_c(extensions[i].context);
    return px_str_nearest(context, contexts, PX_EXTENSION_COUNT);
}

const char *px_cotype_term(px_cotype cotype)
{
    return cotypes[cotype].term;
}

px_extension px_cotype_extension(px_cotype cotype)
{
    return cotypes[cotype].extension;
}

uint32_t px_cotype_since(px_cotype cotype)
{
    return cotypes[cotype].since;
}

const px_cotype_rules *px_cotype_rules_of(px_cotype cotype)
{
    return &rules[cotype];
}

px_class_set px_cotype_classes(px_cotype cotype, uint32_t version)
{
    const px_cotype_rules *rule = &rules[cotype];

    return rule->classes | (version >= rule->later ? rule->classes_later : 0);
}

/* `dtmi:dtdl:extension:mqtt:v3:Cacheable:ttl` to `Cacheable:ttl`; a partner's
 * `dtmi:iotcentral:class:Event;2` to `Event`. */
static bool cut_prefix(const px_extension_set *set, px_extension extension, px_str dtmi,
                       px_str *ret_rest)
{
    uint32_t version = set->version[extension];
    px_str rest;

    if (!version || !px_str_starts(dtmi, px_str_c(extensions[extension].prefix)))
        return false;
    rest = px_str_skip(dtmi, strlen(extensions[extension].prefix));
    if (extensions[extension].partner)
        return px_str_starts(rest, PX_STR("class:")) &&
               px_cut_dtmi_term(rest, PX_STR("class:"), version, ret_rest);
    if (rest.len < 2 || rest.ptr[0] != (char)('0' + version) || rest.ptr[1] != ':')
        return false;
    *ret_rest = px_str_skip(rest, 2);
    return true;
}

static bool names_cotype(const px_extension_set *set, px_cotype cotype, px_str text)
{
    px_str term = text;

    if (set->version[cotypes[cotype].extension] < cotypes[cotype].since ||
        set->version[cotypes[cotype].extension] == 0)
        return false;
    if (px_str_starts(text, PX_STR("dtmi:")) &&
        !cut_prefix(set, cotypes[cotype].extension, text, &term))
        return false;
    return px_str_eq(px_str_c(cotypes[cotype].term), term);
}

px_cotype px_cotype_of_term(const px_extension_set *set, px_str text)
{
    for (uint32_t i = 0; i < PX_COTYPE_COUNT; i++)
        if (names_cotype(set, (px_cotype)i, text))
            return (px_cotype)i;
    return PX_COTYPE_NONE;
}

px_str px_cotype_nearest(const px_extension_set *set, px_str word)
{
    px_str terms[PX_COTYPE_COUNT];
    size_t count = 0;

    for (uint32_t i = 0; i < PX_COTYPE_COUNT; i++)
        if (names_cotype(set, (px_cotype)i, px_str_c(cotypes[i].term)))
            terms[count++] = px_str_c(cotypes[i].term);
    return px_str_nearest(word, terms, count);
}

px_cotype px_cotype_anywhere(px_str term)
{
    for (uint32_t i = 0; i < PX_COTYPE_COUNT; i++)
        if (px_str_eq(px_str_c(cotypes[i].term), term))
            return (px_cotype)i;
    return PX_COTYPE_NONE;
}

const px_supplement_rules *px_supplement_rules_of(px_supplement supplement)
{
    return &supplements[supplement];
}

px_supplement px_supplement_of_term(const px_extension_set *set, px_str text)
{
    for (uint32_t i = 0; i < PX_SUPPLEMENT_COUNT; i++) {
        const px_supplement_rules *rule = &supplements[i];
        px_extension extension = cotypes[rule->cotype].extension;
        px_str rest = text, term = text;

        if (set->version[extension] == 0 || set->version[extension] < rule->since)
            continue;
        if (px_str_starts(text, PX_STR("dtmi:"))) {
            if (!cut_prefix(set, extension, text, &rest))
                continue;
            if (!px_str_eq(px_str_cut(&rest, ':'), px_str_c(cotypes[rule->cotype].term)))
                continue;
            term = rest;
        }
        if (px_str_eq(px_str_c(rule->term), term))
            return (px_supplement)i;
    }
    return PX_SUPPLEMENT_NONE;
}

/* ---- schemas of IoT Central ---- */

static const px_schema number = { .kind = PX_SCHEMA_DOUBLE };
static const px_schema_field geopoint_fields[] = {
    { .name = { "alt", 3 }, .schema = &number },
    { .name = { "lat", 3 }, .schema = &number },
    { .name = { "lon", 3 }, .schema = &number },
};
static const px_schema_field vector_fields[] = {
    { .name = { "x", 1 }, .schema = &number },
    { .name = { "y", 1 }, .schema = &number },
    { .name = { "z", 1 }, .schema = &number },
};
static const uint32_t three[] = { 0, 1, 2 };
static const px_schema geopoint = { .kind = PX_SCHEMA_OBJECT,
                                    .id = { "dtmi:iotcentral:schema:geopoint;2", 33 },
                                    .fields = geopoint_fields,
                                    .field_count = 3,
                                    .sorted = three };
static const px_schema vector = { .kind = PX_SCHEMA_OBJECT,
                                  .id = { "dtmi:iotcentral:schema:vector;2", 31 },
                                  .fields = vector_fields,
                                  .field_count = 3,
                                  .sorted = three };

const px_schema *px_extension_schema(const px_extension_set *set, px_str text)
{
    if (set->version[PX_EXTENSION_IOT_CENTRAL] == 0)
        return NULL;
    if (px_str_eq(text, PX_STR("geopoint")) || px_str_eq(text, geopoint.id))
        return &geopoint;
    if (px_str_eq(text, PX_STR("vector")) || px_str_eq(text, vector.id))
        return &vector;
    return NULL;
}
