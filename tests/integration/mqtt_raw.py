# SPDX-License-Identifier: Apache-2.0
"""MQTT 3.1.1 and 5 as bytes: a client that does what it is told, also what is forbidden, and shows what came."""
import collections
import socket
import struct
import time

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, \
    DISCONNECT, AUTH = range(1, 16)

# name: identifier, kind
PROPERTIES = {
    "format": (0x01, "u8"), "expiry": (0x02, "u32"), "content_type": (0x03, "text"), "response_topic": (0x08, "text"),
    "correlation": (0x09, "text"), "subscription_id": (0x0B, "varint"), "session_expiry": (0x11, "u32"),
    "assigned_id": (0x12, "text"), "server_keep_alive": (0x13, "u16"), "auth_method": (0x15, "text"), "auth_data": (0x16, "text"),
    "problem_info": (0x17, "u8"), "will_delay": (0x18, "u32"), "response_info_wanted": (0x19, "u8"),
    "response_info": (0x1A, "text"), "server_reference": (0x1C, "text"), "reason": (0x1F, "text"), "receive_max": (0x21, "u16"),
    "alias_max": (0x22, "u16"), "alias": (0x23, "u16"), "qos_max": (0x24, "u8"), "retain_available": (0x25, "u8"),
    "user": (0x26, "pair"), "packet_max": (0x27, "u32"), "wildcards": (0x28, "u8"), "subscription_ids": (0x29, "u8"),
    "shares": (0x2A, "u8"),
}
NAMES = {number: (name, kind) for name, (number, kind) in PROPERTIES.items()}


def raw(s):
    return s.encode() if isinstance(s, str) else bytes(s)


def text(s):
    s = raw(s)
    return struct.pack(">H", len(s)) + s


def varint(n):
    out = b""
    while True:
        n, low = divmod(n, 128)
        out += bytes([low | (128 if n else 0)])
        if not n:
            return out


def packet(first, body=b""):
    return bytes([first]) + varint(len(body)) + body


def one_property(name, value):
    number, kind = PROPERTIES[name]
    writers = {"u8": lambda: struct.pack(">B", value), "u16": lambda: struct.pack(">H", value),
               "u32": lambda: struct.pack(">I", value), "varint": lambda: varint(value), "text": lambda: text(value),
               "pair": lambda: text(value[0]) + text(value[1])}
    return bytes([number]) + writers[kind]()


def properties(values):
    """A list as value: the property as often."""
    out = b""
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            out += one_property(name, each)
    return varint(len(out)) + out


def read_varint(body, at):
    n = shift = 0
    while True:
        n |= (body[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if not body[at - 1] & 128:
            return n, at


def read_text(body, at):
    size = struct.unpack_from(">H", body, at)[0]
    assert at + 2 + size <= len(body), "a text beyond its packet"
    return body[at + 2:at + 2 + size], at + 2 + size


def read_properties(body, at):
    """({name: [values]}, where they end)"""
    size, at = read_varint(body, at)
    end, found = at + size, collections.defaultdict(list)
    while at < end:
        name, kind = NAMES[body[at]]
        at += 1
        if kind in ("u8", "u16", "u32"):
            form = {"u8": ">B", "u16": ">H", "u32": ">I"}[kind]
            value, at = struct.unpack_from(form, body, at)[0], at + struct.calcsize(form)
        elif kind == "varint":
            value, at = read_varint(body, at)
        else:
            value, at = read_text(body, at)
            if kind == "pair":
                second, at = read_text(body, at)
                value = (value.decode(), second.decode())
        found[name].append(value)
    assert at == end, "properties beyond their length"
    return dict(found), end


class Packet:
    """One that came; which fields it has goes by its type."""

    def __init__(self, first, body, version):
        self.type, self.flags, self.body, self.size = first >> 4, first & 15, body, 1 + len(varint(len(body))) + len(body)
        self.properties, self.reason, self.id, five = {}, 0, 0, version == 5
        if self.type == CONNACK:
            self.present, self.reason, at = body[0], body[1], 2
            self.properties, at = read_properties(body, at) if five else ({}, at)
            assert at == len(body), body
        elif self.type == PUBLISH:
            self.dup, self.qos, self.retain = self.flags >> 3, self.flags >> 1 & 3, self.flags & 1
            self.topic, at = read_text(body, 0)
            self.topic = self.topic.decode()
            if self.qos:
                self.id, at = struct.unpack_from(">H", body, at)[0], at + 2
            self.properties, at = read_properties(body, at) if five else ({}, at)
            self.payload = body[at:]
        elif self.type in (PUBACK, PUBREC, PUBREL, PUBCOMP):
            self.id = struct.unpack_from(">H", body)[0]
            self.reason = body[2] if len(body) > 2 else 0
            self.properties = read_properties(body, 3)[0] if len(body) > 3 else {}
            assert five or len(body) == 2, body
        elif self.type in (SUBACK, UNSUBACK):
            self.id, at = struct.unpack_from(">H", body)[0], 2
            self.properties, at = read_properties(body, at) if five else ({}, at)
            self.codes = list(body[at:])
        elif self.type == DISCONNECT:
            assert five, "3.1.1 has no DISCONNECT from the server"
            self.reason = body[0] if body else 0
            self.properties = read_properties(body, 1)[0] if len(body) > 1 else {}

    def __repr__(self):
        return f"<packet {self.type} {self.flags:04b} {self.body!r}>"


class Gone(Exception):
    """The server ended the connection; `reason` of its DISCONNECT, or None."""

    def __init__(self, reason):
        super().__init__(f"the server ended the connection, DISCONNECT {reason}")
        self.reason = reason


class Raw:
    """A connection. `answers`: PUBLISH and PUBREL are answered by themselves."""

    def __init__(self, port, version=5, answers=True, timeout=20):
        self.version, self.answers, self.timeout = version, answers, timeout
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.filled, self.inbox, self.said, self.next_id = b"", collections.deque(), None, 0

    def send(self, *packets):
        self.socket.sendall(b"".join(packets))

    def new_id(self):
        self.next_id += 1
        return self.next_id

    # ---- what comes ----

    def fill(self, until):
        """More bytes; False when there are none in time."""
        left = until - time.monotonic()
        if left <= 0:
            return False
        self.socket.settimeout(left)
        try:
            more = self.socket.recv(65536)
        except (socket.timeout, TimeoutError):
            return False
        except ConnectionError:
            more = b""
        if not more:
            raise Gone(self.said)
        self.filled += more
        return True

    def cut(self):
        if len(self.filled) < 2:
            return None
        size, at, data = 0, 1, self.filled
        while True:
            if at >= len(data):
                return None
            size |= (data[at] & 127) << 7 * (at - 1)
            at += 1
            if not data[at - 1] & 128:
                break
        if len(data) < at + size:
            return None
        self.filled = data[at + size:]
        return Packet(data[0], data[at:at + size], self.version)

    def pull(self, until):
        """The next packet off the socket, or None in time."""
        while True:
            p = self.cut()
            if p:
                break
            if not self.fill(until):
                return None
        if p.type == DISCONNECT:
            self.said = p.reason
        if self.answers and p.type == PUBLISH and p.qos:
            self.send(packet(0x40 if p.qos == 1 else 0x50, struct.pack(">H", p.id)))
        if self.answers and p.type == PUBREL:
            self.send(packet(0x70, struct.pack(">H", p.id)))
            return self.pull(until)
        return p

    def pull_soon(self):
        p = self.pull(time.monotonic() + self.timeout)
        assert p, "the server leaves the connection open"
        return p

    def next(self, kind, timeout=None):
        """The next packet of this kind; others wait for their turn."""
        for p in self.inbox:
            if p.type == kind:
                self.inbox.remove(p)
                return p
        until = time.monotonic() + (timeout or self.timeout)
        while True:
            p = self.pull(until)
            assert p, f"no packet of type {kind} came in time; others: {list(self.inbox)[:5]}"
            if p.type == kind:
                return p
            self.inbox.append(p)

    def message(self, timeout=None):
        return self.next(PUBLISH, timeout)

    def messages(self, count):
        return [self.message() for _ in range(count)]

    def quiet(self, kind=PUBLISH, seconds=0.3):
        """Nothing of this kind comes, for so long and until a PINGRESP behind it."""
        until = time.monotonic() + seconds
        while True:
            p = self.pull(until)
            if not p:
                break
            self.inbox.append(p)
        self.ping()
        found = [p for p in self.inbox if p.type == kind]
        assert not found, f"came uninvited: {found}"

    def end(self, timeout=None):
        """Waits for the end; the reason of the DISCONNECT before it, or None."""
        until = time.monotonic() + (timeout or self.timeout)
        try:
            while True:
                p = self.pull(until)
                assert p, "the server leaves the connection open"
                self.inbox.append(p)
        except (Gone, ConnectionError):
            return self.said

    # ---- what is said ----

    def connect(self, client_id, clean=True, keep=60, will=None, user=None, password=None, will_properties=None, **values):
        """`will`: topic, payload, qos, retain. Gives the CONNACK."""
        flags, tail = 2 if clean else 0, b""
        five = self.version == 5
        if will:
            topic, payload, qos, retain = will
            flags |= 4 | qos << 3 | (32 if retain else 0)
            tail += (properties(will_properties or {}) if five else b"") + text(topic) + text(payload)
        if user is not None:
            flags, tail = flags | 128, tail + text(user)
        if password is not None:
            flags, tail = flags | 64, tail + text(password)
        self.send(packet(0x10, text("MQTT") + bytes([self.version, flags]) + struct.pack(">H", keep) +
                         (properties(values) if five else b"") + text(client_id) + tail))
        return self.next(CONNACK)

    def publish_bytes(self, topic, payload=b"", qos=0, retain=False, dup=False, id=None, **values):
        id = self.new_id() if qos and id is None else id
        return packet(0x30 | dup << 3 | qos << 1 | retain, text(topic) + (struct.pack(">H", id) if qos else b"") +
                      (properties(values) if self.version == 5 else b"") + raw(payload))

    def publish(self, topic, payload=b"", qos=0, retain=False, **values):
        """All of it, up to the last answer; gives the first answer."""
        self.send(self.publish_bytes(topic, payload, qos, retain, **values))
        if qos == 0:
            return None
        answer = self.next(PUBACK if qos == 1 else PUBREC)
        if qos == 2 and answer.reason < 0x80:
            self.ack(PUBREL, answer.id)
            self.next(PUBCOMP)
        return answer

    def ack(self, kind, id, reason=None):
        self.send(packet(kind << 4 | (2 if kind == PUBREL else 0),
                         struct.pack(">H", id) + (b"" if reason is None else bytes([reason]))))

    def subscribe(self, *filters, qos=0, options=0, **values):
        """Filters as texts, or (text, options); gives the codes."""
        id = self.new_id()
        body = b"".join(text(f) + bytes([qos | options]) if isinstance(f, (str, bytes)) else text(f[0]) + bytes([f[1]])
                        for f in filters)
        self.send(packet(0x82, struct.pack(">H", id) + (properties(values) if self.version == 5 else b"") + body))
        answer = self.next(SUBACK)
        assert answer.id == id, (answer.id, id)
        return answer.codes

    def unsubscribe(self, *filters, **values):
        id = self.new_id()
        self.send(packet(0xA2, struct.pack(">H", id) + (properties(values) if self.version == 5 else b"") +
                         b"".join(text(f) for f in filters)))
        answer = self.next(UNSUBACK)
        assert answer.id == id, (answer.id, id)
        return answer.codes

    def ping(self):
        self.send(packet(0xC0))
        return self.next(PINGRESP)

    def disconnect(self, reason=None, **values):
        body = b"" if reason is None and not values else bytes([reason or 0]) + (properties(values) if values else b"")
        self.send(packet(0xE0, body))
        self.close()

    def close(self):
        """The network goes, without a word."""
        self.socket.close()
