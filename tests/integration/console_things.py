# SPDX-License-Identifier: Apache-2.0
"""A server with one model and no devices, and a browser's stories told to it; for console_devices.py and its kin."""
import os
import shutil
import subprocess
import sys

from clients import Web
from pollux import Server

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = shutil.which("node") or shutil.which("nodejs")
BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")
STATES = [("stopped", 0, "停止"), ("running", 1, "运行"), ("blocked", 2, "受阻")]
PACKER = [{
    "@id": "dtmi:story:Packer;1", "@type": "Interface", "@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1", "dtmi:pollux:extension:commands;1", "dtmi:pollux:extension:freshness;1"],
    "displayName": {"en": "Case packer", "zh-Hans": "装箱机"},
    "contents": [
        {"@type": ["Telemetry", "Temperature"], "name": "tmpF", "displayName": {"en": "Bearing temperature", "zh-Hans": "轴承温度"}, "schema": "double", "unit": "degreeCelsius"},
        {"@type": ["Telemetry", "Current"], "name": "amps", "displayName": {"en": "Current", "zh-Hans": "电流"}, "schema": "double", "unit": "ampere"},
        {"@type": ["Telemetry", "Freshness"], "name": "pace", "displayName": {"en": "Pace", "zh-Hans": "节拍"}, "schema": "double",
         "expectedPeriod": "PT1S", "tolerance": "PT0.5S", "allowedStaleness": "PT2S"},
        {"@type": "Property", "name": "cntOk", "displayName": {"en": "Good count", "zh-Hans": "良品数"}, "schema": "integer"},
        {"@type": "Property", "name": "state", "displayName": {"en": "State", "zh-Hans": "状态"}, "schema": {
            "@type": "Enum", "valueSchema": "string", "enumValues": [{"name": n, "enumValue": n, "displayName": {"en": n.capitalize(), "zh-Hans": zh}} for n, _, zh in STATES]}},
        {"@type": "Property", "name": "speedSetpoint", "displayName": {"en": "Speed setpoint", "zh-Hans": "速度设定"}, "schema": "double", "writable": True},
        {"@type": "Property", "name": "lot", "displayName": {"en": "Lot", "zh-Hans": "批号"}, "schema": "long", "writable": True},
        {"@type": "Property", "name": "due", "displayName": {"en": "Due", "zh-Hans": "截止"}, "schema": "dateTime", "writable": True},
        {"@type": "Property", "name": "mode", "displayName": {"en": "Mode", "zh-Hans": "模式"}, "schema": "string", "writable": True},
        {"@type": "Command", "name": "stop", "displayName": {"en": "Stop", "zh-Hans": "停止"}},
        {"@type": ["Command", "Guarded"], "name": "setRecipe", "guards": [{"expression": "amps < 50", "message": {"en": "Let it run down first"}}], "displayName": {"en": "Set recipe", "zh-Hans": "设置配方"}, "description": {"en": "Changes what is packed.", "zh-Hans": "更改包装内容。"},
         "request": {"name": "recipe", "schema": {"@type": "Object", "fields": [{"name": "number", "schema": "integer"}, {"name": "note", "schema": "string"}]}},
         "response": {"name": "taken", "schema": "integer"}},
    ]}]
TWIN = {"$metadata": {"$model": "dtmi:story:Packer;1"}}


def tell(*stories):
    """Runs each story (a .mjs beside this file) against a server of its own; ends the program with the worst verdict."""
    if not NODE or not os.path.isdir(os.path.join(HERE, "../../console/node_modules/playwright-core")):
        print("skipped: node, or the console's node_modules, is not here")
        sys.exit(77)
    for program in (BROWSER, shutil.which("mosquitto_pub"), shutil.which("mosquitto_sub")):
        if not program or not os.path.exists(program):
            print(f"skipped: there is no browser at {BROWSER}, or no mosquitto-clients")
            sys.exit(77)
    worst = 0
    for story in stories:
        server = Server()
        server.options += ["--outbound-allow", "127.0.0.0/8"]
        with server as s:
            web = Web(s)
            web.want(201, "POST", "/models", PACKER)
            web.want(200, "PUT", "/digitaltwins/pk-02", TWIN)
            done = subprocess.run([NODE, os.path.join(HERE, story), *sys.argv[1:]],
                                  env={**os.environ, "POLLUX_URL": s.url, "POLLUX_TOKEN": s.token, "MQTT_PORT": str(s.mqtt)})
            worst = worst or done.returncode
    sys.exit(worst)
