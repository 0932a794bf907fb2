/* SPDX-License-Identifier: Apache-2.0 */
#include "model/dtmi.h"

#include "base/limits.h"

enum { MAJOR_DIGITS_MAX = 9, MINOR_DIGITS_MAX = 6 };

static px_status fail_at(px_err *ret_err, px_str text, size_t at, const char *wanted)
{
    px_status status;
    int shown = text.len > 80 ? 80 : (int)text.len;

    if (at < text.len)
        status =
            px_fail_id(ret_err, PX_INVALID, "dtdl.invalidId",
                       "'%.*s' has '%c' at character %zu where %s should be", shown, text.ptr,
                       (unsigned char)text.ptr[at] < 0x20 ? '?' : text.ptr[at], at + 1, wanted);
    else
        status = px_fail_id(ret_err, PX_INVALID, "dtdl.invalidId", "'%.*s' ends where %s should be",
                            shown, text.ptr ? text.ptr : "", wanted);
    if (ret_err) {
        ret_err->line = 1;
        ret_err->column = (uint32_t)at + 1;
    }
    return status;
}

/* segment = letter [ { letter | digit | "_" } ( letter | digit ) ]; `_` may lead in system ones. */
static px_status read_segment(px_str text, size_t *at, bool *is_system, px_err *ret_err)
{
    size_t first = *at, end;

    while (*at < text.len && text.ptr[*at] == '_') {
        *is_system = true;
        (*at)++;
    }
    if (*at == text.len || !px_is_letter(text.ptr[*at]))
        return fail_at(ret_err, text, *at, "a letter, the begin of a segment,");
    for (end = *at; end < text.len && (px_is_letter(text.ptr[end]) || px_is_digit(text.ptr[end]) ||
                                       text.ptr[end] == '_');)
        end++;
    if (text.ptr[end - 1] == '_')
        return fail_at(ret_err, text, end - 1, "a letter or digit, the end of a segment,");
    *at = end;
    return first < end ? PX_OK : PX_INVALID;
}

static px_status read_number(px_str text, size_t *at, size_t digits_max, uint32_t *ret_number,
                             px_err *ret_err)
{
    size_t first = *at;
    uint32_t number = 0;

    if (*at == text.len || text.ptr[*at] < '1' || text.ptr[*at] > '9')
        return fail_at(ret_err, text, *at, "a version digit from 1 to 9");
    while (*at < text.len && px_is_digit(text.ptr[*at])) {
        if (*at - first == digits_max)
            return fail_at(ret_err, text, *at,
                           digits_max == MAJOR_DIGITS_MAX
                               ? "the end of a version of at most nine digits"
                               : "the end of a minor version of at most six");
        number = number * 10 + (uint32_t)(text.ptr[(*at)++] - '0');
    }
    *ret_number = number;
    return PX_OK;
}

px_status px_dtmi_parse(px_str text, px_dtmi *ret_id, px_err *ret_err)
{
    px_dtmi id = { .text = text };
    size_t at = sizeof("dtmi:") - 1, path_end;

    if (text.len > PX_DTMI_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "dtdl.idTooLong",
                          "an identifier of %zu bytes is longer than %d", text.len,
                          PX_DTMI_BYTES_MAX);
    if (!px_str_starts(text, PX_STR("dtmi:")))
        return fail_at(ret_err, text, 0, "'dtmi:'");

    for (;;) {
        PX_TRY(read_segment(text, &at, &id.is_system, ret_err));
        id.label_count++;
        if (at == text.len || text.ptr[at] != ':')
            break;
        at++;
    }
    path_end = at;
    if (at < text.len && text.ptr[at] == ';') {
        at++;
        PX_TRY(read_number(text, &at, MAJOR_DIGITS_MAX, &id.major, ret_err));
        if (at < text.len && text.ptr[at] == '.') {
            at++;
            PX_TRY(read_number(text, &at, MINOR_DIGITS_MAX, &id.minor, ret_err));
        }
    }
    if (at < text.len && text.ptr[at] == '#') {
        bool system = false;

        at++;
        id.fragment = px_str_skip(text, at);
        PX_TRY(read_segment(text, &at, &system, ret_err));
    }
    if (at < text.len)
        return fail_at(ret_err, text, at, "':', ';', '#' or the end");

    id.path = px_str_of(text.ptr + 5, path_end - 5);
    *ret_id = id;
    return PX_OK;
}

bool px_dtmi_is_reserved(px_str text)
{
    return px_str_starts(text, PX_STR("dtmi:dtdl:")) ||
           px_str_starts(text, PX_STR("dtmi:standard:"));
}
