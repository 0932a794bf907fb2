/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON: pieces into a buffer, and a writer that sets the commas.
 *
 * The form is canonical by construction: no white space, the fewest escapes, numbers as px_put_num
 * writes them. So two compounds with the same members in the same order are the same bytes.
 */
#include "base/json.h"

enum { WRITER_DEPTH_MAX = 64 };

/* ---- pieces ---- */

static void put_escape(px_buf *buf, uint8_t c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", written[] = "\"\\bfnrt";
    const char *found = memchr(plain, c, sizeof(plain) - 1);

    if (found) {
        char pair[2] = { '\\', written[found - plain] };

        px_put(buf, px_str_of(pair, 2));
    } else {
        px_putf(buf, "\\u%04x", (unsigned)c);
    }
}

/* Bytes that are no control, quote or backslash; wide ones are checked by the caller. */
static void put_escaped(px_buf *buf, px_str text)
{
    size_t run = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.ptr[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        px_put(buf, px_str_of(text.ptr + run, i - run));
        put_escape(buf, c);
        run = i + 1;
    }
    px_put(buf, px_str_of(text.ptr + run, text.len - run));
}

void px_put_json_string(px_buf *buf, px_str text)
{
    size_t bad;

    px_put_char(buf, '"');
    while (!px_str_is_utf8(text, &bad)) {
        put_escaped(buf, px_str_of(text.ptr, bad));
        px_put(buf, PX_STR("\xEF\xBF\xBD"));
        text = px_str_skip(text, bad + 1);
    }
    if (text.len > 0)
        put_escaped(buf, text);
    px_put_char(buf, '"');
}

void px_put_json_bool(px_buf *buf, bool value)
{
    px_put(buf, value ? PX_STR("true") : PX_STR("false"));
}

void px_put_json_time(px_buf *buf, px_time time)
{
    if (time == PX_TIME_NONE) {
        px_put(buf, PX_STR("null"));
        return;
    }
    px_put_char(buf, '"');
    px_put_time(buf, time);
    px_put_char(buf, '"');
}

void px_put_json_value(px_buf *buf, px_value value)
{
    switch (value.kind) {
    case PX_VALUE_NONE:
        px_put(buf, PX_STR("null"));
        break;
    case PX_VALUE_BOOL:
        px_put_json_bool(buf, value.boolean);
        break;
    case PX_VALUE_NUM:
        px_put_num(buf, value.num);
        break;
    case PX_VALUE_TEXT:
        px_put_json_string(buf, value.text);
        break;
    case PX_VALUE_JSON:
        px_put(buf, value.text);
        break;
    }
}

static void put_scalar(px_buf *buf, const px_json *node)
{
    switch (node->type) {
    case PX_JSON_STRING:
        px_put_json_string(buf, node->text);
        break;
    case PX_JSON_NUMBER:
        px_put_num(buf, node->num);
        break;
    case PX_JSON_TRUE:
    case PX_JSON_FALSE:
        px_put_json_bool(buf, node->type == PX_JSON_TRUE);
        break;
    default:
        px_put(buf, PX_STR("null"));
        break;
    }
}

static void put_beginning(px_buf *buf, const px_json *node, const px_json *top)
{
    if (node != top && px_json_is(node->parent, PX_JSON_OBJECT)) {
        px_put_json_string(buf, node->key);
        px_put_char(buf, ':');
    }
    if (node->type == PX_JSON_OBJECT || node->type == PX_JSON_ARRAY)
        px_put_char(buf, node->type == PX_JSON_OBJECT ? '{' : '[');
    else
        put_scalar(buf, node);
}

static void put_ending(px_buf *buf, const px_json *node)
{
    if (node->type == PX_JSON_OBJECT || node->type == PX_JSON_ARRAY)
        px_put_char(buf, node->type == PX_JSON_OBJECT ? '}' : ']');
}

/* Down to the first child, else along to the next sibling, else up: no recursion. */
void px_put_json_node(px_buf *buf, const px_json *top)
{
    const px_json *node = top;

    for (;;) {
        put_beginning(buf, node, top);
        if (node->first) {
            node = node->first;
            continue;
        }
        put_ending(buf, node);
        while (node != top && !node->next) {
            node = node->parent;
            put_ending(buf, node);
        }
        if (node == top)
            return;
        px_put_char(buf, ',');
        node = node->next;
    }
}

/* ---- writer ---- */

px_json_writer px_json_writer_of(px_buf *buf)
{
    return (px_json_writer){ .buf = buf };
}

static void begin_value(px_json_writer *w)
{
    uint64_t bit = UINT64_C(1) << w->depth;

    if (!w->after_key && w->depth > 0 && (w->filled & bit))
        px_put_char(w->buf, ',');
    w->filled |= bit;
    w->after_key = false;
}

static void begin(px_json_writer *w, char bracket)
{
    begin_value(w);
    px_assert(w->depth + 1 < WRITER_DEPTH_MAX);
    w->depth++;
    w->filled &= ~(UINT64_C(1) << w->depth);
    px_put_char(w->buf, bracket);
}

static void end(px_json_writer *w, char bracket)
{
    px_assert(w->depth > 0 && !w->after_key);
    w->depth--;
    px_put_char(w->buf, bracket);
}

void px_json_begin_object(px_json_writer *w)
{
    begin(w, '{');
}

void px_json_end_object(px_json_writer *w)
{
    end(w, '}');
}

void px_json_begin_array(px_json_writer *w)
{
    begin(w, '[');
}

void px_json_end_array(px_json_writer *w)
{
    end(w, ']');
}

void px_json_key(px_json_writer *w, px_str key)
{
    px_assert(w->depth > 0 && !w->after_key);
    begin_value(w);
    px_put_json_string(w->buf, key);
    px_put_char(w->buf, ':');
    w->after_key = true;
}

void px_json_string(px_json_writer *w, px_str text)
{
    begin_value(w);
    px_put_json_string(w->buf, text);
}

void px_json_number(px_json_writer *w, px_num num)
{
    begin_value(w);
    px_put_num(w->buf, num);
}

void px_json_int(px_json_writer *w, int64_t value)
{
    px_json_number(w, px_num_int(value));
}

void px_json_uint(px_json_writer *w, uint64_t value)
{
    begin_value(w);
    px_putf(w->buf, "%llu", (unsigned long long)value);
}

void px_json_bool(px_json_writer *w, bool value)
{
    begin_value(w);
    px_put_json_bool(w->buf, value);
}

void px_json_null(px_json_writer *w)
{
    px_json_put_raw(w, PX_STR("null"));
}

void px_json_time(px_json_writer *w, px_time time)
{
    begin_value(w);
    px_put_json_time(w->buf, time);
}

void px_json_value(px_json_writer *w, px_value value)
{
    begin_value(w);
    px_put_json_value(w->buf, value);
}

void px_json_node(px_json_writer *w, const px_json *node)
{
    begin_value(w);
    px_put_json_node(w->buf, node);
}

void px_json_put_raw(px_json_writer *w, px_str json)
{
    begin_value(w);
    px_put(w->buf, json);
}
