# SPDX-License-Identifier: Apache-2.0
"""One bit flipped in the file of a server that has stopped: the next one refuses to start, or answers 500 for just
the reads that need it, and names the place both times. What is damaged is never served."""
import os
import random
import re
import shutil
import sqlite3
import struct
import subprocess
import tempfile

from clients import Mqtt, Web, model, twin
from pollux import PROGRAM, Server, free_ports, main

TWINS, ROWS, PAGE, SEALED = 6, 5000, 4096, 4088
NAMED = re.compile(r"page \d+ of \S*pollux\.db|row \(.*\) of table \w+|journal row \(|bytes 0 to 23|table \w+ of pollux.db")
chance = random.Random(os.environ.get("PX_SEED", "4"))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Copy:
    """The data directory once more, to be damaged."""

    def __init__(self, data, folder):
        self.data = os.path.join(folder, "copy")
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(data, self.data)
        self.path = os.path.join(self.data, "pollux.db")

    def ask(self, sql):
        with sqlite3.connect(f"file:{self.path}?immutable=1", uri=True) as db:
            return db.execute(sql).fetchall()

    def pages(self, table):
        return [page for page, in self.ask(f"SELECT pageno FROM dbstat WHERE name = '{table}' AND pagetype != 'internal'")]

    def flip(self, at, seal=False):
        """One bit at the byte; `seal` mends the page's own check, so that only the row's is left to find it."""
        with open(self.path, "r+b") as f:
            start = at // PAGE * PAGE
            f.seek(start)
            page = bytearray(f.read(PAGE))
            page[at - start] ^= 1 << chance.randrange(8)
            if seal:
                page[SEALED:SEALED + 4] = struct.pack("<I", crc32c(struct.pack("<I", start // PAGE + 1) + page[:SEALED]))
            f.seek(start)
            f.write(page)

    def flip_in_page(self, page):
        self.flip((page - 1) * PAGE + chance.randrange(SEALED))

    def flip_in_row(self, sql):
        """In the last bytes of a body that lie together in one page."""
        for body, in self.ask(sql):
            with open(self.path, "rb") as f:
                at = f.read().find(body[-16:])
            if at >= 0:
                self.flip(at + len(body[-16:]) - 1, seal=True)
                return
        raise AssertionError(f"no row of {sql} is in the file")


def serve_to_the_end(data):
    """`pollux serve` where it must not come up: its exit code and last words."""
    http, mqtt = free_ports(2)
    done = subprocess.run([PROGRAM, "serve", "--data", data, "--http", f"127.0.0.1:{http}", "--mqtt", f"127.0.0.1:{mqtt}"],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def make_data(folder):
    """Some twins with histories of sealed blocks; gives what their reads answer."""
    with Server(os.path.join(folder, "data")) as s:
        web = Web(s)
        web.want(201, "POST", "/models", [model("Cold", n="integer", load="double")])
        for t in range(TWINS):
            web.want(200, "PUT", f"/digitaltwins/cold-{t}", twin("Cold"))
        key = web.want(201, "PUT", "/api/v1/devices/d", {"twins": [f"cold-{t}" for t in range(TWINS)]})["key"]
        link = Mqtt(s, "d", key)
        for first in range(0, ROWS, 500):
            for t in range(TWINS):
                link.publish(f"twins/cold-{t}/telemetry", [{"$ts": f"2026-01-01T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z", "n": n,
                                                            "load": chance.random()} for n in range(first, first + 500)], t + 1)
            for t in range(TWINS):
                assert link.ack(t + 1) == 0
        link.close()
        right = {path: web.want(200, "GET", path) for path in reads()}
        for t in range(TWINS):
            assert len(right[f"/api/v1/history/cold-{t}?limit=100000"]["rows"]) == ROWS
        s.stop()
        return s.data, right


def reads():
    return [f"/api/v1/history/cold-{t}?limit=100000" for t in range(TWINS)] + [f"/digitaltwins/cold-{t}" for t in range(TWINS)]


def refused(copy, *words):
    code, said = serve_to_the_end(copy.data)
    assert code == 9, (code, said)
    assert NAMED.search(said) and all(word in said for word in words), said
    return said.strip().splitlines()[-1]


def spoiled(copy, right, *words):
    """Serves; gives the reads that were answered 500. All others must be answered as before the damage."""
    with Server(copy.data) as s:
        web, bad = Web(s), []
        for path in reads():
            status, _, said = web.ask("GET", path)
            if status == 200:
                assert web.want(200, "GET", path) == right[path], f"{path} is served, and wrong"
                continue
            assert status == 500 and "stored bytes are not what we wrote" in said, (path, status, said)
            assert NAMED.search(said) and all(word in said for word in words), (path, said)
            bad.append(path)
        assert web.patch("cold-0", {"n": ROWS})[0] == 204
        end(s)
        return bad


def end(s):
    """A stop writes what is dirty: where that meets the damage, the commit fails, and the program says so and ends with 9."""
    s.process.terminate()
    code = s.process.wait(15)
    with open(s.log.name, errors="replace") as f:
        said = f.read()
    assert code == 0 or (code == 9 and NAMED.search(said)), (code, said[-2000:])


def a_cold_page_of_history_spoils_only_the_reads_that_need_it(data, folder, right):
    for _ in range(3):
        copy = Copy(data, folder)
        page = chance.choice(copy.pages("block"))
        copy.flip_in_page(page)
        bad = spoiled(copy, right, f"page {page} of")
        assert 0 < len(bad) < TWINS and all("history" in path for path in bad), (page, bad)
        print(f"    page {page}: {len(bad)} of {2 * TWINS} reads answered 500", flush=True)


def a_block_of_history_in_a_sound_page_is_found_by_its_own_check(data, folder, right):
    copy = Copy(data, folder)
    copy.flip_in_row("SELECT body FROM block ORDER BY b DESC, a")
    bad = spoiled(copy, right, "of table block")
    assert len(bad) == 1 and "history" in bad[0], bad


def a_page_of_the_state_is_named_and_nothing_is_served(data, folder, right):
    copy = Copy(data, folder)
    page = chance.choice(copy.pages("state"))
    copy.flip_in_page(page)
    print("   ", refused(copy, f"page {page} of"))


def a_row_of_the_state_is_named_and_nothing_is_served(data, folder, right):
    copy = Copy(data, folder)
    copy.flip_in_row("SELECT body FROM state WHERE length(body) > 40")
    print("   ", refused(copy, "of table state"))


def a_page_of_the_newest_journal_is_named_and_nothing_is_served(data, folder, right):
    copy = Copy(data, folder)
    page = chance.choice(copy.pages("journal"))
    copy.flip_in_page(page)
    print("   ", refused(copy, f"page {page} of"))


def a_row_of_the_journal_is_named_and_nothing_is_served(data, folder, right):
    copy = Copy(data, folder)
    copy.flip_in_row("SELECT body FROM journal WHERE length(body) > 200 ORDER BY seq_first DESC")
    print("   ", refused(copy, "journal row ("))


def any_bit_anywhere_is_named_or_touches_nothing(data, folder, right):
    ends = [0, 0, 0]
    for _ in range(12):
        copy = Copy(data, folder)
        copy.flip(chance.randrange(os.path.getsize(copy.path)))
        try:
            bad = spoiled(copy, right)
            ends[1 if bad else 2] += 1
        except AssertionError as error:
            if "the server ended" not in str(error):
                raise
            refused(copy)
            ends[0] += 1
    print("    {} starts refused, {} with some reads refused, {} untouched".format(*ends), flush=True)
    assert ends[0] + ends[1] > 2, ends


def one_bit_is_found_and_named_wherever_it_is():
    with tempfile.TemporaryDirectory(prefix="pollux-flip-") as folder:
        data, right = make_data(folder)
        for story in (a_cold_page_of_history_spoils_only_the_reads_that_need_it,
                      a_block_of_history_in_a_sound_page_is_found_by_its_own_check,
                      a_page_of_the_state_is_named_and_nothing_is_served,
                      a_row_of_the_state_is_named_and_nothing_is_served,
                      a_page_of_the_newest_journal_is_named_and_nothing_is_served,
                      a_row_of_the_journal_is_named_and_nothing_is_served,
                      any_bit_anywhere_is_named_or_touches_nothing):
            story(data, folder, right)
            print("  ok", story.__name__, flush=True)


main(one_bit_is_found_and_named_wherever_it_is)
