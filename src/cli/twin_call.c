/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/twin_call.h"

px_status px_assigns_add(px_assigns *list, px_assign item, px_err *ret_err)
{
    if (list->count == PX_ASSIGNS_MAX)
        return px_fail(ret_err, PX_LIMIT, "more than %d assignments", (int)PX_ASSIGNS_MAX);
    list->items[list->count++] = item;
    return PX_OK;
}

void px_assigns_sort(px_assigns *list)
{
    for (size_t i = 1; i < list->count; i++) {
        px_assign item = list->items[i];
        size_t at = i;

        for (; at && px_str_cmp(list->items[at - 1].name, item.name) > 0; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = item;
    }
}

px_status px_assigns_read(const px_args *args, const char *option, size_t first, px_arena *arena,
                          px_assigns **ret_list, px_err *ret_err)
{
    px_assigns *list = PX_ARENA_NEW(arena, px_assigns);
    const char *word;
    px_assign item;
    size_t at = 0;

    if (!list)
        return px_arena_fail(arena, ret_err);
    while (option && (word = px_args_next(args, option, &at)) != NULL) {
        PX_TRY(px_assign_parse(word, arena, &item, ret_err));
        PX_TRY(px_assigns_add(list, item, ret_err));
    }
    for (size_t i = first; !option && (word = px_args_operand(args, i)) != NULL; i++) {
        PX_TRY(px_assign_parse(word, arena, &item, ret_err));
        PX_TRY(px_assigns_add(list, item, ret_err));
    }
    for (at = 0; !option && (word = px_args_next(args, "unset", &at)) != NULL;)
        PX_TRY(px_assigns_add(list, (px_assign){ px_str_c(word), { 0 } }, ret_err));
    px_assigns_sort(list);
    *ret_list = list;
    return PX_OK;
}

px_status px_twin_call(px_cli *cli, px_http_call call, const char *before, const char *id,
                       const char *after, px_arena *arena, px_json **ret_root, px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, before);
    px_put_url_part(&path, px_str_c(id));
    px_put_c(&path, after);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&path);
    return status;
}
