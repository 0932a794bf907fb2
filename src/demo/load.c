/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/load.h"

#include "server/pack_assets.h"

#define AZURE "api-version=2023-10-31"

static const char if_absent[] = "If-None-Match: *";

/* ---- the pack ---- */

/* "/PACK/FOLDER/…" */
static bool is_in(const px_asset *asset, px_str pack, px_str folder)
{
    px_str rest = px_str_skip(asset->path, 1);

    return px_str_eq(px_str_cut(&rest, '/'), pack) && px_str_eq(px_str_cut(&rest, '/'), folder);
}

bool px_pack_exists(px_str pack)
{
    for (size_t i = 0; i < pxi_pack_count; i++)
        if (is_in(&pxi_pack_table[i], pack, PX_STR("models")))
            return true;
    return false;
}

/* ---- calls ---- */

/* Sends, and reads the answer into the arena. `ret_root` NULL: of no interest. */
static px_status call(px_http *http, const px_http_call *what, px_arena *arena, px_json **ret_root,
                      px_err *ret_err)
{
    px_http_reply reply = { 0 };
    px_status status = px_http_send(http, what, &reply, ret_err);
    px_str text;

    if (status == PX_OK && ret_root) {
        text = px_arena_str(arena, px_buf_str(&reply.body));
        status = text.ptr ? px_json_parse(text, NULL, arena, ret_root, ret_err)
                          : px_arena_fail(arena, ret_err);
    }
    px_buf_release(&reply.body);
    return status;
}

/* PUT that lets alone what is there. */
static px_status put_absent(px_http *http, const char *path, px_str body, px_err *ret_err)
{
    px_http_call put = { .method = "PUT", .path = path, .body = body, .header = if_absent };
    px_err err;
    px_status status = call(http, &put, NULL, NULL, &err);

    if (status == PX_OK || status == PX_STALE || status == PX_CONFLICT)
        return PX_OK;
    if (ret_err)
        *ret_err = err;
    return status;
}

/* ---- models ---- */

static px_status is_missing(px_http *http, px_str id, bool *ret_missing, px_err *ret_err)
{
    px_buf path = { 0 };
    px_http_call get = { .method = "GET" };
    px_status status;
    px_err err;

    px_put_c(&path, "/models/");
    px_put_url_part(&path, id);
    px_put_c(&path, "?" AZURE);
    status = px_buf_status(&path, &err);
    get.path = path.ptr;
    if (status == PX_OK)
        status = call(http, &get, NULL, NULL, &err);
    px_buf_release(&path);
    *ret_missing = status == PX_NOT_FOUND;
    if (status == PX_OK || status == PX_NOT_FOUND)
        return PX_OK;
    if (ret_err)
        *ret_err = err;
    return status;
}

static px_status put_missing(px_http *http, px_str pack, px_arena *arena, px_buf *body,
                             px_err *ret_err)
{
    for (size_t i = 0; i < pxi_pack_count; i++) {
        const px_asset *asset = &pxi_pack_table[i];
        px_json *model;
        bool missing;

        if (!is_in(asset, pack, PX_STR("models")))
            continue;
        PX_TRY(px_json_parse(px_pack_text(asset), NULL, arena, &model, ret_err));
        PX_TRY(is_missing(http, px_json_get_text(model, PX_STR("@id")), &missing, ret_err));
        if (!missing)
            continue;
        px_put_char(body, body->len ? ',' : '[');
        px_put(body, px_pack_text(asset));
    }
    return px_buf_status(body, ret_err);
}

static px_status load_models(px_http *http, px_str pack, px_arena *arena, bool *ret_is_fresh,
                             px_err *ret_err)
{
    px_http_call post = { .method = "POST", .path = "/models?" AZURE };
    px_buf body = { 0 };
    px_status status = put_missing(http, pack, arena, &body, ret_err);

    *ret_is_fresh = body.len > 0;
    if (status == PX_OK && body.len > 0) {
        px_put_char(&body, ']');
        post.body = px_buf_str(&body);
        status = call(http, &post, NULL, NULL, ret_err);
    }
    px_buf_release(&body);
    return status;
}

/* ---- the graph ---- */

static px_status load_twin(px_http *http, const px_json *twin, px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/digitaltwins/");
    px_put_url_part(&path, px_json_get_text(twin, PX_STR("$dtId")));
    px_put_c(&path, "?" AZURE);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = put_absent(http, path.ptr, twin->raw, ret_err);
    px_buf_release(&path);
    return status;
}

static px_status load_relationship(px_http *http, const px_json *rel, px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/digitaltwins/");
    px_put_url_part(&path, px_json_get_text(rel, PX_STR("$sourceId")));
    px_put_c(&path, "/relationships/");
    px_put_url_part(&path, px_json_get_text(rel, PX_STR("$relationshipId")));
    px_put_c(&path, "?" AZURE);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = put_absent(http, path.ptr, rel->raw, ret_err);
    px_buf_release(&path);
    return status;
}

static px_status load_all(px_http *http, const px_json *list,
                          px_status load(px_http *, const px_json *, px_err *), px_err *ret_err)
{
    for (const px_json *item = list ? list->first : NULL; item; item = item->next)
        PX_TRY(load(http, item, ret_err));
    return PX_OK;
}

/* ---- the device ---- */

static void put_twins(px_buf *body, const px_json *twins)
{
    px_json_writer w = px_json_writer_of(body);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twins"));
    px_json_begin_array(&w);
    for (const px_json *twin = twins->first; twin; twin = twin->next)
        px_json_string(&w, px_json_get_text(twin, PX_STR("$dtId")));
    px_json_end_array(&w);
    px_json_end_object(&w);
}

static px_status bind_device(px_http *http, px_str device, const px_json *twins, px_arena *arena,
                             px_str *ret_key, px_err *ret_err)
{
    px_buf path = { 0 }, body = { 0 };
    px_http_call put = { .method = "PUT" }, post = { .method = "POST", .body = PX_STR("{}") };
    px_json *answer = NULL;
    px_status status;

    put_twins(&body, twins);
    px_put_c(&path, "/api/v1/devices/");
    px_put_url_part(&path, device);
    put.body = px_buf_str(&body);
    put.path = path.ptr;
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = call(http, &put, arena, NULL, ret_err);
    px_put_c(&path, "/key");
    post.path = path.ptr;
    if (status == PX_OK)
        status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = call(http, &post, arena, &answer, ret_err);
    px_buf_release(&path);
    px_buf_release(&body);
    PX_TRY(status);
    *ret_key = px_json_get_text(answer, PX_STR("key"));
    return ret_key->len ? PX_OK : px_fail(ret_err, PX_CORRUPT, "the server gave the device no key");
}

px_status px_pack_load(px_http *http, px_str pack, px_str device, px_arena *arena,
                       px_load *ret_load, px_err *ret_err)
{
    px_load load = { 0 };

    if (!px_pack_exists(pack))
        return px_fail_id(ret_err, PX_NOT_FOUND, "pack.name", "there is no pack '%.*s'",
                          PX_FMT(pack));
    PX_TRY(load_models(http, pack, arena, &load.is_fresh, ret_err));
    for (size_t i = 0; i < pxi_pack_count; i++) {
        const px_json *graph, *twins;
        px_json *file;

        if (!is_in(&pxi_pack_table[i], pack, PX_STR("graph")))
            continue;
        PX_TRY(px_json_parse(px_pack_text(&pxi_pack_table[i]), NULL, arena, &file, ret_err));
        graph = px_json_get(file, PX_STR("digitalTwinsGraph"));
        twins = px_json_get(graph, PX_STR("digitalTwins"));
        px_assert(twins != NULL); /* the pack is ours */
        load.twins += twins->count;
        PX_TRY(load_all(http, twins, load_twin, ret_err));
        PX_TRY(load_all(http, px_json_get(graph, PX_STR("relationships")), load_relationship,
                        ret_err));
        PX_TRY(bind_device(http, device, twins, arena, &load.device_key, ret_err));
    }
    *ret_load = load;
    return PX_OK;
}
