/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers, and errors in their two forms. The Azure names are a table over the stable ids of our
 * own errors; what is not in it takes the name of its status.
 */
#include "api/inner.h"
#include "api/once.h"

#include <stdio.h>

/* id (or its beginning, ending in a dot), name in the data plane, HTTP status or 0 for that of the
 * status */
static const struct {
    const char *id, *code;
    int status;
} azure_codes[] = {
    { "twin.not_found", "DigitalTwinNotFound", 404 },
    { "twin.exists", "PreconditionFailed", 412 },
    { "etag.stale", "PreconditionFailed", 412 },
    { "twin.id", "InvalidArgument", 400 },
    { "twin.model_gone", "ValidationFailed", 400 },
    { "twin.model", "InvalidArgument", 400 },
    { "twin.limit", "TwinLimitReached", 400 },
    { "twin.has_relationships", "RelationshipsNotDeleted", 400 },
    { "twin.size", "InvalidArgument", 413 },
    { "twin.", "ValidationFailed", 400 },
    { "value.", "ValidationFailed", 400 },
    { "schema.", "ValidationFailed", 400 },
    { "component.not_found", "ComponentNotFound", 404 },
    { "patch.", "JsonPatchInvalid", 400 },
    { "relationship.not_found", "RelationshipNotFound", 404 },
    { "relationship.exists", "PreconditionFailed", 412 },
    { "relationship.target", "TargetTwinNotFound", 404 },
    { "relationship.self", "OperationNotAllowed", 400 },
    { "relationship.unknown", "ValidationFailed", 400 },
    { "relationship.id", "InvalidArgument", 400 },
    { "relationship.", "InvalidRelationship", 400 },
    { "model.exists", "ModelAlreadyExists", 409 },
    { "model.empty", "InvalidArgument", 400 },
    { "model.not_found", "ModelNotFound", 404 },
    { "model.referenced", "ModelReferencesNotDeleted", 409 },
    { "model.used", "ModelReferencesNotDecommissioned", 409 },
    { "model.decommissioned", "ModelDecommissioned", 400 },
    { "dtdl.unrecognizedContextVersion", "ModelVersionNotSupported", 400 },
    { "dtdl.disallowedContextVersion", "ModelVersionNotSupported", 400 },
    { "azure.version", "ModelVersionNotSupported", 400 },
    { "azure.body", "InvalidArgument", 413 },
    { "azure.", "LimitExceeded", 400 },
    { "dtdl.", "DTDLParserError", 400 },
    { "quota.", "LimitExceeded", 400 },
    { "route.not_found", "EventRouteNotFound", 404 },
    { "route.id", "EventRouteIdInvalid", 400 },
    { "route.endpoint", "EventRouteEndpointInvalid", 400 },
    { "route.filter", "EventRouteFilterInvalid", 400 },
    { "route.limit", "LimitExceeded", 400 },
    { "query.token", "BadRequest", 400 },
    { "query.time", "TimeoutError", 400 },
    { "query.cost", "QuotaReachedError", 429 },
    { "query.memory", "QuotaReachedError", 429 },
    { "query.", "SqlQueryError", 400 },
    { "expr.", "SqlQueryError", 400 },
    { "http.method", "MethodNotAllowed", 405 },
    { "http.rate", "TooManyRequests", 429 },
    { "job.no_import", "ImportJobNotFound", 404 },
    { "job.no_deletion", "DeleteJobNotFound", 404 },
    { "job.limit", "JobLimitReached", 400 },
    { "job.", "ValidationFailed", 400 },
    { "file.name", "ValidationFailed", 400 },
};

static const char *const status_codes[PX_STATUS_COUNT] = {
    [PX_INVALID] = "InvalidArgument",
    [PX_UNAUTHORIZED] = "Unauthorized",
    [PX_DENIED] = "Forbidden",
    [PX_NOT_FOUND] = "NotFound",
    [PX_CONFLICT] = "Conflict",
    [PX_STALE] = "PreconditionFailed",
    [PX_TOO_LARGE] = "LimitExceeded",
    [PX_LIMIT] = "LimitExceeded",
    [PX_TIMEOUT] = "TimeoutError",
    [PX_BUSY] = "ServiceUnavailable",
    [PX_FULL] = "InsufficientStorage",
    [PX_UNSUPPORTED] = "NotImplemented",
    [PX_NO_MEMORY] = "ServiceUnavailable",
};

void px_api_header(px_api_call *call, const char *name, px_str value)
{
    px_str copy = px_arena_str(&call->arena, value);

    if (call->header_count < PX_API_HEADERS_MAX && copy.ptr) {
        call->headers[call->header_count].name = name;
        call->headers[call->header_count++].value = copy;
    }
}

void px_api_etag(px_api_call *call, uint64_t revision)
{
    px_buf *out = &call->out; /* written behind what is there, and taken back */
    size_t begin = out->len;

    px_put_etag(out, revision);
    if (out->status != PX_OK)
        return;
    px_api_header(call, "ETag", px_str_of(out->ptr + begin, out->len - begin));
    out->len = begin;
}

void px_api_finish(px_api_call *call, int status)
{
    if (call->out.status != PX_OK && status < 500) {
        px_buf_clear(&call->out);
        call->content_type = NULL;
        status = 503;
    }
    call->status = status;
    if (!call->drafting)
        call->complete(call);
}

void px_api_json(px_api_call *call, int status)
{
    call->content_type = "application/json; charset=utf-8";
    px_api_finish(call, status);
}

static void put_place(px_json_writer *w, const char *path_key, const px_err *err)
{
    if (err->path[0]) {
        px_json_key(w, px_str_c(path_key));
        px_json_string(w, px_str_c(err->path));
    }
    if (err->line) {
        px_json_key(w, PX_STR("line"));
        px_json_uint(w, err->line);
        px_json_key(w, PX_STR("column"));
        px_json_uint(w, err->column);
    }
}

static bool id_matches(const char *id, const char *pattern)
{
    size_t len = strlen(pattern);

    return pattern[len - 1] == '.' ? strncmp(id, pattern, len) == 0 : strcmp(id, pattern) == 0;
}

static void fail_azure(px_api_call *call, px_status status, const px_err *err)
{
    const char *code = status_codes[status] ? status_codes[status] : "InternalServerError";
    int http = px_status_http(status);
    px_json_writer w;

    for (size_t i = 0; err->id && i < sizeof(azure_codes) / sizeof(azure_codes[0]); i++) {
        if (id_matches(err->id, azure_codes[i].id)) {
            code = azure_codes[i].code;
            if (px_status_http(status) < 500 || status == PX_UNSUPPORTED)
                http = azure_codes[i].status;
            break;
        }
    }
    w = px_json_writer_of(&call->out);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("error"));
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("code"));
    px_json_string(&w, px_str_c(code));
    px_json_key(&w, PX_STR("message"));
    px_json_string(&w, px_str_c(err->text));
    if (http == 429) {
        px_json_key(&w, PX_STR("statusCode"));
        px_json_int(&w, http);
    }
    if (err->id && err->id[0]) {
        px_json_key(&w, PX_STR("details"));
        px_json_begin_array(&w);
        px_json_begin_object(&w);
        px_json_key(&w, PX_STR("code"));
        px_json_string(&w, px_str_c(err->id));
        px_json_key(&w, PX_STR("message"));
        px_json_string(&w, px_str_c(err->text));
        put_place(&w, "path", err);
        px_json_end_object(&w);
        px_json_end_array(&w);
    }
    px_json_end_object(&w);
    px_json_end_object(&w);
    if (px_api_is_since(call, "2023-06-30"))
        px_api_header(call, "x-ms-error-code", px_str_c(code));
    px_api_json(call, http);
}

void px_api_add_finding(px_api_call *call, const px_err *err)
{
    if (!call->findings)
        call->findings = PX_ARENA_ARRAY(&call->arena, px_refusal, PX_FINDINGS_MAX);
    if (call->findings && call->finding_count < PX_FINDINGS_MAX)
        call->findings[call->finding_count++] = (px_refusal){ .err = *err };
}

static void put_findings(px_json_writer *w, const px_api_call *call)
{
    if (call->finding_count == 0)
        return;
    px_json_key(w, PX_STR("errors"));
    px_json_begin_array(w);
    for (size_t i = 0; i < call->finding_count; i++) {
        const px_err *err = &call->findings[i].err;

        px_json_begin_object(w);
        px_json_key(w, PX_STR("id"));
        px_json_string(w, px_str_c(err->id && err->id[0] ? err->id : px_status_code(err->status)));
        px_json_key(w, PX_STR("detail"));
        px_json_string(w, px_str_c(err->text));
        put_place(w, "pointer", err);
        px_json_end_object(w);
    }
    px_json_end_array(w);
}

/* What HTTP has a status of its own for: id, status. */
static const struct {
    const char *id;
    int status;
} problem_statuses[] = {
    { "http.method", 405 },
    { "http.media", 415 },
    { "idempotency.other", 422 },
};

static int problem_status(px_status status, const px_err *err)
{
    for (size_t i = 0; err->id && i < sizeof(problem_statuses) / sizeof(problem_statuses[0]); i++)
        if (strcmp(err->id, problem_statuses[i].id) == 0)
            return problem_statuses[i].status;
    return px_status_http(status);
}

/* RFC 9457 */
static void fail_problem(px_api_call *call, px_status status, const px_err *err)
{
    px_json_writer w = px_json_writer_of(&call->out);
    int http = problem_status(status, err);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("type"));
    px_json_string(&w, PX_STR("about:blank"));
    px_json_key(&w, PX_STR("title"));
    px_json_string(&w, px_str_c(px_status_meaning(status)));
    px_json_key(&w, PX_STR("status"));
    px_json_int(&w, http);
    px_json_key(&w, PX_STR("detail"));
    px_json_string(&w, px_str_c(err->text));
    px_json_key(&w, PX_STR("code"));
    px_json_string(&w, px_str_c(err->id && err->id[0] ? err->id : px_status_code(status)));
    px_json_key(&w, PX_STR("instance"));
    px_json_string(&w, call->path);
    put_place(&w, "pointer", err);
    put_findings(&w, call);
    px_json_end_object(&w);
    call->content_type = "application/problem+json";
    px_api_finish(call, http);
}

void px_api_fail(px_api_call *call, px_status status, const px_err *err)
{
    char retry[16];

    if (px_once_was_done(call))
        return;
    px_buf_clear(&call->out);
    call->stream = NULL;
    snprintf(retry, sizeof(retry), "%u", (unsigned)(call->retry_s ? call->retry_s : 1));
    if (status == PX_BUSY || status == PX_FULL || status == PX_LIMIT)
        px_api_header(call, "Retry-After", px_str_c(retry));
    if (status == PX_UNAUTHORIZED)
        px_api_header(call, "WWW-Authenticate", PX_STR("Bearer"));
    if (call->route && call->route->flags & PX_ROUTE_AZURE)
        fail_azure(call, status, err);
    else
        fail_problem(call, status, err);
}

bool px_api_may(px_api_call *call, px_action action)
{
    px_err err;
    px_status status = px_authorize(&call->principal, action, (px_str){ 0 }, &err);

    if (status != PX_OK)
        px_api_fail(call, status, &err);
    return status == PX_OK;
}
