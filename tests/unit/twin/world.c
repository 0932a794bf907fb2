/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdio.h>

static const char *const names[] = { "feeds", "near", "contains" };
static const char *const texts[] = { "", "läuft", "a text that is longer than any other of them",
                                     "{\"a\":[1,2,3]}" };

static uint32_t tenant_of(uint32_t twin)
{
    return 1 + twin % WORLD_TENANTS;
}

static px_str id_of(uint32_t twin, char buf[16])
{
    return px_str_of(buf, (size_t)snprintf(buf, 16, "twin-%u", twin / WORLD_TENANTS));
}

static px_str rel_id_of(uint32_t rel, char buf[16])
{
    return px_str_of(buf, (size_t)snprintf(buf, 16, "r%u", rel));
}

px_value world_value(uint32_t which)
{
    switch (which % 5) {
    case 0:
        return px_value_num((px_num){ .mantissa = which, .exponent = -1 });
    case 1:
        return px_value_num((px_num){ .mantissa = INT64_C(77777777777) * which, .exponent = 3 });
    case 2:
        return px_value_text(px_str_c(texts[which % 4]));
    case 3:
        return px_value_bool(which & 8);
    default:
        return px_value_num(px_num_double(which * 0.1));
    }
}

/* ---- mutations ---- */

static px_status put_twin(world *w, px_txn *txn, px_gen *gen, uint32_t at)
{
    world_twin *twin = &w->twin[at];
    uint32_t model = 1 + (uint32_t)px_gen_below(gen, WORLD_MODELS), no;
    world_rel rels[WORLD_RELS];
    char buf[16];

    PX_TRY(px_graph_twin_put(txn, tenant_of(at), id_of(at, buf), model, 0, &no, NULL));
    if (!twin->live)
        CHECK_EQ(no, ++w->twin_no);
    else
        CHECK_EQ(no, twin->no);
    memcpy(rels, twin->rel, sizeof(rels));
    *twin =
        (world_twin){ .live = true, .no = no, .model = model, .seq = w->seq, .revision = w->seq };
    memcpy(twin->rel, rels, sizeof(rels));
    return PX_OK;
}

static bool is_related(const world *w, uint32_t at)
{
    for (uint32_t i = 0; i < WORLD_TWINS; i++)
        for (uint32_t r = 0; r < WORLD_RELS; r++)
            if (w->twin[i].rel[r].live && (i == at || w->twin[i].rel[r].target == at))
                return true;
    return false;
}

static px_status delete_twin(world *w, px_txn *txn, uint32_t at)
{
    bool related = is_related(w, at);
    px_status status = px_graph_twin_delete(txn, w->twin[at].no, NULL);

    if (status == PX_NO_MEMORY)
        return status;
    CHECK_EQ(status, related ? PX_CONFLICT : PX_OK);
    if (!related)
        w->twin[at] = (world_twin){ 0 };
    return PX_OK;
}

static px_applied expected(const world_slot *live, px_time source, px_time arrival, uint32_t value)
{
    px_time before = live->source == PX_TIME_NONE ? live->arrival : live->source;
    px_time after = source == PX_TIME_NONE ? arrival : source;

    if (!live->set || live->by_command)
        return PX_APPLIED;
    if (before == after && (live->source == PX_TIME_NONE) == (source == PX_TIME_NONE))
        return px_value_same(world_value(live->value), world_value(value)) ? PX_DUPLICATE
                                                                           : PX_CORRECTED;
    return after < before ? PX_LATE : PX_APPLIED;
}

static px_status set_value(world *w, px_txn *txn, px_gen *gen, uint32_t at)
{
    world_twin *twin = &w->twin[at];
    uint32_t key = (uint32_t)px_gen_below(gen, WORLD_KEYS);
    uint32_t value = (uint32_t)px_gen_below(gen, 30);
    world_slot *slot = &twin->slot[key];
    bool command = px_gen_below(gen, 5) == 0;
    px_origin origin = { .kind = command ? PX_ORIGIN_COMMAND : PX_ORIGIN_DEVICE,
                         .beside = px_gen_below(gen, 4) == 0,
                         .arrival_time = (px_time)w->seq * PX_MILLISECOND,
                         .source_time = (px_time)px_gen_below(gen, 40) };
    px_applied applied, wanted = PX_APPLIED;

    if (command || px_gen_below(gen, 6) == 0)
        origin.source_time = PX_TIME_NONE;
    if (!command)
        wanted = expected(slot, origin.source_time, origin.arrival_time, value);
    PX_TRY(px_graph_set(txn, twin->no, key * 7, world_value(value), &origin, &applied, NULL));
    CHECK_EQ(applied, wanted);
    if (applied == PX_LATE || applied == PX_DUPLICATE)
        return PX_OK;
    *slot = (world_slot){ true, command, origin.source_time, origin.arrival_time, value };
    twin->seq = w->seq;
    if (!origin.beside)
        twin->revision = w->seq;
    return PX_OK;
}

static px_status unset_value(world *w, px_txn *txn, px_gen *gen, uint32_t at)
{
    uint32_t key = (uint32_t)px_gen_below(gen, WORLD_KEYS);
    world_twin *twin = &w->twin[at];

    PX_TRY(px_graph_unset(txn, twin->no, key * 7, NULL));
    if (twin->slot[key].set)
        twin->seq = twin->revision = w->seq;
    twin->slot[key].set = false;
    return PX_OK;
}

static px_status desire(world *w, px_txn *txn, px_gen *gen, uint32_t at)
{
    uint32_t key = (uint32_t)px_gen_below(gen, WORLD_KEYS);
    uint32_t value = (uint32_t)px_gen_below(gen, 30);
    bool remove = px_gen_below(gen, 3) == 0;
    world_twin *twin = &w->twin[at];
    px_origin origin = { .source_time = PX_TIME_NONE };

    PX_TRY(px_graph_desire(txn, twin->no, key * 7, remove ? (px_value){ 0 } : world_value(value),
                           &origin, twin->version + 1, NULL));
    twin->version++;
    twin->seq = twin->revision = w->seq;
    twin->desired[key] = (world_slot){ .set = !remove, .value = value };
    return PX_OK;
}

static px_status put_rel(world *w, px_txn *txn, px_gen *gen, uint32_t at)
{
    uint32_t r = (uint32_t)px_gen_below(gen, WORLD_RELS);
    uint32_t target = (uint32_t)px_gen_below(gen, WORLD_TWINS);
    uint32_t name = (uint32_t)px_gen_below(gen, 3), no;
    world_rel *rel = &w->twin[at].rel[r];
    char buf[16];
    px_status status =
        px_graph_rel_put(txn, w->twin[at].no, rel_id_of(r, buf), px_str_c(names[name]),
                         w->twin[target].no, px_str_c(texts[3]), 0, &no, NULL);

    if (status == PX_NO_MEMORY)
        return status;
    if (!w->twin[target].live) {
        CHECK_EQ(status, PX_NOT_FOUND);
        return PX_OK;
    }
    if (tenant_of(at) != tenant_of(target)) {
        CHECK_EQ(status, PX_CONFLICT);
        return PX_OK;
    }
    CHECK_EQ(status, PX_OK);
    CHECK_EQ(no, rel->live ? rel->no : w->rel_no + 1);
    w->rel_no = no > w->rel_no ? no : w->rel_no;
    *rel = (world_rel){ true, no, target, name, w->seq };
    return PX_OK;
}

static px_status delete_rel(world *w, px_txn *txn, px_gen *gen, uint32_t at)
{
    world_rel *rel = &w->twin[at].rel[px_gen_below(gen, WORLD_RELS)];

    if (!rel->live)
        return PX_OK;
    PX_TRY(px_graph_rel_delete(txn, rel->no, NULL));
    *rel = (world_rel){ 0 };
    return PX_OK;
}

px_status world_mutate(world *w, px_txn *txn, px_gen *gen)
{
    uint32_t at = (uint32_t)px_gen_below(gen, WORLD_TWINS);

    w->seq++;
    px_txn_at(txn, w->seq, (px_time)w->seq * PX_SECOND);
    if (!w->twin[at].live)
        return put_twin(w, txn, gen, at);
    switch (px_gen_below(gen, 16)) {
    case 0:
        return put_twin(w, txn, gen, at);
    case 1:
        return delete_twin(w, txn, at);
    case 2:
        return unset_value(w, txn, gen, at);
    case 3:
        return desire(w, txn, gen, at);
    case 4:
    case 5:
    case 6:
        return put_rel(w, txn, gen, at);
    case 7:
    case 8:
        return delete_rel(w, txn, gen, at);
    default:
        return set_value(w, txn, gen, at);
    }
}

void world_clear(world *w, px_txn *txn)
{
    for (uint32_t i = 0; i < WORLD_TWINS; i++)
        for (uint32_t r = 0; r < WORLD_RELS; r++)
            if (w->twin[i].rel[r].live)
                CHECK_EQ(px_graph_rel_delete(txn, w->twin[i].rel[r].no, NULL), PX_OK);
    for (uint32_t i = 0; i < WORLD_TWINS; i++)
        if (w->twin[i].live)
            CHECK_EQ(px_graph_twin_delete(txn, w->twin[i].no, NULL), PX_OK);
    memset(w->twin, 0, sizeof(w->twin));
}

/* ---- comparing ---- */

static void check_slots(const world_twin *wanted, const px_twin *twin)
{
    uint32_t count = 0;

    for (uint32_t key = 0; key < WORLD_KEYS; key++) {
        const world_slot *slot = &wanted->slot[key];
        px_slot got;

        CHECK_EQ(px_twin_slot(twin, key * 7, &got), slot->set);
        if (slot->set) {
            CHECK(px_value_same(got.value, world_value(slot->value)));
            CHECK_EQ(got.source_time, slot->source);
            CHECK_EQ(got.arrival_time, slot->arrival);
            CHECK_EQ(got.by_command, slot->by_command);
        }
        CHECK_EQ(px_twin_slot(twin, (key * 7) | PX_DESIRED, &got), wanted->desired[key].set);
        if (wanted->desired[key].set)
            CHECK(px_value_same(got.value, world_value(wanted->desired[key].value)));
        count += slot->set + wanted->desired[key].set;
    }
    CHECK_EQ(px_twin_slot_count(twin), count);
    CHECK_EQ(px_twin_desired_version(twin), wanted->version);
}

static void check_twin(const world *w, const px_view *view, uint32_t at)
{
    const world_twin *wanted = &w->twin[at];
    char buf[16];
    const px_twin *twin = px_view_find(view, tenant_of(at), id_of(at, buf));

    CHECK_EQ(twin != NULL, wanted->live);
    if (!twin)
        return;
    CHECK(px_view_twin(view, tenant_of(at), wanted->no) == twin);
    CHECK(!px_view_twin(view, tenant_of(at + 1), wanted->no));
    CHECK_EQ(px_twin_number(twin), wanted->no);
    CHECK_EQ(px_twin_model(twin), wanted->model);
    CHECK_EQ(px_twin_seq(twin), wanted->seq);
    CHECK_EQ(px_twin_revision(twin), wanted->revision);
    CHECK_EQ(px_twin_revised(twin), (px_time)wanted->revision * PX_SECOND);
    CHECK(px_str_eq(px_twin_id(twin), id_of(at, buf)));
    check_slots(wanted, twin);
}

static void check_rels(const world *w, const px_view *view, uint32_t at)
{
    uint32_t out = 0, in = 0, wanted_out = 0, wanted_in = 0;
    px_edges edges;
    char buf[16];

    for (uint32_t r = 0; r < WORLD_RELS; r++) {
        const world_rel *wanted = &w->twin[at].rel[r];
        const px_rel *rel =
            w->twin[at].live ? px_view_rel_find(view, w->twin[at].no, rel_id_of(r, buf)) : NULL;

        CHECK_EQ(rel != NULL, wanted->live);
        wanted_out += wanted->live;
        if (!rel)
            continue;
        CHECK_EQ(px_rel_number(rel), wanted->no);
        CHECK_EQ(px_rel_target(rel), w->twin[wanted->target].no);
        CHECK_EQ(px_rel_seq(rel), wanted->seq);
        CHECK_SLICE(px_rel_name(rel), names[wanted->name]);
    }
    for (uint32_t i = 0; i < WORLD_TWINS; i++)
        for (uint32_t r = 0; r < WORLD_RELS; r++)
            wanted_in += w->twin[i].rel[r].live && w->twin[i].rel[r].target == at;
    if (!w->twin[at].live)
        return;
    edges = px_edges_out(view, w->twin[at].no, (px_str){ 0 });
    while (px_edges_next(&edges))
        out++;
    edges = px_edges_in(view, w->twin[at].no, (px_str){ 0 });
    for (const px_rel *rel; (rel = px_edges_next(&edges)); in++)
        CHECK_EQ(px_rel_target(rel), w->twin[at].no);
    CHECK_EQ(out, wanted_out);
    CHECK_EQ(in, wanted_in);
}

static void check_sets(const world *w, const px_view *view)
{
    uint32_t of[WORLD_TENANTS + 1][WORLD_MODELS + 1] = { 0 };

    for (uint32_t i = 0; i < WORLD_TWINS; i++)
        if (w->twin[i].live) {
            of[tenant_of(i)][0]++;
            of[tenant_of(i)][w->twin[i].model]++;
        }
    for (uint32_t tenant = 1; tenant <= WORLD_TENANTS; tenant++) {
        px_twins at = px_twins_of(view, tenant, NULL, 0);
        uint32_t count = 0;

        while (px_twins_next(&at))
            count++;
        CHECK_EQ(count, of[tenant][0]);
        for (uint32_t model = 1; model <= WORLD_MODELS; model++)
            CHECK_EQ(px_view_model_count(view, tenant, model), of[tenant][model]);
    }
}

void world_check(const world *w, const px_view *view)
{
    for (uint32_t i = 0; i < WORLD_TWINS; i++) {
        check_twin(w, view, i);
        check_rels(w, view, i);
    }
    check_sets(w, view);
}
