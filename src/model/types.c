/* SPDX-License-Identifier: Apache-2.0 */
/*
 * @type: exactly one class of the language, and co-types.
 *
 *   term of a class, or its DTMI      the class
 *   semantic type, or its DTMI        co-type, at most one
 *   adjunct type of an extension      co-type
 *   another word of the language      refused
 *   an unknown term                   v2 ignores it; v3 only under a tolerated unknown extension
 *   a DTMI that means nothing here    only under a tolerated unknown extension
 *   a malformed DTMI                  refused
 *   another IRI                       v2 ignores it, v3 refuses it
 */
#include "model/parse.h"

static px_str class_nearest(uint32_t version, px_str word)
{
    px_str terms[PX_CLASS_COUNT];
    size_t count = 0;

    for (uint32_t i = 0; i < PX_CLASS_COUNT; i++)
        if (px_class_of_term(version, px_str_c(px_class_term((px_class)i))) != PX_CLASS_NONE)
            terms[count++] = px_str_c(px_class_term((px_class)i));
    return px_str_nearest(word, terms, count);
}

/* `Temperature`, `SemanticType/Temperature` (an old form of v2) or the DTMI of it. */
static px_str semantic_term(const px_context *context, px_str text)
{
    char prefix[] = "dtmi:dtdl:extension:quantitativeTypes:v1:class:";
    px_str word = text;

    if (!context->has_units)
        return PX_STR("");
    if (context->version == 2) {
        if (px_str_starts(text, PX_STR("SemanticType/")))
            word = px_str_skip(text, sizeof("SemanticType/") - 1);
        else
            px_cut_dtmi_term(text, PX_STR("dtmi:standard:class:"), 2, &word);
    } else {
        prefix[sizeof(prefix) - sizeof("1:class:")] =
            (char)('1' + (int)(context->units - PX_UNITS_QUANTITATIVE_1));
        if (px_str_starts(text, px_str_c(prefix)))
            word = px_str_skip(text, sizeof(prefix) - 1);
    }
    return px_semantic_term(context->units, word);
}

static void report_two_classes(px_parse *parse, const px_el *el, const px_json *node, px_str first,
                               px_str second)
{
    px_parse_report(parse, PX_RULE_MULTIPLE_MATERIAL_TYPES, el, node, PX_STR(""),
                    "@type holds both %.*s and %.*s", PX_FMT(first), PX_FMT(second));
}

static void add_class(px_parse *parse, px_el *el, const px_json *node, px_class class)
{
    px_str term = px_str_c(px_class_term(class));

    if (el->class != PX_CLASS_NONE && el->class != class)
        report_two_classes(parse, el, node, px_str_c(px_class_term(el->class)), term);
    else if (el->abstract.len > 0)
        report_two_classes(parse, el, node, el->abstract, term);
    else
        el->class = class;
}

/* A class of the language that no element has: told as a wrong class once all types are read. */
static void add_abstract(px_parse *parse, px_el *el, const px_json *node)
{
    if (el->class != PX_CLASS_NONE)
        report_two_classes(parse, el, node, px_str_c(px_class_term(el->class)), node->text);
    el->abstract = node->text;
}

static void add_semantic(px_parse *parse, px_el *el, const px_json *node, px_str term)
{
    if (el->semantic_type.len > 0 && !px_str_eq(el->semantic_type, term)) {
        px_parse_report(parse, PX_RULE_CONFLICTING_SUPPLEMENTAL_TYPES, el, node, PX_STR(""),
                        "@type holds both '%.*s' and '%.*s'", PX_FMT(el->semantic_type),
                        PX_FMT(term));
        return;
    }
    el->semantic_type = term;
    el->unit_type = px_semantic_unit_type(el->context.units, term);
}

static void add_dtmi(px_parse *parse, px_el *el, const px_json *node)
{
    px_dtmi id;
    px_str term;

    if (px_dtmi_parse(node->text, &id, NULL) != PX_OK) {
        px_parse_report(parse, PX_RULE_TYPE_INVALID_DTMI, el, node, PX_STR(""),
                        "@type holds '%.*s'", PX_FMT(node->text));
        return;
    }
    if (px_cut_dtmi_term(node->text, PX_STR("dtmi:dtdl:class:"), el->context.version, &term)) {
        px_class class = px_class_of_term(el->context.version, term);

        if (class != PX_CLASS_NONE) {
            add_class(parse, el, node, class);
            return;
        }
    }
    if (el->context.unknown)
        el->tolerant = true;
    else
        px_parse_report(parse, PX_RULE_TYPE_IRRELEVANT_DTMI_OR_TERM, el, node, PX_STR(""),
                        "@type holds '%.*s', which is no type here", PX_FMT(node->text));
}

/* A type of an extension that @context does not name. It is told once of an Interface: the other
 * types of the extension and the members that they bring are wrong for the same reason, and where
 * an entry of @context was refused that is the reason. */
static void report_context(px_parse *parse, px_el *el, const px_json *node, const char *what,
                           px_extension extension, uint32_t least)
{
    uint32_t version = px_extension_first_for(extension, least, el->context.version);
    bool is_told = el->context.unresolved || el->owner->contexts_missed >> extension & 1;

    el->tolerant = true;
    el->owner->contexts_missed |= UINT32_C(1) << extension;
    if (is_told)
        return;
    if (version)
        px_parse_report(parse, PX_RULE_TYPE_UNDEFINED_TERM, el, node, PX_STR(""),
                        "the %s '%.*s' needs the context %s;%u: add it to @context", what,
                        PX_FMT(node->text), px_extension_context(extension), version);
    else
        px_parse_report(parse, PX_RULE_TYPE_UNDEFINED_TERM, el, node, PX_STR(""),
                        "the %s '%.*s' of %s is not for DTDL v%u", what, PX_FMT(node->text),
                        px_extension_context(extension), el->context.version);
}

/* The likeliest slips: a type without its extension, and a word that is nearly right. */
static void report_undefined(px_parse *parse, px_el *el, const px_json *node)
{
    px_str term = node->text;
    px_str nearest = class_nearest(el->context.version, term);
    px_cotype elsewhere = px_cotype_anywhere(term);

    if (nearest.len == 0)
        nearest = px_cotype_nearest(&el->context.extensions, term);
    if (nearest.len == 0 && el->context.has_units)
        nearest = px_semantic_nearest(el->context.units, term);
    if (!el->context.has_units && px_semantic_term(PX_UNITS_QUANTITATIVE_3, term).len > 0)
        report_context(parse, el, node, "semantic type", PX_EXTENSION_QUANTITATIVE, 1);
    else if (elsewhere != PX_COTYPE_NONE)
        report_context(parse, el, node, "co-type", px_cotype_extension(elsewhere),
                       px_cotype_since(elsewhere));
    else
        px_parse_report(parse, PX_RULE_TYPE_UNDEFINED_TERM, el, node, nearest,
                        "@type holds '%.*s', which is not defined", PX_FMT(term));
}

static bool is_unit_type(const px_context *context, px_str term)
{
    return context->has_units && px_is_unit_type(context->units, term);
}

static void add_term(px_parse *parse, px_el *el, const px_json *node)
{
    px_str term = node->text;
    uint32_t version = el->context.version;

    if (px_str_eq(term, PX_STR("SemanticType"))) {
        px_parse_report(parse, PX_RULE_ABSTRACT_SUPPLEMENTAL_TYPE, el, node, PX_STR(""),
                        "@type holds 'SemanticType'");
        return;
    }
    if (px_is_abstract_class(version, term) && !el->context.unknown) {
        add_abstract(parse, el, node);
        return;
    }
    if ((px_is_known_term(version, term) || is_unit_type(&el->context, term)) &&
        !el->context.unknown) {
        px_parse_report(parse, PX_RULE_TYPE_IRRELEVANT_DTMI_OR_TERM, el, node,
                        class_nearest(version, term), "@type holds '%.*s', which is no type here",
                        PX_FMT(term));
        return;
    }
    if (version == 2 || el->context.unknown) {
        el->tolerant = true;
        return;
    }
    report_undefined(parse, el, node);
}

static void read_entry(px_parse *parse, px_el *el, const px_json *node)
{
    px_class class;
    px_cotype cotype;
    px_str semantic;

    if (!px_json_is(node, PX_JSON_STRING)) {
        px_parse_report(parse, PX_RULE_TYPE_NOT_STRING, el, node, PX_STR(""), "@type holds %s",
                        px_json_type_name(node->type));
        return;
    }
    class = px_class_of_term(el->context.version, node->text);
    if (class != PX_CLASS_NONE) {
        add_class(parse, el, node, class);
        return;
    }
    semantic = semantic_term(&el->context, node->text);
    if (semantic.len > 0) {
        add_semantic(parse, el, node, semantic);
        return;
    }
    cotype = px_cotype_of_term(&el->context.extensions, node->text);
    if (cotype != PX_COTYPE_NONE) {
        el->cotypes |= UINT64_C(1) << cotype;
        return;
    }
    if (px_str_starts(node->text, PX_STR("dtmi:")))
        add_dtmi(parse, el, node);
    else if (node->text.len == 0 || !memchr(node->text.ptr, ':', node->text.len))
        add_term(parse, el, node);
    else if (el->context.version == 2)
        el->tolerant = true;
    else
        px_parse_report(parse, PX_RULE_TYPE_NOT_DTMI_NOR_TERM, el, node, PX_STR(""),
                        "@type holds '%.*s'", PX_FMT(node->text));
}

/* The only class of a set, or NONE. */
static px_class only_class(px_class_set allowed)
{
    for (uint32_t i = 0; i < PX_CLASS_COUNT; i++)
        if (allowed == UINT32_C(1) << i)
            return (px_class)i;
    return PX_CLASS_NONE;
}

/* "Array, Enum, Map or Object" */
static void put_classes(px_buf *buf, px_class_set allowed)
{
    for (uint32_t i = 0; i < PX_CLASS_COUNT; i++) {
        px_class_set rest = allowed >> i;

        if (!(rest & 1))
            continue;
        if (buf->len > 0)
            px_put_c(buf, rest == 1 ? " or " : ", ");
        px_put_c(buf, px_class_term((px_class)i));
    }
}

static void report_wrong_class(px_parse *parse, const px_el *el, px_class_set allowed, px_rule rule)
{
    const px_json *type = px_json_get(el->node, PX_STR("@type"));
    px_buf names = { 0 };
    px_str class = el->class != PX_CLASS_NONE ? px_str_c(px_class_term(el->class)) : el->abstract;

    put_classes(&names, allowed);
    if (class.len > 0)
        px_parse_report(parse, rule, el, type, PX_STR(""), "a %.*s stands where %s should be",
                        PX_FMT(class), names.len > 0 ? names.ptr : "the term 'string'");
    else
        px_parse_report(parse, rule, el, type ? type : el->node, PX_STR(""),
                        "%s where %s should be", type ? "@type names no type" : "there is no @type",
                        names.len > 0 ? names.ptr : "the term 'string'");
    px_buf_release(&names);
}

/* Semantic types are of an extension since v3, and like others only for some versions and classes.
 */
static void check_semantic(px_parse *parse, px_el *el, const px_json *type)
{
    uint32_t version = el->context.extensions.version[PX_EXTENSION_QUANTITATIVE];

    if (el->context.version > 2 &&
        !px_extension_is_for(PX_EXTENSION_QUANTITATIVE, version, el->context.version))
        px_parse_report(parse, PX_RULE_INVALID_COTYPE_VERSION, el, type, PX_STR(""),
                        "'%.*s' of %s;%u is not for DTDL v%u", PX_FMT(el->semantic_type),
                        px_extension_context(PX_EXTENSION_QUANTITATIVE), version,
                        el->context.version);
    else if (!px_class_takes_semantic(el->context.version, el->class))
        px_parse_report(parse, PX_RULE_INVALID_COTYPE, el, type, PX_STR(""),
                        "a %s has the semantic type '%.*s'", px_class_term(el->class),
                        PX_FMT(el->semantic_type));
    else
        return;
    el->semantic_type = el->unit_type = PX_STR("");
    el->tolerant = true; /* its unit is not worth a second complaint */
}

void px_types_read(px_parse *parse, px_el *el, px_class_set allowed, px_place place)
{
    const px_json *type = px_json_get(el->node, PX_STR("@type"));
    px_class only = only_class(allowed);
    size_t before = parse->report.count;

    el->class = PX_CLASS_NONE;
    if (!type && only != PX_CLASS_NONE && px_class_type_optional(only)) {
        el->class = only;
        return;
    }
    if (px_json_is(type, PX_JSON_ARRAY))
        for (const px_json *entry = type->first; entry; entry = entry->next)
            read_entry(parse, el, entry);
    else if (type)
        read_entry(parse, el, type);

    if (el->class == PX_CLASS_NONE || !(allowed & UINT32_C(1) << el->class)) {
        if (el->class != PX_CLASS_NONE || parse->report.count == before)
            report_wrong_class(parse, el, allowed,
                               place.parent ? PX_RULE_BAD_TYPE : PX_RULE_TYPE_NOT_ROOTABLE);
        el->class = PX_CLASS_NONE;
        return;
    }
    if (el->semantic_type.len > 0)
        check_semantic(parse, el, type);
    if (el->cotypes)
        px_cotypes_check(parse, el, place.parent);
}
