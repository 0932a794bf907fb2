/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

enum { YEAR_MIN = 1970, YEAR_MAX = 2261 };

#define DAY (86400 * PX_SECOND)
#define EPOCH_SECONDS_MIN INT64_C(100000000) /* 1973: fewer digits are no time since 1970 */

/* ---- small readers: each moves `rest` behind what it took ---- */

static bool take_digits(px_str *rest, size_t min, size_t max, int *ret_value)
{
    size_t count = 0;
    int value = 0;

    while (count < max && count < rest->len && px_is_digit(rest->ptr[count]))
        value = value * 10 + (rest->ptr[count++] - '0');
    if (count < min)
        return false;
    *ret_value = value;
    *rest = px_str_skip(*rest, count);
    return true;
}

static bool take_byte(px_str *rest, const char *any)
{
    if (!rest->len || !rest->ptr[0] || !strchr(any, rest->ptr[0]))
        return false;
    *rest = px_str_skip(*rest, 1);
    return true;
}

/* fraction = 1*DIGIT, as nanoseconds */
static bool take_fraction(px_str *rest, int32_t *ret_ns)
{
    int32_t ns = 0, scale = 100000000;
    size_t count = 0;

    while (count < rest->len && px_is_digit(rest->ptr[count])) {
        ns += scale * (rest->ptr[count++] - '0');
        scale /= 10;
    }
    *rest = px_str_skip(*rest, count);
    *ret_ns = ns;
    return count > 0;
}

/* offset = ("+" / "-") 2DIGIT [":"] [2DIGIT] */
static bool take_offset(px_str *rest, int64_t *ret_ns)
{
    bool west = rest->len && rest->ptr[0] == '-';
    int hours, minutes = 0;

    if (!take_byte(rest, "+-") || !take_digits(rest, 1, 2, &hours))
        return false;
    if (take_byte(rest, ":") || rest->len) {
        if (!take_digits(rest, 2, 2, &minutes))
            return false;
    }
    if (hours > 23 || minutes > 59)
        return false;
    *ret_ns = (west ? -1 : 1) * (hours * 60 + minutes) * 60 * PX_SECOND;
    return true;
}

/* ---- zones ---- */

static bool zone_exists(const char *name)
{
    const char *folder = getenv("TZDIR");
    char path[512];

    if (name[0] == '/' || name[0] == '.' || strstr(name, "..") || !name[0])
        return false;
    snprintf(path, sizeof(path), "%s/%s", folder && *folder ? folder : "/usr/share/zoneinfo", name);
    return access(path, R_OK) == 0;
}

px_status px_zone_parse(const char *text, px_zone *ret_zone, px_err *ret_err)
{
    px_str rest = px_str_c(text);
    px_zone zone = { 0 };
    char name[256];

    if (strcmp(text, "UTC") == 0 || strcmp(text, "Z") == 0) {
        *ret_zone = zone;
        return PX_OK;
    }
    if (rest.len && (rest.ptr[0] == '+' || rest.ptr[0] == '-')) {
        if (!take_offset(&rest, &zone.offset_ns) || rest.len)
            return px_fail_id(ret_err, PX_INVALID, "zone.offset",
                              "'%s' is no offset; write it like +08:00", text);
        *ret_zone = zone;
        return PX_OK;
    }
    if (!zone_exists(text))
        return px_fail_id(ret_err, PX_NOT_FOUND, "zone.name",
                          "there is no time zone '%s' on this machine; try UTC, +08:00 or a name "
                          "like Europe/Berlin",
                          text);
    snprintf(name, sizeof(name), ":%s", text);
    setenv("TZ", name, 1);
    tzset();
    *ret_zone = (px_zone){ .named = true };
    return PX_OK;
}

/* The zone's offset at an instant. */
static int64_t offset_at(px_time time)
{
    time_t seconds = (time_t)(time / PX_SECOND);
    struct tm tm = { 0 };

    localtime_r(&seconds, &tm);
    return (int64_t)tm.tm_gmtoff * PX_SECOND;
}

/* A wall-clock time is an instant where the zone's offset at that instant says so. The offsets of a
 * day before and a day after are the only candidates: no zone changes twice in two days. */
static px_status resolve_named(px_time wall, px_time after, px_when *when, px_err *ret_err)
{
    px_time early = wall - offset_at(wall - DAY), late = wall - offset_at(wall + DAY);
    bool early_holds = wall - offset_at(early) == early,
         late_holds = wall - offset_at(late) == late;

    if (!early_holds && !late_holds)
        return px_fail_id(ret_err, PX_INVALID, "time.skipped",
                          "the clock of the zone skipped this time (start of summer time)");
    when->ambiguous = early_holds && late_holds && early != late;
    when->time = early_holds ? early : late;
    if (when->ambiguous && after != PX_TIME_NONE && early < after && late >= after)
        when->time = late;
    return PX_OK;
}

/* ---- times ---- */

static px_status no_time(px_str text, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "time.form",
                      "'%.*s' is no time; write it like 2026-11-01T12:00:00.5Z", PX_FMT(text));
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* epoch = 9*19DIGIT ["." 1*DIGIT]; the number of digits tells the unit */
static bool read_epoch(px_str text, px_time *ret_time)
{
    static const struct {
        int64_t below, scale;
    } units[] = { { INT64_C(10000000000), PX_SECOND },         /* to the year 2286 */
                  { INT64_C(10000000000000), PX_MILLISECOND }, /* 13 digits */
                  { INT64_C(10000000000000000), 1000 },        /* 16 digits */
                  { INT64_MAX, 1 } };
    px_str rest = text;
    int64_t whole = 0;
    int32_t fraction = 0;

    while (rest.len && px_is_digit(rest.ptr[0])) {
        if (text.len - rest.len >= 18 && whole > (INT64_MAX - 9) / 10)
            return false;
        whole = whole * 10 + (rest.ptr[0] - '0');
        rest = px_str_skip(rest, 1);
    }
    if (take_byte(&rest, ".") && !take_fraction(&rest, &fraction))
        return false;
    if (rest.len || whole < EPOCH_SECONDS_MIN)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (whole < units[i].below) {
            if (whole > INT64_MAX / units[i].scale)
                return false;
            *ret_time = whole * units[i].scale + fraction / (PX_SECOND / units[i].scale);
            return true;
        }
    return false;
}

/* date = 4DIGIT ("-" / "/") 1*2DIGIT ("-" / "/") 1*2DIGIT */
static bool take_date(px_str *rest, px_civil *civil)
{
    return take_digits(rest, 4, 4, &civil->year) && take_byte(rest, "-/") &&
           take_digits(rest, 1, 2, &civil->month) && take_byte(rest, "-/") &&
           take_digits(rest, 1, 2, &civil->day) && civil->year >= YEAR_MIN &&
           civil->year <= YEAR_MAX && civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month);
}

/* clock = 1*2DIGIT ":" 2DIGIT [":" 2DIGIT [("." / ",") fraction]] */
static bool take_clock(px_str *rest, px_civil *civil)
{
    if (!take_digits(rest, 1, 2, &civil->hour) || !take_byte(rest, ":") ||
        !take_digits(rest, 2, 2, &civil->minute))
        return false;
    if (take_byte(rest, ":") && !take_digits(rest, 2, 2, &civil->second))
        return false;
    if (take_byte(rest, ".,") && !take_fraction(rest, &civil->nanosecond))
        return false;
    if (civil->second == 60) { /* a leap second, read as base/time.h reads it */
        civil->second = 59;
        civil->nanosecond = 999999999;
    }
    return civil->hour < 24 && civil->minute < 60 && civil->second < 60;
}

/* zone = "Z" / "UTC" / "GMT" / offset */
static bool take_zone(px_str *rest, int64_t *ret_offset_ns)
{
    *rest = px_str_trim(*rest);
    *ret_offset_ns = 0;
    if (px_str_eq(*rest, PX_STR("Z")) || px_str_eq(*rest, PX_STR("z")) ||
        px_str_eq(*rest, PX_STR("UTC")) || px_str_eq(*rest, PX_STR("GMT"))) {
        rest->len = 0;
        return true;
    }
    return take_offset(rest, ret_offset_ns);
}

px_status px_when_parse(px_str text, const px_zone *zone, px_time after, px_when *ret_when,
                        px_err *ret_err)
{
    px_str rest = px_str_trim(text);
    px_civil civil = { 0 };
    px_when when = { 0 };
    int64_t offset_ns = 0;

    if (read_epoch(rest, &when.time)) {
        *ret_when = when;
        return PX_OK;
    }
    if (!take_date(&rest, &civil))
        return no_time(text, ret_err);
    if (take_byte(&rest, "Tt ")) {
        rest = px_str_trim(rest);
        if (!take_clock(&rest, &civil))
            return no_time(text, ret_err);
    }
    when.zoneless = px_str_trim(rest).len == 0;
    if (!when.zoneless && (!take_zone(&rest, &offset_ns) || rest.len))
        return no_time(text, ret_err);
    when.time = px_time_of_civil(civil);
    if (when.zoneless && zone->named)
        PX_TRY(resolve_named(when.time, after, &when, ret_err));
    else
        when.time -= when.zoneless ? zone->offset_ns : offset_ns;
    if (when.time < 0)
        return px_fail_id(ret_err, PX_INVALID, "time.early", "'%.*s' is before 1970", PX_FMT(text));
    *ret_when = when;
    return PX_OK;
}

/* ---- lengths ---- */

px_status px_duration_parse(px_str text, int64_t *ret_ns, px_err *ret_err)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = { { "ns", 1 },
                  { "us", 1000 },
                  { "ms", PX_MILLISECOND },
                  { "s", PX_SECOND },
                  { "m", 60 * PX_SECOND },
                  { "min", 60 * PX_SECOND },
                  { "h", 3600 * PX_SECOND },
                  { "d", DAY } };
    px_str rest = px_str_trim(text);
    int whole;
    int32_t fraction = 0;

    if (take_digits(&rest, 1, 9, &whole) &&
        (!take_byte(&rest, ".") || take_fraction(&rest, &fraction))) {
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            int64_t ns;

            if (!px_str_eq(px_str_trim(rest), px_str_c(units[i].name)) ||
                whole > INT64_MAX / units[i].ns / 2)
                continue;
            /* the fraction counts billionths of the unit */
            ns = whole * units[i].ns + (units[i].ns >= PX_SECOND
                                            ? fraction * (units[i].ns / PX_SECOND)
                                            : fraction / (PX_SECOND / units[i].ns));
            if (ns <= 0)
                break;
            *ret_ns = ns;
            return PX_OK;
        }
    }
    return px_fail_id(ret_err, PX_INVALID, "duration.form",
                      "'%.*s' is no length of time; write it like 100ms, 1.5s, 2m or 1h",
                      PX_FMT(text));
}

/* "30d", "1h", "90s": the largest unit that it is whole in. */
static void name_seconds(uint64_t seconds, char *text, size_t size)
{
    static const struct {
        uint64_t s;
        const char *name;
    } units[] = { { 24 * 3600, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } };
    size_t i = 0;

    while (seconds % units[i].s != 0)
        i++;
    snprintf(text, size, "%llu%s", (unsigned long long)(seconds / units[i].s), units[i].name);
}

px_status px_seconds_parse(const char *option, const char *text, uint64_t max_s,
                           uint64_t *ret_seconds, px_err *ret_err)
{
    uint64_t seconds = 0;
    int64_t whole, ns;
    char most[32];
    px_num num;

    if (px_num_parse(px_str_c(text), &num, NULL) == PX_OK && px_num_to_int(num, &whole))
        seconds = whole > 0 ? (uint64_t)whole : 0;
    else if (px_duration_parse(px_str_c(text), &ns, NULL) == PX_OK)
        seconds = (uint64_t)(ns / PX_SECOND) + (ns % PX_SECOND > 0);
    name_seconds(max_s, most, sizeof(most));
    if (seconds < 1 || seconds > max_s)
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "%s '%s' is no length of time from 1s to %s; write it like 90, 90s, 10m "
                          "or 1h",
                          option, text, most);
    *ret_seconds = seconds;
    return PX_OK;
}
