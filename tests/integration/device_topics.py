# SPDX-License-Identifier: Apache-2.0
"""What a device may say and hears by MQTT: every topic, both versions, two tenants, and rights that end while it is connected."""
import json
import threading
import time

from clients import Web
from device_topics_kit import Client, PRESS, device, press, until
from pollux import Server, main

UNKNOWN = ("topic 'twins/mine/nonsense' has no meaning; a device publishes to twins/T/telemetry, twins/T/reported, "
           "twins/T/desired/response and twins/T/commands/NAME/ID/response")


def command(server, token, twin, into):
    web = Web(server, token)
    thread = threading.Thread(target=lambda: into.append(web.ask("POST", f"/api/v1/twins/{twin}/commands/stop?timeout=30", {})))
    thread.start()
    return thread


def every_topic_of_a_device(s, web, version):
    name = f"d{version}"
    twin = f"press-{version}"
    press(web, twin)
    key = device(web, name, [twin])
    answers, before = [], len(web.want(200, "GET", "/api/v1/rejects")["items"])
    web.want(200, "PATCH", f"/api/v1/twins/{twin}/desired", {"speed": 30})
    waiting = command(s, None, twin, answers)
    watcher, d = Client(s, "any", s.token, version, f"w{version}"), Client(s, name, key, version)
    assert watcher.subscribe("events/#", 0) == 0
    assert d.subscribe(f"twins/{twin}/desired") == 1
    assert json.loads(d.hear(f"twins/{twin}/desired")[1])["speed"] == 30
    assert d.subscribe(f"twins/{twin}/commands/#") == 1
    assert d.subscribe(f"twins/{twin}/state", 0) == 0
    until(lambda: any(f"twins/{twin}/commands/stop/" in m[0] for m in d.got), "the pending command")
    topic = next(m[0] for m in d.got if "/commands/stop/" in m[0])
    assert d.publish(topic + "/response", {"status": "applied", "payload": {"n": 1}}) == 0
    waiting.join(15)
    answer = json.loads(answers[0][2])
    assert (answer["status"], answer["response"]) == ("applied", {"n": 1}), answer
    assert d.publish(f"twins/{twin}/telemetry", {"current": 1.5, "speed": 21}) == 0
    assert json.loads(d.hear(f"twins/{twin}/state", lambda p: '"value":21' in p)[1])["twin"] == twin
    assert d.publish(f"twins/{twin}/reported", {"speed": 22.50}) == 0
    assert d.publish(f"twins/{twin}/components/motor/telemetry", {"hum": 3}) == 0
    assert d.publish(f"twins/{twin}/components/motor/reported", {"heat": 4}) == 0
    message = watcher.hear(f"events/graph/{twin}", lambda p: "motor.heat" in p or '"heat"' in p or "motor/heat" in p)[3]
    if version == 5:
        assert [name for name, _ in message.properties.UserProperty] == ["seq"]
    web.want(200, "PATCH", f"/api/v1/twins/{twin}/desired", {"speed": 31})
    d.hear(f"twins/{twin}/desired", lambda p: json.loads(p).get("speed") == 31)
    # one good field is enough; none is not, and 3.1.1 is told neither
    assert d.publish(f"twins/{twin}/telemetry", {"speed": 23, "nonsense": 1}) == 0
    assert d.publish(f"twins/{twin}/telemetry", {"nonsense": 1}) == (0x99 if version == 5 else 0)
    assert d.publish(f"twins/{twin}/telemetry", "{") == (0x99 if version == 5 else 0)
    assert len(web.want(200, "GET", "/api/v1/rejects")["items"]) == before + 3
    watcher.close()
    d.close()


def each_topic_means_what_it_says():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", PRESS)
        every_topic_of_a_device(s, web, 5)
        every_topic_of_a_device(s, web, 4)
        metrics = web.metrics()
        assert metrics["pollux_fields_rejected_total"] == 4 and metrics["pollux_messages_refused_total"] == 2, metrics


def what_a_device_rejects_is_no_success_of_the_command_line():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", PRESS)
        press(web, "press")
        d = Client(s, "d", device(web, "d", ["press"]))
        assert d.subscribe("twins/press/commands/#") == 1
        said = "error: the device of twin 'press' rejected 'stop'"
        for answer, code, told in (({"status": "applied", "payload": 1}, 0, ""),
                                   ({"status": "rejected", "payload": "the guard is open"}, 2, said + ": the guard is open\n"),
                                   ({"status": "rejected", "payload": {"code": 7}}, 2, said + ': {"code":7}\n'),
                                   ({"status": "rejected"}, 2, said + "\n")):
            d.got.clear()
            asked = s.cli_start("twin", "command", "press", "stop")
            topic = "twins/press/commands/stop/"
            until(lambda: any(m[0].startswith(topic) for m in d.got), "the command")
            assert d.publish(next(m[0] for m in d.got if m[0].startswith(topic)) + "/response", answer) == 0
            out, err = asked.communicate(timeout=20)
            assert (asked.returncode, err) == (code, told), (asked.returncode, out, err)
            assert answer["status"] in out, out
        d.close()


def a_device_has_its_own_twins_only():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", PRESS)
        for twin in ("mine", "mine/2", "other", "+"):
            press(web, twin)
        key, plus = device(web, "d", ["mine"]), device(web, "p", ["+"])
        d, p = Client(s, "d", key), Client(s, "p", plus)
        other = d.refusal("twins/other/telemetry", {"speed": 1})
        assert other[0] == 0x87 and "other" in other[1], other
        assert d.refusal("twins/mine/nonsense", {}) == (0x90, UNKNOWN), d.texts
        assert d.refusal("twins/mine/telemetry", {"sped": 1}) == (0x99, "the model has no 'sped'; did you mean 'speed'?"), d.texts
        text = d.refusal("twins/mine/telemetry", {"sped": 1, "x": 2, "y": 3})[1]
        assert text.endswith("; so were 2 more, see GET /api/v1/rejects"), text
        assert d.publish("twins/nobody/telemetry", {"speed": 1}) == 0x87
        for topic in ("twins/other/desired", "twins/+/desired", "twins/#", "#", "+/mine/desired", "events/#", "twins/mine/2/#", "twins/mine%2F2/#"):
            granted = d.subscribe(topic)
            assert granted == (1 if topic == "twins/mine/2/#" else 0x87), (topic, granted)
        assert d.subscribe("twins/mine/#") == 1
        assert p.subscribe("twins/+/#") == 0x87 and p.subscribe("twins/%2B/#") == 1
        assert d.refusal("events/graph/mine", "forged") == (0x87, "only the server itself publishes to 'events/graph/mine'")
        for twin in ("mine%2F2", "other", "%2B"):
            assert web.patch(twin, {"speed": 77})[0] == 204
        assert web.patch("mine", {"speed": 78})[0] == 204
        d.hear("twins/mine/state")
        p.hear("twins/%2B/state")
        assert {m[0] for m in d.got} == {"twins/mine/state"}, d.got
        assert {m[0] for m in p.got} == {"twins/%2B/state"}, p.got
        wrong = Client(s, "p", key)
        assert wrong.code == 0x86, wrong.code
        for client in (d, p, wrong):
            client.close()


def tenants_of_the_same_names_never_meet():
    with Server() as s:
        first = Web(s)
        token = first.want(201, "PUT", "/api/v1/tenants/acme", {})["token"]
        webs, clients = (first, Web(s, token)), []
        for n, web in enumerate(webs):
            web.want(201, "POST", "/models", PRESS)
            press(web, "press")
            all_of_it = Client(s, "any", s.token if n == 0 else token, client_id="watcher")
            assert all_of_it.subscribe("#") == 1
            clients.append((all_of_it, Client(s, "d", device(web, "d", ["press"]), client_id="same")))
        for n, (_, d) in enumerate(clients):
            assert d.subscribe("twins/press/#") == 1 and d.subscribe("line/x") == 1
        for n, (_, d) in enumerate(clients):
            assert d.publish("twins/press/telemetry", {"speed": 100 + n}) == 0
            assert d.publish("line/x", f"plain {n}") == 0
        for n, (every, d) in enumerate(clients):
            for client in (every, d):
                client.hear("line/x", lambda p: p == f"plain {n}")
                client.hear("twins/press/state", lambda p: f'"value":{100 + n}' in p)
                assert not client.ends
                text = json.dumps([m[:2] for m in client.got])
                assert f"plain {1 - n}" not in text and f":{101 - n}" not in text, text
        for pair in clients:
            for client in pair:
                client.close()


def rights_withdrawn_end_connections_within_a_second():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", PRESS)
        press(web, "press")
        for version in (5, 4):
            for end in (lambda: web.want(204, "DELETE", "/api/v1/devices/d"),
                        lambda: web.want(201, "POST", "/api/v1/devices/d/key"),
                        lambda: web.want(200, "PUT", "/api/v1/devices/d", {"twins": []})):
                web.ask("DELETE", "/api/v1/devices/d")
                d = Client(s, "d", device(web, "d", ["press"]), version)
                assert d.subscribe("twins/press/#") == 1
                end()
                began = time.monotonic()
                until(lambda: d.ends, "the end of the connection")
                assert time.monotonic() - began < 1, time.monotonic() - began
                if version == 5:
                    assert d.ends[0] == 0x98, d.ends
                d.close()


def what_a_refusal_says_binds_the_device_to_one_twin_more():
    """The cure, run as it is printed, leaves the twins that the device has."""
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", PRESS)
        press(web, "O1")
        d = Client(s, "oven-1", device(web, "oven-1", ["O1"]), 5)
        reason, text = d.refusal("twins/O9/telemetry", {"speed": 1})
        assert reason == 0x87 and text == ("device 'oven-1' is not bound to twin 'O9', if there is one; "
                                           "bind it with `pollux device bind oven-1 --twin O9`"), text
        d.close()
        assert s.cli(*text.split("`")[1].split()[1:]) == "oven-1 speaks for 2 twins\n"
        assert s.cli("device", "bind", "oven-1", "-t", "O9", "-t", "O1") == "oven-1 speaks for 2 twins\n"
        assert web.want(200, "GET", "/api/v1/devices/oven-1")["twins"] == ["O1", "O9"]
        assert "did you mean 'oven-1'" in s.cli("device", "bind", "oven-2", "--twin", "O9", code=4)
        press(web, "O9")
        key = web.want(201, "POST", "/api/v1/devices/oven-1/key")["key"]
        d = Client(s, "oven-1", key, 5)
        assert [d.publish(f"twins/{twin}/telemetry", {"speed": 1}) for twin in ("O1", "O9")] == [0, 0]
        d.close()


main(each_topic_means_what_it_says, a_device_has_its_own_twins_only, what_a_refusal_says_binds_the_device_to_one_twin_more,
     what_a_device_rejects_is_no_success_of_the_command_line, tenants_of_the_same_names_never_meet,
     rights_withdrawn_end_connections_within_a_second)
