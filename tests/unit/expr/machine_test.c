/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/expr.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Asset;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"label\",\"schema\":\"string\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"extends\":\"dtmi:test:Asset;1\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"pressure\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"run\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Property\",\"name\":\"spec\",\"schema\":{\"@type\":\"Map\",\"mapKey\":{\"name\":"
    "\"k\",\"schema\":\"string\"},\"mapValue\":{\"name\":\"v\",\"schema\":\"string\"}}},"
    "{\"@type\":\"Property\",\"name\":\"unset\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"count\",\"schema\":\"long\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:test:Motor;1\"}]}]";

enum { VALUES_MAX = 12 };

/* One row: values by property number of a Pump, as JSON text would have them. */
typedef struct row {
    uint32_t model_no;
    px_value values[VALUES_MAX];
} row;

static px_model_set set;
static uint32_t binds;

static uint32_t model_no_of(const void *r)
{
    return ((const row *)r)->model_no;
}

/* 1 the Motor, 2 the Asset, 3 the Pump; the others are Pumps, too, but 0. */
static const px_model *model_of(void *data, uint32_t model_no)
{
    (void)data;
    binds++;
    return model_no == 0 ? NULL : set.models[model_no > 3 ? 2 : model_no - 1];
}

static px_str id_of(const void *r)
{
    (void)r;
    return PX_STR("p1");
}

static void field_of(const void *r, uint32_t field, px_value *ret_value)
{
    *ret_value = ((const row *)r)->values[field];
}

static size_t text_of(void *data, const void *r, const px_model *model,
                      const px_expr_binding *binding, char ret_bytes[PX_EXPR_TEXT_BYTES])
{
    const char *text = "";

    (void)data;
    (void)r;
    (void)model;
    if (binding->what == PX_EXPR_ETAG)
        text = "W/\"1\"";
    if (binding->what == PX_EXPR_TIME)
        text = binding->component == PX_NO_COMPONENT ? "2026-01-02T00:00:00.0000000Z"
                                                     : "2026-01-01T00:00:00.0000000Z";
    if (binding->what == PX_EXPR_FIELD_TIME)
        text = "2026-01-03T00:00:00.0000000Z";
    memcpy(ret_bytes, text, strlen(text));
    return strlen(text);
}

static const px_expr_rows rows = {
    .model_no = model_no_of, .model = model_of, .id = id_of, .field = field_of, .text = text_of
};

static void put(row *r, const char *path, px_value value)
{
    const px_field *field = px_layout_find_path(px_model_layout(set.models[2]), px_str_c(path));

    CHECK(field && field->index < VALUES_MAX);
    r->values[field->index] = value;
}

static row pump(void)
{
    row r = { .model_no = 3 };

    put(&r, "label", px_value_text(PX_STR("Feed pump \xC3\xBC")));
    put(&r, "pressure", px_value_num((px_num){ 250, -2, false }));
    put(&r, "run", px_value_bool(true));
    put(&r, "count", px_value_num((px_num){ INT64_C(9007199254740993), 0, false }));
    put(&r, "flow", px_value_num(px_num_int(7)));
    put(&r, "motor.speed", px_value_num(px_num_int(1450)));
    put(&r, "spec",
        px_value_json(PX_STR("{\"maker\":\"ACME\",\"a\\\"b\":\"x\\u0041\",\"n\":null,\"size\":{"
                             "\"mm\":12.5},\"list\":[1,\"two\",[3],true]}")));
    return r;
}

static void begin(void)
{
    px_err err;
    px_models_opts opts = { 0 };

    CHECK_OK(px_models_parse_all(px_str_of(models, sizeof(models) - 1), &opts, &set, NULL, &err),
             &err);
    binds = 0;
}

static void compile(const char *text, px_lexer *lexer, px_arena *arena, px_expr **ret_expr)
{
    static const px_str name = { "T", 1 };
    px_expr_scope scope = { .names = &name, .count = 1 };
    px_expr_source source = { 0 };
    px_expr_node *tree;
    px_err err = { 0 };

    CHECK_OK(px_lexer_init(lexer, px_str_c(text), "test", "test.parse", arena, &err), &err);
    CHECK_OK(px_expr_parse(lexer, &scope, &tree, &err), &err);
    source.condition = tree;
    CHECK_OK(px_expr_compile(&source, arena, ret_expr, &err), &err);
}

static bool holds(const char *text, const row *r)
{
    px_expr_machine machine;
    px_lexer lexer;
    px_arena arena;
    px_expr *expr;
    px_err err;
    bool answer;

    px_arena_init(&arena, 1 << 20);
    compile(text, &lexer, &arena, &expr);
    px_expr_machine_init(&machine, expr, &rows);
    CHECK_OK(px_expr_test(&machine, r, &answer, &err), &err);
    px_expr_machine_release(&machine);
    px_arena_release(&arena);
    return answer;
}

static void check_table(const char *const *texts, bool wanted)
{
    row r = pump();

    for (; *texts; texts++)
        if (holds(*texts, &r) != wanted)
            fail_msg("%s should be %s", *texts, wanted ? "true" : "false");
}

PX_TEST(numbers_compare_exactly)
{
    static const char *const yes[] = { "pressure = 2.5",
                                       "pressure = 2.500",
                                       "pressure >= 2.5",
                                       "pressure <= 2.5",
                                       "pressure != 2.51",
                                       "pressure < 2.50000000000000001",
                                       "2 < pressure",
                                       "T.count = 9007199254740993",
                                       "[[count]] > 9007199254740992",
                                       "T.motor.speed = 1.45e3",
                                       NULL };
    static const char *const no[] = { "pressure != 2.5", "pressure < 2.5", "pressure > 2.5",
                                      "T.count = 9007199254740992", NULL };

    begin();
    check_table(yes, true);
    check_table(no, false);
    px_model_set_release(&set);
}

PX_TEST(strings_compare_by_code_point)
{
    static const char *const yes[] = { "label = 'Feed pump \xC3\xBC'",
                                       "label > 'Feed pump z'",
                                       "label < 'feed'",
                                       "STARTSWITH(label, 'Feed')",
                                       "ENDSWITH(label, '\xC3\xBC')",
                                       "CONTAINS(label, 'd p')",
                                       "CONTAINS(label, '')",
                                       "$dtId = 'p1'",
                                       NULL };
    static const char *const no[] = { "label = 'feed pump \xC3\xBC'",
                                      "STARTSWITH(label, 'feed')",
                                      "ENDSWITH(label, 'Feed pump \xC3\xBC!')",
                                      "CONTAINS(label, 'pumps')",
                                      "STARTSWITH(pressure, '2')",
                                      NULL };

    begin();
    check_table(yes, true);
    check_table(no, false);
    px_model_set_release(&set);
}

PX_TEST(what_is_missing_makes_every_comparison_false)
{
    static const char *const no[] = { "unset = 1",           "unset != 1",
                                      "unset < 1",           "unset = null",
                                      "unset != null",       "unset IN [1, null]",
                                      "unset NIN [1]",       "IS_DEFINED(unset)",
                                      "IS_NULL(unset)",      "IS_PRIMITIVE(unset)",
                                      "IS_OBJECT(unset)",    "nosuch != 1",
                                      "Pressure = 2.5",      "pressure = unset",
                                      "pressure != unset",   "pressure IN [unset]",
                                      "label.x = 1",         "spec.nosuch != 1",
                                      "spec.maker.x != 1",   "flow = 7",
                                      "IS_DEFINED(flow)",    "motor.nosuch = 1",
                                      "$dtId.x = 1",         "$nosuch = 1",
                                      "CONTAINS(unset, '')", NULL };
    static const char *const yes[] = { "NOT unset = 1", "NOT IS_DEFINED(unset)", "NOT unset IN [1]",
                                       NULL };

    begin();
    check_table(no, false);
    check_table(yes, true);
    px_model_set_release(&set);
}

PX_TEST(types_do_not_mix)
{
    static const char *const yes[] = {
        "pressure != '2.5'", "run != 1",      "label != null",   "spec != null", "run = true",
        "run != false",      "spec.n = null", "IS_NULL(spec.n)", "motor != 5",   NULL
    };
    static const char *const no[] = { "pressure = '2.5'",
                                      "pressure < 'a'",
                                      "pressure > 'a'",
                                      "run = 1",
                                      "run > false",
                                      "run <= true",
                                      "spec = spec",
                                      "spec != spec",
                                      "spec < spec",
                                      "null < null",
                                      "motor = motor",
                                      "spec.n != null",
                                      NULL };

    begin();
    check_table(yes, true);
    check_table(no, false);
    px_model_set_release(&set);
}

PX_TEST(asks_for_types)
{
    static const char *const yes[] = { "IS_NUMBER(pressure)",  "IS_STRING(label)",
                                       "IS_BOOL(run)",         "IS_OBJECT(spec)",
                                       "IS_OBJECT(T)",         "IS_OBJECT(motor)",
                                       "IS_PRIMITIVE(run)",    "IS_PRIMITIVE(spec.n)",
                                       "IS_DEFINED(motor)",    "IS_OBJECT($metadata)",
                                       "IS_OBJECT(spec.size)", NULL };
    static const char *const no[] = {
        "IS_NUMBER(label)",    "IS_STRING(pressure)",  "IS_BOOL(label)",
        "IS_OBJECT(label)",    "IS_OBJECT(spec.list)", "IS_PRIMITIVE(spec)",
        "IS_PRIMITIVE(motor)", "IS_NULL(label)",       NULL
    };

    begin();
    check_table(yes, true);
    check_table(no, false);
    px_model_set_release(&set);
}

PX_TEST(reads_inside_objects_maps_and_arrays)
{
    static const char *const yes[] = { "spec.maker = 'ACME'",
                                       "spec.[[a\"b]] = 'xA'",
                                       "spec.size.mm = 12.50",
                                       "ARRAY_CONTAINS(spec.list, 'two')",
                                       "ARRAY_CONTAINS(spec.list, 1.0)",
                                       "ARRAY_CONTAINS(spec.list, true)",
                                       NULL };
    static const char *const no[] = { "spec.maker = 'acme'",
                                      "ARRAY_CONTAINS(spec.list, 3)",
                                      "ARRAY_CONTAINS(spec.list, 'one')",
                                      "ARRAY_CONTAINS(label, 'F')",
                                      "spec.list.[[0]] = 1",
                                      NULL };

    begin();
    check_table(no, false);
    check_table(yes, true);
    px_model_set_release(&set);
}

PX_TEST(memberships)
{
    static const char *const yes[] = { "pressure IN [1, 2.50]", "pressure NIN [1, '2.5']",
                                       "label IN ['x', label]", "$dtId IN ['p1']", NULL };
    static const char *const no[] = { "pressure IN [1, '2.5']", "pressure NIN [2.5]", NULL };

    begin();
    check_table(yes, true);
    check_table(no, false);
    px_model_set_release(&set);
}

PX_TEST(logic_goes_by_the_table_of_truth_whatever_stands_where)
{
    static const char *const atoms[] = { "run = true", "run = false" };
    row r;

    begin();
    r = pump();
    for (unsigned bits = 0; bits < 8; bits++) {
        bool a = !(bits & 1), b = !(bits & 2), c = !(bits & 4);
        char text[160];

        snprintf(text, sizeof(text), "%s AND %s OR %s", atoms[!a], atoms[!b], atoms[!c]);
        CHECK_EQ(holds(text, &r), (a && b) || c);
        snprintf(text, sizeof(text), "%s AND (%s OR %s)", atoms[!a], atoms[!b], atoms[!c]);
        CHECK_EQ(holds(text, &r), a && (b || c));
        snprintf(text, sizeof(text), "NOT (%s OR %s) AND NOT %s", atoms[!a], atoms[!b], atoms[!c]);
        CHECK_EQ(holds(text, &r), !(a || b) && !c);
        snprintf(text, sizeof(text), "NOT (%s AND %s AND %s)", atoms[!a], atoms[!b], atoms[!c]);
        CHECK_EQ(holds(text, &r), !(a && b && c));
        snprintf(text, sizeof(text), "(%s OR %s) AND (%s OR NOT %s)", atoms[!a], atoms[!b],
                 atoms[!c], atoms[!a]);
        CHECK_EQ(holds(text, &r), (a || b) && (c || !a));
    }
    px_model_set_release(&set);
}

PX_TEST(metadata_is_text_in_its_usual_form)
{
    static const char *const yes[] = {
        "$metadata.$model = 'dtmi:test:Pump;1'",
        "T.$etag = 'W/\"1\"'",
        "$metadata.$lastUpdateTime >= '2026-01-02'",
        "$metadata.pressure.lastUpdateTime > $metadata.$lastUpdateTime",
        "motor.$metadata.$lastUpdateTime < $metadata.$lastUpdateTime",
        "IS_OBJECT($metadata.pressure)",
        NULL
    };
    static const char *const no[] = {
        "$metadata.unset.lastUpdateTime.x = 'a'",    "IS_DEFINED($metadata.unset)",
        "IS_DEFINED($metadata.pressure.sourceTime)", "IS_DEFINED($metadata.pressure.other)",
        "IS_DEFINED(motor.$metadata.$model)",        NULL
    };

    begin();
    check_table(yes, true);
    check_table(no, false);
    px_model_set_release(&set);
}

PX_TEST(a_model_counts_for_all_that_it_extends_unless_exact)
{
    static const char *const yes[] = { "IS_OF_MODEL('dtmi:test:Pump;1')",
                                       "IS_OF_MODEL('dtmi:test:Asset;1')",
                                       "IS_OF_MODEL(T, 'dtmi:test:Pump;1', exact)", NULL };
    static const char *const no[] = { "IS_OF_MODEL('dtmi:test:Motor;1')",
                                      "IS_OF_MODEL('dtmi:test:Asset;1', exact)",
                                      "IS_OF_MODEL('dtmi:test:Pump;2')", NULL };
    row nobody = { 0 };

    begin();
    check_table(yes, true);
    check_table(no, false);
    CHECK(!holds("IS_OF_MODEL('dtmi:test:Pump;1') OR IS_DEFINED(pressure)", &nobody));
    px_model_set_release(&set);
}

PX_TEST(telemetry_is_found_only_when_asked_for)
{
    static const px_str step = { "flow", 4 };
    px_expr_path path = { .count = 1, .steps = &step };
    const px_layout *layout;

    begin();
    layout = px_model_layout(set.models[2]);
    CHECK_EQ(px_expr_bind(layout, &path, false).what, PX_EXPR_MISSING);
    CHECK_EQ(px_expr_bind(layout, &path, true).what, PX_EXPR_FIELD);
    px_model_set_release(&set);
}

PX_TEST(a_model_is_resolved_once_and_its_rows_ask_for_no_memory)
{
    px_expr_machine machine;
    uint64_t requests;
    row r[2];
    px_lexer lexer;
    px_arena arena;
    px_expr *expr;
    px_err err;
    bool answer;

    begin();
    px_arena_init(&arena, 1 << 20);
    compile("pressure > 2 AND spec.[[a\"b]] = 'xA' AND $metadata.$lastUpdateTime > '2026'", &lexer,
            &arena, &expr);
    px_expr_machine_init(&machine, expr, &rows);
    r[0] = r[1] = pump();
    r[1].model_no = 4;
    for (int i = 0; i < 2; i++)
        CHECK_OK(px_expr_test(&machine, &r[i], &answer, &err), &err);
    (void)px_mem_requests();
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(px_expr_test(&machine, &r[i % 2], &answer, &err), &err);
        CHECK(answer);
    }
    requests = px_mem_requests();
    CHECK_EQ(requests, 0);
    CHECK_EQ(binds, 2);
    px_expr_machine_release(&machine);
    px_arena_release(&arena);
    px_model_set_release(&set);
}

PX_TEST(more_models_than_the_cache_holds_are_resolved_again)
{
    px_buf text = { 0 };
    px_expr_machine machine;
    px_lexer lexer;
    px_arena arena;
    px_expr *expr;
    px_err err;
    bool answer;
    row r;

    begin();
    r = pump();
    for (int i = 0; i < PX_EXPR_PATHS_MAX; i++)
        px_putf(&text, "%sa%d = 1", i ? " OR " : "", i);
    px_arena_init(&arena, 4 << 20);
    compile(px_buf_str(&text).ptr, &lexer, &arena, &expr);
    px_expr_machine_init(&machine, expr, &rows);
    for (uint32_t no = 1; no <= 2000; no++) {
        r.model_no = 3 + no;
        CHECK_OK(px_expr_test(&machine, &r, &answer, &err), &err);
        CHECK(!answer);
        CHECK(machine.cache.used <= PX_EXPR_CACHE_BYTES_MAX);
    }
    px_expr_machine_release(&machine);
    px_arena_release(&arena);
    px_buf_release(&text);
    px_model_set_release(&set);
}

/* A member behind `bytes` of text that has to be unescaped first. */
static px_status test_behind(size_t bytes, bool *ret_holds, px_err *err)
{
    px_buf map = { 0 };
    px_expr_machine machine;
    px_lexer lexer;
    px_arena arena;
    px_expr *expr;
    px_status status;
    row r = pump();

    px_put_c(&map, "{\"big\":\"\\n");
    for (size_t i = 0; i < bytes; i++)
        px_put_char(&map, 'x');
    px_put_c(&map, "\",\"small\":1}");
    put(&r, "spec", px_value_json(px_buf_str(&map)));
    px_arena_init(&arena, 1 << 20);
    compile("NOT (spec.small = 2)", &lexer, &arena, &expr);
    px_expr_machine_init(&machine, expr, &rows);
    status = px_expr_test(&machine, &r, ret_holds, err);
    px_expr_machine_release(&machine);
    px_arena_release(&arena);
    px_buf_release(&map);
    return status;
}

PX_TEST(a_value_too_large_to_be_read_is_an_error_and_never_just_missing)
{
    px_err err;
    bool answer;

    begin();
    CHECK_OK(test_behind(PX_EXPR_SCRATCH_BYTES_MAX / 2, &answer, &err), &err);
    CHECK(answer);
    CHECK_EQ(test_behind(PX_EXPR_SCRATCH_BYTES_MAX, &answer, &err), PX_LIMIT);
    px_model_set_release(&set);
}

PX_TEST(different_paths_are_counted_to_their_limit_and_the_same_once)
{
    static px_expr_node paths[PX_EXPR_PATHS_MAX + 1];
    const px_expr_node *columns[PX_EXPR_PATHS_MAX + 1];
    static char names[PX_EXPR_PATHS_MAX + 1][8];
    px_str steps[PX_EXPR_PATHS_MAX + 1];
    px_expr_source source = { .columns = columns, .column_count = PX_EXPR_PATHS_MAX };
    px_arena arena;
    px_expr *expr;
    uint32_t count;
    px_err err;

    for (int i = 0; i <= PX_EXPR_PATHS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "a%d", i);
        steps[i] = px_str_c(names[i]);
        paths[i].kind = PX_EXPR_PATH;
        paths[i].path = (px_expr_path){ .count = 1, .steps = &steps[i] };
        columns[i] = &paths[i];
    }
    px_arena_init(&arena, 4 << 20);
    CHECK_OK(px_expr_compile(&source, &arena, &expr, &err), &err);
    source.column_count++;
    CHECK_EQ(px_expr_compile(&source, &arena, &expr, &err), PX_LIMIT);
    CHECK_STR(err.id, "expr.paths");
    columns[PX_EXPR_PATHS_MAX] = &paths[0];
    CHECK_OK(px_expr_compile(&source, &arena, &expr, &err), &err);
    CHECK_EQ(px_expr_paths(expr, &count)[0].count, 1);
    CHECK_EQ(count, PX_EXPR_PATHS_MAX);
    px_arena_release(&arena);
}

PX_TEST_MAIN()
