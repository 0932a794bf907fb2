/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json-pointer    = *( "/" reference-token )                  ; RFC 6901 section 3
 * reference-token = *( unescaped / "~0" / "~1" )              ; ~0 is ~, ~1 is /
 */
#include "base/json.h"

static px_status bad_pointer(px_str text, size_t index, const char *reason, px_err *ret_err)
{
    px_fail_id(ret_err, PX_INVALID, "json.pointer", "'%.*s' is no JSON pointer: %s",
               text.len > 64 ? 64 : (int)text.len, text.ptr ? text.ptr : "", reason);
    px_err_at(ret_err, 1, (uint32_t)index + 1, (px_str){ 0 });
    return PX_INVALID;
}

static px_status check(px_str text, size_t *ret_count, px_err *ret_err)
{
    size_t count = 0;

    if (text.len > 0 && text.ptr[0] != '/')
        return bad_pointer(text, 0, "it must be empty or begin with '/'", ret_err);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '/' && ++count > PX_JSON_POINTER_DEPTH_MAX)
            return bad_pointer(text, i, "it has more than 32 steps", ret_err);
        if (text.ptr[i] == '~' &&
            (i + 1 == text.len || (text.ptr[i + 1] != '0' && text.ptr[i + 1] != '1')))
            return bad_pointer(text, i, "'~' must be followed by 0 or 1", ret_err);
    }
    *ret_count = count;
    return PX_OK;
}

static bool unescape_step(px_arena *arena, px_str step, px_str *ret_step)
{
    char *out;
    size_t len = 0;

    *ret_step = step;
    if (step.len == 0 || !memchr(step.ptr, '~', step.len))
        return true;
    out = px_arena_alloc(arena, step.len);
    if (!out)
        return false;
    for (size_t i = 0; i < step.len; i++) {
        char c = step.ptr[i];

        out[len++] = c != '~' ? c : step.ptr[++i] == '0' ? '~' : '/';
    }
    *ret_step = px_str_of(out, len);
    return true;
}

px_status px_json_pointer_parse(px_str text, px_arena *arena, px_json_pointer *ret_pointer,
                                px_err *ret_err)
{
    px_json_pointer pointer = { 0 };
    px_str rest = text;
    size_t count;

    PX_TRY(check(text, &count, ret_err));
    pointer.count = count;
    pointer.steps = PX_ARENA_ARRAY(arena, px_str, count);
    if (!pointer.steps)
        return px_arena_fail(arena, ret_err);
    if (count > 0)
        rest = px_str_skip(rest, 1);
    for (size_t i = 0; i < count; i++)
        if (!unescape_step(arena, px_str_cut(&rest, '/'), &pointer.steps[i]))
            return px_arena_fail(arena, ret_err);
    *ret_pointer = pointer;
    return PX_OK;
}

bool px_json_pointer_index(px_str step, uint32_t *ret_index)
{
    uint32_t v = 0;

    if (step.len == 0 || step.len > 9 || (step.ptr[0] == '0' && step.len > 1))
        return false;
    for (size_t i = 0; i < step.len; i++) {
        if (step.ptr[i] < '0' || step.ptr[i] > '9')
            return false;
        v = v * 10 + (uint32_t)(step.ptr[i] - '0');
    }
    *ret_index = v;
    return true;
}

px_json *px_json_pointer_find(px_json *root, const px_json_pointer *pointer)
{
    px_json *node = root;

    for (size_t i = 0; node && i < pointer->count; i++) {
        uint32_t index;

        if (node->type == PX_JSON_OBJECT)
            node = px_json_get(node, pointer->steps[i]);
        else if (px_json_pointer_index(pointer->steps[i], &index))
            node = px_json_item(node, index);
        else
            node = NULL;
    }
    return node;
}

void px_put_json_pointer_step(px_buf *buf, px_str step)
{
    px_put_char(buf, '/');
    for (size_t i = 0, run = 0; i <= step.len; i++) {
        bool special = i < step.len && (step.ptr[i] == '~' || step.ptr[i] == '/');

        if (i < step.len && !special)
            continue;
        px_put(buf, px_str_of(step.ptr + run, i - run));
        if (special)
            px_put_c(buf, step.ptr[i] == '~' ? "~0" : "~1");
        run = i + 1;
    }
}
