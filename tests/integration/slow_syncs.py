# SPDX-License-Identifier: Apache-2.0
"""Syncs that take 5 s: honest clients stay connected and get their answers late, reads go on at once, and the
memory of a flooded server stays bounded."""
import threading
import time

import paho.mqtt.client as paho

from clients import GONE, Mqtt, Web, model, twin
from pollux import RELEASE, main
from slow_disk import SlowDisk

SYNC_MS, FLOODERS, SECONDS = 5000, 8, 18
MEMORY_MB = 200 if RELEASE else 700  # queue and batch of 64 MiB each, what their messages carry around, and the sanitizer's share


def resident_mb(s):
    with open(f"/proc/{s.process.pid}/status") as f:
        return next(int(line.split()[1]) // 1024 for line in f if line.startswith("VmRSS"))


class Honest:
    """paho : it leaves by itself when the server does not answer pings."""

    def __init__(self, s, key):
        self.acked, self.ended, self.sent = set(), [], 0
        self.paho = paho.Client("honest", protocol=paho.MQTTv311)
        self.paho.username_pw_set("d-honest", key)
        self.paho.on_publish = lambda c, u, mid: self.acked.add(mid)
        self.paho.on_disconnect = lambda c, u, rc: self.ended.append(rc)
        self.paho.connect("127.0.0.1", s.mqtt, keepalive=20)
        self.paho.loop_start()

    def publish(self):
        self.sent += 1
        self.paho.publish("twins/honest/telemetry", f'{{"$ts":"2026-01-01T00:{self.sent // 60:02d}:{self.sent % 60:02d}Z","n":{self.sent}}}', 1)


def flood(s, key, end, counts, number):
    """As much as the socket takes, QoS 0 and never waiting: 32 KiB of good text in every message."""
    link = Mqtt(s, "d-flood", key, client_id=f"flood-{number}", timeout=60)
    link.socket.settimeout(0.5)
    payload = '{"text":"%s","n":%d}' % ("x" * 4000, number)
    backlog = "[" + ",".join([payload] * 8) + "]"
    while time.monotonic() < end:
        try:
            link.publish("twins/flood/telemetry", backlog)
            counts[number] += 1
        except TimeoutError:  # a message cut in two: begin again
            link.close()
            link = Mqtt(s, "d-flood", key, client_id=f"flood-{number}", timeout=60)
            link.socket.settimeout(0.5)
        except GONE:
            return
    link.close()


def slow_syncs_are_survived():
    with SlowDisk() as disk, disk.server() as s:
        web = Web(s, timeout=60)
        web.want(201, "POST", "/models", [model("Slow", n="integer", text="string")])
        keys = {}
        for name in ("honest", "flood"):
            web.want(200, "PUT", f"/digitaltwins/{name}", twin("Slow"))
            keys[name] = web.want(201, "PUT", f"/api/v1/devices/d-{name}", {"twins": [name]})["key"]
        honest = Honest(s, keys["honest"])
        quiet = resident_mb(s)
        disk.set(SYNC_MS)
        end, counts, peak, slowest_read = time.monotonic() + SECONDS, [0] * FLOODERS, 0, 0
        threads = [threading.Thread(target=flood, args=(s, keys["flood"], end, counts, n)) for n in range(FLOODERS)]
        for t in threads:
            t.start()
        while time.monotonic() < end:
            honest.publish()
            began = time.monotonic()
            web.want(200, "GET", "/digitaltwins/honest")
            slowest_read = max(slowest_read, time.monotonic() - began)
            peak = max(peak, resident_mb(s))
            time.sleep(0.5)
        for t in threads:
            t.join()
        began = time.monotonic()
        status, _, said = web.patch("flood", {"n": 1})
        while status == 503:  # the queue is full, and the door says so
            time.sleep(0.5)
            status, _, said = web.patch("flood", {"n": 1})
        assert status == 204, (status, said)
        patched = time.monotonic() - began
        disk.set(0)
        while len(honest.acked) < honest.sent:
            assert time.monotonic() < end + 60, (len(honest.acked), honest.sent)
            time.sleep(0.1)
        assert not honest.ended, honest.ended
        assert web.want(200, "GET", "/digitaltwins/honest")["n"] == honest.sent
        assert web.want(200, "GET", "/api/v1/history/honest/count?property=n")["count"] == honest.sent
        print(f"    {sum(counts)} messages of the flood, {honest.sent} honest ones; memory {quiet} MB, at most {peak} MB; "
              f"slowest read {slowest_read:.2f} s, the patch {patched:.1f} s", flush=True)
        assert peak < MEMORY_MB, f"{peak} MB"
        assert slowest_read < 1, f"{slowest_read:.2f} s"


main(slow_syncs_are_survived)
