/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One element: context, types, id, members, each by the tables of the language.
 *
 * px_element_read and px_references_read call each other, as deep as the document is nested, which
 * the JSON reader has limited (PX_JSON_DEPTH_MAX).
 */
#include "model/parse.h"

#include "base/limits.h"

static bool is_letter_or_digit(char c)
{
    return px_is_letter(c) || px_is_digit(c);
}

static bool is_name(px_str text)
{
    if (text.len == 0 || !px_is_letter(text.ptr[0]) || !is_letter_or_digit(text.ptr[text.len - 1]))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_letter_or_digit(text.ptr[i]) && text.ptr[i] != '_')
            return false;
    return true;
}

static px_status read_name(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err)
{
    uint32_t most = el->context.limits->name;
    px_str text;

    el->name = PX_STR("");
    if (!px_literal_text(parse, el, node, "name", &text))
        return PX_OK;
    if (text.len > most)
        px_parse_report(parse, PX_RULE_STRING_TOO_LONG, el, node, PX_STR(""),
                        "'name' has %zu characters, the most is %u", text.len, most);
    else if (!is_name(text))
        px_parse_report(parse, PX_RULE_STRING_INVALID, el, node, PX_STR(""),
                        "'name' is '%.*s', and a name is letters, digits and '_', begins with a "
                        "letter and does not end in '_'",
                        PX_FMT(text));
    else
        PX_TRY(px_keep(el, text, &el->name, ret_err));
    return PX_OK;
}

static void read_comment(px_parse *parse, const px_el *el, const px_json *node)
{
    uint32_t most = el->context.limits->comment;
    px_str text;

    if (px_literal_text(parse, el, node, "comment", &text) && px_utf16_length(text) > most)
        px_parse_report(parse, PX_RULE_STRING_TOO_LONG, el, node, PX_STR(""),
                        "'comment' has %u characters, the most is %u", px_utf16_length(text), most);
}

static void read_min_multiplicity(px_parse *parse, const px_el *el, const px_json *node)
{
    int64_t value;

    if (px_literal_integer(parse, el, node, "minMultiplicity", &value) && value != 0)
        px_parse_report(parse, PX_RULE_VALUE_NOT_EXACT, el, node, PX_STR(""),
                        "'minMultiplicity' is %lld", (long long)value);
}

static void read_max_multiplicity(px_parse *parse, px_el *el, const px_json *node)
{
    uint32_t most = el->context.limits->max_multiplicity;
    int64_t value;

    if (!px_literal_integer(parse, el, node, "maxMultiplicity", &value))
        return;
    if (value < 1)
        px_parse_report(parse, PX_RULE_VALUE_BELOW_MIN, el, node, PX_STR(""),
                        "'maxMultiplicity' is %lld", (long long)value);
    else if (most > 0 && value > most)
        px_parse_report(parse, PX_RULE_VALUE_ABOVE_MAX, el, node, PX_STR(""),
                        "'maxMultiplicity' is %lld", (long long)value);
    else /* a maximum that no one can reach is none */
        el->max_multiplicity = value > UINT32_MAX ? 0 : (uint32_t)value;
}

static px_status read_enum_value(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err)
{
    px_value value;

    if (!px_literal_enum_value(parse, el, node, &value))
        return PX_OK;
    if (value.kind == PX_VALUE_TEXT)
        PX_TRY(px_keep(el, value.text, &value.text, ret_err));
    el->enum_value = value;
    return PX_OK;
}

static px_status read_member(px_parse *parse, px_el *el, px_member member, const px_json *node,
                             px_err *ret_err)
{
    const px_dtdl_limits *limits = el->context.limits;

    switch (member) {
    case PX_MEMBER_AT_COMMENT:
        read_comment(parse, el, node);
        return PX_OK;
    case PX_MEMBER_AT_DESCRIPTION:
        return px_literal_lang(parse, el, node, "description", limits->description,
                               &el->descriptions, ret_err);
    case PX_MEMBER_AT_DISPLAY_NAME:
        return px_literal_lang(parse, el, node, "displayName", limits->display_name,
                               &el->display_names, ret_err);
    case PX_MEMBER_AT_NAME:
        return read_name(parse, el, node, ret_err);
    case PX_MEMBER_AT_WRITABLE:
        (void)px_literal_boolean(parse, el, node, "writable", &el->writable);
        return PX_OK;
    case PX_MEMBER_AT_NULLABLE:
        (void)px_literal_boolean(parse, el, node, "nullable", &el->nullable);
        return PX_OK;
    case PX_MEMBER_AT_MIN_MULTIPLICITY:
        read_min_multiplicity(parse, el, node);
        return PX_OK;
    case PX_MEMBER_AT_MAX_MULTIPLICITY:
        read_max_multiplicity(parse, el, node);
        return PX_OK;
    case PX_MEMBER_AT_ENUM_VALUE:
        return read_enum_value(parse, el, node, ret_err);
    case PX_MEMBER_AT_TARGET:
        return px_target_read(parse, el, node, ret_err);
    case PX_MEMBER_AT_COMMAND_TYPE:
        px_command_type_read(parse, el, node);
        return PX_OK;
    case PX_MEMBER_AT_VALUE_SCHEMA:
        px_value_schema_read(parse, el, node);
        return PX_OK;
    case PX_MEMBER_AT_UNIT:
        px_unit_read(parse, el, node);
        return PX_OK;
    default:
        return px_references_read(parse, el, member, node, ret_err);
    }
}

/* Of the members of its class, and those that its co-types bring. */
static px_str member_nearest(const px_el *el, px_str word)
{
    px_str terms[PX_MEMBER_COUNT + PX_SUPPLEMENT_COUNT];
    size_t count = 0;

    for (uint32_t i = 0; i < PX_MEMBER_COUNT; i++)
        if (px_class_members(el->context.version, el->class) & UINT32_C(1) << i)
            terms[count++] = px_str_c(px_member_term((px_member)i));
    for (uint32_t i = 0; i < PX_SUPPLEMENT_COUNT; i++) {
        const px_supplement_rules *rule = px_supplement_rules_of((px_supplement)i);

        if (el->cotypes >> rule->cotype & 1 &&
            px_supplement_of_term(&el->context.extensions, px_str_c(rule->term)) !=
                PX_SUPPLEMENT_NONE)
            terms[count++] = px_str_c(rule->term);
    }
    return px_str_nearest(word, terms, count);
}

/* Why a key is no member here. */
static px_rule rule_of_unknown(const px_el *el, px_str key)
{
    bool is_dtmi = px_str_starts(key, PX_STR("dtmi:"));
    bool is_iri = !is_dtmi && key.len > 0 && memchr(key.ptr, ':', key.len);

    if (is_dtmi && px_dtmi_parse(key, &(px_dtmi){ 0 }, NULL) != PX_OK)
        return PX_RULE_PROPERTY_INVALID_DTMI;
    if (is_iri)
        return PX_RULE_PROPERTY_NOT_DTMI_NOR_TERM;
    return px_supplement_of_term(&el->context.extensions, key) != PX_SUPPLEMENT_NONE
               ? PX_RULE_PROPERTY_IRRELEVANT
               : PX_RULE_NO_TYPE_THAT_ALLOWS;
}

static void report_unknown(px_parse *parse, const px_el *el, const px_json *node)
{
    px_rule rule = rule_of_unknown(el, node->key);
    bool bad_form =
        rule == PX_RULE_PROPERTY_INVALID_DTMI || rule == PX_RULE_PROPERTY_NOT_DTMI_NOR_TERM;

    if (el->tolerant && (el->context.version == 2 || !bad_form))
        return;
    px_parse_report(parse, rule, el, node, member_nearest(el, node->key),
                    "a %s has no member '%.*s'", px_class_term(el->class), PX_FMT(node->key));
}

static void read_keyword(px_parse *parse, const px_el *el, const px_json *node)
{
    bool top = el->node->parent == NULL || !el->node->parent->parent;
    px_str key = node->key;

    top = top && el->owner == el;
    if (px_str_eq(key, PX_STR("@id")) || px_str_eq(key, PX_STR("@type")) ||
        px_str_eq(key, PX_STR("@context")))
        return;
    if (px_str_eq(key, PX_STR("@graph")))
        px_parse_report(parse, top ? PX_RULE_TOP_LEVEL_GRAPH_DISALLOWED : PX_RULE_GRAPH_DISALLOWED,
                        el, node, PX_STR(""), "there is a member @graph");
    else if (el->context.version != 2)
        px_parse_report(parse,
                        top ? PX_RULE_TOP_LEVEL_KEYWORD_DISALLOWED : PX_RULE_KEYWORD_DISALLOWED, el,
                        node, PX_STR(""), "there is a member '%.*s'", PX_FMT(key));
}

/* Which member a key means: its term, or `dtmi:dtdl:property:NAME;VERSION`. */
static px_member member_of_key(const px_el *el, px_str key)
{
    char unit[] = "dtmi:dtdl:extension:quantitativeTypes:v1:property:unit";
    px_member member;
    px_str term = key;

    px_cut_dtmi_term(key, PX_STR("dtmi:dtdl:property:"), el->context.version, &term);
    if (el->context.version != 2 && el->context.has_units) {
        unit[sizeof(unit) - sizeof("1:property:unit")] =
            (char)('1' + (int)(el->context.units - PX_UNITS_QUANTITATIVE_1));
        if (px_str_eq(key, px_str_c(unit)))
            term = PX_STR("unit");
    }
    member = px_member_of_term(term);
    if (member == PX_MEMBER_AT_UNIT)
        return el->unit_type.len > 0 ? member : PX_MEMBER_NONE;
    if (member != PX_MEMBER_NONE &&
        !(px_class_members(el->context.version, el->class) & UINT32_C(1) << member))
        return PX_MEMBER_NONE;
    return member;
}

/* A member of an extension, or of none. */
static px_status read_other(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err)
{
    px_supplement supplement = px_supplement_of_term(&el->context.extensions, node->key);

    if (supplement == PX_SUPPLEMENT_NONE ||
        !(el->cotypes >> px_supplement_rules_of(supplement)->cotype & 1)) {
        report_unknown(parse, el, node);
        return PX_OK;
    }
    if (el->supplements & UINT32_C(1) << supplement) { /* what was read of it is not read over */
        px_parse_report(parse, PX_RULE_DUPLICATE_PROPERTY_NAME, el, node, PX_STR(""),
                        "'%s' is given twice", px_supplement_rules_of(supplement)->term);
        return PX_OK;
    }
    el->supplements |= UINT32_C(1) << supplement;
    return px_supplement_read(parse, el, supplement, node, ret_err);
}

static px_status read_members(px_parse *parse, px_el *el, px_err *ret_err)
{
    for (const px_json *node = el->node->first; node; node = node->next) {
        px_member member;

        if (px_str_starts(node->key, PX_STR("@"))) {
            read_keyword(parse, el, node);
            continue;
        }
        member = member_of_key(el, node->key);
        if (member == PX_MEMBER_NONE) {
            PX_TRY(read_other(parse, el, node, ret_err));
            continue;
        }
        if (el->given & UINT32_C(1) << member) {
            px_parse_report(parse, PX_RULE_DUPLICATE_PROPERTY_NAME, el, node, PX_STR(""),
                            "'%s' is given twice", px_member_term(member));
            continue;
        }
        el->given |= UINT32_C(1) << member;
        if (px_json_is(node, PX_JSON_NULL)) {
            px_parse_report(parse, PX_RULE_PROPERTY_VALUE_NULL, el, node, PX_STR(""),
                            "'%s' is null", px_member_term(member));
            continue;
        }
        PX_TRY(read_member(parse, el, member, node, ret_err));
        if (px_parse_is_full(parse))
            break;
    }
    return PX_OK;
}

static bool is_literal(px_member_kind kind)
{
    return kind == PX_MEMBER_STRING || kind == PX_MEMBER_ENUM_VALUE || kind == PX_MEMBER_INTEGER ||
           kind == PX_MEMBER_BOOLEAN;
}

/* The member is there, and is an empty array. */
static bool is_empty(const px_el *el, px_member member)
{
    for (const px_json *node = el->node->first; node; node = node->next)
        if (member_of_key(el, node->key) == member)
            return px_json_is(node, PX_JSON_ARRAY) && node->count == 0;
    return false;
}

static void check_required(px_parse *parse, px_el *el)
{
    px_member_set required = px_class_required(el->context.version, el->class);

    for (uint32_t i = 0; i < PX_MEMBER_COUNT; i++) {
        px_member member = (px_member)i;
        bool literal = is_literal(px_member_kind_of(member));

        if (!(required & UINT32_C(1) << i))
            continue;
        if (!(el->given & UINT32_C(1) << i))
            px_parse_report(
                parse, literal ? PX_RULE_MISSING_LITERAL_PROPERTY : PX_RULE_MISSING_OBJECT_PROPERTY,
                el, el->node, PX_STR(""), "there is no '%s'", px_member_term(member));
        else if (is_empty(el, member))
            px_parse_report(
                parse, literal ? PX_RULE_STRING_COUNT_BELOW_MIN : PX_RULE_OBJECT_COUNT_BELOW_MIN,
                el, el->node, PX_STR(""), "'%s' is empty", px_member_term(member));
    }
    px_supplements_check(parse, el);
    if (el->semantic_type.len > 0 && !(el->given & PX_MEMBER_BIT(UNIT)))
        px_parse_report(parse, PX_RULE_MISSING_SUPPLEMENTAL_OBJECT_PROPERTY, el, el->node,
                        PX_STR(""), "there is no 'unit' for the semantic type '%.*s'",
                        PX_FMT(el->semantic_type));
}

/* A place for the model that this Interface becomes; everything below keeps its texts there. */
static px_status begin_interface(px_parse *parse, px_el *el, px_err *ret_err)
{
    el->model = px_model_new();
    if (!el->model)
        return px_no_memory(ret_err);
    el->number = (uint32_t)parse->interfaces.len;
    if (!PX_VEC_PUSH(&parse->interfaces, el)) {
        px_model_unref(el->model);
        el->model = NULL;
        return px_no_memory(ret_err);
    }
    el->model->text = px_arena_str(&el->model->arena, el->node->raw);
    return el->model->text.ptr ? PX_OK : px_arena_fail(&el->model->arena, ret_err);
}

/* Does the version of the element fit the place? */
static bool check_version(px_parse *parse, const px_el *el, px_place place)
{
    uint32_t outer, own = el->context.version;

    if (!place.parent)
        return true;
    outer = place.parent->context.version;
    if (own == outer || (own < outer && px_member_takes_older(place.parent->class, place.member)))
        return true;
    px_parse_report(parse, PX_RULE_DISALLOWED_VERSION_DEFINITION, el, el->node, PX_STR(""),
                    "an element of DTDL v%u stands in '%s' of one of DTDL v%u", own,
                    px_member_term(place.member), outer);
    return false;
}

static bool check_place(px_parse *parse, const px_el *el, px_place place)
{
    const px_json *first = el->node->first;

    if (place.parent && el->node->count == 1 && px_str_eq(first->key, PX_STR("@id"))) {
        px_parse_report(parse, PX_RULE_ID_REFERENCE, el, el->node, PX_STR(""),
                        "'%s' holds an object with nothing but an @id",
                        px_member_term(place.member));
        return false;
    }
    return check_version(parse, el, place);
}

static void check_id_is_there(px_parse *parse, const px_el *el, px_place place)
{
    if (px_json_get(el->node, PX_STR("@id")))
        return;
    if (!place.parent)
        px_parse_report(parse, PX_RULE_MISSING_TOP_LEVEL_ID, el, el->node, PX_STR(""),
                        "there is no @id");
    else if (el->class == PX_CLASS_INTERFACE || place.member == PX_MEMBER_AT_SCHEMAS)
        px_parse_report(parse, PX_RULE_MISSING_REQUIRED_ID, el, el->node, PX_STR(""),
                        "there is no @id");
}

px_status px_element_read(px_parse *parse, const px_json *node, px_place place, px_el **ret_el,
                          px_err *ret_err)
{
    px_class_set allowed = place.parent ? px_member_classes(place.parent->context.version,
                                                            place.parent->class, place.member)
                                        : PX_CLASS_BIT(INTERFACE);
    const px_json *id = px_json_get(node, PX_STR("@id"));
    px_el *el = PX_ARENA_NEW(parse->arena, px_el);

    *ret_el = NULL;
    if (!el)
        return px_arena_fail(parse->arena, ret_err);
    el->node = node;
    el->source = parse->source;
    el->class = PX_CLASS_NONE;
    el->value_schema = PX_SCHEMA_KIND_COUNT;
    el->owner = allowed == PX_CLASS_BIT(INTERFACE) ? el : place.parent->owner;
    el->name = px_json_get_text(node, PX_STR("name")); /* for sentences, until it is read */
    if (!px_context_read(parse, el, node, place.parent ? &place.parent->context : NULL,
                         &el->context) ||
        !check_place(parse, el, place))
        return PX_OK;
    px_types_read(parse, el, allowed, place);
    if (el->class == PX_CLASS_NONE)
        return PX_OK;

    if (el->class == PX_CLASS_INTERFACE) {
        if (place.parent && !parse->opts->nested_interfaces)
            px_parse_report(parse, PX_RULE_NESTED_INTERFACE, place.parent, node, PX_STR(""),
                            "'%s' defines an Interface", px_member_term(place.member));
        PX_TRY(begin_interface(parse, el, ret_err));
    } else {
        el->below_contents = place.parent->below_contents || place.member == PX_MEMBER_AT_CONTENTS;
        el->owner->element_count += el->below_contents;
    }
    check_id_is_there(parse, el, place);
    if (id)
        PX_TRY(px_identifier_read(parse, el, id, ret_err));
    PX_TRY(read_members(parse, el, ret_err));
    check_required(parse, el);
    PX_TRY(px_siblings_check(parse, el, ret_err));
    *ret_el = el;
    return PX_OK;
}
