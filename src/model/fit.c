/* SPDX-License-Identifier: Apache-2.0 */
#include "model/fit.h"

typedef struct fit {
    const px_layout *layout;
    px_arena *arena;
    px_misfit_each *each;
    void *data;
    bool go_on;
} fit;

/* "motor" and "speed" to "motor.speed". */
static px_str join(const fit *f, px_str before, px_str name)
{
    px_buf path = { 0 };
    px_str copy;

    if (!before.len)
        return name;
    px_putf(&path, "%.*s.%.*s", PX_FMT(before), PX_FMT(name));
    copy = px_arena_str(f->arena, px_buf_str(&path));
    px_buf_release(&path);
    return copy.ptr ? copy : name;
}

static void tell(fit *f, px_str path, const px_json *value, const px_err *err)
{
    px_misfit misfit = { path, value, err->id, err->text };

    if (f->go_on)
        f->go_on = f->each(f->data, &misfit);
}

px_status px_field_fit(const px_field *field, const px_json *value, px_arena *arena,
                       px_err *ret_err)
{
    px_value checked;

    if (field->kind != PX_FIELD_PROPERTY)
        return px_fail_id(ret_err, PX_INVALID, "twin.telemetry",
                          "'%.*s' is Telemetry, which no document holds", PX_FMT(field->path));
    return px_schema_check(field->schema, value, arena, &checked, ret_err);
}

static bool is_system(px_str name)
{
    return name.len > 0 && name.ptr[0] == '$';
}

/* ---- twins ---- */

static void check_members(fit *f, px_str before, uint32_t component, const px_json *object)
{
    for (const px_json *m = object->first; m && f->go_on; m = m->next) {
        const px_field *field = px_layout_find(f->layout, component, m->key);
        px_err err;

        if (is_system(m->key) || (!field && component == PX_NO_COMPONENT &&
                                  px_layout_component_find(f->layout, m->key) != PX_NO_COMPONENT))
            continue;
        if (field && px_field_fit(field, m, f->arena, &err) == PX_OK)
            continue;
        if (!field)
            px_fail_id(&err, PX_INVALID, "twin.unknown", "the model has no '%.*s'", PX_FMT(m->key));
        tell(f, join(f, before, m->key), m, &err);
    }
}

static void check_components(fit *f, const px_json *twin)
{
    uint32_t count;
    const px_component *components = px_layout_components(f->layout, &count);

    for (uint32_t i = 0; i < count && f->go_on; i++) {
        const px_json *own = px_json_get(twin, components[i].name);
        px_err err;

        if (px_json_is(own, PX_JSON_OBJECT)) {
            check_members(f, components[i].name, i, own);
            continue;
        }
        px_fail_id(&err, PX_INVALID, "twin.component", "Component '%.*s' must be there",
                   PX_FMT(components[i].name));
        tell(f, components[i].name, own, &err);
    }
}

/* Of a Component that is missing that alone is told. */
static void check_required(fit *f, const px_json *twin)
{
    uint32_t count;
    const px_component *components = px_layout_components(f->layout, &count);

    for (uint32_t i = 0; i < px_layout_field_count(f->layout) && f->go_on; i++) {
        const px_field *field = px_layout_field(f->layout, i);
        const px_json *home = field->component == PX_NO_COMPONENT
                                  ? twin
                                  : px_json_get(twin, components[field->component].name);
        px_err err;

        if (!field->required || field->kind != PX_FIELD_PROPERTY || !home ||
            px_json_get(home, field->name))
            continue;
        px_fail_id(&err, PX_INVALID, "twin.required", "the model requires '%.*s'",
                   PX_FMT(field->path));
        tell(f, field->path, NULL, &err);
    }
}

void px_twin_fit(const px_model *model, const px_json *twin, px_arena *arena, px_misfit_each *each,
                 void *data)
{
    fit f = { px_model_layout(model), arena, each, data, true };

    check_members(&f, PX_STR(""), PX_NO_COMPONENT, twin);
    check_components(&f, twin);
    check_required(&f, twin);
}

/* ---- relationships ---- */

static void check_properties(fit *f, const px_relationship *declared, const px_json *relationship)
{
    for (const px_json *m = relationship->first; m && f->go_on; m = m->next) {
        const px_field *field = px_relationship_property_find(declared, m->key);
        px_err err;

        if (is_system(m->key) || (field && px_field_fit(field, m, f->arena, &err) == PX_OK))
            continue;
        if (!field)
            px_fail_id(&err, PX_INVALID, "relationship.unknown",
                       "Relationship '%.*s' has no '%.*s'", PX_FMT(declared->name), PX_FMT(m->key));
        tell(f, join(f, declared->name, m->key), m, &err);
    }
}

void px_relationship_fit(const px_model *model, const px_json *relationship, const px_model *target,
                         px_arena *arena, px_misfit_each *each, void *data)
{
    fit f = { px_model_layout(model), arena, each, data, true };
    const px_json *name = px_json_get(relationship, PX_STR("$relationshipName"));
    const px_relationship *declared;
    px_err err;

    if (!px_json_is(name, PX_JSON_STRING))
        return;
    declared = px_layout_relationship_find(f.layout, name->text);
    if (!declared) {
        px_fail_id(&err, PX_INVALID, "relationship.invalid",
                   "the model declares no Relationship '%.*s'", PX_FMT(name->text));
        tell(&f, name->text, name, &err);
        return;
    }
    if (target && declared->target.len && !px_model_is_a(target, declared->target)) {
        px_fail_id(&err, PX_INVALID, "relationship.target",
                   "Relationship '%.*s' leads to twins of %.*s, and this one is a %.*s",
                   PX_FMT(declared->name), PX_FMT(declared->target), PX_FMT(px_model_id(target)));
        tell(&f, name->text, px_json_get(relationship, PX_STR("$targetId")), &err);
    }
    check_properties(&f, declared, relationship);
}
