# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/api.md, docs/mqtt.md, docs/devices.md, docs/bindings.md, docs/connections.md, docs/commands.md and docs/freshness.md,
run as they stand: `$ command`, then what it prints, where `…` is anything. What comes a moment later is asked for again."""
import os
import re
import subprocess
import sys
import tempfile
import time

from broker import Broker
from modbus_peer import Device
from pollux import PROGRAM, Server

DOCS = os.path.join(os.path.dirname(__file__), "..", "..", "docs")


def examples(page):
    with open(os.path.join(DOCS, page), encoding="utf-8") as f:
        blocks = re.findall(r"```sh\n(.*?)```", f.read(), re.S)
    for block in blocks:
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, wanted = example.partition("\n")
            yield command, wanted.strip()


def pattern_of(wanted):
    """Columns stand two spaces apart or more: how wide one is depends on its values, and times end where their zeros begin."""
    return ".*".join(re.sub(r"(?:\\ ){2,}", r"\\ {2,}", re.escape(part)) for part in wanted.split("…"))


def only_asks(command):
    """It changes nothing, so it may be run again until what is on its way has come."""
    return bool(re.match(r"curl (?!.*( -X | -d |--json|--data|-T ))[^|;&]*(&[^|;&]+)*$|pollux \w+ (show|list|status)\b[^|;&]*$", command))


def run(command, pattern, env, folder):
    """What it printed last."""
    end = time.monotonic() + 20
    while True:
        got = subprocess.run(["sh", "-c", command], env=env, cwd=folder, capture_output=True, text=True, timeout=30)
        assert got.returncode == 0, f"{command}\n{got.stderr}"
        if re.fullmatch(pattern, got.stdout.strip(), re.S) or not only_asks(command) or time.monotonic() > end:
            return got.stdout
        time.sleep(0.1)


def play(page):
    told = 0
    server = Server()
    server.options += ["--outbound-allow", "127.0.0.0/8"]
    with Broker("allow_anonymous true") as broker, Device(unit=1) as device, server, tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "URL": server.url, "TOKEN": server.token, "MQTT": str(server.mqtt), "NO_COLOR": "1", "POLLUX_URL": server.url,
               "BROKER": str(broker.port), "DEVICE": str(device.port), "POLLUX_TOKEN": server.token, "PATH": os.path.dirname(PROGRAM) + ":" + os.environ["PATH"]}
        device.set(40, 214)
        for command, wanted in examples(page):
            pattern = pattern_of(wanted)
            printed = run(command, pattern, env, folder)
            assert re.fullmatch(pattern, printed.strip(), re.S), f"{command}\n--- wanted {wanted}\n--- got    {printed}"
            told += 1
    print(f"{told} examples of docs/{page} do what the page says")
    return told


def main():
    for page, least in (("api.md", 13), ("mqtt.md", 18), ("devices.md", 12), ("bindings.md", 16), ("connections.md", 15), ("commands.md", 7),
                        ("freshness.md", 18)):
        told = play(page)
        assert told >= least, f"only {told} examples were found"


sys.exit(main())
