/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/texts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "cli/file.h"

enum { FOLDER_DEPTH_MAX = 32 };

void px_texts_init(px_texts *texts, px_arena *arena)
{
    *texts = (px_texts){ .arena = arena };
}

void px_texts_release(px_texts *texts)
{
    PX_VEC_RELEASE(&texts->list);
}

static px_status add_path(px_texts *texts, px_str path, uint32_t depth, bool named,
                          px_err *ret_err);

static px_status add_file(px_texts *texts, px_str path, px_err *ret_err)
{
    px_model_file file = { .name = px_arena_str(texts->arena, path) };

    if (!file.name.ptr)
        return px_arena_fail(texts->arena, ret_err);
    PX_TRY(px_file_read(file.name, PX_MODELS_BYTES_MAX - texts->bytes, texts->arena, &file.json,
                        ret_err));
    texts->bytes += file.json.len;
    return PX_VEC_PUSH(&texts->list, file) ? PX_OK : px_no_memory(ret_err);
}

px_status px_texts_add_text(px_texts *texts, px_str name, px_str json, px_err *ret_err)
{
    px_model_file file = { px_arena_str(texts->arena, name), px_arena_str(texts->arena, json) };

    if (json.len > PX_MODELS_BYTES_MAX - texts->bytes)
        return px_fail(ret_err, PX_TOO_LARGE, "the models have more than %d MiB of text",
                       PX_MODELS_BYTES_MAX >> 20);
    if (!file.name.ptr || !file.json.ptr)
        return px_arena_fail(texts->arena, ret_err);
    texts->bytes += json.len;
    return PX_VEC_PUSH(&texts->list, file) ? PX_OK : px_no_memory(ret_err);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static px_status add_folder(px_texts *texts, px_str path, uint32_t depth, px_err *ret_err)
{
    struct dirent **entries = NULL;
    px_status status = PX_OK;
    int count;

    if (depth > FOLDER_DEPTH_MAX)
        return px_fail(ret_err, PX_LIMIT, "'%.*s' is more than %d folders deep", PX_FMT(path),
                       FOLDER_DEPTH_MAX);
    count = scandir(path.ptr, &entries, not_hidden, alphasort);
    if (count < 0)
        return px_fail(ret_err, errno == EACCES ? PX_DENIED : PX_IO, "cannot read '%.*s': %s",
                       PX_FMT(path), strerror(errno));
    for (int i = 0; i < count; i++) {
        px_buf name = { 0 };

        px_putf(&name, "%.*s%s%s", PX_FMT(path), px_str_ends(path, PX_STR("/")) ? "" : "/",
                entries[i]->d_name);
        if (status == PX_OK)
            status = px_buf_status(&name, ret_err);
        if (status == PX_OK)
            status = add_path(texts, px_buf_str(&name), depth + 1, false, ret_err);
        px_buf_release(&name);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* What the caller named is read whatever it is called; in a folder only `.json` is. */
static px_status add_path(px_texts *texts, px_str path, uint32_t depth, bool named, px_err *ret_err)
{
    struct stat st;

    if (stat(path.ptr, &st) != 0)
        return named ? px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_IO,
                               "cannot read '%.*s': %s", PX_FMT(path), strerror(errno))
                     : PX_OK; /* a link that leads nowhere */
    if (S_ISDIR(st.st_mode))
        return add_folder(texts, path, depth, ret_err);
    if (named || px_str_ends(path, PX_STR(".json")))
        return add_file(texts, path, ret_err);
    return PX_OK;
}

px_status px_texts_add(px_texts *texts, const char *path, px_err *ret_err)
{
    size_t before = texts->list.len;

    if (strcmp(path, "-") == 0) {
        PX_TRY(add_file(texts, PX_STR("-"), ret_err));
        texts->list.ptr[before].name = PX_STR("standard input");
        return PX_OK;
    }
    PX_TRY(add_path(texts, px_str_c(path), 0, true, ret_err));
    if (texts->list.len == before)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no .json file in '%s'", path);
    return PX_OK;
}
