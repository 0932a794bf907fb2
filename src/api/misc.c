/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, rejects, whether the server is well, the console. */
#include "api/inner.h"
#include "api/watch.h"

px_handler px_v1_get_stream, px_on_get_healthz, px_on_get_readyz;

/* ---- stream ---- */

static bool read_position(px_str text, uint64_t *ret_position)
{
    *ret_position = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *ret_position = *ret_position * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len > 0 && text.len < 19;
}

void px_v1_get_stream(px_api_call *call)
{
    px_str last = call->header(call, "Last-Event-ID"), twins = px_api_param_raw(call, "twins");
    uint64_t after = UINT64_MAX;
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_WATCH, (px_str){ 0 }, &err);

    if (last.len == 0)
        last = px_api_param(call, "after");
    if (status == PX_OK && last.len && !read_position(last, &after))
        status = px_fail_id(&err, PX_INVALID, "stream.id", "'%.*s' is no event id of this server",
                            PX_FMT(last));
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else
        px_watch_stream(call->api->watch, call, twins, after);
}

/* ---- operators ---- */

void px_on_get_healthz(px_api_call *call)
{
    px_put_c(&call->out, "{\"status\":\"ok\"}");
    px_api_json(call, 200);
}

/* What keeps the server from its work; empty: nothing. */
static px_str why_not_ready(const px_api_opts *opts, px_err *err)
{
    px_store_stats store;

    if (px_engine_status(opts->engine, err) != PX_OK)
        return px_str_c(err->text);
    if (opts->history && px_history_status(opts->history, err) != PX_OK)
        return px_str_c(err->text);
    if (opts->freshness && px_fresh_status(opts->freshness, err) != PX_OK)
        return px_str_c(err->text);
    if (opts->status && opts->status(opts->doors_data, err) != PX_OK)
        return px_str_c(err->text);
    px_store_stats_get(px_engine_store(opts->engine), &store);
    return store.full ? PX_STR("disk full: reads only") : PX_STR("");
}

void px_on_get_readyz(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_err err;
    px_str why = why_not_ready(&call->api->opts, &err);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("status"));
    px_json_string(&w, why.len ? why : PX_STR("ready"));
    px_json_end_object(&w);
    px_api_json(call, why.len ? 503 : 200);
}

/* ---- the console ---- */

/* `If-None-Match: "a", W/"b"` or `*` */
static bool is_known(px_str tags, px_str etag)
{
    while (tags.len) {
        px_str tag = px_str_cut(&tags, ',');

        while (tag.len && tag.ptr[0] == ' ')
            tag = px_str_skip(tag, 1);
        if (px_str_starts(tag, PX_STR("W/")))
            tag = px_str_skip(tag, 2);
        if (px_str_eq(tag, etag) || px_str_eq(tag, PX_STR("*")))
            return true;
    }
    return false;
}

static void answer_asset(px_api_call *call, const px_api_asset *asset)
{
    px_api_header(call, "ETag", px_str_c(asset->etag));
    px_api_header(call, "Cache-Control", px_str_c(asset->cache_control));
    px_api_header(call, "Content-Security-Policy", px_str_c(asset->security_policy));
    px_api_header(call, "X-Content-Type-Options", PX_STR("nosniff"));
    px_api_header(call, "Referrer-Policy", PX_STR("no-referrer"));
    if (is_known(call->header(call, "If-None-Match"), px_str_c(asset->etag))) {
        px_api_finish(call, 304);
        return;
    }
    if (asset->gzip)
        px_api_header(call, "Content-Encoding", PX_STR("gzip"));
    call->content_type = asset->mime;
    call->static_body = asset->bytes;
    px_api_finish(call, 200);
}

void px_on_get_asset(px_api_call *call)
{
    px_api_asset asset;
    px_err err;

    if (call->api->opts.asset && call->api->opts.asset(call->path, &asset)) {
        answer_asset(call, &asset);
        return;
    }
    px_fail_id(&err, PX_NOT_FOUND, "http.path", "there is nothing at %.*s", PX_FMT(call->path));
    px_api_fail(call, PX_NOT_FOUND, &err);
}
