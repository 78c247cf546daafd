"""What stored events are, told cheaply: by the names of files that never change, else by their content."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from warehouse.layout import TIME_ORDER
from warehouse.mart_visits import ENOUGH, HOUR_US, MARGIN
from warehouse.storage import files_by_month, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from warehouse.spans import Span

_NOT_BODY = ("source_run", "month", "ingested_at", "is_derived")


@dataclass(frozen=True)
class Events:
    """The stored events of one version.

    Attributes:
        rows: all of them, unread.
        files: month → the names of its files.
    """

    rows: pl.LazyFrame
    files: dict[str, tuple[str, ...]]

    @classmethod
    def stored(cls, folder: Path, version: int | None) -> Events:
        """Those of a warehouse folder."""
        return cls(read_table(folder, "events", version), files_by_month(folder, "events", version))

    def between(self, from_on: dt.date, to_on: dt.date) -> pl.DataFrame:
        """The events of these local days, first included and last not, in the order of time."""
        names = self.months_between(from_on, to_on)
        days = (pl.col("local_on") >= from_on) & (pl.col("local_on") < to_on)
        if not names:
            return self.rows.clear().collect()
        months = [self.rows.filter((pl.col("month") == name) & days).collect() for name in names]
        rows = pl.concat(months)
        return rows if _is_in_time_order(rows) else rows.sort("month", *TIME_ORDER["events"])

    def months_between(self, from_on: dt.date, to_on: dt.date) -> list[str]:
        """The months with events that these days touch."""
        return [name for name in sorted(self.files) if f"{from_on:%Y-%m}" <= name <= f"{to_on - dt.timedelta(1):%Y-%m}"]

    def days(self, month: str) -> list[dt.date]:
        """The days of a month that have events."""
        found = self.rows.filter(pl.col("month") == month).select(pl.col("local_on").unique().sort()).collect()
        return found.to_series().to_list()


def _is_in_time_order(rows: pl.DataFrame) -> bool:
    """Whether a sort would change nothing: files of whole months lie as they should, and looking is cheaper."""
    ordered = pl.lit(value=True)
    for name in reversed(("month", *TIME_ORDER["events"])):
        this, last = pl.col(name), pl.col(name).shift(1)
        after = (this > last).fill_null(last.is_null() & this.is_not_null())  # nothing comes first
        ordered = after | (this.eq_missing(last) & ordered)
    return bool(rows.select(ordered.slice(1).all()).item())


@dataclass
class Marks:
    """How the events of each month are told from others.

    Attributes:
        files: month → the names of its files.
        runs: month → source run → (events, those of them on a full hour).
    """

    files: dict[str, tuple[str, ...]]
    runs: dict[str, dict[str, tuple[int, int]]]

    def around(self, span: Span) -> list[str]:
        """The files that a span's visits are made of."""
        return [file for month in self._months(span) for file in self.files[month]]

    def _months(self, span: Span) -> list[str]:
        first, last = span.from_on - MARGIN, span.to_on + MARGIN - dt.timedelta(1)
        return [name for name in sorted(self.files) if f"{first:%Y-%m}" <= name <= f"{last:%Y-%m}"]

    def mark(self, events: Events, span: Span) -> str:
        """One text for all that a span's visits are made of: names of files, and what the days around it hold."""
        if span.is_day:
            content = content_mark(events.between(span.from_on - MARGIN, span.to_on + MARGIN))
            own: tuple[str, ...] = ()
        else:
            own = self.files[span.name]
            content = content_mark(events.between(span.from_on - MARGIN, span.from_on))
            content += content_mark(events.between(span.to_on, span.to_on + MARGIN))
        parts = [*own, content, *sorted(self.hourly([span]))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def hourly(self, spans: Sequence[Span]) -> frozenset[str]:
        """The source runs of these spans that stamp their events with the hour alone: every one of enough of them."""
        named = {run for span in spans for month in self._months(span) for run in self.runs[month]}
        return frozenset(run for run in named if self._is_hourly(run))

    def _is_hourly(self, run: str) -> bool:
        counts = [runs[run] for runs in self.runs.values() if run in runs]
        rows, whole = (sum(part) for part in zip(*counts, strict=True))
        return bool(rows >= ENOUGH and rows == whole)

    def to_json(self) -> dict[str, Any]:
        """For the notes of a snapshot."""
        return {month: {"files": list(self.files[month]), "runs": self.runs[month]} for month in self.files}


def marks_of(events: Events, before: dict[str, Any]) -> Marks:
    """The marks of stored events; a month whose files are those of the snapshot before is not read again."""
    runs = {}
    for month, files in events.files.items():
        known = before.get(month)
        if known and known["files"] == list(files):
            runs[month] = {run: (rows, whole) for run, (rows, whole) in known["runs"].items()}
        else:
            runs[month] = _runs(events.rows.filter(pl.col("month") == month))
    return Marks(events.files, runs)


def _runs(events: pl.LazyFrame) -> dict[str, tuple[int, int]]:
    on_the_hour = (pl.col("occurred_at").dt.epoch("us") % HOUR_US == 0).sum()
    counted = events.group_by("source_run").agg(rows=pl.len(), whole=on_the_hour).collect(engine="streaming")
    return {run: (rows, whole) for run, rows, whole in counted.iter_rows()}


def content_mark(rows: pl.DataFrame) -> str:
    """A number of the rows that a change of any cell changes; the order does not matter."""
    hashes = rows.select(pl.exclude(_NOT_BODY)).hash_rows(seed=7).to_numpy()
    return f"{rows.height}:{int(np.bitwise_xor.reduce(hashes, initial=0))}:{int(hashes.sum(dtype=np.uint64))}"
