/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random conditions over random worlds: the rows of a query are those of a naive filter over all
 * twins. A condition is written as text and, at once, worked out for every twin of the world, by
 * rules written down here a second time.
 */
#include <stdio.h>

#include "px_test.h"
#include "query_kit.h"

#define ASSET "dtmi:test:Asset;1"
#define PUMP "dtmi:test:Pump;1"
#define VALVE "dtmi:test:Valve;1"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Part;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" ASSET "\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"s\",\"schema\":\"string\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" PUMP "\",\"@type\":\"Interface\","
    "\"extends\":\"" ASSET "\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"b\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Component\",\"name\":\"c\",\"schema\":\"dtmi:test:Part;1\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" VALVE "\",\"@type\":\"Interface\","
    "\"extends\":\"" ASSET "\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"string\"}]}]";

static const char *const dtmis[] = { ASSET, PUMP, VALVE };
static const char *const texts[] = { "", "a", "ab", "b", "ba", "\xC3\xA9", "it's" };
static const char *const paths[] = { "s", "n", "b", "c.n", "$dtId", "$metadata.$model", "nosuch" };

enum { TWINS = 48, TEXTS = 7, PATHS = 7, P_ID = 4, P_MODEL = 5, DEPTH_MAX = 4 };

typedef enum value_kind { MISSING, BOOL, NUM, TEXT, NULLS } value_kind;

typedef struct value {
    value_kind kind;
    int number; /* BOOL; NUM: tenths */
    const char *text;
} value;

typedef struct twin {
    char id[8];
    uint32_t tenant, no, model;
    value values[PATHS];
} twin;

typedef struct world {
    query_kit kit;
    twin twins[TWINS];
} world;

/* ---- making one ---- */

static value random_value(px_gen *gen, value_kind kind)
{
    value v = { .kind = kind };

    if (kind == BOOL)
        v.number = (int)px_gen_below(gen, 2);
    if (kind == NUM)
        v.number = (int)px_gen_below(gen, 7) * 5 - 15;
    if (kind == TEXT)
        v.text = texts[px_gen_below(gen, TEXTS)];
    return v;
}

/* The same number in several spellings. */
static px_num num_of(px_gen *gen, int tenths)
{
    if (tenths % 10 == 0 && px_gen_below(gen, 2))
        return px_num_int(tenths / 10);
    if (px_gen_below(gen, 4) == 0)
        return px_num_double(tenths / 10.0); /* halves: exact */
    return px_gen_below(gen, 2) ? (px_num){ tenths, -1, false }
                                : (px_num){ tenths * 100, -3, false };
}

static void store(world *w, px_gen *gen, twin *t, int path, value_kind kind)
{
    value v = random_value(gen, kind);
    px_value stored = v.kind == BOOL  ? px_value_bool(v.number)
                      : v.kind == NUM ? px_value_num(num_of(gen, v.number))
                                      : px_value_text(px_str_c(v.text));

    if (px_gen_below(gen, 3) == 0)
        return;
    t->values[path] = v;
    query_kit_set(&w->kit, t->no, dtmis[t->model], paths[path], stored);
}

/* Some of the properties, of all models or of one; what is asked must not depend on it. */
static void make_indexes(world *w, px_gen *gen)
{
    for (uint32_t path = 0; path < P_ID; path++)
        if (px_gen_below(gen, 2))
            query_kit_index(&w->kit, path + 1, paths[path],
                            px_gen_below(gen, 4) ? "" : dtmis[px_gen_below(gen, 3)]);
}

static void make_world(world *w, px_gen *gen)
{
    bool early = px_gen_below(gen, 2);

    query_kit_init(&w->kit, NULL, models);
    if (early)
        make_indexes(w, gen);
    for (int i = 0; i < TWINS; i++) {
        twin *t = &w->twins[i];

        *t = (twin){ .tenant = 1 + (px_gen_below(gen, 5) == 0),
                     .model = (uint32_t)px_gen_below(gen, 3) };
        snprintf(t->id, sizeof(t->id), "t%d", i);
        t->no = query_kit_twin(&w->kit, t->tenant, t->id, dtmis[t->model]);
        t->values[P_ID] = (value){ .kind = TEXT, .text = t->id };
        t->values[P_MODEL] = (value){ .kind = TEXT, .text = dtmis[t->model] };
        store(w, gen, t, 0, TEXT);
        if (t->model == 1) {
            store(w, gen, t, 1, NUM);
            store(w, gen, t, 2, BOOL);
            store(w, gen, t, 3, NUM);
        }
        if (t->model == 2)
            store(w, gen, t, 1, TEXT);
    }
    if (!early)
        make_indexes(w, gen);
}

/* ---- conditions: text and truth ---- */

typedef struct condition {
    world *w;
    px_gen *gen;
    px_buf text;
} condition;

static void put_text(px_buf *buf, const char *text)
{
    px_put_char(buf, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            px_put_char(buf, '\\');
        px_put_char(buf, *text);
    }
    px_put_char(buf, '\'');
}

static void put_literal(condition *c, value *ret_value)
{
    value v = random_value(c->gen, (value_kind)(1 + px_gen_below(c->gen, 4)));

    switch (v.kind) {
    case BOOL:
        px_put_c(&c->text, v.number ? "true" : "FALSE");
        break;
    case NUM:
        px_put_num(&c->text, num_of(c->gen, v.number));
        break;
    case TEXT:
        if (px_gen_below(c->gen, 3) == 0)
            v.text = c->w->twins[px_gen_below(c->gen, TWINS)].id;
        put_text(&c->text, v.text);
        break;
    default:
        px_put_c(&c->text, "null");
    }
    *ret_value = v;
}

static void put_path(condition *c, int path)
{
    if (px_gen_below(c->gen, 2))
        px_put_c(&c->text, "T.");
    px_put_c(&c->text, paths[path]);
}

/* A path or a literal, and its value for every twin. */
static void put_operand(condition *c, value *values)
{
    value v;

    if (px_gen_below(c->gen, 3) == 0) {
        put_literal(c, &v);
        for (int i = 0; i < TWINS; i++)
            values[i] = v;
    } else {
        int path = (int)px_gen_below(c->gen, PATHS);

        put_path(c, path);
        for (int i = 0; i < TWINS; i++)
            values[i] = c->w->twins[i].values[path];
    }
}

static bool compares(int sign, value a, value b)
{
    int order;

    if (a.kind == MISSING || b.kind == MISSING)
        return false;
    if (a.kind != b.kind)
        return sign == 1;
    order = a.kind == TEXT ? strcmp(a.text, b.text) : a.number - b.number;
    if (sign > 1 && (a.kind == BOOL || a.kind == NULLS))
        return false;
    switch (sign) {
    case 0:
        return order == 0;
    case 1:
        return order != 0;
    case 2:
        return order < 0;
    case 3:
        return order > 0;
    case 4:
        return order <= 0;
    default:
        return order >= 0;
    }
}

static void put_comparison(condition *c, bool *truth)
{
    static const char *const signs[] = { " = ", "!=", " <", ">", "<= ", ">=" };
    int sign = (int)px_gen_below(c->gen, 6);
    value a[TWINS], b[TWINS];

    put_operand(c, a);
    px_put_c(&c->text, signs[sign]);
    put_operand(c, b);
    for (int i = 0; i < TWINS; i++)
        truth[i] = compares(sign, a[i], b[i]);
}

static void put_membership(condition *c, bool *truth)
{
    bool is_in = px_gen_below(c->gen, 2);
    uint64_t count = 1 + px_gen_below(c->gen, 4);
    value a[TWINS], b[TWINS];

    put_operand(c, a);
    px_put_c(&c->text, is_in ? " IN [" : " nin [");
    for (int i = 0; i < TWINS; i++)
        truth[i] = !is_in && a[i].kind != MISSING;
    for (uint64_t n = 0; n < count; n++) {
        px_put_c(&c->text, n ? "," : "");
        put_operand(c, b);
        for (int i = 0; i < TWINS; i++)
            if (compares(0, a[i], b[i]))
                truth[i] = is_in;
    }
    px_put_char(&c->text, ']');
}

static bool asks(int function, value a)
{
    switch (function) {
    case 0:
        return a.kind != MISSING;
    case 1:
        return a.kind == NULLS;
    case 2:
        return a.kind == BOOL;
    case 3:
        return a.kind == NUM;
    case 4:
        return a.kind == TEXT;
    case 5:
        return false; /* no objects in this world */
    default:
        return a.kind != MISSING;
    }
}

static void put_question(condition *c, bool *truth)
{
    static const char *const names[] = { "IS_DEFINED", "is_null",   "IS_BOOL",     "IS_NUMBER",
                                         "IS_STRING",  "IS_OBJECT", "IS_PRIMITIVE" };
    int function = (int)px_gen_below(c->gen, 7);
    value a[TWINS];

    px_putf(&c->text, "%s(", names[function]);
    put_operand(c, a);
    px_put_char(&c->text, ')');
    for (int i = 0; i < TWINS; i++)
        truth[i] = asks(function, a[i]);
}

static void put_text_test(condition *c, bool *truth)
{
    static const char *const names[] = { "STARTSWITH", "ENDSWITH", "CONTAINS" };
    int function = (int)px_gen_below(c->gen, 3);
    const char *part = texts[px_gen_below(c->gen, TEXTS)];
    value a[TWINS];

    px_putf(&c->text, "%s ( ", names[function]);
    put_operand(c, a);
    px_put_c(&c->text, ", ");
    put_text(&c->text, part);
    px_put_char(&c->text, ')');
    for (int i = 0; i < TWINS; i++) {
        px_str s = a[i].kind == TEXT ? px_str_c(a[i].text) : PX_STR("");

        truth[i] = a[i].kind == TEXT && (function == 0   ? px_str_starts(s, px_str_c(part))
                                         : function == 1 ? px_str_ends(s, px_str_c(part))
                                                         : strstr(a[i].text, part) != NULL);
    }
}

static void put_model(condition *c, bool *truth)
{
    uint32_t model = (uint32_t)px_gen_below(c->gen, 3);
    bool exact = px_gen_below(c->gen, 2);

    px_putf(&c->text, "IS_OF_MODEL(%s'%s'%s)", px_gen_below(c->gen, 2) ? "T, " : "", dtmis[model],
            exact ? ", exact" : "");
    for (int i = 0; i < TWINS; i++)
        truth[i] = c->w->twins[i].model == model || (!exact && model == 0);
}

static void put_ids(condition *c, bool *truth)
{
    uint64_t count = 1 + px_gen_below(c->gen, 3);

    memset(truth, 0, TWINS);
    put_path(c, P_ID);
    px_put_c(&c->text, count == 1 ? " = " : " IN [");
    for (uint64_t n = 0; n < count; n++) {
        uint64_t i = px_gen_below(c->gen, TWINS);

        px_put_c(&c->text, n ? ", " : "");
        put_text(&c->text, c->w->twins[i].id);
        truth[i] = true;
    }
    px_put_c(&c->text, count == 1 ? "" : "]");
}

static void put_condition(condition *c, int depth, bool *truth);

static void put_chain(condition *c, int depth, bool is_and, bool *truth)
{
    bool one[TWINS];

    for (uint64_t n = 0, count = 2 + px_gen_below(c->gen, 2); n < count; n++) {
        if (n)
            px_put_c(&c->text, is_and ? " AND " : " or ");
        px_put_char(&c->text, '(');
        put_condition(c, depth + 1, n ? one : truth);
        px_put_char(&c->text, ')');
        for (int i = 0; n && i < TWINS; i++)
            truth[i] = is_and ? truth[i] && one[i] : truth[i] || one[i];
    }
}

static void put_condition(condition *c, int depth, bool *truth)
{
    static void (*const terms[])(
        condition *, bool *) = { put_comparison, put_comparison, put_membership, put_question,
                                 put_text_test,  put_model,      put_ids };
    uint64_t what = px_gen_below(c->gen, depth < DEPTH_MAX ? 12 : 7);

    if (what < 7) {
        terms[what](c, truth);
    } else if (what == 7) {
        px_put_c(&c->text, "NOT (");
        put_condition(c, depth + 1, truth);
        px_put_char(&c->text, ')');
        for (int i = 0; i < TWINS; i++)
            truth[i] = !truth[i];
    } else {
        put_chain(c, depth, what % 2, truth);
    }
}

/* ---- comparing ---- */

static void wanted_rows(const world *w, const bool *truth, uint64_t top, px_buf *rows,
                        uint64_t *ret_count)
{
    *ret_count = 0;
    for (int i = 0; i < TWINS; i++)
        if (w->twins[i].tenant == KIT_TENANT && truth[i] && *ret_count < top)
            px_putf(rows, "%s{\"$dtId\":\"%s\"}", (*ret_count)++ ? "," : "", w->twins[i].id);
}

static void check_query(world *w, px_gen *gen)
{
    condition c = { .w = w, .gen = gen };
    uint64_t top = px_gen_below(gen, 4) ? UINT64_MAX : px_gen_below(gen, 6), count;
    px_buf text = { 0 }, rows = { 0 };
    bool truth[TWINS];

    put_condition(&c, 0, truth);
    px_put_c(&text, "SELECT ");
    if (top != UINT64_MAX)
        px_putf(&text, "TOP(%u) ", (unsigned)top);
    px_putf(&text, "$dtId FROM DIGITALTWINS T WHERE %s", c.text.ptr);
    wanted_rows(w, truth, top, &rows, &count);
    query_kit_all(&w->kit, text.ptr, (uint32_t)px_gen_below(gen, 9));
    if (!px_str_eq(px_buf_str(&w->kit.rows), px_buf_str(&rows)))
        fail_msg("%s\ngave   %.*s\nwanted %.*s", text.ptr, PX_FMT(px_buf_str(&w->kit.rows)),
                 PX_FMT(px_buf_str(&rows)));

    px_buf_clear(&text);
    px_buf_clear(&rows);
    wanted_rows(w, truth, UINT64_MAX, &rows, &count);
    px_putf(&text, "SELECT COUNT() FROM DIGITALTWINS T WHERE %s", c.text.ptr);
    query_kit_all(&w->kit, text.ptr, 0);
    px_buf_clear(&rows);
    px_putf(&rows, "{\"COUNT\":%u}", (unsigned)count);
    CHECK_SLICE(px_buf_str(&w->kit.rows), rows.ptr);
    px_buf_release(&rows);
    px_buf_release(&text);
    px_buf_release(&c.text);
}

PX_PROP(a_query_gives_what_a_naive_filter_gives, 60)
{
    world w;

    make_world(&w, gen);
    for (int i = 0; i < 60; i++)
        check_query(&w, gen);
    query_kit_release(&w.kit);
}

PX_TEST_MAIN()
