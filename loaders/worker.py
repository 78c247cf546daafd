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

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

TASKS: Final = {
    "inspect": ("loaders.load", "inspect_task"),
    "load": ("loaders.load", "load_task"),
    "peek": ("loaders.worker", "peek_task"),
}
"""Everything a child can be asked to do."""

_GRACE_SECONDS: Final = 30


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


def no_memory(label: str, limit: int) -> str:
    """The words for a file that does not fit."""
    return f"{label}: needs more than {size_text(limit)} of memory to be read; split it into smaller files."


def _limit_memory() -> int:
    limit = int(os.environ.get("CATCHLIGHT_CHILD_BYTES", "0"))
    if limit and sys.platform != "win32":
        import resource  # noqa: PLC0415  (Windows has none)

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return limit


def _task(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    if name not in TASKS:
        msg = f"Unknown task {name!r}; tasks are {', '.join(TASKS)}."
        raise UsageError(msg)
    module, function = TASKS[name]
    found: Callable[[dict[str, Any]], dict[str, Any]] = getattr(importlib.import_module(module), function)
    return found


def _serve(out: TextIO) -> None:
    """Answer until the parent closes the line; anything but a ``CatchlightError`` ends this process."""
    limit = _limit_memory()
    for line in sys.stdin:
        request = json.loads(line)
        if hasattr(signal, "alarm"):  # should the parent die meanwhile
            signal.alarm(int(request["seconds"]) + _GRACE_SECONDS)
        answer: dict[str, Any]
        try:
            answer = {"ok": _task(request["task"])(request["arguments"])}
        except CatchlightError as error:
            answer = {"error": to_wire(error)}
        except MemoryError:
            answer = {"error": to_wire(SourceError(no_memory(request["label"], limit))), "spent": True}
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        out.write(json.dumps(answer) + "\n")
        out.flush()


def main() -> None:
    """Keep standard output for answers alone: what libraries print goes to the log."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        _serve(out)


if __name__ == "__main__":
    main()
