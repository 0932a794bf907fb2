/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a twin's values: how fresh they are, where that is declared; the revision,
 * where it is not the last write; and the version of the desired values. */
#include "twin/record.h"

static bool has_version(const px_twin *twin)
{
    uint32_t count = pxi_twin_count(twin);

    return count > 0 && pxi_twin_keys(twin)[count - 1] == PXI_KEY_DESIRED_VERSION;
}

uint64_t px_twin_desired_version(const px_twin *twin)
{
    return has_version(twin) ? (uint64_t)pxi_twin_at(twin, pxi_twin_count(twin) - 1).value : 0;
}

/* A source time is as wide as a position, whatever the values are: it can be set in its place. */
pxi_slot pxi_slot_revision(uint64_t revision, px_time time)
{
    px_origin origin = { .source_time = (px_time)revision, .arrival_time = time };

    return pxi_slot_make(PXI_KEY_REVISION, (px_value){ 0 }, &origin);
}

/* A beginning is as wide as a source time. */
pxi_slot pxi_slot_freshness(uint8_t state, px_time since)
{
    px_origin origin = { .source_time = since };

    return pxi_slot_make(PXI_KEY_FRESHNESS, px_value_num((px_num){ .mantissa = state }), &origin);
}

/* Values, freshness, revision, version: in this order, and most twins have none of the last three.
 */
bool px_twin_freshness(const px_twin *twin, uint8_t *ret_state, px_time *ret_since)
{
    const uint16_t *keys = pxi_twin_keys(twin);
    uint32_t count = pxi_twin_count(twin), index = count;
    pxi_slot slot;

    while (index > 0 && keys[index - 1] > PXI_KEY_FRESHNESS)
        index--;
    if (index == 0 || keys[index - 1] != PXI_KEY_FRESHNESS)
        return false;
    slot = pxi_twin_at(twin, index - 1);
    *ret_state = (uint8_t)slot.value;
    if (ret_since)
        *ret_since = slot.source;
    return true;
}

bool px_twin_keeps_revision(const px_twin *twin)
{
    return pxi_twin_keeps_revision(twin);
}

static uint32_t place(const px_twin *twin)
{
    return pxi_twin_count(twin) - 1 - has_version(twin);
}

uint64_t px_twin_revision(const px_twin *twin)
{
    return pxi_twin_keeps_revision(twin) ? (uint64_t)pxi_twin_sources(twin)[place(twin)]
                                         : twin->seq;
}

px_time px_twin_revised(const px_twin *twin)
{
    return pxi_twin_keeps_revision(twin) ? px_twin_slot_at(twin, place(twin)).arrival_time
                                         : twin->time;
}

void pxi_twin_revise(px_twin *twin, uint64_t revision, px_time time)
{
    pxi_slot slot = pxi_slot_revision(revision, time);
    uint32_t index = place(twin);

    pxi_twin_words(twin)[index] = slot.word;
    pxi_twin_sources(twin)[index] = slot.source;
}
