/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Credentials: tokens of people and services, keys of devices, and the principals that they prove.
 *
 * A credential is `plx_<id>_<secret>`: 8 random bytes in hexadecimal, 32 in base64url. The document
 * (tenant 0, kind `credential`, id) keeps tenant, role and the SHA-256 of the secret, never the
 * secret: it is random, so a slow hash would add nothing. It is found by its public id before any
 * tenant is known and compared in constant time. Threads: any.
 */
#ifndef PX_SYNC_CREDENTIAL_H
#define PX_SYNC_CREDENTIAL_H

#include "access/access.h"
#include "base/env.h"
#include "engine/documents.h"

enum { PX_CREDENTIAL_BYTES = 4 + 16 + 1 + 43 }; /* without a NUL */

typedef struct px_credential {
    char text[PX_CREDENTIAL_BYTES + 1]; /* shown once, then forgotten */
    char id[17];
} px_credential;

typedef struct px_credential_grant {
    uint32_t tenant;
    px_role role;
    px_str name;   /* of the token; for audit */
    px_str device; /* PX_ROLE_DEVICE: its id */
    bool operates_tenants;
} px_credential_grant;

/* A new one, and the body of its document (appended to `body`). */
void px_credential_make(px_env *env, const px_credential_grant *grant,
                        px_credential *ret_credential, px_buf *body);

/* Which documents proved a principal, and as they were then. */
typedef struct px_credential_proof {
    char id[17]; /* of the credential */
    uint64_t revision, device_revision;
    uint64_t generation; /* of the documents, when it was last found to stand */
} px_credential_proof;

/* What reading a device with 10,000 twins of the longest ids takes, and some. */
#define PX_CREDENTIAL_ARENA_BYTES_MAX ((size_t)32 * 1024 * 1024)

/* The public id in a credential's text; false when the form is wrong. */
bool px_credential_id(px_str text, px_str *ret_id);

/**
 * Who holds this credential. All of the principal lives in `arena`; a device's twins are those its
 * document names now, in ascending order. A device with 10,000 twins needs an arena of
 * PX_CREDENTIAL_ARENA_BYTES_MAX.
 *
 * Errors: PX_UNAUTHORIZED, the same for a wrong form, an unknown id and a wrong secret; PX_LIMIT,
 * PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_credential_check(px_documents *documents, px_str text, px_arena *arena,
                                           px_principal *ret_principal, px_err *ret_err);
/* The same, with the proof for px_credential_stands. */
PX_NODISCARD px_status px_credential_prove(px_documents *documents, px_str text, px_arena *arena,
                                           px_principal *ret_principal,
                                           px_credential_proof *ret_proof, px_err *ret_err);

/* Who holds the credential of this public id now, without a proof: for what somebody who had one
 * left behind, such as a will. Errors: PX_UNAUTHORIZED (it is gone), as above. */
PX_NODISCARD px_status px_credential_holder(px_documents *documents, px_str id, px_arena *arena,
                                            px_principal *ret_principal, px_err *ret_err);

/* True while neither document was written since. One load while no document of the server was, else
 * two look-ups, no copy: cheap enough for every message of an open connection. */
bool px_credential_stands(px_documents *documents, const px_principal *principal,
                          px_credential_proof *proof);

/* For a proof that no longer stands: PX_OK, and it stands again, when the credential is the same
 * and the device is still bound to the same twins. PX_UNAUTHORIZED: the connection has to end. */
PX_NODISCARD px_status px_credential_renew(px_documents *documents, const px_principal *principal,
                                           px_credential_proof *proof, px_err *ret_err);

#endif
