/* SPDX-License-Identifier: Apache-2.0 */
#include "api/binding_notes.h"

#include "api/document_call.h"
#include "outbound/connection.h"
#include "sync/binding.h"

/* Whole, however long what it names is. */
static void put_note(px_json_writer *w, px_buf *note)
{
    px_json_string(w, px_buf_str(note));
    px_buf_release(note);
}

static bool brings(const px_connection *connection, const px_binding *binding)
{
    for (size_t i = 0; i < connection->topic_count; i++)
        if (px_binding_filter_meets(binding, connection->topics[i].plain))
            return true;
    return false;
}

static void note_topic(px_json_writer *w, const px_connection *connection,
                       const px_binding *binding)
{
    px_str filter = px_binding_filter(binding);
    px_buf note = { 0 };

    if (filter.len == 0 || brings(connection, binding))
        return;
    if (connection->type != PX_CONNECTION_MQTT)
        px_putf(&note,
                "connection '%.*s' is to a device, which has no topics: nothing comes of '%.*s'",
                PX_FMT(connection->name), PX_FMT(filter));
    else
        px_putf(&note,
                "connection '%.*s' subscribes to nothing of '%.*s': add a filter to its 'topics'",
                PX_FMT(connection->name), PX_FMT(filter));
    put_note(w, &note);
}

static void note_connection(px_api_call *call, px_json_writer *w, const px_binding *binding)
{
    px_str name = px_binding_connection(binding);
    px_document document;
    px_connection connection;
    px_status status;
    px_buf note = { 0 };

    if (name.len == 0)
        return;
    status = px_documents_get(px_api_documents(call), call->principal.tenant, PX_STR("connection"),
                              name, &call->arena, &document, NULL);
    if (status == PX_NOT_FOUND) {
        px_putf(&note, "there is no connection '%.*s': nothing comes until it is made",
                PX_FMT(name));
        put_note(w, &note);
    } else if (status == PX_OK &&
               px_connection_read(&document, &call->arena, &connection, NULL) == PX_OK) {
        note_topic(w, &connection, binding);
    }
}

static void note_model(px_api_call *call, px_json_writer *w, const px_binding *binding)
{
    px_str dtmi = px_binding_creates(binding);
    px_model_info info;
    px_buf note = { 0 };

    if (!dtmi.len || px_registry_find(px_engine_registry(call->api->opts.engine),
                                      call->principal.tenant, dtmi, &info))
        return;
    px_putf(&note, "there is no model %.*s: no twins are made until it is uploaded", PX_FMT(dtmi));
    put_note(w, &note);
}

void px_api_put_binding_notes(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_binding *binding;

    px_json_key(w, PX_STR("notes"));
    px_json_begin_array(w);
    if (px_binding_new(document->id, document->body, &binding, NULL) == PX_OK) {
        note_connection(call, w, binding);
        note_model(call, w, binding);
        px_binding_free(binding);
    }
    px_json_end_array(w);
}
