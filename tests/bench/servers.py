# SPDX-License-Identifier: Apache-2.0
"""The programs that the benchmark runs: Pollux, its peers and the load generators. Loopback only, folders of their own."""
import http.client
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import tempfile
import time

BUILD = os.environ.get("PX_BUILD", "build/release")
VERSION = "api-version=2023-10-31"


def tool(name, *options, folder=None):
    """Runs a load generator and gives what it printed."""
    words = [os.path.join(BUILD, "tests/bench", name)]
    for key, value in options:
        words += ["--" + key, str(value)]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, cwd=folder)
    return json.loads(done.stdout)


def start_tool(name, *options):
    words = [os.path.join(BUILD, "tests/bench", name)]
    for key, value in options:
        words += ["--" + key, str(value)]
    return subprocess.Popen(words, stdout=subprocess.PIPE)


def end_tool(process):
    out, _ = process.communicate()
    assert process.returncode == 0, process.args
    return json.loads(out)


def fdatasync(folder, count=300):
    done = subprocess.run([os.path.join(BUILD, "tests/bench/px_load_disk"), folder, str(count)], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(folder):
    """Files of a self-signed certificate for 127.0.0.1, and its key."""
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1"], check=True, capture_output=True)
    return cert, key


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))


def more_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Pollux:
    def __init__(self, work, options=(), **settings):
        self.options, self.is_secure = list(options), "--tls-cert" in options
        self.folder = tempfile.mkdtemp(prefix="pollux-", dir=work)
        self.data = os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "config")
        self.http, self.mqtt = free_port(), free_port()
        with open(self.config, "w") as f:
            f.writelines(f"{k} = {v}\n" for k, v in settings.items())
        self.start()

    def start(self):
        """Gives the seconds until it says that it is ready."""
        began = time.monotonic()
        self.log = open(os.path.join(self.folder, "log"), "ab")
        words = [os.path.join(BUILD, "pollux"), "serve", "--data", self.data, "--config", self.config,
                 "--http", f"127.0.0.1:{self.http}", "--mqtt", f"127.0.0.1:{self.mqtt}", *self.options]
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log)
        self.pid = self.process.pid
        while not self.ready():
            assert self.process.poll() is None, open(self.log.name).read()[-2000:]
            assert time.monotonic() - began < 120, "the server does not get ready"
            time.sleep(0.01)
        took = time.monotonic() - began
        with open(os.path.join(self.data, "admin.token")) as f:
            self.token = f.read().strip()
        return took

    def connection(self, timeout):
        if self.is_secure:
            return http.client.HTTPSConnection("127.0.0.1", self.http, timeout=timeout, context=ssl._create_unverified_context())
        return http.client.HTTPConnection("127.0.0.1", self.http, timeout=timeout)

    def ready(self):
        try:
            c = self.connection(2)
            c.request("GET", "/readyz")
            return c.getresponse().status == 200
        except OSError:
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.http, timeout=60)
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        c.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = c.getresponse()
        text = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {text[:500]}"
        return json.loads(text) if text and "json" in answer.getheader("Content-Type", "") else text

    def model(self, name, **fields):
        """Gives its id; fields: name=(kind, schema)."""
        dtmi = f"dtmi:bench:{name};1"
        contents = [{"@type": kind, "name": n, "schema": schema} for n, (kind, schema) in fields.items()]
        self.ask("POST", f"/models?{VERSION}", [{"@context": "dtmi:dtdl:context;3", "@id": dtmi, "@type": "Interface", "contents": contents}])
        return dtmi

    def twin(self, name, dtmi):
        self.ask("PUT", f"/digitaltwins/{name}?{VERSION}", {"$metadata": {"$model": dtmi}})

    def pumps(self, count):
        """A device and a twin for each connection; gives the file that the load generator reads."""
        dtmi = self.model("Pump", temperature=("Telemetry", "double"), pressure=("Telemetry", "double"),
                          vibration=("Telemetry", "double"), rpm=("Telemetry", "integer"), amps=("Telemetry", "double"),
                          running=("Property", "boolean"), state=("Property", "string"))
        path = os.path.join(self.folder, "clients")
        with open(path, "w") as f:
            for i in range(count):
                self.twin(f"pump-{i:04d}", dtmi)
                key = self.ask("PUT", f"/api/v1/devices/d-{i:04d}", {"twins": [f"pump-{i:04d}"]})["key"]
                f.write(f"d-{i:04d} {key} twins/pump-{i:04d}/telemetry\n")
        return path

    def nodes(self, count):
        """Edge nodes of Sparkplug B with a hundred metrics each, likewise."""
        dtmi = self.model("Node", **{f"m{i}": ("Property", "integer" if i % 4 == 3 else "double") for i in range(100)})
        path = os.path.join(self.folder, "nodes")
        with open(path, "w") as f:
            for i in range(count):
                self.twin(f"plant.node-{i:04d}", dtmi)
                key = self.ask("PUT", f"/api/v1/devices/node-{i:04d}", {"twins": [f"plant.node-{i:04d}"]})["key"]
                f.write(f"node-{i:04d} {key} spBv1.0/plant/NDATA/node-{i:04d}\n")
        return path

    def figures(self):
        """/metrics as {name: value}."""
        lines = self.ask("GET", "/metrics").decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and line[0] != "#"}


class Mosquitto:
    """Debian's, as it comes but for the listener and as many messages in flight as the row says."""

    def __init__(self, work, inflight=20):
        self.folder = tempfile.mkdtemp(prefix="mosquitto-", dir=work)
        self.mqtt = free_port()
        config = os.path.join(self.folder, "config")
        with open(config, "w") as f:
            f.write(f"listener {self.mqtt} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages {inflight}\n")
        self.process = subprocess.Popen(["mosquitto", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.mqtt)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("mosquitto does not open its door")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Consumer:
    """A client of libmosquitto that takes all that a broker has, as something has to where there is only a broker."""

    def __init__(self, port):
        self.process = subprocess.Popen([os.path.join(BUILD, "tests/bench/px_peer_consumer"), "--port", str(port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        assert self.process.stdout.readline() == "ready\n", "the consumer does not subscribe"

    def stop(self):
        out, _ = self.process.communicate()
        return json.loads(out)


class Bare:
    """libmicrohttpd with a handler that does nothing."""

    def __init__(self, size):
        self.process = subprocess.Popen([os.path.join(BUILD, "tests/bench/px_peer_mhd"), str(size)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.http = int(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
