/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/devices/D/credentials and /key: what proves a device. A key is told once, in the answer
 * that made it; of a JWT's key and of a certificate there is no secret here.
 */
#include "api/device_call.h"

px_handler px_v1_list_credentials, px_v1_post_credential, px_v1_delete_credential, px_v1_post_key;

/* ---- what there is ---- */

static void put_credential(px_json_writer *w, px_str id, const px_credential_facts *facts)
{
    px_json_maybe_text(w, "id", id);
    px_json_maybe_text(w, "type", px_str_c(px_credential_type_name(facts->type)));
    px_json_maybe_text(w, "label", facts->label);
    px_json_maybe_time(w, "created", facts->created);
    px_json_maybe_time(w, "expires", facts->expires);
    px_json_maybe_text(w, "algorithm", facts->algorithm);
    px_json_maybe_text(w, "issuer", facts->issuer);
    px_json_maybe_text(w, "audience", facts->audience);
    px_json_maybe_text(w, "publicKey", facts->key);
    px_json_maybe_text(w, "subject", facts->subject);
    if (facts->type == PX_CREDENTIAL_CERTIFICATE && !facts->subject.len)
        px_json_maybe_text(w, "fingerprint", px_str_skip(id, id.len - PX_FINGERPRINT_CHARS));
}

void px_v1_list_credentials(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_credential_facts facts;
    px_document document;
    px_device device;
    px_err err;

    if (!px_api_may(call, PX_ACTION_READ_DOCUMENT) ||
        !px_api_document(call, PX_STR("device"), NULL, &document))
        return;
    if (px_device_read(document.body, &call->arena, &device, &err) != PX_OK) {
        px_api_fail(call, PX_CORRUPT, &err);
        return;
    }
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < device.credential_count; i++) {
        if (!px_device_call_read(call, device.credentials[i], &facts))
            continue;
        px_json_begin_object(&w);
        put_credential(&w, device.credentials[i], &facts);
        px_json_end_object(&w);
    }
    px_json_end_array(&w);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* ---- a new one ---- */

static void made(px_api_call *call)
{
    px_device_call *own = call->own;
    const px_credential_grant *grant = &own->grant;
    px_json_writer w = px_json_writer_of(&call->out);
    px_credential_facts facts = { .type = grant->type,
                                  .label = grant->label,
                                  .created = grant->created,
                                  .expires = grant->expires,
                                  .issuer = grant->issuer,
                                  .subject = grant->subject,
                                  .audience = grant->audience };

    px_login_cache_clear(call->api->logins);
    if (grant->key) {
        facts.algorithm = px_str_c(px_jwt_algorithm_name(grant->key->algorithm));
        facts.key = grant->key->pem;
    }
    px_json_begin_object(&w);
    put_credential(&w, px_str_c(own->credential.id), &facts);
    if (own->credential.text[0] && !call->drafting)
        px_json_maybe_text(&w, "key", px_str_c(own->credential.text));
    px_json_end_object(&w);
    px_api_json(call, 201);
}

/* A member that is a text of at most `most` bytes; `otherwise` when it did not come. */
static px_status read_text(const px_api_call *call, const char *name, size_t most, px_str otherwise,
                           px_str *ret_text, px_err *ret_err)
{
    const px_json *m = px_json_get(call->request.json, px_str_c(name));

    *ret_text = m ? m->text : otherwise;
    if (m && (m->type != PX_JSON_STRING || m->text.len == 0 || m->text.len > most))
        return px_json_fail(m, ret_err, PX_INVALID, "device.credential",
                            "`%s` is a text of 1 to %zu bytes", name, most);
    return PX_OK;
}

static px_status read_expires(const px_api_call *call, px_time *ret_time, px_err *ret_err)
{
    const px_json *m = px_json_get(call->request.json, PX_STR("expires"));

    if (!m)
        return PX_OK;
    if (m->type != PX_JSON_STRING || px_time_parse(m->text, ret_time, NULL) != PX_OK ||
        *ret_time <= call->api->env->now(call->api->env))
        return px_json_fail(m, ret_err, PX_INVALID, "device.credential",
                            "`expires` is a time in the future such as 2030-01-01T00:00:00Z");
    return PX_OK;
}

/* The issuer is the device unless another is told. */
static px_status read_jwt(px_api_call *call, px_credential_grant *grant, px_err *ret_err)
{
    px_jwt_key *key = PX_ARENA_NEW(&call->arena, px_jwt_key);
    px_str text = px_json_get_text(call->request.json, PX_STR("publicKey"));

    if (!key)
        return px_arena_fail(&call->arena, ret_err);
    PX_TRY(px_jwt_key_read(text, px_json_get_text(call->request.json, PX_STR("algorithm")),
                           &call->arena, key, ret_err));
    grant->key = key;
    PX_TRY(
        read_text(call, "issuer", PX_JWT_CLAIM_BYTES_MAX, call->args[0], &grant->issuer, ret_err));
    return read_text(call, "audience", PX_JWT_CLAIM_BYTES_MAX, PX_STR("pollux"), &grant->audience,
                     ret_err);
}

static bool is_fingerprint(px_str text)
{
    bool good = text.len == PX_FINGERPRINT_CHARS;

    for (size_t i = 0; good && i < text.len; i++)
        good = (text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
               (text.ptr[i] >= 'a' && text.ptr[i] <= 'f');
    return good;
}

/* The authorities are the server's, and so are the names that they give: who operates it says which
 * device of the first tenant bears one. */
static px_status read_subject(px_api_call *call, px_credential_grant *grant, px_err *ret_err)
{
    if (!call->principal.operates_tenants)
        return px_fail_id(ret_err, PX_DENIED, "device.certificate",
                          "only the admin of the first tenant may name a `subject`; send the "
                          "`certificate` or its `fingerprint`");
    return read_text(call, "subject", PX_DOC_ID_BYTES_MAX, (px_str){ 0 }, &grant->subject, ret_err);
}

/* The certificate itself, its fingerprint, or a name. The first ends when the certificate does. */
static px_status read_certificate(px_api_call *call, px_credential_grant *grant, px_err *ret_err)
{
    px_str pem = px_json_get_text(call->request.json, PX_STR("certificate"));
    char fingerprint[PX_FINGERPRINT_CHARS + 1];
    px_time ends;

    if (px_json_get(call->request.json, PX_STR("subject")))
        return read_subject(call, grant, ret_err);
    grant->fingerprint = px_json_get_text(call->request.json, PX_STR("fingerprint"));
    if (!pem.len && !is_fingerprint(grant->fingerprint))
        return px_fail_id(ret_err, PX_INVALID, "device.certificate",
                          "send the `certificate` in PEM, or its `fingerprint`: the SHA-256 of it "
                          "in %d lower-case hexadecimal digits",
                          PX_FINGERPRINT_CHARS);
    if (!pem.len)
        return PX_OK;
    PX_TRY(px_certificate_read(pem, fingerprint, &ends, ret_err));
    if (ends <= call->api->env->now(call->api->env))
        return px_fail_id(ret_err, PX_INVALID, "device.certificate",
                          "the time of this certificate is over; have another one signed");
    if (grant->expires == 0 || ends < grant->expires)
        grant->expires = ends;
    grant->fingerprint = px_arena_str(&call->arena, px_str_c(fingerprint));
    return grant->fingerprint.ptr ? PX_OK : px_arena_fail(&call->arena, ret_err);
}

static px_status read_type(const px_api_call *call, px_credential_type *ret_type, px_err *ret_err)
{
    px_str name = px_json_get_text(call->request.json, PX_STR("type"));

    for (int i = 0; i <= PX_CREDENTIAL_CERTIFICATE; i++) {
        *ret_type = (px_credential_type)i;
        if (px_str_eq(name, px_str_c(px_credential_type_name(*ret_type))))
            return PX_OK;
    }
    return px_fail_id(ret_err, PX_INVALID, "device.credential",
                      "`type` is key, jwt or certificate, not '%.*s'", PX_FMT(name));
}

static px_status read_grant(px_api_call *call, px_credential_grant *grant, px_err *ret_err)
{
    PX_TRY(read_type(call, &grant->type, ret_err));
    PX_TRY(read_text(call, "label", PX_DOC_ID_BYTES_MAX, (px_str){ 0 }, &grant->label, ret_err));
    PX_TRY(read_expires(call, &grant->expires, ret_err));
    if (grant->type == PX_CREDENTIAL_JWT)
        return read_jwt(call, grant, ret_err);
    if (grant->type == PX_CREDENTIAL_CERTIFICATE)
        return read_certificate(call, grant, ret_err);
    return PX_OK;
}

void px_v1_post_credential(px_api_call *call)
{
    px_device_call *own = px_device_call_open(call, 0);
    px_credential_grant grant = { 0 };
    px_status status;
    px_err err;

    if (!own || !px_api_conditions(call, true, false))
        return;
    status = read_grant(call, &grant, &err);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else if (px_device_call_add(call, &grant))
        px_device_call_submit(call, made);
}

/* ---- an end ---- */

static void revoked(px_api_call *call)
{
    px_login_cache_clear(call->api->logins);
    px_api_finish(call, 204);
}

void px_v1_delete_credential(px_api_call *call)
{
    px_device_call *own = px_device_call_open(call, PX_DEVICE_MAY_BE_RETIRED);
    px_err err;

    if (!own || !px_api_conditions(call, true, false))
        return;
    if (px_device_call_drop(own, call->args[1])) {
        px_device_call_submit(call, revoked);
        return;
    }
    px_fail_id(&err, PX_NOT_FOUND, "device.credential", "device '%.*s' has no credential '%.*s'",
               PX_FMT(call->args[0]), PX_FMT(call->args[1]));
    px_api_fail(call, PX_NOT_FOUND, &err);
}

/* ---- another key ---- */

static void key_made(px_api_call *call)
{
    px_device_call *own = call->own;
    px_json_writer w = px_json_writer_of(&call->out);

    px_login_cache_clear(call->api->logins);
    px_json_begin_object(&w);
    px_json_maybe_text(&w, "id", call->args[0]);
    px_json_key(&w, PX_STR("twins"));
    px_json_put_raw(&w, own->device.twins);
    if (!call->drafting)
        px_json_maybe_text(&w, "key", px_str_c(own->credential.text));
    px_json_end_object(&w);
    px_api_etag(call, call->request.result.seq);
    px_api_json(call, 201);
}

/* Those before it end: at once, or `overlap` seconds from now. */
void px_v1_post_key(px_api_call *call)
{
    px_device_call *own = px_device_call_open(call, 0);
    px_credential_grant grant = { .type = PX_CREDENTIAL_KEY };
    uint64_t overlap_s;

    if (own && px_api_conditions(call, true, false) &&
        px_api_param_number(call, "overlap", 0, 0, PX_KEY_OVERLAP_S_MAX, &overlap_s) &&
        px_device_call_end_keys(call, overlap_s) && px_device_call_add(call, &grant))
        px_device_call_submit(call, key_made);
}
