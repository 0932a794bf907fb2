# SPDX-License-Identifier: Apache-2.0
"""Some hundred idle MQTT connections, plain and by TLS: they are let in, each is answered, and none takes more of the server's memory than
it may. The figures of 18,000 are a row of the benchmarks; memory is judged with the program as shipped."""
import os
import sys
import tempfile

from pollux import RELEASE, Server, free_ports, main
from tls import TlsServer

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../bench"))
from crowd import bytes_each  # noqa: E402

COUNT = 400


def judge(server, port, what, limit, tls=False):
    each, _ = bytes_each(server.process.pid, port, server.token, COUNT, tls)
    print(f"  {COUNT} idle connections, {what}: {each / 1024:.1f} KiB each", flush=True)
    assert not RELEASE or each <= limit * 1024, f"{each:.0f} bytes each, {limit} KiB at most"


def plain_ones():
    with Server() as server:
        judge(server, server.mqtt, "plain", 8)


def by_tls():
    with tempfile.TemporaryDirectory() as folder:
        mqtts, = free_ports(1)
        with TlsServer(folder, "--mqtts", f"127.0.0.1:{mqtts}") as server:
            judge(server, mqtts, "TLS", 40, tls=True)


main(plain_ones, by_tls)
