# SPDX-License-Identifier: Apache-2.0
"""QoS 2 both ways with real clients, answered at once and later, also through a relay that chops the
stream into single bytes; and a raw client that repeats each of its packets."""
import subprocess

from mqtt_echo import (Client, Echo, Raw, chopping_relay, connect_packet, publish_packet, read_packets,
                       subscribe_packet, until)


def each_message_comes_once_and_in_order(port, count):
    for version in (4, 5):
        watcher, writer = Client(port, f"w{version}", version), Client(port, f"p{version}", version)
        assert watcher.subscribe(f"run{version}/#", 2) == [2]
        sent = [(f"run{version}/{i % 3}", f"value {i}".encode() * (i % 50 + 1), i % 3) for i in range(count)]
        for message in sent:
            writer.publish(*message)
        until(lambda: len(writer.acked) == count, "PUBACKs and PUBCOMPs", 60)
        until(lambda: len(watcher.got) == count, "deliveries", 60)
        # QoS 0 waits for no window, and paho shows QoS 2 once it is released: in order each for itself
        for qos in (0, 1, 2):
            assert [m for m in watcher.got if m[2] == qos] == [m for m in sent if m[2] == qos]
        watcher.close()
        writer.close()


def mosquitto_does_it_with_itself(echo):
    for version in ("mqttv311", "mqttv5"):
        common = ["-h", "127.0.0.1", "-p", str(echo.port), "-V", version, "-u", "u", "-q", "2"]
        sub = subprocess.Popen(["mosquitto_sub", *common, "-t", "lines/#", "-C", "200"],
                               stdout=subprocess.PIPE, text=True)
        until(lambda: echo.stats()["connections"] == 1 and echo.stats()["subscribes"] > 0, "mosquitto_sub")
        lines = [f"{version} line {i}" for i in range(200)]
        subprocess.run(["mosquitto_pub", *common, "-t", "lines/x", "-l"], check=True, timeout=60, text=True,
                       input="\n".join(lines) + "\n")
        out, _ = sub.communicate(timeout=60)
        assert out.splitlines() == lines, out
        until(lambda: echo.stats()["connections"] == 0, "both are gone")


def one_who_repeats_everything_is_heard_once(echo):
    watcher = Client(echo.port, "watcher")
    watcher.subscribe("again/#", 2)
    before = echo.stats()["repeats"]
    raw = Raw(echo.port, connect_packet("again"))
    assert raw.read(4) == b"\x20\x02\0\0"
    for packet_id in range(1, 31):
        ids = packet_id.to_bytes(2, "big")
        first = publish_packet("again/x", str(packet_id).encode(), packet_id, qos=2)
        raw.send(first)
        assert raw.read(4) == b"\x50\x02" + ids
        raw.send(bytes([first[0] | 8]) + first[1:])
        assert raw.read(4) == b"\x50\x02" + ids
        raw.send(b"\x62\x02" + ids)
        assert raw.read(4) == b"\x70\x02" + ids
        raw.send(b"\x62\x02" + ids)
        assert raw.read(4) == b"\x70\x02" + ids
    until(lambda: len(watcher.got) == 30, "each once")
    assert [m[1] for m in watcher.got] == [str(i).encode() for i in range(1, 31)]
    assert echo.stats()["repeats"] == before + 30
    raw.close()
    watcher.close()


def ids_never_released_end_at_their_limit(echo):
    for version, end in ((4, b""), (5, b"\xe0\x01\x93")):
        raw = Raw(echo.port, connect_packet(f"hoarder{version}", version))
        read_packets(raw, lambda p: p[0] == 0x20)
        for packet_id in range(1, 101):
            raw.send(publish_packet("kept/x", b"x", packet_id, version, qos=2))
            assert raw.read(4) == b"\x50\x02" + packet_id.to_bytes(2, "big")
        raw.send(publish_packet("kept/x", b"x", 101, version, qos=2))
        assert raw.rest() == end
        raw.close()


def a_deaf_receiver_of_qos_2_gets_as_much_as_its_window(echo):
    """It never answers: the window holds back the rest, and the connection lives."""
    raw = Raw(echo.port, connect_packet("deaf", 5, props=b"\x21\0\x02"))
    raw.send(subscribe_packet("deaf/#", 2, version=5))
    writer = Client(echo.port, "writer")
    until(lambda: echo.stats()["subscribes"] > 0, "SUBSCRIBE")
    for i in range(10):
        writer.publish("deaf/x", b"message", 2)
    until(lambda: len(writer.acked) == 10, "PUBCOMPs")
    raw.send(b"\xc0\0")
    said = b""
    while not said.endswith(b"\xd0\0"):
        piece = raw.socket.recv(4096)
        assert piece, said
        said += piece
    assert said.count(b"message") == 2, said
    raw.close()
    writer.close()


for options in ([], ["--late", "yes"]):
    with Echo("--threads", "2", *options) as main_echo:
        each_message_comes_once_and_in_order(main_echo.port, 600)
        each_message_comes_once_and_in_order(chopping_relay(main_echo.port), 60)
        one_who_repeats_everything_is_heard_once(main_echo)
        ids_never_released_end_at_their_limit(main_echo)
        a_deaf_receiver_of_qos_2_gets_as_much_as_its_window(main_echo)
    with Echo(*options) as main_echo:
        mosquitto_does_it_with_itself(main_echo)
