/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/claim.h"

#include <sodium.h>

#include "sync/credential_inner.h"

static uint32_t count_of(const px_json *body, const char *name)
{
    uint64_t number = px_json_get_uint(body, px_str_c(name));

    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

px_status px_claim_read(px_str text, px_arena *arena, px_claim *ret_claim, px_err *ret_err)
{
    px_claim claim = { 0 };
    px_json *body;

    PX_TRY(px_json_parse(text, NULL, arena, &body, ret_err));
    claim.credential = px_json_get_text(body, PX_STR("credential"));
    claim.uses = count_of(body, "uses");
    claim.used = count_of(body, "used");
    claim.prefix = px_json_get_text(body, PX_STR("prefix"));
    claim.group = px_json_get_text(body, PX_STR("group"));
    claim.model = px_json_get_text(body, PX_STR("model"));
    if (px_time_parse(px_json_get_text(body, PX_STR("expires")), &claim.expires, NULL) != PX_OK)
        return px_fail_id(ret_err, PX_CORRUPT, "claim.document", "a claim has no end");
    *ret_claim = claim;
    return PX_OK;
}

void px_put_claim(px_buf *buf, const px_claim *claim)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_maybe_text(&w, "credential", claim->credential);
    px_json_key(&w, PX_STR("uses"));
    px_json_uint(&w, claim->uses);
    px_json_key(&w, PX_STR("used"));
    px_json_uint(&w, claim->used);
    px_json_key(&w, PX_STR("expires"));
    px_json_time(&w, claim->expires);
    px_json_maybe_text(&w, "prefix", claim->prefix);
    px_json_maybe_text(&w, "group", claim->group);
    px_json_maybe_text(&w, "model", claim->model);
    px_json_end_object(&w);
}

static px_status refuse(px_err *ret_err)
{
    return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.claim", "this claim is not known here");
}

/* The credential of this text, when the secret is right. */
static px_status prove(px_documents *documents, px_str text, px_arena *arena,
                       px_credential_facts *ret_facts, px_err *ret_err)
{
    char hash[PX_HASH_CHARS + 1];
    px_document document;
    px_str id, secret;
    px_status status;

    if (!px_credential_split(text, &id, &secret))
        return refuse(ret_err);
    status = px_documents_get(documents, 0, PX_STR("credential"), id, arena, &document, ret_err);
    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    PX_TRY(px_credential_read(document.body, arena, ret_facts, ret_err));
    px_credential_hash(secret, hash);
    if (ret_facts->type != PX_CREDENTIAL_CLAIM || ret_facts->hash.len != PX_HASH_CHARS ||
        sodium_memcmp(ret_facts->hash.ptr, hash, PX_HASH_CHARS) != 0)
        return refuse(ret_err);
    return PX_OK;
}

px_status px_claim_find(px_env *env, px_documents *documents, px_str text, px_arena *arena,
                        px_claim_found *ret_found, px_err *ret_err)
{
    px_credential_facts facts;
    px_document document;
    px_status status;

    PX_TRY(prove(documents, text, arena, &facts, ret_err));
    status = px_documents_get(documents, facts.tenant, PX_STR("claim"), facts.name, arena,
                              &document, ret_err);
    if (status == PX_NOT_FOUND)
        return refuse(ret_err);
    PX_TRY(status);
    PX_TRY(px_claim_read(document.body, arena, &ret_found->claim, ret_err));
    ret_found->tenant = facts.tenant;
    ret_found->name = facts.name;
    ret_found->revision = document.revision;
    if (env->now(env) >= ret_found->claim.expires)
        return px_fail_id(ret_err, PX_DENIED, "claim.over", "the time of this claim is over");
    if (ret_found->claim.used >= ret_found->claim.uses)
        return px_fail_id(ret_err, PX_DENIED, "claim.used",
                          "this claim was used as often as it may be");
    return PX_OK;
}

px_status px_claim_check_id(const px_claim *claim, px_str id, px_err *ret_err)
{
    bool good = id.len > 0 && id.len <= PX_DOC_ID_BYTES_MAX && px_str_starts(id, claim->prefix);

    for (size_t i = 0; good && i < id.len; i++)
        good = (unsigned char)id.ptr[i] >= ' ' && id.ptr[i] != 0x7F;
    return good ? PX_OK
                : px_fail_id(ret_err, PX_INVALID, "claim.id",
                             "the `id` of a device that uses this claim is a text of at most %d "
                             "bytes that begins with '%.*s'",
                             PX_DOC_ID_BYTES_MAX, PX_FMT(claim->prefix));
}
