/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking ahead changes nothing that is seen: ways over graphs with hubs wider than it looks, whose
 * relationships lie in many nodes of the indexes, are those of a naive walk, in its order, and cost
 * as much; pages that end anywhere are its rows cut there.
 */
#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"
#include "query_kit.h"

#define NODE "dtmi:test:Node;1"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" NODE "\",\"@type\":\"Interface\"}]";

enum { NODES = 60, EDGES = 260, HUB_EDGES = 70 };

typedef struct world {
    query_kit kit;
    uint32_t from[EDGES + 1], to[EDGES + 1]; /* by number */
    uint32_t edges;
    bool named[EDGES + 1]; /* x, the others y */
    uint32_t path[4], len;
    uint32_t least, most;
    bool either;
    uint64_t rows, cost;
    px_buf text; /* rows, as they come */
} world;

static void make(world *w, px_gen *gen)
{
    query_kit_init(&w->kit, NULL, models);
    for (uint32_t i = 1; i <= NODES; i++) {
        char id[16];

        snprintf(id, sizeof(id), "n%u", i);
        CHECK_EQ(query_kit_twin(&w->kit, KIT_TENANT, id, NODE), i);
    }
    for (uint32_t i = 1; i <= EDGES; i++) {
        char id[16];

        w->from[i] = i <= HUB_EDGES ? 1 : 1 + (uint32_t)px_gen_below(gen, NODES);
        w->to[i] = 1 + (uint32_t)px_gen_below(gen, NODES);
        w->named[i] = px_gen_below(gen, 4) > 0;
        snprintf(id, sizeof(id), "e%u", i);
        CHECK_EQ(query_kit_rel(&w->kit, w->from[i], id, w->named[i] ? "x" : "y", w->to[i], ""), i);
    }
}

static void walk(world *w, uint32_t at);

static void try_edge(world *w, uint32_t rel, uint32_t other)
{
    w->cost++;
    for (uint32_t i = 0; i < w->len; i++)
        if (w->path[i] == rel)
            return;
    w->path[w->len++] = rel;
    if (w->len >= w->least) {
        px_putf(&w->text, "%s{\"b\":\"n%u\"}", w->rows ? "," : "", other);
        w->rows++;
    }
    if (w->len < w->most)
        walk(w, other);
    w->len--;
}

/* Outwards by number, then inwards by number: with one name that is the order of the index. */
static void walk(world *w, uint32_t at)
{
    for (uint32_t i = 1; i <= EDGES; i++)
        if (w->from[i] == at && w->named[i])
            try_edge(w, i, w->to[i]);
    for (uint32_t i = 1; i <= EDGES && w->either; i++)
        if (w->to[i] == at && w->named[i] && w->from[i] != at)
            try_edge(w, i, w->from[i]);
}

static void check(world *w, px_gen *gen)
{
    uint32_t start = px_gen_below(gen, 2) ? 1 : 1 + (uint32_t)px_gen_below(gen, NODES);
    uint32_t pages;
    char text[256];

    w->either = px_gen_below(gen, 2);
    w->least = 1 + (uint32_t)px_gen_below(gen, 3);
    w->most = w->least + (uint32_t)px_gen_below(gen, w->either ? 1 : 2);
    w->most = w->most > 3 ? 3 : w->most == 1 ? 2 : w->most;
    w->rows = w->cost = w->len = 0;
    px_buf_clear(&w->text);
    walk(w, start);

    snprintf(text, sizeof(text),
             "SELECT COUNT() FROM DIGITALTWINS MATCH (a)-[:x*%u..%u]-%s(b) WHERE a.$dtId = 'n%u'",
             w->least - 1, w->most, w->either ? "" : ">", start);
    CHECK_EQ(query_kit_run(&w->kit, text, PX_STR(""), 0), PX_OK);
    CHECK_EQ(w->kit.result.cost, w->cost + 1);
    snprintf(text, sizeof(text), "{\"COUNT\":%llu}", (unsigned long long)w->rows);
    CHECK_SLICE(px_buf_str(&w->kit.rows), text);

    snprintf(text, sizeof(text),
             "SELECT b.$dtId AS b FROM DIGITALTWINS MATCH (a)-[:x*%u..%u]-%s(b) WHERE a.$dtId = "
             "'n%u'",
             w->least - 1, w->most, w->either ? "" : ">", start);
    pages = query_kit_all(&w->kit, text, w->rows > 2000 ? 900 : 1 + (uint32_t)w->rows / 3);
    CHECK(pages >= 1);
    CHECK(px_str_eq(px_buf_str(&w->kit.rows), px_buf_str(&w->text)));
}

PX_PROP(ways_are_those_of_a_naive_walk_in_its_order, 6)
{
    world w = { 0 };

    make(&w, gen);
    for (int i = 0; i < 6; i++)
        check(&w, gen);
    px_buf_release(&w.text);
    query_kit_release(&w.kit);
}

/* Longer than the part of a way on which it looks ahead. */
PX_TEST(a_long_chain_is_walked_to_its_end)
{
    enum { LONG = 300 };
    query_kit kit;

    query_kit_init(&kit, NULL, models);
    for (uint32_t i = 1; i <= LONG; i++) {
        char id[16];

        snprintf(id, sizeof(id), "n%u", i);
        query_kit_twin(&kit, KIT_TENANT, id, NODE);
    }
    for (uint32_t i = 1; i < LONG; i++) {
        char id[16];

        snprintf(id, sizeof(id), "e%u", i);
        query_kit_rel(&kit, i, id, "x", i + 1, "");
    }
    CHECK_ROWS(&kit, "SELECT COUNT() FROM DIGITALTWINS MATCH (a)-[:x*]->(b) WHERE a.$dtId = 'n1'",
               "{\"COUNT\":299}");
    query_kit_release(&kit);
}

PX_TEST_MAIN()
