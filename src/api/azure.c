/* SPDX-License-Identifier: Apache-2.0 */
#include "api/azure.h"

#include "api/inner.h"
#include "base/limits.h"

extern px_handler px_on_post_models, px_on_put_twin, px_on_patch_twin, px_on_patch_component,
    px_on_put_relationship, px_on_patch_relationship, px_on_post_query;

static bool is_version(const px_json *context, px_str prefix)
{
    return px_json_is(context, PX_JSON_STRING) && px_str_starts(context->text, prefix);
}

/* `"@context": "dtmi:dtdl:context;4"`, or an array with it */
static bool is_v4(const px_json *model)
{
    const px_json *context = px_json_get(model, PX_STR("@context"));
    px_str v4 = PX_STR("dtmi:dtdl:context;4");

    if (!px_json_is(context, PX_JSON_ARRAY))
        return is_version(context, v4);
    for (const px_json *item = context->first; item; item = item->next)
        if (is_version(item, v4))
            return true;
    return false;
}

px_status px_azure_model_check(const px_json *model, px_str text, px_err *ret_err)
{
    if (is_v4(model))
        return px_fail_id(ret_err, PX_INVALID, "azure.version",
                          "the public service takes DTDL v2 and v3; %.*s is v4",
                          PX_FMT(px_json_get_text(model, PX_STR("@id"))));
    if (text.len > PX_AZURE_MODEL_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "azure.model_size",
                          "the public service takes models of at most %d bytes",
                          PX_AZURE_MODEL_BYTES_MAX);
    return PX_OK;
}

static px_status check_models(px_api_call *call, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_json *models;

    opts.depth_max = PX_MODEL_JSON_DEPTH_MAX;
    if (px_json_parse(call->body, &opts, &call->arena, &models, NULL) != PX_OK)
        return PX_OK; /* the parser of models says what is wrong */
    if (models->count > PX_AZURE_MODELS_PER_CALL_MAX && models->type == PX_JSON_ARRAY)
        return px_fail_id(ret_err, PX_TOO_LARGE, "azure.models",
                          "the public service takes %d models in one call, not %u",
                          PX_AZURE_MODELS_PER_CALL_MAX, models->count);
    for (const px_json *m = models->type == PX_JSON_ARRAY ? models->first : models; m; m = m->next)
        PX_TRY(px_azure_model_check(m, m->raw, ret_err));
    return PX_OK;
}

static px_status check_body(px_api_call *call, px_err *ret_err)
{
    if (call->body.len <= PX_AZURE_BODY_BYTES_MAX)
        return PX_OK;
    return px_fail_id(ret_err, PX_TOO_LARGE, "azure.body",
                      "the public service takes bodies of at most %d bytes here, not %zu",
                      PX_AZURE_BODY_BYTES_MAX, call->body.len);
}

static px_status check_query(px_api_call *call, px_err *ret_err)
{
    return px_azure_query_check(px_json_get_text(call->request.json, PX_STR("query")), ret_err);
}

px_status px_azure_check(px_api_call *call, px_err *ret_err)
{
    static const struct {
        px_handler *handler;
        px_status (*check)(px_api_call *call, px_err *ret_err);
    } checks[] = {
        { px_on_post_models, check_models },    { px_on_put_twin, check_body },
        { px_on_patch_twin, check_body },       { px_on_patch_component, check_body },
        { px_on_put_relationship, check_body }, { px_on_patch_relationship, check_body },
        { px_on_post_query, check_query },
    };

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (checks[i].handler == call->route->handler)
            return checks[i].check(call, ret_err);
    return PX_OK;
}
