/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/bindings: documents that say which payloads become which values (sync/binding.h). */
#include "api/binding_notes.h"
#include "api/document_call.h"
#include "sync/bindings.h"

px_handler px_v1_list_bindings, px_v1_get_binding, px_v1_put_binding, px_v1_delete_binding,
    px_v1_enable_binding, px_v1_disable_binding;

static const px_str kind = { "binding", 7 };
static const px_api_missing missing = { "binding.not_found", "there is no binding" };

/* ---- reading ---- */

static void put_figures(px_api_call *call, px_json_writer *w, px_str name)
{
    px_bindings *bindings = call->api->opts.bindings;
    const px_binding *binding;
    px_binding_stats stats = { 0 };

    if (bindings &&
        px_bindings_find(bindings, call->principal.tenant, name, &binding, NULL) == PX_OK) {
        stats = px_bindings_stat(binding);
        px_bindings_let_go(binding);
    }
    px_json_key(w, PX_STR("figures"));
    px_json_begin_object(w);
    px_json_member_uint(w, "messages", stats.messages);
    px_json_member_uint(w, "values", stats.values);
    px_json_member_uint(w, "missed", stats.missed);
    px_json_member_uint(w, "refused", stats.refused);
    px_json_end_object(w);
}

static void put_members(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_json *body = NULL;

    px_json_key(w, PX_STR("id"));
    px_json_string(w, document->id);
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, document->updated);
    if (px_json_parse(document->body, NULL, &call->arena, &body, NULL) == PX_OK) {
        px_json_key(w, PX_STR("enabled"));
        px_json_bool(w, !px_json_is(px_json_get(body, PX_STR("enabled")), PX_JSON_FALSE));
        put_figures(call, w, document->id);
        px_json_key(w, PX_STR("binding"));
        px_json_node(w, body);
    }
}

static void put_binding(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_json_begin_object(w);
    put_members(call, w, document);
    px_json_end_object(w);
}

void px_v1_list_bindings(px_api_call *call)
{
    px_api_document_items(call, PX_ACTION_READ_DOCUMENT, call->principal.tenant, kind, 100, 200,
                          put_binding);
}

/* With what may be a slip in it. */
static void put_whole(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_json_begin_object(w);
    put_members(call, w, document);
    px_api_put_binding_notes(call, w, document);
    px_json_end_object(w);
}

static void answer(px_api_call *call)
{
    px_api_document_answer(call, kind, &missing, put_whole);
}

void px_v1_get_binding(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_READ_DOCUMENT))
        answer(call);
}

/* ---- writing ---- */

void px_v1_put_binding(px_api_call *call)
{
    px_binding *binding;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) || !px_api_conditions(call, true, false))
        return;
    status = px_binding_new(call->args[0], call->body, &binding, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_binding_free(binding);
    px_api_document_write(call, kind, call->body, answer);
}

void px_v1_delete_binding(px_api_call *call)
{
    px_api_document_delete(call, kind, &missing, NULL);
}

/* The document with another `enabled`; it must still be as it was read. */
static void set_enabled(px_api_call *call, bool enabled)
{
    px_document document;
    px_json *body;
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) ||
        !px_api_document(call, kind, &missing, &document))
        return;
    if (px_json_parse(document.body, NULL, &call->arena, &body, &err) != PX_OK) {
        px_api_fail(call, PX_CORRUPT, &err);
        return;
    }
    px_json_begin_object(&w);
    for (const px_json *m = body->first; m; m = m->next)
        if (!px_str_eq(m->key, PX_STR("enabled"))) {
            px_json_key(&w, m->key);
            px_json_node(&w, m);
        }
    px_json_key(&w, PX_STR("enabled"));
    px_json_bool(&w, enabled);
    px_json_end_object(&w);
    call->request.if_match = document.revision;
    px_api_document_write(call, kind, px_api_keep(call, &buf), answer);
}

void px_v1_enable_binding(px_api_call *call)
{
    set_enabled(call, true);
}

void px_v1_disable_binding(px_api_call *call)
{
    set_enabled(call, false);
}
