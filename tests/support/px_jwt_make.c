/* SPDX-License-Identifier: Apache-2.0 */
#include "px_jwt_make.h"

#include <sodium.h>

#include "px_test.h"

enum { ECDSA_BYTES = 32 };

jwt_maker jwt_maker_of(gnutls_pk_algorithm_t kind, unsigned bits, gnutls_sign_algorithm_t sign)
{
    jwt_maker maker = { .sign = sign };
    gnutls_pubkey_t public;
    size_t size = sizeof(maker.pem) - 1;

    CHECK_EQ(gnutls_privkey_init(&maker.key), 0);
    CHECK_EQ(gnutls_privkey_generate(maker.key, kind, bits, 0), 0);
    CHECK_EQ(gnutls_pubkey_init(&public), 0);
    CHECK_EQ(gnutls_pubkey_import_privkey(public, maker.key, 0, 0), 0);
    CHECK_EQ(gnutls_pubkey_export(public, GNUTLS_X509_FMT_PEM, maker.pem, &size), 0);
    gnutls_pubkey_deinit(public);
    return maker;
}

void jwt_maker_release(jwt_maker *maker)
{
    gnutls_privkey_deinit(maker->key);
    px_buf_release(&maker->token);
}

static void put_base64(px_buf *buf, const void *bytes, size_t size)
{
    size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);

    CHECK(px_buf_reserve(buf, room));
    sodium_bin2base64(buf->ptr + buf->len, room, bytes, size,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    buf->len += room - 1;
}

/* Numbers of DER may have a zero before them, or lack those that they begin with. */
static void put_number(unsigned char *at, const gnutls_datum_t *number)
{
    size_t skip = number->size > ECDSA_BYTES ? number->size - ECDSA_BYTES : 0;
    size_t size = number->size - skip;

    memset(at, 0, ECDSA_BYTES);
    memcpy(at + ECDSA_BYTES - size, number->data + skip, size);
}

static void put_signature(jwt_maker *maker, const gnutls_datum_t *signature)
{
    unsigned char raw[2 * ECDSA_BYTES];
    gnutls_datum_t r, s;

    if (maker->sign != GNUTLS_SIGN_ECDSA_SHA256) {
        put_base64(&maker->token, signature->data, signature->size);
        return;
    }
    CHECK_EQ(gnutls_decode_rs_value(signature, &r, &s), 0);
    put_number(raw, &r);
    put_number(raw + ECDSA_BYTES, &s);
    gnutls_free(r.data);
    gnutls_free(s.data);
    put_base64(&maker->token, raw, sizeof(raw));
}

const char *jwt_make(jwt_maker *maker, const char *header, const char *claims)
{
    gnutls_datum_t bytes, signature;

    px_buf_clear(&maker->token);
    put_base64(&maker->token, header, strlen(header));
    px_put_char(&maker->token, '.');
    put_base64(&maker->token, claims, strlen(claims));
    bytes = (gnutls_datum_t){ (unsigned char *)maker->token.ptr, (unsigned)maker->token.len };
    CHECK_EQ(gnutls_privkey_sign_data2(maker->key, maker->sign, 0, &bytes, &signature), 0);
    px_put_char(&maker->token, '.');
    put_signature(maker, &signature);
    gnutls_free(signature.data);
    CHECK_EQ(maker->token.status, PX_OK);
    return maker->token.ptr;
}
