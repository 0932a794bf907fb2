/* SPDX-License-Identifier: Apache-2.0 */
/* Every path that is served, in one table. `*` stands for one segment, decoded into call->args in
 * order. */
#include "api/branches.h"
#include "api/inner.h"

extern px_handler px_on_post_models, px_on_list_models, px_on_get_model, px_on_patch_model,
    px_on_delete_model;
extern px_handler px_on_get_twin, px_on_put_twin, px_on_patch_twin, px_on_delete_twin,
    px_on_get_component, px_on_patch_component, px_on_post_telemetry,
    px_on_post_component_telemetry;
extern px_handler px_on_list_relationships, px_on_list_incoming, px_on_get_relationship,
    px_on_put_relationship, px_on_patch_relationship, px_on_delete_relationship;
extern px_handler px_on_post_query;
extern px_handler px_on_post_session, px_on_get_session, px_on_delete_session;
extern px_handler px_v1_list_twins, px_v1_get_twin, px_v1_get_desired, px_v1_patch_desired,
    px_v1_post_command;
extern px_handler px_v1_list_devices, px_v1_get_device, px_v1_put_device, px_v1_delete_device,
    px_v1_post_key, px_v1_put_tenant, px_v1_get_tenant, px_v1_post_tenant_token, px_v1_list_tenants;
extern px_handler px_v1_post_token, px_v1_delete_token;
extern px_handler px_v1_get_history, px_v1_get_history_last, px_v1_get_history_count;
extern px_handler px_v1_get_oee;
extern px_handler px_v1_post_batch, px_v1_post_import, px_v1_get_export;
extern px_handler px_on_list_imports, px_on_put_import, px_on_get_import, px_on_delete_import,
    px_on_cancel_import, px_on_list_deletions, px_on_post_deletion, px_on_get_deletion;
extern px_handler px_v1_list_files, px_v1_put_file, px_v1_get_file, px_v1_delete_file;
extern px_handler px_v1_get_stream, px_v1_list_rejects, px_on_get_healthz, px_on_get_readyz,
    px_on_get_metrics;

#define AZURE PX_ROUTE_AZURE
#define JSON PX_ROUTE_JSON

const px_route px_api_routes[] = {
    { "GET", "/", px_on_get_asset, PX_ROUTE_OPEN },
    { "GET", "/healthz", px_on_get_healthz, PX_ROUTE_OPEN },
    { "GET", "/readyz", px_on_get_readyz, PX_ROUTE_OPEN },
    { "GET", "/metrics", px_on_get_metrics, 0 },

    { "POST", "/models", px_on_post_models, AZURE },
    { "GET", "/models", px_on_list_models, AZURE },
    { "GET", "/models/*", px_on_get_model, AZURE },
    { "PATCH", "/models/*", px_on_patch_model, AZURE | JSON },
    { "DELETE", "/models/*", px_on_delete_model, AZURE },

    { "GET", "/digitaltwins/*", px_on_get_twin, AZURE },
    { "PUT", "/digitaltwins/*", px_on_put_twin, AZURE | JSON },
    { "PATCH", "/digitaltwins/*", px_on_patch_twin, AZURE | JSON },
    { "DELETE", "/digitaltwins/*", px_on_delete_twin, AZURE },
    { "GET", "/digitaltwins/*/components/*", px_on_get_component, AZURE },
    { "PATCH", "/digitaltwins/*/components/*", px_on_patch_component, AZURE | JSON },
    { "POST", "/digitaltwins/*/telemetry", px_on_post_telemetry, AZURE | JSON },
    { "POST", "/digitaltwins/*/components/*/telemetry", px_on_post_component_telemetry,
      AZURE | JSON },
    { "GET", "/digitaltwins/*/relationships", px_on_list_relationships, AZURE },
    { "GET", "/digitaltwins/*/incomingrelationships", px_on_list_incoming, AZURE },
    { "GET", "/digitaltwins/*/relationships/*", px_on_get_relationship, AZURE },
    { "PUT", "/digitaltwins/*/relationships/*", px_on_put_relationship, AZURE | JSON },
    { "PATCH", "/digitaltwins/*/relationships/*", px_on_patch_relationship, AZURE | JSON },
    { "DELETE", "/digitaltwins/*/relationships/*", px_on_delete_relationship, AZURE },

    { "POST", "/query", px_on_post_query, AZURE | JSON },

    { "GET", "/jobs/imports", px_on_list_imports, AZURE },
    { "GET", "/jobs/imports/*", px_on_get_import, AZURE },
    { "PUT", "/jobs/imports/*", px_on_put_import, AZURE | JSON },
    { "DELETE", "/jobs/imports/*", px_on_delete_import, AZURE },
    { "POST", "/jobs/imports/*/cancel", px_on_cancel_import, AZURE },
    { "GET", "/jobs/deletions", px_on_list_deletions, AZURE },
    { "POST", "/jobs/deletions", px_on_post_deletion, AZURE },
    { "GET", "/jobs/deletions/*", px_on_get_deletion, AZURE },

    { "POST", "/api/v1/session", px_on_post_session, PX_ROUTE_OPEN | JSON },
    { "GET", "/api/v1/session", px_on_get_session, 0 },
    { "DELETE", "/api/v1/session", px_on_delete_session, 0 },

    { "GET", "/api/v1/twins", px_v1_list_twins, 0 },
    { "GET", "/api/v1/twins/*", px_v1_get_twin, 0 },
    { "GET", "/api/v1/twins/*/desired", px_v1_get_desired, 0 },
    { "PATCH", "/api/v1/twins/*/desired", px_v1_patch_desired, JSON },
    { "POST", "/api/v1/twins/*/commands/*", px_v1_post_command, PX_ROUTE_ANY_JSON },

    { "GET", "/api/v1/devices", px_v1_list_devices, 0 },
    { "GET", "/api/v1/devices/*", px_v1_get_device, 0 },
    { "PUT", "/api/v1/devices/*", px_v1_put_device, JSON },
    { "DELETE", "/api/v1/devices/*", px_v1_delete_device, 0 },
    { "POST", "/api/v1/devices/*/key", px_v1_post_key, 0 },
    { "POST", "/api/v1/tokens", px_v1_post_token, JSON },
    { "DELETE", "/api/v1/tokens/*", px_v1_delete_token, 0 },
    { "GET", "/api/v1/tenants", px_v1_list_tenants, 0 },
    { "GET", "/api/v1/tenants/*", px_v1_get_tenant, 0 },
    { "PUT", "/api/v1/tenants/*", px_v1_put_tenant, 0 },
    { "POST", "/api/v1/tenants/*/token", px_v1_post_tenant_token, 0 },

    { "GET", "/api/v1/history/*", px_v1_get_history, 0 },
    { "GET", "/api/v1/history/*/last", px_v1_get_history_last, 0 },
    { "GET", "/api/v1/history/*/count", px_v1_get_history_count, 0 },
    { "GET", "/api/v1/kpi/oee", px_v1_get_oee, 0 },
    { "POST", "/api/v1/batch", px_v1_post_batch, JSON },
    { "POST", "/api/v1/import", px_v1_post_import, 0 },
    { "GET", "/api/v1/export", px_v1_get_export, 0 },
    { "GET", "/api/v1/files", px_v1_list_files, 0 },
    { "GET", "/api/v1/files/*", px_v1_get_file, 0 },
    { "PUT", "/api/v1/files/*", px_v1_put_file, 0 },
    { "DELETE", "/api/v1/files/*", px_v1_delete_file, 0 },
    { "GET", "/api/v1/stream", px_v1_get_stream, 0 },
    { "GET", "/api/v1/rejects", px_v1_list_rejects, 0 },

    { "GET", "/api/v1/branches", px_v1_list_branches, 0 },
    { "PUT", "/api/v1/branches/*", px_v1_put_branch, 0 },
    { "DELETE", "/api/v1/branches/*", px_v1_delete_branch, 0 },
    { "GET", "/api/v1/branches/*/diff", px_v1_diff_branch, 0 },
    { "GET", "/api/v1/branches/*/twins/*", px_v1_get_branch_twin, 0 },
    { "PATCH", "/api/v1/branches/*/twins/*", px_v1_patch_branch_twin, JSON },

    /* last: whatever else the console has */
    { "GET", "/*", px_on_get_asset, PX_ROUTE_OPEN },
    { "GET", "/*/*", px_on_get_asset, PX_ROUTE_OPEN },
    { NULL, NULL, NULL, 0 },
};
