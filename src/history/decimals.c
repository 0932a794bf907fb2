/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimals = SPLIT stream(count: mantissas) stream(count: exponents)
 *          | SCALED exponent stream(count: numbers at that exponent)
 *          | SHORTEST exponent cap patches stream(count: numbers at that exponent)
 * patches  = varint(count) then for each: varint(places behind the one before) zigzag(mantissa)
 *            exponent
 *
 * SCALED: every number came with this exponent. SHORTEST: the source drops trailing zeros, as most
 * printers of numbers do, but keeps `cap` as the largest exponent (32.0 where the cap is -1): so
 * the exponent of each follows from its digits, and the few for which it does not are patched.
 * SPLIT: the rest, such as a fixed number of significant digits over many magnitudes.
 */
#include "history/decimals.h"

#include "history/ints.h"

enum { SPLIT = 0, SCALED = 1, SHORTEST = 2, POWERS = 19, PATCHED_MOST = 8 };

static const int64_t powers[POWERS] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

static void exponent_range(const px_num *nums, uint32_t count, int *ret_min, int *ret_max)
{
    int min = INT8_MAX, max = INT8_MIN;

    for (uint32_t i = 0; i < count; i++) {
        min = nums[i].exponent < min ? nums[i].exponent : min;
        max = nums[i].exponent > max ? nums[i].exponent : max;
    }
    *ret_min = min;
    *ret_max = max;
}

static bool scale_one(px_num num, int exponent, int64_t *ret_scaled)
{
    int shift = num.exponent - exponent;

    return shift < POWERS && !num.is_double &&
           !__builtin_mul_overflow(num.mantissa, powers[shift], ret_scaled) &&
           *ret_scaled < INT64_MAX / 2 && *ret_scaled > INT64_MIN / 2;
}

bool px_decimals_scale(const px_num *nums, uint32_t count, int64_t *ret_scaled, int *ret_exponent)
{
    int min, max;

    exponent_range(nums, count, &min, &max);
    for (uint32_t i = 0; i < count; i++)
        if (!scale_one(nums[i], min, &ret_scaled[i]))
            return false;
    *ret_exponent = min;
    return true;
}

/* What a source that drops trailing zeros would have written. */
static inline px_num shortest(int64_t scaled, int exponent, int cap)
{
    if (scaled == 0)
        return (px_num){ .exponent = (int8_t)cap };
    while (exponent < cap && scaled % 10 == 0) {
        scaled /= 10;
        exponent++;
    }
    return (px_num){ .mantissa = scaled, .exponent = (int8_t)exponent };
}

typedef struct patch {
    uint32_t at;
    px_num num;
} patch;

/* Numbers at `exponent`, and what the rule does not give back; false when that is too many. A
 * patched place repeats the number before it. */
static bool frame(const px_num *nums, uint32_t count, int exponent, int cap, int64_t *scaled,
                  patch *patches, uint32_t *ret_patches)
{
    uint32_t n = 0, most = count / PATCHED_MOST;

    for (uint32_t i = 0; i < count; i++) {
        if (scale_one(nums[i], exponent, &scaled[i]) &&
            px_num_same(shortest(scaled[i], exponent, cap), nums[i]))
            continue;
        if (n == most)
            return false;
        patches[n++] = (patch){ i, nums[i] };
        scaled[i] = i > 0 ? scaled[i - 1] : 0;
    }
    *ret_patches = n;
    return true;
}

static void put_shortest(px_buf *buf, const int64_t *scaled, uint32_t count, int exponent, int cap,
                         const patch *patches, uint32_t patch_count)
{
    uint32_t at = 0;

    px_put_u8(buf, SHORTEST);
    px_put_u8(buf, (uint8_t)exponent);
    px_put_u8(buf, (uint8_t)cap);
    px_put_varint(buf, patch_count);
    for (uint32_t i = 0; i < patch_count; i++) {
        px_put_varint(buf, patches[i].at - at);
        px_put_zigzag(buf, patches[i].num.mantissa);
        px_put_u8(buf, (uint8_t)patches[i].num.exponent);
        at = patches[i].at;
    }
    px_put_ints(buf, scaled, count, PX_INTS_DELTA | PX_INTS_RUNS);
}

static void put_split(px_buf *buf, const px_num *nums, uint32_t count)
{
    int64_t parts[PX_BLOCK_ROWS_MAX];

    px_put_u8(buf, SPLIT);
    for (uint32_t i = 0; i < count; i++)
        parts[i] = nums[i].mantissa;
    px_put_ints(buf, parts, count, PX_INTS_DELTA | PX_INTS_RUNS);
    for (uint32_t i = 0; i < count; i++)
        parts[i] = nums[i].exponent;
    px_put_ints(buf, parts, count, PX_INTS_RUNS);
}

/* Bits of the range of numbers: what a frame of reference costs each. */
static unsigned range_bits(const int64_t *numbers, uint32_t count)
{
    int64_t min = INT64_MAX, max = INT64_MIN;
    uint64_t range;

    for (uint32_t i = 0; i < count; i++) {
        min = numbers[i] < min ? numbers[i] : min;
        max = numbers[i] > max ? numbers[i] : max;
    }
    range = (uint64_t)max - (uint64_t)min;
    return range ? 64u - (unsigned)__builtin_clzll(range) : 0;
}

void px_put_decimals(px_buf *buf, const px_num *nums, uint32_t count)
{
    int64_t scaled[PX_BLOCK_ROWS_MAX], mantissas[PX_BLOCK_ROWS_MAX];
    patch patches[PX_BLOCK_ROWS_MAX / PATCHED_MOST];
    uint32_t patch_count = 0;
    size_t start = buf->len, split_bytes;
    px_buf other = { 0 };
    int min, max;

    exponent_range(nums, count, &min, &max);
    for (uint32_t i = 0; i < count; i++)
        mantissas[i] = nums[i].mantissa;
    if (min == max) {
        px_put_u8(buf, SCALED);
        px_put_u8(buf, (uint8_t)min);
        px_put_ints(buf, mantissas, count, PX_INTS_DELTA | PX_INTS_RUNS);
        return;
    }
    if (!frame(nums, count, min, max, scaled, patches, &patch_count)) {
        put_split(buf, nums, count);
        return;
    }
    put_shortest(buf, scaled, count, min, max, patches, patch_count);
    if (patch_count == 0 && range_bits(scaled, count) <= range_bits(mantissas, count) + 1)
        return; /* no split can be smaller: its exponents cost a bit each at least */
    put_split(&other, nums, count);
    split_bytes = other.status == PX_OK ? other.len : SIZE_MAX;
    if (buf->status == PX_OK && split_bytes < buf->len - start) {
        buf->len = start;
        px_put(buf, px_buf_str(&other));
    }
    px_buf_release(&other);
}

static void get_shortest(px_cut *cut, px_num *ret_nums, uint32_t count)
{
    int64_t scaled[PX_BLOCK_ROWS_MAX];
    int exponent = (int8_t)px_get_u8(cut), cap = (int8_t)px_get_u8(cut);
    uint64_t patch_count = px_get_varint(cut), at = 0;
    px_cut patches = *cut;

    cut->bad = cut->bad || patch_count > count / PATCHED_MOST;
    for (uint64_t i = 0; i < patch_count && !cut->bad; i++) {
        px_get_varint(cut);
        px_get_zigzag(cut);
        px_get_u8(cut);
    }
    if (cut->bad)
        return;
    px_get_ints(cut, scaled, count);
    for (uint32_t i = 0; i < count; i++)
        ret_nums[i] = shortest(scaled[i], exponent, cap);
    for (uint64_t i = 0; i < patch_count; i++) {
        uint64_t step = px_get_varint(&patches);
        px_num num = { .mantissa = px_get_zigzag(&patches) };

        num.exponent = (int8_t)px_get_u8(&patches);
        at += step;
        if (step > count || at >= count) {
            cut->bad = true;
            return;
        }
        ret_nums[at] = num;
    }
}

void px_get_decimals(px_cut *cut, px_num *ret_nums, uint32_t count)
{
    int64_t mantissas[PX_BLOCK_ROWS_MAX], exponents[PX_BLOCK_ROWS_MAX];
    int8_t exponent;

    switch (px_get_u8(cut)) {
    case SPLIT:
        px_get_ints(cut, mantissas, count);
        px_get_ints(cut, exponents, count);
        for (uint32_t i = 0; i < count && !cut->bad; i++) {
            cut->bad = exponents[i] < INT8_MIN || exponents[i] > INT8_MAX;
            ret_nums[i] = (px_num){ .mantissa = mantissas[i], .exponent = (int8_t)exponents[i] };
        }
        return;
    case SCALED:
        exponent = (int8_t)px_get_u8(cut);
        px_get_ints(cut, mantissas, count);
        for (uint32_t i = 0; i < count; i++)
            ret_nums[i] = (px_num){ .mantissa = mantissas[i], .exponent = exponent };
        return;
    case SHORTEST:
        get_shortest(cut, ret_nums, count);
        return;
    default:
        cut->bad = true;
    }
}
