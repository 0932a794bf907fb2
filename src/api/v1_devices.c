/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/devices and /api/v1/tenants. A device is two documents that change together: `device`
 * names its twins, the credential in tenant 0 proves its key. Keys and tokens are told once, in the
 * answer that made them.
 */
#include "api/document_call.h"
#include "api/once.h"
#include "sync/credential.h"

enum { PAGE_MAX = 500, TWINS_MAX = 10000 };

px_handler px_v1_list_devices, px_v1_get_device, px_v1_put_device, px_v1_delete_device,
    px_v1_post_key;
px_handler px_v1_put_tenant, px_v1_get_tenant, px_v1_list_tenants, px_v1_post_tenant_token;

typedef struct device_call {
    px_document_write writes[3];
    px_credential credential;
    bool has_key;
    px_str twins; /* JSON array */
} device_call;

/* Moves what was built into the arena. Empty, never absent, when memory ended: a body that is
 * absent would delete. */
static px_str keep(px_api_call *call, px_buf *buf)
{
    px_str kept = buf->status == PX_OK ? px_arena_str(&call->arena, px_buf_str(buf)) : PX_STR("");

    px_buf_release(buf);
    return kept.ptr ? kept : PX_STR("");
}

static void put_device(px_json_writer *w, const px_document *document, px_arena *arena)
{
    px_json *body = NULL;

    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, document->id);
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, document->updated);
    if (px_json_parse(document->body, NULL, arena, &body, NULL) == PX_OK &&
        px_json_get(body, PX_STR("twins"))) {
        px_json_key(w, PX_STR("twins"));
        px_json_node(w, px_json_get(body, PX_STR("twins")));
    }
    px_json_end_object(w);
}

void px_v1_list_devices(px_api_call *call)
{
    px_document *items;
    px_json_writer w = px_json_writer_of(&call->out);
    uint32_t cursor;
    size_t count;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document_list(call, call->principal.tenant, PX_STR("device"), 100, PAGE_MAX,
                              &cursor, &items, &count))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        put_device(&w, &items[i], &call->arena);
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, cursor);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

void px_v1_get_device(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, PX_STR("device"), NULL, &document))
        return;
    put_device(&w, &document, &call->arena);
    px_api_etag(call, document.revision);
    px_api_json(call, 200);
}

static void device_written(px_api_call *call)
{
    device_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_login_cache_clear(call->api->logins);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->args[0]);
    px_json_key(&w, PX_STR("twins"));
    px_json_put_raw(&w, own->twins);
    if (own->has_key && !call->drafting) {
        px_json_key(&w, PX_STR("key"));
        px_json_string(&w, px_str_c(own->credential.text));
    }
    px_json_end_object(&w);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, own->has_key ? 201 : 200);
}

static px_str credential_of(px_api_call *call, const px_document *document)
{
    px_json *body;

    if (px_json_parse(document->body, NULL, &call->arena, &body, NULL) != PX_OK)
        return (px_str){ 0 };
    return px_json_get_text(body, PX_STR("credential"));
}

/* Body of the device's document: its twins and the id of its credential. */
static px_str device_body(px_api_call *call, px_str twins, px_str credential_id)
{
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twins"));
    px_json_put_raw(&w, twins);
    px_json_key(&w, PX_STR("credential"));
    px_json_string(&w, credential_id);
    px_json_end_object(&w);
    return keep(call, &buf);
}

/* Writes the device, with a new key when `new_key`; an old key's credential goes with it. The
 * device must still be as it was read: two who change it at once cannot leave a key behind that
 * nobody knows of. */
static void submit_device(px_api_call *call, px_str twins, const px_document *old, bool new_key)
{
    px_str credential_id = old ? credential_of(call, old) : (px_str){ 0 };
    px_str old_credential = new_key ? credential_id : (px_str){ 0 };
    device_call *own = PX_ARENA_NEW(&call->arena, device_call);
    px_credential_grant grant = { .tenant = call->principal.tenant,
                                  .role = PX_ROLE_DEVICE,
                                  .name = call->args[0],
                                  .device = call->args[0] };
    px_buf body = { 0 };
    size_t count = 0;

    if (!own) {
        px_err err;

        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    call->own = own;
    own->twins = twins;
    own->has_key = new_key;
    if (new_key) {
        px_credential_make(call->api->env, &grant, &own->credential, &body);
        credential_id = px_str_c(own->credential.id);
        own->writes[count++] = (px_document_write){ .kind = PX_STR("credential"),
                                                    .id = credential_id,
                                                    .body = keep(call, &body),
                                                    .in_tenant_zero = true };
    }
    if (old_credential.len)
        own->writes[count++] = (px_document_write){ .kind = PX_STR("credential"),
                                                    .id = old_credential,
                                                    .in_tenant_zero = true };
    own->writes[count++] = (px_document_write){ .kind = PX_STR("device"),
                                                .id = call->args[0],
                                                .body = device_body(call, twins, credential_id),
                                                .create_only = !old };
    if (!own->writes[0].body.len || !own->writes[count - 1].body.len) {
        px_err err;

        px_api_fail(call, px_no_memory(&err), &err);
        return;
    }
    if (old && call->request.if_match == 0)
        call->request.if_match = old->revision;
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = own->writes;
    call->request.document_count = count;
    px_api_submit(call, device_written);
}

static bool read_twins(px_api_call *call, px_str *ret_twins)
{
    const px_json *twins = px_json_get(call->request.json, PX_STR("twins"));
    bool good = px_json_is(twins, PX_JSON_ARRAY) && twins->count <= TWINS_MAX;
    px_buf buf = { 0 };
    px_err err;

    for (const px_json *m = good ? twins->first : NULL; m; m = m->next)
        good = good && m->type == PX_JSON_STRING && m->text.len > 0 &&
               m->text.len <= PX_TWIN_ID_BYTES_MAX;
    if (!good) {
        px_fail_id(&err, PX_INVALID, "device.twins",
                   "a device's body is {\"twins\":[\"ID\", …]} with at most %d twins", TWINS_MAX);
        px_api_fail(call, PX_INVALID, &err);
        return false;
    }
    px_put_json_node(&buf, twins);
    *ret_twins = keep(call, &buf);
    return true;
}

void px_v1_put_device(px_api_call *call)
{
    px_documents *documents = px_api_documents(call);
    px_document old;
    px_str twins;
    bool is_new;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) || !read_twins(call, &twins))
        return;
    is_new = px_documents_get(documents, call->principal.tenant, PX_STR("device"), call->args[0],
                              &call->arena, &old, NULL) != PX_OK;
    if (px_api_conditions(call, true, false))
        submit_device(call, twins, is_new ? NULL : &old, is_new);
}

void px_v1_post_key(px_api_call *call)
{
    px_document old;
    px_buf twins = { 0 };
    px_json *body;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) ||
        !px_api_document(call, PX_STR("device"), NULL, &old))
        return;
    if (px_json_parse(old.body, NULL, &call->arena, &body, &err) != PX_OK) {
        px_api_fail(call, PX_CORRUPT, &err);
        return;
    }
    px_put_json_node(&twins, px_json_get(body, PX_STR("twins")));
    submit_device(call, keep(call, &twins), &old, true);
}

static void device_gone(px_api_call *call)
{
    px_login_cache_clear(call->api->logins);
    px_api_finish(call, 204);
}

void px_v1_delete_device(px_api_call *call)
{
    px_document_write *writes = PX_ARENA_ARRAY(&call->arena, px_document_write, 2);
    px_document old;
    px_str credential;
    size_t count = 0;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) ||
        !px_api_document(call, PX_STR("device"), NULL, &old) ||
        !px_api_conditions(call, true, false))
        return;
    if (!writes) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    if (call->request.if_match == 0)
        call->request.if_match = old.revision;
    credential = credential_of(call, &old);
    if (credential.len)
        writes[count++] = (px_document_write){ .kind = PX_STR("credential"),
                                               .id = credential,
                                               .in_tenant_zero = true };
    writes[count++] = (px_document_write){ .kind = PX_STR("device"), .id = call->args[0] };
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = writes;
    call->request.document_count = count;
    px_api_submit(call, device_gone);
}

/* ---- tenants ---- */

typedef struct tenant_call {
    px_document_write write;
    px_credential credential;
    uint32_t number;
} tenant_call;

static void tenant_has_token(px_api_call *call)
{
    tenant_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->args[0]);
    px_json_key(&w, PX_STR("number"));
    px_json_uint(&w, own->number);
    if (!call->drafting) {
        px_json_key(&w, PX_STR("token"));
        px_json_string(&w, px_str_c(own->credential.text));
    }
    px_json_end_object(&w);
    px_api_json(call, 201);
}

static void give_token(px_api_call *call, uint32_t number)
{
    tenant_call *own = call->own;
    px_credential_grant grant = { .tenant = number,
                                  .role = PX_ROLE_ADMIN,
                                  .name = PX_STR("admin") };
    px_buf body = { 0 };

    own->number = number;
    px_credential_make(call->api->env, &grant, &own->credential, &body);
    own->write = (px_document_write){ .kind = PX_STR("credential"),
                                      .id = px_str_c(own->credential.id),
                                      .body = keep(call, &body),
                                      .in_tenant_zero = true };
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.id = (px_str){ 0 };
    call->request.documents = &own->write;
    call->request.document_count = 1;
    px_api_submit(call, tenant_has_token);
}

/* The tenant is there; its admin's token follows. Runs on the engine's thread, which takes the next
 * request later. A tenant's number is its document's and one more: 1 is the first tenant, which has
 * no document. */
static void tenant_made(px_api_call *call)
{
    tenant_call *own = call->own;

    own->number = call->request.result.number + 1;
    if (call->drafting) {
        tenant_has_token(call);
        return;
    }
    px_once_end(call); /* it was for the tenant */
    give_token(call, own->number);
}

void px_v1_put_tenant(px_api_call *call)
{
    px_err err;

    call->own = PX_ARENA_NEW(&call->arena, tenant_call);
    if (!call->own) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    call->request.kind = PX_REQUEST_TENANT_PUT;
    call->request.id = call->args[0];
    px_api_submit(call, tenant_made);
}

/* For the operator only; the number is the document's and one more. */
static bool find_tenant(px_api_call *call, uint32_t *ret_number)
{
    px_document document;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_TENANT))
        return false;
    status = px_documents_get(px_api_documents(call), 0, PX_STR("tenant"), call->args[0],
                              &call->arena, &document, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return false;
    }
    *ret_number = document.no + 1;
    return true;
}

void px_v1_get_tenant(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    uint32_t number;

    if (!find_tenant(call, &number))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, call->args[0]);
    px_json_key(&w, PX_STR("number"));
    px_json_uint(&w, number);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* Another admin's token: for a tenant whose first one was lost. */
void px_v1_post_tenant_token(px_api_call *call)
{
    tenant_call *own = PX_ARENA_NEW(&call->arena, tenant_call);
    uint32_t number;
    px_err err;

    if (!find_tenant(call, &number))
        return;
    if (!own) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    call->own = own;
    give_token(call, number);
}

void px_v1_list_tenants(px_api_call *call)
{
    px_document *items;
    px_json_writer w = px_json_writer_of(&call->out);
    uint32_t cursor;
    size_t count;

    if (!px_api_may(call, PX_ACTION_WRITE_TENANT) ||
        !px_api_document_list(call, 0, PX_STR("tenant"), 100, PAGE_MAX, &cursor, &items, &count))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        px_json_begin_object(&w);
        px_json_key(&w, PX_STR("id"));
        px_json_string(&w, items[i].id);
        px_json_key(&w, PX_STR("number"));
        px_json_uint(&w, items[i].no + 1);
        px_json_end_object(&w);
    }
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, cursor);
    px_json_end_object(&w);
    px_api_json(call, 200);
}
