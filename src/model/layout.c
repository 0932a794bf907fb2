/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "model/model_inner.h"

#include <string.h>

static uint64_t load64(const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return word;
}

static uint64_t load32(const char *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof(word));
    return word;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Every byte of the name goes in, eight at a time, the last eight perhaps for the second time. For
 * names of up to 16 bytes, nearly all there are, that is two multiplications. Never stored.
 */
static uint64_t hash_name(uint32_t salt, px_str name)
{
    uint64_t hash = UINT64_C(0x9E3779B97F4A7C15) ^ salt ^ ((uint64_t)name.len << 32);
    const char *at = name.ptr;
    size_t left = name.len;

    if (left >= 8) {
        for (; left > 8; left -= 8, at += 8)
            hash = mix(hash ^ load64(at), UINT64_C(0xE7037ED1A0B428DB));
        hash ^= load64(at + left - 8);
    } else if (left >= 4) {
        hash ^= load32(at) << 32 | load32(at + left - 4);
    } else if (left > 0) {
        hash ^= (uint64_t)(unsigned char)at[0] << 16 | (uint64_t)(unsigned char)at[left / 2] << 8 |
                (unsigned char)at[left - 1];
    }
    return mix(hash, UINT64_C(0x8EBC6AF09C88C6E3));
}

/* memcmp for names: most have few bytes, and the call would cost more than the comparison. */
static bool same_bytes(const char *a, const char *b, size_t len)
{
    uint64_t differ = 0;

    if (len >= 8) {
        for (size_t at = 0; at + 8 < len; at += 8)
            differ |= load64(a + at) ^ load64(b + at);
        return (differ | (load64(a + len - 8) ^ load64(b + len - 8))) == 0;
    }
    if (len >= 4)
        return ((load32(a) ^ load32(b)) | (load32(a + len - 4) ^ load32(b + len - 4))) == 0;
    for (size_t at = 0; at < len; at++)
        differ |= (uint64_t)(unsigned char)(a[at] ^ b[at]);
    return differ == 0;
}

px_status px_layout_table_init(px_layout_table *table, px_arena *arena, uint32_t count,
                               px_err *ret_err)
{
    uint64_t places = 2;

    while (places < (uint64_t)count * 2)
        places *= 2;
    table->places = PX_ARENA_ARRAY(arena, px_layout_place, places);
    table->mask = places - 1;
    return table->places ? PX_OK : px_arena_fail(arena, ret_err);
}

void px_layout_table_add(px_layout_table *table, uint32_t salt, px_str name, uint32_t index)
{
    uint64_t hash = hash_name(salt, name);
    uint64_t at = hash & table->mask;

    while (table->places[at].name)
        at = (at + 1) & table->mask;
    table->places[at] = (px_layout_place){ name.ptr, hash, (uint32_t)name.len, index };
}

uint32_t px_layout_table_find(const px_layout_table *table, uint32_t salt, px_str name)
{
    uint64_t hash = hash_name(salt, name);

    for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        const px_layout_place *place = &table->places[at];

        if (!place->name)
            return UINT32_MAX;
        if (place->hash == hash && place->len == name.len &&
            same_bytes(place->name, name.ptr, name.len))
            return place->index;
    }
}

px_status px_layout_index(px_layout *layout, px_arena *arena, px_err *ret_err)
{
    PX_TRY(px_layout_table_init(&layout->field_table, arena, layout->field_count, ret_err));
    PX_TRY(px_layout_table_init(&layout->component_table, arena, layout->component_count, ret_err));
    PX_TRY(px_layout_table_init(&layout->relationship_table, arena, layout->relationship_count,
                                ret_err));
    PX_TRY(px_layout_table_init(&layout->command_table, arena, layout->command_count, ret_err));
    for (uint32_t i = 0; i < layout->field_count; i++)
        px_layout_table_add(&layout->field_table, layout->fields[i].component,
                            layout->fields[i].name, i);
    for (uint32_t i = 0; i < layout->component_count; i++)
        px_layout_table_add(&layout->component_table, 0, layout->components[i].name, i);
    for (uint32_t i = 0; i < layout->relationship_count; i++)
        px_layout_table_add(&layout->relationship_table, 0, layout->relationships[i].name, i);
    for (uint32_t i = 0; i < layout->command_count; i++)
        px_layout_table_add(&layout->command_table, 0, layout->commands[i].name, i);
    return PX_OK;
}

uint32_t px_layout_field_count(const px_layout *layout)
{
    return layout->field_count;
}

const px_field *px_layout_field(const px_layout *layout, uint32_t index)
{
    px_assert(index < layout->field_count);
    return &layout->fields[index];
}

const px_field *px_layout_find(const px_layout *layout, uint32_t component, px_str name)
{
    uint32_t index = px_layout_table_find(&layout->field_table, component, name);

    return index == UINT32_MAX ? NULL : &layout->fields[index];
}

const px_field *px_layout_find_path(const px_layout *layout, px_str path)
{
    px_str rest = path, first = px_str_cut(&rest, '.');
    uint32_t component;

    if (first.len == path.len)
        return px_layout_find(layout, PX_NO_COMPONENT, path);
    component = px_layout_component_find(layout, first);
    return component == PX_NO_COMPONENT ? NULL : px_layout_find(layout, component, rest);
}

px_str px_layout_nearest(const px_layout *layout, uint32_t component, px_str name)
{
    enum { CANDIDATES_MAX = 256 };
    px_str candidates[CANDIDATES_MAX];
    size_t count = 0;

    for (uint32_t i = 0; i < layout->field_count && count < CANDIDATES_MAX; i++)
        if (layout->fields[i].component == component)
            candidates[count++] = layout->fields[i].name;
    return px_str_nearest(name, candidates, count);
}

const px_component *px_layout_components(const px_layout *layout, uint32_t *ret_count)
{
    if (ret_count)
        *ret_count = layout->component_count;
    return layout->components;
}

const px_relationship *px_layout_relationships(const px_layout *layout, uint32_t *ret_count)
{
    if (ret_count)
        *ret_count = layout->relationship_count;
    return layout->relationships;
}

const px_command *px_layout_commands(const px_layout *layout, uint32_t *ret_count)
{
    if (ret_count)
        *ret_count = layout->command_count;
    return layout->commands;
}

uint32_t px_layout_component_find(const px_layout *layout, px_str name)
{
    return px_layout_table_find(&layout->component_table, 0, name);
}

const px_relationship *px_layout_relationship_find(const px_layout *layout, px_str name)
{
    uint32_t index = px_layout_table_find(&layout->relationship_table, 0, name);

    return index == UINT32_MAX ? NULL : &layout->relationships[index];
}

px_str px_layout_nearest_relationship(const px_layout *layout, px_str name)
{
    px_str nearest = { 0 };

    for (uint32_t i = 0; i < layout->relationship_count && nearest.len == 0; i++)
        nearest = px_str_nearest(name, &layout->relationships[i].name, 1);
    return nearest;
}

const px_command *px_layout_command_find(const px_layout *layout, px_str name)
{
    uint32_t index = px_layout_table_find(&layout->command_table, 0, name);

    return index == UINT32_MAX ? NULL : &layout->commands[index];
}

const px_field *px_relationship_property_find(const px_relationship *relationship, px_str name)
{
    for (uint32_t i = 0; i < relationship->property_count; i++)
        if (px_str_eq(relationship->properties[i].name, name))
            return &relationship->properties[i];
    return NULL;
}

px_status px_layout_matches(const px_layout *layout, const px_str *paths, size_t count,
                            px_err *ret_err)
{
    size_t shared = count < layout->field_count ? count : layout->field_count;

    for (size_t i = 0; i < shared; i++)
        if (!px_str_eq(paths[i], layout->fields[i].path))
            return px_fail_id(ret_err, PX_CORRUPT, "model.layout",
                              "property number %zu was '%.*s' and is now '%.*s'", i,
                              PX_FMT(paths[i]), PX_FMT(layout->fields[i].path));
    if (count != layout->field_count)
        return px_fail_id(ret_err, PX_CORRUPT, "model.layout",
                          "the model had %zu properties and has now %u", count,
                          layout->field_count);
    return PX_OK;
}

const char *px_freshness_rule_settle(px_freshness_rule *rule)
{
    if (rule->period < PX_FRESHNESS_NS_MIN || rule->period > PX_FRESHNESS_NS_MAX)
        return "a period is from a millisecond to 366 days";
    if (rule->tolerance < 0) {
        rule->tolerance = rule->period / 2;
        if (rule->tolerance > PX_FRESHNESS_NS_MAX - rule->period)
            rule->tolerance = PX_FRESHNESS_NS_MAX - rule->period;
    }
    if (rule->tolerance > PX_FRESHNESS_NS_MAX)
        return "a tolerance is at most 366 days";
    if (rule->stale < 0) {
        rule->stale = 3 * rule->period;
        if (rule->stale < rule->period + rule->tolerance)
            rule->stale = rule->period + rule->tolerance;
        if (rule->stale > PX_FRESHNESS_NS_MAX)
            rule->stale = PX_FRESHNESS_NS_MAX;
    }
    if (rule->stale < rule->period + rule->tolerance)
        return "an allowed staleness is at least period and tolerance; without it, it is three "
               "periods";
    return rule->stale <= PX_FRESHNESS_NS_MAX ? NULL : "an allowed staleness is at most 366 days";
}
