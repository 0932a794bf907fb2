/* SPDX-License-Identifier: Apache-2.0 */
/*
 * date-time = 4DIGIT "-" 2DIGIT "-" 2DIGIT "T" 2DIGIT ":" 2DIGIT ":" 2DIGIT [ "." 1*DIGIT ]
 *             ( "Z" / ( "+" / "-" ) 2DIGIT ":" 2DIGIT )          ; RFC 3339 section 5.6
 *
 * The first 19 bytes stand at fixed places: they are read without a branch each and judged at once;
 * only a text that fails is walked again for its first bad byte.
 */
#include "base/time.h"

enum { DATE_TIME_BYTES = 19, DAY_SECONDS = 86400, YEAR_MIN = 1970, YEAR_MAX = 2261 };

/* Days since 1970-01-01. Years begin in March here, so that the leap day is the last of its year.
 */
static int64_t days_of_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int year, int month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

px_time px_time_of_civil(px_civil c)
{
    int64_t seconds = days_of_civil(c.year, c.month, c.day) * DAY_SECONDS + c.hour * 3600 +
                      c.minute * 60 + c.second;

    return seconds * PX_SECOND + c.nanosecond;
}

px_civil px_time_to_civil(px_time time)
{
    int64_t seconds = time / PX_SECOND, nanosecond = time % PX_SECOND, days, second_of_day;
    int64_t era, day_of_era, year_of_era, day_of_year, month;

    if (nanosecond < 0) {
        nanosecond += PX_SECOND;
        seconds--;
    }
    days = seconds / DAY_SECONDS;
    second_of_day = seconds % DAY_SECONDS;
    if (second_of_day < 0) {
        second_of_day += DAY_SECONDS;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    day_of_era = days - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;
    return (px_civil){
        .year = (int)(year_of_era + era * 400 + (month >= 10)),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
        .hour = (int)(second_of_day / 3600),
        .minute = (int)(second_of_day / 60 % 60),
        .second = (int)(second_of_day % 60),
        .nanosecond = (int32_t)nanosecond,
    };
}

/* ---- reading ---- */

static px_status bad_at(px_str text, size_t index, const char *wanted, px_err *ret_err)
{
    int shown = text.len > 48 ? 48 : (int)text.len;

    px_fail_id(ret_err, PX_INVALID, "time.syntax",
               "'%.*s' is no time such as "
               "2026-11-01T12:00:00.5Z: %s",
               shown, text.ptr ? text.ptr : "", wanted);
    if (ret_err)
        px_err_at(ret_err, 1, (uint32_t)index + 1, (px_str){ 0 });
    return PX_INVALID;
}

/* Two digits as a number; anything else leaves a bit in `*bad`. */
static inline int two(const char *p, unsigned *bad)
{
    unsigned tens = (unsigned)p[0] - '0', ones = (unsigned)p[1] - '0';

    *bad |= (unsigned)(tens > 9) | (unsigned)(ones > 9);
    return (int)(tens * 10 + ones);
}

/* The cold way: which of the first 19 bytes is not what stands in the pattern. */
static px_status bad_shape(px_str text, px_err *ret_err)
{
    static const char pattern[] = "dddd-dd-ddTdd:dd:dd";

    for (size_t i = 0; i < DATE_TIME_BYTES; i++) {
        char c = i < text.len ? text.ptr[i] : '\0';
        bool good = pattern[i] == 'd'   ? px_is_digit(c)
                    : pattern[i] == 'T' ? c == 'T' || c == 't'
                                        : c == pattern[i];

        if (!good)
            return bad_at(text, i, "YYYY-MM-DDThh:mm:ss is expected", ret_err);
    }
    return bad_at(text, DATE_TIME_BYTES, "the zone is missing, Z or an offset", ret_err);
}

static px_status check_range(px_str text, const px_civil *c, px_err *ret_err)
{
    if (c->year < YEAR_MIN - 1 || c->year > YEAR_MAX + 1)
        return bad_at(text, 0, "the year must lie between 1970 and 2261", ret_err);
    if (c->month < 1 || c->month > 12)
        return bad_at(text, 5, "the month must lie between 01 and 12", ret_err);
    if (c->day < 1 || c->day > days_in_month(c->year, c->month))
        return bad_at(text, 8, "this month has no such day", ret_err);
    if (c->hour > 23)
        return bad_at(text, 11, "the hour must lie between 00 and 23", ret_err);
    if (c->minute > 59)
        return bad_at(text, 14, "the minute must lie between 00 and 59", ret_err);
    if (c->second > 60)
        return bad_at(text, 17, "the second must lie between 00 and 59", ret_err);
    return PX_OK;
}

/* [ "." 1*DIGIT ]: digits past the ninth are dropped. */
static px_status parse_fraction(px_str text, size_t *at, int32_t *ret_nanosecond, px_err *ret_err)
{
    int32_t value = 0, scale = (int32_t)PX_SECOND;
    size_t i = *at;

    if (i >= text.len || text.ptr[i] != '.')
        return PX_OK;
    for (i++; i < text.len && (unsigned)text.ptr[i] - '0' <= 9; i++) {
        if (scale == 1)
            continue;
        value = value * 10 + (text.ptr[i] - '0');
        scale /= 10;
    }
    if (i == *at + 1)
        return bad_at(text, i, "a digit belongs behind the point", ret_err);
    *ret_nanosecond = value * scale;
    *at = i;
    return PX_OK;
}

/* "Z" / ( "+" / "-" ) 2DIGIT ":" 2DIGIT, and nothing behind it */
static px_status parse_zone(px_str text, size_t at, int *ret_offset_seconds, px_err *ret_err)
{
    const char *p = text.ptr + at;
    size_t left = text.len - at;
    unsigned bad = 0;
    int hour, minute;

    if (left == 1 && (*p == 'Z' || *p == 'z')) {
        *ret_offset_seconds = 0;
        return PX_OK;
    }
    if (left == 0 || (*p != 'Z' && *p != 'z' && *p != '+' && *p != '-'))
        return bad_at(text, at, "Z or an offset such as +01:00 belongs here", ret_err);
    if (*p == 'Z' || *p == 'z' || left > 6)
        return bad_at(text, *p == '+' || *p == '-' ? at + 6 : at + 1, "nothing may follow the zone",
                      ret_err);
    if (left < 6)
        return bad_at(text, text.len, "the offset ends too early, +01:00 is expected", ret_err);
    hour = two(p + 1, &bad);
    minute = two(p + 4, &bad);
    if (bad || p[3] != ':' || hour > 23 || minute > 59)
        return bad_at(text, at + 1, "an offset such as +01:00 is expected", ret_err);
    *ret_offset_seconds = (*p == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
    return PX_OK;
}

px_status px_time_parse(px_str text, px_time *ret_time, px_err *ret_err)
{
    const char *p = text.ptr;
    px_civil c = { 0 };
    size_t at = DATE_TIME_BYTES;
    int offset_seconds;
    unsigned bad = 0;
    int64_t seconds;
    bool leap;

    if (text.len <= DATE_TIME_BYTES)
        return bad_shape(text, ret_err);
    c.year = two(p, &bad) * 100 + two(p + 2, &bad);
    c.month = two(p + 5, &bad);
    c.day = two(p + 8, &bad);
    c.hour = two(p + 11, &bad);
    c.minute = two(p + 14, &bad);
    c.second = two(p + 17, &bad);
    bad |= (unsigned)(p[4] ^ '-') | (unsigned)(p[7] ^ '-') | (unsigned)((p[10] & ~0x20) ^ 'T') |
           (unsigned)(p[13] ^ ':') | (unsigned)(p[16] ^ ':');
    if (bad)
        return bad_shape(text, ret_err);
    PX_TRY(check_range(text, &c, ret_err));
    PX_TRY(parse_fraction(text, &at, &c.nanosecond, ret_err));
    PX_TRY(parse_zone(text, at, &offset_seconds, ret_err));

    leap = c.second == 60;
    seconds = days_of_civil(c.year, c.month, c.day) * DAY_SECONDS + c.hour * 3600 + c.minute * 60 +
              c.second - leap - offset_seconds;
    if (leap && (seconds + 1) % DAY_SECONDS != 0)
        return bad_at(text, 17, "a leap second stands at the end of a UTC day", ret_err);
    if (seconds < 0 || seconds >= days_of_civil(YEAR_MAX + 1, 1, 1) * DAY_SECONDS)
        return bad_at(text, 0, "the year must lie between 1970 and 2261", ret_err);
    *ret_time = seconds * PX_SECOND + (leap ? PX_SECOND - 1 : c.nanosecond);
    return PX_OK;
}

/* ---- writing ---- */

static void put_digits(char *at, unsigned value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void put_with_fraction(px_buf *buf, px_time time, int digits_min, int digits_max)
{
    px_civil c = px_time_to_civil(time);
    char text[] = "0000-00-00T00:00:00.000000000Z";
    int len = DATE_TIME_BYTES + 1 + digits_max;

    put_digits(text, (unsigned)c.year, 4);
    put_digits(text + 5, (unsigned)c.month, 2);
    put_digits(text + 8, (unsigned)c.day, 2);
    put_digits(text + 11, (unsigned)c.hour, 2);
    put_digits(text + 14, (unsigned)c.minute, 2);
    put_digits(text + 17, (unsigned)c.second, 2);
    put_digits(text + DATE_TIME_BYTES + 1, (unsigned)c.nanosecond, 9);
    while (len > DATE_TIME_BYTES + 1 + digits_min && text[len - 1] == '0')
        len--;
    if (len == DATE_TIME_BYTES + 1)
        len--; /* the point goes with its last digit */
    text[len++] = 'Z';
    px_put(buf, px_str_of(text, (size_t)len));
}

void px_put_time(px_buf *buf, px_time time)
{
    put_with_fraction(buf, time, 0, 9);
}

void px_put_time7(px_buf *buf, px_time time)
{
    put_with_fraction(buf, time, 7, 7);
}
