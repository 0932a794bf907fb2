/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Keys of all kinds, and tokens that they sign: by GnuTLS, as a device would.
 *
 *     jwt_maker maker = jwt_maker_of(GNUTLS_PK_EDDSA_ED25519, 0);
 *     const char *token = jwt_make(&maker, "{\"alg\":\"EdDSA\",\"kid\":\"k\"}", "{\"iss\":\"d\"}");
 */
#ifndef PX_JWT_MAKE_H
#define PX_JWT_MAKE_H

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "base/buf.h"

typedef struct jwt_maker {
    gnutls_privkey_t key;
    gnutls_sign_algorithm_t sign;
    char pem[2048]; /* the public one */
    px_buf token;   /* the newest */
} jwt_maker;

/* `bits`: of RSA, or GNUTLS_CURVE_TO_BITS(curve). */
jwt_maker jwt_maker_of(gnutls_pk_algorithm_t kind, unsigned bits, gnutls_sign_algorithm_t sign);
void jwt_maker_release(jwt_maker *maker);
/* Good until the next one of this maker. */
const char *jwt_make(jwt_maker *maker, const char *header, const char *claims);

#endif
