/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/out.h"

#include <stdarg.h>

#define LIST_BYTES_MAX (1u << 30)

void px_put_plain(px_buf *buf, const px_json *value)
{
    if (!value || value->type == PX_JSON_NULL)
        return;
    if (value->type == PX_JSON_STRING) {
        px_put(buf, value->text);
        return;
    }
    if (value->type != PX_JSON_ARRAY) {
        px_put_json_node(buf, value);
        return;
    }
    for (const px_json *item = value->first; item; item = item->next) {
        px_put_plain(buf, item);
        if (item->next)
            px_put_c(buf, ", ");
    }
}

const px_json *px_out_find(const px_json *item, const char *path)
{
    px_str rest = px_str_c(path);

    while (item && rest.len)
        item = px_json_get(item, px_str_cut(&rest, '/'));
    return item;
}

void px_put_member(px_json_writer *writer, const char *key, px_str text)
{
    if (!text.len)
        return;
    px_json_key(writer, px_str_c(key));
    px_json_string(writer, text);
}

void px_put_number_member(px_json_writer *writer, const char *key, uint64_t number)
{
    px_json_key(writer, px_str_c(key));
    px_json_uint(writer, number);
}

px_status px_out_text(px_cli *cli, px_status status, px_buf *text, px_err *ret_err)
{
    if (status == PX_OK)
        status = px_buf_status(text, ret_err);
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(text), ret_err);
    px_buf_release(text);
    return status;
}

px_status px_out_json(px_cli *cli, const px_json *value, px_err *ret_err)
{
    px_buf line = { 0 };

    px_put_json_node(&line, value);
    px_put_char(&line, '\n');
    return px_out_text(cli, PX_OK, &line, ret_err);
}

px_status px_out_done(px_cli *cli, const px_json *value, px_err *ret_err, const char *format, ...)
{
    char sentence[1024];
    px_buf line = { 0 };
    px_status status;
    va_list args;

    if (cli->json && value)
        return px_out_json(cli, value, ret_err);
    if (cli->json)
        return px_cli_write(cli, PX_STR("{\"ok\":true}\n"), ret_err);
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    px_put_text(&line, px_str_c(sentence), 0);
    px_put_char(&line, '\n');
    status = px_cli_write(cli, px_buf_str(&line), ret_err);
    px_buf_release(&line);
    return status;
}

px_status px_out_table(px_cli *cli, px_table *table, px_err *ret_err)
{
    px_buf text = { 0 };
    px_status status;

    px_put_table(&text, table, &cli->term_out);
    status = px_out_text(cli, PX_OK, &text, ret_err);
    px_table_release(table);
    return status;
}

px_status px_out_facts(px_cli *cli, const px_json *object, px_err *ret_err)
{
    px_buf text = { 0 };
    px_status status;
    int width = 0;

    if (cli->json)
        return px_out_json(cli, object, ret_err);
    for (const px_json *m = object ? object->first : NULL; m; m = m->next)
        width = (int)m->key.len > width ? (int)m->key.len : width;
    for (const px_json *m = object ? object->first : NULL; m; m = m->next) {
        px_buf value = { 0 };

        if (m->type == PX_JSON_NULL) /* says nothing */
            continue;
        px_put_plain(&value, m);
        px_put_text(&text, m->key, 0);
        px_putf(&text, "%*s  ", width - (int)m->key.len, "");
        px_put_text(&text, px_buf_str(&value), 0);
        px_put_char(&text, '\n');
        px_buf_release(&value);
    }
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(&text), ret_err);
    px_buf_release(&text);
    return status;
}

/* ---- lists ---- */

typedef struct listing {
    const px_out_column *columns;
    px_table table;
    px_buf json;
    uint64_t count;
} listing;

static px_status add_item(px_cli *cli, const px_json *item, void *data, px_err *ret_err)
{
    listing *list = data;

    list->count++;
    if (cli->json) {
        px_put_c(&list->json, list->count > 1 ? "," : "[");
        px_put_json_node(&list->json, item);
        return px_buf_status(&list->json, ret_err);
    }
    for (const px_out_column *c = list->columns; c->head; c++) {
        px_buf cell = { 0 };
        px_status status;

        if (c->path[0] == '=')
            px_put_c(&cell, c->path + 1);
        else
            px_put_plain(&cell, px_out_find(item, c->path + (c->path[0] == '?')));
        status = px_buf_status(&cell, ret_err);
        if (status == PX_OK)
            status = px_table_add(&list->table, px_buf_str(&cell), ret_err);
        px_buf_release(&cell);
        PX_TRY(status);
    }
    return PX_OK;
}

static px_status print_list(px_cli *cli, listing *list, px_err *ret_err)
{
    if (!cli->json && !list->count)
        px_cli_note(cli, "there are none");
    if (!cli->json)
        return px_out_table(cli, &list->table, ret_err);
    px_put_c(&list->json, list->count ? "]\n" : "[]\n");
    PX_TRY(px_buf_status(&list->json, ret_err));
    return px_cli_write(cli, px_buf_str(&list->json), ret_err);
}

px_status px_out_list(px_cli *cli, const char *path, const px_out_column *columns, px_err *ret_err)
{
    size_t count;

    return px_out_list_counted(cli, path, columns, &count, ret_err);
}

px_status px_out_list_counted(px_cli *cli, const char *path, const px_out_column *columns,
                              size_t *ret_count, px_err *ret_err)
{
    listing list = { .columns = columns };
    const char *heads[PX_TABLE_COLUMNS_MAX];
    unsigned count = 0;
    px_status status;
    px_arena arena;

    px_arena_init(&arena, LIST_BYTES_MAX);
    px_buf_init(&list.json, LIST_BYTES_MAX);
    while (count < PX_TABLE_COLUMNS_MAX && columns[count].head) {
        heads[count] = columns[count].head;
        count++;
    }
    status = px_table_init(&list.table, &arena, heads, count, ret_err);
    for (unsigned i = 0; i < count; i++) {
        list.table.right[i] = columns[i].right;
        list.table.if_any[i] = columns[i].path[0] == '?';
    }
    if (status == PX_OK)
        status = px_api_list(cli, path, add_item, &list, ret_err);
    if (status == PX_OK)
        status = print_list(cli, &list, ret_err);
    px_table_release(&list.table);
    px_buf_release(&list.json);
    px_arena_release(&arena);
    *ret_count = list.count;
    return status;
}
