/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics and the page about it. What the doors count comes through px_api_opts.metrics. */
#include "api/metrics.h"

#include <stdatomic.h>
#include <stdio.h>

#include "api/inner.h"
#include "api/watch.h"
#include "engine/backup.h"

#define GAUGE "gauge"
#define COUNTER "counter"

static const struct {
    const char *name, *type, *unit, *label, *help;
} table[PX_METRIC_COUNT] = {
#define X(id, name, type, unit, label, help) { name, type, unit, label, help },
    PX_METRIC_MAP(X)
#undef X
};

void px_metric_announce(px_metrics *metrics, px_metric_id id)
{
    if (metrics->announced[id])
        return;
    metrics->announced[id] = true;
    px_putf(metrics->out, "# HELP %s %s\n# TYPE %s %s\n", table[id].name, table[id].help,
            table[id].name, table[id].type);
}

void px_metric(px_metrics *metrics, px_metric_id id, double value)
{
    px_metric_announce(metrics, id);
    px_putf(metrics->out, "%s %.15g\n", table[id].name, value);
}

void px_metric_of(px_metrics *metrics, px_metric_id id, const char *label_value, double value)
{
    px_metric_announce(metrics, id);
    px_putf(metrics->out, "%s{%s=\"%s\"} %.15g\n", table[id].name, table[id].label, label_value,
            value);
}

void px_put_metrics_page(px_buf *buf)
{
    px_put_c(buf, "# Metrics\n\n"
                  "`GET /metrics` with a token of the first tenant, in the text format of "
                  "Prometheus. A counter begins at 0\nwith the server. This page is printed from "
                  "the table in `src/api/metrics.h` (HACKING.md says how).\n\n"
                  "| name | type | unit | label | what it is |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < PX_METRIC_COUNT; i++)
        px_putf(buf, "| `%s` | %s | %s | %s | %s |\n", table[i].name, table[i].type, table[i].unit,
                table[i].label, table[i].help);
}

/* ---- the answer ---- */

static void put_slices(px_metrics *m, const px_engine_stats *e)
{
    for (px_engine_slice i = 0; i < PX_ENGINE_SLICES; i++)
        px_metric_of(m, PX_METRIC_SLICE_ROWS, px_engine_slice_name(i), (double)e->slices[i].rows);
    for (px_engine_slice i = 0; i < PX_ENGINE_SLICES; i++)
        px_metric_of(m, PX_METRIC_SLICE_SECONDS, px_engine_slice_name(i),
                     (double)e->slices[i].us / 1e6);
    for (px_engine_slice i = 0; i < PX_ENGINE_SLICES; i++)
        px_metric_of(m, PX_METRIC_SLICE_LATE, px_engine_slice_name(i), (double)e->slices[i].late);
}

static void put_commands(px_metrics *m, const px_engine_stats *e)
{
    static const struct {
        px_command_status end;
        const char *name;
    } ends[] = { { PX_COMMAND_APPLIED, "applied" },
                 { PX_COMMAND_REJECTED, "rejected" },
                 { PX_COMMAND_TIMED_OUT, "timed_out" },
                 { PX_COMMAND_EXPIRED, "expired" } };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        px_metric_of(m, PX_METRIC_COMMANDS_ENDED, ends[i].name,
                     (double)e->commands_ended[ends[i].end]);
}

static void put_backups(px_metrics *m, px_engine *engine)
{
    px_backup_stat b = px_engine_backup_stat(engine);

    px_metric(m, PX_METRIC_BACKUP_PAGES, b.pages);
    px_metric(m, PX_METRIC_BACKUP_PAGES_LEFT, b.pages_left);
    for (px_backup_phase end = PX_BACKUP_DONE; end < PX_BACKUP_PHASES; end++)
        px_metric_of(m, PX_METRIC_BACKUPS, px_backup_phase_name(end), (double)b.ended_count[end]);
}

static void put_engine(px_metrics *m, px_engine *engine)
{
    px_engine_stats e = px_engine_stat(engine);
    px_graph_stats g = px_graph_stat(px_engine_graph(engine));
    px_store_stats s;

    px_store_stats_get(px_engine_store(engine), &s);
    px_metric(m, PX_METRIC_POSITION, (double)e.seq);
    px_metric(m, PX_METRIC_REQUESTS, (double)e.requests);
    px_metric(m, PX_METRIC_REQUESTS_REFUSED, (double)e.refused);
    px_metric(m, PX_METRIC_BATCHES, (double)e.batches);
    px_metric(m, PX_METRIC_EVENTS, (double)e.events);
    px_metric(m, PX_METRIC_BATCHES_FULL, (double)e.full);
    px_metric(m, PX_METRIC_QUEUE_REFUSED, (double)e.queue_refused);
    px_metric(m, PX_METRIC_COMMIT_MAX, (double)e.commit_ns_max / 1e9);
    px_metric(m, PX_METRIC_COMMIT_SUM, (double)e.commit_ns_sum / 1e9);
    px_metric(m, PX_METRIC_SLICES_LATE, (double)e.slices_late);
    put_slices(m, &e);
    put_commands(m, &e);
    put_backups(m, engine);
    px_metric(m, PX_METRIC_HISTORY_CURSOR, (double)e.consumer_seq[1]);
    px_metric(m, PX_METRIC_SAMPLES_LATE, (double)e.samples_late);
    px_metric(m, PX_METRIC_SAMPLES_DUPLICATE, (double)e.samples_duplicate);
    px_metric(m, PX_METRIC_MESSAGES_REPEATED, (double)e.messages_repeated);
    px_metric(m, PX_METRIC_TWINS, (double)g.twins);
    px_metric(m, PX_METRIC_RELATIONSHIPS, (double)g.relationships);
    px_metric(m, PX_METRIC_GRAPH_BYTES, (double)g.bytes_used);
    px_metric(m, PX_METRIC_SNAPSHOTS, (double)g.snapshots);
    px_metric(m, PX_METRIC_SNAPSHOTS_ENDED, (double)g.snapshots_ended);
    px_metric(m, PX_METRIC_PROPERTY_INDEXES, (double)g.property_indexes);
    px_metric(m, PX_METRIC_PROPERTY_INDEXES_FULL, (double)g.property_indexes_full);
    px_metric(m, PX_METRIC_PROPERTY_BYTES, (double)g.property_bytes);
    px_metric(m, PX_METRIC_FILE_BYTES, (double)s.file_bytes);
    px_metric(m, PX_METRIC_WAL_BYTES, (double)s.wal_file_bytes);
    px_metric(m, PX_METRIC_JOURNAL_BYTES, (double)s.journal_bytes);
    px_metric(m, PX_METRIC_SYNCS, (double)s.syncs);
    px_metric(m, PX_METRIC_LOG_SYNC_SECONDS, (double)s.log_sync_ns / 1e9);
    for (int i = 0; i < PX_SYNC_BOUNDS; i++) {
        char bound[16];

        snprintf(bound, sizeof(bound), "%g", (double)px_sync_bound_ns(i) / 1e9);
        px_metric_of(m, PX_METRIC_LOG_SYNCS_OVER, bound, (double)s.log_syncs_over[i]);
    }
    px_metric(m, PX_METRIC_STORE_FULL, s.full);
}

static void put_rejects(px_metrics *m, px_rejects *rejects)
{
    px_reject_reason reasons[PX_REJECT_REASONS_MAX];
    size_t count = px_rejects_by_reason(rejects, reasons);

    px_metric_announce(m, PX_METRIC_REJECTS);
    for (size_t i = 0; i < count; i++)
        px_metric_of(m, PX_METRIC_REJECTS, reasons[i].id, (double)reasons[i].count);
    px_metric(m, PX_METRIC_REJECT_BYTES, (double)px_rejects_bytes(rejects));
}

static void put_bindings(px_metrics *m, px_bindings *bindings)
{
    px_binding_stats b = px_bindings_stat_all(bindings);

    px_metric(m, PX_METRIC_BINDING_MESSAGES, (double)b.messages);
    px_metric(m, PX_METRIC_BINDING_VALUES, (double)b.values);
    px_metric(m, PX_METRIC_BINDING_MISSED, (double)b.missed);
    px_metric(m, PX_METRIC_BINDING_REFUSED, (double)b.refused);
    px_metric(m, PX_METRIC_BINDING_BROKEN, (double)px_bindings_broken(bindings));
}

static void put_presence(px_metrics *m, px_presence *presence)
{
    px_presence_stats stats = px_presence_stat(presence);

    px_metric(m, PX_METRIC_DEVICES_CONNECTED, (double)stats.connected);
    px_metric(m, PX_METRIC_DEVICES_SEEN, (double)stats.rows);
    px_metric(m, PX_METRIC_DEVICES_UNSAVED, (double)stats.unsaved);
    px_metric(m, PX_METRIC_DEVICES_FORGOTTEN, (double)stats.forgotten);
}

static void put_watch(px_metrics *m, px_watch *watch)
{
    px_watch_stats w = px_watch_stat(watch);

    px_metric(m, PX_METRIC_STREAMS, (double)w.streams);
    px_metric(m, PX_METRIC_STREAM_EVENTS, (double)w.events);
    px_metric(m, PX_METRIC_STREAM_CONFLATED, (double)w.conflated);
    px_metric(m, PX_METRIC_STREAM_GAPS, (double)w.gaps);
}

static void put_history(px_metrics *m, px_history *history)
{
    px_history_stats h = px_history_stat(history);

#define X(member, help) px_metric(m, PX_METRIC_HISTORY_##member, (double)h.member);
    PX_HISTORY_STATS_MAP(X)
#undef X
}

static void put_freshness(px_metrics *m, px_fresh *freshness)
{
    px_fresh_stats f = px_fresh_stat(freshness);

    for (int i = 0; i < PX_FRESHNESS_COUNT; i++)
        px_metric_of(m, PX_METRIC_FRESHNESS_TWINS, px_freshness_name((px_freshness)i),
                     (double)f.twins[i]);
#define X(member, help) px_metric(m, PX_METRIC_FRESHNESS_##member, (double)f.member);
    PX_FRESH_STATS_MAP(X)
#undef X
}

static void put_outbound(px_metrics *m, px_outbound *outbound)
{
    px_outbound_stats o = px_outbound_stat(outbound);

#define X(member, help) px_metric(m, PX_METRIC_OUTBOUND_##member, (double)o.member);
    PX_OUTBOUND_STATS_MAP(X)
#undef X
}

static void put_connections(px_metrics *m, px_connections *connections)
{
    uint32_t states[PX_CONNECTION_STATE_COUNT];
    px_connection_stats c = px_connections_stat(connections, states);

    for (int i = 0; i < PX_CONNECTION_STATE_COUNT; i++)
        px_metric_of(m, PX_METRIC_CONNECTIONS, px_connection_state_name((px_connection_state)i),
                     (double)states[i]);
#define X(member, help) px_metric(m, PX_METRIC_CONNECTION_##member, (double)c.member);
    PX_CONNECTION_STATS_MAP(X)
#undef X
}

px_handler px_on_get_metrics;

void px_on_get_metrics(px_api_call *call)
{
    px_api *api = call->api;
    px_metrics metrics = { .out = &call->out };
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_READ_SERVER, (px_str){ 0 }, &err);

    if (status == PX_OK && call->principal.tenant != PX_FIRST_TENANT)
        status = px_fail_id(&err, PX_DENIED, "access.tenant",
                            "these figures are of all tenants; the first one reads them");
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    put_engine(&metrics, api->opts.engine);
    put_rejects(&metrics, api->opts.rejects);
    if (api->opts.bindings)
        put_bindings(&metrics, api->opts.bindings);
    put_watch(&metrics, api->watch);
    px_metric(&metrics, PX_METRIC_HTTP_REPLAYED, (double)atomic_load(&api->replayed));
    px_metric(&metrics, PX_METRIC_CLAIMS, (double)atomic_load(&api->claims));
    px_metric(&metrics, PX_METRIC_CLAIMS_REFUSED, (double)atomic_load(&api->claims_refused));
    px_metric(&metrics, PX_METRIC_LOGINS_FAILED, (double)px_logins_failed(api->logins));
    if (api->opts.presence)
        put_presence(&metrics, api->opts.presence);
    if (api->opts.history)
        put_history(&metrics, api->opts.history);
    if (api->opts.freshness)
        put_freshness(&metrics, api->opts.freshness);
    if (api->opts.outbound)
        put_outbound(&metrics, api->opts.outbound);
    if (api->opts.connections)
        put_connections(&metrics, api->opts.connections);
    if (api->opts.metrics)
        api->opts.metrics(api->opts.doors_data, &metrics);
    call->content_type = "text/plain; version=0.0.4; charset=utf-8";
    px_api_finish(call, 200);
}
