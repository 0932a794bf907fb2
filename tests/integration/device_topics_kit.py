# SPDX-License-Identifier: Apache-2.0
"""A device and its twin, for stories about what they say to each other."""
import json
import time
from urllib.parse import quote

import paho.mqtt.client as paho

PRESS = [{"@id": "dtmi:test:Press;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3", "contents": [
    {"@type": "Property", "name": "speed", "schema": "double", "writable": True},
    {"@type": "Telemetry", "name": "current", "schema": "double"},
    {"@type": "Command", "name": "stop"},
    {"@type": "Component", "name": "motor", "schema": "dtmi:test:Motor;1"}]},
    {"@id": "dtmi:test:Motor;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3", "contents": [
        {"@type": "Property", "name": "heat", "schema": "double"}, {"@type": "Telemetry", "name": "hum", "schema": "double"}]}]
TWIN = {"$metadata": {"$model": "dtmi:test:Press;1"}, "speed": 20, "motor": {"$metadata": {}}}


def until(true, what, seconds=15):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.005)


class Client:
    """A paho client that keeps what it hears: (topic, payload, qos)."""

    def __init__(self, server, user, key, version=5, client_id=None):
        self.got, self.codes, self.ends, self.code = [], {}, [], None
        self.paho = p = paho.Client(client_id or user, protocol=version)
        p.username_pw_set(user, key)
        p.reconnect_delay_set(60, 60)
        p.on_connect = lambda c, d, f, code, *_: setattr(self, "code", getattr(code, "value", code))
        p.on_message = lambda c, d, m: self.got.append((m.topic, m.payload.decode(), m.qos, m))
        p.on_subscribe = lambda c, d, mid, codes, *_: self.codes.__setitem__(mid, [getattr(x, "value", x) for x in codes])
        p.on_disconnect = lambda c, d, code, *_: self.ends.append(getattr(code, "value", code))
        # paho 1.6 keeps no reason of a PUBACK or a short DISCONNECT: they are read off the packets themselves
        self.reasons, self.texts, handle = {}, {}, p._handle_pubackcomp
        p._handle_pubackcomp = lambda cmd: (self.note(p._in_packet["packet"]), handle(cmd))[1]
        bye = p._handle_disconnect
        p._handle_disconnect = lambda: (self.ends.append(p._in_packet["packet"][0]), bye())[1]
        p.connect("127.0.0.1", server.mqtt)
        p.loop_start()
        until(lambda: self.code is not None, "CONNACK")

    def note(self, body):
        mid = body[0] << 8 | body[1]
        at = 5 if len(body) > 3 and body[3] & 0x80 else 4  # behind the length of the properties, which are one text
        self.texts[mid] = bytes(body[at + 3:]).decode()
        self.reasons[mid] = body[2] if len(body) > 2 else 0

    def publish(self, topic, payload):
        """The reason of the PUBACK."""
        mid = self.paho.publish(topic, payload if isinstance(payload, str) else json.dumps(payload), 1).mid
        until(lambda: mid in self.reasons, f"PUBACK of {topic}")
        return self.reasons[mid]

    def refusal(self, topic, payload):
        """Reason and reason string of the PUBACK."""
        reason = self.publish(topic, payload)
        return reason, self.texts[max(self.texts)]

    def subscribe(self, topic, qos=1):
        _, mid = self.paho.subscribe(topic, qos)
        until(lambda: mid in self.codes, f"SUBACK of {topic}")
        return self.codes[mid][0]

    def hear(self, topic, wanted=lambda payload: True):
        found = []
        until(lambda: found.extend(m for m in list(self.got) if m[0] == topic and wanted(m[1])) or found, topic)
        return found[0]

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()


def device(web, name, twins):
    return web.want(201, "PUT", f"/api/v1/devices/{name}", {"twins": twins})["key"]


def press(web, name):
    web.want(200, "PUT", f"/digitaltwins/{quote(name, safe='')}", TWIN)
