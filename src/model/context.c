/* SPDX-License-Identifier: Apache-2.0 */
/*
 * @context: which version of the language, which extensions.
 *
 * Several DTDL contexts may stand in one list; the last one holds. An extension after them adds to
 * what is known. A nested element inherits, and may add or switch.
 */
#include "model/parse.h"

/* Extensions that are known: context without its version, versions, versions of DTDL. */
static const struct {
    const char *id;
    uint32_t version_first, version_last, dtdl;
    px_unit_context units;
} extensions[] = {
    { "dtmi:dtdl:extension:quantitativeTypes", 1, 3, 3, PX_UNITS_QUANTITATIVE_1 },
};
enum { EXTENSION_COUNT = sizeof(extensions) / sizeof(extensions[0]) };

static bool tolerates_unknown(const px_parse *parse, uint32_t version)
{
    switch (parse->opts->unknown_extensions) {
    case PX_EXTENSIONS_ALLOW:
        return true;
    case PX_EXTENSIONS_DISALLOW:
        return false;
    default:
        return version == 2;
    }
}

static void read_dtdl(px_parse *parse, const px_el *el, const px_json *node, const px_dtmi *id,
                      bool after_other, px_context *context)
{
    if (after_other)
        px_parse_report(parse, PX_RULE_DTDL_CONTEXT_FOLLOWS_AFFILIATE, el, node, PX_STR(""),
                        "'%.*s' stands after another context", PX_FMT(id->text));
    if (id->major < PX_DTDL_FIRST || id->major > PX_DTDL_LAST || id->minor > 0) {
        px_parse_report(parse, PX_RULE_UNRECOGNIZED_CONTEXT_VERSION, el, node, PX_STR(""),
                        "'%.*s' is not known", PX_FMT(id->text));
        return;
    }
    context->version = id->major;
    context->has_units = id->major == 2;
    context->units = PX_UNITS_V2;
}

static void read_extension(px_parse *parse, const px_el *el, const px_json *node, const px_dtmi *id,
                           px_context *context)
{
    px_str base = px_str_of(id->text.ptr, (size_t)(id->path.ptr - id->text.ptr) + id->path.len);

    for (size_t i = 0; i < EXTENSION_COUNT; i++) {
        if (!px_str_eq(base, px_str_c(extensions[i].id)))
            continue;
        if (context->version != extensions[i].dtdl || id->major < extensions[i].version_first ||
            id->major > extensions[i].version_last || id->minor > 0) {
            px_parse_report(parse, PX_RULE_UNRESOLVABLE_CONTEXT_VERSION, el, node, PX_STR(""),
                            "'%.*s' is not for DTDL v%u, or has no such version", PX_FMT(id->text),
                            context->version);
            return;
        }
        context->has_units = true;
        context->units = (px_unit_context)((uint32_t)extensions[i].units + id->major - 1);
        return;
    }
    if (tolerates_unknown(parse, context->version)) {
        context->unknown = true;
        return;
    }
    base = px_str_c(extensions[0].id);
    px_parse_report(parse, PX_RULE_UNRESOLVABLE_CONTEXT_SPECIFIER, el, node,
                    px_str_nearest(id->text, &base, 1), "the extension '%.*s' is not known",
                    PX_FMT(id->text));
}

/* One entry of @context; true when it was a context other than DTDL's. */
static bool read_entry(px_parse *parse, const px_el *el, const px_json *node, bool after_other,
                       px_context *context)
{
    px_dtmi id;
    px_str base;

    if (px_json_is(node, PX_JSON_OBJECT)) {
        px_parse_report(parse, PX_RULE_DISALLOWED_LOCAL_CONTEXT, el, node, PX_STR(""),
                        "@context defines terms of its own");
        return false;
    }
    if (!px_json_is(node, PX_JSON_STRING)) {
        px_parse_report(parse, PX_RULE_INVALID_CONTEXT, el, node, PX_STR(""), "@context holds %s",
                        px_json_type_name(node->type));
        return false;
    }
    if (!px_str_starts(node->text, PX_STR("dtmi:"))) {
        px_parse_report(parse, PX_RULE_NON_DTMI_CONTEXT_SPECIFIER, el, node,
                        PX_STR("dtmi:dtdl:context;3"), "@context holds '%.*s'", PX_FMT(node->text));
        return false;
    }
    if (px_dtmi_parse(node->text, &id, NULL) != PX_OK) {
        px_parse_report(parse, PX_RULE_INVALID_CONTEXT_SPECIFIER, el, node, PX_STR(""),
                        "@context holds '%.*s'", PX_FMT(node->text));
        return false;
    }
    if (id.fragment.len > 0) {
        px_parse_report(parse, PX_RULE_DISALLOWED_CONTEXT_FRAGMENT, el, node, PX_STR(""),
                        "'%.*s' has a fragment", PX_FMT(node->text));
        return false;
    }
    if (id.major == 0) {
        px_parse_report(parse, PX_RULE_MISSING_CONTEXT_VERSION, el, node, PX_STR(""),
                        "'%.*s' has no version", PX_FMT(node->text));
        return false;
    }
    base = id.path;
    if (px_str_eq(base, PX_STR("dtdl:context"))) {
        read_dtdl(parse, el, node, &id, after_other, context);
        return false;
    }
    if (context->version == 0) {
        return true; /* told below, as a missing DTDL context */
    }
    if (context->version == 2 && id.minor > 0)
        px_parse_report(parse, PX_RULE_INVALID_CONTEXT_SPECIFIER_FOR_VERSION, el, node, PX_STR(""),
                        "'%.*s' has a minor version", PX_FMT(node->text));
    read_extension(parse, el, node, &id, context);
    return true;
}

bool px_context_read(px_parse *parse, const px_el *el, const px_json *object,
                     const px_context *outer, px_context *ret_context)
{
    const px_json *node = px_json_get(object, PX_STR("@context"));
    px_context context = outer ? *outer : (px_context){ 0 };
    size_t before = parse->report.count;
    bool after_other = false;

    if (!node && !outer) {
        px_parse_report(parse, PX_RULE_MISSING_CONTEXT, el, object, PX_STR(""),
                        "there is no @context");
        return false;
    }
    if (px_json_is(node, PX_JSON_ARRAY)) {
        if (node->count == 0 && !outer)
            px_parse_report(parse, PX_RULE_EMPTY_CONTEXT, el, node, PX_STR(""),
                            "@context is empty");
        for (const px_json *entry = node->first; entry; entry = entry->next)
            after_other |= read_entry(parse, el, entry, after_other, &context);
    } else if (node) {
        (void)read_entry(parse, el, node, false, &context);
    }
    if (context.version == 0 && parse->report.count == before)
        px_parse_report(parse, PX_RULE_MISSING_DTDL_CONTEXT, el, node, PX_STR(""),
                        "@context names no version of DTDL");
    *ret_context = context;
    return context.version != 0;
}
