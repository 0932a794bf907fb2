/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places in a row, and templates made of them.
 *
 *     template = { text | "{" ( level | field | "$key" | pointer ) "}" }
 */
#include "sync/binding_inner.h"

px_status pxi_text_check(const px_json *json, px_err *ret_err)
{
    if (json->type == PX_JSON_STRING && json->text.len &&
        json->text.len <= PX_BINDING_TEXT_BYTES_MAX)
        return PX_OK;
    return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                        "'%.*s' is a text of 1 to %d bytes", PX_FMT(json->key),
                        PX_BINDING_TEXT_BYTES_MAX);
}

static px_status read_place(px_arena *arena, const px_json *json, px_str text, pxi_place *ret_place,
                            px_err *ret_err)
{
    px_err err;

    *ret_place = (pxi_place){ .key = text, .is_key = text.len && text.ptr[0] != '/' };
    if (ret_place->is_key)
        return PX_OK;
    if (px_json_pointer_parse(text, arena, &ret_place->pointer, &err) != PX_OK)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form", "'%.*s': %s", PX_FMT(text),
                            err.text);
    return PX_OK;
}

px_status pxi_place_read(px_binding *b, const px_json *json, pxi_place *ret_place, px_err *ret_err)
{
    if (json->type != PX_JSON_STRING || json->text.len > PX_BINDING_TEXT_BYTES_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "a place is a pointer such as \"/a/b\", or the name of a member, of at "
                            "most %d bytes",
                            PX_BINDING_TEXT_BYTES_MAX);
    return read_place(&b->arena, json, json->text, ret_place, ret_err);
}

static px_json *find_in(px_json *node, const pxi_place *place)
{
    if (place->is_key)
        return px_json_get(node, place->key);
    return px_json_pointer_find(node, &place->pointer);
}

static px_json *find_any(const pxi_row *row, const pxi_place *place)
{
    px_json *found = find_in(row->node, place);

    return found || row->payload.root == row->node ? found : find_in(row->payload.root, place);
}

px_json *pxi_place_find(const pxi_row *row, const pxi_place *place)
{
    px_json *found = find_any(row, place);

    return found && found->type != PX_JSON_NULL ? found : NULL;
}

bool pxi_place_is_null(const pxi_row *row, const pxi_place *place)
{
    return px_json_is(find_any(row, place), PX_JSON_NULL);
}

uint32_t pxi_level_find(const px_binding *b, px_str name)
{
    for (uint32_t i = 0; i < b->level_count; i++)
        if (b->levels[i].len && px_str_eq(b->levels[i], name))
            return i;
    return UINT32_MAX;
}

uint32_t pxi_field_find(const px_binding *b, px_str name)
{
    for (uint32_t i = 0; i < b->field_count; i++)
        if (px_str_eq(b->fields[i].name, name))
            return i;
    return UINT32_MAX;
}

/* What stands between two braces. */
static px_status read_piece(const px_binding *b, px_arena *arena, const px_json *json, px_str name,
                            pxi_piece *piece, px_err *ret_err)
{
    *piece = (pxi_piece){ .text = name };
    if (px_str_eq(name, PX_STR("$key"))) {
        piece->kind = PXI_PIECE_KEY;
        return PX_OK;
    }
    if (name.len && name.ptr[0] == '/') {
        piece->kind = PXI_PIECE_PLACE;
        return read_place(arena, json, name, &piece->place, ret_err);
    }
    piece->index = pxi_level_find(b, name);
    piece->kind = PXI_PIECE_LEVEL;
    if (piece->index != UINT32_MAX)
        return PX_OK;
    piece->index = pxi_field_find(b, name);
    piece->kind = PXI_PIECE_FIELD;
    if (piece->index != UINT32_MAX)
        return PX_OK;
    return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                        "'{%.*s}' is neither a level of the topic, nor a field, nor a pointer such "
                        "as {/id}",
                        PX_FMT(name));
}

px_status pxi_template_read(const px_binding *b, px_arena *arena, const px_json *json, px_str text,
                            pxi_template *ret_template, px_err *ret_err)
{
    pxi_piece *pieces;
    uint32_t most = 1, count = 0;

    if (text.len > PX_BINDING_TEXT_BYTES_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "a template has at most %d bytes", PX_BINDING_TEXT_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == '{' ? 2 : 0;
    pieces = PX_ARENA_ARRAY(arena, pxi_piece, most);
    if (!pieces)
        return px_arena_fail(arena, ret_err);
    while (text.len) {
        const char *open = memchr(text.ptr, '{', text.len);
        size_t before = open ? (size_t)(open - text.ptr) : text.len;
        const char *close;

        if (before)
            pieces[count++] = (pxi_piece){ .text = px_str_of(text.ptr, before) };
        text = px_str_skip(text, before);
        if (!open)
            break;
        close = memchr(text.ptr, '}', text.len);
        if (!close)
            return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                                "'{' begins a name that has to end with '}'");
        PX_TRY(read_piece(b, arena, json, px_str_of(text.ptr + 1, (size_t)(close - text.ptr) - 1),
                          &pieces[count++], ret_err));
        text = px_str_skip(text, (size_t)(close - text.ptr) + 1);
    }
    *ret_template = (pxi_template){ pieces, count };
    return PX_OK;
}

static px_status miss_piece(const pxi_piece *piece, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "binding.template",
                      "'{%.*s}' has no value in the message that could stand in a name",
                      PX_FMT(piece->text));
}

static px_status put_text(px_buf *buf, px_str text, bool may_be_empty, const pxi_piece *piece,
                          px_err *ret_err)
{
    if (text.len == 0 && !may_be_empty)
        return miss_piece(piece, ret_err);
    px_put(buf, text);
    return PX_OK;
}

static px_status put_value(px_buf *buf, px_value value, bool may_be_empty, const pxi_piece *piece,
                           px_err *ret_err)
{
    switch (value.kind) {
    case PX_VALUE_TEXT:
        return put_text(buf, value.text, may_be_empty, piece, ret_err);
    case PX_VALUE_NUM:
        px_put_num(buf, value.num);
        return PX_OK;
    case PX_VALUE_BOOL:
        px_put_json_bool(buf, value.boolean);
        return PX_OK;
    default:
        return miss_piece(piece, ret_err);
    }
}

static px_status put_piece(px_buf *buf, const pxi_row *row, const pxi_piece *piece,
                           bool may_be_empty, px_err *ret_err)
{
    const px_json *found;

    switch (piece->kind) {
    case PXI_PIECE_TEXT:
        px_put(buf, piece->text);
        return PX_OK;
    case PXI_PIECE_LEVEL:
        return put_text(buf, row->levels[piece->index], false, piece, ret_err);
    case PXI_PIECE_FIELD:
        return put_value(buf, row->values[piece->index], may_be_empty, piece, ret_err);
    case PXI_PIECE_KEY:
        return put_text(buf, row->node->key, false, piece, ret_err);
    default:
        found = pxi_place_find(row, &piece->place);
        return put_value(buf, found ? pxi_value_of(found) : (px_value){ 0 }, may_be_empty, piece,
                         ret_err);
    }
}

static px_status fill(const pxi_row *row, const pxi_template *t, bool may_be_empty,
                      px_str *ret_text, px_err *ret_err)
{
    px_buf buf;
    px_status status = PX_OK;

    if (t->count == 1 && t->pieces[0].kind == PXI_PIECE_TEXT) {
        *ret_text = t->pieces[0].text;
        return PX_OK;
    }
    px_buf_init(&buf, 2 * PX_VALUE_STRING_BYTES_MAX);
    for (uint32_t i = 0; i < t->count && status == PX_OK; i++)
        status = put_piece(&buf, row, &t->pieces[i], may_be_empty, ret_err);
    if (status == PX_OK && buf.status == PX_LIMIT)
        status = px_fail_id(ret_err, PX_INVALID, "binding.template",
                            "a name made by a template is longer than %d bytes",
                            2 * PX_VALUE_STRING_BYTES_MAX);
    if (status == PX_OK)
        status = px_buf_status(&buf, ret_err);
    if (status == PX_OK) {
        *ret_text = px_arena_str(row->arena, px_buf_str(&buf));
        if (!ret_text->ptr)
            status = px_arena_fail(row->arena, ret_err);
    }
    px_buf_release(&buf);
    return status;
}

px_status pxi_template_fill(const pxi_row *row, const pxi_template *t, px_str *ret_text,
                            px_err *ret_err)
{
    return fill(row, t, false, ret_text, ret_err);
}

px_status pxi_template_fill_text(const pxi_row *row, const pxi_template *t, px_str *ret_text,
                                 px_err *ret_err)
{
    return fill(row, t, true, ret_text, ret_err);
}
