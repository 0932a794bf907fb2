# SPDX-License-Identifier: Apache-2.0
"""Somebody else's broker: mosquitto, which keeps its sessions in a file while it is away."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from pollux import free_ports

BROKER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
if not os.path.exists(BROKER):
    print("skipped: mosquitto is not here")
    sys.exit(77)


def until(holds, what, seconds=30):
    """`what`: a text, or what gives one when it is told, of how things are by then."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"never: {what() if callable(what) else what}"
        time.sleep(0.05)


class Broker:
    """mosquitto with a file that keeps its sessions; stop and start go on with it."""

    def __init__(self, *lines):
        self.folder = tempfile.TemporaryDirectory(prefix="broker-")
        self.port, = free_ports(1)
        self.config = self.path("broker.conf")
        with open(self.config, "w") as f:
            f.write("\n".join([f"listener {self.port} 127.0.0.1", "sys_interval 1", "persistence true", f"persistence_location {self.folder.name}/",
                               "user root", *[x.format(folder=self.folder.name) for x in lines]]) + "\n")
        os.chmod(self.folder.name, 0o777)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def start(self):
        self.process = subprocess.Popen([BROKER, "-c", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.listens, "mosquitto listens")

    def listens(self):
        assert self.process.poll() is None, "mosquitto ended"
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        """It writes what it holds: killed, it would lose what it has acknowledged itself."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
