/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document: a tree of nodes from the tokens of the reader, and ways through it.
 *
 * Nothing here recurses: a node knows its parent, so depth costs no stack.
 */
#include "base/json_inner.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct builder {
    px_json_reader reader;
    const char *line_begin, *counted; /* lines are counted up to here */
    uint32_t line;
    px_json *root, *in; /* the innermost open container */
} builder;

/* Only white space holds newlines, so each is passed once. */
static void count_lines(builder *b, const char *at)
{
    for (const char *p; b->counted < at; b->counted = p + 1) {
        p = memchr(b->counted, '\n', (size_t)(at - b->counted));
        if (!p)
            break;
        b->line++;
        b->line_begin = p + 1;
    }
    b->counted = at;
}

static px_json *add_node(builder *b, px_json_type type, px_str key)
{
    px_json *node = PX_ARENA_NEW(b->reader.arena, px_json), *in = b->in;

    if (!node)
        return NULL;
    count_lines(b, b->reader.token);
    node->type = type;
    node->line = b->line;
    node->column = (uint32_t)(b->reader.token - b->line_begin) + 1;
    node->key = key;
    node->raw = px_json_raw(&b->reader);
    node->parent = in;
    if (!in) {
        b->root = node;
        return node;
    }
    node->index = in->count++;
    if (in->last)
        in->last->next = node;
    else
        in->first = node;
    in->last = node;
    return node;
}

static px_status build(builder *b, px_err *ret_err)
{
    px_str key = { 0 };
    px_json *node;

    for (px_json_type type; (type = px_json_next(&b->reader)) != PX_JSON_DONE;) {
        switch (type) {
        case PX_JSON_BAD:
            return px_json_error(&b->reader, ret_err);
        case PX_JSON_KEY:
            key = b->reader.text;
            continue;
        case PX_JSON_OBJECT_END:
        case PX_JSON_ARRAY_END:
            b->in->raw.len = (size_t)(b->reader.at - b->in->raw.ptr);
            b->in = b->in->parent;
            continue;
        default:
            break;
        }
        node = add_node(b, type, key);
        if (!node)
            return px_arena_fail(b->reader.arena, ret_err);
        key = (px_str){ 0 };
        if (type == PX_JSON_STRING)
            node->text = b->reader.text;
        else if (type == PX_JSON_NUMBER)
            node->num = b->reader.num;
        else if (type == PX_JSON_OBJECT || type == PX_JSON_ARRAY)
            b->in = node;
    }
    return PX_OK;
}

px_status px_json_parse(px_str text, const px_json_opts *opts, px_arena *arena, px_json **ret_root,
                        px_err *ret_err)
{
    builder b;

    px_json_reader_init(&b.reader, text, opts, arena);
    b.line_begin = b.counted = text.ptr;
    b.line = 1;
    b.root = b.in = NULL;
    PX_TRY(build(&b, ret_err));
    *ret_root = b.root;
    return PX_OK;
}

/* ---- looking up ---- */

px_json *px_json_get(const px_json *object, px_str key)
{
    if (!px_json_is(object, PX_JSON_OBJECT))
        return NULL;
    for (px_json *m = object->first; m; m = m->next)
        if (px_str_eq(m->key, key))
            return m;
    return NULL;
}

px_json *px_json_item(const px_json *array, size_t index)
{
    px_json *item;

    if (!px_json_is(array, PX_JSON_ARRAY) || index >= array->count)
        return NULL;
    for (item = array->first; item && index > 0; index--)
        item = item->next;
    return item;
}

px_str px_json_get_text(const px_json *object, px_str key)
{
    const px_json *member = px_json_get(object, key);

    return px_json_is(member, PX_JSON_STRING) ? member->text : (px_str){ 0 };
}

/* ---- places ---- */

/* The nodes from below the root down to `node`, deepest last; gives how many. A patched document
 * may be deeper than a read one: then the deepest are left out. */
static size_t ancestry(const px_json *node, const px_json *out[PX_JSON_READER_DEPTH_MAX])
{
    size_t depth = 0, at;

    for (const px_json *n = node; n->parent; n = n->parent)
        depth++;
    at = depth;
    for (const px_json *n = node; n->parent; n = n->parent)
        if (--at < PX_JSON_READER_DEPTH_MAX)
            out[at] = n;
    return depth < PX_JSON_READER_DEPTH_MAX ? depth : PX_JSON_READER_DEPTH_MAX;
}

static bool is_member(const px_json *node)
{
    return node->parent->type == PX_JSON_OBJECT;
}

px_status px_json_fail(const px_json *node, px_err *ret_err, px_status status, const char *id,
                       const char *format, ...)
{
    const px_json *nodes[PX_JSON_READER_DEPTH_MAX];
    char text[2 * sizeof(ret_err->text)]; /* px_fail_id cuts what is too long */
    pxi_json_path path = { 0 };
    size_t depth;
    va_list args;

    if (!ret_err)
        return status;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    px_fail_id(ret_err, status, id, "%s", text);
    depth = ancestry(node, nodes);
    for (size_t i = 0; i < depth; i++) {
        if (is_member(nodes[i]))
            pxi_json_path_step(&path, nodes[i]->key);
        else
            pxi_json_path_index(&path, nodes[i]->index);
    }
    pxi_json_set_place(ret_err, node->line, node->column, &path);
    return status;
}

void px_put_json_path(px_buf *buf, const px_json *node)
{
    const px_json *nodes[PX_JSON_READER_DEPTH_MAX];
    size_t depth = ancestry(node, nodes);

    for (size_t i = 0; i < depth; i++) {
        if (is_member(nodes[i]))
            px_put_json_pointer_step(buf, nodes[i]->key);
        else
            px_putf(buf, "/%u", nodes[i]->index);
    }
}
