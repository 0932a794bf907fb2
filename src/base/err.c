/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_BYTES_MAX = 40 };

static const struct {
    const char *code;
    int http, exit;
    const char *meaning;
} statuses[PX_STATUS_COUNT] = {
#define X(name, code, http, exit, meaning) { code, http, exit, meaning },
    PX_STATUS_MAP(X)
#undef X
};

const char *px_status_code(px_status status)
{
    return statuses[status].code;
}

const char *px_status_meaning(px_status status)
{
    return statuses[status].meaning;
}

int px_status_http(px_status status)
{
    return statuses[status].http;
}

int px_status_exit(px_status status)
{
    return statuses[status].exit;
}

/* What does not fit ends behind a whole word, or a whole letter where a word is long, and says so.
 */
static void cut_at_word(char *text, size_t size)
{
    static const char more[] = "…";
    size_t most = px_str_head(px_str_c(text), size - sizeof(more)).len, end = most;

    while (end > 0 && text[end] != ' ' && most - end < WORD_BYTES_MAX)
        end--;
    if (text[end] != ' ')
        end = most;
    while (end > 0 && text[end - 1] == ' ')
        end--;
    memcpy(text + end, more, sizeof(more));
}

void px_err_copy(const px_err *err, char *ret_text, size_t size)
{
    px_str text = px_str_head(px_str_c(err->text), size - 1);

    memcpy(ret_text, text.ptr, text.len);
    ret_text[text.len] = '\0';
}

static px_status fail_with(px_err *ret_err, px_status status, const char *id, const char *format,
                           va_list args)
{
    char text[sizeof(ret_err->text)]; /* the arguments may point into *ret_err */
    int wanted;

    if (!ret_err)
        return status;
    wanted = vsnprintf(text, sizeof(text), format, args);
    if (wanted >= (int)sizeof(text))
        cut_at_word(text, sizeof(text));
    *ret_err = (px_err){ .status = status, .id = id };
    memcpy(ret_err->text, text, sizeof(text));
    return status;
}

px_status px_fail(px_err *ret_err, px_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail_with(ret_err, status, "", format, args);
    va_end(args);
    return status;
}

px_status px_fail_id(px_err *ret_err, px_status status, const char *id, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail_with(ret_err, status, id, format, args);
    va_end(args);
    return status;
}

void px_err_at(px_err *err, uint32_t line, uint32_t column, px_str path)
{
    if (!err)
        return;
    if (err->line == 0) {
        err->line = line;
        err->column = column;
    }
    if (err->path[0] == '\0')
        snprintf(err->path, sizeof(err->path), "%.*s", PX_FMT(path));
}

_Noreturn void px_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "pollux: %s:%d: this must hold and does not: %s\n", file, line, condition);
    abort();
}
