# SPDX-License-Identifier: Apache-2.0
"""The official Python client (Debian's python3-azure) runs unchanged against the server over TLS: every public
method, its errors, its ETags."""
import os
import re
import sys
import tempfile
import time

from pollux import main
from tls import TlsServer

try:
    from azure.core import MatchConditions
    from azure.core.credentials import AccessToken
    from azure.core.exceptions import (HttpResponseError, ResourceExistsError, ResourceModifiedError,
                                       ResourceNotFoundError)
    from azure.digitaltwins.core import DigitalTwinsClient, DigitalTwinsEventRoute
except ImportError:
    print("skipped: python3-azure is not here; ./dev test installs it")
    sys.exit(77)

ENDPOINT = "story"  # of the routes

V2 = "dtmi:dtdl:context;2"
MODELS = [
    {"@id": "dtmi:story:Room;1", "@type": "Interface", "@context": V2, "extends": "dtmi:story:Space;1", "contents": [
        {"@type": "Property", "name": "temperature", "schema": "double"},
        {"@type": "Property", "name": "humidity", "schema": "double"},
        {"@type": "Component", "name": "thermostat", "schema": "dtmi:story:Thermostat;1"}]},
    {"@id": "dtmi:story:Space;1", "@type": "Interface", "@context": V2, "displayName": "Space", "contents": [
        {"@type": "Property", "name": "name", "schema": "string"},
        {"@type": "Relationship", "name": "leadsTo",
         "properties": [{"@type": "Property", "name": "locked", "schema": "boolean"}]}]},
    {"@id": "dtmi:story:Thermostat;1", "@type": "Interface", "@context": V2, "contents": [
        {"@type": "Property", "name": "wanted", "schema": "double"},
        {"@type": "Telemetry", "name": "noise", "schema": "double"}]},
]
ROOM = {"$metadata": {"$model": "dtmi:story:Room;1"}, "thermostat": {"$metadata": {}}}
ODD = "a/b c#ä%?+&\U0001f600;$"  # an id that every layer has to encode and decode once


class Credential:
    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **_):
        assert scopes == ("https://digitaltwins.azure.net/.default",)
        return AccessToken(self.token, int(time.time()) + 3600)


class Remembering:
    """The client, and which of its methods were called."""

    def __init__(self, client):
        self.client, self.called = client, set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self.client, name)


def refused(kind, status, code, words, call, *args, **kwargs):
    try:
        answer = call(*args, **kwargs)
        list(answer) if hasattr(answer, "__next__") else None
    except HttpResponseError as e:
        assert type(e) is kind and e.status_code == status, (e, kind, status)
        assert e.error.code == code, (e.error.code, code)
        assert words in e.message, (words, e.message)
        return
    raise AssertionError(f"{code} was wanted")


def models(c):
    refused(HttpResponseError, 400, "InvalidArgument", "models provided was empty", c.create_models, [])
    refused(HttpResponseError, 400, "DTDLParserError", "None of the models in this request could be created",
            c.create_models, [{"@id": "urn:no"}])
    made = c.create_models(MODELS)
    assert [m.id for m in made] == [m["@id"] for m in MODELS]
    assert made[1].display_name == {"en": "Space"} and made[1].description == {} and made[0].decommissioned is False
    assert made[0].upload_time.utcoffset().total_seconds() == 0
    refused(ResourceExistsError, 409, "ModelAlreadyExists", "Some of the model ids already exist", c.create_models, MODELS)
    assert c.get_model("dtmi:story:Room;1", include_model_definition=True).model == MODELS[0]
    assert c.get_model("dtmi:story:Room;1").model is None
    refused(ResourceNotFoundError, 404, "ModelNotFound", "There is no Model(s) available", c.get_model, "dtmi:no;1")
    assert len(list(c.list_models())) == 3
    needed = list(c.list_models(["dtmi:story:Room;1", "dtmi:story:Thermostat;1"], include_model_definition=True))
    assert sorted(m.id for m in needed) == sorted(m["@id"] for m in MODELS) and all(m.model for m in needed)
    assert [len(list(p)) for p in c.list_models().by_page()] == [3]


def twins(c):
    made = c.upsert_digital_twin(ODD, {**ROOM, "$dtId": None, "$etag": None, "temperature": 21.5})
    assert made["$dtId"] == ODD and re.fullmatch(r'W/"[0-9a-f-]{36}"', made["$etag"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", made["$metadata"]["$lastUpdateTime"])
    assert c.get_digital_twin(ODD) == made
    refused(ResourceNotFoundError, 404, "DigitalTwinNotFound",
            "There is no digital twin instance that exists with the ID none", c.get_digital_twin, "none")
    refused(HttpResponseError, 400, "InvalidArgument", "Invalid twin specified", c.upsert_digital_twin, "x",
            {"$metadata": {"$model": "dtmi:no:such;1"}})
    refused(ResourceExistsError, 412, "PreconditionFailed", "If-None-Match: * header was specified but a twin with the id",
            c.upsert_digital_twin, ODD, ROOM, match_condition=MatchConditions.IfMissing)
    patch = [{"op": "add", "path": "/humidity", "value": 40},
             {"op": "add", "path": "/$metadata/humidity/sourceTime", "value": "2026-01-02T03:04:05.5+01:00"}]
    same = {"match_condition": MatchConditions.IfNotModified, "etag": made["$etag"]}
    c.update_digital_twin(ODD, patch, **same)
    twin = c.get_digital_twin(ODD)
    assert twin["humidity"] == 40 and twin["$etag"] != made["$etag"]
    assert twin["$metadata"]["humidity"]["sourceTime"] == "2026-01-02T02:04:05.5000000Z"
    assert twin["$metadata"]["temperature"] == made["$metadata"]["temperature"]
    refused(ResourceModifiedError, 412, "PreconditionFailed", "doesn't match the current etag", c.update_digital_twin,
            ODD, patch, **same)
    refused(HttpResponseError, 400, "JsonPatchInvalid", "Unsupported operation type test", c.update_digital_twin, ODD,
            [{"op": "test", "path": "/humidity", "value": 40}])


def components(c):
    c.update_component(ODD, "thermostat", [{"op": "add", "path": "/wanted", "value": 20}],
                       match_condition=MatchConditions.IfPresent)
    part = c.get_component(ODD, "thermostat")
    assert part["wanted"] == 20 and set(part) == {"wanted", "$metadata"} and "$model" not in part["$metadata"]
    refused(ResourceNotFoundError, 404, "ComponentNotFound", "does not have component stove", c.get_component, ODD, "stove")
    refused(HttpResponseError, 400, "JsonPatchInvalid", "Could not resolve path", c.update_component, ODD, "stove", [])
    refused(ResourceNotFoundError, 404, "DigitalTwinNotFound", "none", c.update_component, "none", "thermostat", [])


def relationships(c):
    c.upsert_digital_twin("hall", ROOM)
    body = {"$relationshipId": None, "$sourceId": None, "$targetId": "hall", "$relationshipName": "leadsTo", "locked": True}
    made = c.upsert_relationship(ODD, ODD, body)
    assert made["$sourceId"] == ODD and made["$relationshipId"] == ODD
    assert c.get_relationship(ODD, ODD) == made
    refused(ResourceExistsError, 412, "PreconditionFailed", "header was specified but a relationship with the id",
            c.upsert_relationship, ODD, ODD, body, match_condition=MatchConditions.IfMissing)
    refused(ResourceNotFoundError, 404, "TargetTwinNotFound", "The target digital twin is invalid or does not exist",
            c.upsert_relationship, ODD, "r", {**body, "$targetId": "none"})
    c.update_relationship(ODD, ODD, [{"op": "remove", "path": "/locked"}],
                          match_condition=MatchConditions.IfNotModified, etag=made["$etag"])
    refused(ResourceModifiedError, 412, "PreconditionFailed", "doesn't match the current etag", c.delete_relationship,
            ODD, ODD, match_condition=MatchConditions.IfNotModified, etag=made["$etag"])
    refused(ResourceNotFoundError, 404, "RelationshipNotFound", "Relationship none not found on twin hall",
            c.get_relationship, "hall", "none")
    for i in range(510):
        c.upsert_relationship(ODD, f"r{i}", {"$targetId": "hall", "$relationshipName": "leadsTo"})
    out = list(c.list_relationships(ODD))
    assert len(out) == 511 and len({r["$relationshipId"] for r in out}) == 511
    assert len(list(c.list_relationships(ODD).by_page())) > 1
    assert len(list(c.list_relationships(ODD, "leadsTo"))) == 511 and not list(c.list_relationships(ODD, "eats"))
    incoming = list(c.list_incoming_relationships("hall"))
    assert len(incoming) == 511 and all(r.source_id == ODD for r in incoming)
    assert all(r.relationship_link.startswith("https://") and "api-version=" in r.relationship_link for r in incoming)
    refused(ResourceNotFoundError, 404, "DigitalTwinNotFound", "none", list, c.list_relationships("none"))
    refused(ResourceNotFoundError, 404, "DigitalTwinNotFound", "none", list, c.list_incoming_relationships("none"))
    refused(HttpResponseError, 400, "RelationshipsNotDeleted", "has active relationships", c.delete_digital_twin, "hall")
    for r in out:
        c.delete_relationship(ODD, r["$relationshipId"])


def telemetry(c):
    c.publish_telemetry(ODD, {"unknown": 1}, message_id="m1")
    for payload in ([1, 2], "text", 7, True):
        c.publish_telemetry(ODD, payload)
    c.publish_component_telemetry(ODD, "thermostat", {"noise": 3.5})
    refused(ResourceNotFoundError, 404, "ComponentNotFound", "does not have component stove", c.publish_component_telemetry,
            ODD, "stove", {})
    refused(ResourceNotFoundError, 404, "DigitalTwinNotFound", "none", c.publish_telemetry, "none", {})


def queries(c):
    for i in range(3):
        c.upsert_digital_twin(f"q{i}", {**ROOM, "name": "queried", "temperature": i})
    rows = list(c.query_twins("SELECT * FROM DIGITALTWINS T WHERE T.name = 'queried' AND T.temperature >= 1"))
    assert sorted(r["$dtId"] for r in rows) == ["q1", "q2"]  # what was written is read at once
    refused(HttpResponseError, 400, "SqlQueryError", "SQL query parse failed", list, c.query_twins("SELECT nonsense"))
    for i in range(3):
        c.delete_digital_twin(f"q{i}")


def event_routes(c):
    refused(ResourceNotFoundError, 404, "EventRouteNotFound", "There is no route available", c.get_event_route, "none")
    c.upsert_event_route("r-1", DigitalTwinsEventRoute(endpoint_name=ENDPOINT, filter="true"))
    route = c.get_event_route("r-1")
    assert (route.id, route.endpoint_name, route.filter) == ("r-1", ENDPOINT, "true")
    assert [r.id for r in c.list_event_routes()] == ["r-1"]
    c.delete_event_route("r-1")
    refused(ResourceNotFoundError, 404, "EventRouteNotFound", "There is no route available", c.delete_event_route, "r-1")


def deletions(c):
    old = {"match_condition": MatchConditions.IfNotModified, "etag": 'W/"old"'}
    refused(ResourceModifiedError, 412, "PreconditionFailed", "doesn't match the current etag", c.delete_digital_twin, ODD, **old)
    c.delete_digital_twin(ODD)
    c.delete_digital_twin("hall", match_condition=MatchConditions.IfPresent)
    refused(ResourceNotFoundError, 404, "DigitalTwinNotFound", "hall", c.delete_digital_twin, "hall")
    for _ in range(2):
        c.decommission_model("dtmi:story:Room;1")
    assert c.get_model("dtmi:story:Room;1").decommissioned
    refused(HttpResponseError, 400, "ModelDecommissioned", "", c.upsert_digital_twin, "late", ROOM)
    refused(ResourceExistsError, 409, "ModelReferencesNotDeleted", "This model is currently being referenced by",
            c.delete_model, "dtmi:story:Space;1")
    for m in MODELS:
        c.delete_model(m["@id"])
    refused(ResourceNotFoundError, 404, "ModelNotFound", "There is no Model(s) available", c.decommission_model, "dtmi:story:Room;1")


def every_method_of_the_python_client_is_answered():
    with tempfile.TemporaryDirectory(prefix="pollux-sdk-") as folder, TlsServer(folder) as s:
        os.environ["REQUESTS_CA_BUNDLE"] = s.cert
        s.make_endpoint(ENDPOINT)
        for version in ({}, *({"api_version": v} for v in ("2020-10-31", "2022-05-31"))):
            client = Remembering(DigitalTwinsClient(s.url, Credential(s.token), retry_total=0, **version))
            for story in (models, twins, components, relationships, telemetry, queries, event_routes, deletions):
                story(client)
        methods = {n for n in dir(DigitalTwinsClient) if not n.startswith("_") and callable(getattr(DigitalTwinsClient, n))}
        assert not methods - client.called, methods - client.called


main(every_method_of_the_python_client_is_answered)
