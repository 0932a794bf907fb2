/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Every figure of /metrics, in one table: docs/metrics.md is printed from it, and a test compares.
 *
 *     px_metric(metrics, PX_METRIC_TWINS, 3);
 *     px_metric_of(metrics, PX_METRIC_MQTT_REFUSED, "0x87", 1);
 *
 * A figure is announced (HELP, TYPE) with its first value; the values of one figure are put one
 * after the other. The format is that of Prometheus, version 0.0.4. Threads: one writer.
 */
#ifndef PX_API_METRICS_H
#define PX_API_METRICS_H

#include "base/buf.h"

/* id, name, type, unit (or ""), label (or ""), what it is. A counter only grows, from the start of
 * the server on; its name ends in _total. */
#define PX_METRIC_MAP(X)                                                                           \
    X(POSITION, "pollux_position", GAUGE, "events", "", "newest published position")               \
    X(REQUESTS, "pollux_requests_total", COUNTER, "", "", "requests that the engine answered")     \
    X(REQUESTS_REFUSED, "pollux_requests_refused_total", COUNTER, "", "", "of them refused")       \
    X(BATCHES, "pollux_batches_total", COUNTER, "", "", "batches committed")                       \
    X(EVENTS, "pollux_events_total", COUNTER, "", "", "events committed")                          \
    X(BATCHES_FULL, "pollux_batches_full_total", COUNTER, "", "",                                  \
      "batches refused for want of disk space")                                                    \
    X(QUEUE_REFUSED, "pollux_queue_refused_total", COUNTER, "", "",                                \
      "requests that found the queue full")                                                        \
    X(COMMIT_MAX, "pollux_commit_seconds_max", GAUGE, "s", "",                                     \
      "longest commit since the last look")                                                        \
    X(COMMIT_SUM, "pollux_commit_seconds_total", COUNTER, "s", "", "time spent in commits")        \
    X(SLICES_LATE, "pollux_slices_late_total", COUNTER, "", "", "slices that their budget ended")  \
    X(SLICE_ROWS, "pollux_slice_rows_total", COUNTER, "rows", "slice",                             \
      "rows, of a backup pages, that rode with commits")                                           \
    X(SLICE_SECONDS, "pollux_slice_seconds_total", COUNTER, "s", "slice", "time that they took")   \
    X(SLICE_LATE, "pollux_slice_late_total", COUNTER, "", "slice",                                 \
      "commits in which the budget of this slice ended it")                                        \
    X(BACKUP_PAGES, "pollux_backup_pages", GAUGE, "pages", "",                                     \
      "size of the backup that is under way, or was the last")                                     \
    X(BACKUP_PAGES_LEFT, "pollux_backup_pages_left", GAUGE, "pages", "", "of them to be copied")   \
    X(BACKUPS, "pollux_backups_total", COUNTER, "", "result", "backups by how they ended")         \
    X(COMMANDS_ENDED, "pollux_commands_ended_total", COUNTER, "", "end",                           \
      "commands by what came of them")                                                             \
    X(HISTORY_CURSOR, "pollux_history_cursor", GAUGE, "events", "",                                \
      "committed position of history")                                                             \
    X(SAMPLES_LATE, "pollux_samples_late_total", COUNTER, "values", "",                            \
      "values older than the live one: kept in history only")                                      \
    X(SAMPLES_DUPLICATE, "pollux_samples_duplicate_total", COUNTER, "values", "",                  \
      "values that came again with the same source time: counted once")                            \
    X(FRESHNESS_TWINS, "pollux_freshness_twins", GAUGE, "", "state",                               \
      "twins of which a freshness is declared, by how fresh they are")                             \
    X(FRESHNESS_position, "pollux_freshness_position", GAUGE, "events", "",                        \
      "position of the journal up to which freshness is folded")                                   \
    X(FRESHNESS_cursor, "pollux_freshness_cursor", GAUGE, "events", "",                            \
      "position up to which it is written to the store")                                           \
    X(FRESHNESS_changes, "pollux_freshness_changes_total", COUNTER, "", "",                        \
      "changes of freshness written to the journal")                                               \
    X(FRESHNESS_waiting, "pollux_freshness_waiting", GAUGE, "", "",                                \
      "changes of freshness that wait to be written")                                              \
    X(FRESHNESS_refused, "pollux_freshness_refused_total", COUNTER, "", "",                        \
      "requests with changes of freshness that were refused and made again")                       \
    X(FRESHNESS_late, "pollux_freshness_late_total", COUNTER, "values", "",                        \
      "late samples of declared properties")                                                       \
    X(FRESHNESS_duplicates, "pollux_freshness_duplicates_total", COUNTER, "values", "",            \
      "samples of declared properties that were told before")                                      \
    X(FRESHNESS_sources_dropped, "pollux_freshness_sources_dropped_total", COUNTER, "", "",        \
      "messages of devices beyond those that are measured of one twin")                            \
    X(FRESHNESS_cut, "pollux_freshness_cut_total", COUNTER, "", "",                                \
      "twins found to have more declared properties than are measured")                            \
    X(MESSAGES_REPEATED, "pollux_telemetry_repeated_total", COUNTER, "", "",                       \
      "telemetry by HTTP whose Message-Id was there already: counted once")                        \
    X(TWINS, "pollux_twins", GAUGE, "", "", "twins of all tenants")                                \
    X(RELATIONSHIPS, "pollux_relationships", GAUGE, "", "", "relationships of all tenants")        \
    X(GRAPH_BYTES, "pollux_graph_bytes", GAUGE, "bytes", "", "memory of the graph")                \
    X(SNAPSHOTS, "pollux_snapshots", GAUGE, "", "", "snapshots in use")                            \
    X(SNAPSHOTS_ENDED, "pollux_snapshots_ended_total", COUNTER, "", "",                            \
      "snapshots ended by their limit")                                                            \
    X(PROPERTY_INDEXES, "pollux_property_indexes", GAUGE, "", "", "property indexes")              \
    X(PROPERTY_INDEXES_FULL, "pollux_property_indexes_full", GAUGE, "", "",                        \
      "property indexes that passed their bytes and are not used")                                 \
    X(PROPERTY_BYTES, "pollux_property_index_bytes", GAUGE, "bytes", "",                           \
      "memory of property indexes, as part of the graph's")                                        \
    X(FILE_BYTES, "pollux_store_file_bytes", GAUGE, "bytes", "", "size of the file")               \
    X(WAL_BYTES, "pollux_store_wal_bytes", GAUGE, "bytes", "", "size of the write-ahead log")      \
    X(JOURNAL_BYTES, "pollux_store_journal_bytes", GAUGE, "bytes", "",                             \
      "journal rows kept, as they stand on the disk")                                              \
    X(SYNCS, "pollux_store_syncs_total", COUNTER, "", "", "syncs of the disk")                     \
    X(LOG_SYNC_SECONDS, "pollux_store_log_sync_seconds_total", COUNTER, "s", "",                   \
      "time that commits waited for syncs of the log")                                             \
    X(LOG_SYNCS_OVER, "pollux_store_log_syncs_over_total", COUNTER, "", "seconds",                 \
      "syncs of the log that took longer")                                                         \
    X(STORE_FULL, "pollux_store_full", GAUGE, "", "", "1 while the disk is full")                  \
    X(REJECTS, "pollux_rejects_total", COUNTER, "", "reason",                                      \
      "messages and fields kept for inspection in /api/v1/rejects")                                \
    X(REJECT_BYTES, "pollux_reject_bytes", GAUGE, "bytes", "",                                     \
      "payloads kept whole, to be offered again")                                                  \
    X(BINDING_MESSAGES, "pollux_binding_messages_total", COUNTER, "", "",                          \
      "messages that a binding took, once for each of them")                                       \
    X(BINDING_VALUES, "pollux_binding_values_total", COUNTER, "values", "",                        \
      "values that bindings made of them")                                                         \
    X(BINDING_MISSED, "pollux_binding_missed_total", COUNTER, "", "",                              \
      "fields and rows that a binding could not map")                                              \
    X(BINDING_REFUSED, "pollux_binding_refused_total", COUNTER, "", "",                            \
      "messages that were refused whole for a binding")                                            \
    X(BINDING_BROKEN, "pollux_binding_broken_total", COUNTER, "", "",                              \
      "bindings that do not compile and are passed over, each time they are looked at")            \
    X(CONNECTIONS, "pollux_connections", GAUGE, "", "state",                                       \
      "connections to brokers and devices by their state")                                         \
    X(CONNECTION_messages, "pollux_connection_messages_total", COUNTER, "", "",                    \
      "messages taken from brokers, and rows of polls")                                            \
    X(CONNECTION_unbound, "pollux_connection_unbound_total", COUNTER, "", "",                      \
      "of them that no binding took")                                                              \
    X(CONNECTION_rejected, "pollux_connection_rejected_total", COUNTER, "", "",                    \
      "of them that became nothing")                                                               \
    X(CONNECTION_values, "pollux_connection_values_total", COUNTER, "values", "",                  \
      "values that became of them")                                                                \
    X(CONNECTION_polls, "pollux_connection_polls_total", COUNTER, "", "", "polls of devices")      \
    X(CONNECTION_skipped, "pollux_connection_skipped_total", COUNTER, "", "",                      \
      "polls left out because the one before took too long")                                       \
    X(CONNECTION_faults, "pollux_connection_faults_total", COUNTER, "", "",                        \
      "answers of devices that were refusals or nonsense, and values that are none")               \
    X(CONNECTION_written, "pollux_connection_written_total", COUNTER, "", "",                      \
      "desired values written to devices")                                                         \
    X(CONNECTION_refused, "pollux_connection_refused_total", COUNTER, "", "",                      \
      "desired values that a device or its register does not take")                                \
    X(CONNECTION_reconnects, "pollux_connection_reconnects_total", COUNTER, "", "",                \
      "connections made again after one was lost")                                                 \
    X(CONNECTION_failures, "pollux_connection_failures_total", COUNTER, "", "",                    \
      "tries to connect that failed, and connections lost")                                        \
    X(STREAMS, "pollux_streams", GAUGE, "", "", "event streams open")                              \
    X(STREAM_EVENTS, "pollux_stream_events_total", COUNTER, "", "", "changes sent to streams")     \
    X(STREAM_CONFLATED, "pollux_stream_conflated_total", COUNTER, "", "",                          \
      "changes that a slow watcher got the newest of only")                                        \
    X(STREAM_GAPS, "pollux_stream_gaps_total", COUNTER, "", "", "streams that had to read again")  \
    X(DEVICES_CONNECTED, "pollux_devices_connected", GAUGE, "", "",                                \
      "devices that have an MQTT connection open")                                                 \
    X(DEVICES_SEEN, "pollux_devices_seen", GAUGE, "", "",                                          \
      "devices whose last sight, log and counters are kept")                                       \
    X(DEVICES_UNSAVED, "pollux_devices_unsaved", GAUGE, "", "",                                    \
      "devices of which something is not on the disk yet")                                         \
    X(DEVICES_FORGOTTEN, "pollux_devices_forgotten_total", COUNTER, "", "",                        \
      "devices whose log and counters made room for others")                                       \
    X(CLAIMS, "pollux_claims_total", COUNTER, "", "", "devices registered by a claim")             \
    X(CLAIMS_REFUSED, "pollux_claims_refused_total", COUNTER, "", "",                              \
      "claims of devices that were refused")                                                       \
    X(LOGINS_FAILED, "pollux_logins_failed_total", COUNTER, "", "",                                \
      "credentials by HTTP that were wrong")                                                       \
    X(HISTORY_position, "pollux_history_position", GAUGE, "events", "",                            \
      "position of the journal up to which history is folded")                                     \
    X(HISTORY_cursor, "pollux_history_written", GAUGE, "events", "",                               \
      "position up to which history is written to the store")                                      \
    X(HISTORY_rows, "pollux_history_rows_total", COUNTER, "", "", "rows folded")                   \
    X(HISTORY_cells, "pollux_history_cells_total", COUNTER, "", "", "values folded")               \
    X(HISTORY_late_rows, "pollux_history_late_rows_total", COUNTER, "", "",                        \
      "rows that came behind a later row of their series")                                         \
    X(HISTORY_ahead_cells, "pollux_history_ahead_cells_total", COUNTER, "", "",                    \
      "values whose source clock was not believed")                                                \
    X(HISTORY_blocks_sealed, "pollux_history_blocks_sealed_total", COUNTER, "", "",                \
      "blocks sealed")                                                                             \
    X(HISTORY_block_bytes, "pollux_history_block_bytes_total", COUNTER, "bytes", "",               \
      "sealed blocks")                                                                             \
    X(HISTORY_block_rows, "pollux_history_block_rows_total", COUNTER, "", "",                      \
      "rows in sealed blocks")                                                                     \
    X(HISTORY_open_written, "pollux_history_open_written_total", COUNTER, "", "",                  \
      "open blocks written")                                                                       \
    X(HISTORY_open_bytes, "pollux_history_open_bytes_total", COUNTER, "bytes", "",                 \
      "open blocks written")                                                                       \
    X(HISTORY_series_in_memory, "pollux_history_series_in_memory", GAUGE, "", "",                  \
      "series held in memory")                                                                     \
    X(HISTORY_memory_bytes, "pollux_history_memory_bytes", GAUGE, "bytes", "",                     \
      "rows and blocks held in memory")                                                            \
    X(HISTORY_evicted, "pollux_history_evicted_total", COUNTER, "", "",                            \
      "series let go from memory")                                                                 \
    X(HISTORY_reads, "pollux_history_reads_total", COUNTER, "", "",                                \
      "range, last, count and bucket reads")                                                       \
    X(OUTBOUND_position, "pollux_outbound_position", GAUGE, "events", "",                          \
      "position of the journal up to which events are routed")                                     \
    X(OUTBOUND_routed, "pollux_outbound_routed_total", COUNTER, "", "",                            \
      "letters put into the outbox")                                                               \
    X(OUTBOUND_delivered, "pollux_outbound_delivered_total", COUNTER, "", "", "letters delivered") \
    X(OUTBOUND_failed, "pollux_outbound_failed_total", COUNTER, "", "",                            \
      "tries that failed and are made again")                                                      \
    X(OUTBOUND_died, "pollux_outbound_died_total", COUNTER, "", "",                                \
      "letters that became dead letters")                                                          \
    X(OUTBOUND_dropped, "pollux_outbound_dropped_total", COUNTER, "", "",                          \
      "letters dropped because the dead letters were full")                                        \
    X(OUTBOUND_untold, "pollux_outbound_untold_total", COUNTER, "", "",                            \
      "events that could not be told any more")                                                    \
    X(OUTBOUND_waiting, "pollux_outbox_letters", GAUGE, "", "", "letters waiting in the outbox")   \
    X(OUTBOUND_waiting_bytes, "pollux_outbox_bytes", GAUGE, "bytes", "",                           \
      "letters waiting in the outbox")                                                             \
    X(OUTBOUND_dead, "pollux_dead_letters", GAUGE, "", "", "dead letters kept")                    \
    X(OUTBOUND_dead_bytes, "pollux_dead_letter_bytes", GAUGE, "bytes", "", "dead letters kept")    \
    X(HTTP_REQUESTS, "pollux_http_requests_total", COUNTER, "", "",                                \
      "requests whose head came whole")                                                            \
    X(HTTP_ANSWERS, "pollux_http_answers_total", COUNTER, "", "class",                             \
      "answers by class of status")                                                                \
    X(HTTP_REPLAYED, "pollux_http_replayed_total", COUNTER, "", "",                                \
      "requests that were done before, and answered by their Idempotency-Key")                     \
    X(HTTP_REFUSED, "pollux_http_refused_total", COUNTER, "", "",                                  \
      "requests that the HTTP door refused itself")                                                \
    X(HTTP_BROKEN, "pollux_http_broken_total", COUNTER, "", "",                                    \
      "requests that never came whole or made no sense")                                           \
    X(HTTP_SLOW, "pollux_http_slow_total", COUNTER, "", "",                                        \
      "connections ended because they trickled")                                                   \
    X(HTTP_ABANDONED, "pollux_http_abandoned_total", COUNTER, "", "",                              \
      "requests that were under way when the door stopped")                                        \
    X(HTTP_ACCEPTED, "pollux_http_accepted_total", COUNTER, "", "", "HTTP connections accepted")   \
    X(HTTP_REFUSED_FULL, "pollux_http_refused_full_total", COUNTER, "", "",                        \
      "HTTP connections closed because there were too many")                                       \
    X(HTTP_BYTES_IN, "pollux_http_body_bytes_in_total", COUNTER, "bytes", "", "bodies received")   \
    X(HTTP_BYTES_OUT, "pollux_http_body_bytes_out_total", COUNTER, "bytes", "", "bodies sent")     \
    X(HTTP_CONNECTIONS, "pollux_http_connections", GAUGE, "", "", "HTTP connections open")         \
    X(HTTP_STREAMS_GONE, "pollux_http_streams_gone_total", COUNTER, "", "",                        \
      "event streams whose client was gone")                                                       \
    X(HTTP_UPGRADED, "pollux_http_upgraded_total", COUNTER, "", "",                                \
      "HTTP connections that became WebSockets")                                                   \
    X(HTTP_CARRIED, "pollux_http_carried", GAUGE, "", "",                                          \
      "WebSockets over TLS, which stay HTTP connections")                                          \
    X(MQTT_CONNECTIONS, "pollux_mqtt_connections", GAUGE, "", "", "MQTT connections open")         \
    X(MQTT_UNAUTHENTICATED, "pollux_mqtt_unauthenticated", GAUGE, "", "",                          \
      "of them without an accepted CONNECT")                                                       \
    X(MQTT_ACCEPTED, "pollux_mqtt_accepted_total", COUNTER, "", "", "MQTT connections accepted")   \
    X(MQTT_REFUSED_FULL, "pollux_mqtt_refused_full_total", COUNTER, "", "",                        \
      "MQTT connections closed because there were too many")                                       \
    X(MQTT_ACCEPT_PAUSES, "pollux_mqtt_accept_pauses_total", COUNTER, "", "",                      \
      "times that there was no file descriptor left")                                              \
    X(MQTT_TLS_FAILED, "pollux_mqtt_tls_failed_total", COUNTER, "", "",                            \
      "TLS handshakes that did not come to an end")                                                \
    X(MQTT_WEBSOCKETS, "pollux_mqtt_websockets", GAUGE, "", "",                                    \
      "of the MQTT connections, over WebSocket")                                                   \
    X(MQTT_WEBSOCKETS_ACCEPTED, "pollux_mqtt_websockets_accepted_total", COUNTER, "", "",          \
      "MQTT connections accepted over WebSocket")                                                  \
    X(MQTT_WEBSOCKETS_BROKEN, "pollux_mqtt_websockets_broken_total", COUNTER, "", "",              \
      "of them, ended because their frames made no sense")                                         \
    X(MQTT_TAKEN_OVER, "pollux_mqtt_taken_over_total", COUNTER, "", "",                            \
      "connections ended because their client id came again")                                      \
    X(MQTT_BYTES_IN, "pollux_mqtt_bytes_in_total", COUNTER, "bytes", "",                           \
      "MQTT received, before TLS")                                                                 \
    X(MQTT_BYTES_OUT, "pollux_mqtt_bytes_out_total", COUNTER, "bytes", "",                         \
      "MQTT sent, before TLS")                                                                     \
    X(MQTT_PACKETS_IN, "pollux_mqtt_packets_in_total", COUNTER, "", "type", "packets received")    \
    X(MQTT_PACKETS_OUT, "pollux_mqtt_packets_out_total", COUNTER, "", "type", "packets sent")      \
    X(MQTT_REFUSED, "pollux_mqtt_refused_total", COUNTER, "", "reason",                            \
      "messages, subscriptions and connects refused")                                              \
    X(MQTT_ENDED, "pollux_mqtt_ended_total", COUNTER, "", "reason",                                \
      "sessions by the reason of their end")                                                       \
    X(MQTT_LOST, "pollux_mqtt_lost_total", COUNTER, "", "",                                        \
      "sessions whose network went away without DISCONNECT")                                       \
    X(MQTT_DELIVERIES_REFUSED, "pollux_mqtt_deliveries_refused_total", COUNTER, "", "",            \
      "deliveries for which there was no room in the door")                                        \
    X(MQTT_QOS0_DROPPED, "pollux_mqtt_qos0_dropped_total", COUNTER, "", "",                        \
      "QoS 0 messages dropped for slow clients")                                                   \
    X(MQTT_OVERSIZED, "pollux_mqtt_oversized_dropped_total", COUNTER, "", "",                      \
      "deliveries larger than their client takes")                                                 \
    X(MQTT_STALLS, "pollux_mqtt_stalls_total", COUNTER, "", "",                                    \
      "times that a client was not read because the server was busy")                              \
    X(MQTT_EXPIRED_DROPPED, "pollux_mqtt_expired_dropped_total", COUNTER, "", "",                  \
      "deliveries that waited longer than they were good for")                                     \
    X(MQTT_REPEATS, "pollux_mqtt_repeats_total", COUNTER, "", "",                                  \
      "QoS 2 messages that came again and were not taken again")                                   \
    X(MQTT_ACKS_UNASKED, "pollux_mqtt_acks_unasked_total", COUNTER, "", "",                        \
      "answers from clients to nothing that was sent")                                             \
    X(MESSAGES, "pollux_messages_total", COUNTER, "", "", "device messages taken")                 \
    X(FIELDS, "pollux_fields_total", COUNTER, "values", "", "fields of device messages taken")     \
    X(FIELDS_REJECTED, "pollux_fields_rejected_total", COUNTER, "values", "",                      \
      "fields refused by the model")                                                               \
    X(MESSAGES_REFUSED, "pollux_messages_refused_total", COUNTER, "", "",                          \
      "device messages refused")                                                                   \
    X(PLAIN_MESSAGES, "pollux_plain_messages_total", COUNTER, "", "",                              \
      "publishes to topics that are no twin's")                                                    \
    X(SPARK_NODES, "pollux_sparkplug_nodes", GAUGE, "", "",                                        \
      "edge nodes of Sparkplug B that were heard of")                                              \
    X(SPARK_ONLINE, "pollux_sparkplug_online", GAUGE, "", "", "of them online")                    \
    X(SPARK_MESSAGES, "pollux_sparkplug_messages_total", COUNTER, "", "",                          \
      "births, data, deaths and STATE that made sense")                                            \
    X(SPARK_METRICS, "pollux_sparkplug_metrics_total", COUNTER, "", "",                            \
      "metrics in births and data")                                                                \
    X(SPARK_UNKNOWN, "pollux_sparkplug_metrics_unknown_total", COUNTER, "", "",                    \
      "of them without a place in a twin")                                                         \
    X(SPARK_EMPTY, "pollux_sparkplug_metrics_empty_total", COUNTER, "", "",                        \
      "of them null, or of a quality that is not good")                                            \
    X(SPARK_BIRTHS, "pollux_sparkplug_births_total", COUNTER, "", "",                              \
      "births of edge nodes and devices")                                                          \
    X(SPARK_DEATHS, "pollux_sparkplug_deaths_total", COUNTER, "", "",                              \
      "deaths of edge nodes and devices")                                                          \
    X(SPARK_DEATHS_IGNORED, "pollux_sparkplug_deaths_ignored_total", COUNTER, "", "",              \
      "deaths of another bdSeq, or of what was not online")                                        \
    X(SPARK_LEFT_OUT, "pollux_sparkplug_targets_left_out_total", COUNTER, "", "",                  \
      "values of bindings in properties beyond those that are remembered: a death leaves them")    \
    X(SPARK_GAPS, "pollux_sparkplug_gaps_total", COUNTER, "", "",                                  \
      "messages with a gap in seq before them")                                                    \
    X(SPARK_UNBORN, "pollux_sparkplug_unborn_total", COUNTER, "", "",                              \
      "messages that speak of what was not born")                                                  \
    X(SPARK_REBIRTHS, "pollux_sparkplug_rebirths_total", COUNTER, "", "",                          \
      "births that were asked for")                                                                \
    X(MQTT_REVOKED, "pollux_mqtt_revoked_total", COUNTER, "", "",                                  \
      "connections ended because their credential no longer holds")                                \
    X(MQTT_LOGINS_FAILED, "pollux_mqtt_logins_failed_total", COUNTER, "", "",                      \
      "MQTT logins refused")                                                                       \
    X(MQTT_DELIVERY_GAPS, "pollux_mqtt_delivery_gaps_total", COUNTER, "", "",                      \
      "times that events were not told to subscribers")                                            \
    X(BROKER_sessions, "pollux_mqtt_sessions", GAUGE, "", "", "MQTT sessions that are kept")       \
    X(BROKER_sessions_online, "pollux_mqtt_sessions_online", GAUGE, "", "", "of them connected")   \
    X(BROKER_messages, "pollux_mqtt_messages", GAUGE, "", "",                                      \
      "messages kept: retained, or in queues of sessions")                                         \
    X(BROKER_message_bytes, "pollux_mqtt_message_bytes", GAUGE, "bytes", "", "messages kept")      \
    X(BROKER_retained, "pollux_mqtt_retained", GAUGE, "", "", "retained messages")                 \
    X(BROKER_queued, "pollux_mqtt_queued", GAUGE, "", "", "places in the queues of kept sessions") \
    X(BROKER_subscriptions, "pollux_mqtt_subscriptions", GAUGE, "", "",                            \
      "subscriptions of all tenants; a share counts once")                                         \
    X(BROKER_deliveries, "pollux_deliveries_total", COUNTER, "", "",                               \
      "messages handed to subscribers")                                                            \
    X(BROKER_queue_dropped, "pollux_mqtt_queue_dropped_total", COUNTER, "", "",                    \
      "messages that a session did not get because its queue was full")                            \
    X(BROKER_expired, "pollux_mqtt_messages_expired_total", COUNTER, "", "",                       \
      "kept messages whose time ran out")                                                          \
    X(BROKER_wills, "pollux_mqtt_wills_total", COUNTER, "", "",                                    \
      "wills that were sent or given up")                                                          \
    X(BROKER_resumed, "pollux_mqtt_sessions_resumed_total", COUNTER, "", "",                       \
      "sessions that were taken up again")                                                         \
    X(BROKER_sessions_expired, "pollux_mqtt_sessions_expired_total", COUNTER, "", "",              \
      "sessions whose time ran out")                                                               \
    X(BROKER_saved_rows, "pollux_mqtt_saved_rows_total", COUNTER, "", "",                          \
      "rows of sessions and messages written")

typedef enum px_metric_id {
#define X(id, name, type, unit, label, help) PX_METRIC_##id,
    PX_METRIC_MAP(X)
#undef X
        PX_METRIC_COUNT
} px_metric_id;

typedef struct px_metrics {
    px_buf *out;
    bool announced[PX_METRIC_COUNT];
} px_metrics;

void px_metric(px_metrics *metrics, px_metric_id id, double value);
/* A figure with a label; `label_value` is a plain word. */
void px_metric_of(px_metrics *metrics, px_metric_id id, const char *label_value, double value);
/* Says that the figure is there, though it may have no value yet. */
void px_metric_announce(px_metrics *metrics, px_metric_id id);

/* docs/metrics.md. */
void px_put_metrics_page(px_buf *buf);

#endif
