# SPDX-License-Identifier: Apache-2.0
"""Speed and size of the program as shipped, beside its peers in the same run. docs/benchmarks.md says what each row means.

  tests/bench/run [--rows NAME,NAME] [--rounds 5] [--seconds 3] [--twins 1000000] [--long] [--work DIR]
"""
import argparse
import glob
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import postgres
from crowd import bytes_each
from servers import BUILD, VERSION, Bare, Consumer, Mosquitto, Pollux, certificate, end_tool, fdatasync, free_port, more_files, rss, start_tool, tool

rows = []


def row(name, measured, peer, ratio, gate, ok, worst):
    rows.append((name, measured, peer, ratio, gate, "ok" if ok else "short", worst))
    print("    ", *rows[-1], sep="  ", flush=True)


def say(*words):
    print("  ..", *words, flush=True)


def thousands(rate):
    return f"{rate / 1000:.1f} k/cs"


def per_cpu(result):
    """Work per CPU second; a round that the clock of 10 ms cannot judge is refused."""
    assert result["cpu"] >= 0.05 and result.get("failed", 0) == 0, result
    return result["messages"] / result["cpu"]


def against(name, gate, rounds, ours, theirs):
    """Rounds of ours and theirs by turns; the median of each decides, the worst pair is told."""
    mine, peers = [], []
    for n in range(rounds):
        mine.append(per_cpu(ours()))
        peers.append(per_cpu(theirs()))
        say(f"{name} {n + 1}: {thousands(mine[-1])} beside {thousands(peers[-1])}")
    ratio = statistics.median(mine) / statistics.median(peers)
    worst = min(a / b for a, b in zip(mine, peers))
    row(name, thousands(statistics.median(mine)), thousands(statistics.median(peers)), f"{ratio:.2f}", f">= {gate}", ratio >= gate, f"{worst:.2f}")


# ---- rows ----

def decode(o):
    """px_bench_json has its own rounds, and prints them."""
    text = subprocess.run([os.path.join(BUILD, "tests/bench/px_bench_json")], capture_output=True, text=True, check=True).stdout
    rates = {m[0].strip(): [float(x) for x in m[1:]] for m in re.findall(r"^([^\d\n]+?) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", text, re.M)}
    median, worst, _, ratio = rates["decode by the model"]
    peer = rates["jansson"][0]
    row("decode of 148 bytes", f"{median:.2f} M/cs", f"{peer:.2f} M/cs", f"{ratio:.2f}", ">= 8", ratio >= 8, f"{worst / peer:.2f}")


def sparkplug(o):
    text = subprocess.run([os.path.join(BUILD, "tests/bench/px_bench_sparkplug")], capture_output=True, text=True, check=True).stdout
    median, worst = (float(x) for x in re.match(r"sparkplug: ([\d.]+) M metrics/s \(([\d.]+) to ", text).groups())
    row("Sparkplug B, 100 metrics a message", f"{median:.2f} M/cs", "", "", ">= 6 M/cs", median >= 6, f"{worst:.2f} M/cs")


def sparknode(o):
    """The same through the whole server: door, aliases, twins with a hundred numbers, history, disk."""
    pollux, rates = Pollux(o.work), []
    try:
        nodes = pollux.nodes(16)
        for n in range(o.rounds):
            result = tool("px_load_mqtt", ("port", pollux.mqtt), ("pid", pollux.pid), ("clients", nodes), ("connections", 16), ("inflight", 100),
                          ("spark", 1), ("seconds", o.seconds))
            rates.append(per_cpu(result) * 100)
            say(f"sparknode {n + 1}: {rates[-1] / 1e6:.2f} M metrics/cs, {result['messages'] / result['seconds']:.0f} messages/s")
        figures = pollux.figures()
        assert figures["pollux_sparkplug_gaps_total"] == figures["pollux_sparkplug_unborn_total"] == 0, "messages were not understood"
        median = statistics.median(rates) / 1e6
        row("Sparkplug B, 100 metrics a message, server", f"{median:.2f} M/cs", "", "", ">= 6 M/cs", median >= 6, f"{min(rates) / 1e6:.2f} M/cs")
    finally:
        pollux.stop()


def language(o):
    """px_bench_model has its own rounds; the ontology is real test data, and the row is left out without it."""
    data = os.environ.get("PX_SHARED_DATA", "../shared/data")
    ontology = os.path.join(data, "dtdl/ontologies/rec-brick.ndjson")
    if not os.path.exists(ontology):
        return say("language: no", ontology)
    text = subprocess.run([os.path.join(BUILD, "tests/bench/px_bench_model"), ontology], capture_output=True, text=True, check=True).stdout
    count, ms, mib = re.search(r"(\d+) Interfaces, .*: ([\d.]+) ms CPU, ([\d.]+) MiB", text).groups()
    sets = int(re.search(r"(\d+) sets a second", text)[1])
    row(f"validate {count} Interfaces", f"{ms} ms CPU", "", "", "<= 150 ms", float(ms) <= 150, "")
    row(f"validate {count} Interfaces", f"{mib} MiB", "", "", "<= 64 MiB", float(mib) <= 64, "")
    row("validate small models, a line each", f"{sets}/s", "", "", ">= 5000", sets >= 5000, "")
    validate_each(o, data)


def validate_each(o, data):
    """The program as users run it, on what conformance cases look like: valid and invalid sets, a line each, from a file to a pipe."""
    cases = os.path.join(data, "dtdl/parser-cases/cases.ndjson")
    if not os.path.exists(cases):
        return say("validate --each: no", cases)
    lines, rates = os.path.join(o.work, "sets.ndjson"), []
    with open(cases) as source, open(lines, "w") as packed:
        count = sum(packed.write(json.dumps(json.loads(case)["input"]) + "\n") > 0 for case in source)
    for _ in range(o.rounds):
        began = time.monotonic()
        done = subprocess.run([os.path.join(BUILD, "pollux"), "model", "validate", "--each", lines], stdout=subprocess.PIPE, check=True)
        rates.append(count / (time.monotonic() - began))
        assert done.stdout.count(b"\n") == count, "not a verdict for each line"
    rate = statistics.median(rates)
    row(f"validate --each, {count} sets", f"{rate / 1000:.1f} k/s", "", "", ">= 5 k/s", rate >= 5000, f"{min(rates) / 1000:.1f} k/s")


def mqtt(o):
    for connections, inflight, gate in ((200, 1, 0.8), (16, 100, 5)):
        # The peer's own default is 20 messages in flight; it gets the row's, so that both are asked the same.
        pollux, peer = Pollux(o.work), Mosquitto(o.work, max(20, inflight))
        try:
            clients = pollux.pumps(connections)

            def load(server):
                return tool("px_load_mqtt", ("port", server.mqtt), ("pid", server.pid), ("clients", clients), ("connections", connections),
                            ("inflight", inflight), ("seconds", o.seconds))
            against(f"MQTT QoS 1, {connections} x {inflight}", gate, o.rounds, lambda: load(pollux), lambda: load(peer))
        finally:
            pollux.stop()
            peer.stop()


def consumer(o):
    """Whole CPU of a message: ours takes it into twin, history and disk; theirs is a broker and a consumer that only counts. At a rate
    at which no wake-up of a server finds two messages."""
    pollux, peer = Pollux(o.work), Mosquitto(o.work)
    behind = Consumer(peer.mqtt)
    try:
        clients = pollux.pumps(200)

        def load(server, *more):
            return tool("px_load_mqtt", ("port", server.mqtt), ("pid", server.pid), ("clients", clients), ("connections", 200), ("inflight", 1),
                        ("rate", 4000), ("seconds", o.seconds), *more)
        against("MQTT QoS 1, 200 at 4 k/s, with a consumer", 3, o.rounds, lambda: load(pollux), lambda: load(peer, ("beside", behind.pid)))
    finally:
        got = behind.stop()["messages"]
        pollux.stop()
        peer.stop()
    assert got >= 0.95 * 4000 * o.seconds * o.rounds, f"the consumer got {got} messages"


def qos0(o):
    """Each message into twin and history; the peer throws it away, for nobody subscribed."""
    pollux, peer = Pollux(o.work), Mosquitto(o.work)
    try:
        clients = pollux.pumps(16)

        def load(server):
            return tool("px_load_mqtt", ("port", server.mqtt), ("pid", server.pid), ("clients", clients), ("connections", 16), ("qos", 0),
                        ("rate", 50000), ("seconds", o.seconds))
        against("MQTT QoS 0, twin and history, at 50 k/s", 2.5, o.rounds, lambda: load(pollux), lambda: load(peer))
    finally:
        pollux.stop()
        peer.stop()


def plain(o):
    """One subscriber gets all that 16 publishers say to plain topics, at a steady rate; every message has to arrive."""
    rate = 50000
    for qos in (0, 1):
        pollux, peer = Pollux(o.work), Mosquitto(o.work, 100)
        clients = os.path.join(o.work, f"plain-{qos}")
        with open(clients, "w") as f:
            f.writelines(f"me {pollux.token} plain/{i:04d}/value\n" for i in range(16))

        def load(server):
            subscriber = start_tool("px_load_sub", ("port", server.mqtt), ("token", pollux.token), ("qos", qos), ("seconds", o.seconds + 2))
            time.sleep(0.3)
            result = tool("px_load_mqtt", ("port", server.mqtt), ("pid", server.pid), ("clients", clients), ("connections", 16),
                          ("inflight", 20), ("qos", qos), ("rate", rate), ("seconds", o.seconds))
            got = end_tool(subscriber)["messages"]
            if got < 0.99 * rate * o.seconds:
                say(f"only {got} of about {rate * (o.seconds + 0.5):.0f} messages came")
            return result
        try:
            against(f"plain publish, one subscriber, QoS {qos}, at {rate // 1000} k/s", 2, o.rounds, lambda: load(pollux), lambda: load(peer))
        finally:
            pollux.stop()
            peer.stop()


def web(o):
    pollux = Pollux(o.work)
    try:
        dtmi = pollux.model("Tank", level=("Property", "double"), inflow=("Property", "double"), outflow=("Property", "double"),
                            valve=("Property", "string"))
        for i in range(64):
            pollux.twin(f"tank-{i:04d}", dtmi)
            pollux.ask("PATCH", f"/digitaltwins/tank-{i:04d}?{VERSION}",
                       [{"op": "add", "path": f"/{n}", "value": v} for n, v in (("level", 1.5), ("inflow", 2.25), ("outflow", 2), ("valve", "open"))])
        path = ("path", f"/digitaltwins/tank-%04ld?{VERSION}")
        patch = ("method", "PATCH"), ("body", '[{"op":"replace","path":"/level","value":%4ld.5}]')

        def load(server, *more):
            token = (("token", pollux.token),)
            return tool("px_load_http", ("port", server.http), ("pid", server.pid), ("connections", 64), ("seconds", o.seconds), ("modulo", 64),
                        path, *token, *more)
        size = len(pollux.ask("GET", f"/digitaltwins/tank-0001?{VERSION}").__repr__())
        peer = Bare(size)
        try:
            against("HTTP GET twin, 64", 0.5, o.rounds, lambda: load(pollux), lambda: load(peer))
            against("HTTP PATCH, durable, 64", 0.3, o.rounds, lambda: load(pollux, *patch), lambda: load(peer, *patch))
        finally:
            peer.stop()
    finally:
        pollux.stop()


def watcher(o):
    """Device to watcher at 10,000 messages/s; the disk is asked before and after each round."""
    pollux = Pollux(o.work)
    try:
        clients = pollux.pumps(100)
        for by in ("sse", "mqtt"):
            p50, p99, disk50, disk99, worst = [], [], [], [], 0
            for _ in range(o.rounds):
                before = fdatasync(pollux.folder)
                watch = start_tool("px_load_watch", ("port", pollux.mqtt if by == "mqtt" else pollux.http), ("token", pollux.token), ("by", by),
                                   ("seconds", o.seconds))
                load = tool("px_load_mqtt", ("port", pollux.mqtt), ("pid", pollux.pid), ("clients", clients), ("connections", 100),
                            ("inflight", 100), ("rate", 10000), ("seconds", o.seconds + 1))
                ages, after = end_tool(watch), fdatasync(pollux.folder)
                disk50.append((before["p50_us"] + after["p50_us"]) / 2)
                disk99.append((before["p99_us"] + after["p99_us"]) / 2)
                p50.append(ages["p50_us"])
                p99.append(ages["p99_us"])
                worst = max(worst, ages["worst_us"])
                say(f"{by}: {ages['messages']} changes, p50 {p50[-1]} us, p99 {p99[-1]} us, fdatasync {disk50[-1]:.0f} and {disk99[-1]:.0f} us,",
                    f"PUBACK p50 {load['p50_us']} us")
                assert ages["messages"] > 0
            for part, got, disk, fixed in (("p50", p50, disk50, 700), ("p99", p99, disk99, 3000)):
                limit = fixed + 2 * statistics.median(disk)
                took = statistics.median(got)
                row(f"device to watcher ({by}), {part}", f"{took / 1000:.2f} ms", f"{statistics.median(disk) / 1000:.2f} ms fdatasync",
                    f"{took / limit:.2f}", f"<= {limit / 1000:.2f} ms", took <= limit, f"{worst / 1000:.1f} ms")
    finally:
        pollux.stop()


def quick(o):
    """QoS 0 to one watcher by MQTT at 10,000 messages/s: ours has been checked, is in the twin and on the disk; the peer hands it on."""
    pollux, peer = Pollux(o.work), Mosquitto(o.work)
    try:
        clients, took = pollux.pumps(100), {pollux: [], peer: []}
        for n in range(o.rounds):
            for server, topics in ((pollux, "twins/+/state"), (peer, "twins/+/telemetry")):
                watch = start_tool("px_load_watch", ("port", server.mqtt), ("token", pollux.token), ("by", "mqtt"), ("filter", topics),
                                   ("seconds", o.seconds))
                tool("px_load_mqtt", ("port", server.mqtt), ("pid", server.pid), ("clients", clients), ("connections", 100),
                     ("qos", 0), ("rate", 10000), ("seconds", o.seconds + 1))
                ages = end_tool(watch)
                assert ages["messages"] > 0
                took[server].append(ages["p50_us"])
            say(f"QoS 0 to a watcher {n + 1}: p50 {took[pollux][-1]} us, beside {took[peer][-1]} us")
        ours, theirs = (statistics.median(took[server]) / 1000 for server in (pollux, peer))
        row("device to watcher (mqtt, QoS 0), p50", f"{ours:.2f} ms", f"{theirs:.2f} ms", f"{ours / theirs:.2f}", "<= 2", ours <= 2 * theirs,
            f"{max(took[pollux]) / 1000:.2f} ms")
    finally:
        pollux.stop()
        peer.stop()


def crowd(o):
    """Watchers that read all, then watchers that read nothing: of a change that comes while one is full only the newest is kept for it."""
    pollux = Pollux(o.work)
    count, rate, slow = 200, 500, 100
    try:
        clients, rates = pollux.pumps(16), []

        def publish(rate):
            return start_tool("px_load_mqtt", ("port", pollux.mqtt), ("pid", pollux.pid), ("clients", clients), ("connections", 16),
                              ("inflight", 100), ("rate", rate), ("seconds", o.seconds + 3))

        def watch(count, *more):
            return start_tool("px_load_watchers", ("port", pollux.http), ("token", pollux.token), ("pid", pollux.pid), ("connections", count), *more)
        for n in range(o.rounds):
            load = publish(rate)
            result = end_tool(watch(count, ("seconds", o.seconds)))
            end_tool(load)
            rates.append(per_cpu(result))
            say(f"watchers {n + 1}: {result['messages'] / result['seconds'] / 1000:.0f} k frames/s, {thousands(rates[-1])}")
        median = statistics.median(rates)
        row(f"{count} watchers, frames pushed", thousands(median), "", "", ">= 150 k/cs", median >= 150e3, thousands(min(rates)))
        rates = []
        for n in range(o.rounds):
            stalled, load = watch(slow, ("stalled", 1), ("seconds", o.seconds + 3)), publish(10000)
            time.sleep(2)  # their queues are full
            before, used = pollux.figures()["pollux_stream_conflated_total"], cpu(pollux.pid)
            time.sleep(o.seconds)
            result = {"messages": pollux.figures()["pollux_stream_conflated_total"] - before, "cpu": cpu(pollux.pid) - used}
            end_tool(load)
            end_tool(stalled)
            rates.append(per_cpu(result))
            say(f"stalled watchers {n + 1}: {result['messages'] / o.seconds / 1000:.0f} k conflated/s, {thousands(rates[-1])}")
        median = statistics.median(rates)
        row(f"{slow} stalled watchers, conflated updates", thousands(median), "", "", ">= 2000 k/cs", median >= 2e6, thousands(min(rates)))
    finally:
        pollux.stop()


def connections(o):
    """Idle ones, let in with a token: what each takes of the server's memory. 18,000 are as many as 20,000 files allow."""
    count = min(18000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] * 9 // 10)
    for tls, gate in ((False, 8), (True, 40)):
        options, port = [], free_port()
        if tls:
            cert, key = certificate(o.work)
            options = ["--mqtts", f"127.0.0.1:{port}", "--tls-cert", cert, "--tls-key", key]
        pollux = Pollux(o.work, options)
        try:
            each, before = bytes_each(pollux.pid, port if tls else pollux.mqtt, pollux.token, count, tls)
            row(f"{count} idle connections, {'TLS' if tls else 'plain'}", f"{each / 1024:.1f} KiB each", f"{before / 1e6:.0f} MB before",
                f"{each / 1024 / gate:.2f}", f"<= {gate} KiB", each <= gate * 1024, "")
        finally:
            pollux.stop()


def fill(pollux, dtmi, first, count):
    """Twins with ids of 12 characters, then eight numbers for each, each with its own source time."""
    began = time.monotonic()
    made = tool("px_load_http", ("port", pollux.http), ("pid", pollux.pid), ("method", "PUT"), ("connections", 256), ("count", count), ("first", first),
                ("path", f"/digitaltwins/m%011ld?{VERSION}"), ("body", '{"$metadata":{"$model":"%s"}}' % dtmi), ("token", pollux.token))
    assert made["failed"] == 0, made
    say(f"{count} twins made in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    users = os.path.join(pollux.folder, "admin-clients")
    with open(users, "w") as f:
        f.writelines(f"admin {pollux.token} none\n" for _ in range(16))
    tool("px_load_mqtt", ("port", pollux.mqtt), ("pid", pollux.pid), ("clients", users), ("connections", 16), ("inflight", 100), ("twins", count),
         ("twin-first", first))
    say(f"eight numbers for each in {time.monotonic() - began:.1f} s")


def settle(pollux, seconds):
    """Until what is held for a while (open rows, twins not yet written) is written."""
    time.sleep(seconds)
    return rss(pollux.pid)


def eight(pollux):
    return pollux.model("Eight", **{f"p{i}": ("Property", "double") for i in range(1, 9)})


def memory(o):
    pollux = Pollux(o.work, checkpoint_s=10)
    try:
        dtmi = eight(pollux)
        # What the program keeps of any load (journal ring, history buffers, page cache) is full before the first reading:
        # the difference is then what twins take.
        # What a load leaves free goes back in a quiet minute, before the first reading and before the second.
        fill(pollux, dtmi, 90000000, max(1000, o.twins * 3 // 10))
        before = settle(pollux, 75)
        fill(pollux, dtmi, 0, o.twins)
        loaded, after = rss(pollux.pid), settle(pollux, 75)
        each, worst = (after - before) / o.twins, (max(loaded, after) - before) / o.twins
        row("memory of a twin, 8 numbers", f"{each:.0f} bytes", f"{before / 1e6:.0f} MB before", f"{each / 300:.2f}", "<= 300 bytes", each <= 300,
            f"{worst:.0f} bytes")
        ready(o, pollux, dtmi)
    finally:
        pollux.stop()


def ready(o, pollux, dtmi):
    """kill -9 at the end of a checkpoint's round under load: the tail is as full as it gets."""
    users = os.path.join(pollux.folder, "admin-clients")
    took = []
    for _ in range(max(1, o.rounds // 2)):
        tool("px_load_mqtt", ("port", pollux.mqtt), ("pid", pollux.pid), ("clients", users), ("connections", 16), ("inflight", 100),
             ("twins", o.twins))
        pollux.kill()
        took.append(pollux.start())
        say(f"ready after {took[-1]:.2f} s")
    row("ready after kill -9", f"{statistics.median(took):.2f} s", f"{o.twins} twins", f"{statistics.median(took) / 5:.2f}", "<= 5 s",
        statistics.median(took) <= 5, f"{max(took):.2f} s")


def query(o):
    """Ingest with and without a client that asks over all twins again and again."""
    pollux = Pollux(o.work)
    try:
        fill(pollux, eight(pollux), 0, o.twins)
        clients = pollux.pumps(16)
        asked, over = [0], threading.Event()

        def ask():
            while not over.is_set():
                pollux.ask("POST", f"/query?{VERSION}", {"query": "SELECT COUNT() FROM DIGITALTWINS WHERE p1 > 990 AND p2 < 10"})
                asked[0] += 1

        def load():
            return tool("px_load_mqtt", ("port", pollux.mqtt), ("pid", pollux.pid), ("clients", clients), ("connections", 16), ("inflight", 100),
                        ("seconds", o.seconds))
        alone, beside = [], []
        for _ in range(o.rounds):
            result = load()
            alone.append(result["messages"] / result["seconds"])
            over.clear()
            thread = threading.Thread(target=ask)
            thread.start()
            result = load()
            over.set()
            thread.join()
            beside.append(result["messages"] / result["seconds"])
            say(f"{alone[-1] / 1000:.0f} k/s alone, {beside[-1] / 1000:.0f} k/s beside the query ({asked[0]} answered)")
        ratio = statistics.median(beside) / statistics.median(alone)
        row("ingest beside a query", f"{statistics.median(beside) / 1000:.0f} k/s", f"{statistics.median(alone) / 1000:.0f} k/s alone", f"{ratio:.2f}",
            ">= 0.6", ratio >= 0.6, f"{min(b / a for a, b in zip(alone, beside)):.2f}")
    finally:
        pollux.stop()


def index(o):
    """px_bench_query has its own rounds, and prints them: the same question before and after an index of the property."""
    words = [os.path.join(BUILD, "tests/bench/px_bench_query"), str(o.twins)]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    took = {}
    for what, ms in re.findall(r"^(.+?) {2,}.*? ([\d.]+) ms", text, re.M):
        took.setdefault(what.strip(), []).append(float(ms))
    scan, wide = took["COUNT() p3 > 1000"]
    narrow = took["COUNT() p3 in a thousandth"][0]
    row("WHERE over one number, no index", f"{scan:.1f} ms", f"{o.twins} twins", f"{scan / 90:.2f}", "<= 90 ms CPU", scan <= 90, "")
    row("the same by an index, few twins", f"{narrow:.3f} ms", f"{scan:.1f} ms", f"{narrow / scan:.4f}", "<= 0.2 ms CPU", narrow <= 0.2, "")
    row("the same by an index, half of all", f"{wide:.1f} ms", f"{scan:.1f} ms", f"{wide / scan:.2f}", "<= 1", wide <= scan, "")


def traverse(o):
    """Walks over relationships by themselves, and the same on PostgreSQL: the same data, the same starts, one after the other."""
    result = tool("px_traverse", ("twins", o.twins), ("rounds", o.rounds), ("data", o.work))
    walks = result["walks"]
    five = next(w for w in walks if w["walk"] == "five hops" and w["rows"])
    row("MATCH, five hops, p99", f"{five['p99_us'] / 1000:.2f} ms", f"{five['mean_rows']:.0f} rows", f"{five['p99_us'] / 5000:.2f}", "<= 5 ms",
        five["p99_us"] <= 5000, "")
    assert postgres.is_there(), "postgresql-15 is not installed"
    peer = postgres.Postgres(o.work, o.work, free_port())
    try:
        peer.load()
        for walk in walks:
            p50, p99 = peer.measure(walk["walk"], walk["rows"], o.rounds)
            what = walk["walk"] + (", ids" if walk["rows"] else ", COUNT()")
            ratio = p50 / walk["p50_us"]
            row(what, f"{walk['p50_us']:.0f} us, p99 {walk['p99_us']:.0f}", f"PostgreSQL {p50:.0f} us, p99 {p99:.0f}", f"{ratio:.1f}", ">= 10",
                ratio >= 10, f"{p99 / walk['p99_us']:.1f}")
    finally:
        peer.stop()


def bulk_file(path, twins):
    """A plant as one bulk file: a model, twins with two numbers and a text, two relationships of each."""
    model = ('{"@context":"dtmi:dtdl:context;3","@id":"dtmi:bench:Bulk;1","@type":"Interface","contents":['
             '{"@type":"Property","name":"speed","schema":"double"},{"@type":"Property","name":"hours","schema":"integer"},'
             '{"@type":"Property","name":"label","schema":"string"},{"@type":"Relationship","name":"feeds"}]}')
    with open(path, "w", buffering=1 << 20) as f:
        f.write('{"Section":"Header"}\n{"fileVersion":"1.0.0"}\n{"Section":"Models"}\n' + model + '\n{"Section":"Twins"}\n')
        for n in range(twins):
            f.write(f'{{"$dtId":"m{n:011d}","$metadata":{{"$model":"dtmi:bench:Bulk;1"}},"speed":{n % 997}.5,"hours":{n},"label":"pump {n}"}}\n')
        f.write('{"Section":"Relationships"}\n')
        for n in range(twins):
            for k in (1, 2):
                f.write(f'{{"$dtId":"m{n:011d}","$relationshipId":"r{n}-{k}","$targetId":"m{(n + k * 7919) % twins:011d}",'
                        f'"$relationshipName":"feeds"}}\n')
    return os.path.getsize(path)


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def imports(o):
    """Server and client together; the gate is for 1 M twins and 2 M relationships."""
    pollux = Pollux(o.work)
    path = os.path.join(pollux.folder, "bulk.ndjson")
    try:
        size, before = bulk_file(path, o.twins), cpu(pollux.pid)
        environment = {**os.environ, "POLLUX_TOKEN": pollux.token, "POLLUX_URL": f"http://127.0.0.1:{pollux.http}"}
        began, most = time.monotonic(), 0
        client = subprocess.Popen([os.path.join(BUILD, "pollux"), "import", path, "--json"], stdout=subprocess.PIPE, env=environment)
        while client.poll() is None:
            most = max(most, rss(pollux.pid))
            time.sleep(0.2)
        took, most = time.monotonic() - began, max(most, rss(pollux.pid))
        said = json.loads(client.stdout.read())
        assert client.returncode == 0 and said["refused"] == 0 and said["twins"] == o.twins, said
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        mine = used.ru_utime + used.ru_stime
        total = cpu(pollux.pid) - before + mine
        say(f"{size / 1e6:.0f} MB in {took:.1f} s; {mine:.1f} CPU-s of it the client's")
        share = o.twins / 1e6
        row("import, 1 M twins, 2 M relationships", f"{total:.1f} CPU-s", f"{took:.1f} s", f"{total / (90 * share):.2f}", f"<= {90 * share:.0f} CPU-s",
            total <= 90 * share, "")
        row("memory while importing", f"{most / 1e6:.0f} MB", "", f"{most / 1.2e9:.2f}", "<= 1,200 MB", most <= 1.2e9, "")
    finally:
        pollux.stop()


def sizes(pollux):
    return [sum(os.path.getsize(p) for p in glob.glob(pollux.data + "/*" + end)) / 1e6 for end in (".db", "-wal")]


def sustained(o):
    """300,000 events/s in messages of 25, with every slice at work: the journal is trimmed, blocks are sealed, twins written."""
    seconds, rate = (600 if o.long else 20), 300000 // 25
    pollux = Pollux(o.work, journal_keep_mb=64, checkpoint_s=10, wal_mb=32)
    try:
        clients = pollux.pumps(64)
        load = start_tool("px_load_mqtt", ("port", pollux.mqtt), ("pid", pollux.pid), ("clients", clients), ("connections", 64), ("inflight", 100),
                          ("rate", rate), ("samples", 25), ("seconds", seconds))
        wal = 0
        middle = None
        began = time.monotonic()
        while load.poll() is None:
            time.sleep(0.5)
            size = sizes(pollux)
            wal = max(wal, size[1])
            if middle is None and time.monotonic() - began > seconds / 2:
                middle = size[0]
        result = end_tool(load)
        figures = pollux.figures()
        slow = figures['pollux_store_log_syncs_over_total{seconds="0.02"}'] / figures["pollux_batches_total"]
        events = result["messages"] * 25
        say(f"{events / result['seconds'] / 1000:.0f} k events/s, {events / result['cpu'] / 1000:.0f} k/cs, file {middle:.0f} MB in the middle,",
            f"{size[0]:.0f} MB at the end, WAL at most {wal:.0f} MB; PUBACK p50 {result['p50_us'] / 1000:.1f} ms")
        name = f"{seconds} s at 300 k events/s"
        reached = events / result["seconds"]
        row(f"{name}, rate", f"{reached / 1000:.0f} k/s", "300 k/s", f"{reached / 300000:.2f}", ">= 0.98", reached >= 294000, "")
        row(f"{name}, p99.9 of PUBACK", f"{result['p999_us'] / 1000:.1f} ms", f"{slow:.3%} of syncs > 20 ms", f"{result['p999_us'] / 20000:.2f}", "<= 20 ms",
            result["p999_us"] <= 20000, f"{result['worst_us'] / 1000:.1f} ms")
        row(f"{name}, WAL", f"{wal:.0f} MB", "32 MB begins a checkpoint", f"{wal / 128:.2f}", "<= 128 MB", wal <= 128, "")
        row(f"{name}, file", f"{size[0]:.0f} MB", f"{middle:.0f} MB in the middle", f"{(size[0] - middle) * 1e6 / (events / 2):.2f}", "<= 40 bytes/event",
            (size[0] - middle) * 1e6 / (events / 2) <= 40, "")
    finally:
        pollux.stop()


def rooms(o):
    """Not of the table: every room by itself, in its own words."""
    for path in sorted(glob.glob(os.path.join(BUILD, "tests/bench/px_bench_*"))):
        if os.access(path, os.X_OK):
            print(f"== {os.path.basename(path)[len('px_bench_'):]}", flush=True)
            subprocess.run([path], check=True)


ROWS = {"mqtt": mqtt, "qos0": qos0, "plain": plain, "decode": decode, "sparkplug": sparkplug, "sparknode": sparknode, "consumer": consumer, "language": language, "http": web, "watcher": watcher, "quick": quick, "crowd": crowd, "connections": connections, "memory": memory, "query": query, "index": index, "traverse": traverse, "import": imports, "sustained": sustained, "rooms": rooms}


def print_table():
    table = [("what", "measured", "beside", "ratio", "gate", "", "worst")] + rows
    widths = [max(len(str(line[i])) for line in table) for i in range(7)]
    print()
    for line in table:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    p = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n")[0])
    p.add_argument("--rows", default=",".join(name for name in ROWS if name != "rooms"), help="some of: " + ", ".join(ROWS))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=3, help="of each round")
    p.add_argument("--twins", type=int, default=1000000, help="of the rows memory, query and import")
    p.add_argument("--long", action="store_true", help="ten minutes at 300 k events/s instead of 20 s")
    p.add_argument("--work", default=None, help="a folder on the disk to measure; a temporary one in build/ otherwise")
    o = p.parse_args()
    unknown = [name for name in o.rows.split(",") if name not in ROWS]
    if unknown:
        p.error(f"there is no row {unknown[0]}")
    folder = tempfile.mkdtemp(prefix="bench-", dir=o.work or "build")
    o.work = os.path.abspath(folder)
    more_files()
    try:
        for name in o.rows.split(","):
            print(f"-- {name}", flush=True)
            try:
                ROWS[name](o)
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                row(name, "failed", str(e)[:60], "", "", False, "")
                print(e, file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table()
    return 0 if all(r[5] == "ok" for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
