# SPDX-License-Identifier: Apache-2.0
"""The screens of devices in a browser, with devices at the MQTT door: a key that is shown once and works as pasted, a
revoked one whose connection ends, a life from registered to retired."""
from console_things import tell

tell("console_devices.mjs")
