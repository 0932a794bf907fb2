/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Extensions of the language as tables: contexts, adjunct types, members that these bring.
 *
 * An extension, or a later version of one, adds rows here and no code elsewhere. Semantic types and
 * units, which are many, have a table of their own (model/unit.h). Inside the room only. Threads:
 * any. Source: the published pages of each extension; DTDL v4 "Language extensions".
 */
#ifndef PX_MODEL_EXTENSION_H
#define PX_MODEL_EXTENSION_H

#include "model/metamodel.h"

typedef enum px_extension {
    PX_EXTENSION_QUANTITATIVE,
    PX_EXTENSION_ANNOTATION,
    PX_EXTENSION_HISTORIZATION,
    PX_EXTENSION_OVERRIDING,
    PX_EXTENSION_REQUIREMENT,
    PX_EXTENSION_MQTT,
    PX_EXTENSION_IOT_CENTRAL,
    PX_EXTENSION_COMMANDS,  /* our own: docs/commands.md */
    PX_EXTENSION_FRESHNESS, /* of Pollux: docs/freshness.md */
    PX_EXTENSION_COUNT
} px_extension;

/* Which version of each extension a context brings; 0: none. */
typedef struct px_extension_set {
    uint8_t version[PX_EXTENSION_COUNT];
} px_extension_set;

/* What the value of a co-typed element, or a member of an extension, must be. */
typedef enum px_value_rule {
    PX_VALUE_ANY,
    PX_VALUE_OBJECT,
    PX_VALUE_MAP,
    PX_VALUE_ENUM,
    PX_VALUE_STRING,
    PX_VALUE_ERROR,   /* an Object that is an Error */
    PX_VALUE_NUMERIC, /* with a semantic type */
    PX_VALUE_PLAIN,   /* double, float, integer, long or string */
    PX_VALUE_PLACE,   /* a geometry or a geopoint */
    PX_VALUE_VECTOR,
} px_value_rule;

/* name, term, extension, the version of it that brought the type */
#define PX_COTYPE_MAP(X)                                                                           \
    X(VALUE_ANNOTATION, "ValueAnnotation", ANNOTATION, 1)                                          \
    X(HISTORIZED, "Historized", HISTORIZATION, 1)                                                  \
    X(OVERRIDE, "Override", OVERRIDING, 1)                                                         \
    X(REQUIRED, "Required", REQUIREMENT, 1)                                                        \
    X(MQTT, "Mqtt", MQTT, 1)                                                                       \
    X(IDEMPOTENT, "Idempotent", MQTT, 1)                                                           \
    X(CACHEABLE, "Cacheable", MQTT, 1)                                                             \
    X(INDEXED, "Indexed", MQTT, 1)                                                                 \
    X(TRANSPARENT, "Transparent", MQTT, 2)                                                         \
    X(RESULT, "Result", MQTT, 3)                                                                   \
    X(NORMAL_RESULT, "NormalResult", MQTT, 3)                                                      \
    X(ERROR_RESULT, "ErrorResult", MQTT, 3)                                                        \
    X(ERROR, "Error", MQTT, 3)                                                                     \
    X(ERROR_MESSAGE, "ErrorMessage", MQTT, 3)                                                      \
    X(ERROR_CODE, "ErrorCode", MQTT, 4)                                                            \
    X(ERROR_INFO, "ErrorInfo", MQTT, 4)                                                            \
    X(INDIRECT, "Indirect", MQTT, 4)                                                               \
    X(PROPERTY_RESULT, "PropertyResult", MQTT, 4)                                                  \
    X(PROPERTY_VALUE, "PropertyValue", MQTT, 4)                                                    \
    X(READ_ERROR, "ReadError", MQTT, 4)                                                            \
    X(WRITE_ERROR, "WriteError", MQTT, 4)                                                          \
    X(FRAGMENTED, "Fragmented", MQTT, 4)                                                           \
    X(STATE, "State", IOT_CENTRAL, 2)                                                              \
    X(EVENT, "Event", IOT_CENTRAL, 2)                                                              \
    X(LOCATION, "Location", IOT_CENTRAL, 2)                                                        \
    X(VELOCITY_VECTOR, "VelocityVector", IOT_CENTRAL, 2)                                           \
    X(ACCELERATION_VECTOR, "AccelerationVector", IOT_CENTRAL, 2)                                   \
    X(GUARDED, "Guarded", COMMANDS, 1)                                                             \
    X(TIMED, "Timed", COMMANDS, 1)                                                                 \
    X(FRESHNESS, "Freshness", FRESHNESS, 1)                                                        \
    X(FRESHNESS_ROLL_UP, "FreshnessRollUp", FRESHNESS, 1)

typedef enum px_cotype {
#define X(name, term, extension, since) PX_COTYPE_##name,
    PX_COTYPE_MAP(X)
#undef X
        PX_COTYPE_COUNT
} px_cotype;
#define PX_COTYPE_NONE PX_COTYPE_COUNT

typedef uint64_t px_cotype_set;
#define PX_COTYPE_BIT(name) (UINT64_C(1) << PX_COTYPE_##name)

/* What an adjunct type asks of the element and of its neighbours. */
typedef struct px_cotype_rules {
    px_class_set classes;       /* what it may stand on … */
    px_class_set classes_later; /* … and since `later`, a version of the extension, too */
    uint32_t later;
    px_cotype_set with, never_with; /* other co-types of the same element */
    px_cotype_set field_with;       /* one of these when it stands on a Field */
    px_cotype_set parent;           /* one of these on the element around it */
    px_cotype_set sibling;          /* one of these on another value of the same member */
    px_cotype_set children;         /* one of these on every field */
    bool alone;                     /* once among the values of a member */
    px_value_rule value;            /* of its schema */
    const char *unit_type;          /* whose units `unit` may name; NULL: it brings no `unit` */
} px_cotype_rules;

/* name, term, co-type, what it holds, required, version of the extension that brought it */
#define PX_SUPPLEMENT_MAP(X)                                                                       \
    X(ANNOTATES, "annotates", VALUE_ANNOTATION, NAME, true, 1)                                     \
    X(OVERRIDES, "overrides", OVERRIDE, WORD, true, 1)                                             \
    X(PAYLOAD_FORMAT, "payloadFormat", MQTT, TEXT, true, 1)                                        \
    X(TELEMETRY_TOPIC, "telemetryTopic", MQTT, TOPIC, false, 1)                                    \
    X(COMMAND_TOPIC, "commandTopic", MQTT, TOPIC, false, 1)                                        \
    X(PROPERTY_TOPIC, "propertyTopic", MQTT, TOPIC, false, 4)                                      \
    X(TELEM_GROUP, "telemServiceGroupId", MQTT, LABEL, false, 2)                                   \
    X(CMD_GROUP, "cmdServiceGroupId", MQTT, LABEL, false, 2)                                       \
    X(TTL, "ttl", CACHEABLE, DURATION, true, 1)                                                    \
    X(INDEX, "index", INDEXED, INDEX, true, 1)                                                     \
    X(GUARDS, "guards", GUARDED, GUARDS, true, 1)                                                  \
    X(TIMEOUT, "timeout", TIMED, TERM, false, 1)                                                   \
    X(EXPIRY, "expiry", TIMED, TERM, false, 1)                                                     \
    X(RETRY, "retry", TIMED, TERM, false, 1)                                                       \
    X(INTERVAL, "interval", TIMED, TERM, false, 1)                                                 \
    X(EXPECTED_PERIOD, "expectedPeriod", FRESHNESS, SPAN, true, 1)                                 \
    X(TOLERANCE, "tolerance", FRESHNESS, SPAN, false, 1)                                           \
    X(ALLOWED_STALENESS, "allowedStaleness", FRESHNESS, SPAN, false, 1)

typedef enum px_supplement {
#define X(name, term, cotype, kind, required, since) PX_SUPPLEMENT_##name,
    PX_SUPPLEMENT_MAP(X)
#undef X
        PX_SUPPLEMENT_COUNT
} px_supplement;
#define PX_SUPPLEMENT_NONE PX_SUPPLEMENT_COUNT

typedef enum px_supplement_kind {
    PX_SUPPLEMENT_OF_NAME,  /* the name of a sibling */
    PX_SUPPLEMENT_OF_WORD,  /* the term or DTMI of a member */
    PX_SUPPLEMENT_OF_TEXT,  /* any string */
    PX_SUPPLEMENT_OF_TOPIC, /* labels with '/' between, some of them tokens in braces */
    PX_SUPPLEMENT_OF_LABEL,
    PX_SUPPLEMENT_OF_DURATION,
    PX_SUPPLEMENT_OF_INDEX,  /* a whole number from 1 */
    PX_SUPPLEMENT_OF_GUARDS, /* objects, each a condition: command_plan.c */
    PX_SUPPLEMENT_OF_TERM,   /* a number of the plan of a command, each with its range */
    PX_SUPPLEMENT_OF_SPAN,   /* a duration of one length: no years and no months */
} px_supplement_kind;

typedef struct px_supplement_rules {
    const char *term;
    px_cotype cotype;
    px_supplement_kind kind;
    bool required;
    uint32_t since;
} px_supplement_rules;

/* The extension of a context without its version (`dtmi:dtdl:extension:mqtt`), or COUNT. */
px_extension px_extension_of_context(px_str context);
const char *px_extension_context(px_extension extension);
bool px_extension_has_version(px_extension extension, uint32_t version);
/* Whether that version of it may be used in that version of DTDL. */
bool px_extension_is_for(px_extension extension, uint32_t version, uint32_t dtdl);
/* The first version of it, from `least` on, that may be used in that version of DTDL; 0: none. */
uint32_t px_extension_first_for(px_extension extension, uint32_t least, uint32_t dtdl);
/* True when it stands before the DTDL context without harm (partners of DTDL v2). */
bool px_extension_is_partner(px_extension extension);
/* True when an id belongs to an extension that the context brings. */
bool px_extension_reserves(const px_extension_set *set, px_str id);
px_str px_extension_nearest(px_str context);

const char *px_cotype_term(px_cotype cotype);
px_extension px_cotype_extension(px_cotype cotype);
uint32_t px_cotype_since(px_cotype cotype); /* the version of its extension that brought it */
const px_cotype_rules *px_cotype_rules_of(px_cotype cotype);
/* The classes that it may stand on, in that version of its extension. */
px_class_set px_cotype_classes(px_cotype cotype, uint32_t version);
/* By term or DTMI, among those that the context brings; PX_COTYPE_NONE. */
px_cotype px_cotype_of_term(const px_extension_set *set, px_str term_or_dtmi);
px_str px_cotype_nearest(const px_extension_set *set, px_str word);
/* A co-type of any extension that is known, whatever the context says; PX_COTYPE_NONE. */
px_cotype px_cotype_anywhere(px_str term);

const px_supplement_rules *px_supplement_rules_of(px_supplement supplement);
/* By term or DTMI, among those that the context brings; PX_SUPPLEMENT_NONE. */
px_supplement px_supplement_of_term(const px_extension_set *set, px_str term_or_dtmi);

/* `geopoint`, `vector` and their DTMIs: a schema of the extension, or NULL. */
const px_schema *px_extension_schema(const px_extension_set *set, px_str term_or_dtmi);

#endif
