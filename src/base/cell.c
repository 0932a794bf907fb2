/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cell.h"

#include <strings.h>

#include "base/json.h"

static const char *const kind_names[] = {
    [PX_CELL_AUTO] = "auto",
    [PX_CELL_NUMBER] = "number",
    [PX_CELL_TEXT] = "text",
    [PX_CELL_BOOLEAN] = "boolean",
};

bool px_cell_kind_of(px_str name, px_cell_kind *ret_kind)
{
    for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
        if (px_str_eq(name, px_str_c(kind_names[i]))) {
            *ret_kind = (px_cell_kind)i;
            return true;
        }
    return false;
}

static px_str cut_digits(px_str *rest)
{
    px_str digits = *rest;

    digits.len = 0;
    while (digits.len < rest->len && px_is_digit(digits.ptr[digits.len]))
        digits.len++;
    *rest = px_str_skip(*rest, digits.len);
    return digits;
}

/* number = [+-] (digits ["." [digits]] / "." digits) [("e" / "E") [+-] digits] */
bool px_put_json_number(px_buf *buf, px_str text)
{
    px_str rest = px_str_trim(text), whole, fraction = { 0 }, exponent = { 0 };
    bool minus = rest.len && rest.ptr[0] == '-';

    if (rest.len && (rest.ptr[0] == '-' || rest.ptr[0] == '+'))
        rest = px_str_skip(rest, 1);
    whole = cut_digits(&rest);
    if (rest.len && rest.ptr[0] == '.') {
        rest = px_str_skip(rest, 1);
        fraction = cut_digits(&rest);
    }
    if (whole.len + fraction.len == 0 || (whole.len > 1 && whole.ptr[0] == '0'))
        return false;
    if (rest.len && (rest.ptr[0] == 'e' || rest.ptr[0] == 'E')) {
        px_str digits;

        exponent = rest;
        rest = px_str_skip(rest, 1);
        if (rest.len && (rest.ptr[0] == '-' || rest.ptr[0] == '+'))
            rest = px_str_skip(rest, 1);
        digits = cut_digits(&rest);
        if (!digits.len)
            return false;
    }
    if (rest.len)
        return false;
    px_putf(buf, "%s%.*s", minus ? "-" : "", PX_FMT(whole.len ? whole : PX_STR("0")));
    if (fraction.len)
        px_putf(buf, ".%.*s", PX_FMT(fraction));
    px_put(buf, exponent);
    return true;
}

static bool read_boolean(px_str text, bool *ret_value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = { { "true", true }, { "false", false }, { "1", true },   { "0", false },
                  { "1.0", true },  { "0.0", false },   { "yes", true }, { "no", false },
                  { "on", true },   { "off", false } };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (text.len == strlen(words[i].word) &&
            strncasecmp(text.ptr, words[i].word, text.len) == 0) {
            *ret_value = words[i].value;
            return true;
        }
    return false;
}

px_status px_put_cell(px_buf *buf, px_str cell, px_cell_kind kind, bool *ret_absent,
                      px_err *ret_err)
{
    bool value;

    *ret_absent = cell.len == 0;
    if (*ret_absent)
        return PX_OK;
    if (kind == PX_CELL_BOOLEAN) {
        if (!read_boolean(px_str_trim(cell), &value))
            return px_fail_id(ret_err, PX_INVALID, "csv.boolean",
                              "'%.*s' is neither true nor false", PX_FMT(cell));
        px_put_json_bool(buf, value);
        return PX_OK;
    }
    if (kind != PX_CELL_TEXT && px_put_json_number(buf, cell))
        return PX_OK;
    if (kind == PX_CELL_NUMBER)
        return px_fail_id(ret_err, PX_INVALID, "csv.number", "'%.*s' is not a number",
                          PX_FMT(cell));
    if (!px_str_is_utf8(cell, NULL))
        return px_fail_id(ret_err, PX_INVALID, "csv.utf8", "the cell is not UTF-8");
    px_put_json_string(buf, cell);
    return PX_OK;
}
