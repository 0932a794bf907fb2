# SPDX-License-Identifier: Apache-2.0
"""What devices did is known after a restart: all of it after a clean stop, and after kill -9 what was a save ago."""
from clients import Web
from devices import Client, device, until
from pollux import Server, main

PRESS = [{"@id": "dtmi:t:P;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3",
          "contents": [{"@type": "Property", "name": "speed", "schema": "double"}]}]


def begin(server):
    web = Web(server)
    web.want(201, "POST", "/models", PRESS)
    web.want(200, "PUT", "/digitaltwins/t", {"$metadata": {"$model": "dtmi:t:P;1"}})
    return web


def say(client, *payloads):
    for payload in payloads:
        client.paho.publish("twins/t/telemetry", payload, 1).wait_for_publish(10)


def what_a_device_did_outlives_a_restart():
    with Server() as s:
        web = begin(s)
        key = device(web, "d", ["t"])
        show = lambda: web.want(200, "GET", "/api/v1/devices/d")
        d = Client(s.mqtt, "d", key)
        say(d, '{"speed":1}', '{"speed":2}', '{"sped":3}')
        until(lambda: show()["counters"]["messages"] == 3, "three messages")
        s.stop()
        d.close()
        s.start()
        web = Web(s)
        once = show()
        c = once["counters"]
        assert (c["connects"], c["messages"], c["bytes"], c["rejects"], once["connections"]) == (1, 3, 32, 1, 0), once
        assert once["lastSeen"]
        d = Client(s.mqtt, "d", key)
        say(d, '{"speed":4}')
        until(lambda: show()["counters"]["messages"] == 4, "a fourth message")
        assert show()["counters"]["since"] == c["since"] and show()["lastSeen"] > once["lastSeen"]
        d.close()
        until(lambda: show()["connections"] == 0 and web.metrics()["pollux_devices_unsaved"] == 0, "a save", 60)
        s.kill()
        s.start()
        web = Web(s)
        again = show()
        assert (again["counters"]["messages"], again["counters"]["connects"]) == (4, 2), again
        assert again["counters"]["since"] == c["since"]
        # a device of the same name is another one
        web.want(204, "DELETE", "/api/v1/devices/d")
        device(web, "d", ["t"])
        assert (show()["lastSeen"], show()["counters"]["messages"]) == (None, 0), show()
        s.stop()


if __name__ == "__main__":
    main(what_a_device_did_outlives_a_restart)
