/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/property-indexes: which properties queries find twins by, and how far each index is. */
#include <stdio.h>

#include "api/document_call.h"
#include "twin/property.h"

px_handler px_v1_list_property_indexes, px_v1_get_property_index, px_v1_put_property_index,
    px_v1_delete_property_index;

static const px_str kind = { "property-index", 14 };
static const px_api_missing missing = { "property.not_found", "there is no property index" };

/* ---- reading ---- */

static void put_progress(px_json_writer *w, const px_view *view, const px_document *document)
{
    static const char *const states[] = { [PX_PROPERTY_BUILDING] = "building",
                                          [PX_PROPERTY_READY] = "ready",
                                          [PX_PROPERTY_FULL] = "full" };
    const px_property_index *index;

    for (uint32_t at = 0; view && (index = px_view_property(view, document->tenant, at)); at++) {
        px_property_info info = px_property_tell(index);

        if (info.no != document->no)
            continue;
        px_json_member_text(w, "state", px_str_c(states[info.state]));
        px_json_key(w, PX_STR("twins"));
        px_json_uint(w, info.entries);
        px_json_key(w, PX_STR("bytes"));
        px_json_uint(w, info.bytes);
    }
}

/* `view` NULL: how far it is is not told. */
static void put_index(px_api_call *call, px_json_writer *w, const px_view *view,
                      const px_document *document)
{
    px_json *body = NULL;

    px_json_begin_object(w);
    px_json_member_text(w, "id", document->id);
    if (px_json_parse(document->body, NULL, &call->arena, &body, NULL) == PX_OK)
        for (const px_json *member = body->first; member; member = member->next)
            px_json_member_text(w, px_str_eq(member->key, PX_STR("model")) ? "model" : "property",
                                member->text);
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, document->updated);
    put_progress(w, view, document);
    px_json_end_object(w);
}

/* What the graph says of them, of one state. False: it was answered. */
static bool open_state(px_api_call *call, px_snapshot **ret_snapshot)
{
    px_err err;
    px_status status =
        px_graph_snapshot(px_engine_graph(call->api->opts.engine), ret_snapshot, &err);

    if (status != PX_OK)
        px_api_fail(call, status, &err);
    return status == PX_OK;
}

void px_v1_list_property_indexes(px_api_call *call)
{
    px_document *items;
    px_json_writer w = px_json_writer_of(&call->out);
    px_snapshot *snapshot;
    uint32_t cursor;
    size_t count;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document_list(call, call->principal.tenant, kind, PX_PROPERTY_INDEXES_MAX,
                              PX_PROPERTY_INDEXES_MAX, &cursor, &items, &count))
        return;
    if (!open_state(call, &snapshot))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        put_index(call, &w, px_snapshot_view(snapshot), &items[i]);
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, cursor);
    px_json_end_object(&w);
    px_snapshot_release(snapshot);
    px_api_json(call, 200);
}

static void answer(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_snapshot *snapshot;
    px_document document;

    if (!px_api_document(call, kind, &missing, &document) || !open_state(call, &snapshot))
        return;
    put_index(call, &w, px_snapshot_view(snapshot), &document);
    px_snapshot_release(snapshot);
    px_api_etag(call, document.revision);
    px_api_json(call, 200);
}

void px_v1_get_property_index(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_READ_DOCUMENT))
        answer(call);
}

/* ---- writing ---- */

/* To be kept it is told before the commit, from what was asked for: nothing of it is published. */
static void written(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document = { .tenant = call->principal.tenant,
                             .updated = call->request.result.time,
                             .id = call->args[0],
                             .body = call->body };

    if (!call->drafting) {
        answer(call);
        return;
    }
    put_index(call, &w, NULL, &document);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, 200);
}

void px_v1_put_property_index(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_WRITE_DOCUMENT) && px_api_conditions(call, true, false))
        px_api_document_write(call, kind, call->body, written);
}

void px_v1_delete_property_index(px_api_call *call)
{
    px_api_document_delete(call, kind, &missing, NULL);
}
