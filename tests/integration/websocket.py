# SPDX-License-Identifier: Apache-2.0
"""MQTT over WebSocket at /mqtt of the HTTP door, plain and over TLS: paho, a browser's own WebSocket, byte by byte through
a relay, what is refused, what is slow, and a stop."""
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import paho.mqtt.client as paho

from clients import Web, model, twin
from mqtt_echo import chopping_relay
from pollux import Server, main
from tls import TlsServer


def until(ready, what, seconds=20):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.005)


class Client:
    """paho over WebSocket; `got` lists (topic, payload)."""

    def __init__(self, port, token, name, version=paho.MQTTv5, cert=None, keepalive=60):
        self.codes, self.got, self.granted, self.acked, self.ends = [], [], [], [], []
        self.paho = p = paho.Client(name, protocol=version, transport="websockets")
        p.username_pw_set("any", token)
        if cert:
            p.tls_set(ca_certs=cert)
        p.on_connect = lambda c, d, f, code, props=None: self.codes.append(getattr(code, "value", code))
        p.on_message = lambda c, d, m: self.got.append((m.topic, m.payload))
        p.on_subscribe = lambda c, d, mid, codes, props=None: self.granted.append(codes)
        p.on_publish = lambda c, d, mid: self.acked.append(mid)
        p.on_disconnect = lambda c, d, code, props=None: self.ends.append(getattr(code, "value", code))
        p.connect("127.0.0.1", port, keepalive)
        p.loop_start()
        until(lambda: self.codes, "CONNACK")

    def subscribe(self, topic):
        before = len(self.granted)
        self.paho.subscribe(topic, 1)
        until(lambda: len(self.granted) > before, "SUBACK")

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()


def talks(port, token, cert=None, count=300, big=200_000):
    """Both versions, packets of every size, also beyond one frame of ours and many records of TLS."""
    for version in (paho.MQTTv311, paho.MQTTv5):
        watcher, writer = (Client(port, token, f"{name}{version}", version, cert) for name in ("watcher", "writer"))
        assert watcher.codes == writer.codes == [0]
        watcher.subscribe("run/#")
        sent = [(f"run/{i % 3}", b"%d " % i + b"x" * (i * 97 % 5000)) for i in range(count)] + [("run/big", os.urandom(big))]
        for begin in range(0, len(sent), 50):
            for topic, payload in sent[begin:begin + 50]:
                writer.paho.publish(topic, payload, 1)
            end = min(begin + 50, len(sent))
            until(lambda: len(writer.acked) == end and len(watcher.got) == end, "PUBACKs and deliveries", 60)
        assert watcher.got == sent
        watcher.close()
        writer.close()


def paho_talks_plain_and_chopped():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", [model("Press", speed="double")])
        web.want(200, "PUT", "/digitaltwins/press-1", twin("Press"))
        talks(s.http, s.token)
        talks(chopping_relay(s.http), s.token, count=20, big=5000)
        client = Client(s.http, s.token, "device")
        client.paho.publish("twins/press-1/telemetry", '{"speed":20.50}', 1)
        until(lambda: client.acked, "PUBACK")
        assert web.want(200, "GET", "/digitaltwins/press-1")["speed"] == "20.50"
        m = web.metrics()
        assert (m["pollux_mqtt_websockets"], m["pollux_mqtt_connections"], m["pollux_http_carried"]) == (1, 1, 0), m
        assert m["pollux_http_upgraded_total"] == m["pollux_mqtt_websockets_accepted_total"] == 9
        client.close()
        until(lambda: web.metrics()["pollux_mqtt_websockets"] == 0, "end")
        assert Client(s.http, "plx_wrong", "wrong").codes == [0x86]


def paho_talks_over_tls():
    with tempfile.TemporaryDirectory() as folder, TlsServer(folder) as s:
        talks(s.http, s.token, s.cert)
        client = Client(s.http, s.token, "stays", cert=s.cert)
        s.stop()
        until(lambda: client.ends, "an end")
        client.paho.loop_stop()


# ---- by hand ----

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


def upgrade(port, *lines, path="/mqtt"):
    """(socket, status, body or what follows the head) of a request with these lines."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", KEY, *lines]
    raw.sendall("\r\n".join(head + ["", ""]).encode())
    said = b""
    while b"\r\n\r\n" not in said:
        more = raw.recv(4096)
        assert more, said
        said += more
    head, _, body = said.partition(b"\r\n\r\n")
    size = next((int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")), 0)
    while len(body) < size:
        body += raw.recv(4096)
    return raw, int(head[9:12]), body


def rest(raw):
    got = b""
    try:
        while more := raw.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return got


def frame(first, payload, mask=b"\x37\xfa\x21\x3d"):
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([first]) + size + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(payload))


def what_is_refused_is_told():
    with Server() as s:
        web = Web(s)
        for lines, status, sentence in (((), 400, "ask for the subprotocol 'mqtt'"),
                                        (("Sec-WebSocket-Protocol: chat",), 400, "ask for the subprotocol 'mqtt'"),
                                        (("Sec-WebSocket-Protocol: mqtt", "Origin: https://evil.example"), 403, "a page of another server")):
            raw, got, body = upgrade(s.http, *lines)
            assert got == status and sentence in json.loads(body)["error"]["message"], (lines, got, body)
            raw.close()
        assert "MQTT over WebSocket" in web.want(426, "GET", "/mqtt?")["error"]["message"]
        # and what goes wrong later ends with the code of RFC 6455
        for sent, said in ((frame(0x81, b"text"), b"\x88\x02\x03\xeb"), (b"\x82\x03abc", b"\x88\x02\x03\xea"),
                           (b"\x82\xff" + (2 ** 20 + 1).to_bytes(8, "big") + b"maskx", b"\x88\x02\x03\xf1"),
                           (frame(0x82, b"\xc0\0"), b"\x88\x02\x03\xe8"), (frame(0x88, b"\x03\xe9"), b"\x88\x02\x03\xe9")):
            raw, got, body = upgrade(s.http, "Sec-WebSocket-Protocol: mqtt")
            assert got == 101 and body == b""
            raw.sendall(sent)
            assert raw.recv(64) == said, (sent, said)
            raw.close()
        until(lambda: web.metrics()["pollux_mqtt_connections"] == 0, "all closed")
        assert web.metrics()["pollux_mqtt_websockets_broken_total"] == 3


def silent_and_half_open_ones_are_closed_in_time():
    with tempfile.TemporaryDirectory() as folder, TlsServer(folder) as secure, Server() as s:
        trust = ssl.create_default_context(cafile=secure.cert)
        crowd, began = [], time.monotonic()
        for n in range(20):
            raw, status, _ = upgrade(s.http, "Sec-WebSocket-Protocol: mqtt")
            assert status == 101
            raw.sendall((b"", frame(0x89, b"ping"), frame(0x82, b"\x10\x20\0\4MQTT"), b"\x82")[n % 4])
            crowd.append(raw)
        for n in range(4):
            raw = trust.wrap_socket(socket.create_connection(("127.0.0.1", secure.http), timeout=20), server_hostname="127.0.0.1")
            raw.sendall(f"GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n{KEY}\r\n"
                        "Sec-WebSocket-Protocol: mqtt\r\n\r\n".encode())
            assert raw.recv(4096).startswith(b"HTTP/1.1 101 ")
            crowd.append(raw)
        honest = Client(s.http, s.token, "honest")
        for raw in crowd:
            assert rest(raw).endswith(b"\x88\x02\x03\xe8")
            raw.close()
        took = time.monotonic() - began
        assert 4 < took < 15, took
        assert honest.ends == [] and Web(s).metrics()["pollux_mqtt_connections"] == 1
        honest.close()


def a_stop_tells_every_client():
    with Server() as s:
        clients = [Client(s.http, s.token, f"c{n}") for n in range(5)]
        for n, client in enumerate(clients):
            client.paho.publish("a/b", f"{n}", 1)
        s.stop()
        for client in clients:
            until(lambda: client.ends, "an end")
            assert len(client.acked) == 1 and client.ends[0] in (0x8B, 7), (client.acked, client.ends)
            client.paho.loop_stop()


# ---- a browser ----

def a_browsers_own_websocket():
    """A page of this server may, one of another may not: websocket_page.mjs."""
    here = os.path.dirname(os.path.abspath(__file__))
    node = shutil.which("node") or shutil.which("nodejs")
    browser = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not node or not os.path.exists(browser) or not os.path.isdir(f"{here}/../../console/node_modules/playwright-core"):
        print("    passed over: node, its playwright-core or a browser is not here")
        return
    with Server() as s:
        done = subprocess.run([node, f"{here}/websocket_page.mjs", browser], capture_output=True, text=True, timeout=60,
                              env=s.environment())
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout == "own page: mqtt 32,2,0,0 closed 1000 true\nother page: closed 1006 false\n", done.stdout


main(paho_talks_plain_and_chopped, paho_talks_over_tls, what_is_refused_is_told, silent_and_half_open_ones_are_closed_in_time,
     a_stop_tells_every_client, a_browsers_own_websocket)
