# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, on a small tmpfs: refused clearly at every door, reads go on, writes come back by
themselves, and neither a stop nor kill -9 in this state loses anything."""
import os
import tempfile
import time

from clients import GONE, Mqtt, Web, model, twin
from pollux import Server, main
from small_disk import SmallDisk

FULL = 0x97


class Book:
    """What was acknowledged: one twin written over HTTP, one over MQTT."""

    def __init__(self, s):
        self.s, self.web, self.http, self.mqtt, self.said = s, Web(s), 0, 0, ""
        self.web.want(201, "POST", "/models", [model("Full", n="integer", text="string")])
        for name in ("h", "m", "r"):
            self.web.want(200, "PUT", f"/digitaltwins/{name}", twin("Full"))
        self.key = self.web.want(201, "PUT", "/api/v1/devices/d", {"twins": ["m"]})["key"]
        self.file = tempfile.NamedTemporaryFile("w", suffix=".csv")  # the small disk has no room for it
        self.file.write("time,n\n" + "".join(f"2026-01-01T00:00:0{i}Z,{i}\n" for i in range(5)))
        self.file.flush()
        self.replay_key = self.web.want(201, "PUT", "/api/v1/devices/r", {"twins": ["r"]})["key"]
        self.link = Mqtt(s, "d", self.key, version=5)

    def patch(self, text="x"):
        status, _, said = self.web.patch("h", {"n": self.http + 1, "text": text})
        assert status in (204, 507), (status, said)
        self.http, self.said = self.http + (status == 204), said
        return status == 204

    def publish(self, link=None):
        n = self.mqtt + 1
        link = link or self.link
        link.publish("twins/m/telemetry", {"$ts": f"2026-01-01T00:{n // 60:02d}:{n % 60:02d}Z", "n": n}, n)
        reason = link.ack(n)
        assert reason in (0, FULL), reason
        self.mqtt += reason == 0
        return reason == 0

    def check(self, fresh=False):
        web = Web(self.s) if fresh else self.web
        for name, n in (("h", self.http), ("m", self.mqtt)):
            assert web.want(200, "GET", f"/digitaltwins/{name}")["n"] == n, (name, n)
            rows = web.want(200, "GET", f"/api/v1/history/{name}?property=n&limit=100000")["rows"]
            assert [row[1] for row in rows] == list(range(1, n + 1)), (name, n, len(rows))


def until_refused(book):
    """Until not even a small write has found room for 2 s: the log is moved about before it is final."""
    refused_since, end = None, time.monotonic() + 60
    while not refused_since or time.monotonic() - refused_since < 2:
        assert time.monotonic() < end, "the disk never was full"
        if book.patch(os.urandom(2000).hex()) or book.patch() or book.publish():
            refused_since = None
        else:
            refused_since = refused_since or time.monotonic()
            time.sleep(0.05)


def refused(book):
    """Nothing is taken at any door, each says so, and reads go on."""
    assert not book.patch() and "disk is full" in book.said, book.said
    assert not book.publish()
    old = Mqtt(book.s, "d", book.key, version=4, client_id="old")
    try:  # 3.1.1 has no word for it: the connection ends rather than lie
        book.publish(old)
        raise AssertionError("a PUBACK without a commit")
    except GONE:
        old.close()
    assert book.web.ask("GET", "/readyz")[0] == 503
    metrics = book.web.metrics()
    assert metrics["pollux_store_full"] == 1 and metrics["pollux_batches_full_total"] > 0
    book.check()


def begin_replay(book):
    """A recorded file is played while nothing is taken: after some seconds it says what it waits for."""
    replay = book.s.cli_start("replay", book.file.name, "--device", "r", "--key", book.replay_key, "--mqtt", book.s.mqtt_address)
    said = replay.stderr.readline()
    assert said == ("pollux: waiting, since the server takes nothing now: the server's disk is full; it takes messages "
                    "again when there is room\n"), said
    assert replay.poll() is None
    return replay


def end_replay(book, replay):
    out, err = replay.communicate(timeout=30)
    assert replay.returncode == 0 and "pollux: the server takes messages again\n" in err, (out, err)
    assert book.web.want(200, "GET", "/digitaltwins/r")["n"] == 4


def taken_again(book):
    end = time.monotonic() + 5
    while not (book.patch() and book.publish()):
        assert time.monotonic() < end, "writes do not come back"
        time.sleep(0.1)
    assert book.web.ask("GET", "/readyz")[0] == 200
    book.check()


def a_full_disk_refuses_and_recovers():
    with SmallDisk() as disk, Server(os.path.join(disk.folder, "data"), settings=["wal_mb = 4"]) as s:
        book = Book(s)
        for _ in range(20):
            assert book.patch() and book.publish()
        disk.fill(leave=6 << 20)
        until_refused(book)
        refused(book)
        replay = begin_replay(book)
        disk.free()
        taken_again(book)
        end_replay(book, replay)
        with open(s.log.name) as f:
            log = f.read()
        assert "store.full" in log and "store.room" in log and log.count("store.full") < 20, log[-2000:]
        disk.fill()  # all at once, again
        until_refused(book)
        refused(book)
        s.kill()
        s.start()
        book.web, book.link = Web(s), Mqtt(s, "d", book.key, version=5)
        book.check()
        until_refused(book)
        refused(book)
        began = time.monotonic()
        s.stop()
        assert time.monotonic() - began < 5
        s.start()
        book.web, book.link = Web(s), Mqtt(s, "d", book.key, version=5)
        book.check()
        disk.free()
        taken_again(book)
        s.stop()
        s.start()
        book.check(fresh=True)
        print(f"    {book.http} patches and {book.mqtt} messages taken", flush=True)


main(a_full_disk_refuses_and_recovers)
