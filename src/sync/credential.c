/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/credential.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/json.h"

enum {
    ID_BYTES = 8,
    SECRET_BYTES = 32,
    SECRET_CHARS = 43,
    HASH_CHARS = 2 * crypto_hash_sha256_BYTES
};

static void hash_secret(px_str secret, char ret_hex[HASH_CHARS + 1])
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, (const unsigned char *)secret.ptr, secret.len);
    sodium_bin2hex(ret_hex, HASH_CHARS + 1, hash, sizeof(hash));
}

void px_credential_make(px_env *env, const px_credential_grant *grant,
                        px_credential *ret_credential, px_buf *body)
{
    unsigned char id[ID_BYTES], secret[SECRET_BYTES];
    char encoded[SECRET_CHARS + 1], hash[HASH_CHARS + 1];
    px_json_writer w = px_json_writer_of(body);

    env->random(env, id, sizeof(id));
    env->random(env, secret, sizeof(secret));
    sodium_bin2hex(ret_credential->id, sizeof(ret_credential->id), id, sizeof(id));
    sodium_bin2base64(encoded, sizeof(encoded), secret, sizeof(secret),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(ret_credential->text, "plx_", 4);
    memcpy(ret_credential->text + 4, ret_credential->id, 2 * ID_BYTES);
    ret_credential->text[4 + 2 * ID_BYTES] = '_';
    memcpy(ret_credential->text + 5 + 2 * ID_BYTES, encoded, sizeof(encoded));
    hash_secret(px_str_of(encoded, SECRET_CHARS), hash);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("tenant"));
    px_json_uint(&w, grant->tenant);
    px_json_key(&w, PX_STR("role"));
    px_json_string(&w, px_str_c(px_role_name(grant->role)));
    px_json_key(&w, PX_STR("name"));
    px_json_string(&w, grant->name);
    if (grant->device.len) {
        px_json_key(&w, PX_STR("device"));
        px_json_string(&w, grant->device);
    }
    if (grant->operates_tenants) {
        px_json_key(&w, PX_STR("operatesTenants"));
        px_json_bool(&w, true);
    }
    px_json_key(&w, PX_STR("hash"));
    px_json_string(&w, px_str_of(hash, HASH_CHARS));
    px_json_end_object(&w);
    sodium_memzero(secret, sizeof(secret));
}

static bool split(px_str text, px_str *ret_id, px_str *ret_secret)
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

    return split(text, ret_id, &secret);
}

static px_role role_of(px_str name)
{
    for (px_role role = PX_ROLE_READER; role <= PX_ROLE_ADMIN; role++)
        if (px_str_eq(name, px_str_c(px_role_name(role))))
            return role;
    return PX_ROLE_NONE;
}

static px_status refuse(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.credential",
                      "this credential is not known here");
}

static int compare_ids(const void *a, const void *b)
{
    return px_str_cmp(*(const px_str *)a, *(const px_str *)b);
}

/* The twins that the device's document names, in order; none when the document is gone. */
static px_status read_device(px_documents *documents, px_principal *principal, px_arena *arena,
                             uint64_t *ret_revision, px_err *ret_err)
{
    const px_json *twins;
    px_document document;
    px_json *body;
    px_str *ids;
    px_status status = px_documents_get(documents, principal->tenant, PX_STR("device"),
                                        principal->id, arena, &document, ret_err);

    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    PX_TRY(px_json_parse(document.body, NULL, arena, &body, ret_err));
    principal->document_no = document.no;
    *ret_revision = document.revision;
    twins = px_json_get(body, PX_STR("twins"));
    if (!px_json_is(twins, PX_JSON_ARRAY))
        return PX_OK;
    ids = PX_ARENA_ARRAY(arena, px_str, twins->count);
    if (!ids)
        return px_arena_fail(arena, ret_err);
    for (const px_json *twin = twins->first; twin; twin = twin->next)
        ids[principal->twin_count++] = twin->text;
    if (principal->twin_count > 1)
        qsort(ids, principal->twin_count, sizeof(*ids), compare_ids);
    principal->twins = ids;
    return PX_OK;
}

/* The principal that a credential's document names. */
static px_status read_principal(px_documents *documents, const px_json *body, px_arena *arena,
                                px_principal *ret_principal, uint64_t *ret_device_revision,
                                px_err *ret_err)
{
    px_principal principal = { 0 };
    int64_t tenant = 0;

    if (px_json_is(px_json_get(body, PX_STR("tenant")), PX_JSON_NUMBER))
        px_num_to_int(px_json_get(body, PX_STR("tenant"))->num, &tenant);
    principal.tenant = (uint32_t)tenant;
    principal.role = role_of(px_json_get_text(body, PX_STR("role")));
    principal.id = px_json_get_text(body, PX_STR("name"));
    principal.operates_tenants =
        px_json_is(px_json_get(body, PX_STR("operatesTenants")), PX_JSON_TRUE);
    if (principal.role == PX_ROLE_DEVICE) {
        principal.id = px_json_get_text(body, PX_STR("device"));
        PX_TRY(read_device(documents, &principal, arena, ret_device_revision, ret_err));
    }
    *ret_principal = principal;
    return PX_OK;
}

static px_status find(px_documents *documents, px_str id, px_arena *arena, uint64_t *ret_revision,
                      px_json **ret_body, px_err *ret_err)
{
    px_document document;
    px_status status =
        px_documents_get(documents, 0, PX_STR("credential"), id, arena, &document, ret_err);

    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    *ret_revision = document.revision;
    return px_json_parse(document.body, NULL, arena, ret_body, ret_err);
}

px_status px_credential_prove(px_documents *documents, px_str text, px_arena *arena,
                              px_principal *ret_principal, px_credential_proof *ret_proof,
                              px_err *ret_err)
{
    px_credential_proof proof = { 0 };
    char hash[HASH_CHARS + 1];
    px_str id, secret, wanted;
    px_json *body;

    if (!split(text, &id, &secret))
        return refuse(ret_err);
    PX_TRY(find(documents, id, arena, &proof.revision, &body, ret_err));
    hash_secret(secret, hash);
    wanted = px_json_get_text(body, PX_STR("hash"));
    if (wanted.len != HASH_CHARS || sodium_memcmp(wanted.ptr, hash, HASH_CHARS) != 0)
        return refuse(ret_err);
    PX_TRY(read_principal(documents, body, arena, ret_principal, &proof.device_revision, ret_err));
    memcpy(proof.id, id.ptr, id.len);
    *ret_proof = proof;
    return PX_OK;
}

px_status px_credential_holder(px_documents *documents, px_str id, px_arena *arena,
                               px_principal *ret_principal, px_err *ret_err)
{
    uint64_t revision, device_revision;
    px_json *body;

    PX_TRY(find(documents, id, arena, &revision, &body, ret_err));
    return read_principal(documents, body, arena, ret_principal, &device_revision, ret_err);
}

px_status px_credential_check(px_documents *documents, px_str text, px_arena *arena,
                              px_principal *ret_principal, px_err *ret_err)
{
    px_credential_proof proof;

    return px_credential_prove(documents, text, arena, ret_principal, &proof, ret_err);
}

static bool looks_the_same(px_documents *documents, const px_principal *principal,
                           const px_credential_proof *proof)
{
    if (px_documents_revision(documents, 0, PX_STR("credential"), px_str_c(proof->id)) !=
        proof->revision)
        return false;
    return principal->role != PX_ROLE_DEVICE ||
           px_documents_revision(documents, principal->tenant, PX_STR("device"), principal->id) ==
               proof->device_revision;
}

bool px_credential_stands(px_documents *documents, const px_principal *principal,
                          px_credential_proof *proof)
{
    uint64_t generation = px_documents_generation(documents); /* before it is looked at */

    if (proof->generation == generation)
        return true;
    if (!looks_the_same(documents, principal, proof))
        return false;
    proof->generation = generation;
    return true;
}

static bool same_twins(const px_principal *a, const px_principal *b)
{
    bool same = a->document_no == b->document_no && a->twin_count == b->twin_count;

    for (size_t i = 0; same && i < a->twin_count; i++)
        same = px_str_eq(a->twins[i], b->twins[i]);
    return same;
}

px_status px_credential_renew(px_documents *documents, const px_principal *principal,
                              px_credential_proof *proof, px_err *ret_err)
{
    px_principal now = { .tenant = principal->tenant, .id = principal->id };
    PX_AUTO_ARENA arena = { 0 };
    uint64_t revision;

    px_arena_init(&arena, PX_CREDENTIAL_ARENA_BYTES_MAX);
    if (px_documents_revision(documents, 0, PX_STR("credential"), px_str_c(proof->id)) !=
        proof->revision)
        return refuse(ret_err);
    if (principal->role != PX_ROLE_DEVICE)
        return PX_OK;
    PX_TRY(read_device(documents, &now, &arena, &revision, ret_err));
    if (!same_twins(principal, &now))
        return refuse(ret_err);
    proof->device_revision = revision;
    return PX_OK;
}
