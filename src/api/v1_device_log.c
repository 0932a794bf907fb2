/* SPDX-License-Identifier: Apache-2.0 */
/* Where a device is and was: what GET of a device tells beside its document, and its log. */
#include "api/v1_device_log.h"

#include "api/document_call.h"

px_handler px_v1_get_device_log;

static bool read_facts(px_api_call *call, uint32_t device_no, px_presence_facts *ret_facts)
{
    px_presence *presence = call->api->opts.presence;

    *ret_facts = (px_presence_facts){ .seen = PX_TIME_NONE };
    if (presence)
        ret_facts->since = px_presence_since(presence);
    return presence && px_presence_read(presence, device_no, ret_facts);
}

void px_put_device_seen(px_api_call *call, px_json_writer *w, uint32_t device_no)
{
    px_presence_facts facts;

    (void)read_facts(call, device_no, &facts);
    px_json_key(w, PX_STR("lastSeen"));
    px_json_time(w, facts.seen);
    px_json_member_uint(w, "connections", facts.connections);
}

void px_put_device_counters(px_api_call *call, px_json_writer *w, uint32_t device_no)
{
    px_presence_facts facts;

    if (!call->api->opts.presence)
        return;
    (void)read_facts(call, device_no, &facts);
    px_json_key(w, PX_STR("counters"));
    px_json_begin_object(w);
    px_json_key(w, PX_STR("since"));
    px_json_time(w, facts.since);
    px_json_member_uint(w, "connects", facts.connects);
    px_json_member_uint(w, "refusals", facts.refusals);
    px_json_member_uint(w, "messages", facts.messages);
    px_json_member_uint(w, "bytes", facts.bytes);
    px_json_member_uint(w, "rejects", facts.rejects);
    px_json_end_object(w);
}

static void put_entry(px_json_writer *w, const px_presence_entry *entry)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("time"));
    px_json_time(w, entry->time);
    px_json_key(w, PX_STR("event"));
    px_json_string(w, px_str_c(px_presence_event_name(entry->event)));
    px_json_key(w, PX_STR("reason"));
    px_json_string(w, px_str_c(entry->reason));
    px_json_member_uint(w, "count", entry->count);
    px_json_key(w, PX_STR("address"));
    px_json_string(w, px_str_c(entry->address));
    px_json_key(w, PX_STR("protocol"));
    px_json_string(w, entry->version == 5 ? PX_STR("MQTT 5") : PX_STR("MQTT 3.1.1"));
    px_json_end_object(w);
}

void px_v1_get_device_log(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_presence_facts facts;
    px_document document;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, PX_STR("device"), NULL, &document))
        return;
    (void)read_facts(call, document.no, &facts);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < facts.log_count; i++)
        put_entry(&w, &facts.log[i]);
    px_json_end_array(&w);
    px_json_end_object(&w);
    px_api_json(call, 200);
}
