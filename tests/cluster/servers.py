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
    server = subprocess.Popen(
        [sys.executable, "-m", "pysail", "spark", "server", "--ip", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return server
        time.sleep(0.1)
    kill(server)
    msg = "Sail did not start within 30 s"
    raise AssertionError(msg)


def kill(server):
    server.kill()
    server.wait()
