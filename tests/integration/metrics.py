# SPDX-License-Identifier: Apache-2.0
"""What /metrics of a whole server says is what docs/metrics.md promises: every figure, announced, and no other."""
import os
import re

from clients import Web
from pollux import Server, main

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "metrics.md")


def every_figure_of_the_page_is_announced_and_no_other_comes():
    with open(PAGE, encoding="utf-8") as page:
        promised = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", page.read(), re.M))
    with Server() as s:
        web = Web(s)
        web.want(200, "GET", "/api/v1/twins")
        text = web.want(200, "GET", "/metrics")
        announced = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
        assert announced == promised, set(announced.items()) ^ set(promised.items())
        assert sorted(re.findall(r"^# HELP (\w+) \S", text, re.M)) == sorted(promised)
        given = {re.match(r"\w+", line)[0] for line in text.splitlines() if line[0] != "#"}
        assert given <= set(promised), given - set(promised)


main(every_figure_of_the_page_is_announced_and_no_other_comes)
