# SPDX-License-Identifier: Apache-2.0
"""Real clients at the MQTT door: mosquitto's and paho's, both versions, both QoS, TLS, wildcards."""
import subprocess
import tempfile

from mqtt_echo import Client, Echo, Raw, chopping_relay, connect_packet, until


def mosquitto_talks_to_itself(echo):
    for version in ("mqttv311", "mqttv5"):
        common = ["-h", "127.0.0.1", "-p", str(echo.port), "-V", version, "-u", "u", "-q", "1"]
        before = echo.stats()["subscribes"]
        sub = subprocess.Popen(["mosquitto_sub", *common, "-t", "plant/+/state", "-C", "3", "-v"],
                               stdout=subprocess.PIPE, text=True)
        until(lambda: echo.stats()["subscribes"] > before, "mosquitto_sub")
        for i in range(3):
            subprocess.run(["mosquitto_pub", *common, "-t", f"plant/{i}/state", "-m", f"on {i}"],
                           check=True, timeout=20)
        out, _ = sub.communicate(timeout=20)
        assert out.splitlines() == [f"plant/{i}/state on {i}" for i in range(3)], out


def every_message_comes_once_and_in_order(port, count):
    for version in (4, 5):
        watcher, writer = Client(port, f"w{version}", version), Client(port, f"p{version}", version)
        assert watcher.subscribe(f"run{version}/#") == [1]
        sent = [(f"run{version}/{i % 3}", f"value {i}".encode() * (i % 50 + 1)) for i in range(count)]
        for begin in range(0, count, 500):  # no more than waits for a slow reader
            for topic, payload in sent[begin:begin + 500]:
                writer.publish(topic, payload, 1)
            end = min(begin + 500, count)
            until(lambda: len(writer.acked) == end, "PUBACKs", 60)
            until(lambda: len(watcher.got) == end, "deliveries", 60)
        assert watcher.got == [(topic, payload, 1) for topic, payload in sent]
        watcher.close()
        writer.close()


def qos_is_the_lower_of_both(echo):
    low, high, writer = Client(echo.port, "low"), Client(echo.port, "high", 4), Client(echo.port, "w")
    assert low.subscribe("q/+", 0) == [0]
    assert high.subscribe("q/#", 2) == [2]
    for qos in (0, 1, 2):
        writer.publish("q/x", str(qos), qos).wait_for_publish()
    until(lambda: len(low.got) == 3 and len(high.got) == 3, "deliveries")
    assert low.got == [("q/x", b"0", 0), ("q/x", b"1", 0), ("q/x", b"2", 0)]
    assert high.got == [("q/x", b"0", 0), ("q/x", b"1", 1), ("q/x", b"2", 2)]
    low.paho.unsubscribe("q/+")
    until(lambda: (writer.publish("q/x", "3").wait_for_publish(), len(high.got) > 3)[1], "QoS 1")
    for client in (low, high, writer):
        client.close()


def refusals_are_told(echo):
    bad4, bad5 = Client(echo.port, "bad4", 4, user="bad"), Client(echo.port, "bad5", 5, user="bad")
    assert (bad4.code, bad5.code) == (4, 0x86)
    client = Client(echo.port, "c")
    assert client.subscribe("refuse/all") == [0x87]
    for one in (bad4, bad5, client):
        one.close()


def tls_carries_the_same(echo, cert):
    every = [Client(echo.tls_port, f"tls{v}", v, tls=cert) for v in (4, 5)]
    for client in every:
        assert client.subscribe("secret/#") == [1]
    big = b"x" * 100_000  # many TLS records, read ahead of the session
    every[0].publish("secret/big", big).wait_for_publish()
    for i in range(200):
        every[0].publish("secret/n", str(i))
    for client in every:
        until(lambda: len(client.got) == 201, "deliveries over TLS", 30)
        assert client.got[0] == ("secret/big", big, 1)
        assert [m[1] for m in client.got[1:]] == [str(i).encode() for i in range(200)]
        client.close()
    until(lambda: echo.stats()["connections"] == 0, "all closed")


def main():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
                        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        with Echo("--threads", "2", "--cert", cert, "--key", key) as echo:
            mosquitto_talks_to_itself(echo)
            every_message_comes_once_and_in_order(echo.port, 2000)
            every_message_comes_once_and_in_order(chopping_relay(echo.port), 100)
            qos_is_the_lower_of_both(echo)
            refusals_are_told(echo)
            tls_carries_the_same(echo, cert)
            Raw(echo.tls_port, connect_packet("no TLS")).rest()
            assert echo.stats()["tls_failed"] == 1


main()
