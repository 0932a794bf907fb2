/* SPDX-License-Identifier: Apache-2.0 */
/* How fresh twins are, and what is declared of that. */
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/thing_call.h"

enum { ANSWER_BYTES = 16 << 20 };

/* ---- states ---- */

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = {
        { "twin", "twin", false }, { "state", "state", false }, { "since", "since", false }, { 0 }
    };
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/api/v1/freshness?limit=1000");
    if (px_args_has(args, "state")) {
        px_put_c(&path, "&state=");
        px_put_url_part(&path, px_str_c(px_args_get(args, "state")));
    }
    px_put_char(&path, '\0');
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_out_list(cli, path.ptr, columns, ret_err);
    px_buf_release(&path);
    return status;
}

static const px_out_column item_columns[] = { { "property", "path", false },
                                              { "state", "state", false },
                                              { "since", "since", false },
                                              { "age", "ageSeconds", true },
                                              { "expected", "expected/period", true },
                                              { "period", "measured/period", true },
                                              { "jitter", "measured/jitter", true },
                                              { "complete", "measured/completeness", true },
                                              { "late", "measured/late", true },
                                              { "twice", "measured/duplicates", true },
                                              { "clock", "measured/clockOffset", true },
                                              { 0 } };

static px_status put_items(px_table *table, const px_json *items, px_err *ret_err)
{
    px_buf cell = { 0 };
    px_status status = PX_OK;

    for (const px_json *item = items ? items->first : NULL; item && status == PX_OK;
         item = item->next)
        for (size_t i = 0; item_columns[i].head && status == PX_OK; i++) {
            const px_json *value = px_out_find(item, item_columns[i].path);

            px_buf_clear(&cell);
            if (value)
                px_put_plain(&cell, value);
            status = px_table_add(table, px_buf_str(&cell), ret_err);
        }
    px_buf_release(&cell);
    return status;
}

static void put_head(px_buf *out, const px_json *root)
{
    const px_json *up = px_json_get(root, PX_STR("rollup"));
    px_str since = px_json_get_text(root, PX_STR("since"));
    px_str worst = px_json_get_text(up, PX_STR("worst"));

    px_put(out, px_json_get_text(root, PX_STR("twin")));
    px_put_c(out, ": ");
    if (!since.len && !px_json_is(up, PX_JSON_OBJECT)) {
        px_put_c(out, "nothing is declared of its freshness; `pollux freshness declare` does\n");
        return;
    }
    px_put(out, px_json_get_text(root, PX_STR("state")));
    if (since.len)
        px_putf(out, " since %.*s", PX_FMT(since));
    if (px_json_is(up, PX_JSON_OBJECT)) {
        px_put_c(out, "; with those below it ");
        px_put(out, px_json_get_text(up, PX_STR("state")));
    }
    if (worst.len)
        px_putf(out, ", as %.*s is", PX_FMT(worst));
    px_put_c(out, "\n");
}

static px_status print_items(px_cli *cli, const px_json *root, px_arena *arena, px_err *ret_err)
{
    enum { COLUMNS = sizeof(item_columns) / sizeof(item_columns[0]) - 1 };
    const char *heads[COLUMNS];
    px_table table = { 0 };
    px_status status;

    for (size_t i = 0; i < COLUMNS; i++)
        heads[i] = item_columns[i].head;
    PX_TRY(px_table_init(&table, arena, heads, COLUMNS, ret_err));
    for (size_t i = 0; i < COLUMNS; i++)
        table.right[i] = item_columns[i].right;
    table.hide_empty = true;
    status = put_items(&table, px_json_get(root, PX_STR("items")), ret_err);
    if (status == PX_OK)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    return status;
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *twin = px_args_operand(args, 0);
    px_buf head = { 0 };
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    status = px_api_get(cli, &arena, &root, ret_err, "/api/v1/twins/%s/freshness",
                        px_api_part(&arena, twin));
    PX_TRY(px_no_such(cli, PX_THING_TWIN, twin, status, ret_err));
    if (cli->json)
        return px_out_json(cli, root, ret_err);
    put_head(&head, root);
    PX_TRY(px_out_text(cli, PX_OK, &head, ret_err));
    if (px_json_get(root, PX_STR("items")) && !px_json_get(root, PX_STR("items"))->first)
        return PX_OK;
    return print_items(cli, root, &arena, ret_err);
}

/* ---- what is declared of a twin ---- */

/* The document alone, so that what is shown can be put. */
static px_status run_rules(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_buf out = { 0 };
    px_json_writer w = px_json_writer_of(&out);
    px_json *root = NULL;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    PX_TRY(px_thing_get(cli, PX_THING_FRESHNESS, args, &arena, &root, ret_err));
    px_json_begin_object(&w);
    for (const px_json *m = root->first; m; m = m->next) {
        if (px_str_eq(m->key, PX_STR("twin")) || px_str_eq(m->key, PX_STR("updated")))
            continue;
        px_json_key(&w, m->key);
        px_json_node(&w, m);
    }
    px_json_end_object(&w);
    px_put_c(&out, "\n");
    return px_out_text(cli, PX_OK, &out, ret_err);
}

static px_status run_declare(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_put_file(cli, PX_THING_FRESHNESS, "declared", PX_THING_TWIN, args, ret_err);
}

static px_status run_undeclare(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_FRESHNESS, "undeclared", args, ret_err);
}

static const px_opt list_options[] = {
    { "state", 's', "STATE", "only those: fresh, late, stale or unknown" },
    { 0 },
};

const px_cmd px_cmd_freshness[] = {
    { .noun = "freshness",
      .summary = "how fresh twins are: what is expected of their values, and what comes",
      .examples = "pollux freshness list --state stale\n"
                  "pollux freshness show press-1" },
    { .noun = "freshness",
      .verb = "list",
      .summary = "list the twins of which a freshness is declared, and their states",
      .examples = "pollux freshness list\n"
                  "pollux freshness list --state stale --json",
      .opts = list_options,
      .run = run_list },
    { .noun = "freshness",
      .verb = "show",
      .summary = "show how fresh each value of a twin is, and what was measured",
      .operands = "TWIN",
      .examples = "pollux freshness show press-1",
      .notes = "Times are in seconds. 'complete' is the share of the samples of the last sixty\n"
               "periods that came, 'clock' how far the source's clock is ahead of the server's.",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "freshness",
      .verb = "declare",
      .summary = "say how often values of a twin are expected, beside what its model says",
      .operands = "TWIN FILE|-",
      .examples = "pollux freshness declare press-1 press-1.json",
      .notes = "The document names properties, with ISO 8601 durations or seconds:\n"
               "  {\"properties\": {\"rate\": {\"period\": \"PT1S\", \"tolerance\": \"PT0.5S\", "
               "\"stale\": \"PT5S\"}},\n"
               "   \"rollUp\": [\"contains\"]}\n"
               "null in place of an object takes back what the model says of a property.",
      .operands_min = 2,
      .operands_max = 2,
      .run = run_declare },
    { .noun = "freshness",
      .verb = "rules",
      .summary = "show what is declared of a twin by itself, which `declare` takes",
      .operands = "TWIN",
      .examples = "pollux freshness rules press-1 > press-1.json",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_rules },
    { .noun = "freshness",
      .verb = "undeclare",
      .summary = "take back what is declared of a twin by itself; its model's word stays",
      .operands = "TWIN",
      .examples = "pollux freshness undeclare press-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_undeclare },
    { 0 },
};
