# SPDX-License-Identifier: Apache-2.0
"""The server on a disk whose syncs are slow or fail on command (tests/support/slow_disk.c, preloaded)."""
import os
import shutil
import subprocess
import sys
import tempfile

from pollux import Server

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support/slow_disk.c")


class SlowDisk:
    """`with SlowDisk() as disk: with disk.server() as s:`, then disk.set(5000) or disk.set(0, "fail")."""

    def __enter__(self):
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang-14")
        if not compiler:
            print("skipped: no C compiler for tests/support/slow_disk.c")
            sys.exit(77)
        self.folder = tempfile.TemporaryDirectory(prefix="pollux-slow-")
        self.library = os.path.join(self.folder.name, "slow_disk.so")
        self.control = os.path.join(self.folder.name, "control")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", self.library, SOURCE, "-ldl"], check=True)
        return self

    def __exit__(self, kind, value, trace):
        self.folder.cleanup()

    def server(self, **more):
        preload = {"LD_PRELOAD": self.library, "SLOW_DISK": self.control,
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        return Server(environment=preload, **more)

    def set(self, wait_ms, word="ok"):
        with open(self.control + ".new", "w") as f:
            f.write(f"{wait_ms} {word}\n")
        os.rename(self.control + ".new", self.control)
