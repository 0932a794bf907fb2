# SPDX-License-Identifier: Apache-2.0
"""The other broker is gone for six hours: the connection tries all the time, at least once a minute, says what is wrong and when it tries
next, and is there within a minute of the broker; what came to the broker meanwhile arrives, once and in its order. The hours pass on
the server's clock alone."""
import json
import subprocess
import tempfile
from datetime import datetime

from broker import Broker, until
from broker_client import BEGIN_MS, all_of_it, begin, connection, is_connected, server, status
from clients import Web
from other_clock import Clock
from pollux import Server, main

HOURS = 6
LONGEST_S = 60  # between two tries, when a connection says nothing else


def seconds(instant):
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def publish(broker, first, count):
    lines = "".join(json.dumps({"p": i, "ts": BEGIN_MS + i}) + "\n" for i in range(first, first + count))
    subprocess.run(["mosquitto_pub", "-p", str(broker.port), "-q", "1", "-t", "plant/m1/data", "-l"], input=lines.encode(), check=True)


def pause(known):
    """Seconds between the last try and the next."""
    return seconds(known["retryAt"]) - seconds(known["error"]["time"])


def another_try(s, clock, at):
    """By `at` seconds (which ends what was open to the server, too); gives how it is then."""
    before = status(Web(s))["failures"]
    clock.set(f"+{at}s")
    web = Web(s)
    until(lambda: status(web)["failures"] > before and status(web)["state"] == "waiting", f"another try at {at} s", LONGEST_S / 3)
    now = status(web)
    assert now["error"]["code"] == "connection.refused" and 0 < pause(now) <= LONGEST_S, now
    return now


def tries_go_on(s, clock):
    """Pauses grow; once they are as long as they get, only an hour that passes can end one that was begun just now."""
    at, known = 0, status(Web(s))
    while pause(known) < LONGEST_S / 2:
        at += LONGEST_S
        known = another_try(s, clock, at)
    for hour in range(1, HOURS + 1):
        another_try(s, clock, hour * 3600)  # which waits less than the shortest of these pauses: none ends by itself meanwhile


def a_broker_that_is_gone_for_hours_is_found_again():
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(folder, monotonic=True)
        with Broker("allow_anonymous true") as b, server(Server(environment=clock.environment())) as s:
            web = begin(s, "m1")
            document = connection(b)
            del document["retryMax"]
            web.want(200, "PUT", "/api/v1/connections/plant", document)
            until(lambda: is_connected(web), "connected")
            publish(b, 0, 100)
            all_of_it(web, 100)
            b.stop()
            until(lambda: status(web)["state"] == "waiting", "the loss is seen")
            tries_go_on(s, clock)
            b.start()
            publish(b, 100, 200)
            clock.set(f"+{HOURS * 3600 + LONGEST_S}s")
            web = Web(s)
            until(lambda: is_connected(web), "connected again")
            until(lambda: web.ask("GET", "/api/v1/history/m1?property=power")[0] == 200, "the history follows")
            all_of_it(web, 300)
            assert status(web)["reconnects"] == 1, status(web)


main(a_broker_that_is_gone_for_hours_is_found_again)
