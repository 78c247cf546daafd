"""Which local days stored facts cover, told by their first and last months."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

if TYPE_CHECKING:
    from warehouse.event_marks import Events
    from warehouse.sale_marks import Fact

_LAST_HOUR_OF_A_DAY: Final = 22
"""Events that stop before this local hour show a day that was cut off."""


def day_span(
    orders: Fact, refunds: Fact, events: Fact | Events, zone: str
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

    Returns:
        First day, last day (None without facts) and ``as_of``: the day after the last complete one.
    """
    spans = [span for fact in (orders, refunds, events) if (span := _days(fact))]
    if not spans:
        return None, None, dt.datetime.now(ZoneInfo(zone or "UTC")).date()
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    hours = pl.concat(
        [
            fact.rows.filter(pl.col("month") == f"{last:%Y-%m}", pl.col("local_on") == last).select(
                (pl.col("hour_of_week").cast(pl.Int64) % 24).max()
            )
            for fact in (orders, events)
        ]
    ).collect()
    latest = hours["hour_of_week"].max()
    is_cut_off = bool(events.files) and latest is not None and int(str(latest)) < _LAST_HOUR_OF_A_DAY and first < last
    return first, last, last if is_cut_off else last + dt.timedelta(days=1)


def _days(fact: Fact | Events) -> tuple[dt.date, dt.date] | None:
    """The first and the last local day of a fact, from its first and its last month; None without rows."""
    if not fact.files:
        return None
    ends = fact.rows.filter(pl.col("month").is_in([min(fact.files), max(fact.files)]))
    first, last = ends.select(first=pl.col("local_on").min(), last=pl.col("local_on").max()).collect().row(0)
    return first, last
