/* SPDX-License-Identifier: Apache-2.0 */
/* The pack as it lies in the binary: its models hold, say everything in both languages, and its
 * graph fits them and the plant. */
#include "base/json.h"
#include "model/model.h"
#include "plant/report.h"
#include "server/pack_assets.h"

#include "px_test.h"

enum { MODELS = 5 };

typedef struct pack {
    px_arena arena;
    px_model_set set;
    px_json *graph;
} pack;

static void open_pack(pack *p)
{
    px_buf all = { 0 };
    px_err err;

    *p = (pack){ 0 };
    px_arena_init(&p->arena, 16 << 20);
    for (size_t i = 0; i < pxi_pack_count; i++) {
        const px_asset *asset = &pxi_pack_table[i];

        if (px_str_starts(asset->path, PX_STR("/manufacturing/models/"))) {
            px_put_char(&all, all.len ? ',' : '[');
            px_put(&all, px_pack_text(asset));
        } else {
            CHECK_SLICE(asset->path, "/manufacturing/graph/m1.json");
            CHECK_OK(px_json_parse(px_pack_text(asset), NULL, &p->arena, &p->graph, &err), &err);
        }
    }
    px_put_char(&all, ']');
    CHECK_OK(px_models_parse(px_buf_str(&all), NULL, &p->set, &err), &err);
    px_buf_release(&all);
    p->graph = px_json_get(p->graph, PX_STR("digitalTwinsGraph"));
    CHECK(p->graph != NULL);
}

static void close_pack(pack *p)
{
    px_model_set_release(&p->set);
    px_arena_release(&p->arena);
}

static const px_model *find_model(const pack *p, px_str id)
{
    for (size_t i = 0; i < p->set.count; i++)
        if (px_str_eq(px_model_id(p->set.models[i]), id))
            return p->set.models[i];
    return NULL;
}

PX_TEST(the_models_are_right)
{
    static const char *const ids[MODELS] = { "dtmi:pollux:manufacturing:Site;1",
                                             "dtmi:pollux:manufacturing:Area;1",
                                             "dtmi:pollux:manufacturing:Line;1",
                                             "dtmi:pollux:manufacturing:WorkUnit;1",
                                             "dtmi:pollux:manufacturing:Buffer;1" };
    pack p;

    open_pack(&p);
    CHECK_EQ(p.set.count, MODELS);
    for (size_t i = 0; i < MODELS; i++)
        CHECK(find_model(&p, px_str_c(ids[i])) != NULL);
    close_pack(&p);
}

/* Whatever has a name, or is an Interface or an enum's value, is called and explained in both. */
static size_t check_words(const px_json *node)
{
    static const char *const members[] = { "displayName", "description" };
    size_t checked = 0;

    if (px_json_is(node, PX_JSON_OBJECT) &&
        (px_json_get(node, PX_STR("name")) || px_json_get(node, PX_STR("@id"))))
        for (int i = 0; i < 2; i++) {
            const px_json *words = px_json_get(node, px_str_c(members[i]));

            CHECK(px_json_get_text(words, PX_STR("en")).len > 0);
            CHECK(px_json_get_text(words, PX_STR("zh-Hans")).len > 0);
            checked++;
        }
    if (px_json_is(node, PX_JSON_OBJECT) || px_json_is(node, PX_JSON_ARRAY))
        for (const px_json *child = node->first; child; child = child->next)
            checked += check_words(child);
    return checked;
}

PX_TEST(everything_is_said_in_both_languages)
{
    size_t checked = 0;
    pack p;

    open_pack(&p);
    for (size_t i = 0; i < p.set.count; i++) {
        px_json *root;
        px_err err;

        CHECK_OK(px_json_parse(px_model_text(p.set.models[i]), NULL, &p.arena, &root, &err), &err);
        checked += check_words(root);
    }
    CHECK(checked > 90);
    close_pack(&p);
}

PX_TEST(quantities_have_units)
{
    static const struct {
        const char *name, *unit;
    } wanted[] = { { "cycleTime", "second" },
                   { "idealCycleTime", "second" },
                   { "power", "kilowatt" },
                   { "bearingTemperature", "degreeCelsius" },
                   { "vibrationRms", "millimetrePerSecond" } };
    const px_layout *layout;
    pack p;

    open_pack(&p);
    layout = px_model_layout(find_model(&p, PX_STR("dtmi:pollux:manufacturing:WorkUnit;1")));
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        CHECK_SLICE(px_layout_find_path(layout, px_str_c(wanted[i].name))->unit, wanted[i].unit);
    CHECK(px_layout_find_path(layout, PX_STR("run"))->writable);
    close_pack(&p);
}

static const px_model *model_of(const pack *p, const px_json *twin)
{
    return find_model(p,
                      px_json_get_text(px_json_get(twin, PX_STR("$metadata")), PX_STR("$model")));
}

static const px_json *find_twin(const pack *p, px_str id)
{
    const px_json *twins = px_json_get(p->graph, PX_STR("digitalTwins"));

    for (const px_json *twin = twins->first; twin; twin = twin->next)
        if (px_str_eq(px_json_get_text(twin, PX_STR("$dtId")), id))
            return twin;
    return NULL;
}

PX_TEST(the_graph_fits_the_models)
{
    const px_json *list;
    pack p;

    open_pack(&p);
    list = px_json_get(p.graph, PX_STR("digitalTwins"));
    CHECK_EQ(list->count, 12);
    for (const px_json *twin = list->first; twin; twin = twin->next)
        CHECK(model_of(&p, twin) != NULL);
    list = px_json_get(p.graph, PX_STR("relationships"));
    CHECK_EQ(list->count, 2 + 9 + 8);
    for (const px_json *rel = list->first; rel; rel = rel->next) {
        const px_json *source = find_twin(&p, px_json_get_text(rel, PX_STR("$sourceId")));
        const px_json *target = find_twin(&p, px_json_get_text(rel, PX_STR("$targetId")));
        px_str name = px_json_get_text(rel, PX_STR("$relationshipName"));
        const px_relationship *declared;

        CHECK(source && target);
        declared = px_layout_relationship_find(px_model_layout(model_of(&p, source)), name);
        CHECK(declared != NULL);
        if (declared->target.len)
            CHECK(px_model_is_a(model_of(&p, target), declared->target));
    }
    close_pack(&p);
}

typedef struct hearing {
    const pack *pack;
    size_t messages;
} hearing;

/* Each name that the plant says is a field of its twin's model, and each value fits its schema. */
static void hear(void *data, const char *twin_id, bool reported, px_str json)
{
    hearing *h = data;
    const px_json *twin = find_twin(h->pack, px_str_c(twin_id));
    px_json *root;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    CHECK(twin != NULL);
    CHECK_EQ(px_json_parse(json, NULL, &arena, &root, NULL), PX_OK);
    for (const px_json *member = root->first; member; member = member->next) {
        const px_field *field;
        px_value value;
        px_err err;

        if (px_str_eq(member->key, PX_STR("$ts")))
            continue;
        field = px_layout_find_path(px_model_layout(model_of(h->pack, twin)), member->key);
        CHECK(field != NULL);
        CHECK(!reported || field->kind == PX_FIELD_PROPERTY);
        CHECK_OK(px_schema_check(field->schema, member, &arena, &value, &err), &err);
    }
    h->messages++;
}

PX_TEST(the_plant_says_nothing_that_the_models_do_not_know)
{
    px_report report;
    px_line line;
    hearing h;
    pack p;

    open_pack(&p);
    h = (hearing){ .pack = &p };
    px_line_init(&line, 1);
    px_report_init(&report, 1);
    for (unsigned i = 0; i < 3600 * PX_LINE_STEPS_PER_SECOND; i++) {
        px_line_step(&line);
        px_report_turn(&report, &line, (px_time)i, hear, &h);
    }
    CHECK(h.messages > 3600);
    px_report_release(&report);
    close_pack(&p);
}

PX_TEST_MAIN()
