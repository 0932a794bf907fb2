# SPDX-License-Identifier: Apache-2.0
"""Desired values on their way to a device that goes away and comes back, and a server that is killed in between."""
import json
import time

from clients import Web
from device_topics_kit import Client, PRESS, device, press, until
from pollux import Server, main


def wish(web, values, after=""):
    return web.want(200, "PATCH", f"/api/v1/twins/press/desired{after}", values)


def status(web, name="speed"):
    return web.want(200, "GET", "/api/v1/twins/press/desired")[name]["status"]


def soon(web, wanted, name="speed"):
    until(lambda: status(web, name) == wanted, f"{name} {wanted}")


def hears(d):
    topic = "twins/press/desired"
    got = json.loads(d.hear(topic)[1])
    d.got.clear()
    return got


def comes(s, key, version=4):
    d = Client(s, "d", key, version)
    assert d.subscribe("twins/press/desired") == 1
    return d


def begin(s):
    web = Web(s)
    web.want(201, "POST", "/models", PRESS)
    press(web, "press")
    return web, device(web, "d", ["press"])


def what_is_wished_for_is_delivered_at_each_connection_until_it_is_applied():
    with Server() as s:
        web, key = begin(s)
        wish(web, {"speed": 30})
        assert status(web) == "pending"
        watcher = Client(s, "any", s.token, 5, "w")
        assert watcher.subscribe("twins/+/desired") == 1 and watcher.subscribe("events/document/press") == 1
        wish(web, {"speed": 31})
        watcher.hear("twins/press/desired")
        time.sleep(0.3)
        assert status(web) == "pending", "a watcher is no device"
        for version in (4, 5):
            d = comes(s, key, version)
            assert hears(d)["speed"] == 31
            soon(web, "delivered")
            d.close()
            s.kill()
            s.start()
            web = Web(s)
            assert status(web) == "delivered"
        d = comes(s, key)
        assert hears(d)["speed"] == 31
        d.paho.publish("twins/press/reported", '{"speed":31}', 1)
        soon(web, "applied")
        told = web.want(200, "GET", "/api/v1/twins/press/desired")["speed"]
        assert told["reported"] == 31 and told["reportedVersion"] > told["version"], told
        d.close()
        d = comes(s, key)
        time.sleep(0.3)
        assert not d.got, d.got
        wish(web, {"speed": 32})  # to one that is connected
        assert hears(d)["speed"] == 32
        soon(web, "delivered")
        d.close()


def what_the_device_rejects_or_confirms_is_not_delivered_again():
    with Server() as s:
        web, key = begin(s)
        wish(web, {"speed": 30})
        for version, answer, then in ((4, {"status": "rejected", "reason": "the guard is open"}, "rejected"),
                                      (5, {"status": "applied", "properties": ["speed"]}, "applied")):
            d = comes(s, key, version)
            at = hears(d)["$version"]
            d.paho.publish("twins/press/desired/response", json.dumps({"$version": at, **answer}), 1)
            soon(web, then)
            told = web.want(200, "GET", "/api/v1/twins/press/desired")["speed"]
            assert told.get("reason") == answer.get("reason"), told
            d.close()
            s.kill()
            s.start()
            web = Web(s)
            assert status(web) == then
            d = comes(s, key, version)
            time.sleep(0.3)
            assert not d.got, d.got
            d.close()
            wish(web, {"speed": 33})
        d = Client(s, "d", key, 5)
        reason, text = d.refusal("twins/press/desired/response", {"status": "applied"})
        assert reason == 0x99, (reason, text)
        assert any("it wants the $version" in r["reason"] for r in web.want(200, "GET", "/api/v1/rejects")["items"])
        d.close()


def a_wish_with_an_end_times_out_and_is_told_on_the_stream():
    with Server() as s:
        web, key = begin(s)
        watcher = Client(s, "any", s.token, 5, "w")
        assert watcher.subscribe("events/document/press") == 1
        told = wish(web, {"speed": 30}, "?expiry=1")["speed"]
        assert told["status"] == "pending" and told["expires"], told
        soon(web, "timed out")
        heard = watcher.hear("events/document/press", lambda p: "timed out" in p)
        assert json.loads(heard[1])["desiredStatus"]["speed"]["version"] == told["version"], heard
        d = comes(s, key)
        time.sleep(0.3)
        assert not d.got, d.got
        for seconds, code in ((2592000, 200), (2592001, 400), (0, 400)):
            web.want(code, "PATCH", f"/api/v1/twins/press/desired?expiry={seconds}", {"speed": 31})
        out = s.cli("twin", "desired", "press")
        assert "delivered" in out or "pending" in out, out
        d.close()
        watcher.close()


main(what_is_wished_for_is_delivered_at_each_connection_until_it_is_applied,
     what_the_device_rejects_or_confirms_is_not_delivered_again,
     a_wish_with_an_end_times_out_and_is_told_on_the_stream)
