"""The demo's calendar: 24 months, their seasons and peaks, and a warped time in which buying is steady."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

START: Final = dt.date(2024, 11, 15)
AS_OF: Final = dt.date(2026, 11, 15)
"""The day after the last complete day."""
DAYS: Final = (AS_OF - START).days
DAY_S: Final = 86_400
ZONE: Final = "Asia/Shanghai"
_UTC_OFFSET_S: Final = 8 * 3_600
_EPOCH_S: Final = (START - dt.date(1970, 1, 1)).days * DAY_S - _UTC_OFFSET_S
"""UTC seconds of the first local midnight (the zone has no summer time)."""

_LEVELS: Final = (
    ("01-01", 1.46), ("02-01", 1.22), ("03-01", 0.95), ("04-15", 0.72), ("06-01", 0.62), ("07-15", 0.60),
    ("08-15", 0.72), ("09-10", 1.12), ("09-25", 1.26), ("10-15", 1.24), ("10-25", 1.09), ("11-07", 0.99), ("11-14", 0.99), ("11-20", 1.20),
    ("12-15", 1.52),
)  # fmt: skip
"""Demand by day of the year, between which it runs straight: a plateau from September to January."""
_PEAKS: Final = (
    ("11-10", 2.40), ("11-11", 3.90), ("12-12", 1.35), ("06-18", 1.70), ("09-07", 1.12), ("09-08", 1.12),
    ("09-09", 1.12),
)  # fmt: skip
PROMOTION_DAYS: Final = ("11-10", "11-11", "12-12", "06-18")


def rng(seed: int, part: str) -> np.random.Generator:
    """A generator of its own for each part, so that a change in one part leaves the others as they were."""
    return np.random.Generator(np.random.PCG64([seed, *part.encode()]))


def dates() -> list[dt.date]:
    """The days of the demo, oldest first."""
    return [START + dt.timedelta(days=n) for n in range(DAYS)]


def day_index(day: dt.date) -> int:
    """The number of a day, 0 on the first."""
    return (day - START).days


def months() -> Ints:
    """Month (1–12) of each day."""
    return np.array([day.month for day in dates()], dtype=np.int64)


def weekdays() -> Ints:
    """Weekday of each day, 0 = Monday."""
    return (np.arange(DAYS) + START.weekday()) % 7


def is_promotion() -> Bools:
    """Whether a day belongs to one of the online sales."""
    return np.array([f"{day:%m-%d}" in PROMOTION_DAYS for day in dates()])


def by_season(levels: tuple[tuple[str, float], ...]) -> Floats:
    """A yearly course given at some days, straight in between, for each day of the demo."""
    year = [dt.date(2025, int(md[:2]), int(md[3:])).timetuple().tm_yday for md, _ in levels]
    values = [value for _, value in levels]
    at = [min(day.timetuple().tm_yday, 365) for day in dates()]
    return np.interp(at, [year[-1] - 365, *year, year[0] + 365], [values[-1], *values, values[0]])


def demand() -> Floats:
    """How much is bought on each day, relative to the mean day (1)."""
    peaks = dict(_PEAKS)
    level = by_season(_LEVELS)
    level *= np.array([peaks.get(f"{day:%m-%d}", 1.0) for day in dates()])
    level *= np.array([0.92, 0.90, 0.92, 0.95, 1.05, 1.16, 1.10])[weekdays()]
    return np.asarray(level / level.mean())


class Warp:
    """Time in which demand is constant: one unit is one mean day."""

    def __init__(self, level: Floats) -> None:
        """Lay the unequal days end to end."""
        self._ends = np.round(np.cumsum(level), 9)
        self._starts = np.concatenate([[0.0], self._ends[:-1]])
        self._level = level
        self.total = float(self._ends[-1])

    def day(self, warped: Floats) -> Ints:
        """The day in which a warped instant falls; beyond the end gives ``DAYS``."""
        return np.searchsorted(self._ends, warped, side="right").astype(np.int64)

    def at(self, day: Ints, part: Floats) -> Floats:
        """The warped instant a part of the way through a day."""
        return np.asarray(self._starts[day] + self._level[day] * part)


def pick(weights: Floats, uniform: Floats) -> Ints:
    """Indices drawn by weight, one for each uniform number."""
    ends = np.cumsum(weights)
    return np.searchsorted(ends / ends[-1], uniform, side="right").clip(0, len(weights) - 1).astype(np.int64)


def pick_rows(weights: Floats, uniform: Floats) -> Ints:
    """One index for each row of a matrix of weights."""
    ends = np.cumsum(weights, axis=1)
    return np.asarray((ends < (uniform * ends[:, -1])[:, None]).sum(axis=1), dtype=np.int64)


def to_utc_us(local_s: Ints | Floats) -> Ints:
    """Local seconds since the first midnight → UTC microseconds."""
    return (np.round(np.asarray(local_s) * 1_000).astype(np.int64) + _EPOCH_S * 1_000) * 1_000
