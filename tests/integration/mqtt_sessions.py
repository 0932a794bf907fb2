# SPDX-License-Identifier: Apache-2.0
"""What is kept for MQTT clients: sessions with their queues, retained messages, wills and shared subscriptions, in both versions, over
kill -9. The peer is Paho."""
import time

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from pollux import Server, main


def until(true, what, seconds=15):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.005)


def props(kind, **values):
    p = Properties(kind)
    for name, value in values.items():
        setattr(p, name, value)
    return p


class Client:
    """Connects when it is made; `got` is (topic, payload, qos, retain, dup), `properties` beside it."""

    def __init__(self, server, client_id, version=5, clean=True, expiry=None, will=None, will_delay=None, ack=True, start=True):
        self.got, self.properties, self.present, self.code, self.subscribed, self.codes, self.messages = [], [], None, None, {}, {}, []
        options = {} if version == 5 else {"clean_session": clean}
        self.paho = p = paho.Client(client_id, protocol=version, **options)
        p.username_pw_set("me", server.token)
        p.reconnect_delay_set(60, 60)
        p.max_inflight_messages_set(50)  # paho does not keep to the receive maximum, 100
        p.on_connect = self.connected
        p.on_message = self.heard
        p.on_subscribe = lambda c, d, mid, codes, *_: self.subscribed.__setitem__(mid, [getattr(x, "value", x) for x in codes])
        if will:
            topic, payload, qos, retain = will
            p.will_set(topic, payload, qos, retain,
                       props(PacketTypes.WILLMESSAGE, WillDelayInterval=will_delay) if will_delay else None)
        words = {}
        if version == 5:
            words = {"clean_start": clean}
            if expiry is not None:
                words["properties"] = props(PacketTypes.CONNECT, SessionExpiryInterval=expiry)
        p.connect("127.0.0.1", server.mqtt, **words)
        if start:
            p.loop_start()
            until(lambda: self.code is not None, "CONNACK")
            assert self.code == 0, self.code

    def connected(self, c, d, flags, code, *_):
        self.present, self.code = flags["session present"], getattr(code, "value", code)

    def heard(self, c, d, m):
        self.messages.append(m)
        self.properties.append(getattr(m, "properties", None))
        self.got.append((m.topic, m.payload.decode(), m.qos, m.retain, m.dup))

    def subscribe(self, filter, qos=0, **options):
        if options:
            number = options.pop("id", None)
            result, mid = self.paho.subscribe(filter, options=SubscribeOptions(qos=qos, **options), properties=props(
                PacketTypes.SUBSCRIBE, SubscriptionIdentifier=number) if number else None)
        else:
            result, mid = self.paho.subscribe(filter, qos)
        until(lambda: mid in self.subscribed, f"SUBACK of {filter}")
        return self.subscribed[mid][0]

    def publish(self, topic, payload, qos=1, retain=False, **values):
        info = self.paho.publish(topic, payload, qos, retain, props(PacketTypes.PUBLISH, **values) if values else None)
        info.wait_for_publish(15)
        assert info.is_published(), topic

    def leave(self, **values):
        self.paho.disconnect(**({"properties": props(PacketTypes.DISCONNECT, **values)} if values else {}))
        self.paho.loop_stop()

    def drop(self):
        """The network goes, without a word."""
        self.paho._sock_close()
        self.paho.loop_stop()

    def payloads(self):
        return [g[1] for g in self.got]


def retained(server):
    a = Client(server, "a")
    a.publish("home/door", "open", retain=True)
    a.publish("home/light", "on", 0, retain=True)
    a.publish("home/plain", "gone")
    b = Client(server, "b")
    assert b.subscribe("home/+", 1) == 1
    until(lambda: len(b.got) >= 2, "two retained messages")
    assert sorted(b.got) == [("home/door", "open", 1, True, False), ("home/light", "on", 0, True, False)], b.got
    a.publish("home/door", "closed", retain=True)
    until(lambda: len(b.got) == 3, "the new one")
    assert b.got[2] == ("home/door", "closed", 1, False, False), b.got  # it was subscribed already
    c = Client(server, "c")
    c.subscribe("home/#", 1, retainAsPublished=True, retainHandling=2)
    d = Client(server, "d", version=4)
    d.subscribe("home/door", 2)
    until(lambda: d.got == [("home/door", "closed", 1, True, False)], "by 3.1.1")
    a.publish("home/door", "", retain=True)
    until(lambda: len(c.got) == 1, "the clearing one")
    assert c.got == [("home/door", "", 1, True, False)], c.got
    e = Client(server, "e")
    e.subscribe("home/door", 1)
    e.subscribe("home/light", 1)
    until(lambda: e.got, "what is left")
    assert e.payloads() == ["on"], e.got
    for x in (a, b, c, d, e):
        x.leave()


def survives(server):
    """Retained messages, a session's subscriptions and its queue are there after kill -9."""
    for version in (4, 5):
        name = f"keeper-{version}"
        k = Client(server, name, version, clean=True) if version == 5 else None
        if k:
            k.leave()
        k = Client(server, name, version, clean=False, expiry=600)
        assert not k.present
        k.subscribe(f"kept/{version}/#", 2)
        k.drop()
        w = Client(server, f"writer-{version}")
        for i in range(20):
            w.publish(f"kept/{version}/{i % 3}", f"m{i}", qos=1 + i % 2)
        w.publish(f"kept/{version}/none", "qos 0 is not kept", 0)
        w.publish(f"still/{version}", "here", retain=True)
        w.leave()
        server.kill()
        server.start()
        k = Client(server, name, version, clean=False, expiry=600)
        assert k.present
        until(lambda: len(k.got) >= 20, "the queue")
        for qos in (1, 2):  # a message of QoS 2 is the client's when it was released, so order holds within each QoS
            assert [g[1] for g in k.got if g[2] == qos] == [f"m{i}" for i in range(20) if 1 + i % 2 == qos], k.got
        k.subscribe(f"still/{version}", 1)
        until(lambda: len(k.got) == 21, "the retained one")
        time.sleep(0.5)  # what was answered is journalled by then, and does not come again
        k.drop()
        server.kill()
        server.start()
        k = Client(server, name, version, clean=False, expiry=600)
        assert k.present
        k.subscribe("later/x", 0)
        w = Client(server, f"writer-{version}")
        w.publish(f"kept/{version}/end", "end", 2)
        until(lambda: "end" in k.payloads(), "what came last")
        assert k.payloads() == ["end"], k.got
        k.leave()
        k = Client(server, name, version, clean=True)
        assert not k.present
        k.leave()
        k = Client(server, name, version, clean=False, expiry=600)
        assert not k.present
        w.publish(f"kept/{version}/x", "nobody")
        k.subscribe("later/y", 0)
        assert k.got == [], k.got
        for x in (k, w):
            x.leave()


def expires(server):
    k = Client(server, "short", clean=True, expiry=1)
    k.subscribe("short/x", 1)
    k.drop()
    time.sleep(2.5)
    k = Client(server, "short", clean=False, expiry=1)
    assert not k.present
    k.leave(SessionExpiryInterval=600)
    k = Client(server, "short", clean=False, expiry=600)
    assert k.present
    k.subscribe("short/x", 1)
    k.drop()
    w = Client(server, "w")
    w.publish("short/x", "old", MessageExpiryInterval=1)
    w.publish("short/x", "new", MessageExpiryInterval=60)
    w.publish("short/kept", "r", retain=True, MessageExpiryInterval=1)
    time.sleep(2.2)
    k = Client(server, "short", clean=False, expiry=600)
    until(lambda: k.got, "the one that is good still")
    assert k.payloads() == ["new"], k.got
    assert 50 <= k.properties[0].MessageExpiryInterval <= 58, k.properties[0]
    k.subscribe("short/kept", 1)
    k.subscribe("short/none", 1)
    assert k.payloads() == ["new"], k.got
    k.leave(SessionExpiryInterval=0)
    w.leave()


def wills(server):
    w = Client(server, "watcher")
    w.subscribe("wills/#", 2)
    a = Client(server, "a", will=("wills/a", "a is gone", 1, True))
    a.leave()
    a = Client(server, "a", will=("wills/a", "a is gone", 2, True))
    a.drop()
    until(lambda: w.got, "the will")
    assert w.got == [("wills/a", "a is gone", 2, False, False)], w.got
    b = Client(server, "b", expiry=600, will=("wills/b", "too early", 1, False), will_delay=2)
    b.drop()
    b = Client(server, "b", clean=False, expiry=600, will=("wills/b", "b is gone", 1, False), will_delay=1)
    assert b.present
    time.sleep(2.5)
    assert len(w.got) == 1, w.got
    b.drop()
    until(lambda: len(w.got) == 2, "the delayed will")
    assert w.got[1][:2] == ("wills/b", "b is gone"), w.got
    c = Client(server, "c", version=4, will=("wills/c", "c is gone", 0, False))
    server.kill()
    server.start()
    w = Client(server, "watcher")
    w.subscribe("wills/#", 2)
    until(lambda: any(g[0] == "wills/c" for g in w.got) or len(w.got) >= 1, "retained or the will of who was there at the kill")
    until(lambda: ("wills/a", "a is gone", 2, True, False) in w.got, "the retained will")
    c.drop()
    for x in (w,):
        x.leave()


def shares(server):
    many = [Client(server, f"s{i}") for i in range(3)]
    for m in many:
        assert m.subscribe("$share/team/jobs/#", 1) == 1
    lone = Client(server, "lone")
    lone.subscribe("jobs/#", 1)
    w = Client(server, "w")
    for i in range(30):
        w.publish(f"jobs/{i}", str(i))
    until(lambda: len(lone.got) == 30 and sum(len(m.got) for m in many) >= 30, "all jobs")
    assert sorted(int(p) for m in many for p in m.payloads()) == list(range(30))
    assert all(len(m.got) == 10 for m in many), [len(m.got) for m in many]
    for x in (*many, lone):
        x.leave()
    # one that is kept gets it when nobody is there
    k = Client(server, "kept-share", expiry=600)
    k.subscribe("$share/team/jobs/#", 1)
    k.drop()
    w.publish("jobs/later", "later", 2)
    k = Client(server, "kept-share", clean=False, expiry=600)
    until(lambda: k.payloads() == ["later"], "the job that waited")
    k.leave(SessionExpiryInterval=0)
    w.leave()


def options(server):
    a = Client(server, "a")
    a.subscribe("o/#", 1, noLocal=True)
    a.subscribe("o/x", 2, id=7)
    a.subscribe("o/+", 0, id=268435455)
    a.publish("o/x", "own", 2, UserProperty=("k", "v"), ResponseTopic="reply/to", CorrelationData=b"1", ContentType="text/plain")
    until(lambda: a.got, "by the two that take its own")
    assert a.got == [("o/x", "own", 2, False, False)], a.got
    p = a.properties[0]
    assert sorted(p.SubscriptionIdentifier) == [7, 268435455], p
    assert (p.UserProperty, p.ResponseTopic, p.CorrelationData, p.ContentType) == ([("k", "v")], "reply/to", b"1", "text/plain"), p
    a.leave()


def order(server):
    """A message through the journal is not overtaken by the next one, which need not go there."""
    a, b = Client(server, "a"), Client(server, "b")
    b.subscribe("order/#", 1)
    for i in range(300):
        a.paho.publish("order/x", str(i), 1, retain=i % 3 == 0)
    until(lambda: len(b.got) == 300, "all of them")
    assert b.payloads() == [str(i) for i in range(300)]
    a.leave()
    b.leave()


def many(server):
    """More retained messages than a window and a queue hold, for a client that keeps nothing."""
    a = Client(server, "a")
    for i in range(3000):
        a.paho.publish(f"many/{i}", "x" * 1000, 1, retain=True)
    last = a.paho.publish("many/last", "x", 2, retain=True)
    last.wait_for_publish(60)
    b = Client(server, "b")
    b.subscribe("many/#", 2)
    until(lambda: len(b.got) >= 3001, "all that is retained", 60)
    assert len({g[0] for g in b.got}) == len(b.got) == 3001
    a.leave()
    b.leave()


def story():
    with Server() as server:
        for chapter in (retained, survives, expires, wills, shares, options, order, many):
            began = time.monotonic()
            chapter(server)
            print(f"{chapter.__name__}: {time.monotonic() - began:.1f} s", flush=True)


main(story)
