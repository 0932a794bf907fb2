# SPDX-License-Identifier: Apache-2.0
"""Modbus devices: one by pymodbus, whose own encoder makes what is read here, and one that answers nonsense. Values arrive,
wishes are written, and what a device says no to, or mixes up, ends in a count and a status."""
import datetime
import os
import socket
import struct
import sys
import threading
import time

from broker import until
from clients import Web
from modbus_peer import Device
from pollux import Server, main
from pymodbus.constants import Endian
from pymodbus.payload import BinaryPayloadBuilder
from small_disk import SmallDisk

UNIT = 7
NUMBERS = {"int16": -12345, "uint16": 54321, "int32": -1234567890, "uint32": 3234567890, "int64": -1234567890123456789,
           "uint64": 12345678901234567890, "float32": 21.4, "float64": -0.1}
WORDS = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "int64": 4, "uint64": 4, "float32": 2, "float64": 4}
ORDERS = {"ABCD": (Endian.Big, Endian.Big), "CDAB": (Endian.Big, Endian.Little), "BADC": (Endian.Little, Endian.Big),
          "DCBA": (Endian.Little, Endian.Little)}


def begin(s, names, **more):
    """A twin with a property for each name, `name: schema`, and a binding that takes each by its name."""
    web = Web(s)
    web.want(201, "POST", "/models", [{"@id": "dtmi:test:Plc;1", "@type": "Interface", "@context": "dtmi:dtdl:context;4", "contents": [
        {"@type": "Property", "name": n, "schema": schema, "writable": True} for n, schema in names.items()]}])
    web.want(200, "PUT", "/digitaltwins/plc", {"$metadata": {"$model": "dtmi:test:Plc;1"}})
    web.want(200, "PUT", "/api/v1/bindings/plc", {"source": {"connection": "plc"}, "twin": "plc", "rest": ""})
    return web


def server(*args, **more):
    s = Server(*args, **more)
    s.options += ["--outbound-allow", "127.0.0.0/8"]
    return s


def connect(web, port, registers, **more):
    web.want(200, "PUT", "/api/v1/connections/plc", {"type": "modbus", "host": "127.0.0.1", "port": port, "unit": UNIT, "every": "50ms",
                                                     "timeout": "10s", "retryMax": 1, "registers": registers, **more})


def status(web):
    return web.want(200, "GET", "/api/v1/connections/plc/status")


def values(web):
    return {k: v["value"] for k, v in web.want(200, "GET", "/api/v1/twins/plc")["values"].items()}


def becomes(web, name, value):
    until(lambda: values(web).get(name) == value, lambda: f"{name} {value}: {values(web)} {status(web)}")


def encoded(kind, order, value):
    builder = BinaryPayloadBuilder(byteorder=ORDERS[order][0], wordorder=ORDERS[order][1])
    name = {"int16": "add_16bit_int", "uint16": "add_16bit_uint", "int32": "add_32bit_int", "uint32": "add_32bit_uint", "int64": "add_64bit_int",
            "uint64": "add_64bit_uint", "float32": "add_32bit_float", "float64": "add_64bit_float"}[kind]
    getattr(builder, name)(value)
    return builder.to_registers()


def each_type_in_each_order_is_the_value_that_pymodbus_wrote():
    with Device(UNIT) as d, server() as s:
        registers, at = [], 0
        for order in ORDERS:
            for kind in NUMBERS:
                registers.append({"name": f"{kind}_{order}", "address": at, "type": kind, "order": order})
                d.set(at, *encoded(kind, order, NUMBERS[kind]))
                at += WORDS[kind]
        registers += [{"name": "label", "address": at, "type": "string", "length": 6}, {"name": "bit", "address": 0, "type": "bool", "bit": 3},
                      {"name": "scaled", "address": 1, "type": "uint16", "scale": 0.1, "offset": -40},
                      {"name": "coil", "table": "coil", "address": 3}, {"name": "input", "table": "input", "address": 9},
                      {"name": "discrete", "table": "discrete", "address": 9}]
        d.set(at, *[ord(a) << 8 | ord(b) for a, b in ("oz", "e\0", "xx")])
        d.client.write_coil(3, True, slave=UNIT)
        schemas = {r["name"]: "double" if r.get("type", "").startswith("float") or r["name"] == "scaled" else
                   "string" if r["name"] == "label" else "boolean" if r["name"] in ("bit", "coil", "discrete") else
                   "unsignedLong" if r.get("type") == "uint64" else "long" for r in registers}
        web = begin(s, schemas)
        connect(web, d.port, registers)
        becomes(web, "coil", True)
        got = values(web)
        for order in ORDERS:
            for kind, value in NUMBERS.items():
                wanted = str(value) if kind.startswith("float") else value
                assert got[f"{kind}_{order}"] == wanted, (kind, order, got[f"{kind}_{order}"])
        assert (got["label"], got["bit"], got["scaled"], got["input"], got["discrete"]) == \
            ("oze", bool(-12345 >> 3 & 1), "5392.1", 0, False), got
        assert status(web)["faults"] == 0 and status(web)["error"] is None, status(web)
        assert s.cli("connection", "test", "plc") == "plc is connected\n"


WRITABLE = [{"name": "speed", "address": 10, "type": "int16", "scale": 0.5, "write": {"twin": "plc", "property": "speed"}},
            {"name": "level", "address": 20, "type": "float32", "order": "CDAB", "write": {"twin": "plc", "property": "level"}},
            {"name": "run", "table": "coil", "address": 5, "write": {"twin": "plc", "property": "run"}},
            {"name": "lost", "address": 200, "write": {"twin": "plc", "property": "lost"}}]


def wish(web, **wished):
    web.want(200, "PATCH", "/api/v1/twins/plc/desired", wished)


def wished(web, name):
    return web.want(200, "GET", "/api/v1/twins/plc/desired")[name]


def ends(web, name, how, reason=""):
    until(lambda: wished(web, name)["status"] == how, lambda: f"{name} {how}: {wished(web, name)}")
    assert reason in wished(web, name).get("reason", ""), wished(web, name)


def a_test_tells_of_registers_that_are_refused_until_they_are_not():
    """A wrong address: the device answers, so it is connected, and of its registers it refuses one block and gives another."""
    liar = Liar()
    liar.answer = lambda t, u, f, d: frame(t, u, f | 0x80, b"\x02") if d[:2] == b"\x03\xe8" else honest(t, u, f, d)
    with server() as s:
        web = begin(s, {"level": "double"})
        connect(web, liar.port, [{"name": "level", "address": 4, "type": "float32"}, {"name": "far", "address": 1000, "type": "float32"}])
        said = s.cli("connection", "test", "plc", code=2)
        assert "plc is connected, but " in said and "exception 2" in said and "'address'" in said, said
        assert status(web)["error"]["current"] is True, status(web)
        liar.answer = honest
        until(lambda: status(web)["error"]["current"] is False, lambda: f"good again: {status(web)}")
        assert s.cli("connection", "test", "plc") == "plc is connected\n"
        head, row = s.cli("connection", "list").splitlines()
        error = status(web)["error"]
        assert "error at" in head and error["time"] in row and error["text"] in row, (head, row)


def what_is_wished_is_written_and_what_came_of_it_is_told():
    with Device(UNIT) as d, server() as s:
        web = begin(s, {"speed": "double", "level": "double", "run": "boolean", "lost": "integer"})
        connect(web, d.port, WRITABLE)
        becomes(web, "speed", "0.0")
        wish(web, speed=-7.5, level=21.4, run=True)
        for name in ("speed", "level", "run"):
            ends(web, name, "applied")
        assert d.get(10) == [65536 - 15] and d.get(20, 2) == [0x3333, 0x41AB] and d.coil(5), (d.get(10), d.get(20, 2))
        becomes(web, "speed", "-7.5")
        assert values(web)["level"] == "21.4"
        told = status(web)
        assert told["written"] == 3 and told["refused"] == 0, told
        wish(web, speed=0.25)
        ends(web, "speed", "rejected", "between two of them")
        wish(web, speed=20000)
        ends(web, "speed", "rejected", "does not fit register 'speed' of type int16")
        wish(web, lost=1)
        ends(web, "lost", "rejected", "exception 2: it has no such address")
        assert d.get(10) == [65536 - 15] and status(web)["refused"] == 3, status(web)


def logged(s, word):
    with open(s.log.name) as f:
        return sum(word in line for line in f)


def what_cannot_be_wished_for_is_said_once_and_hides_no_fault():
    """Of a property that is not writable and of a twin that is not there; and the value of such a register goes wrong later."""
    liar = Liar()
    with server() as s:
        web = begin(s, {"level": "double"})
        web.want(201, "POST", "/models", [{"@id": "dtmi:test:Read;1", "@type": "Interface", "@context": "dtmi:dtdl:context;4", "contents": [
            {"@type": "Property", "name": "level", "schema": "double"}]}])
        web.want(200, "PUT", "/digitaltwins/reader", {"$metadata": {"$model": "dtmi:test:Read;1"}})
        connect(web, liar.port, [{"name": "level", "address": 4, "type": "float32", "write": {"twin": "reader", "property": "level"}},
                                 {"name": "other", "address": 6, "type": "float32", "write": {"twin": "nobody", "property": "level"}}])
        until(lambda: status(web)["polls"] > 10, "ten polls")
        assert status(web)["error"]["code"] == "modbus.property" and "no such twin" in status(web)["error"]["text"], status(web)
        assert "writable property" in status(web)["error"]["cure"], status(web)
        assert (logged(s, "no writable property"), logged(s, "no such twin")) == (1, 1), (logged(s, "connection.note"))
        liar.answer = lambda t, u, f, d: frame(t, u, f, registers_of(d, b"\x7f\xc0"))
        until(lambda: status(web)["error"]["code"] == "modbus.nan", lambda: f"the fault: {status(web)}")
        assert logged(s, "register 'level': ") == 1, logged(s, "connection.note")


def a_device_that_stays_busy_is_said_once():
    liar = Liar()
    liar.answer = lambda t, u, f, d: honest(t, u, f, d) if f == 3 else frame(t, u, f | 0x80, b"\x06")
    with server() as s:
        web = begin(s, {"level": "double"})
        connect(web, liar.port, [{"name": "level", "address": 4, "type": "float32", "write": {"twin": "plc", "property": "level"}}])
        becomes(web, "level", "21.407064")
        wish(web, level=5)
        until(lambda: status(web)["faults"] > 10, "it is written ten times")
        assert [r["code"] for r in web.want(200, "GET", "/api/v1/rejects")["items"]] == ["modbus.busy"]
        assert wished(web, "level")["status"] == "pending" and logged(s, "connection.note") == 1, (wished(web, "level"), logged(s, "connection.note"))
        liar.answer = lambda t, u, f, d: honest(t, u, f, d) if f == 3 else frame(t, u, f | 0x80, b"\x02")
        ends(web, "level", "rejected", "exception 2")


def a_wish_waits_for_a_device_that_is_away():
    with Device(UNIT) as d, server() as s:
        web = begin(s, {"speed": "double", "level": "double", "run": "boolean", "lost": "integer"})
        connect(web, d.port, WRITABLE[:2])
        becomes(web, "speed", "0.0")
        d.stop()
        until(lambda: status(web)["state"] == "waiting", "the loss is seen")
        assert status(web)["error"]["code"] in ("connection.lost", "connection.refused"), status(web)
        wish(web, speed=12)
        time.sleep(0.3)
        assert wished(web, "speed")["status"] == "pending"
        s.kill()
        s.start()
        web = Web(s)
        d.start()
        ends(web, "speed", "applied")
        assert d.get(10) == [24]
        becomes(web, "speed", "12.0")


class Liar(threading.Thread):
    """Answers each request as `self.answer(transaction, unit, function, data)` says: bytes, None for silence, or "close"."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.answer, self.requests = self.listener.getsockname()[1], honest, []
        self.start()

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer:
            try:
                while len(request := peer.recv(260)) >= 8:
                    transaction, _, _, unit, function = struct.unpack(">HHHBB", request[:8])
                    self.requests.append((function, *struct.unpack(">HH", request[8:12])))
                    said = self.answer(transaction, unit, function, request[8:])
                    if said == "close":
                        return
                    if isinstance(said, tuple):
                        peer.sendall(said[0])
                        return
                    if said is not None:
                        peer.sendall(said)
            except OSError:
                pass


def frame(transaction, unit, function, data, protocol=0, length=None):
    return struct.pack(">HHHBB", transaction, protocol, length if length is not None else len(data) + 2, unit, function) + data


def registers_of(data, value=b"\x41\xab"):
    count, = struct.unpack(">H", data[2:4])
    return bytes([2 * count]) + (value * count)[:2 * count]


def honest(t, u, f, d):
    return frame(t, u, f, registers_of(d))


NONSENSE = [
    ("modbus.unit", lambda t, u, f, d: frame(t, u + 1, f, registers_of(d))),
    ("modbus.transaction", lambda t, u, f, d: frame(t + 1, u, f, registers_of(d))),
    ("modbus.function", lambda t, u, f, d: frame(t, u, 4, registers_of(d))),
    ("modbus.protocol", lambda t, u, f, d: frame(t, u, f, registers_of(d), protocol=1)),
    ("modbus.protocol", lambda t, u, f, d: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("modbus.length", lambda t, u, f, d: frame(t, u, f, registers_of(d), length=2000)),
    ("modbus.length", lambda t, u, f, d: frame(t, u, f, registers_of(d)[:-1])),
    ("modbus.length", lambda t, u, f, d: frame(t, u, f, b"\xff" + registers_of(d)[1:])),
    ("modbus.length", lambda t, u, f, d: frame(t, u, f | 0x80, b"\x02\x02")),
    ("modbus.exception", lambda t, u, f, d: frame(t, u, f | 0x80, b"\x02")),
    ("modbus.exception", lambda t, u, f, d: frame(t, u, f | 0x80, b"\x77")),
    ("modbus.busy", lambda t, u, f, d: frame(t, u, f | 0x80, b"\x06")),
    ("modbus.nan", lambda t, u, f, d: frame(t, u, f, registers_of(d, b"\x7f\xc0"))),
    ("modbus.unasked", lambda t, u, f, d: frame(t, u, f, registers_of(d)) * 2),
    ("modbus.silent", lambda t, u, f, d: None),
    ("modbus.silent", lambda t, u, f, d: frame(t, u, f, registers_of(d))[:9]),
    ("connection.lost", lambda t, u, f, d: "close"),
    ("connection.lost", lambda t, u, f, d: (frame(t, u, f, registers_of(d))[:9],)),
]


def nonsense_ends_in_a_count_and_a_status_and_truth_goes_on():
    liar = Liar()
    with server() as s:
        web = begin(s, {"level": "double"})
        connect(web, liar.port, [{"name": "level", "address": 4, "type": "float32"}], timeout="300ms")
        becomes(web, "level", "21.407064")
        for code, answer in NONSENSE:
            before = status(web)
            liar.answer = answer
            until(lambda: (status(web)["error"] or {}).get("code") == code and status(web)["faults"] + status(web)["failures"] >
                  before["faults"] + before["failures"], lambda: f"{code}: {status(web)}")
            liar.answer = honest
            polls = status(web)["polls"]
            until(lambda: status(web)["state"] == "connected" and status(web)["polls"] > polls + 1, lambda: f"good again after {code}: {status(web)}")
        kept = {r["code"]: r["payload"] for r in web.want(200, "GET", "/api/v1/rejects")["items"]}
        assert {code for code, _ in NONSENSE if code not in ("modbus.silent", "connection.lost")} <= set(kept), kept
        assert len(kept["modbus.unit"]) == 2 * 13 and kept["modbus.unit"][12:14] == "08", kept
        assert web.metrics()["pollux_connection_faults_total"] >= 12
        assert values(web)["level"] == "21.407064"


def a_poll_that_takes_too_long_costs_those_it_was_late_for():
    liar = Liar()

    def slow(*request):
        time.sleep(0.25)
        return honest(*request)
    with server() as s:
        web = begin(s, {"level": "double"})
        liar.answer = slow
        connect(web, liar.port, [{"name": "level", "address": 4, "type": "float32"}])
        until(lambda: status(web)["polls"] >= 3, "three polls")
        told = status(web)
        assert told["skipped"] >= 2 * 3 and told["state"] == "connected", told


def a_value_has_the_time_at_which_its_poll_began():
    """The device answers late: by then it is not what it was."""
    liar = Liar()

    def slow(*request):
        time.sleep(1)
        return honest(*request)
    with server() as s:
        web = begin(s, {"level": "double"})
        liar.answer = slow
        connect(web, liar.port, [{"name": "level", "address": 4, "type": "float32"}])
        becomes(web, "level", "21.407064")
        row = web.want(200, "GET", "/api/v1/history/plc?property=level&values=full")["rows"][0]
        read, come = (datetime.datetime.fromisoformat(text.rstrip("Z")) for text in (row[0], row[1]["arrivalTime"]))
        assert come - read >= datetime.timedelta(seconds=1), row


def few_requests_read_many_registers():
    liar = Liar()
    with server() as s:
        web = begin(s, {"a": "integer"})
        registers = [{"name": f"r{i}", "address": i} for i in range(200)] + [{"name": "a", "address": 210}, {"name": "b", "address": 300}]
        connect(web, liar.port, registers, gap=10)
        until(lambda: status(web)["polls"] >= 1, "a poll")
        assert liar.requests[:3] == [(3, 0, 125), (3, 125, 86), (3, 300, 1)], liar.requests[:3]
        assert status(web)["unbound"] == 0


def a_full_disk_costs_the_polls_of_its_time_and_is_said_once():
    liar = Liar()
    with SmallDisk() as disk, server(os.path.join(disk.folder, "data"), settings=["wal_mb = 4"]) as s:
        web = begin(s, {"level": "double"})
        connect(web, liar.port, [{"name": "level", "address": 4, "type": "float32"}], every="10ms")
        becomes(web, "level", "21.407064")
        disk.fill()
        until(lambda: status(web)["rejected"] > 100, lambda: f"a hundred polls that found the disk full: {status(web)}")
        assert status(web)["error"]["code"] == "store.full" and status(web)["state"] == "connected", status(web)
        assert logged(s, "connection.note") < 10, "said with each poll"  # the log is moved about before it is final
        disk.free()
        taken = status(web)["values"]
        until(lambda: status(web)["values"] > taken, "polls are taken again")


if __name__ == "__main__":
    chosen = [globals()[name] for name in sys.argv[1:]]
    main(*chosen) if chosen else main(
        each_type_in_each_order_is_the_value_that_pymodbus_wrote, a_test_tells_of_registers_that_are_refused_until_they_are_not, what_is_wished_is_written_and_what_came_of_it_is_told,
        what_cannot_be_wished_for_is_said_once_and_hides_no_fault, a_device_that_stays_busy_is_said_once,
        a_wish_waits_for_a_device_that_is_away, nonsense_ends_in_a_count_and_a_status_and_truth_goes_on,
        a_poll_that_takes_too_long_costs_those_it_was_late_for,
        a_value_has_the_time_at_which_its_poll_began, few_requests_read_many_registers,
        a_full_disk_costs_the_polls_of_its_time_and_is_said_once)
