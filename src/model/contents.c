/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of one Interface: what the bases give, what it declares, what its Components hold.
 *
 * The bases' layouts stand already. Each declares its own part once; so an heir takes from every
 * Interface of its lineage only what that one declares, and a base that is reached by two ways
 * counts once.
 */
#include "model/parse.h"

#include "base/limits.h"

static uint32_t own_fields(const px_layout *layout)
{
    return layout->field_components - layout->field_own;
}

/* How much of each kind an Interface declares itself. */
static px_layout count_own(const px_el *el)
{
    px_layout own = { 0 };

    for (uint32_t i = 0; i < el->sets[0].count; i++) {
        switch (el->sets[0].items[i].el->class) {
        case PX_CLASS_COMPONENT:
            own.component_count++;
            break;
        case PX_CLASS_RELATIONSHIP:
            own.relationship_count++;
            break;
        case PX_CLASS_COMMAND:
            own.command_count++;
            break;
        default:
            own.field_count++;
        }
    }
    return own;
}

static uint64_t fields_of_components(const px_el *el)
{
    const px_model *model = el->model;
    uint64_t count = 0;

    for (uint32_t i = 0; i + 1 < model->lineage_count; i++) {
        const px_layout *base = &model->lineage[i]->layout;

        for (uint32_t c = base->component_own; c < base->component_count; c++)
            count += base->components[c].model->layout.field_count;
    }
    for (uint32_t i = 0; i < el->sets[0].count; i++) {
        const px_el *content = el->sets[0].items[i].el;

        if (content->class == PX_CLASS_COMPONENT)
            count += px_ref_model(&content->sets[0].items[0])->layout.field_count;
    }
    return count;
}

/* Sizes the lists: begins of the own parts, and totals without the fields of Components. */
static px_layout measure(const px_el *el)
{
    const px_model *model = el->model;
    px_layout own = count_own(el), all = { 0 };

    for (uint32_t i = 0; i + 1 < model->lineage_count; i++) {
        const px_layout *base = &model->lineage[i]->layout;

        all.field_own += own_fields(base);
        all.component_own += base->component_count - base->component_own;
        all.relationship_own += base->relationship_count - base->relationship_own;
        all.command_own += base->command_count - base->command_own;
    }
    all.field_components = all.field_own + own.field_count;
    all.component_count = all.component_own + own.component_count;
    all.relationship_count = all.relationship_own + own.relationship_count;
    all.command_count = all.command_own + own.command_count;
    return all;
}

static px_status allocate(px_layout *layout, uint64_t field_count, px_arena *arena, px_err *ret_err)
{
    layout->fields = PX_ARENA_ARRAY(arena, px_field, field_count + 1);
    layout->components = PX_ARENA_ARRAY(arena, px_component, layout->component_count + 1);
    layout->relationships = PX_ARENA_ARRAY(arena, px_relationship, layout->relationship_count + 1);
    layout->commands = PX_ARENA_ARRAY(arena, px_command, layout->command_count + 1);
    if (!layout->fields || !layout->components || !layout->relationships || !layout->commands)
        return px_arena_fail(arena, ret_err);
    return PX_OK;
}

/* Appends a run of a base's list to ours. */
#define TAKE(to, at, from, first, last)                                                            \
    do {                                                                                           \
        for (uint32_t take = (first); take < (last); take++)                                       \
            (to)[(at)++] = (from)[take];                                                           \
    } while (0)

static void inherit(const px_model *model, px_layout *layout)
{
    uint32_t fields = 0, components = 0, relationships = 0, commands = 0;

    for (uint32_t i = 0; i + 1 < model->lineage_count; i++) {
        const px_layout *base = &model->lineage[i]->layout;

        TAKE(layout->fields, fields, base->fields, base->field_own, base->field_components);
        TAKE(layout->components, components, base->components, base->component_own,
             base->component_count);
        TAKE(layout->relationships, relationships, base->relationships, base->relationship_own,
             base->relationship_count);
        TAKE(layout->commands, commands, base->commands, base->command_own, base->command_count);
    }
    for (uint32_t i = 0; i < fields; i++)
        layout->fields[i].index = i;
}

static px_status compile_field(px_parse *parse, px_el *content, px_field *field, px_err *ret_err)
{
    const px_ref *ref = &content->sets[0].items[0];

    *field = (px_field){ .path = content->name,
                         .name = content->name,
                         .index = field->index,
                         .component = PX_NO_COMPONENT,
                         .kind = content->class == PX_CLASS_PROPERTY ? PX_FIELD_PROPERTY
                                                                     : PX_FIELD_TELEMETRY,
                         .writable = content->writable,
                         .semantic_type = content->semantic_type,
                         .unit = content->unit,
                         .display_names = content->display_names,
                         .descriptions = content->descriptions,
                         .owner = content->owner->id,
                         .unit_type = content->unit_type,
                         .annotates = content->annotates,
                         .overrides = content->overrides,
                         .historized = (content->cotypes & PX_COTYPE_BIT(HISTORIZED)) != 0,
                         .required = (content->cotypes & PX_COTYPE_BIT(REQUIRED)) != 0,
                         .freshness = content->freshness,
                         .cotypes = content->cotypes };
    PX_TRY(px_compile_schema(parse, content, ref, &field->schema, ret_err));
    px_check_value(parse, content, ref, field->schema);
    if (field->schema && content->class == PX_CLASS_PROPERTY && content->context.version == 2 &&
        px_compiled_has_array(ref))
        px_parse_report(parse, PX_RULE_EXCLUDED_TYPE, content, ref->node, PX_STR(""),
                        "the schema of a Property holds an Array or a geometry");
    return PX_OK;
}

static px_status compile_payload(px_parse *parse, const px_set *set, px_payload *payload,
                                 px_err *ret_err)
{
    const px_el *el;

    if (set->count == 0)
        return PX_OK;
    el = set->items[0].el;
    *payload = (px_payload){ .name = el->name,
                             .semantic_type = el->semantic_type,
                             .unit = el->unit,
                             .display_names = el->display_names,
                             .nullable = el->nullable };
    PX_TRY(px_compile_schema(parse, el, &el->sets[0].items[0], &payload->schema, ret_err));
    px_check_value(parse, el, &el->sets[0].items[0], payload->schema);
    return PX_OK;
}

static px_status compile_command(px_parse *parse, const px_el *content, px_command *command,
                                 px_err *ret_err)
{
    *command = (px_command){ .name = content->name,
                             .guards = content->guards,
                             .guard_count = content->guard_count,
                             .plan = content->plan,
                             .display_names = content->display_names,
                             .descriptions = content->descriptions,
                             .owner = content->owner->id };
    PX_TRY(compile_payload(parse, &content->sets[0], &command->request, ret_err));
    return compile_payload(parse, &content->sets[1], &command->response, ret_err);
}

/* Tells a name that came before; the table has room for it. */
static bool add_name(px_layout_table *names, px_str name, uint32_t index)
{
    if (px_layout_table_find(names, 0, name) != UINT32_MAX)
        return false;
    px_layout_table_add(names, 0, name, index);
    return true;
}

static px_status compile_relationship(px_parse *parse, const px_el *content,
                                      px_relationship *relationship, px_err *ret_err)
{
    const px_set *set = &content->sets[0];
    px_field *fields = PX_ARENA_ARRAY(PX_MODEL_ARENA(content), px_field, set->count + 1);
    px_layout_table names;

    if (!fields)
        return px_arena_fail(PX_MODEL_ARENA(content), ret_err);
    PX_TRY(px_layout_table_init(&names, parse->arena, set->count, ret_err));
    for (uint32_t i = 0; i < set->count && !px_parse_is_full(parse); i++) {
        fields[i].index = i;
        PX_TRY(compile_field(parse, set->items[i].el, &fields[i], ret_err));
        if (!add_name(&names, fields[i].name, i))
            px_parse_report(parse, PX_RULE_NON_UNIQUE_PROPERTY_VALUE, content, set->items[i].node,
                            PX_STR(""), "two properties have the name '%.*s'",
                            PX_FMT(fields[i].name));
    }
    px_annotations_check(parse, content, fields, set->count, &names);
    *relationship =
        (px_relationship){ .name = content->name,
                           .target = content->target,
                           .max_multiplicity = content->max_multiplicity,
                           .writable = content->writable,
                           .rolls_up = (content->cotypes & PX_COTYPE_BIT(FRESHNESS_ROLL_UP)) != 0,
                           .properties = fields,
                           .property_count = set->count,
                           .display_names = content->display_names,
                           .descriptions = content->descriptions,
                           .owner = content->owner->id };
    return PX_OK;
}

static void compile_component(px_parse *parse, const px_el *content, px_component *component)
{
    const px_ref *ref = &content->sets[0].items[0];
    const px_model *model = px_ref_model(ref);

    *component = (px_component){ .name = content->name,
                                 .model = model,
                                 .display_names = content->display_names,
                                 .descriptions = content->descriptions,
                                 .owner = content->owner->id };
    if (model->layout.component_count > 0)
        px_parse_report(parse, PX_RULE_EXCLUDED_TYPE, content, ref->node, PX_STR(""),
                        "'%.*s' has Components itself", PX_FMT(model->id));
}

static px_status compile_own(px_parse *parse, const px_el *el, px_layout *layout, px_err *ret_err)
{
    uint32_t fields = layout->field_own, components = layout->component_own;
    uint32_t relationships = layout->relationship_own, commands = layout->command_own;

    for (uint32_t i = 0; i < el->sets[0].count && !px_parse_is_full(parse); i++) {
        px_el *content = el->sets[0].items[i].el;

        switch (content->class) {
        case PX_CLASS_COMPONENT:
            compile_component(parse, content, &layout->components[components++]);
            break;
        case PX_CLASS_RELATIONSHIP:
            PX_TRY(compile_relationship(parse, content, &layout->relationships[relationships++],
                                        ret_err));
            break;
        case PX_CLASS_COMMAND:
            PX_TRY(compile_command(parse, content, &layout->commands[commands++], ret_err));
            break;
        default:
            layout->fields[fields].index = fields;
            PX_TRY(compile_field(parse, content, &layout->fields[fields++], ret_err));
        }
    }
    return PX_OK;
}

/* "motor" and "temperature" to "motor.temperature" */
static px_status join(px_arena *arena, px_str first, px_str second, px_str *ret_path,
                      px_err *ret_err)
{
    char *path = px_arena_alloc(arena, first.len + second.len + 1);

    if (!path)
        return px_arena_fail(arena, ret_err);
    memcpy(path, first.ptr, first.len);
    path[first.len] = '.';
    memcpy(path + first.len + 1, second.ptr, second.len);
    *ret_path = px_str_of(path, first.len + second.len + 1);
    return PX_OK;
}

static px_status add_fields_of_components(px_layout *layout, px_arena *arena, px_err *ret_err)
{
    uint32_t at = layout->field_components;

    for (uint32_t c = 0; c < layout->component_count; c++) {
        px_component *component = &layout->components[c];
        const px_layout *inner = &component->model->layout;

        component->field_first = at;
        component->field_count = inner->field_count;
        for (uint32_t i = 0; i < inner->field_count; i++) {
            px_field *field = &layout->fields[at];

            *field = inner->fields[i];
            field->index = at++;
            field->component = c;
            PX_TRY(join(arena, component->name, field->name, &field->path, ret_err));
        }
    }
    layout->field_count = at;
    return PX_OK;
}

/* Names of contents are unique among all, those of the bases included; the own ones come last. */
static px_status check_names(px_parse *parse, const px_el *el, const px_layout *layout,
                             px_err *ret_err)
{
    const px_set *set = &el->sets[0];
    uint32_t inherited = 0, count = layout->field_components + layout->component_count +
                                    layout->relationship_count + layout->command_count;
    px_layout_table names;

    PX_TRY(px_layout_table_init(&names, parse->arena, count, ret_err));
#define CHECK_INHERITED(list, last)                                                                \
    for (uint32_t i = 0; i < (last); i++, inherited++)                                             \
        if (!add_name(&names, (list)[i].name, inherited))                                          \
    px_parse_report(parse, PX_RULE_NON_UNIQUE_IMPORTED_PROPERTY_VALUE, el, el->node, PX_STR(""),   \
                    "two bases have a content '%.*s'", PX_FMT((list)[i].name))
    CHECK_INHERITED(layout->fields, layout->field_own);
    CHECK_INHERITED(layout->components, layout->component_own);
    CHECK_INHERITED(layout->relationships, layout->relationship_own);
    CHECK_INHERITED(layout->commands, layout->command_own);
#undef CHECK_INHERITED
    for (uint32_t i = 0; i < set->count; i++) {
        px_str name = set->items[i].el->name;
        uint32_t other = px_layout_table_find(&names, 0, name);

        if (other == UINT32_MAX)
            px_layout_table_add(&names, 0, name, inherited + i);
        else if (other < inherited)
            px_parse_report(parse, PX_RULE_NON_UNIQUE_IMPORTED_PROPERTY_VALUE, el,
                            set->items[i].node, PX_STR(""), "a base has a content '%.*s' already",
                            PX_FMT(name));
        else
            px_parse_report(parse, PX_RULE_NON_UNIQUE_PROPERTY_VALUE, el, set->items[i].node,
                            PX_STR(""), "two contents have the name '%.*s'", PX_FMT(name));
    }
    return PX_OK;
}

static bool check_sizes(px_parse *parse, const px_el *el, const px_layout *layout,
                        uint64_t field_count)
{
    uint32_t most = el->context.limits->contents;
    uint64_t contents = (uint64_t)layout->field_components + layout->component_count +
                        layout->relationship_count + layout->command_count;
    uint64_t elements = 0, all = (uint64_t)PX_MODELS_CONTENTS_EACH * px_parse_models_max(parse);

    parse->contents += contents - layout->field_components + field_count;
    for (uint32_t i = 0; i + 1 < el->model->lineage_count; i++)
        elements += el->model->lineage[i]->element_count;
    elements += el->element_count;
    if (most > 0 && contents > most)
        px_parse_report(parse, PX_RULE_EXCESSIVE_COUNT, el, el->node, PX_STR(""),
                        "it has %llu contents, inherited ones included; the most is %u",
                        (unsigned long long)contents, most);
    else if (elements > PX_MODEL_ELEMENTS_MAX)
        px_parse_report(parse, PX_RULE_EXCESSIVE_COUNT, el, el->node, PX_STR(""),
                        "it has %llu elements below contents; the most is %d",
                        (unsigned long long)elements, PX_MODEL_ELEMENTS_MAX);
    else if (field_count > PX_FIELDS_MAX)
        px_parse_report(parse, PX_RULE_TOO_MANY_FIELDS, el, el->node, PX_STR(""), "it has %llu",
                        (unsigned long long)field_count);
    else if (parse->contents > all)
        px_parse_report(parse, PX_RULE_TOO_MANY_CONTENTS, el, el->node, PX_STR(""),
                        "with it and those before it there are %llu",
                        (unsigned long long)parse->contents);
    else
        return true;
    return false;
}

static px_status compile_schemas(px_parse *parse, const px_el *el, px_err *ret_err)
{
    const px_set *set = &el->sets[2];
    px_model *model = el->model;

    model->schemas = PX_ARENA_ARRAY(&model->arena, const px_schema *, set->count + 1);
    if (!model->schemas)
        return px_arena_fail(&model->arena, ret_err);
    for (uint32_t i = 0; i < set->count && !px_parse_is_full(parse); i++)
        PX_TRY(px_compile_schema(parse, el, &set->items[i], &model->schemas[model->schema_count++],
                                 ret_err));
    return PX_OK;
}

px_status px_compile_contents(px_parse *parse, px_el *el, px_err *ret_err)
{
    px_model *model = el->model;
    px_layout layout = measure(el);
    size_t before = parse->report.count;
    uint64_t field_count = layout.field_components + fields_of_components(el);

    if (!check_sizes(parse, el, &layout, field_count))
        return PX_OK;

    PX_TRY(allocate(&layout, field_count, &model->arena, ret_err));
    inherit(model, &layout);
    PX_TRY(compile_schemas(parse, el, ret_err));
    PX_TRY(compile_own(parse, el, &layout, ret_err));
    PX_TRY(check_names(parse, el, &layout, ret_err));
    if (parse->report.count == before)
        PX_TRY(px_annotations_check_layout(parse, el, &layout, ret_err));
    if (parse->report.count > before || px_parse_is_full(parse))
        return PX_OK;
    PX_TRY(add_fields_of_components(&layout, &model->arena, ret_err));
    PX_TRY(px_layout_index(&layout, &model->arena, ret_err));
    px_guards_check(parse, el, &layout);
    if (parse->report.count > before)
        return PX_OK;
    model->layout = layout;
    model->element_count = el->element_count;
    return PX_OK;
}
