# SPDX-License-Identifier: Apache-2.0
"""What devices did and what was refused is known after a restart: all of it after a clean stop; after kill -9 of devices what was a
save ago, of rejects whatever was acknowledged. And it can be offered again."""
import json
import threading

import bindings
from bindings import publish, rejects, values
from clients import Web
from devices import Client, device, until
from fake_broker import ACKNOWLEDGED, FakeBroker, publish_packet
from pollux import Server, main

PRESS = [{"@id": "dtmi:t:P;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3",
          "contents": [{"@type": "Property", "name": "speed", "schema": "double"}]}]


def begin(server):
    web = Web(server)
    web.want(201, "POST", "/models", PRESS)
    web.want(200, "PUT", "/digitaltwins/t", {"$metadata": {"$model": "dtmi:t:P;1"}})
    return web


def say(client, *payloads):
    for payload in payloads:
        client.paho.publish("twins/t/telemetry", payload, 1).wait_for_publish(10)


def what_a_device_did_outlives_a_restart():
    with Server() as s:
        web = begin(s)
        key = device(web, "d", ["t"])
        show = lambda: web.want(200, "GET", "/api/v1/devices/d")
        d = Client(s.mqtt, "d", key)
        say(d, '{"speed":1}', '{"speed":2}', '{"sped":3}')
        until(lambda: show()["counters"]["messages"] == 3, "three messages")
        s.stop()
        d.close()
        s.start()
        web = Web(s)
        once = show()
        c = once["counters"]
        assert (c["connects"], c["messages"], c["bytes"], c["rejects"], once["connections"]) == (1, 3, 32, 1, 0), once
        assert once["lastSeen"]
        d = Client(s.mqtt, "d", key)
        say(d, '{"speed":4}')
        until(lambda: show()["counters"]["messages"] == 4, "a fourth message")
        assert show()["counters"]["since"] == c["since"] and show()["lastSeen"] > once["lastSeen"]
        d.close()
        until(lambda: show()["connections"] == 0 and web.metrics()["pollux_devices_unsaved"] == 0, "a save", 60)
        s.kill()
        s.start()
        web = Web(s)
        again = show()
        assert (again["counters"]["messages"], again["counters"]["connects"]) == (4, 2), again
        log = web.want(200, "GET", "/api/v1/devices/d/log")["items"]
        assert [(e["event"], e["reason"]) for e in log] == [("ended", "disconnected"), ("connected", ""), ("ended", "server_shutting_down"),
                                                           ("connected", "")], log
        # a connection that a kill cuts has an end, too
        d = Client(s.mqtt, "d", key)
        say(d, '{"speed":5}')
        until(lambda: show()["counters"]["messages"] == 5, "a fifth message")
        until(lambda: show()["lastSeen"] > again["lastSeen"] and web.metrics()["pollux_devices_unsaved"] == 0, "a save", 60)
        seen = show()["lastSeen"]
        s.kill()
        d.close()
        s.start()
        web = Web(s)
        log = web.want(200, "GET", "/api/v1/devices/d/log")["items"]
        assert [(e["event"], e["reason"]) for e in log[:2]] == [("ended", "server_killed"), ("connected", "")] and log[0]["time"] == seen, log
        assert again["counters"]["since"] == c["since"]
        # a device of the same name is another one
        web.want(204, "DELETE", "/api/v1/devices/d")
        device(web, "d", ["t"])
        assert (show()["lastSeen"], show()["counters"]["messages"]) == (None, 0), show()
        s.stop()


BINDING = {"source": {"mqtt": "factory/{line}/{machine}/data"}, "twin": "press-{machine}", "time": {"from": "ts", "form": "ms"},
           "fields": [{"from": "/temp", "to": "temperature", "unit": "degreeFahrenheit"},
                      {"from": "/mode", "to": "state", "values": {"0": "idle", "1": "running"}}]}
MENDED = {**BINDING, "fields": [BINDING["fields"][0], {**BINDING["fields"][1], "values": {"0": "idle", "1": "running", "2": "fault"}}]}
LONG = "x" * 2000  # more than a list shows


def killed(server):
    server.kill()
    server.start()
    return Web(server)


def stopped(server):
    server.stop()
    server.start()
    return Web(server)


def a_refused_message_that_was_acknowledged_outlives_a_kill_and_is_offered_again():
    with Server() as s:
        web = bindings.begin(s, "press-7")
        web.want(200, "PUT", "/api/v1/bindings/presses", BINDING)
        # of MQTT 3.1.1 a PUBACK says nothing more than that it came; of 5 it tells that some or all was refused
        assert publish(s, "factory/1/7/data", json.dumps({"ts": 1793534400000, "mode": 2, "note": LONG}), version="311") == 0
        web = killed(s)
        first = rejects(web, "?payload=whole")
        assert [(r["name"], r["code"], r["replayable"]) for r in first] == [("/mode", "binding.values", True)], first
        assert json.loads(first[0]["payload"])["note"] == LONG
        assert publish(s, "factory/1/7/data", '{"ts":1793534401000,"temp":212,"mode":2}') == 0
        web = killed(s)
        assert values(web, "press-7") == {"temperature": 100} and len(rejects(web)) == 2
        assert publish(s, "factory/1/7/data", '{"ts":1793534402000,"mode":2}') == 0x99
        assert publish(s, "twins/press-7/telemetry", '{"sped":1}', version="311") == 0
        web = killed(s)
        kept = rejects(web)
        assert [r["number"] for r in kept] == [4, 3, 2, 1] and first[0]["time"] == kept[3]["time"], kept
        assert [r["code"] for r in kept[:1]] == ["sync.unknown"], kept
        # the binding is mended, and all of it counts: what is taken does not come back with the next kill
        web.want(200, "PUT", "/api/v1/bindings/presses", MENDED)
        assert s.cli("sync", "replay", "--binding", "presses") == "offered 3, taken 3 with 3 values, left 0\n"
        web = killed(s)
        assert [r["number"] for r in rejects(web)] == [4]
        assert values(web, "press-7") == {"temperature": 100, "state": "fault"}
        assert bindings.in_history(web, "press-7", "state") == 3
        assert publish(s, "twins/press-7/telemetry", '{"sped":2}') == 0x99
        assert [r["number"] for r in rejects(web)] == [5, 4], "numbers go on"
        s.stop()


def what_nobody_was_told_of_outlives_a_clean_stop():
    with Server() as s:
        web = bindings.begin(s, "press-7")
        web.want(200, "PUT", "/api/v1/bindings/presses", BINDING)
        publish(s, "factory/1/7/data", '{"ts":1793534400000,"mode":2}', qos=0)
        until(lambda: len(rejects(web)) == 1, "a reject")
        web = stopped(s)
        kept = rejects(web)
        assert [r["code"] for r in kept][-1] == "binding.values", kept
        web.want(200, "PUT", "/api/v1/bindings/presses", MENDED)
        assert "taken 1 with 1 values" in s.cli("sync", "replay", "--number", str(kept[-1]["number"]))
        assert values(web, "press-7") == {"state": "fault"}
        # telemetry by HTTP is taken (204), and what the model does not know is on the disk by then
        web.want(204, "POST", "/digitaltwins/press-7/telemetry", {"power": 1.5, "pover": 2}, [("Message-Id", "m1")])
        web = killed(s)
        assert [r["name"] for r in rejects(web)][:1] == ["pover"], rejects(web)
        s.stop()


class Broker(FakeBroker):
    """Sends one message with QoS 1, and notes when it is acknowledged."""

    def __init__(self, payload):
        self.payload, self.acknowledged = payload, threading.Event()
        super().__init__()

    def serve(self, peer, suback):
        peer.sendall(suback(1) + publish_packet("plant/7/data", self.payload, 7))
        got = b""
        while ACKNOWLEDGED not in got:
            more = peer.recv(1000)
            assert more, "the connection ended without an acknowledgement"
            got += more
        self.acknowledged.set()


def what_a_broker_believes_delivered_outlives_a_kill_as_a_reject_too():
    broker, s = Broker(b'{"ts":1793534400000,"mode":2}'), Server()
    s.options += ["--outbound-allow", "127.0.0.0/8"]
    with s:
        web = bindings.begin(s, "press-7")
        web.want(200, "PUT", "/api/v1/bindings/presses", {**BINDING, "source": {"connection": "plant", "topic": "plant/{machine}/data"}})
        web.want(200, "PUT", "/api/v1/connections/plant", {"type": "mqtt", "host": "127.0.0.1", "port": broker.port, "clientId": "p",
                                                           "version": 4, "topics": [{"filter": "plant/#", "qos": 1}]})
        assert broker.acknowledged.wait(20)
        web = killed(s)
        assert [(r["source"], r["code"], r["replayable"]) for r in rejects(web)] == [("plant/7/data", "binding.values", True)], rejects(web)
        s.stop()


if __name__ == "__main__":
    main(what_a_device_did_outlives_a_restart, a_refused_message_that_was_acknowledged_outlives_a_kill_and_is_offered_again,
         what_nobody_was_told_of_outlives_a_clean_stop, what_a_broker_believes_delivered_outlives_a_kill_as_a_reject_too)
