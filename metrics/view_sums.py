"""Views as numbers, added up by hour of the week, group and channel; and the dwell index told from such sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import polars as pl

from metrics.dwell import UNKNOWN_LIMIT, indexed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Kept = NDArray[np.bool_] | NDArray[np.intp]

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
        sums: each of ``SUMS`` → [hour of the week, group, channel].
        groups: the groups' names.
        channels: the channels' names.
    """

    sums: dict[str, Whole]
    groups: Sequence[str]
    channels: Sequence[str]

    def of_groups(self, kept: Kept) -> Self:
        """Other groups are empty."""
        return self._only((slice(None), kept))

    def of_channels(self, kept: Kept) -> Self:
        """Other channels are empty."""
        return self._only((slice(None), slice(None), kept))

    def _only(self, kept: tuple[slice | Kept, ...]) -> Self:
        left = {name: np.zeros_like(held) for name, held in self.sums.items()}
        for name, held in self.sums.items():
            left[name][kept] = held[kept]
        return type(self)(left, self.groups, self.channels)

    def unreliable(self, limit: float = UNKNOWN_LIMIT) -> list[str]:
        """The channels of which dwell is unknown too often to compare hours, in alphabetical order."""
        return [
            name for name, trusted in sorted(zip(self.channels, self._is_trusted(limit), strict=True)) if not trusted
        ]

    def _is_trusted(self, limit: float = UNKNOWN_LIMIT) -> NDArray[np.bool_]:
        views, known = (self.sums[name].sum(axis=(0, 1)) for name in ("views", "known_views"))
        trusted: NDArray[np.bool_] = (views - known) / np.maximum(views, 1) <= limit
        return trusted

    def by_hour(self) -> pl.DataFrame:
        """``dwell.dwell_by_hour`` without its medians, which cannot be added up."""
        return self._indexed(self._told(HOURS), {"hour_of_week": np.arange(HOURS, dtype=np.int16)})

    def by_daypart(self) -> pl.DataFrame:
        """``dwell.dwell_by_daypart`` without its medians."""
        told = {name: _dayparts(held) for name, held in self._told(HOURS).items()}
        hours = np.arange(48, dtype=np.int16)
        return self._indexed(told, {"is_weekend": hours >= 24, "hour": hours % 24})  # noqa: PLR2004

    def _told(self, hours: int) -> dict[str, Whole]:
        """By hour and group; ``_dwell`` and ``_n`` of the channels of which enough is known."""
        trusted = self._is_trusted()
        told = {name: held.sum(axis=2, dtype=np.int64) for name, held in self.sums.items()}
        for name, of in (("_dwell", "dwell_ms"), ("_n", "known_views")):
            told[name] = told[of] if trusted.all() else self.sums[of][:, :, trusted].sum(axis=2, dtype=np.int64)
        return {name: held.reshape(hours, -1) for name, held in told.items()}

    def _indexed(self, told: dict[str, Whole], times: dict[str, NDArray[np.generic]]) -> pl.DataFrame:
        hour, group = np.nonzero(told["views"])
        cells = {name: held[hour, group] for name, held in told.items()}
        known, judged = cells["known_views"], cells["judged"]
        rows = pl.DataFrame(
            {
                "group": pl.Series(self.groups, dtype=pl.String).gather(group),
                **{name: at[hour] for name, at in times.items()},
                "views": cells["views"],
                "known_views": known,
                "total_dwell_s": _ratio(cells["dwell_ms"], np.full_like(known, 1000), known > 0),
                "linger_rate": _ratio(cells["lingers"], judged, judged > 0),
                "_dwell": cells["_dwell"],
                "_n": cells["_n"],
            }
        )
        return indexed(rows, list(times))


def _ratio(part: Whole, whole: Whole, is_told: NDArray[np.bool_]) -> pl.Series:
    """A ratio, null where there is nothing to divide by."""
    ratios = np.divide(part, whole, out=np.zeros(len(part)), where=is_told)
    return pl.Series(ratios).zip_with(pl.Series(is_told), pl.Series([None], dtype=pl.Float64))


def _dayparts(held: Whole) -> Whole:
    """[hour of the week, group] as [hours of a working day, then of a day of the weekend, group]."""
    week = held.reshape(7, 24, -1)
    return np.concatenate([week[:_WEEKDAYS].sum(axis=0), week[_WEEKDAYS:].sum(axis=0)])
