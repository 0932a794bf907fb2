/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a thread's sessions have seen. One thread writes, any may read: relaxed atomics, which cost
 * no more than plain additions.
 */
#ifndef PX_MQTT_COUNTERS_H
#define PX_MQTT_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "mqtt/packet.h"

typedef _Atomic uint64_t px_mqtt_counter;

typedef struct px_mqtt_counters {
    px_mqtt_counter packets_in[PX_MQTT_TYPE_COUNT], packets_out[PX_MQTT_TYPE_COUNT]; /* by type */
    px_mqtt_counter bytes_in, bytes_out;
    px_mqtt_counter refused[256];      /* messages, subscriptions and connects refused, by reason */
    px_mqtt_counter ended[256];        /* sessions, by the reason of their end */
    px_mqtt_counter lost;              /* sessions whose network went away without DISCONNECT */
    px_mqtt_counter qos0_dropped;      /* deliveries that a slow client did not get */
    px_mqtt_counter oversized_dropped; /* deliveries larger than the client takes */
    px_mqtt_counter expired_dropped;   /* deliveries that waited longer than they were good for */
    px_mqtt_counter repeats;      /* QoS 2 messages that came again, and were not offered again */
    px_mqtt_counter stalls;       /* times that a session was not read because of BUSY */
    px_mqtt_counter acks_unasked; /* answers from clients to nothing that was sent */
} px_mqtt_counters;

static inline void px_mqtt_count_add(px_mqtt_counter *counter, uint64_t n)
{
    uint64_t v = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, v + n, memory_order_relaxed);
}

static inline uint64_t px_mqtt_count_of(const px_mqtt_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
