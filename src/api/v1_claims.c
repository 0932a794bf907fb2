/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/claims: claims as people make them. The text of one is told once, in the answer that made
 * it. What devices do with it is POST /api/v1/claim (v1_claim.c).
 */
#include "api/device_call.h"
#include "sync/claim.h"

enum { PAGE_MAX = 500 };

px_handler px_v1_list_claims, px_v1_get_claim, px_v1_put_claim, px_v1_delete_claim;

static const px_api_missing missing = { "claim.not_found", "there is no claim" };

typedef struct claim_call {
    px_claim claim;
    px_credential credential;
    px_document_write writes[2];
} claim_call;

static void put_claim(px_json_writer *w, px_str name, const px_claim *claim, const char *text)
{
    px_json_begin_object(w);
    px_json_maybe_text(w, "id", name);
    px_json_key(w, PX_STR("uses"));
    px_json_uint(w, claim->uses);
    px_json_key(w, PX_STR("used"));
    px_json_uint(w, claim->used);
    px_json_key(w, PX_STR("expires"));
    px_json_time(w, claim->expires);
    px_json_maybe_text(w, "prefix", claim->prefix);
    px_json_maybe_text(w, "group", claim->group);
    px_json_maybe_text(w, "model", claim->model);
    px_json_maybe_text(w, "claim", px_str_c(text));
    px_json_end_object(w);
}

static void put_document(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_claim claim = { .expires = PX_TIME_NONE };

    (void)!px_claim_read(document->body, &call->arena, &claim, NULL);
    put_claim(w, document->id, &claim, "");
}

void px_v1_list_claims(px_api_call *call)
{
    px_api_document_items(call, PX_ACTION_READ_DOCUMENT, call->principal.tenant, PX_STR("claim"),
                          100, PAGE_MAX, put_document);
}

void px_v1_get_claim(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, PX_STR("claim"), &missing, &document))
        return;
    put_document(call, &w, &document);
    px_api_json(call, 200);
}

/* ---- a new one ---- */

static px_status read_text(const px_api_call *call, const char *name, size_t most, px_str *ret_text,
                           px_err *ret_err)
{
    const px_json *m = px_json_get(call->request.json, px_str_c(name));

    if (!m)
        return PX_OK;
    if (m->type != PX_JSON_STRING || m->text.len > most)
        return px_json_fail(m, ret_err, PX_INVALID, "claim.form",
                            "`%s` is a text of at most %zu bytes", name, most);
    *ret_text = m->text;
    return PX_OK;
}

static px_status read_uses(const px_api_call *call, px_claim *claim, px_err *ret_err)
{
    const px_json *m = px_json_get(call->request.json, PX_STR("uses"));
    int64_t uses = 1;

    if (m && (m->type != PX_JSON_NUMBER || !px_num_to_int(m->num, &uses) || uses < 1 ||
              uses > PX_CLAIM_USES_MAX))
        return px_json_fail(m, ret_err, PX_INVALID, "claim.form",
                            "`uses` is a whole number from 1 to %d", PX_CLAIM_USES_MAX);
    claim->uses = (uint32_t)uses;
    return PX_OK;
}

/* A day, unless told. */
static px_status read_expires(const px_api_call *call, px_claim *claim, px_err *ret_err)
{
    const px_json *m = px_json_get(call->request.json, PX_STR("expires"));
    px_time now = call->api->env->now(call->api->env);

    claim->expires = now + (px_time)24 * 3600 * PX_SECOND;
    if (m && (m->type != PX_JSON_STRING || px_time_parse(m->text, &claim->expires, NULL) != PX_OK ||
              claim->expires <= now || claim->expires > now + PX_CLAIM_NS_MAX))
        return px_json_fail(m, ret_err, PX_INVALID, "claim.form",
                            "`expires` is a time such as 2026-11-01T12:00:00Z, in the next 90 "
                            "days");
    return PX_OK;
}

static px_status read_claim(const px_api_call *call, px_claim *claim, px_err *ret_err)
{
    px_model_info info;

    PX_TRY(read_uses(call, claim, ret_err));
    PX_TRY(read_expires(call, claim, ret_err));
    PX_TRY(read_text(call, "prefix", PX_DOC_ID_BYTES_MAX, &claim->prefix, ret_err));
    PX_TRY(read_text(call, "group", PX_DOC_ID_BYTES_MAX, &claim->group, ret_err));
    PX_TRY(read_text(call, "model", PX_DTMI_INTERFACE_BYTES_MAX, &claim->model, ret_err));
    if (claim->model.len && !px_registry_find(px_engine_registry(call->api->opts.engine),
                                              call->principal.tenant, claim->model, &info))
        return px_fail_id(ret_err, PX_NOT_FOUND, "model.not_found",
                          "there is no model '%.*s'; upload it first", PX_FMT(claim->model));
    return PX_OK;
}

static void made(px_api_call *call)
{
    const claim_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    put_claim(&w, call->args[0], &own->claim, call->drafting ? "" : own->credential.text);
    px_api_json(call, 201);
}

static px_status fill(px_api_call *call, claim_call *own, px_err *ret_err)
{
    px_credential_grant grant = { .type = PX_CREDENTIAL_CLAIM,
                                  .tenant = call->principal.tenant,
                                  .role = PX_ROLE_DEVICE,
                                  .name = call->args[0],
                                  .created = call->api->env->now(call->api->env),
                                  .expires = own->claim.expires };
    px_buf credential = { 0 }, claim = { 0 };

    px_credential_make(call->api->env, &grant, &own->credential, &credential);
    own->claim.credential = px_str_c(own->credential.id);
    px_put_claim(&claim, &own->claim);
    own->writes[0] = (px_document_write){ .kind = PX_STR("credential"),
                                          .id = own->claim.credential,
                                          .body = px_api_keep(call, &credential),
                                          .in_tenant_zero = true,
                                          .create_only = true };
    own->writes[1] = (px_document_write){ .kind = PX_STR("claim"),
                                          .id = call->args[0],
                                          .body = px_api_keep(call, &claim),
                                          .create_only = true };
    return own->writes[0].body.len && own->writes[1].body.len ? PX_OK : px_no_memory(ret_err);
}

static void submit(px_api_call *call, claim_call *own, void (*then)(px_api_call *call))
{
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = own->writes;
    call->request.document_count = 2;
    px_api_submit(call, then);
}

void px_v1_put_claim(px_api_call *call)
{
    claim_call *own;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT))
        return;
    own = call->own = PX_ARENA_NEW(&call->arena, claim_call);
    status = own ? read_claim(call, &own->claim, &err) : px_arena_fail(&call->arena, &err);
    if (status == PX_OK)
        status = fill(call, own, &err);
    if (status == PX_OK)
        submit(call, own, made);
    else
        px_api_fail(call, status, &err);
}

static void gone(px_api_call *call)
{
    px_api_finish(call, 204);
}

void px_v1_delete_claim(px_api_call *call)
{
    claim_call *own;
    px_document document;
    px_status status;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) ||
        !px_api_document(call, PX_STR("claim"), &missing, &document))
        return;
    own = PX_ARENA_NEW(&call->arena, claim_call);
    status = own ? px_claim_read(document.body, &call->arena, &own->claim, &err)
                 : px_arena_fail(&call->arena, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    own->writes[0] = (px_document_write){ .kind = PX_STR("credential"),
                                          .id = own->claim.credential,
                                          .in_tenant_zero = true };
    own->writes[1] = (px_document_write){ .kind = PX_STR("claim"), .id = call->args[0] };
    submit(call, own, gone);
}
