/* SPDX-License-Identifier: Apache-2.0 */
#include "api/device_call.h"

enum { TRIES_MAX = 4 };

px_device_call *px_device_call_open(px_api_call *call, unsigned flags)
{
    px_device_call *own;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT))
        return NULL;
    own = PX_ARENA_NEW(&call->arena, px_device_call);
    if (!own) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return NULL;
    }
    own->tries = call->own ? ((const px_device_call *)call->own)->tries + 1 : 1;
    call->own = own;
    own->device = (px_device){ .state = PX_DEVICE_REGISTERED, .twins = PX_STR("[]") };
    status = px_documents_get(px_api_documents(call), call->principal.tenant, PX_STR("device"),
                              call->args[0], &call->arena, &own->document, &err);
    if (status == PX_NOT_FOUND && (flags & PX_DEVICE_MAY_BE_NEW)) {
        own->document = (px_document){ 0 };
        return own;
    }
    if (status == PX_OK)
        status = px_device_read(own->document.body, &call->arena, &own->device, &err);
    if (status == PX_OK && own->device.state == PX_DEVICE_RETIRED &&
        !(flags & PX_DEVICE_MAY_BE_RETIRED))
        status = px_fail_id(&err, PX_CONFLICT, "device.retired",
                            "device '%.*s' is retired, and stays so; register another one",
                            PX_FMT(call->args[0]));
    if (status == PX_OK)
        return own;
    px_api_fail(call, status, &err);
    return NULL;
}

static px_document_write *add_write(px_device_call *own, px_str id, px_str body)
{
    px_document_write *write = &own->writes[own->write_count++];

    px_assert(own->write_count <= PX_DEVICE_CREDENTIALS_MAX + 1); /* and the device itself */
    *write = (px_document_write){
        .kind = PX_STR("credential"), .id = id, .body = body, .in_tenant_zero = true
    };
    return write;
}

static bool is_kept(px_api_call *call, px_str body)
{
    px_err err;

    if (!body.len)
        px_api_fail(call, px_no_memory(&err), &err);
    return body.len > 0;
}

bool px_device_call_add(px_api_call *call, const px_credential_grant *grant)
{
    px_device_call *own = call->own;
    px_buf body = { 0 };
    px_str kept;
    px_err err;

    px_device_call_prune(call);
    if (own->device.credential_count == PX_DEVICE_CREDENTIALS_MAX) {
        px_fail_id(&err, PX_LIMIT, "device.credentials",
                   "a device has at most %d credentials; revoke one of them first",
                   PX_DEVICE_CREDENTIALS_MAX);
        px_api_fail(call, PX_LIMIT, &err);
        return false;
    }
    own->grant = *grant;
    own->grant.tenant = call->principal.tenant;
    own->grant.role = PX_ROLE_DEVICE;
    own->grant.name = own->grant.device = call->args[0];
    own->grant.created = call->api->env->now(call->api->env);
    px_credential_make(call->api->env, &own->grant, &own->credential, &body);
    kept = px_api_keep(call, &body);
    if (!is_kept(call, kept))
        return false;
    add_write(own, px_str_c(own->credential.id), kept)->create_only = true;
    own->device.credentials[own->device.credential_count++] = px_str_c(own->credential.id);
    own->has_credential = true;
    return true;
}

bool px_device_call_drop(px_device_call *own, px_str credential_id)
{
    px_device *device = &own->device;

    for (size_t i = 0; i < device->credential_count; i++) {
        if (!px_str_eq(device->credentials[i], credential_id))
            continue;
        add_write(own, device->credentials[i], (px_str){ 0 });
        device->credential_count--;
        memmove(&device->credentials[i], &device->credentials[i + 1],
                (device->credential_count - i) * sizeof(*device->credentials));
        return true;
    }
    return false;
}

bool px_device_call_read(px_api_call *call, px_str credential_id, px_credential_facts *ret_facts)
{
    px_document document;

    return px_documents_get(px_api_documents(call), 0, PX_STR("credential"), credential_id,
                            &call->arena, &document, NULL) == PX_OK &&
           px_credential_read(document.body, &call->arena, ret_facts, NULL) == PX_OK;
}

void px_device_call_prune(px_api_call *call)
{
    px_device_call *own = call->own;
    px_time now = call->api->env->now(call->api->env);
    px_credential_facts facts;

    for (size_t i = own->device.credential_count; i-- > 0;)
        if (px_device_call_read(call, own->device.credentials[i], &facts) &&
            facts.expires != PX_TIME_NONE && facts.expires <= now)
            (void)px_device_call_drop(own, own->device.credentials[i]);
}

static bool end_later(px_api_call *call, px_str id, const px_credential_facts *facts, px_time at)
{
    px_buf body = { 0 };
    px_str kept;

    if (facts->expires != PX_TIME_NONE && facts->expires <= at)
        return true;
    px_put_credential_until(&body, facts, at);
    kept = px_api_keep(call, &body);
    if (!is_kept(call, kept))
        return false;
    add_write(call->own, id, kept);
    return true;
}

bool px_device_call_end_keys(px_api_call *call, uint64_t overlap_s)
{
    px_device_call *own = call->own;
    px_time at = call->api->env->now(call->api->env) + (px_time)overlap_s * PX_SECOND;
    px_credential_facts facts;

    px_device_call_prune(call);
    for (size_t i = own->device.credential_count; i-- > 0;) {
        px_str id = own->device.credentials[i];

        if (!px_device_call_read(call, id, &facts) || facts.type != PX_CREDENTIAL_KEY)
            continue;
        if (overlap_s == 0)
            (void)px_device_call_drop(own, id);
        else if (!end_later(call, id, &facts, at))
            return false;
    }
    return true;
}

/* A device that connects for the first time changes its own document: who named no ETag is not told
 * of that, and asks once more. On the engine's thread. */
static void settled(px_api_call *call)
{
    px_device_call *own = call->own;
    px_status status = call->request.result.status;

    if (status == PX_STALE && own->is_any && own->tries < TRIES_MAX) {
        call->route->handler(call);
    } else if (status != PX_OK && !call->drafting) {
        px_api_fail(call, status, &call->request.result.err);
    } else {
        own->then(call);
    }
}

/* The device must still be as it was read: two who change it at once cannot leave a key behind that
 * nobody knows of. */
static void submit(px_api_call *call, px_str body, void (*then)(px_api_call *call))
{
    px_device_call *own = call->own;

    own->writes[own->write_count++] = (px_document_write){ .kind = PX_STR("device"),
                                                           .id = call->args[0],
                                                           .body = body,
                                                           .create_only = !own->document.id.ptr,
                                                           .if_match = own->document.revision };
    own->is_any = own->document.id.ptr && call->request.if_match == 0;
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = own->writes;
    call->request.document_count = own->write_count;
    own->then = then;
    px_api_submit_always(call, settled);
}

void px_device_call_submit(px_api_call *call, void (*then)(px_api_call *call))
{
    px_device_call *own = call->own;
    px_buf body = { 0 };
    px_str kept;

    px_put_device(&body, &own->device);
    kept = px_api_keep(call, &body);
    if (is_kept(call, kept))
        submit(call, kept, then);
}

void px_device_call_submit_gone(px_api_call *call, void (*then)(px_api_call *call))
{
    px_device_call *own = call->own;

    while (own->device.credential_count)
        if (!px_device_call_drop(own, own->device.credentials[0]))
            break;
    submit(call, (px_str){ 0 }, then);
}
