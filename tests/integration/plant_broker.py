# SPDX-License-Identifier: Apache-2.0
"""The plant speaks to any broker: it answers commands, follows desired values, breaks when told to,
and is back by itself, with nothing lost, when the broker was away."""
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime

import paho.mqtt.client as mqtt

from pollux import free_ports

POLLUX = os.environ["POLLUX"]
BROKER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
if not os.path.exists(BROKER):
    print("skipped: mosquitto is not here")
    sys.exit(77)

PORT, = free_ports(1)
heard = queue.Queue()
subscribed = threading.Event()


def start_broker(folder):
    path = os.path.join(folder, "broker.conf")
    with open(path, "w") as f:
        f.write(f"listener {PORT} 127.0.0.1\nallow_anonymous true\n")
    return subprocess.Popen([BROKER, "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def watch():
    client = mqtt.Client(client_id="watcher")
    client.on_connect = lambda c, *_: c.subscribe("twins/#", 1)
    client.on_message = lambda c, u, m: heard.put((m.topic, m.payload.decode()))
    client.on_subscribe = lambda *_: subscribed.set()
    client.reconnect_delay_set(1, 1)
    for _ in range(100):
        try:
            client.connect("127.0.0.1", PORT)
            break
        except OSError:
            time.sleep(0.1)
    client.loop_start()
    assert subscribed.wait(20), "the watcher never came in"
    return client


def wait_for(what, match, seconds=15):
    """The first message that matches; those before it are gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            topic, payload = heard.get(timeout=0.2)
        except queue.Empty:
            continue
        if match(topic, json.loads(payload) if payload else None):
            return topic, json.loads(payload)
    raise SystemExit(f"never heard: {what}")


def state_is(unit, state, reason):
    return lambda t, p: t == f"twins/{unit}/reported" and p.get("state") == state and p.get("reason") == reason


def fault(unit, kind):
    done = subprocess.run([POLLUX, "plant", "fault", unit, kind, "--mqtt", f"127.0.0.1:{PORT}", "--token", "t"],
                          capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout + done.stderr


with tempfile.TemporaryDirectory(prefix="pollux-plant-") as folder:
    broker = start_broker(folder)
    client = watch()
    plant = subprocess.Popen([POLLUX, "plant", "run", "--mqtt", f"127.0.0.1:{PORT}", "--key", "k", "--seed", "7",
                              "--since", "2m"])
    try:
        # The past comes first, in arrays, in order, up to now.
        _, past = wait_for("a backlog", lambda t, p: t == "twins/oven-01/telemetry" and isinstance(p, list))
        times = [sample["$ts"] for sample in past]
        assert len(past) > 100 and times == sorted(times), len(past)
        assert any("state" in sample for sample in past)

        # Everything is said once after the beginning, and then signals go on.
        wait_for("all of a unit", lambda t, p: t == "twins/packer-01/reported" and "idealCycleTime" in p)
        wait_for("power", lambda t, p: t == "twins/packer-01/telemetry" and "power" in p)
        wait_for("vibration", lambda t, p: t == "twins/cnc-01/telemetry" and "vibrationRms" in p)

        # A command stops it in the plant: the state says so first, then comes the answer.
        client.publish("twins/press-01/commands/stop/c1", "{}", 1)
        wait_for("stopped", state_is("press-01", "stopped", "operator"))
        _, answer = wait_for("an answer", lambda t, p: t == "twins/press-01/commands/stop/c1/response")
        assert answer == {"status": "applied"}, answer
        client.publish("twins/press-01/commands/start/c2", "{}", 1)
        wait_for("running", state_is("press-01", "running", "none"))
        client.publish("twins/press-01/commands/fly/c3", "{}", 1)
        _, answer = wait_for("a refusal", lambda t, p: t == "twins/press-01/commands/fly/c3/response")
        assert answer["status"] == "rejected" and "error" in answer["payload"], answer

        # A desired value does the same, without an answer.
        client.publish("twins/robot-01/desired", '{"run":false,"$version":1}', 1)
        topic, said = wait_for("not run", state_is("robot-01", "stopped", "operator"))
        assert said["run"] is False
        client.publish("twins/robot-01/desired", '{"run":true,"$version":2}', 1)
        wait_for("run", lambda t, p: t == "twins/robot-01/reported" and p.get("run") is True)

        # Faults from the command line; what is no unit or no fault is refused with a sentence.
        assert fault("oven-01", "stop") == (0, "oven-01: breaks down now; a start mends it, or five minutes do\n")
        wait_for("broken", state_is("oven-01", "fault", "drive"))
        status, text = fault("ovn-01", "stop")
        assert status == 2 and "did you mean 'oven-01'" in text, text
        status, text = fault("oven-01", "flood")
        assert status == 2 and "it has stop, bearing" in text, text

        # The broker goes and comes back: what was said meanwhile arrives, and power has no hole. The
        # plant stands still until the watcher listens again, else it may speak to nobody.
        subscribed.clear()
        broker.send_signal(signal.SIGKILL)
        broker.wait()
        gone = time.time()
        time.sleep(3)
        plant.send_signal(signal.SIGSTOP)
        broker = start_broker(folder)
        assert subscribed.wait(20), "the watcher did not come back"
        plant.send_signal(signal.SIGCONT)
        stamps, end = set(), time.monotonic() + 25
        while time.monotonic() < end and len(stamps) < 8:
            try:
                topic, payload = heard.get(timeout=0.5)
            except queue.Empty:
                continue
            if topic == "twins/packer-01/telemetry" and "power" in payload:
                said = datetime.fromisoformat(json.loads(payload)["$ts"][:19] + "+00:00").timestamp()
                if said > gone:
                    stamps.add(said)
        stamps = sorted(stamps)
        assert len(stamps) == 8, f"the plant did not come back: {stamps}"
        assert stamps[0] < gone + 3 and stamps[-1] - stamps[0] == 7, f"seconds are missing: {stamps}"
    finally:
        plant.send_signal(signal.SIGTERM)
        status = plant.wait(10)
        client.loop_stop()
        broker.kill()
        broker.wait()
    assert status == 0, f"the plant ended with {status}"
print("ok")
