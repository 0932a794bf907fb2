/* SPDX-License-Identifier: Apache-2.0 */
#include "model/parse.h"

#include "base/limits.h"

/* What the two uses of an identifier have in common; the sentence of a wrong form. */
static bool check_form(px_parse *parse, const px_el *el, const px_json *node, px_str text,
                       px_rule rule, uint32_t bytes_max, px_dtmi *ret_id)
{
    px_err err;

    if (text.len > bytes_max) {
        px_parse_report(parse, PX_RULE_ID_TOO_LONG, el, node, PX_STR(""),
                        "an identifier has %zu bytes, the most is %u", text.len, bytes_max);
        return false;
    }
    if (px_dtmi_parse(text, ret_id, &err) != PX_OK) {
        px_parse_report(parse, rule, el, node, PX_STR(""), "%s", err.text);
        return false;
    }
    if (ret_id->is_system) {
        px_parse_report(parse, rule, el, node, PX_STR(""),
                        "'%.*s' has a segment that begins with '_', which is for processors",
                        PX_FMT(text));
        return false;
    }
    if (el->context.version == 2 && (ret_id->major == 0 || ret_id->minor > 0)) {
        px_parse_report(parse, rule, el, node, PX_STR(""),
                        "'%.*s' has %s, DTDL v2 wants a whole number such as ;1", PX_FMT(text),
                        ret_id->major == 0 ? "no version" : "a minor version");
        return false;
    }
    return true;
}

bool px_identifier_check(px_parse *parse, const px_el *el, const px_json *node, px_str text,
                         px_rule rule)
{
    px_dtmi id;

    return check_form(parse, el, node, text, rule, PX_DTMI_USER_BYTES_MAX, &id);
}

static bool check_own(px_parse *parse, const px_el *el, const px_json *node)
{
    px_dtmi id;

    if (!px_json_is(node, PX_JSON_STRING)) {
        px_parse_report(parse, PX_RULE_ID_NOT_STRING, el, node, PX_STR(""), "@id is %s",
                        px_json_type_name(node->type));
        return false;
    }
    if (!check_form(parse, el, node, node->text, PX_RULE_INVALID_ID, el->context.limits->id, &id))
        return false;
    if (id.fragment.len > 0) {
        px_parse_report(parse, PX_RULE_DISALLOWED_ID_FRAGMENT, el, node, PX_STR(""),
                        "'%.*s' has a fragment", PX_FMT(node->text));
        return false;
    }
    if (px_dtmi_is_reserved(node->text) ||
        px_extension_reserves(&el->context.extensions, node->text)) {
        px_parse_report(parse, PX_RULE_RESERVED_ID, el, node, PX_STR(""), "'%.*s' is reserved",
                        PX_FMT(node->text));
        return false;
    }
    if (el->class == PX_CLASS_INTERFACE && node->text.len > el->context.limits->interface_id) {
        px_parse_report(parse, PX_RULE_ID_TOO_LONG_FOR_TYPE, el, node, PX_STR(""),
                        "the id has %zu bytes", node->text.len);
        return false;
    }
    return true;
}

px_el *px_identifier_find(const px_parse *parse, px_str id)
{
    uint64_t hash = px_str_hash(id);

    for (size_t at = px_map_first(&parse->by_id, hash); at != PX_MAP_END;
         at = px_map_next(&parse->by_id, hash, at)) {
        px_el *el = parse->named.ptr[parse->by_id.values[at]];

        if (px_str_eq(el->id, id))
            return el;
    }
    return NULL;
}

px_status px_identifier_read(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err)
{
    const px_el *other;

    if (!check_own(parse, el, node))
        return PX_OK;
    other = px_identifier_find(parse, node->text);
    if (other) {
        px_str name = parse->texts[other->owner->source].name;

        px_parse_report(parse, PX_RULE_DUPLICATE_DEFINITION, el, node, PX_STR(""),
                        "'%.*s' is defined in line %u%s%.*s already", PX_FMT(node->text),
                        other->node->line, name.len > 0 ? " of " : "", PX_FMT(name));
        return PX_OK;
    }
    PX_TRY(px_keep(el, node->text, &el->id, ret_err));
    if (!PX_VEC_PUSH(&parse->named, el) ||
        !px_map_add(&parse->by_id, px_str_hash(el->id), (uint32_t)parse->named.len - 1))
        return px_no_memory(ret_err);
    return PX_OK;
}
