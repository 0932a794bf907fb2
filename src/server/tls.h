/* SPDX-License-Identifier: Apache-2.0 */
/**
 * TLS 1.2 and 1.3 on a non-blocking socket, by GnuTLS.
 *
 * px_tls holds certificate and key, shared by all connections; px_tls_link is one connection.
 * Threads: px_tls any; a link one at a time.
 */
#ifndef PX_SERVER_TLS_H
#define PX_SERVER_TLS_H

#include "sync/credential.h"

typedef struct px_tls px_tls;
typedef struct px_tls_link px_tls_link;

/* PEM files. With `ca_file` (NULL: none) clients are asked for a certificate, which they need not
 * have; those that one of its authorities signed are taken. Errors: PX_INVALID with what is wrong
 * with a file, PX_NO_MEMORY. */
PX_NODISCARD px_status px_tls_new(const char *cert_file, const char *key_file, const char *ca_file,
                                  px_tls **ret_tls, px_err *ret_err);
void px_tls_free(px_tls *tls); /* after the last link */

px_tls_link *px_tls_link_new(px_tls *tls, int fd); /* NULL: no memory */
/* Around a session (gnutls_session_t) whose handshake is done and which stays the caller's. */
px_tls_link *px_tls_link_borrow(void *session); /* NULL: no memory */
void px_tls_link_free(px_tls_link *link);

typedef enum px_tls_result {
    PX_TLS_DONE,  /* handshake complete; or `ret_size` bytes moved */
    PX_TLS_AGAIN, /* the socket must become ready: px_tls_link_wants_write says for what */
    PX_TLS_END,   /* the peer closed in order */
    PX_TLS_FAILED
} px_tls_result;

px_tls_result px_tls_handshake(px_tls_link *link);
px_tls_result px_tls_read(px_tls_link *link, char *buffer, size_t size, size_t *ret_size);
/* After PX_TLS_AGAIN the same bytes must be offered again, possibly with more behind them. */
px_tls_result px_tls_write(px_tls_link *link, px_str bytes, size_t *ret_size);
/* Tells the peer that nothing follows; does not wait. */
void px_tls_bye(px_tls_link *link);

/* What the client showed in the handshake; false: nothing. */
bool px_tls_link_certificate(px_tls_link *link, px_certificate *ret_certificate);

bool px_tls_link_is_up(const px_tls_link *link); /* the handshake is done */
bool px_tls_link_wants_write(const px_tls_link *link);
bool px_tls_link_has_more(const px_tls_link *link); /* decrypted bytes wait for px_tls_read */

#endif
