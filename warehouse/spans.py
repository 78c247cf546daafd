"""Which files behaviour marts are made of: months, and days of the newest one. Names sort as time does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warehouse.mart_visits import MARGIN

if TYPE_CHECKING:
    from warehouse.event_marks import Events

_DAY: Final = dt.timedelta(days=1)
_MONTH_CHARS: Final = len("2026-10")


@dataclass(frozen=True)
class Span:
    """The days of one file: ``2026-10`` or ``2026-11-07``."""

    name: str

    @property
    def from_on(self) -> dt.date:
        """First day."""
        return days_of(self.name)[0]

    @property
    def to_on(self) -> dt.date:
        """First day after."""
        return days_of(self.name)[1]

    @property
    def month(self) -> dt.date:
        """First day of its month."""
        return months_of(self.name)

    @property
    def is_day(self) -> bool:
        """Whether it is a day and not a whole month."""
        return len(self.name) > _MONTH_CHARS


def days_of(name: str) -> tuple[dt.date, dt.date]:
    """The first day of a span, and the first one after."""
    if len(name) > _MONTH_CHARS:
        day = dt.date.fromisoformat(name)
        return day, day + _DAY
    first = dt.date.fromisoformat(f"{name}-01")
    return first, (first + dt.timedelta(days=32)).replace(day=1)


def months_of(name: str) -> dt.date:
    """The first day of a span's month."""
    return dt.date.fromisoformat(f"{name[:_MONTH_CHARS]}-01")


def spans_of(events: Events) -> list[Span]:
    """The spans of all days with events, in the order of time.

    While the newest month is so young that what happens in it reaches sessions of the month before, that one stays in
    days too: so its first days do not make a whole month anew.
    """
    months = sorted(events.files)
    if not months:
        return []
    newest = events.days(months[-1])
    is_young = newest[-1] < months_of(months[-1]) + MARGIN
    in_days = months[-2:-1] if is_young else []
    whole = months[: len(months) - 1 - len(in_days)]
    days = [*(day for month in in_days for day in events.days(month)), *newest]
    return [Span(name) for name in [*whole, *(day.isoformat() for day in days)]]
