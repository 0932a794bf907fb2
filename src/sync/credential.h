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

/* The public id in a credential's text; false when the form is wrong. */
bool px_credential_id(px_str text, px_str *ret_id);

/**
 * Who holds this credential. All of the principal lives in `arena`; a device's twins are those its
 * document names now.
 *
 * Errors: PX_UNAUTHORIZED, the same for a wrong form, an unknown id and a wrong secret; PX_LIMIT,
 * PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_credential_check(px_documents *documents, px_str text, px_arena *arena,
                                           px_principal *ret_principal, px_err *ret_err);

#endif
