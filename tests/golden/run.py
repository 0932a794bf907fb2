# SPDX-License-Identifier: Apache-2.0
"""Plays a script of `$ pollux …` lines and compares what is printed with what stands below each.

A script is plain text: `# comment`, `$ command line` (run by sh in an empty folder), then the
output: lines of stdout as they are, lines of stderr behind `2> `, and `exit N` when N is not 0.
`run.py --update SCRIPT` writes the output that came instead of comparing it."""
import os
import subprocess
import sys
import tempfile


def play(command, folder, env):
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=30)
    lines = done.stdout.splitlines() + ["2> " + line for line in done.stderr.splitlines()]
    return lines + ([f"exit {done.returncode}"] if done.returncode else [])


def main():
    update, path = sys.argv[1] == "--update", sys.argv[-1]
    with open(path) as f:
        script = f.read().splitlines()
    env = {k: v for k, v in os.environ.items() if not k.startswith("POLLUX_") and k != "COLUMNS"}
    env["PATH"] = os.path.dirname(os.environ["POLLUX"]) + ":" + env["PATH"]
    written, wanted, bad, at = [], [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        while at < len(script):
            line = script[at]
            at += 1
            written.append(line)
            if not line.startswith("$ "):
                continue
            wanted = []
            while at < len(script) and not script[at].startswith(("$ ", "# ")):
                wanted.append(script[at])
                at += 1
            while wanted and not wanted[-1]:
                wanted.pop()
            got = play(line[2:], folder, env)
            while got and not got[-1]:
                got.pop()
            written += got + [""]
            if not update and got != wanted:
                bad += 1
                print(f"{line}\n--- wanted", *wanted, "--- got", *got, sep="\n")
    if update:
        with open(path, "w") as f:
            f.write("\n".join(written).rstrip("\n") + "\n")
    sys.exit(1 if bad else 0)


main()
