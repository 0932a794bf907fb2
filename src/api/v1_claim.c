/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v1/claim: an unknown device shows a claim, says its id, and is registered and given its
 * key. No other credential is asked for, so failures are kept account of like those of logins: by
 * the claim's public id, and by address.
 *
 *   claim found ─► twin made, if the claim says of which model ─► device, key and the claim's
 *   count in one event ─► answer
 *
 * A device is bound to a twin only when this call made it: nobody takes over a twin by its name.
 */
#include <stdatomic.h>

#include "api/await.h"
#include "api/new_twin.h"
#include "api/workers.h"
#include "sync/claim.h"
#include "sync/device.h"

enum { TRIES_MAX = 8 }; /* devices that use one claim at once take turns */

px_handler px_v1_post_claim;

typedef struct claiming {
    px_api_call *call;
    px_await await;
    px_claim_found found;
    px_str id;
    px_credential credential;
    px_document_write writes[3];
} claiming;

/* ---- who fails again and again ---- */

static px_status must_wait(px_api_call *call, int64_t wait_ns, px_err *ret_err)
{
    call->retry_s = (uint32_t)((wait_ns + PX_SECOND - 1) / PX_SECOND);
    return px_fail_id(ret_err, PX_LIMIT, "access.wait", "too many claims failed; try again in %u s",
                      (unsigned)call->retry_s);
}

static px_status find(claiming *c, px_err *ret_err)
{
    px_api_call *call = c->call;
    px_backoff *backoff = call->api->opts.backoff;
    px_str text = px_json_get_text(call->request.json, PX_STR("claim")), id = { 0 };
    int64_t now_ns = call->api->env->monotonic_ns(call->api->env), wait_ns = 0;
    uint64_t row = px_credential_id(text, &id) ? px_backoff_row('i', id) : 0;
    uint64_t address = px_backoff_row(
        'a', px_str_of((const char *)&call->peer_network, sizeof(call->peer_network)));
    px_status status;

    if (backoff && row)
        wait_ns = px_backoff_wait_ns(backoff, row, now_ns);
    if (wait_ns > 0)
        return must_wait(call, wait_ns, ret_err);
    status = px_claim_find(call->api->env, px_engine_documents(call->api->opts.engine), text,
                           &call->arena, &c->found, ret_err);
    if (status != PX_UNAUTHORIZED || !backoff)
        return status;
    wait_ns = px_backoff_wait_ns(backoff, address, now_ns);
    if (row)
        px_backoff_failed(backoff, row, now_ns);
    px_backoff_failed(backoff, address, now_ns);
    return wait_ns > 0 ? must_wait(call, wait_ns, ret_err) : status;
}

/* ---- the device ---- */

static px_principal principal_of(const claiming *c)
{
    return (px_principal){ .tenant = c->found.tenant, .role = PX_ROLE_ADMIN, .id = c->found.name };
}

static px_str keep(claiming *c, px_buf *buf)
{
    px_str kept =
        buf->status == PX_OK ? px_arena_str(&c->call->arena, px_buf_str(buf)) : (px_str){ 0 };

    px_buf_release(buf);
    return kept;
}

static px_status fill(claiming *c, px_err *ret_err)
{
    px_env *env = c->call->api->env;
    px_credential_grant grant = { .type = PX_CREDENTIAL_KEY,
                                  .tenant = c->found.tenant,
                                  .role = PX_ROLE_DEVICE,
                                  .name = c->id,
                                  .device = c->id,
                                  .created = env->now(env) };
    px_device device = { .state = PX_DEVICE_REGISTERED,
                         .group = c->found.claim.group,
                         .twins = PX_STR("[]") };
    px_buf key = { 0 }, body = { 0 }, claim = { 0 }, twins = { 0 };

    px_credential_make(env, &grant, &c->credential, &key);
    device.credentials[device.credential_count++] = px_str_c(c->credential.id);
    if (c->found.claim.model.len) {
        px_put_char(&twins, '[');
        px_put_json_string(&twins, c->id);
        px_put_char(&twins, ']');
        device.twins = keep(c, &twins);
    }
    px_put_device(&body, &device);
    c->found.claim.used++;
    px_put_claim(&claim, &c->found.claim);
    c->writes[0] = (px_document_write){ .kind = PX_STR("credential"),
                                        .id = px_str_c(c->credential.id),
                                        .body = keep(c, &key),
                                        .in_tenant_zero = true,
                                        .create_only = true };
    c->writes[1] = (px_document_write){
        .kind = PX_STR("device"), .id = c->id, .body = keep(c, &body), .create_only = true
    };
    c->writes[2] = (px_document_write){ .kind = PX_STR("claim"),
                                        .id = c->found.name,
                                        .body = keep(c, &claim),
                                        .if_match = c->found.revision };
    for (size_t i = 0; i < 3; i++)
        if (!c->writes[i].body.ptr || !device.twins.ptr)
            return px_arena_fail(&c->call->arena, ret_err);
    return PX_OK;
}

/* All of it, or PX_STALE when the claim is another meanwhile. */
static px_status write_device(claiming *c, px_err *ret_err)
{
    px_request request = { .kind = PX_REQUEST_DOCUMENTS,
                           .principal = principal_of(c),
                           .documents = c->writes,
                           .document_count = 3,
                           .bytes = sizeof(*c) };

    PX_TRY(fill(c, ret_err));
    return px_await_one(&c->await, c->call->api->opts.engine, &request, ret_err);
}

static px_status take_turns(claiming *c, px_err *ret_err)
{
    px_status status = write_device(c, ret_err);

    for (int i = 1; status == PX_STALE && i < TRIES_MAX; i++) {
        PX_TRY(find(c, ret_err));
        status = write_device(c, ret_err);
    }
    if (status != PX_STALE)
        return status;
    return px_fail_id(ret_err, PX_BUSY, "claim.busy",
                      "too many devices use this claim at once; try again shortly");
}

static px_status register_device(claiming *c, px_err *ret_err)
{
    px_new_twin twin = { .engine = c->call->api->opts.engine,
                         .principal = principal_of(c),
                         .model = c->found.claim.model,
                         .id = c->id };
    px_status status;

    PX_TRY(px_claim_check_id(&c->found.claim, c->id, ret_err));
    if (px_documents_revision(px_engine_documents(twin.engine), c->found.tenant, PX_STR("device"),
                              c->id))
        return px_fail_id(ret_err, PX_CONFLICT, "document.exists", "device '%.*s' is there already",
                          PX_FMT(c->id));
    PX_TRY(px_new_twin_make(&twin, &c->await, &c->call->arena, ret_err));
    status = take_turns(c, ret_err);
    if (status != PX_OK)
        px_new_twin_undo(&twin, &c->await);
    return status;
}

/* ---- the call ---- */

static void answer(const claiming *c)
{
    px_json_writer w = px_json_writer_of(&c->call->out);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, c->id);
    px_json_key(&w, PX_STR("twins"));
    px_json_begin_array(&w);
    if (c->found.claim.model.len)
        px_json_string(&w, c->id);
    px_json_end_array(&w);
    px_json_key(&w, PX_STR("key"));
    px_json_string(&w, px_str_c(c->credential.text));
    px_json_end_object(&w);
    px_api_json(c->call, 201);
}

static void end(claiming *c, px_status status, const px_err *err)
{
    px_api_call *call = c->call;

    atomic_fetch_add(status == PX_OK ? &call->api->claims : &call->api->claims_refused, 1);
    px_log_info(call->api->opts.log, "api.claim", "peer='%.*s' tenant=%u id='%.*s' %s",
                PX_FMT(call->peer), (unsigned)c->found.tenant, PX_FMT(c->id),
                status == PX_OK ? "registered" : err->id);
    if (status == PX_OK)
        answer(c);
    else
        px_api_fail(call, status, err);
}

static void work(px_api_call *call)
{
    claiming *c = call->own;
    px_err err;
    px_status status;

    px_await_init(&c->await);
    status = register_device(c, &err);
    px_await_release(&c->await);
    end(c, status, &err);
}

/* Who has no claim is told so here, and keeps no worker from those who have. */
void px_v1_post_claim(px_api_call *call)
{
    claiming *c = call->own = PX_ARENA_NEW(&call->arena, claiming);
    px_status status;
    px_err err;

    if (!c) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    c->call = call;
    c->id = px_json_get_text(call->request.json, PX_STR("id"));
    status = find(c, &err);
    if (status == PX_OK)
        px_workers_run_on(call->api->bulk_workers, call, work);
    else
        end(c, status, &err);
}
