# SPDX-License-Identifier: Apache-2.0
"""What MQTT 5 adds, with paho of Python: properties, request and response, expiry, aliases, identifiers of
subscriptions, windows, and what the server tells in CONNACK."""
import time

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from mqtt_echo import Echo, Raw, chopping_relay, connect_packet, publish_packet, read_packets, subscribe_packet, until


def properties(kind, **values):
    props = Properties(kind)
    for name, value in values.items():
        setattr(props, name, value)
    return props


class Five:
    """A paho client of MQTT 5 that keeps whole messages and its CONNACK."""

    def __init__(self, port, client_id, keepalive=60, **connect):
        self.got, self.done, self.granted = [], [], []
        self.connack = None
        self.paho = paho.Client(client_id, protocol=paho.MQTTv5)
        self.paho.on_connect = lambda c, u, flags, rc, props: setattr(self, "connack", props)
        self.paho.on_message = lambda c, u, m: self.got.append(m)
        self.paho.on_publish = lambda c, u, mid: self.done.append(mid)
        self.paho.on_subscribe = lambda c, u, mid, codes, props: self.granted.append([c.value for c in codes])
        self.paho.connect("127.0.0.1", port, keepalive,
                          properties=properties(PacketTypes.CONNECT, **connect) if connect else None)
        self.paho.loop_start()
        until(lambda: self.connack, "CONNACK")

    def subscribe(self, topic, qos=1, subscription_id=None, **options):
        count = len(self.granted)
        self.paho.subscribe(topic, options=SubscribeOptions(qos=qos, **options), properties=properties(
            PacketTypes.SUBSCRIBE, SubscriptionIdentifier=subscription_id) if subscription_id else None)
        until(lambda: len(self.granted) > count, "SUBACK")
        return self.granted[-1]

    def publish(self, topic, payload, qos=1, **values):
        info = self.paho.publish(topic, payload, qos, properties=properties(PacketTypes.PUBLISH, **values))
        if qos:
            info.wait_for_publish(10)

    def hear(self, count):
        until(lambda: len(self.got) >= count, f"{count} messages, heard {len(self.got)}")
        return self.got[count - 1]

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()


def properties_are_handed_on(port):
    for qos in (0, 1, 2):
        watcher, writer = Five(port, "w"), Five(port, "p")
        assert watcher.subscribe("hall/+", 2) == [2]
        writer.publish("hall/1", b"{}", qos, UserProperty=[("b", "2"), ("a", "1"), ("b", "3")],
                       ContentType="application/json", PayloadFormatIndicator=1, ResponseTopic="hall/answers",
                       CorrelationData=b"\0\1\xff")
        got = watcher.hear(1)
        assert (got.topic, got.payload, got.qos) == ("hall/1", b"{}", qos)
        assert got.properties.UserProperty == [("b", "2"), ("a", "1"), ("b", "3")]
        assert got.properties.ContentType == "application/json"
        assert got.properties.PayloadFormatIndicator == 1
        assert got.properties.ResponseTopic == "hall/answers"
        assert got.properties.CorrelationData == b"\0\1\xff"
        for client in (watcher, writer):
            client.close()


def a_request_gets_its_response(port):
    asking, answering = Five(port, "asking", RequestResponseInformation=1), Five(port, "answering")
    where = asking.connack.ResponseInformation + "asking"
    assert where == "replies/asking", where
    assert not hasattr(answering.connack, "ResponseInformation")
    asking.subscribe(where, 2)
    answering.subscribe("ask/#", 2)
    asking.publish("ask/time", b"now?", 2, ResponseTopic=where, CorrelationData=b"7")
    question = answering.hear(1)
    answering.publish(question.properties.ResponseTopic, b"noon", 2,
                      CorrelationData=question.properties.CorrelationData)
    answer = asking.hear(1)
    assert (answer.payload, answer.properties.CorrelationData) == (b"noon", b"7")
    asking.close()
    answering.close()


def the_time_that_is_left_is_told_and_what_has_none_left_is_dropped(echo, port):
    """A client with a window of one that does not answer: what waits behind it grows old."""
    slow, writer = Raw(port, connect_packet("slow", 5, props=b"\x21\0\1")), Five(port, "p")
    slow.send(subscribe_packet("old/#", 1, version=5))
    until(lambda: echo.stats()["subscribes"] > 0, "SUBSCRIBE")
    for payload, seconds in ((b"first", 100), (b"stale", 1), (b"fresh", 100)):
        writer.publish("old/x", payload, 1, MessageExpiryInterval=seconds)
    first = read_packets(slow, lambda p: p[0] == 0x32)[-1]
    assert b"first" in first and b"\x02\0\0\0\x64" in first, first
    time.sleep(2.2)
    slow.send(b"\x40\x02" + first[9:11])
    fresh = read_packets(slow, lambda p: p[0] == 0x32)[-1]
    assert b"fresh" in fresh, fresh
    left = int.from_bytes(fresh[13:17], "big")
    assert fresh[12] == 2 and 90 <= left <= 98, fresh
    assert echo.stats()["expired_dropped"] == 1
    slow.close()
    writer.close()


def aliases_work_both_ways(port):
    # paho has no aliases of its own: it is given them as properties, and resolves none
    watcher, writer = Raw(port, connect_packet("aw", 5, props=b"\x22\0\1")), Five(port, "p")
    watcher.send(subscribe_packet("alias/#", 0, version=5))
    read_packets(watcher, lambda p: p[0] == 0x90)
    assert writer.connack.TopicAliasMaximum == 16
    writer.publish("alias/long/topic", b"1", 1, TopicAlias=3)
    writer.publish("", b"2", 1, TopicAlias=3)
    writer.publish("alias/other", b"3", 1, TopicAlias=4)
    got = [read_packets(watcher, lambda p: p[0] == 0x30)[-1] for _ in range(3)]
    assert got[0][4:] == b"alias/long/topic\x03\x23\0\x01" + b"1", got
    assert got[1][2:] == b"\0\0\x03\x23\0\x01" + b"2", got
    assert got[2][4:] == b"alias/other\0" + b"3", got
    watcher.close()
    writer.close()


def subscriptions_have_identifiers(port):
    watcher, writer = Five(port, "w"), Five(port, "p")
    assert watcher.subscribe("line/+", 1, 7) == [1]
    assert watcher.subscribe("line/#", 2, 268435455) == [2]
    assert watcher.subscribe("line/1", 0) == [0]
    writer.publish("line/1", b"x", 2)
    got = watcher.hear(1)
    assert got.qos == 2 and sorted(got.properties.SubscriptionIdentifier) == [7, 268435455], got.properties
    watcher.close()
    writer.close()


def no_local_spares_a_client_its_own(port):
    one, other = Five(port, "one"), Five(port, "other")
    one.subscribe("talk/#", 1, noLocal=True)
    other.subscribe("talk/#", 1)
    one.publish("talk/x", b"mine")
    other.publish("talk/x", b"theirs")
    assert one.hear(1).payload == b"theirs"
    assert [other.hear(n).payload for n in (1, 2)] == [b"mine", b"theirs"]
    one.close()
    other.close()


def a_window_of_one_holds_back_the_rest(port):
    for qos in (1, 2):
        watcher, writer = Five(port, "w", ReceiveMaximum=1), Five(port, "p")
        watcher.subscribe("one/#", 2)
        for i in range(100):
            writer.publish("one/x", str(i).encode(), qos)
        watcher.hear(100)
        assert [m.payload for m in watcher.got] == [str(i).encode() for i in range(100)]
        watcher.close()
        writer.close()


def limits_are_told(port):
    plain = Five(port, "", keepalive=120, SessionExpiryInterval=0xFFFFFFFF)
    assert plain.connack.AssignedClientIdentifier.startswith("px-")
    assert plain.connack.ServerKeepAlive == 60
    assert plain.connack.ReceiveMaximum == 100 and plain.connack.MaximumPacketSize == 256 * 1024
    assert plain.connack.SessionExpiryInterval == 0  # this application keeps none
    assert not hasattr(plain.connack, "MaximumQoS")
    plain.close()


for options in ([], ["--late", "yes"]):
    with Echo("--threads", "2", "--response-info", "replies/", *options) as echo:
        for door in (echo.port, chopping_relay(echo.port)):
            properties_are_handed_on(door)
            a_request_gets_its_response(door)
            aliases_work_both_ways(door)
            subscriptions_have_identifiers(door)
            no_local_spares_a_client_its_own(door)
            limits_are_told(door)
        a_window_of_one_holds_back_the_rest(echo.port)
    with Echo("--response-info", "replies/", *options) as echo:
        the_time_that_is_left_is_told_and_what_has_none_left_is_dropped(echo, echo.port)
