"""An S3 server on this machine, spoken to by real requests; it honours conditional writes."""

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

KEYS = {
    "AWS_ACCESS_KEY_ID": "somebody",
    "AWS_SECRET_ACCESS_KEY": "something",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def s3_server():
    """The address of a running server."""
    pytest.importorskip("obstore", reason="the object store's client is not installed (requirements-objects.txt)")
    pytest.importorskip("flask_cors", reason="moto's server is not installed (requirements-dev.txt)")
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    else:
        server.kill()
        pytest.fail("the S3 server did not start within 30 s")
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


@pytest.fixture
def bucket(s3_server, monkeypatch, request):
    """The address of an empty folder of a bucket, with the keys to it in the environment."""
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": s3_server}).items():
        monkeypatch.setenv(name, value)
    made = urllib.request.Request(f"{s3_server}/shop", method="PUT")
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(made):
        pass
    return f"s3://shop/{abs(hash(request.node.name))}"
