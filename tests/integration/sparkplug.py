# SPDX-License-Identifier: Apache-2.0
"""Edge nodes of Sparkplug B, as paho and Python's protobuf speak it: birth, data by alias, what asks for a rebirth, death
by will and by hand, host applications, rights, and a restart."""
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import paho.mqtt.client as paho

from clients import Web
from pollux import PROGRAM, Server, main
from small_disk import SmallDisk

HERE = os.path.dirname(os.path.abspath(__file__))
DOUBLE, INT32, INT64, FLOAT, BOOLEAN, STRING = 10, 3, 4, 9, 11, 12
AT = 1_767_225_600_000  # 2026-01-01, in milliseconds


def load_schema():
    """Python's classes of tests/support/sparkplug.proto; made anew, so that nothing generated is kept."""
    if not shutil.which("protoc"):
        print("skipped: there is no protoc")
        sys.exit(77)
    try:
        import google.protobuf  # noqa: F401
    except ImportError:
        print("skipped: there is no python3-protobuf")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="pollux-spark-")
    support = os.path.join(HERE, "..", "support")
    subprocess.run(["protoc", f"--python_out={folder}", f"--proto_path={support}", "sparkplug.proto"], check=True)
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("sparkplug_pb2")
    finally:
        shutil.rmtree(folder)


pb = load_schema()


def payload(seq, *metrics, timestamp=AT):
    p = pb.Payload(timestamp=timestamp)
    if seq is not None:
        p.seq = seq % 256
    for metric in metrics:
        p.metrics.add(**metric)
    return p.SerializeToString()


def bd_seq(n):
    return dict(name="bdSeq", datatype=INT64, long_value=n)


def until(ready, what, seconds=20):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.005)


class Client:
    """`got` lists (topic, payload)."""

    def __init__(self, s, user, key, name, will=None, version=paho.MQTTv5):
        self.got, self.codes, self.refused, self.granted = [], [], {}, []
        self.done = threading.Event()
        self.paho = p = paho.Client(name, protocol=version)
        p.username_pw_set(user, key)
        if will:
            p.will_set(*will)
        p.on_connect = lambda c, d, f, code, props=None: self.codes.append(getattr(code, "value", code))
        p.on_message = lambda c, d, m: self.got.append((m.topic, m.payload))
        p.on_subscribe = lambda c, d, mid, codes, props=None: self.granted.append([getattr(x, "value", x) for x in codes])
        p.on_publish = lambda c, d, mid: self.done.set()
        p.connect("127.0.0.1", s.mqtt)
        p.loop_start()
        until(lambda: self.codes, "CONNACK")
        assert self.codes == [0], self.codes

    def subscribe(self, topic):
        before = len(self.granted)
        self.paho.subscribe(topic, 1)
        until(lambda: len(self.granted) > before, "SUBACK")
        return self.granted[-1][0]

    def say(self, topic, data, qos=1, retain=False):
        self.done.clear()
        self.paho.publish(topic, data, qos, retain)
        assert self.done.wait(20), f"no PUBACK for {topic}"

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def vanish(self):
        """Without DISCONNECT: the will is sent."""
        self.paho.loop_stop()
        self.paho._sock_close()


class Edge(Client):
    """An edge node `plant`/`edge` with a device `press`; counts its seq."""

    def __init__(self, s, key, n=0):
        self.n, self.seq = n, 0
        super().__init__(s, "edge", key, "edge", will=("spBv1.0/plant/NDEATH/edge", payload(None, bd_seq(n)), 1))

    def next(self):
        self.seq += 1
        return self.seq

    def birth(self):
        self.seq = 0
        self.say("spBv1.0/plant/NBIRTH/edge", payload(0, bd_seq(self.n), dict(name="Node Control/Rebirth", datatype=BOOLEAN, boolean_value=False),
                 dict(name="Supply/Voltage", alias=1, datatype=FLOAT, float_value=24.1), dict(name="uptime", alias=2, datatype=INT32, int_value=5),
                 dict(name="Nothing of the kind", alias=3, datatype=STRING, string_value="x")), qos=0)
        self.say("spBv1.0/plant/DBIRTH/edge/press", payload(self.next(), dict(name="temperature", alias=10, datatype=DOUBLE, double_value=20.5)), qos=0)

    def data(self, *metrics, qos=1, retain=False, **more):
        self.say("spBv1.0/plant/NDATA/edge", payload(self.next(), *metrics, **more), qos, retain)


def model(name, **properties):
    return {"@context": "dtmi:dtdl:context;3", "@id": f"dtmi:test:{name};1", "@type": "Interface",
            "contents": [{"@type": "Property", "name": n, "schema": schema} for n, schema in properties.items()]}


def prepare(s):
    web = Web(s)
    node = model("Edge", uptime="integer")
    node["contents"].append({"@type": "Component", "name": "Supply", "schema": "dtmi:test:Supply;1"})
    web.want(201, "POST", "/models", [model("Supply", Voltage="double"), node, model("Press", temperature="double")])
    web.want(200, "PUT", "/digitaltwins/plant.edge", {"$metadata": {"$model": "dtmi:test:Edge;1"}, "Supply": {"$metadata": {}}})
    web.want(200, "PUT", "/digitaltwins/plant.edge.press", {"$metadata": {"$model": "dtmi:test:Press;1"}})
    return web, web.want(201, "PUT", "/api/v1/devices/edge", {"twins": ["plant.edge", "plant.edge.press"]})["key"]


def nodes(web):
    return {n["node"]: n for n in web.want(200, "GET", "/api/v1/sparkplug")["items"]}


def births_and_data_reach_the_twins():
    with Server() as s:
        web, key = prepare(s)
        watcher, edge = Client(s, "any", s.token, "watcher"), Edge(s, key)
        assert watcher.subscribe("spBv1.0/#") == 1
        edge.birth()
        edge.data(dict(alias=1, timestamp=AT + 1000, float_value=23.7), dict(alias=2, int_value=0xFFFFFFFF))
        twin = web.want(200, "GET", "/digitaltwins/plant.edge")
        assert twin["Supply"]["Voltage"] == "23.7" and twin["uptime"] == -1, twin
        edge.say("spBv1.0/plant/DDATA/edge/press", payload(edge.next(), dict(alias=10, double_value=21.4)))
        assert web.want(200, "GET", "/digitaltwins/plant.edge.press")["temperature"] == "21.4"
        rows = web.want(200, "GET", "/api/v1/history/plant.edge?property=Supply.Voltage")["rows"]
        assert rows == [["2026-01-01T00:00:00Z", "24.1"], ["2026-01-01T00:00:01Z", "23.7"]], rows
        # a backlog of before the birth, whose values stand
        edge.data(*[dict(alias=2, timestamp=AT - i, int_value=i, is_historical=True) for i in range(1, 100)])
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == -1
        assert len(web.want(200, "GET", "/api/v1/history/plant.edge?property=uptime")["rows"]) == 101 - 1
        until(lambda: len(watcher.got) == 5, "plain messages")
        assert [t for t, _ in watcher.got] == ["spBv1.0/plant/NBIRTH/edge", "spBv1.0/plant/DBIRTH/edge/press", "spBv1.0/plant/NDATA/edge",
                                               "spBv1.0/plant/DDATA/edge/press", "spBv1.0/plant/NDATA/edge"]
        known = nodes(web)["edge"]
        assert (known["group"], known["online"], known["bdSeq"], known["metrics"]) == ("plant", True, 0, 5), known
        assert [(d["device"], d["online"]) for d in known["devices"]] == [("press", True)]
        rejects = web.want(200, "GET", "/api/v1/rejects")["items"]
        assert [(r["name"], r["code"]) for r in rejects] == [("Nothing of the kind", "sparkplug.unknown")], rejects
        m = web.metrics()
        assert (m["pollux_sparkplug_births_total"], m["pollux_sparkplug_gaps_total"], m["pollux_sparkplug_online"]) == (2, 0, 1)
        for c in (watcher, edge):
            c.close()


def what_was_not_understood_asks_for_a_birth():
    with Server() as s:
        web, key = prepare(s)
        edge = Edge(s, key)
        assert edge.subscribe("spBv1.0/plant/NCMD/edge/#") == 1
        edge.data(dict(alias=1, float_value=1.0))
        until(lambda: edge.got, "NCMD")
        topic, asked = edge.got.pop()
        asked = pb.Payload.FromString(asked)
        assert topic == "spBv1.0/plant/NCMD/edge" and asked.timestamp > AT
        assert [(m.name, m.datatype, m.boolean_value) for m in asked.metrics] == [("Node Control/Rebirth", BOOLEAN, True)]
        assert web.want(200, "GET", "/api/v1/rejects")["items"][0]["code"] == "sparkplug.unborn"
        edge.birth()
        edge.next()  # this one was lost
        edge.data(dict(alias=2, int_value=7))
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 7, "the values behind a gap are facts"
        until(lambda: (edge.next(), edge.data(), edge.got)[-1], "NCMD after a gap; one request in 5 s")
        m = web.metrics()
        assert m["pollux_sparkplug_gaps_total"] > 0 and (m["pollux_sparkplug_unborn_total"], m["pollux_sparkplug_rebirths_total"]) == (1, 2), m
        edge.birth()
        # a restart knows nothing of it, and asks
        edge.close()
        s.kill()
        s.start()
        web.close()
        edge = Edge(s, key)
        edge.subscribe("spBv1.0/plant/NCMD/edge/#")
        edge.data(dict(alias=2, int_value=8))
        until(lambda: edge.got, "NCMD after a restart")
        edge.birth()
        edge.data(dict(alias=2, int_value=9))
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 9
        edge.close()


def deaths_are_of_their_birth():
    with Server() as s:
        web, key = prepare(s)
        edge = Edge(s, key, n=4)
        edge.birth()  # by QoS 0, which nobody answers
        until(lambda: nodes(web).get("edge", {}).get("online"), "birth")
        edge.say("spBv1.0/plant/NDEATH/edge", payload(None, bd_seq(3)))  # the will of the connection before
        assert nodes(web)["edge"]["online"]
        edge.vanish()
        until(lambda: not nodes(web)["edge"]["online"], "death by will")
        known = nodes(web)["edge"]
        assert [d["online"] for d in known["devices"]] == [False]
        edge = Edge(s, key, n=5)
        edge.birth()
        edge.say("spBv1.0/plant/DDEATH/edge/press", payload(edge.next()))
        known = nodes(web)["edge"]
        assert known["online"] and known["bdSeq"] == 5 and [d["online"] for d in known["devices"]] == [False], known
        m = web.metrics()
        assert (m["pollux_sparkplug_deaths_total"], m["pollux_sparkplug_deaths_ignored_total"]) == (2, 1), m
        edge.close()


def states(web):
    return [web.want(200, "GET", f"/api/v1/twins/{twin}/freshness")["state"] for twin in ("plant.edge", "plant.edge.press")]


def fresh_edge(s, web, key):
    """Both twins are fresh for a day, unless the node or the device dies."""
    for twin, name in (("plant.edge", "uptime"), ("plant.edge.press", "temperature")):
        web.want(200, "PUT", f"/api/v1/freshness-rules/{twin}", {"properties": {name: {"period": 86400}}})
    edge, now = Edge(s, key), int(time.time() * 1000)
    edge.say("spBv1.0/plant/NBIRTH/edge", payload(0, bd_seq(0), dict(name="uptime", alias=2, datatype=INT32, int_value=5), timestamp=now))
    edge.say("spBv1.0/plant/DBIRTH/edge/press", payload(1, dict(name="temperature", alias=10, datatype=DOUBLE, double_value=20.5),
                                                        timestamp=now))
    until(lambda: states(web) == ["fresh", "fresh"], "fresh twins")
    return edge


def a_death_makes_stale_what_is_declared_of_its_twins():
    with Server() as s:
        web, key = prepare(s)
        watcher = Client(s, "any", s.token, "watcher")
        assert watcher.subscribe("events/freshness/+") == 1
        edge = fresh_edge(s, web, key)
        edge.say("spBv1.0/plant/DDEATH/edge/press", payload(2))
        until(lambda: states(web) == ["fresh", "stale"], "the device's twin stale")
        edge.vanish()
        until(lambda: states(web) == ["stale", "stale"], "the node's twin stale")
        until(lambda: [json.loads(p)["freshness"].get("cause") for _, p in watcher.got].count("source ended") == 2, "two words of it")
        watcher.close()


def a_death_makes_stale_what_bindings_filled():
    """And nothing else: neither what others filled since, nor what else the twin has."""
    with Server() as s:
        web, _ = prepare(s)
        hall = model("Hall", temperature="double", pressure="double")
        web.want(201, "POST", "/models", [hall, {**hall, "@id": "dtmi:test:Hall;2", "contents": hall["contents"][::-1]}])
        web.want(200, "PUT", "/digitaltwins/hall", {"$metadata": {"$model": "dtmi:test:Hall;1"}})
        web.want(200, "PUT", "/api/v1/freshness-rules/hall", {"properties": {name: {"period": 86400} for name in ("temperature", "pressure")}})
        web.want(200, "PUT", "/api/v1/bindings/oil", {"source": {"sparkplug": "plant/{node}/{device}"}, "twin": "hall", "as": "binding",
                                                      "fields": [{"from": "temperature", "to": "temperature"}]})
        nodes_, now = Client(s, "any", s.token, "nodes"), int(time.time() * 1000)

        def of_hall():
            return {i["path"]: i["state"] for i in web.want(200, "GET", "/api/v1/twins/hall/freshness")["items"]}

        def is_born(node, at):
            nodes_.say(f"spBv1.0/plant/NBIRTH/{node}", payload(0, bd_seq(0), timestamp=at))
            nodes_.say(f"spBv1.0/plant/DBIRTH/{node}/press", payload(1, dict(name="temperature", alias=10, datatype=DOUBLE, double_value=20.5),
                                                                     timestamp=at))

        def dies(node):
            nodes_.say(f"spBv1.0/plant/NDEATH/{node}", payload(None, bd_seq(0)))
        web.patch("hall", {"pressure": 3})
        is_born("a", now)
        is_born("b", now + 1)
        is_born("c", now - 1000)
        until(lambda: of_hall() == {"temperature": "fresh", "pressure": "fresh"}, "fresh values")
        dies("a")  # b filled it since
        dies("c")  # its value came late
        assert of_hall() == {"temperature": "fresh", "pressure": "fresh"}, of_hall()
        web.want(204, "PATCH", "/digitaltwins/hall", [{"op": "replace", "path": "/$metadata/$model", "value": "dtmi:test:Hall;2"}])
        dies("b")
        until(lambda: of_hall() == {"temperature": "stale", "pressure": "fresh"}, "one value stale")
        for n in (10, 11):
            is_born("a", now + n)
        until(lambda: of_hall()["temperature"] == "fresh", "fresh again")
        web.patch("hall", {"temperature": 4})  # by people
        dies("a")
        assert of_hall() == {"temperature": "fresh", "pressure": "fresh"}, of_hall()
        assert web.metrics()["pollux_sparkplug_targets_left_out_total"] == 0
        nodes_.close()


def until_full(web):
    """Until not even a small write has found room for 2 s: the log is moved about before it is final."""
    refused_since, end, n = None, time.monotonic() + 60, 0
    while not refused_since or time.monotonic() - refused_since < 2:
        assert time.monotonic() < end, "the disk never was full"
        n += 1
        taken = web.patch("filler", {"temperature": n})[0] == 204
        refused_since = None if taken else refused_since or time.monotonic()
        time.sleep(0 if taken else 0.05)


def until_tried_again(web):
    """In vain."""
    def refused():
        return web.metrics()["pollux_batches_full_total"]
    before = refused()
    until(lambda: refused() >= before + 3, "other try")


def a_death_that_finds_the_disk_full_is_made_again():
    """Nobody says it a second time: it was answered, and the client is gone."""
    with SmallDisk() as disk, Server(os.path.join(disk.folder, "data"), settings=["wal_mb = 4"]) as s:
        web, key = prepare(s)
        web.want(200, "PUT", "/digitaltwins/filler", {"$metadata": {"$model": "dtmi:test:Press;1"}})
        edge = fresh_edge(s, web, key)
        disk.fill()
        until_full(web)
        edge.say("spBv1.0/plant/DDEATH/edge/press", payload(2))
        until(lambda: not nodes(web)["edge"]["devices"][0]["online"], "the device offline")
        assert states(web) == ["fresh", "fresh"], "a death that is not written"
        until_tried_again(web)
        refused = [r for r in web.want(200, "GET", "/api/v1/rejects")["items"] if r["code"] == "store.full" and r["sender"] != "admin"]
        assert [r["sender"] for r in refused] == ["edge"], refused
        disk.free()
        until(lambda: states(web) == ["fresh", "stale"], "the device's twin stale")
        disk.fill()
        until_full(web)
        edge.say("spBv1.0/plant/NDEATH/edge", payload(None, bd_seq(0)))
        until(lambda: not nodes(web)["edge"]["online"], "the node offline")
        edge.close()
        until_tried_again(web)
        assert states(web) == ["fresh", "stale"], "a death that is not written"
        disk.free()
        until(lambda: states(web) == ["stale", "stale"], "the node's twin stale")


def a_message_and_its_values_are_taken_together_or_not_at_all():
    """A twin has at most 32 KiB: values that do not fit take the message, which is to be kept, with them."""
    with Server() as s:
        web = Web(s)
        texts = [f"t{n}" for n in range(12)]
        web.want(201, "POST", "/models", [model("Big", uptime="integer", **{t: "string" for t in texts})])
        web.want(200, "PUT", "/digitaltwins/plant.edge", {"$metadata": {"$model": "dtmi:test:Big;1"}})
        key = web.want(201, "PUT", "/api/v1/devices/edge", {"twins": ["plant.edge"]})["key"]
        edge = Client(s, "edge", key, "edge")
        host = Client(s, "any", s.token, "host")
        birth = [dict(name=t, alias=n + 1, datatype=STRING, string_value="-") for n, t in enumerate(texts)]
        edge.say("spBv1.0/plant/NBIRTH/edge", payload(0, bd_seq(0), dict(name="uptime", alias=99, datatype=INT32, int_value=1), *birth))
        full = [dict(alias=n + 1, string_value="x" * 4000) for n in range(len(texts))]
        edge.say("spBv1.0/plant/NDATA/edge", payload(1, dict(alias=99, int_value=2), *full), retain=True)
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 1, "values beyond the twin's size were taken"
        assert any(r["code"] == "twin.size" for r in web.want(200, "GET", "/api/v1/rejects")["items"])
        assert host.subscribe("spBv1.0/plant/#") == 1
        time.sleep(0.3)
        assert host.got == [], "the message was kept without its values"
        edge.say("spBv1.0/plant/NDATA/edge", payload(2, dict(alias=99, int_value=3)), retain=True)
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 3
        until(lambda: host.got, "the retained message")
        host.close()
        s.kill()
        s.start()
        web.close()
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 3
        host = Client(s, "any", s.token, "host")
        host.subscribe("spBv1.0/plant/#")
        until(lambda: host.got, "the retained message after a restart")
        assert pb.Payload.FromString(host.got[0][1]).seq == 2
        for c in (edge, host):
            c.close()


def bindings_of_plain_topics_take_plain_messages_alone():
    """What Sparkplug's topics mean is no such binding's to say."""
    with Server() as s:
        web, key = prepare(s)
        web.want(400, "PUT", "/api/v1/bindings/spark", {"source": {"mqtt": "spBv1.0/{group}/NDATA/{node}"}, "twin": "{group}.{node}", "fields": []})
        web.want(200, "PUT", "/api/v1/bindings/all", {"source": {"mqtt": "#"}, "twin": "plant.edge", "fields": [{"from": "/v", "to": "uptime"}]})
        edge = Edge(s, key)
        edge.birth()
        edge.data(dict(alias=2, int_value=7), retain=True)
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 7
        reasons = [r["code"] for r in web.want(200, "GET", "/api/v1/rejects")["items"]]
        assert reasons == ["sparkplug.unknown"], reasons
        edge.close()


def oven(web, *twins):
    contents = [{"@type": ["Property", "Temperature"], "name": "temp", "schema": "double", "unit": "degreeCelsius"},
                *[{"@type": "Property", "name": n, "schema": schema} for n, schema in (("kilovolts", "double"), ("power", "double"), ("mode", "string"))]]
    web.want(201, "POST", "/models", [{"@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"], "@id": "dtmi:test:Oven;1",
                                       "@type": "Interface", "contents": contents}])
    for twin in twins:
        web.want(200, "PUT", f"/digitaltwins/{twin}", {"$metadata": {"$model": "dtmi:test:Oven;1"}})


OF_NODES = {"source": {"sparkplug": "plant/{node}"}, "twin": "hall-{node}", "as": "binding", "fields": [
    {"name": "u", "from": "Supply/Voltage", "to": "kilovolts", "scale": 0.001}, {"name": "up", "from": "uptime"},
    {"name": "p", "formula": "u * up", "to": "power"}, {"from": "Nothing of the kind", "to": "mode", "values": {"x": "idle"}}]}
OF_DEVICES = {"source": {"sparkplug": "plant/+/{device}"}, "twin": "hall-{device}", "as": "binding",
              "fields": [{"from": "temperature", "to": "temp", "unit": "degreeFahrenheit"}]}


def metrics_go_to_any_twin_by_a_binding():
    """With unit, scale and formula, by name and by alias, beside the twin of the same name, and in one commit with it."""
    with Server() as s:
        web, key = prepare(s)
        oven(web, "hall-edge", "hall-press")
        web.want(200, "PUT", "/api/v1/bindings/nodes", OF_NODES)
        web.want(200, "PUT", "/api/v1/bindings/devices", OF_DEVICES)
        edge = Edge(s, key)
        edge.birth()
        edge.data(dict(alias=1, timestamp=AT + 1000, float_value=24.5), dict(alias=2, timestamp=AT + 1000, int_value=4), retain=True)
        edge.say("spBv1.0/plant/DDATA/edge/press", payload(edge.next(), dict(alias=10, double_value=212)))

        def known(twin):
            got = web.want(200, "GET", f"/digitaltwins/{twin}")
            return {k: float(v) if k != "mode" else v for k, v in got.items() if k[0] != "$"}

        def is_there():
            assert known("hall-edge") == {"kilovolts": 0.0245, "power": 0.098, "mode": "idle"}, known("hall-edge")
            assert known("hall-press") == {"temp": 100}, known("hall-press")
            assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 4
            rows = web.want(200, "GET", "/api/v1/history/hall-edge?property=kilovolts")["rows"]
            assert [(at, float(v)) for at, v in rows] == [("2026-01-01T00:00:00Z", 0.0241), ("2026-01-01T00:00:01Z", 0.0245)], rows

        is_there()
        assert web.want(200, "GET", "/api/v1/rejects")["items"] == [], "what a binding takes is no reject of the other mapping"
        figures = {b["id"]: b["figures"] for b in web.want(200, "GET", "/api/v1/bindings")["items"]}
        assert (figures["nodes"]["messages"], figures["nodes"]["values"], figures["devices"]["values"]) == (2, 5, 2), figures
        m = web.metrics()
        assert m["pollux_sparkplug_metrics_unknown_total"] == 0, m
        # a backlog: each time is a row, in whatever order it comes
        edge.data(*[dict(alias=1, timestamp=AT - 1000 * i, float_value=i) for i in (1, 3, 2)], qos=2)
        rows = web.want(200, "GET", "/api/v1/history/hall-edge?property=kilovolts&from=2025-12-31T00:00:00Z")["rows"]
        assert [float(v) for _, v in rows] == [0.003, 0.002, 0.001, 0.0241, 0.0245], rows
        edge.vanish()
        s.kill()
        s.start()
        web.close()
        assert known("hall-edge")["kilovolts"] == 0.0245 and known("hall-press") == {"temp": 100}
        host = Client(s, "any", s.token, "host")
        host.subscribe("spBv1.0/plant/NDATA/edge")
        until(lambda: host.got, "the retained message, which was committed with its values")
        host.close()


def what_no_binding_takes_of_metrics_is_told_and_what_one_misses_is_taken_once_it_is_mended():
    with Server() as s:
        web, key = prepare(s)
        oven(web, "hall-edge")
        edge, any_ = Edge(s, key), Client(s, "any", s.token, "any")
        web.want(200, "PUT", "/api/v1/bindings/nodes", {**OF_NODES, "source": {"sparkplug": "+/{node}"}})
        edge.birth()
        edge.data(dict(alias=3, string_value="y"))
        items = web.want(200, "GET", "/api/v1/rejects")["items"]
        assert [(r["code"], r["binding"], r["source"], r["replayable"]) for r in items] == [("binding.values", "nodes", "plant/edge", True)], items
        assert json.loads(items[0]["payload"]) == {"$ts": "2026-01-01T00:00:00Z", "Nothing of the kind": "y"}, items
        mended = json.loads(json.dumps({**OF_NODES, "source": {"sparkplug": "+/{node}"}}))
        mended["fields"][3]["values"]["y"] = "run"
        web.want(200, "PUT", "/api/v1/bindings/nodes", mended)
        assert web.want(200, "POST", "/api/v1/rejects/replay?binding=nodes")["taken"] == 1
        assert web.want(200, "GET", "/digitaltwins/hall-edge")["mode"] == "run"
        # a value of another type than at birth has no place in a row; of a twin that is not there only what nobody takes is told
        web.want(200, "PUT", "/digitaltwins/hall-n", {"$metadata": {"$model": "dtmi:test:Oven;1"}})
        any_.say("spBv1.0/solo/NBIRTH/n", payload(0, bd_seq(0), dict(name="uptime", alias=2, datatype=INT32, int_value=2),
                                                   dict(name="Supply/Voltage", alias=1, datatype=FLOAT, float_value=500)))
        assert float(web.want(200, "GET", "/digitaltwins/hall-n")["power"]) == 1
        assert web.want(200, "GET", "/api/v1/rejects")["items"] == []
        any_.say("spBv1.0/solo/NDATA/n", payload(1, dict(alias=1, datatype=STRING, string_value="much")))
        any_.say("spBv1.0/solo/NBIRTH/m", payload(0, bd_seq(0), dict(name="more", datatype=INT32, int_value=2)))
        items = web.want(200, "GET", "/api/v1/rejects")["items"]
        assert [(r["code"], r["twin"], r["name"]) for r in items] == [("sparkplug.no_twin", "solo.m", ""), ("sparkplug.type", "solo.n", "Supply/Voltage")], items
        # the sender's own rights, where the binding does not write itself
        web.want(200, "PUT", "/api/v1/bindings/nodes", {**mended, "as": "sender"})
        edge.data(dict(alias=1, float_value=1))
        assert float(web.want(200, "GET", "/digitaltwins/hall-edge")["kilovolts"]) == 0.0241
        assert web.want(200, "GET", "/api/v1/rejects")["items"][0]["code"] == "access.twin"
        # tried on a recorded row
        tried = web.want(200, "POST", "/api/v1/binding-tests", {"name": "nodes", "messages": [
            {"topic": "plant/edge", "payload": {"Supply/Voltage": 500, "uptime": 2, "$ts": "2026-01-01T00:00:00Z"}},
            {"topic": "plant/edge/press", "payload": {"Supply/Voltage": 500}}]})["messages"]
        assert [(v["property"], float(v["value"]), v["time"]) for v in tried[0]["values"]] == [
            ("kilovolts", 0.5, "2026-01-01T00:00:00Z"), ("power", 1, "2026-01-01T00:00:00Z")] and tried[0]["leftovers"] == [], tried
        assert tried[1]["code"] == "binding.topic", tried
        for wrong in ({"sparkplug": "plant"}, {"sparkplug": "plant/#"}, {"sparkplug": "a/b/c/d"}, {"sparkplug": "a/b", "http": True}):
            web.want(400, "PUT", "/api/v1/bindings/wrong", {**OF_NODES, "source": wrong})
        web.want(400, "PUT", "/api/v1/bindings/wrong", {**OF_NODES, "format": "csv"})
        for c in (edge, any_):
            c.close()


def a_message_counts_for_its_own_twin_and_those_of_bindings_or_for_none():
    with Server() as s:
        web, key = prepare(s)
        texts = [f"t{n}" for n in range(12)]
        web.want(201, "POST", "/models", [model("Big", **{t: "string" for t in texts})])
        web.want(200, "PUT", "/digitaltwins/big", {"$metadata": {"$model": "dtmi:test:Big;1"}})
        web.want(200, "PUT", "/api/v1/bindings/big", {"source": {"sparkplug": "plant/edge"}, "twin": "big", "as": "binding",
                                                      "fields": [{"from": t, "to": t} for t in texts]})
        edge = Client(s, "edge", key, "edge")
        birth = [dict(name=t, alias=n + 1, datatype=STRING, string_value="-") for n, t in enumerate(texts)]
        edge.say("spBv1.0/plant/NBIRTH/edge", payload(0, bd_seq(0), dict(name="uptime", alias=99, datatype=INT32, int_value=1), *birth))
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 1
        full = [dict(alias=n + 1, string_value="x" * 4000) for n in range(len(texts))]
        edge.say("spBv1.0/plant/NDATA/edge", payload(1, dict(alias=99, int_value=2), *full))
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 1, "half of a message was taken"
        told = {(r["code"], r["twin"], r.get("binding", "")) for r in web.want(200, "GET", "/api/v1/rejects")["items"]}
        assert told == {("twin.size", "", "big"), ("twin.size", "plant.edge", "")}, told
        edge.say("spBv1.0/plant/NDATA/edge", payload(2, dict(alias=99, int_value=3)))
        assert web.want(200, "GET", "/digitaltwins/plant.edge")["uptime"] == 3
        edge.close()


def a_node_that_skips_numbers():
    """Every second message is lost on its way: what came are facts, and the birth is asked for once in five seconds."""
    with Server() as s:
        web, key = prepare(s)
        edge = Edge(s, key)
        assert edge.subscribe("spBv1.0/plant/NCMD/edge/#") == 1
        edge.birth()
        began = time.monotonic()
        for n in range(1, 301):
            edge.next()
            edge.data(dict(alias=2, timestamp=AT + 10_000 + n, int_value=n))
        took = time.monotonic() - began
        rows = web.want(200, "GET", "/api/v1/history/plant.edge?property=uptime&limit=1000")["rows"]
        assert [row[1] for row in rows[1:]] == list(range(1, 301)), rows[:5]
        m = web.metrics()
        assert m["pollux_sparkplug_gaps_total"] == 300 and m["pollux_sparkplug_unborn_total"] == 0, m
        assert 1 <= m["pollux_sparkplug_rebirths_total"] <= 1 + took / 5, (m["pollux_sparkplug_rebirths_total"], took)
        until(lambda: len(edge.got) == m["pollux_sparkplug_rebirths_total"], "NCMD for each request")
        edge.close()


def hosts_tell_their_state():
    with Server() as s:
        web, key = prepare(s)
        edge, host = Edge(s, key), Client(s, "any", s.token, "scada")
        host.say("spBv1.0/STATE/scada", json.dumps({"online": True, "timestamp": AT}), retain=True)
        assert edge.subscribe("spBv1.0/STATE/scada") == 1
        until(lambda: edge.got, "the retained STATE")
        assert edge.got == [("spBv1.0/STATE/scada", json.dumps({"online": True, "timestamp": AT}).encode())]
        hosts = web.want(200, "GET", "/api/v1/sparkplug")["hosts"]
        assert [(h["host"], h["online"]) for h in hosts] == [("scada", True)], hosts
        host.say("spBv1.0/STATE/scada", json.dumps({"online": False, "timestamp": AT + 1}), retain=True)
        assert not web.want(200, "GET", "/api/v1/sparkplug")["hosts"][0]["online"]
        host.say("spBv1.0/plant/NCMD/edge", payload(None, dict(name="Node Control/Rebirth", datatype=BOOLEAN, boolean_value=True)))
        for c in (edge, host):
            c.close()


def this_server_is_a_host_where_it_is_told_to():
    """What an edge node hears that waits for its primary host."""
    with Server(settings=["sparkplug_host = pollux"]) as s:
        web, key = prepare(s)
        edge, other, all_of_it = Edge(s, key), Client(s, "any", s.token, "scada"), Client(s, "any", s.token, "all")
        for client, filter in ((edge, "spBv1.0/STATE/pollux"), (all_of_it, "spBv1.0/#"), (other, "spBv1.0/STATE/scada")):
            assert client.subscribe(filter) == 1
        for client in (edge, all_of_it):
            until(lambda: client.got, "the STATE of the server")
            topic, text = client.got[0]
            said = json.loads(text)
            assert topic == "spBv1.0/STATE/pollux" and said["online"] is True, client.got
            assert abs(said["timestamp"] / 1000 - time.time()) < 60 and set(said) == {"online", "timestamp"}, said
        other.say("spBv1.0/STATE/pollux", json.dumps({"online": False, "timestamp": AT}), retain=True)
        assert [r["code"] for r in web.want(200, "GET", "/api/v1/rejects")["items"]] == ["sparkplug.host"]
        other.say("spBv1.0/STATE/scada", json.dumps({"online": True, "timestamp": AT}))
        until(lambda: other.got, "the STATE of another host")
        hosts = web.want(200, "GET", "/api/v1/sparkplug")["hosts"]
        assert [(h["host"], h["online"]) for h in hosts] == [("pollux", True), ("scada", True)], hosts
        s.stop()
        until(lambda: len(edge.got) == 2, "its end")
        last = json.loads(edge.got[1][1])
        assert last["online"] is False and last["timestamp"] >= said["timestamp"], edge.got
        assert len(other.got) == 1, other.got
        s.start()
        edge = Edge(s, key)
        assert edge.subscribe("spBv1.0/STATE/+") == 1
        until(lambda: edge.got, "and its STATE again")
        assert json.loads(edge.got[0][1])["timestamp"] >= last["timestamp"], edge.got
        edge.close()


def a_host_that_has_no_name_leaves_nothing_behind():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "conf"), "w") as f:
            f.write("sparkplug_host = a/b\n")
        done = subprocess.run([PROGRAM, "serve", "--data", os.path.join(folder, "data"), "--config", os.path.join(folder, "conf"),
                               "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"], capture_output=True, text=True, timeout=20)
        assert done.returncode == 2 and "'a/b' is no id of a host application" in done.stderr, done
        assert not os.path.exists(os.path.join(folder, "data"))


def an_edge_node_speaks_for_itself_alone():
    with Server() as s:
        web, key = prepare(s)
        edge = Edge(s, key)
        assert edge.subscribe("spBv1.0/#") == 0x87
        assert edge.subscribe("spBv1.0/plant/NDATA/edge") == 0x87
        assert edge.subscribe("spBv1.0/plant/NCMD/other") == 0x87
        assert edge.subscribe("spBv1.0/+/NCMD/edge") == 0x87
        assert edge.subscribe("spBv1.0/plant/DCMD/edge/#") == 1
        edge.say("spBv1.0/plant/NBIRTH/other", payload(0, bd_seq(0)))
        edge.say("spBv1.0/STATE/scada", '{"online":true,"timestamp":1}')
        edge.say("spBv1.0/plant/NBIRTH/edge", b"\xff no payload")
        assert "edge" not in nodes(web) and "other" not in nodes(web)
        reasons = [r["code"] for r in web.want(200, "GET", "/api/v1/rejects")["items"]]
        assert reasons[0] == "sparkplug.encoding" and len(reasons) == 3, reasons
        edge.close()


main(births_and_data_reach_the_twins, what_was_not_understood_asks_for_a_birth, a_message_and_its_values_are_taken_together_or_not_at_all,
     bindings_of_plain_topics_take_plain_messages_alone, metrics_go_to_any_twin_by_a_binding,
     what_no_binding_takes_of_metrics_is_told_and_what_one_misses_is_taken_once_it_is_mended,
     a_message_counts_for_its_own_twin_and_those_of_bindings_or_for_none, a_node_that_skips_numbers, deaths_are_of_their_birth,
     a_death_makes_stale_what_is_declared_of_its_twins, a_death_makes_stale_what_bindings_filled, hosts_tell_their_state,
     this_server_is_a_host_where_it_is_told_to, a_host_that_has_no_name_leaves_nothing_behind,     an_edge_node_speaks_for_itself_alone, a_death_that_finds_the_disk_full_is_made_again)
