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
    px_api_document_items(call, PX_ACTION_READ_DOCUMENT, call->principal.tenant, kind, 100, 200,
                          put_rules);
}

static void answer(px_api_call *call)
{
    px_api_document_answer(call, kind, &missing, put_rules);
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

void px_v1_delete_freshness_rules(px_api_call *call)
{
    px_api_document_delete(call, kind, &missing, NULL);
}
