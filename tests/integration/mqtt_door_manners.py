# SPDX-License-Identifier: Apache-2.0
"""Who misbehaves at the MQTT door: silence, garbage, a doubled client id, too many, a keep-alive missed."""
import resource
import time

from mqtt_echo import Client, Echo, Raw, connect_packet, publish_packet, until


def silence_is_cut_after_five_seconds(echo):
    begin = time.monotonic()
    silent, trickling = Raw(echo.port), Raw(echo.port, connect_packet("t")[:5])
    assert silent.rest() == b"" and trickling.rest() == b""
    assert 4.5 < time.monotonic() - begin < 7


def a_missed_keep_alive_is_told(echo):
    lazy = Raw(echo.port, connect_packet("lazy", 5, keepalive=1))
    begin = time.monotonic()
    assert lazy.rest().endswith(b"\xe0\x01\x8d")
    assert 1.4 < time.monotonic() - begin < 3


def a_doubled_client_id_ends_the_older(echo):
    old5, old4 = Raw(echo.port, connect_packet("same5", 5)), Raw(echo.port, connect_packet("same4"))
    stranger = Client(echo.port, "same5", user="other")  # another scope: another name
    until(lambda: echo.stats()["connections"] == 3 and echo.stats()["unauthenticated"] == 0, "three")
    new5, new4 = Client(echo.port, "same5"), Client(echo.port, "same4", 4)
    assert old5.rest().endswith(b"\xe0\x01\x8e")
    assert old4.rest() == b"\x20\x02\0\0"
    assert new5.subscribe("a") == [1] and new4.subscribe("a") == [1]
    assert stranger.subscribe("a") == [1]
    assert echo.stats()["taken_over"] == 2
    for client in (new5, new4, stranger):
        client.close()
    until(lambda: echo.stats()["connections"] == 0, "all closed")


def garbage_harms_only_itself(echo):
    good = Client(echo.port, "good")
    good.subscribe("g")
    malformed = echo.stats()["ended_malformed"]
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100, b"\xff" * 100,
                    connect_packet("x")[:-3] + b"\xff\xff\xff",
                    connect_packet("x1") + b"\x30\x80\x80\x80\x80\x80",
                    connect_packet("x2") + b"\x30\x02\0\x09",
                    connect_packet("x3") + b"\x30\xff\xff\xff\x7f" + b"z" * 10_000):
        Raw(echo.port, garbage).rest()
    assert echo.stats()["ended_malformed"] >= malformed + 2
    good.publish("g", "still here").wait_for_publish()
    until(lambda: good.got == [("g", b"still here", 1)], "the good one's message")
    good.close()


def hasty_clients_lose_nothing(echo):
    """CONNECT, messages and DISCONNECT in one segment, the socket closed at once."""
    before = echo.stats()["publish_in"]
    watcher = Client(echo.port, "hw")
    watcher.subscribe("hasty")
    for i in range(50):
        raw = Raw(echo.port, connect_packet(f"h{i}") + publish_packet("hasty", b"1", 7) + b"\xe0\0")
        raw.close()
    until(lambda: len(watcher.got) == 50, "all of them")
    assert echo.stats()["publish_in"] == before + 50
    watcher.close()


def connections_beyond_the_limit_are_closed():
    with Echo("--connections", "10") as echo:
        all_of_them = [Raw(echo.port, connect_packet(f"n{i}")) for i in range(10)]
        for raw in all_of_them:
            assert raw.read(4) == b"\x20\x02\0\0"
        try:
            assert Raw(echo.port, connect_packet("one too many")).rest() == b""
        except ConnectionError:
            pass
        assert echo.stats()["refused_full"] == 1
        all_of_them.pop().close()
        until(lambda: echo.stats()["connections"] == 9, "room")
        assert Raw(echo.port, connect_packet("now")).read(4) == b"\x20\x02\0\0"


def without_file_descriptors_accepting_pauses():
    with Echo() as echo:
        pid, (soft, hard) = echo.process.pid, resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (12, hard))
        crowd = [Raw(echo.port, connect_packet(f"f{i}")) for i in range(20)]
        time.sleep(0.5)
        assert echo.stats()["connections"] < 20
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        for raw in crowd:
            assert raw.read(4) == b"\x20\x02\0\0"
            raw.close()


with Echo("--threads", "2") as main_echo:
    a_doubled_client_id_ends_the_older(main_echo)
    garbage_harms_only_itself(main_echo)
    hasty_clients_lose_nothing(main_echo)
    a_missed_keep_alive_is_told(main_echo)
    silence_is_cut_after_five_seconds(main_echo)
connections_beyond_the_limit_are_closed()
without_file_descriptors_accepting_pauses()
