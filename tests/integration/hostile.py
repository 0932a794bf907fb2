# SPDX-License-Identifier: Apache-2.0
"""Broken, oversized, truncated and hostile MQTT packets, HTTP requests, JSON and models on the real server: each is
refused with a reason or a sentence and counted, the connection is handled as its protocol says, and honest
clients beside them do not notice."""
import json
import socket
import time

from clients import GONE, Mqtt, Web, model, packet, text, twin
from pollux import Server, main
from writers import finish, prepare

TIMES = 3  # each one so often


class Counted:
    """`with Counted(web, name=by)`: while it lasts these metrics move by exactly so much."""

    def __init__(self, web, **moves):
        self.web, self.moves = web, moves

    def __enter__(self):
        self.before = self.read()

    def __exit__(self, kind, value, trace):
        if not kind:
            now = self.read()
            got = {name: now[name] - self.before[name] for name in self.moves}
            assert got == self.moves, f"counted {got}, {self.moves} were sent"

    def read(self):
        lines = self.web.metrics()
        return {name: sum(value for line, value in lines.items() if line == f"pollux_{name}" or line.startswith(f"pollux_{name}{{"))
                for name in self.moves}


# ---- MQTT ----

def publish(topic, payload=b"", first=0x32, properties=b"\0", packet_id=b"\0\1"):
    return packet(first, text(topic) + packet_id + properties + payload)


# what, bytes after an accepted CONNECT of version 5, the reason in DISCONNECT
ENDED = (
    ("packet type 0", b"\0\0", 0x81),
    ("a length of five bytes", b"\x30\xff\xff\xff\xff\x7f", 0x81),
    ("a packet beyond 256 KiB", b"\x30\xff\xff\x7f" + b"x" * 100, 0x95),
    ("both QoS bits", publish("a", first=0x36), 0x81),
    ("101 messages of QoS 2 never released",
     b"".join(publish("a", first=0x34, packet_id=n.to_bytes(2, "big")) for n in range(1, 102)), 0x93),
    ("a wildcard in a topic", publish("a/#"), 0x90),
    ("an empty topic", publish(""), 0x82),
    ("a topic that is no UTF-8", publish(b"\xff\xfe"), 0x81),
    ("a NUL in a topic", publish(b"a\0b"), 0x81),
    ("packet id 0", publish("a", packet_id=b"\0\0"), 0x82),
    ("properties that end too soon", publish("a", properties=b"\x7f"), 0x81),
    ("an unknown property", publish("a", properties=b"\2\x7e\0"), 0x81),
    ("a topic alias beyond the maximum", publish("a", properties=b"\3\x23\xff\xff"), 0x94),
    ("a PUBLISH cut short", packet(0x32, b"\0\x09a"), 0x81),
    ("SUBSCRIBE without a filter", packet(0x82, b"\0\1\0"), 0x82),
    ("SUBSCRIBE with wrong flags", packet(0x80, b"\0\1\0" + text("a") + b"\0"), 0x81),
    ("1,001 filters", packet(0x82, b"\0\1\0" + 1001 * (text("a") + b"\0")), 0x97),
    ("a shared subscription that spares its own", packet(0x82, b"\0\1\0" + text("$share/g/a") + b"\4"), 0x82),
    ("a PUBCOMP for QoS 0", packet(0x70, b"\0\0"), 0x82),
    ("a second CONNECT", packet(0x10, text("MQTT") + b"\5\2\0\0\0" + text("again")), 0x82),
    ("a packet that only servers send", packet(0x20, b"\0\0\0"), 0x82),
)
# what, bytes instead of a CONNECT, the answer before the end
TURNED_AWAY = (
    ("HTTP", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b""),
    ("a PUBLISH before CONNECT", publish("a"), b""),
    ("another protocol", packet(0x10, text("MQIsdp") + b"\3\2\0\0" + text("a")), b"\x20\2\0\1"),
    ("a version to come", packet(0x10, text("MQTT") + b"\x09\2\0\0" + text("a")), b"\x20\3\0\x84\0"),
    ("a wrong password, 3.1.1", packet(0x10, text("MQTT") + b"\4\xc2\0\0" + text("a") + text("d-none") + text("x")), b"\x20\2\0\4"),
    ("a CONNECT beyond 64 KiB", b"\x10\xff\xff\x7f" + b"x" * 100, b""),
)
# what, topic, payload, the reason in PUBACK
JUDGED = (
    ("half an object", "twins/victim/telemetry", b'{"n":1', 0x99),
    ("no JSON at all", "twins/victim/telemetry", b"\xff\0\x01", 0x99),
    ("a key twice", "twins/victim/telemetry", b'{"n":1,"n":2}', 0x99),
    ("brackets without end", "twins/victim/telemetry", b"[" * 100_000, 0x99),
    ("a lone surrogate", "twins/victim/telemetry", br'{"label":"\ud800"}', 0x99),
    ("a number without value", "twins/victim/telemetry", b'{"load":1e999}', 0x99),
    ("a number without end", "twins/victim/telemetry", b'{"load":' + b"1" * 129 + b"}", 0x99),
    ("10,001 samples", "twins/victim/telemetry", b"[" + b",".join([b'{"n":1}'] * 10_001) + b"]", 0x99),
    ("another's twin", "twins/device-0/telemetry", b'{"n":1}', 0x87),
)


def rest(raw):
    """All that comes until the server ends the connection."""
    got = b""
    try:
        while more := raw.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return got


def hostile_packets_end_their_own_connection_with_a_reason(s, web, key):
    for what, sent, reason in ENDED:
        for n in range(TIMES):
            link = Mqtt(s, "d-victim", key, version=5, client_id="hostile")
            link.send(sent)
            said = link.filled + rest(link.socket)
            assert said[-3:] == b"\xe0\1" + bytes([reason]), f"{what}: {said.hex()}, DISCONNECT with 0x{reason:02X} wanted"
            link.close()
    for what, sent, answer in TURNED_AWAY:
        for n in range(TIMES):
            with socket.create_connection(("127.0.0.1", s.mqtt), timeout=10) as raw:
                raw.sendall(sent)
                said = rest(raw)
                assert said == answer, f"{what}: {said.hex()}, {answer.hex()} wanted"


def a_refused_publish_is_counted_by_its_reason(s, web, key):
    by_publish = [attack for attack in ENDED if attack[1][0] >> 4 == 3 and attack[2] in (0x90, 0x94)]
    for what, sent, reason in by_publish:
        with Counted(web, **{f'mqtt_refused_total{{reason="0x{reason:02X}"}}': TIMES}):
            for n in range(TIMES):
                link = Mqtt(s, "d-victim", key, version=5, client_id="hostile")
                link.send(sent)
                rest(link.socket)
                link.close()


def hostile_payloads_are_acknowledged_with_a_reason_and_counted(s, web, key):
    link = Mqtt(s, "d-victim", key, version=5)
    for what, topic, payload, reason in JUDGED:
        with Counted(web, **{f'mqtt_refused_total{{reason="0x{reason:02X}"}}': TIMES}):
            for n in range(1, TIMES + 1):
                link.publish(topic, payload, n)
                got = link.ack(n)
                assert got == reason, f"{what}: PUBACK 0x{got:02X}, 0x{reason:02X} wanted"
    with Counted(web, fields_rejected_total=2 * TIMES):
        for n in range(1, TIMES + 1):
            link.publish("twins/victim/telemetry", b'{"n":"seven","nothing":1,"load":0.5}', n)
            link.ack(n)
    link.publish("twins/victim/telemetry", {"n": 7}, 9)
    assert link.ack(9) == 0, "the same connection goes on"
    link.close()
    assert web.want(200, "GET", "/digitaltwins/victim")["n"] == 7
    reasons = [item["reason"] for item in web.want(200, "GET", "/api/v1/rejects")["items"]]
    assert len(reasons) > len(JUDGED) and all(reasons), reasons


def half_a_packet_harms_nobody(s, web, key):
    whole = packet(0x32, text("twins/victim/telemetry") + b"\0\1\0" + b'{"n":666}')
    for size in range(1, len(whole)):
        link = Mqtt(s, "d-victim", key, version=5, client_id=f"half-{size % 4}")
        link.send(whole[:size])
        link.close()
    assert web.want(200, "GET", "/digitaltwins/victim")["n"] == 7


# ---- HTTP ----

HOST = b"Host: 127.0.0.1\r\n"
# what, the bytes of a request, its status
REQUESTS = (
    ("two Hosts", b"GET /healthz HTTP/1.1\r\n" + HOST * 2 + b"\r\n", 400),
    ("two lengths", b"POST /query HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{", 400),
    ("length and chunks", b"POST /query HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("an odd coding", b"POST /query HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 400),
    ("a folded line", b"GET /healthz HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", 400),
    ("a space before the colon", b"GET /healthz HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n", 400),
    ("a request line of 9 KiB", b"GET /" + b"a" * 9216 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("101 headers", b"GET /healthz HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 100 + b"\r\n", 431),
    ("33 KiB of headers", b"GET /healthz HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 33 * 1024 + b"\r\n\r\n", 431),
    ("a body beyond 1 MiB", b"POST /query HTTP/1.1\r\n" + HOST + b"Content-Length: 1048577\r\n\r\n" + b" " * 1048577, 413),
    ("a body of 2 GiB announced", b"POST /query HTTP/1.1\r\n" + HOST + b"Content-Length: 2147483648\r\n\r\n", 413),
    ("a NUL in a target", b"GET /digitaltwins/%00 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("an escape cut short", b"GET /digitaltwins/%4 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
)
# requests that the library below the door ends in its own words
BROKEN = (
    ("a length that is none", b"POST /query HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n"),
    ("a chunk whose size is none", b"PUT /digitaltwins/t HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"),
)
# requests that never become whole: cut after 10 s
HALF = (
    ("a head", b"GET /healthz HTTP/1.1\r\nHost: a"),
    ("a body", b"PUT /digitaltwins/t HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nhalf"),
    ("a chunk", b"PUT /digitaltwins/t HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n64\r\nhalf"),
)
# bodies that are no JSON, or none that we take
BODIES = (b"", b"{", b"[1,]", b"{'a':1}", b"[NaN]", b"[01]", b"[1.]", b'["\\x"]', b'["\\ud800"]', b'["\xff"]', b'["\0"]', b"[1]2",
          b'[{"op":"add","op":"add"}]', b"[" * 33 + b"]" * 33, b"[" + b"9" * 129 + b"]", b"\xef\xbb\xbf[]]", b"nul", b"[" * 200_000)
PATCHES = (
    ("an unknown operation", [{"op": "melt", "path": "/n"}], 400),
    ("no list", {"op": "add"}, 400),
    ("a path that is none", [{"op": "add", "path": "n", "value": 1}], 400),
    ("an unknown property", [{"op": "add", "path": "/nothing", "value": 1}], 400),
    ("a value of another type", [{"op": "add", "path": "/n", "value": "x"}], 400),
    ("101 operations", [{"op": "add", "path": "/n", "value": 1}] * 101, 400),
    ("a text beyond 4 KiB", [{"op": "add", "path": "/label", "value": "x" * 4097}], 400),
)


def interface(**more):
    return {**model("Bad"), **more}


MODELS = (
    ("no interface", [{"@type": "Telemetry"}]),
    ("no context", [{"@id": "dtmi:test:Bad;1", "@type": "Interface"}]),
    ("another context", [interface(**{"@context": "dtmi:dtdl:context;99"})]),
    ("an id that is none", [interface(**{"@id": "dtmi:test:;1"})]),
    ("an id without end", [interface(**{"@id": "dtmi:" + "a:" * 3000 + "a;1"})]),
    ("itself as its base", [interface(extends="dtmi:test:Bad;1")]),
    ("a base that nobody has", [interface(extends="dtmi:test:Nobody;1")]),
    ("a schema that is none", [interface(contents=[{"@type": "Property", "name": "a", "schema": "quaternion"}])]),
    ("a name that is none", [interface(contents=[{"@type": "Property", "name": "_", "schema": "double"}])]),
    ("a name twice", [interface(contents=[{"@type": "Property", "name": "a", "schema": "double"}] * 2)]),
    ("the same interface twice", [interface(), interface()]),
    ("contents that are a number", [interface(contents=7)]),
    ("1,001 models", [interface(**{"@id": f"dtmi:test:Bad{n};1"}) for n in range(1001)]),
)


def raw_request(s, sent):
    """(status, body) of the answer to these bytes; the connection ends behind it."""
    with socket.create_connection(("127.0.0.1", s.http), timeout=20) as raw:
        try:
            raw.sendall(sent)
        except GONE:
            pass
        said = b""
        while b"\r\n\r\n" not in said or len(said.split(b"\r\n\r\n", 1)[1]) < length(said):
            more = raw.recv(65536)
            if not more:
                break
            said += more
        head, _, body = said.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 "), said
        return int(head[9:12]), body


def length(said):
    lines = [line for line in said.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return int(lines[0].split(b":")[1]) if lines else 0


def hostile_requests_are_refused_with_a_sentence_and_counted(s, web, key):
    for what, sent, status in REQUESTS:
        with Counted(web, **{'http_answers_total{class="4xx"}': TIMES}):
            for n in range(TIMES):
                got, body = raw_request(s, sent)
                assert got == status, f"{what}: {got}, {status} wanted: {body[:200]}"
                assert json.loads(body)["error"]["message"], what
    for what, sent in BROKEN:
        with Counted(web, http_broken_total=TIMES):
            for n in range(TIMES):
                with socket.create_connection(("127.0.0.1", s.http), timeout=10) as raw:
                    raw.sendall(sent)
                    said = rest(raw)
                    assert said.startswith(b"HTTP/1.1 400 "), (what, said)


def half_a_request_is_cut_and_counted(s, web, key):
    with Counted(web, http_broken_total=len(HALF) * TIMES, http_slow_total=len(HALF) * TIMES):
        crowd = [(what, sent, socket.create_connection(("127.0.0.1", s.http), timeout=30)) for what, sent in HALF * TIMES]
        for what, sent, raw in crowd:
            raw.sendall(sent)
        for what, sent, raw in crowd:
            said = rest(raw)
            assert said == b"", (what, said)
            raw.close()


def refused(web, status, method, path, body, place=False):
    got, headers, said = web.ask(method, path, body)
    assert got == status, (method, path, str(body)[:100], got, said[:300])
    error = json.loads(said)["error"]
    assert error["message"] and error["code"] and headers["x-ms-error-code"] == error["code"], said
    if place:
        assert error["details"][0].get("line"), (body, said)


def hostile_json_is_refused_with_its_place(s, web, key):
    before = web.want(200, "GET", "/digitaltwins/victim")
    with Counted(web, **{'http_answers_total{class="4xx"}': 3 * len(BODIES) + len(PATCHES)}):
        for body in BODIES:
            refused(web, 400, "PATCH", "/digitaltwins/victim", body, place=True)
            refused(web, 400, "PUT", "/digitaltwins/another", body, place=True)
            refused(web, 400, "POST", "/query", body, place=True)
        for what, operations, status in PATCHES:
            refused(web, status, "PATCH", "/digitaltwins/victim", operations)
    assert web.want(200, "GET", "/digitaltwins/victim") == before


def hostile_models_are_refused_and_leave_nothing(s, web, key):
    before = web.want(200, "GET", "/models")
    with Counted(web, **{'http_answers_total{class="4xx"}': len(BODIES) + len(MODELS)}):
        for body in BODIES:
            refused(web, 400, "POST", "/models", body, place=True)
        for what, models in MODELS:
            refused(web, 400, "POST", "/models", models)
    assert web.want(200, "GET", "/models") == before


def go_on(writers):
    """Waits until each of them has written again."""
    end = time.monotonic() + 20
    for w in writers:
        before = w.sure
        while w.sure == before:
            assert not w.error and time.monotonic() < end, (w.name, w.sure, w.error)
            time.sleep(0.01)


def honest_clients_do_not_notice():
    with Server() as s:
        web = Web(s)
        writers = prepare(s, 2)
        web.want(201, "POST", "/models", [model("Victim", n="integer", load="double", label="string")])
        web.want(200, "PUT", "/digitaltwins/victim", {**twin("Victim"), "n": 1})
        key = web.want(201, "PUT", "/api/v1/devices/d-victim", {"twins": ["victim"]})["key"]
        for w in writers:
            w.start()
        for attack in (hostile_packets_end_their_own_connection_with_a_reason,
                       a_refused_publish_is_counted_by_its_reason,
                       hostile_payloads_are_acknowledged_with_a_reason_and_counted,
                       half_a_packet_harms_nobody,
                       hostile_requests_are_refused_with_a_sentence_and_counted,
                       half_a_request_is_cut_and_counted,
                       hostile_json_is_refused_with_its_place,
                       hostile_models_are_refused_and_leave_nothing):
            attack(s, web, key)
            go_on(writers)
            print("  ok", attack.__name__, flush=True)
        finish(s, writers)
        assert not any(w.resent for w in writers), "an honest connection was lost"
        print(f"    {sum(w.sent for w in writers)} honest writes beside them, none of them sent twice", flush=True)


main(honest_clients_do_not_notice)
