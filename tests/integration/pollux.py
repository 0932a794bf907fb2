# SPDX-License-Identifier: Apache-2.0
"""A server in a folder of its own on free ports, and the client program to talk to it."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

RELEASE = "POLLUX_RELEASE" in os.environ  # a story told a second time, with the program as shipped
PROGRAM = os.environ["POLLUX_RELEASE" if RELEASE else "POLLUX"]
if not os.path.exists(PROGRAM):
    print(f"skipped: there is no {PROGRAM}; ./dev build makes it")
    sys.exit(77)


claims = []


def free_ports(count):
    """Ports for servers of this story, which may be down now and then: a socket with the port's name, held to the end of the story,
    keeps the stories that run beside it from taking one meanwhile."""
    ports = []
    while len(ports) < count:
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        try:
            claim.bind(f"\0pollux-port-{port}")
        except OSError:
            claim.close()
            continue
        claims.append(claim)
        ports.append(port)
    return ports


class Server:
    """`with Server() as s:` serves; s.kill() is kill -9, s.start() begins again on the same ports and data."""

    def __init__(self, data=None, environment=(), settings=()):
        """`environment` of the server beside our own; `settings`: lines of its configuration file."""
        self.folder = None if data else tempfile.TemporaryDirectory(prefix="pollux-")
        self.data = data or os.path.join(self.folder.name, "data")
        self.http, self.mqtt = free_ports(2)
        self.url, self.mqtt_address = f"http://127.0.0.1:{self.http}", f"127.0.0.1:{self.mqtt}"
        self.log = open(self.data + ".log", "wb")
        self.server_environment, self.options = {**os.environ, **dict(environment)}, []
        if settings:
            self.options = ["--config", self.data + ".conf"]
            with open(self.options[1], "w") as f:
                f.write("\n".join(settings) + "\n")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.stop()
        if kind:
            with open(self.log.name, "rb") as f:
                print("--- the server's last words", f.read()[-4000:].decode(errors="replace"), sep="\n")
        self.log.close()
        if self.folder:
            self.folder.cleanup()

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen([PROGRAM, "serve", "--data", self.data, "--http", f"127.0.0.1:{self.http}",
                                         "--mqtt", self.mqtt_address, *self.options], stdout=self.log, stderr=self.log,
                                        env=self.server_environment)
        while True:
            for port in (self.http, self.mqtt):
                with socket.socket() as s:
                    if s.connect_ex(("127.0.0.1", port)) != 0:
                        break
            else:
                break
            assert self.process.poll() is None, f"the server ended: {open(self.log.name).read()[-2000:]}"
            assert time.monotonic() - began < 30, "the server does not open its doors"
            time.sleep(0.02)
        with open(os.path.join(self.data, "admin.token")) as f:
            self.token = f.read().strip()
        return time.monotonic() - began

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(15) == 0, (self.process.returncode, open(self.log.name, errors="replace").read()[-6000:])
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def environment(self):
        return {**os.environ, "POLLUX_URL": self.url, "POLLUX_TOKEN": self.token}

    def cli(self, *words, code=0):
        """Runs `pollux WORDS…`; gives stdout, or stderr when another exit code than 0 was wanted."""
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, env=self.environment())
        assert done.returncode == code, f"pollux {' '.join(words)}: exit {done.returncode}, {code} wanted\n{done.stdout}{done.stderr}"
        return done.stderr if code else done.stdout

    def json(self, *words):
        return json.loads(self.cli(*words, "--json"))

    def cli_start(self, *words):
        return subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=self.environment())


def main(*stories):
    for story in stories:
        story()
        print("ok", story.__name__, flush=True)
