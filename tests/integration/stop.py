# SPDX-License-Identifier: Apache-2.0
"""SIGTERM under load: what was taken is answered, the program ends within 5 s with 0, and nothing that was
acknowledged is missing; whoever is slow, silent or half through a request cannot hold it up."""
import signal
import socket
import time

from clients import Mqtt, Web
from pollux import Server, main
from writers import finish, prepare

ROUNDS = 4


def awkward_guests(s, key):
    """A watcher, a request cut short, two that say nothing, a device in the middle of a packet."""
    half = f"PUT /digitaltwins/x?api-version=2023-10-31 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.token}\r\n" \
           "Content-Length: 1000\r\n\r\n{"
    watch = f"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.token}\r\n\r\n"
    guests = [socket.create_connection(("127.0.0.1", port)) for port in (s.http, s.http, s.http, s.mqtt)]
    guests[0].sendall(half.encode())
    guests[1].sendall(watch.encode())
    device = Mqtt(s, "d-device-0", key, client_id="slow one")
    device.send(b"\x32\xff\x01\0")
    return [*guests, device.socket]


def end(s):
    began = time.monotonic()
    s.process.send_signal(signal.SIGTERM)
    code = s.process.wait(15)
    took = time.monotonic() - began
    assert code == 0, f"exit code {code}"
    assert took < 5, f"the server ended only after {took:.1f} s"
    return took


def sigterm_drains_and_ends():
    took = []
    with Server() as s:
        writers = prepare(s, 4)
        for w in writers:
            w.start()
        for _ in range(ROUNDS):
            guests = awkward_guests(s, writers[0].key)
            time.sleep(0.5)
            took.append(end(s))
            sure = [w.sure for w in writers]
            s.start()
            for w, before in zip(writers, sure):
                assert Web(s).want(200, "GET", f"/digitaltwins/{w.name}").get("n", 0) >= before, w.name
                assert not w.error, (w.name, w.error)
            for guest in guests:
                guest.close()
        finish(s, writers)
    print(f"    {sum(w.sent for w in writers)} writes; ended after at most {max(took):.1f} s", flush=True)


def sigint_ends_an_idle_server_at_once():
    with Server() as s:
        s.process.send_signal(signal.SIGINT)
        assert s.process.wait(5) == 0
        s.start()


main(sigterm_drains_and_ends, sigint_ends_an_idle_server_at_once)
