# SPDX-License-Identifier: Apache-2.0
"""The official JavaScript client runs unchanged against the server over TLS (sdk_js.mjs says the rest)."""
import os
import shutil
import subprocess
import sys
import tempfile

from pollux import main
from tls import TlsServer

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = shutil.which("node") or shutil.which("nodejs")

if not NODE or not os.path.isdir(os.path.join(HERE, "../sdk/node_modules/@azure/digital-twins-core")):
    print("skipped: node, or the node_modules of tests/sdk, is not here; ./dev test installs them")
    sys.exit(77)


def every_method_of_the_javascript_client_is_answered():
    with tempfile.TemporaryDirectory(prefix="pollux-sdk-") as folder, TlsServer(folder) as s:
        s.make_endpoint("story")
        subprocess.run([NODE, os.path.join(HERE, "sdk_js.mjs")], check=True, timeout=240,
                       env={**s.environment(), "NODE_EXTRA_CA_CERTS": s.cert})


main(every_method_of_the_javascript_client_is_answered)
