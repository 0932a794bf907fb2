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

typedef enum pxi_mqtt_state {
    PXI_MQTT_WAITING,
    PXI_MQTT_JUDGED, /* the application has CONNECT, and answers later */
    PXI_MQTT_OPEN,
    PXI_MQTT_ENDED
} pxi_mqtt_state;

/* One message that waits for its PUBACK or PUBREC. */
typedef struct pxi_mqtt_answer {
    uint16_t packet_id;
    uint16_t told;  /* by the application */
    uint8_t reason; /* that goes on the wire */
    bool is_known : 1;
    bool is_qos_2 : 1;
} pxi_mqtt_answer;

/* Why a message is refused, until its answer leaves. */
typedef struct pxi_mqtt_why {
    struct pxi_mqtt_why *next;
    uint32_t token;
    uint16_t len;
    char text[];
} pxi_mqtt_why;

/* A QoS 2 message of the client between our PUBREC and our PUBCOMP. */
typedef struct pxi_mqtt_received {
    uint16_t packet_id;
    bool is_releasing; /* PUBREL came, the application answers later */
} pxi_mqtt_received;

/* What the client owes to a message that was sent. */
typedef enum pxi_mqtt_owes {
    PXI_MQTT_OWES_PUBACK,
    PXI_MQTT_OWES_PUBREC,
    PXI_MQTT_OWES_NOTHING, /* PUBREC came, the application answers later */
    PXI_MQTT_OWES_PUBCOMP
} pxi_mqtt_owes;

typedef struct pxi_mqtt_sent {
    uint32_t tag; /* 0: nobody asks whether it arrives */
    uint16_t packet_id;
    uint8_t owes; /* pxi_mqtt_owes */
} pxi_mqtt_sent;

/* A SUBSCRIBE or UNSUBSCRIBE that waits for its answer. */
typedef struct pxi_mqtt_request {
    uint16_t packet_id, count;
    uint8_t answer; /* the type of its answer */
} pxi_mqtt_request;

struct px_mqtt_session {
    px_mqtt_session_opts opts;
    pxi_mqtt_state state;
    px_mqtt_version version;
    bool stalled, paused, closed_due;
    bool wants_no_text; /* Request Problem Information 0: no reason strings */
    bool wants_response_info, is_id_assigned;
    uint16_t told_keep_alive_s;                    /* 0: the client's own holds */
    uint32_t asked_expiry_s;                       /* as CONNECT had it */
    int64_t now_ns, last_packet_ns, keep_alive_ns; /* keep_alive_ns 0: none */
    px_str client_id;                              /* owned */
    px_mqtt_end ending;                            /* its reason comes last */

    px_buf in; /* the beginning of one packet; when blocked, everything that is not handled yet */
    px_buf out;
    size_t out_sent; /* bytes of `out` that are gone already */

    /* Messages from the client in order of arrival: token n is at n % PXI_MQTT_RING. */
    pxi_mqtt_answer *answers; /* PXI_MQTT_RING; NULL until the first comes */
    uint32_t answer_first, answer_count;
    pxi_mqtt_why *whys;          /* of those that wait; most often none */
    px_str *aliases;             /* PX_MQTT_TOPIC_ALIASES_MAX owned topics; NULL as above */
    pxi_mqtt_received *received; /* PX_MQTT_INFLIGHT_MAX; NULL as above */
    uint16_t received_count;

    pxi_mqtt_request requests[PX_MQTT_REQUESTS_MAX]; /* unanswered */
    uint8_t request_count;
    uint16_t owed_count; /* answers due to PUBREL and to PUBREC */

    /* Messages to the client, oldest first: entry i is at (sent_first + i) % PXI_MQTT_RING. */
    pxi_mqtt_sent *sent; /* PXI_MQTT_RING; NULL until the first QoS 1 or 2 */
    uint16_t sent_first, sent_count, in_flight_max, last_packet_id;
    uint16_t alias_out_count, alias_out_max;
    px_str *aliases_out; /* owned topics; NULL until the first */
    uint32_t client_packet_bytes_max;
    px_buf queue; /* records of session_queue.c */
    size_t queue_start;
    uint32_t queue_count;
};

/* What a handler says about its packet. */
typedef enum pxi_mqtt_done { PXI_MQTT_TAKEN, PXI_MQTT_KEPT } pxi_mqtt_done;

void pxi_mqtt_handle_connect(px_mqtt_session *s, const px_mqtt_frame *frame);
pxi_mqtt_done pxi_mqtt_handle_publish(px_mqtt_session *s, const px_mqtt_frame *frame);
void pxi_mqtt_handle_request(px_mqtt_session *s, const px_mqtt_frame *frame);
/* Of one type each; another reason than success ends the session. */
px_mqtt_reason pxi_mqtt_handle_puback(px_mqtt_session *s, px_str body);
px_mqtt_reason pxi_mqtt_handle_pubrec(px_mqtt_session *s, px_str body);
px_mqtt_reason pxi_mqtt_handle_pubcomp(px_mqtt_session *s, px_str body);
px_mqtt_reason pxi_mqtt_handle_pubrel(px_mqtt_session *s, px_str body);
px_mqtt_reason pxi_mqtt_handle_subscribe(px_mqtt_session *s, px_str body);
px_mqtt_reason pxi_mqtt_handle_unsubscribe(px_mqtt_session *s, px_str body);

/* Ends the session; the client is told if it can be. */
void pxi_mqtt_end(px_mqtt_session *s, px_mqtt_reason reason, bool tell);
void pxi_mqtt_drop_whys(px_mqtt_session *s);

/* ---- session.c ---- */
/* The buffer to write one packet of this type into; counts it. */
px_buf *pxi_mqtt_out(px_mqtt_session *s, px_mqtt_type type);
size_t pxi_mqtt_backlog(const px_mqtt_session *s);
/* Ends the session without a word when its output buffer could not grow. */
void pxi_mqtt_check_out(px_mqtt_session *s);
/* After an answer: handles what was read and had to wait, if nothing blocks it any more. */
void pxi_mqtt_go_on(px_mqtt_session *s);
/* A buffer that is empty gives its memory back, unless that is little. */
void pxi_mqtt_rest(px_buf *buf);

/* ---- session_received.c: QoS 2 from the client ---- */
/* Room for all that may be received; false: no memory. */
bool pxi_mqtt_received_reserve(px_mqtt_session *s);
/* PUBREC leaves: `packet_id` is kept until it is released. */
void pxi_mqtt_received_add(px_mqtt_session *s, uint16_t packet_id);
pxi_mqtt_received *pxi_mqtt_received_find(px_mqtt_session *s, uint16_t packet_id); /* NULL */
/* session_publish.c: a QoS 2 message whose PUBREC has not left. */
bool pxi_mqtt_is_unanswered(const px_mqtt_session *s, uint16_t packet_id);

/* ---- session_aliases.c ---- */
/* From the client: makes the topic whole, and learns it. */
px_mqtt_reason pxi_mqtt_alias_in(px_mqtt_session *s, px_mqtt_publish *publish);
/* To the client: an alias for the topic, which becomes empty once it is known; 0: none. */
uint16_t pxi_mqtt_alias_out(px_mqtt_session *s, px_mqtt_publish *publish);
void pxi_mqtt_aliases_release(px_mqtt_session *s);

/* ---- session_deliver.c: the window ---- */
/* Room for what is sent; false: no memory. */
bool pxi_mqtt_sent_reserve(px_mqtt_session *s);
pxi_mqtt_sent *pxi_mqtt_sent_find(px_mqtt_session *s, uint16_t packet_id); /* NULL */
void pxi_mqtt_sent_remove(px_mqtt_session *s, pxi_mqtt_sent *sent);
void pxi_mqtt_arrived(px_mqtt_session *s, uint32_t tag); /* 0: nobody asks */
/* True when this message of `size` bytes may leave now. */
bool pxi_mqtt_has_place(const px_mqtt_session *s, const px_mqtt_publish *message, size_t size);
bool pxi_mqtt_has_place_for_pubrel(const px_mqtt_session *s);
/* Takes the place and writes the message; its size fits. */
void pxi_mqtt_write_numbered(px_mqtt_session *s, const px_mqtt_publish *message);
void pxi_mqtt_write_pubrel(px_mqtt_session *s, uint16_t packet_id);
bool pxi_mqtt_is_expired(const px_mqtt_session *s, const px_mqtt_publish *message);
/* Counts, and tells the application when the message is its own. */
void pxi_mqtt_drop(px_mqtt_session *s, const px_mqtt_publish *message, px_mqtt_counter *counter,
                   px_mqtt_reason reason);
size_t pxi_mqtt_size_of(const px_mqtt_session *s, const px_mqtt_publish *message);
px_status pxi_mqtt_too_slow(px_mqtt_session *s);

/* ---- session_queue.c ---- */
/* Behind what waits already. QoS 0: a PUBREL. */
px_status pxi_mqtt_enqueue(px_mqtt_session *s, const px_mqtt_publish *message);
/* Moves queued messages into the client's window. */
void pxi_mqtt_pump(px_mqtt_session *s);

/* Nothing of what was read may be handled now. */
static inline bool pxi_mqtt_is_blocked(const px_mqtt_session *s)
{
    return s->stalled || s->state == PXI_MQTT_JUDGED || s->request_count == PX_MQTT_REQUESTS_MAX;
}

#endif
