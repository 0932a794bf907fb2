# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load, over MQTT QoS 1 and over HTTP PATCH: nothing acknowledged is lost,
nothing is applied twice, and the server serves again at once. PX_LONG=1: 50 rounds beside 100,000 twins."""
import os
import random
import threading
import time

from clients import Web, twin
from pollux import Server, main
from writers import Device, Patcher, check, finish, prepare

LONG = bool(os.environ.get("PX_LONG"))
ROUNDS, TWINS = (50, 100_000) if LONG else (5, 2_000)
READY = 2.0


def fill(s):
    def some(first):
        web = Web(s)
        for n in range(first, TWINS, 16):
            web.want(200, "PUT", f"/digitaltwins/t-{n}", {**twin("Load"), "n": n, "load": 0.5})
    began, threads = time.monotonic(), [threading.Thread(target=some, args=(n,)) for n in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"    {TWINS} twins made in {time.monotonic() - began:.1f} s", flush=True)


def nothing_is_lost_and_nothing_doubled():
    chance, ready = random.Random(os.environ.get("PX_SEED", "9")), []
    with Server() as s:
        writers = prepare(s, 4)
        fill(s)
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
        finish(s, writers)
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
