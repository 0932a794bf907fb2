/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How a letter leaves: one table of functions for each kind of endpoint.
 *
 * A transport takes many sendings at once, never waits in `begin`, and says of each how it ended.
 * transport_curl.c speaks HTTP; the server fills one for MQTT topics; tests fill one with a network
 * that is not there. Threads: all of it on the sender's thread, but `wake` on any.
 */
#ifndef PX_OUTBOUND_TRANSPORT_H
#define PX_OUTBOUND_TRANSPORT_H

#include "outbound/target.h"

typedef enum px_sending_end {
    PX_SENDING_RUNS,
    PX_SENDING_DELIVERED,
    PX_SENDING_FAILED,  /* may go better later: no answer, too busy, broken */
    PX_SENDING_REFUSED, /* will not go better: the letter is dead */
} px_sending_end;

enum { PX_SENDING_HEADERS_MAX = 20, PX_SENDING_REASON_BYTES = 200 };

typedef struct px_sending_header {
    px_str name, value;
} px_sending_header;

/* All slices are borrowed until it ended. */
typedef struct px_sending {
    uint32_t tenant;
    px_str to; /* URL or topic */
    px_str body;
    px_sending_header headers[PX_SENDING_HEADERS_MAX];
    size_t header_count;

    px_sending_end end;
    char reason[PX_SENDING_REASON_BYTES]; /* of an end that is not DELIVERED: one sentence */
    void *own;                            /* the transport's */
} px_sending;

typedef struct px_transport px_transport;

struct px_transport {
    /* Takes it until its `end` is no longer RUNS. */
    void (*begin)(px_transport *transport, px_sending *sending);
    /* Moves what runs; waits at most so long for something to happen, and not when one ended. */
    void (*step)(px_transport *transport, int64_t wait_ns);
    /* Gives up one that runs; the other side may have got it. */
    void (*cancel)(px_transport *transport, px_sending *sending);
    /* Ends a wait of `step` now, or the next one. */
    void (*wake)(px_transport *transport);
    void (*free)(px_transport *transport);
    void *data;
};

/* HTTP by libcurl: no redirects, no proxy, PX_SEND_NS_MAX, PX_SEND_ANSWER_BYTES_MAX; connects only
 * where `reach` (copied) lets it. */
PX_NODISCARD px_status px_transport_curl_new(const px_reach *reach, px_transport **ret_transport,
                                             px_err *ret_err);

#endif
