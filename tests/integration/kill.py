# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load, over MQTT QoS 1 and over HTTP PATCH: nothing acknowledged is lost,
nothing is applied twice, and the server serves again at once. The program as shipped goes through 50 rounds
beside 100,000 twins, the one with sanitizers through a few."""
import glob
import os
import random
import time

import load
from clients import Web, twin
from pollux import RELEASE, Server, main
from writers import Device, Patcher, check, finish, prepare

ROUNDS, TWINS = (50, 100_000) if RELEASE else (5, 2_000)
READY = 2.0


def fill(s):
    seconds = load.requests(s, "PUT", "/digitaltwins/t-%ld?api-version=2023-10-31",
                            {**twin("Load"), "n": "%ld", "load": 0.5}, TWINS)
    print(f"    {TWINS} twins made in {seconds:.1f} s", flush=True)


def queued(pid):
    """The longest that a thread of it has waited for a CPU which others had, in seconds."""
    waits = [0]
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path) as f:
            waits.append(int(f.read().split()[1]) / 1e9)
    return max(waits)


def serve_again(s):
    """Starts, and gives the seconds until the first answer to a read: its own, not those it had to queue behind
    other programs of a busy machine."""
    began, before = time.monotonic(), queued(os.getpid())
    s.start()
    assert Web(s).want(200, "GET", f"/digitaltwins/t-{TWINS - 1}")["n"] == TWINS - 1
    return time.monotonic() - began - max(queued(s.process.pid), queued(os.getpid()) - before)


def nothing_is_lost_and_nothing_doubled():
    chance, ready = random.Random(os.environ.get("PX_SEED", "9")), []
    with Server() as s:
        writers = prepare(s, 4)
        fill(s)
        for w in writers:
            w.start()
        for n in range(ROUNDS):
            time.sleep(chance.uniform(0.05, 1.0))
            s.kill()
            sure = [w.sure for w in writers]
            ready.append(serve_again(s))
            assert ready[-1] < READY, f"round {n}: serving again only after {ready[-1]:.2f} s"
            web = Web(s)
            for w, before in zip(writers, sure):
                now = web.want(200, "GET", f"/digitaltwins/{w.name}").get("n", 0)
                assert before <= now, f"{w.name}: {before} was acknowledged, {now} is there"
                assert not w.error, (w.name, w.error)
            assert len(web.want(200, "GET", "/api/v1/twins?limit=1000")["items"]) == 1000
        finish(s, writers)
        s.stop()
        s.start()
        for w in writers:
            check(s, w)
        assert Web(s).metrics()["pollux_twins"] == TWINS + len(writers)
    for kind in (Device, Patcher):
        mine = [w for w in writers if isinstance(w, kind)]
        assert all(w.sent > ROUNDS for w in mine), [w.sent for w in mine]
        resent = sum(w.resent for w in mine)
        assert resent, f"no {kind.__name__} had anything in flight at any of the {ROUNDS} kills"
        print(f"    {kind.__name__}: {sum(w.sent for w in mine)} writes, {resent} of them repeated")
    print(f"    {ROUNDS} kills; serving again after {sorted(ready)[ROUNDS // 2]:.2f} s, at most {max(ready):.2f} s", flush=True)


main(nothing_is_lost_and_nothing_doubled)
