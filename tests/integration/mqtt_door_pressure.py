# SPDX-License-Identifier: Apache-2.0
"""The MQTT door under pressure: a busy engine, a slow one, a stop, a client that does not read."""
import time

from mqtt_echo import Client, Echo, Raw, connect_packet, packet, publish_packet, string, until


def a_busy_engine_stops_the_reading_and_loses_nothing(echo):
    writer, short = Client(echo.port, "writer", 4), Raw(echo.port, connect_packet("s", 4, keepalive=1))
    assert short.read(4) == b"\x20\x02\0\0"
    echo.say("busy")
    echo.stats()  # it has heard
    short.send(publish_packet("busy/y", b"1", 9))
    for i in range(500):
        writer.publish("busy/x", f"message {i}" * 50)
    until(lambda: echo.stats()["stalls"] > 0, "a stall")
    time.sleep(2.5)  # longer than keep-alive allows: but it is we who do not read
    assert not writer.acked and not writer.ended, (writer.acked, writer.ended, echo.stats())
    before = echo.stats()["publish_in"]
    echo.say("free")
    until(lambda: len(writer.acked) == 500, "all PUBACKs")
    assert short.read(4) == b"\x40\x02\0\x09"
    short.close()
    assert echo.stats()["publish_in"] >= before
    writer.close()


def a_slow_engine_is_given_batches(echo):
    watcher, writers = Client(echo.port, "sw"), [Client(echo.port, f"s{i}") for i in range(4)]
    watcher.subscribe("slow/#")
    echo.say("hold")
    echo.stats()
    for i in range(15):
        for writer in writers:
            writer.publish("slow/x", str(i))
    time.sleep(0.5)
    assert not any(writer.acked for writer in writers)
    echo.say("release")
    for writer in writers:
        until(lambda: len(writer.acked) == 15, "PUBACKs")
    until(lambda: len(watcher.got) == 60, "deliveries")
    assert echo.stats()["batch_max"] > 1
    for client in [watcher, *writers]:
        client.close()


def a_client_that_does_not_read_harms_nobody(echo):
    deaf = Raw(echo.port, connect_packet("deaf") + packet(0x82, b"\0\1" + string("flood") + b"\0"))
    assert deaf.read(4) == b"\x20\x02\0\0"
    writer, watcher = Client(echo.port, "fw"), Client(echo.port, "fr")
    watcher.subscribe("flood", 0)
    for i in range(400):
        writer.publish("flood", b"y" * 50_000).wait_for_publish(10)
        until(lambda: len(watcher.got) == i + 1, "the other gets each")
    assert echo.stats()["qos0_dropped"] > 0
    for client in (writer, watcher, deaf):
        client.close()


def a_stop_answers_what_was_taken_and_says_goodbye(echo):
    old, new = Client(echo.port, "old", 4), Client(echo.port, "new", 5)
    before = echo.stats()["publish_in"]
    echo.say("hold")
    for i in range(10):
        old.publish("last/x", str(i))
        new.publish("last/x", str(i))
    until(lambda: echo.stats()["publish_in"] == before + 20, "the messages")
    raw = Raw(echo.port, connect_packet("raw", 5))
    assert raw.read(2)[0] == 0x20
    echo.say("release")
    last = echo.stop(3000)
    until(lambda: len(old.acked) == 10 and len(new.acked) == 10, "PUBACKs before the end")
    assert raw.rest().endswith(b"\xe0\x01\x8b")
    until(lambda: old.ended and new.ended, "the end")
    assert last["connections"] == 0 and last["principals"] == 0, last
    for client in (old, new):
        client.paho.loop_stop()


def a_stop_does_not_wait_for_ever():
    with Echo() as echo:
        raw = Raw(echo.port, connect_packet("stuck") + publish_packet("t", b"x", 1))
        raw.read(4)
        echo.say("hold")
        echo.stats()
        raw.send(publish_packet("t", b"y", 2))
        time.sleep(0.3)
        begin = time.monotonic()
        echo.stop(500)
        assert time.monotonic() - begin < 3
        raw.close()


with Echo("--threads", "2") as main_echo:
    a_busy_engine_stops_the_reading_and_loses_nothing(main_echo)
    a_slow_engine_is_given_batches(main_echo)
    a_client_that_does_not_read_harms_nobody(main_echo)
    a_stop_answers_what_was_taken_and_says_goodbye(main_echo)
a_stop_does_not_wait_for_ever()
