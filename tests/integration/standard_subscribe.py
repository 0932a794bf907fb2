# SPDX-License-Identifier: Apache-2.0
"""Statements about SUBSCRIBE and UNSUBSCRIBE, filters, overlapping and shared subscriptions."""
import struct
import time

from mqtt_raw import PUBACK, PUBREC, PUBREL, SUBACK, UNSUBACK, packet, properties, text
from standard import states


def subscribe_bytes(w, *entries, values=b"\0", first=0x82, id=1):
    return packet(first, struct.pack(">H", id) + (values if w.five else b"") + b"".join(entries))


@states("3.8.1-1", "3.8.1-1")
def flags_of_subscribe(w):
    for first in (0x80, 0x81, 0x83, 0x8A):
        w.ended_by(subscribe_bytes(w, text("a") + b"\0", first=first), reason=0x81)


@states("3.8.3-3", "3.8.3-2")
def subscribe_to_nothing(w):
    w.ended_by(subscribe_bytes(w), reason=0x82)


@states("3.8.3-4", "3.8.3-5")
def reserved_bits_of_options(w):
    for options in (3, 0x40, 0x80, 0xC1) + ((0x30,) if w.five else (4, 8, 0x10, 0x20)):
        w.ended_by(subscribe_bytes(w, text("a") + bytes([options])), reason=(0x81, 0x82))


@states("3.8.3-1", "3.8.3-1")
def filters_are_utf_8(w):
    for f in (b"\xff", b"a\0", b"\xed\xbf\xbf"):
        w.ended_by(subscribe_bytes(w, text(f) + b"\0"), reason=0x81)


@states("4.8.0-1", "4.13.1-1")
def subscribes_cut_short(w):
    for entry in (b"\0", text("a"), b"\0\5a", text("a") + b"\0" + b"\0\1"):
        w.ended_by(subscribe_bytes(w, entry), reason=0x81)
    w.ended_by(packet(0x82, b"\1"), reason=0x81)


@states("4.7.1-2", "4.7.1-1")
def wildcards_that_do_not_stand_alone(w):
    c = w.client()
    bad = ("a#", "a/#/b", "#/a", "a+", "+a", "a/b+/c", "##", "++", "")
    assert all(code >= 0x80 for code in c.subscribe(*bad))
    assert c.subscribe(w.topic("fine")) == [0]


@states("3.8.4-1", "3.8.4-1")
def suback_has_the_id_and_a_code_for_each(w):
    c = w.client()
    codes = c.subscribe((w.topic("a"), 0), (w.topic("b"), 1), (w.topic("c/#/d"), 1), (w.topic("d"), 2))
    assert codes[0] == 0 and codes[1] == 1 and codes[3] == 2, codes  # 3.9.3-1
    assert codes[2] == (0x8F if w.five else 0x80), codes
    many = c.subscribe(*((w.topic(str(n)), n % 3) for n in range(200)))
    assert many == [n % 3 for n in range(200)]  # 3.8.4-4, 3.8.4-5


@states("3.8.4-1", "3.8.4-1")
def subacks_of_several_under_way(w):
    c = w.client()
    c.send(*(subscribe_bytes(w, text(w.topic(str(id))) + b"\1", id=id) for id in range(500, 540)))
    assert sorted(c.next(SUBACK).id for _ in range(40)) == list(range(500, 540))


@states("4.7.1-3", "4.7.1-2")
def what_filters_select(w):
    cases = {"+": ("a", ""), "+/+": ("a/b", "/a", "a/"), "a/+": ("a/b", "a/"), "a/#": ("a", "a/b", "a/b/c", "a/"),
             "#": ("a", "", "a/b", "/a", "a/", "a/b/c"), "a": ("a",), "+/b": ("a/b",), "/+": ("/a",), "a/+/c": ("a/b/c",)}
    topics = ("a", "", "a/b", "/a", "a/", "a/b/c")
    p, subs = w.client("p"), {}
    for n, f in enumerate(cases):
        subs[f] = w.subscriber(w.topic(f), w.topic("end/e/n/d"), name=f"s{n}", qos=0)
    for topic in topics:
        p.publish(w.topic(topic), topic)
    p.publish(w.topic("end/e/n/d"), "end")
    for f, wanted in cases.items():
        got = []
        while True:
            m = subs[f].message()
            if m.topic == w.topic("end/e/n/d"):
                break
            got.append(m.payload.decode())
        assert got == [t for t in topics if t in wanted], (f, got, wanted)


@states("3.3.5-1", "3.3.4-2")
def overlapping_subscriptions(w):
    s = w.client("s")
    s.subscribe((w.topic("#"), 2), (w.topic("+"), 1), (w.topic("x"), 0))
    w.client("p").publish(w.topic("x"), "m", 2)
    time.sleep(0.2)
    s.ping()
    s.quiet(PUBACK, 0.2)
    got = [m for m in s.inbox]
    s.inbox.clear()
    if not got:
        got = s.messages(1)
    assert max(m.qos for m in got) == 2 and len(got) == 1, got


@states("3.8.4-3", "3.8.4-3")
def the_same_filter_again_replaces(w):
    s, p = w.client("s"), w.client("p")
    s.subscribe(w.topic("x"), qos=2)
    s.subscribe(w.topic("x"), qos=0)
    p.publish(w.topic("x"), "m", 2)
    assert s.message().qos == 0
    s.quiet(seconds=0.2)
    s.unsubscribe(w.topic("x"))
    p.publish(w.topic("x"), "m", 2)
    s.quiet()


@states("3.10.1-1", "3.10.1-1")
def flags_of_unsubscribe(w):
    for first in (0xA0, 0xA3):
        w.ended_by(packet(first, b"\0\1" + (b"\0" if w.five else b"") + text("a")), reason=0x81)


@states("3.10.3-2", "3.10.3-2")
def unsubscribe_from_nothing(w):
    w.ended_by(packet(0xA2, b"\0\1" + (b"\0" if w.five else b"")), reason=(0x81, 0x82))


@states("3.10.3-1", "3.10.3-1")
def unsubscribe_is_utf_8_and_whole(w):
    for tail in (text(b"\xff"), text(b"\0"), b"\0\4a", b"\0"):
        w.ended_by(packet(0xA2, b"\0\1" + (b"\0" if w.five else b"") + tail), reason=0x81)


@states("3.10.4-4", "3.10.4-4")
def unsuback_always(w):
    c = w.client()
    c.subscribe(w.topic("a"), w.topic("b"), qos=1)
    codes = c.unsubscribe(w.topic("a"), w.topic("none"), w.topic("b"))  # 3.10.4-5, 3.10.4-6
    assert codes == ([0, 0x11, 0] if w.five else []), codes
    assert c.unsubscribe(w.topic("a")) == ([0x11] if w.five else [])


@states("3.10.4-1", "3.10.4-1")
def unsubscribe_compares_letter_by_letter(w):
    s, p = w.client("s"), w.client("p")
    s.subscribe(w.topic("a/+"), w.topic("a/#"), qos=1)
    s.unsubscribe(w.topic("a/b"), w.topic("#"), w.topic("a/#"))
    p.publish(w.topic("a/b"), "one", 1)
    p.publish(w.topic("a/b/c"), "none", 1)  # 3.10.4-2
    assert s.message().payload == b"one"
    s.quiet()


@states("3.10.4-3", "3.10.4-3")
def what_began_is_ended_behind_unsubscribe(w):
    s = w.subscriber(w.topic("x"), answers=False)
    w.client("p").publish(w.topic("x"), "m", 2)
    m = s.message()
    s.unsubscribe(w.topic("x"))
    s.ack(PUBREC, m.id)
    assert s.next(PUBREL).id == m.id


@states("3.8.4-2", "3.8.4-2")
def subscriptions_of_a_kept_session_are_kept(w):
    k = w.keeper()
    k.subscribe((w.topic("one"), 1), (w.topic("zero"), 0), (w.topic("gone"), 2))
    k.unsubscribe(w.topic("gone"))
    k.disconnect()
    k = w.keeper()
    p = w.client("p")
    for name in ("one", "zero", "gone"):
        p.publish(w.topic(name), name, 2)
    assert sorted((m.payload, m.qos) for m in k.messages(2)) == [(b"one", 1), (b"zero", 0)]
    k.quiet()


@states("4.7.2", "4.7.2")
def dollar_filters_are_allowed(w):
    c = w.client()
    for f in ("$SYS/#", "$x/+", "$"):
        assert c.subscribe(f) in ([0], [0x80], [0x87], [0x8F])
    c.ping()


# ---- version 5: identifiers, No Local ----

@states(v5="3.3.4-3")
def subscription_identifiers(w):
    s = w.client("s")
    s.subscribe(w.topic("x"), qos=1, subscription_id=7)
    s.subscribe(w.topic("+"), qos=2, subscription_id=268435455)
    s.subscribe(w.topic("#"), qos=0)
    w.client("p").publish(w.topic("x"), "m", 2)
    got = [s.message()]
    s.quiet(seconds=0.2)
    assert sorted(i for m in got for i in m.properties["subscription_id"]) == [7, 268435455], got  # 3.3.4-4, 3.3.4-5
    s.subscribe(w.topic("x"), qos=1, subscription_id=8)
    s.unsubscribe(w.topic("+"))
    w.client("p").publish(w.topic("x"), "m", 2)
    assert s.message().properties["subscription_id"] == [8]
    s.subscribe(w.topic("x"), qos=1)
    w.client("p").publish(w.topic("x"), "m", 2)
    assert "subscription_id" not in s.message().properties


@states(v5="3.8.2.1.2")
def subscription_identifiers_that_must_not_be(w):
    w.ended_by(subscribe_bytes(w, text("a") + b"\0", values=properties({"subscription_id": 0})), reason=0x82)
    w.ended_by(subscribe_bytes(w, text("a") + b"\0", values=properties({"subscription_id": [1, 2]})), reason=0x82)
    w.ended_by(subscribe_bytes(w, text("a") + b"\0", values=b"\5\x0b\xff\xff\xff\xff"), reason=0x81)
    w.ended_by(subscribe_bytes(w, text("a") + b"\0", values=properties({"expiry": 1})), reason=0x81)


@states(v5="3.3.4-6")
def a_client_sends_no_subscription_identifier(w):
    c = w.client()
    c.send(c.publish_bytes(w.topic("x"), "m", 0, subscription_id=1))
    assert c.end() == 0x82


@states(v5="3.3.4-3")
def subscription_identifiers_of_a_kept_session(w):
    w.client("p").publish(w.topic("r"), "r", 1, retain=True)
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=1, subscription_id=5)
    assert k.message().properties["subscription_id"] == [5]
    k.close()
    w.client("p").publish(w.topic("x"), "m", 1)
    k = w.keeper()
    assert k.message().properties["subscription_id"] == [5]


@states(v5="3.8.3-3")
def no_local(w):
    c = w.client()
    c.subscribe((w.topic("mine"), 5), (w.topic("all"), 1))
    c.publish(w.topic("mine"), "own", 1)
    c.publish(w.topic("all"), "own", 1)
    w.client("p").publish(w.topic("mine"), "other's", 1)
    assert [m.payload for m in c.messages(2)] == [b"own", b"other's"]
    c.quiet()


@states(v5="3.8.3-3")
def no_local_of_a_kept_session(w):
    k = w.keeper()
    k.subscribe((w.topic("mine"), 5))
    k.publish(w.topic("mine"), "own", 1)
    k.publish(w.topic("mine"), "own", 2, retain=True)
    w.client("p").publish(w.topic("mine"), "other's", 1)
    assert k.message().payload == b"other's"
    k.quiet()


@states(v5="3.8.3-4")
def no_local_of_a_share(w):
    w.ended_by(subscribe_bytes(w, text("$share/g/a") + b"\4"), reason=0x82)


@states(v5="3.8.2.1.3")
def user_properties_of_requests_are_taken(w):
    c = w.client()
    assert c.subscribe(w.topic("a"), user=[("a", "b"), ("a", "b")]) == [0]
    assert c.unsubscribe(w.topic("a"), user=[("a", "b")]) == [0]


# ---- shared ----

@states("4.8.2", "4.8.2-1")
def shared_filters_that_are_none(w):
    c = w.client()
    assert all(code >= 0x80 for code in c.subscribe("$share/g", "$share//a", "$share/g+/a", "$share/#/a", "$share/g/", "$share/",
                                                     "$share/g/a#"))  # 4.8.2-2
    c.ping()


@states("4.8.2", "4.8.2-4")
def a_share_is_divided(w):
    many = [w.client(f"s{n}") for n in range(3)]
    for s in many:
        assert s.subscribe(f"$share/{w.name}/{w.topic('#')}", qos=2) == [2]
    lone = w.subscriber(name="lone")
    other = w.client("other")
    other.subscribe(f"$share/{w.name}2/{w.topic('+')}", qos=1)
    p = w.client("p")
    for n in range(30):
        p.publish(w.topic("x"), str(n), n % 3)
    assert len(lone.messages(30)) == 30 and len(other.messages(30)) == 30
    got = [[m.payload for m in s.messages(10)] for s in many]
    assert sorted(int(x) for mine in got for x in mine) == list(range(30)), got
    for s in many:
        s.quiet(seconds=0.1)


@states("4.8.2", "4.8.2-3")
def qos_of_a_share_is_the_members(w):
    a = w.client("a")
    a.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=0)
    w.client("p").publish(w.topic("x"), "m", 2)
    assert a.message().qos == 0


@states("4.8.2", "4.8.2")
def a_share_brings_no_retained(w):
    w.client("p").publish(w.topic("x"), "r", 1, retain=True)
    a = w.client("a")
    a.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=1)
    a.quiet()


@states("4.8.2", "4.8.2")
def a_member_beside_its_own_subscription(w):
    a = w.client("a")
    a.subscribe(f"$share/{w.name}/{w.topic('x')}", w.topic("x"), qos=1)
    w.client("p").publish(w.topic("x"), "m", 1)
    assert [m.payload for m in a.messages(2)] == [b"m", b"m"]
    a.unsubscribe(f"$share/{w.name}/{w.topic('x')}")
    w.client("p").publish(w.topic("x"), "n", 1)
    assert a.message().payload == b"n"
    a.quiet()


@states("4.8.2", "4.8.2")
def a_member_that_leaves_gets_no_more(w):
    a, b = w.client("a"), w.client("b")
    for s in (a, b):
        s.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=1)
    a.close()
    p = w.client("p")
    time.sleep(0.3)
    for n in range(6):
        p.publish(w.topic("x"), str(n), 1)
    assert [m.payload for m in b.messages(6)] == [b"%d" % n for n in range(6)]


@states("4.8.2", "4.8.2")
def who_is_there_is_preferred_to_who_is_away(w):
    k = w.keeper()
    k.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=1)
    k.close()
    b = w.client("b")
    b.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=1)
    time.sleep(0.3)
    p = w.client("p")
    for n in range(6):
        p.publish(w.topic("x"), str(n), 1)
    assert [m.payload for m in b.messages(6)] == [b"%d" % n for n in range(6)]
    k = w.keeper()
    k.quiet()


@states("4.8.2", "4.8.2-4")
def what_a_kept_member_began_it_ends(w):
    k = w.keeper(answers=False)
    k.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=2)
    w.client("p").publish(w.topic("x"), "mine", 2)
    id = k.message().id
    k.close()
    b = w.client("b")
    b.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=2)
    b.quiet()
    k = w.keeper()
    m = k.message()
    assert (m.payload, m.id, m.dup) == (b"mine", id, 1)


@states("4.8.2", "4.8.2-5")
def what_an_ended_member_began_is_nobody_elses(w):
    a = w.client("a", answers=False)
    a.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=2)
    w.client("p").publish(w.topic("x"), "begun", 2)
    a.message()
    b = w.client("b")
    b.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=2)
    a.close()
    b.quiet()


@states(v5="4.8.2-6")
def a_member_that_refuses_is_not_replaced(w):
    a = w.client("a", answers=False)
    a.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=1)
    w.client("p").publish(w.topic("x"), "refused", 1)
    m = a.message()
    b = w.client("b")
    b.subscribe(f"$share/{w.name}/{w.topic('x')}", qos=1)
    a.ack(PUBACK, m.id, 0x97)
    b.quiet()
    a.quiet(seconds=0.1)


@states("3.10.4", "3.10.4")
def unsuback_comes_behind_what_was_subscribed(w):
    c = w.client()
    c.send(subscribe_bytes(w, text(w.topic("x")) + b"\1", id=1), packet(0xA2, b"\0\2" + (b"\0" if w.five else b"") +
                                                                        text(w.topic("x"))))
    assert c.next(SUBACK).codes == [1]
    answer = c.next(UNSUBACK)
    assert answer.codes == ([0] if w.five else []), answer
    w.client("p").publish(w.topic("x"), "m", 1)
    c.quiet()
