/* SPDX-License-Identifier: Apache-2.0 */
#include "server/door_metrics.h"

#include <stdio.h>

/* figure, member of the door's counters */
#define HTTP_FIGURES(X)                                                                            \
    X(HTTP_REQUESTS, requests)                                                                     \
    X(HTTP_REFUSED, refused)                                                                       \
    X(HTTP_BROKEN, broken)                                                                         \
    X(HTTP_SLOW, slow)                                                                             \
    X(HTTP_ABANDONED, abandoned)                                                                   \
    X(HTTP_ACCEPTED, accepted)                                                                     \
    X(HTTP_REFUSED_FULL, refused_full)                                                             \
    X(HTTP_BYTES_IN, bytes_in)                                                                     \
    X(HTTP_BYTES_OUT, bytes_out)                                                                   \
    X(HTTP_CONNECTIONS, connections)                                                               \
    X(HTTP_STREAMS_GONE, streams_gone)                                                             \
    X(HTTP_UPGRADED, upgraded)                                                                     \
    X(HTTP_CARRIED, carried)

#define MQTT_FIGURES(X)                                                                            \
    X(MQTT_CONNECTIONS, connections)                                                               \
    X(MQTT_UNAUTHENTICATED, unauthenticated)                                                       \
    X(MQTT_ACCEPTED, accepted)                                                                     \
    X(MQTT_REFUSED_FULL, refused_full)                                                             \
    X(MQTT_ACCEPT_PAUSES, accept_pauses)                                                           \
    X(MQTT_TLS_FAILED, tls_failed)                                                                 \
    X(MQTT_WEBSOCKETS, websockets)                                                                 \
    X(MQTT_WEBSOCKETS_ACCEPTED, websockets_accepted)                                               \
    X(MQTT_WEBSOCKETS_BROKEN, websockets_broken)                                                   \
    X(MQTT_TAKEN_OVER, taken_over)                                                                 \
    X(MQTT_BYTES_IN, bytes_in)                                                                     \
    X(MQTT_BYTES_OUT, bytes_out)                                                                   \
    X(MQTT_LOST, lost)                                                                             \
    X(MQTT_DELIVERIES_REFUSED, deliveries_refused)                                                 \
    X(MQTT_QOS0_DROPPED, qos0_dropped)                                                             \
    X(MQTT_OVERSIZED, oversized_dropped)                                                           \
    X(MQTT_STALLS, stalls)                                                                         \
    X(MQTT_EXPIRED_DROPPED, expired_dropped)                                                       \
    X(MQTT_REPEATS, repeats)                                                                       \
    X(MQTT_ACKS_UNASKED, acks_unasked)

#define TOPICS_FIGURES(X)                                                                          \
    X(MESSAGES, messages)                                                                          \
    X(FIELDS, fields)                                                                              \
    X(FIELDS_REJECTED, fields_rejected)                                                            \
    X(MESSAGES_REFUSED, messages_refused)                                                          \
    X(PLAIN_MESSAGES, plain)                                                                       \
    X(MQTT_REVOKED, revoked)                                                                       \
    X(MQTT_LOGINS_FAILED, logins_failed)                                                           \
    X(MQTT_DELIVERY_GAPS, delivery_gaps)

void px_put_http_metrics(px_metrics *metrics, const px_http_door *door)
{
    static const char *const classes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };
    px_http_door_stats stats;

    px_http_door_read_stats(door, &stats);
#define X(id, member) px_metric(metrics, PX_METRIC_##id, (double)stats.member);
    HTTP_FIGURES(X)
#undef X
    for (size_t i = 1; i < sizeof(classes) / sizeof(classes[0]); i++)
        px_metric_of(metrics, PX_METRIC_HTTP_ANSWERS, classes[i], (double)stats.answers[i]);
}

/* Reasons that never came are left out. */
static void put_reasons(px_metrics *metrics, px_metric_id id, const uint64_t counts[256])
{
    char reason[8];

    px_metric_announce(metrics, id);
    for (unsigned i = 0; i < 256; i++) {
        if (counts[i] == 0)
            continue;
        snprintf(reason, sizeof(reason), "0x%02X", i);
        px_metric_of(metrics, id, reason, (double)counts[i]);
    }
}

static void put_packets(px_metrics *metrics, px_metric_id id, const uint64_t *counts)
{
    for (int type = PX_MQTT_CONNECT; type < PX_MQTT_TYPE_COUNT; type++)
        px_metric_of(metrics, id, px_mqtt_type_name((px_mqtt_type)type), (double)counts[type]);
}

void px_put_mqtt_metrics(px_metrics *metrics, const px_mqtt_door *door)
{
    px_mqtt_door_stats stats;

    px_mqtt_door_read_stats(door, &stats);
#define X(id, member) px_metric(metrics, PX_METRIC_##id, (double)stats.member);
    MQTT_FIGURES(X)
#undef X
    put_packets(metrics, PX_METRIC_MQTT_PACKETS_IN, stats.packets_in);
    put_packets(metrics, PX_METRIC_MQTT_PACKETS_OUT, stats.packets_out);
    put_reasons(metrics, PX_METRIC_MQTT_REFUSED, stats.refused);
    put_reasons(metrics, PX_METRIC_MQTT_ENDED, stats.ended);
}

/* figure, member of what is known of edge nodes */
#define SPARKPLUG_FIGURES(X)                                                                       \
    X(SPARK_NODES, nodes)                                                                          \
    X(SPARK_ONLINE, online)                                                                        \
    X(SPARK_MESSAGES, messages)                                                                    \
    X(SPARK_METRICS, metrics)                                                                      \
    X(SPARK_UNKNOWN, unknown)                                                                      \
    X(SPARK_EMPTY, empty)                                                                          \
    X(SPARK_BIRTHS, births)                                                                        \
    X(SPARK_DEATHS, deaths)                                                                        \
    X(SPARK_DEATHS_IGNORED, deaths_ignored)                                                        \
    X(SPARK_LEFT_OUT, left_out)                                                                    \
    X(SPARK_GAPS, gaps)                                                                            \
    X(SPARK_UNBORN, unborn)                                                                        \
    X(SPARK_REBIRTHS, rebirths)

static void put_sparkplug_metrics(px_metrics *metrics, px_sparkplug_stats stats)
{
#define X(id, member) px_metric(metrics, PX_METRIC_##id, (double)stats.member);
    SPARKPLUG_FIGURES(X)
#undef X
}

void px_put_topics_metrics(px_metrics *metrics, px_twin_topics *topics)
{
    px_twin_topics_stats stats = px_twin_topics_stat(topics);
    px_broker_stats broker = px_broker_stat(px_twin_topics_broker(topics));

#define X(id, member) px_metric(metrics, PX_METRIC_##id, (double)stats.member);
    TOPICS_FIGURES(X)
#undef X
#define X(member, meaning) px_metric(metrics, PX_METRIC_BROKER_##member, (double)broker.member);
    PX_BROKER_STATS_MAP(X)
#undef X
    put_sparkplug_metrics(metrics, px_sparkplug_stat(px_twin_topics_sparkplug(topics)));
}
