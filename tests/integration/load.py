# SPDX-License-Identifier: Apache-2.0
"""Many requests at once from the load generator of the benchmarks, for what Python is too slow for."""
import json
import os
import subprocess


def requests(s, method, path, body, count, connections=64):
    """`count` requests with 0, 1, 2 … in the place of each %ld; all must succeed. Gives the seconds they took."""
    done = subprocess.run([os.environ["PX_LOAD_HTTP"], "--port", str(s.http), "--token", s.token, "--method", method,
                           "--path", path, "--body", json.dumps(body).replace('"%ld"', "%ld"), "--count", str(count),
                           "--connections", str(connections)], stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    assert said["failed"] == 0, said
    return said["seconds"]
