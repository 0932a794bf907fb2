/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof: evidence → the credential's document → the principal; for a device its document as well.
 */
#include <sodium.h>
#include <stdlib.h>

#include "base/json.h"
#include "sync/credential_inner.h"
#include "sync/device.h"
#include "sync/issuer.h"
#include "sync/jwt.h"

static px_status refuse(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.credential",
                      "this credential is not known here");
}

/* ---- the device behind it ---- */

static int compare_ids(const void *a, const void *b)
{
    return px_str_cmp(*(const px_str *)a, *(const px_str *)b);
}

/* The twins that the device's document names, in order. */
static px_status read_twins(px_str array, px_principal *principal, px_arena *arena, px_err *ret_err)
{
    px_json *twins;
    px_str *ids;

    PX_TRY(px_json_parse(array, NULL, arena, &twins, ret_err));
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

/* Refused when the document is gone, or its device may not connect. */
static px_status read_device(px_documents *documents, px_principal *principal, px_arena *arena,
                             px_credential_proof *proof, px_err *ret_err)
{
    px_document document;
    px_device device;
    px_status status = px_documents_get(documents, principal->tenant, PX_STR("device"),
                                        principal->id, arena, &document, ret_err);

    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    proof->device_tenant = principal->tenant;
    proof->device_no = document.no;
    PX_TRY(px_device_read(document.body, arena, &device, ret_err));
    PX_TRY(px_device_admits(device.state, principal->id, ret_err));
    principal->document_no = document.no;
    proof->device_revision = document.revision;
    proof->awaits_activation = device.state == PX_DEVICE_REGISTERED;
    return read_twins(device.twins, principal, arena, ret_err);
}

px_status px_credential_device(px_documents *documents, px_principal *principal, px_arena *arena,
                               px_err *ret_err)
{
    px_credential_proof proof = { 0 };

    principal->role = PX_ROLE_DEVICE;
    return read_device(documents, principal, arena, &proof, ret_err);
}

/* ---- evidence ---- */

typedef struct proving {
    px_env *env;
    px_documents *documents;
    px_arena *arena;
    px_credential_proof proof;
    px_credential_facts facts; /* of the credential */
} proving;

static px_time earlier(px_time a, px_time b)
{
    if (a == PX_TIME_NONE || b == PX_TIME_NONE)
        return a == PX_TIME_NONE ? b : a;
    return a < b ? a : b;
}

/* The document of this id, when it is of this type. */
static px_status find(proving *p, px_str id, px_credential_type type, px_err *ret_err)
{
    px_document document;
    px_status status = id.len > 0 && id.len <= PX_CREDENTIAL_ID_BYTES_MAX
                           ? px_documents_get(p->documents, 0, PX_STR("credential"), id, p->arena,
                                              &document, ret_err)
                           : PX_NOT_FOUND;

    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    PX_TRY(px_credential_read(document.body, p->arena, &p->facts, ret_err));
    if (p->facts.type != type)
        return refuse(ret_err);
    memcpy(p->proof.id, id.ptr, id.len);
    p->proof.revision = document.revision;
    return PX_OK;
}

static px_status by_key(proving *p, px_str id, px_str secret, px_err *ret_err)
{
    char hash[PX_HASH_CHARS + 1];

    PX_TRY(find(p, id, PX_CREDENTIAL_KEY, ret_err));
    px_credential_hash(secret, hash);
    if (p->facts.hash.len != PX_HASH_CHARS ||
        sodium_memcmp(p->facts.hash.ptr, hash, PX_HASH_CHARS) != 0)
        return refuse(ret_err);
    return PX_OK;
}

static px_status check_claims(proving *p, const px_jwt *jwt, px_str subject, px_err *ret_err)
{
    px_jwt_wanted wanted = { .issuer = p->facts.issuer,
                             .audience = p->facts.audience,
                             .subject = subject,
                             .now = p->env->now(p->env) };

    return px_jwt_check(jwt, &wanted, &p->proof.token_until, ret_err);
}

/* By a key of the device's own. */
static px_status by_own_jwt(proving *p, const px_jwt *jwt, px_err *ret_err)
{
    PX_TRY(find(p, jwt->kid, PX_CREDENTIAL_JWT, ret_err));
    if (!px_jwt_is_signed_by(jwt, p->facts.algorithm, p->facts.key))
        return refuse(ret_err);
    return check_claims(p, jwt, p->facts.device, ret_err);
}

/* By the issuer that it names, who is asked for his key of this `kid`. */
static px_status by_issued_jwt(proving *p, const px_jwt *jwt, px_err *ret_err)
{
    char id[PX_CREDENTIAL_ID_BYTES_MAX + 1];
    px_issuer_key key;

    px_issuer_id(px_json_get_text(jwt->claims, PX_STR("iss")), id);
    PX_TRY(find(p, px_str_c(id), PX_CREDENTIAL_ISSUER, ret_err));
    if (!px_issuer_key_find(&p->facts, jwt->kid, &key) ||
        !px_jwt_is_signed_by(jwt, key.algorithm, key.pem))
        return refuse(ret_err);
    PX_TRY(check_claims(p, jwt, (px_str){ 0 }, ret_err));
    px_issuer_mark(&p->facts, &key, p->proof.mark);
    p->facts.device = px_issuer_device(&p->facts, jwt);
    return p->facts.device.len ? PX_OK : refuse(ret_err);
}

static px_status by_jwt(proving *p, px_str text, px_err *ret_err)
{
    px_jwt jwt;
    px_status status = px_jwt_read(text, p->arena, &jwt, ret_err);

    if (status == PX_INVALID)
        return refuse(ret_err);
    PX_TRY(status);
    if (jwt.kid.len == PX_CREDENTIAL_RANDOM_ID_BYTES &&
        px_documents_revision(p->documents, 0, PX_STR("credential"), jwt.kid))
        return by_own_jwt(p, &jwt, ret_err);
    return by_issued_jwt(p, &jwt, ret_err);
}

/* Itself, else by the first of its names that a device has. */
static px_status by_certificate(proving *p, const px_certificate *certificate, px_err *ret_err)
{
    char id[PX_CREDENTIAL_ID_BYTES_MAX + 1];
    px_status status;

    if (certificate->problem[0])
        return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.certificate",
                          "the certificate of this client is not taken: %s", certificate->problem);
    p->proof.token_until = certificate->expires;
    px_credential_certificate_id(px_str_c(certificate->fingerprint), id);
    status = find(p, px_str_c(id), PX_CREDENTIAL_CERTIFICATE, ret_err);
    for (size_t i = 0; status == PX_UNAUTHORIZED && i < certificate->name_count; i++) {
        px_credential_subject_id(px_str_c(certificate->names[i]), id);
        status = find(p, px_str_c(id), PX_CREDENTIAL_CERTIFICATE, ret_err);
    }
    return status;
}

static px_status by_any(proving *p, const px_evidence *evidence, px_err *ret_err)
{
    px_str id, secret;

    if (evidence->text.len == 0 && evidence->certificate)
        return by_certificate(p, evidence->certificate, ret_err);
    if (px_credential_split(evidence->text, &id, &secret))
        return by_key(p, id, secret, ret_err);
    return by_jwt(p, evidence->text, ret_err);
}

/* Known and right, but its time is over: who has it may be told. */
static px_status check_time(px_env *env, px_credential_proof *proof, px_err *ret_err)
{
    if (proof->until == PX_TIME_NONE || env->now(env) < proof->until)
        return PX_OK;
    return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.expired",
                      "the time of this credential is over; ask for a new one");
}

static px_status prove(proving *p, const px_evidence *evidence, px_principal *principal,
                       px_err *ret_err)
{
    PX_TRY(by_any(p, evidence, ret_err));
    p->proof.until = earlier(p->facts.expires, p->proof.token_until);
    PX_TRY(check_time(p->env, &p->proof, ret_err));
    principal->tenant = p->facts.tenant;
    principal->role = p->facts.role;
    principal->id = p->facts.role == PX_ROLE_DEVICE ? p->facts.device : p->facts.name;
    principal->operates_tenants = p->facts.operates_tenants;
    if (principal->role != PX_ROLE_DEVICE)
        return PX_OK;
    return read_device(p->documents, principal, p->arena, &p->proof, ret_err);
}

/* Whose log a refusal belongs into. */
static void find_device(proving *p)
{
    px_document document;

    if (p->proof.device_no == 0 && p->facts.device.len &&
        px_documents_get(p->documents, p->facts.tenant, PX_STR("device"), p->facts.device, p->arena,
                         &document, NULL) == PX_OK) {
        p->proof.device_tenant = p->facts.tenant;
        p->proof.device_no = document.no;
    }
}

px_status px_credential_prove(px_env *env, px_documents *documents, const px_evidence *evidence,
                              px_arena *arena, px_principal *ret_principal,
                              px_credential_proof *ret_proof, px_err *ret_err)
{
    proving p = { .env = env,
                  .documents = documents,
                  .arena = arena,
                  .proof = { .until = PX_TIME_NONE, .token_until = PX_TIME_NONE } };
    px_principal principal = { 0 };
    px_status status = prove(&p, evidence, &principal, ret_err);

    if (status == PX_OK)
        *ret_principal = principal;
    else
        find_device(&p);
    *ret_proof = p.proof;
    return status;
}

/* ---- later ---- */

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

bool px_credential_stands(px_env *env, px_documents *documents, const px_principal *principal,
                          px_credential_proof *proof)
{
    uint64_t generation = px_documents_generation(documents); /* before it is looked at */

    if (check_time(env, proof, NULL) != PX_OK)
        return false;
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

/* A certificate may have been taken away and given to somebody else, a key of an issuer be no more.
 */
static bool is_of(const px_credential_facts *facts, const px_principal *principal,
                  const px_credential_proof *proof)
{
    px_str id = facts->role == PX_ROLE_DEVICE ? facts->device : facts->name;

    if (facts->type == PX_CREDENTIAL_ISSUER)
        return facts->tenant == principal->tenant && px_issuer_has_mark(facts, proof->mark);
    return facts->tenant == principal->tenant && facts->role == principal->role &&
           px_str_eq(id, principal->id);
}

/* The credential may have been written again, and end at another time now. */
static px_status renew_credential(px_env *env, px_documents *documents,
                                  const px_principal *principal, px_credential_proof *proof,
                                  px_arena *arena, px_err *ret_err)
{
    px_credential_facts facts;
    px_document document;
    px_status status = px_documents_get(documents, 0, PX_STR("credential"), px_str_c(proof->id),
                                        arena, &document, ret_err);

    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    PX_TRY(px_credential_read(document.body, arena, &facts, ret_err));
    if (!is_of(&facts, principal, proof))
        return refuse(ret_err);
    proof->revision = document.revision;
    proof->until = earlier(facts.expires, proof->token_until);
    return check_time(env, proof, ret_err);
}

px_status px_credential_renew(px_env *env, px_documents *documents, const px_principal *principal,
                              px_credential_proof *proof, px_err *ret_err)
{
    px_principal now = { .tenant = principal->tenant, .id = principal->id };
    px_credential_proof fresh = *proof;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, PX_CREDENTIAL_ARENA_BYTES_MAX);
    PX_TRY(renew_credential(env, documents, principal, &fresh, &arena, ret_err));
    if (principal->role == PX_ROLE_DEVICE) {
        PX_TRY(read_device(documents, &now, &arena, &fresh, ret_err));
        if (!same_twins(principal, &now))
            return refuse(ret_err);
    }
    *proof = fresh;
    return PX_OK;
}

/* ---- without a proof ---- */

/* `ID`, or for an issuer `ID/DEVICE`. */
px_str px_credential_holder_name(const px_credential_proof *proof, const px_principal *principal,
                                 px_arena *arena)
{
    px_buf name = { 0 };
    px_str kept = { 0 };

    px_put_c(&name, proof->id);
    if (proof->mark[0]) {
        px_put_char(&name, '/');
        px_put(&name, principal->id);
    }
    if (name.status == PX_OK)
        kept = px_arena_str(arena, px_buf_str(&name));
    px_buf_release(&name);
    return kept;
}

px_status px_credential_holder(px_documents *documents, px_str name, px_arena *arena,
                               px_principal *ret_principal, px_err *ret_err)
{
    px_credential_proof proof = { 0 };
    px_principal principal = { 0 };
    px_credential_facts facts;
    px_document document;
    px_str id = px_str_cut(&name, '/');
    px_status status =
        px_documents_get(documents, 0, PX_STR("credential"), id, arena, &document, ret_err);

    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    PX_TRY(px_credential_read(document.body, arena, &facts, ret_err));
    if (facts.type == PX_CREDENTIAL_ISSUER)
        facts.device = name;
    principal.tenant = facts.tenant;
    principal.role = facts.role;
    principal.id = facts.role == PX_ROLE_DEVICE ? facts.device : facts.name;
    principal.operates_tenants = facts.operates_tenants;
    if (principal.role == PX_ROLE_DEVICE)
        PX_TRY(read_device(documents, &principal, arena, &proof, ret_err));
    *ret_principal = principal;
    return PX_OK;
}
