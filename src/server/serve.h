/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The server as one call: what `pollux serve` and the server half of `pollux demo` run.
 *
 * Strings are borrowed for the whole call; NULL takes the default. Addresses are HOST:PORT, with
 * `[HOST]:PORT` for IPv6; port 0 takes a free one. Anything but loopback is refused without TLS
 * unless `allow_plain` is set.
 */
#ifndef PX_SERVER_SERVE_H
#define PX_SERVER_SERVE_H

#include "base/err.h"

typedef struct px_serve_opts {
    const char *data_dir;       /* required; made when absent */
    const char *config;         /* configuration file; NULL: none */
    const char *http;           /* default 127.0.0.1:7780 */
    const char *mqtt;           /* default 127.0.0.1:1883 */
    const char *mqtts;          /* NULL: no MQTT over TLS */
    const char *mqtts_ca;       /* PEM: who signs certificates of clients; NULL: none are asked */
    const char *tls_cert;       /* PEM; with it the HTTP door speaks only HTTPS */
    const char *tls_key;        /* PEM */
    bool allow_plain;           /* unencrypted doors off loopback */
    bool azure_limits;          /* those of the public Azure Digital Twins service */
    const char *outbound_allow; /* networks and names that may be reached (outbound/target.h);
                                   NULL: all public addresses */
    const char *const *env;     /* NULL-terminated extra settings, "name=value"; NULL: none */

    /* Called once, when all doors are open, from the thread that called px_serve_main; addresses
     * carry the real ports. The demo starts its plant here. NULL: prints the address and the token.
     * Anything but PX_OK ends the server. */
    px_status (*ready)(void *data, const char *http_url, const char *mqtt_address,
                       const char *admin_token, px_err *ret_err);
    void *ready_data;
} px_serve_opts;

/**
 * Serves until SIGTERM or SIGINT, drains, and gives the exit status of the process.
 *
 * Prints `token: …` and the addresses on stdout, complaints on stderr. Not re-entrant.
 */
int px_serve_main(const px_serve_opts *opts);

#endif
