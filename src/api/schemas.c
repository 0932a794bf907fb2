/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas of bodies, for /api/openapi.json, in a notation of one line each:
 *
 *   object = field { " " field } [ " ..." ]      "...": other members may come
 *   field  = name [ "~" ] ":" type               "~": may be absent
 *   alias  = "=" type
 *   type   = ( string | integer | number | boolean | time | any | Name | word { "|" word } )
 *            { "[]" | "{}" | "?" }
 *
 * `[]` is an array of it, `{}` an object whose members are all of it, `?` it or null; of words it
 * is one.
 */
#include "api/inner.h"

const px_api_schema px_api_schemas[] = {
    { "Problem", "type:string title:string status:integer detail:string code:string "
                 "instance~:string pointer~:string line~:integer column~:integer "
                 "errors~:ProblemError[]" },
    { "ProblemError", "id:string detail:string pointer~:string line~:integer column~:integer" },
    { "AzureError", "error:AzureErrorBody" },
    { "AzureErrorBody", "code:string message:string details~:AzureErrorDetail[]" },
    { "AzureErrorDetail", "code:string message:string path~:string line~:integer column~:integer" },
    { "Any", "=any" },
    { "EventRoute", "id:string endpointName:string filter:string" },
    { "EventRoutePage", "value:EventRoute[] nextLink~:any" },
    { "NewEventRoute", "endpointName:string filter:string" },
    { "Job", "id:string status:string createdDateTime:time ..." },
    { "JobPage", "value:Job[] nextLink~:any" },
    { "NewImportJob", "inputBlobUri:string outputBlobUri:string" },
    { "Verdict", "valid:boolean errors:any truncated:boolean" },
    { "Health", "status:string" },
    { "JsonPatch", "=PatchStep[]" },
    { "MergePatch", "=any" },
    { "PatchStep", "op:string path:string value~:any from~:string" },

    { "Model", "id:string displayName:string{} description:string{} decommissioned:boolean "
               "uploadTime:time model~:any" },
    { "ModelList", "=Model[]" },
    { "ModelPage", "value:Model[] nextLink:string?" },
    { "NewTwin", "$metadata:any ..." },
    { "Twin", "$dtId:string $etag:string $metadata:any ..." },
    { "Component", "$metadata:any ..." },
    { "NewRelationship", "$relationshipName:string $targetId:string ..." },
    { "Relationship", "$relationshipId:string $sourceId:string $targetId:string "
                      "$relationshipName:string $etag:string ..." },
    { "RelationshipPage", "value:Relationship[] nextLink:string?" },
    { "Incoming", "$relationshipId:string $sourceId:string $relationshipName:string "
                  "$relationshipLink:string" },
    { "IncomingPage", "value:Incoming[] nextLink:string?" },
    { "Query", "query~:string continuationToken~:string ..." },
    { "QueryPage", "value:any[] continuationToken:string?" },

    { "NewFreshnessRules", "properties~:FreshnessRule?{} rollUp~:string[]" },
    { "FreshnessRules", "twin:string properties~:FreshnessRule?{} rollUp~:string[] updated:time" },
    { "FreshnessRulesPage", "items:FreshnessRules[] cursor:string?" },
    { "FreshnessRule", "period:any tolerance~:any stale~:any" },
    { "TwinFreshness", "twin:string state:fresh|late|stale|unknown since:time? "
                       "rollup:FreshnessRollUp? items:FreshnessItem[] sources:FreshnessSource[]" },
    { "FreshnessRollUp", "state:fresh|late|stale|unknown worst:string? twins:integer "
                         "truncated:boolean" },
    { "FreshnessItem", "path:string state:fresh|late|stale|unknown since:time sourceTime:time? "
                       "arrival:time? ageSeconds:number? expected:FreshnessExpected "
                       "measured:FreshnessMeasured" },
    { "FreshnessExpected", "period:number tolerance:number stale:number from:model|twin" },
    { "FreshnessMeasured", "period:number? jitter:number? completeness:number? late:integer "
                           "duplicates:integer clockOffset:number? samples:integer" },
    { "FreshnessSource", "device:string? period:number? jitter:number? completeness:number? "
                         "late:integer duplicates:integer clockOffset:number? samples:integer" },
    { "FreshnessPage", "items:FreshnessEntry[] cursor:string? counts:FreshnessCounts" },
    { "FreshnessState", "state:fresh|late|stale|unknown since:time" },
    { "FreshnessEntry", "twin:string state:fresh|late|stale|unknown since:time" },
    { "FreshnessCounts", "fresh:integer late:integer stale:integer unknown:integer" },

    { "NewPropertyIndex", "property:string model~:string" },
    { "PropertyIndex", "id:string property:string model~:string updated:time state~:string "
                       "twins~:integer bytes~:integer" },
    { "PropertyIndexPage", "items:PropertyIndex[] cursor:string?" },

    { "NewEndpoint", "kind:webhook|mqtt url~:string topic~:string headers~:string{} "
                     "secret~:string?" },
    { "Endpoint", "id:string kind:webhook|mqtt url~:string topic~:string headers~:string{} "
                  "hasSecret~:boolean updated:time waiting~:integer deadLetters~:integer" },
    { "EndpointPage", "items:Endpoint[] cursor:string?" },
    { "DeadLetter", "id:string endpoint:string? time:time died:time tries:integer reason:string "
                    "event:any" },
    { "DeadLetterPage", "items:DeadLetter[] cursor:string?" },
    { "DeadLettersReplayed", "replayed:integer more:boolean" },
    { "DeadLettersPurged", "purged:integer more:boolean" },

    { "Batch", "dryRun~:boolean changes:Change[]" },
    { "Change", "op:put|patch|delete|desired|command twin:string relationship~:string "
                "component~:string ifMatch~:string ifNoneMatch~:string command~:string id~:string "
                "value~:any" },
    { "BatchAnswer", "dryRun:boolean changes:ChangeAnswer[]" },
    { "ChangeAnswer", "twin:string relationship~:string created~:boolean etag~:string "
                      "command~:string id~:string" },
    { "ImportAnswer", "refused:RefusedLine[] taken:integer" },
    { "RefusedLine", "line:integer code:string detail:string path~:string" },
    { "ExportPage", "items:any{}[] cursor:string? until:integer" },
    { "File", "name:string bytes:integer changed:time" },
    { "FilePage", "items:File[] cursor:string?" },
    { "FilePart", "name:string bytes:integer whole:boolean" },

    { "Login", "token:string" },
    { "Session", "tenant:integer principal:string role:string csrf:string mqttPort:integer" },
    { "TwinItem", "id:string model:string seq:integer updated:time freshness~:FreshnessState" },
    { "TwinPage", "items:TwinItem[] cursor:string?" },
    { "LiveTwin", "id:string model:string seq:integer updated:time freshness~:FreshnessState "
                  "values:LiveValue{} desired:DesiredValues" },
    { "LiveValue", "value:any sourceTime:time? arrivalTime:time quality:string kind:string "
                   "unit:string?" },
    { "DesiredValues", "=DesiredValue{}" },
    { "DesiredValue", "value:any reported:any version:integer "
                      "status:string since:time expires:time? reportedVersion:integer? "
                      "reason~:string" },
    { "CommandAnswer", "id:string status:string response:any dryRun~:boolean holds~:boolean "
                       "guards~:GuardRefusal[]" },
    { "Command", "id:string name:string status:string by:string? called:time? deadline:time? "
                 "ended:time? endedBy:string? payload:any response:any timeout~:integer "
                 "expires~:time retry~:integer interval~:integer attempts~:CommandAttempt[]" },
    { "GuardRefusal", "expression:string every~:string any~:string twin~:string values:any{} "
                      "message~:string{} detail:string" },
    { "CommandAttempt", "at:time delivered~:time to~:string" },
    { "CommandPage", "items:Command[] cursor:string?" },
    { "Device", "id:string updated:time state:registered|active|disabled|retired group~:string "
                "attributes~:string{} twins:string[] lastSeen:time? connections:integer "
                "counters~:DeviceCounters" },
    { "DeviceCounters", "since:time connects:integer refusals:integer messages:integer "
                        "bytes:integer rejects:integer" },
    { "DeviceLog", "items:DeviceLogEntry[]" },
    { "DeviceLogEntry", "time:time event:connected|refused|ended reason:string count:integer "
                        "address:string protocol:string" },
    { "DevicePage", "items:Device[] cursor:string?" },
    { "DeviceTwins", "twins:string[] group~:string attributes~:string{}" },
    { "DeviceImport", "devices:NewDevice[] dryRun~:boolean" },
    { "NewDevice", "id:string twins:string[] model~:string group~:string attributes~:string{}" },
    { "DeviceImportAnswer", "results:DeviceImportResult[] created:integer changed:integer "
                            "unchanged:integer refused:integer twinsCreated:integer" },
    { "DeviceImportResult", "id:string status:created|changed|unchanged|refused key~:string "
                            "code~:string detail~:string" },
    { "IssuerKey", "kid:string algorithm:RS256|PS256|ES256|EdDSA publicKey:string" },
    { "NewIssuer", "issuer:string audience~:string claim~:string keys:IssuerKey[]" },
    { "Issuer", "id:string issuer:string audience:string claim:string keys:IssuerKey[]" },
    { "IssuerPage", "items:Issuer[] cursor:string?" },
    { "NewClaim", "uses~:integer expires~:time prefix~:string group~:string model~:string" },
    { "Claim", "id:string uses:integer used:integer expires:time prefix~:string group~:string "
               "model~:string claim~:string" },
    { "ClaimPage", "items:Claim[] cursor:string?" },
    { "ClaimUse", "claim:string id:string" },
    { "NewDeviceState", "state:registered|disabled|retired" },
    { "DeviceState", "id:string state:registered|active|disabled|retired group~:string "
                     "attributes~:string{} twins:string[]" },
    { "NewDeviceCredential",
      "type:key|jwt|certificate label~:string expires~:time "
      "algorithm~:RS256|PS256|ES256|EdDSA publicKey~:string issuer~:string "
      "audience~:string certificate~:string fingerprint~:string subject~:string" },
    { "DeviceCredential", "id:string type:key|jwt|certificate label~:string created~:time "
                          "expires~:time algorithm~:string issuer~:string audience~:string "
                          "publicKey~:string fingerprint~:string subject~:string key~:string" },
    { "DeviceCredentials", "items:DeviceCredential[]" },
    { "DeviceKey", "id:string twins:string[] key~:string" },
    { "NewToken", "name:string role:string" },
    { "Token", "id:string name:string role:string token~:string" },
    { "Tenant", "id:string number:integer" },
    { "TenantPage", "items:Tenant[] cursor:string?" },
    { "TenantToken", "id:string number:integer token~:string" },
    { "HistoryRows", "twin:string properties:string[] rows:any[][] cursor:string?" },
    { "HistoryLast", "twin:string values:HistoryValue{}" },
    { "HistoryValue", "value:any time:time arrivalTime:time ahead:boolean sourceTime~:time "
                      "quality:string" },
    { "HistoryCount", "twin:string counts:integer{} count:integer" },
    { "Oee", "twin:string unit:string from:time to:time availability:number? "
             "effectiveness:number? quality:number? oee:number? plannedBusySeconds:number "
             "productionSeconds:number good:integer total:integer idealCycleSeconds:number "
             "standard:string" },
    { "Reject", "number:integer time:time sender:string twin:string name:string code:string "
                "reason:string binding~:string source~:string row~:integer replayable~:boolean "
                "payload:string" },
    { "RejectsReplayed", "offered:integer taken:integer left:integer values:integer "
                         "unbound:integer" },
    { "IngestAnswer", "lines:integer accepted:integer partial:integer rejected:integer "
                      "values:integer faulty:IngestLine[]" },
    { "IngestLine", "line:integer status:partial|rejected faults:IngestFault[]" },
    { "IngestFault", "row~:integer twin~:string name~:string code:string reason:string" },
    { "BindingDocument",
      "source:any format~:json|csv|cbor|text|line columns~:string[] separator~:string rows~:string "
      "time~:any quality~:any fields~:BindingField[] rest~:string when~:string twin~:any "
      "create~:any as~:sender|binding enabled~:boolean" },
    { "BindingField",
      "name~:string from~:string formula~:string to~:string twin~:any unit~:string scale~:number "
      "offset~:number type~:number|integer|boolean|string values~:any required~:boolean" },
    { "Binding",
      "id:string updated:time enabled~:boolean figures~:BindingFigures binding~:BindingDocument "
      "notes~:string[]" },
    { "BindingFigures", "messages:integer values:integer missed:integer refused:integer" },
    { "BindingPage", "items:Binding[] cursor:string?" },
    { "BindingTest", "binding~:BindingDocument name~:string messages:BindingMessage[]" },
    { "BindingMessage", "topic~:string payload~:any base64~:string time~:any" },
    { "BindingTestAnswer", "messages:BindingTried[] totals:BindingTotals" },
    { "BindingTotals", "messages:integer values:integer missed:integer failed:integer" },
    { "BindingTried",
      "rows:integer passed:integer code~:string error~:string values:BindingValue[] "
      "misses:BindingMiss[] leftovers:string[]" },
    { "BindingValue",
      "twin:string new~:boolean property:string value:any unit~:string time~:time" },
    { "BindingMiss", "row:integer twin:string name:string code:string reason:string" },
    { "ConnectionDocument",
      "type:mqtt|modbus enabled~:boolean host:string port~:integer retryMax~:integer tls~:any "
      "key~:string? user~:string password~:string? clientId~:string version~:integer "
      "sessionExpiry~:integer topics~:ConnectionTopic[] unit~:integer every~:string "
      "timeout~:string gap~:integer registers~:ConnectionRegister[]" },
    { "ConnectionRegister",
      "name:string table~:coil|discrete|holding|input address:integer "
      "type~:bool|int16|uint16|int32|uint32|int64|uint64|float32|float64|string "
      "order~:ABCD|CDAB|BADC|DCBA bit~:integer length~:integer scale~:number offset~:number "
      "write~:any" },
    { "ConnectionTopic", "filter:string qos~:integer" },
    { "Connection", "id:string updated:time hasPassword~:boolean hasKey~:boolean "
                    "connection~:ConnectionDocument status:ConnectionStatus" },
    { "ConnectionPage", "items:Connection[] cursor:string?" },
    { "ConnectionStatus",
      "state:off|connecting|connected|waiting|failed since:time retryAt:time? "
      "error:ConnectionError? unboundTopic:string? messages:integer unbound:integer "
      "rejected:integer values:integer "
      "polls:integer skipped:integer faults:integer written:integer refused:integer "
      "reconnects:integer failures:integer" },
    { "Deleted", "notes:string[]" },
    { "ConnectionError", "time:time current:boolean code:string text:string cure:string" },
    { "RejectPage", "items:Reject[] cursor:string?" },
    { "SparkplugNode", "group:string node:string online:boolean since:time bdSeq:integer "
                       "metrics:integer devices:SparkplugDevice[]" },
    { "SparkplugDevice", "device:string online:boolean since:time metrics:integer" },
    { "SparkplugHost", "host:string online:boolean since:time" },
    { "SparkplugPage", "items:SparkplugNode[] hosts:SparkplugHost[] cursor:string?" },
    { "Branch", "name:string base:integer ended:boolean" },
    { "BranchPage", "items:Branch[] cursor:string?" },
    { "BranchDiff", "changes:BranchChange[]" },
    { "BranchChange", "twin:string path:string base:any branch:any" },
    { "NewBackup", "name~:string" },
    { "Backup", "name:string status:string path:string bytes:integer? made:time? pages~:integer "
                "pagesLeft~:integer begun~:time position~:integer code~:string error~:string" },
    { "BackupPage", "items:Backup[] cursor:string?" },
    { NULL, NULL },
};

static bool drop_suffix(px_str *type, px_str suffix)
{
    if (type->len < suffix.len ||
        memcmp(type->ptr + type->len - suffix.len, suffix.ptr, suffix.len))
        return false;
    type->len -= suffix.len;
    return true;
}

/* ---- bodies that come ---- */

static const px_api_schema *find_schema(const char *name)
{
    for (const px_api_schema *schema = px_api_schemas; name && schema->name; schema++)
        if (strcmp(schema->name, name) == 0)
            return schema;
    return NULL;
}

px_status px_api_members_check(const px_json *body, const char *schema_name, px_err *ret_err)
{
    const px_api_schema *schema = find_schema(schema_name);
    px_str names[PX_JSON_MEMBERS_MAX], fields;
    size_t count = 0;

    if (!schema || schema->text[0] == '=' || !px_json_is(body, PX_JSON_OBJECT))
        return PX_OK;
    fields = px_str_c(schema->text);
    if (drop_suffix(&fields, PX_STR(" ...")))
        return PX_OK;
    while (fields.len) {
        px_str field = px_str_cut(&fields, ' '), name = px_str_cut(&field, ':');

        drop_suffix(&name, PX_STR("~"));
        px_assert(count < PX_JSON_MEMBERS_MAX);
        names[count++] = name;
    }
    return px_json_members_of(body, "the body", "body.member", names, count, ret_err);
}

/* ---- and for people ---- */

static void put_member(px_json_writer *w, const char *key, px_str value)
{
    px_json_key(w, px_str_c(key));
    px_json_string(w, value);
}

static void put_reference(px_json_writer *w, px_str name)
{
    px_buf text = { 0 };

    px_putf(&text, "#/components/schemas/%.*s", PX_FMT(name));
    put_member(w, "$ref", px_buf_str(&text));
    px_buf_release(&text);
}

static void put_words(px_json_writer *w, px_str words)
{
    put_member(w, "type", PX_STR("string"));
    px_json_key(w, PX_STR("enum"));
    px_json_begin_array(w);
    while (words.len)
        px_json_string(w, px_str_cut(&words, '|'));
    px_json_end_array(w);
}

static void put_plain(px_json_writer *w, px_str name)
{
    if (px_str_eq(name, PX_STR("any")))
        return;
    if (memchr(name.ptr, '|', name.len)) {
        put_words(w, name);
    } else if (px_str_eq(name, PX_STR("time"))) {
        put_member(w, "type", PX_STR("string"));
        put_member(w, "format", PX_STR("date-time"));
    } else if (name.ptr[0] >= 'A' && name.ptr[0] <= 'Z') {
        put_reference(w, name);
    } else {
        put_member(w, "type", name);
    }
}

void px_put_schema_type(px_json_writer *w, px_str type)
{
    px_json_begin_object(w);
    if (drop_suffix(&type, PX_STR("?"))) {
        px_json_key(w, PX_STR("anyOf"));
        px_json_begin_array(w);
        px_put_schema_type(w, type);
        px_put_schema_type(w, PX_STR("null"));
        px_json_end_array(w);
    } else if (drop_suffix(&type, PX_STR("[]"))) {
        put_member(w, "type", PX_STR("array"));
        px_json_key(w, PX_STR("items"));
        px_put_schema_type(w, type);
    } else if (drop_suffix(&type, PX_STR("{}"))) {
        put_member(w, "type", PX_STR("object"));
        px_json_key(w, PX_STR("additionalProperties"));
        px_put_schema_type(w, type);
    } else {
        put_plain(w, type);
    }
    px_json_end_object(w);
}

static void put_required(px_json_writer *w, px_str fields)
{
    px_json_key(w, PX_STR("required"));
    px_json_begin_array(w);
    while (fields.len) {
        px_str type = px_str_cut(&fields, ' '), name = px_str_cut(&type, ':');

        if (type.len && !drop_suffix(&name, PX_STR("~")))
            px_json_string(w, name);
    }
    px_json_end_array(w);
}

static void put_object(px_json_writer *w, px_str fields)
{
    bool open = drop_suffix(&fields, PX_STR(" ..."));
    px_str rest = fields;

    px_json_begin_object(w);
    put_member(w, "type", PX_STR("object"));
    px_json_key(w, PX_STR("properties"));
    px_json_begin_object(w);
    while (rest.len) {
        px_str type = px_str_cut(&rest, ' '), name = px_str_cut(&type, ':');

        drop_suffix(&name, PX_STR("~"));
        px_json_key(w, name);
        px_put_schema_type(w, type);
    }
    px_json_end_object(w);
    put_required(w, fields);
    px_json_key(w, PX_STR("additionalProperties"));
    px_json_bool(w, open);
    px_json_end_object(w);
}

void px_put_schemas(px_json_writer *w)
{
    px_json_begin_object(w);
    for (const px_api_schema *schema = px_api_schemas; schema->name; schema++) {
        px_json_key(w, px_str_c(schema->name));
        if (schema->text[0] == '=')
            px_put_schema_type(w, px_str_c(schema->text + 1));
        else
            put_object(w, px_str_c(schema->text));
    }
    px_json_end_object(w);
}
