/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/mem.h"

/* The library would ask on the terminal. */
static int no_password(char *buf, int size, int is_write, void *data)
{
    (void)buf, (void)size, (void)is_write, (void)data;
    return -1;
}

static px_status wrong(px_err *ret_err, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    px_fail_id(ret_err, PX_INVALID, "connection.tls", "TLS cannot begin: %s%s%s", what,
               reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return PX_INVALID;
}

/* ---- certificates and keys ---- */

/* Each certificate of a PEM to `take`, which keeps it when it gives true. */
static px_status each_certificate(px_str pem, SSL_CTX *context,
                                  bool (*take)(SSL_CTX *context, X509 *certificate, int index),
                                  const char *what, px_err *ret_err)
{
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    X509 *certificate;
    int count = 0;

    if (!bio)
        return px_no_memory(ret_err);
    while ((certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        bool is_taken = take(context, certificate, count);

        X509_free(certificate);
        if (!is_taken)
            break;
        count++;
    }
    BIO_free(bio);
    if (certificate || count == 0 ||
        ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) /* which is the end of it */
        return wrong(ret_err, what);
    ERR_clear_error();
    return PX_OK;
}

static bool trust(SSL_CTX *context, X509 *certificate, int index)
{
    (void)index;
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate) == 1;
}

static bool show(SSL_CTX *context, X509 *certificate, int index)
{
    return index == 0 ? SSL_CTX_use_certificate(context, certificate) == 1
                      : SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

static px_status use_key(SSL_CTX *context, px_str pem, px_err *ret_err)
{
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    bool is_used =
        key && SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;

    EVP_PKEY_free(key);
    BIO_free(bio);
    return is_used ? PX_OK : wrong(ret_err, "'key' is not that of 'certificate'");
}

static px_status use_all(const px_connection *c, SSL_CTX *context, px_err *ret_err)
{
    if (c->ca.len)
        PX_TRY(each_certificate(c->ca, context, trust, "'ca' cannot be read", ret_err));
    else if (SSL_CTX_set_default_verify_paths(context) != 1)
        return wrong(ret_err, "this machine's authorities cannot be read");
    if (!c->certificate.len)
        return PX_OK;
    PX_TRY(
        each_certificate(c->certificate, context, show, "'certificate' cannot be read", ret_err));
    return c->key.len ? use_key(context, c->key, ret_err)
                      : wrong(ret_err, "'certificate' has no 'key'");
}

/* ---- who the other side is ---- */

static bool is_address(const char *host)
{
    uint8_t bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* The client library asks for the address that it connects to; this says the name in its place. */
static void on_info(const SSL *ssl, int where, int value)
{
    char *host = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    (void)value;
    if (where & SSL_CB_HANDSHAKE_START)
        (void)SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, is_address(host) ? NULL : host);
}

static bool expect(SSL_CTX *context, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_app_data(context, (void *)(uintptr_t)host);
    SSL_CTX_set_info_callback(context, on_info);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1
                            : X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

px_status pxi_tls_client(const px_connection *c, const char *host, SSL_CTX **ret_context,
                         px_err *ret_err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    px_status status;

    ERR_clear_error();
    if (!context)
        return px_no_memory(ret_err);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 || !expect(context, host))
        status = px_no_memory(ret_err);
    else
        status = use_all(c, context, ret_err);
    if (status == PX_OK)
        *ret_context = context;
    else
        SSL_CTX_free(context);
    return status;
}
