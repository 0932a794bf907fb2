# SPDX-License-Identifier: Apache-2.0
"""A Modbus device by pymodbus, and its client to look at it. `modbus_peer.py PORT UNIT` serves 100 of everything, all 0."""
import logging
import os
import subprocess
import sys

try:
    from pymodbus.client import ModbusTcpClient
    from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
    from pymodbus.server import StartTcpServer
except ImportError as why:
    print("skipped: python3-pymodbus, or python3-serial-asyncio, which it only recommends, is not installed:", why)
    sys.exit(77)

from broker import until
from pollux import free_ports

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # the device is not there yet, now and then


class Device:
    """pymodbus's server in a process of its own, and its client to look at it."""

    def __init__(self, unit):
        self.unit, self.port = unit, free_ports(1)[0]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "modbus_peer.py"),
                                         str(self.port), str(self.unit)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = ModbusTcpClient("127.0.0.1", port=self.port)
        until(self.client.connect, "the device listens")

    def stop(self):
        self.client.close()
        self.process.kill()
        self.process.wait()

    def set(self, address, *registers):
        assert not self.client.write_registers(address, registers, slave=self.unit).isError()

    def get(self, address, count=1):
        return self.client.read_holding_registers(address, count, slave=self.unit).registers

    def coil(self, address):
        return self.client.read_coils(address, 1, slave=self.unit).bits[0]


def serve(port, unit):
    blocks = {name: ModbusSequentialDataBlock(0, [0] * 100) for name in ("di", "co", "hr", "ir")}
    device = ModbusSlaveContext(**blocks, zero_mode=True)
    StartTcpServer(context=ModbusServerContext(slaves={unit: device}, single=False), address=("127.0.0.1", port),
                   allow_reuse_address=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
