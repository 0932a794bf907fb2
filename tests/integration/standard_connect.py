# SPDX-License-Identifier: Apache-2.0
"""Statements about CONNECT, CONNACK, keep-alive, PINGREQ, DISCONNECT and AUTH."""
import struct
import time

from mqtt_raw import AUTH, CONNACK, DISCONNECT, PUBLISH, SUBACK, packet, properties, text, varint
from standard import states


def connect_bytes(w, name=b"MQTT", version=None, flags=0xC2, keep=60, more=b"", client_id="x", values=b"\0", cut=None):
    body = text(name) + bytes([version or w.version, flags]) + struct.pack(">H", keep)
    body += (values if (version or w.version) == 5 else b"") + text(client_id) + more
    return packet(0x10, body[:cut])


def whole(w, **options):
    return connect_bytes(w, more=text("me") + text(w.server.token), **options)


@states("3.1.0-1", "3.1.0-1")
def first_packet_is_connect(w):
    w.turned_away(packet(0xC0))
    w.turned_away(packet(0x82, b"\0\1" + (b"\0" if w.five else b"") + text("a") + b"\0"))
    w.turned_away(packet(0xE0))


@states("3.1.0-2", "3.1.0-2")
def second_connect_ends_it(w):
    w.ended_by(whole(w), reason=0x82)


@states("3.1.2-1", "3.1.2-1")
def another_protocol_name_is_turned_away(w):
    w.turned_away(whole(w, name=b"mqtt"), reason=0x81)
    w.turned_away(whole(w, name=b"MQTTX"), reason=0x81)
    w.turned_away(whole(w, name=b""), reason=0x81)


@states("3.1.2-2", "3.1.2-2")
def another_level_is_turned_away_with_its_code(w):
    for level in (1, 3, 6, 0x83):
        c = w.raw()
        c.version = 5 if level > 5 else 4
        c.send(whole(w, version=level))
        answer = c.next(CONNACK)
        assert answer.reason in (1, 0x84), answer
        c.end()


@states("3.1.2-3", "3.1.2-3")
def reserved_flag_of_connect_is_0(w):
    w.turned_away(whole(w, flags=0xC3), reason=0x81)


@states("3.1.2-11", "3.1.2-11")
def will_qos_without_will(w):
    w.turned_away(whole(w, flags=0xC2 | 8), reason=0x81)


@states("3.1.2-14", "3.1.2-12")
def will_qos_3(w):
    will = (b"\0" if w.five else b"") + text("w") + text("p")
    w.turned_away(connect_bytes(w, flags=0xC6 | 0x18, more=will + text("me") + text(w.server.token)), reason=0x81)


@states("3.1.2-15", "3.1.2-13")
def will_retain_without_will(w):
    w.turned_away(whole(w, flags=0xC2 | 0x20), reason=0x81)


@states("3.1.2-22")
def password_without_user_name(w):
    w.turned_away(connect_bytes(w, flags=0x42, more=text(w.server.token)))


@states(v5="3.1.2-19")
def password_without_user_name_is_allowed(w):
    c = w.raw()
    assert c.connect(w.name, password=w.server.token).reason == 0
    c.ping()


@states("3.1.2-19", "3.1.2-17")
def user_name_flagged_and_missing(w):
    w.turned_away(connect_bytes(w, flags=0xC2), reason=0x81)


@states("3.1.4-1", "3.1.4-1")
def malformed_connects(w):
    w.turned_away(packet(0x10), reason=0x81)
    w.turned_away(packet(0x10, text("MQTT")), reason=0x81)
    w.turned_away(packet(0x10, text("MQTT") + bytes([w.version, 2, 0])), reason=0x81)
    w.turned_away(whole(w)[:2] and packet(0x10, b"\0\7MQTT" + bytes([w.version, 2, 0, 0])), reason=0x81)
    w.turned_away(connect_bytes(w, more=text("me") + text(w.server.token) + b"more"), reason=0x81)
    w.turned_away(packet(0x11, b"x"), reason=0x81)


@states("3.1.3-4", "3.1.3-4")
def client_id_is_utf_8(w):
    w.turned_away(whole(w, client_id=b"\xff"), reason=0x81)
    w.turned_away(whole(w, client_id=b"a\0b"), reason=0x81)
    w.turned_away(whole(w, client_id=b"\xed\xa0\x80"), reason=0x81)


@states("3.1.3-11", "3.1.3-12")
def user_name_is_utf_8(w):
    w.turned_away(connect_bytes(w, more=text(b"\xc3\x28") + text(w.server.token)), reason=0x81)


@states("3.1.3-10", "3.1.3-11")
def will_topic_is_a_topic_in_utf_8(w):
    for topic in (b"\xff", b"a\0"):
        will = (b"\0" if w.five else b"") + text(topic) + text("p")
        w.turned_away(connect_bytes(w, flags=0xC6, more=will + text("me") + text(w.server.token)), reason=0x81)
    for topic in (b"a/#", b"+"):
        will = (b"\0" if w.five else b"") + text(topic) + text("p")
        c = w.raw()
        c.send(connect_bytes(w, flags=0xC6, more=will + text("me") + text(w.server.token)))
        assert c.end() is None
        assert all(p.reason in (0x81, 0x90) for p in c.inbox), c.inbox


@states("3.1.3-5", "3.1.3-5")
def client_id_of_all_the_letters(w):
    for client_id in ("0123456789ABCDEFGHIJKLM", "NOPQRSTUVWXYZabcdefghij", "klmnopqrstuvwxyz"):
        c = w.raw()
        assert c.connect(client_id + str(w.version), user="me", password=w.server.token).reason == 0


@states("3.1.3-6", "3.1.3-6")
def client_id_of_no_length(w):
    a, b = w.client(name=""), w.client(name="")
    a.ping()
    b.ping()


@states("3.1.3-8")
def client_id_of_no_length_without_clean_session(w):
    c = w.raw()
    answer = w.connect(c, name="", clean=False)
    assert (answer.reason, answer.present) == (2, 0), answer
    c.end()


@states(v5="3.1.3-7")
def client_id_is_assigned_and_works(w):
    a = w.client(name="", session_expiry=300)
    ids = [a.connack.properties["assigned_id"][0], w.client(name="").connack.properties["assigned_id"][0]]
    assert ids[0] and ids[0] != ids[1], ids
    a.disconnect()
    b = w.raw()
    assert b.connect(ids[0].decode(), clean=False, user="me", password=w.server.token, session_expiry=0).present == 1


@states(v5="3.2.2-16")
def no_id_is_assigned_to_who_has_one(w):
    assert "assigned_id" not in w.client().connack.properties


@states("3.2.0-1", "3.2.0-1")
def connack_comes_first(w):
    k = w.keeper()
    k.subscribe(w.topic("x"), qos=1)
    k.close()
    w.client("p").publish(w.topic("x"), "kept", 1)
    k = w.raw()
    w.connect(k, "k", clean=False, **({"session_expiry": 0} if w.five else {}))
    assert not k.inbox, k.inbox
    assert k.message().payload == b"kept"


@states("3.2.2-1", "3.2.2-2")
def session_present_is_0_for_a_clean_start(w):
    w.keeper().disconnect()
    c = w.client("k", clean=True)
    assert c.connack.present == 0
    c.close()


@states("3.2.2-2", "3.2.2-3")
def session_present_tells(w):
    k = w.keeper()
    assert k.connack.present == 0
    k.disconnect()
    k = w.keeper()
    assert k.connack.present == 1
    k.disconnect()


@states("3.2.2-4", "3.2.2-6")
def refused_with_session_present_0_and_the_end(w):
    w.keeper().disconnect()
    c = w.raw()
    answer = c.connect(f"{w.name}-k", clean=False, user="me", password="plx_none_none")
    assert answer.reason in ((0x86, 0x9F) if w.five else (4, 3)) and answer.present == 0, answer  # who failed often has to wait
    c.end()  # 3.2.2-5, 3.2.2-7


@states("3.1.4-5", "3.1.4-6")
def nothing_behind_a_refused_connect_is_done(w):
    s = w.subscriber()
    c = w.raw()
    bad = connect_bytes(w, client_id="refused", more=text("me") + text("plx_none_none"))
    c.send(bad, c.publish_bytes(w.topic("x"), "never"))
    c.end()
    s.quiet()


@states("3.1.4-4", "3.1.4-5")
def what_is_sent_before_connack_is_done(w):
    c = w.raw()
    c.send(whole(w, client_id=w.name), packet(0x82, b"\0\7" + (b"\0" if w.five else b"") + text(w.topic("x")) + b"\1"),
           c.publish_bytes(w.topic("x"), "early", 1, id=9))
    assert c.next(CONNACK).reason == 0
    assert c.next(SUBACK).codes == [1]
    assert c.message().payload == b"early"


@states("3.1.4-2", "3.1.4-3")
def takeover_ends_the_older(w):
    for clean in (True, False):
        a = w.client("twin", clean=clean)
        b = w.client("twin", clean=clean)
        assert a.end() == (0x8E if w.five else None)
        b.ping()
        b.close()


@states("3.1.2-24", "3.1.2-22", slow=True)
def keep_alive_ends_a_silent_one(w):
    c = w.client(keep=2)
    began = time.monotonic()
    assert c.end() == (0x8D if w.five else None)
    took = time.monotonic() - began
    assert 2.5 <= took < 6, took


@states("3.1.2-24", "3.1.2-22", slow=True)
def keep_alive_is_kept_by_any_packet(w):
    c, s = w.client(keep=1), w.subscriber(name="s2")
    for n in range(5):
        time.sleep(0.7)
        c.publish(w.topic("x"), str(n), n % 3) if n % 2 else c.ping()
    s.messages(2)
    assert c.end(5) == (0x8D if w.five else None)


@states("3.1.2.10", "3.1.2.10", slow=True)
def keep_alive_of_0_or_of_none_does_not_end_it(w):
    c = w.client(keep=0)
    time.sleep(3)
    c.ping()


@states(v5="3.2.2-21")
def server_keep_alive_is_told_to_who_asks_for_more(w):
    for keep in (0, 61, 65535):
        assert w.client(keep=keep).connack.properties["server_keep_alive"] == [60]
    assert "server_keep_alive" not in w.client(keep=60).connack.properties


@states("3.12.4-1", "3.12.4-1")
def ping(w):
    c = w.client()
    for _ in range(3):
        assert c.ping().body == b""


@states(v5="3.1.2-28")
def no_response_information_for_who_did_not_ask(w):
    assert "response_info" not in w.client().connack.properties
    w.client(response_info_wanted=1)


@states(v5="3.1.2-29")
def no_reasons_for_who_wants_none(w):
    c = w.client(problem_info=0)
    assert c.publish("twins/nobody/telemetry", "{}", 1).properties == {}
    c = w.client(problem_info=1)
    assert c.publish("twins/nobody/telemetry", "{}", 1).properties["reason"]


@states(v5="3.1.2-30")
def authentication_method_that_is_not_known(w):
    c = w.raw()
    answer = w.connect(c, auth_method="SCRAM-SHA-1", auth_data=b"x")
    assert answer.reason == 0x8C, answer  # 4.12.0-1
    c.end()


@states(v5="4.12.0-6")
def authentication_out_of_turn(w):
    w.ended_by(packet(AUTH << 4), reason=(0x82, 0x8C))
    w.ended_by(packet(AUTH << 4, b"\x18" + properties({"auth_method": "x"})), reason=(0x82, 0x8C))
    w.ended_by(packet(AUTH << 4 | 1), reason=0x81)  # 3.15.1-1


@states(v5="3.1.2.11")
def properties_of_connect_that_must_not_be(w):
    for values, wanted in ((properties({"auth_data": b"x"}), 0x82), (properties({"receive_max": 0}), 0x82),
                           (properties({"packet_max": 0}), 0x82), (properties({"receive_max": [1, 2]}), 0x82),
                           (properties({"session_expiry": [1, 2]}), 0x82), (properties({"problem_info": 2}), 0x82),
                           (properties({"response_info_wanted": 2}), 0x82), (properties({"alias_max": [1, 1]}), 0x82),
                           (properties({"packet_max": [9999, 9999]}), 0x82), (properties({"auth_method": ["a", "a"]}), 0x82),
                           (properties({"expiry": 1}), 0x81), (properties({"assigned_id": "x"}), 0x81),
                           (properties({"will_delay": 1}), 0x81), (b"\2\x7e\1", 0x81), (b"\4\x11\0\0\0\1", 0x81),
                           (b"\x80\x00", 0x81), (b"\xff\xff\xff\xff\x7f", 0x81)):
        w.turned_away(whole(w, values=values), reason=wanted)


@states(v5="3.1.3.2")
def properties_of_a_will_that_must_not_be(w):
    for values, wanted in ((properties({"will_delay": [1, 1]}), 0x82), (properties({"format": 2}), 0x82),
                           (properties({"session_expiry": 1}), 0x81), (properties({"alias": 1}), 0x81),
                           (properties({"response_topic": "a/#"}), 0x82), (properties({"expiry": [1, 1]}), 0x82)):
        more = values + text("w") + text("p") + text("me") + text(w.server.token)
        w.turned_away(connect_bytes(w, flags=0xC6, more=more), reason=wanted)


@states(v5="3.2.2.3")
def connack_says_what_holds(w):
    said = w.client(session_expiry=0xFFFFFFFF).connack.properties
    assert said["receive_max"] == [100] and said["packet_max"] == [256 * 1024] and said["alias_max"] == [16], said
    assert said["session_expiry"] == [24 * 3600], said
    assert not {"qos_max", "retain_available", "wildcards", "shares", "subscription_ids"} & set(said), said  # all there
    assert all(len(values) == 1 for values in said.values()), said
    assert "session_expiry" not in w.client("d", session_expiry=77).connack.properties


@states("3.14.1-1", "3.14.1-1")
def disconnect_has_no_flags(w):
    w.ended_by(packet(DISCONNECT << 4 | 1), reason=0x81)


@states("3.14.4-2", "3.14.4-2")
def disconnect_ends_it_without_a_word(w):
    c = w.client()
    c.send(packet(0xE0))
    assert c.end() is None and not c.inbox


@states(v5="3.14.2.1")
def disconnect_of_every_shape(w):
    for body in (b"", b"\0", b"\0\0", b"\4", b"\0" + properties({"reason": "tired", "user": [("a", "b"), ("a", "b")]})):
        c = w.client()
        c.send(packet(0xE0, body))
        assert c.end() is None and not c.inbox, body
    w.ended_by(packet(0xE0, b"\0" + properties({"receive_max": 1})), reason=0x81)
    w.ended_by(packet(0xE0, b"\0" + properties({"session_expiry": [0, 0]})), reason=0x82)
    w.ended_by(packet(0xE0, b"\0\0more"), reason=0x81)


@states(v5="3.14.2-1")
def disconnect_cannot_begin_an_expiry(w):
    w.ended_by(packet(0xE0, b"\0" + properties({"session_expiry": 5})), reason=0x82)


@states("2.2.2-2", "2.1.3-1")
def reserved_flags_of_every_type(w):
    right = {6: 2, 8: 2, 10: 2}
    for kind in (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14):
        w.ended_by(packet(kind << 4 | right.get(kind, 0) ^ 1, b"\0\1"), reason=0x81)
    for kind in (6, 8, 10):
        w.ended_by(packet(kind << 4, b"\0\1"), reason=0x81)


@states("2.2.1", "2.1.2")
def types_that_only_a_server_sends(w):
    for first, body in ((0x00, b""), (0x20, b"\0\0"), (0x90, b"\0\1\0"), (0xB0, b"\0\1"), (0xD0, b"")):
        w.ended_by(packet(first, body), reason=(0x81, 0x82))
    if not w.five:
        w.ended_by(packet(0xF0, b""))


@states("2.2.3", "1.5.5-1")
def lengths_that_are_none(w):
    w.ended_by(b"\xc0\x80\x80\x80\x80\x01", reason=0x81)
    w.ended_by(b"\x30\xff\xff\xff\xff", reason=0x81)
    if w.five:
        w.ended_by(b"\xc0\x80\x00", reason=0x81)


@states("3.12.1", "3.12.1")
def ping_has_no_body(w):
    w.ended_by(packet(0xC0, b"\0"), reason=0x81)


@states("2.3.1-1", "2.2.1-3")
def packet_id_0(w):
    more = b"\0" if w.five else b""
    w.ended_by(packet(0x32, text("a") + b"\0\0" + more), reason=(0x81, 0x82))
    w.ended_by(packet(0x34, text("a") + b"\0\0" + more), reason=(0x81, 0x82))
    w.ended_by(packet(0x82, b"\0\0" + more + text("a") + b"\0"), reason=(0x81, 0x82))
    w.ended_by(packet(0xA2, b"\0\0" + more + text("a")), reason=(0x81, 0x82))
    w.ended_by(packet(0x62, b"\0\0"), reason=(0x81, 0x82))
    w.ended_by(packet(0x40, b"\0\0"), reason=(0x81, 0x82))


@states("4.8.0-1", "4.13.1-1")
def answers_cut_short_or_too_long(w):
    for first in (0x40, 0x50, 0x62, 0x70):
        w.ended_by(packet(first), reason=0x81)
        w.ended_by(packet(first, b"\1"), reason=0x81)
        w.ended_by(packet(first, b"\0\1\0\0more" if w.five else b"\0\1x"), reason=0x81)
        if w.five:
            w.ended_by(packet(first, b"\0\1\0" + properties({"alias": 1})), reason=0x81)
            w.ended_by(packet(first, b"\0\1\0" + properties({"reason": ["a", "a"]})), reason=0x82)
            w.ended_by(packet(first, b"\0\1\0" + varint(9)), reason=0x81)


@states("4.8.0-1", "4.13.2-1")
def a_bad_one_harms_no_other(w):
    s = w.subscriber()
    w.ended_by(packet(0x30, b"\0"))
    p = w.client("p")
    p.publish(w.topic("x"), "fine", 2)
    assert s.message().payload == b"fine"
    assert not [x for x in s.inbox if x.type != PUBLISH]
