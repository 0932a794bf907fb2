# SPDX-License-Identifier: Apache-2.0
"""Commands for devices that are away: they wait, are delivered, sent again, expire, and are guarded, through kill -9."""
import json
import time

from clients import Web
from device_topics_kit import Client, PRESS, device, press, until
from pollux import Server, main

STOP = "/api/v1/twins/press/commands/stop"
TOPIC = "twins/press/commands/stop/"
GATE = {"@context": ["dtmi:dtdl:context;3", "dtmi:pollux:extension:commands;1"], "@id": "dtmi:test:Gate;1", "@type": "Interface",
        "contents": [
            {"@type": "Property", "name": "state", "schema": "string"},
            {"@type": "Property", "name": "temperature", "schema": "double"},
            {"@type": "Relationship", "name": "feeds"},
            {"@type": ["Command", "Guarded", "Timed"], "name": "open", "timeout": 30, "expiry": 60, "guards": [
                {"expression": "$self.state = 'idle' AND temperature < 80", "message": {"en": "Let it rest first"}},
                {"expression": "state = 'shut'", "every": "feeds"}]}]}


def told(web, name):
    return web.want(200, "GET", f"/api/v1/twins/press/commands/{name}")


def status(web, name):
    return told(web, name)["status"]


def begin(s):
    web = Web(s)
    web.want(201, "POST", "/models", PRESS)
    press(web, "press")
    return web, device(web, "d", ["press"])


def it_waits_for_its_device_through_a_kill_and_says_when_it_was_delivered():
    with Server() as s:
        web, key = begin(s)
        got = web.ask("POST", f"{STOP}?id=a&expiry=3600&timeout=60&wait=0", {})
        assert got[0] == 202 and json.loads(got[2]) == {"id": "a", "status": "pending", "response": None}, got
        assert got[1]["Location"] == "/api/v1/twins/press/commands/a", got[1]
        got = web.ask("POST", f"{STOP}?id=b&expiry=3600&timeout=60", {}, {"Prefer": "respond-async"})
        assert got[0] == 202, got
        for name in "ab":
            assert (told(web, name)["attempts"], told(web, name)["retry"]) == ([{"at": told(web, name)["called"]}], 0)
        s.kill()
        s.start()
        web = Web(s)
        watcher = Client(s, "w", s.token)
        assert watcher.subscribe("twins/press/commands/#") == 1
        watcher.hear(TOPIC + "a")
        assert [status(web, name) for name in "ab"] == ["pending"] * 2  # a watcher is no device
        d = Client(s, "d", key, 4)
        assert d.subscribe("twins/press/commands/#") == 1
        for name in "ab":
            d.hear(TOPIC + name)
            until(lambda: status(web, name) == "delivered", "delivered")
        attempt = told(web, "a")["attempts"][0]
        assert attempt["to"] == "d" and attempt["at"] < attempt["delivered"] < told(web, "a")["deadline"], told(web, "a")
        d.close()
        s.kill()
        s.start()
        web = Web(s)
        assert [status(web, name) for name in "ab"] == ["delivered"] * 2
        d = Client(s, "d", key, 5)
        assert d.subscribe("twins/press/commands/#") == 1
        for name in "ab":  # it may have lost them
            d.hear(TOPIC + name)
        assert d.publish(TOPIC + "a/response", {"status": "applied", "payload": 1}) == 0
        assert d.publish(TOPIC + "b/response", {"status": "rejected"}) == 0
        assert [status(web, name) for name in "ab"] == ["applied", "rejected"]
        assert told(web, "a")["attempts"] == [attempt] and told(web, "a")["deadline"] is None
        again = web.want(200, "POST", f"{STOP}?id=a&wait=0", {})
        assert again == {"id": "a", "status": "applied", "response": 1}, again
        d.close()
        watcher.close()


def one_that_nobody_had_expires_and_who_waits_is_told():
    with Server() as s:
        web, key = begin(s)
        began = time.monotonic()
        got = web.want(200, "POST", f"{STOP}?id=a&expiry=1&timeout=60", {})
        assert got["status"] == "expired" and time.monotonic() - began > 0.9, got
        got = web.want(202, "POST", f"{STOP}?id=b&expiry=2&timeout=60&wait=1", {})
        assert got["status"] == "pending", got
        s.kill()
        time.sleep(2)
        s.start()
        web = Web(s)
        until(lambda: status(web, "b") == "expired", "expired")
        assert told(web, "b")["endedBy"] == "engine.timer"
        d = Client(s, "d", key)
        assert d.subscribe("twins/press/commands/#") == 1
        web.want(202, "POST", f"{STOP}?id=c&expiry=60&wait=0", {})
        d.hear(TOPIC + "c")
        assert {m[0] for m in d.got} == {TOPIC + "c"}, d.got  # none that has expired
        metrics = web.metrics()
        assert metrics['pollux_commands_ended_total{end="expired"}'] == 1, metrics
        d.close()


def it_is_sent_again_under_its_id_until_it_is_answered():
    with Server() as s:
        web, key = begin(s)
        d = Client(s, "d", key, 5)
        assert d.subscribe("twins/press/commands/#") == 1
        web.want(202, "POST", f"{STOP}?id=a&timeout=1&retry=2&interval=1&wait=0", {})
        until(lambda: len([x for x in told(web, "a")["attempts"] if "to" in x]) == 2, "a second attempt")
        assert len([m for m in d.got if m[0] == TOPIC + "a"]) >= 2, d.got
        assert d.publish(TOPIC + "a/response", {"status": "applied"}) == 0
        end = told(web, "a")
        assert (end["status"], len(end["attempts"])) == ("applied", 2), end
        assert all(a["to"] == "d" for a in end["attempts"]), end
        got = web.want(200, "POST", f"{STOP}?id=b&timeout=1&retry=1", {})
        assert got["status"] == "timed out", got
        heard = [m for m in d.got if m[0] == TOPIC + "b"]  # nothing else is sent long after the subscription
        assert len(heard) == len(told(web, "b")["attempts"]) == 2, (heard, told(web, "b"))
        assert status(web, "a") == "applied"
        d.close()


def of_qos_0_it_has_arrived_when_it_was_sent():
    with Server() as s:
        web, key = begin(s)
        d = Client(s, "d", key, 4)
        assert d.subscribe("twins/press/commands/#", 0) == 0
        web.want(202, "POST", f"{STOP}?id=a&expiry=60&timeout=60&wait=0", {})
        until(lambda: status(web, "a") == "delivered", "delivered")
        d.close()


def guards_look_at_the_twin_and_its_neighbours():
    with Server() as s:
        web = Web(s)
        bad = json.loads(json.dumps(GATE).replace("temperature < 80", "temprature < 80"))
        got = web.ask("POST", "/models", [bad])
        assert got[0] == 400 and "did you mean 'temperature'" in got[2], got
        web.want(201, "POST", "/models", [GATE])
        for name, state in (("g", "idle"), ("v1", "shut"), ("v2", "ajar")):
            web.want(200, "PUT", f"/digitaltwins/{name}", {"$metadata": {"$model": "dtmi:test:Gate;1"}, "state": state, "temperature": 20})
        for name in ("v1", "v2"):
            web.want(200, "PUT", f"/digitaltwins/g/relationships/{name}", {"$relationshipName": "feeds", "$targetId": name})
        call = "/api/v1/twins/g/commands/open"
        problem = json.loads(web.ask("POST", call + "?wait=0&id=a", {})[2])
        assert (problem["status"], problem["code"]) == (409, "command.guard") and "of 'v2': state is \"ajar\"" in problem["detail"], problem
        assert web.ask("GET", call + "/a")[0] == 404
        verdict = web.want(200, "POST", call + "?dryRun=true", {})
        assert verdict["holds"] is False and [(g["every"], g["twin"], g["values"]) for g in verdict["guards"]] == [
            ("feeds", "v2", {"state": "ajar"})], verdict
        assert "v2" in s.cli("twin", "command", "g", "open", "--dry-run", code=5)
        assert web.patch("v2", {"state": "shut"})[0] == 204
        assert web.want(200, "POST", call + "?dryRun=true", {})["holds"] is True
        change = {"op": "patch", "twin": "g", "value": [{"op": "replace", "path": "/temperature", "value": 91}]}
        command = {"op": "command", "twin": "g", "command": "open", "id": "b"}
        problem = json.loads(web.ask("POST", "/api/v1/batch", {"changes": [change, command]})[2])
        assert problem["status"] == 409 and "Let it rest first" in problem["detail"] and "temperature is 91" in problem["detail"], problem
        assert web.want(200, "GET", "/digitaltwins/g")["temperature"] == 20
        done = web.want(200, "POST", "/api/v1/batch", {"changes": [command, change]})
        assert done["changes"][0] == {"twin": "g", "command": "open", "id": "b"}, done
        waiting = web.want(200, "GET", "/api/v1/twins/g/commands")["items"]
        assert [(c["id"], c["timeout"], "expires" in c) for c in waiting] == [("b", 30, True)], waiting
        refused = s.cli("twin", "command", "g", "open", "--expiry", "1h", "--retry", "3", "--no-wait", code=5)
        assert "temperature is 91" in refused, refused
        assert web.patch("g", {"temperature": 20})[0] == 204
        given = s.json("twin", "command", "g", "open", "--id", "c", "--expiry", "1h", "--retry", "3", "--no-wait")
        assert given["status"] == "pending", given
        assert s.json("command", "show", "g", "c")["retry"] == 3


main(it_waits_for_its_device_through_a_kill_and_says_when_it_was_delivered, one_that_nobody_had_expires_and_who_waits_is_told,
     it_is_sent_again_under_its_id_until_it_is_answered, of_qos_0_it_has_arrived_when_it_was_sent,
     guards_look_at_the_twin_and_its_neighbours)
