# SPDX-License-Identifier: Apache-2.0
"""Watchers that never read, a stream of events and an MQTT subscriber, while load goes on: the writer keeps its pace,
the memory stays bounded, what is left out is counted, and who reads again gets the newest value of each twin."""
import http.client
import json
import socket
import statistics
import time

from clients import Mqtt, Web, model, twin
from pollux import RELEASE, Server, main

TWINS, COUNT, WINDOW, TEXT = 40, 3000, 40, "x" * 1000
MEMORY_MB = 48 if RELEASE else 160  # what the server may grow by: 1 MiB for each watcher, the sockets, the sanitizer's share
SLOWER = 4.0  # the watchers take CPU time of a small machine; a writer that waited for them would stand still


class Writer:
    """A window of QoS 1 messages, one twin after the other; each is sent once and acknowledged."""

    def __init__(self, s, key):
        self.link, self.n = Mqtt(s, "d-writer", key, timeout=60), 0

    def run(self, count):
        """(messages per second, median seconds to a PUBACK) of so many messages."""
        sent, times, began, first = {}, [], time.monotonic(), self.n + 1
        for oldest in range(first, first + count):
            while self.n < min(oldest + WINDOW, first + count) - 1:
                self.n += 1
                sent[self.n] = time.monotonic()
                self.link.publish(f"twins/t-{self.n % TWINS}/telemetry", {"n": self.n, "text": TEXT}, self.n % 60_000 + 1)
            assert self.link.ack(oldest % 60_000 + 1) == 0
            times.append(time.monotonic() - sent.pop(oldest))
        return count / (time.monotonic() - began), statistics.median(times)

    def newest(self):
        return {f"t-{n % TWINS}": n for n in range(self.n - TWINS + 1, self.n + 1)}


class Stream:
    """Server-sent events behind a receive buffer that does not grow."""

    def __init__(self, s):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 * 1024)
        raw.settimeout(30)
        raw.connect(("127.0.0.1", s.http))
        self.connection = http.client.HTTPConnection("127.0.0.1", s.http)
        self.connection.sock = raw
        self.connection.request("GET", "/api/v1/stream", headers={"Authorization": f"Bearer {s.token}"})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status

    def read_until(self, wanted):
        """Reads until each twin has its wanted value; none may go back on the way. Gives the number of events."""
        seen, events, end = {}, 0, time.monotonic() + 30
        while seen != wanted:
            assert time.monotonic() < end, f"after {events} events {seen}, {wanted} wanted"
            line = self.answer.readline()
            assert line, f"the stream ended with {seen}"
            if line.startswith(b"data: "):
                note(seen, json.loads(line[6:]))
                events += 1
        return events


class Subscriber(Mqtt):
    def __init__(self, s):
        super().__init__(s, "admin", s.token, client_id="deaf", timeout=30)
        assert self.code == 0, self.code
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 * 1024)
        assert self.subscribe("twins/+/state") == 1

    def read_until(self, wanted):
        seen, events = {}, 0
        while seen != wanted:
            self.step()
            for _, payload in self.got:
                note(seen, json.loads(payload))
                events += 1
            self.got.clear()
        return events


def note(seen, change):
    n = change["values"]["n"]
    n = n["value"] if isinstance(n, dict) else n
    assert n >= seen.get(change["twin"], 0), f"{change['twin']} goes back from {seen[change['twin']]} to {n}"
    seen[change["twin"]] = n


def resident_mb(s):
    with open(f"/proc/{s.process.pid}/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmRSS"))


def until(true, what):
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, f"no {what} within 30 s"
        time.sleep(0.02)


def who_never_reads_slows_nobody():
    with Server(environment={"ASAN_OPTIONS": "quarantine_size_mb=16"}) as s:
        web = Web(s)
        web.want(201, "POST", "/models", [model("Slow", n="integer", text="string")])
        for n in range(TWINS):
            web.want(200, "PUT", f"/digitaltwins/t-{n}", twin("Slow"))
        writer = Writer(s, web.want(201, "PUT", "/api/v1/devices/d-writer", {"twins": [f"t-{n}" for n in range(TWINS)]})["key"])
        writer.run(COUNT)
        alone, quiet = [writer.run(COUNT)], resident_mb(s)

        stream, subscriber = Stream(s), Subscriber(s)
        for _ in range(20):
            writer.run(COUNT)
            now = web.metrics()
            if now["pollux_stream_conflated_total"] > 0 and now["pollux_mqtt_qos0_dropped_total"] > 0:
                break
        watched, peak = [], 0
        for _ in range(3):
            watched.append(writer.run(COUNT))
            peak = max(peak, resident_mb(s))
        later = web.metrics()
        assert later["pollux_stream_conflated_total"] > now["pollux_stream_conflated_total"] > 0, later
        assert later["pollux_mqtt_qos0_dropped_total"] > now["pollux_mqtt_qos0_dropped_total"] > 0, later

        events = stream.read_until(writer.newest())
        assert events < writer.n - 2 * COUNT, "nothing was conflated"
        until(lambda: web.metrics()["pollux_streams"] == 1, "stream that lives on")
        dropped = web.metrics()["pollux_mqtt_qos0_dropped_total"]
        drain(subscriber)
        writer.run(TWINS)
        stream.read_until(writer.newest())
        subscriber.read_until(writer.newest())
        assert web.metrics()["pollux_mqtt_qos0_dropped_total"] == dropped
        subscriber.close()
        stream.connection.close()
        alone.append(writer.run(COUNT))

        pace, puback = max(rate for rate, _ in alone), min(seconds for _, seconds in alone)
        print(f"    alone {pace:.0f}/s, PUBACK after {puback * 1000:.1f} ms; watched "
              f"{', '.join(f'{rate:.0f}/s and {seconds * 1000:.1f} ms' for rate, seconds in watched)}; "
              f"memory {quiet:.0f} MB, at most {peak:.0f} MB; {later['pollux_stream_conflated_total']:.0f} conflated", flush=True)
        assert max(rate for rate, _ in watched) > pace / SLOWER, "the writer was slowed"
        assert min(seconds for _, seconds in watched) < puback * SLOWER, "its acknowledgements were slowed"
        assert peak < quiet + MEMORY_MB, f"{quiet:.0f} MB became {peak:.0f} MB"


def drain(subscriber):
    """Reads what had waited, to the answer of a ping behind it."""
    subscriber.send(b"\xc0\0")
    while subscriber.read()[0] != 0xD0:
        pass


main(who_never_reads_slows_nobody)
