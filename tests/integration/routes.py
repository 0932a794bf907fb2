# SPDX-License-Identifier: Apache-2.0
"""Event routes on real sockets: webhooks that work, hang, redirect, die and come back, topics, and a server that is killed."""
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from clients import Mqtt, Web, model, twin
from pollux import Server, main


def until(true, what, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.01)


class Hook:
    """A webhook that keeps what it gets. `status` is what it answers; `hang` holds answers back."""

    def __init__(self, port=0):
        hook = self
        self.got, self.status, self.location, self.hang = [], 204, None, threading.Event()
        self.hang.set()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.hang.wait(20)
                if hook.status < 300:
                    hook.got.append((json.loads(body), dict(self.headers), body))
                try:
                    self.send_response(hook.status)
                    if hook.location:
                        self.send_header("Location", hook.location)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *words: None  # servers are killed here
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, host="127.0.0.1"):
        return f"http://{host}:{self.port}/hook"

    def speeds(self):
        return [e["data"]["patch"][0]["value"] for e, _, _ in self.got if e["type"].endswith("Update")]

    def close(self):
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()


def serve(allow="127.0.0.1"):
    server = Server()
    server.options += ["--outbound-allow", allow] if allow else []
    return server


def begin(server, **urls):
    web = Web(server)
    web.want(201, "POST", "/models", [model("Press", speed="double")])
    for name, url in urls.items():
        server.cli("endpoint", "add", name, "--url", url, "--secret", "key", "--header", "X-Own: mine")
        server.cli("route", "add", name, "--endpoint", name)
    web.want(200, "PUT", "/digitaltwins/p", twin("Press"))
    return web


def speed(web, value):
    assert web.patch("p", {"speed": value})[0] == 204


def a_webhook_gets_signed_events_in_order():
    hook = Hook()
    with serve() as s:
        web = begin(s, hook=hook.url())
        for i in range(50):
            speed(web, i)
        until(lambda: len(hook.got) == 51, "51 events")
        event, headers, body = hook.got[0]
        assert event["type"] == "Microsoft.DigitalTwins.Twin.Create" and event["subject"] == "p", event
        assert headers["Content-Type"].startswith("application/cloudevents+json"), headers
        assert headers["X-Pollux-Signature"] == "sha256=" + hmac.new(b"key", body, hashlib.sha256).hexdigest()
        assert headers["X-Own"] == "mine"
        assert hook.speeds() == list(range(50))
        sequences = [e["sequence"] for e, _, _ in hook.got]
        assert sequences == sorted(set(sequences))
        until(lambda: s.json("endpoint", "show", "hook")["waiting"] == 0, "an empty outbox")
        assert web.metrics()["pollux_outbound_delivered_total"] == 51
        s.cli("route", "delete", "hook")
        assert "route list" in s.cli("route", "show", "hook", code=4)
    hook.close()


def a_webhook_that_hangs_holds_up_no_other():
    slow, good = Hook(), Hook()
    slow.hang.clear()
    with serve() as s:
        web = begin(s, slow=slow.url(), good=good.url())
        for i in range(20):
            speed(web, i)
        until(lambda: good.speeds() == list(range(20)), "all events at the good one", 4)
        assert slow.got == []
        until(lambda: web.metrics()["pollux_outbound_failed_total"] >= 1, "a try that was given up")
        slow.hang.set()
        until(lambda: sorted(set(slow.speeds())) == list(range(20)), "all events at the slow one")
    slow.close()
    good.close()


def what_leads_inside_is_refused_with_a_sentence():
    inner, outer = Hook(), Hook()
    with serve(None) as s:  # nothing private is allowed
        web = begin(s)
        refusal = web.want(403, "PUT", "/api/v1/endpoints/inner", {"kind": "webhook", "url": inner.url()})
        assert "is a loopback address" in refusal["detail"], refusal
        for url in ("http://[::1]:80/", "http://169.254.169.254/", "http://10.0.0.1/", "http://[::ffff:127.0.0.1]/"):
            assert "address" in web.want(403, "PUT", "/api/v1/endpoints/inner", {"kind": "webhook", "url": url})["detail"]
        for name, host in (("name", "localhost"), ("short", "127.1"), ("number", "2130706433")):
            s.cli("endpoint", "add", name, "--url", inner.url(host))  # only connecting tells where a name leads
            s.cli("route", "add", name, "--endpoint", name)
        speed(web, 1)
        until(lambda: len(web.want(200, "GET", "/api/v1/deadletters")["items"]) == 3, "three dead letters")
        for letter in web.want(200, "GET", "/api/v1/deadletters")["items"]:
            assert "is a loopback address" in letter["reason"], letter
        assert inner.got == []
    with serve() as s:
        web = begin(s, outer=outer.url())
        until(lambda: len(outer.got) == 1, "the first event")
        outer.status, outer.location = 307, inner.url()
        speed(web, 2)
        until(lambda: s.json("endpoint", "show", "outer")["deadLetters"] == 1, "a dead letter")
        assert "redirects are not followed" in s.cli("deadletter", "list")
        assert inner.got == []
        outer.status, outer.location = 204, None
        assert s.json("deadletter", "replay")["replayed"] == 1
        until(lambda: outer.speeds() == [2], "the replayed event")
        outer.status = 400
        speed(web, 3)
        until(lambda: s.json("endpoint", "show", "outer")["deadLetters"] == 1, "another dead letter")
        assert s.json("deadletter", "purge", "--endpoint", "outer")["purged"] == 1
        assert s.json("deadletter", "list") == []
    inner.close()
    outer.close()


def kill_repeats_and_loses_nothing():
    hook = Hook()
    with serve() as s:
        web, told = begin(s, hook=hook.url()), 0
        for _ in range(4):
            for _ in range(25):
                speed(web, told)
                told += 1
            s.kill()
            s.start()
            web = Web(s)
        port = hook.port
        hook.close()  # dead for a while, with events coming
        for _ in range(25):
            speed(web, told)
            told += 1
        s.kill()
        s.start()
        got, hook = hook, Hook(port)
        hook.got = got.got
        until(lambda: len(set(hook.speeds())) == told, "every event")
        first = list(dict.fromkeys(hook.speeds()))
        assert first == list(range(told)), first
    hook.close()


def a_topic_of_the_tenant_gets_them_too():
    with serve() as s:
        web = begin(s)
        s.cli("endpoint", "add", "topic", "--topic", "plant/changes")
        s.cli("route", "add", "topic", "--endpoint", "topic", "--filter", "ENDS_WITH(type, 'Update') AND subject = 'p'")
        watcher = Mqtt(s, "watcher", s.token)
        watcher.subscribe("plant/#")
        speed(web, 7)
        while not watcher.got:
            watcher.step()
        topic, payload = watcher.got[0]
        assert topic == "plant/changes" and json.loads(payload)["data"]["patch"][0]["value"] == 7
        watcher.close()


main(a_webhook_gets_signed_events_in_order, a_webhook_that_hangs_holds_up_no_other, what_leads_inside_is_refused_with_a_sentence,
     kill_repeats_and_loses_nothing, a_topic_of_the_tenant_gets_them_too)
