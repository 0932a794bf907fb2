# SPDX-License-Identifier: Apache-2.0
"""The screens where things are built, in a browser: a broken model is marked where it is broken,
mended, uploaded and found in the tree with its heir; a query gives rows, and a broken one its caret."""
from console_demo import tell

tell("console_models.mjs", "console_query.mjs")
