# SPDX-License-Identifier: Apache-2.0
"""Property indexes on a real server: built under load, never behind an acknowledgement, there again after kill -9."""
import threading
import time

from clients import Web, model, twin
from pollux import Server, main

TWINS, WRITERS, WRITES = 4000, 3, 300


def fill(web):
    web.want(201, "POST", "/models", [model("Pump", speed="double", site="string")])
    for first in range(0, TWINS, 500):
        changes = [{"op": "put", "twin": f"t{i}", "value": {**twin("Pump"), "speed": i, "site": f"hall-{i % 50}"}}
                   for i in range(first, first + 500)]
        web.want(200, "POST", "/api/v1/batch", {"changes": changes})


def ask(web, query):
    return web.want(200, "POST", "/query", {"query": query})["value"]


def is_by_index(web, query):
    return ask(web, "EXPLAIN " + query)[0]["operator"] == "index"


def wait_until_ready(web, index):
    began = time.monotonic()
    while (state := web.want(200, "GET", f"/api/v1/property-indexes/{index}"))["state"] == "building":
        assert time.monotonic() - began < 60, state
    assert state["state"] == "ready", state
    return state


class Writer(threading.Thread):
    """Writes values that nobody else writes, and finds each at once where it was acknowledged, and nowhere before."""

    def __init__(self, s, number):
        super().__init__()
        self.web, self.number, self.error = Web(s), number, None

    def run(self):
        try:
            for n in range(WRITES):
                name, value = f"t{(n * 7 + self.number * 1000) % TWINS}", 10000 + self.number * 1000 + n + 0.5
                status, _, text = self.web.patch(name, {"speed": value})
                assert status == 204, text
                found = [row["$dtId"] for row in ask(self.web, f"SELECT $dtId FROM DIGITALTWINS WHERE speed = {value}")]
                assert found == [name], (name, value, found)
                half = ask(self.web, "SELECT COUNT() FROM DIGITALTWINS WHERE speed >= 0")[0]["COUNT"]
                assert int(half) == TWINS, half
        except AssertionError as e:
            self.error = e


def an_index_is_built_under_load_and_is_never_behind():
    with Server() as s:
        web = Web(s)
        fill(web)
        writers = [Writer(s, n) for n in range(WRITERS)]
        for w in writers:
            w.start()
        web.want(200, "PUT", "/api/v1/property-indexes/by-speed", {"property": "speed"})
        web.want(200, "PUT", "/api/v1/property-indexes/by-site", {"property": "site", "model": "dtmi:test:Pump;1"})
        assert wait_until_ready(web, "by-speed")["twins"] == TWINS
        wait_until_ready(web, "by-site")
        for w in writers:
            w.join()
            assert not w.error, w.error
        question = "SELECT $dtId FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:test:Pump;1') AND T.site = 'hall-7'"
        assert is_by_index(web, question)
        rows = ask(web, question)
        assert len(rows) == TWINS // 50, len(rows)

        web.close()
        s.kill()
        s.start()
        web = Web(s)
        began = time.monotonic()
        assert ask(web, question) == rows  # while it is built, too
        wait_until_ready(web, "by-site")
        print(f"    ready {time.monotonic() - began:.2f} s after the start", flush=True)
        assert is_by_index(web, question) and ask(web, question) == rows
        assert web.metrics()["pollux_property_indexes"] == 2

        web.want(204, "DELETE", "/api/v1/property-indexes/by-site")
        assert not is_by_index(web, question) and ask(web, question) == rows


main(an_index_is_built_under_load_and_is_never_behind)
