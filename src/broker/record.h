/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What session events and rows hold: docs/formats/session.md gives the bytes.
 *
 * Writers append to a px_buf; readers borrow from the bytes and take arrays from an arena.
 *
 * Errors of every reader: PX_CORRUPT (cut short, or a count that cannot be), PX_NO_MEMORY,
 * PX_LIMIT. Threads: any, values only.
 */
#ifndef PX_BROKER_RECORD_H
#define PX_BROKER_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"

/* A connection, of one run of the server: its number means nothing in another. */
typedef struct px_peer {
    uint64_t boot, conn;
} px_peer;

/* A message as it is kept. */
typedef struct px_letter_record {
    px_str topic, payload;
    px_str props;    /* encoded properties that ride along, mqtt/props.h */
    px_time expires; /* PX_TIME_NONE: never */
    uint8_t qos;
    bool retain;
} px_letter_record;

size_t px_letter_record_bytes(const px_letter_record *r); /* of its texts */
/* A copy whose texts lie in `bytes`, which has as many. */
px_letter_record px_letter_record_copy(const px_letter_record *r, char *bytes);

typedef struct px_will_record {
    px_letter_record letter;    /* `expires` is set when it is sent */
    uint32_t delay_s, expiry_s; /* expiry 0: none */
} px_will_record;

/* One entry of SUBSCRIBE or UNSUBSCRIBE. */
typedef struct px_filter_record {
    px_str text, share; /* share empty: it is its own */
    uint32_t id;        /* subscription identifier; 0: none */
    uint8_t qos, retain_handling;
    uint8_t reason; /* >= 0x80: refused already, and nothing else counts */
    bool no_local, retain_as_published;
} px_filter_record;

typedef struct px_open_record {
    px_peer peer;
    uint32_t scope; /* number of the device's document; 0: of the tenant */
    uint32_t expiry_s;
    bool clean, has_will;
    px_str credential; /* id of what let the client in */
    px_will_record will;
    px_str *dropped; /* filters that it may not have any more */
    size_t dropped_count;
} px_open_record;

typedef struct px_close_record {
    px_peer peer;
    bool with_will, has_expiry;
    uint32_t expiry_s;
} px_close_record;

typedef struct px_filters_record {
    px_peer peer;
    uint16_t packet_id;
    px_filter_record *filters;
    size_t count;
} px_filters_record;

typedef enum px_receipt_kind {
    PX_RECEIPT_CAME = 0,      /* a message of QoS 2 has this packet id */
    PX_RECEIPT_RELEASED = 1,  /* PUBREL */
    PX_RECEIPT_WILL_SENT = 2, /* the session's will is out */
    PX_RECEIPT_KINDS = 3
} px_receipt_kind;

typedef struct px_receipt_record {
    px_peer peer;
    px_receipt_kind kind;
    uint16_t packet_id;
} px_receipt_record;

/* What a receiver said of one kept message. */
typedef struct px_ack_record {
    uint64_t session;
    uint16_t packet_id;
    bool is_received; /* PUBREC: PUBCOMP is still to come; else it is done */
} px_ack_record;

/* For whom a message is. */
typedef struct px_copy_record {
    uint64_t to;  /* a session's number, or a connection of the record's peer */
    bool is_conn; /* the member of a shared subscription that it fell to, which keeps nothing */
    bool retain;  /* as it stands on the wire */
    uint8_t qos;
    uint32_t *ids; /* subscription identifiers */
    size_t id_count;
} px_copy_record;

typedef struct px_message_record {
    px_peer peer;       /* its sender's */
    uint16_t packet_id; /* of a QoS 2 message of a kept session, which may not come again; else 0 */
    px_letter_record letter;
    px_copy_record *copies;
    size_t copy_count;
} px_message_record;

void px_put_open(px_buf *buf, const px_open_record *r);
void px_put_close(px_buf *buf, const px_close_record *r);
void px_put_filters(px_buf *buf, const px_filters_record *r);
void px_put_receipt(px_buf *buf, const px_receipt_record *r);
void px_put_acks(px_buf *buf, const px_ack_record *acks, size_t count);
void px_put_message(px_buf *buf, const px_message_record *r); /* the topic is the event's id */
void px_put_letter_row(px_buf *buf, const px_letter_record *r, px_time time, bool is_retained);

PX_NODISCARD px_status px_get_open(px_str bytes, px_arena *arena, px_open_record *ret_r,
                                   px_err *ret_err);
PX_NODISCARD px_status px_get_close(px_str bytes, px_close_record *ret_r, px_err *ret_err);
PX_NODISCARD px_status px_get_filters(px_str bytes, px_arena *arena, px_filters_record *ret_r,
                                      px_err *ret_err);
PX_NODISCARD px_status px_get_receipt(px_str bytes, px_receipt_record *ret_r, px_err *ret_err);
PX_NODISCARD px_status px_get_acks(px_str bytes, px_arena *arena, px_ack_record **ret_acks,
                                   size_t *ret_count, px_err *ret_err);
PX_NODISCARD px_status px_get_message(px_str bytes, px_arena *arena, px_message_record *ret_r,
                                      px_err *ret_err);
PX_NODISCARD px_status px_get_letter_row(px_str bytes, px_letter_record *ret_r, px_time *ret_time,
                                         bool *ret_is_retained, px_err *ret_err);

/* Parts that rows have too. */
/* Moments as they are written: 0, or one more than the nanoseconds. Up to here seconds of 32 bits
 * can be added to one. */
#define PX_MOMENT_MAX ((uint64_t)INT64_MAX - UINT32_MAX * (uint64_t)PX_SECOND)
void px_put_moment(px_buf *buf, px_time time);
px_time px_get_moment(px_cut *cut);
void px_put_peer(px_buf *buf, px_peer peer);
px_peer px_get_peer(px_cut *cut);
void px_put_will(px_buf *buf, const px_will_record *will);
px_will_record px_get_will(px_cut *cut);
void px_put_filter(px_buf *buf, const px_filter_record *filter);
px_filter_record px_get_filter(px_cut *cut);
/* A count of things of at least `bytes_least` bytes each; 0 and a bad cut when there cannot be so
 * many. */
size_t px_get_count(px_cut *cut, size_t bytes_least);
void px_put_ids(px_buf *buf, const uint32_t *ids, size_t count);
PX_NODISCARD px_status px_get_ids(px_cut *cut, px_arena *arena, uint32_t **ret_ids,
                                  size_t *ret_count, px_err *ret_err);

#endif
