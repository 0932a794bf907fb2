/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The bytes of a twin's record, and how one is made from another.
 *
 * 40 bytes of head, then a column each for the packed words, source times, values and keys of all
 * slots, then the id, then the tail with all texts. Values take 4 bytes each while all of them fit
 * (`wide` is 0), else 8: with eight numbers that is 32 bytes a twin. A word packs arrival (ms, 42
 * bits), exponent (8), kind (3), quality (2), flags (3). The version of the desired values is the
 * value of a slot with the highest key. Once a last value came beside the twin, position and time
 * of its last other write are source and arrival of a slot with the key below. Of a twin whose
 * freshness is declared a slot with the key below that has the state as its value and its beginning
 * as its source. Threads: values only.
 */
#ifndef PX_TWIN_RECORD_H
#define PX_TWIN_RECORD_H

#include "base/limits.h"
#include "twin/slab.h"
#include "twin/twin.h"

#define PXI_KEY_DESIRED_VERSION 0xffffu
#define PXI_KEY_REVISION 0xfffeu
#define PXI_KEY_FRESHNESS 0xfffdu
#define PXI_KEY_KEPT_FIRST PXI_KEY_FRESHNESS /* this one and those above hold no value */
#define PXI_TWIN_TAIL_MAX PX_TWIN_TEXTS_BYTES_MAX

struct px_twin {
    uint64_t head; /* birth << 16 | slots */
    uint64_t seq;
    px_time time;
    uint32_t no, tenant, model;
    uint32_t sizes; /* keeps its revision << 31 | tail << 9 | wide << 8 | id */
};

#define PXI_KEEPS_REVISION (UINT32_C(1) << 31)

struct px_rel {
    uint64_t head; /* birth << 16 | bytes of the name */
    uint64_t seq;
    px_time time;
    uint32_t no, tenant, source, target;
    uint32_t properties_len;
    uint16_t id_len, slot; /* slot of the source's id, for the row's key */
    char bytes[];          /* id, name, properties */
};

/* The packed word: arrival in ms, then these. */
enum {
    PXI_EXPONENT_SHIFT = 42,
    PXI_KIND_SHIFT = 50,
    PXI_QUALITY_SHIFT = 53,
    PXI_KIND_DOUBLE = 5,
    PXI_KIND_UINT = 6
};
#define PXI_ARRIVAL_MASK ((UINT64_C(1) << PXI_EXPONENT_SHIFT) - 1)
#define PXI_BY_ARRIVAL (UINT64_C(1) << 55)
#define PXI_BY_COMMAND (UINT64_C(1) << 56)
#define PXI_NO_SOURCE (UINT64_C(1) << 57)

/* One slot taken apart. */
typedef struct pxi_slot {
    uint32_t key;
    uint64_t word;
    int64_t source; /* PX_TIME_NONE: none; arrival in ns when the word says that it has no source */
    int64_t value;  /* mantissa, bits of a double, boolean */
    px_str text;
} pxi_slot;

static inline uint64_t pxi_record_birth(const void *record)
{
    return *(const uint64_t *)record >> 16;
}

pxi_slot pxi_slot_make(uint32_t key, px_value value, const px_origin *origin);
px_slot pxi_slot_show(const pxi_slot *slot);
/* All slots, those of freshness, revision and version included. */
static inline uint32_t pxi_twin_count(const px_twin *twin)
{
    return (uint32_t)(twin->head & 0xffff);
}

static inline bool pxi_twin_is_wide(const px_twin *twin)
{
    return twin->sizes & 0x100;
}

static inline uint64_t *pxi_twin_words(const px_twin *twin)
{
    return (uint64_t *)((uintptr_t)twin + sizeof(*twin));
}

static inline int64_t *pxi_twin_sources(const px_twin *twin)
{
    return (int64_t *)(pxi_twin_words(twin) + pxi_twin_count(twin));
}

static inline void *pxi_twin_values(const px_twin *twin)
{
    return pxi_twin_sources(twin) + pxi_twin_count(twin);
}

static inline uint16_t *pxi_twin_keys(const px_twin *twin)
{
    size_t bytes = (size_t)pxi_twin_count(twin) * (pxi_twin_is_wide(twin) ? 8 : 4);

    return (uint16_t *)((uintptr_t)pxi_twin_values(twin) + bytes);
}

/* Few do: what every write looks at. */
static inline bool pxi_twin_keeps_revision(const px_twin *twin)
{
    return twin->sizes & PXI_KEEPS_REVISION;
}

/* Those that hold a value: freshness, revision and version stand behind them. */
static inline uint32_t pxi_twin_value_count(const px_twin *twin)
{
    const uint16_t *keys = pxi_twin_keys(twin);
    uint32_t count = pxi_twin_count(twin);

    while (count > 0 && keys[count - 1] >= PXI_KEY_KEPT_FIRST)
        count--;
    return count;
}

/* Index of the first slot that is not below the key. */
static inline uint32_t pxi_twin_lower(const px_twin *twin, uint32_t key)
{
    const uint16_t *keys = pxi_twin_keys(twin);
    uint32_t low = 0, high = pxi_twin_count(twin);

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

pxi_slot pxi_twin_at(const px_twin *twin, uint32_t index);
bool pxi_twin_get(const px_twin *twin, uint32_t key, pxi_slot *ret_slot);
size_t pxi_twin_bytes(const px_twin *twin);

/* A record's head and how many bytes its parts take: what a new one is made of. */
typedef struct pxi_twin_form {
    uint64_t birth, seq;
    px_time time;
    uint32_t no, tenant, model;
    px_str id;
    uint32_t slots;
    size_t tail;
    bool wide, keeps_revision;
} pxi_twin_form;

/* Widens the form by a slot: its text, and whether its value fits. */
void pxi_form_add(pxi_twin_form *form, const pxi_slot *slot);
/* Settles `wide` and gives the bytes the record takes; 0 when it is too large. */
size_t pxi_form_bytes(pxi_twin_form *form);
/* Writes head and id; slots follow with pxi_twin_fill in ascending order of keys. */
px_twin *pxi_twin_init(void *memory, const pxi_twin_form *form);
void pxi_twin_fill(px_twin *twin, uint32_t index, const pxi_slot *slot, size_t *tail_at);

/* The source's slots with `set` (NULL: none) put in and the one of `remove` left out, in a new
 * block. PX_TOO_LARGE or PX_NO_MEMORY. */
px_status pxi_twin_with(pxi_slab *slab, uint64_t birth, const px_twin *source, const pxi_slot *set,
                        uint32_t remove, px_twin **ret_twin);
#define PXI_REMOVE_NONE UINT32_MAX

px_twin *pxi_twin_copy(pxi_slab *slab, uint64_t birth, const px_twin *source);
/* Changes a slot that is there; false when the value does not fit into its place. */
bool pxi_twin_set(px_twin *twin, uint32_t index, const pxi_slot *slot);

/* ---- revision.c ---- */

pxi_slot pxi_slot_revision(uint64_t revision, px_time time);
pxi_slot pxi_slot_freshness(uint8_t state, px_time since);
/* Sets the revision of a twin that keeps it. */
void pxi_twin_revise(px_twin *twin, uint64_t revision, px_time time);

size_t pxi_rel_bytes(const px_rel *rel);

/* xxh3(prefix, id): of a twin (tenant, id), of a relationship (source, id). */
uint64_t pxi_key_hash(uint32_t prefix, px_str id);
uint32_t pxi_name_hash(px_str name);

#endif
