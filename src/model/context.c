/* SPDX-License-Identifier: Apache-2.0 */
/*
 * @context: which version of the language, which extensions, which limits.
 *
 *     context   = entry | [ entry … ]
 *     entry     = dtdl | limitless limits | extension
 *     dtdl      = "dtmi:dtdl:context;" version
 *     limitless = "dtmi:dtdl:context;4#limitless"
 *     limits    = "dtmi:dtdl:limits:" name ";" version | "dtmi:dtdl:context;4" [ "#limits" ]
 *
 * Several DTDL contexts may stand in one list; the last one holds. An extension after them adds to
 * what is known. A nested element inherits, and may add or switch.
 */
#include <stdio.h>

#include "model/parse.h"

/* What came before in the list. */
typedef struct walk {
    px_parse *parse;
    const px_el *el;
    px_context *context;
    bool after_other;  /* a context other than DTDL's */
    bool wants_limits; /* the entry before was `#limitless` */
} walk;

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

static void set_version(px_context *context, uint32_t version)
{
    context->version = version;
    context->limits = px_dtdl_limits_of(version);
    context->has_units = version == 2 || context->extensions.version[PX_EXTENSION_QUANTITATIVE];
    if (version == 2)
        context->units = PX_UNITS_V2;
    else if (context->has_units)
        context->units = (px_unit_context)(PX_UNITS_QUANTITATIVE_1 - 1 +
                                           context->extensions.version[PX_EXTENSION_QUANTITATIVE]);
}

/* `#limitless` and `#limits`; the version is right already. */
static void read_fragment(walk *at, const px_json *node, const px_dtmi *id)
{
    if (id->major < PX_DTDL_LIMITLESS)
        px_parse_report(at->parse, PX_RULE_DISALLOWED_CONTEXT_FRAGMENT, at->el, node, PX_STR(""),
                        "'%.*s' has a fragment", PX_FMT(id->text));
    else if (px_str_eq(id->fragment, PX_STR("limitless")))
        at->wants_limits = true;
    else if (!px_str_eq(id->fragment, PX_STR("limits")))
        px_parse_report(at->parse, PX_RULE_INVALID_CONTEXT_FRAGMENT, at->el, node,
                        PX_STR("limitless"), "'%.*s' has the fragment '%.*s'", PX_FMT(id->text),
                        PX_FMT(id->fragment));
}

static void read_dtdl(walk *at, const px_json *node, const px_dtmi *id)
{
    uint32_t most = at->parse->opts->dtdl_version_max;
    bool was_limitless = at->wants_limits;

    at->wants_limits = false;
    if (at->after_other)
        px_parse_report(at->parse, PX_RULE_DTDL_CONTEXT_FOLLOWS_AFFILIATE, at->el, node, PX_STR(""),
                        "'%.*s' stands after another context", PX_FMT(id->text));
    if (id->major < PX_DTDL_FIRST || id->major > PX_DTDL_LAST || id->minor > 0) {
        px_parse_report(at->parse, PX_RULE_UNRECOGNIZED_CONTEXT_VERSION, at->el, node, PX_STR(""),
                        "'%.*s' is not known", PX_FMT(id->text));
        return;
    }
    if (most > 0 && id->major > most) {
        px_parse_report(at->parse, PX_RULE_DISALLOWED_CONTEXT_VERSION, at->el, node, PX_STR(""),
                        "'%.*s' is above DTDL v%u, the latest that is taken here", PX_FMT(id->text),
                        most);
        return;
    }
    set_version(at->context, id->major);
    if (id->fragment.len > 0)
        read_fragment(at, node, id);
    if (!was_limitless && px_str_eq(id->fragment, PX_STR("limits")))
        px_parse_report(at->parse, PX_RULE_MISPLACED_LIMIT_CONTEXT, at->el, node, PX_STR(""),
                        "'%.*s' stands after no '#limitless' context", PX_FMT(id->text));
}

static void read_limits(walk *at, const px_json *node, px_str base, const px_dtmi *id)
{
    const px_dtdl_limits *limits = px_dtdl_limits_named(base, id->major);
    bool was_limitless = at->wants_limits;

    at->wants_limits = false;
    if (!was_limitless)
        px_parse_report(at->parse, PX_RULE_MISPLACED_LIMIT_CONTEXT, at->el, node, PX_STR(""),
                        "'%.*s' does not stand right after a '#limitless' context",
                        PX_FMT(id->text));
    else if (!limits || id->minor > 0)
        px_parse_report(at->parse, PX_RULE_DISALLOWED_LIMIT_CONTEXT, at->el, node, PX_STR(""),
                        "the limits of '%.*s' are not known", PX_FMT(id->text));
    else
        at->context->limits = limits;
}

static void read_unknown(walk *at, const px_json *node, px_str base, const px_dtmi *id,
                         bool version)
{
    char whole[64];
    px_str nearest;

    if (tolerates_unknown(at->parse, at->context->version)) {
        at->context->unknown = true;
        return;
    }
    at->context->unresolved = true;
    if (version) {
        px_parse_report(at->parse, PX_RULE_UNRESOLVABLE_CONTEXT_VERSION, at->el, node, PX_STR(""),
                        "there is no '%.*s'", PX_FMT(id->text));
        return;
    }
    nearest = px_extension_nearest(base);
    if (nearest.len) { /* as it would stand there: a context has its version */
        snprintf(whole, sizeof(whole), "%.*s;%u", PX_FMT(nearest), id->major);
        nearest = px_str_c(whole);
    }
    px_parse_report(at->parse, PX_RULE_UNRESOLVABLE_CONTEXT_SPECIFIER, at->el, node, nearest,
                    "the extension '%.*s' is not known", PX_FMT(id->text));
}

/* Whether a version of an extension suits that of DTDL is asked where it is used. */
static void read_extension(walk *at, const px_json *node, px_str base, const px_dtmi *id)
{
    px_extension extension = px_extension_of_context(base);
    bool partner = extension != PX_EXTENSION_COUNT && px_extension_is_partner(extension);

    if (!partner)
        at->after_other = true;
    if (at->context->version == 0 && !partner)
        return; /* told at the end, as a missing DTDL context */
    if (at->context->version == 2 && id->minor > 0)
        px_parse_report(at->parse, PX_RULE_INVALID_CONTEXT_SPECIFIER_FOR_VERSION, at->el, node,
                        PX_STR(""), "'%.*s' has a minor version", PX_FMT(node->text));
    if (extension == PX_EXTENSION_COUNT) {
        read_unknown(at, node, base, id, false);
        return;
    }
    if (id->minor > 0 || !px_extension_has_version(extension, id->major)) {
        read_unknown(at, node, base, id, true);
        return;
    }
    at->context->extensions.version[extension] = (uint8_t)id->major;
    if (extension == PX_EXTENSION_QUANTITATIVE && at->context->version != 2) {
        at->context->has_units = true;
        at->context->units = (px_unit_context)(PX_UNITS_QUANTITATIVE_1 - 1 + id->major);
    }
}

static void read_specifier(walk *at, const px_json *node, const px_dtmi *id)
{
    px_str base = px_str_of(id->text.ptr, (size_t)(id->path.ptr - id->text.ptr) + id->path.len);
    bool is_limits = px_str_starts(id->path, PX_STR("dtdl:limits:"));

    if (id->major == 0) {
        px_parse_report(at->parse, PX_RULE_MISSING_CONTEXT_VERSION, at->el, node, PX_STR(""),
                        "'%.*s' has no version", PX_FMT(node->text));
        return;
    }
    if (px_str_eq(id->path, PX_STR("dtdl:context"))) {
        read_dtdl(at, node, id);
        return;
    }
    if (id->fragment.len > 0) {
        px_parse_report(at->parse,
                        is_limits ? PX_RULE_INVALID_CONTEXT_SPECIFIER
                                  : PX_RULE_DISALLOWED_CONTEXT_FRAGMENT,
                        at->el, node, PX_STR(""), "'%.*s' has a fragment", PX_FMT(node->text));
        return;
    }
    if (is_limits && at->context->version >= PX_DTDL_LIMITLESS) {
        read_limits(at, node, base, id);
        return;
    }
    if (at->wants_limits)
        px_parse_report(at->parse, PX_RULE_MISSING_LIMIT_CONTEXT, at->el, node, PX_STR(""),
                        "'%.*s' stands right after a '#limitless' context", PX_FMT(id->text));
    at->wants_limits = false;
    read_extension(at, node, base, id);
}

static void read_entry(walk *at, const px_json *node)
{
    px_dtmi id;

    if (px_json_is(node, PX_JSON_OBJECT))
        px_parse_report(at->parse, PX_RULE_DISALLOWED_LOCAL_CONTEXT, at->el, node, PX_STR(""),
                        "@context defines terms of its own");
    else if (!px_json_is(node, PX_JSON_STRING))
        px_parse_report(at->parse, PX_RULE_INVALID_CONTEXT, at->el, node, PX_STR(""),
                        "@context holds %s", px_json_type_name(node->type));
    else if (!px_str_starts(node->text, PX_STR("dtmi:")))
        px_parse_report(at->parse, PX_RULE_NON_DTMI_CONTEXT_SPECIFIER, at->el, node,
                        PX_STR("dtmi:dtdl:context;3"), "@context holds '%.*s'", PX_FMT(node->text));
    else if (px_dtmi_parse(node->text, &id, NULL) != PX_OK)
        px_parse_report(at->parse, PX_RULE_INVALID_CONTEXT_SPECIFIER, at->el, node, PX_STR(""),
                        "@context holds '%.*s'", PX_FMT(node->text));
    else
        read_specifier(at, node, &id);
}

/* The DTDL context that one of the entries may have meant. */
static px_str dtdl_nearest(const px_json *node)
{
    static const px_str contexts[] = { { "dtmi:dtdl:context;2", 19 },
                                       { "dtmi:dtdl:context;3", 19 },
                                       { "dtmi:dtdl:context;4", 19 } };
    const px_json *entry = px_json_is(node, PX_JSON_ARRAY) ? node->first : node;

    for (; entry; entry = entry == node ? NULL : entry->next) {
        px_str nearest = px_str_nearest(entry->text, contexts, 3);

        if (nearest.len > 0)
            return nearest;
    }
    return PX_STR("");
}

bool px_context_read(px_parse *parse, const px_el *el, const px_json *object,
                     const px_context *outer, px_context *ret_context)
{
    const px_json *node = px_json_get(object, PX_STR("@context"));
    px_context context = outer ? *outer : (px_context){ 0 };
    walk at = { .parse = parse, .el = el, .context = &context };
    size_t before = parse->report.count;

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
            read_entry(&at, entry);
    } else if (node) {
        read_entry(&at, node);
    }
    if (at.wants_limits)
        px_parse_report(parse, PX_RULE_MISSING_LIMIT_CONTEXT, el, node, PX_STR(""),
                        "nothing follows the '#limitless' context");
    if (context.version == 0 && parse->report.count == before)
        px_parse_report(parse, PX_RULE_MISSING_DTDL_CONTEXT, el, node, dtdl_nearest(node),
                        "@context names no version of DTDL");
    *ret_context = context;
    return context.version != 0;
}
