/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/record.h"

enum { NARROW_TAIL_MAX = 0xffff };

/* ---- slots ---- */

static uint64_t arrival_ms(px_time arrival_time)
{
    uint64_t ms = arrival_time < 0 ? 0 : (uint64_t)(arrival_time / PX_MILLISECOND);

    return ms < PXI_ARRIVAL_MASK ? ms : PXI_ARRIVAL_MASK;
}

static uint32_t kind_of(const pxi_slot *slot)
{
    return (uint32_t)(slot->word >> PXI_KIND_SHIFT) & 7;
}

static bool has_text(const pxi_slot *slot)
{
    return kind_of(slot) == PX_VALUE_TEXT || kind_of(slot) == PX_VALUE_JSON;
}

static int64_t uint_bits(px_num num)
{
    uint64_t value = 0;

    (void)px_num_to_uint(num, &value);
    return (int64_t)value;
}

pxi_slot pxi_slot_make(uint32_t key, px_value value, const px_origin *origin)
{
    uint64_t kind = value.kind, quality = origin->quality;
    pxi_slot slot = { .key = key, .source = origin->source_time };

    slot.word = arrival_ms(origin->arrival_time);
    if (origin->source_time == PX_TIME_NONE) {
        slot.word |= PXI_NO_SOURCE;
        slot.source = origin->arrival_time;
    }
    if (origin->ahead) {
        slot.word |= PXI_BY_ARRIVAL;
        quality = quality > PX_QUALITY_UNCERTAIN ? quality : PX_QUALITY_UNCERTAIN;
    }
    if (origin->kind == PX_ORIGIN_COMMAND)
        slot.word |= PXI_BY_COMMAND;
    if (value.kind == PX_VALUE_BOOL)
        slot.value = value.boolean;
    if (value.kind == PX_VALUE_NUM) {
        slot.value = value.num.mantissa;
        if (px_num_is_whole(value.num)) {
            kind = PXI_KIND_UINT;
            slot.value = uint_bits(value.num);
        } else if (value.num.is_double)
            kind = PXI_KIND_DOUBLE;
        else
            slot.word |= (uint64_t)(uint8_t)value.num.exponent << PXI_EXPONENT_SHIFT;
    }
    if (value.kind == PX_VALUE_TEXT || value.kind == PX_VALUE_JSON)
        slot.text = value.text;
    slot.word |= kind << PXI_KIND_SHIFT | quality << PXI_QUALITY_SHIFT;
    return slot;
}

static px_value value_of(const pxi_slot *slot)
{
    switch (kind_of(slot)) {
    case PX_VALUE_BOOL:
        return px_value_bool(slot->value != 0);
    case PX_VALUE_NUM:
        return px_value_num((px_num){ .mantissa = slot->value,
                                      .exponent = (int8_t)(slot->word >> PXI_EXPONENT_SHIFT) });
    case PXI_KIND_DOUBLE:
        return px_value_num((px_num){ .mantissa = slot->value, .is_double = true });
    case PXI_KIND_UINT:
        return px_value_num(px_num_uint((uint64_t)slot->value));
    case PX_VALUE_TEXT:
        return px_value_text(slot->text);
    case PX_VALUE_JSON:
        return px_value_json(slot->text);
    default:
        return (px_value){ 0 };
    }
}

px_slot pxi_slot_show(const pxi_slot *slot)
{
    bool has_source = !(slot->word & PXI_NO_SOURCE);

    return (px_slot){
        .key = slot->key,
        .value = value_of(slot),
        .source_time = has_source ? slot->source : PX_TIME_NONE,
        .arrival_time = (px_time)(slot->word & PXI_ARRIVAL_MASK) * PX_MILLISECOND,
        .quality = (px_quality)(slot->word >> PXI_QUALITY_SHIFT & 3),
        .by_arrival = slot->word & PXI_BY_ARRIVAL,
        .by_command = slot->word & PXI_BY_COMMAND,
    };
}

static bool fits_narrow(const pxi_slot *slot)
{
    return has_text(slot) || (slot->value == (int32_t)slot->value);
}

/* ---- columns ---- */

static uint32_t id_len(const px_twin *twin)
{
    return twin->sizes & 0xff;
}

static uint32_t tail_len(const px_twin *twin)
{
    _Static_assert(PXI_TWIN_TAIL_MAX < PXI_KEEPS_REVISION >> 9, "the tail has bits 9 to 30");
    return (twin->sizes & ~PXI_KEEPS_REVISION) >> 9;
}

typedef struct columns {
    uint64_t *word;
    int64_t *source;
    void *value;
    uint16_t *key;
    char *id, *tail;
} columns;

static columns columns_of(const px_twin *twin)
{
    columns at = { .word = pxi_twin_words(twin),
                   .source = pxi_twin_sources(twin),
                   .value = pxi_twin_values(twin),
                   .key = pxi_twin_keys(twin) };

    at.id = (char *)(at.key + pxi_twin_count(twin));
    at.tail = at.id + id_len(twin);
    return at;
}

static int64_t value_at(const px_twin *twin, const columns *at, uint32_t index)
{
    if (pxi_twin_is_wide(twin))
        return ((const int64_t *)at->value)[index];
    return ((const int32_t *)at->value)[index];
}

static void value_put(const px_twin *twin, const columns *at, uint32_t index, int64_t value)
{
    if (pxi_twin_is_wide(twin))
        ((int64_t *)at->value)[index] = value;
    else
        ((int32_t *)at->value)[index] = (int32_t)value;
}

/* Where in the tail a text lies, packed into its value. */
static int64_t place_pack(bool wide, size_t offset, size_t len)
{
    if (wide)
        return (int64_t)((uint64_t)offset << 32 | len);
    return (int32_t)((uint32_t)offset << 16 | (uint32_t)len);
}

static px_str place_text(bool wide, const char *tail, int64_t value)
{
    if (wide)
        return px_str_of(tail + ((uint64_t)value >> 32), (uint32_t)value);
    return px_str_of(tail + ((uint32_t)value >> 16), (uint32_t)value & 0xffff);
}

pxi_slot pxi_twin_at(const px_twin *twin, uint32_t index)
{
    columns at = columns_of(twin);
    pxi_slot slot = { .key = at.key[index],
                      .word = at.word[index],
                      .source = at.source[index],
                      .value = value_at(twin, &at, index) };

    if (has_text(&slot)) {
        slot.text = place_text(pxi_twin_is_wide(twin), at.tail, slot.value);
        slot.value = 0;
    }
    return slot;
}

bool pxi_twin_get(const px_twin *twin, uint32_t key, pxi_slot *ret_slot)
{
    uint32_t index = pxi_twin_lower(twin, key);

    if (index == pxi_twin_count(twin) || columns_of(twin).key[index] != key)
        return false;
    *ret_slot = pxi_twin_at(twin, index);
    return true;
}

size_t pxi_twin_bytes(const px_twin *twin)
{
    columns at = columns_of(twin);

    return (size_t)(at.tail + tail_len(twin) - (const char *)twin);
}

size_t px_twin_bytes(const px_twin *twin)
{
    return pxi_twin_bytes(twin);
}

size_t px_twin_weight(const px_twin *twin)
{
    _Static_assert(sizeof(px_twin) == PX_TWIN_HEAD_BYTES, "the head of a record");
    return PX_TWIN_HEAD_BYTES + px_twin_id(twin).len +
           (size_t)pxi_twin_count(twin) * PX_TWIN_VALUE_BYTES + tail_len(twin);
}

/* ---- making ---- */

void pxi_form_add(pxi_twin_form *form, const pxi_slot *slot)
{
    form->slots++;
    form->tail += slot->text.len;
    form->wide |= !fits_narrow(slot);
    form->keeps_revision |= slot->key == PXI_KEY_REVISION;
}

size_t pxi_form_bytes(pxi_twin_form *form)
{
    if (form->tail > PXI_TWIN_TAIL_MAX || form->slots > UINT16_MAX)
        return 0;
    form->wide |= form->tail > NARROW_TAIL_MAX;
    return sizeof(px_twin) + (size_t)form->slots * (form->wide ? 26 : 22) + form->id.len +
           form->tail;
}

px_twin *pxi_twin_init(void *memory, const pxi_twin_form *form)
{
    px_twin *twin = memory;

    twin->head = form->birth << 16 | form->slots;
    twin->seq = form->seq;
    twin->time = form->time;
    twin->no = form->no;
    twin->tenant = form->tenant;
    twin->model = form->model;
    twin->sizes = (uint32_t)form->tail << 9 | (uint32_t)form->wide << 8 | (uint32_t)form->id.len;
    if (form->keeps_revision)
        twin->sizes |= PXI_KEEPS_REVISION;
    memcpy(columns_of(twin).id, form->id.ptr, form->id.len);
    return twin;
}

void pxi_twin_fill(px_twin *twin, uint32_t index, const pxi_slot *slot, size_t *tail_at)
{
    columns at = columns_of(twin);
    int64_t value = slot->value;

    if (has_text(slot)) {
        value = place_pack(pxi_twin_is_wide(twin), *tail_at, slot->text.len);
        if (slot->text.len)
            memcpy(at.tail + *tail_at, slot->text.ptr, slot->text.len);
        *tail_at += slot->text.len;
    }
    at.key[index] = (uint16_t)slot->key;
    at.word[index] = slot->word;
    at.source[index] = slot->source;
    value_put(twin, &at, index, value);
}

px_status pxi_twin_with(pxi_slab *slab, uint64_t birth, const px_twin *source, const pxi_slot *set,
                        uint32_t remove, px_twin **ret_twin)
{
    uint32_t drop = set ? set->key : remove, count = pxi_twin_count(source), to = 0;
    pxi_twin_form form = { .birth = birth,
                           .seq = source->seq,
                           .time = source->time,
                           .no = source->no,
                           .tenant = source->tenant,
                           .model = source->model,
                           .id = px_twin_id(source) };
    size_t bytes, tail_at = 0;
    px_twin *twin;

    for (uint32_t i = 0; i < count; i++) {
        pxi_slot slot = pxi_twin_at(source, i);

        if (slot.key != drop)
            pxi_form_add(&form, &slot);
    }
    if (set)
        pxi_form_add(&form, set);
    bytes = pxi_form_bytes(&form);
    if (bytes == 0)
        return PX_TOO_LARGE;
    twin = pxi_slab_alloc(slab, bytes);
    if (!twin)
        return PX_NO_MEMORY;

    pxi_twin_init(twin, &form);
    for (uint32_t i = 0; i < count; i++) {
        pxi_slot slot = pxi_twin_at(source, i);

        if (set && slot.key > set->key) {
            pxi_twin_fill(twin, to++, set, &tail_at);
            set = NULL;
        }
        if (slot.key != drop)
            pxi_twin_fill(twin, to++, &slot, &tail_at);
    }
    if (set)
        pxi_twin_fill(twin, to, set, &tail_at);
    *ret_twin = twin;
    return PX_OK;
}

px_twin *pxi_twin_copy(pxi_slab *slab, uint64_t birth, const px_twin *source)
{
    size_t bytes = pxi_twin_bytes(source);
    px_twin *twin = pxi_slab_alloc(slab, bytes);

    if (!twin)
        return NULL;
    memcpy((char *)twin + sizeof(twin->head), (const char *)source + sizeof(twin->head),
           bytes - sizeof(twin->head));
    twin->head = birth << 16 | pxi_twin_count(source);
    return twin;
}

/* A text of the same length takes the place of the one before: states and codes often are. */
static bool set_text(px_twin *twin, const columns *at, uint32_t index, const pxi_slot *slot,
                     const pxi_slot *old)
{
    px_str place;

    if (!has_text(slot) || !has_text(old))
        return false;
    place = place_text(pxi_twin_is_wide(twin), at->tail, value_at(twin, at, index));
    if (place.len != slot->text.len)
        return false;
    if (place.len)
        memcpy(at->tail + (place.ptr - at->tail), slot->text.ptr, place.len);
    at->word[index] = slot->word;
    at->source[index] = slot->source;
    return true;
}

bool pxi_twin_set(px_twin *twin, uint32_t index, const pxi_slot *slot)
{
    columns at = columns_of(twin);
    pxi_slot old = { .word = at.word[index] };

    if (has_text(slot) || has_text(&old))
        return set_text(twin, &at, index, slot, &old);
    if (!pxi_twin_is_wide(twin) && !fits_narrow(slot))
        return false;
    at.word[index] = slot->word;
    at.source[index] = slot->source;
    value_put(twin, &at, index, slot->value);
    return true;
}

/* ---- the public face ---- */

px_str px_twin_id(const px_twin *twin)
{
    return px_str_of(columns_of(twin).id, id_len(twin));
}

uint32_t px_twin_number(const px_twin *twin)
{
    return twin->no;
}

uint32_t px_twin_tenant(const px_twin *twin)
{
    return twin->tenant;
}

uint32_t px_twin_model(const px_twin *twin)
{
    return twin->model;
}

uint64_t px_twin_seq(const px_twin *twin)
{
    return twin->seq;
}

px_time px_twin_time(const px_twin *twin)
{
    return twin->time;
}

uint32_t px_twin_slot_count(const px_twin *twin)
{
    return pxi_twin_value_count(twin);
}

px_slot px_twin_slot_at(const px_twin *twin, uint32_t index)
{
    pxi_slot slot = pxi_twin_at(twin, index);

    return pxi_slot_show(&slot);
}

uint32_t px_twin_slot_from(const px_twin *twin, uint32_t key)
{
    uint32_t index = pxi_twin_lower(twin, key), count = px_twin_slot_count(twin);

    return index < count ? index : count;
}

bool px_twin_slot(const px_twin *twin, uint32_t key, px_slot *ret_slot)
{
    pxi_slot slot;

    if (key >= PXI_KEY_KEPT_FIRST || !pxi_twin_get(twin, key, &slot))
        return false;
    *ret_slot = pxi_slot_show(&slot);
    return true;
}

/* ---- relationships ---- */

size_t pxi_rel_bytes(const px_rel *rel)
{
    return sizeof(*rel) + rel->id_len + (rel->head & 0xffff) + rel->properties_len;
}

px_str px_rel_id(const px_rel *rel)
{
    return px_str_of(rel->bytes, rel->id_len);
}

px_str px_rel_name(const px_rel *rel)
{
    return px_str_of(rel->bytes + rel->id_len, rel->head & 0xffff);
}

px_str px_rel_properties(const px_rel *rel)
{
    return px_str_of(rel->bytes + rel->id_len + (rel->head & 0xffff), rel->properties_len);
}

uint32_t px_rel_number(const px_rel *rel)
{
    return rel->no;
}

uint32_t px_rel_tenant(const px_rel *rel)
{
    return rel->tenant;
}

uint32_t px_rel_source(const px_rel *rel)
{
    return rel->source;
}

uint32_t px_rel_target(const px_rel *rel)
{
    return rel->target;
}

uint64_t px_rel_seq(const px_rel *rel)
{
    return rel->seq;
}
