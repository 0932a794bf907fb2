/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees are lists of members under a parent, so a change is a relinking: insert, replace, unlink.
 * Values that an operation brings are copied, because the same value may be put in twice. Positions
 * inside the text (line, column, raw) of changed nodes mean nothing afterwards; px_put_json_node
 * does not use them.
 */
#include "base/json_patch.h"

enum { COPY_DEPTH_MAX = 512 };

static px_json *copy_node(const px_json *node, px_arena *arena, uint32_t depth)
{
    px_json *copy = depth < COPY_DEPTH_MAX ? PX_ARENA_NEW(arena, px_json) : NULL;

    if (!copy)
        return NULL;
    *copy = *node;
    copy->parent = copy->first = copy->last = copy->next = NULL;
    for (const px_json *m = node->first; m; m = m->next) {
        px_json *child = copy_node(m, arena, depth + 1);

        if (!child)
            return NULL;
        child->parent = copy;
        if (copy->last)
            copy->last->next = child;
        else
            copy->first = child;
        copy->last = child;
    }
    return copy;
}

static void renumber(px_json *parent)
{
    uint32_t index = 0;

    parent->last = NULL;
    for (px_json *m = parent->first; m; m = m->next) {
        m->index = index++;
        parent->last = m;
    }
    parent->count = index;
}

/* Puts `node` before the item `before`, or at the end. */
static void link_before(px_json *parent, px_json *node, const px_json *before)
{
    px_json **at = &parent->first;

    while (*at && *at != before)
        at = &(*at)->next;
    node->next = *at;
    node->parent = parent;
    *at = node;
    renumber(parent);
}

static void unlink_node(px_json *node)
{
    px_json **at = &node->parent->first;

    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    renumber(node->parent);
}

static bool same_value(const px_json *a, const px_json *b, uint32_t depth)
{
    if (a->type != b->type || a->count != b->count || depth == COPY_DEPTH_MAX)
        return false;
    switch (a->type) {
    case PX_JSON_NUMBER:
        return px_num_cmp(a->num, b->num) == 0;
    case PX_JSON_STRING:
        return px_str_eq(a->text, b->text);
    case PX_JSON_ARRAY:
        for (const px_json *x = a->first, *y = b->first; x; x = x->next, y = y->next)
            if (!same_value(x, y, depth + 1))
                return false;
        return true;
    case PX_JSON_OBJECT:
        for (const px_json *x = a->first; x; x = x->next) {
            const px_json *y = px_json_get(b, x->key);

            if (!y || !same_value(x, y, depth + 1))
                return false;
        }
        return true;
    default:
        return true;
    }
}

/* ---- operations ---- */

typedef struct patcher {
    px_json *root;
    const px_json_patch_opts *opts;
    px_arena *arena;
    const px_json *op; /* the present one */
    px_err *err;
} patcher;

static px_status bad_op(patcher *p, const char *id, const char *sentence)
{
    return px_json_fail(p->op, p->err, PX_INVALID, id, "%s", sentence);
}

static px_status unresolved(patcher *p, const px_json_pointer *path)
{
    px_buf text = { 0 };

    for (size_t i = 0; i < path->count; i++)
        px_put_json_pointer_step(&text, path->steps[i]);
    px_json_fail(p->op, p->err, PX_INVALID, "patch.path", "Could not resolve path %.*s",
                 PX_FMT(px_buf_str(&text)));
    px_buf_release(&text);
    return PX_INVALID;
}

static px_status read_pointer(patcher *p, px_str member, px_json_pointer *ret_pointer)
{
    px_str text = px_json_get_text(p->op, member);
    px_err err = { 0 };
    px_status status;

    if (!text.ptr)
        return px_json_fail(p->op, p->err, PX_INVALID, "patch.form",
                            "an operation needs a string member '%.*s'", PX_FMT(member));
    status = px_json_pointer_parse(text, p->arena, ret_pointer, &err);
    if (status == PX_INVALID)
        return px_json_fail(p->op, p->err, status, "patch.path", "Could not resolve path: %s",
                            err.text);
    if (status != PX_OK && p->err)
        *p->err = err;
    return status;
}

static px_json *find(patcher *p, const px_json_pointer *path)
{
    return px_json_pointer_find(p->root, path);
}

/* What holds the last step. NULL when it is not there; `path` is not empty. */
static px_json *find_parent(patcher *p, const px_json_pointer *path)
{
    px_json_pointer up = { path->steps, path->count - 1 };
    px_json *parent = find(p, &up);

    if (parent && parent->type != PX_JSON_OBJECT && parent->type != PX_JSON_ARRAY)
        return NULL;
    if (parent && parent->type == PX_JSON_ARRAY && p->opts->whole_arrays)
        return NULL;
    return parent;
}

static px_status add_item(patcher *p, const px_json_pointer *path, px_json *array, px_json *value)
{
    px_str step = path->steps[path->count - 1];
    uint32_t index = array->count;

    if (!px_str_eq(step, PX_STR("-")) &&
        (!px_json_pointer_index(step, &index) || index > array->count))
        return unresolved(p, path);
    value->key = (px_str){ 0 };
    link_before(array, value, px_json_item(array, index));
    return PX_OK;
}

/* `value` is linked in: a copy of the operation's own, or a node that was cut out. */
static px_status add(patcher *p, const px_json_pointer *path, px_json *value)
{
    px_json *parent, *old;

    if (path->count == 0) {
        p->root = value;
        value->parent = value->next = NULL;
        value->key = (px_str){ 0 };
        return PX_OK;
    }
    parent = find_parent(p, path);
    if (!parent)
        return unresolved(p, path);
    if (parent->type == PX_JSON_ARRAY)
        return add_item(p, path, parent, value);
    old = px_json_get(parent, path->steps[path->count - 1]);
    value->key = path->steps[path->count - 1];
    link_before(parent, value, old);
    if (old)
        unlink_node(old);
    return PX_OK;
}

static px_status take_value(patcher *p, px_json **ret_value)
{
    const px_json *value = px_json_get(p->op, PX_STR("value"));

    if (!value)
        return bad_op(p, "patch.form", "this operation needs a member 'value'");
    *ret_value = copy_node(value, p->arena, 0);
    return *ret_value ? PX_OK : px_arena_fail(p->arena, p->err);
}

static px_status cut_out(patcher *p, const px_json_pointer *path, px_json **ret_node)
{
    px_json *node = path->count && find_parent(p, path) ? find(p, path) : NULL;

    if (!node)
        return unresolved(p, path);
    unlink_node(node);
    *ret_node = node;
    return PX_OK;
}

static px_status apply_add(patcher *p, const px_json_pointer *path)
{
    px_json *value;

    PX_TRY(take_value(p, &value));
    return add(p, path, value);
}

static px_status apply_replace(patcher *p, const px_json_pointer *path)
{
    px_json *value, *old;

    PX_TRY(take_value(p, &value));
    if (path->count == 0)
        return add(p, path, value);
    old = find_parent(p, path) ? find(p, path) : NULL;
    if (!old)
        return unresolved(p, path);
    value->key = old->key;
    link_before(old->parent, value, old);
    unlink_node(old);
    return PX_OK;
}

static px_status apply_remove(patcher *p, const px_json_pointer *path)
{
    px_json *gone;

    return cut_out(p, path, &gone);
}

static bool is_prefix(const px_json_pointer *of, const px_json_pointer *path)
{
    if (of->count >= path->count)
        return false;
    for (size_t i = 0; i < of->count; i++)
        if (!px_str_eq(of->steps[i], path->steps[i]))
            return false;
    return true;
}

static px_status apply_move(patcher *p, const px_json_pointer *path)
{
    px_json_pointer from;
    px_json *node;

    PX_TRY(read_pointer(p, PX_STR("from"), &from));
    if (is_prefix(&from, path))
        return bad_op(p, "patch.form", "a value cannot be moved into itself");
    if (p->opts->before)
        PX_TRY(p->opts->before(p->opts->data, &from, p->op, p->err));
    if (from.count == path->count && is_prefix(&(px_json_pointer){ from.steps, 0 }, path) &&
        px_str_eq(px_json_get_text(p->op, PX_STR("from")), px_json_get_text(p->op, PX_STR("path"))))
        return find(p, &from) ? PX_OK : unresolved(p, &from);
    PX_TRY(cut_out(p, &from, &node));
    return add(p, path, node);
}

static px_status apply_copy(patcher *p, const px_json_pointer *path)
{
    px_json_pointer from;
    px_json *node;

    PX_TRY(read_pointer(p, PX_STR("from"), &from));
    node = find(p, &from);
    if (!node)
        return unresolved(p, &from);
    node = copy_node(node, p->arena, 0);
    return node ? add(p, path, node) : px_arena_fail(p->arena, p->err);
}

static px_status apply_test(patcher *p, const px_json_pointer *path)
{
    const px_json *wanted = px_json_get(p->op, PX_STR("value")), *found = find(p, path);

    if (!wanted)
        return bad_op(p, "patch.form", "this operation needs a member 'value'");
    if (!found)
        return unresolved(p, path);
    return same_value(found, wanted, 0)
               ? PX_OK
               : bad_op(p, "patch.test", "the value is not what the test says");
}

static const struct {
    const char *name;
    unsigned verb;
    px_status (*apply)(patcher *p, const px_json_pointer *path);
} verbs[] = {
    { "add", PX_JSON_PATCH_ADD, apply_add },
    { "replace", PX_JSON_PATCH_REPLACE, apply_replace },
    { "remove", PX_JSON_PATCH_REMOVE, apply_remove },
    { "move", PX_JSON_PATCH_MOVE, apply_move },
    { "copy", PX_JSON_PATCH_COPY, apply_copy },
    { "test", PX_JSON_PATCH_TEST, apply_test },
};

static px_status apply(patcher *p)
{
    unsigned allowed = p->opts->verbs ? p->opts->verbs : PX_JSON_PATCH_ALL;
    px_str name = px_json_get_text(p->op, PX_STR("op"));
    px_json_pointer path;

    if (p->op->type != PX_JSON_OBJECT || !name.ptr)
        return bad_op(p, "patch.form", "an operation is an object with a string member 'op'");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (!(allowed & verbs[i].verb) || !px_str_eq(name, px_str_c(verbs[i].name)))
            continue;
        PX_TRY(read_pointer(p, PX_STR("path"), &path));
        if (p->opts->before)
            PX_TRY(p->opts->before(p->opts->data, &path, p->op, p->err));
        return verbs[i].apply(p, &path);
    }
    return px_json_fail(p->op, p->err, PX_INVALID, "patch.op", "Unsupported operation type %.*s",
                        PX_FMT(name));
}

px_status px_json_patch(px_json *doc, const px_json *ops, const px_json_patch_opts *opts,
                        px_arena *arena, px_json **ret_doc, px_err *ret_err)
{
    static const px_json_patch_opts standard = { 0 };
    patcher p = { .root = doc, .opts = opts ? opts : &standard, .arena = arena, .err = ret_err };
    uint32_t most = p.opts->ops_max ? p.opts->ops_max : PX_PATCH_OPS_MAX;

    if (!px_json_is(ops, PX_JSON_ARRAY))
        return px_fail_id(ret_err, PX_INVALID, "patch.form",
                          "a JSON Patch is an array of operations");
    if (ops->count > most)
        return px_fail_id(ret_err, PX_TOO_LARGE, "patch.count",
                          "a patch has at most %u operations; this one has %u", most, ops->count);
    for (p.op = ops->first; p.op; p.op = p.op->next)
        PX_TRY(apply(&p));
    *ret_doc = p.root;
    return PX_OK;
}

/* ---- merge patch ---- */

static px_json *merge(px_json *doc, const px_json *patch, px_arena *arena, uint32_t depth)
{
    px_json *target = doc;

    if (depth == COPY_DEPTH_MAX)
        return NULL;
    if (patch->type != PX_JSON_OBJECT)
        return copy_node(patch, arena, 0);
    if (!px_json_is(target, PX_JSON_OBJECT)) {
        target = PX_ARENA_NEW(arena, px_json);
        if (!target)
            return NULL;
        target->type = PX_JSON_OBJECT;
    }
    for (const px_json *m = patch->first; m; m = m->next) {
        px_json *old = px_json_get(target, m->key), *value;

        if (m->type == PX_JSON_NULL) {
            if (old)
                unlink_node(old);
            continue;
        }
        value = merge(old, m, arena, depth + 1);
        if (!value)
            return NULL;
        if (value == old)
            continue;
        value->key = m->key;
        link_before(target, value, old);
        if (old)
            unlink_node(old);
    }
    return target;
}

px_status px_json_merge(px_json *doc, const px_json *patch, px_arena *arena, px_json **ret_doc,
                        px_err *ret_err)
{
    px_json *merged = merge(doc, patch, arena, 0);

    if (!merged)
        return px_arena_fail(arena, ret_err);
    *ret_doc = merged;
    return PX_OK;
}
