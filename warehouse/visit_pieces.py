"""The views and actions of many days from pieces of their events, so that memory follows a piece and not the days.

Events are cut by instants. Whoever is in a session when a piece ends takes that session's events along to the next one,
so that each session is seen as a whole: pieces give what all events at once would give, row by row.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse.joined import ROWS_AT_ONCE, runs
from warehouse.mart_visits import MARGIN, actions_of, described, looking_at, views_of
from warehouse.signed import joined_by, sign_ins_between

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from warehouse.event_marks import Events
    from warehouse.ground import Ground

    Days = tuple[dt.date, dt.date]

_REST: Final = dt.timedelta(seconds=1800)
"""A session goes on while nobody rests for longer (``metrics.sessions.sessionise``)."""


@dataclass(frozen=True)
class Pieces:
    """Views and actions of some days, made and put away piece by piece.

    Attributes:
        days: first day, and the first one after.
        ground: products, owners, and who is left out.
        views: a file a piece: views in the order of visitors and time.
        actions: a file a piece: actions in the order of time.
        folder: where they lie; gone when it is.
    """

    days: Days
    ground: Ground
    folder: tempfile.TemporaryDirectory[str]
    views: list[Path] = field(default_factory=list)
    actions: list[Path] = field(default_factory=list)

    def views_within(self, days: Days) -> Iterator[pl.DataFrame]:
        """``Visits`` of some of the days by (day, visitor, time), a few days at a time."""
        rows = pl.scan_parquet(self.views).filter(_within(days))
        counted = rows.group_by("local_on").len().sort("local_on").collect()
        for first, last in runs(counted, ROWS_AT_ONCE):
            some = rows.filter(pl.col("local_on").is_between(first, last)).collect()
            yield described(some.sort("local_on", "visitor", maintain_order=True), self.ground)
        if counted.is_empty():
            yield described(rows.collect(), self.ground)

    def actions_within(self, days: Days) -> Iterator[pl.DataFrame]:
        """``Actions`` of some of the days by time, a piece at a time."""
        for file in self.actions:
            yield described(pl.scan_parquet(file).filter(_within(days)).collect(), self.ground)


def visits_in_pieces(
    events: Events, days: Days, ground: Ground, hourly: Collection[str], folder: Path, rows: int
) -> Pieces:
    """Who looked at what on these days? As ``mart_visits.visits_of``, in pieces of about so many events.

    Args:
        events: the stored events.
        days: first day, and the first one after.
        ground: products, owners, and who is left out.
        hourly: the source runs that stamp their events with the hour alone.
        folder: pieces lie in a folder of their own below it.
        rows: of a piece; never less than an hour, and a session that never rests is never cut.
    """
    found = Pieces(days, ground, tempfile.TemporaryDirectory(dir=folder))
    around = days[0] - MARGIN, days[1] + MARGIN
    whose = sign_ins_between(events, *around)
    open_sessions: pl.DataFrame | None = None
    for number, cut in enumerate(events.cuts_between(*around, rows)):
        fresh = looking_at(joined_by(events.between(*around, cut), whose), ground, hourly)
        path = Path(found.folder.name) / f"{number:05d}.actions.parquet"
        actions_of(fresh, days).write_parquet(path, compression="lz4")
        found.actions.append(path)
        fresh = fresh if open_sessions is None else pl.concat([open_sessions, fresh])
        closed, open_sessions = _split(fresh, cut[1])
        path = Path(found.folder.name) / f"{number:05d}.views.parquet"
        views_of(closed, days).write_parquet(path, compression="lz4")
        found.views.append(path)
    return found


def _within(days: Days) -> pl.Expr:
    return (pl.col("local_on") >= days[0]) & (pl.col("local_on") < days[1])


def _split(rows: pl.DataFrame, end: dt.datetime | None) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The rows of sessions that are over before an instant, and those of sessions that may go on after it."""
    if end is None:
        return rows, None
    ends = rows.group_by("visitor").agg(_last=pl.col("occurred_at").max())
    looking = ends.filter(pl.col("_last") >= end - _REST).select("visitor")
    if looking.is_empty():
        return rows, rows.clear()
    mine = rows.with_row_index("_at").join(looking, on="visitor", how="semi").select("_at", "visitor", "occurred_at")
    mine = mine.sort("visitor", "occurred_at")
    rest = (pl.col("occurred_at") - pl.col("occurred_at").shift(1).over("visitor")) > _REST
    mine = mine.with_columns(_rests=rest.fill_null(value=False).cum_sum().over("visitor"))
    going_on = mine.filter(pl.col("_rests") == pl.col("_rests").max().over("visitor"))["_at"]
    is_open = pl.int_range(rows.height, dtype=pl.UInt32, eager=True).is_in(going_on.implode())
    return rows.filter(~is_open), rows.filter(is_open)


__all__ = ["Pieces", "visits_in_pieces"]
