/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random patterns over random graphs: the rows of MATCH and JOIN are those of a naive search that
 * tries everything from left to right, by rules written down here a second time; so are their
 * pages, their order, their windows and their groups.
 */
#include <stdio.h>
#include <stdlib.h>

#include "px_test.h"
#include "query_kit.h"

#define NODE "dtmi:test:Node;1"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" NODE "\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"integer\"}]}]";

enum {
    NODES = 6,
    EDGES_MAX = 12,
    HOPS_MAX = 3,
    VARS_MAX = HOPS_MAX + 1,
    ROWS_MAX = 20000,
    ROW = 64
};
enum { OUT, IN, EITHER };

typedef struct edge {
    int from, to, name, weight;
} edge;

typedef struct hop {
    int from, to, way, names, least, most, weight_below; /* of a bound one; 0: not bound */
} hop;

typedef struct world {
    query_kit kit;
    int values[NODES]; /* -1: missing */
    edge edges[EDGES_MAX];
    int edge_count;

    bool is_join;
    hop hops[HOPS_MAX];
    int hop_count, var_count;
    int fixed_var, fixed_node;      /* $dtId; var -1: none */
    int above_var, above;           /* n > above; var -1: none */
    int either_a, either_b, either; /* a.n = either OR b.n = either; a -1: none */

    int at[VARS_MAX];
    bool walked[EDGES_MAX];
    char (*rows)[ROW];
    int last_of_row[ROWS_MAX];
    int row_count;
} world;

/* ---- making one ---- */

static void make_graph(world *w, px_gen *gen)
{
    query_kit_init(&w->kit, NULL, models);
    for (int i = 0; i < NODES; i++) {
        char id[2] = { (char)('a' + i), '\0' }, n[2] = { 0 };
        uint32_t no = query_kit_twin(&w->kit, KIT_TENANT, id, NODE);

        w->values[i] = (int)px_gen_below(gen, 6) - 1;
        n[0] = (char)('0' + w->values[i]);
        if (w->values[i] >= 0)
            query_kit_num(&w->kit, no, NODE, "n", n);
    }
    w->edge_count = (int)px_gen_below(gen, EDGES_MAX + 1);
    for (int i = 0; i < w->edge_count; i++) {
        edge *e = &w->edges[i];
        char id[16], weight[32];

        *e = (edge){ .from = (int)px_gen_below(gen, NODES),
                     .to = (int)px_gen_below(gen, NODES),
                     .name = (int)px_gen_below(gen, 2),
                     .weight = (int)px_gen_below(gen, 5) };
        snprintf(id, sizeof(id), "e%d", i);
        snprintf(weight, sizeof(weight), "{\"w\":%d}", e->weight);
        query_kit_rel(&w->kit, (uint32_t)e->from + 1, id, e->name ? "y" : "x", (uint32_t)e->to + 1,
                      weight);
    }
}

static void make_hop(world *w, px_gen *gen, int number)
{
    hop *h = &w->hops[number];

    *h = (hop){ .from = number ? w->hops[number - 1].to : 0, .least = 1, .most = 1 };
    h->way = w->is_join ? OUT : (int)px_gen_below(gen, 3);
    h->names = 1 + (int)px_gen_below(gen, w->is_join ? 2 : 3); /* bits: x, y */
    if (w->is_join)
        h->from = (int)px_gen_below(gen, (uint64_t)w->var_count);
    h->to = !w->is_join && px_gen_below(gen, 5) == 0
                ? (int)px_gen_below(gen, (uint64_t)w->var_count)
                : w->var_count++;
    if (!w->is_join && px_gen_below(gen, 2)) {
        h->least = 1 + (int)px_gen_below(gen, 2);
        h->most = h->least + (int)px_gen_below(gen, 2);
    } else if (px_gen_below(gen, 3) == 0) {
        h->weight_below = 1 + (int)px_gen_below(gen, 5);
    }
}

static void make_pattern(world *w, px_gen *gen)
{
    w->is_join = px_gen_below(gen, 3) == 0;
    w->var_count = 1;
    w->hop_count = 1 + (int)px_gen_below(gen, HOPS_MAX);
    for (int i = 0; i < w->hop_count; i++)
        make_hop(w, gen, i);
    w->fixed_var = px_gen_below(gen, 4) ? (int)px_gen_below(gen, (uint64_t)w->var_count) : -1;
    w->fixed_node = (int)px_gen_below(gen, NODES);
    w->above_var = px_gen_below(gen, 3) ? -1 : (int)px_gen_below(gen, (uint64_t)w->var_count);
    w->above = (int)px_gen_below(gen, 4);
    w->either_a = px_gen_below(gen, 4) ? -1 : (int)px_gen_below(gen, (uint64_t)w->var_count);
    w->either_b = (int)px_gen_below(gen, (uint64_t)w->var_count);
    w->either = (int)px_gen_below(gen, 5);
}

/* ---- as text ---- */

static void put_match(const world *w, px_buf *text)
{
    static const char *const names[] = { "", ":x", ":y", ":y|x" };

    px_put_c(text, " MATCH (v0)");
    for (int i = 0; i < w->hop_count; i++) {
        const hop *h = &w->hops[i];

        px_put_c(text, h->way == IN ? "<-[" : "-[");
        if (h->weight_below)
            px_putf(text, "r%d", i);
        px_put_c(text, names[h->names]);
        if (h->least != h->most)
            px_putf(text, "*%d..%d", h->least - 1, h->most);
        else if (h->most != 1)
            px_putf(text, "*%d", h->most);
        px_putf(text, "]-%s(v%d)", h->way == OUT ? ">" : "", h->to);
    }
}

static void put_joins(const world *w, px_buf *text)
{
    px_put_c(text, " v0");
    for (int i = 0; i < w->hop_count; i++) {
        const hop *h = &w->hops[i];

        px_putf(text, " JOIN v%d RELATED v%d.%s", h->to, h->from, h->names == 1 ? "x" : "y");
        if (h->weight_below)
            px_putf(text, " r%d", i);
    }
}

/* Everything behind the columns. */
static void put_from(const world *w, px_buf *text)
{
    const char *word = " WHERE";

    px_put_c(text, " FROM DIGITALTWINS");
    if (w->is_join)
        put_joins(w, text);
    else
        put_match(w, text);
    for (int i = 0; i < w->hop_count; i++)
        if (w->hops[i].weight_below) {
            px_putf(text, "%s r%d.w < %d", word, i, w->hops[i].weight_below);
            word = " AND";
        }
    if (w->either_a >= 0) {
        px_putf(text, "%s (v%d.n = %d OR v%d.n = %d)", word, w->either_a, w->either, w->either_b,
                w->either);
        word = " AND";
    }
    if (w->above_var >= 0) {
        px_putf(text, "%s v%d.n > %d", word, w->above_var, w->above);
        word = " AND";
    }
    if (w->fixed_var >= 0)
        px_putf(text, "%s v%d.$dtId = '%c'", word, w->fixed_var, 'a' + w->fixed_node);
}

static void put_vars(const world *w, px_buf *text, const char *form, const char *between)
{
    for (int i = 0; i < w->var_count; i++) {
        px_put_c(text, i ? between : "");
        px_putf(text, "v%d.$dtId", i);
        if (form[0])
            px_putf(text, "%s%d", form, i);
    }
}

/* ---- the naive search ---- */

static bool holds(const world *w)
{
    if (w->fixed_var >= 0 && w->at[w->fixed_var] != w->fixed_node)
        return false;
    if (w->above_var >= 0 && w->values[w->at[w->above_var]] <= w->above)
        return false;
    return w->either_a < 0 || w->values[w->at[w->either_a]] == w->either ||
           w->values[w->at[w->either_b]] == w->either;
}

static void keep_row(world *w)
{
    char *row;
    int len = 0;

    if (!holds(w))
        return;
    CHECK(w->row_count < ROWS_MAX);
    row = w->rows[w->row_count];
    for (int i = 0; i < w->var_count; i++)
        len += snprintf(row + len, (size_t)(ROW - len), "%s\"a%d\":\"%c\"", i ? "," : "{", i,
                        'a' + w->at[i]);
    snprintf(row + len, (size_t)(ROW - len), "}");
    w->last_of_row[w->row_count++] = w->at[w->var_count - 1];
}

static void search(world *w, int number, int at, int steps);

/* The hop may end here. */
static void end_hop(world *w, int number, int at)
{
    const hop *h = &w->hops[number];
    int was = w->at[h->to];

    if (was >= 0 && was != at)
        return;
    w->at[h->to] = at;
    if (number + 1 == w->hop_count)
        keep_row(w);
    else
        search(w, number + 1, w->at[w->hops[number + 1].from], 0);
    w->at[h->to] = was;
}

static void take(world *w, int number, int i, int to, int steps)
{
    const hop *h = &w->hops[number];
    bool was = w->walked[i];

    if ((was && !w->is_join) || !(h->names >> w->edges[i].name & 1) ||
        (h->weight_below && w->edges[i].weight >= h->weight_below))
        return;
    w->walked[i] = true;
    if (steps + 1 >= h->least)
        end_hop(w, number, to);
    if (steps + 1 < h->most)
        search(w, number, to, steps + 1);
    w->walked[i] = was;
}

static void search(world *w, int number, int at, int steps)
{
    int way = w->hops[number].way;

    for (int i = 0; i < w->edge_count; i++) {
        const edge *e = &w->edges[i];

        if (way != IN && e->from == at)
            take(w, number, i, e->to, steps);
        if (way != OUT && e->to == at && (way == IN || e->from != e->to))
            take(w, number, i, e->from, steps);
    }
}

static void search_all(world *w)
{
    w->row_count = 0;
    memset(w->walked, 0, sizeof(w->walked));
    for (int start = 0; start < NODES; start++) {
        for (int i = 0; i < VARS_MAX; i++)
            w->at[i] = -1;
        w->at[0] = start;
        search(w, 0, start, 0);
    }
}

/* ---- comparing ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void check(world *w, const char *text, px_buf *wanted, uint32_t page)
{
    query_kit_all(&w->kit, text, page);
    if (!px_str_eq(px_buf_str(&w->kit.rows), px_buf_str(wanted)))
        fail_msg("%s\ngave   %.*s\nwanted %.*s", text, PX_FMT(px_buf_str(&w->kit.rows)),
                 PX_FMT(px_buf_str(wanted)));
    px_buf_clear(wanted);
}

static void check_count(world *w, px_buf *from)
{
    px_buf text = { 0 }, wanted = { 0 };

    px_putf(&text, "SELECT COUNT()%s", from->ptr);
    px_putf(&wanted, "{\"COUNT\":%d}", w->row_count);
    check(w, text.ptr, &wanted, 0);
    px_buf_release(&text);
    px_buf_release(&wanted);
}

/* Every column orders, so that only rows that are the same are alike. */
static void check_order(world *w, px_gen *gen, px_buf *from)
{
    bool descends = px_gen_below(gen, 2);
    int offset = px_gen_below(gen, 2) ? 0 : (int)px_gen_below(gen, 9);
    int limit = px_gen_below(gen, 2) ? ROWS_MAX : (int)px_gen_below(gen, 9);
    px_buf text = { 0 }, wanted = { 0 };

    px_put_c(&text, "SELECT ");
    put_vars(w, &text, " AS a", ", ");
    px_putf(&text, "%s ORDER BY ", from->ptr);
    put_vars(w, &text, "", descends ? " DESC, " : ", ");
    px_put_c(&text, descends ? " DESC" : "");
    px_putf(&text, " OFFSET %d LIMIT %d", offset, limit);
    for (int i = offset; i < w->row_count && i - offset < limit; i++)
        px_putf(&wanted, "%s%s", i > offset ? "," : "",
                w->rows[descends ? w->row_count - 1 - i : i]);
    check(w, text.ptr, &wanted, w->row_count < 60 ? (uint32_t)px_gen_below(gen, 12) : 0);
    px_buf_release(&text);
    px_buf_release(&wanted);
}

/* Without an order the same rows come in another, over pages of any size. */
static void check_rows(world *w, px_gen *gen, px_buf *from)
{
    px_buf text = { 0 }, sorted = { 0 }, wanted = { 0 };
    char(*rows)[ROW] = calloc((size_t)w->row_count + 1, ROW);
    uint64_t count = 0;

    CHECK(rows != NULL);
    px_put_c(&text, "SELECT ");
    put_vars(w, &text, " AS a", ", ");
    px_put_c(&text, from->ptr);
    query_kit_all(&w->kit, text.ptr, w->row_count < 60 ? (uint32_t)px_gen_below(gen, 5) : 0);
    CHECK_EQ(w->kit.result.row_count, w->row_count);
    for (size_t at = 0; at < w->kit.rows.len; count++) {
        const char *end = memchr(w->kit.rows.ptr + at, '}', w->kit.rows.len - at);
        size_t len = (size_t)(end - w->kit.rows.ptr) + 1 - at;

        CHECK(len < ROW);
        memcpy(rows[count], w->kit.rows.ptr + at, len);
        at += len + 1;
    }
    qsort(rows, count, ROW, by_text);
    for (uint64_t i = 0; i < count; i++)
        px_putf(&sorted, "%s\n", rows[i]);
    for (int i = 0; i < w->row_count; i++)
        px_putf(&wanted, "%s\n", w->rows[i]);
    CHECK_EQ(count, w->row_count);
    if (count && !px_str_eq(px_buf_str(&sorted), px_buf_str(&wanted)))
        fail_msg("%s\ngave   %s\nwanted %s", text.ptr, sorted.ptr, wanted.ptr);
    free(rows);
    px_buf_release(&text);
    px_buf_release(&sorted);
    px_buf_release(&wanted);
}

static void check_groups(world *w, px_buf *from)
{
    int last = w->var_count - 1, counts[NODES] = { 0 };
    px_buf text = { 0 }, wanted = { 0 };

    for (int i = 0; i < w->row_count; i++)
        counts[w->last_of_row[i]]++;
    px_putf(&text,
            "SELECT v%d.$dtId AS k, COUNT() AS c, SUM(v%d.n) AS s, MAX(v%d.n) AS m%s GROUP BY "
            "v%d.$dtId ORDER BY k",
            last, last, last, from->ptr, last);
    for (int i = 0; i < NODES; i++) {
        if (!counts[i])
            continue;
        px_putf(&wanted, "%s{\"k\":\"%c\",\"c\":%d", wanted.len ? "," : "", 'a' + i, counts[i]);
        if (w->values[i] >= 0)
            px_putf(&wanted, ",\"s\":%d,\"m\":%d", counts[i] * w->values[i], w->values[i]);
        px_put_char(&wanted, '}');
    }
    check(w, text.ptr, &wanted, 2);
    px_buf_release(&text);
    px_buf_release(&wanted);
}

PX_PROP(a_walk_gives_what_a_naive_search_gives, 40)
{
    world *w = calloc(1, sizeof(*w));

    CHECK(w != NULL);
    w->rows = calloc(ROWS_MAX, ROW);
    CHECK(w->rows != NULL);
    make_graph(w, gen);
    for (int i = 0; i < 25; i++) {
        px_buf from = { 0 };

        make_pattern(w, gen);
        put_from(w, &from);
        search_all(w);
        check_groups(w, &from);
        qsort(w->rows, (size_t)w->row_count, ROW, by_text);
        check_count(w, &from);
        check_rows(w, gen, &from);
        check_order(w, gen, &from);
        px_buf_release(&from);
    }
    query_kit_release(&w->kit);
    free(w->rows);
    free(w);
}

PX_TEST_MAIN()
