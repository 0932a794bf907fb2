# SPDX-License-Identifier: Apache-2.0
"""Statements about sessions and their expiry, and about wills: all the ways in which a connection ends."""
import time

from mqtt_raw import packet, properties
from standard import states


def will(w, payload="will", qos=1, retain=False, name="will"):
    return (w.topic(name), payload, qos, retain)


# ---- sessions ----

@states("3.1.2-4", "3.1.2-5")
def a_session_is_taken_up_again(w):
    w.keeper().disconnect()
    for _ in range(3):
        k = w.keeper()
        assert k.connack.present == 1
        k.close()


@states("3.1.4-3", "3.1.2-6")
def without_a_session_a_new_one_begins(w):
    assert w.keeper().connack.present == 0


@states("3.1.2-6", "3.1.2-23", slow=True)
def a_clean_session_ends_with_its_connection(w):
    c = w.client("k", clean=True)
    c.subscribe(w.topic("x"), qos=1)
    c.close()
    time.sleep(0.3)
    w.client("p").publish(w.topic("x"), "m", 1)
    k = w.keeper()
    assert k.connack.present == 0
    k.quiet()


@states("3.1.2-6", "3.1.2-23")
def a_session_without_expiry_is_not_taken_over_either(w):
    c = w.client("k", clean=True)
    c.subscribe(w.topic("x"), qos=1)
    k = w.keeper()
    assert k.connack.present == 0
    w.client("p").publish(w.topic("x"), "m", 1)
    k.quiet()


@states(v5="3.1.2-23", slow=True)
def a_session_expires(w):
    for how in ("close", "disconnect"):
        k = w.keeper(how, expiry=1, clean=True)
        k.subscribe(w.topic("x"), qos=1)
        getattr(k, how)()
    time.sleep(2.5)
    for how in ("close", "disconnect"):
        assert w.keeper(how).connack.present == 0


@states(v5="3.1.2.11.2", slow=True)
def a_session_does_not_expire_while_it_is_connected(w):
    k = w.keeper(expiry=1, clean=True)
    time.sleep(2.5)
    k.close()
    assert w.keeper(expiry=1).connack.present == 1


@states(v5="3.1.2.11.2")
def without_expiry_the_session_ends_though_it_began_unclean(w):
    k = w.client("k", clean=False)
    k.subscribe(w.topic("x"), qos=1)
    k.close()
    time.sleep(0.3)
    assert w.keeper().connack.present == 0


@states(v5="3.1.2.11.2")
def a_clean_start_may_be_kept(w):
    k = w.keeper(clean=True)
    k.subscribe(w.topic("x"), qos=1)
    k.close()
    w.client("p").publish(w.topic("x"), "m", 1)
    k = w.keeper()
    assert k.connack.present == 1
    assert k.message().payload == b"m"


@states(v5="3.14.2.2.2", slow=True)
def disconnect_changes_the_expiry(w):
    k = w.keeper("shorter")
    k.disconnect(0, session_expiry=0)
    k = w.keeper("short")
    k.disconnect(0, session_expiry=1)
    k = w.keeper("longer", expiry=1)
    k.disconnect(0, session_expiry=60)
    time.sleep(0.3)
    assert w.keeper("shorter").connack.present == 0
    time.sleep(2)
    assert w.keeper("short").connack.present == 0
    assert w.keeper("longer").connack.present == 1


@states("3.1.4-2", "3.1.4-3")
def takeover_of_a_kept_session(w):
    a = w.keeper(answers=False)
    a.subscribe(w.topic("x"), qos=1)
    w.client("p").publish(w.topic("x"), "m", 1)
    first = a.message()
    b = w.keeper()
    assert b.connack.present == 1
    m = b.message()
    assert (m.payload, m.id, m.dup) == (b"m", first.id, 1)
    assert a.end() == (0x8E if w.five else None)
    b.quiet(seconds=0.1)


@states("3.1.4-3", "3.1.4-4")
def takeover_by_a_clean_start(w):
    a = w.keeper()
    a.subscribe(w.topic("x"), qos=1)
    b = w.client("k", clean=True)
    assert b.connack.present == 0
    w.client("p").publish(w.topic("x"), "m", 1)
    b.quiet()


@states("3.1.2.4", "3.1.2.4")
def two_versions_share_a_session(w):
    k = w.keeper()
    k.subscribe(w.topic("x"), qos=1)
    k.disconnect()
    w.client("p").publish(w.topic("x"), "m", 1)
    w.version, w.five = (4, False) if w.five else (5, True)
    k = w.keeper()
    assert k.connack.present == 1
    assert k.message().payload == b"m"


@states("4.4.0", "4.4.0")
def an_old_client_is_told_qos_0_only_while_it_is_there(w):
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    p.publish(w.topic("x"), "zero", 0)
    assert k.message().payload == b"zero"
    k.close()
    time.sleep(0.3)
    p.publish(w.topic("x"), "zero", 0)
    p.publish(w.topic("x"), "one", 1)
    k = w.keeper()
    got = [m.payload for m in k.messages(1)]
    assert got[-1] == b"one"


# ---- wills ----

@states("3.1.2-8", "3.1.2-8")
def a_will_is_sent_when_the_network_goes(w):
    s = w.subscriber()
    for q in (0, 1, 2):
        c = w.client(f"w{q}", will=will(w, f"q{q}", q))
        c.close()
        m = s.message()
        assert (m.payload, m.qos, m.retain) == (b"q%d" % q, q, 0)  # 3.1.2-16, 3.1.2-14


@states("3.1.2-10", "3.1.2-10")
def no_will_behind_disconnect(w):
    s = w.subscriber()
    for q in (0, 1, 2):
        w.client(f"w{q}", will=will(w, "never", q)).disconnect()
    s.quiet(seconds=0.6)  # 3.14.4-3


@states(v5="3.14.2.1")
def disconnect_with_the_will(w):
    s = w.subscriber()
    w.client("a", will=will(w, "wanted")).disconnect(4)
    assert s.message().payload == b"wanted"
    w.client("b", will=will(w, "for an error")).disconnect(0x81)
    assert s.message().payload == b"for an error"


@states("3.1.2-8", "3.1.2-8", slow=True)
def a_will_for_a_missed_keep_alive(w):
    s = w.subscriber()
    w.client("a", will=will(w, "silent"), keep=1)
    assert s.message(8).payload == b"silent"


@states("3.1.2-8", "3.1.2-8")
def a_will_for_a_protocol_error(w):
    s = w.subscriber()
    c = w.client("a", will=will(w, "broken"))
    c.send(packet(0x36, b"\0"))
    assert s.message().payload == b"broken"
    c.end()


@states("3.1.2-8", "3.1.3-9")
def a_will_at_takeover(w):
    s = w.subscriber()
    w.client("a", will=will(w, "taken over"), clean=True)
    b = w.client("a", clean=True)
    assert s.message().payload == b"taken over"
    b.disconnect()
    s.quiet(seconds=0.3)


@states("3.1.2-8", "3.1.2-8")
def a_will_is_sent_once(w):
    s = w.subscriber()
    w.client("a", will=will(w, "once")).close()
    assert s.message().payload == b"once"
    w.client("a").close()
    s.quiet(seconds=0.5)


@states("3.1.2-17", "3.1.2-15")
def a_will_that_is_retained(w):
    for retain in (True, False):
        s = w.subscriber(w.topic(f"will{retain}"), name="s")
        w.client("a", will=(w.topic(f"will{retain}"), "r", 1, retain)).close()
        assert s.message().retain == 0
        late = w.client("late")
        late.subscribe(w.topic(f"will{retain}"), qos=1)
        if retain:
            assert late.message().retain == 1
        else:
            late.quiet()  # 3.1.2-16, 3.1.2-14


@states("3.1.2.5", "3.1.2.5")
def a_will_of_no_bytes_clears_what_is_retained(w):
    w.client("p").publish(w.topic("will"), "r", 1, retain=True)
    s = w.subscriber(w.topic("will"))
    assert s.message().retain == 1
    w.client("a", will=will(w, "", 1, True)).close()
    assert s.message().payload == b""
    late = w.client("late")
    late.subscribe(w.topic("will"), qos=1)
    late.quiet()


@states("3.1.2-8", "3.1.2-8")
def a_will_for_who_is_away(w):
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=2)
    k.disconnect()
    w.client("a", will=will(w, "kept", 2)).close()
    time.sleep(0.3)
    k = w.keeper()
    m = k.message()
    assert (m.payload, m.qos) == (b"kept", 2)


@states(v5="3.1.3.2.2", slow=True)
def a_will_is_delayed(w):
    s = w.subscriber()
    k = w.keeper("a", will=will(w, "late"), will_properties={"will_delay": 1})
    k.close()
    began = time.monotonic()
    assert s.message().payload == b"late"
    assert 0.8 <= time.monotonic() - began < 5


@states(v5="3.1.3-9", slow=True)
def a_delayed_will_is_dropped_when_the_session_goes_on(w):
    s = w.subscriber()
    k = w.keeper("a", will=will(w, "never"), will_properties={"will_delay": 1})
    k.close()
    k = w.keeper("a")
    assert k.connack.present == 1
    s.quiet(seconds=2.5)


@states(v5="3.1.3.2.2", slow=True)
def a_delayed_will_is_sent_when_its_session_ends(w):
    s = w.subscriber()
    k = w.keeper("expires", expiry=1, will=will(w, "expired"), will_properties={"will_delay": 600})
    k.close()
    assert s.message(8).payload == b"expired"
    k = w.keeper("cleaned", will=will(w, "cleaned"), will_properties={"will_delay": 600})
    k.close()
    w.client("cleaned", clean=True)
    assert s.message(8).payload == b"cleaned"
    c = w.client("none", will=will(w, "none"), will_properties={"will_delay": 600})
    c.close()
    assert s.message(8).payload == b"none"
    k = w.keeper("ended", will=will(w, "ended"), will_properties={"will_delay": 600})
    k.disconnect(4, session_expiry=0)
    assert s.message(8).payload == b"ended"


@states(v5="3.1.3.2.2", slow=True)
def a_delayed_will_at_takeover_is_dropped(w):
    s = w.subscriber()
    a = w.keeper("a", will=will(w, "never"), will_properties={"will_delay": 1})
    b = w.keeper("a", will=will(w, "new"), will_properties={"will_delay": 1})
    assert a.end() == 0x8E
    s.quiet(seconds=2.2)
    b.close()
    assert s.message(8).payload == b"new"


@states(v5="3.1.3-10")
def properties_of_a_will_are_handed_on(w):
    s = w.subscriber()
    pairs = [("b", "1"), ("a", "2"), ("b", "1")]
    c = w.client("a", will=will(w), will_properties={"format": 1, "expiry": 60, "content_type": "text/x", "response_topic": "r/t",
                                                    "correlation": b"\0\1", "user": pairs})
    c.close()
    p = s.message().properties
    assert p.pop("expiry")[0] in (59, 60), p
    assert p == {"format": [1], "content_type": [b"text/x"], "response_topic": [b"r/t"], "correlation": [b"\0\1"], "user": pairs}, p


@states(v5="3.1.3.2.4", slow=True)
def expiry_of_a_will_begins_when_it_is_sent(w):
    s = w.subscriber()
    k = w.keeper("a", will=will(w), will_properties={"will_delay": 2, "expiry": 2})
    k.close()
    assert s.message(8).properties["expiry"][0] in (1, 2)


@states("3.1.2-8", "3.1.2-8")
def a_will_to_a_twin_is_judged_as_any_message(w):
    c = w.client("a", will=("twins/nobody/telemetry", "{}", 1, False))
    c.close()
    c = w.client("b", will=("events/x/y", "{}", 1, False))
    c.close()
    w.client("c").ping()


@states(v5="3.14.4-3")
def disconnect_behind_properties_drops_the_will(w):
    s = w.subscriber()
    c = w.client("a", will=will(w, "never"))
    c.send(packet(0xE0, b"\0" + properties({"reason": "bye"})))
    c.end()
    s.quiet(seconds=0.5)
