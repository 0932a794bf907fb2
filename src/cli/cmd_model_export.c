/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pollux model export`: definitions as they were written, with all that they need, so that an
 * upload of what was exported brings the same models. One array; or with --folder a file for each,
 * by the path that repositories of device models use: `dtmi:com:acme:Pump;1` stands in
 * `dtmi/com/acme/pump-1.json`.
 *
 * An Interface that is defined inside another is part of that one's text, and comes with it.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/map.h"
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/world.h"

const px_opt px_cmd_export_models_options[] = {
    { "model", 'm', "ID", "this Interface alone and what it needs; its version may be left out" },
    { "folder", 0, "DIR", "a file for each model below DIR, instead of one array on stdout" },
    { "force", 'f', NULL, "write over files that are there" },
    { 0 },
};

typedef struct export
{
    const px_world *world;
    bool *wanted; /* of each model of the set */
    px_arena arena;
}
export;

/* ---- choosing ---- */

static size_t index_of(const px_model_set *set, const px_model *model)
{
    size_t i = 0;

    while (i < set->count && set->models[i] != model)
        i++;
    return i;
}

/* The model whose text holds that of a nested one: the text of a nested one is a part of it. */
static size_t around(const px_model_set *set, size_t index)
{
    px_str text = px_model_text(set->models[index]);

    for (size_t i = 0; i < set->top && index >= set->top; i++) {
        px_str other = px_model_text(set->models[i]);

        if (memmem(other.ptr, other.len, text.ptr, text.len))
            return i;
    }
    return index;
}

/* The model and all that it needs. A text that holds others needs what these need. */
static void want(export *e, const px_model *model)
{
    const px_model_set *set = &e->world->set;
    size_t index = around(set, index_of(set, model));
    uint32_t count;
    const px_model *const *needed;

    if (index == set->count || e->wanted[index])
        return;
    e->wanted[index] = true;
    needed = px_model_dependencies(set->models[index], &count);
    for (uint32_t i = 0; i < count; i++)
        want(e, needed[i]);
    for (size_t i = set->top; i < set->count; i++) {
        if (around(set, i) != index)
            continue;
        needed = px_model_dependencies(set->models[i], &count);
        for (uint32_t n = 0; n < count; n++)
            want(e, needed[n]);
    }
}

static px_status choose(export *e, const char *id, px_err *ret_err)
{
    const px_model_set *set = &e->world->set;
    const px_model *only = NULL;

    e->wanted = PX_ARENA_ARRAY(&e->arena, bool, set->count + 1);
    if (!e->wanted)
        return px_arena_fail(&e->arena, ret_err);
    if (id)
        PX_TRY(px_world_find(set, id, &only, ret_err));
    for (size_t i = 0; i < set->count; i++)
        if (only ? only == set->models[i] : e->world->named[i])
            want(e, set->models[i]);
    return PX_OK;
}

/* ---- one array ---- */

static px_status write_array(px_cli *cli, const export *e, px_err *ret_err)
{
    const px_model_set *set = &e->world->set;
    px_buf text = { 0 };
    bool any = false;

    for (size_t i = 0; i < set->count; i++) {
        if (!e->wanted[i])
            continue;
        px_put_c(&text, any ? ",\n" : "[");
        px_put(&text, px_model_text(set->models[i]));
        any = true;
    }
    px_put_c(&text, any ? "]\n" : "[]\n");
    return px_out_text(cli, PX_OK, &text, ret_err);
}

/* ---- a file for each ---- */

/* dtmi:com:acme:Pump;1.2 -> dtmi/com/acme/pump-1.2.json */
static void put_path(px_buf *path, const char *folder, px_str id)
{
    px_putf(path, "%s/", folder);
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        px_put_char(path, (char)(c == ':'               ? '/'
                                 : c == ';'             ? '-'
                                 : c >= 'A' && c <= 'Z' ? c - 'A' + 'a'
                                                        : c));
    }
    px_put_c(path, ".json");
}

/* The folders on the way, made where they are missing. */
static px_status make_folders(char *path, px_err *ret_err)
{
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        int failed;

        *at = '\0';
        failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        *at = '/';
        if (failed)
            return px_fail(ret_err, PX_IO, "cannot make the folder of '%s': %s", path,
                           strerror(errno));
    }
    return PX_OK;
}

static px_status write_file(px_cli *cli, const char *path, px_str text, bool force, px_err *ret_err)
{
    FILE *file = fopen(path, force ? "wbe" : "wbxe");
    bool good;

    if (!file && errno == EEXIST) {
        px_cli_cure(cli, "take an empty folder, or --force to write over what is there");
        return px_fail(ret_err, PX_CONFLICT, "there is a file '%s' already", path);
    }
    if (!file)
        return px_fail(ret_err, PX_IO, "cannot write '%s': %s", path, strerror(errno));
    good = fwrite(text.ptr, 1, text.len, file) == text.len && fputc('\n', file) != EOF;
    good = fclose(file) == 0 && good;
    return good ? PX_OK : px_fail(ret_err, PX_IO, "cannot write '%s': %s", path, strerror(errno));
}

/* Ids that differ in case only have one path: the second is refused, whatever --force says. */
static px_status take_path(px_map *paths, const px_buf *path, px_str id, px_err *ret_err)
{
    uint64_t hash = px_str_hash(px_buf_str(path));

    PX_TRY(px_buf_status(path, ret_err));
    if (px_map_first(paths, hash) != PX_MAP_END)
        return px_fail(ret_err, PX_CONFLICT,
                       "'%s', the file of %.*s, is that of another model already; export them "
                       "without --folder",
                       path->ptr, PX_FMT(id));
    return px_map_add(paths, hash, 0) ? PX_OK : px_no_memory(ret_err);
}

static px_status write_model(px_cli *cli, const char *folder, const px_model *model, px_map *paths,
                             bool force, px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status;

    put_path(&path, folder, px_model_id(model));
    status = take_path(paths, &path, px_model_id(model), ret_err);
    if (status == PX_OK)
        status = make_folders(path.ptr, ret_err);
    if (status == PX_OK)
        status = write_file(cli, path.ptr, px_model_text(model), force, ret_err);
    px_buf_release(&path);
    return status;
}

static px_status write_folder(px_cli *cli, const export *e, const char *folder, bool force,
                              px_err *ret_err)
{
    const px_model_set *set = &e->world->set;
    px_status status = PX_OK;
    px_map paths = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < set->count && status == PX_OK; i++) {
        if (!e->wanted[i])
            continue;
        status = write_model(cli, folder, set->models[i], &paths, force, ret_err);
        count++;
    }
    px_map_release(&paths);
    PX_TRY(status);
    return px_out_done(cli, NULL, ret_err, "exported %zu model%s to %s", count,
                       count == 1 ? "" : "s", folder);
}

px_status px_cmd_export_models_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *folder = px_args_get(args, "folder");
    px_world world;
    export e = { .world = &world };
    px_status status = px_world_of(cli, args, false, &world, ret_err);

    px_arena_init(&e.arena, 16 << 20);
    if (status == PX_OK)
        status = choose(&e, px_args_get(args, "model"), ret_err);
    if (status == PX_OK)
        status = folder ? write_folder(cli, &e, folder, px_args_has(args, "force"), ret_err)
                        : write_array(cli, &e, ret_err);
    px_arena_release(&e.arena);
    px_world_release(&world);
    return status;
}
