"""How every command ends: an exact exit code, one clear line, and with ``--json`` exactly one JSON object."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
import uuid
from typing import TYPE_CHECKING, NoReturn

from schema.errors import CatchlightError, NeedsAnswerError, UsageError
from schema.settings import home

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Main = Callable[[Sequence[str]], int]

INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """A command's arguments; a wrong one is a ``UsageError`` (exit 2) like every other."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how the command is used."""
        text = f"{self.prog}: {message}. {' '.join(self.format_usage().split())}"
        raise UsageError(text)


def run(main: Main, argv: Sequence[str] | None = None) -> int:
    """Run a command to its exit code; the one place that catches what nobody expected.

    Args:
        main: the command: takes its arguments, prints, returns an exit code.
        argv: its arguments; None takes the process's.

    Returns:
        0 done; 1 internal (an error id on stderr, the traceback in ``CATCHLIGHT_HOME/logs``); 2 usage; 3 needs an
        answer (with its TOML key); 4 busy; 5 storage; 6 refused.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        return main(given)
    except CatchlightError as error:
        _tell(error, as_json="--json" in given)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing was published.\n")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseException as error:
        if isinstance(error, (SystemExit, GeneratorExit)):
            raise
        return _internal(as_json="--json" in given)


def _tell(error: CatchlightError, *, as_json: bool) -> None:
    key = error.key if isinstance(error, NeedsAnswerError) else ""
    if as_json:
        answer: dict[str, object] = {"error": str(error), "exit_code": error.exit_code}
        if isinstance(error, NeedsAnswerError):
            answer |= {"key": error.key, "choices": list(error.choices), "source": error.source}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        return
    sys.stderr.write(f"{error}\n")
    if key and isinstance(error, NeedsAnswerError):
        example = error.choices[0] if error.choices else "…"
        sys.stderr.write(f'Answer in the mapping file (--mapping FILE.toml): {key} = "{example}"\n')


def _internal(*, as_json: bool) -> int:
    """Keep the traceback where the owner can find it, and say only its id."""
    error_id = uuid.uuid4().hex[:8]
    trace = traceback.format_exc()
    try:
        logs = home() / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        (logs / f"error-{error_id}.log").write_text(trace, encoding="utf-8")
    except OSError:
        sys.stderr.write(trace)
    message = f"internal error {error_id}"
    if as_json:
        sys.stdout.write(json.dumps({"error": message, "exit_code": 1}) + "\n")
    sys.stderr.write(f"{message}; details are in {home() / 'logs'}\n")
    return 1
