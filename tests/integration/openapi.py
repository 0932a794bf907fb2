# SPDX-License-Identifier: Apache-2.0
"""The description at /api/openapi.json says what the server does, and the server does what it says.

Every operation is asked at least once in earnest and with bad requests; status, content type and body of each
answer must be among those described. A path answers 405 to every method that is not described, and names those
that are. An operation without a story below, without a summary or with a schema that is none is a failure.
"""
import http.client
import json
import re
import sys
import time

from jsonschema import Draft202012Validator

from pollux import Server

METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
VERSION = "api-version=2023-10-31"
MODEL = {"@id": "dtmi:t:Pump;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2", "contents": [
    {"@type": "Property", "name": "speed", "schema": "double", "writable": True},
    {"@type": "Telemetry", "name": "heat", "schema": "double"},
    {"@type": "Command", "name": "stop"},
    {"@type": "Relationship", "name": "feeds"},
    {"@type": "Component", "name": "motor", "schema": "dtmi:t:Motor;1"}]}
MOTOR = {"@id": "dtmi:t:Motor;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2", "contents": [
    {"@type": "Property", "name": "volts", "schema": "double"}, {"@type": "Telemetry", "name": "amps", "schema": "double"}]}
SPARE = {"@id": "dtmi:t:Spare;1", "@type": "Interface", "@context": "dtmi:dtdl:context;2"}
TWIN = {"$metadata": {"$model": "dtmi:t:Pump;1"}, "speed": 1, "motor": {"$metadata": {}, "volts": 400}}
SPEED = [{"op": "replace", "path": "/speed", "value": 2}]
EDGE = {"$relationshipName": "feeds", "$targetId": "p2"}
MESSAGE = {"Message-Id": "1"}
DAY = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"

# Operation, path as asked, status, body, headers: in an order in which each finds what it needs.
STORY = [
    ("GET /healthz", "/healthz", 200),
    ("GET /readyz", "/readyz", 200),
    ("GET /metrics", "/metrics", 200),
    ("GET /api/openapi.json", "/api/openapi.json", 200),
    ("POST /models", "/models", 201, [MODEL, MOTOR, SPARE]),
    ("POST /api/v1/models/validate", "/api/v1/models/validate", 200, [{**MODEL, "contents": [{"@type": "Property"}]}]),
    ("GET /models", "/models", 200),
    ("GET /models", "/models?includeModelDefinition=true", 200, None, {"max-items-per-page": "1"}),
    ("GET /models/{id}", "/models/dtmi:t:Pump;1?includeModelDefinition=true", 200),
    ("PATCH /models/{id}", "/models/dtmi:t:Spare;1", 204, [{"op": "replace", "path": "/decommissioned", "value": True}]),
    ("DELETE /models/{id}", "/models/dtmi:t:Spare;1", 204),
    ("PUT /digitaltwins/{id}", "/digitaltwins/p1", 200, TWIN),
    ("PUT /digitaltwins/{id}", "/digitaltwins/p2", 200, TWIN),
    ("PUT /digitaltwins/{id}", "/digitaltwins/p3", 200, TWIN),
    ("GET /digitaltwins/{id}", "/digitaltwins/p1", 200),
    ("PATCH /digitaltwins/{id}", "/digitaltwins/p1", 204, SPEED),
    ("GET /digitaltwins/{id}/components/{component}", "/digitaltwins/p1/components/motor", 200),
    ("PATCH /digitaltwins/{id}/components/{component}", "/digitaltwins/p1/components/motor", 204,
     [{"op": "replace", "path": "/volts", "value": 401}]),
    ("POST /digitaltwins/{id}/telemetry", "/digitaltwins/p1/telemetry", 204, {"heat": 3, "odd": 1}, MESSAGE),
    ("POST /digitaltwins/{id}/components/{component}/telemetry", "/digitaltwins/p1/components/motor/telemetry", 204,
     {"amps": 3}, MESSAGE),
    ("PUT /digitaltwins/{id}/relationships/{relationshipId}", "/digitaltwins/p1/relationships/r", 200, EDGE),
    ("GET /digitaltwins/{id}/relationships/{relationshipId}", "/digitaltwins/p1/relationships/r", 200),
    ("GET /digitaltwins/{id}/relationships", "/digitaltwins/p1/relationships", 200),
    ("GET /digitaltwins/{id}/incomingrelationships", "/digitaltwins/p2/incomingrelationships", 200),
    ("PATCH /digitaltwins/{id}/relationships/{relationshipId}", "/digitaltwins/p1/relationships/r", 204, []),
    ("DELETE /digitaltwins/{id}/relationships/{relationshipId}", "/digitaltwins/p1/relationships/r", 204),
    ("POST /query", "/query", 200, {"query": "SELECT * FROM DIGITALTWINS"}, {"max-items-per-page": "1"}),
    ("DELETE /digitaltwins/{id}", "/digitaltwins/p3", 204),
    ("GET /api/v1/session", "/api/v1/session", 200),
    ("DELETE /api/v1/session", "/api/v1/session", 204),
    ("GET /api/v1/twins", "/api/v1/twins?limit=1", 200),
    ("GET /api/v1/twins/{id}", "/api/v1/twins/p1", 200),
    ("PATCH /api/v1/twins/{id}/desired", "/api/v1/twins/p1/desired", 200, {"speed": 5},
     {"Content-Type": "application/merge-patch+json"}),
    ("GET /api/v1/twins/{id}/desired", "/api/v1/twins/p1/desired", 200),
    ("POST /api/v1/twins/{id}/commands/{command}", "/api/v1/twins/p1/commands/stop?timeout=1&id=c1", None),
    ("GET /api/v1/twins/{id}/commands", "/api/v1/twins/p1/commands", 200),
    ("GET /api/v1/twins/{id}/commands/{command}", "/api/v1/twins/p1/commands/c1", 200),
    ("PUT /api/v1/devices/{id}", "/api/v1/devices/d1", 201, {"twins": ["p1"]}),
    ("PUT /api/v1/devices/{id}", "/api/v1/devices/d1", 200, {"twins": ["p1", "p2"]}),
    ("GET /api/v1/devices/{id}", "/api/v1/devices/d1", 200),
    ("GET /api/v1/devices", "/api/v1/devices", 200),
    ("POST /api/v1/devices/{id}/key", "/api/v1/devices/d1/key", 201),
    ("POST /api/v1/devices/{id}/key", "/api/v1/devices/d1/key?overlap=60", 201),
    ("POST /api/v1/devices/{id}/credentials", "/api/v1/devices/d1/credentials", 201, {"type": "key", "label": "spare"}),
    ("POST /api/v1/devices/{id}/credentials", "/api/v1/devices/d1/credentials", 201,
     {"type": "certificate", "fingerprint": "ab" * 32, "expires": "2200-01-01T00:00:00Z"}),
    ("GET /api/v1/devices/{id}/credentials", "/api/v1/devices/d1/credentials", 200),
    ("DELETE /api/v1/devices/{id}/credentials/{credential}", f"/api/v1/devices/d1/credentials/x509-{'ab' * 32}", 204),
    ("GET /api/v1/devices/{id}/log", "/api/v1/devices/d1/log", 200),
    ("POST /api/v1/devices", "/api/v1/devices", 200, {"devices": [
        {"id": "i1", "twins": ["i1"], "model": "dtmi:t:None;1"}, {"id": "i2", "twins": [], "group": "g", "attributes": {"a": "b"}}]}),
    ("PUT /api/v1/issuers/{id}", "/api/v1/issuers/i1", 200, {"issuer": "https://i.example", "keys": [
        {"kid": "k", "algorithm": "EdDSA",
         "publicKey": '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'}]}),
    ("GET /api/v1/issuers/{id}", "/api/v1/issuers/i1", 200),
    ("GET /api/v1/issuers", "/api/v1/issuers", 200),
    ("DELETE /api/v1/issuers/{id}", "/api/v1/issuers/i1", 204),
    ("PUT /api/v1/claims/{id}", "/api/v1/claims/c1", 201, {"uses": 2, "prefix": "p", "group": "g"}),
    ("GET /api/v1/claims/{id}", "/api/v1/claims/c1", 200),
    ("GET /api/v1/claims", "/api/v1/claims", 200),
    ("DELETE /api/v1/claims/{id}", "/api/v1/claims/c1", 204),
    ("POST /api/v1/claim", "/api/v1/claim", None, {"claim": "plx_none", "id": "x"}),
    ("PUT /api/v1/devices/{id}/state", "/api/v1/devices/d1/state", 200, {"state": "disabled"}),
    ("DELETE /api/v1/devices/{id}", "/api/v1/devices/d1", 204),
    ("PUT /api/v1/tenants/{id}", "/api/v1/tenants/acme", 201),
    ("GET /api/v1/tenants/{id}", "/api/v1/tenants/acme", 200),
    ("GET /api/v1/tenants", "/api/v1/tenants", 200),
    ("POST /api/v1/tenants/{id}/token", "/api/v1/tenants/acme/token", 201),
    ("GET /api/v1/history/{id}", "/api/v1/history/p1", 200),
    ("GET /api/v1/history/{id}", f"/api/v1/history/p1?buckets=4&stats=all&{DAY}", 200),
    ("GET /api/v1/history/{id}/last", "/api/v1/history/p1/last", 200),
    ("GET /api/v1/history/{id}/count", "/api/v1/history/p1/count", 200),
    ("GET /api/v1/kpi/oee", f"/api/v1/kpi/oee?twin=p1&{DAY}", None),
    ("PUT /api/v1/bindings/{name}", "/api/v1/bindings/b", 200, {
        "source": {"mqtt": "f/{m}", "http": True}, "twin": ["{m}x", "p1"], "time": {"from": "/ts"},
        "fields": [{"from": "/v", "to": "speed", "scale": 2}, {"name": "w", "formula": "1 + 1", "to": "nothing"}]}),
    ("GET /api/v1/bindings", "/api/v1/bindings?limit=1", 200),
    ("GET /api/v1/bindings/{name}", "/api/v1/bindings/b", 200),
    ("POST /api/v1/binding-tests", "/api/v1/binding-tests", 200, {"name": "b", "messages": [{"topic": "f/p1", "payload": {"v": 1, "z": 2}}]}),
    ("POST /api/v1/bindings/{name}/disable", "/api/v1/bindings/b/disable", 200),
    ("POST /api/v1/bindings/{name}/enable", "/api/v1/bindings/b/enable", 200),
    ("POST /api/v1/ingest", "/api/v1/ingest?binding=b", 207, {"v": 1}),
    ("POST /api/v1/ingest", "/api/v1/ingest", 400, {"twin": "nobody", "speed": 1}),
    ("GET /api/v1/rejects", "/api/v1/rejects?sender=nobody", 200),
    ("GET /api/v1/rejects", "/api/v1/rejects?binding=b&payload=whole", 200),
    ("POST /api/v1/rejects/replay", "/api/v1/rejects/replay?binding=b", 200),
    ("DELETE /api/v1/bindings/{name}", "/api/v1/bindings/b", 204),
    ("PUT /api/v1/connections/{name}", "/api/v1/connections/c", 200,
     {"type": "mqtt", "enabled": False, "host": "broker.example", "clientId": "c", "user": "u", "password": "p", "tls": {},
      "topics": [{"filter": "$share/g/plant/#", "qos": 1}]}),
    ("PUT /api/v1/connections/{name}", "/api/v1/connections/d", 200,
     {"type": "modbus", "enabled": False, "host": "plc.example", "every": "1s",
      "registers": [{"name": "r", "address": 1, "type": "float32", "order": "CDAB", "scale": 0.1}]}),
    ("GET /api/v1/connections/{name}", "/api/v1/connections/c", 200),
    ("GET /api/v1/connections", "/api/v1/connections?limit=1", 200),
    ("GET /api/v1/connections/{name}/status", "/api/v1/connections/c/status", 200),
    ("DELETE /api/v1/connections/{name}", "/api/v1/connections/c", 204),
    ("GET /api/v1/sparkplug", "/api/v1/sparkplug?limit=2", 200),
    ("POST /api/v1/batch", "/api/v1/batch", 200, {"changes": []}),
    ("POST /api/v1/batch", "/api/v1/batch", 200, {"dryRun": True, "changes": [{"op": "delete", "twin": "p2"}]}),
    ("POST /api/v1/batch", "/api/v1/batch", 200, {"changes": [
        {"op": "put", "twin": "p4", "ifNoneMatch": "*", "value": TWIN},
        {"op": "put", "twin": "p4", "relationship": "r", "value": EDGE},
        {"op": "patch", "twin": "p4", "component": "motor", "ifMatch": "*",
         "value": [{"op": "replace", "path": "/volts", "value": 401}]},
        {"op": "desired", "twin": "p4", "value": {"speed": 3}},
        {"op": "delete", "twin": "p4", "relationship": "r"}]}),
    ("POST /api/v1/import", "/api/v1/import?section=Twins", 200, {"$dtId": "p9", **TWIN}),
    ("POST /api/v1/import", "/api/v1/import?section=Twins", 200, {"$dtId": "p8", "$metadata": {"$model": "dtmi:t:None;1"}}),
    ("GET /api/v1/export", "/api/v1/export?section=Models", 200),
    ("GET /api/v1/export", "/api/v1/export?section=Twins", 200),
    ("GET /api/v1/export", "/api/v1/export?section=Relationships", 200),
    ("PUT /api/v1/files/{name}", "/api/v1/files/in.ndjson", 202, "{\n", {"Content-Range": "bytes 0-1/4"}),
    ("PUT /api/v1/files/{name}", "/api/v1/files/in.ndjson", 201, "}\n", {"Content-Range": "bytes 2-3/4"}),
    ("PUT /api/v1/files/{name}", "/api/v1/files/in.ndjson", 201, {"Section": "Header"}),
    ("GET /api/v1/files/{name}", "/api/v1/files/in.ndjson", 200),
    ("GET /api/v1/files", "/api/v1/files", 200),
    ("PUT /jobs/imports/{id}", "/jobs/imports/j1", None, {"inputBlobUri": "x", "outputBlobUri": "y"}),
    ("GET /jobs/imports/{id}", "/jobs/imports/j1", None),
    ("GET /jobs/imports", "/jobs/imports", 200),
    ("POST /jobs/imports/{id}/cancel", "/jobs/imports/j1/cancel", None),
    ("DELETE /jobs/imports/{id}", "/jobs/imports/j1", None),
    ("GET /jobs/deletions", "/jobs/deletions", 200),
    ("GET /jobs/deletions/{id}", "/jobs/deletions/none", 404),
    ("DELETE /api/v1/files/{name}", "/api/v1/files/in.ndjson", 204),
    ("PUT /api/v1/endpoints/{name}", "/api/v1/endpoints/e", 200, {"kind": "mqtt", "topic": "out/e"}),
    ("PUT /api/v1/endpoints/{name}", "/api/v1/endpoints/lost", 200,
     {"kind": "webhook", "url": "http://localhost:9/hook?key=1", "headers": {"X-Key": "k"}, "secret": "s"}),
    ("GET /api/v1/endpoints/{name}", "/api/v1/endpoints/lost", 200),
    ("GET /api/v1/endpoints/{name}", "/api/v1/endpoints/e", 200),
    ("GET /api/v1/endpoints", "/api/v1/endpoints", 200),
    ("PUT /eventroutes/{id}", "/eventroutes/r1", 204, {"endpointName": "e", "filter": "true"}),
    ("GET /eventroutes/{id}", "/eventroutes/r1", 200),
    ("GET /eventroutes", "/eventroutes", 200, None, {"max-items-per-page": "1"}),
    ("DELETE /eventroutes/{id}", "/eventroutes/r1", 204),
    ("DELETE /api/v1/endpoints/{name}", "/api/v1/endpoints/e", 204),
    ("PUT /api/v1/property-indexes/{id}", "/api/v1/property-indexes/i", 200, {"property": "speed"}),
    ("GET /api/v1/property-indexes/{id}", "/api/v1/property-indexes/i", 200),
    ("GET /api/v1/property-indexes", "/api/v1/property-indexes", 200),
    ("DELETE /api/v1/property-indexes/{id}", "/api/v1/property-indexes/i", 204),
    ("PUT /api/v1/freshness-rules/{twin}", "/api/v1/freshness-rules/p1", 200,
     {"properties": {"speed": {"period": 60, "stale": "PT5M"}}, "rollUp": []}),
    ("GET /api/v1/freshness-rules/{twin}", "/api/v1/freshness-rules/p1", 200),
    ("GET /api/v1/freshness-rules", "/api/v1/freshness-rules", 200),
    ("GET /api/v1/twins/{id}/freshness", "/api/v1/twins/p1/freshness", 200),
    ("GET /api/v1/freshness", "/api/v1/freshness?state=fresh&limit=5", 200),
    ("DELETE /api/v1/freshness-rules/{twin}", "/api/v1/freshness-rules/p1", 204),
    ("PUT /api/v1/branches/{name}", "/api/v1/branches/b", 201),
    ("GET /api/v1/branches", "/api/v1/branches", 200),
    ("PATCH /api/v1/branches/{name}/twins/{id}", "/api/v1/branches/b/twins/p1", 204, SPEED),
    ("GET /api/v1/branches/{name}/twins/{id}", "/api/v1/branches/b/twins/p1", 200),
    ("GET /api/v1/branches/{name}/diff", "/api/v1/branches/b/diff", 200),
    ("DELETE /api/v1/branches/{name}", "/api/v1/branches/b", 204),
    ("POST /api/v1/backups", "/api/v1/backups", 202, {"name": "b"}),
    ("GET /api/v1/backups", "/api/v1/backups?limit=1", 200),
    ("GET /api/v1/backups/{name}", "/api/v1/backups/b", 200),
    ("POST /api/v1/backups/{name}/cancel", "/api/v1/backups/b/cancel", 200),
    ("DELETE /api/v1/backups/{name}", "/api/v1/backups/b", None),
    ("GET /api/v1/stream", "/api/v1/stream", 200),
    ("POST /jobs/deletions", "/jobs/deletions", 202),
    ("GET /", "/", None),
    ("GET /{file}", "/nothing", 404),
    ("GET /{folder}/{file}", "/nothing/there", 404),
]

# Whatever is JSON: models, what a model calls for, telemetry, and this description.
LOOSE = {"GET /api/openapi.json", "POST /models", "POST /api/v1/twins/{id}/commands/{command}",
         "POST /digitaltwins/{id}/telemetry", "POST /digitaltwins/{id}/components/{component}/telemetry"}


def resolve(schema, document):
    """The same schema with the components beside it, so that its references lead somewhere."""
    return {**schema, "components": document["components"]}


def check_document(document):
    assert document["openapi"].startswith("3.1."), document["openapi"]
    names = set(document["components"]["schemas"])
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert used <= names, f"no such schema: {used - names}"
    assert names <= used, f"schemas that nothing uses: {names - used}"
    loose = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method, operation in item.items()
             if "schemas/Any" in json.dumps(operation)}
    assert loose == LOOSE, f"no more than these may say nothing of their bodies: {loose ^ LOOSE}"
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            place = f"{method.upper()} {path}"
            assert operation["summary"].strip(), f"{place} has no summary"
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), f"{place}: {named}"
            for parameter in operation["parameters"]:
                assert parameter["schema"].get("type"), f"{place}: {parameter} has no schema"
                assert parameter["in"] == "path" or parameter["description"].strip(), f"{place}: {parameter} says nothing"
            assert any(status[0] in "23" for status in operation["responses"]), f"{place} never succeeds"


class Asker:
    def __init__(self, server):
        self.server, self.document, self.asked = server, None, set()
        self.document = json.loads(self.send("GET", "/api/openapi.json", None, {}, None)[2])

    def send(self, method, path, body, headers, token):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=30)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if body is not None:
            headers = {"Content-Type": "application/json", **headers}
        if token:
            headers = {**headers, "Authorization": f"Bearer {token}"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        streams = answer.getheader("Content-Type", "").startswith("text/event-stream")
        content = b"" if streams else answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def operation(self, name):
        method, path = name.split(" ", 1)
        return self.document["paths"][path][method.lower()]

    def path_of(self, name, path):
        if any(p["name"] == "api-version" for p in self.operation(name)["parameters"]):
            path += ("&" if "?" in path else "?") + VERSION
        return path

    def judge(self, name, status, headers, content):
        """The answer is one of those that the operation describes."""
        responses = self.operation(name)["responses"]
        described = responses.get(str(status))
        if described is None:
            assert status >= 400, f"{name} answers {status}, which is not described"
            described = responses["default"]
        if "content" not in described:
            assert not content, f"{name} {status}: a body that is not described: {content[:200]}"
            return
        (media, body), = described["content"].items()
        got = headers["Content-Type"].split(";")[0]
        assert media in ("*/*", got), f"{name} {status}: {got} instead of {media}"
        if "schema" in body:
            errors = list(Draft202012Validator(resolve(body["schema"], self.document)).iter_errors(json.loads(content)))
            assert not errors, f"{name} {status}: {errors[0].message} at {list(errors[0].absolute_path)}\n{content[:600]}"

    def judge_body(self, name, body):
        """What was taken is as described."""
        content = self.operation(name).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema and body is not None:
            told = json.loads(body) if isinstance(body, str) else body
            errors = list(Draft202012Validator(resolve(schema, self.document)).iter_errors(told))
            assert not errors, f"{name} takes what it does not describe: {errors[0].message}"

    def ask(self, name, path, wanted=None, body=None, headers=None, token=True):
        method = name.split(" ", 1)[0]
        status, got, content = self.send(method, self.path_of(name, path), body, headers or {}, self.server.token if token else None)
        assert wanted in (None, status), f"{name} {path}: {status} instead of {wanted}: {content[:400]}"
        self.judge(name, status, got, content)
        if status < 300:
            self.judge_body(name, body)
        self.asked.add(name)
        return status, got, content


def names_of(document):
    return {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}


def letters_of(asker):
    return json.loads(asker.ask("GET /api/v1/deadletters", "/api/v1/deadletters?endpoint=lost&limit=1", 200)[2])["items"]


def wait_for_letter(asker):
    end = time.monotonic() + 30
    while not letters_of(asker):
        assert time.monotonic() < end, "no dead letter came"
        time.sleep(0.05)


def tell_letters(asker):
    """Nothing private may be sent to, so what a route leads to `localhost` is dead at once."""
    asker.ask("PUT /eventroutes/{id}", "/eventroutes/r2", 204, {"endpointName": "lost", "filter": "true"})
    asker.ask("PATCH /digitaltwins/{id}", "/digitaltwins/p1", 204, SPEED)
    wait_for_letter(asker)
    moved = json.loads(asker.ask("POST /api/v1/deadletters/replay", "/api/v1/deadletters/replay?endpoint=lost", 200)[2])
    assert moved["replayed"] == 1, moved
    wait_for_letter(asker)
    moved = json.loads(asker.ask("DELETE /api/v1/deadletters", "/api/v1/deadletters", 200)[2])
    assert moved["purged"] == 1, moved
    asker.ask("DELETE /eventroutes/{id}", "/eventroutes/r2", 204)


def tell_story(asker):
    for step in STORY:
        asker.ask(*step)
        if step[:2] == ("GET /api/v1/endpoints", "/api/v1/endpoints"):
            tell_letters(asker)
    name = "POST /api/v1/tokens"
    made = json.loads(asker.ask(name, "/api/v1/tokens", 201, {"name": "n", "role": "reader"})[2])
    asker.ask("DELETE /api/v1/tokens/{id}", f"/api/v1/tokens/{made['id']}", 204)
    asker.ask("POST /api/v1/session", "/api/v1/session", 200, {"token": asker.server.token}, token=False)
    missing = names_of(asker.document) - asker.asked
    assert not missing, f"described, and never asked here: add a story for {sorted(missing)}"


def refuse_each(asker):
    """Without a token, with a body that is no JSON, and for things that are not there."""
    for name in sorted(names_of(asker.document)):
        operation, path = asker.operation(name), name.split(" ", 1)[1]
        path = re.sub(r"\{\w+\}", "no%20such", path)
        if operation.get("security") != []:
            asker.ask(name, path, 401, token=False)
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            status, _, _ = asker.ask(name, path, None, "{", MESSAGE)
            assert 400 <= status < 500, f"{name} takes '{{' for JSON: {status}"
        if "{" in name and "DELETE" not in name and "PUT" not in name:
            asker.ask(name, path, None, [] if "PATCH" in name else None, MESSAGE)


def refuse_unknown_parameters(asker):
    """Each path of /api/v1 names the parameters that it has; the data plane ignores what it does not know."""
    for name in sorted(names_of(asker.document)):
        known = [p["name"] for p in asker.operation(name)["parameters"] if p["in"] == "query"]
        path = re.sub(r"\{\w+\}", "x", name.split(" ", 1)[1])
        if not path.startswith("/api/v1/"):
            continue
        problem = json.loads(asker.ask(name, path + "?no%20such=1", 400, {}, MESSAGE)[2])
        assert problem["code"] == "http.unknown_parameter" and "'no such'" in problem["detail"], (name, problem)
        assert problem["detail"].endswith(f"nown: {', '.join(known)}" if known else "takes none"), (name, problem)
        for parameter in known:
            problem = json.loads(asker.ask(name, f"{path}?{parameter}x=1", 400, {}, MESSAGE)[2])
            assert f"did you mean '{parameter}'?" in problem["detail"], (name, problem)
    asker.ask("GET /models", "/models?no%20such=1", 200)


def repeat_each(asker):
    """What lists the header keeps its answer, and answers again as it is described; all else that changes something
    refuses it, so that nobody leans on what is not there."""
    kept = {name for name in names_of(asker.document)
            if any(p["name"] == "Idempotency-Key" for p in asker.operation(name)["parameters"])}
    for name in sorted(names_of(asker.document)):
        if name.startswith("GET ") or " /api/v1/" not in name or name in kept:
            continue
        path = re.sub(r"\{\w+\}", "x", name.split(" ", 1)[1])
        _, _, content = asker.ask(name, path, 400, {}, {"Idempotency-Key": "k"})
        assert json.loads(content)["code"] == "idempotency.not_kept", (name, content)
    repeated = {}
    for n, (name, path, _, *rest) in enumerate(STORY + [("POST /api/v1/tokens", "/api/v1/tokens", 201, {"name": "n", "role": "reader"})]):
        if name not in kept:
            continue
        body, key = rest[0] if rest else None, {"Idempotency-Key": f"again-{n}"}
        told = asker.ask(name, path, None, body, key)
        again = asker.ask(name, path, told[0], body, key)
        if told[0] < 400:
            assert again[1]["Idempotency-Replayed"] == "true" and again[1]["ETag"] == told[1]["ETag"], (name, path)
            repeated[name] = told[0]
    assert len(repeated) >= 8, repeated


def refuse_other_methods(asker):
    for path, item in asker.document["paths"].items():
        described = {method.upper() for method in item}
        if path in ("/", "/{file}", "/{folder}/{file}"):
            continue
        asked = re.sub(r"\{\w+\}", "x", path)
        for method in (*METHODS, "OPTIONS"):
            if method in described:
                continue
            status, headers, _ = asker.send(method, asked, None, {}, asker.server.token)
            if method == "GET" and status == 404:
                continue  # the console might have had such a file
            assert status == 405, f"{method} {path} is not described and answers {status}"
            allowed = set(headers["Allow"].split(", "))
            assert allowed - {"HEAD"} == described, f"{path} allows {allowed}, described are {described}"
            assert ("HEAD" in allowed) == ("GET" in described)
        if "GET" in described and path != "/api/v1/stream":
            head = asker.send("HEAD", asker.path_of(f"GET {path}", asked), None, {}, asker.server.token)
            assert head[2] == b"" and head[0] != 405


def main():
    with Server() as server:
        asker = Asker(server)
        check_document(asker.document)
        tell_story(asker)
        repeat_each(asker)
        refuse_each(asker)
        refuse_unknown_parameters(asker)
        refuse_other_methods(asker)
        print(f"{len(asker.asked)} operations do what /api/openapi.json says")


if __name__ == "__main__":
    sys.exit(main())
