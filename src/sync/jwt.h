/* SPDX-License-Identifier: Apache-2.0 */
/**
 * JSON Web Tokens (RFC 7519) in the compact form, as devices bring them.
 *
 *     header.claims.signature     each base64url; header {"alg":…,"kid":…}
 *
 * The `kid` says which configured key proves it, that key says by which algorithm; the token's own
 * `alg` has to agree, and decides nothing. A header that names keys of its own (`jwk`, `jku`,
 * `x5c`, `x5u`) or asks for what is not known here (`crit`) is refused. `iss`, `aud`, `exp` and
 * `nbf` have to be there; `sub`, when it is, names the device. Clocks may differ by
 * PX_JWT_LEEWAY_S. Pure. Threads: any.
 */
#ifndef PX_SYNC_JWT_H
#define PX_SYNC_JWT_H

#include "base/json.h"

typedef struct px_jwt {
    px_str kid, algorithm;
    px_str signed_bytes, signature; /* the latter decoded */
    const px_json *claims;
} px_jwt;

/* Reads the form; nothing is proven. All is in `arena`, or borrows from `text`. Limits:
 * PX_JWT_BYTES_MAX. Errors: PX_INVALID (id jwt.form), PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_jwt_read(px_str text, px_arena *arena, px_jwt *ret_jwt, px_err *ret_err);

/* The `kid` of what may be a token, into `room`; false when there is none. */
bool px_jwt_kid(px_str text, char *room, size_t size, px_str *ret_kid);

/* By a configured key in PEM and its algorithm. */
bool px_jwt_is_signed_by(const px_jwt *jwt, px_str algorithm, px_str pem);

typedef struct px_jwt_wanted {
    px_str issuer, audience;
    px_str subject; /* empty: whatever it is */
    px_time now;
} px_jwt_wanted;

/* What a signed token says. `ret_until` is its end, the leeway included. Errors: PX_UNAUTHORIZED
 * (id jwt.claims) with the claim and what would be right. */
PX_NODISCARD px_status px_jwt_check(const px_jwt *jwt, const px_jwt_wanted *wanted,
                                    px_time *ret_until, px_err *ret_err);

#endif
