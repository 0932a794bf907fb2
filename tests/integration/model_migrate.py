# SPDX-License-Identifier: Apache-2.0
"""Live twins go to another model and back, in one batch: with renames, with twins that change meanwhile, with a lost answer."""
import http.client
import http.server
import json
import os
import tempfile
import threading

from pollux import Server, main

MOTOR = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:ex:Motor;1", "@type": "Interface",
         "contents": [{"@type": "Property", "name": "hours", "schema": "integer", "writable": True}]}
PUMP = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:ex:Pump;1", "@type": "Interface",
        "contents": [{"@type": "Property", "name": "speed", "schema": "double", "writable": True},
                     {"@type": "Property", "name": "label", "schema": "string", "writable": True},
                     {"@type": "Property", "name": "heat", "schema": "double", "writable": True},
                     {"@type": "Component", "name": "motor", "schema": "dtmi:ex:Motor;1"},
                     {"@type": "Relationship", "name": "feeds", "target": "dtmi:ex:Pump;1",
                      "properties": [{"@type": "Property", "name": "since", "schema": "integer"}]},
                     {"@type": "Relationship", "name": "near"}]}
PUMP_2 = {"@context": ["dtmi:dtdl:context;4", "dtmi:dtdl:extension:requirement;2"], "@id": "dtmi:ex:Pump;2", "@type": "Interface",
          "contents": [{"@type": "Property", "name": "velocity", "schema": "double", "writable": True},
                       {"@type": "Property", "name": "label", "schema": "integer", "writable": True},
                       {"@type": "Property", "name": "heat", "schema": "double", "writable": True},
                       {"@type": ["Property", "Required"], "name": "mode", "schema": "string"},
                       {"@type": "Component", "name": "engine", "schema": "dtmi:ex:Motor;1"},
                       {"@type": "Relationship", "name": "feeds", "target": "dtmi:ex:Pump;2",
                        "properties": [{"@type": "Property", "name": "from", "schema": "integer"}]}]}
LINE = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:ex:Line;1", "@type": "Interface",
        "contents": [{"@type": "Relationship", "name": "has", "target": "dtmi:ex:Pump;1"}]}
THERE = ("model", "migrate", "dtmi:ex:Pump;1", "dtmi:ex:Pump;2")
RULES = ("--rename", "speed=velocity", "--rename", "motor=engine", "--rename", "feeds.since=feeds.from", "--set", "mode=slow")


def call(s, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", s.http, timeout=30)
    connection.request(method, path + "?api-version=2023-10-31", json.dumps(body) if body is not None else None,
                       {"Authorization": "Bearer " + s.token, "Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status < 300, (answer.status, text)
    return json.loads(text) if text else None


def pumps(s):
    """Three pumps, two of which feed one, and a line that has one of them."""
    call(s, "PUT", "/digitaltwins/p1", {"$metadata": {"$model": "dtmi:ex:Pump;1", "speed": {"sourceTime": "2026-11-01T12:00:00.1234567Z"}},
                                        "speed": 21.5, "label": "one", "heat": 3.25, "motor": {"$metadata": {}, "hours": 7}})
    s.cli("twin", "create", "p2", "--model", "dtmi:ex:Pump;1", "--set", "speed=2")
    s.cli("twin", "create", "p3/ä", "--model", "dtmi:ex:Pump;1")
    s.cli("twin", "create", "line", "--model", "dtmi:ex:Line;1")
    s.cli("rel", "add", "p1", "feeds", "p2", "--id", "f1", "--set", "since=3")
    s.cli("rel", "add", "p2", "feeds", "p3/ä", "--id", "f2")
    s.cli("rel", "add", "p1", "near", "line", "--id", "n1")
    s.cli("rel", "add", "line", "has", "p1", "--id", "h1")


def clean(value):
    """Without what every write renews."""
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items() if k not in ("$etag", "lastUpdateTime", "$lastUpdateTime")}
    return [clean(v) for v in value] if isinstance(value, list) else value


def state(s):
    twins = clean(s.json("query", "SELECT * FROM DIGITALTWINS"))
    relationships = clean(s.json("query", "SELECT * FROM RELATIONSHIPS"))
    return sorted(twins, key=lambda t: t["$dtId"]), sorted(relationships, key=lambda r: r["$relationshipId"])


def wishes(s, twin):
    return {path: wish["value"] for path, wish in s.json("twin", "desired", twin).items()}


def models(s):
    return {t["$dtId"]: t["$metadata"]["$model"] for t in state(s)[0]}


class Between:
    """A door before the server's that does something when the batch itself comes: `before`, or `after` and no answer."""

    def __init__(self, s, before=None, after=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                hit = self.path == "/api/v1/batch" and not json.loads(body)["dryRun"]
                if hit and before:
                    before()
                connection = http.client.HTTPConnection("127.0.0.1", s.http, timeout=30)
                connection.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"})
                answer = connection.getresponse()
                text = answer.read()
                connection.close()
                if hit and after:
                    after()
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type") or "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = forward

            def log_message(self, *_):
                pass

        self.server, self.s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler), s

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.kept, self.s.url = self.s.url, f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_):
        self.s.url = self.kept
        self.server.shutdown()
        self.server.server_close()


def a_dry_run_changes_nothing(s, folder):
    before = state(s)
    out = s.cli(*THERE, *RULES, "--dry-run")
    for line in ("dtmi:ex:Pump;1 -> dtmi:ex:Pump;2", "  p1  speed -> velocity = 21.5", "  p1  motor.hours -> engine.hours = 7",
                 '  p1  label = "one" is left out: a string stands where a whole number should be (value.type)', '  p2  + mode = "slow"',
                 "  p1  feeds.since (f1) -> from = 3", "  p1  - near (n1) is deleted: the model declares no Relationship 'near' (relationship.invalid)",
                 "twins: 3; values: 4 carried, 1 left out, 3 set", "relationships: 1 kept, 1 changed, 1 deleted, 1 stay though",
                 "a dry run: the server would take it, nothing was changed"):
        assert line in out, (line, out)
    assert "  line  has (h1) stays: " in out, out
    told = s.json(*THERE, *RULES, "--dry-run")
    assert told["dryRun"] and told["twins"] == 3 and told["drop"] == 1 and "undo" not in told, told
    assert {"action": "drop", "twin": "p1", "path": "label", "value": "one", "rule": "value.type",
            "message": "a string stands where a whole number should be"} in told["actions"], told
    assert state(s) == before and os.listdir(folder) == [], os.listdir(folder)


def who_lacks_something_keeps_all_where_they_are(s, folder):
    before = state(s)
    err = s.cli(*THERE, "--rename", "speed=velocity", "--undo-file", "x", code=2)
    assert "nothing was changed: the twins lack 3 values that dtmi:ex:Pump;2 requires" in err and "--set NAME=VALUE" in err, err
    assert "did you mean 'velocity'?" in s.cli(*THERE, "--rename", "speed=velocty", code=2)
    assert "dtmi:ex:Pump;1 has no 'spede'" in s.cli(*THERE, "--rename", "spede=velocity", code=2)
    assert "cannot be set so" in s.cli(*THERE, "--set", "mode=3", code=2)
    assert "which the twins have already" in s.cli(*THERE, "--rename", "speed=heat", code=2)
    assert "one and the same model" in s.cli("model", "migrate", "dtmi:ex:Pump;1", "dtmi:ex:Pump;1", code=2)
    assert "say which model" in s.cli("model", "migrate", "dtmi:ex:Pump;1", code=2)
    assert state(s) == before and os.listdir(folder) == []


def there_and_back(s, folder):
    before = state(s)
    out = s.cli(*THERE, *RULES, "--undo-file", "u")
    assert out.endswith("3 twins are twins of dtmi:ex:Pump;2; the way back: pollux model migrate --undo u\n"), out
    twins, relationships = state(s)
    assert twins[1] == {"$dtId": "p1", "velocity": 21.5, "heat": 3.25, "mode": "slow", "engine": {"hours": 7, "$metadata": {"hours": {}}},
                        "$metadata": {"$model": "dtmi:ex:Pump;2", "velocity": {"sourceTime": "2026-11-01T12:00:00.1234567Z"}, "heat": {}, "mode": {}}}, twins[1]
    assert [(r["$relationshipId"], r.get("from")) for r in relationships] == [("f1", 3), ("f2", None), ("h1", None)], relationships
    assert "cannot write 'u'" in s.cli("model", "migrate", "dtmi:ex:Pump;2", "dtmi:ex:Pump;1", "--undo-file", "u", code=5)
    assert "the way back to dtmi:ex:Pump;1 is open" in s.cli("model", "migrate", "--undo", "u", "--dry-run")
    assert s.cli("model", "migrate", "--undo", "u") == "the twins are twins of dtmi:ex:Pump;1 again\n"
    assert state(s) == before, (state(s), before)
    with open(os.path.join(folder, "map.json"), "w") as f:
        json.dump({"rename": {"speed": "velocity", "motor": "engine", "feeds.since": "feeds.from"}, "set": {"mode": "slow"}, "drop": ["heat"]}, f)
    done = s.json(*THERE, "--map", "map.json", "--undo-file", "v", "--keep-relationships")
    assert done["undo"] == "v" and done["remove"] == 0 and done["keep"] == 2 and not done["dryRun"], done
    assert "heat" not in state(s)[0][1] and "n1" in [r["$relationshipId"] for r in state(s)[1]]
    s.cli("model", "migrate", "--undo", "v")
    assert state(s) == before
    s.cli(*THERE, *RULES, "--undo-file", "w")
    s.cli("model", "migrate", "dtmi:ex:Pump;2", "dtmi:ex:Pump;1", "--rename", "velocity=speed", "--rename", "engine=motor",
          "--rename", "feeds.from=feeds.since", "--undo-file", "w2")
    twins = state(s)[0]
    assert twins[1] == {k: v if k != "$metadata" else {n: m for n, m in v.items() if n != "label"} for k, v in before[0][1].items() if k != "label"}, twins
    s.cli("model", "migrate", "--undo", "w2")
    s.cli("model", "migrate", "--undo", "w", "--force")  # it was changed since, by going and coming back
    assert state(s) == before
    for name in ("u", "v", "w", "w2", "map.json"):
        os.remove(os.path.join(folder, name))


def what_is_wished_goes_along(s, folder):
    before = {"speed": 30, "label": "two", "heat": 5, "motor.hours": 9}
    s.cli("twin", "desired", "p1", "speed=30", "label=two", "heat=5", "motor.hours=9")
    s.cli("twin", "desired", "p2", "heat=6")
    out = s.cli(*THERE, *RULES, "--undo-file", "u")
    assert "  p1  desired speed -> velocity = 30\n" in out and '  p1  desired label = "two" is left out: ' in out, out
    assert wishes(s, "p1") == {"velocity": 30, "engine.hours": 9, "heat": 5} and wishes(s, "p2") == {"heat": 6}, wishes(s, "p1")
    s.cli("model", "migrate", "--undo", "u")
    assert wishes(s, "p1") == before and wishes(s, "p2") == {"heat": 6}, wishes(s, "p1")
    os.remove(os.path.join(folder, "u"))
    s.cli(*THERE, *RULES, "--drop", "heat", "--undo-file", "u")
    assert wishes(s, "p1") == {"velocity": 30, "engine.hours": 9} and wishes(s, "p2") == {}
    s.cli("model", "migrate", "--undo", "u")
    assert wishes(s, "p1") == before and wishes(s, "p2") == {"heat": 6}
    os.remove(os.path.join(folder, "u"))


def who_changed_meanwhile_is_named(s, folder):
    before = models(s)
    with Between(s, before=lambda: call(s, "PATCH", "/digitaltwins/p2", [{"op": "add", "path": "/speed", "value": 9}])):
        err = s.cli(*THERE, *RULES, "--undo-file", "u", code=5)
    assert "twin 'p2' was changed meanwhile; nothing was done" in err and "makes a new plan" in err, err
    assert models(s) == before and os.listdir(folder) == []
    s.cli(*THERE, *RULES, "--undo-file", "u")
    s.cli("twin", "set", "p2", "velocity=11")
    err = s.cli("model", "migrate", "--undo", "u", code=5)
    assert "twin 'p2' was changed meanwhile; nothing was done" in err and "--force" in err, err
    assert models(s)["p1"] == "dtmi:ex:Pump;2"
    s.cli("twin", "set", "p2", "--unset", "velocity", "mode=fast")
    s.cli("rel", "delete", "p2", "f2")
    s.cli("twin", "delete", "p3/ä")
    s.cli("model", "migrate", "--undo", "u", "--force")
    assert models(s) == {"p1": "dtmi:ex:Pump;1", "p2": "dtmi:ex:Pump;1", "line": "dtmi:ex:Line;1"}, models(s)
    assert [t["speed"] for t in state(s)[0] if t["$dtId"] == "p2"] == [9]
    os.remove(os.path.join(folder, "u"))


def a_lost_answer_leaves_the_way_back(s, folder):
    before = state(s)
    with Between(s, after=lambda: None):
        err = s.cli(*THERE, *RULES, "--undo-file", "u", code=10)
    assert "the way back is in u" in err, err
    assert models(s)["p1"] == "dtmi:ex:Pump;2"
    assert "interrupted" in s.cli("model", "migrate", "--undo", "u", code=5)
    s.cli("model", "migrate", "--undo", "u", "--force")
    assert state(s) == before
    os.remove(os.path.join(folder, "u"))


def what_one_batch_cannot_hold_is_refused(s, folder):
    with open(os.path.join(folder, "many.ndjson"), "w") as f:
        print('{"Section": "Header"}\n{"fileVersion": "1.0.0"}\n{"Section": "Twins"}', file=f)
        for i in range(9_999):
            print(json.dumps({"$dtId": f"m-{i}", "$metadata": {"$model": "dtmi:ex:Pump;1"}, "motor": {"$metadata": {}}}), file=f)
    s.cli("import", os.path.join(folder, "many.ndjson"))
    err = s.cli(*THERE, *RULES, "--undo-file", "u", code=6)
    assert "there are 10001 twins of dtmi:ex:Pump;1; a migration is one batch, which has at most 10000 changes" in err and "--limit N" in err, err
    err = s.cli(*THERE, *RULES, "--undo-file", "u", "--limit", "9000", code=6)
    assert "a migration is one batch, which has at most 10000 changes and 1024 KiB" in err, err
    assert set(models(s).values()) == {"dtmi:ex:Pump;1", "dtmi:ex:Line;1"}
    s.cli("rel", "add", "m-0", "feeds", "m-9998", "--id", "plain")
    s.cli("rel", "add", "m-1", "feeds", "m-9998", "--id", "since", "--set", "since=1")
    out = s.cli(*THERE, *RULES, "--undo-file", "u", "--limit", "1000", "--all")
    assert "1000 twins are twins of dtmi:ex:Pump;2" in out and "feeds (since) stays: the twin at its end goes later" in out, out[-600:]
    assert "1 deleted" in out and {"plain", "since"} <= {r["$relationshipId"] for r in state(s)[1]}, out[-600:]  # n1 of p1
    assert list(models(s).values()).count("dtmi:ex:Pump;2") == 1000
    s.cli("model", "migrate", "--undo", "u")
    assert list(models(s).values()).count("dtmi:ex:Pump;2") == 0


def twins_go_to_another_model():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        with open(s.data + ".json", "w") as f:
            json.dump([MOTOR, PUMP, PUMP_2, LINE], f)
        s.cli("model", "upload", s.data + ".json")
        pumps(s)
        here = os.getcwd()
        os.chdir(folder)
        for story in (a_dry_run_changes_nothing, who_lacks_something_keeps_all_where_they_are, there_and_back, what_is_wished_goes_along,
                      who_changed_meanwhile_is_named, a_lost_answer_leaves_the_way_back, what_one_batch_cannot_hold_is_refused):
            story(s, folder)
            print("   ", story.__name__, flush=True)
        os.chdir(here)


main(twins_go_to_another_model)
