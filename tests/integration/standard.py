# SPDX-License-Identifier: Apache-2.0
"""How the statements of the MQTT standards are checked: each a function that is given a world of its own, told of the server whole and
of one behind a relay of single bytes, for the versions that have the statement."""
import concurrent.futures
import itertools
import os
import traceback

from mqtt_raw import Gone, Raw

CHECKS = []
RUNS = itertools.count()


def states(v3=None, v5=None, slow=False, relayed=True):
    """The number of the statement in each version that has it; `slow`: it waits for a clock; `relayed`: also in single bytes."""
    def add(function):
        for version, number in ((4, v3), (5, v5)):
            if number:
                CHECKS.append((function, version, number, slow, relayed))
        return function
    return add


class World:
    def __init__(self, server, port, version, name):
        self.server, self.port, self.version, self.name, self.open, self.five = server, port, version, name, [], version == 5

    def topic(self, name=""):
        return f"{self.name}/{name}"

    def raw(self, **options):
        self.open.append(Raw(self.port, self.version, **options))
        return self.open[-1]

    def connect(self, raw, name="c", **options):
        """With the rights of an administrator; gives the CONNACK."""
        return raw.connect(f"{self.name}-{name}" if name else "", user="me", password=self.server.token, **options)

    def client(self, name="c", answers=True, timeout=20, **options):
        c = self.raw(answers=answers, timeout=timeout)
        c.connack = self.connect(c, name, **options)
        assert c.connack.reason == 0, f"CONNACK {c.connack.reason}"
        return c

    def keeper(self, name="k", clean=False, answers=True, expiry=300, **options):
        """A client whose session is kept."""
        if self.five:
            options["session_expiry"] = expiry
        return self.client(name, answers, clean=clean, **options)

    def subscriber(self, *filters, name="s", qos=2, **options):
        c = self.client(name, **options)
        codes = c.subscribe(*(filters or (self.topic("#"),)), qos=qos)
        assert all(code < 3 for code in codes), codes
        return c

    def ended_by(self, *packets, reason=None):
        """These bytes end an open connection, in version 5 with a reason that is one of these."""
        c = self.client("bad")
        try:
            c.send(*packets)
        except ConnectionError:
            pass
        said = c.end()
        if self.five and reason is not None:
            wanted = reason if isinstance(reason, tuple) else (reason,)
            assert said in wanted, f"DISCONNECT {said and hex(said)}, one of {[hex(r) for r in wanted]} wanted"
        return c

    def turned_away(self, *packets, reason=None, v3=None):
        """These bytes instead of CONNECT: a CONNACK with a code, or none, and the end."""
        c = self.raw()
        c.send(*packets)
        codes = []
        try:
            while p := c.pull_soon():
                codes.append(p.reason)
        except (Gone, ConnectionError):
            pass
        wanted = ([reason] if reason is not None else []) if self.five else ([v3] if v3 is not None else [])
        assert codes == wanted or (self.five and codes == [] and reason in (0x81, 0x82)), f"CONNACK {codes}, {wanted} wanted"

    def close(self):
        for c in self.open:
            c.close()


def run_one(server, port, relay, check):
    function, version, number, _, _ = check
    w = World(server, port, version, f"{function.__name__[:40]}-{version}{'r' if relay else ''}-{next(RUNS)}")
    try:
        function(w)
        return None
    except Exception:
        return traceback.format_exc(limit=-4)
    finally:
        w.close()


def run(server, port, relay=False, workers=12):
    """Gives {(function, version): what failed or None}; PX_ONLY picks functions by a part of their name."""
    only = os.environ.get("PX_ONLY", "")
    chosen = [c for c in CHECKS if (c[4] or not relay) and only in c[0].__name__]
    chosen.sort(key=lambda c: not c[3])  # who waits begins
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(lambda c: run_one(server, port, relay, c), chosen))
    return {(c[0].__name__, c[1], c[2]): r for c, r in zip(chosen, results)}
