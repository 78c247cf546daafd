"""One key figure and what it was computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from answers.answer import Context


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, how many rows stand behind it, and the days it is about. ``value`` None is unknown, shown as —.

    ``note`` is a sentence that this value needs: why it is unknown, or what it leaves out.
    """

    value: float | None
    n: int
    from_on: dt.date
    to_on: dt.date
    note: str = ""


def figure(asked: Context, value: float | None, n: int, note: str = "") -> Figure:
    """A figure of the question's own period."""
    return Figure(value, n, asked.from_on, asked.to_on, note)
