# SPDX-License-Identifier: Apache-2.0
"""The screens of connections and of issuers in a browser, beside a broker that wants a password and a Modbus device."""
import os
import subprocess

from broker import Broker
from console_things import tell
from modbus_peer import Device

with Device(unit=1) as device:
    b = Broker("allow_anonymous false", "password_file {folder}/passwords")
    subprocess.run(["mosquitto_passwd", "-b", "-c", b.path("passwords"), "pollux", "s3cret"], check=True)
    with b:
        device.set(40, 214)
        os.environ.update(BROKER=str(b.port), DEVICE=str(device.port))
        tell("console_sources.mjs")
