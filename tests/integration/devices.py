# SPDX-License-Identifier: Apache-2.0
"""The life of devices and what proves them, with real clients: keys that overlap, JWTs, certificates, and ends within a second."""
import base64
import json
import os
import subprocess
import tempfile
import time

import paho.mqtt.client as paho

from clients import Web
from pollux import Server, free_ports, main
from tls import certificate


def until(true, what, seconds=15):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.005)


class Client:
    """A paho client that notes when it was let in, and when and why it was ended."""

    def __init__(self, port, user, password, version=5, client_id=None, tls=None, will=None):
        self.code, self.ends, self.ended = None, [], None
        self.paho = p = paho.Client(client_id or user or "c", protocol=version)
        if user or password:
            p.username_pw_set(user, password)
        if tls:
            p.tls_set(**tls)
        if will:
            p.will_set(*will)
        p.reconnect_delay_set(60, 60)
        p.on_connect = lambda c, d, f, code, *_: setattr(self, "code", getattr(code, "value", code))
        p.on_disconnect = lambda *_: setattr(self, "ended", self.ended or time.monotonic())
        bye = p._handle_disconnect
        p._handle_disconnect = lambda: (self.ends.append(p._in_packet["packet"][0]), bye())[1]
        p.connect("127.0.0.1", port)
        p.loop_start()
        until(lambda: self.code is not None, "CONNACK")

    def must_end(self, act):
        """Does it, and sees that the connection does not outlive it by a second."""
        assert not self.ended
        act()
        done = time.monotonic()
        until(lambda: self.ended, "the end of the connection")
        assert self.ended - done < 1, self.ended - done

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()


def device(web, name, twins=()):
    return web.want(201, "PUT", f"/api/v1/devices/{name}", {"twins": list(twins)})["key"]


def code(port, user, password, **more):
    client = Client(port, user, password, **more)
    client.close()
    return client.code


def a_device_lives_until_it_retires():
    with Server() as s:
        web = Web(s)
        key = device(web, "d")
        state = lambda: web.want(200, "GET", "/api/v1/devices/d")["state"]
        assert state() == "registered"
        assert code(s.mqtt, "d", "plx_" + "0" * 16 + "_" + "A" * 43) == 0x86 and state() == "registered"
        d = Client(s.mqtt, "d", key)
        until(lambda: state() == "active", "active")
        assert not d.ended, "becoming active ends nothing"
        d.must_end(lambda: s.cli("device", "disable", "d"))
        assert d.ends == [0x98], d.ends
        d.close()
        assert code(s.mqtt, "d", key) == 0x87 and code(s.mqtt, "d", key, version=4) == 5
        refusal = Web(s, key).want(403, "GET", "/digitaltwins/none")
        assert "device 'd' is disabled; `pollux device enable d`" in json.dumps(refusal), refusal
        assert s.cli("device", "enable", "d") == "d is registered\n"
        d = Client(s.mqtt, "d", key)
        assert d.code == 0
        until(lambda: state() == "active", "active again")
        s.stop()
        s.start()
        web = Web(s)
        assert state() == "active"
        d.close()
        d = Client(s.mqtt, "d", key)
        d.must_end(lambda: s.cli("device", "retire", "d"))
        d.close()
        assert code(s.mqtt, "d", key) == 0x87
        for words in (("enable", "d"), ("disable", "d"), ("key", "d"), ("add", "d", "--twin", "t")):
            assert "retired, and stays so" in s.cli("device", *words, code=5), words
        s.cli("device", "delete", "d")
        assert code(s.mqtt, "d", key) == 0x86


def what_a_device_did_is_counted_and_told():
    with Server() as s:
        web = Web(s)
        web.want(201, "POST", "/models", [{"@id": "dtmi:t:P;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3",
                                           "contents": [{"@type": "Property", "name": "speed", "schema": "double"}]}])
        web.want(200, "PUT", "/digitaltwins/t", {"$metadata": {"$model": "dtmi:t:P;1"}})
        key = device(web, "d", ["t"])
        show = lambda: web.want(200, "GET", "/api/v1/devices/d")
        assert (show()["lastSeen"], show()["connections"], show()["counters"]["connects"]) == (None, 0, 0)
        d = Client(s.mqtt, "d", key)
        assert show()["connections"] == 1 and show()["lastSeen"]
        first = show()["lastSeen"]
        time.sleep(0.01)  # so that a later sight is another time
        for payload in ('{"speed":1}', '{"speed":2}', '{"sped":3}', "{"):
            d.paho.publish("twins/t/telemetry", payload, 1).wait_for_publish(10)
        until(lambda: show()["lastSeen"] > first, "a message that was seen")
        counters = show()["counters"]
        assert (counters["messages"], counters["bytes"], counters["rejects"], counters["connects"]) == (4, 33, 2, 1), counters
        d.close()
        until(lambda: show()["connections"] == 0, "the end")
        for version in (5, 4, 4):
            code(s.mqtt, "d", key[:-1] + ("A" if key[-1] != "A" else "B"), version=version)
        s.cli("device", "disable", "d")
        assert code(s.mqtt, "d", key) == 0x87
        log = s.json("device", "log", "d")
        assert [(e["event"], e["reason"], e["count"], e["protocol"]) for e in log] == [
            ("refused", "device.disabled", 1, "MQTT 5"), ("refused", "access.credential", 2, "MQTT 3.1.1"),
            ("refused", "access.credential", 1, "MQTT 5"), ("ended", "disconnected", 1, "MQTT 5"), ("connected", "", 1, "MQTT 5")], log
        assert all(e["address"].startswith("127.0.0.1:") for e in log)
        assert show()["counters"]["refusals"] == 4
        assert web.metrics()["pollux_devices_seen"] == 1
        s.kill()
        s.start()
        web = Web(s)
        assert show()["lastSeen"] is None and s.json("device", "log", "d") == []


def keys_overlap_and_end_one_by_one():
    with Server() as s:
        web = Web(s)
        first = device(web, "d")
        one = Client(s.mqtt, "d", first, client_id="one")
        second = s.json("device", "key", "d", "--overlap", "3600")["key"]
        two = Client(s.mqtt, "d", second, client_id="two")
        assert (one.code, two.code) == (0, 0)
        items = web.want(200, "GET", "/api/v1/devices/d/credentials")["items"]
        assert [item["id"] for item in items] == [first[4:20], second[4:20]], items
        assert "expires" in items[0] and "expires" not in items[1] and first not in json.dumps(items), items
        # the end is moved up: the connection of the old key ends by time, that of the new one stays
        began = time.monotonic()
        third = s.json("device", "key", "d", "--overlap", "2")["key"]
        done = time.monotonic()
        until(lambda: one.ended and two.ended, "the ends of both")
        for ended in (one.ended, two.ended):
            assert ended - began >= 2 and ended - done < 3, (began, done, ended)
        assert (code(s.mqtt, "d", first), code(s.mqtt, "d", second), code(s.mqtt, "d", third)) == (0x86, 0x86, 0)
        three = Client(s.mqtt, "d", third)
        three.must_end(lambda: s.cli("device", "revoke", "d", third[4:20]))
        assert "has no credential" in s.cli("device", "revoke", "d", third[4:20], code=4)
        assert code(s.mqtt, "d", third) == 0x86
        for client in (one, two, three):
            client.close()
        # at most 16, and what is over makes room
        for n in range(16):
            web.want(201, "POST", "/api/v1/devices/d/credentials", {"type": "key", "label": f"n{n}"})
        assert web.want(429, "POST", "/api/v1/devices/d/credentials", {"type": "key"})["code"] == "device.credentials"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, **more):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, **more).stdout


def signature(folder, key, algorithm, data):
    """By the openssl program: nothing of it is ours."""
    with open(f"{folder}/data", "wb") as f:
        f.write(data)
    if algorithm == "EdDSA":
        return openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", f"{folder}/data")
    options = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1") if algorithm == "PS256" else ()
    made = openssl("dgst", "-sha256", "-sign", key, *options, f"{folder}/data")
    if algorithm != "ES256":
        return made
    size = made[3]  # DER: 30 len 02 len r 02 len s
    r, s = made[4:4 + size], made[6 + size:]
    return r[-32:].rjust(32, b"\0") + s[-32:].rjust(32, b"\0")


def token(folder, key, algorithm, kid, claims):
    parts = [base64url(json.dumps(part).encode()) for part in ({"alg": algorithm, "kid": kid}, claims)]
    return ".".join(parts + [base64url(signature(folder, key, algorithm, ".".join(parts).encode()))])


def tokens_of_every_algorithm_let_a_device_in():
    kinds = {"RS256": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"), "PS256": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
             "ES256": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"), "EdDSA": ("ED25519",)}
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web = Web(s)
        web.want(201, "POST", "/models", [{"@id": "dtmi:t:P;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}])
        web.want(200, "PUT", "/digitaltwins/t", {"$metadata": {"$model": "dtmi:t:P;1"}})
        device(web, "d", ["t"])
        now = int(time.time())
        for algorithm, (kind, *options) in kinds.items():
            key, public = f"{folder}/key", f"{folder}/pub"
            openssl("genpkey", "-algorithm", kind, *options, "-out", key)
            openssl("pkey", "-in", key, "-pubout", "-out", public)
            kid = s.json("device", "jwt", "d", public, "--algorithm", algorithm)["id"]
            refused = s.cli("device", "jwt", "nobody", public, "--algorithm", algorithm, code=4)
            assert "there is no device" in refused and "kid" not in refused, refused  # no id, no word of it
            good = {"iss": "d", "aud": "pollux", "nbf": now - 10, "exp": now + 600}
            jwt = token(folder, key, algorithm, kid, good)
            assert code(s.mqtt, "d", jwt) == 0, algorithm
            Web(s, jwt).want(200, "GET", "/digitaltwins/t")
            Web(s, jwt).want(403, "GET", "/api/v1/devices")
            Web(s, jwt).want(403, "GET", "/api/v1/stream")
            Web(s, jwt).want(403, "POST", "/api/v1/session", {"token": jwt})
            bad = [jwt[:-12] + "AAAAAAAAAAAA", jwt.replace(jwt.split(".")[0], base64url(json.dumps({"alg": "none", "kid": kid}).encode()))]
            if algorithm == "EdDSA":
                bad += [token(folder, key, algorithm, kid, {**good, **wrong})
                        for wrong in ({"aud": "other"}, {"iss": "e"}, {"exp": now - 100}, {"nbf": now + 100}, {"sub": "e"})]
                assert code(s.mqtt, "e", jwt) == 0x86
            codes = [code(s.mqtt, "d", one) for one in bad]
            assert set(codes) <= {0x86, 0x9F}, codes  # who fails again and again is told to slow down
            s.stop()  # forgets who has to wait
            s.start()
            web = Web(s)
            # an open connection ends with its token: 60 s of leeway behind exp
            over = int(time.time()) + 3
            short = Client(s.mqtt, "d", token(folder, key, algorithm, kid, {**good, "exp": over - 60}))
            assert short.code == 0
            until(lambda: short.ended, "the end of the token")
            late = time.time() - (time.monotonic() - short.ended) - over
            assert -0.01 <= late < 1, late
            short.close()
            long = Client(s.mqtt, "d", jwt)
            assert long.code == 0
            long.must_end(lambda: s.cli("device", "revoke", "d", kid))
            long.close()


def tokens_of_an_issuer_let_many_devices_in():
    with Server() as s, tempfile.TemporaryDirectory() as folder:
        web, now = Web(s), int(time.time())
        for name in ("d", "e"):
            device(web, name)
        for kid in ("k1", "k2"):
            openssl("genpkey", "-algorithm", "ED25519", "-out", f"{folder}/{kid}")
            openssl("pkey", "-in", f"{folder}/{kid}", "-pubout", "-out", f"{folder}/{kid}.pub")

        def add(*kids):
            s.cli("issuer", "add", "plant", "--issuer", "https://login.example", "--claim", "device",
                  *(word for kid in kids for word in ("--key", f"{kid}:EdDSA:{folder}/{kid}.pub")))

        def made(kid, name):
            return token(folder, f"{folder}/{kid}", "EdDSA", kid, {
                "iss": "https://login.example", "aud": "pollux", "sub": "robot 7", "device": name, "nbf": now - 10, "exp": now + 600})

        add("k1")
        d, e = (Client(s.mqtt, name, made("k1", name)) for name in ("d", "e"))
        assert (d.code, e.code) == (0, 0) and code(s.mqtt, "e", made("k1", "d")) == 0x86
        assert code(s.mqtt, "d", made("k2", "d")) == 0x86 and code(s.mqtt, "f", made("k1", "f")) == 0x86
        add("k1", "k2")
        two = Client(s.mqtt, "e", made("k2", "e"), client_id="two")
        e.must_end(lambda: s.cli("device", "disable", "e"))
        until(lambda: two.ended, "the end of both connections of the device")
        assert not d.ended, "another key beside its own ends nothing"
        d.must_end(lambda: add("k2"))
        d2 = Client(s.mqtt, "d", made("k2", "d"))
        assert d2.code == 0 and code(s.mqtt, "d", made("k1", "d")) in (0x86, 0x9F)
        # its will goes out in the name of the device that the token named
        heard, watcher = [], Client(s.mqtt, "any", s.token, client_id="watcher")
        watcher.paho.on_message = lambda c, data, m: heard.append((m.topic, m.payload))
        watcher.paho.on_subscribe = lambda *_: heard.append("subscribed")
        watcher.paho.subscribe("plain/last", 1)
        until(lambda: heard, "SUBACK")
        s.cli("device", "enable", "e")
        dying = Client(s.mqtt, "e", made("k2", "e"), will=("plain/last", "words", 1))
        dying.paho._sock.shutdown(2)
        until(lambda: ("plain/last", b"words") in heard, "the will")
        dying.close()
        watcher.close()
        d2.must_end(lambda: s.cli("issuer", "delete", "plant"))
        for client in (d, e, two, d2):
            client.close()


def authority(folder):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{folder}/ca.key",
            "-out", f"{folder}/ca.pem", "-days", "2", "-subj", "/CN=plant authority")
    return f"{folder}/ca.pem"


def signed(folder, name, days="2", authority="ca"):
    """A device's certificate and key, for paho."""
    key, request, cert = (f"{folder}/{name}.{part}" for part in ("key", "csr", "pem"))
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", request,
            "-subj", f"/CN={name}")
    openssl("x509", "-req", "-in", request, "-CA", f"{folder}/{authority}.pem", "-CAkey", f"{folder}/{authority}.key", "-CAcreateserial",
            "-out", cert, "-days", days)
    return {"certfile": cert, "keyfile": key}


def is_told(s, sentence, refused):
    """In the log, which has one refused login a second: one that came too soon behind another is tried again."""
    for _ in range(5):
        assert refused()
        with open(s.log.name) as log:
            if sentence in log.read():
                return True
        time.sleep(1.1)
    return False


def a_certificate_lets_a_device_in_without_a_password():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = certificate(folder)
        ca = authority(folder)
        s = Server(f"{folder}/data")
        port, = free_ports(1)
        s.options = ["--tls-cert", cert, "--tls-key", key, "--mqtts", f"127.0.0.1:{port}", "--mqtts-ca", ca]
        s.url = f"https://127.0.0.1:{s.http}"
        with s:
            def cli(*words, **more):
                return s.cli("device", *words, "--ca", cert, **more)

            cli("add", "pump", "--twin", "t")
            cli("add", "fan", "--twin", "t")
            pump, fan, late = signed(folder, "pump"), signed(folder, "fan.plant"), signed(folder, "late", days="0")
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                    f"{folder}/evil.key", "-out", f"{folder}/evil.pem", "-days", "2", "-subj", "/CN=plant authority 2")
            alien = signed(folder, "alien", authority="evil")
            tls = lambda own: {"ca_certs": cert, **own}
            assert code(port, None, None, tls=tls(pump)) == 0x86, "nobody registered it yet"
            cli("certificate", "pump", pump["certfile"])
            assert "is there already" in cli("certificate", "fan", pump["certfile"], code=5)
            cli("certificate", "fan", "--subject", "fan.plant")
            cli("certificate", "fan", late["certfile"], code=2)  # it is over
            d = Client(port, None, None, tls=tls(pump))
            assert d.code == 0 and code(port, "pump", None, tls=tls(pump)) == 0 and code(port, "fan", None, tls=tls(pump)) == 0x86
            assert code(port, None, None, tls=tls(fan)) == 0 and code(port, None, None, version=4, tls=tls(fan)) == 0
            assert code(port, None, None, tls=tls({})) == 0x86
            cli("certificate", "fan", alien["certfile"])  # pinned, and yet of no authority of ours
            assert is_told(s, "the certificate of this client is not taken", lambda: code(port, None, None, tls=tls(alien)) in (0x86, 0x9F))
            listed = json.loads(cli("credentials", "pump", "--json"))
            own = next(item for item in listed if item["type"] == "certificate")
            pem = openssl("x509", "-in", pump["certfile"], "-noout", "-fingerprint", "-sha256").decode()
            assert own["fingerprint"] == pem.split("=")[1].strip().replace(":", "").lower() and own["expires"], own
            d.must_end(lambda: cli("revoke", "pump", own["id"]))
            d.close()


if __name__ == "__main__":
    main(a_device_lives_until_it_retires, what_a_device_did_is_counted_and_told, keys_overlap_and_end_one_by_one, tokens_of_every_algorithm_let_a_device_in,
         tokens_of_an_issuer_let_many_devices_in,
         a_certificate_lets_a_device_in_without_a_password)
