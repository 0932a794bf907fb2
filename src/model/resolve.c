/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds what references name: first in the request, Interfaces then among the stored models.
 *
 * Only an Interface can be referred to from another one; all other elements belong to the Interface
 * in which they are defined.
 */
#include "model/parse.h"

static px_str nearest_id(const px_parse *parse, px_str id)
{
    enum { CANDIDATES_MAX = 256 };
    px_str candidates[CANDIDATES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < parse->named.len && count < CANDIDATES_MAX; i++)
        candidates[count++] = parse->named.ptr[i]->id;
    return px_str_nearest(id, candidates, count);
}

static void check_version(px_parse *parse, const px_pending *pending, uint32_t version)
{
    uint32_t own = pending->el->context.version;

    if (version == own ||
        (version < own && px_member_takes_older(pending->el->class, pending->member)))
        return;
    px_parse_report(parse, PX_RULE_DISALLOWED_VERSION_REFERENCE, pending->el, pending->ref->node,
                    PX_STR(""), "'%s' is '%.*s', which is DTDL v%u",
                    px_member_term(pending->member), PX_FMT(pending->ref->dtmi), version);
}

static void found_in_request(px_parse *parse, const px_pending *pending, px_el *el,
                             px_class_set allowed)
{
    const px_el *user = pending->el;

    if (!(allowed & UINT32_C(1) << el->class)) {
        px_parse_report(parse, PX_RULE_BAD_TYPE, user, pending->ref->node, PX_STR(""),
                        "'%s' is '%.*s', which is a %s", px_member_term(pending->member),
                        PX_FMT(pending->ref->dtmi), px_class_term(el->class));
        return;
    }
    if (el->class != PX_CLASS_INTERFACE && el->owner != user->owner) {
        px_parse_report(parse, PX_RULE_CROSS_PARTITION_REFERENCE, user, pending->ref->node,
                        PX_STR(""), "'%s' is '%.*s', which belongs to '%.*s'",
                        px_member_term(pending->member), PX_FMT(pending->ref->dtmi),
                        PX_FMT(el->owner->id));
        return;
    }
    check_version(parse, pending, el->context.version);
    pending->ref->el = el;
}

static void resolve_one(px_parse *parse, const px_pending *pending)
{
    const px_el *user = pending->el;
    const px_model_source *stored = &parse->opts->stored;
    px_class_set allowed = px_member_classes(user->context.version, user->class, pending->member);
    px_el *el = px_identifier_find(parse, pending->ref->dtmi);

    if (el) {
        found_in_request(parse, pending, el, allowed);
        return;
    }
    if (allowed == PX_CLASS_BIT(INTERFACE) && stored->find)
        pending->ref->model = stored->find(stored->data, pending->ref->dtmi);
    if (pending->ref->model)
        check_version(parse, pending, pending->ref->model->dtdl_version);
    else
        px_parse_report(parse, PX_RULE_UNRESOLVED, user, pending->ref->node,
                        nearest_id(parse, pending->ref->dtmi), "'%s' is '%.*s', which is not there",
                        px_member_term(pending->member), PX_FMT(pending->ref->dtmi));
}

void px_resolve(px_parse *parse)
{
    for (size_t i = 0; i < parse->pending.len && !px_parse_is_full(parse); i++)
        resolve_one(parse, &parse->pending.ptr[i]);
}

const px_model *px_ref_model(const px_ref *ref)
{
    return ref->model ? ref->model : ref->el->model;
}
