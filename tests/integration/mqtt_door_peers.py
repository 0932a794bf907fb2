# SPDX-License-Identifier: Apache-2.0
"""Clients of others talk to themselves through the MQTT door: Eclipse Paho C ($MQTT_PEER) and the `mqtt` library
of npm (mqtt_js.mjs says what); answered at once and later, and byte by byte."""
import os
import shutil
import subprocess
import sys

from mqtt_echo import Echo, chopping_relay

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = shutil.which("node") or shutil.which("nodejs")
PEER = os.environ.get("MQTT_PEER", "")


def paho_c_hears_itself(port, count):
    for version in ("4", "5"):
        for qos in ("0", "1", "2"):
            ran = subprocess.run([PEER, str(port), version, qos, str(count)], timeout=100, text=True,
                                 capture_output=True)
            assert ran.returncode == 0 and ran.stdout == f"heard {count}\n", (version, qos, ran)


def npm_hears_itself(port):
    subprocess.run([NODE, os.path.join(HERE, "mqtt_js.mjs")], check=True, timeout=100,
                   env={**os.environ, "MQTT_PORT": str(port)})


if not os.path.exists(PEER):
    print("skipped: libpaho-mqtt-dev is not here; ./dev test installs it")
    sys.exit(77)
if not NODE or not os.path.isdir(os.path.join(HERE, "../sdk/node_modules/mqtt")):
    print("skipped: node, or the node_modules of tests/sdk, is not here; ./dev test installs them")
    sys.exit(77)
for options in ([], ["--late", "yes"]):
    with Echo("--threads", "2", *options) as echo:
        paho_c_hears_itself(echo.port, 100)
        paho_c_hears_itself(chopping_relay(echo.port), 20)
        npm_hears_itself(echo.port)
        npm_hears_itself(chopping_relay(echo.port))
