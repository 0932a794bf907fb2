# SPDX-License-Identifier: Apache-2.0
"""Statements about retained messages: kept, replaced, cleared, how a subscription asks for them, and how they expire."""
import time

from standard import states


def retained(w, *filters, **options):
    c = w.client("r" + str(len(w.open)))
    c.subscribe(*(filters or (w.topic("#"),)), qos=2, **options)
    return c


@states("3.3.1-6", "3.3.1-5")
def retained_is_kept_and_comes_with_the_flag(w):
    p = w.client("p")
    for q in (0, 1, 2):
        p.publish(w.topic(f"q{q}"), f"m{q}", q, retain=True)
    p.disconnect()
    got = retained(w).messages(3)  # 3.3.1-8
    assert sorted((m.payload, m.qos, m.retain, m.dup) for m in got) == [(b"m%d" % q, q, 1, 0) for q in (0, 1, 2)]


@states("3.3.1-5", "3.3.1-5")
def the_newest_replaces(w):
    p = w.client("p")
    for n in range(3):
        p.publish(w.topic("x"), str(n), n, retain=True)
    p.publish(w.topic("x"), "3", 0, retain=True)  # 3.3.1-7
    p.publish(f"{w.name}-end", "behind it", 1)  # QoS 0 has no answer to wait for
    p.publish(f"{w.name}-end", "", 1, retain=True)
    r = retained(w)
    assert r.message().payload == b"3"
    r.quiet()


@states("3.3.1-10", "3.3.1-6")
def no_bytes_clear_it(w):
    for q in (0, 1, 2):
        s, p = w.subscriber(name=f"s{q}"), w.client("p")
        p.publish(w.topic(f"q{q}"), "set", q, retain=True)
        p.publish(w.topic(f"q{q}"), "", q, retain=True)
        assert [(m.payload, m.retain) for m in s.messages(2)] == [(b"set", 0), (b"", 0)]  # handed on as any, 3.3.1-9
        s.close()
        p.publish(w.topic(f"end{q}"), "end", 1)
        retained(w, w.topic(f"q{q}")).quiet()  # 3.3.1-11, 3.3.1-7


@states("3.3.1-12", "3.3.1-8")
def what_is_not_retained_replaces_nothing(w):
    p = w.client("p")
    p.publish(w.topic("x"), "kept", 1, retain=True)
    p.publish(w.topic("x"), "passing", 1)
    p.publish(w.topic("x"), "", 1)
    assert retained(w).message().payload == b"kept"


@states("3.8.4-3", "3.8.4-3")
def a_second_subscription_replaces_and_brings_retained_again(w):
    p = w.client("p")
    p.publish(w.topic("x"), "r", 1, retain=True)
    s = w.subscriber(w.topic("x"), qos=1)
    assert s.message().retain == 1
    assert s.subscribe(w.topic("x"), qos=0) == [0]
    m = s.message()
    assert (m.retain, m.qos) == (1, 0)
    p.publish(w.topic("x"), "live", 1)
    m = s.message()
    assert (m.payload, m.qos, m.retain) == (b"live", 0, 0)
    s.quiet()


@states("3.1.2-7", "4.1.0-1")
def retained_outlives_the_session(w):
    p = w.client("p", clean=True)
    p.publish(w.topic("x"), "r", 1, retain=True)
    p.disconnect()
    w.client("p", clean=True).disconnect()
    assert retained(w).message().payload == b"r"


@states("3.3.1-8", "3.3.1-12")
def retained_for_a_wildcard_by_its_topics(w):
    p = w.client("p")
    for name in ("a", "a/b", "a/c", "a/b/c", "d"):
        p.publish(w.topic(name), name, 1, retain=True)
    for f, wanted in (("a/+", {"a/b", "a/c"}), ("a/#", {"a", "a/b", "a/c", "a/b/c"}), ("+/b/c", {"a/b/c"}), ("+", {"a", "d"})):
        r = retained(w, w.topic(f))
        assert {m.payload.decode() for m in r.messages(len(wanted))} == wanted
        r.quiet(seconds=0.1)


@states(v5="3.3.1-9")
def retain_handling_0(w):
    w.client("p").publish(w.topic("x"), "r", 1, retain=True)
    s = w.client()
    for _ in range(2):
        s.subscribe((w.topic("x"), 1))
        assert s.message().payload == b"r"


@states(v5="3.3.1-10")
def retain_handling_1(w):
    w.client("p").publish(w.topic("x"), "r", 1, retain=True)
    k = w.keeper()
    k.subscribe((w.topic("x"), 0x11))
    assert k.message().payload == b"r"
    k.subscribe((w.topic("x"), 0x11))
    k.quiet()
    k.close()
    k = w.keeper()
    k.subscribe((w.topic("x"), 0x11))
    k.quiet()
    k.unsubscribe(w.topic("x"))
    k.subscribe((w.topic("x"), 0x11))
    assert k.message().payload == b"r"


@states(v5="3.3.1-11")
def retain_handling_2(w):
    w.client("p").publish(w.topic("x"), "r", 1, retain=True)
    s = w.client()
    s.subscribe((w.topic("x"), 0x21))
    s.quiet()


@states(v5="3.3.1-13")
def retain_as_published(w):
    a, b, k = w.client("a"), w.client("b"), w.keeper()
    for c in (a, k):
        c.subscribe((w.topic("x"), 0x09))
    b.subscribe((w.topic("x"), 0x01))  # 3.3.1-12
    p = w.client("p")
    p.publish(w.topic("x"), "with", 1, retain=True)
    p.publish(w.topic("x"), "without", 1)
    for c, flag in ((a, 1), (b, 0), (k, 1)):
        assert [(m.payload, m.retain) for m in c.messages(2)] == [(b"with", flag), (b"without", 0)]


@states(v5="3.3.2-5", slow=True)
def retained_expires(w):
    p = w.client("p")
    p.publish(w.topic("short"), "s", 1, retain=True, expiry=1)
    p.publish(w.topic("long"), "l", 1, retain=True, expiry=100)
    time.sleep(2.1)
    r = retained(w)
    m = r.message()
    assert m.payload == b"l" and 96 <= m.properties["expiry"][0] <= 99, m.properties  # 3.3.2-6
    r.quiet()
