/* SPDX-License-Identifier: Apache-2.0 */
#include "api/secret.h"

px_status px_api_read_before(px_api_call *call, px_str kind, px_api_before *ret_before,
                             px_err *ret_err)
{
    px_status status =
        px_documents_get(px_api_documents(call), call->principal.tenant, kind, call->args[0],
                         &call->arena, &ret_before->document, ret_err);

    ret_before->body = NULL;
    if (status == PX_NOT_FOUND)
        return PX_OK;
    PX_TRY(status);
    return px_json_parse(ret_before->document.body, NULL, &call->arena, &ret_before->body, ret_err);
}

px_status px_api_keep_secret(px_api_call *call, const px_api_secret *secret,
                             const px_api_before *before, bool is_same_place,
                             const px_json **ret_kept, px_err *ret_err)
{
    const px_json *old = px_json_get(before->body, secret->name);

    *ret_kept = NULL;
    if (!old || px_json_get(call->request.json, secret->name))
        return PX_OK;
    if (!is_same_place)
        return px_fail_id(ret_err, PX_INVALID, secret->code,
                          "'%.*s' stays only while %s; give it again, or null to take it away",
                          PX_FMT(secret->name), secret->place);
    *ret_kept = old;
    if (call->request.if_match == 0) /* nobody changed it since it was read */
        call->request.if_match = before->document.revision;
    return PX_OK;
}
