"""Who looked and who lingered on each day, as numbers; and how many of them took each later step.

The same counts as ``conversion.funnel``: people are marks in a list of all, so no table is sorted, grouped or joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metrics.packed import changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class LookDays:
    """Visitors of each day, by day.

    Attributes:
        first: the first day.
        edges: by day from ``first`` on, where its part of ``who`` begins; the last is how many there are.
        who: number of each visitor of a day, mostly once.
        linger_edges: the same of ``lingered``.
        lingered: number of each visitor who lingered on a day, mostly once.
        judged: running count of the views of which is known whether they lingered.
    """

    first: int
    edges: Whole
    who: Whole
    linger_edges: Whole
    lingered: Whole
    judged: Whole

    @classmethod
    def of(cls, day: Whole, who: Whole, linger: Whole) -> Self:
        """From views by day.

        Args:
            day: number of the day of each view.
            who: number of the visitor.
            linger: 1 where the view lingered, 0 where not, −1 where nobody knows.
        """
        first, last = (int(day[0]), int(day[-1])) if len(day) else (0, 0)
        days = np.arange(first, last + 2, dtype=np.int32)
        edges, people = _distinct(day, who, days)
        lingers = np.flatnonzero(linger > 0)
        linger_edges, lingered = _distinct(day[lingers], who[lingers], days)
        views = np.searchsorted(day, days)
        known = np.add.reduceat(np.append(linger >= 0, False), views[:-1], dtype=np.int64) * (np.diff(views) > 0)
        return cls(first, edges, people, linger_edges, lingered, np.concatenate(([0], np.cumsum(known))))

    def between(self, from_day: int, to_day: int) -> tuple[Whole, Whole | None]:
        """Who looked and who lingered in these days, both inclusive; None where nobody knows of any view."""
        most = len(self.edges) - 1
        start = min(max(from_day - self.first, 0), most)
        end = min(max(to_day + 1 - self.first, start), most)
        lingered = self.lingered[self.linger_edges[start] : self.linger_edges[end]]
        is_known = self.judged[end] > self.judged[start]
        return self.who[self.edges[start] : self.edges[end]], lingered if is_known else None


def _distinct(day: Whole, who: Whole, days: Whole) -> tuple[Whole, Whole]:
    rows = np.flatnonzero(changes(day) | changes(who))
    return np.searchsorted(day[rows], days), who[rows]


def people_left(steps: Sequence[Whole | None], people: int) -> list[int | None]:
    """How many people took each step and all those before it.

    Args:
        steps: numbers of the people who took a step; None where there is no evidence of the step at all.
        people: how many there are; larger numbers stand for somebody else.

    Returns:
        One count a step, None where there is no evidence; such a step is passed over.
    """
    left: NDArray[np.bool_] | None = None
    counts: list[int | None] = []
    for step in steps:
        if step is None:
            counts.append(None)
            continue
        took = np.zeros(people + 2, np.bool_)
        took[step] = True
        took[people:] = False
        left = took if left is None else np.logical_and(left, took, out=left)
        counts.append(int(np.count_nonzero(left)))
    return counts
