/* SPDX-License-Identifier: Apache-2.0 */
#include "freshness/roll_up.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "freshness/machine.h"
#include "freshness/rules.h"

enum { DOCUMENT_ARENA_BYTES = 1024 * 1024 };

typedef struct walk {
    px_engine *engine;
    const px_view *view;
    const px_principal *who;
    uint32_t tenant;
    bool has_documents;     /* the tenant has any */
    bool any;               /* of what was looked at anything is declared */
    PX_VEC(uint32_t) twins; /* found so far, the nearest first: a queue that keeps its past */
    px_map seen;
    px_roll_up found;
    px_arena arena; /* of one twin's document */
} walk;

static bool is_seen(const walk *w, uint32_t no)
{
    return px_map_first(&w->seen, no) != PX_MAP_END;
}

static bool may_read(const walk *w, uint32_t no)
{
    const px_twin *twin = px_view_twin(w->view, w->tenant, no);

    return twin && px_authorize(w->who, PX_ACTION_READ_TWIN, px_twin_id(twin), NULL) == PX_OK;
}

static px_status find(walk *w, uint32_t no, px_err *ret_err)
{
    if (is_seen(w, no) || !may_read(w, no))
        return PX_OK;
    if (w->twins.len > PX_FRESHNESS_TWINS_MAX) {
        w->found.is_cut = true;
        return PX_OK;
    }
    if (!px_map_add(&w->seen, no, 0) || !PX_VEC_PUSH(&w->twins, no))
        return px_no_memory(ret_err);
    return PX_OK;
}

static px_status follow(walk *w, const px_twin *twin, px_str name, px_err *ret_err)
{
    px_edges at = px_edges_out(w->view, px_twin_number(twin), name);
    uint32_t rel_no, other;

    while (!w->found.is_cut && px_edges_step(&at, &rel_no, &other))
        PX_TRY(find(w, other, ret_err));
    return PX_OK;
}

/* Without roll-ups: it has none, or one without names; then the model's hold. */
static px_status document_of(walk *w, const px_twin *twin, px_fresh_document *ret_document,
                             px_err *ret_err)
{
    px_document document;
    px_status status = PX_NOT_FOUND;

    *ret_document = (px_fresh_document){ 0 };
    px_arena_reset(&w->arena);
    if (w->has_documents)
        status = px_documents_get(px_engine_documents(w->engine), w->tenant, PX_STR("freshness"),
                                  px_twin_id(twin), &w->arena, &document, ret_err);
    if (status == PX_OK)
        status = px_fresh_document_read(document.body, &w->arena, ret_document, ret_err);
    return status == PX_NO_MEMORY ? status : PX_OK;
}

/* All that the twin answers for; tells whether it names any relationship. */
static px_status expand(walk *w, const px_twin *twin, bool *ret_names, px_err *ret_err)
{
    const px_model *model = px_registry_model(px_engine_registry(w->engine), px_twin_model(twin));
    const px_relationship *relationships;
    px_fresh_document document;
    uint32_t count;

    *ret_names = false;
    PX_TRY(document_of(w, twin, &document, ret_err));
    if (document.has_roll_ups) {
        *ret_names = document.roll_up_count > 0;
        for (size_t i = 0; i < document.roll_up_count; i++)
            PX_TRY(follow(w, twin, document.roll_ups[i], ret_err));
        return PX_OK;
    }
    relationships = model ? px_layout_relationships(px_model_layout(model), &count) : NULL;
    for (uint32_t i = 0; relationships && i < count; i++) {
        if (!relationships[i].rolls_up)
            continue;
        *ret_names = true;
        PX_TRY(follow(w, twin, relationships[i].name, ret_err));
    }
    return PX_OK;
}

static void look(walk *w, const px_twin *twin, bool is_top)
{
    px_freshness worse;
    uint8_t state;

    if (!px_twin_freshness(twin, &state, NULL))
        return;
    w->any = true;
    worse = px_fresh_worse(w->found.state, (px_freshness)state);
    if (!is_top && worse != w->found.state)
        w->found.worst = px_twin_number(twin);
    w->found.state = worse;
}

static px_status walk_all(walk *w, px_err *ret_err)
{
    for (size_t i = 0; i < w->twins.len; i++) {
        const px_twin *twin = px_view_twin(w->view, w->tenant, w->twins.ptr[i]);
        bool names;

        if (!twin)
            continue;
        look(w, twin, i == 0);
        PX_TRY(expand(w, twin, &names, ret_err));
        if (i == 0)
            w->found.is_declared = names;
        if (i == 0 && !names)
            break;
    }
    return PX_OK;
}

px_status px_roll_up_read(px_engine *engine, const px_view *view, const px_principal *who,
                          const px_twin *twin, px_roll_up *ret_roll_up, px_err *ret_err)
{
    walk w = { .engine = engine,
               .view = view,
               .who = who,
               .tenant = px_twin_tenant(twin),
               .found = { .state = PX_FRESHNESS_FRESH } };
    px_status status;

    w.has_documents =
        px_documents_count(px_engine_documents(engine), w.tenant, PX_STR("freshness")) > 0;
    px_arena_init(&w.arena, DOCUMENT_ARENA_BYTES);
    status = find(&w, px_twin_number(twin), ret_err);
    if (status == PX_OK)
        status = walk_all(&w, ret_err);
    if (!w.any)
        w.found.state = PX_FRESHNESS_UNKNOWN;
    w.found.twins = w.twins.len ? (uint32_t)w.twins.len - 1 : 0;
    PX_VEC_RELEASE(&w.twins);
    px_map_release(&w.seen);
    px_arena_release(&w.arena);
    if (status == PX_OK)
        *ret_roll_up = w.found;
    return status;
}
