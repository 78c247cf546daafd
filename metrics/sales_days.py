"""Orders or lines by local day and cell as running sums: what any days hold is a difference of two rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from metrics.buyers import number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]

_EXACT = 1 << 53
"""Whole numbers below this are exact as floating-point numbers."""


@dataclass(frozen=True, eq=False)
class SalesDays:
    """Running sums of whole numbers by day and cell.

    Attributes:
        first: the first day, as days since 1970.
        sums: measure → [day, cell], what all days before it hold; one day more than there are.
    """

    first: int
    sums: dict[str, Whole]

    @classmethod
    def of(cls, day: Whole, cell: Whole, cells: int, measures: Mapping[str, NDArray[Any] | None]) -> Self:
        """Add up what each day holds.

        Args:
            day: days since 1970 of each row.
            cell: number of its cell, 0 to ``cells`` − 1.
            cells: how many cells there are.
            measures: name → whole number or truth of each row; None counts rows.
        """
        first, last = (int(day.min()), int(day.max())) if len(day) else (0, -1)
        days = last - first + 1
        place = (day - first).astype(np.intp) * cells
        place += cell
        return cls(first, {name: _running(place, of, days, cells) for name, of in measures.items()})

    def between(self, from_on: dt.date, to_on: dt.date) -> dict[str, Whole]:
        """Measure → sum of each cell over these days, both inclusive."""
        start, end = self._edges(from_on, to_on)
        return {name: held[end] - held[start] for name, held in self.sums.items()}

    def _edges(self, from_on: dt.date, to_on: dt.date) -> tuple[int, int]:
        most = len(next(iter(self.sums.values()))) - 1
        start = min(max(number(from_on) - self.first, 0), most)
        return start, min(max(number(to_on) + 1 - self.first, start), most)


def _running(place: Whole, values: NDArray[Any] | None, days: int, cells: int) -> Whole:
    if values is None:
        found = np.bincount(place, minlength=days * cells)
    elif float(np.abs(values, dtype=np.float64).sum()) < _EXACT:
        found = np.bincount(place, values, days * cells).astype(np.int64)
    else:
        found = np.zeros(days * cells, np.int64)
        np.add.at(found, place, values)
    running: Whole = np.zeros((days + 1, cells), np.int64)
    np.cumsum(found.reshape(days, cells), axis=0, out=running[1:])
    return running
