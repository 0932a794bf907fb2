/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request: route, prove who asks, read the body, hand to the handler. Arguments of the path are
 * decoded after it was split, so an id may hold `/`.
 */
#include "api/api.h"

#include <stdatomic.h>
#include <stdio.h>

#include "api/azure.h"
#include "api/branches.h"
#include "api/ingest.h"
#include "api/inner.h"
#include "api/jobs.h"
#include "api/media.h"
#include "api/once.h"
#include "api/params.h"
#include "api/rate.h"
#include "api/watch.h"
#include "api/workers.h"

enum { SEGMENTS_MAX = 12, ARGS_MAX = 4, READ_THREADS = 2 };

px_status px_api_new(const px_api_opts *opts, px_api **ret_api, px_err *ret_err)
{
    px_api *api = px_zalloc(1, sizeof(*api));
    px_status status;

    if (!api)
        return px_no_memory(ret_err);
    api->opts = *opts;
    api->env = px_engine_env(opts->engine);
    api->env->random(api->env, &api->server_number, sizeof(api->server_number));
    api->sessions = px_sessions_new(api->env);
    api->logins = px_login_cache_new();
    api->branches = px_branches_new();
    status = api->sessions && api->logins && api->branches ? px_watch_new(api, &api->watch, ret_err)
                                                           : px_no_memory(ret_err);
    if (status == PX_OK)
        status = px_ingest_init(api, ret_err);
    if (status == PX_OK)
        status = px_rates_new(opts->rate_per_second, &api->rates, ret_err);
    if (status == PX_OK)
        status = px_workers_new(READ_THREADS, READ_THREADS, &api->workers, ret_err);
    if (status == PX_OK)
        status = px_workers_new(PX_QUERIES_AT_ONCE, PX_QUERIES_AT_ONCE - 1, &api->query_workers,
                                ret_err);
    if (status == PX_OK)
        status = px_workers_new(READ_THREADS, READ_THREADS, &api->bulk_workers, ret_err);
    if (status == PX_OK)
        status = px_jobs_new(api, &api->jobs, ret_err);
    if (status != PX_OK) {
        px_api_free(api);
        return status;
    }
    *ret_api = api;
    return PX_OK;
}

void px_api_stop(px_api *api)
{
    atomic_store(&api->stopping, true);
    px_watch_stop(api->watch);
    px_jobs_stop(api->jobs);
    px_workers_stop(api->bulk_workers);
    px_workers_stop(api->query_workers);
    px_workers_stop(api->workers);
}

void px_api_free(px_api *api)
{
    if (!api)
        return;
    px_jobs_free(api->jobs);
    px_workers_free(api->bulk_workers);
    px_workers_free(api->query_workers);
    px_workers_free(api->workers);
    px_watch_free(api->watch);
    px_branches_free(api->branches);
    px_sessions_free(api->sessions);
    px_login_cache_free(api->logins);
    px_rates_free(api->rates);
    px_ingest_release(api);
    px_free(api);
}

/* ---- routing ---- */

static size_t split_path(px_str path, px_str segments[SEGMENTS_MAX])
{
    size_t count = 0;

    if (path.len == 0 || path.ptr[0] != '/')
        return SIZE_MAX;
    path = px_str_skip(path, 1);
    while (path.len) {
        if (count == SEGMENTS_MAX)
            return SIZE_MAX;
        segments[count++] = px_str_cut(&path, '/');
    }
    return count;
}

/* True when the segments fit; `ret_args` gets those under `*`, raw. */
static bool pattern_fits(const char *pattern, const px_str *segments, size_t count,
                         px_str *ret_args)
{
    px_str rest = px_str_c(pattern + 1);
    size_t i = 0, args = 0;

    for (; rest.len; i++) {
        px_str wanted = px_str_cut(&rest, '/');

        if (i == count)
            return false;
        if (px_str_eq(wanted, PX_STR("*")))
            ret_args[args++] = segments[i];
        else if (!px_str_eq(wanted, segments[i]))
            return false;
    }
    return i == count;
}

static bool is_azure(px_str path)
{
    static const char *const roots[] = { "/models", "/digitaltwins", "/query", "/eventroutes",
                                         "/jobs" };

    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        size_t len = strlen(roots[i]);

        if (px_str_starts(path, px_str_c(roots[i])) && (path.len == len || path.ptr[len] == '/'))
            return true;
    }
    return false;
}

static void refuse_path(px_api_call *call, const char *allowed)
{
    static const px_route azure = { .flags = PX_ROUTE_AZURE };
    px_err err;

    if (is_azure(call->path))
        call->route = &azure;
    if (allowed[0]) {
        px_api_header(call, "Allow", px_str_c(allowed));
        px_fail_id(&err, PX_INVALID, "http.method", "%.*s is not offered at %.*s; %s is",
                   PX_FMT(call->method), PX_FMT(call->path), allowed);
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    px_fail_id(&err, PX_NOT_FOUND, "http.path", "there is nothing at %.*s", PX_FMT(call->path));
    px_api_fail(call, PX_NOT_FOUND, &err);
}

/* The arguments of the path, each decoded by itself. */
static bool decode_args(px_api_call *call, const px_str raw[ARGS_MAX])
{
    px_err err;

    for (size_t i = 0; i < ARGS_MAX && raw[i].ptr; i++) {
        if (px_api_decode(&call->arena, raw[i], false, &call->args[i]))
            continue;
        px_fail_id(&err, PX_INVALID, "http.path", "a segment of the path is malformed");
        px_api_fail(call, PX_INVALID, &err);
        return false;
    }
    return true;
}

/* A method that the path has, for `Allow`. */
static void allow(char *allowed, size_t size, const char *method)
{
    size_t len = strlen(allowed);

    if (strstr(allowed, method))
        return;
    snprintf(allowed + len, size - len, "%s%s%s", len ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

/* HEAD is GET without its body, which the door keeps back. */
static bool find_route(px_api_call *call)
{
    px_str method = px_str_eq(call->method, PX_STR("HEAD")) ? PX_STR("GET") : call->method;
    px_str segments[SEGMENTS_MAX];
    size_t count = split_path(call->path, segments);
    char allowed[48] = "";

    for (const px_route *route = px_api_routes; count != SIZE_MAX && route->method; route++) {
        px_str raw[ARGS_MAX] = { { 0 } };

        if (!pattern_fits(route->pattern, segments, count, raw) ||
            (route->handler == px_on_get_asset && is_azure(call->path)))
            continue;
        if (px_str_eq(method, px_str_c(route->method))) {
            call->route = route;
            return decode_args(call, raw);
        }
        if (route->handler != px_on_get_asset) /* the console's last routes fit everything */
            allow(allowed, sizeof(allowed), route->method);
    }
    refuse_path(call, allowed);
    return false;
}

/* ---- checks before the handler ---- */

static px_status check_version(px_api_call *call, px_err *ret_err)
{
    static const char *const known[] = { "2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31" };
    px_str version;

    if (!(call->route->flags & PX_ROUTE_AZURE))
        return PX_OK;
    version = px_api_param(call, "api-version");
    for (size_t i = 0; version.ptr && i < sizeof(known) / sizeof(known[0]); i++)
        if (px_str_eq(version, px_str_c(known[i])))
            return PX_OK;
    if (version.len == 0)
        return px_fail_id(ret_err, PX_INVALID, "http.version",
                          "the parameter api-version is missing; use api-version=2023-10-31");
    return px_fail_id(ret_err, PX_INVALID, "http.version",
                      "api-version '%.*s' is not known; use 2023-10-31", PX_FMT(version));
}

/* Versions are dates, so their order is that of their text; what is none gets the newest rules. */
bool px_api_is_since(px_api_call *call, const char *version)
{
    px_str own = px_api_param(call, "api-version");

    return own.len != strlen(version) || memcmp(own.ptr, version, own.len) >= 0;
}

/* What the data plane says last: kept until the rest holds. */
static px_status keep_body_err(px_api_call *call, px_status status, const px_err *err)
{
    px_err *kept;

    if (!(call->route->flags & PX_ROUTE_AZURE) || status != PX_INVALID)
        return status;
    kept = PX_ARENA_NEW(&call->arena, px_err);
    if (!kept)
        return status;
    *kept = *err;
    call->request.body_err = kept;
    return PX_OK;
}

static px_status read_body(px_api_call *call, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_json *json = NULL;
    px_status status;

    if (!(call->route->flags & (PX_ROUTE_JSON | PX_ROUTE_ANY_JSON)))
        return PX_OK;
    if (call->body.len == 0 && call->route->flags & PX_ROUTE_ANY_JSON)
        return PX_OK;
    PX_TRY(px_media_check(call, ret_err));
    status = px_json_parse(call->body, &opts, &call->arena, &json, ret_err);
    call->request.json = json;
    if (status != PX_OK)
        return keep_body_err(call, status, ret_err);
    if (call->route->flags & PX_ROUTE_AZURE) /* whose clients may send more */
        return PX_OK;
    return px_api_members_check(json, call->route->body, ret_err);
}

void px_api_handle(px_api *api, px_api_call *call)
{
    px_err err = { 0 };
    px_status status;

    call->api = api;
    call->route = NULL;
    call->then = NULL;
    call->own = NULL;
    call->header_count = 0;
    call->content_type = NULL;
    call->stream = NULL;
    call->static_body = (px_str){ 0 };
    memset(call->args, 0, sizeof(call->args));
    call->principal = (px_principal){ 0 };
    call->session = (px_str){ 0 };
    call->retry_s = 0;
    call->drafting = false;
    call->findings = NULL;
    call->finding_count = 0;
    px_once_end(call);
    if (!find_route(call))
        return;
    status = check_version(call, &err);
    if (status == PX_OK && !(call->route->flags & PX_ROUTE_OPEN))
        status = px_api_login(call, &err);
    if (status == PX_OK && !(call->route->flags & PX_ROUTE_OPEN))
        status = px_rates_admit(api->rates, call, &err);
    memset(&call->request, 0, offsetof(px_request, result));
    call->request.source_time = PX_TIME_NONE;
    if (status == PX_OK)
        status = px_params_check(call, &err);
    if (status == PX_OK)
        status = read_body(call, &err);
    if (status == PX_OK && api->opts.azure_limits)
        status = px_azure_check(call, &err);
    if (status == PX_OK && atomic_load_explicit(&api->stopping, memory_order_relaxed))
        status = px_fail_id(&err, PX_BUSY, "server.ending", "the server is ending");
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    if (px_once_begin(call))
        call->route->handler(call);
}

/* ---- to the engine and back ---- */

static void answered(px_request *request)
{
    px_api_call *call = request->data;

    if (request->once)
        px_once_forget_draft(call);
    if (request->result.status != PX_OK && !call->then_always)
        px_api_fail(call, request->result.status, &request->result.err);
    else if (request->result.status == PX_OK && request->result.kept.ptr)
        px_once_replay(call);
    else
        call->then(call);
}

static void submit(px_api_call *call, void (*then)(px_api_call *call), bool always)
{
    px_request *request = &call->request;
    px_status status;

    request->principal = call->principal;
    request->done = answered;
    request->data = call;
    request->once = px_once_of(call);
    request->bytes = sizeof(*call) + call->arena.used;
    call->then = then;
    call->then_always = always;
    status = px_engine_submit(call->api->opts.engine, request, request);
    if (status == PX_OK)
        return;
    request->result.status = px_fail_id(&request->result.err, status, "engine.busy",
                                        "the server cannot write this now; try again shortly");
    answered(request);
}

bool px_api_body(px_api_call *call)
{
    if (call->request.body_err)
        px_api_fail(call, call->request.body_err->status, call->request.body_err);
    return !call->request.body_err;
}

void px_api_submit(px_api_call *call, void (*then)(px_api_call *call))
{
    submit(call, then, false);
}

void px_api_submit_always(px_api_call *call, void (*then)(px_api_call *call))
{
    submit(call, then, true);
}

static bool is_etag(px_str text)
{
    if (px_str_starts(text, PX_STR("W/")))
        text = px_str_skip(text, 2);
    return text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"';
}

bool px_api_if_match(px_request *request, px_str etag)
{
    if (px_str_eq(etag, PX_STR("*")))
        return true;
    if (!is_etag(etag))
        return false;
    request->if_match_text = etag;
    if (!px_etag_parse(etag, &request->if_match))
        request->if_match = UINT64_MAX; /* not of our making: matches nothing */
    else if (request->if_match == 0)
        request->if_match = PX_REVISION_NONE;
    return true;
}

bool px_api_conditions(px_api_call *call, bool if_match, bool if_none_match)
{
    px_str match = call->header(call, "If-Match"), none = call->header(call, "If-None-Match");
    px_err err;

    if (if_none_match && none.len) {
        if (!px_str_eq(none, PX_STR("*"))) {
            px_fail_id(&err, PX_INVALID, "http.if_none_match",
                       "Invalid If-None-Match header value. Allowed value(s): If-None-Match: *");
            px_api_fail(call, PX_INVALID, &err);
            return false;
        }
        call->request.if_none_match = true;
    }
    if (!if_match || !match.len || px_api_if_match(&call->request, match))
        return true;
    px_fail_id(&err, PX_INVALID, "http.if_match",
               "Invalid If-Match header value. Allowed value(s): If-Match: {etag} or If-Match: *");
    px_api_fail(call, PX_INVALID, &err);
    return false;
}
