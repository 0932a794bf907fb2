/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_side.h"

#include "base/mem.h"
#include "server/console_assets.h"
#include "server/http_door.h"

struct px_http_side {
    px_http_side_opts opts;
    px_api *api;
    px_http_door *door;
};

static bool find_asset(px_str path, px_api_asset *ret_asset)
{
    const px_asset *asset = px_console_asset(path);

    if (!asset)
        return false;
    *ret_asset = (px_api_asset){
        .mime = asset->mime,
        .etag = asset->etag,
        .cache_control =
            asset->immutable ? PX_CONSOLE_CACHE_IMMUTABLE : PX_CONSOLE_CACHE_REVALIDATE,
        .security_policy = PX_CONSOLE_CSP,
        .bytes = px_str_of((const char *)asset->bytes, asset->size),
        .gzip = asset->gzip,
    };
    return true;
}

static void put_counter(px_buf *buf, const char *name, const char *help, uint64_t value)
{
    px_putf(buf, "# HELP %s %s\n# TYPE %s counter\n%s %llu\n", name, help, name, name,
            (unsigned long long)value);
}

static void put_gauge(px_buf *buf, const char *name, const char *help, uint64_t value)
{
    px_putf(buf, "# HELP %s %s\n# TYPE %s gauge\n%s %llu\n", name, help, name, name,
            (unsigned long long)value);
}

static void put_http_metrics(const px_http_door *door, px_buf *buf)
{
    px_http_door_stats http;

    px_http_door_read_stats(door, &http);
    put_counter(buf, "pollux_http_requests_total", "HTTP requests", http.requests);
    px_put_c(buf, "# HELP pollux_http_answers_total HTTP answers by class of status\n"
                  "# TYPE pollux_http_answers_total counter\n");
    for (unsigned class = 1; class < 6; class ++)
        px_putf(buf, "pollux_http_answers_total{class=\"%uxx\"} %llu\n", class,
                (unsigned long long)http.answers[class]);
    put_counter(buf, "pollux_http_refused_total", "requests that the HTTP door refused itself",
                http.refused);
    put_counter(buf, "pollux_http_broken_total", "HTTP requests that never came whole",
                http.broken);
    put_counter(buf, "pollux_http_slow_total", "HTTP connections ended because they trickled",
                http.slow);
    put_counter(buf, "pollux_http_accepted_total", "HTTP connections accepted", http.accepted);
    put_counter(buf, "pollux_http_refused_full_total",
                "HTTP connections closed because there were too many", http.refused_full);
    put_counter(buf, "pollux_http_body_bytes_in_total", "bytes of HTTP bodies received",
                http.bytes_in);
    put_counter(buf, "pollux_http_body_bytes_out_total", "bytes of HTTP bodies sent",
                http.bytes_out);
    put_gauge(buf, "pollux_http_connections", "open HTTP connections", http.connections);
    put_gauge(buf, "pollux_http_streams", "open event streams", http.streams);
}

static void handle_call(void *ctx, px_api_call *call)
{
    px_api_handle(ctx, call);
}

static void put_metrics(void *data, px_buf *buf)
{
    px_http_side *side = data;

    put_http_metrics(side->door, buf);
    if (side->opts.mqtt) {
        px_mqtt_door_stats mqtt;

        px_mqtt_door_read_stats(side->opts.mqtt, &mqtt);
        put_counter(buf, "pollux_mqtt_accepted_total", "MQTT connections accepted", mqtt.accepted);
        put_counter(buf, "pollux_mqtt_bytes_in_total", "MQTT bytes received", mqtt.bytes_in);
        put_counter(buf, "pollux_mqtt_bytes_out_total", "MQTT bytes sent", mqtt.bytes_out);
        put_counter(buf, "pollux_mqtt_qos0_dropped_total",
                    "QoS 0 messages dropped for slow clients", mqtt.qos0_dropped);
        put_counter(buf, "pollux_mqtt_taken_over_total", "connections taken over", mqtt.taken_over);
        for (int reason = 0; reason < 256; reason++)
            if (mqtt.refused[reason])
                px_putf(buf, "pollux_mqtt_refused_total{reason=\"0x%02X\"} %llu\n",
                        (unsigned)reason, (unsigned long long)mqtt.refused[reason]);
    }
    if (side->opts.topics) {
        px_twin_topics_stats topics = px_twin_topics_stat(side->opts.topics);

        put_counter(buf, "pollux_messages_total", "device messages taken", topics.messages);
        put_counter(buf, "pollux_fields_total", "fields of device messages taken", topics.fields);
        put_counter(buf, "pollux_fields_rejected_total", "fields refused by the model",
                    topics.fields_rejected);
        put_counter(buf, "pollux_messages_refused_total", "messages refused",
                    topics.messages_refused);
        put_counter(buf, "pollux_plain_messages_total", "plain publishes", topics.plain);
        put_counter(buf, "pollux_deliveries_total", "messages handed to subscribers",
                    topics.deliveries);
        put_counter(buf, "pollux_mqtt_revoked_total",
                    "connections ended because their credential no longer holds", topics.revoked);
        put_counter(buf, "pollux_mqtt_logins_failed_total", "MQTT logins refused",
                    topics.logins_failed);
        put_counter(buf, "pollux_mqtt_delivery_gaps_total",
                    "times that events were not told to subscribers", topics.delivery_gaps);
    }
}

px_status px_http_side_open(const px_http_side_opts *opts, px_http_side **ret_side, px_err *ret_err)
{
    px_http_side *side = px_zalloc(1, sizeof(*side));
    px_api_opts api_opts = { .engine = opts->engine,
                             .history = opts->history,
                             .rejects = opts->rejects,
                             .log = opts->log,
                             .version = PX_VERSION,
                             .metrics = put_metrics,
                             .metrics_data = side,
                             .asset = find_asset };
    px_http_door_opts door_opts = { .handle = handle_call,
                                    .log = opts->log,
                                    .host = opts->host,
                                    .port = opts->port,
                                    .tls_cert = opts->tls_cert,
                                    .tls_key = opts->tls_key,
                                    .threads = opts->threads };
    px_status status;

    if (!side)
        return px_no_memory(ret_err);
    side->opts = *opts;
    status = px_api_new(&api_opts, &side->api, ret_err);
    door_opts.ctx = side->api;
    if (status == PX_OK)
        status = px_http_door_open(&door_opts, &side->door, ret_err);
    if (status != PX_OK) {
        px_http_side_close(side);
        return status;
    }
    *ret_side = side;
    return PX_OK;
}

uint16_t px_http_side_port(const px_http_side *side)
{
    return px_http_door_port(side->door);
}

void px_http_side_stop(px_http_side *side, int64_t drain_ms)
{
    if (!side)
        return;
    px_api_stop(side->api); /* streams end, waiting commands are answered */
    px_http_door_stop(side->door, drain_ms);
}

void px_http_side_close(px_http_side *side)
{
    if (!side)
        return;
    px_http_door_close(side->door);
    px_api_free(side->api);
    px_free(side);
}
