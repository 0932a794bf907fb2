# SPDX-License-Identifier: Apache-2.0
"""Backups: made under load, with everything acknowledged before their end; whole or not there, whatever happens to the
server or the disk in the middle."""
import json
import os
import shutil
import tempfile
import time

from clients import Web, model, twin
from pollux import Server, main
from small_disk import SmallDisk
from writers import finish, prepare

TEXTS, TWINS = 7, 300


def fill(s):
    """About 9 MB that do not compress, so that copying takes many steps."""
    web = Web(s)
    web.want(201, "POST", "/models", [model("Big", **{f"t{i}": "string" for i in range(TEXTS)})])
    for n in range(TWINS):
        web.want(200, "PUT", f"/digitaltwins/big-{n}", {**twin("Big"), **{f"t{i}": os.urandom(2000).hex() for i in range(TEXTS)}})
    return web


def begin(web, name):
    return web.want(202, "POST", "/api/v1/backups", {"name": name})


def look(web, name):
    return web.want(200, "GET", f"/api/v1/backups/{name}")


def until_ended(web, name):
    while True:
        seen = look(web, name)
        if seen["status"] not in ("copying", "ending"):
            return seen


def restored(path):
    """A server on the backup: stop, put the file in place, start."""
    folder = tempfile.mkdtemp(prefix="pollux-restored-")
    os.mkdir(os.path.join(folder, "data"))
    shutil.copy(path, os.path.join(folder, "data", "pollux.db"))
    return folder, os.path.join(folder, "data")


def history_of(web, name):
    """All its values of n. After a start the tail is folded first; a reader is told so, and asks again."""
    end = time.monotonic() + 30
    while True:
        status, _, text = web.ask("GET", f"/api/v1/history/{name}?property=n&limit=100000")
        if status == 200:
            return [int(row[1]) for row in json.loads(text)["rows"]]
        assert status == 503 and "history.lag" in text and time.monotonic() < end, (status, text)


def under_load_it_has_what_was_acknowledged_before_its_end():
    with Server() as s:
        web = fill(s)
        writers = prepare(s, 4)
        for w in writers:
            w.start()
        before, looks = {w.name: w.sure for w in writers}, 0
        begin(web, "a")
        while True:
            sure = {w.name: w.sure for w in writers}
            seen = look(web, "a")
            if seen["status"] != "copying":
                break
            before, looks = sure, looks + 1  # these were acknowledged, and then it was still being copied
        if seen["status"] == "ending":
            seen = until_ended(web, "a")
        assert seen["status"] == "done", seen
        position = int(seen["position"])
        metrics = web.metrics()
        assert metrics['pollux_backups_total{result="done"}'] == 1 and metrics["pollux_backup_pages_left"] == 0
        assert metrics['pollux_slice_rows_total{slice="backup"}'] >= metrics["pollux_backup_pages"] > 1000
        finish(s, writers)
        folder, data = restored(seen["path"])
        with open(os.path.join(s.data, "admin.token")) as f:
            token = f.read()
        with open(os.path.join(data, "admin.token"), "w") as f:
            f.write(token)
        whole = s.json("backup", "verify", seen["path"])
        assert whole["position"] == position and whole["twins"] == TWINS + len(writers), whole
    with Server(data) as r:
        web = Web(r)
        assert web.metrics()["pollux_position"] >= position
        for w in writers:
            n = int(web.want(200, "GET", f"/digitaltwins/{w.name}").get("n", 0))
            assert before[w.name] <= n <= w.sent, (w.name, before[w.name], n, w.sent)
            values = history_of(web, w.name)
            assert values == list(range(1, n + 1)), (w.name, n, len(values))
    shutil.rmtree(folder)
    print(f"    {looks} looks, {sum(before.values())} writes before its end", flush=True)


def kill_in_the_middle_leaves_nothing_that_looks_finished():
    with Server() as s:
        web, folder = fill(s), os.path.join(s.data, "backups")
        for n in range(20):  # until it was in the middle
            name = f"a{n}"
            begin(web, name)
            second = web.ask("POST", "/api/v1/backups", {"name": "b"})[0]
            s.kill()
            left = os.listdir(folder)
            s.start()
            web = Web(s)
            if second == 409 and left == [f"{name}.db.part"]:
                break
            for file in os.listdir(folder):
                s.cli("backup", "verify", os.path.join(folder, file))  # what bears the name is whole
                os.remove(os.path.join(folder, file))
        assert second == 409 and left == [f"{name}.db.part"], (second, left)
        assert os.listdir(folder) == []
        assert web.want(200, "GET", "/api/v1/backups")["items"] == []
        begin(web, name)
        assert until_ended(web, name)["status"] == "done"
        assert os.listdir(folder) == [f"{name}.db"]


def a_stop_in_the_middle_leaves_no_part():
    with Server() as s:
        web, folder = fill(s), os.path.join(s.data, "backups")
        begin(web, "a")
        s.stop()
        for file in os.listdir(folder):  # it may have been quicker than the stop
            assert file == "a.db", file
            s.cli("backup", "verify", os.path.join(folder, file))


def its_full_disk_is_its_own_trouble():
    folder = tempfile.mkdtemp(prefix="pollux-full-")
    with SmallDisk() as disk, Server(os.path.join(folder, "data"), settings=[f"backup_folder = {disk.folder}/kept"]) as s:
        web = fill(s)
        disk.fill(leave=18 << 20)
        status, _, said = web.ask("POST", "/api/v1/backups", {"name": "a"})
        assert status == 507 and "MiB" in said, (status, said)
        for _ in range(20):  # until the disk is filled while it is under way
            disk.free()
            begin(web, "a")
            disk.fill(leave=12 << 20)
            seen = until_ended(web, "a")
            if seen["status"] == "failed":
                break
            web.want(204, "DELETE", "/api/v1/backups/a")
        assert seen["status"] == "failed" and seen["code"] == "full" and "disk is full" in seen["error"], seen
        assert os.listdir(os.path.join(disk.folder, "kept")) == []
        assert web.patch("big-0", {"t0": "still written"})[0] == 204
        assert web.ask("GET", "/readyz")[0] == 200
        disk.free()
        begin(web, "a")
        assert until_ended(web, "a")["status"] == "done"
        assert os.listdir(os.path.join(disk.folder, "kept")) == ["a.db"]
    shutil.rmtree(folder)


def by_the_client():
    with Server() as s:
        web = fill(s)
        made = s.json("backup", "create", "monday")
        assert made["status"] == "done" and made["path"].endswith("/backups/monday.db"), made
        assert "position" in s.cli("backup", "create", "tuesday")
        assert "there already" in s.cli("backup", "create", "monday", code=5)
        assert [b["name"] for b in s.json("backup", "list")] == ["monday", "tuesday"]
        assert "did you mean 'monday'" in s.cli("backup", "delete", "mondy", code=4)
        assert "is whole: 300 twins" in s.cli("backup", "verify", made["path"])
        before = os.stat(made["path"])
        with open(made["path"], "r+b") as f:
            f.seek(before.st_size // 2)
            byte = f.read(1)
            f.seek(before.st_size // 2)
            f.write(bytes([byte[0] ^ 4]))
        assert "does not match its check" in s.cli("backup", "verify", made["path"], code=9)
        with open(made["path"], "r+b") as f:
            f.truncate(before.st_size // 3)
        s.cli("backup", "verify", made["path"], code=9)
        assert sorted(os.listdir(os.path.dirname(made["path"]))) == ["monday.db", "tuesday.db"]  # verify makes no file
        s.cli("backup", "delete", "monday")
        reader = web.want(201, "POST", "/api/v1/tokens", {"name": "r", "role": "reader"})["token"]
        assert "may not make backups" in s.cli("backup", "list", "--token", reader, code=3)


main(under_load_it_has_what_was_acknowledged_before_its_end, kill_in_the_middle_leaves_nothing_that_looks_finished,
     a_stop_in_the_middle_leaves_no_part, its_full_disk_is_its_own_trouble, by_the_client)
