/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No twin grows beyond PX_TWIN_BYTES_MAX, by whatever door. Devices write often and twins are
 * seldom full: what the request brings is added up first, without a look at the twin, and only
 * where that would be too much its values are held against those that they replace.
 */
#include "engine/state.h"

static size_t base_weight(const px_growth *growth)
{
    return growth->twin ? px_twin_weight(growth->twin) : PX_TWIN_HEAD_BYTES + growth->id.len;
}

/* What stands beside the values and comes with the first of its kind: the version of the desired
 * ones, the revision when a last value comes beside the twin. */
static size_t first_weight(const px_growth *growth)
{
    bool has_version = growth->twin && px_twin_desired_version(growth->twin) != 0;
    bool has_revision = growth->twin && px_twin_keeps_revision(growth->twin);

    return (size_t)((growth->desired && !has_version) + (growth->beside && !has_revision)) *
           PX_TWIN_VALUE_BYTES;
}

/* As if everything came on top. */
static size_t most_weight(const px_growth *growth, const px_sample *samples, size_t sample_count)
{
    size_t weight = base_weight(growth) + first_weight(growth);

    for (size_t s = 0; s < sample_count; s++)
        for (size_t i = 0; i < samples[s].field_count; i++)
            weight += PX_TWIN_VALUE_BYTES + samples[s].fields[i].value.text.len;
    return weight;
}

static size_t value_weight(const px_value *value)
{
    return value->kind == PX_VALUE_NONE ? 0 : PX_TWIN_VALUE_BYTES + value->text.len;
}

/* What the twin holds of the field now. */
static size_t held_weight(const px_growth *growth, uint32_t field)
{
    px_slot slot;

    if (!growth->twin ||
        !px_twin_slot(growth->twin, field | (growth->desired ? PX_DESIRED : 0), &slot))
        return 0;
    return value_weight(&slot.value);
}

static uint32_t field_end(const px_sample *samples, size_t sample_count)
{
    uint32_t end = 0;

    for (size_t s = 0; s < sample_count; s++)
        for (size_t i = 0; i < samples[s].field_count; i++)
            if (end <= samples[s].fields[i].field)
                end = samples[s].fields[i].field + 1;
    return end;
}

/* `weights` holds one more than the largest value of each field met so far; 0: not met. */
static size_t exact_weight(const px_growth *growth, const px_sample *samples, size_t sample_count,
                           uint32_t *weights)
{
    size_t weight = base_weight(growth) + first_weight(growth);

    for (size_t s = 0; s < sample_count; s++)
        for (size_t i = 0; i < samples[s].field_count; i++) {
            const px_field_value *f = &samples[s].fields[i];
            uint32_t *largest = &weights[f->field], fresh = (uint32_t)value_weight(&f->value);

            if (*largest == 0) {
                uint32_t held = (uint32_t)held_weight(growth, f->field);

                weight -= growth->may_be_late ? 0 : held;
                *largest = 1 + (growth->may_be_late ? held : 0);
            }
            if (fresh + 1 > *largest) {
                weight += fresh + 1 - *largest;
                *largest = fresh + 1;
            }
        }
    return weight;
}

px_status px_check_growth(const px_growth *growth, const px_sample *samples, size_t sample_count,
                          px_err *ret_err)
{
    uint32_t *weights;
    size_t weight;

    if (most_weight(growth, samples, sample_count) <= PX_TWIN_BYTES_MAX)
        return PX_OK;
    weights = PX_ARENA_ARRAY(&growth->state->arena, uint32_t, field_end(samples, sample_count) + 1);
    if (!weights)
        return px_arena_fail(&growth->state->arena, ret_err);
    weight = exact_weight(growth, samples, sample_count, weights);
    if (weight <= PX_TWIN_BYTES_MAX || weight <= base_weight(growth))
        return PX_OK;
    return px_fail_id(ret_err, PX_TOO_LARGE, "twin.size",
                      "twin '%.*s' would take %zu bytes; a twin has at most %d", PX_FMT(growth->id),
                      weight, PX_TWIN_BYTES_MAX);
}
