/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the session share; nobody else includes this. */
#ifndef PX_MQTT_SESSION_INNER_H
#define PX_MQTT_SESSION_INNER_H

#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "mqtt/session.h"

enum {
    PXI_MQTT_RING = 128,                       /* a power of two above PX_MQTT_INFLIGHT_MAX */
    PXI_MQTT_KEPT_BYTES = 1024,                /* buffers up to here stay when they are empty */
    PXI_MQTT_IN_SLACK_BYTES = 256 * 1024,      /* read already when the session stalled */
    PXI_MQTT_OUT_PAUSE_BYTES = 64 * 1024,      /* a client that leaves more unread is not read */
    PXI_MQTT_CONTROL_SLACK_BYTES = 512 * 1024, /* of answers above out_bytes_max */
};

#define PXI_MQTT_TOKEN_MASK UINT32_C(0x7FFFFFFF) /* so that no token is PX_MQTT_TOKEN_NONE */

typedef enum pxi_mqtt_state { PXI_MQTT_WAITING, PXI_MQTT_OPEN, PXI_MQTT_ENDED } pxi_mqtt_state;

/* One message that waits for its PUBACK. */
typedef struct pxi_mqtt_answer {
    uint16_t packet_id;
    uint16_t told;  /* by the application */
    uint8_t reason; /* that goes on the wire */
    bool is_known;
} pxi_mqtt_answer;

/* Why a message is refused, until its PUBACK leaves. */
typedef struct pxi_mqtt_why {
    struct pxi_mqtt_why *next;
    uint32_t token;
    uint16_t len;
    char text[];
} pxi_mqtt_why;

/* The will, kept in one piece of memory from CONNECT to the end. */
typedef struct pxi_mqtt_will {
    px_mqtt_publish message;
    px_str raw_props;
    char bytes[];
} pxi_mqtt_will;

struct px_mqtt_session {
    px_mqtt_session_opts opts;
    pxi_mqtt_state state;
    px_mqtt_version version;
    bool stalled, paused, closed_due, expiry_was_0;
    bool wants_no_text; /* Request Problem Information 0: no reason strings */
    int64_t now_ns, last_packet_ns, keep_alive_ns; /* keep_alive_ns 0: none */
    px_str client_id;                              /* owned */
    pxi_mqtt_will *will;
    px_str *aliases; /* PX_MQTT_TOPIC_ALIASES_MAX owned topics; NULL until the first comes */

    px_buf in; /* the beginning of one packet; when stalled, everything from the kept message on */
    px_buf out;
    size_t out_sent; /* bytes of `out` that are gone already */

    /* Messages from the client in order of arrival: token n is at n % PXI_MQTT_RING. */
    pxi_mqtt_answer answers[PXI_MQTT_RING];
    uint32_t answer_first, answer_count;
    pxi_mqtt_why *whys; /* of those that wait; most often none */

    /* Messages to the client. */
    uint16_t *in_flight; /* packet ids, oldest first; NULL until the first QoS 1 delivery */
    uint16_t in_flight_count, in_flight_max, last_packet_id;
    uint32_t client_packet_bytes_max;
    px_buf queue; /* records of session_deliver.c */
    size_t queue_start;
    uint32_t queue_count;
};

/* What a handler says about its packet. */
typedef enum pxi_mqtt_done { PXI_MQTT_TAKEN, PXI_MQTT_KEPT } pxi_mqtt_done;

void pxi_mqtt_handle_connect(px_mqtt_session *s, const px_mqtt_frame *frame);
pxi_mqtt_done pxi_mqtt_handle_publish(px_mqtt_session *s, const px_mqtt_frame *frame);
void pxi_mqtt_handle_puback(px_mqtt_session *s, const px_mqtt_frame *frame);
void pxi_mqtt_handle_request(px_mqtt_session *s, const px_mqtt_frame *frame);

/* Ends the session; the will is sent unless it was dropped, the client is told if it can be. */
void pxi_mqtt_end(px_mqtt_session *s, px_mqtt_reason reason, bool tell);
void pxi_mqtt_drop_will(px_mqtt_session *s);
void pxi_mqtt_drop_whys(px_mqtt_session *s);

/* The buffer to write one packet of this type into; counts it. */
px_buf *pxi_mqtt_out(px_mqtt_session *s, px_mqtt_type type);
size_t pxi_mqtt_backlog(const px_mqtt_session *s);
/* Ends the session without a word when its output buffer could not grow. */
void pxi_mqtt_check_out(px_mqtt_session *s);

/* Moves queued messages into the client's window. */
void pxi_mqtt_pump(px_mqtt_session *s);
/* A buffer that is empty gives its memory back, unless that is little. */
void pxi_mqtt_rest(px_buf *buf);

static inline px_mqtt_counters *pxi_mqtt_counters(px_mqtt_session *s)
{
    return s->opts.counters;
}

#endif
