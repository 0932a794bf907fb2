/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct px_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    bool asks_clients;
};

struct px_tls_link {
    gnutls_session_t session;
    bool is_up, is_borrowed;
    size_t offered; /* bytes of an interrupted write, which GnuTLS has already encrypted */
};

static px_status read_authorities(px_tls *tls, const char *file, px_err *ret_err)
{
    int count = gnutls_certificate_set_x509_trust_file(tls->credentials, file, GNUTLS_X509_FMT_PEM);

    tls->asks_clients = true;
    return count > 0 ? PX_OK
                     : px_fail_id(ret_err, PX_INVALID, "tls.authorities",
                                  "'%s' holds no certificate of an authority in PEM: %s", file,
                                  count < 0 ? gnutls_strerror(count) : "it has none");
}

/* ---- what is wrong with files that cannot be used ---- */

/* Whether the bytes are certificates, or a key, in PEM. */
typedef int look_at(const gnutls_datum_t *bytes);

static int look_at_certificates(const gnutls_datum_t *bytes)
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    int error = gnutls_x509_crt_list_import2(&list, &count, bytes, GNUTLS_X509_FMT_PEM, 0);

    for (unsigned i = 0; error >= 0 && i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    if (error >= 0)
        gnutls_free(list);
    return error;
}

static int look_at_key(const gnutls_datum_t *bytes)
{
    gnutls_x509_privkey_t key;
    int error = gnutls_x509_privkey_init(&key);

    if (error < 0)
        return error;
    error = gnutls_x509_privkey_import2(key, bytes, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_x509_privkey_deinit(key);
    return error;
}

static px_status check_file(const char *option, const char *file, const char *what, look_at *look,
                            px_err *ret_err)
{
    gnutls_datum_t bytes = { NULL, 0 };
    int error;

    errno = 0;
    error = gnutls_load_file(file, &bytes);
    if (error < 0)
        return px_fail_id(ret_err, PX_INVALID, "tls.certificate", "%s '%s' cannot be read: %s",
                          option, file, errno ? strerror(errno) : gnutls_strerror(error));
    error = look(&bytes);
    gnutls_memset(bytes.data, 0, bytes.size);
    gnutls_free(bytes.data);
    if (error < 0)
        return px_fail_id(ret_err, PX_INVALID, "tls.certificate", "%s '%s' holds no %s in PEM: %s",
                          option, file, what, gnutls_strerror(error));
    return PX_OK;
}

static px_status explain(const char *cert_file, const char *key_file, int error, px_err *ret_err)
{
    PX_TRY(check_file("--tls-cert", cert_file, "certificate", look_at_certificates, ret_err));
    PX_TRY(
        check_file("--tls-key", key_file, "private key without a password", look_at_key, ret_err));
    return px_fail_id(ret_err, PX_INVALID, "tls.certificate",
                      "certificate '%s' and key '%s' cannot be used together: %s", cert_file,
                      key_file, gnutls_strerror(error));
}

px_status px_tls_new(const char *cert_file, const char *key_file, const char *ca_file,
                     px_tls **ret_tls, px_err *ret_err)
{
    px_tls *tls = px_zalloc(1, sizeof(*tls));
    int error;

    if (!tls)
        return px_no_memory(ret_err);
    error = gnutls_certificate_allocate_credentials(&tls->credentials);
    if (error == 0)
        error = gnutls_certificate_set_x509_key_file(tls->credentials, cert_file, key_file,
                                                     GNUTLS_X509_FMT_PEM);
    if (error >= 0)
        error = gnutls_priority_init(&tls->priority, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
                                     NULL);
    if (error < 0) {
        px_tls_free(tls);
        return explain(cert_file, key_file, error, ret_err);
    }
    if (ca_file && read_authorities(tls, ca_file, ret_err) != PX_OK) {
        px_tls_free(tls);
        return PX_INVALID;
    }
    *ret_tls = tls;
    return PX_OK;
}

void px_tls_free(px_tls *tls)
{
    if (!tls)
        return;
    if (tls->priority)
        gnutls_priority_deinit(tls->priority);
    if (tls->credentials)
        gnutls_certificate_free_credentials(tls->credentials);
    px_free(tls);
}

px_tls_link *px_tls_link_new(px_tls *tls, int fd)
{
    px_tls_link *link = px_zalloc(1, sizeof(*link));

    if (!link)
        return NULL;
    if (gnutls_init(&link->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0) {
        px_free(link);
        return NULL;
    }
    if (gnutls_priority_set(link->session, tls->priority) != 0 ||
        gnutls_credentials_set(link->session, GNUTLS_CRD_CERTIFICATE, tls->credentials) != 0) {
        px_tls_link_free(link);
        return NULL;
    }
    if (tls->asks_clients)
        gnutls_certificate_server_set_request(link->session, GNUTLS_CERT_REQUEST);
    gnutls_transport_set_int(link->session, fd);
    return link;
}

px_tls_link *px_tls_link_borrow(void *session)
{
    px_tls_link *link = px_zalloc(1, sizeof(*link));

    if (!link)
        return NULL;
    link->session = session;
    link->is_up = link->is_borrowed = true;
    return link;
}

void px_tls_link_free(px_tls_link *link)
{
    if (!link)
        return;
    if (!link->is_borrowed)
        gnutls_deinit(link->session);
    px_free(link);
}

static px_tls_result result_of(ssize_t code)
{
    if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
        return PX_TLS_AGAIN;
    return PX_TLS_FAILED;
}

px_tls_result px_tls_handshake(px_tls_link *link)
{
    int code;

    do {
        code = gnutls_handshake(link->session);
    } while (code < 0 && code != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(code));
    if (code < 0)
        return result_of(code);
    link->is_up = true;
    return PX_TLS_DONE;
}

px_tls_result px_tls_read(px_tls_link *link, char *buffer, size_t size, size_t *ret_size)
{
    ssize_t code = gnutls_record_recv(link->session, buffer, size);

    *ret_size = code > 0 ? (size_t)code : 0;
    if (code > 0)
        return PX_TLS_DONE;
    return code == 0 ? PX_TLS_END : result_of(code);
}

px_tls_result px_tls_write(px_tls_link *link, px_str bytes, size_t *ret_size)
{
    ssize_t code;

    *ret_size = 0;
    if (link->offered > 0) {
        code = gnutls_record_send(link->session, NULL, 0); /* goes on with what it kept */
    } else {
        code = gnutls_record_send(link->session, bytes.ptr, bytes.len);
        link->offered = bytes.len;
    }
    if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
        return PX_TLS_AGAIN;
    link->offered = 0;
    if (code < 0)
        return PX_TLS_FAILED;
    *ret_size = (size_t)code;
    return PX_TLS_DONE;
}

void px_tls_bye(px_tls_link *link)
{
    if (link->is_up && link->offered == 0)
        (void)gnutls_bye(link->session, GNUTLS_SHUT_WR);
}

/* ---- the client's certificate ---- */

static void add_name(px_certificate *certificate, const char *name, size_t size)
{
    if (size == 0 || size > PX_DOC_ID_BYTES_MAX || memchr(name, 0, size) ||
        certificate->name_count == PX_CERTIFICATE_NAMES_MAX)
        return;
    memcpy(certificate->names[certificate->name_count++], name, size); /* cleared before */
}

/* The common name, then DNS names as they come. */
static void read_names(gnutls_x509_crt_t crt, px_certificate *certificate)
{
    char name[PX_DOC_ID_BYTES_MAX + 1];
    size_t size = sizeof(name);

    if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) == 0)
        add_name(certificate, name, size);
    for (unsigned i = 0; certificate->name_count < PX_CERTIFICATE_NAMES_MAX; i++) {
        int kind;

        size = sizeof(name);
        kind = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL);
        if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue;
        if (kind < 0)
            return;
        if (kind == GNUTLS_SAN_DNSNAME)
            add_name(certificate, name, size);
    }
}

static bool read_shown(const gnutls_datum_t *der, px_certificate *certificate)
{
    unsigned char hash[PX_FINGERPRINT_CHARS / 2];
    size_t size = sizeof(hash);
    gnutls_x509_crt_t crt;
    bool is_good;

    if (gnutls_x509_crt_init(&crt) != 0)
        return false;
    is_good = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) == 0 &&
              gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &size) == 0;
    if (is_good) {
        sodium_bin2hex(certificate->fingerprint, sizeof(certificate->fingerprint), hash, size);
        certificate->expires = (px_time)gnutls_x509_crt_get_expiration_time(crt) * PX_SECOND;
        read_names(crt, certificate);
    }
    gnutls_x509_crt_deinit(crt);
    return is_good;
}

/* Signed by an authority of ours, for a client, and within its time. */
static void judge(gnutls_session_t session, px_certificate *certificate)
{
    gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
                                      .data =
                                          (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT };
    gnutls_datum_t why = { 0 };
    unsigned status = 0;
    int code = gnutls_certificate_verify_peers(session, &purpose, 1, &status);

    if (code == 0 && status == 0)
        return;
    if (code == 0)
        code = gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &why, 0);
    snprintf(certificate->problem, sizeof(certificate->problem), "%s",
             why.data ? (const char *)why.data : gnutls_strerror(code));
    gnutls_free(why.data);
}

bool px_tls_link_certificate(px_tls_link *link, px_certificate *ret_certificate)
{
    unsigned count = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(link->session, &count);

    *ret_certificate = (px_certificate){ 0 };
    if (!shown || count == 0)
        return false;
    if (read_shown(&shown[0], ret_certificate))
        judge(link->session, ret_certificate);
    else
        snprintf(ret_certificate->problem, sizeof(ret_certificate->problem), "it cannot be read");
    return true;
}

bool px_tls_link_is_up(const px_tls_link *link)
{
    return link->is_up;
}

bool px_tls_link_wants_write(const px_tls_link *link)
{
    return gnutls_record_get_direction(link->session) == 1;
}

bool px_tls_link_has_more(const px_tls_link *link)
{
    return link->is_up && gnutls_record_check_pending(link->session) > 0;
}
