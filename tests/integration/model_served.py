# SPDX-License-Identifier: Apache-2.0
"""Models of a server looked at from the command line: shown, exported and brought back, validated beside, compared."""
import json
import os
import tempfile

from pollux import Server, main

MACHINE = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:com:acme:Machine;1", "@type": "Interface", "displayName": "Machine",
           "contents": [{"@type": "Property", "name": "serial", "schema": "string"}]}
MOTOR = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:com:acme:Motor;1", "@type": "Interface",
         "contents": [{"@type": "Property", "name": "hours", "schema": "integer"}]}
PUMP = {"@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"], "@id": "dtmi:com:acme:Pump;1",
        "@type": "Interface", "displayName": {"en": "Pump", "zh-Hans": "泵"}, "extends": "dtmi:com:acme:Machine;1",
        "contents": [{"@type": ["Property", "Temperature"], "name": "heat", "schema": "double", "unit": "degreeCelsius", "writable": True},
                     {"@type": "Property", "name": "speed", "schema": "double"},
                     {"@type": "Component", "name": "motor", "schema": "dtmi:com:acme:Motor;1"},
                     {"@type": "Relationship", "name": "feeds", "target": "dtmi:com:acme:Pump;1"}]}
LINE = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:com:acme:Line;1", "@type": "Interface",
        "contents": [{"@type": "Relationship", "name": "has", "target": "dtmi:com:acme:Pump;1"}]}
PUMP_2 = {**PUMP, "@id": "dtmi:com:acme:Pump;2",
          "contents": [{"@type": "Property", "name": "speed", "schema": "integer"},
                       {"@type": "Component", "name": "motor", "schema": "dtmi:com:acme:Motor;1"},
                       {"@type": "Relationship", "name": "feeds", "target": "dtmi:com:acme:Pump;2", "maxMultiplicity": 1}]}


def write(folder, name, value):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        json.dump(value, f, indent=1, ensure_ascii=False)
    return path


def shown(s, folder, path):
    out = s.cli("model", "show", "dtmi:com:acme:Pump")
    for line in ('dtmi:com:acme:Pump;1  "Pump"', "extends dtmi:com:acme:Machine;1", "twins: 1, and 0 of models that extend it",
                 "dtmi:com:acme:Line;1, Relationship 'has'"):
        assert line in out, (line, out)
    rows = [line.split() for line in out.splitlines()]
    assert ["Property", "serial", "string", "dtmi:com:acme:Machine;1"] in rows, out
    assert ["Property", "heat", "double", "degreeCelsius", "writable"] in rows, out
    told = s.json("model", "show", "dtmi:com:acme:Machine;1")
    assert told["model"] == MACHINE and told["twins"] == 0 and told["twinsOfHeirs"] == 1, told
    assert told["usedBy"] == [{"id": "dtmi:com:acme:Pump;1", "how": "extends"}], told
    local = s.cli("model", "show", path, "--model", "dtmi:com:acme:Pump")
    assert "twins:" not in local and "dtmi:com:acme:Line;1, Relationship 'has'" in local, local
    assert "did you mean 'dtmi:com:acme:Pump;1'?" in s.cli("model", "show", "dtmi:com:acme:Pomp", code=4)


def exported(s, folder, path):
    one = json.loads(s.cli("model", "export", "dtmi:com:acme:Pump;1"))
    assert sorted(m["@id"] for m in one) == [m["@id"] for m in (MACHINE, MOTOR, PUMP)], one
    assert {m["@id"]: m for m in json.loads(s.cli("model", "export"))} == {m["@id"]: m for m in (MACHINE, MOTOR, PUMP, LINE)}
    assert s.cli("model", "export", path, "--model", "dtmi:com:acme:Motor") == "[" + json.dumps(MOTOR, indent=1).replace("\n", "\n ") + "]\n"
    below = os.path.join(folder, "out")
    assert s.cli("model", "export", "--folder", below) == f"exported 4 models to {below}\n"
    with open(os.path.join(below, "dtmi/com/acme/pump-1.json")) as f:
        assert json.load(f) == PUMP
    assert "already" in s.cli("model", "export", "--folder", below, code=5)
    s.cli("model", "export", "--folder", below, "--force")
    assert "valid" in s.cli("model", "validate", below)
    with Server() as other:
        files = [os.path.join(root, name) for root, _, names in os.walk(below) for name in names]
        other.cli("model", "upload", *files)
        for id in (m["@id"] for m in (MACHINE, MOTOR, PUMP, LINE)):
            assert other.json("model", "show", id)["model"] == s.json("model", "show", id)["model"]
        assert other.cli("model", "export") != "[]\n" and json.loads(other.cli("model", "export", "dtmi:com:acme:Line;1")) == [LINE]
    twins = write(folder, "case.json", [{**MOTOR, "@id": "dtmi:ex:A;1"}, {**MOTOR, "@id": "dtmi:ex:a;1"}])
    assert "that of another model" in s.cli("model", "export", twins, "--folder", os.path.join(folder, "case"), code=5)


def looked_at(s, folder, path):
    assert s.cli("model", "tree", "dtmi:com:acme:Motor") == "dtmi:com:acme:Motor;1\n  Property hours: integer\n"
    assert s.cli("model", "tree").count("\ndtmi:") == 3
    assert [m["model"] for m in s.json("model", "lint", "dtmi:com:acme:Line;1")] == ["dtmi:com:acme:Line;1"]
    drawn = s.cli("model", "graph", "dtmi:com:acme:Pump;1")
    assert '"dtmi:com:acme:Pump;1" -> "dtmi:com:acme:Machine;1"' in drawn and "Line" not in drawn, drawn
    assert json.loads(s.cli("model", "scaffold", "dtmi:com:acme:Pump"))["motor"] == {"$metadata": {}, "hours": 0}


def validated(s, folder, path):
    draft = write(folder, "pump-2.json", PUMP_2)
    s.cli("model", "validate", draft, code=2)
    assert s.cli("model", "validate", draft, "--stored") == "1 Interface in 1 file: valid\n"
    lines = write(folder, "x", 0)
    with open(lines, "w") as f:
        f.write("\n".join(json.dumps(x) for x in (PUMP_2, PUMP, {**LINE, "@id": "dtmi:x:B;1", "extends": "dtmi:x:C;1"})))
    rules = [[e["rule"] for e in json.loads(line)["errors"]] for line in s.cli("model", "validate", "--each", lines, "--stored").splitlines()]
    assert rules == [[], ["model.exists"], ["unresolved"]], rules
    token, s.token = s.token, "wrong"
    s.cli("model", "validate", draft, "--stored", code=3)
    s.token = token


def compared(s, folder, path):
    draft = write(folder, "pump-2.json", PUMP_2)
    s.cli("twin", "create", "p2", "--model", "dtmi:com:acme:Pump;1", "--set", "speed=2", "--set", "heat=80")
    s.cli("twin", "create", "line", "--model", "dtmi:com:acme:Line;1")
    s.cli("rel", "add", "p1", "feeds", "p2", "--id", "f1")
    s.cli("rel", "add", "p1", "feeds", "p2", "--id", "f2")
    s.cli("rel", "add", "line", "has", "p2", "--id", "h")
    told = s.json("model", "diff", "dtmi:com:acme:Pump;1", draft)
    assert (told["twins"], told["broken"]) == (2, 2), told
    assert [(m["twin"], m["path"], m.get("value"), m["rule"]) for m in told["misfits"]] == [
        ("p1", "speed", 21.4, "value.whole"), ("p2", "heat", 80, "twin.unknown"),
        ("p1", "feeds", "p2", "relationship.multiplicity"), ("p2", "has", "p2", "relationship.target")], told
    assert {c["path"]: c["breaks"] for c in told["changes"]}["heat"] == "twins", told
    out = s.cli("model", "diff", "dtmi:com:acme:Pump;1", draft)
    assert "  p1  speed = 21.40: " in out and out.endswith("2 of 2 twins of dtmi:com:acme:Pump;1 would break\n"), out
    for i in range(25):
        s.cli("twin", "create", f"q{i}", "--model", "dtmi:com:acme:Pump;1", "--set", "speed=0.5")
    out = s.cli("model", "diff", "dtmi:com:acme:Pump;1", draft)
    assert "  … and 9 more: --all names them\n27 of 27 twins" in out and out.count("speed = ") <= 20, out
    assert s.cli("model", "diff", "dtmi:com:acme:Pump;1", draft, "--all").count("speed = ") == 26
    s.cli("model", "upload", draft)
    assert s.json("model", "diff", "dtmi:com:acme:Pump;1", "dtmi:com:acme:Pump;2")["broken"] == 27
    assert s.cli("model", "diff", "dtmi:com:acme:Pump;1", "dtmi:com:acme:Pump;1").startswith("no difference\n0 of 27")


def models_of_a_server():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        assert s.cli("model", "tree") == "" and s.cli("model", "export") == "[]\n"
        path = write(folder, "models.json", [MACHINE, MOTOR, PUMP, LINE])
        s.cli("model", "upload", path)
        s.cli("twin", "create", "p1", "--model", "dtmi:com:acme:Pump;1", "--set", "speed=21.40")
        for story in (shown, exported, looked_at, validated, compared):
            story(s, folder, path)
            print("   ", story.__name__, flush=True)


main(models_of_a_server)
