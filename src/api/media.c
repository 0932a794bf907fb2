/* SPDX-License-Identifier: Apache-2.0 */
#include "api/media.h"

#include <strings.h>

const char *const *px_media_of(const px_route *route)
{
    static const char *const plain[] = { "application/json", NULL };
    static const struct {
        const char *body;
        const char *types[3];
    } patches[] = {
        { "JsonPatch", { "application/json", "application/json-patch+json", NULL } },
        { "MergePatch", { "application/json", "application/merge-patch+json", NULL } },
    };

    for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++)
        if (route->body && strcmp(route->body, patches[i].body) == 0)
            return patches[i].types;
    return plain;
}

/* Without its parameters. */
static px_str type_of(px_str header)
{
    px_str type = px_str_cut(&header, ';');

    while (type.len && type.ptr[type.len - 1] == ' ')
        type.len--;
    return type;
}

static bool is_type(px_str type, const char *wanted)
{
    return type.len == strlen(wanted) && strncasecmp(type.ptr, wanted, type.len) == 0;
}

static px_status refuse(px_api_call *call, px_str type, px_err *ret_err)
{
    px_buf right = { 0 };

    for (const char *const *t = px_media_of(call->route); *t; t++)
        px_putf(&right, "%s%s", right.len ? ", " : "", *t);
    px_api_header(call, "Accept", px_buf_str(&right));
    px_fail_id(ret_err, PX_INVALID, "http.media",
               "the body says that it is '%.*s'; it is taken as %.*s",
               (int)(type.len < 64 ? type.len : 64), type.ptr, PX_FMT(px_buf_str(&right)));
    px_buf_release(&right);
    return PX_INVALID;
}

/* What curl and others say of any body when they are told nothing: it means nothing. */
static bool says_nothing(px_str type)
{
    return type.len == 0 || is_type(type, "application/x-www-form-urlencoded");
}

px_status px_media_check(px_api_call *call, px_err *ret_err)
{
    px_str type = type_of(call->header(call, "Content-Type"));

    if (call->route->flags & PX_ROUTE_AZURE || call->body.len == 0 || says_nothing(type))
        return PX_OK;
    for (const char *const *t = px_media_of(call->route); *t; t++)
        if (is_type(type, *t))
            return PX_OK;
    return refuse(call, type, ret_err);
}
