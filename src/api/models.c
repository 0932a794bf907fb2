/* SPDX-License-Identifier: Apache-2.0 */
/* /models of the data plane. */
#include "api/azure.h"
#include "api/inner.h"

enum { PAGE_MAX = 1000 };

px_handler px_on_post_models, px_on_list_models, px_on_get_model, px_on_patch_model,
    px_on_delete_model;

static void put_languages(px_json_writer *w, const char *key, px_lang_map map)
{
    px_json_key(w, px_str_c(key));
    px_json_begin_object(w);
    for (uint32_t i = 0; i < map.count; i++) {
        px_json_key(w, map.items[i].lang);
        px_json_string(w, map.items[i].text);
    }
    px_json_end_object(w);
}

/* uploadTime ends in +00:00, as the service writes it */
static void put_upload_time(px_json_writer *w, px_time time)
{
    px_buf text = { 0 };

    px_put_time7(&text, time);
    if (text.status == PX_OK && text.len)
        text.len--;
    px_put_c(&text, "+00:00");
    px_json_key(w, PX_STR("uploadTime"));
    px_json_string(w, px_buf_str(&text));
    px_buf_release(&text);
}

static void put_model(px_json_writer *w, const px_model_info *info, bool with_definition)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, px_model_id(info->model));
    put_languages(w, "displayName", px_model_display_names(info->model));
    put_languages(w, "description", px_model_descriptions(info->model));
    px_json_key(w, PX_STR("decommissioned"));
    px_json_bool(w, info->decommissioned);
    put_upload_time(w, info->upload_time);
    if (with_definition) {
        px_json_key(w, PX_STR("model"));
        px_json_put_raw(w, px_model_text(info->model));
    }
    px_json_end_object(w);
}

/* In the order of the request: the ids stand in its text. */
static void posted(px_api_call *call)
{
    px_registry *registry = px_engine_registry(call->api->opts.engine);
    px_json_writer w = px_json_writer_of(&call->out);
    px_json *root;
    px_model_info info;

    px_json_begin_array(&w);
    if (px_json_parse(call->body, NULL, &call->arena, &root, NULL) == PX_OK) {
        const px_json *first = root->type == PX_JSON_ARRAY ? root->first : root;

        for (const px_json *m = first; m; m = m->next)
            if (px_registry_find(registry, call->principal.tenant,
                                 px_json_get_text(m, PX_STR("@id")), &info))
                put_model(&w, &info, false);
    }
    px_json_end_array(&w);
    px_api_json(call, 201);
}

/* What can be no models at all; the rest is for their parser, and so is what is no JSON. */
static bool is_scalar(px_api_call *call)
{
    px_json_opts opts = px_json_opts_door();
    px_str body = px_str_trim(call->body);
    px_json *json;

    return body.len && !strchr("[{", body.ptr[0]) &&
           px_json_parse(body, &opts, &call->arena, &json, NULL) == PX_OK;
}

void px_on_post_models(px_api_call *call)
{
    px_err err;

    if (is_scalar(call)) {
        px_fail_id(&err, PX_INVALID, "model.empty",
                   "models provided was empty or of a type that is not supported");
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    call->request.kind = PX_REQUEST_MODELS_PUT;
    call->request.text = call->body;
    px_api_submit(call, posted);
}

static bool wants_definition(px_api_call *call)
{
    return px_str_eq(px_api_param(call, "includeModelDefinition"), PX_STR("true"));
}

static bool find_model(px_api_call *call, px_str id, px_model_info *ret_info)
{
    px_err err;

    if (px_registry_find(px_engine_registry(call->api->opts.engine), call->principal.tenant, id,
                         ret_info))
        return true;
    px_fail_id(&err, PX_NOT_FOUND, "model.not_found",
               "There is no Model(s) available that matches the provided id(s): %.*s", PX_FMT(id));
    px_api_fail(call, PX_NOT_FOUND, &err);
    return false;
}

/* `dependenciesFor` may come several times, and several ids in one, joined by commas. */
static bool list_dependencies(px_api_call *call, px_json_writer *w, bool with_definition)
{
    px_registry *registry = px_engine_registry(call->api->opts.engine);
    px_map seen = { 0 };
    px_str rest = call->query;
    bool good = true;

    while (good && rest.len) {
        px_str pair = px_str_cut(&rest, '&'), value, ids;

        if (!px_str_eq(px_str_cut(&pair, '='), PX_STR("dependenciesFor")) ||
            !px_api_decode(&call->arena, pair, true, &value))
            continue;
        for (ids = value; good && ids.len;) {
            px_model_info named, info;
            const px_model *const *needed;
            uint32_t count;

            good = find_model(call, px_str_cut(&ids, ','), &named);
            if (!good)
                break;
            needed = px_model_dependencies(named.model, &count);
            for (uint32_t i = 0; i <= count; i++) {
                px_str id = px_model_id(i < count ? needed[i] : named.model);
                uint64_t hash = px_str_hash(id);

                if (px_map_first(&seen, hash) != PX_MAP_END || !px_map_add(&seen, hash, 0))
                    continue;
                if (px_registry_find(registry, call->principal.tenant, id, &info))
                    put_model(w, &info, with_definition);
            }
        }
    }
    px_map_release(&seen);
    return good;
}

/* The token is the number of the last model given. */
static void put_next_link(px_api_call *call, px_json_writer *w, uint32_t last_no,
                          bool with_definition)
{
    px_buf link = { 0 };

    px_api_put_origin(call, &link);
    px_putf(&link, "/models?continuationToken=%u&", last_no);
    px_api_put_version(call, &link);
    if (with_definition)
        px_put_c(&link, "&includeModelDefinition=true");
    px_json_string(w, px_buf_str(&link));
    px_buf_release(&link);
}

static void end_page(px_api_call *call, px_json_writer *w, uint32_t last_no, bool with_definition)
{
    px_json_end_array(w);
    px_json_key(w, PX_STR("nextLink"));
    if (last_no)
        put_next_link(call, w, last_no, with_definition);
    else
        px_json_null(w);
    px_json_end_object(w);
    px_api_json(call, 200);
}

void px_on_list_models(px_api_call *call)
{
    bool with_definition = wants_definition(call);
    uint64_t after;
    uint32_t page;
    px_json_writer w = px_json_writer_of(&call->out);
    px_model_info *infos;
    uint32_t last_no = 0;
    size_t count, given = 0;
    px_err err;
    px_status status;

    if (!px_api_may(call, PX_ACTION_READ_MODEL) ||
        !px_api_param_number(call, "continuationToken", 0, 0, UINT32_MAX, &after) ||
        !px_api_page_size(
            call, call->api->opts.azure_limits ? PX_AZURE_MODELS_PER_PAGE_MAX : PAGE_MAX, &page))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("value"));
    px_json_begin_array(&w);
    if (px_api_param(call, "dependenciesFor").ptr) {
        if (list_dependencies(call, &w, with_definition))
            end_page(call, &w, 0, with_definition);
        return;
    }
    status = px_registry_list(px_engine_registry(call->api->opts.engine), call->principal.tenant,
                              (px_str){ 0 }, &call->arena, &infos, &count, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (infos[i].model_no <= after)
            continue;
        if (given == page) {
            last_no = infos[i - 1].model_no;
            break;
        }
        put_model(&w, &infos[i], with_definition);
        given++;
    }
    end_page(call, &w, last_no, with_definition);
}

void px_on_get_model(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_model_info info;

    if (!px_api_may(call, PX_ACTION_READ_MODEL) || !find_model(call, call->args[0], &info))
        return;
    put_model(&w, &info, wants_definition(call));
    px_api_json(call, 200);
}

static void no_content(px_api_call *call)
{
    px_api_finish(call, 204);
}

/* Only `replace /decommissioned`. */
void px_on_patch_model(px_api_call *call)
{
    const px_json *op = px_json_item(call->request.json, 0);
    const px_json *value = px_json_get(op, PX_STR("value"));
    px_model_info info;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_MODEL) || !find_model(call, call->args[0], &info) ||
        !px_api_body(call))
        return;
    if (!px_json_is(call->request.json, PX_JSON_ARRAY) || call->request.json->count != 1 ||
        !px_str_eq(px_json_get_text(op, PX_STR("op")), PX_STR("replace")) ||
        !px_str_eq(px_json_get_text(op, PX_STR("path")), PX_STR("/decommissioned")) ||
        !px_json_is_bool(value)) {
        px_fail_id(
            &err, PX_INVALID, "patch.form",
            "of a model only [{\"op\":\"replace\",\"path\":\"/decommissioned\",\"value\":true}] "
            "can be patched");
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    call->request.kind = PX_REQUEST_MODEL_DECOMMISSION;
    call->request.id = call->args[0];
    call->request.flag = value->type == PX_JSON_TRUE;
    px_api_submit(call, no_content);
}

void px_on_delete_model(px_api_call *call)
{
    call->request.kind = PX_REQUEST_MODEL_DELETE;
    call->request.id = call->args[0];
    px_api_submit(call, no_content);
}
