/* SPDX-License-Identifier: Apache-2.0 */
/* /digitaltwins of the data plane: twins, components, telemetry. */
#include "api/inner.h"

px_handler px_on_get_twin, px_on_put_twin, px_on_patch_twin, px_on_delete_twin;
px_handler px_on_get_component, px_on_patch_component;
px_handler px_on_post_telemetry, px_on_post_component_telemetry;

bool px_api_read_twin(px_api_call *call, px_str twin_id, px_action action, const px_twin **ret_twin,
                      const px_model **ret_model)
{
    px_engine *engine = call->api->opts.engine;
    px_buf record = { 0 };
    px_err err;
    px_status status = px_authorize(&call->principal, action, twin_id, &err);

    if (status == PX_OK)
        status = px_graph_read(px_engine_graph(engine), call->principal.tenant, twin_id, &record,
                               ret_twin, &err);
    if (status == PX_OK) {
        /* the record moves into the call's arena; a px_twin is its bytes */
        px_str copy = px_arena_str(&call->arena, px_buf_str(&record));

        *ret_twin = (const px_twin *)(const void *)copy.ptr;
        if (!copy.ptr)
            status = px_arena_fail(&call->arena, &err);
    }
    px_buf_release(&record);
    if (status == PX_OK) {
        *ret_model = px_registry_model(px_engine_registry(engine), px_twin_model(*ret_twin));
        if (*ret_model)
            return true;
        status = px_fail_id(&err, PX_CORRUPT, "twin.model_gone", "the twin's model is not known");
    }
    if (status == PX_NOT_FOUND)
        px_fail_id(&err, PX_NOT_FOUND, "twin.not_found",
                   "There is no digital twin instance that exists with the ID %.*s. Please verify "
                   "that the twin id is valid and ensure that the twin is not deleted",
                   PX_FMT(twin_id));
    px_api_fail(call, status, &err);
    return false;
}

static void answer_twin(px_api_call *call)
{
    const px_twin *twin;
    const px_model *model;

    if (!px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model))
        return;
    px_put_twin_json(&call->out, model, twin);
    px_api_etag(call, px_twin_revision(twin));
    px_api_json(call, 200);
}

void px_on_get_twin(px_api_call *call)
{
    answer_twin(call);
}

/* What this PUT left; a later request of the same batch may have changed or deleted it again. A
 * model's number gives the model for ever. */
static void put_done(px_api_call *call)
{
    const px_twin *twin = call->request.result.twin;

    px_put_twin_json(
        &call->out,
        px_registry_model(px_engine_registry(call->api->opts.engine), px_twin_model(twin)), twin);
    px_api_etag(call, px_twin_revision(twin));
    px_api_json(call, 200);
}

void px_on_put_twin(px_api_call *call)
{
    call->request.kind = PX_REQUEST_TWIN_PUT;
    call->request.id = call->args[0];
    if (px_api_conditions(call, false, true))
        px_api_submit(call, put_done);
}

static void changed(px_api_call *call)
{
    px_api_etag(call, call->request.result.seq);
    px_api_finish(call, 204);
}

static void gone(px_api_call *call)
{
    px_api_finish(call, 204);
}

void px_on_patch_twin(px_api_call *call)
{
    call->request.kind = PX_REQUEST_TWIN_PATCH;
    call->request.id = call->args[0];
    call->request.component = (px_str){ 0 };
    if (px_api_conditions(call, true, false))
        px_api_submit(call, changed);
}

void px_on_delete_twin(px_api_call *call)
{
    call->request.kind = PX_REQUEST_TWIN_DELETE;
    call->request.id = call->args[0];
    if (px_api_conditions(call, true, false))
        px_api_submit(call, gone);
}

void px_on_get_component(px_api_call *call)
{
    const px_twin *twin;
    const px_model *model;
    uint32_t component;
    px_err err;

    if (!px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model))
        return;
    component = px_layout_component_find(px_model_layout(model), call->args[1]);
    if (component == PX_NO_COMPONENT) {
        px_fail_id(&err, PX_NOT_FOUND, "component.not_found", "%.*s does not have component %.*s",
                   PX_FMT(call->args[0]), PX_FMT(call->args[1]));
        px_api_fail(call, PX_NOT_FOUND, &err);
        return;
    }
    px_put_component_json(&call->out, model, twin, component);
    px_api_etag(call, px_twin_revision(twin));
    px_api_json(call, 200);
}

void px_on_patch_component(px_api_call *call)
{
    call->request.kind = PX_REQUEST_TWIN_PATCH;
    call->request.id = call->args[0];
    call->request.component = call->args[1];
    if (px_api_conditions(call, true, false))
        px_api_submit(call, changed);
}

static void telemetry_kept(px_api_call *call)
{
    px_api_finish(call, 204);
}

/* Taken; what the model does not know is kept for inspection, as that of devices is, and on the
 * disk before this is answered. */
static void telemetry_done(px_api_call *call)
{
    const px_result *result = &call->request.result;
    px_rejected rejected = { .tenant = call->principal.tenant,
                             .time = call->api->env->now(call->api->env),
                             .sender = call->principal.id,
                             .twin = call->args[0] };

    for (size_t i = 0; i < result->refusal_count; i++) {
        const px_refusal *refusal = &result->refusals[i];

        rejected.name = refusal->name;
        rejected.reason_id = px_str_c(refusal->err.id ? refusal->err.id : "");
        rejected.reason = px_str_c(refusal->err.text);
        rejected.payload = refusal->value;
        px_rejects_add(call->api->opts.rejects, &rejected);
    }
    if (result->refusal_count)
        px_api_when_kept(call, telemetry_kept);
    else
        telemetry_kept(call);
}

static void post_telemetry(px_api_call *call, px_str component)
{
    px_str message_id = call->header(call, "Message-Id");
    px_str source_time = call->header(call, "Telemetry-Source-Time");
    px_err err, why;

    if (message_id.len == 0) {
        px_fail_id(&err, PX_INVALID, "http.message_id", "the header Message-Id is missing");
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    if (source_time.len && px_time_parse(source_time, &call->request.source_time, &why) != PX_OK) {
        px_fail_id(&err, PX_INVALID, "http.source_time", "Telemetry-Source-Time: %s", why.text);
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    call->request.kind = PX_REQUEST_TELEMETRY;
    call->request.id = call->args[0];
    call->request.component = component;
    call->request.message_id = message_id;
    px_api_submit(call, telemetry_done);
}

void px_on_post_telemetry(px_api_call *call)
{
    post_telemetry(call, (px_str){ 0 });
}

void px_on_post_component_telemetry(px_api_call *call)
{
    post_telemetry(call, call->args[1]);
}
