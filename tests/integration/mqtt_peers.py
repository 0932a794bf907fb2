# SPDX-License-Identifier: Apache-2.0
"""Clients of others talk to themselves through the whole server: Eclipse Paho C ($MQTT_PEER), the `mqtt` library of
npm and mosquitto's; every QoS, both versions, shared subscriptions, and byte by byte."""
import os
import shutil
import subprocess
import sys

from clients import Web
from mqtt_echo import chopping_relay, until
from pollux import Server, main

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = shutil.which("node") or shutil.which("nodejs")
PEER = os.environ.get("MQTT_PEER", "")


def paho_c_hears_itself(server, port, count):
    for version in ("4", "5"):
        for qos in ("0", "1", "2"):
            ran = subprocess.run([PEER, str(port), version, qos, str(count)], timeout=100, text=True,
                                 capture_output=True, env={**os.environ, "MQTT_PASSWORD": server.token})
            assert ran.returncode == 0 and ran.stdout == f"heard {count}\n", (version, qos, ran.stdout)


def npm_hears_itself(server, port):
    subprocess.run([NODE, os.path.join(HERE, "mqtt_js.mjs")], check=True, timeout=100,
                   env={**os.environ, "MQTT_PORT": str(port), "MQTT_PASSWORD": server.token,
                        "MQTT_REFUSED": "events/x"})


def mosquitto(server, program, version, qos, *options):
    return [program, "-h", "127.0.0.1", "-p", str(server.mqtt), "-V", version, "-u", "me", "-P", server.token,
            "-q", str(qos), *options]


def mosquitto_hears_itself(server):
    for version in ("mqttv311", "mqttv5"):
        for qos in (1, 2):
            topic, lines = f"{version}/{qos}", [f"line {i}" for i in range(100)]
            sub = subprocess.Popen(mosquitto(server, "mosquitto_sub", version, qos, "-t", f"{topic}/#", "-C", "101", "-W", "60"),
                                   stdout=subprocess.PIPE, text=True)
            publish = mosquitto(server, "mosquitto_pub", version, qos, "-t", f"{topic}/x")
            # a retained message comes whenever the subscription does: so it is known to stand
            subprocess.run([*publish[:-1], f"{topic}/first", "-r", "-m", "first"], check=True, timeout=60)
            assert sub.stdout.readline() == "first\n"
            subprocess.run([*publish, "-l"], check=True, timeout=60, text=True, input="\n".join(lines) + "\n")
            out, _ = sub.communicate(timeout=60)
            assert out.splitlines() == lines, out


def a_team_shares_the_work(server):
    jobs = [str(i) for i in range(60)]
    web, name = Web(server), 'pollux_mqtt_packets_out_total{type="suback"}'
    before = web.metrics()[name]
    team = [subprocess.Popen(mosquitto(server, "mosquitto_sub", "mqttv5", 2, "-t", "$share/team/jobs/#", "-C", "20", "-W", "60"),
                             stdout=subprocess.PIPE, text=True) for _ in range(3)]
    until(lambda: web.metrics()[name] == before + 3, "three SUBACKs")
    subprocess.run(mosquitto(server, "mosquitto_pub", "mqttv5", 2, "-t", "jobs/x", "-l"), check=True, timeout=60,
                   text=True, input="\n".join(jobs) + "\n")
    done = [one.communicate(timeout=60)[0].splitlines() for one in team]
    assert [len(of_one) for of_one in done] == [20, 20, 20], done
    assert sorted(sum(done, []), key=int) == jobs, done


def story():
    if not os.path.exists(PEER):
        print("skipped: libpaho-mqtt-dev is not here; ./dev test installs it")
        sys.exit(77)
    if not NODE or not os.path.isdir(os.path.join(HERE, "../sdk/node_modules/mqtt")):
        print("skipped: node, or the node_modules of tests/sdk, is not here; ./dev test installs them")
        sys.exit(77)
    with Server() as server:
        paho_c_hears_itself(server, server.mqtt, 100)
        paho_c_hears_itself(server, chopping_relay(server.mqtt), 20)
        npm_hears_itself(server, server.mqtt)
        npm_hears_itself(server, chopping_relay(server.mqtt))
        mosquitto_hears_itself(server)
        a_team_shares_the_work(server)


main(story)
