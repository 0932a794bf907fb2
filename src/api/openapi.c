/* SPDX-License-Identifier: Apache-2.0 */
/* /api/openapi.json: the table of routes.c and the schemas of schemas.c as OpenAPI 3.1. */
#include "api/inner.h"
#include "api/media.h"
#include "api/params.h"

px_handler px_on_get_openapi;

static void put_member(px_json_writer *w, const char *key, const char *value)
{
    px_json_key(w, px_str_c(key));
    px_json_string(w, px_str_c(value));
}

/* /twins/{id} of /twins/ * and "id" */
static void put_path(px_buf *path, const px_route *route)
{
    px_str names = px_str_c(route->args);

    for (const char *at = route->pattern; *at; at++) {
        if (*at == '*') {
            px_put_char(path, '{');
            px_put(path, px_str_cut(&names, ' '));
            px_put_char(path, '}');
        } else {
            px_put_char(path, *at);
        }
    }
}

static void put_parameter(px_json_writer *w, const char *in, const px_param *param)
{
    px_json_begin_object(w);
    put_member(w, "in", in);
    px_json_key(w, PX_STR("name"));
    px_json_string(w, param->name);
    if (strcmp(in, "path") != 0)
        put_member(w, "description", px_param_meaning(param->name));
    px_json_key(w, PX_STR("required"));
    px_json_bool(w, param->needed);
    px_json_key(w, PX_STR("schema"));
    px_put_schema_type(w, param->type);
    px_json_end_object(w);
}

static void put_parameters(px_json_writer *w, const px_route *route)
{
    px_str args = px_str_c(route->args), params = px_str_c(route->params);
    px_param param = { .type = PX_STR("string"), .needed = true };

    px_json_key(w, PX_STR("parameters"));
    px_json_begin_array(w);
    while (args.len) {
        param.name = px_str_cut(&args, ' ');
        put_parameter(w, "path", &param);
    }
    param.name = PX_STR("api-version");
    if (route->flags & PX_ROUTE_AZURE)
        put_parameter(w, "query", &param);
    while (px_param_next(&params, &param))
        put_parameter(w, param.in_header ? "header" : "query", &param);
    px_json_end_array(w);
}

static void put_media(px_json_writer *w, px_str media, px_str schema)
{
    px_json_key(w, media);
    px_json_begin_object(w);
    if (schema.len) {
        px_json_key(w, PX_STR("schema"));
        px_put_schema_type(w, schema);
    }
    px_json_end_object(w);
}

static void put_content(px_json_writer *w, px_str media, px_str schema)
{
    px_json_key(w, PX_STR("content"));
    px_json_begin_object(w);
    put_media(w, media, schema);
    px_json_end_object(w);
}

/* A schema, or the media type of what is no JSON; nothing when empty. */
static void put_kind(px_json_writer *w, px_str kind)
{
    if (kind.len && memchr(kind.ptr, '/', kind.len))
        put_content(w, kind, (px_str){ 0 });
    else if (kind.len)
        put_content(w, PX_STR("application/json"), kind);
}

static void put_body(px_json_writer *w, const px_route *route)
{
    px_json_key(w, PX_STR("requestBody"));
    px_json_begin_object(w);
    px_json_key(w, PX_STR("required"));
    px_json_bool(w, !(route->flags & PX_ROUTE_ANY_JSON));
    if (strchr(route->body, '/')) {
        put_kind(w, px_str_c(route->body));
    } else {
        px_json_key(w, PX_STR("content"));
        px_json_begin_object(w);
        for (const char *const *media = px_media_of(route); *media; media++)
            put_media(w, px_str_c(*media), px_str_c(route->body));
        px_json_end_object(w);
    }
    px_json_end_object(w);
}

static void put_answer(px_json_writer *w, px_str status, px_str body)
{
    px_json_key(w, status);
    px_json_begin_object(w);
    put_member(w, "description", status.ptr[0] == '2' ? "done" : "as the status says");
    put_kind(w, body);
    px_json_end_object(w);
}

static void put_answers(px_json_writer *w, const px_route *route)
{
    bool is_azure = route->flags & PX_ROUTE_AZURE;
    px_str answers = px_str_c(route->answers);

    px_json_key(w, PX_STR("responses"));
    px_json_begin_object(w);
    while (answers.len) {
        px_str body = px_str_cut(&answers, ' '), status = px_str_cut(&body, ':');

        put_answer(w, status, body);
    }
    px_json_key(w, PX_STR("default"));
    px_json_begin_object(w);
    put_member(w, "description", "refused: why, and what would be right");
    if (is_azure)
        put_content(w, PX_STR("application/json"), PX_STR("AzureError"));
    else
        put_content(w, PX_STR("application/problem+json"), PX_STR("Problem"));
    px_json_end_object(w);
    px_json_end_object(w);
}

static const char *tag_of(const px_route *route)
{
    if (route->flags & PX_ROUTE_AZURE)
        return "Azure Digital Twins data plane";
    return strncmp(route->pattern, "/api/v1/", 8) == 0 ? "Pollux" : "Operation";
}

static void put_security(px_json_writer *w, const px_route *route)
{
    if (!(route->flags & PX_ROUTE_OPEN))
        return;
    px_json_key(w, PX_STR("security"));
    px_json_begin_array(w);
    px_json_end_array(w);
}

static void put_operation(px_json_writer *w, const px_route *route)
{
    px_buf method = { 0 };

    for (const char *at = route->method; *at; at++)
        px_put_char(&method, (char)(*at | 0x20));
    px_json_key(w, px_buf_str(&method));
    px_buf_release(&method);
    px_json_begin_object(w);
    put_member(w, "summary", route->summary);
    px_json_key(w, PX_STR("tags"));
    px_json_begin_array(w);
    px_json_string(w, px_str_c(tag_of(route)));
    px_json_end_array(w);
    put_security(w, route);
    put_parameters(w, route);
    if (route->body)
        put_body(w, route);
    put_answers(w, route);
    px_json_end_object(w);
}

/* All methods of a path stand together, at its first row. */
static void put_paths(px_json_writer *w)
{
    px_json_begin_object(w);
    for (const px_route *route = px_api_routes; route->method; route++) {
        const px_route *first = px_api_routes;
        px_buf path = { 0 };

        while (strcmp(first->pattern, route->pattern) != 0)
            first++;
        if (first != route)
            continue;
        put_path(&path, route);
        px_json_key(w, px_buf_str(&path));
        px_buf_release(&path);
        px_json_begin_object(w);
        for (const px_route *same = route; same->method; same++)
            if (strcmp(same->pattern, route->pattern) == 0)
                put_operation(w, same);
        px_json_end_object(w);
    }
    px_json_end_object(w);
}

static void put_bearer(px_json_writer *w)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("bearer"));
    px_json_begin_object(w);
    put_member(w, "type", "http");
    put_member(w, "scheme", "bearer");
    px_json_end_object(w);
    px_json_end_object(w);
}

static void put_head(px_json_writer *w)
{
    put_member(w, "openapi", "3.1.0");
    px_json_key(w, PX_STR("info"));
    px_json_begin_object(w);
    put_member(w, "title", "Pollux");
    put_member(w, "version", PX_VERSION);
    px_json_end_object(w);
    px_json_key(w, PX_STR("security"));
    px_json_begin_array(w);
    px_json_begin_object(w);
    px_json_key(w, PX_STR("bearer"));
    px_json_begin_array(w);
    px_json_end_array(w);
    px_json_end_object(w);
    px_json_end_array(w);
}

void px_on_get_openapi(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    put_head(&w);
    px_json_key(&w, PX_STR("paths"));
    put_paths(&w);
    px_json_key(&w, PX_STR("components"));
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("securitySchemes"));
    put_bearer(&w);
    px_json_key(&w, PX_STR("schemas"));
    px_put_schemas(&w);
    px_json_end_object(&w);
    px_json_end_object(&w);
    px_api_json(call, 200);
}
