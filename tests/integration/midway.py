# SPDX-License-Identifier: Apache-2.0
"""kill -9 that falls into a running replay, and not before or behind it."""
import json
import time

from clients import Web


def rows_there(web, twin):
    return max(web.want(200, "GET", f"/api/v1/history/{twin}/count")["counts"].values(), default=0)


def kill(s, process, twin, rows, parts):
    """Kills and starts the server once for each of `parts`: when that part of the rows is in the history, and one more than
    the kill before left, so that the replay has found the server again."""
    left = 0
    for part in parts:
        web, end, there = Web(s), time.monotonic() + 30, 0
        while there < part * rows or there <= left:
            assert process.poll() is None, f"the replay ended with {there} of {rows} rows, before its kill at {part:.0%}"
            assert time.monotonic() < end, f"{there} of {rows} rows after 30 s"
            time.sleep(0.005)
            there = rows_there(web, twin)
        assert there < rows, f"all {rows} rows were there before the kill"
        s.kill()
        ready = s.start()
        assert ready < 5, f"serving again only after {ready} s"
        left = rows_there(Web(s), twin)


def finish(process, path, kills):
    """The replay's own summary: it came through, and had to connect again for each kill."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, (path, err)
    summary = json.loads(out)
    assert summary["reconnects"] >= kills, f"{path}: {kills} kills, and the replay noticed {summary['reconnects']}"
    return summary
