# SPDX-License-Identifier: Apache-2.0
"""Recorded runs are replayed into twins while the server is killed (kill -9) and started again: the
twin is the last row, the history is the file, row by row, digit for digit; nothing lost or doubled."""
import glob
import json
import os
import random
import subprocess
import tempfile
import time
from decimal import Decimal

import midway
from pollux import PROGRAM, Server, main

SHARED = os.environ.get("PX_SHARED_DATA", "")
FOLDER = os.path.join(SHARED, "series/manufacturing")


def made_up(folder, rows):
    path = os.path.join(folder, "made_up.csv")
    with open(path, "w") as f:
        f.write("datetime;Flow RateRMS;Pressure;Count\n")
        for i in range(rows):
            f.write(f"2020-02-08 {i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d};{i * 7 % 1000}.{i % 100:02d}0;-0.{i + 1:06d};{i}\n")
    return path


def runs(folder):
    found = [made_up(folder, 20000)]
    for pattern in ("skab/*/*.csv", "cnc_mill/experiment_*.csv"):
        found += sorted(glob.glob(os.path.join(FOLDER, pattern)))
    if len(found) == 1:
        print("the recorded runs are not here; only a made-up one is replayed")
    return found


def read_rows(path):
    """The file as [(time, {property: text})], by other code than the replayer's."""
    separator = "," if "cnc_mill" in path else ";"
    with open(path, encoding="utf-8-sig", newline="") as f:
        lines = [line for line in f.read().splitlines() if line]
    names = [n.replace(" ", "_") for n in lines[0].split(separator)]
    rows = []
    for i, line in enumerate(lines[1:]):
        cells = dict(zip(names, line.split(separator)))
        stamp = cells.pop("datetime", None)
        stamp = stamp.replace(" ", "T") + "Z" if stamp else time.strftime("2026-01-01T%H:%M:", time.gmtime(i // 10)) + \
            f"{i // 10 % 60:02d}" + (f".{i % 10}" if i % 10 else "") + "Z"
        rows.append((stamp, {k: v for k, v in cells.items() if v != ""}))
    return names, rows


def same(got, text):
    """What came is what the file says, digit for digit; a number with an exponent may be spelt otherwise."""
    return got == text or ("e" in text.lower() and Decimal(got) == Decimal(text))


def prepare(s, path, twin):
    model = f"dtmi:run:{twin.replace('-', '_')};1"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        f.write(subprocess.run([PROGRAM, "model", "suggest", path, "--id", model, *(["--map", "auto"])],
                               capture_output=True, text=True, check=True).stdout)
        f.flush()
        s.cli("model", "upload", f.name)
    s.cli("twin", "create", twin, "--model", model)
    return s.json("device", "add", f"d-{twin}", "--twin", twin)["key"]


def replay(s, path, twin, key, speed="max"):
    clock = ["--period", "100ms", "--start", "2026-01-01T00:00:00Z"] if "cnc_mill" in path else ["--time", "datetime"]
    return s.cli_start("replay", path, "--device", f"d-{twin}", "--twin", twin, "--key", key, "--mqtt", s.mqtt_address, "--json",
                       "--speed", speed, *clock)


def check(s, path, twin):
    names, rows = read_rows(path)
    last = {}
    for _, cells in rows:
        last.update(cells)
    values = json.loads(s.cli("twin", "show", twin, "--json"), parse_float=str, parse_int=str)["values"]
    for name, text in last.items():
        assert same(values[name]["value"], text), (path, name, values[name], text)
    got = [json.loads(line, parse_float=str, parse_int=str) for line in s.cli("history", twin, "--json").splitlines()]
    assert len(got) == len({stamp for stamp, _ in rows}), (path, len(got), len(rows))
    by_time = {row.pop("$ts"): {k: v for k, v in row.items() if v is not None} for row in got}
    for stamp, cells in rows:
        row = by_time.get(stamp)
        assert row is not None, (path, stamp)
        assert row.keys() == cells.keys(), (path, stamp, row.keys() ^ cells.keys())
        for name, text in cells.items():
            assert same(row[name], text), (path, stamp, name, row[name], text)
    return len(rows)


def killed_in_the_middle():
    chance = random.Random(os.environ.get("PX_SEED", "5"))
    with tempfile.TemporaryDirectory() as folder, Server() as s:
        for n, path in enumerate(runs(folder)):
            twin, rows = f"run-{n}", read_rows(path)[1]
            key = prepare(s, path, twin)
            # the made-up one as fast as it goes; the others within a second, so that there is a middle to hit
            pace = "max" if n == 0 else str(len(rows) * (0.1 if "cnc_mill" in path else 1))
            process = replay(s, path, twin, key, pace)
            parts = (0.2, 0.45, 0.7) if n == 0 else (chance.uniform(0.1, 0.5),)
            midway.kill(s, process, twin, len(rows), parts)
            summary = midway.finish(process, path, len(parts))
            count = check(s, path, twin)
            assert summary["acknowledged"] == count and summary["bad"] == 0, (summary, count)
            print(f"    {os.path.relpath(path, FOLDER if SHARED and path.startswith(FOLDER) else folder)}: {count} rows, {len(parts)} kills, "
                  f"{summary['resent']} sent again, {summary['seconds']} s", flush=True)


main(killed_in_the_middle)
