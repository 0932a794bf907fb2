/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compat.h"

#include "cli/ask.h"

#define ARENA_BYTES ((size_t)64 << 20)

/* The walk over one kind of rows. */
typedef struct pass {
    px_compat *compat;
    px_map told; /* hashes of the ids of broken twins */
    px_arena arena;
    px_broken now;    /* what the row is about */
    const char *only; /* the one rule that counts; NULL: all */
    px_status status;
    px_err *err;

    /* outgoing relationships come source by source: how many there were of each name */
    px_str source;
    char source_id[PX_TWIN_ID_BYTES_MAX];
    uint32_t *counts; /* by the relationships of the new model */
} pass;

static px_status count_broken(pass *p, px_str twin, px_err *ret_err)
{
    uint64_t hash = px_str_hash(twin);

    if (px_map_first(&p->told, hash) != PX_MAP_END)
        return PX_OK;
    p->compat->broken++;
    return px_map_add(&p->told, hash, 0) ? PX_OK : px_no_memory(ret_err);
}

static bool tell(void *data, const px_misfit *misfit)
{
    pass *p = data;

    if (p->only && strcmp(p->only, misfit->rule) != 0)
        return true;
    p->compat->misfits++;
    p->now.misfit = misfit;
    p->status = count_broken(p, p->now.twin, p->err);
    if (p->status == PX_OK)
        p->status = p->compat->each(p->compat->data, &p->now, p->err);
    return p->status == PX_OK;
}

static const px_model *model_of(const px_compat *compat, px_str id)
{
    if (px_str_eq(id, px_model_id(compat->from)))
        return compat->to;
    for (size_t i = 0; i < compat->known->count; i++)
        if (px_str_eq(px_model_id(compat->known->models[i]), id))
            return compat->known->models[i];
    return NULL;
}

/* ---- twins ---- */

static px_status judge_twin(px_cli *cli, const px_json *row, void *data, px_err *ret_err)
{
    pass *p = data;

    (void)cli;
    p->err = ret_err;
    p->now = (px_broken){ .twin = px_json_get_text(row, PX_STR("$dtId")) };
    p->compat->twins++;
    px_twin_fit(p->compat->to, row, &p->arena, tell, p);
    px_arena_reset(&p->arena);
    return p->status;
}

/* ---- relationships ---- */

/* One more of its name at its source: told when the new model allows no more. */
static void judge_count(pass *p, const px_json *relationship)
{
    px_str name = px_json_get_text(relationship, PX_STR("$relationshipName"));
    const px_layout *layout = px_model_layout(p->compat->to);
    const px_relationship *declared = px_layout_relationship_find(layout, name);
    uint32_t most = declared ? declared->max_multiplicity : 0, count;
    px_misfit misfit = { name, px_json_get(relationship, PX_STR("$targetId")),
                         "relationship.multiplicity", NULL };
    px_err err;

    if (!most)
        return;
    if (!px_str_eq(p->source, p->now.twin)) {
        px_layout_relationships(layout, &count);
        memset(p->counts, 0, count * sizeof(*p->counts));
        memcpy(p->source_id, p->now.twin.ptr, p->now.twin.len);
        p->source = px_str_of(p->source_id, p->now.twin.len);
    }
    if (++p->counts[declared - px_layout_relationships(layout, NULL)] <= most)
        return;
    px_fail_id(&err, PX_INVALID, misfit.rule, "a twin has at most %u of Relationship '%.*s'", most,
               PX_FMT(name));
    misfit.sentence = err.text;
    (void)tell(p, &misfit);
}

static px_status judge_outgoing(px_cli *cli, const px_json *row, void *data, px_err *ret_err)
{
    pass *p = data;
    const px_json *relationship = px_json_get(row, PX_STR("r"));

    (void)cli;
    p->err = ret_err;
    p->now =
        (px_broken){ .twin = px_json_get_text(relationship, PX_STR("$sourceId")),
                     .relationship = px_json_get_text(relationship, PX_STR("$relationshipId")) };
    p->now.source = p->now.twin;
    if (!p->now.twin.len || p->now.twin.len > sizeof(p->source_id))
        return PX_OK;
    px_relationship_fit(p->compat->to, relationship,
                        model_of(p->compat, px_json_get_text(row, PX_STR("model"))), &p->arena,
                        tell, p);
    if (p->status == PX_OK)
        judge_count(p, relationship);
    px_arena_reset(&p->arena);
    return p->status;
}

/* Of a relationship that others have only its end is theirs. */
static px_status judge_incoming(px_cli *cli, const px_json *row, void *data, px_err *ret_err)
{
    pass *p = data;
    const px_json *relationship = px_json_get(row, PX_STR("r"));
    const px_model *model = model_of(p->compat, px_json_get_text(row, PX_STR("model")));

    (void)cli;
    p->err = ret_err;
    p->now =
        (px_broken){ .twin = px_json_get_text(relationship, PX_STR("$targetId")),
                     .source = px_json_get_text(relationship, PX_STR("$sourceId")),
                     .relationship = px_json_get_text(relationship, PX_STR("$relationshipId")) };
    if (model && model != p->compat->to) /* those of the same model were told where they begin */
        px_relationship_fit(model, relationship, p->compat->to, &p->arena, tell, p);
    px_arena_reset(&p->arena);
    return p->status;
}

static px_status run(pass *p, px_err *ret_err)
{
    px_cli *cli = p->compat->cli;
    px_str id = px_model_id(p->compat->from);

    PX_TRY(px_ask(cli, judge_twin, p, ret_err,
                  "SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '%.*s', exact)", PX_FMT(id)));
    PX_TRY(px_ask(cli, judge_outgoing, p, ret_err,
                  "SELECT r, b.$metadata.$model AS model FROM DIGITALTWINS MATCH (a)-[r]->(b) "
                  "WHERE IS_OF_MODEL(a, '%.*s', exact)",
                  PX_FMT(id)));
    p->only = "relationship.target";
    return px_ask(cli, judge_incoming, p, ret_err,
                  "SELECT r, a.$metadata.$model AS model FROM DIGITALTWINS MATCH (a)-[r]->(b) "
                  "WHERE IS_OF_MODEL(b, '%.*s', exact)",
                  PX_FMT(id));
}

px_status px_compat_run(px_compat *compat, px_err *ret_err)
{
    pass p = { .compat = compat };
    uint32_t count;
    px_status status;
    PX_AUTO_ARENA lasting = { 0 };

    px_arena_init(&p.arena, ARENA_BYTES);
    px_arena_init(&lasting, ARENA_BYTES);
    px_layout_relationships(px_model_layout(compat->to), &count);
    p.counts = PX_ARENA_ARRAY(&lasting, uint32_t, count + 1);
    status = p.counts ? run(&p, ret_err) : px_arena_fail(&lasting, ret_err);
    px_map_release(&p.told);
    px_arena_release(&p.arena);
    return status;
}
