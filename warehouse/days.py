"""Which local days stored facts cover, told by their first and last months."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from schema.durable import sync_path

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.event_marks import Events
    from warehouse.sale_marks import Fact

_LAST_HOUR_OF_A_DAY: Final = 22
"""Events that stop before this local hour show a day that was cut off."""

NOTES: Final = "days.json"


class Extent(NamedTuple):
    """The first and the last local day of a stored file, and the latest hour of its last day."""

    first: dt.date
    last: dt.date
    hour: int | None


Extents = dict[str, Extent | None]
"""File → its extent; None where it has no rows. A file never changes, so none is looked at twice."""


def read_extents(folder: Path | None) -> Extents:
    """As they were noted beside marts; none where they were not."""
    if folder is None or not (folder / NOTES).is_file():
        return {}
    said = json.loads((folder / NOTES).read_text("utf-8"))
    day = dt.date.fromisoformat
    return {name: Extent(day(one[0]), day(one[1]), one[2]) if one else None for name, one in said.items()}


def write_extents(extents: Extents, folder: Path) -> None:
    """Note them beside marts."""
    said = {name: one and [one.first.isoformat(), one.last.isoformat(), one.hour] for name, one in extents.items()}
    (folder / NOTES).write_text(json.dumps(said), encoding="utf-8")
    sync_path(folder / NOTES)


def extents_of(orders: Fact, refunds: Fact, events: Events, before: Extents) -> Extents:
    """The extents of the files of each fact's first and last month.

    Args:
        orders: stored orders, by month of ``local_on``.
        refunds: stored refunds.
        events: stored events.
        before: those of the snapshot before.
    """
    found: Extents = {}
    for fact in (orders, refunds, events):
        for month in _ends(fact):
            for name in fact.files[month]:
                found[name] = before[name] if name in before else _extent(fact.of_file(month, name))
    return found


def day_span(
    orders: Fact, refunds: Fact, events: Events, zone: str, extents: Extents
) -> tuple[dt.date | None, dt.date | None, dt.date]:
    """Which local days do the data cover, and up to which are they complete?

    The last day with any order, refund or event counts as complete, unless there are events and nothing on that day
    happened at or after 22:00 local: then the export was probably taken during the day, and that day is left out.
    A single day is always kept.

    Args:
        orders: stored orders, by month of ``local_on``.
        refunds: stored refunds.
        events: stored events.
        zone: the business zone, for "today" when there is nothing.
        extents: of the files of each fact's first and last month.

    Returns:
        First day, last day (None without facts) and ``as_of``: the day after the last complete one.
    """
    spans = [one for fact in (orders, refunds, events) for one in _of_ends(fact, extents)]
    if not spans:
        return None, None, dt.datetime.now(ZoneInfo(zone or "UTC")).date()
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    said = [one for fact in (orders, events) for one in _of_ends(fact, extents) if one.last == last]
    hours = [one.hour for one in said if one.hour is not None]
    is_cut_off = bool(events.files) and bool(hours) and max(hours) < _LAST_HOUR_OF_A_DAY and first < last
    return first, last, last if is_cut_off else last + dt.timedelta(days=1)


def _ends(fact: Fact | Events) -> list[str]:
    return sorted({min(fact.files), max(fact.files)}) if fact.files else []


def _of_ends(fact: Fact | Events, extents: Extents) -> list[Extent]:
    named = (extents[name] for month in _ends(fact) for name in fact.files[month])
    return [one for one in named if one is not None]


def _extent(rows: pl.LazyFrame) -> Extent | None:
    first, last = rows.select(first=pl.col("local_on").min(), last=pl.col("local_on").max()).collect().row(0)
    if last is None:
        return None
    if "hour_of_week" not in rows.collect_schema():
        return Extent(first, last, None)
    latest = (pl.col("hour_of_week").cast(pl.Int64) % 24).max()
    return Extent(first, last, rows.filter(pl.col("local_on") == last).select(latest).collect().item())
