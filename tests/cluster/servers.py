"""A Sail server on this machine that tests start and kill."""

import contextlib
import socket
import subprocess
import sys
import time


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def start(port):
    server = _launch(port)
    for _ in range(900):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return server
        if server.poll() is not None:  # the port of a server just killed was not free yet
            server = _launch(port)
        time.sleep(0.1)
    kill(server)
    msg = "Sail did not start within 90 s"
    raise AssertionError(msg)


def _launch(port):
    return subprocess.Popen(
        [sys.executable, "-m", "pysail", "spark", "server", "--ip", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(server):
    server.kill()
    server.wait()
