/* SPDX-License-Identifier: Apache-2.0 */
/* Property indexes against a look at every twin: in transactions, rollbacks, snapshots and branches
 * that stand beside each other, while they are built, at their limit, and without memory. */
#include "twin/property.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"
#include "twin/branch.h"

enum { TENANT = 1, TWINS = 300, INDEXES = 5 };

/* A property `air` of objects in one model is a component of the same name in another. */
static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Thing;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"t\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"b\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Component\",\"name\":\"air\",\"schema\":\"dtmi:t:Air;1\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Heir;1\",\"@type\":\"Interface\","
    "\"extends\":\"dtmi:t:Thing;1\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"own\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Air;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"c\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Loose;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"air\",\"schema\":{\"@type\":\"Object\",\"fields\":["
    "{\"name\":\"c\",\"schema\":\"double\"}]}}]}]";

static const struct {
    const char *path, *model;
} wanted[INDEXES] = {
    { "n", "" }, { "t", "" }, { "b", "" }, { "air.c", "" }, { "n", "dtmi:t:Heir;1" }
};

typedef struct stage {
    px_graph *graph;
    px_registry *registry;
    uint32_t thing, heir, loose; /* numbers of models */
    uint64_t seq;
} stage;

static px_err err;

static uint32_t number_of(stage *s, const char *dtmi)
{
    px_model_info info;

    CHECK(px_registry_find(s->registry, TENANT, px_str_c(dtmi), &info));
    return info.model_no;
}

static void stage_init(stage *s, const px_graph_opts *opts)
{
    px_model_set set = { 0 };

    *s = (stage){ 0 };
    CHECK_OK(px_graph_new(opts, &s->graph, &err), &err);
    CHECK_OK(px_registry_new(&s->registry, &err), &err);
    CHECK_OK(px_models_parse_all(px_str_c(models), NULL, &set, NULL, &err), &err);
    for (size_t i = 0; i < set.count; i++)
        CHECK_OK(px_registry_put(s->registry, TENANT, set.models[i], 0, 0, NULL, &err), &err);
    px_registry_commit(s->registry);
    px_model_set_release(&set);
    s->thing = number_of(s, "dtmi:t:Thing;1");
    s->heir = number_of(s, "dtmi:t:Heir;1");
    s->loose = number_of(s, "dtmi:t:Loose;1");
}

static void stage_release(stage *s)
{
    px_graph_free(s->graph);
    px_registry_free(s->registry);
}

static px_txn *begin(stage *s, px_graph *graph)
{
    px_txn *txn;

    CHECK_OK(px_graph_begin(graph, &txn, &err), &err);
    s->seq++;
    px_txn_at(txn, s->seq, (px_time)s->seq * PX_SECOND);
    return txn;
}

static void commit(stage *s, px_txn *txn)
{
    CHECK_OK(px_txn_settle(txn, s->registry, &err), &err);
    px_graph_commit(txn);
}

static void put_index(stage *s, uint32_t no, const char *path, const char *model)
{
    px_txn *txn = begin(s, s->graph);

    CHECK_OK(px_graph_property_put(txn, TENANT, no, px_str_c(path), px_str_c(model), &err), &err);
    commit(s, txn);
}

static void build(stage *s)
{
    while (px_graph_is_building(s->graph))
        commit(s, begin(s, s->graph));
}

/* ---- values ---- */

static px_num num_of(px_gen *gen)
{
    static const char *const odd[] = { "0",
                                       "-0",
                                       "9007199254740993",
                                       "9007199254740992",
                                       "0.1",
                                       "0.10",
                                       "1e-120",
                                       "18446744073709551615",
                                       "1e19",
                                       "-3",
                                       "18446744073709551614" };
    px_num num = { .mantissa = (int64_t)px_gen_below(gen, 40) - 20,
                   .exponent = (int8_t)((int)px_gen_below(gen, 4) - 2) };

    if (px_gen_below(gen, 3) == 0)
        CHECK_OK(px_num_parse(px_str_c(odd[px_gen_below(gen, sizeof(odd) / sizeof(odd[0]))]), &num,
                              &err),
                 &err);
    return num;
}

/* Borrowed from the thread's memory until the next. */
static px_str text_of(px_gen *gen)
{
    static _Thread_local char text[64];
    static const char *const begins[] = {
        "", "building-north-", "2026-11-2", "2026-11-28T12:3", "00ff3a", "ü", "+1", "9"
    };
    size_t len = (size_t)snprintf(text, sizeof(text), "%s",
                                  begins[px_gen_below(gen, sizeof(begins) / sizeof(begins[0]))]);
    static const char letters[] = "0159:-.TZaz~\xC3";

    for (uint64_t i = px_gen_below(gen, 12); i > 0 && len + 1 < sizeof(text); i--)
        text[len++] = letters[px_gen_below(gen, sizeof(letters) - 1)];
    return px_str_of(text, len);
}

static px_value value_of(px_gen *gen)
{
    switch (px_gen_below(gen, 5)) {
    case 0:
        return px_value_bool(px_gen_below(gen, 2));
    case 1:
    case 2:
        return px_value_text(text_of(gen));
    default:
        return px_value_num(num_of(gen));
    }
}

static bool holds(px_property_way way, const px_value *a, const px_value *b)
{
    int order;

    if (a->kind != b->kind)
        return false;
    if (a->kind == PX_VALUE_BOOL)
        return way == PX_PROPERTY_EQUAL && a->boolean == b->boolean;
    if (way == PX_PROPERTY_PREFIX)
        return a->kind == PX_VALUE_TEXT && px_str_starts(a->text, b->text);
    order = a->kind == PX_VALUE_NUM ? px_num_cmp(a->num, b->num) : px_str_cmp(a->text, b->text);
    return way == PX_PROPERTY_EQUAL  ? order == 0
           : way == PX_PROPERTY_LESS ? order <= 0
                                     : order >= 0;
}

/* ---- keys ---- */

static bool lies_in(px_property_key key, const px_property_range *range)
{
    return px_property_key_cmp(key, range->from) >= 0 && px_property_key_cmp(key, range->to) <= 0;
}

static void check_keys(px_gen *gen)
{
    static char kept[64];
    px_value limit = value_of(gen), value;
    px_property_way way = (px_property_way)px_gen_below(gen, 4);
    px_property_range range;
    px_property_key key;

    if (limit.kind == PX_VALUE_TEXT) {
        memcpy(kept, limit.text.ptr, limit.text.len);
        limit.text.ptr = kept;
    }
    value = value_of(gen);
    if (!px_property_range_of(way, limit, &range))
        return;
    CHECK(px_property_key_of(value, &key));
    if (holds(way, &value, &limit))
        CHECK(lies_in(key, &range));
    if (key.high > range.above && key.high < range.below) {
        CHECK(holds(way, &value, &limit));
        CHECK(lies_in(key, &range));
    }
}

PX_PROP(a_range_of_keys_holds_every_value_of_the_range_and_is_sure_of_no_other, 100)
{
    for (int i = 0; i < 500; i++)
        check_keys(gen);
}

PX_TEST(times_of_one_hour_have_keys_of_their_own)
{
    px_property_key a, b;

    CHECK(px_property_key_of(px_value_text(PX_STR("2026-11-28T12:34:56Z")), &a));
    CHECK(px_property_key_of(px_value_text(PX_STR("2026-11-28T12:34:57Z")), &b));
    CHECK(px_property_key_cmp(a, b) < 0);
}

PX_TEST(an_index_cannot_help_with_the_order_of_booleans_and_with_compounds)
{
    px_property_range range;
    px_property_key key;

    CHECK(!px_property_range_of(PX_PROPERTY_LESS, px_value_bool(true), &range));
    CHECK(!px_property_range_of(PX_PROPERTY_EQUAL, px_value_json(PX_STR("null")), &range));
    CHECK(!px_property_range_of(PX_PROPERTY_PREFIX, px_value_text(PX_STR("")), &range));
    CHECK(!px_property_key_of(px_value_json(PX_STR("{}")), &key));
    CHECK(!px_property_key_of((px_value){ 0 }, &key));
}

/* ---- the index and every twin ---- */

/* What the index should know of a twin: its value, or that it cannot tell. */
static bool tell(const stage *s, const px_twin *twin, const px_property_info *info,
                 px_value *ret_value, bool *ret_open)
{
    const px_model *model = px_registry_model(s->registry, px_twin_model(twin));
    const px_field *field = px_layout_find_path(px_model_layout(model), info->path);
    px_slot slot;

    *ret_open = px_twin_model(twin) == s->loose && px_str_eq(info->path, PX_STR("air.c"));
    if (*ret_open)
        field = px_layout_find_path(px_model_layout(model), PX_STR("air"));
    if (!field || (info->model.len && !px_model_is_a(model, info->model)) ||
        !px_twin_slot(twin, field->index, &slot))
        return false;
    *ret_value = slot.value;
    return *ret_open == (slot.value.kind == PX_VALUE_JSON);
}

/* One range of one index, in one state. */
static void check_range(const stage *s, const px_view *view, const px_property_index *index,
                        px_property_way way, const px_value *limit)
{
    enum { SURE = 1, MAYBE = 2 };
    static _Thread_local uint8_t met[1 << 16];
    px_property_info info = px_property_tell(index);
    px_property_range range;
    px_property_walk at;
    px_twins all = px_twins_of(view, TENANT, NULL, 0);
    uint64_t sure = 0, singles = 0, in_rows = 0;
    uint32_t highest = 0;

    if (!px_property_range_of(way, *limit, &range))
        return;
    memset(met, 0, sizeof(met));
    at = px_property_walk_of(view, index, &range);
    for (px_property_hit hit; px_property_next(&at, &hit);) {
        CHECK(hit.no < sizeof(met) && !met[hit.no]);
        met[hit.no] = hit.sure ? SURE : MAYBE;
        highest = hit.no > highest ? hit.no : highest;
        sure += hit.sure;
        singles += !hit.sure;
    }
    for (const px_twin *twin; (twin = px_twins_next(&all));) {
        px_value value = { 0 };
        bool open = false, there = tell(s, twin, &info, &value, &open);

        if (there && (open || holds(way, &value, limit)))
            CHECK(met[px_twin_number(twin)]);
        if (met[px_twin_number(twin)] == SURE)
            CHECK(there && !open && holds(way, &value, limit));
        met[px_twin_number(twin)] = 0;
    }
    for (uint32_t no = 0; no <= highest; no++)
        CHECK(!met[no]); /* and nothing that is not there */
    at = px_property_walk_of(view, index, &range);
    at.counts_sure = true;
    for (px_property_hit hit; px_property_next(&at, &hit);)
        in_rows += hit.sure;
    CHECK_EQ(in_rows, sure);
    CHECK_EQ(px_property_count(view, index, &range, UINT64_MAX), sure + singles);
}

static uint64_t count_entries(const stage *s, const px_view *view, const px_property_index *index)
{
    px_property_info info = px_property_tell(index);
    px_twins all = px_twins_of(view, TENANT, NULL, 0);
    uint64_t count = 0;

    for (const px_twin *twin; (twin = px_twins_next(&all));) {
        px_value value = { 0 };
        bool open = false;

        count += tell(s, twin, &info, &value, &open);
    }
    return count;
}

static void check_view(const stage *s, const px_view *view, px_gen *gen)
{
    const px_property_index *index;

    for (uint32_t i = 0; (index = px_view_property(view, TENANT, i)); i++) {
        px_value limit = value_of(gen);

        if (px_property_tell(index).state != PX_PROPERTY_READY)
            continue;
        CHECK_EQ(px_property_tell(index).entries, count_entries(s, view, index));
        check_range(s, view, index, (px_property_way)px_gen_below(gen, 4), &limit);
    }
}

/* ---- mutations ---- */

static px_status set_any(stage *s, px_txn *txn, uint32_t no, px_gen *gen)
{
    static const char *const paths[] = { "n", "t", "b", "air.c", "own", "air" };
    const px_twin *twin = px_view_twin(px_txn_view(txn), TENANT, no);
    const px_model *model = twin ? px_registry_model(s->registry, px_twin_model(twin)) : NULL;
    px_origin origin = { .kind = PX_ORIGIN_COMMAND,
                         .source_time = PX_TIME_NONE,
                         .arrival_time = PX_SECOND };
    const px_field *field;
    px_value value;

    if (!model)
        return PX_OK;
    field = px_layout_find_path(px_model_layout(model), px_str_c(paths[px_gen_below(gen, 6)]));
    if (!field)
        return PX_OK;
    if (px_gen_below(gen, 6) == 0)
        return px_graph_unset(txn, no, field->index, &err);
    value = value_of(gen);
    if (px_str_eq(field->path, PX_STR("air")) && px_gen_below(gen, 2))
        value = px_value_json(PX_STR("{\"c\":7}"));
    return px_graph_set(txn, no, field->index, value, &origin, NULL, &err);
}

static px_status mutate(stage *s, px_txn *txn, px_gen *gen)
{
    const uint32_t numbers[] = { s->thing, s->heir, s->loose };
    uint32_t which = (uint32_t)px_gen_below(gen, TWINS), no;
    const px_twin *twin;
    char id[16];

    snprintf(id, sizeof(id), "t%u", which);
    twin = px_view_find(px_txn_view(txn), TENANT, px_str_c(id));
    no = twin ? px_twin_number(twin) : 0;
    if (twin && px_gen_below(gen, 12) == 0)
        return px_graph_twin_delete(txn, no, &err);
    if (!twin || px_gen_below(gen, 20) == 0) /* made, or made anew of another model */
        PX_TRY(px_graph_twin_put(txn, TENANT, px_str_c(id), numbers[px_gen_below(gen, 3)], 0, &no,
                                 &err));
    return set_any(s, txn, no, gen);
}

/* Some mutations, kept or undone. */
static void transact(stage *s, px_graph *graph, px_gen *gen)
{
    px_txn *txn = begin(s, graph);
    uint64_t steps = px_gen_below(gen, 60);

    for (uint64_t i = 0; i < steps; i++)
        CHECK_OK(mutate(s, txn, gen), &err);
    if (px_gen_below(gen, 4)) {
        commit(s, txn);
        return;
    }
    if (px_gen_below(gen, 2))
        CHECK_OK(px_txn_settle(txn, s->registry, &err), &err);
    px_graph_rollback(txn);
}

static void change_indexes(stage *s, px_gen *gen)
{
    uint32_t i = (uint32_t)px_gen_below(gen, INDEXES);
    px_txn *txn = begin(s, s->graph);

    if (px_gen_below(gen, 3) == 0)
        CHECK_OK(px_graph_property_drop(txn, TENANT, i + 1, &err), &err);
    else
        CHECK_OK(px_graph_property_put(txn, TENANT, i + 1, px_str_c(wanted[i].path),
                                       px_str_c(wanted[i].model), &err),
                 &err);
    if (px_gen_below(gen, 4))
        commit(s, txn);
    else
        px_graph_rollback(txn);
}

PX_PROP(agrees_with_a_look_at_every_twin_in_every_state_that_is_held, 10)
{
    enum { HELD = 3 };
    px_graph_opts opts = { .chunk_bytes = 4096 };
    px_snapshot *held[HELD] = { 0 };
    px_branch *branch = NULL;
    stage s;

    stage_init(&s, &opts);
    for (uint32_t i = 0; i < INDEXES; i++)
        put_index(&s, i + 1, wanted[i].path, wanted[i].model);
    for (int round = 0; round < 60; round++) {
        uint64_t at = px_gen_below(gen, HELD);

        transact(&s, s.graph, gen);
        if (px_gen_below(gen, 12) == 0)
            change_indexes(&s, gen);
        if (px_gen_below(gen, 4) == 0) {
            px_snapshot_release(held[at]);
            CHECK_OK(px_graph_snapshot(s.graph, &held[at], &err), &err);
        }
        if (px_gen_below(gen, 20) == 0) {
            px_branch_free(branch);
            CHECK_OK(px_graph_branch(s.graph, &branch, &err), &err);
        }
        if (branch && px_gen_below(gen, 3) == 0) {
            px_snapshot *there;

            transact(&s, px_branch_graph(branch), gen);
            CHECK_OK(px_graph_snapshot(px_branch_graph(branch), &there, &err), &err);
            check_view(&s, px_snapshot_view(there), gen);
            px_snapshot_release(there);
        }
        for (int i = 0; i < HELD; i++)
            if (held[i])
                check_view(&s, px_snapshot_view(held[i]), gen);
    }
    px_branch_free(branch);
    for (int i = 0; i < HELD; i++)
        px_snapshot_release(held[i]);
    stage_release(&s);
}

/* ---- building ---- */

static void many(stage *s, uint32_t from, uint32_t count)
{
    px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };
    px_txn *txn = begin(s, s->graph);

    for (uint32_t i = from; i < from + count; i++) {
        char id[16];
        uint32_t no;

        snprintf(id, sizeof(id), "m%u", i);
        CHECK_OK(px_graph_twin_put(txn, TENANT, px_str_c(id), s->thing, 0, &no, &err), &err);
        CHECK_OK(px_graph_set(txn, no, 0, px_value_num(px_num_int(i % 997)), &origin, NULL, &err),
                 &err);
    }
    commit(s, txn);
}

static px_property_info info_of(stage *s, uint32_t at)
{
    px_snapshot *snapshot;
    const px_property_index *index;
    px_property_info info = { 0 };

    CHECK_OK(px_graph_snapshot(s->graph, &snapshot, &err), &err);
    index = px_view_property(px_snapshot_view(snapshot), TENANT, at);
    if (index)
        info = px_property_tell(index);
    px_snapshot_release(snapshot);
    return info; /* its texts are not */
}

PX_PROP(is_built_in_steps_while_twins_below_and_above_the_step_change, 10)
{
    px_snapshot *snapshot;
    stage s;

    stage_init(&s, NULL);
    many(&s, 0, 5000);
    put_index(&s, 1, "n", "");
    CHECK_EQ(info_of(&s, 0).state, PX_PROPERTY_BUILDING);
    while (px_graph_is_building(s.graph)) {
        px_txn *txn = begin(&s, s.graph);

        for (int i = 0; i < 200; i++) {
            uint32_t no = 1 + (uint32_t)px_gen_below(gen, 5000);

            if (!px_view_twin(px_txn_view(txn), TENANT, no))
                continue;
            if (px_gen_below(gen, 4))
                CHECK_OK(set_any(&s, txn, no, gen), &err);
            else
                CHECK_OK(px_graph_twin_delete(txn, no, &err), &err);
        }
        CHECK_OK(mutate(&s, txn, gen), &err);
        if (px_gen_below(gen, 5)) {
            commit(&s, txn);
        } else {
            CHECK_OK(px_txn_settle(txn, s.registry, &err), &err);
            px_graph_rollback(txn);
        }
    }
    CHECK_EQ(info_of(&s, 0).state, PX_PROPERTY_READY);
    CHECK_OK(px_graph_snapshot(s.graph, &snapshot, &err), &err);
    for (int i = 0; i < 20; i++)
        check_view(&s, px_snapshot_view(snapshot), gen);
    px_snapshot_release(snapshot);
    stage_release(&s);
}

PX_TEST(a_snapshot_from_before_the_index_does_not_have_it)
{
    px_snapshot *before;
    stage s;

    stage_init(&s, NULL);
    many(&s, 0, 10);
    CHECK_OK(px_graph_snapshot(s.graph, &before, &err), &err);
    put_index(&s, 1, "n", "");
    build(&s);
    CHECK_EQ(px_view_property_count(px_snapshot_view(before), TENANT), 0);
    CHECK_EQ(info_of(&s, 0).entries, 10);
    px_snapshot_release(before);
    stage_release(&s);
}

PX_TEST(an_index_of_another_path_under_the_same_number_begins_anew)
{
    stage s;

    stage_init(&s, NULL);
    many(&s, 0, 10);
    put_index(&s, 1, "n", "");
    build(&s);
    put_index(&s, 1, "n", ""); /* the same again changes nothing */
    CHECK_EQ(info_of(&s, 0).entries, 10);
    put_index(&s, 1, "t", "");
    build(&s);
    CHECK_EQ(info_of(&s, 0).entries, 0);
    CHECK_EQ(info_of(&s, 1).state, 0); /* there is one only */
    stage_release(&s);
}

PX_TEST(every_byte_comes_back_when_an_index_goes)
{
    px_snapshot *held;
    uint64_t before;
    stage s;

    stage_init(&s, NULL);
    many(&s, 0, 3000);
    while (px_graph_sweep(s.graph))
        ;
    before = px_graph_stat(s.graph).bytes_used;
    put_index(&s, 1, "n", "");
    build(&s);
    CHECK(px_graph_stat(s.graph).bytes_used > before);
    CHECK_OK(px_graph_snapshot(s.graph, &held, &err), &err);
    for (int i = 0; i < 2; i++) {
        px_txn *txn = begin(&s, s.graph);

        CHECK_OK(px_graph_property_drop(txn, TENANT, 1, &err), &err);
        commit(&s, txn);
    }
    CHECK_EQ(px_property_tell(px_view_property(px_snapshot_view(held), TENANT, 0)).entries, 3000);
    px_snapshot_release(held);
    while (px_graph_sweep(s.graph))
        ;
    CHECK(px_graph_stat(s.graph).bytes_used <= before + 64); /* the list, empty */
    stage_release(&s);
}

/* ---- limits ---- */

/* Bytes of an index of so many twins, all different. */
static uint64_t bytes_of(uint32_t twins)
{
    px_property_info info;
    stage s;

    stage_init(&s, NULL);
    put_index(&s, 1, "n", "");
    build(&s);
    many(&s, 0, twins);
    info = info_of(&s, 0);
    CHECK_EQ(info.entries, twins);
    stage_release(&s);
    return info.bytes;
}

static px_property_info fill(uint64_t bytes_max, uint32_t twins)
{
    px_graph_opts opts = { .property_bytes_max = bytes_max };
    px_property_info info;
    stage s;

    stage_init(&s, &opts);
    put_index(&s, 1, "n", "");
    build(&s);
    many(&s, 0, twins);
    build(&s);
    commit(&s, begin(&s, s.graph)); /* what is full is emptied by the next */
    info = info_of(&s, 0);
    stage_release(&s);
    return info;
}

PX_TEST(at_its_bytes_an_index_is_ready_and_one_node_past_them_it_is_full_and_empty)
{
    uint64_t bytes = bytes_of(2000);

    CHECK_EQ(fill(bytes, 2000).state, PX_PROPERTY_READY);
    CHECK_EQ(fill(bytes - 1, 2000).state, PX_PROPERTY_FULL);
    CHECK_EQ(fill(bytes - 1, 2000).bytes, 0);
    CHECK_EQ(fill(bytes - 1, 2000).entries, 0);
}

PX_TEST(a_full_index_hinders_no_write_and_is_built_again_when_it_is_put_again)
{
    px_graph_opts opts = { .property_bytes_max = 16 * 1024 };
    stage s;

    stage_init(&s, &opts);
    put_index(&s, 1, "n", "");
    many(&s, 0, 5000);
    build(&s);
    CHECK_EQ(info_of(&s, 0).state, PX_PROPERTY_FULL);
    CHECK_EQ(px_graph_stat(s.graph).property_indexes_full, 1);
    for (uint32_t no = 101; no <= 5000; no++) {
        px_txn *txn = begin(&s, s.graph);

        CHECK_OK(px_graph_twin_delete(txn, no, &err), &err);
        commit(&s, txn);
    }
    CHECK_EQ(info_of(&s, 0).state, PX_PROPERTY_FULL);
    put_index(&s, 1, "n", "");
    build(&s);
    CHECK_EQ(info_of(&s, 0).state, PX_PROPERTY_READY);
    CHECK_EQ(info_of(&s, 0).entries, 100);
    stage_release(&s);
}

/* ---- memory that ends ---- */

static px_status change_all(stage *s, px_txn *txn)
{
    px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };

    for (uint32_t no = 1; no <= 200; no++)
        PX_TRY(
            px_graph_set(txn, no, 0, px_value_num(px_num_int(no * 7 % 1000)), &origin, NULL, &err));
    PX_TRY(px_graph_property_put(txn, TENANT, 2, PX_STR("b"), PX_STR(""), &err));
    PX_TRY(px_graph_property_put(txn, TENANT, 1, PX_STR("n"), PX_STR(""), &err));
    PX_TRY(px_graph_property_drop(txn, TENANT, 3, &err));
    return px_txn_settle(txn, s->registry, &err);
}

PX_TEST(without_memory_a_transaction_is_rolled_back_and_the_index_is_as_it_was)
{
    px_graph_opts opts = { .chunk_bytes = 4096 };
    px_gen gen = { 7 };
    uint64_t failures = 0;
    px_status status;
    stage s;

    stage_init(&s, &opts);
    many(&s, 0, 400);
    put_index(&s, 1, "n", "");
    put_index(&s, 3, "t", "");
    build(&s);
    do {
        px_txn *txn = begin(&s, s.graph);
        px_snapshot *snapshot;

        px_mem_fail_nth(++failures);
        status = change_all(&s, txn);
        px_mem_fail_nth(0);
        px_graph_rollback(txn);
        CHECK_OK(px_graph_snapshot(s.graph, &snapshot, &err), &err);
        check_view(&s, px_snapshot_view(snapshot), &gen);
        CHECK_EQ(px_view_property_count(px_snapshot_view(snapshot), TENANT), 2);
        px_snapshot_release(snapshot);
    } while (status != PX_OK);
    CHECK(failures > 3);
    stage_release(&s);
}

/* ---- threads ---- */

typedef struct scene {
    stage *s;
    _Atomic bool done;
    _Atomic uint64_t looks;
} scene;

static void *look(void *arg)
{
    scene *c = arg;
    px_gen gen = { 99 };

    while (!atomic_load(&c->done)) {
        px_snapshot *snapshot;

        CHECK_OK(px_graph_snapshot(c->s->graph, &snapshot, NULL), NULL);
        check_view(c->s, px_snapshot_view(snapshot), &gen);
        px_snapshot_release(snapshot);
        atomic_fetch_add(&c->looks, 1);
    }
    return NULL;
}

PX_TEST(readers_agree_with_their_snapshots_while_the_writer_goes_on)
{
    px_gen gen = { 4711 };
    scene c = { 0 };
    pthread_t reader;
    stage s;

    stage_init(&s, NULL);
    for (uint32_t i = 0; i < INDEXES; i++)
        put_index(&s, i + 1, wanted[i].path, wanted[i].model);
    c.s = &s;
    CHECK_EQ(pthread_create(&reader, NULL, look, &c), 0);
    for (int i = 0; i < 3000 || atomic_load(&c.looks) < 20; i++)
        transact(&s, s.graph, &gen);
    atomic_store(&c.done, true);
    pthread_join(reader, NULL);
    stage_release(&s);
}

PX_TEST_MAIN()
