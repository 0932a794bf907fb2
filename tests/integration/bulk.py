# SPDX-License-Identifier: Apache-2.0
"""Bulk files: imported, killed in the middle and resumed; exported and imported elsewhere to the same end; jobs that a
kill -9 of the server does not end; hostile lines; a batch from the command line."""
import json
import os
import signal
import tempfile
import time
import urllib.error
import urllib.request

from pollux import Server, main

TWINS, FOLDER = 20000, tempfile.TemporaryDirectory(prefix="pollux-bulk-")
MODELS = [{"@context": "dtmi:dtdl:context;3", "@id": "dtmi:b:Pump;1", "@type": "Interface", "extends": "dtmi:b:Thing;1",
           "contents": [{"@type": "Property", "name": "speed", "schema": "double"}]},
          {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:b:Thing;1", "@type": "Interface",
           "contents": [{"@type": "Property", "name": "label", "schema": "string"},
                        {"@type": "Relationship", "name": "feeds",
                         "properties": [{"@type": "Property", "name": "flow", "schema": "double"}]}]}]


def path(name):
    return os.path.join(FOLDER.name, name)


def lines(twins=TWINS, bad=()):
    yield {"Section": "Header"}
    yield {"fileVersion": "1.0.0", "author": "story"}
    yield {"Section": "Models"}
    yield from MODELS
    yield {"Section": "Twins"}
    for n in range(twins):
        yield {"$dtId": f"t{n}", "$metadata": {"$model": "dtmi:b:Pump;1"}, "speed": n, "label": f"pump {n}"}
    yield {"Section": "Relationships"}
    for n in range(twins):
        yield {"$dtId": f"t{n}", "$relationshipId": f"r{n}", "$targetId": f"t{(n + 1) % twins}",
               "$relationshipName": "feeds", "flow": 0.5}


def write(name, items, twice=()):
    with open(path(name), "w") as f:
        for item in items:
            f.write(item if isinstance(item, str) else json.dumps(item, separators=(",", ":")))
            f.write("\n")
    return path(name)


def ask(s, method, target, body=None, headers=()):
    request = urllib.request.Request(s.url + target, body, {"Authorization": "Bearer " + s.token, **dict(headers)},
                                     method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def counts(s):
    text = ask(s, "GET", "/metrics")[1].decode()
    return {name: int(float(line.split()[-1])) for line in text.splitlines() for name in ("twins", "relationships")
            if line.startswith(f"pollux_graph_{name} ") or line.startswith(f"pollux_{name} ")}


def content(file):
    """What a bulk file says, without the times that a server adds."""
    found, section = {}, None
    for line in open(file):
        thing = json.loads(line)
        if list(thing) == ["Section"]:
            section = found.setdefault(thing["Section"], {})
        elif section is not None and "fileVersion" not in thing:
            thing.pop("$etag", None)
            if "$metadata" in thing:
                thing["$metadata"] = thing["$metadata"]["$model"]
            key = thing.get("@id") or (thing["$dtId"], thing.get("$relationshipId"))
            assert key not in section, f"{key} comes twice"
            section[key] = thing
    return found


def an_import_that_was_killed_goes_on_where_it_was():
    file = write("whole.ndjson", lines())
    with Server() as s:
        for _ in range(3):
            run = s.cli_start("import", file)
            until = time.monotonic() + 20
            while not os.path.exists(file + ".position") and time.monotonic() < until and run.poll() is None:
                time.sleep(0.005)
            if run.poll() is None:
                run.send_signal(signal.SIGKILL)
            run.communicate()
        if os.path.exists(file + ".position"):
            said = s.cli_start("import", file).communicate()
            assert "goes on behind line" in said[1] and "imported 2 models, 20,000" not in said[0], said
        else:
            s.cli("import", file)
        assert not os.path.exists(file + ".position")
        s.cli("export", path("out.ndjson"))
        assert content(path("out.ndjson")) == {k: v for k, v in content_of(lines()).items()}
        assert "--force" in s.cli("export", path("out.ndjson"), code=5)


def content_of(items):
    return content(write("reference.ndjson", items))


def what_is_exported_is_imported_elsewhere_to_the_same_end():
    with Server() as s:
        told = s.json("import", path("out.ndjson"))
        assert told == {"models": 2, "twins": TWINS, "relationships": TWINS, "refused": 0}, told
        run = s.cli_start("export", path("again.ndjson"))
        until = time.monotonic() + 20
        while not os.path.exists(path("again.ndjson.position")) and run.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        if run.poll() is None:
            run.send_signal(signal.SIGKILL)
        run.communicate()
        if os.path.exists(path("again.ndjson.position")):
            s.cli("export", path("again.ndjson"))
        assert content(path("again.ndjson")) == content(path("out.ndjson"))


def hostile_lines_are_named_and_do_not_stop_it():
    head = [{"Section": "Header"}, {"fileVersion": "1.0.0"}, {"Section": "Models"}, *MODELS, {"Section": "Twins"}]
    bad = ["x" * (1 << 21), "[" * 100000, '{"$dtId":"\\u0000"}', '{"$dtId":1}', "\udcff", '{"Section":"Sheep"}',
           {"$dtId": "passed-over"}, {"Section": "Models"}, {"Section": "Relationships"}, "nonsense",
           {"Section": "Relationships"}]
    good = {"$dtId": "good", "$metadata": {"$model": "dtmi:b:Pump;1"}}
    with open(path("hostile.ndjson"), "w", errors="surrogateescape") as f:
        for item in [*head, good, *bad]:
            f.write((item if isinstance(item, str) else json.dumps(item)) + "\n")
    with Server() as s:
        said = s.cli("import", path("hostile.ndjson"), "--errors", path("refused.ndjson"), code=2)
        assert "hostile.ndjson:8: " in said and "9 lines were refused" in said, said
        refused = [json.loads(line) for line in open(path("refused.ndjson"))]
        assert [r["line"] for r in refused] == [8, 9, 10, 11, 12, 13, 15, 17, 18], refused
        assert ask(s, "GET", "/digitaltwins/good?api-version=2023-10-31")[0] == 200
        assert "does not begin" in s.cli("import", write("csv", ["a,b,c"]), code=2)


def a_job_goes_on_after_the_server_was_killed():
    data = open(path("whole.ndjson"), "rb").read()
    version, part = "?api-version=2023-10-31", 1 << 20
    with Server(settings=["import_folder = " + FOLDER.name]) as s:
        assert f": {len(data)} bytes at /api/v1/files/whole.ndjson" in s.cli("file", "put", path("whole.ndjson"))
        assert s.cli("file", "get", "whole.ndjson") == data.decode()
        s.cli("file", "delete", "whole.ndjson")
        for at in range(0, len(data), part):
            piece = data[at:at + part]
            status, said = ask(s, "PUT", "/api/v1/files/in.ndjson", piece,
                               {"Content-Range": f"bytes {at}-{at + len(piece) - 1}/{len(data)}"})
            assert status == (201 if at + part >= len(data) else 202), said
        body = json.dumps({"inputBlobUri": s.url + "/api/v1/files/in.ndjson",
                           "outputBlobUri": s.url + "/api/v1/files/out.ndjson"}).encode()
        status, said = ask(s, "PUT", "/jobs/imports/j" + version, body)
        assert status == 201, said
        job = json.loads(said)
        for _ in range(4):
            time.sleep(0.2)  # anywhere in it
            s.kill()
            s.start()
            job = json.loads(ask(s, "GET", "/jobs/imports/j" + version)[1])
        until = time.monotonic() + 60
        while job["finishedDateTime"] is None and time.monotonic() < until:
            time.sleep(0.05)
            job = json.loads(ask(s, "GET", "/jobs/imports/j" + version)[1])
        assert job["status"] == "succeeded", job
        told = [json.loads(line)["details"] for line in ask(s, "GET", "/api/v1/files/out.ndjson")[1].splitlines()]
        assert told == [{"status": "Started"}, *({"section": name, "status": status} for name in
                                                ("Models", "Twins", "Relationships")
                                                for status in ("Started", "Succeeded")), {"status": "Succeeded"}], told
        s.cli("export", path("job.ndjson"))
        assert content(path("job.ndjson")) == content(path("out.ndjson"))
        body = json.dumps({"inputBlobUri": "file:whole.ndjson", "outputBlobUri": "file:told.ndjson"}).encode()
        assert ask(s, "PUT", "/jobs/imports/k" + version, body)[0] == 201
        assert ask(s, "PUT", "/jobs/imports/l" + version, body)[0] == 400  # one at a time
        assert ask(s, "POST", "/jobs/imports/k/cancel" + version)[0] in (200, 400)


def a_batch_is_made_or_not_from_the_command_line():
    changes = [{"op": "put", "twin": "a", "value": {"$metadata": {"$model": "dtmi:b:Pump;1"}, "speed": 1}},
               {"op": "put", "twin": "b", "value": {"$metadata": {"$model": "dtmi:b:Pump;1"}, "speed": "fast"}},
               {"op": "delete", "twin": "nobody"}]
    with Server() as s:
        s.cli("import", write("models.ndjson", [{"Section": "Header"}, {"Section": "Models"}, *MODELS]))
        with open(path("batch.json"), "w") as f:
            json.dump(changes, f, indent=1)
        said = s.cli("batch", path("batch.json"), code=2)
        assert "batch.json:20:13: " in said or "batch.json:" in said and '"speed": "fast"' in said, said
        assert "batch.json:22:2: There is no digital twin" in said, said
        changes.pop()
        assert "there is no twin" in s.cli("twin", "show", "a", code=4)
        changes[1]["value"]["speed"] = 2
        with open(path("batch.json"), "w") as f:
            json.dump({"changes": changes}, f)
        assert "could be made" in s.cli("batch", "--dry-run", path("batch.json"))
        assert "there is no twin" in s.cli("twin", "show", "a", code=4)
        assert s.cli("batch", path("batch.json")) == "made 2 changes, all together\n"
        s.cli("twin", "show", "b")
        for twin in ("c", "d"):
            new = [{**changes[0], "twin": twin, "ifNoneMatch": "*"}]
            with open(path("batch.json"), "w") as f:
                json.dump(new, f)
            if twin == "d":
                assert "used with another request" in s.cli("batch", "--key", "k", path("batch.json"), code=2)
            for _ in range(2 if twin == "c" else 0):
                assert s.cli("batch", "--key", "k", path("batch.json")) == "made 1 changes, all together\n"


main(an_import_that_was_killed_goes_on_where_it_was, what_is_exported_is_imported_elsewhere_to_the_same_end,
     hostile_lines_are_named_and_do_not_stop_it, a_job_goes_on_after_the_server_was_killed,
     a_batch_is_made_or_not_from_the_command_line)
