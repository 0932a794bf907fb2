/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members that hold elements, or name them:
 *
 *     element   = object | "dtmi:…" | term
 *     one       = element | [ element ]
 *     set       = element | [ element … ]
 */
#include "model/parse.h"

#include "base/limits.h"

/* True when the member's elements are schemas, so that `double` may stand there. */
static bool takes_schemas(const px_el *el, px_member member)
{
    return member == PX_MEMBER_AT_ELEMENT_SCHEMA ||
           (member == PX_MEMBER_AT_SCHEMA && el->class != PX_CLASS_COMPONENT);
}

static px_str schema_nearest(uint32_t version, px_str word)
{
    px_str terms[PX_SCHEMA_KIND_COUNT];
    size_t count = 0;

    for (uint32_t kind = 0; kind < PX_SCHEMA_ARRAY; kind++)
        if (px_schema_since((px_schema_kind)kind) <= version)
            terms[count++] = px_str_c(px_schema_term((px_schema_kind)kind));
    return px_str_nearest(word, terms, count);
}

/* `TemperatureUnit`: the units of a quantity as a schema, since they are an extension. */
static px_str unit_type_of(const px_context *context, px_str text)
{
    char prefix[] = "dtmi:dtdl:extension:quantitativeTypes:v1:class:";
    px_str word = text;

    if (context->version == 2 || !context->has_units)
        return PX_STR("");
    prefix[sizeof(prefix) - sizeof("1:class:")] =
        (char)('1' + (int)(context->units - PX_UNITS_QUANTITATIVE_1));
    if (px_str_starts(text, px_str_c(prefix)))
        word = px_str_skip(text, sizeof(prefix) - 1);
    return px_is_unit_type(context->units, word) ? word : PX_STR("");
}

/* Fills the reference with a schema that is defined outside of the model; false: it is none. */
static bool read_predefined(const px_el *el, px_ref *ref)
{
    px_str text = ref->node->text;
    px_schema_kind kind = px_plain_schema_of(el->context.version, text);

    if (kind != PX_SCHEMA_KIND_COUNT)
        ref->plain = px_schema_plain(kind);
    else
        ref->plain = px_extension_schema(&el->context.extensions, text);
    if (!ref->plain)
        ref->unit_type = unit_type_of(&el->context, text);
    return ref->plain || ref->unit_type.len > 0;
}

static px_status read_string(px_parse *parse, px_el *el, px_member member, px_ref *ref,
                             px_err *ret_err)
{
    px_str text = ref->node->text;
    bool is_dtmi = px_str_starts(text, PX_STR("dtmi:"));

    if (takes_schemas(el, member)) {
        bool found = read_predefined(el, ref);

        if (el->class == PX_CLASS_MAP_KEY && ref->plain != px_schema_plain(PX_SCHEMA_STRING))
            px_parse_report(parse, PX_RULE_NOT_REQUIRED_VALUE, el, ref->node, PX_STR("string"),
                            "'schema' is '%.*s'", PX_FMT(text));
        if (found || el->class == PX_CLASS_MAP_KEY)
            return PX_OK;
    }
    if (!is_dtmi && px_is_known_term(el->context.version, text)) {
        px_parse_report(parse, PX_RULE_BAD_TYPE, el, ref->node, PX_STR(""),
                        "'%s' is '%.*s', which is something else", px_member_term(member),
                        PX_FMT(text));
    } else if (!is_dtmi) {
        px_parse_report(parse, PX_RULE_BAD_DTMI_OR_TERM, el, ref->node,
                        takes_schemas(el, member) ? schema_nearest(el->context.version, text)
                                                  : PX_STR(""),
                        "'%s' is '%.*s'", px_member_term(member), PX_FMT(text));
    } else if (px_dtmi_is_reserved(text)) {
        px_parse_report(
            parse,
            px_is_command_type(el->context.version, text) ? PX_RULE_BAD_TYPE
                                                          : PX_RULE_UNDEFINED_RESERVED_ID,
            el, ref->node, PX_STR(""), "'%s' is '%.*s'", px_member_term(member), PX_FMT(text));
    } else if (px_identifier_check(parse, el, ref->node, text, PX_RULE_BAD_DTMI_OR_TERM)) {
        ref->dtmi = text;
        if (!PX_VEC_PUSH(&parse->pending, ((px_pending){ el, member, ref })))
            return px_no_memory(ret_err);
    }
    return PX_OK;
}

static px_status read_one(px_parse *parse, px_el *el, px_member member, px_ref *ref,
                          px_err *ret_err)
{
    if (px_json_is(ref->node, PX_JSON_STRING))
        return read_string(parse, el, member, ref, ret_err);
    if (px_json_is(ref->node, PX_JSON_OBJECT))
        return px_element_read(parse, ref->node, (px_place){ el, member }, &ref->el, ret_err);
    px_parse_report(parse,
                    px_json_is(ref->node, PX_JSON_NULL) ? PX_RULE_PROPERTY_VALUE_NULL
                                                        : PX_RULE_REF_NOT_STRING_OR_OBJECT,
                    el, ref->node, PX_STR(""), "'%s' holds %s", px_member_term(member),
                    px_json_type_name(ref->node->type));
    return PX_OK;
}

static bool check_count(px_parse *parse, const px_el *el, px_member member, const px_json *node,
                        uint32_t count)
{
    uint32_t most = px_member_count_max(el->context.version, member);

    if (px_member_kind_of(member) == PX_MEMBER_ONE && count > 1) {
        px_parse_report(parse, PX_RULE_OBJECT_MULTIPLE_VALUES, el, node, PX_STR(""),
                        "'%s' has %u values", px_member_term(member), count);
        return false;
    }
    if (most > 0 && count > most) {
        px_parse_report(parse, PX_RULE_OBJECT_COUNT_ABOVE_MAX, el, node, PX_STR(""),
                        "'%s' has %u values, the most is %u", px_member_term(member), count, most);
        return false;
    }
    return true;
}

px_status px_references_read(px_parse *parse, px_el *el, px_member member, const px_json *node,
                             px_err *ret_err)
{
    bool many = px_json_is(node, PX_JSON_ARRAY);
    const px_json *item = many ? node->first : node;
    uint32_t count = many ? node->count : 1;
    px_set *set = &el->sets[px_member_slot(member)];

    if (count == 0 || !check_count(parse, el, member, node, count))
        return PX_OK;
    set->items = PX_ARENA_ARRAY(parse->arena, px_ref, count);
    if (!set->items)
        return px_arena_fail(parse->arena, ret_err);
    for (; item && set->count < count; item = many ? item->next : NULL) {
        px_ref *ref = &set->items[set->count++];

        ref->node = item;
        PX_TRY(read_one(parse, el, member, ref, ret_err));
        if (px_parse_is_full(parse))
            break;
    }
    return PX_OK;
}

/* The only string of a member that holds an identifier or a term; false when reported. */
static bool only_string(px_parse *parse, const px_el *el, px_member member, const px_json *node,
                        px_rule rule, px_str *ret_text)
{
    if (px_json_is(node, PX_JSON_ARRAY) && node->count == 1)
        node = node->first;
    if (px_json_is(node, PX_JSON_STRING)) {
        *ret_text = node->text;
        return true;
    }
    px_parse_report(parse, rule, el, node, PX_STR(""), "'%s' is %s", px_member_term(member),
                    px_json_is(node, PX_JSON_ARRAY)
                        ? node->count == 0 ? "an empty array" : "several values"
                        : px_json_type_name(node->type));
    return false;
}

px_status px_target_read(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err)
{
    px_str text;

    if (px_json_is(node, PX_JSON_ARRAY) && node->count == 0)
        return PX_OK;
    if (!only_string(parse, el, PX_MEMBER_AT_TARGET, node, PX_RULE_IDENTIFIER_NOT_DTMI, &text) ||
        !px_identifier_check(parse, el, node, text, PX_RULE_IDENTIFIER_NOT_DTMI))
        return PX_OK;
    return px_keep(el, text, &el->target, ret_err);
}

void px_command_type_read(px_parse *parse, px_el *el, const px_json *node)
{
    static const px_str terms[] = { { "synchronous", 11 }, { "asynchronous", 12 } };
    px_str text;

    if (px_json_is(node, PX_JSON_ARRAY) && node->count == 0)
        return;
    if (!only_string(parse, el, PX_MEMBER_AT_COMMAND_TYPE, node, PX_RULE_REF_OBJECT_NOT_ALLOWED,
                     &text))
        return;
    if (!px_is_command_type(el->context.version, text))
        px_parse_report(parse, PX_RULE_BAD_DTMI_OR_TERM, el, node, px_str_nearest(text, terms, 2),
                        "'commandType' is '%.*s'", PX_FMT(text));
}

void px_value_schema_read(px_parse *parse, px_el *el, const px_json *node)
{
    static const px_str terms[] = { { "integer", 7 }, { "string", 6 } };
    px_schema_kind kind;
    px_str text;

    el->value_schema = PX_SCHEMA_KIND_COUNT;
    if (!only_string(parse, el, PX_MEMBER_AT_VALUE_SCHEMA, node, PX_RULE_REF_OBJECT_NOT_ALLOWED,
                     &text))
        return;
    kind = px_plain_schema_of(el->context.version, text);
    if (kind == PX_SCHEMA_INTEGER || kind == PX_SCHEMA_STRING)
        el->value_schema = kind;
    else
        px_parse_report(parse, PX_RULE_INCORRECT_PROPERTY_VALUE, el, node,
                        px_str_nearest(text, terms, 2), "'valueSchema' is '%.*s'", PX_FMT(text));
}

/* `degreeCelsius`, `dtmi:standard:unit:degreeCelsius;2`, or the DTMI of the extension. */
static px_str unit_word(const px_context *context, px_str text)
{
    char prefix[] = "dtmi:dtdl:extension:quantitativeTypes:v1:unit:";
    px_str word = text;

    if (context->version == 2) {
        px_cut_dtmi_term(text, PX_STR("dtmi:standard:unit:"), 2, &word);
        return word;
    }
    prefix[sizeof(prefix) - sizeof("1:unit:")] =
        (char)('1' + (int)(context->units - PX_UNITS_QUANTITATIVE_1));
    return px_str_starts(text, px_str_c(prefix)) ? px_str_skip(text, sizeof(prefix) - 1) : text;
}

void px_unit_read(px_parse *parse, px_el *el, const px_json *node)
{
    px_unit_context units = el->context.units;
    px_str text, word;

    if (!only_string(parse, el, PX_MEMBER_AT_UNIT, node, PX_RULE_REF_OBJECT_NOT_ALLOWED, &text))
        return;
    word = unit_word(&el->context, text);
    el->unit = px_unit_term(units, el->unit_type, word);
    if (el->unit.len > 0)
        return;
    if (px_unit_type_of(units, word).len > 0)
        px_parse_report(parse, PX_RULE_UNIT_NOT_OF_TYPE, el, node,
                        px_unit_nearest(units, el->unit_type, word),
                        "'unit' is '%.*s', which is no %.*s", PX_FMT(text), PX_FMT(el->unit_type));
    else
        px_parse_report(parse, PX_RULE_BAD_DTMI_OR_TERM, el, node,
                        px_unit_nearest(units, el->unit_type, word), "'unit' is '%.*s'",
                        PX_FMT(text));
}
