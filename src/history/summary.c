/* SPDX-License-Identifier: Apache-2.0 */
/* Counts and buckets: many values told in few numbers, from heads of blocks where those suffice. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "history/internal.h"

/* A sum that stays exact as long as 128 bits hold it at the smallest exponent met. */
typedef struct exact_sum {
    px_wide sum;
    double rounded;
    int exponent;
    bool begun, inexact;
} exact_sum;

typedef struct tally {
    px_history_summary summary;
    exact_sum sum;
} tally;

typedef struct tallies {
    PX_VEC(tally) of; /* by path index */
    px_time bucket;
    int64_t bucket_ns; /* 0: one for all */
    bool begun;
    px_history_summary_each each;
    void *data;
    PX_VEC(uint32_t) seen; /* by path index: the block that had it last */
    uint32_t block;
} tallies;

static bool shift_up(px_wide *v, int by)
{
    for (; by > 0; by--)
        if (__builtin_mul_overflow(*v, (px_wide)10, v))
            return false;
    return true;
}

static void add_wide(exact_sum *s, px_wide v, int exponent)
{
    int lower;

    if (!s->begun) {
        s->begun = true;
        s->exponent = exponent;
    }
    lower = exponent < s->exponent ? exponent : s->exponent;
    s->inexact = s->inexact || !shift_up(&s->sum, s->exponent - lower) ||
                 !shift_up(&v, exponent - lower) || __builtin_add_overflow(s->sum, v, &s->sum);
    s->exponent = lower;
}

static void add_num(exact_sum *s, px_num num)
{
    s->rounded += px_num_to_double(num);
    if (num.is_double)
        s->inexact = true;
    else
        add_wide(s, num.mantissa, num.exponent);
}

static double sum_of(const exact_sum *s)
{
    if (s->inexact)
        return s->rounded;
    if (s->sum <= INT64_MAX && s->sum >= INT64_MIN && s->exponent >= INT8_MIN)
        return px_num_to_double(
            (px_num){ .mantissa = (int64_t)s->sum, .exponent = (int8_t)s->exponent });
    return (double)s->sum * pow(10, s->exponent);
}

/* ---- tallies ---- */

static px_status tally_of(tallies *t, px_walk *walk, uint32_t path, tally **ret, px_err *ret_err)
{
    while (t->of.len <= path)
        if (!PX_VEC_PUSH(&t->of, ((tally){ 0 })))
            return px_no_memory(ret_err);
    *ret = &t->of.ptr[path];
    (*ret)->summary.path = walk->names.paths.ptr[path];
    return PX_OK;
}

static void add_extremes(px_history_summary *s, px_num min, px_num max, px_num first, px_num last)
{
    if (s->numbers == 0)
        s->first = first;
    s->min = s->numbers == 0 || px_num_cmp(min, s->min) < 0 ? min : s->min;
    s->max = s->numbers == 0 || px_num_cmp(max, s->max) > 0 ? max : s->max;
    s->last = last;
}

static void add_cell(tally *t, const px_history_cell *cell)
{
    if (cell->value.kind == PX_VALUE_NONE)
        return;
    t->summary.count++;
    if (cell->value.kind != PX_VALUE_NUM)
        return;
    add_extremes(&t->summary, cell->value.num, cell->value.num, cell->value.num, cell->value.num);
    t->summary.numbers++;
    add_num(&t->sum, cell->value.num);
}

static void add_stats(tally *t, const px_block_stats *s)
{
    t->summary.count += s->count;
    if (!s->numeric)
        return;
    add_extremes(&t->summary, s->min, s->max, s->first, s->last);
    t->summary.numbers += s->count;
    if (s->exact) {
        exact_sum one = { .sum = s->sum, .exponent = s->sum_exponent };

        t->sum.rounded += sum_of(&one);
        add_wide(&t->sum, s->sum, s->sum_exponent);
    } else {
        t->sum.rounded += s->sum_double;
        t->sum.inexact = true;
    }
}

static int cmp_tallies(const void *a, const void *b)
{
    return px_str_cmp(((const tally *)a)->summary.path, ((const tally *)b)->summary.path);
}

/* Gives out the bucket that is full, by path. */
static px_status give_out(tallies *t, px_err *ret_err)
{
    px_status status = PX_OK;
    tally *sorted;
    size_t n = 0;

    if (t->of.len == 0)
        return PX_OK;
    sorted = px_alloc(t->of.len * sizeof(*sorted));
    if (!sorted)
        return px_no_memory(ret_err);
    for (size_t i = 0; i < t->of.len; i++)
        if (t->of.ptr[i].summary.count > 0)
            sorted[n++] = t->of.ptr[i];
    if (n > 0)
        qsort(sorted, n, sizeof(*sorted), cmp_tallies);
    for (size_t i = 0; i < n && status == PX_OK; i++) {
        px_history_summary *s = &sorted[i].summary;

        s->bucket = t->bucket;
        s->sum = sum_of(&sorted[i].sum);
        s->mean = s->numbers > 0 ? s->sum / (double)s->numbers : 0;
        status = t->each(t->data, s, ret_err);
    }
    px_free(sorted);
    t->of.len = 0;
    return status;
}

/* ---- sinks ---- */

static px_time bucket_of(const tallies *t, px_time time)
{
    int64_t into = time % t->bucket_ns;

    return time - (into < 0 ? into + t->bucket_ns : into);
}

static px_status enter_bucket(tallies *t, px_time time, px_err *ret_err)
{
    px_time bucket;

    if (t->bucket_ns == 0)
        return PX_OK;
    bucket = bucket_of(t, time);
    if (t->begun && bucket != t->bucket)
        PX_TRY(give_out(t, ret_err));
    t->begun = true;
    t->bucket = bucket;
    return PX_OK;
}

static px_status tally_row(void *data, px_walk *walk, px_time time, px_err *ret_err)
{
    tallies *t = data;

    PX_TRY(enter_bucket(t, time, ret_err));
    for (size_t i = 0; i < walk->cells.len; i++) {
        tally *one;

        PX_TRY(tally_of(t, walk, walk->cell_paths.ptr[i], &one, ret_err));
        add_cell(one, &walk->cells.ptr[i]);
    }
    return PX_OK;
}

/* True when no two columns of the block are one property (of two models), and all that is wanted
 * can be told from the head. */
static bool head_tells(tallies *t, px_walk *walk, const px_block *block)
{
    t->block++;
    for (uint32_t c = 0; c < block->column_count; c++) {
        const px_block_stats *s = &block->columns[c];
        uint32_t path;

        if (pxi_names_of(&walk->names, s->model_no, s->field, &path, NULL) != PX_OK)
            return false;
        if (path == PX_NAME_UNWANTED)
            continue;
        while (t->seen.len <= path)
            if (!PX_VEC_PUSH(&t->seen, 0))
                return false;
        if (t->seen.ptr[path] == t->block || (t->bucket_ns > 0 && s->count > 0 && !s->numeric))
            return false;
        t->seen.ptr[path] = t->block;
    }
    return t->bucket_ns == 0 || bucket_of(t, block->first) == bucket_of(t, block->last);
}

static px_status tally_block(void *data, px_walk *walk, const px_block *block, bool *ret_done,
                             px_err *ret_err)
{
    tallies *t = data;

    *ret_done = head_tells(t, walk, block);
    if (!*ret_done)
        return PX_OK;
    PX_TRY(enter_bucket(t, block->first, ret_err));
    for (uint32_t c = 0; c < block->column_count; c++) {
        const px_block_stats *s = &block->columns[c];
        uint32_t path;
        tally *one;

        PX_TRY(pxi_names_of(&walk->names, s->model_no, s->field, &path, ret_err));
        if (path == PX_NAME_UNWANTED)
            continue;
        PX_TRY(tally_of(t, walk, path, &one, ret_err));
        add_stats(one, s);
    }
    return PX_OK;
}

static px_status tally_all(px_history *history, const px_principal *principal,
                           const px_history_query *query, tallies *t, px_err *ret_err)
{
    px_status status;
    px_walk walk;

    PX_TRY(pxi_read_begin(history, principal, query, &walk, ret_err));
    walk.row = tally_row;
    walk.block = tally_block;
    walk.data = t;
    status = pxi_walk(&walk, ret_err);
    if (status == PX_OK)
        status = give_out(t, ret_err);
    PX_VEC_RELEASE(&t->of);
    PX_VEC_RELEASE(&t->seen);
    return pxi_read_end(&walk, status);
}

px_status px_history_count(px_history *history, const px_principal *principal,
                           const px_history_query *query, px_history_summary_each each, void *data,
                           px_err *ret_err)
{
    tallies t = { .each = each, .data = data, .bucket = query->from };

    return tally_all(history, principal, query, &t, ret_err);
}

px_status px_history_buckets(px_history *history, const px_principal *principal,
                             const px_history_query *query, int64_t bucket_ns,
                             px_history_summary_each each, void *data, px_err *ret_err)
{
    tallies t = { .each = each, .data = data, .bucket_ns = bucket_ns };

    if (bucket_ns <= 0 || query->from == PX_TIME_NONE || query->to == PX_TIME_NONE)
        return px_fail_id(ret_err, PX_INVALID, "history.bucket",
                          "buckets need both ends of the range and a length above 0");
    if (query->to > query->from &&
        ((uint64_t)query->to - (uint64_t)query->from) / (uint64_t)bucket_ns >
            PX_HISTORY_BUCKETS_MAX)
        return px_fail_id(ret_err, PX_INVALID, "history.bucket",
                          "the range has more than %d buckets; make them longer",
                          PX_HISTORY_BUCKETS_MAX);
    return tally_all(history, principal, query, &t, ret_err);
}
