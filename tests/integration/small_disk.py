# SPDX-License-Identifier: Apache-2.0
"""A small tmpfs, to fill and to free."""
import os
import subprocess
import sys
import tempfile

SIZE = 48 << 20


class SmallDisk:
    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="pollux-small-")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", self.folder], capture_output=True, text=True)
        if done.returncode:
            os.rmdir(self.folder)
            print("skipped: a small tmpfs cannot be mounted here:", done.stderr.strip())
            sys.exit(77)
        self.ballast = os.path.join(self.folder, "ballast")  # there from the start: a full disk has no room for its name
        self.free()
        return self

    def __exit__(self, kind, value, trace):
        subprocess.run(["umount", "--lazy", self.folder], check=True)
        os.rmdir(self.folder)

    def fill(self, leave=0):
        at = os.statvfs(self.folder)
        with open(self.ballast, "wb") as f:
            left = at.f_bavail * at.f_frsize - leave
            try:
                while left > 0:
                    left -= f.write(b"\1" * min(left, 1 << 20))
            except OSError:
                pass  # the server was quicker

    def free(self):
        open(self.ballast, "wb").close()
