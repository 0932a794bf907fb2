/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/world.h"

#include "base/map.h"
#include "cli/api.h"
#include "cli/no_such.h"
#include "cli/verdict.h"

#define ARENA_BYTES ((size_t)512 << 20)
enum { CANDIDATES_MAX = 256, SERVED_IDS_MAX = 32 };

bool px_word_is_model(const char *word)
{
    return px_str_starts(px_str_c(word), PX_STR("dtmi:"));
}

px_str px_id_unversioned(px_str id)
{
    px_str rest = id;

    return px_str_cut(&rest, ';');
}

/* ---- asking the server ---- */

static px_status add_served(px_cli *cli, const px_json *item, void *data, px_err *ret_err)
{
    px_texts *texts = data;
    const px_json *model = px_json_get(item, PX_STR("model"));

    (void)cli;
    if (!model)
        return px_fail(ret_err, PX_CORRUPT, "the server's list of models has no definitions");
    return px_texts_add_text(texts, px_json_get_text(item, PX_STR("id")), model->raw, ret_err);
}

px_status px_texts_add_served(px_cli *cli, px_texts *texts, const char *path, px_err *ret_err)
{
    return px_api_list(cli, path, add_served, texts, ret_err);
}

void px_put_served_path(px_buf *path, const char *const *ids, size_t count)
{
    px_put_c(path, "/models?includeModelDefinition=true&" PX_AZURE_VERSION);
    for (size_t i = 0; i < count; i++) {
        px_put_c(path, i ? "," : "&dependenciesFor=");
        px_put_url_part(path, px_str_c(ids[i]));
    }
}

/* Names that need no look at the other models: few, and each with its version. */
static bool are_exact(const char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strchr(ids[i], ';'))
            return false;
    return count > 0 && count <= SERVED_IDS_MAX;
}

static px_status ask(px_cli *cli, px_world *world, const char *const *ids, size_t count, bool whole,
                     px_err *ret_err)
{
    bool exact = !whole && are_exact(ids, count);
    px_buf path = { 0 };
    px_status status;

    px_put_served_path(&path, ids, exact ? count : 0);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_texts_add_served(cli, &world->texts, path.ptr, ret_err);
    px_buf_release(&path);
    for (size_t i = 0; i < count && status == PX_NOT_FOUND; i++)
        status = px_no_such(cli, PX_THING_MODEL, ids[i], status, ret_err);
    return status;
}

/* ---- parsing ---- */

static px_status parse(px_cli *cli, px_world *world, const px_model_source *stored, px_err *ret_err)
{
    px_models_opts opts = { .nested_interfaces = true, .models_max = PX_WORLD_MODELS_MAX };
    px_model_report report = { 0 };
    const px_texts *texts = &world->texts;
    px_buf text = { 0 };
    px_status status;

    if (stored)
        opts.stored = *stored;
    status = px_models_parse_texts(texts->list.ptr, texts->list.len, &opts, &world->set, &report,
                                   ret_err);
    if (status == PX_INVALID && report.count > 0) {
        px_put_complaints(&text, &report, texts->list.ptr);
        if (!cli->json)
            fwrite(text.ptr, 1, text.len, cli->err);
        if (report.count > 1 || !cli->json)
            status = px_fail_id(ret_err, PX_INVALID, "model.invalid", "%zu%s error%s in the models",
                                report.count, report.truncated ? " and more" : "",
                                report.count == 1 ? "" : "s");
        px_buf_release(&text);
    }
    px_model_report_release(&report);
    return status;
}

/* All of files, and of the server those that the words mean. */
static px_status mark_named(px_cli *cli, px_world *world, const char *const *ids, size_t count,
                            px_err *ret_err)
{
    px_map served = { 0 };
    px_status status = PX_OK;

    world->named = PX_ARENA_ARRAY(&world->arena, bool, world->set.count + 1);
    if (!world->named)
        return px_arena_fail(&world->arena, ret_err);
    for (size_t i = world->local; i < world->texts.list.len && status == PX_OK; i++)
        if (!px_map_add(&served, px_str_hash(world->texts.list.ptr[i].name), (uint32_t)i))
            status = px_no_memory(ret_err);
    for (size_t i = 0; i < world->set.count; i++)
        world->named[i] =
            (!world->local && !count) ||
            px_map_first(&served, px_str_hash(px_model_id(world->set.models[i]))) == PX_MAP_END;
    px_map_release(&served);
    for (size_t i = 0; i < count && status == PX_OK; i++) {
        const px_model *model;

        status = px_world_find(&world->set, ids[i], &model, ret_err);
        status = px_no_such(cli, PX_THING_MODEL, ids[i], status, ret_err);
        for (size_t m = 0; m < world->set.count && status == PX_OK; m++)
            world->named[m] |= world->set.models[m] == model;
    }
    return status;
}

px_status px_world_open(px_cli *cli, const px_world_opts *opts, px_world *ret_world,
                        px_err *ret_err)
{
    px_world *world = ret_world;
    const char **ids;
    size_t count = 0;

    *world = (px_world){ 0 };
    px_arena_init(&world->arena, ARENA_BYTES);
    px_texts_init(&world->texts, &world->arena);
    ids = PX_ARENA_ARRAY(&world->arena, const char *, opts->count + 1);
    if (!ids)
        return px_arena_fail(&world->arena, ret_err);
    for (size_t i = 0; i < opts->count; i++) {
        if (px_word_is_model(opts->words[i]))
            ids[count++] = opts->words[i];
        else
            PX_TRY(px_texts_add(&world->texts, opts->words[i], ret_err));
    }
    world->local = world->texts.list.len;
    if (count || !opts->count)
        PX_TRY(ask(cli, world, ids, count, opts->whole, ret_err));
    PX_TRY(parse(cli, world, opts->stored, ret_err));
    return mark_named(cli, world, ids, count, ret_err);
}

px_status px_world_of(px_cli *cli, const px_args *args, bool whole, px_world *ret_world,
                      px_err *ret_err)
{
    px_world_opts opts = { .words = args->operands.ptr,
                           .count = args->operands.len,
                           .whole = whole };

    return px_world_open(cli, &opts, ret_world, ret_err);
}

void px_world_release(px_world *world)
{
    px_model_set_release(&world->set);
    px_texts_release(&world->texts);
    px_arena_release(&world->arena);
}

/* ---- finding ---- */

px_status px_world_find(const px_model_set *set, const char *id, const px_model **ret_model,
                        px_err *ret_err)
{
    bool versioned = strchr(id, ';') != NULL;
    px_str candidates[CANDIDATES_MAX], nearest;
    const px_model *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        px_str other = px_model_id(set->models[i]);

        if (!px_str_eq(versioned ? other : px_id_unversioned(other), px_str_c(id)))
            continue;
        if (found)
            return px_fail(ret_err, PX_INVALID, "'%s' is there in several versions: say which", id);
        found = set->models[i];
    }
    if (found) {
        *ret_model = found;
        return PX_OK;
    }
    for (size_t i = 0; i < set->count && count < CANDIDATES_MAX; i++)
        candidates[count++] = px_model_id(set->models[i]);
    nearest = px_str_nearest(px_str_c(id), candidates, count);
    return px_fail(ret_err, PX_NOT_FOUND, "there is no Interface '%s'%s%.*s%s", id,
                   nearest.len ? "; did you mean '" : "", PX_FMT(nearest), nearest.len ? "'?" : "");
}

px_status px_world_one(const px_world *world, const char *id, const px_model **ret_model,
                       px_err *ret_err)
{
    size_t count = 0;

    if (id)
        return px_world_find(&world->set, id, ret_model, ret_err);
    for (size_t i = 0; i < world->set.count; i++)
        if (world->named[i]) {
            *ret_model = world->set.models[i];
            count++;
        }
    if (count == 1)
        return PX_OK;
    return px_fail(ret_err, PX_INVALID, "there are %zu Interfaces: say which, --model ID", count);
}

bool px_world_is_named(const px_world *world, const px_model *model)
{
    for (size_t i = 0; i < world->set.count; i++)
        if (world->set.models[i] == model)
            return world->named[i];
    return false;
}
