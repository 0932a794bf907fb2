# SPDX-License-Identifier: Apache-2.0
"""Desired values and commands on the page of a twin, in a browser, with the device that answers them at the MQTT door."""
from console_things import tell

tell("console_control.mjs")
