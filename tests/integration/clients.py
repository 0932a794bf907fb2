# SPDX-License-Identifier: Apache-2.0
"""Clients that keep books: HTTP over one kept-alive connection, MQTT as bytes with every PUBACK noted."""
import http.client
import json
import socket
import struct
import threading

GONE = (OSError, http.client.HTTPException)


class Web:
    """One connection and one token. `ask` gives (status, headers, text); a dead server is an exception."""

    def __init__(self, server, token=None, timeout=30):
        self.port, self.token = server.http, server.token if token is None else token
        self.timeout, self.connection = timeout, None

    def ask(self, method, path, body=None, headers=()):
        if not path.startswith(("/api/", "/healthz", "/readyz", "/metrics")):
            path += ("&" if "?" in path else "?") + "api-version=2023-10-31"
        if not self.connection:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        try:
            self.connection.request(method, path, body, {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                                                         **dict(headers)})
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        except GONE:
            self.close()
            raise

    def want(self, status, method, path, body=None, headers=()):
        """The JSON of an answer that must have this status."""
        got, _, text = self.ask(method, path, body, headers)
        assert got == status, f"{method} {path}: {got}, {status} wanted: {text[:500]}"
        return json.loads(text, parse_float=str) if text[:1] in ("{", "[") else text

    def patch(self, twin, values, headers=()):
        operations = [{"op": "add", "path": f"/{name}", "value": value} for name, value in values.items()]
        return self.ask("PATCH", f"/digitaltwins/{twin}", operations, headers)

    def metrics(self):
        lines = [line.rsplit(" ", 1) for line in self.want(200, "GET", "/metrics").splitlines() if line[0] != "#"]
        return {name: float(value) for name, value in lines}

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def model(name, **properties):
    return {"@context": "dtmi:dtdl:context;3", "@id": f"dtmi:test:{name};1", "@type": "Interface",
            "contents": [{"@type": "Property", "name": n, "schema": schema} for n, schema in properties.items()]}


def twin(name):
    return {"$metadata": {"$model": f"dtmi:test:{name};1"}}


def text(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack(">H", len(s)) + s


def packet(first, body):
    head, size = bytes([first]), len(body)
    while True:
        size, low = divmod(size, 128)
        head += bytes([low | (128 if size else 0)])
        if not size:
            return head + body


class Mqtt:
    """MQTT 3.1.1 (or 5) as bytes. `acked` maps packet id to reason; `got` lists (topic, payload)."""

    def __init__(self, server, user, key, version=4, client_id=None, timeout=10, connect=True):
        self.version, self.acked, self.got, self.granted, self.ended = version, {}, [], [], None
        self.socket = socket.create_connection(("127.0.0.1", server.mqtt), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lock, self.filled = threading.Lock(), b""
        if connect:
            self.send(packet(0x10, text("MQTT") + bytes([version, 0xC2, 0, 60]) + (b"\0" if version == 5 else b"") +
                             text(client_id or user) + text(user) + text(key)))
            first, body = self.read()
            assert first == 0x20, (first, body)
            self.code = body[1]

    def send(self, data):
        self.socket.sendall(data)

    def publish(self, topic, payload, packet_id=0, again=False):
        payload = json.dumps(payload) if isinstance(payload, (dict, list)) else payload
        payload = payload.encode() if isinstance(payload, str) else payload
        self.send(packet((0x32 if packet_id else 0x30) | (8 if again else 0), text(topic) +
                         (struct.pack(">H", packet_id) if packet_id else b"") + (b"\0" if self.version == 5 else b"") + payload))

    def subscribe(self, topic, packet_id=1):
        self.send(packet(0x82, struct.pack(">H", packet_id) + (b"\0" if self.version == 5 else b"") + text(topic) + b"\1"))
        while not self.granted:
            self.step()
        return self.granted.pop()

    def take(self, count):
        while len(self.filled) < count:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the server closed the connection")
            self.filled += more
        taken, self.filled = self.filled[:count], self.filled[count:]
        return taken

    def read(self):
        first, size, shift = self.take(1)[0], 0, 0
        while True:
            byte = self.take(1)[0]
            size, shift = size | (byte & 127) << shift, shift + 7
            if byte < 128:
                return first, self.take(size)

    def step(self):
        """Reads one packet and notes it."""
        first, body = self.read()
        if first == 0x40:
            self.acked[struct.unpack(">H", body[:2])[0]] = body[2] if len(body) > 2 else 0
        elif first == 0x90:
            self.granted.append(body[-1])
        elif first >> 4 == 3:
            size = struct.unpack(">H", body[:2])[0]
            at = 2 + size + (2 if first & 6 else 0)
            if first & 6:
                self.send(packet(0x40, body[2 + size:4 + size]))
            self.got.append((body[2:2 + size].decode(), body[at + (1 + body[at] if self.version == 5 else 0):]))
        elif first == 0xE0:
            self.ended = body[0] if body else 0

    def ack(self, packet_id):
        while packet_id not in self.acked:
            self.step()
        return self.acked.pop(packet_id)

    def close(self):
        self.socket.close()
