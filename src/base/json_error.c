/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places of JSON errors: line, column and path.
 *
 * The tokenizer remembers only where it stopped. All before that is well formed, so a light walk
 * over it, brackets, commas and keys, gives the path. Errors pay for it, readings do not.
 */
#include "base/json_inner.h"

#include <stdio.h>

enum { KEY_BYTES_SHOWN = 600 };

px_json_type pxi_json_bad(px_json_reader *r, const char *at, unsigned error)
{
    r->token = at;
    r->error = (uint8_t)error;
    r->state = STATE_BAD;
    return PX_JSON_BAD;
}

void pxi_json_line(const char *begin, const char *at, uint32_t *ret_line, uint32_t *ret_column)
{
    const char *line = begin;
    uint32_t count = 1;

    for (const char *p; line < at && (p = memchr(line, '\n', (size_t)(at - line))) != NULL;) {
        line = p + 1;
        count++;
    }
    *ret_line = count;
    *ret_column = (uint32_t)(at - line) + 1;
}

void pxi_json_path_step(pxi_json_path *path, px_str step)
{
    size_t len = path->len;

    if (path->full)
        return;
    path->full = true; /* until it proved to fit */
    if (len + 1 >= sizeof(path->text))
        return;
    path->text[len++] = '/';
    for (size_t i = 0; i < step.len; i++) {
        char c = step.ptr[i];
        bool escaped = c == '~' || c == '/';

        if (len + 1 + escaped >= sizeof(path->text))
            return;
        path->text[len++] = escaped ? '~' : c;
        if (escaped)
            path->text[len++] = c == '~' ? '0' : '1';
    }
    path->len = len;
    path->full = false;
}

void pxi_json_path_index(pxi_json_path *path, uint32_t index)
{
    char text[12];
    int len = snprintf(text, sizeof(text), "%u", index);

    pxi_json_path_step(path, px_str_of(text, (size_t)len));
}

void pxi_json_set_place(px_err *err, uint32_t line, uint32_t column, const pxi_json_path *path)
{
    err->line = line;
    err->column = column;
    memcpy(err->path, path->text, path->len);
    err->path[path->len] = '\0';
}

/* ---- the walk ---- */

typedef struct level {
    px_str key; /* as written; ptr NULL between two members */
    uint32_t index;
    bool object;
} level;

static const char *string_end(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        p += *p == '\\';
    return p;
}

static void put_key(pxi_json_path *path, px_str raw)
{
    static const px_json_opts lenient = { 0 };
    char text[KEY_BYTES_SHOWN];
    const char *ignored;
    size_t len = 0;

    if (raw.len > sizeof(text) ||
        pxi_json_unescape(&lenient, raw.ptr, raw.ptr + raw.len, text, &len, &ignored) != 0)
        path->full = true;
    else
        pxi_json_path_step(path, px_str_of(text, len));
}

/* The path of what stands at `at`. */
static pxi_json_path path_of(const char *begin, const char *at)
{
    level levels[PX_JSON_READER_DEPTH_MAX];
    pxi_json_path path = { 0 };
    size_t depth = 0;

    for (const char *p = begin; p < at; p++) {
        level *in = depth ? &levels[depth - 1] : NULL;

        if (*p == '"') {
            const char *end = string_end(p, at);

            if (end < at && in && in->object && !in->key.ptr)
                in->key = px_str_of(p + 1, (size_t)(end - p - 1));
            p = end;
        } else if (*p == '{' || *p == '[') {
            if (depth < PX_JSON_READER_DEPTH_MAX)
                levels[depth++] = (level){ .object = *p == '{' };
        } else if ((*p == '}' || *p == ']') && in) {
            depth--;
        } else if (*p == ',' && in) {
            in->key = (px_str){ 0 };
            in->index++;
        }
    }
    for (size_t i = 0; i < depth; i++) {
        if (!levels[i].object)
            pxi_json_path_index(&path, levels[i].index);
        else if (levels[i].key.ptr)
            put_key(&path, levels[i].key);
    }
    return path;
}

void px_json_place(const px_json_reader *r, px_err *err)
{
    bool key = r->state == STATE_VALUE && r->in_object;
    uint32_t line, column;
    pxi_json_path path;

    if (!err)
        return;
    path = path_of(r->begin, key ? r->at : r->token);
    if (r->error == BAD_DUPLICATE)
        pxi_json_path_step(&path, r->text);
    pxi_json_line(r->begin, r->token, &line, &column);
    pxi_json_set_place(err, line, column, &path);
}

/* ---- the sentences ---- */

static const struct {
    const char *id, *before, *after;
} errors[] = {
#define X(name, id, before, after) { id, before, after },
    PXI_JSON_ERRORS(X)
#undef X
};

static void describe(const px_json_reader *r, char *out, size_t size)
{
    const char *p = r->token, *end = p;

    if (p == r->end) {
        snprintf(out, size, "the end of the input");
    } else if (r->error == BAD_LITERAL) {
        while (end < r->end && end - p < 20 && ((*end | 0x20) >= 'a' && (*end | 0x20) <= 'z'))
            end++;
        snprintf(out, size, "'%.*s'", (int)(end - p), p);
    } else if (*p > ' ' && *p < 0x7F) {
        snprintf(out, size, "'%c'", *p);
    } else {
        snprintf(out, size, "byte 0x%02X", (unsigned)(uint8_t)*p);
    }
}

/* The limit behind the sentence; 0 when the error is about none. */
static uint32_t limit_of(const px_json_reader *r)
{
    switch (r->error) {
    case BAD_NUMBER_BYTES:
        return r->opts.number_bytes_max;
    case BAD_STRING_BYTES:
        return r->opts.string_bytes_max;
    case BAD_KEYS:
        return r->opts.keys_max;
    case BAD_DEPTH:
        return r->opts.depth_max;
    default:
        return 0;
    }
}

px_status px_json_error(const px_json_reader *r, px_err *ret_err)
{
    const char *id = errors[r->error].id;
    uint32_t limit = limit_of(r);
    char found[32], number[16] = "";

    px_assert(r->error != BAD_NONE);
    if (r->error == BAD_MEMORY)
        return px_arena_fail(r->arena, ret_err);
    describe(r, found, sizeof(found));
    if (limit)
        snprintf(number, sizeof(number), "%u", limit);
    if (r->error == BAD_DUPLICATE)
        px_fail_id(ret_err, PX_INVALID, id, "the key '%.*s' appears twice in one object",
                   r->text.len > 64 ? 64 : (int)r->text.len, r->text.ptr ? r->text.ptr : "");
    else
        px_fail_id(ret_err, PX_INVALID, id, "%s%s%s%s", errors[r->error].before, found,
                   errors[r->error].after, number);
    px_json_place(r, ret_err);
    return PX_INVALID;
}
