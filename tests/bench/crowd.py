# SPDX-License-Identifier: Apache-2.0
"""Many idle MQTT connections, and what each takes of the server's memory."""
import socket
import ssl
import struct
import time

from servers import rss

AT_ONCE = 400  # not yet let in; the server has a limit on these


def text(s):
    return struct.pack(">H", len(s)) + s.encode()


def connect_packet(client_id, token):
    """3.1.1 without keep-alive: nobody has to speak while we measure."""
    body = text("MQTT") + b"\4\xc2\0\0" + text(client_id) + text("me") + text(token)
    return bytes([0x10, len(body) & 127 | 128, len(body) >> 7]) + body if len(body) > 127 else bytes([0x10, len(body)]) + body


def exactly(s, count):
    got = b""
    while len(got) < count:
        more = s.recv(count - len(got))
        assert more, "the server ended the connection"
        got += more
    return got


def open_one(port, context):
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    return context.wrap_socket(s) if context else s


def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Crowd:
    """`with Crowd(port, token, 18000) as crowd`: all are let in."""

    def __init__(self, port, token, count, tls=False, name="crowd"):
        context = trusting() if tls else None
        self.links = []
        for at in range(0, count, AT_ONCE):
            fresh = []
            for n in range(at, min(at + AT_ONCE, count)):
                fresh.append(open_one(port, context))
                fresh[-1].sendall(connect_packet(f"{name}-{n}", token))
            for s in fresh:
                assert exactly(s, 4) == b"\x20\2\0\0"
            self.links += fresh

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for s in self.links:
            s.close()

    def ping(self):
        """All of them, and each gets its answer."""
        for s in self.links:
            s.sendall(b"\xc0\0")
        for s in self.links:
            assert exactly(s, 2) == b"\xd0\0"


def bytes_each(pid, port, token, count, tls=False):
    """(bytes of the server's memory for each, its memory before)"""
    with Crowd(port, token, 50, tls, "first"):
        pass
    time.sleep(3)
    before = rss(pid)
    with Crowd(port, token, count, tls) as crowd:
        time.sleep(1)
        crowd.ping()
        time.sleep(1)
        return (rss(pid) - before) / count, before
