/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/devices: devices and their life. What proves a device is of v1_credentials.c. A key is
 * told once, in the answer that made it.
 */
#include "api/device_body.h"
#include "api/device_call.h"
#include "api/v1_device_log.h"

enum { PAGE_MAX = 500 };

px_handler px_v1_list_devices, px_v1_get_device, px_v1_put_device, px_v1_delete_device,
    px_v1_put_device_state;

/* ---- reading ---- */

static void put_facts(px_json_writer *w, const px_device *device)
{
    px_json_key(w, PX_STR("state"));
    px_json_string(w, px_str_c(px_device_state_name(device->state)));
    if (device->group.len) {
        px_json_key(w, PX_STR("group"));
        px_json_string(w, device->group);
    }
    if (device->attributes) {
        px_json_key(w, PX_STR("attributes"));
        px_json_node(w, device->attributes);
    }
    px_json_key(w, PX_STR("twins"));
    px_json_put_raw(w, device->twins);
}

static void put_device(px_api_call *call, px_json_writer *w, const px_document *document,
                       bool with_counters)
{
    px_device device;

    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, document->id);
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, document->updated);
    if (px_device_read(document->body, &call->arena, &device, NULL) == PX_OK)
        put_facts(w, &device);
    px_put_device_seen(call, w, document->no);
    if (with_counters)
        px_put_device_counters(call, w, document->no);
    px_json_end_object(w);
}

static void put_item(px_api_call *call, px_json_writer *w, const px_document *document)
{
    put_device(call, w, document, false);
}

void px_v1_list_devices(px_api_call *call)
{
    px_api_document_items(call, PX_ACTION_READ_DOCUMENT, call->principal.tenant, PX_STR("device"),
                          100, PAGE_MAX, put_item);
}

void px_v1_get_device(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, PX_STR("device"), NULL, &document))
        return;
    put_device(call, &w, &document, true);
    px_api_etag(call, document.revision);
    px_api_json(call, 200);
}

/* ---- writing ---- */

static void device_written(px_api_call *call)
{
    px_device_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_login_cache_clear(call->api->logins);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->args[0]);
    px_json_key(&w, PX_STR("twins"));
    px_json_put_raw(&w, own->device.twins);
    if (own->has_credential && !call->drafting) {
        px_json_key(&w, PX_STR("key"));
        px_json_string(&w, px_str_c(own->credential.text));
    }
    px_json_end_object(&w);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, own->has_credential ? 201 : 200);
}

void px_v1_put_device(px_api_call *call)
{
    px_device_call *own = px_device_call_open(call, PX_DEVICE_MAY_BE_NEW);
    px_credential_grant grant = { .type = PX_CREDENTIAL_KEY };
    px_status status;
    px_err err;

    if (!own)
        return;
    status = px_device_body_read(call->request.json, &call->arena, &own->device, &err);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    if (status != PX_OK || !px_api_conditions(call, true, false))
        return;
    if (own->document.id.ptr)
        px_device_call_prune(call);
    else if (!px_device_call_add(call, &grant))
        return;
    px_device_call_submit(call, device_written);
}

/* ---- life ---- */

static void state_written(px_api_call *call)
{
    px_device_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_login_cache_clear(call->api->logins);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->args[0]);
    put_facts(&w, &own->device);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static px_status check_move(px_api_call *call, const px_device *device, px_device_state *ret_state,
                            px_err *ret_err)
{
    px_str name = px_json_get_text(call->request.json, PX_STR("state"));

    if (!px_device_state_find(name, ret_state) || *ret_state == PX_DEVICE_ACTIVE)
        return px_fail_id(ret_err, PX_INVALID, "device.state",
                          "the body is {\"state\":\"…\"} with registered, disabled or retired; "
                          "active is what a device becomes by connecting");
    if (*ret_state == device->state ||
        (*ret_state == PX_DEVICE_REGISTERED && device->state == PX_DEVICE_ACTIVE) ||
        px_device_may_become(device->state, *ret_state))
        return PX_OK;
    return px_fail_id(ret_err, PX_CONFLICT, "device.state",
                      "device '%.*s' is %s, and stays so; register another one",
                      PX_FMT(call->args[0]), px_device_state_name(device->state));
}

/* Enabling what is enabled changes nothing. */
void px_v1_put_device_state(px_api_call *call)
{
    px_device_call *own = px_device_call_open(call, PX_DEVICE_MAY_BE_RETIRED);
    px_device_state wanted;
    px_status status;
    px_err err;

    if (!own || !px_api_conditions(call, true, false))
        return;
    status = check_move(call, &own->device, &wanted, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    if (!px_device_may_become(own->device.state, wanted)) { /* it is so already */
        state_written(call);
        return;
    }
    own->device.state = wanted;
    px_device_call_submit(call, state_written);
}

static void device_gone(px_api_call *call)
{
    px_login_cache_clear(call->api->logins);
    px_api_finish(call, 204);
}

void px_v1_delete_device(px_api_call *call)
{
    if (px_device_call_open(call, PX_DEVICE_MAY_BE_RETIRED) && px_api_conditions(call, true, false))
        px_device_call_submit_gone(call, device_gone);
}
