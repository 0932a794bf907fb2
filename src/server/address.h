/* SPDX-License-Identifier: Apache-2.0 */
/** HOST:PORT and [HOST]:PORT. */
#ifndef PX_SERVER_ADDRESS_H
#define PX_SERVER_ADDRESS_H

#include "base/err.h"

typedef struct px_address {
    char host[256];
    uint16_t port;
    bool is_loopback; /* 127.0.0.0/8, ::1 or localhost */
} px_address;

/* Errors: PX_INVALID, with `what` (such as "--http") in the sentence. */
PX_NODISCARD px_status px_address_parse(const char *text, const char *what, px_address *ret_address,
                                        px_err *ret_err);

#endif
