# SPDX-License-Identifier: Apache-2.0
"""Commands: who called what and what came of it, one execution per id, through kill -9 and with a device that comes late."""
import json
import threading

from clients import Web
from device_topics_kit import Client, PRESS, device, press, until
from pollux import Server, main


def calls(s, into, query="timeout=30&id=order-1"):
    web = Web(s)
    thread = threading.Thread(target=lambda: into.append(web.ask("POST", f"/api/v1/twins/press/commands/stop?{query}", {})))
    thread.start()
    return thread


def listed(web):
    return web.want(200, "GET", "/api/v1/twins/press/commands")["items"]


def an_id_is_executed_once_and_its_end_is_told_again():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", PRESS)
        press(web, "press")
        key, answers = device(web, "d", ["press"]), []
        first = calls(s, answers)
        until(lambda: len(listed(web)) == 1, "the pending command")
        assert listed(web)[0]["status"] == "pending" and listed(web)[0]["deadline"], listed(web)
        second = calls(s, answers)
        d = Client(s, "d", key, 4)  # comes when it is pending
        topic = "twins/press/commands/stop/order-1"
        assert d.subscribe("twins/press/commands/#") == 1
        d.hear(topic)
        d.paho.publish(topic + "/response", '{"status":"applied","payload":7}', 1)
        for thread in (first, second):
            thread.join(30)
        for _ in range(2):
            assert [json.loads(a[2])["response"] for a in answers] == [7] * len(answers), answers
            s.kill()
            s.start()
            web = Web(s)
            calls(s, answers).join(30)
        assert len(answers) == 4 and len([m for m in d.got if m[0] == topic]) == 1, d.got
        told = web.want(200, "GET", "/api/v1/twins/press/commands/order-1")
        assert (told["status"], told["endedBy"], told["response"], told["name"]) == ("applied", "d", 7, "stop"), told
        assert told["called"] <= told["ended"] and told["by"], told
        other = web.ask("POST", "/api/v1/twins/press/commands/stop?id=order-1", None)
        assert other[0] == 409, other
        d.close()


def the_audit_trail_pages_from_those_that_wait_to_those_that_ended():
    with Server() as s:
        web, answers = Web(s), []
        web.want(201, "POST", "/models", PRESS)
        press(web, "press")
        press(web, "press/2")
        for n in range(3):
            calls(s, answers, f"timeout=1&id=e{n}").join(30)
        assert [json.loads(a[2])["status"] for a in answers] == ["timed out"] * 3, answers
        waiting = [calls(s, answers, f"timeout=100&id=w{n}") for n in range(2)]
        until(lambda: len(listed(web)) == 5, "two that wait and three that ended")
        seen, cursor = [], ""
        while cursor is not None:
            page = web.want(200, "GET", "/api/v1/twins/press/commands?limit=2" + (f"&cursor={cursor}" if cursor else ""))
            seen += [c["id"] for c in page["items"]]
            cursor = page["cursor"]
        assert sorted(seen[:2]) == ["w0", "w1"] and seen[2:] == ["e0", "e1", "e2"], seen
        out = s.cli("command", "list", "press")
        assert "timed out" in out and "pending" in out and "w1" in out, out
        assert s.json("command", "show", "press", "e1")["endedBy"] == "engine.timer"
        assert web.ask("GET", "/api/v1/twins/press/commands/none")[0] == 404
        assert web.want(200, "GET", "/api/v1/twins/press%2F2/commands")["items"] == []
        d = Client(s, "d", device(web, "d", ["press"]), 5)
        assert d.subscribe("twins/press/commands/#") == 1
        for n in range(2):
            d.hear(f"twins/press/commands/stop/w{n}")
            assert d.publish(f"twins/press/commands/stop/w{n}/response", {"status": "rejected", "payload": "late"}) == 0
        for thread in waiting:
            thread.join(30)
        assert [c["status"] for c in listed(web)] == ["timed out"] * 3 + ["rejected"] * 2, listed(web)
        d.close()


def an_answer_that_is_not_taken_says_why_to_the_device_and_ends_nothing():
    with Server() as s:
        web, answers, topic = Web(s), [], "twins/press/commands/stop/order-1/response"
        web.want(201, "POST", "/models", PRESS)
        press(web, "press")
        d = Client(s, "d", device(web, "d", ["press"]), 5)
        call = calls(s, answers)
        until(lambda: len(listed(web)) == 1, "the pending command")
        reason, text = d.refusal(topic, {"status": "aplied", "payload": 40})
        assert reason == 0x99 and text.startswith('the status of an answer is "applied" or "rejected", not "aplied"'), text
        assert listed(web)[0]["status"] == "pending", listed(web)
        assert d.publish(topic, "40") == 0  # a bare payload is that of an applied command
        call.join(30)
        assert [json.loads(a[2])["response"] for a in answers] == [40], answers
        assert d.refusal(topic, "40") == (0x90, "no command 'order-1' of twin 'press' waits for a response")
        reason, text = d.refusal("twins/press/desired/response", {"$version": 17, "status": "applied"})
        assert reason == 0x99 and text.startswith("nothing was ever wished of twin 'press' with $version 17"), text
        d.close()


main(an_id_is_executed_once_and_its_end_is_told_again, an_answer_that_is_not_taken_says_why_to_the_device_and_ends_nothing,
     the_audit_trail_pages_from_those_that_wait_to_those_that_ended)
