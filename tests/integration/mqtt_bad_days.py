# SPDX-License-Identifier: Apache-2.0
"""Bad days of the MQTT door: a client that comes back again and again, two with one id, ids that nobody releases, storms of topics and
subscriptions, silence and trickling, plain and by TLS. Honest clients beside them go on, and memory stays where it was."""
import socket
import tempfile
import threading
import time

from clients import Web, model, twin
from mqtt_raw import PUBACK, PUBCOMP, PUBREC, PUBREL, Gone, Raw, packet, text
from pollux import RELEASE, Server, free_ports, main
from standard import World
from tls import TlsServer

MIB = 1024 * 1024


def memory(server):
    with open(f"/proc/{server.process.pid}/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))


class Honest(threading.Thread):
    """Says a number and hears it, ten times a second."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.client, self.topic, self.count, self.worst, self.error, self.over = world.subscriber("honest/#"), "honest/x", 0, 0, None, False
        self.start()

    def run(self):
        try:
            while not self.over:
                began = time.monotonic()
                self.client.publish(self.topic, str(self.count), self.count % 3)
                assert self.client.message().payload == b"%d" % self.count
                self.worst, self.count = max(self.worst, time.monotonic() - began), self.count + 1
                time.sleep(0.1)
        except Exception as e:
            self.error = e

    def end(self):
        """At least three more come through."""
        wanted, until = self.count + 3, time.monotonic() + 30
        while self.count < wanted and not self.error and time.monotonic() < until:
            time.sleep(0.05)
        self.over = True
        self.join(30)
        assert not self.error and self.count >= wanted, (self.error, self.count)
        assert self.worst < 5, f"a message took {self.worst:.1f} s"
        return f"{self.count} honest messages, the slowest in {self.worst * 1000:.0f} ms"


def device(server):
    web = Web(server)
    web.want(201, "POST", "/models", [model("Churn", n="integer")])
    web.want(200, "PUT", "/digitaltwins/churn", {**twin("Churn"), "n": 0})
    return web.want(201, "PUT", "/api/v1/devices/churn", {"twins": ["churn"]})["key"]


def one_that_comes_back_again_and_again(server, w):
    """A thousand times a minute would be 17 a second; here as fast as it goes, with all that a connection may bring."""
    key, before, times = device(server), None, 3000 if RELEASE else 600
    began = time.monotonic()
    for n in range(times):
        c = Raw(server.mqtt, 4 + n // 2 % 2)
        expiry = {"session_expiry": 60 if n % 3 else 0} if c.version == 5 else {}
        answer = c.connect("churn", clean=n % 3 == 0, user="churn", password=key, will=("churn/will", "gone", n % 3, n % 2), **expiry)
        assert answer.reason == 0, answer
        c.subscribe(f"churn/{n % 50}", "twins/churn/#", qos=n % 3)
        c.publish("twins/churn/telemetry", b'{"n":%d}' % n, 1)
        if n % 2:
            c.disconnect()
        else:
            c.close()
        if n == times // 3:
            before = memory(server)
    grown = memory(server) - before
    print(f"    {times} connections in {time.monotonic() - began:.1f} s, memory {grown / MIB:+.1f} MiB in the last two thirds", flush=True)
    assert not RELEASE or grown < 24 * MIB, f"{grown} bytes more"
    web = Web(server)
    assert int(web.want(200, "GET", "/digitaltwins/churn")["n"]) == times - 1
    end = time.monotonic() + 20
    while (left := web.metrics()["pollux_mqtt_connections"]) > 2 and time.monotonic() < end:  # the honest one, and who looks at it
        time.sleep(0.1)
    assert left <= 2, f"{left} connections are left"


def two_with_one_id(server, w):
    """Each comes back when the other has ended it; what the session is owed comes through all the same."""
    k = w.keeper("fight")
    k.subscribe("fight/#", qos=1)
    stop, got, ended = [], set(), [0, 0]

    def fight(which):
        while not stop:
            try:
                c = Raw(server.mqtt, 5)
                w.connect(c, "fight", clean=False, session_expiry=300)
                while True:
                    got.add(int(c.message(1).payload))
            except AssertionError:
                pass  # nothing to hear for a second
            except (Gone, ConnectionError):
                ended[which] += 1
            c.close()

    both = [threading.Thread(target=fight, args=(n,), daemon=True) for n in range(2)]
    for t in both:
        t.start()
    p = w.client("p")
    for n in range(200):
        p.publish("fight/x", str(n), 1)
        time.sleep(0.01)
    end = time.monotonic() + 15
    while len(got) < 200 and time.monotonic() < end:
        time.sleep(0.1)
    stop.append(True)
    for t in both:
        t.join(20)
        assert not t.is_alive()
    last = w.keeper("fight")
    while len(got) < 200:
        got.add(int(last.message().payload))
    print(f"    they ended each other {sum(ended)} times", flush=True)
    assert min(ended) >= 3, ended


def ids_that_nobody_releases(server, w):
    for version in (4, 5):
        v = World(server, server.mqtt, version, f"ids-{version}")
        k = v.keeper(answers=False)
        k.send(*(k.publish_bytes("ids/x", "m", 2, id=id) for id in range(1, 101)))
        for _ in range(100):
            k.next(PUBREC)
        for turn in range(3):  # a new connection does not begin to count anew
            k.close()
            k = v.keeper(answers=False)
            k.send(k.publish_bytes("ids/x", "m", 2, id=200 + turn))
            assert k.end() == (0x93 if version == 5 else None)
        k = v.keeper(answers=False)
        k.send(k.publish_bytes("ids/x", "m", 2, dup=True, id=7))
        assert k.next(PUBREC).id == 7
        k.ack(PUBREL, 7)
        assert k.next(PUBCOMP).id == 7
        k.publish("ids/x", "m", 2)
    s = w.subscriber("never/#", name="never", answers=False)
    p = w.client("p2")
    for n in range(150):
        p.publish("never/x", str(n), 2)
    assert len({m.id for m in s.messages(100)}) == 100  # and no more than the window holds
    s.quiet()


def storms_of_subscriptions(server, w):
    crowd, before = [w.client(f"storm{n}") for n in range(10)], memory(server)
    for c in crowd:
        for at in range(0, 1000, 250):
            assert c.subscribe(*(f"storm/+/{n}/#" for n in range(at, at + 250)), qos=1) == [1] * 250
        assert c.subscribe("storm/one/more") == [0x97]
        assert c.subscribe("storm/+/7/#", qos=0) == [0]  # one that it has may be had anew
    for turn in range(20):
        c = crowd[turn % 10]
        assert c.unsubscribe(*(f"storm/+/{n}/#" for n in range(500))) == [0] * 500
        assert c.subscribe(*(f"storm/+/{n}/#" for n in range(500)), qos=1) == [1] * 500
    p = w.client("p3")
    p.publish("storm/a/7/b", "m", 1)
    assert all(c.message().payload == b"m" for c in crowd)
    for c in crowd:
        c.close()
    print(f"    10,000 subscriptions: {(memory(server) - before) / MIB:+.1f} MiB", flush=True)


def storms_of_topics(server, w):
    p, before = w.client("p4"), memory(server)
    for turn in range(3):
        for at in range(0, 10_000, 100):
            p.send(*(p.publish_bytes(f"topics/{turn}/{at + n}/" + "x/" * 20, "m", 0) for n in range(100)))
        p.ping()
        grown = memory(server) - before
    print(f"    30,000 topics: {grown / MIB:+.1f} MiB", flush=True)
    assert not RELEASE or grown < 16 * MIB, grown
    for topic, fine in (("a/" * 31 + "a", True), ("a/" * 32, False), ("t" * 1024, True), ("t" * 1025, False)):
        c = w.client("deep")
        c.send(c.publish_bytes(topic, "m", 1))
        if fine:
            assert c.next(PUBACK).reason in (0, 0x10)
        else:
            assert c.end() == 0x90


def a_reader_that_does_not_read(server, w):
    """Its socket full, its queue full: it is ended, and nobody waits for it."""
    web = Web(server)
    before, slow, p = web.metrics(), w.subscriber("flood/#", name="slow", qos=1), w.client("p5")
    for n in range(1200):
        p.publish("flood/x", b"x" * 20_000, n % 2)
    ended = 'pollux_mqtt_ended_total{reason="0x97"}'
    until = time.monotonic() + 20
    while web.metrics().get(ended, 0) == before.get(ended, 0):
        assert time.monotonic() < until, "it is kept"
        time.sleep(0.05)
    slow.close()


def ends(s, least, most):
    began = time.monotonic()
    s.settimeout(most + 5)
    try:
        while s.recv(4096):
            pass
    except ConnectionError:
        pass
    took = time.monotonic() - began
    assert least <= took <= most, f"ended after {took:.1f} s"


def silence_and_trickling(server, w):
    """All at once, plain and by TLS: cut after five seconds; who is let in and trickles, by its keep-alive."""
    where = (server.mqtt, server.mqtts)
    silent = [socket.create_connection(("127.0.0.1", port)) for port in where for _ in range(20)]
    half = packet(0x10, text("MQTT") + b"\5\2\0\0\0" + text("half"))[:-3]
    trickling = [socket.create_connection(("127.0.0.1", server.mqtt)) for _ in range(20)]
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40)
    by_tls = [socket.create_connection(("127.0.0.1", server.mqtts)) for _ in range(20)]
    slow = w.client("slow", keep=1)
    big = w.client("big", keep=1)
    big.send(b"\x30\xff\xff\x0e" + b"\0\1a\0")  # announces 240 KiB, which nobody allocates
    began, message = time.monotonic(), slow.publish_bytes("a", b"x" * 200)
    for n in range(7):
        for group, data in ((trickling, half), (by_tls, hello), ([slow.socket], message)):
            for s in group:
                try:
                    s.sendall(data[n:n + 1])
                except ConnectionError:
                    pass
        time.sleep(0.5)
    for s in [*silent, *trickling, *by_tls]:
        ends(s, 0, 4)
    took = time.monotonic() - began
    assert 4.5 < took < 8, took
    assert slow.end() == 0x8D and big.end() == 0x8D


def each_beside_honest_ones(server, *days):
    for day in days:
        name = day.__name__[:20]
        w, honest = World(server, server.mqtt, 5, name), Honest(World(server, server.mqtt, 5, f"honest-{name}"))
        began = time.monotonic()
        day(server, w)
        print(f"  {day.__name__}: {time.monotonic() - began:.1f} s, {honest.end()}", flush=True)
        w.close()


def bad_days():
    with Server() as server:
        each_beside_honest_ones(server, one_that_comes_back_again_and_again, two_with_one_id, ids_that_nobody_releases,
                                storms_of_subscriptions, storms_of_topics, a_reader_that_does_not_read)


def slow_days():
    with tempfile.TemporaryDirectory() as folder:
        mqtts, = free_ports(1)
        with TlsServer(folder, "--mqtts", f"127.0.0.1:{mqtts}") as server:
            server.mqtts = mqtts
            each_beside_honest_ones(server, silence_and_trickling)


main(bad_days, slow_days)
