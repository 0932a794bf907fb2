# SPDX-License-Identifier: Apache-2.0
"""The manual page names every command that the program has."""
import os
import re
import subprocess
import sys

page, = sys.argv[1:]
told = subprocess.run([os.environ["POLLUX"], "--help"], capture_output=True, text=True, check=True).stdout
commands = set(re.findall(r"^  ([a-z]+)  ", told.split("\ncommands\n")[1].split("\n\n")[0], re.M))
with open(page) as f:
    named = set(re.findall(r"^\.(?:It )?Cm ([a-z]+)$", f.read(), re.M))
assert len(commands) > 20, told
assert commands <= named, f"{page} does not name {sorted(commands - named)}"
