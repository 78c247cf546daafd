"""The inside of the child process that reads untrusted files: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loaders.limits import size_text
from loaders.raw import read_tables
from schema.errors import CatchlightError, NeedsAnswerError, SourceError, UsageError
from schema.language import say, speak

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

TASKS: Final = {
    "inspect": ("loaders.load", "inspect_task"),
    "load": ("loaders.load", "load_task"),
    "peek": ("loaders.worker", "peek_task"),
    "cut": ("loaders.columnar", "cut_task"),
}
"""Everything a child can be asked to do."""

_GRACE_SECONDS: Final = 30
_LEAST_ROOM: Final = 1 << 30
_BYTES_PER_BYTE: Final = 1000


def peek_task(arguments: dict[str, Any]) -> dict[str, Any]:
    """Which tables does a file hold, with how many rows and which columns?

    Args:
        arguments: ``path``; optionally ``name``, ``header``, ``sheet`` and ``limit`` as of ``read_tables``.

    Raises:
        SourceError: the file cannot be read.
    """
    tables = read_tables(
        Path(arguments["path"]),
        name=arguments.get("name", ""),
        header=arguments.get("header"),
        sheet=arguments.get("sheet", ""),
        limit=arguments.get("limit"),
    )
    return {
        "tables": [
            {
                "source": table.source,
                "columns": table.frame.columns,
                "rows": table.frame.height,
                "bad_rows": table.bad_rows.height,
                "encoding": table.encoding,
                "header": table.header,
                "notes": list(table.notes),
            }
            for table in tables
        ]
    }


def to_wire(error: CatchlightError) -> dict[str, Any]:
    """An error as JSON: its class, its message and, of a question, its key, choices and source."""
    wire: dict[str, Any] = {"class": type(error).__name__, "message": str(error)}
    if isinstance(error, NeedsAnswerError):
        wire |= {"key": error.key, "choices": list(error.choices), "source": error.source}
    return wire


def no_memory(label: str, limit: int, size: int) -> str:
    """The words for a file that does not fit, or that only claims to be so large."""
    if size * _BYTES_PER_BYTE < limit:
        return say(
            "{label}: is damaged: it claims to need far more memory than a file of {size} can.",
            label=label,
            size=size_text(size),
        )
    return say(
        "{label}: needs more than {limit} of memory to be read; split it into smaller files.",
        label=label,
        limit=size_text(limit),
    )


def size_of(arguments: dict[str, Any]) -> int:
    """The size of the one file that a request is about; of a folder, without end."""
    path = Path(str(arguments.get("path", "")))
    return path.stat().st_size if path.is_file() else sys.maxsize


def _limit_memory(limit: int, size: int) -> None:
    """Leave a small file less room than a large one, so that a damaged one cannot fill the machine first."""
    if not limit or sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  (Windows has none)

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    room = _used() + _LEAST_ROOM + size * _BYTES_PER_BYTE
    soft = min(limit, room) if hard == resource.RLIM_INFINITY else min(limit, room, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _used() -> int:
    """The bytes that count against the limit now."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = [line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmData:")]
    return int(lines[0].split()[1]) * 1024 if lines else 0


def _task(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    if name not in TASKS:
        msg = f"Unknown task {name!r}; tasks are {', '.join(TASKS)}."
        raise UsageError(msg)
    module, function = TASKS[name]
    found: Callable[[dict[str, Any]], dict[str, Any]] = getattr(importlib.import_module(module), function)
    return found


def _serve(out: TextIO) -> None:
    """Answer until the parent closes the line; anything but a ``CatchlightError`` ends this process."""
    limit = int(os.environ.get("CATCHLIGHT_CHILD_BYTES", "0"))
    for line in sys.stdin:
        request = json.loads(line)
        speak(request["language"])
        size = size_of(request["arguments"])
        _limit_memory(limit, size)
        if hasattr(signal, "alarm"):  # should the parent die meanwhile
            signal.alarm(int(request["seconds"]) + _GRACE_SECONDS)
        answer: dict[str, Any]
        try:
            answer = {"ok": _task(request["task"])(request["arguments"])}
        except CatchlightError as error:
            answer = {"error": to_wire(error)}
        except MemoryError:
            answer = {"error": to_wire(SourceError(no_memory(request["label"], limit, size))), "spent": True}
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        answer["spent"] = answer.get("spent", False) or _used() * 2 > limit > 0
        out.write(json.dumps(answer) + "\n")
        out.flush()


def main() -> None:
    """Keep standard output for answers alone: what libraries print goes to the log."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        _serve(out)


if __name__ == "__main__":
    main()
