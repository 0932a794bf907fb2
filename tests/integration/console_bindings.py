# SPDX-License-Identifier: Apache-2.0
"""Onboarding in a browser: from a payload that nobody knows to a value on the page of a twin, from a reject with its cure
to the value that its replay made."""
from console_things import tell

tell("console_bindings.mjs")
