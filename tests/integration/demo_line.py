# SPDX-License-Identifier: Apache-2.0
"""`pollux demo` shows a line that runs; one command works both ways: stopped from the command line,
the unit stops in the plant, and its twin says so. Nothing is left behind when the demo ends, or is
killed, and a second run goes on in the same folder."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from pollux import free_ports

POLLUX = os.environ["POLLUX"]
READY_SECONDS = 60


class Demo:
    def __init__(self, folder):
        http, mqtt = free_ports(2)
        self.url, self.mqtt, self.folder = f"http://127.0.0.1:{http}", f"127.0.0.1:{mqtt}", folder
        self.lines, self.token, self.told = [], None, threading.Event()
        self.process = subprocess.Popen(
            [POLLUX, "demo", "manufacturing", "--data", folder, "--http", self.url[len("http://"):], "--mqtt", self.mqtt,
             "--seed", "7"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self.read, daemon=True).start()
        self.told.wait(READY_SECONDS)
        if not self.token:
            raise SystemExit("the demo did not start:\n" + "".join(self.lines))

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            found = re.match(r"token: (\S+)", line)
            self.token = found.group(1) if found else self.token
            if line.startswith("Ctrl-C"):
                self.told.set()
        self.told.set()

    def run(self, *words, status=0):
        done = subprocess.run([POLLUX, *words, "--server", self.url, "--token", self.token], capture_output=True,
                              text=True, timeout=30)
        if done.returncode != status:
            raise SystemExit(f"pollux {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def twin(self, unit):
        return {k: v["value"] for k, v in json.loads(self.run("twin", "show", unit, "--json"))["values"].items()}

    def wait_for(self, unit, what, seconds=20, **wanted):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            twin = self.twin(unit)
            if all(twin.get(k) == v for k, v in wanted.items()):
                return twin
            time.sleep(0.1)
        raise SystemExit(f"{what}: wanted {wanted}, the twin {unit} says {self.twin(unit)}")

    def get(self, path):
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def plants(self):
        """Process ids of the plants that speak to this demo."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = open(f"/proc/{pid}/cmdline").read().split("\0")
            except OSError:
                continue
            if words[1:3] == ["plant", "run"] and self.mqtt in words:
                found.append(int(pid))
        return found

    def wait_for_plants(self, count, seconds=10):
        end = time.monotonic() + seconds
        while len(self.plants()) != count and time.monotonic() < end:
            time.sleep(0.1)
        assert len(self.plants()) == count, f"{len(self.plants())} plants run, not {count}"


def both_ways(demo):
    demo.wait_for("press-01", "the plant speaks", run=True)
    # A command from the command line: when it is answered, the twin has said so.
    answer = json.loads(demo.run("twin", "command", "press-01", "stop", "--json"))
    assert answer["status"] == "applied", answer
    twin = demo.wait_for("press-01", "stopped by command", 2, state="stopped", reason="operator", run=False)
    stood = twin["totalCount"]
    time.sleep(6)
    assert demo.twin("press-01")["totalCount"] == stood, "a stopped unit goes on counting"
    demo.run("twin", "command", "press-01", "start")
    demo.wait_for("press-01", "started by command", 2, run=True)
    demo.wait_for("press-01", "runs again", state="running")
    # What the model does not know, and what asks for too much, is refused.
    demo.run("twin", "command", "press-01", "explode", status=4)
    demo.run("twin", "command", "press-01", "stop", '{"now":true}', status=2)
    # A desired value does the same.
    demo.run("twin", "desired", "press-01", "run=false")
    demo.wait_for("press-01", "stopped by desired", state="stopped", reason="operator", run=False)
    demo.run("twin", "desired", "press-01", "run=true")
    demo.wait_for("press-01", "started by desired", run=True)


def faults(demo):
    demo.run("plant", "fault", "robot-01", "stop", "--mqtt", demo.mqtt)
    demo.wait_for("robot-01", "a stop is injected", state="fault", reason="drive")
    demo.run("twin", "command", "robot-01", "start")
    demo.wait_for("robot-01", "a start mends it", reason="none")
    # As the help has it, with the folder for a token; a token that is none is told as one.
    words = [POLLUX, "plant", "fault", "robot-01", "stop", "--mqtt", demo.mqtt]
    done = subprocess.run([*words, "--data", demo.folder], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stdout.startswith("robot-01: breaks down now"), done
    demo.run("twin", "command", "robot-01", "start")
    done = subprocess.run([*words, "--token", "nonsense"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 3 and done.stderr.startswith("error: the server does not know this token\ncure: give --data"), done


def figures(demo):
    begin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 900))
    oee = demo.get(f"/api/v1/kpi/oee?twin=line-01&from={begin}")
    assert oee["unit"] == "oven-01" and oee["standard"] == "ISO 22400-2", oee
    assert 800 < oee["plannedBusySeconds"] < 1000 and 0 < oee["good"] <= oee["total"], oee
    product = oee["availability"] * oee["effectiveness"] * oee["quality"]
    assert abs(product - oee["oee"]) < 1e-9 and 0.2 < oee["oee"] < 1, oee
    # The same counters by hand, from the rows of history.
    rows = demo.get(f"/api/v1/history/oven-01?property=totalCount&from={begin}&to={oee['to']}&limit=5000")["rows"]
    counts = [row[1] for row in rows]
    assert 0 <= oee["total"] - (counts[-1] - counts[0]) <= 6, (oee, counts[0], counts[-1])
    assert not demo.get("/api/v1/rejects")["items"], "something of the plant was refused"


with tempfile.TemporaryDirectory(prefix="pollux-demo-") as base:
    folder = os.path.join(base, "data")
    demo = Demo(folder)
    try:
        demo.wait_for_plants(1)
        both_ways(demo)
        faults(demo)
        figures(demo)
        # A plant that is killed is started again.
        os.kill(demo.plants()[0], signal.SIGKILL)
        time.sleep(0.3)
        demo.wait_for_plants(1)
        # kill -9 of the demo: no plant is left behind.
        demo.process.kill()
        demo.process.wait()
        demo.wait_for_plants(0, 5)

        demo = Demo(folder)
        demo.wait_for_plants(1)
        assert len(json.loads(demo.run("twin", "list", "--json"))) == 12
        count = int(demo.run("history", "oven-01", "--property", "totalCount", "--count"))
        assert count > 400, f"the history of the first run is gone: {count}"
        demo.wait_for("cnc-01", "the plant speaks again", run=True)
        begin = time.monotonic()
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(10) == 0, demo.process.returncode
        assert time.monotonic() - begin < 5, "the end took too long"
        demo.wait_for_plants(0, 1)
    finally:
        if demo.process.poll() is None:
            demo.process.kill()
            print("".join(demo.lines[-30:]))
print("ok")
