# SPDX-License-Identifier: Apache-2.0
"""Statements that only version 5 has: aliases, receive maximum, packet sizes, properties of messages, expiry, reasons."""
import struct
import time

from mqtt_raw import DISCONNECT, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, packet, properties, text
from standard import states


# ---- topic aliases ----

@states(v5="3.3.2-12")
def aliases_from_the_client(w):
    s, p = w.subscriber(), w.client("p")
    for alias in (1, 2, 16):
        p.publish(w.topic(f"t{alias}"), "define", 1, alias=alias)
    for alias in (16, 1, 2):
        for q in (0, 1, 2):
            p.publish("", f"{alias}", q, alias=alias)
    assert [m.topic for m in s.messages(3)] == [w.topic(f"t{alias}") for alias in (1, 2, 16)]
    got = s.messages(9)
    for alias in (1, 2, 16):
        mine = [m for m in got if m.topic == w.topic(f"t{alias}")]
        assert len(mine) == 3 and all(m.payload == b"%d" % alias for m in mine), got
    assert all("alias" not in m.properties for m in got)  # 3.1.2-27: this client takes none


@states(v5="3.3.2.3.4")
def an_alias_is_given_another_topic(w):
    s, p = w.subscriber(), w.client("p")
    p.publish(w.topic("a"), "1", 1, alias=3)
    p.publish(w.topic("b"), "2", 1, alias=3)
    p.publish("", "3", 1, alias=3)
    assert [m.topic for m in s.messages(3)] == [w.topic("a"), w.topic("b"), w.topic("b")]


@states(v5="3.3.2-8")
def aliases_that_are_none(w):
    for alias in (0, 17, 65535):
        c = w.client("c" + str(alias))
        c.send(c.publish_bytes(w.topic("x"), "m", 0, alias=alias))
        assert c.end() in (0x82, 0x94), alias
    c = w.client()
    c.send(c.publish_bytes("", "m", 0, alias=5))
    assert c.end() in (0x82, 0x94)
    w.ended_by(packet(0x30, text("a") + properties({"alias": [1, 1]})), reason=0x82)


@states(v5="3.3.2-7")
def aliases_end_with_their_connection(w):
    k = w.keeper()
    k.publish(w.topic("x"), "m", 1, alias=1)
    k.close()
    k = w.keeper()
    k.send(k.publish_bytes("", "m", 0, alias=1))
    assert k.end() in (0x82, 0x94)


@states(v5="3.1.2-26")
def aliases_to_the_client(w):
    s = w.client("s", alias_max=2)
    s.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    for turn in range(2):
        for n in range(4):
            p.publish(w.topic(f"t{n}"), f"{n}", 1 + n % 2)
    known = {}
    for m in s.messages(8):
        alias = m.properties.get("alias", [None])[0]
        assert alias is None or 1 <= alias <= 2, m.properties  # 3.3.2-9
        if m.topic:
            known.update({alias: m.topic} if alias else {})
        else:
            m.topic = known[alias]
        assert m.topic == w.topic(f"t{m.payload.decode()}")
    assert len(known) == 2, known


@states(v5="3.3.2-7")
def aliases_to_the_client_begin_anew(w):
    for _ in range(2):
        k = w.keeper(alias_max=5)
        k.subscribe(w.topic("#"), qos=1)
        w.client("p").publish(w.topic("x"), "m", 1)
        assert k.message().topic == w.topic("x")
        k.close()


# ---- receive maximum of the client ----

@states(v5="3.3.4-9")
def receive_maximum_of_the_client(w):
    s = w.client("s", answers=False, receive_max=2)
    s.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    for n in range(7):
        p.publish(w.topic("x"), str(n), 1 + n % 2)
    p.publish(w.topic("x"), "zero", 0)
    window, done = s.messages(2), []
    while window:
        assert len(window) <= 2
        m = window.pop(0)
        done.append(int(m.payload))
        if m.qos == 1:
            s.ack(PUBACK, m.id)
        else:
            s.ack(PUBREC, m.id)
            assert s.next(PUBREL).id == m.id  # 4.9.0-3: it does not wait for the window
            s.ack(PUBCOMP, m.id)
        s.ping()
        while len(window) < 2 and len(done) + len(window) < 7:
            m = s.message()
            window += [m] if m.qos else []
    assert done == list(range(7)), done


@states(v5="4.9.0-1")
def pubrec_of_error_frees_a_place(w):
    s = w.client("s", answers=False, receive_max=1)
    s.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    for n in range(3):
        p.publish(w.topic("x"), str(n), 2)
    for n in range(3):
        m = s.message()
        assert m.payload == b"%d" % n
        s.quiet(seconds=0.1)
        s.ack(PUBREC, m.id, 0x80)


@states(v5="4.9.0-2")
def other_packets_pass_a_full_window(w):
    s = w.client("s", answers=False, receive_max=1)
    s.subscribe(w.topic("#"), qos=1)
    p = w.client("p")
    for n in range(3):
        p.publish(w.topic("x"), str(n), 1)
    s.message()
    s.ping()
    assert s.subscribe(w.topic("y"), qos=1) == [1]
    assert s.unsubscribe(w.topic("y")) == [0]
    assert s.publish(w.topic("z"), "m", 0) is None
    s.ping()


@states(v5="3.3.4-9")
def receive_maximum_of_a_kept_session_may_change(w):
    k = w.keeper(receive_max=5)
    k.subscribe(w.topic("#"), qos=1)
    k.close()
    p = w.client("p")
    for n in range(5):
        p.publish(w.topic("x"), str(n), 1)
    k = w.keeper(answers=False, receive_max=1)
    for n in range(5):
        m = k.message()
        assert m.payload == b"%d" % n
        k.quiet(seconds=0.1)
        k.ack(PUBACK, m.id)


# ---- packet sizes ----

@states(v5="3.1.2-24")
def packets_larger_than_the_client_takes(w):
    s = w.client("s", packet_max=100)
    s.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    for n in range(6):
        p.publish(w.topic("x"), b"x" * 200 if n % 2 else b"%d" % n, n % 3)
    got = s.messages(3)  # 3.1.2-25: as if they had been sent
    assert sorted(m.payload for m in got) == [b"0", b"2", b"4"] and all(m.size <= 100 for m in got)
    s.quiet(seconds=0.2)


@states(v5="3.1.2-25")
def too_large_for_a_kept_session_is_done_with(w):
    k = w.keeper(packet_max=100)
    k.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    for payload in (b"x" * 200, b"small"):
        for q in (1, 2):
            p.publish(w.topic("x"), payload, q)
    assert [m.payload for m in k.messages(2)] == [b"small"] * 2
    k.disconnect()
    p.publish(w.topic("x"), b"y" * 200, 1)
    p.publish(w.topic("x"), b"last", 1)
    k = w.keeper(packet_max=100)
    assert k.message().payload == b"last"
    k.quiet()


@states(v5="3.1.2-24", relayed=False)
def a_packet_just_as_large(w):
    p = w.client("p")
    for size in (99, 100, 101):
        s = w.client("s", packet_max=100)
        s.subscribe(w.topic("x"), qos=0)
        payload = b"x" * (size - 2 - 2 - len(w.topic("x")) - 1)
        p.publish(w.topic("x"), payload)
        p.publish(w.topic("x"), "end")
        m = s.message()
        assert (m.size == size) == (size <= 100), (m.size, size)
        s.close()


@states(v5="3.2.2-15", relayed=False)
def packets_larger_than_the_server_takes(w):
    c = w.client()
    room = 256 * 1024 - len(c.publish_bytes(w.topic("x"), b"x" * 200_000)) + 200_000
    c.publish(w.topic("x"), b"x" * room, 0)
    c.ping()
    c.send(c.publish_bytes(w.topic("x"), b"x" * (room + 1), 0)[:5000])
    assert c.end() == 0x95


@states(v5="3.4.2-2")
def reasons_are_left_out_where_there_is_no_room(w):
    c = w.client("c", packet_max=20)
    for q in (1, 2):
        answer = c.publish("twins/nobody/telemetry", "{}", q)
        assert answer.size <= 20 and answer.reason >= 0x80, answer  # 3.5.2-2


# ---- properties of messages ----

@states(v5="3.3.2-17")
def properties_are_handed_on(w):
    pairs = [("z", "1"), ("a", "\u00e5"), ("z", "1"), ("", ""), ("z", "0")]
    values = {"format": 1, "content_type": "text/plain;x=\u00e5", "response_topic": w.topic("reply"), "correlation": b"\0\xff",
              "user": pairs}
    s, k, p = w.subscriber(), w.keeper(), w.client("p")
    k.subscribe(w.topic("#"), qos=2)
    for q in (0, 1, 2):
        p.publish(w.topic("x"), "m", q, **values)
        for c in (s, k):
            got = c.message().properties
            assert got == {"format": [1], "content_type": [values["content_type"].encode()], "correlation": [b"\0\xff"],
                           "response_topic": [w.topic("reply").encode()], "user": pairs}, got  # 3.3.2-4, -15, -16, -18, -20
    k.close()
    p.publish(w.topic("x"), "kept", 1, **values)
    k = w.keeper()
    assert k.message().properties["user"] == pairs
    p.publish(w.topic("r"), "retained", 1, retain=True, **values)
    r = w.subscriber(w.topic("r"), name="late")
    assert r.message().properties["user"] == pairs


@states(v5="3.3.2.3.2")
def format_0_is_as_good_as_none(w):
    s = w.subscriber()
    w.client("p").publish(w.topic("x"), b"\xff", 1, format=0)
    assert s.message().properties.get("format", [0]) == [0]


@states(v5="3.3.2-13")
def response_topics_that_are_none(w):
    for topic in (b"a/#", b"+", b"\xff", b"a\0"):
        w.ended_by(packet(0x30, text("a") + properties({"response_topic": topic})), reason=(0x81, 0x82, 0x90))  # 3.3.2-14


@states(v5="3.3.2.3")
def properties_of_publish_that_must_not_be(w):
    for values, wanted in ((properties({"format": 2}), (0x81, 0x82)), (properties({"format": [0, 0]}), 0x82),
                           (properties({"expiry": [1, 1]}), 0x82), (properties({"content_type": ["a", "a"]}), 0x82),
                           (properties({"content_type": b"\xff"}), 0x81), (properties({"correlation": ["a", "a"]}), 0x82),
                           (properties({"response_topic": ["a", "a"]}), 0x82), (properties({"user": (b"\xff", "a")}), 0x81),
                           (properties({"user": ("a", b"\0")}), 0x81), (properties({"session_expiry": 1}), 0x81),
                           (properties({"reason": "x"}), 0x81), (b"\1\x26", 0x81), (b"\4\x26\0\1a", 0x81), (b"\1\x00", 0x81),
                           (b"\2\x80\x01", 0x81), (b"\x80\0", 0x81), (b"\3\x02\0\0", 0x81), (b"\1\x0c", 0x81)):
        w.ended_by(packet(0x30, text("a") + values), reason=wanted)


@states(v5="2.2.2-1")
def no_properties_are_a_length_of_0(w):
    s = w.subscriber()
    w.client("p").publish(w.topic("x"), "m", 1)
    m = s.message()
    assert m.properties == {} and m.body.endswith(b"\0m")


@states(v5="3.3.2.3.5")
def request_and_response(w):
    server, client = w.client("server"), w.client("client")
    server.subscribe(w.topic("ask"), qos=1)
    client.subscribe(w.topic("reply/1"), qos=1)
    client.publish(w.topic("ask"), "2+2", 1, response_topic=w.topic("reply/1"), correlation=b"n1")
    m = server.message()
    server.publish(m.properties["response_topic"][0].decode(), "4", 1, correlation=m.properties["correlation"][0])
    m = client.message()
    assert (m.payload, m.properties["correlation"]) == (b"4", [b"n1"])


# ---- expiry ----

@states(v5="3.3.2-6", slow=True)
def expiry_is_what_is_left(w):
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=1)
    k.close()
    w.client("p").publish(w.topic("x"), "m", 1, expiry=100)
    time.sleep(2.1)
    k = w.keeper()
    assert 96 <= k.message().properties["expiry"][0] <= 98


@states(v5="3.3.2-6")
def expiry_is_told_to_who_is_there(w):
    s, t = w.subscriber(), w.subscriber(name="t", qos=0)
    for q in (0, 1, 2):
        w.client("p").publish(w.topic("x"), "m", q, expiry=100)
        for c in (s, t):
            assert c.message().properties["expiry"][0] in (99, 100)
    w.client("p").publish(w.topic("x"), "m", 1)
    assert "expiry" not in s.message().properties


@states(v5="3.3.2-5", slow=True)
def what_expired_is_not_sent(w):
    k, s = w.keeper(), w.client("s", answers=False, receive_max=1)
    k.subscribe(w.topic("#"), qos=2)
    k.close()
    s.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    p.publish(w.topic("x"), "first", 1)
    for q in (1, 2):
        p.publish(w.topic("x"), "short", q, expiry=1)
        p.publish(w.topic("x"), "long", q, expiry=60)
    time.sleep(2.1)
    assert [m.payload for m in w.keeper().messages(3)] == [b"first", b"long", b"long"]
    m = s.message()
    while True:
        s.ack(PUBACK if m.qos == 1 else PUBREC, m.id, 0x80 if m.qos == 2 else 0)
        assert m.payload != b"short"
        if m.qos == 2:
            break
        m = s.message()


@states(v5="3.3.2.3.3", slow=True)
def expiry_0_is_for_who_is_there_now(w):
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=1)
    k.close()
    p = w.client("p")
    p.publish(w.topic("x"), "zero", 1, expiry=0)
    p.publish(w.topic("x"), "one", 1)
    time.sleep(0.5)
    k = w.keeper()
    assert k.message().payload == b"one"


# ---- reasons ----

@states(v5="3.4.2.1")
def nobody_listens_is_told(w):
    c = w.client()
    assert c.publish(w.topic("nobody"), "m", 1).reason in (0, 0x10)
    assert c.publish(w.topic("nobody"), "m", 2).reason in (0, 0x10)
    w.subscriber(w.topic("somebody"))
    assert c.publish(w.topic("somebody"), "m", 1).reason == 0


@states(v5="3.4.2.1")
def answers_with_reasons_and_properties_are_taken(w):
    s = w.subscriber(answers=False)
    p = w.client("p")
    p.publish(w.topic("x"), "1", 1)
    p.publish(w.topic("x"), "2", 2)
    one, two = s.messages(2)
    tail = properties({"reason": "tired", "user": [("a", "b"), ("a", "b")]})
    s.send(packet(0x40, struct.pack(">H", one.id) + b"\x10" + tail), packet(0x50, struct.pack(">H", two.id) + b"\0" + tail))
    assert s.next(PUBREL).id == two.id
    s.send(packet(0x70, struct.pack(">H", two.id) + b"\0" + tail))
    s.ping()


@states(v5="3.6.2.1")
def pubrel_with_properties(w):
    c = w.client()
    c.send(c.publish_bytes(w.topic("x"), "m", 2, id=1))
    c.next(PUBREC)
    c.send(packet(0x62, b"\0\1\0" + properties({"reason": "x", "user": [("a", "b")]})))
    assert c.next(PUBCOMP).reason == 0


@states(v5="3.14.0-1")
def no_disconnect_before_connack(w):
    c = w.raw()
    c.send(packet(0x10, text("MQTT") + b"\5\3\0\0\0" + text("x")))
    c.end()
    assert not [p for p in c.inbox if p.type == DISCONNECT]


@states(v5="3.14.2-2")
def disconnect_of_the_server_has_no_expiry(w):
    a = w.keeper()
    w.keeper()
    assert a.end() == 0x8E
    said = [p for p in a.inbox if p.type == DISCONNECT]
    assert len(said) == 1 and "session_expiry" not in said[0].properties


@states(v5="4.13.1")
def reasons_of_a_client_that_are_none(w):
    """A code that the packet may not have is malformed or a protocol error."""
    for first, code in ((0x40, 0x92), (0x62, 0x10), (0x70, 0x97), (0x40, 0x01), (0x50, 0x92), (0x62, 0x80)):
        w.ended_by(packet(first, b"\0\1" + bytes([code])), reason=(0x81, 0x82))
    for code in (1, 3, 0x8D, 0x8E, 0x9F):
        w.ended_by(packet(0xE0, bytes([code])), reason=(0x81, 0x82, None))


@states(v5="3.3.1")
def messages_of_the_server_have_no_surprises(w):
    s = w.subscriber()
    w.client("p").publish(w.topic("x"), "m", 1)
    m = s.message()
    assert m.type == PUBLISH and m.flags == 2 and m.properties == {}
