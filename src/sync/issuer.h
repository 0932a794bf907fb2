/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Issuers: who signs the tokens of many devices of a tenant.
 *
 * An issuer is a credential of type `issuer` under the id `iss-<SHA-256 of its name>`, so that a
 * token's `iss` finds it before any tenant is known, and one issuer is one tenant's. It has an
 * audience, keys by their `kid`, and the claim that names the device. Threads: any.
 */
#ifndef PX_SYNC_ISSUER_H
#define PX_SYNC_ISSUER_H

#include "sync/credential.h"
#include "sync/jwt.h"

/* The id of the issuer of this name. */
void px_issuer_id(px_str issuer, char ret_id[PX_CREDENTIAL_ID_BYTES_MAX + 1]);

typedef struct px_issuer_key {
    px_str kid, algorithm, pem;
} px_issuer_key;

/* The key of this `kid`; false when the issuer has none. Borrows from the facts. */
bool px_issuer_key_find(const px_credential_facts *facts, px_str kid, px_issuer_key *ret_key);

/* The device that a token names, which was checked already. Empty: it names none. */
px_str px_issuer_device(const px_credential_facts *facts, const px_jwt *jwt);

/* A mark of what a token was proven by: key, audience and claim. */
void px_issuer_mark(const px_credential_facts *facts, const px_issuer_key *key,
                    char ret_mark[PX_FINGERPRINT_CHARS + 1]);
/* Whether some key of the issuer has this mark still. */
bool px_issuer_has_mark(const px_credential_facts *facts, const char *mark);

/* The body of its document. `keys` is the JSON array of {"kid","algorithm","key"}. */
typedef struct px_issuer {
    uint32_t tenant;
    px_str name; /* what people call it */
    px_str issuer, audience, claim, keys;
    px_time created;
} px_issuer;
void px_put_issuer(px_buf *buf, const px_issuer *issuer);

#endif
