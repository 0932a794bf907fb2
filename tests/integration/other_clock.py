# SPDX-License-Identifier: Apache-2.0
"""A clock that stands between a server and the machine's, by libfaketime: `set("+365d")` moves it while the server runs."""
import glob
import os
import subprocess
import sys

from pollux import PROGRAM

LIBRARIES = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
if not LIBRARIES:
    print("skipped: there is no libfaketime; apt-get install faketime")
    sys.exit(77)


class Clock:
    def __init__(self, folder, monotonic=False):
        """`monotonic`: that clock is moved, too, as by time that passes; else as by people who set the wall's."""
        self.file, self.monotonic = os.path.join(folder, "clock"), monotonic
        self.set("+0")

    def set(self, words):
        with open(self.file + ".new", "w") as f:
            f.write(words + "\n")
        os.replace(self.file + ".new", self.file)

    def environment(self):
        """Of the server. The sanitizers' library has to come first, where the program has one."""
        lines = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True).stdout.splitlines()
        first = [line.split()[2] for line in lines if "libasan" in line or "libtsan" in line]
        still = {} if self.monotonic else {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        return {"LD_PRELOAD": ":".join(first + LIBRARIES), "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1", **still}
