/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ValueAnnotation and Override: elements that speak of a sibling by its name.
 *
 * The siblings are all contents of the Interface, inherited ones included, so the check stands
 * where these are gathered. A name that is not there (yet) is no error: an heir may bring it.
 */
#include "model/parse.h"

/* `unit`, `dtmi:dtdl:extension:quantitativeTypes:v2:property:unit` */
static bool is_unit(px_str word)
{
    return px_str_eq(word, PX_STR("unit")) || px_str_ends(word, PX_STR(":property:unit"));
}

static px_schema_kind kind_of_supplement(px_supplement_kind kind)
{
    return kind == PX_SUPPLEMENT_OF_INDEX                                       ? PX_SCHEMA_INTEGER
           : kind == PX_SUPPLEMENT_OF_DURATION || kind == PX_SUPPLEMENT_OF_SPAN ? PX_SCHEMA_DURATION
                                                                                : PX_SCHEMA_STRING;
}

/* `ttl` of `ttl` and of `dtmi:dtdl:extension:mqtt:v3:Cacheable:ttl` */
static px_str last_word(px_str word)
{
    for (size_t i = word.len; i > 0; i--)
        if (word.ptr[i - 1] == ':')
            return px_str_skip(word, i);
    return word;
}

/* The member of an extension that the annotated element has under this name, or NULL. */
static const px_supplement_rules *supplement_of(const px_field *target, px_str word)
{
    for (uint32_t i = 0; i < PX_SUPPLEMENT_COUNT; i++) {
        const px_supplement_rules *rules = px_supplement_rules_of((px_supplement)i);

        if ((target->cotypes >> rules->cotype & 1) &&
            px_str_eq(px_str_c(rules->term), last_word(word)))
            return rules;
    }
    return NULL;
}

static bool schema_fits(const px_field *field, const px_field *target,
                        const px_supplement_rules *rules)
{
    if (!field->schema)
        return true; /* refused before */
    if (!rules)
        return px_str_eq(field->schema->unit_type, target->unit_type);
    return field->schema->kind == kind_of_supplement(rules->kind);
}

static void check_override(px_parse *parse, const px_el *el, const px_field *field,
                           const px_field *target)
{
    px_str word = field->overrides, term = word;
    const px_supplement_rules *rules = supplement_of(target, word);
    bool unit = is_unit(word) && target->unit_type.len > 0;

    px_cut_dtmi_term(word, PX_STR("dtmi:dtdl:property:"), el->context.version, &term);
    if (!unit && !rules) {
        bool core = px_member_of_term(term) != PX_MEMBER_NONE && !is_unit(word);

        px_parse_report(parse,
                        core ? PX_RULE_MATCHING_PROPERTY_NOT_SUPPLEMENTAL
                             : PX_RULE_NO_MATCHING_SUPPLEMENTAL_PROPERTY,
                        el, el->node, PX_STR(""), "'%.*s' overrides '%.*s' of '%.*s', which %s",
                        PX_FMT(field->name), PX_FMT(word), PX_FMT(target->name),
                        core ? "is a member of the language" : "has no such member");
    } else if (!schema_fits(field, target, rules)) {
        px_parse_report(parse, PX_RULE_SIBLING_PROPERTY_MISMATCH, el, el->node, target->unit_type,
                        "the schema of '%.*s' is not that of '%.*s' of '%.*s'", PX_FMT(field->name),
                        PX_FMT(word), PX_FMT(target->name));
    }
}

/* An earlier Override of the same member of the same element. The list is as short as there are
 * Overrides before this one. */
static const px_field *earlier_override(const px_field *fields, const px_field *field)
{
    for (const px_field *other = fields; other < field; other++)
        if (other->overrides.len > 0 && px_str_eq(other->annotates, field->annotates) &&
            px_str_eq(last_word(other->overrides), last_word(field->overrides)))
            return other;
    return NULL;
}

static void check_annotation(px_parse *parse, const px_el *el, const px_field *fields,
                             uint32_t count, const px_field *field, const px_layout_table *names,
                             uint32_t *overrides)
{
    enum { OVERRIDES_MAX = 1000 };
    uint32_t at = px_layout_table_find(names, 0, field->annotates);
    const px_field *target, *other;

    if (at == UINT32_MAX)
        return;
    if (at >= count) {
        px_parse_report(parse, PX_RULE_NOT_SIBLING_REQUIRED_TYPE, el, el->node, PX_STR(""),
                        "'%.*s' annotates '%.*s'", PX_FMT(field->name), PX_FMT(field->annotates));
        return;
    }
    target = &fields[at];
    if (target->annotates.len > 0) {
        px_parse_report(parse, PX_RULE_DISALLOWED_TYPE, el, el->node, PX_STR(""),
                        "'%.*s' annotates '%.*s', an annotation", PX_FMT(field->name),
                        PX_FMT(field->annotates));
        return;
    }
    if (field->overrides.len == 0)
        return;
    check_override(parse, el, field, target);
    if (++*overrides > OVERRIDES_MAX) /* bounds the search below */
        return;
    other = earlier_override(fields, field);
    if (other)
        px_parse_report(parse, PX_RULE_MULTIPLE_REFERENCE, el, el->node, PX_STR(""),
                        "'%.*s' and '%.*s' override the same member of '%.*s'", PX_FMT(other->name),
                        PX_FMT(field->name), PX_FMT(target->name));
}

void px_annotations_check(px_parse *parse, const px_el *el, const px_field *fields, uint32_t count,
                          const px_layout_table *names)
{
    uint32_t overrides = 0;

    for (uint32_t i = 0; i < count && !px_parse_is_full(parse); i++)
        if (fields[i].annotates.len > 0)
            check_annotation(parse, el, fields, count, &fields[i], names, &overrides);
}

static bool has_annotations(const px_layout *layout)
{
    for (uint32_t i = 0; i < layout->field_components; i++)
        if (layout->fields[i].annotates.len > 0)
            return true;
    return false;
}

px_status px_annotations_check_layout(px_parse *parse, const px_el *el, const px_layout *layout,
                                      px_err *ret_err)
{
    uint32_t fields = layout->field_components;
    px_layout_table names;

    if (!has_annotations(layout))
        return PX_OK;
    PX_TRY(px_layout_table_init(&names, parse->arena,
                                fields + layout->component_count + layout->relationship_count +
                                    layout->command_count,
                                ret_err));
    for (uint32_t i = 0; i < fields; i++)
        px_layout_table_add(&names, 0, layout->fields[i].name, i);
    for (uint32_t i = 0; i < layout->component_count; i++)
        px_layout_table_add(&names, 0, layout->components[i].name, fields);
    for (uint32_t i = 0; i < layout->relationship_count; i++)
        px_layout_table_add(&names, 0, layout->relationships[i].name, fields);
    for (uint32_t i = 0; i < layout->command_count; i++)
        px_layout_table_add(&names, 0, layout->commands[i].name, fields);
    px_annotations_check(parse, el, layout->fields, fields, &names);
    return PX_OK;
}
