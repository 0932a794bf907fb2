/* SPDX-License-Identifier: Apache-2.0 */
/* What the head of a block tells of a column. Where all numbers fit one exponent, which is nearly
 * always, the sum is exact and comparisons are comparisons of integers. */
#include "history/column.h"
#include "history/decimals.h"

static void of_scaled(const px_num *nums, const int64_t *scaled, uint32_t count, int exponent,
                      px_block_stats *ret)
{
    uint32_t min = 0, max = 0;
    px_wide sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        min = scaled[i] < scaled[min] ? i : min;
        max = scaled[i] > scaled[max] ? i : max;
        sum += scaled[i];
    }
    ret->min = nums[min];
    ret->max = nums[max];
    ret->exact = true;
    ret->sum = sum;
    ret->sum_exponent = (int8_t)exponent;
}

static void of_any(const px_num *nums, uint32_t count, px_block_stats *ret)
{
    ret->min = ret->max = nums[0];
    for (uint32_t i = 0; i < count; i++) {
        if (px_num_cmp(nums[i], ret->min) < 0)
            ret->min = nums[i];
        if (px_num_cmp(nums[i], ret->max) > 0)
            ret->max = nums[i];
        ret->sum_double += px_num_to_double(nums[i]);
    }
}

void px_column_stats(const px_value *values, const bool *held, uint32_t count,
                     px_block_stats *ret_stats)
{
    px_num nums[PX_BLOCK_ROWS_MAX];
    int64_t scaled[PX_BLOCK_ROWS_MAX];
    uint32_t numbers = 0, others = 0;
    int exponent;

    ret_stats->cells = count;
    for (uint32_t i = 0; i < count; i++) {
        if (!held[i] || values[i].kind == PX_VALUE_NONE)
            continue;
        if (values[i].kind == PX_VALUE_NUM)
            nums[numbers++] = values[i].num;
        else
            others++;
    }
    ret_stats->count = numbers + others;
    ret_stats->numeric = numbers > 0 && others == 0;
    if (!ret_stats->numeric)
        return;
    ret_stats->first = nums[0];
    ret_stats->last = nums[numbers - 1];
    if (px_decimals_scale(nums, numbers, scaled, &exponent))
        of_scaled(nums, scaled, numbers, exponent, ret_stats);
    else
        of_any(nums, numbers, ret_stats);
}
