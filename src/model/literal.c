/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literal members: plain, alone in an array, or as a value object.
 *
 *     literal = value | [ value ] | { "@value": value [, "@type": "xsd:string"] } | [ such ]
 *
 * An empty array is as good as no member. DTDL v2 passes over other keywords in a value object, v3
 * refuses them.
 */
#include "model/parse.h"

typedef struct literal_kind {
    const char *type;                              /* after `xsd:` */
    px_rule multiple, wrong, no_value, type_wrong; /* what is broken */
    px_rule value_wrong; /* of a value object whose @type this is, and @value is another */
    const char *wanted;
} literal_kind;

static const literal_kind text_kind = {
    "string",
    PX_RULE_STRING_MULTIPLE_VALUES,
    PX_RULE_STRING_NOT_STRING,
    PX_RULE_STRING_OBJECT_NO_VALUE,
    PX_RULE_STRING_TYPE_NOT_STRING,
    PX_RULE_STRING_VALUE_NOT_STRING,
    "a string",
};
static const literal_kind integer_kind = {
    "integer",
    PX_RULE_INTEGER_MULTIPLE_VALUES,
    PX_RULE_INTEGER_NOT_INTEGER,
    PX_RULE_INTEGER_OBJECT_NO_VALUE,
    PX_RULE_INTEGER_TYPE_NOT_INTEGER,
    PX_RULE_INTEGER_VALUE_NOT_INTEGER,
    "a whole number",
};
static const literal_kind boolean_kind = {
    "boolean",
    PX_RULE_BOOLEAN_MULTIPLE_VALUES,
    PX_RULE_BOOLEAN_NOT_BOOLEAN,
    PX_RULE_BOOLEAN_OBJECT_NO_VALUE,
    PX_RULE_BOOLEAN_TYPE_NOT_BOOLEAN,
    PX_RULE_BOOLEAN_VALUE_NOT_BOOLEAN,
    "true or false",
};
/* A string or an integer, so its value object may have either type. */
static const literal_kind enum_value_kind = {
    NULL,
    PX_RULE_STRING_MULTIPLE_VALUES,
    PX_RULE_LITERAL_NOT_VALID,
    PX_RULE_VALUE_OBJECT_NO_VALUE,
    PX_RULE_LITERAL_TYPE_WRONG,
    PX_RULE_LITERAL_TYPE_WRONG,
    "a string or a whole number",
};
static const literal_kind *const xsd_kinds[] = { &text_kind, &integer_kind, &boolean_kind };

/* `xsd:integer`, or the whole IRI; NULL for a type that no member has. */
static const literal_kind *xsd_kind(const px_json *type)
{
    px_str text = type->text;

    if (px_str_starts(text, PX_STR("xsd:")))
        text = px_str_skip(text, 4);
    else if (px_str_starts(text, PX_STR("http://www.w3.org/2001/XMLSchema#")))
        text = px_str_skip(text, sizeof("http://www.w3.org/2001/XMLSchema#") - 1);
    else
        return NULL;
    for (size_t i = 0; i < sizeof(xsd_kinds) / sizeof(xsd_kinds[0]); i++)
        if (px_str_eq(text, px_str_c(xsd_kinds[i]->type)))
            return xsd_kinds[i];
    return NULL;
}

/* The name of the xsd type that a JSON value has. */
static const char *xsd_of(const px_json *value)
{
    int64_t integer;

    if (px_json_is(value, PX_JSON_STRING))
        return "string";
    if (px_json_is_bool(value))
        return "boolean";
    if (px_json_is(value, PX_JSON_NUMBER) && px_num_to_int(value->num, &integer))
        return "integer";
    return "";
}

/* Keywords that have a rule of their own; DTDL v2 passes over the others. */
static const struct {
    const char *key;
    px_rule rule;
    uint32_t since;
} value_keywords[] = {
    { "@id", PX_RULE_VALUE_OBJECT_ID, 2 },
    { "@context", PX_RULE_VALUE_OBJECT_CONTEXT, 2 },
    { "@graph", PX_RULE_VALUE_OBJECT_GRAPH, 2 },
    { "@language", PX_RULE_VALUE_OBJECT_LANGUAGE, 3 },
};

static bool check_value_key(px_parse *parse, const px_el *el, const px_json *node)
{
    px_rule rule = PX_RULE_VALUE_OBJECT_KEYWORD;
    uint32_t since = 3;

    if (px_str_eq(node->key, PX_STR("@value")) || px_str_eq(node->key, PX_STR("@type")))
        return true;
    if (!px_str_starts(node->key, PX_STR("@"))) {
        rule = PX_RULE_VALUE_OBJECT_INVALID_PROP;
        since = 2;
    }
    for (size_t i = 0; i < sizeof(value_keywords) / sizeof(value_keywords[0]); i++)
        if (px_str_eq(node->key, px_str_c(value_keywords[i].key))) {
            rule = value_keywords[i].rule;
            since = value_keywords[i].since;
        }
    if (el->context.version < since)
        return true;
    px_parse_report(parse, rule, el, node, PX_STR(""), "a value object has a member '%.*s'",
                    PX_FMT(node->key));
    return false;
}

/* The @type of a value object is that of the member, and that of the value. */
static bool check_value_type(px_parse *parse, const px_el *el, const px_json *value,
                             const px_json *type, const literal_kind *kind)
{
    const literal_kind *declared;
    px_rule rule;

    if (px_json_is(type, PX_JSON_ARRAY) && type->count == 1)
        type = type->first;
    if (!px_json_is(type, PX_JSON_STRING)) {
        px_parse_report(parse, PX_RULE_LITERAL_TYPE_NOT_SINGULAR, el, type, PX_STR(""),
                        "the @type is %s", px_json_type_name(type->type));
        return false;
    }
    declared = xsd_kind(type);
    if (!declared || (kind->type && declared != kind))
        rule = kind->type_wrong;
    else if (!px_str_eq(px_str_c(declared->type), px_str_c(xsd_of(value))))
        rule = declared->value_wrong;
    else
        return true;
    px_parse_report(parse, rule, el, type, PX_STR(""), "the @type is '%.*s', the value %s",
                    PX_FMT(type->text), px_json_type_name(value->type));
    return false;
}

/* Unpacks a value object; NULL when it is not right (reported). */
static const px_json *value_of(px_parse *parse, const px_el *el, const px_json *object,
                               const literal_kind *kind)
{
    const px_json *value = px_json_get(object, PX_STR("@value"));
    const px_json *type = px_json_get(object, PX_STR("@type"));

    for (const px_json *member = object->first; member; member = member->next)
        if (!check_value_key(parse, el, member))
            return NULL;
    if (!value) {
        px_parse_report(parse, kind->no_value, el, object, PX_STR(""),
                        "the value object has no @value");
        return NULL;
    }
    return !type || check_value_type(parse, el, value, type, kind) ? value : NULL;
}

/* The JSON value of a literal member; NULL when absent or reported. */
static const px_json *unpack(px_parse *parse, const px_el *el, const px_json *node,
                             const char *member, const literal_kind *kind)
{
    if (px_json_is(node, PX_JSON_ARRAY)) {
        if (node->count > 1)
            px_parse_report(parse, kind->multiple, el, node, PX_STR(""), "'%s' has %u values",
                            member, node->count);
        if (node->count != 1)
            return NULL;
        node = node->first;
    }
    if (px_json_is(node, PX_JSON_NULL)) {
        px_parse_report(parse, PX_RULE_PROPERTY_VALUE_NULL, el, node, PX_STR(""), "'%s' is null",
                        member);
        return NULL;
    }
    return px_json_is(node, PX_JSON_OBJECT) ? value_of(parse, el, node, kind) : node;
}

static void report_wrong(px_parse *parse, const px_el *el, const px_json *value, const char *member,
                         const literal_kind *kind)
{
    px_parse_report(parse, kind->wrong, el, value, PX_STR(""), "'%s' is %s and should be %s",
                    member, px_json_type_name(value->type), kind->wanted);
}

bool px_literal_text(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                     px_str *ret_text)
{
    const px_json *value = unpack(parse, el, node, member, &text_kind);

    if (!value)
        return false;
    if (!px_json_is(value, PX_JSON_STRING)) {
        report_wrong(parse, el, value, member, &text_kind);
        return false;
    }
    *ret_text = value->text;
    return true;
}

bool px_literal_integer(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                        int64_t *ret_value)
{
    const px_json *value = unpack(parse, el, node, member, &integer_kind);

    if (!value)
        return false;
    if (!px_json_is(value, PX_JSON_NUMBER) || !px_num_to_int(value->num, ret_value)) {
        report_wrong(parse, el, value, member, &integer_kind);
        return false;
    }
    return true;
}

bool px_literal_boolean(px_parse *parse, const px_el *el, const px_json *node, const char *member,
                        bool *ret_value)
{
    const px_json *value = unpack(parse, el, node, member, &boolean_kind);

    if (!value)
        return false;
    if (!px_json_is_bool(value)) {
        report_wrong(parse, el, value, member, &boolean_kind);
        return false;
    }
    *ret_value = value->type == PX_JSON_TRUE;
    return true;
}

bool px_literal_enum_value(px_parse *parse, const px_el *el, const px_json *node,
                           px_value *ret_value)
{
    const px_json *value = unpack(parse, el, node, "enumValue", &enum_value_kind);
    int64_t integer;

    if (!value)
        return false;
    if (px_json_is(value, PX_JSON_STRING)) {
        *ret_value = px_value_text(value->text);
        return true;
    }
    if (px_json_is(value, PX_JSON_NUMBER) && px_num_to_int(value->num, &integer)) {
        *ret_value = px_value_num(px_num_int(integer));
        return true;
    }
    report_wrong(parse, el, value, "enumValue", &enum_value_kind);
    return false;
}
