# SPDX-License-Identifier: Apache-2.0
"""The normative statements of MQTT 3.1.1 and 5, one by one, at the real server: whole, and behind a relay of single bytes. What each
says is in standard_*.py; PX_ONLY=word runs some."""
import time

import standard_connect  # noqa: F401, each registers its checks
import standard_delivery  # noqa: F401
import standard_five  # noqa: F401
import standard_publish  # noqa: F401
import standard_retained  # noqa: F401
import standard_session  # noqa: F401
import standard_subscribe  # noqa: F401
from mqtt_echo import chopping_relay
from pollux import Server, main
from standard import run

def tell(results, where):
    """Names of the checks that failed."""
    failed = {name: why for name, why in results.items() if why}
    for version in (4, 5):
        mine = [name for name in results if name[1] == version]
        print(f"  MQTT {'3.1.1' if version == 4 else '5.0'}, {where}: {len(mine)} checks, "
              f"{sum(1 for name in mine if name in failed)} failed", flush=True)
    for (name, version, number), why in failed.items():
        print(f"--- {name}, version {version}, [MQTT-{number}], {where}\n{why}", flush=True)
    return {name for name, _, _ in failed}


def statements_hold():
    failed = set()
    for threads in (1, 2):
        with Server(settings=[f"mqtt_threads = {threads}"]) as server:
            for relay in (False, True) if threads == 1 else (False,):
                began = time.monotonic()
                port = chopping_relay(server.mqtt) if relay else server.mqtt
                failed |= tell(run(server, port, relay), f"{'single bytes' if relay else 'whole'}, threads {threads}")
                print(f"    {time.monotonic() - began:.1f} s", flush=True)
    assert not failed, sorted(failed)


main(statements_hold)
