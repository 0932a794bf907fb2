/* SPDX-License-Identifier: Apache-2.0 */
#include "api/binding_notes.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/document_call.h"
#include "outbound/connection.h"
#include "sync/binding.h"

enum { NOTE_BYTES = 1024 };

PX_PRINTF(2, 3) static void put_note(px_json_writer *w, const char *format, ...)
{
    char text[NOTE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    px_json_string(w, px_str_c(text));
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

    if (filter.len == 0 || brings(connection, binding))
        return;
    if (connection->type != PX_CONNECTION_MQTT)
        put_note(w,
                 "connection '%.*s' is to a device, which has no topics: nothing comes of '%.*s'",
                 PX_FMT(connection->name), PX_FMT(filter));
    else
        put_note(w,
                 "connection '%.*s' subscribes to nothing of '%.*s': add a filter to its 'topics'",
                 PX_FMT(connection->name), PX_FMT(filter));
}

static void note_connection(px_api_call *call, px_json_writer *w, const px_binding *binding)
{
    px_str name = px_binding_connection(binding);
    px_document document;
    px_connection connection;
    px_status status;

    if (name.len == 0)
        return;
    status = px_documents_get(px_api_documents(call), call->principal.tenant, PX_STR("connection"),
                              name, &call->arena, &document, NULL);
    if (status == PX_NOT_FOUND)
        put_note(w, "there is no connection '%.*s': nothing comes until it is made",
                 PX_FMT(px_str_head(name, NOTE_BYTES / 2)));
    else if (status == PX_OK &&
             px_connection_read(&document, &call->arena, &connection, NULL) == PX_OK)
        note_topic(w, &connection, binding);
}

static void note_model(px_api_call *call, px_json_writer *w, const px_binding *binding)
{
    px_str dtmi = px_binding_creates(binding);
    px_model_info info;

    if (dtmi.len && !px_registry_find(px_engine_registry(call->api->opts.engine),
                                      call->principal.tenant, dtmi, &info))
        put_note(w, "there is no model %.*s: no twins are made until it is uploaded",
                 PX_FMT(px_str_head(dtmi, NOTE_BYTES / 2)));
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
