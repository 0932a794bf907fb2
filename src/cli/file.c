/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/file.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"

static px_status open_failed(px_str path, int error, px_err *ret_err)
{
    px_status status = error == ENOENT ? PX_NOT_FOUND : error == EACCES ? PX_DENIED : PX_IO;

    return px_fail(ret_err, status, "cannot read '%.*s': %s", PX_FMT(path), strerror(error));
}

static px_status read_all(FILE *file, px_str path, px_buf *text, px_err *ret_err)
{
    char chunk[16384];
    size_t count;

    while ((count = fread(chunk, 1, sizeof(chunk), file)) > 0)
        px_put(text, px_str_of(chunk, count));
    if (ferror(file))
        return open_failed(path, errno, ret_err);
    if (text->status == PX_LIMIT)
        return px_fail(ret_err, PX_TOO_LARGE, "'%.*s' is longer than %zu bytes", PX_FMT(path),
                       text->limit);
    return px_buf_status(text, ret_err);
}

px_status px_file_read(px_str path, size_t bytes_max, px_arena *arena, px_str *ret_text,
                       px_err *ret_err)
{
    bool is_stdin = px_str_eq(path, PX_STR("-"));
    px_buf text, name = { 0 };
    px_status status;
    FILE *file;

    px_put(&name, path);
    px_buf_init(&text, bytes_max);
    file = is_stdin ? stdin : name.ptr ? fopen(name.ptr, "rbe") : NULL;
    px_buf_release(&name);
    if (!file)
        return open_failed(path, errno, ret_err);
    status = read_all(file, path, &text, ret_err);
    if (!is_stdin)
        fclose(file);
    if (status == PX_OK) {
        *ret_text = px_arena_str(arena, text.ptr ? px_buf_str(&text) : PX_STR(""));
        if (!ret_text->ptr)
            status = px_arena_fail(arena, ret_err);
    }
    px_buf_release(&text);
    return status;
}
