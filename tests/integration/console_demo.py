# SPDX-License-Identifier: Apache-2.0
"""`pollux demo manufacturing` on free ports, and a browser's story told to it; for console_*.py."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from pollux import free_ports

POLLUX = os.environ["POLLUX"]
HERE = os.path.dirname(os.path.abspath(__file__))
NODE = shutil.which("node") or shutil.which("nodejs")
BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")
READY_SECONDS = 90


class Demo:
    """Ready once it has printed its token."""

    def __init__(self, folder):
        http, mqtt = free_ports(2)
        self.url = f"http://127.0.0.1:{http}"
        self.lines = []
        self.token = None
        self.told = threading.Event()
        self.process = subprocess.Popen(
            [POLLUX, "demo", "manufacturing", "--data", folder, "--http", self.url[len("http://"):],
             "--mqtt", f"127.0.0.1:{mqtt}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            found = re.match(r"\s*token: (\S+)", line)
            if found:
                self.token = found.group(1)
                self.told.set()
        self.told.set()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def tell(*stories):
    """Runs each story (a .mjs beside this file) against one demo; ends the program with its verdict."""
    if not NODE or not os.path.isdir(os.path.join(HERE, "../../console/node_modules/playwright-core")):
        print("skipped: node, or the console's node_modules, is not here")
        sys.exit(77)
    if not os.path.exists(BROWSER):
        print(f"skipped: there is no browser at {BROWSER}")
        sys.exit(77)
    worst = 0
    with tempfile.TemporaryDirectory(prefix="pollux-console-") as data:
        demo = Demo(os.path.join(data, "data"))
        try:
            demo.told.wait(READY_SECONDS)
            if not demo.token:
                print("the demo did not start:\n" + "".join(demo.lines))
                sys.exit(1)
            for story in stories:
                result = subprocess.run(
                    [NODE, os.path.join(HERE, story), *sys.argv[1:]],
                    env={**os.environ, "POLLUX_URL": demo.url, "POLLUX_TOKEN": demo.token})
                worst = worst or result.returncode
            if worst not in (0, 77):
                print("the demo said:\n" + "".join(demo.lines[-40:]))
        finally:
            demo.stop()
    sys.exit(worst)
