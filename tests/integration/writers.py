# SPDX-License-Identifier: Apache-2.0
"""Writers that go on through a dead server, and know what was acknowledged to them."""
import threading
import time

from clients import GONE, Mqtt, Web, model, twin

WINDOW = 40
MODEL = model("Load", n="integer", load="double")


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
            elif status == 503:  # refused: it has not happened
                self.sent = self.sure
                raise ConnectionError(said)
            elif status == 500:  # the disk failed under it: who knows
                raise ConnectionError(said)
            else:
                assert status == 204, (status, said)
                self.etag = headers["ETag"]
            self.sure, repeated = self.sent, False


def prepare(s, count):
    web = Web(s)
    web.want(201, "POST", "/models", [MODEL])
    writers = [kind(s, n) for n in range(count) for kind in (Device, Patcher)]
    for w in writers:
        w.etag = web.want(200, "PUT", f"/digitaltwins/{w.name}", twin("Load"))["$etag"]
        if isinstance(w, Device):
            w.key = web.want(201, "PUT", f"/api/v1/devices/d-{w.name}", {"twins": [w.name]})["key"]
    return writers


def finish(s, writers):
    """Lets them end, all acknowledged, and compares."""
    for w in writers:
        w.stopping = True
    for w in writers:
        w.join(30)
        assert not w.error and w.sure == w.sent, (w.name, w.error, w.sure, w.sent)
        check(s, w)


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
