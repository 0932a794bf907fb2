/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_inner.h"

#include "base/limits.h"
#include "base/mem.h"

px_model *px_model_new(void)
{
    px_model *model = px_zalloc(1, sizeof(*model));

    if (!model)
        return NULL;
    atomic_init(&model->refs, 1);
    px_arena_init(&model->arena, PX_MODEL_MEMORY_BYTES_MAX);
    return model;
}

px_model *px_model_ref(px_model *model)
{
    atomic_fetch_add_explicit(&model->refs, 1, memory_order_relaxed);
    return model;
}

/* What `held` points to is ours as much as anybody's; it is const only for readers. */
static px_model *unconst(const px_model *model)
{
    return (px_model *)(uintptr_t)model;
}

static bool drop(px_model *model)
{
    return atomic_fetch_sub_explicit(&model->refs, 1, memory_order_acq_rel) == 1;
}

/*
 * The models that this one holds may end with it, and those that they hold. Chains of nested
 * Interfaces can be long, so the dead wait in a list and not on the stack.
 */
void px_model_unref(px_model *model)
{
    px_model *dead = NULL;

    if (!model || !drop(model))
        return;
    model->next_dead = NULL;
    for (dead = model; dead;) {
        px_model *one = dead;
        px_arena arena = one->arena;

        dead = one->next_dead;
        for (uint32_t i = 0; i < one->held_count; i++) {
            px_model *held = unconst(one->held[i]);

            if (drop(held)) {
                held->next_dead = dead;
                dead = held;
            }
        }
        px_arena_release(&arena);
        px_free(one);
    }
}

void px_model_set_release(px_model_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        px_model_unref(set->models[i]);
    px_free(set->models);
    *set = (px_model_set){ 0 };
}

px_str px_model_id(const px_model *model)
{
    return model->id;
}

px_str px_model_text(const px_model *model)
{
    return model->text;
}

uint32_t px_model_dtdl_version(const px_model *model)
{
    return model->dtdl_version;
}

uint32_t px_model_version_major(const px_model *model)
{
    return model->version_major;
}

uint32_t px_model_version_minor(const px_model *model)
{
    return model->version_minor;
}

px_lang_map px_model_display_names(const px_model *model)
{
    return model->display_names;
}

px_lang_map px_model_descriptions(const px_model *model)
{
    return model->descriptions;
}

const px_model *const *px_model_extends(const px_model *model, uint32_t *ret_count)
{
    *ret_count = model->extends_count;
    return model->extends;
}

const px_model *const *px_model_lineage(const px_model *model, uint32_t *ret_count)
{
    *ret_count = model->lineage_count;
    return model->lineage;
}

const px_model *const *px_model_dependencies(const px_model *model, uint32_t *ret_count)
{
    *ret_count = model->dependency_count;
    return model->dependencies;
}

bool px_model_is_a(const px_model *model, px_str dtmi)
{
    for (uint32_t i = model->lineage_count; i > 0; i--) /* itself is the last */
        if (px_str_eq(model->lineage[i - 1]->id, dtmi))
            return true;
    return false;
}

const px_layout *px_model_layout(const px_model *model)
{
    return &model->layout;
}

const px_schema *px_model_schema(const px_model *model, px_str dtmi)
{
    for (uint32_t i = 0; i < model->schema_count; i++)
        if (px_str_eq(model->schemas[i]->id, dtmi))
            return model->schemas[i];
    return NULL;
}
