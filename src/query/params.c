/* SPDX-License-Identifier: Apache-2.0 */
#include "query/params.h"

#include "base/json.h"
#include "base/limits.h"

static px_value value_of(const px_json *node)
{
    switch (node->type) {
    case PX_JSON_STRING:
        return px_value_text(node->text);
    case PX_JSON_NUMBER:
        return px_value_num(node->num);
    case PX_JSON_TRUE:
    case PX_JSON_FALSE:
        return px_value_bool(node->type == PX_JSON_TRUE);
    default:
        return px_value_json(node->raw);
    }
}

px_status px_query_params_read(px_str text, px_arena *arena, px_query_params *ret_params,
                               px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_expr_parameter *list;
    px_query_params params = { 0 };
    px_json *root;

    *ret_params = params;
    if (!text.len)
        return PX_OK;
    if (text.len > PX_QUERY_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "query.bytes",
                          "the parameters have %zu bytes, at most %d are read", text.len,
                          PX_QUERY_BYTES_MAX);
    PX_TRY(px_json_parse(text, &opts, arena, &root, ret_err));
    if (!px_json_is(root, PX_JSON_OBJECT))
        return px_json_fail(root, ret_err, PX_INVALID, "query.parameters",
                            "parameters are an object, such as {\"limit\": 20} for @limit");
    list = PX_ARENA_ARRAY(arena, px_expr_parameter, root->count + 1);
    if (!list)
        return px_arena_fail(arena, ret_err);
    for (const px_json *member = root->first; member; member = member->next)
        list[params.count++] = (px_expr_parameter){ member->key, value_of(member) };
    params.list = list;
    *ret_params = params;
    return PX_OK;
}
