/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "cli/cmds.h"
#include "cli/interrupt.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/when.h"

/* ---- the request ---- */

/* A point in time: a form of cli/when.h (UTC where it has no zone), or how long ago: 90s, 2h, 7d.
 */
static px_status put_time_option(px_buf *path, const px_args *args, const char *name,
                                 px_err *ret_err)
{
    const char *text = px_args_get(args, name);
    px_env *env = px_env_posix();
    px_when when = { 0 };
    px_zone utc = { 0 };
    px_buf time = { 0 };
    int64_t ago_ns;

    if (!text)
        return PX_OK;
    if (px_duration_parse(px_str_c(text), &ago_ns, NULL) == PX_OK)
        when.time = env->now(env) - ago_ns;
    else if (px_when_parse(px_str_c(text), &utc, PX_TIME_NONE, &when, ret_err) != PX_OK)
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "--%s '%s' is no time; write it like 2026-11-01T12:00:00.5Z, or how long "
                          "ago: 90s, 2h, 7d",
                          name, text);
    px_put_time(&time, when.time);
    px_putf(path, "&%s=", name);
    px_put_url_part(path, px_buf_str(&time));
    px_buf_release(&time);
    return PX_OK;
}

static px_status put_path(px_buf *path, const px_args *args, const char *what, uint64_t limit,
                          px_err *ret_err)
{
    const char *property;

    px_put_c(path, "/api/v1/history/");
    px_put_url_part(path, px_str_c(px_args_operand(args, 0)));
    px_putf(path, "%s?", what);
    if (limit)
        px_putf(path, "limit=%llu", (unsigned long long)limit);
    property = px_args_get(args, "property");
    if (property) {
        px_put_c(path, "&property=");
        px_put_url_part(path, px_str_c(property));
    }
    PX_TRY(put_time_option(path, args, "from", ret_err));
    PX_TRY(put_time_option(path, args, "to", ret_err));
    return px_buf_status(path, ret_err);
}

/* ---- rows ---- */

/* One row as {"$ts":…,"property":value,…}. */
static void put_json_row(px_buf *out, const px_json *properties, const px_json *row)
{
    const px_json *value = row->first, *name = properties->first;

    px_put_c(out, "{\"$ts\":");
    px_put_json_node(out, value);
    for (value = value->next; value && name; value = value->next, name = name->next) {
        px_put_char(out, ',');
        px_put_json_string(out, name->text);
        px_put_char(out, ':');
        px_put_json_node(out, value);
    }
    px_put_c(out, "}\n");
}

static px_status add_row(px_table *table, const px_json *row, px_err *ret_err)
{
    const px_json *value = row->first;

    for (unsigned i = 0; i < table->columns; i++) {
        px_buf cell = { 0 };
        px_status status;

        px_put_plain(&cell, value);
        status = px_table_add(table, px_buf_str(&cell), ret_err);
        px_buf_release(&cell);
        PX_TRY(status);
        value = value ? value->next : NULL;
    }
    return PX_OK;
}

static px_status table_of_page(px_cli *cli, const px_json *properties, const px_json *rows,
                               px_arena *arena, px_err *ret_err)
{
    const char *heads[PX_TABLE_COLUMNS_MAX] = { "time" };
    unsigned count = 1;
    px_table table;
    px_status status = PX_OK;

    for (const px_json *p = properties->first; p && count < PX_TABLE_COLUMNS_MAX; p = p->next) {
        heads[count] = px_arena_str(arena, p->text).ptr;
        if (!heads[count++])
            return px_arena_fail(arena, ret_err);
    }
    PX_TRY(px_table_init(&table, arena, heads, count, ret_err));
    table.whole[0] = true;
    for (unsigned i = 1; i < count; i++)
        table.whole[i] = table.right[i] = true;
    for (const px_json *row = rows->first; row && status == PX_OK; row = row->next)
        status = add_row(&table, row, ret_err);
    if (status == PX_OK)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    return status;
}

static px_status print_rows(px_cli *cli, const px_json *root, px_arena *arena, px_err *ret_err)
{
    const px_json *properties = px_json_get(root, PX_STR("properties"));
    const px_json *rows = px_json_get(root, PX_STR("rows"));
    px_buf text = { 0 };
    px_status status;

    if (!px_json_is(properties, PX_JSON_ARRAY) || !px_json_is(rows, PX_JSON_ARRAY))
        return px_fail(ret_err, PX_CORRUPT, "the server's answer holds no rows of history");
    if (!rows->count)
        return PX_OK;
    if (!cli->json)
        return table_of_page(cli, properties, rows, arena, ret_err);
    for (const px_json *row = rows->first; row; row = row->next)
        if (px_json_is(row, PX_JSON_ARRAY) && row->count)
            put_json_row(&text, properties, row);
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(&text), ret_err);
    px_buf_release(&text);
    return status;
}

static px_status print_range(px_cli *cli, const px_args *args, uint64_t limit, px_err *ret_err)
{
    px_buf path = { 0 }, next = { 0 };
    uint64_t left = limit, count = 0;
    px_status status;
    px_arena arena;

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    status = put_path(&path, args, "", left && left < 1000 ? left : 1000, ret_err);
    px_put(&next, px_buf_str(&path));
    while (status == PX_OK && next.len) {
        px_http_call call = { .method = "GET", .path = next.ptr };
        const px_json *rows;
        px_json *root;
        px_str cursor;

        status = px_api_call(cli, &call, &arena, &root, ret_err);
        if (status == PX_OK)
            status = print_rows(cli, root, &arena, ret_err);
        if (status != PX_OK)
            break;
        rows = px_json_get(root, PX_STR("rows"));
        count += rows->count;
        cursor = px_json_get_text(root, PX_STR("cursor"));
        px_buf_clear(&next);
        if (cursor.len && (!limit || count < limit)) {
            px_putf(&next, "%s&cursor=", path.ptr);
            px_put_url_part(&next, cursor);
        }
        px_arena_reset(&arena);
        if (px_interrupted())
            status = px_interrupt_fail(ret_err);
    }
    px_buf_release(&path);
    px_buf_release(&next);
    px_arena_release(&arena);
    if (status == PX_OK && !count)
        px_cli_note(cli, "no history in this range");
    return status;
}

/* {"values":{"speed":{"value":20,"time":…}}}, {"counts":{"speed":12}}: a line a property. */
static px_status print_properties(px_cli *cli, const px_json *members, const char *const *heads,
                                  unsigned columns, px_arena *arena, px_err *ret_err)
{
    px_status status = PX_OK;
    px_table table;

    PX_TRY(px_table_init(&table, arena, heads, columns, ret_err));
    table.right[1] = true;
    for (const px_json *m = members->first; m && status == PX_OK; m = m->next) {
        status = px_table_add(&table, m->key, ret_err);
        for (unsigned c = 1; c < columns && status == PX_OK; c++) {
            px_buf cell = { 0 };

            px_put_plain(&cell, columns == 2 ? m : px_out_find(m, heads[c]));
            status = px_table_add(&table, px_buf_str(&cell), ret_err);
            px_buf_release(&cell);
        }
    }
    if (status == PX_OK)
        return px_out_table(cli, &table, ret_err);
    px_table_release(&table);
    return status;
}

static bool is_one_property(const px_args *args)
{
    const char *names = px_args_get(args, "property");

    return names && !strchr(names, ',');
}

static px_status print_one(px_cli *cli, const px_args *args, const char *what, px_err *ret_err)
{
    px_http_call call = { .method = "GET" };
    static const char *const last_heads[] = { "property", "value", "time" };
    static const char *const count_heads[] = { "property", "samples" };
    px_buf path = { 0 };
    const px_json *counts, *values;
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_API_ANSWER_BYTES_MAX);
    status = put_path(&path, args, what, 0, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, &root, ret_err);
    px_buf_release(&path);
    PX_TRY(status);
    counts = px_json_get(root, PX_STR("counts"));
    values = px_json_get(root, PX_STR("values"));
    if (cli->json || (!counts && !values))
        return px_out_json(cli, root, ret_err);
    if (values)
        return print_properties(cli, values, last_heads, 3, &arena, ret_err);
    if (is_one_property(args)) /* a number by itself, for scripts */
        return px_out_json(cli, px_json_get(root, PX_STR("count")), ret_err);
    return print_properties(cli, counts, count_heads, 2, &arena, ret_err);
}

static px_status run_history(px_cli *cli, const px_args *args, px_err *ret_err)
{
    uint64_t limit = 0;
    px_status status;

    if (px_args_has(args, "last") && px_args_has(args, "count"))
        return px_fail_id(ret_err, PX_INVALID, "cli.option", "--last or --count, not both");
    PX_TRY(px_args_count(args, "limit", 1, UINT32_MAX, &limit, ret_err));
    if (px_args_has(args, "last"))
        status = print_one(cli, args, "/last", ret_err);
    else if (px_args_has(args, "count"))
        status = print_one(cli, args, "/count", ret_err);
    else
        status = print_range(cli, args, limit, ret_err);
    return px_no_such(cli, PX_THING_TWIN, px_args_operand(args, 0), status, ret_err);
}

static const px_opt options[] = {
    { "property", 'p', "A,B", "only these properties" },
    { "from", 0, "TIME", "not before this time, or so long ago: 90s, 2h, 7d" },
    { "to", 0, "TIME", "before this time, or so long ago" },
    { "limit", 'n', "N", "at most so many rows" },
    { "last", 0, NULL, "the last value only" },
    { "count", 0, NULL, "how many samples there are" },
    { 0 },
};

const px_cmd px_cmd_history[] = {
    { .noun = "history",
      .summary = "what a twin's properties were",
      .operands = "TWIN",
      .examples =
          "pollux history pump-1 --from 2h\n"
          "pollux history pump-1 --property Pressure,Current --from 2020-02-08T13:30:00Z --to "
          "2020-02-08T13:31:00Z\n"
          "pollux history pump-1 --count\n"
          "pollux history pump-1 --last --property Pressure",
      .notes = "Times without a zone are UTC. --count of one property prints the number alone.\n"
               "With --json: one object a line, {\"$ts\":…,\"Pressure\":…}.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_history },
    { 0 },
};
