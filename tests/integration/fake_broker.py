# SPDX-License-Identifier: Apache-2.0
"""A broker of a few packets of MQTT 3.1.1, for what mosquitto does not do."""
import socket
import threading

ACKNOWLEDGED = b"\x40\x02\x00\x07"  # the PUBACK of what was published under 7


def publish_packet(topic, payload, mid=None):
    """With QoS 1 when it has a number."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + (mid.to_bytes(2, "big") if mid else b"") + payload
    return bytes([0x32 if mid else 0x30, len(body)]) + body


class FakeBroker(threading.Thread):
    """Lets one client in, with a context by TLS, and hears its subscription; `serve(peer, suback)` does what comes then, where
    suback(code) is the answer: 1, or why nothing is granted."""

    def __init__(self, context=None):
        super().__init__(daemon=True)
        self.listener, self.context = socket.create_server(("127.0.0.1", 0)), context
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        peer, _ = self.listener.accept()
        peer = self.context.wrap_socket(peer, server_side=True) if self.context else peer
        peer.recv(1000)
        peer.sendall(b"\x20\x02\x00\x00")
        asked = peer.recv(1000)
        self.serve(peer, lambda code: bytes([0x90, 3, asked[2], asked[3], code]))
