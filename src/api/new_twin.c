/* SPDX-License-Identifier: Apache-2.0 */
#include "api/new_twin.h"

void px_put_new_twin(px_json_writer *w, const px_model *model)
{
    uint32_t count;
    const px_component *components = px_layout_components(px_model_layout(model), &count);

    px_json_begin_object(w);
    px_json_key(w, PX_STR("$metadata"));
    px_json_begin_object(w);
    px_json_key(w, PX_STR("$model"));
    px_json_string(w, px_model_id(model));
    px_json_end_object(w);
    for (uint32_t i = 0; i < count; i++) {
        px_json_key(w, components[i].name);
        px_json_put_raw(w, PX_STR("{\"$metadata\":{}}"));
    }
    px_json_end_object(w);
}

static px_status parse(const px_model *model, px_arena *arena, px_json **ret_json, px_err *ret_err)
{
    px_buf text = { 0 };
    px_json_writer w = px_json_writer_of(&text);
    px_status status;
    px_str kept;

    px_put_new_twin(&w, model);
    status = px_buf_status(&text, ret_err);
    kept = status == PX_OK ? px_arena_str(arena, px_buf_str(&text)) : (px_str){ 0 };
    px_buf_release(&text);
    PX_TRY(status);
    return kept.ptr ? px_json_parse(kept, NULL, arena, ret_json, ret_err)
                    : px_arena_fail(arena, ret_err);
}

px_status px_new_twin_make(px_new_twin *twin, px_await *await, px_arena *arena, px_err *ret_err)
{
    px_request request = { .kind = PX_REQUEST_TWIN_PUT,
                           .principal = twin->principal,
                           .id = twin->id,
                           .source_time = PX_TIME_NONE,
                           .if_none_match = true,
                           .bytes = sizeof(request) };
    px_model_info info;
    uint32_t twin_no, model_no;
    px_json *json;

    twin->revision = 0;
    if (twin->model.len == 0)
        return PX_OK;
    if (px_graph_lookup(px_engine_graph(twin->engine), twin->principal.tenant, twin->id, &twin_no,
                        &model_no) == PX_OK)
        return px_fail_id(ret_err, PX_CONFLICT, "claim.twin",
                          "there is a twin '%.*s' already; take another id, or have the device "
                          "registered by hand",
                          PX_FMT(twin->id));
    if (!px_registry_find(px_engine_registry(twin->engine), twin->principal.tenant, twin->model,
                          &info))
        return px_fail_id(ret_err, PX_NOT_FOUND, "model.not_found", "there is no model '%.*s'",
                          PX_FMT(twin->model));
    PX_TRY(parse(info.model, arena, &json, ret_err));
    request.json = json;
    PX_TRY(px_await_one(await, twin->engine, &request, ret_err));
    twin->revision = request.result.seq;
    return PX_OK;
}

void px_new_twin_undo(px_new_twin *twin, px_await *await)
{
    px_request request = { .kind = PX_REQUEST_TWIN_DELETE,
                           .principal = twin->principal,
                           .id = twin->id,
                           .source_time = PX_TIME_NONE,
                           .if_match = twin->revision,
                           .bytes = sizeof(request) };

    if (twin->revision)
        (void)!px_await_one(await, twin->engine, &request, NULL);
}
