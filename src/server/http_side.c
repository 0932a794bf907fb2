/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_side.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "server/console_assets.h"
#include "server/door_metrics.h"
#include "server/http_door.h"

struct px_http_side {
    px_http_side_opts opts;
    px_api *api;
    px_http_door *_Atomic door; /* NULL until it is open: its threads ask for metrics before */
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

static void handle_call(void *ctx, px_api_call *call)
{
    px_api_handle(ctx, call);
}

static bool has_room(void *mqtt, const px_listen_address *peer)
{
    return px_mqtt_door_has_room(mqtt, peer);
}

static void take_socket(void *mqtt, const px_ws_socket *socket)
{
    px_mqtt_door_adopt(mqtt, socket);
}

static void put_metrics(void *data, px_metrics *metrics)
{
    px_http_side *side = data;

    px_http_door *door = atomic_load(&side->door);

    if (door)
        px_put_http_metrics(metrics, door);
    if (side->opts.mqtt)
        px_put_mqtt_metrics(metrics, side->opts.mqtt);
    if (side->opts.topics)
        px_put_topics_metrics(metrics, side->opts.topics);
}

/* Sessions stand still: clients have to hear of it from somebody. */
static px_status read_status(void *data, px_err *ret_err)
{
    const px_http_side *side = data;

    if (!side->opts.topics)
        return PX_OK;
    return px_broker_status(px_twin_topics_broker(side->opts.topics), ret_err);
}

px_status px_http_side_open(const px_http_side_opts *opts, px_http_side **ret_side, px_err *ret_err)
{
    px_http_side *side = px_zalloc(1, sizeof(*side));
    px_api_opts api_opts = { .engine = opts->engine,
                             .history = opts->history,
                             .freshness = opts->freshness,
                             .outbound = opts->outbound,
                             .connections = opts->connections,
                             .rejects = opts->rejects,
                             .bindings = opts->bindings,
                             .backoff = opts->backoff,
                             .presence = opts->presence,
                             .sparkplug =
                                 opts->topics ? px_twin_topics_sparkplug(opts->topics) : NULL,
                             .files = opts->files,
                             .backups = opts->backups,
                             .log = opts->log,
                             .rate_per_second = opts->rate_per_second,
                             .version = PX_VERSION,
                             .mqtt_port = opts->mqtt ? px_mqtt_door_port(opts->mqtt) : 0,
                             .azure_limits = opts->azure_limits,
                             .metrics = put_metrics,
                             .status = read_status,
                             .doors_data = side,
                             .asset = find_asset };
    px_http_door_opts door_opts = { .handle = handle_call,
                                    .log = opts->log,
                                    .host = opts->host,
                                    .port = opts->port,
                                    .tls_cert = opts->tls_cert,
                                    .tls_key = opts->tls_key,
                                    .threads = opts->threads };
    px_http_door *door = NULL;
    px_status status;

    if (!side)
        return px_no_memory(ret_err);
    side->opts = *opts;
    status = px_api_new(&api_opts, &side->api, ret_err);
    door_opts.ctx = side->api;
    if (opts->mqtt)
        door_opts.sockets = (px_http_sockets){ opts->mqtt, has_room, take_socket };
    if (status == PX_OK)
        status = px_http_door_open(&door_opts, &door, ret_err);
    atomic_store(&side->door, door);
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
