/* SPDX-License-Identifier: Apache-2.0 */
#include "freshness/rules.h"

#include "base/limits.h"

static px_status complain(const px_json *node, px_err *ret_err, const char *what)
{
    return px_json_fail(node, ret_err, PX_INVALID, "freshness.form", "%s", what);
}

/* ---- durations ---- */

static bool seconds_to_ns(px_num num, int64_t *ret_ns)
{
    px_num ns;

    ns = (px_num){ .mantissa = num.mantissa, .exponent = num.exponent };
    if (num.is_double || ns.mantissa < 0 || ns.exponent > 9 || ns.exponent < -18)
        return false;
    for (int power = ns.exponent + 9; power > 0; power--) {
        if (ns.mantissa > PX_FRESHNESS_NS_MAX)
            return false;
        ns.mantissa *= 10;
    }
    for (int power = ns.exponent + 9; power < 0; power++)
        ns.mantissa /= 10;
    *ret_ns = ns.mantissa;
    return ns.mantissa <= PX_FRESHNESS_NS_MAX;
}

static px_status read_duration(const px_json *node, int64_t *ret_ns, px_err *ret_err)
{
    bool good = false;

    if (node->type == PX_JSON_STRING)
        good = px_span_parse(node->text, ret_ns) && *ret_ns <= PX_FRESHNESS_NS_MAX;
    else if (node->type == PX_JSON_NUMBER)
        good = seconds_to_ns(node->num, ret_ns);
    if (good)
        return PX_OK;
    return px_json_fail(node, ret_err, PX_INVALID, "freshness.duration",
                        "'%.*s' is an ISO 8601 duration of one length such as \"PT1.5S\" or "
                        "\"P7D\", or a number of seconds; at most 366 days",
                        PX_FMT(node->key));
}

/* ---- the document ---- */

static px_status read_rule(const px_json *node, px_freshness_rule *ret_rule, px_err *ret_err)
{
    px_freshness_rule rule = { .tolerance = -1, .stale = -1 };
    const char *wrong;

    if (node->type == PX_JSON_NULL)
        return PX_OK; /* period 0 */
    if (node->type != PX_JSON_OBJECT)
        return complain(node, ret_err,
                        "a property has an object with 'period', and perhaps 'tolerance' and "
                        "'stale'; or null");
    for (const px_json *m = node->first; m; m = m->next) {
        int64_t *to = px_str_eq(m->key, PX_STR("period"))      ? &rule.period
                      : px_str_eq(m->key, PX_STR("tolerance")) ? &rule.tolerance
                      : px_str_eq(m->key, PX_STR("stale"))     ? &rule.stale
                                                               : NULL;

        if (!to)
            return px_json_fail(m, ret_err, PX_INVALID, "freshness.form",
                                "there is no '%.*s'; a property has 'period', 'tolerance' and "
                                "'stale'",
                                PX_FMT(m->key));
        PX_TRY(read_duration(m, to, ret_err));
    }
    if (!px_json_get(node, PX_STR("period")))
        return complain(node, ret_err, "it needs a 'period'");
    wrong = px_freshness_rule_settle(&rule);
    if (wrong)
        return px_json_fail(node, ret_err, PX_INVALID, "freshness.duration", "'%.*s': %s",
                            PX_FMT(node->key), wrong);
    *ret_rule = rule;
    return PX_OK;
}

static px_status read_properties(const px_json *node, px_arena *arena, px_fresh_document *d,
                                 px_err *ret_err)
{
    if (node->type != PX_JSON_OBJECT)
        return complain(node, ret_err, "'properties' is an object: paths and what is expected");
    if (node->count > PX_FRESHNESS_PROPERTIES_MAX)
        return px_json_fail(node, ret_err, PX_INVALID, "freshness.limit",
                            "at most %d properties of a twin have a declared freshness",
                            PX_FRESHNESS_PROPERTIES_MAX);
    d->lines = PX_ARENA_ARRAY(arena, px_fresh_line, node->count + 1);
    if (!d->lines)
        return px_arena_fail(arena, ret_err);
    for (const px_json *m = node->first; m; m = m->next) {
        px_fresh_line *line = &d->lines[d->line_count++];

        *line = (px_fresh_line){ .path = m->key, .node = m };
        PX_TRY(read_rule(m, &line->rule, ret_err));
    }
    return PX_OK;
}

static px_status read_roll_ups(const px_json *node, px_arena *arena, px_fresh_document *d,
                               px_err *ret_err)
{
    if (node->type != PX_JSON_ARRAY || node->count > PX_FRESHNESS_ROLL_UPS_MAX)
        return px_json_fail(node, ret_err, PX_INVALID, "freshness.limit",
                            "'rollUp' is an array of at most %d names of relationships",
                            PX_FRESHNESS_ROLL_UPS_MAX);
    d->has_roll_ups = true;
    d->roll_up_nodes = node->first;
    d->roll_ups = PX_ARENA_ARRAY(arena, px_str, node->count + 1);
    if (!d->roll_ups)
        return px_arena_fail(arena, ret_err);
    for (const px_json *m = node->first; m; m = m->next) {
        if (m->type != PX_JSON_STRING || m->text.len == 0 || m->text.len > PX_NAME_BYTES_MAX)
            return complain(m, ret_err, "the name of a relationship is a text");
        d->roll_ups[d->roll_up_count++] = m->text;
    }
    return PX_OK;
}

px_status px_fresh_document_read(px_str body, px_arena *arena, px_fresh_document *ret_document,
                                 px_err *ret_err)
{
    px_fresh_document d = { 0 };
    px_json_opts opts = px_json_opts_door();
    px_json *root;

    PX_TRY(px_json_parse(body, &opts, arena, &root, ret_err));
    if (root->type != PX_JSON_OBJECT)
        return complain(root, ret_err, "it is an object with 'properties' and 'rollUp'");
    for (const px_json *m = root->first; m; m = m->next) {
        if (px_str_eq(m->key, PX_STR("properties")))
            PX_TRY(read_properties(m, arena, &d, ret_err));
        else if (px_str_eq(m->key, PX_STR("rollUp")))
            PX_TRY(read_roll_ups(m, arena, &d, ret_err));
        else
            return px_json_fail(m, ret_err, PX_INVALID, "freshness.form",
                                "there is no '%.*s'; it has 'properties' and 'rollUp'",
                                PX_FMT(m->key));
    }
    *ret_document = d;
    return PX_OK;
}

static px_status roll_ups_fit(const px_fresh_document *d, const px_layout *layout, px_err *ret_err)
{
    for (const px_json *m = d->roll_up_nodes; m; m = m->next) {
        px_str near = px_layout_nearest_relationship(layout, m->text);

        if (px_layout_relationship_find(layout, m->text))
            continue;
        if (near.len)
            return px_json_fail(m, ret_err, PX_INVALID, "freshness.relationship",
                                "the twin's model has no relationship '%.*s'; did you mean '%.*s'?",
                                PX_FMT(m->text), PX_FMT(near));
        return px_json_fail(m, ret_err, PX_INVALID, "freshness.relationship",
                            "the twin's model has no relationship '%.*s'", PX_FMT(m->text));
    }
    return PX_OK;
}

px_status px_fresh_document_fits(const px_fresh_document *d, const px_layout *layout,
                                 px_err *ret_err)
{
    for (size_t i = 0; i < d->line_count; i++) {
        const px_fresh_line *line = &d->lines[i];
        px_str near = px_layout_nearest(layout, PX_NO_COMPONENT, line->path);

        if (px_layout_find_path(layout, line->path))
            continue;
        if (near.len)
            return px_json_fail(line->node, ret_err, PX_INVALID, "freshness.path",
                                "the twin's model has no property '%.*s'; did you mean '%.*s'?",
                                PX_FMT(line->path), PX_FMT(near));
        return px_json_fail(line->node, ret_err, PX_INVALID, "freshness.path",
                            "the twin's model has no property '%.*s'", PX_FMT(line->path));
    }
    return roll_ups_fit(d, layout, ret_err);
}

/* ---- what is declared in all ---- */

static const px_fresh_line *line_of(const px_fresh_document *d, px_str path)
{
    for (size_t i = 0; d && i < d->line_count; i++)
        if (px_str_eq(d->lines[i].path, path))
            return &d->lines[i];
    return NULL;
}

px_status px_fresh_rules_make(const px_layout *layout, const px_fresh_document *d,
                              px_fresh_rules *rules, bool *ret_cut, px_err *ret_err)
{
    uint32_t count = px_layout_field_count(layout);

    rules->len = 0;
    if (ret_cut)
        *ret_cut = false;
    for (uint32_t i = 0; i < count; i++) {
        const px_field *field = px_layout_field(layout, i);
        const px_fresh_line *line = line_of(d, field->path);
        px_fresh_rule rule = { .field = i,
                               .from_twin = line != NULL,
                               .rule = line ? line->rule : field->freshness };

        if (rule.rule.period == 0)
            continue;
        if (rules->len == PX_FRESHNESS_PROPERTIES_MAX) {
            if (ret_cut)
                *ret_cut = true;
            return PX_OK;
        }
        if (!PX_VEC_PUSH(rules, rule))
            return px_no_memory(ret_err);
    }
    return PX_OK;
}

bool px_fresh_is_declared(const px_layout *layout)
{
    uint32_t relationships;
    const px_relationship *r = px_layout_relationships(layout, &relationships);

    for (uint32_t i = 0; i < px_layout_field_count(layout); i++)
        if (px_layout_field(layout, i)->freshness.period != 0)
            return true;
    for (uint32_t i = 0; i < relationships; i++)
        if (r[i].rolls_up)
            return true;
    return false;
}
