/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer brings a model with all that it needs. Of two models that need the same one only the
 * first brings it, so that a model is one thing however many ways lead to it.
 */
#include "cli/stored.h"

#include "cli/api.h"
#include "cli/texts.h"

#define ARENA_BYTES ((size_t)512 << 20)

void px_stored_init(px_stored *stored, px_cli *cli)
{
    *stored = (px_stored){ .cli = cli };
    px_arena_init(&stored->arena, ARENA_BYTES);
}

void px_stored_release(px_stored *stored)
{
    for (size_t i = stored->sets.len; i-- > 0;) /* what was asked for first is needed longest */
        px_model_set_release(&stored->sets.ptr[i]);
    PX_VEC_RELEASE(&stored->sets);
    PX_VEC_RELEASE(&stored->entries);
    px_map_release(&stored->by_id);
    px_arena_release(&stored->arena);
}

static const px_stored_entry *find_entry(const px_stored *stored, px_str id)
{
    uint64_t hash = px_str_hash(id);

    for (size_t at = px_map_first(&stored->by_id, hash); at != PX_MAP_END;
         at = px_map_next(&stored->by_id, hash, at)) {
        const px_stored_entry *entry = &stored->entries.ptr[stored->by_id.values[at]];

        if (px_str_eq(entry->id, id))
            return entry;
    }
    return NULL;
}

static px_status add_entry(px_stored *stored, px_str id, const px_model *model, px_err *ret_err)
{
    px_stored_entry entry = { px_arena_str(&stored->arena, id), model };

    if (!entry.id.ptr)
        return px_arena_fail(&stored->arena, ret_err);
    if (!PX_VEC_PUSH(&stored->entries, entry) ||
        !px_map_add(&stored->by_id, px_str_hash(id), (uint32_t)stored->entries.len - 1))
        return px_no_memory(ret_err);
    return PX_OK;
}

/* What is not known yet of an answer. */
typedef struct answer {
    px_stored *stored;
    px_texts texts;
} answer;

static px_status add_text(px_cli *cli, const px_json *item, void *data, px_err *ret_err)
{
    answer *a = data;
    const px_json *model = px_json_get(item, PX_STR("model"));
    px_str id = px_json_get_text(item, PX_STR("id"));

    (void)cli;
    if (!model || find_entry(a->stored, id))
        return PX_OK;
    return px_texts_add_text(&a->texts, id, model->raw, ret_err);
}

static px_status ask(px_stored *stored, px_str id, answer *a, px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/models?includeModelDefinition=true&" PX_AZURE_VERSION "&dependenciesFor=");
    px_put_url_part(&path, id);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_api_list(stored->cli, path.ptr, add_text, a, ret_err);
    px_buf_release(&path);
    return status == PX_NOT_FOUND || status == PX_INVALID ? PX_NOT_FOUND : status;
}

static px_status keep(px_stored *stored, const px_texts *texts, px_err *ret_err)
{
    px_models_opts opts = { .stored = px_stored_source(stored), .models_max = UINT16_MAX };
    px_model_set set = { 0 };

    PX_TRY(px_models_parse_texts(texts->list.ptr, texts->list.len, &opts, &set, NULL, ret_err));
    if (!PX_VEC_PUSH(&stored->sets, set)) {
        px_model_set_release(&set);
        return px_no_memory(ret_err);
    }
    for (size_t i = 0; i < set.count; i++)
        PX_TRY(add_entry(stored, px_model_id(set.models[i]), set.models[i], ret_err));
    return PX_OK;
}

static px_status fetch(px_stored *stored, px_str id, px_err *ret_err)
{
    answer a = { .stored = stored };
    px_status status;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES);
    px_texts_init(&a.texts, &arena);
    status = ask(stored, id, &a, ret_err);
    if (status == PX_NOT_FOUND)
        status = add_entry(stored, id, NULL, ret_err);
    else if (status == PX_OK)
        status = keep(stored, &a.texts, ret_err);
    px_texts_release(&a.texts);
    px_arena_release(&arena);
    return status;
}

static const px_model *find(void *data, px_str dtmi)
{
    px_stored *stored = data;
    const px_stored_entry *entry = find_entry(stored, dtmi);

    if (!entry && stored->status == PX_OK) {
        stored->status = fetch(stored, dtmi, &stored->err);
        entry = find_entry(stored, dtmi);
    }
    return entry ? entry->model : NULL;
}

px_model_source px_stored_source(px_stored *stored)
{
    return (px_model_source){ find, stored };
}

px_status px_stored_status(const px_stored *stored, px_status status, px_err *ret_err)
{
    if (stored->status == PX_OK)
        return status;
    if (ret_err)
        *ret_err = stored->err;
    return stored->status;
}
