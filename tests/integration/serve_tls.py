# SPDX-License-Identifier: Apache-2.0
"""Doors that can be reached from outside: encrypted, or asked for by name; judged before anything is made."""
import os
import socket
import ssl
import subprocess
import tempfile
import urllib.request

import paho.mqtt.client as paho

from pollux import PROGRAM, Server, free_ports, main
from tls import certificate


def refused(folder, *options):
    """What `pollux serve` says when it does not even begin."""
    data = f"{folder}/none"
    done = subprocess.run([PROGRAM, "serve", "--data", data, *options], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and not os.path.exists(data), (options, done)
    return done.stderr


def plain_doors_stay_on_loopback():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        for host in ("0.0.0.0:0", "[::]:0", "127.example.com:0"):
            assert "--allow-plain" in refused(folder, "--mqtt", host, "--http", "127.0.0.1:0")
            assert "--allow-plain" in refused(folder, "--http", host, "--mqtt", "127.0.0.1:0")
            # a certificate makes HTTP safe, and plain MQTT no safer
            assert "--mqtt " in refused(folder, "--mqtt", host, "--http", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
        assert "--tls-cert" in refused(folder, "--mqtts", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0")


def a_file_that_cannot_be_used_is_named_with_what_is_wrong():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        os.mkdir(f"{folder}/other")
        _, other = certificate(f"{folder}/other")
        junk = f"{folder}/junk"
        with open(junk, "w") as f:
            f.write("junk")
        for option, file, missing in (("--tls-cert", cert, "--tls-key"), ("--tls-key", key, "--tls-cert")):
            assert f"{option} needs {missing}" in refused(folder, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0", option, file)
        for own_cert, own_key, wanted in ((f"{folder}/no", key, "--tls-cert '{folder}/no' cannot be read: No such file"),
                                          (cert, f"{folder}/no", "--tls-key '{folder}/no' cannot be read: No such file"),
                                          (junk, key, "--tls-cert '{folder}/junk' holds no certificate in PEM"),
                                          (cert, junk, "--tls-key '{folder}/junk' holds no private key"),
                                          (cert, other, "cannot be used together")):
            for door in ((), ("--mqtts", "127.0.0.1:0")):
                said = refused(folder, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0", *door, "--tls-cert", own_cert, "--tls-key", own_key)
                assert wanted.format(folder=folder) in said, said


def a_list_of_networks_that_is_none_is_told_before_there_is_any_data():
    """Else the next start, the first that serves, would find an admin token that was never told."""
    with tempfile.TemporaryDirectory() as folder:
        for wrong in ("127.0.0/8", "foo bar", "10.0.0.0/33"):
            said = refused(folder, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0", "--outbound-allow", wrong)
            assert said.startswith(f"pollux: --outbound-allow: '{wrong}' is "), said


def encrypted_doors_serve_both():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        s = Server(f"{folder}/data")
        mqtts, = free_ports(1)
        s.options = ["--tls-cert", cert, "--tls-key", key, "--mqtts", f"127.0.0.1:{mqtts}"]
        with s:
            trust = ssl.create_default_context(cafile=cert)
            with urllib.request.urlopen(f"https://127.0.0.1:{s.http}/healthz", context=trust, timeout=10) as answer:
                assert answer.status == 200
            s.stop()
            s.start()
            with open(s.log.name) as log:  # by the first start; who reads the log of later ones is no admin
                assert log.read().count(f"token: {s.token}\n") == 1
            url = ("--server", f"https://127.0.0.1:{s.http}")
            assert "--ca FILE" in s.cli("twin", "list", *url, code=10)
            s.cli("twin", "list", *url, "--ca", cert)
            codes = []
            client = paho.Client("c", protocol=paho.MQTTv5)
            client.username_pw_set("any", s.token)
            client.tls_set(ca_certs=cert)
            client.on_connect = lambda c, d, f, code, p: codes.append(code.value)
            client.connect("127.0.0.1", mqtts)
            while not codes:
                client.loop(0.1)
            assert codes == [0], codes
            client.disconnect()
            with socket.create_connection(("127.0.0.1", mqtts), timeout=10) as plain:
                plain.sendall(b"\x10\x0c\0\4MQTT\4\2\0\0\0\0")
                try:
                    assert plain.recv(1)[:1] != b"\x20"  # a TLS alert, or the end; no CONNACK
                except ConnectionResetError:
                    pass


def plain_doors_open_to_the_outside_when_asked_by_name():
    with tempfile.TemporaryDirectory() as folder:
        s = Server(f"{folder}/data")
        s.mqtt_address = f"0.0.0.0:{s.mqtt}"
        s.options = ["--allow-plain"]
        with s:
            with socket.create_connection(("127.0.0.1", s.mqtt), timeout=10) as door:
                door.sendall(b"\x10\x0c\0\4MQTT\4\2\0\0\0\0")
                assert door.recv(4) == b"\x20\2\0\4"  # nothing is open without a token


main(plain_doors_stay_on_loopback, a_file_that_cannot_be_used_is_named_with_what_is_wrong, a_list_of_networks_that_is_none_is_told_before_there_is_any_data,
     encrypted_doors_serve_both, plain_doors_open_to_the_outside_when_asked_by_name)
