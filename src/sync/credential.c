/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/credential.h"

#include <sodium.h>

#include "base/json.h"
#include "sync/credential_inner.h"
#include "sync/jwt.h"

enum { ID_BYTES = 8, SECRET_BYTES = 32, SECRET_CHARS = 43 };

static const char *const type_names[PX_CREDENTIAL_TYPE_COUNT] = {
    [PX_CREDENTIAL_KEY] = "key",
    [PX_CREDENTIAL_JWT] = "jwt",
    [PX_CREDENTIAL_CERTIFICATE] = "certificate",
    [PX_CREDENTIAL_CLAIM] = "claim",
    [PX_CREDENTIAL_ISSUER] = "issuer",
};

const char *px_credential_type_name(px_credential_type type)
{
    return type_names[type];
}

void px_credential_hash(px_str secret, char ret_hex[PX_HASH_CHARS + 1])
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, (const unsigned char *)secret.ptr, secret.len);
    sodium_bin2hex(ret_hex, PX_HASH_CHARS + 1, hash, sizeof(hash));
}

/* ---- a new one ---- */

static void put_grant(px_json_writer *w, const px_credential_grant *grant)
{
    px_json_key(w, PX_STR("tenant"));
    px_json_uint(w, grant->tenant);
    px_json_key(w, PX_STR("role"));
    px_json_string(w, px_str_c(px_role_name(grant->role)));
    px_json_key(w, PX_STR("name"));
    px_json_string(w, grant->name);
    px_json_maybe_text(w, "device", grant->device);
    if (grant->operates_tenants) {
        px_json_key(w, PX_STR("operatesTenants"));
        px_json_bool(w, true);
    }
    if (grant->type != PX_CREDENTIAL_KEY)
        px_json_maybe_text(w, "type", px_str_c(px_credential_type_name(grant->type)));
    px_json_maybe_text(w, "label", grant->label);
    px_json_maybe_time(w, "created", grant->created);
    px_json_maybe_time(w, "expires", grant->expires);
}

static void make_id(px_env *env, px_credential *credential)
{
    unsigned char id[ID_BYTES];

    env->random(env, id, sizeof(id));
    sodium_bin2hex(credential->id, sizeof(credential->id), id, sizeof(id));
}

/* `plx_<id>_<secret>`, and the hash of the secret. */
static void make_text(px_env *env, px_credential *credential, char ret_hash[PX_HASH_CHARS + 1])
{
    unsigned char secret[SECRET_BYTES];
    char encoded[SECRET_CHARS + 1];

    env->random(env, secret, sizeof(secret));
    sodium_bin2base64(encoded, sizeof(encoded), secret, sizeof(secret),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(credential->text, "plx_", 4);
    memcpy(credential->text + 4, credential->id, 2 * ID_BYTES);
    credential->text[4 + 2 * ID_BYTES] = '_';
    memcpy(credential->text + 5 + 2 * ID_BYTES, encoded, sizeof(encoded));
    px_credential_hash(px_str_of(encoded, SECRET_CHARS), ret_hash);
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(encoded, sizeof(encoded));
}

void px_credential_make(px_env *env, const px_credential_grant *grant,
                        px_credential *ret_credential, px_buf *body)
{
    char hash[PX_HASH_CHARS + 1];
    px_json_writer w = px_json_writer_of(body);

    *ret_credential = (px_credential){ 0 };
    px_json_begin_object(&w);
    put_grant(&w, grant);
    switch (grant->type) {
    case PX_CREDENTIAL_JWT:
        make_id(env, ret_credential);
        px_json_maybe_text(&w, "algorithm", px_str_c(px_jwt_algorithm_name(grant->key->algorithm)));
        px_json_maybe_text(&w, "key", grant->key->pem);
        px_json_maybe_text(&w, "issuer", grant->issuer);
        px_json_maybe_text(&w, "audience", grant->audience);
        break;
    case PX_CREDENTIAL_CERTIFICATE:
        if (grant->subject.len)
            px_credential_subject_id(grant->subject, ret_credential->id);
        else
            px_credential_certificate_id(grant->fingerprint, ret_credential->id);
        px_json_maybe_text(&w, "subject", grant->subject);
        break;
    default:
        make_id(env, ret_credential);
        make_text(env, ret_credential, hash);
        px_json_maybe_text(&w, "hash", px_str_of(hash, PX_HASH_CHARS));
    }
    px_json_end_object(&w);
}

/* ---- what comes ---- */

bool px_credential_split(px_str text, px_str *ret_id, px_str *ret_secret)
{
    if (text.len != PX_CREDENTIAL_BYTES || !px_str_starts(text, PX_STR("plx_")) ||
        text.ptr[4 + 2 * ID_BYTES] != '_')
        return false;
    *ret_id = px_str_of(text.ptr + 4, 2 * ID_BYTES);
    *ret_secret = px_str_of(text.ptr + 5 + 2 * ID_BYTES, SECRET_CHARS);
    return true;
}

bool px_credential_id(px_str text, px_str *ret_id)
{
    px_str secret;

    return px_credential_split(text, ret_id, &secret);
}

px_str px_credential_account(px_str text, char room[PX_CREDENTIAL_ID_BYTES_MAX])
{
    char hash[PX_HASH_CHARS + 1];
    px_str id;

    if (!px_credential_id(text, &id)) {
        if (!px_jwt_kid(text, room, PX_CREDENTIAL_ID_BYTES_MAX, &id))
            return (px_str){ 0 };
        if (id.len == PX_CREDENTIAL_RANDOM_ID_BYTES)
            return id;
        px_credential_hash(text, hash);
        id = px_str_of(hash, PX_HASH_CHARS);
    }
    memcpy(room, id.ptr, id.len);
    return px_str_of(room, id.len);
}

void px_credential_certificate_id(px_str fingerprint, char ret_id[PX_CREDENTIAL_ID_BYTES_MAX + 1])
{
    size_t count = fingerprint.len < PX_FINGERPRINT_CHARS ? fingerprint.len : PX_FINGERPRINT_CHARS;

    memcpy(ret_id, "x509-", 5);
    memcpy(ret_id + 5, fingerprint.ptr, count);
    ret_id[5 + count] = '\0';
}

void px_credential_subject_id(px_str name, char ret_id[PX_CREDENTIAL_ID_BYTES_MAX + 1])
{
    memcpy(ret_id, "name-", 5);
    px_credential_hash(name, ret_id + 5);
}

/* ---- documents ---- */

static px_role role_of(px_str name)
{
    for (px_role role = PX_ROLE_READER; role <= PX_ROLE_ADMIN; role++)
        if (px_str_eq(name, px_str_c(px_role_name(role))))
            return role;
    return PX_ROLE_NONE;
}

/* Errors of a type that this release does not know: PX_CORRUPT, so that it proves nothing. */
static px_status type_of(px_str name, px_credential_type *ret_type, px_err *ret_err)
{
    *ret_type = PX_CREDENTIAL_KEY;
    if (name.len == 0)
        return PX_OK;
    for (int i = 0; i < PX_CREDENTIAL_TYPE_COUNT; i++) {
        if (!px_str_eq(name, px_str_c(type_names[i])))
            continue;
        *ret_type = (px_credential_type)i;
        return PX_OK;
    }
    return px_fail_id(ret_err, PX_CORRUPT, "access.credential_type",
                      "there is no credential of type '%.*s'", PX_FMT(name));
}

px_status px_credential_read(px_str text, px_arena *arena, px_credential_facts *ret_facts,
                             px_err *ret_err)
{
    px_credential_facts facts = { 0 };
    px_json *body;

    PX_TRY(px_json_parse(text, NULL, arena, &body, ret_err));
    PX_TRY(type_of(px_json_get_text(body, PX_STR("type")), &facts.type, ret_err));
    facts.tenant = (uint32_t)px_json_get_uint(body, PX_STR("tenant"));
    facts.role = role_of(px_json_get_text(body, PX_STR("role")));
    facts.name = px_json_get_text(body, PX_STR("name"));
    facts.device = px_json_get_text(body, PX_STR("device"));
    facts.label = px_json_get_text(body, PX_STR("label"));
    facts.hash = px_json_get_text(body, PX_STR("hash"));
    facts.algorithm = px_json_get_text(body, PX_STR("algorithm"));
    facts.key = px_json_get_text(body, PX_STR("key"));
    facts.issuer = px_json_get_text(body, PX_STR("issuer"));
    facts.audience = px_json_get_text(body, PX_STR("audience"));
    facts.subject = px_json_get_text(body, PX_STR("subject"));
    facts.created = px_json_get_time(body, PX_STR("created"));
    facts.expires = px_json_get_time(body, PX_STR("expires"));
    facts.operates_tenants = px_json_is(px_json_get(body, PX_STR("operatesTenants")), PX_JSON_TRUE);
    facts.body = body;
    *ret_facts = facts;
    return PX_OK;
}

void px_put_credential_until(px_buf *buf, const px_credential_facts *facts, px_time expires)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    for (const px_json *m = facts->body->first; m; m = m->next) {
        if (px_str_eq(m->key, PX_STR("expires")))
            continue;
        px_json_key(&w, m->key);
        px_json_node(&w, m);
    }
    px_json_maybe_time(&w, "expires", expires);
    px_json_end_object(&w);
}
