"""Whole numbers by day and cell as running sums: what any stretch of days holds costs two looks, however long it is.

Days of one weekday are added up among themselves, so that a stretch can also be told by the day of the week.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Stretch = tuple[int, Mapping[str, Whole]]

WEEK: Final = 7
_MOST_SMALL: Final = 2**31 - 1


@dataclass(frozen=True, eq=False)
class RunningDays:
    """Sums of measures by cell, for any stretch of days.

    Attributes:
        first_on: the first day.
        days: how many days there are.
        sums: measure → [week, day of that week, cell]: all of that weekday's days before the week.
    """

    first_on: dt.date
    days: int
    sums: Mapping[str, Whole]

    @classmethod
    def of(cls, first_on: dt.date, days: int, cells: int, stretches: Iterable[Stretch]) -> RunningDays:
        """Add up what each day holds.

        Args:
            first_on: the first day.
            days: how many days there are.
            cells: how many cells a day has.
            stretches: number of the first day of a stretch (0 is ``first_on``) and measure → [day, cell]; each day
                in one stretch at most.
        """
        height = WEEK * (-(-days // WEEK) + 1)
        sums: dict[str, Whole] = {}
        for start, measures in stretches:
            for name, amounts in measures.items():
                held = sums.setdefault(name, np.zeros((height, cells), np.int64))
                held[WEEK + start : WEEK + start + len(amounts)] = amounts
        return cls(first_on, days, {name: _running(held) for name, held in sums.items()})

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(held.nbytes for held in self.sums.values())

    def by_weekday(self, from_on: dt.date, to_on: dt.date) -> dict[str, Whole]:
        """Measure → [weekday (0 is Monday), cell] of the days from ``from_on`` to ``to_on``, both included."""
        first = min(max((from_on - self.first_on).days, 0), self.days)
        last = max(min((to_on - self.first_on).days, self.days - 1), first - 1)
        place = np.arange(WEEK)
        upto, before = (last - place) // WEEK + 1, (first - 1 - place) // WEEK + 1
        # each weekday of the week that begins with first_on, put where Monday is the first
        order = (place - self.first_on.weekday()) % WEEK
        upto, before = upto[order], before[order]
        return {name: held[upto, order] - held[before, order] for name, held in self.sums.items()}


def _running(held: Whole) -> Whole:
    """Running sums by weekday, in the smallest numbers that hold them."""
    weeks = held.reshape(-1, WEEK, held.shape[1])
    np.cumsum(weeks, axis=0, out=weeks)
    return weeks.astype(np.int32) if weeks[-1].max(initial=0) <= _MOST_SMALL else weeks
