/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/binding_desk.h"

static px_status find_twin(void *data, px_str id, px_bind_model *ret_model, px_err *ret_err)
{
    const px_bind_desk *desk = data;
    const px_model *model = NULL;
    uint32_t twin_no;

    if (!px_binding_writes_itself(desk->binding))
        PX_TRY(px_authorize(desk->sender, PX_ACTION_REPORT, id, ret_err));
    if (px_graph_lookup(px_engine_graph(desk->engine), desk->sender->tenant, id, &twin_no,
                        &ret_model->model_no) == PX_OK)
        model = px_registry_model(px_engine_registry(desk->engine), ret_model->model_no);
    if (!model)
        return px_fail_id(ret_err, PX_NOT_FOUND, "twin.not_found", "there is no twin '%.*s'",
                          PX_FMT(id));
    ret_model->layout = px_model_layout(model);
    ret_model->dtmi = px_model_id(model);
    return PX_OK;
}

static px_status find_model(void *data, px_str dtmi, px_bind_model *ret_model, px_err *ret_err)
{
    const px_bind_desk *desk = data;
    px_model_info info;

    if (!px_registry_find(px_engine_registry(desk->engine), desk->sender->tenant, dtmi, &info))
        return px_fail_id(ret_err, PX_INVALID, "twin.model", "there is no model %.*s; upload it",
                          PX_FMT(dtmi));
    ret_model->model_no = info.model_no;
    ret_model->layout = px_model_layout(info.model);
    ret_model->dtmi = px_model_id(info.model);
    return PX_OK;
}

px_status px_bind_desk_map(const px_bind_desk *desk, const px_bind_input *input, px_arena *arena,
                           px_bound *ret_bound, px_err *ret_err)
{
    px_bind_desk own = *desk;
    px_bind_world world = { .twin = find_twin, .model = find_model, .data = &own };

    return px_binding_map(desk->binding, input, &world, arena, ret_bound, ret_err);
}

size_t px_bind_desk_count(const px_bound *bound)
{
    size_t count = 0;

    for (size_t i = 0; i < bound->twin_count; i++) {
        const px_bound_twin *twin = bound->twins[i];

        count +=
            (size_t)(twin->is_new + (twin->is_new && twin->parent.len)) + (twin->sample_count > 0);
    }
    return count;
}

/* The sender with the one twin that this is about, or the binding itself. */
static px_status put_principal(const px_bind_desk *desk, px_arena *arena, px_request *item,
                               px_err *ret_err)
{
    px_str *twin;

    item->source_time = PX_TIME_NONE;
    if (px_binding_writes_itself(desk->binding)) {
        item->principal = (px_principal){ .tenant = desk->sender->tenant,
                                          .role = PX_ROLE_ADMIN,
                                          .id = px_binding_name(desk->binding) };
        return PX_OK;
    }
    twin = PX_ARENA_NEW(arena, px_str);
    if (!twin)
        return px_arena_fail(arena, ret_err);
    *twin = item->id;
    item->principal = *desk->sender;
    item->principal.twins = twin;
    item->principal.twin_count = desk->sender->role == PX_ROLE_DEVICE ? 1 : 0;
    return PX_OK;
}

static void put_new(const px_bound_twin *twin, px_request *items, size_t *count)
{
    items[(*count)++] = (px_request){
        .kind = PX_REQUEST_TWIN_PUT, .id = twin->id, .json = twin->document, .if_none_match = true
    };
}

static void put_parent(const px_bound_twin *twin, px_request *items, size_t *count)
{
    items[(*count)++] = (px_request){ .kind = PX_REQUEST_RELATIONSHIP_PUT,
                                      .id = twin->parent,
                                      .relationship_id = twin->relationship_id,
                                      .json = twin->relationship,
                                      .if_none_match = true };
}

px_status px_bind_desk_items(const px_bind_desk *desk, const px_bound *bound, px_arena *arena,
                             px_request *items, px_err *ret_err)
{
    size_t count = 0;

    for (size_t i = 0; i < bound->twin_count; i++)
        if (bound->twins[i]->is_new)
            put_new(bound->twins[i], items, &count);
    for (size_t i = 0; i < bound->twin_count; i++)
        if (bound->twins[i]->is_new && bound->twins[i]->parent.len)
            put_parent(bound->twins[i], items, &count);
    for (size_t i = 0; i < bound->twin_count; i++)
        if (bound->twins[i]->sample_count)
            items[count++] = (px_request){ .kind = PX_REQUEST_DEVICE_MESSAGE,
                                           .id = bound->twins[i]->id,
                                           .model_no = bound->twins[i]->model.model_no,
                                           .samples = bound->twins[i]->samples,
                                           .sample_count = bound->twins[i]->sample_count };
    for (size_t i = 0; i < count; i++)
        PX_TRY(put_principal(desk, arena, &items[i], ret_err));
    return PX_OK;
}

px_bind_miss px_bind_miss_of(const px_err *err)
{
    px_bind_miss miss = { .id = err->id };

    px_err_copy(err, miss.text, sizeof(miss.text));
    return miss;
}

void px_bind_desk_reject(const px_bind_desk *desk, px_rejects *rejects, px_time time,
                         const px_bind_input *input, const px_bind_miss *miss)
{
    px_rejected rejected = { .tenant = desk->sender->tenant,
                             .time = time,
                             .sender = desk->sender->id,
                             .twin = miss->twin,
                             .name = miss->name,
                             .reason_id = px_str_c(miss->id),
                             .reason = px_str_c(miss->text),
                             .binding = px_binding_name(desk->binding),
                             .source = input->topic,
                             .row = miss->row,
                             .slot = miss->slot,
                             .role = desk->sender->role,
                             .document_no = desk->sender->document_no,
                             .payload = input->payload,
                             .is_whole = px_binding_name(desk->binding).len > 0 };

    px_rejects_add(rejects, &rejected);
}
