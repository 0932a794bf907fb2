/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/jwt_key.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

enum {
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192,
    NUMBER_BYTES_MAX = RSA_BITS_MAX / 8 + 1,
    ES256_BYTES = 64
};

static const struct {
    const char *name, *wanted;
    gnutls_sign_algorithm_t sign;
} algorithms[PX_JWT_ALGORITHM_COUNT] = {
    [PX_JWT_RS256] = { "RS256", "an RSA key of 2048 to 8192 bits", GNUTLS_SIGN_RSA_SHA256 },
    [PX_JWT_PS256] = { "PS256", "an RSA key of 2048 to 8192 bits",
                       GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 },
    [PX_JWT_ES256] = { "ES256", "a key of the curve P-256", GNUTLS_SIGN_ECDSA_SHA256 },
    [PX_JWT_EDDSA] = { "EdDSA", "an Ed25519 key", GNUTLS_SIGN_EDDSA_ED25519 },
};

const char *px_jwt_algorithm_name(px_jwt_algorithm algorithm)
{
    return algorithms[algorithm].name;
}

bool px_jwt_algorithm_find(px_str name, px_jwt_algorithm *ret_algorithm)
{
    for (int i = 0; i < PX_JWT_ALGORITHM_COUNT; i++) {
        if (!px_str_eq(name, px_str_c(algorithms[i].name)))
            continue;
        *ret_algorithm = (px_jwt_algorithm)i;
        return true;
    }
    return false;
}

static gnutls_datum_t datum_of(px_str text)
{
    return (gnutls_datum_t){ (unsigned char *)(uintptr_t)text.ptr, (unsigned)text.len };
}

static px_status refuse(px_err *ret_err, const char *why)
{
    return px_fail_id(ret_err, PX_INVALID, "jwt.key",
                      "%s; a public key is PEM, from `-----BEGIN PUBLIC KEY-----` on, or one JWK",
                      why);
}

/* ---- fit ---- */

static bool is_p256(gnutls_pubkey_t key)
{
    gnutls_ecc_curve_t curve;

    return gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) == 0 &&
           curve == GNUTLS_ECC_CURVE_SECP256R1;
}

static bool fits(gnutls_pubkey_t key, px_jwt_algorithm algorithm)
{
    unsigned bits = 0;
    int kind = gnutls_pubkey_get_pk_algorithm(key, &bits);
    bool is_long = bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;

    switch (algorithm) {
    case PX_JWT_RS256:
    case PX_JWT_PS256:
        return kind == GNUTLS_PK_RSA && is_long;
    case PX_JWT_ES256:
        return kind == GNUTLS_PK_ECDSA && is_p256(key);
    case PX_JWT_EDDSA:
        return kind == GNUTLS_PK_EDDSA_ED25519;
    default:
        return false;
    }
}

/* ---- JWK (RFC 7517, 7518, 8037) ---- */

typedef struct jwk_number {
    unsigned char bytes[NUMBER_BYTES_MAX];
    gnutls_datum_t datum;
} jwk_number;

static bool read_number(const px_json *jwk, const char *name, jwk_number *ret_number)
{
    px_str text = px_json_get_text(jwk, px_str_c(name));
    size_t size = 0;

    if (text.len == 0 ||
        sodium_base642bin(ret_number->bytes, sizeof(ret_number->bytes), text.ptr, text.len, NULL,
                          &size, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;
    ret_number->datum = (gnutls_datum_t){ ret_number->bytes, (unsigned)size };
    return true;
}

static bool import_jwk(gnutls_pubkey_t key, const px_json *jwk)
{
    px_str type = px_json_get_text(jwk, PX_STR("kty")),
           curve = px_json_get_text(jwk, PX_STR("crv"));
    jwk_number a, b;

    if (px_str_eq(type, PX_STR("RSA")))
        return read_number(jwk, "n", &a) && read_number(jwk, "e", &b) &&
               gnutls_pubkey_import_rsa_raw(key, &a.datum, &b.datum) == 0;
    if (px_str_eq(type, PX_STR("EC")) && px_str_eq(curve, PX_STR("P-256")))
        return read_number(jwk, "x", &a) && read_number(jwk, "y", &b) &&
               gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &a.datum, &b.datum) ==
                   0;
    if (px_str_eq(type, PX_STR("OKP")) && px_str_eq(curve, PX_STR("Ed25519")))
        return read_number(jwk, "x", &a) &&
               gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &a.datum, NULL) == 0;
    return false;
}

static px_status read_jwk(gnutls_pubkey_t key, px_str text, px_arena *arena, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_json *jwk;

    if (px_json_parse(text, &opts, arena, &jwk, ret_err) != PX_OK)
        return refuse(ret_err, "this is no JWK");
    if (px_json_get(jwk, PX_STR("d")) || px_json_get(jwk, PX_STR("k")))
        return refuse(ret_err, "this is a private key, which stays with its device");
    return import_jwk(key, jwk) ? PX_OK : refuse(ret_err, "this JWK is of a kind not taken here");
}

/* ---- PEM ---- */

static bool holds(px_str text, const char *part)
{
    px_str wanted = px_str_c(part);

    for (; text.len >= wanted.len; text = px_str_skip(text, 1))
        if (px_str_starts(text, wanted))
            return true;
    return false;
}

static px_status read_pem(gnutls_pubkey_t key, px_str text, px_err *ret_err)
{
    gnutls_datum_t datum = datum_of(text);

    if (holds(text, "PRIVATE KEY-----"))
        return refuse(ret_err, "this is a private key, which stays with its device");
    return gnutls_pubkey_import(key, &datum, GNUTLS_X509_FMT_PEM) == 0
               ? PX_OK
               : refuse(ret_err, "this is no public key");
}

static px_status export_pem(gnutls_pubkey_t key, px_arena *arena, px_str *ret_pem, px_err *ret_err)
{
    gnutls_datum_t out = { 0 };

    if (gnutls_pubkey_export2(key, GNUTLS_X509_FMT_PEM, &out) != 0)
        return px_no_memory(ret_err);
    *ret_pem = px_arena_str(arena, px_str_of((const char *)out.data, out.size));
    gnutls_free(out.data);
    return ret_pem->ptr ? PX_OK : px_arena_fail(arena, ret_err);
}

static px_status read_key(gnutls_pubkey_t key, px_str text, px_arena *arena, px_jwt_key *ret_key,
                          px_err *ret_err)
{
    px_str trimmed = px_str_trim(text);

    if (trimmed.len && trimmed.ptr[0] == '{')
        PX_TRY(read_jwk(key, trimmed, arena, ret_err));
    else
        PX_TRY(read_pem(key, trimmed, ret_err));
    if (!fits(key, ret_key->algorithm))
        return px_fail_id(ret_err, PX_INVALID, "jwt.key", "%s goes with %s, which this is not",
                          algorithms[ret_key->algorithm].name,
                          algorithms[ret_key->algorithm].wanted);
    return export_pem(key, arena, &ret_key->pem, ret_err);
}

px_status px_jwt_key_read(px_str text, px_str algorithm, px_arena *arena, px_jwt_key *ret_key,
                          px_err *ret_err)
{
    gnutls_pubkey_t key;
    px_status status;

    if (!px_jwt_algorithm_find(algorithm, &ret_key->algorithm))
        return px_fail_id(ret_err, PX_INVALID, "jwt.algorithm",
                          "the algorithm is RS256, PS256, ES256 or EdDSA, not '%.*s'",
                          PX_FMT(algorithm));
    if (text.len > PX_PUBLIC_KEY_BYTES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "jwt.key", "a public key has at most %d bytes",
                          PX_PUBLIC_KEY_BYTES_MAX);
    if (gnutls_pubkey_init(&key) != 0)
        return px_no_memory(ret_err);
    status = read_key(key, text, arena, ret_key, ret_err);
    gnutls_pubkey_deinit(key);
    return status;
}

/* ---- signatures ---- */

/* A JWT holds the two numbers of ECDSA side by side, GnuTLS wants them in DER. */
static bool verify_es256(gnutls_pubkey_t key, const gnutls_datum_t *bytes, px_str signature)
{
    gnutls_datum_t r = datum_of(px_str_of(signature.ptr, ES256_BYTES / 2)), der = { 0 };
    gnutls_datum_t s = datum_of(px_str_of(signature.ptr + ES256_BYTES / 2, ES256_BYTES / 2));
    bool is_good = gnutls_encode_rs_value(&der, &r, &s) == 0 &&
                   gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, bytes, &der) >= 0;

    gnutls_free(der.data);
    return is_good;
}

static bool verify(gnutls_pubkey_t key, px_jwt_algorithm algorithm, px_str bytes, px_str signature)
{
    gnutls_datum_t data = datum_of(bytes), proof = datum_of(signature);

    if (algorithm == PX_JWT_ES256)
        return signature.len == ES256_BYTES && verify_es256(key, &data, signature);
    return gnutls_pubkey_verify_data2(key, algorithms[algorithm].sign, 0, &data, &proof) >= 0;
}

bool px_jwt_key_signed(px_jwt_algorithm algorithm, px_str pem, px_str bytes, px_str signature)
{
    gnutls_datum_t datum = datum_of(pem);
    gnutls_pubkey_t key;
    bool is_good;

    if (gnutls_pubkey_init(&key) != 0)
        return false;
    is_good = gnutls_pubkey_import(key, &datum, GNUTLS_X509_FMT_PEM) == 0 && fits(key, algorithm) &&
              verify(key, algorithm, bytes, signature);
    gnutls_pubkey_deinit(key);
    return is_good;
}

/* ---- certificates ---- */

static bool read_certificate(gnutls_x509_crt_t crt, px_str pem, char ret_fingerprint[65],
                             px_time *ret_expires)
{
    gnutls_datum_t datum = datum_of(pem);
    unsigned char hash[32];
    size_t size = sizeof(hash);

    if (gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_PEM) != 0 ||
        gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &size) != 0)
        return false;
    sodium_bin2hex(ret_fingerprint, 65, hash, size);
    *ret_expires = (px_time)gnutls_x509_crt_get_expiration_time(crt) * PX_SECOND;
    return true;
}

px_status px_certificate_read(px_str pem, char ret_fingerprint[65], px_time *ret_expires,
                              px_err *ret_err)
{
    gnutls_x509_crt_t crt;
    bool is_good;

    if (pem.len > PX_PUBLIC_KEY_BYTES_MAX || gnutls_x509_crt_init(&crt) != 0)
        return px_fail_id(ret_err, PX_INVALID, "device.certificate",
                          "a certificate has at most %d bytes of PEM", PX_PUBLIC_KEY_BYTES_MAX);
    is_good = read_certificate(crt, pem, ret_fingerprint, ret_expires);
    gnutls_x509_crt_deinit(crt);
    return is_good ? PX_OK
                   : px_fail_id(ret_err, PX_INVALID, "device.certificate",
                                "this is no X.509 certificate in PEM, which begins with "
                                "`-----BEGIN CERTIFICATE-----`");
}
