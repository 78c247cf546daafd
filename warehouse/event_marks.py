"""What stored events are, told cheaply: by the names of files that never change, else by their content."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from warehouse.joined import runs
from warehouse.layout import TIME_ORDER
from warehouse.mart_visits import ENOUGH, HOUR_US, MARGIN
from warehouse.storage import files_by_month, read_table, table_place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from warehouse.spans import Span

_DAYS_AT_ONCE: Final = 4
_ROUND: Final = 2**64
_FILES_AT_MOST: Final = 64
Cut = tuple[dt.datetime | None, dt.datetime | None]
"""Instants, the first included and the last not; None is no bound."""

_NOT_BODY = ("source_run", "month", "ingested_at", "is_derived")


@dataclass(frozen=True)
class Events:
    """The stored events of one version.

    Attributes:
        rows: all of them, unread.
        files: month → the names of its files.
        place: where their folder lies.
    """

    rows: pl.LazyFrame
    files: dict[str, tuple[str, ...]]
    place: str = ""

    @classmethod
    def stored(cls, folder: Path, version: int | None) -> Events:
        """Those of a warehouse folder."""
        files = files_by_month(folder, "events", version)
        return cls(read_table(folder, "events", version), files, table_place(folder, "events"))

    def of_file(self, month: str, name: str) -> pl.LazyFrame:
        """The rows of one file, without their month."""
        return pl.scan_parquet(f"{self.place}/month={month}/{name}", hive_partitioning=False)

    def between(self, from_on: dt.date, to_on: dt.date, cut: Cut = (None, None)) -> pl.DataFrame:
        """The events of these local days, first included and last not, in the order of time; of some instants alone."""
        names = self.months_between(from_on, to_on)
        if not names:
            return self.rows.clear().collect()
        asked = _days_between(from_on, to_on) & _at(cut)
        return pl.concat(
            [_in_time_order(self.rows.filter((pl.col("month") == name) & asked).collect()) for name in names]
        )

    def of_month(self, month: str, cut: Cut = (None, None)) -> pl.DataFrame:
        """The events of a month, in the order of time; of some instants alone."""
        rows = self.rows.filter((pl.col("month") == month) & _at(cut)).collect()
        return rows.sort(TIME_ORDER["events"])

    def cuts_between(self, from_on: dt.date, to_on: dt.date, rows: int) -> list[Cut]:
        """Instants that cut the events of these days into pieces of about so many."""
        return self._cuts(
            pl.col("month").is_in(self.months_between(from_on, to_on)) & _days_between(from_on, to_on), rows
        )

    def cuts_of_month(self, month: str, rows: int) -> list[Cut]:
        """Instants that cut the events of a month into pieces of about so many."""
        return self._cuts(pl.col("month") == month, rows)

    def _cuts(self, asked: pl.Expr, rows: int) -> list[Cut]:
        """From which instant to which each piece goes: whole hours, the first from ever and the last for ever."""
        hours = self.rows.filter(asked).select(hour=pl.col("occurred_at").dt.truncate("1h"))
        counted = hours.group_by("hour").len().sort("hour").collect(engine="streaming")
        starts: list[dt.datetime] = [first for first, _ in runs(counted, rows)][1:]
        return list(zip([None, *starts], [*starts, None], strict=True))

    def months_between(self, from_on: dt.date, to_on: dt.date) -> list[str]:
        """The months with events that these days touch."""
        return [name for name in sorted(self.files) if f"{from_on:%Y-%m}" <= name <= f"{to_on - dt.timedelta(1):%Y-%m}"]

    def days(self, month: str) -> list[dt.date]:
        """The days of a month that have events."""
        found = self.rows.filter(pl.col("month") == month).select(pl.col("local_on").unique().sort()).collect()
        return found.to_series().to_list()


def _days_between(from_on: dt.date, to_on: dt.date) -> pl.Expr:
    return (pl.col("local_on") >= from_on) & (pl.col("local_on") < to_on)


def _at(cut: Cut) -> pl.Expr:
    first, end = cut
    held = pl.lit(value=True) if first is None else pl.col("occurred_at") >= first
    return held if end is None else held & (pl.col("occurred_at") < end)


def _in_time_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a month as ``TIME_ORDER`` has them: its files one after the other, where that is all it takes."""
    at = rows["occurred_at"].to_physical().to_numpy()
    starts = [0, *(np.flatnonzero(at[1:] < at[:-1]) + 1).tolist()]
    if 1 < len(starts) <= _FILES_AT_MOST:
        lengths = np.diff([*starts, rows.height]).tolist()
        order = sorted(range(len(starts)), key=lambda one: at[starts[one]])
        rows = pl.concat([rows.slice(starts[one], lengths[one]) for one in order])
    return rows if _is_in_time_order(rows) else rows.sort(TIME_ORDER["events"])


def _is_in_time_order(rows: pl.DataFrame) -> bool:
    """Whether a sort would change nothing: files of whole months lie as they should, and looking is cheaper."""
    ordered = pl.lit(value=True)
    for name in reversed(TIME_ORDER["events"]):
        this, last = pl.col(name), pl.col(name).shift(1)
        after = (this > last).fill_null(last.is_null() & this.is_not_null())  # nothing comes first
        ordered = after | (this.eq_missing(last) & ordered)
    return bool(rows.select(ordered.slice(1).all()).item())


@dataclass
class Part:
    """What one file of events holds.

    Attributes:
        runs: source run → (events, those of them on a full hour).
        days: local day → ``day_marks`` of its events, of the days that were asked for so far.
        ends: its first and its last local day; None where it is not known.
    """

    runs: dict[str, tuple[int, int]]
    days: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    ends: tuple[str, str] | None = None


@dataclass
class Marks:
    """How the events of each month are told from others: file by file, since a file never changes.

    Attributes:
        events: the stored events.
        parts: month → file → what it holds.
    """

    events: Events
    parts: dict[str, dict[str, Part]]

    def around(self, span: Span) -> list[str]:
        """The files that a span's visits are made of."""
        return [file for month in self._months(span) for file in self.parts[month]]

    def _months(self, span: Span) -> list[str]:
        return self.events.months_between(span.from_on - MARGIN, span.to_on + MARGIN)

    def mark(self, span: Span) -> str:
        """One text for all that a span's visits are made of: names of files, and what the days around it hold."""
        first, last = span.from_on - MARGIN, span.to_on + MARGIN
        days = [first + dt.timedelta(n) for n in range((last - first).days)]
        if span.is_day:
            own: list[str] = []
        else:
            own = list(self.parts[span.name])
            days = [day for day in days if day < span.from_on or day >= span.to_on]
        parts = [*own, *(self._content(day) for day in days), *sorted(self.hourly([span]))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def ask(self, spans: Sequence[Span]) -> None:
        """Look at all days around some spans at once, a few days at a time."""
        days = {span.from_on + dt.timedelta(n) for span in spans if span.is_day for n in range(-2, 3)}
        edges = [span for span in spans if not span.is_day]
        days |= {
            start + dt.timedelta(n) for span in edges for start in (span.from_on, span.to_on + MARGIN) for n in (-2, -1)
        }
        for month, files in self.parts.items():
            here = {day.isoformat() for day in days if f"{day:%Y-%m}" == month}
            for file, part in files.items():
                unknown = sorted(here - set(part.days))
                if part.ends is not None:
                    first, last = part.ends
                    part.days |= {day: (0, 0, 0) for day in unknown if not first <= day <= last}
                    unknown = [day for day in unknown if first <= day <= last]
                for some in _together(unknown):
                    part.days |= day_marks(self.events.of_file(month, file), some)

    def at_most(self, spans: Sequence[Span]) -> int:
        """How many events adjoining spans' visits may be made of: all of the months that they touch, or of the days."""
        first, last = spans[0].from_on - MARGIN, spans[-1].to_on + MARGIN
        days = [(first + dt.timedelta(n)).isoformat() for n in range((last - first).days)]
        found = 0
        for month in self.events.months_between(first, last):
            here = [day for day in days if day.startswith(month)]
            for part in self.parts[month].values():
                told = [part.days[day][0] for day in here if day in part.days]
                whole = sum(rows for rows, _ in part.runs.values())
                found += sum(told) if len(told) == len(here) else whole
        return found

    def _content(self, day: dt.date) -> str:
        """A number of a day's events that a change of any cell changes; which file they lie in does not matter."""
        files = self.parts.get(f"{day:%Y-%m}", {})
        told = [part.days[day.isoformat()] for part in files.values()]
        mixed = reduce(xor, (one[1] for one in told), 0)
        return f"{sum(one[0] for one in told)}:{mixed}:{sum(one[2] for one in told) % _ROUND}"

    def hourly(self, spans: Sequence[Span]) -> frozenset[str]:
        """The source runs of these spans that stamp their events with the hour alone: every one of enough of them."""
        months = {month for span in spans for month in self._months(span)}
        named = {run for month in months for part in self.parts[month].values() for run in part.runs}
        return frozenset(run for run in named if self._is_hourly(run))

    def _is_hourly(self, run: str) -> bool:
        counts = [part.runs[run] for files in self.parts.values() for part in files.values() if run in part.runs]
        rows, whole = (sum(some) for some in zip(*counts, strict=True))
        return bool(rows >= ENOUGH and rows == whole)

    def to_json(self) -> dict[str, Any]:
        """For the notes of a snapshot."""
        return {month: {file: vars(part) for file, part in files.items()} for month, files in self.parts.items()}


def marks_of(events: Events, before: dict[str, Any]) -> Marks:
    """The marks of stored events; a file of the snapshot before is not read again."""
    parts: dict[str, dict[str, Part]] = {}
    for month, files in events.files.items():
        known = before.get(month, {})
        parts[month] = {
            file: Part(**known[file]) if file in known else _part(events.of_file(month, file)) for file in files
        }
    return Marks(events, parts)


def _together(days: Sequence[str]) -> list[list[str]]:
    """Adjoining days of a month in groups that are read at once."""
    found: list[list[str]] = []
    for day in days:
        if found and len(found[-1]) < _DAYS_AT_ONCE and int(day[-2:]) == int(found[-1][-1][-2:]) + 1:
            found[-1].append(day)
        else:
            found.append([day])
    return found


def _part(events: pl.LazyFrame) -> Part:
    on_the_hour = (pl.col("occurred_at").dt.epoch("us") % HOUR_US == 0).sum()
    ends = {"first": pl.col("local_on").min(), "last": pl.col("local_on").max()}
    counted = events.group_by("source_run").agg(rows=pl.len(), whole=on_the_hour, **ends).collect(engine="streaming")
    runs = {run: (rows, whole) for run, rows, whole, _, _ in counted.iter_rows()}
    first, last = counted["first"].min(), counted["last"].max()
    return Part(runs, ends=(str(first), str(last)) if first is not None and not counted["first"].has_nulls() else None)


def day_marks(events: pl.LazyFrame, days: Collection[str]) -> dict[str, tuple[int, int, int]]:
    """For each of these local days: how many rows there are, and two numbers of all their cells in any order."""
    asked = [dt.date.fromisoformat(day) for day in days]
    rows = events.filter(pl.col("local_on").is_between(min(asked), max(asked))).collect()
    parts = rows.partition_by("local_on", as_dict=True)
    return {day.isoformat(): _numbers(parts[day,]) if (day,) in parts else (0, 0, 0) for day in asked}


def _numbers(rows: pl.DataFrame) -> tuple[int, int, int]:
    hashes = rows.select(pl.exclude(_NOT_BODY)).hash_rows(seed=7).to_numpy()
    return rows.height, int(np.bitwise_xor.reduce(hashes, initial=0)), int(hashes.sum(dtype=np.uint64))


def content_mark(rows: pl.DataFrame) -> str:
    """A number of the rows that a change of any cell changes; the order does not matter."""
    return ":".join(str(number) for number in _numbers(rows))
