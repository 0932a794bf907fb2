# SPDX-License-Identifier: Apache-2.0
"""Statements about delivery that hold however often connections end: exactly once, at least once, in order. A seed decides where they end;
a failure prints it, PX_SEED plays it again."""
import json
import os
import random
import threading
import time

from clients import Web
from mqtt_raw import PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, Gone
from standard import states


def chance():
    seed = int(os.environ.get("PX_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    return seed, random.Random(seed)


def told_with(seed, do):
    try:
        do()
    except Exception as e:
        raise AssertionError(f"PX_SEED={seed}: {e!r}") from e


class Sender:
    """Says QoS 2 messages over connections that end at any step, and goes on where it stood."""

    def __init__(self, w, dice, topic=None):
        self.w, self.dice, self.topic, self.c = w, dice, topic or w.topic("x"), w.keeper("p", answers=False)

    def maybe_end(self):
        if self.dice.random() < 0.25:
            if self.dice.random() < 0.5:
                self.c.close()
            self.c = self.w.keeper("p", answers=False)  # the older is taken over, if it is there still
            assert self.c.connack.present == 1
            return True
        return False

    def say(self, payload, id):
        dup = False
        while True:
            self.c.send(self.c.publish_bytes(self.topic, payload, 2, dup=dup, id=id))
            dup = True
            if self.maybe_end():
                continue
            assert self.c.next(PUBREC).id == id
            break
        while True:
            self.maybe_end()
            self.c.ack(PUBREL, id)
            if self.maybe_end():
                continue
            assert self.c.next(PUBCOMP).id == id
            return


@states("4.3.3-2", "4.3.3-13", relayed=False)
def exactly_once_from_who_comes_and_goes(w):
    seed, dice = chance()
    s = w.subscriber()
    p = Sender(w, dice)

    def do():
        for n in range(60):
            p.say(str(n), n % 7 + 1)
        assert [int(m.payload) for m in s.messages(60)] == list(range(60))
        s.quiet()
    told_with(seed, do)


@states("4.3.3-2", "4.3.3-13", relayed=False)
def telemetry_exactly_once_from_who_comes_and_goes(w):
    seed, dice = chance()
    web, name, model = Web(w.server), w.name, f"dtmi:test:{w.name.replace('-', '_')};1"
    s = w.subscriber(f"events/graph/{name}", qos=0)
    web.want(201, "POST", "/models", [{"@context": "dtmi:dtdl:context;3", "@id": model, "@type": "Interface", "contents": [
        {"@type": "Telemetry", "name": "n", "schema": "integer"}]}])
    web.want(200, "PUT", f"/digitaltwins/{name}", {"$metadata": {"$model": model}})
    s.message()  # the twin is there
    p = Sender(w, dice, f"twins/{name}/telemetry")

    def do():
        for n in range(60):
            p.say(json.dumps({"n": n}), n % 7 + 1)
        got = [json.loads(m.payload) for m in s.messages(60)]
        assert [int(m["values"]["n"]["value"]) for m in got] == list(range(60)), got[:3]
        s.quiet()
    told_with(seed, do)


class Receiver:
    """Hears QoS 1 and 2 over connections that end at any step; `got` is what it has by the rules of its side."""

    def __init__(self, w, dice):
        self.w, self.dice, self.got, self.held, self.c = w, dice, [], {}, w.keeper("r", answers=False)

    def step(self):
        if self.dice.random() < 0.1:
            if self.dice.random() < 0.5:
                self.c.close()
            self.c = self.w.keeper("r", answers=False)
            assert self.c.connack.present == 1
        p = self.c.pull(time.monotonic() + 0.3)
        if not p:
            return False
        forget = self.dice.random() < 0.1  # the answer is lost with its connection
        if p.type == PUBLISH and p.qos == 1:
            self.got.append(p.payload)
        if p.type == PUBLISH and p.qos == 2 and p.id not in self.held:
            self.got.append(p.payload)
            self.held[p.id] = p.payload
        if p.type == PUBREL:
            self.held.pop(p.id, None)
        if forget:
            self.c.close()
            self.c = self.w.keeper("r", answers=False)
        elif p.type == PUBREL:
            self.c.ack(PUBCOMP, p.id)
        elif p.type == PUBLISH and p.qos:
            self.c.ack(PUBACK if p.qos == 1 else PUBREC, p.id)
        return True


@states("4.3.3-1", "4.3.3-8", relayed=False)
def exactly_once_to_who_comes_and_goes(w):
    seed, dice = chance()
    r = Receiver(w, dice)
    r.c.subscribe(w.topic("#"), qos=2)
    p = w.client("p")

    def do():
        for n in range(80):
            p.publish(w.topic(f"q{n % 2 + 1}"), str(n), n % 2 + 1)
            if n % 3 == 0:
                r.step()
        idle = 0
        while idle < 4:
            idle = 0 if r.step() else idle + 1
        twice = [int(x) for x in r.got if int(x) % 2 == 1]
        assert twice == list(range(1, 80, 2)), twice  # QoS 2: once, in order, 4.6.0-6
        once = list(dict.fromkeys(int(x) for x in r.got if int(x) % 2 == 0))
        assert once == list(range(0, 80, 2)), once  # QoS 1: in order of their first coming
        assert not r.held, r.held
    told_with(seed, do)


@states("4.6.0-6", "4.6.0-6", relayed=False)
def order_holds_while_kept_sessions_come_and_go(w):
    """Whether a message has to be kept changes all the time; who is there does not notice."""
    s, p, over = w.subscriber(qos=1), w.client("p"), []

    def come_and_go():
        n = 0
        while not over:
            k = w.keeper("k")
            k.subscribe(w.topic("x"), qos=1)
            if n % 2:
                k.unsubscribe(w.topic("x"))
            k.close()
            w.client("k", clean=True).disconnect() if n % 3 == 0 else None
            n += 1

    thread = threading.Thread(target=come_and_go, daemon=True)
    thread.start()
    for at in range(0, 600, 20):
        p.send(*(p.publish_bytes(w.topic("x"), str(n), 1, retain=n % 50 == 0) for n in range(at, at + 20)))
        for _ in range(20):
            p.next(PUBACK)
    over.append(True)
    thread.join(20)
    assert [int(m.payload) for m in s.messages(600)] == list(range(600))
    s.quiet()


@states("3.1.2-5", "3.1.2-23", relayed=False)
def nothing_acknowledged_is_lost_to_who_comes_and_goes(w):
    k, p, got = w.keeper("k"), w.client("p"), []
    k.subscribe(w.topic("x"), qos=1)
    for n in range(120):
        p.publish(w.topic("x"), str(n), 1)
        if n % 4 == 0:
            try:
                while m := k.pull(time.monotonic() + 0.01):
                    got.append(int(m.payload))
            except Gone:
                pass
            k.close()
            k = w.keeper("k")
    try:
        while m := k.pull(time.monotonic() + 1):
            got.append(int(m.payload))
    except Gone:
        pass
    assert list(dict.fromkeys(got)) == list(range(120)), got


@states("3.1.4-2", "3.1.4-2")
def who_proves_nothing_does_not_come_in(w):
    for words in ({}, {"user": "me"}, {"user": "", "password": ""}):
        c = w.raw()
        answer = c.connect(w.name, **words)
        assert answer.reason in ((0x86, 0x87, 0x9F) if w.five else (3, 4, 5)), answer
        c.end()


@states("4.3.1-1", "4.3.1-1")
def who_is_away_gets_no_qos_0(w):
    k = w.keeper()
    k.subscribe(w.topic("#"), qos=0)
    k.disconnect()
    time.sleep(0.3)
    w.client("p").publish(w.topic("x"), "m", 1)
    w.client("p").publish(w.topic("x"), "m", 2)
    w.keeper().quiet()
