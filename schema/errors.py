"""Errors whose message is meant for a person: shown as it is, never with a traceback."""

from __future__ import annotations


class CatchlightError(Exception):
    """Something a person can act on; ``exit_code`` is what a command ends with."""

    exit_code = 1


class UsageError(CatchlightError):
    """An unknown address, value, option or an unusable file (exit 2)."""

    exit_code = 2


class SourceError(UsageError):
    """A source cannot be read or is not what it was taken for; names source, column, count, remedy."""


class ContractError(UsageError):
    """A table lacks a column that its contract requires."""


class NeedsAnswerError(CatchlightError):
    """A question only the owner can answer: an ambiguous date order, a zone, a currency, a column (exit 3).

    Args:
        message: the question, with the reason it cannot be guessed.
        key: the TOML key that answers it, such as ``zone`` or ``columns.paid_at``.
        choices: possible values, best first; empty when anything goes.
        source: the file or sheet it is about.
    """

    exit_code = 3

    def __init__(  # noqa: D107  (the class says it)
        self, message: str, *, key: str, choices: tuple[str, ...] = (), source: str = ""
    ) -> None:
        super().__init__(message)
        self.key = key
        self.choices = choices
        self.source = source


class BusyError(CatchlightError):
    """Another process is writing (exit 4)."""

    exit_code = 4


class StorageError(CatchlightError):
    """The data folder cannot be read or written (exit 5)."""

    exit_code = 5


class RefusedError(CatchlightError):
    """Not allowed for this viewer (exit 6)."""

    exit_code = 6
