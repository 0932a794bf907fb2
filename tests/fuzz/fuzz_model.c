/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models from arbitrary bytes: no crash, and promises that hold for every input.
 *
 * A refusal names a rule and, past the form of the JSON, a place. Of an accepted request every
 * field is found by its path, the definition alone compiles to the same layout again, any JSON may
 * be held against any of its schemas, a value to begin with is right, and a model differs from
 * itself in nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/compare.h"
#include "model/example.h"
#include "model/model.h"

enum { ARENA_BYTES = 16 << 20, MODELS_TRIED_MAX = 8, FIELDS_TRIED_MAX = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const px_model *find_in_set(void *data, px_str dtmi)
{
    const px_model_set *set = data;

    for (size_t i = 0; i < set->count; i++)
        if (px_str_eq(px_model_id(set->models[i]), dtmi))
            return set->models[i];
    return NULL;
}

/* What is stored is the text, compiled again at start with the bases found by id. */
static void try_again(const px_model *model, px_model_set *set)
{
    const px_layout *layout = px_model_layout(model);
    uint32_t count = px_layout_field_count(layout);
    px_models_opts opts = { .stored = { find_in_set, set },
                            .unknown_extensions = PX_EXTENSIONS_ALLOW };
    px_str *paths = px_zalloc(count + 1, sizeof(*paths));
    px_model_set again = { 0 };
    px_err err = { 0 };

    if (!paths)
        abort();
    for (uint32_t i = 0; i < count; i++)
        paths[i] = px_layout_field(layout, i)->path;
    px_assert(px_models_parse_all(px_model_text(model), &opts, &again, NULL, &err) == PX_OK);
    px_assert(again.count == 1);
    px_assert(px_layout_matches(px_model_layout(again.models[0]), paths, count, &err) == PX_OK);
    px_model_set_release(&again);
    px_free(paths);
}

static void try_fields(const px_model *model, const px_json *document, px_arena *arena)
{
    const px_layout *layout = px_model_layout(model);
    uint32_t count = px_layout_field_count(layout);

    for (uint32_t i = 0; i < count && i < FIELDS_TRIED_MAX; i++) {
        const px_field *field = px_layout_field(layout, i);
        px_value value;
        px_err err = { 0 };

        px_assert(px_layout_find_path(layout, field->path) == field);
        px_assert(px_layout_find(layout, field->component, field->name) == field);
        if (px_schema_check(field->schema, document, arena, &value, &err) == PX_OK)
            px_assert(value.kind == px_schema_value_kind(field->schema));
        else
            px_assert(err.id && err.text[0]);
    }
}

/* What an example holds passes its own schema; one that requires itself has none. */
static void try_example(const px_schema *schema, px_arena *arena)
{
    px_json_opts opts = { 0 };
    px_buf text = { 0 };
    px_json *node;
    px_value value;
    px_err err = { 0 };

    if (px_put_example(&text, schema) &&
        px_json_parse(px_buf_str(&text), &opts, arena, &node, NULL) == PX_OK &&
        px_schema_check(schema, node, arena, &value, &err) != PX_OK)
        px_assert(strcmp(err.id, "value.required") == 0 || strcmp(err.id, "value.bytes") == 0 ||
                  strcmp(err.id, "value.string_bytes") == 0);
    px_buf_release(&text);
}

static void try_examples(const px_model *model)
{
    const px_layout *layout = px_model_layout(model);
    px_model_changes changes = { 0 };
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES);
    for (uint32_t i = 0; i < px_layout_field_count(layout) && i < FIELDS_TRIED_MAX; i++)
        try_example(px_layout_field(layout, i)->schema, &arena);
    if (px_model_compare(model, model, &arena, &changes, NULL) == PX_OK)
        px_assert(changes.count == 0);
    px_arena_release(&arena);
}

/* With nested Interfaces one text holds several models, and none of them stands alone. */
static void try_bytes(px_str json, const px_json *document, bool nested, px_arena *arena)
{
    px_models_opts opts = { .nested_interfaces = nested,
                            .unknown_extensions =
                                nested ? PX_EXTENSIONS_BY_VERSION : PX_EXTENSIONS_ALLOW };
    px_model_report report = { 0 };
    px_model_set set = { 0 };
    px_err err = { 0 };
    px_status status = px_models_parse_all(json, &opts, &set, &report, &err);

    if (status == PX_INVALID)
        px_assert(err.id && err.id[0] && err.line >= 1 && err.column >= 1 && err.text[0]);
    for (size_t i = 0; i < set.count && i < MODELS_TRIED_MAX; i++) {
        px_assert(px_model_is_a(set.models[i], px_model_id(set.models[i])));
        try_fields(set.models[i], document, arena);
        try_examples(set.models[i]);
        if (!nested)
            try_again(set.models[i], &set);
    }
    px_model_report_release(&report);
    px_model_set_release(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str json = px_str_of((const char *)data, size);
    px_json_opts opts = px_json_opts_door();
    px_json *document;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES);
    if (px_json_parse(json, &opts, &arena, &document, NULL) == PX_OK) {
        try_bytes(json, document, false, &arena);
        try_bytes(json, document, true, &arena);
    }
    px_arena_release(&arena);
    return 0;
}
