/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/contents.h"

enum { EXTENDS_DEPTH_MAX = 16 };

/* What one walk through a model and those it extends needs. */
typedef struct walk {
    px_cli *cli;
    const char *const *types;
    px_arena *arena;
    px_names *names;
} walk;

/* The one value, or the first of an array of them; next_of goes on. */
static const px_json *first_of(const px_json *one_or_many)
{
    return px_json_is(one_or_many, PX_JSON_ARRAY) ? one_or_many->first : one_or_many;
}

static const px_json *next_of(const px_json *one_or_many, const px_json *item)
{
    return px_json_is(one_or_many, PX_JSON_ARRAY) ? item->next : NULL;
}

/* Semantic types may stand beside the one that is asked for. */
static bool is_of_types(const px_json *element, const char *const *types)
{
    const px_json *said = px_json_get(element, PX_STR("@type"));

    for (const px_json *t = first_of(said); t; t = next_of(said, t))
        for (const char *const *wanted = types; *wanted; wanted++)
            if (px_json_is(t, PX_JSON_STRING) && px_str_eq(t->text, px_str_c(*wanted)))
                return true;
    return false;
}

static px_status visit(const walk *w, px_str model, unsigned depth, px_err *ret_err);

/* An Interface as it was uploaded: its own contents, then those of what it extends. */
static px_status visit_definition(const walk *w, const px_json *interface, unsigned depth,
                                  px_err *ret_err)
{
    const px_json *contents = px_json_get(interface, PX_STR("contents"));
    const px_json *extends = px_json_get(interface, PX_STR("extends"));

    for (const px_json *c = first_of(contents); c; c = next_of(contents, c)) {
        px_str name = px_json_get_text(c, PX_STR("name"));

        if (is_of_types(c, w->types) && name.len && !PX_VEC_PUSH(w->names, name))
            return px_no_memory(ret_err);
    }
    for (const px_json *e = first_of(extends); e; e = next_of(extends, e)) {
        if (px_json_is(e, PX_JSON_OBJECT) && depth < EXTENDS_DEPTH_MAX)
            PX_TRY(visit_definition(w, e, depth + 1, ret_err));
        if (px_json_is(e, PX_JSON_STRING))
            PX_TRY(visit(w, e->text, depth + 1, ret_err));
    }
    return PX_OK;
}

static px_status visit(const walk *w, px_str model, unsigned depth, px_err *ret_err)
{
    px_http_call call = { .method = "GET" };
    px_buf path = { 0 };
    px_json *root;
    px_status status;

    if (depth > EXTENDS_DEPTH_MAX)
        return px_fail(ret_err, PX_LIMIT, "the models extend each other more than %d deep",
                       (int)EXTENDS_DEPTH_MAX);
    px_put_c(&path, "/models/");
    px_put_url_part(&path, model);
    px_put_c(&path, "?includeModelDefinition=true&" PX_AZURE_VERSION);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(w->cli, &call, w->arena, &root, ret_err);
    px_buf_release(&path);
    PX_TRY(status);
    return visit_definition(w, px_json_get(root, PX_STR("model")), depth, ret_err);
}

px_status px_contents_of(px_cli *cli, px_str model, const char *const *types, px_arena *arena,
                         px_names *names, px_err *ret_err)
{
    walk w = { cli, types, arena, names };

    return visit(&w, model, 0, ret_err);
}
