/* SPDX-License-Identifier: Apache-2.0 */
#include "model/value_form.h"

#include "base/time.h"
#include "model/layout.h"

#define SPAN_NS_MAX (INT64_C(100) * 366 * 24 * 3600 * PX_SECOND)

/* Cuts exactly `count` digits off. */
static bool cut_digits(px_str *text, size_t count, int *ret_number)
{
    int number = 0;

    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!px_is_digit(text->ptr[i]))
            return false;
        number = number * 10 + (text->ptr[i] - '0');
    }
    *text = px_str_skip(*text, count);
    *ret_number = number;
    return true;
}

static bool cut_char(px_str *text, char c)
{
    if (text->len == 0 || text->ptr[0] != c)
        return false;
    *text = px_str_skip(*text, 1);
    return true;
}

static int days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool cut_date(px_str *text)
{
    int year, month, day;

    return cut_digits(text, 4, &year) && cut_char(text, '-') && cut_digits(text, 2, &month) &&
           cut_char(text, '-') && cut_digits(text, 2, &day) && year >= 1 && month >= 1 &&
           month <= 12 && day >= 1 && day <= days_of(year, month);
}

static bool cut_fraction(px_str *text)
{
    size_t digits = 0;

    while (digits < text->len && px_is_digit(text->ptr[digits]))
        digits++;
    *text = px_str_skip(*text, digits);
    return digits > 0;
}

static bool cut_clock(px_str *text)
{
    int hour, minute, second;

    if (!cut_digits(text, 2, &hour) || !cut_char(text, ':') || !cut_digits(text, 2, &minute) ||
        !cut_char(text, ':') || !cut_digits(text, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    return !cut_char(text, '.') || cut_fraction(text);
}

static bool cut_zone(px_str *text)
{
    int hour, minute;

    if (cut_char(text, 'Z'))
        return true;
    if (!cut_char(text, '+') && !cut_char(text, '-'))
        return false;
    return cut_digits(text, 2, &hour) && cut_char(text, ':') && cut_digits(text, 2, &minute) &&
           hour <= 23 && minute <= 59;
}

bool px_form_is_date(px_str text)
{
    return cut_date(&text) && text.len == 0;
}

bool px_form_is_time(px_str text)
{
    return cut_clock(&text) && cut_zone(&text) && text.len == 0;
}

bool px_form_is_datetime(px_str text)
{
    return cut_date(&text) && cut_char(&text, 'T') && px_form_is_time(text);
}

/* number letter, where the letter is the next of `letters` that occurs: "Y", "M", "D" … */
static bool cut_part(px_str *text, const char **letters, bool *fraction)
{
    if (!cut_fraction(text))
        return false;
    if (cut_char(text, '.')) {
        *fraction = true;
        if (!cut_fraction(text))
            return false;
    }
    for (; **letters; (*letters)++)
        if (cut_char(text, **letters)) {
            (*letters)++;
            return true;
        }
    return false;
}

/* Parts in order, at least one; after a fraction nothing may follow. */
static bool cut_parts(px_str *text, const char *letters, bool *fraction)
{
    bool any = false;

    while (text->len > 0 && text->ptr[0] != 'T') {
        if (*fraction || !cut_part(text, &letters, fraction))
            return false;
        any = true;
    }
    return any;
}

bool px_form_is_duration(px_str text)
{
    bool fraction = false, weeks;

    if (!cut_char(&text, 'P') || text.len == 0)
        return false;
    weeks = memchr(text.ptr, 'W', text.len) != NULL;
    if (text.ptr[0] != 'T' && !cut_parts(&text, weeks ? "WD" : "YMD", &fraction))
        return false;
    if (text.len == 0)
        return true;
    return !fraction && cut_char(&text, 'T') && cut_parts(&text, "HMS", &fraction) && text.len == 0;
}

/* Digits, and with a point more of them, in `unit_ns`. */
static bool cut_amount(px_str *text, int64_t unit_ns, int64_t *ret_ns)
{
    int64_t whole = 0, part = 0, scale = unit_ns;

    for (; text->len > 0 && px_is_digit(text->ptr[0]); *text = px_str_skip(*text, 1)) {
        whole = whole * 10 + (text->ptr[0] - '0');
        if (whole > SPAN_NS_MAX / unit_ns)
            return false;
    }
    if (text->len > 0 && (text->ptr[0] == '.' || text->ptr[0] == ',')) {
        *text = px_str_skip(*text, 1);
        for (; text->len > 0 && px_is_digit(text->ptr[0]); *text = px_str_skip(*text, 1)) {
            scale /= 10;
            part += scale * (text->ptr[0] - '0');
        }
    }
    *ret_ns = whole * unit_ns + part;
    return true;
}

/* The unit behind the amount that begins the text; 0: it has no one length. */
static int64_t unit_ahead(px_str text, bool is_clock)
{
    size_t at = 0;

    while (at < text.len &&
           (px_is_digit(text.ptr[at]) || text.ptr[at] == '.' || text.ptr[at] == ','))
        at++;
    switch (at < text.len ? text.ptr[at] : 0) {
    case 'W':
        return 7 * 24 * 3600 * PX_SECOND;
    case 'D':
        return 24 * 3600 * PX_SECOND;
    case 'H':
        return 3600 * PX_SECOND;
    case 'M':
        return is_clock ? 60 * PX_SECOND : 0;
    case 'S':
        return PX_SECOND;
    default:
        return 0;
    }
}

bool px_span_parse(px_str text, int64_t *ret_ns)
{
    bool is_clock = false;
    int64_t sum = 0;

    if (!px_form_is_duration(text))
        return false;
    for (text = px_str_skip(text, 1); text.len > 0;) {
        int64_t unit_ns, ns;

        if (cut_char(&text, 'T')) {
            is_clock = true;
            continue;
        }
        unit_ns = unit_ahead(text, is_clock);
        if (unit_ns == 0 || !cut_amount(&text, unit_ns, &ns))
            return false;
        text = px_str_skip(text, 1);
        sum += ns;
        if (sum > SPAN_NS_MAX)
            return false;
    }
    *ret_ns = sum;
    return true;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    return px_is_digit(c) ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool px_form_is_base64(px_str text)
{
    size_t padding = 0;

    if (text.len % 4 != 0)
        return false;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.len - padding; i++)
        if (base64_digit(text.ptr[i]) < 0)
            return false;
    return true;
}

bool px_form_is_decimal(px_str text)
{
    size_t digits = 0;

    if (!cut_char(&text, '-'))
        (void)cut_char(&text, '+');
    while (digits < text.len && px_is_digit(text.ptr[digits]))
        digits++;
    if (digits == 0 || (digits > 1 && text.ptr[0] == '0'))
        return false;
    text = px_str_skip(text, digits);
    return text.len == 0 || (cut_char(&text, '.') && cut_fraction(&text) && text.len == 0);
}

bool px_form_is_uuid(px_str text)
{
    if (text.len != 36)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char lower = (char)(text.ptr[i] | 0x20);

        if (dash ? text.ptr[i] != '-'
                 : !px_is_digit(text.ptr[i]) && !(lower >= 'a' && lower <= 'f'))
            return false;
    }
    return true;
}
