# SPDX-License-Identifier: Apache-2.0
"""A plant's devices from a CSV file: keys in a file of one's own, errors with their row, and the same file again does no harm."""
import csv
import json
import os
import stat
import tempfile

from clients import Web
from devices import code
from pollux import Server, main

PUMP = [{"@id": "dtmi:t:Pump;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3",
         "contents": [{"@type": "Property", "name": "speed", "schema": "double"}]}]
PLANT = '''id,twin,model,group,serial,"installed in"
pump-1,pump-1,dtmi:t:Pump;1,hall-2,4711,2019
"pump;2",pump-2; pump-2b,dtmi:t:Pump;1,,,
bad-model,x,dtmi:t:None;1,,,
,y,,,,
gateway,pump-1;pump-2,,hall-2,"say ""no""",
too,many,,,,,cells
'''


def keys(path):
    with open(path, newline="") as f:
        return {row["id"]: row["key"] for row in csv.DictReader(f)}


def a_file_of_devices_is_registered_once():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web, file, out = Web(s), f"{folder}/plant.csv", f"{folder}/plant.keys"
        web.want(201, "POST", "/models", PUMP)
        with open(file, "w") as f:
            f.write(PLANT)
        dry = s.cli("device", "import", file, "--dry-run", code=2)
        assert "bad-model: there is no model 'dtmi:t:None;1'; upload it first" in dry and f"{file}:4: " in dry, dry
        assert not web.want(200, "GET", "/api/v1/devices")["items"] and not os.path.exists(out)
        assert "--keys FILE" in s.cli("device", "import", file, code=2)
        said = s.cli("device", "import", file, "--keys", out, code=2)
        assert "3 rows were refused" in said and f"{file}:5: : `id` is a text" in said and f"{file}:7: too: the row has 7 cells" in said, said
        assert stat.S_IMODE(os.stat(out).st_mode) == 0o600
        told = keys(out)
        assert sorted(told) == ["gateway", "pump-1", "pump;2"], told
        assert code(s.mqtt, "pump;2", told["pump;2"]) == 0
        pump = web.want(200, "GET", "/api/v1/devices/pump-1")
        assert (pump["group"], pump["attributes"], pump["twins"]) == ("hall-2", {"serial": "4711", "installed in": "2019"}, ["pump-1"])
        assert web.want(200, "GET", "/api/v1/devices/gateway")["attributes"] == {"serial": 'say "no"'}
        assert web.want(200, "GET", "/digitaltwins/pump-2b")["$metadata"]["$model"] == "dtmi:t:Pump;1"
        assert web.ask("GET", "/digitaltwins/x")[0] == 404
        # again: nothing changes, no key ends, a twin that was written meanwhile stays as it is
        assert web.patch("pump-1", {"speed": 7})[0] == 204
        again = s.cli("device", "import", file, "--keys", out, "--json", code=2)
        assert keys(out) == told, again
        assert web.want(200, "GET", "/digitaltwins/pump-1")["speed"] == 7
        assert code(s.mqtt, "gateway", told["gateway"]) == 0
        with open(file, "w") as f:
            f.write("id;twins;serial\npump-1;pump-1;9\nnew;;\n")
        assert json.loads(s.cli("device", "import", file, "--keys", out, "--json")) == {
            "created": 1, "changed": 1, "unchanged": 0, "refused": 0, "twinsCreated": 0}
        assert web.want(200, "GET", "/api/v1/devices/pump-1")["attributes"] == {"serial": "9"}
        os.chmod(out, 0o644)
        assert "chmod 600" in s.cli("device", "import", file, "--keys", out, code=3)
        for text, wanted in (("twin\nx\n", "one of them is `id`"), ("id,id\nx,y\n", "'id' is there twice"), ("", "one of them is `id`")):
            with open(file, "w") as f:
                f.write(text)
            assert wanted in s.cli("device", "import", file, "--dry-run", code=2)


def an_id_that_stands_twice_is_refused_as_the_dry_run_says():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web, file, out = Web(s), f"{folder}/twice.csv", f"{folder}/twice.keys"
        many = "".join(f"d{n},\n" for n in range(1, 600))  # more than one call has
        with open(file, "w") as f:
            f.write('id,twin\nfan-7,"fan-1;fan-2"\nfan-7,fan-1\n' + many + "fan-7,fan-3\n")
        for options, verb in ((("--dry-run",), "would be "), (("--keys", out), "")):
            done = s.cli_start("device", "import", file, *options)
            count, said = done.communicate(timeout=60)
            assert done.returncode == 2 and "2 rows were refused" in said, said
            assert count == f"600 devices {verb}registered, 0 {verb}changed, 0 as they were\n", count
            for line in (3, 603):
                assert f"{file}:{line}: fan-7: line 2 has this id already" in said, said
        assert web.want(200, "GET", "/api/v1/devices/fan-7")["twins"] == ["fan-1", "fan-2"]
        rows = {"devices": [{"id": "x", "twins": []}, {"id": "y", "twins": []}, {"id": "x", "twins": ["t"]}]}
        for body in ({**rows, "dryRun": True}, rows):
            told = web.want(200, "POST", "/api/v1/devices", body)
            assert [r["status"] for r in told["results"]] == ["created", "created", "refused"] and told["refused"] == 1, told
            assert told["results"][2]["code"] == "device.twice" and "devices[0]" in told["results"][2]["detail"], told


def a_dry_run_counts_twins_and_refuses_models_as_the_real_one_does():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", PUMP + [{"@id": "dtmi:t:Old;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}])
        web.want(204, "PATCH", "/models/dtmi:t:Old;1", [{"op": "replace", "path": "/decommissioned", "value": True}])
        web.want(200, "PUT", "/digitaltwins/there", {"$metadata": {"$model": "dtmi:t:Pump;1"}})
        rows = [{"id": "a", "twins": ["new", "there"], "model": "dtmi:t:Pump;1"}, {"id": "b", "twins": ["new"], "model": "dtmi:t:Pump;1"},
                {"id": "c", "twins": ["old"], "model": "dtmi:t:Old;1"}, {"id": "d", "twins": ["there"], "model": "dtmi:t:Old;1"}]
        told = [web.want(200, "POST", "/api/v1/devices", {"devices": rows, "dryRun": dry}) for dry in (True, False)]
        for one in told:
            assert [r["status"] for r in one["results"]] == ["created", "created", "refused", "created"] and one["twinsCreated"] == 1, one
        assert told[0]["results"][2] == told[1]["results"][2] and told[0]["results"][2]["code"] == "model.decommissioned", told


def thousands_go_in_calls_of_hundreds():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web, file, out = Web(s), f"{folder}/many.csv", f"{folder}/many.keys"
        web.want(201, "POST", "/models", PUMP)
        with open(file, "w") as f:
            f.write("id,twin\n" + "".join(f"d{n},t{n}\n" for n in range(1234)))
        said = s.cli("device", "import", file, "--keys", out, "--model", "dtmi:t:Pump;1")
        assert said == "1234 devices registered, 0 changed, 0 as they were\n", said
        told = keys(out)
        assert len(told) == len(set(told.values())) == 1234
        assert code(s.mqtt, "d1233", told["d1233"]) == 0
        web.want(200, "GET", "/digitaltwins/t1233")
        rows = [{"id": f"e{n}", "twins": []} for n in range(1001)]
        assert web.want(413, "POST", "/api/v1/devices", {"devices": rows})["code"] == "device.import"
        assert web.want(200, "POST", "/api/v1/devices", {"devices": rows[:1000]})["created"] == 1000
        web.want(400, "POST", "/api/v1/devices", {"devices": {}})
        web.want(400, "POST", "/api/v1/devices", {"devices": [], "dryRun": 1})
        s.kill()
        s.start()
        assert Web(s).want(200, "POST", "/api/v1/devices", {"devices": rows[:1000]})["unchanged"] == 1000


if __name__ == "__main__":
    main(a_file_of_devices_is_registered_once, an_id_that_stands_twice_is_refused_as_the_dry_run_says,
         a_dry_run_counts_twins_and_refuses_models_as_the_real_one_does, thousands_go_in_calls_of_hundreds)
