/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The plant's connection to an MQTT server: QoS 1 both ways, and back by itself when it is lost.
 *
 * What was not acknowledged is sent again after a reconnection, by the library. What is said while
 * too much is owed is dropped and counted: a plant that cannot speak does not stop, and does not
 * grow. Threads: one.
 */
#ifndef PX_PLANT_LINK_H
#define PX_PLANT_LINK_H

#include "base/err.h"

typedef struct px_link px_link;

typedef struct px_link_opts {
    const char *host; /* copied, as all strings here */
    int port;
    const char *user, *key;     /* may be NULL: says nothing */
    const char *const *filters; /* NULL-terminated; borrowed as long as the link */
    int64_t first_connect_ms;   /* gives up when the first connection takes longer; 0: never */
    void (*opened)(void *data); /* connected and subscribed, again each time */
    void (*got)(void *data, px_str topic, px_str payload);
    void (*note)(void *data, const char *text); /* a sentence about the connection */
    void *data;
} px_link_opts;

typedef struct px_link_counts {
    uint64_t said, acknowledged, refused, dropped, connections;
} px_link_counts;

PX_NODISCARD px_status px_link_new(px_link **ret_link, const px_link_opts *opts, px_err *ret_err);
void px_link_free(px_link *link); /* says goodbye when connected; NULL is fine */

/* Copies topic and payload. `keep`: sent even if much is owed. */
void px_link_say(px_link *link, const char *topic, px_str payload, bool keep);

/**
 * Lets the connection live for at most `timeout_ms`; callbacks come from in here.
 *
 * Errors: PX_UNAUTHORIZED, PX_DENIED (the server will never take this user and key),
 * PX_UNREACHABLE (no first connection in time), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_link_turn(px_link *link, int timeout_ms, px_err *ret_err);

bool px_link_is_open(const px_link *link);
uint64_t px_link_owed(const px_link *link); /* said and neither acknowledged nor refused */
px_link_counts px_link_count(const px_link *link);

#endif
