"""Work on untrusted files in a child process: a file that crashes, hangs or eats memory costs one message.

The child (``loaders.worker``) is used for many files and replaced after any fault. Small answers travel as lines of
JSON, large ones as Parquet files in a folder that the arguments name; never as pickles.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

from loaders.worker import no_memory, size_of
from schema import errors
from schema.errors import CatchlightError, NeedsAnswerError, SourceError, UsageError
from schema.language import from_python, language, say
from schema.settings import PARSE_SECONDS, parse_memory_bytes

MAX_FILES: Final = 50
"""A child is replaced after so many files, so that nothing piles up in it."""

MAX_CHILDREN: Final = 2
"""So many files are read at the same time; further requests wait."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_CLASSES: Final[dict[str, type[CatchlightError]]] = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, CatchlightError)
}


def run_in_child(task: str, arguments: dict[str, Any], *, seconds: float = PARSE_SECONDS) -> dict[str, Any]:
    """What does this task find in a file nobody vouches for?

    Args:
        task: ``inspect``, ``load``, ``peek`` or ``cut``.
        arguments: JSON-able; ``name`` (else the last part of ``path``) is what messages call the file.
        seconds: how long it may take.

    Returns:
        The task's JSON-able answer.

    Raises:
        CatchlightError: the very error that the task raised.
        SourceError: the file crashed the reader, took too long or needed too much memory.
    """
    label = str(arguments.get("name") or Path(str(arguments.get("path", "the file"))).name)
    with _slots:
        child = _take()
        try:
            answer = child.ask(
                {"task": task, "arguments": arguments, "label": label, "seconds": seconds, "language": language()},
                label,
                seconds,
            )
        except BaseException:
            child.stop()
            raise
        _give_back(child, spent=bool(answer.get("spent")))
    if "error" in answer:
        raise _from_wire(answer["error"])
    found: dict[str, Any] = answer["ok"]
    return found


class _Child:
    """One child process with its pipes."""

    def __init__(self) -> None:
        self.memory = parse_memory_bytes()
        self.files = 0
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the child)
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loaders.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            cwd=Path.cwd(),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "CATCHLIGHT_CHILD_BYTES": str(self.memory)},
        )

    def is_fit(self) -> bool:
        """May it read another file?"""
        return self.process.poll() is None and self.files < MAX_FILES and self.memory == parse_memory_bytes()

    def ask(self, request: dict[str, Any], label: str, seconds: float) -> dict[str, Any]:
        """One request and its answer.

        Raises:
            SourceError: no answer came in time, or the child ended.
        """
        assert self.process.stdin  # noqa: S101  (both are pipes)
        assert self.process.stdout  # noqa: S101
        self.files += 1
        self.log.seek(0)
        self.log.truncate()
        late = threading.Event()

        def stop() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(json.dumps(request).encode() + b"\n")
                self.process.stdin.flush()
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            raise SourceError(self._why_it_ended(label, seconds, size_of(request["arguments"]), late=late.is_set()))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _why_it_ended(self, label: str, seconds: float, size: int, *, late: bool) -> str:
        if late:
            return say(
                "{label}: was not read within {seconds} seconds and was stopped; split it into smaller files.",
                label=label,
                seconds=from_python(f"{seconds:,g}"),
            )
        self.process.wait()
        self.log.seek(0)
        lines = self.log.read().decode("utf-8", errors="replace").strip().splitlines()
        last = lines[-1][:200] if lines else say("exit code {code}", code=str(self.process.returncode))
        if any("memory allocation of" in line or "MemoryError" in line for line in lines):
            return no_memory(label, self.memory, size)
        return say(
            "{label}: could not be read to its end ({last}); it is probably damaged. Export it again.",
            label=label,
            last=last,
        )

    def stop(self) -> None:
        """End the process and close its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.log):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


_slots = threading.BoundedSemaphore(MAX_CHILDREN)
_idle: list[_Child] = []
_lock = threading.Lock()


def _take() -> _Child:
    while True:
        with _lock:
            child = _idle.pop() if _idle else None
        if child is None:
            return _Child()
        if child.is_fit():
            return child
        child.stop()


def _give_back(child: _Child, *, spent: bool) -> None:
    if child.is_fit() and not spent:
        with _lock:
            _idle.append(child)
    else:
        child.stop()


def stop_children() -> None:
    """End the waiting children; the next file starts a new one."""
    with _lock:
        children, _idle[:] = _idle[:], []
    for child in children:
        child.stop()


atexit.register(stop_children)


def _from_wire(wire: dict[str, Any]) -> CatchlightError:
    kind = _CLASSES.get(wire["class"], UsageError)
    if issubclass(kind, NeedsAnswerError):
        return kind(wire["message"], key=wire["key"], choices=tuple(wire["choices"]), source=wire["source"])
    return kind(wire["message"])
