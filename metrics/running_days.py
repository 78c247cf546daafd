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
_KINDS: Final = (np.uint8, np.uint16, np.uint32)


@dataclass(frozen=True, eq=False)
class RunningDays:
    """Sums of measures by cell, for any stretch of days.

    Attributes:
        first_on: the first day.
        days: how many days there are.
        sums: measure → [step, day of the week that begins with ``first_on``, place, cell]: all of that weekday's days
            before the step.
        weeks: of how many weeks a step is.
    """

    first_on: dt.date
    days: int
    sums: Mapping[str, Whole]
    weeks: int = 1

    @classmethod
    def of(
        cls, first_on: dt.date, days: int, shape: tuple[int, int], stretches: Iterable[Stretch], weeks: int = 1
    ) -> RunningDays:
        """Add up what each day holds.

        Args:
            first_on: the first day.
            days: how many days there are.
            shape: how many places there are, and how many cells a place has a day.
            stretches: number of the first day of a stretch (0 is ``first_on``) and measure → [day, any shape of all
                cells]; in the order of days, each day in one stretch at most.
            weeks: of how many weeks a step is.
        """
        steps, span = -(-days // (WEEK * weeks)) + 1, WEEK * weeks
        kept: dict[str, Whole] = {}
        running: dict[str, Whole] = {}
        done = 0
        for start, measures in stretches:
            for name in measures:
                kept.setdefault(name, np.zeros((steps, WEEK, *shape), np.uint32))
                running.setdefault(name, np.zeros((WEEK, *shape), np.int64))
            for day in range(start, start + len(next(iter(measures.values()), ()))):
                done = _keep(kept, running, done, day // span)
                for name, amounts in measures.items():
                    running[name][day % WEEK] += amounts[day - start].reshape(shape)
        _keep(kept, running, done, steps - 1)
        return cls(first_on, days, {name: _smallest(kept, name) for name in list(kept)}, weeks)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(held.nbytes for held in self.sums.values())

    def by_weekday(self, from_on: dt.date, to_on: dt.date, here: Whole | None = None) -> dict[str, Whole]:
        """Measure → [weekday (0 is Monday), place, cell] of the days from ``from_on`` to ``to_on``, both included.

        Only where a step is a week.

        Args:
            from_on: first day.
            to_on: last day.
            here: of which places; None is all.
        """
        first, until = self.stretch(from_on, to_on)
        place = np.arange(WEEK)
        return self._between((first - 1 - place) // WEEK + 1, (until - 1 - place) // WEEK + 1, here)

    def stretch(self, from_on: dt.date, to_on: dt.date) -> tuple[int, int]:
        """The days that are held of these, as numbers: the first and the one after the last."""
        first = min(max((from_on - self.first_on).days, 0), self.days)
        return first, max(min((to_on - self.first_on).days + 1, self.days), first)

    def nearest(self, day: int) -> tuple[int, int]:
        """The step nearest to a day, and the day before which all is in it."""
        span = WEEK * self.weeks
        step = -(-(day - span // 2) // span)
        return step, min(step * span, self.days)

    def steps_between(self, first: int, until: int, here: Whole | None = None) -> dict[str, Whole]:
        """``by_weekday`` of the days from one step to before another."""
        return self._between(np.full(WEEK, first), np.full(WEEK, until), here)

    def _between(self, before: Whole, upto: Whole, here: Whole | None) -> dict[str, Whole]:
        # each weekday of the week that begins with first_on, put where Monday is the first
        order = (np.arange(WEEK) - self.first_on.weekday()) % WEEK
        before, upto = before[order], upto[order]
        if here is not None:
            before, upto, order = before[:, None], upto[:, None], order[:, None]
        place = (slice(None),) if here is None else (here[None, :],)
        found = {}
        for name, held in self.sums.items():
            found[name] = held[(upto, order, *place)].astype(np.int64)
            found[name] -= held[(before, order, *place)]
        return found


def _keep(kept: dict[str, Whole], running: dict[str, Whole], done: int, upto: int) -> int:
    """Write the running sums into the steps up to one, that one included, as far as they are not written yet."""
    for step in range(done, upto + 1):
        for name, sums in running.items():
            if sums.max(initial=0) > np.iinfo(kept[name].dtype).max:
                kept[name] = kept[name].astype(np.int64)
            kept[name][step] = sums
    return max(done, upto + 1)


def _smallest(kept: dict[str, Whole], name: str) -> Whole:
    """In the smallest numbers that hold them; the last step has the largest."""
    held = kept.pop(name)
    most = held[-1].max(initial=0)
    return held.astype(next((kind for kind in _KINDS if most <= np.iinfo(kind).max), np.int64), copy=False)
