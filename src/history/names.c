/* SPDX-License-Identifier: Apache-2.0 */
/* Columns are named by numbers on disk and by paths to people. The property of two models that has
 * one path is one property. */
#include <stdio.h>

#include "base/mem.h"
#include "history/internal.h"

static px_status path_of(px_names *names, uint32_t model_no, uint32_t field, px_str *ret_path,
                         px_err *ret_err)
{
    const px_model *model = names->registry ? px_registry_model(names->registry, model_no) : NULL;
    char number[16];
    px_str text;

    if (field == PX_HISTORY_FRESHNESS)
        text = PX_HISTORY_FRESHNESS_PATH;
    else if (model && field < px_layout_field_count(px_model_layout(model)))
        text = px_layout_field(px_model_layout(model), field)->path;
    else
        text = px_str_of(number, (size_t)snprintf(number, sizeof(number), "#%u", field));
    *ret_path = px_arena_str(names->arena, text);
    return ret_path->ptr ? PX_OK : px_arena_fail(names->arena, ret_err);
}

static bool is_wanted(const px_names *names, px_str path)
{
    for (size_t i = 0; i < names->wanted_count; i++)
        if (px_str_eq(names->wanted[i], path))
            return true;
    return names->wanted_count == 0 && !px_str_eq(path, PX_HISTORY_FRESHNESS_PATH);
}

static px_status index_of(px_names *names, px_str path, uint32_t *ret_path, px_err *ret_err)
{
    *ret_path = PX_NAME_UNWANTED;
    if (!is_wanted(names, path))
        return PX_OK;
    for (size_t i = 0; i < names->paths.len; i++)
        if (px_str_eq(names->paths.ptr[i], path)) {
            *ret_path = (uint32_t)i;
            return PX_OK;
        }
    if (!PX_VEC_PUSH(&names->paths, path))
        return px_no_memory(ret_err);
    *ret_path = (uint32_t)names->paths.len - 1;
    return PX_OK;
}

px_status pxi_names_of(px_names *names, uint32_t model_no, uint32_t field, uint32_t *ret_path,
                       px_err *ret_err)
{
    px_name name = { model_no, field, 0 };
    px_str path;

    for (size_t tried = 0; tried < names->names.len; tried++) {
        size_t at = (names->guess + tried) % names->names.len;
        const px_name *known = &names->names.ptr[at];

        if (known->field == field && known->model_no == model_no) {
            names->guess = at + 1;
            *ret_path = known->path;
            return PX_OK;
        }
    }
    PX_TRY(path_of(names, model_no, field, &path, ret_err));
    PX_TRY(index_of(names, path, &name.path, ret_err));
    if (!PX_VEC_PUSH(&names->names, name))
        return px_no_memory(ret_err);
    *ret_path = name.path;
    return PX_OK;
}

void pxi_names_release(px_names *names)
{
    PX_VEC_RELEASE(&names->names);
    PX_VEC_RELEASE(&names->paths);
}
