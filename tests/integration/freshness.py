# SPDX-License-Identifier: Apache-2.0
"""Freshness as a contract: a device that stops and comes back, a backlog told three times, a clock a year ahead, a server
that is killed in between, and what queries, streams, metrics and the program say of it."""
import datetime
import json
import time

from clients import Web
from device_topics_kit import Client, device, until
from pollux import Server, main

EXTENSION = ["dtmi:dtdl:context;3", "dtmi:pollux:extension:freshness;1"]
MODELS = [{"@id": "dtmi:test:Press;1", "@type": "Interface", "@context": EXTENSION, "contents": [
    {"@type": ["Telemetry", "Freshness"], "name": "rate", "schema": "double",
     "expectedPeriod": "PT1S", "tolerance": "PT0.5S", "allowedStaleness": "PT3S"},
    {"@type": "Telemetry", "name": "heat", "schema": "double"}]},
    {"@id": "dtmi:test:Hall;1", "@type": "Interface", "@context": EXTENSION, "contents": [
        {"@type": ["Relationship", "FreshnessRollUp"], "name": "contains"}]}]
PRESS = {"$metadata": {"$model": "dtmi:test:Press;1"}}
YEAR = 365 * 86400


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def begin(s):
    web = Web(s)
    web.want(201, "POST", "/models", MODELS)
    web.want(200, "PUT", "/digitaltwins/press", PRESS)
    return web, device(web, "d", ["press"])


def fresh(web, twin="press"):
    return web.want(200, "GET", f"/api/v1/twins/{twin}/freshness")


def state(web, twin="press"):
    return fresh(web, twin)["state"]


def soon(web, wanted, twin="press"):
    until(lambda: state(web, twin) == wanted, f"{twin} {wanted}")


def query(web, text):
    return web.want(200, "POST", "/query", {"query": text})["value"]


class Told:
    """What one subscriber heard of the freshness of press, in order."""

    def __init__(self, s):
        self.client = Client(s, "any", s.token, 5, "w")
        assert self.client.subscribe("events/freshness/press") == 1

    def states(self):
        return [json.loads(m[1])["freshness"]["state"] for m in list(self.client.got)]


def a_device_that_stops_goes_late_and_stale_and_comes_back():
    with Server() as s:
        web, key = begin(s)
        assert state(web) == "unknown" and fresh(web)["items"][0]["sourceTime"] is None
        told, d = Told(s), Client(s, "d", key)
        for i in range(4):
            d.publish("twins/press/telemetry", {"rate": i})
            time.sleep(1)
        got = fresh(web)
        assert got["state"] == "fresh" or told.states()[0] == "fresh", got
        item, source = got["items"][0], got["sources"][0]
        assert item["path"] == "rate" and item["measured"]["samples"] == 4 and item["expected"]["from"] == "model", item
        assert item["expected"] == {"period": 1, "tolerance": "0.5", "stale": 3, "from": "model"}, item
        assert source["device"] == "d" and source["samples"] == 4, source
        assert query(web, "SELECT $dtId FROM DIGITALTWINS T WHERE IS_DEFINED(T.$freshness)") == [{"$dtId": "press"}]
        until(lambda: told.states()[-2:] == ["late", "stale"], "late, then stale, on the topic")
        got = fresh(web)
        assert float(got["items"][0]["ageSeconds"]) > 3 and got["state"] == "stale", got
        last, since = got["items"][0]["arrival"], got["since"]
        assert (datetime.datetime.fromisoformat(since[:-1]) - datetime.datetime.fromisoformat(last[:-1])).total_seconds() == 3
        d.publish("twins/press/telemetry", {"rate": 10})
        assert state(web) == "stale", "one sample is not enough"
        value = iter(range(11, 1000))
        until(lambda: time.sleep(0.5) or d.publish("twins/press/telemetry", {"rate": next(value)}) != 0 or state(web) == "fresh",
              "fresh again")
        until(lambda: "fresh" in told.states()[told.states().index("stale"):], "fresh again, on the topic")
        rows = web.want(200, "GET", "/api/v1/history/press?property=%24freshness")["rows"]
        assert [state for _, state in rows][:1] == ["unknown"] and [state for _, state in rows][-4:].count("stale") == 1, rows
        assert since in [time for time, _ in rows], rows
        columns = web.want(200, "GET", "/api/v1/history/press")
        assert "$freshness" not in json.dumps(columns) and len(columns["rows"]) == len([r for r in columns["rows"] if r[1] is not None])
        d.close()
        told.client.close()


def queries_metrics_lists_and_the_program_agree():
    with Server() as s:
        web, key = begin(s)
        web.want(200, "PUT", "/digitaltwins/other", PRESS)
        web.want(200, "PUT", "/digitaltwins/hall", {"$metadata": {"$model": "dtmi:test:Hall;1"}})
        for twin in ("press", "other"):
            web.want(200, "PUT", f"/digitaltwins/hall/relationships/{twin}", {"$targetId": twin, "$relationshipName": "contains"})
        d, watch = Client(s, "d", key), s.cli_start("watch", "press", "--count", "4")
        until(lambda: web.metrics()["pollux_streams"] == 1, "the watch follows")
        d.publish("twins/press/telemetry", {"rate": 1})
        rows = web.want(200, "GET", "/api/v1/history/press?property=%24freshness")["rows"]
        assert [state for _, state in rows] == ["unknown", "fresh"], f"history did not wait: {rows}"
        soon(web, "stale")
        lines = watch.communicate(timeout=20)[0].splitlines()
        assert [line.split("  ")[2:] for line in lines] == [["rate", "1"], *(["$freshness", now] for now in ("fresh", "late", "stale"))], lines
        assert query(web, "SELECT $dtId, T.$freshness FROM DIGITALTWINS T WHERE T.$freshness = 'stale'") == \
            [{"$dtId": "press", "$freshness": "stale"}]
        assert query(web, "SELECT B.$dtId FROM DIGITALTWINS MATCH (A)-[:contains]->(B) "
                          "WHERE A.$dtId = 'hall' AND B.$freshness IN ['stale', 'late']") == [{"$dtId": "press"}]
        assert query(web, "SELECT COUNT() FROM DIGITALTWINS T WHERE NOT IS_DEFINED(T.$freshness)") == [{"COUNT": 1}]
        got = web.want(200, "GET", "/api/v1/freshness?state=stale")
        assert [i["twin"] for i in got["items"]] == ["press"] and got["cursor"] is None, got
        assert got["counts"] == {"fresh": 0, "late": 0, "stale": 1, "unknown": 1}, got
        first = web.want(200, "GET", "/api/v1/freshness?limit=1")
        rest = web.want(200, "GET", f"/api/v1/freshness?limit=1&cursor={first['cursor']}")
        assert {first["items"][0]["twin"], rest["items"][0]["twin"]} == {"press", "other"} and rest["cursor"] is None
        assert web.ask("GET", "/api/v1/freshness?state=old")[0] == 400
        up = fresh(web, "hall")
        assert up["state"] == "unknown" and up["items"] == [], up
        assert up["rollup"] == {"state": "stale", "worst": "press", "twins": 2, "truncated": False}, up
        metrics = web.metrics()
        assert metrics['pollux_freshness_twins{state="stale"}'] == 1 and metrics["pollux_freshness_waiting"] == 0
        assert s.json("freshness", "list", "--state", "stale")[0]["twin"] == "press"
        assert s.json("freshness", "show", "hall")["rollup"]["worst"] == "press"
        assert "rate" in s.cli("freshness", "show", "press")
        shown, listed = s.json("twin", "show", "press"), {t["id"]: t.get("freshness") for t in s.json("twin", "list")}
        assert shown["freshness"] == listed["press"] == {"state": "stale", "since": got["items"][0]["since"]}, (shown, listed)
        assert listed["other"]["state"] == "unknown" and listed["hall"] is None, listed
        head, *lines = s.cli("twin", "show", "press").splitlines()
        assert head.endswith(f"  stale since {got['items'][0]['since']}") and "stale" in lines[-1], (head, lines)
        assert "freshness" not in s.cli("twin", "show", "hall"), "of what nothing is declared nothing is said"
        assert "$freshness" not in json.dumps(web.want(200, "GET", "/digitaltwins/press")), "the data plane's body is as it was"
        web.want(200, "PUT", "/digitaltwins/bare", {"$metadata": {"$model": "dtmi:test:Hall;1"}})
        web.want(200, "PUT", "/api/v1/freshness-rules/bare", {"rollUp": []})
        assert "bare: nothing is declared" in s.cli("freshness", "show", "bare")
        assert "did you mean 'press'" in s.cli("freshness", "show", "pres", code=4)
        revision = web.ask("GET", "/digitaltwins/press")[1]["ETag"]
        d.publish("twins/press/telemetry", {"heat": 1})
        assert web.ask("GET", "/digitaltwins/press")[1]["ETag"] != revision, "telemetry by MQTT counts as before"
        d.close()


def late_samples_never_move_the_live_value_and_a_backlog_counts_once():
    with Server() as s:
        web, key = begin(s)
        d, now = Client(s, "d", key), time.time()
        d.publish("twins/press/telemetry", {"rate": 99, "$ts": stamp(now)})
        backlog = [{"rate": i, "$ts": stamp(now - 60 + i)} for i in range(50)]
        for _ in range(3):
            d.publish("twins/press/telemetry", backlog)
        item = fresh(web)["items"][0]
        assert item["sourceTime"].startswith(stamp(now)[:19]), item
        measured = item["measured"]
        assert (measured["late"], measured["duplicates"], measured["samples"]) == (50, 100, 51), measured
        assert fresh(web)["sources"][0]["late"] == 50
        live = web.want(200, "GET", "/api/v1/twins/press")["values"]["rate"]
        assert live["value"] == 99, live
        metrics = web.metrics()
        assert metrics["pollux_samples_late_total"] == 150 and metrics["pollux_freshness_duplicates_total"] == 100, metrics
        soon(web, "stale")
        d.publish("twins/press/telemetry", [{"rate": i, "$ts": stamp(now - 30 + i)} for i in range(20)])
        assert state(web) == "stale", "what was told before makes nothing fresh"
        d.close()


def a_clock_a_year_ahead_is_measured_and_not_believed():
    with Server() as s:
        web, key = begin(s)
        d = Client(s, "d", key)
        d.publish("twins/press/telemetry", {"rate": 1, "$ts": stamp(time.time() + YEAR)})
        got = fresh(web)["items"][0]
        assert abs(float(got["measured"]["clockOffset"]) - YEAR) < 60 and float(got["ageSeconds"]) < 60, got
        soon(web, "stale")
        d.close()


def a_kill_in_the_middle_keeps_states_and_says_what_time_changed():
    with Server() as s:
        web, key = begin(s)
        web.want(200, "PUT", "/digitaltwins/slow", PRESS)
        web.want(200, "PUT", "/api/v1/freshness-rules/slow", {"properties": {"rate": {"period": 3600}}})
        web.want(204, "POST", "/digitaltwins/slow/telemetry", {"rate": 1}, [("Message-Id", "m1")])
        d = Client(s, "d", key)
        d.publish("twins/press/telemetry", {"rate": 1})
        assert state(web, "slow") == "fresh"
        d.close()
        since = fresh(web, "slow")["since"]
        s.kill()
        time.sleep(3.5)
        s.start()
        web = Web(s)
        soon(web, "stale")
        got = fresh(web, "slow")
        assert got["state"] == "fresh" and got["since"] == since and got["items"][0]["expected"]["from"] == "twin", got
        position = web.metrics()["pollux_position"]
        s.kill()
        s.start()
        web = Web(s)
        assert state(web) == "stale" and web.metrics()["pollux_position"] == position, "nothing new to be said"
        assert query(web, "SELECT $dtId FROM DIGITALTWINS T WHERE T.$freshness = 'stale'") == [{"$dtId": "press"}]


def documents_declare_and_are_refused_with_their_place():
    with Server() as s:
        web, key = begin(s)
        path = "/api/v1/freshness-rules/press"
        for body, pointer in (({"properties": {"rat": {"period": 1}}}, "/properties/rat"),
                              ({"properties": {"rate": {"period": "P1M"}}}, "/properties/rate/period"),
                              ({"properties": {"rate": {"period": 2, "stale": 1}}}, "/properties/rate"),
                              ({"when": 1}, "/when")):
            problem = web.want(400, "PUT", path, body)
            assert problem["pointer"] == pointer, problem
        assert web.ask("PUT", "/api/v1/freshness-rules/none", {"properties": {}})[0] == 404
        assert web.ask("GET", path)[0] == 404
        got = web.want(200, "PUT", path, {"properties": {"rate": {"period": "PT2S"}, "heat": {"period": 60}}})
        assert got["twin"] == "press" and got["properties"]["heat"] == {"period": 60}, got
        items = fresh(web)["items"]
        assert [(i["path"], i["expected"]["period"], i["expected"]["from"]) for i in items] == \
            [("rate", 2, "twin"), ("heat", 60, "twin")], items
        assert web.want(200, "GET", "/api/v1/freshness-rules")["items"][0]["twin"] == "press"
        assert json.loads(s.cli("freshness", "rules", "press"))["properties"]["rate"] == {"period": "PT2S"}
        assert web.ask("DELETE", path)[0] == 204
        assert [i["path"] for i in fresh(web)["items"]] == ["rate"]
        web.want(200, "PUT", path, {"properties": {"rate": None}})
        assert fresh(web)["items"] == []
        assert query(web, "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_DEFINED(T.$freshness)") == [{"COUNT": 0}]


def two_tenants_stand_apart():
    with Server() as s:
        web, _ = begin(s)
        other = Web(s, web.want(201, "PUT", "/api/v1/tenants/other")["token"])
        other.want(201, "POST", "/models", MODELS)
        other.want(200, "PUT", "/digitaltwins/theirs", PRESS)
        assert [i["twin"] for i in other.want(200, "GET", "/api/v1/freshness")["items"]] == ["theirs"]
        assert [i["twin"] for i in web.want(200, "GET", "/api/v1/freshness")["items"]] == ["press"]
        assert other.ask("GET", "/api/v1/twins/press/freshness")[0] == 404
        assert other.ask("PUT", "/api/v1/freshness-rules/press", {"properties": {}})[0] == 404
        assert other.want(200, "GET", "/api/v1/freshness")["counts"]["unknown"] == 1


main(a_device_that_stops_goes_late_and_stale_and_comes_back,
     queries_metrics_lists_and_the_program_agree,
     late_samples_never_move_the_live_value_and_a_backlog_counts_once,
     a_clock_a_year_ahead_is_measured_and_not_believed,
     a_kill_in_the_middle_keeps_states_and_says_what_time_changed,
     documents_declare_and_are_refused_with_their_place,
     two_tenants_stand_apart)
