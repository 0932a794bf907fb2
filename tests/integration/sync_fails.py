# SPDX-License-Identifier: Apache-2.0
"""A sync fails under load: nothing is acknowledged after it, the process ends with a sentence, and a restart
replays exactly what was acknowledged (and perhaps what was on its way)."""
import time

from clients import GONE, Mqtt, Web, model, twin
from pollux import main
from slow_disk import SlowDisk
from writers import finish, prepare


def nothing_is_acknowledged_after_a_failed_sync():
    with SlowDisk() as disk, disk.server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", [model("Sync", n="integer")])
        web.want(200, "PUT", "/digitaltwins/h", twin("Sync"))
        web.want(200, "PUT", "/digitaltwins/m", twin("Sync"))
        key = web.want(201, "PUT", "/api/v1/devices/d", {"twins": ["m"]})["key"]
        link, old = Mqtt(s, "d", key, version=5), Mqtt(s, "d", key, version=4, client_id="old")
        assert web.patch("h", {"n": 1})[0] == 204
        disk.set(700, "fail")
        link.publish("twins/m/telemetry", {"n": 2}, 2)
        old.publish("twins/m/telemetry", {"n": 3}, 3)
        for client, packet_id in ((link, 2), (old, 3)):
            try:
                assert client.ack(packet_id) >= 0x80, "acknowledged after a failed sync"
            except GONE:
                pass
        try:
            status, _, said = web.patch("h", {"n": 2})
            assert status >= 500, (status, said)
        except GONE:
            pass
        code = s.process.wait(10)
        assert code not in (0, 1) and 0 < code < 128, code
        with open(s.log.name) as f:
            said = f.read()
        assert "can no longer be written" in said and "replays" in said, said
        disk.set(0)
        s.start()
        web = Web(s)
        assert web.want(200, "GET", "/digitaltwins/h")["n"] in (1, 2)
        assert web.patch("h", {"n": 4})[0] == 204


def the_books_agree_after_failures_under_load():
    with SlowDisk() as disk, disk.server() as s:
        writers = prepare(s, 2)
        for w in writers:
            w.start()
        for wait_ms in (0, 50, 300):
            time.sleep(0.4)
            disk.set(wait_ms, "fail")
            assert s.process.wait(10) not in (0, 1)
            disk.set(0)
            sure = [w.sure for w in writers]
            s.start()
            for w, before in zip(writers, sure):
                assert Web(s).want(200, "GET", f"/digitaltwins/{w.name}").get("n", 0) >= before, w.name
        finish(s, writers)
        print(f"    {sum(w.sent for w in writers)} writes through 3 failed syncs", flush=True)


def a_disk_that_fails_from_the_start_is_named():
    with SlowDisk() as disk, disk.server() as s:
        s.stop()
        disk.set(0, "fail")
        try:
            s.start()
            raise SystemError("it serves without a disk")
        except AssertionError as error:
            assert "the server ended" in str(error) and "sync" in str(error), error
        disk.set(0)
        s.start()


main(nothing_is_acknowledged_after_a_failed_sync, the_books_agree_after_failures_under_load,
     a_disk_that_fails_from_the_start_is_named)
