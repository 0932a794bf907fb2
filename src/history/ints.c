/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream  = mode body
 * mode    = one byte: transform (bits 0-2), zigzag (bit 3), scale (bits 4-7: a power of ten)
 * CONST   = zigzag(value)
 * BASE    = [base] packed(count)                       value = base + packed
 * DELTA   = zigzag(first) [base] packed(count - 1)     value = value before + 10^scale x (base +
 * packed) DELTA2  = zigzag(first) zigzag(second - first) [base] packed(count - 2) difference =
 * difference before + 10^scale x (…) RUNS    = varint(runs) stream(runs: values) stream(runs:
 * lengths - 1)    neither of them RUNS base    = zigzag; absent with the zigzag bit, where packed
 * numbers are zigzag themselves packed  = width (one byte, 0-64) varint(exceptions) bits(count x
 * width) exceptions exception = varint(places behind the exception before) varint(what stands above
 * `width` bits)
 *
 * All sums wrap, so every sequence of int64 comes back.
 */
#include "history/ints.h"

enum { CONST = 0, BASE = 1, DELTA = 2, DELTA2 = 3, RUNS = 4, TRANSFORM_MASK = 7, ZIGZAG = 8 };
enum { SCALE_SHIFT = 4, RUN_LENGTH_WORTH = 3 };

static const int64_t powers[] = { 1,      10,      100,      1000,      10000,
                                  100000, 1000000, 10000000, 100000000, 1000000000 };
enum { SCALE_MAX = 9 };

static inline uint64_t zigzag(uint64_t v)
{
    return v << 1 ^ (0 - (v >> 63));
}

static inline uint64_t unzigzag(uint64_t v)
{
    return v >> 1 ^ (0 - (v & 1));
}

static inline unsigned bits_of(uint64_t v)
{
    return v ? 64u - (unsigned)__builtin_clzll(v) : 0;
}

/* ---- packing ---- */

/* How a list of numbers is packed best: bits for all, and how many need a patch. */
typedef struct shape {
    unsigned width;
    uint32_t exceptions;
    size_t bytes; /* about */
} shape;

static shape shape_of(const uint32_t *histogram, uint32_t count, uint64_t all)
{
    shape best = { .bytes = SIZE_MAX };
    uint32_t above = 0;
    size_t patches = 0; /* bytes of them */

    /* from the widest down: each step moves numbers of one more width among the exceptions */
    for (int width = (int)bits_of(all); width >= 0; width--) {
        size_t bytes;

        if (width < 64 && histogram[width + 1] > 0) {
            above += histogram[width + 1];
            patches += (size_t)histogram[width + 1] * 2;
        }
        if (width < 64)
            patches += above / 7; /* a varint byte for seven bits more */
        bytes = ((size_t)count * (unsigned)width + 7) / 8 + patches;
        if (bytes < best.bytes)
            best = (shape){ (unsigned)width, above, bytes };
        if (above > count / 4)
            break;
    }
    return best;
}

static void put_bits(px_buf *buf, const uint64_t *values, uint32_t count, unsigned width)
{
    size_t bytes = ((size_t)count * width + 7) / 8;
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1, word = 0;
    unsigned used = 0;
    char *out;

    if (width == 0 || !px_buf_reserve(buf, bytes + 8))
        return;
    out = buf->ptr + buf->len;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t v = values[i] & mask;

        word |= v << used;
        if (used + width >= 64) {
            memcpy(out, &word, 8);
            out += 8;
            word = used ? v >> (64 - used) : 0;
            used = used + width - 64;
        } else {
            used += width;
        }
    }
    memcpy(out, &word, 8);
    buf->len += bytes;
    buf->ptr[buf->len] = '\0';
}

static void get_bits(const uint8_t *bytes, size_t size, uint64_t *values, uint32_t count,
                     unsigned width)
{
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    size_t bit = 0;
    uint32_t i = 0;

    if (width == 0) {
        memset(values, 0, (size_t)count * sizeof(*values));
        return;
    }
    /* the bulk: one load a number, as long as 9 bytes can be read */
    for (; i < count && (bit >> 3) + 9 <= size; i++, bit += width) {
        const uint8_t *p = bytes + (bit >> 3);
        unsigned shift = bit & 7;
        uint64_t word;

        memcpy(&word, p, 8);
        word >>= shift;
        if (shift + width > 64)
            word |= (uint64_t)p[8] << (64 - shift);
        values[i] = word & mask;
    }
    for (; i < count; i++, bit += width) {
        uint8_t tail[16] = { 0 };
        size_t at = bit >> 3, left = size - at;
        unsigned shift = bit & 7;
        uint64_t word;

        memcpy(tail, bytes + at, left < 9 ? left : 9);
        memcpy(&word, tail, 8);
        word >>= shift;
        if (shift + width > 64)
            word |= (uint64_t)tail[8] << (64 - shift);
        values[i] = word & mask;
    }
}

static void put_packed(px_buf *buf, const uint64_t *values, uint32_t count, shape how)
{
    uint32_t at = 0;

    px_put_u8(buf, (uint8_t)how.width);
    px_put_varint(buf, how.exceptions);
    put_bits(buf, values, count, how.width);
    for (uint32_t i = 0; how.exceptions > 0 && i < count; i++) {
        if (bits_of(values[i]) <= how.width)
            continue;
        px_put_varint(buf, i - at);
        px_put_varint(buf, values[i] >> how.width);
        at = i;
        how.exceptions--;
    }
}

static void get_packed(px_cut *cut, uint64_t *values, uint32_t count)
{
    unsigned width = px_get_u8(cut);
    uint64_t exceptions = px_get_varint(cut), at = 0;
    px_str bits = { 0 };

    if (width > 64 || exceptions > count)
        cut->bad = true;
    else
        bits = px_get_bytes(cut, ((size_t)count * width + 7) / 8);
    if (cut->bad) {
        memset(values, 0, (size_t)count * sizeof(*values));
        return;
    }
    get_bits((const uint8_t *)bits.ptr, bits.len, values, count, width);
    for (; exceptions > 0; exceptions--) {
        uint64_t step = px_get_varint(cut), high = px_get_varint(cut);

        at += step;
        if (step > count || at >= count || width == 64 || cut->bad) {
            cut->bad = true;
            return;
        }
        values[at] |= high << width;
    }
}

/* ---- transforms ---- */

/* A list of wrapped numbers, seen as offsets from the smallest and as zigzag. */
typedef struct plan {
    unsigned mode;
    int64_t base;
    shape how;
    size_t bytes;
} plan;

static shape zigzag_shape(const int64_t *numbers, uint32_t count)
{
    uint32_t histogram[65] = { 0 };
    uint64_t all = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t z = zigzag((uint64_t)numbers[i]);

        histogram[bits_of(z)]++;
        all |= z;
    }
    return shape_of(histogram, count, all);
}

static plan plan_of(const int64_t *numbers, uint32_t count, unsigned transform)
{
    uint32_t histogram[65] = { 0 };
    plan by_offset = { transform, 0, { 0 }, 0 }, by_zigzag = { transform | ZIGZAG, 0, { 0 }, 0 };
    int64_t base = INT64_MAX;
    uint64_t all = 0;

    if (count == 0)
        return by_zigzag;
    for (uint32_t i = 0; i < count; i++)
        base = numbers[i] < base ? numbers[i] : base;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t offset = (uint64_t)numbers[i] - (uint64_t)base;

        histogram[bits_of(offset)]++;
        all |= offset;
    }
    by_offset.base = base;
    by_offset.how = shape_of(histogram, count, all);
    by_offset.bytes = by_offset.how.bytes + 1 + bits_of(zigzag((uint64_t)base)) / 7;
    if (base >= 0) /* zigzag is then twice the number: it saves nothing but the base */
        return by_offset;
    by_zigzag.how = zigzag_shape(numbers, count);
    by_zigzag.bytes = by_zigzag.how.bytes;
    return by_offset.bytes < by_zigzag.bytes ? by_offset : by_zigzag;
}

/* Writes over `numbers`. */
static void put_plan(px_buf *buf, int64_t *numbers, uint32_t count, const plan *p)
{
    uint64_t *packed = (uint64_t *)numbers;

    if (!(p->mode & ZIGZAG))
        px_put_zigzag(buf, p->base);
    for (uint32_t i = 0; i < count; i++)
        packed[i] = p->mode & ZIGZAG ? zigzag((uint64_t)numbers[i])
                                     : (uint64_t)numbers[i] - (uint64_t)p->base;
    put_packed(buf, packed, count, p->how);
}

static void get_plan(px_cut *cut, unsigned mode, int64_t *numbers, uint32_t count)
{
    uint64_t base = mode & ZIGZAG ? 0 : (uint64_t)px_get_zigzag(cut);
    uint64_t *packed = (uint64_t *)numbers;

    get_packed(cut, packed, count);
    if (mode & ZIGZAG)
        for (uint32_t i = 0; i < count; i++)
            packed[i] = unzigzag(packed[i]);
    else
        for (uint32_t i = 0; i < count; i++)
            packed[i] += base;
}

/* The largest power of ten that divides all; divides them by it. */
static unsigned scale_down(int64_t *numbers, uint32_t count)
{
    static const unsigned tried[] = { 9, 8, 6, 3 }; /* s, 100 ms, ms, us */

    for (size_t k = 0; k < sizeof(tried) / sizeof(tried[0]); k++) {
        int64_t power = powers[tried[k]];
        uint32_t i = 0;

        while (i < count && numbers[i] % power == 0)
            i++;
        if (i < count)
            continue;
        for (i = 0; i < count; i++)
            numbers[i] /= power;
        return tried[k];
    }
    return 0;
}

static void differences(const int64_t *values, uint32_t count, int64_t *ret)
{
    for (uint32_t i = 0; i + 1 < count; i++)
        ret[i] = (int64_t)((uint64_t)values[i + 1] - (uint64_t)values[i]);
}

static uint32_t run_count(const int64_t *values, uint32_t count)
{
    uint32_t runs = 1;

    for (uint32_t i = 1; i < count; i++)
        runs += values[i] != values[i - 1];
    return runs;
}

static void put_runs(px_buf *buf, const int64_t *values, uint32_t count, uint32_t runs)
{
    int64_t of[PX_BLOCK_ROWS_MAX], lengths[PX_BLOCK_ROWS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0, start = 0; i < count; i++)
        if (i + 1 == count || values[i + 1] != values[i]) {
            of[n] = values[i];
            lengths[n++] = i - start;
            start = i + 1;
        }
    px_put_u8(buf, RUNS);
    px_put_varint(buf, runs);
    px_put_ints(buf, of, runs, PX_INTS_DELTA);
    px_put_ints(buf, lengths, runs, 0);
}

void px_put_ints(px_buf *buf, const int64_t *values, uint32_t count, unsigned tries)
{
    int64_t first[PX_BLOCK_ROWS_MAX], second[PX_BLOCK_ROWS_MAX];
    uint32_t runs = run_count(values, count);
    unsigned scale = 0;
    plan best, other;

    px_assert(count >= 1 && count <= PX_BLOCK_ROWS_MAX);
    if (runs == 1) {
        px_put_u8(buf, CONST);
        px_put_zigzag(buf, values[0]);
        return;
    }
    best = plan_of(values, count, BASE);
    if (tries & (PX_INTS_DELTA | PX_INTS_DELTA2)) {
        differences(values, count, first);
        scale = tries & PX_INTS_SCALE ? scale_down(first, count - 1) : 0;
        other = plan_of(first, count - 1, DELTA);
        other.bytes += 1 + bits_of(zigzag((uint64_t)values[0])) / 7;
        best = other.bytes < best.bytes ? other : best;
    }
    if (tries & PX_INTS_DELTA2) {
        differences(first, count - 1, second);
        other = plan_of(second, count - 2, DELTA2);
        other.bytes +=
            2 + bits_of(zigzag((uint64_t)values[0])) / 7 + bits_of(zigzag((uint64_t)first[0])) / 7;
        best = other.bytes < best.bytes ? other : best;
    }
    /* a run costs about as much as a value and its length */
    if ((tries & PX_INTS_RUNS) && runs <= count / RUN_LENGTH_WORTH &&
        (size_t)runs * ((best.how.width + bits_of(count / runs) + 8) / 8) < best.bytes) {
        put_runs(buf, values, count, runs);
        return;
    }
    if ((best.mode & TRANSFORM_MASK) == BASE) {
        memcpy(second, values, (size_t)count * sizeof(*values));
        px_put_u8(buf, (uint8_t)best.mode);
        put_plan(buf, second, count, &best);
        return;
    }
    px_put_u8(buf, (uint8_t)(best.mode | scale << SCALE_SHIFT));
    px_put_zigzag(buf, values[0]);
    if ((best.mode & TRANSFORM_MASK) == DELTA) {
        put_plan(buf, first, count - 1, &best);
        return;
    }
    px_put_zigzag(buf, first[0]);
    put_plan(buf, second, count - 2, &best);
}

static void get_runs(px_cut *cut, int64_t *ret_values, uint32_t count);

/* `nested` streams may not be runs again: nothing recurses deeper than that. */
static void get_ints(px_cut *cut, int64_t *ret, uint32_t count, bool nested)
{
    unsigned mode = px_get_u8(cut), transform = mode & TRANSFORM_MASK;
    unsigned scale = mode >> SCALE_SHIFT;
    uint64_t value, step, power;

    if (scale > SCALE_MAX || (transform == RUNS && nested)) {
        cut->bad = true;
        return;
    }
    power = (uint64_t)powers[scale];
    switch (transform) {
    case CONST:
        value = (uint64_t)px_get_zigzag(cut);
        for (uint32_t i = 0; i < count; i++)
            ret[i] = (int64_t)value;
        return;
    case BASE:
        get_plan(cut, mode, ret, count);
        return;
    case DELTA:
        value = (uint64_t)px_get_zigzag(cut);
        get_plan(cut, mode, ret + 1, count - 1);
        ret[0] = (int64_t)value;
        for (uint32_t i = 1; i < count; i++)
            ret[i] = (int64_t)(value += (uint64_t)ret[i] * power);
        return;
    case DELTA2:
        if (count < 2)
            break;
        value = (uint64_t)px_get_zigzag(cut);
        step = (uint64_t)px_get_zigzag(cut);
        get_plan(cut, mode, ret + 2, count - 2);
        ret[0] = (int64_t)value;
        ret[1] = (int64_t)(value += step * power);
        for (uint32_t i = 2; i < count; i++) {
            step += (uint64_t)ret[i];
            ret[i] = (int64_t)(value += step * power);
        }
        return;
    case RUNS:
        get_runs(cut, ret, count);
        return;
    default:
        break;
    }
    cut->bad = true;
}

static void get_runs(px_cut *cut, int64_t *ret_values, uint32_t count)
{
    int64_t of[PX_BLOCK_ROWS_MAX], lengths[PX_BLOCK_ROWS_MAX];
    uint64_t runs = px_get_varint(cut);
    uint32_t at = 0;

    if (runs == 0 || runs > count || cut->bad) {
        cut->bad = true;
        return;
    }
    get_ints(cut, of, (uint32_t)runs, true);
    get_ints(cut, lengths, (uint32_t)runs, true);
    for (uint32_t r = 0; r < runs && !cut->bad; r++) {
        if (lengths[r] < 0 || lengths[r] >= count - at) {
            cut->bad = true;
            return;
        }
        for (int64_t n = lengths[r]; n >= 0; n--)
            ret_values[at++] = of[r];
    }
    cut->bad = cut->bad || at != count;
}

void px_get_ints(px_cut *cut, int64_t *ret_values, uint32_t count)
{
    px_assert(count >= 1 && count <= PX_BLOCK_ROWS_MAX);
    get_ints(cut, ret_values, count, false);
    if (cut->bad)
        memset(ret_values, 0, (size_t)count * sizeof(*ret_values));
}
