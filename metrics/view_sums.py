"""Views as numbers, added up by hour of the week, group and channel; and the dwell index told from such sums."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import polars as pl

from metrics.dwell import UNKNOWN_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Floats = NDArray[np.float64]
    Kept = NDArray[np.bool_]

HOURS: Final = 168
_WEEKDAYS: Final = 5
SUMS: Final = ("views", "known_views", "dwell_ms", "judged", "lingers")

_MOST_EXACT: Final = 2**53


def amounts(cell: Whole, dwell: Whole, linger: Whole, cells: int) -> dict[str, Whole]:
    """Views added up by cell.

    Args:
        cell: number of the cell of each view, 0 to ``cells`` − 1.
        dwell: its dwell in milliseconds, −1 where unknown.
        linger: 1 where it lingered, 0 where not, −1 where nobody knows.
        cells: how many cells there are.

    Returns:
        Each of ``SUMS`` → whole numbers by cell.
    """
    known, judged = dwell >= 0, linger >= 0
    of_known = cell if known.all() else cell[known]
    of_judged = of_known if np.array_equal(known, judged) else cell[judged]
    counts = np.bincount(of_known, minlength=cells)
    return {
        "views": np.bincount(cell, minlength=cells),
        "known_views": counts,
        "dwell_ms": _added(of_known, dwell if of_known is cell else dwell[known], cells),
        "judged": counts if of_judged is of_known else np.bincount(of_judged, minlength=cells),
        "lingers": np.bincount(cell[linger > 0], minlength=cells),
    }


def _added(cell: Whole, dwell: Whole, cells: int) -> Whole:
    """Sums of whole numbers; floats hold them exactly as long as all of them together are below 2^53."""
    if int(dwell.sum(dtype=np.int64)) < _MOST_EXACT:
        return np.bincount(cell, dwell, cells).astype(np.int64)
    sums = np.zeros(cells, np.int64)
    np.add.at(sums, cell, dwell)
    return sums


@dataclass(frozen=True, eq=False)
class ViewSums:
    """Sums of views by hour of the week, group and channel.

    Attributes:
        sums: each of ``SUMS`` → [weekday (0 is Monday), channel, hour of the day, group].
        groups: the groups' names.
        channels: the channels' names.
    """

    sums: dict[str, Whole]
    groups: Sequence[str]
    channels: Sequence[str]

    def of_groups(self, kept: Kept) -> Self:
        """Other groups are left out."""
        return type(self)(
            {name: held[..., kept] for name, held in self.sums.items()},
            list(itertools.compress(self.groups, kept)),
            self.channels,
        )

    def of_channels(self, kept: Kept) -> Self:
        """Other channels are left out."""
        return type(self)(
            {name: held[:, kept] for name, held in self.sums.items()},
            self.groups,
            list(itertools.compress(self.channels, kept)),
        )

    def plus(self, other: Self) -> Self:
        """With the views of another stretch of days."""
        return type(self)(
            {name: held + other.sums[name] for name, held in self.sums.items()}, self.groups, self.channels
        )

    def minus(self, other: Self) -> Self:
        """Without the views of a stretch of these days."""
        return type(self)(
            {name: held - other.sums[name] for name, held in self.sums.items()}, self.groups, self.channels
        )

    def unreliable(self) -> list[str]:
        """The channels of which dwell is unknown too often to compare hours, in alphabetical order."""
        return [name for name, trusted in sorted(zip(self.channels, self._is_trusted, strict=True)) if not trusted]

    @cached_property
    def _is_trusted(self) -> NDArray[np.bool_]:
        views, known = (self.sums[name].sum(axis=(0, 2, 3)) for name in ("views", "known_views"))
        trusted: NDArray[np.bool_] = (views - known) / np.maximum(views, 1) <= UNKNOWN_LIMIT
        return trusted

    @cached_property
    def counted(self) -> tuple[int, int]:
        """How many views there are, and of how many of them the dwell is known."""
        return int(self.sums["views"].sum()), int(self.sums["known_views"].sum())

    def by_hour(self, days: int) -> pl.DataFrame:
        """``dwell.dwell_by_hour`` without its medians, which cannot be added up; ranked.

        Args:
            days: how many days the period has.

        Returns:
            The groups with most dwell first: also ``rank``, 1 is the group with most, and ``minutes`` per week.
        """
        return self._ranked(self._told(), {"hour_of_week": np.arange(HOURS, dtype=np.int16)}, days)

    def by_daypart(self, days: int) -> pl.DataFrame:
        """``dwell.dwell_by_daypart`` without its medians, ranked as ``by_hour``."""
        told = {name: _dayparts(held) for name, held in self._told().items()}
        hours = np.arange(48, dtype=np.int16)
        return self._ranked(told, {"is_weekend": hours >= 24, "hour": hours % 24}, days)  # noqa: PLR2004

    def _told(self) -> dict[str, Whole]:
        """By hour of the week and group; ``_dwell`` and ``_n`` of the channels of which enough is known."""
        shape = HOURS, len(self.groups)
        told = {name: held.sum(axis=1).reshape(shape) for name, held in self.sums.items()}
        trusted = self._is_trusted
        for name, of in (("_dwell", "dwell_ms"), ("_n", "known_views")):
            told[name] = told[of] if trusted.all() else self.sums[of][:, trusted].sum(axis=1).reshape(shape)
        return told

    def _ranked(self, told: dict[str, Whole], times: dict[str, NDArray[np.generic]], days: int) -> pl.DataFrame:
        rank, order = _ranks(told["dwell_ms"].sum(axis=0), told["views"].sum(axis=0) > 0, self.groups)
        place, hour = np.nonzero(told["views"].T[order])
        group = order[place]
        cell = hour * len(self.groups) + group
        cells = {name: held.ravel()[cell] for name, held in told.items()}
        known, judged = cells["known_views"], cells["judged"]
        dwell = _ratio(cells["dwell_ms"], 1000, known > 0)
        return pl.DataFrame(
            [
                pl.Series("group", self.groups, dtype=pl.String)[pl.Series(group.astype(np.uint32))],
                *(pl.Series(name, at[hour]) for name, at in times.items()),
                pl.Series("views", cells["views"]),
                pl.Series("known_views", known),
                pl.Series("dwell_s", dwell, nan_to_null=True),
                pl.Series("linger_rate", _ratio(cells["lingers"], judged, judged > 0), nan_to_null=True),
                pl.Series("index", _index(told, hour, group, cells), nan_to_null=True),
                pl.Series("minutes", dwell * (1 / 60) * 7 * (1 / days), nan_to_null=True),
                pl.Series("rank", rank[group]),
            ]
        )


def _ranks(dwell: Whole, is_seen: NDArray[np.bool_], groups: Sequence[str]) -> tuple[Whole, Whole]:
    """Of each group with views: 1 for most dwell, equal for equal; and their places, by rank and then by name."""
    seen = np.flatnonzero(is_seen)
    names = np.array(sorted(range(len(groups)), key=groups.__getitem__), np.intp)
    place = np.empty(len(groups), np.intp)
    place[names] = np.arange(len(groups))
    _, of = np.unique(-dwell[seen], return_inverse=True)
    rank = np.zeros(len(groups), np.int64)
    rank[seen] = of + 1
    return rank, seen[np.lexsort((place[seen], rank[seen]))]


def _index(told: dict[str, Whole], hour: Whole, group: Whole, cells: dict[str, Whole]) -> Floats:
    """The dwell index (T2) of cells with a view: 100 is what the group and the hour alone explain; NaN where there is none."""
    of_group, of_hour = told["_dwell"].sum(axis=0).astype(np.float64), told["_dwell"].sum(axis=1)
    expected = of_group[group] * of_hour[hour]
    return _ratio(100.0 * cells["_dwell"] * of_hour.sum(), expected, (cells["_n"] > 0) & (expected > 0))


def _ratio(part: Whole | Floats, whole: Whole | Floats | int, is_told: NDArray[np.bool_]) -> Floats:
    """A ratio, NaN where there is nothing to divide by."""
    found: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=is_told)
    return found


def _dayparts(held: Whole) -> Whole:
    """[hour of the week, group] as [hours of a working day, then of a day of the weekend, group]."""
    week = held.reshape(7, 24, -1)
    return np.concatenate([week[:_WEEKDAYS].sum(axis=0), week[_WEEKDAYS:].sum(axis=0)])
