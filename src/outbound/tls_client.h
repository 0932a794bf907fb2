/* SPDX-License-Identifier: Apache-2.0 */
/**
 * TLS of a connection to a broker: what we trust, what we show, and who the other side has to be.
 * The name is compared here and not by the client library, so that the library can be given the
 * address that was judged. Room-internal.
 */
#ifndef PX_OUTBOUND_TLS_CLIENT_H
#define PX_OUTBOUND_TLS_CLIENT_H

#include <openssl/ssl.h>

#include "outbound/connection.h"

/**
 * Makes the context of one client: TLS 1.2 or later, a certificate that the authorities of `tls`
 * signed for `host`, whose name is asked for (SNI) unless it is an address.
 *
 * @param host  that of the connection, NUL-terminated; borrowed as long as the context is used
 * @param ret_context  the caller's, for SSL_CTX_free
 * Errors: PX_INVALID (connection.tls): a certificate or key cannot be read; never asks anybody for
 * the password of a key. PX_NO_MEMORY.
 */
PX_NODISCARD px_status pxi_tls_client(const px_connection *connection, const char *host,
                                      SSL_CTX **ret_context, px_err *ret_err);

#endif
