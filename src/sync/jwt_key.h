/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Public keys that JWTs are signed for, and certificates, as people hand them in. By GnuTLS.
 *
 * A key goes with one algorithm, told when it is handed in and never by a token:
 *
 *     RS256, PS256  RSA of 2,048 to 8,192 bits
 *     ES256         the curve P-256
 *     EdDSA         Ed25519
 *
 * There is no `none` and no HMAC. Pure. Threads: any.
 */
#ifndef PX_SYNC_JWT_KEY_H
#define PX_SYNC_JWT_KEY_H

#include "base/arena.h"
#include "base/time.h"

typedef enum px_jwt_algorithm {
    PX_JWT_RS256,
    PX_JWT_PS256,
    PX_JWT_ES256,
    PX_JWT_EDDSA,
    PX_JWT_ALGORITHM_COUNT
} px_jwt_algorithm;

const char *px_jwt_algorithm_name(px_jwt_algorithm algorithm); /* "EdDSA" */
bool px_jwt_algorithm_find(px_str name, px_jwt_algorithm *ret_algorithm);

typedef struct px_jwt_key {
    px_jwt_algorithm algorithm;
    px_str pem; /* in the arena */
} px_jwt_key;

/**
 * Reads a public key: PEM (`-----BEGIN PUBLIC KEY-----`) or one JWK.
 *
 * Limits:  PX_PUBLIC_KEY_BYTES_MAX. Errors:  PX_INVALID (id jwt.key) with what would be right; a
 * private key is refused too, so that nobody leaves one here.
 */
PX_NODISCARD px_status px_jwt_key_read(px_str text, px_str algorithm, px_arena *arena,
                                       px_jwt_key *ret_key, px_err *ret_err);

/* Whether the holder of the private key signed these bytes. False also for a key that this
 * algorithm does not go with. */
bool px_jwt_key_signed(px_jwt_algorithm algorithm, px_str pem, px_str bytes, px_str signature);

/* The SHA-256 of one X.509 certificate in PEM, in lower-case hexadecimal, and its end. Errors:
 * PX_INVALID (id device.certificate). */
PX_NODISCARD px_status px_certificate_read(px_str pem, char ret_fingerprint[65],
                                           px_time *ret_expires, px_err *ret_err);

#endif
