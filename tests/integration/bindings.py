# SPDX-License-Identifier: Apache-2.0
"""Payloads that know nothing of twins, sent by mosquitto_pub and curl, through bindings: mapped, refused, mended, offered again."""
import gzip
import json
import os
import subprocess
import tempfile
import time

from clients import Web
from pollux import Server, main

PRESS = [{"@id": "dtmi:test:Press;1", "@type": "Interface",
          "@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"], "contents": [
              {"@type": ["Property", "Temperature"], "name": "temperature", "schema": "double", "unit": "degreeCelsius"},
              {"@type": "Telemetry", "name": "power", "schema": "double"},
              {"@type": "Property", "name": "state", "schema": "string"},
              {"@type": "Relationship", "name": "has"}]}]
BINDING = {"source": {"mqtt": "factory/{line}/{machine}/data"}, "twin": "press-{machine}", "time": {"from": "ts", "form": "ms"},
           "fields": [{"from": "/temp", "to": "temperature", "unit": "degreeFahrenheit"},
                      {"name": "u", "from": "/u"}, {"name": "i", "from": "/i"},
                      {"name": "p", "formula": "u * i", "to": "power"}]}


def publish(server, topic, payload, user="admin", key=None, version="5", qos=1):
    """What mosquitto_pub says of the PUBACK: its reason code, or None."""
    done = subprocess.run(["mosquitto_pub", "-V", version, "-h", "127.0.0.1", "-p", str(server.mqtt), "-u", user, "-P", key or server.token,
                           "-t", topic, "-s", "-q", str(qos), "-d"], input=payload if isinstance(payload, bytes) else payload.encode(),
                          capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.decode().splitlines():
        if "PUBACK" in line:
            return int(line.split("RC:")[1].rstrip(")")) if "RC:" in line else 0
    return None


def post(server, target, body, *headers):
    """(status, answer) of curl."""
    done = subprocess.run(["curl", "-s", "-w", "\n%{http_code}", "-X", "POST", server.url + target, "-H", f"Authorization: Bearer {server.token}",
                           *[x for h in headers for x in ("-H", h)], "--data-binary", "@-"], input=body, capture_output=True, timeout=20)
    text, status = done.stdout.decode().rsplit("\n", 1)
    return int(status), json.loads(text)


def cli(server, *words, code=0):
    done = subprocess.run([os.environ["POLLUX"], *words, "--server", server.url, "--token", server.token], capture_output=True, text=True, timeout=30)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def begin(server, *twins):
    web = Web(server)
    web.want(201, "POST", "/models", PRESS)
    for twin in twins:
        web.want(200, "PUT", f"/digitaltwins/{twin}", {"$metadata": {"$model": "dtmi:test:Press;1"}})
    return web


def values(web, twin):
    status, _, text = web.ask("GET", f"/api/v1/twins/{twin}")
    assert status == 200, text
    return {k: v["value"] for k, v in json.loads(text)["values"].items()}


def rejects(web, query=""):
    return web.want(200, "GET", "/api/v1/rejects" + query)["items"]


def in_history(web, twin, prop):
    return len(web.want(200, "GET", f"/api/v1/history/{twin}?property={prop}")["rows"])


def a_message_is_mapped_and_its_puback_means_committed():
    with Server() as s:
        web = begin(s, "press-7")
        web.want(200, "PUT", "/api/v1/bindings/presses", BINDING)
        assert publish(s, "factory/1/7/data", '{"temp":212,"u":230.5,"i":2,"ts":1793534400500}') == 0
        assert values(web, "press-7") == {"temperature": 100, "power": 461.0}
        live = web.want(200, "GET", "/api/v1/twins/press-7")["values"]["temperature"]
        assert (live["sourceTime"], live["unit"]) == ("2026-11-01T12:00:00.5Z", "degreeCelsius")
        s.kill()
        s.start()
        web = Web(s)
        assert values(web, "press-7") == {"temperature": 100, "power": 461.0}
        # both versions, and without a PUBACK
        assert publish(s, "factory/1/7/data", '{"temp":32}', version="311") == 0
        publish(s, "factory/1/7/data", '{"temp":32}', qos=0)
        assert values(web, "press-7")["temperature"] == 0
        # a topic that no binding takes is a plain one
        assert publish(s, "factory/1/7/other", '{"temp":5}') in (0, 16)
        assert values(web, "press-7")["temperature"] == 0
        web.want(200, "POST", "/api/v1/bindings/presses/disable")
        assert publish(s, "factory/1/7/data", '{"temp":50}') in (0, 16)
        assert values(web, "press-7")["temperature"] == 0
        web.want(200, "POST", "/api/v1/bindings/presses/enable")
        assert publish(s, "factory/1/7/data", '{"temp":50}') == 0
        assert values(web, "press-7")["temperature"] == 10
        web.want(204, "DELETE", "/api/v1/bindings/presses")
        assert publish(s, "factory/1/7/data", '{"temp":68}') in (0, 16)
        assert values(web, "press-7")["temperature"] == 10


def what_cannot_be_mapped_is_kept_and_taken_after_the_binding_is_mended_once():
    with Server() as s:
        web = begin(s, "press-7")
        faulty = json.loads(json.dumps(BINDING))
        faulty["fields"][0]["to"] = "temprature"
        web.want(200, "PUT", "/api/v1/bindings/presses", faulty)
        assert publish(s, "factory/1/7/data", '{"temp":212,"u":1,"i":2}') == 0  # one good value is enough
        assert publish(s, "factory/1/9/data", '{"temp":32,"u":1,"i":2}') == 0x99
        assert publish(s, "factory/1/7/data", "no JSON") == 0x99
        kept = rejects(web, "?binding=presses&payload=whole")
        assert [k["code"] for k in kept] == ["json.literal", "twin.not_found", "sync.unknown"], kept
        assert "did you mean 'temperature'" in kept[2]["reason"] and kept[2]["payload"] == '{"temp":212,"u":1,"i":2}'
        assert "did you mean 'temperature'" in cli(s, "sync", "rejects", "--reason", "sync.unknown", "--json")
        assert cli(s, "sync", "replay", "--binding", "presses") == "offered 3, taken 0 with 0 values, left 3\n"
        web.want(200, "PUT", "/api/v1/bindings/presses", BINDING)
        assert cli(s, "sync", "replay", "--binding", "presses") == "offered 3, taken 1 with 1 values, left 2\n"
        assert values(web, "press-7") == {"temperature": 100, "power": 2}
        web.want(200, "PUT", "/digitaltwins/press-9", {"$metadata": {"$model": "dtmi:test:Press;1"}})
        assert cli(s, "sync", "replay", "--sender", "admin") == "offered 2, taken 1 with 2 values, left 1\n"
        assert values(web, "press-9") == {"temperature": 0, "power": 2}
        assert cli(s, "sync", "replay") == "offered 1, taken 0 with 0 values, left 1\n"
        for twin, prop in (("press-7", "temperature"), ("press-7", "power"), ("press-9", "power")):
            assert in_history(web, twin, prop) == 1, (twin, prop)
        last = rejects(web)
        assert len(last) == 1 and last[0]["payload"] == "no JSON"


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def subscribe(server, *words):
    return ["mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", str(server.mqtt), "-u", "admin", "-P", server.token, *words]


def what_a_binding_takes_is_a_plain_message_as_well():
    """Retained, queued for a session that is away, by QoS 2 and as a will: in each case the values come once."""
    with Server() as s:
        web = begin(s, "press-7")
        web.want(200, "PUT", "/api/v1/bindings/presses", BINDING)
        keeper = ("-i", "keeper", "-c", "-x", "3600", "-q", "1", "-t", "factory/#")
        assert subprocess.run(subscribe(s, *keeper, "-E"), timeout=20).returncode == 0
        sent = [f'{{"temp":{50 + 18 * n},"ts":{1793534400000 + n}}}' for n in range(3)]
        for qos, message in enumerate(sent):
            publish(s, "factory/1/7/data", message, qos=qos)
        until(lambda: values(web, "press-7").get("temperature") == 30)
        assert values(web, "press-7") == {"temperature": 30} and in_history(web, "press-7", "temperature") == 3
        # one that no value comes of is a plain one still
        assert publish(s, "factory/1/7/data", '{"temp":"hot"}') == 0 and rejects(web)[0]["name"] == "/temp"
        heard = subprocess.run(subscribe(s, *keeper, "-C", "3", "-W", "20"), capture_output=True, text=True, timeout=30)
        assert set(sent[1:]) | {'{"temp":"hot"}'} <= set(heard.stdout.split("\n")), heard
        done = subprocess.run(["mosquitto_pub", "-V", "5", "-p", str(s.mqtt), "-u", "admin", "-P", s.token, "-q", "1", "-r", "-t", "factory/1/7/data",
                               "-m", '{"temp":14}'], timeout=20)
        assert done.returncode == 0 and values(web, "press-7")["temperature"] == -10
        got = subprocess.run(subscribe(s, "-t", "factory/1/7/data", "-C", "1", "-W", "20"), capture_output=True, text=True, timeout=30)
        assert got.stdout == '{"temp":14}\n', got
        leaver = subprocess.Popen(subscribe(s, "-t", "nothing", "--will-topic", "factory/1/7/data", "--will-payload", '{"temp":5}', "--will-qos", "1"))
        until(lambda: web.metrics()["pollux_mqtt_connections"] - web.metrics()["pollux_mqtt_unauthenticated"] == 1)
        leaver.kill()
        leaver.wait(10)
        until(lambda: values(web, "press-7")["temperature"] == -15)
        s.kill()
        s.start()
        assert values(Web(s), "press-7") == {"temperature": -15}


def a_device_writes_its_own_twins_only_and_a_binding_what_it_was_given_the_right_to():
    with Server() as s:
        web = begin(s, "press-7", "press-8", "line-1")
        key = web.want(201, "PUT", "/api/v1/devices/gateway", {"twins": ["press-7"]})["key"]
        web.want(200, "PUT", "/api/v1/bindings/presses", BINDING)
        assert publish(s, "factory/1/7/data", '{"temp":32}', "gateway", key) == 0
        assert publish(s, "factory/1/8/data", '{"temp":32}', "gateway", key) == 0x99
        assert rejects(web)[0]["code"] == "access.twin" and values(web, "press-8") == {}
        trusted = {**BINDING, "as": "binding", "create": {"model": "dtmi:test:Press;1", "properties": {"state": "new on {line}"},
                                                          "parent": {"twin": "line-{line}", "relationship": "has"}}}
        web.want(200, "PUT", "/api/v1/bindings/presses", trusted)
        assert publish(s, "factory/1/8/data", '{"temp":32}', "gateway", key) == 0
        assert publish(s, "factory/1/22/data", '[{"temp":32,"ts":1},{"temp":50,"ts":2}]', "gateway", key) == 0
        assert publish(s, "factory/1/22/data", '{"temp":68,"ts":3}', "gateway", key) == 0
        assert values(web, "press-22") == {"temperature": 20, "state": "new on 1"}
        related = json.loads(web.ask("GET", "/digitaltwins/line-1/relationships")[2])["value"]
        assert [r["$targetId"] for r in related] == ["press-22"], related
        # no parent: nothing of the message counts
        assert publish(s, "factory/9/23/data", '{"temp":32}', "gateway", key) == 0x99
        web.want(404, "GET", "/api/v1/twins/press-23")
        web.want(400, "PUT", "/api/v1/bindings/more", {**trusted, "as": "sender"})


def one_message_counts_for_all_its_twins_or_for_none():
    with Server() as s:
        web = begin(s, "p-1", "p-2")
        web.want(200, "PUT", "/api/v1/bindings/both", {
            "source": {"mqtt": "both"}, "twin": ["p-1", "p-2"], "fields": [{"from": "s", "to": "state"}]})
        assert publish(s, "both", json.dumps({"s": "x"})) == 0
        assert values(web, "p-1") == values(web, "p-2") == {"state": "x"}
        web.want(200, "PUT", "/api/v1/bindings/second", {
            "source": {"mqtt": "+"}, "twin": "p-1", "fields": [{"from": "t", "to": "power"}]})
        assert publish(s, "both", json.dumps({"s": "y", "t": 5})) == 0
        assert values(web, "p-1") == {"state": "y", "power": 5} and values(web, "p-2") == {"state": "y"}


def values_by_http_count_line_by_line():
    with Server() as s:
        web = begin(s, "press-7")
        assert post(s, "/api/v1/ingest", b'{"twin":"press-7","temperature":21.40,"$ts":"2026-11-01T12:00:00Z"}') == (
            200, {"lines": 1, "accepted": 1, "partial": 0, "rejected": 0, "values": 1, "faulty": []})
        status, answer = post(s, "/api/v1/ingest?format=line&precision=s",
                              b'# head\npress,twin=press-7 power=1.5 1793534401\npress,twin=gone power=1\npress,twin=press-7 power=2,odd=1\npress x\n')
        assert status == 207 and [(f["line"], f["status"]) for f in answer["faulty"]] == [(3, "rejected"), (4, "partial"), (5, "rejected")], answer
        assert (answer["lines"], answer["accepted"], answer["partial"], answer["rejected"], answer["values"]) == (4, 1, 1, 2, 2)
        status, answer = post(s, "/api/v1/ingest", b'{"twin":"press-7","power":3}\n{"twin":"press-7","power":4}\n', "Content-Type: application/x-ndjson")
        assert (status, answer["accepted"]) == (200, 2)
        many = b"".join(b'press,twin=press-7 power=%d %d\n' % (n, 1793534500 + n) for n in range(10000))
        status, answer = post(s, "/api/v1/ingest?format=line&precision=s", gzip.compress(many), "Content-Encoding: gzip")
        assert (status, answer["accepted"], answer["values"]) == (200, 10000, 10000), answer
        status, answer = post(s, "/api/v1/ingest?format=line&precision=s", gzip.compress(many + b"press,twin=press-7 power=1\n"), "Content-Encoding: gzip")
        assert (status, answer["code"]) == (413, "ingest.lines"), answer
        status, answer = post(s, "/api/v1/ingest", gzip.compress(b" " * 1000000), "Content-Encoding: gzip")
        assert (status, answer["code"]) == (413, "gzip.size"), answer
        status, answer = post(s, "/api/v1/ingest", b"plain", "Content-Encoding: gzip")
        assert (status, answer["code"]) == (400, "gzip.form"), answer
        status, answer = post(s, "/api/v1/ingest", b"plain", "Content-Encoding: br")
        assert (status, answer["code"]) == (400, "http.encoding"), answer
        web.want(200, "PUT", "/api/v1/bindings/boiler", {"source": {"http": True}, "format": "csv", "twin": "press-{no}", "fields": [
            {"from": "no"}, {"from": "P kW", "to": "power"}]})
        status, answer = post(s, "/api/v1/ingest?binding=boiler", b"no,P kW\n7,9.25\n8,1\n")
        assert status == 207 and answer["faulty"][0]["faults"][0]["row"] == 2, answer
        assert values(web, "press-7")["power"] == 9.25
        assert post(s, "/api/v1/ingest?binding=nobody", b"{}")[0] == 404


def a_row_that_cannot_be_read_is_a_miss_and_the_others_count():
    """Rows of CSV of another width, a line of the protocol that is none: by HTTP, MQTT, in a trial and in a replay."""
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web = begin(s, "press-7")
        table = {"source": {"mqtt": "csv", "http": True}, "format": "csv", "twin": "press-7", "time": {"from": "t", "form": "s"},
                 "fields": [{"from": "P", "to": "power"}]}
        web.want(200, "PUT", "/api/v1/bindings/table", table)
        web.want(200, "PUT", "/api/v1/bindings/lines", {"source": {"mqtt": "lines"}, "format": "line", "twin": "press-7", "rest": "/fields"})
        rows = b"t,P\n1793534401,1\n1793534402\n1793534403,3\n1793534404,4,5\n"
        status, answer = post(s, "/api/v1/ingest?binding=table", rows)
        assert (status, answer["partial"], answer["values"]) == (207, 1, 2), answer
        assert [(f["row"], f["code"], f["reason"]) for f in answer["faulty"][0]["faults"]] == [
            (2, "csv.width", "line 3 has 1 cells, and there are 2 columns"), (4, "csv.width", "line 5 has 3 cells, and there are 2 columns")], answer
        status, answer = post(s, "/api/v1/ingest?binding=table", b"t,P\n1793534402\n")
        assert (status, answer["code"]) == (400, "csv.width"), answer
        assert publish(s, "csv", rows.replace(b",3", b",6")) == 0 and values(web, "press-7")["power"] == 6
        assert publish(s, "lines", "press power=7\npress x\npress power=8\n") == 0 and values(web, "press-7")["power"] == 8
        assert publish(s, "lines", "press x\npress y\n") == 0x99
        assert rejects(web, "?binding=lines")[-1]["row"] == 2
        assert cli(s, "sync", "replay", "--binding", "table") == "offered 5, taken 0 with 0 values, left 5\n"
        for name, content in (("rows.csv", rows), ("table.json", json.dumps(table).encode())):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(content)
        told = cli(s, "binding", "test", "--file", os.path.join(folder, "table.json"), os.path.join(folder, "rows.csv"), "--topic", "csv", "--json", code=2)
        assert json.loads(told)["totals"] == {"messages": 1, "values": 2, "missed": 2, "failed": 0}, told


def a_message_that_becomes_nothing_is_told():
    """One wrong letter in a place: by MQTT, HTTP, in a trial; kept, counted, taken once the binding is mended."""
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web = begin(s, "press-7")
        wrong = {"source": {"mqtt": "plant/{machine}", "http": True}, "twin": "press-7", "fields": [{"from": "/tmep", "to": "temperature"}]}
        web.want(200, "PUT", "/api/v1/bindings/presses", wrong)
        for _ in range(3):  # one in a minute is kept
            assert publish(s, "plant/7", '{"temp":21,"ts":1}') == 0x99
        assert publish(s, "plant/7", '{"tmep":null}') in (0, 16)  # says itself that there is no value
        status, answer = post(s, "/api/v1/ingest?binding=presses", b'{"temp":22}')
        assert (status, answer["code"]) == (400, "binding.nothing") and "line 1: there is no value for '/tmep'; the row has 'temp'" in answer["detail"], answer
        status, answer = post(s, "/api/v1/ingest?binding=presses", b'[{"temp":22},{"tmep":5}]')
        assert (status, answer["partial"], answer["values"], answer["faulty"][0]["faults"][0]["row"]) == (207, 1, 1, 1), answer
        kept = rejects(web, "?binding=presses")
        assert [(k["code"], k["source"], k["row"], k["replayable"]) for k in kept] == [
            ("binding.nothing", "", 1, True), ("binding.nothing", "", 1, True), ("binding.nothing", "plant/7", 1, True)], kept
        assert kept[2]["reason"] == "there is no value for '/tmep'; the row has 'temp', 'ts'", kept
        told = web.want(200, "GET", "/api/v1/bindings/presses")
        assert told["figures"]["missed"] == 5, told
        for name, content in (("b.json", json.dumps(wrong)), ("m.ndjson", '{"topic":"plant/7","payload":{"temp":21}}\n')):
            with open(os.path.join(folder, name), "w") as f:
                f.write(content)
        told = json.loads(cli(s, "binding", "test", "--file", os.path.join(folder, "b.json"), os.path.join(folder, "m.ndjson"), "--json", code=2))
        assert told["totals"] == {"messages": 1, "values": 0, "missed": 1, "failed": 0}, told
        # another binding of the topic understands it: the first one is silent
        right = {**wrong, "fields": [{"from": "/temp", "to": "temperature"}]}
        web.want(200, "PUT", "/api/v1/bindings/others", {**right, "source": {"mqtt": "plant/+"}})
        assert publish(s, "plant/7", '{"temp":30}') == 0 and values(web, "press-7")["temperature"] == 30
        assert publish(s, "plant/7", '{"temp":"hot"}') == 0x99
        assert publish(s, "plant/7", '{"temp":null}') in (0, 16)
        assert publish(s, "plant/7", '{"beat":1}') == 0x99  # and none of both
        newest = [(k["code"], k["binding"]) for k in rejects(web)[:2]]
        assert newest == [("binding.nothing", "others"), ("value.type", "others")], newest
        web.want(204, "DELETE", "/api/v1/bindings/others")
        # rows that a condition passes over are silent
        web.want(200, "PUT", "/api/v1/bindings/presses", {**right, "when": "beat = 1", "fields": right["fields"] + [{"name": "beat", "from": "/beat"}]})
        assert publish(s, "plant/7", '{"temp":99}') in (0, 16)
        web.want(200, "PUT", "/api/v1/bindings/presses", right)
        assert cli(s, "sync", "replay", "--binding", "presses") == "offered 3, taken 3 with 3 values, left 0\n"
        assert rejects(web, "?binding=presses") == []


def a_binding_is_tried_before_it_is_used():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web = begin(s, "press-7")
        binding, messages = os.path.join(folder, "b.json"), os.path.join(folder, "m.ndjson")
        with open(binding, "w") as f:
            json.dump(BINDING, f)
        with open(messages, "w") as f:
            f.write('{"topic":"factory/1/7/data","payload":{"temp":212,"u":1,"i":2,"more":1}}\n'
                    '{"topic":"factory/1/8/data","payload":{"temp":32}}\n{"topic":"factory/1/7/data","payload":{"temp":"hot"}}\n')
        shown = cli(s, "binding", "test", "--file", binding, messages, code=2)
        for words in (("press-7", "temperature", "100", "degreeCelsius", "1"), ("press-8", "there is no twin 'press-8'"),
                      ("press-7", "/temp", "'hot' is no number"), ("/more", "1")):
            assert any(all(w in line for w in words) for line in shown.splitlines()), (words, shown)
        assert values(web, "press-7") == {} and rejects(web) == []
        cli(s, "binding", "put", "presses", binding)
        assert "presses" in cli(s, "binding", "list")
        assert json.loads(cli(s, "binding", "show", "presses")) == BINDING
        cli(s, "binding", "test", "presses", messages, "--limit", "1")
        cli(s, "binding", "delete", "presses")
        cli(s, "binding", "show", "presses", code=4)


def a_trial_says_no_where_a_live_message_would_not_be_taken():
    with Server() as s:
        web = begin(s, "press-7")

        def tried(message, **other):
            body = {"binding": {**BINDING, **other}, "messages": [message]}
            return web.want(200, "POST", "/api/v1/binding-tests", body)["messages"][0]

        assert tried({"topic": "factory/1/7/data", "payload": {"temp": 212}})["values"][0]["value"] == 100
        other = tried({"topic": "foundry/1/7/data", "payload": {"temp": 212}})
        assert (other["code"], other["values"]) == ("binding.topic", []), other
        assert "'factory/+/+/data'" in other["error"] and "'foundry/1/7/data'" in other["error"], other
        other = tried({"payload": {"temp": 212}})
        assert other["code"] == "binding.topic" and "no topic" in other["error"], other
        # what is named by nothing of the topic, or comes by HTTP, needs none
        assert tried({"payload": {"temp": 212}}, source={"mqtt": "factory/+/+/data"}, twin="press-7")["values"]
        assert tried({"payload": {"temp": 212}}, source={"http": True}, twin="press-7")["values"]
        web.want(204, "DELETE", "/models/dtmi:test:Press;1")
        other = tried({"topic": "factory/1/7/data", "payload": {"temp": 212}})
        assert (other["code"], other["values"]) == ("twin.model_gone", []), other


def a_slip_is_noted_and_what_is_left_out_of_samples_is_said():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        def noted(*words, code=0):
            done = subprocess.run([os.environ["POLLUX"], *words, "--server", s.url, "--token", s.token], capture_output=True, text=True, timeout=30)
            assert done.returncode == code, (words, done)
            return done.stderr

        def write(name, text):
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
            return os.path.join(folder, name)

        told = noted("binding", "put", "b", write("b.json", json.dumps({**BINDING, "source": {"connection": "plnt", "topic": "a/{line}/{machine}"}})))
        assert "note: there is no connection 'plnt': nothing comes until it is made" in told, told
        assert "note" not in noted("binding", "put", "b", write("b.json", json.dumps(BINDING)))
        two = write("two.ndjson", '{"topic":"a/b","payload":{"v":1,"list":[1,2]}}\n{"topic":"a/b/c","payload":{"v":2}}\n')
        told = noted("binding", "suggest", two, "--out", os.path.join(folder, "new"))
        assert "arrays of values were left out, the first at '/list'" in told and "different numbers of levels" in told, told
        assert sorted(os.listdir(os.path.join(folder, "new"))) == ["binding.json", "model.json"]
        told = noted("binding", "suggest", two, "--out", os.path.join(folder, "b.json", "new"), code=9)
        assert "Not a directory" in told, told
        bare = write("bare.ndjson", '{"topic":"m/a/temp","payload":1}\n{"topic":"m/a/hum","payload":2}\n')
        assert "each message is one value" in noted("binding", "suggest", bare)
        assert "note" not in noted("sync", "replay")
        Web(s).want(400, "POST", "/api/v1/ingest", {"twin": "nowhere", "v": 1})
        told = noted("sync", "replay")
        assert "1 was not made by a binding, and cannot be replayed: send it again" in told and "stays as it was" not in told, told
        told = noted("binding", "suggest", write("bad.ndjson", '{"v":1}\nhall/oven {"v":1}\n'), code=2)
        assert "bad.ndjson:2:1" in told and "mosquitto_sub -F %J" in told, told


def what_is_suggested_fits_the_samples():
    """Model and binding made of a file are taken by the server, and map that file without a miss."""
    series = os.path.join(os.environ.get("PX_SHARED_DATA", "/nowhere"), "series")
    files = [os.path.join(series, f) for f in ("manufacturing/skab/other/1.csv", "manufacturing/ai4i2020_even.csv", "transport/metropt3_head1000.csv",
                                               "manufacturing/cnc_mill/experiment_01.csv", "manufacturing/tep/d00_te.csv", "energy/ETTh1.csv",
                                               "healthcare/ae_attendances_even.csv", "healthcare/ecg_mba805_first50k.csv", "transport/la_speed_even.csv")]
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web, own = Web(s), os.path.join(folder, "own.ndjson")
        with open(own, "w") as f:
            for n in range(20):
                f.write(json.dumps({"topic": f"plant/{n % 2}/data", "payload": {"ts": 1793534400000 + n, "temp_degC": 20 + n / 10, "mode": "ab"[n % 2],
                                                                                 "motor": {"rpm": 900 + n}, "on": n > 3}}) + "\n")
        for number, sample in enumerate([own] + [f for f in files if os.path.exists(f)]):
            model_id = f"dtmi:test:Suggested{number};1"
            cli(s, "binding", "suggest", sample, "--id", model_id, "--out", folder)
            with open(os.path.join(folder, "model.json")) as f:
                web.want(201, "POST", "/models", [json.load(f)])
            with open(os.path.join(folder, "binding.json")) as f:
                binding = json.load(f)
            for twin in [binding["twin"].replace("{level2}", level) for level in ("0", "1")][:1 + ("{" in binding["twin"])]:
                web.want(200, "PUT", f"/digitaltwins/{twin}", {"$metadata": {"$model": model_id}})
            told = json.loads(cli(s, "binding", "test", "--file", os.path.join(folder, "binding.json"), sample, "--limit", "500", "--json"))
            assert told["totals"]["missed"] == told["totals"]["failed"] == 0 and told["totals"]["values"] > 50, (sample, told["totals"])
        if number == 0:
            print(f"  recorded data was not tried: there is no {series}")


if __name__ == "__main__":
    main(a_message_is_mapped_and_its_puback_means_committed, what_a_binding_takes_is_a_plain_message_as_well,
         what_cannot_be_mapped_is_kept_and_taken_after_the_binding_is_mended_once,
         a_device_writes_its_own_twins_only_and_a_binding_what_it_was_given_the_right_to, one_message_counts_for_all_its_twins_or_for_none,
         values_by_http_count_line_by_line, a_row_that_cannot_be_read_is_a_miss_and_the_others_count,
         a_message_that_becomes_nothing_is_told, a_binding_is_tried_before_it_is_used,
         a_trial_says_no_where_a_live_message_would_not_be_taken,
         a_slip_is_noted_and_what_is_left_out_of_samples_is_said, what_is_suggested_fits_the_samples)
