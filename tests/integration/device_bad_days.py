# SPDX-License-Identifier: Apache-2.0
"""Bad days of devices: a backlog that is sent three times, also over kill -9; a clock a year ahead; two devices with one client id; a
server that is killed under load while all of them come back; a peer that is gone without a word."""
import datetime
import json
import threading
import time

from clients import Web, model, twin
from device_topics_kit import Client
from mqtt_raw import PUBACK, Gone, Raw
from pollux import Server, main

DEVICES = ("one", "two")


def prepare(server):
    web = Web(server)
    web.want(201, "POST", "/models", [model("Day", n="integer")])
    keys = {}
    for name in DEVICES:
        web.want(200, "PUT", f"/digitaltwins/{name}", {**twin("Day"), "n": 0})
        keys[name] = web.want(201, "PUT", f"/api/v1/devices/{name}", {"twins": [name]})["key"]
    return web, keys


def join(server, key, user, client_id=None, version=5, **options):
    c = Raw(server.mqtt, version)
    assert c.connect(client_id or user, user=user, password=key, **options).reason == 0
    return c


def at(seconds):
    return (datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=seconds)).isoformat() + "Z"


def count(web, name):
    return web.want(200, "GET", f"/api/v1/history/{name}/count?property=n")["count"]


def live(web, name):
    return web.want(200, "GET", f"/api/v1/twins/{name}")["values"]["n"]


def the_same_backlog_three_times():
    """The PUBACK was lost, and the battery, and the device begins anew: each sample counts once, in its place."""
    with Server() as server:
        web, keys = prepare(server)
        first = count(web, "one")
        backlog = [json.dumps([{"$ts": at(60 * part + n), "n": 60 * part + n} for n in range(60)]).encode() for part in range(5)]
        for turn in range(3):
            c = join(server, keys["one"], "one", clean=turn == 0, session_expiry=60)
            for data in backlog:
                answer = c.publish("twins/one/telemetry", data, 1)
                assert answer.reason == 0, answer
            c.send(c.publish_bytes("twins/one/telemetry", backlog[-1], 1, dup=True, id=999))  # and once more, as a repetition
            assert c.next(PUBACK).id == 999
            c.close()
            assert count(web, "one") - first == 300, count(web, "one")
            if turn == 1:
                server.kill()
                server.start()
                web.close()
        rows = web.want(200, "GET", f"/api/v1/history/one?property=n&from={at(0)}&to={at(300)}&limit=1000")["rows"]
        assert [int(row[1]) for row in rows] == list(range(300)), rows
        assert web.want(200, "GET", "/api/v1/rejects")["items"] == []


def a_clock_a_year_ahead():
    """It is kept and told, but not believed: what arrives later is newer."""
    with Server() as server:
        web, keys = prepare(server)
        ahead = (datetime.datetime.utcnow() + datetime.timedelta(days=365)).isoformat() + "Z"
        c = join(server, keys["one"], "one")
        assert c.publish("twins/one/telemetry", json.dumps({"$ts": ahead, "n": 7}).encode(), 1).reason == 0
        assert int(live(web, "one")["value"]) == 7
        d = Client(server, "one", keys["one"], 5, "told")
        reason, text = d.refusal("twins/one/telemetry", {"$ts": ahead, "n": 7})
        assert reason == 0 and text.startswith("the clock of the source runs ahead and is not believed"), (reason, text)
        d.close()
        assert c.publish("twins/one/telemetry", b'{"n":8}', 1).reason == 0
        assert int(live(web, "one")["value"]) == 8, "a value of next year keeps this year's out"
        last = web.want(200, "GET", "/api/v1/history/one/last?property=n")["values"]["n"]
        assert int(last["value"]) == 8, last
        c.close()


def two_devices_with_one_client_id():
    """A client id is the device's own: neither ends the other, and each gets what is its own."""
    with Server() as server:
        web, keys = prepare(server)
        both = {name: join(server, keys[name], name, client_id="gateway", clean=False, session_expiry=60) for name in DEVICES}
        for name, c in both.items():
            assert c.subscribe(f"twins/{name}/#", qos=1) == [1]
        for turn in range(20):
            for n, (name, c) in enumerate(both.items()):
                assert c.publish(f"twins/{name}/telemetry", b'{"n":%d}' % (turn * 2 + n), 1).reason == 0
                assert json.loads(c.message().payload)["twin"] == name
        for n, (name, c) in enumerate(both.items()):
            c.quiet()
            assert int(live(web, name)["value"]) == 38 + n
        again = join(server, keys["one"], "one", client_id="gateway", clean=False, session_expiry=60)
        assert both["one"].end() == 0x8E, "the older connection of the same device is told that it was taken over"
        both["two"].ping()
        for c in (again, both["two"]):
            c.close()


class Sender(threading.Thread):
    """Sends numbers as fast as they are acknowledged, and comes back as often as it has to."""

    def __init__(self, server, key, name):
        super().__init__(daemon=True)
        self.server, self.key, self.name, self.acknowledged, self.joined, self.over = server, key, name, 0, 0, False
        self.error = None
        self.start()

    def run(self):
        try:
            while not self.over:
                self.send()
        except Exception as e:
            self.error = e

    def send(self):
        try:
            c = join(self.server, self.key, self.name)
            self.joined += 1
            while not self.over:
                data = json.dumps({"$ts": at(self.acknowledged + 1), "n": self.acknowledged + 1}).encode()
                assert c.publish(f"twins/{self.name}/telemetry", data, 1).reason == 0
                self.acknowledged += 1
            c.close()
        except (OSError, Gone):
            time.sleep(0.02)


def restarts_under_load():
    """Killed and started again while devices send: they come back by themselves, nothing acknowledged is missing or there twice."""
    with Server() as server:
        web, keys = prepare(server)
        first = {name: count(web, name) for name in DEVICES}
        senders = [Sender(server, keys[name], name) for name in DEVICES]
        for turn in range(4):
            wanted, until = [s.acknowledged + 50 for s in senders], time.monotonic() + 30
            while any(s.acknowledged < n for s, n in zip(senders, wanted)):
                assert time.monotonic() < until and not any(s.error for s in senders), [s.error for s in senders]
                time.sleep(0.01)
            if turn < 3:
                server.kill()
                server.start()
                web.close()
        for s in senders:
            s.over = True
            s.join(30)
            assert not s.error and s.joined == 4, (s.error, s.joined)
            kept = count(web, s.name) - first[s.name]
            assert s.acknowledged <= kept <= s.acknowledged + 1, (s.acknowledged, kept)  # the one under way may have been taken
        print(f"    {sum(s.acknowledged for s in senders)} acknowledged", flush=True)


def timers(port):
    """The kernel's timer of each of the server's connections: 2 is the keep-alive probe, 1 that of an answer on its way (proc(5))."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return [int(row[5].split(":")[0]) for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]


def all_are_probed(port, count):
    until = time.monotonic() + 10
    while (found := timers(port)) != [2] * len(found) or len(found) < count:
        assert time.monotonic() < until, found
        time.sleep(0.05)


def a_peer_that_is_gone_without_a_word():
    """No FIN, no RST: a client with a keep-alive is ended by it; behind every connection the kernel asks on its own."""
    with Server() as server:
        web, keys = prepare(server)
        quiet = [join(server, keys["one"], "one", client_id=f"quiet-{n}", keep=0) for n in range(5)]
        http = [Web(server) for _ in range(3)]
        for each in http:
            each.want(200, "GET", "/digitaltwins/one")
        all_are_probed(server.mqtt, 5)
        all_are_probed(server.http, 3)
        lost = join(server, keys["two"], "two", keep=1)
        began = time.monotonic()
        while web.metrics()["pollux_mqtt_connections"] > 5:
            assert time.monotonic() - began < 20, "a connection whose keep-alive is over stays"
            time.sleep(0.1)
        assert lost.end() == 0x8D
        for c in quiet:
            c.ping()
            c.close()


main(the_same_backlog_three_times, a_clock_a_year_ahead, two_devices_with_one_client_id, restarts_under_load, a_peer_that_is_gone_without_a_word)
