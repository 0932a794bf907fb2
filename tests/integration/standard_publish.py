# SPDX-License-Identifier: Apache-2.0
"""Statements about PUBLISH and its answers: QoS both ways, duplicates, order, retained messages, topics."""
import struct
import time

from mqtt_raw import PUBACK, PUBCOMP, PUBREC, PUBREL, packet, text
from standard import states


@states("3.3.4", "4.3.3-1")
def every_qos_to_every_qos(w):
    """3.8.4-6, 3.8.4-8: the lower of the two."""
    subs = [w.subscriber(w.topic("#"), name=f"s{q}", qos=q) for q in (0, 1, 2)]
    p = w.client("p")
    for q in (0, 1, 2):
        p.publish(w.topic(f"from-{q}"), f"m{q}", q)
    for wanted, s in enumerate(subs):
        assert sorted((m.payload, m.qos, m.dup, m.retain) for m in s.messages(3)) == \
            [(b"m%d" % q, min(q, wanted), 0, 0) for q in (0, 1, 2)]


@states("3.3.1-4", "3.3.1-4")
def qos_3(w):
    w.ended_by(packet(0x36, text("a") + b"\0\1" + (b"\0" if w.five else b"")), reason=0x81)


@states("3.3.1-2", "3.3.1-2")
def dup_of_qos_0(w):
    w.ended_by(packet(0x38, text("a") + (b"\0" if w.five else b"")), reason=0x81)


@states("3.3.1-3", "3.3.1-3")
def dup_is_not_handed_on(w):
    s, p = w.subscriber(), w.client("p")
    p.publish(w.topic("x"), "one", 1, dup=True)
    p.publish(w.topic("x"), "two", 2, dup=True)
    assert [(m.payload, m.dup) for m in s.messages(2)] == [(b"one", 0), (b"two", 0)]


@states("3.3.1-1", "3.3.1-1")
def qos_1_again_is_delivered_again_or_not_but_acknowledged(w):
    p = w.client("p")
    for dup in (False, True):
        p.send(p.publish_bytes(w.topic("x"), "m", 1, dup=dup, id=5))
        answer = p.next(PUBACK)
        assert answer.id == 5 and answer.reason in (0, 0x10)  # 2.3.1-6, 2.2.1-5


@states("4.3.3-2", "4.3.3-10")
def qos_2_again_before_pubrel_is_one_message(w):
    s, p = w.subscriber(), w.client("p")
    for dup in (False, True, True):
        p.send(p.publish_bytes(w.topic("x"), "once", 2, dup=dup, id=9))
        assert p.next(PUBREC).id == 9
    p.ack(PUBREL, 9)
    assert p.next(PUBCOMP).id == 9
    p.publish(w.topic("x"), "end", 2, id=9)  # 4.3.3-12: the id is another message's now
    assert [m.payload for m in s.messages(2)] == [b"once", b"end"]
    s.quiet()


@states("4.3.3-2", "4.3.3-11")
def every_pubrel_has_its_pubcomp(w):
    p = w.client("p")
    p.publish(w.topic("x"), "m", 2, id=3)
    for _ in range(2):
        p.ack(PUBREL, 3)
        answer = p.next(PUBCOMP)
        assert answer.id == 3 and answer.reason == (0x92 if w.five else 0), answer


@states("4.3.3-2", "4.3.3-2")
def qos_2_is_had_once_over_a_new_connection(w):
    s = w.subscriber()
    k = w.keeper("p")
    k.send(k.publish_bytes(w.topic("x"), "once", 2, id=7))
    k.next(PUBREC)
    k.close()
    k = w.keeper("p")
    assert k.connack.present == 1
    k.send(k.publish_bytes(w.topic("x"), "once", 2, dup=True, id=7))
    assert k.next(PUBREC).id == 7
    k.ack(PUBREL, 7)
    assert k.next(PUBCOMP).reason == 0
    k.publish(w.topic("x"), "end", 2, id=7)
    assert [m.payload for m in s.messages(2)] == [b"once", b"end"]


@states("4.4.0-1", "4.4.0-1")
def a_new_session_knows_no_ids_of_the_old(w):
    s, p = w.subscriber(), w.client("p")
    p.send(p.publish_bytes(w.topic("x"), "one", 2, id=7))
    p.next(PUBREC)
    p.close()
    p = w.client("p")
    p.publish(w.topic("x"), "two", 2, id=7)
    assert [m.payload for m in s.messages(2)] == [b"one", b"two"]


@states("4.4.0-1", "4.4.0-1")
def what_was_not_answered_comes_again(w):
    k = w.keeper(answers=False)
    k.subscribe(w.topic("#"), qos=2)
    p = w.client("p")
    for n in range(4):
        p.publish(w.topic("x"), str(n), 1 + n % 2)
    first = k.messages(4)
    assert [(m.payload, m.dup) for m in first] == [(b"%d" % n, 0) for n in range(4)]
    k.close()
    k = w.keeper(answers=False)
    again = k.messages(4)
    assert [(m.payload, m.qos, m.dup, m.id) for m in again] == [(m.payload, m.qos, 1, m.id) for m in first]
    for m in again:
        k.ack(PUBACK if m.qos == 1 else PUBREC, m.id)
    assert {k.next(PUBREL).id for _ in range(2)} == {again[1].id, again[3].id}
    k.ping()
    time.sleep(0.3)  # PUBACKs are kept a little later than they come
    k.close()
    k = w.keeper(answers=False)
    rels = [k.next(PUBREL).id for _ in range(2)]  # 4.4.0-1: PUBREL comes again, with its id
    assert rels == [again[1].id, again[3].id], rels  # 4.6.0-4: in the order of the PUBRECs
    for id in rels:
        k.ack(PUBCOMP, id)
    k.quiet()
    k.quiet(PUBREL, 0.1)


@states("3.1.2-5", "3.1.2-23")
def kept_for_who_is_away(w):
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=1)
    k.close()
    p = w.client("p")
    for n in range(30):
        p.publish(w.topic("x"), str(n), 1 + n % 2)
    k = w.keeper()
    assert [m.payload for m in k.messages(30)] == [b"%d" % n for n in range(30)]
    k.quiet()


@states("3.1.2-6", "3.1.2-4")
def clean_start_forgets(w):
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=1)
    k.close()
    p = w.client("p")
    p.publish(w.topic("x"), "lost", 1)
    c = w.client("k", clean=True)
    p.publish(w.topic("x"), "lost too", 1)
    c.quiet()
    c.close()
    k = w.keeper()
    assert k.connack.present == 0
    k.quiet()


@states("4.6.0-6", "4.6.0-5")
def order_per_topic_and_qos(w):
    s, p = w.subscriber(), w.client("p", answers=False)
    window, sent, done = 20, 0, 0
    for n in range(150):
        q = n % 3
        p.send(p.publish_bytes(w.topic(f"q{q}"), str(n), q))
        sent += q > 0
        while sent - done > window:
            done += finish_one(p)
    while done < sent:
        done += finish_one(p)
    got = s.messages(150)
    for q in (0, 1, 2):
        assert [int(m.payload) for m in got if m.topic.endswith(f"q{q}")] == list(range(q, 150, 3))


def finish_one(p):
    """Reads until a message of ours is done with."""
    while True:
        answer = p.inbox.popleft() if p.inbox else p.pull(time.monotonic() + p.timeout)
        if answer.type == PUBREC:
            p.ack(PUBREL, answer.id)
        elif answer.type in (PUBACK, PUBCOMP):
            return 1


@states("4.6.0-2", "4.6.0-2")
def answers_in_the_order_of_the_messages(w):
    p = w.client("p")
    for q, kind in ((1, PUBACK), (2, PUBREC)):
        ids = list(range(200, 260))
        p.send(*(p.publish_bytes(w.topic(str(id)), "x", q, id=id, retain=id % 2 == 0) for id in ids))
        assert [p.next(kind).id for _ in ids] == ids
        if q == 2:
            for id in ids:
                p.ack(PUBREL, id)
            assert [p.next(PUBCOMP).id for _ in ids] == ids


@states("2.3.1-4", "2.2.1-4")
def ids_of_messages_under_way_are_their_own(w):
    s = w.subscriber(answers=False)
    p = w.client("p")
    for n in range(60):
        p.publish(w.topic("x"), str(n), 1 + n % 2)
    got = s.messages(60)
    assert 0 not in {m.id for m in got} and len({m.id for m in got}) == 60


@states("4.3.2-2", "4.3.2-4")
def without_puback_nothing_is_sent_twice_on_one_connection(w):
    s = w.subscriber(answers=False)
    w.client("p").publish(w.topic("x"), "m", 1)
    s.message()
    s.quiet(seconds=1)  # 4.4.0-1: only with a new connection


@states("4.8.0-1", "4.13.1-1")
def answers_that_do_not_fit(w):
    s = w.subscriber(answers=False)
    w.client("p").publish(w.topic("x"), "m", 1)
    id = s.message().id
    s.ack(PUBREC, id)
    assert s.end() == (0x82 if w.five else None)


@states("4.8.0", "4.3.2")
def answers_for_nothing_harm_nobody(w):
    c = w.client(answers=False)
    for kind in (PUBACK, PUBCOMP):
        c.ack(kind, 4711)
    c.ping()
    c.ack(PUBREC, 4712)
    answer = c.next(PUBREL)
    assert answer.id == 4712 and answer.flags == 2 and answer.reason == (0x92 if w.five else 0)  # 3.6.1-1


@states(v5="4.3.3-4")
def pubrec_of_error_ends_the_message(w):
    k = w.keeper(answers=False)
    k.subscribe(w.topic("#"), qos=2)
    w.client("p").publish(w.topic("x"), "m", 2)
    k.ack(PUBREC, k.message().id, 0x97)
    k.quiet(PUBREL, 0.4)
    k.close()
    w.keeper().quiet()


@states("3.3.2-2", "3.3.2-2")
def wildcards_in_a_topic(w):
    for topic in ("a/#", "+", "a/+/b", "#"):
        w.ended_by(packet(0x30, text(topic) + (b"\0" if w.five else b"") + b"x"), reason=(0x82, 0x90))


@states("4.7.3-1", "4.7.3-1")
def topic_of_no_length(w):
    w.ended_by(packet(0x30, text("") + (b"\0" if w.five else b"") + b"x"), reason=(0x82, 0x90))


@states("1.5.3-1", "1.5.4-1")
def topics_that_are_no_utf_8(w):
    for topic in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"a\xf5\x80\x80\x80", b"a\xe2\x82"):
        w.ended_by(packet(0x30, text(topic) + (b"\0" if w.five else b"")), reason=(0x81, 0x99))


@states("1.5.3-2", "1.5.4-2")
def nul_in_a_topic(w):
    w.ended_by(packet(0x30, text(b"a\0") + (b"\0" if w.five else b"")), reason=0x81)


@states("1.5.3-3", "1.5.4-3")
def zero_width_no_break_space_stays(w):
    s = w.subscriber()
    w.client("p").publish(w.topic("\ufeffx"), "m", 1)
    assert s.message().topic == w.topic("\ufeffx")


@states("4.7.3-4", "4.7.3-4")
def topics_are_not_normalized(w):
    s = w.subscriber(w.topic("a\u030a"), w.topic("A"), w.topic("/"), w.topic("sp ce"))
    p = w.client("p")
    for name in ("\u00e5", "a", "a\u030a", "A", "/", "sp ce", " sp ce"):
        p.publish(w.topic(name), name, 1)
    assert [m.topic for m in s.messages(4)] == [w.topic(n) for n in ("a\u030a", "A", "/", "sp ce")]
    s.quiet()


@states("3.3.2-1", "3.3.2-1")
def publishes_cut_short(w):
    w.ended_by(packet(0x30), reason=0x81)
    w.ended_by(packet(0x30, b"\0"), reason=0x81)
    w.ended_by(packet(0x30, b"\0\5a"), reason=0x81)
    w.ended_by(packet(0x32, text("a")), reason=0x81)
    w.ended_by(packet(0x32, text("a") + b"\1"), reason=0x81)
    if w.five:
        w.ended_by(packet(0x30, text("a")), reason=0x81)
        w.ended_by(packet(0x30, text("a") + b"\5\1"), reason=0x81)


@states("3.3.3", "3.3.3", relayed=False)
def payloads_of_any_bytes_and_of_none(w):
    s, p = w.subscriber(), w.client("p")
    for payload in (b"", bytes(range(256)), b"x" * 100_000):
        for q in (0, 1, 2):
            p.publish(w.topic("x"), payload, q)
            assert s.message().payload == payload


@states("3.3.2-3", "3.3.2-3")
def topic_comes_as_it_was(w):
    s = w.subscriber(w.topic("+/b/#"))
    w.client("p").publish(w.topic("a/b/c"), "x", 1)
    assert s.message().topic == w.topic("a/b/c")


@states("4.7.2-1", "4.7.2-1")
def dollar_topics(w):
    s = w.client("s")
    assert s.subscribe("#", "+/#", "$SYS/#", qos=0)[:2] == [0, 0]
    p = w.client("p")
    p.send(p.publish_bytes("$pollux/x", w.name, 0))
    answer = p.publish("$pollux/y", w.name, 1)
    assert answer.reason in ((0, 0x10, 0x87, 0x90) if w.five else (0,))
    p.publish(w.topic("end"), "end", 1)
    while (m := s.message()).topic != w.topic("end"):
        assert not m.topic.startswith("$"), m.topic
    p.ping()


@states("3.3.5-2", "3.3.5-1")
def a_topic_that_is_refused(w):
    c = w.client()
    answer = c.publish("twins/nobody/nothing", "x", 1)
    assert answer.reason == (0x90 if w.five else 0)
    answer = c.publish("twins/nobody/nothing", "x", 2)
    assert answer.reason == (0x90 if w.five else 0)
    c.ping()


@states("3.3.4", "3.3.4-7")
def more_than_the_receive_maximum(w):
    c = w.client("c", answers=False)
    c.send(*(c.publish_bytes(w.topic("x"), "m", 2, id=id) for id in range(1, 101)))
    for _ in range(100):
        c.next(PUBREC)
    c.ping()
    c.send(c.publish_bytes(w.topic("x"), "m", 2, id=101))
    assert c.end() == (0x93 if w.five else None)


@states("2.3.1-5", "2.2.1-2")
def qos_0_has_no_id(w):
    s = w.subscriber(qos=2)
    w.client("p").publish(w.topic("x"), b"\0\1payload", 0)
    m = s.message()
    assert (m.payload, m.qos, m.id) == (b"\0\1payload", 0, 0)


@states("4.5.0-1", "4.5.0-1")
def every_subscriber_has_it(w):
    many = [w.subscriber(name=f"s{n}", qos=n % 3) for n in range(9)]
    w.client("p").publish(w.topic("x"), "m", 2)
    assert all(s.message().payload == b"m" for s in many)


@states("4.3.1", "4.3.1")
def a_publisher_may_hear_itself(w):
    c = w.subscriber()
    for q in (0, 1, 2):
        c.publish(w.topic("x"), str(q), q)
        assert c.message().payload == b"%d" % q


@states("4.6.0-5", "4.6.0-6")
def kept_order_over_connections(w):
    k = w.keeper(answers=False)
    k.subscribe(w.topic("#"), qos=1)
    p = w.client("p")
    for n in range(250):
        p.publish(w.topic("x"), str(n), 1)
    got = []
    for turn in range(3):
        for m in k.messages(30):
            got.append(int(m.payload))
            k.ack(PUBACK, m.id)
        k.ping()
        time.sleep(0.3)
        k.close()
        k = w.keeper(answers=False)
    k.answers = True
    while len(got) == 0 or got[-1] != 249:
        m = k.message()
        k.ack(PUBACK, m.id)
        got.append(int(m.payload))
    seen = list(dict.fromkeys(got))
    assert seen == list(range(250)), seen


@states("4.3.3", "4.3.3-8", slow=True)
def kept_qos_2_over_connections_comes_once(w):
    """Each step is followed by the end of the connection."""
    k = w.keeper(answers=False)
    k.subscribe(w.topic("#"), qos=2)
    w.client("p").publish(w.topic("x"), "once", 2)
    id = k.message().id
    k.close()
    k = w.keeper(answers=False)
    m = k.message()
    assert (m.id, m.dup) == (id, 1)
    k.send(struct.pack(">BBH", 0x50, 2, id))
    assert k.next(PUBREL).id == id
    k.close()
    for _ in range(2):
        k = w.keeper(answers=False)
        assert k.next(PUBREL).id == id
        k.close()
    k = w.keeper(answers=False)
    k.next(PUBREL)
    k.ack(PUBCOMP, id)
    k.ping()
    time.sleep(0.5)
    k.close()
    k = w.keeper(answers=False)
    k.quiet(PUBREL)
    k.quiet()
