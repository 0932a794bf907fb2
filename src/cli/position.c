/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/position.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/progress.h"

enum { POSITION_BYTES_MAX = 64 * 1024 };

px_status px_position_init(px_position *position, const char *data_path, px_err *ret_err)
{
    *position = (px_position){ 0 };
    px_putf(&position->path, "%s.position", data_path);
    px_putf(&position->next, "%s.position.new", data_path);
    PX_TRY(px_buf_status(&position->path, ret_err));
    return px_buf_status(&position->next, ret_err);
}

void px_position_release(px_position *position)
{
    px_buf_release(&position->path);
    px_buf_release(&position->next);
}

px_status px_position_read(const px_position *position, px_arena *arena, px_json **ret_json,
                           px_err *ret_err)
{
    px_str text, path = px_buf_str(&position->path);
    px_status status = px_file_read(path, POSITION_BYTES_MAX, arena, &text, ret_err);

    *ret_json = NULL;
    if (status == PX_NOT_FOUND)
        return PX_OK;
    PX_TRY(status);
    if (px_json_parse(text, NULL, arena, ret_json, NULL) == PX_OK &&
        px_json_is(*ret_json, PX_JSON_OBJECT))
        return PX_OK;
    return px_fail(ret_err, PX_INVALID, "'%.*s' holds no position", PX_FMT(path));
}

bool px_position_is_due(const px_position *position)
{
    return px_monotonic_ns() - position->last_ns >= PX_SECOND;
}

px_status px_position_write(px_position *position, px_str json, px_err *ret_err)
{
    FILE *file = fopen(position->next.ptr, "wbe");
    bool good = file && fwrite(json.ptr, 1, json.len, file) == json.len && fflush(file) == 0 &&
                fsync(fileno(file)) == 0;

    if (file && fclose(file) != 0)
        good = false;
    position->last_ns = px_monotonic_ns();
    if (good && rename(position->next.ptr, position->path.ptr) == 0)
        return PX_OK;
    return px_fail(ret_err, PX_IO, "cannot write '%s': %s", position->path.ptr, strerror(errno));
}

void px_position_remove(px_position *position)
{
    remove(position->path.ptr);
}

uint64_t px_position_number(const px_json *json, const char *name)
{
    const px_json *member = px_json_get(json, px_str_c(name));
    int64_t number;

    return px_json_is(member, PX_JSON_NUMBER) && px_num_to_int(member->num, &number) && number > 0
               ? (uint64_t)number
               : 0;
}
