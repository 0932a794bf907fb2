# SPDX-License-Identifier: Apache-2.0
"""On a terminal there is progress and colour; in a pipe, or with NO_COLOR, there is neither; Ctrl-C
ends cleanly with 130."""
import os
import pty
import select
import signal
import socket
import subprocess
import tempfile
import time

POLLUX = os.environ["POLLUX"]


def silent_server():
    """A listening socket that never answers: the client connects, and waits."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(8)
    return s


def connected(server):
    """Waits until the client has connected: from then on it waits for an answer, and hears Ctrl-C."""
    assert select.select([server], [], [], 20)[0], "the client does not connect"


def on_terminal(arguments, seconds, env=None, interrupt=True, server=None, shows=None):
    """Runs the program on a pseudo terminal, for some seconds after it has connected to the server, or until it shows what
    is wanted; gives what it wrote, and its exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen([POLLUX, *arguments], stdin=slave, stdout=slave, stderr=slave,
                               env={**os.environ, "TERM": "xterm", **(env or {})}, start_new_session=True)
    os.close(slave)
    if server:
        connected(server)
    written, end = b"", time.monotonic() + (20 if shows else seconds)
    while time.monotonic() < end and process.poll() is None and not (shows and shows in written):
        if select.select([master], [], [], 0.05)[0]:
            try:
                written += os.read(master, 65536)
            except OSError:
                break
    if interrupt and process.poll() is None:
        process.send_signal(signal.SIGINT)
    process.wait(10)  # the server never answers: who waits for it does not end
    try:
        while select.select([master], [], [], 0.05)[0]:
            written += os.read(master, 65536)
    except OSError:
        pass
    os.close(master)
    return written.decode(), process.returncode


def ctrl_c_ends_a_replay_that_waits_for_the_server(folder):
    path = os.path.join(folder, "pump.csv")
    with open(path, "w") as f:
        f.write("time;a\n" + "".join(f"2020-01-01 00:00:{i:02d};{i}\n" for i in range(60)))
    with silent_server() as server:
        port = server.getsockname()[1]
        written, code = on_terminal(["replay", path, "-d", "d", "-k", "k", "-t", "t", "--mqtt", f"127.0.0.1:{port}"], 1.0, server=server, shows=b"rows/s")
    assert code == 130, (code, written)
    assert "0 rows, 0 rows/s" in written and "[" in written, repr(written)
    assert "error" not in written, repr(written)


def a_dumb_terminal_gets_what_a_pipe_gets(folder):
    path = os.path.join(folder, "pump.csv")
    with silent_server() as server:
        port = server.getsockname()[1]
        written, code = on_terminal(["replay", path, "-d", "d", "-k", "k", "-t", "t", "--mqtt", f"127.0.0.1:{port}"], 1.0,
                                    {"TERM": "dumb"}, server=server)
    assert (code, written) == (130, ""), (code, written)


def a_pipe_sees_no_progress(folder):
    path = os.path.join(folder, "pump.csv")
    with silent_server() as server:
        port = server.getsockname()[1]
        process = subprocess.Popen([POLLUX, "replay", path, "-d", "d", "-k", "k", "-t", "t", "--mqtt",
                                    f"127.0.0.1:{port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        connected(server)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (130, "", ""), (process.returncode, out, err)


def ctrl_c_ends_a_call_that_waits(_):
    for command in (["twin", "list"], ["watch"]):
        with silent_server() as server:
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            written, code = on_terminal([*command, "--server", url], 0.7, server=server)
            assert code == 130, (command, code, written)


def colour_is_for_terminals_that_want_it(_):
    bad = ["twni"]
    coloured, _ = on_terminal(bad, 2, interrupt=False)
    assert "\033[31merror:" in coloured, repr(coloured)
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain, _ = on_terminal(bad, 2, env, interrupt=False)
        assert "\033" not in plain and "error:" in plain, repr(plain)
    piped = subprocess.run([POLLUX, *bad], capture_output=True, text=True)
    assert "\033" not in piped.stderr, piped.stderr


def main():
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as folder:
        for story in (ctrl_c_ends_a_replay_that_waits_for_the_server, a_dumb_terminal_gets_what_a_pipe_gets, a_pipe_sees_no_progress,
                      ctrl_c_ends_a_call_that_waits, colour_is_for_terminals_that_want_it):
            story(folder)
            print("ok", story.__name__)


main()
