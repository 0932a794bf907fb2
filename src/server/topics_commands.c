/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands on their way to the device. One whose delivery is asked for carries the number of its
 * document as a tag; when the client of a device of its twin has acknowledged it the engine is told
 * so. When the engine does not hear of it the command stays pending and is told again.
 */
#include "base/json.h"
#include "engine/waiting.h"
#include "server/topic_names.h"
#include "server/topics_impl.h"

px_status px_topics_read_command(const px_document *document, uint32_t twin_no, px_arena *arena,
                                 px_buf *topic, px_buf *payload, uint32_t *ret_tag, px_err *ret_err)
{
    const px_json *argument;
    px_waiting waiting;

    PX_TRY(px_waiting_read(document->body, arena, &waiting, ret_err));
    if (waiting.twin_no != twin_no)
        return px_fail(ret_err, PX_NOT_FOUND, "it is another twin's");
    *ret_tag = waiting.terms.attempts && !waiting.is_delivered ? document->no : 0;
    px_buf_clear(topic);
    px_buf_clear(payload);
    px_put_command_topic(topic, waiting.twin, waiting.name, waiting.id);
    argument = px_json_get(waiting.json, PX_STR("payload"));
    if (argument)
        px_put_json_node(payload, argument);
    else
        px_put_c(payload, "null");
    PX_TRY(px_buf_status(topic, ret_err));
    return px_buf_status(payload, ret_err);
}

/* ---- it has arrived ---- */

/* On the engine's thread. */
static void told(px_request *request)
{
    px_topics_message *m = request->data;

    if (request->result.status != PX_OK)
        px_log_info(m->topics->opts.log, "mqtt.command", "twin='%.*s' id='%.*s' stays pending: %s",
                    PX_FMT(request->id), PX_FMT(request->command_id), request->result.err.text);
    px_topics_give_back(m);
}

/* TWIN/ID: an id has no slash, a twin's may have. */
static bool cut_id(px_str document_id, px_str *ret_twin, px_str *ret_id)
{
    for (size_t i = document_id.len; i > 0; i--) {
        if (document_id.ptr[i - 1] != '/')
            continue;
        *ret_twin = px_str_head(document_id, i - 1);
        *ret_id = px_str_skip(document_id, i);
        return true;
    }
    return false;
}

/* Whose command it is, if this client may answer it and it waits still. */
static bool find(px_topics_message *m, const px_principal *who, uint32_t document_no)
{
    px_documents *documents = px_engine_documents(m->topics->opts.engine);
    px_document document;

    return px_documents_get_number(documents, document_no, &m->arena, &document, NULL) == PX_OK &&
           document.tenant == who->tenant && px_str_eq(document.kind, PX_STR("command")) &&
           cut_id(document.id, &m->request.id, &m->request.command_id) &&
           px_authorize(who, PX_ACTION_ANSWER, m->request.id, NULL) == PX_OK;
}

void px_topics_arrived(void *ctx, unsigned thread, px_mqtt_conn conn, void *principal, uint32_t tag)
{
    px_topics_client *client = principal;
    px_twin_topics *topics = ctx;
    px_topics_message *m;

    if (client->principal.role != PX_ROLE_DEVICE)
        return; /* a watcher has it */
    m = px_topics_take(topics, thread);
    if (!m)
        return; /* it stays pending */
    px_topics_begin(m, PX_REQUEST_COMMAND_DELIVERED, conn, PX_MQTT_TOKEN_NONE);
    m->request.done = told;
    m->request.text = PX_STR("");
    if (find(m, &client->principal, tag) && px_topics_copy_principal(m, &client->principal))
        (void)px_topics_send(topics, thread, m);
    else
        px_topics_give_back(m);
}
