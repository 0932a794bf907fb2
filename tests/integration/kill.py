# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load, over MQTT QoS 1 and over HTTP PATCH: nothing acknowledged is lost,
nothing is applied twice, and the server serves again at once. PX_LONG=1: 50 rounds beside 100,000 twins."""
import os
import random
import threading
import time

from clients import GONE, Mqtt, Web, model, twin
from pollux import Server, main

LONG = bool(os.environ.get("PX_LONG"))
ROUNDS, TWINS = (50, 100_000) if LONG else (5, 2_000)
READY = 2.0
WRITERS, WINDOW = 4, 40
MODEL = model("Kill", n="integer", load="double")


class Writer(threading.Thread):
    """Writes 1, 2, 3 … and goes on until it is told to stop and everything is acknowledged."""

    def __init__(self, s, number):
        super().__init__(daemon=True)
        self.s, self.name, self.stopping = s, f"{type(self).__name__.lower()}-{number}", False
        self.sent = self.sure = self.resent = 0
        self.error = None

    def run(self):
        try:
            while not (self.stopping and self.sure == self.sent):
                try:
                    self.write()
                except GONE:
                    time.sleep(0.02)
        except BaseException as error:
            self.error = error


class Device(Writer):
    """A window of QoS 1 messages; those without PUBACK are sent again, marked as repeated."""

    def write(self):
        link = Mqtt(self.s, f"d-{self.name}", self.key)
        assert link.code == 0, link.code
        first, self.sent = self.sure + 1, max(self.sent, self.sure)
        for n in range(first, self.sent + 1):
            self.publish(link, n, True)
            self.resent += 1
        while not (self.stopping and self.sure == self.sent):
            while self.sent - self.sure < WINDOW and not self.stopping:
                self.sent += 1
                self.publish(link, self.sent, False)
            assert link.ack((self.sure + 1) % 60_000 + 1) == 0
            self.sure += 1
        link.close()

    def publish(self, link, n, again):
        at = f"2026-01-01T{n // 3_600_000:02d}:{n // 60_000 % 60:02d}:{n // 1000 % 60:02d}.{n % 1000:03d}Z"
        link.publish(f"twins/{self.name}/telemetry", f'{{"$ts":"{at}","n":{n},"load":{n}.50}}', n % 60_000 + 1, again)


class Patcher(Writer):
    """One PATCH in flight, each on the version before it: after a lost answer a 412 says that it was applied."""
    etag = None

    def write(self):
        web = Web(self.s)
        repeated = self.sent > self.sure
        while repeated or not self.stopping:
            self.sent = self.sure + 1
            status, headers, said = web.patch(self.name, {"n": self.sent, "load": self.sent}, {"If-Match": self.etag or "*"})
            if status == 412 and repeated:
                now = web.want(200, "GET", f"/digitaltwins/{self.name}")
                assert now["n"] == self.sent, (self.name, now, self.sent)
                self.etag, self.resent = now["$etag"], self.resent + 1
            else:
                assert status == 204, (status, said)
                self.etag = headers["ETag"]
            self.sure, repeated = self.sent, False


def prepare(s):
    web = Web(s)
    web.want(201, "POST", "/models", [MODEL])
    writers = [kind(s, n) for n in range(WRITERS) for kind in (Device, Patcher)]
    for w in writers:
        w.etag = web.want(200, "PUT", f"/digitaltwins/{w.name}", twin("Kill"))["$etag"]
        if isinstance(w, Device):
            w.key = web.want(201, "PUT", f"/api/v1/devices/d-{w.name}", {"twins": [w.name]})["key"]
    fill(s)
    return writers


def fill(s):
    def some(first):
        web = Web(s)
        for n in range(first, TWINS, 16):
            web.want(200, "PUT", f"/digitaltwins/t-{n}", {**twin("Kill"), "n": n, "load": 0.5})
    began, threads = time.monotonic(), [threading.Thread(target=some, args=(n,)) for n in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"    {TWINS} twins made in {time.monotonic() - began:.1f} s", flush=True)


def check(s, w):
    """The twin is the last write; its history is 1, 2, 3 … to the last, each once."""
    web = Web(s)
    assert web.want(200, "GET", f"/digitaltwins/{w.name}")["n"] == w.sent, w.name
    counts = web.want(200, "GET", f"/api/v1/history/{w.name}/count")["counts"]
    assert counts == {"n": w.sent, "load": w.sent}, (w.name, counts, w.sent)
    seen, cursor = [], ""
    while cursor is not None:
        page = web.want(200, "GET", f"/api/v1/history/{w.name}?property=n&limit=100000{cursor}")
        seen += [row[1] for row in page["rows"]]
        cursor = page["cursor"] and f"&cursor={page['cursor']}"
    assert seen == list(range(1, w.sent + 1)), (w.name, len(seen), w.sent)


def nothing_is_lost_and_nothing_doubled():
    chance, ready = random.Random(os.environ.get("PX_SEED", "9")), []
    with Server() as s:
        writers = prepare(s)
        for w in writers:
            w.start()
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(0.05, 1.0))
            s.kill()
            sure = [w.sure for w in writers]
            ready.append(s.start())
            web = Web(s)
            for w, before in zip(writers, sure):
                now = web.want(200, "GET", f"/digitaltwins/{w.name}").get("n", 0)
                assert before <= now, f"{w.name}: {before} was acknowledged, {now} is there"
                assert not w.error, (w.name, w.error)
            assert len(web.want(200, "GET", "/api/v1/twins?limit=1000")["items"]) == 1000
            assert web.want(200, "GET", f"/digitaltwins/t-{TWINS - 1}")["n"] == TWINS - 1
        for w in writers:
            w.stopping = True
        for w in writers:
            w.join(30)
            assert not w.error and w.sure == w.sent, (w.name, w.error, w.sure, w.sent)
            check(s, w)
        s.stop()
        s.start()
        for w in writers:
            check(s, w)
    assert max(ready) < READY, f"serving again only after {max(ready):.2f} s"
    for kind in (Device, Patcher):
        mine = [w for w in writers if isinstance(w, kind)]
        print(f"    {kind.__name__}: {sum(w.sent for w in mine)} writes, {sum(w.resent for w in mine)} of them repeated")
    print(f"    {ROUNDS} kills; serving again after {sorted(ready)[ROUNDS // 2]:.2f} s, at most {max(ready):.2f} s", flush=True)


main(nothing_is_lost_and_nothing_doubled)
