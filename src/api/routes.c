/* SPDX-License-Identifier: Apache-2.0 */
/* Every path that is served, in one table that routes and describes: px_route says what the columns
 * are, schemas.c what the names of bodies mean. `*` stands for one segment, decoded into call->args
 * in order. */
#include "api/branches.h"
#include "api/inner.h"

extern px_handler px_on_post_models, px_on_list_models, px_on_get_model, px_on_patch_model,
    px_on_delete_model;
extern px_handler px_on_get_twin, px_on_put_twin, px_on_patch_twin, px_on_delete_twin,
    px_on_get_component, px_on_patch_component, px_on_post_telemetry,
    px_on_post_component_telemetry;
extern px_handler px_on_list_relationships, px_on_list_incoming, px_on_get_relationship,
    px_on_put_relationship, px_on_patch_relationship, px_on_delete_relationship;
extern px_handler px_on_post_query, px_on_get_openapi;
extern px_handler px_on_post_session, px_on_get_session, px_on_delete_session;
extern px_handler px_v1_list_twins, px_v1_get_twin, px_v1_get_desired, px_v1_patch_desired,
    px_v1_post_command;
extern px_handler px_v1_list_devices, px_v1_get_device, px_v1_put_device, px_v1_delete_device,
    px_v1_post_key, px_v1_put_tenant, px_v1_get_tenant, px_v1_post_tenant_token, px_v1_list_tenants;
extern px_handler px_v1_post_token, px_v1_delete_token;
extern px_handler px_v1_get_history, px_v1_get_history_last, px_v1_get_history_count;
extern px_handler px_v1_get_oee;
extern px_handler px_v1_validate_models;
extern px_handler px_on_list_event_routes, px_on_get_event_route, px_on_put_event_route,
    px_on_delete_event_route;
extern px_handler px_v1_list_endpoints, px_v1_get_endpoint, px_v1_put_endpoint,
    px_v1_delete_endpoint;
extern px_handler px_v1_list_deadletters, px_v1_replay_deadletters, px_v1_purge_deadletters;
extern px_handler px_v1_get_stream, px_v1_list_rejects, px_on_get_healthz, px_on_get_readyz,
    px_on_get_metrics;

#define AZURE PX_ROUTE_AZURE
#define JSON PX_ROUTE_JSON

const px_route px_api_routes[] = {
    { "GET", "/", px_on_get_asset, PX_ROUTE_OPEN, "The console's page", "", "", NULL,
      "200:*/* 304" },
    { "GET", "/healthz", px_on_get_healthz, PX_ROUTE_OPEN, "Tells that the process lives", "", "",
      NULL, "200:Health" },
    { "GET", "/readyz", px_on_get_readyz, PX_ROUTE_OPEN,
      "Tells whether the server can write; 503 while the disk is full", "", "", NULL,
      "200:Health 503:Health" },
    { "GET", "/metrics", px_on_get_metrics, 0,
      "Every figure, in the text form that Prometheus reads", "", "", NULL, "200:text/plain" },

    { "POST", "/models", px_on_post_models, AZURE, "Uploads models, all or none", "", "", "Any",
      "201:ModelList" },
    { "GET", "/models", px_on_list_models, AZURE, "Lists models", "",
      "dependenciesFor includeModelDefinition:boolean continuationToken "
      "@max-items-per-page:integer",
      NULL, "200:ModelPage" },
    { "GET", "/models/*", px_on_get_model, AZURE, "One model", "id",
      "includeModelDefinition:boolean", NULL, "200:Model" },
    { "PATCH", "/models/*", px_on_patch_model, AZURE | JSON, "Decommissions a model", "id", "",
      "JsonPatch", "204" },
    { "DELETE", "/models/*", px_on_delete_model, AZURE, "Deletes a model that nothing uses", "id",
      "", NULL, "204" },

    { "GET", "/digitaltwins/*", px_on_get_twin, AZURE, "One twin", "id", "", NULL, "200:Twin" },
    { "PUT", "/digitaltwins/*", px_on_put_twin, AZURE | JSON, "Creates or replaces a twin", "id",
      "@If-None-Match", "NewTwin", "200:Twin" },
    { "PATCH", "/digitaltwins/*", px_on_patch_twin, AZURE | JSON, "Changes properties of a twin",
      "id", "@If-Match", "JsonPatch", "204" },
    { "DELETE", "/digitaltwins/*", px_on_delete_twin, AZURE,
      "Deletes a twin that has no relationships", "id", "@If-Match", NULL, "204" },
    { "GET", "/digitaltwins/*/components/*", px_on_get_component, AZURE, "One component of a twin",
      "id component", "", NULL, "200:Component" },
    { "PATCH", "/digitaltwins/*/components/*", px_on_patch_component, AZURE | JSON,
      "Changes properties of a component", "id component", "@If-Match", "JsonPatch", "204" },
    { "POST", "/digitaltwins/*/telemetry", px_on_post_telemetry, AZURE | JSON,
      "Takes telemetry of a twin", "id", "@Message-Id! @Telemetry-Source-Time:time", "Any", "204" },
    { "POST", "/digitaltwins/*/components/*/telemetry", px_on_post_component_telemetry,
      AZURE | JSON, "Takes telemetry of a component", "id component",
      "@Message-Id! @Telemetry-Source-Time:time", "Any", "204" },
    { "GET", "/digitaltwins/*/relationships", px_on_list_relationships, AZURE,
      "Lists the relationships of a twin", "id", "relationshipName continuationToken", NULL,
      "200:RelationshipPage" },
    { "GET", "/digitaltwins/*/incomingrelationships", px_on_list_incoming, AZURE,
      "Lists the relationships that lead to a twin", "id", "continuationToken", NULL,
      "200:IncomingPage" },
    { "GET", "/digitaltwins/*/relationships/*", px_on_get_relationship, AZURE, "One relationship",
      "id relationshipId", "", NULL, "200:Relationship" },
    { "PUT", "/digitaltwins/*/relationships/*", px_on_put_relationship, AZURE | JSON,
      "Creates or replaces a relationship", "id relationshipId", "@If-None-Match",
      "NewRelationship", "200:Relationship" },
    { "PATCH", "/digitaltwins/*/relationships/*", px_on_patch_relationship, AZURE | JSON,
      "Changes properties of a relationship", "id relationshipId", "@If-Match", "JsonPatch",
      "204" },
    { "DELETE", "/digitaltwins/*/relationships/*", px_on_delete_relationship, AZURE,
      "Deletes a relationship", "id relationshipId", "@If-Match", NULL, "204" },

    { "POST", "/query", px_on_post_query, AZURE | JSON, "Answers a query, one page of rows", "",
      "@max-items-per-page:integer", "Query", "200:QueryPage" },

    { "GET", "/eventroutes", px_on_list_event_routes, AZURE, "Lists event routes", "",
      "continuationToken @max-items-per-page:integer", NULL, "200:EventRoutePage" },
    { "GET", "/eventroutes/*", px_on_get_event_route, AZURE, "One event route", "id", "", NULL,
      "200:EventRoute" },
    { "PUT", "/eventroutes/*", px_on_put_event_route, AZURE | JSON,
      "Creates or replaces an event route", "id", "", "NewEventRoute", "204" },
    { "DELETE", "/eventroutes/*", px_on_delete_event_route, AZURE, "Deletes an event route", "id",
      "", NULL, "204" },

    { "GET", "/api/openapi.json", px_on_get_openapi, PX_ROUTE_OPEN, "This description", "", "",
      NULL, "200:Any" },

    { "POST", "/api/v1/session", px_on_post_session, PX_ROUTE_OPEN | JSON,
      "Opens a session of the console: a cookie that stands for a token", "", "", "Login",
      "200:Session" },
    { "GET", "/api/v1/session", px_on_get_session, 0, "Tells who asks", "", "", NULL,
      "200:Session" },
    { "DELETE", "/api/v1/session", px_on_delete_session, 0, "Ends the session", "", "", NULL,
      "204" },

    { "GET", "/api/v1/twins", px_v1_list_twins, 0, "Lists twins, by number", "",
      "model limit:integer cursor", NULL, "200:TwinPage" },
    { "GET", "/api/v1/twins/*", px_v1_get_twin, 0, "One twin with live values and their times",
      "id", "", NULL, "200:LiveTwin" },
    { "GET", "/api/v1/twins/*/desired", px_v1_get_desired, 0, "The desired values of a twin", "id",
      "", NULL, "200:DesiredValues" },
    { "PATCH", "/api/v1/twins/*/desired", px_v1_patch_desired, JSON,
      "Wishes values; a device hears of them", "id", "@If-Match", "Any", "200:DesiredValues" },
    { "POST", "/api/v1/twins/*/commands/*", px_v1_post_command, PX_ROUTE_ANY_JSON,
      "Calls a command and waits for its device", "id command", "timeout:integer", "Any",
      "200:CommandAnswer" },

    { "POST", "/api/v1/models/validate", px_v1_validate_models, 0,
      "All that an upload of models would be refused for; stores nothing", "", "", "Any",
      "200:Verdict" },
    { "GET", "/api/v1/devices", px_v1_list_devices, 0, "Lists devices, by number", "",
      "limit:integer cursor", NULL, "200:DevicePage" },
    { "GET", "/api/v1/devices/*", px_v1_get_device, 0, "One device and its twins", "id", "", NULL,
      "200:Device" },
    { "PUT", "/api/v1/devices/*", px_v1_put_device, JSON,
      "Creates a device, whose key is told here only, or names its twins", "id", "@If-Match",
      "DeviceTwins", "200:DeviceKey 201:DeviceKey" },
    { "DELETE", "/api/v1/devices/*", px_v1_delete_device, 0, "Deletes a device and its key", "id",
      "@If-Match", NULL, "204" },
    { "POST", "/api/v1/devices/*/key", px_v1_post_key, 0,
      "A new key for a device; the old one ends", "id", "", NULL, "201:DeviceKey" },
    { "POST", "/api/v1/tokens", px_v1_post_token, JSON,
      "A token for a person or a service, told here only", "", "", "NewToken", "201:Token" },
    { "DELETE", "/api/v1/tokens/*", px_v1_delete_token, 0, "Ends a token", "id", "", NULL, "204" },
    { "GET", "/api/v1/tenants", px_v1_list_tenants, 0, "Lists tenants", "", "", NULL,
      "200:TenantPage" },
    { "GET", "/api/v1/tenants/*", px_v1_get_tenant, 0, "One tenant", "id", "", NULL, "200:Tenant" },
    { "PUT", "/api/v1/tenants/*", px_v1_put_tenant, 0,
      "Creates a tenant; its administrator's token is told here only", "id", "", NULL,
      "201:TenantToken" },
    { "POST", "/api/v1/tenants/*/token", px_v1_post_tenant_token, 0,
      "Another administrator's token of a tenant", "id", "", NULL, "201:TenantToken" },

    { "GET", "/api/v1/history/*", px_v1_get_history, 0,
      "What properties were, as rows or in buckets", "id",
      "property from:time to:time limit:integer cursor buckets:integer stats values", NULL,
      "200:HistoryRows" },
    { "GET", "/api/v1/history/*/last", px_v1_get_history_last, 0, "The last value of each property",
      "id", "property from:time to:time", NULL, "200:HistoryLast" },
    { "GET", "/api/v1/history/*/count", px_v1_get_history_count, 0,
      "How many values there are of each property", "id", "property from:time to:time", NULL,
      "200:HistoryCount" },
    { "GET", "/api/v1/kpi/oee", px_v1_get_oee, 0, "OEE of a unit or line by ISO 22400-2", "",
      "twin! from:time to:time", NULL, "200:Oee" },
    { "GET", "/api/v1/stream", px_v1_get_stream, 0, "Changes as they happen, as server-sent events",
      "", "twins after:integer @Last-Event-ID", NULL, "200:text/event-stream" },
    { "GET", "/api/v1/rejects", px_v1_list_rejects, 0,
      "Lists values that were refused, with the reason", "", "", NULL, "200:RejectPage" },

    { "GET", "/api/v1/endpoints", px_v1_list_endpoints, 0,
      "Lists endpoints that event routes may lead to", "", "limit:integer cursor", NULL, "200:Any" },
    { "GET", "/api/v1/endpoints/*", px_v1_get_endpoint, 0, "One endpoint", "name", "", NULL,
      "200:Any" },
    { "PUT", "/api/v1/endpoints/*", px_v1_put_endpoint, JSON, "Creates or replaces an endpoint",
      "name", "@If-Match", "Any", "200:Any 201:Any" },
    { "DELETE", "/api/v1/endpoints/*", px_v1_delete_endpoint, 0, "Deletes an endpoint", "name",
      "@If-Match", NULL, "204" },
    { "GET", "/api/v1/deadletters", px_v1_list_deadletters, 0,
      "Lists events that could not be delivered", "", "endpoint limit:integer cursor", NULL,
      "200:Any" },
    { "POST", "/api/v1/deadletters/replay", px_v1_replay_deadletters, 0,
      "Sends dead letters again", "", "endpoint", NULL, "200:Any" },
    { "DELETE", "/api/v1/deadletters", px_v1_purge_deadletters, 0, "Throws dead letters away", "",
      "endpoint", NULL, "200:Any" },

    { "GET", "/api/v1/branches", px_v1_list_branches, 0, "Lists branches", "", "", NULL,
      "200:BranchPage" },
    { "PUT", "/api/v1/branches/*", px_v1_put_branch, 0, "Makes a branch of the graph as it is now",
      "name", "", NULL, "201:Branch" },
    { "DELETE", "/api/v1/branches/*", px_v1_delete_branch, 0, "Drops a branch", "name", "", NULL,
      "204" },
    { "GET", "/api/v1/branches/*/diff", px_v1_diff_branch, 0, "What differs in a branch", "name",
      "", NULL, "200:BranchDiff" },
    { "GET", "/api/v1/branches/*/twins/*", px_v1_get_branch_twin, 0, "A twin as it is in a branch",
      "name id", "", NULL, "200:Twin" },
    { "PATCH", "/api/v1/branches/*/twins/*", px_v1_patch_branch_twin, JSON,
      "Changes a twin in a branch", "name id", "", "JsonPatch", "204" },

    /* last: whatever else the console has */
    { "GET", "/*", px_on_get_asset, PX_ROUTE_OPEN, "A file of the console", "file", "", NULL,
      "200:*/* 304" },
    { "GET", "/*/*", px_on_get_asset, PX_ROUTE_OPEN, "A file of the console", "folder file", "",
      NULL, "200:*/* 304" },
    { .method = NULL },
};
