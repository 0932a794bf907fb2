# SPDX-License-Identifier: Apache-2.0
"""A query whose client goes away ends, and bombs that run or were left behind hinder no other."""
import json
import os
import socket
import tempfile
import time

from pollux import Server, main

NODES = 14
BOMB = "SELECT COUNT() FROM DIGITALTWINS MATCH (a)-[*]-(b)-[*]-(c)-[*]-(d)"


def ask(s, query):
    """The socket of a question that is not waited for."""
    body = json.dumps({"query": query})
    link = socket.create_connection(("127.0.0.1", s.http))
    link.sendall((f"POST /query?api-version=2023-10-31 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.token}\r\n"
                  f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
    return link


def wait_for(s, word, count):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with open(s.log.name, errors="replace") as f:
            if f.read().count(word) >= count:
                return
        time.sleep(0.05)
    raise AssertionError(f"the log does not say {word} {count} times")


def make_house(s):
    model = [{"@context": "dtmi:dtdl:context;3", "@id": "dtmi:t:N;1", "@type": "Interface",
              "contents": [{"@type": "Relationship", "name": "to"}]}]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        with open(path, "w") as f:
            json.dump(model, f)
        s.cli("model", "upload", path)
    for i in range(NODES):
        s.cli("twin", "create", f"n{i}", "--model", "dtmi:t:N;1")
    for i in range(NODES):
        for step in (1, 2, 5):
            s.cli("rel", "add", f"n{i}", "to", f"n{(i + step) % NODES}")


def a_query_ends_when_its_client_goes_and_others_are_answered_beside_it():
    with Server() as s:
        make_house(s)
        bomb = ask(s, BOMB)
        began = time.monotonic()
        assert s.json("query", "SELECT COUNT() FROM RELATIONSHIPS") == [{"COUNT": 3 * NODES}]
        beside = time.monotonic() - began
        assert beside < 20, beside
        bomb.close()
        wait_for(s, "query.gone", 1)


main(a_query_ends_when_its_client_goes_and_others_are_answered_beside_it)
