# SPDX-License-Identifier: Apache-2.0
"""Connections to somebody else's broker, here mosquitto: values arrive, and neither an outage of the broker nor kill -9
of the server loses or doubles one; what cannot be has a status with cause and cure."""
import json
import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

import paho.mqtt.client as mqtt

from broker import Broker, until
from clients import Web
from fake_broker import ACKNOWLEDGED, FakeBroker, publish_packet
from pollux import Server, free_ports, main
from small_disk import SmallDisk

MODEL = [{"@id": "dtmi:test:Meter;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3", "contents": [
    {"@type": "Property", "name": "power", "schema": "double"}]}]
BINDING = {"source": {"connection": "plant", "topic": "plant/{meter}/data"}, "twin": "{meter}",
           "time": {"from": "/ts", "form": "ms"}, "fields": [{"from": "/p", "to": "power"}]}
BEGIN_MS = 1793534400000


class Source(threading.Thread):
    """Publishes p = 0, 1, 2 … of one meter, a millisecond apart by its own clock, and goes on through outages of its broker."""

    def __init__(self, broker, meter="m1", count=400, pause=0.005):
        super().__init__(daemon=True)
        self.meter, self.count, self.pause, self.acknowledged = meter, count, pause, 0
        self.client = mqtt.Client(client_id=f"source-{meter}", clean_session=False)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self.on_publish
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        self.start()

    def on_publish(self, *_):
        self.acknowledged += 1

    def run(self):
        for i in range(self.count):
            self.client.publish(f"plant/{self.meter}/data", json.dumps({"p": i, "ts": BEGIN_MS + i}), 1)  # queued while there is no broker
            time.sleep(self.pause)

    def finish(self):
        self.join()
        until(lambda: self.acknowledged == self.count, "the broker acknowledged to the source what it has")
        self.client.disconnect()
        self.client.loop_stop()


def server(s=None):
    s = s or Server()
    s.options += ["--outbound-allow", "127.0.0.0/8"]
    return s


def connection(broker, **more):
    return {"type": "mqtt", "host": "127.0.0.1", "port": broker.port, "clientId": "pollux-1", "retryMax": 1,
            "topics": [{"filter": "plant/#", "qos": 1}], **more}


def begin(s, *twins):
    web = Web(s)
    web.want(201, "POST", "/models", MODEL)
    for twin in twins:
        web.want(200, "PUT", f"/digitaltwins/{twin}", {"$metadata": {"$model": "dtmi:test:Meter;1"}})
    web.want(200, "PUT", "/api/v1/bindings/meters", BINDING)
    return web


def status(web, name="plant"):
    return web.want(200, "GET", f"/api/v1/connections/{name}/status")


def is_connected(web, name="plant"):
    return status(web, name)["state"] == "connected"


def power(web, twin="m1"):
    return web.want(200, "GET", f"/api/v1/twins/{twin}")["values"].get("power", {}).get("value")


def history(web, twin="m1"):
    rows, cursor = [], ""
    while cursor is not None:
        page = web.want(200, "GET", f"/api/v1/history/{twin}?property=power&limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        rows += page["rows"]
        cursor = page["cursor"]
    return rows


def all_of_it(web, count, twin="m1"):
    """Every value once, each at its own time."""
    until(lambda: power(web, twin) == count - 1, lambda: f"{twin} has its last value; {power(web, twin)} of {count}")
    got = [row[-1] for row in history(web, twin)]
    assert got == list(range(count)), (len(got), got[:10], got[-10:])


def values_arrive_by_the_binding_in_both_versions():
    with Broker("allow_anonymous true") as b, server() as s:
        web = begin(s, "m1")
        for version in (5, 4):
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, version=version, clientId=f"v{version}"))
            until(lambda: is_connected(web), "connected")
            subprocess.run(["mosquitto_pub", "-p", str(b.port), "-q", "1", "-t", "plant/m1/data",
                            "-m", json.dumps({"p": version, "ts": BEGIN_MS + 10 - version})], check=True)
            until(lambda: status(web)["values"] == 1, "the value")
            assert [r[-1] for r in history(web)] == ([5] if version == 5 else [5, 4])
        subprocess.run(["mosquitto_pub", "-p", str(b.port), "-q", "1", "-t", "plant/m2/data", "-m", '{"p":1}'], check=True)
        subprocess.run(["mosquitto_pub", "-p", str(b.port), "-q", "1", "-t", "plant/else", "-m", "x"], check=True)
        until(lambda: status(web)["messages"] == 3, "three messages")
        told = status(web)
        assert (told["rejected"], told["unbound"], told["unboundTopic"], told["error"]) == (1, 1, "plant/else", None), told
        reject, = web.want(200, "GET", "/api/v1/rejects")["items"]
        assert (reject["binding"], reject["source"], reject["sender"], reject["replayable"]) == \
            ("meters", "plant/m2/data", "plant", True), reject
        web.want(200, "PUT", "/digitaltwins/m2", {"$metadata": {"$model": "dtmi:test:Meter;1"}})
        assert web.want(200, "POST", "/api/v1/rejects/replay")["taken"] == 1 and power(web, "m2") == 1
        metrics = web.ask("GET", "/metrics")[2]
        assert 'pollux_connections{state="connected"} 1' in metrics and "pollux_connection_messages_total 4" in metrics, metrics
        assert s.cli("connection", "test", "plant") == "plant is connected\n"
        assert "plant" in s.cli("connection", "list") and "connected" in s.cli("connection", "status", "plant")


def what_becomes_nothing_is_told_where_no_binding_understood_it():
    with Broker("allow_anonymous true") as b, server() as s:
        web = begin(s, "m1")
        web.want(200, "PUT", "/api/v1/bindings/second", {**BINDING, "fields": [{"from": "/q", "to": "power"}]})
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b))
        until(lambda: is_connected(web), "connected")
        for payload in ('{"p":1}', '{"q":2}', '{"p":null}', '{"r":3}'):
            subprocess.run(["mosquitto_pub", "-p", str(b.port), "-q", "1", "-t", "plant/m1/data", "-m", payload], check=True)
        until(lambda: status(web)["messages"] == 4, "four messages")
        until(lambda: status(web)["values"] == 2, "two values")
        until(lambda: status(web)["rejected"] == 1, "the one that became nothing")
        got = web.want(200, "GET", "/api/v1/rejects")["items"]
        assert sorted((r["binding"], r["code"], r["reason"]) for r in got) == [
            ("meters", "binding.nothing", "there is no value for '/p'; the row has 'r'"),
            ("second", "binding.nothing", "there is no value for '/q'; the row has 'r'")], got


def a_message_is_as_large_as_the_limit_and_no_larger():
    with Broker("allow_anonymous true") as b, server() as s:
        web = begin(s, "m1")
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b))
        until(lambda: is_connected(web), "connected")
        for more in (0, 1):
            head = json.dumps({"ts": BEGIN_MS + more, "p": more, "x": ""})[:-2]
            payload = head + "x" * ((1 << 20) + more - len(head) - 2) + '"}'
            subprocess.run(["mosquitto_pub", "-p", str(b.port), "-q", "1", "-t", "plant/m1/data", "-s"], input=payload.encode(), check=True)
            until(lambda: status(web)["messages"] == more + 1, "it came")
        until(lambda: power(web) == 0, "the first one")
        assert status(web)["rejected"] == 1, status(web)
        assert web.want(200, "GET", "/api/v1/rejects")["items"][0]["code"] == "connection.large"


def an_outage_of_the_broker_loses_and_doubles_nothing():
    for version in (5, 4):
        with Broker("allow_anonymous true") as b, server() as s:
            web = begin(s, "m1")
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, version=version))
            until(lambda: is_connected(web), "connected")
            source = Source(b)
            for _ in range(2):
                time.sleep(0.5)
                b.stop()
                until(lambda: status(web)["state"] == "waiting", "the loss is seen")
                assert status(web)["error"]["code"] in ("connection.lost", "connection.refused"), status(web)
                time.sleep(1.5)
                b.start()
                until(lambda: is_connected(web), "connected again")
            source.finish()
            all_of_it(web, source.count)
            assert status(web)["reconnects"] == 2, status(web)


def kill_9_in_the_middle_loses_and_doubles_nothing():
    """With commits as late as they can be: an acknowledgement before them would be a message that nobody has."""
    for version in (5, 4):
        with Broker("allow_anonymous true", "max_inflight_messages 100") as b, \
                server(Server(settings=["batch_age_us = 20000"])) as s:
            web = begin(s, "m1")
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, version=version))
            until(lambda: is_connected(web), "connected")
            source = Source(b, pause=0.003)
            for _ in range(3):
                time.sleep(0.4)
                s.kill()
                s.start()
                web = Web(s)
            source.finish()
            all_of_it(web, source.count)


def what_a_document_says_no_more_the_broker_keeps_no_more():
    with Broker("allow_anonymous true") as b, server() as s, Figures(b) as broker:
        for version in (5, 4):
            web = begin(s, "m1") if version == 5 else Web(s)
            two = [{"filter": "plant/#"}, {"filter": "mill/#"}]
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, version=version, topics=two))
            until(lambda: is_connected(web) and broker.kept() == 2, lambda: f"two subscriptions: {broker.got}")
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, version=version))
            until(lambda: is_connected(web) and broker.kept() == 1, lambda: f"one: {broker.got}")
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, version=version, enabled=False))
            until(lambda: status(web)["state"] == "off", "off")
            broker.counts_again()
            assert (broker.kept(), broker.clients()) == (1, 1), f"what is only turned off is kept: {broker.got}"
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, version=version))
            until(lambda: is_connected(web), "on again")
            note, = web.want(200, "DELETE", "/api/v1/connections/plant")["notes"]
            assert "binding 'meters'" in note, note
            until(lambda: broker.kept() == 0 and (version == 4 or broker.clients() == 0), lambda: f"none: {broker.got}")


class Figures:
    """Mosquitto's own figures, which it makes each second: one client hears them all the time, and is taken off them."""

    TOPICS = ["$SYS/broker/subscriptions/count", "$SYS/broker/clients/total", "$SYS/broker/uptime"]

    def __init__(self, b):
        self.port, self.got, self.rounds = b.port, {}, 0

    def __enter__(self):
        self.client = mqtt.Client(client_id="figures")
        self.client.on_connect = lambda c, *_: c.subscribe([(topic, 0) for topic in self.TOPICS])
        self.client.on_message = self.note
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()
        return self

    def __exit__(self, *_):
        self.client.disconnect()
        self.client.loop_stop()

    def note(self, _, __, message):
        self.got[message.topic] = message.payload
        self.rounds += message.topic == self.TOPICS[2]

    def kept(self):
        return int(self.got.get(self.TOPICS[0], len(self.TOPICS))) - len(self.TOPICS)

    def clients(self):
        return int(self.got.get(self.TOPICS[1], 1)) - 1

    def counts_again(self):
        """A whole round that began after this call: the uptime comes first in each."""
        wanted = self.rounds + 2
        until(lambda: self.rounds >= wanted, "mosquitto counts")


def a_full_disk_leaves_messages_at_the_broker():
    with SmallDisk() as disk, Broker("allow_anonymous true") as b, \
            server(Server(os.path.join(disk.folder, "data"), settings=["wal_mb = 4"])) as s:
        web = begin(s, "m1")
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b))
        until(lambda: is_connected(web), "connected")
        disk.fill()
        source = Source(b, count=2000, pause=0.001)
        until(lambda: (status(web)["error"] or {}).get("code") == "store.full", lambda: f"the disk is full: {status(web)}", 60)
        assert "make room on the disk" in status(web)["error"]["cure"], status(web)
        disk.free()
        source.finish()
        all_of_it(web, source.count)


def what_comes_while_the_server_is_away_waits_at_the_broker():
    with Broker("allow_anonymous true") as b, server() as s:
        web = begin(s, "m1")
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b))
        until(lambda: is_connected(web), "connected")
        s.stop()
        Source(b, count=50, pause=0).finish()
        s.start()
        all_of_it(Web(s), 50)


def two_connections_share_a_subscription():
    with Broker("allow_anonymous true") as b, server() as s:
        web = begin(s, "m1")
        web.want(200, "PUT", "/api/v1/bindings/more", {**BINDING, "source": {**BINDING["source"], "connection": "plant-2"}})
        for name in ("plant", "plant-2"):
            web.want(200, "PUT", f"/api/v1/connections/{name}",
                     connection(b, clientId=name, topics=[{"filter": "$share/pollux/plant/#", "qos": 1}]))
            until(lambda: is_connected(web, name), "connected")
        Source(b, count=100, pause=0).finish()
        until(lambda: sum(status(web, n)["values"] for n in ("plant", "plant-2")) == 100, "all values")
        assert min(status(web, n)["values"] for n in ("plant", "plant-2")) > 20, (status(web), status(web, "plant-2"))
        assert sorted(r[-1] for r in history(web)) == list(range(100))


def two_servers_share_a_subscription_and_lose_no_part():
    shared = [{"filter": "$share/pollux/plant/#", "qos": 1}]
    with Broker("allow_anonymous true") as b, server() as one, server() as two:
        webs = [begin(s, "m1") for s in (one, two)]
        for i, web in enumerate(webs):
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, clientId=f"server-{i}", topics=shared))
            until(lambda: is_connected(web), "connected")
        Source(b, count=100, pause=0).finish()
        until(lambda: sum(status(web)["values"] for web in webs) == 100, "all values")
        parts = [[r[-1] for r in history(web)] for web in webs]
        assert sorted(parts[0] + parts[1]) == list(range(100)) and min(map(len, parts)) > 20, parts
        two.kill()  # mosquitto keeps the part of a member that is away
        Source(b, count=200, pause=0).finish()
        two.start()
        webs[1] = Web(two)
        until(lambda: {r[-1] for web in webs for r in history(web)} == set(range(200)), "the rest")


def certificates(folder):
    """A CA and another, and a certificate of the first for 127.0.0.1."""
    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    for name in ("ca", "other"):
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=broker",
        "-keyout", "server.key", "-out", "server.csr")
    with open(os.path.join(folder, "ext"), "w") as f:
        f.write("subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:broker.example\n")
    run("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "ext", "-out", "server.pem")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=pollux",
        "-keyout", "client.key", "-out", "client.csr")
    run("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "client.pem")


def pem(broker, name):
    with open(broker.path(name)) as f:
        return f.read()


def fails(web, code, cure, **document):
    web.want(200, "PUT", "/api/v1/connections/plant", document)
    until(lambda: status(web)["state"] == "waiting" and status(web)["error"], lambda: f"{code}: {status(web)}")
    error = status(web)["error"]
    assert error["code"] in code.split() and cure in error["cure"], error
    return error


def what_cannot_be_says_why_and_what_helps():
    b = Broker("allow_anonymous false", "password_file {folder}/passwords", "cafile {folder}/ca.pem",
               "certfile {folder}/server.pem", "keyfile {folder}/server.key")
    certificates(b.folder.name)
    subprocess.run(["mosquitto_passwd", "-b", "-c", b.path("passwords"), "pollux", "s3cret"], check=True)
    with b, server() as s:
        web = begin(s, "m1")
        tls = {"ca": pem(b, "ca.pem")}
        for version in (5, 4):
            fails(web, "connection.login", "'password'", **connection(b, tls=tls, user="pollux", password="wr0ng", version=version))
        assert s.cli("connection", "test", "plant", code=10).splitlines()[0].endswith("the broker does not let this user in")
        fails(web, "connection.tls", "'ca'", **connection(b, tls={"ca": pem(b, "other.pem")}, user="pollux", password="s3cret"))
        fails(web, "connection.tls", "'ca'", **connection(b, tls={}, user="pollux", password="s3cret"))  # no authority of this machine
        fails(web, "connection.silent", "'tls'", **connection(b, user="pollux", password="s3cret"))
        port, = free_ports(1)
        fails(web, "connection.refused", "listens", **{**connection(b), "port": port})
        fails(web, "connection.name", "resolve", **connection(b, host="no-such-host.invalid"))
        for host in ("127.0.0.1", "localhost"):
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, host=host, tls=tls, user="pollux", password="s3cret"))
            until(lambda: is_connected(web), lambda: f"connected to {host}: {status(web)}")
        told = web.want(200, "GET", "/api/v1/connections/plant")
        assert told["hasPassword"] and "s3cret" not in json.dumps(told), told
        kept = json.loads(s.cli("connection", "show", "plant"))
        web.want(200, "PUT", "/api/v1/connections/plant", {**kept, "retryMax": 2})  # a secret left out stays
        until(lambda: is_connected(web), "connected with the password that stayed")
        send_by_tls(b)
        until(lambda: power(web) == 7, "a value by TLS")


class Rude(threading.Thread):
    """Takes what a client says first and ends the connection, in turn as a broker without TLS may: with a FIN, and with an RST."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener, self.ended = socket.create_server(("127.0.0.1", 0)), 0
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            with peer:
                peer.recv(1 << 16)
                if self.ended % 2:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.ended += 1


def tls_to_a_port_without_it_has_one_sentence():
    rude, said = Rude(), set()
    with Broker("allow_anonymous true") as b, server() as s:
        web = Web(s)
        for port in (rude.port, b.port):
            web.want(200, "PUT", "/api/v1/connections/plant", {**connection(b, tls=True), "port": port})

            def failed(times):
                if status(web)["error"]:
                    said.add((status(web)["error"]["code"], status(web)["error"]["text"]))
                return status(web)["failures"] >= times
            until(lambda: failed(4), "four tries")
        assert said == {("connection.silent", "the other side ended the connection before it said yes")}, said


def a_broker_that_wants_our_certificate_gets_it():
    b = Broker("cafile {folder}/ca.pem", "certfile {folder}/server.pem", "keyfile {folder}/server.key", "require_certificate true",
               "use_identity_as_username true")
    certificates(b.folder.name)
    with b, server() as s:
        web = begin(s, "m1")
        tls = {"ca": pem(b, "ca.pem"), "certificate": pem(b, "client.pem")}
        # the broker's last word may be lost in the end of the connection
        fails(web, "connection.tls connection.silent", "'certificate'", **connection(b, tls={"ca": pem(b, "ca.pem")}))
        fails(web, "connection.tls", "'certificate'", **connection(b, tls=tls, key=pem(b, "other.key")))
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b, tls=tls, key=pem(b, "client.key")))
        until(lambda: is_connected(web), lambda: f"connected: {status(web)}")
        told = web.want(200, "GET", "/api/v1/connections/plant")
        assert told["hasKey"] and "PRIVATE KEY" not in json.dumps(told), told


def send_by_tls(b):
    subprocess.run(["mosquitto_pub", "-p", str(b.port), "-h", "127.0.0.1", "--cafile", b.path("ca.pem"), "-u", "pollux", "-P", "s3cret",
                    "-q", "1", "-t", "plant/m1/data", "-m", json.dumps({"p": 7, "ts": BEGIN_MS})], check=True)


def resolver(folder, name):
    """The environment of a server that has this one of tests/support for its resolver."""
    library = os.path.join(folder, f"{name}.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"../support/{name}.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": library, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


class Ear(threading.Thread):
    """Counts who connects; with a context it begins TLS and keeps the names that it is asked for."""

    def __init__(self, address, port=0, context=None):
        super().__init__(daemon=True)
        self.listener = socket.create_server((address, port))
        self.port, self.peers, self.names, self.context = self.listener.getsockname()[1], 0, [], context
        if context:
            context.sni_callback = lambda _, name, __: self.names.append(name)
        self.start()

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            self.peers += 1
            with peer:
                try:
                    if self.context:
                        self.context.wrap_socket(peer, server_side=True).close()
                except OSError:
                    pass


def with_tls_an_address_that_may_not_be_reached_is_not_touched():
    """The name has two, and only the second one is allowed; the certificate and the broker know the name alone."""
    b = Broker("allow_anonymous true", "cafile {folder}/ca.pem", "certfile {folder}/server.pem", "keyfile {folder}/server.key")
    certificates(b.folder.name)
    with tempfile.TemporaryDirectory() as folder, b, Server(environment=resolver(folder, "two_addresses")) as s:
        refused = Ear("127.0.0.2", b.port)
        s.stop()
        s.options += ["--outbound-allow", "127.0.0.1"]
        s.start()
        web = begin(s, "m1")
        tls = {"ca": pem(b, "ca.pem")}
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b, host="broker.example", tls=tls))
        until(lambda: is_connected(web), lambda: f"connected: {status(web)}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(b.path("server.pem"), b.path("server.key"))
        named = Ear("127.0.0.1", context=context)
        for host, name in (("broker.example", "broker.example"), ("127.0.0.1", None)):
            named.names.clear()
            web.want(200, "PUT", "/api/v1/connections/plant", {**connection(b, host=host, tls=tls), "port": named.port})
            until(lambda: name in named.names, lambda: f"asked for {name}: {named.names}")
        for host in ("broker.example", "127.0.0.1"):  # certificates of another name do not pass
            fails(web, "connection.tls", "'ca'", **connection(b, host=host, tls={"ca": pem(b, "other.pem")}))
        assert refused.peers == 0, refused.peers


def a_certificate_of_another_name_does_not_pass():
    b = Broker("allow_anonymous true", "cafile {folder}/ca.pem", "certfile {folder}/client.pem", "keyfile {folder}/client.key")
    certificates(b.folder.name)
    with b, server() as s:
        web = begin(s, "m1")
        for host in ("127.0.0.1", "localhost"):
            fails(web, "connection.tls", "'ca'", **connection(b, host=host, tls={"ca": pem(b, "ca.pem")}))


class Flood(FakeBroker):
    """Sends one message with QoS 1 and then, without a pause, what nobody takes, until that one is acknowledged."""

    def __init__(self, context=None):
        self.chunks, self.acknowledged = 0, False
        super().__init__(context)

    def serve(self, peer, suback):
        peer.sendall(suback(1) + publish_packet("plant/m1/data", b'{"p":1}', 7))
        peer.setblocking(False)
        while not self.acknowledged:
            chunk = memoryview(publish_packet("else", b"x") * 20000)
            while chunk:
                try:
                    self.acknowledged |= ACKNOWLEDGED in peer.recv(1000)
                except (BlockingIOError, ssl.SSLWantReadError):
                    pass
                try:
                    chunk = chunk[peer.send(chunk[:16384]):]
                except (BlockingIOError, ssl.SSLWantWriteError):
                    select.select([], [peer], [], 1)
            self.chunks += 1


def what_nobody_takes_holds_up_no_acknowledgement():
    b = Broker()
    certificates(b.folder.name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(b.path("server.pem"), b.path("server.key"))
    with server() as s:
        web = begin(s, "m1")
        for more, flood in (({}, Flood()), ({"tls": {"ca": pem(b, "ca.pem")}}, Flood(context))):
            web.want(200, "PUT", "/api/v1/connections/plant", {**connection(b, version=4, **more), "port": flood.port})
            until(lambda: flood.acknowledged, lambda: f"acknowledged, after {flood.chunks} times 20,000 others: {status(web)}")
    b.folder.cleanup()


class Hesitant(FakeBroker):
    """Answers a subscription when it is told to: 1, or why it grants none."""

    def __init__(self, code=1):
        self.code, self.asked, self.answer = code, threading.Event(), threading.Event()
        super().__init__()

    def serve(self, peer, suback):
        self.asked.set()
        self.answer.wait(30)
        peer.sendall(suback(self.code))
        while peer.recv(1000):
            pass


def instant(text):
    """To the nanosecond, so that two of them can be compared."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return whole, fraction.ljust(9, "0")


def connected_is_who_is_subscribed():
    """What is published from then on comes: a message before it would be nobody's."""
    broker = Hesitant()
    with server() as s:
        web = begin(s, "m1")
        web.want(200, "PUT", "/api/v1/connections/plant", connection(broker, version=4))
        assert broker.asked.wait(30), status(web)
        assert status(web)["state"] == "connecting", status(web)
        broker.answer.set()
        until(lambda: is_connected(web), lambda: f"connected: {status(web)}")
        # what is refused of it is wrong still: it is told behind the connection
        refusing = Hesitant(0x80)
        refusing.answer.set()
        web.want(200, "PUT", "/api/v1/connections/plant", connection(refusing, version=4))
        until(lambda: is_connected(web) and status(web)["error"], lambda: f"the refusal: {status(web)}")
        told = status(web)
        assert told["error"]["code"] == "connection.topic", told
        assert instant(told["error"]["time"]) >= instant(told["since"]), told


def a_packet_is_as_large_as_the_broker_was_told_and_no_larger():
    """What is larger than a message may be is told; what is much larger the broker does not send at all."""
    with Broker("allow_anonymous true") as b, server() as s:
        web = begin(s, "m1")
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b))
        until(lambda: is_connected(web), "connected")
        around = 1 + 4 + 2 + len("plant/m1/data") + 2 + 1  # head, length, topic, number, properties
        for more in (0, 2):  # mosquitto counts a byte less
            subprocess.run(["mosquitto_pub", "-p", str(b.port), "-q", "1", "-t", "plant/m1/data", "-s"], input=b"x" * ((8 << 20) - around + more),
                           check=True)
            subprocess.run(["mosquitto_pub", "-p", str(b.port), "-q", "1", "-t", "plant/m1/data", "-m", json.dumps({"ts": BEGIN_MS + more, "p": more})],
                           check=True)
            until(lambda: power(web) == more, "the one behind it")
        assert status(web)["rejected"] == 1 and status(web)["messages"] == 3 and is_connected(web), status(web)


def a_resolver_that_does_not_answer_holds_up_no_end():
    with tempfile.TemporaryDirectory() as folder:
        environment = resolver(folder, "slow_names")
        with Broker("allow_anonymous true") as b, server(Server(environment=environment)) as s:
            web = Web(s)
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b, host="broker.example"))
            until(lambda: status(web)["state"] == "connecting", "it asks for the name")
            web.want(200, "PUT", "/api/v1/connections/plant", connection(b))
            until(lambda: is_connected(web), "an address is connected to at once, and the other try is left alone")
            web.want(200, "PUT", "/api/v1/connections/other", connection(b, host="broker.example", clientId="other"))
            until(lambda: status(web, "other")["state"] == "connecting", "it asks for the name")
            s.stop()  # waits 15 s, and the names take 60


def addresses_that_the_operator_does_not_name_are_refused():
    with Broker("allow_anonymous true") as b, Server() as s:
        web = Web(s)
        told = web.want(403, "PUT", "/api/v1/connections/plant", connection(b))
        assert told["code"] == "endpoint.address" and "--outbound-allow" in told["detail"], told
        web.want(200, "PUT", "/api/v1/connections/plant", connection(b, host="localhost"))
        until(lambda: status(web)["error"], "refused")
        assert status(web)["error"]["code"] == "endpoint.address", status(web)


if __name__ == "__main__":
    chosen = [globals()[name] for name in sys.argv[1:]]
    main(*chosen) if chosen else main(values_arrive_by_the_binding_in_both_versions, what_becomes_nothing_is_told_where_no_binding_understood_it, connected_is_who_is_subscribed, a_message_is_as_large_as_the_limit_and_no_larger, an_outage_of_the_broker_loses_and_doubles_nothing,
         kill_9_in_the_middle_loses_and_doubles_nothing, a_full_disk_leaves_messages_at_the_broker,
         what_a_document_says_no_more_the_broker_keeps_no_more, what_comes_while_the_server_is_away_waits_at_the_broker,
         two_connections_share_a_subscription, two_servers_share_a_subscription_and_lose_no_part, what_cannot_be_says_why_and_what_helps, tls_to_a_port_without_it_has_one_sentence, a_broker_that_wants_our_certificate_gets_it,
         with_tls_an_address_that_may_not_be_reached_is_not_touched, a_certificate_of_another_name_does_not_pass, what_nobody_takes_holds_up_no_acknowledgement,
         a_packet_is_as_large_as_the_broker_was_told_and_no_larger, a_resolver_that_does_not_answer_holds_up_no_end,
         addresses_that_the_operator_does_not_name_are_refused)
