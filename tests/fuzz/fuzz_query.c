/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries, and continuation tokens, from arbitrary bytes over a tiny world: no crash, and promises
 * that hold for every input.
 *
 * A refusal has an id and, when the text does not parse, a place inside it. The rows of an accepted
 * query are JSON, as many as were told; pages of one row join to the same rows, whatever is joined,
 * matched, grouped or ordered; COUNT() of a condition and NOT of it make all twins; and the whole
 * text is read again from every token.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "query/query.h"

enum { TENANT = 1, TWINS = 6, PAGES_MAX = 64, COST_MAX = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:f:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:f:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"s\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"b\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Property\",\"name\":\"m\",\"schema\":{\"@type\":\"Map\",\"mapKey\":{\"name\":"
    "\"k\","
    "\"schema\":\"string\"},\"mapValue\":{\"name\":\"v\",\"schema\":\"string\"}}},"
    "{\"@type\":\"Property\",\"name\":\"a\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
    "\"double\"}},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:f:Motor;1\"}]}]";

typedef struct world {
    px_graph *graph;
    px_registry *registry;
    px_env env;
} world;

static void must(px_status status)
{
    px_assert(status == PX_OK);
}

static int64_t no_clock(px_env *env)
{
    (void)env;
    return 0;
}

static void set(px_txn *txn, uint32_t no, uint32_t field, px_value value)
{
    px_origin origin = { .kind = PX_ORIGIN_COMMAND, .arrival_time = PX_SECOND };

    must(px_graph_set(txn, no, field, value, &origin, NULL, NULL));
}

static void make_world(world *w)
{
    px_model_set set_of = { 0 };
    px_txn *txn;

    must(px_graph_new(NULL, &w->graph, NULL));
    must(px_registry_new(&w->registry, NULL));
    must(px_models_parse_all(px_str_of(models, sizeof(models) - 1), NULL, &set_of, NULL, NULL));
    for (size_t i = 0; i < set_of.count; i++)
        must(px_registry_put(w->registry, TENANT, set_of.models[i], 0, 0, NULL, NULL));
    px_registry_commit(w->registry);
    px_model_set_release(&set_of);
    must(px_graph_begin(w->graph, &txn, NULL));
    px_txn_at(txn, 1, PX_SECOND);
    for (uint32_t i = 0; i < TWINS; i++) {
        char id[2] = { (char)('a' + i), '\0' };
        uint32_t no;

        must(px_graph_twin_put(txn, TENANT, px_str_c(id), i == 5 ? 1 : 2, 0, &no, NULL));
        if (i == 5)
            continue;
        set(txn, no, 0, px_value_num((px_num){ i * 5, -1, false }));
        set(txn, no, 1, px_value_text(px_str_c(id)));
        if (i % 2)
            set(txn, no, 2, px_value_bool(i == 1));
        set(txn, no, 3, px_value_json(PX_STR("{\"k\":\"v\",\"q\\\"\":\"\\u0041\",\"x\":null}")));
        set(txn, no, 4, px_value_json(PX_STR("[1,2.5,\"x\"]")));
    }
    for (uint32_t i = 0; i < TWINS; i++) { /* a ring with a loop and a way across */
        char id[2] = { (char)('0' + i), '\0' };

        must(px_graph_rel_put(txn, i + 1, px_str_c(id), i % 2 ? PX_STR("x") : PX_STR("y"),
                              i == 3 ? 4 : (i + 1) % TWINS + 1, PX_STR("{\"w\":1}"), 0, NULL,
                              NULL));
    }
    must(px_graph_rel_put(txn, 1, PX_STR("across"), PX_STR("x"), 4, PX_STR(""), 0, NULL, NULL));
    px_graph_commit(txn);
    w->env = (px_env){ .monotonic_ns = no_clock };
}

static const world *the_world(void)
{
    static world w;

    if (!w.graph)
        make_world(&w);
    return &w;
}

static px_status run(px_str text, px_str token, uint32_t items, px_buf *rows,
                     px_query_result *result, px_err *err)
{
    const world *w = the_world();
    px_query_opts opts = { .graph = w->graph,
                           .registry = w->registry,
                           .env = (px_env *)(uintptr_t)&w->env,
                           .cost_max = COST_MAX,
                           .parameters = PX_STR("{\"n\":2,\"s\":\"a\",\"l\":[1,\"a\",null],"
                                                "\"p\":{\"type\":\"Point\",\"coordinates\":"
                                                "[1,2]}}") };
    px_principal reader = { .tenant = TENANT, .role = PX_ROLE_READER };

    return px_query_run(&opts, &reader, text, token, items, NULL, rows, result, err);
}

static void check_rows(const px_buf *rows, uint64_t count)
{
    px_buf whole = { 0 };
    px_json *root;
    px_arena arena;

    px_arena_init(&arena, 16 << 20);
    px_put_char(&whole, '[');
    px_put(&whole, px_buf_str(rows));
    px_put_char(&whole, ']');
    must(px_json_parse(px_buf_str(&whole), NULL, &arena, &root, NULL));
    px_assert(root->count == count);
    px_arena_release(&arena);
    px_buf_release(&whole);
}

static void check_pages(px_str text, const px_buf *wanted)
{
    px_buf all = { 0 }, rows = { 0 }, token = { 0 };
    px_query_result result;

    for (int page = 0; page < PAGES_MAX; page++) {
        px_buf_clear(&rows);
        must(run(page ? PX_STR("") : text, px_buf_str(&token), 1, &rows, &result, NULL));
        if (rows.len && all.len)
            px_put_char(&all, ',');
        px_put(&all, px_buf_str(&rows));
        px_buf_clear(&token);
        px_put(&token, px_buf_str(&result.continuation));
        px_buf_release(&result.continuation);
        if (!token.len)
            break;
    }
    px_assert(token.len == 0 && px_str_eq(px_buf_str(&all), px_buf_str(wanted)));
    px_buf_release(&all);
    px_buf_release(&rows);
    px_buf_release(&token);
}

static void check_refusal(px_status status, const px_err *err)
{
    px_assert(err->status == status && err->id && err->id[0] && err->text[0]);
    px_assert(strlen(err->text) < sizeof(err->text) - 1);
    if (strcmp(err->id, "query.parse") == 0)
        px_assert(err->line >= 1 && err->column >= 1 && strchr(err->text, '^') &&
                  strncmp(err->text, "SQL query parse failed: ", 24) == 0);
}

static uint64_t count_where(const char *before, px_str condition, const char *after,
                            bool *ret_is_fine)
{
    px_buf text = { 0 }, rows = { 0 };
    px_query_result result;
    uint64_t count = 0;

    px_putf(&text, "SELECT COUNT() FROM DIGITALTWINS T WHERE %s", before);
    px_put(&text, condition);
    px_put_c(&text, after);
    *ret_is_fine = run(px_buf_str(&text), PX_STR(""), 0, &rows, &result, NULL) == PX_OK;
    if (*ret_is_fine && px_str_starts(px_buf_str(&rows), PX_STR("{\"COUNT\":")))
        count = strtoull(rows.ptr + strlen("{\"COUNT\":"), NULL, 10);
    px_buf_release(&text);
    px_buf_release(&rows);
    return count;
}

/* What alone is a condition holds or does not, for each twin. */
static void check_condition(px_str text)
{
    bool plain, bracketed, negated;
    uint64_t yes = count_where("", text, "", &plain);
    uint64_t again = count_where("(", text, ")", &bracketed);
    uint64_t no = count_where("NOT (", text, ")", &negated);

    if (plain && bracketed)
        px_assert(yes == again);
    if (plain && bracketed && negated)
        px_assert(again + no == TWINS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str text = px_str_of((const char *)data, size);
    px_query_result result;
    px_buf rows = { 0 };
    px_err err = { 0 };
    px_status status = run(text, PX_STR(""), 0, &rows, &result, &err);

    if (status == PX_OK) {
        check_rows(&rows, result.row_count);
        if (result.row_count < PAGES_MAX) {
            px_assert(result.continuation.len == 0);
            check_pages(text, &rows);
        }
        px_buf_release(&result.continuation);
    } else {
        px_assert(rows.len == 0);
        check_refusal(status, &err);
    }
    check_condition(text);
    px_buf_clear(&rows);
    status = run(PX_STR(""), text, 0, &rows, &result, &err);
    if (status == PX_OK)
        px_buf_release(&result.continuation);
    else
        check_refusal(status, &err);
    px_buf_release(&rows);
    return 0;
}
