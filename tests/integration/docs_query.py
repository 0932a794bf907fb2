# SPDX-License-Identifier: Apache-2.0
"""docs/query.md as written: every `$` line of its console blocks, in order, against a server, compared with what stands below it.

`docs_query.py --update` writes what came into the page instead."""
import os
import re
import subprocess
import sys
import tempfile

from pollux import PROGRAM, Server

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/query.md")


def play(command, folder, env):
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    return [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]


def blocks(lines):
    """(begin, end, language) of every fenced block; its fences are not in it."""
    begin = None
    for at, line in enumerate(lines):
        if begin is None and line.startswith("```"):
            begin, language = at + 1, line[3:]
        elif begin is not None and line == "```":
            yield begin, at, language
            begin = None


def main():
    with open(PAGE) as f:
        lines = f.read().splitlines()
    written, last, bad = [], 0, 0
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        env = {**s.environment(), "NO_COLOR": "1", "PATH": os.path.dirname(os.path.abspath(PROGRAM)) + ":" + os.environ["PATH"]}
        for begin, end, language in blocks(lines):
            named = re.fullmatch(r"json (\S+)", language)
            if named:
                with open(os.path.join(folder, named.group(1)), "w") as f:
                    f.write("\n".join(lines[begin:end]))
            if language != "console":
                continue
            said = []
            for line in lines[begin:end]:
                if line.startswith("$ "):
                    said += [line] + play(line[2:], folder, env)
            written += lines[last:begin] + said
            last = end
            if "--update" not in sys.argv and said != lines[begin:end]:
                bad += 1
                print("--- the page", *lines[begin:end], "--- the program", *said, sep="\n")
    if "--update" in sys.argv:
        with open(PAGE, "w") as f:
            f.write("\n".join(written + lines[last:]) + "\n")
    sys.exit(1 if bad else 0)


main()
