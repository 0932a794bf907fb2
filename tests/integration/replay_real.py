# SPDX-License-Identifier: Apache-2.0
"""The main job on real input: every recorded pump-loop and milling run is replayed into a twin of a model
written by hand, through kill -9 of the server. The twin is the last row, the history is the file."""
import csv
import glob
import json
import os
import random
import sys
from datetime import datetime, timedelta
from decimal import Decimal

import midway
from pollux import Server, main

MODELS = os.path.join(os.path.dirname(__file__), "models")
FOLDER = os.path.join(os.environ.get("PX_SHARED_DATA", ""), "series/manufacturing")
PUMP = {"Accelerometer1RMS": "vibration1", "Accelerometer2RMS": "vibration2", "Current": "current", "Pressure": "pressure",
        "Temperature": "engineTemperature", "Thermocouple": "fluidTemperature", "Voltage": "voltage",
        "Volume Flow RateRMS": "flow", "anomaly": "anomaly", "changepoint": "changepoint"}
MILL = {"M_CURRENT_PROGRAM_NUMBER": "program", "M_sequence_number": "sequence", "M_CURRENT_FEEDRATE": "feedrate",
        "Machining_Process": "process", "INSPECT": "inspect"}
START = datetime(2026, 1, 1)


def columns(path):
    with open(path, newline="") as f:
        header = f.readline().strip().split("," if "cnc_mill" in path else ";")
    if "cnc_mill" in path:
        return {c: MILL.get(c, c) for c in header}
    return {c: PUMP[c] for c in header if c != "datetime"}


def read(path, names):
    """[(time, {property: text})] by Python's own CSV reader."""
    with open(path, newline="") as f:
        rows = list(csv.DictReader(f, delimiter="," if "cnc_mill" in path else ";"))
    for i, row in enumerate(rows):
        when = datetime.fromisoformat(row["datetime"]) if "datetime" in row else START + i * timedelta(milliseconds=100)
        rows[i] = when, {names[c]: text for c, text in row.items() if c in names and text != ""}
    return rows


def agree(got, text):
    """The same text; what was written with an exponent, the same number."""
    return got == text or ("E" in text.upper() and Decimal(got) == Decimal(text))


def check(s, path, twin, names):
    rows = read(path, names)
    shown = json.loads(s.cli("twin", "show", twin, "--json"), parse_float=str, parse_int=str)["values"]
    last = {}
    for _, cells in rows:
        last.update(cells)
    for name, text in last.items():
        assert agree(shown[name]["value"], text), (path, name, shown[name], text)
    got = [json.loads(line, parse_float=str, parse_int=str) for line in s.cli("history", twin, "--json").splitlines()]
    assert len(got) == len(rows), (path, len(got), len(rows))
    for (when, cells), row in zip(rows, got):
        assert datetime.fromisoformat(row.pop("$ts")).replace(tzinfo=None) == when, (path, when)
        row = {k: v for k, v in row.items() if v is not None}
        assert row.keys() == cells.keys(), (path, when, row.keys() ^ cells.keys())
        for name, text in cells.items():
            assert agree(row[name], text), (path, when, name, row[name], text)
    counts = s.json("history", twin, "--count")["counts"]
    for name in last:
        assert counts[name] == sum(name in cells for _, cells in rows), (path, name, counts[name])
    return len(rows)


def every_recorded_run_survives_kill_9():
    paths = sorted(glob.glob(f"{FOLDER}/skab/*/*.csv")) + sorted(glob.glob(f"{FOLDER}/cnc_mill/experiment_*.csv"))
    if not paths:
        print("skipped: no recorded runs, PX_SHARED_DATA has no series/manufacturing")
        sys.exit(77)
    chance, rows, kills = random.Random(7), 0, 0
    with Server() as s:
        for model in ("pump", "mill"):
            s.cli("model", "upload", os.path.join(MODELS, f"{model}.json"))
        for n, path in enumerate(paths):
            twin, names, mill = f"run-{n}", columns(path), "cnc_mill" in path
            s.cli("twin", "create", twin, "--model", f"dtmi:pollux:test:{'Mill' if mill else 'PumpLoop'};1")
            key = s.json("device", "add", f"d-{n}", "--twin", twin)["key"]
            clock = ["--period", "100ms", "--start", "2026-01-01T00:00:00Z"] if mill else ["--time", "datetime", "--tz", "UTC"]
            length = len(read(path, names))
            pace = str(length * (0.1 if mill else 1) / (4 if n == 0 else 1.5))  # a second or so: a middle to hit
            process = s.cli_start("replay", path, "--device", f"d-{n}", "--twin", twin, "--key", key, "--json", "--mqtt",
                                  s.mqtt_address, "--speed", pace, "--map", ",".join(f"{c}={p}" for c, p in names.items()), *clock)
            parts = (0.2, 0.45, 0.7) if n == 0 else (chance.uniform(0.1, 0.5),)
            midway.kill(s, process, twin, length, parts)
            summary = midway.finish(process, path, len(parts))
            count = check(s, path, twin, names)
            assert summary["acknowledged"] == count, (path, summary)
            kills += len(parts)
            rows += count
        s.stop()
        s.start()
        for n, path in enumerate(paths):
            check(s, path, f"run-{n}", columns(path))
    print(f"    {len(paths)} runs, {rows} rows, {kills} kills in the middle", flush=True)


main(every_recorded_run_survives_kill_9)
