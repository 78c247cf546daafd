"""A server of one's own over a data folder, for benchmarks and browser tests: started cold, ended by its own number."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from schema.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
_START_S = 60.0
_END_S = 10.0


@contextlib.contextmanager
def serving(home: Path, *options: str, log: Path | None = None) -> Iterator[tuple[str, int]]:
    """A cold server on this machine only; yields its address and the number of its process, and ends it.

    Args:
        home: the data folder.
        options: of ``streamlit run``.
        log: where its words go; None drops them.

    Raises:
        StorageError: it ended, or did not answer within a minute; with the log's words.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port", str(port), *options]
    with (log or Path(os.devnull)).open("wb") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "CATCHLIGHT_HOME": str(home)}, stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _await(server, url, log)
        yield url, server.pid
    finally:
        end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server that was started here: asked first, and killed when it does not."""
    server.terminate()
    try:
        server.wait(_END_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _await(server: subprocess.Popen[bytes], url: str, log: Path | None) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and server.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=5),  # noqa: S310  (our own address)
        ):
            return
        time.sleep(0.1)
    said = log.read_text(encoding="utf-8") if log else "its words were not kept"
    msg = f"The server did not answer within {_START_S:.0f} s (exit code {server.poll()}): {said}"
    raise StorageError(msg)


def processor_s(process: int) -> float:
    """Processor time so far of a process, of those that it started, and of those of them that have ended, seconds.

    Args:
        process: the number of the first of them; 0 s for one that is gone.
    """
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        below = [file.read_text(encoding="utf-8").split() for file in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return 0.0
    fields = told.rsplit(")", 1)[1].split()
    own = sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_s(int(child)) for children in below for child in children)
