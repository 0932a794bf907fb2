# SPDX-License-Identifier: Apache-2.0
"""The demonstration plant runs, a browser looks at it: a value that the plant changes is seen to
change on the page, in both languages and both themes (console_page.mjs says the rest)."""
from console_demo import tell

tell("console_page.mjs")
