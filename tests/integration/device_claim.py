# SPDX-License-Identifier: Apache-2.0
"""Unknown devices register themselves by a claim: counted exactly, though they come at once, and guessed by nobody."""
import json
import threading

from clients import Web
from devices import code
from pollux import Server, main


def exactly_as_many_as_it_says_though_all_come_at_once():
    with Server() as s:
        web = Web(s)
        claim = s.json("claim", "add", "batch-7", "--uses", "10", "--prefix", "pump-", "--group", "batch-7")["claim"]
        told, lock = {}, threading.Lock()

        def ask(n):
            for _ in range(20):
                status, headers, text = Web(s, "").ask("POST", "/api/v1/claim", {"claim": claim, "id": f"pump-{n}"})
                if status != 503:  # so many at once: try again shortly
                    break
            with lock:
                told[n] = (status, text)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        got = sorted(n for n, (status, _) in told.items() if status == 201)
        assert len(got) == 10 and all(status in (201, 403) for status, _ in told.values()), told
        shown = web.want(200, "GET", "/api/v1/claims/batch-7")
        assert (shown["used"], shown["uses"]) == (10, 10), shown
        assert len(web.want(200, "GET", "/api/v1/devices")["items"]) == 10
        metrics = web.metrics()
        assert metrics["pollux_claims_total"] == 10 and metrics["pollux_claims_refused_total"] >= 15, metrics
        assert code(s.mqtt, f"pump-{got[0]}", json.loads(told[got[0]][1])["key"]) == 0
        s.kill()
        s.start()
        assert Web(s).want(200, "GET", "/api/v1/claims/batch-7")["used"] == 10
        assert Web(s, "").ask("POST", "/api/v1/claim", {"claim": claim, "id": "pump-99"})[0] == 403
        assert "batch-7" in s.cli("claim", "list")
        s.cli("claim", "delete", "batch-7")
        assert Web(s, "").ask("POST", "/api/v1/claim", {"claim": claim, "id": "pump-99"})[0] == 401


def who_guesses_has_to_wait():
    with Server() as s:
        claim = s.json("claim", "add", "one")["claim"]
        wrong = claim[:-1] + ("A" if claim[-1] != "A" else "B")
        codes = [Web(s, "").ask("POST", "/api/v1/claim", {"claim": wrong, "id": "d"})[0] for _ in range(7)]
        assert codes == [401] * 5 + [429] * 2, codes
        status, headers, text = Web(s, "").ask("POST", "/api/v1/claim", {"claim": claim, "id": "d"})
        assert status == 429 and int(headers["Retry-After"]) >= 1, text


if __name__ == "__main__":
    main(exactly_as_many_as_it_says_though_all_come_at_once, who_guesses_has_to_wait)
