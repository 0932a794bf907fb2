/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the extension dtmi:pollux:extension:commands says of a Command:
 *
 *     guards     = [ guard … ] | guard
 *     guard      = { "expression": string [, "every": name | "any": name] [, "message": text ] }
 *     timeout, expiry, retry, interval = a whole number; seconds, but for `retry`
 *
 * `text` is localized, as of displayName. The language of expressions is not known here: whoever
 * uploads a model has them read by px_models_opts.check_guard.
 */
#include "base/limits.h"
#include "model/parse.h"

static void refuse(px_parse *parse, const px_el *el, const px_json *node, const char *why)
{
    px_parse_report(parse, PX_RULE_GUARD_INVALID, el, node, PX_STR(""), "%s", why);
}

static void read_relationship(px_parse *parse, const px_el *el, const px_json *node, px_guard_of of,
                              px_guard *guard)
{
    if (guard->of != PX_GUARD_OF_TWIN)
        refuse(parse, el, node, "one guard has 'every' or 'any', once");
    else if (node->type != PX_JSON_STRING || node->text.len == 0)
        refuse(parse, el, node, "'every' and 'any' hold the name of a Relationship");
    else
        guard->relationship = node->text;
    guard->of = of;
}

static px_status read_member(px_parse *parse, const px_el *el, const px_json *m, px_guard *guard,
                             px_err *ret_err)
{
    if (px_str_eq(m->key, PX_STR("every")))
        read_relationship(parse, el, m, PX_GUARD_OF_EVERY, guard);
    else if (px_str_eq(m->key, PX_STR("any")))
        read_relationship(parse, el, m, PX_GUARD_OF_ANY, guard);
    else if (px_str_eq(m->key, PX_STR("message")))
        return px_literal_lang(parse, el, m, "message", PX_GUARD_MESSAGE_CHARS_MAX,
                               &guard->messages, ret_err);
    else if (!px_str_eq(m->key, PX_STR("expression")))
        refuse(parse, el, m, "a guard has 'expression', 'every' or 'any', and 'message'");
    else if (m->type != PX_JSON_STRING || m->text.len == 0 || m->text.len > PX_GUARD_BYTES_MAX)
        refuse(parse, el, m, "'expression' is a string of 1 to 1024 bytes");
    else
        guard->expression = m->text;
    return PX_OK;
}

static px_status read_guard(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err)
{
    px_guard *guard = &el->guards[el->guard_count++];

    *guard = (px_guard){ 0 };
    if (node->type != PX_JSON_OBJECT) {
        refuse(parse, el, node, "a guard is an object");
        return PX_OK;
    }
    if (!px_json_get(node, PX_STR("expression")))
        refuse(parse, el, node, "a guard has an 'expression'");
    for (const px_json *m = node->first; m; m = m->next)
        PX_TRY(read_member(parse, el, m, guard, ret_err));
    PX_TRY(px_keep(el, guard->expression, &guard->expression, ret_err));
    return px_keep(el, guard->relationship, &guard->relationship, ret_err);
}

px_status px_guards_read(px_parse *parse, px_el *el, const px_json *node, px_err *ret_err)
{
    bool is_list = node->type == PX_JSON_ARRAY;
    uint32_t count = is_list ? node->count : 1;

    if (count == 0 || count > PX_GUARDS_MAX) {
        refuse(parse, el, node, "a Command has 1 to 16 guards");
        return PX_OK;
    }
    el->guards = PX_ARENA_ARRAY(PX_MODEL_ARENA(el), px_guard, count);
    if (!el->guards)
        return px_arena_fail(PX_MODEL_ARENA(el), ret_err);
    el->guard_list = node;
    if (!is_list)
        return read_guard(parse, el, node, ret_err);
    for (const px_json *m = node->first; m; m = m->next)
        PX_TRY(read_guard(parse, el, m, ret_err));
    return PX_OK;
}

/* ---- how it is sent ---- */

static uint32_t *term_of(px_el *el, px_supplement supplement, int64_t *ret_least, int64_t *ret_most)
{
    *ret_least = 1;
    switch (supplement) {
    case PX_SUPPLEMENT_TIMEOUT:
        *ret_most = PX_COMMAND_TIMEOUT_S_MAX;
        return &el->plan.timeout_s;
    case PX_SUPPLEMENT_EXPIRY:
        *ret_most = PX_COMMAND_EXPIRY_S_MAX;
        return &el->plan.expiry_s;
    case PX_SUPPLEMENT_RETRY:
        *ret_least = 0;
        *ret_most = PX_COMMAND_ATTEMPTS_MAX - 1;
        return &el->plan.attempts;
    default:
        *ret_most = PX_COMMAND_INTERVAL_S_MAX;
        return &el->plan.interval_s;
    }
}

void px_term_read(px_parse *parse, px_el *el, px_supplement supplement, const px_json *node)
{
    const char *name = px_supplement_rules_of(supplement)->term;
    int64_t value, least, most;
    uint32_t *term = term_of(el, supplement, &least, &most);

    if (!px_literal_integer(parse, el, node, name, &value))
        return;
    if (value < least || value > most)
        px_parse_report(parse, PX_RULE_TERM_OUT_OF_RANGE, el, node, PX_STR(""),
                        "'%s' is %lld, and from %lld to %lld", name, (long long)value,
                        (long long)least, (long long)most);
    else
        *term = (uint32_t)value + (supplement == PX_SUPPLEMENT_RETRY);
}

/* ---- what guards speak of ---- */

static const px_json *node_of(const px_el *el, uint32_t index)
{
    const px_json *node = el->guard_list;

    if (node->type != PX_JSON_ARRAY)
        return node;
    for (node = node->first; index > 0; index--)
        node = node->next;
    return node;
}

static void check_guard(px_parse *parse, const px_el *el, const px_layout *layout, uint32_t index)
{
    const px_guard *guard = &el->guards[index];
    const px_json *node = node_of(el, index);
    const px_json *expression = px_json_get(node, PX_STR("expression"));
    px_err err;

    if (guard->of != PX_GUARD_OF_TWIN && !px_layout_relationship_find(layout, guard->relationship))
        px_parse_report(parse, PX_RULE_GUARD_INVALID, el, node,
                        px_layout_nearest_relationship(layout, guard->relationship),
                        "there is no Relationship '%.*s'", PX_FMT(guard->relationship));
    else if (parse->opts->check_guard && parse->opts->check_guard(layout, guard, &err) != PX_OK)
        px_parse_report(parse, PX_RULE_GUARD_INVALID, el, expression, PX_STR(""), "%s", err.text);
}

void px_guards_check(px_parse *parse, const px_el *el, const px_layout *layout)
{
    for (uint32_t i = 0; i < el->sets[0].count && !px_parse_is_full(parse); i++) {
        const px_el *content = el->sets[0].items[i].el;

        for (uint32_t g = 0; content && g < content->guard_count; g++)
            check_guard(parse, content, layout, g);
    }
}
