# SPDX-License-Identifier: Apache-2.0
"""A recorded file is played to a real broker, which is restarted in the middle: every row arrives,
digit for digit, and none is made up."""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from pollux import free_ports

POLLUX = os.environ["POLLUX"]
BROKER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
try:
    import paho.mqtt.client as mqtt
except ImportError:
    print("skipped: python3-paho-mqtt is not installed")
    sys.exit(77)
if not os.path.exists(BROKER):
    print("skipped: mosquitto is not installed")
    sys.exit(77)


class Broker:
    """Mosquitto with a device's password, keeping what it acknowledged over an orderly restart."""

    def __init__(self, folder):
        self.port, = free_ports(1)
        self.config = os.path.join(folder, "mosquitto.conf")
        passwords = os.path.join(folder, "passwords")
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "pump-1", "secret"], check=True)
        with open(self.config, "w") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
                    f"persistence true\npersistence_location {folder}/\nmax_queued_messages 0\n"
                    f"max_inflight_messages 0\nuser root\n")
        self.start()

    def start(self):
        self.process = subprocess.Popen([BROKER, "-c", self.config], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("mosquitto did not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Listener:
    """Keeps the payloads of one twin's telemetry topic, over restarts of the broker."""

    def __init__(self, port, twin):
        self.payloads, self.ready = [], threading.Event()
        self.topic = f"twins/{twin}/telemetry"
        self.client = mqtt.Client(client_id=f"listener-{twin}", clean_session=False)
        self.client.username_pw_set("pump-1", "secret")
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda c, *_: c.subscribe(self.topic, qos=1)
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = lambda c, u, m: self.payloads.append(m.payload)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self.ready.wait(10), "the listener did not subscribe"

    def wait_for(self, count):
        for _ in range(200):
            if len(set(self.payloads)) >= count:
                break
            time.sleep(0.05)
        time.sleep(0.3)
        self.client.disconnect()
        self.client.loop_stop()
        return self.payloads


def replay(port, path, twin, *more):
    return subprocess.Popen([POLLUX, "replay", path, "--device", "pump-1", "--key", "secret", "--mqtt",
                             f"127.0.0.1:{port}", "--twin", twin, "--json", *more],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process, code=0):
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, f"exit {process.returncode}, {code} wanted: {err}"
    return json.loads(out), err


def pump_rows(count):
    """A pump's file, written on purpose in all the ways that numbers come in, and what must come of it."""
    lines, wanted = ["datetime;Flow RateRMS;Pressure;note"], []
    for i in range(count):
        stamp = f"2020-02-08 {i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}"
        flow, flow_json = [(f"{i}.40", f"{i}.40"), (f".{i}5", f"0.{i}5"), (f"+{i}.", f"{i}"),
                           (f"{i}E-06", f"{i}E-06")][i % 4]
        pressure = f"-0.{i:06d}"
        note = f'"n;""{i}"""' if i % 3 else ""
        lines.append(f"{stamp};{flow};{pressure};{note}")
        members = f'"$ts":"{stamp.replace(" ", "T")}Z","Flow_RateRMS":{flow_json},"Pressure":{pressure}'
        if i % 3:
            members += f',"note":"n;\\"{i}\\""'
        wanted.append(("{" + members + "}").encode())
    return "\r\n".join(lines) + "\r\n", wanted


def broker_restart_in_the_middle(broker, folder):
    path = os.path.join(folder, "pump.csv")
    text, wanted = pump_rows(4000)
    with open(path, "w", newline="") as f:
        f.write("\ufeff" + text)
    listener = Listener(broker.port, "pump-1")
    process = replay(broker.port, path, "pump-1", "--time", "datetime", "--speed", "1000")
    for _ in range(2):
        time.sleep(1.0)
        broker.stop()
        time.sleep(0.4)
        broker.start()
    summary, _ = ended(process)
    got = listener.wait_for(len(wanted))
    assert summary["acknowledged"] == summary["rows"] == summary["sent"] == 4000, summary
    assert summary["reconnects"] >= 2, summary
    assert set(got) == set(wanted), f"{len(set(got))} of {len(wanted)} rows; odd: {list(set(got) ^ set(wanted))[:4]}"


def bad_rows_are_named_and_the_rest_goes(broker, folder):
    path = os.path.join(folder, "bad.csv")
    with open(path, "w") as f:
        f.write('t,a\n2020-01-01T00:00:00Z,1\nyesterday,2\n2020-01-01T00:00:02Z,3,4\n2020-01-01T00:00:03Z,"5\n')
    listener = Listener(broker.port, "bad")
    summary, err = ended(replay(broker.port, path, "bad", "--time", "t"), 2)
    assert (summary["rows"], summary["sent"], summary["bad"]) == (4, 1, 3), summary
    for place in (f"{path}:3: bad row: 'yesterday' is no time", f"{path}:4: bad row: the row has 3 cells",
                  f"{path}:5:22: bad row: the quoted cell never ends"):
        assert place in err, err
    assert listener.wait_for(1) == [b'{"$ts":"2020-01-01T00:00:00Z","a":1}']


def period_makes_the_times(broker, folder):
    path = os.path.join(folder, "mill.csv")
    with open(path, "w") as f:
        f.write("X,Y\n1,\n2,x\n")
    listener = Listener(broker.port, "mill")
    ended(replay(broker.port, path, "mill", "--period", "100ms", "--start", "2026-11-01T12:00:00+08:00"))
    assert listener.wait_for(2) == [b'{"$ts":"2026-11-01T04:00:00Z","X":1}',
                                    b'{"$ts":"2026-11-01T04:00:00.1Z","X":2,"Y":"x"}']


def a_wrong_key_is_refused_at_once(broker, folder):
    path = os.path.join(folder, "mill.csv")
    process = subprocess.run([POLLUX, "replay", path, "--device", "pump-1", "--key", "wrong", "--twin", "x", "--mqtt",
                              f"127.0.0.1:{broker.port}", "--period", "1s", "--start", "2026-01-01"],
                             capture_output=True, text=True, timeout=20)
    assert process.returncode == 3, process
    assert "the device 'pump-1'" in process.stderr, process.stderr


def recorded_runs_arrive_whole(broker, _):
    shared = os.environ.get("PX_SHARED_DATA", "")
    paths = sorted(glob.glob(os.path.join(shared, "series/manufacturing/skab/*/*.csv")))[:2]
    paths += sorted(glob.glob(os.path.join(shared, "series/manufacturing/cnc_mill/experiment_*.csv")))[:1]
    if not paths:
        print("the recorded runs are not here; only made-up files were played")
    for n, path in enumerate(paths):
        with open(path, newline="") as f:
            rows = [line for line in f.read().splitlines() if line]
        clock = ["--time", "datetime"] if "skab" in path else ["--period", "100ms", "--start", "2026-01-01"]
        listener = Listener(broker.port, f"run-{n}")
        summary, _ = ended(replay(broker.port, path, f"run-{n}", *clock))
        got = listener.wait_for(len(rows) - 1)
        assert summary["acknowledged"] == len(rows) - 1 == len(got), (path, summary, len(got))
        for row, payload in zip(rows[1:], got):
            cells = row.split(";" if "skab" in path else ",")[1 if "skab" in path else 0:]
            sent = json.loads(payload, parse_float=str, parse_int=str)
            assert list(sent.values())[1:] == [c for c in cells if c], (path, row, payload)
        print(f"{os.path.basename(path)}: {summary['acknowledged']} rows in {summary['seconds']} s")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        broker = Broker(folder)
        try:
            for story in (broker_restart_in_the_middle, bad_rows_are_named_and_the_rest_goes,
                          period_makes_the_times, a_wrong_key_is_refused_at_once, recorded_runs_arrive_whole):
                story(broker, folder)
                print("ok", story.__name__)
        finally:
            broker.stop()


main()
