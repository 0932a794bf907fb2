# SPDX-License-Identifier: Apache-2.0
"""The server is killed (kill -9) and started again while the plant goes on: afterwards the history
of a signal has every second of the plant, each once."""
import json
import os
import signal
import subprocess
import tempfile
import time
from datetime import datetime

from pollux import free_ports

POLLUX = os.environ["POLLUX"]
ROUNDS = 3

HTTP, MQTT = (f"127.0.0.1:{port}" for port in free_ports(2))
DOORS = ["--http", HTTP, "--mqtt", MQTT]


def seconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + (fraction or "0"))


def start(words, ready):
    process = subprocess.Popen([POLLUX, *words, *DOORS], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.startswith(ready):
            return process
    raise SystemExit(f"pollux {words[0]} ended with {process.wait()}")


def end(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0, f"ended with {process.returncode}"


with tempfile.TemporaryDirectory(prefix="pollux-plant-") as base:
    data = os.path.join(base, "data")

    def run(*words):
        done = subprocess.run([POLLUX, *words, "--data", data, "--server", f"http://{HTTP}"], capture_output=True,
                              text=True, timeout=30)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def last_power():
        return json.loads(run("twin", "show", "packer-01", "--json"))["values"]["power"]["sourceTime"]

    end(start(["demo", "--data", data], "token:"))  # leaves models, twins and the device
    server = start(["serve", "--data", data], "token:")
    key = json.loads(run("device", "key", "plant", "--json"))["key"]
    begin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    plant = subprocess.Popen([POLLUX, "plant", "run", "--mqtt", MQTT, "--key", key])
    try:
        for _ in range(ROUNDS):
            time.sleep(3)
            server.kill()
            server.wait()
            killed = time.time()
            time.sleep(1)
            server = start(["serve", "--data", data], "token:")
            # The plant is back, and has told what it could not tell.
            for _ in range(200):
                if seconds(last_power()) > killed + 1:
                    break
                time.sleep(0.1)
            else:
                raise SystemExit("the plant did not come back")
        plant.send_signal(signal.SIGTERM)
        assert plant.wait(10) == 0, plant.returncode
        rows = [json.loads(line)["$ts"] for line in
                run("history", "packer-01", "--property", "power", "--from", begin, "--json").splitlines()]
        times = [seconds(row) for row in rows]
        holes = [round(b - a, 3) for a, b in zip(times, times[1:]) if b - a > 1.001]
        assert len(times) > 4 * ROUNDS and not holes, f"{len(times)} samples, seconds without one: {holes}"
        assert len(set(rows)) == len(rows), "a sample stands there twice"
        end(server)
    finally:
        for process in (plant, server):
            if process.poll() is None:
                process.kill()
print("ok")
