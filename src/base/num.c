/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number = [ "-" ] int [ "." 1*digit ] [ ( "e" / "E" ) [ "+" / "-" ] 1*digit ]   ; RFC 8259
 * int    = "0" / ( digit1-9 *digit )
 *
 * One pass gathers the digits into 64 bits and counts them. What fits is exact and done; the rest
 * goes as plain digits and exponent, without a decimal point (so no locale matters), through the C
 * library's correctly rounding strtod.
 */
#include "base/num.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* More significant digits than any double needs to be told from its neighbours; what follows only
 * counts as "and something more". */
enum { DIGITS_DECISIVE = 800, EXPONENT_MAX = 127, PLAIN_BELOW = 21, PLAIN_ABOVE = -20 };

/* The parts of a number's text, before its value. */
typedef struct parts {
    bool negative;
    const char *digits, *digits_end; /* of int and fraction, the point among them */
    uint64_t mantissa;               /* right when there are at most 19 significant digits */
    int64_t exponent;                /* of the last digit */
} parts;

static double double_of_bits(int64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

px_num px_num_int(int64_t value)
{
    return (px_num){ .mantissa = value };
}

px_num px_num_double(double value)
{
    px_num num = { .is_double = true };

    memcpy(&num.mantissa, &value, sizeof(value));
    return num;
}

px_num px_num_uint(uint64_t value)
{
    double nearest = (double)value;
    px_num num = px_num_int((int64_t)value);
    uint64_t base;

    if (value <= INT64_MAX)
        return num;
    num = px_num_double(nearest);
    base = nearest < 0x1p64 ? (uint64_t)nearest : 0; /* 2^64 is 0, and the rest counts down */
    num.is_double = (int16_t)((int64_t)(value - base) + PX_NUM_WHOLE);
    return num;
}

static uint64_t whole_of(px_num num)
{
    double nearest = double_of_bits(num.mantissa);

    return (nearest < 0x1p64 ? (uint64_t)nearest : 0) + (uint64_t)(int64_t)px_num_rest(num);
}

static const char *read_digits(const char *p, const char *end, uint64_t *mantissa)
{
    uint64_t m = *mantissa;

    for (unsigned digit; p < end && (digit = (unsigned)*p - '0') <= 9; p++)
        m = m * 10 + digit;
    *mantissa = m;
    return p;
}

/* Behind the "e". Saturates far outside of what a text of 2 GiB could shift back. */
static const char *read_exponent(const char *p, const char *end, int64_t *ret_exponent)
{
    const int64_t most = INT64_C(1) << 50;
    bool negative = p < end && *p == '-';
    int64_t v = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end && (unsigned)*p - '0' <= 9; p++)
        v = v < most ? v * 10 + (*p - '0') : v;
    *ret_exponent = negative ? -v : v;
    return p;
}

static double double_of_parts(const parts *n)
{
    char text[DIGITS_DECISIVE + 32];
    size_t len = 0;
    int64_t exponent = n->exponent;
    bool more = false;

    for (const char *p = n->digits; p < n->digits_end; p++) {
        if (*p == '.' || (*p == '0' && len == 0))
            continue;
        if (len < DIGITS_DECISIVE) {
            text[len++] = *p;
        } else {
            more = more || *p != '0';
            exponent++;
        }
    }
    if (len == 0)
        return 0;
    if (more) {
        text[len++] = '1';
        exponent--;
    }
    exponent = exponent > 9999 ? 9999 : exponent < -9999 ? -9999 : exponent;
    snprintf(text + len, sizeof(text) - len, "e%d", (int)exponent);
    return strtod(text, NULL);
}

static int significant_digits(const parts *n)
{
    int count = 0;

    for (const char *p = n->digits; p < n->digits_end && count < 20; p++)
        if (*p != '.' && (*p != '0' || count > 0))
            count++;
    return count;
}

static bool fits(uint64_t mantissa, bool negative)
{
    return mantissa <= (uint64_t)INT64_MAX + negative;
}

/* 10 to the `exponent` multiplied in, where the product fits; else nothing is changed. */
static void fold_exponent(uint64_t *mantissa, int64_t *exponent, bool negative)
{
    uint64_t m = *mantissa;

    if (*exponent <= 0 || (m != 0 && *exponent > 18))
        return;
    for (int64_t e = *exponent; m != 0 && e > 0; e--)
        if (__builtin_mul_overflow(m, 10, &m))
            return;
    if (!fits(m, negative))
        return;
    *mantissa = m;
    *exponent = 0;
}

/* Digits alone, of a number below 2^64; the mantissa is right then. */
static bool is_uint(const parts *n)
{
    static const char most[] = "18446744073709551615";
    ptrdiff_t count = n->digits_end - n->digits;

    if (n->negative || n->exponent != 0 || memchr(n->digits, '.', (size_t)count))
        return false;
    return count < 20 || (count == 20 && memcmp(n->digits, most, 20) <= 0);
}

static px_num_scan_result value_of_parts(const parts *n, px_num *ret_num)
{
    uint64_t mantissa = n->mantissa;
    int64_t exponent = n->exponent;
    double v;

    if (significant_digits(n) <= 19 && fits(mantissa, n->negative)) {
        fold_exponent(&mantissa, &exponent, n->negative);
        if (exponent >= -EXPONENT_MAX && exponent <= EXPONENT_MAX &&
            !(mantissa == 0 && n->negative)) {
            *ret_num = (px_num){ .mantissa = (int64_t)(n->negative ? 0 - mantissa : mantissa),
                                 .exponent = (int8_t)exponent };
            return PX_NUM_OK;
        }
    }
    if (is_uint(n) && mantissa > INT64_MAX) {
        *ret_num = px_num_uint(n->mantissa);
        return PX_NUM_OK;
    }
    v = double_of_parts(n);
    if (isinf(v))
        return PX_NUM_RANGE;
    *ret_num = px_num_double(n->negative ? -v : v);
    return PX_NUM_OK;
}

/* One store of 16 bytes: a caller that copies the number at once, in whatever pieces the compiler
 * chose, then need not wait until several smaller stores have reached the cache. */
static inline void store_decimal(px_num *ret_num, int64_t mantissa, int64_t exponent)
{
    typedef uint64_t pair __attribute__((vector_size(16)));
    const unsigned shift = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 56;
    pair both = { (uint64_t)mantissa, (uint64_t)(uint8_t)exponent << shift };

    _Static_assert(sizeof(px_num) == 16 && offsetof(px_num, exponent) == 8, "is_double follows");
    memcpy(ret_num, &both, sizeof(both));
}

px_num_scan_result px_num_scan(const char **at, const char *end, px_num *ret_num)
{
    const char *p = *at, *fraction = NULL;
    parts n = { .negative = p < end && *p == '-' };

    p += n.negative;
    n.digits = p;
    p = read_digits(p, end, &n.mantissa);
    *at = p;
    if (p == n.digits)
        return PX_NUM_SYNTAX;
    if (*n.digits == '0' && p - n.digits > 1) {
        *at = n.digits + 1;
        return PX_NUM_SYNTAX;
    }
    if (p < end && *p == '.') {
        fraction = ++p;
        p = read_digits(p, end, &n.mantissa);
        *at = p;
        if (p == fraction)
            return PX_NUM_SYNTAX;
        n.exponent = fraction - p;
    }
    n.digits_end = p;
    if (p < end && (*p | 0x20) == 'e') {
        int64_t exponent;

        p = read_exponent(p + 1, end, &exponent);
        *at = p;
        if ((unsigned)p[-1] - '0' > 9)
            return PX_NUM_SYNTAX;
        n.exponent += exponent;
    } else if (p - n.digits <= 18 && (n.mantissa != 0 || !n.negative)) {
        int64_t mantissa = (int64_t)n.mantissa;

        store_decimal(ret_num, n.negative ? -mantissa : mantissa, n.exponent);
        return PX_NUM_OK;
    }
    return value_of_parts(&n, ret_num);
}

px_status px_num_parse(px_str text, px_num *ret_num, px_err *ret_err)
{
    const char *at = text.ptr;
    px_num num = { 0 };
    px_num_scan_result result =
        text.len ? px_num_scan(&at, text.ptr + text.len, &num) : PX_NUM_SYNTAX;
    int shown = text.len > 40 ? 40 : (int)text.len;

    if (result == PX_NUM_OK && at == text.ptr + text.len) {
        *ret_num = num;
        return PX_OK;
    }
    if (result == PX_NUM_RANGE)
        px_fail_id(ret_err, PX_INVALID, "num.range", "'%.*s' is beyond the range of a double",
                   shown, text.ptr);
    else
        px_fail_id(ret_err, PX_INVALID, "num.syntax",
                   "'%.*s' is not a decimal number such as -12.5e3", shown,
                   text.ptr ? text.ptr : "");
    if (ret_err)
        px_err_at(ret_err, 1, (uint32_t)(at - text.ptr) + 1, (px_str){ 0 });
    return PX_INVALID;
}

/* ---- writing ---- */

static void put_decimal(px_buf *buf, px_num num)
{
    bool negative = num.mantissa < 0;
    uint64_t mantissa = negative ? 0 - (uint64_t)num.mantissa : (uint64_t)num.mantissa;
    int64_t exponent = num.exponent;
    char digits[24], text[64];
    int len = 0, at = (int)sizeof(digits), point;

    fold_exponent(&mantissa, &exponent, negative);
    do
        digits[--at] = (char)('0' + mantissa % 10);
    while ((mantissa /= 10) != 0);
    point = (int)sizeof(digits) - at + (int)exponent; /* digits before the decimal point */
    if (negative)
        text[len++] = '-';
    if (exponent > 0 || point <= PLAIN_ABOVE) {
        int more = (int)sizeof(digits) - at - 1;

        text[len++] = digits[at];
        px_put(buf, px_str_of(text, (size_t)len));
        px_putf(buf, "%s%.*se%d", more ? "." : "", more, digits + at + 1, point - 1);
        return;
    }
    if (point <= 0) {
        text[len++] = '0';
        text[len++] = '.';
        for (; point < 0; point++)
            text[len++] = '0';
        point = -1; /* the point is behind us */
    }
    for (; at < (int)sizeof(digits); at++, point--) {
        if (point == 0)
            text[len++] = '.';
        text[len++] = digits[at];
    }
    px_put(buf, px_str_of(text, (size_t)len));
}

/* The fewest digits that read back as the same double: as d.ddd x 10^exponent. */
static int shortest_digits(double v, char *digits, int *ret_exponent)
{
    char text[40];
    int count = 0;

    /* fifteen digits come back from any double but those that have fewer bits */
    for (int precision = v < DBL_MIN ? 0 : 14; precision <= 16; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, v);
        if (precision == 16 || strtod(text, NULL) == v)
            break;
    }
    for (const char *p = text; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') /* whatever the locale's point is, it is no digit */
            digits[count++] = *p;
    *ret_exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

static void put_double(px_buf *buf, double v)
{
    char digits[24];
    int exponent, count;

    if (!isfinite(v)) {
        px_put_c(buf, "null"); /* never stored; JSON has no word for it */
        return;
    }
    if (signbit(v))
        px_put_char(buf, '-');
    count = shortest_digits(fabs(v), digits, &exponent);
    if (exponent < PLAIN_ABOVE || exponent >= PLAIN_BELOW) {
        px_put_char(buf, digits[0]);
        if (count > 1)
            px_putf(buf, ".%.*s", count - 1, digits + 1);
        px_putf(buf, "e%d", exponent);
        return;
    }
    if (exponent < 0)
        px_put_c(buf, "0.");
    for (int i = exponent; i < -1; i++)
        px_put_char(buf, '0');
    for (int i = 0; i < count || i <= exponent; i++) {
        if (i == exponent + 1 && exponent >= 0)
            px_put_char(buf, '.');
        px_put_char(buf, i < count ? digits[i] : '0');
    }
}

void px_put_num(px_buf *buf, px_num num)
{
    if (px_num_is_whole(num))
        px_putf(buf, "%llu", (unsigned long long)whole_of(num));
    else if (num.is_double)
        put_double(buf, double_of_bits(num.mantissa));
    else
        put_decimal(buf, num);
}

/* ---- values ---- */

double px_num_to_double(px_num num)
{
    /* the powers of ten that a double holds exactly */
    static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    const int64_t exact = INT64_C(1) << 53;
    char text[40];

    if (num.is_double)
        return double_of_bits(num.mantissa);
    if (num.mantissa >= -exact && num.mantissa <= exact) {
        if (num.exponent >= 0 && num.exponent <= 22)
            return (double)num.mantissa * tens[num.exponent];
        if (num.exponent < 0 && num.exponent >= -22)
            return (double)num.mantissa / tens[-num.exponent];
    }
    snprintf(text, sizeof(text), "%llde%d", (long long)num.mantissa, num.exponent);
    return strtod(text, NULL);
}

bool px_num_to_int(px_num num, int64_t *ret_value)
{
    int64_t v = num.mantissa;

    if (num.is_double) {
        double d = double_of_bits(num.mantissa);

        if (!(d >= -0x1p63 && d < 0x1p63) || d != trunc(d))
            return false;
        *ret_value = (int64_t)d;
        return true;
    }
    for (int e = num.exponent; v != 0 && e > 0; e--)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    for (int e = num.exponent; v != 0 && e < 0; e++) {
        if (v % 10 != 0)
            return false;
        v /= 10;
    }
    *ret_value = v;
    return true;
}

bool px_num_to_uint(px_num num, uint64_t *ret_value)
{
    double d = double_of_bits(num.mantissa);
    int64_t v;

    if (px_num_to_int(num, &v) && v >= 0)
        *ret_value = (uint64_t)v;
    else if (px_num_is_whole(num))
        *ret_value = whole_of(num);
    else if (num.is_double && d >= 0x1p63 && d < 0x1p64)
        *ret_value = (uint64_t)d;
    else
        return false;
    return true;
}

/* ---- comparing ---- */

__extension__ typedef __int128 wide;

static int sign_of(int64_t v)
{
    return (v > 0) - (v < 0);
}

static int cmp_decimals(px_num a, px_num b)
{
    int sign = sign_of(a.mantissa), difference = a.exponent - b.exponent;
    wide x = a.mantissa, y = b.mantissa;

    if (sign != sign_of(b.mantissa) || sign == 0)
        return (sign > sign_of(b.mantissa)) - (sign < sign_of(b.mantissa));
    if (difference > 18) /* 10^19 times anything is more than any mantissa */
        return sign;
    if (difference < -18)
        return -sign;
    for (; difference > 0; difference--)
        x *= 10;
    for (; difference < 0; difference++)
        y *= 10;
    return (x > y) - (x < y);
}

/* Whole numbers of up to 2,048 bits: enough for any decimal beside a double near it. */
enum { BIG_WORDS = 64 };
typedef struct big {
    uint32_t words[BIG_WORDS]; /* lowest first */
} big;

static void big_multiply(big *n, uint32_t factor)
{
    uint64_t carry = 0;

    for (int i = 0; i < BIG_WORDS; i++) {
        carry += (uint64_t)n->words[i] * factor;
        n->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static big big_of(uint64_t value, int fives, int twos)
{
    big n = { .words = { (uint32_t)value, (uint32_t)(value >> 32) } };

    for (; fives > 0; fives--)
        big_multiply(&n, 5);
    for (; twos > 0; twos--)
        big_multiply(&n, 2);
    return n;
}

/* Magnitudes of a decimal and a double that round to the same double. m x 10^e beside f x 2^k:
 * negative powers move to the other side, and whole numbers are compared. */
static int cmp_exactly(px_num decimal, double d)
{
    uint64_t m = decimal.mantissa < 0 ? 0 - (uint64_t)decimal.mantissa : (uint64_t)decimal.mantissa;
    int e = decimal.exponent, k;
    uint64_t f = (uint64_t)(frexp(fabs(d), &k) * 0x1p53);
    int twos;
    big left, right;

    twos = e - (k - 53); /* what is left of the twos after both sides are divided by 2^k */
    left = big_of(m, e > 0 ? e : 0, twos > 0 ? twos : 0);
    right = big_of(f, e < 0 ? -e : 0, twos < 0 ? -twos : 0);
    for (int i = BIG_WORDS - 1; i >= 0; i--)
        if (left.words[i] != right.words[i])
            return left.words[i] > right.words[i] ? 1 : -1;
    return 0;
}

/* One of them is a whole number above 2^63 that is no double, the other a decimal beside it. */
static int cmp_whole(px_num a, px_num b)
{
    px_num decimal = a.is_double ? b : a;
    wide whole = (wide)whole_of(a.is_double ? a : b), other = decimal.mantissa, tail = 0;
    int order;

    for (int e = decimal.exponent; e > 0; e--) /* as near as that it is no longer than 20 digits */
        other *= 10;
    for (int e = decimal.exponent; e < 0; e++) {
        tail |= other % 10;
        other /= 10;
    }
    order = other < whole ? -1 : other > whole || tail > 0 ? 1 : 0;
    return a.is_double ? -order : order;
}

int px_num_cmp(px_num a, px_num b)
{
    double x, y;

    if (!a.is_double && !b.is_double)
        return cmp_decimals(a, b);
    x = px_num_to_double(a);
    y = px_num_to_double(b);
    if (x != y)
        return x > y ? 1 : -1;
    if (a.is_double && b.is_double)
        return (px_num_rest(a) > px_num_rest(b)) - (px_num_rest(a) < px_num_rest(b));
    if (!a.is_double == !b.is_double || x == 0) /* no decimal but 0 is as small as that */
        return 0;
    if (px_num_rest(a) != 0 || px_num_rest(b) != 0)
        return cmp_whole(a, b);
    /* rounding keeps order, so only a tie needs the exact way */
    if (a.is_double)
        return -px_num_cmp(b, a);
    return a.mantissa < 0 ? -cmp_exactly(a, y) : cmp_exactly(a, y);
}
