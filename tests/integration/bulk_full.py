# SPDX-License-Identifier: Apache-2.0
"""A disk that gets full under an import: the command says so and goes on later, a job waits, and neither loses a line."""
import json
import os
import tempfile
import time

from clients import Web
from pollux import Server, main
from small_disk import SmallDisk

TWINS = 8000
MODEL = {"@context": "dtmi:dtdl:context;3", "@id": "dtmi:b:Pump;1", "@type": "Interface",
         "contents": [{"@type": "Property", "name": "label", "schema": "string"}]}


def bulk(prefix):
    yield from ({"Section": "Header"}, {"Section": "Models"}, MODEL, {"Section": "Twins"})
    for n in range(TWINS):
        yield {"$dtId": f"{prefix}{n}", "$metadata": {"$model": "dtmi:b:Pump;1"}, "label": os.urandom(400).hex()}


def text(prefix):
    return "".join(json.dumps(item, separators=(",", ":")) + "\n" for item in bulk(prefix)).encode()


def job_of(web):
    return web.want(200, "GET", "/jobs/imports/j")


def a_job_waits_for_room_and_an_import_goes_on():
    with SmallDisk() as disk, tempfile.TemporaryDirectory(prefix="pollux-bulk-") as outside, \
            Server(os.path.join(disk.folder, "data"), settings=["wal_mb = 4", "import_folder = " + outside]) as s:
        web = Web(s)
        for name in ("job", "cli"):
            with open(os.path.join(outside, name), "wb") as f:
                f.write(text(name))
        web.want(200, "GET", "/api/v1/twins?limit=1")
        disk.fill(leave=2 << 20)
        web.want(201, "PUT", "/jobs/imports/j", {"inputBlobUri": "file:job", "outputBlobUri": "file:told"})
        end = time.monotonic() + 30
        while web.metrics()["pollux_store_full"] == 0:
            assert time.monotonic() < end and job_of(web)["finishedDateTime"] is None, "the disk never was full"
            time.sleep(0.05)
        assert job_of(web)["status"] == "running"
        run = s.cli_start("import", os.path.join(outside, "cli"))
        said = run.communicate(timeout=60)[1]
        assert run.returncode == 7 and "full" in said and "goes on" in said, (run.returncode, said)
        disk.free()
        end = time.monotonic() + 60
        while job_of(web)["finishedDateTime"] is None:
            assert time.monotonic() < end, "the job does not go on"
            time.sleep(0.1)
        assert job_of(web)["status"] == "succeeded", job_of(web)
        s.cli("import", os.path.join(outside, "cli"))
        s.cli("export", os.path.join(outside, "all"))
        ids = [json.loads(line).get("$dtId") for line in open(os.path.join(outside, "all"))]
        ids = [i for i in ids if i]
        assert len(ids) == len(set(ids)) == 2 * TWINS, (len(ids), len(set(ids)))


main(a_job_waits_for_room_and_an_import_goes_on)
