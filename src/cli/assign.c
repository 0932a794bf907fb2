/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/assign.h"

#include "base/json.h"

px_status px_assign_parse(const char *word, px_arena *arena, px_assign *ret_assign, px_err *ret_err)
{
    const char *equals = strchr(word, '=');
    px_str text, value;
    px_json *root;

    if (!equals || equals == word)
        return px_fail_id(ret_err, PX_INVALID, "cli.assign", "'%s' is not NAME=VALUE", word);
    text = px_str_c(equals + 1);
    if (px_json_parse(text, NULL, arena, &root, NULL) == PX_OK) {
        value = px_arena_str(arena, text);
    } else {
        px_buf quoted = { 0 };

        px_put_json_string(&quoted, text);
        value = px_arena_str(arena, px_buf_str(&quoted));
        px_buf_release(&quoted);
    }
    if (!value.ptr)
        return px_arena_fail(arena, ret_err);
    *ret_assign = (px_assign){ px_str_of(word, (size_t)(equals - word)), value };
    return PX_OK;
}

void px_put_json_patch(px_buf *buf, const px_assign *assigns, size_t count)
{
    px_put_char(buf, '[');
    for (size_t i = 0; i < count; i++) {
        px_str rest = assigns[i].name;
        px_buf path = { 0 };

        while (rest.len)
            px_put_json_pointer_step(&path, px_str_cut(&rest, '.'));
        px_putf(buf, "%s{\"op\":\"%s\",\"path\":", i ? "," : "",
                assigns[i].value.len ? "add" : "remove");
        px_put_json_string(buf, px_buf_str(&path));
        if (assigns[i].value.len) {
            px_put_c(buf, ",\"value\":");
            px_put(buf, assigns[i].value);
        }
        px_put_char(buf, '}');
        px_buf_release(&path);
    }
    px_put_char(buf, ']');
}

/* How many assigns from the first on have names that begin with `head` and a dot. */
static size_t same_head(const px_assign *assigns, size_t count, px_str head)
{
    size_t same = 0;

    while (same < count && px_str_starts(assigns[same].name, head) &&
           assigns[same].name.len > head.len && assigns[same].name.ptr[head.len] == '.')
        same++;
    return same;
}

static void put_level(px_buf *buf, const px_assign *assigns, size_t count, size_t skip)
{
    for (size_t i = 0; i < count;) {
        px_str name = px_str_skip(assigns[i].name, skip), rest = name;
        px_str step = px_str_cut(&rest, '.');

        px_put_c(buf, i ? "," : "");
        px_put_json_string(buf, step);
        px_put_char(buf, ':');
        if (!rest.len) {
            px_put(buf, assigns[i].value.len ? assigns[i].value : PX_STR("null"));
            i++;
        } else {
            px_str head = px_str_of(assigns[i].name.ptr, skip + step.len);
            size_t same = same_head(assigns + i, count - i, head);

            px_put_char(buf, '{');
            put_level(buf, assigns + i, same, head.len + 1); /* as deep as the name has dots */
            px_put_char(buf, '}');
            i += same;
        }
    }
}

void px_put_json_members(px_buf *buf, const px_assign *assigns, size_t count)
{
    put_level(buf, assigns, count, 0);
}
