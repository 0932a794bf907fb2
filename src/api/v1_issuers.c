/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/issuers: who signs the tokens of many devices of a tenant. Two documents change together:
 * `issuer` in the tenant, which is listed, and the credential in tenant 0, by which a token finds
 * its issuer. There is no secret in either.
 */
#include "api/document_call.h"
#include "sync/issuer.h"

enum { PAGE_MAX = 500 };

px_handler px_v1_list_issuers, px_v1_get_issuer, px_v1_put_issuer, px_v1_delete_issuer;

static const px_api_missing missing = { "issuer.not_found", "there is no issuer" };

typedef struct issuer_call {
    px_issuer issuer;
    char id[PX_CREDENTIAL_ID_BYTES_MAX + 1]; /* of the credential */
    px_document_write writes[3];
    size_t write_count;
} issuer_call;

/* ---- reading ---- */

static px_str credential_of(px_api_call *call, const px_document *document)
{
    px_json *body;

    if (px_json_parse(document->body, NULL, &call->arena, &body, NULL) != PX_OK)
        return (px_str){ 0 };
    return px_json_get_text(body, PX_STR("credential"));
}

static void put_member(px_json_writer *w, const char *name, const px_json *value)
{
    px_json_key(w, px_str_c(name));
    if (value)
        px_json_node(w, value);
    else
        px_json_null(w);
}

static void put_keys(px_json_writer *w, const px_json *keys)
{
    px_json_key(w, PX_STR("keys"));
    px_json_begin_array(w);
    for (const px_json *key = keys ? keys->first : NULL; key; key = key->next) {
        px_json_begin_object(w);
        put_member(w, "kid", px_json_get(key, PX_STR("kid")));
        put_member(w, "algorithm", px_json_get(key, PX_STR("algorithm")));
        put_member(w, "publicKey", px_json_get(key, PX_STR("key")));
        px_json_end_object(w);
    }
    px_json_end_array(w);
}

static void put_issuer(px_api_call *call, px_json_writer *w, px_str id, px_str body)
{
    px_json *json = NULL;

    (void)!px_json_parse(body, NULL, &call->arena, &json, NULL);
    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, id);
    put_member(w, "issuer", px_json_get(json, PX_STR("issuer")));
    put_member(w, "audience", px_json_get(json, PX_STR("audience")));
    put_member(w, "claim", px_json_get(json, PX_STR("claim")));
    put_keys(w, px_json_get(json, PX_STR("keys")));
    px_json_end_object(w);
}

static void put_document(px_api_call *call, px_json_writer *w, const px_document *document)
{
    px_document credential;

    if (px_documents_get(px_api_documents(call), 0, PX_STR("credential"),
                         credential_of(call, document), &call->arena, &credential, NULL) == PX_OK)
        put_issuer(call, w, document->id, credential.body);
}

void px_v1_list_issuers(px_api_call *call)
{
    px_api_document_items(call, PX_ACTION_READ_DOCUMENT, call->principal.tenant, PX_STR("issuer"),
                          100, PAGE_MAX, put_document);
}

void px_v1_get_issuer(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, PX_STR("issuer"), &missing, &document))
        return;
    put_document(call, &w, &document);
    px_api_etag(call, document.revision);
    px_api_json(call, 200);
}

/* ---- writing ---- */

static px_status read_text(const px_json *body, const char *name, px_str otherwise,
                           px_str *ret_text, px_err *ret_err)
{
    const px_json *m = px_json_get(body, px_str_c(name));

    *ret_text = m ? m->text : otherwise;
    if (ret_text->len == 0 || ret_text->len > PX_JWT_CLAIM_BYTES_MAX ||
        (m && m->type != PX_JSON_STRING))
        return px_fail_id(ret_err, PX_INVALID, "issuer.form",
                          "`%s` of an issuer is a text of 1 to %d bytes", name,
                          PX_JWT_CLAIM_BYTES_MAX);
    return PX_OK;
}

static px_status put_key(px_api_call *call, const px_json *json, px_json_writer *w, px_err *ret_err)
{
    static const char *const names[] = { "kid", "algorithm", "publicKey", NULL };
    px_jwt_key key;
    px_str kid;

    PX_TRY(px_json_members(json, "a key of an issuer", "issuer.form", names, ret_err));
    PX_TRY(read_text(json, "kid", (px_str){ 0 }, &kid, ret_err));
    for (const px_json *other = json->parent->first; other != json; other = other->next)
        if (px_str_eq(px_json_get_text(other, PX_STR("kid")), kid))
            return px_json_fail(json, ret_err, PX_INVALID, "issuer.form",
                                "the `kid` '%.*s' is there twice", PX_FMT(kid));
    PX_TRY(px_jwt_key_read(px_json_get_text(json, PX_STR("publicKey")),
                           px_json_get_text(json, PX_STR("algorithm")), &call->arena, &key,
                           ret_err));
    px_json_begin_object(w);
    px_json_key(w, PX_STR("kid"));
    px_json_string(w, kid);
    px_json_key(w, PX_STR("algorithm"));
    px_json_string(w, px_str_c(px_jwt_algorithm_name(key.algorithm)));
    px_json_key(w, PX_STR("key"));
    px_json_string(w, key.pem);
    px_json_end_object(w);
    return PX_OK;
}

static px_status read_keys(px_api_call *call, px_issuer *issuer, px_err *ret_err)
{
    const px_json *keys = px_json_get(call->request.json, PX_STR("keys"));
    px_buf text = { 0 };
    px_json_writer w = px_json_writer_of(&text);
    px_status status = PX_OK;

    if (!px_json_is(keys, PX_JSON_ARRAY) || keys->count == 0 || keys->count > PX_ISSUER_KEYS_MAX)
        return px_fail_id(ret_err, PX_INVALID, "issuer.form",
                          "`keys` of an issuer are 1 to %d objects with `kid`, `algorithm` and "
                          "`publicKey`",
                          PX_ISSUER_KEYS_MAX);
    px_json_begin_array(&w);
    for (const px_json *key = keys->first; key && status == PX_OK; key = key->next)
        status = put_key(call, key, &w, ret_err);
    if (status == PX_OK)
        px_json_end_array(&w);
    issuer->keys = px_api_keep(call, &text);
    PX_TRY(status);
    return issuer->keys.len ? PX_OK : px_no_memory(ret_err);
}

static px_status read_issuer(px_api_call *call, px_issuer *issuer, px_err *ret_err)
{
    const px_json *body = call->request.json;

    issuer->tenant = call->principal.tenant;
    issuer->name = call->args[0];
    issuer->created = call->api->env->now(call->api->env);
    PX_TRY(read_text(body, "issuer", (px_str){ 0 }, &issuer->issuer, ret_err));
    PX_TRY(read_text(body, "audience", PX_STR("pollux"), &issuer->audience, ret_err));
    PX_TRY(read_text(body, "claim", PX_STR("sub"), &issuer->claim, ret_err));
    return read_keys(call, issuer, ret_err);
}

static void add_write(issuer_call *own, const char *kind, px_str id, px_str body, bool create_only)
{
    own->writes[own->write_count++] = (px_document_write){ .kind = px_str_c(kind),
                                                           .id = id,
                                                           .body = body,
                                                           .in_tenant_zero = kind[0] == 'c',
                                                           .create_only = create_only };
}

/* Under another name of the issuer the credential has another id. `old` NULL: there was none. */
static px_status fill(px_api_call *call, issuer_call *own, const px_document *old, px_err *ret_err)
{
    px_str before = old ? credential_of(call, old) : (px_str){ 0 };
    px_buf credential = { 0 }, body = { 0 };
    px_str kept, index;
    bool is_same;

    px_issuer_id(own->issuer.issuer, own->id);
    is_same = px_str_eq(before, px_str_c(own->id));
    px_put_issuer(&credential, &own->issuer);
    px_putf(&body, "{\"credential\":\"%s\"}", own->id);
    kept = px_api_keep(call, &credential);
    index = px_api_keep(call, &body);
    if (!kept.len || !index.len)
        return px_no_memory(ret_err);
    if (before.len && !is_same)
        add_write(own, "credential", before, (px_str){ 0 }, false);
    add_write(own, "credential", px_str_c(own->id), kept, !is_same);
    add_write(own, "issuer", call->args[0], index, !old);
    return PX_OK;
}

static void submit(px_api_call *call, issuer_call *own, const px_document *old,
                   void (*then)(px_api_call *call))
{
    if (old && call->request.if_match == 0)
        call->request.if_match = old->revision;
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = own->writes;
    call->request.document_count = own->write_count;
    px_api_submit(call, then);
}

static void written(px_api_call *call)
{
    issuer_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_login_cache_clear(call->api->logins);
    put_issuer(call, &w, call->args[0], own->writes[own->write_count - 2].body);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, 200);
}

void px_v1_put_issuer(px_api_call *call)
{
    issuer_call *own;
    px_document old;
    px_status status;
    px_err err;
    bool is_new;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) || !px_api_conditions(call, true, false))
        return;
    own = call->own = PX_ARENA_NEW(&call->arena, issuer_call);
    is_new = px_documents_get(px_api_documents(call), call->principal.tenant, PX_STR("issuer"),
                              call->args[0], &call->arena, &old, NULL) != PX_OK;
    status = own ? read_issuer(call, &own->issuer, &err) : px_arena_fail(&call->arena, &err);
    if (status == PX_OK)
        status = fill(call, own, is_new ? NULL : &old, &err);
    if (status == PX_OK)
        submit(call, own, is_new ? NULL : &old, written);
    else
        px_api_fail(call, status, &err);
}

static void gone(px_api_call *call)
{
    px_login_cache_clear(call->api->logins);
    px_api_finish(call, 204);
}

void px_v1_delete_issuer(px_api_call *call)
{
    issuer_call *own;
    px_document old;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_DOCUMENT) ||
        !px_api_document(call, PX_STR("issuer"), &missing, &old) ||
        !px_api_conditions(call, true, false))
        return;
    own = PX_ARENA_NEW(&call->arena, issuer_call);
    if (!own) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    add_write(own, "credential", credential_of(call, &old), (px_str){ 0 }, false);
    add_write(own, "issuer", call->args[0], (px_str){ 0 }, false);
    submit(call, own, &old, gone);
}
