# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/api.md, run as they stand: `$ command`, then what it prints, where `…` is anything."""
import os
import re
import subprocess
import sys

from pollux import Server

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "api.md")


def examples():
    with open(PAGE, encoding="utf-8") as f:
        blocks = re.findall(r"```sh\n(.*?)```", f.read(), re.S)
    for block in blocks:
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, wanted = example.partition("\n")
            yield command, wanted.strip()


def main():
    told = 0
    with Server() as server:
        env = {**os.environ, "URL": server.url, "TOKEN": server.token}
        for command, wanted in examples():
            got = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, timeout=30)
            assert got.returncode == 0, f"{command}\n{got.stderr}"
            pattern = ".*".join(re.escape(part) for part in wanted.split("…"))
            assert re.fullmatch(pattern, got.stdout.strip(), re.S), f"{command}\n--- wanted {wanted}\n--- got    {got.stdout}"
            told += 1
    assert told > 10, f"only {told} examples were found"
    print(f"{told} examples of docs/api.md do what the page says")


sys.exit(main())
