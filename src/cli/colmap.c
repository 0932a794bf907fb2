/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/colmap.h"

#include "base/limits.h"
#include "cli/file.h"

enum { MAP_BYTES_MAX = 4 << 20 };

void px_colmap_init(px_colmap *map)
{
    *map = (px_colmap){ 0 };
    px_arena_init(&map->arena, 2 * MAP_BYTES_MAX);
}

void px_colmap_release(px_colmap *map)
{
    PX_VEC_RELEASE(&map->items);
    px_arena_release(&map->arena);
}

static bool is_name_byte(char c)
{
    return px_is_letter(c) || px_is_digit(c) || c == '_';
}

/* Letters, digits, underscores, a letter first and no underscore last: DTDL, "name". */
static bool is_property_name(px_str name)
{
    if (!name.len || name.len > PX_NAME_BYTES_MAX || !px_is_letter(name.ptr[0]) ||
        name.ptr[name.len - 1] == '_')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.ptr[i]))
            return false;
    return true;
}

void px_put_property_name(px_buf *buf, px_str column, size_t index)
{
    size_t begin = buf->len;
    bool gap = false;

    for (size_t i = 0; i < column.len && buf->len - begin < PX_NAME_BYTES_MAX - 1; i++) {
        char c = column.ptr[i];

        if (!is_name_byte(c)) {
            gap = true;
            continue;
        }
        if (buf->len == begin && !px_is_letter(c))
            continue;
        if (gap && buf->len > begin && c != '_' && buf->ptr[buf->len - 1] != '_')
            px_put_char(buf, '_');
        px_put_char(buf, c);
        gap = false;
    }
    while (buf->len > begin && buf->ptr[buf->len - 1] == '_')
        buf->ptr[--buf->len] = 0;
    if (buf->len == begin)
        px_putf(buf, "column_%zu", index + 1);
}

/* column=property[:kind]; the last '=' divides, since a column's name may have one */
static px_status read_named(px_str text, px_colmap_item *ret_item, px_err *ret_err)
{
    size_t equals = text.len;
    px_str right, kind;

    while (equals && text.ptr[equals - 1] != '=')
        equals--;
    if (!equals)
        return px_fail_id(ret_err, PX_INVALID, "map.item",
                          "the map item '%.*s' is none of auto, -column, column=property",
                          PX_FMT(text));
    ret_item->column = px_str_trim(px_str_of(text.ptr, equals - 1));
    right = px_str_skip(text, equals);
    ret_item->property = px_str_trim(px_str_cut(&right, ':'));
    kind = px_str_trim(right);
    if (kind.len && !px_cell_kind_of(kind, &ret_item->kind))
        return px_fail_id(ret_err, PX_INVALID, "map.kind",
                          "the kind '%.*s' in the map is none of number, text, boolean, auto",
                          PX_FMT(kind));
    if (!is_property_name(ret_item->property))
        return px_fail_id(ret_err, PX_INVALID, "map.property",
                          "'%.*s' is no property name: letters, digits and underscores, "
                          "a letter first, no underscore last",
                          PX_FMT(ret_item->property));
    return PX_OK;
}

static px_status add_item(px_colmap *map, px_str text, px_err *ret_err)
{
    px_colmap_item item = { 0 };

    text = px_str_trim(text);
    if (!text.len)
        return PX_OK;
    if (px_str_eq(text, PX_STR("auto"))) {
        map->has_auto = true;
        return PX_OK;
    }
    if (text.ptr[0] == '-') {
        item.column = px_str_trim(px_str_skip(text, 1));
    } else {
        PX_TRY(read_named(text, &item, ret_err));
        map->has_named = true;
    }
    return PX_VEC_PUSH(&map->items, item) ? PX_OK : px_no_memory(ret_err);
}

static px_status add_file(px_colmap *map, px_str path, px_err *ret_err)
{
    px_str text, rest;
    uint32_t line = 0;

    PX_TRY(px_file_read(path, MAP_BYTES_MAX, &map->arena, &text, ret_err));
    for (rest = text; rest.len;) {
        px_str item = px_str_trim(px_str_cut(&rest, '\n'));
        px_status status;

        line++;
        if (item.len && item.ptr[0] == '#')
            continue;
        status = add_item(map, item, ret_err);
        if (status != PX_OK && ret_err)
            px_err_at(ret_err, line, 1, (px_str){ 0 });
        PX_TRY(status);
    }
    return PX_OK;
}

px_status px_colmap_add(px_colmap *map, px_str text, px_err *ret_err)
{
    px_str copy, rest;

    if (text.len && text.ptr[0] == '@')
        return add_file(map, px_str_skip(text, 1), ret_err);
    copy = px_arena_str(&map->arena, text);
    if (!copy.ptr)
        return px_arena_fail(&map->arena, ret_err);
    for (rest = copy; rest.len;)
        PX_TRY(add_item(map, px_str_cut(&rest, ','), ret_err));
    return PX_OK;
}

/* ---- binding ---- */

static px_status find_column(const px_str *header, size_t count, px_str name, size_t *ret_index,
                             px_err *ret_err)
{
    px_str nearest;

    for (size_t i = 0; i < count; i++)
        if (px_str_eq(px_str_trim(header[i]), name)) {
            *ret_index = i;
            return PX_OK;
        }
    nearest = px_str_nearest(name, header, count);
    if (nearest.len)
        return px_fail_id(ret_err, PX_INVALID, "map.column",
                          "the file has no column '%.*s'; did you mean '%.*s'?", PX_FMT(name),
                          PX_FMT(nearest));
    return px_fail_id(ret_err, PX_INVALID, "map.column", "the file has no column '%.*s'",
                      PX_FMT(name));
}

static px_status name_all(px_colmap *map, const px_str *header, size_t count, size_t skip,
                          px_column *columns, px_err *ret_err)
{
    px_status status = PX_OK;

    for (size_t i = 0; i < count && status == PX_OK; i++) {
        px_buf name = { 0 };

        if (i == skip)
            continue;
        px_put_property_name(&name, px_str_trim(header[i]), i);
        status = px_buf_status(&name, ret_err);
        if (status == PX_OK)
            columns[i].property = px_arena_str(&map->arena, px_buf_str(&name));
        px_buf_release(&name);
        if (status == PX_OK && !columns[i].property.ptr)
            status = px_arena_fail(&map->arena, ret_err);
    }
    return status;
}

static px_status check_columns(const px_str *header, const px_column *columns, size_t count,
                               px_err *ret_err)
{
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        taken += columns[i].property.len > 0;
        for (size_t j = 0; j < i && columns[i].property.len; j++)
            if (px_str_eq(columns[i].property, columns[j].property))
                return px_fail_id(ret_err, PX_INVALID, "map.twice",
                                  "the columns '%.*s' and '%.*s' both become the property %.*s",
                                  PX_FMT(header[j]), PX_FMT(header[i]),
                                  PX_FMT(columns[i].property));
    }
    if (!taken)
        return px_fail_id(ret_err, PX_INVALID, "map.empty", "the map leaves no column to send");
    return PX_OK;
}

px_status px_colmap_bind(px_colmap *map, const px_str *header, size_t count, size_t skip,
                         px_column **ret_columns, px_err *ret_err)
{
    px_column *columns = PX_ARENA_ARRAY(&map->arena, px_column, count ? count : 1);

    if (!columns)
        return px_arena_fail(&map->arena, ret_err);
    if (map->has_auto || !map->has_named)
        PX_TRY(name_all(map, header, count, skip, columns, ret_err));
    PX_VEC_EACH (&map->items, item) {
        size_t index = 0;

        PX_TRY(find_column(header, count, item->column, &index, ret_err));
        columns[index] = (px_column){ item->property, item->kind };
    }
    PX_TRY(check_columns(header, columns, count, ret_err));
    *ret_columns = columns;
    return PX_OK;
}
