/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A connection, as its document says: a broker, or a Modbus device, that values are taken from.
 *
 *     {"type":"mqtt","host":"broker.plant","port":8883,"tls":{"ca":"-----BEGIN …"},
 *      "user":"pollux","password":"…","clientId":"pollux-plant-1","version":5,
 *      "topics":[{"filter":"$share/pollux/plant/#","qos":1}]}
 *     {"type":"modbus","host":"10.1.2.3","unit":1,"every":"1s",
 *      "registers":[{"name":"temperature","address":40,"type":"int16","scale":0.1}]}
 *
 * What comes goes through the bindings whose source names the connection (sync/binding.h);
 * connections.h runs it. docs/connections.md has every member. Pure. Threads: any.
 */
#ifndef PX_OUTBOUND_CONNECTION_H
#define PX_OUTBOUND_CONNECTION_H

#include "base/json.h"
#include "engine/documents.h"
#include "outbound/modbus_register.h"

typedef enum px_connection_type {
    PX_CONNECTION_MQTT,
    PX_CONNECTION_MODBUS,
    PX_CONNECTION_TYPE_COUNT
} px_connection_type;

typedef struct px_connection_topic {
    px_str filter; /* as it is subscribed to, with `$share/GROUP/` */
    px_str plain;  /* without it: what topics of messages are compared with */
    uint8_t qos;   /* 0 or 1 */
} px_connection_topic;

typedef struct px_connection {
    uint32_t tenant, no;
    uint64_t revision;
    px_str name;
    px_connection_type type;
    bool enabled;
    px_str host; /* a name or an address, without brackets */
    uint16_t port;
    int64_t retry_ns_max; /* the longest pause between two tries */

    /* a broker */
    bool tls;
    px_str ca;             /* PEM; empty: the authorities that the machine trusts */
    px_str certificate;    /* PEM, our own; empty: none */
    px_str key;            /* its key: a secret */
    px_str user, password; /* may be empty; the password is a secret */
    px_str client_id;
    uint8_t version; /* 5, or 4: 3.1.1 */
    uint32_t session_expiry_s;
    const px_connection_topic *topics;
    size_t topic_count;

    /* a device */
    uint8_t unit;
    int64_t every_ns, timeout_ns; /* between two polls; of one answer */
    uint16_t gap;                 /* addresses that nobody asks for and that may be read */
    const px_modbus_register *registers;
    size_t register_count;
} px_connection;

/**
 * Reads a connection's document.
 *
 * @param arena  keeps what the slices borrow from
 * Errors: PX_INVALID (connection.form) with the pointer to what is wrong. Whether the host may be
 * connected to is the caller's to judge (target.h).
 */
PX_NODISCARD px_status px_connection_read(const px_document *document, px_arena *arena,
                                          px_connection *ret_connection, px_err *ret_err);

#endif
