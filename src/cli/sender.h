/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Messages to one MQTT topic, QoS 1, that outlive the server: what was not acknowledged is kept and
 * sent again, in order, byte for byte, until it is.
 *
 * At most PX_MQTT_INFLIGHT_MAX messages wait (fewer when the server's Receive Maximum says so). A
 * lost connection is made anew with a back-off of 0.1 to 2 s, as a new session: the server's own
 * check for the same sample (series, source time, value) makes a repetition harmless. Refused for
 * good are messages with a reason code of 0x80 and above, but not 0x97 (quota, full disk) and 0x89
 * (busy), which are tried again; when that lasts for 3 s, a note says why, and another when it
 * ends.
 *
 * Threads: one.
 */
#ifndef PX_CLI_SENDER_H
#define PX_CLI_SENDER_H

#include "base/buf.h"

typedef struct px_sender px_sender;

typedef struct px_sender_opts {
    const char *host; /* all copied */
    int port;
    bool tls;
    const char *ca; /* PEM file; NULL: the machine's */
    const char *user, *key;
    const char *topic;
    int64_t first_connect_ns; /* give up when no connection came about for so long; 0: 30 s */

    /* One sentence about the connection; a message that was refused, or only partly taken. `row` is
     * what px_sender_put was given. Text is borrowed. */
    void (*note)(void *data, const char *text);
    void (*refused)(void *data, uint64_t row, bool partly, const char *reason);
    void *data;
} px_sender_opts;

typedef struct px_sender_counts {
    uint64_t sent;         /* messages put on the wire for the first time */
    uint64_t resent;       /* repetitions */
    uint64_t acknowledged; /* taken by the server */
    uint64_t refused;
    uint64_t partly;     /* acknowledged, with a complaint about some field */
    uint64_t reconnects; /* connections after the first */
} px_sender_counts;

PX_NODISCARD px_status px_sender_new(px_sender **ret_sender, const px_sender_opts *opts,
                                     px_err *ret_err);
void px_sender_free(px_sender *sender); /* says goodbye when connected */

bool px_sender_has_room(const px_sender *sender);
bool px_sender_is_idle(const px_sender *sender); /* nothing waits */

/* Copies the message. There must be room. */
PX_NODISCARD px_status px_sender_put(px_sender *sender, px_str payload, uint64_t row,
                                     px_err *ret_err);

/**
 * One turn: connects, sends what waits, takes acknowledgements; returns after `timeout_ms` or as
 * soon as something came.
 *
 * Errors: PX_UNAUTHORIZED and PX_DENIED (the server refuses this device), PX_UNREACHABLE (the first
 * connection never came about), PX_INVALID (it ends every connection with the same complaint).
 */
PX_NODISCARD px_status px_sender_turn(px_sender *sender, int timeout_ms, px_err *ret_err);

px_sender_counts px_sender_count(const px_sender *sender);

#endif
