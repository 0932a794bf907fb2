/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/freshness-rules: how often values of a twin are expected (freshness/rules.h). */
#include "api/document_call.h"
#include "freshness/rules.h"

px_handler px_v1_list_freshness_rules, px_v1_get_freshness_rules, px_v1_put_freshness_rules,
    px_v1_delete_freshness_rules;

static const px_str kind = { "freshness", 9 };
static const px_api_missing missing = { "freshness.not_found",
                                        "nothing of its own is declared of twin" };

/* ---- reading ---- */

static void put_rules(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_json *body = NULL;

    px_json_begin_object(w);
    px_json_key(w, PX_STR("twin"));
    px_json_string(w, document->id);
    if (px_json_parse(document->body, NULL, &call->arena, &body, NULL) == PX_OK)
        for (const px_json *member = body->first; member; member = member->next) {
            px_json_key(w, member->key);
            px_json_node(w, member);
        }
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, document->updated);
    px_json_end_object(w);
}

void px_v1_list_freshness_rules(px_api_call *call)
{
    px_document *items;
    px_json_writer w = px_json_writer_of(&call->out);
    uint32_t cursor;
    size_t count;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document_list(call, call->principal.tenant, kind, 100, 200, &cursor, &items,
                              &count))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        put_rules(call, &w, &items[i]);
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, cursor);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static void answer(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;

    if (!px_api_document(call, kind, &missing, &document))
        return;
    put_rules(call, &w, &document);
    px_api_etag(call, document.revision);
    px_api_json(call, 200);
}

void px_v1_get_freshness_rules(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_READ_DOCUMENT))
        answer(call);
}

/* ---- writing ---- */

/* To be kept it is told before the commit, from what was asked for: nothing of it is published. */
static void written(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document = { .updated = call->request.result.time,
                             .id = call->args[0],
                             .body = call->body };

    if (!call->drafting) {
        answer(call);
        return;
    }
    put_rules(call, &w, &document);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, 200);
}

void px_v1_put_freshness_rules(px_api_call *call)
{
    px_fresh_document document;
    const px_model *model;
    const px_twin *twin;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) || !px_api_conditions(call, true, false) ||
        !px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model))
        return;
    status = px_fresh_document_read(call->body, &call->arena, &document, &err);
    if (status == PX_OK)
        status = px_fresh_document_fits(&document, px_model_layout(model), &err);
    if (status == PX_OK)
        px_api_document_write(call, kind, call->body, written);
    else
        px_api_fail(call, status, &err);
}

static void gone(px_api_call *call)
{
    px_api_finish(call, 204);
}

void px_v1_delete_freshness_rules(px_api_call *call)
{
    px_document document;

    if (px_api_may(call, PX_ACTION_WRITE_DOCUMENT) &&
        px_api_document(call, kind, &missing, &document) && px_api_conditions(call, true, false))
        px_api_document_write(call, kind, (px_str){ 0 }, gone);
}
