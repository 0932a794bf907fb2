/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adjunct types, by the tables of extension.c: what they ask of the element, of the one around it,
 * of its siblings and of its schema, and the members that they bring.
 */
#include "base/limits.h"
#include "model/parse.h"
#include "model/value_form.h"

#include <stdio.h>
#include <stdlib.h>

static bool has(px_cotype_set set, uint32_t cotype)
{
    return (set >> cotype & 1) != 0;
}

/* "NormalResult or ErrorResult" */
static const char *cotype_list(px_cotype_set set, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < PX_COTYPE_COUNT && len + 40 < size; i++)
        if (has(set, i))
            len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " or " : "",
                                    px_cotype_term((px_cotype)i));
    return text;
}

/* False when it cannot stand on the element at all. */
static bool check_class(px_parse *parse, const px_el *el, px_cotype cotype, const px_json *type)
{
    px_extension extension = px_cotype_extension(cotype);
    uint32_t version = el->context.extensions.version[extension];
    const px_cotype_rules *rules = px_cotype_rules_of(cotype);

    if (!px_extension_is_for(extension, version, el->context.version)) {
        px_parse_report(parse, PX_RULE_INVALID_COTYPE_VERSION, el, type, PX_STR(""),
                        "'%s' of %s;%u is not for DTDL v%u", px_cotype_term(cotype),
                        px_extension_context(extension), version, el->context.version);
        return false;
    }
    if (!(px_cotype_classes(cotype, version) & UINT32_C(1) << el->class) ||
        (rules->field_with && el->class == PX_CLASS_FIELD && !(rules->field_with & el->cotypes))) {
        px_parse_report(parse, PX_RULE_INVALID_COTYPE, el, type, PX_STR(""),
                        "a %s has the co-type '%s'", px_class_term(el->class),
                        px_cotype_term(cotype));
        return false;
    }
    return true;
}

static void check_company(px_parse *parse, const px_el *el, px_cotype cotype, const px_json *type,
                          const px_el *parent)
{
    const px_cotype_rules *rules = px_cotype_rules_of(cotype);
    char list[256];

    if ((rules->with & el->cotypes) != rules->with)
        px_parse_report(parse, PX_RULE_MISSING_COCOTYPE, el, type, PX_STR(""),
                        "'%s' stands without '%s'", px_cotype_term(cotype),
                        cotype_list(rules->with, list, sizeof(list)));
    if (rules->never_with & el->cotypes)
        px_parse_report(parse, PX_RULE_DISALLOWED_COCOTYPE, el, type, PX_STR(""),
                        "'%s' stands together with '%s'", px_cotype_term(cotype),
                        cotype_list(rules->never_with & el->cotypes, list, sizeof(list)));
    if (rules->parent && !(parent && parent->cotypes & rules->parent))
        px_parse_report(parse, PX_RULE_PARENT_MISSING_COTYPE, el, type, PX_STR(""),
                        "'%s' stands in what is no '%s'", px_cotype_term(cotype),
                        cotype_list(rules->parent, list, sizeof(list)));
}

void px_cotypes_check(px_parse *parse, px_el *el, const px_el *parent)
{
    const px_json *type = px_json_get(el->node, PX_STR("@type"));
    px_cotype_set given = el->cotypes;

    for (uint32_t i = 0; i < PX_COTYPE_COUNT; i++)
        if (has(given, i) && !check_class(parse, el, (px_cotype)i, type))
            el->cotypes &= ~(UINT64_C(1) << i);
    for (uint32_t i = 0; i < PX_COTYPE_COUNT; i++) {
        if (!has(el->cotypes, i))
            continue;
        check_company(parse, el, (px_cotype)i, type, parent);
        if (px_cotype_rules_of((px_cotype)i)->unit_type)
            el->unit_type = px_str_c(px_cotype_rules_of((px_cotype)i)->unit_type);
    }
}

/* ---- members ---- */

static bool is_label_char(char c)
{
    return c > ' ' && c < 127 && !strchr("\"+#{}/", c);
}

static bool is_label(px_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_label_char(text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool is_letters(px_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] | 0x20) >= 'a' && (text.ptr[i] | 0x20) <= 'z'))
            return false;
    return text.len > 0;
}

/* "{" [ letters ":" ] letters "}" */
static bool is_token(px_str text)
{
    px_str inner, first;

    if (text.len < 3 || text.ptr[0] != '{' || text.ptr[text.len - 1] != '}')
        return false;
    inner = px_str_of(text.ptr + 1, text.len - 2);
    if (!memchr(inner.ptr, ':', inner.len))
        return is_letters(inner);
    first = px_str_cut(&inner, ':');
    return is_letters(first) && is_letters(inner);
}

static bool is_topic(px_str text)
{
    px_str rest = text;

    if (text.len == 0 || text.ptr[0] == '$' || text.ptr[text.len - 1] == '/')
        return false;
    while (rest.len > 0) {
        px_str label = px_str_cut(&rest, '/');

        if (!is_label(label) && !is_token(label))
            return false;
    }
    return true;
}

static void read_text(px_parse *parse, const px_el *el, const px_supplement_rules *rules,
                      const px_json *node)
{
    const char *form = NULL;
    px_str text;

    if (!px_literal_text(parse, el, node, rules->term, &text))
        return;
    if (rules->kind == PX_SUPPLEMENT_OF_TOPIC && !is_topic(text))
        form = "a topic is labels, or tokens such as {modelId}, with '/' between";
    else if (rules->kind == PX_SUPPLEMENT_OF_LABEL && !is_label(text))
        form = "it is printable, not empty, and without blank, \", +, #, braces and '/'";
    if (form)
        px_parse_report(parse, PX_RULE_STRING_INVALID, el, node, PX_STR(""),
                        "'%s' is '%.*s', and %s", rules->term, PX_FMT(text), form);
    else if (rules->kind == PX_SUPPLEMENT_OF_DURATION && !px_form_is_duration(text))
        px_parse_report(parse, PX_RULE_DURATION_INVALID, el, node, PX_STR(""), "'%s' is '%.*s'",
                        rules->term, PX_FMT(text));
}

static void read_index(px_parse *parse, px_el *el, const px_json *node)
{
    int64_t value;

    if (!px_literal_integer(parse, el, node, "index", &value))
        return;
    if (value < 1)
        px_parse_report(parse, PX_RULE_VALUE_BELOW_MIN, el, node, PX_STR(""), "'index' is %lld",
                        (long long)value);
    else
        el->index = value;
}

static const char span_wanted[] =
    "it is one length such as PT1S or P7D: no years, no months, at most 366 days";

static void read_span(px_parse *parse, px_el *el, px_supplement supplement, const px_json *node)
{
    const px_supplement_rules *rules = px_supplement_rules_of(supplement);
    px_freshness_rule *rule = &el->freshness;
    px_str text;
    int64_t ns;

    if (!px_literal_text(parse, el, node, rules->term, &text))
        return;
    if (!px_span_parse(text, &ns) || ns > PX_FRESHNESS_NS_MAX) {
        px_parse_report(parse, PX_RULE_DURATION_INVALID, el, node, PX_STR(""),
                        "'%s' is '%.*s', and %s", rules->term, PX_FMT(text), span_wanted);
        return;
    }
    *(supplement == PX_SUPPLEMENT_EXPECTED_PERIOD ? &rule->period
      : supplement == PX_SUPPLEMENT_TOLERANCE     ? &rule->tolerance
                                                  : &rule->stale) = ns;
}

/* Once all members are read: the defaults, and what they must be to each other. */
static void check_freshness(px_parse *parse, px_el *el)
{
    const char *wrong;

    if (!(el->supplements & UINT32_C(1) << PX_SUPPLEMENT_EXPECTED_PERIOD))
        return; /* reported */
    if (!(el->supplements & UINT32_C(1) << PX_SUPPLEMENT_TOLERANCE))
        el->freshness.tolerance = -1;
    if (!(el->supplements & UINT32_C(1) << PX_SUPPLEMENT_ALLOWED_STALENESS))
        el->freshness.stale = -1;
    wrong = px_freshness_rule_settle(&el->freshness);
    if (wrong)
        px_parse_report(parse, PX_RULE_DURATION_INVALID, el, el->node, PX_STR(""), "%s", wrong);
}

px_status px_supplement_read(px_parse *parse, px_el *el, px_supplement supplement,
                             const px_json *node, px_err *ret_err)
{
    const px_supplement_rules *rules = px_supplement_rules_of(supplement);
    px_str text;

    switch (rules->kind) {
    case PX_SUPPLEMENT_OF_INDEX:
        read_index(parse, el, node);
        return PX_OK;
    case PX_SUPPLEMENT_OF_GUARDS:
        return px_guards_read(parse, el, node, ret_err);
    case PX_SUPPLEMENT_OF_TERM:
        px_term_read(parse, el, supplement, node);
        return PX_OK;
    case PX_SUPPLEMENT_OF_SPAN:
        read_span(parse, el, supplement, node);
        return PX_OK;
    case PX_SUPPLEMENT_OF_NAME:
    case PX_SUPPLEMENT_OF_WORD:
        if (!px_literal_text(parse, el, node, rules->term, &text))
            return PX_OK;
        return px_keep(el, text,
                       rules->kind == PX_SUPPLEMENT_OF_NAME ? &el->annotates : &el->overrides,
                       ret_err);
    default:
        read_text(parse, el, rules, node);
        return PX_OK;
    }
}

void px_supplements_check(px_parse *parse, px_el *el)
{
    if (has(el->cotypes, PX_COTYPE_FRESHNESS))
        check_freshness(parse, el);
    for (uint32_t i = 0; el->cotypes && i < PX_SUPPLEMENT_COUNT; i++) {
        const px_supplement_rules *rules = px_supplement_rules_of((px_supplement)i);

        if (rules->required && has(el->cotypes, rules->cotype) &&
            !(el->supplements & UINT32_C(1) << i))
            px_parse_report(parse, PX_RULE_MISSING_SUPPLEMENTAL_LITERAL_PROPERTY, el, el->node,
                            PX_STR(""), "there is no '%s', which '%s' requires", rules->term,
                            px_cotype_term(rules->cotype));
    }
}

/* ---- siblings ---- */

static int compare_index(const void *a, const void *b)
{
    const px_el *x = *(const px_el *const *)a, *y = *(const px_el *const *)b;

    return (x->index > y->index) - (x->index < y->index);
}

static px_status check_indexes(px_parse *parse, const px_set *set, uint32_t count, px_err *ret_err)
{
    const px_el **list = PX_ARENA_ARRAY(parse->arena, const px_el *, count + 1);
    uint32_t at = 0;

    if (!list)
        return px_arena_fail(parse->arena, ret_err);
    for (uint32_t i = 0; i < set->count; i++)
        if (set->items[i].el && set->items[i].el->index > 0)
            list[at++] = set->items[i].el;
    qsort(list, at, sizeof(const px_el *), compare_index);
    for (uint32_t i = 1; i < at; i++)
        if (list[i - 1]->index == list[i]->index)
            px_parse_report(parse, PX_RULE_NON_UNIQUE_PROPERTY_VALUE, list[i], list[i]->node,
                            PX_STR(""), "the index %lld is that of '%.*s', too",
                            (long long)list[i]->index, PX_FMT(list[i - 1]->name));
    return PX_OK;
}

static void check_sibling(px_parse *parse, const px_el *el, px_cotype_set before, px_cotype_set all)
{
    for (uint32_t i = 0; i < PX_COTYPE_COUNT; i++) {
        const px_cotype_rules *rules = px_cotype_rules_of((px_cotype)i);
        char list[256];

        if (!has(el->cotypes, i))
            continue;
        if (rules->alone && has(before, i))
            px_parse_report(parse, PX_RULE_SIBLING_DUPLICATES_COTYPE, el, el->node, PX_STR(""),
                            "it is '%s', as another one before", px_cotype_term((px_cotype)i));
        if (rules->sibling && !(rules->sibling & all))
            px_parse_report(parse, PX_RULE_SIBLING_MISSING_COTYPE, el, el->node, PX_STR(""),
                            "it is '%s', and none beside it is '%s'", px_cotype_term((px_cotype)i),
                            cotype_list(rules->sibling, list, sizeof(list)));
    }
}

static px_cotype_set children_of(const px_el *el)
{
    px_cotype_set children = 0;

    for (uint32_t i = 0; i < PX_COTYPE_COUNT; i++)
        if (has(el->cotypes, i))
            children |= px_cotype_rules_of((px_cotype)i)->children;
    return children;
}

px_status px_siblings_check(px_parse *parse, const px_el *el, px_err *ret_err)
{
    px_cotype_set children = children_of(el);

    for (uint32_t s = 0; s < PX_EL_SETS; s++) {
        const px_set *set = &el->sets[s];
        px_cotype_set all = 0, before = 0;
        uint32_t indexed = 0;
        char list[256];

        for (uint32_t i = 0; i < set->count; i++)
            if (set->items[i].el) {
                all |= set->items[i].el->cotypes;
                indexed += set->items[i].el->index > 0;
            }
        for (uint32_t i = 0; (all || children) && i < set->count; i++) {
            const px_el *item = set->items[i].el;

            if (!item)
                continue;
            check_sibling(parse, item, before, all);
            before |= item->cotypes;
            if (children && !(item->cotypes & children))
                px_parse_report(parse, PX_RULE_CHILD_MISSING_COTYPE, item, item->node, PX_STR(""),
                                "it is no '%s'", cotype_list(children, list, sizeof(list)));
        }
        if (indexed > 1)
            PX_TRY(check_indexes(parse, set, indexed, ret_err));
    }
    return PX_OK;
}

/* ---- schemas ---- */

static bool is_plain_value(px_schema_kind kind)
{
    return kind == PX_SCHEMA_DOUBLE || kind == PX_SCHEMA_FLOAT || kind == PX_SCHEMA_INTEGER ||
           kind == PX_SCHEMA_LONG || kind == PX_SCHEMA_STRING;
}

static bool is_iot_central(const px_schema *schema, const char *id)
{
    return px_str_eq(schema->id, px_str_c(id));
}

/* What would be right, in *ret_wanted; the rule that is broken, or none. */
static px_rule broken_by(px_value_rule rule, const px_ref *ref, const px_schema *schema,
                         const char **ret_wanted)
{
    px_schema_kind kind = schema->kind;
    bool right = true, one_value = false; /* one schema, rather than a type of schema */

    switch (rule) {
    case PX_VALUE_ANY:
        break;
    case PX_VALUE_OBJECT:
        *ret_wanted = "an Object";
        right = kind == PX_SCHEMA_OBJECT;
        break;
    case PX_VALUE_MAP:
        *ret_wanted = "a Map";
        right = kind == PX_SCHEMA_MAP;
        break;
    case PX_VALUE_ENUM:
        *ret_wanted = "an Enum";
        right = kind == PX_SCHEMA_ENUM;
        break;
    case PX_VALUE_STRING:
        *ret_wanted = "string";
        right = kind == PX_SCHEMA_STRING;
        one_value = true;
        break;
    case PX_VALUE_ERROR:
        *ret_wanted = "an Object that is an Error";
        right =
            kind == PX_SCHEMA_OBJECT && ref->el && (ref->el->cotypes & PX_COTYPE_BIT(ERROR)) != 0;
        break;
    case PX_VALUE_NUMERIC:
        *ret_wanted = "a number";
        right = px_schema_family_of(kind) == PX_SCHEMA_FAMILY_NUMERIC;
        break;
    case PX_VALUE_PLAIN:
        *ret_wanted = "double, float, integer, long or string";
        right = is_plain_value(kind);
        break;
    case PX_VALUE_PLACE:
        *ret_wanted = "a geometry or geopoint";
        right = px_schema_family_of(kind) == PX_SCHEMA_FAMILY_GEOMETRY ||
                is_iot_central(schema, "dtmi:iotcentral:schema:geopoint;2");
        one_value = true;
        break;
    case PX_VALUE_VECTOR:
        *ret_wanted = "vector";
        right = is_iot_central(schema, "dtmi:iotcentral:schema:vector;2");
        one_value = true;
        break;
    }
    return right       ? PX_RULE_COUNT
           : one_value ? PX_RULE_NOT_REQUIRED_VALUE
                       : PX_RULE_NOT_REQUIRED_TYPE;
}

static void check_rule(px_parse *parse, const px_el *el, const px_ref *ref, const px_schema *schema,
                       px_value_rule rule, px_str cotype)
{
    const char *wanted = "";
    px_rule broken = broken_by(rule, ref, schema, &wanted);

    if (broken != PX_RULE_COUNT)
        px_parse_report(parse, broken, el, ref->node, PX_STR(""),
                        "its schema is %s and, for '%.*s', should be %s",
                        px_schema_term(schema->kind), PX_FMT(cotype), wanted);
}

void px_check_value(px_parse *parse, const px_el *el, const px_ref *ref, const px_schema *schema)
{
    if (!schema)
        return;
    if (el->semantic_type.len > 0)
        check_rule(parse, el, ref, schema, PX_VALUE_NUMERIC, el->semantic_type);
    for (uint32_t i = 0; el->cotypes && i < PX_COTYPE_COUNT; i++)
        if (has(el->cotypes, i))
            check_rule(parse, el, ref, schema, px_cotype_rules_of((px_cotype)i)->value,
                       px_str_c(px_cotype_term((px_cotype)i)));
}
