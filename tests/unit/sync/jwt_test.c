/* SPDX-License-Identifier: Apache-2.0 */
/* JWTs of every algorithm, and all that makes one worth nothing. */
#include "sync/jwt.h"

#include <stdio.h>
#include <stdlib.h>

#include "px_jwt_make.h"
#include "px_test.h"
#include "sync/jwt_key.h"

#define NOW_S INT64_C(1800000000)
#define GOOD_CLAIMS                                                                                \
    "{\"iss\":\"d\",\"aud\":\"pollux\",\"sub\":\"d\",\"nbf\":1799999000,\"exp\":1800001000}"

static jwt_maker maker_of(px_jwt_algorithm algorithm)
{
    switch (algorithm) {
    case PX_JWT_RS256:
        return jwt_maker_of(GNUTLS_PK_RSA, 2048, GNUTLS_SIGN_RSA_SHA256);
    case PX_JWT_PS256:
        return jwt_maker_of(GNUTLS_PK_RSA, 2048, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256);
    case PX_JWT_ES256:
        return jwt_maker_of(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                            GNUTLS_SIGN_ECDSA_SHA256);
    default:
        return jwt_maker_of(GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519),
                            GNUTLS_SIGN_EDDSA_ED25519);
    }
}

static const char *header_of(px_jwt_algorithm algorithm)
{
    static char header[64];

    snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"k\"}",
             px_jwt_algorithm_name(algorithm));
    return header;
}

static px_status read_token(const char *token, px_arena *arena, px_jwt *ret_jwt)
{
    return px_jwt_read(px_str_c(token), arena, ret_jwt, NULL);
}

static bool is_signed(const char *token, px_jwt_algorithm algorithm, const char *pem)
{
    PX_AUTO_ARENA arena = { 0 };
    px_jwt jwt;

    px_arena_init(&arena, 1 << 20);
    return read_token(token, &arena, &jwt) == PX_OK &&
           px_jwt_is_signed_by(&jwt, px_str_c(px_jwt_algorithm_name(algorithm)), px_str_c(pem));
}

PX_TEST(each_algorithm_proves_its_own_key_and_no_other)
{
    for (int i = 0; i < PX_JWT_ALGORITHM_COUNT; i++) {
        px_jwt_algorithm algorithm = (px_jwt_algorithm)i;
        jwt_maker maker = maker_of(algorithm), other = maker_of(algorithm);
        PX_AUTO_ARENA arena = { 0 };
        px_jwt_key key;
        px_err err;

        px_arena_init(&arena, 1 << 20);
        CHECK_OK(px_jwt_key_read(px_str_c(maker.pem), px_str_c(px_jwt_algorithm_name(algorithm)),
                                 &arena, &key, &err),
                 &err);
        CHECK(
            is_signed(jwt_make(&maker, header_of(algorithm), GOOD_CLAIMS), algorithm, key.pem.ptr));
        CHECK(
            !is_signed(jwt_make(&other, header_of(algorithm), GOOD_CLAIMS), algorithm, maker.pem));
        jwt_maker_release(&maker);
        jwt_maker_release(&other);
    }
}

/* The algorithm is the configured key's; what the token calls itself has to agree. */
PX_TEST(a_token_chooses_no_algorithm)
{
    jwt_maker maker = maker_of(PX_JWT_RS256), curve = maker_of(PX_JWT_ES256);

    CHECK(!is_signed(jwt_make(&maker, header_of(PX_JWT_PS256), GOOD_CLAIMS), PX_JWT_RS256,
                     maker.pem));
    CHECK(!is_signed(jwt_make(&maker, header_of(PX_JWT_PS256), GOOD_CLAIMS), PX_JWT_PS256,
                     maker.pem));
    CHECK(!is_signed(jwt_make(&maker, header_of(PX_JWT_RS256), GOOD_CLAIMS), PX_JWT_RS256,
                     curve.pem));
    CHECK(!is_signed(jwt_make(&maker, "{\"alg\":\"none\",\"kid\":\"k\"}", GOOD_CLAIMS),
                     PX_JWT_RS256, maker.pem));
    CHECK(!is_signed(jwt_make(&maker, "{\"alg\":\"HS256\",\"kid\":\"k\"}", GOOD_CLAIMS),
                     PX_JWT_RS256, maker.pem));
    jwt_maker_release(&maker);
    jwt_maker_release(&curve);
}

PX_TEST(a_changed_byte_is_no_longer_signed)
{
    jwt_maker maker = maker_of(PX_JWT_EDDSA);
    char token[1024];
    size_t length;

    snprintf(token, sizeof(token), "%s", jwt_make(&maker, header_of(PX_JWT_EDDSA), GOOD_CLAIMS));
    length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        char was = token[i];

        token[i] = was == 'A' ? 'B' : 'A';
        CHECK(!is_signed(token, PX_JWT_EDDSA, maker.pem));
        token[i] = was;
    }
    CHECK(is_signed(token, PX_JWT_EDDSA, maker.pem));
    jwt_maker_release(&maker);
}

PX_TEST(a_header_brings_no_key_and_demands_nothing)
{
    static const char *const headers[] = {
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"jku\":\"https://evil.example/keys\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"x5u\":\"https://evil.example/cert\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"jwk\":{\"kty\":\"OKP\"}}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"x5c\":[\"\"]}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"crit\":[\"b64\"],\"b64\":false}",
        "{\"alg\":\"EdDSA\"}",
        "{\"kid\":\"k\"}",
        "{\"alg\":\"EdDSA\",\"kid\":7}",
        "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"kid\":\"l\"}",
        "[]",
        "",
    };
    jwt_maker maker = maker_of(PX_JWT_EDDSA);
    PX_AUTO_ARENA arena = { 0 };
    px_jwt jwt;

    px_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        CHECK_EQ(read_token(jwt_make(&maker, headers[i], GOOD_CLAIMS), &arena, &jwt), PX_INVALID);
    CHECK_EQ(read_token("a.b", &arena, &jwt), PX_INVALID);
    CHECK_EQ(read_token("a.b.c.d", &arena, &jwt), PX_INVALID);
    CHECK_EQ(read_token("", &arena, &jwt), PX_INVALID);
    jwt_maker_release(&maker);
}

PX_TEST(a_token_has_at_most_eight_kibibytes)
{
    jwt_maker maker = maker_of(PX_JWT_EDDSA);
    PX_AUTO_ARENA arena = { 0 };
    px_buf claims = { 0 };
    bool at_limit = false;

    px_arena_init(&arena, 1 << 20);
    for (int filler = 6000; filler < 6100; filler++) {
        const char *token;
        px_jwt jwt;

        px_buf_clear(&claims);
        px_putf(&claims, "{\"x\":\"%0*d\"}", filler, 0);
        token = jwt_make(&maker, header_of(PX_JWT_EDDSA), claims.ptr);
        px_arena_reset(&arena);
        CHECK_EQ(read_token(token, &arena, &jwt),
                 maker.token.len <= PX_JWT_BYTES_MAX ? PX_OK : PX_INVALID);
        at_limit = at_limit ||
                   (maker.token.len >= PX_JWT_BYTES_MAX - 1 && maker.token.len <= PX_JWT_BYTES_MAX);
    }
    CHECK(at_limit);
    CHECK(maker.token.len > PX_JWT_BYTES_MAX);
    px_buf_release(&claims);
    jwt_maker_release(&maker);
}

/* ---- claims ---- */

static px_status check(const char *claims, int64_t now_s, px_time *ret_until, px_err *ret_err)
{
    px_jwt_wanted wanted = { .issuer = PX_STR("d"),
                             .audience = PX_STR("pollux"),
                             .subject = PX_STR("d"),
                             .now = now_s * PX_SECOND };
    PX_AUTO_ARENA arena = { 0 };
    px_jwt jwt = { 0 };
    px_json *json;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_json_parse(px_str_c(claims), NULL, &arena, &json, NULL), PX_OK);
    jwt.claims = json;
    return px_jwt_check(&jwt, &wanted, ret_until, ret_err);
}

PX_TEST(clocks_may_differ_by_a_minute_and_not_by_more)
{
    px_time until;
    px_err err;

    CHECK_EQ(check(GOOD_CLAIMS, NOW_S, &until, &err), PX_OK);
    CHECK_EQ(until, INT64_C(1800001060) * PX_SECOND);
    CHECK_EQ(check(GOOD_CLAIMS, 1800001059, &until, &err), PX_OK);
    CHECK_EQ(check(GOOD_CLAIMS, 1800001060, &until, &err), PX_UNAUTHORIZED);
    CHECK_EQ(check(GOOD_CLAIMS, 1799998940, &until, &err), PX_OK);
    CHECK_EQ(check(GOOD_CLAIMS, 1799998939, &until, &err), PX_UNAUTHORIZED);
    CHECK_STR(err.text, "the `nbf` of this JWT has to be in the past: look at the clocks");
}

PX_TEST(every_claim_has_to_be_there_and_right)
{
    static const struct {
        const char *claims, *wrong;
    } cases[] = {
        { "{\"aud\":\"pollux\",\"nbf\":1,\"exp\":1800001000}", "`iss`" },
        { "{\"iss\":\"e\",\"aud\":\"pollux\",\"nbf\":1,\"exp\":1800001000}", "`iss`" },
        { "{\"iss\":\"d\",\"nbf\":1,\"exp\":1800001000}", "`aud`" },
        { "{\"iss\":\"d\",\"aud\":[\"x\"],\"nbf\":1,\"exp\":1800001000}", "`aud`" },
        { "{\"iss\":\"d\",\"aud\":\"pollux\",\"sub\":\"e\",\"nbf\":1,\"exp\":1800001000}",
          "`sub`" },
        { "{\"iss\":\"d\",\"aud\":\"pollux\",\"sub\":7,\"nbf\":1,\"exp\":1800001000}", "`sub`" },
        { "{\"iss\":\"d\",\"aud\":\"pollux\",\"exp\":1800001000}", "`nbf`" },
        { "{\"iss\":\"d\",\"aud\":\"pollux\",\"nbf\":1}", "`exp`" },
        { "{\"iss\":\"d\",\"aud\":\"pollux\",\"nbf\":1,\"exp\":\"1800001000\"}", "`exp`" },
        { "{\"iss\":\"d\",\"aud\":\"pollux\",\"nbf\":1,\"exp\":-1}", "`exp`" },
    };
    px_time until;
    px_err err;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_EQ(check(cases[i].claims, NOW_S, &until, &err), PX_UNAUTHORIZED);
        CHECK(strstr(err.text, cases[i].wrong) != NULL);
    }
    CHECK_EQ(check("{\"iss\":\"d\",\"aud\":[\"x\",\"pollux\"],\"nbf\":1.5,\"exp\":1e300}", NOW_S,
                   &until, &err),
             PX_OK);
    CHECK(until > NOW_S * PX_SECOND); /* a time far away does not run over */
}

/* ---- keys ---- */

static px_status key_of(const char *text, const char *algorithm, px_err *ret_err)
{
    PX_AUTO_ARENA arena = { 0 };
    px_jwt_key key;

    px_arena_init(&arena, 1 << 20);
    return px_jwt_key_read(px_str_c(text), px_str_c(algorithm), &arena, &key, ret_err);
}

/* The keys of RFC 7515 A.2 and A.3 and of RFC 8037 A.2. */
#define JWK_RSA                                                                                    \
    "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"   \
    "Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-"                                                            \
    "yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"                           \
    "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"                                                    \
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"  \
    "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}"
#define JWK_P256                                                                                   \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","     \
    "\"y\":"                                                                                       \
    "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define JWK_ED25519                                                                                \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

PX_TEST(the_keys_of_the_standards_are_read_and_prove_their_examples)
{
    /* RFC 8037 A.4: the signature of `Example of Ed25519 signing` */
    static const char *const token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    static const unsigned char signature[] = {
        0x86, 0x0c, 0x98, 0xd2, 0x29, 0x7f, 0x30, 0x60, 0xa3, 0x3f, 0x42, 0x73, 0x96,
        0x72, 0xd6, 0x1b, 0x53, 0xcf, 0x3a, 0xde, 0xfe, 0xd3, 0xd3, 0xc6, 0x72, 0xf3,
        0x20, 0xdc, 0x02, 0x1b, 0x41, 0x1e, 0x9d, 0x59, 0xb8, 0x62, 0x8d, 0xc3, 0x51,
        0xe2, 0x48, 0xb8, 0x8b, 0x29, 0x46, 0x8e, 0x0e, 0x41, 0x85, 0x5b, 0x0f, 0xb7,
        0xd8, 0x3b, 0xb1, 0x5b, 0xe9, 0x02, 0xbf, 0xcc, 0xb8, 0xcd, 0x0a, 0x02
    };
    PX_AUTO_ARENA arena = { 0 };
    px_jwt_key key;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(key_of(JWK_RSA, "RS256", &err), &err);
    CHECK_OK(key_of(JWK_RSA, "PS256", &err), &err);
    CHECK_OK(key_of(JWK_P256, "ES256", &err), &err);
    CHECK_OK(px_jwt_key_read(PX_STR(JWK_ED25519), PX_STR("EdDSA"), &arena, &key, &err), &err);
    CHECK(px_jwt_key_signed(PX_JWT_EDDSA, key.pem, px_str_c(token),
                            px_str_of((const char *)signature, sizeof(signature))));
}

PX_TEST(a_key_goes_with_its_algorithm_only)
{
    px_err err;

    CHECK_EQ(key_of(JWK_P256, "RS256", &err), PX_INVALID);
    CHECK_STR(err.text, "RS256 goes with an RSA key of 2048 to 8192 bits, which this is not");
    CHECK_EQ(key_of(JWK_RSA, "ES256", &err), PX_INVALID);
    CHECK_EQ(key_of(JWK_RSA, "EdDSA", &err), PX_INVALID);
    CHECK_EQ(key_of(JWK_ED25519, "ES256", &err), PX_INVALID);
    CHECK_EQ(key_of(JWK_RSA, "HS256", &err), PX_INVALID);
    CHECK_EQ(key_of(JWK_RSA, "none", &err), PX_INVALID);
    CHECK_STR(err.text, "the algorithm is RS256, PS256, ES256 or EdDSA, not 'none'");
}

PX_TEST(short_private_and_broken_keys_are_refused)
{
    jwt_maker small = jwt_maker_of(GNUTLS_PK_RSA, 1024, GNUTLS_SIGN_RSA_SHA256);
    char *long_text = malloc(PX_PUBLIC_KEY_BYTES_MAX + 2);
    px_err err;

    CHECK_EQ(key_of(small.pem, "RS256", &err), PX_INVALID);
    CHECK_EQ(
        key_of("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"d\":\"AA\"}", "EdDSA", &err),
        PX_INVALID);
    CHECK(strstr(err.text, "private") != NULL);
    CHECK_EQ(key_of("-----BEGIN PRIVATE KEY-----\n", "EdDSA", &err), PX_INVALID);
    CHECK(strstr(err.text, "private") != NULL);
    CHECK_EQ(key_of("{\"kty\":\"oct\",\"k\":\"AA\"}", "RS256", &err), PX_INVALID);
    CHECK_EQ(key_of("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "ES256", &err),
             PX_INVALID);
    CHECK_EQ(key_of("", "RS256", &err), PX_INVALID);
    CHECK_EQ(key_of("{", "RS256", &err), PX_INVALID);
    memset(long_text, ' ', PX_PUBLIC_KEY_BYTES_MAX + 1);
    long_text[PX_PUBLIC_KEY_BYTES_MAX + 1] = '\0';
    CHECK_EQ(key_of(long_text, "RS256", &err), PX_TOO_LARGE);
    CHECK_EQ(key_of(long_text + 1, "RS256", &err), PX_INVALID);
    free(long_text);
    jwt_maker_release(&small);
}

PX_TEST_MAIN()
