# SPDX-License-Identifier: Apache-2.0
"""A server behind a certificate of its own making, as a client of another machine meets it."""
import subprocess

from pollux import Server


def certificate(folder):
    """Gives the files of a self-signed certificate for 127.0.0.1 and its key."""
    cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


class TlsServer(Server):
    """`with TlsServer(folder) as s:` s.url is https, s.cert what the client has to trust."""

    def __init__(self, folder, *options, **more):
        super().__init__(f"{folder}/data", **more)
        self.cert, key = certificate(folder)
        self.url = f"https://127.0.0.1:{self.http}"
        self.options += ["--tls-cert", self.cert, "--tls-key", key, *options]

    def make_endpoint(self, name):
        """One that event routes may lead to: the contract of the data plane has no call for it."""
        self.cli("endpoint", "add", name, "--topic", f"out/{name}", "--ca", self.cert)
