# SPDX-License-Identifier: Apache-2.0
"""The last value of telemetry by HTTP: seen in /api/v1 and by `pollux twin show`, over kill -9 right after the answer,
and never in the document of the data plane, whose ETag it leaves alone."""
import os
import random
import time

from clients import Web
from pollux import Server, main

ROUNDS = 8
PUMP = [{"@context": "dtmi:dtdl:context;3", "@id": "dtmi:test:Pump;1", "@type": "Interface", "contents": [
    {"@type": "Property", "name": "speed", "schema": "double"}, {"@type": "Telemetry", "name": "flow", "schema": "double"},
    {"@type": "Component", "name": "motor", "schema": "dtmi:test:Motor;1"}]},
    {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:test:Motor;1", "@type": "Interface", "contents": [
        {"@type": "Telemetry", "name": "hum", "schema": "double"}]}]
TWIN = {"$metadata": {"$model": "dtmi:test:Pump;1"}, "speed": 20, "motor": {"$metadata": {}}}


def tell(web, message_id, body, component="", time=None):
    headers = {"Message-Id": message_id, **({"Telemetry-Source-Time": time} if time else {})}
    web.want(204, "POST", f"/digitaltwins/pump/{component}telemetry", body, headers)


def document(web):
    """All that the data plane tells of the twin, and the ETag in its header."""
    _, headers, whole = web.ask("GET", "/digitaltwins/pump")
    found = web.want(200, "POST", "/query", {"query": "SELECT * FROM digitaltwins"})["value"]
    parts = web.want(200, "GET", "/digitaltwins/pump/components/motor")
    assert "flow" not in whole and "hum" not in whole, whole
    return whole, headers["ETag"], found, parts


def values(web):
    return {name: v["value"] for name, v in web.want(200, "GET", "/api/v1/twins/pump")["values"].items() if v["kind"] == "telemetry"}


def prepare(s):
    web = Web(s)
    web.want(201, "POST", "/models", PUMP)
    web.want(200, "PUT", "/digitaltwins/pump", TWIN)
    time.sleep(0.005)  # times in the document have milliseconds
    return web


def what_was_answered_is_there_after_a_kill():
    chance, told = random.Random(os.environ.get("PX_SEED", "5")), 0
    with Server() as s:
        web = prepare(s)
        before = document(web)
        for n in range(ROUNDS):
            for _ in range(chance.randrange(1, 30)):
                told += 1
                tell(web, f"m{told}", {"flow": told + 0.5})
            tell(web, f"c{n}", {"hum": n}, "components/motor/")
            if n % 2:
                time.sleep(chance.uniform(0, 1.5))  # some of it may be in the twin's row by then
            s.kill()
            s.start()
            web = Web(s)
            assert values(web) == {"flow": f"{told}.5", "motor.hum": n}, (told, n, values(web))
            assert document(web) == before, (document(web), before)
            tell(web, f"m{told}", {"flow": -1})  # the same message again
            assert values(web)["flow"] == f"{told}.5"
            if n == ROUNDS // 2:  # the ETag that was read before all of it still holds
                assert web.patch("pump", {"speed": 21}, {"If-Match": before[1]})[0] == 204
                before = document(web)
        s.stop()
        s.start()
        web = Web(s)
        assert values(web)["flow"] == f"{told}.5" and document(web) == before
        count = web.want(200, "GET", "/api/v1/history/pump/count?property=flow")["count"]
        assert count == told, f"{told} were told, {count} are kept"


def its_clock_is_that_of_devices():
    with Server() as s:
        web = prepare(s)
        tell(web, "1", {"flow": 2}, time="2026-11-01T12:00:02Z")
        tell(web, "2", {"flow": 1}, time="2026-11-01T12:00:01Z")
        assert values(web)["flow"] == 2
        assert web.metrics()["pollux_samples_late_total"] == 1
        shown = s.cli("twin", "show", "pump")
        line = next(line for line in shown.splitlines() if line.startswith("flow"))
        assert "2026-11-01T12:00:02Z" in line and line.split()[1] == "2", shown
        assert web.want(200, "GET", "/api/v1/history/pump/count?property=flow")["count"] == 2


main(what_was_answered_is_there_after_a_kill, its_clock_is_that_of_devices)
