/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls.h"

#include <gnutls/gnutls.h>

#include "base/mem.h"

struct px_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
};

struct px_tls_link {
    gnutls_session_t session;
    bool is_up;
    size_t offered; /* bytes of an interrupted write, which GnuTLS has already encrypted */
};

px_status px_tls_new(const char *cert_file, const char *key_file, px_tls **ret_tls, px_err *ret_err)
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
        return px_fail_id(ret_err, PX_INVALID, "tls.certificate",
                          "certificate '%s' and key '%s' cannot be used: %s", cert_file, key_file,
                          gnutls_strerror(error));
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
    gnutls_transport_set_int(link->session, fd);
    return link;
}

void px_tls_link_free(px_tls_link *link)
{
    if (!link)
        return;
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
