# SPDX-License-Identifier: Apache-2.0
"""Every noun of the client against a running server, as a person would go about it."""
import json
import os
import pty
import select
import signal
import subprocess
import tempfile
import time

from clients import Web
from pollux import PROGRAM, Server, main

PUMP = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:com:acme:Pump;1", "@type": "Interface",
        "displayName": {"en": "Pump", "zh-Hans": "泵"},
        "contents": [{"@type": "Property", "name": "speed", "schema": "double", "writable": True},
                     {"@type": "Property", "name": "label", "schema": "string"},
                     {"@type": "Telemetry", "name": "flow", "schema": "double"},
                     {"@type": "Relationship", "name": "feeds"},
                     {"@type": "Component", "name": "motor", "schema": "dtmi:com:acme:Motor;1"}]}
MOTOR = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:com:acme:Motor;1", "@type": "Interface",
         "contents": [{"@type": "Property", "name": "hours", "schema": "integer"}, {"@type": "Command", "name": "brake"}]}


def told(s, code, sentence, cure, *words):
    """What failed is said in these words, and the cure begins so."""
    err = s.cli(*words, code=code).splitlines()
    assert err[0] == "error: " + sentence and err[1].startswith("cure: " + cure), err


def models(s, folder):
    pump, both = os.path.join(folder, "pump.json"), os.path.join(folder, "both.json")
    with open(pump, "w") as f:
        json.dump({**PUMP, "contents": [*PUMP["contents"][:1], {"@type": "Property", "name": "bad", "schema": "dubble"}]},
                  f, indent=2)
    err = s.cli("model", "upload", pump, code=2)
    assert err.startswith(f"error: {pump}:19:17: ") and "did you mean 'double'?" in err, err
    assert '    19 |       "schema": "dubble"\n       |                 ^\n' in err, err
    with open(both, "w") as f:
        json.dump([PUMP, MOTOR], f)
    assert s.cli("model", "upload", both) == "uploaded 2 models from 1 file\n"
    assert "already" in s.cli("model", "upload", both, code=5)
    assert sorted(m["id"] for m in s.json("model", "list")) == ["dtmi:com:acme:Motor;1", "dtmi:com:acme:Pump;1"]
    assert "dtmi:com:acme:Pump;1" in s.cli("model", "list")
    assert json.loads(s.cli("model", "export", "dtmi:com:acme:Pump;1")) == [MOTOR, PUMP]
    told(s, 4, "there is no model 'dtmi:com:acme:Pomp;1'; did you mean 'dtmi:com:acme:Pump;1'?", "pollux model list",
         "model", "show", "dtmi:com:acme:Pomp;1")
    told(s, 4, "there is no model 'dtmi:com:acme:Pomp;1'; did you mean 'dtmi:com:acme:Pump;1'?", "pollux model list",
         "twin", "create", "p", "--model", "dtmi:com:acme:Pomp;1")


def twins(s):
    assert s.cli("twin", "create", "pump-1", "--model", "dtmi:com:acme:Pump;1", "--set", "speed=21.40", "--set",
                 "motor.hours=7") == "created pump-1\n"
    s.cli("twin", "create", "pump-2", "--model", "dtmi:com:acme:Pump;1", "--set", "speed=5")
    told(s, 5, "there is a twin 'pump-1' already", "pollux twin set pump-1", "twin", "create", "pump-1", "--model",
         "dtmi:com:acme:Pump;1")
    assert "speed" in s.cli("twin", "create", "x", "--model", "dtmi:com:acme:Pump;1", "--set", "speed=fast", code=2)
    assert sorted(t["id"] for t in s.json("twin", "list")) == ["pump-1", "pump-2"]
    shown = s.cli("twin", "show", "pump-1")
    assert "21.40" in shown and "motor" in shown, shown
    s.cli("twin", "set", "pump-1", "speed=21.50", "label=Pump one", "motor.hours=8")
    values = s.json("twin", "show", "pump-1")["values"]
    assert values["speed"]["value"] == 21.5 and values["label"]["value"] == "Pump one", values
    s.cli("twin", "set", "pump-1", "--unset", "label")
    assert "label" not in s.json("twin", "show", "pump-1")["values"]
    told(s, 4, "there is no twin 'pomp-1'; did you mean 'pump-1'?", "pollux twin list", "twin", "show", "pomp-1")
    told(s, 4, "there is no twin 'pomp-1'; did you mean 'pump-1'?", "pollux twin list", "history", "pomp-1")
    told(s, 4, "there is no twin 'pomp-1'; did you mean 'pump-1'?", "pollux twin list", "watch", "pomp-1")
    told(s, 2, "the model of twin 'pump-1' has no property 'sped'; did you mean 'speed'?", "pollux twin show pump-1",
         "twin", "set", "pump-1", "sped=1")
    told(s, 4, "the model of twin 'pump-1' has no command 'halt'", "pollux twin show pump-1", "twin", "command", "pump-1", "halt")
    s.cli("twin", "set", "pump-1", "speed=1", "--if-match", 'W/"nonsense"', code=5)


def relationships(s):
    s.cli("rel", "add", "pump-1", "feeds", "pump-2")
    out = s.json("rel", "list", "pump-1")
    assert [(r["$relationshipName"], r["$targetId"]) for r in out] == [("feeds", "pump-2")], out
    assert [r["$sourceId"] for r in s.json("rel", "list", "pump-2", "--incoming")] == ["pump-1"]
    assert s.cli("rel", "list", "pump-2", "--incoming").splitlines()[1].split() == ["pump-1-feeds-pump-2", "pump-1", "feeds", "pump-2"]
    told(s, 2, "the model of twin 'pump-1' has no relationship 'fedes'; did you mean 'feeds'?", "pollux twin show pump-1",
         "rel", "add", "pump-1", "fedes", "pump-2")
    s.cli("rel", "add", "pump-1", "feeds", "pump-2", code=5)
    s.cli("rel", "add", "pump-1", "feeds", "nobody", code=4)
    err = s.cli("twin", "delete", "pump-2", code=5)
    assert "pollux rel list pump-2" in err, err
    s.cli("rel", "delete", "pump-1", "pump-1-feeds-pump-2")
    assert s.json("rel", "list", "pump-1") == []


def queries(s):
    rows = s.json("query", "SELECT * FROM DIGITALTWINS T WHERE T.speed > 20")
    assert [r["$dtId"] for r in rows] == ["pump-1"], rows
    assert s.json("query", "SELECT * FROM DIGITALTWINS WHERE $dtId = 'nobody'") == []
    assert "pump-2" in s.cli("query", "SELECT * FROM DIGITALTWINS")
    err = s.cli("query", "SELECT * FORM DIGITALTWINS", code=2).splitlines()
    assert err[0].startswith("error: query:1:10: ") and "parse failed" not in err[0] and err[1:] == ["     1 | SELECT * FORM DIGITALTWINS", "       |          ^"], err


def desired(s):
    s.cli("twin", "desired", "pump-1", "speed=25")
    assert s.json("twin", "desired", "pump-1")["speed"]["value"] == 25
    s.cli("twin", "desired", "pump-1", "--unset", "speed")
    assert "speed" not in s.json("twin", "desired", "pump-1")
    told(s, 2, "the model of twin 'pump-1' has no writable property 'sped'; did you mean 'speed'?", "pollux twin show pump-1",
         "twin", "desired", "pump-1", "sped=1")


def devices(s):
    key = s.json("device", "add", "pump-1", "--twin", "pump-1")["key"]
    assert s.json("device", "show", "pump-1")["twins"] == ["pump-1"]
    assert "key" not in s.json("device", "show", "pump-1")
    again = s.json("device", "key", "pump-1")["key"]
    assert again and again != key
    assert "pump-1" in s.cli("device", "list")
    s.cli("device", "add", "spare", "--twin", "pump-2")
    s.cli("device", "delete", "spare")
    told(s, 4, "there is no device 'pomp-1'; did you mean 'pump-1'?", "pollux device list", "device", "show", "pomp-1")


def follows(s):
    """Waits until somebody follows the stream: what changes from now on comes."""
    web, end = Web(s), time.monotonic() + 20
    while web.metrics()["pollux_streams"] == 0:
        assert time.monotonic() < end, "nobody follows"
        time.sleep(0.02)
    web.close()


def watching(s):
    watch = s.cli_start("watch", "pump-1", "--json", "--count", "2")
    follows(s)
    s.cli("twin", "set", "pump-1", "speed=30")
    first = watch.stdout.readline()  # two changes at once may come as one
    s.cli("twin", "set", "pump-1", "speed=31.50")
    out, err = watch.communicate(timeout=20)
    out = first + out
    events = [json.loads(line) for line in out.splitlines()]
    assert watch.returncode == 0 and len(events) == 2, (out, err)
    assert [e["values"]["speed"]["value"] for e in events] == [30, 31.5], out


def watching_live(s):
    """On a terminal: a table that is drawn over itself; Ctrl-C ends it."""
    master, slave = pty.openpty()
    watch = subprocess.Popen([PROGRAM, "watch", "pump-1"], stdin=slave, stdout=slave, stderr=slave,
                             env={**s.environment(), "TERM": "xterm"}, start_new_session=True)
    os.close(slave)
    follows(s)
    s.cli("twin", "set", "pump-1", "speed=31.75")
    s.cli("twin", "set", "pump-1", "speed=31.50")
    seen = b""
    while b"31.50" not in seen:
        assert select.select([master], [], [], 20)[0], f"31.50 is never drawn: {seen!r}"
        seen += os.read(master, 65536)
    watch.send_signal(signal.SIGINT)
    assert watch.wait(5) == 130
    os.close(master)
    seen = seen.decode(errors="replace")
    assert "property" in seen and "\033[" in seen and "Ctrl-C ends" in seen, repr(seen)


def commands(s):
    """An answer that does not come is a failure; the record of the command is printed all the same."""
    s.cli("twin", "create", "motor-1", "--model", "dtmi:com:acme:Motor;1")
    err = s.cli("twin", "command", "motor-1", "brake", "--json", code=7)
    assert "no device of twin 'motor-1' answered in time" in err, err


def replays(s, folder):
    """What the server did not take is said, with its reason, and makes the exit code 2."""
    path = os.path.join(folder, "flow.csv")
    with open(path, "w") as f:
        f.write("time,flow,swirl\n2026-11-01T00:00:00Z,1.50,7\n2026-11-01T00:00:01Z,,8\n")
    door = ("--mqtt", f"127.0.0.1:{s.mqtt}", "--key")
    told(s, 4, "there is no device 'pomp-1'; did you mean 'pump-1'?", "pollux device list", "replay", path, "--device", "pomp-1", *door, "x")
    key = s.json("device", "key", "pump-1")["key"]
    err = s.cli("replay", path, "--device", "pump-1", *door, key, code=2)
    assert f"{path}:2: taken in part: some fields were not taken" in err and f"{path}:3: refused: " in err, err
    assert err.count("not taken: the model has no 'swirl'") == 1 and "1 of 2 rows were not taken, 1 only in part" in err, err
    assert s.json("history", "pump-1", "--last", "--property", "flow")["values"]["flow"]["value"] == 1.5


def rejects(s, folder):
    """What `replays` had refused, and a token's: all, of one sender, of nobody."""
    s.json("device", "add", "quiet", "--twin", "pump-2")
    got = s.json("device", "rejects", "pump-1")
    assert [(r["name"], r["sender"], r["twin"]) for r in got] == [("swirl", "pump-1", "pump-1")] * 2, got
    assert got[0]["reason"] == "the model has no 'swirl'" and '"swirl":8' in got[0]["payload"] and got[0]["time"] > got[1]["time"]
    table = s.cli("device", "rejects").splitlines()
    assert table[0].split() == ["time", "sender", "twin", "name", "reason", "payload"] and '"swirl":8' in table[1], table
    assert s.json("device", "rejects", "quiet") == []
    err = s.cli_start("device", "rejects", "pomp-1").communicate()[1]
    assert err == "pollux: there are none\npollux: there is no device 'pomp-1'; did you mean 'pump-1'?\n", err
    s.cli("device", "delete", "quiet")


def plants(s, folder):
    """A plant whose device speaks for other twins says so, instead of running for nothing."""
    key = s.json("device", "key", "pump-1")["key"]
    plant = s.cli_start("plant", "run", "--device", "pump-1", "--key", key, "--mqtt", f"127.0.0.1:{s.mqtt}", "--duration", "2s")
    _, err = plant.communicate(timeout=20)
    assert err.count("the server does not take all that the plant says: Not authorized") == 1, err


def odd_files(s, folder):
    empty, latin = os.path.join(folder, "empty"), os.path.join(folder, "latin.csv")
    open(empty, "w").close()
    with open(latin, "wb") as f:
        f.write("time,Temp °C\n2026-11-01T00:00:00Z,1\n".encode("latin-1"))
    err = s.cli("import", empty, code=2)
    assert err.startswith(f"error: {empty}: the file does not begin with"), err
    err = s.cli("import", folder, code=9)
    assert "Is a directory" in err and "cure" not in err, err
    err = s.cli("model", "suggest", latin, code=2)
    assert err.startswith(f"error: {latin}: the header is no UTF-8 text"), err


def branches(s):
    s.cli("twin", "branch", "try", "hotter", "pump-1", "speed=99")
    changes = s.json("twin", "branch", "diff", "hotter")["changes"]
    assert [(c["twin"], c["branch"]) for c in changes] == [("pump-1", 99)], changes
    assert s.json("twin", "show", "pump-1")["values"]["speed"]["value"] == 31.5
    told(s, 4, "there is no branch 'hoter'; did you mean 'hotter'?", "pollux twin branch list", "twin", "branch", "drop", "hoter")
    told(s, 2, "the model of twin 'pump-1' has no property 'sped'; did you mean 'speed'?", "pollux twin show pump-1",
         "twin", "branch", "try", "hotter", "pump-1", "sped=1")
    s.cli("twin", "branch", "drop", "hotter")
    s.cli("twin", "branch", "diff", "hotter", code=4)


def histories(s):
    rows = [json.loads(line) for line in s.cli("history", "pump-1", "--property", "speed", "--json").splitlines()]
    assert [r["speed"] for r in rows][-3:] == [31.5, 31.75, 31.5], rows
    assert int(s.cli("history", "pump-1", "--property", "speed", "--count")) == len(rows)
    assert "31.50" in s.cli("history", "pump-1", "--property", "speed")
    assert "31.50" in s.cli("history", "pump-1", "--last")
    assert s.json("history", "pump-1", "--last")["values"]["speed"]["value"] == 31.5
    assert "speed" in s.cli("history", "pump-1", "--count")


def rights(s):
    token, s.token = s.token, "wrong"
    err = s.cli("twin", "list", code=3)
    assert "admin.token" in err, err
    s.token = ""
    told(s, 3, "no token was given", "give --token T", "twin", "list")
    s.cli("twin", "list", "--data", s.data)
    s.token = token


def tenants(s):
    other = s.json("tenant", "add", "north")["token"]
    token, s.token = s.token, other
    assert s.json("twin", "list") == []
    s.cli("twin", "show", "pump-1", code=4)
    s.token = token


def said(s, *words):
    """What a command that succeeds says on stderr."""
    with s.cli_start(*words) as done:
        out, err = done.communicate(timeout=60)
    assert done.returncode == 0, (words, out, err)
    return err


def what_a_command_takes_and_becomes(s, folder):
    gate, path = "dtmi:test:Gate;1", os.path.join(folder, "gate.json")
    with open(path, "w") as f:
        json.dump({"@context": "dtmi:dtdl:context;3", "@id": gate, "@type": "Interface", "contents": [
            {"@type": "Property", "name": "to", "schema": "integer", "writable": True},
            {"@type": "Command", "name": "open", "request": {"name": "to", "schema": "integer"}}]}, f)
    s.cli("model", "upload", path)
    s.cli("twin", "create", "gate", "-m", gate)
    told(s, 2, "an object stands where a whole number should be", "a payload stands behind the command's name: pollux twin command gate open JSON",
         "twin", "command", "gate", "open")
    err = s.cli("twin", "command", "gate", "open", "forty", code=2)
    assert "found 'forty'" in err and "cure: the payload is JSON, such as 40" in err, err
    for words, typed in ((("command", "gate", "open", "40"), "99d"), (("desired", "gate", "to=40"), "soon")):
        err = s.cli("twin", *words, "--expiry", typed, code=2)
        assert err.startswith(f"error: --expiry '{typed}' is no length of time from 1s to 30d"), err
    s.cli("twin", "desired", "gate", "to=40", "--expiry", "1h")
    # the server dies while somebody waits: the command goes on, and how to ask for it is told
    with s.cli_start("twin", "command", "gate", "open", "40", "--timeout", "1m") as waits:
        end = time.monotonic() + 20
        while not s.json("command", "list", "gate"):
            assert time.monotonic() < end, "the command never came"
        known = s.json("command", "list", "gate")[0]["id"]
        s.kill()
        err = waits.communicate(timeout=60)[1]
    assert f"`pollux command show gate {known}`" in err, err
    s.start()
    assert s.json("command", "show", "gate", known)["status"] == "pending"


def what_is_left_behind_is_told(s, folder):
    assert "it speaks for no twin yet; `pollux device bind gate --twin T`" in said(s, "device", "add", "gate")
    assert "there is no twin 'gate-9'" in said(s, "device", "add", "gate", "--twin", "gate", "--twin", "gate-9")
    said(s, "device", "add", "gate", "--group", "hall")
    unbound = said(s, "device", "add", "gate", "--twin", "gate")
    assert "it was there already, and speaks for twin 'gate-9' no more; `pollux device bind gate --twin gate-9` lets it again" in unbound, unbound
    assert "'gate'" not in unbound, unbound
    said(s, "device", "bind", "gate", "--twin", "gate-9")
    assert s.json("device", "show", "gate")["twins"] == ["gate", "gate-9"]
    s.cli("twin", "create", "gate-2", "-m", "dtmi:test:Gate;1")
    err = said(s, "twin", "delete", "gate")
    assert err == "pollux: device 'gate' is bound to it still\n", err
    err = said(s, "model", "delete", "dtmi:test:Gate;1")
    assert err == "pollux: 1 of its twins is left; nothing can be written to them until it is uploaded again\n", err
    assert "there is no binding 'typo'" in said(s, "sync", "rejects", "--binding", "typo")
    assert "there is no binding 'typo'" in said(s, "sync", "replay", "--binding", "typo")
    s.cli("twin", "delete", "gate-2")
    s.cli("device", "delete", "gate")


def every_noun():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        models(s, folder)
        for story in (twins, relationships, queries, desired, devices, watching, watching_live, branches, histories, rights, tenants, commands):
            story(s)
            print("   ", story.__name__, flush=True)
        for story in (replays, rejects, plants, odd_files, what_a_command_takes_and_becomes, what_is_left_behind_is_told):
            story(s, folder)
            print("   ", story.__name__, flush=True)
        s.cli("twin", "delete", "pump-2")
        s.cli("twin", "delete", "motor-1")
        s.cli("model", "delete", "dtmi:com:acme:Motor;1", code=5)


main(every_noun)
