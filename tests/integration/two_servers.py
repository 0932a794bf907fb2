# SPDX-License-Identifier: Apache-2.0
"""Two servers on one data directory, or on one port: the second is refused with a sentence, and the first
does not notice."""
import os
import subprocess

from clients import Web, model, twin
from pollux import PROGRAM, Server, free_ports, main


def serve(*words):
    done = subprocess.run([PROGRAM, "serve", *words], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stderr


def second_on_one_directory_is_refused():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", [model("Two", n="integer")])
        web.want(200, "PUT", "/digitaltwins/t", twin("Two"))
        http, mqtt = free_ports(2)
        for _ in range(3):
            code, said = serve("--data", s.data, "--http", f"127.0.0.1:{http}", "--mqtt", f"127.0.0.1:{mqtt}")
            assert code not in (0, 1) and code < 128, (code, said)
            assert "another process has the data directory" in said and s.data in said, said
            assert web.patch("t", {"n": 1})[0] == 204
        s.kill()
        s.start()  # a killed server leaves no lock behind
        assert Web(s).want(200, "GET", "/digitaltwins/t")["n"] == 1


def a_taken_port_is_named():
    with Server() as s:
        for door, port in (("--http", s.http), ("--mqtt", s.mqtt)):
            doors = {"--http": "127.0.0.1:0", "--mqtt": "127.0.0.1:0", door: f"127.0.0.1:{port}"}
            code, said = serve("--data", s.data + "-2", *[word for pair in doors.items() for word in pair])
            assert code not in (0, 1) and code < 128, (code, said)
            assert said == f"pollux: port {port} of 127.0.0.1 is taken by another program; {door} HOST:PORT chooses another\n", said
            assert not os.path.exists(s.data + "-2"), "a start that could not begin leaves a data directory"
        code, said = serve("--data", s.data + "-2", "--http", "127.0.0.1:0", "--mqtt", "no..host:1883", "--allow-plain")
        assert code == 2 and "'no..host' is not an address to listen on" in said and "--mqtt takes" in said, said
        port = free_ports(1)[0]
        code, said = serve("--data", s.data + "-2", "--http", f"127.0.0.1:{port}", "--mqtt", f"127.0.0.1:{port}")
        assert code == 2 and f"two doors cannot share 127.0.0.1 port {port}" in said, said
        assert not os.path.exists(s.data + "-2")


def a_place_that_is_no_directory_is_named():
    with Server() as s:
        for place, word in ((s.log.name, s.log.name), ("/nowhere/at/all", "/nowhere/at/all")):
            code, said = serve("--data", place, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
            assert code not in (0, 1) and code < 128 and word in said, (code, said)


main(second_on_one_directory_is_refused, a_taken_port_is_named, a_place_that_is_no_directory_is_named)
