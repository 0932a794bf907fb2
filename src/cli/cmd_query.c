/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask.h"
#include "cli/assign.h"
#include "cli/cmds.h"
#include "cli/file.h"
#include "cli/interrupt.h"
#include "cli/out.h"

/* A page of rows, as a table whose columns are what its rows have. */
typedef struct query_page {
    px_str names[PX_TABLE_COLUMNS_MAX];
    unsigned count;
} query_page;

static bool is_shown(px_str key)
{
    return !px_str_eq(key, PX_STR("$metadata")) && !px_str_eq(key, PX_STR("$etag"));
}

static void gather_columns(query_page *page, const px_json *rows)
{
    for (const px_json *row = rows->first; row; row = row->next)
        for (const px_json *m = px_json_is(row, PX_JSON_OBJECT) ? row->first : NULL; m;
             m = m->next) {
            unsigned i = 0;

            while (i < page->count && !px_str_eq(page->names[i], m->key))
                i++;
            if (i == page->count && i < PX_TABLE_COLUMNS_MAX && is_shown(m->key))
                page->names[page->count++] = m->key;
        }
}

/* A document in a cell is its id. */
static const px_json *id_of(const px_json *value)
{
    const px_json *twin = px_json_get(value, PX_STR("$dtId"));
    const px_json *relationship = px_json_get(value, PX_STR("$relationshipId"));

    return twin ? twin : relationship ? relationship : value;
}

/* Columns of numbers stand on the right. */
static void align(px_table *table, const query_page *page, const px_json *rows)
{
    for (unsigned i = 0; i < page->count; i++) {
        table->right[i] = true;
        for (const px_json *row = rows->first; row; row = row->next) {
            const px_json *value = px_json_get(row, page->names[i]);

            table->right[i] &= !value || px_json_is(value, PX_JSON_NUMBER);
        }
        table->whole[i] = table->right[i];
    }
}

static px_status fill_table(px_table *table, const query_page *page, const px_json *rows,
                            px_err *ret_err)
{
    align(table, page, rows);
    for (const px_json *row = rows->first; row; row = row->next)
        for (unsigned i = 0; i < page->count; i++) {
            px_buf cell = { 0 };
            px_status status;

            px_put_plain(&cell, id_of(px_json_get(row, page->names[i])));
            status = px_table_add(table, px_buf_str(&cell), ret_err);
            px_buf_release(&cell);
            PX_TRY(status);
        }
    return PX_OK;
}

static px_status print_page(px_cli *cli, const px_json *rows, px_arena *arena, px_err *ret_err)
{
    query_page page = { 0 };
    const char *heads[PX_TABLE_COLUMNS_MAX];
    px_table table;
    px_status status;

    gather_columns(&page, rows);
    if (!page.count)
        return PX_OK;
    for (unsigned i = 0; i < page.count; i++) {
        heads[i] = px_arena_str(arena, page.names[i]).ptr;
        if (!heads[i])
            return px_arena_fail(arena, ret_err);
    }
    PX_TRY(px_table_init(&table, arena, heads, page.count, ret_err));
    status = fill_table(&table, &page, rows, ret_err);
    if (status == PX_OK)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    return status;
}

static px_status print_json_rows(px_cli *cli, const px_json *rows, bool first, px_err *ret_err)
{
    px_buf text = { 0 };
    px_status status;

    for (const px_json *row = rows->first; row; row = row->next) {
        px_put_c(&text, first ? "[" : ",\n");
        px_put_json_node(&text, row);
        first = false;
    }
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(&text), ret_err);
    px_buf_release(&text);
    return status;
}

/* `,"parameters":{…}` of all --param */
static px_status put_parameters(px_cli *cli, px_buf *body, px_arena *arena, px_err *ret_err)
{
    const char *word;
    px_assign assign;
    bool any = false;

    for (size_t at = 0; (word = px_args_next(cli->args, "param", &at)) != NULL; any = true) {
        PX_TRY(px_assign_parse(word, arena, &assign, ret_err));
        px_put_c(body, any ? "," : ",\"parameters\":{");
        px_put_json_string(body, assign.name);
        px_put_char(body, ':');
        px_put(body, assign.value.len ? assign.value : PX_STR("null"));
    }
    if (any)
        px_put_char(body, '}');
    return px_buf_status(body, ret_err);
}

/* "SQL query parse failed: line 1, column 15: expected …": the place is shown by itself. */
static void drop_place(px_err *err)
{
    const char *column = strstr(err->text, ", column ");
    const char *sentence = column ? strstr(column, ": ") : NULL;

    if (px_str_starts(px_str_c(err->text), PX_STR("SQL query parse failed: line ")) && sentence)
        memmove(err->text, sentence + 2, strlen(sentence + 2) + 1);
}

/* The query's own line and a caret, when the server told the column. */
static void place(px_cli *cli, const char *query, px_err *err)
{
    if (!err->column)
        return;
    drop_place(err);
    px_cli_place(cli, "query", px_str_c(query), err->line ? err->line : 1, err->column);
    if (!err->line)
        err->line = 1;
}

static px_status pull_rows(px_cli *cli, const char *query, px_err *ret_err)
{
    uint64_t count = 0;
    px_buf token = { 0 }, parameters = { 0 };
    px_err err = { 0 };
    px_status status;
    px_arena arena;

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    status = put_parameters(cli, &parameters, &arena, &err);
    while (status == PX_OK) {
        px_json *rows = NULL;

        status = px_ask_page(cli, query, px_buf_str(&parameters), &token, &arena, &rows, &err);
        if (status == PX_OK && cli->json)
            status = print_json_rows(cli, rows, count == 0, &err);
        else if (status == PX_OK)
            status = print_page(cli, rows, &arena, &err);
        count += rows ? rows->count : 0;
        px_arena_reset(&arena);
        if (status == PX_OK && px_interrupted())
            status = px_interrupt_fail(&err);
        if (!token.len)
            break;
    }
    px_buf_release(&token);
    px_buf_release(&parameters);
    px_arena_release(&arena);
    if (status == PX_OK && cli->json)
        return px_cli_write(cli, count ? PX_STR("]\n") : PX_STR("[]\n"), ret_err);
    if (status == PX_INVALID)
        place(cli, query, &err);
    if (status != PX_OK && ret_err)
        *ret_err = err;
    if (status == PX_OK && !count)
        px_cli_note(cli, "no rows");
    return status;
}

/* --explain is EXPLAIN before the text. */
static px_status run_query(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *query = px_args_operand(args, 0);
    px_buf text = { 0 };
    px_status status;

    if (!px_args_has(args, "explain"))
        return pull_rows(cli, query, ret_err);
    px_put_c(&text, "EXPLAIN ");
    px_put_c(&text, query);
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = pull_rows(cli, text.ptr, ret_err);
    px_buf_release(&text);
    return status;
}

static const px_opt options[] = {
    { "param", 'p', "NAME=VALUE", "what @NAME in the text stands for; may be repeated" },
    { "explain", 0, NULL, "how the query would be walked, instead of its rows" },
    { 0 },
};

const px_cmd px_cmd_query[] = {
    { .noun = "query",
      .summary = "ask for twins by what they are and hold",
      .operands = "'TEXT'",
      .examples = "pollux query \"SELECT * FROM DIGITALTWINS\"\n"
                  "pollux query \"SELECT * FROM DIGITALTWINS T WHERE T.speed > 20\"\n"
                  "pollux query \"SELECT * FROM DIGITALTWINS WHERE "
                  "IS_OF_MODEL('dtmi:com:acme:Pump;1')\" --json\n"
                  "pollux query \"SELECT b.\\$dtId FROM DIGITALTWINS MATCH (a)-[:feeds*..3]->(b) "
                  "WHERE a.\\$dtId = @id\" --param id=p1",
      .notes =
          "A table has the columns that the rows of its page have, a document in it is its id;\n"
          "--json is an array of rows.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_query },
    { 0 },
};
