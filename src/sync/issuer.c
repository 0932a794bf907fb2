/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/issuer.h"

#include "sync/credential_inner.h"

void px_issuer_id(px_str issuer, char ret_id[PX_CREDENTIAL_ID_BYTES_MAX + 1])
{
    memcpy(ret_id, "iss-", 4);
    px_credential_hash(issuer, ret_id + 4);
}

static const px_json *first_key(const px_credential_facts *facts)
{
    const px_json *keys = px_json_get(facts->body, PX_STR("keys"));

    return px_json_is(keys, PX_JSON_ARRAY) ? keys->first : NULL;
}

static px_issuer_key key_of(const px_json *json)
{
    return (px_issuer_key){ .kid = px_json_get_text(json, PX_STR("kid")),
                            .algorithm = px_json_get_text(json, PX_STR("algorithm")),
                            .pem = px_json_get_text(json, PX_STR("key")) };
}

bool px_issuer_key_find(const px_credential_facts *facts, px_str kid, px_issuer_key *ret_key)
{
    for (const px_json *json = first_key(facts); json; json = json->next) {
        *ret_key = key_of(json);
        if (px_str_eq(ret_key->kid, kid))
            return true;
    }
    return false;
}

static px_str claim_of(const px_credential_facts *facts)
{
    return px_json_get_text(facts->body, PX_STR("claim"));
}

px_str px_issuer_device(const px_credential_facts *facts, const px_jwt *jwt)
{
    return px_json_get_text(jwt->claims, claim_of(facts));
}

void px_issuer_mark(const px_credential_facts *facts, const px_issuer_key *key,
                    char ret_mark[PX_FINGERPRINT_CHARS + 1])
{
    px_str parts[] = { facts->audience, claim_of(facts), key->kid, key->algorithm, key->pem };
    px_buf text = { 0 };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        px_put_block(&text, parts[i]);
    px_credential_hash(text.status == PX_OK ? px_buf_str(&text) : PX_STR(""), ret_mark);
    px_buf_release(&text);
}

bool px_issuer_has_mark(const px_credential_facts *facts, const char *mark)
{
    char found[PX_FINGERPRINT_CHARS + 1];

    for (const px_json *json = first_key(facts); json; json = json->next) {
        px_issuer_key key = key_of(json);

        px_issuer_mark(facts, &key, found);
        if (strcmp(found, mark) == 0)
            return true;
    }
    return false;
}

void px_put_issuer(px_buf *buf, const px_issuer *issuer)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("tenant"));
    px_json_uint(&w, issuer->tenant);
    px_json_key(&w, PX_STR("role"));
    px_json_string(&w, px_str_c(px_role_name(PX_ROLE_DEVICE)));
    px_json_key(&w, PX_STR("name"));
    px_json_string(&w, issuer->name);
    px_json_key(&w, PX_STR("type"));
    px_json_string(&w, px_str_c(px_credential_type_name(PX_CREDENTIAL_ISSUER)));
    px_json_key(&w, PX_STR("created"));
    px_json_time(&w, issuer->created);
    px_json_key(&w, PX_STR("issuer"));
    px_json_string(&w, issuer->issuer);
    px_json_key(&w, PX_STR("audience"));
    px_json_string(&w, issuer->audience);
    px_json_key(&w, PX_STR("claim"));
    px_json_string(&w, issuer->claim);
    px_json_key(&w, PX_STR("keys"));
    px_json_put_raw(&w, issuer->keys);
    px_json_end_object(&w);
}
