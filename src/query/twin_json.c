/* SPDX-License-Identifier: Apache-2.0 */
#include "query/twin_json.h"

#include "base/json.h"
#include "engine/engine.h"
#include "engine/twin_rows.h"

/* Times, tags and braces need no escapes: they go past the writer's quoting. */
static void put_time_member(px_buf *buf, const char *key, px_time time)
{
    px_put_char(buf, '"');
    px_put_c(buf, key);
    px_put_c(buf, "\":\"");
    px_put_time7(buf, time);
    px_put_char(buf, '"');
}

void px_put_property_metadata_json(px_buf *buf, const px_slot *slot)
{
    px_put_char(buf, '{');
    put_time_member(buf, "lastUpdateTime", slot->arrival_time);
    if (slot->source_time != PX_TIME_NONE) {
        px_put_char(buf, ',');
        put_time_member(buf, "sourceTime", slot->source_time);
    }
    px_put_char(buf, '}');
}

/* The slots of one component, or of the twin itself: what both passes over them walk. */
typedef struct walk {
    const px_layout *layout;
    const px_twin *twin;
    uint32_t component, at, count, end_key;
} walk;

static walk walk_of(const px_layout *layout, const px_twin *twin, uint32_t component)
{
    walk w = { .layout = layout,
               .twin = twin,
               .component = component,
               .count = px_twin_slot_count(twin),
               .end_key = px_layout_field_count(layout) };

    if (component != PX_NO_COMPONENT) {
        const px_component *c = &px_layout_components(layout, NULL)[component];

        w.at = px_twin_slot_from(twin, c->field_first);
        w.end_key = c->field_first + c->field_count;
    }
    return w;
}

static bool walk_next(walk *w, const px_field **ret_field, px_slot *ret_slot)
{
    while (w->at < w->count) {
        *ret_slot = px_twin_slot_at(w->twin, w->at++);
        if (ret_slot->key >= w->end_key) /* desired values, too: their keys are higher */
            return false;
        *ret_field = px_layout_field(w->layout, ret_slot->key);
        if ((*ret_field)->kind == PX_FIELD_PROPERTY && (*ret_field)->component == w->component)
            return true;
    }
    return false;
}

/* Every member of a document but its first begins with a comma. */
static void put_key(px_buf *buf, px_str key, bool *is_first)
{
    if (!*is_first)
        px_put_char(buf, ',');
    *is_first = false;
    px_put_json_string(buf, key);
    px_put_char(buf, ':');
}

static void put_values(px_buf *buf, const px_layout *layout, const px_twin *twin,
                       uint32_t component, bool *is_first)
{
    walk at = walk_of(layout, twin, component);
    const px_field *field;
    px_slot slot;

    while (walk_next(&at, &field, &slot)) {
        put_key(buf, field->name, is_first);
        px_put_json_value(buf, slot.value);
    }
}

/* `,"name":{…}` for every property. */
static void put_metadata(px_buf *buf, const px_layout *layout, const px_twin *twin,
                         uint32_t component)
{
    walk at = walk_of(layout, twin, component);
    const px_field *field;
    px_slot slot;

    while (walk_next(&at, &field, &slot)) {
        px_put_char(buf, ',');
        px_put_json_string(buf, field->name);
        px_put_char(buf, ':');
        px_put_property_metadata_json(buf, &slot);
    }
}

void px_put_metadata_json(px_buf *buf, const px_model *model, const px_twin *twin,
                          uint32_t component)
{
    const px_layout *layout = px_model_layout(model);

    px_put_char(buf, '{');
    if (component == PX_NO_COMPONENT) {
        px_put_c(buf, "\"$model\":");
        px_put_json_string(buf, px_model_id(model));
        px_put_char(buf, ',');
        put_time_member(buf, "$lastUpdateTime", px_twin_revised(twin));
    } else {
        put_time_member(buf, "$lastUpdateTime", px_component_time(layout, twin, component));
    }
    put_metadata(buf, layout, twin, component);
    px_put_char(buf, '}');
}

void px_put_component_json(px_buf *buf, const px_model *model, const px_twin *twin,
                           uint32_t component)
{
    bool is_first = true;

    px_put_char(buf, '{');
    put_values(buf, px_model_layout(model), twin, component, &is_first);
    put_key(buf, PX_STR("$metadata"), &is_first);
    px_put_metadata_json(buf, model, twin, component);
    px_put_char(buf, '}');
}

/* The tag has quotes of its own: written, taken back, and written again as a string. */
static void put_etag_string(px_buf *buf, uint64_t revision)
{
    char tag[64];
    size_t begin = buf->len, len;

    px_put_etag(buf, revision);
    if (buf->status != PX_OK)
        return;
    len = buf->len - begin;
    px_assert(len <= sizeof(tag));
    memcpy(tag, buf->ptr + begin, len);
    buf->len = begin;
    px_put_json_string(buf, px_str_of(tag, len));
}

void px_put_twin_json(px_buf *buf, const px_model *model, const px_twin *twin)
{
    const px_layout *layout = px_model_layout(model);
    bool is_first = false;
    uint32_t count;
    const px_component *components = px_layout_components(layout, &count);

    px_put_c(buf, "{\"$dtId\":");
    px_put_json_string(buf, px_twin_id(twin));
    px_put_c(buf, ",\"$etag\":");
    put_etag_string(buf, px_twin_revision(twin));
    put_values(buf, layout, twin, PX_NO_COMPONENT, &is_first);
    for (uint32_t i = 0; i < count; i++) {
        put_key(buf, components[i].name, &is_first);
        px_put_component_json(buf, model, twin, i);
    }
    px_put_c(buf, ",\"$metadata\":");
    px_put_metadata_json(buf, model, twin, PX_NO_COMPONENT);
    px_put_char(buf, '}');
}
