# SPDX-License-Identifier: Apache-2.0
"""The clock of the machine goes a year ahead, and comes back: sessions and messages expire by rule, connections and their keep-alive do
not notice, nothing hangs. The monotonic clock goes on as it is."""
import tempfile
import time

from other_clock import Clock
from pollux import Server, main
from standard import World


def went_on(c, w):
    """A connection from before works as ever."""
    for qos in (0, 1, 2):
        c.publish(w.topic("honest"), "on", qos)
        assert c.message().payload == b"on"
    c.ping()


def a_year_ahead(server, clock, w):
    honest = w.subscriber(w.topic("honest"), name="honest", keep=2)
    k = w.keeper("day", expiry=3600)
    k.subscribe(w.topic("#"), qos=1)
    k.disconnect()
    held = w.keeper("held", expiry=3600)  # stays connected all the time
    held.subscribe(w.topic("held"), qos=1)
    p = w.client("p", keep=0)
    p.publish(w.topic("lasts"), "r", 1, retain=True)
    p.publish(w.topic("ends"), "r", 1, retain=True, expiry=7 * 24 * 3600)
    went_on(honest, w)
    clock.set("+365d")
    began = time.monotonic()
    went_on(honest, w)
    assert time.monotonic() - began < 5
    time.sleep(1.5)
    went_on(honest, w)
    k = w.keeper("day", expiry=3600)
    assert k.connack.present == 0, "a session of an hour outlived a year"
    late = w.client("late")
    late.subscribe(w.topic("+"), qos=1)
    assert late.message().payload == b"r"
    late.quiet()
    p.publish(w.topic("held"), "to who was there", 1)
    assert held.message().payload == b"to who was there"
    held.close()
    assert w.keeper("held", expiry=3600).connack.present == 1, "it ended only now"


def and_back(server, clock, w):
    """What was kept while the clock was ahead is there."""
    honest = w.subscriber(w.topic("honest"), name="honest2", keep=2)
    k = w.keeper("back", expiry=3600)
    k.subscribe(w.topic("x"), qos=1)
    k.close()
    p = w.client("p2", keep=0)
    p.publish(w.topic("x"), "queued", 1, expiry=3600)
    clock.set("+0")
    went_on(honest, w)
    p.publish(w.topic("x"), "later", 1)
    k = w.keeper("back", expiry=3600)
    assert k.connack.present == 1
    assert [m.payload for m in k.messages(2)] == [b"queued", b"later"]
    went_on(honest, w)


def a_will_does_not_wait_for_a_year(server, clock, w):
    s = w.subscriber(w.topic("will"), name="s")
    w.keeper("a", will=(w.topic("will"), "delayed", 1, False), will_properties={"will_delay": 1}).close()
    assert s.message(5).payload == b"delayed"


def a_session_does_not_last_for_a_year(server, clock, w):
    w.keeper("a", expiry=1).close()
    time.sleep(3)
    assert w.keeper("a", expiry=1).connack.present == 0, "its second is not over"


def a_message_with_an_expiry_is_not_over_at_once(server, clock, w):
    k = w.keeper("a", expiry=60)
    k.subscribe(w.topic("x"), qos=1)
    k.close()
    w.client("p").publish(w.topic("x"), "good for a minute", 1, expiry=60)
    time.sleep(3)
    assert w.keeper("a", expiry=60).message(3).payload == b"good for a minute"


# The journal's clock never goes back: where the wall's is behind it, it goes on by the monotonic one.
BEHIND = (a_will_does_not_wait_for_a_year, a_session_does_not_last_for_a_year, a_message_with_an_expiry_is_not_over_at_once)


def the_clock_jumps():
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(folder)
        with Server(environment=clock.environment()) as server:
            a_year_ahead(server, clock, World(server, server.mqtt, 5, "ahead"))
            and_back(server, clock, World(server, server.mqtt, 5, "back"))
            for check in BEHIND:
                check(server, clock, World(server, server.mqtt, 5, check.__name__))
            clock.set("+365d")
            server.kill()
            server.start()
            w = World(server, server.mqtt, 5, "again")
            went_on(w.subscriber(w.topic("honest")), w)


main(the_clock_jumps)
