# SPDX-License-Identifier: Apache-2.0
"""What comes again with its Idempotency-Key is done once, over kill -9 at random moments. Each request makes a twin
that must be new, so one that is done a second time is refused; and its answer tells the ETag, so one that is told
another answer is seen."""
import json
import os
import random
import threading
import time

from clients import GONE, Web, model, twin
from pollux import Server, main

ROUNDS, MAKERS = 6, 4


def batch(name):
    return {"changes": [{"op": "put", "twin": name, "ifNoneMatch": "*", "value": twin("Made")}]}


class Maker(threading.Thread):
    """Makes one twin after the other, and asks again, with the same key, until it is told."""

    def __init__(self, s, number):
        super().__init__(daemon=True)
        self.s, self.name, self.stopping, self.error = s, f"m{number}", False, None
        self.told, self.again, self.replayed = [], 0, 0

    def ask(self, n):
        name = f"{self.name}-{n}"
        return self.web.ask("POST", "/api/v1/batch", batch(name), {"Idempotency-Key": name})

    def make(self, n):
        tries = 0
        while True:
            try:
                status, headers, text = self.ask(n)
            except GONE:
                status = 0
            if status == 200:
                self.again += tries > 0
                self.replayed += "Idempotency-Replayed" in headers
                return text
            assert status in (0, 503), (self.name, n, status, text)  # 412: it was done a second time
            tries += 1
            time.sleep(0.01)

    def run(self):
        try:
            self.web = Web(self.s)
            while not self.stopping:
                self.told.append(self.make(len(self.told)))
        except BaseException as error:
            self.error = error

    def check(self, n):
        """Told again what it was told, and the twin is as it was made."""
        web, text = Web(self.s), self.told[n]
        status, headers, again = web.ask("POST", "/api/v1/batch", batch(f"{self.name}-{n}"), {"Idempotency-Key": f"{self.name}-{n}"})
        assert (status, again) == (200, text), (self.name, n, status, again, text)
        assert headers["Idempotency-Replayed"] == "true"
        etag = json.loads(text)["changes"][0]["etag"]
        assert web.want(200, "GET", f"/digitaltwins/{self.name}-{n}")["$etag"] == etag, (self.name, n)


def what_is_sent_again_is_done_once_over_kills():
    chance = random.Random(os.environ.get("PX_SEED", "4"))
    with Server() as s:
        Web(s).want(201, "POST", "/models", [model("Made", n="integer")])
        makers = [Maker(s, n) for n in range(MAKERS)]
        for m in makers:
            m.start()
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(0.05, 0.6))
            s.kill()
            told = [len(m.told) for m in makers]
            s.start()
            for m, count in zip(makers, told):
                assert not m.error, m.error
                for n in chance.sample(range(count), min(count, 5)):
                    m.check(n)
        for m in makers:
            m.stopping = True
        for m in makers:
            m.join(30)
            assert not m.error and m.told, (m.name, m.error)
        s.stop()
        s.start()
        for m in makers:
            for n in range(len(m.told)):
                m.check(n)
        assert sum(m.again for m in makers), "no request was in flight at any of the kills"
        print(f"    {sum(len(m.told) for m in makers)} twins, {sum(m.again for m in makers)} asked for again, "
              f"{sum(m.replayed for m in makers)} of them made already")


def of_many_who_delete_with_one_key_all_are_told():
    """Whoever comes a moment later finds nothing to delete any more, and is told what was done."""
    with Server() as s:
        web = Web(s)
        for n in range(20):
            made = web.want(201, "POST", "/api/v1/tokens", {"name": "n", "role": "reader"})["id"]
            statuses = []

            def delete():
                statuses.append(Web(s).ask("DELETE", f"/api/v1/tokens/{made}", None, {"Idempotency-Key": made})[0])
            threads = [threading.Thread(target=delete) for _ in range(6)]
            for t in threads:
                t.start()
            for t in threads:
                t.join(30)
            assert statuses == [204] * 6, (n, statuses)


main(what_is_sent_again_is_done_once_over_kills, of_many_who_delete_with_one_key_all_are_told)
