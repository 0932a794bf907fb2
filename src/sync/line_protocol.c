/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names end at a comma, an equals sign or a blank that no backslash protects; a backslash before
 * anything else is only a backslash.
 */
#include "sync/line_protocol.h"

#include "base/cell.h"
#include "base/json.h"
#include "base/limits.h"

typedef struct reader {
    px_str line;
    size_t at;
    px_buf *buf;
    px_buf word;
    px_err *ret_err;
} reader;

static px_status broken(const reader *r, const char *what)
{
    px_fail_id(r->ret_err, PX_INVALID, "line.form",
               "%s; a line is 'measurement,tag=value field=21.4 time'", what);
    if (r->ret_err)
        px_err_at(r->ret_err, 0, (uint32_t)r->at + 1, (px_str){ 0 });
    return PX_INVALID;
}

static char byte_at(const reader *r, size_t at)
{
    return at < r->line.len ? r->line.ptr[at] : '\0';
}

static bool at_end(const reader *r)
{
    return r->at >= r->line.len;
}

/* A name up to one of `ends`; what is protected by a backslash belongs to it. */
static px_status read_name(reader *r, const char *ends, const char *what)
{
    px_buf_clear(&r->word);
    for (; !at_end(r) && !strchr(ends, byte_at(r, r->at)); r->at++) {
        char next = byte_at(r, r->at + 1);

        if (byte_at(r, r->at) == '\\' && next && strchr(", =\\", next))
            r->at++;
        px_put_char(&r->word, byte_at(r, r->at));
    }
    PX_TRY(px_buf_status(&r->word, r->ret_err));
    if (r->word.len == 0)
        return broken(r, what);
    if (!px_str_is_utf8(px_buf_str(&r->word), NULL))
        return broken(r, "a name is no UTF-8");
    px_put_json_string(r->buf, px_buf_str(&r->word));
    return PX_OK;
}

static px_status read_text(reader *r)
{
    px_buf_clear(&r->word);
    for (r->at++; !at_end(r) && byte_at(r, r->at) != '"'; r->at++) {
        char next = byte_at(r, r->at + 1);

        if (byte_at(r, r->at) == '\\' && (next == '"' || next == '\\'))
            r->at++;
        px_put_char(&r->word, byte_at(r, r->at));
    }
    if (at_end(r))
        return broken(r, "a text has no end");
    r->at++;
    if (!px_str_is_utf8(px_buf_str(&r->word), NULL))
        return broken(r, "a text is no UTF-8");
    px_put_json_string(r->buf, px_buf_str(&r->word));
    return px_buf_status(&r->word, r->ret_err);
}

static bool put_boolean(px_buf *buf, px_str word)
{
    static const char *const words[] = { "t", "T", "true",  "True",  "TRUE",
                                         "f", "F", "false", "False", "FALSE" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (px_str_eq(word, px_str_c(words[i]))) {
            px_put_json_bool(buf, i < 5);
            return true;
        }
    return false;
}

/* 1e999 is written like a number and is none. */
static bool is_in_range(const px_buf *buf, size_t begun)
{
    px_num num;

    return px_num_parse(px_str_skip(px_buf_str(buf), begun), &num, NULL) == PX_OK;
}

static px_status read_value(reader *r)
{
    size_t begin = r->at, begun, len;
    px_str word;

    if (byte_at(r, r->at) == '"')
        return read_text(r);
    while (!at_end(r) && byte_at(r, r->at) != ',' && byte_at(r, r->at) != ' ')
        r->at++;
    word = px_str_of(r->line.ptr + begin, r->at - begin);
    if (put_boolean(r->buf, word))
        return PX_OK;
    len = word.len;
    if (len > 1 && (word.ptr[len - 1] == 'i' || word.ptr[len - 1] == 'u')) {
        word.len--;
        for (size_t i = 0; i < word.len; i++)
            if (!px_is_digit(word.ptr[i]) && !(i == 0 && word.len > 1 && word.ptr[0] == '-'))
                word.len = 0;
    }
    begun = r->buf->len;
    if (word.len && word.len <= PX_JSON_NUMBER_DIGITS_MAX && px_put_json_number(r->buf, word) &&
        (r->buf->status != PX_OK || is_in_range(r->buf, begun)))
        return PX_OK;
    r->at = begin;
    return broken(r, "a value is neither a number, true, false nor a text in quotes");
}

/* name=value, separated by commas, up to a blank or the end */
static px_status read_pairs(reader *r, bool are_tags)
{
    for (uint32_t count = 0;; count++) {
        if (count == PX_JSON_KEYS_MAX)
            return broken(r, "there are too many");
        if (count)
            px_put_char(r->buf, ',');
        PX_TRY(read_name(r, ",= ", are_tags ? "a tag has no name" : "a field has no name"));
        if (byte_at(r, r->at) != '=')
            return broken(r, are_tags ? "a tag has no value" : "a field has no value");
        r->at++;
        px_put_char(r->buf, ':');
        PX_TRY(are_tags ? read_name(r, ",= ", "a tag has no value") : read_value(r));
        if (byte_at(r, r->at) != ',')
            return PX_OK;
        r->at++;
    }
}

static px_status read_time(reader *r, int64_t unit_ns)
{
    px_str text = px_str_trim(px_str_skip(r->line, r->at));
    int64_t value;
    px_num num;

    if (text.len == 0)
        return PX_OK;
    if (text.len > 20 || px_num_parse(text, &num, NULL) != PX_OK || !px_num_to_int(num, &value) ||
        value < 0 || value > INT64_MAX / unit_ns)
        return broken(r, "the time is no whole number of the precision");
    px_put_c(r->buf, ",\"time\":");
    px_put_json_time(r->buf, value * unit_ns);
    return PX_OK;
}

static px_status read_line(reader *r, int64_t unit_ns)
{
    px_put_c(r->buf, "{\"measurement\":");
    PX_TRY(read_name(r, ", ", "there is no measurement"));
    px_put_c(r->buf, ",\"tags\":{");
    if (byte_at(r, r->at) == ',') {
        r->at++;
        PX_TRY(read_pairs(r, true));
    }
    px_put_c(r->buf, "},\"fields\":{");
    if (byte_at(r, r->at) != ' ')
        return broken(r, "there are no fields");
    while (byte_at(r, r->at) == ' ')
        r->at++;
    PX_TRY(read_pairs(r, false));
    px_put_char(r->buf, '}');
    if (!at_end(r) && byte_at(r, r->at) != ' ')
        return broken(r, "something stands behind a value");
    PX_TRY(read_time(r, unit_ns));
    px_put_char(r->buf, '}');
    return px_buf_status(r->buf, r->ret_err);
}

px_status px_line_put_json(px_buf *buf, px_str line, int64_t unit_ns, px_err *ret_err)
{
    reader r = { .line = line, .buf = buf, .ret_err = ret_err };
    px_status status;

    px_buf_init(&r.word, PX_JSON_STRING_BYTES_MAX);
    status = read_line(&r, unit_ns);
    px_buf_release(&r.word);
    return status;
}

/* Where the line ends. A quote that nothing closes is its line's fault, and not of those behind it;
 * and nothing closes a later one either, for it would have closed this one. */
static size_t end_of_line(px_lines *lines)
{
    px_str rest = lines->rest;
    bool quoted = false;
    size_t end = 0;

    for (; end < rest.len && (quoted || rest.ptr[end] != '\n'); end++) {
        if (quoted && rest.ptr[end] == '\\' && end + 1 < rest.len)
            end++;
        else if (rest.ptr[end] == '"' && !lines->has_open_quote)
            quoted = !quoted;
    }
    lines->has_open_quote = lines->has_open_quote || quoted;
    if (quoted)
        for (end = 0; end < rest.len && rest.ptr[end] != '\n';)
            end++;
    return end;
}

bool px_line_next(px_lines *lines, px_str *ret_line)
{
    while (lines->rest.len) {
        size_t end = end_of_line(lines);
        px_str line = px_str_trim(px_str_of(lines->rest.ptr, end));

        lines->rest = px_str_skip(lines->rest, end < lines->rest.len ? end + 1 : end);
        lines->number++;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        *ret_line = line;
        return true;
    }
    return false;
}
