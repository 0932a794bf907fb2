# SPDX-License-Identifier: Apache-2.0
"""The MQTT door with its echo application ($MQTT_ECHO) as a Python object, and real clients for it."""
import os
import socket
import subprocess
import threading
import time

import paho.mqtt.client as paho


class Echo:
    def __init__(self, *options):
        self.process = subprocess.Popen([os.environ["MQTT_ECHO"], *options], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        words = self.process.stdout.readline().split()
        self.port, self.tls_port = int(words[1]), int(words[3])

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            last = self.stop()
            assert last["principals"] == 0, last
        assert self.process.returncode == 0, self.process.returncode

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stats(self):
        self.say("stats")
        return self.read_stats()

    def read_stats(self):
        line = self.process.stdout.readline()
        return {k: int(v) for k, v in (pair.split("=") for pair in line.split())}

    def stop(self, drain_ms=1000):
        self.say(f"stop {drain_ms}")
        last = self.read_stats()
        self.process.wait(20)
        return last


def until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain for: {what}"
        time.sleep(0.01)


class Client:
    """A paho client on its own thread that keeps what it gets."""

    def __init__(self, port, client_id, version=5, user="u", keepalive=60, tls=None, clean=True):
        protocol = paho.MQTTv5 if version == 5 else paho.MQTTv311
        extra = {} if version == 5 else {"clean_session": clean}
        self.got, self.acked, self.ended, self.granted = [], [], [], []
        self.up = threading.Event()
        self.paho = paho.Client(client_id, protocol=protocol, **extra)
        self.paho.username_pw_set(user, "secret")
        if tls:
            self.paho.tls_set(ca_certs=tls)
        self.paho.on_connect = lambda c, u, flags, rc, props=None: (
            self.__setattr__("code", int(rc if version == 4 else rc.value)), self.up.set())
        self.paho.on_message = lambda c, u, m: self.got.append((m.topic, m.payload, m.qos))
        self.paho.on_publish = lambda c, u, mid: self.acked.append(mid)
        self.paho.on_subscribe = lambda c, u, mid, codes, props=None: self.granted.append(
            [int(x if version == 4 else x.value) for x in codes])
        self.paho.on_disconnect = lambda c, u, rc, props=None: self.ended.append(
            int(rc if version == 4 or isinstance(rc, int) else rc.value))
        self.paho.connect("127.0.0.1", port, keepalive)
        self.paho.loop_start()
        assert self.up.wait(10), "no CONNACK"

    def subscribe(self, topic, qos=1):
        count = len(self.granted)
        self.paho.subscribe(topic, qos)
        until(lambda: len(self.granted) > count, "SUBACK")
        return self.granted[-1]

    def publish(self, topic, payload, qos=1):
        return self.paho.publish(topic, payload, qos)

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()


def string(text):
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def packet(first, body):
    length, size = b"", len(body)
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | 128 if size else low])
        if not size:
            return bytes([first]) + length + body


def connect_packet(client_id, version=4, keepalive=60, user="u", props=b""):
    props = bytes([len(props)]) + props if version == 5 else b""
    return packet(0x10, string("MQTT") + bytes([version, 0x82]) + keepalive.to_bytes(2, "big") +
                  props + string(client_id) + string(user))


def publish_packet(topic, payload, packet_id=0, version=4, qos=1):
    head = string(topic) + (packet_id.to_bytes(2, "big") if packet_id else b"")
    return packet(0x30 | (qos << 1 if packet_id else 0), head + (b"\0" if version == 5 else b"") + payload)


def subscribe_packet(topic, qos, packet_id=1, version=4):
    return packet(0x82, packet_id.to_bytes(2, "big") + (b"\0" if version == 5 else b"") + string(topic) +
                  bytes([qos]))


class Raw:
    """Bytes and nothing else."""

    def __init__(self, port, first=b""):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(first)

    def send(self, data):
        self.socket.sendall(data)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                break
            data += piece
        return data

    def rest(self):
        """Everything until the server closes."""
        data = b""
        try:
            while piece := self.socket.recv(65536):
                data += piece
        except ConnectionResetError:
            pass
        return data

    def close(self):
        self.socket.close()


def read_packets(raw, is_last):
    """Whole packets of less than 128 bytes, up to the first for which this is true."""
    packets = []
    while not packets or not is_last(packets[-1]):
        head = raw.read(2)
        assert len(head) == 2 and head[1] < 128, (head, packets)
        packets.append(head + raw.read(head[1]))
    return packets


def chopping_relay(port, pause=0.0):
    """Relays one connection after the other, one byte per segment each way; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source, sink):
        try:
            while data := source.recv(4096):
                for byte in data:
                    sink.sendall(bytes([byte]))
                    time.sleep(pause)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve():
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            for s in (near, far):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]
