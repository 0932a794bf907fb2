# SPDX-License-Identifier: Apache-2.0
"""A recorded file is played at our own MQTT door: a slow engine, a busy one, a refused device, a door
that is shut behind the message."""
import json
import os
import subprocess
import tempfile
import time

from mqtt_echo import Client, Echo, until

POLLUX = os.environ["POLLUX"]


def start(echo, path, device="pump-1", twin="pump-1", words=("--json",)):
    return subprocess.Popen([POLLUX, "replay", path, "-d", device, "-k", "k", "-t", twin, *words, "--mqtt",
                             f"127.0.0.1:{echo.port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process, code=0):
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, (process.returncode, out, err)
    return json.loads(out) if out else None, err


def payloads(rows):
    return [f'{{"$ts":"2020-01-01T00:{i // 60:02d}:{i % 60:02d}Z","a":{i}}}'.encode() for i in range(rows)]


def a_held_engine_holds_the_window(echo, path):
    watcher = Client(echo.port, "watcher")
    watcher.subscribe("twins/pump-1/telemetry")
    echo.say("hold")
    before = echo.stats()["publish_in"]
    process = start(echo, path)
    until(lambda: echo.stats()["publish_in"] - before >= 100, "a full window")
    time.sleep(0.3)
    assert echo.stats()["publish_in"] - before == 100, echo.stats()
    assert process.poll() is None
    echo.say("release")
    summary, _ = end(process)
    assert summary["acknowledged"] == summary["sent"] == 1000 and summary["resent"] == 0, summary
    until(lambda: len(watcher.got) == 1000, "deliveries")
    assert [payload for _, payload, _ in watcher.got] == payloads(1000)
    watcher.close()


def a_busy_door_is_waited_for(echo, path):
    echo.say("busy")
    echo.stats()
    process = start(echo, path)
    time.sleep(1.0)
    assert process.poll() is None
    echo.say("free")
    summary, _ = end(process)
    assert summary["acknowledged"] == 1000 and summary["refused"] == 0, summary


def a_full_disk_is_waited_for(echo, path):
    echo.say("full")
    before = echo.stats()["publish_in"]
    process = start(echo, path, words=())
    until(lambda: echo.stats()["publish_in"] - before >= 200, "a second try")
    time.sleep(4)  # long enough for a word about it
    echo.say("room")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, (out, err)
    summary, lines = {line.split()[0]: float(line.split()[1]) for line in out.splitlines()}, err.splitlines()
    assert len(lines) == 3 and lines[0].startswith("pollux: waiting, since the server takes nothing now: "), err
    assert "disk is full" in lines[0] and lines[1] == "pollux: the server takes messages again", err
    assert summary["acknowledged"] == summary["sent"] == 1000 and summary["refused"] == 0, summary
    assert summary["resent"] >= 100, summary


def rows_that_are_refused_are_named_and_counted(echo, path):
    summary, err = end(start(echo, path, twin="odd"), 2)
    assert summary["refused"] == summary["sent"] == 1000 and summary["acknowledged"] == 0, summary
    lines = err.splitlines()
    assert lines[0].startswith(f"{path}:2: refused: "), lines[0]
    assert "further complaints are only counted" in err and len(lines) < 30, err
    assert "1000 of 1000 rows were not taken" in lines[-1], lines[-1]


def an_unknown_device_is_refused_at_once(echo, path):
    summary, err = end(start(echo, path, device="bad"), 3)
    assert summary is None and "the server does not know the device 'bad' with this key" in err, err


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pump.csv")
        with open(path, "w") as f:
            f.write("time,a\n" + "".join(f"2020-01-01 00:{i // 60:02d}:{i % 60:02d},{i}\n" for i in range(1000)))
        with Echo() as echo:
            for story in (a_held_engine_holds_the_window, a_busy_door_is_waited_for, a_full_disk_is_waited_for,
                          rows_that_are_refused_are_named_and_counted, an_unknown_device_is_refused_at_once):
                story(echo, path)
                print("ok", story.__name__)


main()
