/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Credentials: tokens of people and services, keys, JWTs and certificates of devices, and the
 * principals that they prove.
 *
 * A token, or a device's key, is `plx_<id>_<secret>`: 8 random bytes in hexadecimal, 32 in
 * base64url. The document (tenant 0, kind `credential`, id) keeps tenant, role and the SHA-256 of
 * the secret, never the secret: it is random, so a slow hash would add nothing. For JWTs of a
 * device the document keeps a public key under the id that a token names as `kid`, for a
 * certificate its id is `x509-<SHA-256 of the certificate>`, or `name-<SHA-256 of the name>` for
 * whatever certificate the authority gives that name. So whatever comes is found by its
 * public id before any tenant is known, and what is secret is compared in constant time. Threads:
 * any.
 */
#ifndef PX_SYNC_CREDENTIAL_H
#define PX_SYNC_CREDENTIAL_H

#include "access/access.h"
#include "base/env.h"
#include "base/json.h"
#include "engine/documents.h"
#include "sync/jwt_key.h"

enum {
    PX_CREDENTIAL_BYTES = 4 + 16 + 1 + 43, /* without a NUL */
    PX_CREDENTIAL_RANDOM_ID_BYTES = 16,
    PX_CREDENTIAL_ID_BYTES_MAX = 5 + 64,
    PX_FINGERPRINT_CHARS = 64, /* SHA-256 in lower-case hexadecimal */
};

typedef struct px_credential {
    char text[PX_CREDENTIAL_BYTES + 1]; /* shown once, then forgotten */
    char id[PX_CREDENTIAL_ID_BYTES_MAX + 1];
} px_credential;

typedef enum px_credential_type {
    PX_CREDENTIAL_KEY,
    PX_CREDENTIAL_JWT,
    PX_CREDENTIAL_CERTIFICATE,
    PX_CREDENTIAL_CLAIM,  /* proves nobody: sync/claim.h */
    PX_CREDENTIAL_ISSUER, /* of tokens of many devices: sync/issuer.h */
    PX_CREDENTIAL_TYPE_COUNT
} px_credential_type;

const char *px_credential_type_name(px_credential_type type); /* "key" */

/* What a new one is to be. A zeroed member is left out of the document. */
typedef struct px_credential_grant {
    px_credential_type type;
    uint32_t tenant;
    px_role role;
    px_str name;   /* of the token; for audit */
    px_str device; /* PX_ROLE_DEVICE: its id */
    bool operates_tenants;
    px_str label;             /* what people call it */
    px_time created, expires; /* 0: not told; for ever */

    /* JWT: what proves it, and what a token must say */
    const px_jwt_key *key;
    px_str issuer, audience;

    px_str fingerprint; /* CERTIFICATE: PX_FINGERPRINT_CHARS, */
    px_str subject;     /* or a name that the authority gave it */
} px_credential_grant;

/* A new one, and the body of its document (appended to `body`). Only a key has a text. */
void px_credential_make(px_env *env, const px_credential_grant *grant,
                        px_credential *ret_credential, px_buf *body);

/* As its document has it; all slices in the arena. */
typedef struct px_credential_facts {
    px_credential_type type;
    uint32_t tenant;
    px_role role;
    px_str name, device, label, hash, algorithm, key, issuer, audience, subject;
    px_time created, expires; /* PX_TIME_NONE: not told; for ever */
    bool operates_tenants;
    const px_json *body;
} px_credential_facts;

PX_NODISCARD px_status px_credential_read(px_str body, px_arena *arena,
                                          px_credential_facts *ret_facts, px_err *ret_err);
/* The same body, ending then. */
void px_put_credential_until(px_buf *buf, const px_credential_facts *facts, px_time expires);

/* ---- proof ---- */

/* What a TLS client showed, and the handshake proved to be its own: signed by a configured
 * authority and within its time, unless `problem` says what is wrong with it. */
typedef struct px_certificate {
    char fingerprint[PX_FINGERPRINT_CHARS + 1];
    px_time expires;
    char names[PX_CERTIFICATE_NAMES_MAX][PX_DOC_ID_BYTES_MAX + 1]; /* common name, DNS names */
    size_t name_count;
    char problem[128];
} px_certificate;

/* What somebody brings. */
typedef struct px_evidence {
    px_str text;                       /* a token, a key or a JWT; empty: the certificate */
    const px_certificate *certificate; /* NULL: none */
} px_evidence;

/* Which documents proved a principal, and as they were then. */
typedef struct px_credential_proof {
    char id[PX_CREDENTIAL_ID_BYTES_MAX + 1]; /* of the credential */
    uint64_t revision, device_revision;
    uint64_t generation;                 /* of the documents, when it was last found to stand */
    px_time until;                       /* PX_TIME_NONE: for ever */
    px_time token_until;                 /* of the JWT or certificate itself; likewise */
    bool awaits_activation;              /* a registered device: see px_device_activate */
    char mark[PX_FINGERPRINT_CHARS + 1]; /* of an issuer: px_issuer_mark; else "" */
    /* Of whose document the credential is, also when it was refused: */
    uint32_t device_tenant, device_no;
} px_credential_proof;

/* What reading a device with 10,000 twins of the longest ids takes, and some. */
#define PX_CREDENTIAL_ARENA_BYTES_MAX ((size_t)32 * 1024 * 1024)

/* The public id in the text of a token or a key; false when the form is wrong. */
bool px_credential_id(px_str text, px_str *ret_id);
/* What failures of this text are kept account of by: its public id, or the `kid` of a device's own
 * JWT, which nobody locks out who does not know it; of another JWT, whose `kid` a whole fleet
 * shares, the hash of all of it. Empty when it is none of these. `room` holds it. */
px_str px_credential_account(px_str text, char room[PX_CREDENTIAL_ID_BYTES_MAX]);

/**
 * Who holds this. All of the principal lives in `arena`; a device's twins are those its document
 * names now, in ascending order. A device with 10,000 twins needs an arena of
 * PX_CREDENTIAL_ARENA_BYTES_MAX.
 *
 * `ret_proof` is written in any case: a refusal has its `device_no`, for the device's log, where a
 * credential of that id is known.
 *
 * Errors: PX_UNAUTHORIZED, the same for a wrong form, an unknown id and a wrong secret; a JWT whose
 * signature is right is told what else is wrong with it. PX_DENIED: it is right, but the device is
 * disabled or retired. PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_credential_prove(px_env *env, px_documents *documents,
                                           const px_evidence *evidence, px_arena *arena,
                                           px_principal *ret_principal,
                                           px_credential_proof *ret_proof, px_err *ret_err);

/* What px_credential_holder finds the holder of a proof by, in the arena; ptr NULL: no memory. */
px_str px_credential_holder_name(const px_credential_proof *proof, const px_principal *principal,
                                 px_arena *arena);
/* Who holds the credential of this name now, without a proof: for what somebody who had one
 * left behind, such as a will. Errors: PX_UNAUTHORIZED (it is gone), as above. */
PX_NODISCARD px_status px_credential_holder(px_documents *documents, px_str id, px_arena *arena,
                                            px_principal *ret_principal, px_err *ret_err);

/* The rights of a device as its document has them now: `principal` has its tenant and id, and gets
 * the rest. Errors: PX_UNAUTHORIZED (there is none), PX_DENIED (it is disabled or retired),
 * PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_credential_device(px_documents *documents, px_principal *principal,
                                            px_arena *arena, px_err *ret_err);

/* True while neither document was written since and nothing ended by its time. One load while no
 * document of the server was, else two look-ups, no copy: cheap enough for every message of an open
 * connection. The clock is asked only where there is an end. */
bool px_credential_stands(px_env *env, px_documents *documents, const px_principal *principal,
                          px_credential_proof *proof);

/* For a proof that no longer stands: PX_OK, and it stands again, when the credential is there still
 * and the device is bound to the same twins. Else the connection has to end: PX_UNAUTHORIZED, or
 * PX_DENIED for a device that was disabled or retired. */
PX_NODISCARD px_status px_credential_renew(px_env *env, px_documents *documents,
                                           const px_principal *principal,
                                           px_credential_proof *proof, px_err *ret_err);

#endif
